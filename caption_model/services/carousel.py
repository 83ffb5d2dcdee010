"""Several photos as one post: their order, a caption a slide, and one for all, of the mean of what was seen."""

import hashlib
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import Any

import numpy as np

from caption_model.generation.options import GenerationOptions
from caption_model.generation.seen import Seen
from caption_model.services.cards import CAPTIONS, Card, Line
from caption_model.services.shared_captioner import SharedCaptioner
from caption_model.services.uploads import safe_name
from caption_model.text import tables

MOST = 20  # photos that Instagram takes


@dataclass
class Carousel:
    """The post that a page's photos make.

    Attributes:
        order: ids of the cards, the first slide first; cards that it does not name follow as they stand on the page.
        lines: captions for all of them, to choose from.
        turn: how often they were asked for, added to the options' seed.
    """

    order: list[str] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    turn: int = 0

    def slides(self, cards: Sequence[Card]) -> list[Card]:
        """The cards in the order of the slides."""
        place = {id_: number for number, id_ in enumerate(self.order)}
        return sorted(cards, key=lambda card: place.get(card.id, len(place)))

    def suggest(self, captioner: SharedCaptioner, cards: Sequence[Card], options: GenerationOptions) -> None:
        """Write captions for all the photos; those that a person kept stay."""
        kept = [line for line in self.lines if line.kept]
        avoid = {text for line in self.lines for text in (line.text, line.written)}
        asked = replace(options, n=max(1, CAPTIONS - len(kept)), seed=options.seed + self.turn, avoid=avoid)
        written = captioner.write(mean_of([card.look(captioner) for card in cards]), asked)
        self.turn += 1
        self.lines = (kept + [Line(caption.text, caption.text) for caption in written])[: max(CAPTIONS, len(kept))]

    def edit(self, rows: Iterable[Mapping[str, Any]], source: str = "") -> None:
        """Take over texts and favourites by the lines' ``id``; ``source`` is the tab that they come from."""
        lines = {line.id: line for line in self.lines}
        for row in rows:
            if (line := lines.get(str(row.get("id")))) is not None:
                if text := str(row.get("text", "")).strip():
                    line.change(text, source)
                line.favourite = bool(row.get("favourite", line.favourite))

    def rows(self) -> list[dict[str, Any]]:
        """The lines as ``edit`` takes them."""
        return [
            {name: getattr(line, name) for name in ("id", "text", "favourite", "source", "revision", "book")}
            for line in self.lines
        ]

    @property
    def caption(self) -> str:
        """The one for all: the first favourite, or else the first; empty before any was written."""
        return chosen(self.lines)


def chosen(lines: Sequence[Line]) -> str:
    """The first favourite, or else the first caption; empty if there is none."""
    return next((line.text for line in lines if line.favourite), lines[0].text if lines else "")


def mean_of(seen: Sequence[Seen]) -> Seen:
    """Several photos as if they were one: the mean of what was seen in each, and all the descriptions."""
    names = {name for one in seen for name in one.topics}
    return Seen(
        np.mean([one.grid for one in seen], axis=0, dtype=np.float32),
        np.mean([one.pooled for one in seen], axis=0, dtype=np.float32),
        " ".join(one.description for one in seen),
        min((one.confidence for one in seen if one.confidence is not None), default=None),
        {name: float(np.mean([one.topics.get(name, 0.0) for one in seen])) for name in sorted(names)},
        (),
        hashlib.sha256(b"".join(sorted(one.salt for one in seen))).digest(),
    )


def as_text(slides: Sequence[Card], caption: str) -> str:
    """The caption for all, and below it one line a slide."""
    lines = "\n".join(f"{number}. {chosen(card.lines)}" for number, card in enumerate(slides, start=1))
    return f"{caption}\n\n{lines}" if caption else lines


def as_zip(slides: Sequence[Card], caption: str) -> bytes:
    """The pictures with their places before their names, ``captions.txt``, and ``captions.csv`` with the alt texts."""
    stems = [PurePath(safe_name(card.name).name).stem for card in slides]
    names = [f"{number:02} {stem}.jpg" for number, stem in enumerate(stems, start=1)]
    rows = [
        (str(number), name, chosen(card.lines), card.alt_text)
        for number, (name, card) in enumerate(zip(names, slides, strict=True), start=1)
    ]
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("captions.txt", as_text(slides, caption) + "\n")
        archive.writestr("captions.csv", tables.as_csv(("slide", "photo", "caption", "alt_text"), rows))
        for name, card in zip(names, slides, strict=True):
            archive.writestr(name, card.picture)
    return file.getvalue()
