"""What a user waits for: whole commands, each in processes of its own, split into parts beside what limits each part.

Seconds are the processor's, of a command and of all that it starts, so that other work on the machine adds little; the
split is that of :mod:`experiments.speed.parts`. A row's ``ours_ms`` is such a part, ``limit_ms`` its limit
(:mod:`experiments.speed.limits`). KTH and Weizmann are looked for in a folder that holds both; what is not there is
left out.
"""

import itertools
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import seqdl
from experiments import cost, script
from experiments.scaling import data
from experiments.script import Row, in_turn, row
from experiments.speed import limits, parts, video
from experiments.speed.limits import Limits, Work
from seqdl import presets
from seqdl.base import cli
from seqdl.config import Config
from seqdl.model import several
from seqdl.runs.result import Result
from seqdl.video import evidence
from seqdl.video.reader import Reader

SECONDS, RATE, FURTHER = 10, 25, 20
"""The clip's length, its frames a second, and how many more of it make many."""
CORES = {1: "one core", 2: "two cores, on the clock"}
SHORT = ("--set=convnet.epochs=1", "--set=lstm.epochs=1")
KTH = ("kth1", "kth2")
Words = Sequence[str | Path]


class Place(NamedTuple):
    """Where everything is kept: a folder that goes away again, the 10 s clip in it, and the datasets or None.

    With it goes how often what has begun is measured.
    """

    rounds: int
    folder: Path
    clip: Path
    kth: Path | None
    weizmann: Path | None

    def caches(self, name: str) -> dict[str, str]:
        """Cache folders of that name; whoever begins has a new one."""
        return {"SEQDL_CACHE": f"{self.folder / name}", "NUMBA_CACHE_DIR": f"{self.folder / name / 'compiled'}"}


@contextmanager
def place(root: Path | None, rounds: int) -> Iterator[Place]:
    """Make the folder and the clip: of a video of KTH where there is one, else of drawn figures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        found = {part: root / part if root and (root / part).is_dir() else None for part in ("kth", "weizmann")}
        clip = folder / "clip.avi"
        with video.clips(root) as paths, Reader(paths[0]) as reader:
            video.write_clip(clip, itertools.islice(itertools.cycle([*reader]), SECONDS * RATE))
        yield Place(rounds, folder, clip, **found)


def journey(name: str, split: parts.Split, limit: Mapping[str, float]) -> list[Row]:
    """A row of a whole command, then one of each part; the limit of the whole is that of all its parts."""
    least = sum(limit.get(part, 0.0) for part in split.parts)
    whole = row(name, [split.processor], limit_ms=1e3 * least, clock_ms=1e3 * split.clock)
    return [whole, *part_rows(name, split.parts, limit)]


def part_rows(name: str, seconds: Mapping[str, float], limit: Mapping[str, float]) -> list[Row]:
    """A row of each part; a limit only where it has one."""
    known = {part: {"limit_ms": 1e3 * limit[part]} if limit.get(part) else {} for part in seconds}
    return [row(f"{name}: {part}", [taken], **known[part]) for part, taken in seconds.items()]


def trained(result: Result, config: Config, **more: Any) -> Work:
    """What a finished training had to do with its networks."""
    about, passes = result.dataset, {name: stage.epochs for name, stage in result.stages.items()}
    tested = sum(sequence.steps for sequence in result.sequences)
    learned = about.frames - (config.convnet.frames - 1) * about.sequences - tested
    return Work(
        updates=result.stages["convnet"].updates,
        windows=tested + learned * cost.copies(config),
        steps=passes["lstm"] * learned,
        **more,
    )


def training(here: Limits, at: Place) -> list[Row]:
    """``seqdl train`` first of all, then with another number of classes; compiled code is kept between."""
    out, caches = at.folder / "first", at.caches("train")
    split = parts.watched(["-m", "seqdl.train", "--out", out], caches)
    run = seqdl.open_run(out)
    work = trained(run.result, run.config, processes=split.processes, stored=script.disk(Path(caches["SEQDL_CACHE"])))
    classes = len(run.result.dataset.classes)
    rows = journey("train, first time", split, limits.seconds(here, work, run.config, classes))
    videos, out = data.write(at.folder, data.BASE), at.folder / "second"
    words = ["--dataset", "folder", "--data-dir", videos, "--protocol", "leave-one-person-out", "--out", out, *SHORT]
    split = parts.watched(["-m", "seqdl.train", *words], caches)
    run = seqdl.open_run(out)
    frames, decode = limits.decoding(videos.rglob("*.avi"))
    work = trained(run.result, run.config, processes=split.processes, frames=frames, decode=decode)
    limit = limits.seconds(here, work, run.config, len(run.result.dataset.classes))
    return [*rows, *journey("train, one pass, other number of classes", split, limit)]


def predicting(here: Limits, at: Place) -> list[Row]:
    """``predict`` on one clip, cold and warm; then what each further clip takes on one core and on two."""
    frames = SECONDS * RATE
    limit = limits.seconds(here, Work(frames=frames, decode=frames * clip_decoding(at), windows=frames - 8), Config())
    caches = at.caches("predict")
    rows = []
    for name in ("cold", "warm"):
        split = parts.watched(["-m", "seqdl", "predict", at.clip], caches)
        rows += journey(f"predict, 10 s, {name}", split, limit)
    many = copies(at, FURTHER + 1)
    split = parts.watched(["-m", "seqdl", "predict", *many], caches)
    times = {name: seconds * len(many) if name not in FIXED else seconds for name, seconds in limit.items()}
    rows += journey(f"predict, {len(many)} clips of 10 s, warm", split, times)
    command, name = ("-m", "seqdl", "predict"), f"predict, further clips of {SECONDS} s"
    script.process([*command, *copies(at, evidence.WORTH // frames + 1)], caches)  # compiles the box, too
    enough = several.MUCH // at.clip.stat().st_size + 1  # from which on a process for each core works
    for cores, fewer, more in ((1, 2, 5 * FURTHER), (2, enough, 2 * enough)):
        rows += further(name, command, copies(at, fewer), copies(at, more), frames, caches, at.rounds, cores)
    return rows


FIXED = (parts.BEGINNING, parts.IMPORTS)
"""Parts that a process has once, however much it does."""


def finding(here: Limits, at: Place) -> list[Row]:
    """Interest points with both descriptors: what each further clip takes, reading it twice."""
    some, caches = copies(at, 4), at.caches("predict")
    command = ("-m", "seqdl", "stip", "--out", at.folder / "points")
    script.process([*command, *some[:2]], caches)  # compiles
    rows = further("interest points, HOG and HOF", command, some[:2], some, SECONDS * RATE, caches, at.rounds, 1)
    least = 1e3 * limits.harris(160 * 120) / here.products
    return [one | {"limit_ms": least} for one in rows]


def copies(at: Place, count: int) -> list[Path]:
    """The clip under so many names."""
    many = [at.folder / "many" / f"{number}.avi" for number in range(count)]
    many[0].parent.mkdir(exist_ok=True)
    for path in many:
        if not path.exists():
            os.link(at.clip, path)
    return many


def further(
    name: str, command: Words, fewer: Words, more: Words, frames: int, caches: dict[str, str], rounds: int, cores: int
) -> list[Row]:
    """What a frame takes where everything has begun: the difference of commands with more clips and with fewer.

    With one core those are seconds of the processor, as on the clock of a machine with nothing else to do; with more of
    them seconds on the clock, which others on the machine lengthen. Of each command the best round counts.
    """

    def take(some: Words) -> float:
        with parts.on_cores(cores):
            used = script.process([*command, *some], caches)
        return used.processor if cores == 1 else used.clock

    works = {len(some): partial(take, some) for some in (fewer, more)}
    best = {count: min(seconds) for count, seconds in in_turn(works, rounds, 0).items()}
    seconds = (best[len(more)] - best[len(fewer)]) / ((len(more) - len(fewer)) * frames)
    if seconds <= 0:
        cli.say(f"{name}, {CORES[cores]}, is left out: the machine is too busy, or there are too few rounds")
        return []
    return [row(f"{name}: {CORES[cores]}", [seconds], per_second=1 / seconds)]


def preparing(here: Limits, at: Place) -> list[Row]:
    """``prepare kth`` on the videos that are there; of both variants the whole set's seconds, by its frames."""
    if at.kth is None:
        return left_out("preparing KTH", "kth")
    caches, rows = at.caches("predict"), []
    paths = sorted(at.kth.glob("*/*"))
    there, decode = limits.decoding(paths)
    for variant in KTH:
        words = ["kth", "--data-dir", at.kth, "--variant", variant, "--workers", "1", "--check", "part", "--json"]
        shutil.rmtree(at.folder / "predict" / "frames", ignore_errors=True)
        answer = at.folder / f"{variant}.json"
        split = parts.watched(["-m", "seqdl", "prepare", *words], caches, answer)
        made = json.loads(answer.read_text())
        whole = cost.published()[variant].frames
        share = made["frames"] / whole
        work = Work(split.processes, made["frames"], decode=decode * made["frames"] / there, stored=made["bytes"])
        limit = limits.seconds(here, work, Config())
        name = f"prepare {variant}, {made['frames']:,} of {whole:,} frames"
        rows += journey(name, split, limit)
        grows = {part: taken for part, taken in split.parts.items() if part not in (*ONCE, parts.ENDING)}
        taken = sum(grows.values()) / share + split.processor - sum(grows.values())
        rows.append(row(f"prepare {variant}, all {whole:,} frames (extrapolated)", [taken]))
    return rows


ONCE = (*FIXED, parts.COMPILING, parts.FETCHING)
"""What does not grow with the number of frames."""


def left_out(name: str, what: str) -> list[Row]:
    """Say what cannot be measured here."""
    cli.say(f"{name} is left out: there is no folder {what} where --data-root or SEQDL_TEST_DATA looks")
    return []


def table1(here: Limits, at: Place) -> list[Row]:
    """Table 1 as its dry run predicts it, all five draws of both sets, from a sample of each kind of video at hand."""
    samples: dict[str, Path | None] = {"drawn figures": None}
    if at.kth is None:
        left_out("Table 1 by KTH's videos", "kth")
    else:
        samples["KTH's videos"] = at.kth
    return [line for kind, videos in samples.items() for line in dry_run(here, at, f"Table 1 by {kind}", videos)]


def dry_run(here: Limits, at: Place, name: str, videos: Path | None) -> list[Row]:
    """A dry run of Table 1 with a sample of some videos, its rates taken by the frames of the whole sets."""
    with tempfile.TemporaryDirectory(dir=at.folder) as folder:
        words = ["-m", "experiments.table1", "--dry-run", "--keep", "--records", folder, "--out", Path(folder, "runs")]
        script.process([*words, *(["--data-dir", videos] if videos else [])], at.caches("predict"))
        [kept] = Path(folder).glob("cost-*.json")
        dry = json.loads(kept.read_text())
    frame = clip_decoding(at) if videos else 0.0
    rows, whole = [], 0.0
    for title, recipe in (("ConvNet and LSTM", dry["preset"]), ("interest points and LSTM", "stip")):
        chosen = [group for group in dry["groups"] if group["name"].endswith(f"-{recipe}")]
        taken, least = predicted(chosen, here, frame, recipe)
        total = sum(taken.values())
        whole += total
        whole_limit = 1e3 * sum(least.values())
        rows += [row(f"{name}, {title}", [total], limit_ms=whole_limit), *part_rows(f"{name}, {title}", taken, least)]
    return [*rows, row(f"{name}, both models", [whole], hours_on_two_cores=whole / 7200)]


def clip_decoding(at: Place) -> float:
    """Seconds in which a frame of the clip is decoded."""
    frames, seconds = limits.decoding([at.clip] * FURTHER)
    return seconds / frames


def predicted(
    chosen: Sequence[Mapping[str, Any]], here: Limits, decode: float, recipe: str
) -> tuple[dict[str, float], dict[str, float]]:
    """Seconds by stage of some groups of a dry run, and their limits."""
    config = presets.preset(recipe)
    update, window, learned, read = limits.networks(config, 6)
    taken: dict[str, float] = dict.fromkeys(STAGES, 0.0)
    least: dict[str, float] = dict.fromkeys(STAGES, 0.0)
    for group in chosen:
        [variant] = [variant for variant in KTH if variant in group["name"]]
        rates, runs, size = group["rates"], group["runs"], cost.published()[variant]
        train, tested = size.frames * size.train, size.frames * (1 - size.train)
        frames = {"ConvNet, learning": config.convnet.epochs * train, "LSTM, learning": config.lstm.epochs * train}
        frames |= {"describing": train, "deciding": tested}
        for stage, rate in (("ConvNet, learning", "update"), *((name, STAGES[name]) for name in LATER)):
            taken[stage] += runs * frames[stage] * rates[rate]
        taken["preparing"] += rates["prepare"] * size.frames
        taken["starting"] += runs * rates["start"]
        least["starting"] += runs * (here.begin + here.libraries)
        least["preparing"] += size.frames * decode
        least["LSTM, learning"] += runs * frames["LSTM, learning"] * learned / here.products
        if recipe == "stip":
            least["preparing"] += size.frames * limits.harris(size.pixels) / here.products
            continue
        updates = frames["ConvNet, learning"] / config.convnet.window_step
        least["ConvNet, learning"] += runs * updates * update / here.products
        least["describing"] += runs * train * cost.copies(config) * window / here.products
        least["deciding"] += runs * tested * (window + read) / here.products
    return {name: seconds for name, seconds in taken.items() if seconds}, least


LATER = ("describing", "LSTM, learning", "deciding")
STAGES = {
    "preparing": "prepare",
    "ConvNet, learning": "update",
    "describing": "describe",
    "LSTM, learning": "learn",
    "deciding": "decide",
    "starting": "start",
}
"""The stages of Table 1's runs and the rates of a dry run that they go by."""


def crossing(here: Limits, at: Place) -> list[Row]:
    """``crossval`` on Weizmann, one person left out; compiled code is there where training came before."""
    if at.weizmann is None:
        return left_out("crossval on Weizmann", "weizmann")
    out, caches = at.folder / "crossval", at.caches("train")
    words = ["--dataset", "weizmann", "--data-dir", at.weizmann, "--protocol", "leave-one-person-out", "--out", out]
    split = parts.watched(["-m", "seqdl.crossval", *words], caches)
    runs = [seqdl.open_run(path.parent) for path in sorted(out.glob("*/result.json"))]
    frames, decode = limits.decoding(at.weizmann.glob("*.avi"))
    each = [trained(run.result, run.config) for run in runs]
    updates, windows, steps = (sum(getattr(one, key) for one in each) for key in ("updates", "windows", "steps"))
    config, pixels = runs[0].config, 180 * 144
    work = Work(split.processes, frames, pixels, decode, False, updates, windows, steps)
    limit = limits.seconds(here, work, config, len(runs[0].result.dataset.classes))
    return journey(f"crossval on Weizmann, {len(runs)} runs", split, limit)


JOURNEYS: dict[str, Callable[[Limits, Place], list[Row]]] = {
    "train": training,
    "predict": predicting,
    "points": finding,
    "prepare": preparing,
    "table1": table1,
    "crossval": crossing,
}

ORDER = ("train", "predict", "interest", "prepare kth1", "prepare kth2", "Table 1", "crossval")
"""How the names of their rows begin."""


def measure(root: Path | None, rounds: int, chosen: Sequence[str], commit: str) -> dict[str, Any]:
    """Rows of some journeys at a commit, and the limits of this machine; ``root`` holds ``kth`` and ``weizmann``."""
    here = limits.measure()
    with place(root, rounds) as at:
        rows = [line for name in JOURNEYS if name in chosen for line in JOURNEYS[name](here, at)]
    return {"limits": vars(here), "rows": gained([line | {"commit": commit} for line in rows])}


def merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Records by the width of vectors; of each row also what it was one measurement before, and at first.

    Only of the same processor. A journey that was not measured again stays as it was; a part that a journey no longer
    has stays with 0.
    """
    kept = dict(old)
    for lanes, found in new.items():
        before = old.get(lanes)
        kept[lanes] = found
        if before is None or before["machine"]["cpu"] != found["machine"]["cpu"]:
            continue
        by_name = {line["name"]: line for line in before["rows"]}
        rows = [moved(line, by_name.pop(line["name"], None)) for line in found["rows"]]
        measured = {command(line["name"]): line["commit"] for line in rows}
        for name, line in by_name.items():
            again = measured.get(command(name))
            rows.append(moved(line | {"ours_ms": 0.0, "commit": again}, line) if again else line)
        kept[lanes] = found | {"rows": gained(rows)}
        kept[lanes]["rows"].sort(key=place_of)
    return kept


def place_of(line: Row) -> int:
    """Where a row stands: commands in their order, whatever was measured last."""
    return next((k for k, start in enumerate(ORDER) if line["name"].startswith(start)), len(ORDER))


def command(name: str) -> str:
    """The command that a row belongs to."""
    return name.partition(": ")[0]


def moved(line: Row, before: Row | None) -> Row:
    """A row with what the one before had, and the first one."""
    if before is None:
        return line
    keys = {"ours_ms": "ms", "commit": "commit"}
    earlier = {f"before_{short}": before[key] for key, short in keys.items()}
    first = {f"first_{short}": before.get(f"first_{short}", before[key]) for key, short in keys.items()}
    return line | earlier | first


def gained(rows: Sequence[Row]) -> list[Row]:
    """Rows of further clips with how many times as fast they are as at first on one core (``gain``)."""
    first = {line["name"]: line.get("first_ms", line["ours_ms"]) for line in rows}
    made = []
    for line in rows:
        base = first.get(f"{command(line['name'])}: {CORES[1]}")
        made.append(line | {"gain": base / line["ours_ms"]} if "per_second" in line and base else line)
    return made
