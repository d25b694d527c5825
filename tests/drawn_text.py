"""What stands where in a figure, once it is drawn: for tests that nothing written lies over anything else written."""

from __future__ import annotations

import itertools


def texts(figure):
    """All texts that are seen."""
    from matplotlib.text import Text

    figure.canvas.draw()
    unseen = []
    for axis in (axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)):
        low, high = sorted(axis.get_view_interval())
        far = [tick for tick in axis.get_major_ticks() if not low <= tick.get_loc() <= high or not axis.axes.axison]
        unseen += [label for tick in far for label in (tick.label1, tick.label2)]
    return [t for t in figure.findobj(Text) if t.get_visible() and t.get_text().strip() and t not in unseen]


def overlaps(figure):
    """Pairs of texts that lie over one another, and texts that reach outside."""
    drawn = [t for t in texts(figure) if t.get_rotation() in (0, 90)]  # a slanting name's box is larger than the name
    boxes = [(t.get_text(), t.get_window_extent().padded(-1)) for t in drawn]
    whole = figure.bbox.padded(2)
    wrong = [(a, b) for (a, one), (b, other) in itertools.combinations(boxes, 2) if one.overlaps(other)]
    wrong += [(a, "outside") for a, box in boxes if not (whole.x0 <= box.x0 and box.x1 <= whole.x1)]
    return wrong + [(a, "outside") for a, box in boxes if not (whole.y0 <= box.y0 and box.y1 <= whole.y1)]
