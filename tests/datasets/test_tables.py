"""Tables as people save them: quotes astray, old encodings, Excel's own ways, names of columns, workbooks."""

import csv
import gzip
import io
import lzma
import tempfile
import unicodedata
import zipfile
from collections import Counter
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caption_model.errors import DumpError
from datasets import tables, workbooks
from datasets.encodings import legacy_encoding
from datasets.reading import read_posts
from datasets.tables import rows
from tests.support.dumps import write

HEADER = "image,caption\n"


def captions(path: Path, content: str | bytes) -> tuple[list[str], dict[str, int]]:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    posts, report = read_posts(path)
    return [post.caption for post in posts], dict(report.skipped)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (['1.jpg,"Sunday', "2.jpg,Best day", '3.jpg,"This one"'], ["Sunday", "Best day", "This one"]),
        (['1.jpg,"Sunday, funday', "2.jpg,Best day"], ["Sunday, funday", "Best day"]),
        (['1.jpg,"Sunday', '2.jpg,Best day"', "3.jpg,Late"], ["Sunday", 'Best day"', "Late"]),
        (['1.jpg,"Best" day ever', "2.jpg,Late"], ['"Best" day ever', "Late"]),
        (['1.jpg,"Sunday', '2.jpg,"Best', '3.jpg,"Late'], ["Sunday", "Best", "Late"]),
        (['1.jpg,5" pizza', '2.jpg,"x"'], ['5" pizza', "x"]),
        (['1.jpg,"', "2.jpg,Late"], ["Late"]),
        (['"1.jpg,Sunday', "2.jpg,Late"], ["Sunday", "Late"]),
    ],
)
def test_a_stray_quote_costs_no_other_row(tmp_path, lines, expected):
    found, skipped = captions(tmp_path / "a.csv", HEADER + "\n".join(lines) + "\n")
    assert found == expected
    assert skipped.get("stray quote", 0) == sum(line.count('"') % 2 or '"Best" ' in line for line in lines) - (
        "pizza" in lines[0] or 'day"' in lines[1]
    )


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ('"two,\none photo"', "two,\none photo"),
        ('"He said ""hi""\nand left"', 'He said "hi"\nand left'),
        (r'"He said \"hi\" there"', 'He said "hi" there'),
        ('"\n\nblank lines\n\naround"', "blank lines\n\naround"),
        (' "blank, before"', "blank, before"),
        ('"blank, after" ', "blank, after"),
    ],
)
def test_proper_quotes_are_believed(tmp_path, cell, expected):
    found, skipped = captions(tmp_path / "a.csv", f"{HEADER}1.jpg,{cell}\n2.jpg,Late\n")
    assert found == [expected, "Late"]
    assert not skipped


def test_numbered_rows_are_not_swallowed_either(tmp_path):
    content = (
        'Sr No,Image File,Caption\n1,img/insta1,"Sunday\n2,img/insta2,Best\n3,img/insta3,Late"\n4,img/insta4,"Far"\n'
    )
    assert captions(tmp_path / "a.csv", content)[0] == ["Sunday", "Best", 'Late"', "Far"]


cells = st.text(st.sampled_from('ab,;"\n \\é🐶'), max_size=8)


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(st.lists(st.tuples(cells, cells, cells), max_size=6), st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
def test_what_is_written_by_the_letter_is_read_by_the_letter(content, quoting):
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n", quoting=quoting).writerows([("image", "caption", "x"), *content])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        path.write_text(buffer.getvalue(), encoding="utf-8")
        problems: Counter[str] = Counter()
        assert [tuple(row) for row in rows(path, problems)][1:] == content
        assert not problems


@pytest.mark.parametrize("encoding", ["cp1252", "mac_roman", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_every_encoding_end_of_line_and_mark(tmp_path, encoding, end, mark):
    lines = [f"image{mark}caption", f"1.jpg{mark}It’s Friday", f"2.jpg{mark}Café vibes – love it", f"3.jpg{mark}été"]
    found, _ = captions(tmp_path / "a.csv", end.join(lines).encode(encoding))
    assert found == ["It’s Friday", "Café vibes – love it", "été"]


@pytest.mark.parametrize(
    ("caption", "encoding"),
    [
        ("Can’t wait for summer…", "cp1252"),
        ("Can’t wait for summer…", "mac_roman"),
        ("“Best” day — ever", "mac_roman"),
        ("rosé all day, piñata at night", "mac_roman"),
        ("für Mädchen", "cp850"),
        ("für Mädchen", "cp1252"),
        ("NOËL AT THE CAFÉ", "cp1252"),
    ],
)
def test_old_encodings_are_told_apart(caption, encoding):
    assert legacy_encoding(caption.encode(encoding)) == encoding


def test_a_damaged_line_of_utf8_does_not_make_the_file_another_encoding(tmp_path):
    content = "1.jpg,café ☕ first\n2.jpg,bro☀️ken\n".encode().replace("☀️".encode(), "☀️".encode()[:2])
    found, skipped = captions(tmp_path / "a.csv", HEADER.encode() + content)
    assert found == ["café ☕ first", "bro\ufffdken"]
    assert skipped == {"not UTF-8": 1}


@pytest.mark.parametrize("marks", [1, 2, 3])
def test_byte_order_marks_however_many(tmp_path, marks):
    content = b"\xef\xbb\xbf" * marks + b'"image","caption"\n1.jpg,Sunday\n'
    assert captions(tmp_path / "a.csv", content)[0] == ["Sunday"]


@pytest.mark.parametrize("first", ["sep=;", "SEP=;", '"sep=;"', "sep=;;;", "\ufeffsep=;"])
def test_the_line_that_tells_excel_the_mark(tmp_path, first):
    content = f"{first}\r\nimage;caption\r\n1.jpg;Sun, sand and sea\r\n"
    assert captions(tmp_path / "a.csv", content)[0] == ["Sun, sand and sea"]


def test_blanks_after_commas_and_empty_columns_at_the_end(tmp_path):
    content = 'image, caption, ,\n1.jpg, Sunday,,\n2.jpg, "Sun, sand", ,\n3.jpg,Late,,,,\n'
    found, skipped = captions(tmp_path / "a.csv", content)
    assert found == ["Sunday", "Sun, sand", "Late"]
    assert not skipped


def test_words_that_pandas_takes_for_nothing_are_captions(tmp_path):
    assert captions(tmp_path / "a.csv", HEADER + "1.jpg,NA\n2.jpg,null\n3.jpg,007\n")[0] == ["NA", "null", "007"]


@pytest.mark.parametrize(
    "name",
    [
        "image",
        "Image File",
        "image_name",
        "image_filename",
        "ImagePath",
        "photo",
        "filename",
        "File Name",
        "path",
        "img",
    ],
)
def test_the_usual_names_of_the_column_of_photos(tmp_path, name):
    write(tmp_path, {"1.jpg": b"photo", "a.csv": f"{name},caption\n1.jpg,Sunday\n"})
    (post,), report = read_posts(tmp_path / "a.csv")
    assert post.image == tmp_path / "1.jpg"
    assert not report.skipped


def test_an_unusual_column_of_photos_is_known_by_what_stands_in_it(tmp_path):
    write(
        tmp_path, {"1.jpg": b"photo", "a.csv": "Bild,Ort,caption\n1.jpg,Rome,Sunday\nhttps://x.org/1.jpg?a=b,,Late\n"}
    )
    posts, report = read_posts(tmp_path / "a.csv")
    assert [post.image for post in posts] == [tmp_path / "1.jpg"] * 2
    assert report.with_photo == 2


def test_when_no_column_names_the_photo_the_columns_are_listed(tmp_path):
    _, skipped = captions(tmp_path / "a.csv", "Ort,\x1b[2JWetter,caption\nRome,sunny,Sunday\n")
    assert skipped == {"no photo known (none of the columns names it: Ort, \\x1b[2JWetter)": 1}


def test_when_no_column_holds_captions_the_columns_are_listed(tmp_path):
    with pytest.raises(DumpError, match=r"no column named 'caption' \(its columns: bild, text, ort\)"):
        captions(tmp_path / "a.csv", "bild,text,ort\n1.jpg,Sunday,Rome\n")


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("written", ["NFC", "NFD"])
@pytest.mark.parametrize("name", ["café.jpg", "plage été/Zoë.JPG"])
def test_names_match_in_either_form_of_their_accents(tmp_path, form, written, name):
    place = unicodedata.normalize(form, name)
    table = f"image,caption\n{unicodedata.normalize(written, name)},Coffee\n"
    (post,), _ = read_posts(write(tmp_path, {place: b"photo", "a.csv": table}) / "a.csv")
    assert post.image == tmp_path / place


@pytest.mark.parametrize(("suffix", "pack"), [(".gz", gzip.compress), (".xz", lzma.compress)])
def test_packed_tables_are_bounded(tmp_path, monkeypatch, suffix, pack):
    assert captions(tmp_path / f"a.csv{suffix}", pack(b"image,caption\n1.jpg,Sunday\n"))[0] == ["Sunday"]
    monkeypatch.setattr(tables, "MAX_BYTES", 1000)
    with pytest.raises(DumpError, match="unpacks to more than 1000 bytes"):
        captions(tmp_path / f"a.csv{suffix}", pack(b"image,caption\n" * 200))
    with pytest.raises(DumpError, match="damaged or cut off"):
        captions(tmp_path / f"a.csv{suffix}", pack(b"image,caption\n1.jpg,Sunday\n")[:-9])


def book(*sheets: list[list[object]]) -> bytes:
    """A workbook of these sheets."""
    made = openpyxl.Workbook()
    made.remove(made.active)
    for number, content in enumerate(sheets, start=1):
        sheet = made.create_sheet(f"Sheet{number}")
        for row in content:
            sheet.append(row)
    buffer = io.BytesIO()
    made.save(buffer)
    return buffer.getvalue()


def test_a_workbook_is_read(tmp_path):
    content = [["My captions"], ["image_name", "Caption", "id"], ["1.jpg", "Sunday ☀️", 7], [None, "two\nlines", 8.0]]
    content += [[None, None, 9], ["2.jpg", date(2024, 3, 5), None], ["3.jpg", 2024, 11]]
    write(tmp_path, {"1.jpg": b"photo", "a.xlsx": book(content)})
    posts, report = read_posts(tmp_path / "a.xlsx")
    assert [(post.id, post.caption) for post in posts] == [
        ("7", "Sunday ☀️"),
        ("8", "two\nlines"),
        ("4", "2024-03-05T00:00:00"),
        ("11", "2024"),
    ]
    assert posts[0].image == tmp_path / "1.jpg"
    assert report.skipped == {"empty caption": 1}


def test_all_sheets_with_captions_are_read_and_the_others_counted(tmp_path):
    data = book([["caption"], ["One"]], [["notes"], ["x"]], [["caption"], ["Two"]])
    (tmp_path / "a.xlsx").write_bytes(data)
    posts, report = read_posts(tmp_path / "a.xlsx")
    assert [(post.caption, post.id) for post in posts] == [("One", "1"), ("Two", "Sheet3:1")]
    assert report.skipped == {"sheet without captions": 1}


def test_a_file_is_read_by_what_it_is_whatever_its_name(tmp_path):
    assert captions(tmp_path / "a.xlsx", HEADER + "1.jpg,Sunday\n")[0] == ["Sunday"]
    assert captions(tmp_path / "a.csv", book([["caption"], ["One"]]))[0] == ["One"]
    assert captions(tmp_path / "a.xls", HEADER.replace(",", "\t") + "1.jpg\tSunday\n")[0] == ["Sunday"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old Excel workbook.*save it as .xlsx"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "with a password.*save it as .xlsx"),
        ("a.ods", b"PK\x03\x04" + bytes(100), "OpenDocument.*save it as .xlsx"),
        ("a.xlsx", b"PK\x03\x04" + bytes(100), "not a complete zip"),
        ("a.xlsx", book([["image"], ["1.jpg"]]), "no column named 'caption'"),
        ("a.xlsx", book([]), "its columns: none"),
    ],
)
def test_workbooks_that_cannot_be_read_end_in_one_sentence(tmp_path, name, content, message):
    with pytest.raises(DumpError, match=message):
        captions(tmp_path / name, content)


def repacked(data: bytes, changes: dict[str, bytes]) -> bytes:
    """The workbook with some of its parts exchanged."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, changes.get(name, old.read(name)))
    return buffer.getvalue()


def test_what_a_workbook_may_claim_is_bounded(tmp_path, monkeypatch):
    sound = book([["image", "caption"], ["1.jpg", "Sunday"]])
    far = b"".join(
        b'<row r="%d"><c r="A%d" t="inlineStr"><is><t>x</t></is></c><c r="XFD%d"><v>1</v></c></row>' % (n, n, n)
        for n in (1, 2, 20_000)
    )
    sheet = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>%s</sheetData></worksheet>'
    with pytest.raises(DumpError, match="no column named 'caption'"):
        captions(tmp_path / "far.xlsx", repacked(sound, {"xl/worksheets/sheet1.xml": sheet % far}))
    entities = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + sheet % b""
    with pytest.raises(DumpError, match="defines entities"):
        captions(tmp_path / "entities.xlsx", repacked(sound, {"xl/worksheets/sheet1.xml": entities}))
    with pytest.raises(DumpError, match="as only a bomb does"):
        captions(tmp_path / "bomb.xlsx", repacked(sound, {"docProps/app.xml": bytes(5_000_000)}))
    monkeypatch.setattr(workbooks, "MAX_CELLS", 3)
    with pytest.raises(DumpError, match="more than 3 cells"):
        captions(tmp_path / "large.xlsx", sound)


def test_a_workbook_in_a_folder_with_photos(tmp_path):
    write(tmp_path, {"1.jpg": b"photo", "list.xlsx": book([["image", "caption"], ["1.jpg", "Sunday"]])})
    (post,), report = read_posts(tmp_path)
    assert post.image == tmp_path / "1.jpg"
    assert not report.skipped
