"""Each fault of the demo, in each era where it can happen: the exit code, and exactly the rows that are not well."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from csi_probe import config
from csi_probe.config import Options
from csi_probe.demo import stage
from csi_probe.demo.driver_faults import DRIVER_BREAKS
from csi_probe.demo.eras import Era
from csi_probe.demo.node_faults import NODE_BREAKS
from csi_probe.execute import execute
from csi_probe.render import Look, render

from .rig import BAD, Report, bad, probe, valid

ERAS = tuple(str(era) for era in Era)
REST, JSON_RPC = ("core-13", "24.10"), ("25.04", "25.10", "26")

_OF_DATASETS = {
    *(f"dataset.{claim}" for claim in ("exists", "filesystem", "unlocked", "writable", "space", "own-quota")),
    "dataset.detached-unencrypted",
}
_OF_POOLS = {"pool.exists", "pool.healthy", "pool.not-full"}
_LOST_ON_THE_WAY = {
    *_OF_POOLS,
    *_OF_DATASETS,
    *(f"nfs.{claim}" for claim in ("running", "starts-at-boot", "versions", "listens")),
    *(f"iscsi.{claim}" for claim in ("running", "starts-at-boot", "basename", "portal-exists", "portal-listens")),
    *("iscsi.initiator-group-exists", "iscsi.auth-exists"),
    *("iscsi.target-exists", "iscsi.target-groups", "iscsi.target-luns"),
    *("access.nfs-shares", "access.initiator-group", "truenas.key", "pool.free"),
}

# Fault -> exit code, and the ids that fail, warn or are unknown. What is blocked behind them is skipped.
EXPECTED: dict[str, tuple[int, set[str]]] = {
    "wrong-key": (1, {"truenas.login"}),
    "expired-key": (1, {"truenas.login"}),
    "revoked-key": (1, {"truenas.login"}),
    "key-denied": (1, {"truenas.login"}),
    "key-expiring": (0, {"truenas.key"}),
    "missing-role": (3, {"truenas.roles", "pool.free", *_OF_DATASETS}),
    "rate-limited": (3, {"truenas.login"}),
    "ha-standby": (1, {"truenas.login"}),
    "allow-list": (1, {"truenas.login"}),
    "booting": (1, {"truenas.api"}),
    "booting-briefly": (0, set()),
    "not-truenas": (1, {"truenas.api"}),
    "certificate-expired": (1, {"truenas.certificate"}),
    "certificate-wrong-name": (1, {"truenas.certificate"}),
    "certificate-untrusted": (1, {"truenas.certificate"}),
    "silent": (1, {"truenas.certificate"}),
    "half-answer": (3, {*_LOST_ON_THE_WAY, "truenas.version", "truenas.latency", "dataset.zvol-path"}),
    "garbage": (1, {"truenas.login"}),
    "slow": (0, {"truenas.latency"}),
    "pool-degraded": (0, {"pool.healthy"}),
    "pool-full": (1, {"pool.not-full", "pool.free"}),
    "pool-missing": (1, {"pool.exists"}),
    "dataset-locked": (1, {"dataset.unlocked", "dataset.detached-unencrypted"}),
    "dataset-readonly": (1, {"dataset.writable"}),
    "dataset-quota": (1, {"dataset.space", "dataset.own-quota"}),
    "parent-is-zvol": (1, {"dataset.filesystem"}),
    "nfs-stopped": (1, {"nfs.running"}),
    "nfs-not-at-boot": (0, {"nfs.starts-at-boot"}),
    "nfs-v4-off": (1, {"nfs.versions"}),
    "nfs-bound-elsewhere": (1, {"nfs.listens"}),
    "share-excludes-nodes": (1, {"access.nfs-shares"}),
    "iscsi-stopped": (1, {"iscsi.running"}),
    "portal-id": (1, {"iscsi.portal-exists", "iscsi.target-groups"}),
    "portal-elsewhere": (1, {"iscsi.portal-listens"}),
    "portal-port": (1, {"iscsi.portal-listens"}),
    "initiator-group-missing": (1, {"iscsi.initiator-group-exists"}),
    "initiator-excludes-node": (1, {"access.initiator-group"}),
    "initiator-network-excludes-node": (1, {"access.initiator-group"}),
    "auth-tag-missing": (1, {"iscsi.auth-exists"}),
    "auth-no-peer": (1, {"iscsi.auth-exists"}),
    "target-missing": (1, {"iscsi.target-exists"}),
    "target-wrong-portal": (1, {"iscsi.target-groups"}),
    "extent-disabled": (1, {"iscsi.target-luns"}),
    "smb-stopped": (0, set()),
    "nvmeof-stopped": (0, set()),
    "nvmeof-port-missing": (0, set()),
    "driver-key-small-role": (0, set()),
    "driver-no-sudo": (0, set()),
    "node-down": (1, {"node.login"}),
    "node-silent": (1, {"node.login"}),
    "node-host-key": (1, {"node.login"}),
    "node-login": (1, {"node.login"}),
    "node-nologin": (1, {"node.login"}),
    "node-hangs": (3, {"node.iscsid-at-boot", "access.nfs-shares"}),
    "node-no-nfs": (1, {"node.nfs-kernel", "node.nfs-helper"}),
    "node-no-nfs-helper": (0, {"node.nfs-helper"}),
    "node-no-iscsi": (1, {"node.iscsiadm"}),
    "node-iscsid-off": (1, {"node.iscsid", "node.iscsid-at-boot"}),
    "node-no-iscsi-module": (1, {"node.iscsi-module"}),
    "node-no-nvme-module": (0, set()),
    "node-no-cifs-module": (0, set()),
    "node-no-initiator-name": (1, {"node.initiator-name"}),
    "node-initiator-unreadable": (3, {"node.initiator-name", "node.initiator-names-differ", "access.initiator-group"}),
    "node-cloned": (1, {"node.initiator-names-differ"}),
    "node-no-multipathd": (1, {"node.multipath"}),
    "node-root-private": (1, {"node.root-shared"}),
    "node-no-iscsi-directory": (1, {"node.iscsi-directory"}),
    "node-clock-skew": (0, {"node.clock"}),
}
# Where an era tells it otherwise. Keys have no roles up to 24.10; there nginx refuses before a key is sent, and the
# version, which is the login there, comes whole before the answer that breaks off.
OTHERWISE: dict[tuple[str, str], tuple[int, set[str]]] = {
    ("missing-role", "24.10"): (3, {"pool.free", *_OF_DATASETS}),
    **{("allow-list", era): (1, {"truenas.api"}) for era in REST},
    **{("half-answer", era): (3, _LOST_ON_THE_WAY) for era in REST},
}
NEVER_ANSWER = {"booting", "silent", "node-silent", "node-hangs"}

# A node does not know the era: its faults are looked at in one.
CASES = [
    (name, era)
    for name, fault in stage.BREAKS.items()
    for era in (("25.10",) if fault in NODE_BREAKS else fault.eras or ERAS)
]


def judged(name: str, era: str) -> Report:
    """The report of a run in this process, by way of its JSON."""
    options = Options(deadline=3.0 if name in NEVER_ANSWER else None)
    with stage.set_up(era, [name] if name else [], with_this_machine=False) as path:
        report = execute(options.over(config.load(path)), [path], lambda _: None)
    return valid(render("json", report, Look()))


@pytest.fixture(scope="module")
def report() -> Iterator[Callable[[str, str], Report]]:
    """report(fault, era). All are made side by side, since they spend their time with waiting."""
    with ThreadPoolExecutor(24) as waiting, ThreadPoolExecutor(4) as working:
        reports = {
            case: (waiting if case[0] in {"slow", *NEVER_ANSWER} else working).submit(judged, *case)
            for case in [*(("", era) for era in ERAS), *CASES]
        }
        yield lambda name, era: reports[name, era].result()
        for pool in (waiting, working):
            pool.shutdown(cancel_futures=True)


def test_the_table_knows_every_fault() -> None:
    assert EXPECTED.keys() == stage.BREAKS.keys()
    assert {name for name, _ in CASES} == stage.BREAKS.keys()


@pytest.mark.parametrize("era", ERAS)
def test_a_healthy_system_is_ready_and_not_one_row_complains(report, era: str) -> None:
    healthy = report("", era)
    assert (healthy["exit_code"], bad(healthy)) == (0, set())
    assert not any(row["blocked_by"] for row in healthy["rows"])


@pytest.mark.parametrize(("name", "era"), CASES)
def test_a_fault_gives_its_exit_code_and_exactly_its_own_rows(report, name: str, era: str) -> None:
    found = report(name, era)
    assert (found["exit_code"], bad(found)) == OTHERWISE.get((name, era), EXPECTED[name])


@pytest.mark.parametrize(("name", "era"), CASES)
def test_what_is_blocked_names_a_root_cause_that_stands_in_the_same_report(report, name: str, era: str) -> None:
    found = report(name, era)
    causes = {row["blocked_by"] for row in found["rows"] if row["blocked_by"]}
    assert causes <= bad(found, "fail", "unknown")


@pytest.mark.parametrize(("name", "era"), CASES)
def test_every_row_that_complains_says_how_to_go_on(report, name: str, era: str) -> None:
    mute = [row["id"] for row in report(name, era)["rows"] if row["status"] in {"fail", "warn"} and not row["fix"]]
    assert mute == []


def test_only_faults_that_can_wait_leave_the_system_ready() -> None:
    ready = {name for name, (exit_code, _) in EXPECTED.items() if exit_code == 0}
    of_drivers = {fault.name for fault in DRIVER_BREAKS} | {"node-no-nvme-module", "node-no-cifs-module"}
    waiting = {"key-expiring", "slow", "pool-degraded", "nfs-not-at-boot", "node-no-nfs-helper", "node-clock-skew"}
    assert ready == {"booting-briefly", *waiting, *of_drivers}


@pytest.mark.parametrize("name", ["half-answer", "garbage", "allow-list", "certificate-wrong-name", "node-nologin"])
def test_the_simulated_servers_write_nothing_to_stderr(name: str) -> None:
    ran = probe("demo", "--break", name)
    assert (ran.exit_code, ran.stderr) == (EXPECTED[name][0], "")


def test_this_machine_can_be_asked_too() -> None:
    ran = probe("demo", "--with-this-machine", "-o", "json")
    assert ran.exit_code in {0, 1, 3}
    of_this_machine = {row["id"]: row["status"] for row in ran.report["rows"] if row["subject"] == "node this-machine"}
    assert of_this_machine["node.login"] == "ok"
    others = [row for row in ran.report["rows"] if row["subject"] != "node this-machine" and row["status"] in BAD]
    assert {row["id"] for row in others} <= {"node.initiator-names-differ"}
