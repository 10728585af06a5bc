"""All questions as one read-only POSIX sh script, and the reading of what it writes.

Each answer is framed by lines with a random nonce, so that what profiles and banners write is not mistaken for one.
The nonce stands in the script only as a variable: a peer that echoes the script back makes no frame.
"""

from __future__ import annotations

import shlex
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from csi_probe.node.questions import QUESTIONS, Question

COMMAND = "exec /bin/sh -s"  # understood by sh, bash, csh and fish alike, whatever the login shell is
ANSWER_LIMIT = 64 * 1024
TRANSCRIPT_LIMIT = 1024 * 1024
SECONDS_EACH = 5
LATE = frozenset((124, 137, 143))  # of `timeout`: coreutils' own, and of a process that was killed (busybox)

# The status goes through file descriptor 3, past the pipe that bounds the answer; the answer goes to 4, the script's
# output. stdin is the script itself: no question may read it.
_ASK = f"""\
exec 2>/dev/null 4>&1
LIMIT=
timeout {SECONDS_EACH} true </dev/null && LIMIT='timeout {SECONDS_EACH}'
ask() {{
  printf '\\n%s begin %s\\n' "$NONCE" "$1"
  status=$({{ {{ $LIMIT sh -c "$2" </dev/null 3>&- 4>&-; echo $? >&3; }} | head -c {ANSWER_LIMIT} >&4; }} 3>&1)
  printf '\\n%s end %s %s\\n' "$NONCE" "$1" "$status"
}}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """What depends on the run: the drivers' PATH on the host, the NAS's addresses for data, and whether to use sudo."""

    path: str
    storage_addresses: tuple[str, ...] = ()
    sudo: bool = False


class End(Enum):
    """How a transcript came to its end."""

    CLOSED = auto()  # the script was through, or the node closed the connection
    LATE = auto()
    FLOOD = auto()


@dataclass(frozen=True, slots=True)
class Transcript:
    """What a shell wrote. `began`: the probe's clock (seconds since 1970) when the first answer began."""

    text: str
    began: float
    end: End


@dataclass(frozen=True, slots=True)
class Frames:
    """The answers, by question: exit status and output. `hung`: the question that began and did not end."""

    answers: Mapping[str, tuple[int, str]]
    hung: str | None


def build(asking: Asking, nonce: str) -> str:
    """The script that asks a node."""
    values = {
        "DRIVER_PATH": asking.path,
        "STORAGE_ADDRESSES": " ".join(asking.storage_addresses),
        "SUDO": "sudo -n" if asking.sudo else "",
    }
    return join(values, QUESTIONS, nonce)


def join(values: Mapping[str, str], questions: Iterable[Question[Any]], nonce: str) -> str:
    """The script for /bin/sh -s. Every value that comes from the run is quoted here, and nowhere else.

    Snippets find the values as variables, and in LOGIN_PATH the PATH of the login shell.
    """
    return "\n".join(
        (
            f"NONCE={shlex.quote(nonce)}",
            *(f"{name}={shlex.quote(value)}" for name, value in values.items()),
            "LOGIN_PATH=$PATH PATH=/usr/sbin:/usr/bin:/sbin:/bin:$PATH LC_ALL=C",
            f"export PATH LC_ALL LOGIN_PATH {' '.join(values)}",
            _ASK,
            *(f"ask {question.name} {shlex.quote(question.snippet.strip())}" for question in questions),
            "printf '\\n%s done\\n' \"$NONCE\"",
            "",
        )
    )


def listen(chunks: Iterable[bytes], nonce: str) -> Transcript:
    """Collect the chunks until the script says that it is done; a TimeoutError from `chunks` ends it as late.

    The end of the stream is not waited for: what a profile has started in the background may hold it open.
    """
    heard, began, end = bytearray(), 0.0, End.CLOSED
    done = f"\n{nonce} done\n".encode()
    try:
        for chunk in chunks:
            fresh = max(0, len(heard) - len(done))
            heard += chunk
            if not began and nonce.encode() in heard[fresh:]:
                began = time.time()
            if done in heard[fresh:]:
                break
            if len(heard) > TRANSCRIPT_LIMIT:
                end = End.FLOOD
                break
    except TimeoutError:
        end = End.LATE
    return Transcript(heard.decode(errors="replace"), began, end)


def parse(transcript: str, nonce: str) -> Frames:
    """The frames in `transcript`; what stands outside of them is ignored, and the first frame of a name counts."""
    answers: dict[str, tuple[int, str]] = {}
    name, output = "", ""
    for piece in transcript.split(nonce)[1:]:
        head, _, rest = piece.partition("\n")
        match head.split():
            case ["begin", begun]:
                name, output = begun, rest
            case ["end", ended, status] if ended == name and status.isascii() and status.isdigit():
                answers.setdefault(name, (int(status[:9]), output.removesuffix("\n")))
                name = ""
    return Frames(answers, name or None)
