"""One visit to a node: one session, one script; whatever the node does is a fact."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from typing import Any

from csi_probe.config import NodeWant
from csi_probe.contact import Refusal, Session, Trouble
from csi_probe.deadline import Deadline
from csi_probe.errors import EndpointError
from csi_probe.facts import Fact, Known, Missing
from csi_probe.node import local, script, ssh
from csi_probe.node.access import Access
from csi_probe.node.questions import CLOCK, QUESTIONS, Question
from csi_probe.node.route import route
from csi_probe.node.script import Asking, End, Frames, Transcript
from csi_probe.snapshot import NodeAnswers

LOGIN = "node.login"
_NONCE_BYTES = 16
_LONGEST_WORDS = 200


@dataclass(frozen=True, slots=True)
class NodeInterview:
    """What a visit brought. A node that was not asked has answers that are blocked by node.login."""

    login: Fact[Session | Refusal]
    answers: NodeAnswers


def interview(want: NodeWant, access: Access, asking: Asking, deadline: Deadline) -> NodeInterview:
    """Run the script on the node and parse what it says. Never raises for anything that a node does."""
    nonce = secrets.token_hex(_NONCE_BYTES)
    start = time.monotonic()
    try:
        how, transcript = _run(want, access, script.build(asking, nonce), nonce, deadline)
        frames = script.parse(transcript.text, nonce)
        if not frames.answers and not frames.hung:
            raise _speechless(how, transcript)
    except EndpointError as error:
        return refused(error.refusal)
    return NodeInterview(Known(Session(how, time.monotonic() - start)), _answers(frames, transcript))


def refused(refusal: Refusal) -> NodeInterview:
    """The interview of a node that could not be asked."""
    missing = Missing(refusal.seen, blocked_by=LOGIN)
    return NodeInterview(Known(refusal), NodeAnswers(**{question.name: missing for question in QUESTIONS}))


def lost(reason: str) -> NodeInterview:
    """The interview that did not take place, for a reason of the probe's own."""
    blocked = Missing("the node was not asked", blocked_by=LOGIN)
    return NodeInterview(Missing(reason), NodeAnswers(**{question.name: blocked for question in QUESTIONS}))


def _run(want: NodeWant, access: Access, text: str, nonce: str, deadline: Deadline) -> tuple[str, Transcript]:
    if want.local:
        return "local shell", local.run(text, nonce, deadline)
    hops = route(want, access)
    return f"ssh {hops[-1]}", ssh.run(hops, access, text, nonce, deadline)


def _speechless(how: str, transcript: Transcript) -> EndpointError:
    said = " ".join(transcript.text.split())[:_LONGEST_WORDS]
    match transcript.end:
        case End.LATE:
            return EndpointError(Trouble.TIMEOUT, f"{how}: logged in, but the login shell runs nothing within the time")
        case End.FLOOD:
            return EndpointError(Trouble.BROKEN_ANSWER, f"{how}: logged in, but the login shell floods: {said}")
        case End.CLOSED:
            return EndpointError(Trouble.NO_SHELL, f"{how}: logged in, but no shell runs: {said or 'it says nothing'}")


def _answers(frames: Frames, transcript: Transcript) -> NodeAnswers:
    facts = {question.name: answer(question, frames, transcript.end) for question in QUESTIONS}
    facts[CLOCK.name] = facts[CLOCK.name].then(lambda node: node - transcript.began)
    return NodeAnswers(**facts)


def answer(question: Question[Any], frames: Frames, end: End) -> Fact[Any]:
    """The fact that a question brought, or why it brought none."""
    if question.name in frames.answers:
        status, text = frames.answers[question.name]
        if status in script.LATE:
            return Missing(f"the node has no answer to this within {script.SECONDS_EACH} s")
        return question.parse(status, text)
    why = {End.LATE: "hung until the deadline", End.FLOOD: "flooded the answer", End.CLOSED: "broke off"}[end]
    if question.name == frames.hung:
        return Missing(f"the node's shell {why} over this question")
    return Missing(f"the node was not asked: its shell {why} over {frames.hung or 'an earlier question'}")
