"""What makes scale-csi refuse its config.yaml at start (validateConfig), or its chart refuse the values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from csi_probe.drivers import concrete
from csi_probe.drivers.deployment import Protocol
from csi_probe.drivers.raw import Raw
from csi_probe.drivers.scale_keys import CONFIG, INERT, VALUES
from csi_probe.drivers.schema import join, lint
from csi_probe.drivers.tree import Item
from csi_probe.problem import Problem, Rule

_MODES = ("off", "additive", "strict")
_REQUIRED = (("nfs", "shareHost"), ("iscsi", "targetPortal"), ("nvmeof", "transportAddress"))
_PATHS = (("nfs", "trunking", "addresses"), ("iscsi", "multipath", "portals"), ("nvmeof", "multipath", "addresses"))


def problems(raw: Raw, config: Item, protocols: tuple[Protocol, ...]) -> Iterator[Problem]:
    """`config`: config.yaml, or what the chart makes of raw.values. `protocols`: those that it turns on."""
    written = raw.config or raw.values
    if not written:
        return
    yield from _strict(written, is_config=raw.config is not None)
    yield from _connection(config, is_config=raw.config is not None)
    if not protocols:
        wanted = "nfs, iscsi or nvmeof"
        yield Problem(Rule.COMPLETE, written.key, "enabled", "no protocol", wanted, f"enable one of {wanted}")
    for block, key in _REQUIRED:
        if block in protocols and raw.config and not _filled(config.get(block, key)):
            place, path = (config.get(block) or config).key, join(block, key)
            yield Problem(Rule.COMPLETE, place, path, "nothing", "an address that nodes reach", f"add {path}")
    for block, switch, key in _PATHS:
        on = config.get(block, switch)
        if block in protocols and on and concrete.true(on) and not concrete.texts(config.get(block, key)):
            path = join(block, key)
            yield Problem(Rule.COMPLETE, on.key, path, f"{switch} without them", "further addresses", f"add {path}")
    if "nfs" in protocols:
        yield from _exports(config, is_config=raw.config is not None)
    if "nvmeof" in protocols:
        yield from _hosts(config, written)


def _strict(written: Item, *, is_config: bool) -> Iterator[Problem]:
    """Unknown keys and loose types stop the driver (KnownFields) and the chart; os.ExpandEnv fills in ${VAR} itself."""
    for problem in lint(written, CONFIG if is_config else VALUES):
        if not (is_config and problem.rule is Rule.FILLED and "${" in problem.seen):
            yield replace(problem, harmless=False)
    mode = written.get("fencing", "mode")
    if mode and mode.text not in ("", *_MODES):
        words = f"one of {', '.join(_MODES)}"
        yield Problem(Rule.TYPED, mode.key, "fencing.mode", f'"{mode.text[:80]}"', words, f"write {words}")
    for block, key, instead in INERT if is_config else ():
        if item := written.get(block, key):
            path = join(block, key)
            yield Problem(
                Rule.KNOWN, item.key, path, "a key that the driver ignores", instead, f"remove {path}", harmless=True
            )


def _connection(config: Item, *, is_config: bool) -> Iterator[Problem]:
    item = config.get("truenas", "protocol")
    if item and item.text == "http":
        path = "truenas.protocol" if is_config else "truenas.secure"
        fix = f"{'write https' if is_config else 'write true'}: TrueNAS revokes a key that arrives without TLS"
        yield Problem(Rule.SECURE, item.key, path, "http", "https", fix)
    count = config.get("truenas", "maxConnections")
    if count and isinstance(count.value, int) and not 1 <= count.value <= 16:  # noqa: PLR2004  (the driver's limit)
        yield Problem(Rule.TYPED, count.key, "truenas.maxConnections", count.text[:80], "1 to 16", "write 1 to 16")


def _exports(config: Item, *, is_config: bool) -> Iterator[Problem]:
    root, everyone = (
        [item for of in ("User", "Group") if (item := config.get("nfs", f"shareMap{who}{of}"))]
        for who in ("root", "all")
    )
    mapped = next(filter(_filled, everyone), None)
    if mapped and (any(map(_filled, root)) or (len(root) < 2 and not is_config)):  # noqa: PLR2004  (the chart has both)
        seen, fix = "shareMaproot and shareMapall", "empty one of the two: TrueNAS refuses a share with both"
        yield Problem(Rule.TYPED, mapped.key, "nfs.shareMapall", seen, "one of the two", fix)
    security, kerberos = config.get("nfs", "shareSecurity"), config.get("nfs", "krbEnabled")
    asked = [name for name in concrete.texts(security) if name.upper().startswith("KRB5")]
    if security and asked and not (kerberos and concrete.true(kerberos)):
        fix = "add nfs.krbEnabled: true, once TrueNAS has Kerberos and a keytab"
        yield Problem(Rule.COMPLETE, security.key, "nfs.krbEnabled", f"{asked[0]} without it", "krbEnabled: true", fix)


def _hosts(config: Item, written: Item) -> Iterator[Problem]:
    """Whether anybody can connect: hosts are named, or all allowed, or strict fencing has the driver name them."""
    mode, anyone = written.get("fencing", "mode"), config.get("nvmeof", "subsystemAllowAnyHost")
    named = concrete.texts(config.get("nvmeof", "subsystemHosts"))
    if not named and not (anyone and concrete.true(anyone)) and not (mode and mode.text == "strict"):
        place = (config.get("nvmeof") or config).key
        fix = "list the NQN of each node (nvme show-hostnqn), or set nvmeof.subsystemAllowAnyHost: true"
        yield Problem(Rule.COMPLETE, place, "nvmeof.subsystemHosts", "nothing", "the NQNs of the nodes", fix)


def _filled(item: Item | None) -> bool:
    return item is not None and bool(item.text.strip())
