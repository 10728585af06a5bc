"""What two drivers must not share."""

from __future__ import annotations

import pytest

import lab
from csi_probe.config import DatasetWant
from csi_probe.drivers.clashes import clashes

ELSEWHERE = lab.connection(host="192.0.2.99")


def other(parent="tank/other", **changes):
    """A second driver that shares nothing with lab.deployment()."""
    apart = {"csi_name": "org.example.other", "datasets": (DatasetWant(name=parent),), "names": ("other-", "")}
    return lab.deployment(**apart | changes)


def keys(*deployments):
    return [(problem.key, problem.harmless) for problem in clashes(deployments)]


def test_drivers_side_by_side_share_nothing():
    assert keys(lab.deployment(), other()) == []
    assert keys(lab.deployment()) == []


@pytest.mark.parametrize("connection", [lab.connection(), ELSEWHERE], ids=["one array", "two arrays"])
def test_one_name_for_two_drivers_clashes_wherever_their_volumes_are(connection):
    clashing = other(csi_name="org.democratic-csi.iscsi", connection=connection)
    assert keys(lab.deployment(), clashing) == [("csiDriver.name", False)]


def test_names_that_are_not_known_do_not_clash():
    assert keys(lab.deployment(csi_name=None), other(csi_name=None)) == []


@pytest.mark.parametrize(
    ("parent", "found"),
    [
        ("tank/k8s/iscsi", [("parent dataset", False)]),
        ("tank/k8s/iscsi/b", [("parent dataset", True)]),
        ("tank/k8s/snaps/b", [("parent dataset", True)]),
        ("tank/k8s", [("parent dataset", True), ("parent dataset", True)]),
        ("tank/k8s/iscsi2", []),
    ],
    ids=["the same", "inside", "inside the snapshots", "around both", "same beginning"],
)
def test_one_parent_for_two_drivers_fails_and_nested_ones_warn(parent, found):
    assert keys(lab.deployment(), other(parent)) == found
    assert keys(lab.deployment(), other(parent, connection=ELSEWHERE)) == []


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"names": ("", "")}, [("namePrefix", True)]),
        ({"names": ("", "-blue")}, []),
        ({"names": ("", ""), "protocols": ("nfs",)}, []),
        ({"names": ("", ""), "connection": ELSEWHERE}, []),
    ],
    ids=["the same", "a suffix", "shares have paths", "two arrays"],
)
def test_one_prefix_for_two_drivers_warns_where_names_are_global(changes, found):
    assert keys(lab.deployment(), other(**changes)) == found


def test_a_clash_names_both_files():
    (problem,) = clashes([lab.deployment(), other("tank/k8s/iscsi")])
    assert problem.seen == "tank/k8s/iscsi (driver.yaml:1:1) and tank/k8s/iscsi (driver.yaml:1:1)"
