"""What went wrong, as ``{"error": "one sentence"}``, whoever found it."""

import logging
from collections.abc import Mapping

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from caption_model.errors import CaptionError, PhotoTooLargeError, ServeError

SENTENCES = {
    404: "there is nothing at this address: see /openapi.json.",
    405: "this address knows no such method: see /openapi.json.",
}
TOO_LARGE = "the request has more bytes than the server takes: send fewer or smaller photos."
LOG = logging.getLogger("caption_model.serve")


class Problem(BaseModel):
    """Why a request was refused."""

    error: str = Field(description="One sentence.")


class RefusedError(Exception):
    """A request that is refused with a status of its own."""

    def __init__(self, status: int, sentence: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(sentence)
        self.status, self.sentence, self.headers = status, sentence, headers


def problem(status: int, sentence: str, headers: Mapping[str, str] | None = None) -> Response:
    """The answer that tells of a problem."""
    return JSONResponse({"error": sentence}, status, dict(headers or {}))


def add_to(app: FastAPI) -> None:
    """Have an app answer in this way."""

    @app.exception_handler(RefusedError)
    async def refused(request: Request, error: RefusedError) -> Response:
        return problem(error.status, error.sentence, error.headers)

    @app.exception_handler(RequestValidationError)
    async def not_understood(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"][1:]) or str(first["loc"][0])
        return problem(422, f"{where}: {_lower(str(first['msg']))}.")

    @app.exception_handler(CaptionError)
    async def ours(request: Request, error: CaptionError) -> Response:
        status = 413 if isinstance(error, PhotoTooLargeError) else 503 if isinstance(error, ServeError) else 500
        return problem(status, str(error), {"Retry-After": "5"} if status == 503 else None)

    @app.exception_handler(HTTPException)
    async def of_a_library(request: Request, error: HTTPException) -> Response:
        said = _lower(str(error.detail)).rstrip(".")
        status = 413 if said.startswith("too many files") else error.status_code
        if status == 413 and error.status_code == 413:
            said = TOO_LARGE.rstrip(".")
        sentence = SENTENCES.get(status, f"{said}.")
        return problem(status, sentence, error.headers)

    @app.exception_handler(Exception)
    async def unforeseen(request: Request, error: Exception) -> Response:
        LOG.error("unforeseen", exc_info=error)
        return problem(500, "something went wrong here: the server's log says what.")


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
