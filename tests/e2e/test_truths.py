"""One run over real SSH servers: each node's truth stands beside the others', and a lost node costs its own rows only."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

import sshd

from .rig import Ran, probe

pytestmark = pytest.mark.real


@dataclass(frozen=True)
class Truths:
    """The process that asked all three, and what the two servers that run have seen."""

    ran: Ran
    user: str
    healthy: sshd.Server
    stranger: sshd.Server


@pytest.fixture(scope="module")
def truths(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Truths]:
    """A node that serves an ordinary user, one whose server is down, and one that shows a stranger's host key."""
    folder = tmp_path_factory.mktemp("truths")
    with sshd.running(folder) as servers, sshd.a_user(folder, servers.key_file.with_suffix(".pub")) as user:
        healthy, down, stranger = (servers.serve(*user.options) for _ in range(3))
        os.kill(int((down.config.parent / "pid").read_text()), signal.SIGKILL)
        known = servers.known_hosts(healthy, down)
        with known.open("a") as lines:
            lines.write(f"[127.0.0.1]:{stranger.port} {healthy.host_key}\n")
        config = folder / "config.toml"
        config.write_text(
            f'[ssh]\nuser = "{user.name}"\nkey_file = "{servers.key_file}"\nknown_hosts = "{known}"\n'
            'config_file = "/dev/null"\n'
            + "".join(
                f'[[nodes]]\nname = "{name}"\naddress = "127.0.0.1"\nport = {server.port}\n'
                for name, server in {"healthy": healthy, "down": down, "stranger": stranger}.items()
            )
        )
        yield Truths(probe("run", "--config", config, "-o", "json"), user.name, healthy, stranger)


def rows(truths: Truths, node: str) -> dict[str, tuple[str, str]]:
    """Id -> status and what was seen, of all on `node` that was not skipped."""
    found = [row for row in truths.ran.report["rows"] if row["subject"] == f"node {node}" and row["status"] != "skip"]
    return {row["id"]: (row["status"], row["seen"]) for row in found}


def test_a_node_was_asked_as_an_ordinary_user_in_one_session(truths: Truths) -> None:
    healthy = rows(truths, "healthy")
    assert healthy["node.login"][0] == healthy["node.system"][0] == healthy["node.clock"][0] == "ok"
    assert f"ssh {truths.user}@127.0.0.1:{truths.healthy.port}" in healthy["node.login"][1]
    assert truths.healthy.log.read_text().count(f"Accepted publickey for {truths.user}") == 1


def test_a_node_that_is_down_says_that_nothing_listens(truths: Truths) -> None:
    (down,) = rows(truths, "down").items()
    assert down[0] == "node.login"
    assert down[1][0] == "fail"
    assert "refuse" in down[1][1]


def test_a_node_with_another_host_key_is_refused_before_any_login(truths: Truths) -> None:
    (stranger,) = rows(truths, "stranger").items()
    assert stranger[0] == "node.login"
    assert stranger[1][0] == "fail"
    assert "host key" in stranger[1][1]
    assert "publickey" not in truths.stranger.log.read_text()


def test_all_three_stand_in_one_report(truths: Truths) -> None:
    assert (truths.ran.exit_code, truths.ran.stderr) == (1, "")
    asked = {subject.removeprefix("node ") for subject in (row["subject"] for row in truths.ran.report["rows"])}
    assert {"healthy", "down", "stranger"} <= asked
