"""What is looked at while it is made: cameras, addresses, pipes, folders that fill, and files in a camera's place."""

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from seqdl.config import Config
from seqdl.video import device
from seqdl.video.clock import USUAL_RATE
from seqdl.video.filling import Filling
from seqdl.video.reader import Reader


class ReaderStream:
    """What a reader reads, as :class:`seqdl.video.feed.Stream`.

    Parameters
    ----------
    reader : Reader
        From which nothing was read yet.
    name : str
        For messages.
    endless, realtime
        As there.
    flows, paced : bool
        Whether it has no end that is known; whether frames are held back until it is time for them.
    folder : Filling, optional
        The folder that it reads.
    """

    def __init__(
        self,
        reader: Reader,
        name: str,
        endless: bool = False,
        realtime: bool = False,
        flows: bool = True,
        paced: bool = False,
        folder: Filling | None = None,
    ) -> None:
        self.name, self.clock, self.endless, self.realtime = name, reader.clock, endless, realtime
        self._reader, self._flows, self._paced, self._folder = reader, flows, paced, folder
        self._stopped = False

    @property
    def notes(self) -> tuple[str, ...]:
        """What was odd about it up to now."""
        return self._reader.report.notes

    @property
    def broken_off(self) -> str:
        """Why it ended before its end; of a file that is no more than a note."""
        return self._reader.broken_off if self._flows else ""

    def timed(self) -> Iterator[tuple[np.ndarray, float]]:
        """Each frame with its seconds."""
        began = time.monotonic()
        for image, seconds in self._reader.timed():
            if self._paced:
                time.sleep(max(0.0, began + seconds - time.monotonic()))
            if self._stopped:
                return
            yield image, seconds
            del image

    def stop(self) -> None:
        """Have no more frames come."""
        self._stopped = True
        if self._folder:
            self._folder.over.set()

    def close(self) -> None:
        """Close what it reads."""
        self._reader.close()


def opened(name: str, config: Config, realtime: bool = False) -> ReaderStream:
    """Open a camera, an address, a pipe (``-``), a folder that fills or a file by its ``name``, with a ``config``.

    Cameras and rtsp are made in real time. Of others no frame is dropped unless ``realtime`` says that they are, too: a
    file is then played, and an address that ends has vanished. A SeqdlError says why it cannot be opened.
    """
    grey, camera = config.video.grey, device.is_endless(name)
    if camera or name == device.PIPE or device.is_address(name):
        reader = Reader(device.open_stream(name), grey)
        endless = camera or (realtime and name != device.PIPE)
        return ReaderStream(reader, device.shown(name), endless, camera or realtime)
    if Path(name).is_dir():
        rate = USUAL_RATE if isinstance(config.video.rate, str) else config.video.rate
        folder = Filling(Path(name), rate)
        return ReaderStream(Reader(folder, grey), name, endless=True, realtime=realtime, folder=folder)
    return ReaderStream(Reader(name, grey), name, realtime=realtime, flows=False, paced=realtime)
