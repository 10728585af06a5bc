"""The check of SMB's address; its service is tested beside that of NFS."""

from __future__ import annotations

import pytest

import lab
from csi_probe.finding import Status
from csi_probe_checks import smb


@pytest.mark.parametrize("resolved", [(lab.ADDRESS,), (lab.ADDRESS, "198.51.100.10")])
def test_an_address_of_the_nas_is_fine(resolved):
    row = lab.judge(smb.listens, lab.smb(address="nas", resolved=resolved))
    assert (row.status, row.wanted) == (Status.OK, "nas")


def test_an_address_of_another_machine_fails():
    row = lab.judge(smb.listens, lab.smb(address="203.0.113.99", resolved=(lab.ADDRESS, "203.0.113.99")))
    assert (row.status, row.wanted) == (Status.FAIL, "203.0.113.99")
    assert row.seen == "203.0.113.99 is no address of the NAS; it has 192.0.2.10, 198.51.100.10"
    assert "--skip smb.listens" in row.fix


@pytest.mark.parametrize("field", ["resolved", "nas_addresses"])
def test_what_could_not_be_asked_is_unknown(field):
    assert lab.judge(smb.listens, lab.smb(**{field: lab.LOST})).status is Status.UNKNOWN


def test_a_file_without_an_address_is_incomplete_and_not_judged_here():
    row = lab.judge(smb.listens, lab.smb(address="", resolved=lab.LOST))
    assert (row.status, row.blocked_by) == (Status.SKIP, "")
