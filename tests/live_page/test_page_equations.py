"""The page's JavaScript says what the library says, and a program that is wrong is caught."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from javascript import evaluated
from live_page.page_cases import cases

from seqdl.live_page import build

pytestmark = pytest.mark.compiled(reason="runs in node, which is not measured")

CLOSE = 1e-5
FOLDER = Path(__file__).parent


def _mutations() -> dict[str, tuple[str, str]]:
    """Wrong programs, made of the page's own by one replacement each: what was (-), what stands there instead (+)."""
    found = {}
    for block in (FOLDER / "mutations.txt").read_text(encoding="utf-8").split("\n\n"):
        name, *lines = block.splitlines()
        old, new = ("\n".join(line[2:] for line in lines if line[0] == sign) for sign in "-+")
        found[name.removeprefix("# ")] = old, new
    return found


MUTATIONS = _mutations()
SOURCE = build.source(("ops.js", "net.js"))
COMPARE = (FOLDER / "compare.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """The differences of the page's own program, and of every wrong one up to the first that is too large."""
    for old, _ in MUTATIONS.values():
        assert SOURCE.count(old) == 1, old
    wrong = {name: SOURCE.replace(old, new) for name, (old, new) in MUTATIONS.items()}
    program = f"""{COMPARE}
        const cases = {json.dumps(cases())}, sources = {json.dumps({"": SOURCE, **wrong})}, found = {{}};
        for (const [name, source] of Object.entries(sources)) {{
            const enough = name ? {CLOSE} : Infinity;
            try {{ found[name] = differences(source, cases, enough); }} catch (error) {{ found[name] = String(error); }}
            for (const [what, worst] of Object.entries(found[name])) if (worst === Infinity) found[name][what] = 1e300;
        }}
        return found;"""
    return evaluated(program, tmp_path_factory.mktemp("javascript"))


def test_every_quantity_is_the_librarys(found):
    assert not isinstance(found[""], str), found[""]
    assert len(found[""]) >= 30
    assert {name: worst for name, worst in found[""].items() if not worst <= CLOSE} == {}


def test_there_are_many_wrong_programs():
    assert len(MUTATIONS) >= 40


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_wrong_program_is_caught(found, name):
    assert isinstance(found[name], str), found[name]
