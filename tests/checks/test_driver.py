"""The checks of the drivers: their files, releases, keys and SSH logins."""

from __future__ import annotations

from datetime import timedelta

import pytest

import lab
from csi_probe.contact import Trouble
from csi_probe.facts import Missing
from csi_probe.finding import Status
from csi_probe.needs import Fit
from csi_probe.problem import Rule
from csi_probe.report import Row
from csi_probe.runner import run
from csi_probe_checks import driver, driver_file, driver_ssh

OF_FILES = {
    Rule.KNOWN: driver_file.keys_known,
    Rule.NESTED: driver_file.keys_placed,
    Rule.TYPED: driver_file.values_typed,
    Rule.COMPLETE: driver_file.complete,
    Rule.FILLED: driver_file.filled,
    Rule.LENGTH: driver_file.lengths,
    Rule.MOUNT: driver_file.mount_options,
    Rule.SECURE: driver_file.secure,
}


def rows(check, subject) -> tuple[Row, ...]:
    return run([check], lab.snapshot(subject))


# --- the file


def test_every_rule_has_a_check():
    assert OF_FILES.keys() == set(Rule)


@pytest.mark.parametrize("rule", Rule)
def test_a_problem_fails_the_check_of_its_rule_and_no_other(rule):
    file = lab.driver_file(lab.problem(rule))
    failed = [check for check in OF_FILES.values() if lab.judge(check, file).status is Status.FAIL]
    assert failed == [OF_FILES[rule]]
    row = lab.judge(OF_FILES[rule], file)
    assert row.seen == "driver.yaml:7:3: iscsi.targetPortl: nothing reads it"
    assert (row.wanted, row.fix) == ("iscsi.targetPortal", "correct the key")


def test_every_problem_has_a_row_and_what_is_harmless_warns():
    file = lab.driver_file(lab.problem(key="a"), lab.problem(key="b", harmless=True))
    assert [row.status for row in rows(driver_file.keys_known, file)] == [Status.FAIL, Status.WARN]


# --- all drivers


def test_drivers_that_share_something_fail():
    assert lab.judge(driver_file.apart, lab.driver_set(clashes=(lab.problem(Rule.COMPLETE),))).status is Status.FAIL
    assert lab.judge(driver_file.apart, lab.driver_set()).seen == "2 of them"
    assert lab.judge(driver_file.apart, lab.driver_set(names=("driver tns-csi",))).seen == "only one"


def test_what_could_not_be_read_is_unknown_and_what_belongs_to_nobody_warns():
    assert lab.judge(driver_file.read, lab.driver_set(unread=(lab.problem(),))).status is Status.UNKNOWN
    assert lab.judge(driver_file.read, lab.driver_set(unread=(lab.problem(harmless=True),))).status is Status.WARN


# --- driver.release, driver.data-safe


def test_a_release_that_does_not_fit_fails_with_the_one_that_does():
    row = lab.judge(driver.release, lab.driver_release(fit=Fit("broken", "it speaks REST", "another image")))
    assert (row.status, row.wanted) == (Status.FAIL, "another image")
    assert row.seen == "democraticcsi/democratic-csi@sha256:0123 on TrueNAS 25.10.1: it speaks REST"
    assert row.fix.startswith("use another image")


def test_an_image_of_several_generations_is_unknown_and_the_log_tells_which_it_is():
    fit = Fit("unknown", "one works, one does not", "another image", differs=True)
    row = lab.judge(driver.release, lab.driver_release(fit=fit))
    assert row.status is Status.UNKNOWN
    assert '"FREENAS HTTP REQUEST"' in row.fix
    assert '"TrueNAS WebSocket connecting to"' in row.fix


def test_a_pairing_that_nobody_has_confirmed_is_unknown_and_no_log_tells():
    row = lab.judge(driver.release, lab.driver_release(fit=Fit("unknown", "nobody has confirmed it", "25.10 or later")))
    assert row.status is Status.UNKNOWN
    assert "FREENAS" not in row.fix


def test_a_release_that_loses_data_warns():
    row = lab.judge(driver.data_safe, lab.driver_release(loses_data="it deletes volumes"))
    assert (row.status, row.seen) == (Status.WARN, "it deletes volumes")


# --- driver.array


def test_two_names_of_one_nas_are_one_array():
    through_another_interface = lab.driver_array(resolved=("198.51.100.10",))
    behind_an_address_of_its_own = lab.driver_array(nas_addresses=("192.0.2.99",))
    for subject in (through_another_interface, behind_an_address_of_its_own):
        assert lab.judge(driver.array, subject).status is Status.OK


def test_another_array_than_the_drivers_proves_nothing():
    row = lab.judge(driver.array, lab.driver_array(resolved=("192.0.2.77",)))
    assert row.status is Status.UNKNOWN
    assert "nas.example.net (192.0.2.77)" in row.seen


def test_an_array_that_was_not_reached_is_judged_elsewhere():
    row = lab.judge(driver.array, lab.driver_array(met=lab.refusal(Trouble.REFUSED)))
    assert row.status is Status.SKIP


# --- driver.connects


@pytest.mark.parametrize("stage", ["reachable", "certificate", "api"])
def test_a_driver_that_does_not_get_through_fails(stage):
    row = lab.judge(driver.connects, lab.driver_key(**{stage: lab.refusal(Trouble.REFUSED, "nothing listens")}))
    assert (row.status, row.seen) == (Status.FAIL, "https://nas.example.org:443: nothing listens")
    assert "host and port" in row.fix


@pytest.mark.parametrize("trouble", [Trouble.TLS_UNTRUSTED, Trouble.TLS_WRONG_NAME, Trouble.TLS_EXPIRED])
def test_a_certificate_that_the_driver_does_not_trust_fails_with_what_to_do_about_it(trouble):
    row = lab.judge(driver.connects, lab.driver_key(certificate=lab.refusal(trouble)))
    assert row.status is Status.FAIL
    assert "authority" in row.fix


@pytest.mark.parametrize(
    ("trouble", "changes"),
    [
        (Trouble.TLS_UNTRUSTED, {"trusts_more": True}),
        (Trouble.REFUSED, {"over_tls": False}),
        (Trouble.ALLOW_LIST, {}),
    ],
    ids=["authorities that the probe has not", "the driver speaks http", "the allow-list lets others in"],
)
def test_what_keeps_only_the_probe_out_is_unknown(trouble, changes):
    row = lab.judge(driver.connects, lab.driver_key(certificate=lab.refusal(trouble), **changes))
    assert row.status is Status.UNKNOWN


def test_authorities_of_its_own_do_not_mend_a_wrong_name():
    refused = lab.refusal(Trouble.TLS_WRONG_NAME)
    row = lab.judge(driver.connects, lab.driver_key(certificate=refused, trusts_more=True))
    assert row.status is Status.FAIL


def test_a_driver_that_speaks_http_does_not_use_what_answers():
    row = lab.judge(driver.connects, lab.driver_key(over_tls=False))
    assert row.seen == "https://nas.example.org:443 answers; the driver itself does not use it"


# --- driver.key-accepted


@pytest.mark.parametrize(
    ("trouble", "status", "fix"),
    [
        (Trouble.KEY_WRONG, Status.FAIL, "make a new key"),
        (Trouble.KEY_EXPIRED, Status.FAIL, "make a new key"),
        (Trouble.KEY_DENIED, Status.FAIL, "privilege"),
        (Trouble.STANDBY, Status.FAIL, "both controllers"),
        (Trouble.RATE_LIMITED, Status.UNKNOWN, "ten minutes"),
        (Trouble.TIMEOUT, Status.UNKNOWN, "again"),
        (Trouble.BROKEN_ANSWER, Status.UNKNOWN, "again"),
        (Trouble.USERNAME_NEEDED, Status.UNKNOWN, "again"),
        (Trouble.ALLOW_LIST, Status.UNKNOWN, "from a machine that the NAS admits"),
    ],
)
def test_a_refused_key_fails_and_what_says_nothing_of_the_key_is_unknown(trouble, status, fix):
    row = lab.judge(driver.key_accepted, lab.driver_key(login=lab.refusal(trouble)))
    assert row.status is status
    assert fix in row.fix


def test_an_accepted_key_says_whose_it_is():
    assert lab.judge(driver.key_accepted, lab.driver_key()).seen == "as csi"
    of_nobody = lab.driver_key(login=lab.login(user=None, roles=None))
    assert lab.judge(driver.key_accepted, of_nobody).status is Status.OK


# --- driver.key-privileged


def test_full_admin_may_do_everything():
    wanted = lab.driver_key(roles_wanted=("DATASET_WRITE", "SNAPSHOT_WRITE"))
    assert lab.judge(driver.key_privileged, wanted).status is Status.OK


def test_exactly_the_wanted_roles_suffice():
    exact = lab.driver_key(roles_wanted=("DATASET_WRITE",), login=lab.login(roles=frozenset({"DATASET_WRITE"})))
    assert lab.judge(driver.key_privileged, exact).status is Status.OK


def test_a_role_too_few_fails_and_is_named():
    login = lab.login(user="csi", roles=frozenset({"DATASET_WRITE"}))
    row = lab.judge(
        driver.key_privileged, lab.driver_key(roles_wanted=("DATASET_WRITE", "SNAPSHOT_WRITE"), login=login)
    )
    assert (row.status, row.seen) == (Status.FAIL, "missing: SNAPSHOT_WRITE")
    assert row.fix == "add to the privilege of csi: SNAPSHOT_WRITE"


@pytest.mark.parametrize(
    "login",
    [lab.refusal(Trouble.KEY_WRONG), lab.login(roles=None)],
    ids=["a key that is not accepted", "a release without roles"],
)
def test_where_there_are_no_roles_none_are_missed(login):
    row = lab.judge(driver.key_privileged, lab.driver_key(login=login))
    assert (row.status, row.blocked_by) == (Status.SKIP, "")


# --- driver.key-lasting


@pytest.mark.parametrize(
    ("days", "status"), [(None, Status.OK), (20, Status.OK), (14, Status.OK), (13, Status.WARN), (-1, Status.WARN)]
)
def test_a_key_warns_before_it_expires(days, status):
    expires = None if days is None else lab.NOW + timedelta(days=days)
    assert lab.judge(driver.key_lasting, lab.driver_key(key=lab.key(expires=expires))).status is status


def test_a_key_that_is_past_its_time_is_said_to_be():
    gone = lab.key(expires=lab.NOW - timedelta(days=2))
    assert "which is past" in lab.judge(driver.key_lasting, lab.driver_key(key=gone)).seen


def test_a_revoked_key_fails():
    row = lab.judge(driver.key_lasting, lab.driver_key(key=lab.key(revoked=True, name="csi")))
    assert (row.status, row.seen) == (Status.FAIL, 'the key "csi" is revoked')


@pytest.mark.parametrize("field", ["login", "key"])
def test_behind_a_driver_that_does_not_connect_its_key_is_blocked(field):
    blocked = Missing("not asked", blocked_by="driver.connects")
    check = {"login": driver.key_accepted, "key": driver.key_lasting}[field]
    assert lab.judge(check, lab.driver_key(**{field: blocked})).blocked_by == "driver.connects"


# --- SSH


@pytest.mark.parametrize(
    "trouble", [Trouble.LOGIN_REFUSED, Trouble.LOGIN_KEY, Trouble.REFUSED, Trouble.NO_SHELL, Trouble.TIMEOUT]
)
def test_a_login_that_the_driver_will_not_get_fails(trouble):
    row = lab.judge(driver_ssh.ssh_login, lab.driver_ssh(login=lab.refusal(trouble)))
    assert (row.status, row.wanted) == (Status.FAIL, "a login as csi")


@pytest.mark.parametrize("trouble", [Trouble.HOST_KEY_UNKNOWN, Trouble.HOST_KEY_CHANGED, Trouble.NO_COMMON_ALGORITHM])
def test_what_only_the_probe_minds_is_unknown(trouble):
    """democratic-csi verifies no host key, and its SSH library has other algorithms."""
    row = lab.judge(driver_ssh.ssh_login, lab.driver_ssh(login=lab.refusal(trouble)))
    assert row.status is Status.UNKNOWN
    assert row.fix


@pytest.mark.parametrize(
    ("shell", "status"),
    [
        ("/bin/csh", Status.FAIL),
        ("/bin/tcsh", Status.FAIL),
        ("/usr/bin/bash", Status.OK),
        ("/usr/bin/zsh", Status.OK),
        ("/bin/sh", Status.OK),
    ],
)
def test_csh_does_not_understand_the_driver(shell, status):
    assert lab.judge(driver_ssh.ssh_shell, lab.driver_ssh(shell=shell)).status is status


def test_a_tool_that_is_not_found_fails_with_the_key_that_names_its_path():
    row = lab.judge(driver_ssh.ssh_tools, lab.driver_ssh(zpool=None))
    assert (row.status, row.seen) == (Status.FAIL, "no zpool")
    assert "zfs.cli.paths.zpool" in row.fix
    assert "zfs.cli.paths.zfs" not in row.fix


@pytest.mark.parametrize(
    ("sudo", "seen"), [(True, "sudo -n zfs list fails for csi"), (False, "csi is not root")], ids=["sudo", "no sudo"]
)
def test_a_user_who_may_not_use_zfs_fails(sudo, seen):
    row = lab.judge(driver_ssh.ssh_rights, lab.driver_ssh(may_zfs=False, sudo=sudo))
    assert (row.status, row.seen) == (Status.FAIL, seen)
    assert "sudoEnabled" in row.fix
