"""Draw docs/figures/*.png from finished runs, and write docs/figures.md from the same runs.

python experiments/figures.py RUNS...     such as the folder of seqdl crossval --draws 5

Runs on the embedded dataset give all figures; runs on real video give the page's last part, with those figures that
show nobody: pictures of real people do not travel with the project. The numbers of the page are kept in
experiments/figures.json; what other runs gave stays there.
"""

from __future__ import annotations

import argparse
import io
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from seqdl.base import files
from seqdl.errors import SeqdlError
from seqdl.reports import drawing, gallery, maps, runs, trained
from seqdl.reports.gallery import Gallery
from seqdl.reports.tables import percent
from seqdl.reports.trained import Trained

HERE = Path(__file__).resolve().parent
RECORD = HERE / "figures.json"
DOCS = HERE.parent / "docs"
LARGEST = 150_000
SHADE = 4
"""Shades of a picture are stored in such steps of 256: nobody sees it, and the file is smaller."""
STAGES = ("convnet", "lstm")
WITHOUT_PEOPLE = ("kernels", "learning", "confusion", "early")
"""What real video is shown by; the files' names begin with ``real-``."""


def facts(shown: Sequence[Trained], settings: Sequence[str], early: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What the page says of the runs, in plain values."""
    first, results = shown[0], [one.run.result for one in shown]
    weights = first.recogniser.convnet.parameters["C1.weight"][:, 0]
    name = gallery.telling(results[0]["sequences"])
    sequence = next(s for s in results[0]["sequences"] if s["name"] == name)
    count = sum(one["count"] for one in early)
    both = gallery.pooled(results)
    return {
        "runs": len(shown),
        "dataset": results[0]["dataset"]["name"],
        "variant": results[0]["dataset"]["variant"],
        "settings": list(settings),
        "trained": len(results[0]["split"]["train_persons"]),
        "tested": len(results[0]["split"]["test_persons"]),
        "count": count,
        "steps": round(sum(one["steps"] for one in early) / count),
        "parameters": results[0]["convnet"]["parameters"],
        "change": [round(maps.change(kernel), 3) for kernel in weights],
        "frames": weights.shape[1],
        "sequence": {k: sequence[k] for k in ("name", "label", "voting", "lstm", "probability", "steps")},
        "learning": {stage: _learning(shown, stage) for stage in STAGES},
        "accuracy": {way: both[way]["accuracy"] for way in ("voting", "lstm")},
        "mistakes": {way: _mistakes(both, way) for way in ("voting", "lstm")},
        "early": {way: (np.sum([one[way] for one in early], axis=0) / count).tolist() for way in ("voting", "lstm")},
        "shares": early[0]["shares"],
    }


def _learning(shown: Sequence[Trained], stage: str) -> dict[str, Any]:
    logs = [[epoch for epoch in one.run.log if epoch.stage == stage] for one in shown]
    ends = [float(np.mean([log[place].accuracy for log in logs])) for place in (0, -1)]
    return {"epochs": [min(map(len, logs)), max(map(len, logs))], "first": ends[0], "last": ends[1]}


def _mistakes(both: dict[str, Any], way: str) -> list[list[Any]]:
    """The three commonest, as truth, decision and how often."""
    classes, confusion = both["dataset"]["classes"], np.array(both[way]["confusion"])
    wrong = [(int(n), r, c) for (r, c), n in np.ndenumerate(confusion) if r != c and n]
    return [[classes[r], classes[c], n] for n, r, c in sorted(wrong, key=lambda w: (-w[0], w[1:]))[:3]]


def page(record: dict[str, Any]) -> str:
    """docs/figures.md."""
    trained_on = f"{record['trained']} of its persons train, the other {record['tested']} test"
    chosen = " ".join(record["settings"]) or "the default settings"
    several = f"{record['runs']} random draws" if record["runs"] > 1 else "one random draw"
    parts = [
        "# The paper's figures, from trained networks",
        f"All pictures come from runs on `actors`, the embedded dataset of rendered figures ({record['variant']}: "
        f"{trained_on}; {several}; {chosen}). Networks and sequences are those of the first draw, numbers "
        "those of all. Whoever has KTH or other video draws the same from a run on it with `seqdl figures RUN`, and "
        "Figure 1 of any configuration with `seqdl figures --set KEY=VALUE`. This page and its pictures are made by "
        "`python experiments/figures.py RUNS`; no number in it was typed.",
        *_networks(record),
        *_sequences(record),
        *_numbers(record),
        *(_real(record["real"]) if "real" in record else []),
    ]
    return "\n\n".join(part if part.startswith("![") else _wrapped(part) for part in parts) + "\n"


def _wrapped(text: str) -> str:
    return textwrap.fill(text, 118, break_long_words=False, break_on_hyphens=False)


def _change(record: dict[str, Any]) -> str:
    """What the kernels of C1 answer to."""
    noise = 1 - 1 / record["frames"]
    moving = [m + 1 for m, share in enumerate(record["change"]) if share > noise + 0.05]
    still = [m + 1 for m, share in enumerate(record["change"]) if share < noise - 0.05]
    about_moving = (
        f"the kernels of {_listed('map', moving)} change more than noise does, so they answer to what moves"
        if moving
        else "no kernel changes more than noise does"
    )
    about_still = (
        f"those of {_listed('map', still)} change less, so they answer to shape as well"
        if still
        else "none changes less"
    )
    return f"{about_moving}; {about_still}."


def _networks(record: dict[str, Any]) -> list[str]:
    return [
        "## Figure 1: the architecture",
        "![The ten layers of the 3D-ConvNet with their maps, sizes and kernels](figures/architecture.png)",
        f"The ten layers from left to right; {record['parameters']:,} trainable parameters, as the paper counts. The "
        "paper's Figure 1 shows the same row. Here every map is drawn, a stack of its frames, with rows and columns to "
        "one scale: height, width and duration shrink together while the number of maps grows from 7 to 35, until 5 "
        "maps of 3 × 8 units, the 120 features, are left. Below each layer is what it has to learn: most of it in C2, "
        "C3 and N1.",
        "## Figure 2: maps of C1 for four actions",
        "![The seven maps of C1 for a window of walking, boxing, handclapping and handwaving](figures/maps.png)",
        "A row for each action: the frame, what the network gets of it, and what the seven maps of C1 make of the "
        "window around it (black is negative, white is positive). The paper shows three maps for the same four actions "
        "on KTH and finds the person separated from the background, the limbs that act, and edges. We see the same "
        "three things: outlines of the whole figure in most maps, and others in which the body fades while arms or "
        "legs in motion leave broad bands. What normalisation makes of a plain background, noise, is noise in the maps "
        "too.",
        "## The kernels behind them",
        "![The seven kernels of C1, five frames each](figures/kernels.png)",
        "Not in the paper. Each kernel is a film of five frames. *Change* is the share of a kernel's energy that is "
        f"not the same in all frames: {100 * (1 - 1 / record['frames']):.0f} % in noise, 0 % in a kernel that sees "
        f"shape alone. Here {_change(record)} Much of what is seen is still the noise that training began with: a "
        "short training on a small set moves the kernels only as far as they are needed.",
    ]


def _sequences(record: dict[str, Any]) -> list[str]:
    one = record["sequence"]
    telling = one["voting"] != one["label"] == one["lstm"]
    why = (
        "It is the first test sequence that voting gets wrong and the LSTM gets right: it shows what the second step "
        "is for, not how often it helps."
    )
    return [
        "## Figure 3: the two steps, with real frames",
        "![One sequence from its frames over the features to the LSTM's decision](figures/two-steps.png)",
        f"The paper's figure is a scheme; this is one test sequence, {one['name']}, of {one['steps']} windows. Above, "
        "seven of the windows: the middle frame with the box, and the network's input. Then the 120 features of all "
        "windows (the dotted lines are the seven), the LSTM's outputs at each step, and their mean so far, by which "
        f"the sequence is decided: {one['lstm']}, with {percent(one['probability'])}; the truth is {one['label']}. "
        f"Majority voting on single windows says {one['voting']}. {why if telling else ''}".rstrip(),
    ]


def _numbers(record: dict[str, Any]) -> list[str]:
    return [
        "## Learning",
        "![Loss, training accuracy and learning rate of both networks](figures/learning.png)",
        f"Not in the paper, which says only that training stops when the training performance no longer rises. Here "
        f"{_learned(record)}. Thin lines are the runs, the thick one is their mean.",
        "## What is taken for what",
        "![Confusion matrices of voting and of the LSTM](figures/confusion.png)",
        f"{_decided(record)} These are figures on rendered actors and not comparable with the paper's table on KTH.",
        "## How early is the decision right?",
        "![Accuracy over the seen part of the sequences, by voting and by the LSTM](figures/early.png)",
        f"Not in the paper, which decides whole sequences. On average {_settling(record)}. The bands reach from "
        f"the worst run to the best. The sequences are short, {record['steps']} steps of one frame on average: most "
        "are decided by what is seen at first, and what comes later corrects some of them.",
    ]


def _real(record: dict[str, Any]) -> list[str]:
    chosen = f"with `{' '.join(record['settings'])}`" if record["settings"] else "with the default settings"
    return [
        "## On real video",
        f"The same without people, since pictures of them do not travel with the project: `{record['dataset']}`, "
        f"{record['runs']} random draws, {record['trained']} persons train and {record['tested']} test, {chosen}.",
        "![The seven kernels of C1 after training on real video](figures/real-kernels.png)",
        f"Here {_change(record)}",
        "![Loss, training accuracy and learning rate on real video](figures/real-learning.png)",
        f"{_learned(record, 'The ')}.",
        "![Confusion matrices on real video](figures/real-confusion.png)",
        _decided(record),
        "![Accuracy over the seen part of the sequences on real video](figures/real-early.png)",
        f"On average {_settling(record)}. The sequences have {record['steps']} steps on average.",
    ]


def _learned(record: dict[str, Any], the: str = "the ") -> str:
    lines = [
        f"{name}'s training accuracy goes from {percent(one['first'])} in the first pass to {percent(one['last'])} "
        f"in the last ({_range(one['epochs'])} passes)"
        for name, one in zip(("ConvNet", "LSTM"), (record["learning"][stage] for stage in STAGES))
    ]
    return f"{the}{lines[0]}, the {lines[1]}"


def _decided(record: dict[str, Any]) -> str:
    accuracy, mistakes = record["accuracy"], record["mistakes"]
    return (
        f"{record['count']} decisions on persons that training never saw: {percent(accuracy['voting'])} right by "
        f"voting, {percent(accuracy['lstm'])} by the LSTM. The commonest mistakes of voting: "
        f"{_said(mistakes['voting'])}. Of the LSTM: {_said(mistakes['lstm'])}."
    )


def _settling(record: dict[str, Any]) -> str:
    early, shares = record["early"], record["shares"]
    half = shares.index(50)
    curves = [
        f"{name} starts at {percent(early[way][0])} when {shares[0]} % of the steps are seen, stands at "
        f"{percent(early[way][half])} after half of them, and is within one point of its end for good after "
        f"{_settled(shares, early[way])} %"
        for way, name in (("voting", "voting"), ("lstm", "the LSTM"))
    ]
    return "; ".join(curves)


def _settled(shares: Sequence[int], curve: Sequence[float]) -> int:
    """From which share on the accuracy stays within a point of its end."""
    far = [n for n, value in enumerate(curve) if abs(value - curve[-1]) > 0.01 + 1e-9]
    return shares[far[-1] + 1 if far else 0]


def _said(mistakes: Sequence[Sequence[Any]]) -> str:
    return ", ".join(f"{truth} taken for {decision} ({count})" for truth, decision, count in mistakes) or "none"


def _listed(what: str, numbers: Sequence[int]) -> str:
    if len(numbers) == 1:
        return f"{what} {numbers[0]}"
    return f"{what}s {', '.join(map(str, numbers[:-1]))} and {numbers[-1]}"


def _range(ends: Sequence[int]) -> str:
    return str(ends[0]) if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"


def small(figure: Any) -> bytes:
    """A figure as a PNG of fewer shades."""
    large, result = io.BytesIO(), io.BytesIO()
    figure.savefig(large, format="png", metadata=drawing.UNDATED["png"])
    with Image.open(large) as picture:
        coarse = picture.convert("RGB").point(lambda value: min(255, round(value / SHADE) * SHADE))
    coarse.save(result, "PNG", optimize=True)
    return result.getvalue()


def draw(paths: Sequence[str]) -> None:
    """Draw the figures that these runs may show, write the record and the page."""
    rows, _ = runs.collect(paths)
    shown = [trained.load(row["run"]) for row in rows]
    if not shown:
        raise SeqdlError("none of these runs is finished")
    drawn = Gallery(shown)
    drawn.check(gallery.NAMES)
    rendered = shown[0].run.result["dataset"]["name"] == "actors"
    (DOCS / "figures").mkdir(exist_ok=True)
    numbers: list[dict[str, Any]] = []
    with drawing.style():
        for name in gallery.NAMES if rendered else WITHOUT_PEOPLE:
            figure, found = drawn.draw(name)
            numbers = found or numbers
            data = small(figure)
            if len(data) > LARGEST:
                raise SeqdlError(f"{name}.png has {len(data)} bytes, more than {LARGEST}")
            files.write_atomic(DOCS / "figures" / f"{'' if rendered else 'real-'}{name}.png", data)
    found = facts(shown, rows[0]["settings"], numbers)
    before = files.read_json(RECORD)
    real = before.get("real") if rendered else found
    record = (found if rendered else before) | ({"real": real} if real else {})
    files.write_json(RECORD, record)
    files.write_atomic(DOCS / "figures.md", page(record))


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", help="finished runs, or folders of them")
    args = parser.parse_args(argv)
    try:
        draw(args.runs)
    except SeqdlError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
