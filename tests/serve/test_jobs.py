"""Sets of photos as jobs: results, limits, what a stop leaves, and the shared queue."""

import json
import shutil
import subprocess
import threading
import time

import pytest

from caption_model.errors import ServeError
from caption_model.serve.job_queue import JobQueue, JsonSerializer
from caption_model.serve.sets import Sets
from tests.support.serving import Writer, client, finished, free_port, lines, photos, png


def test_a_set_is_captioned_and_told_as_json_lines(tmp_path):
    with client(tmp_path) as asking:
        told = asking.post("/v1/jobs", files=photos(*map(png, range(11)), b"broken"), data={"n": 2, "tone": "warm"})
        assert told.status_code == 202
        job = told.json()
        assert told.headers["location"] == f"/v1/jobs/{job['id']}"
        assert (job["state"], job["photos"]) == ("waiting", 12)
        done = finished(asking, job["id"])
        assert (done["done"], done["failed"]) == (12, 1)
        found = lines(asking, job["id"])
        assert [one["photo"] for one in found] == [f"{number}.png" for number in range(12)]
        assert [len(one["social"]) for one in found[:11]] == [2] * 11
        assert found[11]["error"].startswith("11.png is not a photo")
        same = asking.post("/v1/captions", files=photos(png(0)), data={"n": 2, "tone": "warm"}).json()["results"][0]
        assert same["social"] == found[0]["social"]
    assert not list(tmp_path.glob("jobs/*/photos")), "photos are kept no longer than they are needed"


def test_a_job_that_is_not_there_is_said(tmp_path):
    with client(tmp_path) as asking:
        for method in (asking.get, asking.delete):
            assert method("/v1/jobs/" + "0" * 32).status_code == 404
            assert method("/v1/jobs/..%2f..%2fetc").status_code in (404, 422)
            assert method("/v1/jobs/x").status_code == 422


def test_a_job_is_deleted_with_all_it_holds(tmp_path):
    with client(tmp_path, works=False) as asking:
        id_ = asking.post("/v1/jobs", files=photos(png())).json()["id"]
        assert asking.delete(f"/v1/jobs/{id_}").status_code == 204
        assert asking.get(f"/v1/jobs/{id_}").status_code == 404
    assert not [path for path in tmp_path.rglob("*") if id_ in path.name]


def test_too_many_jobs_are_sent_away(tmp_path):
    with client(tmp_path, works=False, jobs=2, job_photos=3, job_bytes=30_000) as asking:
        assert asking.post("/v1/jobs", files=photos(*map(png, range(4)))).status_code == 413
        assert asking.post("/v1/jobs", files=photos(png(1, size=150))).status_code == 413
        assert asking.post("/v1/jobs", files=photos(png()), data={"about": "qqqq zzzz"}).status_code == 422
        assert asking.post("/v1/jobs", files=photos(png())).status_code == 202
        assert asking.post("/v1/jobs", files=photos(png())).status_code == 202
        told = asking.post("/v1/jobs", files=photos(png()))
        assert told.status_code == 429 and int(told.headers["retry-after"]) >= 1
    assert not list((tmp_path / "incoming").iterdir())


def test_a_job_goes_on_where_a_stop_left_it(tmp_path):
    gate = threading.Event()
    with client(tmp_path, {"": Writer(gate=gate)}) as asking:
        id_ = asking.post("/v1/jobs", files=photos(*map(png, range(20)))).json()["id"]
        other = asking.post("/v1/jobs", files=photos(png(30))).json()["id"]
        while asking.get(f"/v1/jobs/{id_}").json()["state"] == "waiting":
            time.sleep(0.02)
        threading.Timer(0.5, gate.set).start()  # while the server is being stopped
    results = tmp_path / "jobs" / id_ / "results.jsonl"
    written = results.read_bytes()
    assert len(written.splitlines()) == 8, "what was in hand was finished, and no more was begun"
    with results.open("ab") as file:
        file.write(b'{"photo": "8.png", "soc')  # as a power cut would leave it
    writer = Writer()
    with client(tmp_path, {"": writer}) as asking:
        assert finished(asking, id_)["done"] == 20
        assert finished(asking, other)["done"] == 1
        assert [one["photo"] for one in lines(asking, id_)] == [f"{number}.png" for number in range(20)]
    assert results.read_bytes().startswith(written)
    assert sum(writer.together) == 13


def test_a_job_that_was_lost_from_the_queue_is_found(tmp_path):
    with client(tmp_path, works=False) as asking:
        id_ = asking.post("/v1/jobs", files=photos(png())).json()["id"]
    (tmp_path / "queue.sqlite3").unlink()
    with client(tmp_path) as asking:
        assert finished(asking, id_)["failed"] == 0


def test_old_jobs_are_removed(tmp_path):
    with client(tmp_path) as asking:
        id_ = asking.post("/v1/jobs", files=photos(png())).json()["id"]
        finished(asking, id_)
    with client(tmp_path, keep_days=0.0) as asking:
        assert asking.get(f"/v1/jobs/{id_}").status_code == 404


def test_a_job_whose_voice_is_gone_says_so_of_every_photo(tmp_path):
    voice = tmp_path / "mine"
    voice.mkdir()
    with client(tmp_path / "data", {"": Writer(), "mine": Writer()}, works=False, voices=(voice,)) as asking:
        id_ = asking.post("/v1/jobs", files=photos(png(), png(1)), data={"voice": "mine"}).json()["id"]
    with client(tmp_path / "data") as asking:
        assert finished(asking, id_)["failed"] == 2
        assert all("no voice 'mine'" in one["error"] for one in lines(asking, id_))


def test_messages_are_json(tmp_path):
    queue = JobQueue(tmp_path, "", lambda id_: None)
    queue.add("a" * 32)
    (message,) = queue.huey.storage.enqueued_items()
    assert json.loads(bytes(message))[6] == ["a" * 32]
    assert queue.ids() == {"a" * 32}
    with pytest.raises(ValueError):
        JsonSerializer().deserialize(b"\x80\x04K\x01.")


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1", "nonsense"])
def test_a_queue_that_cannot_be_reached_is_said(tmp_path, url):
    with pytest.raises(ServeError, match="the queue in Redis cannot be used"):
        JobQueue(tmp_path, url, lambda id_: None)


def test_a_damaged_job_costs_only_itself(tmp_path):
    with client(tmp_path, works=False) as asking:
        bad, good = (asking.post("/v1/jobs", files=photos(png())).json()["id"] for _ in range(2))
    (tmp_path / "jobs" / bad / "job.json").write_text("{")
    with client(tmp_path) as asking:
        assert finished(asking, good)["failed"] == 0
        told = asking.get(f"/v1/jobs/{bad}")
        assert told.status_code == 503 and "damaged" in told.json()["error"]
    assert [job.id for job in Sets(tmp_path).all()] == [good]


@pytest.fixture
def redis_url(tmp_path):
    found = shutil.which("redis-server")
    if not found:
        pytest.skip("needs Debian's package `redis-server`")
    port = free_port()
    command = [found, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    import redis

    try:
        with redis.Redis(port=port) as asking:
            for _ in range(300):
                try:
                    asking.ping()
                    break
                except redis.ConnectionError:
                    time.sleep(0.1)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait()


def test_servers_share_the_work_through_redis(tmp_path, redis_url):
    with client(tmp_path, works=False, redis=redis_url) as taking:
        ids = [taking.post("/v1/jobs", files=photos(png(number))).json()["id"] for number in range(3)]
        with client(tmp_path, redis=redis_url) as working:
            assert [finished(working, id_)["done"] for id_ in ids] == [1, 1, 1]
        assert taking.get(f"/v1/jobs/{ids[0]}").json()["state"] == "finished"
    assert not (tmp_path / "queue.sqlite3").exists()
