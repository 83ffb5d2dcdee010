"""Paths as people type them, and where visitors of a network may go."""

import pytest

from caption_model.errors import CaptionError
from caption_model.services.typed_paths import typed_path


@pytest.fixture
def shared(monkeypatch, tmp_path):
    folder = tmp_path / "shared"
    (folder / "photos").mkdir(parents=True)
    monkeypatch.setenv("CAPTIONS_SHARED", "yes")
    monkeypatch.setenv("CAPTIONS_FOLDER", str(folder))
    return folder


def test_on_this_computer_every_whole_path_is_taken(tmp_path):
    assert typed_path(f' "{tmp_path}" ', "it") == tmp_path


def test_from_the_network_only_what_is_below_the_folder(shared):
    assert typed_path(str(shared / "photos"), "it") == shared / "photos"
    (shared / "out").symlink_to("/etc")
    for path in ("/etc", f"{shared}/../other", f"{shared}-other", f"{shared}/out/passwd", "~"):
        with pytest.raises(CaptionError, match="only what is in there"):
            typed_path(path, "it")


def test_from_the_network_without_a_folder_no_path_at_all(shared, monkeypatch):
    monkeypatch.delenv("CAPTIONS_FOLDER")
    with pytest.raises(CaptionError, match="upload the files instead"):
        typed_path(str(shared), "it")
