"""A folder of somebody's own videos with much that is wrong, each file made in a moment."""

import av
import numpy as np

SIZE = (64, 80)


def moving(rng, count=30, size=SIZE):
    """Somebody like a bar walks about on a pattern, in a way of their own: frames of uint8, (height, width)."""
    height, width = size
    frames = np.repeat(rng.integers(60, 120, (height // 8, width // 8), dtype=np.uint8)[None], count, axis=0)
    frames = frames.repeat(8, axis=1).repeat(8, axis=2)
    path = np.array([height / 3, width / 2]) + np.cumsum(rng.normal(0, 3, (count, 2)), axis=0)
    for frame, (y, x) in zip(frames, path):
        top, left = int(np.clip(y, 0, height - 30)), int(np.clip(x, 0, width - 14))
        frame[top : top + 30, left : left + 12] = 220
        frame[top + 8 : top + 16, left : left + 12] = rng.integers(0, 50)
    return frames


def encode(path, frames, rate=25, turned=0, quality="3"):
    """Write frames as MPEG-4, to be ``turned`` by a player."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=rate)
        stream.height, stream.width = frames[0].shape
        stream.pix_fmt, stream.options = "yuv420p", {"qmin": quality, "qmax": quality}
        if turned:
            stream.set_display_rotation(turned)
        for image in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="gray")))
        container.mux(stream.encode())
    return path


def smaller(frames):
    """Half as high and wide, and brighter."""
    blocks = frames.reshape(len(frames), frames.shape[1] // 2, 2, frames.shape[2] // 2, 2).mean((2, 4))
    return (blocks * 0.9 + 20).astype(np.uint8)


def make(folder, rng):
    """Two classes that a mirror exchanges, of three persons, one of whom is in one class alone; then what is wrong."""
    clips = {}
    for label in ("wave left", "wave right"):
        for person in ("ann", "bob", "cec", "dan")[: 4 if label == "wave left" else 3]:
            clips[label, person] = moving(rng)
            encode(folder / label / f"{person}.avi", clips[label, person])
    encode(folder / "wave left" / "bob-turned.mp4", np.rot90(moving(rng), axes=(1, 2)), turned=90)
    encode(folder / "wave right" / "bob-fast.mp4", moving(rng, 60), rate=50)
    encode(folder / "wave right" / "cec-slow.mp4", moving(rng, 20), rate=15)
    encode(folder / "wave right" / "cec-short.avi", moving(rng, 5))
    encode(folder / "wave left" / "cec-again.mp4", smaller(clips["wave left", "ann"]), quality="6")
    cut = encode(folder / "wave right" / "ann-cut.avi", moving(rng, 60))
    data = cut.read_bytes()
    cut.write_bytes(data[: len(data) // 2])
    (folder / "wave right" / "ann-text.mp4").write_text("no video\n" * 50)
    (folder / "wave right" / "notes.txt").write_text("mine\n")
    files = [path for path in sorted(folder.glob("*/*")) if path.suffix != ".txt"]
    rows = [f"{path.relative_to(folder).as_posix()},{path.stem.partition('-')[0]}" for path in files]
    (folder / "persons.csv").write_text("\n".join(["file,person", *rows]) + "\n")
    return folder
