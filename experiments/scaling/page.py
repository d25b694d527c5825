"""The tables of docs/scaling.md, made of the record."""

from collections.abc import Iterable, Sequence
from statistics import median
from typing import Any

from experiments import cost as model
from experiments.cost import STAGES, Cost, Size
from experiments.scaling import data
from seqdl.presets import preset
from seqdl.reports.tables import Table, markdown

TITLES = {
    "prepare": "after preparing",
    "convnet": "after the ConvNet",
    "lstm": "after the LSTM",
    "report": "at the end",
}
MACHINES = {"laptop, 2 cores": 2, "64 cores": 64, "16 x 64 cores": 1024}
LIMIT = 500
"""The megabytes that no training is to need."""
PRESETS = ("paper", "best")


def blocks(record: dict[str, Any]) -> dict[str, str]:
    """What stands in each place of the document."""
    sizes = model.sizes(record)
    return {
        "measured": f"Videos: {_listed(sizes)}, of {data.FRAMES} frames each. Processor: {record['machine']['cpu']}.",
        "cost": _cost(record, sizes),
        "turns": _turns(record, sizes),
        "memory": _memory(record, sizes),
        "workers": _workers(record),
        "long": _long(record),
        **_plan(record),
    }


def _listed(sizes: Sequence[int]) -> str:
    return ", ".join(f"{size:,}" for size in sizes)


def _table(what: str, sizes: Iterable[int], rows: Iterable[Sequence[str]], *more: str) -> str:
    """A table with a column for each size."""
    return markdown(Table([what, *(f"{size:,} videos" for size in sizes), *more], list(rows)))


def _cost(record: dict[str, Any], sizes: list[int]) -> str:
    known = {size: model.trainings(record, size) for size in sizes}
    rows = []
    for stage, (title, unit, _) in STAGES.items():
        seconds = [model.unit_cost(known[size], stage) for size in sizes]
        spread = max(abs(value / median(seconds) - 1) for value in seconds)
        rows.append([f"{title}, {unit}", *_micro(seconds), f"{100 * spread:.1f} %"])
    runs = [
        ["trainings that were measured", *(str(len(known[size])) for size in sizes)],
        ["seconds of one beside these stages", *(f"{model.fixed(record, size):.1f}" for size in sizes)],
    ]
    return "\n\n".join([_table("microseconds", sizes, rows, "spread"), _table("whole trainings", sizes, runs)])


def _micro(seconds: Iterable[float]) -> list[str]:
    return [f"{1e6 * value:.4g}" for value in seconds]


def _turns(record: dict[str, Any], sizes: list[int]) -> str:
    rows = []
    for stage, found in record["turns"].items():
        title, unit, _ = STAGES[stage]
        seconds = [found[str(size)] for size in sizes]
        rows.append([f"{title}, {unit}", *_micro(seconds), f"{100 * (seconds[-1] / seconds[0] - 1):.1f} %"])
    whole = [model.per_frame(record, size) for size in sizes]
    more = [f"{100 * (value / whole[0] - 1):.1f} %" for value in whole[1:]]
    rows.append(["whole training and evaluation, a frame", *_micro(whole), more[-1]])
    rows.append([f"more than with {sizes[0]:,} videos", "", *more, ""])
    return _table("microseconds", sizes, rows, f"{sizes[-1]:,} against {sizes[0]:,}")


def _memory(record: dict[str, Any], sizes: list[int]) -> str:
    rows = []
    for stage, title in TITLES.items():
        peaks = [max(runs[0]["memory"][stage] for runs in model.measured(record, size)) for size in sizes]
        rows.append([title, *(f"{peak:.0f}" for peak in peaks)])
    units = [model.trainings(record, size)[0]["units"] for size in sizes]
    rows.append(["disk, prepared frames", *(f"{one['disk'] / 1e6:,.0f}" for one in units)])
    rows.append(["disk, features while the LSTM trains", *(f"{one['features'] / 1e6:,.1f}" for one in units)])
    most, (base, slope) = model.largest_peak(record, sizes[-1]), model.growth(record)
    said = (
        f"{sizes[-1]:,} videos need {most:.0f} MB, {sizes[0]:,} need {base:.0f} MB: {1e6 * slope:.0f} bytes more for "
        f"each further frame. By this rate {LIMIT} MB are reached at {(LIMIT - base) / slope / 1e6:.1f} million frames."
    )
    return f"{_table('MB', sizes, rows)}\n\n{said}"


def _workers(record: dict[str, Any]) -> str:
    rows = []
    for number, found in enumerate(record["workers"], 1):
        one, two = found["1"], found["2"]
        cells = [one["clock"], two["clock"], one["processor"], two["processor"]]
        rows.append([str(number), *(f"{value:.1f}" for value in cells), f"{one['clock'] / two['clock']:.2f}"])
    header = ["round", "one worker", "two workers", "processor, one", "processor, two", "times as fast"]
    said = (
        f"{record['draws']} draws on {record['videos']} videos: two workers are {model.speedup(record):.2f} times as "
        "fast as one (median of the rounds)."
    )
    return f"{markdown(Table(header, rows))}\n\n{said}"


def _long(record: dict[str, Any]) -> str:
    header = ["film", "frames", "frames a second on one core", "memory (MB)"]
    rows = [
        [name, f"{found['frames']:,}", f"{found['rate']:.0f}", f"{found['memory']:.0f}"]
        for name, found in record["long"].items()
    ]
    return markdown(Table(header, rows))


def _plan(record: dict[str, Any]) -> dict[str, str]:
    known = model.published()
    kth, others = [known.pop("kth1"), known.pop("kth2")], known.values()
    rows, complete = [], []
    for name in PRESETS:
        costs = [_price(record, size, chosen) for chosen in (name, "stip") for size in kth]
        rows.append(_plan_row(record, f"Table 1 (KTH), preset {name}", costs, kth))
        complete.append(f"{model.clock(record, costs, 2) / 3600:.1f} hours with preset {name}")
    for size in others:
        for name in PRESETS:
            rows.append(_plan_row(record, f"{size.title}, preset {name}", [_price(record, size, name)], [size]))
    header = ["dataset", "frames, millions", "runs", "core-hours", *MACHINES, "disk, GB", "memory, MB"]
    return {"plan": markdown(Table(header, rows)), "table1": f"Table 1 on two cores: {' and '.join(complete)}."}


def _price(record: dict[str, Any], size: Size, name: str) -> Cost:
    config = preset(name)
    return model.price(model.recorded(record, size, config), size, config)


def _plan_row(record: dict[str, Any], title: str, costs: list[Cost], sets: Iterable[Size]) -> list[str]:
    frames = [size.frames for size in sets]
    base, slope = model.growth(record)
    disk = sum(cost.disk for cost in costs) + 2 * max(cost.beside for cost in costs)
    hours = [sum(cost.seconds for cost in costs), *(model.clock(record, costs, cores) for cores in MACHINES.values())]
    return [
        title,
        f"{sum(frames) / 1e6:.2f}",
        str(sum(cost.runs for cost in costs)),
        *(f"{seconds / 3600:.2g}" if seconds < 36_000 else f"{seconds / 3600:,.0f}" for seconds in hours),
        f"{disk / 1e9:,.1f}",
        f"{base + slope * max(frames):,.0f}",
    ]
