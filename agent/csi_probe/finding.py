"""What a check says about one subject: a status, what was seen, what is wanted, how to mend it."""

from __future__ import annotations

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


@dataclass(frozen=True, slots=True)
class Finding:
    """One judgement. `seen` is what is there, `wanted` what is needed, `fix` the exact next step."""

    status: Status
    seen: str
    wanted: str = ""
    fix: str = ""


def ok(seen: str, wanted: str = "") -> Finding:
    """The claim holds."""
    return Finding(Status.OK, seen, wanted)


def skip(reason: str) -> Finding:
    """The claim does not apply here, by choice: nothing is lost by not asking."""
    return Finding(Status.SKIP, reason)


def warn(seen: str, wanted: str, fix: str) -> Finding:
    """Volumes will work, but something deserves attention."""
    return Finding(Status.WARN, seen, wanted, fix)


def unknown(seen: str, wanted: str, fix: str) -> Finding:
    """It could not be told; never counted as good."""
    return Finding(Status.UNKNOWN, seen, wanted, fix)


def fail(seen: str, wanted: str, fix: str) -> Finding:
    """The claim does not hold: volumes would not work."""
    return Finding(Status.FAIL, seen, wanted, fix)
