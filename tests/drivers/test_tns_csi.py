"""tns-csi: what follows from its Helm values, or its Secret and StorageClasses, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from csi_probe.config import DatasetWant, IscsiWant, NfsWant, PortalWant
from csi_probe.drivers import source, tns_csi, tree
from csi_probe.drivers.deployment import Image, NvmeofWant, TargetGroupWant
from csi_probe.drivers.raw import Raw
from csi_probe.problem import Rule

EXAMPLES = Path(__file__).parent / "examples"
GOOD = "truenas: {url: 'wss://nas/api/current'}\n"
CLASS = "name: a, enabled: true, pool: tank, server: 192.0.2.1"


def example(name):
    files = source.read([EXAMPLES / f"{name}.yaml"])
    assert not files.unread
    assert not files.strays
    (deployment,) = files.deployments
    assert deployment.driver == "tns-csi"
    return deployment


def values(text):
    item = tree.parse(text, "values.yaml")[0]
    return tns_csi.read(Raw(driver="tns-csi", place=item.place, values=item))


def found(deployment):
    classes = (problem for seen in deployment.storage_classes for problem in seen.problems)
    return [(problem.rule, problem.key) for problem in (*deployment.problems, *classes)]


@pytest.mark.parametrize("name", ["tns-values", "tns-manifests"])
def test_healthy_examples_have_no_problem_and_show_no_key(name):
    assert found(example(name)) == []
    assert "canary" not in repr(example(name))


def test_values_say_where_volumes_go_and_how_they_are_reached():
    seen = example("tns-values")
    assert seen.image == Image(repository="bfenski/tns-csi", tag="v0.17.5")
    assert seen.protocols == ("nfs", "iscsi", "nvmeof", "smb")
    assert seen.pools == ("tank", "fast")
    assert seen.nfs == NfsWant(address="192.0.2.10", versions=("4.1",), locks=False)
    assert seen.smb == ("192.0.2.10",)
    assert seen.iscsi == IscsiWant(portals=(PortalWant(id=2, address="192.0.2.11", port=3261),), initiator_group=3)
    assert seen.target_groups == (TargetGroupWant(portal=2, initiator_group=3),)
    assert not seen.multipath
    assert seen.nvmeof == NvmeofWant(portals=(("192.0.2.12", 4420),), port_ids=(4,))
    assert seen.names == ("lab-", "")


def test_parents_have_to_be_there_but_that_of_detached_snapshots_is_made():
    assert example("tns-values").datasets == (
        DatasetWant(name="tank/k8s/files", created_by_driver=False, volume_name_length=44),
        DatasetWant(name="tank/csi-detached-snapshots"),
        DatasetWant(name="tank/k8s/blocks", volumes="zvol", created_by_driver=False),
        DatasetWant(name="fast", volumes="zvol", created_by_driver=False),
        DatasetWant(name="fast/csi-detached-snapshots"),
    )


def test_a_class_that_is_off_is_not_there():
    assert [seen.name for seen in example("tns-values").storage_classes] == [
        "tns-nfs", "tns-iscsi", "tns-nvmeof", "tns-smb",
    ]  # fmt: skip


def test_nested_and_flat_parameters_say_the_same():
    parameters = [seen.parameters for seen in example("tns-values").storage_classes]
    assert parameters[0]["zfs.compression"] == "lz4"
    assert parameters[1]["zfs.sparse"] == "true"


def test_a_secret_and_manifests_say_the_same():
    seen = example("tns-manifests")
    assert seen.connection
    assert (seen.connection.scheme, seen.connection.host) == ("wss", "2001:db8::10")
    assert seen.connection.key
    assert seen.connection.key.reveal() == "1-canary-of-tns-csi"
    assert seen.nfs == NfsWant(address="2001:db8::10", versions=("4.2",), locks=False)
    assert seen.datasets == (
        DatasetWant(name="tank", created_by_driver=False, volume_name_length=63),
        DatasetWant(name="tank/backup"),
    )


def test_without_ids_the_first_portal_and_initiator_group_are_taken():
    seen = values(f"{GOOD}storageClasses: [{{{CLASS}, protocol: iscsi}}]")
    assert seen.iscsi == IscsiWant(portals=(PortalWant(address="192.0.2.1", first=True),))
    assert seen.target_groups == (TargetGroupWant(portal=None, initiator_group=None),)


def classes(*entries):
    listed = "".join(f"- {{name: c{number}, enabled: true, pool: tank, {one}}}\n" for number, one in enumerate(entries))
    return values(f"{GOOD}storageClasses:\n{listed}")


def test_what_several_classes_name_is_all_kept():
    nfs = classes("protocol: nfs, server: a", "protocol: nfs, server: b", "protocol: nfs, server: a").nfs
    assert nfs
    assert nfs.addresses == ("a", "b")
    assert classes("protocol: smb, server: a", "protocol: smb, server: '[2001:db8::1]'").smb == ("a", "2001:db8::1")
    iscsi = classes(
        "protocol: iscsi, server: a, parameters: {portalId: 1, initiatorId: 3}",
        "protocol: iscsi, server: b, parameters: {initiatorId: 6}",
    )
    assert iscsi.target_groups == (
        TargetGroupWant(portal=1, initiator_group=3),
        TargetGroupWant(portal=None, initiator_group=6),
    )
    assert iscsi.iscsi
    assert [(portal.id, portal.first) for portal in iscsi.iscsi.portals] == [(1, False), (None, True)]
    assert not iscsi.multipath


def test_skip_tls_verify_works_for_wss_alone():
    urls = ("wss://nas/api/current", "https://nas/api/current")
    seen = [values(f"truenas: {{url: '{url}', skipTLSVerify: true}}").connection for url in urls]
    assert [connection and connection.verify for connection in seen] == [False, True]


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        (GOOD, []),
        ("truenas: {existingSecret: tns}", []),
        ("truenas: {apiKey: a}", [(Rule.COMPLETE, "truenas.url")]),
        ("truenas: {url: ''}", [(Rule.COMPLETE, "truenas.url")]),
        ("storageClasses: []", [(Rule.COMPLETE, "truenas"), (Rule.COMPLETE, "truenas.url")]),
        ("truenas: {url: 'wss://nas'}", [(Rule.TYPED, "truenas.url")]),
        ("truenas: {url: 'wss://nas/websocket'}", [(Rule.TYPED, "truenas.url")]),
        ("truenas: {url: 'wss://nas/api/v25.10.0'}", []),
        ("truenas: {url: 'ws://nas/api/current'}", [(Rule.SECURE, "truenas.url")]),
        ("truenas: {url: 'nas:443/api/current'}", [(Rule.TYPED, "truenas.url")]),
        ("truenas: {url: '${TNS_URL}'}", [(Rule.FILLED, "truenas.url")]),
        ("truenas: {url: 'wss://nas/api/current', insecureSkipTLS: true}", [(Rule.KNOWN, "truenas.insecureSkipTLS")]),
        (f"{GOOD}csiDriverName: lab.tns.csi.io", [(Rule.TYPED, "csiDriverName")]),
        (
            f"{GOOD}storageClasses: [{{{CLASS}, protocol: iscsi, portalId: 1}}]",
            [(Rule.NESTED, "storageClasses[0].portalId")],
        ),
        (
            f"{GOOD}storageClasses: [{{name: a, enabled: true, protocol: nfs, pool: tank}}]",
            [(Rule.COMPLETE, "storageClasses[0].server")],
        ),
        (
            f"{GOOD}storageClasses: [{{{CLASS}, protocol: nfs, mountOptions: [nfsvers=4.2]}}]",
            [(Rule.MOUNT, "mountOptions")],
        ),
    ],
)
def test_each_mistake_is_one_problem(text, problems):
    assert found(values(text)) == problems
