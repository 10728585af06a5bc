"""The checks of the array itself: each outcome, and the step that mends it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

import lab
from csi_probe.contact import Api, Trouble, Trust
from csi_probe.facts import Missing
from csi_probe.finding import Status
from csi_probe.needs import DRIVERS
from csi_probe_checks import truenas

REFUSABLE = {
    truenas.reachable: "reachable",
    truenas.certificate: "certificate",
    truenas.api: "api",
    truenas.login: "login",
}
OF_SSH = {
    Trouble.NOT_SSH,
    Trouble.HOST_KEY_UNKNOWN,
    Trouble.HOST_KEY_CHANGED,
    Trouble.NO_COMMON_ALGORITHM,
    Trouble.LOGIN_REFUSED,
    Trouble.LOGIN_KEY,
    Trouble.NO_SHELL,
}


@pytest.mark.parametrize(("check", "field"), REFUSABLE.items(), ids=REFUSABLE.values())
def test_a_refusal_fails_with_the_words_that_were_seen(check, field):
    row = lab.judge(check, lab.nas(**{field: lab.refusal(Trouble.TIMEOUT, "no answer within 20 s")}))
    assert (row.status, row.seen) == (Status.FAIL, "no answer within 20 s")
    assert "firewall" in row.fix


@pytest.mark.parametrize("check", [*REFUSABLE, truenas.key, truenas.version, truenas.latency], ids=lambda c: c.id)
def test_what_could_not_be_asked_is_unknown_and_what_is_blocked_names_its_root(check):
    field = check.id.removeprefix("truenas.").replace("latency", "slowest")
    lost = lab.judge(check, lab.nas(**{field: lab.LOST}))
    assert (lost.status, lost.seen, lost.fix) == (Status.UNKNOWN, lab.LOST.reason, lab.LOST.fix)
    blocked = lab.judge(check, lab.nas(**{field: lab.BLOCKED}))
    assert (blocked.status, blocked.blocked_by) == (Status.SKIP, "truenas.login")


@pytest.mark.parametrize("trouble", sorted(set(Trouble) - OF_SSH))
def test_every_trouble_of_a_nas_has_a_mend_of_its_own(trouble):
    fix = lab.judge(truenas.login, lab.nas(login=lab.refusal(trouble))).fix
    other = lab.judge(truenas.login, lab.nas(login=lab.refusal(Trouble.NO_SHELL))).fix
    assert fix and fix != other


def test_a_rate_limit_says_nothing_about_the_nas():
    row = lab.judge(truenas.login, lab.nas(login=lab.refusal(Trouble.RATE_LIMITED)))
    assert row.status is Status.UNKNOWN
    assert "wait" in row.fix


# --- truenas.certificate


@pytest.mark.parametrize(
    ("left", "status", "seen"),
    [
        (timedelta(days=15), Status.OK, "15 days"),
        (timedelta(days=14), Status.OK, "14 days"),
        (timedelta(days=14, seconds=-1), Status.WARN, "13 days left"),
        (timedelta(days=1, hours=1), Status.WARN, "1 day left"),
        (timedelta(0), Status.WARN, "it has expired"),
        (timedelta(days=-3), Status.WARN, "it has expired"),
    ],
    ids=["enough", "just enough", "a second less", "one day", "now", "past"],
)
def test_a_certificate_warns_before_it_expires(left, status, seen):
    row = lab.judge(truenas.certificate, lab.nas(certificate=lab.certificate(not_after=lab.NOW + left)))
    assert row.status is status
    assert seen in row.seen
    assert ("renew" in row.fix) is (status is Status.WARN)


def test_a_certificate_that_is_not_verified_is_not_called_trusted():
    assert "trusted by the pinned fingerprint" in lab.judge(truenas.certificate, lab.nas(trust=Trust.FINGERPRINT)).seen
    seen = lab.judge(truenas.certificate, lab.nas(trust=Trust.OFF)).seen
    assert "not verified" in seen
    assert "trusted" not in seen


def test_an_untrusted_certificate_fails_with_the_two_ways_to_trust_it():
    row = lab.judge(truenas.certificate, lab.nas(certificate=lab.refusal(Trouble.TLS_UNTRUSTED, "self-signed")))
    assert row.status is Status.FAIL
    assert "truenas.ca_file" in row.fix
    assert "truenas.fingerprint" in row.fix


# --- truenas.verified


@pytest.mark.parametrize("trust", [Trust.SYSTEM, Trust.CA_FILE, Trust.FINGERPRINT])
def test_verification_is_fine_whatever_it_rests_on(trust):
    assert lab.judge(truenas.verified, lab.nas(trust=trust)).status is Status.OK


def test_no_verification_warns_and_shows_the_fingerprint_to_pin():
    row = lab.judge(truenas.verified, lab.nas(trust=Trust.OFF))
    assert row.status is Status.WARN
    assert f'fingerprint = "{"ab" * 32}"' in row.fix


def test_no_verification_has_no_fingerprint_to_show_without_a_certificate():
    row = lab.judge(truenas.verified, lab.nas(trust=Trust.OFF, certificate=lab.refusal(Trouble.TLS_BROKEN)))
    assert row.status is Status.WARN
    assert "truenas.fingerprint" in row.fix
    assert "True" not in row.fix


# --- truenas.api, truenas.login


def test_the_api_row_names_the_protocol_and_the_newest_version():
    assert lab.judge(truenas.api, lab.nas()).seen == "JSON-RPC, v25.10.0 is the newest"
    assert lab.judge(truenas.api, lab.nas(api=Api("REST", ()))).seen == "REST"


def test_the_login_row_names_the_user_where_the_release_knows_one():
    assert lab.judge(truenas.login, lab.nas()).seen == "as csi-probe"
    assert "no user" in lab.judge(truenas.login, lab.nas(login=lab.login(user=None, roles=None))).seen


# --- truenas.roles


def test_a_missing_role_is_unknown_and_is_named_with_the_user():
    row = lab.judge(truenas.roles, lab.nas(login=lab.login(roles=frozenset({"POOL_READ"}))))
    assert (row.status, row.seen, row.wanted) == (Status.UNKNOWN, "missing: DATASET_READ", "2 read roles")
    assert row.fix == "add to the privilege of csi-probe: DATASET_READ"


def test_the_full_administrator_needs_no_other_role():
    row = lab.judge(truenas.roles, lab.nas(login=lab.login(roles=frozenset({"FULL_ADMIN"}))))
    assert row.status is Status.OK
    assert "far less" in row.seen


def test_a_role_that_no_question_needs_is_not_missed():
    row = lab.judge(truenas.roles, lab.nas(roles_wanted=frozenset(), login=lab.login(roles=frozenset())))
    assert row.status is Status.OK


def test_roles_are_skipped_by_choice_only_where_there_are_none():
    old = lab.judge(truenas.roles, lab.nas(login=lab.login(roles=None)))
    assert (old.status, old.blocked_by) == (Status.SKIP, "")
    assert "no roles" in old.seen
    refused = lab.judge(truenas.roles, lab.nas(login=lab.refusal(Trouble.KEY_WRONG)))
    assert (refused.status, refused.seen) == (Status.SKIP, "nobody is logged in")
    assert lab.judge(truenas.roles, lab.nas(login=lab.BLOCKED)).blocked_by == "truenas.login"


# --- truenas.key


@pytest.mark.parametrize(
    ("expires", "status", "seen"),
    [
        (None, Status.OK, '"probe" never expires'),
        (lab.NOW + timedelta(days=20), Status.OK, '"probe" expires on 2026-03-21, in 20 days'),
        (lab.NOW + timedelta(days=14), Status.OK, '"probe" expires on 2026-03-15, in 14 days'),
        (lab.NOW + timedelta(days=3), Status.WARN, '"probe" expires on 2026-03-04, in 3 days'),
        (lab.NOW, Status.WARN, '"probe" expires on 2026-03-01, which is past'),
        (datetime(2026, 2, 1, tzinfo=UTC), Status.WARN, '"probe" expires on 2026-02-01, which is past'),
    ],
    ids=["never", "far", "just enough", "near", "now", "past"],
)
def test_a_key_warns_before_it_expires(expires, status, seen):
    row = lab.judge(truenas.key, lab.nas(key=lab.key(expires=expires)))
    assert (row.status, row.seen) == (status, seen)
    assert ("renew the key" in row.fix) is (status is Status.WARN)


def test_a_revoked_key_fails_even_when_its_expiry_is_not_told():
    row = lab.judge(truenas.key, lab.nas(key=lab.key(revoked=True, expires=lab.LOST)))
    assert (row.status, row.seen) == (Status.FAIL, 'the key "probe" is revoked')
    assert "new key" in row.fix


def test_a_release_that_cannot_revoke_keys_leaves_the_expiry_to_judge():
    assert lab.judge(truenas.key, lab.nas(key=lab.key(revoked=Missing("no such field")))).status is Status.OK
    assert lab.judge(truenas.key, lab.nas(key=lab.key(expires=Missing("no such field")))).status is Status.UNKNOWN


# --- truenas.version


@pytest.mark.parametrize(
    ("driver", "release", "status", "wanted"),
    [
        ("democratic-csi", "13.0", Status.OK, ""),
        ("democratic-csi", "12.0", Status.FAIL, "13.0 or later"),
        ("democratic-csi", "11.3", Status.FAIL, "13.0 or later"),
        ("scale-csi", "25.4", Status.OK, ""),
        ("scale-csi", "24.10.2", Status.FAIL, "25.04 or later for scale-csi"),
        ("truenas-csi", "25.4.2", Status.FAIL, "25.10 or later for truenas-csi"),
        ("tns-csi", "25.10.0", Status.OK, ""),
        ("tns-csi", "26.0", Status.OK, ""),
        ("other", "27.0", Status.WARN, "26 or older"),
    ],
)
def test_the_release_is_held_against_the_driver_and_the_probe(driver, release, status, wanted):
    row = lab.judge(truenas.version, lab.nas(driver=DRIVERS[driver], version=lab.version(release)))
    assert (row.status, row.wanted) == (status, wanted)
    assert release in row.seen
    assert bool(row.fix) is (status is not Status.OK)


# --- truenas.latency


def test_a_slow_answer_warns_with_its_method():
    row = lab.judge(truenas.latency, lab.nas(slowest=("pool.query", 5.0)))
    assert (row.status, row.seen, row.wanted) == (Status.WARN, "pool.query took 5.0 s", "less than 5 s")
    assert lab.judge(truenas.latency, lab.nas(slowest=("pool.query", 4.99))).status is Status.OK
