"""One record a dataset: what the command line, the pages and the loaders take from it, and what a new one needs."""

import json
import sys
from pathlib import Path

import pytest

from seqdl import prepare, train
from seqdl.base import cli
from seqdl.config import Config, from_dict
from seqdl.datasets import __main__ as listing
from seqdl.datasets import actors, choose, kth, page, registry
from seqdl.errors import UsageError

README = Path(__file__).resolve().parents[2] / "data" / "README.md"

MADE_UP = '''
"""A dataset that somebody adds."""

from seqdl.datasets.base import DatasetRecord, Sequence, Variant
from seqdl.datasets.scan import list_videos


def load(folder, variant=""):
    variant = RECORD.variant(variant)
    files = [file for file in list_videos(folder) if variant == "all" or file.stem.endswith(variant)]
    found = [Sequence(file.stem, file, *file.stem.split("_")[:2]) for file in files]
    classes = tuple(sorted({sequence.label for sequence in found}))
    return RECORD.dataset(variant, classes, tuple(found), notes=(f"{len(found)} videos.",))


RECORD = DatasetRecord(
    name="made-up",
    title="Made up",
    about="videos that nobody made",
    load=load,
    variants={"all": Variant("every video", 3, 2, 6), "one": Variant("the first takes", 3, 2, 3)},
    box="centre",
    usual="leave-one-person-out",
    rate=12.5,
    fixed_test=("bob",),
    source="https://example.org/made-up",
    layout="made-up/\\n  ACTION_PERSON_TAKE.avi",
    checked="nothing",
)
'''


@pytest.fixture
def made_up(tmp_path, monkeypatch):
    """A dataset that was added by its own file and one line, and its folder."""
    (tmp_path / "made_up_dataset.py").write_text(MADE_UP)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(registry, "MODULES", (*registry.MODULES, "made_up_dataset"))
    folder = tmp_path / "videos"
    folder.mkdir()
    for person in ("ann", "bob", "cy"):
        for action, take in (("sit", "one"), ("wave", "two")):
            (folder / f"{action}_{person}_{take}.avi").touch()
    yield folder
    sys.modules.pop("made_up_dataset", None)


def test_a_new_dataset_is_its_own_file_and_one_line(made_up, capsys):
    data = {"dataset": "made-up", "data_dir": str(made_up), "protocol": "leave-one-person-out", "draw": 2}
    config = from_dict({"data": data}, Config())
    dataset, split = choose.choose(config)
    assert (dataset.name, dataset.box, dataset.unit, dataset.variant) == ("made-up", "centre", "person", "all")
    assert dataset.classes == ("sit", "wave") and dataset.notes == ("6 videos.",) and len(dataset.sequences) == 6
    assert (split.train, split.test) == (("ann", "cy"), ("bob",))
    assert choose.with_own(config, dataset).video.box == "centre"
    fixed = from_dict({"data": {"protocol": "fixed", "draw": 1}}, config)
    assert choose.choose(fixed)[1].test == ("bob",)
    assert registry.load("made-up", made_up, "one").variant == "one"
    with pytest.raises(UsageError, match="dataset made-up has no variant half; known: all, one"):
        registry.load("made-up", made_up, "half")

    for command in (train, prepare):
        shown = " ".join(command.options().format_help().split()).replace("- ", "-")
        assert "made-up" in shown and "made-up: all, one" in shown
    assert "fixed (kth, ucf-sports, hollywood2, folder, made-up)" in " ".join(
        train.options().format_help().split()
    ).replace("- ", "-")
    assert listing.main([]) == 0
    assert "made-up         videos that nobody made\n" in capsys.readouterr().out
    assert listing.main(["made-up"]) == 0
    shown = capsys.readouterr().out
    assert "ACTION_PERSON_TAKE.avi" in shown and "12.5 frames a second" in shown and "https://example.org" in shown
    assert "| `made-up` | `all`, `one` | 3 | 2 | 6, 3 | `centre` | 12.5 | " in page.fill(README.read_text())


def test_the_page_says_what_the_records_say():
    """Written anew by ``python -m seqdl.datasets.page data/README.md``."""
    text = README.read_text(encoding="utf-8")
    assert page.fill(text) == text
    assert text.count("<!-- dataset ") == len(registry.records()) - 1, "one for each that has a folder"


def test_the_list_fits_a_screen_and_names_all(capsys):
    assert listing.main([]) == 0
    shown = capsys.readouterr().out
    assert len(shown.splitlines()) <= 36 and max(map(len, shown.splitlines())) <= 120
    shown = " ".join(shown.split())
    for record in registry.records().values():
        assert record.name in shown and record.about in shown
        assert f"{', '.join(record.variants)}; box: {record.box}; {record.rate:g} frames" in shown
        assert ", ".join(record.protocols) in shown


@pytest.mark.parametrize("name", registry.records())
def test_details_of_each(name, capsys):
    record = registry.records()[name]
    assert listing.main([name]) == 0
    shown = capsys.readouterr().out
    for text in (record.about, record.source, record.terms[:40], *record.variants, *record.layout.splitlines()):
        assert text in shown
    assert ("--download" in shown) == (name == "kth")
    assert "data." not in shown, "options, not settings"
    assert listing.main([name, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["variants"].keys() == record.variants.keys()


def test_all_as_one_object_and_an_unknown_name(capsys):
    assert listing.main(["--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert list(told) == list(registry.records())
    assert told["kth"]["download"] and told["kth"]["rate"] == 25 and told["ut-interaction"]["rate"] == 30
    assert listing.main(["kht"]) == 2
    assert "unknown dataset kht; did you mean kth?" in capsys.readouterr().err


def test_the_numbers_of_the_complete_sets():
    for variant, told in actors.RECORD.variants.items():
        if variant.endswith("-many"):  # as the others, and slow
            continue
        data = actors.load(variant)
        assert (len(data.persons), len(data.classes), len(data.sequences)) == (
            told.persons,
            told.classes,
            told.sequences,
        )
    assert [kth.RECORD.variants[name].sequences for name in ("kth2", "kth1")] == [2391, 599]


def test_records_are_consistent():
    for record in registry.records().values():
        assert record.usual in record.protocols
        assert bool(record.source) == (record.kind == "published")
        assert bool(record.layout) == bool(record.checked) == (record.kind != "rendered")
    assert registry.of_the_paper().name == "kth"


@pytest.mark.parametrize(
    "message, shown",
    [
        ("data.variant = 9: use data.variant", "--variant 9: use --variant"),
        ("choose another data.data_dir.", "choose another --data-dir."),
        ("data.only names nobody", "--only-persons names nobody"),
        ("data.protocol and data.draws suit", "data.protocol and data.draws suit"),
        ("data.inner_draw and data.json, of /a/data.variant", "data.inner_draw and data.json, of /a/data.variant"),
    ],
)
def test_settings_become_the_options_that_a_command_has(message, shown, capsys):
    parser = cli.parser("some", "Some.", configurable=False)
    for option in ("--variant", "--data-dir", "--json", "--inner"):
        parser.add_argument(option)
    parser.add_argument("--only-persons", dest="only")

    def work(_):
        raise UsageError(message)

    assert cli.execute(work, parser, []) == 2
    assert capsys.readouterr().err == f"seqdl some: error: {shown}\n"


def test_errors_name_settings_and_commands_their_options(tmp_path, capsys):
    with pytest.raises(UsageError, match=r"give it with data\.data_dir = DIR"):
        registry.load("weizmann")
    assert train.main(["--dataset", "weizmann"]) == 2
    assert "give it with --data-dir DIR" in capsys.readouterr().err
    (tmp_path / "ido_skip.avi").touch()
    assert train.main(["--dataset", "weizmann", "--data-dir", str(tmp_path), "--variant", "9"]) == 1
    assert "which --variant 9 leaves out; use --variant 10" in capsys.readouterr().err
    assert train.main(["--draw", "99", "--protocol", "leave-one-person-out"]) == 2
    assert "choose --draw from 1 to 10" in capsys.readouterr().err
