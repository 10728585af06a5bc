"""REST, /api/v2.0: CORE 13 and SCALE up to 24.10. There a key belongs to no user and may have an allow-list.

Source: middlewared/restful.py of TN-13.0-U6.8 and TS-24.10.2.4.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from csi_probe.contact import Api, Login, Trouble
from csi_probe.errors import EndpointError
from csi_probe.facts import Fact, Known, Missing
from csi_probe.secret import Secret
from csi_probe.truenas.client import BROKE_OFF, Reply
from csi_probe.truenas.line import FORBIDDEN, NOT_FOUND, OK, UNAUTHORIZED, Answer, Line, shut_out, unwilling
from csi_probe.truenas.questions import VERSION, Question
from csi_probe.truenas.shapes import ShapeError


class Rest:
    """The client of the REST era, on a line that spoke HTTP already."""

    api = Api("REST", ())

    def __init__(self, line: Line) -> None:
        self._line = line
        self._key: Secret | None = None

    def login(self, username: str | None, key: Secret) -> Login:  # noqa: ARG002  (these keys have no user)
        """REST has no login: the first question with the key tells."""
        self._key = key
        answer = self._get(VERSION)
        match answer.status:
            case 200 if isinstance(_read(VERSION, answer), Known):
                return Login(user=None, roles=None)
            case 401:
                raise EndpointError(Trouble.KEY_WRONG, f"TrueNAS does not know the key ({_status(answer)})")
            case 403 if answer.is_html:
                raise shut_out(answer.status)
            case 403:
                raise EndpointError(
                    Trouble.KEY_DENIED,
                    f"the key may not even read the version ({_status(answer)}); "
                    f"its allow-list needs {_allow(VERSION)} and one such entry for each question",
                )
            case _:
                raise EndpointError(
                    Trouble.BROKEN_ANSWER,
                    f"{VERSION.resource}, asked with the key, gives no version ({_status(answer)})",
                )

    def ask(self, questions: Sequence[Question[Any]]) -> Mapping[str, Reply]:
        """One after the other, since HTTP/1.1 has no more on one connection."""
        replies: dict[str, Reply] = {}
        lost: EndpointError | None = None
        for question in questions:
            began = time.monotonic()
            try:
                fact = _lost(question, lost) if lost else _read(question, self._get(question))
            except EndpointError as error:
                lost, fact = error, _lost(question, error)
            replies[question.method] = Reply(fact, time.monotonic() - began)
        return replies

    def _get(self, question: Question[Any]) -> Answer:
        # TrueNAS reads filters from the body of a GET, too; its query strings have no lists and no options.
        names = ("query-filters", "query-options")
        body = dict(zip(names, question.params, strict=False)) if question.params else None
        return self._line.get(f"/api/v2.0{question.resource}", self._key, body)


def recognize(line: Line) -> Rest:
    """The REST client, if this is TrueNAS's REST API: it wants a key. None is sent before that is known."""
    answer = line.get(f"/api/v2.0{VERSION.resource}")
    if answer.status == UNAUTHORIZED:
        return Rest(line)
    raise unwilling(f"/api/v2.0{VERSION.resource}", answer.status, answer.headers)


def _lost(question: Question[Any], error: EndpointError) -> Missing:
    return Missing(f"{question.method}: {error}", fix=BROKE_OFF)


def _read(question: Question[Any], answer: Answer) -> Fact[Any]:
    if answer.status == OK:
        try:
            return Known(answer.json())
        except ShapeError as wrong:
            return Missing(f"the answer to {question.method} cannot be read: {wrong}")
    if answer.status == FORBIDDEN:
        return Missing(
            f"the key may not read {question.resource}",
            fix=f"add {_allow(question)} to the key's allow-list, or give the probe a key without one",
        )
    if answer.status == NOT_FOUND:
        return Missing(f"this TrueNAS has no {question.resource}")
    return Missing(f"TrueNAS answers {question.resource} with {_status(answer)}")


def _allow(question: Question[Any]) -> str:
    return f'{{"method": "GET", "resource": "{question.resource}"}}'


def _status(answer: Answer) -> str:
    return f"HTTP {answer.status}"
