"""The reader shows what a person sees: held against what was filmed, and against the ffmpeg program."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from functools import partial
from itertools import product

import numpy as np
import pytest
from films import TURNS
from matrix import ASPECTS, matrix
from odd_films import odd_films

from seqdl.video.reader import Reader

FILMS = [*matrix(), *odd_films()]
OLDEST = 8
"""Earlier versions forget a turn that is told once, fill corners with grey or refuse pixels of negative width."""


@pytest.fixture(scope="module")
def played():
    """What the ffmpeg program shows, that of the package imageio-ffmpeg or one that is installed."""
    found = []
    if importlib.util.find_spec("imageio_ffmpeg"):
        from imageio_ffmpeg import get_ffmpeg_exe

        found.append(get_ffmpeg_exe())
    found += filter(None, [shutil.which("ffmpeg")])
    for program in found:
        banner = subprocess.run([program, "-version"], capture_output=True, text=True, check=True).stdout
        version = re.match(r"ffmpeg version n?(\d+)", banner)
        if version is None or int(version[1]) >= OLDEST:  # a build between releases has no number
            return partial(play, program)
    pytest.skip(f"no ffmpeg {OLDEST} or newer: pip install imageio-ffmpeg")


@pytest.fixture(scope="module")
def once(tmp_path_factory):
    """What a function makes of a film's file; both are made only once."""
    folder, files, results = tmp_path_factory.mktemp("films"), set(), {}

    def result(film, function):
        path = folder / film.name
        if path not in files:
            film.make(path)
            files.add(path)
        if (path, function) not in results:
            results[path, function] = function(path)
        return results[path, function]

    return result


def read(path):
    with Reader(path) as reader:
        return list(reader)


def play(program, path):
    """What ffmpeg shows: turned by itself, then as wide as the pixels say; no frame doubled or dropped for the rate."""
    options = "-vf scale=iw*sar:ih -an -pix_fmt gray -fps_mode passthrough -strict -1 -f yuv4mpegpipe -"
    command = [program, "-nostdin", "-v", "error", "-i", path, *options.split()]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 0 and done.stdout, done.stderr.decode()
    header, _, rest = done.stdout.partition(b"\n")
    height, width = (int(re.search(rb" %b(\d+)" % letter, header)[1]) for letter in (b"H", b"W"))
    mark = len(b"FRAME\n")
    frames = np.frombuffer(rest, np.uint8).reshape(-1, mark + height * width)[:, mark:]
    return list(frames.reshape(-1, height, width))


every_film = pytest.mark.parametrize("film", FILMS, ids=lambda film: film.name)


def difference(some, others):
    """In grey levels, of each pixel; whoever shows another number of frames or another size is told so."""
    assert len(some) == len(others)
    assert [image.shape for image in some] == [image.shape for image in others]
    return np.abs(np.subtract(some, others, dtype=float))


def agree_with_the_picture(images, film):
    part, levels = film.within
    assert np.quantile(difference(images, film.seen()), part) < levels + 0.5


def test_the_films_are_many_and_of_every_kind():
    names = {film.name for film in FILMS}
    assert len(names) == len(FILMS) >= 150
    for turn, (across, down) in product(TURNS, ASPECTS):
        assert any(f"_{turn}_{across}to{down}" in name for name in names)
    assert len({name.rpartition(".")[2] for name in names}) >= 30


@every_film
def test_a_person_sees_what_was_filmed(film, once):
    agree_with_the_picture(once(film, read), film)


@every_film
def test_a_person_sees_what_ffmpeg_shows(film, once, played):
    assert difference(once(film, read), once(film, played)).max() <= 1


@every_film
def test_ffmpeg_shows_what_was_filmed(film, once, played):
    """The two references, one against the other: else a maker that makes something else would go unseen."""
    agree_with_the_picture(once(film, played), film)
