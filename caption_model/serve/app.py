"""The app that a worker runs: addresses, what they take and what they give."""

import logging
import os
import re
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import FastAPI, Form, Path, Request, Security
from fastapi.concurrency import run_in_threadpool
from fastapi.security import HTTPBearer
from pydantic import BaseModel, Field
from starlette.responses import Response, StreamingResponse

from caption_model import __version__
from caption_model.bundles.bundle import MODELS
from caption_model.networks.threads import cores
from caption_model.serve import metrics as counting
from caption_model.serve import problems
from caption_model.serve.captions import Captions, called
from caption_model.serve.door import Door, Room
from caption_model.serve.model import Model, Wish
from caption_model.serve.problems import Problem, RefusedError
from caption_model.serve.sets import Job, Sets
from caption_model.serve.settings import Settings
from caption_model.serve.wishes import CaptionForm, JobForm, asked_of, wish_of
from caption_model.serve.worker import Worker
from caption_model.text.shown import as_json

if TYPE_CHECKING:
    from caption_model.captioner import Captioner

JSON_LINES = "application/jsonl"
FIELDS = 64  # of a form; there are a dozen options
TEXT = 10_000  # bytes of a field
JOB_RETRY = 30  # seconds after which it is worth asking whether a job was finished
UPLOADS = 4  # jobs that are being received at once
NO_TELEMETRY: Any = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}
Id = Annotated[str, Path(description="A job's id.", pattern="^[0-9a-f]{32}$")]


class Captioned(BaseModel):
    """What is told of one photo: captions, or why there are none."""

    photo: str = Field(description="Its name, as it was sent.")
    social: list[str] | None = Field(None, description="Captions, best first.")
    descriptive: str | None = Field(None, description="What there is to see.")
    seconds: float | None = Field(None, description="That it took, without the wait for its turn.")
    confidence: float | None = Field(None, description="Chance that people would agree with the description.")
    saw: list[tuple[str, float]] | None = Field(None, description="ImageNet's classes with their probabilities.")
    hashtags: list[str] | None = None
    book: list[str] | None = None
    explanation: str | None = Field(None, description="A PNG in base64.")
    error: str | None = Field(None, description="Why this photo has no captions.")


class Results(BaseModel):
    """One object a photo, in their order."""

    results: list[Captioned]


class JobState(BaseModel):
    """How far a job is."""

    id: str
    state: str = Field(description="waiting, running or finished.", pattern="^(waiting|running|finished)$")
    photos: int
    done: int = Field(description="Photos that have a line in the results, failed ones among them.")
    failed: int
    created: float = Field(description="Seconds since 1970, like the other two.")
    begun: float | None
    finished: float | None
    results: str = Field(description="Where the captions are, as JSON Lines; those of the photos done so far.")


class Health(BaseModel):
    """Whether the server can do its work."""

    status: str
    version: str


def load(settings: Settings) -> dict[str, "Captioner"]:
    """The bundled models and the voices, which share encoder and description.

    Raises:
        CaptionError: a bundle cannot be loaded.
    """
    from caption_model.captioner import Captioner

    threads = max(1, cores() // settings.workers)
    bundled = Captioner.load(settings.models or MODELS, threads=threads)
    return {"": bundled, **{name: bundled.with_voice(path) for name, path in settings.voices_by_name().items()}}


def worker_app() -> FastAPI:
    """The app of a process that ``caption-model serve`` began."""
    logging.getLogger("caption_model").setLevel(logging.INFO)
    return create_app(Settings.of(os.environ))


def create_app(
    settings: Settings, load: Callable[[Settings], Mapping[str, "Captioner"]] = load, works: bool = True
) -> FastAPI:
    """The app; ``works`` is whether it also works on jobs. Models are loaded when it starts."""
    state = _State(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await run_in_threadpool(state.start, load, works)
        try:
            yield
        finally:
            await run_in_threadpool(state.stop)

    app = FastAPI(
        title="Social caption suggester",
        version=__version__,
        description="Photos in, captions out. What goes wrong is told as one sentence.",
        docs_url=None,  # these pages load their scripts from the web
        redoc_url=None,
        lifespan=lifespan,
        telemetry=NO_TELEMETRY,
        dependencies=[Security(HTTPBearer(auto_error=False))] if settings.token else [],
        form_limits={"max_files": max(settings.request_photos, settings.job_photos), "max_fields": FIELDS,
                     "max_part_size": TEXT},
    )  # fmt: skip
    problems.add_to(app)
    app.add_middleware(Door, settings=settings, rooms={"/v1/captions": state.room, "/v1/jobs": state.uploads})
    app.add_middleware(counting.Counted, metrics=state.metrics)
    _add_captions(app, state)
    _add_jobs(app, state)
    _add_rest(app, state)
    return app


class _State:
    """What the addresses share."""

    model: Model
    captions: Captions
    worker: Worker

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.metrics = counting.Metrics()
        self.room = Room(settings.waiting, settings.request_bytes)
        self.uploads = Room(UPLOADS, settings.job_bytes)
        self.sets = Sets(settings.folder)

    def start(self, load: Callable[[Settings], Mapping[str, "Captioner"]], works: bool) -> None:
        settings = self.settings
        self.sets.prepare()
        self.model = Model(load(settings), self.metrics.joined.observe)
        self.captions = Captions(self.model, self.metrics, settings.most_pixels)
        self.worker = Worker(
            self.model,
            self.sets,
            self.wish,
            settings.keep_days * 24 * 3600,
            settings.most_pixels,
            settings.redis,
            lambda outcome: self.metrics.photos.labels("job", outcome).inc(),
        )
        if works:
            self.worker.start()

    def stop(self) -> None:
        self.worker.stop()
        self.model.close()
        self.captions.close()

    def wish(self, asked: Mapping[str, Any]) -> tuple[Wish, int | None]:
        return wish_of(asked, self.settings.models or MODELS, self.settings.voices_by_name())

    def understood(self, asked: Mapping[str, Any]) -> tuple[Wish, int | None]:
        """The same for a request, which is refused where a value is not known."""
        try:
            return self.wish(asked)
        except ValueError as error:
            raise RefusedError(422, str(error)) from error


def _refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    said = {
        400: "The form cannot be read.",
        401: "No token, or a wrong one.",
        403: "A page of another origin asks.",
        404: "There is no such job.",
        413: "Too many bytes, pixels or photos.",
        421: "The Host is another machine's.",
        422: "An option is not valid.",
        429: "Too much is waiting: try again after the seconds that Retry-After names.",
        503: "The queue cannot be used, or the server is being stopped.",
    }
    return {status: {"model": Problem, "description": said[status]} for status in (*statuses, 401, 403, 421)}


def _check_count(photos: int, most: int) -> None:
    if photos > most:
        raise RefusedError(413, f"{photos} photos are more than the {most} allowed: send them in several requests.")


def _add_captions(app: FastAPI, state: _State) -> None:
    limits = state.settings

    @app.post(
        "/v1/captions",
        response_model=Results,
        response_model_exclude_unset=True,
        max_body_size=limits.request_bytes,
        responses={
            200: {"content": {JSON_LINES: {"schema": {"type": "string"}}}, "description": "Captions."},
            **_refusals(400, 413, 422, 429, 503),
        },
    )
    async def captions(request: Request, form: Annotated[CaptionForm, Form(media_type="multipart/form-data")]) -> Any:
        """Caption photos. With `Accept: application/jsonl`, one JSON object a line, as the command line prints."""
        _check_count(len(form.photos), limits.request_photos)
        if form.explain and len(form.photos) != 1:
            raise RefusedError(422, f"explain: it is of one photo, and {len(form.photos)} were sent.")
        wish, tags = state.understood(asked_of(form))
        started = time.monotonic()
        told = await state.captions.of(form.photos, wish, tags, form.explain)
        state.room.took(time.monotonic() - started)
        lines = [as_json(one) for one in told]
        if JSON_LINES in request.headers.get("accept", ""):
            return Response("".join(f"{line}\n" for line in lines), media_type=JSON_LINES)
        return Response(f'{{"results": [{", ".join(lines)}]}}', media_type="application/json")


def _add_jobs(app: FastAPI, state: _State) -> None:
    limits, sets = state.settings, state.sets

    def told(job: Job) -> JobState:
        stage = "finished" if job.finished is not None else "waiting" if job.begun is None else "running"
        return JobState(
            id=job.id, state=stage, photos=len(job.names), done=job.done, failed=job.failed, created=job.created,
            begun=job.begun, finished=job.finished, results=f"/v1/jobs/{job.id}/results",
        )  # fmt: skip

    async def found(id_: str) -> Job:
        if (job := await run_in_threadpool(sets.get, id_)) is None:
            raise RefusedError(404, "there is no such job: finished ones are kept for a while only.")
        return job

    @app.post(
        "/v1/jobs",
        status_code=202,
        response_model=JobState,
        max_body_size=limits.job_bytes,
        responses=_refusals(400, 413, 422, 429, 503),
    )
    async def add(form: Annotated[JobForm, Form(media_type="multipart/form-data")], response: Response) -> JobState:
        """Leave a set of photos to be captioned in its turn. What is kept survives a restart of the server."""
        _check_count(len(form.photos), limits.job_photos)
        asked = asked_of(form)
        state.understood(asked)
        if await run_in_threadpool(sets.unfinished) >= limits.jobs:
            wait = {"Retry-After": str(JOB_RETRY)}
            raise RefusedError(429, f"{limits.jobs} jobs are unfinished: try again later.", wait)
        await run_in_threadpool(state.worker.queue.check)
        job = await run_in_threadpool(sets.add, [(called(photo), photo.file) for photo in form.photos], asked)
        await run_in_threadpool(state.worker.queue.add, job.id)
        response.headers["Location"] = f"/v1/jobs/{job.id}"
        return told(job)

    @app.get("/v1/jobs/{id}", response_model=JobState, responses=_refusals(404, 422, 503))
    async def get(id: Id) -> JobState:
        """How far a job is."""
        return told(await found(id))

    @app.get(
        "/v1/jobs/{id}/results",
        response_class=Response,
        responses={
            200: {"content": {JSON_LINES: {"schema": {"type": "string"}}}, "description": "One JSON object a line."},
            **_refusals(404, 422, 503),
        },
    )
    async def results(id: Id) -> Response:
        """The captions of the photos that are done, in the order they were sent, as JSON Lines."""
        await found(id)
        return StreamingResponse(sets.lines(id), media_type=JSON_LINES)

    @app.delete("/v1/jobs/{id}", status_code=204, response_class=Response, responses=_refusals(404, 422, 503))
    async def remove(id: Id) -> Response:
        """Delete a job with its photos and captions, done or not."""
        await found(id)
        await run_in_threadpool(sets.remove, id)
        return Response(status_code=204)


def _add_rest(app: FastAPI, state: _State) -> None:
    @app.get("/health", response_model=Health, responses=_refusals(503))
    async def health() -> Health:
        """Whether models are loaded and the queue answers."""
        await run_in_threadpool(state.worker.queue.check)
        return Health(status="ok", version=__version__)

    @app.get(
        "/metrics",
        response_class=Response,
        responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}, **_refusals()},
    )
    async def metrics() -> Response:
        """Counters for Prometheus."""
        state.metrics.waiting.set(state.model.waiting)
        state.metrics.jobs.set(await run_in_threadpool(state.sets.unfinished))
        return Response(state.metrics.text(), media_type=re.sub(r"; *charset=[^;]*", "", counting.TYPE))
