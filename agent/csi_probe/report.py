"""The Report: rows, verdict and exit code; the only thing that a renderer sees."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum

from csi_probe.finding import Measure, Status

SCHEMA_VERSION = 1


class Verdict(StrEnum):
    """The answer to: would volumes work?"""

    READY = "ready"
    NOT_READY = "not ready"
    UNDETERMINED = "undetermined"


class ServiceState(IntEnum):
    """The answer as monitoring plugins give it; the number is their exit code."""

    OK = 0
    WARNING = 1
    CRITICAL = 2
    UNKNOWN = 3


class ExitStyle(StrEnum):
    """Whose exit codes a command ends with: the probe's own, or those of monitoring plugins."""

    PROBE = "probe"
    NAGIOS = "nagios"


EXIT_CODES = {Verdict.READY: 0, Verdict.NOT_READY: 1, Verdict.UNDETERMINED: 3}
EXIT_USAGE = 2
EXIT_PROBE_FAILED = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One check's finding on one subject. `subject` is empty where nothing of that kind is configured.

    `kind`: the class of the subject in csi_probe.snapshot ("Node", "Portal"), as `checks -o json` names it.
    `blocked_by`: the id of the check at the root, for what was skipped because something else was lost.
    `duration`: seconds that the judging took.
    """

    id: str
    title: str
    subject: str
    status: Status
    seen: str
    wanted: str = ""
    fix: str = ""
    blocked_by: str = ""
    kind: str = ""
    duration: float = 0.0
    measure: Measure | None = None

    @property
    def doc(self) -> str:
        """How to read more about this check, offline."""
        return f"truenas-csi-probe explain {self.id}"


_RUN_ITSELF = "Scope"  # the kind of snapshot.Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A finished run.

    `timings`: seconds by endpoint; `deselected`: ids that --only and --skip left out; `ready_before`: the start of the
    last run before this one that was ready, where it is known.
    """

    rows: tuple[Row, ...]
    started: datetime
    duration: float
    strict: bool
    config_hash: str
    timings: Mapping[str, float]
    deselected: tuple[str, ...] = ()
    ready_before: datetime | None = None

    @property
    def counts(self) -> dict[Status, int]:
        """Rows by status; every status is there."""
        found = Counter(row.status for row in self.rows)
        return {status: found[status] for status in Status}

    @property
    def verdict(self) -> Verdict:
        """No false green: a row that was blocked, and a run in which nothing was judged, are never ready.

        What a run says of itself (its scope) is no judgement: it looked at nothing by that.
        """
        counts = self.counts
        if counts[Status.FAIL] or (self.strict and counts[Status.WARN]):
            return Verdict.NOT_READY
        blocked = any(row.blocked_by for row in self.rows)
        judged = any(row.status in (Status.OK, Status.WARN) and row.kind != _RUN_ITSELF for row in self.rows)
        if counts[Status.UNKNOWN] or blocked or not judged:
            return Verdict.UNDETERMINED
        return Verdict.READY

    @property
    def exit_code(self) -> int:
        """0 ready, 1 not ready, 3 undetermined."""
        return EXIT_CODES[self.verdict]

    @property
    def service_state(self) -> ServiceState:
        """As a monitoring plugin says it: ready is OK, or WARNING when there are warnings."""
        if self.verdict is Verdict.READY:
            return ServiceState.WARNING if self.counts[Status.WARN] else ServiceState.OK
        return ServiceState.CRITICAL if self.verdict is Verdict.NOT_READY else ServiceState.UNKNOWN

    @property
    def last_ready(self) -> datetime | None:
        """The start of the last run that was ready, this one included."""
        return self.started if self.verdict is Verdict.READY else self.ready_before

    @property
    def next_actions(self) -> tuple[Row, ...]:
        """What to do, in the order to do it: failures, then unknowns, then warnings, each in the order of the checks.

        The order of the checks is the order of dependence, so the first action may well mend later ones.
        """
        worst_first = sorted(
            (row for row in self.rows if row.fix and row.status not in (Status.OK, Status.SKIP)),
            key=lambda row: -row.status.rank,
        )
        return tuple(worst_first)
