"""Who may come in, decided before a byte of a request's body is read: Host, Origin, token, and room for one more."""

import math
from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from caption_model.serve.problems import TOO_LARGE, problem
from caption_model.serve.settings import Settings
from caption_model.services.hosts import is_ours, name_of, same

OPEN = frozenset({"/health", "/openapi.json"})  # to whoever has no token
BEARER = "bearer"


class Room:
    """Requests that are in hand, each of ``most_bytes`` at most, counted by the one thread of the event loop.

    How long each took tells when there will be room again.
    """

    def __init__(self, most: int, most_bytes: int) -> None:
        self.most = most
        self.most_bytes = most_bytes
        self.inside = 0
        self._seconds = 1.0  # that one takes, a running mean

    @property
    def retry_after(self) -> int:
        """Seconds after which it is worth trying again."""
        return max(1, min(60, math.ceil(self._seconds)))

    def enter(self) -> bool:
        """Take a place; whether there was one."""
        if self.inside >= self.most:
            return False
        self.inside += 1
        return True

    def leave(self) -> None:
        """Give the place back."""
        self.inside -= 1

    def took(self, seconds: float) -> None:
        """Remember how long one was in hand."""
        self._seconds += 0.1 * (seconds - self._seconds)


class Door:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, settings: Settings, rooms: Mapping[str, Room]) -> None:
        self.app = app
        self.settings = settings
        self.rooms = rooms  # of the addresses that photos are sent to

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or say why not."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if refusal := self._refusal(scope):
            await refusal(scope, receive, send)
            return
        room = self.rooms.get(scope["path"]) if scope["method"] == "POST" else None
        length = Headers(scope=scope).get("content-length", "0")
        if room is None:
            await self.app(scope, receive, send)
        elif length.isdigit() and int(length) > room.most_bytes:
            await problem(413, TOO_LARGE)(scope, receive, send)
        elif not room.enter():
            said = f"{room.most} requests are in hand already: try again later."
            await problem(429, said, {"Retry-After": str(room.retry_after)})(scope, receive, send)
        else:
            try:
                await self.app(scope, receive, send)
            finally:
                room.leave()

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
