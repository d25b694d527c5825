"""An extension of Sphinx for what stands beside the documents: sources as pages, pages that stand alone, MathML.

A link of a document to a source or a folder of this repository leads to a page that shows it, one to a page that stands
alone to its copy. Formulas are drawn by the browser itself. At the end every link is tried.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import posixpath
import re
import shutil
from collections.abc import Iterator
from html import escape, unescape
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import build_equations
from docutils import nodes
from pygments import highlight, lexers
from pygments.formatters import HtmlFormatter
from pygments.util import ClassNotFound
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.inspect import signature, stringify_signature

from seqdl.live_page import build as live_page
from seqdl.model.recogniser import Recogniser
from seqdl.runs.shipped import shipped

ROOT = Path(__file__).resolve().parents[2]
ALONE = {"docs/equations.html": "docs/equations-and-code.html", "docs/site/live.html": "docs/site/live.html"}
"""Pages that stand alone, and where: the document of the equations has taken the first one's name on the site."""
CONTENTS = {
    "Start": ["docs/first-network", "docs/walkthrough", "docs/exercises", "docs/site/pages"],
    "The paper": ["docs/equations", "docs/paper", "docs/choices", "docs/figures", "docs/table1", "docs/table2"],
    "Using it": ["data/README", "seqdl/trained/actors/README", "docs/exchange", "docs/cluster"],
    "Measured": [
        *("docs/results", "docs/actors", "docs/single-step", "docs/robust", "docs/performance", "docs/ladder"),
        *("docs/scaling", "docs/moving-cameras", "docs/reliability", "docs/hostile-input", "experiments/README"),
    ],
    "In Python": ["docs/site/interface", "docs/site/configuration", "docs/site/estimators", "docs/site/ops"],
    "The project": ["CONTRIBUTING", "SECURITY", "CHANGELOG"],
}
"""The documents, in the order of the sidebar."""
LINK = re.compile(r'(<(?:a|img|link|script|source)\b[^>]*?\b(?:href|src)=")([^"]*)"')
log = logging.getLogger(__name__)


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx of all this."""
    beside = Beside(app)
    app.connect("source-read", beside.add_contents)
    app.connect("doctree-read", beside.lead_to_files, priority=400)  # before Sphinx collects files to download
    app.connect("missing-reference", beside.lead_to_source)
    app.connect("autodoc-process-signature", _signature)
    app.connect("autodoc-skip-member", _skipped)
    app.connect("html-page-context", _for_keys)
    app.connect("html-collect-pages", beside.pages)
    app.connect("build-finished", beside.finish)
    app.config.linkcode_resolve = lambda domain, found: beside.source(domain, found)  # a function, Sphinx insists
    app.add_html_math_renderer("mathml", (_formula, None), (_formula, None))
    return {"parallel_read_safe": False, "parallel_write_safe": True}


class Beside:
    """What the documents link to and is none of them.

    Parameters
    ----------
    app : Sphinx
        Whose documents.
    """

    def __init__(self, app: Sphinx) -> None:
        self.app = app
        self.shown: set[str] = set()

    def add_contents(self, _: Sphinx, name: str, source: list[str]) -> None:
        """Give the start page the tables of the sidebar, and the page of the equations a section for each module."""
        if name == "README":
            for caption, names in CONTENTS.items():
                listed = "\n".join(f"/{one}" for one in names)
                source[0] += f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{listed}\n```\n"
        elif name == "docs/site/ops":
            for path in sorted((ROOT / "seqdl" / "ops").glob("[!_]*.py")):
                told = f".. automodule:: seqdl.ops.{path.stem}\n   :members:"
                source[0] += f"\n## {path.stem}\n\n```{{eval-rst}}\n{told}\n```\n"

    def lead_to_files(self, _: Sphinx, tree: nodes.document) -> None:
        """Let links to files, folders and pages that stand alone lead to these, where Sphinx would offer a download."""
        name = self.app.env.docname
        for kind in (addnodes.download_reference, addnodes.pending_xref):
            for node in list(tree.findall(kind)):
                beside = node.get("reftype") == "myst" and node.get("refdomain") is None
                if beside and (uri := self._uri(name, node["reftarget"])):
                    node.replace_self(nodes.reference("", "", *node.children, internal=True, refuri=uri))

    def lead_to_source(self, _: Sphinx, __: Any, node: addnodes.pending_xref, inner: nodes.Node) -> nodes.Node | None:
        """Let what docstrings name and the site does not describe lead to its source."""
        if node.get("refdomain") != "py" or not node["reftarget"].startswith("seqdl."):
            return None
        described = self.app.env.get_domain("py").objects  # type: ignore[attr-defined]
        exported = re.sub(r"^seqdl\.(?:[a-z_]+\.)+(?=[A-Z])", "seqdl.", node["reftarget"])
        if exported in described:
            uri = self.app.builder.get_relative_uri(node["refdoc"], described[exported].docname) + f"#{exported}"
        else:
            uri = self._source(node["refdoc"], *_split(node["reftarget"]))
        return nodes.reference("", "", inner, internal=True, refuri=uri) if uri else None

    def source(self, domain: str, found: dict[str, str]) -> str | None:
        """Where the source of something that is described begins; None for what has none."""
        return self._source(self.app.env.docname, found["module"], found["fullname"]) if domain == "py" else None

    def _source(self, name: str, module: str, inside: str) -> str | None:
        thing: Any = importlib.import_module(module)
        file = thing.__file__
        for part in filter(None, inside.split(".")):
            thing = inspect.getattr_static(thing, part, None)
        for behind in ("fget", "func", "__func__"):  # of properties, cached ones and class methods
            thing = getattr(thing, behind, thing)
        line = ""
        if inspect.isfunction(thing) or inspect.isclass(thing):
            thing = inspect.unwrap(thing)
            file, line = inspect.getsourcefile(thing), f"#L{max(1, inspect.getsourcelines(thing)[1])}"
        inside_root = file and Path(file).is_relative_to(ROOT)
        return self._uri(name, f"/{Path(file).relative_to(ROOT).as_posix()}{line}") if inside_root else None

    def _uri(self, name: str, target: str) -> str:
        """From a page to that of what it links to, which will be made; empty where nothing is there."""
        target, _, anchor = unquote(target).partition("#")
        if not target:
            return ""
        path = posixpath.normpath(posixpath.join("/", posixpath.dirname(name), target))[1:]
        document = self.app.env.path2doc(path)
        if path in ALONE:
            page = ALONE[path]
        elif document in self.app.env.found_docs:
            page = f"{document}.html"
        elif path and (ROOT / path).exists():
            self.shown.add(path)
            page = f"{path}/index.html" if (ROOT / path).is_dir() else f"{path}.html"
        else:
            return ""
        return posixpath.relpath(page, posixpath.dirname(name) or ".") + (f"#{anchor}" if anchor else "")

    def pages(self, _: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
        """Make the pages of all files and folders that are linked to."""
        self._equations()
        made: set[str] = set()
        while left := sorted(self.shown - made):
            made |= set(left)
            for path in left:
                folder = (ROOT / path).is_dir()
                body = f"<h1>{escape(path)}</h1>\n" + (self._folder(path) if folder else _file(path))
                yield f"{path}/index" if folder else path, {"title": path, "body": body}, "page.html"

    def _folder(self, path: str) -> str:
        """What is in a folder, each with its first line; modules and folders of modules lead to their pages."""
        rows = []
        for one in sorted((ROOT / path).iterdir(), key=lambda one: (one.is_file(), one.name)):
            if one.name.startswith((".", "__pycache__")) or (one.is_dir() and not any(one.rglob("*.py"))):
                continue
            name = escape(one.name)
            if one.is_dir() or one.suffix == ".py":
                name = f'<a href="{self._uri(f"{path}/index", one.name)}">{name}</a>'
            rows.append(f"<tr><td><code>{name}</code></td><td>{escape(_told(one))}</td></tr>")
        return f'<div class="table-wrapper"><table class="docutils"><tbody>{"".join(rows)}</tbody></table></div>'

    def _equations(self) -> str:
        """The equations beside the code, with links as they are on the site."""
        name = ALONE["docs/equations.html"]
        text = (ROOT / "docs/equations.html").read_text(encoding="utf-8")
        return LINK.sub(lambda found: f'{found[1]}{self._uri(name, found[2]) or found[2]}"', text)

    def finish(self, app: Sphinx, error: Exception | None) -> None:
        """Add the pages that stand alone and what a server looks for first, then try every link."""
        if error or app.builder.format != "html":
            return
        out = Path(app.outdir)
        (out / ALONE["docs/equations.html"]).write_text(self._equations(), encoding="utf-8")
        live_page.write(Recogniser.load(shipped()), [], out / ALONE["docs/site/live.html"], "seqdl")
        shutil.copyfile(out / "README.html", out / "index.html")
        for complaint in dead_links(out):
            log.warning(complaint)


def dead_links(out: Path) -> list[str]:
    """What is wrong with the links of a built site: they lead nowhere, or have the browser load something from afar."""
    anchors: dict[Path, set[str]] = {}
    wrong = []
    for path in sorted(out.rglob("*.html")):
        text = path.read_text(encoding="utf-8")
        for start, target in LINK.findall(text):
            target, _, anchor = unquote(unescape(target)).partition("#")
            if re.match(r"[a-z]+:|//", target):
                if not start.startswith("<a ") and not target.startswith("data:"):
                    wrong.append(f"{path.relative_to(out)} loads {target}")
                continue
            there = (path.parent / target.partition("?")[0]).resolve() if target else path
            if there.suffix == ".html" and there.is_file() and there not in anchors:
                anchors[there] = set(re.findall(r'\b(?:id|name)="([^"]+)"', there.read_text(encoding="utf-8")))
            if not there.is_file() or (anchor and anchor not in anchors.get(there, {anchor})):
                wrong.append(f"{path.relative_to(out)} links to {target}#{anchor}, which is not there")
    return wrong


def _split(name: str) -> tuple[str, str]:
    """The module of a full name, and what stands behind it."""
    parts = name.split(".")
    paths = {count: ROOT.joinpath(*parts[:count]) for count in range(1, len(parts) + 1)}
    count = max(count for count, path in paths.items() if path.is_dir() or path.with_suffix(".py").is_file())
    return ".".join(parts[:count]), ".".join(parts[count:])


def _told(path: Path) -> str:
    """The first line of a module's docstring, or of a package's."""
    module = path / "__init__.py" if path.is_dir() else path
    if module.suffix != ".py" or not module.exists():
        return ""
    return (ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) or "").partition("\n")[0]


def _file(path: str) -> str:
    """A file with colours, each line with the anchor that links of code hosts have."""
    text = (ROOT / path).read_text(encoding="utf-8")
    try:
        lexer = lexers.get_lexer_for_filename(path, stripnl=False)
    except ClassNotFound:
        lexer = lexers.TextLexer(stripnl=False)
    lines = highlight(text, lexer, HtmlFormatter(nowrap=True)).splitlines(keepends=True)
    marked = "".join(f'<span id="L{number}">{line}</span>' for number, line in enumerate(lines, 1))
    return f'<div class="highlight"><pre>{marked}</pre></div>'


def _signature(_: Sphinx, what: str, __: str, thing: Any, *given: Any) -> tuple[str, str] | None:
    """What a class is made with, where a base that is not installed would take anything."""
    if what != "class" or given[1] != "(*args, **kwargs)":
        return None
    return stringify_signature(signature(thing.__init__, bound_method=True), show_annotation=False), given[2]


def _skipped(_: Sphinx, __: str, ___: str, thing: Any, *____: Any) -> bool | None:
    """Fields of named tuples stand among the parameters, in more words than Python has for them."""
    return True if type(thing).__name__ == "_tuplegetter" else None


def _for_keys(_: Sphinx, __: str, ___: str, context: dict[str, Any], *____: Any) -> None:
    """Let what is pushed aside, code and tables, be reached by keys too."""
    body = context.get("body", "").replace("<pre>", '<pre tabindex="0">')
    context["body"] = body.replace('<div class="table-wrapper', '<div tabindex="0" class="table-wrapper')


def _formula(visitor: Any, node: nodes.Element) -> None:
    """Write a formula as MathML."""
    displayed = isinstance(node, nodes.math_block)
    drawn = build_equations.formula(node.astext(), displayed)
    visitor.body.append(f'<div class="math">{drawn}</div>' if displayed else drawn)
    raise nodes.SkipNode
