"""A small schema language: what keys a driver reads and of what type; lint() tells what of a file does not fit."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal

from csi_probe.drivers.tree import Item, Value
from csi_probe.problem import Problem, Rule

Kind = Literal["text", "whole", "number", "flag", "block", "list", "any"]

_WORDS = {
    "text": "text",
    "whole": "a whole number",
    "number": "a number without quotes",
    "flag": "true or false, without quotes",
    "block": "a block of keys",
    "list": "a list",
}
# What shells, Flux, Kubernetes, Helm and sops leave behind when nothing fills it in.
_LEFT_OVER = re.compile(r"\$\{[^}]{0,200}\}|\$\(\w{1,200}\)|\{\{[^}]{0,200}\}\}|^ENC\[[A-Z0-9_]+,")
_LEFT_OVER_BESIDE_TEMPLATES = re.compile(r"\$\{[^}]{0,200}\}|^ENC\[[A-Z0-9_]+,")
_MAX_PROBLEMS = 500  # nobody reads more, and the search for the nearest key takes a while


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """What is known of one key.

    `kind`: "whole" takes 3 and "3", "number" only 3. `choices`: the texts that are understood, exactly as written.
    `form`: a pattern that a text has to match whole, `wanted`: the same in words. `fix`: what to do when the value
    does not fit. `keys`: of a block; `rest` then says what all other keys hold, None: that there are none.
    `item`: the elements of a list. `unread`: keys that people write and nothing reads, with what is true instead.
    `secret`: the value is never shown. `template`: {{ }} is meant for the driver.
    """

    kind: Kind
    required: bool = False
    choices: tuple[str, ...] = ()
    form: str = ""
    wanted: str = ""
    fix: str = ""
    secret: bool = False
    template: bool = False
    keys: Mapping[str, Key] = field(default_factory=dict)
    rest: Key | None = None
    item: Key | None = None
    unread: Mapping[str, str] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """What is wanted, for people."""
        return self.wanted or (f"one of {', '.join(self.choices)}" if self.choices else _WORDS.get(self.kind, ""))


def lint(item: Item, key: Key, path: str = "") -> Iterator[Problem]:
    """What is wrong with `item`, which stands under the dotted `path`, as a Key describes it.

    Unknown keys are harmless by themselves; one that is known in another block is not, because it is missing there
    (which is then not said a second time). A key that may be left out may also be null or "".
    """
    problems = list(islice(_Lint(key).value(item, key, path), _MAX_PROBLEMS))
    elsewhere = {problem.wanted for problem in problems if problem.rule is Rule.NESTED}
    yield from (problem for problem in problems if problem.rule is not Rule.COMPLETE or problem.key not in elsewhere)


def missing(place_of: Item, path: str, wanted: str) -> Problem:
    """The Problem of a key that is not there; `place_of` is the block in which it belongs."""
    return Problem(Rule.COMPLETE, place_of.key, path, "nothing", wanted, f"add {path}")


def join(path: str, key: str) -> str:
    """The dotted path of `key` below `path`."""
    return f"{path}.{key}" if path else key


def nearest(word: str, known: tuple[str, ...]) -> str | None:
    """The known word that was probably meant."""
    by_lower = {choice.lower(): choice for choice in known}
    close = difflib.get_close_matches(word.lower()[:80], list(by_lower), n=1, cutoff=0.6)
    return by_lower[close[0]] if close else None


def left_over(text: str, *, template: bool = False) -> bool:
    """Whether something in `text` is still to be filled in: ${VAR}, $(VAR), {{ … }}, or sops's ENC[…]."""
    return bool((_LEFT_OVER_BESIDE_TEMPLATES if template else _LEFT_OVER).search(text))


def kind_of(item: Item) -> str:
    """What the value is, in words that do not show it."""
    match item.value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number without quotes"
        case str():
            return "text"
        case tuple():
            return "a list"
        case _:
            return "a block of keys"


class _Lint:
    """The rules, with the whole schema at hand: where else is a key known?"""

    def __init__(self, root: Key) -> None:
        self.homes: dict[str, list[str]] = {}
        self.index(root, "")

    def index(self, key: Key, path: str) -> None:
        for name, child in key.keys.items():
            self.homes.setdefault(name, []).append(join(path, name))
            self.index(child, join(path, name))
        if key.item:
            self.index(key.item, f"{path}[]")

    def value(self, item: Item, key: Key, path: str) -> Iterator[Problem]:
        unfilled = _unfilled(item, key, path)
        if unfilled:
            yield unfilled
        elif not _fits(item, key):
            yield _mistyped(item, key, path)
        for number, element in enumerate(item.elements if key.item else ()):
            if key.item and element.value is not None:
                yield from self.value(element, key.item, f"{path}[{number}]")
        if key.kind == "block" and isinstance(item.value, Mapping):
            yield from self.block(item, key, path)

    def block(self, item: Item, key: Key, path: str) -> Iterator[Problem]:
        for name, child in item.children.items():
            known = key.keys.get(name, key.rest)
            if not known:
                yield self.unknown(child, key, path, name)
            elif child.value is None and known.required:
                yield _mistyped(child, known, join(path, name))
            elif child.value is not None and (child.value != "" or known.required):
                yield from self.value(child, known, join(path, name))
        for name, known in key.keys.items():
            if known.required and name not in item.children:
                yield missing(item, join(path, name), known.words)

    def unknown(self, item: Item, key: Key, path: str, name: str) -> Problem:
        full = join(path, name)
        if name in key.unread:
            return Problem(
                Rule.KNOWN,
                item.key,
                full,
                "a key that nothing reads",
                key.unread[name],
                f"remove {full}",
                harmless=True,
            )
        if name in self.homes:
            homes = " or ".join(self.homes[name])
            return Problem(
                Rule.NESTED, item.key, full, f"{name} {f'in {path}' if path else 'at the top level'}", homes,
                f"move it to {homes}",
            )  # fmt: skip
        meant = nearest(name, tuple(key.keys))
        known = ", ".join(key.keys)
        return Problem(
            Rule.KNOWN, item.key, full, "a key that nothing reads",
            f"{meant}, which is near" if meant else f"one of {known}",
            f"write {meant}, or remove it" if meant else f"remove {full}", harmless=True,
        )  # fmt: skip


_FITS: Mapping[Kind, Callable[[Value], bool]] = {
    "text": lambda value: isinstance(value, str),
    "number": lambda value: type(value) is int,
    "whole": lambda value: (
        type(value) is int or (isinstance(value, str) and bool(re.fullmatch(r"-?[0-9]{1,18}", value)))
    ),
    "flag": lambda value: isinstance(value, bool),
    "block": lambda value: isinstance(value, Mapping),
    "list": lambda value: isinstance(value, tuple),
}


def _fits(item: Item, key: Key) -> bool:
    text = item.value
    if key.kind != "any" and not _FITS[key.kind](text):
        return False
    if not isinstance(text, str):
        return True
    return (not key.choices or text in key.choices) and bool(not key.form or re.fullmatch(key.form, text))


def _mistyped(item: Item, key: Key, path: str) -> Problem:
    meant = nearest(item.text, key.choices)
    fix = key.fix or (f"write {meant}" if meant else f"write {path} as {key.words}")
    harmless = key.kind == "flag" and item.value == "true"
    return Problem(Rule.TYPED, item.key, path, _seen(item, key), key.words, fix, harmless)


def _unfilled(item: Item, key: Key, path: str) -> Problem | None:
    text = item.value
    if not isinstance(text, str):
        return None
    wanted = key.words or "a value"
    if left_over(text, template=key.template):
        return Problem(Rule.FILLED, item.key, path, _seen(item, key), wanted, f"fill in {path}: nothing did so")
    if key.required and not text.strip():
        fix = f"fill in {path}; a variable that is not set leaves this behind"
        return Problem(Rule.FILLED, item.key, path, "an empty text", wanted, fix)
    return None


def _seen(item: Item, key: Key) -> str:
    """The value where it can be shown; of a secret, a collection or what is long only the kind."""
    text = item.text[:80]
    if not text or not text.isprintable() or key.kind in ("block", "list"):
        return kind_of(item)
    if key.secret and not _LEFT_OVER.fullmatch(text):
        return f"{kind_of(item)} (not shown)"
    return f'"{text}"' if isinstance(item.value, str) else text
