"""KTH: the list as published, complete and partial sets (empty files: a loader reads names only), and faults."""

from collections import Counter

import pytest

from seqdl.datasets import kth
from seqdl.datasets.kth.load import _oddities
from seqdl.errors import SeqdlError, UsageError

COMPLETE = [f"{p}_{a}_{d}" for a in kth.ACTIONS for p in kth.PERSONS for d in kth.SCENARIOS]
HEAD = "This database contains six classes\nTest:  person22, 02, 03\n\n"


def make(folder, names, rows=None, flat=False, suffix="_uncomp.avi"):
    for name in names:
        path = folder / name.split("_")[1] / f"{name}{suffix}"
        path = folder / path.name if flat else path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    if rows is not None:
        (folder / kth.LIST).write_text(rows)
    return folder


@pytest.fixture(scope="module")
def complete(tmp_path_factory):
    """All 599 videos as empty files, and a list of one range each."""
    names = [name for name in COMPLETE if name != kth.MISSING]
    rows = [f"{name}\tframes\t1-40" if name in names else f"{name}\t*missing*" for name in COMPLETE]
    return make(tmp_path_factory.mktemp("kth"), names, "\n".join(rows))


@pytest.fixture(scope="module")
def ranges(test_data):
    return kth.read_list(test_data / "kth" / kth.LIST)


class TestThePublishedList:
    def test_rows_and_ranges(self, ranges):
        assert len(ranges) == 600 and set(ranges) == set(COMPLETE)
        assert [name for name, found in ranges.items() if not found] == [kth.MISSING]
        by_action = Counter()
        for name, found in ranges.items():
            by_action[name.split("_")[1]] += len(found)
        assert sum(by_action.values()) == 2391
        assert by_action == kth.SEQUENCES
        assert (by_action["boxing"], by_action["handclapping"], by_action["handwaving"]) == (397, 396, 398)

    def test_how_many_ranges_a_video_has(self, ranges):
        assert Counter(map(len, ranges.values())) == {4: 594, 3: 5, 0: 1}
        assert {name for name, found in ranges.items() if len(found) == 3} == {
            "person11_boxing_d4",
            "person13_handwaving_d3",
            "person14_handwaving_d3",
            "person15_boxing_d4",
            "person22_boxing_d1",
        }

    def test_lengths(self, ranges):
        lengths = [last - first + 1 for found in ranges.values() for first, last in found]
        assert (min(lengths), max(lengths), sum(lengths)) == (24, 362, 227_637)
        ends = [max(last for _, last in found) + 1 for found in ranges.values() if found]
        assert (min(ends), max(ends), sum(ends)) == (204, 1492, 289_157)
        in_print = [found[-1][1] + 1 for found in ranges.values() if found]
        assert sum(in_print) == 289_073, "person07_running_d4 does not end with its last range"

    def test_frames_are_counted_from_0(self, ranges):
        assert ranges["person01_boxing_d1"] == ((0, 94), (95, 184), (185, 244), (245, 359))

    def test_oddities_are_kept(self, ranges):
        assert ranges["person16_handwaving_d4"][3] == (211, 455)
        assert ranges["person07_jogging_d4"] == ((0, 63), (269, 331), (193, 263), (489, 569))
        (note,) = _oddities(ranges)
        assert "and 3 more" in note, "four ranges look like typos, three touch by one frame"
        assert "out of order in person07_jogging_d4, person07_running_d4" in note

    def test_a_complete_set_with_this_list(self, complete, test_data, tmp_path):
        for action in kth.ACTIONS:
            (tmp_path / action).symlink_to(complete / action)
        (tmp_path / kth.LIST).symlink_to(test_data / "kth" / kth.LIST)
        data = kth.load(tmp_path)
        assert len(data.sequences) == len({s.name for s in data.sequences}) == 2391
        assert Counter(s.label for s in data.sequences) == kth.SEQUENCES
        assert len(data.notes) == 2, "the oddities of the list and the truncated video, nothing missing"


def test_a_complete_set(complete):
    data = kth.load(complete, "kth1")
    assert (data.name, data.variant, data.box, data.classes) == ("kth", "kth1", "track", kth.ACTIONS)
    assert len(data.sequences) == 599 and len(data.persons) == 25
    assert Counter(s.label for s in data.sequences) == {a: 100 - (a == "handclapping") for a in kth.ACTIONS}
    assert all((s.first, s.last) == (0, None) for s in data.sequences)
    assert [note.split()[0] for note in data.notes] == [kth.TRUNCATED]
    assert set(data.fixed_test) <= set(data.persons) and len(data.fixed_test) == 9


def test_the_default_is_the_listed_sequences(complete):
    data = kth.load(complete)
    assert data.variant == "kth2" and kth.load(complete, "") == data
    sequence = data.sequences[0]
    assert (sequence.name, sequence.label, sequence.person) == ("person01_boxing_d1#1", "boxing", "person01")
    assert (sequence.first, sequence.last, dict(sequence.extra)) == (0, 39, {"scenario": "d1"})
    assert sequence.file == complete / "boxing" / "person01_boxing_d1_uncomp.avi"


def test_flat_other_extensions_and_short_names(tmp_path):
    make(tmp_path, ["person01_boxing_d1"], flat=True)
    make(tmp_path, ["person02_boxing_d1"], flat=True, suffix="_uncomp.MP4")
    make(tmp_path, ["person03_walking_d4"], suffix=".avi")
    data = kth.load(tmp_path, "kth1")
    assert [s.name for s in data.sequences] == ["person01_boxing_d1", "person02_boxing_d1", "person03_walking_d4"]


def test_a_part_says_what_is_missing_in_a_sentence(tmp_path):
    rows = HEAD + "person01_boxing_d1 frames 1-95, 96-185\nperson02_boxing_d1 frames 1-30\n"
    data = kth.load(make(tmp_path, ["person01_boxing_d1"], rows))
    assert [s.name for s in data.sequences] == ["person01_boxing_d1#1", "person01_boxing_d1#2"]
    assert data.classes == ("boxing",)
    part, sequences, classes = data.notes
    assert part.startswith("A part of KTH: 1 of 599 videos, 598 missing (99 boxing, 99 handclapping,")
    assert sequences == "2 of 2391 sequences."
    assert "No sequences of handclapping, handwaving, jogging, running, walking" in classes


def test_a_few_missing_videos_are_named(complete, tmp_path):
    names = [name for name in COMPLETE if name not in (kth.MISSING, "person25_walking_d4", kth.TRUNCATED)]
    data = kth.load(make(tmp_path, names), "kth1")
    assert data.notes == ("A part of KTH: 597 of 599 videos, 2 missing (person01_boxing_d4, person25_walking_d4).",)


def test_overlaps_and_disorder_are_kept_and_said_once(tmp_path):
    rows = "person01_boxing_d1 frames 1-95, 95-185\nperson02_boxing_d1 frames 50-90, 1-49\n"
    data = kth.load(make(tmp_path, ["person01_boxing_d1", "person02_boxing_d1"], rows))
    assert [(s.first, s.last) for s in data.sequences] == [(0, 94), (94, 184), (49, 89), (0, 48)]
    said = [note for note in data.notes if "kept as published" in note]
    assert said == [
        "Listed ranges overlap in person01_boxing_d1 and are out of order in person02_boxing_d1; kept as published."
    ]


def test_videos_without_ranges_are_left_out_with_a_note(tmp_path):
    rows = "person01_boxing_d1 frames 1-95\nperson13_handclapping_d3 *missing*\n"
    data = kth.load(make(tmp_path, ["person01_boxing_d1", "person09_boxing_d1", kth.MISSING], rows))
    assert len(data.sequences) == 1
    assert any("2 videos without ranges" in note and kth.MISSING in note for note in data.notes)
    with pytest.raises(SeqdlError, match="lists none of the 1 video"):
        kth.load(make(tmp_path / "b", ["person02_boxing_d1"], rows))


def test_an_absent_list_matters_to_kth2_alone(tmp_path):
    make(tmp_path, ["person01_boxing_d1"])
    assert len(kth.load(tmp_path, "kth1").sequences) == 1
    with pytest.raises(SeqdlError, match=r"00sequences\.txt is missing: take it from https.*data\.variant = kth1"):
        kth.load(tmp_path, "kth2")


@pytest.mark.parametrize(
    "text",
    [
        "person01_boxing_d1\t\tframes\t1-95, 96-185\n",
        HEAD.replace("\n", "\r\n") + "\r\nperson01_boxing_d1   \t frames  1 - 95 ,96-185 ,\r\n\r\n",
        "\ufeffperson01_boxing_d1 1-95,96-185",
        "PERSON01_boxing_d1_uncomp.avi Frames 1-95, 96-185",
    ],
)
def test_the_list_is_read_tolerantly(tmp_path, text):
    path = tmp_path / kth.LIST
    path.write_bytes(text.encode())
    assert kth.read_list(path) == {"person01_boxing_d1": ((0, 94), (95, 184))}


@pytest.mark.parametrize(
    "text, message",
    [
        (HEAD + "person01_boxing_d1 frames 1-\n", "line 4: '1-' is no range"),
        ("person01_boxing_d1 frames 1-95, 96\n", "line 1: '96' is no range"),
        ("person01_boxing_d1 frames\n", "line 1: '' is no range"),
        ("person01_boxing_d1 frames 1-95,, 96-185\n", "line 1: '' is no range"),
        ("person01_boxing_d1 frames 95-1\n", "line 1: the range 95-1 runs backwards"),
        ("person01_boxing_d1 frames 0-95\n", "line 1: the range 0-95 .*starts before 1"),
        ("person01_boxing_d1 frames 1-2\nperson01_boxing_d1 frames 1-2\n", "line 2: .* has a row already"),
        ("person01_boxing_d1 frames 1-2\nand so on\n", "line 2: 'and' is no video of KTH"),
        ("person26_boxing_d1 frames 1-2\n", "line 1: 'person26_boxing_d1' is no video of KTH"),
        ("person01_skipping_d1 frames 1-2\n", "line 1: 'person01_skipping_d1' is no video"),
        (HEAD, "lists no sequences"),
        ("", "lists no sequences"),
        ("\x00\x01\xff\xfe", "lists no sequences"),
    ],
)
def test_a_malformed_list_names_file_and_line(tmp_path, text, message):
    path = tmp_path / kth.LIST
    path.write_text(text, encoding="latin-1")
    with pytest.raises(SeqdlError, match=message) as error:
        kth.read_list(path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_list_that_cannot_be_read(tmp_path):
    with pytest.raises(SeqdlError, match="directory"):
        kth.read_list(tmp_path)


def test_a_folder_of_another_dataset(tmp_path):
    (tmp_path / "daria_walk.avi").touch()
    with pytest.raises(SeqdlError, match=r"none of its 1 video is named as in KTH .*daria_walk\.avi.*data\.dataset"):
        kth.load(tmp_path)


def test_an_unknown_variant(tmp_path):
    with pytest.raises(UsageError, match="dataset kth has no variant kth3; known: kth2, kth1"):
        kth.load(tmp_path, "kth3")


class TestAStandIn:
    """A copy with other videos under KTH's names: nothing that is made of it is called KTH."""

    HEAD = "Stand-in: drawn figures."

    @pytest.fixture
    def copy(self, tmp_path):
        make(tmp_path, ["person01_boxing_d1", "person02_walking_d3"])
        ranges = {"person01_boxing_d1": ((0, 9),), "person02_walking_d3": ((0, 9), (12, 30))}
        kth.write_list(tmp_path / kth.LIST, ranges, self.HEAD)
        return tmp_path

    @pytest.mark.parametrize("variant", kth.RECORD.variants)
    def test_it_says_so_in_its_name_and_its_first_note(self, copy, variant):
        dataset = kth.load(copy, variant)
        assert (dataset.name, dataset.notes[0]) == ("kth-standin", self.HEAD)
        assert len(dataset.sequences) == {"kth2": 3, "kth1": 2}[variant]

    def test_the_published_list_does_not(self, copy, test_data):
        (copy / kth.LIST).write_bytes((test_data / "kth" / kth.LIST).read_bytes())
        dataset = kth.load(copy)
        assert dataset.name == "kth" and not any("Stand-in" in note for note in dataset.notes)

    def test_only_the_head_counts(self, tmp_path):
        path = tmp_path / kth.LIST
        assert kth.stand_in(path) == ""
        path.write_text("person01_boxing_d1\tframes\t1-9\nstand-in: too late\n")
        assert kth.stand_in(path) == ""
        path.write_text("Training: person11\n  stand-in of ours\nperson01_boxing_d1\tframes\t1-9\n")
        assert kth.stand_in(path) == "stand-in of ours"
