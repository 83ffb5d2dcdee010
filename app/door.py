"""Who may come in: requests that are meant for this server, and on a network only with the token.

Before a request reaches Streamlit, its Host must be this machine (a name that somebody else lets point here, known as
DNS rebinding, is refused), its Origin the same, and, where the server listens to more than this computer, its cookie
must hold the token that was printed at the start.
"""

import html
import os
import secrets
import sys
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import streamlit as st
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from caption_model.services.hosts import HERE, is_ours, name_of, same

RUN = "/run-of-the-server"
THIS_RUN = secrets.token_urlsafe(8)
COOKIE = "captions-token"
LOCALHOST = b"http://localhost"
MOST_UPLOADS = 1 << 30  # bytes that all uploads together may take
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Caption suggester</title><body style="font:1rem sans-serif;max-width:26rem;margin:4rem auto;padding:0 1rem">
<h1 style="font-size:1.4rem">Caption suggester</h1><form><label>Token, as printed where the app was started<br>
<input name="token" autocomplete="off" autofocus style="font:inherit;padding:.4rem;width:100%"></label>
<p><button style="font:inherit;padding:.4rem 1rem">Come in</button></p></form><p>{trouble}</p></body></html>"""


@dataclass(frozen=True)
class Settings:
    """What the server listens to; ``token`` is empty where that is this computer alone."""

    address: str
    token: str = ""


def settings() -> Settings:
    """As the server was started; the token is made here, and printed, unless the environment names one."""
    address = str(st.get_option("server.address") or "0.0.0.0")  # noqa: S104 - Streamlit's default
    if address in HERE:
        return Settings(address)
    token = os.environ.get("CAPTIONS_TOKEN") or secrets.token_urlsafe(9)
    print(f"  Whoever opens the page from the network needs this token: {token}", file=sys.stderr, flush=True)
    os.environ["CAPTIONS_SHARED"] = "yes"  # paths are then bounded: see typed_paths
    return Settings(address, token)


async def run(request: Request) -> Response:
    """Which run of the server this is: pages notice by it that there is another one."""
    return PlainTextResponse(THIS_RUN, headers={"Cache-Control": "no-store"})


class Door:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or say why not."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        answer = self._refusal(scope, headers)
        if answer is None:
            await self.app(_from_here(scope), receive, send)
        elif scope["type"] == "websocket":
            await _refuse(receive, send)
        else:
            await answer(scope, receive, send)

    def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        host, origin = headers.get("host", ""), headers.get("origin")
        if not is_ours(name_of(host), self.settings.address):
            return PlainTextResponse("This server answers to its own name and address only.", 421)
        if origin is not None and urlsplit(origin).netloc.lower() != host.lower():
            return PlainTextResponse("Another page asks: that is not allowed.", 403)
        if scope["type"] == "http" and scope["method"] == "PUT" and "/upload_file/" in scope["path"]:
            length = headers.get("content-length", "")
            if not length.isdigit() or int(length) + uploaded() > MOST_UPLOADS:
                return PlainTextResponse("Too much is being uploaded at once: wait a moment.", 413)
        return self._without_token(scope, headers) if self.settings.token else None

    def _without_token(self, scope: Scope, headers: Headers) -> Response | None:
        """A page that asks for the token, or ``None`` for whoever has it."""
        request = Request({**scope, "type": "http", "method": scope.get("method", "GET")})
        if same(request.cookies.get(COOKIE, ""), self.settings.token):
            return None
        given = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("token", [""])[0]
        if scope["type"] == "http" and same(given.strip(), self.settings.token):
            answer = RedirectResponse(scope["path"], 303)
            answer.set_cookie(COOKIE, self.settings.token, httponly=True, samesite="strict", max_age=30 * 24 * 3600)
            return answer
        trouble = html.escape("That is not the token.") if given else ""
        return HTMLResponse(PAGE.format(trouble=trouble), 403)


def uploaded() -> int:
    """Bytes of all uploads that are held in memory."""
    from streamlit import runtime

    if not runtime.exists():
        return 0
    manager: Any = runtime.get_instance().uploaded_file_mgr
    return int(sum(len(file.data) for files in list(manager.file_storage.values()) for file in list(files.values())))


def _from_here(scope: Scope) -> Scope:
    """The request with its Origin, which was found to be this server's, in the form that Streamlit knows at once."""
    if not any(name == b"origin" for name, _ in scope["headers"]):
        return scope
    others = [(name, value) for name, value in scope["headers"] if name != b"origin"]
    return {**scope, "headers": [*others, (b"origin", LOCALHOST)]}


async def _refuse(receive: Receive, send: Send) -> None:
    await receive()
    message: Message = {"type": "websocket.close", "code": 1008}
    await send(message)
