"""Hashtags from what was seen in a photo: a line of its own, never part of a caption."""

import re

from caption_model.generation.grounding import SUBJECT_FROM
from caption_model.generation.seen import Seen
from caption_model.text.lexicon import words
from caption_model.text.mentioned_topics import PERSON, mentioned_in_description, mentioned_in_post
from caption_model.text.topics import topics

MOST = 5  # that Instagram takes under a post
SURE_CLASS = 0.5  # probability from which an ImageNet class is believed
NOT_IN_TAGS = re.compile(r"[^a-z0-9]+")
# Topics by which nobody tags a photo, and those of people: whom a photo shows is not the product's to say.
UNTAGGED = PERSON | {"day", "indoor", "hair", "bag"}


def hashtags(seen: Seen, most: int = MOST) -> list[str]:
    """At most ``most`` hashtags, such as ``#coffee``, specific before general and sure before likely.

    A topic counts from probability ``SUBJECT_FROM`` on; an ImageNet class where it is sure and names such a topic. So
    there are fewer, or none, where little is sure.

    Raises:
        ValueError: ``most`` is not from 1 to ``MOST``.
    """
    if not 1 <= most <= MOST:
        raise ValueError(f"there are 1 to {MOST} hashtags, not {most}")
    likely = {name: p for name, p in seen.topics.items() if p >= SUBJECT_FROM and name not in UNTAGGED}
    narrow_first = sorted(likely, key=lambda name: (_breadth(name), -likely[name], name))
    sure = [name.replace("_", " ") for name, p in seen.classes if p >= SURE_CLASS]
    named = [name for name in sure if not _of_people(name) and not _topics_of(name).isdisjoint(likely)]
    tags: dict[str, str] = {}
    for name in (*named, *narrow_first):
        letters = NOT_IN_TAGS.sub("", name.lower())
        if letters:
            tags.setdefault(letters.removesuffix("s"), f"#{letters}")
    return list(tags.values())[:most]


def _topics_of(name: str) -> frozenset[str]:
    return mentioned_in_description(name) | mentioned_in_post(name)


def _of_people(name: str) -> bool:
    return not _topics_of(name).isdisjoint(PERSON)


def _breadth(name: str) -> int:
    """How many other topics a topic includes: drink has coffee among its words, coffee no other."""
    topic = topics().get(name)
    inside = topic.words.posts | topic.words.described if topic else frozenset[str]()
    return sum(other != name and not inside.isdisjoint(words(other)) for other in topics())
