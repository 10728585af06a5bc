"""What holds for every check: its name, its words, its place in CHECKS, and that it judges alone as among the others."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import pytest

import csi_probe
import csi_probe_checks
import lab
from csi_probe import snapshot
from csi_probe.check import Check
from csi_probe.finding import Status
from csi_probe.runner import run
from csi_probe.truenas.questions import QUESTIONS
from csi_probe_checks import CHECKS

MODULES = [
    importlib.import_module(f"csi_probe_checks.{found.name}")
    for found in pkgutil.iter_modules(csi_probe_checks.__path__)
]
IDS = [check.id for check in CHECKS]
every_check = pytest.mark.parametrize("check", CHECKS, ids=IDS)


def test_every_check_of_the_modules_is_in_checks_once():
    defined = [check for module in MODULES for check in vars(module).values() if isinstance(check, Check)]
    assert sorted(IDS) == sorted(check.id for check in defined)


def test_every_subject_has_a_check():
    kinds = {kind for kind in vars(snapshot).values() if inspect.isclass(kind) and hasattr(kind, "label")} - {
        snapshot.Subject
    }
    assert {check.subject for check in CHECKS} == kinds


def test_ids_are_unique():
    assert len(set(IDS)) == len(IDS)


@pytest.mark.parametrize(
    "module", [module for module in MODULES if hasattr(module, "CHECKS")], ids=lambda m: m.__name__
)
def test_ids_are_dotted_and_begin_with_the_name_of_their_file(module):
    family = module.__name__.rpartition(".")[2].partition("_")[0]
    for check in module.CHECKS:
        assert re.fullmatch(rf"{family}\.[a-z0-9]+(-[a-z0-9]+)*", check.id)


@every_check
def test_titles_are_claims(check):
    assert not check.title.endswith((".", "?", "!"))
    assert check.title[0].islower() or check.title.split()[0].isupper()
    assert not re.search(r"\b(should|must|will|check|checks|checking|ensure)\b", check.title)


@every_check
def test_the_docstring_says_what_is_asked_why_it_matters_and_how_to_mend_it(check):
    paragraphs = inspect.cleandoc(check.judge.__doc__).split("\n\n")
    assert len(paragraphs) == 3
    told = check.explanation
    assert all("\n" not in part and part.strip() for part in (told.asked, told.why, told.mend))


@every_check
def test_what_a_check_asks_can_be_asked(check):
    assert set(check.asks) <= {question.method for question in QUESTIONS}


def test_every_question_is_asked_by_a_check():
    asked = {method for check in CHECKS for method in check.asks}
    assert {question.method for question in QUESTIONS} == asked


def test_every_root_cause_that_the_source_names_is_a_check():
    roots = {*_literals(Path(csi_probe.__file__).parent), *_literals(Path(csi_probe_checks.__file__).parent)}
    assert roots  # a rename of the keyword must not turn this test off
    assert roots <= set(IDS)


def _literals(folder):
    for path in folder.rglob("*.py"):
        for at in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(at, ast.keyword)
                and at.arg == "blocked_by"
                and isinstance(at.value, ast.Constant)
                and at.value.value
            ):
                yield at.value.value


@every_check
def test_a_healthy_lab_is_green(check):
    (row,) = run([check], lab.snapshot())
    assert (row.status, row.fix) == (Status.OK, "")
    assert row.seen


@every_check
def test_a_check_says_the_same_alone_and_among_the_others(check):
    subjects = lab.snapshot(*lab.healthy(), lab.pool(names=()), lab.node(tools={}), lab.nas(login=lab.BLOCKED))
    among = [row for row in run(CHECKS, subjects) if row.id == check.id]
    assert [_timeless(row) for row in run([check], subjects)] == [_timeless(row) for row in among]


def _timeless(row):
    return dataclasses.replace(row, duration=0.0)


CONFIG_ONLY = {"dataset.apart", "truenas.verified", "driver.data-safe"}
FILES_ONLY = (snapshot.DriverFile, snapshot.DriverSet, snapshot.Scope, snapshot.StorageClass)


@pytest.mark.parametrize(
    "check",
    [check for check in CHECKS if check.id not in CONFIG_ONLY and check.subject not in FILES_ONLY],
    ids=lambda check: check.id,
)
def test_a_subject_of_which_nothing_is_known_is_never_green(check):
    (subject,) = (subject for subject in lab.healthy() if type(subject) is check.subject)
    row = lab.judge(check, _lost(subject))
    assert (row.status, row.seen) == (Status.UNKNOWN, lab.LOST.reason)


def _lost(subject):
    """The same subject, with every fact lost."""
    hints = {field.name: str(field.type) for field in dataclasses.fields(subject)}
    lost = {name: lab.LOST for name, hint in hints.items() if hint.startswith("Fact[")}
    if isinstance(subject, snapshot.Node):
        lost["answers"] = lab.answers(**dict.fromkeys(subject.answers.__slots__, lab.LOST))
    if isinstance(subject, snapshot.Fleet):
        lost["initiator_names"] = dict.fromkeys(subject.initiator_names, lab.LOST)
    return dataclasses.replace(subject, **lost)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_what_is_not_green_says_how_to_mend_it(module):
    for at in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(at, ast.Call) and isinstance(at.func, ast.Name) and at.func.id in {"fail", "warn", "unknown"}:
            assert len(at.args) == 3
            assert not (isinstance(at.args[2], ast.Constant) and not at.args[2].value)
