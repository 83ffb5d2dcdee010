"""What stands on a card: one photo, the captions suggested for it as a person left them, and its description."""

import io
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from caption_model.generation.options import GenerationOptions
from caption_model.generation.seen import Seen
from caption_model.services.history import History, KeptCaption
from caption_model.services.shared_captioner import SharedCaptioner
from caption_model.text import tables
from caption_model.vision.photos import Source, name_of, open_for_display, open_photo

CAPTIONS = 5
TRIES = 3  # with other seeds, until there are enough
QUALITY = 85  # of the JPEG that is shown
THUMBNAIL = 320  # pixels, the longer side of the one in the history


@dataclass
class Line:
    """One suggested caption: as it was written, as it stands now, and whether it is a favourite."""

    written: str
    text: str
    favourite: bool = False
    id: str = field(default_factory=lambda: uuid.uuid4().hex)

    @property
    def kept(self) -> bool:
        """Whether a person has done something to it: then nothing takes its place."""
        return self.favourite or self.text != self.written


@dataclass
class Card:
    """One photo on the page.

    Attributes:
        name: the photo's file name.
        picture: JPEG at the photo's true proportions, upright, without EXIF.
        size: (width, height) of the picture, pixels.
        pixels: RGB uint8 of the encoder's size.
        seen: what was seen in the photo; ``None`` before the first captions.
        lines: the captions that stand on the card.
        past: captions that others took the place of, latest first.
        asked: the options and the voice that the captions are for; ``None`` before the first.
        entry: its number in the history, if it is kept there.
        turn: how often captions were asked for, added to the options' seed.
    """

    name: str
    picture: bytes
    size: tuple[int, int]
    pixels: NDArray[np.uint8]
    seen: Seen | None = None
    lines: list[Line] = field(default_factory=list)
    past: list[Line] = field(default_factory=list)
    asked: tuple[GenerationOptions, str] | None = None
    entry: int | None = None
    turn: int = 0
    id: str = field(default_factory=lambda: uuid.uuid4().hex)

    @classmethod
    def open(cls, source: Source) -> "Card":
        """A card without captions.

        Raises:
            PhotoError: the photo cannot be opened.
        """
        pixels = open_photo(source)
        picture = open_for_display(source)
        return cls(PurePath(name_of(source)).name, _jpeg(picture), picture.size, pixels)

    @property
    def description(self) -> str:
        """A plain sentence; empty before the photo was looked at."""
        return self.seen.description if self.seen else ""

    @property
    def unsure(self) -> bool:
        """Whether the description is better called a guess."""
        return self.seen is not None and self.seen.unsure

    def suggest(self, captioner: SharedCaptioner, options: GenerationOptions, voice: str) -> None:
        """New captions in place of those that nobody kept; none like those that ever stood here.

        The photo is encoded the first time only. The first captions are those of the command line.
        """
        self.asked = options, voice
        seen = self._look(captioner)
        wanted = CAPTIONS - sum(line.kept for line in self.lines)
        found: list[str] = []
        for _ in range(TRIES):
            if len(found) >= wanted:
                break
            avoid, seed = self._texts().union(found), options.seed + self.turn
            asked = replace(options, n=wanted - len(found), seed=seed, avoid=avoid)
            found += [caption.text for caption in captioner.write(seen, asked)]
            self.turn += 1
        self._replace(found)

    def more_like(self, captioner: SharedCaptioner, id_: str, options: GenerationOptions) -> None:
        """Captions close to one of the card's, in place of the others that nobody kept."""
        liked = next((line for line in self.lines if line.id == id_), None)
        if liked is None or not liked.text.strip():  # another click was faster, or there is nothing to be like
            return
        wanted = sum(not line.kept and line is not liked for line in self.lines)
        if wanted < 1:
            return
        asked = replace(options, n=wanted, like=liked.text, avoid=self._texts())
        captions = captioner.write(self._look(captioner), asked)
        self._replace([caption.text for caption in captions], liked)

    def edit(self, rows: Iterable[Mapping[str, Any]]) -> bool:
        """Take over texts and favourites by the lines' ``id``; whether anything changed."""
        lines = {line.id: line for line in self.lines}
        changed = False
        for row in rows:
            line = lines.get(str(row.get("id")))
            if line is None:
                continue
            text, favourite = str(row.get("text", line.text)), bool(row.get("favourite"))
            changed |= (text, favourite) != (line.text, line.favourite)
            line.text, line.favourite = text, favourite
        return changed

    def rows(self) -> list[dict[str, Any]]:
        """The lines as ``edit`` takes them."""
        return [{"id": line.id, "text": line.text, "favourite": line.favourite} for line in self.lines]

    def remember(self, history: History) -> None:
        """Keep what stands and stood on the card, favourites first; only ever one entry a card.

        Raises:
            HistoryError: it cannot be kept.
        """
        lines = sorted(self.lines + self.past, key=lambda line: not line.favourite)
        captions = [KeptCaption(line.text, line.favourite) for line in lines if line.text]
        voice = self.asked[1] if self.asked else ""
        if self.entry is None:
            with Image.open(io.BytesIO(self.picture)) as picture:
                picture.thumbnail((THUMBNAIL, THUMBNAIL))
                self.entry = history.add(self.name, _jpeg(picture), self.description, voice, captions)
        else:
            history.update(self.entry, self.description, voice, captions)

    def _look(self, captioner: SharedCaptioner) -> Seen:
        if self.seen is None:
            self.seen = captioner.look(self.pixels)
        return self.seen

    def _texts(self) -> set[str]:
        """Whatever stands or stood on the card."""
        lines = self.lines + self.past
        return {line.written for line in lines} | {line.text for line in lines}

    def _replace(self, texts: list[str], liked: Line | None = None) -> None:
        """Put new texts, one each, where lines stand that may go, and after the others; what is left over goes, too."""
        new = iter(texts)
        lines: list[Line] = []
        for line in self.lines:
            if line.kept or line is liked:
                lines.append(line)
                continue
            self.past.insert(0, line)
            lines += [Line(text, text) for text in [next(new, None)] if text is not None]
        lines += [Line(text, text) for _, text in zip(range(CAPTIONS - len(lines)), new, strict=False)]
        self.lines = lines


def as_csv(cards: Sequence[Card]) -> bytes:
    """The captions as they stand: ``photo, kind, caption, favourite``; marked as UTF-8, so that Excel shows emojis."""
    rows: list[tuple[str, str, str, str]] = []
    for card in cards:
        rows += [(card.name, "social", line.text, "yes" if line.favourite else "no") for line in card.lines]
        rows.append((card.name, "descriptive", card.description, ""))
    return tables.as_csv(("photo", "kind", "caption", "favourite"), rows)


def _jpeg(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=QUALITY)
    return file.getvalue()
