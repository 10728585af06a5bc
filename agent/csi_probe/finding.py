"""What a check says about one subject: a status, what was seen, what is wanted, how to mend it."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """The five outcomes, from best to worst; their order is their rank."""

    OK = "ok"
    SKIP = "skip"
    WARN = "warn"
    UNKNOWN = "unknown"
    FAIL = "fail"

    @property
    def rank(self) -> int:
        """0 for the best status, 4 for the worst."""
        return list(Status).index(self)


class Unit(StrEnum):
    """What a measure counts: base units, spelled as the names of Prometheus's metrics end."""

    SECONDS = "seconds"
    BYTES = "bytes"
    RATIO = "ratio"  # 0 to 1
    TIMESTAMP = "timestamp_seconds"  # a moment, since 1970


@dataclass(frozen=True, slots=True)
class Measure:
    """The number behind a finding, for those who watch its course; the same `name` always has the same unit.

    Raises ValueError for a name that is no word of [a-z0-9_], and for a value that is no number.
    """

    name: str
    value: float
    unit: Unit

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", self.name) or not math.isfinite(self.value):
            raise ValueError(f"{self.name!a} with {self.value} is no measure")


@dataclass(frozen=True, slots=True)
class Finding:
    """One judgement. `seen` is what is there, `wanted` what is needed, `fix` the exact next step."""

    status: Status
    seen: str
    wanted: str = ""
    fix: str = ""
    measure: Measure | None = None


def ok(seen: str, wanted: str = "", *, measure: Measure | None = None) -> Finding:
    """The claim holds."""
    return Finding(Status.OK, seen, wanted, measure=measure)


def skip(reason: str) -> Finding:
    """The claim does not apply here, by choice: nothing is lost by not asking."""
    return Finding(Status.SKIP, reason)


def warn(seen: str, wanted: str, fix: str, *, measure: Measure | None = None) -> Finding:
    """Volumes will work, but something deserves attention."""
    return Finding(Status.WARN, seen, wanted, fix, measure)


def unknown(seen: str, wanted: str, fix: str) -> Finding:
    """It could not be told; never counted as good."""
    return Finding(Status.UNKNOWN, seen, wanted, fix)


def fail(seen: str, wanted: str, fix: str, *, measure: Measure | None = None) -> Finding:
    """The claim does not hold: volumes would not work."""
    return Finding(Status.FAIL, seen, wanted, fix, measure)
