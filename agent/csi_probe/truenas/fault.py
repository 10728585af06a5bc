"""A JSON-RPC error, without the part of it that can hold the key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from csi_probe.truenas.shapes import words

CALL_ERROR, NO_SUCH_METHOD = -32001, -32601
EACCES, EBUSY, EOPNOTSUPP = 13, 16, 95  # Linux's; JSON-RPC is SCALE only


@dataclass(frozen=True, slots=True)
class Fault:
    """What TrueNAS said against a call. Its `data.trace`, never read, has the call's arguments: the key in clear."""

    code: int
    errno: int
    reason: str

    @classmethod
    def of(cls, error: Any) -> Fault:
        """The three parts of an error that are safe and useful; 0 and "" where they are not there."""
        error = error if isinstance(error, dict) else {}
        data = error.get("data") if isinstance(error.get("data"), dict) else {}
        code, errno = error.get("code"), data.get("error")
        return cls(
            code=code if isinstance(code, int) else 0,
            errno=errno if isinstance(errno, int) else 0,
            reason=words(data.get("reason") or error.get("message") or "no reason given"),
        )


class FaultError(Exception):
    """A call came back with an error."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.code)
        self.fault = fault
