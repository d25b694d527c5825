"""The project's habits, held by reading the source: layers, documented parameters, lengths, what lies in the tree."""

from __future__ import annotations

import ast
import functools
import re
import subprocess
import sys
import textwrap
from collections import Counter
from collections.abc import Container, Iterable
from pathlib import Path

import pytest

pytestmark = pytest.mark.compiled(reason="reads the source, which it need not do twice")

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "seqdl"
MODULES = sorted(PACKAGE.rglob("*.py"))

# From the ground up. A name is a folder of seqdl/ or a module beside them; what is named nowhere is a command, on top.
LAYERS = (
    ({"errors", "config", "base", "models", "presets"},),
    ({"ops"},),
    ({"kernels"},),
    ({"video"},),
    ({"datasets"}, {"baseline"}, {"show"}),
    ({"runs"},),
    ({"jobs"},),
    ({"stores"},),
    ({"model"},),
    ({"training"}, {"checks"}, {"exchange"}),
    ({"evaluation"}, {"exercises"}),
    ({"reports"},),
    ({"live_page"},),
    ({"interface"},),
)
HEAVY = {"numba", "llvmlite", "scipy", "av", "imageio", "matplotlib", "torch", "onnx", "safetensors", "sklearn"}


def _name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@functools.cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def _imports(tree: ast.AST, package: str, known: set[str]) -> set[str]:
    """Every module that a tree imports, in functions and under ``if TYPE_CHECKING`` too."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join(above + ([base] if base else []))
            inside = {f"{base}.{alias.name}" for alias in node.names} & known
            only_modules = len(inside) == len(node.names)
            found |= inside if only_modules else inside | {base}
    return found


def _place(module: str) -> tuple[int, frozenset[str]]:
    """The layer of a module of seqdl, and the folders that it shares it with."""
    parts = module.split(".")
    for layer, groups in enumerate(LAYERS):
        for group in groups:
            if len(parts) > 1 and parts[1] in group:
                return layer, frozenset(group)
    return len(LAYERS), frozenset({"commands"})


def _misplaced(module: str, imports: set[str]) -> list[str]:
    layer, group = _place(module)
    wrong = []
    for other in sorted(imports):
        if other.split(".")[0] != "seqdl":
            continue
        other_layer, other_group = _place(other)
        if other_group != group and other_layer >= layer:
            wrong.append(f"{module} imports {other}")
    return wrong


@functools.cache
def _all_imports() -> dict[str, set[str]]:
    known = {_name(path) for path in MODULES}
    result = {}
    for path in MODULES:
        package = _name(path) if path.name == "__init__.py" else _name(path.parent / "__init__.py")
        result[_name(path)] = _imports(_tree(path), package, known)
    return result


def test_every_folder_is_on_a_layer():
    placed = set().union(*(group for groups in LAYERS for group in groups))
    assert {p.parent.relative_to(PACKAGE).parts[0] for p in PACKAGE.rglob("*/*.py")} <= placed


def test_modules_import_from_lower_layers_and_their_own_folder():
    """``from seqdl import __version__`` is fine everywhere; the package itself counts as one on top."""
    wrong = []
    for module, imports in _all_imports().items():
        wrong += _misplaced(module, imports - {"seqdl"})
    assert not wrong, "\n".join(wrong)


def test_no_two_files_import_each_other():
    """Nor any more of them in a circle; imports in functions and for types count."""
    known = _all_imports().keys()
    graph = {m: {_module(i, known) for i in imports} - {m, "seqdl"} for m, imports in _all_imports().items()}
    left = dict(graph)
    while free := {module for module, imports in left.items() if not imports & left.keys()}:
        left = {module: imports for module, imports in left.items() if module not in free}
    assert not left, sorted(left)


def _module(name: str, known: Container[str]) -> str:
    """The module of an imported name, which may be something that a module holds."""
    return name if name in known else name.rpartition(".")[0]


def test_commands_are_short():
    """At most 90 lines each: options, one call of the library, print."""
    commands = [path for path in PACKAGE.glob("*.py") if "cli.command(" in path.read_text(encoding="utf-8")]
    assert len(commands) >= 12
    assert [f"{path.name}: {n}" for path in commands if (n := len(path.read_text().splitlines())) > 90] == []


def test_equations_and_kernels_know_of_nothing_but_arrays():
    wrong = []
    for module, imports in _all_imports().items():
        group = module.removeprefix("seqdl.").partition(".")[0]
        allowed = {"ops": {"ops"}, "kernels": {"kernels", "ops"}}.get(group)
        if allowed:
            ours = {name for name in imports if name.startswith("seqdl.")}
            if group == "ops":  # and of what arrays must be like
                ours = {name for name in ours if not name.startswith(("seqdl.base.arrays", "seqdl.base.doors"))}
            if module == "seqdl.kernels.vector.native":  # it keeps what is compiled
                ours -= {"seqdl.base.cache", "seqdl.base.sources.file_hash", "seqdl.base.sources"}
            wrong += [f"{module} imports {name}" for name in ours if name.split(".")[1] not in allowed | {"errors"}]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "module, source, expected",
    [
        (
            "seqdl.ops.conv3d",
            "def f():\n    from seqdl.video import reader",
            ["seqdl.ops.conv3d imports seqdl.video.reader"],
        ),
        (
            "seqdl.video.person",
            "from ..datasets.base import Sequence",
            ["seqdl.video.person imports seqdl.datasets.base"],
        ),
        ("seqdl.video.person", "import seqdl.stores.frames as s", ["seqdl.video.person imports seqdl.stores.frames"]),
        ("seqdl.stores.frames", "from seqdl import train", ["seqdl.stores.frames imports seqdl.train"]),
        ("seqdl.config", "from seqdl.errors import UsageError", []),
        ("seqdl.train", "from seqdl import report", []),
        ("seqdl.video.person", "from . import reader\nfrom seqdl.base.files import read_json", []),
    ],
)
def test_the_layer_test_sees(module, source, expected):
    names = ("video", "video.reader", "stores.frames", "train", "report", "datasets.base")
    known = {f"seqdl.{name}" for name in names}
    package = module.rpartition(".")[0]
    assert _misplaced(module, _imports(ast.parse(source), package, known)) == expected


def test_numba_is_imported_by_kernels_alone():
    wrong = [m for m, imports in _all_imports().items() if any(i.split(".")[0] == "numba" for i in imports)]
    assert [m for m in wrong if not m.startswith("seqdl.kernels")] == []


@pytest.mark.parametrize("what", ["help", "version", "commands"])
def test_help_and_the_commands_are_light(what):
    """Numba alone takes seconds to import: only a command at work may."""
    others = {"seqdl.sklearn", "seqdl.aeon"}  # estimators, for whoever has these
    commands = [
        m for m in _all_imports() if _place(m)[0] == len(LAYERS) and not m.endswith("__main__") and m not in others
    ]
    program = {
        "help": "import runpy\nsys.argv = ['seqdl', '--help']\nrunpy.run_module('seqdl', run_name='__main__')",
        "version": "import runpy\nsys.argv = ['seqdl', '--version']\nrunpy.run_module('seqdl', run_name='__main__')",
        "commands": f"import importlib\nfor name in {commands}: importlib.import_module(name)",
    }[what]
    source = f"import atexit, sys\natexit.register(lambda: print('IMPORTED', *sys.modules))\n{program}\n"
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, timeout=60, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    imported = done.stdout.partition("IMPORTED ")[2].split()
    assert "seqdl" in imported
    assert not HEAVY & set(imported)


def _alike(paths: Iterable[Path]) -> list[str]:
    return [name for name, count in Counter(path.name for path in paths).items() if count > 1]


def test_modules_of_tests_have_names_of_their_own():
    """Pytest refuses the second of two when it meets both, since their folders are no packages."""
    modules = sorted(Path(__file__).parent.rglob("test_*.py"))
    assert _alike(modules) == []
    assert _alike([*modules, Path("elsewhere", modules[0].name)]) == [modules[0].name]


def _is_public(name: str) -> bool:
    return not name.startswith("_")


def _decorators(node: ast.FunctionDef | ast.ClassDef) -> set[str]:
    return {ast.unparse(decorator).partition("(")[0].rpartition(".")[2] for decorator in node.decorator_list}


def _signature(node: ast.FunctionDef, method: bool) -> list[str]:
    given = node.args
    names = [a.arg for a in given.posonlyargs + given.args]
    if method and "staticmethod" not in _decorators(node):
        names = names[1:]
    names += [f"*{given.vararg.arg}"] if given.vararg else []
    names += [a.arg for a in given.kwonlyargs]
    return names + ([f"**{given.kwarg.arg}"] if given.kwarg else [])


def _fields(node: ast.ClassDef) -> list[str]:
    """The names a class is made with: its ``__init__``, or the fields of a dataclass or named tuple."""
    for item in node.body:
        if isinstance(item, ast.FunctionDef) and item.name == "__init__":
            return _signature(item, method=True)
    if "dataclass" not in _decorators(node) and "NamedTuple" not in {ast.unparse(b) for b in node.bases}:
        return []
    return [
        item.target.id
        for item in node.body
        if isinstance(item, ast.AnnAssign)
        and isinstance(item.target, ast.Name)
        and not ast.unparse(item.annotation).startswith("ClassVar")
        and not (item.value and "init=False" in ast.unparse(item.value))
    ]


def _documented(docstring: str) -> list[str]:
    """The names in a numpydoc "Parameters" section, in order."""
    lines = docstring.splitlines()
    starts = [n for n, line in enumerate(lines[:-1]) if line == "Parameters" and set(lines[n + 1]) == {"-"}]
    names = []
    for start in starts:
        for n in range(start + 2, len(lines)):
            if n + 1 < len(lines) and lines[n + 1] and set(lines[n + 1]) == {"-"}:
                break
            if lines[n] and not lines[n].startswith(" "):
                names += [name.strip() for name in lines[n].partition(" : ")[0].split(",")]
    return names


def _methods(node: ast.ClassDef) -> list[ast.FunctionDef]:
    return [
        item
        for item in node.body
        if isinstance(item, ast.FunctionDef) and _is_public(item.name) and "setter" not in _decorators(item)
    ]


def _called_elsewhere(function: ast.FunctionDef, module: str, others: list[ast.Module]) -> bool:
    """Whether other modules import a function, or its module and name it there."""
    package, _, last = module.rpartition(".")
    for other in others:
        imports, attributes = _uses(other)
        if any(node.module == module and function.name in {a.name for a in node.names} for node in imports):
            return True
        names = {a.asname or a.name for node in imports if node.module == package for a in node.names if a.name == last}
        if any((name, function.name) in attributes for name in names):
            return True
    return False


@functools.cache
def _uses(tree: ast.Module) -> tuple[list[ast.ImportFrom], set[tuple[str, str]]]:
    """What a module imports from others, and the attributes that it names of anything with a name."""
    nodes = list(ast.walk(tree))
    named = [node for node in nodes if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)]
    return [node for node in nodes if isinstance(node, ast.ImportFrom)], {(node.value.id, node.attr) for node in named}


def _writes_a_kernel(node: ast.FunctionDef, module: str, others: list[ast.Module]) -> bool:
    """Whether a function is a piece of vector kernels: its first parameter is ``v``, the writer.

    Its arguments are those of the kernels that it is called by, which document them; a line of words may do for it. A
    vector kernel itself is such a piece only where no other module calls it.
    """
    if not module.startswith("seqdl.kernels.") or _signature(node, method=False)[:1] != ["v"]:
        return False
    return "vector_kernel" not in _decorators(node) or not _called_elsewhere(node, module, others)


def _says_all(node: ast.FunctionDef, parameters: list[str], docstring: str) -> bool:
    """Whether a function needs no section of parameters: it is short, has few, or names all of them in its words."""
    short = node.end_lineno - node.body[0].end_lineno <= 3 or len(parameters) <= 2
    return short or all(f"``{name.lstrip('*')}``" in docstring for name in parameters)


def _undocumented(tree: ast.Module, module: str, others: list[ast.Module]) -> list[str]:
    """What is public in a module and has no docstring, or one with other parameters than its signature.

    A method may leave its parameters to the method of the same name in a base class that documents just these, a piece
    of vector kernels to them, and a function of up to three lines, or of up to two parameters, to its names and types;
    one that names all of them in a few words needs no section for them.
    """
    wrong = []
    classes = [node for other in [tree, *others] for node in other.body if isinstance(node, ast.ClassDef)]

    def look(node: ast.AST, name: str, expected: list[str], inherited: tuple[list[str], ...] = ()) -> None:
        docstring = ast.get_docstring(node)
        if docstring is None:
            wrong.append(f"{name} has no docstring")
        elif not _documented(docstring) and isinstance(node, ast.FunctionDef) and _says_all(node, expected, docstring):
            return
        elif _documented(docstring) != expected and (_documented(docstring) or expected not in inherited):
            wrong.append(f"{name} takes {expected} and documents {_documented(docstring)}")

    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and _is_public(node.name):
            expected = _signature(node, method=False)
            inherited = (expected,) if _writes_a_kernel(node, module, others) else ()
            look(node, f"{module}.{node.name}", expected, inherited)
        elif isinstance(node, ast.ClassDef) and _is_public(node.name):
            look(node, f"{module}.{node.name}", _fields(node))
            names = {ast.unparse(base).partition("[")[0].rpartition(".")[2] for base in node.bases}
            bases = [other for other in classes if other.name in names]
            for method in _methods(node):
                above = [m for base in bases for m in _methods(base) if m.name == method.name]
                inherited = tuple(_documented(ast.get_docstring(m) or "") for m in above)
                look(method, f"{module}.{node.name}.{method.name}", _signature(method, method=True), inherited)
    return wrong


def test_documented_parameters_are_those_of_the_signature():
    wrong = []
    trees = [_tree(path) for path in MODULES]
    for path, tree in zip(MODULES, trees, strict=True):
        wrong += _undocumented(tree, _name(path), trees)
        if tree.body and ast.get_docstring(tree) is None:
            wrong.append(f"{_name(path)} has no docstring")
    assert not wrong, "\n".join(wrong)


_FUNCTION = '''def f({}):
    """Do.

    Parameters
    ----------
    {}

    Returns
    -------
    int
    """
    '''
_BODY = "return (1,\\\n2,\\\n3,\\\n4)\n"
"""Longer than what may leave its parameters to the signature."""
_FUNCTION += _BODY


@pytest.mark.parametrize(
    "signature, documented, agrees",
    [
        ("a, b", "a, b : int\n    Two.", True),
        ("a, b", "a : int\nb : int", True),
        ("a, *rest, k=1, **more", "a\n*rest : int\nk : int\n**more", True),
        ("a, b", "a : int", False),
        ("a", "a, b : int", False),
        ("a, b", "b, a : int", False),
        ("", "a : int", False),
    ],
)
def test_the_docstring_test_sees(signature, documented, agrees):
    function = _FUNCTION.format(signature, documented.replace("\n", "\n    "))
    method = _FUNCTION.format(f"self, {signature}", documented.replace("\n", "\n    "))
    in_class = 'class C:\n    """One."""\n\n' + textwrap.indent(method, "    ")
    for source in (function, in_class):
        assert (_undocumented(ast.parse(source), "m", []) == []) == agrees


def test_a_method_may_lean_on_its_base_class_alone():
    base = ast.parse(
        'class Base:\n    """One."""\n\n' + textwrap.indent(_FUNCTION.format("self, a, i, j", "a, i, j : int"), "    ")
    )
    source = 'class C({}):\n    """One."""\n\n    def f(self, {}):\n        """Do."""\n' + 8 * " " + _BODY
    assert _undocumented(ast.parse(source.format("Base", "a, i, j")), "m", [base]) == []
    assert _undocumented(ast.parse(source.format("Base", "b, i, j")), "m", [base]) != []
    assert _undocumented(ast.parse(source.format("", "a, i, j")), "m", [base]) != []


@pytest.mark.parametrize(
    "module, decorator, signature, other, agrees",
    [
        ("seqdl.kernels.m", "", "v, g, x", "", True),
        ("seqdl.kernels.m", "", "v, g, x", "from seqdl.kernels.m import f", True),
        ("seqdl.kernels.m", "@vector_kernel\n", "v, g, x", "from seqdl.kernels import n\nn.f(g, x)", True),
        ("seqdl.kernels.m", "@vector_kernel\n", "v, g, x", "from seqdl.kernels import m as n\nn.f(g, x)", False),
        ("seqdl.kernels.m", "@vector_kernel\n", "v, g, x", "from seqdl.kernels.m import f", False),
        ("seqdl.kernels.m", "", "g, v, x", "", False),
        ("seqdl.ops.m", "", "v, g, x", "", False),
    ],
)
def test_a_piece_of_vector_kernels_may_say_it_in_words(module, decorator, signature, other, agrees):
    source = f'{decorator}def f({signature}):\n    """Do."""\n    {_BODY}'
    assert (_undocumented(ast.parse(source), module, [ast.parse(other)]) == []) == agrees
    wrong = f"{decorator}{_FUNCTION.format(signature, 'g : Sizes')}"
    assert _undocumented(ast.parse(wrong), module, [ast.parse(other)]) != []


def test_modules_and_functions_are_of_a_length_to_be_read():
    """At most 300 lines a module and 60 a function, docstrings and blank lines not counted; but for tables of text."""
    tables, long = {"seqdl.exercises.further", "seqdl.exercises.mistakes"}, []
    for path in (path for path in MODULES if _name(path) not in tables):
        source, tree = path.read_text(encoding="utf-8").splitlines(), _tree(path)
        prose = {n for n, line in enumerate(source, 1) if not line.strip()}
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
                prose |= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
        if len(source) - len(prose) > 300:
            long.append(f"{_name(path)}: {len(source) - len(prose)} lines")
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                length = len(set(range(node.lineno, node.end_lineno + 1)) - prose)
                if length > 60:
                    long.append(f"{_name(path)}.{node.name}: {length} lines")
    assert not long, "\n".join(long)


@functools.cache
def _tracked() -> list[Path]:
    """The files under version control; in an unpacked sdist, every file of the project's own folders."""
    try:
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True, timeout=60)
        names = done.stdout.split("\0")
    except (OSError, subprocess.CalledProcessError):
        folders = [ROOT / name for name in ("seqdl", "tests", "docs", "experiments", "data")]
        names = [p for folder in folders for p in folder.rglob("*") if "__pycache__" not in p.parts] + [
            *ROOT.glob("*.*")
        ]
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def test_files_of_the_project_are_small():
    assert [f"{p}: {p.stat().st_size}" for p in _tracked() if p.stat().st_size > 1_000_000] == []


def test_no_file_names_a_place_on_one_machine():
    """Paths under a home or working folder of some machine help nobody else; CI alone may look beside the checkout."""
    absolute = re.compile(r"(?<![\w.~})>$*-])/(home|root|work|farm|Users|opt|mnt|srv|tmp)/")
    beside = re.compile(r"\.\./shared")
    wrong = []
    for path in _tracked():
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue
        in_ci = path == ROOT / ".ci" / "run"
        wrong += [
            f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
            for number, line in enumerate(lines, 1)
            if absolute.search(line) or (beside.search(line) and not in_ci)
        ]
    assert not wrong, "\n".join(wrong)
