"""The online update with momentum, compiled."""

from typing import Any

from seqdl.kernels.vector.simd import vector_kernel


@vector_kernel
def update(
    v: Any, g: None, theta: Any, velocity: Any, gradient: Any, rates: Any, count: Any, learning_rate: Any, mu: Any
) -> None:
    """Move ``count`` parameters ``theta`` and the running step ``velocity``, in place, by a sample's ``gradient``.

    ``v`` is the writer, ``g`` None. ``rates`` (P,) are factors on the ``learning_rate``, ``mu`` is the momentum.
    """

    def some(at: Any, lanes: int) -> None:
        rate = v.spread(learning_rate, lanes) * v.load(rates + at, lanes)
        step = v.spread(mu, lanes) * v.load(velocity + at, lanes) - rate * v.load(gradient + at, lanes)
        v.store(step, velocity + at)
        v.store(v.load(theta + at, lanes) + step, theta + at)

    v.numbers(count, some)


@vector_kernel
def decay(v: Any, g: None, theta: Any, shares: Any, count: Any, learning_rate: Any) -> None:
    """Let ``count`` parameters ``theta`` decay, in place, each by its share in ``shares`` times the ``learning_rate``.

    ``v`` is the writer, ``g`` None; ``shares`` are (P,).
    """

    def some(at: Any, lanes: int) -> None:
        value = v.load(theta + at, lanes)
        v.store(value - v.spread(learning_rate, lanes) * v.load(shares + at, lanes) * value, theta + at)

    v.numbers(count, some)


def step(
    v: Any, theta: Any, velocity: Any, gradient: Any, rates: Any, shares: Any, count: Any, learning_rate: Any, mu: Any
) -> None:
    """:func:`update`, after :func:`decay` where anything decays: ``shares`` may be None."""
    if shares is not None:
        decay(v, None, theta, shares, count, learning_rate)
    update(v, None, theta, velocity, gradient, rates, count, learning_rate, mu)
