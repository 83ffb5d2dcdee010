"""The critic: it learns to tell people's captions from others and which photo a caption belongs to."""

import numpy as np
import pytest

from caption_model.bundles.bundle import Bundle, network_weights
from caption_model.captioner import Captioner
from caption_model.errors import BundleError, TrainingError
from caption_model.networks.critic_keras import build_critic, weigh_photos, weigh_texts
from caption_model.networks.critic_onnx import TEXTS, TOKENS, CriticConfig, Judge, read_texts
from caption_model.training.critic import train as module
from caption_model.training.critic.data import PLAIN, Lesson, lesson_of
from caption_model.training.critic.train import CriticTraining, _fit, measure
from caption_model.training.social.data import Example, Pairing, is_validation

SMALL = CriticConfig(
    graphemes=64, tokens=256, grapheme_width=8, token_width=8, channels=16, space=8, photo=4, dropout=0.1
)
ANIMALS = ["dog", "cat", "bird", "fish"]
PLACES = ["beach", "park", "street", "hills", "river", "house", "garden", "snow"]


def lesson(numbers) -> tuple[Lesson, np.ndarray]:
    """People say "the dog at the park"; samples have the words in another order. A photo shows one animal."""
    people = [f"the {a} at the {p} {n} ✨" for n in numbers for a in ANIMALS for p in PLACES]
    sampled = [f"at {p} the the {a} {n} ✨" for n in numbers for a in ANIMALS for p in PLACES]
    photo = np.array([ANIMALS.index(text.split()[1]) for text in people])
    real = np.array([1.0] * len(people) + [0.0] * len(sampled), np.float32)
    return Lesson([*people, *sampled], real, people, photo)


def judge_of(critic) -> Judge:
    return Judge(critic.config, network_weights(critic))


@pytest.fixture(scope="module")
def taught(tmp_path_factory):
    import keras

    keras.utils.set_random_seed(0)
    photos = np.eye(4, dtype=np.float32)
    critic = build_critic(SMALL)
    training = CriticTraining(epochs=12, batch=32, learning_rate=5e-3)
    history = _fit(critic, lesson(range(6)), lesson([7]), photos, training, tmp_path_factory.mktemp("run"), {})
    return critic, photos, history


def test_it_learns_who_wrote_and_which_photo(taught):
    critic, photos, history = taught
    measured = measure(critic, lesson([8]), photos)
    assert measured["area"] > 0.95
    assert history[-1]["loss"] < 0.7 * history[0]["loss"]
    verdict = judge_of(critic)(
        ["the dog at the park ✨", "at park the the dog ✨", "the bird at the park ✨"], photos[0]
    )
    assert verdict.real[0] > verdict.real[1]
    assert verdict.fit[0] > verdict.fit[2]


def test_a_killed_training_goes_on_as_if_nothing_had_happened(tmp_path, monkeypatch):
    import keras

    photos, training = np.eye(4, dtype=np.float32), CriticTraining(epochs=4, batch=32, learning_rate=5e-3)

    def taught_in(run, origin=None):
        keras.utils.set_random_seed(0)
        critic = build_critic(SMALL)
        history = _fit(critic, lesson(range(6)), lesson([7]), photos, training, tmp_path / run, origin or {"of": 1})
        return critic, [{name: value for name, value in record.items() if name != "seconds"} for record in history]

    whole, expected = taught_in("whole")
    judged = []

    def dying(*of):
        judged.append(of)
        if len(judged) == 3:
            raise KeyboardInterrupt
        return measure(*of)

    monkeypatch.setattr(module, "measure", dying)
    with pytest.raises(KeyboardInterrupt):
        taught_in("killed")
    monkeypatch.setattr(module, "measure", measure)
    resumed, history = taught_in("killed")
    assert [record["epoch"] for record in history] == [0, 1, 2, 3]
    for one, two in zip(history, expected, strict=True):
        assert one == pytest.approx(two, rel=1e-4)
    for one, two in zip(whole.get_weights(), resumed.get_weights(), strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-4, atol=1e-6)
    with pytest.raises(TrainingError, match="--run"):
        taught_in("killed", {"of": 2})


def test_the_area_is_the_share_of_pairs_in_the_right_order(taught):
    critic, photos, _ = taught
    exam = lesson([7, 8])
    logits, _ = weigh_texts(critic, exam.texts)
    people, sampled = logits[exam.real == 1], logits[exam.real == 0]
    share = (people[:, None] > sampled[None]).mean() + 0.5 * (people[:, None] == sampled[None]).mean()
    assert measure(critic, exam, photos)["area"] == pytest.approx(share, abs=1e-9)


def test_made_ready_it_is_the_critic(taught):
    """Texts of all lengths, one too long to be read whole, and features that are no training photo's."""
    critic, *_ = taught
    texts = ["the dog at the park ✨", "fish", "soooo", "at the river " * 9, "bird " * 40]
    photo = np.random.default_rng(5).normal(size=4).astype(np.float32)
    real, vectors = weigh_texts(critic, texts)
    verdict = judge_of(critic)(texts, photo)
    np.testing.assert_allclose(verdict.real, real, atol=1e-4)
    np.testing.assert_allclose(verdict.fit, vectors @ weigh_photos(critic, photo[None])[0], atol=1e-4)
    assert np.ptp(verdict.real) > 0.1
    assert np.ptp(verdict.fit) > 0.1


def test_its_tensors_are_told_by_its_configuration(taught):
    weights = network_weights(taught[0])
    assert taught[0].config.shapes() == {name: value.shape for name, value in weights.items()}


def test_descriptions_are_no_posts():
    """People's posts are 1; samples and, beside those of the gram tone, some plain descriptions are 0."""
    numbers = [n for n in range(200) if not is_validation(f"sample number {n}")][:50]
    sampled = {"gram": [f"sample number {n}" for n in numbers], "playful": [f"fun sample {n}" for n in numbers]}
    described = [Example(f"a dog on hill {n}", "plain", "described", (Pairing(n, 1.0),)) for n in range(40)]
    people = [Example(f"best {tone} day {n}", tone, "posts") for tone in ("gram", "playful") for n in range(100)]
    learnt = lesson_of([*people, *described], sampled, held_out=False, seed=7)
    said = {
        value: {text for text, real in zip(learnt.texts, learnt.real, strict=True) if real == value} for value in (0, 1)
    }
    plain = {text for text in said[0] if text.startswith("a dog")}
    assert len(plain) == round(PLAIN * len(sampled["gram"]))
    assert set(sampled["gram"]) <= said[0]
    assert all(text.startswith("best") for text in said[1])
    assert len(said[0]) == len(said[1])
    assert learnt.paired == [example.caption for example in described]


def test_a_text_is_judged_alike_in_any_company(taught):
    critic, photos, _ = taught
    judge = judge_of(critic)
    texts = [f"the {animal} at the {place} {number}" for number in range(3) for animal in ANIMALS for place in PLACES]
    assert len(texts) > TEXTS
    many = judge(texts, photos[1])
    assert many.real.shape == many.fit.shape == (len(texts),)
    for row in (0, TEXTS - 1, TEXTS, len(texts) - 1):
        alone = judge([texts[row]], photos[1])
        np.testing.assert_allclose([alone.real[0], alone.fit[0]], [many.real[row], many.fit[row]], atol=1e-5)


def test_no_texts_no_verdicts(taught):
    verdict = judge_of(taught[0])([], taught[1][0])
    assert len(verdict.real) == len(verdict.fit) == 0


def test_what_cannot_be_read_whole_is_cut():
    letters, words = read_texts(SMALL, ["word " * 200, "", "👩‍👩‍👧 soooo"])
    assert letters.shape == (3, 80)
    assert words.shape == (3, TOKENS)
    assert (words[0] > 0).all()
    assert not letters[1].any()
    assert not words[1].any()
    assert (letters[2] > 0).sum() == 7, "a family is one grapheme"
    assert letters.max() <= SMALL.graphemes
    assert words.max() <= SMALL.tokens


def test_a_critic_of_another_eye_is_refused(taught, tmp_path):
    from dataclasses import asdict

    from caption_model.bundles.saving import save_bundle

    config = {"network": asdict(SMALL), "encoder": {"name": "vgg16", "sha256": "one"}}
    save_bundle(tmp_path / "critic", "critic", config, network_weights(taught[0]), "card")
    assert Bundle.load(tmp_path / "critic", "critic").kind == "critic"
    text = ["the dog at the park"]
    loaded = Judge.load(tmp_path / "critic", "vgg16", "one")(text, taught[1][0])
    assert loaded.real[0] == pytest.approx(judge_of(taught[0])(text, taught[1][0]).real[0], abs=0.3)
    with pytest.raises(BundleError, match="retrain"):
        Judge.load(tmp_path / "critic", "vgg16", "another")
    with pytest.raises(BundleError):
        Captioner.load(tmp_path)
