"""The tables of docs/performance.md, made of the record; what is aimed at is in aims.json."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from experiments.script import Row
from seqdl.base import files
from seqdl.reports.tables import Table, markdown

STEP, FORWARD, SEQUENCE = "online step", "forward, one window", "92 windows of 100 frames"
LSTM = "LSTM, online step of 100 windows"
SINGLE = "single step, update on 100 frames"
ALGORITHMS = ("toom_cook", "direct")
AIMS = files.read_json(Path(__file__).with_name("aims.json"))
"""What was asked for: ``rows`` is a pattern of rows, of which the least counts; ``form`` says how it is written."""
ABSENT = "Not measured."
FORMS: dict[str, tuple[Callable[[float], float], str, bool]] = {
    "ratio": (lambda value: value, "{:.1f}", False),
    "share": (lambda value: value, "{:.0%}", False),
    "count": (lambda value: value, "{:,.0f}", False),
    "low share": (lambda value: value, "{:.1%}", True),
    "error": (lambda value: value, "{:.1e}", True),
    "inverse": (lambda value: 1 / value, "{:.2f}", True),
    "seconds": (lambda value: value / 1e3, "{:.2f}", True),
    "hours": (lambda value: value, "{:.2f}", True),
    "gain": (lambda value: value, "{:.2f}", False),
}
"""How a figure follows from what a row has, how it is written, and whether less is better."""


VECTORS = {16: "AVX-512", 8: "AVX2", 4: "128 bits"}
"""Vectors by how many numbers they hold. A figure of one kind has rows whose names begin with it."""
SMALL = 0.01
"""Parts below this share of their command are shown together."""


def blocks(record: Row) -> dict[str, str]:
    """What stands in each place of the document; a record may lack some parts."""
    rows, machine = record["rows"], record["machine"]
    versions = ", ".join(f"{name} {value}" for name, value in machine.items() if name not in ("cpu", "lanes"))
    made = {
        "machine": f"Machine: {machine['cpu']}, vectors of {machine['lanes']} numbers; {versions}.",
        "asked": _asked(record),
        **dict.fromkeys(("step", "peak", "kernels", "convolutions", "errors", "reading", "lstm", "contrast"), ABSENT),
        "video": _others(rows, ("video",)),
        "starting": _others(rows, ("start-up", "training")),
    }
    made |= dict.fromkeys(("single-step", "single-step-errors", "live"), ABSENT) | _single_step(record)
    made |= dict.fromkeys(("journeys", "journey-speeds"), ABSENT) | _journeys(record)
    if "live" in record:
        made["live"] = f"{_machine(record['live'])}\n\n{_others(record['live']['rows'], ('live',))}"
    if "peak_gflops" in record:
        contrast = sorted({row["name"].partition(": ")[0] for row in rows if row["name"].startswith("contrast")})
        made |= {
            "step": _race(rows, [f"{STEP}, {name}" for name in ALGORITHMS]),
            "peak": _peak(record),
            "kernels": _kernels(rows),
            "convolutions": _convolutions(rows),
            "errors": _errors(record),
            "reading": _race(rows, [f"{title}, {name}" for title in (FORWARD, SEQUENCE) for name in ALGORITHMS]),
            "lstm": _race(rows, [LSTM, f"{LSTM}, forget gate"]),
            "contrast": _race(rows, contrast),
        }
    return made


def figures(record: Row) -> list[tuple[str, str, str, float | None, str]]:
    """What was asked for: figure, at least, goal, what was reached (None where it was not measured), and its form."""
    errors = record.get("errors", {})
    rows = record["rows"] + [{"name": f"error, {name}", "error": error} for name, error in errors.items()]
    rows += [row for name in ("single_step", "live") for row in record.get(name, {}).get("rows", [])]
    rows += [row | {"name": f"{kind}: {row['name']}"} for kind, some in _by_vectors(record) for row in some]
    found = []
    for aim in AIMS:
        convert, form, goal = FORMS[aim["form"]][0], aim["form"], aim["goal"]
        values = [row[aim["key"]] for row in rows if re.fullmatch(aim["rows"], row["name"]) and row.get(aim["key"])]
        if form == "error" and "PyTorch float32" in errors:
            goal = f"{errors['PyTorch float32']:.1e} (PyTorch)"
        found.append((aim["figure"], aim["least"], goal, convert(min(values)) if values else None, form))
    return found


def _by_vectors(record: Row) -> list[tuple[str, list[Row]]]:
    """The rows that belong to a processor's kind, by the kind."""
    race = [(record.get("machine", {}).get("lanes"), record["rows"])]
    journeys = [(int(lanes), found["rows"]) for lanes, found in record.get("journeys", {}).items()]
    return [(VECTORS[lanes], rows) for lanes, rows in race + journeys if lanes in VECTORS]


def _asked(record: Row) -> str:
    lines = []
    for aim, (figure, least, goal, reached, form) in zip(AIMS, figures(record), strict=True):
        first = aim.get("start", "")
        if reached is None:
            lines.append([figure, first, least, goal, "not measured", ""])
            continue
        _, text, low = FORMS[form]
        limits = [_number(limit) for limit in (least, goal)]
        met = [limit is not None and (reached <= limit if low else reached >= limit) for limit in limits]
        verdict = "goal reached" if met[1] else "reached" if met[0] else "**not reached**" if any(limits) else ""
        lines.append([figure, first, least, goal, text.format(reached), verdict])
    return markdown(Table(["figure", "before", "at least (most)", "goal", "here", ""], lines))


def _journeys(record: Row) -> dict[str, str]:
    """What users wait for, on each kind of processor: each command with its parts, then what is told by the second."""
    commands, speeds = [], []
    for found in sorted(record.get("journeys", {}).values(), key=lambda one: -one["machine"]["lanes"]):
        known = {row["name"] for row in found["rows"]}
        paced = [row for row in found["rows"] if "per_second" in row]
        whole = [row for row in found["rows"] if row not in paced and _command(row["name"]) not in known]
        lines = [line for row in whole for line in _command_lines(row, found["rows"])]
        header = ["", "seconds", "limit", "one before", "at first"]
        if lines:
            commands.append(f"{_machine(found)} {_commits(found['rows'])}\n\n{markdown(Table(header, lines))}")
        header = ["", "frames a second", "limit", "one before", "at first"]
        keys = ("ours_ms", "limit_ms", "before_ms", "first_ms")
        lines = [[row["name"], *(f"{1e3 / row[key]:,.0f}" if row.get(key) else "" for key in keys)] for row in paced]
        if lines:
            speeds.append(f"{_machine(found)} {_commits(paced)}\n\n{markdown(Table(header, lines))}")
    made = {"journeys": "\n\n".join(commands), "journey-speeds": "\n\n".join(speeds)}
    return {name: text for name, text in made.items() if text}


def _commits(rows: list[Row]) -> str:
    """The commits at which rows were measured."""
    said = {"commit": "Measured at", "before_commit": "one before at", "first_commit": "at first at"}
    known = {text: sorted({row[key] for row in rows if row.get(key)}) for key, text in said.items()}
    return "; ".join(f"{text} {', '.join(commits)}" for text, commits in known.items() if commits) + "."


def _command(name: str) -> str:
    return name.partition(": ")[0] if ": " in name else ""


def _command_lines(whole: Row, rows: list[Row]) -> list[list[str]]:
    """A command in bold, its larger parts, then the smaller ones together."""
    keys = ("ours_ms", "limit_ms", "before_ms", "first_ms")
    parts = [row for row in rows if _command(row["name"]) == whole["name"]]
    most = max(whole[key] for key in keys if whole.get(key))
    small = [part for part in parts if max(part.get(key, 0) for key in ("ours_ms", "first_ms")) < SMALL * most]
    lines = [[f"**{whole['name']}**", *_seconds(whole, keys)]]
    lines += [[_part(part), *_seconds(part, keys)] for part in parts if part not in small]
    if small:
        together = {key: sum(part.get(key, 0.0) for part in small) for key in keys}
        lines.append([f"{len(small)} smaller ones", *_seconds(together, keys)])
    return lines


def _part(row: Row) -> str:
    return row["name"].partition(": ")[2]


def _seconds(row: Row, keys: Sequence[str]) -> list[str]:
    return ["" if row.get(key) is None or (key != "ours_ms" and not row[key]) else _s(row[key] / 1e3) for key in keys]


def _s(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2g}"


def _number(text: str) -> float | None:
    word = text.replace(",", "").split(" ")[0]
    try:
        return float(word) / (100 if text.endswith("%") else 1)
    except ValueError:
        return None


def _ms(value: float) -> str:
    return f"{value:.4f}" if value < 0.1 else f"{value:.3f}" if value < 10 else f"{value:.1f}"


def _race(rows: list[Row], titles: Sequence[str]) -> str:
    lines = []
    for title in titles:
        for row in rows:
            if row["name"].startswith(f"{title}: ") and row["ratio"] is not None:
                peer = row["name"].removeprefix(f"{title}: ")
                times = (_ms(row["ours_ms"]), _ms(row["peer_ms"]))
                lines.append([title, peer, *times, f"{row['ratio']:.2f}", f"{row['p5_ratio']:.2f}", str(row["rounds"])])
    return markdown(Table(["ours", "peer", "ours, ms", "peer, ms", "ratio", "19 of 20", "rounds"], lines))


def _peak(record: Row) -> str:
    by_name = {row["name"]: row for row in record["rows"]}
    work = {name: by_name[name]["multiply_adds"] / 1e6 for name in (f"{STEP}, direct", f"{FORWARD}, direct")}
    step, forward = work.values()
    peak, lanes = record["peak_gflops"], record["machine"]["lanes"]
    lines = [
        ["peak, billion operations a second", f"{peak:.0f}"],
        [f"the same in billion vectors of {lanes} numbers, each multiplied and added", f"{peak / 2 / lanes:.1f}"],
        ["online step, million multiply-adds", f"{step:.2f}"],
    ]
    for name in ("C1", "C2", "C3"):
        both = (by_name[f"kernel, direct: {name}{way}"]["multiply_adds"] / 1e6 for way in ("", " backward"))
        lines.append([f"of these {name}", f"{sum(both):.2f}"])
    lines += [
        ["forward alone, million multiply-adds", f"{forward:.2f}"],
        ["least time of a direct step at this peak, ms", f"{2 * step / peak:.3f}"],
    ]
    return markdown(Table(["what", "here"], lines))


def _kernels(rows: list[Row]) -> str:
    by_name = {row["name"]: row for row in rows}
    start = "kernel, direct: "
    names = [row["name"].removeprefix(start) for row in rows if row["name"].startswith(start)]
    titles = {f"kernel, {{}}: {name}": name for name in names}
    titles |= {"outside the kernels, {}": "outside the kernels", f"{STEP}, {{}}": "**whole step**"}
    lines = []
    for pattern, title in titles.items():
        pair = [by_name[pattern.format(algorithm)] for algorithm in ("direct", "toom_cook")]
        credit = f"{pair[0]['multiply_adds'] / 1e6:.2f}" if "multiply_adds" in pair[0] else ""
        cells = []
        for row in pair:
            cells += [f"{1e3 * row['ours_ms']:.1f}", f"{row['share_of_peak']:.0%}" if "share_of_peak" in row else ""]
        lines.append([title, credit, *cells])
    header = ["kernel", "million multiply-adds", "direct, µs", "of the peak", "Toom-Cook, µs", "of the peak"]
    return markdown(Table(header, lines))


def _convolutions(rows: list[Row]) -> str:
    """Of the kernels' time the share that goes into convolutions, and the rest."""
    rest = []
    for algorithm in ("direct", "toom_cook"):
        every = [row for row in rows if row["name"].startswith(f"kernel, {algorithm}: ")]
        outside = sum(row["ours_ms"] for row in every if "multiply_adds" not in row)
        rest.append(outside / sum(row["ours_ms"] for row in every))
    lines = [
        ["in the three convolutions", *(f"{1 - share:.0%}" for share in rest)],
        ["outside them", *(f"{share:.0%}" for share in rest)],
    ]
    return markdown(Table(["share of the kernels' time", "direct", "Toom-Cook"], lines))


def _errors(record: Row) -> str:
    lines = [[name, f"{error:.1e}"] for name, error in record["errors"].items()]
    return markdown(Table(["form, in float32", "worst error"], lines))


def _single_step(record: Row) -> dict[str, str]:
    """The race of the single step, on a machine of its own, and its errors."""
    if "single_step" not in record:
        return {}
    found = record["single_step"]
    alone = [[row["name"], _ms(row["ours_ms"])] for row in found["rows"] if row["ratio"] is None]
    tables = [markdown(Table(["ours alone", "median, ms"], alone)), _race(found["rows"], [SINGLE])]
    lines = [[name, f"{min(each):.1e} to {max(each):.1e}"] for name, each in found["errors"].items()]
    errors = markdown(Table(["form, in float32", "error of the whole gradient"], lines))
    return {"single-step": "\n\n".join([_machine(found), *tables]), "single-step-errors": errors}


def _machine(found: Row) -> str:
    return f"Machine: {found['machine']['cpu']}, vectors of {found['machine']['lanes']} numbers."


def _others(rows: list[Row], prefixes: tuple[str, ...]) -> str:
    lines = []
    for row in rows:
        if row["name"].startswith(prefixes):
            more = [f"{row['per_second']:,.0f} a second"] if "per_second" in row else []
            more += [f"{row['share']:.0%} of all stages"] if "share" in row else []
            more += [f"{row['real_time']:.0f} times real time"] if "real_time" in row else []
            more += [f"peak memory {row['peak_megabytes']:.0f} MB"] if "peak_megabytes" in row else []
            more += [f"imageio: {_ms(row['peer_ms'])} ms"] if row["name"] == "video: reading" else []
            lines.append([row["name"], _ms(row["ours_ms"]), str(row["rounds"]), ", ".join(more)])
    return markdown(Table(["what", "median, ms", "rounds", ""], lines)) if lines else ABSENT
