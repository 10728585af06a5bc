"""What makes a StorageClass fail with the driver that it names, beyond the type of each parameter."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from csi_probe.drivers import mountoptions
from csi_probe.drivers.deployment import Protocol
from csi_probe.drivers.lengths import VOLUME_NAME
from csi_probe.drivers.parameters import BLOCK_FILESYSTEMS, EXCLUDE, NEEDS
from csi_probe.drivers.raw import Name
from csi_probe.drivers.schema import join
from csi_probe.drivers.tree import Item
from csi_probe.problem import Problem, Rule

if TYPE_CHECKING:
    from csi_probe.drivers.storageclass import Entry

_TNS_NAME = 63  # tns-csi pkg/driver/template.go
_EXTENT_NAME = 64  # truenas-csi makeISCSIExtentName: POOL/PATH/VOLUME, cut off
_UNIQUE = len("pvc-") + 8  # of a volume's name; with fewer digits, two volumes can get one name
_TNS_FIELDS = (".PVName", ".PVCName", ".PVCNamespace")


def problems(entry: Entry, driver: Name, served: Protocol | None, protocols: tuple[Protocol, ...]) -> Iterator[Problem]:
    """`served`: how volumes of the class are served. `protocols`: all that the driver serves; empty: not known."""
    yield from _together(entry, driver)
    yield from _filesystem(entry, driver, served)
    yield from mountoptions.lint(entry.mount_options, driver, served)
    if driver == "truenas-csi":
        yield from _truenas(entry, served)
    if driver == "tns-csi":
        yield from _tns(entry, served)
        yield from _tns_names(entry)
    if driver == "scale-csi":
        yield from _scale(entry, protocols)


def _together(entry: Entry, driver: Name) -> Iterator[Problem]:
    for name, needed in NEEDS.get(driver, ()):
        if entry.text(name) and not any(entry.text(other) for other in needed) and not entry.names_secret:
            words = " or ".join(needed)
            yield _problem(entry, name, Rule.COMPLETE, (f"{name} alone", f"{words} beside it", f"add {words}"))
    for one, other in EXCLUDE.get(driver, ()):
        if entry.text(one) and entry.text(other):
            yield _problem(entry, other, Rule.TYPED, (f"{other} beside {one}", "one of the two", "remove one of them"))


def _filesystem(entry: Entry, driver: Name, served: Protocol | None) -> Iterator[Problem]:
    """C7: democratic-csi refuses what does not fit; with the others mkfs fails, and shares ignore it."""
    item, known = entry.fstype, BLOCK_FILESYSTEMS[driver]
    if not item or not item.text or not served:
        return
    if served in {"nfs", "smb"}:
        fits, wanted = item.text in {"nfs", "cifs"} or driver != "democratic-csi", "cifs" if served == "smb" else "nfs"
    elif known:
        fits, wanted = item.text in known, f"one of {', '.join(known)}"
    else:
        fits, wanted = item.text not in {"nfs", "cifs"}, "a filesystem for block devices, such as ext4 or xfs"
    if not fits:
        key = join(entry.path, "fsType")
        yield Problem(Rule.TYPED, item.key, key, f'"{item.text[:80]}"', wanted, f"write {wanted}")


def _truenas(entry: Entry, served: Protocol | None) -> Iterator[Problem]:
    secret, peer = entry.text("iscsi.chapSecret"), entry.text("iscsi.chapPeerSecret")
    if secret and secret == peer:
        words = ("the same as iscsi.chapSecret", "another secret", "make two secrets: TrueNAS refuses the same twice")
        yield _problem(entry, "iscsi.chapPeerSecret", Rule.TYPED, words)
    if entry.text("nfs.mountOptions") and entry.options:
        words = ("mountOptions beside it, which replace it", "one of the two", "put all options into one of the two")
        yield _problem(entry, "nfs.mountOptions", Rule.MOUNT, words, harmless=True)
    parent = "/".join(part for part in (entry.text("pool"), entry.text("datasetPath")) if part)
    most = _EXTENT_NAME - _UNIQUE - 1
    if served == "iscsi" and len(parent) > most:
        fix = f"shorten it: the names of extents, {parent[:20]}…/pvc-…, are cut off after {_EXTENT_NAME} characters"
        words = (f"{len(parent)} characters with the pool", f"at most {most} characters", fix)
        yield _problem(entry, "datasetPath", Rule.LENGTH, words)


def _tns(entry: Entry, served: Protocol | None) -> Iterator[Problem]:
    pool, parent = entry.text("pool"), entry.text("parentDataset")
    if pool and parent and not parent.startswith("/") and parent.split("/")[0] != pool:
        fix = "write it with its pool before it: it is not looked up below pool"
        words = (f'"{parent[:80]}"', f'"{pool[:80]}" or a dataset below it', fix)
        yield _problem(entry, "parentDataset", Rule.TYPED, words, harmless=True)
    item = entry.fstype
    if (
        served in {"iscsi", "nvmeof"}
        and item
        and item.text == "xfs"
        and "nouuid" not in mountoptions.words(entry.options)
    ):
        fix = "add nouuid: a clone has the UUID of its source, and XFS mounts a UUID only once on a node"
        yield Problem(Rule.MOUNT, item.key, "mountOptions", "xfs without nouuid", "nouuid", fix, harmless=True)
    if entry.binding and entry.binding.text == "WaitForFirstConsumer":
        fix = "write Immediate: with this mode, volumes that are restored from snapshots come up empty"
        key, seen = "volumeBindingMode", entry.binding.text
        yield Problem(Rule.TYPED, entry.binding.key, key, seen, "Immediate", fix, harmless=True)


def _tns_names(entry: Entry) -> Iterator[Problem]:
    """C15: names are cut off after 63 characters, and claims whose names are then equal get the same volume."""
    template, prefix = entry.text("nameTemplate"), entry.text("namePrefix")
    used = [f".{name}" for name in re.findall(r"\{\{-?\s*\.(\w+)", template)]
    wanted, most = ", ".join(_TNS_FIELDS), _TNS_NAME - VOLUME_NAME
    if unknown := next((name for name in used if name not in _TNS_FIELDS), None):
        yield _problem(entry, "nameTemplate", Rule.TYPED, (unknown[:80], f"one of {wanted}", f"use one of {wanted}"))
    elif template and ".PVName" not in used:
        fix = "add {{ .PVName }}, or keep namespaces and claims short: claims whose names are then equal share a volume"
        words = (f'"{template[:80]}"', f"a name of at most {_TNS_NAME} characters; the rest is cut off", fix)
        yield _problem(entry, "nameTemplate", Rule.LENGTH, words, harmless=True)
    elif not template and len(prefix) > most:
        fix = f"shorten it: names are cut off after {_TNS_NAME} characters, and volumes with equal names are one volume"
        words = (f"{len(prefix)} characters", f"at most {most} characters", fix)
        yield _problem(entry, "namePrefix", Rule.LENGTH, words)


def _scale(entry: Entry, protocols: tuple[Protocol, ...]) -> Iterator[Problem]:
    said, known = entry.text("protocol").strip().lower(), " or ".join(protocols)
    if not said and len(protocols) > 1:
        yield _problem(entry, "protocol", Rule.COMPLETE, ("nothing", known, f"add protocol: {known}"))
    elif protocols and said in {"nfs", "iscsi", "nvmeof"} - set(protocols):
        fix = f"enable {said} in the driver's config, or use another protocol"
        yield _problem(entry, "protocol", Rule.TYPED, (said, known, fix))


def _problem(entry: Entry, name: str, rule: Rule, words: tuple[str, str, str], *, harmless: bool = False) -> Problem:
    """A Problem of one parameter. `words`: what is seen, what is wanted, and how to mend it."""
    item: Item = entry.parameters.get(name, entry.block)
    return Problem(rule, item.key, join(entry.path, name), *words, harmless)
