"""Grounding: which topics a photo shows, whether a caption's topics are among them, and what captions may be about.

Two witnesses: the topic head's probabilities, and the plain description, which is written from the grid and errs
independently.
"""

import zlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from caption_model.text.mentioned_topics import PERSON, mentioned_in_description, mentioned_in_post
from caption_model.text.topics import backdrop
from caption_model.text.topics import topics as topics_table

PRIOR = 0.25  # probability of a topic where the encoder has no topic head
DESCRIPTION_WEIGHT = 0.1  # share of the remaining doubt that a trusted description removes beside the topic head
ALONE = 0.5  # the same where the encoder has no topic head
TRUSTED = 0.5  # confidence from which it removes all of that share: sentences are wrong more often than their topics
SUBJECT_FROM = 0.35  # probability from which captions may be about a topic
PRESENT_FROM = 0.35  # probability from which captions may go on as captions about a topic do
SURE_FROM = 0.5  # a topic that is less probable is no sure ground: captions that fit any photo join in
ANYTHING = "anything"  # stands for the topics of such captions
WIDELY_FROM = 0.2  # the same where too few captions are found otherwise
GROUPS, OFFERED = 8, 3  # of such captions, and those that a photo is offered: else all such photos would get the same
UNTOLD_EVERY = 4  # one turn in so many is told no subject
MOST_SUBJECTS = 4  # of a photo


class Grounding(NamedTuple):
    """How well a photo supports a caption: see ``Caption``."""

    grounded: float
    hallucinated: float


def topic_probabilities(
    head: Mapping[str, float] | None, description: str, confidence: float | None = None
) -> dict[str, float]:
    """The probability that a photo shows each topic.

    Args:
        head: of the topic head; ``None`` where the encoder has none: then of all topics of the table.
        description: a plain sentence; the topics that it mentions become more likely.
        confidence: in it; below ``TRUSTED`` it counts for less. ``None`` counts as trusted.
    """
    weight = (ALONE if head is None else DESCRIPTION_WEIGHT) * min(
        1.0, 1.0 if confidence is None else confidence / TRUSTED
    )
    before = dict.fromkeys(topics_table(), PRIOR) if head is None else head
    mentioned = mentioned_in_description(description, before)
    return {topic: p + (1 - p) * weight * (topic in mentioned) for topic, p in before.items()}


def subjects(topics: Mapping[str, float]) -> list[str]:
    """What captions of a photo may be about, likeliest first; people only where there is nothing else."""
    likely = sorted((topic for topic, p in topics.items() if p >= SUBJECT_FROM), key=topics.__getitem__, reverse=True)
    what = [topic for topic in likely if topic not in PERSON | backdrop()][:MOST_SUBJECTS]
    return what or [topic for topic in likely if topic not in backdrop() | {"baby"}][:1]


def group_of(caption: str) -> str:
    """Which group of captions that fit any photo one belongs to: it stands for their topic."""
    return f"{ANYTHING}-{zlib.crc32(caption.encode()) % GROUPS}"


def present(
    topics: Mapping[str, float], subject: str | None = None, salt: bytes = b"", widely: bool = False
) -> frozenset[str]:
    """The topics whose captions may stand under a photo; a subject that was asked for is the only one.

    Where it is too unsure what the photo shows, some groups of captions that fit any photo are among them: which ones
    depends on its ``salt``. ``widely`` takes less likely topics, too, and all such captions. That it was taken outdoors
    or shows people makes for flat captions: these count only where there is nothing else.
    """
    if subject:
        return frozenset({subject})
    likely = frozenset(topic for topic, p in topics.items() if p >= (WIDELY_FROM if widely else PRESENT_FROM))
    likely = likely - backdrop() - {"people"} or likely
    sure = any(p >= SURE_FROM for topic, p in topics.items() if topic not in backdrop())
    first, offered = zlib.crc32(salt), GROUPS if widely else 0 if sure else OFFERED
    return likely | {f"{ANYTHING}-{(first + number) % GROUPS}" for number in range(offered)}


def ground(caption: str, topics: Mapping[str, float]) -> Grounding:
    """Compare the topics that a caption mentions with the probabilities of the photo's topics."""
    mentioned = [topics[topic] for topic in mentioned_in_post(caption, topics)]
    return Grounding(sum(mentioned) / len(mentioned) if mentioned else 0.0, sum(1 - p for p in mentioned))


def subjects_in_turn(found: Sequence[str], turns: int) -> list[str | None]:
    """One subject a turn, each the oftener the earlier it stands; now and then none."""
    weighted = [subject for last in range(len(found), 0, -1) for subject in found[:last]]
    if not weighted:
        return [None] * turns
    told = [turn - turn // UNTOLD_EVERY - 1 for turn in range(turns)]  # turns that were told a subject before
    return [weighted[told[turn] % len(weighted)] if turn % UNTOLD_EVERY else None for turn in range(turns)]
