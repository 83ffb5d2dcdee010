"""Sets of photos on disk: a folder a job, so that a restart finds what was asked for and how far it came.

    jobs/ID/job.json       what was asked, the photos' names, when it was begun and finished
    jobs/ID/photos/000000  the photos, until the job is finished
    jobs/ID/results.jsonl  one line a photo, in their order, each on disk once its photo is done
    jobs/ID/lock           held by whoever works on it

A new job is written beside these and moved in whole. A last line that a crash tore is cut off.
"""

import json
import os
import re
import shutil
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import IO, Any

from caption_model.errors import ServeError
from caption_model.storage.lock import exclusive
from caption_model.storage.replace import replace_bytes, sync_folder

ID = re.compile(r"[0-9a-f]{32}")
STALE = 24 * 3600  # seconds after which an upload that never ended is removed
LINES = 1 << 16  # bytes that are read at once


@dataclass(frozen=True)
class Job:
    """A set of photos.

    Attributes:
        id: 32 hexadecimal digits.
        names: of the photos, as they were sent.
        asked: the options.
        created, begun, finished: seconds since 1970; ``begun`` is ``None`` while it waits.
        done, failed: photos that have a line, and those of them that could not be captioned.
    """

    id: str
    names: tuple[str, ...]
    asked: Mapping[str, Any]
    created: float
    begun: float | None = None
    finished: float | None = None
    done: int = 0
    failed: int = 0


class Sets:
    """All jobs of a folder.

    Raises:
        ServeError: from every method, if the folder cannot be read or written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "jobs"
        self._incoming = folder / "incoming"

    def prepare(self) -> None:
        """Make the folders."""
        with self._errors():
            for folder in (self.folder, self._incoming):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def add(self, photos: Iterable[tuple[str, IO[bytes]]], asked: Mapping[str, Any]) -> Job:
        """Keep a new job."""
        with self._errors():
            id_ = uuid.uuid4().hex
            folder = self._incoming / id_
            try:
                names = self._keep(photos, folder)
                job = Job(id_, names, dict(asked), time.time())
                (folder / "results.jsonl").touch(mode=0o600)
                _write(folder, job)
                sync_folder(folder)
                folder.rename(self.folder / id_)
                sync_folder(self.folder)
            except BaseException:
                shutil.rmtree(folder, ignore_errors=True)
                raise
        return job

    def get(self, id_: str) -> Job | None:
        """A job as it stands; ``None`` where there is none."""
        if not ID.fullmatch(id_):
            return None
        with self._errors():
            try:
                told = json.loads((self.folder / id_ / "job.json").read_bytes())
            except FileNotFoundError:
                return None
            except ValueError as error:
                raise ServeError(f"{self.folder / id_ / 'job.json'} is damaged: remove that folder.") from error
            counted = {} if told["finished"] else dict(zip(("done", "failed"), self._counted(id_), strict=True))
            return Job(**{**told, "names": tuple(told["names"]), **counted})

    def all(self) -> Iterator[Job]:
        """All jobs, oldest first; those that cannot be read are left out."""
        with self._errors():
            ids = [path.name for path in self.folder.iterdir() if ID.fullmatch(path.name)]
        found = []
        for id_ in ids:
            with suppress(ServeError):
                found += [job for job in [self.get(id_)] if job]
        yield from sorted(found, key=lambda job: job.created)

    def unfinished(self) -> int:
        """How many jobs are not finished."""
        return sum(job.finished is None for job in self.all())

    def photo(self, job: Job, number: int) -> Path:
        """Where a photo lies."""
        return self.folder / job.id / "photos" / f"{number:06}"

    def lines(self, id_: str) -> Iterator[bytes]:
        """What is told of a job's photos so far, whole lines only, in pieces."""
        with self._errors(), (self.folder / id_ / "results.jsonl").open("rb") as file:
            rest = b""
            while piece := file.read(LINES):
                whole, newline, rest = (rest + piece).rpartition(b"\n")
                if newline:
                    yield whole + newline

    def remove(self, id_: str) -> bool:
        """Delete a job with its photos and captions, even one that is worked on; whether there was one."""
        if not ID.fullmatch(id_):
            return False
        with self._errors():
            gone = self._incoming / f"{id_}.gone"
            try:
                (self.folder / id_).rename(gone)
            except FileNotFoundError:
                return False
            shutil.rmtree(gone, ignore_errors=True)
        return True

    def sweep(self, keep_seconds: float) -> None:
        """Delete jobs that were finished long ago, and uploads that never ended."""
        now = time.time()
        for job in self.all():
            if job.finished is not None and job.finished < now - keep_seconds:
                self.remove(job.id)
        with self._errors():
            for path in self._incoming.iterdir():
                with suppress(FileNotFoundError):
                    if path.stat().st_mtime < now - STALE:
                        shutil.rmtree(path, ignore_errors=True)

    @contextmanager
    def work(self, job: Job) -> Iterator["Work"]:
        """Hold a job against all other workers, with the end of its results ready for more.

        Raises:
            BlockingIOError: another one works on it.
        """
        folder = self.folder / job.id
        with self._errors(), exclusive(folder / "lock"), (folder / "results.jsonl").open("r+b") as file:
            whole = sum(map(len, self.lines(job.id)))
            file.truncate(whole)
            file.seek(whole)
            now = self.get(job.id)
            if now is None or now.finished is not None:
                raise BlockingIOError(f"{job.id} is finished")
            yield Work(folder, now, file)

    def held(self, job: Job) -> bool:
        """Whether somebody works on a job."""
        try:
            with self._errors(), exclusive(self.folder / job.id / "lock"):
                return False
        except BlockingIOError:
            return True

    def _keep(self, photos: Iterable[tuple[str, IO[bytes]]], folder: Path) -> tuple[str, ...]:
        (folder / "photos").mkdir(mode=0o700, parents=True)
        names = []
        for number, (name, file) in enumerate(photos):
            with (folder / "photos" / f"{number:06}").open("wb") as kept:
                shutil.copyfileobj(file, kept)
                kept.flush()
                os.fsync(kept.fileno())
            names.append(name)
        sync_folder(folder / "photos")
        return tuple(names)

    def _counted(self, id_: str) -> tuple[int, int]:
        done = failed = 0
        with suppress(FileNotFoundError):
            for piece in self.lines(id_):
                done += piece.count(b"\n")
                failed += sum("error" in json.loads(line) for line in piece.splitlines())
        return done, failed

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (BlockingIOError, FileNotFoundError):
            raise
        except OSError as error:
            where = error.filename or self.folder
            raise ServeError(
                f"{where} cannot be read or written ({error.strerror or error}): make room or choose another --data."
            ) from error


class Work:
    """A job in the hands of a worker: ``job`` as it stood, and the end of its results."""

    def __init__(self, folder: Path, job: Job, results: IO[bytes]) -> None:
        self.job = job
        self._folder = folder
        self._results = results
        self._done, self._failed = job.done, job.failed
        _write(folder, replace(job, begun=job.begun or time.time()))

    def add(self, lines: Iterable[tuple[bytes, bool]]) -> None:
        """Put the lines of the next photos on disk, each with whether it is of a failure."""
        for line, failed in lines:
            self._results.write(line)
            self._done += 1
            self._failed += failed
        self._results.flush()
        os.fsync(self._results.fileno())

    def finish(self) -> None:
        """Note that all is done, and delete the photos."""
        began = self.job.begun or time.time()
        _write(
            self._folder,
            replace(self.job, begun=began, finished=time.time(), done=self._done, failed=self._failed),
        )
        shutil.rmtree(self._folder / "photos", ignore_errors=True)


def _write(folder: Path, job: Job) -> None:
    replace_bytes(folder / "job.json", json.dumps(asdict(job)).encode())
