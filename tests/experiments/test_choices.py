"""Open choices varied alone: what is run, what is kept of it, and the section of docs/choices.md that it becomes."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from experiments import fill
from experiments.choices import __main__ as choices
from experiments.choices import page as choices_page
from experiments.choices import runs as choices_runs
from experiments.choices import variants as choices_table
from experiments.robust import plan
from seqdl import config as configuration
from seqdl.errors import CollapseError, SeqdlError
from seqdl.evaluation import crossval
from seqdl.jobs import processes
from seqdl.jobs.spread import serially
from seqdl.model import checkpoint
from seqdl.runs.result import Evaluation, Score

ROOT = Path(__file__).resolve().parents[2]
RECORD = ROOT / "experiments/choices/record.json"
DOCUMENT = ROOT / "docs/choices.md"
SETTINGS = [
    "convnet.epochs=3", "lstm.epochs=2", "lstm.cells=5", "backend=numpy", "convnet.rows=30", "convnet.columns=26",
    "convnet.c1_maps=2", "convnet.hidden=8", "convnet.c1_kernel=[5,3,3]", "convnet.c2_kernel=[3,1,1]",
    "convnet.window_step=8", "lstm.window_step=5",
]  # fmt: skip
"""A network that is quick in NumPy."""


@pytest.fixture(scope="module")
def base(walkers):
    data = {"dataset": "folder", "data_dir": str(walkers), "protocol": "leave-one-person-out"}
    return configuration.load(None, SETTINGS, configuration.from_dict({"data": data}))


def run(config, folder, *more, draw=1, seed=0):
    config = replace(config, seed=seed, data=replace(config.data, draw=draw))
    return choices_runs.run(configuration.to_dict(config), str(folder), *more)


def vectors(folder):
    return [checkpoint.read(folder / name)[0]["theta"].tobytes() for name in ("convnet.npz", "lstm.npz")]


@pytest.fixture(scope="module")
def default(base, tmp_path_factory):
    folder = tmp_path_factory.mktemp("choices") / "default"
    run(base, folder)
    return folder


# The table


def test_every_variant_is_a_valid_configuration_of_its_own_and_changes_the_default():
    base = choices_table.base("")
    names = [variant.name for group in choices_table.variants().values() for variant in group]
    assert len(set(names)) == len(names) and names[0] == choices_table.DEFAULT
    made = {}
    for name in names[1:]:
        variant = choices_table.Variant(name)
        made[name] = (str(variant.config(base)), variant.coefficient)
        assert all(configuration.load(None, [setting], base) != base for setting in variant.settings), name
    assert len({*made.values(), (str(base), 1.0)}) == len(names)


def test_nobody_but_the_development_persons_is_looked_at():
    for group in choices_table.variants().values():
        for variant in group:
            data = variant.config(choices_table.base("somewhere")).data
            assert data.only == ("alba", "amel", "andreas", "chiara")
            assert (data.dataset, data.protocol, data.inner) == ("ixmas", "leave-one-person-out", "")


FIXED = {
    "convnet.hidden": "arithmetic leaves one number",
    "convnet.algorithm": "the same sums",
    "convnet.patience": "varied together with plateau",
    "lstm.patience": "stops nothing within ten passes",
    "lstm.final_rate": "with the schedules",
    "video.box": "each dataset has its own",
    "video.empty": "nobody is absent from these clips",
    "video.downsample": "printed",
    "video.rate": "each dataset has its own",
}


def test_every_open_choice_of_the_document_is_varied():
    """There, or where it is asked what generalises; those that cannot be, or would say nothing, have their reason."""
    varied = {
        setting.partition("=")[0]
        for group in choices_table.variants().values()
        for variant in group
        for setting in variant.settings
    }
    text = DOCUMENT.read_text(encoding="utf-8").partition("## Protocol and decision")[0]
    explained = set(re.findall(r"\| `((?:video|lcn|convnet|lstm)\.\w+)` \|", text))
    assert len(explained) > 30
    elsewhere = set(re.findall(r"(\w+\.\w+)=", " ".join(plan.TITLES)))
    assert explained - varied - elsewhere - set(FIXED) == set()
    assert {"lstm.cells", "convnet.frames", "lcn.size"} <= varied  # printed ones of which others were tried too


def test_variants_are_selected_by_a_part_of_their_name():
    chosen = choices_table.select(["lstm.cells", "pooling"])
    names = [variant.name for group in chosen.values() for variant in group]
    assert names[0] == "default" and {"lstm.cells=10", "convnet.pooling=sum"} <= set(names)
    assert all("lstm.cells" in name or "pooling" in name for name in names[1:])
    assert choices_table.select([]) == choices_table.variants()


@pytest.mark.parametrize(
    "name, settings, coefficient, keeps",
    [
        ("default", [], 1.0, False),
        ("lstm.cells=10", ["lstm.cells=10"], 1.0, True),
        ("lstm.cells=10 convnet.shift=1", ["lstm.cells=10", "convnet.shift=1"], 1.0, False),
        ("convnet.pooling=sum start.coefficient=0.25", ["convnet.pooling=sum"], 0.25, False),
    ],
)
def test_what_a_variant_says_of_itself(name, settings, coefficient, keeps):
    variant = choices_table.Variant(name)
    assert (variant.settings, variant.coefficient, variant.keeps_convnet) == (settings, coefficient, keeps)
    assert " " not in variant.folder


# The runs


def test_the_convnet_of_the_default_gives_the_same_bits_as_one_trained_anew(base, default, tmp_path):
    config = configuration.load(None, ["lstm.cells=7"], base)
    anew, seeded = (
        run(config, tmp_path / name, *more) for name, more in (("a", ()), ("b", (default / "convnet.npz",)))
    )
    assert vectors(tmp_path / "a") == vectors(tmp_path / "b")
    assert vectors(tmp_path / "a")[0] == vectors(default)[0]
    assert anew == seeded and anew["persons"]["ann"][0] == 4
    log = (tmp_path / "b" / "log.csv").read_text().splitlines()
    assert log[:4] == (default / "log.csv").read_text().splitlines()[:4]  # the passes of the default, not others


def test_a_convnet_of_an_unfinished_run_is_refused(base, tmp_path):
    (tmp_path / "default").mkdir()
    (tmp_path / "default" / "convnet.npz").touch()
    with pytest.raises(SeqdlError, match="run the default first"):
        run(base, tmp_path / "variant", str(tmp_path / "default" / "convnet.npz"))
    assert not (tmp_path / "variant" / "convnet.npz").exists()


def test_coefficients_can_start_elsewhere(base, default, tmp_path, monkeypatch):
    """A factor of 1 gives the default's bits; on sums, a quarter gives the default's first outputs."""
    same = replace(base, data=replace(base.data, draw=1))
    choices_runs.access.begin(tmp_path / "one", same)
    choices_runs._start(same, tmp_path / "one", 1.0)
    run(base, tmp_path / "one")
    assert vectors(tmp_path / "one") == vectors(default)

    (tmp_path / "four").mkdir()
    summing = configuration.load(None, ["convnet.pooling=sum"], same)
    choices_runs._start(summing, tmp_path / "four", 0.25)
    theta = checkpoint.read(tmp_path / "four" / "convnet.npz")[0]["theta"]
    window = np.random.default_rng(0).normal(size=(9, base.convnet.rows, base.convnet.columns)).astype(np.float32)
    dataset, _ = choices_runs.choose(same)
    plain, summed = (choices_runs.new_recogniser(config, dataset).networks["convnet"] for config in (same, summing))
    summed.parameters.vector[:] = theta
    starts = np.zeros(1, np.int64)
    np.testing.assert_allclose(summed.read(window, starts)[1], plain.read(window, starts)[1], rtol=1e-5)


def test_what_died_before_it_had_begun_is_begun_anew(base, default, tmp_path):
    (tmp_path / "config.json").write_text("half a")
    run(base, tmp_path)
    assert vectors(tmp_path) == vectors(default)


def test_a_collapse_is_kept_and_not_tried_again(base, tmp_path, monkeypatch):
    def collapse(*_):
        raise CollapseError("one class for everything")

    monkeypatch.setattr(crossval, "run_draw", collapse)
    assert run(base, tmp_path) == {"collapsed": "one class for everything"}
    monkeypatch.undo()
    (tmp_path / "runs").mkdir()
    draws = {draw.name: draw.config for draw in crossval.plan(base, [0])[1]}
    jobs = choices.jobs_of([choices_table.Variant("default")], base, draws, tmp_path / "runs")
    assert [job.name for job in jobs] == ["default/draw1-seed0", "default/draw2-seed0", "default/draw3-seed0"]
    tmp_path.joinpath("runs/default").mkdir()
    (tmp_path / "runs/default/draw2-seed0").mkdir()
    (tmp_path / "collapsed.json").rename(tmp_path / "runs/default/draw2-seed0/collapsed.json")
    jobs = choices.jobs_of([choices_table.Variant("default")], base, draws, tmp_path / "runs")
    assert [job.name for job in jobs] == ["default/draw1-seed0", "default/draw3-seed0"]


def test_features_of_a_convnet_that_has_seen_the_sequences_or_not(base, tmp_path, monkeypatch):
    """Each of two training persons is once the one whom the ConvNet has not seen."""
    learned = []

    def watched(name, recogniser, material, folder, *rest):
        epochs = getattr(recogniser.config, name).epochs
        learned.append((name, folder.name, sorted({s.person for s in material.sequences}), epochs))
        return step(name, recogniser, material, folder, *rest)

    def scores(*_):
        (_, _, convnets, _), (_, _, lstms, _) = learned[-2:]
        right = 3 if convnets == lstms else 1
        return Evaluation({"voting": Score(0.0, 0, 4), "lstm": Score(right / 4, right, 4)}, ())

    monkeypatch.setattr(choices_runs, "evaluate", scores)
    step = choices_runs.access.learn
    monkeypatch.setattr(choices_runs.access, "learn", watched)
    config = configuration.to_dict(replace(base, data=replace(base.data, draw=1)))
    found = choices_runs.features(config, str(tmp_path))
    assert learned == [
        ("convnet", "without-bob", ["cec"], 6),
        ("lstm", "lstm-bob", ["bob"], 4),
        ("convnet", "without-bob", ["cec"], 6),
        ("lstm", "lstm-cec", ["cec"], 4),
        ("convnet", "without-cec", ["bob"], 6),
        ("lstm", "lstm-bob", ["bob"], 4),
        ("convnet", "without-cec", ["bob"], 6),
        ("lstm", "lstm-cec", ["cec"], 4),
    ]
    assert found == {"seen": [6, 8], "unseen": [2, 8]}
    notes = [json.loads(line) for line in (tmp_path / "evaluations.jsonl").read_text().splitlines()]
    assert [note["persons"] for note in notes] == [["ann"]] * 4
    assert choices_runs.features(config, str(tmp_path)) == found and len(learned) == 8


# All together


@pytest.fixture
def small(base, tmp_path, monkeypatch):
    """The command with two variants on a small dataset, in this process, and a document of its own."""
    document = tmp_path / "choices.md"
    document.write_text("before\n<!-- measured -->\n<!-- end of measured -->\nafter\n")
    monkeypatch.setattr(choices_table, "base", lambda data_dir: base)
    monkeypatch.setattr(choices_table, "GROUPS", {"LSTM": ("lstm.cells=7",), "ConvNet": ("convnet.copies=none",)})
    monkeypatch.setattr(choices, "SEEDS", (3,))
    monkeypatch.setattr(choices, "RECORD", tmp_path / "choices.json")
    monkeypatch.setattr(choices, "DOCUMENT", document)
    monkeypatch.setattr(processes, "run", lambda jobs, workers, retries: serially(jobs))
    return choices, ["--data-dir", "x", "--out", str(tmp_path / "runs"), "--workers", "1"], document


def test_the_command_runs_what_is_left_and_writes_record_and_document(small, capsys):
    choices, arguments, document = small
    assert choices.main([*arguments, "--only", "lstm"]) == 0
    record = json.loads(choices.RECORD.read_text())
    assert {name: len(runs) for name, runs in record["variants"].items()} == {"default": 3, "lstm.cells=7": 3}
    assert record["config"]["data"]["data_dir"] == "" and record["features"] == {}
    out, err = capsys.readouterr()
    assert "[6/6] lstm.cells=7/draw3-seed3: voting" in err
    text = document.read_text()
    assert text.startswith("before\n") and text.endswith("after\n") and out.strip() in text

    assert choices.main([*arguments, "--only", "features"]) == 0
    assert "[3/3] features/draw3-seed3: seen" in capsys.readouterr().err
    assert list(json.loads(choices.RECORD.read_text())["variants"]) == ["default", "lstm.cells=7"]

    assert choices.main(arguments) == 0  # only what is left
    assert "[6/6] features/draw3-seed3: seen" in capsys.readouterr().err
    record = json.loads(choices.RECORD.read_text())
    assert list(record["variants"]) == ["default", "lstm.cells=7", "convnet.copies=none"]
    assert len(record["features"]) == 3
    kept = choices.RECORD.read_bytes()
    choices.RECORD.unlink()
    assert choices.main([*arguments, "--record"]) == 0 and choices.RECORD.read_bytes() == kept
    text = document.read_text()
    document.write_text(text.replace("`lstm.cells=7`", "").replace("after", "other"))
    assert choices.main(["--again"]) == 0
    assert document.read_text() == text.replace("after", "other")


def test_a_failure_is_named_and_the_rest_is_done(small, capsys, monkeypatch):
    choices, arguments, _ = small
    true = choices_runs.run

    def run(config, folder, *more):
        if folder.endswith("lstm.cells=7/draw2-seed3"):
            raise SeqdlError("no space left")
        return true(config, folder, *more)

    monkeypatch.setattr(choices_runs, "run", run)
    assert choices.main([*arguments, "--only", "lstm"]) == 1
    err = capsys.readouterr().err
    assert "lstm.cells=7/draw2-seed3: failed: no space left" in err
    assert err.splitlines()[-1].startswith("experiments.choices: error: not finished: lstm.cells=7/draw2-seed3 (why: ")
    assert len(json.loads(choices.RECORD.read_text())["variants"]["lstm.cells=7"]) == 2


def test_costs_are_told_and_nothing_is_run(capsys):
    assert choices.main(["--dry-run"]) == 0
    lines = capsys.readouterr().out.splitlines()
    minutes = {line.split(None, 1)[1]: float(line.split()[0]) for line in lines[1:]}
    assert minutes["convnet.epochs=40"] > minutes["default"] > minutes["lstm.cells=200"] > 0
    *each, total = minutes.values()
    assert total == pytest.approx(sum(each), abs=0.1 * len(each))


@pytest.mark.parametrize("given, said", [(["--only", "nonsense"], "--only nonsense"), ([], "--data-dir is missing")])
def test_wrong_usage_is_one_line(given, said, capsys):
    assert choices.main(given) == 2
    assert said in capsys.readouterr().err


# The document


def kept(windows, **persons):
    return {"windows": [windows, 100], "persons": {name: list(counts) for name, counts in persons.items()}}


MADE_UP = {
    "variants": {
        "default": {
            "a": kept(60, ann=(10, 7, 9)),
            "b": kept(50, bob=(10, 5, 8), cec=(10, 7, 8)),
            "c": kept(0, x=(1, 0, 0)),
        },
        "convnet.copies=mirror": {
            "a": kept(70, ann=(10, 8, 9)),
            "b": kept(62, bob=(10, 9, 8), cec=(10, 7, 8)),
            "c": {"collapsed": "NaN"},
        },
    },
    "features": {},
}


def test_differences_are_those_of_the_same_split_and_seed():
    variants = MADE_UP["variants"]
    found = choices_page.differences(variants["default"], variants["convnet.copies=mirror"])
    np.testing.assert_allclose(found, [[10, 10, 0], [12, 20, 0]])


def test_an_effect_has_its_standard_error_and_is_bold_where_it_is_clear():
    assert choices_page.effect(np.array([1.0, 3.0])) == "+2.0 ± 1.0"  # half of four ways of signs are as far from 0
    assert choices_page.effect(np.array([-1.0, -3.0] * 6)) == "**-2.0 ± 0.3**"
    assert choices_page.effect(np.zeros(12)) == "same"


def test_a_collapse_is_counted_in_the_table():
    [row] = [line for line in choices_page.section(MADE_UP).splitlines() if line.startswith("| `convnet.copies")]
    assert row == "| `convnet.copies=mirror` | +11.0 ± 1.0 | +15.0 ± 5.0 | same | 1 of 3 |"


def test_a_variant_is_in_the_table_once_all_its_runs_are_finished():
    variants = dict(MADE_UP["variants"])
    *_, last = choices_page.section(MADE_UP).splitlines()
    assert last.startswith("Not finished: `convnet.copies=none`, `convnet.copies=all`, ")
    variants["convnet.copies=mirror"] = {"a": variants["convnet.copies=mirror"]["a"]}
    text = choices_page.section(MADE_UP | {"variants": variants})
    assert "| `convnet.copies=mirror` |" not in text and "`convnet.copies=none`, `convnet.copies=mirror`, " in text


def test_the_document_is_what_its_record_makes():
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    text = DOCUMENT.read_text(encoding="utf-8")
    assert f"<!-- measured -->\n{choices_page.section(record)}\n<!-- end of measured -->\n" in text
    tested = {
        person for runs in record["variants"].values() for run in runs.values() for person in run.get("persons", ())
    }
    assert tested == {"alba", "amel", "andreas", "chiara"}
    assert RECORD.stat().st_size < 1_000_000


def test_a_document_without_a_place_for_it_is_left_alone(tmp_path):
    (tmp_path / "page.md").write_text("nothing")
    with pytest.raises(SeqdlError, match="lacks the markers"):
        fill.write(tmp_path / "page.md", {"measured": choices_page.section(MADE_UP)})
    assert (tmp_path / "page.md").read_text() == "nothing"
