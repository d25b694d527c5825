"""One runner, three ways: what is done one after the other is told as what processes do."""

import contextlib
import sys

import pytest

from seqdl.errors import SeqdlError, UsageError
from seqdl.jobs.job import Job
from seqdl.jobs.spread import Spread


def double(number):
    print("doubling", number)
    if number == 2:
        raise SeqdlError("two is too many")
    if number == 3:
        raise RuntimeError("no message for people")
    print("to stderr", file=sys.stderr)
    return 2 * number


def told(spread, folder):
    jobs = [Job(f"job{number}", double, (number,), folder / "logs" / f"job{number}.log") for number in (1, 2, 3)]
    with spread.ready(folder, [], pytest.fail) as run, contextlib.closing(run(jobs)) as events:
        return [tuple(event) for event in events if event.kind != "tick"]


def test_serially_is_as_in_processes(tmp_path, capfd):
    here, there = told(Spread(), tmp_path / "here"), told(Spread(workers=1), tmp_path / "there")
    assert [event[:2] for event in here] == [event[:2] for event in there]
    assert [event[2] for event in here if event[0] == "done"] == [2]
    [two, three] = [event[2] for event in here if event[0] == "failed"]
    assert two == "two is too many" and three.startswith("RuntimeError: no message for people (")
    assert capfd.readouterr() == ("", "")
    logs = [(tmp_path / place / "logs" / "job1.log").read_text() for place in ("here", "there")]
    assert [sorted(log.splitlines()) for log in logs] == [["doubling 1", "to stderr"]] * 2
    assert "Traceback" in (tmp_path / "here" / "logs" / "job3.log").read_text()


def test_a_wrong_address_is_found_before_anything_is_begun():
    with pytest.raises(UsageError, match=r"^tls= goes with address="):
        Spread(tls=("a", "b", "c")).validate()
    Spread().validate()
