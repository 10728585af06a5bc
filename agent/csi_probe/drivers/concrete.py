"""Values that can be worked with: what is filled in and of the right type, else None; lint() says what is wrong."""

from __future__ import annotations

from csi_probe.drivers.deployment import Image
from csi_probe.drivers.schema import left_over
from csi_probe.drivers.tree import Item
from csi_probe.secret import Secret


def text(item: Item | None) -> str | None:
    """The text (a number as it is written) without blanks around it; None if it is empty or not filled in."""
    if item is None or not isinstance(item.value, str | int) or isinstance(item.value, bool):
        return None
    return None if left_over(item.text) else item.text.strip() or None


def secret(item: Item | None) -> Secret | None:
    """The same, not to be shown."""
    value = text(item)
    return Secret(value) if value else None


def whole(item: Item | None) -> int | None:
    """The whole number, also one in quotes."""
    value = text(item)
    return int(value) if value and value.isascii() and value.isdigit() and len(value) < 19 else None  # noqa: PLR2004  (64 bits)


def port(item: Item | None) -> int | None:
    """The whole number, if a port can have it."""
    number = whole(item)
    return number if number and number < 65536 else None  # noqa: PLR2004  (16 bits)


def texts(item: Item | None) -> tuple[str, ...]:
    """The texts in a list."""
    return tuple(value for value in map(text, item.elements if item else ()) if value)


def true(item: Item | None) -> bool:
    """Whether it counts as true where the driver does not look at the type: everything but false, 0 and nothing."""
    return item is not None and bool(item.value) and item.value != "false"


def image(item: Item | None) -> Image | None:
    """A container image: "REPOSITORY:TAG@DIGEST", or a block with registry, repository, tag and digest."""
    if item is None or not item.children:
        return _reference(text(item) or "")
    parts = [text(item.get(key)) for key in ("registry", "repository")]
    found = _reference("/".join(part for part in parts if part))
    tag, _, digest = (text(item.get("tag")) or "").partition("@")
    digest = digest or text(item.get("digest")) or ""
    return found and Image(repository=found.repository, tag=tag or found.tag, digest=digest or found.digest)


def _reference(reference: str) -> Image | None:
    name, _, digest = reference.partition("@")
    repository, colon, tag = name.rpartition(":")
    if not colon or "/" in tag:  # the colon of a registry's port
        repository, tag = name, ""
    return Image(repository=repository, tag=tag, digest=digest) if repository else None
