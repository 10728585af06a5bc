"""The report for people: the verdict first, then the rows by subject, then what to do in the order to do it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from csi_probe import __version__
from csi_probe.finding import Status
from csi_probe.render import Look
from csi_probe.render.fold import brief, sections
from csi_probe.render.paper import beside, blocked, glyph, harmless, headline, page
from csi_probe.report import Report, Row


def render(report: Report, look: Look) -> str:
    """The whole report, wrapped to the look's width; subjects that say the same share a section."""
    return page(_parts(harmless(report, look), look), look)


def _parts(report: Report, look: Look) -> Iterator[RenderableType]:
    yield headline(report)
    when = f"{report.started:%Y-%m-%d %H:%M:%S %Z}, {report.duration:.1f} s, version {__version__}"
    yield Text(when, style="dim")
    for section in sections(row for row in report.rows if row.subject and not row.blocked_by):
        many = f" ({len(section.subjects)})" if len(section.subjects) > 1 else ""
        yield Text.assemble("\n", (section.heading, "bold"), many)
        yield _rows(section.rows, look)
    yield from _left_out(report)
    if actions := report.next_actions:
        yield Text("\nNext actions", style="bold")
        yield _actions(actions)


def _rows(rows: Iterable[Row], look: Look) -> RenderableType:
    """A glyph, and beside it the claim with what was seen; what is wrong adds what is wanted and how to mend it."""
    grid = beside()
    for row in rows:
        claim = Text(row.title, style="dim" if row.status is Status.SKIP else "")
        grid.add_row(glyph(row.status, look), claim.append(f": {row.seen}", style="dim"))
        if row.status in (Status.OK, Status.SKIP):
            continue
        for word, text in (("wanted", row.wanted), ("fix", row.fix), ("more", row.doc)):
            if text:
                grid.add_row("", Text.assemble((f"{word}: ", "dim"), text))
    return Padding(grid, (0, 0, 0, 2))


def _left_out(report: Report) -> Iterator[Text]:
    """Nothing vanishes: what was blocked, what the config does not name, what was deselected."""
    if lines := blocked(report):
        yield Text("\n").append(lines)
    if absent := [row.id for row in report.rows if not row.subject]:
        yield Text(f"\nNot in the config: {', '.join(_families(absent))}", style="dim")
    if report.deselected:
        yield Text(f"\nDeselected: {', '.join(_families(report.deselected))}", style="dim")


def _families(ids: Iterable[str]) -> list[str]:
    """Ids by the word before the dot, with their number: "iscsi.* (11)"."""
    names = [id_.split(".")[0] for id_ in ids]
    return [f"{name}.* ({names.count(name)})" for name in dict.fromkeys(names)]


def _actions(actions: Iterable[Row]) -> RenderableType:
    """Numbered; a step that mends several rows stands once, with all of their ids."""
    together: dict[str, list[Row]] = {}
    for row in actions:
        together.setdefault(row.fix, []).append(row)
    grid = beside()
    for number, (fix, rows) in enumerate(together.items(), 1):
        where = brief([row.subject for row in rows])
        ids = ", ".join(dict.fromkeys(row.id for row in rows))
        grid.add_row(f"{number}.", Text.assemble(f"{where}: {fix} ", (f"({ids})", "dim")))
    return Padding(grid, (0, 0, 0, 2))
