"""The run itself as a subject: how far it can see at all."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What the config names. `nodes`: how many; `storage`: what it wants of the array ("NFS", "iSCSI" …)."""

    nodes: int
    storage: tuple[str, ...]

    @property
    def label(self) -> str:
        return "this run"
