"""A post as it will stand on Instagram: caption, and a line of hashtags if they are wanted."""

from collections.abc import Mapping

from caption_model.services.cards import Card

FOLD = 125  # characters that are shown before "more"
MOST_TAGS = 5  # that Instagram takes
SEEN_FROM = 0.5  # probability


def hashtags(topics: Mapping[str, float]) -> list[str]:
    """Hashtags of the topics that are seen in a photo, likeliest first."""
    seen = sorted((name for name, share in topics.items() if share >= SEEN_FROM), key=lambda name: -topics[name])
    return ["#" + "".join(part for part in name.lower() if part.isalnum()) for name in seen[:MOST_TAGS]]


def post_of(card: Card, tags: list[str]) -> str:
    """The first favourite, or else the first caption, and the hashtags in a line of their own."""
    line = next((line for line in card.lines if line.favourite), card.lines[0] if card.lines else None)
    return "\n\n".join(part for part in (line.text if line else "", " ".join(tags)) if part)
