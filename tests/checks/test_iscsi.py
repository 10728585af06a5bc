"""The checks of iSCSI on the array; its service is tested beside that of NFS."""

from __future__ import annotations

import pytest

import lab
from csi_probe.entries import Listen, MappingEntry
from csi_probe.facts import Missing
from csi_probe.finding import Status
from csi_probe_checks import iscsi

CORE = lab.iscsi_config(port=None)


# --- iscsi.basename


@pytest.mark.parametrize(
    "name",
    ["iqn.2005-10.org.freenas.ctl", "iqn.2024-01.com.example:nas", "iqn.2024-12.a-b.c:", "naa.52004567ba64678d"],
)
def test_a_valid_base_name(name):
    row = lab.judge(iscsi.basename, lab.iscsi(config=lab.iscsi_config(basename=name)))
    assert (row.status, row.seen) == (Status.OK, name)


@pytest.mark.parametrize(
    "name",
    ["", "freenas.ctl", "iqn.2005-13.org.freenas", "iqn.05-10.org.freenas", "IQN.2005-10.org.freenas", "iqn.2005-10"],
)
def test_an_invalid_base_name_fails(name):
    row = lab.judge(iscsi.basename, lab.iscsi(config=lab.iscsi_config(basename=name)))
    assert (row.status, row.seen) == (Status.FAIL, name or "empty")
    assert "Base Name" in row.fix


def test_a_base_name_that_could_not_be_asked_for_is_unknown():
    assert lab.judge(iscsi.basename, lab.iscsi(config=lab.LOST)).status is Status.UNKNOWN


# --- iscsi.portal-exists


def without(*entries, **changes):
    """A wanted portal 2 on an array that has other portals."""
    absent = Missing("there is no portal with the id 2", blocked_by="iscsi.portal-exists")
    return lab.portal(portals=entries, entry=absent, **changes)


@pytest.mark.parametrize("listen", [lab.ADDRESS, "0.0.0.0"], ids=["on the address", "on all addresses"])
def test_a_wrong_portal_id_fails_with_the_id_to_use(listen):
    others = (lab.portal_entry("198.51.100.10", id=5, tag=2), lab.portal_entry(listen, id=6, tag=3))
    row = lab.judge(iscsi.portal_exists, without(*others))
    assert (row.status, row.wanted) == (Status.FAIL, "a portal with the id 2")
    assert f"id 6 (UI: portal group 3) on {listen}" in row.seen
    assert row.fix == "use the id 6: that portal listens on 192.0.2.10"


def test_a_portal_on_all_addresses_fits_a_name_too():
    row = lab.judge(iscsi.portal_exists, without(lab.portal_entry("0.0.0.0", id=6), address="nas.example.org"))
    assert row.fix == "use the id 6: that portal listens on nas.example.org"


def test_a_wrong_portal_id_fails_with_the_id_to_use_for_ipv6_in_any_spelling():
    row = lab.judge(iscsi.portal_exists, without(lab.portal_entry("2001:DB8:0::10", id=6), address="2001:db8::10"))
    assert row.fix.startswith("use the id 6")


@pytest.mark.parametrize(
    ("others", "seen"),
    [
        ((), "there is no portal at all"),
        ((lab.portal_entry("198.51.100.10", id=5),), "there is id 5 (UI: portal group 1) on 198.51.100.10"),
        ((lab.portal_entry("198.51.100.10", id=5, tag=lab.LOST),), "there is id 5 on 198.51.100.10"),
        ((lab.portal_entry(id=5, listen=()),), "there is id 5 (UI: portal group 1) on no address"),
    ],
    ids=["none", "elsewhere", "without a tag", "nowhere"],
)
def test_without_a_portal_on_the_address_one_is_to_be_added(others, seen):
    row = lab.judge(iscsi.portal_exists, without(*others))
    assert row.status is Status.FAIL
    assert seen in row.seen
    assert "add a portal on 192.0.2.10" in row.fix


def test_behind_a_portal_that_is_not_there_its_address_is_blocked():
    assert lab.judge(iscsi.portal_listens, without()).blocked_by == "iscsi.portal-exists"


@pytest.mark.parametrize("check", [iscsi.portal_exists, iscsi.portal_listens], ids=lambda check: check.id)
def test_a_portal_that_could_not_be_asked_for_is_unknown(check):
    assert lab.judge(check, lab.portal(portals=lab.LOST, entry=lab.LOST)).status is Status.UNKNOWN


def test_a_driver_that_names_no_id_takes_the_portal_on_the_address():
    assert lab.judge(iscsi.portal_exists, lab.portal(id=None)).wanted == "a portal on 192.0.2.10"
    row = lab.judge(iscsi.portal_exists, without(lab.portal_entry("198.51.100.10"), id=None))
    assert row.status is Status.FAIL
    assert "there is no portal on 192.0.2.10; there is id 2" in row.seen


def test_an_address_that_did_not_resolve_is_no_missing_portal():
    row = lab.judge(iscsi.portal_exists, lab.portal(id=None, entry=lab.LOST, resolved=lab.LOST))
    assert row.status is Status.UNKNOWN


def test_a_portal_to_which_no_node_is_sent_must_exist_and_may_listen_anywhere():
    elsewhere = lab.portal(address=None, resolved=lab.LOST, entry=lab.portal_entry("203.0.113.1"))
    assert lab.judge(iscsi.portal_exists, elsewhere).status is Status.OK
    assert lab.judge(iscsi.portal_listens, elsewhere).status is Status.SKIP
    row = lab.judge(iscsi.portal_exists, without(lab.portal_entry("0.0.0.0", id=6), address=None))
    assert row.fix.startswith("add a portal on the address to which nodes are sent")


# --- iscsi.portal-listens


@pytest.mark.parametrize(
    ("entry", "config", "changes"),
    [
        (lab.portal_entry(lab.ADDRESS), lab.iscsi_config(), {}),
        (lab.portal_entry("198.51.100.10", lab.ADDRESS), lab.iscsi_config(), {}),
        (lab.portal_entry("0.0.0.0"), lab.iscsi_config(), {}),
        (lab.portal_entry("::"), lab.iscsi_config(), {}),
        (lab.portal_entry("0.0.0.0", port=3260), CORE, {}),
        (lab.portal_entry(lab.ADDRESS, port=3261), CORE, {"port": 3261}),
        (
            lab.portal_entry("2001:DB8:0::10"),
            lab.iscsi_config(),
            {"address": "2001:db8::10", "resolved": ("2001:db8::10",), "nas_addresses": lab.LOST},
        ),
    ],
    ids=["address", "second", "wildcard", "SCALE's other wildcard", "CORE's wildcard", "CORE's port", "IPv6"],
)
def test_the_portal_listens_where_nodes_are_sent(entry, config, changes):
    row = lab.judge(iscsi.portal_listens, lab.portal(entry=entry, config=config, **changes))
    assert row.status is Status.OK


def test_a_portal_on_another_address_fails():
    row = lab.judge(iscsi.portal_listens, lab.portal(entry=lab.portal_entry("198.51.100.10")))
    assert (row.status, row.wanted) == (Status.FAIL, "192.0.2.10:3260")
    assert row.seen == "id 2 (UI: portal group 1) on 198.51.100.10:3260"
    assert "edit the portal" in row.fix


def test_a_portal_on_another_address_comes_with_the_id_of_the_one_that_listens_there():
    entry = lab.portal_entry("198.51.100.10")
    row = lab.judge(iscsi.portal_listens, lab.portal(entry=entry, portals=(entry, lab.portal_entry(id=9))))
    assert (row.status, row.fix) == (Status.FAIL, "use the id 9: that portal listens on 192.0.2.10")


@pytest.mark.parametrize(
    ("entry", "config", "port"),
    [
        (lab.portal_entry(), lab.iscsi_config(port=3261), 3261),
        (lab.portal_entry(port=3262), CORE, 3262),
        (lab.portal_entry("0.0.0.0", port=3262), CORE, 3262),
    ],
    ids=["SCALE", "CORE", "CORE's wildcard"],
)
def test_a_portal_on_another_port_fails_with_the_port_to_use(entry, config, port):
    row = lab.judge(iscsi.portal_listens, lab.portal(entry=entry, config=config))
    assert row.status is Status.FAIL
    assert f"send nodes to port {port}" in row.fix


def test_a_wildcard_of_core_holds_its_own_family_only():
    entry = lab.portal_entry("::", port=3260)
    assert lab.judge(iscsi.portal_listens, lab.portal(entry=entry, config=CORE)).status is Status.FAIL


def test_a_wildcard_does_not_hold_an_address_that_is_not_the_nas():
    subject = lab.portal(entry=lab.portal_entry("0.0.0.0"), resolved=("192.0.2.100",), address="192.0.2.100")
    row = lab.judge(iscsi.portal_listens, subject)
    assert row.status is Status.FAIL
    assert row.seen == "192.0.2.100 is no address of the NAS; it has 192.0.2.10, 198.51.100.10"


def test_an_ipv6_endpoint_is_written_with_brackets():
    subject = lab.portal(address="2001:db8::10", resolved=("2001:db8::10",))
    assert lab.judge(iscsi.portal_listens, subject).wanted == "[2001:db8::10]:3260"


@pytest.mark.parametrize("field", ["config", "resolved"])
def test_where_a_portal_listens_is_unknown_without(field):
    assert lab.judge(iscsi.portal_listens, lab.portal(**{field: lab.LOST})).status is Status.UNKNOWN


def test_the_addresses_of_the_nas_matter_to_wildcards_only():
    assert lab.judge(iscsi.portal_listens, lab.portal(nas_addresses=lab.LOST)).status is Status.OK
    everywhere = lab.portal(entry=lab.portal_entry("0.0.0.0"), nas_addresses=lab.LOST)
    assert lab.judge(iscsi.portal_listens, everywhere).status is Status.UNKNOWN


# --- iscsi.initiator-group-exists


def test_a_driver_that_takes_the_first_group_fails_without_any():
    row = lab.judge(iscsi.initiator_group_exists, lab.initiator_group(id=None, groups=()))
    assert (row.status, row.seen, row.subject) == (Status.FAIL, "there is no group at all", "initiator group")


def test_the_initiator_group_shows_whom_it_admits():
    assert lab.judge(iscsi.initiator_group_exists, lab.initiator_group()).seen == "admits all initiators"
    closed = lab.initiator_group(groups=(lab.initiators(lab.IQN),))
    assert lab.judge(iscsi.initiator_group_exists, closed).seen == lab.IQN


@pytest.mark.parametrize(
    ("groups", "seen"),
    [((), "there is no group at all"), ((lab.initiators(id=1), lab.initiators(id=4)), "there is id 1, id 4")],
    ids=["none", "others"],
)
def test_a_wrong_initiator_group_fails_with_the_ids_that_are_there(groups, seen):
    row = lab.judge(iscsi.initiator_group_exists, lab.initiator_group(groups=groups))
    assert (row.status, row.wanted) == (Status.FAIL, "a group with the id 3")
    assert row.seen == f"no group has the id 3; {seen}"
    assert "Initiators Groups" in row.fix


def test_an_initiator_group_that_could_not_be_asked_for_is_unknown():
    assert lab.judge(iscsi.initiator_group_exists, lab.initiator_group(groups=lab.LOST)).status is Status.UNKNOWN


# --- iscsi.auth-exists


@pytest.mark.parametrize(
    ("entries", "seen"),
    [((), "there is none at all"), ((lab.auth(id=5, tag=1), lab.auth(id=6, tag=2)), "there is tag 1, tag 2")],
    ids=["none", "the id is not the tag"],
)
def test_a_wrong_auth_tag_fails_with_the_tags_that_are_there(entries, seen):
    row = lab.judge(iscsi.auth_exists, lab.auth_group(entries=entries))
    assert (row.status, row.wanted) == (Status.FAIL, "tag 5")
    assert row.seen == f"no authorized access has the tag 5; {seen}"
    assert "Group ID 5" in row.fix


def test_mutual_chap_needs_a_peer_user_on_one_of_the_tag():
    row = lab.judge(iscsi.auth_exists, lab.auth_group(mutual=True))
    assert (row.status, row.seen, row.wanted) == (Status.FAIL, "user csi has no peer user", "tag 5 with a peer user")
    assert "Peer User" in row.fix
    with_peer = lab.auth_group(mutual=True, entries=(lab.auth(), lab.auth(user="csi2", peer_user="nas")))
    assert lab.judge(iscsi.auth_exists, with_peer).status is Status.OK


def test_chap_users_that_could_not_be_asked_for_are_unknown():
    assert lab.judge(iscsi.auth_exists, lab.auth_group(entries=lab.LOST)).status is Status.UNKNOWN
    unreadable = lab.auth_group(mutual=True, entries=(lab.auth(peer_user=lab.LOST),))
    assert lab.judge(iscsi.auth_exists, unreadable).status is Status.UNKNOWN


# --- targets


@pytest.mark.parametrize(
    ("targets", "seen"),
    [((), "there is no target at all"), ((lab.target_entry(name="other"),), "there is other")],
    ids=["none", "another"],
)
def test_a_target_that_is_not_there_fails(targets, seen):
    row = lab.judge(iscsi.target_exists, lab.target(targets=targets))
    assert (row.status, row.seen, row.wanted) == (Status.FAIL, f"no target csi-static; {seen}", "csi-static")
    assert "iscsi.targets" in row.fix


def test_behind_a_target_that_is_not_there_the_rest_is_blocked():
    absent = Missing("there is no target csi-static", blocked_by="iscsi.target-exists")
    for check in (iscsi.target_groups, iscsi.target_luns):
        assert lab.judge(check, lab.target(entry=absent)).blocked_by == "iscsi.target-exists"


@pytest.mark.parametrize("field", ["targets", "entry", "mappings", "extents"])
def test_a_target_that_could_not_be_asked_for_is_unknown(field):
    rows = [
        lab.judge(check, lab.target(**{field: lab.LOST}))
        for check in iscsi.CHECKS
        if check.id.startswith("iscsi.target")
    ]
    assert Status.UNKNOWN in {row.status for row in rows}
    assert Status.FAIL not in {row.status for row in rows}


@pytest.mark.parametrize(
    ("groups", "changes"),
    [
        ((lab.target_group(),), {}),
        ((lab.target_group(portal=9), lab.target_group()), {}),
        ((lab.target_group(), lab.target_group(portal=4)), {"portals": (2, 4)}),
        ((lab.target_group(initiator=None),), {"initiator_group": None}),
        ((lab.target_group(auth=None, method="NONE"),), {"auth_tag": None}),
    ],
    ids=["as wanted", "and another", "two portals", "any initiator group", "any auth"],
)
def test_the_groups_of_a_target_fit(groups, changes):
    row = lab.judge(iscsi.target_groups, lab.target(entry=lab.target_entry(*groups), **changes))
    assert row.status is Status.OK


@pytest.mark.parametrize(
    ("groups", "changes", "portal"),
    [
        ((lab.target_group(portal=4),), {}, 2),
        ((lab.target_group(initiator=4),), {}, 2),
        ((lab.target_group(auth=None, method="NONE"),), {}, 2),
        ((lab.target_group(initiator=4), lab.target_group(auth=6)), {}, 2),
        ((lab.target_group(),), {"portals": (2, 4)}, 4),
    ],
    ids=["another portal", "another initiator group", "no auth", "no single group has all", "one portal of two"],
)
def test_the_groups_of_a_target_do_not_fit(groups, changes, portal):
    row = lab.judge(iscsi.target_groups, lab.target(entry=lab.target_entry(*groups), **changes))
    assert row.status is Status.FAIL
    assert f"a group with portal {portal}" in row.fix


def test_what_a_target_need_not_name_is_called_any_and_what_it_does_not_restrict_all():
    open_to_all = lab.target_entry(lab.target_group(initiator=None, auth=None, method="NONE"))
    row = lab.judge(iscsi.target_groups, lab.target(entry=open_to_all, initiator_group=None, auth_tag=None))
    assert row.seen == "portal 2, initiator group all, NONE"
    assert row.wanted == "portal 2, initiator group any, any auth tag"


def test_a_target_without_groups_fails():
    row = lab.judge(iscsi.target_groups, lab.target(entry=lab.target_entry(groups=())))
    assert (row.status, row.seen) == (Status.FAIL, "no groups")
    assert row.wanted == "portal 2, initiator group 3, auth tag 5"


@pytest.mark.parametrize(
    ("changes", "seen"),
    [
        ({"mappings": ()}, "no extent is mapped"),
        ({"mappings": (MappingEntry(target=12, extent=21, lun=0),)}, "no extent is mapped"),
        ({"extents": ()}, "LUN 0 names the extent 21, which does not exist"),
        ({"extents": (lab.extent(enabled=False),)}, "LUN 0: extent static is disabled"),
        ({"extents": (lab.extent(locked=True),)}, "LUN 0: extent static is locked"),
    ],
    ids=["none", "of another target", "gone", "disabled", "locked"],
)
def test_a_target_without_a_disk_fails(changes, seen):
    row = lab.judge(iscsi.target_luns, lab.target(**changes))
    assert (row.status, row.seen) == (Status.FAIL, seen)
    assert "Shares > iSCSI" in row.fix


def test_one_bad_extent_among_good_ones_fails_and_is_the_one_that_is_named():
    mappings = (MappingEntry(11, 21, 0), MappingEntry(11, 22, 1))
    row = lab.judge(
        iscsi.target_luns, lab.target(mappings=mappings, extents=(lab.extent(), lab.extent(id=22, locked=True)))
    )
    assert (row.status, row.seen) == (Status.FAIL, "LUN 1: extent static is locked")


def test_an_extent_whose_lock_is_not_told_is_unknown():
    assert lab.judge(iscsi.target_luns, lab.target(extents=(lab.extent(locked=lab.LOST),))).status is Status.UNKNOWN


def test_several_ports_of_one_address_are_all_named():
    entry = lab.portal_entry(listen=(Listen(lab.ADDRESS, 3261), Listen(lab.ADDRESS, 3262)))
    row = lab.judge(iscsi.portal_listens, lab.portal(entry=entry, config=CORE))
    assert "3261" in row.fix
    assert "3262" in row.fix
