"""Made-up rows and reports, for what reads reports."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from csi_probe.finding import Measure, Status, Unit
from csi_probe.report import Report, Row

STARTED = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

# Rows whose every text tries to break out of its place, in one format or another.
_TEXT = st.text(max_size=20) | st.sampled_from(
    [
        *("\x1b[31m", "[red]x[/red]", "\u202e", "a\nb", "a\r\nb", "\ud800", "\x00", "\ufffe", "\x85", "\u2028"),
        *("a|b", r"a\|b", "`", "``a`", " a ", "\\", '"', "'", "=", "a=b|c=1", "<b>", "]]>", "&amp;", "</details>"),
        *(
            "@all",
            "https://example.org",
            "www.example.org",
            "#1",
            "| --- |",
            "# x",
            "- x",
            "1e3",
            "yes",
            "~",
            "!x",
            "{}",
        ),
    ]
)
_MEASURES = st.builds(
    Measure,
    st.sampled_from(["pool_used", "duration", "x"]),
    st.floats(-1e12, 1e12, allow_nan=False),
    st.sampled_from(Unit),
)
HOSTILE = st.builds(
    Row,
    status=st.sampled_from(Status),
    measure=st.none() | _MEASURES,
    **{field.name: _TEXT for field in dataclasses.fields(Row) if field.type == "str"},
)


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
