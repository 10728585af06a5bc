"""The checks of NVMe-oF's ports; its service is tested beside that of NFS."""

from __future__ import annotations

import pytest

import lab
from csi_probe.finding import Status
from csi_probe_checks import nvmeof

FC = lab.nvmet_port(id=9, address="21:00:00:24:ff:00:00:01", transport="FC", port=None)


def at(*ports, **changes):
    """A port that is wanted by the address to which nodes are sent."""
    sent = {"id": None, "address": "nas.example.org", "port": 4420, "resolved": (lab.ADDRESS,)}
    return lab.nvmeof_port(ports=ports, **sent | changes)


@pytest.mark.parametrize(
    "subject",
    [
        lab.nvmeof_port(ports=(FC, lab.nvmet_port())),
        at(lab.nvmet_port()),
        at(FC, lab.nvmet_port(id=4)),
        at(lab.nvmet_port(address="0.0.0.0")),
        at(lab.nvmet_port(address="::")),
        at(lab.nvmet_port(address="2001:DB8:0::10"), resolved=("2001:db8::10",)),
        at(lab.nvmet_port(), resolved=("2001:db8::10", lab.ADDRESS)),
        at(lab.nvmet_port(transport="RDMA"), lab.nvmet_port(id=2)),
        at(lab.nvmet_port(enabled=False), lab.nvmet_port(id=2)),
        at(lab.nvmet_port(port=4421), lab.nvmet_port(id=2)),
        lab.nvmeof_port(ports=(lab.nvmet_port(port=4421),)),
    ],
    ids=[
        "by id",
        "by address",
        "among others",
        "wildcard",
        "wildcard of IPv6",
        "IPv6 in another spelling",
        "one of two addresses",
        "beside RDMA",
        "beside a disabled one",
        "beside another port",
        "an id goes with any port",
    ],
)
def test_a_port_that_the_driver_can_use(subject):
    assert lab.judge(nvmeof.port_exists, subject).status is Status.OK
    assert lab.judge(nvmeof.port_enabled, subject).status is Status.OK


@pytest.mark.parametrize(
    ("subject", "seen", "wanted"),
    [
        (lab.nvmeof_port(id=4), "there is id 1, TCP 192.0.2.10:4420", "a port with the id 4"),
        (lab.nvmeof_port(ports=()), "there is no port at all", "a port with the id 1"),
        (lab.nvmeof_port(ports=(FC,)), "there is id 9, FC 21:00:00:24:ff:00:00:01", "a port with the id 1"),
        (at(lab.nvmet_port(address="198.51.100.10")), "there is id 1, TCP 198.51.100.10:4420", "nas.example.org"),
        (
            at(lab.nvmet_port(address="0.0.0.0"), resolved=("2001:db8::10",)),
            "there is id 1, TCP 0.0.0.0:4420",
            "a TCP port",
        ),
    ],
    ids=["another id", "none", "Fibre Channel", "elsewhere", "the other family"],
)
def test_a_port_that_is_not_there_fails_and_those_that_are_there_are_shown(subject, seen, wanted):
    row = lab.judge(nvmeof.port_exists, subject)
    assert (row.status, row.seen) == (Status.FAIL, seen)
    assert wanted in row.wanted
    assert lab.judge(nvmeof.port_enabled, subject).status is Status.SKIP


@pytest.mark.parametrize(
    ("port", "wanted"),
    [
        (lab.nvmet_port(enabled=False), "an enabled TCP port"),
        (lab.nvmet_port(transport="RDMA"), "an enabled TCP port"),
        (lab.nvmet_port(port=4421), "port 4420"),
    ],
    ids=["disabled", "RDMA", "another port"],
)
def test_a_port_on_the_address_that_nodes_cannot_use_fails(port, wanted):
    row = lab.judge(nvmeof.port_enabled, at(port))
    assert (row.status, row.wanted) == (Status.FAIL, wanted)


@pytest.mark.parametrize("check", [nvmeof.port_exists, nvmeof.port_enabled], ids=lambda check: check.id)
def test_a_name_that_did_not_resolve_is_unknown_and_no_missing_port(check):
    assert lab.judge(check, at(lab.nvmet_port(), resolved=lab.LOST)).status is Status.UNKNOWN
