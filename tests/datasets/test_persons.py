"""Lists of persons as people and spreadsheets write them."""

import os

import pytest

from seqdl.datasets import folder, persons
from seqdl.errors import UsageError

NAMES = ["sit/ann.mov", "sit/deeper/bob.webm", "wave/ann_1.avi", "wave/bob.MP4"]


@pytest.fixture
def clips(tmp_path):
    for name in NAMES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


ROWS = "wave/ann_1.avi,ann\nwave/bob.MP4,bob\nsit/ann.mov,ann\nsit/deeper/bob.webm,bob\n"


def write(path, text):
    path.write_text(text, encoding="latin-1")
    return path


def test_a_list_given_by_hand_comes_first(clips, tmp_path):
    write(clips / "persons.csv", "file,person\nnonsense,x\n")
    given = write(tmp_path / "other.csv", "file,person\n" + ROWS)
    assert folder.load(clips, persons=given).persons == ("ann", "bob")


@pytest.mark.parametrize(
    "text, message",
    [
        ("", "must name the columns file,person"),
        ("Datei;Person\n", "must name the columns file,person, and is 'Datei;Person'"),
        ("file;person\n", "no person for sit/ann.mov"),
        ("PK\x03\x04\x14", "is a spreadsheet and no CSV file: save it as CSV"),
        ("file,person\na.avi,ann\n", "line 2: there is no video a.avi; known: "),
        ("file,person\nwave/ann_2.avi,ann\n", "line 2: there is no video wave/ann_2.avi; did you mean wave/ann_1.avi"),
        ("file,person\n" + ROWS + "wave/ann_1.avi,eve\n", "line 6: wave/ann_1.avi already belongs to ann"),
        ("file,person\nwave/ann_1.avi,\n", "line 2: give both"),
        ("file,person\n,ann\n", "line 2: give both"),
        ("file,person\nwave/ann_1.avi\n", "line 2: give both"),
        (
            "file,person\nwave/ann_1.avi,ann\n",
            "no person for sit/ann.mov, sit/deeper/bob.webm, wave/bob.MP4; add a row",
        ),
        ("\x00\xff\xfe", "must name the columns"),
        ('file,person\n"' + "x" * 200_000, "after line 1: .*correct the next"),
    ],
)
def test_a_wrong_list_of_persons_is_refused_in_one_line(clips, text, message):
    path = write(clips / "persons.csv", text)
    with pytest.raises(UsageError, match=message) as error:
        folder.load(clips)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_list_of_persons_that_is_not_there(clips):
    with pytest.raises(UsageError, match=r"nobody\.csv: No such file"):
        folder.load(clips, persons=clips / "nobody.csv")


TABLE = "file,person\n" + ROWS
SPREADSHEET = "\ufeffsep=;\r\n Person ; FILE ;;\r\n" + "".join(
    f"{person};{file};;\r\n" for file, person in (row.split(",") for row in ROWS.split())
)


@pytest.mark.parametrize(
    "data",
    [
        TABLE.replace(",", ";").encode(),
        TABLE.replace(",", "\t").encode("utf-8-sig"),
        TABLE.encode("utf-16"),
        b"\xfe\xff" + TABLE.encode("utf-16-be"),
        TABLE.encode("utf-16-le"),
        TABLE.encode("utf-16-be"),
        SPREADSHEET.encode(),
        (SPREADSHEET + ";;;\r\n\r\n;;;\r\n").encode("utf-16"),
        ("\n" + TABLE.replace("\n", "\r")).encode(),
        TABLE.replace("file,person", '" file" , "Person"').encode(),
        TABLE.replace("/", "\\").replace("wave", ".\\wave").encode(),
        TABLE.replace("wave/", "/somewhere/videos/wave/").replace("sit/", "C:\\\\videos\\sit\\").encode(),
        TABLE.replace("wave/", "").replace("sit/ann", "ann").replace("sit/deeper/", "").encode(),
        (TABLE + "wave/notes.txt,ann\n").encode(),
    ],
)
def test_what_spreadsheets_write_is_read(clips, data):
    (clips / "Persons.CSV").write_bytes(data)
    (clips / "wave" / "notes.txt").touch()
    found = folder.load(clips)
    assert {s.name: s.person for s in found.sequences} == dict(zip(NAMES, ("ann", "bob", "ann", "bob"), strict=True))


@pytest.mark.parametrize("name", ["persons-spreadsheet.csv", "persons-utf16.csv"])
def test_lists_of_real_spreadsheets(test_data, name):
    if not (test_data / "odd" / name).is_file():
        pytest.skip("no such list")
    lines = (test_data / "odd" / name).read_bytes()
    text = lines.decode("utf-16" if b"\0" in lines else "utf-8-sig")
    files = [file for row in text.splitlines()[1:] for file in row.replace(";", ",").split(",") if "." in file]
    assert set(persons.read(test_data / "odd" / name, files)) == set(files) != set()


def test_a_list_in_another_format_is_named(clips):
    (clips / "Persons.xlsx").touch()
    assert "Persons.xlsx is not read: save it as persons.csv." in folder.load(clips).notes


def test_a_file_that_is_there_several_times_needs_its_folder(tmp_path):
    path = write(tmp_path / "persons.csv", "file,person\nann.avi,ann\n")
    with pytest.raises(UsageError, match=r"line 2: ann\.avi may be sit/ann\.avi, wave/ann\.avi; name the folders too"):
        persons.read(path, ["sit/ann.avi", "wave/ann.avi"])
    assert persons.read(path, ["ann.avi", "wave/deeper/ann.avi"][:1]) == {"ann.avi": "ann"}


@pytest.mark.parametrize("written", ["Zo\xeb", "Zoe\u0308"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_names_are_compared_in_one_form_of_unicode(tmp_path, written, encoding):
    for name in ("wave/Zoe\u0308.avi", "sit/Zo\xeb.avi"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    rows = f"file,person\nwave/{written}.avi,Zo\xeb\nsit/{written}.avi,Zoe\u0308\n"
    (tmp_path / "persons.csv").write_bytes(rows.encode(encoding))
    assert folder.load(tmp_path).persons == ("Zo\xeb",)


def test_lists_and_names_in_an_encoding_of_windows(tmp_path):
    names = [b"wave/caf\xe9.avi", b"wave/\x81\x80.avi", "wave/ö.avi".encode()]
    for name in names:
        path = tmp_path / os.fsdecode(name)
        path.parent.mkdir(exist_ok=True)
        path.touch()
    rows = [name + b",Andr\xe9" for name in names[:2]] + [names[2] + ",André".encode()]
    (tmp_path / "persons.csv").write_bytes(b"\n".join([b"file,person", *rows]))
    assert folder.load(tmp_path).persons == ("André",)


def test_names_may_be_written_as_they_are_printed(tmp_path):
    path = tmp_path / "wave" / os.fsdecode(b"two\nlines\xff.avi")
    path.parent.mkdir()
    path.touch()
    for name in (r"wave/two\nlines\udcff.avi", '"wave/two\nlines\\udcff.avi"'):
        (tmp_path / "persons.csv").write_text(f"file,person\n{name},ann\n")
        assert folder.load(tmp_path).persons == ("ann",)
