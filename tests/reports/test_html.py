"""The page of a report: whole in itself, honest about names, and what it says is what report.md says."""

from __future__ import annotations

import base64
import hashlib
import html
import re
import sys
from html.parser import HTMLParser

import numpy as np
import pytest
from made_up_run import EVIL, film, leave_run, made_up_result

from seqdl.reports import blocks, content, looks, page, svg
from seqdl.reports import html as pages


class Parsed(HTMLParser):
    """Tags with their attributes, and the words between them, without scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.own: dict[str, str] = {}
        self.text, self._inside = "", ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._inside = tag

    def handle_endtag(self, tag):
        self._inside = ""

    def handle_data(self, data):
        if self._inside in ("style", "script"):
            self.own[self._inside] = data
        else:
            self.text += data

    def values(self, name):
        return [attributes[name] for _, attributes in self.tags if name in attributes]


@pytest.fixture(scope="module")
def parsed(made):
    return Parsed((made[0].path / "report.html").read_text(encoding="utf-8"))


def test_the_page_is_whole_in_itself_and_its_policy_forbids_all_else(parsed):
    assert all(value.startswith(("data:", "#")) for name in ("src", "href") for value in parsed.values(name))
    [policy] = [a["content"] for _, a in parsed.tags if a.get("http-equiv") == "Content-Security-Policy"]
    rules = dict(rule.split(maxsplit=1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'" and rules["img-src"] == "data:"
    for kind in ("style", "script"):
        digest = base64.b64encode(hashlib.sha256(parsed.own[kind].encode()).digest()).decode()
        assert rules[f"{kind}-src"] == f"'sha256-{digest}'"
    assert not [name for _, attributes in parsed.tags for name in attributes if name == "style" or name[:2] == "on"]


def test_links_lead_somewhere_and_places_are_named_once(parsed):
    places = parsed.values("id")
    assert len(set(places)) == len(places)
    assert {link[1:] for link in parsed.values("href") if link[0] == "#"} <= set(places)


def test_names_are_words_and_nothing_else(parsed):
    assert {tag for tag, _ in parsed.tags} & {"img", "script"} == {"img", "script"}
    assert [a for tag, a in parsed.tags if tag == "script"] == [{}]
    assert all(a["src"].startswith("data:") for tag, a in parsed.tags if tag == "img")
    told = parsed.text.replace("\xa0", " ").replace("\\u202e", "\u202e")
    assert all(name in told for name in EVIL) and "\u202e" not in parsed.text


def test_a_cell_leads_to_its_sequences(made, parsed):
    text = (made[0].path / "report.html").read_text(encoding="utf-8")
    for way in ("lstm", "voting"):
        matrix = np.zeros((6, 6), int)
        for r, c, section in re.findall(
            rf'<section class="cell" id="confusion-{way}-(\d)-(\d)".*?>(.*?)</section>', text
        ):
            names = [
                html.unescape(re.sub("<.*?>", "", one)) for one in re.findall(r'<th scope="row">(.*?)</th>', section)
            ]
            wanted = [
                s.name for s in made[0].result.sequences if s.label == EVIL[int(r)] and s.decisions[way] == EVIL[int(c)]
            ]
            assert [n.split()[0] for n in names] == [n.split()[0] for n in wanted]
            matrix[int(r), int(c)] = len(names)
        assert matrix.tolist() == [list(row) for row in made[0].result.scores[way].confusion]
    assert len(set(parsed.values("data-frames"))) == 1


def test_both_pages_say_the_same(made, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    from seqdl.reports import markdown

    folder, found = made
    markdown.write(found, folder.path / "report.md")
    told = Parsed((folder.path / "report.html").read_text(encoding="utf-8")).text.replace("\xa0", " ")
    told = told.replace("\\u202e", "\u202e")
    written = (folder.path / "report.md").read_text(encoding="utf-8")
    sentences = [block.text for block in found if isinstance(block, blocks.Sentence)]
    assert len(sentences) >= 6
    assert all(sentence in written and sentence.replace("`", "") in told for sentence in sentences)
    cells = {cell for block in found if isinstance(block, blocks.Grid) for row in block.table.rows for cell in row}
    assert all(cell.replace("|", "\\|") in written and cell in told for cell in cells)


def test_a_run_without_networks_has_a_page_that_says_what_is_missing(run_folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    page.write(run_folder)
    parsed = Parsed((run_folder.path / "report.html").read_text(encoding="utf-8"))
    assert "No kernels, maps and moving pictures: cannot read the checkpoint" in parsed.text
    assert "matplotlib" not in parsed.text and [tag for tag, _ in parsed.tags].count("polyline") == 6
    assert run_folder.reported and "No kernels, maps" in (run_folder.path / "report.md").read_text(encoding="utf-8")


def test_a_kth_sized_page_is_small(tmp_path, monkeypatch):
    rng = np.random.default_rng(6)
    folder = leave_run(tmp_path / "run", made_up_result(persons=range(9), takes=16))
    chosen = [one for kind in looks.telling(folder.result.sequences).values() for one in kind]
    assert len(folder.result.sequences) == 864 and len(chosen) == looks.MISTAKES + looks.NEAR
    noise = rng.integers(0, 256, (looks.FRAMES, 54, 34)).astype(np.uint8)
    assert len(svg.screen(noise, "")) < svg.LARGEST + 300
    films = {one.name: film(rng, one, 1) for one in chosen}
    monkeypatch.setattr(looks, "of_run", lambda _: looks.Looks(films=films))
    pages.write(list(content.of_run(folder)), tmp_path / "report.html")
    assert (tmp_path / "report.html").stat().st_size + len(chosen) * svg.LARGEST < 3e6
