"""A fact is Known or Missing: "nothing there" and "could not ask" are different types."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, NoReturn, TypeVar

T = TypeVar("T")
U = TypeVar("U")


class FactMissing(Exception):  # noqa: N818  (it is no error: the runner knows what to do)
    """Raised by `Missing.get`; the runner turns it into SKIP (blocked) or UNKNOWN (lost for its own reason)."""

    def __init__(self, missing: Missing) -> None:
        super().__init__(missing.reason)
        self.missing = missing


@dataclass(frozen=True, slots=True)
class Known(Generic[T]):
    """A fact that was asked for and answered."""

    value: T

    def get(self) -> T:
        """The value."""
        return self.value

    def then(self, change: Callable[[T], U]) -> Known[U]:
        """The fact that follows from this one."""
        return Known(change(self.value))


@dataclass(frozen=True, slots=True)
class Missing:
    """A fact that could not be had, and why.

    `blocked_by` is the dotted name of the fact that was lost first ("truenas.login"); the check that judges that
    fact carries the same name, so that a report can point from every skipped row to its root cause.
    `fix` says how to make the fact available, where the one who lost it knows.
    """

    reason: str
    blocked_by: str = ""
    fix: str = ""

    def get(self) -> NoReturn:
        """Raise FactMissing: whoever needs this fact cannot go on."""
        raise FactMissing(self)

    def then(self, _change: Callable[..., object]) -> Missing:
        """What follows from a missing fact is missing for the same reason."""
        return self


Fact = Known[T] | Missing


def pick(many: Fact[tuple[T, ...]], wanted: Callable[[T], bool], otherwise: Missing) -> Fact[T]:
    """The first item that is `wanted`; `otherwise` when the list is known and has no such item."""
    if isinstance(many, Missing):
        return many
    return next((Known(item) for item in many.value if wanted(item)), otherwise)
