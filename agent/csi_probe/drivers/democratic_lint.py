"""What is wrong with a democratic-csi config by itself; the driver checks none of this before the first volume."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from csi_probe.drivers import concrete, democratic_rules, lengths
from csi_probe.drivers.democratic_keys import OTHERS, VARIANTS, keys
from csi_probe.drivers.raw import Raw
from csi_probe.drivers.schema import Key, lint, missing, nearest
from csi_probe.drivers.tree import Item
from csi_probe.problem import Problem, Rule

_NAME_ONLY = Key(kind="block", keys={"driver": Key(kind="text", required=True)}, rest=Key(kind="any"))
_PROTOCOLS = ("nfs", "iscsi", "smb", "nvmeof")


def problems(raw: Raw, config: Item | None, volume: int) -> Iterator[Problem]:
    """All Problems of the config, which stands alone or in raw.values; `volume`: the length of volume names."""
    variant = _likely(config) if config else None
    if raw.values:
        yield from _next_fills(raw, _chart(raw.values, variant, outside=raw.config is not None))
    if not config:
        return
    path = "" if raw.config else "driver.config."
    yield from _name(config, f"{path}driver")
    if raw.config:
        yield from _next_fills(raw, lint(config, keys(variant) if variant else _NAME_ONLY))
    elif raw.values and _secret(raw.values):
        return
    for block, rules in democratic_rules.RULES.items():
        found = config.get(block)
        if found and variant and (block not in _PROTOCOLS or variant.endswith(block)):
            for rule in rules:
                yield from rule(found, f"{path}{block}.")
    yield from _lengths(config, variant or "", path, volume)


def _next_fills(raw: Raw, found: Iterator[Problem]) -> Iterator[Problem]:
    """Images of branch next fill in ${VAR} themselves, from the container's environment (bin/democratic-csi)."""
    image = concrete.image(raw.values.get("controller", "driver", "image")) if raw.values else raw.image
    own = image is not None and image.tag.startswith("next")
    for problem in found:
        yield replace(problem, harmless=problem.harmless or (own and problem.rule is Rule.FILLED))


def _secret(values: Item) -> str | None:
    """The Secret with the config that Helm values name."""
    return concrete.text(values.get("driver", "existingConfigSecret"))


def _likely(config: Item) -> str | None:
    """The driver that is named, else the one that was probably meant, else the one whose blocks are there."""
    name = concrete.text(config.get("driver")) or ""
    if name in VARIANTS:
        return name
    blocks = [protocol for protocol in _PROTOCOLS if protocol in config.children]
    shape = f"freenas-{'' if 'sshConnection' in config.children else 'api-'}{blocks[0]}" if blocks else None
    return None if name in OTHERS else nearest(name, VARIANTS) or shape


def _name(config: Item, path: str) -> Iterator[Problem]:
    item = config.get("driver")
    name = concrete.text(item)
    if not item or not name or name in VARIANTS:
        return
    meant = nearest(name, VARIANTS)
    if name in OTHERS:
        fix = "nothing to do; the probe knows only the drivers for TrueNAS"
        yield Problem(Rule.TYPED, item.key, path, f'"{name}"', "a driver for TrueNAS", fix, harmless=True)
    else:
        fix = f"write {meant}" if meant else f"write one of {', '.join(VARIANTS)}"
        yield Problem(Rule.TYPED, item.key, path, f'"{name[:80]}"', meant or "a driver for TrueNAS", fix)


def _chart(values: Item, variant: str | None, *, outside: bool) -> Iterator[Problem]:
    """The chart's own keys, which hold the config or name the Secret that does; it reads the driver's name anyway."""
    if not concrete.true(values.get("csiDriver", "name")):
        yield missing(values.get("csiDriver") or values, "csiDriver.name", "a name that is unique in the cluster")
    secret = _secret(values)
    if secret and not outside:
        item = values.get("driver", "existingConfigSecret") or values
        yield Problem(
            Rule.COMPLETE, item.key, "driver.existingConfigSecret", f"{secret}, not in these files", "what it holds",
            f"add the file with that Secret, or what kubectl get secret {secret} -o yaml gives", harmless=True,
        )  # fmt: skip
    whole = keys(variant) if variant and not outside and not secret else _NAME_ONLY
    block = Key(kind="block", keys={"existingConfigSecret": Key(kind="text"), "config": replace(whole, required=True)})
    yield from lint(values, Key(kind="block", keys={"driver": replace(block, required=True)}, rest=Key(kind="any")))


def _lengths(config: Item, variant: str, path: str, volume: int) -> Iterator[Problem]:
    protocol = variant.rpartition("-")[2]
    for key in ("datasetParentName", "detachedSnapshotsDatasetParentName"):
        item = config.get("zfs", key)
        name = (concrete.text(item) or "").strip("/")
        if item and name:
            where = item.key, f"{path}zfs.{key}"
            zvol = tuple(lengths.zvol(name, *where, volume)) if protocol in ("iscsi", "nvmeof") else ()
            yield from zvol or lengths.snapshots(name, *where, volume)
    if template := config.get("_private", "csi", "volume", "idTemplate"):
        yield from lengths.volume_id(template.text, template.key, f"{path}_private.csi.volume.idTemplate")
    if protocol == "iscsi":
        yield from _extent(config, variant, f"{path}iscsi.", volume)


def _extent(config: Item, variant: str, path: str, volume: int) -> Iterator[Problem]:
    """CORE has no such limit, and only drivers without -api- work with it."""
    template = config.get("iscsi", "nameTemplate")
    if template and concrete.true(template):
        yield from lengths.extent_template(template.text, template.key, f"{path}nameTemplate")
        return
    prefix, suffix = (config.get("iscsi", key) for key in ("namePrefix", "nameSuffix"))
    if item := prefix or suffix:
        texts = [concrete.text(affix) or "" for affix in (prefix, suffix)]
        for problem in lengths.extent(texts[0], texts[1], item.key, f"{path}namePrefix or nameSuffix", volume):
            yield replace(problem, harmless="-api-" not in variant)
