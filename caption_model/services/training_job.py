"""A voice being made: how far it is, its loss curve, and what was measured in the end."""

import json
import math
import threading
from dataclasses import dataclass, replace
from typing import Any, Literal

from caption_model.services.jobs import Event, Job
from caption_model.services.voice_requests import VoiceRequest

MOST_POINTS = 600  # of the curve; when there are more, every other one is left out

Stage = Literal["starting", "reading", "encoding", "preparing", "learning", "measuring", "made"]
STAGES: dict[str, Stage] = {
    "reading": "reading",
    "read": "encoding",
    "encoded": "encoding",
    "learning": "preparing",
    "step": "learning",
    "epoch": "learning",
    "measuring": "measuring",
    "finished": "made",
}

# Where each stage begins and ends on the one bar from start to end.
SHARES: dict[Stage, tuple[float, float]] = {
    "starting": (0.0, 0.02),
    "reading": (0.02, 0.05),
    "encoding": (0.05, 0.25),
    "preparing": (0.25, 0.3),
    "learning": (0.3, 0.95),
    "measuring": (0.95, 1.0),
    "made": (1.0, 1.0),
}


@dataclass(frozen=True)
class Point:
    """A point of the loss curve: bits per character after so many seconds of learning."""

    seconds: float
    bits: float


@dataclass(frozen=True)
class TrainingStatus:
    """How far a training is.

    Attributes:
        stage: what it does.
        captions, held_out, photos: what was read.
        encoded: photos.
        done: share of the learning, in [0, 1].
        seconds_left: of the learning, at the most; ``None`` as long as nobody can know.
        posts: loss on the posts that are learnt.
        judged: loss on those held out, one point an epoch.
        facts: all that was measured, once the voice is made.
    """

    stage: Stage = "starting"
    captions: int = 0
    held_out: int = 0
    photos: int = 0
    encoded: int = 0
    done: float = 0.0
    seconds_left: float | None = None
    posts: tuple[Point, ...] = ()
    judged: tuple[Point, ...] = ()
    facts: dict[str, Any] | None = None

    @property
    def share(self) -> float:
        """How much of the whole is done, in [0, 1], from the start to the voice; it never falls back."""
        begin, end = SHARES[self.stage]
        within = self.encoded / self.photos if self.stage == "encoding" and self.photos else 0.0
        within = self.done if self.stage == "learning" else within
        return begin + (end - begin) * min(max(within, 0.0), 1.0)


class TrainingJob:
    """Makes a voice in a process of its own; every method may be called from any thread."""

    def __init__(self, request: VoiceRequest) -> None:
        self.request = request
        self._lock = threading.Lock()
        self._job: Job | None = None
        self._status = TrainingStatus()

    @property
    def running(self) -> bool:
        """Whether the process is at work."""
        return self._job is not None and self._job.running

    @property
    def stopping(self) -> bool:
        """Whether it was asked to stop and is about to save its best."""
        return self._job is not None and self._job.running and self._job.asked_to_stop

    @property
    def fault(self) -> str:
        """Why it broke off, in a sentence; nothing if it did not."""
        return "" if self._job is None or self.status().facts is not None else self._job.fault()

    def status(self) -> TrainingStatus:
        """How far it is."""
        with self._lock:
            return self._status

    def start(self) -> None:
        """Begin, or go on where an earlier start ended.

        Raises:
            CaptionError: its folder cannot be written, or no process can be started.
        """
        if self.running:
            return
        self.request.save()
        posts, judged = _learnt_before(self.request)
        with self._lock:
            self._status = TrainingStatus(posts=posts, judged=judged)
        self._job = Job(_words(self.request), self._hear)

    def stop(self) -> None:
        """End the learning; the best so far becomes the voice."""
        if self._job:
            self._job.stop()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for its end; whether it has come."""
        return self._job is None or self._job.wait(seconds)

    def discard(self) -> None:
        """End it at once and forget all about it."""
        if self._job:
            self._job.kill()
        self.request.forget()

    def _hear(self, event: Event) -> None:
        with self._lock:
            self._status = _after(self._status, event)
            made = self._status.facts is not None
        if made:
            self.request.forget()


def _after(status: TrainingStatus, event: Event) -> TrainingStatus:
    """The status once an event was heard."""
    kind = event.get("event", "")
    if kind not in STAGES:
        return status
    status = replace(status, stage=STAGES[kind])
    if kind == "read":
        return replace(status, **{name: event[name] for name in ("captions", "held_out", "photos")})
    if kind == "encoded":
        return replace(status, encoded=event["photos"])
    if kind == "step":
        posts = _thinned((*status.posts, Point(event["spent"], event["bits"])))
        return replace(status, done=event["done"], seconds_left=event["left"], posts=posts)
    if kind == "epoch":
        spent = event["spent"]
        return replace(status, judged=(*status.judged, Point(spent, event["score"])))
    if kind == "finished":
        return replace(status, done=1.0, seconds_left=0.0, facts=event)
    return status


def _thinned(points: tuple[Point, ...]) -> tuple[Point, ...]:
    return points if len(points) <= MOST_POINTS else (*points[:-1:2], points[-1])


def _learnt_before(request: VoiceRequest) -> tuple[tuple[Point, ...], tuple[Point, ...]]:
    """The curve of the epochs that earlier starts have learnt, from their log."""
    posts: list[Point] = []
    judged: list[Point] = []
    seconds = 0.0
    try:
        for line in (request.run / "log.jsonl").read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            seconds += record["seconds"]
            posts.append(Point(seconds, record["loss"] / math.log(2)))
            judged.append(Point(seconds, record["score"]))
    except (OSError, ValueError, KeyError, TypeError):  # none yet, or damaged: the curve begins later
        return (), ()
    return tuple(posts), tuple(judged)


def _words(request: VoiceRequest) -> list[str | Any]:
    """What is typed for a request."""
    return [
        *("train", "social", "--base", "default", "--json-progress"),
        *("--posts", request.dump),
        *("--out", request.bundle),
        *("--run", request.run),
        *("--minutes", str(request.minutes)),
        *(word for account in request.accounts for word in ("--account", account)),
    ]
