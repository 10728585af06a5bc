"""scale-csi: what follows from its config.yaml or Helm values, and what it refuses to start with."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csi_probe.config import DatasetWant, IscsiWant, NfsWant, PortalWant
from csi_probe.drivers import scale_csi, source, tree
from csi_probe.drivers.deployment import NvmeofWant, ShareWant, TargetGroupWant
from csi_probe.drivers.raw import Raw
from csi_probe.problem import Rule

EXAMPLES = Path(__file__).parent / "examples"
GOOD = "truenas: {host: nas}\nzfs: {datasetParentName: tank/k8s}\n"
NFS = "nfs: {shareHost: nas}\n"


def example(name):
    files = source.read([EXAMPLES / f"{name}.yaml"])
    assert not files.unread
    assert not files.strays
    (deployment,) = files.deployments
    assert deployment.driver == "scale-csi"
    return deployment


def config(text):
    item = tree.parse(text, "config.yaml")[0]
    return scale_csi.read(Raw(driver="scale-csi", place=item.place, config=item))


def values(text):
    item = tree.parse(text, "values.yaml")[0]
    return scale_csi.read(Raw(driver="scale-csi", place=item.place, values=item))


def found(deployment):
    return [(problem.rule, problem.key, problem.harmless) for problem in deployment.problems]


@pytest.mark.parametrize("name", ["scale-config", "scale-values", "scale-manifests"])
def test_healthy_examples_have_no_problem_and_show_no_key(name):
    seen = example(name)
    assert found(seen) == []
    assert [wanted.problems for wanted in seen.storage_classes] == [()] * len(seen.storage_classes)
    assert "canary" not in repr(seen)


def test_the_config_says_where_volumes_go_and_how_they_are_reached():
    seen = example("scale-config")
    assert seen.protocols == ("nfs", "iscsi", "nvmeof")
    assert seen.datasets == (DatasetWant(name="tank/k8s/volumes", volumes="zvol", created_by_driver=False),)
    assert seen.nfs == NfsWant(address="192.0.2.10")
    assert seen.shares == (ShareWant(networks=("192.0.2.0/24",), hosts=("198.51.100.7",)),)
    assert seen.target_groups == tuple(
        TargetGroupWant(portal=portal, initiator_group=2, auth="chap", auth_tag=5) for portal in (1, 3)
    )
    assert seen.iscsi == IscsiWant(
        portals=tuple(PortalWant(id=None, address=address) for address in ("192.0.2.11", "192.0.2.12")),
        initiator_group=2,
        auth="chap",
        auth_tag=5,
    )
    assert seen.multipath
    assert seen.nvmeof == NvmeofWant(portals=(("192.0.2.13", 4420),))
    assert seen.connection
    assert seen.connection.key is None
    assert seen.connection.ca_elsewhere


def test_the_key_out_of_the_environment_is_the_secrets():
    connection = example("scale-manifests").connection
    assert connection
    assert connection.key
    assert connection.key.reveal() == "1-canary-of-scale-csi"
    assert not connection.verify


def test_the_charts_defaults_are_nfs_and_iscsi_on_the_apis_host():
    seen = example("scale-values")
    assert seen.protocols == ("nfs", "iscsi")
    assert seen.nfs == NfsWant(address="nas.home.example", versions=("4.1",), locks=False)
    assert not seen.multipath
    assert seen.iscsi == IscsiWant(portals=(PortalWant(id=None, address="192.0.2.11", port=3261),))
    assert [wanted.name for wanted in seen.storage_classes] == ["scale-nfs", "scale-iscsi"]


def test_one_target_group_gives_the_portal_its_id():
    seen = config(f"{GOOD}iscsi: {{targetPortal: nas, targetGroups: [{{portal: 7, initiator: 8}}]}}")
    assert seen.iscsi == IscsiWant(portals=(PortalWant(id=7, address="nas"),), initiator_group=8)


def test_a_value_out_of_the_environment_is_no_value():
    seen = config("truenas: {host: $NAS}\nzfs: {datasetParentName: '${POOL}/k8s'}\nnfs: {shareHost: $NAS}\n")
    assert (seen.connection, seen.datasets, seen.nfs) == (None, (), None)
    assert found(seen) == []


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        (f"{GOOD}{NFS}", []),
        (f"{GOOD}{NFS}fencing: {{mode: off}}", []),
        (GOOD, [(Rule.COMPLETE, "enabled", False)]),
        (f"{GOOD}nfs: {{enabled: false}}", [(Rule.COMPLETE, "enabled", False)]),
        (f"{GOOD}nfs: {{enabled: true}}", [(Rule.COMPLETE, "nfs.shareHost", False)]),
        (f"truenas: {{}}\nzfs: {{datasetParentName: tank}}\n{NFS}", [(Rule.COMPLETE, "truenas.host", False)]),
        (f"truenas: {{host: nas}}\nzfs: {{}}\n{NFS}", [(Rule.COMPLETE, "zfs.datasetParentName", False)]),
        (f"truenas: {{host: nas}}\nzfs: {{datasetParentName: /mnt/tank}}\n{NFS}", [(Rule.TYPED, "zfs.datasetParentName", False)]),
        (f"{GOOD}{NFS}zsf: {{}}", [(Rule.KNOWN, "zsf", False)]),
        (f"{GOOD}{NFS}datasetParentName: tank", [(Rule.NESTED, "datasetParentName", False)]),
        (f"truenas: {{host: nas, protocol: http}}\nzfs: {{datasetParentName: a}}\n{NFS}", [(Rule.SECURE, "truenas.protocol", False)]),
        (f"truenas: {{host: nas, port: '443'}}\nzfs: {{datasetParentName: a}}\n{NFS}", [(Rule.TYPED, "truenas.port", False)]),
        (f"truenas: {{host: nas, maxConnections: 17}}\nzfs: {{datasetParentName: a}}\n{NFS}", [(Rule.TYPED, "truenas.maxConnections", False)]),
        (f"{GOOD}{NFS}fencing: {{mode: loose}}", [(Rule.TYPED, "fencing.mode", False)]),
        (f"{GOOD}nfs: {{shareHost: nas, trunking: true}}", [(Rule.COMPLETE, "nfs.addresses", False)]),
        (f"{GOOD}nfs: {{shareHost: nas, shareMaprootUser: root, shareMapallUser: bob}}", [(Rule.TYPED, "nfs.shareMapall", False)]),
        (f"{GOOD}nfs: {{shareHost: nas, shareSecurity: [krb5]}}", [(Rule.COMPLETE, "nfs.krbEnabled", False)]),
        (f"{GOOD}nfs: {{shareHost: nas, shareCommentTemplate: a}}", [(Rule.KNOWN, "nfs.shareCommentTemplate", True)]),
        (f"{GOOD}iscsi: {{targetPortal: nas, targetPortals: [a]}}", [(Rule.KNOWN, "iscsi.targetPortals", True)]),
        (f"{GOOD}nvmeof: {{transportAddress: nas}}", [(Rule.COMPLETE, "nvmeof.subsystemHosts", False)]),
        (f"{GOOD}nvmeof: {{transportAddress: nas}}\nfencing: {{mode: strict}}", []),
    ],
)  # fmt: skip
def test_each_mistake_in_the_config_is_one_problem(text, problems):
    assert found(config(text)) == problems


HELM = "truenas: {host: nas}\nzfs: {parentDataset: tank}\n"


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        (HELM, []),
        (f"{HELM}nfs: {{enabled: false}}\niscsi: {{enabled: false}}", [(Rule.COMPLETE, "enabled", False)]),
        ("truenas: {host: nas, secure: false}\nzfs: {parentDataset: tank}", [(Rule.SECURE, "truenas.secure", False)]),
        (f"{HELM}nfs: {{shareHost: nas}}", [(Rule.KNOWN, "nfs.shareHost", False)]),
        (f"{HELM}nfs: {{shareMapallUser: bob}}", [(Rule.TYPED, "nfs.shareMapall", False)]),
        (f"{HELM}nfs: {{shareMapallUser: bob, shareMaprootUser: '', shareMaprootGroup: ''}}", []),
        (f"{HELM}storageclasses: []", [(Rule.KNOWN, "storageclasses", False)]),
    ],
)
def test_each_mistake_in_values_is_one_problem(text, problems):
    assert found(values(text)) == problems


def test_a_class_for_a_protocol_that_is_off_is_refused():
    seen = values(f"{HELM}storageClasses: [{{name: a, protocol: nvmeof}}]")
    (problem,) = seen.storage_classes[0].problems
    assert (problem.rule, problem.key) == (Rule.TYPED, "storageClasses[0].protocol")


BLOCKS = st.sampled_from(["truenas", "zfs", "nfs", "iscsi", "nvmeof", "fencing", "driver"])
KEYS = st.sampled_from(["host", "port", "enabled", "shareHost", "targetPortal", "portals", "targetGroups", "multipath"])
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)


def item(value):
    place = tree.parse("a", "any.yaml")[0].place
    if isinstance(value, dict):
        return tree.Item(value={key: item(child) for key, child in value.items()}, place=place, key=place)
    if isinstance(value, list):
        return tree.Item(value=tuple(map(item, value)), place=place, key=place)
    return tree.Item(value=value, place=place, key=place, text="" if value is None else str(value))


@given(
    st.dictionaries(
        BLOCKS, SCALARS | st.dictionaries(KEYS, SCALARS | st.lists(SCALARS | st.dictionaries(KEYS, SCALARS)))
    )
)
def test_no_config_raises_whatever_it_holds(tree_of_it):
    document = item(tree_of_it)
    for raw in (
        Raw(driver="scale-csi", place=document.place, config=document),
        Raw(driver="scale-csi", place=document.place, values=document),
    ):
        assert scale_csi.read(raw).driver == "scale-csi"
