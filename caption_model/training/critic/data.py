"""What the critic learns from: people's captions, those that the social decoder writes, and pairs with photos."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from caption_model.generation.options import GenerationOptions
from caption_model.generation.social import SocialModel, sample_captions
from caption_model.text import graphemes
from caption_model.text.controls import Controls, Tone
from caption_model.training.corpus.photos import corpus_photos
from caption_model.training.corpus.table import read_corpus
from caption_model.training.social.corpus import LONGEST_POST, lessons
from caption_model.training.social.data import Example, is_validation
from caption_model.training.social.sources import PhotoRows

SHARES: dict[Tone, float] = {"gram": 0.6, "playful": 0.13, "warm": 0.13, "minimal": 0.07, "post": 0.07}
TEMPERATURES = (0.65, 0.85, 1.0)
PLAIN = 0.125  # descriptions of photos for each sampled post: what only says what there is to see is no post either
TRUE_ENOUGH = 0.5  # score of a weak pair that counts as a pair
HOPELESS = 40  # draws without one caption that may be shown
MOST_TOPICS = 4  # told of a photo
FREE_EVERY = 4  # one draw in so many is not constrained
JUDGES = "judges"  # source of the captions of the corpus's dev photos: they measure, whatever their letters


@dataclass(frozen=True)
class Lesson:
    """What is learnt from or measured on: texts with 1 (people's posts) or 0, and pairs of texts and photo rows."""

    texts: Sequence[str]
    real: NDArray[np.float32]
    paired: Sequence[str]
    photo: NDArray[np.int64]


def corpus_examples(folder: Path, places: Sequence[str], unpacked: Path) -> tuple[list[Example], list[Path]]:
    """All captions of the corpus but those of its test part, and its photos."""
    corpus, rows = read_corpus(folder), PhotoRows()
    wanted = {one.photo for one in corpus.captions if corpus.parts[one.photo] != "test"}
    taught = lessons(corpus, corpus_photos(places, wanted, unpacked), rows)
    judges = [replace(example, source=JUDGES) for example in taught.judges]
    return [*taught.examples, *taught.simple_judges, *judges], rows.paths


def short_examples(examples: Sequence[Example]) -> list[Example]:
    """Beside the corpus, the dumps' posts as the decoder learns them, and descriptions."""
    posts = [example for example in examples if example.source in ("posts", "also")]
    kept = [example for example in posts if graphemes.length(example.caption) <= LONGEST_POST]
    return [*(replace(example, photos=()) for example in kept), *(e for e in examples if e.source == "described")]


def topics_of(examples: Sequence[Example]) -> dict[int, list[str]]:
    """What each photo of the corpus's pairs shows, by its row."""
    found: dict[int, set[str]] = {}
    for example in examples:
        if example.source == "pairs" and example.photos:
            found.setdefault(example.photos[0].photo, set()).update(example.topics)
    return {row: sorted(topics)[:MOST_TOPICS] for row, topics in found.items()}


def sample_tones(
    writer: SocialModel,
    photos: NDArray[np.float32],
    rows: NDArray[np.int64],
    count: int,
    seed: int,
    tones: Collection[Tone | None],
    about: Mapping[int, Sequence[str]] | None = None,
) -> dict[Tone, list[str]]:
    """Captions that the decoder writes under these rows of the photos and that may be shown, by tone; each once.

    Only tones that people's captions have are sampled. ``about``: topics of each row, of which the decoder is told.
    """
    sampled: dict[Tone, list[str]] = {}
    random = np.random.default_rng(seed)
    for tone, share in SHARES.items():
        if tone not in tones:
            continue
        controls, wanted = Controls(tone=tone), round(share * count)
        found: dict[str, None] = {}
        for turn in range(4 * len(rows)):
            if len(found) >= wanted or (turn == HOPELESS and not found):
                break
            temperature = TEMPERATURES[turn % len(TEMPERATURES)]
            options = GenerationOptions(seed=seed, tone=tone, temperature=temperature, top_p=0.92)
            row = int(rows[random.integers(len(rows))]) if about else int(rows[turn * 37 % len(rows)])
            told = [dict.fromkeys(about[row], 1.0)] if about else None
            salt = f"{tone} {turn}".encode()
            # As captions are written, and now and then freely: both kinds of mistakes are to be known.
            constrained = told is not None and turn % FREE_EVERY > 0
            (drawn,) = sample_captions(writer, photos[[row]], [salt], options, topics=told, constrained=constrained)
            texts = [one.text for one in drawn if writer.reranker.plausible(one.text, controls)]
            if tone == "gram" and not about:  # runs of words that nobody posted give a post away without a critic
                texts = [text for text in texts if not writer.reranker.word_ngrams.unknown(text)]
            found.update(dict.fromkeys(texts))
        sampled[tone] = list(found)[:wanted]
    return sampled


def is_held_out(example: Example) -> bool:
    """Whether a caption is held out: of the corpus's photos their part decides, of all else the letters."""
    return example.source == JUDGES or (example.source not in ("pairs", "loose") and is_validation(example.caption))


def lesson_of(examples: Sequence[Example], sampled: dict[Tone, list[str]], held_out: bool, seed: int) -> Lesson:
    """As many people's posts as captions that are none, of each tone, and all pairs that are true enough."""
    random = np.random.default_rng(seed)
    described = sorted({e.caption for e in examples if e.source == "described"})
    texts: list[str] = []
    real: list[float] = []
    for tone, all_fakes in sampled.items():
        fakes = [text for text in all_fakes if is_validation(text) == held_out]
        if tone == "gram":
            plain = random.permutation(len(described))[: round(PLAIN * len(fakes))]
            fakes += [described[number] for number in plain]
        people = sorted(
            {e.caption for e in examples if e.tone == tone and e.source not in ("further", "loose")} - set(all_fakes)
        )
        said = [people[number] for number in random.permutation(len(people))[: len(fakes)]]
        texts += [*said, *fakes]
        real += [1.0] * len(said) + [0.0] * len(fakes)
    # A pattern's caption was not written for its photo: it teaches what goes with what, and measures nothing.
    paired = [e for e in examples if e.photos and not (held_out and e.source == "patterns")]
    pairs = [(e.caption, e.photos[0].photo) for e in paired if e.photos[0].score >= TRUE_ENOUGH]
    return Lesson(
        texts,
        np.array(real, np.float32),
        [text for text, _ in pairs],
        np.array([photo for _, photo in pairs], np.int64),
    )
