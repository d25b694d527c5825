"""Lines that stay and lines that change: what a terminal shows, and what a log file gets."""

import io
import os
import re

from seqdl.reports.screen import Screen, bar


class Terminal(io.StringIO):
    """What is on the screen after everything that was written to it."""

    def isatty(self):
        return True

    def shown(self):
        lines = [""]
        for part in re.findall(r"\x1b\[\d*[AJ]|[^\x1b]+", self.getvalue()):
            if part.endswith("A") and part[0] == "\x1b":
                lines = [*lines[: -1 - int(part[2:-1])], ""]
            elif part == "\x1b[J":
                continue
            else:
                first, *rest = part.split("\n")
                lines = [*lines[:-1], lines[-1] + first, *rest]
        return lines[:-1]


def test_changing_lines_are_replaced_and_others_stay():
    terminal = Terminal()
    screen = Screen(terminal)
    screen.show(["a 1", "b 1"])
    screen.show(["a 2", "b 2"])
    assert terminal.shown() == ["a 2", "b 2"]
    screen.line("a is done")
    assert terminal.shown() == ["a is done", "a 2", "b 2"]
    screen.show(["b 3"])
    assert terminal.shown() == ["a is done", "b 3"]
    screen.show([])
    screen.line("the end")
    assert terminal.shown() == ["a is done", "the end"]


def test_lines_never_wrap_nor_fill_the_screen(monkeypatch):
    monkeypatch.setattr("shutil.get_terminal_size", lambda: os.terminal_size((20, 6)))
    terminal = Terminal()
    Screen(terminal).show(["x" * 50] * 30)
    assert terminal.shown() == ["x" * 19] * 4


def test_a_log_gets_the_lines_that_stay_alone():
    log = io.StringIO()
    screen = Screen(log)
    screen.show(["a 1"])
    screen.line("a is done")
    screen.show(["b 1"])
    assert log.getvalue() == "a is done\n"


def test_bars():
    assert [bar(share, 4) for share in (-1, 0, 0.5, 1, 2)] == ["----", "----", "##--", "####", "####"]
