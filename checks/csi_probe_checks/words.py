"""Words for findings: sizes, lists and durations as people read them."""

from __future__ import annotations

from collections.abc import Iterable

from csi_probe.needs import ANY_NFS

_SHOWN = 8


def size(count: int) -> str:
    """Bytes in binary units: 1536 is "1.5 KiB"."""
    amount = float(count)
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if amount < 1024:  # noqa: PLR2004  (the step between the units)
            return f"{amount:.4g} {unit}"
        amount /= 1024
    return f"{amount:.4g} PiB"


def listing(items: Iterable[object], nothing: str = "none") -> str:
    """Items with commas; a long list names the first few and counts the rest."""
    words = [str(item) for item in items]
    more = f" and {len(words) - _SHOWN} more" if len(words) > _SHOWN else ""
    return ", ".join(words[:_SHOWN]) + more or nothing


def nfs_version(version: str) -> str:
    """A version of NFS as in a config: "4.1" is "NFSv4.1"."""
    return "any NFS version" if version == ANY_NFS else f"NFSv{version}"


def days(seconds: float) -> str:
    """A duration in whole days."""
    count = int(seconds // 86400)
    return f"{count} day" if count == 1 else f"{count} days"


def endpoint(ip: str, port: int | None) -> str:
    """An address with its port, where it has one: "192.0.2.10:3260", "[2001:db8::1]:3260"."""
    if port is None:
        return ip
    return f"[{ip}]:{port}" if ":" in ip else f"{ip}:{port}"
