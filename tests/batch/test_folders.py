"""Folders as people have them: which photos are found, sidecars of every kind, tables and places that refuse."""

import csv
import os
import sys

import pytest

from caption_model.batch.plan import find_photos
from caption_model.bundles.bundle import MODELS
from caption_model.bundles.chosen import models_sha256
from caption_model.errors import BatchError, BundleError
from caption_model.text.tables import escaped
from tests.support.batches import NAMES, draw, folder_of, run

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX names, links or rights")
not_root = pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write anywhere")


def names(folder, **options):
    return [photo.name for photo in find_photos(folder, **options).photos]


def rows(folder):
    with (folder / "captions.csv").open(encoding="utf-8", newline="") as file:
        return {row["image"]: row for row in csv.DictReader(file)}


@pytest.mark.parametrize(
    "ending",
    [
        "jfif",
        "jpe",
        "avif",
        "hif",
        "heics",
        "jpg_large",
        "JFIF",
        "JPG_LARGE",
        "Avif",
        "pjpeg",
        "jif",
        "heifs",
        "jpg-large",
    ],
)
def test_photos_with_endings_of_all_kinds_are_found_and_other_files_counted(tmp_path, ending):
    draw(tmp_path / f"a.{ending}", 1)
    draw(tmp_path / "b.jpg", 2)
    for other in ("c.mp4", "notes.txt", "photo", ".hidden"):
        (tmp_path / other).write_text("x")
    result = run(tmp_path, sidecar="txt")
    assert [event.image for event in result.captioned] == [f"a.{ending}", "b.jpg"]
    assert result.planned.passed_over == {"file that is no photo": 3}
    again = run(tmp_path, sidecar="txt")
    assert again.planned.passed_over == {"file that is no photo": 3}, "what the run itself wrote is not counted"
    assert again.finished.done_before == 2


def test_only_photos_are_found_and_subfolders_only_when_asked_for(tmp_path):
    for name in ("b.JPG", "a.png", "deep/er/c.webp", ".hidden.jpg", ".git/d.jpg", "__MACOSX/e.jpg", "notes.txt"):
        draw(tmp_path / name, 1)
    assert names(tmp_path) == ["a.png", "b.JPG"]
    assert names(tmp_path, recursive=True) == ["a.png", "b.JPG", "deep/er/c.webp"]


@pytest.mark.parametrize(
    ("exclude", "left"),
    [
        (["*.png"], ["b.jpg", "deep/d.jpg", "deep/er/e.jpg"]),
        (["deep"], ["a.png", "b.jpg"]),
        (["deep/"], ["a.png", "b.jpg"]),
        (["./deep/er"], ["a.png", "b.jpg", "deep/c.png", "deep/d.jpg"]),
        (["er", "b.*"], ["a.png", "deep/c.png", "deep/d.jpg"]),
        (["deep/?.jpg"], ["a.png", "b.jpg", "deep/c.png", "deep/er/e.jpg"]),
        (["[ab].*", "deep/*"], []),
        (["*.gif", ""], ["a.png", "b.jpg", "deep/c.png", "deep/d.jpg", "deep/er/e.jpg"]),
    ],
)
def test_what_is_excluded_stays_out(tmp_path, exclude, left):
    for name in ("a.png", "b.jpg", "deep/c.png", "deep/d.jpg", "deep/er/e.jpg"):
        draw(tmp_path / name, 1)
    plan = find_photos(tmp_path, recursive=True, exclude=exclude)
    assert [photo.name for photo in plan.photos] == left
    assert plan.passed_over["excluded"] == 5 - len(left)


@posix
def test_links_lead_neither_in_circles_nor_out(tmp_path):
    folder = tmp_path / "photos"
    draw(folder / "a.png", 1)
    draw(tmp_path / "secret.png", 2)
    (folder / "circle").symlink_to(folder)
    (folder / "same.png").symlink_to(folder / "a.png")
    (folder / "out.png").symlink_to(tmp_path / "secret.png")
    (folder / "nowhere.png").symlink_to(folder / "gone.png")
    (folder / "self.png").symlink_to(folder / "self.png")
    os.mkfifo(folder / "pipe.png")
    result = run(folder)
    assert [event.image for event in result.captioned] == ["a.png", "same.png"]
    assert sum(result.planned.passed_over.values()) == 5


@posix
def test_names_of_all_kinds_come_through(tmp_path):
    folder = folder_of(tmp_path, photos=len(NAMES))
    result = run(folder, sidecar="txt")
    wanted = {name if number % 5 != 4 else f"deeper/{name}" for number, name in enumerate(NAMES)}
    assert {event.image for event in result.captioned} == wanted
    assert {image.removeprefix("'") for image in rows(folder)} == {name.removeprefix("'") for name in wanted}
    for event in result.captioned:
        text = (folder / event.image).with_suffix(".txt").read_text(encoding="utf-8")
        assert text == "".join(f"{caption}\n" for caption in event.captions)


@posix
def test_a_name_that_is_not_unicode_is_passed_over_and_counted(tmp_path):
    draw(tmp_path / "a.png", 1)
    draw(tmp_path / "b.png", 2).rename(tmp_path / os.fsdecode(b"\xff.png"))
    result = run(tmp_path)
    assert result.finished.captioned == 1
    assert result.planned.passed_over == {"file name that is not Unicode": 1}


@posix
def test_a_folder_whose_name_is_not_unicode_costs_only_what_is_in_it(tmp_path):
    draw(tmp_path / "a.png", 1)
    deep = tmp_path / os.fsdecode(b"\xff")
    draw(deep / "b.png", 2)
    result = run(tmp_path)
    assert (result.finished.captioned, result.finished.failed) == (1, 0)
    assert result.planned.passed_over == {"file name that is not Unicode": 1}
    (deep / "c.png").write_bytes(b"no photo")
    result = run(deep, sidecar="txt")
    assert [failure.image for failure in result.failed] == ["c.png"]
    assert run(deep, sidecar="txt").finished.done_before == 1, "the journal is whole"


def test_accents_apart_or_not_a_name_is_excluded(tmp_path):
    draw(tmp_path / "cafe\u0301.png", 1)
    draw(tmp_path / "z.png", 2)
    assert names(tmp_path, exclude=["caf\u00e9*"]) == ["z.png"]


@posix
def test_the_longest_names_get_sidecars_of_their_own(tmp_path):
    for number, name in enumerate(("x" * 251 + ".png", "x" * 251 + ".gif", "y" * 251 + ".png", "ü" * 125 + ".jpeg")):
        draw(tmp_path / name, number)
    result = run(tmp_path, sidecar="txt")
    assert (result.finished.captioned, result.finished.failed) == (4, 0)
    written = [path.read_text("utf-8") for path in tmp_path.glob("*.txt")]
    assert len(written) == len(set(written)) == 4
    assert run(tmp_path, sidecar="txt").finished.done_before == 4
    assert not list(tmp_path.glob(".*.part"))


@posix
@pytest.mark.parametrize("trap", ["link", "dangling link", "pipe"])
@pytest.mark.parametrize("existing", ["skip", "overwrite", "append"])
def test_no_sidecar_is_written_through_a_link_or_a_pipe(tmp_path, trap, existing):
    folder = folder_of(tmp_path / "photos", photos=3)
    mine, text = tmp_path / "mine", folder / "two  blanks.txt"
    if trap == "link":
        mine.write_text("mine")
    if trap == "pipe":
        os.mkfifo(text)
    else:
        text.symlink_to(mine)
    result = run(folder, sidecar="txt", existing=existing)
    assert result.finished.captioned == 2
    assert (result.finished.had_sidecar, result.finished.failed) == ((1, 0) if existing == "skip" else (0, 1))
    assert mine.exists() == (trap == "link") and (not mine.exists() or mine.read_text() == "mine")
    assert text.is_symlink() or text.is_fifo()


@posix
@pytest.mark.parametrize("name", ["captions.csv", "captions.journal.jsonl"])
@pytest.mark.parametrize("trap", ["link", "dangling link", "pipe"])
def test_neither_table_nor_journal_is_written_through_a_link_or_a_pipe(tmp_path, trap, name):
    folder = folder_of(tmp_path / "photos", photos=2)
    mine = tmp_path / "mine"
    if trap == "link":
        mine.write_text("mine")
    if trap == "pipe":
        os.mkfifo(folder / name)
    else:
        (folder / name).symlink_to(mine)
    with pytest.raises(BatchError, match=r"cannot be written .*(link|pipe).*--out"):
        run(folder, existing="overwrite")
    assert mine.exists() == (trap == "link") and (not mine.exists() or mine.read_text() == "mine")


@posix
def test_a_temporary_file_is_never_written_through_a_link(tmp_path):
    folder = folder_of(tmp_path / "photos", photos=1)
    (tmp_path / "mine").write_text("mine")
    (folder / ".captions.csv.part").symlink_to(tmp_path / "mine")
    assert run(folder).finished.captioned == 1
    assert (tmp_path / "mine").read_text() == "mine"
    assert not (folder / "captions.csv").is_symlink()


def test_a_table_whose_name_is_too_long_is_refused(tmp_path):
    folder = folder_of(tmp_path, photos=1)
    for name in ("x" * 300 + ".csv", "x" * 248 + ".csv"):
        with pytest.raises(BatchError, match=r"cannot be written .*--out"):
            run(folder, table=folder / name)


@pytest.mark.parametrize(
    ("photos", "sidecars"),
    [
        (["a.png", "b.png"], ["a.txt", "b.txt"]),
        (["a.jpg", "a.png", "b.png"], ["a.jpg.txt", "a.png.txt", "b.txt"]),
        (["A.jpg", "a.png"], ["A.jpg.txt", "a.png.txt"]),
        (["a.jpg", "a.jpg.jpg", "a.png"], ["a.jpg.jpg.txt", "a.jpg.txt", "a.png.txt"]),
        (["a.b.png", "a.c.png"], ["a.b.txt", "a.c.txt"]),
        (["deep/a.png", "a.jpg"], ["a.txt", "deep/a.txt"]),
    ],
)
def test_no_two_photos_share_a_sidecar(tmp_path, photos, sidecars):
    for number, name in enumerate(photos):
        draw(tmp_path / name, number)
    result = run(tmp_path, sidecar="txt")
    assert result.finished.captioned == len(photos)
    written = {path.relative_to(tmp_path).as_posix(): path.read_text("utf-8") for path in tmp_path.rglob("*.txt")}
    assert sorted(written) == sidecars
    assert len(set(written.values())) == len(photos)


def test_a_sidecar_keeps_its_name_when_its_neighbour_is_excluded(tmp_path):
    draw(tmp_path / "a.jpg", 1)
    draw(tmp_path / "a.png", 2)
    run(tmp_path, sidecar="txt", exclude=("*.png",))
    assert [path.name for path in tmp_path.glob("*.txt")] == ["a.jpg.txt"]


@pytest.fixture
def foreign(tmp_path):
    """Three photos, one with a text of somebody else's beside it."""
    folder = folder_of(tmp_path, photos=3)
    text = folder / "two  blanks.txt"
    text.write_bytes(b"mine")
    return folder, text


def test_skip_leaves_a_photo_with_a_text_file_alone(foreign):
    folder, text = foreign
    for _ in range(2):
        result = run(folder, sidecar="txt")
        assert (result.finished.had_sidecar, text.read_bytes()) == (1, b"mine")
        assert "two  blanks.png" not in rows(folder)
    assert result.finished.done_before == 2
    assert run(folder).finished.captioned == 1, "without sidecars the text file does not matter"


def test_overwrite_replaces_it(foreign):
    folder, text = foreign
    said = {event.image: event.captions for event in run(folder, sidecar="txt", existing="overwrite").captioned}
    assert text.read_text("utf-8").splitlines() == list(said["two  blanks.png"])


@pytest.mark.parametrize("mine", [b"mine", b"mine\n", "möin 🌊\r\n".encode(), b"\xff\xfe not Unicode", b""])
def test_append_writes_below_once(foreign, mine):
    folder, text = foreign
    text.write_bytes(mine)
    said = {event.image: event.captions for event in run(folder, sidecar="txt", existing="append").captioned}
    captions = "".join(f"{caption}\n" for caption in said["two  blanks.png"]).encode()
    expected = mine + (b"\n" if mine and not mine.endswith(b"\n") else b"") + captions
    assert text.read_bytes() == expected
    text.write_bytes(expected + b"edited later")
    assert run(folder, sidecar="txt", existing="append").finished.done_before == 3
    assert text.read_bytes() == expected + b"edited later"


@pytest.mark.parametrize("existing", ["skip", "overwrite", "append"])
def test_captions_of_ours_are_brought_up_to_date(tmp_path, existing):
    folder = folder_of(tmp_path, photos=2)
    run(folder, sidecar="txt", existing=existing)
    result = run(folder, sidecar="txt", existing=existing, seed=8)
    assert result.finished.captioned == 2
    for event in result.captioned:
        text = (folder / event.image).with_suffix(".txt").read_text("utf-8")
        assert text.splitlines() == list(event.captions)


def test_captions_of_ours_that_were_edited_are_not_touched_by_skip(tmp_path):
    folder = folder_of(tmp_path, photos=1)
    run(folder, sidecar="txt")
    (text,) = folder.glob("*.txt")
    text.write_text("better\n", "utf-8")
    assert run(folder, sidecar="txt", seed=8).finished.had_sidecar == 1
    assert text.read_text("utf-8") == "better\n"


def test_a_text_file_that_was_skipped_can_be_overwritten_later(foreign):
    folder, text = foreign
    run(folder)
    run(folder, sidecar="txt")
    assert text.read_bytes() == b"mine"
    result = run(folder, sidecar="txt", existing="overwrite")
    assert (result.finished.captioned, result.finished.done_before) == (0, 3)
    assert text.read_text("utf-8").count("\n") == 5


def test_sidecars_asked_for_later_come_without_captioning_again(tmp_path):
    folder = folder_of(tmp_path, photos=3)
    said = {event.image: event.captions for event in run(folder).captioned}
    assert not list(folder.rglob("*.txt"))
    result = run(folder, sidecar="txt")
    assert (result.finished.captioned, result.finished.done_before) == (0, 3)
    for image, captions in said.items():
        assert (folder / image).with_suffix(".txt").read_text("utf-8").splitlines() == list(captions)


def test_a_sidecar_that_cannot_be_written_is_a_failure_and_is_tried_again(tmp_path):
    folder = folder_of(tmp_path, photos=3)
    (folder / "two  blanks.txt").mkdir()
    result = run(folder, sidecar="txt", existing="overwrite")
    assert [failure.image for failure in result.failed] == ["two  blanks.png"]
    assert "two  blanks.txt cannot be written" in result.failed[0].reason
    assert "two  blanks.png" in rows(folder), "its captions are not lost"
    assert not list(folder.glob(".*.part"))
    again = run(folder, sidecar="txt", existing="overwrite")
    assert [failure.image for failure in again.failed] == ["two  blanks.png"]
    (folder / "two  blanks.txt").rmdir()
    final = run(folder, sidecar="txt", existing="overwrite")
    assert (final.finished.captioned, final.finished.failed, final.finished.done_before) == (0, 0, 3)
    assert (folder / "two  blanks.txt").is_file()


@posix
@not_root
def test_a_folder_that_may_not_be_written_needs_another_place_for_the_table(tmp_path):
    folder = folder_of(tmp_path / "photos", photos=2)
    folder.chmod(0o555)
    try:
        with pytest.raises(BatchError, match=r"cannot be written .*--out"):
            run(folder)
        assert run(folder, table=tmp_path / "out" / "x.csv").finished.captioned == 2
        assert run(folder, table=tmp_path / "y.csv", sidecar="txt").finished.failed == 2
    finally:
        folder.chmod(0o755)


def test_a_place_that_cannot_be_a_folder_is_refused(tmp_path):
    folder = folder_of(tmp_path / "photos", photos=1)
    (tmp_path / "file").write_text("")
    with pytest.raises(BatchError, match=r"x\.journal\.jsonl cannot be written"):
        run(folder, table=tmp_path / "file" / "x.csv")


@pytest.mark.parametrize("table", ["0001.png", "photo.JPG", "folder"])
def test_a_table_never_takes_the_place_of_a_photo_or_a_folder(tmp_path, table):
    folder = folder_of(tmp_path, photos=2)
    (folder / "folder").mkdir()
    with pytest.raises(BatchError, match=table):
        run(folder, table=folder / table, existing="overwrite")


def test_a_table_of_other_origin_is_replaced_only_when_told_so(tmp_path):
    folder = folder_of(tmp_path, photos=2)
    (folder / "captions.csv").write_text("my own work")
    with pytest.raises(BatchError, match=r"captions\.csv is there already .*overwrite"):
        run(folder)
    assert (folder / "captions.csv").read_text() == "my own work"
    run(folder, existing="overwrite")
    assert len(rows(folder)) == 2


def test_the_table_of_another_folder_is_replaced_only_when_told_so(tmp_path):
    one, other = folder_of(tmp_path / "one", photos=2), tmp_path / "other"
    draw(other / "unlike.png", 9)
    table = tmp_path / "captions.csv"
    run(one, table=table)
    before = table.read_bytes()
    with pytest.raises(BatchError, match=r"other photos than those in .*other"):
        run(other, table=table)
    assert table.read_bytes() == before
    assert run(other, table=table, existing="overwrite").finished.captioned == 1


@pytest.mark.parametrize(
    ("files", "recursive", "words"),
    [
        ([], False, "--recursive"),
        (["x.txt", "deep/a.png"], False, "--recursive"),
        (["x.txt"], True, "holds no photo"),
        (["a.png"], True, "1 × excluded"),
    ],
)
def test_a_folder_without_photos_is_an_error(tmp_path, files, recursive, words):
    for name in files:
        draw(tmp_path / name, 1)
    with pytest.raises(BatchError, match=words):
        run(tmp_path, recursive=recursive, exclude=("a*",))
    assert not list(tmp_path.glob("captions*"))


def test_a_folder_that_is_gone_is_an_error(tmp_path):
    with pytest.raises(BatchError, match="gone cannot be read"):
        run(tmp_path / "gone")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", " =", "＝", "＠"])
def test_no_cell_is_a_formula(start):
    assert escaped(f"{start}1+1") == f"'{start}1+1"


@pytest.mark.parametrize("cell", ["", "a=b", " 1=1", "🌊", "'='"])
def test_other_cells_stay_as_they_are(cell):
    assert escaped(cell) == cell


def test_formulas_are_escaped_in_the_table_but_not_in_journal_or_sidecar(tmp_path):
    folder = folder_of(tmp_path, photos=1)
    (event,) = run(folder, sidecar="txt").captioned
    (row,) = rows(folder).values()
    assert event.captions[1].startswith("=") and event.captions[3].startswith("-")
    assert [row[f"caption_{number}"] for number in range(1, 6)] == [escaped(caption) for caption in event.captions]
    assert f'"{event.captions[1]}"' in (folder / "captions.journal.jsonl").read_text("utf-8")
    assert event.captions[1] in next(folder.glob("*.txt")).read_text("utf-8").splitlines()


def test_the_table_has_a_column_a_caption_even_where_there_are_fewer(tmp_path):
    from tests.support.batches import StandIn
    from tests.support.seeing import captions

    class Terse(StandIn):
        def write(self, seen, options):
            return captions("only one")

    run(folder_of(tmp_path, photos=1), Terse(), n=3)
    (row,) = rows(tmp_path).values()
    assert list(row) == ["image", "caption", "description", "caption_1", "caption_2", "caption_3"]
    assert row["description"].startswith("A photo, ")
    assert list(row.values())[3:] == ["only one", "", ""] and row["caption"] == "only one"


def copy_of_the_models(folder):
    """The bundled models' small files; no weights are needed to tell which models they are."""
    for path in MODELS.glob("*/*.json"):
        (folder / path.parent.name).mkdir(parents=True, exist_ok=True)
        (folder / path.parent.name / path.name).write_bytes(path.read_bytes())
    return folder


def test_the_hash_of_models_is_that_of_their_bundles(tmp_path):
    assert models_sha256(MODELS) == models_sha256(copy_of_the_models(tmp_path / "models"))
    assert models_sha256(MODELS, MODELS / "social") == models_sha256(MODELS)
    with pytest.raises(BundleError, match="gone"):
        models_sha256(MODELS, tmp_path / "gone")


@pytest.mark.parametrize("trained", [path.name for path in MODELS.iterdir() if path.is_dir()])
def test_whichever_model_is_trained_anew_old_captions_are_not_its(tmp_path, trained):
    """Also the critic, and an encoder of the same weights with other heads: all of them decide about the captions."""
    models = copy_of_the_models(tmp_path)
    before = models_sha256(models)
    manifest = models / trained / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"MODEL_CARD.md": "', '"MODEL_CARD.md": "0', 1))
    assert models_sha256(models) != before


def test_without_a_critic_the_models_are_others(tmp_path):
    models = copy_of_the_models(tmp_path)
    before = models_sha256(models)
    for path in (models / "critic").iterdir():
        path.unlink()
    (models / "critic").rmdir()
    assert models_sha256(models) != before


def test_the_hash_is_of_the_bundles_that_are_loaded(monkeypatch):
    from caption_model.bundles.bundle import Bundle
    from caption_model.bundles.chosen import used_bundles
    from caption_model.captioner import Captioner
    from caption_model.vision.encoders import load_trained

    loaded, real = [], Bundle.load.__func__
    monkeypatch.setattr(
        Bundle, "load", classmethod(lambda cls, *of, **kind: (loaded.append(of[0]), real(cls, *of, **kind))[1])
    )
    load_trained.cache_clear()
    Captioner.load()
    assert set(loaded) == set(used_bundles(MODELS))
