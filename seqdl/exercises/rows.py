"""The cases that an exercise is asked: those of the table of checks, with a student's module in the op's place."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import ModuleType

import numpy as np

from seqdl.checks import cases, single_step_ops, updates
from seqdl.checks.case import Case
from seqdl.config import LSTMConfig
from seqdl.exercises.book import Exercise
from seqdl.model import decision
from seqdl.ops import loss

CELLS = (
    LSTMConfig(cells=4, forget_gate=True, truncate=2),
    LSTMConfig(cells=4, peepholes=True, squash="1997"),
    LSTMConfig(cells=4, forget_gate=True, peepholes=True, squash="1997"),
)


def _voting_case(name: str, decide: Callable[[np.ndarray], np.ndarray], by_hand: Callable[..., np.ndarray]) -> Case:
    """Outputs of five windows for four classes: two have two votes each, one a single sure one, the last none."""

    def make(rng: np.random.Generator) -> dict[str, np.ndarray]:
        outputs = rng.random((5, 4)) / 10
        outputs[np.arange(5), [1, 0, 0, 1, 2]] += [0.8, 0.6, 0.6, 0.8, 5]
        return {"outputs": outputs}

    return Case(name, make, decide, expected=by_hand, terms=5)


def voting_cases() -> list[Case]:
    """Voting with a tie, accumulation, decisions so far; by hand in plain loops."""

    def vote(outputs: np.ndarray) -> np.ndarray:
        chosen, shares = decision.vote(outputs)
        return np.array([chosen, *shares], outputs.dtype)

    def vote_by_hand(outputs: np.ndarray) -> np.ndarray:
        votes = [sum(row.argmax() == k for row in outputs) for k in range(outputs.shape[1])]
        tied = [k for k in range(len(votes)) if votes[k] == max(votes)]
        return np.array([max(tied, key=lambda k: outputs[:, k].sum()), *(n / len(outputs) for n in votes)])

    def accumulate(kind: str) -> Callable[[np.ndarray], np.ndarray]:
        return lambda outputs: decision.accumulate(outputs, kind)[1]

    def so_far(kind: str) -> Callable[[np.ndarray], np.ndarray]:
        return lambda outputs: decision.so_far(outputs, kind).astype(outputs.dtype)

    return [
        _voting_case("vote", vote, vote_by_hand),
        _voting_case("accumulate", accumulate("accumulate"), lambda outputs: np.array(sum(outputs)) / len(outputs)),
        _voting_case("last step", accumulate("last"), lambda outputs: outputs[len(outputs) - 1]),
        _voting_case(
            "so far",
            so_far("accumulate"),
            lambda outputs: np.array([sum(outputs[:t]) / t for t in range(1, len(outputs) + 1)]),
        ),
        _voting_case("so far, last", so_far("last"), lambda outputs: outputs),
    ]


ROWS: dict[str, Callable[[], list[Case]]] = {
    "convolution": lambda: [cases.conv3d_case("direct", 2, *kernel) for kernel in [(2, 3, 4), (3, 2, 1), (2, 3, 3)]],
    "table": lambda: [cases.table_case(n) for n in (2, 5)] + [cases.connect_case(2, "direct")],
    "squashing": lambda: [cases.squash_case(kind) for kind in ("linear", "plain", "scaled")],
    "rectification": lambda: [cases.rectify_case(kind, kink) for kind in ("gain", "bias") for kink in (False, True)],
    "subsampling": lambda: [cases.subsample_case(n, pooling) for n in (2, 3) for pooling in ("mean", "sum")],
    "neurons": lambda: [cases.dense_case(), cases.dense_case(4)],
    "loss": lambda: [
        case for kind in loss.KINDS for case in (*cases.loss_cases(kind), single_step_ops.loss_sequence_case(kind))
    ],
    "lstm_forward": lambda: [cases.papers_cell_case(steps) for steps in (1, 6)],
    "lstm_backward": lambda: [cases.papers_cell_case(steps) for steps in (1, 6)],
    "gates": lambda: [cases.lstm_case(config, 5, 5, f"gates {n}") for n, config in enumerate(CELLS)],
    "momentum": lambda: [updates.momentum_case(), updates.decay_case()],
    "adam": lambda: [single_step_ops.adam_case()],
    "contrast": lambda: [
        cases.lcn_case(reading, c) for reading in ("two_pass", "one_window") for c in ("sequence", "frame", "fixed")
    ],
    "copies": lambda: [cases.copies_case(*which) for which in cases.COPIED],
    "windows": lambda: [single_step_ops.overlap_case(*which) for which in [(1, 1), (3, 1), (2, 3), (4, 2)]],
    "voting": voting_cases,
}


@contextmanager
def asking(exercise: Exercise, module: ModuleType) -> Iterator[list[Case]]:
    """The cases of an exercise, which call the functions of a ``module`` while the block runs."""
    name = exercise.op.rpartition(".")[2]
    holders = [vars(holder) for holder in (cases, single_step_ops, updates) if hasattr(holder, name)]
    holders = holders or [globals()]
    kept = [holder[name] for holder in holders]
    for holder in holders:
        holder[name] = module
    try:
        # Compiled forms are none of a student's.
        yield [replace(case, mirror=None) for case in ROWS[exercise.name]()]
    finally:
        for holder, value in zip(holders, kept):
            holder[name] = value
