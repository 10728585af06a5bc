"""The report for Prometheus, as a textfile of node_exporter: gauges only, with labels that the config bounds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

from csi_probe.finding import Status
from csi_probe.render import Look
from csi_probe.render.paper import harmless
from csi_probe.report import Report, Row, Verdict

_STATUSES = ", ".join(f"{status.rank} {status}" for status in Status)
_LAST_READY = "last_success_timestamp_seconds"

Family = tuple[str, str, Mapping[str, float]]  # name, help, and a value for each set of labels


def render(report: Report, look: Look) -> str:
    """The text format of Prometheus. Times are seconds, moments seconds since 1970.

    A row's status is one number, the worse the higher: so there is one series a row, and `max by (subject)` is the
    worst of a subject.
    """
    report = harmless(report, look)
    families = (*_of_the_run(report), _statuses(report.rows), *_measured(report.rows))
    return "".join(_lines(f"truenas_csi_probe_{name}", help_, samples) for name, help_, samples in families)


def last_ready(text: str) -> datetime | None:
    """The moment of the last run that was ready, by an earlier textfile; None where it does not say."""
    found = re.search(rf"^truenas_csi_probe_{_LAST_READY} (\d{{1,11}}(?:\.\d+)?)$", text, re.MULTILINE)
    return datetime.fromtimestamp(float(found[1]), UTC) if found else None


def _of_the_run(report: Report) -> Iterator[Family]:
    yield "ready", "Whether volumes would work.", {"": report.verdict is Verdict.READY}
    verdicts = {_labels(verdict=verdict): verdict is report.verdict for verdict in Verdict}
    yield "verdict", "1 for the verdict, 0 for the others.", verdicts
    counts = {_labels(status=status): count for status, count in report.counts.items()}
    yield "rows", "Rows of the report by status.", counts
    yield "last_run_timestamp_seconds", "When the last run began.", {"": report.started.timestamp()}
    if report.last_ready:
        yield _LAST_READY, "When the last run began that was ready.", {"": report.last_ready.timestamp()}
    yield "duration_seconds", "How long the run took.", {"": report.duration}
    timings = {_labels(endpoint=endpoint): seconds for endpoint, seconds in report.timings.items()}
    yield "endpoint_duration_seconds", "How long it took to ask an endpoint.", timings


def _statuses(rows: Iterable[Row]) -> Family:
    """A check that has several findings on a subject counts with its worst: two series must not be alike."""
    samples: dict[str, float] = {}
    for row in rows:
        labels = _labels(check=row.id, subject=row.subject)
        samples[labels] = max(row.status.rank, samples.get(labels, 0))
    return "check_status", f"What a check found on a subject: {_STATUSES}.", samples


def _measured(rows: Iterable[Row]) -> Iterator[Family]:
    families: dict[str, dict[str, float]] = {}
    for row in sorted(rows, key=lambda row: row.status.rank):
        if row.measure:
            samples = families.setdefault(f"measured_{row.measure.name}_{row.measure.unit}", {})
            samples[_labels(check=row.id, subject=row.subject)] = row.measure.value
    for name, samples in sorted(families.items()):
        yield name, "What a check measured on a subject.", samples


def _lines(name: str, help_: str, samples: Mapping[str, float]) -> str:
    head = f"# HELP {name} {help_}\n# TYPE {name} gauge\n"
    return head + "".join(f"{name}{labels} {value:.15g}\n" for labels, value in samples.items())


def _labels(**texts: str) -> str:
    pairs = (f'{name}="{_escaped(text)}"' for name, text in texts.items())
    return f"{{{','.join(pairs)}}}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"")
