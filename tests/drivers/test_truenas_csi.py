"""truenas-csi: what follows from its ConfigMap, environment, resource and Helm values, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csi_probe.config import DatasetWant, IscsiWant, NfsWant, PortalWant
from csi_probe.drivers import source, tree, truenas_csi
from csi_probe.drivers.deployment import Image, ShareWant
from csi_probe.drivers.raw import Raw
from csi_probe.problem import Place, Rule

EXAMPLES = Path(__file__).parent / "examples"
NAMES = ("truenas-manifests", "truenas-values", "truenas-values-old", "truenas-resource", "truenas-environment")


def example(name):
    files = source.read([EXAMPLES / f"{name}.yaml"])
    assert not files.unread
    assert not files.strays
    (deployment,) = files.deployments
    assert deployment.driver == "truenas-csi"
    return deployment


def values(text, classes=""):
    """The Deployment of these lines below "truenas:" in Helm values."""
    lines = "".join(f"  {line}\n" for line in text.splitlines())
    item = tree.parse(f"truenas:\n{lines}{classes}", "values.yaml")[0]
    return truenas_csi.read(Raw(driver="truenas-csi", place=item.place, values=item))


def found(deployment):
    return [(problem.rule, problem.key) for problem in deployment.problems]


@pytest.mark.parametrize("name", NAMES)
def test_healthy_examples_have_no_problem(name):
    deployment = example(name)
    assert deployment.problems == ()
    assert [seen.problems for seen in deployment.storage_classes] == [()] * len(deployment.storage_classes)


@pytest.mark.parametrize("name", NAMES)
def test_no_key_shows_itself(name):
    assert "canary" not in repr(example(name))
    assert "fourteen-chars" not in repr(example(name))


def test_manifests_say_where_volumes_go_and_how_they_are_reached():
    seen = example("truenas-manifests")
    assert seen.image == Image(repository="ghcr.io/truenas/truenas-csi", tag="v1.4.0")
    assert seen.protocols == ("nfs", "iscsi", "nvmeof")
    assert seen.pools == ("tank", "fast")
    assert seen.datasets == (
        DatasetWant(name="tank/k8s/files"),
        DatasetWant(name="fast/k8s/blocks", volumes="zvol"),
        DatasetWant(name="tank", volumes="zvol", created_by_driver=False),
    )
    assert seen.nfs == NfsWant(address="192.0.2.10", versions=("4.1",), locks=False)
    assert seen.shares == (ShareWant(networks=("192.0.2.0/24", "198.51.100.0/24")),)
    assert seen.iscsi == IscsiWant(portals=(PortalWant(id=None, address="192.0.2.11", port=3261),))
    assert seen.nvmeof
    assert seen.nvmeof.portals == (("192.0.2.12", 4420),)


def test_the_connection_is_the_one_that_the_driver_builds():
    connection = example("truenas-manifests").connection
    assert connection
    assert (connection.scheme, connection.host, connection.port) == ("wss", "nas.home.example", 443)
    assert not connection.verify
    assert connection.key
    assert connection.key.reveal() == "1-canary-of-truenas-csi"


def test_addresses_that_are_left_out_are_the_urls_host():
    seen = example("truenas-values")
    assert seen.csi_name == "lab.csi.truenas.io"
    assert seen.nfs
    assert (seen.nfs.address, seen.nfs.versions) == ("nas.home.example", ("any",))
    assert seen.iscsi == IscsiWant(portals=(PortalWant(id=None, address="nas.home.example"),))
    assert seen.connection
    assert seen.connection.port == 8443
    assert seen.connection.verify
    assert "BEGIN CERTIFICATE" in str(seen.connection.ca_pem)


def test_a_ca_that_the_files_only_name_is_elsewhere():
    connection = example("truenas-resource").connection
    assert connection
    assert (connection.verify, connection.ca_pem, connection.ca_elsewhere) == (True, None, True)


def test_the_resource_names_the_image():
    assert example("truenas-resource").image == Image(repository="quay.io/truenas_solutions/truenas-csi", tag="latest")


def test_the_environment_names_the_driver():
    seen = example("truenas-environment")
    assert seen.csi_name == "lab.csi.truenas.io"
    assert seen.protocols == ("nfs",)


def test_the_first_charts_spelling_of_insecure_counts():
    connection = example("truenas-values-old").connection
    assert connection
    assert not connection.verify


GOOD = "url: wss://nas\ndefaultPool: tank\n"


def test_without_a_class_nothing_is_served():
    seen = values(GOOD)
    assert (seen.protocols, seen.pools, seen.datasets, seen.nfs, seen.iscsi) == ((), ("tank",), (), None, None)


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        (GOOD, []),
        ("defaultPool: tank", [(Rule.COMPLETE, "truenas.url")]),
        ("url: wss://nas", [(Rule.COMPLETE, "truenas.defaultPool")]),
        ("url: ''\ndefaultPool: tank", [(Rule.FILLED, "truenas.url")]),
        ("url: nas.home.example\ndefaultPool: tank", [(Rule.TYPED, "truenas.url")]),
        ("url: ws://nas\ndefaultPool: tank", [(Rule.SECURE, "truenas.url")]),
        ("url: http://nas\ndefaultPool: tank", [(Rule.SECURE, "truenas.url")]),
        ("url: wss://${NAS}\ndefaultPool: tank", [(Rule.FILLED, "truenas.url")]),
        ("url: wss://nas\ndefaultPool: tank/k8s", [(Rule.TYPED, "truenas.defaultPool")]),
        (f"{GOOD}iscsiIQNBase: iqn.home", [(Rule.TYPED, "truenas.iscsiIQNBase")]),
        (f"{GOOD}iscsiPortal: '[2001:db8::1]:3260'", [(Rule.TYPED, "truenas.iscsiPortal")]),
        (f"{GOOD}iscsiPortal: 'http://nas:3260'", [(Rule.TYPED, "truenas.iscsiPortal")]),
        (f"{GOOD}skipTLSVerify: true", [(Rule.KNOWN, "truenas.skipTLSVerify")]),
        (f"{GOOD}apiKey: [a]", [(Rule.TYPED, "truenas.apiKey")]),
    ],
)
def test_each_mistake_is_one_problem(text, problems):
    assert found(values(text)) == problems


def test_an_ipv6_portal_fails_only_where_iscsi_is_served():
    ipv6 = "url: wss://[2001:db8::1]\ndefaultPool: tank"
    assert found(values(ipv6)) == []
    nfs = "storageClasses: [{name: a, parameters: {protocol: nfs}}]"
    iscsi = "storageClasses: [{name: a, parameters: {protocol: iscsi}}]"
    assert found(values(ipv6, nfs)) == []
    (problem,) = values(ipv6, iscsi).problems
    assert (problem.rule, problem.harmless, problem.seen) == (Rule.TYPED, False, "2001:db8::1")


def test_a_class_that_names_nobody_opens_its_own_shares_alone():
    classes = (
        "storageClasses:\n"
        "- {name: a, parameters: {nfs.networks: 192.0.2.0/24}}\n"
        "- {name: b, parameters: {protocol: nfs}}\n"
        "- {name: c, parameters: {nfs.networks: 192.0.2.0/24}}\n"
    )
    assert values(GOOD, classes).shares == (
        ShareWant(networks=("192.0.2.0/24",), classes=("a", "c")),
        ShareWant(classes=("b",)),
    )


@pytest.mark.parametrize(("said", "multipath"), [("'true'", True), ("'TRUE'", True), ("'false'", False), ("", False)])
def test_a_class_says_whether_multipath_is_used(said, multipath):
    classes = f"storageClasses: [{{name: a, parameters: {{protocol: iscsi, iscsi.multipathEnabled: {said}}}}}]"
    assert values(GOOD, classes).multipath is multipath


def test_classes_with_one_parent_are_one_dataset():
    classes = (
        "storageClasses:\n"
        "- {name: a, parameters: {datasetPath: k8s}}\n"
        "- {name: b, parameters: {protocol: iscsi, datasetPath: k8s}}\n"
    )
    assert values(GOOD, classes).datasets == (DatasetWant(name="tank/k8s", volumes="zvol"),)


def test_the_older_mount_options_of_a_class_say_the_version_too():
    classes = "storageClasses: [{name: a, parameters: {nfs.mountOptions: 'hard,nfsvers=3'}}]"
    assert values(GOOD, classes).nfs == NfsWant(address="nas", versions=("3",))


SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=20)


@given(
    st.dictionaries(st.sampled_from(["truenasURL", "defaultPool", "iscsiPortal", "TRUENAS_URL", "trustedCA"]), SCALARS)
)
def test_no_setting_raises_whatever_it_holds(settings):
    place = Place("any.yaml", 1, 1)
    items = {
        key: tree.Item(value=value, place=place, key=place, text="" if value is None else str(value))
        for key, value in settings.items()
    }
    assert truenas_csi.read(Raw(driver="truenas-csi", place=place, settings=items)).driver == "truenas-csi"
