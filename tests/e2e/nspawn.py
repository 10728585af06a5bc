"""A machine that boots: Debian with systemd as a container, whose changes are gone when it ends."""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from real import lacking, need

from .rig import until

_SUITE = "bookworm"
_PACKAGES = "systemd,systemd-sysv,python3,python3-venv"
_FLAGS = ("--quiet", "--volatile=overlay", "--register=no", "--keep-unit", "--console=pipe", "--link-journal=no")


@dataclass(frozen=True)
class Machine:
    """A booted machine. It shares this machine's network, and nothing else."""

    leader: int  # the process id of its init, as seen from here

    def sh(self, script: str, *, check: bool = True) -> str:
        """What a root shell in the machine prints. `check`: every command has to succeed."""
        assert _apart(self.leader)
        inside = [need("nsenter"), f"--target={self.leader}", "--all", "--wdns=/", "/bin/sh", "-euc", script]
        plain = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LC_ALL": "C.UTF-8"}
        done = subprocess.run(inside, check=False, capture_output=True, text=True, timeout=100, env=plain)
        assert done.returncode == 0 or not check, f"{script}\n{done.stdout}{done.stderr}"
        return done.stdout


def image() -> Path:
    """The root folder of a Debian, made once and kept in the user's cache."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "truenas-csi-probe-tests"
    if os.geteuid():
        lacking("root, for a machine that boots")
    root = cache / f"{_SUITE}-{_PACKAGES.replace(',', '-')}"
    if root.exists():
        return root
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache, ignore_cleanup_errors=True) as folder:
        made = Path(folder) / "root"
        command = [need("mmdebstrap"), "--quiet", "--variant=minbase", f"--include={_PACKAGES}", _SUITE, str(made)]
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=300)
        if done.returncode:
            lacking(f"a Debian image, and mmdebstrap says: {done.stderr[-300:]}")
        with contextlib.suppress(OSError):  # another run was faster
            made.rename(root)
    return root


@contextlib.contextmanager
def booted(root: Path, folder: Path, place: str) -> Iterator[Machine]:
    """Boot the image with `folder` at `place`; it is shut down at the end of the block."""
    command = [need("systemd-nspawn"), *_FLAGS, f"--directory={root}", f"--bind={folder}:{place}", "--boot"]
    with (folder.parent / "console").open("wb") as console:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=console, stderr=subprocess.STDOUT)
        try:
            yield _up(process, Path(console.name))
        finally:
            process.terminate()
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(timeout=5)


def _up(process: subprocess.Popen[bytes], console: Path) -> Machine:
    """The machine, as soon as its systemd has started everything."""
    found: list[Machine] = []

    def running() -> bool:
        if process.poll() is not None:
            lacking(f"a machine that boots, and systemd-nspawn says: {console.read_text()[-300:]}")
        found[:] = [Machine(child) for child in _children(process.pid) if _apart(child)]
        states = [machine.sh("systemctl is-system-running", check=False).strip() for machine in found]
        return states in (["running"], ["degraded"])

    until(running, seconds=40)
    return found[0]


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _apart(pid: int) -> bool:
    """Whether the process is the machine's init: a shell that goes to its root must not be one here."""
    with contextlib.suppress(OSError):
        elsewhere = not Path(f"/proc/{pid}/root").samefile("/")
        return elsewhere and Path(f"/proc/{pid}/comm").read_text() == "systemd\n"
    return False
