"""Facts: known, or missing with a reason; "nothing there" and "could not ask" never mix."""

from __future__ import annotations

import pytest

from csi_probe.facts import FactMissing, Known, Missing, pick

LOST = Missing("no answer", blocked_by="truenas.login", fix="look")


def test_a_known_fact_gives_its_value_even_when_that_is_nothing():
    assert Known(None).get() is None
    assert Known(()).get() == ()


def test_a_missing_fact_raises_itself():
    with pytest.raises(FactMissing, match="no answer") as caught:
        LOST.get()
    assert caught.value.missing is LOST


def test_what_follows_from_a_fact_is_known_or_missing_as_it_is():
    assert Known(2).then(lambda value: value + 1) == Known(3)
    assert LOST.then(lambda value: value + 1) is LOST


def test_pick_tells_nothing_there_from_could_not_ask():
    absent = Missing("there is none", blocked_by="pool.exists")
    assert pick(Known((1, 2, 3)), lambda item: item > 1, absent) == Known(2)
    assert pick(Known(()), lambda item: item > 1, absent) is absent
    assert pick(LOST, lambda item: item > 1, absent) is LOST


def test_pick_gives_a_value_that_is_false_too():
    assert pick(Known((0,)), lambda item: item == 0, LOST) == Known(0)
