"""The report for people: the verdict first, then the rows by subject, then what to do in the order to do it."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from csi_probe import __version__
from csi_probe.finding import Status
from csi_probe.render import Look, visible
from csi_probe.report import Report, Row, Verdict

_GLYPHS = {Status.OK: "✔", Status.SKIP: "·", Status.WARN: "!", Status.UNKNOWN: "?", Status.FAIL: "✖"}
_ASCII = {Status.OK: "ok", Status.SKIP: "--", Status.WARN: "!!", Status.UNKNOWN: "??", Status.FAIL: "XX"}
_STYLES = {
    Status.OK: "green",
    Status.SKIP: "dim",
    Status.WARN: "yellow",
    Status.UNKNOWN: "magenta",
    Status.FAIL: "bold red",
}
_VERDICT_STYLES = {Verdict.READY: "bold green", Verdict.NOT_READY: "bold red", Verdict.UNDETERMINED: "bold magenta"}
_WORDS = {
    Status.FAIL: "failed",
    Status.UNKNOWN: "unknown",
    Status.WARN: "warned",
    Status.OK: "ok",
    Status.SKIP: "skipped",
}


def render(report: Report, look: Look) -> str:
    """The whole report, wrapped to the look's width."""
    paper = io.StringIO()
    console = Console(
        file=paper,
        width=max(look.width, 40),
        force_terminal=look.color,
        color_system="standard" if look.color else None,
        legacy_windows=False,
        highlight=False,
        markup=False,
        emoji=False,
    )
    for part in _parts(_harmless(report, look), look):
        console.print(part)
    return "".join(f"{line.rstrip()}\n" for line in paper.getvalue().splitlines())


def _harmless(report: Report, look: Look) -> Report:
    """The report with every text fit for the look: nothing below has to think of it."""

    def shown(text: str) -> str:
        return visible(text).encode("ascii", "backslashreplace").decode() if look.ascii else visible(text)

    rows = (
        replace(
            row,
            id=shown(row.id),
            title=shown(row.title),
            subject=shown(row.subject),
            seen=shown(row.seen),
            wanted=shown(row.wanted),
            fix=shown(row.fix),
            blocked_by=shown(row.blocked_by),
        )
        for row in report.rows
    )
    return replace(report, rows=tuple(rows), deselected=tuple(map(shown, report.deselected)))


def _parts(report: Report, look: Look) -> Iterator[RenderableType]:
    yield _headline(report)
    shown = [row for row in report.rows if row.subject and not row.blocked_by]
    for subject, rows in _by_subject(shown):
        yield Text(f"\n{subject}", style="bold")
        yield _rows(rows, look)
    yield from _left_out(report)
    if actions := report.next_actions:
        yield Text("\nNext actions", style="bold")
        yield _actions(actions)


def _headline(report: Report) -> Text:
    counts = ", ".join(f"{count} {_WORDS[status]}" for status, count in reversed(report.counts.items()) if count)
    headline = Text(report.verdict.upper(), style=_VERDICT_STYLES[report.verdict])
    headline.append(f"  {counts or 'nothing was checked'}", style="not bold default")
    when = f"{report.started:%Y-%m-%d %H:%M:%S %Z}, {report.duration:.1f} s, version {__version__}"
    return headline.append(f"\n{when}", style="dim not bold default")


def _by_subject(rows: Iterable[Row]) -> Iterator[tuple[str, list[Row]]]:
    """Rows of one subject together, subjects in the order of their first row."""
    order = {subject: place for place, subject in enumerate(dict.fromkeys(row.subject for row in rows))}
    for subject, group in groupby(sorted(rows, key=lambda row: order[row.subject]), key=lambda row: row.subject):
        yield subject, list(group)


def _rows(rows: Iterable[Row], look: Look) -> RenderableType:
    """A glyph, and beside it the claim with what was seen; what is wrong adds what is wanted and how to mend it."""
    grid = Table.grid(padding=(0, 1))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for row in rows:
        glyph = (_ASCII if look.ascii else _GLYPHS)[row.status]
        claim = Text(row.title, style="dim" if row.status is Status.SKIP else "")
        claim.append(f": {row.seen}", style="dim")
        grid.add_row(Text(glyph, style=_STYLES[row.status]), claim)
        if row.status in (Status.OK, Status.SKIP):
            continue
        for word, text in (("wanted", row.wanted), ("fix", row.fix), ("more", row.doc)):
            if text:
                grid.add_row("", Text.assemble((f"{word}: ", "dim"), text))
    return Padding(grid, (0, 0, 0, 2))


def _left_out(report: Report) -> Iterator[Text]:
    """Nothing vanishes: what was blocked, what the config does not name, what was deselected; a line for each cause."""
    blocked = [row for row in report.rows if row.blocked_by]
    for cause in dict.fromkeys(row.blocked_by for row in blocked):
        count = sum(row.blocked_by == cause for row in blocked)
        yield Text(f"\n{count} skipped, blocked by {cause}", style=_STYLES[Status.UNKNOWN])
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
    grid = Table.grid(padding=(0, 1))
    grid.add_column(justify="right", no_wrap=True)
    grid.add_column(overflow="fold")
    for number, (fix, rows) in enumerate(together.items(), 1):
        subjects = list(dict.fromkeys(row.subject for row in rows))
        where = subjects[0] if len(subjects) == 1 else f"{subjects[0]} and {len(subjects) - 1} more"
        ids = ", ".join(dict.fromkeys(row.id for row in rows))
        grid.add_row(f"{number}.", Text.assemble(f"{where}: {fix} ", (f"({ids})", "dim")))
    return Padding(grid, (0, 0, 0, 2))
