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
from caption_model.captioner import DEFAULT_OPTIONS, ROUNDS, Captioner
from caption_model.errors import BundleError, CaptionError, PhotoError
from caption_model.generation.calibration import Confidence
from caption_model.generation.caption import CERTAIN, Caption
from caption_model.generation.descriptive import Description, DescriptiveModel
from caption_model.generation.grounding import ALONE, PRIOR, subjects
from caption_model.generation.options import GenerationOptions
from caption_model.generation.social import OPEN_STEPS, SAMPLES, SocialModel
from caption_model.text import graphemes
from caption_model.text.hash_set import HashSet
from caption_model.text.vocabulary import END, GraphemeVocabulary, WordVocabulary
from caption_model.vision.heads import LinearHead, TopicHead

LETTERS = GraphemeVocabulary.fit(["abc defgh 🌊❤️"])
WORDS = WordVocabulary.fit(["a dog runs over the grass while people watch"])


class FirstFew:
    """In place of the reranker, whose filters no untrained decoder passes: takes the first ones it has not yet."""

    def __init__(self, at_most: int = 99):
        self.at_most = at_most
        self.pools = []

    def choose(self, candidates, n, controls):
        self.pools.append(list(candidates))
        first: dict[str, Caption] = {}
        for one in candidates:
            if one.text:
                first.setdefault(one.text, one)
        return list(first.values())[: min(n, self.at_most)]


class AllowsAll:
    """In place of the rules, for the same reason."""

    def __init__(self):
        self.checkpoints = np.zeros(len(LETTERS), np.bool_)

    def constraint(self, controls, topics, rows, beginning=None, strict=True):
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
    random = np.random.default_rng(7)
    found = {}
    for name, config, network in (
        ("social", social, build_social(social)),
        ("descriptive", descriptive, build_descriptive(descriptive)),
    ):
        for variable in network.trainable_variables:
            variable.assign(random.normal(0, 1, variable.shape))
        *_, bias = network.trainable_variables
        bias.assign(bias + 1.0 * (np.arange(bias.shape[0]) == END))  # most sentences come to an end
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
    monkeypatch.setattr(module, "load_encoder", lambda name, threads: {"fake": fake_encoder}[name])
    return tmp_path


@pytest.fixture
def captioner(models):
    loaded = Captioner.load(models)
    social = dataclasses.replace(loaded.social, reranker=FirstFew(), rules=AllowsAll())
    return dataclasses.replace(loaded, social=social)


@pytest.fixture
def photo():
    file = io.BytesIO()
    Image.linear_gradient("L").convert("RGB").save(file, "PNG")
    return file.getvalue()


def test_a_photo_is_captioned(captioner, photo):
    suggestions = captioner.suggest(photo)
    assert len(set(suggestions.texts)) == 5
    assert all(caption == caption.strip() for caption in suggestions.texts)
    assert all(set(LETTERS.split(caption)) <= set(LETTERS.symbols[4:]) for caption in suggestions.texts)
    assert suggestions.texts == tuple(caption.text for caption in suggestions.captions)
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
    said = captioner.suggest(photo).seen.description
    assert said[0].isupper()
    assert said.endswith(".") and not said.endswith("..")
    assert set(said[:-1].lower().split()) <= set(WORDS.symbols[4:])


def test_the_same_photo_and_seed_give_the_same_captions_however_the_photo_comes(captioner, photo, tmp_path):
    path = tmp_path / "photo.png"
    path.write_bytes(photo)
    first, *others = (
        captioner.suggest(source, GenerationOptions(seed=3)) for source in (photo, path, str(path), io.BytesIO(photo))
    )
    for other in others:
        assert (other.texts, other.seen.description) == (first.texts, first.seen.description)
    assert others[0].photo == str(path)


def test_another_seed_or_another_photo_gives_others(captioner, photo):
    file = io.BytesIO()
    Image.new("RGB", (8, 8), "navy").save(file, "PNG")
    captions = {captioner.suggest(photo, GenerationOptions(seed=seed)).texts for seed in (1, 2)}
    captions.add(captioner.suggest(file.getvalue(), GenerationOptions(seed=1)).texts)
    assert len(captions) == 3


def test_options_reach_the_decoder(captioner, photo):
    wishes = [{}, {"tone": None}, {"tone": "playful"}, {"emoji": "many"}, {"ending": "question"}, {"case": "lower"}]
    wishes += [{"length": "short"}, {"guidance_scale": 2.0}, {"temperature": 0.5}, {"top_p": 0.3}]
    assert len({captioner.suggest(photo, GenerationOptions(**wish)).texts for wish in wishes}) == len(wishes)


def test_more_samples_can_be_asked_for(captioner, photo):
    captioner.suggest(photo, GenerationOptions(n=1, samples=8))
    captioner.suggest(photo, GenerationOptions(n=1, samples=120))
    few, many = captioner.social.reranker.pools
    assert 0 < len(few) <= 8
    assert SAMPLES < len(many) <= 120


def test_a_photo_is_looked_at_once_however_often_it_is_written_about(captioner, fake_encoder, photo):
    seen = captioner.suggest(photo).seen
    assert fake_encoder.encoded == 1
    first = captioner.write(seen, GenerationOptions())
    assert [caption.text for caption in first] == list(captioner.suggest(photo).texts)
    assert fake_encoder.encoded == 2, "the second suggestion's"
    captioner.write(seen, GenerationOptions(tone="playful", n=9))
    captioner.write_all([seen, seen], GenerationOptions(seed=3))
    assert fake_encoder.encoded == 2


def test_captions_to_avoid_do_not_come_again(captioner, photo):
    seen = captioner.suggest(photo).seen
    first = {caption.text for caption in captioner.write(seen)}
    others = captioner.write(seen, GenerationOptions(avoid=first))
    assert len(others) == 5
    assert not first & {caption.text for caption in others}


def test_what_is_like_a_caption_follows_it_and_never_repeats_it(captioner, photo):
    from caption_model.generation.more_like import ROUNDS as DRAWS
    from caption_model.generation.reranking import likeness, trigrams

    class Tolerant(FirstFew):
        """Finds all equally good, and all but blank ones acceptable."""

        def score(self, candidate):
            return 0.0

        def acceptable(self, text, controls, beginning=""):
            return bool(text)

    seen = captioner.suggest(photo).seen
    liked = min(captioner.write(seen), key=lambda caption: len(caption.text)).text
    tolerant = dataclasses.replace(captioner, social=dataclasses.replace(captioner.social, reranker=Tolerant()))
    options = GenerationOptions(3, like=liked, avoid=[liked])
    alike = [caption.text for caption in tolerant.write(seen, options)]
    assert alike == [caption.text for caption in tolerant.write(seen, options)]
    assert liked not in alike and len(set(alike)) == 3
    drawn = [one.text for number in range(DRAWS) for one in tolerant.sample([seen], options, number)[0]]
    closeness = [likeness(trigrams(text), trigrams(liked)) for text in drawn]
    assert likeness(trigrams(alike[0]), trigrams(liked)) > np.mean(closeness)


def test_many_are_drawn(captioner, photo):
    captioner.suggest(photo, GenerationOptions(n=3))
    captioner.suggest(photo, GenerationOptions(n=50))
    few, many = captioner.social.reranker.pools
    assert 0 < len(few) <= SAMPLES
    assert len(many) > 2 * SAMPLES
    assert all(one.conditional_logp < 0 and one.unconditional_logp < 0 for one in few)


def test_a_caption_that_was_cut_is_not_judged(captioner, photo, monkeypatch):
    monkeypatch.setitem(OPEN_STEPS, "short", 7)
    monkeypatch.setitem(OPEN_STEPS, "medium", 7)
    captioner.suggest(photo, GenerationOptions(n=3))
    pool = captioner.social.reranker.pools[0]
    assert 0 < len(pool) < SAMPLES
    assert all(graphemes.length(candidate.text) < 7 for candidate in pool), "the end counts"


def test_when_too_few_please_it_draws_again_and_then_gives_what_there_is(captioner, photo):
    reranker = captioner.social.reranker
    reranker.at_most = 2
    assert len(captioner.suggest(photo).texts) == 2
    assert len(reranker.pools) == ROUNDS
    sizes = [len(pool) for pool in reranker.pools]
    assert all(later > earlier for earlier, later in pairwise(sizes))
    assert reranker.pools[-1][: sizes[0]] == reranker.pools[0], "earlier draws stay in the pool"
    texts = [c.text for c in reranker.pools[-1]]
    assert texts[: sizes[0]] != texts[sizes[0] : 2 * sizes[0]], "later draws are others"


def captioned(captioner, photos, batch=1, options=DEFAULT_OPTIONS):
    """Of each photo its description, what it shows, and its captions."""
    seen = captioner.look_all(photos, batch)
    return [
        (one.description, tuple(one.topics.items()), one.salt, tuple(captions))
        for one, captions in zip(seen, captioner.write_all(seen, options), strict=True)
    ]


def test_a_photo_gets_the_same_captions_in_any_company(captioner):
    photos = np.random.default_rng(11).integers(0, 256, (9, 8, 8, 3)).astype(np.uint8)
    alone = [captioned(captioner, photo[None])[0] for photo in photos]
    assert len(set(alone)) == 9
    order = np.random.default_rng(12).permutation(9)
    for batch in (1, 4, 8, 16):
        assert captioned(captioner, photos, batch) == alone
        assert captioned(captioner, photos[order], batch) == [alone[number] for number in order]


def test_photos_that_need_more_draws_do_not_disturb_others(captioner):
    photos = np.random.default_rng(13).integers(0, 256, (3, 8, 8, 3)).astype(np.uint8)
    alone = [captioned(captioner, photo[None])[0] for photo in photos]

    class Picky(FirstFew):
        """Finds too few in the first draw of some photos."""

        def choose(self, candidates, n, controls):
            few = len(candidates) <= SAMPLES and len(candidates) % 2
            return super().choose(candidates, n - 1 if few else n, controls)

    picky = dataclasses.replace(captioner, social=dataclasses.replace(captioner.social, reranker=Picky()))
    assert captioned(picky, photos, 4) == alone == [captioned(picky, photo[None])[0] for photo in photos]


def test_each_photos_samples_are_held_against_what_it_shows(captioner, monkeypatch):
    said = ["my dog", "car day with my dog", "car day", "so good"]
    monkeypatch.setattr(module, "sample_captions", lambda *_, **__: [[Caption(text, -9.0) for text in said]] * 2)
    described = [Description("A dog runs.", None), Description("A car.", None)]
    monkeypatch.setattr(DescriptiveModel, "describe", lambda *_: described)
    captioned(captioner, np.zeros((2, 8, 8, 3), np.uint8), 2, GenerationOptions(n=4))
    told, untold = PRIOR + (1 - PRIOR) * ALONE, PRIOR
    dogs, cars = (
        [(told, 1 - told), ((told + untold) / 2, 2 - told - untold), (untold, 1 - untold), (0, 0)],
        [(untold, 1 - untold), ((told + untold) / 2, 2 - told - untold), (told, 1 - told), (0, 0)],
    )
    for judged, expected in zip(captioner.social.reranker.pools, (dogs, cars), strict=True):
        np.testing.assert_allclose([(one.grounded, one.hallucinated) for one in judged], expected)


def test_half_of_the_samples_are_told_what_the_photo_shows(captioner, monkeypatch):
    asked = []

    def remember(model, pooled, salts, options, *, topics, constrained, widely, unconditional):
        asked.append([subjects(one) for one in topics])
        assert constrained and unconditional and not widely
        assert [one["dog"] > one["snow"] for one in topics] == [True, True]
        return [[Caption(f"number {number}", -9.0) for number in range(9)] for _ in salts]

    monkeypatch.setattr(module, "sample_captions", remember)
    monkeypatch.setattr(
        DescriptiveModel, "describe", lambda *_: [Description("A dog.", None), Description("Snow and a ball.", None)]
    )
    names = ("dog", "snow")
    nothing = LinearHead(np.zeros((4, 2), np.float32), np.zeros(2, np.float32), names)
    head = TopicHead(dataclasses.replace(nothing, bias=np.array([2.0, -2.0], np.float32)), nothing)
    monkeypatch.setattr(captioner.encoder, "topic_head", head)
    captioned(captioner, np.zeros((2, 8, 8, 3), np.uint8), 2, GenerationOptions(n=4))
    assert asked == [[["dog"], ["dog"]]]


def test_no_photo_gives_no_captions(captioner):
    assert captioned(captioner, np.zeros((0, 8, 8, 3), np.uint8), 4) == []


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
    kind = SocialModel if name == "social" else DescriptiveModel
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
    assert captioner.suggest(photo).seen.confidence is None
    assert captioner.suggest(photo).seen.classes == ()
    assert not captioner.suggest(photo).seen.unsure

    names = ("night", "noon", "dusk", "dawn")
    fake_encoder.class_head = LinearHead(np.eye(4, dtype=np.float32), np.zeros(4, np.float32), names)
    sure = dataclasses.replace(captioner.descriptive, confidence=Confidence(0.0, 2.0))
    suggested = dataclasses.replace(captioner, descriptive=sure).suggest(photo).seen
    assert suggested.confidence == pytest.approx(0.88, abs=0.01)
    assert not suggested.unsure
    assert len(suggested.classes) == 3
    assert {name for name, _ in suggested.classes} < set(names)
    doubtful = dataclasses.replace(captioner.descriptive, confidence=Confidence(0.0, -2.0))
    assert dataclasses.replace(captioner, descriptive=doubtful).suggest(photo).seen.unsure


def test_a_critic_judges_every_sample(captioner, photo):
    class Counter:
        """Tells how long a text is and how bright the photo's features are."""

        def __call__(self, texts, photo):
            return np.array([len(text) for text in texts], np.float32), np.full(len(texts), photo.sum(), np.float32)

    judged = dataclasses.replace(captioner, critic=Counter())
    judged.suggest(photo)
    (pool,) = judged.social.reranker.pools
    assert pool
    assert [candidate.real_logit for candidate in pool] == [len(candidate.text) for candidate in pool]
    assert len({candidate.fit_logit for candidate in pool}) == 1
    assert pool[0].fit_logit != 0
    captioner.suggest(photo)
    assert {candidate.real_logit for candidate in captioner.social.reranker.pools[-1]} == {CERTAIN}


def test_threads_are_an_argument_of_loading(models, fake_encoder, monkeypatch):
    from caption_model.networks import descriptive_onnx, session, social_onnx

    asked, loaded = [], []

    class Counted(session.Graph):
        def __init__(self, text, constants=None, threads=1):
            asked.append(threads)
            super().__init__(text, constants, threads)

    monkeypatch.setattr(social_onnx, "Graph", Counted)
    monkeypatch.setattr(descriptive_onnx, "Graph", Counted)
    monkeypatch.setattr(module, "load_encoder", lambda name, threads: loaded.append(threads) or fake_encoder)
    for threads, expected in ((1, 1), (3, 3), (64, 4)):
        asked.clear()
        captioner = Captioner.load(models, threads=threads)
        assert set(asked) == {expected}, "more than four do not help a decoder"
        asked.clear()
        captioner.with_voice(models / "social")
        assert set(asked) == {expected}
    assert loaded == [1, 3, 64]
