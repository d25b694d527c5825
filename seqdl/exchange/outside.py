"""The forms in which a run leaves, each written whole or not at all."""

import contextlib
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from seqdl.base import disk, files
from seqdl.errors import SeqdlError, UsageError
from seqdl.exchange import graph, named
from seqdl.exchange.named import library
from seqdl.model.recogniser import Recogniser

STATE, MODULE = "state.pt", "model.py"


def write_onnx(path: str | Path, recogniser: Recogniser, record: Mapping[str, str]) -> None:
    """Write the graph of a ``recogniser`` with its ``record`` to ``path``."""
    files.write_atomic(path, graph.build(recogniser, record).SerializeToString())


def write_safetensors(path: str | Path, arrays: Mapping[str, np.ndarray], record: Mapping[str, str]) -> None:
    """Write ``arrays`` by name, and the ``record`` as the file's metadata, to ``path``."""
    save = library("safetensors.numpy", "a safetensors file").save
    files.write_atomic(path, save(contiguous(arrays), metadata=dict(record)))


def contiguous(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The same ``arrays`` row after row in memory: safetensors writes others wrongly, and does not say so."""
    return {name: np.ascontiguousarray(a) for name, a in arrays.items()}


def write_torch(folder: str | Path, arrays: Mapping[str, np.ndarray], record: Mapping[str, str]) -> None:
    """Make a ``folder`` of a module for PyTorch and of its state: ``arrays`` by name, and the ``record``."""
    torch: Any = library("torch", "a module for PyTorch", "peers")
    source = Path(__file__).with_name("torch_net.py").read_bytes()
    with new_folder(folder) as made:
        state = {name: torch.from_numpy(a.copy()) for name, a in contiguous(arrays).items()}
        with files.replace_atomic(made / STATE) as temporary, disk.opened(temporary) as file:
            torch.save({"state": state, "record": dict(record)}, file)
        files.write_atomic(made / MODULE, source)


@contextlib.contextmanager
def new_folder(path: str | Path) -> Iterator[Path]:
    """A folder to fill in the block, which gets its name when that ends well; a UsageError where there is one.

    Its files are to be flushed, as those of :func:`seqdl.base.files.replace_atomic` are.
    """
    target = Path(path)
    check_free(target)
    temporary = target.with_name(f".{secrets.token_hex(8)}.tmp")
    with files.temporarily(temporary):
        try:
            disk.make_folders(temporary)
            yield temporary
            if target.exists():
                disk.remove_folder(target)
            disk.rename(temporary, target)
            disk.sync_folder(target.parent)
        except OSError as error:
            raise SeqdlError(f"cannot write {target}: {error.strerror or error}") from error
        except SeqdlError as error:
            raise SeqdlError(str(error).replace(str(temporary), str(target))) from error


def check_free(path: Path) -> None:
    """A UsageError where a new folder cannot be at ``path``: something is there that is no empty folder."""
    if path.is_symlink() or (path.exists() and not (path.is_dir() and not any(path.iterdir()))):
        raise UsageError(f"{path} exists already: choose another folder")


def read(path: str | Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """The arrays by name and the record in a file from :func:`write_safetensors` or :func:`write_torch`.

    ``path`` may also be the latter's folder. A SeqdlError says in a line why a file is none.
    """
    path = Path(path)
    path = path / STATE if path.is_dir() else path
    try:
        with path.open("rb") as file:
            start = file.read(9)
    except OSError as error:
        raise SeqdlError(f"cannot read {path}: {error.strerror or error}") from error
    if path.suffix == ".onnx":
        raise SeqdlError(f"{path}: an ONNX file is for other programs; import a safetensors file or the state.pt")
    arrays, record = _torch(path) if start[:2] == b"PK" else _safetensors(path)
    if record.get("format") != "seqdl":
        raise SeqdlError(f"{path} is not from seqdl export: it lacks the record of a run")
    if record.get("format_version") != named.FORMAT:
        found = record.get("format_version")
        raise SeqdlError(f"{path} has format {found}, this seqdl reads {named.FORMAT}: export it again")
    if named.digest(arrays) != record.get("digest"):
        raise SeqdlError(f"{path} is damaged or was changed: its arrays are not those of its digest; export it again")
    return arrays, record


def _safetensors(path: Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    opened = library("safetensors", "a safetensors file").safe_open
    try:
        with opened(path, framework="numpy") as file:
            names = list(file.keys())
            return {name: file.get_tensor(name) for name in names}, dict(file.metadata() or {})
    except Exception as error:  # of whatever kind the library raises for what is no such file
        raise SeqdlError(f"{path} is damaged, or neither a safetensors file nor a state of PyTorch") from error


def _torch(path: Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    torch: Any = library("torch", "a state of PyTorch", "peers")
    try:
        content = torch.load(path, weights_only=True)
        arrays = {str(name): a.numpy() for name, a in content["state"].items()}
        return arrays, {str(name): str(text) for name, text in content["record"].items()}
    except Exception as error:  # of whatever kind the library raises for what is no such file
        raise SeqdlError(f"{path} is damaged, or no state that seqdl export wrote") from error
