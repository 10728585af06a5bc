"""Names into IP addresses, within a deadline."""

from __future__ import annotations

import queue
import socket
import threading

from csi_probe.contact import Trouble
from csi_probe.deadline import Deadline
from csi_probe.errors import EndpointError


def resolve(host: str, deadline: Deadline) -> tuple[str, ...]:
    """The IP addresses of `host`, in the system's order of preference; an IP address is its own.

    Raises EndpointError: UNRESOLVED, or TIMEOUT when the name servers do not answer.
    """
    answers: queue.SimpleQueue[tuple[str, ...] | OSError | ValueError] = queue.SimpleQueue()
    # getaddrinfo knows no time-out; a daemon thread can be left behind with it.
    threading.Thread(target=lambda: answers.put(_look_up(host)), daemon=True).start()
    try:
        answer = answers.get(timeout=max(deadline.left(), 0.001))
    except queue.Empty:
        raise EndpointError(Trouble.TIMEOUT, f"the name servers did not say in time where {host} is") from None
    if isinstance(answer, tuple):
        return answer
    reason = answer.strerror if isinstance(answer, OSError) else "it is not a host name"
    raise EndpointError(Trouble.UNRESOLVED, f'"{host}" has no address: {reason}')


def _look_up(host: str) -> tuple[str, ...] | OSError | ValueError:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        return tuple(dict.fromkeys(str(address[4][0]) for address in found))
    except (OSError, ValueError) as error:
        return error
