"""The parent datasets below which drivers create volumes and detached snapshots."""

from __future__ import annotations

from csi_probe.check import check
from csi_probe.finding import Finding, Measure, Unit, fail, ok, skip, warn
from csi_probe.snapshot import Dataset
from csi_probe_checks.words import listing, size

_ASKS = ("pool.dataset.query",)


@check(Dataset, "dataset.exists", "the dataset exists, or the driver creates it", asks=_ASKS)
def exists(dataset: Dataset) -> Finding:
    """Whether the dataset is there (pool.dataset.query); where the driver creates it, whether its pool is.

    democratic-csi creates missing parents with their ancestors; tns-csi and scale-csi do not.

    Create the dataset under Datasets on the NAS, or correct its name.
    """
    if dataset.entry.get():
        return ok(dataset.name)
    if dataset.created_by_driver:
        return ok(f"not yet; the driver creates it below {dataset.nearest.get().name}")
    fix = f"create it: Datasets > Add Dataset > {dataset.name}, type Filesystem"
    return fail(f"there is no dataset {dataset.name}", dataset.name, fix)


@check(Dataset, "dataset.filesystem", "the dataset is a filesystem", asks=_ASKS)
def filesystem(dataset: Dataset) -> Finding:
    """Whether the dataset (or the ancestor below which it would be created) is a filesystem and not a zvol.

    A zvol has no children: democratic-csi stops with "parent is not a filesystem".

    Choose another parent; volumes of iSCSI drivers are zvols below a filesystem, not below a zvol.
    """
    nearest = dataset.nearest.get()
    kind = nearest.type.get()
    if kind != "FILESYSTEM":
        return fail(f"{nearest.name} is a {kind}", "FILESYSTEM", "name a parent dataset of type Filesystem")
    return ok(kind)


@check(Dataset, "dataset.unlocked", "the dataset is not locked", asks=_ASKS)
def unlocked(dataset: Dataset) -> Finding:
    """Whether an encrypted dataset (or the ancestor below which it would be created) is unlocked.

    Nothing can be created in a locked dataset, and its shares are not served.

    Unlock it under Datasets > Unlock; after a reboot a dataset with a passphrase is locked again.
    """
    nearest = dataset.nearest.get()
    if nearest.locked.get():
        return fail(f"{nearest.name} is locked", "unlocked", f"unlock it: Datasets > {nearest.name} > Unlock")
    return ok("unlocked")


@check(Dataset, "dataset.writable", "the dataset is not read-only", asks=_ASKS)
def writable(dataset: Dataset) -> Finding:
    """Whether ZFS's property readonly is off on the dataset (or on the ancestor from which it would inherit).

    A replication target is usually read-only: volumes below it cannot be written.

    Switch Read-only off, or use another dataset when this one is the target of a replication.
    """
    nearest = dataset.nearest.get()
    if nearest.readonly.get():
        fix = f"set Read-only to OFF on {nearest.name}; if it is a replication target, use another dataset"
        return fail(f"readonly is on for {nearest.name}", "readonly off", fix)
    return ok("readonly is off")


@check(Dataset, "dataset.space", "the dataset has the free space that is wanted", asks=_ASKS)
def space(dataset: Dataset) -> Finding:
    """What is available to the dataset, quotas of its ancestors included, against datasets.min_free.

    A quota on the parent limits all volumes together, however much the pool has left.

    Raise the quota, free space, or lower datasets.min_free.
    """
    nearest = dataset.nearest.get()
    available, quota = nearest.available.get(), nearest.quota.get()
    seen = f"{size(available)} free" + (f" under a quota of {size(quota)}" if quota else "")
    wanted = f"{size(dataset.min_free)} or more"
    measure = Measure("dataset_free", available, Unit.BYTES)
    if available < dataset.min_free:
        fix = (
            f"raise the quota of {nearest.name}, or free space below it"
            if quota
            else "free space in the pool, or add disks"
        )
        return fail(seen, wanted, fix, measure=measure)
    return ok(seen, wanted, measure=measure)


@check(Dataset, "dataset.own-quota", "the dataset's own quota does not stand in the way", asks=_ASKS)
def own_quota(dataset: Dataset) -> Finding:
    """Whether a quota is set on the parent dataset and how much of it is used.

    A quota on the parent is easily forgotten, and shows as volumes that cannot be created one day.

    Raise the quota before it is reached.
    """
    nearest = dataset.nearest.get()
    quota, used = nearest.quota.get(), nearest.used.get()
    if not quota:
        return ok("no quota")
    percent = 100 * used / quota
    seen = f"{percent:.3g} % of the quota of {size(quota)} is used"
    measure = Measure("quota_used", used / quota, Unit.RATIO)
    if percent > 80:  # noqa: PLR2004  (TrueNAS warns at the same share: quota_warning)
        return warn(seen, "80 % or less", f"raise the quota of {nearest.name}, or free space below it", measure=measure)
    return ok(seen, measure=measure)


@check(Dataset, "dataset.apart", "the parents do not nest")
def apart(dataset: Dataset) -> Finding:
    """Whether the parents of volumes and of detached snapshots are neither equal nor inside each other (config only).

    democratic-csi refuses to start when they overlap, and two drivers in one parent delete each other's volumes.

    Give each its own dataset, side by side: tank/k8s/volumes and tank/k8s/snapshots.
    """
    if dataset.overlaps:
        fix = "give each its own dataset, side by side, such as tank/k8s/volumes and tank/k8s/snapshots"
        return fail(f"{dataset.name} nests with {listing(dataset.overlaps)}", "datasets side by side", fix)
    return ok("no overlap")


@check(Dataset, "dataset.detached-unencrypted", "detached snapshots can be replicated", asks=_ASKS)
def detached_unencrypted(dataset: Dataset) -> Finding:
    """Whether the parents between which detached snapshots are sent are unencrypted (or would be, once created).

    A detached snapshot is a one-time replication of the volume, and that fails with encrypted datasets.

    Use parents that are not encrypted, or leave detached snapshots out of the driver's config.
    """
    if not dataset.replicated:
        return skip("no detached snapshots are configured")
    nearest = dataset.nearest.get()
    if nearest.encrypted.get():
        fix = "use an unencrypted parent for volumes and for detached snapshots, or do without detached snapshots"
        return warn(f"{nearest.name} is encrypted", "an unencrypted parent", fix)
    return ok("not encrypted")


@check(Dataset, "dataset.zvol-path", "the paths of zvols stay within the limit", asks=("system.version",))
def zvol_path(dataset: Dataset) -> Finding:
    """The length of zvol/PARENT/VOLUME against the limit of the NAS's system: 255, on FreeBSD 12 and older 63.

    A longer name makes a zvol without a device: the volume cannot be served (democratic-csi #54, #142).

    Use a shorter parent, or shorter volume names (--volume-name-uuid-length of the csi-provisioner).
    """
    if not dataset.zvols:
        return skip("its volumes are no zvols")
    limit = dataset.zvol_path_max.get()
    length = len(f"zvol/{dataset.name}/") + dataset.volume_name_length
    seen = f"{length} characters with volume names of {dataset.volume_name_length}"
    if length > limit:
        room = limit - len("zvol//") - dataset.volume_name_length
        return fail(seen, f"{limit} or fewer", f"use a parent of at most {room} characters, or shorter volume names")
    return ok(seen, f"{limit} or fewer")


CHECKS = (exists, filesystem, unlocked, writable, space, own_quota, apart, detached_unencrypted, zvol_path)
