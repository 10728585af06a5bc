"""A break: one thing gone wrong, on demand, in a simulated system that is healthy otherwise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Break:
    """What breaks, under its kebab-case `name`, and one line about it for a newcomer.

    `spoil` changes the state that it is given. `eras`: the releases of TrueNAS in which it can happen; empty: in all.
    """

    name: str
    summary: str
    spoil: Callable[[Any], None]
    eras: tuple[str, ...] = ()
