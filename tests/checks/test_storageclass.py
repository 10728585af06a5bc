"""The checks of the StorageClasses beside a driver."""

from __future__ import annotations

import pytest

import lab
from csi_probe.finding import Status
from csi_probe.problem import Rule
from csi_probe_checks import storageclass


@pytest.mark.parametrize("rule", [rule for rule in Rule if rule is not Rule.MOUNT])
def test_a_class_that_does_not_fit_fails_for_any_reason_but_its_mount_options(rule):
    subject = lab.storage_class(lab.problem(rule))
    assert lab.judge(storageclass.fits, subject).status is Status.FAIL
    assert lab.judge(storageclass.mounts, subject).status is Status.OK


def test_mount_options_have_a_row_of_their_own():
    subject = lab.storage_class(lab.problem(Rule.MOUNT))
    assert lab.judge(storageclass.mounts, subject).status is Status.FAIL
    assert lab.judge(storageclass.fits, subject).status is Status.OK


@pytest.mark.parametrize("check", storageclass.CHECKS, ids=lambda check: check.id)
def test_what_is_harmless_warns(check):
    problems = lab.problem(Rule.MOUNT, harmless=True), lab.problem(Rule.KNOWN, harmless=True)
    assert lab.judge(check, lab.storage_class(*problems)).status is Status.WARN
