"""Which pictures of a folder are the frames of a video; nothing is opened, so the files are empty."""

import os

import pytest

from seqdl.video.pictures import numbered


def touch(folder, *names):
    for name in names:
        (folder / name).touch()


@pytest.mark.parametrize(
    "names, numbers",
    [
        (["img_00002.jpg", "img_00001.jpg", "img_00010.jpg"], [1, 2, 10]),
        (["frame-10.png", "frame-9.png", "frame-0.png"], [0, 9, 10]),
        (["000123.bmp", "000124.bmp"], [123, 124]),
        (["a2_1.JPG", "a2_2.jpg", "a2_3.Jpg"], [1, 2, 3]),
        (["a.0001.tif", "a.0002.tif"], [1, 2]),
        (["a1.webp", "a2.webp", "b1.webp", "b2.webp", "b3.webp"], [1, 2, 3]),
        (["a1.jpg", "a2.jpg", "a3.png"], [1, 2]),
        (["a1.jpg", "a2.jpg", "b7.jpg", "b8.jpg"], [1, 2]),
        (["a1.jpg"], []),
        (["ann.jpg", "bob.jpg"], []),
        (["a1.txt", "a2.txt", "a3.mp4"], []),
        (["._a1.jpg", "._a2.jpg", "a1.jpg"], []),
        ([], []),
    ],
)
def test_the_largest_family_in_the_order_of_its_numbers(tmp_path, names, numbers):
    touch(tmp_path, *names)
    assert list(numbered(tmp_path)) == numbers


def test_two_pictures_of_one_number_are_one_frame(tmp_path):
    touch(tmp_path, "a1.jpg", "a01.jpg", "a2.jpg")
    assert numbered(tmp_path) == {1: tmp_path / "a01.jpg", 2: tmp_path / "a2.jpg"}


def test_folders_and_broken_links_are_no_pictures_and_names_need_no_encoding(tmp_path):
    (tmp_path / "a1.jpg").mkdir()
    (tmp_path / "a2.jpg").symlink_to("nowhere.jpg")
    names = [os.fsdecode(b"\xff\n%d.png" % number) for number in (3, 4)]
    touch(tmp_path, *names)
    assert numbered(tmp_path) == {3: tmp_path / names[0], 4: tmp_path / names[1]}
