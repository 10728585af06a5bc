"""The report: its verdict is never greener than its rows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csi_probe.finding import Status
from csi_probe.report import Verdict
from reports import report, row

OK, SKIP, WARN, UNKNOWN, FAIL = Status
BLOCKED = row(SKIP, blocked_by="truenas.login")


@pytest.mark.parametrize(
    ("rows", "verdict", "strict", "exit_code"),
    [
        ([], "undetermined", "undetermined", 3),
        ([row(SKIP)], "undetermined", "undetermined", 3),
        ([row(OK)], "ready", "ready", 0),
        ([row(OK), row(SKIP)], "ready", "ready", 0),
        ([row(WARN)], "ready", "not ready", 0),
        ([row(OK), row(WARN)], "ready", "not ready", 0),
        ([row(OK), row(UNKNOWN)], "undetermined", "undetermined", 3),
        ([row(OK), row(WARN), row(UNKNOWN)], "undetermined", "not ready", 3),
        ([row(OK), BLOCKED], "undetermined", "undetermined", 3),
        ([row(OK), row(FAIL)], "not ready", "not ready", 1),
        ([row(UNKNOWN), row(FAIL), BLOCKED], "not ready", "not ready", 1),
        ([row(FAIL)], "not ready", "not ready", 1),
    ],
    ids=lambda value: (
        "+".join(r.status + (" blocked" if r.blocked_by else "") for r in value) if isinstance(value, list) else ""
    ),
)
def test_the_verdict_follows_from_the_rows(rows, verdict, strict, exit_code):
    assert (report(*rows).verdict, report(*rows).exit_code) == (verdict, exit_code)
    assert report(*rows, strict=True).verdict == strict


def test_each_verdict_has_an_exit_code_of_its_own():
    assert report(row(OK)).exit_code == 0
    assert report(row(WARN), strict=True).exit_code == 1
    assert report().exit_code == 3


ROWS = st.lists(
    st.builds(row, st.sampled_from(Status), blocked_by=st.sampled_from(["", "", "truenas.login"])), max_size=8
)


@given(ROWS, st.booleans())
def test_ready_means_that_nothing_failed_nothing_is_unknown_and_something_was_judged(rows, strict):
    found = report(*rows, strict=strict)
    statuses = {row.status for row in rows}
    if found.verdict is Verdict.READY:
        assert not statuses & {FAIL, UNKNOWN}
        assert not any(row.blocked_by for row in rows)
        assert statuses & {OK, WARN}
        assert not (strict and WARN in statuses)
    assert (found.exit_code == 0) is (found.verdict is Verdict.READY)


@given(ROWS, ROWS, st.booleans())
def test_more_rows_never_make_a_run_greener(rows, more, strict):
    greenness = [Verdict.NOT_READY, Verdict.UNDETERMINED, Verdict.READY]
    if any(row.status in (OK, WARN) for row in rows):
        before, after = report(*rows, strict=strict), report(*rows, *more, strict=strict)
        assert greenness.index(after.verdict) <= greenness.index(before.verdict)


def test_every_status_is_counted():
    assert report(row(OK), row(OK), row(FAIL)).counts == {OK: 2, SKIP: 0, WARN: 0, UNKNOWN: 0, FAIL: 1}


def test_next_actions_go_from_failures_to_warnings_each_in_the_order_of_the_checks():
    rows = [
        row(WARN, fix="w1"),
        row(FAIL, fix="f1"),
        row(UNKNOWN, fix="u1"),
        row(FAIL, fix="f2"),
        row(UNKNOWN),
        row(WARN, fix="w2"),
        row(OK, fix="no"),
        row(SKIP, fix="no"),
    ]
    assert [action.fix for action in report(*rows).next_actions] == ["f1", "f2", "u1", "w1", "w2"]


def test_a_row_says_how_to_read_more_about_its_check():
    assert row(OK, id="pool.exists").doc == "truenas-csi-probe explain pool.exists"
