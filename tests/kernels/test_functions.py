"""Functions of vectors that processors do not have, against NumPy's in float64."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pytest

from seqdl.kernels.layers import squash
from seqdl.kernels.vector import native
from seqdl.kernels.vector.jit import borrowing, jit
from seqdl.kernels.vector.records import Record, record
from seqdl.kernels.vector.simd import target, vector_kernel
from seqdl.kernels.vector.sizes import Sizes

F = np.float32


@dataclass(frozen=True)
class Which(Sizes):
    """Which function a kernel applies."""

    name: str


@vector_kernel
def apply(v, g, x, out, count):
    """The function, to so many vectors."""

    def one(k):
        value = v.load(x + k * v.lanes)
        if g.name == "tanh_of":
            results = squash.tanh_of(v, [value, value * 0.5, value * -2.0])
            value = results[0] * 4.0 + results[1] * 2.0 + results[2]
        else:
            value = getattr(v, g.name)(value)
        v.store(value, out + k * v.lanes)

    v.each(count, one)


@jit
def run(g, x, out, count):
    """From compiled code."""
    apply(g, x, out, count)


def applied(name, x):
    """The numbers as float64, repeated to whole vectors, and what the function gives."""
    x = np.resize(x.astype(F), -(-len(x) // 16) * 16)
    out = np.full_like(x, 9)
    run(Which(name), x, out, len(x) // target().lanes)
    return x.astype(float), out


class Inner(NamedTuple):
    """Part of what a function is given."""

    a: np.ndarray


class Outer(NamedTuple):
    """What a function is given."""

    m: np.ndarray
    inner: Inner
    n: np.ndarray


@borrowing
def read(given):
    """A number of each array, and how large they are."""
    given.n[1] = len(given.n)
    return given.m[1, 2] * given.inner.a[2] + given.m.shape[1] + len(given.inner.a)


def test_compiled_code_reads_and_writes_the_arrays_of_a_record():
    given = Outer(np.arange(12.0).reshape(3, 4), Inner(np.arange(5.0)), np.zeros(2, np.int64))
    assert read(record(given)) == 6 * 2 + 4 + 5
    assert given.n.tolist() == [0, 2]


def test_arrays_of_a_record_are_whole():
    with pytest.raises(ValueError, match="a: expected an array that is whole in memory"):
        Record(Inner(np.zeros((4, 4))[:, :2]))


def test_exp():
    x, y = applied("exp", np.concatenate([-np.logspace(-8, np.log10(86.9), 3001), [0, -86.99]]))
    assert (np.abs(y - np.exp(x)) <= 4e-7 * np.exp(x)).all()
    _, y = applied("exp", np.array([-88, -1e3, -3e38, -np.inf]))
    assert (y < 2e-38).all()
    assert (y >= 0).all()
    assert np.isnan(applied("exp", np.array([np.nan]))[1]).all()


def test_reciprocal_root():
    x, y = applied("reciprocal_root", np.logspace(-37, 37, 3001))
    assert (np.abs(y * np.sqrt(x) - 1) < 3e-7).all()
    _, y = applied("reciprocal_root", np.zeros(1))
    assert (y > 1e18).all()
    assert np.isfinite(y).all()
    assert np.isnan(applied("reciprocal_root", np.array([np.nan]))[1]).all()


@pytest.mark.parametrize("wide", [1e-6, 0.1, 3, 30])
def test_several_tangents_with_one_division(wide):
    x, y = applied("tanh_of", np.linspace(-wide, wide, 1001))
    exact = 4 * np.tanh(x) + 2 * np.tanh(x / 2) + np.tanh(-2 * x)
    assert (np.abs(y - exact) < 3e-6 * np.minimum(wide, 1)).all()


@pytest.mark.compiled(reason="numbers of any kind are numbers to NumPy")
def test_vectors_of_other_numbers_than_float32_are_refused():
    with pytest.raises(TypeError, match="expected an array of float32, got one of double"):
        apply(Which("exp"), np.zeros(16), np.zeros(16, F), 1)


@vector_kernel
def twice(v, g, x, out, count):
    """A kernel that calls another as Python does."""
    apply(v, g, x, out, count)
    apply(v, g, out, out, count)


@pytest.mark.compiled(reason="nothing is compiled there")
def test_python_and_kernels_call_the_same_code(monkeypatch):
    names, make = [], native.make
    monkeypatch.setattr(native, "kept", lambda name: None)  # what was compiled for an earlier run asks for nothing
    monkeypatch.setattr(native, "make", lambda name, *more: [names.append(name), make(name, *more)])
    x, out = np.full(16, -1, F), np.zeros(16, F)
    apply(Which("absolute"), x, out, 1)
    twice(Which("absolute"), x, out, 1)
    assert len(names) == 4
    assert len(set(names)) == 2
