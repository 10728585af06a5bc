"""Parents of volumes, where a driver has one for each StorageClass."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from csi_probe.config import DatasetWant


def once(wants: Iterable[DatasetWant]) -> tuple[DatasetWant, ...]:
    """Each dataset once, with the stricter needs: room for zvols where any class makes some, and the longest names."""
    found: dict[str, DatasetWant] = {}
    for want in wants:
        known = found.get(want.name, want)
        found[want.name] = replace(
            want,
            volumes="zvol" if "zvol" in (known.volumes, want.volumes) else "filesystem",
            volume_name_length=max(known.volume_name_length, want.volume_name_length),
        )
    return tuple(found.values())
