"""The server as a process with the bundled models: it answers as the command line, and a job survives its end."""

import json
import signal
import subprocess
import sys
import urllib.request

import httpx2

from tests.support.paths import PHOTOS, ROOT
from tests.support.serving import finished, lines, server

CAT = PHOTOS / "cat.jpg"


def test_a_job_survives_a_stop_and_a_kill_and_captions_are_the_command_lines(tmp_path):
    words = [sys.executable, "-m", "caption_model", "suggest", str(CAT), "--json", "--hashtags", "2"]
    typed = json.loads(subprocess.run(words, cwd=ROOT, capture_output=True, check=True).stdout)
    sent = sorted(PHOTOS.glob("*.jpg"))
    files = [("photos", (path.name, path.read_bytes())) for path in (sent * 2)[:20]]
    with server(tmp_path / "data") as (address, process):
        with httpx2.Client(base_url=address, timeout=300) as asking:
            form = {"files": {"photos": (str(CAT), CAT.read_bytes())}, "data": {"hashtags": 2}}
            (told,) = asking.post("/v1/captions", **form).json()["results"]
            assert told | {"seconds": 0} == typed | {"seconds": 0}
            drawn = asking.post("/v1/captions", files=form["files"], data={"explain": True, "n": 1})
            assert drawn.json()["results"][0]["explanation"].startswith("iVBORw0KGgo")
            id_ = asking.post("/v1/jobs", files=files).json()["id"]
        process.send_signal(signal.SIGTERM)
        assert process.wait(120) in (0, -signal.SIGTERM)
    with server(tmp_path / "data") as (address, process):
        with urllib.request.urlopen(f"{address}/v1/jobs/{id_}") as answer:  # noqa: S310 - our own
            assert json.load(answer)["photos"] == 20
        process.kill()
    with server(tmp_path / "data") as (address, _), httpx2.Client(base_url=address, timeout=300) as asking:
        assert finished(asking, id_)["done"] == 20
        found = lines(asking, id_)
    assert [one["photo"] for one in found] == [name for _, (name, _) in files]
    assert [found[number]["social"] for number in range(6)] == [found[14 + number]["social"] for number in range(6)]
    assert not (tmp_path / "data.log").read_text("utf-8").count("Traceback")
