"""The packs of checks: every one, the built-in too, comes in by the entry-point group `csi_probe.checks`."""

from __future__ import annotations

from importlib.metadata import entry_points

from csi_probe.check import Check
from csi_probe.errors import ConfigError

GROUP = "csi_probe.checks"


def load_checks() -> tuple[Check, ...]:
    """The checks of all packs: the built-in first, then the others by name.

    Raises ConfigError: a pack that cannot be loaded (leaving it out would be a false green), an id given twice, or no
    pack at all.
    """
    packs = sorted(entry_points(group=GROUP), key=lambda point: (point.name != "builtin", point.name))
    checks: dict[str, Check] = {}
    for pack in packs:
        try:
            found: list[tuple[str, Check]] = [(check.id, check) for check in pack.load().CHECKS]
        except Exception as error:
            raise ConfigError(f'the pack of checks "{pack.name}" ({pack.value}) cannot be loaded: {error}') from error
        for id_, check in found:
            if id_ in checks:
                raise ConfigError(f'the pack "{pack.name}" brings a second check called "{id_}"')
            checks[id_] = check
    if not checks:
        raise ConfigError(f"there are no checks: the package is not installed (no entry point in {GROUP})")
    return tuple(checks.values())
