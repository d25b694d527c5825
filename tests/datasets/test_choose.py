"""All runs of a protocol."""

from dataclasses import replace

import pytest

from seqdl.config import Config, DataConfig
from seqdl.datasets import choose, splits
from seqdl.errors import UsageError


@pytest.fixture(scope="module")
def dataset():
    return choose.whole(Config())


def test_each_draw_is_a_place(dataset):
    data = DataConfig(draws=3, draw=9, inner_draw=7)
    everybody, places = choose.places(data, dataset)
    assert everybody is dataset
    assert places == [replace(data, draw=number) for number in (1, 2, 3)]


def test_inner_draws_are_places_and_whoever_always_tests_is_left_out(dataset):
    data = DataConfig(draws=1, inner="draws", inner_draws=2)
    [split] = splits.make("draws", dataset, 1)
    inside, places = choose.places(data, dataset)
    assert inside.persons == split.train
    assert [(place.draw, place.inner_draw) for place in places] == [(1, 1), (1, 2)]
    around = choose.places(replace(data, protocol="leave-one-person-out", inner="leave-one-person-out"), dataset)
    assert around[0] is dataset and len(around[1]) == 10 * 9


def test_every_place_is_what_a_run_chooses(dataset):
    data = DataConfig(draws=2, inner="leave-one-person-out")
    for place in choose.places(data, dataset)[1][::7]:
        chosen, split = choose.choose(Config(data=place))
        assert split.number == place.inner_draw
        assert set(chosen.persons) == {*split.train, *split.test}


def test_persons_that_are_not_looked_at():
    config = Config(data=DataConfig(only=("person01", "person02", "person05"), protocol="leave-one-person-out"))
    assert choose.whole(config).persons == config.data.only
    assert choose.choose(config)[1].train == ("person02", "person05")


def test_a_protocol_that_is_not_named_is_the_datasets_own(dataset):
    config = Config()
    assert choose.with_protocol(config).data.protocol == choose.with_own(config, dataset).data.protocol == "draws"
    divided = replace(dataset, divided="Said.", fixed_test=("person01",))
    assert choose.with_own(config, divided).data.protocol == "fixed"
    assert choose.divide(config, divided)[1].test == ("person01",)
    assert len(choose.places(config.data, divided)[1]) == 1
    asked = replace(config, data=replace(config.data, protocol="draws"))
    assert choose.divide(asked, divided)[1] == choose.divide(config, dataset)[1]


def test_what_tests_nobody_cannot_be_cross_validated(dataset):
    with pytest.raises(UsageError, match=r"data\.protocol = all tests nobody"):
        choose.places(DataConfig(protocol="all"), dataset)
