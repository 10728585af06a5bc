"""The API key, a node's password, a key's passphrase and a CHAP secret show nowhere, whatever goes wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

import sshd
from csi_probe.demo import stage

from .rig import probe, secret_file
from .visits import CANARIES, CRASH, EVERYTHING, FAULTS, PASSPHRASE, PASSWORD, WRONG_PASSPHRASE


@pytest.mark.parametrize("fault", FAULTS)
def test_no_secret_is_in_a_report_or_in_the_log(visited, fault: str) -> None:
    """Nor a traceback, which could show one tomorrow."""
    visit = visited(fault)
    assert visit.json, visit.log
    for written in (visit.text, visit.json, visit.log):
        assert not [canary for canary in CANARIES if canary in written]
        assert "Traceback" not in written


@pytest.mark.parametrize("fault", FAULTS)
def test_the_log_is_the_journal_s_and_ends_with_the_verdict(visited, fault: str) -> None:
    """So the test before this one has read a log at all."""
    visit = visited(fault)
    lines = visit.log.splitlines()
    assert all(line.startswith(("<3>", "<4>", "<6>")) for line in lines)
    assert "finished" in lines[-1]
    assert visit.report["verdict"] in lines[-1]


def test_a_check_that_crashes_with_its_subject_in_its_hands_shows_its_type_only(visited) -> None:
    visit = visited(CRASH)
    crashed = {row["id"]: row["seen"] for row in visit.report["rows"] if row["id"].startswith("third-party.")}
    words = "the check itself failed (RuntimeError)"
    assert crashed == dict.fromkeys(("third-party.nas", "third-party.authgroup", "third-party.node"), words)
    assert "no luck" not in visit.text + visit.json + visit.log


def test_the_faults_of_the_canaries_took_place(visited) -> None:
    """A passphrase that was never tried, or a CHAP user that was never read, could not leak."""
    nodes = [row["seen"] for row in visited(WRONG_PASSPHRASE).report["rows"] if row["id"] == "node.login"]
    assert all("passphrase does not open" in seen for seen in nodes)
    assert {"iscsi.auth-exists", "dataset.unlocked", "nfs.running"} <= {
        row["id"] for row in visited(EVERYTHING).report["rows"] if row["status"] == "fail"
    }


@pytest.mark.real
def test_a_password_that_a_real_server_refuses_shows_nowhere(tmp_path: Path) -> None:
    """The password goes over the wire here, and is wrong."""
    with sshd.running(tmp_path) as servers:
        server = servers.serve("PasswordAuthentication yes", "PubkeyAuthentication no")
        config = tmp_path / "config.toml"
        config.write_text(
            f'[ssh]\nconfig_file = "/dev/null"\nknown_hosts = "{servers.known_hosts(server)}"\n'
            f'password = {{ file = "{secret_file(tmp_path, PASSWORD)}" }}\n'
            f'[[nodes]]\nname = "node"\naddress = "127.0.0.1"\nport = {server.port}\n'
        )
        ran = probe("run", "--config", config, "-o", "text", "-o", f"json={tmp_path}/report.json")
        assert "Failed password" in server.log.read_text()
    assert ran.exit_code == 1
    assert PASSWORD not in ran.stdout + ran.stderr + (tmp_path / "report.json").read_text()


@pytest.mark.parametrize(
    "written",
    ['api_key = "1-{canary}"', 'api_key = "1-{canary}', 'api_key = {{ file = "{file}" }}', 'api_keyy = "1-{canary}"'],
    ids=["a key in the config", "a key in a broken line", "a file that others can read", "a key under a wrong name"],
)
def test_an_error_in_the_config_does_not_quote_the_secret(tmp_path: Path, written: str) -> None:
    readable = secret_file(tmp_path, f"1-{PASSPHRASE}")
    readable.chmod(0o644)
    config = tmp_path / "config.toml"
    config.write_text('[truenas]\nurl = "https://127.0.0.1"\n' + written.format(canary=PASSPHRASE, file=readable))
    ran = probe("run", "--config", config)
    assert ran.exit_code == 2
    assert PASSPHRASE not in ran.stdout + ran.stderr


def test_the_demo_s_own_key_shows_nowhere(tmp_path: Path) -> None:
    with stage.set_up("core-13", ["wrong-key"], with_this_machine=False) as path:
        key = (path.parent / "api-key").read_text().partition("-")[2]
        ran = probe("run", "--config", path, env={"HOME": str(tmp_path)})
    assert ran.exit_code == 1
    assert key not in ran.stdout + ran.stderr
