"""The log of a run, for the systemd journal: one line an event, with the priority that journald reads from "<N>"."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from csi_probe.finding import Status
from csi_probe.render import visible

if TYPE_CHECKING:
    from structlog.typing import WrappedLogger

    from csi_probe.report import Report

_PRIORITIES = {"error": 3, "warning": 4, "info": 6}
_LEVELS = {Status.FAIL: "error", Status.UNKNOWN: "warning", Status.WARN: "warning"}


def record(report: Report) -> None:
    """Log the verdict and every row that needs attention; nothing when stderr is not the journal."""
    if not _stderr_is_journal():
        return
    import structlog  # noqa: PLC0415  (only a run under systemd needs it)

    log = structlog.wrap_logger(
        structlog.PrintLogger(sys.stderr),
        processors=[structlog.processors.LogfmtRenderer(key_order=["event"]), _one_line],
    )
    for row in report.next_actions:
        getattr(log, _LEVELS[row.status])(row.title, check=row.id, subject=row.subject, seen=row.seen, fix=row.fix)
    counts = {status.value: count for status, count in report.counts.items()}
    level = "info" if report.exit_code == 0 else "error"
    getattr(log, level)("finished", verdict=report.verdict.value, duration=round(report.duration, 1), **counts)


def _one_line(_logger: WrappedLogger, method: str, line: Any) -> str:
    """The line with its priority in front, where journald looks for it, and foreign text made harmless."""
    return f"<{_PRIORITIES[method]}>{visible(line)}"


def _stderr_is_journal() -> bool:
    """Whether stderr is the stream that systemd says it is (systemd.exec(5), $JOURNAL_STREAM)."""
    device, _, inode = os.environ.get("JOURNAL_STREAM", "").partition(":")
    try:
        stream = os.fstat(sys.stderr.fileno())
    except (OSError, ValueError):
        return False
    return (device, inode) == (str(stream.st_dev), str(stream.st_ino))
