"""``seqdl crossval``: every split of a protocol with every seed, several at once, in one folder that can go on."""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqdl.base import cli
from seqdl.config import Config, to_dict
from seqdl.errors import SeqdlError

if TYPE_CHECKING:
    from seqdl.evaluation.processes import Event


def options() -> argparse.ArgumentParser:
    """The command's options.

    Returns
    -------
    argparse.ArgumentParser
    """
    parser = cli.parser(
        "crossval",
        "Train and evaluate every split of a protocol, with every seed. Each is a run folder of its own inside one "
        "folder. Interrupted or killed, the same command goes on where it was; what is finished is never run again.",
    )
    cli.add_data(parser)
    parser.add_argument("--draws", type=cli.count, metavar="N", help="random draws of the protocol draws (5)")
    parser.add_argument("--seeds", type=cli.count, nargs="+", metavar="SEED", help="the seeds of every draw (0)")
    parser.add_argument(
        "--out", metavar="DIR", default="", help="the folder (default: below runs/, named after the configuration)"
    )
    cli.add_workers(parser, "draws that run at once, one thread each (0: one for each core)")
    parser.add_argument(
        "--retries", type=cli.count, default=2, metavar="N", help="how often a draw that was killed is tried again (2)"
    )
    parser.add_argument(
        "--cluster",
        metavar="ADDRESS",
        default="",
        help="run the draws on the Dask cluster whose scheduler is at tcp://HOST:PORT or tls://HOST:PORT, as many at "
        "once as its workers have threads (docs/cluster.md)",
    )
    parser.add_argument(
        "--cluster-tls",
        metavar=("CA", "CERT", "KEY"),
        nargs=3,
        default=(),
        help="files for tls: the authority's certificate, your own and its key (default: what Dask's settings name)",
    )
    parser.add_argument("--json", action="store_true", help="print the content of crossval.json")
    return parser


def work(args: argparse.Namespace) -> int:
    """Run, show how it goes, sum up.

    Parameters
    ----------
    args : argparse.Namespace
        The parsed arguments.

    Returns
    -------
    int
        The exit code.
    """
    from seqdl.evaluation.crossval import crossval
    from seqdl.reports import page, runs
    from seqdl.runs.folder import cores

    config = cli.effective(args, draws=args.draws)
    seeds = args.seeds or [config.seed]
    out = Path(args.out) if args.out else default_folder(config)
    watcher = Watcher(out)
    with contextlib.closing(watcher):
        workers = args.workers or cores()
        record = crossval(config, seeds, out, workers, args.retries, watcher.watch, args.cluster, args.cluster_tls)
    for name in record["runs"]:
        if not (out / name / "report.md").is_file():  # it was finished just before an end
            page.write(out / name)
    print(json.dumps(record) if args.json else f"{runs.last_screen(record)}\n\nAll of it: {out / 'crossval.json'}")
    if record["failed"]:
        names = ", ".join(record["failed"])
        raise SeqdlError(f"not finished: {names} (why: above, and in {out / 'logs'}); the same command tries again")
    return 0


def default_folder(config: Config) -> Path:
    """The folder of a configuration that names none: the same for the same, so that the same command goes on.

    Parameters
    ----------
    config : Config
        The configuration.

    Returns
    -------
    Path
    """
    from seqdl.evaluation.crossval import fixed_settings

    data = config.data
    key = hashlib.sha256(json.dumps(fixed_settings(to_dict(config))).encode()).hexdigest()[:8]
    parts = ["crossval", data.dataset, data.variant, data.protocol.split(":")[0], "inner" if data.inner else "", key]
    return Path("runs") / "-".join(part for part in parts if part)


class Watcher:
    """Shows how a cross-validation goes on standard error, and writes each run's report as soon as it is finished.

    Parameters
    ----------
    out : Path
        The folder of the cross-validation.
    """

    def __init__(self, out: Path) -> None:
        from seqdl.reports.screen import Screen

        self.out, self.screen, self.started = out, Screen(sys.stderr), time.monotonic()
        self.running: dict[str, str] = {}
        self.counts = {"done": 0, "failed": 0}

    def watch(self, event: Event) -> None:
        """Take note of an event.

        Parameters
        ----------
        event : Event
            What happened.
        """
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
        from seqdl.reports import page
        from seqdl.reports.tables import percent

        if kind == "died":
            return f"its process ended {value}; it is tried again"
        if kind == "failed":
            return f"failed: {value}"
        page.write(self.out / name)
        shown = ["lstm"] if value["control"] or not value["voting"] else ["voting", "lstm"]
        names = {"voting": "voting", "lstm": "the LSTM"}
        return "done: " + ", ".join(f"{percent(value[way]['accuracy'])} by {names[way]}" for way in shown)

    def _tick(self) -> None:
        from seqdl.evaluation.crossval import progress
        from seqdl.reports.screen import bar
        from seqdl.reports.tables import duration

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


main = cli.door(options, work)

if __name__ == "__main__":
    sys.exit(main())
