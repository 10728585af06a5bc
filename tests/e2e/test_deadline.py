"""Whatever hangs, the run ends within its deadline and a second, with a whole report."""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from csi_probe.demo import certificates, stage
from csi_probe.demo.array import Certificate
from csi_probe.demo.nodes import Fault, healthy_debian

from .rig import Ran, bad, listening, on_path, probe, say_nothing, secret_file

DEADLINE = 3
ALLOWED = DEADLINE + 1
PATIENT = 600  # seconds that are longer than any test
NAME = "a-name-that-nobody-knows.example"

# Stands where Python looks for it at its start: the one name's resolver never answers.
_SILENT_NAME_SERVERS = f"""
import socket, time
ask = socket.getaddrinfo
def getaddrinfo(host, *args, **kwargs):
    if host == {NAME!r}:
        time.sleep({PATIENT})
    return ask(host, *args, **kwargs)
socket.getaddrinfo = getaddrinfo
"""


def _drip(connection: socket.socket) -> None:
    connection.recv(4096)
    for byte in b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n" + b" " * 1000:
        connection.sendall(bytes([byte]))
        time.sleep(1)


def _nas(folder: Path, host: str) -> Path:
    path = folder / "config.toml"
    path.write_text(
        f'[truenas]\nurl = "https://{host}"\nverify = false\napi_key = {{ file = "{secret_file(folder, "1-abc")}" }}\n'
        '[[pools]]\nname = "tank"\n'
    )
    return path


@contextlib.contextmanager
def silent_nas(folder: Path) -> Iterator[Path]:
    with listening(say_nothing) as (port, _):
        yield _nas(folder, f"127.0.0.1:{port}")


@contextlib.contextmanager
def dripping_nas(folder: Path) -> Iterator[Path]:
    certificate, private_key, _ = certificates.make(Certificate(), folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, private_key)
    with listening(_drip, context) as (port, _):
        yield _nas(folder, f"127.0.0.1:{port}")


@contextlib.contextmanager
def nas_that_hangs_over_pools(folder: Path) -> Iterator[Path]:
    array, machines = stage.broken("25.10", [])
    array.manners.slow["pool.query"] = PATIENT
    with stage.serve(array, machines) as path:
        yield path


@contextlib.contextmanager
def silent_node(folder: Path) -> Iterator[Path]:
    with stage.set_up("25.10", ["node-silent"], with_this_machine=False) as path:
        yield path


@contextlib.contextmanager
def node_whose_shell_hangs(folder: Path) -> Iterator[Path]:
    with stage.set_up("25.10", ["node-hangs"], with_this_machine=False) as path:
        yield path


@contextlib.contextmanager
def silent_name_servers(folder: Path) -> Iterator[Path]:
    path = _nas(folder, NAME)
    path.write_text(
        f'{path.read_text()}[nfs]\naddress = "{NAME}"\n[[nodes]]\nname = "{NAME}"\n[[nodes]]\nname = "here"\nlocal = true\n'
    )
    yield path


# What hangs -> the exit codes that are honest, and the rows that must tell of it.
HANGS: dict[Callable[[Path], contextlib.AbstractContextManager[Path]], tuple[set[int], set[str]]] = {
    silent_nas: ({1, 3}, {"truenas.certificate"}),
    dripping_nas: ({1, 3}, {"truenas.api"}),
    nas_that_hangs_over_pools: ({3}, {"pool.exists", "pool.healthy", "pool.not-full"}),
    silent_node: ({1, 3}, {"node.login"}),
    node_whose_shell_hangs: ({3}, {"node.iscsid-at-boot", "access.nfs-shares"}),
    silent_name_servers: ({1, 3}, {"truenas.reachable", "node.login"}),
}


def _ran(hang: Callable[[Path], contextlib.AbstractContextManager[Path]], folder: Path) -> Ran:
    """The run, and its seconds less those of a run that asks nobody: on a busy machine a start alone takes one."""
    (folder / "sitecustomize.py").write_text(_SILENT_NAME_SERVERS)
    options = ("--deadline", str(DEADLINE), "-o", "json")
    env = on_path(folder)
    idle = probe("run", "--config", "/dev/null", *options, env=env)
    with hang(folder) as config:
        ran = probe("run", "--config", config, *options, env=env)
    return replace(ran, seconds=ran.seconds - idle.seconds)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[object], Ran]]:
    """ran(what hangs) -> the process that has ended; some run side by side, since they only wait."""
    with ThreadPoolExecutor(3) as pool:
        runs = {hang: pool.submit(_ran, hang, tmp_path_factory.mktemp("hang")) for hang in HANGS}
        yield lambda hang: runs[hang].result()


hanging = pytest.mark.parametrize("hang", HANGS, ids=lambda hang: hang.__name__)


@hanging
def test_a_run_ends_by_its_deadline(ran, hang) -> None:
    assert ran(hang).seconds < ALLOWED
    assert ran(hang).stderr == ""


@hanging
def test_its_report_is_whole_and_tells_what_hung(ran, hang) -> None:
    codes, rows = HANGS[hang]
    report = ran(hang).report
    assert ran(hang).exit_code == report["exit_code"]
    assert report["exit_code"] in codes
    assert rows <= bad(report, "fail", "unknown")
    assert "the probe itself failed" not in str(report)


def test_what_did_answer_is_in_the_report_all_the_same(ran) -> None:
    rows = {row["id"]: row["status"] for row in ran(nas_that_hangs_over_pools).report["rows"]}
    assert (rows["truenas.login"], rows["nfs.running"], rows["iscsi.target-exists"]) == ("ok", "ok", "ok")
    hung = [row for row in ran(node_whose_shell_hangs).report["rows"] if row["subject"] == "node worker-1"]
    assert {row["id"]: row["status"] for row in hung}["node.iscsid"] == "ok"
    silent = {row["subject"]: row["status"] for row in ran(silent_node).report["rows"] if row["id"] == "node.login"}
    assert silent["node worker-2"] == "ok"


def test_ten_nodes_of_fifty_that_hang_cost_their_own_time_once() -> None:
    nodes = [healthy_debian(f"worker-{n}", "192.0.2.21", f"iqn.1993-08.org.debian:01:{n}") for n in range(50)]
    for node in nodes[::5]:
        node.fault = Fault.SILENT
    array, _ = stage.broken("25.10", [])
    with stage.serve(array, nodes) as path:
        path.write_text(path.read_text().replace("timeout = 8", "timeout = 3"))
        ran = probe("run", "--config", path, "--only", "node.login", "--deadline", "20", "-o", "json")
    logins = {row["subject"]: row["status"] for row in ran.report["rows"]}
    assert {subject for subject, status in logins.items() if status != "ok"} == {
        f"node {node.name}" for node in nodes[::5]
    }
    assert ran.seconds < 12
