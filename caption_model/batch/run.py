"""The straight line: find the photos, caption those that are new, keep the journal, write sidecars and table.

    for event in caption_folder(settings, models, load):
        ...

Whoever iterates decides what to do with the events; closing the iterator, or a ``stop`` that says so, ends the run
after the batches in flight. Nothing that was told of is lost: the journal is on disk before its event is given out.
"""

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from caption_model.batch.events import Captioned, Event, Failed, Finished, Planned
from caption_model.batch.flights import Writer, captions
from caption_model.batch.plan import USUAL, Photo, Plan, find_photos, settings_sha256
from caption_model.batch.sidecars import Existing, is_foreign, write_sidecar
from caption_model.batch.table import write_table
from caption_model.errors import BatchError, PhotoError
from caption_model.generation.options import GenerationOptions
from caption_model.storage.journal import Journal, Key, Record, open_journal
from caption_model.storage.replace import check_target
from caption_model.vision.files import reason_of
from datasets.folders import PHOTO_SUFFIXES

BATCH = 8  # photos: as fast as 16, and half as long to wait for when stopped


@dataclass(frozen=True)
class BatchSettings:
    """What to caption and where to put it.

    Attributes:
        folder: photos.
        table: CSV to write; the journal stands beside it.
        sidecar: ``txt`` puts the captions also into a text file beside each photo.
        existing: what happens to sidecars, and to a table, that other hands wrote: see ``write_sidecar``. Photos
            whose sidecar is to be skipped are not captioned.
        recursive: whether subfolders belong to it.
        exclude: patterns of what does not: see ``find_photos``.
        n: social captions a photo.
        seed: same photo, models and seed: same captions.
        batch: photos that the networks see at once.
        flights: batches that are captioned at the same time; ``None`` for as many as the cores are best used by.
        style: what else is asked of the captions; its own ``n`` and ``seed`` do not count.
    """

    folder: Path
    table: Path
    sidecar: Literal["txt", "none"] = "none"
    existing: Existing = "skip"
    recursive: bool = False
    exclude: tuple[str, ...] = ()
    n: int = 5
    seed: int = 7
    batch: int = BATCH
    flights: int | None = None
    style: GenerationOptions = USUAL

    @property
    def options(self) -> GenerationOptions:
        """What is asked of each photo's captions."""
        return replace(self.style, n=self.n, seed=self.seed)

    @property
    def journal(self) -> Path:
        """Where the journal is kept."""
        return self.table.with_name(f"{self.table.stem}.journal.jsonl")


def caption_folder(
    settings: BatchSettings, models: str, load: Callable[[], Writer], stop: Callable[[], bool] = lambda: False
) -> Iterator[Event]:
    """Caption the photos of a folder that were not captioned before.

    Args:
        settings: what and where.
        models: hash of the models that ``load`` gives: with others, photos are captioned again.
        load: gives the captioner; not called when there is nothing to do.
        stop: asked between photos; once it says yes, the batches that were begun are finished and that is all.

    Yields:
        ``Planned``, a ``Captioned`` or ``Failed`` a photo, and ``Finished``.

    Raises:
        BatchError: no photo there, another run at work, or a place that cannot be written.
        CaptionError: from ``load``.
    """
    plan = plan_of(settings)
    _check_table(settings)
    with open_journal(settings.journal) as journal:
        _check_journal(journal, plan, settings)
        run = _Run(settings, journal, {photo.name: _key(photo, settings, models) for photo in plan.photos})
        new, old, left_alone = run.divide(plan.photos)
        yield Planned(len(plan.photos), len(new), len(old), len(left_alone), dict(plan.passed_over))
        failed = yield from run.deliver_old(old)
        captioned, left, seconds = 0, len(new), 0.0
        if new:
            writer, started = load(), time.perf_counter()
            made = captions(writer, new, settings.options, settings.batch, stop, settings.flights)
            for photo, result in made:
                event = run.keep(photo, result)
                captioned += isinstance(event, Captioned)
                failed += isinstance(event, Failed)
                left -= 1
                seconds = time.perf_counter() - started
                yield event
        run.write_table(plan.photos)
        yield Finished(captioned, len(old), len(left_alone), failed, left, seconds)


def plan_of(settings: BatchSettings) -> Plan:
    """The photos that these settings speak of, at least one.

    Raises:
        BatchError: there is none, or the folder cannot be read.
    """
    own = (settings.table, settings.journal)
    plan = find_photos(settings.folder, settings.recursive, settings.exclude, own)
    if not plan.photos:
        raise BatchError(f"{settings.folder} holds no photo{_hint(plan, settings)}.")
    return plan


def edit_captions(settings: BatchSettings, models: str, edits: Mapping[str, Record]) -> None:
    """Put a person's words in the place of captions: in the journal, in sidecars that hold ours, and in the table.

    Args:
        settings: as the captions were written by.
        models: the same.
        edits: what is to stand there, by the photos' names.

    Raises:
        BatchError: a photo has no captions or was changed since, another run is at work, or the disk is full.
    """
    plan = plan_of(settings)
    with open_journal(settings.journal) as journal:
        run = _Run(settings, journal, {photo.name: _key(photo, settings, models) for photo in plan.photos})
        for name in edits:
            if name not in run.keys or not journal.has_captions(run.keys[name]):
                raise BatchError(f"{name} has no captions to edit, or was changed since: caption the folder again.")
        for photo in plan.photos:
            if photo.name in edits:
                run.write(photo, edits[photo.name])
        run.write_table(plan.photos)


def _hint(plan: Plan, settings: BatchSettings) -> str:
    passed = ", ".join(f"{count} × {reason}" for reason, count in plan.passed_over.items())
    deeper = "" if settings.recursive else ": look into its subfolders too (--recursive)"
    return f"{deeper} ({passed})" if passed else deeper


def _key(photo: Photo, settings: BatchSettings, models: str) -> Key:
    return Key.of(photo, models, settings_sha256(settings.options))


def _check_table(settings: BatchSettings) -> None:
    for place in (settings.journal, settings.table):
        try:
            check_target(place)
        except (OSError, ValueError) as error:  # a link, a pipe, a folder, a name too long, a null byte
            raise BatchError(
                f"{place} cannot be written ({reason_of(error)}): choose another place for the table (--out)."
            ) from error
    if settings.table.suffix.lower() in PHOTO_SUFFIXES:
        raise BatchError(f"{settings.table} is no name for a table: choose one that ends in .csv.")
    if settings.table.exists() and not settings.journal.exists() and settings.existing != "overwrite":
        raise BatchError(
            f"{settings.table} is there already and not from this command: "
            "move it, choose another table (--out), or have it replaced (--existing overwrite)."
        )


def _check_journal(journal: Journal, plan: Plan, settings: BatchSettings) -> None:
    known = journal.images
    if known and settings.existing != "overwrite" and known.isdisjoint(photo.name for photo in plan.photos):
        raise BatchError(
            f"{journal.path} tells of other photos than those in {settings.folder}: "
            "choose another table (--out), or have it replaced (--existing overwrite)."
        )


@dataclass
class _Run:
    """Where results go: journal first, then the sidecar."""

    settings: BatchSettings
    journal: Journal
    keys: dict[str, Key]

    def divide(self, photos: Sequence[Photo]) -> tuple[list[Photo], list[Photo], list[Photo]]:
        """Photos that are new, those captioned before, and those left alone for the sake of their sidecar."""
        new: list[Photo] = []
        old: list[Photo] = []
        left_alone: list[Photo] = []
        skips = self.settings.sidecar == "txt" and self.settings.existing == "skip"
        for photo in photos:
            if self.journal.has_captions(self.keys[photo.name]):
                old.append(photo)
            elif skips and is_foreign(photo.sidecar, self.journal.history(photo.name)):
                left_alone.append(photo)
            else:
                new.append(photo)
        return new, old, left_alone

    def deliver_old(self, photos: Sequence[Photo]) -> Generator[Failed, None, int]:
        """Write the sidecars that photos captioned before still lack; returns how many could not be written."""
        failed = 0
        for photo in photos:
            key = self.keys[photo.name]
            if self.settings.sidecar == "none" or self.journal.has_sidecar(key):
                continue
            record = self.journal.record(key)
            if record and (failure := self._deliver(photo, record)):
                failed += 1
                yield failure
        return failed

    def keep(self, photo: Photo, result: Record | PhotoError) -> Captioned | Failed:
        """Put one result on disk."""
        if isinstance(result, PhotoError):
            self.journal.write_error(self.keys[photo.name], str(result))
            return Failed(photo.name, str(result))
        return self.write(photo, result)

    def write(self, photo: Photo, record: Record) -> Captioned | Failed:
        """Put captions on disk, a person's or ours."""
        self.journal.write_captions(self.keys[photo.name], record)
        failure = self._deliver(photo, record) if self.settings.sidecar == "txt" else None
        return failure or Captioned(photo.name, record.description, record.captions)

    def write_table(self, photos: Iterable[Photo]) -> None:
        """Write the table of all that have captions."""
        rows = ((photo.name, record) for photo in photos if (record := self.journal.record(self.keys[photo.name])))
        write_table(self.settings.table, rows, self.settings.n)

    def _deliver(self, photo: Photo, record: Record) -> Failed | None:
        key = self.keys[photo.name]
        try:
            foreign = is_foreign(photo.sidecar, self.journal.history(photo.name))
            written = write_sidecar(photo.sidecar, record, self.settings.existing, foreign)
        except Exception as error:  # noqa: BLE001 - one photo's trouble is its own
            reason = f"{photo.sidecar} cannot be written ({reason_of(error)}): its captions are in the table."
            self.journal.write_error(key, reason)
            return Failed(photo.name, reason)
        if written:
            self.journal.write_sidecar(key, photo.sidecar.name)
        return None
