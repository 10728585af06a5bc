"""Addresses in drivers' files: URLs of the API, and HOST:PORT of portals."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

from csi_probe.drivers import concrete
from csi_probe.drivers.tree import Item
from csi_probe.problem import Problem, Rule

Scheme = Literal["http", "https", "ws", "wss"]
_PORTS: dict[Scheme, int] = {"http": 80, "https": 443, "ws": 80, "wss": 443}


class Url(NamedTuple):
    """The parts of an API's URL; `host` without brackets."""

    scheme: Scheme
    host: str
    port: int
    path: str


def url(item: Item | None) -> Url | None:
    """The URL, if it is filled in and has a scheme and a host."""
    text = concrete.text(item) or ""
    try:
        parts = urlsplit(text)
        scheme = next((known for known in _PORTS if known == parts.scheme), None)
        return (
            Url(scheme, parts.hostname, parts.port or _PORTS[scheme], parts.path) if scheme and parts.hostname else None
        )
    except ValueError:  # no port, or half an IPv6 address
        return None


def endpoint(item: Item | None, default: int) -> tuple[str, int] | None:
    """Host and port of HOST, HOST:PORT or [IPv6]:PORT; IPv6 alone needs no brackets. None where there is no host."""
    text = concrete.text(item) or ""
    if "/" in text:
        return None
    if text.count(":") > 1 and not text.startswith("["):
        return text, default
    try:
        parts = urlsplit(f"//{text}")
        host, port = parts.hostname, parts.port or default
    except ValueError:  # no port, or half an IPv6 address
        return None
    return (host, port) if host else None


def plaintext(item: Item | None, path: str) -> Iterator[Problem]:
    """Whether the URL would send the API key in clear: TrueNAS revokes such a key as soon as it has arrived."""
    found = url(item)
    if item and found and found.scheme in {"ws", "http"}:
        fix = "write wss:// and the HTTPS port: TrueNAS revokes a key that arrives without TLS"
        yield Problem(Rule.SECURE, item.key, path, f"{found.scheme}://", "wss://", fix)
