"""The reader: the right grey values, and every kind of damage dealt with."""

from __future__ import annotations

import hashlib

import av
import imageio.v3 as iio
import numpy as np
import pytest

from seqdl.errors import SeqdlError
from seqdl.video import container
from seqdl.video import reader as module
from seqdl.video.reader import Reader


def picture(k, height=48, width=64):
    """A texture that moves: what is lost or swapped shows."""
    y, x = np.mgrid[:height, :width]
    return (128 + 60 * np.sin((x + 3 * k) / 5) + 50 * np.cos(y / 4)).clip(0, 255).astype(np.uint8)


def encode(path, frames, codec="mpeg4", pixels="yuv420p", **options):
    height, width = frames[0].shape
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = width, height, pixels, 2_000_000
        stream.options = options
        for image in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="gray")))
        container.mux(stream.encode())
    return path


def read(path, **settings):
    with Reader(path, **settings) as reader:
        frames = list(reader)
    return frames, reader.report


@pytest.fixture
def video(tmp_path):
    return encode(tmp_path / "clip.avi", [picture(k) for k in range(40)])


def test_every_frame_comes_once_and_in_order(video):
    with Reader(video) as reader:
        assert (reader.width, reader.height, reader.rate) == (64, 48, 25.0)
        frames = list(reader)
    assert reader.report == module.ReadReport(declared=40, decoded=40, corrupt=(), notes=())
    for k, frame in enumerate(frames):
        assert frame.dtype == np.uint8 and frame.shape == (48, 64) and frame.flags.c_contiguous
        errors = [np.abs(frame.astype(int) - picture(other)).mean() for other in range(40)]
        assert errors[k] < 4 and np.argmin(errors) % 10 == k % 10  # the texture repeats after about 10 frames


def test_a_frame_that_was_kept_does_not_change(video):
    with Reader(video) as reader:
        frames = iter(reader)
        first = next(frames)
        before = first.copy()
        list(frames)
    assert np.array_equal(first, before)


def test_luma_is_expanded_as_libav_does_it_or_left_as_stored(video):
    full, _ = read(video)
    limited, _ = read(video, grey="limited")
    with av.open(str(video)) as container:
        for frame, mine, stored in zip(container.decode(video=0), full, limited, strict=True):
            plane = frame.planes[0]
            luma = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[:48, :64]
            assert np.array_equal(stored, luma)
            assert np.abs(mine.astype(int) - frame.to_ndarray(format="gray")).max() <= 1


@pytest.mark.parametrize(
    "codec, pixels, name", [("ffv1", "gray", "c.avi"), ("mjpeg", "yuvj420p", "c.avi"), ("ffv1", "yuv420p", "c.mkv")]
)
def test_grey_and_full_range_formats_agree(tmp_path, codec, pixels, name):
    images = [picture(k) for k in range(3)]
    frames, report = read(encode(tmp_path / name, images, codec, pixels))
    assert report.notes == ()
    worst = max(np.abs(a.astype(int) - b).max() for a, b in zip(frames, images, strict=True))
    assert worst <= {"gray": 0, "yuvj420p": 40, "yuv420p": 1}[pixels]
    assert abs(np.mean(frames) - np.mean(images)) < 0.6


@pytest.mark.parametrize("pixels", ["bgr0", "yuv420p10le", "gray16le"])
def test_other_formats_are_converted_and_said_so(tmp_path, pixels):
    images = [picture(k) for k in range(3)]
    frames, report = read(encode(tmp_path / "c.mkv", images, "ffv1", pixels))
    assert report.notes == (f"frames of format {pixels} were converted to grey",)
    assert max(np.abs(a.astype(int) - b).max() for a, b in zip(frames, images, strict=True)) <= 2


def test_a_truncated_file_ends_where_it_ends(video, tmp_path):
    data = video.read_bytes()
    cut = tmp_path / "cut.avi"
    cut.write_bytes(data[: len(data) * 6 // 10])
    frames, report = read(cut)
    assert report.declared == 40
    assert 5 < report.decoded == len(frames) < 35
    assert report.notes[0] == f"the header declares 40 frames, {len(frames)} decode"
    whole, _ = read(video)
    assert np.array_equal(frames[: len(frames) - 1], whole[: len(frames) - 1])


@pytest.mark.parametrize("count", [3, 10**9])
def test_a_lying_header_costs_nothing(video, tmp_path, count):
    """The number of frames stands in an AVI's main and stream headers."""
    data = bytearray(video.read_bytes())
    for at in (data.index(b"avih") + 8 + 16, data.index(b"strh") + 8 + 32):
        assert int.from_bytes(data[at : at + 4], "little") == 40
        data[at : at + 4] = count.to_bytes(4, "little")
    lying = tmp_path / "lying.avi"
    lying.write_bytes(data)
    frames, report = read(lying)
    assert len(frames) == 40
    assert report.notes == (f"the header declares {count} frames, 40 decode",)


def flipped(data, rng, count, first):
    data = np.frombuffer(data, np.uint8).copy()
    data[rng.integers(first, len(data), count)] ^= rng.integers(1, 256, count, dtype=np.uint8)
    return data.tobytes()


def test_damaged_frames_are_marked(video, tmp_path, rng):
    data = video.read_bytes()
    damaged = tmp_path / "damaged.avi"
    damaged.write_bytes(flipped(data, rng, 60, data.index(b"movi") + 500))
    frames, report = read(damaged)
    assert 0 < len(frames) <= 40
    assert report.corrupt and set(report.corrupt) <= set(range(len(frames)))
    assert f"frames marked as damaged: {len(report.corrupt)}, the first is frame {report.corrupt[0]}" in report.notes
    with Reader(damaged) as reader:  # whoever reads only a part is told as well
        for _ in zip(reader, range(report.corrupt[0] + 1)):
            pass
        assert any("marked as damaged" in note for note in reader.report.notes)


def test_any_damage_ends_in_frames_or_in_one_clear_error(video, tmp_path, rng):
    data, damaged = video.read_bytes(), tmp_path / "damaged.avi"
    errors = 0
    for trial in range(60):
        damaged.write_bytes(flipped(data, rng, 20 if trial % 2 else 300, 0)[: int(rng.integers(1, len(data)))])
        try:
            frames, _ = read(damaged)
            assert frames
        except SeqdlError as error:
            assert str(error).startswith(f"{damaged}: ") and "\n" not in str(error)
            errors += 1
    assert 0 < errors < 60


def test_libav_itself_is_silent(video, tmp_path, capfd, rng):
    data = video.read_bytes()
    damaged = tmp_path / "damaged.avi"
    damaged.write_bytes(flipped(data, rng, 60, data.index(b"movi") + 500))
    read(damaged)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("codec, pixels, name", [("mjpeg", "yuvj420p", "c.mjpeg"), ("mpeg1video", "yuv420p", "c.m1v")])
def test_where_the_size_changes_frames_are_scaled_to_the_first_ones(tmp_path, codec, pixels, name):
    """Two raw streams, one after the other: each key frame carries its own size."""
    path, data = tmp_path / name, b""
    for shape in [(48, 64), (64, 80)]:
        data += encode(path, [picture(k, *shape) for k in range(12)], codec, pixels).read_bytes()
    path.write_bytes(data)
    frames, report = read(path)
    assert {frame.shape for frame in frames} == {(48, 64)}
    assert 22 <= len(frames) <= 24
    assert any("the frame size changes from 64 x 48 to 80 x 64" in note for note in report.notes)


def test_bits_flipped_anywhere_in_a_whole_file_never_break_the_reader(video, tmp_path, rng):
    """Damage may be refused, noted, or decode silently; nothing else may happen."""
    data, damaged = video.read_bytes(), tmp_path / "damaged.avi"
    whole, _ = read(video)
    outcomes = set()
    for trial in range(80):
        # Half of the damage is aimed at the headers.
        first, last = (0, 800) if trial % 2 else (0, len(data))
        damaged.write_bytes(flipped(data[:last], rng, 10, first) + data[last:])
        try:
            frames, report = read(damaged)
        except SeqdlError as error:
            assert str(error).startswith(f"{damaged}: ") and "\n" not in str(error)
            outcomes.add("refused")
        else:
            assert report.decoded == len(frames) and set(report.corrupt) <= set(range(len(frames)))
            same = np.shape(frames) == np.shape(whole) and np.array_equal(frames, whole)
            outcomes.add("sound" if same else "noted" if report.notes else "silent")
    assert {"refused", "noted"} <= outcomes


def test_a_format_nobody_knows_is_refused(video):
    """As a flipped bit in the header makes it."""
    data = video.read_bytes()
    assert data.count(b"FMP4") == 2
    video.write_bytes(data.replace(b"FMP4", b"ZZZ4"))
    with pytest.raises(SeqdlError, match=r"clip\.avi: its video is in a format that cannot be decoded"):
        read(video)


def write_playlist(path):
    path.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nother.ts\n")


def write_zeros(path):
    path.write_bytes(bytes(50_000))


def write_nothing(path):
    path.write_bytes(b"")


def write_text(path):
    path.write_text("this is no video\n" * 200)


def write_header(path):
    data = encode(path, [picture(k) for k in range(3)]).read_bytes()
    path.write_bytes(data[:200])


def write_sound(path):
    with av.open(str(path), "w", format="wav") as container:
        stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode())


def write_png(path):
    path.write_bytes(iio.imwrite("<bytes>", picture(0), extension=".png"))


def write_jpeg(path):
    path.write_bytes(iio.imwrite("<bytes>", picture(0), extension=".jpg"))


@pytest.mark.parametrize(
    "write, name, message",
    [
        (lambda path: None, "a.avi", "no such file"),
        (lambda path: path.mkdir(), "a.avi", "is a folder, not a video file"),
        (write_nothing, "a.avi", "the file is empty"),
        (write_text, "a.avi", "cannot be read as a video"),
        (write_zeros, "a.avi", "cannot be read as a video"),
        (write_playlist, "a.avi", "cannot be read as a video"),
        (write_text, "a.txt", "holds no video"),
        (write_header, "a.avi", "cannot be read as a video"),
        (write_sound, "a.avi", "holds no video"),
        (write_png, "a.avi", "is a single picture"),
        (write_png, "a.png", "is a single picture"),
        (write_jpeg, "a.avi", "is a single picture"),
    ],
)
def test_what_is_no_video_is_named(tmp_path, write, name, message):
    path = tmp_path / name
    write(path)
    with pytest.raises(SeqdlError) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}: {message}")


def test_frames_too_large_are_refused_before_the_first(video, monkeypatch):
    monkeypatch.setattr(container, "MAX_PIXELS", 64 * 48 - 1)
    with pytest.raises(SeqdlError, match=r"clip\.avi: frames of 64 x 48"):
        read(video)


def test_a_header_of_absurd_size_is_refused(tmp_path):
    path = encode(tmp_path / "c.avi", [picture(k) for k in range(3)], "ffv1", "gray")
    data = bytearray(path.read_bytes())
    at = data.index(b"strf") + 8
    assert int.from_bytes(data[at + 4 : at + 8], "little") == 64
    data[at + 4 : at + 12] = (60000).to_bytes(4, "little") * 2
    path.write_bytes(data)
    with pytest.raises(SeqdlError, match=r"c\.avi"):
        read(path)


def test_whoever_leaves_early_may_go_on(video):
    with Reader(video) as reader:
        first = [frame for frame, _ in zip(reader, range(5))]
        assert reader.report.notes == ()
        rest = list(reader)
    assert len(first) == 5 and len(rest) >= 34 and reader.report.notes == ()


def test_a_closed_reader_says_so_and_nothing_worse_happens(video):
    reader = Reader(video)
    frames = iter(reader)
    next(frames)
    reader.close()
    assert list(frames) == [] and reader.report.notes == ()
    with pytest.raises(ValueError, match="the reader is closed"):
        list(reader)
    reader.close()


def test_damage_is_marked_on_the_frames_that_show_it(tmp_path, rng):
    """At half the rate every second frame is shown."""
    path = encode(tmp_path / "clip.avi", [picture(k) for k in range(60)])
    data = path.read_bytes()
    path.write_bytes(flipped(data, rng, 60, len(data) * 3 // 4))
    with Reader(path) as stored, Reader(path, rate=12.5) as half:
        assert len(list(stored)) - 2 * len(list(half)) in (0, -1)
    corrupt = stored.report.corrupt
    assert corrupt and half.report.corrupt == corrupt and stored.damaged == set(corrupt)
    assert half.damaged and all(2 * k in corrupt or 2 * k + 1 in corrupt or 2 * k - 1 in corrupt for k in half.damaged)


def test_a_stream_without_time_stamps_has_the_rate_that_it_says_itself(tmp_path):
    path = tmp_path / "raw.h264"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=50)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for k in range(30):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture(k), format="gray")))
        container.mux(stream.encode())
    with Reader(path, rate=25) as reader:
        assert len(list(reader)) == 15 and reader.rate == 50


def test_pictures_one_after_the_other_are_a_video(tmp_path):
    """As network cameras send them: libav takes the file for a single picture."""
    path = encode(tmp_path / "camera.mjpg", [picture(k, 240, 320) for k in range(12)], "mjpeg", "yuvj420p")
    frames, _ = read(path)
    assert len(frames) == 12 and not np.array_equal(frames[0], frames[5])


@pytest.mark.parametrize("numbers", [range(7), range(0, 35, 5), [10**18 + 50_000_000 * k for k in range(7)]])
def test_a_folder_of_pictures_goes_by_their_numbers(tmp_path, numbers):
    """One after the other, every fifth, or nanoseconds."""
    numbers = [number for k, number in enumerate(numbers) if k != 3]
    for k, number in enumerate(numbers):
        iio.imwrite(tmp_path / f"img_{number}.png", np.full((30, 40), 20 * k, np.uint8))
    with Reader(tmp_path) as reader:
        frames = list(reader)
        assert reader.expected == 6
    assert [int(frame[0, 0]) for frame in frames] == [0, 20, 40, 60, 80, 100]
    assert list(reader.times) == pytest.approx([k / 25 for k in (0, 1, 2, 4, 5, 6)])
    assert reader.report.notes[0] == "a folder says no rate: its pictures are taken as 25 a second"
    missing = {6: 3, 30: 15}.get(numbers[-1], 10**18 + 150_000_000)
    assert reader.report.notes[1:] == (f"pictures missing: 1 ({missing})",)


def test_a_picture_that_cannot_be_decoded_is_named(tmp_path):
    for k in range(5):
        iio.imwrite(tmp_path / f"{k}.png", np.full((30, 40), 20 * k, np.uint8))
    (tmp_path / "2.png").write_bytes(b"no picture")
    frames, report = read(tmp_path)
    assert len(frames) == 4 and report.notes[1].startswith("2.png cannot be decoded: ")
    assert report.notes[2] == "pictures that could not be decoded and were left out: 1"


def test_leaving_early_says_nothing_about_the_rest(video):
    with Reader(video) as reader:
        for k, _ in enumerate(reader):
            if k == 4:
                break
    assert (reader.report.decoded, reader.report.notes) == (5, ())


def test_a_real_video_decodes_to_known_bytes(test_data):
    """The same for every version of libav that was tried: a change would change every result on KTH."""
    path = test_data / "kth/boxing/person01_boxing_d1_uncomp.avi"
    golden = {
        "limited": "8b518f209c1a9c331597c774a239ad27b3bd747d644f85a9322c5871182fc434",
        "full": "1a714f2f497d3ba0722e75266d442117899d34a720f63c052ef6f8883c7e216f",
    }
    for grey, digest in golden.items():
        frames, report = read(path, grey=grey)
        assert report == module.ReadReport(360, 360, (), ())
        assert hashlib.sha256(np.array(frames).tobytes()).hexdigest() == digest


@pytest.mark.parametrize(
    "name, count", [("walking/person01_walking_d1_uncomp.avi", 555), ("boxing/person16_boxing_d4_uncomp.avi", None)]
)
def test_real_video_damaged(test_data, tmp_path, rng, name, count):
    source = test_data / "kth" / name
    data = source.read_bytes()
    whole, report = read(source)
    count = count or len(whole)
    assert (report.declared, report.decoded, report.notes) == (count, count, ())
    path = tmp_path / source.name
    path.write_bytes(data[: len(data) // 2])
    frames, report = read(path)
    assert report.declared == count and 0.3 * count < report.decoded < 0.7 * count and report.notes
    assert np.array_equal(frames[:-1], whole[: len(frames) - 1])
    path.write_bytes(flipped(data, rng, 200, 5000))
    frames, report = read(path)
    assert 0.9 * count < len(frames) <= count and report.corrupt
