"""The systemd units: sound by systemd's own judgement, confined, and with options that the command line has."""

from __future__ import annotations

import configparser
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from real import need

from .rig import probe

UNITS = Path(__file__).parents[2] / "systemd"
SERVICE, TIMER = "truenas-csi-probe.service", "truenas-csi-probe.timer"
DROP_INS = f"{SERVICE}.d"
EXPOSURE = "20"  # of 100; what systemd-analyze calls "OK" ends at 44


def read(unit: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # systemd's keys are case-sensitive
    parser.read(UNITS / unit)
    return parser


@pytest.fixture
def units(tmp_path: Path, drop_in: str | None) -> Path:
    """The service and the timer as they are, with one drop-in or none, but for a binary that is there."""
    for name in (SERVICE, TIMER):
        shutil.copy(UNITS / name, tmp_path)
    if drop_in:
        (tmp_path / DROP_INS).mkdir()
        shutil.copy(UNITS / DROP_INS / drop_in, tmp_path / DROP_INS)
    binary = shlex.split(read(SERVICE)["Service"]["ExecStart"])[0]
    for file in (tmp_path / SERVICE, *(tmp_path / DROP_INS).glob("*")):
        file.write_text(file.read_text().replace(f"ExecStart={binary}", f"ExecStart={need('true')}"))
    return tmp_path


def analyze(*args: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([need("systemd-analyze"), *args], check=False, capture_output=True, text=True, timeout=30)


@pytest.mark.real
@pytest.mark.parametrize("drop_in", [None, "node.conf", "prometheus.conf"])
def test_systemd_has_no_complaint(units: Path) -> None:
    verified = analyze("verify", units / SERVICE, units / TIMER)
    assert (verified.returncode, verified.stderr) == (0, "")


@pytest.mark.real
@pytest.mark.parametrize("drop_in", [None, "node.conf", "prometheus.conf"])
def test_the_service_is_confined(units: Path) -> None:
    judged = analyze("security", "--offline=true", f"--threshold={EXPOSURE}", "--no-pager", units / SERVICE)
    assert judged.returncode == 0, judged.stdout


def test_the_timer_catches_up_and_spreads_the_logins() -> None:
    """TrueNAS locks an address out after 20 logins a minute."""
    timer = read(TIMER)
    assert timer["Timer"]["Persistent"] == "true"
    assert timer["Timer"]["RandomizedDelaySec"]
    assert timer["Install"]["WantedBy"] == "timers.target"


@pytest.mark.parametrize("unit", [SERVICE, f"{DROP_INS}/prometheus.conf"])
def test_the_service_starts_a_command_that_exists(unit: str) -> None:
    """With the options as they stand there, but for the places of the files."""
    _, command, *options = shlex.split(read(unit)["Service"]["ExecStart"])
    assert command == "run"
    ran = probe(command, *["/dev/null" if option.startswith("/") else option for option in options])
    assert ran.exit_code == 4  # an empty config, and no such folder: everything before that was understood
    assert "cannot write the report to /var/lib/truenas-csi-probe/report.json" in ran.stderr


def test_the_drop_in_takes_the_key_away_from_the_nodes() -> None:
    """An empty LoadCredential= resets the list; a credential whose file is missing would keep the unit from starting."""
    lines = (UNITS / DROP_INS / "node.conf").read_text().splitlines()
    assert lines[1:3] == ["[Service]", "LoadCredential="]
    assert "truenas-api-key" not in "".join(lines)
