"""docs/table1.md and docs/table2.md come from records, and only records of the whole of KTH fill what is KTH's."""

import json
import re
from pathlib import Path

import pytest
from made_up import leave_plan, leave_run

from experiments import fill, table2
from experiments.results import groups, running
from experiments.table1 import __main__ as table1
from experiments.table1 import page as tables
from seqdl.base import files
from seqdl.datasets import kth

ROOT = Path(__file__).resolve().parents[2]
CLASSES = ["boxing", "walking"]
WHOLE = {"kth1": 599, "kth2": 2391}


def filled(script, made):
    """A page as its tables make it."""
    return fill.fill(script.PAGE.read_text(encoding="utf-8"), made, script.PAGE.name)


@pytest.fixture
def folder(tmp_path):
    """KTH as far as a loader looks: two names and a list."""
    where = tmp_path / "kth"
    where.mkdir()
    names = ("person01_boxing_d1", "person02_boxing_d1", "person01_walking_d1", "person02_walking_d1")
    for name in names:
        (where / f"{name}_uncomp.avi").touch()
    kth.write_list(where / kth.LIST, dict.fromkeys(names, ((0, 9), (10, 19))))
    return where


def asked(*words):
    args = table1.options().parse_args(list(words))
    args.data_root = args.data_dir
    return args


def entries(right):
    """Four sequences, so many of which the LSTM decides rightly; voting one less."""
    for number in range(4):
        truth, other = (CLASSES if number % 2 == 0 else CLASSES[::-1])[:2]
        said = {"lstm": truth if number < right else other, "voting": truth if number < right - 1 else other}
        entry = {"name": f"s{number}", "person": "person02", "label": truth, "steps": 9, "probability": 0.9}
        yield entry | said


def leave(out, group, name="kth", sequences=None, right=(1, 2, 3, 4, 4), notes=(), settings=()):
    """A finished group whose draws decide so many of four sequences rightly."""
    config = groups.make_config(group, Path("videos"), settings)
    variant = config.data.variant
    about = {"name": name, "variant": variant, "classes": CLASSES, "frames": 12345, "notes": list(notes)}
    about["sequences"] = sequences or WHOLE[variant]
    names = [f"draw{draw}-seed0" for draw in range(1, len(right) + 1)]
    for draw, correct in enumerate(right, 1):
        run = out / group.name / names[draw - 1]
        leave_run(run, config, about, list(entries(correct)), "y", draw, seconds=3600.0)
    leave_plan(out / group.name, config, names)


@pytest.fixture
def recorded(tmp_path):
    """The page of made-up runs of all four groups: ``recorded("kth", ...)``."""

    def make(kind="kth", protocol="draws", **more):
        records = tmp_path / "records"
        for group in table1.make_groups(kind, "paper", protocol, "skip"):
            leave(tmp_path / "out", group, kind.removesuffix("-part"), **more)
        args = asked("--out", str(tmp_path / "out"), "--records", str(records))
        args.known = lambda args: table1.make_groups(kind, "paper", protocol, "skip")
        records.mkdir(exist_ok=True)
        running.record(args)
        table1.write(records)
        return (records / "table1.md").read_text()

    return make


def cells(page, heading, *starts):
    """The cells of the row that begins so, below a heading."""
    section = page.split(f"\n## {heading}")[1].split("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line[:1] == "|"]
    [row] = [row for row in rows if row[: len(starts)] == list(starts)]
    return row


def test_the_documents_are_what_the_records_make():
    assert table1.PAGE.read_text(encoding="utf-8") == filled(table1, tables.blocks(table1.RECORDS))
    assert table2.PAGE.read_text(encoding="utf-8") == filled(table2, table2.blocks(table1.RECORDS))


def test_the_papers_means_are_those_of_its_draws():
    for values in tables.PAPER.values():
        assert abs(sum(values[:5]) / 5 - values[5]) < 0.02
    paper, page = tables.PAPER, tables
    assert abs(paper["kth1", page.LSTM][5] - paper["kth1", page.VOTING][5] - 3.35) < 1e-9
    assert abs(paper["kth2", page.LSTM][5] - paper["kth2", page.STIP][5] - 4.39) < 1e-9


class TestGroups:
    def test_both_sets_with_both_kinds_of_features(self, folder):
        made = table1.every(asked("--data-dir", str(folder)))
        assert [group.name for group in made] == [
            f"kth-part-{variant}-draws-{recipe}" for recipe in ("paper", "stip") for variant in ("kth1", "kth2")
        ]
        config = groups.make_config(made[3], folder, ["lstm.epochs=2"])
        assert (config.model, config.data.variant, config.data.protocol) == ("stip-lstm", "kth2", "draws")
        assert Path(config.data.data_dir) == folder and config.lstm.epochs == 2
        assert config.data.draws == made[3].experiment.draws == 5

    def test_other_recipe_split_and_empty_frames(self, folder):
        words = ("--data-dir", str(folder), "--preset", "best", "--protocol", "fixed", "--empty", "keep")
        made = table1.every(asked(*words))
        assert made[1].name == "kth-part-kth2-fixed-keep-best" and made[1].experiment.draws == 1
        config = groups.make_config(made[1], folder)
        assert (config.data.protocol, config.video.empty, config.convnet.shift) == ("fixed", "keep", 2)
        assert groups.make_config(made[3], folder).model == "stip-lstm"

    def test_a_stand_in_has_names_of_its_own(self, folder):
        path = folder / kth.LIST
        path.write_text(f"Stand-in: no KTH\n{path.read_text()}")
        assert table1.every(asked("--data-dir", str(folder)))[0].name == "kth-standin-kth1-draws-paper"

    def test_without_a_folder_nothing_is_run(self, capsys):
        assert table1.main([]) == 2
        assert "--data-dir" in capsys.readouterr().err

    def test_what_failed_does_not_keep_the_others_from_the_page(self, folder, tmp_path, monkeypatch, capsys):
        def fails(args):
            for group in groups.select(args.groups, args.known(args))[:1]:
                leave(args.out, group, sequences=4)
            begun = args.out / args.known(args)[1].name  # of which no run has come to its end
            begun.mkdir()
            leave_plan(begun, groups.make_config(args.known(args)[1], folder), ["draw1-seed0"])
            raise table1.SeqdlError("not finished: kth2")

        monkeypatch.setattr(running, "run", fails)
        words = ["--data-dir", str(folder), "--out", str(tmp_path / "out"), "--records", str(tmp_path / "records")]
        assert table1.main(words) == 1
        assert "not finished: kth2" in capsys.readouterr().err
        assert [path.stem for path in (tmp_path / "records").glob("*.json")] == ["kth-part-kth1-draws-paper"]
        assert "62.5" not in (ROOT / "docs/table1.md").read_text()
        page = (tmp_path / "records/table1.md").read_text()
        assert cells(page, "A part of KTH", "KTH1", "3D-ConvNet + LSTM")[8].startswith("70.0 %")
        assert "missing here: KTH2, 3D-ConvNet; KTH1, Harris-3D + HOF + LSTM; KTH2, Harris-3D + HOF + LSTM." in page


class TestThePage:
    def test_means_and_spread_beside_the_papers(self, recorded):
        page = recorded()
        row = cells(page, "KTH\n", "KTH2", "3D-ConvNet + LSTM")
        draws = ["25.0 %", "50.0 %", "75.0 %", "100.0 %", "100.0 %"]
        assert row[2:] == ["paper", *draws, "70.0 % (32.6; 25.0 to 100.0)", "92.17"]
        assert cells(page, "KTH\n", "KTH1", "3D-ConvNet + voting")[8:] == ["45.0 % (32.6; 0.0 to 75.0)", "91.04"]
        assert cells(page, "KTH\n", "KTH1", "Harris-3D + HOF + LSTM")[8:] == [row[8], "not printed"]
        baseline = cells(page, "KTH\n", "KTH2", "Harris-3D + HOF + LSTM")
        assert (baseline[2], baseline[9]) == ("stip", "87.78")
        assert "Nothing here was measured" not in page

    def test_a_stand_in_says_so_in_its_heading_and_stands_beside_nothing(self, recorded, tmp_path):
        page = recorded("kth-standin", notes=["Stand-in: drawn."], settings=["convnet.epochs=2"])
        assert "Nothing here was measured on KTH as a whole" in page
        row = cells(page, "A stand-in: this is not KTH", "KTH2", "3D-ConvNet + LSTM")
        assert row[2] == "paper convnet.epochs=2" and len(row) == 9
        section = page.split("## A stand-in: this is not KTH")[1]
        assert "92.17" not in section and "dataset `kth-standin`" in section and "Stand-in: drawn." in section
        assert filled(table2, table2.blocks(tmp_path / "records")).count("not measured") == 2

    def test_a_part_is_not_the_table(self, recorded, tmp_path):
        page = recorded("kth-part", sequences=14)
        assert "Nothing here was measured on KTH as a whole" in page
        assert "92.17" not in page.split("## A part of KTH: this is not Table 1")[1]
        assert filled(table2, table2.blocks(tmp_path / "records")).count("not measured") == 2

    def test_the_printed_split_stands_beside_no_draws(self, recorded):
        page = recorded(protocol="fixed", right=(3,))
        assert "### KTH's printed split, empty windows left out" in page
        assert cells(page, "KTH\n", "KTH1", "3D-ConvNet + LSTM")[2:] == ["paper", "75.0 %", "75.0 %"]

    def test_costs_stand_beside_what_the_runs_took(self, recorded, tmp_path):
        (tmp_path / "records").mkdir()
        groups = [
            {"name": f"kth-kth{v}-draws-{r}", "runs": 5, "run_seconds": 720.0} for v in (1, 2) for r in ("paper",)
        ]
        cost = {"kind": "kth", "preset": "paper", "settings": [], "measured_on": "its own videos", "groups": groups}
        cost |= {"core_seconds": 3 * 3600.0, "disk": 2e9, "memory": 3e8}
        (tmp_path / "records/cost-kth-paper.json").write_text(json.dumps(cost))
        row = cells(recorded(), "What it costs", "KTH", "paper")
        assert row[2:] == ["its own videos", "3.00 (2.00 of it the runs)", "1.50 h", "2.0 GB", "300 MB", "10.00 h"]


class TestTable2:
    def test_published_rows(self):
        assert len(table2.ROWS) == 17 and {row["protocol"] for row in table2.ROWS} == {"five draws"} | {
            "leave one person out",
            "other",
        }
        page = filled(table2, table2.blocks(table2.RECORDS))
        assert "| KTH2 | five draws | Ji et al. | ICML 2010 | 90.20 | learned | another source |" in page

    def test_ours_is_filled_by_the_whole_of_kth(self, recorded, tmp_path):
        recorded()
        page = filled(table2, table2.blocks(tmp_path / "records"))
        assert "not measured" not in page
        row = next(line for line in page.splitlines() if "this implementation" in line and line.startswith("| KTH1"))
        assert "dataset `kth` kth1, 599 of 599 sequences, 5 runs | 70.0 | learned" in row and "(paper)" in row

    def test_four_draws_are_not_five(self, recorded, tmp_path):
        recorded(right=(4, 4, 4, 4))
        assert filled(table2, table2.blocks(tmp_path / "records")).count("not measured") == 2


def test_records_are_small():
    assert all(path.stat().st_size < 700_000 for path in table1.RECORDS.glob("*.json"))


def test_no_record_but_kths_own_is_named_kth():
    for path in table1.RECORDS.glob("kth*.json"):
        about = files.read_json(path)["dataset"]
        kind = tables.kind(about["name"], about["sequences"], about["variant"])
        assert re.fullmatch(rf"{kind}-kth[12]-(draws|fixed)(-keep)?-[a-z-]+", path.stem)
