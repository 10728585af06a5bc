"""The formats for machines: each is judged by one that its readers would trust, and no text breaks out of its place."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from csi_probe.finding import Measure, Status, Unit
from csi_probe.render import Look, prometheus, render, visible
from csi_probe.report import Verdict
from real import need
from reports import HOSTILE, STARTED, report, row

GOLDEN = Path(__file__).parent / "golden"
REPORTS = st.builds(
    lambda rows, strict, timings: report(*rows, strict=strict, timings=timings),
    st.lists(HOSTILE, max_size=5),
    st.booleans(),
    st.dictionaries(st.sampled_from(["truenas", "node a", 'no"de\\', "node\n1", "узел"]), st.floats(0, 60), max_size=3),
)
LOOKS = st.builds(Look, ascii=st.booleans())


def golden(ending):
    return pytest.mark.parametrize("path", sorted(GOLDEN.glob(f"*.{ending}")), ids=lambda path: path.name)


def shown(text, look):
    """`text` as a renderer may show it."""
    return visible(text).encode("ascii", "backslashreplace").decode() if look.ascii else visible(text)


@pytest.mark.parametrize("format_", ["markdown", "junit", "openreports", "prometheus", "nagios"])
@given(made=REPORTS)
def test_a_reader_of_ascii_gets_ascii(format_, made):
    assert render(format_, made, Look(ascii=True)).isascii()


# --- prometheus

SAMPLE = re.compile(
    r'([a-z_]+)(\{(?:[a-z]+="(?:[^"\\\n]|\\[\\"n])*")(?:,[a-z]+="(?:[^"\\\n]|\\[\\"n])*")*\})? (-?[0-9.e+-]+)'
)


def samples(text):
    """What Prometheus reads: {(name, labels): value}; fails where it would."""
    found, families = {}, []
    for line in text.splitlines():
        if line.startswith("# HELP "):
            families.append(line.split()[2])
        elif line.startswith("# TYPE "):
            assert line.split()[2:] == [families[-1], "gauge"]
        else:
            name, labels, value = SAMPLE.fullmatch(line).groups()
            assert name == families[-1]
            pairs = re.findall(r'([a-z]+)="((?:[^"\\]|\\.)*)"', labels or "")
            key = (name.removeprefix("truenas_csi_probe_"), *(re.sub(r"\\(.)", r"\1", text) for _, text in pairs))
            assert key not in found
            found[key] = float(value)
    assert len(families) == len(set(families))
    return found


@pytest.mark.real
@golden("prom")
def test_promtool_has_nothing_to_say_against_a_textfile(path):
    done = subprocess.run(
        [need("promtool"), "check", "metrics"],
        input=path.read_bytes(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        timeout=30,
    )
    assert (done.returncode, done.stdout) == (0, b"")


@given(REPORTS, LOOKS)
def test_prometheus_reads_every_row_once_and_its_labels_as_they_were(made, look):
    found = samples(render("prometheus", made, look))
    worst = {}
    for one in made.rows:
        key = ("check_status", shown(one.id, look), shown(one.subject, look))
        worst[key] = max(worst.get(key, 0), one.status.rank)
    assert {key: value for key, value in found.items() if key[0] == "check_status"} == worst
    assert found["ready",] == (made.verdict is Verdict.READY)
    assert {key[1]: value for key, value in found.items() if key[0] == "verdict"} == {
        verdict: verdict is made.verdict for verdict in Verdict
    }


def test_a_measure_becomes_a_metric_whose_name_ends_with_its_unit():
    rows = [
        row(Status.OK, id="pool.not-full", measure=Measure("pool_used", 0.35, Unit.RATIO)),
        row(Status.OK, id="truenas.key", subject="truenas", measure=Measure("key_expiry", 1.8e9, Unit.TIMESTAMP)),
    ]
    found = samples(render("prometheus", report(*rows), Look()))
    assert found["measured_pool_used_ratio", "pool.not-full", "pool tank"] == 0.35
    assert found["measured_key_expiry_timestamp_seconds", "truenas.key", "truenas"] == 1.8e9


def test_of_two_findings_on_one_subject_the_worse_is_measured():
    """Two alike would make Prometheus refuse the file."""
    rows = [
        row(status, measure=Measure("pool_used", value, Unit.RATIO))
        for status, value in ((Status.FAIL, 0.9), (Status.OK, 0.1))
    ]
    found = samples(render("prometheus", report(*rows), Look()))
    assert [value for key, value in found.items() if "measured" in key[0]] == [0.9]


@pytest.mark.parametrize("name", ["duration", "endpoint_duration", "last_run_timestamp"])
def test_a_measure_with_a_name_of_ours_collides_with_nothing(name):
    made = report(row(Status.OK, measure=Measure(name, 1, Unit.SECONDS)))
    assert samples(render("prometheus", made, Look()))[f"measured_{name}_seconds", "pool.exists", "pool tank"] == 1


def test_the_last_success_is_this_run_or_the_one_that_is_known():
    before = STARTED - timedelta(hours=5)
    for made, wanted in (
        (report(row(Status.OK), ready_before=before), STARTED),
        (report(row(Status.FAIL), ready_before=before), before),
        (report(row(Status.FAIL)), None),
    ):
        text = render("prometheus", made, Look())
        assert prometheus.last_ready(text) == wanted
        assert ("last_success_timestamp_seconds" in text) is (wanted is not None)


@pytest.mark.parametrize(
    "text",
    ["", "truenas_csi_probe_last_success_timestamp_seconds NaN\n", "x_last_success_timestamp_seconds 5\n", "\0"],
)
def test_another_file_knows_no_last_success(text):
    assert prometheus.last_ready(text) is None


def test_a_moment_is_read_back_to_the_microsecond():
    started = datetime(2026, 3, 1, 12, 0, 0, 585128, tzinfo=UTC)
    found = prometheus.last_ready(render("prometheus", report(row(Status.OK), started=started), Look()))
    assert abs(found - started) < timedelta(milliseconds=1)


# --- junit


@pytest.mark.real
@golden("junit.xml")
def test_xmllint_finds_a_junit_report_valid(path):
    schema = Path(__file__).parent / "junit.xsd"
    done = subprocess.run(
        [need("xmllint"), "--nonet", "--noout", "--schema", schema, path],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert (done.returncode, done.stderr) == (0, f"{path} validates\n")


OUTCOMES = {"failure": Status.FAIL, "error": Status.UNKNOWN, "skipped": Status.SKIP}


@given(REPORTS, LOOKS)
def test_junit_counts_a_case_for_each_row_and_one_for_the_verdict(made, look):
    root = ET.fromstring(render("junit", made, look))
    (verdict,), *suites = [suite.findall("testcase") for suite in root]
    assert [child.tag for child in verdict] == [
        {Verdict.READY: "system-out", Verdict.NOT_READY: "failure", Verdict.UNDETERMINED: "error"}[made.verdict]
    ]
    cases = [case for suite in suites for case in suite]
    assert Counter(OUTCOMES.get(case[0].tag) for case in cases) == Counter(
        one.status if one.status in OUTCOMES.values() else None for one in made.rows
    )
    for place in (root, *root):
        counted = [case[0].tag for case in place.iter("testcase")]
        assert [int(place.get(name)) for name in ("tests", "failures", "errors")] == [
            len(counted),
            counted.count("failure"),
            counted.count("error"),
        ]


@given(REPORTS)
def test_junit_gives_every_text_back(made):
    root = ET.fromstring(render("junit", made, Look()))
    said = Counter(case.get("classname") for case in root.iter("testcase"))
    assert said == Counter(["verdict", *(visible(one.id) for one in made.rows)])
    messages = Counter(outcome.get("message") for tag in OUTCOMES for outcome in root.iter(tag))
    assert not Counter(visible(one.seen) for one in made.rows if one.status in OUTCOMES.values()) - messages


def test_a_warning_passes_and_says_so():
    (case,) = (
        case
        for case in ET.fromstring(render("junit", report(row(Status.WARN, fix="mend")), Look())).iter("testcase")
        if case.get("classname") == "pool.exists"
    )
    assert [(child.tag, child.text) for child in case] == [("system-out", "warn: tank\nfix: mend")]


@pytest.mark.parametrize(
    "made", [report(), report(row(Status.WARN), strict=True)], ids=["nothing checked", "strict warning"]
)
def test_junit_is_red_where_no_row_is_but_the_verdict(made):
    root = ET.fromstring(render("junit", made, Look()))
    assert int(root.get("failures")) + int(root.get("errors")) == 1


# --- markdown

PAGE = MarkdownIt("commonmark").enable("table")


def tokens(text):
    """All tokens of a page, those of its lines included."""
    for token in PAGE.parse(text):
        yield token
        yield from token.children or ()


@given(REPORTS, LOOKS)
def test_no_text_is_markup_in_markdown(made, look):
    found = list(tokens(render("markdown", made, look)))
    allowed = {"heading", "paragraph", "inline", "table", "thead", "tbody", "tr", "th", "td", "text", "code_inline"}
    allowed |= {"html_block", "ordered_list", "list_item"}
    assert {re.sub("_(open|close)$", "", token.type) for token in found} <= allowed
    assert all(
        re.fullmatch(r"<details><summary>All \d+ rows</summary>\n|</details>\n", token.content)
        for token in found
        if token.type == "html_block"
    )
    plain = {token.content for token in found if token.type == "text"}
    assert not [text for text in plain if "@" in text or "://" in text]


@given(HOSTILE)
def test_markdown_gives_every_text_back(hostile):
    found = [
        token.content for token in tokens(render("markdown", report(hostile), Look())) if token.type == "code_inline"
    ]
    for text in (hostile.seen, hostile.wanted, hostile.id):
        assert visible(text) in found or not text or visible(text).strip() == ""


def cells(text):
    """The rows of a page's tables, their heads left out."""
    return [line for line in text.splitlines() if line.startswith("| ") and not line.startswith("| status")]


@given(st.lists(st.sampled_from(Status), max_size=6))
def test_markdown_has_every_row_and_those_that_are_wrong_twice(statuses):
    rows = [row(status, subject=f"pool {place}", fix=f"mend {place}") for place, status in enumerate(statuses)]
    wrong = sum(status not in (Status.OK, Status.SKIP) for status in statuses)
    settled = len({status for status in statuses if status in (Status.OK, Status.SKIP)})
    assert len(cells(render("markdown", report(*rows), Look()))) == 2 * wrong + settled


def test_many_that_say_the_same_fit_into_a_comment():
    assert max(path.stat().st_size for path in GOLDEN.glob("*.md")) < 65_536


# --- openreports

# The rules of the CRD clusterreports.openreports.io (v1alpha1).
_RESULT = {"enum": ["pass", "fail", "warn", "error", "skip"]}
_RESULTS = {
    "type": "object",
    "required": ["policy"],
    "additionalProperties": False,
    "properties": {
        **{key: {"type": "string"} for key in ("policy", "rule", "category", "message", "source")},
        "result": _RESULT,
        "severity": {"enum": ["critical", "high", "medium", "low", "info"]},
        "scored": {"type": "boolean"},
        "properties": {"type": "object", "additionalProperties": {"type": "string"}},
        "timestamp": {
            "type": "object",
            "required": ["nanos", "seconds"],
            "properties": {
                "seconds": {"type": "integer"},
                "nanos": {"type": "integer", "minimum": 0, "maximum": 999_999_999},
            },
        },
    },
}
CRD = {
    "type": "object",
    "required": ["apiVersion", "kind", "metadata"],
    "additionalProperties": False,
    "properties": {
        "apiVersion": {"const": "openreports.io/v1alpha1"},
        "kind": {"const": "ClusterReport"},
        "metadata": {
            "type": "object",
            "required": ["name"],
            "properties": {
                "name": {"type": "string", "maxLength": 253, "pattern": r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"},
                "labels": {
                    "type": "object",
                    "additionalProperties": {
                        "type": "string",
                        "maxLength": 63,
                        "pattern": r"^[A-Za-z0-9]([-\w.]*[A-Za-z0-9])?$",
                    },
                },
            },
        },
        "source": {"type": "string"},
        "summary": {
            "type": "object",
            "additionalProperties": False,
            "properties": {key: {"type": "integer"} for key in _RESULT["enum"]},
        },
        "results": {"type": "array", "items": _RESULTS},
    },
}


@golden("openreports.yaml")
def test_a_cluster_takes_the_report(path):
    jsonschema.Draft202012Validator(CRD).validate(yaml.safe_load(path.read_text(encoding="utf-8")))


@given(REPORTS, LOOKS)
def test_openreports_gives_every_row_back(made, look):
    found = yaml.safe_load(render("openreports", made, look))
    jsonschema.Draft202012Validator(CRD).validate(found)
    verdict, *results = found["results"]
    assert verdict["result"] == {Verdict.READY: "pass", Verdict.NOT_READY: "fail"}.get(made.verdict, "error")
    for result, one in zip(results, made.rows, strict=True):
        assert result["policy"] == shown(one.id, look)
        assert result["message"].endswith(shown(one.seen, look))
    assert found["summary"] == dict.fromkeys(found["summary"], 0) | Counter(item["result"] for item in found["results"])


@pytest.mark.parametrize(
    "word", ["1e3", "0o14", "yes", "null", "~", "12:30:00", "2026-03-01", "- a", "a: b", "!x", "&a"]
)
def test_what_looks_like_another_type_of_yaml_stays_text(word):
    """Kubernetes reads more words as numbers than PyYAML knows: so all of them are quoted."""
    text = render("openreports", report(row(Status.OK, subject=word)), Look())
    assert f'subject: "{word}"' in text


# --- nagios

PERFDATA = re.compile(r"(?:[a-z]+|'[^'=]+')=-?[\d.e+-]+(?:s|%|B)?(?:;;;0(?:;100)?)?")


@given(REPORTS, LOOKS)
def test_nagios_reads_one_status_line_with_perfdata_and_a_line_for_each_row(made, look):
    first, *rows = render("nagios", made, look).splitlines()
    text, _, perfdata = first.partition(" | ")
    assert text.startswith(f"TRUENAS-CSI {made.service_state.name} - ")
    assert len(text) <= 80
    assert re.sub(PERFDATA, "", perfdata).strip() == ""
    assert len(rows) == len(made.rows)
    assert not [line for line in rows if "|" in line]
    assert [line.split("]")[0][1:].lower() for line in rows] == sorted(
        (one.status for one in made.rows), key=lambda status: -status.rank
    )


@pytest.mark.parametrize(
    ("measure", "shown_as"),
    [
        (Measure("pool_used", 0.456, Unit.RATIO), "'pool tank pool_used'=45.6%;;;0;100"),
        (Measure("pool_free", 1024.0, Unit.BYTES), "'pool tank pool_free'=1024B;;;0"),
        (Measure("clock_skew", -0.25, Unit.SECONDS), "'pool tank clock_skew'=-0.25s"),
        (Measure("key_expiry", STARTED.timestamp() + 86400, Unit.TIMESTAMP), "'pool tank key_expiry'=86400s"),
    ],
    ids=lambda value: getattr(value, "unit", ""),
)
def test_a_measure_is_perfdata_with_a_unit_and_a_moment_is_what_is_left_until_then(measure, shown_as):
    first = render("nagios", report(row(Status.OK, measure=measure)), Look()).splitlines()[0]
    assert first.endswith(f" {shown_as}")


def test_a_label_of_perfdata_has_no_character_that_would_end_it():
    made = report(row(Status.OK, subject="it's a=b|c", measure=Measure("x", 1, Unit.SECONDS)))
    assert render("nagios", made, Look()).splitlines()[0].endswith(r" 'its a-b\x7cc x'=1s")


def test_the_status_line_names_the_first_thing_to_do_where_it_fits():
    made = report(row(Status.FAIL, fix="mend it"))
    assert render("nagios", made, Look()).startswith("TRUENAS-CSI CRITICAL - 1 failed; first: pool.exists | ")
    long = report(row(Status.FAIL, fix="mend it", id="pool." + "x" * 80))
    assert render("nagios", long, Look()).startswith("TRUENAS-CSI CRITICAL - 1 failed | ")
