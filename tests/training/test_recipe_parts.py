"""What recipes are put together from, short of a network: configurations, data, word vectors, files."""

import gzip

import numpy as np
import pytest

from caption_model.errors import DumpError, TrainingError
from caption_model.text.vocabulary import PAD, START, WordVocabulary
from caption_model.training.recipes.published.configuration import NAMES, WordRecipe, load_recipe
from caption_model.training.recipes.published.glove import read_glove
from caption_model.training.recipes.published.photo_texts import read_photo_texts
from caption_model.training.recipes.published.results import claim, read_facts, write_features
from caption_model.training.recipes.published.word_batches import WordBatches
from tests.support.described import flickr_folder, kaggle_folder, vectors_file

WORDS = WordVocabulary.fit(["a red ball", "a blue boat"])


@pytest.mark.parametrize("name", NAMES)
def test_each_recipe_of_ours_can_be_read(name):
    assert load_recipe(name).title


def test_a_recipe_of_your_own_is_read_by_its_path(tmp_path):
    from caption_model.training.recipes.published.configuration import FOLDER

    mine = tmp_path / "mine.toml"
    mine.write_text((FOLDER / "vgg16-word.toml").read_text(encoding="utf-8").replace("units = 256", "units = 32"))
    recipe = load_recipe(str(mine))
    assert isinstance(recipe, WordRecipe)
    assert (recipe.units, recipe.encoder) == (32, "vgg16-fc2")


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ('kind = "words"', 'kind = "pictures"', "kind"),
        ("units = 256", 'units = "many"', "units"),
        ("units = 256", "units = 2.5", "units"),
        ("dropout = 0.5", "dropout = 1.5", "dropout"),
        ("epochs = 20", "epochs = 0", "epochs"),
        ("epochs = 20", "", "epochs"),
        ("epochs = 20", "epochs = 20\nsteps = 3", "steps"),
        ('vectors = "learnt"', 'vectors = "found"', "vectors"),
        ("batch = 64", "batch = = 64", "TOML"),
    ],
)
def test_what_is_no_recipe_is_refused_by_name(tmp_path, before, after, told):
    from caption_model.training.recipes.published.configuration import FOLDER

    text = (FOLDER / "vgg16-word.toml").read_text(encoding="utf-8")
    assert before in text
    (tmp_path / "mine.toml").write_text(text.replace(before, after), encoding="utf-8")
    with pytest.raises(TrainingError, match=told):
        load_recipe(str(tmp_path / "mine.toml"))


def test_an_unknown_recipe_is_refused_with_those_there_are(tmp_path):
    with pytest.raises(TrainingError, match="xception-word, resnet50-glove"):
        load_recipe("alexnet-word")
    with pytest.raises(TrainingError, match="cannot be read"):
        load_recipe(str(tmp_path / "none.toml"))


def test_flickr8k_as_its_lists_say(tmp_path):
    texts = read_photo_texts(flickr_folder(tmp_path))
    assert (len(texts.train), len(texts.judging)) == (18, 6)
    assert texts.train["0.jpg"] == ["A red ball .", "There is a red ball!"]
    assert texts.photos["3.jpg"] == tmp_path / "images" / "3.jpg"


def test_flickr8k_as_kaggle_gives_it(tmp_path):
    flickr_folder(tmp_path, photos=8, lists=False)
    (tmp_path / "captions.csv").rename(tmp_path / "captions.txt")
    (tmp_path / "images").rename(tmp_path / "Images")
    texts = read_photo_texts(tmp_path)
    assert len(texts.names) == 8
    assert all(texts.photos[name].is_file() for name in texts.names)


def test_flickr8k_as_it_was_first_given_out(tmp_path):
    flickr_folder(tmp_path, lists=False)
    (tmp_path / "images").rename(tmp_path / "Flicker8k_Dataset")
    (tmp_path / "captions.csv").unlink()
    lines = [f"{n}.jpg#{k}\tA dog number {n} , seen {k} times ." for n in range(4) for k in range(2)]
    (tmp_path / "Flickr8k.token.txt").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "Flickr_8k.trainImages.txt").write_text("0.jpg\n2.jpg\n", encoding="utf-8")
    (tmp_path / "Flickr_8k.devImages.txt").write_text("1.jpg\n", encoding="utf-8")
    texts = read_photo_texts(tmp_path)
    assert list(texts.train) == ["0.jpg", "2.jpg"]
    assert texts.judging == {"1.jpg": ["A dog number 1 , seen 0 times .", "A dog number 1 , seen 1 times ."]}
    assert texts.photos["1.jpg"].is_file()


def test_without_lists_a_tenth_judges_always_the_same(tmp_path):
    texts = read_photo_texts(flickr_folder(tmp_path, photos=40, lists=False))
    assert len(texts.judging) == 4
    assert not texts.judging.keys() & texts.train.keys()
    assert read_photo_texts(tmp_path).judging == texts.judging


def test_posts_are_cleaned_and_go_with_their_photos(tmp_path):
    kaggle_folder(tmp_path)
    with (tmp_path / "instagram_data" / "captions_csv.csv").open("a", encoding="utf-8") as file:
        file.write("900,img/insta1,Lovely walk #nofilter\n901,img/insta99,This photo is missing\n")
    texts = read_photo_texts(tmp_path)
    said = [text for part in (texts.train, texts.judging) for several in part.values() for text in several]
    assert len(texts.names) == 6
    assert "Lovely walk" in said
    assert "This photo is missing" not in said
    assert all(texts.photos[name].is_file() for name in texts.names)


@pytest.mark.parametrize(
    ("name", "content", "error", "told"),
    [
        ("captions.csv", "picture,text\n1.jpg,a dog\n", DumpError, "'caption'"),
        ("Flickr8k.token.txt", "1.jpg#0 a dog\n", DumpError, "line 1"),
        ("Flickr8k.token.txt", "\n", DumpError, "no descriptions"),
        ("devImages.txt", "99.jpg\n", TrainingError, "99.jpg"),
    ],
)
def test_data_that_are_amiss_are_named(tmp_path, name, content, error, told):
    flickr_folder(tmp_path, photos=4)
    if name.startswith("Flickr8k"):
        (tmp_path / "captions.csv").unlink()
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(error, match=told):
        read_photo_texts(tmp_path)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(DumpError, match="none is no folder"):
        read_photo_texts(tmp_path / "none")


@pytest.mark.parametrize("width", [3, 50])
def test_vectors_of_any_width_are_read_and_unknown_words_counted(tmp_path, width):
    file = vectors_file(tmp_path / "glove.txt", {"a": 1, "red": 2, "zebra": 3, "boat": 4}, width)
    vectors = read_glove(file, WORDS)
    assert vectors.table.shape == (len(WORDS), width)
    assert vectors.known == 3
    assert set(vectors.unknown) == {"ball", "blue"}
    drawn = np.random.default_rng(2).normal(size=width)
    np.testing.assert_allclose(vectors.table[WORDS.index["red"]], drawn, atol=1e-4)
    assert not vectors.table[WORDS.index["ball"]].any()
    assert not vectors.table[START].any()


@pytest.mark.parametrize("header", ["4 3\n", ""])
def test_a_packed_file_with_a_header_and_words_with_blanks_is_read(tmp_path, header):
    text = f"{header}. . . 0.1 0.2 0.3\nred 1 2 3\nred 7 7 7\n\nboat -1 0.5 1e-2\n"
    (tmp_path / "vectors.txt.gz").write_bytes(gzip.compress(text.encode()))
    vectors = read_glove(tmp_path / "vectors.txt.gz", WORDS)
    np.testing.assert_allclose(vectors.table[WORDS.index["red"]], [1, 2, 3])
    np.testing.assert_allclose(vectors.table[WORDS.index["boat"]], [-1, 0.5, 0.01])


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"a 1 2 3\nred 1 2\n", "line 2"),
        (b"a 1 2 3\nred 1 two 3\n", "line 2"),
        (b"a 1 2 3\nred 1 nan 3\n", "line 2"),
        (b"chat 1 2 3\nchien 1 2 3\n", "another language"),
        (b"", "another language"),
        (b"word\nanother\n", "first line"),
        (b"PK\x03\x04\x14\x00\x00\x00", "first line"),
    ],
)
def test_what_holds_no_vectors_is_refused(tmp_path, content, told):
    (tmp_path / "glove.txt").write_bytes(content)
    with pytest.raises(TrainingError, match=told):
        read_glove(tmp_path / "glove.txt", WORDS)


def test_missing_or_broken_vectors_are_named(tmp_path):
    with pytest.raises(TrainingError, match=r"glove\.txt cannot be read"):
        read_glove(tmp_path / "glove.txt", WORDS)
    (tmp_path / "glove.gz").write_bytes(gzip.compress(b"a 1 2 3\n" * 99)[:-9])
    with pytest.raises(TrainingError, match=r"glove\.gz cannot be read"):
        read_glove(tmp_path / "glove.gz", WORDS)


def test_an_epoch_shows_every_description_once_on_its_photo():
    texts = [["a red ball", "a ball"], ["a blue boat " * 5], ["!"]]
    features = np.arange(3, dtype=np.float32)[:, None]
    batches = WordBatches(texts, features, WORDS, batch=2, longest=20)
    shown = []
    for (inputs, seen), targets, weights in (batch[:3] for batch in batches(0)):
        assert (inputs[:, 0] == START).all()
        np.testing.assert_array_equal(weights, (targets != PAD).astype(np.float32))
        shown += [(int(row[0]), WORDS.decode(words.tolist())) for row, words in zip(seen, targets, strict=True)]
    assert sorted(shown) == [(0, "a ball"), (0, "a red ball"), (1, ("a blue boat " * 5).strip())]
    assert batches.steps == len(list(batches(0)))
    first, again = ([batch.targets.tolist() for batch in batches(3)] for _ in range(2))
    assert first == again


def test_descriptions_without_a_fitting_length_are_no_lesson():
    with pytest.raises(TrainingError, match="between 1 and 2 words"):
        WordBatches([["a red ball"], ["!"]], np.zeros((2, 1), np.float32), WORDS, batch=2, longest=2)


def test_a_folder_takes_one_training(tmp_path):
    facts = {"kind": "words", "configuration": {"units": 8, "epochs": 2}, "seed": 7}
    claim(tmp_path / "out", facts)
    claim(tmp_path / "out", facts | {"configuration": {"units": 8, "epochs": 9}})
    assert read_facts(tmp_path / "out")["configuration"]["epochs"] == 9
    with pytest.raises(TrainingError, match="another configuration: name another --out"):
        claim(tmp_path / "out", facts | {"configuration": {"units": 9, "epochs": 2}})
    characters = {"kind": "characters", "configuration": {"epochs": 2}}
    claim(tmp_path / "other", characters)
    with pytest.raises(TrainingError, match="another configuration"):
        claim(tmp_path / "other", characters | {"configuration": {"epochs": 3}})
    with pytest.raises(TrainingError, match="another seed"):
        claim(tmp_path / "out", facts | {"seed": 8})
    (tmp_path / "file").write_text("")
    with pytest.raises(TrainingError, match="--out"):
        claim(tmp_path / "file", facts)


def test_features_hold_no_objects(tmp_path):
    write_features(tmp_path, ["é.jpg", "\udcff.jpg"], np.ones((2, 3), np.float32))
    with np.load(tmp_path / "features.npz", allow_pickle=False) as stored:
        assert stored["names"].tolist() == ["é.jpg", "\\udcff.jpg"]
        assert stored["features"].dtype == np.float32
