"""Answers become entries: what an era leaves out is Missing or has its meaning, and no JSON makes a parser raise."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csi_probe.contact import Version
from csi_probe.demo.array import healthy
from csi_probe.demo.eras import Era
from csi_probe.entries import Listen
from csi_probe.facts import Known, Missing
from csi_probe.secret import Secret
from csi_probe.truenas import shapes
from csi_probe.truenas.questions import (
    ADDRESSES,
    API_KEYS,
    DATASETS,
    EXTENTS,
    INITIATORS,
    ISCSI_CONFIG,
    NFS_CONFIG,
    NFS_SHARES,
    NVMET_PORTS,
    POOLS,
    PORTALS,
    QUESTIONS,
    TARGETS,
    VERSION,
    ask,
    key_id,
)

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4))
FIELDS = sorted(
    {
        key
        for row in healthy("26", ["iqn.x"], ["192.0.2.1"]).answers.values()
        for key in (row[0] if isinstance(row, list) else row)
        if isinstance(row, (list, dict))
    }
)


@settings(max_examples=60)
@given(JSON | st.lists(st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=8), max_size=3))
def test_no_answer_makes_a_parser_raise(answer):
    for question in QUESTIONS:
        assert isinstance(question.read(answer), Known | Missing)


@settings(max_examples=40)
@given(st.sampled_from(list(Era)), st.data())
def test_one_wrong_field_never_costs_more_than_its_answer(era, data):
    array = healthy(era, ["iqn.x"], ["192.0.2.1"])
    question = data.draw(
        st.sampled_from([one for one in QUESTIONS if one is not VERSION and one.method in array.answers])
    )
    answer = array.answers[question.method]
    row = answer[0] if isinstance(answer, list) else answer
    row[data.draw(st.sampled_from(sorted(row)))] = data.draw(JSON)
    assert isinstance(question.read(answer), Known | Missing)


@given(st.text() | st.binary())
def test_text_that_is_no_json_raises_only_shape_errors(text):
    with contextlib.suppress(shapes.ShapeError):
        shapes.decode(text)


@pytest.mark.parametrize("text", ["[" * 100_000, "9" * 5000, '{"a":', b"\xff\xfe\x00"])
def test_json_that_breaks_parsers_is_refused(text):
    with pytest.raises(shapes.ShapeError):
        shapes.decode(text)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("25.10.6", (25, 10, 6)),
        ("TrueNAS-SCALE-24.10.2.4", (24, 10, 2, 4)),
        ("TrueNAS-13.3-U1.2", (13, 3)),
        ("25.04-RC.1", (25, 4)),
        ("26.0.0-BETA.3", (26, 0, 0)),
        ("TrueNAS-SCALE-22.12-MASTER-20221001-023415", (22, 12)),
    ],
)
def test_versions(text, number):
    assert VERSION.read(text) == Known(Version(text, number))


@pytest.mark.parametrize("answer", [None, [], {}, [[]], [1], "rows", {"id": 1}, [None]])
def test_an_answer_of_another_shape_is_missing_and_not_empty(answer):
    if answer == []:
        assert POOLS.read(answer) == Known(())
    else:
        assert isinstance(POOLS.read(answer), Missing)


def test_an_absent_field_is_missing_and_named():
    (pool,) = POOLS.read([{"name": "tank"}]).get()
    assert "status" in pool.status.reason
    assert "size" in pool.size.reason
    (dataset,) = DATASETS.read([{"id": "tank", "readonly": {"value": "OFF"}}]).get()
    assert "readonly.parsed" in dataset.readonly.reason
    assert "locked" in dataset.locked.reason


def test_true_is_no_number_and_1_is_not_true():
    (pool,) = POOLS.read([{"name": "tank", "healthy": 1, "size": True}]).get()
    assert isinstance(pool.healthy, Missing)
    assert isinstance(pool.size, Missing)


def test_a_quota_that_is_not_set_is_zero():
    (dataset,) = DATASETS.read([{"id": "tank", "quota": {"parsed": None}}]).get()
    assert dataset.quota == Known(0)


def test_core_s_pool_has_the_size_of_its_vdevs():
    vdev = {"stats": {"size": 10, "allocated": 4}}
    (pool,) = POOLS.read([{"name": "tank", "topology": {"data": [vdev, vdev], "special": [vdev], "log": [vdev]}}]).get()
    assert (pool.size, pool.allocated) == (Known(30), Known(12))


@pytest.mark.parametrize(
    ("fields", "protocols"),
    [
        ({"v4": True}, {"NFSV3", "NFSV4"}),
        ({"v4": False}, {"NFSV3"}),
        ({"protocols": ["NFSV4"]}, {"NFSV4"}),
        ({"protocols": []}, set()),
    ],
)
def test_nfs_protocols(fields, protocols):
    assert NFS_CONFIG.read({"bindip": [], **fields}).get().protocols == Known(frozenset(protocols))


def test_an_nfs_config_that_says_nothing_of_protocols_is_missing_there():
    assert isinstance(NFS_CONFIG.read({"bindip": []}).get().protocols, Missing)


def test_shares_of_core_have_several_paths():
    assert NFS_SHARES.read([{"id": 1, "paths": ["/mnt/a", "/mnt/b"]}]).get()[0].paths == ("/mnt/a", "/mnt/b")
    assert NFS_SHARES.read([{"id": 1, "path": "/mnt/a", "aliases": []}]).get()[0].paths == ("/mnt/a",)


def test_addresses_are_configured_live_and_virtual_ones_without_doubles_and_without_those_no_node_can_use():
    rows = [
        {
            "aliases": [{"type": "INET", "address": "192.0.2.10", "netmask": 24}],
            "state": {
                "aliases": [
                    {"type": "LINK", "address": "52:54:00:00:00:01"},
                    {"type": "INET", "address": "192.0.2.10"},
                    {"type": "INET6", "address": "fe80::1"},
                    {"type": "INET6", "address": "2001:DB8::10"},
                ]
            },
        },
        {"aliases": [], "failover_virtual_aliases": [{"address": "192.0.2.100"}]},
        {"aliases": [{"address": "127.0.0.1"}, {"address": "::1"}, {}]},
    ]
    assert ADDRESSES.read(rows) == Known(("192.0.2.10", "2001:db8::10", "192.0.2.100"))


def test_a_portal_without_ports_of_its_own():
    assert PORTALS.read([{"id": 1, "listen": [{"ip": "::"}]}]).get()[0].listen == Known((Listen("::", None),))
    assert isinstance(PORTALS.read([{"id": 1, "listen": [{"ip": "::"}, None]}]).get()[0].listen, Missing)


def test_iscsi_s_port_is_everybody_s_or_nobody_s():
    assert ISCSI_CONFIG.read({"basename": "iqn.x", "listen_port": 3261}).get().port == Known(3261)
    assert ISCSI_CONFIG.read({"basename": "iqn.x"}).get().port == Known(None)


def test_only_core_s_initiator_groups_have_networks():
    row = {"id": 3, "initiators": []}
    core, scale, broken = INITIATORS.read(
        [row | {"auth_network": ["192.0.2.0/24"]}, row, row | {"auth_network": 1}]
    ).get()
    assert (core.networks, scale.networks) == (Known(("192.0.2.0/24",)), Known(()))
    assert isinstance(broken.networks, Missing)


def test_a_target_group_may_name_no_initiators_and_no_chap_user():
    group = {"portal": 1, "initiator": None, "authmethod": "NONE", "auth": None}
    (target,) = TARGETS.read([{"id": 1, "name": "t", "groups": [group]}]).get()
    assert (target.groups.get()[0].initiator, target.groups.get()[0].auth) == (None, None)


def test_an_extent_of_no_known_lock_state_is_not_locked():
    """TrueNAS gives null where the extent's path is on no dataset that could be locked."""
    assert EXTENTS.read([{"id": 1, "name": "e", "locked": None}]).get()[0].locked == Known(value=False)


@pytest.mark.parametrize(
    ("fields", "expires"),
    [
        ({}, Known(None)),
        ({"username": "u", "expires_at": None}, Known(None)),
        ({"username": "u", "expires_at": {"$date": 86_400_000}}, Known(datetime(1970, 1, 2, tzinfo=UTC))),
    ],
)
def test_a_key_expires_when_it_says_or_never(fields, expires):
    assert API_KEYS.read([{"id": 1, "name": "k", **fields}]).get()[0].expires == expires


@pytest.mark.parametrize("fields", [{}, {"expires_at": {"$date": 10**30}}, {"expires_at": "soon"}])
def test_a_key_of_a_user_whose_end_cannot_be_read_is_not_taken_for_endless(fields):
    assert isinstance(API_KEYS.read([{"id": 1, "name": "k", "username": "u", **fields}]).get()[0].expires, Missing)


def test_half_a_surrogate_pair_cannot_break_an_output():
    (pool,) = POOLS.read([{"name": "tank", "status": "\ud800"}]).get()
    assert pool.status.get().encode("utf-8") == b"?"


def test_a_stranger_s_words_are_one_short_printable_line():
    assert shapes.words("a\nb\x1b[31m" + "c" * 1000) == "a b [31m" + "c" * 151 + "…"


def test_datasets_are_asked_for_with_all_their_ancestors_and_without_children():
    (_, datasets) = ask(["pool.dataset.query"], ["tank/a/b", "ssd/c"], 1)
    (((field, operator, names),), options) = datasets.params
    assert (field, operator, names) == ("id", "in", ["ssd", "ssd/c", "tank", "tank/a", "tank/a/b"])
    assert options["extra"] == {"retrieve_children": False}


@pytest.mark.parametrize(("key", "number"), [("12-abc", 12), ("abc", 0), ("-1", 0), ("", 0), ("²-x", 0)])
def test_the_key_s_row_is_the_number_before_its_dash(key, number):
    assert key_id(Secret(key)) == number


def test_a_question_s_place_in_rest_is_its_method_s():
    assert {question.resource for question in QUESTIONS} >= {
        "/pool",
        "/pool/dataset",
        "/nfs",
        "/iscsi/global",
        "/system/version",
    }


# --- NVMe-oF

NVMET_PORT = {"id": 1, "addr_traddr": "192.0.2.10", "addr_trtype": "TCP", "addr_trsvcid": 4420, "enabled": True}


@pytest.mark.parametrize(
    ("sent", "port"),
    [(4420, Known(4420)), ("4420", Known(4420)), (None, Known(None)), ("9" * 400, Known(999999))],
    ids=["a number", "text", "none, as Fibre Channel has it", "a very long text"],
)
def test_a_port_number_comes_in_several_forms(sent, port):
    (found,) = NVMET_PORTS.read([NVMET_PORT | {"addr_trsvcid": sent}]).get()
    assert (found.id, found.address, found.port) == (1, "192.0.2.10", port)


@pytest.mark.parametrize("sent", ["nvme", True, [], "\uff14\uff14\uff12\uff10"])
def test_a_port_number_that_is_none_is_missing_and_costs_nothing_else(sent):
    (found,) = NVMET_PORTS.read([NVMET_PORT | {"addr_trsvcid": sent}]).get()
    assert isinstance(found.port, Missing)
    assert (found.transport, found.enabled) == (Known("TCP"), Known(True))
