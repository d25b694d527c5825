"""The exercises: solutions are right, empty files are to be written, mistakes are called by their names."""

from __future__ import annotations

import json
import re
import warnings
from pathlib import Path

import numpy as np
import pytest
from script_import import importable

from seqdl import exercise as command
from seqdl.base.doors import inside
from seqdl.exercises import bench, desk, judge, source
from seqdl.exercises.book import EXERCISES
from seqdl.exercises.further import MISTAKES
from seqdl.exercises.judge import RIGHT, TO_DO, WRONG

DOCS = Path(__file__).resolve().parents[2] / "docs"
NAMES = [one.name for one in EXERCISES]
BY_NAME = {one.name: one for one in EXERCISES}


def mistakes(exercise):
    """The known mistakes that can be made in what an exercise asks for."""
    return [
        mistake
        for mistake in MISTAKES
        if f"seqdl.{mistake.function}".rpartition(".")[0] == exercise.op
        and not (exercise.name == "lstm_forward" and mistake.function == "ops.lstm.backward")
        and not (exercise.name == "lstm_backward" and mistake.function != "ops.lstm.backward")
    ]


def compared(exercise, text, only=""):
    """The verdicts on the functions of a text, by their names."""
    with warnings.catch_warnings(), np.errstate(all="ignore"), inside():
        warnings.simplefilter("ignore")
        found = judge.compare(exercise, source.loaded(text, "mine.py"), "mine.py", only)
    return {one.function: one for one in found}


@pytest.mark.parametrize("name", NAMES)
def test_the_solution_is_right_the_empty_file_is_to_be_written_and_every_mistake_is_named(name):
    exercise = BY_NAME[name]
    solved = judge.judge(exercise, source.solution(exercise), "mine.py")
    assert {one.state for one in solved.functions} == {RIGHT} and solved.checks and not solved.proofs
    empty = judge.judge(exercise, source.starter(exercise), "mine.py")
    assert {one.function for one in empty.functions if one.state == TO_DO} == set(exercise.write)
    assert {one.state for one in empty.functions if one.function not in exercise.write} <= {RIGHT}
    assert mistakes(exercise)
    for mistake in mistakes(exercise):
        function = mistake.function.rpartition(".")[2]
        text = source.with_mistake(exercise, mistake)
        found = compared(exercise, text, function if function in exercise.write else "")
        said = " ".join(one.says for one in found.values() if one.state == WRONG and one.named)
        assert mistake.says in said, mistake


def test_every_mistake_of_an_op_belongs_to_an_exercise_and_says_something_of_its_own():
    assert {id(mistake) for one in EXERCISES for mistake in mistakes(one)} == {id(mistake) for mistake in MISTAKES}
    for one in EXERCISES:
        said = [(mistake.function, mistake.says) for mistake in mistakes(one)]
        assert all(says for _, says in said) and len(said) == len(set(said))


LOOPS = """
import numpy as np
from seqdl.ops.lstm import Weights

def backward(dh, trace, weights):
    x, gates, c, e, h = trace
    dw, du, db = (np.zeros_like(part, dtype=gates.dtype) for part in weights)
    dx = np.zeros_like(x, dtype=gates.dtype)
    up = np.zeros_like(h[0], dtype=gates.dtype)
    along = np.zeros_like(c[0], dtype=gates.dtype)
    for t in range(len(x) - 1, -1, -1):
        i, o, g = gates[t]
        back = dh[t] + up
        along = along + back * o * (1 - e[t] * e[t])
        da = np.concatenate([along * g * i * (1 - i), back * e[t] * o * (1 - o), along * i * (1 - g * g)])
        dw += np.outer(da, x[t])
        du += np.outer(da, h[STATE])
        db += BIAS
        dx[t] = weights.w.T @ da
        up = weights.u.T @ da
    return Weights(dw, du, db), dx, up, along
"""


@pytest.mark.parametrize(
    "state, bias, says",
    [
        ("t", "da", ""),
        ("t + 1", "da", "your dU uses h of this step, not of the step before"),
        ("t", "da if t == len(x) - 1 else 0", "your db is that of the last step alone: add up all steps"),
        ("t + 1", "da if t == len(x) - 1 else 0", "your dU uses h of this step, not of the step before; your db is"),
        ("t", "2 * da", "result number 3 of 6 is off by 1 of its size"),
    ],
)
def test_a_mistake_in_other_words_has_the_same_name(state, bias, says):
    """Written otherwise than the solution, and with two mistakes at once."""
    text = LOOPS.replace("STATE", state).replace("BIAS", bias)
    found = compared(BY_NAME["lstm_backward"], text)["backward"]
    assert found.state == (WRONG if says else RIGHT)
    assert found.says.startswith(says)


@pytest.mark.parametrize(
    "body, says",
    [
        ("return np.abs(a * p[:, None, None, None] if kind == 'gain' else a + p[:, None, None, None])",
         "complex numbers"),
        ("return (np.sign(a.real * p.real[:, None, None, None]) * a * p[:, None, None, None] if kind == 'gain' else "
         "np.sign(a.real + p.real[:, None, None, None]) * (a + p[:, None, None, None])) * np.ones(1)", "float32"),
        ("return a[0]", "result has the shape (2, 4, 5), expected (3, 2, 4, 5)"),
        ("return a, p", "gives back 2 arrays or numbers, expected 1"),
        ("a *= 0; return a", "is off by"),
        ("return a / nothing", "line 4: NameError: name 'nothing' is not defined"),
        ("return None", "gives back 0 arrays or numbers, expected 1"),
        ("return 'text'", "gives back 0"),
        ("return np.full(a.shape, np.nan)", "is off by"),
    ],
)  # fmt: skip
def test_what_has_no_name_is_told_in_a_line(body, says):
    text = f"import numpy as np\n\ndef forward(a, p, kind='gain'):\n    {body}\n"
    exercise = BY_NAME["rectification"]
    found = compared(exercise, text)
    assert found["forward"].state == WRONG and says in found["forward"].says
    assert "\n" not in found["forward"].says
    assert found["backward"].says == "there is no function backward in the file"


@pytest.mark.parametrize(
    "text, says",
    [
        ("def forward(:\n", "line 1 is no Python: invalid syntax"),
        ("x = 1 / 0\n", "line 1: ZeroDivisionError: division by zero"),
        ("import nothing_of_that_name\n", "line 1: ModuleNotFoundError: No module named 'nothing_of_that_name'"),
        ("exit(3)\n", "line 1: SystemExit: 3"),
        ("\0", "no Python"),
    ],
)
def test_a_file_that_cannot_be_read_as_python_is_told_in_a_line(text, says):
    [found] = judge.judge(BY_NAME["momentum"], text, "mine.py").functions
    assert found.state == WRONG and says in found.says and "\n" not in found.says


def test_what_is_no_derivative_is_told_by_the_complex_step():
    exercise = BY_NAME["squashing"]
    text = source.solution(exercise).replace("return dy * (", "return 1.5 * dy * (")
    found = judge.judge(exercise, text, "mine.py")
    assert re.fullmatch(r"complex step: gradient by x is off by 0\.\d of its size \(squash plain\)", found.proofs[0])


def test_a_folder_from_the_beginning_to_the_end(tmp_path, capfd):
    """One process runs all files; an endless loop and an end of the process cost only the file that has them."""
    folder = tmp_path / "mine"
    assert command.main(["start", str(folder), "momentum", "neurons", "squashing", "voting"]) == 0
    assert "4 exercises written" in capfd.readouterr().out
    (folder / "neurons.py").write_text("def forward(x, w, b):\n    while True:\n        pass\n")
    (folder / "voting.py").write_text("import os\nprint('hello', flush=True)\nos._exit(3)\n")
    (folder / "momentum.py").write_text(source.solution(BY_NAME["momentum"]))
    assert command.main(["start", str(folder), "momentum.py", "adam"]) == 0
    assert "1 exercise written; 1 file left as they were" in capfd.readouterr().out
    (folder / "adam.py").write_bytes(b"\xff")
    assert command.main(["check", str(folder), "--hint", "--seconds", "3"]) == 1
    out, err = capfd.readouterr()
    assert "hello" in err and "Traceback" not in out + err
    assert "momentum       right: all answers are those of the equations" in out
    assert "squashing      to be written: forward, backward\n  hint 1: Section 3.3" in out
    assert "stopped after 3 seconds in line" in out and ", forward: does a loop end?" in out
    assert "it ended the process that ran it (exit code 3)" in out
    assert "is no text: save it as UTF-8" in out
    assert out.endswith("1 of 5 right\n")


def test_a_list_for_people_and_for_programs(capsys):
    assert command.main(["list"]) == 0
    shown = capsys.readouterr().out
    assert all(f"{one.name} " in shown and one.title in shown for one in EXERCISES)
    assert command.main(["list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["exercises"]
    assert [one["name"] for one in listed] == NAMES
    assert all(len(one["hints"]) == 3 for one in listed)


@pytest.mark.parametrize(
    "arguments, code, says",
    [
        (["start"], 2, "start needs a folder"),
        (["list", "here"], 2, "leave here out"),
        (["check", "nowhere"], 1, "nowhere is no folder: seqdl exercise start nowhere makes it"),
        (["check", "."], 1, ". has no exercise"),
        (["check", ".", "momentum"], 1, "momentum.py is not there"),
        (["start", "new", "momentun"], 2, "no exercise is called momentun; did you mean momentum?"),
        (["start", "file"], 2, "file is no folder"),
        (["check", ".", "--seconds", "0"], 2, "from 1 to 3600"),
    ],
)
def test_wrong_usage_is_one_line(arguments, code, says, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    try:
        ended = command.main(arguments)
    except SystemExit as error:
        ended = error.code
    err = capsys.readouterr().err
    assert (ended, err.count("\n")) == (code, 1) and says in err
    assert not (tmp_path / "new").exists()


def test_hints_rise_by_degree():
    exercise = BY_NAME["momentum"]
    mark = bench.Mark(exercise, None, judge.Verdicts([judge.Verdict("update", TO_DO)], []))
    assert [desk.told(mark, degree).count("hint") for degree in range(5)] == [0, 1, 2, 3, 3]


def test_the_notebook_has_every_exercise_as_it_begins():
    with importable(DOCS) as load:
        made = load("build_exercises").notebook()
    kept = json.loads((DOCS / "exercises.ipynb").read_text(encoding="utf-8"))
    assert made == kept, "python docs/build_exercises.py builds docs/exercises.ipynb anew"
    texts = ["".join(cell["source"]) for cell in kept["cells"] if cell["cell_type"] == "code"]
    files = {text.split()[1]: text.partition("\n")[2] for text in texts if text.startswith("%%writefile ")}
    assert files.keys() == {f"exercises/{name}.py" for name in NAMES}
    for text in files.values():
        compile(text, "mine.py", "exec")
