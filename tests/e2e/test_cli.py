"""The command line as its user meets it: what it takes, what it says about itself, and what it refuses."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import jsonschema
import pytest

from csi_probe import __version__, listing
from csi_probe.cli import app
from csi_probe.config import DEFAULT_PATHS
from csi_probe.packs import load_checks
from csi_probe.render import FORMATS

from .rig import ENVIRONMENT, listening, minimal, probe, say_nothing

COMMANDS = [command.callback.__name__ for command in app.registered_commands]
IDS = [check.id for check in load_checks()]


# --- help and version


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_names_every_command_and_the_exit_codes(call, option: str) -> None:
    ran = call(option)
    assert (ran.exit_code, ran.stderr) == (0, "")
    for word in (*COMMANDS, "Exit codes"):
        assert word in ran.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(call, name: str) -> None:
    ran = call(name, "-h")
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert "Usage:" in ran.stdout


def test_without_arguments_it_helps_and_asks_nothing(call) -> None:
    ran = call()
    assert ran.exit_code == 2
    assert "Usage:" in ran.stdout + ran.stderr


def test_the_version_is_the_package_s() -> None:
    ran = probe("--version")
    assert (ran.exit_code, ran.stdout, ran.stderr) == (0, f"truenas-csi-probe {__version__}\n", "")


def test_a_shell_completes_commands() -> None:
    words = {"COMP_WORDS": "truenas-csi-probe pri", "COMP_CWORD": "1"}
    assert as_installed(env=words | {"_TRUENAS_CSI_PROBE_COMPLETE": "complete_bash"}).strip() == "privileges"
    assert "complete -o default -F" in as_installed("--show-completion", "bash")


def as_installed(*args: str, env: Mapping[str, str] | None = None) -> str:
    """What the command writes under the name by which a shell knows it."""
    code = "import sys; sys.argv[0] = 'truenas-csi-probe'; from csi_probe.cli import main; main()"
    run = [sys.executable, "-c", code, *args]
    return subprocess.run(run, check=True, env=ENVIRONMENT | (env or {}), capture_output=True, text=True).stdout


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
def test_a_usage_error_is_exit_2_and_says_what_is_wrong(call, args: list[str], words: str) -> None:
    ran = call(*args)
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert words in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize(
    "options", [["--only", "pol.*"], ["--skip", "pool.existss"], ["-o", "pdf"], ["-o", "text", "-o", "json"]]
)
def test_after_a_usage_error_nobody_was_asked(tmp_path: Path, options: list[str]) -> None:
    with listening(say_nothing) as (port, came):
        ran = probe("run", "--config", minimal(tmp_path, f"https://127.0.0.1:{port}"), *options)
    assert (ran.exit_code, ran.stdout, came) == (2, "", [])


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ('[truenas]\nurll = "https://nas"\n', ':2: truenas.urll: there is no such key; did you mean "url"?'),
        ('[run]\n\ndeadline = "soon"\n', ":3: run.deadline: wanted is a number, found is text"),
        ('driver = "democratic"\n', ":1: driver: 'democratic' is not one of democratic-csi, truenas-csi"),
        ('[[nodes]]\nname = "a"\n\n[[nodes]]\nname = "a"\n', ':5: nodes[1].name: there are two nodes called "a"'),
        ("[truenas\n", ": not valid TOML: "),
    ],
)
def test_an_error_in_the_config_names_file_line_key_and_the_nearest(
    call, tmp_path: Path, written: str, complaint: str
) -> None:
    path = tmp_path / "probe.toml"
    path.write_text(written)
    ran = call("run", "--config", path)
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert ran.stderr.startswith(f"truenas-csi-probe: {path}{complaint}")


def test_a_config_that_is_not_there_is_named(tmp_path: Path) -> None:
    ran = probe("run", "-c", tmp_path / "none.toml")
    assert (ran.exit_code, ran.stderr) == (
        2,
        f"truenas-csi-probe: cannot read {tmp_path}/none.toml: No such file or directory\n",
    )


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


def test_checks_lists_every_check_in_both_formats(call) -> None:
    text, as_json = call("checks"), call("checks", "-o", "json")
    assert (text.exit_code, as_json.exit_code) == (0, 0)
    assert [line.split()[0] for line in text.stdout.splitlines()] == IDS
    assert [check["id"] for check in json.loads(as_json.stdout)] == IDS


@pytest.mark.parametrize("id_", IDS)
def test_every_check_is_explained(id_: str) -> None:
    lines = listing.explain(id_).splitlines()
    assert lines[0].startswith(f"{id_}: ")
    assert [line.split()[0] for line in lines[2:] if not line.startswith(" ")] == ["Asked:", "Why:", "Mend:", "Roles:"]


def test_explain_prints_what_the_listing_has(call) -> None:
    assert call("explain", "iscsi.portal-exists").stdout == listing.explain("iscsi.portal-exists") + "\n"


def test_the_schema_is_one(call) -> None:
    ran = call("schema")
    assert ran.exit_code == 0
    jsonschema.Draft202012Validator.check_schema(json.loads(ran.stdout))
