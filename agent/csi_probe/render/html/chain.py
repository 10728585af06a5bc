"""The picture of the chain: every link from the driver to the pool, with its subjects, and where it is broken."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from xml.etree.ElementTree import Element

from csi_probe import snapshot as kinds
from csi_probe.finding import Status
from csi_probe.render.fold import Section, brief, sections
from csi_probe.render.html.tags import tag
from csi_probe.render.html.words import glyph, worst
from csi_probe.report import Row

_MAKING: dict[str, tuple[type, ...]] = {
    "Driver": (
        kinds.DriverFile,
        kinds.DriverSet,
        kinds.StorageClass,
        kinds.DriverRelease,
        kinds.DriverKey,
        kinds.DriverSsh,
        kinds.DriverArray,
    ),
    "TrueNAS": (kinds.Nas,),
}
_USING: dict[str, tuple[type, ...]] = {
    "Nodes": (kinds.Node, kinds.Fleet),
    "Portals and shares": (
        kinds.Portal,
        kinds.InitiatorGroup,
        kinds.AuthGroup,
        kinds.Target,
        kinds.NvmeofPort,
        kinds.NfsAccess,
        kinds.IscsiAccess,
        kinds.NewShares,
    ),
    "Services": (kinds.Nfs, kinds.Iscsi, kinds.Smb, kinds.Nvmeof, kinds.SshService),
    "Datasets": (kinds.Dataset,),
    "Pools": (kinds.Pool,),
}
_SEEING: dict[str, tuple[type, ...]] = {"The run itself": (kinds.Scope,)}
CHAINS = {"To make volumes": _MAKING, "To use volumes": _USING, "To see all of it": _SEEING}

_STATES = {
    Status.FAIL: "broken",
    Status.UNKNOWN: "not known",
    Status.WARN: "holds, with a warning",
    Status.OK: "holds",
    Status.SKIP: "nothing to look at",
}
_SHOWN = 6
_LINES = {
    Status.FAIL: "M0 12h14M34 12h14M19 7l10 10M29 7L19 17",
    Status.UNKNOWN: "M0 12h5M11 12h5M22 12h5M33 12h5M44 12h4",
}
_WHOLE = "M0 12h46M38 5l8 7-8 7"

Place = Callable[[str], str]
Rows = Sequence[Row]


def chains(rows: Rows, place: Place) -> Iterator[Element]:
    """A figure for each chain that has a subject. `place`: a subject -> the id of its rows on the page."""
    kinds_of = {title: {link: _names(many) for link, many in links.items()} for title, links in CHAINS.items()}
    placed = {name for links in kinds_of.values() for names in links.values() for name in names}
    kinds_of["Beside the chains"] = {"Others": {row.kind for row in rows} - placed}
    for title, links in kinds_of.items():
        named = {link: [row for row in rows if row.kind in names] for link, names in links.items()}
        if any(row.subject for found in named.values() for row in found):
            yield tag("figure", tag("figcaption", title), tag("ol", *_links(named, place), class_="chain"))


def _names(classes: Iterable[type]) -> set[str]:
    return {kind.__name__ for kind in classes}


def _links(named: Mapping[str, Rows], place: Place) -> Iterator[Element]:
    """The links in their order; those that nothing was asked about are left out."""
    links = [(title, rows, worst(rows)) for title, rows in named.items() if rows]
    joints = [None, *(_joint({one, other}) for (_, _, one), (_, _, other) in pairwise(links))]
    for (title, rows, status), joint in zip(links, joints, strict=True):
        told = sections(row for row in rows if row.subject)
        heading = tag("h3", title, " ", tag("span", glyph(status), " ", _STATES[status], class_="state"))
        yield tag("li", joint, tag("div", heading, _subjects(told, place), class_=f"link {status}"))


def _joint(ends: set[Status]) -> Element:
    """What holds two links together: whole, not known, or broken."""
    status = next((status for status in (Status.FAIL, Status.UNKNOWN) if status in ends), Status.OK)
    line = tag("path", d=_LINES.get(status, _WHOLE))
    return tag("svg", line, viewBox="0 0 48 24", aria_hidden="true", class_=f"joint {status}")


def _subjects(told: Sequence[Section], place: Place) -> Element | None:
    """The link's subjects, the worst first; the rest is counted."""
    ranked = sorted(told, key=lambda section: -worst(section.rows).rank)
    items = [
        tag(
            "li",
            glyph(worst(section.rows)),
            " ",
            tag("a", brief(section.subjects), href=f"#{place(section.subjects[0])}"),
        )
        for section in ranked[:_SHOWN]
    ]
    left = sum(len(section.subjects) for section in ranked[_SHOWN:])
    more = tag("li", f"and {left} more") if left else None
    return tag("ul", *items, more) if items else None
