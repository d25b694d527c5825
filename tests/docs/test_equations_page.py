"""docs/equations.html: the code beside the text is the sources', every formula is drawn, nothing is loaded or run."""

from __future__ import annotations

import html.parser
import json
import re
from pathlib import Path

import pytest
from script_import import importable
from test_documents import LINK, _mathematics

DOCS = Path(__file__).resolve().parents[2] / "docs"
TEXT = (DOCS / "equations.md").read_text(encoding="utf-8")
RECORD = json.loads((DOCS / "equations.json").read_text(encoding="utf-8"))


class Read(html.parser.HTMLParser):
    """A page's pieces of code, its formulas, links, anchors and tags."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.pieces, self.formulas, self.links, self.anchors, self.tags = [], [], [], set(), set()
        self._inside = False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.tags.add(tag)
        self.anchors.add(given.get("id"))
        if tag == "pre":
            self._inside = True
            self.pieces.append([given["data-path"], int(given["data-first"]), ""])
        if tag == "math":
            self.formulas.append(given["alttext"])
        if tag == "a":
            self.links.append(given["href"])

    def handle_endtag(self, tag):
        self._inside = self._inside and tag != "pre"

    def handle_data(self, data):
        if self._inside:
            self.pieces[-1][2] += data


@pytest.fixture(scope="module")
def build():
    with importable(DOCS) as load:
        yield load("build_equations")


@pytest.fixture(scope="module")
def text():
    return (DOCS / "equations.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(text):
    return Read(text)


REBUILD = "make equations builds docs/equations.html anew"


def test_the_code_shown_is_the_source(page, build):
    assert len(page.pieces) > 50
    for path, first, text in page.pieces:
        lines = (DOCS / path).read_text(encoding="utf-8").splitlines(keepends=True)
        assert "".join(lines[first - 1 :]).startswith(text), f"{path}: {REBUILD}"
    shown = [(path, first) for path, first, _ in page.pieces]
    for paragraph in re.findall(r"^\*Stated.*?(?=\n\n|\Z)", TEXT, re.MULTILINE | re.DOTALL):
        for link, target in LINK.findall(re.split(r"\*(?:runs|compiled|proved)\*", paragraph)[0]):
            for piece in build.pieces(link.strip("`"), target):
                assert (piece.path, piece.first) in shown, f"{piece.name}: {REBUILD}"


def test_every_formula_is_there_and_drawn_without_a_script(page, text):
    assert sorted(page.formulas) == sorted(_mathematics(TEXT)), REBUILD
    assert not {"script", "img", "link", "iframe", "object"} & page.tags
    assert not re.search(r"@import|url\(", text)
    assert "$" not in re.sub(r"<pre.*?</pre>|alttext=\"[^\"]*\"", "", text, flags=re.DOTALL)


def test_links_lead_somewhere(page):
    assert len(page.links) > 100
    for link in page.links:
        target, _, anchor = link.partition("#")
        if not target:
            assert anchor in page.anchors
        elif not target.startswith("http"):
            assert (DOCS / target).exists(), link


def test_each_proof_has_its_last_figure(text, build):
    named = {link.strip("`") for link, target in LINK.findall(TEXT) if "seqdl/checks/" in target}
    rows = {name for name in named if re.search("[cC]ases?$", name)} & RECORD["cases"].keys()
    assert len(rows) > 20
    for name in rows:
        one = RECORD["cases"][name]
        assert f"<code>{name}</code></a>: {one['rows']} rows, {one['checks']} checks" in text, REBUILD
        assert one.get("complex step", 0) < 1e-10 and one.get("kernel", 0) <= 1


def test_rows_are_counted_by_what_makes_them(build):
    from seqdl.checks.cases import TABLE

    made = [build.maker(row) for row in TABLE]
    assert len(made) == RECORD["rows"] and set(made) == RECORD["cases"].keys(), (
        "python docs/build_equations.py --measure"
    )
    assert {name: made.count(name) for name in made} == {name: one["rows"] for name, one in RECORD["cases"].items()}


def test_the_page_is_what_the_command_makes(build, text):
    pytest.importorskip("latex2mathml", reason="the extra docs is not installed")
    pytest.importorskip("mdit_py_plugins", reason="the extra docs is not installed")
    assert build.page(TEXT, RECORD) == text, REBUILD


def test_colours_change_nothing_of_the_text(build):
    source = (DOCS / "build_equations.py").read_text(encoding="utf-8")
    assert Read(f"<pre data-path='' data-first='1'>{build.coloured(source)}</pre>").pieces[0][2] == source
    inner = "    def f(self):\n        '''a\n   b'''\n        return x < 1  # é &\n"
    assert Read(f"<pre data-path='' data-first='1'>{build.coloured(inner)}</pre>").pieces[0][2] == inner
    assert '<span class="k">return</span>' in build.coloured(inner)
