"""What depends on the terminal: progress, colour, width and the characters that it can show."""

from __future__ import annotations

import os
import pty
import subprocess
import termios
import threading
from collections.abc import Mapping

import pytest

from .rig import ENVIRONMENT, Ran, command, headline, probe

ESCAPE = "\x1b["
COLUMNS = 132


def on_terminal(stream: str, *args: str, env: Mapping[str, str] | None = None) -> Ran:
    """Run the command with `stream`, "stdout" or "stderr", on a terminal of COLUMNS, and the other one on a pipe."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (50, COLUMNS))
    out, err = (theirs if name == stream else subprocess.PIPE for name in ("stdout", "stderr"))
    environment = ENVIRONMENT | {"TERM": "xterm-256color"} | dict(env or {})
    with subprocess.Popen(command(*args), env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=err) as process:
        os.close(theirs)
        shown = bytearray()
        reader = threading.Thread(target=_read, args=(ours, shown))
        reader.start()
        piped = (process.stdout or process.stderr).read()
        process.wait(timeout=30)
        reader.join(timeout=5)
    os.close(ours)
    texts = {"stdout": piped, "stderr": piped} | {stream: bytes(shown)}
    return Ran(process.returncode, texts["stdout"].decode(), texts["stderr"].decode(), 0.0)


def _read(terminal: int, into: bytearray) -> None:
    while True:
        try:
            into += os.read(terminal, 65536)
        except OSError:  # the other end is closed
            return


def test_there_is_progress_on_a_terminal_and_the_report_stays_clean() -> None:
    ran = on_terminal("stderr", "demo")
    assert ESCAPE in ran.stderr
    assert (headline(ran.stdout), ESCAPE in ran.stdout) == ("ready", False)


def test_there_is_no_progress_for_those_who_want_quiet() -> None:
    assert on_terminal("stderr", "demo", "--quiet").stderr == ""


def test_there_is_no_progress_where_stderr_is_no_terminal() -> None:
    ran = probe("demo")
    assert (ran.stderr, ESCAPE in ran.stdout) == ("", False)


def test_there_is_colour_on_a_terminal() -> None:
    assert ESCAPE in on_terminal("stdout", "demo").stdout


def test_an_option_switches_colour_off_and_the_terminal_s_width_stays() -> None:
    shown = on_terminal("stdout", "demo", "--no-color").stdout
    assert ESCAPE not in shown
    assert 100 < max(map(len, shown.splitlines())) <= COLUMNS


@pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=["NO_COLOR", "TERM=dumb"])
def test_the_environment_switches_colour_off(env: dict[str, str]) -> None:
    assert ESCAPE not in on_terminal("stdout", "demo", env=env).stdout


@pytest.mark.parametrize("columns", [60, 120])
def test_columns_decide_the_width(columns: int) -> None:
    widths = [
        len(line) for line in probe("demo", "--break", "portal-id", env={"COLUMNS": str(columns)}).stdout.splitlines()
    ]
    assert columns - 20 < max(widths) <= columns


@pytest.mark.parametrize(
    "env",
    [
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "latin-1"},
    ],
    ids=["LC_ALL=C", "ascii", "latin-1"],
)
def test_a_terminal_that_knows_ascii_only_gets_ascii(env: dict[str, str]) -> None:
    ran = probe("demo", "--break", "portal-id", env=env)
    assert (ran.exit_code, ran.stderr) == (1, "")
    assert ran.stdout.isascii()
    assert "\n  XX the portal exists" in ran.stdout
