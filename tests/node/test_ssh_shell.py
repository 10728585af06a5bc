"""What stands between a real login and the script: noise, other shells, and shells that run nothing."""

from __future__ import annotations

import subprocess
import time

import pytest

from csi_probe.contact import Trouble
from csi_probe.facts import Known
from real import need
from sshd import Ssh, User, refusal, session

pytestmark = pytest.mark.real


def test_noise_before_between_and_after_is_no_answer(ssh: Ssh) -> None:
    banner = ssh.folder / "banner"
    banner.write_text("Authorized use only\n")
    noisy = 'ForceCommand echo welcome; echo oops >&2; sh -c "$SSH_ORIGINAL_COMMAND"; echo bye'
    result = ssh.ask(ssh.serve(f"Banner {banner}", noisy))
    session(result)
    assert isinstance(result.answers.kernel, Known)


def test_what_a_profile_starts_in_the_background_is_not_waited_for(ssh: Ssh) -> None:
    start = time.monotonic()
    session(ssh.ask(ssh.serve('ForceCommand sleep 5 & sh -c "$SSH_ORIGINAL_COMMAND"')))
    assert time.monotonic() - start < 4


@pytest.mark.parametrize("shell", ["csh", "bash", "dash"])
def test_the_login_shell_does_not_matter(ssh: Ssh, shell: str) -> None:
    need(shell)
    result = ssh.ask(ssh.serve(f'ForceCommand exec {shell} -c "$SSH_ORIGINAL_COMMAND"'))
    session(result)
    assert isinstance(result.answers.os, Known)


@pytest.mark.parametrize(("shell", "trouble"), [("/bin/csh", None), ("/usr/sbin/nologin", Trouble.NO_SHELL)])
def test_a_users_real_login_shell(ssh: Ssh, user: User, shell: str, trouble: Trouble | None) -> None:
    need(shell)
    subprocess.run(["usermod", "--shell", shell, user.name], check=True, capture_output=True)
    result = ssh.ask(ssh.serve(*user.options), user=user.name)
    if trouble:
        assert refusal(result).trouble is trouble
    else:
        session(result)


def test_a_server_that_allows_no_session_is_no_shell(ssh: Ssh) -> None:
    assert refusal(ssh.ask(ssh.serve("MaxSessions 0"))).trouble is Trouble.NO_SHELL


def test_a_login_shell_that_runs_nothing_is_no_shell(ssh: Ssh) -> None:
    none = refusal(ssh.ask(ssh.serve("ForceCommand echo This account is currently not available.; exit 1")))
    assert none.trouble is Trouble.NO_SHELL
    assert "not available" in none.seen


def test_a_login_shell_that_hangs_is_late(ssh: Ssh) -> None:
    start = time.monotonic()
    assert refusal(ssh.ask(ssh.serve("ForceCommand sleep 60"), seconds=2)).trouble is Trouble.TIMEOUT
    assert time.monotonic() - start < 4


def test_a_login_shell_that_floods_is_cut_off(ssh: Ssh) -> None:
    assert refusal(ssh.ask(ssh.serve("ForceCommand yes"))).trouble is Trouble.BROKEN_ANSWER
