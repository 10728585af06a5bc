"""What a node answered, parsed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Module(StrEnum):
    """How a kernel module is there."""

    LOADED = "loaded"
    BUILT_IN = "built in"
    LOADABLE = "loadable"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Os:
    """/etc/os-release: `name` for people ("Debian GNU/Linux 12 (bookworm)"), `id` for packages ("debian", "rhel")."""

    id: str
    like: tuple[str, ...]
    name: str


class FileState(StrEnum):
    """What stands at a path: "unreadable" is neither "missing" nor "there"."""

    DIRECTORY = "a directory"
    FILE = "a file"
    OTHER = "neither a file nor a directory"
    MISSING = "missing"
