"""Made-up rows and reports, for what reads reports."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from csi_probe.finding import Status
from csi_probe.report import Report, Row

STARTED = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def row(status: Status, **changes: Any) -> Row:
    """A row of `status`."""
    plain: dict[str, Any] = {"id": "pool.exists", "title": "the pool exists", "subject": "pool tank", "seen": "tank"}
    return Row(**plain | changes, status=status)


def report(*rows: Row, **changes: Any) -> Report:
    """A report of these rows."""
    plain: dict[str, Any] = {
        "started": STARTED,
        "duration": 1.25,
        "strict": False,
        "config_hash": "0" * 64,
        "timings": {"truenas": 0.5},
    }
    return Report(**plain | changes, rows=rows)
