"""The texts of an exercise: an op's source as a solution, as a file to begin with, and with a mistake in it.

All are made of the op's own file. What looks at arguments is left out, and classes are imported from the op.
"""

import ast
import functools
import inspect
from types import FunctionType, ModuleType

from seqdl.exercises.book import Exercise
from seqdl.exercises.mistakes import Mutation

EMPTY = 'raise NotImplementedError("to be written")'


@functools.cache
def solution(exercise: Exercise) -> str:
    """The whole op, to read: without the lines that look at arguments."""
    return _text(exercise, empty=False)


def starter(exercise: Exercise) -> str:
    """What a student begins with: the bodies of the functions to be written are empty."""
    names = " and ".join(f"{name}()" for name in exercise.write)
    head = f"# Exercise {exercise.name}: {exercise.title}.\n# Write {names}.\n"
    return head + _text(exercise, empty=True)


def with_mistake(exercise: Exercise, mistake: Mutation) -> str:
    """The solution with a mistake in one of its functions; a LookupError where its fragment is not there just once."""
    text, name = solution(exercise), mistake.function.rpartition(".")[2]
    [node] = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef) and node.name == name]
    lines = text.splitlines(keepends=True)
    begin, end = _body(node).lineno - 1, node.end_lineno
    body = "".join(lines[begin:end])
    if body.count(mistake.old) != 1:
        raise LookupError(f"{mistake.what}: {mistake.old!r} stands {body.count(mistake.old)} times in the code")
    return "".join(lines[:begin]) + body.replace(mistake.old, mistake.new) + "".join(lines[end:])


def loaded(text: str, file: str) -> ModuleType:
    """A module of some ``text``, that of a ``file``; raises whatever the text raises."""
    module = ModuleType("exercise")
    module.__file__ = file
    try:
        code = compile(text, file, "exec", dont_inherit=True)
    except ValueError as error:  # of a null byte, by a Python before 3.11.4
        raise SyntaxError(str(error)) from error
    exec(code, module.__dict__)
    return module


def functions(module: ModuleType) -> dict[str, FunctionType]:
    """The public functions that a loaded module defines itself, by name."""
    found = {name: value for name, value in vars(module).items() if not name.startswith("_")}
    return {name: f for name, f in found.items() if isinstance(f, FunctionType) and f.__globals__ is module.__dict__}


def _text(exercise: Exercise, empty: bool) -> str:
    source = inspect.getsource(exercise.module())
    lines, tree = source.splitlines(), ast.parse(source)
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    if empty:
        functions = [node for node in functions if node.name in (*exercise.write, *exercise.given)]
    kept: list[str] = []
    used = {name for node in functions for name in _names(node)}
    own = {node.name for node in tree.body if isinstance(node, ast.ClassDef | ast.FunctionDef)}
    own = {name for name in own & used if not name.startswith("_")} - {node.name for node in functions}
    imported = [f"from {exercise.op} import {', '.join(sorted(own))}"] if own else []
    for node, following in zip(tree.body, [*tree.body[1:], None]):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias for alias in node.names if (alias.asname or alias.name) in used]
            if names:
                node.names = names
                imported.append(ast.unparse(node))
        elif isinstance(node, ast.FunctionDef) and node in functions:
            kept.append("\n" + _function(node, lines, empty and node.name in exercise.write))
        elif isinstance(node, ast.Assign) and {name.id for name in _targets(node)} & used:
            said = isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant)
            end = following if said and following else node
            kept.append("\n".join(lines[node.lineno - 1 : end.end_lineno]))
    imported.sort(key=lambda line: ("seqdl" in line, line))
    # NumPy and what else comes from outside, the project's own, then constants and functions.
    groups = ([line for line in imported if ("seqdl" in line) == ours] for ours in (False, True))
    blocks = ["\n".join(group) for group in groups if group]
    return "\n\n".join([f'"""{tree.body[0].value.value}"""', *blocks, *kept]) + "\n"  # type: ignore[attr-defined]


def _function(node: ast.FunctionDef, lines: list[str], empty: bool) -> str:
    """The text of a function without its checks; of an empty one, head and docstring alone."""
    end = node.body[0].end_lineno if empty else node.end_lineno
    text = "\n".join(lines[node.lineno - 1 : end])
    return f"{text}\n    {EMPTY}" if empty else text


def _body(node: ast.FunctionDef) -> ast.stmt:
    """The first statement behind the docstring."""
    return node.body[1] if ast.get_docstring(node) else node.body[0]


def _names(node: ast.FunctionDef) -> set[str]:
    """The names that a function uses, which whoever writes it is given."""
    parts = [node.args, node.returns, *node.body]
    return {name.id for part in parts if part for name in ast.walk(part) if isinstance(name, ast.Name)}


def _targets(node: ast.Assign) -> list[ast.Name]:
    return [name for target in node.targets for name in ast.walk(target) if isinstance(name, ast.Name)]
