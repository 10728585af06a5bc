"""StorageClasses and VolumeSnapshotClasses beside a driver: read from manifests and Helm values, judged, attached."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import get_args

from csi_probe.drivers import classrules, mountoptions
from csi_probe.drivers.deployment import Deployment, Protocol, StorageClassWant
from csi_probe.drivers.parameters import SNAPSHOT_CLASS, STORAGE_CLASS
from csi_probe.drivers.raw import Name, Raw
from csi_probe.drivers.schema import join, kind_of, left_over, lint
from csi_probe.drivers.tree import Item
from csi_probe.problem import Problem, Rule

_PROVISIONER = "csi.storage.k8s.io/"  # keys for Kubernetes's external-provisioner, which no driver sees
_DEMOCRATIC = "democratic-csi.org/"
_DEFAULT = "storageclass.kubernetes.io/is-default-class"
_SECRET_NAME = re.compile(r"(?i)secret|passw|passphrase|key$")
# What drivers add of themselves: scale-csi's pkg/util/mount.go nfsvers=4, tns-csi's node_nfs_linux.go vers=4.2.
_ADDED: Mapping[Name, tuple[str, ...]] = {"scale-csi": ("4",), "tns-csi": ("4.2",)}
_NFS_UNLESS_TOLD = ("truenas-csi", "tns-csi")  # a class of theirs that names no protocol is for NFS


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A class as a file has it. `path`: the dotted key of its parameters. `block`: where the whole class stands."""

    name: str
    block: Item
    path: str
    parameters: Mapping[str, Item]
    mount_options: Item | None = None
    provisioner: str | None = None
    binding: Item | None = None
    default: bool = False
    snapshots: bool = False

    def text(self, parameter: str) -> str:
        """A parameter's text; "" where there is none, or where it is still to be filled in."""
        found = self.parameters.get(parameter)
        return found.text if found and not left_over(found.text, template=True) else ""

    @property
    def fstype(self) -> Item | None:
        """What volumes are formatted with, where the class says it: external-provisioner takes two spellings."""
        old = (item for name, item in self.parameters.items() if name.lower() == "fstype")
        return self.parameters.get(f"{_PROVISIONER}fstype") or next(old, None)

    @property
    def names_secret(self) -> bool:
        """Whether the class names a Secret that the driver gets beside the parameters."""
        return any(name.startswith(f"{_PROVISIONER}provisioner-secret") for name in self.parameters)

    @property
    def options(self) -> tuple[str, ...]:
        """The mount options."""
        return tuple(option.text for option in mountoptions.listed(self.mount_options))


def manifest(document: Item) -> Entry:
    """A StorageClass or VolumeSnapshotClass manifest."""
    snapshots = _text(document.get("kind")) == "VolumeSnapshotClass"
    annotations = document.get("metadata", "annotations")
    return Entry(
        name=_text(document.get("metadata", "name")),
        block=document,
        path="parameters",
        parameters=_children(document.get("parameters")),
        mount_options=document.get("mountOptions"),
        provisioner=_text(document.get("driver" if snapshots else "provisioner")) or None,
        binding=document.get("volumeBindingMode"),
        default=_text(annotations and annotations.get(_DEFAULT)) == "true",
        snapshots=snapshots,
    )


def charted(block: Item, path: str, parameters: Mapping[str, Item] | None = None, *, snapshots: bool = False) -> Entry:
    """An entry of a chart's list of classes under the dotted `path`.

    `parameters`: those that the chart will write; without them, what stands under "parameters". Charts quote them.
    """
    if parameters is None:
        parameters, path = _children(block.get("parameters")), join(path, "parameters")
    default = block.get("isDefault") or block.get("defaultClass")
    return Entry(
        name=_text(block.get("name")),
        block=block,
        path=path,
        parameters={name: quoted(item) for name, item in parameters.items()},
        mount_options=block.get("mountOptions"),
        binding=block.get("volumeBindingMode"),
        default=_text(default).lower() == "true",
        snapshots=snapshots,
    )


def quoted(item: Item) -> Item:
    """A scalar as the text that a chart's `quote` makes of it; collections and null stay."""
    return item if item.value is None or item.children or item.elements else replace(item, value=item.text)


def manifests(raw: Raw) -> tuple[Entry, ...]:
    """The driver's classes that are manifests."""
    return tuple(map(manifest, (*raw.storage_classes, *raw.snapshot_classes)))


def entries(raw: Raw) -> tuple[Entry, ...]:
    """All of the driver's classes, for charts that keep them under storageClasses[].parameters as Kubernetes does."""
    return (*manifests(raw), *(_from_values(raw.values) if raw.values else ()))


def _from_values(values: Item) -> Iterator[Entry]:
    for key in ("storageClasses", "volumeSnapshotClasses"):
        listed = values.get(key)
        for number, block in enumerate(listed.elements if listed else ()):
            yield charted(block, f"{key}[{number}]", snapshots=key == "volumeSnapshotClasses")
    single = values.get("volumeSnapshotClass")
    if single and _text(single.get("enabled")).lower() == "true":
        yield charted(single, "volumeSnapshotClass", snapshots=True)


def attach(found: Deployment, classes: Iterable[Entry]) -> Deployment:
    """The deployment with its classes, judged, and with the NFS versions that they ask for.

    Problems of a VolumeSnapshotClass become the deployment's.
    """
    listed = tuple(classes)
    wants = [(entry, want(entry, found.driver, found.protocols, found.csi_name)) for entry in listed]
    mounts = [_nfs_options(entry) for entry in listed if _is_nfs(entry, found)]
    untold = _ADDED.get(found.driver, mountoptions.NEGOTIATED)
    versions = dict.fromkeys(one for options in mounts for one in mountoptions.nfs_versions(options) or untold)
    locks = any(map(mountoptions.locks, mounts))
    return replace(
        found,
        nfs=replace(found.nfs, versions=tuple(versions), locks=locks) if found.nfs and mounts else found.nfs,
        storage_classes=tuple(done for entry, done in wants if not entry.snapshots),
        problems=(*found.problems, *(problem for entry, done in wants if entry.snapshots for problem in done.problems)),
    )


def _is_nfs(entry: Entry, found: Deployment) -> bool:
    return not entry.snapshots and served(entry, found.driver, found.protocols) == "nfs"


def _nfs_options(entry: Entry) -> tuple[str, ...]:
    return entry.options or (entry.text("nfs.mountOptions"),)  # truenas-csi's parameter; mountOptions replace it


def want(
    entry: Entry, driver: Name, protocols: tuple[Protocol, ...] = (), csi_name: str | None = None
) -> StorageClassWant:
    """The class, with what is wrong with it for this driver; secrets in its parameters are blanked.

    `protocols`: what the driver serves; with exactly one, its classes need not name it.
    """
    own = () if entry.snapshots else classrules.problems(entry, driver, served(entry, driver, protocols), protocols)
    return StorageClassWant(
        name=entry.name,
        place=entry.block.place,
        provisioner=entry.provisioner,
        parameters={name: _shown(name, item) for name, item in entry.parameters.items() if not item.children},
        mount_options=entry.options,
        default=entry.default,
        problems=(*_problems(entry, driver, csi_name), *own),
    )


def served(entry: Entry, driver: Name, protocols: tuple[Protocol, ...] = ()) -> Protocol | None:
    """How volumes of the class are served: what it says, or what the driver then does; None where that is an error."""
    said = entry.text("protocol").strip().lower()
    known: tuple[Protocol, ...] = get_args(Protocol)
    if said:
        return next((name for name in known if name == said), None)
    if driver in _NFS_UNLESS_TOLD:
        return "nfs"
    return protocols[0] if len(protocols) == 1 else None


def _problems(entry: Entry, driver: Name, csi_name: str | None) -> Iterator[Problem]:
    if entry.provisioner and csi_name and entry.provisioner != csi_name:
        key = "driver" if entry.snapshots else "provisioner"
        item, fix = entry.block.get(key) or entry.block, f"write {key}: {csi_name}; nobody serves this class"
        yield Problem(Rule.TYPED, item.key, key, entry.provisioner[:80], csi_name, fix)
    for name, item in entry.parameters.items():
        if item.value is not None and not isinstance(item.value, str):
            fix = "put the value in quotes: Kubernetes refuses parameters that are no text"
            yield Problem(Rule.TYPED, item.key, join(entry.path, name), kind_of(item), "text in quotes", fix)
    schema = (SNAPSHOT_CLASS if entry.snapshots else STORAGE_CLASS)[driver]
    yield from lint(replace(entry.block, value=_own(entry, driver)), schema, entry.path)


def _own(entry: Entry, driver: Name) -> dict[str, Item]:
    """The parameters that the driver itself reads, as the texts that it gets; empty ones count as absent."""
    own = {
        name.rsplit("/", 1)[-1] if name.startswith(_DEMOCRATIC) else name: quoted(item)
        for name, item in entry.parameters.items()
        if not name.startswith(_PROVISIONER) and name.lower() != "fstype"
    }
    free = driver == "truenas-csi"  # it hands any zfs.* on to the API
    return {name: item for name, item in own.items() if item.value != "" and not (free and name.startswith("zfs."))}


def _shown(name: str, item: Item) -> str:
    """The parameter's text, unless it is a secret itself; the names of Secrets are none."""
    return "<secret>" if _SECRET_NAME.search(name) and not name.startswith(_PROVISIONER) else item.text


def _children(item: Item | None) -> Mapping[str, Item]:
    return item.children if item else {}


def _text(item: Item | None) -> str:
    return item.text if item else ""
