"""Driver release against TrueNAS series: the compatibility matrix, and what it says where a tag does not tell."""

from __future__ import annotations

import pytest

from csi_probe.drivers import matrix

CORE, S2304, S2404, S2410, S2504, S2510, S26 = (13, 3), (23, 10), (24, 4), (24, 10), (25, 4, 2, 6), (25, 10, 3), (26, 0)


def verdict(driver: str, number: tuple[int, ...], variant: str = "", tag: str = "", *, nvmeof: bool = False) -> str:
    return matrix.fit(matrix.generations(driver, variant, tag), number, nvmeof=nvmeof).verdict


@pytest.mark.parametrize("tag", ["latest", "v1.9.4", "1.9.3", "v1.8.4", "v1.9.4-alpine"])
@pytest.mark.parametrize(
    ("number", "ssh", "api"),
    [
        (CORE, "ok", "broken"),
        (S2304, "ok", "ok"),
        (S2404, "ok", "ok"),
        (S2410, "ok", "ok"),
        (S2504, "broken", "broken"),
        (S2510, "broken", "broken"),
        (S26, "broken", "broken"),
        ((27, 4), "broken", "broken"),
    ],
)
def test_releases_of_democratic_csi_end_with_24_10(tag, number, ssh, api):
    assert verdict("democratic-csi", number, "freenas-iscsi", tag) == ssh
    assert verdict("democratic-csi", number, "freenas-api-nfs", tag) == api


@pytest.mark.parametrize("number", [S2510, S26])
def test_next_does_not_tell_whether_it_speaks_rest_or_websocket(number):
    fit = matrix.fit(matrix.generations("democratic-csi", "freenas-api-nfs", "next"), number)
    assert fit.verdict == "unknown"
    assert "before autumn 2026: it " in fit.why
    assert "since autumn 2026: it " in fit.why
    assert "pinned by digest" in fit.wanted


def test_each_generation_of_next_fits_one_side_of_26():
    rest, websocket = matrix.generations("democratic-csi", "truenas-api-iscsi", "next")
    assert [matrix.fit((rest,), number).verdict for number in (S2504, S2510, S26)] == ["ok", "ok", "broken"]
    assert [matrix.fit((websocket,), number).verdict for number in (S2504, S2510, S26)] == ["broken", "broken", "ok"]
    assert ">=26" in matrix.fit((websocket,), S2510).why
    assert "REST" in matrix.fit((rest,), S26).why


@pytest.mark.parametrize("tag", ["", "master", "v1.10.0", "v2.0.0", "sha-1234567"])
def test_an_unknown_image_is_unknown_wherever_the_generations_differ(tag):
    assert len(matrix.generations("democratic-csi", "freenas-nfs", tag)) == 3
    for number in (S2404, S2510, S26):
        assert verdict("democratic-csi", number, "freenas-nfs", tag) == "unknown"


@pytest.mark.parametrize("variant", ["truenas-api-nfs", "freenas-nvmeof", "truenas-api-nvmeof"])
def test_releases_do_not_have_the_drivers_of_next(variant):
    fit = matrix.fit(matrix.generations("democratic-csi", variant, "v1.9.4"), S2410)
    assert fit.verdict == "broken"
    assert "invalid csi driver" in fit.why


def test_api_drivers_of_next_refuse_core_as_those_of_releases_do():
    assert verdict("democratic-csi", CORE, "freenas-api-nfs", "next") == "broken"
    assert verdict("democratic-csi", CORE, "freenas-nfs", "next") == "unknown"


def test_drivers_without_the_api_fit_everything():
    assert verdict("democratic-csi", S26, "zfs-generic-iscsi", "latest") == "ok"


@pytest.mark.parametrize(
    ("driver", "verdicts"),
    [
        ("truenas-csi", ("broken", "broken", "ok", "unknown", "unknown")),
        ("tns-csi", ("broken", "broken", "ok", "unknown", "unknown")),
        ("scale-csi", ("broken", "ok", "ok", "ok", "unknown")),
    ],
)
def test_the_websocket_drivers_begin_with_25(driver, verdicts):
    assert tuple(verdict(driver, number) for number in (S2410, S2504, S2510, S26, (27, 0))) == verdicts
    assert driver in matrix.fit(matrix.generations(driver), S2410).wanted


def test_nvmeof_begins_with_25_10_whoever_serves_it():
    assert verdict("scale-csi", S2504, nvmeof=True) == "broken"
    assert verdict("scale-csi", S2510, nvmeof=True) == "ok"
    assert verdict("democratic-csi", S2504, "freenas-api-nvmeof", "next", nvmeof=True) == "broken"


def test_a_version_of_one_number_is_understood():
    assert verdict("truenas-csi", (26,)) == "unknown"


@pytest.mark.parametrize("number", [CORE, S2404, S2504, S2510, S26, (40, 1)])
@pytest.mark.parametrize("driver", ["democratic-csi", "truenas-csi", "tns-csi", "scale-csi"])
def test_what_fits_is_said_for_every_series(driver, number):
    assert driver in matrix.what_fits(driver, number[:2])


@pytest.mark.parametrize(
    ("driver", "tag", "loses"),
    [
        ("tns-csi", "v0.17.6", True),
        ("tns-csi", "0.9", True),
        ("tns-csi", "v0.17.7", False),
        ("tns-csi", "latest", False),
        ("truenas-csi", "v1.1.0", True),
        ("truenas-csi", "v1.2.0", False),
        ("democratic-csi", "v1.9.4", False),
    ],
)
def test_releases_that_delete_clones_are_named(driver, tag, loses):
    words = matrix.loses_data(driver, tag)
    assert (words is not None) == loses
    assert not words or tag in words
