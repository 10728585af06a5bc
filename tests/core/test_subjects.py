"""Config and answers become subjects: what is wanted stands beside what was seen, what is lost names its root."""

from __future__ import annotations

from pathlib import Path

import pytest

import lab
from csi_probe import snapshot, subjects
from csi_probe.config import (
    Config,
    DatasetWant,
    IscsiWant,
    NfsWant,
    NodeWant,
    PoolWant,
    PortalWant,
    TrueNAS,
)
from csi_probe.contact import Session, Trust
from csi_probe.facts import Known, Missing
from csi_probe.node import interview as node
from csi_probe.secret import SecretSource
from csi_probe.truenas import interview as truenas
from csi_probe.truenas import questions as ask

NAS = TrueNAS(url="https://nas", api_key=SecretSource(env="KEY"))
PORTALS = (PortalWant(id=2, address="192.0.2.10"), PortalWant(id=3, address="198.51.100.10", port=3261))
WHOLE = Config(
    driver="democratic-csi",
    truenas=NAS,
    pools=(PoolWant(name="tank", max_used=90.0),),
    datasets=(DatasetWant(name="tank/k8s/nfs", detached_snapshots="tank/k8s/nfs-snaps"),),
    nfs=NfsWant(address="192.0.2.10"),
    iscsi=IscsiWant(portals=PORTALS, initiator_group=3, auth="mutual-chap", auth_tag=5, targets=("csi-static",)),
    nodes=(NodeWant(name="worker-1"), NodeWant(name="worker-2", local=True)),
)
ANSWERS = {
    ask.API_KEYS.method: (lab.key(),),
    ask.POOLS.method: (lab.pool_entry(),),
    ask.DATASETS.method: (lab.dataset_entry(name="tank", available=7), lab.dataset_entry()),
    ask.SERVICES.method: (lab.service("nfs"), lab.service("iscsitarget", state="STOPPED")),
    ask.NFS_CONFIG.method: lab.nfs_config(),
    ask.NFS_SHARES.method: (lab.share(),),
    ask.ADDRESSES.method: ("192.0.2.10", "198.51.100.10"),
    ask.ISCSI_CONFIG.method: lab.iscsi_config(),
    ask.PORTALS.method: (lab.portal_entry(), lab.portal_entry("198.51.100.10", id=3)),
    ask.INITIATORS.method: (lab.initiators(),),
    ask.AUTHS.method: (lab.auth(),),
    ask.TARGETS.method: (lab.target_entry(),),
    ask.EXTENTS.method: (lab.extent(),),
    ask.MAPPINGS.method: (),
}


def interview(answers=None, answers_to=None, **changes):
    """A visit to the NAS that brought `answers` over the healthy ones."""
    given = ANSWERS | (answers or {})
    facts = {method: value if isinstance(value, Missing) else Known(value) for method, value in given.items()}
    healthy = lab.nas()
    visit = {
        "reachable": healthy.reachable,
        "certificate": healthy.certificate,
        "api": healthy.api,
        "login": healthy.login,
        "version": healthy.version,
        "clock": Known(3.0),
        "slowest": healthy.slowest,
        "answers": answers_to or truenas.Answers(facts),
    }
    return truenas.Interview(**visit | changes)


def visited(**changes):
    return node.NodeInterview(Known(Session("local shell", 0.1)), lab.answers(**changes))


def seen(**changes):
    healthy = {
        "now": lab.NOW,
        "roles_wanted": frozenset({"POOL_READ"}),
        "nas": interview(),
        "nodes": {"worker-1": visited(), "worker-2": visited(initiator_name=f"{lab.IQN}2")},
        "resolved": {"192.0.2.10": Known(("192.0.2.10",)), "198.51.100.10": Known(("198.51.100.10",))},
    }
    return subjects.Seen(**healthy | changes)


def made(config=WHOLE, **changes):
    return list(subjects.subjects([(config, seen(**changes))]))


def of(kind, found):
    return [subject for subject in found if type(subject) is kind]


def one(kind, found):
    (subject,) = of(kind, found)
    return subject


# --- which there are


def test_a_whole_config_has_the_subjects_of_every_kind_that_it_promises():
    assert {type(subject) for subject in made()} == subjects.kinds(WHOLE)


@pytest.mark.parametrize(
    ("config", "kinds"),
    [
        (Config(), set()),
        (Config(truenas=NAS), {snapshot.Nas}),
        (Config(nodes=WHOLE.nodes), {snapshot.Node}),
        (Config(nodes=WHOLE.nodes, iscsi=IscsiWant(portals=PORTALS), nfs=WHOLE.nfs), {snapshot.Node, snapshot.Fleet}),
        (Config(truenas=NAS, iscsi=IscsiWant(portals=PORTALS)), {snapshot.Nas, snapshot.Iscsi, snapshot.Portal}),
        (Config(truenas=NAS, nfs=WHOLE.nfs), {snapshot.Nas, snapshot.Nfs}),
        (Config(truenas=NAS, datasets=WHOLE.datasets), {snapshot.Nas, snapshot.Pool, snapshot.Dataset}),
    ],
    ids=["nothing", "array", "nodes", "nodes of a driver", "iSCSI without ids", "NFS", "datasets"],
)
def test_the_kinds_that_are_promised_are_those_that_are_made(config, kinds):
    assert {type(subject) for subject in made(config)} == kinds | {snapshot.Scope} == subjects.kinds(config)


def test_every_subject_has_a_label_and_the_report_goes_from_the_array_to_the_nodes():
    labels = [subject.label for subject in made()]
    assert labels[:2] == ["this run", "truenas"]
    assert labels[-1] == "all nodes"
    assert {"pool tank", "dataset tank/k8s/nfs", "portal 2", "portal 3", "target csi-static", "node worker-1"} <= set(
        labels
    )


def test_what_the_nas_was_not_asked_is_missing_and_never_empty():
    found = made(nas=interview(answers_to=truenas.Answers({})))
    assert one(snapshot.Pool, found).names == Missing("pool.query was not asked")


def test_without_a_visit_there_is_no_array_and_the_rest_is_missing():
    found = made(nas=None)
    assert of(snapshot.Nas, found) == []
    assert isinstance(one(snapshot.Pool, found).names, Missing)
    assert isinstance(of(snapshot.Dataset, found)[0].zvol_path_max, Missing)


# --- the array


@pytest.mark.parametrize(
    ("changes", "trust"),
    [
        ({}, Trust.SYSTEM),
        ({"ca_file": Path("/ca.pem")}, Trust.CA_FILE),
        ({"fingerprint": "ab" * 32}, Trust.FINGERPRINT),
        ({"verify": False}, Trust.OFF),
    ],
)
def test_the_array_says_how_it_is_trusted(changes, trust):
    want = TrueNAS(url="https://nas", api_key=SecretSource(env="KEY"), **changes)
    assert one(snapshot.Nas, made(Config(truenas=want))).trust is trust


def test_the_key_is_its_own_row_or_missing():
    assert one(snapshot.Nas, made()).key == Known(lab.key())
    assert isinstance(one(snapshot.Nas, made(nas=interview({ask.API_KEYS.method: ()}))).key, Missing)
    assert one(snapshot.Nas, made(nas=interview({ask.API_KEYS.method: lab.LOST}))).key is lab.LOST


# --- pools


def test_the_pools_of_datasets_are_looked_at_with_the_defaults_and_each_once():
    config = Config(
        truenas=NAS, datasets=(DatasetWant(name="tank/a"), DatasetWant(name="ssd/b"), DatasetWant(name="ssd/c"))
    )
    assert [(pool.name, pool.max_used) for pool in of(snapshot.Pool, made(config))] == [("tank", 80.0), ("ssd", 80.0)]
    assert one(snapshot.Pool, made()).max_used == 90.0


def test_the_free_space_of_a_pool_is_that_of_its_root_dataset():
    assert one(snapshot.Pool, made()).free == Known(7)


def test_a_pool_that_is_not_there_blocks_what_it_would_have():
    pool = one(snapshot.Pool, made(nas=interview({ask.POOLS.method: (), ask.DATASETS.method: ()})))
    assert pool.names == Known(())
    assert pool.entry.blocked_by == pool.free.blocked_by == "pool.exists"


def test_pools_that_could_not_be_asked_for_are_missing_for_that_reason():
    pool = one(snapshot.Pool, made(nas=interview({ask.POOLS.method: lab.LOST, ask.DATASETS.method: lab.BLOCKED})))
    assert (pool.names, pool.entry, pool.free) == (lab.LOST, lab.LOST, lab.BLOCKED)


# --- datasets


def datasets(*wants, entries=(), **changes):
    config = Config(truenas=NAS, datasets=wants)
    return of(snapshot.Dataset, made(config, nas=interview({ask.DATASETS.method: entries}, **changes)))


def entries(*names):
    return tuple(lab.dataset_entry(name=name) for name in names)


@pytest.mark.parametrize(
    ("there", "nearest"),
    [
        (("tank", "tank/a", "tank/a/b"), "tank/a/b"),
        (("tank", "tank/a"), "tank/a"),
        (("tank/a", "tank"), "tank/a"),
        (("tank",), "tank"),
        (("tank", "tank/a/bb"), "tank"),
    ],
)
def test_the_nearest_is_the_closest_ancestor_that_exists(there, nearest):
    (dataset,) = datasets(DatasetWant(name="tank/a/b"), entries=entries(*there))
    assert dataset.nearest.get().name == nearest
    assert dataset.entry.then(bool) == Known(nearest == "tank/a/b")


def test_without_any_ancestor_the_pool_is_what_is_missing():
    (dataset,) = datasets(DatasetWant(name="tank/a"), entries=entries("ssd"))
    assert (dataset.entry, dataset.nearest.blocked_by) == (Known(None), "pool.exists")


def test_without_a_driver_that_creates_it_an_ancestor_does_not_count():
    (dataset,) = datasets(DatasetWant(name="tank/a", created_by_driver=False), entries=entries("tank"))
    assert (dataset.entry, dataset.nearest.blocked_by) == (Known(None), "dataset.exists")
    (there,) = datasets(DatasetWant(name="tank/a", created_by_driver=False), entries=entries("tank", "tank/a"))
    assert there.nearest.get().name == "tank/a"


def test_datasets_that_could_not_be_asked_for_are_missing_for_that_reason():
    (dataset,) = datasets(DatasetWant(name="tank/a"), entries=lab.LOST)
    assert dataset.entry is dataset.nearest is lab.LOST


@pytest.mark.parametrize(
    ("names", "overlaps"),
    [
        (("tank/a", "tank/b"), [(), ()]),
        (("tank/a", "tank/ab"), [(), ()]),
        (("tank/a", "tank/a/b"), [("tank/a/b",), ("tank/a",)]),
        (("tank/a", "tank/a"), [("tank/a",)]),
        (("tank", "ssd/b", "tank/c/d"), [("tank/c/d",), (), ("tank",)]),
    ],
    ids=["side by side", "same beginning", "inside", "equal", "pool"],
)
def test_parents_that_nest_are_found_both_ways(names, overlaps):
    assert [dataset.overlaps for dataset in datasets(*(DatasetWant(name=name) for name in names))] == overlaps


def test_detached_snapshots_are_a_parent_of_their_own_without_zvols():
    volumes, snapshots = datasets(DatasetWant(name="tank/v", volumes="zvol", detached_snapshots="tank/v/s"))
    assert (volumes.name, volumes.zvols, volumes.overlaps) == ("tank/v", True, ("tank/v/s",))
    assert (snapshots.name, snapshots.zvols, snapshots.overlaps) == ("tank/v/s", False, ("tank/v",))


@pytest.mark.parametrize(("release", "limit"), [("12.0", 63), ("11.3", 63), ("13.0", 255), ("25.10.1", 255)])
def test_the_path_of_a_zvol_is_limited_by_the_release(release, limit):
    (dataset,) = datasets(DatasetWant(name="tank/a"), version=Known(lab.version(release)))
    assert dataset.zvol_path_max == Known(limit)


# --- NFS


def test_the_service_is_found_by_its_name():
    found = made()
    assert one(snapshot.Nfs, found).service.get().name == "nfs"
    assert one(snapshot.Iscsi, found).service.get().state.get() == "STOPPED"
    gone = one(snapshot.Nfs, made(nas=interview({ask.SERVICES.method: ()}))).service
    assert gone == Missing("the NAS lists no service nfs")


@pytest.mark.parametrize(
    ("paths", "judged"),
    [
        (("/mnt/tank/k8s/nfs/pvc-1",), True),
        (("/mnt/tank/k8s/nfs",), True),
        (("/mnt/tank/k8s/nfs-snaps/x",), True),
        (("/mnt/elsewhere", "/mnt/tank/k8s/nfs/pvc-1"), True),
        (("/mnt/tank/k8s/nfs2/pvc-1",), False),
        (("/mnt/tank/media",), False),
        (("/mnt/tank",), False),
        ((), False),
    ],
)
def test_only_shares_below_the_parents_are_judged_and_not_those_of_the_whole_pool(paths, judged):
    share = lab.share(paths=paths)
    access = of(snapshot.NfsAccess, made(nas=interview({ask.NFS_SHARES.method: (share,)})))
    assert [found.shares for found in access] == [Known((share,) if judged else ())] * 2


def test_the_source_of_a_node_is_the_one_for_the_address_of_nfs():
    nodes = {
        "worker-1": visited(sources={"192.0.2.10": "192.0.2.21", "198.51.100.10": "198.51.100.21"}),
        "worker-2": visited(sources={}),
    }
    first, second = of(snapshot.NfsAccess, made(nodes=nodes))
    assert (first.source, second.source) == (Known("192.0.2.21"), Missing("the node has no route to 192.0.2.10"))
    lost, not_asked = of(snapshot.NfsAccess, made(nodes={"worker-1": visited(sources=lab.LOST)}))
    assert lost.source is lab.LOST
    assert isinstance(not_asked.source, Missing)


# --- iSCSI


def test_portals_are_found_by_id():
    first, second = of(snapshot.Portal, made())
    assert (first.entry.get().id, second.entry.get().id) == (2, 3)
    assert (second.address, second.port, second.resolved) == ("198.51.100.10", 3261, Known(("198.51.100.10",)))


@pytest.mark.parametrize(
    ("question", "kind", "root"),
    [
        (ask.PORTALS, snapshot.Portal, "iscsi.portal-exists"),
        (ask.INITIATORS, snapshot.IscsiAccess, "iscsi.initiator-group-exists"),
        (ask.TARGETS, snapshot.Target, "iscsi.target-exists"),
    ],
    ids=["portal", "initiator group", "target"],
)
def test_what_is_not_there_blocks_and_what_could_not_be_asked_for_is_lost(question, kind, root):
    assert {found.entry.blocked_by for found in of(kind, made(nas=interview({question.method: ()})))} == {root}
    assert {found.entry for found in of(kind, made(nas=interview({question.method: lab.LOST})))} == {lab.LOST}


def test_a_target_is_to_name_what_the_config_names():
    target = one(snapshot.Target, made())
    assert (target.portals, target.initiator_group, target.auth_tag) == ((2, 3), 3, 5)
    assert one(snapshot.AuthGroup, made()).mutual


def test_each_node_stands_before_the_initiator_group_with_its_name():
    nameless = {"worker-1": visited(initiator_name=Known(None)), "worker-2": visited(initiator_name="")}
    for access in of(snapshot.IscsiAccess, made(nodes=nameless)):
        assert access.initiator_name.blocked_by == "node.initiator-name"
    first, second = of(snapshot.IscsiAccess, made(nodes={"worker-1": visited(initiator_name=lab.LOST)}))
    assert first.initiator_name is lab.LOST
    assert isinstance(second.initiator_name, Missing)
    assert [access.initiator_name for access in of(snapshot.IscsiAccess, made())] == [
        Known(lab.IQN),
        Known(f"{lab.IQN}2"),
    ]


def test_a_node_stands_before_the_group_with_its_addresses_towards_all_portals():
    both = {"192.0.2.10": "192.0.2.21", "198.51.100.10": "198.51.100.21"}
    (first, second) = of(
        snapshot.IscsiAccess,
        made(nodes={"worker-1": visited(sources=both), "worker-2": visited(sources={"192.0.2.10": "192.0.2.22"})}),
    )
    assert first.sources == Known(("192.0.2.21", "198.51.100.21"))
    assert second.sources == Missing("the node has no route to 198.51.100.10")


# --- nodes


def test_a_node_needs_what_the_driver_and_the_protocols_need():
    worker = of(snapshot.Node, made())[0]
    assert (worker.nfs_versions, worker.iscsi, worker.multipath) == (("4.2",), True, True)
    one_portal = Config(nodes=WHOLE.nodes, iscsi=IscsiWant(portals=PORTALS[:1]))
    bare = of(snapshot.Node, made(one_portal))[0]
    assert (bare.nfs_versions, bare.iscsi, bare.multipath) == ((), True, False)


def test_a_node_serves_what_a_driver_s_own_config_serves():
    nodes = [node for node in of(snapshot.Node, made()) if node.smb or node.nvmeof]
    assert nodes == []
    driver = Config(nodes=WHOLE.nodes, protocols=("smb", "nvmeof", "iscsi"))
    worker = of(snapshot.Node, made(driver))[0]
    assert (worker.smb, worker.nvmeof, worker.iscsi) == (True, True, True)
    assert len(of(snapshot.Fleet, made(driver))) == 1


@pytest.mark.parametrize(
    ("versions", "locks", "wanted"), [(("4.2",), True, False), (("3", "4.1"), True, True), (("3",), False, False)]
)
def test_a_node_locks_where_nfsv3_is_mounted_without_nolock(versions, locks, wanted):
    nfs = NfsWant(address="192.0.2.10", versions=versions, locks=locks)
    assert of(snapshot.Node, made(Config(nodes=WHOLE.nodes, nfs=nfs)))[0].nfs_locks is wanted


def test_clocks_are_held_against_the_nas_or_else_against_the_probe():
    with_nas = of(snapshot.Node, made())[0]
    assert (with_nas.reference, with_nas.reference_clock) == ("the NAS", 3.0)
    for nas in (None, interview(clock=lab.LOST)):
        without = of(snapshot.Node, made(nas=nas))[0]
        assert (without.reference, without.reference_clock) == ("the probe", 0.0)


def test_nodes_that_were_not_visited_are_no_subjects_but_count_in_the_fleet():
    found = made(nodes={"worker-1": visited()})
    assert [subject.name for subject in of(snapshot.Node, found)] == ["worker-1"]
    names = one(snapshot.Fleet, found).initiator_names
    assert names["worker-1"] == Known(lab.IQN)
    assert isinstance(names["worker-2"], Missing)


# --- what is asked


def test_datasets_to_ask_for_are_the_parents_and_the_roots_of_pools_each_once():
    assert subjects.dataset_names(WHOLE) == ("tank/k8s/nfs", "tank/k8s/nfs-snaps", "tank")


def test_storage_addresses_are_those_of_nfs_and_of_the_portals_each_once():
    assert subjects.storage_addresses(WHOLE) == ("192.0.2.10", "198.51.100.10")
    assert subjects.storage_addresses(Config()) == ()


@pytest.mark.parametrize(
    ("host", "address"), [("192.0.2.10", "192.0.2.10"), ("2001:DB8:0::10", "2001:db8::10"), ("nas", None)]
)
def test_an_address_is_literal_in_its_shortest_form(host, address):
    assert subjects.literal(host) == (address and (address,))
