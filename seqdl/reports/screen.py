"""The progress of many things at once on one screen: lines that stay, and below them a few that change."""

import shutil
from collections.abc import Sequence
from typing import TextIO


class Screen:
    """Where a terminal is, a block of changing lines below the lines that stay; elsewhere the latter alone.

    Parameters
    ----------
    stream : file
        Usually standard error.
    """

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.live = stream.isatty()
        self._shown: list[str] = []

    def line(self, text: str) -> None:
        """Print a line that stays."""
        below = self._shown
        self.show([])
        print(text, file=self.stream, flush=True)
        self.show(below)

    def show(self, lines: Sequence[str]) -> None:
        """Put other lines into the changing block, cut to the terminal; nothing where there is none."""
        if not self.live:
            return
        size = shutil.get_terminal_size()
        cut = [line[: size.columns - 1] for line in lines][: max(1, size.lines - 2)]
        up = f"\x1b[{len(self._shown)}A" if self._shown else ""
        self.stream.write(up + "\x1b[J" + "".join(f"{line}\n" for line in cut))
        self.stream.flush()
        self._shown = cut


def bar(share: float, width: int = 20) -> str:
    """A bar of text for a share in 0..1, such as ``#####---------------``."""
    full = round(min(max(share, 0.0), 1.0) * width)
    return "#" * full + "-" * (width - full)
