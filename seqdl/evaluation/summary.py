"""From many runs to one statement: a row for each run, the mean, its spread over draws and over seeds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from seqdl.evaluation import significance
from seqdl.evaluation.evaluate import score

WAYS = ("windows", "voting", "lstm")


def row(config: Mapping[str, Any], result: Mapping[str, Any]) -> dict[str, Any]:
    """What a table says of one run.

    Parameters
    ----------
    config : mapping
        config.json.
    result : mapping
        result.json.

    Returns
    -------
    dict
        ``model``, ``dataset``, ``variant``, ``protocol``, ``split``, ``draw``, ``inner_draw`` (0 outside of inner
        splits), ``seed``, ``kind`` (``test`` or ``inner``), ``control`` (whether the ConvNet was left untrained),
        ``test_persons``, ``classes``, ``windows``, ``voting`` and ``lstm`` as in result.json (the first two are None
        without a ConvNet), ``persons`` (of each test person how many sequences there are, how many voting decided
        rightly, or None, and how many the LSTM), ``date``, ``seconds``.
    """
    data, split = config["data"], result["split"]
    persons: dict[str, list[int | None]] = {}
    for person in sorted({sequence["person"] for sequence in result["sequences"]}):
        own = [sequence for sequence in result["sequences"] if sequence["person"] == person]
        voting, lstm = (sum(sequence[way] == sequence["label"] for sequence in own) for way in ("voting", "lstm"))
        persons[person] = [len(own), voting if result["voting"] else None, lstm]
    inner = bool(split.get("held_back"))
    return {
        "model": config["model"],
        "dataset": result["dataset"]["name"],
        "variant": result["dataset"]["variant"],
        "protocol": data["protocol"] + (f", inner {data['inner']}" if inner else ""),
        "split": split["name"],
        "draw": data["draw"],
        "inner_draw": data["inner_draw"] if inner else 0,
        "seed": result["seed"],
        "kind": "inner" if inner else "test",
        "control": result["convnet"] is not None and config["convnet"]["epochs"] == 0,
        "test_persons": split["test_persons"],
        "classes": result["dataset"]["classes"],
        **{way: result[way] for way in WAYS},
        "persons": persons,
        "date": result.get("evaluated", {}).get("date", ""),
        "seconds": result["seconds"],
    }


def summarise(rows: Sequence[Mapping[str, Any]], rng: np.random.Generator) -> dict[str, Any]:
    """Mean, spread and pooled decisions of runs that differ in draw and seed alone.

    Parameters
    ----------
    rows : sequence of mapping
        From :func:`row`, at least one.
    rng : numpy.random.Generator
        For the permutation test, where there are too many persons for an exact one.

    Returns
    -------
    dict
        ``runs``, ``draws`` and ``seeds`` (how many), ``mean`` (of all runs' accuracies, by way), ``spread``: for
        ``draws`` the standard deviation of the draws' means over seeds, for ``seeds`` that of the seeds' means over
        draws, for ``runs`` that of all runs, and None where there is but one; ``lowest`` and ``highest``; ``pooled``:
        the decisions of all runs counted together, with ``confusion``; ``lstm_against_voting``: see
        :func:`seqdl.evaluation.significance.by_person`. What a model without a ConvNet has not is None.
    """
    draws = sorted({(r["draw"], r["inner_draw"]) for r in rows})
    seeds = sorted({r["seed"] for r in rows})
    accuracies = {way: np.array([r[way]["accuracy"] for r in rows]) for way in WAYS if rows[0][way]}
    none = dict.fromkeys(WAYS)
    spread = {
        "draws": none | {w: _deviation(_means(rows, w, lambda r: (r["draw"], r["inner_draw"]))) for w in accuracies},
        "seeds": none | {w: _deviation(_means(rows, w, lambda r: r["seed"])) for w in accuracies},
        "runs": none | {w: _deviation(values) for w, values in accuracies.items()},
    }
    pooled = {}
    for way in ("voting", "lstm"):
        pooled[way] = score(np.sum([r[way]["confusion"] for r in rows], axis=0)) if rows[0][way] else None
    return {
        "runs": len(rows),
        "draws": len(draws),
        "seeds": len(seeds),
        "mean": none | {way: float(values.mean()) for way, values in accuracies.items()},
        "spread": spread,
        "lowest": none | {way: float(values.min()) for way, values in accuracies.items()},
        "highest": none | {way: float(values.max()) for way, values in accuracies.items()},
        "pooled": pooled,
        "lstm_against_voting": significance.by_person([r["persons"] for r in rows], rng) if rows[0]["voting"] else None,
    }


def _means(rows: Iterable[Mapping[str, Any]], way: str, key: Any) -> np.ndarray:
    groups = defaultdict(list)
    for r in rows:
        groups[key(r)].append(r[way]["accuracy"])
    return np.array([np.mean(values) for values in groups.values()])


def _deviation(values: np.ndarray) -> float | None:
    """The sample's standard deviation."""
    return float(values.std(ddof=1)) if len(values) > 1 else None
