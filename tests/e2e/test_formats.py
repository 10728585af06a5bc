"""Format, verdict and exit code, as a table: every format says what the exit code says, also of a report that is read from a file."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import yaml

from csi_probe.finding import Status
from csi_probe.render import FORMATS, Look, render
from csi_probe.report import Report
from reports import report, row

from .rig import ENVIRONMENT, command, headline, probe

# What a run was, and how it ends: in the probe's own style, and in that of monitoring plugins.
CASES: dict[str, tuple[Report, int, int]] = {
    "ready": (report(row(Status.OK)), 0, 0),
    "ready with warnings": (report(row(Status.OK), row(Status.WARN, fix="mend")), 0, 1),
    "strict": (report(row(Status.WARN, fix="mend"), strict=True), 1, 2),
    "not ready": (report(row(Status.FAIL, fix="mend"), row(Status.UNKNOWN)), 1, 2),
    "undetermined": (report(row(Status.OK), row(Status.UNKNOWN)), 3, 3),
    "blocked": (report(row(Status.OK), row(Status.SKIP, blocked_by="truenas.login")), 3, 3),
    "skipped by choice": (report(row(Status.SKIP)), 3, 3),
    "empty": (report(), 3, 3),
}
_WORDS = {"pass": "ready", "fail": "not ready", "error": "undetermined"}
_STATES = {"OK": "ready", "WARNING": "ready", "CRITICAL": "not ready", "UNKNOWN": "undetermined"}
_TAGS = {"system-out": "ready", "failure": "not ready", "error": "undetermined"}


def of_html(text: str) -> str:
    """The words of the first heading."""
    found = re.search(r"<h1[^>]*>(.*?)</h1>", text, re.DOTALL)
    assert found
    return " ".join(re.findall("[a-z]+", re.sub(r"<[^>]*>|&[^;]*;", " ", found[1]).lower()))


def of_prometheus(text: str) -> str:
    (verdict,) = re.findall(r'^truenas_csi_probe_verdict\{verdict="(.*)"\} 1$', text, re.MULTILINE)
    (ready,) = re.findall(r"^truenas_csi_probe_ready (\d)$", text, re.MULTILINE)
    assert (ready == "1") is (verdict == "ready")
    return verdict


# How each format is asked for its verdict: by its own rules.
VERDICT: dict[str, Callable[[str], str]] = {
    "text": headline,
    "short": headline,
    "json": lambda text: json.loads(text)["verdict"],
    "html": of_html,
    "markdown": lambda text: text.splitlines()[0].rpartition(": ")[2].lower(),
    "junit": lambda text: _TAGS[ET.fromstring(text)[0][0][0].tag],
    "openreports": lambda text: _WORDS[yaml.safe_load(text)["results"][0]["result"]],
    "prometheus": of_prometheus,
    "nagios": lambda text: _STATES[text.split()[1]],
}


@pytest.fixture
def saved(tmp_path: Path) -> Callable[[str], Path]:
    """saved(case) -> the file in which that run's report was saved."""

    def save(case: str) -> Path:
        path = tmp_path / "report.json"
        path.write_text(render("json", CASES[case][0], Look()))
        return path

    return save


@pytest.mark.parametrize("style", ["probe", "nagios"])
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("format_", FORMATS)
def test_the_format_and_the_exit_code_say_the_same(call, saved, format_: str, case: str, style: str) -> None:
    made, own, nagios = CASES[case]
    ran = call("render", format_, saved(case), "--exit-style", style)
    assert (ran.exit_code, ran.stderr) == ({"probe": own, "nagios": nagios}[style], "")
    assert VERDICT[format_](ran.stdout) == made.verdict


@pytest.mark.parametrize("style", ["probe", "nagios"])
@pytest.mark.parametrize("case", ["ready", "not ready"])
@pytest.mark.parametrize("format_", FORMATS)
def test_a_report_that_cannot_be_written_is_neither_ready_nor_critical(call, saved, format_, case, style) -> None:
    path = saved(case)
    place = path.parent / "none" / "report"
    ran = call("render", f"{format_}={place}", path, "--exit-style", style)
    assert (ran.exit_code, ran.stdout) == ({"probe": 4, "nagios": 3}[style], "")
    assert ran.stderr == f"truenas-csi-probe: cannot write the report to {place}: No such file or directory\n"


def test_all_formats_come_of_one_run(call, tmp_path: Path) -> None:
    """The run's own exit code, and the same reports afterwards of the saved one."""
    places = {format_: tmp_path / format_ for format_ in FORMATS}
    options = [f"--output={format_}={place}" for format_, place in places.items()]
    ran = probe("demo", "--break", "portal-id", "--exit-style", "nagios", *options)
    assert (ran.exit_code, ran.stdout, ran.stderr) == (2, "", "")
    for format_, place in places.items():
        text = place.read_text(encoding="utf-8")
        assert VERDICT[format_](text) == "not ready"
        again = tmp_path / "again"
        assert call("render", f"{format_}={again}", places["json"]).exit_code == 1
        assert settled(again.read_text(encoding="utf-8")) == settled(text)


def settled(text: str) -> str:
    """Without numbers: a saved report has lost what is less than a microsecond."""
    return re.sub(r"\d+(\.\d+)?(e-\d+)?", "#", text)


# --- --exit-style nagios, whatever goes wrong


@pytest.mark.parametrize(
    "args",
    [
        ("run", "--config", "/nonexistent"),
        ("demo", "--bogus"),
        ("demo", "-o", "xml"),
        ("lint", "/nonexistent"),
        ("render", "nagios", "/nonexistent"),
        ("render",),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("style", [("--exit-style", "nagios"), ("--exit-style=nagios",)], ids=len)
def test_for_a_monitoring_plugin_an_error_is_unknown_and_not_critical(call, args, style) -> None:
    ran, plain = call(*args, *style), call(*args)
    assert (ran.exit_code, plain.exit_code) == (3, 2)
    assert ran.stderr == plain.stderr != ""


@pytest.mark.parametrize(
    ("faults", "own", "nagios"),
    [((), 0, 0), (("nfs-not-at-boot",), 0, 1), (("portal-id",), 1, 2), (("rate-limited",), 3, 3)],
    ids=str,
)
def test_a_run_ends_in_the_style_that_is_wanted(faults: tuple[str, ...], own: int, nagios: int) -> None:
    breaks = [f"--break={fault}" for fault in faults]
    assert probe("demo", *breaks).exit_code == own
    assert probe("demo", *breaks, "--exit-style", "nagios", "-o", "nagios").exit_code == nagios


def test_lint_ends_in_the_style_that_is_wanted(call, tmp_path: Path) -> None:
    values = tmp_path / "values.yaml"
    values.write_text("driver: freenas-api-nfs\nhttpConnection: {protocol: https}\n")
    assert call("lint", values).exit_code == 1
    assert call("lint", values, "--exit-style", "nagios").exit_code == 2


def test_help_and_version_are_no_error_of_a_plugin(call) -> None:
    assert call("demo", "--exit-style", "nagios", "--help").exit_code == 0


# --- render


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (None, "cannot read {path}: No such file or directory"),
        (b"\xff", "{path}: not UTF-8 text (byte 0)"),
        (b"not a report", "{path}:1: not JSON: Expecting value"),
        (b'{"verdict": "ready"}', '{path}: not a report of truenas-csi-probe: the field "schema_version" is missing'),
    ],
    ids=["missing", "binary", "text", "another JSON"],
)
def test_a_file_that_is_no_report_is_a_usage_error(call, tmp_path: Path, content: bytes | None, error: str) -> None:
    path = tmp_path / "report.json"
    if content is not None:
        path.write_bytes(content)
    ran = call("render", "text", path)
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert ran.stderr == f"truenas-csi-probe: {error.format(path=path)}\n"


def test_a_report_can_come_from_a_pipe() -> None:
    text = render("json", CASES["not ready"][0], Look())
    done = subprocess.run(
        command("render", "nagios", "/dev/stdin"),
        input=text,
        capture_output=True,
        text=True,
        env=ENVIRONMENT,
        check=False,
        timeout=30,
    )
    assert (done.returncode, done.stdout.split()[1]) == (1, "CRITICAL")


def test_the_help_names_every_format(call) -> None:
    words = set(re.findall(r"[a-z]+", call("run", "--help").stdout))
    assert set(FORMATS) <= words


# --- the last success


@pytest.mark.parametrize("format_", ["json", "prometheus"])
def test_the_last_success_is_kept_while_runs_fail(tmp_path: Path, format_: str) -> None:
    path, copy = tmp_path / "report", tmp_path / "report.json"
    outputs = ("-o", f"{format_}={path}", *(("-o", f"json={copy}") if format_ != "json" else ()))

    def last(*breaks: str) -> str | None:
        probe("demo", *breaks, *outputs)
        return json.loads((copy if copy.exists() else path).read_text())["last_ready"]

    assert last("--break=portal-id") is None
    success = last()
    assert success
    copy.unlink(missing_ok=True)
    kept = last("--break=portal-id")
    assert kept
    assert kept[:19] == success[:19]


def test_a_file_of_somebody_else_is_replaced_and_not_read(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_bytes(b"\xff\x00 not ours")
    assert probe("demo", "-o", f"json={path}").exit_code == 0
    assert json.loads(path.read_text())["verdict"] == "ready"
