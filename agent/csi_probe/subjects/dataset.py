"""Pools and parent datasets as subjects."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from csi_probe.config import Config, DatasetWant, PoolWant
from csi_probe.contact import Version
from csi_probe.entries import DatasetEntry
from csi_probe.facts import Fact, Known, Missing, pick
from csi_probe.snapshot import Dataset, Pool
from csi_probe.subjects.seen import Seen, dataset_names, parents
from csi_probe.truenas import questions as ask

# democratic-csi, controller-zfs/index.js getMaxZvolNameLength: FreeBSD 12 and older have less.
_DEVICE_PATH, _DEVICE_PATH_BEFORE_13 = 255, 63


def pools(config: Config, seen: Seen) -> Iterator[Pool]:
    """[[pools]], and with default limits the pools of [[datasets]]."""
    wanted = {name.split("/")[0]: PoolWant(name=name.split("/")[0]) for name in dataset_names(config)}
    wanted |= {want.name: want for want in config.pools}
    for want in wanted.values():
        yield _pool(want, seen)


def datasets(config: Config, seen: Seen) -> Iterator[Dataset]:
    """[[datasets]]: parents of volumes, and of detached snapshots."""
    may_nest = config.needs.parents_may_nest
    names = parents(config)
    for want in config.datasets:
        yield _dataset(want, want.name, names, seen, may_nest=may_nest)
        if want.detached_snapshots:
            yield _dataset(want, want.detached_snapshots, names, seen, may_nest=may_nest)


def _pool(want: PoolWant, seen: Seen) -> Pool:
    entries = seen.answers.to(ask.POOLS)
    absent = Missing(f"there is no pool {want.name}", blocked_by="pool.exists")
    entry = pick(entries, lambda pool: pool.name == want.name, absent)
    unlisted = Missing(f"the NAS does not list the dataset {want.name}") if isinstance(entry, Known) else entry
    root = pick(seen.answers.to(ask.DATASETS), lambda dataset: dataset.name == want.name, unlisted)
    return Pool(
        name=want.name,
        min_free=want.min_free,
        max_used=want.max_used,
        names=entries.then(lambda pools: tuple(pool.name for pool in pools)),
        entry=entry,
        free=root if isinstance(root, Missing) else root.value.available,
    )


def _dataset(want: DatasetWant, name: str, names: Sequence[str], seen: Seen, *, may_nest: bool) -> Dataset:
    others = list(names)
    others.remove(name)
    entries = seen.answers.to(ask.DATASETS)
    version = seen.nas.version if seen.nas else Missing("no NAS was asked")
    return Dataset(
        name=name,
        created_by_driver=want.created_by_driver,
        zvols=want.volumes == "zvol" and name == want.name,
        volume_name_length=want.volume_name_length,
        min_free=want.min_free,
        replicated=want.detached_snapshots is not None,
        overlaps=() if may_nest else tuple(other for other in others if _nest(name, other)),
        zvol_path_max=version.then(_device_path),
        entry=entries.then(lambda found: next((entry for entry in found if entry.name == name), None)),
        nearest=_nearest(name, entries, created=want.created_by_driver),
    )


def _nest(one: str, other: str) -> bool:
    return f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/")


def _device_path(version: Version) -> int:
    return _DEVICE_PATH if version.number[0] >= 13 else _DEVICE_PATH_BEFORE_13  # noqa: PLR2004  (FreeBSD 13)


def _nearest(name: str, entries: Fact[tuple[DatasetEntry, ...]], *, created: bool) -> Fact[DatasetEntry]:
    if isinstance(entries, Missing):
        return entries
    by_name = {entry.name: entry for entry in entries.value}
    if name not in by_name and not created:
        return Missing(f"there is no dataset {name}", blocked_by="dataset.exists")
    parts = name.split("/")
    for length in range(len(parts), 0, -1):
        if entry := by_name.get("/".join(parts[:length])):
            return Known(entry)
    return Missing(f"there is no pool {parts[0]}", blocked_by="pool.exists")
