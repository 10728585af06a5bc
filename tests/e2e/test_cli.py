"""The command line as its user meets it: what it takes, what it says about itself, and what it refuses."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from csi_probe import __version__, config, listing
from csi_probe.config import DEFAULT_PATHS, Options
from csi_probe.demo import stage
from csi_probe.execute import execute
from csi_probe.finding import Status
from csi_probe.packs import load_checks
from csi_probe.render import FORMATS
from csi_probe.truenas.questions import ROLES

from .rig import ENVIRONMENT, command, headline, listening, probe, say_nothing, secret_file, until, valid

IDS = [check.id for check in load_checks()]
NEEDED = sorted({ROLES[method] for check in load_checks() for method in check.asks if method in ROLES})


def minimal(folder: Path, url: str, more: str = "") -> Path:
    """A config with a TrueNAS at `url`, and a key that nobody will ask for."""
    path = folder / "config.toml"
    path.write_text(f'[truenas]\nurl = "{url}"\napi_key = {{ file = "{secret_file(folder, "1-abc")}" }}\n{more}')
    return path


# --- help and version


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_names_every_command_and_the_exit_codes(option: str) -> None:
    ran = probe(option)
    assert (ran.exit_code, ran.stderr) == (0, "")
    for word in ("run", "demo", "checks", "explain", "privileges", "schema", "Exit codes"):
        assert word in ran.stdout


@pytest.mark.parametrize("name", ["run", "demo", "checks", "explain", "privileges", "schema"])
def test_every_command_has_help(name: str) -> None:
    ran = probe(name, "-h")
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert "Usage:" in ran.stdout


def test_without_arguments_it_helps_and_asks_nothing() -> None:
    ran = probe()
    assert ran.exit_code == 2
    assert "Usage:" in ran.stdout + ran.stderr


def test_the_version_is_the_package_s() -> None:
    assert (probe("--version").stdout, probe("--version").exit_code) == (f"truenas-csi-probe {__version__}\n", 0)


def test_a_shell_completes_commands() -> None:
    """By the name under which it is installed."""
    named = [sys.executable, "-c", "import sys; sys.argv[0] = 'truenas-csi-probe'; from csi_probe.cli import main; main()"]
    words = {"COMP_WORDS": "truenas-csi-probe pri", "COMP_CWORD": "1"}
    completing = ENVIRONMENT | words | {"_TRUENAS_CSI_PROBE_COMPLETE": "complete_bash"}
    assert subprocess.run(named, env=completing, capture_output=True, text=True).stdout.strip() == "privileges"
    script = subprocess.run([*named, "--show-completion", "bash"], env=ENVIRONMENT, capture_output=True, text=True)
    assert "complete -o default -F" in script.stdout


# --- usage errors: exit 2, and nothing is asked


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["bogus"], "bogus"),
        (["--bogus"], "--bogus"),
        (["run", "--bogus"], "--bogus"),
        (["run", "--deadline", "soon"], "soon"),
        (["run", "--deadline", "0"], "--deadline"),
        (["demo", "-o", "pdf"], f'there is no format "pdf"; there are: {", ".join(FORMATS)}'),
        (["demo", "-o", "json="], "the path is missing"),
        (["demo", "-o", "text", "-o", "json"], "two reports would go to stdout"),
        (["demo", "-o", "text=/a", "-o", "json=/a"], "two reports would go to /a"),
        (["demo", "--era", "27"], "there are: core-13, 24.10, 25.04, 25.10, 26"),
        (["demo", "--break", "portal-idd"], 'did you mean "portal-id"?'),
        (["demo", "--era", "core-13", "--break", "expired-key"], "it can on: 25.04, 25.10, 26"),
        (["demo", "--skip", "nfs.runing"], 'no check matches "nfs.runing"'),
        (["checks", "-o", "yaml"], 'there is no format "yaml"'),
        (["explain", "iscsi.portal"], 'did you mean "iscsi.portal-exists"?'),
        (["explain"], "ID"),
    ],
)
def test_a_usage_error_is_exit_2_and_says_what_is_wrong(args: list[str], words: str) -> None:
    ran = probe(*args)
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert words in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize("options", [["--only", "pol.*"], ["--skip", "pool.existss"], ["-o", "pdf"], ["-o", "text", "-o", "json"]])
def test_after_a_usage_error_nobody_was_asked(tmp_path: Path, options: list[str]) -> None:
    with listening(say_nothing) as (port, came):
        ran = probe("run", "--config", minimal(tmp_path, f"https://127.0.0.1:{port}"), *options)
    assert (ran.exit_code, ran.stdout, came) == (2, "", [])


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ('[truenas]\nurll = "https://nas"\n', ':2: truenas.urll: there is no such key; did you mean "url"?'),
        ('[run]\n\ndeadline = "soon"\n', ":3: run.deadline: wanted is a number, found is text"),
        ('driver = "democratic"\n', ':1: driver: \'democratic\' is not one of democratic-csi, truenas-csi'),
        ('[[nodes]]\nname = "a"\n\n[[nodes]]\nname = "a"\n', ':5: nodes[1].name: there are two nodes called "a"'),
        ("[truenas\n", ": not valid TOML: "),
    ],
)
def test_an_error_in_the_config_names_file_line_key_and_the_nearest(tmp_path: Path, written: str, complaint: str) -> None:
    path = tmp_path / "probe.toml"
    path.write_text(written)
    ran = probe("run", "--config", path)
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert ran.stderr.startswith(f"truenas-csi-probe: {path}{complaint}")


def test_a_config_that_is_not_there_is_named(tmp_path: Path) -> None:
    ran = probe("run", "-c", tmp_path / "none.toml")
    assert (ran.exit_code, ran.stderr) == (2, f"truenas-csi-probe: cannot read {tmp_path}/none.toml: No such file or directory\n")


@pytest.mark.skipif(DEFAULT_PATHS[1].exists(), reason="this machine has a configuration of its own")
def test_without_any_config_it_says_where_it_looked_and_where_to_begin(tmp_path: Path) -> None:
    ran = probe("run", cwd=tmp_path)
    assert (ran.exit_code, ran.stdout) == (2, "")
    for words in (*map(str, DEFAULT_PATHS), "--config", "truenas-csi-probe demo"):
        assert words in ran.stderr


def test_the_config_of_the_folder_is_found(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("nodes = []\n")
    assert probe("run", cwd=tmp_path).exit_code == 3


# --- what it says about itself


def test_checks_lists_every_check_in_both_formats() -> None:
    text, as_json = probe("checks"), probe("checks", "-o", "json")
    assert (text.exit_code, as_json.exit_code) == (0, 0)
    assert [line.split()[0] for line in text.stdout.splitlines()] == IDS
    assert [check["id"] for check in json.loads(as_json.stdout)] == IDS


@pytest.mark.parametrize("id_", IDS)
def test_every_check_is_explained(id_: str) -> None:
    lines = listing.explain(id_).splitlines()
    assert lines[0].startswith(f"{id_}: ")
    assert [line.split()[0] for line in lines[2:] if not line.startswith(" ")] == ["Asked:", "Why:", "Mend:", "Roles:"]


def test_explain_prints_what_the_listing_has() -> None:
    assert probe("explain", "iscsi.portal-exists").stdout == listing.explain("iscsi.portal-exists") + "\n"


def test_the_schema_is_one(tmp_path: Path) -> None:
    ran = probe("schema")
    assert ran.exit_code == 0
    jsonschema.Draft202012Validator.check_schema(json.loads(ran.stdout))


# --- privileges


def roles_printed(*args: str | Path, cwd: Path) -> list[str]:
    ran = probe("privileges", *args, cwd=cwd)
    assert (ran.exit_code, ran.stderr) == (0, "")
    return [line.split()[0] for line in ran.stdout.splitlines()]


def test_privileges_are_the_roles_of_the_checks_that_are_on(tmp_path: Path) -> None:
    assert roles_printed(cwd=tmp_path) == NEEDED
    assert roles_printed("--only", "pool.*", cwd=tmp_path) == ["DATASET_READ", "POOL_READ"]
    assert roles_printed("--only", "nfs.*", "--skip", "nfs.[lv]*", cwd=tmp_path) == ["SERVICE_READ"]


def test_privileges_follow_the_config_and_ask_nobody(tmp_path: Path) -> None:
    with listening(say_nothing) as (port, came):
        path = minimal(tmp_path, f"https://127.0.0.1:{port}", '[[pools]]\nname = "tank"\n')
        assert roles_printed("--config", path, cwd=tmp_path) == ["API_KEY_READ", "DATASET_READ", "POOL_READ"]
    assert came == []


def report_with(roles: set[str]):
    """The report of a run in this process against a 25.10 whose key holds `roles`.

    One portal listens everywhere, so that no answer is to spare.
    """
    array, machines = stage.broken("25.10", [])
    array.roles = roles
    array.row("iscsi.portal.query", id=2)["listen"][0]["ip"] = "0.0.0.0"
    with stage.serve(array, machines) as path:
        return execute(config.load(path), path, lambda _: None)


def test_a_key_with_exactly_the_printed_roles_is_enough(tmp_path: Path) -> None:
    assert report_with(set(roles_printed(cwd=tmp_path))).exit_code == 0


@pytest.mark.parametrize("role", NEEDED)
def test_a_key_with_one_role_fewer_loses_exactly_the_rows_that_need_it(role: str) -> None:
    report = report_with(set(NEEDED) - {role})
    unknown = {row.id for row in report.rows if row.status is Status.UNKNOWN}
    asking = {check.id for check in load_checks() if role in {ROLES.get(method) for method in check.asks}}
    assert unknown == asking | {"truenas.roles"}
    assert report.exit_code == 3
    assert role in "".join(row.fix for row in report.rows if row.id == "truenas.roles")


# --- where reports go


def test_two_reports_come_of_one_run(tmp_path: Path) -> None:
    """And a file that was there is replaced: who reads the old one reads it to its end."""
    path = tmp_path / "report.json"
    path.write_text("the old report")
    with path.open() as old:
        ran = probe("demo", "-o", f"json={path}", "-o", "text", "--break", "portal-id")
        assert old.read() == "the old report"
    report = valid(path.read_text())
    assert (ran.exit_code, report["exit_code"], headline(ran.stdout)) == (1, 1, "not ready")
    assert os.listdir(tmp_path) == ["report.json"]
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
    complaints = [f"truenas-csi-probe: cannot write the report to {place}: {reason}" for place, reason in places.items()]
    assert ran.stderr.splitlines() == complaints


def test_a_full_disk_behind_stdout_is_exit_4() -> None:
    with open("/dev/full", "w") as full:
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
