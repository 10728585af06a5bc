"""How a node is reached: the probe's config wins over the ssh config, which wins over the defaults."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Any

import pytest

from csi_probe.config import NodeWant, Ssh
from csi_probe.contact import Trouble
from csi_probe.errors import ConfigError, EndpointError
from csi_probe.node.access import access
from csi_probe.node.route import Hop, route
from csi_probe.secret import SecretSource

SSH_CONFIG = """\
Host db *.lab
  User alice
  Port 2200
Host db
  HostName 10.0.0.5
  IdentityFile ~/.ssh/db
  IdentitiesOnly yes
  ProxyJump bob@jump1:2022,jump2.lab
Host jump1
  HostName 10.0.0.1
Host direct
  ProxyJump none
  ProxyCommand nc %h %p
Host broken
  Port many
"""
NODE = NodeWant(name="db")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own, with SSH_CONFIG as its ssh config."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "config").write_text(SSH_CONFIG)
    return tmp_path


def hops(want: NodeWant, **ssh: Any) -> tuple[Hop, ...]:
    return route(want, access(Ssh(**ssh)))


def test_the_ssh_config_is_honoured(home: Path) -> None:
    first, second, node = hops(NODE)
    assert [str(hop) for hop in (first, second, node)] == [
        "bob@10.0.0.1:2022",
        "alice@jump2.lab:2200",
        "alice@10.0.0.5:2200",
    ]
    assert (node.identities, node.only_these) == ((home / ".ssh/db",), True)


def test_the_probes_own_config_wins() -> None:
    want = NodeWant(name="n", address="db", user="carol", port=22)
    assert str(hops(want, user="dave", port=23)[-1]) == "carol@10.0.0.5:22"
    assert str(hops(NODE, user="dave", port=23)[-1]) == "dave@10.0.0.5:23"
    assert hops(NODE, key_file=Path("/k"))[-1].identities == (Path("/k"),)


def test_without_either_the_defaults_hold(home: Path) -> None:
    (home / ".ssh" / "id_ed25519").write_text("a key")
    node = hops(NodeWant(name="n", address="fd00::1"))[-1]
    assert str(node) == f"{getpass.getuser()}@[fd00::1]:22"
    assert node.identities == (home / ".ssh" / "id_ed25519",)


def test_jump_hosts_are_reached_without_the_nodes_user_and_password() -> None:
    *jumps, node = hops(NODE, user="dave")
    assert [jump.user for jump in jumps] == ["bob", "alice"]
    assert [hop.password_allowed for hop in (*jumps, node)] == [False, False, True]


def test_proxy_jump_none_means_none() -> None:
    node = hops(NodeWant(name="direct"))
    assert [hop.proxy_command for hop in node] == ["nc direct 22"]


def test_included_files_are_read(home: Path) -> None:
    (home / ".ssh" / "conf.d").mkdir()
    (home / ".ssh" / "conf.d" / "lab").write_text("Host extra\n  HostName 10.9.9.9\n")
    (home / ".ssh" / "config").write_text("Include conf.d/*\nInclude config\n" + SSH_CONFIG)
    assert hops(NodeWant(name="extra"))[-1].host == "10.9.9.9"


def test_known_hosts_come_from_the_config_else_the_ssh_config_else_home(home: Path) -> None:
    for name in ("mine", "theirs"):
        (home / name).write_text(f"n ssh-ed25519 {'AAAA' if name == 'mine' else 'BBBB'}\n")
    (home / ".ssh" / "config").write_text(f"UserKnownHostsFile {home}/theirs\n")
    assert [key.key.hex() for key in hops(NodeWant(name="n"))[-1].host_keys] == ["041041"]
    assert [key.key.hex() for key in hops(NodeWant(name="n"), known_hosts=home / "mine")[-1].host_keys] == ["000000"]


@pytest.mark.parametrize("text", ["Host n\n  Port many\n", "Host n\n  ProxyJump a:b:c\n"])
def test_an_ssh_config_that_cannot_be_followed_is_the_nodes_trouble(home: Path, text: str) -> None:
    (home / ".ssh" / "config").write_text(text)
    with pytest.raises(EndpointError, match="the ssh config does not tell how to reach n") as caught:
        hops(NodeWant(name="n"))
    assert caught.value.trouble is Trouble.UNRESOLVED


@pytest.mark.parametrize("key", ["known_hosts", "config_file"])
def test_a_named_file_that_cannot_be_read_is_an_error_of_the_config(key: str) -> None:
    with pytest.raises(ConfigError, match=f"ssh.{key}: cannot read /nowhere"):
        hops(NODE, **{key: Path("/nowhere")})


def test_a_secret_that_cannot_be_read_is_an_error_of_the_config() -> None:
    with pytest.raises(ConfigError, match=r"ssh\.passphrase"):
        access(Ssh(passphrase=SecretSource(env="NO_SUCH_VARIABLE")))


def test_an_ssh_config_that_is_none_is_an_error_of_the_config(home: Path) -> None:
    (home / ".ssh" / "config").write_text("Match all exec\n")
    with pytest.raises(ConfigError, match=r"ssh\.config_file"):
        access(Ssh())
