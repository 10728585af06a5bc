"""Which release of a driver works with which TrueNAS: facts about both, as data.

Sources: TrueNAS removed REST in 26 (middleware b7f13f74c7) and answers "TrueNAS-25.04.…" without "SCALE" from 25.04 on;
democratic-csi src/driver/freenas (v1.9.4, branch next at 9ed7f8a, and its websocket/ of autumn 2026); truenas-csi
pkg/client/apiversion.go; the READMEs of tns-csi and scale-csi.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Series = tuple[int, int]  # (25, 10); CORE is (13, 0)
Verdict = Literal["ok", "broken", "unknown"]

_NVMEOF_SINCE = (25, 10)
_END = (9999, 0)


@dataclass(frozen=True, slots=True)
class Fit:
    """How a generation gets on with a series. `wanted`: what would fit this series, in words."""

    verdict: Verdict
    why: str
    wanted: str


@dataclass(frozen=True, slots=True)
class Span:
    """What is known of all series below `below`, from the span before this one on."""

    below: Series
    verdict: Verdict
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """Releases of a driver that work with the same series. `spans` are in order and leave no series out."""

    driver: str
    name: str
    spans: tuple[Span, ...]

    def on(self, number: tuple[int, ...], *, nvmeof: bool = False) -> Fit:
        """How it gets on with a TrueNAS release, such as (25, 10, 3, 1). `nvmeof`: whether it is to serve NVMe-oF."""
        series = _series(number)
        wanted = what_fits(self.driver, series)
        span = next(span for span in self.spans if series < span.below)
        if nvmeof and series < _NVMEOF_SINCE and span.verdict != "broken":
            return Fit("broken", "TrueNAS has NVMe-oF since 25.10", "TrueNAS 25.10 or later for NVMe-oF")
        return Fit(span.verdict, span.why, wanted)


_NEWER = Span(_END, "unknown", "this TrueNAS is newer than this probe knows")
_NO_REST = Span(_END, "broken", "it speaks REST, which TrueNAS 26 no longer has")
_NO_SCALE = "it looks for the word SCALE in the version, which TrueNAS dropped in 25.04"
_BEFORE_26 = Span((26, 0), "broken", 'it refuses to start: "driver is only available with TrueNAS version >=26"')

_RELEASE_SSH = Generation(
    driver="democratic-csi",
    name="democratic-csi 1.9 (REST and SSH)",
    spans=(
        Span((25, 4), "ok", "it works over REST and SSH"),
        Span((26, 0), "broken", f"{_NO_SCALE}: it takes the NAS for CORE, and finds neither zfs nor the share's fields"),
        _NO_REST,
    ),
)
_RELEASE_API = Generation(
    driver="democratic-csi",
    name="democratic-csi 1.9 (REST)",
    spans=(
        Span((20, 0), "broken", 'on CORE it refuses to start: "driver is only available with TrueNAS SCALE"'),
        Span((25, 4), "ok", "it works over REST"),
        Span((26, 0), "broken", f"{_NO_SCALE}: it refuses to start"),
        _NO_REST,
    ),
)
_RELEASE_WITHOUT = Generation(
    driver="democratic-csi",
    name="democratic-csi 1.9",
    spans=(Span(_END, "broken", 'it has no driver of this name: "invalid csi driver"; only the branch next has it'),),
)
_NEXT = Generation(
    driver="democratic-csi",
    name="democratic-csi next",
    spans=(
        Span((26, 0), "unknown", "next images since autumn 2026 refuse TrueNAS before 26, older ones work"),
        Span((27, 0), "unknown", "next images since autumn 2026 work with TrueNAS 26, older ones do not"),
        _NEWER,
    ),
)
_UNTOLD = Generation(
    driver="democratic-csi",
    name="democratic-csi, its image not known",
    spans=(
        Span((25, 4), "unknown", "1.9 works, next images since autumn 2026 do not"),
        Span((26, 0), "unknown", "only next images from before autumn 2026 work"),
        Span((27, 0), "unknown", "only next images since autumn 2026 work"),
        _NEWER,
    ),
)
_GENERIC = Generation(
    driver="democratic-csi", name="democratic-csi over SSH alone", spans=(Span(_END, "ok", "it does not use the API"),)
)

# The two generations of next, told apart by what only their logs and digests show; for those who know which they have.
NEXT_REST = Generation(
    driver="democratic-csi",
    name="democratic-csi next before autumn 2026 (REST)",
    spans=(Span((26, 0), "ok", "it works over REST"), _NO_REST),
)
NEXT_WEBSOCKET = Generation(
    driver="democratic-csi",
    name="democratic-csi next since autumn 2026 (WebSocket)",
    spans=(_BEFORE_26, Span((27, 0), "ok", "it works over WebSocket"), _NEWER),
)

_OTHERS = {
    generation.driver: generation
    for generation in (
        Generation(
            driver="truenas-csi",
            name="truenas-csi",
            spans=(
                Span((25, 10), "broken", "it refuses a NAS whose /api/versions does not list v25.10.0"),
                Span((26, 0), "ok", "it works over WebSocket"),
                Span((27, 0), "unknown", "it should work with TrueNAS 26, but nobody has confirmed it"),
                _NEWER,
            ),
        ),
        Generation(
            driver="tns-csi",
            name="tns-csi",
            spans=(
                Span((25, 10), "broken", "it needs TrueNAS 25.10 or later"),
                Span((26, 0), "ok", "it works over WebSocket"),
                Span((27, 0), "unknown", "it should work with TrueNAS 26, but nobody has confirmed it"),
                _NEWER,
            ),
        ),
        Generation(
            driver="scale-csi",
            name="scale-csi",
            spans=(
                Span((25, 4), "broken", "it needs the WebSocket API of TrueNAS 25.04 or later"),
                Span((27, 0), "ok", "it works over WebSocket"),
                _NEWER,
            ),
        ),
    )
}

_LAST_RELEASE = (1, 9, 4)
_LOSES_CLONES = {"truenas-csi": (1, 2, 0), "tns-csi": (0, 17, 7)}  # truenas-csi issue #58; tns-csi up to 0.17.6


def generation(driver: str, variant: str = "", tag: str = "") -> Generation:
    """The generation of a driver in needs.DRIVERS (not "other").

    `variant`: democratic-csi's driver name. `tag`: the image's; "" where it is not known. For democratic-csi it decides,
    and "next" stays open: the tag has moved from REST to WebSocket.
    """
    if driver != "democratic-csi":
        return _OTHERS[driver]
    if variant and not variant.startswith(("freenas-", "truenas-")):
        return _GENERIC
    if _is_next(tag):
        return _NEXT
    version = _version(tag)
    if tag != "latest" and (not version or version > _LAST_RELEASE):
        return _UNTOLD
    if variant.startswith("truenas-api-") or variant.endswith("-nvmeof"):
        return _RELEASE_WITHOUT
    return _RELEASE_API if "-api-" in variant else _RELEASE_SSH


def what_fits(driver: str, number: tuple[int, ...]) -> str:
    """What of the driver works with a TrueNAS release, in words."""
    if driver == "democratic-csi":
        series = _series(number)
        if series < (25, 4):
            return "democratic-csi v1.9.4" + (", an SSH driver (not -api-)" if series < (20, 0) else "")
        if series < (26, 0):
            return "an image of democratic-csi's next from before autumn 2026, pinned by its digest"
        return "an image of democratic-csi's next since autumn 2026, pinned by its digest"
    least = {"truenas-csi": "25.10", "tns-csi": "25.10", "scale-csi": "25.04"}[driver]
    return f"TrueNAS {least} or later for {driver}"


def loses_data(driver: str, tag: str) -> str | None:
    """How this release destroys volumes, in words; None where it does not, or its version is not known."""
    fixed, version = _LOSES_CLONES.get(driver), _version(tag)
    if not fixed or not version or version >= fixed:
        return None
    return (
        "when Kubernetes repeats the creation of a volume from a snapshot or another volume, the driver's answer makes "
        "it delete that volume, although it is bound and in use"
    )


def _is_next(tag: str) -> bool:
    return tag == "next" or tag.startswith("next-")


def _series(number: tuple[int, ...]) -> Series:
    return (number[0], number[1] if len(number) > 1 else 0)


def _version(tag: str) -> tuple[int, ...] | None:
    found = re.fullmatch(r"v?(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?(?:[-+].*)?", tag)
    return tuple(int(part or 0) for part in found.groups()) if found else None
