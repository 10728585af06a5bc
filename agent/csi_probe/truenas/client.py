"""What both clients are to the interview: log in once, then ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from csi_probe.contact import Api, Login
from csi_probe.facts import Fact
from csi_probe.secret import Secret
from csi_probe.truenas.questions import Question

BROKE_OFF = "run the probe again; if the connection breaks again, look at middlewared's log on the NAS"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it came, or why it did not come, and the seconds from question to answer."""

    answer: Fact[Any]
    seconds: float


class Client(Protocol):
    """One era's way of speaking."""

    @property
    def api(self) -> Api:
        """What the NAS speaks."""
        ...

    def login(self, username: str | None, key: Secret) -> Login:
        """Log in, exactly once. Raises EndpointError; its text holds nothing of the key."""
        ...

    def ask(self, questions: Sequence[Question[Any]]) -> Mapping[str, Reply]:
        """Ask them all; one reply for each method, whatever happens on the way."""
        ...
