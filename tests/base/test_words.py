"""Names in messages: on one line, in letters that can be written."""

import os
import subprocess
import sys
import unicodedata

import pytest

from seqdl.base import words


@pytest.mark.parametrize(
    "text, shown",
    [
        ("a b", "a b"),
        ("größer \xa0 \u200d 手", "größer \xa0 \u200d 手"),
        ("two\nlines\r\t", r"two\nlines\r\t"),
        ("\x1b[31m\x7f\x9b", r"\x1b[31m\x7f\x9b"),
        ("a\u2028b", r"a\u2028b"),
        (os.fsdecode(b"caf\xe9"), r"caf\udce9"),
        (r"caf\udce9", r"caf\udce9"),
    ],
)
def test_what_cannot_be_written_is_escaped_once(text, shown):
    assert words.printable(text) == shown == words.printable(shown)


def test_no_two_names_of_files_are_the_same():
    paths = [os.fsdecode(b"\xe9"), r"\udce9", r"\\udce9", "\n", r"\n", "é"]
    assert len({words.name_of(path) for path in paths}) == len(paths)
    assert words.name_of(unicodedata.normalize("NFD", "é")) == words.name_of("é") == "é"


def test_the_name_of_a_file_is_the_same_under_every_locale(tmp_path):
    (tmp_path / "é手.avi").touch()
    code = (
        "import os, sys\nfrom seqdl.base import words\n"
        f"print(ascii([words.name_of(name) for name in os.listdir({str(tmp_path)!r})]), sys.getfilesystemencoding(), "
        f"os.path.exists(words.local({str(tmp_path / 'é手.avi')!a})), words.local('a'))"
    )
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.startswith(ascii(["é手.avi"])) and "utf" not in done.stdout
    assert done.stdout.endswith(" True a\n")


def test_words_for_messages():
    assert words.count(1, "copy", "copies") == "1 copy" and words.count(0, "video") == "0 videos"
    assert words.some(["a", "b", "c", "d"], 2) == "a, b and 2 more" and words.some(("a",), 2) == "a"
    assert words.near("kht", ["kth", "ixmas"]) == "; did you mean kth?"
    assert words.near("zzz", ["kth", "ixmas"]) == "; known: kth, ixmas"
