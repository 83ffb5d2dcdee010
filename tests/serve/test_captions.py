"""Captions over HTTP: the command line's JSON, options, limits, who may come in."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from caption_model.cli.suggest import suggest
from caption_model.errors import ServeError
from caption_model.serve.settings import Settings
from caption_model.serve.wishes import Options
from tests.support.serving import Writer, client, photos, png


@pytest.fixture
def asking(tmp_path):
    with client(tmp_path / "data") as one:
        yield one


def test_several_photos_are_captioned_in_their_order(asking):
    told = asking.post("/v1/captions", files=photos(png(1), png(2)), data={"n": 3, "book": 2})
    assert told.status_code == 200
    first, second = told.json()["results"]
    assert (first["photo"], second["photo"]) == ("0.png", "1.png")
    assert first["descriptive"] != second["descriptive"]
    assert len(first["social"]) == 3 and len(first["book"]) == 2
    assert {"seconds", "confidence", "saw"} < set(first) and "hashtags" not in first and "error" not in first


def test_json_lines_are_what_the_command_line_prints(asking):
    form = {"files": photos(png(1), png(2))}
    wrapped = asking.post("/v1/captions", **form).json()["results"]
    told = asking.post("/v1/captions", **form, headers={"accept": "application/jsonl"})
    assert told.headers["content-type"].startswith("application/jsonl")
    for line, other in zip(told.text.splitlines(), wrapped, strict=True):
        assert json.loads(line) | {"seconds": 0} == other | {"seconds": 0}


def test_every_option_of_the_command_line_can_be_sent():
    """But for what names files of the server, and how its output looks."""
    theirs = set(suggest.__annotations__) - {"photos", "models", "explain", "as_json", "return"}
    assert set(Options.model_fields) == theirs


def test_a_broken_photo_costs_only_itself(asking):
    told = asking.post("/v1/captions", files=photos(png(1), b"no photo", b"", png(2))).json()["results"]
    assert ["error" in one for one in told] == [False, True, True, False]
    assert told[1]["photo"] == "1.png" and told[1]["error"].startswith("1.png is not a photo")
    assert set(told[1]) == {"photo", "error"}


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"n": 0}, "n:"),
        ({"n": "many"}, "n:"),
        ({"tone": "angry"}, "tone:"),
        ({"relevance": "nan"}, "relevance:"),
        ({"louder": 1}, "louder:"),
        ({"starts_with": "x" * 61}, "starts_with: .*60"),
        ({"about": "qqqq zzzz"}, "about: nothing is known of"),
        ({"voice": "hers"}, "voice: the server has no voice 'hers'"),
        ({"explain": 1}, "explain: it is of one photo"),
    ],
)
def test_a_wrong_option_is_named_in_one_sentence(asking, sent, words):
    told = asking.post("/v1/captions", files=photos(png(), png(1)), data=sent)
    assert told.status_code == 422
    assert list(told.json()) == ["error"]
    import re

    assert re.match(words, told.json()["error"])


def test_without_photos_or_a_form_it_says_so(asking):
    for told in (asking.post("/v1/captions"), asking.post("/v1/captions", data={"n": 1})):
        assert told.status_code == 422 and "photos" in told.json()["error"]
    torn = asking.post("/v1/captions", content=b"x", headers={"content-type": "multipart/form-data; boundary=y"})
    assert torn.status_code in (400, 422) and list(torn.json()) == ["error"]


def test_limits(tmp_path):
    with client(tmp_path, request_bytes=20_000, request_photos=2, megapixels=0.001) as asking:
        for files, words in (
            (photos(png(), png(), png()), "3 photos are more than the 2 allowed"),
            (photos(png(1, size=100)), "more bytes"),
            (photos(png(1), png(1, size=40)), "1.png claims 40 x 40 pixels, more than the 0.001 megapixels"),
        ):
            told = asking.post("/v1/captions", files=files)
            assert told.status_code == 413
            assert words in told.json()["error"]
        assert asking.post("/v1/captions", files=photos(png(), png())).status_code == 200


def test_bytes_are_counted_where_no_length_is_told(tmp_path):
    def chunks():
        yield b'--y\r\nContent-Disposition: form-data; name="photos"; filename="a.png"\r\n\r\n'
        for _ in range(100):
            yield bytes(1000)

    with client(tmp_path, request_bytes=20_000) as asking:
        kind = {"content-type": "multipart/form-data; boundary=y"}
        told = asking.post("/v1/captions", content=chunks(), headers=kind)
        assert told.status_code == 413 and "bytes" in told.json()["error"]


def test_what_waits_is_joined_and_what_is_too_much_is_sent_away(tmp_path):
    gate = threading.Event()
    writer = Writer(gate=gate)
    with client(tmp_path, {"": writer}, waiting=4) as asking, ThreadPoolExecutor(5) as pool:
        asked = [pool.submit(asking.post, "/v1/captions", files=photos(png(number))) for number in range(4)]
        for _ in range(600):
            if "captions_waiting_photos 3.0" in asking.get("/metrics").text:
                break
            time.sleep(0.05)
        full = asking.post("/v1/captions", files=photos(png(9)))
        assert full.status_code == 429 and int(full.headers["retry-after"]) >= 1
        assert "4 requests are in hand" in full.json()["error"]
        gate.set()
        told = [one.result() for one in asked]
    assert [one.status_code for one in told] == [200] * 4
    assert writer.together == [1, 3]
    alone = Writer()
    with client(tmp_path, {"": alone}) as asking:
        for number, joined in enumerate(told):
            again = asking.post("/v1/captions", files=photos(png(number))).json()["results"][0]
            assert again["social"] == joined.json()["results"][0]["social"]


def test_other_options_are_not_joined_and_a_failure_is_not_shared(tmp_path):
    class Moody(Writer):
        def write_all(self, seen, options):
            if len(seen) > 1 or seen[0].salt == self.bad:
                raise ValueError("no mood")
            return super().write_all(seen, options)

    moody = Moody()
    with client(tmp_path, {"": moody}) as asking:
        from caption_model.vision.photos import open_photo

        moody.bad = moody.look(open_photo(png(1), (8, 8))).salt
        told = asking.post("/v1/captions", files=photos(png(0), png(1), png(2))).json()["results"]
    assert ["error" in one for one in told] == [False, True, False]
    assert told[1]["error"] == "1.png cannot be captioned (no mood)."


def test_a_voice_is_chosen_by_its_name(tmp_path):
    (tmp_path / "mine").mkdir()
    writers = {"": Writer(), "mine": Writer("mine")}
    with client(tmp_path / "data", writers, voices=(tmp_path / "mine",)) as asking:
        assert asking.post("/v1/captions", files=photos(png()), data={"voice": "mine"}).status_code == 200
    assert (writers[""].together, writers["mine"].together) == ([], [1])


def test_the_host_and_the_origin_must_be_ours(asking):
    for host in ("evil.example", "192.168.1.7", ""):
        assert asking.get("/health", headers={"host": host}).status_code == 421
    assert asking.get("/health", headers={"origin": "http://evil.example"}).status_code == 403
    assert asking.get("/health", headers={"origin": "http://localhost"}).status_code == 200


def test_a_token_opens_all_but_health(tmp_path):
    with client(tmp_path, token="secret word") as asking:  # noqa: S106
        assert asking.get("/health").status_code == 200
        for said in ({}, {"authorization": "Bearer guess"}, {"authorization": "secret word"}):
            told = asking.get("/metrics", headers=said)
            assert told.status_code == 401 and told.headers["www-authenticate"] == "Bearer"
            assert "secret" not in told.text
        assert asking.get("/metrics", headers={"authorization": "bearer secret word"}).status_code == 200
        assert "security" in asking.get("/openapi.json").json()["paths"]["/v1/captions"]["post"]


def test_a_network_needs_a_token(monkeypatch):
    monkeypatch.delenv("CAPTIONS_TOKEN", raising=False)
    with pytest.raises(ServeError, match="CAPTIONS_TOKEN"):
        Settings(address="0.0.0.0").checked()  # noqa: S104
    monkeypatch.setenv("CAPTIONS_TOKEN", " word ")
    settings = Settings(address="0.0.0.0", redis="redis://x").checked()  # noqa: S104
    assert settings.token == "word"  # noqa: S105
    assert Settings.of(settings.environment()) == settings


def test_nothing_is_loaded_from_elsewhere_and_what_is_not_there_is_said(asking):
    for path in ("/docs", "/redoc", "/nowhere"):
        told = asking.get(path)
        assert told.status_code == 404 and list(told.json()) == ["error"]
    assert asking.put("/v1/captions").status_code == 405
    assert "http" not in asking.get("/openapi.json").text.replace("HTTPBearer", "").replace('"http"', "")


def test_requests_are_counted_by_pattern(asking):
    asking.post("/v1/captions", files=photos(png(), b"broken"))
    asking.get("/v1/jobs/" + "0" * 32)
    told = asking.get("/metrics").text
    assert 'captions_requests_total{method="POST",path="/v1/captions",status="200"} 1.0' in told
    assert 'captions_requests_total{method="GET",path="/v1/jobs/{id}",status="404"} 1.0' in told
    assert 'captions_photos_total{outcome="failed",way="request"} 1.0' in told
