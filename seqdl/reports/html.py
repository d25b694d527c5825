"""A report as one page in HTML that needs nothing else: no library, no request, no file beside it.

A content security policy forbids whatever is not in the page. Names of files, persons and classes may hold anything:
all words go through :func:`words`.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import html
import re
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from seqdl.base.files import digest, write_atomic
from seqdl.base.words import count, printable
from seqdl.reports import blocks, looks, maps, svg, tables
from seqdl.reports.blocks import Block, Film
from seqdl.reports.tables import Table, percent
from seqdl.runs.result import Decided

LISTED = 40
"""At most so many sequences are listed for a cell of a matrix."""
SHADES = 9
"""Levels of a cell's shade."""

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; {sources}style-src \
'{style_hash}'; script-src '{script_hash}'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
<style>{style}</style>
</head>
<body>
{body}
<script>{script}</script>
</body>
</html>
"""


def write(content: Sequence[Block], path: Path) -> None:
    """Write a report's ``content`` to ``path``; a SeqdlError says where that cannot be written."""
    style, script = (_own(name) for name in ("page.css", "page.js"))
    title = next((block.text for block in content if isinstance(block, blocks.Heading)), "")
    markup = _Markup(content)
    body = "\n".join(["<main>", *(markup.markup(block) for block in content), "</main>"])
    write_atomic(path, framed(title, style, script, body))


def framed(title: str, style: str, script: str, body: str, sources: str = "") -> str:
    """A whole page, whose policy allows nothing but what is in it.

    Parameters
    ----------
    title, style, script, body : str
        What it is called, whatever that holds; its only style and program; what it shows, in HTML.
    sources : str
        What its policy allows besides, such as ``"media-src blob:; "``.
    """
    return _PAGE.format(
        title=quoted(title),
        sources=sources,
        style=style,
        script=script,
        style_hash=_policy_hash(style),
        script_hash=_policy_hash(script),
        body=body,
    )


def straight(text: str) -> str:
    """A text on one line, in which what would turn the writing round is escaped."""
    return re.sub("[\u202a-\u202e\u2066-\u2069]", lambda one: f"\\u{ord(one[0]):04x}", printable(text))


def quoted(text: str) -> str:
    """The same as it stands between tags or quotes, whatever it holds."""
    return html.escape(straight(text))


def words(text: str) -> str:
    """The same between tags: a percentage stays on its line."""
    return quoted(text).replace(" %", "&nbsp;%")


def _prose(text: str) -> str:
    """The report's own words, in which what is between backticks is set as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", words(text))


def _own(name: str) -> str:
    return resources.files("seqdl.reports").joinpath(name).read_text("utf-8")


def _policy_hash(text: str) -> str:
    """What the policy knows a style or a script by."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _place(name: str) -> str:
    """Where the timeline of a sequence stands on the page."""
    return f"sequence-{digest(printable(name))}"


def _wide(title: str, table: str) -> str:
    """What can be moved sideways, by keys too, where it is wider than the screen."""
    return f'<div class="wide" role="region" aria-label="{quoted(title)}" tabindex="0">{table}</div>'


class _Markup:
    """Turns blocks into HTML; ``shown`` are the sequences whose timelines are on the page."""

    def __init__(self, content: Sequence[Block]) -> None:
        told = [looks.telling(block.sequences) for block in content if isinstance(block, blocks.Timelines)]
        self.shown = {sequence.name for kinds in told for kind in kinds.values() for sequence in kind}

    @functools.singledispatchmethod
    def markup(self, block: Block) -> str:
        """A block."""
        raise TypeError(block)

    @markup.register
    def _(self, block: blocks.Heading) -> str:
        return f"<h{block.level}>{words(block.text)}</h{block.level}>"

    @markup.register
    def _(self, block: blocks.Sentence) -> str:
        return f"<p>{_prose(block.text)}</p>"

    @markup.register
    def _(self, block: blocks.Note) -> str:
        return f'<p class="note">{_prose(block.text)}</p>'

    @markup.register
    def _(self, block: blocks.Items) -> str:
        return "<ul>" + "".join(f"<li>{words(text)}</li>" for text in block.texts) + "</ul>"

    @markup.register
    def _(self, block: blocks.Grid) -> str:
        return self._table(block.title, block.table)

    def _table(self, title: str, table: Table) -> str:
        """A table; sequences that are on the page are links in it."""
        right = [' class="number"' if one else "" for one in tables.right(table)]
        head = "".join(f'<th scope="col"{set_}>{words(cell)}</th>' for cell, set_ in zip(table.header, right))
        rows = []
        for first, *cells in table.rows:
            name = f'<a href="#{_place(first)}">{words(first)}</a>' if first in self.shown else words(first)
            others = "".join(f"<td{set_}>{words(cell)}</td>" for cell, set_ in zip(cells, right[1:]))
            rows.append(f'<tr><th scope="row">{name}</th>{others}</tr>')
        body = f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody>"
        return _wide(title, f"<table>{body}</table>")

    @markup.register
    def _(self, block: blocks.Decisions) -> str:
        return f'<div class="matrices">{"".join(self._matrix(block, way) for way in block.pooled)}</div>'

    def _matrix(self, block: blocks.Decisions, way: str) -> str:
        """A matrix whose cells lead to the sequences in them, which are listed below it one cell at a time."""
        name, classes = f"{block.name}-{way}", block.classes
        cells: dict[tuple[str, str], list[tuple[str, Decided]]] = {}
        for run, evaluation in block.evaluations.items():
            for sequence in evaluation.sequences:
                cells.setdefault((sequence.counted(way), sequence.decisions[way]), []).append((run, sequence))
        head = "".join(f'<th scope="col"><span>{words(one)}</span></th>' for one in classes)
        rows, lists = [], []
        for r, truth in enumerate(classes):
            row = f'<th scope="row">{words(truth)}</th>'
            whole = sum(len(cells.get((truth, one), ())) for one in classes)
            for c, said in enumerate(classes):
                inside = cells.get((truth, said), [])
                if not inside:
                    row += "<td>0</td>"
                    continue
                place = f"{name}-{r}-{c}"
                what = f"{count(len(inside), 'sequence')} of {truth}, decided as {said}"
                shade = f"{'right' if r == c else 'wrong'} s{max(1, round(SHADES * len(inside) / whole))}"
                row += f'<td class="{shade}"><a href="#{place}" aria-label="{quoted(what)}">{len(inside)}</a></td>'
                lists.append(self._cell(block, way, (place, what), inside))
            rows.append(f"<tr>{row}</tr>")
        caption = f"<caption>{words(block.caption(way))}</caption>"
        table = f"{caption}<thead><tr><td></td>{head}</tr></thead><tbody>{''.join(rows)}</tbody>"
        matrix = _wide(block.caption(way), f'<table class="matrix">{table}</table>')
        return f'<div id="{name}">{matrix}{"".join(lists)}</div>'

    def _cell(
        self, block: blocks.Decisions, way: str, named: tuple[str, str], inside: Sequence[tuple[str, Decided]]
    ) -> str:
        """The sequences of a cell, which is ``named`` by its place and in words."""
        place, what = named
        several, others = len(block.evaluations) > 1, [one for one in block.pooled if one != way]
        head = ["sequence", *["run"] * several, "person", *(blocks.WAY[one] for one in others), "LSTM's probability"]
        rows = [
            [s.name, *[run] * several, s.person, *(s.decisions[one] for one in others), percent(s.probability)]
            for run, s in inside[:LISTED]
        ]
        more = f"<p>The other {len(inside) - LISTED} are in result.json.</p>" if len(inside) > LISTED else ""
        back = f'<a href="#{block.name}-{way}">close</a>'
        return (
            f'<section class="cell" id="{place}" tabindex="-1" aria-label="{quoted(what)}">'
            f"<p><strong>{words(what)}</strong> {back}</p>{self._table(what, Table(head, rows))}{more}</section>"
        )

    @markup.register
    def _(self, block: blocks.Curves) -> str:
        parts = []
        trained = {epoch.stage for log in block.logs for epoch in log}
        for stage in (stage for stage in block.result.stages if stage in trained):
            logs = [[epoch for epoch in log if epoch.stage == stage] for log in block.logs]
            chance = 100 / len(block.result.dataset.classes)
            loss = svg.chart("mean loss", [[e.loss for e in log] for log in logs], low=0.0)
            right = [[100 * e.accuracy for e in log] for log in logs]
            accuracy = svg.chart("training accuracy [%]", right, 0.0, 100.0, ("chance", chance))
            rate = svg.chart("learning rate", [[e.learning_rate for e in log] for log in logs], logarithmic=True)
            title = words(tables.stage_title(block.result.model, stage))
            parts.append(f'<h3>{title}</h3><div class="charts">{loss}{accuracy}{rate}</div>')
        return "".join(parts)

    @markup.register
    def _(self, block: blocks.Timelines) -> str:
        parts = []
        for kind, sequences in looks.telling(block.sequences).items():
            if sequences:
                films = "".join(self._film(one, block.classes, block.films.get(one.name)) for one in sequences)
                parts.append(f'<h3>{kind}</h3><div class="films">{films}</div>')
        everything = '<p class="control" hidden><button type="button" id="all">Pause all</button></p>'
        return f"<p>{words(block.alt)}. {svg.KEY}</p>{everything if block.films else ''}{''.join(parts)}"

    def _film(self, sequence: Decided, classes: Sequence[str], film: Film | None) -> str:
        """A sequence: the moving picture where there is one, what was decided, and what the LSTM said over time."""
        name = words(sequence.name)
        said = [f"LSTM: {sequence.said('lstm')} ({percent(sequence.probability)})"]
        said += [f"voting: {sequence.said(way)}" for way in sequence.decisions if way == "voting"]
        truth = words(", ".join(sequence.labels))
        caption = f"<figcaption><b>{name}</b><br>truth: {truth}; {words('; '.join(said))}</figcaption>"
        screen = control = data = ""
        if film is not None:
            screen = svg.screen(film.frames, quoted(f"{sequence.name}, as the network sees it"))
            last = len(film.frames) - 1
            data = f' data-frames="{len(film.frames)}" data-rows="{film.frames.shape[1]}" data-rate="{film.rate:.3g}"'
            label = f"Frame of {quoted(sequence.name)}"
            slider = f'<input type="range" min="0" max="{last}" value="0" aria-label="{label}">'
            control = f'<button type="button" aria-label="Play {quoted(sequence.name)}">\u25b6</button>{slider}'
            control = f'<div class="control line" hidden>{control}</div>'
        rows, line = svg.timeline(sequence, classes, film)
        named = "".join(f"<li>{words(row)}</li>" for row in rows)
        over = f'<div class="line"><ul>{named}</ul>{line}</div>'
        place = _place(sequence.name)
        return f'<figure class="film" id="{place}"{data}>{screen}<div>{caption}{over}{control}</div></figure>'

    @markup.register
    def _(self, block: blocks.Kernels) -> str:
        figures = []
        for m, kernel in enumerate(block.weights, 1):
            high = float(abs(kernel).max()) or 1.0
            title = f"map {m}, change {maps.change(kernel):.0%}"
            figures.append(f"<figure>{svg.tiles(list(kernel), high, title)}<figcaption>{title}</figcaption></figure>")
        return f'<div class="kernels">{"".join(figures)}</div>'

    @markup.register
    def _(self, block: blocks.Maps) -> str:
        figures = []
        high = max((float(abs(outputs).max()) for _, outputs in block.rows.values()), default=1.0)
        for label, (frame, outputs) in block.rows.items():
            scaled = [frame / maps.INPUT * high, *outputs]
            alt = quoted(f"{label}: the network's input and {len(outputs)} maps")
            figures.append(f"<figure>{svg.tiles(scaled, high, alt)}<figcaption>{words(label)}</figcaption></figure>")
        return f'<div class="maps">{"".join(figures)}</div>'
