"""The statuses on the page: a glyph that does not become an emoji, and the word beside it."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree.ElementTree import Element

from csi_probe.finding import Status
from csi_probe.render.html.tags import tag
from csi_probe.render.paper import GLYPHS, WORDS
from csi_probe.report import Row

_AS_TEXT = "\ufe0e"  # the variation selector that keeps phones from drawing an emoji
WRONG = (Status.FAIL, Status.UNKNOWN, Status.WARN)


def state(row: Row) -> Status:
    """The row's status; what was blocked is not known."""
    return Status.UNKNOWN if row.blocked_by else row.status


def worst(rows: Iterable[Row]) -> Status:
    """The worst state of all; what was left out by choice counts only where there is nothing else."""
    return max(map(state, rows), key=lambda status: (status is not Status.SKIP, status.rank))


def glyph(status: Status) -> Element:
    """The glyph, for the eye alone: the word stands beside it, or is said by what it marks."""
    return tag("span", GLYPHS[status] + _AS_TEXT, class_=f"glyph {status}", aria_hidden="true")


def badge(row: Row) -> Element:
    """The glyph and the word; for what is in order the word is for those who do not see the glyph."""
    status = state(row)
    word = f"blocked by {row.blocked_by}" if row.blocked_by else WORDS[row.status]
    return tag("span", glyph(status), " ", tag("span", word, class_="word" if status in WRONG else "word unseen"))
