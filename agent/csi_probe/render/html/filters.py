"""The filters of the page: radio buttons, and the rules of style that they switch on."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from csi_probe.finding import Status
from csi_probe.render.fold import Section, brief
from csi_probe.render.html.tags import Child, tag
from csi_probe.render.html.words import WRONG, glyph, state, worst
from csi_probe.render.paper import WORDS
from csi_probe.report import Report

_WORDS = WORDS | {Status.UNKNOWN: "unknown or blocked"}


def filters(report: Report, told: Sequence[Section]) -> Element:
    """Which rows are shown: by status and by subject, everything at first."""
    states = [state(row) for row in report.rows if row.subject]
    wrong = sum(status in WRONG for status in states)
    shows = [
        _radio("show", "all", f" everything ({len(states)})"),
        _radio("show", "wrong", f" what is wrong ({wrong})"),
        *(_radio("show", status, glyph(status), f" {_WORDS[status]} ({states.count(status)})") for status in _WORDS),
    ]
    subjects = [
        _radio("of", "all", " all"),
        *(
            _radio("of", str(number), glyph(worst(section.rows)), f" {brief(section.subjects)}")
            for number, section in enumerate(told)
        ),
    ]
    return tag(
        "form",
        tag("fieldset", tag("legend", "Status"), *shows),
        tag(
            "details", tag("summary", "Subject"), tag("fieldset", tag("legend", "Subject", class_="unseen"), *subjects)
        ),
        class_="filters",
    )


def rules(subjects: int) -> str:
    """The style that each radio button switches on."""
    wanted = {status.value: (f".{status}", f".has-{status}") for status in Status}
    wanted["wrong"] = (",".join(f".{status}" for status in WRONG), ",".join(f".has-{status}" for status in WRONG))
    by_status = (
        f"body:has(#show-{name}:checked) :is(.row:not({rows}),.subject:not({sections})){{display:none}}"
        for name, (rows, sections) in wanted.items()
    )
    by_subject = (
        f"body:has(#of-{number}:checked) .subject:not(#subject-{number}){{display:none}}" for number in range(subjects)
    )
    return "\n".join((*by_status, *by_subject))


def _radio(name: str, value: str, *text: Child) -> Element:
    checked = {"checked": "checked"} if value == "all" else {}
    button = tag("input", type="radio", name=name, id=f"{name}-{value}", autocomplete="off", **checked)
    return tag("label", button, *text)
