"""The marked places of a page are filled, everything else stays to the byte, and what does not fit is refused."""

import ast
import re
from pathlib import Path

import pytest

from experiments import fill
from seqdl.errors import SeqdlError

PAGE = """# Title

Prose with `<!-- one -->` in it.

<!-- one -->
old
<!-- end of one -->

<!-- two -->
<!-- end of two -->
The end"""


def test_places_are_filled_and_the_rest_stays():
    text = fill.fill(PAGE, {"one": "| a |", "two": "new\n"}, "page.md")
    assert text == PAGE.replace("old\n", "| a |\n").replace("<!-- two -->\n", "<!-- two -->\nnew\n")
    assert fill.fill(text, {"one": "| a |", "two": "new"}, "page.md") == text


def test_a_place_of_another_script_is_left_alone():
    assert fill.fill(PAGE, {"two": ""}, "page.md", ["one"]).startswith(PAGE.partition("<!-- two -->")[0])


@pytest.mark.parametrize(
    "text, said",
    [
        (PAGE.replace("two", "three"), "<!-- three --> is a place that nobody fills"),
        (PAGE.partition("<!-- two -->")[0], "page.md lacks the markers <!-- two --> and <!-- end of two -->"),
        (PAGE.replace("<!-- end of one -->", ""), "<!-- one --> is not closed before <!-- two --> begins"),
        (PAGE.replace("<!-- end of two -->", ""), "<!-- two --> is not closed"),
        (PAGE.replace("<!-- end of two -->", "<!-- end of one -->"), "<!-- end of one --> closes nothing"),
        (PAGE + "\n<!-- one -->\n<!-- end of one -->\n", "<!-- one --> is there twice"),
    ],
)
def test_what_does_not_fit_is_one_line(text, said):
    with pytest.raises(SeqdlError) as error:
        fill.fill(text, {"one": "", "two": ""}, "page.md")
    assert said in str(error.value) and "\n" not in str(error.value)


def test_a_page_that_does_not_fit_is_left_alone(tmp_path):
    page, target = tmp_path / "page.md", tmp_path / "other.md"
    page.write_text(PAGE)
    with pytest.raises(SeqdlError, match=r"page\.md lacks the markers"):
        fill.write(page, {"three": ""}, ["one", "two"])
    assert page.read_text() == PAGE
    fill.write(page, {"two": "2"}, ["one"], target)
    assert page.read_text() == PAGE and "\n2\n" in target.read_text()


def test_no_script_holds_a_page():
    """Headings and paragraphs are a person's: a script's strings are labels and short sentences, docstrings apart."""
    wrong = []
    for path in sorted(Path(fill.__file__).parent.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        bare = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in bare:
                if re.search(r"^#{1,2} ", node.value, re.MULTILINE):
                    wrong.append(f"{path.name}:{node.lineno} is a heading")
                if len(node.value.split()) > 40 and path.stem != "startup":  # which holds a program
                    wrong.append(f"{path.name}:{node.lineno} is a paragraph")
    assert not wrong, "\n".join(wrong)
