"""A page for a terminal: what the formats for people have in common, down to what the terminal cannot show."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import replace

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from csi_probe.finding import Status
from csi_probe.render import Look, visible
from csi_probe.report import Report, Verdict

GLYPHS = {Status.OK: "✔", Status.SKIP: "·", Status.WARN: "!", Status.UNKNOWN: "?", Status.FAIL: "✖"}
_ASCII = {Status.OK: "ok", Status.SKIP: "--", Status.WARN: "!!", Status.UNKNOWN: "??", Status.FAIL: "XX"}
_STYLES = {
    Status.OK: "green",
    Status.SKIP: "dim",
    Status.WARN: "yellow",
    Status.UNKNOWN: "magenta",
    Status.FAIL: "bold red",
}
_VERDICT_STYLES = {Verdict.READY: "bold green", Verdict.NOT_READY: "bold red", Verdict.UNDETERMINED: "bold magenta"}
WORDS = {
    Status.FAIL: "failed",
    Status.UNKNOWN: "unknown",
    Status.WARN: "warned",
    Status.OK: "ok",
    Status.SKIP: "skipped",
}


def page(parts: Iterable[RenderableType], look: Look) -> str:
    """The parts below each other, wrapped to the look's width (to 40 where that is less)."""
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
    for part in parts:
        console.print(part)
    return "".join(f"{line.rstrip()}\n" for line in paper.getvalue().splitlines())


def harmless(report: Report, look: Look) -> Report:
    """The report with every text fit for the look: whoever lays it out does not have to think of it."""

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
    timings = {shown(endpoint): seconds for endpoint, seconds in report.timings.items()}
    return replace(report, rows=tuple(rows), deselected=tuple(map(shown, report.deselected)), timings=timings)


def headline(report: Report) -> Text:
    """The verdict, and the rows by status with the worst first."""
    text = Text(report.verdict.upper(), style=_VERDICT_STYLES[report.verdict])
    return text.append(f"  {counts(report)}", style="not bold default")


def counts(report: Report) -> str:
    """The rows by status, the worst first: "3 failed, 12 ok"."""
    found = [f"{count} {WORDS[status]}" for status, count in reversed(report.counts.items()) if count]
    return ", ".join(found) or "nothing was checked"


def glyph(status: Status, look: Look) -> Text:
    """The status in one or two characters: told apart without colour, too."""
    return Text((_ASCII if look.ascii else GLYPHS)[status], style=_STYLES[status])


def beside() -> Table:
    """A grid with a narrow first column, for a glyph or a number, and all the text in the second one."""
    grid = Table.grid(padding=(0, 1))
    grid.add_column(justify="right", no_wrap=True)
    grid.add_column(overflow="fold")
    return grid


def blocked(report: Report) -> Text:
    """A line for each cause, with the number of the rows that were skipped because of it."""
    causes = [row.blocked_by for row in report.rows if row.blocked_by]
    lines = (f"{causes.count(cause)} skipped, blocked by {cause}" for cause in dict.fromkeys(causes))
    return Text("\n".join(lines), style=_STYLES[Status.UNKNOWN])
