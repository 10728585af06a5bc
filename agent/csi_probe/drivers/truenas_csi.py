"""truenas-csi, TrueNAS's own driver: its ConfigMap, environment, resource or Helm values, as a Deployment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from csi_probe.config import DatasetWant, IscsiWant, NfsWant, PortalWant
from csi_probe.drivers import address, concrete, parents, storageclass
from csi_probe.drivers.deployment import Connection, Deployment, Image, NvmeofWant, Protocol, ShareWant
from csi_probe.drivers.raw import Raw
from csi_probe.drivers.schema import Key, join, lint
from csi_probe.drivers.storageclass import Entry
from csi_probe.drivers.tree import Item
from csi_probe.drivers.truenas_keys import CONFIG_MAP, ENVIRONMENT, OLD_VALUES, RESOURCE, VALUES, Form, Setting
from csi_probe.problem import Problem, Rule

_NAME = "csi.truenas.io"
_SECRET_KEY = "api-key"  # noqa: S105  (the name of a key in a Secret)
_TRUE = {"1", "t", "true"}  # what Go's ParseBool takes, in any of its spellings


def read(raw: Raw) -> Deployment:
    """What the driver will make of its files. `raw.settings` is its ConfigMap's data, its environment, or spec.

    Volumes are described by StorageClasses: without one, only the pool and the connection are known.
    """
    block, form, path = _where(raw)
    settings: Mapping[Setting, Item] = {
        name: block.children[key] for name, key in form.settings.items() if key in block.children
    }
    classes = storageclass.entries(raw)
    connection = _connection(raw, settings)
    found = Deployment(
        driver="truenas-csi",
        place=raw.place,
        csi_name=raw.csi_name or _name(raw, settings),
        image=_image(raw, block) or raw.image,
        connection=connection,
        protocols=_protocols(classes),
        pools=_pools(settings, classes),
        datasets=parents.once(_datasets(settings, classes)),
        problems=tuple(_problems(block, form, path)),
    )
    found = _served(found, settings, classes)
    ipv6 = _ipv6(found, settings, block, join(path, form.settings["iscsi"]))
    return storageclass.attach(replace(found, problems=(*found.problems, *ipv6)), classes)


def _where(raw: Raw) -> tuple[Item, Form, str]:
    """The block with the settings, how they are spelled there, and its dotted path."""
    if raw.values:
        block = raw.values.get("truenas") or replace(raw.values, value={})
        form = OLD_VALUES if "insecureSkipVerify" in block.children else VALUES
        return block, form, form.path
    form = next((form for form in (ENVIRONMENT, RESOURCE) if form.only & raw.settings.keys()), CONFIG_MAP)
    return Item(value=raw.settings, place=raw.place, key=raw.place), form, form.path


def _problems(block: Item, form: Form, path: str) -> Iterator[Problem]:
    rest = Key(kind="any") if form is ENVIRONMENT else None  # a container has other variables too
    kept = {name: item for name, item in block.children.items() if item.value != "" or _required(form, name)}
    yield from lint(replace(block, value=kept), Key(kind="block", keys=form.keys, rest=rest), path)
    key = form.settings["url"]
    yield from address.plaintext(block.get(key), join(path, key))


def _required(form: Form, name: str) -> bool:
    """Whether an empty text is an error: the others are then derived from the URL."""
    return name in form.keys and form.keys[name].required


def _connection(raw: Raw, settings: Mapping[Setting, Item]) -> Connection | None:
    """pkg/client/apiversion.go: the path of the URL is replaced; pkg/client/tls.go: a CA is added to the image's."""
    url = address.url(settings.get("url"))
    if not url:
        return None
    insecure = settings.get("insecure")
    named = concrete.text(settings.get("secret key")) or _helm(raw, "apiSecret", "key") or _SECRET_KEY
    return Connection(
        scheme=url.scheme,
        host=url.host,
        port=url.port,
        verify=not insecure or insecure.text.lower() not in _TRUE,
        key=concrete.secret(raw.secrets.get(named) or settings.get("key")),
        ca_pem=concrete.text(settings.get("ca")),
        ca_elsewhere="ca elsewhere" in settings and settings["ca elsewhere"].value not in (None, ""),
    )


def _name(raw: Raw, settings: Mapping[Setting, Item]) -> str:
    return concrete.text(settings.get("name")) or _helm(raw, "driverName") or _helm(raw, "csiDriver", "name") or _NAME


def _helm(raw: Raw, *keys: str) -> str | None:
    return concrete.text(raw.values.get(*keys)) if raw.values else None


def _image(raw: Raw, block: Item) -> Image | None:
    for keys in (("image", "driver"), ("images", "csiDriver")):
        if repository := _helm(raw, *keys, "repository"):
            return Image(repository=repository, tag=_helm(raw, *keys, "tag") or "")
    name, _, digest = (concrete.text(block.get("driverImage")) or "").partition("@")
    repository, colon, tag = name.rpartition(":")
    return Image(repository=repository if colon else name, tag=tag if colon else "", digest=digest) if name else None


def _volumes(classes: tuple[Entry, ...]) -> Iterator[tuple[Entry, Protocol]]:
    for entry in classes:
        protocol = storageclass.served(entry, "truenas-csi")
        if protocol and not entry.snapshots:
            yield entry, protocol


def _protocols(classes: tuple[Entry, ...]) -> tuple[Protocol, ...]:
    return tuple(dict.fromkeys(protocol for _, protocol in _volumes(classes)))


def _pools(settings: Mapping[Setting, Item], classes: tuple[Entry, ...]) -> tuple[str, ...]:
    """The default pool too: the driver does not start without it, even if each class names another."""
    named = [concrete.text(settings.get("pool")), *(entry.text("pool") for entry, _ in _volumes(classes))]
    return tuple(dict.fromkeys(pool for pool in named if pool and "/" not in pool))


def _datasets(settings: Mapping[Setting, Item], classes: tuple[Entry, ...]) -> Iterator[DatasetWant]:
    """pkg/driver/controller.go: ancestors are created where a class has a datasetPath; else volumes go to the pool."""
    for entry, protocol in _volumes(classes):
        pool, path = entry.text("pool") or concrete.text(settings.get("pool")), entry.text("datasetPath").strip("/")
        if pool and "/" not in pool:
            yield DatasetWant(
                name=f"{pool}/{path}" if path else pool,
                volumes="filesystem" if protocol == "nfs" else "zvol",
                created_by_driver=bool(path),
            )


def _served(found: Deployment, settings: Mapping[Setting, Item], classes: tuple[Entry, ...]) -> Deployment:
    """With where nodes are sent: what is configured, else the host of the URL."""
    host = found.connection.host if found.connection else None
    nfs = concrete.text(settings.get("nfs")) or host
    iscsi = address.endpoint(settings.get("iscsi"), 3260) or (host and (host, 3260))
    nvmeof = address.endpoint(settings.get("nvmeof"), 4420) or (host and (host, 4420))
    portals = (PortalWant(id=None, address=iscsi[0], port=iscsi[1]),) if iscsi else ()
    return replace(
        found,
        nfs=NfsWant(address=nfs.strip("[]")) if nfs and "nfs" in found.protocols else None,
        shares=tuple(_shares(classes)),
        multipath=any(entry.text("iscsi.multipathEnabled").lower() == "true" for entry, _ in _volumes(classes)),
        iscsi=IscsiWant(portals=portals) if "iscsi" in found.protocols else None,
        nvmeof=NvmeofWant(portals=(nvmeof,)) if nvmeof and "nvmeof" in found.protocols else None,
    )


def _shares(classes: tuple[Entry, ...]) -> Iterator[ShareWant]:
    """Whom each class admits, those together that admit the same; one that names nobody admits everyone."""
    named: dict[ShareWant, list[str]] = {}
    for entry, protocol in _volumes(classes):
        if protocol == "nfs":
            networks, hosts = (tuple(filter(None, entry.text(f"nfs.{of}").split(","))) for of in ("networks", "hosts"))
            named.setdefault(ShareWant(networks=networks, hosts=hosts), []).append(entry.name)
    for want, names in named.items():
        yield replace(want, classes=tuple(names)) if len(named) > 1 else want


def _ipv6(found: Deployment, settings: Mapping[Setting, Item], block: Item, path: str) -> Iterator[Problem]:
    """C14: csi-lib-iscsi splits portals at each colon."""
    given = address.endpoint(settings.get("iscsi"), 3260)
    wanted = given or (found.iscsi and found.iscsi.portals and (found.iscsi.portals[0].address, 0))
    if wanted and ":" in wanted[0]:
        item = settings.get("iscsi", block)
        fix = "give an IPv4 address: nodes cannot attach iSCSI volumes over IPv6 with this driver; NFS works"
        yield Problem(Rule.TYPED, item.key, path, wanted[0], "an IPv4 address", fix, harmless=not found.iscsi)
