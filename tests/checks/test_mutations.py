"""Each wrong program is caught by the table of cases; ``pytest -s`` or a failure shows by which check."""

from __future__ import annotations

import fnmatch

import pytest
from mutations import MUTATIONS, Mutation, mutated

from seqdl.checks import suite
from seqdl.checks.cases import TABLE


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
