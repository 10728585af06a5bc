"""Only what is wrong, the worst first, each with its next step: for a glance, a mail or a chat."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from csi_probe.finding import Status
from csi_probe.render import Look
from csi_probe.render.fold import together
from csi_probe.render.paper import beside, blocked, glyph, harmless, headline, page
from csi_probe.report import Report


def render(report: Report, look: Look) -> str:
    """The verdict, and a row for each thing that is wrong; nothing more where all is well."""
    return page(_parts(harmless(report, look), look), look)


def _parts(report: Report, look: Look) -> Iterator[RenderableType]:
    yield headline(report)
    wrong = together(row for row in report.rows if row.status not in (Status.OK, Status.SKIP))
    grid = beside()
    for row in sorted(wrong, key=lambda row: -row.status.rank):
        claim = Text.assemble((row.subject or row.id, "bold"), f": {row.title}: {row.seen} ", (f"({row.id})", "dim"))
        grid.add_row(glyph(row.status, look), claim)
        if row.fix:
            grid.add_row("", Text.assemble(("fix: ", "dim"), row.fix))
    if wrong:
        yield grid
    if lines := blocked(report):
        yield lines
