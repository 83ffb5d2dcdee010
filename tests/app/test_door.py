"""Who may come in, asked of the real middleware."""

import socket

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from app import door

EVERYWHERE = "0.0.0.0"  # noqa: S104


def client(address: str = "localhost", token: str = "", host: str = "localhost:8501") -> TestClient:
    async def page(request):
        return PlainTextResponse(request.headers.get("origin", "none"))

    async def talk(socket_):
        await socket_.accept()
        await socket_.send_text("hello")
        await socket_.close()

    routes = [
        Route("/", page),
        Route("/_stcore/upload_file/x/y", page, methods=["PUT"]),
        WebSocketRoute("/_stcore/stream", talk),
    ]
    app = Starlette(routes=routes, middleware=[Middleware(door.Door, settings=door.Settings(address, token))])
    return TestClient(app, base_url=f"http://{host}", follow_redirects=False)


@pytest.mark.parametrize("host", ["localhost:8501", "127.0.0.1:8501", "[::1]:8501", "LOCALHOST"])
def test_this_computer_is_let_in(host):
    assert client(host=host).get("/", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example:8501", "192.168.1.7", "", "a b", "[::"])
def test_another_name_for_this_computer_is_refused(host):
    assert client().get("/", headers={"host": host}).status_code == 421
    with pytest.raises(WebSocketDisconnect), client().websocket_connect("/_stcore/stream", headers={"host": host}):
        pass


def test_another_page_is_refused_and_our_own_reaches_streamlit_as_localhost():
    for origin in ("http://evil.example", "null", "http://localhost:9999"):
        assert client().get("/", headers={"origin": origin}).status_code == 403
    assert client().get("/", headers={"origin": "http://localhost:8501"}).text == "http://localhost"


def test_on_a_network_names_are_ours_or_addresses():
    own = socket.gethostname()
    for host, wanted in (("192.168.1.7:8501", 200), (own, 200), (f"{own}.evil.example", 421), ("evil.example", 421)):
        assert client(EVERYWHERE, host=host).get("/", headers={"host": host}).status_code == wanted


def test_on_a_network_the_token_opens_the_door_once_for_all():
    visitor = client(EVERYWHERE, "secret word")
    assert visitor.get("/").status_code == 403
    wrong = visitor.get("/", params={"token": "guess"})
    assert wrong.status_code == 403 and "not the token" in wrong.text and "secret" not in wrong.text
    with pytest.raises(WebSocketDisconnect), visitor.websocket_connect("ws://localhost:8501/_stcore/stream"):
        pass
    entered = visitor.get("/", params={"token": " secret word "})
    assert entered.status_code == 303 and entered.headers["location"] == "/"
    cookie = entered.headers["set-cookie"]
    assert "HttpOnly" in cookie and "samesite=strict" in cookie.lower()
    assert visitor.get("/").status_code == 200
    with visitor.websocket_connect("ws://localhost:8501/_stcore/stream") as talk:
        assert talk.receive_text() == "hello"


def test_the_sum_of_uploads_is_bounded(monkeypatch):
    assert client().put("/_stcore/upload_file/x/y", content=b"photo").status_code == 200
    monkeypatch.setattr(door, "uploaded", lambda: door.MOST_UPLOADS - 3)
    assert client().put("/_stcore/upload_file/x/y", content=b"photo").status_code == 413
