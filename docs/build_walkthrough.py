"""Build docs/walkthrough.ipynb from docs/walkthrough.py: run the cells, keep what they print and draw.

python docs/build_walkthrough.py

A cell begins with ``# %%``, a cell of text with ``# %% [markdown]``. A notebook is a JSON file, so nothing but the
standard library and matplotlib is needed.
"""

from __future__ import annotations

import base64
import contextlib
import io
import json
import re
import sys
from pathlib import Path
from typing import Any, NamedTuple

SCRIPT = Path(__file__).with_name("walkthrough.py")
NOTEBOOK = SCRIPT.with_suffix(".ipynb")


class Cell(NamedTuple):
    """A cell of the script: whether it is text, and its source."""

    text: bool
    source: str


def cells(script: str) -> list[Cell]:
    """Take a script apart; what stands before the first cell is the script's own."""
    found = []
    for part in re.split(r"^# %%", script, flags=re.MULTILINE)[1:]:
        mark, _, source = part.partition("\n")
        text = mark.strip() == "[markdown]"
        if text:
            source = re.sub(r"^# ?", "", source, flags=re.MULTILINE)
        found.append(Cell(text, source.strip("\n")))
    return found


def run(source: str, namespace: dict[str, Any]) -> list[dict[str, Any]]:
    """Execute a cell of code; what it prints and draws, as a notebook keeps it."""
    import matplotlib.pyplot as plt

    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(source, str(SCRIPT), "exec"), namespace)
    outputs: list[dict[str, Any]] = []
    if printed.getvalue():
        outputs.append({"output_type": "stream", "name": "stdout", "text": _lines(printed.getvalue())})
    for number in plt.get_fignums():
        picture = io.BytesIO()
        plt.figure(number).savefig(picture, format="png", metadata={"Software": None})
        encoded = base64.b64encode(picture.getvalue()).decode()
        data = {"image/png": encoded, "text/plain": [f"<Figure {number}>"]}
        outputs.append({"output_type": "display_data", "data": data, "metadata": {}})
    plt.close("all")
    return outputs


def notebook(script: str) -> dict[str, Any]:
    """The whole notebook, with outputs."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    made: list[dict[str, Any]] = []
    for number, cell in enumerate(cells(script)):
        entry: dict[str, Any] = {"id": f"cell-{number}", "metadata": {}, "source": _lines(cell.source)}
        if cell.text:
            made.append({"cell_type": "markdown", **entry})
        else:
            count = sum(each["cell_type"] == "code" for each in made) + 1
            outputs = run(cell.source, namespace)
            made.append({"cell_type": "code", "execution_count": count, **entry, "outputs": outputs})
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    return {"cells": made, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def main() -> int:
    """Run the command."""
    import matplotlib

    from seqdl.base import files

    matplotlib.use("Agg")
    made = notebook(SCRIPT.read_text(encoding="utf-8"))
    text = json.dumps(made, indent=1, ensure_ascii=False) + "\n"
    files.write_atomic(NOTEBOOK, text)
    for cell in made["cells"]:
        for output in cell.get("outputs", []):
            print("".join(output.get("text", "")), end="")
    print(f"{NOTEBOOK}: {len(text) / 1e3:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
