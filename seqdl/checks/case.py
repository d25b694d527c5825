"""What a case of the table is, and what is looked at in it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from seqdl.checks import complex_step

Make = Callable[[np.random.Generator], dict[str, np.ndarray]]

EXACT = 1e-10
"""The largest relative error of an analytic gradient against the complex step."""

EPS = float(np.finfo(np.float32).eps)
RESERVE = 4.0


class Result(NamedTuple):
    """One number that must not exceed its bound.

    Parameters
    ----------
    case, by, what : str
        Its name; what the quantity was held against ("complex step", "float32", "kernel", "stale", "inputs" or
        "by hand"); the quantity, such as the name of an argument or parameter.
    count : int
        How many values it has.
    error, bound : float
        Relative to the quantity's norm.
    """

    case: str
    by: str
    what: str
    count: int  # type: ignore[assignment]  # in place of a tuple's method of that name
    error: float
    bound: float

    @property
    def ok(self) -> bool:
        """Whether the error is within its bound; NaN is not."""
        return bool(self.error <= self.bound)


@dataclass
class Buffers:
    """Arrays for a compiled form to overwrite.

    Parameters
    ----------
    poison : float
        What stands in them.
    """

    poison: float = np.nan

    def over(self, *shape: int) -> np.ndarray:
        """An array of float32 that is to be overwritten."""
        return np.full(shape, self.poison, np.float32)


@dataclass(frozen=True)
class Case:
    """An op or a layer with sizes that all differ: what goes in, its derivative, its compiled form.

    Parameters
    ----------
    name : str
        The case's name.
    make, forward : callable
        From a Generator to the arguments, float64; from the arguments (by name) to an array.
    backward : callable, optional
        From a cotangent and the arguments (by name) to the gradients by some of them; None where there is none.
    expected : callable, optional
        What ``forward`` must give, said in another way.
    mirror : callable, optional
        The second form: from a cotangent, :class:`Buffers` and the arguments in float32 to output and gradients.
    terms : int
        The most summands in any of the op's sums, for the bound in float32.
    """

    name: str
    make: Callable[[np.random.Generator], dict[str, np.ndarray]]
    forward: Callable[..., np.ndarray]
    backward: Callable[..., dict[str, np.ndarray]] | None = None
    expected: Callable[..., Any] | None = None
    mirror: Callable[..., tuple[np.ndarray, dict[str, np.ndarray]]] | None = None
    terms: int = 1

    def results(self, rng: np.random.Generator) -> list[Result]:
        """Hold op and compiled form against all that is known of them, with numbers drawn by ``rng``."""
        # Numbers that float32 holds exactly, so that both forms start from the same ones.
        x = {name: value.astype(np.float32).astype(float) for name, value in self.make(rng).items()}
        kept = {name: value.copy() for name, value in x.items()}
        out = np.asarray(self.forward(**x))
        d = np.asarray(rng.standard_normal(out.shape)).astype(np.float32).astype(float)
        gradients = self.backward(d, **x) if self.backward else {}
        results = [self._inputs(x, kept)]
        if self.expected:
            results.append(self._compare("by hand", "output", out, np.asarray(self.expected(**x)), EXACT))
        found = complex_step.errors(lambda moved: self.forward(**moved), x, gradients, d, rng)
        results += [
            Result(self.name, "complex step", n, x[n].size, error, EXACT) for n, error in found.items() if x[n].size
        ]
        exact = {"output": out, **{n: g for n, g in gradients.items() if g.size}}
        d32, x32 = d.astype(np.float32), {name: value.astype(np.float32) for name, value in x.items()}
        results += self._float32(d32, x32, exact)
        return results + (self._mirror(d32, x32, exact) if self.mirror else [])

    def _float32(self, d: np.ndarray, x: dict[str, np.ndarray], exact: dict[str, np.ndarray]) -> list[Result]:
        """The op itself in float32: it stays float32 and is as good as that can be."""
        if not x:
            return []
        low = {"output": np.asarray(self.forward(**x)), **(self.backward(d, **x) if self.backward else {})}
        results = []
        for name, value in exact.items():
            result = self._compare("float32", name, low[name], value, bound(self.terms))
            results.append(result if low[name].dtype == np.float32 else result._replace(error=np.inf))
        return results

    def _mirror(self, d: np.ndarray, x: dict[str, np.ndarray], exact: dict[str, np.ndarray]) -> list[Result]:
        """The compiled form: close to the op, deaf to what stood in its buffers.

        Not to the last bit: the compiler may choose another order of summation for arrays that lie elsewhere.
        """
        assert self.mirror is not None
        kept = {name: value.copy() for name, value in x.items()}
        first = _run(self.mirror, d, Buffers(), x)
        other = _run(self.mirror, d, Buffers(poison=7.0), x)
        limit = bound(self.terms)
        results = [self._inputs(x, kept, " of the mirror")]
        for name, value in first.items():
            results.append(self._compare("kernel", name, value, exact[name], limit))
            results.append(self._compare("stale", name, other[name], value, limit))
        return results

    def _compare(self, by: str, what: str, value: np.ndarray, exact: np.ndarray, limit: float) -> Result:
        return compare(self.name, by, what, value, exact, limit)

    def _inputs(self, x: dict[str, np.ndarray], kept: dict[str, np.ndarray], of: str = "") -> Result:
        changed = sum(not np.array_equal(x[name], kept[name]) for name in x)
        return Result(self.name, "inputs", f"arguments{of}", len(x), float(changed), 0.0)


def normal(**shapes: tuple[int, ...]) -> Make:
    """Arguments drawn from N(0, 1)."""
    return lambda rng: {name: rng.standard_normal(shape) for name, shape in shapes.items()}


def bound(terms: float) -> float:
    """How far float32 may be from float64, normwise, in an op whose longest sum has so many terms.

    Each addition rounds by up to eps / 2 of the partial sum. Rounding errors of random sign add up like a random walk,
    so that a sum of n terms of random sign is good to about eps sqrt(n) / 5. Four eps more are for a squashing
    function, whose rational form is within 4e-7 of the true one. The factor in front is in reserve for saturated units,
    where 1 - y^2 loses digits.
    """
    return RESERVE * EPS * (4 + float(np.sqrt(terms)))


def compare(case: str, by: str, what: str, value: np.ndarray, exact: np.ndarray, limit: float) -> Result:
    """The normwise relative difference of ``value`` from ``exact``; infinite where their shapes differ.

    ``case``, ``by`` and ``what`` are as in :class:`Result`, ``limit`` is the bound.
    """
    if value.shape != exact.shape:
        return Result(case, by, what, exact.size, np.inf, limit)
    difference, norm = float(np.linalg.norm(value - exact)), float(np.linalg.norm(exact))
    return Result(case, by, what, exact.size, complex_step.relative(difference, norm), limit)


def _run(mirror: Callable[..., Any], d: np.ndarray, buffers: Buffers, x: dict[str, np.ndarray]) -> dict:
    out, gradients = mirror(d, buffers, **x)
    found = {"output": np.asarray(out), **gradients}
    return {name: value.copy() for name, value in found.items() if value.size}
