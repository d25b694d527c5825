"""What in somebody's class folder is a video, and why the rest is none.

Names decide as far as they can, so that a listing of thousands of videos takes no time: only files whose endings belong
to videos and to others (``.ts``, ``.gif``), to nothing that is known here, or are absent, are opened.
"""

import os
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from seqdl.base.words import count, name_of, some
from seqdl.datasets.boxes import ENDING, list_of
from seqdl.datasets.scan import ARCHIVES, EXTENSIONS, entries
from seqdl.errors import SeqdlError
from seqdl.video.pictures import PICTURES, numbered
from seqdl.video.probe import why_no_video

DEPTH = 8
"""Levels of folders that are looked into, the class folder's own being the first."""
_OTHERS = """
.txt .csv .tsv .json .jsonl .xml .yaml .yml .toml .ini .cfg .conf .log .md .rst .html .htm .pdf .doc .docx .odt .rtf
.tex .xls .xlsx .ods .ppt .pptx .py .ipynb .sh .bat .js .tsx .css .c .h .cpp .java .url .lnk .webloc .nfo
.srt .vtt .sub .idx .ass .ssa .smi .eaf .bvh .c3d .m3u .m3u8 .pls .mpd .sdp .md5 .sha1 .sha256 .torrent
.wav .mp3 .flac .m4a .aac .oga .opus .wma .aif .aiff .mid
.m .mat .npy .npz .h5 .hdf5 .pkl .pt .pth .onnx .parquet .db .sqlite .exe .dll .iso .part .crdownload .tmp .bak
.heic .heif .jp2 .svg .psd .ico .cr2 .nef .arw .dng .thm
"""
OTHERS = frozenset([*_OTHERS.split(), *ARCHIVES, *(f".{ending}" for ending in PICTURES)])
"""How the names of files end that are no videos."""
LEAVING = "links that leave the class"
FEW = 3
"""In so many classes what is left out for one reason is named class by class."""


class Contents:
    """What a class folder holds.

    Parameters
    ----------
    folder : Path
        The class folder, which may be a link.
    others : collection of Path
        The real paths of the dataset's folder and all class folders: no link is followed from this one into them, nor
        to what holds them.

    Attributes
    ----------
    videos : dict of Path to Path
        Files, and folders of numbered pictures, with their real paths.
    linked : list of str
        Links that are followed to somewhere else, outside of the dataset.
    lists : list of Path
        Tables of boxes, each beside its video.
    left : dict of str to list of str
        What is left out, named as seen from the folder, by reason.
    """

    def __init__(self, folder: Path, others: Collection[Path] = ()) -> None:
        self.folder, self.root, self._others = folder, Path(os.path.realpath(folder)), others
        self.videos: dict[Path, Path] = {}
        self.linked: list[str] = []
        self.lists: list[Path] = []
        self.left: dict[str, list[str]] = defaultdict(list)
        self._seen: set[Path] = set()
        self._links: list[Path] = []
        entries(folder)  # a class folder that cannot be read is an error, others are left out
        self._look_into(folder, self.root, 1)
        while self._links:
            self._follow(self._links.pop(0))
        self.videos = dict(sorted(self.videos.items()))
        beside = {list_of(video) for video in self.videos}
        for path in [path for path in self.lists if path not in beside]:
            self.lists.remove(path)
            self._leave(path, "boxes of no video that is there")
        if not self.videos and numbered(folder):
            self.left = {"pictures in no folder of their own; make a sub-folder for each video": self.names_left}

    @property
    def names_left(self) -> list[str]:
        """All that is left out, for whatever reason."""
        return [name for names in self.left.values() for name in names]

    def _look_into(self, folder: Path, real: Path, level: int) -> None:
        if real in self._seen:
            return self._leave(folder, "links to what the class has already")
        self._seen.add(real)
        try:
            inside = entries(folder)
            frames = set(numbered(folder).values()) if level > 1 else set()
        except (SeqdlError, OSError):
            return self._leave(folder, "folders that cannot be looked into")
        if frames and not any(_ends_as_video(entry) for entry in inside):
            return self._take_frames(folder, real, frames, inside)
        for entry in inside:
            if entry.is_symlink():
                self._links.append(entry)
            elif not entry.is_dir():
                self._take(entry, real / entry.name)
            elif level < DEPTH:
                self._look_into(entry, real / entry.name, level + 1)
            else:
                self._leave(entry, f"more than {DEPTH} folders deep")

    def _take_frames(self, folder: Path, real: Path, frames: set[Path], inside: list[Path]) -> None:
        if any(frame.is_symlink() and self._leaves(Path(os.path.realpath(frame))) for frame in frames):
            return self._leave(folder, LEAVING)
        self.videos[folder] = real
        for entry in inside:
            if entry not in frames:
                self._leave(entry, "no frames of the pictures around them")

    def _take(self, path: Path, real: Path) -> None:
        if real in self._seen:
            return self._leave(path, "links to what the class has already")
        self._seen.add(real)
        if not path.is_file():
            return self._leave(path, "no regular files")
        if path.name.lower().endswith(ENDING):
            return self.lists.append(path)
        ending = path.suffix.lower()
        reason = "" if ending in EXTENSIONS else "no videos" if ending in OTHERS else why_no_video(path)
        if reason:
            self._leave(path, reason)
        else:
            self.videos[path] = real

    def _follow(self, link: Path) -> None:
        target = Path(os.path.realpath(link))
        if not link.exists():
            return self._leave(link, "broken links")
        if self._leaves(target):
            return self._leave(link, LEAVING)
        if not target.is_relative_to(self.root):
            self.linked.append(name_of(link.relative_to(self.folder)))
        if target.is_dir():
            self._look_into(link, target, len(link.relative_to(self.folder).parts) + 1)
        else:
            self._take(link, target)

    def _leaves(self, real: Path) -> bool:
        """Whether a path leads to another class, or to what holds this one."""
        if real.is_relative_to(self.root):
            return False
        return any(real.is_relative_to(other) or other.is_relative_to(real) for other in (self.root, *self._others))

    def leave_shared(self, shared: Collection[Path]) -> None:
        """Leave out the videos of some real paths, which other classes link to as well."""
        for path in [path for path, real in self.videos.items() if real in shared]:
            del self.videos[path]
            self._leave(path, "links to what another class links to")

    def _leave(self, path: Path, reason: str) -> None:
        self.left[reason].append(name_of(path.relative_to(self.folder)))


def look(folders: Iterable[Path], dataset: Path) -> dict[str, Contents]:
    """What the class ``folders`` of a ``dataset`` hold, by path from there; what several of them link to is in none."""
    folders = list(folders)
    others = [Path(os.path.realpath(path)) for path in (dataset, *folders)]
    found = {name_of(path.relative_to(dataset)): Contents(path, others) for path in folders}
    count = Counter(real for contents in found.values() for real in contents.videos.values())
    shared = {real for real, classes in count.items() if classes > 1}
    for contents in found.values():
        contents.leave_shared(shared)
    return found


def _ends_as_video(path: Path) -> bool:
    return path.suffix.lower() in EXTENSIONS


def notes(classes: Mapping[str, Contents]) -> list[str]:
    """What is left out of all ``classes``, in a sentence for each reason; before that, which links are followed."""
    by_reason: dict[str, dict[str, list[str]]] = defaultdict(dict)
    for label, contents in classes.items():
        for reason, names in contents.left.items():
            by_reason[reason][label] = names
    linked = [f"{label}/{name}" for label, contents in classes.items() for name in contents.linked]
    said = [f"{count(len(linked), 'link')} to outside of the dataset followed: {some(linked)}."] if linked else []
    for reason, by_class in by_reason.items():
        if len(by_class) > FEW:
            names = [f"{label}/{name}" for label, all_of_it in by_class.items() for name in all_of_it]
            said.append(f"{len(names)} left out in {len(by_class)} classes, {reason}: {some(names, 5)}.")
        else:
            for label, names in by_class.items():
                said.append(f"{count(len(names), 'file')} left out in class {label}, {reason}: {some(names, 5)}.")
    return said
