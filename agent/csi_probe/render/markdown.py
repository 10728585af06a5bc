"""The report in GitHub's Markdown, for a pull request: the verdict, what is wrong, what to do; all rows folded away."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from csi_probe import __version__
from csi_probe.finding import Status
from csi_probe.render import Look
from csi_probe.render.fold import together
from csi_probe.render.paper import counts, harmless
from csi_probe.report import Report, Row


def render(report: Report, look: Look) -> str:
    """Markdown with tables; rows that say the same of many subjects are one, since a comment has a limit."""
    return "\n".join(_lines(harmless(report, look))) + "\n"


def _lines(report: Report) -> Iterator[str]:
    yield f"## truenas-csi-probe: {report.verdict.upper()}"
    yield ""
    strict = ", strict" if report.strict else ""
    when = f"{report.started:%Y-%m-%d %H:%M:%S %Z}, {report.duration:.1f} s, version {__version__}"
    yield f"{counts(report)}{strict}. {when}."
    if wrong := [row for row in report.rows if row.status not in (Status.OK, Status.SKIP)]:
        yield from ("", "### What is wrong")
        yield from _table(sorted(wrong, key=lambda row: -row.status.rank))
    if actions := together(report.next_actions):
        yield from ("", "### Next actions")
        yield from (f"1. {_code(row.fix)} for {_code(row.subject)} ({_code(row.id)})" for row in actions)
    if report.rows:
        yield from ("", f"<details><summary>All {len(report.rows)} rows</summary>")
        yield from _table(report.rows)
        yield from ("", "</details>")
    if report.deselected:
        yield from ("", f"Deselected: {', '.join(map(_code, report.deselected))}")


def _table(rows: Iterable[Row]) -> Iterator[str]:
    yield from ("", "| status | subject | claim | seen | wanted |", "|---|---|---|---|---|")
    for row in together(rows):
        status = f"{row.status}, blocked by {_code(row.blocked_by)}" if row.blocked_by else row.status
        claim = f"{_plain(row.title)} ({_code(row.id)})"
        cells = (status, _code(row.subject or "not in the config"), claim, _code(row.seen), _code(row.wanted))
        yield f"| {' | '.join(_cell(cell) for cell in cells)} |"


def _cell(text: str) -> str:
    """A table takes even a pipe in code for the end of the cell."""
    return text.replace("|", r"\|")


def _plain(text: str) -> str:
    """Words stand as they are; what could be markup, a mention or a link is code."""
    return text if re.fullmatch(r"[\w ,'()-]+", text) else _code(text)


def _code(text: str) -> str:
    """A span in which nothing is markup, and nobody is mentioned: its fence is longer than any in the text."""
    if not text:
        return ""
    fence = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    pad = " " if text[0] in "` " or text[-1] in "` " else ""
    return f"{fence}{pad}{text}{pad}{fence}"
