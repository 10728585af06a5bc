"""The page in a real Chromium: on a phone and a desk, in light and dark, by mouse and by keyboard, without a script."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

import lab
from csi_probe.contact import Trouble
from csi_probe.facts import Missing
from csi_probe.finding import Status
from csi_probe.render import Look, render
from csi_probe.runner import run
from csi_probe_checks import CHECKS
from reports import report, row

from .browser import chromium

pytestmark = pytest.mark.real

WIDTHS = {"phone": 390, "desk": 1280}
LOOKS = [(width, scheme) for width in WIDTHS for scheme in ("light", "dark")]
ROWS = "[...document.querySelectorAll('.row')].filter(e => e.checkVisibility())"
SECTIONS = "[...document.querySelectorAll('.subject')].filter(e => e.checkVisibility())"
# Every element with a text of its own: its colour, and the nearest background that is not see-through.
COLORS = """[...document.body.querySelectorAll('*')]
  .filter(e => e.checkVisibility() && [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
  .map(e => { let b = e; while (b.parentElement && getComputedStyle(b).backgroundColor === 'rgba(0, 0, 0, 0)') b = b.parentElement;
    return [getComputedStyle(e).color, getComputedStyle(b).backgroundColor, e.outerHTML.slice(0, 80)] })"""


def made():
    """A missing pool, a node that is down among nodes that are not, a warning, and texts that nobody would wish for."""
    down = Missing("no route to host", blocked_by="node.login")
    no_pool = Missing("there is no pool ssd", blocked_by="pool.exists")
    refused = lab.refusal(Trouble.UNREACHABLE, "192.0.2.22 port 22: no route to host")
    subjects = (
        *lab.healthy(),
        lab.nas(slowest=("pool.dataset.query", 7.5)),
        lab.pool(name="ssd", entry=no_pool, free=no_pool),
        *(lab.node(name=f"node-{number}") for number in range(2, 40)),
        lab.node(name="worker-2", login=refused, **dict.fromkeys(lab.answers().__slots__, down)),
    )
    rows = run(CHECKS, lab.snapshot(*subjects))
    hostile = row(
        Status.FAIL, kind="Moon", subject="x" * 300, seen="<script>document.title = 'ours'</script>", fix="y" * 300
    )
    return report(*(replace(one, duration=0.0) for one in rows), hostile)


@pytest.fixture(scope="module")
def tab(tmp_path_factory):
    with chromium(tmp_path_factory.mktemp("profile")) as page:
        yield page


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(render("html", made(), Look()), encoding="utf-8")
    return path


def texts(tab, elements):
    return tab.ask(f"{elements}.map(e => e.innerText)")


def luminance(color):
    """As WCAG 2.2 defines it."""
    parts = [int(part) / 255 for part in re.findall(r"\d+", color)[:3]]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_it_can_be_read_on_every_screen(tab, file, tmp_path, width, scheme):
    """Nothing sticks out to the side, every text stands out by 4.5 to 1 (WCAG AA), and dark is dark."""
    tab.open(file, WIDTHS[width], scheme)
    assert tab.ask("document.scrollingElement.scrollWidth") == WIDTHS[width]
    assert [found for found in tab.ask(COLORS) if contrast(*found[:2]) < 4.5] == []
    assert (sum(tab.pixel(2, 2)) > 700) == (scheme == "light")
    shot = tab.screenshot(tmp_path / f"{width}-{scheme}.png")
    assert int.from_bytes(shot[16:20]) == WIDTHS[width]  # the width in a PNG's header


def test_it_asks_for_nothing_and_has_nothing_to_complain_of(tab, file):
    tab.open(file)
    asked = [
        event["params"]["request"]["url"] for event in tab.events if event["method"] == "Network.requestWillBeSent"
    ]
    assert [url for url in asked if not url.startswith("data:")] == [file.as_uri()]
    assert [event for event in tab.events if event["method"] == "Log.entryAdded"] == []


def test_foreign_markup_stays_text(tab, file):
    tab.open(file)
    assert tab.ask("document.title") == "NOT READY: truenas-csi-probe"
    assert tab.ask("document.scripts.length") == 0
    assert any("<script>document.title" in text for text in texts(tab, ROWS))


def test_without_colour_every_wrong_row_and_every_link_has_its_word(tab, file):
    tab.open(file)
    for status, word in {"fail": "failed", "warn": "warned", "unknown": "unknown|blocked by [a-z.-]+"}.items():
        found = texts(tab, f"[...document.querySelectorAll('.row.{status} > p')]")
        assert found
        assert [text for text in found if not re.match(rf"\S+ ({word}) ", text)] == []
    for status, word in {"fail": "broken", "warn": "holds, with a warning", "ok": "holds"}.items():
        found = texts(tab, f"[...document.querySelectorAll('.link.{status} .state')]")
        assert {text.split(" ", 1)[1] for text in found} == {word}


def test_the_broken_link_is_marked_in_the_picture(tab, file):
    tab.open(file)
    broken = texts(tab, "[...document.querySelectorAll('.link.fail h3')]")
    assert [text.splitlines()[0] for text in broken] == ["Nodes", "Pools", "Others"]
    (first, *_) = texts(tab, "[...document.querySelectorAll('.link.fail li')]")
    assert "worker-2" in first


def test_on_a_phone_the_chain_runs_down_and_on_a_desk_across(tab, file):
    corners = "[...document.querySelectorAll('figure:nth-of-type(2) .link')].map(e => e.getBoundingClientRect()).map(r => [r.x, r.y])"
    tab.open(file, WIDTHS["phone"])
    assert len({x for x, _ in tab.ask(corners)}) == 1
    tab.open(file, WIDTHS["desk"])
    assert len({y for _, y in tab.ask(corners)}) == 1


# --- the filters


@pytest.mark.parametrize("status", Status)
def test_a_click_leaves_the_rows_of_one_status(tab, file, status):
    tab.open(file, WIDTHS["phone"])
    everything = tab.ask(f"{ROWS}.length")
    tab.click(f"label:has(#show-{status})")
    assert tab.ask(f"{ROWS}.every(e => e.classList.contains('{status}'))")
    assert tab.ask(f"{ROWS}.length") == tab.ask(f"document.querySelectorAll('.row.{status}').length")
    assert tab.ask(f"{SECTIONS}.every(e => [...e.querySelectorAll('.row')].some(r => r.checkVisibility()))")
    tab.click("label:has(#show-all)")
    assert tab.ask(f"{ROWS}.length") == everything


def test_a_click_leaves_what_is_wrong(tab, file):
    tab.open(file)
    tab.click("label:has(#show-wrong)")
    assert set(tab.ask(f"{ROWS}.map(e => e.classList[1])")) == {"fail", "warn", "unknown"}


def test_clicks_leave_one_subject_and_of_it_one_status(tab, file):
    tab.open(file)
    assert not tab.ask("document.querySelector('#of-all').checkVisibility()")
    tab.click("summary")
    tab.click("label:has(#of-1)")
    (heading,) = texts(tab, f"{SECTIONS}.map(e => e.querySelector('h3'))")
    assert heading in tab.ask("document.querySelector('label:has(#of-1)').innerText")
    tab.click("label:has(#show-ok)")
    assert tab.ask(f"{SECTIONS}.length") <= 1
    tab.click("label:has(#of-all)")
    assert tab.ask(f"{SECTIONS}.length") > 5


def test_the_keyboard_reaches_the_filters_and_the_focus_is_seen(tab, file):
    tab.open(file)
    for _ in range(100):
        tab.press("Tab")
        if tab.ask("document.activeElement.id") == "show-all":
            break
    assert tab.ask("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    tab.press("ArrowDown")
    tab.press("ArrowDown")
    assert tab.ask("document.activeElement.id") == "show-fail"
    assert set(tab.ask(f"{ROWS}.map(e => e.classList[1])")) == {"fail"}
    tab.press("Tab")
    assert tab.ask("document.activeElement.tagName") == "SUMMARY"
    tab.press("Enter")
    assert tab.ask("document.querySelector('#of-all').checkVisibility()")


def test_a_subject_in_the_picture_leads_to_its_rows(tab, file):
    tab.open(file)
    tab.click(".link.fail a")
    assert "worker-2" in tab.ask("document.querySelector('.subject:target h3').innerText")
    assert tab.ask("document.querySelector('.subject:target').getBoundingClientRect().y") < 844
