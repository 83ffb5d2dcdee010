"""Tiny bundles, mutated by the thousand: each is used or refused in a sentence, within seconds and a gigabyte.

python -m tests.robustness.bundles --count 2000
"""

import argparse
import json
import os
import random
import resource
import shutil
import signal
import struct
import sys
import tempfile
import time
import traceback
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import numpy as np
from safetensors.numpy import load, save

from caption_model.bundles.bundle import MANIFEST, WEIGHTS
from caption_model.bundles.saving import save_bundle, seal
from caption_model.errors import BundleError
from caption_model.generation.calibration import Confidence
from caption_model.generation.descriptive import DescriptiveModel, describe_grids
from caption_model.generation.options import GenerationOptions
from caption_model.generation.social import SocialModel, sample_captions
from caption_model.networks.config import DescriptiveConfig, SocialConfig
from caption_model.networks.critic_onnx import CriticConfig, Judge
from caption_model.services import voices
from caption_model.storage.regular import read_regular
from caption_model.text.class_ngrams import Constructions
from caption_model.text.lexicon import Fingerprints, Lexicon
from caption_model.text.vocabulary import GraphemeVocabulary, WordVocabulary
from caption_model.text.word_ngrams import Phrases

SECONDS, BYTES = 10, 1 << 30
ENCODER = SimpleNamespace(name="fake", sha256="f" * 64, grid_shape=(2, 2, 6))
POSTS = ["good morning ☀️", "my dog loves the beach 🐶", "so happy today", "happy days with my dog", "love the sun"]
OPTIONS = GenerationOptions(n=2, samples=6)
ODD = [None, True, False, -1, 0, 1, 1.5, 1e308, float("nan"), float("inf"), 10**30, 2**31, 100_000]
ODD += ["", "x", "\x00", "\ud800", "é" * 9, "9" * 5000, "x" * 100_000, "../x", "/dev/zero", "\x1b[31m"]
ODD += [[], {}, [[]], {"x": 1}, [1] * 20_000]
BOMB: list[bytes] = []


@dataclass
class Tally:
    """What became of the mutants."""

    used: int = 0
    refused: int = 0
    crashed: list[str] = field(default_factory=list)
    slowest: float = 0.0
    most_bytes: int = 0
    sentences: Counter[str] = field(default_factory=Counter)


def weights_of(shapes: dict[str, tuple[int, ...]], seed: int) -> dict[str, np.ndarray]:
    """Small random weights."""
    drawn = np.random.default_rng(seed)
    made = {name: drawn.normal(0, 0.3, shape).astype(np.float32) for name, shape in shapes.items()}
    return {name: np.abs(value) if name.endswith("variance") else value for name, value in made.items()}


def make_bundles(folder: Path) -> Path:
    """A social, a descriptive and a critic bundle, each whole."""
    letters = GraphemeVocabulary.fit(POSTS)
    social = SocialConfig(len(letters), photo=6, embedding=8, condition=8, units=32, topics=("dog", "beach"))
    encoder = {"name": ENCODER.name, "sha256": ENCODER.sha256}
    constructions = Constructions.fit(POSTS, {"dog": 0, "sun": 0, "happy": 1})
    files = {
        "lexicon.txt": Lexicon.fit(POSTS, 1).to_bytes(),
        "phrases.bin": Phrases.fit(POSTS).to_bytes(),
        "fingerprints.bin": Fingerprints.fit(POSTS).to_bytes(),
        **constructions.to_files(),
    }
    for kind, config, more in (
        ("social", social, {"vocabulary": letters.to_json(), "extra": files}),
        (
            "descriptive",
            DescriptiveConfig(len(words := WordVocabulary.fit(POSTS)), ENCODER.grid_shape, 8, 16, 8),
            {"vocabulary": words.to_json(), "extra": {"confidence.json": Confidence(1.0, 0.5).to_bytes()}},
        ),
        ("critic", CriticConfig(16, 16, 4, 4, 8, 8, 6), {}),
    ):
        content = {"network": asdict(config), "encoder": encoder}
        save_bundle(folder / kind, kind, content, weights_of(config.shapes(), 1), "card", metrics={"n": 1}, **more)
    return folder


def use(folder: Path, kind: str) -> None:
    """Load a bundle and write with it."""
    if kind == "social":
        model = SocialModel.load(folder, ENCODER)
        (drawn,) = sample_captions(model, np.ones((1, 6), np.float32), [b"x"], OPTIONS)
        model.reranker.choose(drawn, OPTIONS.n, OPTIONS.controls())
    elif kind == "descriptive":
        model = DescriptiveModel.load(folder, ENCODER)
        describe_grids(model.decoder, model.vocabulary, np.ones((1, *ENCODER.grid_shape), np.float32))
    else:
        Judge.load(folder, ENCODER.name, ENCODER.sha256, 6)(["my dog"], np.ones(6, np.float32))


def mutate(folder: Path, kind: str, chance: random.Random) -> str:
    """Break one thing, or a few; returns what."""
    deeds = [_bytes, _json, _json, _manifest, _tensors, _tensors, _header, _stand_in, _packed]
    done = []
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        deed = chance.choice(deeds)
        try:
            done.append(f"{deed.__name__}: {deed(folder, chance)}")
        except Exception as error:  # noqa: BLE001 - the deed before has broken what this one needs
            done.append(f"{deed.__name__}: could not ({type(error).__name__})")
    if chance.random() < 0.85 and not any("_manifest" in deed for deed in done):
        _seal(folder, kind)
    return "; ".join(done)


def _seal(folder: Path, kind: str) -> None:
    """Hashes that agree, as somebody has who means it; a giant's is left out."""
    if all(path.stat().st_size < 1 << 26 for path in folder.iterdir() if path.is_file()):
        with suppress(OSError):  # something else stands in the manifest's place
            seal(folder, kind)


def _read(path: Path) -> bytes:
    return read_regular(path, 1 << 26)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_file() and path.stat().st_size < 1 << 26)


def _bytes(folder: Path, chance: random.Random) -> str:
    path = chance.choice(_files(folder))
    content = bytearray(_read(path))
    way = chance.choice(("flip", "cut", "add", "empty", "middle"))
    if way == "flip":
        for _ in range(chance.choice((1, 4, 40))):
            content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    elif way == "cut":
        del content[chance.randrange(len(content)) :]
    elif way == "add":
        content += chance.randbytes(chance.choice((1, 100, 10_000)))
    elif way == "empty":
        content.clear()
    else:
        at = chance.randrange(len(content))
        content[at : at + 50] = chance.randbytes(50)
    path.write_bytes(content)
    return f"{way} {path.name}"


def _json(folder: Path, chance: random.Random) -> str:
    path = chance.choice(sorted(folder.glob("*.json")))
    if chance.random() < 0.1:
        deep = chance.choice((100, 1000, 100_000))
        path.write_text(chance.choice(("[", '{"a":')) * deep + ("]" * deep if chance.random() < 0.5 else ""))
        return f"deep {path.name}"
    content = json.loads(_read(path))
    told = _change(content, chance)
    path.write_text(json.dumps(content), encoding="utf-8")
    return f"{path.name} {told}"


def _change(content: object, chance: random.Random) -> str:
    """Change one value somewhere in parsed JSON."""
    here, trail = content, ""
    while True:
        keys = list(here) if isinstance(here, dict) else list(range(len(here))) if isinstance(here, list) else []
        if not keys:
            return f"nothing at {trail}"
        key = chance.choice(keys)
        trail += f".{key}"[:30]
        if isinstance(here[key], dict | list) and here[key] and chance.random() < 0.8:
            here = here[key]
            continue
        way = chance.choice(("odd", "odd", "odd", "gone", "more", "near"))
        if way == "odd":
            here[key] = chance.choice(ODD)
        elif way == "gone":
            del here[key]
        elif way == "more" and isinstance(here, dict):
            here[chance.choice(("unknown", "\x00", "\ud800", "", "symbols", "topics"))] = chance.choice(ODD)
        elif isinstance(here[key], int | float):
            here[key] = here[key] + chance.choice((-1, 1, 100, 5000, -here[key]))
        else:
            here[key] = [here[key]]
        return f"{way} {trail}"


def _manifest(folder: Path, chance: random.Random) -> str:
    path = folder / MANIFEST
    content = json.loads(_read(path))
    name = chance.choice(
        ("../x", "/etc/passwd", "a\x00b", "\ud800", "", ".", "..", "a/b", "x" * 300, "\x1b[31m", "new")
    )
    way = chance.choice(("name", "hash", "change", "list"))
    if way == "name":
        content["sha256"][name] = "0" * 64
    elif way == "hash":
        content["sha256"][chance.choice(sorted(content["sha256"]))] = chance.choice(ODD)
    elif way == "change":
        _change(content, chance)
    else:
        content["sha256"] = dict.fromkeys(map(str, range(chance.choice((100, 20_000)))), "0" * 64) | content["sha256"]
    path.write_text(json.dumps(content), encoding="utf-8")
    return f"{way} {ascii(name)[:20]}"


def _tensors(folder: Path, chance: random.Random) -> str:
    path = folder / WEIGHTS
    tensors = load(_read(path))
    name = chance.choice(sorted(tensors))
    value = tensors[name]
    way = chance.choice(
        ("nan", "inf", "huge", "negative", "shape", "type", "gone", "more", "low rank", "empty", "scale")
    )
    if way in ("nan", "inf", "huge", "negative") and value.size:
        bad = {"nan": np.nan, "inf": np.inf, "huge": 3e38, "negative": -5.0}[way]
        tensors[name] = value.astype(np.float32)
        tensors[name].reshape(-1)[chance.randrange(value.size)] = bad
    elif way == "shape":
        tensors[name] = chance.choice((value.reshape(-1), value[..., None], value[:1], np.concatenate([value, value])))
    elif way == "type":
        kind = chance.choice((np.float64, np.float16, np.int8, np.uint8, np.int64, np.bool_))
        tensors[name] = np.nan_to_num(value).astype(kind)
    elif way == "gone":
        del tensors[name]
    elif way == "more":
        tensors[chance.choice(("x", "", "\x00", "a" * 1000, f"{name}:scale", f"{name}:up"))] = value
    elif way == "low rank":
        rows, columns = chance.choice(((60_000, 60_000), value.shape if value.ndim == 2 else (3, 3), (0, 0)))
        rank = chance.choice((0, 1, 2))
        tensors[f"{name}:down"] = np.ones((rows, rank), np.int8)
        tensors[f"{name}:up"] = np.ones((columns, chance.choice((rank, 1))), np.int8)
        for part in ("down", "up"):
            tensors[f"{name}:{part}:scale"] = np.full(tensors[f"{name}:{part}"].shape[1], 1.0, np.float32)
        if chance.random() < 0.3:
            del tensors[name]
    elif way == "scale":
        tensors[name] = np.ones(value.shape, np.int8)
        tensors[f"{name}:scale"] = np.full(chance.choice((value.shape[-1:], (1,), (7,), ())), 3e38, np.float32)
    else:
        tensors[name] = value.reshape(-1)[:0]
    path.write_bytes(save({key: np.asarray(part, order="C") for key, part in tensors.items()}))
    return f"{way} {ascii(name)[:40]}"


def _header(folder: Path, chance: random.Random) -> str:
    path = folder / WEIGHTS
    content = _read(path)
    (length,) = struct.unpack("<Q", content[:8])
    header, data = json.loads(content[8 : 8 + length]), content[8 + length :]
    way = chance.choice(("length", "change", "type", "deep", "shape"))
    if way == "length":
        claimed = chance.choice((0, 1, length - 1, length + 1, 2**31, 2**63, 2**64 - 1))
        path.write_bytes(struct.pack("<Q", claimed) + content[8:])
        return way
    if way == "change":
        _change(header, chance)
    elif way in ("type", "shape"):
        told = header[chance.choice(sorted(header))]
        if way == "type":
            told["dtype"] = chance.choice(("F64", "BF16", "F8_E4M3", "BOOL", "I4", "x", "F32", "I8"))
        else:
            told["shape"] = chance.choice(([], [0, 2**62], [2**40, 2**40], [1] * 100, [-1], told["shape"][::-1]))
    text = ("[" * 100_000 if way == "deep" else json.dumps(header)).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
    return way


def _packed(folder: Path, chance: random.Random) -> str:
    name = chance.choice(("phrases.bin", "constructions.bin", "fingerprints.bin", "lexicon.txt", "word_classes.txt"))
    sizes = (0, 1, 3, 4, 4096, 1 << 20)
    content = chance.choice(
        (
            lambda: zlib.compress(bytes(chance.choice(sizes))),
            lambda: zlib.compress(chance.randbytes(chance.choice(sizes))),
            lambda: _bomb(),
            lambda: zlib.compress(b"\xff" * chance.choice(sizes)),
            lambda: zlib.compress(chance.randbytes(400))[:-3],
            lambda: b"\xff\xfe\x00" * 100,
            lambda: b"\n" * (1 << 20),
            lambda: " ".join(map(str, range(200_000))).encode(),
        )
    )()
    (folder / name).write_bytes(content)
    return name


def _bomb() -> bytes:
    """Four gigabytes of zeros, deflated: four megabytes."""
    if not BOMB:
        packer = zlib.compressobj(9)
        BOMB.append(b"".join(packer.compress(bytes(1 << 24)) for _ in range(256)) + packer.flush())
    return BOMB[0]


def _stand_in(folder: Path, chance: random.Random) -> str:
    path = chance.choice(_files(folder))
    way = chance.choice(("pipe", "/dev/zero", "loop", "folder", "giant", "gone", "link", "dangling"))
    content = _read(path)
    path.unlink()
    if way == "pipe":
        os.mkfifo(path)
    elif way == "/dev/zero":
        path.symlink_to("/dev/zero")
    elif way == "loop":
        path.symlink_to(path)
    elif way == "folder":
        path.mkdir()
    elif way == "giant":
        with path.open("wb") as file:
            file.truncate(3 << 30)
    elif way == "link":
        (folder / "elsewhere").write_bytes(content)
        path.symlink_to(folder / "elsewhere")
    elif way == "dangling":
        path.symlink_to(folder / "nowhere")
    return f"{way} {path.name}"


@contextmanager
def bounded() -> Iterator[None]:
    """Inside, a case may take so long and so much memory on top of what is taken; more is an error."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()

    def late(*_: object) -> None:
        raise TimeoutError(f"more than {SECONDS} s")

    before = signal.signal(signal.SIGALRM, late)
    resource.setrlimit(resource.RLIMIT_AS, (taken + BYTES, hard))
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def attempt(deed: Callable[[], object], what: str, tally: Tally) -> None:
    """Count what becomes of a case."""
    started, before = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        with bounded():
            deed()
        tally.used += 1
    except BundleError as error:
        sentence = str(error)
        tally.refused += 1
        tally.sentences[type(error).__name__] += 1
        if "\n" in sentence or len(sentence) > 600 or not sentence.endswith("."):
            tally.crashed.append(f"{what}: no sentence: {sentence[:300]!r}")
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        tally.crashed.append(f"{what}: {traceback.format_exc(limit=-4)}")
    tally.slowest = max(tally.slowest, time.monotonic() - started)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    tally.most_bytes = max(tally.most_bytes, (after - before) * 1024)


def run(count: int, seed: int = 7) -> Tally:
    """Make mutants and use each; the social ones also as voices, beside a sound one."""
    tally, chance = Tally(), random.Random(seed)
    ours = mock.patch.object(voices, "bundled_encoder", lambda: (ENCODER.name, ENCODER.sha256))
    with tempfile.TemporaryDirectory() as place, ours:
        whole = make_bundles(Path(place) / "whole")
        for kind in ("social", "descriptive", "critic"):
            use(whole / kind, kind)
        shutil.copytree(whole / "social", Path(place) / "voices" / "sound")
        for number in range(count):
            kind = chance.choice(("social", "social", "social", "descriptive", "critic"))
            folder = Path(place) / "voices" / f"mutant-{number}"
            shutil.copytree(whole / kind, folder)
            what = f"{seed}/{number} {kind}: {mutate(folder, kind, chance)}"
            attempt(lambda at=folder, of=kind: use(at, of), what, tally)  # type: ignore[misc]
            try:
                with bounded():
                    listed = voices.everything(folder.parent)
                wrong = [voice.name for voice in listed if bool(voice.fault) == (voice.path.name == "sound")]
                if wrong and kind != "social":
                    tally.crashed.append(f"{what}: the list of voices misjudges {wrong}")
            except Exception:  # noqa: BLE001 - whatever it is, it is counted
                tally.crashed.append(f"{what}: the list of voices: {traceback.format_exc(limit=-4)}")
            shutil.rmtree(folder)
    return tally


def main() -> int:
    """Print what became of the mutants; 1 if any crashed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    tally = run(options.count, options.seed)
    for crash in tally.crashed[:20]:
        print(crash)
    print(
        f"tried {options.count}, used {tally.used}, refused {tally.refused}, crashed {len(tally.crashed)}, "
        f"slowest {tally.slowest:.1f} s, most memory {tally.most_bytes / 1e6:.0f} MB"
    )
    return int(bool(tally.crashed))


if __name__ == "__main__":
    sys.exit(main())
