"""The page: every row is on it, nothing foreign becomes markup, and the chain is broken where a row says so."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csi_probe import snapshot
from csi_probe.finding import Status
from csi_probe.render import Look, render, visible
from csi_probe.render.html.chain import CHAINS
from reports import report, row

from .test_renderers import HOSTILE, harmful

OURS = """
    html head meta title link style body header main section h1 h2 h3 p ol ul li a strong code span dl dt dd figure
    figcaption div svg path form fieldset legend label input details summary
"""

SUBJECTS = {kind for kind in vars(snapshot).values() if "label" in dir(kind)} - {snapshot.Subject}


class Seen(HTMLParser):
    """What a browser would see: the elements, and all text outside of the style."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._in_style = False
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self._in_style = tag == "style"

    def handle_endtag(self, tag):
        self._in_style = False

    def handle_data(self, data):
        self.text += "" if self._in_style else data

    def classes(self, tag, start):
        """The further classes of elements whose first class is `start`."""
        found = [attributes.get("class", "").split() for name, attributes in self.elements if name == tag]
        return [names[1] for names in found if names[:1] == [start]]


def page(*rows, **changes):
    return Seen(render("html", report(*rows, **changes), Look()))


@given(st.lists(HOSTILE, max_size=3), st.booleans())
def test_no_text_of_a_row_becomes_markup_and_none_is_lost(rows, strict):
    text = render("html", report(*rows, strict=strict), Look())
    assert not harmful(text)
    assert text.isascii()
    seen = Seen(text)
    assert {tag for tag, _ in seen.elements} <= set(OURS.split())
    assert not any(name.startswith("on") or name == "src" for _, attributes in seen.elements for name in attributes)
    for one in rows:
        assert visible(one.title if one.subject else one.id) in seen.text


@pytest.mark.parametrize("text", ["<script>x</script>", "</style><b>", '"><img src=x onerror=y>', "&lt;", "-->", "]]>"])
def test_foreign_markup_is_text(text):
    seen = page(
        row(Status.FAIL, title=text, subject=text, seen=text, wanted=text, fix=text, id=text), deselected=[text]
    )
    assert {tag for tag, _ in seen.elements} <= set(OURS.split())
    assert seen.text.count(text) >= 7


def test_a_page_asks_for_nothing_from_elsewhere():
    text = render("html", report(row(Status.OK)), Look())
    assert not re.search(r"https?:|//|@import|url\(|<script", text.removeprefix("<!DOCTYPE html>"))


@pytest.mark.parametrize("kind", sorted(SUBJECTS, key=str), ids=lambda kind: kind.__name__)
def test_every_kind_of_subject_has_its_place_in_a_chain(kind):
    assert [kind in many for links in CHAINS.values() for many in links.values()].count(True) == 1


def link(kind, status, **changes):
    return row(status, kind=kind, subject=f"{kind} x", **changes)


WHOLE = [link(kind, Status.OK) for kind in ("Node", "Portal", "Iscsi", "Dataset", "Pool")]


def test_a_whole_chain_holds():
    seen = page(*WHOLE)
    assert seen.classes("div", "link") == ["ok"] * 5
    assert seen.classes("svg", "joint") == ["ok"] * 4


def test_the_chain_is_broken_on_both_sides_of_the_link_that_failed():
    seen = page(*WHOLE, link("Portal", Status.FAIL))
    assert seen.classes("div", "link") == ["ok", "fail", "ok", "ok", "ok"]
    assert seen.classes("svg", "joint") == ["fail", "fail", "ok", "ok"]


def test_a_link_that_was_blocked_is_not_known_and_never_whole():
    blocked = link("Portal", Status.SKIP, blocked_by="iscsi.running")
    seen = page(*WHOLE, link("Iscsi", Status.FAIL), blocked)
    assert seen.classes("div", "link") == ["ok", "unknown", "fail", "ok", "ok"]


def test_a_link_that_only_warns_is_not_broken():
    seen = page(*WHOLE, link("Pool", Status.WARN))
    assert seen.classes("div", "link")[-1] == "warn"
    assert seen.classes("svg", "joint") == ["ok"] * 4


def test_a_link_that_nobody_asked_for_is_left_out_and_one_that_is_not_in_the_config_says_so():
    seen = page(link("Node", Status.OK), row(Status.SKIP, kind="Portal", subject=""))
    assert seen.classes("div", "link") == ["ok", "skip"]
    assert "nothing to look at" in seen.text


def test_rows_of_a_kind_that_the_chains_do_not_know_stand_beside_them():
    seen = page(link("Moon", Status.FAIL), *WHOLE)
    assert "Beside the chains" in seen.text
    assert seen.classes("div", "link") == ["ok"] * 5 + ["fail"]


def test_every_anchor_leads_to_rows():
    seen = page(*WHOLE, link("Portal", Status.FAIL, fix="mend it"))
    places = {f"#{attributes['id']}" for _, attributes in seen.elements if "id" in attributes}
    anchors = [attributes["href"] for tag, attributes in seen.elements if tag == "a"]
    assert len(anchors) == 6
    assert set(anchors) <= places
