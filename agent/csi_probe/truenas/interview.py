"""One visit to the NAS: one connection, one login, all questions pipelined; every outcome is a fact."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from tenacity import RetryCallState, Retrying, retry_if_exception, wait_exponential

from csi_probe.config import TrueNAS
from csi_probe.contact import Api, Certificate, Contact, Login, Refusal, Trouble, Version
from csi_probe.deadline import Deadline
from csi_probe.errors import EndpointError
from csi_probe.facts import Fact, Known, Missing
from csi_probe.secret import Secret
from csi_probe.truenas import jsonrpc, rest
from csi_probe.truenas.client import Client, Reply
from csi_probe.truenas.line import NOT_FOUND, OK, Answer, Line, unwilling
from csi_probe.truenas.questions import QUESTIONS, VERSION, Question, ask, key_id
from csi_probe.truenas.shapes import ShapeError, text, typed

T = TypeVar("T")

TRIES = 3
_TRANSIENT = (Trouble.REFUSED, Trouble.TIMEOUT, Trouble.UNREACHABLE, Trouble.BOOTING)
_STAGES = ("reachable", "certificate", "api", "login")


@dataclass(frozen=True, slots=True)
class Answers:
    """The parsed answers, by method."""

    by_method: Mapping[str, Fact[Any]]

    def to(self, question: Question[T]) -> Fact[T]:
        """The answer to `question`; Missing where it was not asked."""
        return cast("Fact[T]", self.by_method.get(question.method, Missing(f"{question.method} was not asked")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Interview:
    """What a visit brought. Each fact is blocked by the one before it that was refused.

    `clock`: seconds by which the NAS's clock (its HTTP Date) is ahead of the probe's. `slowest`: method and seconds.
    """

    reachable: Fact[Contact | Refusal]
    certificate: Fact[Certificate | Refusal]
    api: Fact[Api | Refusal]
    login: Fact[Login | Refusal]
    version: Fact[Version]
    clock: Fact[float]
    slowest: Fact[tuple[str, float]]
    answers: Answers


@dataclass
class _Visit:
    """How far a visit came; what is None was not reached."""

    api: Api | None = None
    login: Login | None = None
    refusal: Fact[Refusal] = field(default_factory=lambda: Missing("the visit did not take place"))
    replies: Mapping[str, Reply] = field(default_factory=dict)


def interview(  # noqa: PLR0913, PLR0917  (what a visit needs; all of it differs from run to run)
    nas: TrueNAS,
    key: Secret,
    methods: Collection[str],
    datasets: Sequence[str],
    deadline: Deadline,
    tell: Callable[[str], None],
) -> Interview:
    """Visit the NAS and ask it `methods`; whatever it does, it is over by the deadline and comes back as facts.

    `datasets`: the names to ask for, ancestors come along. `tell` gets words of progress.
    Raises ConfigError for a ca_file that holds no certificate.
    """
    questions = ask(methods, datasets, key_id(key))
    visit = _Visit()
    with Line(nas, deadline) as line, ExitStack() as stack:
        try:
            tell(f"connecting to {nas.host}")
            client = _open(line, stack)
            visit.api = client.api
            tell("logging in")
            visit.login = _log_in(client, nas.username, key)
            tell(f"asking {len(questions)} questions")
            visit.replies = client.ask(questions)
        except EndpointError as error:
            visit.refusal = Known(error.refusal)
        return _told((_fact(line.contact), line.certificate), line.clock, visit, questions)


def _open(line: Line, stack: ExitStack) -> Client:
    """The client of the NAS's era, tried again while that can help. Raises EndpointError."""
    tries = Retrying(
        retry=retry_if_exception(lambda error: isinstance(error, EndpointError) and error.trouble in _TRANSIENT),
        stop=lambda state: _enough(state, line.deadline),
        wait=wait_exponential(multiplier=0.25, max=2.0),
        reraise=True,
    )
    return tries(recognize, line, stack)


def _enough(state: RetryCallState, deadline: Deadline) -> bool:
    """A NAS that boots is waited for until the deadline is near; what does not connect is tried three times."""
    error = state.outcome.exception() if state.outcome else None
    booting = isinstance(error, EndpointError) and error.trouble is Trouble.BOOTING
    out_of_time = deadline.left() <= state.upcoming_sleep + 0.5
    return out_of_time or (not booting and state.attempt_number >= TRIES)


def recognize(line: Line, stack: ExitStack) -> Client:
    """GET /api/versions, without a key: a list from 25.04 on, a redirect to the web interface (not followed) before."""
    answer = line.get("/api/versions")
    if answer.status == OK:
        return stack.enter_context(jsonrpc.session(line, _versions(answer)))
    if answer.status == NOT_FOUND or re.search(r"/ui/?$", answer.headers.get("location", "")):
        return rest.recognize(line)
    raise unwilling("/api/versions", answer.status, answer.headers)


def _versions(answer: Answer) -> tuple[str, ...]:
    with contextlib.suppress(ShapeError):
        versions = tuple(text(version) for version in typed(answer.json(), list))
        if versions:
            return versions
    raise EndpointError(Trouble.NOT_TRUENAS, "what answers at /api/versions does not list TrueNAS's API versions")


def _log_in(client: Client, username: str | None, key: Secret) -> Login:
    if not re.fullmatch(r"[!-~]+", key.reveal()):
        raise EndpointError(
            Trouble.KEY_WRONG, "the key has characters that no TrueNAS key has (spaces, line ends, accents)"
        )
    return client.login(username, key)


def certificate(nas: TrueNAS, deadline: Deadline) -> Fact[Certificate | Refusal]:
    """The NAS's certificate as `nas` trusts it, or why not; no key is sent. Raises ConfigError as `interview` does."""
    with Line(nas, deadline) as line:
        seen: Fact[Certificate | Refusal] = Missing("the NAS presented no certificate")
        try:
            line.get("/api/versions")
        except EndpointError as error:
            seen = Known(error.refusal)
        return Known(line.certificate.value) if isinstance(line.certificate, Known) else line.certificate or seen


def lost(reason: str) -> Interview:
    """The interview that did not take place, for a reason of the probe's own."""
    return _told((None, None), Missing(reason), _Visit(refusal=Missing(reason)), QUESTIONS)


def _told(
    line: tuple[Fact[Contact] | None, Fact[Certificate] | None],
    clock: Fact[float],
    visit: _Visit,
    questions: Sequence[Question[Any]],
) -> Interview:
    reached = (*line, _fact(visit.api), _fact(visit.login))
    reachable, certificate, api, login, answered = _chain(reached, visit.refusal)
    answers = {
        question.method: answered if isinstance(answered, Missing) else _read(question, visit.replies[question.method])
        for question in questions
    }
    return Interview(
        reachable=reachable,
        certificate=certificate,
        api=api,
        login=login,
        version=answers[VERSION.method],
        clock=clock,
        slowest=answered if isinstance(answered, Missing) else _slowest(visit.replies),
        answers=Answers(answers),
    )


def _chain(reached: Sequence[Fact[Any] | None], refusal: Fact[Refusal]) -> list[Fact[Any]]:
    """The stages that were reached (each needs the one before), the refusal of the next, and all behind blocked by it.

    One fact for each stage, and one for what only a finished login allows.
    """
    facts: list[Fact[Any]] = [fact for fact in reached if fact is not None]
    if len(facts) == len(_STAGES):
        return [*facts, Known(None)]
    stage = f"truenas.{_STAGES[len(facts)]}"
    blocked = Missing(f"the NAS could not be asked: see {stage}", blocked_by=stage)
    return [*facts, refusal, *[blocked] * (len(_STAGES) - len(facts))]


def _fact(value: T | None) -> Fact[T] | None:
    return None if value is None else Known(value)


def _read(question: Question[T], reply: Reply) -> Fact[T]:
    return reply.answer if isinstance(reply.answer, Missing) else question.read(reply.answer.value)


def _slowest(replies: Mapping[str, Reply]) -> Fact[tuple[str, float]]:
    answered = [(method, reply.seconds) for method, reply in replies.items() if isinstance(reply.answer, Known)]
    return Known(max(answered, key=lambda pair: pair[1])) if answered else Missing("no question was answered")
