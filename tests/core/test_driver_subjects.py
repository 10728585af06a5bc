"""Deployments become subjects: what a driver names stands beside what was seen, and no row of it is lost."""

from __future__ import annotations

import pytest

import lab
from csi_probe import snapshot, subjects
from csi_probe.config import Config, IscsiWant, NfsWant, NodeWant, PortalWant, TrueNAS
from csi_probe.contact import Session, Trouble
from csi_probe.drivers.deployment import Image, NvmeofWant, ShareWant, TargetGroupWant
from csi_probe.drivers.source import Files
from csi_probe.drivers.wants import wants
from csi_probe.facts import Known, Missing
from csi_probe.node import nas_shell
from csi_probe.node.nas_shell import NasShell
from csi_probe.problem import Rule
from csi_probe.runner import run
from csi_probe.secret import Secret, SecretSource
from csi_probe.truenas import interview as truenas
from csi_probe.truenas import questions as ask
from csi_probe_checks import CHECKS

NAS = TrueNAS(url="https://nas.example.org", api_key=SecretSource(env="KEY"))
TWO = (PortalWant(id=2, address=lab.ADDRESS), PortalWant(id=4, address="198.51.100.10"))
ANSWERS = {
    ask.API_KEYS.method: (lab.key(),),
    ask.POOLS.method: (lab.pool_entry(),),
    ask.DATASETS.method: (lab.dataset_entry(name="tank"),),
    ask.SERVICES.method: tuple(lab.service(name) for name in ("nfs", "iscsitarget", "cifs", "nvmet", "ssh")),
    ask.NFS_SHARES.method: (),
    ask.ADDRESSES.method: (lab.ADDRESS, "198.51.100.10"),
    ask.ISCSI_CONFIG.method: lab.iscsi_config(),
    ask.PORTALS.method: (lab.portal_entry(), lab.portal_entry("198.51.100.10", id=4, tag=2)),
    ask.INITIATORS.method: (lab.initiators(), lab.initiators(id=6)),
    ask.AUTHS.method: (lab.auth(), lab.auth(id=2, tag=7)),
    ask.NVMET_PORTS.method: (lab.nvmet_port(),),
}
SHELL = NasShell(
    login=Known(Session("ssh csi@192.0.2.10:22", 0.1)),
    shell=Known("/bin/bash"),
    zfs=Known("/usr/sbin/zfs"),
    zpool=Known("/usr/sbin/zpool"),
    may_zfs=Known(True),
)


def known():
    return {method: Known(value) for method, value in ANSWERS.items()}


def interview(**changes):
    facts = known()
    healthy = lab.nas()
    visit = {
        name: getattr(healthy, name) for name in ("reachable", "certificate", "api", "login", "version", "slowest")
    }
    return truenas.Interview(**visit | {"clock": Known(0.0), "answers": truenas.Answers(facts)} | changes)


def made(*deployments, config=None, nas="asked", key="asked", shell=SHELL, certificate=None, resolved=None):
    """The subjects of these drivers, with a visit of the array and one with each driver's key that found all well."""
    config = config or Config()
    visit = interview() if nas == "asked" else nas
    seen = subjects.Seen(now=lab.NOW, roles_wanted=frozenset(), nas=visit, nodes={}, resolved=resolved or {})
    drivers = [
        subjects.DriverSeen(
            deployment=one, seen=seen, key=interview() if key == "asked" else key, certificate=certificate, shell=shell
        )
        for one in deployments
    ]
    wanted = [(want, seen) for want in wants(config, deployments)]
    return list(subjects.subjects(wanted, drivers, Files(deployments=deployments)))


def of(kind, found):
    return [subject for subject in found if type(subject) is kind]


def one(kind, found):
    (subject,) = of(kind, found)
    return subject


def rows(check_id, found):
    return run([check for check in CHECKS if check.id == check_id], lab.Snapshot(tuple(found), {}))


# --- which there are

EVERYTHING = lab.deployment(
    driver="tns-csi",
    variant="",
    protocols=("nfs", "iscsi", "smb", "nvmeof"),
    nfs=NfsWant(address=lab.ADDRESS),
    nvmeof=NvmeofWant(port_ids=(1,)),
)
ALWAYS = {
    *(
        snapshot.Scope,
        snapshot.Nas,
        snapshot.DriverFile,
        snapshot.DriverSet,
        snapshot.DriverRelease,
        snapshot.DriverKey,
    ),
    *(snapshot.Pool, snapshot.Dataset),
}
ISCSI = {snapshot.Iscsi, snapshot.Portal, snapshot.InitiatorGroup}


@pytest.mark.parametrize(
    ("deployment", "kinds"),
    [
        (lab.deployment(), ALWAYS | ISCSI | {snapshot.DriverSsh, snapshot.SshService}),
        (lab.deployment(variant="freenas-api-iscsi", ssh=None), ALWAYS | ISCSI),
        (EVERYTHING, ALWAYS | ISCSI | {snapshot.Nfs, snapshot.Smb, snapshot.Nvmeof, snapshot.NvmeofPort}),
    ],
    ids=["SSH", "API", "every protocol"],
)
def test_a_driver_has_the_subjects_of_its_protocols_and_they_are_promised(deployment, kinds):
    assert {type(subject) for subject in made(deployment)} == kinds | {snapshot.Scope}
    assert subjects.kinds(Config(), Files(deployments=(deployment,))) == kinds | {snapshot.Scope}


def test_two_drivers_of_one_array_have_its_rows_once():
    files = lab.deployment(variant="freenas-nfs", protocols=("nfs",), iscsi=None, nfs=NfsWant(address=lab.ADDRESS))
    found = made(lab.deployment(), files)
    assert len(of(snapshot.Nas, found)) == len(of(snapshot.Pool, found)) == len(of(snapshot.SshService, found)) == 1
    assert len(of(snapshot.DriverKey, found)) == len(of(snapshot.DriverFile, found)) == 2


def test_without_an_array_to_ask_every_row_of_the_driver_is_there_and_unknown():
    bare = lab.deployment(connection=lab.connection(key=None, username="root", password=Secret("x")))
    found = made(bare, nas=None, key=None)
    assert of(snapshot.Nas, found) == []
    for check_id in ("pool.exists", "iscsi.running", "iscsi.portal-exists", "ssh.running", "driver.release"):
        assert {row.status.value for row in rows(check_id, found)} == {"unknown"}, check_id


# --- the key


def test_a_driver_with_a_password_has_its_rows_and_one_of_them_says_why():
    bare = lab.deployment(connection=lab.connection(key=None, username="root", password=Secret("x")))
    found = made(bare, key=None)
    (accepted,) = rows("driver.key-accepted", found)
    assert (accepted.status, accepted.seen) == (
        "unknown",
        "the driver logs in with a password; the probe tries API keys only",
    )
    for check_id in ("driver.connects", "driver.key-privileged", "driver.key-lasting"):
        (row,) = rows(check_id, found)
        assert row.status == "unknown" or row.blocked_by == "driver.key-accepted"


@pytest.mark.parametrize("connection", [None, lab.connection(key=None)], ids=["no host", "no key"])
def test_a_driver_whose_key_is_not_in_its_files_is_unknown(connection):
    (accepted,) = rows("driver.key-accepted", made(lab.deployment(connection=connection), key=None))
    assert accepted.status == "unknown"
    assert "hold no host and API key" in accepted.seen
    assert accepted.fix


STAGES = ("reachable", "certificate", "api", "login", "version")


def refused_at(stage):
    """A visit that came to an end at this stage: it is a refusal, and what follows is blocked by it."""
    blocked = Missing("blocked", blocked_by=f"truenas.{stage}")
    behind = dict.fromkeys(STAGES[STAGES.index(stage) + 1 :], blocked)
    answers = truenas.Answers(dict.fromkeys(ANSWERS, blocked))
    return interview(**behind | {stage: lab.refusal(Trouble.REFUSED), "answers": answers})


@pytest.mark.parametrize("stage", ["reachable", "certificate", "api"])
def test_what_keeps_the_key_out_is_the_driver_s_own_row_and_blocks_the_others(stage):
    """Not truenas.reachable, which is about the config's NAS and may be well."""
    found = made(lab.deployment(), key=refused_at(stage))
    (connects,) = rows("driver.connects", found)
    assert connects.status == "fail"
    for check_id in ("driver.key-accepted", "driver.key-privileged", "driver.key-lasting"):
        (row,) = rows(check_id, found)
        assert (row.status, row.blocked_by) == ("skip", "driver.connects")


def test_a_certificate_that_only_the_probe_trusts_keeps_the_driver_out():
    """Its key is tried all the same, over what the probe trusts."""
    found = made(lab.deployment(), certificate=lab.refusal(Trouble.TLS_UNTRUSTED, "self-signed"))
    (connects,) = rows("driver.connects", found)
    assert (connects.status, connects.seen) == ("fail", "https://192.0.2.10:443: self-signed")
    assert rows("driver.key-accepted", found)[0].status == "ok"


def test_behind_a_refused_key_its_own_row_is_blocked_by_the_refusal():
    found = made(lab.deployment(), key=refused_at("login"))
    assert rows("driver.key-accepted", found)[0].status == "fail"
    (row,) = rows("driver.key-lasting", found)
    assert (row.status, row.blocked_by) == ("skip", "driver.key-accepted")


def test_a_visit_that_was_late_is_unknown_once():
    found = made(lab.deployment(), key=truenas.lost("no answer within 10 s"))
    (connects,) = rows("driver.connects", found)
    assert (connects.status, connects.seen) == ("unknown", "no answer within 10 s")
    (accepted,) = rows("driver.key-accepted", found)
    assert accepted.blocked_by == "driver.connects"


def test_the_roles_that_are_wanted_follow_from_the_release():
    assert one(snapshot.DriverKey, made(lab.deployment())).roles_wanted == Known(("FULL_ADMIN",))


# --- the release


@pytest.mark.parametrize(
    ("image", "shown", "verdict"),
    [
        (None, "an image that the file does not name", "unknown"),
        (Image(repository="r", tag="v1.9.4"), "r:v1.9.4", "broken"),
        (Image(repository="r", tag="next", digest="sha256:0"), "r:next@sha256:0", "unknown"),
    ],
)
def test_the_image_decides_what_is_known_of_the_release(image, shown, verdict):
    found = one(snapshot.DriverRelease, made(lab.deployment(image=image)))
    assert (found.image, found.fit.get().verdict) == (shown, verdict)


# --- the array


@pytest.mark.parametrize(
    ("config", "count"),
    [
        (Config(), 0),
        (Config(truenas=TrueNAS(url=f"https://{lab.ADDRESS}:8443", api_key=NAS.api_key)), 0),
        (Config(truenas=NAS), 1),
    ],
    ids=["the driver's own", "the same host", "another name"],
)
def test_only_two_names_for_the_array_are_a_question(config, count):
    assert len(of(snapshot.DriverArray, made(lab.deployment(), config=config))) == count


def test_an_address_of_the_array_answers_it():
    (row,) = rows("driver.array", made(lab.deployment(), config=Config(truenas=NAS)))
    assert row.status == "ok"
    elsewhere = lab.deployment(connection=lab.connection(host="192.0.2.99"))
    (row,) = rows("driver.array", made(elsewhere, config=Config(truenas=NAS)))
    assert row.status == "unknown"


# --- target groups

GROUPS = (
    TargetGroupWant(portal=2, initiator_group=3, auth="chap", auth_tag=5),
    TargetGroupWant(portal=4, initiator_group=6, auth="mutual-chap", auth_tag=7),
)


def grouped(*ids, addresses=(lab.ADDRESS, "198.51.100.10")):
    """A driver with one target group for each portal of `ids`."""
    groups = [TargetGroupWant(portal=id_, initiator_group=3) for id_ in ids]
    portals = tuple(PortalWant(id=None, address=address) for address in addresses)
    return lab.deployment(iscsi=IscsiWant(portals=portals, initiator_group=3), target_groups=tuple(groups))


def test_every_group_s_initiators_and_chap_users_are_subjects():
    want = IscsiWant(portals=(PortalWant(id=None, address=lab.ADDRESS),), initiator_group=3, auth="chap", auth_tag=5)
    found = made(
        lab.deployment(iscsi=want, target_groups=GROUPS), config=Config(nodes=(NodeWant(name="worker-1", local=True),))
    )
    assert [group.id for group in of(snapshot.InitiatorGroup, found)] == [3, 6]
    assert [access.group for access in of(snapshot.IscsiAccess, found)] == [3, 6]
    assert [(auth.tag, auth.mutual) for auth in of(snapshot.AuthGroup, found)] == [(5, False), (7, True)]


@pytest.mark.parametrize(
    ("deployment", "pairs"),
    [
        (grouped(2, 4), [(2, lab.ADDRESS), (4, "198.51.100.10")]),
        (grouped(4, 2), [(2, lab.ADDRESS), (4, "198.51.100.10")]),
        (grouped(2, 9), [(2, lab.ADDRESS), (9, "198.51.100.10")]),
        (grouped(2, 4, addresses=(lab.ADDRESS,)), [(2, lab.ADDRESS), (4, None)]),
        (grouped(2, 9, addresses=(lab.ADDRESS,)), [(2, lab.ADDRESS), (9, None)]),
        (grouped(2, 4, addresses=("192.0.2.77",)), [(2, "192.0.2.77"), (4, None)]),
    ],
    ids=["in order", "crossed", "one wrong id", "one address", "one wrong id, one address", "a wrong address"],
)
def test_groups_and_addresses_are_paired_by_the_array(deployment, pairs):
    assert [(portal.id, portal.address) for portal in of(snapshot.Portal, made(deployment))] == pairs


@pytest.mark.parametrize(
    ("deployment", "exists", "listens"),
    [
        (grouped(2, 4), ["ok", "ok"], ["ok", "ok"]),
        (grouped(2, 9), ["ok", "fail"], ["ok", "skip"]),
        (grouped(2, 4, addresses=(lab.ADDRESS,)), ["ok", "ok"], ["ok", "skip"]),
        (grouped(2, 4, addresses=(lab.ADDRESS, "192.0.2.77")), ["ok", "ok"], ["ok", "fail"]),
        (grouped(2, 4, addresses=(lab.ADDRESS, "198.51.100.10", "192.0.2.77")), ["ok"] * 3, ["ok", "ok", "fail"]),
    ],
    ids=["well", "a wrong id", "a portal without nodes", "a wrong address", "an address without a portal"],
)
def test_what_is_left_over_is_what_is_wrong(deployment, exists, listens):
    found = made(deployment)
    assert [row.status for row in rows("iscsi.portal-exists", found)] == exists
    assert [row.status for row in rows("iscsi.portal-listens", found)] == listens


def test_a_wrong_id_among_several_comes_with_the_one_to_use():
    (wrong,) = [row for row in rows("iscsi.portal-exists", made(grouped(2, 9))) if row.status == "fail"]
    assert wrong.fix == "use the id 4: that portal listens on 198.51.100.10"


def test_portals_that_could_not_be_asked_for_are_unknown_for_every_group():
    found = made(grouped(2, 4), nas=interview(answers=truenas.Answers({})))
    assert {row.status for row in rows("iscsi.portal-exists", found)} == {"unknown"}


@pytest.mark.parametrize(("resolved", "status"), [(Known((lab.ADDRESS,)), "ok"), (Missing("no such name"), "unknown")])
def test_a_driver_without_an_id_takes_the_portal_that_its_host_leads_to(resolved, status):
    by_name = IscsiWant(portals=(PortalWant(id=None, address="nas"),))
    found = made(lab.deployment(iscsi=by_name, target_groups=()), resolved={"nas": resolved})
    (row,) = rows("iscsi.portal-exists", found)
    assert row.status == status


# --- what a driver takes that names nothing: the array's first


def unnamed(*groups, address=lab.ADDRESS):
    """tns-csi with a class for each group; a portal that has no id is the first one."""
    portals = tuple(
        PortalWant(id=group.portal, address=address, first=group.portal is None) for group in dict.fromkeys(groups)
    )
    return lab.deployment(driver="tns-csi", variant="", iscsi=IscsiWant(portals=portals), target_groups=groups)


NAMELESS = TargetGroupWant(portal=None, initiator_group=None)


def test_without_an_id_the_first_initiator_group_is_judged():
    config = Config(nodes=(NodeWant(name="worker-1", local=True),))
    found = made(unnamed(NAMELESS), config=config)
    assert one(snapshot.InitiatorGroup, found).id == 3
    access = one(snapshot.IscsiAccess, found)
    assert (access.group, access.entry) == (3, Known(lab.initiators()))


def test_a_group_that_a_class_names_stands_beside_the_first_one():
    found = made(unnamed(NAMELESS, TargetGroupWant(portal=None, initiator_group=6)))
    assert [group.id for group in of(snapshot.InitiatorGroup, found)] == [3, 6]


def test_an_array_without_an_initiator_group_fails_and_blocks_the_nodes():
    config = Config(nodes=(NodeWant(name="worker-1", local=True),))
    bare = interview(answers=truenas.Answers({**known(), ask.INITIATORS.method: Known(())}))
    found = made(unnamed(NAMELESS), config=config, nas=bare)
    (exists,) = rows("iscsi.initiator-group-exists", found)
    assert (exists.status, exists.seen) == ("fail", "there is no group at all")
    (access,) = rows("access.initiator-group", found)
    assert access.blocked_by == "iscsi.initiator-group-exists"


def test_initiator_groups_that_could_not_be_asked_for_are_unknown():
    lost = interview(answers=truenas.Answers({**known(), ask.INITIATORS.method: lab.LOST}))
    (row,) = rows("iscsi.initiator-group-exists", made(unnamed(NAMELESS), nas=lost))
    assert row.status == "unknown"


def test_the_first_portal_has_to_listen_where_nodes_are_sent():
    """Another one that does is of no use: the driver does not look for it."""
    assert [row.status for row in rows("iscsi.portal-listens", made(unnamed(NAMELESS)))] == ["ok"]
    (row,) = rows("iscsi.portal-listens", made(unnamed(NAMELESS, address="198.51.100.10")))
    assert (row.status, row.fix) == ("fail", "use the id 4: that portal listens on 198.51.100.10")


@pytest.mark.parametrize("address", [lab.ADDRESS, "nas"])
def test_an_array_without_a_portal_fails(address):
    bare = interview(answers=truenas.Answers({**known(), ask.PORTALS.method: Known(())}))
    (row,) = rows("iscsi.portal-exists", made(unnamed(NAMELESS, address=address), nas=bare))
    assert (row.status, row.seen) == ("fail", f"there is no portal on {address}; there is no portal at all")


# --- the SSH login


def test_an_ssh_driver_whose_login_is_not_in_its_file_is_unknown():
    found = made(lab.deployment(ssh=None), shell=None)
    (login,) = rows("driver.ssh-login", found)
    assert (login.status, login.seen) == ("unknown", "the driver's files hold no host and user for SSH")
    (rights,) = rows("driver.ssh-rights", found)
    assert rights.blocked_by == "driver.ssh-login"


def test_a_login_that_is_not_had_blocks_what_it_would_have_been_asked():
    refused = nas_shell.lost("late")
    (row,) = rows("driver.ssh-tools", made(lab.deployment(), shell=refused))
    assert (row.status, row.blocked_by) == ("skip", "driver.ssh-login")


# --- NVMe-oF and the shares to come


def test_ports_are_wanted_by_id_and_by_address():
    want = NvmeofWant(port_ids=(1,), portals=(("nas", 4420),))
    nvmeof = lab.deployment(
        variant="freenas-api-nvmeof", protocols=("nvmeof",), iscsi=None, target_groups=(), nvmeof=want
    )
    by_id, by_address = of(snapshot.NvmeofPort, made(nvmeof, resolved={"nas": Known((lab.ADDRESS,))}))
    assert (by_id.id, by_id.address) == (1, None)
    assert (by_address.id, by_address.address, by_address.resolved) == (None, "nas", Known((lab.ADDRESS,)))


def test_each_node_stands_before_the_shares_to_come():
    config = Config(nodes=(NodeWant(name="worker-1", local=True), NodeWant(name="worker-2", local=True)))
    files = lab.deployment(
        variant="freenas-nfs",
        protocols=("nfs",),
        iscsi=None,
        nfs=NfsWant(address=lab.ADDRESS),
        shares=(ShareWant(networks=("192.0.2.0/24",), hosts=("a",)),),
    )
    found = of(snapshot.NewShares, made(files, config=config))
    assert [(share.node, share.networks, share.hosts) for share in found] == [
        ("worker-1", ("192.0.2.0/24",), ("a",)),
        ("worker-2", ("192.0.2.0/24",), ("a",)),
    ]


def test_each_set_of_clients_is_judged_by_itself():
    """One class that is open to everyone says nothing for another."""
    config = Config(nodes=(NodeWant(name="worker-1", local=True),))
    shares = (ShareWant(classes=("open",)), ShareWant(networks=("203.0.113.0/24",), classes=("closed",)))
    files = lab.deployment(protocols=("nfs",), iscsi=None, nfs=NfsWant(address=lab.ADDRESS), shares=shares)
    found = of(snapshot.NewShares, made(files, config=config))
    assert [(share.networks, share.classes) for share in found] == [((), ("open",)), (("203.0.113.0/24",), ("closed",))]
    assert [row.status for row in rows("access.new-shares", found)] == ["ok", "unknown"]  # the node was not asked


# --- what is mounted


def test_every_address_of_nfs_is_judged():
    files = lab.deployment(
        protocols=("nfs",), iscsi=None, nfs=NfsWant(address=lab.ADDRESS, also=("203.0.113.99",)), target_groups=()
    )
    nas = interview(answers=truenas.Answers({**known(), ask.NFS_CONFIG.method: Known(lab.nfs_config())}))
    assert [row.status for row in rows("nfs.listens", made(files, nas=nas))] == ["ok", "fail"]
    (want,) = [want for want in wants(Config(), [files]) if want.nfs]
    assert subjects.storage_addresses(want) == (lab.ADDRESS, "203.0.113.99")


@pytest.mark.parametrize(
    ("addresses", "statuses"),
    [
        ((lab.ADDRESS,), ["ok"]),
        (("203.0.113.99",), ["fail"]),
        ((lab.ADDRESS, "203.0.113.99"), ["ok", "fail"]),
        (("nas",), ["unknown"]),
        ((), ["skip"]),
    ],
    ids=["the NAS", "elsewhere", "two", "a name that was not resolved", "none"],
)
def test_every_address_of_smb_is_judged(addresses, statuses):
    smb = lab.deployment(protocols=("smb",), iscsi=None, target_groups=(), smb=addresses)
    found = made(smb)
    assert [row.status for row in rows("smb.listens", found)] == statuses
    assert {row.status for row in rows("smb.running", found)} == {"ok"}


@pytest.mark.parametrize(
    ("changes", "multipath"),
    [({}, False), ({"multipath": True}, True), ({"iscsi": IscsiWant(portals=TWO), "driver": "tns-csi"}, False)],
    ids=["one portal", "the driver uses it", "portals of two classes"],
)
def test_a_node_needs_multipath_where_a_driver_uses_it(changes, multipath):
    want = wants(Config(), [lab.deployment(**changes)])[-1]
    assert want.over_several_paths is multipath


# --- files alone


def test_a_driver_of_which_no_class_is_known_is_unknown():
    """Nothing of it was compared with the array: that is no good news."""
    bare = lab.deployment(driver="truenas-csi", variant="", protocols=(), iscsi=None, target_groups=())
    (row,) = rows("driver.read", subjects.offline(Files(deployments=(bare,))))
    assert (row.status, row.wanted) == ("unknown", "its StorageClasses")
    assert "no StorageClass is here" in row.seen


def test_a_file_is_judged_without_asking_anything():
    broken = lab.deployment(problems=(lab.problem(Rule.SECURE),))
    files = Files(deployments=(broken, lab.deployment(csi_name="other")), unread=(lab.problem(),))
    found = list(subjects.offline(files))
    assert [type(subject) for subject in found] == [snapshot.DriverFile, snapshot.DriverFile, snapshot.DriverSet]
    assert found[0].problems == broken.problems
    drivers = one(snapshot.DriverSet, found)
    assert drivers.unread == files.unread
    assert drivers.clashes  # they share a parent
