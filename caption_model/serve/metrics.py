"""What the server counts, for Prometheus."""

import os
import time

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SHARED = "PROMETHEUS_MULTIPROC_DIR"  # in the environment: a folder where the workers of one server count together
TYPE = CONTENT_TYPE_LATEST
SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Metrics:
    """Counters of one worker; ``text`` tells those of all."""

    def __init__(self) -> None:
        self._own = CollectorRegistry()
        self.requests = Counter(
            "captions_requests", "HTTP requests answered.", ["method", "path", "status"], registry=self._own
        )
        self.seconds = Histogram(
            "captions_request_seconds", "Time to answer a request.", ["path"], registry=self._own, buckets=SECONDS
        )
        self.photos = Counter("captions_photos", "Photos captioned or refused.", ["way", "outcome"], registry=self._own)
        self.joined = Histogram(
            "captions_joined_photos", "Photos written about together.", registry=self._own, buckets=(1, 2, 4, 8)
        )
        self.waiting = Gauge(
            "captions_waiting_photos", "Photos that wait for their turn.", registry=self._own,
            multiprocess_mode="livesum",
        )  # fmt: skip
        self.jobs = Gauge(
            "captions_unfinished_jobs", "Jobs that are not finished.", registry=self._own, multiprocess_mode="livemax"
        )

    def text(self) -> bytes:
        """All of it in Prometheus' text format."""
        if not os.environ.get(SHARED):
            return generate_latest(self._own)
        together = CollectorRegistry()
        MultiProcessCollector(together)
        return generate_latest(together)


class Counted:
    """ASGI middleware that counts requests by the pattern of their path."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as ever, and count."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started, status = time.perf_counter(), 500

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, noted)
        finally:
            path = getattr(scope.get("route"), "path", "other")
            method = scope["method"] if scope["method"] in ("GET", "POST", "DELETE") else "other"
            self.metrics.requests.labels(method, path, status).inc()
            self.metrics.seconds.labels(path).observe(time.perf_counter() - started)
