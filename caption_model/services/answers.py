"""What is told of a photo as JSON, the same from the command line and over HTTP, and how a subject is understood."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from caption_model.text.shown import shown

if TYPE_CHECKING:
    from caption_model.captioner import Suggestions

MENTIONED = 12  # topics, where a word is not known


def answer(suggestions: "Suggestions", most_tags: int | None = None, book: list[str] | None = None) -> dict[str, Any]:
    """A photo's captions; hashtags and captions of the book are told where they were asked for."""
    from caption_model.generation.hashtags import hashtags

    seen = suggestions.seen
    return {
        "photo": suggestions.photo,
        "social": list(suggestions.texts),
        "descriptive": seen.description,
        "seconds": suggestions.seconds,
        "confidence": None if seen.confidence is None else round(seen.confidence, 3),
        "saw": [[name, round(share, 3)] for name, share in seen.classes],
        **({"hashtags": hashtags(seen, most_tags)} if most_tags else {}),
        **({} if book is None else {"book": book}),
    }


def refusal(photo: str, error: Exception) -> dict[str, Any]:
    """A photo that has no captions, and why."""
    return {"photo": photo, "error": str(error)}


def subject_of(said: str | None, models: Path) -> str | None:
    """The topic meant by somebody's own words, of those that the models can write about.

    Raises:
        ValueError: none is meant; the message names some that are known.
        BundleError: the models cannot be read.
    """
    from caption_model.bundles.topics import known_topics
    from caption_model.text.topic_search import find_topic
    from caption_model.text.topics import topics

    if said is None:
        return None
    known = known_topics(models) or tuple(topics())
    if (found := find_topic(said, known)) is None:
        some = ", ".join(known[:: max(1, len(known) // MENTIONED)][:MENTIONED])
        raise ValueError(f"nothing is known of {shown(said)!r}: try {some}.")
    return found
