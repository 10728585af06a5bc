"""The checks of a node before the array."""

from __future__ import annotations

import pytest

import lab
from csi_probe.facts import Missing
from csi_probe.finding import Status
from csi_probe_checks import access

NODE = "192.0.2.21"
PATH = "/mnt/tank/k8s/nfs/pvc-1"


@pytest.mark.parametrize(
    ("networks", "hosts", "source"),
    [
        ((), (), NODE),
        (("192.0.2.0/24",), (), NODE),
        (("198.51.100.0/24", "192.0.2.0/24"), (), NODE),
        (("192.0.2.1/24",), (), NODE),
        ((), (NODE,), NODE),
        ((), ("*",), NODE),
        (("192.0.2.0/24",), ("worker.example.org",), NODE),
        (("0.0.0.0/0",), (), NODE),
        (("2001:db8::/64",), (), "2001:db8::21"),
        ((), ("2001:DB8:0::21",), "2001:db8::21"),
    ],
    ids=[
        "everyone",
        "network",
        "second network",
        "network with host bits",
        "host",
        "any host",
        "network beside a name",
        "all networks",
        "IPv6",
        "IPv6 in another spelling",
    ],
)
def test_a_share_admits_the_node(networks, hosts, source):
    shares = (lab.share(networks=networks, hosts=hosts),)
    row = lab.judge(access.nfs_shares, lab.nfs_access(shares=shares, source=source))
    assert (row.status, row.seen) == (Status.OK, f"1 admit {source}")


@pytest.mark.parametrize(
    ("networks", "hosts", "source"),
    [
        (("198.51.100.0/24",), (), NODE),
        ((), ("192.0.2.22",), NODE),
        (("192.0.2.0/24",), (), "2001:db8::21"),
        (("2001:db8::/64",), (), NODE),
    ],
    ids=["another network", "another host", "IPv6 node, IPv4 share", "IPv4 node, IPv6 share"],
)
def test_a_share_leaves_the_node_out(networks, hosts, source):
    shares = (lab.share(networks=networks, hosts=hosts), lab.share("/mnt/tank/k8s/nfs/pvc-2"))
    row = lab.judge(access.nfs_shares, lab.nfs_access(shares=shares, source=source))
    assert (row.status, row.seen) == (Status.FAIL, f"{PATH} does not admit {source}")
    assert f"add {source}" in row.fix


@pytest.mark.parametrize("client", ["worker.example.org", "*.example.org", "@nodes", "300.0.2.0/24"])
def test_what_only_the_nas_can_resolve_is_unknown(client):
    shares = (lab.share(networks=("198.51.100.0/24",), hosts=(client,)),)
    row = lab.judge(access.nfs_shares, lab.nfs_access(shares=shares))
    assert (row.status, row.seen) == (Status.UNKNOWN, f"{PATH} admits hosts by name")


def test_a_network_that_is_none_is_unknown_and_no_crash():
    row = lab.judge(access.nfs_shares, lab.nfs_access(shares=(lab.share(networks=("somewhere",)),)))
    assert row.status is Status.UNKNOWN
    assert PATH in row.seen


def test_two_shares_of_one_path_admit_the_clients_of_both():
    shares = (lab.share(networks=("192.0.2.0/24",)), lab.share(networks=("198.51.100.0/24",)))
    for order in (shares, shares[::-1]):
        assert lab.judge(access.nfs_shares, lab.nfs_access(shares=order)).status is Status.OK


@pytest.mark.parametrize(
    "shares", [(), (lab.share(enabled=False, networks=("198.51.100.0/24",)),)], ids=["none", "off"]
)
def test_without_a_share_that_is_on_there_is_nothing_to_judge(shares):
    row = lab.judge(access.nfs_shares, lab.nfs_access(shares=shares, source=lab.LOST))
    assert (row.status, row.blocked_by) == (Status.SKIP, "")


@pytest.mark.parametrize("field", ["source", "shares"])
def test_what_could_not_be_asked_about_shares_is_unknown(field):
    assert lab.judge(access.nfs_shares, lab.nfs_access(**{field: lab.LOST})).status is Status.UNKNOWN


@pytest.mark.parametrize(
    ("networks", "hosts"),
    [((), ()), (("192.0.2.0/24",), ()), ((), (NODE,)), ((), ("*",)), (("198.51.100.0/24",), (NODE,))],
    ids=["everyone", "network", "host", "any host", "host beside another network"],
)
def test_the_shares_to_come_admit_the_node(networks, hosts):
    assert lab.judge(access.new_shares, lab.new_shares(networks=networks, hosts=hosts)).status is Status.OK


def test_the_shares_to_come_leave_the_node_out():
    row = lab.judge(access.new_shares, lab.new_shares(networks=("198.51.100.0/24",), hosts=("192.0.2.22",)))
    assert (row.status, row.seen) == (Status.FAIL, "the driver's shares will admit 192.0.2.22, 198.51.100.0/24")
    assert row.fix.startswith(f"add {NODE} or its network")


@pytest.mark.parametrize("networks", [(), ("192.0.2.0/24",), ("198.51.100.0/24",), ("worker.example.org",)])
def test_the_shares_of_some_classes_are_told_apart(networks):
    row = lab.judge(access.new_shares, lab.new_shares(networks=networks, classes=("files", "media")))
    assert row.seen.startswith("of files, media: ")


def test_hosts_that_the_driver_names_are_only_known_to_the_nas():
    row = lab.judge(access.new_shares, lab.new_shares(networks=(), hosts=("worker.example.org",)))
    assert row.status is Status.UNKNOWN


def test_shares_for_everyone_need_no_address_and_others_do():
    assert lab.judge(access.new_shares, lab.new_shares(networks=(), source=lab.LOST)).status is Status.OK
    assert lab.judge(access.new_shares, lab.new_shares(source=lab.LOST)).status is Status.UNKNOWN


@pytest.mark.parametrize(
    "allowed",
    [(), (lab.IQN,), ("iqn.1993-08.org.debian:01:bbb", lab.IQN.upper()), ("iqn.1993-08.org.debian:*",), ("*",)],
    ids=["open", "named", "in another case", "pattern", "all"],
)
def test_the_group_admits_the_node(allowed):
    row = lab.judge(access.initiator_group, lab.iscsi_access(entry=lab.initiators(*allowed)))
    assert row.status is Status.OK


def test_the_node_is_admitted_whatever_the_case_of_its_name():
    row = lab.judge(access.initiator_group, lab.iscsi_access(initiator_name=lab.IQN.upper()))
    assert row.status is Status.OK


def test_a_node_that_the_group_leaves_out_fails_with_the_name_to_add():
    entry = lab.initiators("iqn.1993-08.org.debian:01:aa", f"{lab.IQN}a")
    row = lab.judge(access.initiator_group, lab.iscsi_access(entry=entry))
    assert row.status is Status.FAIL
    assert row.fix.startswith(f"add {lab.IQN} to the initiator group 3")


def test_an_open_group_needs_no_name_and_a_closed_one_does():
    nameless = Missing("no InitiatorName", blocked_by="node.initiator-name")
    assert (
        lab.judge(access.initiator_group, lab.iscsi_access(entry=lab.initiators(), initiator_name=nameless)).status
        is Status.OK
    )
    assert (
        lab.judge(access.initiator_group, lab.iscsi_access(initiator_name=nameless)).blocked_by == "node.initiator-name"
    )


@pytest.mark.parametrize(
    ("names", "networks", "sources", "status"),
    [
        ((), ("192.0.2.0/24",), (NODE,), Status.OK),
        ((lab.IQN,), ("198.51.100.0/24", "192.0.2.0/24"), (NODE, "198.51.100.21"), Status.OK),
        ((), ("198.51.100.0/24",), (NODE,), Status.FAIL),
        ((lab.IQN,), ("192.0.2.0/24",), (NODE, "198.51.100.21"), Status.FAIL),
        (("iqn.x",), ("192.0.2.0/24",), (NODE,), Status.FAIL),
        ((lab.IQN,), (), lab.LOST, Status.OK),
        ((lab.IQN,), ("192.0.2.0/24",), lab.LOST, Status.UNKNOWN),
    ],
)
def test_a_group_of_core_admits_the_node_by_name_and_by_network(names, networks, sources, status):
    entry = lab.initiators(*names, networks=networks)
    row = lab.judge(access.initiator_group, lab.iscsi_access(entry=entry, sources=sources))
    assert row.status is status


def test_a_network_that_leaves_the_node_out_fails_with_the_address_to_add():
    entry = lab.initiators(networks=("198.51.100.0/24",))
    row = lab.judge(access.initiator_group, lab.iscsi_access(entry=entry))
    assert (row.seen, row.wanted) == ("all initiators, only from 198.51.100.0/24", f"{NODE} is admitted")
    assert row.fix.startswith(f"add the network of {NODE} to the initiator group 3")


def test_a_group_that_could_not_be_asked_for_is_unknown():
    assert lab.judge(access.initiator_group, lab.iscsi_access(entry=lab.LOST)).status is Status.UNKNOWN
