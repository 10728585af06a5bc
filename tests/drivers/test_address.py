"""URLs and HOST:PORT as the drivers understand them."""

from __future__ import annotations

import pytest

from csi_probe.drivers import address, tree


def item(text):
    return tree.parse(f"'{text}'", "any.yaml")[0]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("wss://nas", ("wss", "nas", 443, "")),
        ("WSS://nas:8443/api/current", ("wss", "nas", 8443, "/api/current")),
        ("ws://192.0.2.1", ("ws", "192.0.2.1", 80, "")),
        ("https://[2001:db8::1]", ("https", "2001:db8::1", 443, "")),
        ("wss://nas:port", None),
        ("wss://[2001:db8::1", None),
        ("wss://${NAS}", None),
        ("ftp://nas", None),
        ("nas", None),
        ("", None),
    ],
)
def test_a_url_has_a_scheme_that_a_driver_dials_and_a_host(text, parts):
    assert address.url(item(text)) == parts


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("nas", ("nas", 3260)),
        ("192.0.2.1:3261", ("192.0.2.1", 3261)),
        ("[2001:db8::1]:3261", ("2001:db8::1", 3261)),
        ("[2001:db8::1]", ("2001:db8::1", 3260)),
        ("2001:db8::1", ("2001:db8::1", 3260)),
        ("nas:port", None),
        ("http://nas:3260", None),
        ("[2001:db8::1", None),
        ("", None),
    ],
)
def test_a_portal_is_a_host_and_perhaps_a_port(text, parts):
    assert address.endpoint(item(text), 3260) == parts


def test_nothing_has_no_address():
    assert address.url(None) is None
    assert address.endpoint(None, 3260) is None
