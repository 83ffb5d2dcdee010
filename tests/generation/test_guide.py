"""The guide: a sampler that follows it writes nothing but attested runs of captions of such photos."""

import itertools

import numpy as np
import pytest

from caption_model.generation.guide import Guide, RowGuide
from caption_model.generation.sampling import TopPSampler
from caption_model.text.continuations import Continuations, runs
from caption_model.text.vocabulary import END, GraphemeVocabulary

CAPTIONS = {
    "coffee": ["One more coffee, then home ☕", "one more coffee and i'm ready", "Coffee first. Then I talk"],
    "motorbike": ["One more ride", "One more corner, then home 🏍️"],
}
TEXTS = [text for several in CAPTIONS.values() for text in several]
VOCABULARY = GraphemeVocabulary.fit([*TEXTS, "ONCMTIOMHRB!?"])


@pytest.fixture(scope="module")
def guide():
    return Guide(
        VOCABULARY, Continuations.fit((text, {topic}) for topic, several in CAPTIONS.items() for text in several)
    )


def following(ways, text):
    """The symbols that may follow a text, as one string; ``END`` as a full stop at the end."""
    allowed = ways.allowed(ways.begin(text))
    return None if allowed is None else {VOCABULARY.symbols[n] if n != END else "END" for n in np.flatnonzero(allowed)}


def test_every_caption_may_be_written_as_it_stands(guide):
    ways = guide.among(None)
    for text in TEXTS:
        place = ways.begin()
        for symbol in [*VOCABULARY.encode(text), END]:
            assert ways.allowed(place)[symbol], f"{VOCABULARY.symbols[symbol]!r} in {text!r}"
            place = ways.moved(place, symbol)


def test_only_what_somebody_wrote_may_follow(guide):
    ways = guide.among(None)
    assert following(ways, "") == {"O", "o", "C", "c"}
    assert following(ways, "One more ") == {"c", "r"}
    assert following(ways, "One more co") == {"f", "r"}
    assert following(ways, "One more coffee") == {",", " "}
    assert following(ways, "One more ride") == {" ", "END"}
    assert following(ways, "One more ride ") == {"☕", "🏍️"}, "which emoji goes with it others judge"
    assert following(ways, "One more ride 🏍️") == {" ", "END", "☕", "🏍️"}


def test_a_small_i_goes_with_a_small_beginning(guide):
    ways = guide.among(None)
    assert following(ways, "one more coffee and ") == {"I", "i"}
    assert following(ways, "One more coffee and ") == {"I"}


def test_topics_close_ways(guide):
    assert following(guide.among({"motorbike"}), "One more ") == {"c", "r"}
    assert following(guide.among({"motorbike"}), "One more co") == {"r"}
    assert following(guide.among({"coffee"}), "One more ") == {"c"}
    assert following(guide.among(set()), "One more ") == set()


def test_where_nobody_came_anything_may_follow(guide):
    ways = guide.among({"coffee"})
    assert following(ways, "Zebras gallop past ") is None
    assert following(ways, "Zebr") is None


def test_a_blind_decoder_writes_attested_runs(guide):
    class Blind:
        def step(self, symbols, state):
            (noise,) = state
            logits = np.random.default_rng(int(noise[0, 0])).normal(size=(len(symbols), len(VOCABULARY)))
            return logits.astype(np.float32), (noise + 1,)

    rows, steps = 40, 60
    ways = RowGuide([guide.among({"coffee"}), guide.among({"motorbike"})], rows // 2)
    random = np.random.default_rng(0).random((rows, steps), np.float32)
    sampler = TopPSampler(top_p=1.0, temperature=1.0)
    drawn = sampler.sample(Blind(), (np.zeros((rows, 1)),), None, random, ways=ways)
    found = [VOCABULARY.decode(row.tolist()).strip() for row in drawn.symbols]
    known = {topic: set(itertools.chain.from_iterable(map(runs, several))) for topic, several in CAPTIONS.items()}
    assert drawn.finished.sum() > rows / 2
    for row in np.flatnonzero(drawn.finished):
        topic = "coffee" if row < rows // 2 else "motorbike"
        assert set(runs(found[row])) <= known[topic], found[row]
    assert len(set(found)) > 3
