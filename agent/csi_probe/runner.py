"""(checks, Snapshot) -> rows. The runner loops over the subjects; a check that crashes costs only its own row."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from csi_probe.check import Check
from csi_probe.errors import ConfigError
from csi_probe.facts import FactMissing, Missing
from csi_probe.finding import Finding, Status
from csi_probe.report import Row
from csi_probe.snapshot import Snapshot, Subject


def select(checks: Sequence[Check], only: Sequence[str], skip: Sequence[str]) -> tuple[Check, ...]:
    """The checks that `only` names (all, when it is empty) and `skip` does not; both are ids or globs.

    Raises ConfigError for a pattern that matches no check, since a typing error must not look like a clean run.
    """
    for pattern in (*only, *skip):
        if not any(fnmatchcase(check.id, pattern) for check in checks):
            raise ConfigError(f'no check matches "{pattern}"; list them with: truenas-csi-probe checks')
    return tuple(
        check
        for check in checks
        if (not only or any(fnmatchcase(check.id, pattern) for pattern in only))
        and not any(fnmatchcase(check.id, pattern) for pattern in skip)
    )


def run(checks: Sequence[Check], snapshot: Snapshot) -> tuple[Row, ...]:
    """Every check on every subject of its kind, in the order of the checks."""
    return tuple(row for check in checks for row in _rows(check, snapshot))


def _rows(check: Check, snapshot: Snapshot) -> Iterator[Row]:
    subjects = [subject for subject in snapshot.subjects if type(subject) is check.subject]
    if not subjects:
        yield Row(
            id=check.id,
            title=check.title,
            subject="",
            status=Status.SKIP,
            seen="the config names nothing of this kind",
            kind=check.subject.__name__,
        )
    for subject in subjects:
        yield from _judge(check, subject)


def _judge(check: Check, subject: Subject) -> Iterator[Row]:
    start = time.perf_counter()
    blocked_by = ""
    try:
        result = check.judge(subject)
        findings = [result] if isinstance(result, Finding) else list(result)
        if not findings:
            findings = [Finding(Status.UNKNOWN, "the check said nothing", fix="this is a defect of the check")]
    except FactMissing as lost:
        findings, blocked_by = [_lost(lost.missing)], lost.missing.blocked_by
    except Exception as error:  # noqa: BLE001  (a check's own crash is a finding, and the others go on)
        findings = [_crashed(error)]
    duration = (time.perf_counter() - start) / len(findings)
    for finding in findings:
        yield Row(
            id=check.id,
            title=check.title,
            subject=subject.label,
            status=finding.status,
            seen=finding.seen,
            wanted=finding.wanted,
            fix=finding.fix,
            blocked_by=blocked_by,
            kind=check.subject.__name__,
            duration=duration,
            measure=finding.measure,
        )


def _lost(missing: Missing) -> Finding:
    if missing.blocked_by:
        return Finding(Status.SKIP, missing.reason)
    return Finding(Status.UNKNOWN, missing.reason, fix=missing.fix)


def _crashed(error: Exception) -> Finding:
    return Finding(
        Status.UNKNOWN,
        f"the check itself failed ({type(error).__name__})",
        fix="this is a defect of the check: please report it with the version and the saved report",
    )
