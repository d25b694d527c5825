"""Build docs/equations.html from docs/equations.md and the sources: text left, code right, proof and figure below.

python docs/build_equations.py [--measure]

The code is cut out of the sources as it stands there, the figures are those of docs/equations.json; --measure runs the
checks and writes that record anew. It needs the extra ``docs``; whoever reads the page needs nothing but a browser.
"""

from __future__ import annotations

import ast
import html
import io
import itertools
import json
import keyword
import re
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

DOCS = Path(__file__).resolve().parent
SOURCE, STYLE, RECORD, PAGE = (DOCS / f"equations.{kind}" for kind in ("md", "css", "json", "html"))
LINK = re.compile(r"\[`([^`]+)`\]\(([^)\s]+)\)")
LONGEST = 100
"""Lines of a class that are shown; of a longer one the head alone."""


class Piece(NamedTuple):
    """A piece of source: where it is, what it is called, and its lines from ``first`` on."""

    path: str
    name: str
    first: int
    text: str


def pieces(link: str, target: str) -> list[Piece]:
    """The source that a link of the text names, and the private functions that it calls."""
    text = (DOCS / target).read_text(encoding="utf-8")
    found = _find(ast.parse(text).body, link.split("."))
    nodes = [found]
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("_"):
            called = any(isinstance(part, ast.Name) and part.id == node.name for part in ast.walk(found))
            nodes += [node] * (called and isinstance(found, ast.FunctionDef))
    return [_piece(node, link if node is found else node.name, target, text) for node in nodes]


def _find(body: list[ast.stmt], names: list[str]) -> ast.FunctionDef | ast.ClassDef:
    """What is called so, or by the last of the names, in a module or a class of it."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            if isinstance(node, ast.ClassDef) and node.name == names[0] and len(names) > 1:
                return _find(node.body, names[1:])
            if node.name == names[-1]:
                return node
    raise LookupError(".".join(names))


def _piece(node: ast.FunctionDef | ast.ClassDef, name: str, target: str, text: str) -> Piece:
    first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
    last = node.end_lineno or first
    if last - first > LONGEST:
        last = node.body[0].end_lineno or first
    lines = text.splitlines(keepends=True)[first - 1 : last]
    return Piece(target, name, first, "".join(lines))


def coloured(text: str) -> str:
    """A piece of Python as HTML, with words, texts and comments marked; its text is what it was."""
    lines = text.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    made, at = [], 0
    indent = len(text) - len(text.lstrip(" "))
    for token in _tokens("".join(line[indent:] if line.strip() else line for line in lines)):
        kind = {tokenize.COMMENT: "c", tokenize.STRING: "s"}.get(token.type, "")
        kind = "k" if token.type == tokenize.NAME and keyword.iskeyword(token.string) else kind
        if kind:
            (row, column), (end_row, end_column) = token.start, token.end
            begin, end = starts[row - 1] + column + indent, starts[end_row - 1] + end_column + indent
            made.append(html.escape(text[at:begin], quote=False))
            made.append(f'<span class="{kind}">{html.escape(text[begin:end], quote=False)}</span>')
            at = end
    return "".join([*made, html.escape(text[at:], quote=False)])


def _tokens(text: str) -> Iterator[tokenize.TokenInfo]:
    return tokenize.generate_tokens(io.StringIO(text).readline)


def formula(tex: str, display: bool) -> str:
    """A formula as MathML, which knows its own TeX."""
    from latex2mathml.converter import convert

    made = convert(tex, display="block" if display else "inline")
    said = f' alttext="{html.escape(tex)}"'
    return made.replace("<math", "<math" + said, 1)


def parser() -> Any:
    """The reader of the text: tables and formulas, headings with the anchors that its links name."""
    from markdown_it import MarkdownIt
    from mdit_py_plugins.dollarmath import dollarmath_plugin

    reader = MarkdownIt("commonmark").enable("table")
    return reader.use(dollarmath_plugin, renderer=lambda tex, options: formula(tex, options["display_mode"]))


def anchor(heading: str) -> str:
    """The anchor of a heading, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-")


def parts(text: str) -> list[tuple[str, str]]:
    """The text in parts, each with the paragraph that says where it is stated and proved, or with none."""
    found, last = [], 0
    for match in re.finditer(r"^\*Stated.*?(?=\n\n|\Z)", text, re.MULTILINE | re.DOTALL):
        found += _by_heading(text[last : match.start()], match[0])
        last = match.end()
    return [*found, *_by_heading(text[last:], "")]


def _by_heading(text: str, stated: str) -> list[tuple[str, str]]:
    """What stands before the last heading has nothing beside it."""
    begin = max((match.start() for match in re.finditer(r"^#+ ", text, re.MULTILINE)), default=0)
    alone = [(text[:begin], "")] if text[:begin].strip() else []
    return [*alone, (text[begin:], stated)]


def code(stated: str) -> str:
    """The sources that a paragraph names, to stand at the right."""
    head = re.split(r"\*(?:runs|compiled|proved)\*", stated)[0]
    made = []
    for link, target in LINK.findall(head):
        for piece in pieces(link, target):
            where = f"{piece.path}#L{piece.first}"
            made.append(
                f'<figure><figcaption><a href="{where}">{html.escape(piece.name)}</a></figcaption>'
                f'<pre tabindex="0" role="region" aria-label="source of {html.escape(piece.name)}" '
                f'data-path="{piece.path}" data-first="{piece.first}">'
                f"<code>{coloured(piece.text)}</code></pre></figure>"
            )
    return "\n".join(made)


def figures(stated: str, record: dict[str, Any]) -> str:
    """What the checks found last for the proofs that a paragraph names."""
    rows = []
    for link, target in LINK.findall(stated):
        if link in record["cases"]:
            one = record["cases"][link]
            said = [f"{one['rows']} rows, {one['checks']} checks"]
            said += [f"complex step at worst {one['complex step']:.0e}"] if "complex step" in one else []
            said += [f"compiled form at worst {one['kernel']:.0%} of its bound"] if "kernel" in one else []
            rows.append(f'<li><a href="{target}"><code>{link}</code></a>: {"; ".join(said)}</li>')
    return f"<ul>{''.join(rows)}</ul>" if rows else ""


def page(text: str, record: dict[str, Any]) -> str:
    """The whole page."""
    reader = parser()
    body = []
    for prose, stated in parts(text):
        tokens = reader.parse(prose)
        for opened, inside in itertools.pairwise(tokens):
            if opened.type == "heading_open":
                opened.attrSet("id", anchor(inside.content))
        left = reader.renderer.render(tokens, reader.options, {})
        left = left.replace("<table>", '<div class="wide" tabindex="0" role="region" aria-label="table"><table>')
        left = left.replace("</table>", "</table></div>")
        if stated:
            below = f"<footer>{reader.render(stated)}{figures(stated, record)}</footer>"
            body.append(
                f'<section>\n<div class="text">{left}</div>\n<div class="code">{code(stated)}</div>\n{below}</section>'
            )
        else:
            body.append(f'<section class="alone"><div class="text">{left}</div></section>')
    note = (
        "<p>The text is that of <a href='equations.md'>equations.md</a>, the code beside it is cut out of the sources "
        f"as it stands there, and the figures are those of the last measurement, of all {record['rows']} rows and "
        f"{record['checks']:,} checks.</p>"
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>seqdl: the equations beside the '
        f"code</title>\n<style>\n{STYLE.read_text(encoding='utf-8')}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(body)
        + f'\n<section class="alone"><div class="text">{note}</div></section>\n</main>\n</body>\n</html>\n'
    )


def measure() -> dict[str, Any]:
    """Run the table of checks: by the function that makes rows, how many they are, and the worst figures."""
    from seqdl.checks import suite
    from seqdl.checks.cases import TABLE

    cases: dict[str, dict[str, Any]] = {}
    total = 0
    for row in TABLE:
        results = suite.results(row)
        if not all(result.ok for result in results):
            raise SystemExit(f"{row.name} does not hold: seqdl gradcheck says what is off")
        total += len(results)
        one = cases.setdefault(maker(row), {"rows": 0, "checks": 0})
        one["rows"] += 1
        one["checks"] += len(results)
        for result in results:
            if result.by in ("complex step", "kernel"):
                share = result.error if result.by == "complex step" else result.error / result.bound
                one[result.by] = float(f"{max(one.get(result.by, 0), share):.1e}")
    return {"rows": len(TABLE), "checks": total, "cases": cases}


def maker(row: Any) -> str:
    """The function that made a row, or its class."""
    for name in ("backward", "forward", "expected", "make"):
        inside, _, rest = getattr(getattr(row, name, None), "__qualname__", "").partition(".<locals>")
        if rest and inside != "normal":
            return inside
    return {"SingleStepCase": "single_step_cases"}.get(type(row).__name__, type(row).__name__)


def main(arguments: list[str]) -> int:
    """Run the command."""
    from seqdl.base import files

    if arguments not in ([], ["--measure"]):
        print("usage: python docs/build_equations.py [--measure]", file=sys.stderr)
        return 2
    if arguments:
        files.write_json(RECORD, measure())
    try:
        made = page(SOURCE.read_text(encoding="utf-8"), json.loads(RECORD.read_text(encoding="utf-8")))
    except ImportError as error:
        print(f'error: {error.name} is missing: pip install -e ".[docs]"', file=sys.stderr)
        return 1
    files.write_atomic(PAGE, made)
    print(f"{PAGE}: {made.count('<math')} formulas, {made.count('<pre')} pieces of code, {len(made) / 1e3:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
