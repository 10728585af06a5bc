"""One visit to the NAS: one connection, one login, all questions pipelined; every outcome is a fact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from csi_probe.entries import Api, Certificate, Contact, Login, Refusal, Version
from csi_probe.facts import Fact, Missing
from csi_probe.truenas.questions import Question

T = TypeVar("T")


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
