"""A report as Markdown: a text file, and pictures beside it where matplotlib is installed."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from seqdl.base import drawing
from seqdl.base.files import write_atomic
from seqdl.reports import blocks, figures, tables
from seqdl.reports.blocks import Block

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def write(content: Sequence[Block], path: Path) -> None:
    """Write a report's ``content`` to ``path``, with its pictures into the same folder.

    Where matplotlib is absent or cannot work it has no pictures and says how to get them. A SeqdlError names a file
    that cannot be written.
    """
    why = _without_pictures()
    lines: list[tuple[Block, str]] = []
    for block in content:
        if isinstance(block, blocks.Picture) and not why:
            picture = path.with_name(f"{block.name}.png")
            drawing.save(_figure(block), picture)
            lines.append((block, f"![{block.alt}]({picture.name})"))
        lines += [(block, text) for text in _texts(block)]
    if why:
        at = next((n for n, (block, _) in enumerate(lines) if isinstance(block, blocks.Picture)), len(lines))
        lines.insert(at, (blocks.Note(why), f"*{why}*"))
    write_atomic(path, "\n\n".join(_under_headings(lines)) + "\n")


def _without_pictures() -> str:
    """Why there are no pictures; empty where there are."""
    try:
        drawing.import_matplotlib()
    except ImportError:
        return "Pictures need matplotlib, which is not installed: `pip install 'seqdl[plot]'`, then write it again."
    except OSError as error:  # it wants a folder of its own
        return f"No pictures, matplotlib says: {error}. Set MPLCONFIGDIR to a folder that can be written."
    return ""


def _under_headings(lines: Sequence[tuple[Block, str]]) -> Iterator[str]:
    """All texts but the headings under which nothing stands."""
    for (block, text), (following, _) in zip(lines, [*lines[1:], (blocks.Heading(""), "")]):
        headings = isinstance(block, blocks.Heading) and isinstance(following, blocks.Heading)
        if not headings:
            yield text


@functools.singledispatch
def _texts(block: Block) -> list[str]:
    """What a block is in words."""
    raise TypeError(block)


@_texts.register(blocks.Picture)
@_texts.register(blocks.Kernels)
@_texts.register(blocks.Maps)
def _(_: Block) -> list[str]:
    return []


@_texts.register
def _(block: blocks.Heading) -> list[str]:
    return [f"{'#' * block.level} {block.text}"]


@_texts.register
def _(block: blocks.Sentence) -> list[str]:
    return [block.text]


@_texts.register
def _(block: blocks.Items) -> list[str]:
    return ["\n".join(f"* {text}" for text in block.texts)]


@_texts.register
def _(block: blocks.Note) -> list[str]:
    return [f"*{block.text}*"]


@_texts.register
def _(block: blocks.Grid) -> list[str]:
    return [tables.markdown(block.table)]


@_texts.register
def _(block: blocks.Decisions) -> list[str]:
    parts = []
    for way, score in block.pooled.items():
        parts += [block.caption(way), tables.markdown(tables.confusion(score.confusion, block.classes))]
    return parts


@functools.singledispatch
def _figure(block: blocks.Picture) -> Figure:
    """A picture, drawn."""
    raise TypeError(block)


@_figure.register(blocks.Curves)
def _(block: blocks.Curves) -> Figure:
    return figures.learning_curves(block.result, block.logs)


@_figure.register(blocks.Decisions)
def _(block: blocks.Decisions) -> Figure:
    return figures.matrices(block.model, block.classes, list(block.evaluations.values()))


@_figure.register(blocks.Timelines)
def _(block: blocks.Timelines) -> Figure:
    return figures.timelines(block.model, block.classes, block.sequences)
