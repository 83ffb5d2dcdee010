"""What stands on a card: one photo, the captions suggested for it as a person left them, and its description."""

import hashlib
import io
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from caption_model.generation.options import GenerationOptions
from caption_model.generation.seen import Seen
from caption_model.services.history import Entry, History, KeptCaption
from caption_model.services.rewriting import Rewrite, rewritten
from caption_model.services.shared_captioner import SharedCaptioner
from caption_model.text import tables
from caption_model.vision.photos import Source, name_of, open_for_display, open_photo

CAPTIONS = 5
FROM_BOOK = 3  # ready captions that are offered below them
TRIES = 3  # with other seeds, until there are enough
QUALITY = 85  # of the JPEG that is shown
THUMBNAIL = 320  # pixels, the longer side of the one in the history
REOPENED = 640  # pixels, the longer side of the picture that a photo is opened again from
UNDONE = 20  # steps that can be taken back


@dataclass
class Line:
    """One suggested caption.

    Attributes:
        written: as the models wrote it.
        text: as it stands now.
        favourite: whether a person likes it.
        source: the browser's tab that the text comes from; empty where the server changed it.
        revision: how often the text was changed.
        book: whether it was taken from the caption book; then it is not counted among what the models wrote.
    """

    written: str
    text: str
    favourite: bool = False
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    source: str = ""
    revision: int = 0
    book: bool = False

    @property
    def kept(self) -> bool:
        """Whether a person has done something to it: then nothing takes its place."""
        return self.favourite or self.book or self.text != self.written

    def change(self, text: str, source: str = "") -> None:
        """Put another text in the place of this one."""
        if text != self.text:
            self.text, self.source, self.revision = text, source, self.revision + 1


@dataclass
class Card:
    """One photo on the page.

    Attributes:
        name: the photo's file name.
        picture: JPEG at the photo's true proportions, upright, without EXIF.
        size: (width, height) of the picture, pixels.
        pixels: RGB uint8 of the encoder's size.
        seen: what was seen in the photo; ``None`` before the first captions, and after the server was restarted.
        description: a plain sentence; empty before the photo was looked at.
        unsure: whether the description is better called a guess.
        topics: the probability of each topic that was seen.
        lines: the captions that stand on the card.
        past: captions that others took the place of, latest first.
        wishes: what is asked of this photo in place of the page's default, by the control's name.
        asked: the options and the voice that the captions are for; ``None`` before the first.
        book: ready captions of the caption book that fit the photo; ``None`` before it was opened.
        entry: its number in the history, if it is kept there.
        turn: how often captions were asked for, added to the options' seed.
    """

    name: str
    picture: bytes
    size: tuple[int, int]
    pixels: NDArray[np.uint8]
    seen: Seen | None = None
    description: str = ""
    unsure: bool = False
    topics: dict[str, float] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    past: list[Line] = field(default_factory=list)
    wishes: dict[str, Any] = field(default_factory=dict)
    asked: tuple[GenerationOptions, str] | None = None
    book: list[str] | None = None
    entry: int | None = None
    turn: int = 0
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    _before: list[tuple[list[Line], list[Line]]] = field(default_factory=list, repr=False)

    @classmethod
    def open(cls, source: Source) -> "Card":
        """A card without captions.

        Raises:
            PhotoError: the photo cannot be opened.
        """
        pixels = open_photo(source)
        picture = open_for_display(source)
        return cls(PurePath(name_of(source)).name, _jpeg(picture), picture.size, pixels)

    @classmethod
    def reopen(cls, entry: Entry, picture: bytes) -> "Card":
        """A card of an entry of the history, with its hearts and edits.

        Args:
            entry: the entry.
            picture: its photo, a JPEG.

        Raises:
            PhotoError: the picture cannot be opened.
        """
        card = cls.open(picture)
        card.name, card.description, card.unsure, card.entry = entry.photo, entry.description, entry.unsure, entry.id
        lines = [Line(kept.written or kept.text, kept.text, kept.favourite, book=kept.book) for kept in entry.captions]
        lines.sort(key=lambda line: (line.book, not line.kept))
        many = max(CAPTIONS, sum(line.kept for line in lines))
        card.lines, card.past = lines[:many], lines[many:]
        return card

    @property
    def digest(self) -> str:
        """The same for every card of one photo."""
        return hashlib.sha256(self.pixels.tobytes()).hexdigest()

    @property
    def alt_text(self) -> str:
        """The description as it is read out in place of the photo; that it is a guess goes with it."""
        return called_a_guess(self.description, self.unsure)

    @property
    def generated(self) -> list[Line]:
        """The lines that the models wrote, edited or not."""
        return [line for line in self.lines if not line.book]

    @property
    def can_undo(self) -> bool:
        """Whether a change can be taken back."""
        return bool(self._before)

    def undo(self) -> None:
        """Take the latest change of captions, texts and favourites back."""
        if not self._before:
            return
        lines, past = self._before.pop()
        revisions = {line.id: line.revision for line in self.lines + self.past}
        for line in lines + past:
            line.source, line.revision = "", revisions.get(line.id, line.revision) + 1
        self.lines, self.past = lines, past

    def suggest(self, captioner: SharedCaptioner, options: GenerationOptions, voice: str) -> None:
        """New captions in place of those that nobody kept; none like those that ever stood here.

        The photo is encoded the first time only. The first captions are those of the command line.
        """
        self.asked, self.book = (options, voice), None
        seen = self.look(captioner)
        wanted = CAPTIONS - sum(line.kept for line in self.generated)
        found: list[str] = []
        for _ in range(TRIES):
            if len(found) >= wanted:
                break
            avoid, seed = self._texts().union(found), options.seed + self.turn
            asked = replace(options, n=wanted - len(found), seed=seed, avoid=avoid)
            found += [caption.text for caption in captioner.write(seen, asked)]
            self.turn += 1
        with self._undoable():
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
        captions = captioner.write(self.look(captioner), asked)
        with self._undoable():
            self._replace([caption.text for caption in captions], liked)

    def rewrite(self, captioner: SharedCaptioner, id_: str, how: Rewrite, options: GenerationOptions) -> bool:
        """Change one caption a little, in its place; whether there was a way to."""
        line = next((line for line in self.lines if line.id == id_), None)
        if line is None:
            return True
        text = rewritten(line.text, how, lambda asked: captioner.write(self.look(captioner), asked), options)
        if text is None:
            return False
        with self._undoable():
            line.change(text)
        return True

    def open_book(self, captioner: SharedCaptioner, options: GenerationOptions) -> list[str]:
        """Ready captions of the caption book that fit the photo: others with each suggestion, none that stood here.

        Raises:
            DumpError: the book cannot be read.
        """
        if self.book is None:
            self.book = []  # a book that cannot be read is not tried again for every click
            asked = replace(options, seed=options.seed + max(0, self.turn - 1), avoid=self._texts(), starts_with="")
            self.book = [caption.text for caption in captioner.from_book(self.look(captioner), FROM_BOOK, asked)]
        return self.book

    def take_from_book(self, text: str) -> None:
        """Put a caption of the book below the others, to be edited as they are; once."""
        if text not in (self.book or []) or any(line.book and line.written == text for line in self.lines):
            return
        with self._undoable():
            self.lines = [*self.lines, Line(text, text, book=True)]

    def edit(self, rows: Iterable[Mapping[str, Any]], source: str = "") -> bool:
        """Take over texts and favourites by the lines' ``id``; whether anything changed.

        A text that was emptied goes back to what it was. ``source`` is the tab that they come from.
        """
        lines = {line.id: line for line in self.lines}
        with self._undoable():
            before = [(line.text, line.favourite) for line in self.lines]
            for row in rows:
                line = lines.get(str(row.get("id")))
                if line is None:
                    continue
                text = str(row.get("text", line.text))
                if text.strip():
                    line.change(text, source)
                else:
                    line.source, line.revision = "", line.revision + 1
                favourite = bool(row.get("favourite", line.favourite))
                if favourite != line.favourite:
                    line.favourite, line.source, line.revision = favourite, source, line.revision + 1
            return before != [(line.text, line.favourite) for line in self.lines]

    def rows(self) -> list[dict[str, Any]]:
        """The lines as ``edit`` takes them."""
        return [
            {
                "id": line.id,
                "text": line.text,
                "favourite": line.favourite,
                "source": line.source,
                "revision": line.revision,
                "book": line.book,
            }
            for line in self.lines
        ]

    def remember(self, history: History) -> None:
        """Keep what stands and stood on the card, favourites first; only ever one entry a card.

        Raises:
            HistoryError: it cannot be kept.
        """
        lines = sorted(self.lines + self.past, key=lambda line: not line.favourite)
        captions = [KeptCaption(line.text, line.favourite, line.written, line.book) for line in lines if line.text]
        voice = self.asked[1] if self.asked else ""
        if self.entry is None:
            self.entry = history.add(
                self.name,
                _smaller(self.picture, THUMBNAIL),
                self.description,
                voice,
                captions,
                unsure=self.unsure,
                digest=self.digest,
                picture=_smaller(self.picture, REOPENED),
            )
        else:
            history.update(self.entry, self.description, voice, captions, unsure=self.unsure)

    def look(self, captioner: SharedCaptioner) -> Seen:
        """What is seen in the photo; it is encoded once, and once more after a restart of the server."""
        if self.seen is None:
            self.seen = captioner.look(self.pixels)
            self.description, self.unsure = self.seen.description, self.seen.unsure
            self.topics = {name: float(share) for name, share in self.seen.topics.items()}
        return self.seen

    def _standing(self) -> tuple[list[Line], list[Line]]:
        return [copy(line) for line in self.lines], [copy(line) for line in self.past]

    @contextmanager
    def _undoable(self) -> Iterator[None]:
        """Remember how the captions stood before they are changed, where there were any."""
        before = self._standing()
        yield
        told = [[(line.id, line.text, line.favourite) for line in lines] for lines in (before[0], self.lines)]
        if before[0] and told[0] != told[1]:
            self._before = [*self._before[-UNDONE + 1 :], before]

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
        book = [line for line in lines if line.book]
        lines = [line for line in lines if not line.book]
        lines += [Line(text, text) for _, text in zip(range(CAPTIONS - len(lines)), new, strict=False)]
        self.lines = lines + book


def as_csv(cards: Sequence[Card]) -> bytes:
    """The captions as they stand: ``photo, kind, caption, favourite``; marked as UTF-8, so that Excel shows emojis.

    The kind is ``social`` for what the models wrote, ``book`` for what was taken from the caption book, and
    ``descriptive``.
    """
    rows: list[tuple[str, str, str, str]] = []
    for card in cards:
        rows += [
            (card.name, "book" if line.book else "social", line.text, "yes" if line.favourite else "no")
            for line in card.lines
        ]
        rows.append((card.name, "descriptive", card.alt_text, ""))
    return tables.as_csv(("photo", "kind", "caption", "favourite"), rows)


def called_a_guess(description: str, unsure: bool) -> str:
    """A description, and whether it is a guess: the two are never told apart."""
    return f"{description} (a guess)" if unsure and description else description


def _smaller(picture: bytes, side: int) -> bytes:
    """A JPEG of at most so many pixels a side."""
    with Image.open(io.BytesIO(picture)) as opened:
        opened.thumbnail((side, side))
        return _jpeg(opened)


def _jpeg(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=QUALITY)
    return file.getvalue()
