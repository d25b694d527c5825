"""Every row of the table of cases holds, and no op or kernel is without a row."""

import importlib
import inspect
import json
import pkgutil
import sys
from types import FunctionType

import numpy as np
import pytest

import seqdl.kernels
import seqdl.ops
from seqdl.checks import complex_step, suite
from seqdl.checks.case import Buffers, Case, Result, bound, compare
from seqdl.checks.cases import SMALL, TABLE
from seqdl.checks.networks import ConvNetCase
from seqdl.config import load
from seqdl.gradcheck import main
from seqdl.kernels.vector import simd

ELSEWHERE = {
    "flow",
    "gauss3d",
    "harris3d",
    "histograms",
    "expand",
    "resample",
    "shrink",
    "signs",
    "jit",
    "native",
    "records",
    "numba_types",
}
"""Modules of kernels that tests/baseline and tests/video hold to their other form, and what only compiling needs."""
SMALL_NETWORK = [
    "--set=convnet.frames=6", "--set=convnet.rows=15", "--set=convnet.columns=13", "--set=convnet.c1_maps=3",
    "--set=convnet.c1_kernel=[3,4,4]", "--set=convnet.c2_kernel=[2,3,2]", "--set=convnet.c3_kernel=[2,1,2]",
    "--set=convnet.c3_maps=2", "--set=convnet.hidden=5", "--set=lstm.cells=3", "--classes=4",
]  # fmt: skip
"""Its ConvNet is the table's, which is compiled for that."""


@pytest.fixture(scope="module")
def found():
    """The results of a row, which is run once."""
    kept = {}

    def results(row):
        if row.name not in kept:
            kept[row.name] = suite.results(row)
        return kept[row.name]

    return results


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_row(found, row):
    results = found(row)
    assert results
    assert [result for result in results if not result.ok] == []


def shorten_vectors(monkeypatch, lanes):
    """Have kernels written for a processor with shorter vectors: blocks, ends of rows and groups are other ones."""
    chosen, other = simd.target, simd.Target(lanes, 16)
    for module in [m for name, m in sys.modules.items() if name.startswith("seqdl.")]:
        if getattr(module, "target", None) is chosen:
            monkeypatch.setattr(module, "target", lambda: other)


KINDS = ("conv3d", "connect", "stage", "copies", "lstm", "lcn", "ConvNet, default", "LSTM classifier")
"""Rows whose kernels ask how long vectors are."""


def test_rows_hold_on_processors_with_vectors_of_8(plain_kernels, monkeypatch):
    """Without compiling."""
    shorten_vectors(monkeypatch, 8)
    rows = [row for row in TABLE if row.name.startswith(KINDS)]
    assert [result for result in suite.run(rows) if not result.ok] == []


def test_rows_have_names_of_their_own():
    names = [row.name for row in TABLE]
    assert len(set(names)) == len(names)


def test_every_kind_of_check_is_done(found):
    done = {result.by for row in TABLE if not isinstance(row, ConvNetCase) for result in found(row)}
    assert done == {"complex step", "float32", "kernel", "stale", "inputs", "by hand"}


def test_the_convnet_case_looks_at_every_parameter(found):
    results = found(next(row for row in TABLE if isinstance(row, ConvNetCase)))
    for check in ("complex step", "kernel"):
        found = [result.what for result in results if result.by == check]
        layers = {"C1": "weight bias", "R1": "gain", "S1": "coefficient bias", "C2": "weight bias", "R2": "gain"}
        layers |= {"S2": "coefficient bias", "C3": "weight bias", "N1": "weight bias", "N2": "weight bias"}
        wanted = [f"{layer}.{name}" for layer, names in layers.items() for name in names.split()]
        assert [name for name in found if "." in name] == wanted


def public(package):
    """The package's public functions, by module and name, without Numba's wrapping and that of vector kernels."""
    found = {}
    for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        module = importlib.import_module(info.name)
        for name, value in vars(module).items():
            function = getattr(value, "py_func", value)
            if isinstance(function, FunctionType) and function.__module__ == info.name and name[0] != "_":
                found[f"{info.name}.{name}"] = inspect.unwrap(function)
    return found


def called(rows):
    """The code of all functions that run, of those that are called from ``seqdl.checks``, and what did not hold."""
    reached, direct = set(), set()

    def look(frame, event, _):
        if event == "call":
            reached.add(frame.f_code)
            caller = frame.f_back
            if caller and caller.f_globals.get("__name__") == "seqdl.base.doors":
                caller = caller.f_back
            if caller and caller.f_globals.get("__name__", "").startswith("seqdl.checks."):
                direct.add(frame.f_code)

    before = sys.getprofile()
    sys.setprofile(look)
    try:
        results = suite.run(rows)
    finally:
        sys.setprofile(before)
    return reached, direct, [result for result in results if not result.ok]


def test_every_op_has_a_row():
    reached, direct, _ = called([row for row in TABLE if isinstance(row, Case)])
    functions = public(seqdl.ops)
    assert len(functions) > 25
    assert [name for name, f in functions.items() if f.__code__ not in reached] == []
    ways = [f for name, f in functions.items() if name.rpartition(".")[2].startswith(("forward", "backward"))]
    assert len(ways) >= 16
    assert [f"{f.__module__}.{f.__name__}" for f in ways if f.__code__ not in direct] == []


def test_every_kernel_has_a_row_and_rows_hold_on_processors_with_vectors_of_4(plain_kernels, monkeypatch):
    """Without compiling, so that what runs can be seen; the networks' own kernels need the networks' rows."""
    shorten_vectors(monkeypatch, 4)
    networks = [next(row for row in TABLE if type(row) is kind) for kind in {type(row) for row in TABLE} - {Case}]
    rows = [row for row in TABLE if isinstance(row, Case) or row in networks or row.name.startswith(KINDS)]
    reached, _, wrong = called(rows)
    assert wrong == []
    missing = [
        name.removeprefix("seqdl.kernels.")
        for name, function in public(seqdl.kernels).items()
        if function.__code__ not in reached and name.split(".")[3] not in ELSEWHERE
    ]
    assert set(missing) <= {"vector.simd.vector_kernel", "vector.simd.types", "vector.emitter.number"}


def test_the_checker_by_hand(rng):
    x = {"a": rng.standard_normal(3), "b": rng.standard_normal(2)}

    def function(x):
        return np.array([x["a"].sum() * x["b"][0], x["b"][1] ** 3])

    d = np.array([2.0, 5.0])
    right = {"a": np.full(3, 2 * x["b"][0]), "b": np.array([2 * x["a"].sum(), 15 * x["b"][1] ** 2])}
    assert max(complex_step.errors(function, x, right, d, rng).values()) < 1e-14
    for name, factor in (("a", 1.001), ("b", -1)):
        errors = complex_step.errors(function, x, right | {name: factor * right[name]}, d, rng)
        assert errors.pop(name) > 1e-4
        assert max(errors.values()) < 1e-14


@pytest.mark.parametrize("wrong", [0.0, np.nan])
def test_the_checker_sees_gradients_of_nothing_and_of_nan(rng, wrong):
    x = {"a": rng.standard_normal(3)}
    (error,) = complex_step.errors(lambda x: x["a"] ** 2, x, {"a": np.full(3, wrong)}, 1.0, rng).values()
    assert not Result("row", "complex step", "a", 3, error, 1e-10).ok


def test_nothing_of_nothing_is_right(rng):
    x = {"a": rng.standard_normal(3), "none": np.zeros((0, 4))}
    gradients = {"a": np.zeros(3), "none": np.zeros((0, 4))}
    assert set(complex_step.errors(lambda x: x["a"].real, x, gradients, 1.0, rng).values()) == {0}


def test_another_shape_is_wrong():
    assert not compare("row", "kernel", "a", np.ones(3), np.ones((3, 1)), 1.0).ok


def case(**changes):
    """y = (a + 1)^2, well behaved but for the changes."""

    def mirror(d, buffers, a):
        y, da = buffers.over(*a.shape), buffers.over(*a.shape)
        y[:] = (a + 1) ** 2
        da[:] = 2 * d * (a + 1)
        return y, {"a": da}

    parts = {
        "name": "made up",
        "make": lambda rng: {"a": rng.standard_normal(5)},
        "forward": lambda a: (a + 1) ** 2,
        "backward": lambda d, a: {"a": 2 * d * (a + 1)},
        "expected": lambda a: a * a + 2 * a + 1,
        "mirror": mirror,
    }
    return Case(**parts | changes)


def adds(d, buffers, a):
    da = buffers.over(*a.shape)
    da += 2 * d * (a + 1)
    return (a + 1) ** 2, {"a": da}


def reads_its_buffer(d, buffers, a):
    y = buffers.over(*a.shape)
    y[1:] = (a[1:] + 1) ** 2
    y[0] = (a[0] + 1) ** 2 if np.isnan(y[0]) else 0
    return y, {}


def changes_its_input(d, buffers, a):
    y = (a + 1) ** 2
    a += 1
    return y, {}


def half_precise(a):
    return ((a + 1) ** 2).astype(np.float64 if a.dtype == np.float32 else a.dtype)


@pytest.mark.parametrize(
    "check, changes",
    [
        ("complex step", {"backward": lambda d, a: {"a": 2 * d * a}}),
        ("by hand", {"expected": lambda a: a * a}),
        ("float32", {"forward": half_precise}),
        ("kernel", {"mirror": lambda d, buffers, a: (1.001 * (a + 1) ** 2, {})}),
        ("kernel", {"mirror": adds}),
        ("stale", {"mirror": reads_its_buffer}),
        ("inputs", {"mirror": changes_its_input}),
    ],
)
def test_a_row_sees(check, changes):
    assert all(result.ok for result in suite.results(case()))
    assert check in {result.by for result in suite.results(case(**changes)) if not result.ok}


def test_the_bound_grows_with_the_terms_and_stays_below_a_thousandth():
    assert bound(1) < bound(100) < bound(10_000) < 1e-4
    assert np.isnan(Buffers().over(2)).all()


@pytest.mark.compiled(reason="takes twice as long without compiled kernels, and covers nothing more")
def test_gradcheck_prints_every_parameter_and_exits_with_0(capsys):
    assert main(SMALL_NETWORK) == 0
    out = capsys.readouterr().out
    for name in ("C1.weight", "R1.gain", "S2.coefficient", "N2.bias", "LSTM.recurrent", "output.bias", "h0", "c0"):
        assert f"  {name} " in out
    assert "WRONG" not in out
    assert out.rstrip().splitlines()[-1].startswith("all hold")


def test_gradcheck_follows_the_configuration(capsys, plain_kernels):
    settings = ["convnet.rectification=bias", "lstm.forget_gate=true", "lstm.peepholes=true", "lstm.truncate=2"]
    only = ["--only", "ConvNet", "LSTM classifier"]
    assert main([*SMALL_NETWORK, *(f"--set={s}" for s in settings), "--seed=3", "--json", *only]) == 0
    printed = json.loads(capsys.readouterr().out)
    counts = {(r["case"], r["what"]): r["count"] for r in printed["networks"] if r["by"] == "complex step"}
    assert ("ConvNet", "R2.bias") in counts
    assert counts["LSTM classifier", "LSTM.peephole"] == 9
    assert counts["LSTM classifier", "output.bias"] == 4
    assert printed["ok"]
    assert printed["seed"] == 3


def test_gradcheck_exits_with_1_and_names_what_is_wrong(capsys, monkeypatch):
    monkeypatch.setattr("seqdl.ops.squash.backward", lambda dy, y, kind="plain": dy)
    monkeypatch.setattr("seqdl.checks.suite.run", lambda rows=TABLE[:20], seed=0: [
        result for row in list(rows)[:20] for result in suite.results(row, seed)
    ])  # fmt: skip
    assert main(SMALL_NETWORK) == 1
    out = capsys.readouterr().out
    assert "WRONG" in out
    assert "C1.weight by complex step" in out


@pytest.mark.parametrize("options, word", [(["--seed=-1"], "--seed"), (["--classes=1"], "2 classes")])
def test_gradcheck_refuses_what_cannot_be(options, word, capsys):
    assert main(options) == 2
    assert word in capsys.readouterr().err


@pytest.mark.parametrize(
    "wanted, found",
    [
        (["momentum"], ["momentum"]),
        (["layer C1", "layer_r2"], ["layer C1", "layer R2"]),
        (["ConvNet"], ["ConvNet"]),
        (["lstm classifier, LENGTH 1"], ["LSTM classifier, length 1"]),
        (["rectify_subsample"], [case.name for case in TABLE if case.name.startswith("stage")]),
        (["lstm_classifier"], ["LSTM classifier"]),
        (["single-step model"], ["single-step model"]),
        (["single-step"], ["single-step model", *(case.name for case in TABLE if "single-step" in case.name)]),
        (["toom_cook"], [case.name for case in TABLE if "toom_cook" in case.name]),
    ],
)
def test_cases_are_found_by_name(wanted, found):
    cases = [*suite.networks(load(), 6), *TABLE]
    assert [case.name for case in suite.named(cases, wanted)] == found


def test_every_kernel_is_found_by_its_name():
    names = {info.name.rpartition(".")[2] for info in pkgutil.walk_packages(seqdl.kernels.__path__, "seqdl.kernels.")}
    assert set(suite.RUN_BY) <= names
    words = {"conv3d", "convnet", "copies", "dense", "lcn", "loss", "lstm", "lstm_classifier", "momentum", "squash"}
    for name in words | set(suite.RUN_BY):
        assert suite.named(TABLE, [name])


@pytest.mark.parametrize("wanted, near", [("lsmt", "lstm"), ("group_gradiant", "group_gradient"), ("xyz", "--list")])
def test_gradcheck_names_what_is_near_an_unknown_name(wanted, near, capsys):
    assert main(["--only", "momentum", wanted]) == 2
    assert f"--only {wanted}" in (said := capsys.readouterr().err) and near in said


def test_gradcheck_of_one_kernel(capsys):
    assert main(["--only", "layer C1", "momentum"]) == 0
    out = capsys.readouterr().out
    assert "layer C1" in out and "  weight " in out and "ConvNet" not in out
    assert "2 small cases" in out and "all hold" in out
    assert main(["--only", "LSTM cells", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert {result["case"] for result in printed["networks"]} == {"LSTM cells"} and printed["table"] == []


def test_gradcheck_lists_the_names_of_all_cases(capsys):
    assert main(["--list"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "ConvNet", "LSTM cells", "LSTM classifier", "single-step model", *(case.name for case in TABLE)
    ]  # fmt: skip
    assert main(["--list", "--only", "momentum"]) == 0
    assert capsys.readouterr().out == "momentum\n"


def test_the_small_network_has_sizes_that_all_differ():
    net = ConvNetCase("n", SMALL, 4)
    assert len({net.config.frames, net.config.rows, net.config.columns, net.config.c1_maps, net.classes}) == 5
