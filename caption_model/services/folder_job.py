"""A folder being captioned: how far it is, what each photo has got, and a person's edits."""

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from caption_model.batch.events import Captioned, Event, Failed, Finished, Planned
from caption_model.batch.plan import Photo, settings_sha256
from caption_model.batch.run import BatchSettings, Writer, caption_folder, edit_captions, plan_of
from caption_model.bundles.bundle import MODELS
from caption_model.bundles.chosen import models_sha256
from caption_model.errors import CaptionError
from caption_model.services.cards import Card, Line
from caption_model.services.history import History
from caption_model.storage.journal import Key, Record, newest
from caption_model.vision.files import reason_of

RECENT = 256  # photos that the speed is taken from
SPAN = 2.0  # seconds that a speed is taken over at the least: several batches come at once
# Entries of the history are made apart from the listening, one at a time: opening the photo again takes a moment.
KEEPER = ThreadPoolExecutor(1, "history")
TOGETHER = 0.05  # seconds within which photos of one batch come

State = Literal["waiting", "captioned", "failed", "left alone"]
DEFAULT = "Default"  # what the history calls the bundled voice
NOTHING = Record("", ())


@dataclass(frozen=True)
class Row:
    """A photo and what became of it: captions, or the reason why there are none.

    It is left alone where captions go to text files and it has one that a person wrote.
    """

    photo: Photo
    state: State = "waiting"
    record: Record = NOTHING
    reason: str = ""


@dataclass(frozen=True)
class FolderStatus:
    """How far a run is: of ``to_do`` photos ``done`` in this run, at how many a second, and the seconds left.

    The last two are ``None`` as long as nobody can know.
    """

    done: int
    to_do: int
    photos_per_second: float | None
    seconds_left: float | None


class FolderJob:
    """Captions a folder in a thread of its own, photo by photo; every method may be called from any thread.

    The captioner is the one that pages use: between two photos it answers them.

    Args:
        settings: what and where, all paths absolute.
        voice: a voice in place of the bundled social decoder.

    Raises:
        BatchError: no photo there, or folder or journal cannot be read.
        BundleError: a bundle is missing.
    """

    def __init__(self, settings: BatchSettings, voice: Path | None = None) -> None:
        self.settings = settings
        self.voice = voice
        self.models = models_sha256(MODELS, voice)
        self.passed_over: dict[str, int] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._fault = ""
        self._rows: dict[str, Row] = {}
        self._cards: dict[str, Card] = {}  # of the history
        self._done = self._to_do = 0
        self._left: int | None = None  # photos, once a run has summed up
        self._times: deque[float] = deque(maxlen=RECENT)
        self._read()

    @property
    def rows(self) -> list[Row]:
        """All photos in the order of their names."""
        with self._lock:
            return list(self._rows.values())

    @property
    def running(self) -> bool:
        """Whether it is at work."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def stopping(self) -> bool:
        """Whether it was asked to stop and still has photos in hand."""
        return self.running and self._stop.is_set()

    @property
    def fault(self) -> str:
        """Why the run broke off, in a sentence; nothing if it did not."""
        return "" if self.running else self._fault

    def counts(self) -> Counter[State]:
        """How many photos are in which state."""
        return Counter(row.state for row in self.rows)

    def status(self) -> FolderStatus:
        """How far it is."""
        with self._lock:
            done, to_do, times = self._done, self._to_do, list(self._times)
        span = times[-1] - times[0] if times else 0.0
        later = sum(moment - times[0] > TOGETHER for moment in times)
        speed = later / span if span >= SPAN else None
        return FolderStatus(done, to_do, speed, (to_do - done) / speed if speed else None)

    def start(self, load: Callable[[], Writer]) -> None:
        """Caption what has no captions yet, and try again what failed.

        Args:
            load: gives the captioner, or raises ``CaptionError``; called in the thread.

        Raises:
            CaptionError: as when it was made.
        """
        if self.running:
            return
        self._read()
        with self._lock:
            self._done, self._to_do, self._left = 0, self._counted("waiting", "failed"), None
            self._times.clear()
            self._rows = {name: replace(row, state=_again(row)) for name, row in self._rows.items()}
        self._stop, self._fault = threading.Event(), ""
        self._thread = threading.Thread(target=self._caption, args=[load, self._stop], daemon=True, name="folder")
        self._thread.start()

    def stop(self) -> None:
        """Finish the photo in hand and end; ``start`` goes on."""
        self._stop.set()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for its end; whether it has come."""
        if self._thread:
            self._thread.join(seconds)
        return not self.running

    def edit(self, edits: Mapping[str, Record]) -> None:
        """Put a person's words in the place of captions; those that change nothing are left alone.

        Raises:
            BatchError: the run is at work, a photo was changed since, or the disk is full.
        """
        with self._lock:
            new = {name: record for name, record in edits.items() if self._rows[name].record != record}
        if not new:
            return
        edit_captions(self.settings, self.models, new)
        with self._lock:
            for name, record in new.items():
                self._rows[name] = replace(self._rows[name], record=record)
            changed = [self._rows[name] for name in new]
        for row in changed:
            KEEPER.submit(self._remember, row)

    def _read(self) -> None:
        """Find the photos and what the journal tells of them."""
        plan, told = plan_of(self.settings), newest(self.settings.journal)
        settings = settings_sha256(self.settings.options)
        rows = {}
        for photo in plan.photos:
            key, what = told.get(photo.name, (None, ""))
            known = key == Key.of(photo, self.models, settings)
            if known and isinstance(what, Record):
                rows[photo.name] = Row(photo, "captioned", what)
            elif known and isinstance(what, str):
                rows[photo.name] = Row(photo, "failed", reason=what)
            else:
                rows[photo.name] = Row(photo)
        with self._lock:
            self._rows, self.passed_over = rows, dict(plan.passed_over)

    def _counted(self, *states: State) -> int:
        return sum(row.state in states for row in self._rows.values())

    def _caption(self, load: Callable[[], Writer], stop: threading.Event) -> None:
        try:
            for event in caption_folder(self.settings, self.models, load, stop.is_set):
                self._hear(event)
        except CaptionError as error:
            self._fault = str(error)
        except Exception as error:  # noqa: BLE001 - told on the page; what is done is on disk
            self._fault = f"It broke off ({type(error).__name__}: {reason_of(error)}): start it again to go on."

    def _hear(self, event: Event) -> None:
        with self._lock:
            if isinstance(event, Planned):
                self._to_do = event.to_do
            elif isinstance(event, Finished):
                self._left = event.left
                if not self._left:
                    self._rows = {name: _left_alone(row) for name, row in self._rows.items()}
            elif row := self._rows.get(event.image):
                self._done += 1
                self._times.append(time.monotonic())
                changed = self._rows[row.photo.name] = _changed(row, event)
                if changed.state == "captioned":
                    KEEPER.submit(self._remember, changed)

    def _remember(self, row: Row) -> None:
        """Keep a photo's captions in the history, if one is wanted; the folder's own table does without it."""
        name = row.photo.name
        history = History()
        with suppress(CaptionError):
            if name not in self._cards and not history.keeping:
                return
            card = self._cards.get(name) or Card.open(row.photo.path)
            card.description = row.record.description
            card.lines = [Line(text, text) for text in row.record.captions]
            card.asked = self.settings.options, self.voice.name if self.voice else DEFAULT
            card.remember(history)
            card.picture, card.pixels = b"", card.pixels[:0]  # the history has them now
            self._cards[name] = card


def _changed(row: Row, event: Captioned | Failed) -> Row:
    if isinstance(event, Failed):
        return replace(row, state="failed", reason=event.reason)
    return Row(row.photo, "captioned", Record(event.description, event.captions))


def _left_alone(row: Row) -> Row:
    return replace(row, state="left alone") if row.state == "waiting" else row


def _again(row: Row) -> State:
    return row.state if row.state == "captioned" else "waiting"
