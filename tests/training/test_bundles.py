"""Training end to end on the sample, with a stand-in for the encoder: from files to bundles that load."""

import csv
import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from caption_model.bundles.bundle import Bundle
from caption_model.errors import BundleError, DumpError, TrainingError
from caption_model.evaluation.report import evaluate_descriptive, evaluate_social
from caption_model.generation.descriptive import DescriptiveModel, describe_grids
from caption_model.generation.social import SocialModel
from caption_model.networks.social_keras import load_social
from caption_model.text.lexicon import Fingerprints
from caption_model.text.vocabulary import PAD, GraphemeVocabulary, WordVocabulary
from caption_model.training.corpus.table import read_corpus
from caption_model.training.descriptive.data import BUCKETS, DescriptiveBatches, DescriptiveSources, gather_described
from caption_model.training.descriptive.self_critical import SelfCritical
from caption_model.training.descriptive.train import DescriptiveTraining, train_descriptive
from caption_model.training.social.corpus_train import CORPUS, train_on_corpus
from caption_model.training.social.data import Example, Pairing, is_validation
from caption_model.training.social.sources import SocialSources, gather
from caption_model.training.social.train import SocialTraining, train_social
from caption_model.vision.feature_cache import FeatureCache
from tests.training.corpus_files import write_corpus, write_photos


@pytest.fixture(autouse=True)
def known_encoder(monkeypatch, encoder):
    """Bundles name the stand-in; this is where it is found."""
    monkeypatch.setattr("caption_model.captioner.load_encoder", lambda name, threads: {"fake": encoder}[name])


@pytest.fixture(scope="module")
def styled(tmp_path_factory):
    path = tmp_path_factory.mktemp("style") / "styled.csv"
    rows = [
        ("image", "style", "caption"),
        ("cat.jpg", "humorous", "a cat waits for its lawyer to call back ."),
        ("bee.jpg", "romantic", "a bee looks for the flower of its life ."),
        ("bee.jpg", "factual", "a bee on a flower ."),
        ("raccoon.jpg", "humorous", "a raccoon plans its next great robbery ."),
    ]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


@pytest.fixture(scope="module")
def sources(sample, styled):
    return SocialSources(
        posts=(sample / "kaggle",),
        style=styled,
        images=sample / "photos",
        described=sample / "flickr8k" / "captions.csv",
        listed=sample / "flickr8k" / "train.txt",
    )


@pytest.fixture(scope="module")
def models(tmp_path_factory, sources, sample, encoder):
    """Both decoders, trained for an epoch; their folder and what training said."""
    folder = tmp_path_factory.mktemp("models")
    training = SocialTraining(epochs=1, units=16)
    social = train_social(sources, encoder, folder / "social", folder / "run-s", training, folder / "cache")
    flickr8k = sample / "flickr8k"
    described = DescriptiveSources(
        sample / "photos", flickr8k / "captions.csv", flickr8k / "train.txt", flickr8k / "validation.txt"
    )
    descriptive = train_descriptive(
        described,
        encoder,
        folder / "descriptive",
        folder / "run-d",
        DescriptiveTraining(epochs=1, min_count=1),
        folder / "cache",
    )
    return folder, social, descriptive


def test_the_social_bundle_is_whole(models, encoder):
    folder, told, _ = models
    bundle = Bundle.load(folder / "social", "social")
    assert bundle.config["encoder"] == {"name": "fake", "sha256": encoder.sha256}
    assert bundle.config["training"]["units"] == 16
    assert "keras" in bundle.config["versions"]
    assert {"styled.csv", "captions.csv", "train.txt"} <= bundle.config["data"].keys()
    names = {path.name for path in (folder / "social").iterdir()}
    assert {
        "loss.png",
        "lexicon.txt",
        "phrases.bin",
        "word_classes.txt",
        "constructions.bin",
        "fingerprints.bin",
        "vocabulary.json",
        "metrics.json",
        "MODEL_CARD.md",
    } <= names
    card = (folder / "social" / "MODEL_CARD.md").read_text()
    assert str(told["bits"]) in card
    assert "$" not in card


def test_the_bits_told_are_those_of_what_was_saved(models, sources, encoder):
    from caption_model.evaluation.bits import bits_per_symbol

    folder, told, _ = models
    bundle = Bundle.load(folder / "social", "social")
    vocabulary = GraphemeVocabulary.from_json(bundle.vocabulary())
    examples, _ = gather(sources)
    held_out = [e.caption for e in examples if e.source == "posts" and is_validation(e.caption)]
    assert told["held_out"] == len(held_out) > 0
    assert told["captions"] == sum(not is_validation(e.caption) for e in examples)
    measured = bits_per_symbol(load_social(bundle), vocabulary, held_out)["bits_per_symbol"]
    assert measured == pytest.approx(told["bits"], abs=0.001)


def test_training_goes_on_from_a_base(models, sources, encoder, tmp_path):
    base = models[0] / "social"
    training = SocialTraining(epochs=1, units=99, learning_rate=0.0)
    told = train_social(sources, encoder, tmp_path / "on", tmp_path / "run", training, models[0] / "cache", base)
    assert told["bits"] == pytest.approx(models[1]["bits"], abs=0.01)
    bundle = Bundle.load(tmp_path / "on", "social")
    assert bundle.config["base"]["sha256"] == Bundle.load(base, "social").sha256
    assert bundle.config["base"]["config"] == Bundle.load(base, "social").config
    assert bundle.config["network"]["units"] == 16


def test_a_base_of_another_encoder_is_refused(models, sources, encoder, tmp_path, monkeypatch):
    monkeypatch.setattr(encoder, "name", "another")
    with pytest.raises(BundleError, match="retrain"):
        train_social(
            sources, encoder, tmp_path / "on", tmp_path / "run", SocialTraining(epochs=1), None, models[0] / "social"
        )


def test_held_out_captions_are_kept_from_lexicon_and_fingerprints(models, sources, encoder):
    reranker = SocialModel.load(models[0] / "social", encoder).reranker
    examples, _ = gather(sources)
    long = [e.caption for e in examples if len(e.caption.split()) > 4]
    assert all((caption in reranker.fingerprints) == (not is_validation(caption)) for caption in long)
    assert any(is_validation(caption) for caption in long)


def test_the_descriptive_bundle_says_what_it_scores(models, sample):
    folder, _, told = models
    bundle = Bundle.load(folder / "descriptive", "descriptive")
    assert bundle.config["network"]["grid"] == [2, 2, 4]
    metrics = json.loads((folder / "descriptive" / "metrics.json").read_text())
    assert metrics["validation"]["n"] == 4
    assert metrics["validation"]["bleu1"] == told["bleu1"]
    card = (folder / "descriptive" / "MODEL_CARD.md").read_text()
    assert f"{told['cider']:.3f}" in card
    again = evaluate_descriptive(
        sample / "photos",
        sample / "flickr8k" / "captions.csv",
        sample / "flickr8k" / "validation.txt",
        folder,
        folder / "cache",
    )
    assert again == pytest.approx(metrics["validation"])


def test_the_bundle_tells_what_it_says_of_each_judging_photo_and_nothing_that_people_said(models, sample, encoder):
    folder = models[0] / "descriptive"
    predictions = json.loads(Bundle.load(folder, "descriptive").read("predictions.json"))
    validation = (sample / "flickr8k" / "validation.txt").read_text().split()
    assert list(predictions) == validation
    model = DescriptiveModel.load(folder, encoder)
    grids = FeatureCache(encoder, models[0] / "cache").grids([sample / "photos" / name for name in validation])
    assert list(predictions.values()) == describe_grids(model.decoder, model.vocabulary, grids)


def test_the_descriptive_decoder_loads(models, encoder):
    model = DescriptiveModel.load(models[0] / "descriptive", encoder)
    assert model.decoder.config.grid == (2, 2, 4)
    assert len(model.vocabulary) == model.decoder.config.symbols > 50


def test_captions_are_evaluated_with_and_without_photos(models, sample):
    folder = models[0]
    alone = evaluate_social(sample / "flickr8k" / "captions.csv", models=folder)
    assert alone.keys() == {"n", "bits_per_symbol", "symbols"}
    assert alone["n"] > 30
    paired = evaluate_social(sample / "flickr8k" / "captions.csv", sample / "photos", folder, folder / "cache")
    assert paired.keys() == {"n", "bits_per_symbol", "symbols", "pairs", "pick10", "gap"}
    assert paired["bits_per_symbol"] == alone["bits_per_symbol"]
    assert paired["pairs"] == 70
    assert 0 <= paired["pick10"] <= 1


def test_a_list_that_names_an_undescribed_photo_is_refused(models, sample, tmp_path):
    (tmp_path / "list.txt").write_text("cat.jpg\nunicorn.jpg\n")
    arguments = sample / "photos", sample / "flickr8k" / "captions.csv", tmp_path / "list.txt"
    with pytest.raises(DumpError, match=r"unicorn\.jpg"):
        evaluate_descriptive(*arguments, models[0])


def test_training_on_an_undescribed_photo_is_refused(sample, tmp_path, encoder):
    (tmp_path / "list.txt").write_text("cat.jpg\nunicorn.jpg\n")
    flickr8k = sample / "flickr8k"
    described = DescriptiveSources(
        sample / "photos", flickr8k / "captions.csv", tmp_path / "list.txt", flickr8k / "validation.txt"
    )
    with pytest.raises(TrainingError, match=r"unicorn\.jpg"):
        train_descriptive(described, encoder, tmp_path / "out", tmp_path / "run", DescriptiveTraining(), tmp_path)


def test_a_handful_of_captions_is_too_few(tmp_path, encoder):
    dump = tmp_path / "few.csv"
    dump.write_text("caption\nsunny days by the sea\ncoffee first and then the world\n")
    with pytest.raises(TrainingError, match="at least 50"):
        train_social(SocialSources((dump,)), encoder, tmp_path / "out", tmp_path / "run", SocialTraining())
    assert not (tmp_path / "out").exists()


def test_gathering_gives_each_source_its_photos_and_tone(sources, sample):
    examples, photos = gather(sources)
    listed = set((sample / "flickr8k" / "train.txt").read_text().split())
    styled = [e for e in examples if e.source == "style"]
    cats = [e for e in styled if photos[e.photos[0].photo] == sample / "photos" / "cat.jpg"]
    assert [e.caption for e in cats] == ["a cat waits for its lawyer to call back."], "raccoon.jpg is not to train on"
    assert [e.tone for e in styled] == [None, None], "a style of FlickrStyle is none of our tones"
    assert cats[0].photos == (Pairing(cats[0].photos[0].photo, 1.0),)
    posts = [e for e in examples if e.source == "posts"]
    assert {e.tone for e in posts} == {"gram"}
    own = [e for e in posts if e.photos and photos[e.photos[0].photo].is_relative_to(sample / "kaggle")]
    weak = [e for e in posts if e.photos and e not in own]
    assert own and weak
    assert all(len(e.photos) == 1 and e.photos[0].score == 1 for e in own)
    assert all(photos[p.photo].name in listed for e in weak for p in e.photos)
    assert len(set(photos)) == len(photos)


@pytest.mark.parametrize("name", ["style", "described"])
def test_captions_of_photos_need_the_photos(sample, styled, name):
    with pytest.raises(TrainingError, match="--images"):
        gather(SocialSources((sample / "kaggle",), **{name: styled}))


def test_files_are_recorded_folders_are_not(sources, sample, styled):
    flickr8k = sample / "flickr8k"
    assert sources.files() == [styled, flickr8k / "captions.csv", flickr8k / "train.txt"]


def test_an_epoch_shows_every_description_once_with_its_own_photo():
    texts = [[f"{'very ' * number}nice dog {row}" for number in range(5)] for row in range(9)]
    vocabulary = WordVocabulary.fit(text for several in texts for text in several)
    grids = np.arange(9, dtype=np.float16)[:, None, None, None] * np.ones((1, 2, 2, 3), np.float16)
    batches = DescriptiveBatches(texts, grids, -grids, vocabulary, batch=4)
    found = []
    for batch in batches(3):
        words, grid = batch.inputs
        assert words.shape[1] in BUCKETS
        assert grid.dtype == np.float32
        assert np.array_equal(batch.weights, batch.targets != PAD)
        for row, one in zip(batch.targets.tolist(), grid, strict=True):
            found.append(vocabulary.decode(row))
            assert found[-1].endswith(f" {abs(int(one[0, 0, 0]))}")
    assert sorted(found) == sorted(text for several in texts for text in several)
    assert len(list(batches(0))) == batches.steps
    order = [batch.targets.tobytes() for batch in batches(1)]
    assert order == [batch.targets.tobytes() for batch in batches(1)]
    assert order != [batch.targets.tobytes() for batch in batches(2)]


def test_a_mirrored_photo_is_described_with_left_and_right_exchanged():
    texts = [["a dog on the left of a lefthanded man", "the right dog"]]
    vocabulary = WordVocabulary.fit([*texts[0], "left right"])
    grids = np.ones((1, 2, 2, 3), np.float16)
    batches = DescriptiveBatches(texts, grids, -grids, vocabulary, batch=4)
    seen = set()
    for epoch in range(12):
        for batch in batches(epoch):
            for row, grid in zip(batch.targets.tolist(), batch.inputs[1], strict=True):
                seen.add((vocabulary.decode(row), bool(grid[0, 0, 0] < 0)))
    assert seen == {
        ("a dog on the left of a lefthanded man", False),
        ("a dog on the right of a lefthanded man", True),
        ("the right dog", False),
        ("the left dog", True),
    }


def test_endless_and_empty_descriptions_are_left_out():
    texts = [["a dog", "a " * 24, "", "..."]]
    vocabulary = WordVocabulary.fit(texts[0])
    grids = np.zeros((1, 2, 2, 3), np.float16)
    batches = DescriptiveBatches(texts, grids, grids, vocabulary, batch=4)
    assert [vocabulary.decode(row) for batch in batches(0) for row in batch.targets.tolist()] == ["a dog"]


def test_a_base_may_go_on_with_a_retrained_eye_but_not_a_voice(models, sources, encoder, tmp_path):
    """The language stays, the features are standardised anew."""
    from tests.conftest import FakeEncoder

    class Brighter(FakeEncoder):
        def encode(self, photos):
            features = super().encode(photos)
            return SimpleNamespace(grid=features.grid * 3, pooled=features.pooled * 3)

    folder, _, _ = models
    eye = Brighter(sha256="e" * 64)
    training = SocialTraining(epochs=1, units=16, learning_rate=1e-9)
    train_social(sources, eye, tmp_path / "on", tmp_path / "run", training, tmp_path / "cache", folder / "social")
    before, after = Bundle.load(folder / "social", "social"), Bundle.load(tmp_path / "on", "social")
    assert after.config["encoder"]["sha256"] == "e" * 64
    scale = next(name for name in before.weights if "photo_scale" in name and name.endswith("variance"))
    np.testing.assert_allclose(after.weights[scale], 9 * before.weights[scale], rtol=1e-2)
    lstm = next(name for name in before.weights if "lstm" in name and name.endswith("recurrent_kernel"))
    np.testing.assert_allclose(after.weights[lstm], before.weights[lstm], atol=1e-2)
    voice = SocialTraining(epochs=1, units=16, keep=0.5)
    with pytest.raises(BundleError, match="other weights"):
        train_social(sources, eye, tmp_path / "v", tmp_path / "run-v", voice, tmp_path / "cache", folder / "social")


def test_a_critic_is_taught_by_what_the_decoder_writes(models, sources, encoder, tmp_path, monkeypatch):
    from caption_model.networks.critic_onnx import Judge
    from caption_model.training.critic import train as module

    drawn = [f"the {number} best of the day" for number in range(60)]
    monkeypatch.setattr(module, "sample_tones", lambda *given: {"gram": drawn})
    training = module.CriticTraining(epochs=1, batch=4)
    told = module.train_critic(
        sources, encoder, models[0] / "social", tmp_path / "critic", training, models[0] / "cache"
    )
    assert 0 <= told["area"] <= 1
    assert told["pairs"] > 0
    bundle = Bundle.load(tmp_path / "critic", "critic")
    assert bundle.config["social"]["sha256"] == Bundle.load(models[0] / "social", "social").sha256
    assert bundle.config["encoder"] == {"name": "fake", "sha256": encoder.sha256}
    card = (tmp_path / "critic" / "MODEL_CARD.md").read_text()
    assert "$" not in card
    width = bundle.config["network"]["photo"]
    verdict = Judge.load(tmp_path / "critic", "fake", encoder.sha256)(drawn[:3], np.zeros(width, np.float32))
    assert len(set(verdict.real.tolist())) == 3

    gentle = replace(training, learning_rate=1e-9, weight_decay=0.0)
    again = tmp_path / "again"
    module.train_critic(sources, encoder, models[0] / "social", again, gentle, models[0] / "cache", tmp_path / "critic")
    second = Bundle.load(again, "critic")
    assert second.config["base"]["sha256"] == bundle.sha256
    assert bundle.config["base"] is None
    for name, value in bundle.weights.items():
        np.testing.assert_allclose(second.weights[name], value, atol=1e-3), name


def test_a_decoder_that_writes_nothing_to_show_teaches_no_critic(models, sources, encoder, tmp_path):
    from caption_model.training.critic.train import CriticTraining, train_critic

    training = CriticTraining(epochs=1, captions=40)
    with pytest.raises(TrainingError, match="train it longer"):
        train_critic(sources, encoder, models[0] / "social", tmp_path / "critic", training, models[0] / "cache")
    assert not (tmp_path / "critic").exists()


def test_occasions_are_left_to_voices_and_own_captions_to_nobody(models):
    from caption_model.training.social.text_statistics import known_of

    posts = [Example("happy birthday to me", "gram", "posts"), Example("my birthday again", "gram", "posts")]
    own = [Example("so much fun in the park", "gram", "own")] * 2
    base = Bundle.load(models[0] / "social", "social")
    for is_voice in (False, True):
        learnt = known_of([*posts, *own], base, is_voice)
        words = learnt["lexicon.txt"].decode().split()
        assert ("birthday" in words) is is_voice
        assert "so much fun in the park" not in Fingerprints.from_bytes(learnt["fingerprints.bin"])
        assert "happy birthday to me" in Fingerprints.from_bytes(learnt["fingerprints.bin"])


@pytest.fixture(scope="module")
def our_corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ours")
    corpus = write_corpus(folder / "corpus")
    return corpus, write_photos(corpus, folder / "photos")


def test_a_descriptive_decoder_learns_our_descriptions_too(our_corpus, sample, encoder, tmp_path):
    corpus, photos = our_corpus
    flickr8k = sample / "flickr8k"
    sources = DescriptiveSources(
        sample / "photos",
        flickr8k / "captions.csv",
        flickr8k / "train.txt",
        flickr8k / "validation.txt",
        corpus,
        (str(photos),),
    )
    data = gather_described(sources, encoder, tmp_path / "cache", 1, tmp_path / "unpacked")
    read = read_corpus(corpus)
    own = read.described("train")
    assert data.own == len(own)
    assert data.texts[-1] == [*read.descriptions[own[-1]]] * 2
    assert data.groups[-1] == len(read.described("dev"))
    assert sum(data.groups) == len(data.judged) == len(data.references)
    assert np.array_equal(data.mirrored, data.grids[:, :, ::-1])
    training = DescriptiveTraining(epochs=1, min_count=1, self_critical=SelfCritical(0))
    out = tmp_path / "out"
    train_descriptive(sources, encoder, out, tmp_path / "run", training, tmp_path / "cache")
    bundle = Bundle.load(out, "descriptive")
    assert bundle.metrics()["dev"]["n"] == data.groups[-1]
    assert "corpus/descriptions.csv" in bundle.config["data"]
    assert "own corpus" in bundle.read("MODEL_CARD.md").decode("utf-8")


def test_a_critic_learns_our_captions_too(our_corpus, encoder, tmp_path, monkeypatch):
    from caption_model.training.critic import train as module

    corpus, photos = our_corpus
    social = tmp_path / "social"
    sources = SocialSources((), corpus=corpus)
    tiny = replace(CORPUS, epochs=1, units=16, batch=16, min_count=1)
    places, cache = [str(photos)], tmp_path / "cache"
    train_on_corpus(sources, places, "pairs", encoder, social, tmp_path / "run-s", tiny, cache)
    asked = []

    def drawn(writer, features, rows, count, seed, tones, about=None):
        asked.append((set(rows), tones, about))
        return {tone: [f"{tone} sample {n}" for n in range(40)] for tone in ("gram", "warm")}

    monkeypatch.setattr(module, "sample_tones", drawn)
    training = module.CriticTraining(epochs=1, batch=4)
    out = tmp_path / "critic"
    told = module.train_critic(sources, encoder, social, out, training, cache, places=places)
    ((rows, tones, about),) = asked
    assert rows == set(about)
    assert {"gram", "playful", "warm", "minimal"} <= tones
    assert {topic for topics in about.values() for topic in topics} <= {"dog", "snow", "beach"}
    assert told["held_out_pairs"] == 5 * len(read_corpus(corpus).described("dev"))
    assert "corpus/captions.csv" in Bundle.load(out, "critic").config["data"]
