"""Each recipe on a tiny slice, from a folder of photos to a caption; the networks of Keras are tiny stand-ins."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from caption_model.errors import EncoderError, TrainingError
from caption_model.text.vocabulary import WordVocabulary
from caption_model.training.recipes.published import image_encoders, words
from caption_model.training.recipes.published.characters import caption_photo
from caption_model.training.recipes.published.commands import Wish, train_recipe
from caption_model.training.recipes.published.configuration import load_recipe
from caption_model.training.recipes.published.image_encoders import recipe_encoder
from caption_model.training.recipes.published.words import Choices
from caption_model.training.recipes.published.written_words import describe_photo
from tests.support.described import THINGS, flickr_folder, kaggle_folder, vectors_file

SIZE = 16
LEFT = {
    "recipe.json",
    "descriptions.txt",
    "features.npz",
    "tokenizer.json",
    "models",
    "model.safetensors",
    "model.png",
    "history.json",
    "loss.png",
    "accuracy.png",
    "captions.csv",
    "scores.json",
    "test-command.txt",
}
SMALL = {"units": 24, "embedding": 12, "min_count": 1, "dropout": 0.0, "batch": 8, "epochs": 25, "learning_rate": 0.02}
PNG = b"\x89PNG"


def stand_in(weights=None, include_top=True, input_shape=(SIZE, SIZE, 3)):
    """Named as VGG16's and ResNet50's last layers are; a mean of colours survives its random weights."""
    import keras
    from keras import layers

    if weights == "imagenet":
        raise Exception("URL fetch failure on https://storage.googleapis.com/…")  # as Keras raises it
    photos = keras.Input(input_shape)
    grid = layers.Conv2D(6, 4, strides=4, name="conv")(photos)
    if not include_top:
        return keras.Model(photos, grid)
    pooled = layers.GlobalAveragePooling2D(name="avg_pool")(grid)
    flat = layers.Flatten(name="flatten")(pooled)
    return keras.Model(photos, layers.Dense(3, name="predictions")(layers.Dense(10, name="fc2")(flat)))


@pytest.fixture
def tiny_networks(monkeypatch):
    import keras

    for name in ("Xception", "ResNet50", "VGG16"):
        monkeypatch.setattr(keras.applications, name, stand_in)
    for name, network in image_encoders.NETWORKS.items():
        monkeypatch.setitem(image_encoders.NETWORKS, name, replace(network, size=SIZE))


@pytest.fixture(scope="module")
def flickr(tmp_path_factory):
    return flickr_folder(tmp_path_factory.mktemp("flickr"), photos=36)


@pytest.fixture(scope="module")
def taught(tmp_path_factory, flickr, encoder):
    """xception-word on the stand-in of an encoder; what it was trained with, and its scores."""
    out = tmp_path_factory.mktemp("word") / "out"
    recipe = replace(load_recipe("xception-word"), **SMALL)
    choices = Choices("xception-word", cache=out.parent / "cache")

    def train(**changed):
        return train_recipe(replace(recipe, **changed), Wish(flickr), out, out.parent / "run", choices, encoder=encoder)

    return SimpleNamespace(out=out, scores=train(), train=train, encoder=encoder)


def test_it_leaves_all_that_the_project_left(taught):
    assert {path.name for path in taught.out.iterdir()} == LEFT
    lines = (taught.out / "descriptions.txt").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 72
    assert "0.jpg\ta red ball" in lines
    with np.load(taught.out / "features.npz", allow_pickle=False) as stored:
        assert stored["features"].shape == (36, 4)
        assert set(stored["names"]) == {f"{number}.jpg" for number in range(36)}
    vocabulary = WordVocabulary.from_json(json.loads((taught.out / "tokenizer.json").read_text(encoding="utf-8")))
    assert set(THINGS) <= set(vocabulary.symbols)
    for name in ("model", "loss", "accuracy"):
        assert (taught.out / f"{name}.png").read_bytes().startswith(PNG)
    assert "recipe xception-word --out" in (taught.out / "test-command.txt").read_text(encoding="utf-8")


def test_it_has_learnt_and_says_how_well(taught):
    history = json.loads((taught.out / "history.json").read_text())
    assert len(history) == taught.scores["epochs"]
    assert len(list((taught.out / "models").iterdir())) == len(history)
    assert [record["epoch"] for record in history] == list(range(1, 1 + len(history)))
    assert history[-1]["loss"] < 0.7 * history[0]["loss"]
    best = min(history, key=lambda record: record["val_loss"])
    assert best["val_accuracy"] > history[0]["val_accuracy"]
    assert 0.4 < taught.scores["bleu1"] <= 1
    assert {"bleu1", "bleu2", "bleu3", "bleu4", "rouge_l", "cider"} <= taught.scores.keys()


def test_it_names_the_colour_of_a_photo_that_it_never_saw(taught, tmp_path):
    from tests.support.described import photo

    for number, colour in enumerate(("red", "green", "blue")):
        photo(tmp_path / f"{colour}.jpg", colour, 1000 + number)
        assert colour in describe_photo(taught.out, tmp_path / f"{colour}.jpg", encoder=taught.encoder).split()


def test_the_best_epochs_weights_are_the_models(taught):
    from caption_model.bundles.weights import load_tensors

    history = json.loads((taught.out / "history.json").read_text())
    best = min(history, key=lambda record: record["val_loss"])["epoch"]
    kept = load_tensors(taught.out / "models" / f"epoch-{best:02}.safetensors")
    for name, value in load_tensors(taught.out / "model.safetensors").items():
        np.testing.assert_array_equal(value, kept[name])


def test_a_network_that_was_exchanged_is_refused(taught, tmp_path, sample):
    import shutil

    from tests.conftest import FakeEncoder

    cat = sample / "photos" / "cat.jpg"
    with pytest.raises(TrainingError, match="other weights"):
        describe_photo(taught.out, cat, encoder=FakeEncoder("e" * 64))
    with pytest.raises(TrainingError, match="no trained recipe"):
        describe_photo(tmp_path / "nothing", cat, encoder=taught.encoder)
    copy = shutil.copytree(taught.out, tmp_path / "copy")
    (copy / "model.safetensors").write_bytes((copy / "models" / "epoch-01.safetensors").read_bytes())
    with pytest.raises(TrainingError, match="was changed"):
        describe_photo(copy, cat, encoder=taught.encoder)


def test_trained_again_it_goes_on_and_another_one_is_refused(taught):
    before = (taught.out / "history.json").read_text()
    assert taught.train()["bleu1"] == pytest.approx(taught.scores["bleu1"])
    assert (taught.out / "history.json").read_text() == before
    with pytest.raises(TrainingError, match="name another --out"):
        taught.train(units=16)


def test_a_broken_photo_costs_itself_alone(tmp_path, encoder, caplog):
    folder = flickr_folder(tmp_path / "data", photos=12)
    (folder / "images" / "0.jpg").write_bytes(b"no photo")
    (folder / "images" / "3.jpg").unlink()
    recipe = replace(load_recipe("xception-word"), **SMALL | {"epochs": 1})
    choices = Choices("xception-word", cache=tmp_path / "cache")
    scores = train_recipe(recipe, Wish(folder), tmp_path / "out", tmp_path / "run", choices, encoder=encoder)
    assert (scores["photos"], scores["n"]) == (8, 2)
    assert "2 photos cannot be opened" in caplog.text


def test_words_learn_from_posts_too(tmp_path, encoder):
    recipe = replace(load_recipe("vgg16-word"), **SMALL | {"epochs": 1})
    choices = Choices("vgg16-word", cache=tmp_path / "cache")
    folder = kaggle_folder(tmp_path / "data")
    scores = train_recipe(recipe, Wish(folder), tmp_path / "out", tmp_path / "run", choices, encoder=encoder)
    assert (scores["photos"], scores["n"]) == (5, 1)


def test_given_vectors_stay_as_they_are(tmp_path, flickr, encoder):
    from caption_model.bundles.weights import load_tensors

    known = {word: number for number, word in enumerate(["a", "red", "green", "blue", "is", "there", *THINGS[:3]])}
    glove = vectors_file(tmp_path / "glove.txt", known, width=7)
    recipe = replace(load_recipe("resnet50-glove"), **SMALL | {"epochs": 2})
    choices = Choices("resnet50-glove", glove=glove, cache=tmp_path / "cache")
    scores = train_recipe(recipe, Wish(flickr), tmp_path / "out", tmp_path / "run", choices, encoder=encoder)
    assert scores["words_without_vector"] == 1
    vocabulary = WordVocabulary.from_json(json.loads((tmp_path / "out" / "tokenizer.json").read_text()))
    table = load_tensors(tmp_path / "out" / "model.safetensors")["words/embeddings"]
    assert table.shape == (len(vocabulary), 7)
    np.testing.assert_allclose(
        table[vocabulary.index["blue"]], np.random.default_rng(known["blue"]).normal(size=7), atol=1e-4
    )
    assert not table[vocabulary.index[THINGS[3]]].any()


@pytest.mark.parametrize("name", ["xception-word", "resnet50-glove", "vgg16-word"])
def test_typed_it_trains_and_captions_a_photo(name, tmp_path, flickr, typed, tiny_networks):
    glove = vectors_file(tmp_path / "glove.txt", {"a": 1, "red": 2}, width=5)
    further = ["--glove", glove] if name == "resnet50-glove" else []
    recipe = ["recipe", name, "--out", tmp_path / "out", "--weights", "random"]
    options = ["--epochs", 1, "--units", 8, "--cache", tmp_path / "cache", *further]
    code, out, err = typed(*recipe, "--data", flickr, *options)
    assert code == 0, err
    assert "bleu4" in out
    assert "--photo" in out + err
    code, out, err = typed(*recipe, "--photo", flickr / "images" / "1.jpg")
    assert code == 0, err
    assert len(out.splitlines()) == 1


def test_the_vector_of_fc2_is_taken_where_the_weights_have_it(tmp_path, tiny_networks):
    whole, cut = stand_in(), stand_in(include_top=False)
    whole.save_weights(tmp_path / "whole.weights.h5")
    cut.save_weights(tmp_path / "cut.weights.h5")
    photo = np.random.default_rng(0).integers(0, 256, (1, SIZE, SIZE, 3)).astype(np.uint8)
    assert recipe_encoder("vgg16-fc2", str(tmp_path / "whole.weights.h5")).encode(photo).pooled.shape == (1, 10)
    mean = recipe_encoder("vgg16-fc2", str(tmp_path / "cut.weights.h5"))
    assert mean.encode(photo).pooled.shape == (1, 6)
    assert mean.grid_shape == (4, 4, 6)
    same = recipe_encoder("vgg16-imagenet", str(tmp_path / "cut.weights.h5"))
    np.testing.assert_allclose(same.encode(photo).pooled, mean.encode(photo).pooled)


def test_weights_are_read_from_safetensors_and_from_a_network_with_its_head(tmp_path, tiny_networks):
    from caption_model.bundles.bundle import network_weights
    from caption_model.bundles.weights import save_tensors

    whole = stand_in()
    whole.save_weights(tmp_path / "whole.weights.h5")
    save_tensors(tmp_path / "resnet.safetensors", network_weights(whole))
    photo = np.random.default_rng(0).integers(0, 256, (1, SIZE, SIZE, 3)).astype(np.uint8)
    grids = [
        recipe_encoder("resnet50", str(tmp_path / name)).encode(photo).grid
        for name in ("whole.weights.h5", "resnet.safetensors")
    ]
    assert grids[0].shape == (1, 4, 4, 6)
    np.testing.assert_array_equal(*grids)


@pytest.mark.parametrize("name", ["none.h5", "text.h5", "text.safetensors", "other.weights.h5"])
def test_what_holds_no_weights_is_refused_by_name(name, tmp_path, tiny_networks):
    import keras

    for file in ("text.h5", "text.safetensors"):
        (tmp_path / file).write_text("no weights")
    keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]).save_weights(tmp_path / "other.weights.h5")
    with pytest.raises(EncoderError, match=name):
        recipe_encoder("resnet50", str(tmp_path / name))


def test_without_a_network_one_sentence_says_what_to_do(tiny_networks, typed, tmp_path, flickr):
    code, _, err = typed("recipe", "xception-word", "--data", flickr, "--out", tmp_path / "out")
    assert code == 1
    assert err.startswith("Error: Keras cannot download the weights of 'xception'")
    assert "--weights" in err
    assert "--encoder vgg16" in err


def test_an_unknown_encoder_is_refused_with_those_there_are():
    with pytest.raises(EncoderError, match="vgg16, xception, resnet50"):
        recipe_encoder("alexnet")


def test_what_the_command_lacks_is_said(typed, tmp_path, flickr, tiny_networks):
    for words_typed in (
        ["recipe", "vgg16-word", "--out", tmp_path / "out"],
        ["recipe", "vgg16-word", "--out", tmp_path / "out", "--data", flickr, "--photo", flickr / "images" / "1.jpg"],
    ):
        code, _, err = typed(*words_typed)
        assert code == 2
        assert "--photo" in err
    code, _, err = typed("recipe", "resnet50-glove", "--data", flickr, "--out", tmp_path / "o", "--weights", "random")
    assert code == 1
    assert "--glove" in err


def test_characters_learn_from_posts_and_caption_a_photo(tmp_path, encoder):
    recipe = replace(
        load_recipe("vgg16-char"), units=32, batch=16, epochs=12, learning_rate=0.01, min_count=1, patience=12
    )
    folder, out = kaggle_folder(tmp_path / "data"), tmp_path / "out"
    choices = Choices("vgg16-char", cache=tmp_path / "cache")

    def train():
        return train_recipe(recipe, Wish(folder), out, tmp_path / "run", choices, encoder=encoder)

    scores = train()
    assert scores["bits"] < 2.5
    assert scores["photos"] == 6
    lines = (out / "descriptions.txt").read_text(encoding="utf-8").splitlines()
    assert "insta1.jpg\tgood morning ☀️" in lines
    assert "☀️" in json.loads((out / "tokenizer.json").read_text(encoding="utf-8"))["symbols"]
    assert (out / "loss.png").read_bytes().startswith(PNG)
    captions = caption_photo(out, folder / "instagram_data" / "img" / "insta1.jpg", n=3, encoder=encoder)
    assert 1 <= len(captions) <= 3
    again = train()
    assert again["bits"] == scores["bits"]


def test_the_judge_is_measured_on_the_same_samples_with_it_and_without(tmp_path, typed):
    folder, out = kaggle_folder(tmp_path / "data", photos=3), tmp_path / "out"
    recipe = replace(load_recipe("critic"), captions=100, batch=32, epochs=1, photos=3, samples=24)
    choices = Choices("critic", cache=tmp_path / "cache")
    scores = train_recipe(recipe, Wish(folder, generator="default"), out, tmp_path / "run", choices)
    assert scores["photos"] == 3
    assert 0 <= scores["critic"]["area"] <= 1
    assert scores["without"].keys() == scores["with"].keys()
    assert 0 <= scores["with"]["names_unseen"] <= 1
    table = (out / "with-and-without.csv").read_text(encoding="utf-8").splitlines()
    assert len(table) == 4
    code, shown, err = typed("recipe", "critic", "--out", out, "--photo", folder / "instagram_data/img/insta1.jpg")
    assert code == 0, err
    assert [line.partition(":")[0] for line in shown.splitlines()] == ["without the judge", "with the judge"]


def test_a_perfect_judge_decides(monkeypatch):
    """With samples and their logits known: the critic's favourite is chosen with it, the likeliest without."""
    from caption_model.generation.caption import Caption
    from caption_model.generation.reranking import RerankingWeights
    from caption_model.training.recipes.published import judge as module

    drawn = [Caption("a fine day", -3.0, -3.0), Caption("a finer day", -9.0, -9.0)]
    merit = {"a fine day": 0.0, "a finer day": 0.0}

    class Chooses:
        weights = RerankingWeights()

        def choose(self, captions, n, controls):
            best = max(captions, key=lambda one: (one.fit_logit, one.conditional_logp))
            return [best]

        def merit(self, caption):
            return merit[caption.text]

    monkeypatch.setattr(module, "sample_captions", lambda *of, **how: [drawn])
    verdict = SimpleNamespace(real=np.array([-2.0, 2.0]), fit=np.array([-1.0, 1.0]))
    model = SimpleNamespace(reranker=Chooses())
    pick = module.choose_twice(model, lambda texts, seen: verdict, np.zeros(4, np.float32), "a.jpg", 2, 7)
    assert (pick.without, pick.beside, pick.logits) == ("a fine day", "a finer day", (-2.0, 2.0))
    monkeypatch.setattr(module, "sample_captions", lambda *of, **how: [[]])
    assert module.choose_twice(model, lambda texts, seen: verdict, np.zeros(4, np.float32), "a.jpg", 2, 7) is None


def test_the_picture_shows_every_layer():
    from caption_model.training.recipes.published.merge_network import MergeConfig, build_merge
    from caption_model.training.recipes.published.model_picture import _places, _sources, draw_model

    network = build_merge(MergeConfig(9, 4, 3, 5, 0.1))
    layers = network.get_config()["layers"]
    before = {layer["name"]: list(_sources(layer["inbound_nodes"])) for layer in layers}
    assert set(before["merge"]) == {"lstm", "photo_for_each_word"}
    places = _places(before)
    assert all(places[source][1] < places[name][1] for name, sources in before.items() for source in sources)
    assert len(set(places.values())) == len(layers)
    assert draw_model(network, "a title").startswith(PNG)


def test_step_by_step_it_says_what_it_was_taught_to_say():
    from caption_model.text.vocabulary import START
    from caption_model.training.recipes.published.merge_network import MergeConfig, MergeWriter, build_merge

    network = build_merge(MergeConfig(9, 4, 3, 5, 0.1))
    random = np.random.default_rng(0)
    for variable in network.trainable_variables:
        variable.assign(random.normal(0, 0.6, variable.shape))
    features = random.normal(size=(2, 4)).astype(np.float32)
    sentence = np.array([[START, 5, 7, 4], [START, 8, 8, 6]], np.int32)
    whole = np.asarray(network((sentence, features), training=False))
    writer = MergeWriter(network)
    state = writer.begin(features)
    for place in range(4):
        logits, state = writer.step(sentence[:, place], state)
        np.testing.assert_allclose(logits, whole[:, place], atol=1e-4)


def test_a_measurer_counts_words_not_padding():
    from caption_model.training.engine.loop import Batch

    def network(inputs, training):
        import tensorflow as tf

        return tf.one_hot(inputs[0], 5) * 10.0

    said = np.array([[1, 2, 3]], np.int32)
    batch = Batch(
        (said, np.zeros((1, 2), np.float32)), np.array([[1, 4, 0]], np.int32), np.array([[1, 1, 0]], np.float32)
    )
    loss, accuracy = words._measurer(network)([batch])
    assert accuracy == 0.5
    assert loss == pytest.approx(5.0, abs=0.01)
