"""Start the server: one process a worker, each with its own copy of the models."""

import os
import signal
import sys
import tempfile

import uvicorn

from caption_model.bundles.bundle import MODELS
from caption_model.bundles.chosen import models_sha256
from caption_model.errors import ServeError
from caption_model.serve import metrics
from caption_model.serve.job_queue import JobQueue
from caption_model.serve.sets import Sets
from caption_model.serve.settings import Settings
from caption_model.text.shown import tell

GRACE = 30  # seconds for requests in hand, once the server is to stop
APP = "caption_model.serve.app:worker_app"


def serve(settings: Settings) -> None:
    """Serve until a signal ends it: what is in hand is finished, what is left of a job waits for the next start.

    Raises:
        CaptionError: a setting is wrong, or the folder or the queue cannot be used.
    """
    settings = settings.checked()
    for voice in (None, *settings.voices):
        models_sha256(settings.models or MODELS, voice)  # that there are bundles is said now, in one sentence
    Sets(settings.folder).prepare()
    JobQueue(settings.folder, settings.redis, lambda id_: None)  # says now what would be said by every worker
    os.environ.update(settings.environment())
    where = f"http://{settings.address}:{settings.port}/v1/captions"
    tell(f"Captions at {where} once the models are loaded. Ctrl-C ends it.", sys.stderr)
    with tempfile.TemporaryDirectory(prefix="captions-metrics-") as counted:
        if settings.workers > 1:
            os.environ[metrics.SHARED] = counted
        before = signal.getsignal(signal.SIGTERM)
        signal.signal(signal.SIGTERM, lambda *_: None)  # uvicorn sends it again at its end, when all is done
        try:
            uvicorn.run(
                APP,
                factory=True,
                host=settings.address,
                port=settings.port,
                workers=settings.workers,
                log_level="warning",
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=GRACE,
                proxy_headers=False,
            )
        except KeyboardInterrupt:
            pass
        except SystemExit as end:
            if end.code:
                raise ServeError(
                    f"the server on {settings.address}:{settings.port} did not start: the lines above say why."
                ) from end
        finally:
            signal.signal(signal.SIGTERM, before)
