"""Progress: words on a terminal, nothing anywhere else."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

CODE = """
import time
from csi_probe.progress import progress
with progress(quiet={quiet}) as tell:
    tell("asking [/nas] [red]9 questions")
    time.sleep(0.2)
"""


def run(stderr, *, quiet=False):
    code = CODE.format(quiet=quiet)
    environ = os.environ | {"TERM": "xterm", "COLUMNS": "80"}
    return subprocess.run(
        [sys.executable, "-c", code], stderr=stderr, stdout=subprocess.PIPE, env=environ, timeout=30, check=False
    )


@pytest.fixture
def terminal():
    ours, theirs = os.openpty()
    yield ours, theirs
    os.close(ours)
    os.close(theirs)


def shown(ours):
    os.set_blocking(ours, False)
    try:
        return os.read(ours, 100_000).decode()
    except BlockingIOError:
        return ""


def test_where_stderr_is_no_terminal_nothing_is_shown():
    done = run(subprocess.PIPE)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_a_terminal_shows_the_words_as_they_are_and_no_markup(terminal):
    ours, theirs = terminal
    done = run(theirs)
    assert (done.returncode, done.stdout) == (0, b"")
    assert "asking [/nas] [red]9 questions" in shown(ours)


def test_quiet_is_quiet_on_a_terminal_too(terminal):
    ours, theirs = terminal
    assert run(theirs, quiet=True).returncode == 0
    assert shown(ours) == ""
