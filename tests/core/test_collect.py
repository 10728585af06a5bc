"""Collecting: only what the selected checks need is asked, and whatever hangs, there is a report in time."""

from __future__ import annotations

import dataclasses
import hashlib
import socket
import time

import pytest

from csi_probe import collect as collecting
from csi_probe import snapshot
from csi_probe.collect import collect, plan
from csi_probe.config import Config, IscsiWant, NfsWant, NodeWant, PoolWant, PortalWant, Run, Ssh, TrueNAS
from csi_probe.deadline import Deadline
from csi_probe.errors import ConfigError
from csi_probe.execute import execute
from csi_probe.facts import Missing
from csi_probe.finding import Status
from csi_probe.jobs import Done
from csi_probe.report import Verdict
from csi_probe.runner import run, select
from csi_probe.secret import SecretSource
from csi_probe.snapshot import Nas, Nfs, Node
from csi_probe.truenas import interview
from csi_probe.truenas.questions import VERSION
from csi_probe_checks import CHECKS

NAS = TrueNAS(url="https://nas.example.org", api_key=SecretSource(env="PATH"))
NFS = NfsWant(address="192.0.2.10")
ISCSI = IscsiWant(portals=(PortalWant(id=1, address="192.0.2.10"),))
NODES = (NodeWant(name="worker-1"),)
POOLS = (PoolWant(name="tank"),)


def planned(config, *only):
    return plan(config, select(CHECKS, only, ()))


# --- the plan


@pytest.mark.parametrize(
    ("config", "only", "nas", "nodes", "methods"),
    [
        (Config(), (), False, False, ()),
        (Config(truenas=NAS), (), True, False, ("api_key.query", "system.version")),
        (Config(truenas=NAS), ("truenas.login",), True, False, ()),
        (Config(truenas=NAS, pools=POOLS, nodes=NODES), ("pool.exists",), True, False, ("pool.query",)),
        (Config(truenas=NAS, pools=POOLS, nodes=NODES), ("node.*",), False, True, ()),
        (Config(nodes=NODES, nfs=NFS, iscsi=ISCSI), (), False, True, ()),
        (Config(truenas=NAS, nfs=NFS, nodes=NODES), ("access.nfs-shares",), True, True, ("sharing.nfs.query",)),
        (Config(truenas=NAS, nfs=NFS), ("access.nfs-shares",), False, False, ()),
        (Config(truenas=NAS, iscsi=ISCSI), ("nfs.*", "iscsi.running"), True, False, ("service.query",)),
    ],
    ids=[
        "nothing",
        "array",
        "login",
        "pool",
        "nodes of an array",
        "node mode",
        "shares before nodes",
        "shares without nodes",
        "no NFS in the config",
    ],
)
def test_only_what_the_checks_can_judge_is_asked(config, only, nas, nodes, methods):
    todo = planned(config, *only)
    assert (todo.visit_nas, todo.visit_nodes, set(todo.methods)) == (nas, nodes, set(methods))
    assert len(set(todo.methods)) == len(todo.methods)


def test_roles_are_those_of_the_methods_that_need_one():
    assert planned(Config(truenas=NAS)).roles == {"API_KEY_READ"}


# --- collecting from endpoints that do not serve


@pytest.fixture
def silent():
    """A port that accepts and says nothing."""
    with socket.create_server(("127.0.0.1", 0), backlog=16) as server:
        yield server.getsockname()[1]


@pytest.fixture
def closed():
    """A port on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@pytest.fixture
def ssh(tmp_path):
    """[ssh] that has nothing of this machine's user in it."""
    (tmp_path / "empty").touch()
    return Ssh(user="probe", known_hosts=tmp_path / "empty", config_file=tmp_path / "empty")


def nas_at(port, **changes):
    return TrueNAS(url=f"https://127.0.0.1:{port}", api_key=SecretSource(env="PATH"), verify=False, **changes)


def collected(config, *only):
    told = []
    checks = select(CHECKS, only, ())
    snapshot = collect(config, checks, Deadline(config.run.deadline), told.append)
    return snapshot, told, run(checks, snapshot)


def test_whatever_hangs_the_report_comes_by_the_deadline_and_is_not_green(silent, ssh):
    config = Config(
        truenas=nas_at(silent),
        pools=POOLS,
        nodes=(NodeWant(name="worker-1", address="127.0.0.1", port=silent),),
        ssh=ssh,
        run=Run(deadline=1.5),
    )
    start = time.monotonic()
    snapshot, _, rows = collected(config)
    assert time.monotonic() - start < 2.5
    assert {row.subject for row in rows if row.subject} == {"this run", "truenas", "pool tank", "node worker-1"}
    assert not [
        row.id
        for row in rows
        if row.status is Status.OK and row.id not in {"scope.nodes", "truenas.reachable", "truenas.verified"}
    ]
    assert set(snapshot.timings) <= {"truenas", "node worker-1"}


def test_a_node_that_is_down_costs_its_own_rows_only(closed, ssh):
    nodes = (NodeWant(name="down", address="127.0.0.1", port=closed), NodeWant(name="here", local=True))
    config = Config(nodes=nodes, ssh=ssh, run=Run(deadline=30.0))
    snapshot, told, rows = collected(config, "node.login", "node.system")
    status = {(row.subject, row.id): row.status for row in rows}
    assert status["node down", "node.login"] is Status.FAIL
    assert status["node down", "node.system"] is Status.SKIP
    assert status["node here", "node.login"] is Status.OK
    assert sorted(told) == ["node down is done", "node here is done"]
    assert set(snapshot.timings) == {"node down", "node here"}


def test_a_name_that_does_not_resolve_is_missing_with_a_mend_and_an_address_is_its_own(closed):
    (nfs,) = (s for s in _snapshot(NfsWant(address="a..b"), closed).subjects if isinstance(s, Nfs))
    assert nfs.resolved == Missing(
        'on this machine: "a..b" has no address: it is not a host name', fix="write the IP address instead of a..b"
    )
    (literal,) = (s for s in _snapshot(NfsWant(address="2001:DB8:0::10"), closed).subjects if isinstance(s, Nfs))
    assert literal.resolved.get() == ("2001:db8::10",)


def test_a_name_that_resolves_is_known_by_its_addresses(closed):
    (nfs,) = (s for s in _snapshot(NfsWant(address="localhost"), closed).subjects if isinstance(s, Nfs))
    assert set(nfs.resolved.get()) <= {"127.0.0.1", "::1"}


def test_what_is_late_is_missing_for_that_reason():
    late = "no answer within the run's deadline of 60 s"
    lost = collecting._Outcome({}, late).of("truenas", interview.lost)
    assert lost.reachable == Missing(late)
    assert lost.answers.to(VERSION).blocked_by == "truenas.reachable"
    assert collecting._Outcome({}, late).addresses("nas", "name nas") == Missing(f"nas was not resolved: {late}")


def _snapshot(nfs, port):
    return collected(Config(truenas=nas_at(port), nfs=nfs, run=Run(deadline=2.0)), "nfs.listens")[0]


def test_what_is_not_selected_is_not_visited(silent, ssh):
    config = Config(truenas=nas_at(silent), pools=POOLS, nodes=NODES, ssh=ssh)
    snapshot, told, _ = collected(config, "dataset.apart")
    assert (told, snapshot.timings) == ([], {})
    assert not [subject for subject in snapshot.subjects if isinstance(subject, Nas | Node)]


def test_a_defect_in_an_endpoints_job_is_unknown_and_asks_to_be_reported():
    defect = Done("truenas", None, ZeroDivisionError("canary"), 0.1)
    lost = collecting._Outcome({defect.name: defect}, "late").of(defect.name, interview.lost)
    assert lost.reachable == Missing("the probe itself failed (ZeroDivisionError): please report this")
    assert lost.login.blocked_by == "truenas.reachable"


# --- errors of the configuration


def test_a_secret_that_cannot_be_read_is_an_error_before_anything_is_asked(silent):
    nas = TrueNAS(url=f"https://127.0.0.1:{silent}", api_key=SecretSource(env="NO_SUCH_VARIABLE"))
    with pytest.raises(ConfigError, match=r"truenas\.api_key: the environment variable NO_SUCH_VARIABLE is not set"):
        collected(Config(truenas=nas))


def test_an_authority_that_is_none_is_an_error_of_the_configuration(silent, tmp_path):
    (tmp_path / "ca.pem").write_text("no certificate", encoding="utf-8")
    nas = TrueNAS(url=f"https://127.0.0.1:{silent}", api_key=SecretSource(env="PATH"), ca_file=tmp_path / "ca.pem")
    with pytest.raises(ConfigError, match=r"truenas\.ca_file: .* holds no certificate"):
        collected(Config(truenas=nas, run=Run(deadline=5.0)))


# --- one run


def test_a_run_makes_a_report(tmp_path, ssh):
    path = tmp_path / "config.toml"
    path.write_text("[[nodes]]", encoding="utf-8")
    config = Config(nodes=(NodeWant(name="here", local=True),), ssh=ssh, run=Run(only=("node.login",), strict=True))
    report = execute(config, [path], lambda _words: None)
    assert [row.id for row in report.rows] == ["node.login"]
    assert (report.verdict, report.strict) == (Verdict.READY, True)
    assert report.deselected == tuple(check.id for check in CHECKS if check.id != "node.login")
    assert report.config_hash == hashlib.sha256(b"[[nodes]]").hexdigest()
    assert 0 < report.timings["node here"] <= report.duration


@pytest.mark.parametrize(
    ("config", "only"),
    [
        (Config(nfs=NFS), ()),
        (Config(iscsi=ISCSI), ()),
        (Config(truenas=NAS, nfs=NFS, nodes=NODES), ("scope.*",)),
        (Config(truenas=NAS, nfs=NFS), ("scope.nodes",)),
    ],
    ids=["NFS of nobody", "iSCSI of nobody", "the scope alone", "its warning alone"],
)
def test_a_run_that_asks_nobody_is_not_ready_whatever_it_says_of_itself(tmp_path, config, only):
    path = tmp_path / "config.toml"
    path.touch()
    report = execute(dataclasses.replace(config, run=Run(only=only)), [path], lambda _words: None)
    assert (report.timings, report.verdict) == ({}, Verdict.UNDETERMINED)
    assert {row.kind for row in report.rows if row.status in (Status.OK, Status.WARN)} == {snapshot.Scope.__name__}


def test_a_run_of_nothing_is_not_ready(tmp_path):
    path = tmp_path / "config.toml"
    path.touch()
    report = execute(Config(), [path], lambda _words: None)
    assert report.verdict is Verdict.UNDETERMINED
    asked = {row.status for row in report.rows if not row.id.startswith("scope.")}
    assert asked == {Status.SKIP}
    assert report.counts[Status.UNKNOWN] == 1
