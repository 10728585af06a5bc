"""YAML with positions: text in, items that know where they stand out; bounded, whatever the text is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NoReturn

import yaml

from csi_probe.errors import ConfigError
from csi_probe.problem import Place

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 64
MAX_NODES = 100_000
_MAX_NUMBER = 100  # longer scalars are text: no number of these files is longer, and huge ones cost quadratic time
_PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml is ten times as fast, where PyYAML has it

Value = bool | int | float | str | Mapping[str, "Item"] | tuple["Item", ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A scalar, a mapping or a list. Its repr shows no value, because a value can be a key.

    `place`: where the value starts. `key`: where its key starts; the same place for what has no key.
    `text`: a scalar as written, without quotes; "" for collections. `quoted`: in quotes, or a block of text.
    """

    value: Value = field(repr=False)
    place: Place
    key: Place
    text: str = field(default="", repr=False)
    quoted: bool = False

    def get(self, *keys: str) -> Item | None:
        """What stands under `keys`, one below the other; None where there is nothing. YAML's null is an Item."""
        item: Item | None = self
        for key in keys:
            item = item.value.get(key) if item and isinstance(item.value, Mapping) else None
        return item

    def plain(self) -> Any:
        """The same as ordinary Python values: dict, list, str, int, float, bool, None."""
        if isinstance(self.value, Mapping):
            return {key: item.plain() for key, item in self.value.items()}
        return [item.plain() for item in self.value] if isinstance(self.value, tuple) else self.value

    @property
    def children(self) -> Mapping[str, Item]:
        """The values of a mapping by key; empty for everything else."""
        return self.value if isinstance(self.value, Mapping) else {}

    @property
    def elements(self) -> tuple[Item, ...]:
        """The elements of a list; empty for everything else."""
        return self.value if isinstance(self.value, tuple) else ()


def read(path: Path) -> tuple[Item, ...]:
    """The documents in the file. Raises ConfigError: unreadable, too long, not UTF-8, or as parse()."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL byte in the name
        raise ConfigError(f"cannot read {path}: {getattr(error, 'strerror', None) or 'not a file name'}") from None
    try:
        return parse(raw[: MAX_BYTES + 1].decode("utf-8-sig"), str(path))
    except UnicodeDecodeError as error:
        if len(raw) > MAX_BYTES:
            raise ConfigError(f"{path}: longer than {MAX_BYTES} bytes; no driver's config is") from None
        raise ConfigError(f"{path}: not UTF-8 text (byte {error.start})") from None


def parse(text: str, file: str, inside: str = "") -> tuple[Item, ...]:
    """The documents in `text`, with YAML 1.1's meaning of scalars; keys become text, dates stay text.

    `file` and `inside` say where the text stands, for places and errors. Merge keys are merged; a tag that is not
    YAML's own is dropped and its value kept. Raises ConfigError "FILE:LINE:COLUMN: …": no YAML, a key twice, an
    alias to nothing, or more than MAX_BYTES, MAX_DEPTH or MAX_NODES (aliases counted as often as they are used).
    """
    composer = _Composer(file, inside)
    if len(text) > MAX_BYTES:
        raise ConfigError(f"{file}: longer than {MAX_BYTES} bytes; no driver's config is")
    try:
        return tuple(composer.documents(yaml.parse(text, Loader=_PARSER)))
    except yaml.MarkedYAMLError as error:
        composer.refuse(error.problem_mark or error.context_mark, f"not YAML: {error.problem or error.context}")
    except (yaml.YAMLError, UnicodeEncodeError):
        raise ConfigError(f"{Place(file, 0, 0, inside)}: not text: it has control characters") from None


class _Composer:
    """Events into items. `count` is what the items come to with every alias expanded."""

    def __init__(self, file: str, inside: str) -> None:
        self.file, self.inside, self.count = file, inside, 0
        self.anchors: dict[str, tuple[Item, int, int] | None] = {}  # item, size, height; None while it is composed
        self.events: Iterator[Any] = iter(())
        self.resolve: Any = yaml.resolver.Resolver().resolve
        self.constructor = yaml.constructor.SafeConstructor()

    def documents(self, events: Iterator[Any]) -> Iterator[Item]:
        self.events = events
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                self.anchors.clear()
                yield self.node(next(events), 0)[0]

    def node(self, event: Any, depth: int, key: Place | None = None) -> tuple[Item, int]:
        """The item that starts with `event`, and how many levels it has below itself."""
        if isinstance(event, yaml.AliasEvent):
            return self.alias(event, depth, key)
        before = self.count
        self.add(1, depth, event)
        if event.anchor:
            self.anchors[event.anchor] = None
        value, height = self.value(event, depth)
        place = self.place(event.start_mark)
        text, quoted = (event.value, bool(event.style)) if isinstance(event, yaml.ScalarEvent) else ("", False)
        item = Item(value=value, place=place, key=key or place, text=text, quoted=quoted)
        if event.anchor:
            self.anchors[event.anchor] = item, self.count - before, height
        return item, height

    def add(self, nodes: int, depth: int, event: Any) -> None:
        self.count += nodes
        if self.count > MAX_NODES:
            self.refuse(event.start_mark, f"more than {MAX_NODES} values, aliases expanded; no driver's config has")
        if depth > MAX_DEPTH:
            self.refuse(event.start_mark, f"nested deeper than {MAX_DEPTH} levels; no driver's config is")

    def alias(self, event: Any, depth: int, key: Place | None) -> tuple[Item, int]:
        item, size, height = self.anchor(event)
        self.add(size, depth + height, event)
        place = self.place(event.start_mark)
        return replace(item, place=place, key=key or place), height

    def anchor(self, event: Any) -> tuple[Item, int, int]:
        if event.anchor not in self.anchors:
            self.refuse(event.start_mark, f"the alias *{event.anchor} names nothing above it")
        known = self.anchors[event.anchor]
        if not known:
            self.refuse(event.start_mark, f"the alias *{event.anchor} stands inside of what it names")
        return known

    def value(self, event: Any, depth: int) -> tuple[Value, int]:
        if isinstance(event, yaml.ScalarEvent):
            return self.scalar(event), 0
        return self.sequence(depth) if isinstance(event, yaml.SequenceStartEvent) else self.mapping(depth)

    def scalar(self, event: Any) -> Value:
        text: str = event.value
        if len(text) > _MAX_NUMBER or (event.tag or "").startswith("!"):
            return text
        tag = event.tag or self.resolve(yaml.ScalarNode, text, event.implicit)
        kind = tag.removeprefix("tag:yaml.org,2002:")
        if kind not in ("null", "bool", "int", "float"):
            return text
        construct = getattr(self.constructor, f"construct_yaml_{kind}")
        try:
            value: bool | int | float | None = construct(yaml.ScalarNode(tag, text))
        except (ValueError, KeyError, IndexError):  # "!!int x", and "0b_", which the resolver takes for a number
            return text
        return value

    def sequence(self, depth: int) -> tuple[Value, int]:
        items: list[Item] = []
        height = 0
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            item, below = self.node(event, depth + 1)
            items.append(item)
            height = max(height, below + 1)
        return tuple(items), height

    def mapping(self, depth: int) -> tuple[Value, int]:
        own: dict[str, Item] = {}
        merged: dict[str, Item] = {}
        height = 0
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            name, place = self.name(event), self.place(event.start_mark)
            item, below = self.node(next(self.events), depth + 1, place)
            height = max(height, below + 1)
            if name == "<<" and not event.style:
                merged = self.merge(item, event) | merged
            elif name in own:
                self.refuse(event.start_mark, f'the key "{name}" stands in line {own[name].key.line} already')
            else:
                own[name] = item
        return merged | own, height

    def name(self, event: Any) -> str:
        if isinstance(event, yaml.AliasEvent):
            item = self.anchor(event)[0]
            if not isinstance(item.value, Mapping | tuple):
                return item.text
        if not isinstance(event, yaml.ScalarEvent):
            self.refuse(event.start_mark, "a key is a list or a mapping; wanted is text")
        if event.anchor:
            place = self.place(event.start_mark)
            item = Item(value=event.value, place=place, key=place, text=event.value, quoted=True)
            self.anchors[event.anchor] = item, 1, 0
        return str(event.value)

    def merge(self, value: Item, event: Any) -> dict[str, Item]:
        """What "<<" brings in; of several mappings the first wins."""
        sources = value.elements or (value,)
        if not all(isinstance(source.value, Mapping) for source in sources):
            self.refuse(event.start_mark, 'the value of "<<" is not a mapping')
        return {key: item for source in reversed(sources) for key, item in source.children.items()}

    def place(self, mark: Any) -> Place:
        return Place(self.file, mark.line + 1, mark.column + 1, self.inside)

    def refuse(self, mark: Any, reason: str) -> NoReturn:
        place = self.place(mark) if mark else Place(self.file, 0, 0, self.inside)
        raise ConfigError(f"{place}: {reason}") from None
