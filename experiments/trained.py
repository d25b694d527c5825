"""The networks that come with the package: trained by a recorded recipe, tried on KTH, reduced, with their card.

Training is deterministic: the same program gives the same bytes on processors of the same kind with the same versions
of the libraries. On others the compiler takes sums in another order, and a million online updates make other networks
of that; then only accuracies can be compared.
"""

import argparse
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import seqdl
from experiments import fill as pages
from experiments import script
from seqdl import presets
from seqdl.base import cli, files
from seqdl.base.words import some
from seqdl.config import Config
from seqdl.errors import SeqdlError
from seqdl.interface import Run
from seqdl.model import checkpoint
from seqdl.reports import tables
from seqdl.runs import shipped
from seqdl.runs.environment import cores
from seqdl.runs.folder import CONFIG, ENVIRONMENT, LOG, RESULT, RunFolder
from seqdl.runs.result import Evaluation, Score
from seqdl.runs.settings import settings

PRESET, VARIANT, SEED = "robust", "varied-many", 0
"""What they are trained with and on, in the first draw."""
TOLERANCE = 0.03
"""So far apart may the accuracies of two builds on different processors be."""


def recipe() -> Config:
    """The configuration that the networks are trained with."""
    config = presets.preset(PRESET)
    return replace(config, seed=SEED, data=replace(config.data, dataset="actors", variant=VARIANT))


def train(folder: Path) -> Run:
    """The finished run by the recipe in a ``folder``; trained now where it is not there, or gone on with."""
    if not RunFolder(folder).finished:
        seqdl.fit(recipe(), folder, RunFolder(folder).begun, cores(), cli.say)
    return seqdl.open_run(folder)


def reduce(run: RunFolder, folder: Path) -> None:
    """Leave in a ``folder`` what deciding needs of a ``run``: no velocities, no decisions one by one.

    How the person is found depends on the video: nobody knows where people's videos come from.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in run.result.stages:
        arrays, values = checkpoint.read(run.checkpoint(name), "classes")
        del arrays["velocity"]
        checkpoint.pass_on(RunFolder(folder).checkpoint(name), arrays, {"classes": values["classes"]})
    config, result = (files.read_json(run.path / name) for name in (CONFIG, RESULT))
    config["video"]["box"] = "auto"
    files.write_json(folder / CONFIG, config)
    files.write_json(folder / RESULT, {**result, "sequences": []})
    for name in (ENVIRONMENT, LOG):
        shutil.copy(run.path / name, folder)


def networks(folder: Path) -> dict[str, str]:
    """The hashes of a run's networks alone."""
    return {name: digest for name, digest in shipped.digests(folder).items() if name.endswith(".npz")}


def try_on_kth(run: Run, data_dir: str, folder: Path) -> None:
    """Let a ``run`` decide KTH's whole videos, and leave in a ``folder`` what it said."""
    found = run.evaluate("kth", data_dir, "kth1", workers=cores(), say=cli.say).evaluation
    decisions = tuple(replace(one, timeline=(), probability=round(one.probability, 4)) for one in found.sequences)
    reduced = replace(found, sequences=decisions)
    files.write_json(folder / shipped.ELSEWHERE, {"networks": networks(folder), **reduced.to_dict()})


def blocks(folder: Path) -> dict[str, str]:
    """What stands in the card's places, by the files beside it and the records of the recipe."""
    run, real = RunFolder(folder), shipped.elsewhere(folder)
    result, environment = run.result, run.environment
    wrong = [
        f"- `{one.name}`: {one.label}, taken for {one.decisions['lstm']}" for one in real.sequences if not one.right()
    ]
    rows = [["drawn persons whom they did not learn from", *_scores(result)], ["real videos of KTH", *_scores(real)]]
    trained = [
        ["classes", some(result.dataset.classes, 12)],
        ["learned from", f"{result.dataset.title}: {len(result.split.train_persons)} drawn persons"],
        ["tested on", f"{len(result.split.test_persons)} others"],
        ["recipe", f"`{' '.join(settings(run.config)) or 'paper'}`, draw {run.config.data.draw}, seed {result.seed}"],
        *([f"{name}: parameters, passes", f"{one.parameters:,}, {one.epochs}"] for name, one in result.stages.items()),
        ["trained on", f"{environment.cpu}, Python {environment.python}, {_versions(environment.libraries)}"],
        *([name, f"`{digest}`"] for name, digest in networks(folder).items()),
    ]
    return {
        "measured": tables.markdown(tables.Table(["", "sequences", "voting", "LSTM"], rows)),
        "confusion": tables.markdown(_confusion(result.dataset.classes, real.scores["lstm"])),
        "wrong": "\n".join(wrong) or "None.",
        "trained": tables.markdown(tables.Table(["", "what"], trained)),
    }


def _scores(evaluation: Evaluation) -> list[str]:
    shown, cells = [evaluation.scores[way] for way in ("voting", "lstm")], []
    for one in shown:
        low, high = (100 * share for share in tables.wilson(one.correct, one.count))
        cells.append(f"{one.correct} right, {tables.percent(one.accuracy)} ({low:.0f} to {high:.0f})")
    return [str(shown[0].count), *cells]


def _confusion(classes: tuple[str, ...], score: Score) -> tables.Table:
    lines = zip(classes, score.confusion, strict=True)
    return tables.Table(["truth", *classes], [[name, *map(str, row)] for name, row in lines if any(row)])


def _versions(libraries: dict[str, str]) -> str:
    return ", ".join(f"{name} {libraries[name]}" for name in ("numpy", "numba", "llvmlite") if name in libraries)


def compare(made: Path, kept: Path) -> str:
    """What two builds have in common, in a line; a SeqdlError where they differ by more than processors explain."""
    if networks(made) == networks(kept):
        return "the same networks, byte for byte"
    ours, theirs = RunFolder(made), RunFolder(kept)
    scores = [[one.result.scores[way].accuracy for way in ("voting", "lstm")] for one in (ours, theirs)]
    voting, lstm = (abs(one - other) for one, other in zip(*scores, strict=True))
    here, there = (f"{one.environment.cpu}, {_versions(one.environment.libraries)}" for one in (ours, theirs))
    told = f"made on {here}; kept from {there}; accuracies differ by {voting:.1%} (voting) and {lstm:.1%} (LSTM)"
    if here == there:
        raise SeqdlError(f"other networks on the same kind of machine: the program has changed ({told})")
    if max(voting, lstm) > TOLERANCE:
        raise SeqdlError(f"networks of another quality: {told}")
    return f"other networks, as on another kind of machine: {told}"


def work(args: argparse.Namespace) -> int:
    """Train, reduce, try, write the card and the hashes; only when all is there it goes into the package."""
    run, made, kept = train(args.out / "run"), args.out / "reduced", shipped.FOLDER
    reduce(run, made)
    if args.check:
        print(compare(made, kept))
        return 0
    if args.kth:
        try_on_kth(run, args.kth, made)
    elif files.read_json(kept / shipped.ELSEWHERE)["networks"] == networks(made):
        shutil.copy(kept / shipped.ELSEWHERE, made)
    else:
        raise SeqdlError("these networks are others than those that were tried on KTH: give its videos with --kth DIR")
    pages.write(kept / shipped.CARD, blocks(made), target=made / shipped.CARD)
    files.write_atomic(made / shipped.DIGESTS, shipped.sums(shipped.digests(made)))
    for path in made.iterdir():
        files.write_atomic(kept / path.name, path.read_bytes())
    print(f"{kept}: {sum(path.stat().st_size for path in kept.iterdir()):,} bytes")
    return 0


main = script.command(
    "trained",
    "Train the networks that come with the package by their recipe, and put them into it with what they say of KTH.",
    work,
    script.option(
        "--out", type=Path, default=Path("runs/trained"), metavar="DIR", help="holds the run; goes on with it"
    ),
    script.option("--kth", metavar="DIR", help="the videos of KTH that are there, to try them on"),
    script.flag("--check", "put nothing into the package: compare with what is there"),
)

if __name__ == "__main__":
    sys.exit(main())
