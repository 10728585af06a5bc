"""The one clock that a run lives by."""

from __future__ import annotations

import time


class Deadline:
    """A moment on the monotonic clock by which everything must be over."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self, at_most: float = float("inf")) -> float:
        """Seconds that are left (0 when it has passed), but no more than `at_most`: fit for a socket's time-out."""
        return max(0.0, min(at_most, self._end - time.monotonic()))

    def within(self, seconds: float) -> Deadline:
        """A deadline `seconds` from now, but never later than this one."""
        return Deadline(self.left(seconds))

    @property
    def passed(self) -> bool:
        """Whether time is up."""
        return self.left() <= 0
