"""One real process against one faulty system, whose every secret is a canary; stderr is the journal of systemd."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import paramiko

from csi_probe.demo import stage
from csi_probe.demo.access_faults import ACCESS_BREAKS
from csi_probe.demo.array import Array
from csi_probe.demo.iscsi_faults import ISCSI_BREAKS
from csi_probe.demo.storage_faults import NFS_BREAKS, STORAGE_BREAKS

from .rig import ENVIRONMENT, Report, command, pack, valid

KEY = "KeyCanary" + "7f3a9c1e" * 7
PASSWORD = "PasswordCanary7f3a9c1e"
PASSPHRASE = "PassphraseCanary7f3a9c1e"
CHAP = "ChapCanary7f3a9c1"
CANARIES = (KEY, PASSWORD, PASSPHRASE, CHAP)

NAS_FAULTS = tuple(fault.name for fault in ACCESS_BREAKS)
NODE_FAULTS = ("node-down", "node-silent", "node-host-key", "node-login", "node-nologin", "node-hangs")
ERA = "25.10"
CRASH, WRONG_PASSPHRASE, EVERYTHING = "a check that crashes", "a wrong passphrase", "all that can be wrong at once"
FAULTS = (*NAS_FAULTS, *NODE_FAULTS, CRASH, WRONG_PASSPHRASE, EVERYTHING)

# A pack of checks that put all they are given into an exception, and crash.
_CRASHING = """
from csi_probe.check import check
from csi_probe.snapshot import AuthGroup, Nas, Node

def crash(kind, asks=()):
    @check(kind, f"third-party.{kind.__name__.lower()}", "it works", asks=asks)
    def judge(subject):
        raise RuntimeError(f"no luck with {subject!r}")
    return judge

CHECKS = (crash(Nas), crash(AuthGroup, ("iscsi.auth.query",)), crash(Node))
"""
_NAMES_OF_CONTENT = [
    fault.name for fault in (*STORAGE_BREAKS, *NFS_BREAKS, *ISCSI_BREAKS) if not fault.eras or ERA in fault.eras
]
# These take away what the others change.
_TOGETHER = [name for name in _NAMES_OF_CONTENT if not name.endswith("-missing") and name != "portal-id"]


@dataclass(frozen=True)
class Visit:
    """What a process left behind: `log` is its stderr, to which it writes as to the journal."""

    exit_code: int
    text: str
    json: str
    log: str

    @property
    def report(self) -> Report:
        return valid(self.json)


def visit(fault: str, folder: Path) -> Visit:
    """One process against a system with `fault`, which is a name in FAULTS."""
    env = {"NODE_PASSWORD": PASSWORD, "KEY_PASSPHRASE": PASSPHRASE}
    spoil: Callable[[str], str] = _with_secrets
    if fault == CRASH:
        env |= pack(folder, _CRASHING)
    if fault == WRONG_PASSPHRASE:
        spoil = lambda text: _with_locked_key(_with_secrets(text), folder)  # noqa: E731  (one of two)
    array, machines = stage.broken(ERA, _breaks(fault))
    _plant(array)
    with stage.serve(array, machines) as path:
        path.write_text(spoil(path.read_text()))
        return _run(path, folder, env)


def _breaks(fault: str) -> Sequence[str]:
    if fault == EVERYTHING:
        return _TOGETHER
    return [fault] if fault in stage.BREAKS else []


def _plant(array: Array) -> None:
    array.key = f"{array.key.split('-')[0]}-{KEY}"
    for row in array.rows("iscsi.auth.query"):
        row |= {"secret": CHAP, "peersecret": CHAP}


def _with_secrets(text: str) -> str:
    secrets = '[ssh]\npassword = { env = "NODE_PASSWORD" }\npassphrase = { env = "KEY_PASSPHRASE" }\n'
    return text.replace("[ssh]\n", secrets)


def _with_locked_key(text: str, folder: Path) -> str:
    paramiko.ECDSAKey.generate().write_private_key_file(str(folder / "locked"), password="another one")
    lines = text.splitlines()
    (place,) = (number for number, line in enumerate(lines) if line.startswith("key_file = "))
    lines[place] = f'key_file = "{folder}/locked"'
    return "\n".join(lines)


def _run(config: Path, folder: Path, env: dict[str, str]) -> Visit:
    log, json = folder / "log", folder / "report.json"
    with log.open("w") as journal:
        stream = log.stat()
        done = subprocess.run(
            command("run", "--config", config, "--deadline", "4", "-o", "text", "-o", f"json={json}"),
            check=False,
            env=ENVIRONMENT | env | {"JOURNAL_STREAM": f"{stream.st_dev}:{stream.st_ino}"},
            stdout=subprocess.PIPE,
            stderr=journal,
            text=True,
            encoding="utf-8",
            timeout=60,
        )
    return Visit(done.returncode, done.stdout, json.read_text() if json.exists() else "", log.read_text())
