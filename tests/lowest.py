"""The lowest versions of everything that setup.cfg asks for, as pip takes them: ``python tests/lowest.py EXTRA...``."""

from __future__ import annotations

import configparser
import sys
from pathlib import Path

SETUP = Path(__file__).parents[1] / "setup.cfg"


def lowest(*extras: str) -> list[str]:
    """Such as ``numpy==2.0``: of what everybody needs, and of some extras."""
    setup = configparser.ConfigParser()
    setup.read(SETUP, encoding="utf-8")
    asked = [setup["options"]["install_requires"], *(setup["options.extras_require"][extra] for extra in extras)]
    return sorted({line.strip().replace(">=", "==") for text in asked for line in text.splitlines() if line.strip()})


if __name__ == "__main__":
    print("\n".join(lowest(*sys.argv[1:])))
