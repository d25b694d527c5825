"""What was found, as the tables of docs/choices.md."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from experiments.choices import variants as choices
from experiments.choices.variants import DEFAULT
from seqdl.reports import tables
from seqdl.runs.significance import sign_flips

NAMES = ("windows", "voting", "LSTM")
CLEAR = 0.01
Run = Mapping[str, Any]


def accuracies(run: Run) -> np.ndarray:
    """Of one run, in per cent, those of single windows, voting and the LSTM."""
    count, voting, lstm = np.sum(list(run["persons"].values()), axis=0)
    return 100 * np.array([run["windows"][0] / run["windows"][1], voting / count, lstm / count])


def differences(default: Mapping[str, Run], variant: Mapping[str, Run]) -> np.ndarray:
    """Accuracies of a variant less those of the default with the same split and seed: (runs, 3)."""
    common = [name for name, run in variant.items() if "persons" in run and "persons" in default.get(name, {})]
    return np.array([accuracies(variant[name]) - accuracies(default[name]) for name in common]).reshape(-1, 3)


def effect(values: np.ndarray) -> str:
    """Mean and standard error of paired differences; bold where signs drawn by chance are hardly ever as far from 0."""
    if not values.any():
        return "same"
    verdict = sign_flips(values, np.random.default_rng(0))
    error = values.std(ddof=1) / np.sqrt(len(values)) if len(values) > 1 else float("nan")
    text = f"{verdict.statistic:+z.1f} ± {error:.1f}"
    return f"**{text}**" if verdict.pvalue < CLEAR else text


def table(names: list[str], variants: Mapping[str, Mapping[str, Run]]) -> str:
    """Some variants against the default."""
    rows = []
    for name in names:
        runs = variants[name]
        found = differences(variants[DEFAULT], runs)
        cells = [effect(column) for column in found.T] if len(found) else ["", "", ""]
        collapsed = sum("collapsed" in run for run in runs.values())
        rows.append([_code(name), *cells, f"{collapsed} of {len(runs)}" if collapsed else ""])
    return tables.markdown(tables.Table(["instead of the default", *NAMES, "collapsed"], rows))


def section(record: Mapping[str, Any]) -> str:
    """The section between the markers; a variant is in it once all its runs are finished."""
    variants = record["variants"]
    runs = np.array([accuracies(run) for run in variants[DEFAULT].values()])
    levels = ", ".join(f"{way} {mean:.1f}" for way, mean in zip(NAMES, runs.mean(axis=0)))
    parts = [f"The default itself reaches, in per cent over {len(runs)} runs: {levels}."]
    left = []
    for title, names in choices.GROUPS.items():
        there = [name for name in names if len(variants.get(name, {})) == len(runs)]
        left += [name for name in names if name not in there]
        if there:
            parts += [f"### {title}, measured", table(there, variants)]
    if len(record["features"]) == len(runs):
        parts += ["### Whose sequences the LSTM learns from, measured", features(record["features"])]
    if left:
        parts.append(f"Not finished: {', '.join(map(_code, left))}.")
    return "\n\n".join(parts)


def _code(name: str) -> str:
    return " ".join(f"`{word}`" for word in name.split())


def features(runs: Mapping[str, Mapping[str, Any]]) -> str:
    """Features of a ConvNet that has learned from the LSTM's sequences, against those of one that has not."""
    shares = {way: 100 * np.array([run[way][0] / run[way][1] for run in runs.values()]) for way in ("seen", "unseen")}
    known, new = (tables.percent(shares[way].mean() / 100) for way in ("seen", "unseen"))
    rows = [
        ["one of the two whom the ConvNet has learned from", known, ""],
        ["the third, whom it has never seen", new, effect(shares["unseen"] - shares["seen"])],
    ]
    return tables.markdown(tables.Table(["the LSTM learns from the clips of", "LSTM", "difference"], rows))
