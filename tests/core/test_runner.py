"""The runner: every check on every subject of its kind, and nothing that happens in a check ends the run."""

from __future__ import annotations

import pytest

import lab
from csi_probe.check import Check, check
from csi_probe.errors import ConfigError
from csi_probe.facts import Missing
from csi_probe.finding import Status, fail, ok, skip, unknown, warn
from csi_probe.runner import run, select
from csi_probe.snapshot import Dataset, Pool


def made(judge, id_="pool.made", subject=Pool) -> Check:
    return check(subject, id_, "the pool is made up")(judge)


def rows(judge, *subjects):
    return run([made(judge)], lab.snapshot(*subjects or [lab.pool()]))


@pytest.mark.parametrize(
    ("finding", "status"),
    [
        (ok("seen"), Status.OK),
        (skip("seen"), Status.SKIP),
        (warn("seen", "wanted", "fix"), Status.WARN),
        (unknown("seen", "wanted", "fix"), Status.UNKNOWN),
        (fail("seen", "wanted", "fix"), Status.FAIL),
    ],
)
def test_a_finding_becomes_a_row_of_its_subject(finding, status):
    (row,) = rows(lambda _: finding)
    assert (row.id, row.title, row.subject) == ("pool.made", "the pool is made up", "pool tank")
    assert (row.status, row.seen, row.wanted, row.fix) == (status, "seen", finding.wanted, finding.fix)
    assert row.blocked_by == ""
    assert row.duration >= 0


def test_statuses_are_ranked_from_best_to_worst():
    assert [status.rank for status in (Status.OK, Status.SKIP, Status.WARN, Status.UNKNOWN, Status.FAIL)] == [
        0,
        1,
        2,
        3,
        4,
    ]


def test_each_subject_of_the_kind_is_judged_in_order_and_no_other():
    found = rows(lambda pool: ok(pool.name), lab.pool(name="b"), lab.nas(), lab.pool(name="a"))
    assert [row.subject for row in found] == ["pool b", "pool a"]


def test_checks_go_before_subjects():
    checks = [made(lambda _: ok(""), "pool.one"), made(lambda _: ok(""), "pool.two")]
    found = run(checks, lab.snapshot(lab.pool(name="a"), lab.pool(name="b")))
    assert [(row.id, row.subject) for row in found] == [
        ("pool.one", "pool a"),
        ("pool.one", "pool b"),
        ("pool.two", "pool a"),
        ("pool.two", "pool b"),
    ]


def test_a_check_may_have_several_findings():
    def judge(_pool):
        yield ok("one")
        yield warn("two", "", "mend")

    found = rows(judge)
    assert [row.seen for row in found] == ["one", "two"]


def test_a_fact_that_was_lost_for_its_own_reason_is_unknown():
    (row,) = rows(lambda _: Missing("no answer within 10 s", fix="look at its load").get())
    assert (row.status, row.seen, row.fix, row.blocked_by) == (
        Status.UNKNOWN,
        "no answer within 10 s",
        "look at its load",
        "",
    )


def test_a_fact_that_was_lost_because_of_another_is_skipped_and_names_the_root():
    (row,) = rows(lambda _: Missing("nobody is logged in", blocked_by="truenas.login").get())
    assert (row.status, row.seen, row.fix) == (Status.SKIP, "nobody is logged in", "")
    assert row.blocked_by == "truenas.login"


def test_a_fact_that_is_lost_halfway_takes_the_findings_before_it_along():
    def judge(pool):
        yield ok("so far")
        yield ok(pool.free.get())

    (row,) = rows(judge, lab.pool(free=lab.LOST))
    assert row.status is Status.UNKNOWN


def test_a_check_that_crashes_costs_its_own_row_only():
    def judge(pool):
        return ok(str(1 // len(pool.name)))

    found = rows(judge, lab.pool(name=""), lab.pool(name="a"))
    assert [row.status for row in found] == [Status.UNKNOWN, Status.OK]
    assert found[0].seen == "the check itself failed (ZeroDivisionError)"
    assert "report it" in found[0].fix


def test_the_text_of_a_crash_is_not_shown_since_it_can_hold_anything():
    def judge(_pool):
        raise ValueError("canary")

    (row,) = rows(judge)
    assert "canary" not in repr(row)


def test_a_check_that_says_nothing_is_unknown():
    (row,) = rows(lambda _: [])
    assert (row.status, row.seen) == (Status.UNKNOWN, "the check said nothing")
    assert row.fix


def test_what_the_config_does_not_name_is_a_row_without_a_subject():
    (row,) = run([made(lambda _: fail("", "", ""), subject=Dataset)], lab.snapshot(lab.pool()))
    assert (row.status, row.subject) == (Status.SKIP, "")
    assert row.seen == "the config names nothing of this kind"


# --- select

CHECKS = [made(lambda _: ok(""), id_) for id_ in ("pool.exists", "pool.free", "nfs.running", "nfs.listens")]


@pytest.mark.parametrize(
    ("only", "skip", "chosen"),
    [
        ((), (), "pool.exists pool.free nfs.running nfs.listens"),
        (("pool.*",), (), "pool.exists pool.free"),
        (("nfs.running", "pool.exists"), (), "pool.exists nfs.running"),
        ((), ("*.running",), "pool.exists pool.free nfs.listens"),
        (("pool.*",), ("pool.free",), "pool.exists"),
        (("pool.*",), ("*",), ""),
    ],
    ids=["all", "glob", "ids keep the order", "skip", "both", "nothing"],
)
def test_only_and_skip_are_ids_or_globs(only, skip, chosen):
    assert [check.id for check in select(CHECKS, only, skip)] == chosen.split()


@pytest.mark.parametrize(("only", "skip"), [(("pol.*",), ()), ((), ("POOL.*",)), (("pool.*", "x"), ())])
def test_a_pattern_that_matches_nothing_is_an_error(only, skip):
    with pytest.raises(ConfigError, match="no check matches"):
        select(CHECKS, only, skip)


# --- check


def test_a_check_is_explained_by_its_docstring_each_part_on_one_line():
    def judge(_pool):
        """What is asked,
        on two lines.

        Why it matters.

        How to mend it.
        """

    told = made(judge).explanation
    assert (told.asked, told.why, told.mend) == ("What is asked, on two lines.", "Why it matters.", "How to mend it.")
