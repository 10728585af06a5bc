"""TOML tables into frozen dataclasses: the types are the schema, and an error names file, line, key and nearest key."""

from __future__ import annotations

import dataclasses
import difflib
import re
import tomllib
import types
import typing
from pathlib import Path
from typing import Any, Literal, NoReturn, TypeVar, get_args, get_origin, get_type_hints

from csi_probe.errors import ConfigError
from csi_probe.secret import SecretSource

T = TypeVar("T")
NOT_WRITTEN = {"toml": False}  # the metadata of a field that is no key of a TOML file
_UNITS = {"": 1} | {f"{p}{s}": 1024**i for i, p in enumerate("KMGTP", 1) for s in ("", "i", "iB")}


class Bytes(int):
    """A size in bytes; in TOML a number, or text such as "100GiB"."""


@dataclasses.dataclass(frozen=True, slots=True)
class Document:
    """A TOML file: its tables, and its text, so that an error can name the line."""

    path: Path
    text: str
    tables: dict[str, Any]

    @classmethod
    def read(cls, path: Path) -> Document:
        """Parse `path`. Raises ConfigError with the line of a syntax error."""
        try:
            text = path.read_text(encoding="utf-8")
            return cls(path, text, tomllib.loads(text))
        except OSError as error:
            raise ConfigError(f"cannot read {path}: {error.strerror}") from None
        except UnicodeDecodeError as error:
            raise ConfigError(f"{path}: not UTF-8 text (byte {error.start})") from None
        except tomllib.TOMLDecodeError as error:
            raise ConfigError(f"{path}: not valid TOML: {error}") from None
        except (ValueError, RecursionError):  # tomllib lets these through
            raise ConfigError(f"{path}: not valid TOML: a number is too long, or tables nest too deeply") from None

    def refuse(self, key: str, reason: str) -> NoReturn:
        """Raise the ConfigError for `key`, a dotted path such as "nodes[1].name"."""
        line = self.line(key)
        raise ConfigError(f"{self.path}{f':{line}' if line else ''}: {key}: {reason}")

    def line(self, key: str) -> int | None:
        """The line on which `key` stands, found by reading the text again: tomllib keeps no positions."""
        parts = [(name, int(index or 0)) for name, index in re.findall(r"([^.\[\]]+)(?:\[(\d+)\])?", key)]
        if not parts:
            return None
        lines = self.text.splitlines()
        start = 0
        for depth in range(1, len(parts) + 1):
            header = re.escape(".".join(name for name, _ in parts[:depth])).replace(r"\.", r"\s*\.\s*")
            found = [n for n, row in enumerate(lines) if n >= start and re.match(rf"\s*\[\[?\s*{header}\s*\]", row)]
            if found:
                start = found[min(parts[depth - 1][1], len(found) - 1)]
        last = parts[-1][0]
        for number in range(start, len(lines)):
            if re.match(rf"""\s*(?:\[+.*\b)?["']?{re.escape(last)}["']?\s*[=\]]""", lines[number]):
                return number + 1
        return start + 1 if start else None


def read_table(into: type[T], document: Document) -> T:
    """The whole document as `into`. Raises ConfigError for unknown keys, missing keys and wrong types."""
    return typing.cast(T, _table(into, document.tables, document, ""))


def _table(into: type[Any], table: Any, document: Document, path: str) -> Any:
    if not isinstance(table, dict):
        document.refuse(path, f"wanted is a table, found is {_kind(table)}")
    hints = get_type_hints(into)
    fields = {field.name: field for field in dataclasses.fields(into) if field.metadata != NOT_WRITTEN}
    for key in table:
        if key not in fields:
            document.refuse(_join(path, key), f"there is no such key{_nearest(key, list(fields))}")
    values = {name: _value(hints[name], table[name], document, _join(path, name)) for name in fields if name in table}
    for name, field in fields.items():
        if name not in values and field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            document.refuse(path or name, f'the key "{name}" is missing')
    return into(**values)


def _value(hint: Any, value: Any, document: Document, path: str) -> Any:  # noqa: PLR0911  (one return a type)
    origin, args = get_origin(hint), get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return _value(next(arg for arg in args if arg is not types.NoneType), value, document, path)
    if origin is tuple:
        return _array(args[0], value, document, path)
    if origin is Literal:
        return _choice(args, value, document, path)
    if hint is SecretSource:
        return _secret(value, document, path)
    if hint is Bytes:
        return _bytes(value, document, path)
    if dataclasses.is_dataclass(hint):
        return _table(typing.cast("type[Any]", hint), value, document, path)
    if hint is Path and isinstance(value, str) and value:
        return _path(value, document, path)
    return _plain(hint, value, document, path)


def _path(value: str, document: Document, path: str) -> Path:
    _plain(str, value, document, path)
    try:
        return Path(value).expanduser()
    except RuntimeError:
        document.refuse(path, f"{value}: there is no such home directory")


def _plain(hint: Any, value: Any, document: Document, path: str) -> Any:
    if hint is float and type(value) is int:
        value = float(value)
    if type(value) is not hint:
        names = {str: "text", int: "a whole number", float: "a number", bool: "true or false", Path: "a path"}
        document.refuse(path, f"wanted is {names[hint]}, found is {_kind(value)}")
    if hint is str and not value.strip():
        document.refuse(path, "it is empty")
    if hint is str and not value.isprintable():
        document.refuse(path, f"{value!a} has characters that cannot be shown")
    if hint in (int, float) and not 0 <= value < float("inf"):
        document.refuse(path, f"{value} is negative or not finite")
    return value


def _array(hint: Any, value: Any, document: Document, path: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        document.refuse(path, f"wanted is a list, found is {_kind(value)}")
    return tuple(_value(hint, item, document, f"{path}[{n}]") for n, item in enumerate(value))


def _choice(choices: tuple[str, ...], value: Any, document: Document, path: str) -> str:
    if value not in choices:
        nearest = _nearest(value, list(choices)) if isinstance(value, str) else ""
        document.refuse(path, f"{value!r} is not one of {', '.join(choices)}{nearest}")
    return typing.cast(str, value)


def _secret(value: Any, document: Document, path: str) -> SecretSource:
    if isinstance(value, str):
        document.refuse(
            path,
            "a secret does not stand in the config, which is shared, copied and committed; "
            'name its place: { file = "…" }, { env = "…" } or { credential = "…" } (systemd)',
        )
    source: SecretSource = _table(SecretSource, value, document, path)
    if len([place for place in (source.credential, source.file, source.env) if place]) != 1:
        document.refuse(path, "name exactly one place: file, env or credential")
    return source


def _bytes(value: Any, document: Document, path: str) -> Bytes:
    match = re.fullmatch(r"(\d{1,18}(?:\.\d{1,9})?)\s*([KMGTP]?(?:iB?)?)B?", str(value).strip())
    if isinstance(value, bool) or not match or match[2] not in _UNITS:
        document.refuse(path, f'{value!r} is not a size such as "100GiB" or a number of bytes')
    number = float(match[1]) if "." in match[1] else int(match[1])
    return Bytes(number * _UNITS[match[2]])


def _nearest(word: str, choices: list[str]) -> str:
    close = difflib.get_close_matches(word, choices, n=1, cutoff=0.5)
    return f'; did you mean "{close[0]}"?' if close else f"; there are: {', '.join(choices)}"


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _kind(value: Any) -> str:
    names = {dict: "a table", list: "a list", str: "text", bool: "true or false", int: "a number", float: "a number"}
    return names.get(type(value), f"a {type(value).__name__}")
