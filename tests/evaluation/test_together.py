"""Several runs decide together; by numbers that can be added up by hand."""

import json

import pytest
from made_up_run import made_up_result, record

from seqdl.errors import SeqdlError, UsageError
from seqdl.runs.result import Decided, Evaluation, Result, Score
from seqdl.runs.together import together

CLASSES = ("a", "b")
TRUTH = {"one": "a", "two": "b", "three": "b"}


def run(lstm, voting=None, names=TRUTH):
    """What a run says of class a, by sequence; of class b it is the rest."""
    ways = {"lstm": lstm} | ({"voting": voting} if voting else {})

    def decided(number, name):
        shares = {way: (said[number], 1 - said[number]) for way, said in ways.items()}
        decisions = {way: CLASSES[share[0] < share[1]] for way, share in shares.items()}
        return Decided(name, f"person of {name[0]}", TRUTH[name], 5, decisions, 0.5, (), shares)

    nobody = Score(0.0, 0, 0)
    return Evaluation(dict.fromkeys(ways, nobody), tuple(decided(n, name) for n, name in enumerate(names)))


def test_the_mean_decides_and_not_the_majority():
    runs = [run([0.6, 0.6, 0.6]), run([0.6, 0.6, 0.6]), run([0.9, 0.1, 0.4])]
    found = together(runs, CLASSES)
    assert found.runs == 3 and list(found.scores) == ["lstm"]
    assert found.scores["lstm"].confusion == ((1, 0), (1, 1))
    assert found.persons["lstm"] == {"person of o": (1, 1), "person of t": (2, 1)}


def test_voting_and_the_lstm_are_added_up():
    found = together([run([0.9, 0.2, 0.6], [0.2, 0.6, 0.3])], CLASSES)
    assert [found.scores[way].correct for way in ("voting", "lstm", "both")] == [1, 2, 3]


def test_the_order_of_the_sequences_does_not_matter():
    found = together([run([0.9, 0.4, 0.1]), run([0.3, 0.2, 0.8], names=["three", "two", "one"])], CLASSES)
    assert found.scores["lstm"].correct == 3


def test_what_does_not_belong_together_is_refused():
    with pytest.raises(UsageError, match="the same sequences"):
        together([run([0.9, 0.4, 0.1]), run([0.9, 0.4], names=["one", "two"])], CLASSES)
    with pytest.raises(UsageError, match="no run"):
        together([], CLASSES)
    old = record(made_up_result())
    with pytest.raises(SeqdlError, match="lacks what voting says of all 6 classes"):
        together([old], old.dataset.classes)


def test_a_result_keeps_what_speaks_for_each_class():
    values = made_up_result(classes=CLASSES)
    for sequence in values["sequences"]:
        sequence["shares"] = {"voting": [0.25, 0.75], "lstm": [0.5, 0.5]}
    again = Result.from_dict(json.loads(json.dumps(record(values).to_dict())), "result.json")
    assert again.sequences[0].shares == {"voting": (0.25, 0.75), "lstm": (0.5, 0.5)}
