"""The checks of NFS on the array; those that it shares with the other services are tested for all of them."""

from __future__ import annotations

import pytest

import lab
from csi_probe.finding import Status
from csi_probe_checks import iscsi, nfs, nvmeof, smb, ssh

SERVICES = [
    (nfs, lab.nfs, "nfs", "NFS"),
    (iscsi, lab.iscsi, "iscsitarget", "iSCSI"),
    (smb, lab.smb, "cifs", "SMB"),
    (nvmeof, lab.nvmeof, "nvmet", "NVMe-oF"),
    (ssh, lab.ssh_service, "ssh", "SSH"),
]
NAMES = [menu for *_, menu in SERVICES]


@pytest.mark.parametrize(("checks", "subject", "name", "menu"), SERVICES, ids=NAMES)
def test_a_service_that_does_not_run_fails(checks, subject, name, menu):
    for state in ("STOPPED", "UNKNOWN"):
        row = lab.judge(checks.running, subject(service=lab.service(name, state=state)))
        assert (row.status, row.seen, row.wanted) == (Status.FAIL, state, "RUNNING")
        assert row.fix == f"start it: System > Services > {menu}"


@pytest.mark.parametrize(("checks", "subject", "name", "menu"), SERVICES, ids=NAMES)
def test_a_service_that_does_not_start_at_boot_warns(checks, subject, name, menu):
    row = lab.judge(checks.starts_at_boot, subject(service=lab.service(name, enabled=False)))
    assert (row.status, row.seen) == (Status.WARN, "it does not start at boot")
    assert menu in row.fix


@pytest.mark.parametrize(("checks", "subject", "name", "menu"), SERVICES, ids=NAMES)
def test_a_service_that_could_not_be_asked_for_is_unknown(checks, subject, name, menu):
    for check in (checks.running, checks.starts_at_boot):
        assert lab.judge(check, subject(service=lab.LOST)).status is Status.UNKNOWN
        assert (
            lab.judge(check, subject(service=lab.service(name, state=lab.LOST, enabled=lab.LOST))).status
            is Status.UNKNOWN
        )


@pytest.mark.parametrize(
    ("enabled", "versions", "status", "fix"),
    [
        ({"NFSV3", "NFSV4"}, ("3", "4.1"), Status.OK, ""),
        ({"NFSV4"}, ("4",), Status.OK, ""),
        ({"NFSV3"}, ("4.2",), Status.FAIL, "enable NFSv4"),
        ({"NFSV4"}, ("4.2", "3"), Status.FAIL, "enable NFSv3"),
        (set(), ("3",), Status.FAIL, "enable NFSv3"),
        ({"NFSV3"}, ("any",), Status.OK, ""),
        ({"NFSV4"}, ("any",), Status.OK, ""),
        ({"NFSV3"}, ("any", "4.1"), Status.FAIL, "enable NFSv4"),
        (set(), ("any",), Status.FAIL, "enable NFSv4"),
    ],
)
def test_the_wanted_versions_must_be_on(enabled, versions, status, fix):
    config = lab.nfs_config(protocols=frozenset(enabled))
    row = lab.judge(nfs.versions, lab.nfs(config=config, versions=versions))
    assert row.status is status
    assert fix in row.fix


def test_versions_show_what_is_enabled_beside_what_is_wanted():
    row = lab.judge(nfs.versions, lab.nfs(config=lab.nfs_config(protocols=frozenset({"NFSV3"}))))
    assert (row.seen, row.wanted) == ("enabled: NFSV3", "NFSv4.2")
    assert lab.judge(nfs.versions, lab.nfs(versions=("3", "any"))).wanted == "NFSv3, any NFS version"


@pytest.mark.parametrize("check", [nfs.versions, nfs.listens], ids=lambda check: check.id)
def test_a_configuration_that_could_not_be_asked_for_is_unknown(check):
    assert lab.judge(check, lab.nfs(config=lab.LOST)).status is Status.UNKNOWN


@pytest.mark.parametrize(
    ("bind", "resolved", "own"),
    [
        ((), ("192.0.2.10",), ("192.0.2.10",)),
        (("192.0.2.10", "198.51.100.10"), ("192.0.2.10",), ("192.0.2.10", "198.51.100.10")),
        (("0.0.0.0",), ("192.0.2.10",), ("192.0.2.10",)),
        (("2001:DB8:0::10",), ("2001:db8::10",), ("2001:db8::10",)),
        (("::", "0.0.0.0"), ("2001:db8::10", "192.0.2.10"), ("192.0.2.10", "2001:db8::10")),
    ],
    ids=["everywhere", "bound", "wildcard", "IPv6 in another spelling", "both families"],
)
def test_nfs_listens_where_nodes_mount_from(bind, resolved, own):
    subject = lab.nfs(config=lab.nfs_config(bind=bind), resolved=resolved, nas_addresses=own)
    assert lab.judge(nfs.listens, subject).status is Status.OK


def test_nfs_that_is_bound_elsewhere_fails():
    row = lab.judge(nfs.listens, lab.nfs(config=lab.nfs_config(bind=("198.51.100.10",))))
    assert (row.status, row.seen) == (Status.FAIL, "NFS is bound to 198.51.100.10")
    assert "add 192.0.2.10" in row.fix


def test_a_wildcard_holds_its_own_family_only():
    subject = lab.nfs(config=lab.nfs_config(bind=("0.0.0.0",)), resolved=("2001:db8::10",))
    row = lab.judge(nfs.listens, subject)
    assert row.status is Status.FAIL
    assert "add 2001:db8::10" in row.fix


@pytest.mark.parametrize("bind", [(), ("0.0.0.0",)], ids=["everywhere", "wildcard"])
def test_an_address_that_is_not_the_nas_fails_whatever_nfs_is_bound_to(bind):
    subject = lab.nfs(config=lab.nfs_config(bind=bind), resolved=("192.0.2.100",))
    row = lab.judge(nfs.listens, subject)
    assert row.status is Status.FAIL
    assert row.seen == "192.0.2.100 is no address of the NAS; it has 192.0.2.10, 198.51.100.10"
    assert "--skip nfs.listens" in row.fix


def test_every_address_of_a_name_must_be_the_nas():
    row = lab.judge(nfs.listens, lab.nfs(address="nas", resolved=("192.0.2.10", "203.0.113.5")))
    assert (row.status, row.wanted) == (Status.FAIL, "nas")
    assert "203.0.113.5" in row.seen


def test_a_name_that_does_not_resolve_is_unknown():
    assert lab.judge(nfs.listens, lab.nfs(resolved=lab.LOST)).status is Status.UNKNOWN
