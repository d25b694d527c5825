"""docs/robust.md is what its record makes, and all that it is to hold can be run, on development persons alone."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from made_up_run import leave_run, made_up_result

from experiments import fill
from experiments.results import groups
from experiments.results.groups import Group
from experiments.robust import __main__ as script
from experiments.robust import kept, page, plan
from experiments.single_step.kept import Kept
from seqdl.config import Config, from_dict
from seqdl.runs.folder import RunFolder
from seqdl.runs.manifest import Manifest

IXMAS = plan.DEVELOPMENT[0]


def test_the_page_is_what_its_record_makes():
    text = script.PAGE.read_text(encoding="utf-8")
    assert text == fill.fill(text, page.blocks(script.recorded(), script.costs(), script.evaluated()), "robust.md")
    assert set(script.recorded()) <= {group.name for group in (*plan.every(), *plan.EVALUATED)}


def test_every_recipe_is_a_configuration_of_its_own_on_development_persons_alone():
    configs = {group.name: groups.make_config(group, Path("videos")) for group in plan.every()}
    assert len({repr(config) for config in configs.values()}) == len(configs) == len(plan.every())
    for config in configs.values():
        allowed = set(groups.DEVELOPMENT.get(config.data.dataset, ()))
        assert set(config.data.only) == allowed, config.data.dataset


def test_where_few_persons_train_each_does_as_often_and_all_others_test():
    for experiment in plan.PERSONS:
        lines = Path(experiment.data["protocol"].removeprefix("file:")).read_text().splitlines()[1:]
        everybody, number = set(experiment.data["only"]), int(experiment.name[-1])
        training = [sorted(everybody - set(line.removeprefix("test: ").split())) for line in lines]
        assert len(lines) == experiment.draws == len(everybody)
        assert {len(persons) for persons in training} == {number}
        assert all(sum(person in persons for persons in training) == number for person in everybody)


def test_pretrained_networks_are_those_beside_the_group(tmp_path):
    warm = next(recipe for recipe in plan.FEW if "warm" in recipe)
    begun = groups.begun(groups.make_config(Group(IXMAS, warm), Path("videos")), Group(IXMAS, warm), tmp_path)
    assert begun.convnet.warm == str(tmp_path / "drawn-best")
    assert "drawn-best" in {group.name for group in plan.every()}
    assert not any("warm" in group.name for group in plan.every() if group.experiment.name == "robust-ut")


def made(right):
    """A group in which the LSTM is right so often of ten, by person, voting half as often, and all together always."""
    runs = {f"draw{n}-seed0": {person: (10, right[person] // 2, right[person])} for n, person in enumerate(right, 1)}
    learned = {name: {"convnet": (4, 0.5), "lstm": (6, 0.75)} for name in runs}
    added = {run: {person: (*counts, 10) for person, counts in persons.items()} for run, persons in runs.items()}
    seeds = {run.partition("-")[0]: persons for run, persons in added.items()}
    one = Kept((), "", (0, "", ""), "person", len(runs), {}, False, runs, learned)
    return kept.Measured(one, added, seeds)


def test_a_variant_is_measured_against_best():
    recipe = next(iter(plan.VARIANTS["copies"]))
    base, more = made({"ann": 7, "bob": 5}), made({"ann": 9, "bob": 7}).kept.runs
    other_seed = {name.replace("seed0", "seed1"): persons for name, persons in more.items()}
    known = {"robust-ixmas-best": replace(base, kept=replace(base.kept, runs=base.kept.runs | other_seed))}
    assert page.variants(plan.VARIANTS["copies"], known, {}) == "Not run yet."
    known[plan.named("robust-ixmas", recipe)] = made({"ann": 9, "bob": 8})
    table = page.variants(plan.VARIANTS["copies"], known, {plan.named(page.PRICED, recipe): 15.04})
    known["robust-ixmas-best"] = made({"ann": 8, "bob": 6})
    row = [cell.strip() for cell in table.splitlines()[-1].split("|")[1:-1]]
    assert row[2:5] == ["+15.0 ± 5.0", "-", "-"] and row[8] == "+15.0 (2 : 0, p = 0.5)" and row[-1] == "15.0"
    assert "| IXMAS part | the preset `best` | LSTM | - | - | 70.0 % | - |" in page.persons(known)
    row = page.decided_together(known).splitlines()[-1].split(" | ")[2:]
    assert row == ["35.0 %", "70.0 %", "100.0 %"] * 2 + ["+0.0 (0 : 0, p = 1) |"]


def test_the_preset_is_evaluated_beside_best_and_once_more_without_those_who_chose():
    assert page.evaluated({}) == "Not run yet."
    base, ours = (made(right).kept for right in ({"ira": 6, "lena": 6}, {"ira": 8, "lena": 10}))
    records = {"weizmann-10-best": base, "weizmann-10-robust": ours, "ut-1-best": base, "ut-1-robust": base}
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in page.evaluated(records).splitlines()[2:]]
    assert [row[1:] for row in rows] == [
        ["2", "30.0 %", "45.0 %", "+15.0 (2 : 0, p = 0.5)", "60.0 %", "90.0 %", "+30.0 (2 : 0, p = 0.5)"],
        ["2", "30.0 %", "30.0 %", "+0.0 (0 : 0, p = 1)", "60.0 %", "60.0 %", "+0.0 (0 : 0, p = 1)"],
        ["", "30.0 %", "37.5 %", "+7.5", "60.0 %", "75.0 %", "+15.0"],
        ["", "", "", "+7.5 (2 : 0, p = 0.5)", "", "", "+15.0 (2 : 0, p = 0.5)"],
    ]
    of_lena = page.evaluated(page.unseen(records)).splitlines()[2]  # ira chose, and set 1 of UT-Interaction
    assert [cell.strip() for cell in of_lena.split("|")[2:-1]] == [
        "1", "30.0 %", "50.0 %", "+20.0 (1 : 0, p = 1)", "60.0 %", "100.0 %", "+40.0 (1 : 0, p = 1)"
    ]  # fmt: skip
    assert len(page.unseen(records)) == 2


def test_in_the_design_every_factor_is_balanced_against_every_other_one_and_every_pair():
    on = plan.design(16)
    assert len(plan.DESIGN) == len(on) == 31 and next(iter(plan.DESIGN)) == plan.BEST and not on[0].any()
    signs = np.where(np.vstack([on, np.ones(16, bool)]), 1, -1)  # with the row that is left out
    assert (signs.T @ signs == 32 * np.eye(16)).all() and not signs.sum(0).any()
    pairs = np.array([signs[:, i] * signs[:, j] for i in range(16) for j in range(i)])
    assert not (pairs @ signs).any()


def test_effects_of_a_design_are_those_that_made_it():
    adds = {"ann": np.arange(16) - 8, "bob": np.arange(16) - 4}  # of 1000 sequences
    known = {}
    for recipe, on in plan.DESIGN.items():
        one = made({person: int(500 + values @ on) for person, values in adds.items()})
        of_thousand = {name: {p: (1000, *row[1:]) for p, row in run.items()} for name, run in one.kept.runs.items()}
        known[plan.named(IXMAS.name, recipe)] = replace(one, kept=replace(one.kept, runs=of_thousand))
    rows = [line.split(" | ") for line in page.designed(known).splitlines()[4:]]
    assert [row[2] for row in rows] == [row[5] for row in rows] == [f"{(n - 6) / 10:+.1f} ± 0.2" for n in range(16)]
    assert rows[0][3] == "-"
    for recipe in list(plan.DESIGN)[plan.HALF + 3 :]:  # the first half is a design too, in which one factor is never on
        del known[plan.named(IXMAS.name, recipe)]
    said, _, _, _, *rows = page.designed(known).splitlines()
    assert said == "So far of the recipes: 16 of 31 on robust-ixmas, 0 of 31 on robust-weizmann, 0 of 31 on robust-ut."
    never = [place for place in range(16) if not any(on[place] for on in list(plan.DESIGN.values())[: plan.HALF])]
    cells = [row.split(" | ")[2] for row in rows]
    assert [cells.pop(place) for place in never] == ["-"]
    assert cells == [f"{(n - 6) / 10:+.1f} ± 0.2" for n in range(16) if n not in never]
    del known[plan.named(IXMAS.name, list(plan.DESIGN)[plan.HALF - 1])]
    assert page.designed(known) == "Not run yet."


def test_what_is_kept_of_finished_runs_is_what_they_decided(tmp_path):
    result = made_up_result(classes=("a", "b"), persons=(1, 2))
    for sequence in result["sequences"]:
        sequence["shares"] = {way: [1.0, 0.0] if sequence[way] == "a" else [0.0, 1.0] for way in ("voting", "lstm")}
    names = ("draw1-seed0", "draw1-seed1")
    for seed, name in enumerate(names):
        leave_run(tmp_path / name, {**result, "seed": seed}, from_dict({"seed": seed}))
    done = Manifest(tmp_path, Config(), (0, 1), names)
    done.write()
    found = kept.condense(tmp_path)
    for name in names:
        for person, (count, voting, lstm) in found.kept.runs[name].items():
            assert found.added[name][person][:3] == found.seeds["draw1"][person][:3] == (count, voting, lstm)
    kept.write(tmp_path / "record.json", {"g": found})
    assert kept.read(tmp_path / "record.json") == {"g": found}
    assert RunFolder(tmp_path / names[0]).finished
