"""Which topics networks are taught, and which of them a caption may be told to be about."""

from functools import lru_cache

from caption_model.text.mentioned_topics import mentioned_in_description, mentioned_in_post
from caption_model.text.topics import topics
from caption_model.training.corpus.names import UNTAUGHT

SURROUNDINGS = frozenset({"indoor", "outdoor", "day", "people"})  # seen in most photos: no caption is about them


@lru_cache(maxsize=1)
def taught_topics() -> tuple[str, ...]:
    """Topics of the table that heads and decoders learn, in its order."""
    return tuple(topic for topic in topics() if topic not in UNTAUGHT)


def named(caption: str) -> frozenset[str]:
    """Taught topics that a caption names."""
    return mentioned_in_post(caption, taught_topics())


def shown(description: str) -> frozenset[str]:
    """Taught topics that a description names."""
    return mentioned_in_description(description, taught_topics())


def subjects(names: frozenset[str]) -> tuple[str, ...]:
    """Topics that a caption is about, in order."""
    return tuple(sorted(names - SURROUNDINGS))
