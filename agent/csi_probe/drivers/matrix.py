"""Which release of a driver works with which TrueNAS: facts about both, as data.

Sources: TrueNAS names 25.04 and later without the word SCALE, and 26 has no REST (middleware b7f13f74c7);
democratic-csi src/driver/freenas (v1.9.4, branch next at 9ed7f8a, and next's websocket/ of autumn 2026); truenas-csi
pkg/client/apiversion.go; the READMEs of tns-csi and scale-csi.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from csi_probe.needs import Fit, Verdict

Series = tuple[int, int]  # (25, 10); CORE is (13, 0)

_SCALE: Series = (20, 0)
_NO_WORD_SCALE: Series = (25, 4)
_NVMEOF: Series = (25, 10)
_NO_REST: Series = (26, 0)
_NOT_YET: Series = (27, 0)
_END: Series = (9999, 0)


@dataclass(frozen=True, slots=True)
class Span:
    """What is true of all series below `below`, from the span before this one on."""

    below: Series
    verdict: Verdict
    why: str


@dataclass(frozen=True, slots=True)
class Generation:
    """Releases of a driver that work with the same series. `spans` are in order and leave no series out."""

    driver: str
    name: str
    spans: tuple[Span, ...]

    def on(self, series: Series) -> Span:
        """What is true of one series."""
        return next(span for span in self.spans if series < span.below)


_NEWER = Span(_END, "unknown", "this TrueNAS is newer than this probe knows")
_REST_IS_GONE = Span(_END, "broken", "it speaks REST, which TrueNAS 26 no longer has")
_LOOKS_FOR_SCALE = "it looks for the word SCALE in the version, which TrueNAS dropped with 25.04"
_UNCONFIRMED = "it should work with TrueNAS 26, but nobody has confirmed it"
_OVER_REST = "it works over REST"
_OVER_WEBSOCKET = "it works over WebSocket"

_RELEASE_SSH = Generation(
    "democratic-csi",
    "democratic-csi up to 1.9",
    (
        Span(_NO_WORD_SCALE, "ok", _OVER_REST),
        Span(_NO_REST, "broken", f"{_LOOKS_FOR_SCALE}: it looks for CORE's zfs and sends the shares that CORE has"),
        _REST_IS_GONE,
    ),
)
_RELEASE_API = Generation(
    "democratic-csi",
    "democratic-csi up to 1.9",
    (
        Span(_SCALE, "broken", 'its -api- drivers refuse CORE: "driver is only available with TrueNAS SCALE"'),
        Span(_NO_WORD_SCALE, "ok", _OVER_REST),
        Span(_NO_REST, "broken", f"{_LOOKS_FOR_SCALE}, and refuses to start without it"),
        _REST_IS_GONE,
    ),
)
_RELEASE_WITHOUT = Generation(
    "democratic-csi",
    "democratic-csi up to 1.9",
    (Span(_END, "broken", 'it has no driver of this name ("invalid csi driver"): only the branch next has'),),
)
_NEXT_REST = Generation(
    "democratic-csi",
    "democratic-csi next before autumn 2026",
    (Span(_NO_REST, "ok", _OVER_REST), _REST_IS_GONE),
)
_NEXT_API_REST = Generation(
    "democratic-csi",
    "democratic-csi next before autumn 2026",
    (_RELEASE_API.spans[0], *_NEXT_REST.spans),
)
_NEXT_WEBSOCKET = Generation(
    "democratic-csi",
    "democratic-csi next since autumn 2026",
    (
        Span(_NO_REST, "broken", 'it refuses to start: "driver is only available with TrueNAS version >=26"'),
        Span(_NOT_YET, "ok", _OVER_WEBSOCKET),
        _NEWER,
    ),
)
_GENERIC = Generation("democratic-csi", "democratic-csi", (Span(_END, "ok", "zfs-generic does not use the API"),))

_OTHERS = {
    "truenas-csi": Generation(
        "truenas-csi",
        "truenas-csi",
        (
            Span((25, 10), "broken", "it refuses a TrueNAS whose /api/versions does not list v25.10.0"),
            Span(_NO_REST, "ok", _OVER_WEBSOCKET),
            Span(_NOT_YET, "unknown", _UNCONFIRMED),
            _NEWER,
        ),
    ),
    "tns-csi": Generation(
        "tns-csi",
        "tns-csi",
        (
            Span((25, 10), "broken", "its authors require TrueNAS 25.10"),
            Span(_NO_REST, "ok", _OVER_WEBSOCKET),
            Span(_NOT_YET, "unknown", _UNCONFIRMED),
            _NEWER,
        ),
    ),
    "scale-csi": Generation(
        "scale-csi",
        "scale-csi",
        (
            Span((25, 4), "broken", "it uses the versioned WebSocket API, which TrueNAS has since 25.04"),
            Span(_NOT_YET, "ok", _OVER_WEBSOCKET),
            _NEWER,
        ),
    ),
}

_LAST_RELEASE = (1, 9, 4)
_KEEPS_CLONES = {"truenas-csi": (1, 2, 0), "tns-csi": (0, 17, 7)}  # truenas-csi#58; tns-csi 0.17.6 still loses them


def generations(driver: str, variant: str = "", tag: str = "") -> tuple[Generation, ...]:
    """What the image can be: one generation, or several where neither the driver nor the tag tells.

    `driver`: a name in needs.DRIVERS, not "other". `variant`: democratic-csi's driver name. `tag`: the image's, ""
    where it is not known; "next" does not tell, because that tag has moved from REST to WebSocket.
    """
    if driver != "democratic-csi":
        return (_OTHERS[driver],)
    if variant and not variant.startswith(("freenas-", "truenas-")):
        return (_GENERIC,)
    following = (_NEXT_API_REST if "-api-" in variant else _NEXT_REST, _NEXT_WEBSOCKET)
    if tag == "next":
        return following
    version = _version(tag)
    if tag == "latest" or (version and version <= _LAST_RELEASE):
        return (_release(variant),)
    return (_release(variant), *following)


def fit(candidates: tuple[Generation, ...], number: tuple[int, ...], *, nvmeof: bool = False) -> Fit:
    """How what generations() says gets on with a TrueNAS release such as (25, 10, 3, 1).

    `nvmeof`: whether the driver is to serve NVMe-oF. "unknown" where the candidates differ.
    """
    series = (number[0], number[1] if len(number) > 1 else 0)
    if nvmeof and series < _NVMEOF:
        return Fit("broken", "TrueNAS has NVMe-oF since 25.10", "TrueNAS 25.10 or later for NVMe-oF")
    spans = {candidate.name: candidate.on(series) for candidate in candidates}
    verdicts = {span.verdict for span in spans.values()}
    why = "; ".join(f"{name}: {span.why}" for name, span in spans.items())
    wanted = what_fits(candidates[0].driver, series)
    return Fit("unknown", why, wanted, differs=True) if len(verdicts) > 1 else Fit(verdicts.pop(), why, wanted)


def what_fits(driver: str, series: Series) -> str:
    """What of the driver works with a series, in words."""
    if driver == "democratic-csi":
        if series < _SCALE:
            return "democratic-csi v1.9.4 with an SSH driver (one without -api-)"
        if series < _NO_WORD_SCALE:
            return "democratic-csi v1.9.4"
        if series < _NO_REST:
            return "an image of democratic-csi's branch next from before autumn 2026, pinned by digest"
        return "an image of democratic-csi's branch next since autumn 2026, pinned by digest"
    least = {"truenas-csi": "25.10", "tns-csi": "25.10", "scale-csi": "25.04"}[driver]
    return f"TrueNAS {least} or later for {driver}"


def loses_data(driver: str, tag: str) -> str | None:
    """How this release destroys volumes, in words; None where it does not, or where the tag does not tell."""
    fixed, version = _KEEPS_CLONES.get(driver), _version(tag)
    if not fixed or not version or version >= fixed:
        return None
    return (
        f"{driver} {tag}: when Kubernetes repeats a request for a volume made from a snapshot or another volume, "
        "the answer lacks its source, and Kubernetes deletes the volume although it is in use"
    )


def _release(variant: str) -> Generation:
    if variant.startswith("truenas-api-") or variant.endswith("-nvmeof"):
        return _RELEASE_WITHOUT
    return _RELEASE_API if "-api-" in variant else _RELEASE_SSH


def _version(tag: str) -> tuple[int, ...] | None:
    found = re.fullmatch(r"v?(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?(?:[-+].*)?", tag)
    return tuple(int(part or 0) for part in found.groups()) if found else None
