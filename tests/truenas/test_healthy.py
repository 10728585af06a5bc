"""A healthy TrueNAS of every era is read completely, with one connection and one login."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from csi_probe.contact import Api, Login
from csi_probe.demo.array import healthy
from csi_probe.demo.eras import Era
from csi_probe.demo.rows import DATASETS as DATASET_NAMES
from csi_probe.entries import Listen, MappingEntry
from csi_probe.facts import Known, Missing
from csi_probe.truenas.questions import (
    ADDRESSES,
    API_KEYS,
    AUTHS,
    DATASETS,
    INITIATORS,
    ISCSI_CONFIG,
    MAPPINGS,
    NFS_CONFIG,
    NFS_SHARES,
    POOLS,
    PORTALS,
    QUESTIONS,
    ROLES,
    SERVICES,
    TARGETS,
)

from .conftest import IQNS


def leaves(value):
    """Every Missing that is anywhere inside a fact."""
    if isinstance(value, Missing):
        yield value
    elif isinstance(value, Known):
        yield from leaves(value.value)
    elif isinstance(value, tuple):
        for item in value:
            yield from leaves(item)
    elif hasattr(value, "__dataclass_fields__"):
        for name in value.__dataclass_fields__:
            yield from leaves(getattr(value, name))


def test_every_fact_and_every_leaf_of_it_is_known(array, visit):
    seen = visit(array).interview
    facts = [getattr(seen, name) for name in seen.__dataclass_fields__ if name != "answers"]
    facts += [seen.answers.to(question) for question in QUESTIONS if question.method in array.answers]
    assert list(leaves(tuple(facts))) == []


def test_what_an_era_does_not_have_is_missing_and_says_so(array, visit):
    answers = visit(array).interview.answers
    absent = [answers.to(question) for question in QUESTIONS if question.method not in array.answers]
    assert all("this TrueNAS has no" in fact.reason for fact in absent)


def test_there_is_one_connection_and_one_login(array, visit):
    nas = visit(array).nas
    assert (nas.connections, nas.logins) == (1, 1)


def test_the_era_decides_the_protocol(array, visit):
    expected = Api("JSON-RPC", tuple(array.era.api_versions)) if array.era.api_versions else Api("REST", ())
    assert visit(array).interview.api == Known(expected)


def test_the_login_says_who_and_with_which_roles(array, visit):
    with_users = array.era.since(Era.V25_04)
    expected = Login("csi-probe", frozenset(ROLES.values())) if with_users else Login(None, None)
    assert visit(array).interview.login == Known(expected)


def test_without_a_user_name_the_key_alone_logs_in(array, visit):
    with_name, alone = visit(array), visit(array, username=None)
    assert alone.interview.login == with_name.interview.login
    assert alone.nas.logins == 1


def test_only_what_was_wanted_is_asked_and_the_version(array, visit):
    seen = visit(array, methods=["nfs.config"])
    asked = {method for method, _ in seen.nas.requests}
    assert asked - {"auth.login_ex"} == {"nfs.config", "system.version"}
    assert seen.interview.answers.to(POOLS) == Missing("pool.query was not asked")


def test_every_call_is_a_read(array, visit):
    methods = [method for method, _ in visit(array).nas.requests]
    assert all(
        method.startswith("auth.login") or method.endswith((".query", ".config", ".version")) for method in methods
    )


def test_progress_is_told(array, visit):
    assert visit(array).progress == ["connecting to 127.0.0.1", "logging in", f"asking {len(QUESTIONS)} questions"]


def test_the_clock_is_close_to_ours(array, visit):
    assert abs(visit(array).interview.clock.get()) < 2


def test_the_slowest_question_is_named(array, visit):
    array.manners.slow["iscsi.auth.query"] = 0.2
    method, seconds = visit(array).interview.slowest.get()
    assert method == "iscsi.auth.query"
    assert 0.2 <= seconds < 2


def test_no_more_than_eight_calls_are_open_at_once(visit):
    for at_once, all_known in ((8, True), (7, False)):
        array = healthy("25.10", IQNS, ())
        array.manners.at_once = at_once
        array.manners.slow = dict.fromkeys(array.answers, 0.05)
        answers = visit(array).interview.answers
        assert (
            all(isinstance(answers.to(question), Known) for question in QUESTIONS if question.method in array.answers)
            is all_known
        )


def test_what_is_read_is_what_is_there(array, visit):
    answers = visit(array).interview.answers
    assert {entry.name for entry in answers.to(DATASETS).get()} == {
        "tank",
        "tank/k8s",
        "tank/k8s/nfs",
        "tank/k8s/iscsi",
    }
    assert {entry.name for entry in answers.to(DATASETS).get()} < set(DATASET_NAMES)
    (pool,) = answers.to(POOLS).get()
    assert pool.allocated.get() / pool.size.get() == pytest.approx(0.35, abs=0.01)
    assert {entry.name for entry in answers.to(SERVICES).get()} >= {"nfs", "iscsitarget"}
    assert answers.to(NFS_CONFIG).get().protocols == Known(frozenset({"NFSV3", "NFSV4"}))
    assert answers.to(NFS_SHARES).get()[0].networks == Known(("192.0.2.0/24",))
    assert answers.to(ADDRESSES).get() == ("192.0.2.10", "198.51.100.10")
    assert [(portal.id, portal.listen) for portal in answers.to(PORTALS).get()] == [
        (2, Known((Listen("192.0.2.10", 3260),))),
        (4, Known((Listen("198.51.100.10", 3260),))),
    ]
    assert answers.to(ISCSI_CONFIG).get().port == Known(None if array.era is Era.CORE_13 else 3260)
    assert answers.to(INITIATORS).get()[0].initiators == Known(IQNS)
    assert answers.to(AUTHS).get()[0].peer_user == Known("nas")
    assert answers.to(TARGETS).get()[0].groups.get()[0].auth == 5
    assert answers.to(MAPPINGS).get() == (MappingEntry(11, 21, 0),)


def test_the_key_expires_where_keys_do(array, visit):
    (key,) = visit(array).interview.answers.to(API_KEYS).get()
    if array.era.since(Era.V25_04):
        assert timedelta(days=199) < key.expires.get() - datetime.now(UTC) <= timedelta(days=200)
    else:
        assert key.expires == Known(None)


def test_chap_secrets_are_left_behind(array, visit):
    assert "a-secret-of-chap" not in repr(visit(array).interview)
