"""Reading foreign JSON: a field is there with its type, or its absence is a fact that names it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from csi_probe.facts import Fact, Known, Missing

T = TypeVar("T")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_REQUIRED: Any = object()
_KINDS = {dict: "an object", list: "a list", str: "text", bool: "true or false", int: "a number", float: "a fraction"}


class ShapeError(ValueError):
    """An answer, or a row of it, is not of the form that its method has. The text quotes no value of it."""


def decode(text: str | bytes) -> Any:
    """The JSON value in `text`. Raises ShapeError."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise ShapeError("it is not JSON") from None


def words(text: object, limit: int = 160) -> str:
    """A stranger's text, fit for one line of a report: printable and no longer than `limit` characters."""
    line = " ".join("".join(char if char.isprintable() else " " for char in str(text)[: 4 * limit]).split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def kind(value: object) -> str:
    """What sort of JSON value this is, in words."""
    return _KINDS.get(type(value), "nothing")


def typed(value: Any, of: type[T]) -> T:
    """`value`, which must be exactly of this type (true is no number). Raises ShapeError."""
    if type(value) is not of:
        raise ShapeError(f"{_KINDS[of]} is wanted, {kind(value)} is there")
    if isinstance(value, str):
        # JSON can spell half a surrogate pair, which no output can encode.
        return of(value.encode("utf-8", "replace").decode())  # type: ignore[call-arg]  # `of` is str here
    return value


def rows(answer: Any) -> list[dict[str, Any]]:
    """The rows of a query's answer. Raises ShapeError."""
    return [typed(row, dict) for row in typed(answer, list)]


def identity(row: dict[str, Any], key: str, of: type[T]) -> T:
    """A field without which the row says nothing. Raises ShapeError."""
    try:
        return typed(row.get(key), of)
    except ShapeError as wrong:
        raise ShapeError(f"in the field {key}, {wrong}") from None


def leaf(row: dict[str, Any], *path: str, of: type[T], null: T = _REQUIRED) -> Fact[T]:
    """The field at `path` as a fact; `null` is what JSON's null stands for, where it stands for anything."""
    value: Any = row
    for key in path:
        if not isinstance(value, dict) or key not in value:
            return Missing(f"this TrueNAS's answer has no field {'.'.join(path)}")
        value = value[key]
    if value is None and null is not _REQUIRED:
        return Known(null)
    try:
        return Known(typed(value, of))
    except ShapeError as wrong:
        return Missing(f"in the field {'.'.join(path)} of TrueNAS's answer, {wrong}")


def items(row: dict[str, Any], key: str, parse: Callable[[Any], T]) -> Fact[tuple[T, ...]]:
    """The list at `key` as a fact; Missing as a whole where `parse` raises ShapeError for one item of it."""
    match leaf(row, key, of=list):
        case Missing() as missing:
            return missing
        case Known(values):
            try:
                return Known(tuple(parse(value) for value in values))
            except ShapeError as wrong:
                return Missing(f"in the list {key} of TrueNAS's answer, {wrong}")


def text(value: Any) -> str:
    """A text. Raises ShapeError."""
    return typed(value, str)


def moment(value: Any) -> datetime:
    """An EJSON date, {"$date": milliseconds since 1970}. Raises ShapeError."""
    milliseconds = identity(typed(value, dict), "$date", int)
    try:
        return _EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError:
        raise ShapeError("a date is wanted, a number out of range is there") from None
