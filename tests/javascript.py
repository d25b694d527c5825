"""JavaScript for tests, run by node or, where that is absent, by a headless Chromium."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import browser
import pytest


def evaluated(program: str, folder: Path) -> Any:
    """What a program's last ``return`` gives, as JSON has it; skips where nothing can run it."""
    wrapped = f"(() => {{{program}\n}})()"
    if node := shutil.which("node"):
        file = folder / "program.js"
        file.write_text(f"process.stdout.write(JSON.stringify({wrapped}))", encoding="utf-8")
        done = subprocess.run([node, str(file)], capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr[-3000:]
        return json.loads(done.stdout)
    if browser.found() is None:
        pytest.skip("neither node nor Chromium is installed (Debian: apt install nodejs, or chromium)")
    with browser.browser(folder / "browser") as window:
        return json.loads(window.run(f"JSON.stringify({wrapped})"))
