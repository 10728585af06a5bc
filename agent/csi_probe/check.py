"""A check: a pure function from one subject to findings, with a stable id, a title and an explanation."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from csi_probe.finding import Finding

S = TypeVar("S")
Judge = Callable[[S], Finding | Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class Explanation:
    """The three paragraphs of a check's docstring: what is asked, why it matters, how to mend it."""

    asked: str
    why: str
    mend: str


@dataclass(frozen=True, slots=True)
class Check:
    """One claim about one kind of subject.

    `id`: stable and dotted ("iscsi.portal-exists"). `title`: a claim in the present tense that reads right after a tick
    and after a cross. `asks`: the TrueNAS methods whose answers it needs; they decide what a run asks for and which
    roles `privileges` names.
    """

    id: str
    title: str
    subject: type
    judge: Judge[Any]
    asks: tuple[str, ...]

    @property
    def explanation(self) -> Explanation:
        """The docstring's three paragraphs, each on one line."""
        asked, why, mend = (" ".join(part.split()) for part in (inspect.getdoc(self.judge) or "").split("\n\n"))
        return Explanation(asked, why, mend)


def check(subject: type[S], id_: str, title: str, asks: tuple[str, ...] = ()) -> Callable[[Judge[S]], Check]:
    """Make a Check of a judging function. Its docstring: what is asked, why it matters, how to mend it."""

    def decorate(judge: Judge[S]) -> Check:
        return Check(id_, title, subject, judge, asks)

    return decorate
