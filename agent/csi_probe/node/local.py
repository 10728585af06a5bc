"""The shell of the machine on which the probe runs: the same script, without SSH."""

from __future__ import annotations

import os
import select
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress

from csi_probe.contact import Trouble
from csi_probe.deadline import Deadline
from csi_probe.errors import EndpointError
from csi_probe.node import script
from csi_probe.node.script import Transcript

_CHUNK = 32 * 1024
_SECONDS_TO_DIE = 1.0


def run(text: str, nonce: str, deadline: Deadline) -> Transcript:
    """What /bin/sh here writes when it runs `text`; its process group is killed at the end. Raises EndpointError."""
    try:
        shell = subprocess.Popen(
            ["/bin/sh", "-s"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        raise EndpointError(Trouble.NO_SHELL, f"/bin/sh cannot be run here: {error.strerror}") from None
    try:
        return script.listen(_chunks(shell, text.encode(), deadline), nonce)
    finally:
        _end(shell)


def _chunks(shell: subprocess.Popen[bytes], script_bytes: bytes, deadline: Deadline) -> Iterator[bytes]:
    assert shell.stdin and shell.stdout  # noqa: S101, PT018  (both are pipes)
    with suppress(BrokenPipeError):
        shell.stdin.write(script_bytes)  # a script fits into the pipe's buffer
        shell.stdin.close()
    while select.select([shell.stdout], [], [], deadline.left())[0]:
        chunk = os.read(shell.stdout.fileno(), _CHUNK)
        if not chunk:
            return
        yield chunk
    raise TimeoutError


def _end(shell: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(shell.pid, signal.SIGKILL)
    with suppress(subprocess.TimeoutExpired):  # a process that hangs in the kernel cannot be killed
        shell.wait(_SECONDS_TO_DIE)
    for pipe in (shell.stdin, shell.stdout):
        if pipe:
            pipe.close()
