"""The report as JUnit XML: what failed is a failure, what could not be told an error, what was left out is skipped."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree as ET

from csi_probe.finding import Status
from csi_probe.render import Look
from csi_probe.render.paper import counts, harmless
from csi_probe.report import Report, Row, Verdict

_OUTCOMES = {Status.FAIL: "failure", Status.UNKNOWN: "error", Status.SKIP: "skipped"}
_VERDICTS = {Verdict.READY: Status.OK, Verdict.NOT_READY: Status.FAIL, Verdict.UNDETERMINED: Status.UNKNOWN}


def render(report: Report, look: Look) -> str:
    """A suite for each subject, a case for each row; in ASCII, look does not matter.

    The verdict is a case of its own, the first: a run in which nothing was checked, or strict warnings, is red too.
    """
    report = harmless(report, look)
    by_subject: dict[str, list[Row]] = {"verdict": [_verdict(report)]}
    for row in report.rows:
        by_subject.setdefault(row.subject or "not in the config", []).append(row)
    every = [row for rows in by_subject.values() for row in rows]
    root = ET.Element("testsuites", {"name": "truenas-csi-probe", "time": f"{report.duration:.3f}"} | _counts(every))
    for subject, rows in by_subject.items():
        root.append(_suite(subject, rows, report.started.isoformat(timespec="seconds")))
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="us-ascii", xml_declaration=True)
    return document.decode("ascii") + "\n"


def _verdict(report: Report) -> Row:
    status = _VERDICTS[report.verdict]
    return Row(id="verdict", title="volumes would work", subject="", status=status, seen=counts(report))


def _suite(subject: str, rows: list[Row], started: str) -> ET.Element:
    skipped = sum(row.status is Status.SKIP for row in rows)
    seconds = sum(row.duration for row in rows)
    about = {"name": subject, "skipped": str(skipped), "time": f"{seconds:.6f}", "timestamp": started}
    suite = ET.Element("testsuite", about | _counts(rows))
    suite.extend(map(_case, rows))
    return suite


def _counts(rows: Iterable[Row]) -> dict[str, str]:
    statuses = [row.status for row in rows]
    found = {"tests": len(statuses), "failures": statuses.count(Status.FAIL), "errors": statuses.count(Status.UNKNOWN)}
    return {name: str(count) for name, count in found.items()}


def _case(row: Row) -> ET.Element:
    """A warning passes, as volumes would work: its text is the output of its case."""
    name = f"{row.title} ({row.subject})" if row.subject else row.title
    case = ET.Element("testcase", classname=row.id, name=name, time=f"{row.duration:.6f}")
    outcome = _OUTCOMES.get(row.status)
    if outcome:
        ET.SubElement(case, outcome, type=row.status, message=row.seen).text = _told(row)
    else:
        ET.SubElement(case, "system-out").text = f"{row.status}: {row.seen}\n{_told(row)}".rstrip()
    return case


def _told(row: Row) -> str:
    parts = (("wanted", row.wanted), ("fix", row.fix), ("blocked by", row.blocked_by))
    return "\n".join(f"{word}: {text}" for word, text in parts if text)
