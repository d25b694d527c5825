"""A hash of code: what was made by a program and kept is good as long as that program would make the same.

What is hashed is the syntax and not the text, so that comments, docstrings and the layout of lines may change; and of a
module and everything it imports, so that nobody keeps a list. A node counts with its kind and with those fields that
say something: newer versions of Python add fields, empty where they are not used, and move positions.
"""

import ast
import functools
import hashlib
import importlib.util
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
MAKERS = {"ops", "kernels", "video", "baseline"}
"""Where numbers are made. Imports are followed no further: settings count by their values, messages and files not."""
SILENT = {"ctx", "kind", "type_comment", "type_ignores"}
"""Fields that follow from the others, or that only readers use."""


@functools.cache
def code_hash(*modules: str, package: Path = PACKAGE) -> str:
    """A hash of ``modules`` and of all that they import from the packages that make numbers.

    They are named within seqdl, whose folder is ``package``: ``video.prepare``; a folder stands for all modules in it.
    """
    names, waiting = set(), [name for module in modules for name in _within(module, package)]
    digest = hashlib.sha256()
    while waiting:
        name = waiting.pop()
        if name not in names:
            names.add(name)
            waiting += [other for other in _imported(name, package) if other.partition(".")[0] in MAKERS]
    for name in sorted(names):
        digest.update(f"{name} {file_hash(_file(name, package))}\n".encode())
    return digest.hexdigest()


@functools.cache
def file_hash(file: Path) -> str:
    """A hash of the code in one file alone."""
    said: list[str] = []
    _say(_tree(file), said)
    return hashlib.sha256("\n".join(said).encode()).hexdigest()


def _file(name: str, package: Path) -> Path:
    path = package.joinpath(*name.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _within(name: str, package: Path) -> list[str]:
    """A module, or all modules in a folder."""
    file = _file(name, package)
    if file.name != "__init__.py":
        return [name]
    paths = [path.relative_to(package).with_suffix("") for path in file.parent.rglob("*.py")]
    return [".".join(path.parts[:-1] if path.name == "__init__" else path.parts) for path in paths]


@functools.cache
def _tree(file: Path) -> ast.Module:
    return ast.parse(file.read_bytes())


def _imported(name: str, package: Path) -> Iterator[str]:
    """The modules of seqdl that a module imports, in its functions too."""
    file = _file(name, package)
    here = f"seqdl.{name}" if file.name == "__init__.py" else f"seqdl.{name}".rpartition(".")[0]
    for node in ast.walk(_tree(file)):
        paths: list[str] = []
        if isinstance(node, ast.Import):
            paths = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = importlib.util.resolve_name("." * node.level + (node.module or ""), here)
            paths = [base, *(f"{base}.{alias.name}" for alias in node.names)]
        for path in paths:
            if path.startswith("seqdl.") and _file(path.removeprefix("seqdl."), package).is_file():
                yield path.removeprefix("seqdl.")


def _say(value: object, said: list[str]) -> None:
    """Write down what a piece of the syntax tree says."""
    if isinstance(value, ast.AST):
        said.append(type(value).__name__)
        for field in value._fields:
            part = getattr(value, field, None)
            if part is not None and part != [] and field not in SILENT:
                said.append(field)
                _say(part, said)
        said.append(")")
    elif isinstance(value, list):
        for part in value:
            match part:
                case ast.Expr(value=ast.Constant(value=str())):
                    continue  # a text that stands alone: a docstring
            _say(part, said)
        said.append("]")
    else:
        said.append(repr(value))
