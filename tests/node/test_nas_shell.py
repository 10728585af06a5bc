"""An SSH driver's login on real servers: its very user, key, password and shell, tried once and read-only."""

from __future__ import annotations

import getpass
import os
import subprocess
from pathlib import Path

import pytest

from csi_probe import config
from csi_probe.contact import Refusal, Session, Trouble
from csi_probe.deadline import Deadline
from csi_probe.drivers.deployment import SshLogin
from csi_probe.facts import Known, Missing
from csi_probe.node import nas_shell
from csi_probe.node.nas_shell import NasShell
from csi_probe.secret import Secret
from real import need
from sshd import CANARY, Server, Ssh, User, make_key

pytestmark = pytest.mark.real

ME = getpass.getuser()


def tool(folder: Path, name: str, does: str = "exit 0") -> Path:
    """A program in `folder`, which is made to be found."""
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{does}\n")
    path.chmod(0o755)
    return path


def login(ssh: Ssh, server: Server, **changes: object) -> SshLogin:
    """What stands in sshConnection for `server`, with the key that it lets in."""
    healthy = {
        "host": "127.0.0.1",
        "port": server.port,
        "username": ME,
        "private_key": Secret(ssh.key_file.read_text()),
    }
    return SshLogin(**healthy | changes)  # type: ignore[arg-type]  # a test's keywords


def visit(ssh: Ssh, server: Server, *, known: Path | None = None, seconds: float = 20, **changes: object) -> NasShell:
    ours = config.Ssh(known_hosts=known or ssh.known_hosts(server))
    return nas_shell.visit(login(ssh, server, **changes), ours, Deadline(seconds))


def refused(found: NasShell) -> Refusal:
    assert isinstance(found.login, Known)
    assert isinstance(found.login.value, Refusal), found.login
    assert {fact.blocked_by for fact in (found.shell, found.zfs, found.zpool, found.may_zfs)} == {"driver.ssh-login"}
    return found.login.value


# --- the login


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_the_key_in_the_driver_s_file_lets_it_in(ssh: Ssh, kind: str) -> None:
    key = make_key(ssh.folder / kind, kind)
    found = visit(ssh, ssh.serve(f"AuthorizedKeysFile {key}.pub"), private_key=Secret(key.read_text()))
    assert isinstance(found.login.get(), Session)
    assert found.login.get().how.startswith(f"ssh {ME}@127.0.0.1:")


def test_a_key_in_the_older_form_is_one_too(ssh: Ssh) -> None:
    key = make_key(ssh.folder / "old", "rsa")
    subprocess.run(["ssh-keygen", "-q", "-p", "-m", "PEM", "-N", "", "-f", key], check=True, capture_output=True)
    assert "BEGIN RSA PRIVATE KEY" in key.read_text()
    found = visit(ssh, ssh.serve(f"AuthorizedKeysFile {key}.pub"), private_key=Secret(key.read_text()))
    assert isinstance(found.login.get(), Session)


def test_a_passphrase_opens_the_key(ssh: Ssh) -> None:
    key = make_key(ssh.folder / "locked", passphrase=CANARY)
    server = ssh.serve(f"AuthorizedKeysFile {key}.pub")
    secret = Secret(key.read_text())
    assert isinstance(visit(ssh, server, private_key=secret, passphrase=Secret(CANARY)).login.get(), Session)
    for wrong in (None, Secret("another")):
        assert refused(visit(ssh, server, private_key=secret, passphrase=wrong)).trouble is Trouble.LOGIN_KEY


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: "",
        lambda text: text.replace("\n", " "),
        lambda text: text[: len(text) // 2],
        lambda text: "${SSH_KEY}",
        lambda text: "\x00\xff",
    ],
    ids=["empty", "on one line", "half of it", "a placeholder", "no text"],
)
def test_a_key_that_is_none_fails_before_anything_is_offered(ssh: Ssh, spoil) -> None:
    server = ssh.serve()
    refusal = refused(visit(ssh, server, private_key=Secret(spoil(ssh.key_file.read_text()))))
    assert refusal.trouble is Trouble.LOGIN_KEY
    assert "sshConnection.privateKey" in refusal.seen
    assert "Failed" not in server.log.read_text()


def test_another_key_is_refused_and_only_it_was_offered(ssh: Ssh) -> None:
    """Not the keys of this machine's user, nor an agent's: the driver has none of them."""
    server = ssh.serve("LogLevel VERBOSE")
    other = Secret(make_key(ssh.folder / "other").read_text())
    refusal = refused(visit(ssh, server, private_key=other))
    assert refusal.trouble is Trouble.LOGIN_REFUSED
    assert "sshConnection.privateKey (SHA256:" in refusal.seen
    assert server.log.read_text().count("Failed publickey") == 1


def test_without_a_key_or_a_password_nothing_is_offered(ssh: Ssh) -> None:
    server = ssh.serve("LogLevel VERBOSE")
    assert refused(visit(ssh, server, private_key=None)).trouble is Trouble.LOGIN_KEY
    assert "Failed" not in server.log.read_text()


def test_the_password_in_the_driver_s_file_lets_it_in_and_a_wrong_one_shows_nowhere(ssh: Ssh, user: User) -> None:
    server = ssh.serve("PasswordAuthentication yes", f"AllowUsers {user.name}")
    right = visit(ssh, server, username=user.name, private_key=None, password=Secret(CANARY))
    assert isinstance(right.login.get(), Session)
    wrong = visit(ssh, server, username=user.name, private_key=None, password=Secret("wrong-canary"))
    assert refused(wrong).trouble is Trouble.LOGIN_REFUSED
    assert "canary" not in repr(wrong)
    assert server.log.read_text().count("Failed password") == 1


@pytest.mark.parametrize(("known", "trouble"), [("", Trouble.HOST_KEY_UNKNOWN), ("another", Trouble.HOST_KEY_CHANGED)])
def test_a_host_that_is_not_known_gets_nothing(ssh: Ssh, known: str, trouble: Trouble) -> None:
    server = ssh.serve("PasswordAuthentication yes", "LogLevel VERBOSE")
    hosts = ssh.folder / "hosts"
    public = " ".join(make_key(ssh.folder / "host").with_suffix(".pub").read_text().split()[:2])
    hosts.write_text(f"[127.0.0.1]:{server.port} {public}\n" if known else "")
    assert refused(visit(ssh, server, known=hosts, password=Secret(CANARY))).trouble is trouble
    assert "Failed" not in server.log.read_text()
    assert "Accepted" not in server.log.read_text()


def test_a_port_on_which_nothing_listens(ssh: Ssh) -> None:
    server = ssh.serve()
    assert refused(visit(ssh, server, port=1)).trouble is Trouble.REFUSED


def test_a_login_shell_that_runs_nothing(ssh: Ssh) -> None:
    assert refused(visit(ssh, ssh.serve("ForceCommand /usr/sbin/nologin"))).trouble is Trouble.NO_SHELL


# --- the shell and its tools


def test_what_a_non_login_shell_finds_is_what_counts(ssh: Ssh) -> None:
    tools = ssh.folder / "tools"
    zfs = tool(tools, "zfs")
    found = visit(ssh, ssh.serve(f"SetEnv PATH={tools}:/usr/bin:/bin"))
    assert (found.zfs, found.zpool) == (Known(str(zfs)), Known(None))


def test_the_paths_in_the_driver_s_file_take_the_place_of_the_path(ssh: Ssh) -> None:
    zfs = tool(ssh.folder / "elsewhere", "zfs")
    found = visit(ssh, ssh.serve(), zfs=str(zfs), zpool=str(ssh.folder / "nothing here"))
    assert (found.zfs, found.zpool) == (Known(str(zfs)), Known(None))


@pytest.mark.parametrize("hostile", ["$(touch {mark})", "'; touch {mark}; '", "`touch {mark}`", "x\ntouch {mark}\n"])
def test_a_path_in_the_driver_s_file_is_no_command(ssh: Ssh, hostile: str) -> None:
    mark = ssh.folder / "mark"
    found = visit(ssh, ssh.serve(), zfs=hostile.format(mark=mark))
    assert found.zfs == Known(None)
    assert not mark.exists()


def test_the_login_shell_is_the_user_s_own(ssh: Ssh) -> None:
    entry = subprocess.run(["getent", "passwd", ME], check=True, capture_output=True, text=True).stdout
    assert visit(ssh, ssh.serve()).shell == Known(entry.strip().rpartition(":")[2])


def test_csh_is_recognised_although_it_runs_the_script(ssh: Ssh, user: User) -> None:
    subprocess.run(["usermod", "--shell", need("csh"), user.name], check=True, capture_output=True)
    found = visit(ssh, ssh.serve(*user.options), username=user.name)
    assert "csh" in found.shell.get()


# --- may it use zfs


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_root_may_without_sudo_where_zfs_answers(ssh: Ssh) -> None:
    listed = ssh.folder / "listed"
    works = tool(ssh.folder / "tools", "zfs", f'echo "$@" >> {listed}; echo tank')
    server = ssh.serve()
    assert visit(ssh, server, zfs=str(works)).may_zfs == Known(True)
    assert listed.read_text() == "list -H -o name -d 0\n"
    fails = tool(ssh.folder / "broken", "zfs", "exit 1")
    assert visit(ssh, server, zfs=str(fails)).may_zfs == Known(False)


def test_who_is_not_root_may_not_without_sudo_although_zfs_lists(ssh: Ssh, user: User) -> None:
    """`zfs list` works for everyone; `zfs create` does not."""
    found = visit(ssh, ssh.serve(*user.options), username=user.name, zfs="true")
    assert (found.zfs, found.may_zfs) == (Known("true"), Known(False))


@pytest.mark.parametrize(
    ("sudo", "allowed"),
    [('[ "$1" = -n ] || exit 1; shift; exec "$@"', True), ("echo a password is required >&2; exit 1", False)],
    ids=["without a password", "with a password"],
)
def test_with_sudo_it_counts_what_sudo_allows(ssh: Ssh, sudo: str, allowed: bool) -> None:
    tools = ssh.folder / "tools"
    tool(tools, "sudo", sudo)
    tool(tools, "zfs")
    found = visit(ssh, ssh.serve(f"SetEnv PATH={tools}:/usr/bin:/bin"), sudo=True)
    assert found.may_zfs == Known(allowed)


def test_without_sudo_on_the_nas_it_may_not(ssh: Ssh) -> None:
    tools = ssh.folder / "tools"
    tool(tools, "zfs")
    found = visit(ssh, ssh.serve(f"SetEnv PATH={tools}"), sudo=True)
    assert found.may_zfs == Known(False)


# --- it ends


def test_a_server_that_says_nothing_costs_no_more_than_the_deadline(ssh: Ssh) -> None:
    server = ssh.serve("ForceCommand sleep 30")
    refusal = refused(visit(ssh, server, seconds=1.5))
    assert refusal.trouble is Trouble.NO_SHELL


def test_a_question_that_hangs_is_missing_and_the_others_are_not(ssh: Ssh) -> None:
    hangs = tool(ssh.folder / "tools", "sudo", "sleep 30")
    found = visit(ssh, ssh.serve(f"SetEnv PATH={hangs.parent}:/usr/bin:/bin"), sudo=True, seconds=3)
    assert isinstance(found.login.get(), Session)
    assert isinstance(found.shell, Known)
    assert isinstance(found.may_zfs, Missing)
    assert not found.may_zfs.blocked_by


def test_a_visit_that_did_not_take_place_is_missing_for_its_reason() -> None:
    found = nas_shell.lost("no answer within 10 s")
    assert found.login == Missing("no answer within 10 s")
    assert found.may_zfs.blocked_by == "driver.ssh-login"
