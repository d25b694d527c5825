"""Where a student's file is run: in a process of its own, which is ended when it takes too long.

``python -m seqdl.exercises.bench REPORT TRACE SECONDS NAME FILE ...`` writes a line of JSON to REPORT after each
exercise, and to TRACE where a file was when its time was over; what a file prints goes to standard error.
"""

import faulthandler
import io
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from seqdl.base import disk
from seqdl.base.files import temporarily
from seqdl.exercises.book import EXERCISES, Exercise
from seqdl.exercises.judge import RIGHT, TO_DO, WRONG, Verdict, Verdicts, judge

SPARE = 300
"""Seconds that a whole process may take beside a student's, to import and to compute the right answers."""


class Mark(NamedTuple):
    """What is said of a file.

    Parameters
    ----------
    exercise : Exercise
        Which.
    file : Path
        The file.
    verdicts : Verdicts
        What is said.
    """

    exercise: Exercise
    file: Path
    verdicts: Verdicts

    @property
    def state(self) -> str:
        """Wrong if anything is, else to be written if anything is, else right."""
        states = {verdict.state for verdict in self.verdicts.functions}
        return next(state for state in (WRONG, TO_DO, RIGHT) if state in states)


def marks(files: Sequence[tuple[Exercise, Path]], seconds: float) -> Iterator[Mark]:
    """Judge files one after the other; each may take so many ``seconds``.

    They share a process; one that ends it, or is ended, costs the next one a new process.
    """
    left = list(files)
    while left:
        folder = disk.temporary_folder()
        with temporarily(folder):
            report, trace = folder / "report", folder / "trace"
            command = [sys.executable, "-m", "seqdl.exercises.bench", str(report), str(trace), str(seconds)]
            command += [text for exercise, file in left for text in (exercise.name, str(file))]
            ended = _run(command, SPARE + seconds * len(left))
            lines = report.read_text("utf-8").splitlines() if report.exists() else []
            done = [_read(line) for line in lines if line.endswith("]")]
            for (exercise, file), verdicts in zip(left, done):
                yield Mark(exercise, file, verdicts)
            left = left[len(done) :]
            if left:
                (exercise, file), *left = left
                yield Mark(exercise, file, Verdicts([Verdict("", WRONG, _why(ended, file, trace, seconds))], []))


def _run(command: list[str], seconds: float) -> int:
    """The exit code of a process."""
    try:
        return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=2, timeout=seconds, check=False).returncode
    except subprocess.TimeoutExpired:
        return 1


def _why(code: int, file: Path, trace: Path, seconds: float) -> str:
    """Why a process came to no end, or to one too soon."""
    stack = trace.read_text("utf-8", "replace") if trace.exists() else ""
    if not stack:
        return f"it ended the process that ran it (exit code {code})"
    found = re.search(rf'File "{re.escape(str(file))}", line (\d+) in (\w+)', stack)
    where = f" in line {found[1]}, {found[2]}" if found else ""
    return f"stopped after {seconds:g} seconds{where}: does a loop end? (seconds={2 * seconds:g} gives it more)"


def _read(line: str) -> Verdicts:
    functions, proofs, checks = json.loads(line)
    return Verdicts([Verdict(*one) for one in functions], proofs, checks)


def main(arguments: Sequence[str]) -> None:
    """Judge the files that the ``arguments`` name, as above."""
    report, trace, seconds, *names = arguments
    known = {exercise.name: exercise for exercise in EXERCISES}
    with io.TextIOWrapper(disk.opened(report), "utf-8") as out, disk.opened(trace) as stack:
        for name, file in zip(names[::2], names[1::2]):
            faulthandler.dump_traceback_later(float(seconds), file=stack, exit=True)
            try:
                verdicts = judge(known[name], Path(file).read_text(encoding="utf-8"), file)
            except OSError as error:
                verdicts = Verdicts([Verdict("", WRONG, f"cannot be read: {error.strerror}")], [])
            except UnicodeDecodeError:
                verdicts = Verdicts([Verdict("", WRONG, "is no text: save it as UTF-8")], [])
            faulthandler.cancel_dump_traceback_later()
            print(json.dumps(verdicts), file=out, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
