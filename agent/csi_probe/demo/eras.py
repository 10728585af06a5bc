"""The eras of TrueNAS that can be simulated, and how they differ for a client."""

from __future__ import annotations

from enum import StrEnum


class Era(StrEnum):
    """A series of releases that speak the same API; ordered from old to new."""

    CORE_13 = "core-13"
    SCALE_24_10 = "24.10"
    V25_04 = "25.04"
    V25_10 = "25.10"
    V26 = "26"

    @property
    def version(self) -> str:
        """What system.version answers."""
        return {
            "core-13": "TrueNAS-13.0-U6.8",
            "24.10": "TrueNAS-SCALE-24.10.2.4",
            "25.04": "25.04.2.6",
            "25.10": "25.10.6",
            "26": "26.0.0",
        }[self]

    @property
    def api_versions(self) -> list[str]:
        """What GET /api/versions lists; empty: the era does not have it."""
        listed = {"25.04": ["v25.04.0"], "25.10": ["v25.04.0", "v25.10.0"], "26": ["v25.04.0", "v25.10.0", "v26.0.0"]}
        return listed.get(self, [])

    def since(self, other: Era) -> bool:
        """Whether this era is `other` or a later one."""
        return list(Era).index(self) >= list(Era).index(other)
