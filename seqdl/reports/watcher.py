"""How a cross-validation goes, on one screen."""

import sys
import time
from pathlib import Path
from typing import Any

from seqdl.jobs.job import Event
from seqdl.reports import page, tables
from seqdl.reports.screen import Screen, bar
from seqdl.reports.tables import duration, percent
from seqdl.runs.folder import RunFolder
from seqdl.runs.progress import progress


class Watcher:
    """Shows how a cross-validation goes on standard error, and writes each run's report as soon as it is finished.

    Parameters
    ----------
    out : Path
        The folder of the cross-validation.
    """

    def __init__(self, out: Path) -> None:
        self.out, self.screen, self.started = out, Screen(sys.stderr), time.monotonic()
        self.running: dict[str, str] = {}
        self.counts = {"done": 0, "failed": 0}

    def watch(self, event: Event) -> None:
        """Take note of an event."""
        name, value = event.name, event.value
        if event.kind == "note":
            self.screen.line(value)
        elif event.kind == "started":
            self.running[name] = ""
            self.screen.line(f"{name}: begun")
        elif event.kind == "tick":
            self._tick()
        else:
            del self.running[name]
            if event.kind in self.counts:
                self.counts[event.kind] += 1
            self.screen.line(f"{name}: {self._ended(event.kind, name, value)}")

    def _ended(self, kind: str, name: str, value: Any) -> str:
        if kind == "died":
            return f"its process ended {value}; it is tried again"
        if kind == "failed":
            return f"failed: {value}"
        page.write(RunFolder(self.out / name))
        names = {"voting": "voting", "lstm": "the LSTM"}
        shown = [way for way in names if way in value.shown]
        what = f"{tables.MEAN_PRECISION} " if value.several else ""
        return f"done: {what}" + ", ".join(f"{percent(value.scores[way].measure)} by {names[way]}" for way in shown)

    def _tick(self) -> None:
        lines = []
        for name, before in self.running.items():
            now = progress(self.out / name)
            lines.append(f"{name:<18} {bar(now.share)} {now.text or 'preparing'}")
            if now.text != before and not self.screen.live:
                self.screen.line(f"{name}: {now.text}")
            self.running[name] = now.text
        counts = ", ".join(f"{number} {kind}" for kind, number in self.counts.items())
        lines.append(f"{len(self.running)} running, {counts}; {duration(time.monotonic() - self.started)}")
        self.screen.show(lines)

    def close(self) -> None:
        """Leave the terminal as it was."""
        self.screen.show([])
