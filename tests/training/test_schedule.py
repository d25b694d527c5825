import pytest

from seqdl.config import ConvNetConfig
from seqdl.training.schedule import Schedule


def make(**changes):
    return Schedule(ConvNetConfig(**{"learning_rate": 1.0, "final_rate": 0.1, "epochs": 10, "patience": 2, **changes}))


def run(schedule, accuracies):
    rates = []
    for accuracy in accuracies:
        rates.append(float(schedule.rates(3)[0]))
        schedule.after(accuracy)
        if schedule.stopped:
            break
    return rates


def test_exponential_decay_reaches_its_end_with_the_last_update():
    schedule = make(schedule="exponential")
    run(schedule, [k / 10 for k in range(9)])
    last = schedule.rates(1000)
    assert last[0] == pytest.approx(0.1**0.9)
    assert last[-1] == pytest.approx(0.1, rel=0.01)
    assert (last[1:] < last[:-1]).all()
    schedule.after(0.99)
    assert "10 passes" in schedule.stopped


def test_training_stops_when_the_training_performance_no_longer_rises():
    schedule = make(schedule="constant")
    rates = run(schedule, [0.5, 0.6, 0.6, 0.6, 0.9])
    assert rates == [1, 1, 1, 1]
    assert "no longer rises" in schedule.stopped
    assert schedule.best == 0.6


def test_a_plateau_halves_the_rate_until_it_would_fall_below_the_final_one():
    schedule = make(schedule="plateau", final_rate=0.25, epochs=100)
    rates = run(schedule, [0.5] * 100)
    assert rates == [1, 1, 1, 0.5, 0.5, 0.25, 0.25]
    assert "no longer rises" in schedule.stopped


def test_a_rise_resets_the_patience():
    schedule = make(schedule="constant")
    run(schedule, [0.5, 0.5, 0.6, 0.6, 0.7, 0.7])
    assert not schedule.stopped


def test_the_state_is_all_that_a_resumed_run_needs():
    first, second = make(schedule="plateau"), make(schedule="plateau")
    run(first, [0.5, 0.4, 0.3])
    for name, value in first.state().items():
        setattr(second, name, value)
    assert run(first, [0.2] * 20) == run(second, [0.2] * 20)
    assert first == second
