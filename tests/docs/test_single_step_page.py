"""docs/single-step.md is what its records make, its records are those of the groups, and all of them can be run."""

import re
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from made_up import leave_plan, leave_run

from experiments import access, fill
from experiments.results import __main__ as results
from experiments.results import groups
from experiments.results.groups import Group
from experiments.single_step import __main__ as script
from experiments.single_step import cost, gradients, kept, page, pictures, plan
from seqdl import config as configuration
from seqdl.base import files
from seqdl.errors import SeqdlError
from seqdl.runs import record as records

CLASSES = ["kick", "point", "walk"]
DRAWS = plan.EXPERIMENTS["ixmas-draws"]


def made(right, seeds=(0,), persons=("ann", "bob"), **more):
    """A group in which the LSTM is right so often of ten, by person, and voting half as often."""
    runs = {
        f"draw{draw}-seed{seed}": {person: (10, right[person] // 2, right[person])}
        for seed in seeds
        for draw, person in enumerate(persons, 1)
    }
    learned = {name: {"convnet": (4, 0.5), "lstm": (6, 0.75)} for name in runs}
    values = {"settings": (), "commit": "", "looks": (0, "", ""), "unit": "person", "planned": len(runs), "failed": {}}
    return kept.Kept(**values | {"control": False, "runs": runs, "learned": learned} | more)


GOOD, FAIR = {"ann": 10, "bob": 8}, {"ann": 8, "bob": 6}
MADE_UP = {
    "ixmas-draws-two-8": made(FAIR),
    "ixmas-draws-best": made(GOOD, seeds=(0, 1)),
    "ixmas-draws-single": made(GOOD),
    "ixmas-draws-untrained": made(FAIR, control=True),
}
COSTS = {"ixmas-draws-two-8": 5.0, "ixmas-draws-best": 30.0, "ixmas-draws-single": 15.0}


# The page and its records


def test_the_page_is_what_its_records_make():
    text = script.PAGE.read_text(encoding="utf-8")
    assert text == fill.fill(text, script.blocks(), "single-step.md")
    readme = results.README.read_text(encoding="utf-8")
    assert readme == fill.fill(readme, script.readme(), "README.md", ["results"])


def test_every_picture_is_there_shown_small_and_of_the_records_as_they_are():
    image = pytest.importorskip("PIL.Image", reason="Pillow is absent: pip install 'seqdl[plot]'")
    known, costs, _, followed = script.recorded()
    wanted = {name: pictures.source(name, known, costs) for name in plan.DATASETS if page.drawn(name, known, costs)}
    if followed:
        wanted["gradients"] = gradients.source(followed)
    shown = re.findall(r"^!\[[^\]]+\]\(single-step/([\w-]+)\.png\)$", script.PAGE.read_text(), re.MULTILINE)
    assert sorted(shown) == sorted(wanted) == sorted(path.stem for path in script.PICTURES.iterdir())
    for name, source in wanted.items():
        path = script.PICTURES / f"{name}.png"
        assert path.stat().st_size < 150_000
        with image.open(path) as picture:
            assert picture.info[pictures.SOURCE] == source


def test_records_are_small_and_of_groups_that_there_are():
    known = kept.read(script.RUNS)
    assert set(known) <= {group.name for group in script.both(None)}
    assert sum(path.stat().st_size for path in script.FOLDER.glob("*.json")) < 1_000_000
    assert all(set(one.runs) == set(one.learned) and one.runs for one in known.values())


def test_what_was_chosen_was_chosen_on_development_persons_alone():
    for group in plan.search():
        data = groups.make_config(group, Path()).data
        assert set(data.only) == set(groups.DEVELOPMENT[data.dataset])
    names = {group.name: set(group.experiment.data["only"]) for group in plan.search()}
    for name, one in kept.read(script.RUNS).items():
        assert name not in names or set(one.by_person("lstm")) <= names[name]


def test_the_recipes_of_the_results_are_read_from_their_records():
    group = Group(plan.EXPERIMENTS["ut-1"], "best")
    [one] = kept.everything(script.RUNS, results.RECORDS, [group]).values()
    record = access.read_record(results.RECORDS / "ut-1-best.json")
    for way in ("voting", "lstm"):
        assert one.accuracies(way).mean() == pytest.approx(record.total.mean[way])
    assert one.planned == len(one.runs) == 50 and one.unit == "sequence" and not one.control
    assert kept.condense(access.read_record(results.RECORDS / "ut-1-control.json").content).control


def test_every_recipe_is_a_configuration_of_its_own():
    every = [*plan.answer(), *plan.search()]
    configs = {group.name: groups.make_config(group, Path("videos")) for group in every}
    assert len(configs) == len(every) == len({repr(config) for config in configs.values()})
    by_recipe = {group.recipe: configs[group.name] for group in plan.answer()}
    assert [by_recipe[recipe].convnet.epochs for recipe in plan.TWO_STEPS] == [1, 2, 4, 8, 20, 40]
    frozen, warm = by_recipe["frozen"], by_recipe["warm"]
    assert warm.convnet.epochs == 3 and warm.single_step.convnet_rate > 0 == frozen.single_step.convnet_rate
    assert replace(frozen, single_step=warm.single_step) == warm
    assert by_recipe["untrained"].convnet.epochs == by_recipe["untrained"].single_step.convnet_rate == 0
    for group in plan.search():
        assert configs[group.name].single_step.patience >= configs[group.name].single_step.epochs


# What the tables say


def test_a_dataset_has_a_row_for_each_recipe():
    lines = page.section("ixmas-draws", MADE_UP, COSTS).splitlines()
    rows = {line.split(" | ")[0].strip("| "): [cell.strip() for cell in line.split("|")[2:-1]] for line in lines}
    assert lines[0] == "![Accuracy against the seconds of a run](single-step/ixmas-draws.png)"
    assert rows["single step"] == [
        "2 of 2",
        "15.0",
        "4: 50.0 %, 6: 75.0 %",
        "45.0 % ± 5.0",
        "90.0 % ± 10.0",
        "+20.0 (2 : 0, p = 0.5)",
        "+0.0 (0 : 0, p = 1)",
    ]
    assert rows["two steps, 8 passes"][-2:] == ["", "-20.0 (0 : 2, p = 0.5)"]
    assert rows["single step, untrained ConvNet"][3] == "-"


def test_the_readme_says_what_is_reached_in_which_time():
    [line] = [line for line in page.answer(MADE_UP, COSTS).splitlines() if line.startswith(f"| {DRAWS.title} |")]
    assert line == f"| {DRAWS.title} | 90.0 % in 30 s | 70.0 % in 5 s | 90.0 % in 15 s | - |"


def test_all_datasets_are_compared_at_once():
    both = MADE_UP | {"ut-1-two-8": made({"seq1": 9}, persons=("seq1",))}
    both["ut-1-single"] = made({"seq1": 8}, persons=("seq1",))
    [line] = [line for line in page.against(both).splitlines() if "8 passes" in line]
    assert line == "| single step | two steps, 8 passes | 2 | +10.0 (2 : 1, p = 0.5) | +6.7 (2 : 0, p = 0.5) |"
    assert page.against({}) == "The single step is not run yet."


def test_only_runs_of_both_are_compared():
    one, other = made(FAIR, seeds=(0,)), made(GOOD, seeds=(0, 1))
    other.runs["draw1-seed1"]["ann"] = (10, 0, 0)
    assert kept.compare([one], [other]).difference == pytest.approx(-0.2)
    assert kept.compare([one], [made(GOOD, seeds=(7,))]) is None


def test_the_price_is_that_of_the_cheapest_that_is_good_enough():
    text = page.price(MADE_UP, COSTS)
    assert "| ixmas-draws | 90.0 % | two steps, 40 passes (`best`): 30.0 s | single step: 15.0 s | 0.50 |" in text
    worse = MADE_UP | {"ixmas-draws-single": made(FAIR)}
    assert "40 passes (`best`): 30.0 s | none | - |" in page.price(worse, COSTS)
    assert page.price(MADE_UP, {}) == "Not measured yet."


def test_what_is_missing_stale_or_unfinished_is_said():
    whole = {
        group.name: made(GOOD, settings=kept.settings(groups.make_config(group, Path()))) for group in plan.answer()
    }
    assert page.missing(whole) == "Every group is run as its recipe says."
    whole["ut-1-single"] = replace(whole["ut-1-single"], planned=7)
    whole["ut-2-warm"] = replace(whole["ut-2-warm"], settings=("convnet.hidden=77",))
    del whole["actors-cut-two-8"]
    said = page.missing(whole)
    assert "- actors-cut: `two-8`\n" in said
    assert "Not finished: `ut-1-single`." in said
    assert "Run before the recipe came to be what it is now: `ut-2-warm`." in said


def test_variants_are_compared_with_the_first_over_the_persons_of_both_datasets():
    first = "single+single_step.crops=1"
    tried = {
        f"development-ixmas-{first}": made(FAIR),
        f"development-weizmann-{first}": made({"ido": 5}, persons=("ido",)),
        f"development-ixmas-{first}+single_step.dropout=0": made(GOOD),
        f"development-weizmann-{first}+single_step.dropout=0": made({"ido": 8}, persons=("ido",)),
    }
    rows = page.variants(tried).splitlines()[2:]
    assert len(rows) == 2 and rows[0].endswith("|  |")
    assert "| 90.0 % (2) | 80.0 % (1) |" in rows[1] and rows[1].endswith("| +23.3 (3 : 0, p = 0.25) |")


# Running and recording


def leave_group(folder, config, seeds=(0, 1)):
    """A finished group of one draw, in which one person is tested on a clip of each class."""
    about = {"name": "ixmas", "variant": "all", "classes": CLASSES, "sequences": 3, "frames": 90}
    entries = [
        {"name": label, "person": "ann", "label": label, "voting": "walk", "lstm": label, "steps": 30}
        | {"probability": 0.9}
        for label in CLASSES
    ]
    names = [f"draw1-seed{seed}" for seed in seeds]
    for seed, name in zip(seeds, names):
        leave_run(folder / name, config, about, entries, "ann", 1, seed)
    leave_plan(folder, config, names, seeds)


def test_a_record_has_what_is_finished_and_never_less_than_before(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(script, "RUNS", tmp_path / "runs.json")
    group = Group(DRAWS, "two-4")
    leave_group(tmp_path / "out" / group.name, groups.make_config(group, Path()))
    assert script.main(["record", "--out", str(tmp_path / "out")]) == 0
    [(name, one)] = kept.read(script.RUNS).items()
    assert (name, one.planned, one.control) == (group.name, 2, False)
    assert one.runs == {f"draw1-seed{seed}": {"ann": (3, 1, 3)} for seed in (0, 1)}
    assert one.settings == kept.settings(groups.make_config(group, Path()))
    shutil.rmtree(tmp_path / "out" / group.name / "draw1-seed1")
    before = script.RUNS.read_bytes()
    assert script.main(["record", "--out", str(tmp_path / "out")]) == 0
    assert script.RUNS.read_bytes() == before
    assert f"{group.name}: left as it was, with 2 runs; here are 1" in capsys.readouterr().err


def test_a_recipe_goes_on_with_the_networks_of_another(tmp_path, monkeypatch):
    group = Group(DRAWS, "single single_step.warm=best")
    begun = groups.begun(groups.make_config(group, Path("videos")), group, tmp_path)
    assert begun.single_step.warm == str(tmp_path / "ixmas-draws-best")
    assert kept.settings(begun) == kept.settings(groups.make_config(group, Path()))
    plain = Group(DRAWS, "single")
    assert groups.begun(groups.make_config(plain, Path("videos")), plain, tmp_path).single_step.warm == ""


def measured(group, seconds, passes):
    return {"group": group, "seconds": seconds, "passes": passes, "clock": 0.0}


def test_what_comes_before_a_run_is_part_of_its_cost():
    group = Group(DRAWS, "single single_step.warm=best")
    seconds = {group.name: {"single-step": 4.0, "evaluation": 1.0}, "ixmas-draws-best": {"convnet": 30.0}}
    record = {"measured": [measured(name, value, {}) for name, value in seconds.items()]}
    assert cost.costs(record, [group, Group(DRAWS, "single")], {}) == {group.name: 35.0}
    record["measured"].pop()
    assert cost.costs(record, [group], {}) == {}


def test_a_run_that_was_measured_may_have_had_another_number_of_passes():
    group, known = Group(DRAWS, "two-4"), made(GOOD)  # of 4 and 6 passes
    times = [{"convnet": seconds, "lstm": 3.0, "evaluation": 1.0} for seconds in (4.0, 6.0, 200.0)]
    record = {"measured": [measured(group.name, one, {"convnet": 2, "lstm": 6}) for one in times]}
    assert cost.costs(record, [group], {group.name: known}) == {group.name: 2 * 6.0 + 4.0}


@pytest.mark.compiled(reason="what its processes do is not seen by coverage")
def test_the_single_step_goes_on_with_the_networks_of_two(walkers, tmp_path, cache):
    """For real, on small videos."""
    settings = {name: values for name, values in TINY.items() if name != "model"}
    settings |= {"convnet": TINY["convnet"] | {"epochs": 1}, "lstm": TINY["lstm"] | {"shift": 0}}
    data = {"dataset": "folder", "draws": 1, "data_dir": str(walkers)}
    small = groups.Experiment("walkers", "", data, settings=settings)
    chosen = [Group(small, recipe) for recipe in ("best", f"single {groups.WARM}=best convnet.epochs=0")]
    with pytest.raises(SeqdlError, match="walkers-best"):
        groups.run(chosen[1], tmp_path, None, [0], 0)
    for group in chosen:
        assert groups.run(group, tmp_path, None, [0], 0).complete
    first, second = (kept.condense(records.pack(tmp_path / group.name)) for group in chosen)
    assert list(first.runs) == list(second.runs) == ["draw1-seed0"]
    assert list(first.learned["draw1-seed0"]) == ["convnet", "lstm"]
    assert list(second.learned["draw1-seed0"]) == ["single-step"] and f"{groups.WARM}=best" in second.settings


def test_groups_are_run_by_name(monkeypatch, capsys, tmp_path):
    done = []

    def run(group, out, data_root, seeds, workers, settings):
        done.append((group.name, tuple(seeds)))
        return SimpleNamespace(rows=[], draws=[], failed={})

    monkeypatch.setattr(groups, "run", run)
    assert script.main(["run", "--groups", "ut-1-warm", "--seeds", "3", "--out", str(tmp_path)]) == 0
    assert script.main(["variants", "--groups", "*head=0", "--out", str(tmp_path)]) == 0
    assert done == [("ut-1-warm", (3,))] + [
        (f"development-{name}-single+single_step.crops=1+single_step.head=0", (0, 1)) for name in ("ixmas", "weizmann")
    ]
    assert script.main(["run", "--groups", "ut-1-best", "--out", str(tmp_path)]) == 2  # docs/results.md has it
    assert "--groups ut-1-best: no such group" in capsys.readouterr().err
    assert script.main(["cost"]) == 2
    assert "--data-root is missing" in capsys.readouterr().err


# Measuring


SMALL = {"rows": 30, "columns": 26, "c1_maps": 2, "c1_kernel": [5, 3, 3], "c2_kernel": [3, 1, 1], "hidden": 8}
TINY = {
    "model": "single-step",
    "backend": "numpy",
    "convnet": SMALL | {"epochs": 0, "window_step": 8},
    "lstm": {"cells": 4, "epochs": 1},
    "single_step": {"epochs": 2, "crops": 1, "patience": 2, "shortest": 4, "longest": 6},
}


@pytest.fixture
def tiny(walkers, cache):
    return configuration.from_dict(TINY | {"data": {"dataset": "folder", "data_dir": str(walkers)}})


def test_the_seconds_of_a_run_are_told_by_stage(tiny, tmp_path):
    config = configuration.from_dict({"convnet": {"epochs": 1}}, tiny)
    files.write_json(tmp_path / "job.json", configuration.to_dict(config))
    cost.run(tmp_path / "job.json")
    found = files.read_json(tmp_path / "job.json")
    assert list(found["seconds"]) == ["convnet", "single-step", "evaluation"]
    assert found["passes"] == {"convnet": 1, "single-step": 2}
    assert all(value > 0 for value in found["seconds"].values()) and found["clock"] > 0


def test_runs_under_load_count_for_nothing(monkeypatch, tmp_path, capsys):
    told = iter([(2.0, 2.1), (2.0, 4.0), (3.0, 3.0)])

    def once(config):
        spent, clock = next(told)
        return {"seconds": {"convnet": spent}, "passes": {"convnet": 1}, "clock": clock}

    monkeypatch.setattr(cost, "once", once)
    monkeypatch.setattr(access, "environment", lambda: {"cpu": "x"})
    chosen = [Group(DRAWS, "two-1"), Group(DRAWS, "two-2")]
    chosen.append(Group(DRAWS, "single single_step.warm=best"))  # without that group it is left out
    cost.measure(chosen, tmp_path, Path("videos"), 1, tmp_path / "cost.json")
    cost.measure(chosen, tmp_path, Path("videos"), 1, tmp_path / "cost.json")  # only what is left
    assert cost.costs(files.read_json(tmp_path / "cost.json"), chosen, {}) == {chosen[0].name: 2.0, chosen[1].name: 3.0}
    said = capsys.readouterr().err
    assert "ixmas-draws-two-2: 2.0 s of the processor, 50% of a core: not kept" in said
    assert f"{chosen[2].name}: left out, ixmas-draws-best is not in {tmp_path}" in said


def test_gradients_are_those_before_halfway_and_after(tiny):
    found = gradients.measure(tiny, 5)
    assert [state["pass"] for state in found["states"]] == [0, 1, 2] and len(found["crops"]) == 2
    for state in found["states"]:
        assert len(state["steps"]) == 5 and min(state["steps"]) > 0
        assert list(state["layers"]) == ["C1", "R1", "S1", "C2", "R2", "S2", "C3", "LSTM", "output"]
    assert len({state["loss"] for state in found["states"]}) == 3
    assert f"| mean loss | {found['states'][0]['loss']:.3g} |" in gradients.block(found)
