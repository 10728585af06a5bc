"""What a YAML document is: recognised by looking, taken out of whatever wraps it, not judged yet."""

from __future__ import annotations

import base64
import binascii
import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from csi_probe.drivers import concrete, shapes, tree
from csi_probe.drivers.deployment import Image
from csi_probe.drivers.raw import Name
from csi_probe.drivers.schema import left_over
from csi_probe.drivers.tree import Item
from csi_probe.errors import ConfigError
from csi_probe.problem import Place, Problem, Rule

Kind = Literal["values", "config", "settings", "secrets", "storage-class", "snapshot-class", "csi-driver", "image"]

DEMOCRATIC_KEY = "driver-config-file.yaml"  # in the Secret that the chart mounts at /config
_WRAPPED = 4  # Lists in Lists; more is nobody's file


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Something of one driver. `driver` None: fits several. `name`: of the Secret or ConfigMap that held it.

    `item` holds values, config, and manifests; `data` the texts of a Secret or ConfigMap.
    """

    kind: Kind
    driver: Name | None
    place: Place
    name: str = ""
    item: Item | None = None
    data: Mapping[str, Item] = field(default_factory=dict)
    image: Image | None = None


def pieces(document: Item, depth: int = 0) -> Iterator[Piece | Problem]:
    """What the document has of any driver; a Problem says what of it was not read. Raises ConfigError as parse()."""
    kind = concrete.text(document.get("kind")) or ""
    items = document.get("items")
    if kind.endswith("List") and items and depth < _WRAPPED:
        for item in items.elements:
            yield from pieces(item, depth + 1)
    elif read := _KINDS.get(kind):
        yield from read(document)
    elif not kind:
        yield from _unwrapped(document)


def _unwrapped(document: Item) -> Iterator[Piece]:
    if config := shapes.config(document):
        yield Piece(kind="config", driver=config, place=document.place, item=document)
    else:
        yield from _values(document)


def _values(item: Item | None, chart: Item | None = None) -> Iterator[Piece]:
    """Helm values, if their chart is one of ours by its name, or, where it has none, by their shape."""
    name = concrete.text(chart)
    driver = shapes.named(name) if name else item and shapes.values(item)
    if item and driver:
        yield Piece(kind="values", driver=driver, place=item.place, item=item)


def _helm_release(document: Item) -> Iterator[Piece | Problem]:
    """Flux: spec.values; what valuesFrom names is in the cluster. A chartRef has a name of the user's choice."""
    found = tuple(_values(document.get("spec", "values"), document.get("spec", "chart", "spec", "chart")))
    yield from found
    source = document.get("spec", "valuesFrom")
    if source and source.elements and found:
        fix = "add the file of that ConfigMap or Secret, if what it holds matters"
        yield _not_read(source, "spec.valuesFrom", "values that stand in the cluster", fix)


def _argo(document: Item) -> Iterator[Piece]:
    sources, single = document.get("spec", "sources"), document.get("spec", "source")
    for source in (*(sources.elements if sources else ()), *((single,) if single else ())):
        values = source.get("helm", "valuesObject") or _embedded(source.get("helm", "values"), "helm.values")
        yield from _values(values, source.get("chart"))


def _k3s(document: Item) -> Iterator[Piece]:
    values = _embedded(document.get("spec", "valuesContent"), "valuesContent")
    yield from _values(values, document.get("spec", "chart"))


def _embedded(item: Item | None, inside: str) -> Item | None:
    """The first document of a text in a text."""
    if not item or not isinstance(item.value, str):
        return None
    return next(iter(tree.parse(item.value, item.place.file, inside)), None)


def _held(document: Item) -> Iterator[Piece | Problem]:
    """A Secret or ConfigMap; of a Secret, stringData wins over data, as in Kubernetes."""
    name = concrete.text(document.get("metadata", "name")) or ""
    data: dict[str, Item] = {}
    for block in ("data", "stringData"):
        holder = document.get(block)
        for key, item in (holder.children if holder else {}).items():
            encoded = block == "data" and concrete.text(document.get("kind")) == "Secret"
            text = _decoded(item) if encoded else item
            if text is None:
                fix = f"encode it, or put the plain text under stringData.{key}"
                yield Problem(Rule.TYPED, item.key, f"data.{key}", "no base64 of a text", "base64", fix)
            elif isinstance(text.value, str):
                data[key] = text
    yield from _configs(name, data)
    if "truenasURL" in data or "defaultPool" in data:
        yield Piece(kind="settings", driver="truenas-csi", place=document.place, name=name, data=data)
    elif concrete.text(document.get("kind")) == "Secret" and data:
        driver: Name | None = "tns-csi" if shapes.tns_secret(name, data) else None
        yield Piece(kind="secrets", driver=driver, place=document.place, name=name, data=data)


def _configs(name: str, data: Mapping[str, Item]) -> Iterator[Piece | Problem]:
    for key, item in data.items():
        config = None
        if key == DEMOCRATIC_KEY and left_over(item.text) and len(item.text.splitlines()) == 1:
            fix = f"fill in {key}, or decrypt the file, and give the probe the outcome"
            seen = "a text that is still to be filled in"
            yield Problem(Rule.FILLED, item.key, key, seen, "the driver's config", fix)
        elif key == DEMOCRATIC_KEY:
            config = _embedded(item, key)
        elif key.endswith((".yaml", ".yml")):
            with contextlib.suppress(ConfigError):  # the file of any other program
                config = _embedded(item, key)
        if config and (driver := "democratic-csi" if key == DEMOCRATIC_KEY else shapes.config(config)):
            yield Piece(kind="config", driver=driver, place=config.place, name=name, item=config)


def _decoded(item: Item) -> Item | None:
    try:
        text = base64.b64decode("".join(item.text.split()), validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    return replace(item, value=text, text=text, quoted=True)


def _operator(document: Item) -> Iterator[Piece]:
    """OpenShift's TrueNASCSI: its spec holds the settings."""
    spec = document.get("spec")
    if spec:
        secret = concrete.text(spec.get("credentialsSecret")) or ""
        yield Piece(kind="settings", driver="truenas-csi", place=document.place, name=secret, data=spec.children)


def _workload(document: Item) -> Iterator[Piece]:
    containers = document.get("spec", "template", "spec", "containers")
    for container in containers.elements if containers else ():
        image = concrete.image(container.get("image"))
        if image and (driver := shapes.image(image)):
            yield Piece(kind="image", driver=driver, place=container.place, image=image)
            yield from _environment(document, container, driver)


def _environment(document: Item, container: Item, driver: Name) -> Iterator[Piece]:
    """truenas-csi's settings, where they stand in the controller itself and not in a ConfigMap."""
    listed = container.get("env")
    given = {
        concrete.text(variable.get("name")) or "": value
        for variable in (listed.elements if listed else ())
        if (value := variable.get("value"))
    }
    if driver == "truenas-csi" and "TRUENAS_URL" in given and concrete.text(document.get("kind")) == "Deployment":
        yield Piece(kind="settings", driver=driver, place=container.place, data=given)


def _manifest(kind: Kind) -> Callable[[Item], Iterator[Piece]]:
    def read(document: Item) -> Iterator[Piece]:
        name = concrete.text(document.get("metadata", "name")) or ""
        yield Piece(kind=kind, driver=None, place=document.place, name=name, item=document)

    return read


def _elsewhere(document: Item) -> Iterator[Problem]:
    """An ExternalSecret or SealedSecret, if it makes a driver's Secret."""
    texts = (item.text for item in _scalars(document))
    if any(text == DEMOCRATIC_KEY or shapes.named(text) for text in texts):
        kind = concrete.text(document.get("kind")) or ""
        yield _not_read(document, kind, "a Secret that is made in the cluster", "add the Secret itself, for its config")


def _scalars(item: Item) -> Iterator[Item]:
    for key, child in item.children.items():
        yield replace(child, text=key)
        yield from _scalars(child)
    for child in item.elements:
        yield from _scalars(child)
    if not item.children and not item.elements:
        yield item


def _not_read(item: Item, key: str, seen: str, fix: str) -> Problem:
    return Problem(Rule.COMPLETE, item.key, key, seen, "everything that the driver reads", fix)


_KINDS: Mapping[str, Callable[[Item], Iterator[Piece | Problem]]] = {
    "HelmRelease": _helm_release,
    "Application": _argo,
    "HelmChart": _k3s,
    "Secret": _held,
    "ConfigMap": _held,
    "TrueNASCSI": _operator,
    "StorageClass": _manifest("storage-class"),
    "VolumeSnapshotClass": _manifest("snapshot-class"),
    "CSIDriver": _manifest("csi-driver"),
    "Deployment": _workload,
    "DaemonSet": _workload,
    "StatefulSet": _workload,
    "ExternalSecret": _elsewhere,
    "SealedSecret": _elsewhere,
}
