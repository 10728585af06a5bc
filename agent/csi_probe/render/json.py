"""The report as JSON, for automation: stable, with the schema in report.schema.json beside this file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from csi_probe import __version__
from csi_probe.finding import Measure
from csi_probe.render import Look
from csi_probe.report import SCHEMA_VERSION, Report, Row


def render(report: Report, look: Look) -> str:
    """One JSON object; look does not matter."""
    del look
    return json.dumps(as_dict(report), indent=2, ensure_ascii=True) + "\n"


def schema() -> str:
    """The JSON Schema of the report."""
    return (Path(__file__).parent / "report.schema.json").read_text(encoding="utf-8")


def as_dict(report: Report) -> dict[str, Any]:
    """The report in the shape of the schema."""
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "truenas-csi-probe", "version": __version__},
        "config_hash": report.config_hash,
        "started": report.started.isoformat(),
        "duration": round(report.duration, 3),
        "strict": report.strict,
        "verdict": report.verdict.value,
        "exit_code": report.exit_code,
        "counts": {status.value: count for status, count in report.counts.items()},
        "timings": {endpoint: round(seconds, 3) for endpoint, seconds in report.timings.items()},
        "deselected": list(report.deselected),
        "last_ready": report.last_ready.isoformat() if report.last_ready else None,
        "rows": [_row(row) for row in report.rows],
    }


def _row(row: Row) -> dict[str, Any]:
    return {
        "id": row.id,
        "title": row.title,
        "subject": row.subject,
        "kind": row.kind,
        "status": row.status.value,
        "seen": row.seen,
        "wanted": row.wanted,
        "fix": row.fix,
        "doc": row.doc,
        "blocked_by": row.blocked_by or None,
        "duration": round(row.duration, 6),
        "measure": _measure(row.measure) if row.measure else None,
    }


def _measure(measure: Measure) -> dict[str, Any]:
    return {"name": measure.name, "value": measure.value, "unit": measure.unit.value}
