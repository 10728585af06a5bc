"""A run that looks at next to nothing says so."""

from __future__ import annotations

import lab
from csi_probe.finding import Status
from csi_probe_checks import scope


def test_a_run_with_nodes_and_storage_is_fine() -> None:
    assert {lab.judge(check, lab.scope()).status for check in scope.CHECKS} == {Status.OK}


def test_a_run_without_nodes_warns_that_half_of_it_is_not_looked_at() -> None:
    row = lab.judge(scope.nodes, lab.scope(nodes=0))
    assert (row.status, row.wanted) == (Status.WARN, "at least one node")
    assert "[[nodes]]" in row.fix


def test_a_run_that_wants_no_storage_can_not_say_that_it_is_ready() -> None:
    row = lab.judge(scope.storage, lab.scope(storage=()))
    assert row.status is Status.UNKNOWN
    assert "--driver" in row.fix
