"""Draw docs/figures/*.png from finished runs, and fill in the tables of docs/figures.md from the same runs.

python -m experiments.figures RUNS...     such as the folder of seqdl crossval --draws 5
python -m experiments.figures --again     the tables once more, from figures.json

Runs on the embedded dataset give all figures; runs on real video give the page's last part, with those figures that
show nobody: pictures of real people do not travel with the project. What the tables say is kept in figures.json; what
other runs gave stays there.
"""

import argparse
import io
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from experiments import fill, script
from seqdl.base import drawing, files
from seqdl.errors import SeqdlError, UsageError
from seqdl.reports import gallery, maps, runs, trained
from seqdl.reports.gallery import Gallery
from seqdl.reports.tables import Table, markdown, percent
from seqdl.reports.trained import Trained
from seqdl.runs.codec import encode
from seqdl.runs.folder import RunFolder
from seqdl.runs.result import Score, pooled

RECORD = script.EXPERIMENTS / "figures.json"
PAGE, FIGURES = script.DOCS / "figures.md", script.DOCS / "figures"
LARGEST = 150_000
SHADE = 4
"""Shades of a picture are stored in such steps of 256: nobody sees it, and the file is smaller."""
STAGES = {"convnet": "ConvNet", "lstm": "LSTM"}
WAYS = {"voting": "voting", "lstm": "LSTM"}
WITHOUT_PEOPLE = ("kernels", "learning", "confusion", "early")
"""What real video is shown by; the files' names begin with ``real-``."""


def facts(shown: Sequence[Trained], settings: Sequence[str], early: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What the page says of the runs, in plain values."""
    first, results = shown[0], [one.run.result for one in shown]
    weights = trained.convnet_of(first.recogniser).parameters["C1.weight"][:, 0]
    name = gallery.telling(results[0].sequences)
    sequence = next(one for one in results[0].sequences if one.name == name)
    count = sum(one["count"] for one in early)
    both = {way: pooled(results, way) for way in WAYS}
    said = encode(sequence) | sequence.decisions
    return {
        "runs": len(shown),
        "dataset": results[0].dataset.name,
        "variant": results[0].dataset.variant,
        "settings": list(settings),
        "trained": len(results[0].split.train_persons),
        "tested": len(results[0].split.test_persons),
        "count": count,
        "steps": round(sum(one["steps"] for one in early) / count),
        "parameters": results[0].stages["convnet"].parameters,
        "change": [round(maps.change(kernel), 3) for kernel in weights],
        "frames": weights.shape[1],
        "sequence": {k: said[k] for k in ("name", "label", "voting", "lstm", "probability", "steps")},
        "learning": {stage: _learning(shown, stage) for stage in STAGES},
        "accuracy": {way: both[way].accuracy for way in WAYS},
        "mistakes": {way: _mistakes(results[0].dataset.classes, both[way]) for way in WAYS},
        "early": {way: (np.sum([one[way] for one in early], axis=0) / count).tolist() for way in WAYS},
        "shares": early[0]["shares"],
    }


def _learning(shown: Sequence[Trained], stage: str) -> dict[str, Any]:
    logs = [[epoch for epoch in one.run.log if epoch.stage == stage] for one in shown]
    ends = [float(np.mean([log[place].accuracy for log in logs])) for place in (0, -1)]
    return {"epochs": [min(map(len, logs)), max(map(len, logs))], "first": ends[0], "last": ends[1]}


def _mistakes(classes: Sequence[str], score: Score) -> list[list[Any]]:
    """The three commonest, as truth, decision and how often."""
    wrong = [(int(n), r, c) for (r, c), n in np.ndenumerate(score.confusion) if r != c and n]
    return [[classes[r], classes[c], n] for n, r, c in sorted(wrong, key=lambda w: (-w[0], w[1:]))[:3]]


def blocks(record: dict[str, Any]) -> dict[str, str]:
    """What stands in each place of docs/figures.md: of the embedded dataset, and of real video."""
    made = {**_blocks(record), "sequence": _sequence(record["sequence"])}
    real = _blocks(record["real"]) if "real" in record else dict.fromkeys(_blocks(record), "Not drawn yet.")
    return made | {f"real-{name}": block for name, block in real.items()}


def _blocks(record: dict[str, Any]) -> dict[str, str]:
    draws = f"{record['runs']} random draws" if record["runs"] > 1 else "one random draw"
    chosen = " ".join(record["settings"]) or "the default settings"
    return {
        "runs": f"Dataset `{record['dataset']}` ({record['variant']}), {record['trained']} persons train and "
        f"{record['tested']} test; {draws}; {chosen}.",
        "kernels": _kernels(record),
        "learning": _learned(record),
        "decided": _decided(record),
        "early": _early(record),
    }


def _kernels(record: dict[str, Any]) -> str:
    """What the kernels of C1 answer to."""
    noise, change = 1 - 1 / record["frames"], record["change"]
    moving = [str(m) for m, share in enumerate(change, 1) if share > noise + 0.05]
    still = [str(m) for m, share in enumerate(change, 1) if share < noise - 0.05]
    row = ["change", *(f"{share:.0%}" for share in change), f"{noise:.0%}"]
    more = (
        f"maps {', '.join(moving)} change more than noise does" if moving else "no kernel changes more than noise does"
    )
    less = f"maps {', '.join(still)} change less" if still else "none changes less"
    table = Table(["map", *(str(m) for m in range(1, len(change) + 1)), "noise"], [row])
    return f"{markdown(table)}\n\nBy more than 5 points: {more}; {less}."


def _sequence(one: dict[str, Any]) -> str:
    row = [one["name"], str(one["steps"]), one["label"], one["voting"], one["lstm"], percent(one["probability"])]
    return markdown(Table(["sequence", "windows", "truth", "voting", "LSTM", "its probability"], [row]))


def _learned(record: dict[str, Any]) -> str:
    rows = []
    for stage, name in STAGES.items():
        one = record["learning"][stage]
        passes = " to ".join(map(str, sorted(set(one["epochs"]))))
        rows.append([name, percent(one["first"]), percent(one["last"]), passes])
    return markdown(Table(["training accuracy", "first pass", "last pass", "passes"], rows))


def _decided(record: dict[str, Any]) -> str:
    rows = []
    for way, name in WAYS.items():
        wrong = ", ".join(f"{truth} taken for {said} ({count})" for truth, said, count in record["mistakes"][way])
        rows.append([name, str(record["count"]), percent(record["accuracy"][way]), wrong or "none"])
    return markdown(Table(["decisions by", "how many", "right", "commonest mistakes"], rows))


def _early(record: dict[str, Any]) -> str:
    """How right decisions are when a part of the sequence is seen, and from where on they stay near their end."""
    shares, rows = record["shares"], []
    for way, name in WAYS.items():
        curve = record["early"][way]
        settled = f"{_settled(shares, curve)} % of the steps"
        rows.append([name, percent(curve[0]), percent(curve[shares.index(50)]), settled])
    header = ["right by", f"after {shares[0]} % of the steps", "after half", "within a point of the end after"]
    return f"{markdown(Table(header, rows))}\n\nA sequence has {record['steps']} steps on average."


def _settled(shares: Sequence[int], curve: Sequence[float]) -> int:
    """From which share on the accuracy stays within a point of its end."""
    far = [n for n, value in enumerate(curve) if abs(value - curve[-1]) > 0.01 + 1e-9]
    return shares[far[-1] + 1 if far else 0]


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
    shown = [trained.open_trained(RunFolder(Path(row.run))) for row in rows]
    if not shown:
        raise SeqdlError("none of these runs is finished")
    drawn = Gallery(shown)
    drawn.check(gallery.NAMES)
    rendered = shown[0].run.result.dataset.name == "actors"
    FIGURES.mkdir(exist_ok=True)
    numbers: list[dict[str, Any]] = []
    with drawing.style():
        for name in gallery.NAMES if rendered else WITHOUT_PEOPLE:
            figure, found = drawn.draw(name)
            numbers = found or numbers
            data = small(figure)
            if len(data) > LARGEST:
                raise SeqdlError(f"{name}.png has {len(data)} bytes, more than {LARGEST}")
            files.write_atomic(FIGURES / f"{'' if rendered else 'real-'}{name}.png", data)
    found = facts(shown, rows[0].settings, numbers)
    before = files.read_json(RECORD)
    real = before.get("real") if rendered else found
    record = (found if rendered else before) | ({"real": real} if real else {})
    files.write_json(RECORD, record)
    fill.write(PAGE, blocks(record))


def work(args: argparse.Namespace) -> int:
    """Draw, or only fill in the tables."""
    if args.again:
        fill.write(PAGE, blocks(files.read_json(RECORD)))
    elif not args.runs:
        raise UsageError("name finished runs, or folders of them")
    else:
        draw(args.runs)
    return 0


main = script.command(
    "figures",
    "Draw the figures of docs/figures.md from finished runs, and fill in its tables.",
    work,
    script.option("runs", nargs="*", metavar="RUN", help="finished runs, or folders of them"),
    script.flag("--again", "fill in the tables from the record, draw nothing"),
)

if __name__ == "__main__":
    sys.exit(main())
