"""A report read back from its JSON: the opposite of json.py, for `render`."""

from __future__ import annotations

import json
from datetime import datetime
from enum import StrEnum
from math import isfinite
from typing import Any, TypeVar

from csi_probe.errors import ConfigError
from csi_probe.finding import Measure, Status, Unit
from csi_probe.report import SCHEMA_VERSION, Report, Row

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)


class _Wrong(Exception):  # noqa: N818  (it carries a place and a reason, and never leaves this file)
    """What is wrong, behind where."""


def read(text: str, name: str) -> Report:
    """The report in `text`. Raises ConfigError, which begins with `name`, for what is no report.

    Fields that are not known are left out: a later version may have added them. A verdict that does not follow from
    the rows is refused.
    """
    try:
        found = json.loads(text, parse_constant=_refuse)
        return _report(found)
    except json.JSONDecodeError as error:
        raise ConfigError(f"{name}:{error.lineno}: not JSON: {error.msg}") from None
    except _Wrong as wrong:
        raise ConfigError(f"{name}: not a report of truenas-csi-probe: {wrong}") from None
    except (RecursionError, OverflowError, ValueError):  # what json lets through: depth, and numbers without an end
        raise ConfigError(f"{name}: not JSON: it nests too deeply, or a number is too long") from None


def _report(found: Any) -> Report:
    version = _field(found, "schema_version", int)
    if version != SCHEMA_VERSION:
        raise _Wrong(f"schema_version: {version}, and this version reads {SCHEMA_VERSION}")
    report = Report(
        rows=tuple(_at(f"rows[{place}]", row) for place, row in enumerate(_field(found, "rows", list))),
        started=_moment(found, "started"),
        duration=_number(found, "duration"),
        strict=_field(found, "strict", bool),
        config_hash=_field(found, "config_hash", str),
        timings={endpoint: _number(found["timings"], endpoint) for endpoint in _field(found, "timings", dict)},
        deselected=tuple(_texts(found, "deselected")),
        ready_before=_moment(found, "last_ready") if found.get("last_ready") else None,
    )
    if found.get("verdict") != report.verdict:
        raise _Wrong(f"verdict: {found.get('verdict')!a:.40}, but by its rows it is {report.verdict}")
    return report


def _at(place: str, row: Any) -> Row:
    try:
        return _row(row)
    except _Wrong as wrong:
        raise _Wrong(f"{place}: {wrong}") from None


def _row(found: Any) -> Row:
    texts = {name: _field(found, name, str) for name in ("id", "title", "subject", "seen", "wanted", "fix")}
    return Row(
        **texts,
        status=_choice(Status, found, "status"),
        blocked_by=_field(found, "blocked_by", str) if found.get("blocked_by") else "",
        kind=_field(found, "kind", str) if "kind" in found else "",
        duration=_number(found, "duration"),
        measure=_measure(found["measure"]) if found.get("measure") else None,
    )


def _measure(found: Any) -> Measure:
    name, value, unit = _field(found, "name", str), _number(found, "value"), _choice(Unit, found, "unit")
    try:
        return Measure(name, value, unit)
    except ValueError as error:
        raise _Wrong(f"measure: {error}") from None


def _field(table: Any, name: str, kind: type[T]) -> T:
    words = {dict: "an object", list: "a list", str: "text", int: "a whole number", bool: "true or false"}
    if not isinstance(table, dict):
        raise _Wrong(f"wanted is an object, found is {type(table).__name__}")
    if name not in table:
        raise _Wrong(f'the field "{name}" is missing')
    if type(table[name]) is not kind:
        raise _Wrong(f"{name}: wanted is {words[kind]}, found is {table[name]!a:.40}")
    value: T = table[name]
    return value


def _number(table: Any, name: str) -> float:
    value = table.get(name) if isinstance(table, dict) else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise _Wrong(f"{name}: wanted is a number, found is {value!a:.40}")
    return value


def _texts(table: Any, name: str) -> list[str]:
    found = _field(table, name, list)
    for text in found:
        if not isinstance(text, str):
            raise _Wrong(f"{name}: wanted is a list of text, found in it is {text!a:.40}")
    return found


def _choice(choices: type[E], table: Any, name: str) -> E:
    text = _field(table, name, str)
    if text not in list(choices):
        raise _Wrong(f"{name}: {text!a:.40} is not one of {', '.join(choices)}")
    return choices(text)


def _moment(table: Any, name: str) -> datetime:
    text = _field(table, name, str)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _Wrong(f"{name}: {text!a:.40} is no moment of ISO 8601") from None
    if moment.tzinfo is None:
        raise _Wrong(f"{name}: {text} has no offset from UTC")
    return moment


def _refuse(constant: str) -> float:
    raise _Wrong(f"{constant} is no number")
