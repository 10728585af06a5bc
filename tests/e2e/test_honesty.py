"""No false green: whatever goes wrong, the text's first line, the JSON and the exit code say the same, and not "ready"."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from csi_probe.demo import stage

from .rig import Report, headline, listening, probe, say_nothing, secret_file, valid
from .visits import CRASH, EVERYTHING, FAULTS, NAS_FAULTS, NODE_FAULTS, WRONG_PASSPHRASE

READY, NOT_READY, UNDETERMINED = (0, "ready"), (1, "not ready"), (3, "undetermined")
VERDICTS = {
    "key-expiring": READY,
    "booting-briefly": READY,
    "missing-role": UNDETERMINED,
    "rate-limited": UNDETERMINED,
    "half-answer": UNDETERMINED,
    "slow": UNDETERMINED,  # six seconds are more than the deadline of the visit
    "node-hangs": UNDETERMINED,
    CRASH: UNDETERMINED,
}
# The claims that rest on a login to the NAS.
_OF_THE_ARRAY = (
    "pool.",
    "nfs.",
    "iscsi.",
    "access.",
    "dataset.exists",
    "dataset.space",
    "truenas.key",
    "truenas.roles",
)
_BEFORE_THE_ANSWERS = [
    name
    for name in NAS_FAULTS
    if name not in {"key-expiring", "booting-briefly", "missing-role", "half-answer", "slow"}
]


@pytest.mark.parametrize("fault", FAULTS)
def test_every_format_and_the_exit_code_say_the_same(visited, fault: str) -> None:
    visit = visited(fault)
    code, verdict = VERDICTS.get(fault, NOT_READY)
    assert (visit.exit_code, visit.report["exit_code"]) == (code, code)
    assert (headline(visit.text), visit.report["verdict"]) == (verdict, verdict)


@pytest.mark.parametrize("fault", FAULTS)
def test_the_first_line_counts_what_the_json_counts(visited, fault: str) -> None:
    visit = visited(fault)
    words = {"fail": "failed", "unknown": "unknown", "warn": "warned", "skip": "skipped", "ok": "ok"}
    counts = ", ".join(
        f"{visit.report['counts'][status]} {word}" for status, word in words.items() if visit.report["counts"][status]
    )
    assert sorted(visit.text.splitlines()[0].split("  ")[1].split(", ")) == sorted(counts.split(", "))


@pytest.mark.parametrize("fault", _BEFORE_THE_ANSWERS)
def test_nothing_that_a_refused_nas_would_have_to_say_is_counted_as_good(visited, fault: str) -> None:
    good = [row["id"] for row in visited(fault).report["rows"] if row["status"] in {"ok", "warn"}]
    assert [id_ for id_ in good if id_.startswith(_OF_THE_ARRAY)] == []


@pytest.mark.parametrize("fault", [*NODE_FAULTS, WRONG_PASSPHRASE])
def test_a_node_that_was_lost_costs_its_own_rows_and_the_array_none(visited, fault: str) -> None:
    rows = visited(fault).report["rows"]
    lost = [row for row in rows if row["subject"] == "node worker-1" and row["id"] != "node.login"]
    assert any(row["status"] in {"skip", "unknown"} for row in lost)
    assert {row["status"] for row in rows if row["id"].startswith(("pool.", "nfs.", "iscsi."))} == {"ok"}


def test_all_faults_of_the_array_at_once_hide_none(visited) -> None:
    failed = {row["id"] for row in visited(EVERYTHING).report["rows"] if row["status"] == "fail"}
    assert len(failed) >= 10
    shown = {
        line.split()[-1] for line in visited(EVERYTHING).text.splitlines() if "more: truenas-csi-probe explain" in line
    }
    assert failed <= shown


# --- configurations that ask for little or nothing


def reports(*args: str | Path, folder: Path) -> tuple[int, str, Report]:
    """Exit code and first line of a run, and its JSON."""
    ran = probe(*args, "-o", "text", "-o", f"json={folder}/report.json")
    return ran.exit_code, headline(ran.stdout), valid((folder / "report.json").read_text())


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("", UNDETERMINED),
        ("nodes = []\n", UNDETERMINED),
        ("[run]\nstrict = true\n", NOT_READY),
        ('[nfs]\naddress = "192.0.2.10"\n', UNDETERMINED),
    ],
    ids=["empty", "no nodes", "settings only", "a service of nobody"],
)
def test_a_config_that_names_nothing_is_never_ready(tmp_path: Path, written: str, expected: tuple[int, str]) -> None:
    config = tmp_path / "config.toml"
    config.write_text(written)
    code, line, report = reports("run", "--config", config, folder=tmp_path)
    assert (code, line) == (report["exit_code"], report["verdict"]) == expected


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (["--skip", "*"], UNDETERMINED),
        (["--only", "pool.*", "--skip", "pool.*"], UNDETERMINED),
        (["--only", "pool.healthy", "--break", "pool-missing"], UNDETERMINED),
        (["--only", "iscsi.*", "--break", "wrong-key"], UNDETERMINED),
        (["--only", "node.nfs-kernel", "--only", "node.initiator-name", "--break", "node-login"], UNDETERMINED),
        (["--only", "dataset.zvol-path", "--break", "portal-id"], READY),
        (["--break", "nfs-not-at-boot"], READY),
        (["--break", "nfs-not-at-boot", "--strict"], NOT_READY),
    ],
    ids=lambda value: " ".join(map(str, value)),
)
def test_a_selection_makes_no_run_greener_than_what_was_seen(
    tmp_path: Path, args: list[str], expected: tuple[int, str]
) -> None:
    code, line, report = reports("demo", *args, folder=tmp_path)
    assert (code, line) == (report["exit_code"], report["verdict"]) == expected


def test_strict_can_stand_in_the_config(tmp_path: Path) -> None:
    with stage.set_up("25.10", ["nfs-not-at-boot"], with_this_machine=False) as path:
        path.write_text(path.read_text().replace("[run]\n", "[run]\nstrict = true\n"))
        code, line, report = reports("run", "--config", path, folder=tmp_path)
    assert (code, line) == (report["exit_code"], report["verdict"]) == NOT_READY
    assert report["strict"]


def test_what_the_config_does_not_name_is_said_to_be_left_out(tmp_path: Path) -> None:
    with stage.serve(stage.broken("25.10", [])[0], []) as path:
        ran = probe("run", "--config", path)
    assert (ran.exit_code, headline(ran.stdout)) == READY
    assert re.search(r"Not in the config: .*node\.\* \(", " ".join(ran.stdout.split()))


@pytest.mark.parametrize("scheme", ["http", "ws"])
def test_without_tls_not_one_byte_is_sent(tmp_path: Path, scheme: str) -> None:
    """TrueNAS revokes a key that it sees in clear."""
    with listening(say_nothing) as (port, came):
        config = tmp_path / "config.toml"
        key = secret_file(tmp_path, "1-abc")
        config.write_text(f'[truenas]\nurl = "{scheme}://127.0.0.1:{port}"\napi_key = {{ file = "{key}" }}\n')
        ran = probe("run", "--config", config, "-o", f"json={tmp_path}/report.json")
    assert (ran.exit_code, ran.stdout, came) == (2, "", [])
    assert "revokes" in ran.stderr
    assert not (tmp_path / "report.json").exists()
