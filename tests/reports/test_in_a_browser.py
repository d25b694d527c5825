"""The page of a report in a real browser: it asks for nothing, complains of nothing, and can be used by keys alone."""

from __future__ import annotations

import json
import os
from pathlib import Path

import browser
import pytest

KEEP = os.environ.get("SEQDL_SCREENSHOTS")
"""A folder for pictures of the page, for who wants to look at it."""


@pytest.fixture(scope="module")
def opened(made, tmp_path_factory):
    if browser.found() is None:
        pytest.skip("no Chromium is installed (Debian: apt install chromium)")
    with browser.browser(tmp_path_factory.mktemp("browser")) as window:
        yield window, made[0].path / "report.html"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1440])
def test_the_page_fits_and_asks_for_nothing_and_complains_of_nothing(opened, width, scheme):
    window, path = opened
    window.requests.clear()
    window.open(path, width, 900, scheme)
    assert window.run("document.documentElement.scrollWidth") == width
    colour = window.run("getComputedStyle(document.body).backgroundColor")
    assert colour == ("rgb(255, 255, 255)" if scheme == "light" else "rgb(20, 23, 26)")
    assert window.requests == [path.as_uri()]
    assert window.complaints == []
    if KEEP:
        window.picture(Path(KEEP) / f"{width}-{scheme}.png")


def test_a_cell_is_reached_and_opened_by_keys(opened):
    window, path = opened
    window.open(path)
    window.run("document.querySelector('.matrix').closest('.wide').focus()")
    window.press("Tab", 9)
    assert window.run("document.activeElement.matches('.matrix td a')")
    name = window.run("document.activeElement.getAttribute('aria-label')")
    window.press("Enter", 13, "\r")
    shown = "[...document.querySelectorAll('.cell')].filter(one => getComputedStyle(one).display != 'none')"
    assert window.run(f"{shown}.map(one => one.getAttribute('aria-label'))") == [name]
    window.run("document.querySelector('.cell:target a').click()")
    assert window.run(f"{shown}.length") == 0


def test_films_play_where_they_are_seen_and_stop_when_told(opened):
    window, path = opened
    window.open(path)
    film = "document.querySelector('.film[data-frames]')"
    window.run(f"{film}.scrollIntoView()")
    changes = (
        f"new Promise(done => new MutationObserver(done).observe({film}.querySelector('image'), {{attributes: 1}}))"
    )
    window.run(f"{changes}.then(() => 0)")
    window.run("document.getElementById('all').click()")
    assert window.run("document.getElementById('all').textContent") == "Play all"
    slider = f"{film}.querySelector('input')"
    window.run(f"{slider}.value = 3; {slider}.dispatchEvent(new Event('input'))")
    assert window.run(f"{film}.querySelector('image').getAttribute('y')") == "-162"


def test_axe_finds_nothing(opened):
    axe = os.environ.get("SEQDL_AXE")
    if not axe:
        pytest.skip("axe-core is absent: set SEQDL_AXE to its axe.min.js (npm pack axe-core)")
    window, path = opened
    for width, scheme in ((375, "dark"), (1440, "light")):
        window.open(path, width, 900, scheme)
        window.run(Path(axe).read_text(encoding="utf-8") + "; 0")
        told = "found.violations.map(one => [one.id, one.nodes.map(node => node.html)])"
        assert json.loads(window.run(f"axe.run().then(found => JSON.stringify({told}))")) == []
