"""Who may come in, decided before a byte of a request's body is read: Host, Origin, token, and room for one more."""

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from caption_model.serve.problems import problem
from caption_model.serve.settings import Settings
from caption_model.services.hosts import is_ours, name_of, same

OPEN = frozenset({"/health", "/openapi.json"})  # to whoever has no token
BEARER = "bearer"


class FullError(Exception):
    """There is no room for one more."""


class Room:
    """Requests that are in hand; how long each took tells when there will be room again."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.inside = 0
        self._seconds = 1.0  # that one takes, a running mean
        self._lock = threading.Lock()

    @property
    def retry_after(self) -> int:
        """Seconds after which it is worth trying again."""
        return max(1, min(60, math.ceil(self._seconds)))

    @contextmanager
    def one_more(self) -> Iterator[None]:
        """Be in hand inside.

        Raises:
            FullError: as many as may be are.
        """
        with self._lock:
            if self.inside >= self.most:
                raise FullError
            self.inside += 1
        try:
            yield
        finally:
            with self._lock:
                self.inside -= 1

    def took(self, seconds: float) -> None:
        """Remember how long one was in hand."""
        self._seconds += 0.1 * (seconds - self._seconds)


class Door:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or say why not."""
        refusal = self._refusal(scope) if scope["type"] == "http" else None
        await (refusal or self.app)(scope, receive, send)

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        host, origin = headers.get("host", ""), headers.get("origin")
        if not is_ours(name_of(host), self.settings.address, self.settings.hosts):
            return problem(421, "this server answers to its own name and address only: see --host-name.")
        if origin is not None and urlsplit(origin).netloc.lower() != host.lower():
            return problem(403, "a page of another origin asks: that is not allowed.")
        if self.settings.token and scope["path"] not in OPEN and not self._knows(headers.getlist("authorization")):
            return problem(401, "name the token: Authorization: Bearer TOKEN.", {"WWW-Authenticate": "Bearer"})
        return None

    def _knows(self, said: list[str]) -> bool:
        scheme, _, token = (said[0] if len(said) == 1 else "").partition(" ")
        return same(token.strip(), self.settings.token) and scheme.lower() == BEARER
