"""The roles that `privileges` prints: they are enough, and not one is to spare."""

from __future__ import annotations

from pathlib import Path

import pytest

from csi_probe import config
from csi_probe.demo import stage
from csi_probe.execute import execute
from csi_probe.finding import Status
from csi_probe.packs import load_checks
from csi_probe.truenas.questions import ROLES

from .rig import listening, minimal, probe, say_nothing

NEEDED = sorted({ROLES[method] for check in load_checks() for method in check.asks if method in ROLES})


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
        return execute(config.load(path), [path], lambda _: None)


def test_a_key_with_exactly_the_printed_roles_is_enough(tmp_path: Path) -> None:
    assert report_with(set(roles_printed(cwd=tmp_path))).exit_code == 0


@pytest.mark.parametrize("role", NEEDED)
def test_a_key_with_one_role_fewer_loses_exactly_the_rows_that_need_it(role: str) -> None:
    """A role that only what the config does not name would need is not missed."""
    report = report_with(set(NEEDED) - {role})
    named = {row.id for row in report.rows if row.subject}
    asking = {check.id for check in load_checks() if role in {ROLES.get(method) for method in check.asks}} & named
    unknown = {row.id for row in report.rows if row.status is Status.UNKNOWN}
    assert unknown == (asking | {"truenas.roles"} if asking else set())
    assert report.exit_code == (3 if asking else 0)
    assert not asking or role in "".join(row.fix for row in report.rows if row.id == "truenas.roles")
