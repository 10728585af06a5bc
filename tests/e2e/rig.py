"""The command line as a real process, servers for it to visit, and the report held against its own schema."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema

from csi_probe.render.json import schema

Report = dict[str, Any]

# What the caller's terminal says must not decide a test.
_OURS = {"COLUMNS", "FORCE_COLOR", "JOURNAL_STREAM", "LC_ALL", "NO_COLOR", "PYTHONIOENCODING", "PYTHONUTF8", "TERM"}
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in _OURS} | {"LC_ALL": "C.UTF-8"}
BAD = {"fail", "unknown", "warn"}


@dataclass(frozen=True)
class Ran:
    """A process that has ended. `seconds` count from its start, the interpreter's own start included."""

    exit_code: int
    stdout: str
    stderr: str
    seconds: float

    @property
    def report(self) -> Report:
        """The JSON on stdout."""
        return valid(self.stdout)


def probe(
    *args: str | Path, env: Mapping[str, str] | None = None, cwd: Path | None = None, stdout: int = subprocess.PIPE
) -> Ran:
    """Run `truenas-csi-probe ARGS`; `env` is added to the environment."""
    start = time.monotonic()
    done = subprocess.run(
        command(*args),
        check=False,
        env={**ENVIRONMENT, **(env or {})},
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        timeout=60,
    )
    return Ran(done.returncode, done.stdout or "", done.stderr, time.monotonic() - start)


def command(*args: str | Path) -> list[str]:
    return [sys.executable, "-m", "csi_probe", *map(str, args)]


def valid(text: str) -> Report:
    """A report in JSON that keeps to the schema, and whose counts are those of its rows."""
    report: Report = json.loads(text)
    _validator().validate(report)
    for status, count in report["counts"].items():
        assert count == sum(row["status"] == status for row in report["rows"])
    return report


@functools.cache
def _validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(
        json.loads(schema()), format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )


def headline(text: str) -> str:
    """The verdict on the first line of a report in text, as JSON writes it."""
    return text.partition("\n")[0].partition("  ")[0].lower()


def bad(report: Report, *statuses: str) -> set[str]:
    """The ids of rows with one of `statuses`; with all that are neither ok nor skipped, where none is given."""
    return {row["id"] for row in report["rows"] if row["status"] in (statuses or BAD)}


def secret_file(folder: Path, text: str, name: str = "secret") -> Path:
    path = folder / name
    path.touch(mode=0o600)
    path.write_text(text)
    return path


def minimal(folder: Path, url: str, more: str = "") -> Path:
    """A config with a TrueNAS at `url`, and a key that nobody will ask for."""
    path = folder / "config.toml"
    path.write_text(f'[truenas]\nurl = "{url}"\napi_key = {{ file = "{secret_file(folder, "1-abc")}" }}\n{more}')
    return path


@contextlib.contextmanager
def listening(
    speak: Callable[[socket.socket], object], context: ssl.SSLContext | None = None
) -> Iterator[tuple[int, list[object]]]:
    """A server on loopback that gives each connection to `speak`, over TLS with a `context`: port, and who came."""
    came: list[object] = []

    def attend(connection: socket.socket) -> None:
        with (
            contextlib.suppress(OSError),
            connection,
            context.wrap_socket(connection, server_side=True) if context else connection as channel,
        ):
            speak(channel)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, address = server.accept()
                came.append(address)
                threading.Thread(target=attend, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=accept, daemon=True).start()
        yield server.getsockname()[1], came
        server.shutdown(socket.SHUT_RDWR)


def say_nothing(connection: socket.socket) -> None:
    """Until the client leaves."""
    while connection.recv(4096):
        pass


def until(is_true: Callable[[], object], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def pack(folder: Path, source: str) -> dict[str, str]:
    """A third party's pack of checks, installed in `folder`; the environment in which a process finds it."""
    (folder / "third_party.py").write_text(source)
    info = folder / "third_party-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: third-party\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[csi_probe.checks]\nthird-party = third_party\n")
    return on_path(folder)


def on_path(folder: Path) -> dict[str, str]:
    """The environment in which a process finds the modules in `folder` first."""
    return {"PYTHONPATH": os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH"))))}
