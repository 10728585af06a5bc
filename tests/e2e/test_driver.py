"""`lint`, `init` and `--driver`: a driver's own file against a TrueNAS over its real TLS socket."""

from __future__ import annotations

import getpass
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import sshd
from csi_probe.demo.driver_faults import DRIVER_BREAKS

from .drivers import Lab, served
from .rig import ENVIRONMENT, Ran, Report, bad, command, listening, probe

EXAMPLES = Path(__file__).parents[1] / "drivers" / "examples"
# Examples that point to what is in the cluster only.
UNREAD = {"democratic-helmrelease", "truenas-values-old"}
# democratic-csi's image is not named in its own config, and no image fits every TrueNAS.
NOT_NAMED = {"driver.release"}


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    with served(tmp_path) as made:
        yield made


@pytest.fixture
def in_a_folder_without_a_config(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")


@pytest.fixture
def run(call: Callable[..., Ran], in_a_folder_without_a_config: None) -> Callable[..., Ran]:
    """run(ARGS) -> `run ARGS` where there is no config.toml, as JSON."""
    return lambda *args: call("run", *args, "-o", "json", "-q")


def rows(report: Report, *ids: str) -> list[tuple[str, str, str]]:
    return [(row["id"], row["subject"], row["status"]) for row in report["rows"] if row["id"] in ids]


def row(report: Report, id_: str, subject: str = "") -> dict[str, str]:
    (found,) = [row for row in report["rows"] if row["id"] == id_ and subject in row["subject"]]
    return found


# --- without a config.toml


def test_a_driver_s_file_is_enough(lab: Lab, run) -> None:
    ran = run("--driver", lab.nfs())
    assert (ran.exit_code, bad(ran.report, "fail", "unknown")) == (3, NOT_NAMED)
    assert row(ran.report, "driver.key-accepted")["seen"] == "as csi-driver"
    assert row(ran.report, "nfs.listens")["status"] == "ok"
    assert lab.nas.logins == 1


@pytest.mark.parametrize(
    ("era", "image", "expected"),
    [
        ("24.10", "v1.9.4", (0, set())),
        ("24.10", "next", (3, {"driver.release"})),
        ("25.10", "v1.9.4", (1, {"driver.release"})),
        ("25.10", "next", (3, {"driver.release"})),
        ("26", "v1.9.4", (1, {"driver.release"})),
        ("26", "next", (3, {"driver.release"})),
        ("core-13", "v1.9.4", (1, {"driver.release"})),
    ],
)
def test_the_image_is_held_against_the_release(tmp_path: Path, run, era: str, image: str, expected) -> None:
    with served(tmp_path, era) as old:
        ran = run("--driver", old.nfs(image=image))
    assert (ran.exit_code, bad(ran.report, "fail", "unknown")) == expected


def test_a_wrong_portal_id_comes_with_the_one_to_use(lab: Lab, run) -> None:
    ran = run("--driver", lab.iscsi(portal=1))
    assert ran.exit_code == 1
    wrong = row(ran.report, "iscsi.portal-exists")
    assert (wrong["status"], wrong["fix"]) == ("fail", "use the id 2: that portal listens on 192.0.2.10")


def test_two_drivers_of_one_array_share_a_login_and_its_rows(lab: Lab, run) -> None:
    ran = run("--driver", lab.nfs(), "--driver", lab.iscsi())
    assert (ran.exit_code, bad(ran.report, "fail", "unknown")) == (3, NOT_NAMED)
    assert lab.nas.logins == 1
    asked = Counter(method for method, _ in lab.nas.requests)
    assert set(asked.values()) == {1}
    seen = Counter((row["id"], row["subject"]) for row in ran.report["rows"])
    assert [twice for twice, count in seen.items() if count > 1] == []
    assert len(rows(ran.report, "driver.complete")) == len(rows(ran.report, "driver.key-accepted")) == 2
    assert row(ran.report, "driver.apart")["status"] == "ok"


def test_two_drivers_with_one_parent_clash(lab: Lab, run) -> None:
    one, other = lab.nfs("one.yaml"), lab.nfs("other.yaml")
    ran = run("--driver", one, "--driver", other)
    assert {status for _, _, status in rows(ran.report, "driver.apart")} == {"fail"}


@pytest.mark.parametrize("key", ["", "${KEY}"], ids=["empty", "a placeholder"])
def test_a_key_that_is_not_in_the_file_is_unknown_and_nobody_is_visited(lab: Lab, run, key: str) -> None:
    ran = run("--driver", lab.iscsi(apiKey=key))
    assert row(ran.report, "driver.key-accepted")["status"] == "unknown"
    assert row(ran.report, "iscsi.portal-exists")["status"] == "unknown"
    assert ran.exit_code in {1, 3}
    assert lab.nas.connections == 0


def test_a_driver_with_a_password_says_what_is_not_tried(lab: Lab, run) -> None:
    ran = run("--driver", lab.nfs(apiKey=None, username="root", password="PasswordCanary7f3a"))
    assert "logs in with a password" in row(ran.report, "driver.key-accepted")["seen"]
    assert ran.exit_code == 3
    assert (lab.nas.connections, "PasswordCanary" in ran.stdout + ran.stderr) == (0, False)


@pytest.mark.parametrize("host", ["nas example", "user@evil", "a/b", "[::1", "é", "a" * 300, "..", "127.0.0.1:1"])
def test_a_host_that_is_none_is_a_row_and_no_crash(lab: Lab, run, host: str) -> None:
    ran = run("--driver", lab.nfs(host=host), "--deadline", "5")
    assert ran.exit_code in {1, 2, 3}, ran.stderr
    assert "please report this" not in ran.stdout + ran.stderr


# --- with a config.toml beside it


def test_the_probe_s_key_and_the_driver_s_are_told_apart_and_tried_once_each(lab: Lab, run) -> None:
    ran = run("--config", lab.config(), "--driver", lab.nfs())
    assert (ran.exit_code, bad(ran.report, "fail", "unknown")) == (3, NOT_NAMED)
    assert row(ran.report, "truenas.login")["seen"] == "as csi-probe"
    assert row(ran.report, "driver.key-accepted")["seen"] == "as csi-driver"
    keys = [str(params) for method, params in lab.nas.requests if method.startswith("auth.login")]
    assert sorted(lab.nas.array.key in key for key in keys) == [False, True]
    assert sorted(lab.nas.array.driver_key in key for key in keys) == [False, True]
    assert lab.nas.logins == 2


@pytest.mark.parametrize("whose", ["probe", "driver"])
def test_a_key_that_is_refused_is_tried_once_and_the_other_goes_on(lab: Lab, run, whose: str) -> None:
    if whose == "probe":
        lab.nas.array.manners.login = "AUTH_ERR"
        expected = {"truenas.login", *NOT_NAMED}
        path = lab.nfs()
    else:
        expected = {"driver.key-accepted", *NOT_NAMED}
        path = lab.nfs(apiKey="2-wrong")
    ran = run("--config", lab.config(), "--driver", path)
    assert ran.exit_code == 1
    assert bad(ran.report, "fail") == expected - NOT_NAMED
    assert lab.nas.logins == 2


def test_a_driver_s_key_with_small_roles_fails_and_the_probe_s_need_no_more(lab: Lab, run) -> None:
    lab.nas.array.driver_roles = {"API_KEY_READ"}
    ran = run("--config", lab.config(), "--driver", lab.nfs())
    assert bad(ran.report, "fail") == {"driver.key-privileged"}
    assert row(ran.report, "truenas.roles")["status"] == "ok"
    assert row(ran.report, "driver.key-privileged")["fix"] == "add to the privilege of csi-driver: FULL_ADMIN"


def test_the_config_s_array_is_judged_and_another_one_is_not_taken_for_it(lab: Lab, run) -> None:
    """The simulated NAS does not know its loopback address for its own."""
    here = run("--config", lab.config(), "--driver", lab.nfs(host="localhost")).report
    assert row(here, "driver.array")["status"] == "ok"
    elsewhere = run("--config", lab.config(), "--driver", lab.nfs(host="127.0.0.2")).report
    assert row(elsewhere, "driver.array")["status"] == "unknown"
    assert rows(run("--config", lab.config(), "--driver", lab.nfs()).report, "driver.array")[0][1:] == ("", "skip")


# --- TLS or nothing


@pytest.mark.parametrize("protocol", ["http", None], ids=["http", "guessed from the port"])
def test_a_key_is_never_sent_in_clear(lab: Lab, run, protocol: str | None) -> None:
    heard: list[bytes] = []
    with listening(lambda connection: heard.append(connection.recv(1000))) as (port, came):
        path = lab.nfs(protocol=protocol, port=port)
        ran = run("--config", lab.config(), "--driver", path)
    assert (came, heard) == ([], [])
    assert ran.exit_code == 1
    assert row(ran.report, "driver.secure")["status"] == "fail"
    assert row(ran.report, "driver.connects")["status"] in {"unknown", "ok"}  # whatever this machine has on port 443
    assert lab.nas.logins == 1
    assert lab.nas.array.driver_key not in str(lab.nas.requests)


def test_a_certificate_that_the_driver_would_not_trust_fails_although_the_probe_trusts_it(lab: Lab, run) -> None:
    ran = run("--config", lab.config(), "--driver", lab.nfs(allowInsecure=False))
    assert row(ran.report, "driver.connects")["status"] == "fail"
    assert "self-signed" in row(ran.report, "driver.connects")["seen"]
    assert row(ran.report, "truenas.certificate")["status"] == "ok"
    assert row(ran.report, "driver.key-accepted")["status"] == "ok"
    assert lab.nas.logins == 2


def test_a_certificate_that_nobody_trusts_keeps_the_driver_s_key_at_home(lab: Lab, run) -> None:
    ran = run("--driver", lab.nfs(allowInsecure=False))
    assert row(ran.report, "driver.connects")["status"] == "fail"
    assert row(ran.report, "driver.key-accepted")["blocked_by"] == "driver.connects"
    assert lab.nas.logins == 0


def test_a_certificate_that_the_chart_brings_along_is_trusted(lab: Lab, run) -> None:
    values = lab.nfs(image="next", allowInsecure=False)
    text = values.read_text().replace(
        '"driver": {\n    "config"',
        f'"extraCaCerts": {json.dumps(lab.nas.ca_file.read_text())},\n  "driver": {{\n    "config"',
    )
    values.write_text(text)
    ran = run("--driver", values)
    assert row(ran.report, "driver.connects")["status"] == "ok"
    assert bad(ran.report, "fail") == set()


# --- SSH


@pytest.mark.real
def test_an_ssh_driver_logs_in_with_its_own_key_and_nothing_of_it_shows(lab: Lab, run, tmp_path: Path) -> None:
    with sshd.running(tmp_path) as servers:
        server = servers.serve()
        secret = servers.key_file.read_text()
        path = lab.iscsi()
        path.write_text(
            path.read_text()
            .replace("freenas-api-iscsi", "freenas-iscsi")
            .replace('"zfs": {', '"sshConnection": ' + _ssh(server.port, secret) + ', "zfs": {')
        )
        config = lab.config(f'[ssh]\nknown_hosts = "{servers.known_hosts(server)}"\n')
        ran = run("--config", config, "--driver", path)
    assert row(ran.report, "driver.ssh-login")["status"] == "ok"
    assert row(ran.report, "ssh.running")["status"] == "ok"
    assert row(ran.report, "driver.ssh-tools")["status"] == "fail"  # this machine has no zfs
    body = "".join(secret.splitlines()[1:-1])
    assert not any(body[at : at + 20] in ran.stdout + ran.stderr for at in range(0, len(body) - 20, 20))


def _ssh(port: int, key: str) -> str:
    return json.dumps({"host": "127.0.0.1", "port": port, "username": getpass.getuser(), "privateKey": key})


# --- lint and init


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_healthy_file_passes_lint(call, path: Path) -> None:
    ran = call("lint", path, "-o", "json")
    expected = (3, {"driver.read"}) if path.stem in UNREAD else (0, set())
    assert (ran.exit_code, bad(ran.report, "fail", "unknown")) == expected


@pytest.mark.parametrize(
    ("spoil", "check"),
    [
        (("shareHost", "shareHst"), "driver.complete"),
        (('"port": 443', '"port": "many"'), "driver.values-typed"),
        (('"shareHost": "192.0.2.10"', '"shareHost": ""'), "driver.filled"),
        (("192.0.2.10", "${SECRET_NFS_SERVER}"), "driver.filled"),
        (('"https"', '"http"'), "driver.secure"),
        (("tank/k8s/nfs-snapshots", "tank/k8s/nfs/snapshots"), "driver.values-typed"),
    ],
)
def test_a_file_that_is_wrong_by_itself_fails_lint(lab: Lab, call, spoil: tuple[str, str], check: str) -> None:
    path = lab.nfs(port=443)
    path.write_text(path.read_text().replace(*spoil))
    ran = call("lint", path, "-o", "json")
    assert ran.exit_code == 1
    assert check in bad(ran.report, "fail")


def test_lint_asks_nobody(lab: Lab, call) -> None:
    assert call("lint", lab.nfs()).exit_code == 0
    assert lab.nas.connections == 0


@pytest.mark.parametrize("command_", ["lint", "init", "run", "demo"])
def test_a_file_that_is_no_driver_s_is_an_error(call, tmp_path: Path, command_: str) -> None:
    (tmp_path / "other.yaml").write_text("kind: Deployment\n")
    before = [] if command_ == "lint" else ["--driver"]
    for path in (tmp_path / "other.yaml", tmp_path / "nowhere.yaml"):
        ran = call(command_, *before, path)
        assert (ran.exit_code, ran.stdout) == (2, "")
        assert path.name in ran.stderr


def test_init_is_a_config_that_gives_the_same_rows_of_the_array(lab: Lab, call, run, monkeypatch) -> None:
    path = lab.iscsi()
    written = call("init", "--driver", path)
    assert (written.exit_code, written.stderr) == (0, "")
    assert lab.nas.array.driver_key not in written.stdout
    config = lab.folder / "made.toml"
    config.write_text(written.stdout.replace('#fingerprint = "…"', f'fingerprint = "{lab.nas.fingerprint}"'))
    monkeypatch.setenv("TRUENAS_API_KEY", lab.nas.array.key)
    by_config, by_file = run("--config", config).report, run("--driver", path).report
    assert of_the_array(by_config) == of_the_array(by_file)
    assert ("iscsi.portal-exists", "portal 2", "ok") in of_the_array(by_config)


def of_the_array(report: Report) -> set[tuple[str, str, str]]:
    families = ("pool.", "dataset.", "iscsi.", "nfs.")
    return {(row["id"], row["subject"], row["status"]) for row in report["rows"] if row["id"].startswith(families)}


# --- the demo

# What the demo's array has not, of what the healthy examples name.
FOREIGN = {
    "democratic-api-nvmeof": {"nvmeof.port-exists"},
    "democratic-ssh-iscsi": {"pool.exists", "iscsi.portal-exists"},
    "democratic-values": {"iscsi.portal-exists"},
    "democratic-manifests": {"driver.release"},
    "scale-config": {"dataset.exists", "iscsi.portal-exists", "iscsi.initiator-group-exists", "nvmeof.port-exists"},
    "scale-values": {"iscsi.portal-exists"},
    "tns-manifests": {"nfs.listens"},
    "tns-values": {"pool.exists", "dataset.exists", "iscsi.portal-listens", "nvmeof.port-exists"},
    "truenas-manifests": {"pool.exists", "iscsi.portal-exists", "nvmeof.port-exists"},
}


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_demo_finds_fault_with_nothing_but_what_its_array_has_not(call, path: Path) -> None:
    report = call("demo", "--driver", path, "-o", "json", "-q").report
    assert bad(report, "fail") == FOREIGN.get(path.stem, set())
    assert report["exit_code"] == (1 if path.stem in FOREIGN else 3 if bad(report, "unknown") else 0)


MADE = {
    "smb-stopped": ("truenas-api-smb", "smb.running"),
    "nvmeof-stopped": ("truenas-api-nvmeof", "nvmeof.running"),
    "nvmeof-port-missing": ("truenas-api-nvmeof", "nvmeof.port-exists"),
    "driver-key-small-role": ("truenas-api-smb", "driver.key-privileged"),
    "driver-no-sudo": ("truenas-nfs", "driver.ssh-rights"),
    "node-no-nvme-module": ("truenas-api-nvmeof", "node.nvme-module"),
    "node-no-cifs-module": ("truenas-api-smb", "node.cifs-module"),
}


@pytest.fixture
def fitting(lab: Lab) -> Callable[[str], Path]:
    """fitting(driver) -> a file of democratic-csi that asks for nothing that the demo's array has not."""

    def write(driver: str) -> Path:
        protocol = driver.rpartition("-")[2]
        blocks = {
            "smb": {"shareHost": "192.0.2.10"},
            "nvmeof": {"transport": "tcp://192.0.2.10:4420", "ports": [1]},
            "nfs": {"shareHost": "192.0.2.10"},
        }
        parents = {"datasetParentName": "tank/k8s/a", "detachedSnapshotsDatasetParentName": "tank/k8s/b"}
        ssh = {"sshConnection": {"host": "192.0.2.10", "port": 22, "username": "csi", "password": "x"}}
        return lab.write(
            {"driver": driver, "httpConnection": lab.connection, "zfs": parents, protocol: blocks[protocol]}
            | ({} if "-api-" in driver else ssh)
        )

    return write


@pytest.mark.parametrize("driver", ["truenas-api-smb", "truenas-api-nvmeof", "truenas-nfs"])
def test_the_demo_is_well_with_a_driver_that_fits(call, fitting, driver: str) -> None:
    report = call("demo", "--driver", fitting(driver), "-o", "json", "-q").report
    assert (report["exit_code"], bad(report, "fail", "unknown")) == (3, NOT_NAMED)


@pytest.mark.parametrize("name", sorted({*MADE, *(fault.name for fault in DRIVER_BREAKS)}))
def test_a_fault_that_shows_with_a_driver_only(call, fitting, name: str) -> None:
    driver, check = MADE[name]
    report = call("demo", "--break", name, "--driver", fitting(driver), "-o", "json", "-q").report
    assert (report["exit_code"], bad(report, "fail")) == (1, {check})


# --- files that nobody would write


def bomb() -> str:
    levels = [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 12)]
    return "l0: &l0 [" + ", ".join(["x"] * 10) + "]\n" + "\n".join(levels) + "\n"


HOSTILE = {
    "malformed": b"driver: [freenas-nfs\nzfs: }",
    "huge": b"driver: freenas-nfs\nx: " + b"a" * (8 * 1024 * 1024),
    "nested": b"[" * 200_000,
    "bomb": bomb().encode(),
    "binary": bytes(range(256)) * 100,
}
ODD = {
    "nested mappings": "\n".join(" " * n + f"k{n}:" for n in range(1000)).encode(),
    "an alias in itself": b"driver: &a [*a]\n",
    "UTF-16": "driver: freenas-nfs\n".encode("utf-16"),
    "many keys": "\n".join(f"k{n}: {n}" for n in range(150_000)).encode(),
    "twice the same key": b"driver: freenas-nfs\ndriver: freenas-iscsi\n",
    "empty": b"",
    "only a list": b"- 1\n- 2\n",
    **HOSTILE,
}


@pytest.mark.parametrize("command_", [("run", "--driver"), ("lint",), ("init", "--driver")], ids=lambda words: words[0])
@pytest.mark.parametrize("name", ODD)
@pytest.mark.usefixtures("in_a_folder_without_a_config")
def test_a_file_that_cannot_be_read_is_an_error_of_one_line(call, tmp_path: Path, command_, name: str) -> None:
    path = tmp_path / "driver.yaml"
    path.write_bytes(ODD[name])
    ran = call(*command_, path)
    assert (ran.exit_code, ran.stdout, len(ran.stderr.splitlines())) == (2, "", 1)
    assert "driver.yaml" in ran.stderr


# A process of its own, because a child's peak memory begins with that of the process that started it.
_MEASURED = """
import resource, subprocess, sys
resource.setrlimit(resource.RLIMIT_AS, (1024**3, 1024**3))  # so that a failure does not become one of the machine
resource.setrlimit(resource.RLIMIT_CPU, (10, 10))
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(code, used.ru_maxrss, used.ru_utime + used.ru_stime)
"""


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_takes_less_than_a_second_and_200_megabytes(tmp_path: Path, name: str) -> None:
    path = tmp_path / "driver.yaml"
    path.write_bytes(HOSTILE[name])
    measured = [sys.executable, "-c", _MEASURED, *command("lint", path)]
    ran = subprocess.run(measured, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True, timeout=30, check=True)
    code, kibibytes, seconds = ran.stdout.split()
    assert code == "2"
    assert int(kibibytes) < 200 * 1024
    assert float(seconds) < 1.5  # of CPU, with half a second for the interpreter's start


# --- secrets

CANARIES = {
    "apiKey": "2-KeyCanary7f3a9c1e",
    "password": "PasswordCanary7f3a9c1e",
    "privateKey": "PemCanary7f3a9c1e",
    "passphrase": "PhraseCanary7f3a9c1e",
}


def with_canaries(lab: Lab, spoil: str) -> Path:
    """An SSH driver's file whose every secret is a canary."""
    content = json.loads(lab.iscsi().read_text()) | {"driver": "freenas-iscsi"}
    content["sshConnection"] = {"host": "127.0.0.1", "port": 1, "username": "csi"}
    for block, names in (
        ("httpConnection", ("apiKey", "password")),
        ("sshConnection", ("password", "privateKey", "passphrase")),
    ):
        for name in names:
            wrong = f"{name}s" if spoil == "under a wrong name" else name
            content[block].pop(name, None)
            content[block][wrong] = [CANARIES[name]] if spoil == "of the wrong type" else CANARIES[name]
    path = lab.write(content)
    if spoil == "in a broken line":
        path.write_text(path.read_text().replace('Canary7f3a9c1e"', 'Canary7f3a9c1e" ]', 1))
    return path


@pytest.mark.parametrize("command_", [("run", "--driver"), ("lint",), ("init", "--driver")], ids=lambda words: words[0])
@pytest.mark.parametrize("spoil", ["where they belong", "of the wrong type", "under a wrong name", "in a broken line"])
@pytest.mark.usefixtures("in_a_folder_without_a_config")
def test_no_secret_of_a_driver_s_file_shows(lab: Lab, call, command_: tuple[str, ...], spoil: str) -> None:
    written = [] if command_[0] == "init" else [lab.folder / "report.json", lab.folder / "report.text"]
    outputs = [word for path in written for word in ("-o", f"{path.suffix[1:]}={path}")]
    ran = call(*command_, with_canaries(lab, spoil), *outputs)
    assert (ran.exit_code == 2) is (spoil == "in a broken line")
    said = "".join((ran.stdout, ran.stderr, *(path.read_text() for path in written if path.exists())))
    assert said
    assert not [canary for canary in CANARIES.values() if canary.removeprefix("2-") in said]
    assert "Traceback" not in said


def test_a_real_process_shows_none_either(lab: Lab) -> None:
    """With its journal and its progress on stderr, and every format of the report."""
    ran = probe("run", "--driver", with_canaries(lab, "where they belong"), "-o", "text", cwd=lab.folder)
    assert ran.exit_code == 1
    assert not [canary for canary in CANARIES.values() if canary.removeprefix("2-") in ran.stdout + ran.stderr]
