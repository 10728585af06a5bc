"""What holds for every report in every format: nothing is decided, nothing vanishes, no text is harmful."""

from __future__ import annotations

import dataclasses
import json
import re
import unicodedata

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from csi_probe.finding import Status
from csi_probe.render import FORMATS, Look, render, visible
from csi_probe.render import json as json_format
from csi_probe.report import Row
from reports import report, row

SCHEMA = jsonschema.Draft202012Validator(json.loads(json_format.schema()))

LOOKS = st.builds(Look, width=st.integers(0, 200), color=st.just(False), ascii=st.booleans())
ANY = st.text(max_size=30) | st.sampled_from(
    ["\x1b[31m", "[red]x[/red]", "[/]", "\u202e", "a\nb", "\ud800", "\x9b", ":warning:"]
)
TEXTS = {field.name: ANY for field in dataclasses.fields(Row) if field.type == "str"}
HOSTILE = st.builds(Row, status=st.sampled_from(Status), **TEXTS)
ROWS = st.builds(
    row,
    st.sampled_from(Status),
    subject=st.sampled_from(["", "pool tank", "pool ssd"]),
    fix=st.sampled_from(["", "mend it"]),
    blocked_by=st.sampled_from(["", "", "truenas.login"]),
)


def harmful(text):
    return {char for char in text if (unicodedata.category(char)[0] == "C" and char != "\n") or char in "\u2028\u2029"}


@pytest.mark.parametrize("format_", ["text", "short"])
@given(st.lists(HOSTILE, max_size=6), st.lists(ANY, max_size=2), LOOKS)
def test_no_text_in_a_row_is_harmful_on_a_terminal(format_, rows, deselected, look):
    text = render(format_, report(*rows, deselected=tuple(deselected)), look)
    assert not harmful(text)
    assert text.endswith("\n")
    assert text.isascii() or not look.ascii
    assert max(map(cell_len, text.splitlines())) <= max(look.width, 40)


@pytest.mark.parametrize("format_", ["text", "short"])
@given(HOSTILE)
def test_colour_adds_escape_sequences_of_its_own_only(format_, hostile):
    plain = render(format_, report(hostile), Look())
    colored = render(format_, report(hostile), Look(color=True))
    assert re.sub(r"\x1b\[[\d;]*m", "", colored).split() == plain.split()


@given(st.lists(HOSTILE, max_size=3), LOOKS)
def test_json_gives_every_text_back_as_it_was_in_plain_ascii(rows, look):
    text = render("json", report(*rows), look)
    assert text.isascii()
    assert not harmful(text)
    for found, wanted in zip(json.loads(text)["rows"], rows, strict=True):
        assert {name: found[name] or "" for name in TEXTS} == {name: getattr(wanted, name) for name in TEXTS}


@given(st.text(max_size=50))
def test_visible_text_is_harmless_and_good_text_stays(text):
    assert not harmful(visible(text))
    assert visible(visible(text)) == visible(text)
    if text.isprintable() and not harmful(text):
        assert visible(text) == text


def test_visible_writes_out_what_it_hides():
    assert visible("a\x1b[0m\n\u202eb\u2028") == r"a\x1b[0m\n\u202eb\u2028"


# --- no row is forged


def glyphs(text):
    """The glyphs at the places of glyphs."""
    return re.findall(r"^  ([✔·!?✖])(?: |$)", text, re.MULTILINE)


@pytest.mark.parametrize("field", ["title", "seen", "wanted", "fix"])
@pytest.mark.parametrize(
    "text",
    [
        "x\n  ✔ the pool is healthy: ONLINE",
        "x\r\n\r\n  ✔ y",
        "x" * 94 + "  ✔ y",
        "x" * 93 + "   ✔ y",
        "x\u2028  ✔ y",
        " " * 500 + "✔ y",
        "  ✔ " * 200,
        "\x1b[1A\x1b[2K  ✔ y",
    ],
    ids=["newline", "carriage return", "wrapped", "wrapped by one more", "separator", "blanks", "many", "cursor"],
)
def test_foreign_text_forges_no_row(field, text):
    made = report(row(Status.FAIL, **{field: text}))
    assert glyphs(render("text", made, Look(width=100))) == ["✖"]


@pytest.mark.parametrize("status", Status)
def test_the_short_format_has_what_is_wrong_and_nothing_else(status):
    made = report(row(status, seen="what was seen", fix="mend it"), row(Status.OK))
    lines = render("short", made, Look()).splitlines()
    assert lines[0].startswith(made.verdict.upper())
    wrong = status in {Status.FAIL, Status.UNKNOWN, Status.WARN}
    assert [("what was seen" in line, "mend it" in line) for line in lines[1:]] == [
        (True, False),
        (False, True),
    ] * wrong


def test_the_short_format_starts_with_the_worst_and_counts_what_was_blocked():
    rows = [row(Status.WARN), row(Status.FAIL, id="pool.healthy"), row(Status.SKIP, blocked_by="pool.exists")]
    lines = render("short", report(*rows), Look()).splitlines()
    assert [line[0] for line in lines[1:]] == ["✖", "!", "1"]


def test_huge_text_is_shown_whole():
    made = report(row(Status.FAIL, seen="x" * 20_000))
    assert render("text", made, Look()).count("x") >= 20_000


# --- nothing is decided, nothing vanishes


@given(st.lists(ROWS, max_size=12), st.booleans())
def test_every_row_is_shown_or_counted(rows, strict):
    made = report(*rows, strict=strict)
    text = render("text", made, Look(width=200))
    shown = [one for one in rows if one.subject and not one.blocked_by]
    assert len(glyphs(text)) == len(shown)
    counted = sum(int(number) for number in re.findall(r"^(\d+) skipped, blocked by", text, re.MULTILINE))
    assert counted == sum(bool(one.blocked_by) for one in rows)
    absent = sum(
        int(number)
        for number in re.findall(r"\((\d+)\)", "".join(re.findall(r"^Not in the config: .*", text, re.MULTILINE)))
    )
    assert absent == sum(not one.subject for one in rows)


@given(st.lists(ROWS, max_size=12), st.booleans())
def test_every_format_says_the_verdict_of_the_report(rows, strict):
    made = report(*rows, strict=strict)
    assert render("text", made, Look()).startswith(made.verdict.upper())
    found = json.loads(render("json", made, Look()))
    assert (found["verdict"], found["exit_code"], found["strict"]) == (made.verdict, made.exit_code, strict)
    assert sum(found["counts"].values()) == len(found["rows"]) == len(rows)


@given(st.lists(ROWS, max_size=6), st.booleans())
def test_every_json_is_valid(rows, strict):
    SCHEMA.validate(json.loads(render("json", report(*rows, strict=strict), Look())))


@pytest.mark.parametrize("format_", FORMATS)
def test_every_format_ends_with_one_newline(format_):
    text = render(format_, report(row(Status.OK)), Look())
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


def test_the_schema_refuses_what_is_not_a_report():
    found = json.loads(render("json", report(row(Status.OK)), Look()))
    for broken in ({"exit_code": 2}, {"verdict": "green"}, {"extra": 1}, {"rows": [{}]}):
        assert not SCHEMA.is_valid(found | broken)


def test_a_fix_for_several_subjects_stands_once_among_the_actions():
    rows = [row(Status.FAIL, subject=f"node {number}", fix="mend it") for number in range(3)]
    text = render("text", report(*rows), Look())
    assert text.split("Next actions\n")[1] == "  1. node [0-2]: mend it (pool.exists)\n"


def test_a_text_report_wraps_no_narrower_than_it_can():
    assert render("text", report(row(Status.OK)), Look(width=1)) == render(
        "text", report(row(Status.OK)), Look(width=40)
    )
