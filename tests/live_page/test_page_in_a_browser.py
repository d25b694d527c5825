"""The page in a real browser: its numbers are the library's, it asks for nothing, and it can be used by keys alone."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import browser
import numpy as np
import pytest
from made_up_run import EVIL

from seqdl.config import Config
from seqdl.live_page import build
from seqdl.model.convnet_numpy import LayerRow
from seqdl.model.decision import so_far
from seqdl.model.recogniser import Recogniser
from seqdl.reports import html
from seqdl.stores.footage import opened
from seqdl.video import writer

KEEP = os.environ.get("SEQDL_SCREENSHOTS")
"""A folder for pictures of the page, for who wants to look at it."""
FAKES = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
"""A camera that shows a test picture, and nobody who must allow it."""
LESSONS = ("convolution", "rectification", "carousel", "learning", "copies")
CLOSE = 1e-5
OF_WINDOW = """(layer) => {
    const { shape, v } = state.result.maps[layer], [M, , Y, X] = shape, found = [];
    for (let m = 0; m < M; m++)
        for (let t = start(); t < start() + framesOf(layer); t++)
            found.push(...v.subarray(at(shape, m, t, 0, 0), at(shape, m, t, 0, 0) + Y * X));
    return found;
}"""
"""The maps of a layer in the window on screen."""


@pytest.fixture(scope="module")
def page(tmp_path_factory, walkers):
    """A page of networks of the paper's size with drawn weights, its clip, and the file that it is of."""
    config = replace(Config(backend="numpy"), video=replace(Config().video, box="track"))
    recogniser = Recogniser(config, EVIL, np.random.default_rng(3))
    clip = walkers / "moving" / "ann_0.avi"
    return (
        recogniser,
        clip,
        build.write(recogniser, [str(clip)], tmp_path_factory.mktemp("page") / "page.html", "<run>"),
    )


@pytest.fixture(scope="module")
def window(tmp_path_factory):
    if browser.found() is None:
        pytest.skip("no Chromium is installed (Debian: apt install chromium)")
    with browser.browser(tmp_path_factory.mktemp("browser"), *FAKES) as made:
        yield made


@pytest.fixture
def opened_page(page, window):
    """The page as it opens."""
    window.requests.clear()
    window.complaints.clear()
    show(window, page[2])
    return window


def show(window, path, width=1440, scheme="light"):
    window.open(path.parent / "page.html", width, 900, scheme)
    window.run("ready.then(() => 0)")


def wait(window, condition):
    """Until something holds; a RuntimeError of the browser's where it never does."""
    window.run(
        f"new Promise((done, failed) => {{ let left = 600; const look = () => ({condition}) ? done() : left-- ? "
        f"setTimeout(look, 50) : failed(new Error('waited for {condition.replace(chr(39), '')}')); look(); }})"
    )


def close(window, expression, wanted):
    found = np.array(window.run(f"Array.from({expression}, Number)"), float)
    assert np.abs(found - np.asarray(wanted).ravel()).max() <= CLOSE


def test_what_is_shown_is_what_the_library_says(page, opened_page):
    recogniser, clip, _ = page
    with opened(clip, recogniser.config) as reader:
        view = recogniser.describer.view(reader, "clip")
    decision = recogniser.decide(view.steps)
    close(opened_page, "state.crops", view.clip.crops)
    close(opened_page, "state.result.maps.input.v", view.clip.frames)
    close(opened_page, "state.result.features.flatMap((one) => [...one])", view.steps.features)
    close(opened_page, "state.result.said.flat()", view.steps.outputs)
    close(opened_page, "state.result.trace.flatMap(({ y }) => [...y])", decision.steps)
    close(opened_page, "state.result.totals.flatMap((one) => [...one])", so_far(decision.steps))
    row = LayerRow(recogniser.config.convnet, recogniser.describer.convnet.parameters)
    start = opened_page.run("start()")
    a = view.clip.frames[None, start : start + 9]
    for layer in row.layers[:7]:
        a = layer.forward(a)
        close(opened_page, f"({OF_WINDOW})('{layer.name}')", a)
    step = opened_page.run("step()")
    cells = opened_page.run(
        "[...document.querySelectorAll('#outputs tbody tr')].map((row) => [...row.cells].map((one) => one.textContent))"
    )
    assert [name for name, *_ in cells] == [html.straight(name) for name in EVIL]
    for (_, now, total, *_), y, mean in zip(cells, decision.steps[step], so_far(decision.steps)[step]):
        assert abs(float(now) - y) <= 6e-5 and abs(float(total) - mean) <= 6e-5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1440])
def test_it_fits_and_asks_for_nothing_and_complains_of_nothing(page, window, width, scheme):
    path = page[2]
    assert path.stat().st_size < 1_000_000
    window.requests.clear()
    window.complaints.clear()
    show(window, path, width, scheme)
    for lesson in ("", *LESSONS):
        window.run(f"location.hash = '{lesson}'; new Promise((done) => setTimeout(done, 50))")
        assert window.run("document.documentElement.scrollWidth") == width, lesson
        shown = "[...document.querySelectorAll('.lesson')].filter((one) => getComputedStyle(one).display != 'none')"
        assert window.run(f"{shown}.map((one) => one.id)") == [lesson] * bool(lesson)
        if KEEP:
            window.picture(Path(KEEP) / f"page-{width}-{scheme}-{lesson or 'network'}.png")
    assert set(window.requests) == {path.as_uri()}
    assert window.complaints == []


def test_a_unit_is_chosen_by_keys_and_its_sum_adds_up(opened_page):
    opened_page.run("pictures.C1.canvas.focus()")
    for _ in range(3):
        opened_page.press("ArrowRight", 39)
    opened_page.press("ArrowDown", 40)
    assert opened_page.run("one('unit-title').textContent") == "C1[1], frame 3, row 2, column 4"
    assert (
        opened_page.run("one('unit-field').textContent")
        == "It looks at frames 3 to 7, rows 2 to 8, columns 4 to 10 of the input."
    )
    terms = [
        line.split("=")[1] for line in opened_page.run("one('unit-terms').textContent").splitlines() if "=" in line
    ]
    assert len(terms) == 5 * 7 * 7
    told = opened_page.run("one('unit-sum').textContent").replace("\u2212", "-")
    bias, total = (float(part) for part in told.split("=")[2].split("+", 1))
    assert abs(sum(float(one.replace("\u2212", "-")) for one in terms) - total) < 245 * 6e-5
    value = opened_page.run("state.result.maps.C1.v[at(state.result.maps.C1.shape, 0, start() + 2, 1, 3)]")
    assert abs(np.tanh(bias + total) - value) < 3e-4 and f"makes {value:.4f}" in told
    for gate in ("i", "c", "h", "y"):
        opened_page.run(f"pictures.{gate}.choose([0, 2, 5])")
        assert "step 6" in opened_page.run("one('unit-title').textContent")


def test_the_box_is_moved_and_the_crop_drawn_upon_by_keys(opened_page):
    before = opened_page.run("[...state.crops.slice(0, 2400)]")
    opened_page.run("one('frame').focus()")
    opened_page.press("ArrowLeft", 37)
    wait(opened_page, "state.dx === -1 && state.crops[41] !== undefined")
    opened_page.run("one('back').click(); one('crop').focus(); new Promise((done) => setTimeout(done, 100))")
    for key, code in (("ArrowDown", 40), ("ArrowRight", 39)):
        for _ in range(4):
            opened_page.press(key, code)
    opened_page.press(" ", 32)
    wait(opened_page, "state.strokes && state.crops[4 * 40 + 4] === 1")
    after = np.array(opened_page.run("[...state.crops.slice(0, 2400)]")).reshape(60, 40)
    changed = np.argwhere(after != np.array(before).reshape(60, 40))
    assert changed.min() >= 3 and changed.max() <= 5
    opened_page.run("one('clean').click()")
    wait(opened_page, f"state.crops[4 * 40 + 4] === {before[4 * 40 + 4]}")


def test_a_kernel_is_switched_off_and_on_again(opened_page):
    first = opened_page.run("state.result.features[0][0]")
    opened_page.run("document.querySelector('#kernels button').click()")
    wait(opened_page, f"state.result.features[0][0] !== {first}")
    assert opened_page.run("one('off-count').textContent") == "1 switched off"
    assert (
        opened_page.run(
            "Math.max(...state.result.maps.C1.v.slice(0, 1344)) - Math.min(...state.result.maps.C1.v.slice(0, 1344))"
        )
        == 0
    )
    opened_page.run("one('all-on').click()")
    wait(opened_page, f"state.result.features[0][0] === {first}")


def test_the_lessons_say_what_is_true(page, opened_page):
    recogniser = page[0]
    opened_page.run("location.hash = 'convolution'; new Promise((done) => setTimeout(done, 50))")
    opened_page.run("one('all-products').click()")
    value = opened_page.run("state.result.maps.C2.v[at(state.result.maps.C2.shape, ...here(state.unit.place))]")
    assert f"after 150 of 150 products. tanh makes {value:.4f}".replace("-", "\u2212") in opened_page.run(
        "one('running').textContent"
    )
    opened_page.run("location.hash = 'carousel'; new Promise((done) => setTimeout(done, 50))")
    arriving = opened_page.run(
        "(({ carousel, forgetting }) => [carousel, forgetting])(arriving(state.result.trace, 0, 0.9, 1.2))"
    )
    assert set(arriving[0]) == {1.0}
    np.testing.assert_allclose(arriving[1][::-1], 0.9 ** np.arange(len(arriving[1])))
    steps = np.array(opened_page.run("state.result.features.map((one) => [...one])"), np.float32)
    loss, gradient = recogniser.lstm.loss_and_gradient(steps, 2)
    found = opened_page.run("(({ L, g }) => ({ L, g: [...g] }))(lstm.lossAndGradient(state.result.features, 2))")
    assert abs(found["L"] - loss) <= CLOSE
    np.testing.assert_allclose(found["g"], gradient, atol=CLOSE)
    opened_page.run("location.hash = 'learning'; demonstrate(); learning.lstm = newborn(2); train()")
    wait(opened_page, "learning.means.length >= 12")
    opened_page.run("stopTraining()")
    means = opened_page.run("learning.means")
    assert means[-1] < means[0] < 0.9
    opened_page.run("location.hash = 'copies'; new Promise((done) => setTimeout(done, 50))")
    assert opened_page.run("document.querySelectorAll('#four canvas').length") == 4


def test_a_file_is_read_and_one_that_cannot_be_played_is_said(page, opened_page, tmp_path):
    clip, film = page[1], tmp_path / "it's.mp4"
    rng = np.random.default_rng(1)
    writer.write(film, (rng.integers(0, 255, (120, 160), np.uint8) for _ in range(30)), 25)
    opened_page.give("#file", film)
    wait(opened_page, "state.clip.name === \"it's.mp4\" || one('said').textContent.includes('cannot play')")
    if opened_page.run("state.clip.name") == "it's.mp4":  # some builds know no H.264
        assert opened_page.run("state.clip.shape") == [30, 60, 80]
        assert opened_page.run("state.result.trace.length") == 22
    opened_page.give("#file", clip)
    wait(opened_page, "one('said').textContent.includes('cannot play')")
    assert f"ffmpeg -i '{clip.name}' -c:v libx264" in opened_page.run("one('said').textContent")


def test_a_camera_is_looked_at_as_it_films(opened_page):
    opened_page.run("one('camera').click()")
    wait(opened_page, "state.live?.trace.length > 3")
    assert opened_page.run("one('now').textContent") != "1 of 16"
    opened_page.run("one('camera').click()")
    wait(opened_page, "!state.live && state.clip.name === 'camera' && state.result.trace.length > 3")
    assert set(opened_page.requests) <= {opened_page.run("location.href").partition("#")[0]}
    assert opened_page.complaints == []


def test_axe_finds_nothing(page, window):
    axe = os.environ.get("SEQDL_AXE")
    if not axe:
        pytest.skip("axe-core is absent: set SEQDL_AXE to its axe.min.js (npm pack axe-core)")
    for width, scheme in ((375, "dark"), (1440, "light")):
        show(window, page[2], width, scheme)
        window.run(Path(axe).read_text(encoding="utf-8") + "; 0")
        for lesson in LESSONS:
            window.run(f"location.hash = '{lesson}'; new Promise((done) => setTimeout(done, 50))")
            told = "found.violations.map(one => [one.id, one.nodes.map(node => node.html)])"
            assert json.loads(window.run(f"axe.run().then(found => JSON.stringify({told}))")) == [], lesson
