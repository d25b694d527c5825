"""docs/actors.md is what its record makes, and its halves are of different persons."""

import json
from pathlib import Path

from experiments import fill, transfer
from seqdl.datasets import actors

PAGE = transfer.PAGE.read_text(encoding="utf-8")
RECORD = json.loads(transfer.RECORD.read_text(encoding="utf-8"))


def page(record):
    """The page as a record makes it."""
    return fill.fill(PAGE, transfer.blocks(record), transfer.PAGE.name)


def test_the_page_is_what_its_record_makes():
    assert page(RECORD) == PAGE
    assert {run["variant"] for run in RECORD} <= set(actors.RECORD.variants)


def test_each_half_counts_its_own_persons_alone():
    """Whoever is in the other half may decide as badly as can be."""
    shares = transfer.halves(["c", "a", "e", "b", "d"])
    assert shares == {"choosing": ["a", "b"], "reporting": ["c", "d", "e"]}
    counts = {one: {"voting": [0, 4], "lstm": [3 if one in "ab" else 0, 4]} for one in "abcde"}
    assert transfer.accuracy(counts, shares["choosing"], "lstm") == 0.75
    assert transfer.accuracy(counts, shares["reporting"], "lstm") == 0
    assert transfer.accuracy(counts, shares["choosing"], "voting") == 0


def test_a_changed_record_changes_only_its_numbers():
    other = json.loads(json.dumps(RECORD))
    for counts in other[0]["kth"]["kth2"].values():
        counts["lstm"][0] = 0
    changed = [(a, b) for a, b in zip(PAGE.splitlines(), page(other).splitlines(), strict=True) if a != b]
    assert len(changed) == 1 and changed[0][0].startswith(f"| `{RECORD[0]['variant']}`")


def test_every_variant_is_named_and_links_lead_somewhere():
    for name in actors.RECORD.variants:
        assert f"`{name}`" in PAGE
    assert (Path(transfer.PAGE).parent / "results.md").exists()
