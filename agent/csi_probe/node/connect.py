"""From a route to an SSH session whose host key is known: TCP, jump hosts or a ProxyCommand, and the key exchange."""

from __future__ import annotations

import logging
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

import paramiko
from paramiko.ssh_exception import IncompatiblePeer
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random

from csi_probe.contact import Trouble
from csi_probe.deadline import Deadline
from csi_probe.errors import EndpointError
from csi_probe.node.known_hosts import fingerprint
from csi_probe.node.route import Hop
from csi_probe.resolve import resolve

_ATTEMPTS = 3
_NO_BANNER = "Error reading SSH protocol banner"  # paramiko's words for a peer that closes, or says nothing
_LONGEST_WORDS = 200
_LEAST_SECONDS = 0.001  # a time-out of 0 would mean a socket that never waits

# What paramiko has to say reaches the report as findings; without a handler Python would print its errors on stderr.
logging.getLogger("paramiko").addHandler(logging.NullHandler())
logging.getLogger("paramiko").propagate = False


def connect(hop: Hop, through: paramiko.Transport | None, deadline: Deadline, stack: ExitStack) -> paramiko.Transport:
    """A session with `hop` whose host key is verified, before any login. Raises EndpointError.

    A connection that is dropped before the key exchange (MaxStartups does so under load) is tried again, twice at most.
    """
    retrying = Retrying(
        retry=retry_if_exception(lambda error: _was_dropped(error) and not deadline.passed),
        stop=stop_after_attempt(_ATTEMPTS),
        wait=wait_random(0.1, 0.5),
        sleep=lambda seconds: time.sleep(deadline.left(seconds)),
        reraise=True,
    )
    with mapped(hop, deadline):
        transport = retrying(_handshake, hop, through, deadline, stack)
        _verify(transport.get_remote_server_key(), hop)
    return transport


@contextmanager
def mapped(hop: Hop, deadline: Deadline) -> Iterator[None]:
    """The one place where errors of paramiko and of the system become ours."""
    try:
        yield
    except EndpointError:
        raise
    except Exception as error:  # noqa: BLE001  (paramiko hands on whatever a peer's bytes made its parsers raise)
        trouble, words = _trouble(error, deadline)
        raise EndpointError(trouble, f"{hop}: {words}") from None


def _trouble(error: Exception, deadline: Deadline) -> tuple[Trouble, str]:
    if isinstance(error, TimeoutError) or (deadline.passed and not isinstance(error, OSError)):
        return Trouble.TIMEOUT, "no answer in time"
    match error:
        case ConnectionRefusedError():
            return Trouble.REFUSED, "connection refused: nothing listens on this port"
        case paramiko.SSHException():
            return _ssh_trouble(error, " ".join(str(error).split())[:_LONGEST_WORDS])
        case OSError(strerror=str(reason)):
            return Trouble.UNREACHABLE, f"not reachable: {reason}"
        case EOFError() | OSError():
            return Trouble.UNREACHABLE, "the connection was closed"
    return Trouble.BROKEN_ANSWER, f"the SSH connection broke: {type(error).__name__}"


def _ssh_trouble(error: paramiko.SSHException, words: str) -> tuple[Trouble, str]:
    match error:
        case IncompatiblePeer():
            return Trouble.NO_COMMON_ALGORITHM, f"no algorithm in common: {words}"
        case paramiko.ChannelException(text=reason):  # the library keeps no more than the code that stands for it
            return Trouble.UNREACHABLE, f"the jump host does not connect there: {reason}"
    if words.startswith(_NO_BANNER):
        return Trouble.NOT_SSH, "the connection is closed without an SSH banner"
    if words.startswith(("Indecipherable protocol version", "Invalid SSH banner")):
        return Trouble.NOT_SSH, f"something else than SSH answers: {words}"
    return Trouble.BROKEN_ANSWER, f"the SSH connection broke: {words}"


def _was_dropped(error: BaseException) -> bool:
    return isinstance(error, ConnectionResetError | EOFError) or (
        isinstance(error, paramiko.SSHException) and str(error).startswith(_NO_BANNER)
    )


def _handshake(
    hop: Hop, through: paramiko.Transport | None, deadline: Deadline, stack: ExitStack
) -> paramiko.Transport:
    sock = _dial(hop, through, deadline, stack)
    stack.callback(sock.close)
    transport = paramiko.Transport(sock)
    stack.callback(transport.close)
    transport.banner_timeout = transport.handshake_timeout = deadline.left()
    transport.clear_to_send_timeout = deadline.left()
    _prefer_known_keys(transport, hop)
    transport.start_client(timeout=deadline.left())
    if not transport.initial_kex_done:  # start_client returns without a word when time is up
        raise TimeoutError
    return transport


def _prefer_known_keys(transport: paramiko.Transport, hop: Hop) -> None:
    """Ask for a host key of a kind that is known: a server with several may show one that known_hosts has not."""
    options = transport.get_security_options()
    known = {f"rsa-sha2-{bits}" if key.type == "ssh-rsa" else key.type for key in hop.host_keys for bits in (512, 256)}
    options.key_types = sorted(options.key_types, key=lambda kind: kind not in known)


def _verify(shown: paramiko.PKey, hop: Hop) -> None:
    seen = f"{hop}: the host key is {shown.get_name()} {fingerprint(shown.asbytes())}"
    if not hop.host_keys:
        raise EndpointError(Trouble.HOST_KEY_UNKNOWN, f"{seen}; known_hosts has none for this host")
    same = [key for key in hop.host_keys if key.key == shown.asbytes()]
    if any(key.revoked for key in same):
        raise EndpointError(Trouble.HOST_KEY_CHANGED, f"{seen}, which known_hosts marks as revoked")
    if not same:
        known = ", ".join(f"{key.type} {key.fingerprint}" for key in hop.host_keys)
        raise EndpointError(Trouble.HOST_KEY_CHANGED, f"{seen}; known_hosts has {known}")


def _dial(
    hop: Hop, through: paramiko.Transport | None, deadline: Deadline, stack: ExitStack
) -> socket.socket | paramiko.Channel:
    if through:
        return through.open_channel("direct-tcpip", (hop.host, hop.port), ("127.0.0.1", 0), timeout=deadline.left())
    if hop.proxy_command:
        return _proxy(hop.proxy_command, stack)
    return _first_that_answers(resolve(hop.host, deadline), hop.port, deadline)


def _first_that_answers(addresses: Sequence[str], port: int, deadline: Deadline) -> socket.socket:
    failure: OSError = TimeoutError()
    for tried, address in enumerate(addresses):
        # A share of what is left, so that a silent IPv6 address leaves time for IPv4.
        share = max(deadline.left() / (len(addresses) - tried), _LEAST_SECONDS)
        try:
            return socket.create_connection((address, port), share)
        except OSError as error:
            failure = error
    raise failure


def _proxy(command: str, stack: ExitStack) -> socket.socket:
    """A socket whose other end is the command's stdin and stdout; the command is killed when `stack` is closed.

    paramiko.ProxyCommand would spin when the command ends.
    """
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(  # noqa: S603  (the user's own ssh config says so, as for ssh itself)
            ["/bin/sh", "-c", f"exec {command}"],
            stdin=theirs.fileno(),
            stdout=theirs.fileno(),
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    stack.callback(process.wait)
    stack.callback(process.kill)
    return ours
