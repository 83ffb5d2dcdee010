"""The models that come along: whole, fitting together, and writing captions that may be shown."""

import hashlib
import json
from types import SimpleNamespace

import numpy as np
import pytest
import regex
from scipy.special import log_softmax

from caption_model.bundles.bundle import MODELS, Bundle
from caption_model.errors import BundleError
from caption_model.generation.options import GenerationOptions
from caption_model.networks.social_keras import load_social
from caption_model.text import graphemes
from caption_model.text.controls import CHOICES
from caption_model.text.topics import topics
from caption_model.text.vocabulary import END, START
from caption_model.vision.photos import open_photo

KINDS = {"vgg16": "encoder", "social": "social", "descriptive": "descriptive", "critic": "critic"}
LINK = regex.compile(r"(?i)https?:|www\.|\b\w+\.(?:com|net|org|co|ly)\b")

every_bundle = pytest.mark.parametrize("name", list(KINDS))


@every_bundle
def test_a_bundle_is_what_its_manifest_says(name):
    folder = MODELS / name
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["kind"] == KINDS[name]
    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.iterdir()
        if path.name != "manifest.json"
    }
    assert found == manifest["sha256"], "every file is listed, with its own hash"


def test_every_bundle_is_checked():
    assert {path.name for path in MODELS.iterdir() if path.is_dir()} == KINDS.keys()


@every_bundle
def test_a_bundle_tells_where_it_comes_from(name):
    bundle = Bundle.load(MODELS / name, KINDS[name])
    card = (MODELS / name / "MODEL_CARD.md").read_text(encoding="utf-8")
    for part in ("**Data.**", "**How it was made.**", "**Limits.**", "**Rights.**"):
        assert part in card
    assert "$" not in card, "a number was not filled in"
    assert bundle.config["data"]
    assert all(regex.fullmatch("[0-9a-f]{64}", value) for value in bundle.config["data"].values())
    assert bundle.config["versions"].keys() >= {"caption_model", "keras", "numpy"}


@every_bundle
def test_nothing_in_a_bundle_names_a_place_on_somebodys_disk(name):
    for path in (MODELS / name).glob("*.json"):
        assert not regex.search(r'"(?:/\w|[A-Z]:\\)', path.read_text(encoding="utf-8")), path


@pytest.fixture(scope="module")
def captioner():
    from caption_model.captioner import Captioner

    return Captioner.load()


@pytest.fixture(scope="module")
def suggestions(captioner, sample):
    """Photo name → what is suggested for it."""
    return {path.name: captioner.suggest(path) for path in sorted((sample / "photos").glob("*.jpg"))}


def test_every_sample_photo_gets_five_captions_that_may_be_shown(suggestions):
    assert len(suggestions) == 14
    for name, suggested in suggestions.items():
        assert len(set(suggested.texts)) == 5, name
        for caption in suggested.texts:
            assert 0 < graphemes.length(caption) <= 80, (name, caption)
            assert not set("#@\n<>") & set(caption), (name, caption)
            assert not LINK.search(caption), (name, caption)
            assert caption == caption.strip() == graphemes.normalise(caption), (name, caption)


def test_no_training_caption_is_repeated(captioner, suggestions):
    repeated = [c for s in suggestions.values() for c in s.texts if c in captioner.social.reranker.fingerprints]
    assert len(captioner.social.reranker.fingerprints.hashes) > 1000
    assert repeated == []


def test_it_is_not_one_caption_for_all(suggestions):
    captions = [caption for suggested in suggestions.values() for caption in suggested.texts]
    assert len(set(captions)) > 0.9 * len(captions)
    assert any(graphemes.emojis(caption) for caption in captions)


def test_every_photo_is_described_in_a_sentence(suggestions):
    said = [suggested.seen.description for suggested in suggestions.values()]
    for sentence in said:
        assert len(sentence.split()) >= 3
        assert sentence[0].isupper()
        assert sentence.endswith(".")
    assert len(set(said)) >= 5


def test_the_same_seed_gives_the_same_and_another_another(captioner, suggestions, sample):
    photo = sample / "photos" / "dogs.jpg"
    assert captioner.suggest(photo).texts == suggestions["dogs.jpg"].texts
    assert captioner.suggest(photo.read_bytes()).texts == suggestions["dogs.jpg"].texts
    assert captioner.suggest(photo, GenerationOptions(seed=8)).texts != suggestions["dogs.jpg"].texts


def test_a_batch_says_what_is_suggested_for_each(captioner, suggestions, sample):
    names = ["sunset.jpg", "cat.jpg", "dogs.jpg"]
    photos = np.stack([open_photo(sample / "photos" / name) for name in names])
    seen = captioner.look_all(photos, batch=4)
    written = captioner.write_all(seen)
    assert [one.description for one in seen] == [suggestions[name].seen.description for name in names]
    assert [tuple(one.text for one in captions) for captions in written] == [suggestions[name].texts for name in names]


def test_as_many_as_asked_for(captioner, sample):
    photo = sample / "photos" / "sunset.jpg"
    for n in (1, 10):
        assert len(set(captioner.suggest(photo, GenerationOptions(n=n)).texts)) == n


@pytest.mark.parametrize("name", ["social", "descriptive"])
def test_a_decoder_refuses_an_encoder_with_other_weights(name):
    from caption_model.generation.descriptive import DescriptiveModel
    from caption_model.generation.social import SocialModel

    kind = {"social": SocialModel, "descriptive": DescriptiveModel}[name]
    with pytest.raises(BundleError, match="other weights of 'vgg16'"):
        kind.load(MODELS / name, SimpleNamespace(name="vgg16", sha256="0" * 64, grid_shape=(7, 7, 512)))
    with pytest.raises(BundleError, match="'resnet50'"):
        kind.load(MODELS / name, SimpleNamespace(name="resnet50", sha256="0" * 64, grid_shape=(7, 7, 512)))


def test_the_critic_tells_posts_from_draws(captioner, sample):
    from datasets.cleaning import clean_posts
    from datasets.reading import read_posts

    posts, _ = read_posts(sample / "kaggle")
    said = [post.caption for post in clean_posts(posts).posts]
    photos = [open_photo(sample / "photos" / name) for name in ("dogs.jpg", "sunset.jpg", "coffee.jpg")]
    seen = captioner.look_all(np.stack(photos))
    drawn = captioner.sample(seen, GenerationOptions())
    people = captioner.critic(said, seen[0].pooled).real
    assert np.median(people) > np.quantile([one.real_logit for several in drawn for one in several], 0.8)


def test_the_critic_knows_a_dog_from_a_mountain(captioner, sample):
    photos = np.stack([open_photo(sample / "photos" / name) for name in ("dogs.jpg", "mountains.jpg")])
    dogs, mountains = captioner.encoder.encode(photos).pooled
    texts = ["my two dogs 🐶", "hiking up the mountain"]
    assert captioner.critic(texts, dogs).fit.argmax() == 0
    assert captioner.critic(texts, mountains).fit.argmax() == 1


def test_no_photo_tells_an_occasion_or_a_town(captioner):
    reranker, controls = captioner.social.reranker, GenerationOptions().controls()
    assert reranker.acceptable("Best day with my friends", controls)
    assert not reranker.acceptable("Best birthday with my friends", controls)
    assert not reranker.acceptable("Best day in Paris", controls)


def test_the_describer_can_bear_out_each_thing_that_captions_name(captioner):
    known = set(captioner.descriptive.vocabulary.symbols)
    names = captioner.encoder.topic_head.names
    spoken = {name: {tuple(phrase.split()) for phrase in topics()[name].words.described} for name in names}
    assert all(any(known.issuperset(phrase) for phrase in phrases) for phrases in spoken.values())


def test_the_bundle_knows_how_people_build_sentences(captioner):
    unknown = captioner.social.reranker.class_ngrams.unknown
    for said in ("I love this dog", "Soft grass, lazy thoughts", "This building has a story"):
        assert unknown(said) == 0, said
    for run_on in ("I love this dog is so cute", "The snow are a good", "The boys are so much"):
        assert unknown(run_on) > 0, run_on


def test_the_eye_sees_what_captions_name(captioner, sample):
    names = ("dogs.jpg", "mountains.jpg", "citrus.jpg")
    photos = np.stack([open_photo(sample / "photos" / name) for name in names])
    dogs, mountains, citrus = captioner.encoder.topic_head.probabilities(captioner.encoder.encode(photos).grid)
    assert dogs["dog"] > 0.7 > 0.1 > max(dogs["food"], dogs["snow"])
    assert mountains["mountain"] > 0.7 > 0.1 > max(mountains["dog"], mountains["music"])
    assert citrus["fruit"] > 0.5 > 0.1 > max(citrus["dog"], citrus["plane"])


def test_the_decoder_writes_about_what_it_is_told(captioner):
    from caption_model.generation.social import sample_captions
    from caption_model.text.mentioned_topics import mentioned_in_post

    assert captioner.social.decoder.config.topics == captioner.encoder.topic_head.names
    grey = np.full((1, 512), 0.5, np.float32)
    for thing in ("snow", "dog", "beach"):
        told, untold = (
            [
                thing in mentioned_in_post(one.text)
                for one in sample_captions(captioner.social, grey, [b"x"], options)[0]
            ]
            for options in (GenerationOptions(subject=thing), GenerationOptions())
        )
        assert np.mean(told) > 0.5 > 0.2 > np.mean(untold)


def test_what_is_suggested_is_pieced_together_as_people_do(captioner, sample):
    reranker = captioner.social.reranker
    for name in ("dogs.jpg", "mountains.jpg", "coffee.jpg"):
        said = captioner.suggest(sample / "photos" / name).texts
        assert len(said) == 5
        assert not any(reranker.word_ngrams.unknown(text) + reranker.class_ngrams.unknown(text) for text in said)


def test_writing_in_integers_costs_next_to_nothing(captioner):
    social = captioner.social
    texts = [
        "Good morning from the mountains ❤️",
        "my best friend 🐶",
        "Weekends are for the beach 🌊☀️",
        "so proud of this team",
    ]
    symbols = np.full((len(texts), 40), END, np.int32)
    for row, text in enumerate(texts):
        encoded = social.vocabulary.encode(text)
        symbols[row, : len(encoded)] = encoded
    photos, told = np.zeros((len(texts), 512), np.float32), np.zeros((len(texts), len(CHOICES) + 1), np.int32)

    def nats(decoder):
        state = decoder.begin(photos, np.zeros(len(texts), np.float32), told)
        last, total, written = np.full(len(texts), START, np.int32), 0.0, symbols != END
        for place in range(1 + written.sum(axis=1).max()):
            logits, state = decoder.step(last, state)
            logp = log_softmax(np.asarray(logits), axis=-1)
            last = symbols[:, place]
            counted = (place == 0) | written[:, place - 1]
            total -= (logp[np.arange(len(texts)), last] * counted).sum()
        return total / (written.sum() + len(texts))

    exact, ours = nats(load_social(Bundle.load(MODELS / "social", "social"))), nats(social.decoder)
    assert 0.5 < exact < 3
    assert ours == pytest.approx(exact, abs=0.005)
    assert ours != exact
