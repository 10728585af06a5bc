"""Config and answers -> the Snapshot's subjects: what is wanted is put beside what was seen. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from csi_probe.config import Config
from csi_probe.snapshot import (
    AuthGroup,
    Dataset,
    Fleet,
    InitiatorGroup,
    Iscsi,
    IscsiAccess,
    Nas,
    Nfs,
    NfsAccess,
    Node,
    Pool,
    Portal,
    Subject,
    Target,
)
from csi_probe.subjects.dataset import datasets, pools
from csi_probe.subjects.iscsi import iscsi
from csi_probe.subjects.nfs import nfs
from csi_probe.subjects.node import nodes
from csi_probe.subjects.seen import Seen, dataset_names, literal, storage_addresses
from csi_probe.subjects.truenas import nas

__all__ = ["Seen", "dataset_names", "kinds", "literal", "storage_addresses", "subjects"]


def kinds(config: Config) -> frozenset[type]:
    """The kinds of subject that this config will have: they decide what has to be asked."""
    array, nodes = config.truenas is not None, bool(config.nodes)
    have = {
        Nas: array,
        Pool: bool(config.pools or config.datasets),
        Dataset: bool(config.datasets),
        Nfs: array and config.nfs is not None,
        NfsAccess: array and nodes and config.nfs is not None,
        Iscsi: array and config.iscsi is not None,
        Portal: array and config.iscsi is not None,
        InitiatorGroup: array and config.iscsi is not None and config.iscsi.initiator_group is not None,
        IscsiAccess: array and nodes and config.iscsi is not None and config.iscsi.initiator_group is not None,
        AuthGroup: array and config.iscsi is not None and config.iscsi.auth_tag is not None,
        Target: array and config.iscsi is not None and bool(config.iscsi.targets),
        Node: nodes,
        Fleet: nodes and config.iscsi is not None,
    }
    return frozenset(kind for kind, there in have.items() if there)


def subjects(config: Config, seen: Seen) -> Iterator[Subject]:
    """Every subject, in the order of the report."""
    if config.truenas and seen.nas:
        yield nas(config, config.truenas, seen, seen.nas)
    yield from pools(config, seen)
    yield from datasets(config, seen)
    if config.truenas and config.nfs:
        yield from nfs(config, config.nfs, seen)
    if config.truenas and config.iscsi:
        yield from iscsi(config, config.iscsi, seen)
    yield from nodes(config, seen)
