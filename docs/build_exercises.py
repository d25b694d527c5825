"""Build docs/exercises.ipynb, the exercises as a notebook: of each the equations, a cell to write in, one that checks.

python docs/build_exercises.py
"""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path
from typing import Any

from seqdl.base import files
from seqdl.exercises import source
from seqdl.exercises.book import EXERCISES, Exercise

NOTEBOOK = Path(__file__).with_name("exercises.ipynb")
HEAD = """# Exercises

The equations of seqdl, to write yourself in NumPy. Of each exercise there is what it is about, a cell with docstrings
and empty bodies, and a cell that checks what you wrote by the cases of the project's own tests. Where your answer is
that of a known mistake, the mistake is called by its name. `--hint` gives a hint, `--hint --hint` a further one, a
third nearly the code. [equations.md](equations.md) derives everything; the solutions are the files of `seqdl/ops`.

Run a cell to save what you wrote in the folder `exercises`, then run the one below it."""


def cells(exercise: Exercise) -> list[tuple[str, str]]:
    """The cells of an exercise, each with its kind."""
    text = source.starter(exercise)
    module = ast.parse(text)
    said = ast.get_docstring(module) or ""
    end = module.body[0].end_lineno or 0
    comments = [line for line in text.splitlines() if line.startswith("# ")][:2]
    rest = "\n".join(text.splitlines()[end:]).strip("\n")
    title = exercise.title[0].upper() + exercise.title[1:]
    return [
        ("markdown", f"## {title}\n\n```\n{said}\n```"),
        ("code", "\n".join([f"%%writefile exercises/{exercise.name}.py", *comments, "", rest])),
        ("code", f"!seqdl exercise check exercises {exercise.name}"),
    ]


def notebook() -> dict[str, Any]:
    """The whole notebook, without outputs."""
    begin = [("markdown", HEAD), ("code", 'from pathlib import Path\n\nPath("exercises").mkdir(exist_ok=True)')]
    made: list[dict[str, Any]] = []
    for number, (kind, text) in enumerate([*begin, *(cell for exercise in EXERCISES for cell in cells(exercise))]):
        entry = {"id": f"cell-{number}", "cell_type": kind, "metadata": {}, "source": text.splitlines(keepends=True)}
        made.append(entry | ({"execution_count": None, "outputs": []} if kind == "code" else {}))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python", "pygments_lexer": "ipython3"}}
    return {"cells": made, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def main() -> int:
    """Run the command."""
    text = json.dumps(notebook(), indent=1, ensure_ascii=False) + "\n"
    files.write_atomic(NOTEBOOK, text)
    print(f"{NOTEBOOK}: {len(EXERCISES)} exercises, {len(text) / 1e3:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
