"""Voices: what lies in the user's folder is offered if it can be used, and else named with the reason."""

import json
import os
import shutil
from pathlib import Path

import pytest

from caption_model.bundles.bundle import MODELS
from caption_model.bundles.saving import seal
from caption_model.errors import BundleError
from caption_model.services import voices


@pytest.fixture
def folder(tmp_path):
    """Two sound voices, copies of the bundled decoder."""
    for name in ("Summer", "bakery"):
        shutil.copytree(MODELS / "social", tmp_path / name)
    return tmp_path


def faults(folder):
    return {voice.name: voice.fault for voice in voices.unsound(folder)}


def test_sound_bundles_are_found_by_their_folders_names(folder):
    (folder / ".runs").mkdir()
    (folder / "note.txt").write_text("no voice")
    assert [(voice.name, voice.path) for voice in voices.found(folder)] == [
        ("Summer", folder / "Summer"),
        ("bakery", folder / "bakery"),
    ]
    assert faults(folder) == {}


def test_without_a_folder_there_are_no_voices(tmp_path):
    assert voices.found(tmp_path / "none") == voices.unsound(tmp_path / "none") == []


def test_what_cannot_be_used_is_named_with_the_reason(folder):
    (folder / "empty").mkdir()
    with (folder / "bakery" / "weights.safetensors").open("ab") as file:
        file.write(b"!")
    shutil.copytree(MODELS / "descriptive", folder / "plain")
    assert [voice.name for voice in voices.found(folder)] == ["Summer"]
    told = faults(folder)
    assert "has no manifest.json" in told["empty"]
    assert "altered or damaged" in told["bakery"]
    assert "'social' is needed" in told["plain"]
    assert all(sentence.endswith(".") and "\n" not in sentence for sentence in told.values())


def test_a_voice_of_another_eye_is_not_offered(folder):
    config = json.loads((folder / "bakery" / "config.json").read_text(encoding="utf-8"))
    config["encoder"]["sha256"] = "0" * 64
    (folder / "bakery" / "config.json").write_text(json.dumps(config), encoding="utf-8")
    seal(folder / "bakery", "social")
    assert "other weights" in faults(folder)["bakery"]


def test_a_voice_that_is_altered_or_mended_later_is_judged_anew(folder):
    assert len(voices.found(folder)) == 2
    weights = folder / "Summer" / "weights.safetensors"
    before = weights.read_bytes()
    weights.write_bytes(before[:-1])
    assert [voice.name for voice in voices.found(folder)] == ["bakery"]
    weights.write_bytes(before)
    assert len(voices.found(folder)) == 2


@pytest.mark.parametrize("told", [True, False])
def test_they_are_kept_with_the_users_data(monkeypatch, tmp_path, told):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data") if told else "")
    base = tmp_path / "data" if told else Path(os.environ["HOME"]) / ".local" / "share"
    assert voices.voices_folder() == base / "social-caption-suggester" / "voices"


def test_a_voice_is_deleted_for_good_or_the_reason_is_told(folder):
    (summer, _) = voices.found(folder)
    voices.remove(summer)
    assert [voice.name for voice in voices.found(folder)] == ["bakery"]
    with pytest.raises(BundleError, match="Summer cannot be deleted"):
        voices.remove(summer)
