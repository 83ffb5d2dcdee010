"""The command line with stand-ins for all that is heavy; run as a script in place of ``python -m caption_model``.

Imports only what a command needs, as every job of every test starts it anew. ``INSPECTED`` in the environment names a
file with what ``inspect`` found before, which is told again; without it the command is the real one. ``GATE`` in the
environment names a file: until it exists, no photo after the first ones is captioned, and a training learns on and on.
``WAY`` is how a training ends: ``well``, ``fail`` (a sentence), ``break`` (a traceback) or ``die``.
"""

import json
import os
import shutil
import signal
import sys
import time
from pathlib import Path
from types import SimpleNamespace

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # as a script

FACTS = {"captions": 60, "held_out": 12, "bits": 2.3, "bits_before": 2.6, "kept": 2.05, "kept_before": 2.0}
SUGGESTIONS = [{"photo": "cat.jpg", "before": ["a day", "a night"], "after": ["my day", "my night"]}]


def closed() -> bool:
    """Whether there is a gate, and it is closed."""
    return bool(os.environ.get("GATE")) and not Path(os.environ["GATE"]).exists()


def tell(event: str, **facts) -> None:
    print(json.dumps({"event": event, **facts}), flush=True)


def value(words: list[str], name: str) -> str:
    return words[words.index(name) + 1]


def train(words: list[str]) -> None:
    """Tells what a training tells."""
    from caption_model.cli.stopping import stoppable

    way, run, out = os.environ.get("WAY", "well"), Path(value(words, "--run")), Path(value(words, "--out"))
    with stoppable() as stopped:
        print("a line that is no event", flush=True)
        tell("reading")
        tell("read", captions=60, held_out=12, photos=2)
        for number in (1, 2):
            tell("encoded", photos=number, of=2)
        if way == "fail":
            sys.exit("Some library's chatter\nError: only 3 captions are left after cleaning: bring at least 20.")
        if way == "break":
            raise RuntimeError("no such luck")
        tell("learning")
        run.mkdir(parents=True, exist_ok=True)
        history = []
        log = run / "log.jsonl"
        begun = len(log.read_text().splitlines()) if log.exists() else 0
        for epoch in range(begun, 3):
            for step in range(4):
                spent = 10.0 * (epoch + step / 4)
                tell("step", epoch=epoch, bits=3 - spent / 20, done=spent / 30, spent=spent, left=30 - spent)
            tell("epoch", epoch=epoch, bits=2.8, score=2.6 - epoch / 10, spent=10.0 * (epoch + 1))
            history.append(json.dumps({"epoch": epoch, "loss": 1.9, "score": 2.6 - epoch / 10, "seconds": 10.0}) + "\n")
            with log.open("a") as file:
                file.write(history[-1])
            if way == "die":
                os.kill(os.getpid(), signal.SIGKILL)
            while closed() and not stopped.is_set():
                time.sleep(0.005)
            if stopped.is_set():
                break
        tell("measuring")
        shutil.copytree(ROOT / "caption_model" / "models" / "social", out)
        tell("finished", out=str(out), epochs=begun + len(history), **FACTS, suggestions=SUGGESTIONS)


def gated():
    """A stand-in of a captioner that waits at the gate after its first batches."""
    from tests.support.batches import Gated

    return Gated()


def others() -> None:
    """All other commands are the real ones; if they caption, then with a stand-in."""
    from caption_model.cli import main

    if sys.argv[1:2] == ["batch"]:
        loaded = SimpleNamespace(Captioner=SimpleNamespace(load=lambda models, voice, threads: gated()))
        sys.modules["caption_model.captioner"] = loaded
    main()


if __name__ == "__main__":
    if sys.argv[1:3] == ["train", "social"]:
        train(sys.argv[3:])
    elif sys.argv[1:2] == ["inspect"] and os.environ.get("INSPECTED"):
        print(Path(os.environ["INSPECTED"]).read_text(encoding="utf-8"), flush=True)
    else:
        others()
