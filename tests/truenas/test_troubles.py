"""Each trouble with the NAS is named for what it is, in the stage where it sits, in every era in which it can happen."""

from __future__ import annotations

import logging

import pytest

from csi_probe.contact import Refusal, Trouble
from csi_probe.demo.access_faults import ACCESS_BREAKS
from csi_probe.demo.array import healthy
from csi_probe.demo.eras import Era
from csi_probe.demo.faults import ARRAY_BREAKS
from csi_probe.demo.iscsi_faults import ISCSI_BREAKS
from csi_probe.demo.storage_faults import NFS_BREAKS, STORAGE_BREAKS
from csi_probe.facts import Known, Missing
from csi_probe.truenas.questions import API_KEYS, DATASETS, POOLS, QUESTIONS, VERSION

from .conftest import IQNS, NODES

BREAKS = {one.name: one for one in ARRAY_BREAKS}
STAGES = ("reachable", "certificate", "api", "login")
REST = (Era.CORE_13, Era.SCALE_24_10)
REFUSALS = {
    "wrong-key": ("login", Trouble.KEY_WRONG),
    "expired-key": ("login", Trouble.KEY_EXPIRED),
    "revoked-key": ("login", Trouble.KEY_WRONG),
    "key-denied": ("login", Trouble.KEY_DENIED),
    "rate-limited": ("login", Trouble.RATE_LIMITED),
    "ha-standby": ("login", Trouble.STANDBY),
    "allow-list": ("login", Trouble.ALLOW_LIST),
    "booting": ("api", Trouble.BOOTING),
    "not-truenas": ("api", Trouble.NOT_TRUENAS),
    "certificate-expired": ("certificate", Trouble.TLS_EXPIRED),
    "certificate-wrong-name": ("certificate", Trouble.TLS_WRONG_NAME),
    "certificate-untrusted": ("certificate", Trouble.TLS_UNTRUSTED),
    "silent": ("certificate", Trouble.TIMEOUT),
    "garbage": ("login", Trouble.BROKEN_ANSWER),
}
# Where an era tells it otherwise: 25.x does not tell a denied key from a wrong one; nginx's 403 needs no key.
OTHERWISE = {("key-denied", era): ("login", Trouble.KEY_WRONG) for era in (Era.V25_04, Era.V25_10)}
OTHERWISE |= {("allow-list", era): ("api", Trouble.ALLOW_LIST) for era in REST}


def in_its_eras(names, among=tuple(Era)):
    cases = [(name, era) for name in names for era in BREAKS[name].eras or tuple(Era) if era in among]
    return pytest.mark.parametrize(("name", "era"), cases, ids=str)


def seconds(name):
    """Those that never answer cost their whole deadline."""
    return 0.8 if name in {"silent", "booting"} else 10.0


def broken(name, era):
    array = healthy(era, IQNS, NODES)
    BREAKS[name].spoil(array)
    return array


@in_its_eras(REFUSALS)
def test_a_refusal_sits_in_its_stage_and_blocks_all_behind_it(name, era, visit):
    stage, trouble = OTHERWISE.get((name, era), REFUSALS[name])
    seen = visit(broken(name, era), seconds(name)).interview
    place = STAGES.index(stage)
    for before in STAGES[:place]:
        assert not isinstance(getattr(seen, before).get(), Refusal)
    assert getattr(seen, stage).get().trouble is trouble
    behind = [getattr(seen, name) for name in (*STAGES[place + 1 :], "version", "slowest")]
    behind += [seen.answers.to(question) for question in QUESTIONS]
    assert {fact.blocked_by for fact in behind} == {f"truenas.{stage}"}


@in_its_eras(["wrong-key", "rate-limited", "garbage", "ha-standby"])
def test_a_refused_login_is_never_repeated(name, era, visit):
    assert visit(broken(name, era)).nas.logins == 1


@in_its_eras(["not-truenas", "booting", "certificate-untrusted", "certificate-wrong-name"])
def test_the_key_is_not_sent_to_what_is_not_a_trusted_truenas(name, era, visit):
    assert visit(broken(name, era), seconds(name)).nas.logins == 0


@in_its_eras(["booting-briefly"])
def test_a_nas_that_comes_up_in_time_is_waited_for(name, era, visit):
    assert isinstance(visit(broken(name, era)).interview.version, Known)


@in_its_eras(["certificate-untrusted", "certificate-wrong-name", "certificate-expired"])
def test_a_refused_certificate_is_shown_with_its_fingerprint(name, era, visit):
    seen = visit(broken(name, era))
    assert seen.nas.fingerprint in seen.interview.certificate.get().seen


@in_its_eras(["missing-role"])
def test_a_missing_role_costs_its_own_answer_and_says_what_to_add(name, era, visit):
    array = broken(name, era)
    answers = visit(array).interview.answers
    there = [question for question in QUESTIONS if question.method in array.answers]
    missing = [question for question in there if isinstance(answers.to(question), Missing)]
    assert missing == [DATASETS]
    needed = '{"method": "GET", "resource": "/pool/dataset"}' if era in REST else "DATASET_READ"
    assert needed in answers.to(DATASETS).fix
    assert answers.to(DATASETS).blocked_by == ""


@in_its_eras(["half-answer"])
def test_answers_lost_on_the_way_are_missing_for_their_own_reason(name, era, visit):
    seen = visit(broken(name, era)).interview
    assert not isinstance(seen.login.get(), Refusal)
    lost = [seen.answers.to(question) for question in QUESTIONS if question is not VERSION]
    assert all(isinstance(fact, Missing) and not fact.blocked_by for fact in lost)


@in_its_eras(["slow"], among=(Era.SCALE_24_10, Era.V26))
def test_an_answer_after_the_deadline_costs_no_other_answer_its_place(name, era, visit):
    array = broken(name, era)
    array.manners.slow["pool.query"] = 30.0
    answers = visit(array, 0.8).interview.answers
    assert answers.to(API_KEYS).get()
    assert "in time" in answers.to(POOLS).reason


@in_its_eras(["key-expiring"])
def test_an_expiring_key_still_logs_in(name, era, visit):
    seen = visit(broken(name, era)).interview
    assert seen.answers.to(API_KEYS).get()[0].expires.get()


def read(array):
    there = [question for question in QUESTIONS if question.method in array.answers]
    return {question.method: question.read(array.answer(question.method, question.params)) for question in there}


@in_its_eras([one.name for one in (*STORAGE_BREAKS, *NFS_BREAKS, *ISCSI_BREAKS)])
def test_every_other_break_changes_what_is_read_and_leaves_it_readable(name, era):
    array = healthy(era, IQNS, NODES)
    before = read(array)
    BREAKS[name].spoil(array)
    assert read(array) != before
    assert all(isinstance(fact, Known) for fact in read(array).values())


def test_breaks_have_names_of_their_own():
    assert len(BREAKS) == len(ARRAY_BREAKS)


@in_its_eras([one.name for one in ACCESS_BREAKS], among=(Era.SCALE_24_10, Era.V26))
def test_the_key_shows_nowhere(name, era, visit, caplog):
    """Not in the facts and not in the logs of any library; the simulated server puts it into every error's trace."""
    caplog.set_level(logging.DEBUG)
    array = broken(name, era)
    array.manners.slow.clear()
    seen = visit(array, seconds(name)).interview
    secret = array.key.partition("-")[2]
    assert secret not in repr(seen)
    assert secret not in caplog.text


def test_a_malformed_key_is_refused_before_it_is_sent(array, visit):
    seen = visit(array, key="1-with a\nnewline")
    assert seen.interview.login.get().trouble is Trouble.KEY_WRONG
    assert seen.nas.logins == 0


def test_a_pinned_fingerprint_takes_the_place_of_an_authority(array, visit):
    seen = visit(array, fingerprint="00" * 32)
    assert seen.interview.certificate == Known(Refusal(Trouble.TLS_FINGERPRINT, seen.interview.certificate.get().seen))
    assert seen.nas.fingerprint in seen.interview.certificate.get().seen
    assert seen.nas.logins == 0


def test_an_unverified_certificate_is_read_all_the_same(array, visit):
    array.manners.certificate.to_day = -1
    seen = visit(array, verify=False)
    assert seen.interview.certificate.get().sha256 == seen.nas.fingerprint
    assert isinstance(seen.interview.version, Known)
