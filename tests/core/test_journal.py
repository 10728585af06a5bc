"""The log of a run: for the journal only, with the priority at the beginning of each line, where journald reads it."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys

import pytest

from csi_probe.finding import Status
from reports import report, row

CODE = "import pickle, sys; from csi_probe.journal import record; record(pickle.load(sys.stdin.buffer))"


def log(made, stream):
    """What a process logs whose stderr is a pipe; `stream`: its $JOURNAL_STREAM, with the pipe's own numbers in it."""
    reader, writer = os.pipe()
    pipe = os.fstat(writer)
    environ = {name: value for name, value in os.environ.items() if name != "JOURNAL_STREAM"}
    if stream is not None:
        environ["JOURNAL_STREAM"] = stream.format(device=pipe.st_dev, inode=pipe.st_ino, other=pipe.st_ino + 1)
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        input=pickle.dumps(made),
        stderr=writer,
        stdout=subprocess.PIPE,
        env=environ,
        timeout=30,
        check=False,
    )
    os.close(writer)
    with os.fdopen(reader, encoding="utf-8") as file:
        text = file.read()
    assert (done.returncode, done.stdout) == (0, b""), text
    return text


@pytest.mark.parametrize("stream", [None, "", "{device}:{other}", "{device}", "x:y"])
def test_nothing_is_logged_where_stderr_is_not_the_journal(stream):
    assert log(report(row(Status.FAIL, fix="mend")), stream) == ""


def test_each_line_begins_with_its_priority():
    made = report(
        row(Status.FAIL, title="it fails", fix="f"),
        row(Status.UNKNOWN, title="it is unknown", fix="u"),
        row(Status.WARN, title="it warns", fix="w"),
        row(Status.OK, title="it is ok"),
    )
    lines = log(made, "{device}:{inode}").splitlines()
    assert [line[:3] for line in lines] == ["<3>", "<4>", "<4>", "<3>"]
    assert "it fails" in lines[0]
    assert 'verdict="not ready"' in lines[-1]


def test_a_green_run_is_one_line_of_information():
    (line,) = log(report(row(Status.OK)), "{device}:{inode}").splitlines()
    assert line.startswith("<6>")
    assert "finished" in line
    assert "verdict=ready" in line
    assert "ok=1" in line


def test_a_line_says_what_was_seen_where_and_how_to_mend_it():
    made = report(row(Status.FAIL, subject="pool tank", seen="there is no pool tank", fix="import it"))
    line = log(made, "{device}:{inode}").splitlines()[0]
    for field in ("check=pool.exists", 'subject="pool tank"', 'seen="there is no pool tank"', 'fix="import it"'):
        assert field in line


def test_foreign_text_forges_no_line_and_moves_no_cursor():
    made = report(row(Status.FAIL, seen="a\n<0>forged\r\x1b[2K\x00\u2028b", fix="x"))
    text = log(made, "{device}:{inode}")
    assert len(text.split("\n")) == 3
    assert not any(char in text for char in "\x1b\x00\r\u2028")


def test_without_a_stderr_nothing_is_logged():
    code = f"import os, sys; os.environ['JOURNAL_STREAM'] = '1:2'; sys.stderr.close(); {CODE}"
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=pickle.dumps(report(row(Status.OK))),
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
