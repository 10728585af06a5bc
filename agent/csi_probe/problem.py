"""What is wrong with a file by itself, whatever the array has."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where something stands. `inside`: the key of a Secret or ConfigMap that holds the text with this line, or ""."""

    file: str
    line: int
    column: int
    inside: str = ""

    def __str__(self) -> str:
        where = f"{self.line}:{self.column}" if self.line else ""
        return ":".join(part for part in (self.file, self.inside, where) if part)


class Rule(StrEnum):
    """What kind of problem a file has; each is the claim of one check."""

    KNOWN = "known"  # a key that nothing reads
    TYPED = "typed"  # a value of the wrong type or out of its set
    COMPLETE = "complete"  # a key that is missing, or empty
    NESTED = "nested"  # a block that stands in the wrong place
    FILLED = "filled"  # ${VAR} or an empty substitution left over
    LENGTH = "length"  # a name that is or can become too long
    MOUNT = "mount"  # mount options that clash or do nothing
    SECURE = "secure"  # a key over plaintext


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a file that is wrong by itself, whatever the array has. `harmless`: volumes work all the same."""

    rule: Rule
    place: Place
    key: str
    seen: str
    wanted: str
    fix: str
    harmless: bool = False
