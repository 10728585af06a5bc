"""The shell of a node over SSH: one session, one exec, the script on stdin."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import paramiko

from csi_probe.contact import Trouble
from csi_probe.deadline import Deadline
from csi_probe.errors import EndpointError
from csi_probe.node import script
from csi_probe.node.access import Access
from csi_probe.node.connect import connect, mapped
from csi_probe.node.login import log_in
from csi_probe.node.route import Hop
from csi_probe.node.script import Transcript

_CHUNK = 32 * 1024


def run(hops: tuple[Hop, ...], access: Access, text: str, nonce: str, deadline: Deadline) -> Transcript:
    """What /bin/sh on the last of `hops` writes when it runs `text`. Raises EndpointError for all before it runs."""
    with ExitStack() as stack:
        transport = _session(hops, access, deadline, stack)
        with mapped(hops[-1], deadline):
            channel = _shell(transport, hops[-1], deadline)
            return script.listen(_chunks(channel, text.encode(), deadline), nonce)


def _session(hops: tuple[Hop, ...], access: Access, deadline: Deadline, stack: ExitStack) -> paramiko.Transport:
    """A session with the last hop, through the ones before it."""
    *before, hop = hops
    through = _session(tuple(before), access, deadline, stack) if before else None
    transport = connect(hop, through, deadline, stack)
    log_in(transport, hop, access, deadline, stack)
    return transport


def _shell(transport: paramiko.Transport, hop: Hop, deadline: Deadline) -> paramiko.Channel:
    try:
        channel = transport.open_session(timeout=deadline.left())
        channel.settimeout(deadline.left())
        channel.set_combine_stderr(combine=True)  # one stream: neither can fill up while the other is read
        channel.exec_command(script.COMMAND)
    except paramiko.SSHException as error:
        if deadline.passed:
            raise TimeoutError from None
        raise EndpointError(Trouble.NO_SHELL, f"{hop}: logged in, but no command may be run: {error}") from None
    return channel


def _chunks(channel: paramiko.Channel, script_bytes: bytes, deadline: Deadline) -> Iterator[bytes]:
    _send(channel, script_bytes, deadline)
    while True:
        channel.settimeout(deadline.left())
        chunk = channel.recv(_CHUNK)
        if not chunk:
            return
        yield chunk


def _send(channel: paramiko.Channel, data: bytes, deadline: Deadline) -> None:
    """Send what the node takes; one that closes its end early (nologin does) has something to say all the same."""
    try:
        while data:
            channel.settimeout(deadline.left())
            data = data[channel.send(data) :]
        channel.shutdown_write()
    except TimeoutError:
        raise
    except OSError:
        return
