"""One self-contained page: the verdict, what to do, the chain, and every row; filters without a script."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from xml.etree.ElementTree import Element

from csi_probe import __version__
from csi_probe.finding import Status
from csi_probe.render import Look
from csi_probe.render.fold import Section, brief, sections
from csi_probe.render.html.chain import chains
from csi_probe.render.html.filters import filters, rules
from csi_probe.render.html.tags import document, tag
from csi_probe.render.html.words import badge, glyph, state
from csi_probe.render.paper import counts, harmless
from csi_probe.report import Report, Row, Verdict

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"  # whatever the page holds, it asks for nothing
_WORST = {Verdict.READY: Status.OK, Verdict.NOT_READY: Status.FAIL, Verdict.UNDETERMINED: Status.UNKNOWN}


def render(report: Report, look: Look) -> str:
    """The whole page; look does not matter."""
    del look
    report = harmless(report, Look())
    told = sections(row for row in report.rows if row.subject)
    places = {subject: f"subject-{number}" for number, section in enumerate(told) for subject in section.subjects}
    return document(list(_head(report, len(told))), [_header(report), tag("main", *_main(report, told, places))])


def _head(report: Report, subjects: int) -> Iterator[Element]:
    yield tag("meta", charset="utf-8")
    yield tag("meta", http_equiv="Content-Security-Policy", content=_POLICY)
    yield tag("meta", name="viewport", content="width=device-width, initial-scale=1")
    yield tag("meta", name="color-scheme", content="light dark")
    yield tag("title", f"{report.verdict.upper()}: truenas-csi-probe")
    yield tag("link", rel="icon", href="data:,")
    yield tag("style", Path(__file__).with_name("style.css").read_text(encoding="utf-8") + rules(subjects))


def _header(report: Report) -> Element:
    status = _WORST[report.verdict]
    when = f"{report.started:%Y-%m-%d %H:%M:%S %Z}, {report.duration:.1f} s"
    strict = ", warnings count as not ready" if report.strict else ""
    return tag(
        "header",
        tag("h1", glyph(status), " ", report.verdict.upper()),
        tag("p", counts(report)),
        tag("p", f"{when}{strict}, exit code {report.exit_code}, truenas-csi-probe {__version__}", class_="quiet"),
        class_=status,
    )


def _main(report: Report, told: Sequence[Section], places: Mapping[str, str]) -> Iterator[Element]:
    if report.next_actions:
        yield tag("section", tag("h2", "Next actions"), tag("ol", *_actions(report.next_actions, places)))
    if told:
        yield tag("section", tag("h2", "The chain"), *chains(report.rows, places.__getitem__))
        yield tag("section", tag("h2", "What was looked at"), filters(report, told), *_sections(told))
    yield from _left_out(report)


def _actions(actions: Sequence[Row], places: Mapping[str, str]) -> Iterator[Element]:
    """A step that mends several rows stands once."""
    for fix in dict.fromkeys(row.fix for row in actions):
        rows = [row for row in actions if row.fix == fix]
        where = brief([row.subject for row in rows])
        ids = ", ".join(dict.fromkeys(row.id for row in rows))
        anchor = tag("a", where, href=f"#{places[rows[0].subject]}") if rows[0].subject else where
        yield tag("li", anchor, ": ", tag("strong", fix), " ", tag("code", ids))


def _sections(told: Sequence[Section]) -> Iterator[Element]:
    for number, section in enumerate(told):
        many = f" ({len(section.subjects)})" if len(section.subjects) > 1 else ""
        has = " ".join(sorted({f"has-{state(row)}" for row in section.rows}))
        rows = tag("ul", *map(_row, section.rows), class_="rows")
        yield tag("section", tag("h3", section.heading + many), rows, id=f"subject-{number}", class_=f"subject {has}")


def _row(row: Row) -> Element:
    """The claim with what was seen; what is wrong adds what is wanted and how to mend it."""
    claim = tag("p", badge(row), " ", row.title, ": ", tag("span", row.seen, class_="seen"))
    if row.status in (Status.OK, Status.SKIP):
        return tag("li", claim, class_=f"row {state(row)}")
    details = {"wanted": row.wanted, "fix": row.fix, "more": row.doc}
    lines = [part for word, text in details.items() if text for part in (tag("dt", word), tag("dd", text, class_=word))]
    return tag("li", claim, tag("dl", *lines), class_=f"row {state(row)}")


def _left_out(report: Report) -> Iterator[Element]:
    """Nothing vanishes: what the config does not name, and what was deselected."""
    absent = [row.id for row in report.rows if not row.subject]
    for title, ids in (("Not in the config", absent), ("Deselected", report.deselected)):
        if ids:
            codes = tag("ul", *(tag("li", tag("code", id_)) for id_ in ids), class_="ids")
            yield tag("details", tag("summary", f"{title} ({len(ids)})"), codes)
