"""The pools that hold the volumes."""

from __future__ import annotations

from csi_probe.check import check
from csi_probe.finding import Finding, Measure, Unit, fail, ok, warn
from csi_probe.snapshot import Pool
from csi_probe_checks.words import listing, size


@check(Pool, "pool.exists", "the pool exists", asks=("pool.query",))
def exists(pool: Pool) -> Finding:
    """Whether the array has a pool of this name (pool.query).

    Drivers create datasets below it; with another name, creating the first volume fails.

    Correct the name in [[pools]] or [[datasets]], or import the pool on the NAS.
    """
    names = pool.names.get()
    if pool.name in names:
        return ok(pool.name)
    there = f"there are: {listing(names)}" if names else "the NAS has no pool at all"
    return fail(
        f"there is no pool {pool.name}; {there}", pool.name, f"correct the name, or import {pool.name} under Storage"
    )


@check(Pool, "pool.healthy", "the pool is healthy", asks=("pool.query",))
def healthy(pool: Pool) -> Finding:
    """The pool's status and health (pool.query).

    A degraded pool serves volumes with less redundancy; a faulted or offline one serves none.

    Look at Storage > Pool status on the NAS and replace what failed.
    """
    status, fine = pool.entry.get().status.get(), pool.entry.get().healthy.get()
    fix = f"look at Storage > {pool.name} > Pool status and replace what failed"
    if status == "ONLINE":
        return ok(status) if fine else warn("ONLINE, but with errors", "ONLINE and healthy", fix)
    return (warn if status == "DEGRADED" else fail)(status, "ONLINE and healthy", fix)


@check(Pool, "pool.not-full", "the pool is not full", asks=("pool.query",))
def not_full(pool: Pool) -> Finding:
    """How much of the pool is used (allocated of size, raw), against pools.max_used.

    ZFS slows down as a pool fills; what is left for volumes is judged by pool.free and dataset.space.

    Delete snapshots and data, or add disks.
    """
    allocated, total = pool.entry.get().allocated.get(), pool.entry.get().size.get()
    percent = 100 * allocated / total if total else 100.0
    seen = f"{percent:.3g} % of {size(total)} is used"
    used = Measure("pool_used", percent / 100, Unit.RATIO)
    if percent > pool.max_used:
        fix = "free space, or add disks to the pool"
        return warn(seen, f"{pool.max_used:g} % or less", fix, measure=used)
    return ok(seen, f"{pool.max_used:g} % or less", measure=used)


@check(Pool, "pool.free", "the pool has the free space that is wanted", asks=("pool.dataset.query",))
def free(pool: Pool) -> Finding:
    """What the pool's root dataset has available after redundancy (pool.dataset.query), against pools.min_free.

    This, not the pool's raw size, is what volumes can use.

    Free space, add disks, or lower pools.min_free.
    """
    available = pool.free.get()
    wanted = f"{size(pool.min_free)} or more" if pool.min_free else ""
    measure = Measure("pool_free", available, Unit.BYTES)
    if available < pool.min_free:
        return fail(f"{size(available)} free", wanted, "free space, or add disks to the pool", measure=measure)
    return ok(f"{size(available)} free", wanted, measure=measure)


CHECKS = (exists, healthy, not_full, free)
