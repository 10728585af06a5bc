"""What the documents name is there: checks, and tests."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import NamedTuple

import pytest

from csi_probe.packs import load_checks

ROOT = Path(__file__).parents[2]
IDS = {check.id for check in load_checks()}


class Failure(NamedTuple):
    """A row of docs/failures.md."""

    number: int
    symptom: str
    said_by: str
    shown_by: str

    @property
    def checks(self) -> list[str]:
        return re.findall(r"`([a-z]+\.[a-z0-9-]+)`", self.said_by)

    @property
    def tests(self) -> list[tuple[str, str]]:
        return re.findall(r"`(tests/\S+\.py)::(test_\w+)`", self.shown_by)


def failures() -> list[Failure]:
    text = (ROOT / "docs" / "failures.md").read_text(encoding="utf-8")
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:3] > "| 0"]
    return [Failure(int(number), *rest) for number, *rest in cells if number.isdigit()]


FAILURES = failures()


def test_the_failures_are_forty_each_with_its_number() -> None:
    assert [failure.number for failure in FAILURES] == list(range(1, 41))


def test_thirty_or_more_of_them_are_caught() -> None:
    assert len([failure for failure in FAILURES if failure.checks and failure.tests]) >= 30


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: str(failure.number))
def test_a_failure_is_caught_by_checks_that_exist_or_says_why_it_is_not(failure: Failure) -> None:
    assert set(failure.checks) <= IDS
    assert bool(failure.checks) == bool(failure.tests) == (not failure.said_by.startswith("no check: "))
    for path, name in failure.tests:
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
