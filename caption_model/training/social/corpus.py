"""What the social decoder learns from our own corpus, and the two phases in which it does.

First captions under their photos teach it to look ("pairs"); then the plainest captions count most ("simple"), and last
those that patterns stand for ("patterns"): so many, so alike and so well-formed that a small network learns to speak.
In all it is told what a caption is about: the topics that the caption names and its photo's description names, too.
"""

import csv
import gzip
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from caption_model.errors import TrainingError
from caption_model.generation.grounding import ANYTHING, group_of
from caption_model.text import graphemes
from caption_model.text.continuations import Continuations
from caption_model.text.controls import MAX_GRAPHEMES
from caption_model.training.corpus.names import LISTED
from caption_model.training.corpus.table import Corpus
from caption_model.training.corpus.taught import named, shown, subjects, taught_topics
from caption_model.training.social.data import ATTESTED, Example, Mixture, Pairing, is_validation
from caption_model.training.social.sources import PhotoRows
from datasets.corpus.patterns import parse, sample, sample_of

Phase = Literal["pairs", "simple", "patterns"]
MIXTURES: dict[Phase, dict[str, Mixture]] = {
    "pairs": {
        "pairs": Mixture(1.2, 1.5),
        "loose": Mixture(0.3, 0.15),
        "topics": Mixture(2.0, 2.0),
        "lists": Mixture(1.0, 1.0),
        "titles": Mixture(0.5, 0.25),
        "named": Mixture(0.6, 0.4),
        "posts": Mixture(0.15, 0.1),
        "also": Mixture(0.15, 0.1),
    },
    "simple": {
        "simple": Mixture(3.0, 3.0),
        "pairs": Mixture(1.0, 0.6),
        "loose": Mixture(0.15, 0.05),
        "topics": Mixture(1.0, 0.7),
        "lists": Mixture(1.0, 1.0),
        "titles": Mixture(0.25, 0.1),
        "named": Mixture(0.25, 0.1),
        "posts": Mixture(0.08, 0.04),
        "also": Mixture(0.08, 0.04),
    },
    "patterns": {
        "patterns": Mixture(1.0, 1.0),
        "simple": Mixture(1.0, 1.0),
        "pairs": Mixture(0.6, 0.3),
        "loose": Mixture(0.05, 0.02),
        "topics": Mixture(0.7, 0.5),
        "lists": Mixture(0.5, 0.3),
        "named": Mixture(0.15, 0.05),
        "posts": Mixture(0.05, 0.03),
        "also": Mixture(0.05, 0.03),
    },
}
# Graphemes: short captions are what people post, and a caption that names nothing fits only if it is very short.
LONGEST, LONGEST_LOOSE, LONGEST_LISTED, LONGEST_POST = 56, 30, 44, 50
SIMPLE_HELD_OUT = 0.04  # share of the simple captions
PATTERNS_HELD_OUT = 0.02
PATTERNS_JUDGING = 0.04  # share of the others of which an expansion judges that is not learnt
# Of a pattern's expansions: the rest are for the network to find.
MOST_EXPANSIONS, SHARE_OF_EXPANSIONS = 12, 0.6
# A pattern's caption stands under some photos of its topic, none of which it was written for.
PHOTOS_OF_PATTERN, FITS = 6, 0.7


@dataclass(frozen=True)
class Lessons:
    """What is learnt, and what judges: captions of dev photos, simple captions held out, and expansions not learnt."""

    examples: Sequence[Example]
    judges: Sequence[Example]
    simple_judges: Sequence[Example]
    expansion_judges: Sequence[Example] = ()


def lessons(corpus: Corpus, found: Mapping[str, Path], photos: PhotoRows) -> Lessons:
    """The corpus's own captions; those whose photo is not found are learnt as text alone, and judge nothing."""
    examples: list[Example] = []
    judges: list[Example] = []
    for caption, tone, photo, _ in corpus.captions:
        part, length = corpus.parts[photo], graphemes.length(caption)
        if part == "test" or not 0 < length <= MAX_GRAPHEMES or (part == "dev" and photo not in found):
            continue
        seen = shown(next(iter(corpus.descriptions.get(photo, ())), ""))
        about = subjects(named(caption) & seen)
        if part == "dev" or (about and length <= LONGEST):
            source = "pairs"
        elif length <= LONGEST_LOOSE:
            source, about = "loose", ()
        else:
            continue
        pairings = (Pairing(photos.row(found[photo]), 1.0),) if photo in found else ()
        (judges if part == "dev" else examples).append(Example(caption, tone, source, pairings, about))
    for caption, tone, _, about in corpus.by_topic:
        if 0 < graphemes.length(caption) <= LONGEST:
            examples.append(Example(caption, tone, "topics", (), about))
    simple_judges: list[Example] = []
    for caption, tone, _, about in corpus.simple:
        if about[0] in taught_topics() and 0 < graphemes.length(caption) <= MAX_GRAPHEMES:
            example = Example(caption, tone, "simple", (), about)
            (simple_judges if is_validation(caption, SIMPLE_HELD_OUT) else examples).append(example)
    expansion_judges: list[Example] = []
    showing, known = _photos_by_topic(corpus, found), {*taught_topics(), ANYTHING}
    for pattern, tone, _, about in corpus.patterns:
        if about[0] not in known:
            continue
        if is_validation(pattern, PATTERNS_HELD_OUT):
            simple_judges += [Example(caption, tone, "simple", (), about) for caption in sample(pattern, 1)]
            continue
        learnt = sample(pattern, MOST_EXPANSIONS, SHARE_OF_EXPANSIONS)
        if is_validation(pattern, PATTERNS_HELD_OUT + PATTERNS_JUDGING):
            others = [one for one in parse(pattern).expansions() if one not in learnt]
            expansion_judges += [Example(one, tone, "patterns", (), about) for one in sample_of(pattern, others, 1)]
        for caption in learnt:
            if 0 < graphemes.length(caption) <= MAX_GRAPHEMES:
                files = sample_of(caption, showing.get(about[0], ()), PHOTOS_OF_PATTERN)
                stands_under = tuple(Pairing(photos.row(file), FITS) for file in files)
                examples.append(Example(caption, tone, "patterns", stands_under, about))
    return Lessons(examples, judges, simple_judges, expansion_judges)


def attested(corpus: Corpus) -> list[Example]:
    """All that patterns stand for, to know words and their runs by: more than is learnt."""
    return [
        Example(text, one.tone, ATTESTED, (), one.topics)
        for one in corpus.patterns
        for text in parse(one.caption).expansions()
    ]


def ways(corpus: Corpus) -> Continuations:
    """The ways of captions that were written for any photo of their topic: those of single photos tell particulars."""
    by_topic = [(one.caption, one.topics) for one in [*corpus.by_topic, *corpus.simple] if one.topics]
    patterns = [
        (text, {group_of(one.caption)} if one.topics == (ANYTHING,) else one.topics)
        for one in corpus.patterns
        for text in parse(one.caption).expansions()
    ]
    return Continuations.fit([*by_topic, *patterns])


def _photos_by_topic(corpus: Corpus, found: Mapping[str, Path]) -> Mapping[str, Sequence[Path]]:
    """Photos of the train part whose description names a topic."""
    showing: defaultdict[str, list[Path]] = defaultdict(list)
    for photo in corpus.described("train"):
        if photo in found:
            for topic in shown(corpus.descriptions[photo][0]):
                showing[topic].append(found[photo])
    return showing


def of_posts(examples: Sequence[Example]) -> list[Example]:
    """Short captions of dumps of posts, without photos; those that name a topic are a source of their own."""
    found = []
    for example in examples:
        if example.source not in ("posts", "also") or is_validation(example.caption):
            continue
        if graphemes.length(example.caption) <= LONGEST_POST:
            about = subjects(named(example.caption))
            source = "named" if about else example.source
            found.append(replace(example, source=source, photos=(), topics=about))
    return found


def read_listed(file: Path) -> list[Example]:
    """Captions that others list by topic: a CSV of caption, topic and kind (title or caption), gzipped or not.

    Only those that name their topic are kept. A title's tone is left open.

    Raises:
        TrainingError: it cannot be read.
    """
    try:
        with (gzip.open if file.suffix == ".gz" else open)(file, "rt", encoding="utf-8", newline="") as stream:
            rows = [(row["caption"], row["topic"], row["kind"]) for row in csv.DictReader(stream)]
    except (OSError, EOFError, UnicodeDecodeError, csv.Error, KeyError) as error:
        raise TrainingError(
            f"{file} is no CSV of caption, topic and kind ({error}): check --topic-captions."
        ) from error
    found = []
    for caption, topic, kind in rows:
        about = tuple(sorted(named(caption) & set(LISTED.get(topic, ()))))
        if not about or not 0 < graphemes.length(caption) <= LONGEST_LISTED:
            continue
        if kind != "title":
            found.append(Example(caption, "gram", "lists", (), about))
        elif not any(letter.isdigit() for letter in caption):
            found.append(Example(caption, None, "titles", (), about))
    return found
