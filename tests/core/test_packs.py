"""Packs of checks come in by entry points; one that cannot be loaded is an error, never a shorter list."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import csi_probe

PACK = """
from csi_probe.check import check
from csi_probe.finding import ok
from csi_probe.snapshot import Nas

@check(Nas, "{id}", "the pack judges")
def judge(nas):
    return ok("seen")

CHECKS = (judge,)
"""
LOAD = """
import sys
from csi_probe.errors import ConfigError
from csi_probe.packs import load_checks
try:
    print("\\n".join(check.id for check in load_checks()))
except ConfigError as error:
    sys.exit(str(error))
"""


@pytest.fixture
def install(tmp_path):
    """Make an installed distribution of a module, as pip does: a module and its dist-info with an entry point."""

    def _install(name, source):
        (tmp_path / f"{name}.py").write_text(textwrap.dedent(source), encoding="utf-8")
        info = tmp_path / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", encoding="utf-8")
        (info / "entry_points.txt").write_text(f"[csi_probe.checks]\n{name} = {name}\n", encoding="utf-8")

    return _install


def load(folder, *flags):
    """(exit code, ids, error) of a process that loads the checks with `folder` on its path."""
    done = subprocess.run(
        [sys.executable, *flags, "-c", LOAD],
        env=os.environ | {"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return done.returncode, done.stdout.split(), done.stderr


def test_packs_come_after_the_built_in_checks_in_the_order_of_their_names(tmp_path, install):
    install("zoo", PACK.format(id="zoo.judges"))
    install("ants", PACK.format(id="ants.judge"))
    code, ids, error = load(tmp_path)
    assert (code, error) == (0, "")
    assert ids[0] == "scope.nodes"
    assert ids[-2:] == ["ants.judge", "zoo.judges"]


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import no_such_module", "No module named 'no_such_module'"),
        ("1 / 0", "division by zero"),
        ("", "has no attribute 'CHECKS'"),
        ("CHECKS = 5", "cannot be loaded"),
        ("CHECKS = ('pool.exists',)", "cannot be loaded"),
    ],
    ids=["import", "crash", "no checks", "no tuple", "no check"],
)
def test_a_broken_pack_is_an_error_that_names_it(tmp_path, install, source, reason):
    install("broken", source)
    code, ids, error = load(tmp_path)
    assert (code, ids) == (1, [])
    assert error.startswith('the pack of checks "broken" (broken) cannot be loaded: ')
    assert reason in error


def test_a_pack_cannot_take_the_place_of_a_check(tmp_path, install):
    install("thief", PACK.format(id="pool.exists"))
    code, _, error = load(tmp_path)
    assert code == 1
    assert error.strip() == 'the pack "thief" brings a second check called "pool.exists"'


def test_without_any_pack_there_is_no_clean_run(tmp_path):
    """The package is importable but not installed: -S leaves site-packages, and with them all entry points, out."""
    (tmp_path / "csi_probe").symlink_to(Path(csi_probe.__file__).parent)
    code, ids, error = load(tmp_path, "-S")
    assert (code, ids) == (1, [])
    assert "there are no checks: the package is not installed" in error
