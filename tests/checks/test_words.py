"""The words of findings."""

from __future__ import annotations

import pytest

from csi_probe_checks.words import days, endpoint, listing, size


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1 KiB"),
        (1536, "1.5 KiB"),
        (1024**3 - 1, "1024 MiB"),
        (1024**4, "1 TiB"),
        (1024**5 * 5, "5 PiB"),
    ],
)
def test_sizes_are_in_binary_units(count, words):
    assert size(count) == words


@pytest.mark.parametrize(
    ("items", "words"),
    [
        ([], "nobody"),
        ([1], "1"),
        (range(8), "0, 1, 2, 3, 4, 5, 6, 7"),
        (range(10), "0, 1, 2, 3, 4, 5, 6, 7 and 2 more"),
    ],
    ids=["none", "one", "eight", "ten"],
)
def test_a_long_list_is_counted(items, words):
    assert listing(items, nothing="nobody") == words


@pytest.mark.parametrize(("seconds", "words"), [(0, "0 days"), (86399, "0 days"), (86400, "1 day"), (172800, "2 days")])
def test_durations_are_in_whole_days(seconds, words):
    assert days(seconds) == words


@pytest.mark.parametrize(
    ("ip", "port", "words"),
    [("192.0.2.10", 3260, "192.0.2.10:3260"), ("2001:db8::10", 3260, "[2001:db8::10]:3260"), ("::", None, "::")],
)
def test_an_endpoint_is_an_address_and_its_port(ip, port, words):
    assert endpoint(ip, port) == words
