"""Whether a photo shows the things that captions name, and what its captions had better be about.

Two witnesses: the eye's chances (``readout``) and the plain description, which looks at the grid and errs otherwise.
"""

from collections.abc import Mapping, Sequence

from caption_model.text.mentioned_topics import THINGS, WHO, borne_out, claimed

UNTOLD = 0.25  # chance of a thing where the eye has no say
TOLD = 0.5  # share of the doubt that the description takes away
CONFIDENT = 0.5  # from which it takes away all of that share: a sentence is wrong more often than what it names
SURE = 0.5  # chance from which captions may be about a thing
MOST = 4  # topics of a photo


def evidence(
    chances: Mapping[str, float] | None, description: str, confidence: float | None = None
) -> dict[str, float]:
    """The chance of each thing, from the eye's and from what the description tells of; a guess tells less."""
    there = borne_out(description)
    told = TOLD * min(1.0, 1.0 if confidence is None else confidence / CONFIDENT)
    seen = {thing: (chances or {}).get(thing, UNTOLD) for thing in THINGS}
    return {thing: chance + (1 - chance) * told * (thing in there) for thing, chance in seen.items()}


def topics(chances: Mapping[str, float]) -> list[str]:
    """What captions of the photo may be about, surest first; of people only where there is nothing else."""
    sure = sorted((thing for thing, chance in chances.items() if chance >= SURE), key=chances.__getitem__, reverse=True)
    what = [thing for thing in sure if thing not in WHO][:MOST]
    return what or [thing for thing in sure if thing != "baby"][:1]


def weigh(caption: str, chances: Mapping[str, float]) -> tuple[float, float]:
    """Mean chance of what a caption names, 0 if it names nothing, and how many things it names that are not there."""
    named = [chances[thing] for thing in claimed(caption)]
    return (sum(named) / len(named) if named else 0.0), sum(1 - chance for chance in named)


def in_turn(about: Sequence[str], turns: int) -> list[str | None]:
    """Topics to be told in turn: every other time none, else each as often as its place is early."""
    weighted = [topic for last in range(len(about), 0, -1) for topic in about[:last]]
    return [weighted[turn // 2 % len(weighted)] if turn % 2 and weighted else None for turn in range(turns)]
