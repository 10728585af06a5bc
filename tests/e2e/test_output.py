"""Where reports go: files, stdout and those that take no more; and what an interrupt leaves behind."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from .rig import ENVIRONMENT, command, headline, listening, minimal, probe, say_nothing, until, valid


def test_two_reports_come_of_one_run(tmp_path: Path) -> None:
    """And a file that was there is replaced: who reads the old one reads it to its end."""
    path = tmp_path / "report.json"
    path.write_text("the old report")
    with path.open() as old:
        ran = probe("demo", "-o", f"json={path}", "-o", "text", "--break", "portal-id")
        assert old.read() == "the old report"
    report = valid(path.read_text())
    assert (ran.exit_code, report["exit_code"], headline(ran.stdout)) == (1, 1, "not ready")
    assert [entry.name for entry in tmp_path.iterdir()] == ["report.json"]
    assert path.stat().st_mode & 0o600 == 0o600


def test_a_report_that_cannot_be_written_is_exit_4_and_costs_no_other(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    places = {
        tmp_path / "file" / "report.json": "Not a directory",
        tmp_path / "none" / "report.json": "No such file or directory",
        tmp_path: "Is a directory",
        Path("/dev/full"): "No space left on device",
    }
    ran = probe("demo", *(f"-ojson={place}" for place in places), "-o", "text")
    assert (ran.exit_code, headline(ran.stdout)) == (4, "ready")
    complaints = [
        f"truenas-csi-probe: cannot write the report to {place}: {reason}" for place, reason in places.items()
    ]
    assert ran.stderr.splitlines() == complaints


def test_a_full_disk_behind_stdout_is_exit_4() -> None:
    with Path("/dev/full").open("w") as full:
        ran = probe("demo", stdout=full.fileno())
    assert (ran.exit_code, ran.stderr) == (
        4,
        "truenas-csi-probe: cannot write the report to stdout: No space left on device\n",
    )


def test_a_reader_who_has_left_is_exit_4_without_a_traceback() -> None:
    read, write = os.pipe()
    os.close(read)
    ran = probe("demo", stdout=write)
    os.close(write)
    assert (ran.exit_code, ran.stderr) == (4, "truenas-csi-probe: cannot write the report to stdout: Broken pipe\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_it_at_once_and_leaves_nothing(tmp_path: Path, number: int) -> None:
    with listening(say_nothing) as (port, came):
        path = minimal(tmp_path, f"https://127.0.0.1:{port}")
        process = subprocess.Popen(
            command("run", "--config", path, "-o", f"json={tmp_path}/report.json"),
            env=ENVIRONMENT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        until(lambda: came)
        process.send_signal(number)
        stdout, stderr = process.communicate(timeout=5)
    assert (stdout, stderr) == (b"", b"")
    assert process.returncode == (130 if number == signal.SIGINT else -signal.SIGTERM)
    assert not (tmp_path / "report.json").exists()
