"""The captioner: bundles that fit together, and captions that depend on photo and seed alone."""

import dataclasses
import io
import json
import shutil
from dataclasses import asdict
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from caption_model import captioner as module
from caption_model.bundles.bundle import network_weights
from caption_model.bundles.saving import save_bundle, seal
from caption_model.captioner import ROUNDS, SAMPLES, Captioner
from caption_model.errors import BundleError, CaptionError, PhotoError
from caption_model.generation.calibration import Confidence
from caption_model.generation.grounding import TOLD, UNTOLD
from caption_model.generation.reranking import SURELY, Candidate
from caption_model.generation.social import OPEN_STEPS
from caption_model.text import graphemes
from caption_model.text.controls import Controls
from caption_model.text.hash_set import HashSet
from caption_model.text.vocabulary import GraphemeVocabulary, WordVocabulary
from caption_model.vision.heads import Readout

LETTERS = GraphemeVocabulary.fit(["abc defgh 🌊❤️"])
WORDS = WordVocabulary.fit(["a dog runs over the grass while people watch"])


class FirstFew:
    """In place of the ranker, whose filters an untrained decoder never passes: takes the first ones it has not yet."""

    def __init__(self, at_most: int = 99):
        self.at_most = at_most
        self.pools = []

    def choose(self, candidates, n, controls):
        self.pools.append(list(candidates))
        return list(dict.fromkeys(c.text for c in candidates if c.text))[: min(n, self.at_most)]


class LetsAllStand:
    """In place of the proofreader, for the same reason."""

    def __init__(self):
        self.stops = np.zeros(len(LETTERS), np.bool_)

    def reader(self, controls, chances, rows):
        return self

    def __call__(self, row, symbols):
        return True


@pytest.fixture(scope="module")
def weights():
    """Large random weights of two tiny decoders, and their configurations."""
    from caption_model.networks.config import DescriptiveConfig, SocialConfig
    from caption_model.networks.descriptive_keras import build_descriptive
    from caption_model.networks.social_keras import build_social

    social = SocialConfig(symbols=len(LETTERS), photo=4, embedding=4, condition=6, units=8)
    descriptive = DescriptiveConfig(symbols=len(WORDS), grid=(2, 2, 4), embedding=4, units=8, attention=4)
    random = np.random.default_rng(4)
    found = {}
    for name, config, network in (
        ("social", social, build_social(social)),
        ("descriptive", descriptive, build_descriptive(descriptive)),
    ):
        for variable in network.trainable_variables:
            variable.assign(random.normal(0, 1, variable.shape))
        found[name] = asdict(config), network_weights(network)
    return found


@pytest.fixture
def models(tmp_path, weights, fake_encoder, monkeypatch):
    """A folder with both bundles, made for the stand-in of an encoder."""
    encoder, nothing = {"name": fake_encoder.name, "sha256": fake_encoder.sha256}, HashSet.of([]).to_bytes()
    for name, vocabulary, extra in (
        (
            "social",
            LETTERS,
            {
                "lexicon.txt": b"",
                "phrases.bin": nothing,
                "word_classes.txt": b"",
                "constructions.bin": nothing,
                "fingerprints.bin": nothing,
            },
        ),
        ("descriptive", WORDS, {}),
    ):
        config, tensors = weights[name]
        save_bundle(
            tmp_path / name,
            name,
            {"network": config, "encoder": encoder},
            tensors,
            "card",
            vocabulary=vocabulary.to_json(),
            extra=extra,
        )
    monkeypatch.setattr(module, "load_encoder", lambda name: {"fake": fake_encoder}[name])
    return tmp_path


@pytest.fixture
def captioner(models):
    loaded = Captioner.load(models)
    social = dataclasses.replace(loaded.social, ranker=FirstFew(), proofreader=LetsAllStand())
    return dataclasses.replace(loaded, social=social)


@pytest.fixture
def photo():
    file = io.BytesIO()
    Image.linear_gradient("L").convert("RGB").save(file, "PNG")
    return file.getvalue()


def test_a_photo_is_captioned(captioner, photo):
    suggestions = captioner.suggest(photo, n=5)
    assert len(set(suggestions.social)) == 5
    assert all(caption == caption.strip() for caption in suggestions.social)
    assert all(set(LETTERS.split(caption)) <= set(LETTERS.symbols[4:]) for caption in suggestions.social)
    assert suggestions.photo == "the photo"
    assert suggestions.seconds >= 0


def test_a_voice_takes_the_place_of_the_social_decoder_alone(models, tmp_path):
    voice = shutil.copytree(models / "social", tmp_path / "mine")
    (models / "social" / "weights.safetensors").write_bytes(b"not to be looked at")
    loaded = Captioner.load(models, voice)
    assert loaded.social.vocabulary == LETTERS
    assert loaded.descriptive.vocabulary == WORDS
    with pytest.raises(BundleError, match="damaged"):
        Captioner.load(models)


def test_a_description_is_a_sentence_of_known_words(captioner, photo):
    said = captioner.suggest(photo).descriptive
    assert said[0].isupper()
    assert said.endswith(".") and not said.endswith("..")
    assert set(said[:-1].lower().split()) <= set(WORDS.symbols[4:])


def test_the_same_photo_and_seed_give_the_same_captions_however_the_photo_comes(captioner, photo, tmp_path):
    path = tmp_path / "photo.png"
    path.write_bytes(photo)
    first, *others = (captioner.suggest(source, seed=3) for source in (photo, path, str(path), io.BytesIO(photo)))
    for other in others:
        assert (other.social, other.descriptive) == (first.social, first.descriptive)
    assert others[0].photo == str(path)


def test_another_seed_or_another_photo_gives_others(captioner, photo):
    file = io.BytesIO()
    Image.new("RGB", (8, 8), "navy").save(file, "PNG")
    social = {captioner.suggest(photo, seed=seed).social for seed in (1, 2)}
    social.add(captioner.suggest(file.getvalue(), seed=1).social)
    assert len(social) == 3


def test_wishes_reach_the_decoder(captioner, photo):
    wishes = (Controls(), Controls(tone="funny"), Controls(emoji="many"))
    assert len({captioner.suggest(photo, controls=wish).social for wish in wishes}) == 3


def test_many_are_drawn(captioner, photo):
    captioner.suggest(photo, n=3)
    captioner.suggest(photo, n=50)
    few, many = captioner.social.ranker.pools
    assert 0 < len(few) <= SAMPLES
    assert len(many) > 3 * SAMPLES
    assert all(candidate.seen < 0 and candidate.blind < 0 for candidate in few)


def test_a_caption_that_was_cut_is_not_judged(captioner, photo, monkeypatch):
    monkeypatch.setitem(OPEN_STEPS, "short", 7)
    monkeypatch.setitem(OPEN_STEPS, "medium", 7)
    captioner.suggest(photo, n=3)
    pool = captioner.social.ranker.pools[0]
    assert 0 < len(pool) < SAMPLES
    assert all(graphemes.length(candidate.text) < 7 for candidate in pool), "the end counts"


def test_when_too_few_please_it_draws_again_and_then_gives_what_there_is(captioner, photo):
    ranker = captioner.social.ranker
    ranker.at_most = 2
    assert len(captioner.suggest(photo, n=5).social) == 2
    assert len(ranker.pools) == ROUNDS
    sizes = [len(pool) for pool in ranker.pools]
    assert all(later > earlier for earlier, later in pairwise(sizes))
    assert ranker.pools[-1][: sizes[0]] == ranker.pools[0], "earlier draws stay in the pool"
    texts = [c.text for c in ranker.pools[-1]]
    assert texts[: sizes[0]] != texts[sizes[0] : 2 * sizes[0]], "later draws are others"


def test_a_photo_gets_the_same_captions_in_any_company(captioner):
    photos = np.random.default_rng(11).integers(0, 256, (9, 8, 8, 3)).astype(np.uint8)
    alone = [captioner.caption(photo[None])[0] for photo in photos]
    assert len(set(alone)) == 9
    order = np.random.default_rng(12).permutation(9)
    for batch in (1, 4, 8, 16):
        assert captioner.caption(photos, batch=batch) == alone
        assert captioner.caption(photos[order], batch=batch) == [alone[number] for number in order]


def test_photos_that_need_more_draws_do_not_disturb_others(captioner):
    photos = np.random.default_rng(13).integers(0, 256, (3, 8, 8, 3)).astype(np.uint8)
    alone = [captioner.caption(photo[None])[0] for photo in photos]

    class Picky(FirstFew):
        """Finds too few in the first draw of some photos."""

        def choose(self, candidates, n, controls):
            few = len(candidates) <= SAMPLES and len(candidates) % 2
            return super().choose(candidates, n - 1 if few else n, controls)

    picky = dataclasses.replace(captioner, social=dataclasses.replace(captioner.social, ranker=Picky()))
    assert picky.caption(photos, batch=4) == alone == [picky.caption(photo[None])[0] for photo in photos]


def test_each_photos_samples_are_held_against_what_it_shows(captioner, monkeypatch):
    said = ["my dog", "pool day with my dog", "pool day", "so good"]
    monkeypatch.setattr(module, "sample_captions", lambda *_: [[Candidate(text, -9.0) for text in said]] * 2)
    described = iter(["A dog runs.", "A pool."])
    monkeypatch.setattr(Captioner, "describe_surely", lambda *_: [(text, None) for text in described])
    captioner.caption(np.zeros((2, 8, 8, 3), np.uint8), n=4, batch=2)
    told, untold = UNTOLD + (1 - UNTOLD) * TOLD, UNTOLD
    dogs, pool = (
        [(told, 1 - told), ((told + untold) / 2, 2 - told - untold), (untold, 1 - untold), (0, 0)],
        [(untold, 1 - untold), ((told + untold) / 2, 2 - told - untold), (told, 1 - told), (0, 0)],
    )
    for judged, expected in zip(captioner.social.ranker.pools, (dogs, pool), strict=True):
        np.testing.assert_allclose([(one.confirmed, one.doubtful) for one in judged], expected)


def test_half_of_the_samples_are_told_what_the_photo_shows(captioner, monkeypatch):
    asked = []

    def remember(model, pooled, salts, seed, controls, sampler, rows, blind, about, shown):
        asked.append(about)
        assert [chances["dog"] > chances["snow"] for chances in shown] == [True, True]
        return [[Candidate(f"number {number}", -9.0) for number in range(9)] for _ in salts]

    monkeypatch.setattr(module, "sample_captions", remember)
    monkeypatch.setattr(Captioner, "describe_surely", lambda *_: [("A dog.", None), ("A ball.", None)])
    names = ("dog", "snow")
    things = Readout(np.zeros((4, 2), np.float32), np.array([2.0, -2.0], np.float32), names)
    monkeypatch.setattr(captioner.encoder, "things", things)
    captioner.caption(np.zeros((2, 8, 8, 3), np.uint8), n=4, batch=2)
    assert asked == [[["dog"], ["dog", "game"]]]


def test_no_photo_gives_no_captions(captioner):
    assert captioner.caption(np.zeros((0, 8, 8, 3), np.uint8), batch=4) == []


def test_a_bad_photo_is_refused(captioner, tmp_path):
    with pytest.raises(PhotoError, match=r"gone\.jpg"):
        captioner.suggest(tmp_path / "gone.jpg")


@pytest.mark.parametrize("name", ["social", "descriptive"])
@pytest.mark.parametrize(
    ("encoder", "words"),
    [({"name": "resnet50", "sha256": "f" * 64}, "resnet50.*fake"), ({"name": "fake", "sha256": "0" * 64}, "weights")],
)
def test_a_decoder_made_for_another_encoder_is_refused(models, fake_encoder, name, encoder, words):
    path = models / name / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"encoder": encoder}))
    seal(models / name, name)
    kind = module.SocialModel if name == "social" else module.DescriptiveModel
    with pytest.raises(BundleError, match=rf"{name}.*{words}"):
        kind.load(models / name, fake_encoder)


def test_bundles_in_each_others_place_are_refused(models):
    (models / "social").rename(models / "x")
    (models / "descriptive").rename(models / "social")
    (models / "x").rename(models / "descriptive")
    with pytest.raises(BundleError, match=r"'descriptive'.*'social'"):
        Captioner.load(models)


@pytest.mark.parametrize(
    "name",
    ["social/config.json", "social/vocabulary.json", "social/lexicon.txt", "social/fingerprints.bin", "descriptive"],
)
def test_a_folder_that_is_not_whole_is_refused(models, name):
    (models / name).rename(models / "elsewhere")
    with pytest.raises(CaptionError, match=name.split("/")[-1]):
        Captioner.load(models)


def test_what_was_seen_and_how_sure_it_is_come_along(models, fake_encoder, photo):
    captioner = Captioner.load(models)
    assert captioner.suggest(photo).confidence is None
    assert captioner.suggest(photo).saw == ()
    assert not captioner.suggest(photo).unsure

    names = ("night", "noon", "dusk", "dawn")
    fake_encoder.readout = Readout(np.eye(4, dtype=np.float32), np.zeros(4, np.float32), names)
    sure = dataclasses.replace(captioner.descriptive, confidence=Confidence(0.0, 2.0))
    suggested = dataclasses.replace(captioner, descriptive=sure).suggest(photo)
    assert suggested.confidence == pytest.approx(0.88, abs=0.01)
    assert not suggested.unsure
    assert len(suggested.saw) == 3
    assert {name for name, _ in suggested.saw} < set(names)
    doubtful = dataclasses.replace(captioner.descriptive, confidence=Confidence(0.0, -2.0))
    assert dataclasses.replace(captioner, descriptive=doubtful).suggest(photo).unsure


def test_a_critic_judges_every_sample(captioner, photo):
    class Counter:
        """Tells how long a text is and how bright the photo's features are."""

        def __call__(self, texts, photo):
            return np.array([len(text) for text in texts], np.float32), np.full(len(texts), photo.sum(), np.float32)

    judged = dataclasses.replace(captioner, critic=Counter())
    judged.suggest(photo)
    (pool,) = judged.social.ranker.pools
    assert pool
    assert [candidate.real for candidate in pool] == [len(candidate.text) for candidate in pool]
    assert len({candidate.fit for candidate in pool}) == 1
    assert pool[0].fit != 0
    captioner.suggest(photo)
    assert {candidate.real for candidate in captioner.social.ranker.pools[-1]} == {SURELY}
