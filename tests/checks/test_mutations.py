"""Each wrong program is caught by the table of cases; ``pytest -s`` or a failure shows by which check."""

from __future__ import annotations

import fnmatch

import pytest
from mutations import MUTATIONS, Mutation, mutated

from seqdl.checks import suite
from seqdl.checks.cases import TABLE
from seqdl.exercises.book import EXERCISES
from seqdl.exercises.further import MISTAKES


def caught_by(mutation: Mutation) -> str:
    """The first row, check and quantity that is off; empty where everything holds."""
    for row in TABLE:
        if fnmatch.fnmatch(row.name, mutation.rows):
            try:
                results = suite.results(row)
            except (ValueError, LookupError, TypeError, ZeroDivisionError) as error:
                return f"{row.name}: {type(error).__name__}"
            for result in results:
                if not result.ok:
                    return f"{row.name}: {result.what} by {result.by}"
    return ""


@pytest.mark.compiled(reason="measures the tests, not the lines they reach")
@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.what)
def test_mutation_is_caught(mutation, plain_kernels, capsys):
    with mutated(mutation):
        caught = caught_by(mutation)
    with capsys.disabled():
        print(f"\n  {mutation.what:<56} {caught or 'NOTHING'}", end=" ")
    assert caught, f"nothing catches: {mutation.what}"


IN_NUMPY = {
    "kernel: taps in the wrong order": "your kernels are mirrored",
    "kernel: kernel upside down": "your kernels are upside down",
    "kernel: frames of a kernel in the wrong order": "your kernels run backward in time",
    "kernel: Toom-Cook: kernels transformed backwards in time": "your kernels run backward in time",
    "kernel: a source overwrites what the others added": "a map's last kernel takes the place of what was there",
    "kernel: wrong target of the table": "your sums go to the target map before the right one",
    "kernel: missing bias": "your sums z lack the bias b[m]",
    "kernel: bias of the next map": "your biases are those of the map before",
    "kernel: gradient by the inputs with kernels mirrored": "your da uses the kernel mirrored",
    "kernel: gradient by the inputs misses the last row of kernels": "your da leaves out the kernel's last row",
    "kernel: gradient by the inputs misses a frame": "your da leaves out the kernel's last frame",
    "kernel: tap of a gradient one column off": "your dw takes the inputs one column to the left",
    "kernel: gradient of a large plane one tap off": "your dw takes the inputs one column to the left",
    "kernel: gradient of a large plane one row off": "your dw is upside down",
    "kernel: the last runs are not learned from": "your dw leaves out the last row of dz",
    "kernel: derivative 1 at the kink": "your derivative at 0 is 1",
    "kernel: sign at rectification": "your backward pass lacks the sign",
    "kernel: 0.1 % in the sub-sampling": "your means have a factor too many",
    "kernel: windows begin one column late": "your windows begin one column late",
    "kernel: gradient repeated over the wrong windows": "your da repeats the whole picture",
    "kernel: the sub-sampling's bias learns from the last row alone": "your db adds up the last row alone",
    "kernel: a convolution's biases learn from the last row alone": "your db adds up the last row alone",
    "kernel: 0.1 % in the vectors' tanh": "your tanh has a factor too many",
    "kernel: last input left out": "your sums leave out the last input",
    "kernel: gradient without the target": "your dz lacks the target",
    "kernel: binary cross-entropy without the target": "your binary cross-entropy takes off every z",
    "kernel: logistic units twice as steep": "your logistic outputs are twice as steep",
    "kernel: momentum sign": "your velocity has the wrong sign",
    "kernel: flip by one row": "your flip is one row off",
    "kernel: recurrent input from one cell": "your gates see the first cell's output in place of all",
    "kernel: missing gate term": "your error does not go through the forget gate",
    "kernel: error cut one step late": "you cut the error one step late",
    "kernel: error cut for the cells alone": "you cut the error of the cells alone",
    "kernel: the constant 1 of the biases is lost": "your sums lack the biases",
    "kernel: first row repeated for the last": "beyond your last unit comes the first again",
    "kernel: border not repeated": "beyond your border there are zeros",
    "kernel: variance without the mean": "your variance of one window lacks the mean",
    "kernel: 0.01 % in the deviations": "your deviations have a factor too many",
    "kernel: Adam: no bias correction": "your mean is not corrected",
    "kernel: input gradients: of the step before": "your dx is in the reverse order of time",
    "kernel: single step: the frames of two tiles of C1 count twice": "you count a unit twice where windows overlap",
    "kernel: single step: what another tile has for a frame of S1 is forgotten": "a later window's error takes",
    "kernel: single step: a C3 unit hears of the last of its windows alone": "a later window's error takes the place",
    "kernel: network: last window not read": "your last window is missing",
    "forgotten window at the border of a sequence": "your last window is missing",
    "the last window is not read": "your last window is missing",
}
"""Of mutations of compiled forms and networks, the same mistake in an exercise; the others have none in NumPy."""


def test_the_exercises_know_these_mistakes():
    """Those in an exercise's op are mistakes that it knows, and tests/exercises look that each is named."""
    known = {mistake[1:4] for mistake in MISTAKES}
    said = [mistake.says for mistake in MISTAKES]
    ops = {exercise.op.removeprefix("seqdl.") for exercise in EXERCISES}
    in_ops = {m.what for m in MUTATIONS if m.function.rpartition(".")[0] in ops}
    assert {m.what for m in MUTATIONS if m[1:4] in known} == in_ops
    assert IN_NUMPY.keys() <= {m.what for m in MUTATIONS} - in_ops
    assert [says for says in IN_NUMPY.values() if not any(one.startswith(says) for one in said)] == []
    assert len(in_ops) + len(IN_NUMPY) >= 100
