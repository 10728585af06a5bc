"""The one script: it runs in every POSIX shell, nothing can be put into it, and its frames survive any noise."""

from __future__ import annotations

import dataclasses
import os
import re
import shlex
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csi_probe.facts import Known
from csi_probe.node import parse, script
from csi_probe.node.questions import INITIATOR_NAME, QUESTIONS
from csi_probe.node.script import Asking, End
from csi_probe.snapshot import NodeAnswers
from real import need

NONCE = "c0ffee"
ASKING = Asking(path="/usr/sbin:/usr/bin:/sbin:/bin", storage_addresses=("127.0.0.1", "localhost", "no.such.invalid"))
SHELLS = (("dash",), ("bash", "--posix"), ("bash",), ("busybox", "sh"))


def run(text: str, shell: tuple[str, ...] = ("/bin/sh",)) -> script.Frames:
    done = subprocess.run([*shell, "-s"], input=text.encode(), capture_output=True, timeout=60, check=False)
    assert done.stderr == b""
    return script.parse(script.listen([done.stdout], NONCE).text, NONCE)


def frame(name: str, text: str, status: int = 0) -> str:
    return f"\n{NONCE} begin {name}\n{text}\n{NONCE} end {name} {status}\n"


def test_there_is_one_question_for_each_fact_about_a_node() -> None:
    assert {question.name for question in QUESTIONS} == {field.name for field in dataclasses.fields(NodeAnswers)}
    assert len(QUESTIONS) == len(dataclasses.fields(NodeAnswers))


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_every_shell_runs_the_script(shell: tuple[str, ...]) -> None:
    need(shell[0])
    frames = run(script.build(ASKING, NONCE), shell)
    assert set(frames.answers) == {question.name for question in QUESTIONS}
    facts = {question.name: question.parse(*frames.answers[question.name]) for question in QUESTIONS}
    assert all(isinstance(facts[name], Known) for name in ("os", "kernel", "clock", "tools", "sockets", "root_shared"))
    assert facts["sources"] == Known({"127.0.0.1": "127.0.0.1", "localhost": "127.0.0.1"})


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_a_question_that_hangs_costs_only_itself(shell: tuple[str, ...]) -> None:
    need(shell[0])
    text = _asking_only("ask slow 'sleep 60'", "ask next 'echo fine'").replace("timeout 5", "timeout 1")
    start = time.monotonic()
    frames = run(text, shell)
    assert frames.answers["slow"][0] in script.LATE
    assert frames.answers["next"] == (0, "fine\n")
    assert time.monotonic() - start < 5


def test_an_answer_is_bounded_and_its_status_kept() -> None:
    frames = run(_asking_only("ask flood 'yes'", "ask failing 'echo no; exit 3'", "ask greedy 'cat'"))
    assert len(frames.answers["flood"][1]) == script.ANSWER_LIMIT
    assert frames.answers["failing"] == (3, "no\n")
    assert frames.answers["greedy"] == (0, "")


def _asking_only(*asks: str) -> str:
    return re.sub(
        r"(?s)^ask clock .*(?=^printf)", "\n".join(asks) + "\n", script.build(ASKING, NONCE), flags=re.MULTILINE
    )


@given(
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
    st.lists(st.sampled_from("a $`'\"\\\n;&|()*?~")),
)
def test_nothing_that_is_configured_becomes_code(text: str, special: list[str]) -> None:
    """Each assignment, read back by the shell's own rules, is the value and nothing else."""
    address = text + "".join(special)
    built = script.build(Asking(path=address, storage_addresses=(address, "b"), sudo=True), NONCE)
    head = built[: built.index("\nLOGIN_PATH=")]
    assert shlex.split(head) == [
        f"NONCE={NONCE}",
        f"DRIVER_PATH={address}",
        f"STORAGE_ADDRESSES={address} b",
        "SUDO=sudo -n",
    ]


@pytest.mark.parametrize("address", ["$(touch {})", "'; touch {}; '", "-h`touch {}`", "*", "a\ntouch {}"])
def test_a_hostile_address_does_nothing(address: str, tmp_path: Path) -> None:
    hostile = address.format(tmp_path / "touched")
    frames = run(script.build(Asking(path=hostile, storage_addresses=(hostile, "127.0.0.1")), NONCE))
    assert not (tmp_path / "touched").exists()
    assert frames.answers["sources"][0] == 0


def test_sudo_is_asked_for_only_when_allowed() -> None:
    assert "sudo -n" not in script.build(ASKING, NONCE)
    assert "SUDO='sudo -n'" in script.build(dataclasses.replace(ASKING, sudo=True), NONCE)


def test_noise_around_frames_is_no_answer() -> None:
    text = f"welcome{frame('os', 'ID=x')}cron says hi{frame('kernel', '6.1')}\n{NONCE} done\nbye"
    assert script.parse(text, NONCE).answers == {"os": (0, "ID=x"), "kernel": (0, "6.1")}


def test_an_echo_of_the_script_is_no_answer() -> None:
    frames = script.parse(script.build(ASKING, NONCE), NONCE)
    assert (frames.answers, frames.hung) == ({}, None)


def test_a_transcript_that_breaks_off_names_the_question_that_hung() -> None:
    frames = script.parse(frame("os", "ID=x") + f"\n{NONCE} begin units\nId=isc", NONCE)
    assert frames.hung == "units"
    assert set(frames.answers) == {"os"}


@given(st.text(), st.lists(st.sampled_from([NONCE, "\n", " begin os", " end os 0", " end os 9" * 9, " done", "x"])))
def test_no_transcript_makes_the_reader_raise(noise: str, parts: list[str]) -> None:
    assert isinstance(script.parse(noise + "".join(parts), NONCE), script.Frames)


@given(st.lists(st.binary(max_size=40)))
def test_no_bytes_make_the_listener_raise(chunks: list[bytes]) -> None:
    assert script.listen(chunks, NONCE).end is End.CLOSED


def test_reading_takes_linear_time() -> None:
    start = time.monotonic()
    script.parse(f"{NONCE} begin os\n" * (script.TRANSCRIPT_LIMIT // 16), NONCE)
    assert time.monotonic() - start < 2


@given(st.integers(1, 30))
def test_the_end_is_heard_however_the_bytes_arrive(size: int) -> None:
    said = frame("os", "ID=x") + f"\n{NONCE} done\n"
    heard = (said + "what a profile started in the background says").encode()
    transcript = script.listen([heard[start : start + size] for start in range(0, len(heard), size)], NONCE)
    assert said in transcript.text
    assert len(transcript.text) < len(said) + size
    assert abs(transcript.began - time.time()) < 5


def test_a_flood_is_cut_off() -> None:
    def flood() -> Any:
        while True:
            yield b"y\n" * 1000

    assert script.listen(flood(), NONCE).end is End.FLOOD


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to ask as another user")
@pytest.mark.parametrize(
    ("mode", "user", "status"),
    [
        (0o600, "nobody", parse.UNREADABLE),
        (0o600, "root", 0),
        (0o644, "nobody", 0),
        (None, "nobody", parse.NO_SUCH_FILE),
    ],
)
def test_who_may_not_read_the_initiator_name_is_told_so(mode: int | None, user: str, status: int) -> None:
    folder = Path("/tmp") / f"etc-iscsi-{os.getpid()}"
    folder.mkdir()
    folder.chmod(0o755)
    try:
        if mode:
            (folder / "initiatorname.iscsi").write_text("InitiatorName=iqn.x\n")
            (folder / "initiatorname.iscsi").chmod(mode)
        assert _initiator_name(folder, user).returncode == status
        folder.chmod(0o700)
        if user == "nobody":
            hidden = _initiator_name(folder, user)
            assert (hidden.returncode, hidden.stdout) == (parse.UNREADABLE, "nobody\n")
    finally:
        shutil.rmtree(folder)


def _initiator_name(folder: Path, user: str) -> subprocess.CompletedProcess[str]:
    snippet = INITIATOR_NAME.snippet.replace("/etc/iscsi", str(folder))
    return subprocess.run(
        ["/bin/sh", "-c", snippet], user=user, env={"SUDO": ""}, capture_output=True, text=True, check=False
    )
