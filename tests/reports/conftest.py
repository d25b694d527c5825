"""A finished run, made up."""

from __future__ import annotations

import numpy as np
import pytest
from made_up_run import EVIL, film, leave_run, made_up_result

from seqdl.reports import content, html, looks


@pytest.fixture
def result():
    """A result.json of six actions and 48 test sequences."""
    return made_up_result()


@pytest.fixture
def run_folder(tmp_path, result):
    """A run folder without a report."""
    return leave_run(tmp_path / "run", result)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A run with all that a page may have, its page written, and the content of that."""
    rng = np.random.default_rng(5)
    result = made_up_result(EVIL, takes=3)
    for number, sequence in enumerate(result["sequences"]):
        sequence["name"] = f"{number} {sequence['label']}"
    folder = leave_run(tmp_path_factory.mktemp("made") / "run", result)
    telling = looks.telling(folder.result.sequences)
    films = {one.name: film(rng, one) for kind in telling.values() for one in kind}
    seen = {name: (rng.normal(size=(54, 34)), rng.normal(size=(7, 48, 28))) for name in EVIL}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(looks, "of_run", lambda _: looks.Looks(rng.normal(size=(7, 5, 7, 7)), films, seen))
        found = list(content.of_run(folder))
    html.write(found, folder.path / "report.html")
    return folder, found
