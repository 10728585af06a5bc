"""The README tells the truth: its reports are the program's own, and every id, option and command in it exists."""

from __future__ import annotations

import re
import shlex
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from csi_probe.packs import load_checks

from .rig import probe

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [
    path
    for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md")))
    if path.exists()
]
IDS = {check.id for check in load_checks()}
FAMILIES = {id_.split(".")[0] for id_ in IDS}

# Dates and moments, ports, durations.
_VARYING = r"\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d UTC)?|127\.0\.0\.1:\d+|\b\d+(\.\d+)? m?s\b|\b\d+ days\b"
_BLOCK = r"<!-- {marker} -->\s*```[a-z]*\n(.*?)```"
REPORTS = re.findall(_BLOCK.format(marker="report:(.*?)"), README, re.DOTALL)


def block(marker: str) -> list[str]:
    """The lines of the code block behind `<!-- marker -->`."""
    found = re.search(_BLOCK.format(marker=marker), README, re.DOTALL)
    if not found:
        pytest.skip(f"the README has no marker <!-- {marker} -->")
    return found[1].splitlines()


def settled(report: str) -> str:
    """The words, with what differs from run to run made the same; words, since a longer number breaks lines elsewhere."""
    return re.sub(_VARYING, "#", " ".join(report.split()))


@pytest.mark.parametrize("marker", ["demo", "tests"])
def test_a_marked_command_is_one_line(marker: str) -> None:
    (line,) = block(marker)
    assert line.startswith("python3 -m venv ")


def test_the_marked_demo_is_the_one_that_is_healthy() -> None:
    (line,) = block("demo")
    args = line.rpartition(" && ")[2].split()
    assert args[0].endswith("truenas-csi-probe")
    assert probe(*args[1:]).exit_code == 0


@pytest.mark.parametrize(("args", "shown"), REPORTS, ids=[args.strip() for args, _ in REPORTS])
def test_a_report_in_the_readme_is_what_the_program_writes(args: str, shown: str) -> None:
    """From its first word to its last; a line with nothing but "…" stands for lines that are left out."""
    written = settled(probe("demo", *shlex.split(args)).stdout)
    pieces = [re.escape(settled(piece)) for piece in re.split("^…$", shown, flags=re.MULTILINE)]
    assert re.fullmatch(".*".join(pieces), written), written


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_check_that_a_page_names_exists(page: Path) -> None:
    """In code, a word with a dot whose first half is a family of checks is an id, or a pattern of ids."""
    code = re.findall(r"`([^`\n]+)`", page.read_text(encoding="utf-8"))
    words = {word.strip("'\",") for text in code for word in text.split()}
    named = {
        word for word in words if word.split(".")[0] in FAMILIES and re.fullmatch(r"[a-z]+\.[a-z*][a-z0-9*-]*", word)
    }
    files = {word for word in named if word.endswith((".py", ".toml", ".md"))}
    assert [word for word in named - files if not any(fnmatchcase(id_, word) for id_ in IDS)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_and_option_that_a_page_names_exists(call, page: Path) -> None:
    helped = call("--help").stdout
    commands = set(re.findall(r"^  ([a-z]+)  ", helped, re.MULTILINE))
    options = set(re.findall(r"--?[a-z][a-z-]*", helped + "".join(call(name, "--help").stdout for name in commands)))
    lines = re.findall(r"truenas-csi-probe ([\w-][^`\n&|]*)", page.read_text(encoding="utf-8"))
    assert [line for line in lines if not _exists(line.split(), commands, options)] == []


def _exists(words: list[str], commands: set[str], options: set[str]) -> bool:
    return words[0] in commands | options and {word for word in words if word.startswith("-")} <= options
