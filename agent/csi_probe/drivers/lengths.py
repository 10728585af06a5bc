"""Names that get too long: what is known of them before the first volume exists."""

from __future__ import annotations

import re
from collections.abc import Iterator

from csi_probe.problem import Place, Problem, Rule

VOLUME_NAME = len("pvc-") + 36  # what csi-provisioner calls a volume, unless --volume-name-uuid-length shortens it
_ZVOL = 255  # Linux, and FreeBSD from 13 on: democratic-csi's getMaxZvolNameLength; 63 before that
_EXTENT = 64  # SCST's device name on SCALE: democratic-csi src/driver/freenas/ssh.js
_ZFS_NAME = 255  # ZFS_MAX_DATASET_NAME_LEN is 256 with the NUL
_SNAPSHOT = len("snapshot-") + 36
_ID = 128  # the CSI specification's size limit


def zvol(parent: str, place: Place, key: str, volume: int = VOLUME_NAME) -> Iterator[Problem]:
    """Whether the device zvol/PARENT/VOLUME can have that name; `volume`: the length of volume names."""
    yield from _longer(len(f"zvol/{parent}/") + volume, _ZVOL, f"zvol/{parent}/VOLUME", place, key)


def extent(prefix: str, suffix: str, place: Place, key: str, volume: int = VOLUME_NAME) -> Iterator[Problem]:
    """Whether SCALE takes the name of an iSCSI extent."""
    yield from _longer(len(prefix) + volume + len(suffix), _EXTENT, f"{prefix}VOLUME{suffix}", place, key)


def extent_template(template: str, place: Place, key: str) -> Iterator[Problem]:
    """Names of namespaces and claims in a template have up to 63 and 253 characters: it can become too long."""
    if "{{" in template and re.search(r"pvc/(namespace|name)\b", template):
        fix = (
            f"keep namespaces and claims short, or leave {key} out: volumes then have names of {VOLUME_NAME} characters"
        )
        yield Problem(
            Rule.LENGTH, place, key, f'"{template[:80]}"', f"at most {_EXTENT} characters", fix, harmless=True
        )


def snapshots(parent: str, place: Place, key: str, volume: int = VOLUME_NAME) -> Iterator[Problem]:
    """Whether ZFS takes the names of snapshots: PARENT/VOLUME@snapshot-UUID or, detached, with / for @."""
    length = len(f"{parent}/") + volume + 1 + _SNAPSHOT
    yield from _longer(length, _ZFS_NAME, f"{parent}/VOLUME@snapshot-UUID", place, key)


def volume_id(template: str, place: Place, key: str) -> Iterator[Problem]:
    """Whether what a template adds to volume ids is allowed: [A-Za-z0-9_-], a letter or digit first, up to 128."""
    fixed = re.split(r"\{\{.*?\}\}", template[: 8 * _ID])
    wanted = f"letters, digits, - and _, a letter or digit first, at most {_ID} characters"
    text = "".join(fixed)
    if re.search(r"[^A-Za-z0-9_-]", text) or re.match(r"[_-]", fixed[0]) or len(text) > _ID:
        yield Problem(Rule.LENGTH, place, key, f"{template[:80]!a}", wanted, "leave other characters out of it")


def _longer(length: int, limit: int, name: str, place: Place, key: str) -> Iterator[Problem]:
    if length > limit:
        shown = name if len(name) <= 80 else f"{name[:40]}…{name[-30:]}"  # noqa: PLR2004  (a line of a terminal)
        fix = f"shorten {key} by {length - limit} characters"
        yield Problem(Rule.LENGTH, place, key, f"{length} characters: {shown}", f"at most {limit} characters", fix)
