"""The worker of jobs: one thread beside the server, which asks the same models, after everybody who waits for them."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from typing import Any

from huey.consumer import Worker as HueyWorker

from caption_model.errors import CaptionError, PhotoError, ServeError
from caption_model.serve.job_queue import JobQueue
from caption_model.serve.model import MOST, Found, Model, Wish
from caption_model.serve.sets import Job, Sets, Work
from caption_model.services.answers import answer, refusal
from caption_model.text.shown import as_json
from caption_model.vision.files import reason_of
from caption_model.vision.photos import open_photo

SWEEP = 60.0  # seconds between looks for jobs that nobody has in hand
POLL = (0.1, 1.0)  # seconds between looks into a queue that is empty, at first and at most
LOG = logging.getLogger("caption_model.serve")


class Worker:
    """Works on the jobs of a queue until it is stopped.

    Args:
        model: that captions.
        sets: the jobs.
        wish: what a job asks for, of its options: what is wanted, and the most hashtags.
        keep_seconds: that finished jobs are kept.
        most_pixels: that a photo may have.
        redis: URL of the queue; empty for SQLite.
        counted: called with "captioned" or "failed" for each photo.
    """

    def __init__(
        self,
        model: Model,
        sets: Sets,
        wish: Callable[[Mapping[str, Any]], tuple[Wish, int | None]],
        keep_seconds: float,
        most_pixels: int,
        redis: str = "",
        counted: Callable[[str], object] = lambda outcome: None,
    ) -> None:
        self.queue = JobQueue(sets.folder.parent, redis, self._run)
        self._model, self._sets, self._wish = model, sets, wish
        self._keep_seconds, self._most_pixels = keep_seconds, most_pixels
        self._counted = counted
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work, name="jobs", daemon=True)

    def start(self) -> None:
        """Begin, with what an earlier server left."""
        self.sweep()
        self._thread.start()

    def stop(self) -> None:
        """End after the photos in hand; what is left of a job waits for the next start."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def sweep(self) -> None:
        """Put back what is unfinished, not in the queue and in nobody's hands; delete what is old."""
        self._sets.sweep(self._keep_seconds)
        waiting = self.queue.ids()
        for job in self._sets.all():
            if job.finished is None and job.id not in waiting:
                with suppress(FileNotFoundError):  # removed meanwhile
                    if not self._sets.held(job):
                        self.queue.add(job.id)

    def _work(self) -> None:
        first, most = POLL
        worker = HueyWorker(self.queue.huey, self._stopped, first, most, backoff=1.5)
        swept = time.monotonic()
        while not self._stopped.is_set():
            worker.loop()  # errors of the queue are logged there, and waited out
            if time.monotonic() - swept > SWEEP:
                swept = time.monotonic()
                try:
                    self.sweep()
                except CaptionError as error:
                    LOG.warning("%s", error)

    def _run(self, id_: str) -> None:
        """Caption the photos of a job that have no line yet. Called again for a finished job it does nothing."""
        job = self._sets.get(id_)
        if job is None or job.finished is not None:
            return
        try:
            with self._sets.work(job) as work:
                self._caption(work)
        except BlockingIOError:  # another worker's
            return
        except FileNotFoundError:  # removed meanwhile
            LOG.info("job %s was removed", id_)

    def _caption(self, work: Work) -> None:
        job = work.job
        try:
            wish, tags = self._wish(job.asked)
        except ValueError as error:  # a voice or subject that the server no longer knows
            work.add((_line(refusal(name, error)), True) for name in job.names[job.done :])
            work.finish()
            return
        for start in range(job.done, len(job.names), MOST):
            if self._stopped.is_set():
                return
            numbers = range(start, min(start + MOST, len(job.names)))
            asked = [(number, self._ask(job, number, wish)) for number in numbers]
            try:
                lines = [self._told(job.names[number], found, tags) for number, found in asked]
            except (ServeError, CancelledError):  # the server is being stopped
                return
            self._sets.photo(job, start).stat()  # not removed meanwhile
            work.add(lines)
            for _, failed in lines:
                self._counted("failed" if failed else "captioned")
        work.finish()

    def _ask(self, job: Job, number: int, wish: Wish) -> "Future[Found]":
        name, path = job.names[number], self._sets.photo(job, number)
        started = time.perf_counter()
        try:
            pixels = open_photo(path, self._model.size, self._most_pixels)
        except Exception as error:  # noqa: BLE001 - one photo's trouble is its own
            failed: Future[Found] = Future()
            ours = str(error).replace(str(path), name) if isinstance(error, PhotoError) else ""
            failed.set_exception(PhotoError(ours or f"{name} cannot be opened ({reason_of(error)})."))
            return failed
        return self._model.caption(name, pixels, wish, time.perf_counter() - started, urgent=False)

    def _told(self, name: str, found: "Future[Found]", tags: int | None) -> tuple[bytes, bool]:
        try:
            result = found.result()
        except (ServeError, CancelledError):
            raise
        except CaptionError as error:
            return _line(refusal(name, error)), True
        return _line(answer(result.suggestions, tags, result.book)), False


def _line(content: dict[str, Any]) -> bytes:
    return as_json(content).encode() + b"\n"
