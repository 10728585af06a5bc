"""The checks of pools."""

from __future__ import annotations

import pytest

import lab
from csi_probe.facts import Missing
from csi_probe.finding import Status
from csi_probe_checks import pool

ABSENT = Missing("there is no pool tank", blocked_by="pool.exists")


@pytest.mark.parametrize(
    ("names", "seen"),
    [
        (("boot", "data"), "there is no pool tank; there are: boot, data"),
        ((), "there is no pool tank; the NAS has no pool at all"),
        (("Tank",), "there is no pool tank; there are: Tank"),
    ],
    ids=["another", "none", "another case"],
)
def test_a_pool_that_is_not_there_fails_and_shows_those_that_are(names, seen):
    row = lab.judge(pool.exists, lab.pool(names=names))
    assert (row.status, row.seen, row.wanted) == (Status.FAIL, seen, "tank")
    assert "correct the name, or import tank" in row.fix


def test_behind_a_pool_that_is_not_there_everything_is_blocked_by_it():
    gone = lab.pool(names=(), entry=ABSENT, free=ABSENT)
    for check in (pool.healthy, pool.not_full, pool.free):
        row = lab.judge(check, gone)
        assert (row.status, row.blocked_by) == (Status.SKIP, "pool.exists")


@pytest.mark.parametrize("check", pool.CHECKS, ids=lambda check: check.id)
def test_a_pool_that_could_not_be_asked_for_is_unknown(check):
    assert lab.judge(check, lab.pool(names=lab.LOST, entry=lab.LOST, free=lab.LOST)).status is Status.UNKNOWN


@pytest.mark.parametrize(
    ("status", "healthy", "outcome", "seen"),
    [
        ("ONLINE", True, Status.OK, "ONLINE"),
        ("ONLINE", False, Status.WARN, "ONLINE, but with errors"),
        ("DEGRADED", False, Status.WARN, "DEGRADED"),
        ("DEGRADED", True, Status.WARN, "DEGRADED"),
        ("FAULTED", False, Status.FAIL, "FAULTED"),
        ("OFFLINE", True, Status.FAIL, "OFFLINE"),
        ("SUSPENDED", True, Status.FAIL, "SUSPENDED"),
    ],
)
def test_a_pool_serves_volumes_while_it_is_online_or_degraded(status, healthy, outcome, seen):
    row = lab.judge(pool.healthy, lab.pool(entry=lab.pool_entry(status=status, healthy=healthy)))
    assert (row.status, row.seen) == (outcome, seen)
    assert ("Storage > tank" in row.fix) is (outcome is not Status.OK)


@pytest.mark.parametrize(
    ("allocated", "status", "seen"),
    [
        (0, Status.OK, "0 % of 1000 GiB is used"),
        (800, Status.OK, "80 % of 1000 GiB is used"),
        (804, Status.WARN, "80.4 % of 1000 GiB is used"),
        (949, Status.WARN, "94.9 % of 1000 GiB is used"),
        (950, Status.WARN, "95 % of 1000 GiB is used"),
        (1000, Status.WARN, "100 % of 1000 GiB is used"),
    ],
)
def test_a_pool_warns_above_the_limit_and_leaves_failing_to_the_free_space(allocated, status, seen):
    row = lab.judge(pool.not_full, lab.pool(entry=lab.pool_entry(allocated=allocated * lab.GIB)))
    assert (row.status, row.seen, row.wanted) == (status, seen, "80 % or less")


def test_a_full_pool_is_no_failure_where_the_config_allows_it():
    nearly = lab.pool_entry(allocated=990 * lab.GIB)
    assert lab.judge(pool.not_full, lab.pool(entry=nearly, max_used=99.0)).status is Status.OK


def test_a_pool_without_any_size_is_full():
    empty = lab.pool_entry(size=0, allocated=0)
    assert lab.judge(pool.not_full, lab.pool(entry=empty)).status is Status.WARN


def test_free_space_is_held_against_min_free():
    short = lab.judge(pool.free, lab.pool(min_free=300 * lab.GIB + 1))
    assert (short.status, short.seen) == (Status.FAIL, "300 GiB free")
    assert short.wanted == "300 GiB or more"
    assert lab.judge(pool.free, lab.pool(min_free=300 * lab.GIB)).status is Status.OK


def test_free_space_is_shown_where_none_is_wanted():
    row = lab.judge(pool.free, lab.pool(min_free=0))
    assert (row.status, row.wanted) == (Status.OK, "")
