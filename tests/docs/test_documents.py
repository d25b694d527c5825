"""What docs/ says: links lead to what they name, mathematics renders, settings and their defaults are the real ones."""

from __future__ import annotations

import ast
import dataclasses
import functools
import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from seqdl import config

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = ["equations.md", "paper.md", "choices.md", "ladder.md", "first-network.md", "single-step.md", "exchange.md"]
SECTIONS = {field.name: field.type for field in dataclasses.fields(config.Config)}
LINK = re.compile(r"\[([^\]\[]+)\]\(([^)\s]+)\)")


@functools.cache
def _text(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


@functools.cache
def _names(path: Path) -> frozenset[str]:
    """What a module defines: its own name, functions, classes, methods and constants, with and without their class."""

    def look(body: list[ast.stmt]) -> Iterator[str]:
        for node in body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                yield node.name
            if isinstance(node, ast.ClassDef):
                yield from (f"{node.name}.{inner}" for inner in look(node.body))
            if isinstance(node, ast.Assign | ast.AnnAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                yield from (target.id for target in targets if isinstance(target, ast.Name))

    found = set(look(ast.parse(path.read_text(encoding="utf-8")).body))
    return frozenset({path.stem, *found, *(f"{path.stem}.{name}" for name in found)})


def _broken(text: str, folder: Path) -> list[str]:
    """Links that lead nowhere, or to a file that does not define what they name."""
    wrong = []
    headings = {
        re.sub(r"[^\w\- ]", "", line.lstrip("# ")).lower().replace(" ", "-")
        for line in text.splitlines()
        if line.startswith("#")
    }
    for name, target in LINK.findall(text):
        if target.startswith("http"):
            continue
        if target.startswith("#"):
            wrong += [target] * (target[1:] not in headings)
        elif not (path := (folder / target)).exists():
            wrong.append(target)
        elif name.startswith("`") and path.suffix == ".py" and name.strip("`") not in _names(path.resolve()):
            wrong.append(f"{target} defines no {name}")
    return wrong


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_what_they_name(page):
    assert len(LINK.findall(_text(page))) > 5
    assert _broken(_text(page), DOCS) == []


COMING = {"seqdl/model/describers"}
"""Folders that the layout will have; each leaves this list with the change that makes it."""


def test_every_path_that_contributors_are_told_of_exists():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 120
    named = {path.rstrip("./") for path in re.findall(r"\b(?:seqdl|tests|docs|experiments|data)/[\w./*-]+", text)}
    assert len(named) > 25
    assert [path for path in sorted(named - COMING) if not any(ROOT.glob(path))] == []
    assert [target for _, target in LINK.findall(text) if target not in COMING and not (ROOT / target).exists()] == []


@pytest.mark.parametrize(
    "text, good",
    [
        ("[`conv3d.forward`](../seqdl/ops/conv3d.py)", True),
        ("[`forward`](../seqdl/ops/conv3d.py)", True),
        ("[`ConvNet.rates`](../seqdl/model/convnet.py)", True),
        ("[`lcn.TINY`](../seqdl/ops/lcn.py)", True),
        ("[`conv3d.sideward`](../seqdl/ops/conv3d.py)", False),
        ("[`dense.forward`](../seqdl/ops/conv3d.py)", False),
        ("[`conv3d.forward`](../seqdl/ops/conv4d.py)", False),
        ("# One, two\n[text](#one-two)", True),
        ("# One, two\n[text](#one)", False),
    ],
)
def test_the_link_test_sees(text, good):
    assert (_broken(text, DOCS) == []) == good


def test_every_equation_is_stated_run_and_proved():
    """Each op is linked from the equations together with a kernel, and each of its public functions is named."""
    text = _text("equations.md")
    linked = set(LINK.findall(text))
    missing = []
    for path in sorted((ROOT / "seqdl/ops").glob("[!_]*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name in (
                "forward",
                "backward",
                "update",
                "loss",
                "normalise",
            ):
                wanted = (f"`{path.stem}.{node.name}`", f"../seqdl/ops/{path.name}")
                missing += [wanted] * (wanted not in linked)
    assert missing == []
    stated, runs, proved = (text.count(word) for word in ("*Stated", "*runs*", "*proved*"))
    assert stated == proved
    assert runs >= 10


@pytest.mark.parametrize("page", ["equations.md", "paper.md"])
def test_rows_that_prove_are_in_the_table(page):
    """Whatever makes rows and is linked as a proof is called where the table of checks is made."""
    module = ast.parse((ROOT / "seqdl/checks/cases.py").read_text(encoding="utf-8"))
    [table] = [node for node in module.body if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "TABLE"]
    called = {
        node.func.id for node in ast.walk(table) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    linked = {name.strip("`") for name, target in LINK.findall(_text(page)) if "seqdl/checks/" in target}
    rows = {name for name in linked if re.search("[cC]ases?$", name)}
    assert len(rows) > 5
    assert rows - called == set()


def _mathematics(text: str) -> list[str]:
    """All formulas of a page; code is left out."""
    text = re.sub(r"`[^`]*`", "", text)
    displayed = re.findall(r"^\$\$(.+)\$\$$", text, re.MULTILINE)
    return displayed + re.findall(r"\$([^$]+)\$", re.sub(r"^\$\$.+\$\$$", "", text, flags=re.MULTILINE))


def _unsafe(formula: str) -> list[str]:
    """What Markdown would take for its own before the formula is drawn."""
    return re.findall(r"\\[^A-Za-z]|[})\]]_|\*|<|&|\n\n", formula)


@pytest.mark.parametrize("page", PAGES)
def test_mathematics_renders(page):
    """Each formula is TeX, holds nothing that Markdown would take for its own, and its dollars stand free."""
    from matplotlib.mathtext import MathTextParser

    text = re.sub(r"`[^`]*`", "code", _text(page))
    assert text.count("$") % 2 == 0
    parser = MathTextParser("agg")
    for formula in _mathematics(text):
        assert _unsafe(formula) == [], formula
        assert formula.strip() == formula, formula
        assert "\n" not in formula, formula
        parser.parse(f"${formula}$")
    inline = re.sub(r"^\$\$.+\$\$$", "", text, flags=re.MULTILINE)
    around = re.split(r"\$[^$]+\$", f" {inline} ")
    assert [text[-9:] for text in around[:-1] if text[-1] not in " \n("] == []
    assert [text[:9] for text in around[1:] if text[0] not in " \n.,;:)?"] == []
    for line in text.splitlines():
        assert line.count("$$") in (0, 2), line
        assert not (line.startswith("|") and "$" in line and "\\|" in line), line


def test_the_mathematics_test_sees():
    assert _unsafe(r"a_{i}_{j}") and _unsafe(r"a \\ b") and _unsafe(r"\{a") and _unsafe("a * b")
    assert not _unsafe(r"\sum_{i,r} w[m,i] \cdot a'")
    assert _mathematics("one $a$ and `$b$` and\n$$c$$\n") == ["c", "a"]


def _values() -> dict[str, str]:
    """Every setting and its default, as choices.md writes it."""
    values = config.to_dict(config.Config())
    nested = {
        f"{s}.{key}": value for s, part in values.items() if isinstance(part, dict) for key, value in part.items()
    }
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in nested.items()}


def test_every_setting_of_the_networks_and_of_the_input_is_explained():
    named = set(re.findall(r"`(\w+\.\w+)`", _text("choices.md")))
    expected = {
        key
        for key in _values()
        if key.partition(".")[0] in ("video", "lcn", "convnet", "vary", "lstm", "stip", "single_step")
    }
    assert expected - named == set()


@pytest.mark.parametrize("page", PAGES)
def test_settings_that_are_named_exist(page):
    """A name such as ``convnet.loss`` in backticks alone is a setting; in a link it is a function."""
    text = LINK.sub("", _text(page))
    sections = "video|lcn|convnet|vary|lstm|stip|single_step|data"
    named = set(re.findall(rf"`({sections})\.(\w+)", text))
    assert {".".join(name) for name in named} - set(_values()) == set()


def test_defaults_are_the_real_ones():
    values = _values()
    rows = [line.strip("| ").split(" | ") for line in _text("choices.md").splitlines() if line.startswith("| ")]
    seen = 0
    for row in rows:
        for setting, default in itertools.pairwise(row):
            key = setting.strip("`")
            if setting.startswith("`") and key in values:
                assert default == f"`{values[key]}`", key
                seen += 1
    assert seen >= len([key for key in values if key.partition(".")[0] != "data"])


def _choices() -> Iterator[tuple[Path, str]]:
    """Where a docstring says ``Choice:``: the module and, in the configuration, the setting."""
    for path in sorted((ROOT / "seqdl").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                text = ast.get_docstring(node) or ""
                if "Choice:" not in text:
                    continue
                if path.name != "config.py":
                    yield path, ""
                    continue
                section = {getattr(kind, "__name__", ""): name for name, kind in SECTIONS.items()}.get(node.name)
                for entry in re.split(r"^(?=\w[\w, ]* : )", text, flags=re.MULTILINE):
                    if "Choice:" in entry:
                        yield from ((path, f"{section}.{key}") for key in entry.partition(" : ")[0].split(", "))


def test_every_choice_in_the_code_is_explained():
    text = _text("choices.md")
    found = list(_choices())
    assert len(found) > 20
    linked = {(DOCS / target).resolve() for _, target in LINK.findall(text)}
    wrong = [str(path) for path, key in found if not key and path not in linked]
    wrong += [key for _, key in found if key and f"`{key}`" not in text]
    assert wrong == []
