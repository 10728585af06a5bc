"""A saved report is read back as it was, and what is no report is refused with a reason."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csi_probe.errors import ConfigError
from csi_probe.finding import Measure, Status, Unit
from csi_probe.render import Look, render, saved
from reports import HOSTILE, STARTED, report, row

GOLDEN = sorted((Path(__file__).parent / "golden").glob("*.json"))


@given(st.lists(HOSTILE, max_size=3), st.booleans(), st.lists(st.text(max_size=5), max_size=2))
def test_a_report_is_read_back_as_it_was(rows, strict, deselected):
    made = report(*rows, strict=strict, deselected=tuple(deselected), ready_before=STARTED - timedelta(days=1))
    found = saved.read(render("json", made, Look()), "r.json")
    assert render("json", found, Look()) == render("json", made, Look())
    assert (found.verdict, found.last_ready, found.rows) == (made.verdict, made.last_ready, made.rows)


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.name)
def test_of_a_saved_report_come_the_same_reports_as_of_the_run(path):
    found = saved.read(path.read_text(encoding="utf-8"), str(path))
    for ending, format_ in {"prom": "prometheus", "junit.xml": "junit", "openreports.yaml": "openreports"}.items():
        assert render(format_, found, Look()) == path.with_suffix(f".{ending}").read_text(encoding="utf-8")


def as_json(**changes):
    made = report(
        row(Status.FAIL, blocked_by="truenas.login", measure=Measure("pool_used", 0.5, Unit.RATIO)),
        deselected=("pool.free",),
        ready_before=STARTED,
    )
    return json.loads(render("json", made, Look())) | changes


def in_row(**changes):
    found = as_json()
    return found | {"rows": [found["rows"][0] | changes]}


def without(field, table):
    return {name: value for name, value in table.items() if name != field}


def test_a_report_of_an_earlier_version_has_no_measures_and_no_last_success():
    found = without("last_ready", as_json())
    found["rows"] = [without("kind", without("measure", one)) for one in found["rows"]]
    assert saved.read(json.dumps(found), "r.json").rows[0].measure is None


def test_what_a_later_version_adds_is_left_out():
    assert saved.read(json.dumps(as_json(more=1)), "r.json").rows == saved.read(json.dumps(as_json()), "r.json").rows


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "r.json:1: not JSON: Expecting value"),
        ("{\n]", "r.json:2: not JSON: "),
        ("[" * 100_000, "r.json: not JSON: it nests too deeply"),
        ('{"schema_version": ' + "9" * 5000 + "}", "r.json: not JSON: it nests too deeply, or a number is too long"),
        ("[]", "wanted is an object, found is list"),
        ("null", "wanted is an object, found is NoneType"),
        ("{}", 'the field "schema_version" is missing'),
        (as_json(schema_version=2), "schema_version: 2, and this version reads 1"),
        (as_json(schema_version=True), "schema_version: wanted is a whole number, found is True"),
        (as_json(rows={}), "rows: wanted is a list, found is {}"),
        (as_json(rows=[3]), "rows[0]: wanted is an object, found is int"),
        (as_json(strict="no"), "strict: wanted is true or false, found is 'no'"),
        (as_json(started="yesterday"), "started: 'yesterday' is no moment of ISO 8601"),
        (as_json(started="2026-03-01T12:00:00"), "started: 2026-03-01T12:00:00 has no offset from UTC"),
        (as_json(last_ready=5), "last_ready: wanted is text, found is 5"),
        (as_json(duration=True), "duration: wanted is a number, found is True"),
        (as_json(duration=float("nan")), "NaN is no number"),
        (as_json(timings={"truenas": "1"}), "truenas: wanted is a number, found is '1'"),
        (as_json(deselected=["a", 1]), "deselected: wanted is a list of text, found in it is 1"),
        (as_json(verdict="ready"), "verdict: 'ready', but by its rows it is not ready"),
        (without("verdict", as_json()), "verdict: None, but by its rows it is not ready"),
        (in_row(status="green"), "rows[0]: status: 'green' is not one of ok, skip, warn, unknown, fail"),
        (in_row(seen=None), "rows[0]: seen: wanted is text, found is None"),
        (in_row(blocked_by=3), "rows[0]: blocked_by: wanted is text, found is 3"),
        (
            in_row(measure={"name": "a b", "value": 1, "unit": "ratio"}),
            "rows[0]: measure: 'a b' with 1 is no measure",
        ),
        (in_row(measure={"name": "a", "value": 1, "unit": "miles"}), "rows[0]: unit: 'miles' is not one of seconds,"),
        (in_row(measure=3), "rows[0]: wanted is an object, found is int"),
    ],
    ids=lambda value: value[:60] if isinstance(value, str) else "",
)
def test_what_is_no_report_is_refused_with_the_place_and_the_reason(text, error):
    with pytest.raises(ConfigError) as caught:
        saved.read(text if isinstance(text, str) else json.dumps(text), "r.json")
    assert str(caught.value).startswith("r.json")
    assert error in str(caught.value)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(list(as_json())), inner, max_size=4)
        ),
        max_leaves=8,
    )
)
def test_any_json_is_a_report_or_refused(found):
    with pytest.raises(ConfigError):
        saved.read(json.dumps(found), "r.json")
