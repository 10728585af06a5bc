"""The README's installation on a machine that boots systemd: the timer, the credential, the files and the journal."""

from __future__ import annotations

import hashlib
import json
import platform
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from csi_probe.demo import stage
from real import lacking

from .nspawn import Machine, booted, image
from .rig import until, valid

pytestmark = [pytest.mark.real, pytest.mark.timeout(400)]

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
README_COMMANDS = README.partition("### As a systemd timer\n```\n")[2].partition("```")[0].splitlines()
PLACE = "/root/truenas-csi-probe"
UNIT, TIMER = "truenas-csi-probe.service", "truenas-csi-probe.timer"
UNITS = "/etc/systemd/system"
REPORT = "/var/lib/truenas-csi-probe/report.json"
TEXTFILE = "/var/lib/prometheus/node-exporter/truenas-csi-probe.prom"
SHIPPED = ("agent", "checks", "systemd", "pyproject.toml", "README.md", "LICENSE", "requirements.txt")
IN_CHECKOUT = f"cd {PLACE}; export PIP_NO_INDEX=1 PIP_FIND_LINKS={PLACE}/wheels"
PYTHON = "3.11"  # the image's
GLIBCS = ("manylinux_2_34", "manylinux_2_28", "manylinux_2_17", "manylinux2014")
DYNAMIC = range(61184, 65520)  # the ids that systemd gives to dynamic users
SOON = "[Timer]\nOnCalendar=\nOnActiveSec=1s\nRandomizedDelaySec=0\nAccuracySec=100ms\n"
KEPT = "/etc/truenas-csi-probe"  # where the README's commands put what the unit reads


@pytest.fixture(scope="module")
def demo() -> Iterator[Path]:
    """The config of a simulated NAS and two nodes, all of them well; the machine reaches them as this one does."""
    with stage.set_up("25.10", (), with_this_machine=False) as path:
        yield path


@pytest.fixture(scope="module")
def machine(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """Installed as the README says: with the timer, the credentials for the nodes, and the drop-in for node_exporter."""
    root = image()
    folder = tmp_path_factory.mktemp("machine") / "checkout"
    folder.mkdir()
    for name in SHIPPED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)
    shutil.copytree(wheels(), folder / "wheels")
    for name, text in {**files(demo), "ssh.conf": credentials(), "soon.conf": SOON}.items():
        (folder / name).write_text(text)
    *commands, enable = README_COMMANDS
    with booted(root, folder, PLACE) as one:
        one.sh(f"{IN_CHECKOUT}\n" + "\n".join(commands))
        one.sh(f"{IN_CHECKOUT}\ninstall -m 600 ssh-key known_hosts {KEPT}; install -m 644 nas.pem {KEPT}")
        one.sh(f"{IN_CHECKOUT}\ngroupadd --system prometheus\n{textfile_drop_in()}")
        one.sh(
            f"{IN_CHECKOUT}\ninstall -m 644 ssh.conf {UNITS}/{UNIT}.d/; install -D -m 644 soon.conf -t {UNITS}/{TIMER}.d"
        )
        one.sh(enable)
        yield one


def files(demo: Path) -> dict[str, str]:
    """The demo's config with everything secret as a credential, and the files that it names."""
    text = demo.read_text()
    nas, ssh = (tomllib.loads(text)[table] for table in ("truenas", "ssh"))
    given = f"/run/credentials/{UNIT}"
    for old, new in {
        f'file = "{nas["api_key"]["file"]}"': 'credential = "truenas-api-key"',
        nas["ca_file"]: f"{KEPT}/nas.pem",
        ssh["key_file"]: f"{given}/ssh-key",
        ssh["known_hosts"]: f"{given}/known-hosts",
    }.items():
        text = text.replace(old, new)
    named = {
        "api-key": nas["api_key"]["file"],
        "nas.pem": nas["ca_file"],
        "ssh-key": ssh["key_file"],
        "known_hosts": ssh["known_hosts"],
    }
    return {"config.toml": text} | {name: Path(path).read_text() for name, path in named.items()}


def credentials() -> str:
    """The README's drop-in for nodes over SSH."""
    return "\n".join(["[Service]", *re.findall(r"`(LoadCredential=[^`]+)`", README), ""])


def textfile_drop_in() -> str:
    """Install the drop-in where its first lines say, after the command that they give."""
    drop_in = (ROOT / "systemd" / f"{UNIT}.d" / "prometheus.conf").read_text()
    place, command = re.findall(r"Install as (\S+prometheus\.conf)|: (install -d .*)$", drop_in, re.MULTILINE)
    return f"mkdir -p /var/lib/prometheus\n{command[1]}\ninstall -D -m 644 systemd/{UNIT}.d/prometheus.conf {place[0]}"


def wheels() -> Path:
    """What pip needs in the machine, which has no package index; kept in the user's cache."""
    build = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    requirements = ROOT / "requirements.txt"
    mark = hashlib.sha256(requirements.read_bytes() + repr(build).encode()).hexdigest()[:16]
    folder = image().parent / f"wheels-{mark}"
    if not folder.exists():
        fetched = folder.with_suffix(".part")
        for wanted in (["--require-hashes", "-r", str(requirements)], build):
            download(fetched, wanted)
        fetched.rename(folder)
    return folder


def download(folder: Path, wanted: list[str]) -> None:
    platforms = [f"--platform={glibc}_{platform.machine()}" for glibc in GLIBCS]
    pip = [sys.executable, "-m", "pip", "download", "-q", "--only-binary=:all:", f"--python-version={PYTHON}"]
    done = subprocess.run([*pip, *platforms, "-d", folder, *wanted], check=False, capture_output=True, text=True)
    if done.returncode:
        lacking(f"wheels, and pip says: {done.stderr[-300:]}")


def shown(machine: Machine, *names: str) -> list[str]:
    """Properties of the service."""
    lines = machine.sh(f"systemctl show {UNIT} --property={','.join(names)}").splitlines()
    found = dict(line.split("=", 1) for line in lines)
    return [found[name] for name in names]


@pytest.fixture(scope="module")
def fired(machine: Machine) -> Machine:
    """After the timer, and nobody else, has started the service."""
    until(lambda: shown(machine, "ExecMainExitTimestampMonotonic") != ["0"], seconds=30)
    until(lambda: shown(machine, "ActiveState")[0] in {"inactive", "failed"})
    return machine


def test_the_timer_fires_and_a_ready_probe_is_a_unit_that_succeeded(fired: Machine) -> None:
    assert shown(fired, "Result", "ExecMainStatus") == ["success", "0"]
    report = valid(fired.sh(f"cat {REPORT}"))
    assert report["verdict"] == "ready"
    assert "pool tank" in {row["subject"] for row in report["rows"]}


def test_the_credentials_arrive(fired: Machine) -> None:
    """The key for the NAS, and the one for the nodes with their known hosts."""
    rows = valid(fired.sh(f"cat {REPORT}"))["rows"]
    logins = [row["status"] for row in rows if row["id"] in {"truenas.login", "node.login"}]
    assert logins == ["ok"] * 3
    assert fired.sh(f"stat -c %a {KEPT}/api-key").strip() == "600"


def test_report_and_textfile_land_with_the_right_owner_and_mode(fired: Machine) -> None:
    mode, owner = fired.sh(f"stat -c '%a %u' {REPORT}").split()
    assert (mode, int(owner) in DYNAMIC) == ("644", True)
    mode, owner, group = fired.sh(f"stat -c '%a %u %G' {TEXTFILE}").split()
    assert (mode, int(owner) in DYNAMIC, group) == ("644", True, "prometheus")
    for path in (REPORT, TEXTFILE):
        assert fired.sh(f"ls -A {Path(path).parent}/").split() == [Path(path).name]


def test_whoever_runs_node_exporter_can_read_the_textfile(fired: Machine) -> None:
    text = fired.sh(f"setpriv --reuid=nobody --regid=nogroup --clear-groups cat {TEXTFILE}")
    assert re.search(r"^truenas_csi_probe_ready(\{.*\})? 1$", text, re.MULTILINE)


def test_the_timer_stays_on(fired: Machine) -> None:
    assert fired.sh(
        "systemctl is-enabled truenas-csi-probe.timer; systemctl is-active truenas-csi-probe.timer"
    ).split() == ["enabled", "active"]


@pytest.fixture(scope="module")
def failed(fired: Machine) -> Machine:
    """After a run that found no pool."""
    fired.sh(f'sed -i \'s/name = "tank"/name = "absent"/\' {KEPT}/config.toml')
    fired.sh(f"systemctl start {UNIT}", check=False)
    return fired


def test_a_failing_probe_shows_in_the_unit_s_state(failed: Machine) -> None:
    assert shown(failed, "ActiveState", "Result", "ExecMainStatus") == ["failed", "exit-code", "1"]
    assert UNIT in failed.sh("systemctl list-units --failed --plain --no-legend")


def test_a_failing_probe_shows_in_the_files_all_the_same(failed: Machine) -> None:
    assert valid(failed.sh(f"cat {REPORT}"))["verdict"] == "not ready"
    assert re.search(r"^truenas_csi_probe_ready(\{.*\})? 0$", failed.sh(f"cat {TEXTFILE}"), re.MULTILINE)


def test_the_journal_has_what_failed_with_its_priority(failed: Machine) -> None:
    told = failed.sh(f"journalctl -u {UNIT} -p err -o json --no-pager")
    messages = [json.loads(line) for line in told.splitlines()]
    assert any("pool.exists" in one["MESSAGE"] and one["PRIORITY"] == "3" for one in messages)


def test_the_key_is_nowhere_but_in_its_own_file(failed: Machine, demo: Path) -> None:
    """Not in the journal, the unit's properties, a report, a temporary file or a process."""
    secret = (demo.parent / "api-key").read_text().strip()
    assert secret in failed.sh(f"cat {KEPT}/api-key")
    assert secret not in failed.sh("journalctl -o export --no-pager")
    assert secret not in failed.sh(
        "systemctl show --all '*'; cat /proc/*/cmdline /proc/*/environ | tr '\\0' '\\n'", check=False
    )
    failed.sh(f"install -m 600 {PLACE}/api-key /root/pattern")
    found = failed.sh("journalctl --sync; grep -rslaF -f /root/pattern /var /run /tmp /etc /opt", check=False)
    assert found.split() == [f"{KEPT}/api-key"]
