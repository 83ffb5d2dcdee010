"""The queue of jobs, which huey keeps: in a SQLite file, or in Redis where several servers share the work.

Huey takes a job out of the queue before it is done and pickles its messages. Here a message is JSON and names a job, no
more; whatever a crash took out of the queue, ``Worker.sweep`` puts back, as the folder of the job tells of it.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from huey import Huey
from huey.registry import Message
from huey.serializer import Serializer
from huey.storage import RedisStorage, SqliteStorage
from redis.exceptions import RedisError

from caption_model.errors import ServeError

NAME = "captions"
PATIENCE = 10  # seconds for Redis to answer in


class JsonSerializer(Serializer):
    """Messages as JSON: whoever can write to a queue of pickles can run code here."""

    def _serialize(self, data: Any) -> bytes:
        return json.dumps(list(data) if isinstance(data, Message) else data).encode()

    def _deserialize(self, data: bytes) -> Any:
        told = json.loads(bytes(data))
        return Message(*told) if isinstance(told, list) else told


class JobQueue:
    """Jobs that wait, by their ids.

    Args:
        folder: for the SQLite file.
        redis: URL of a Redis instead; empty for none.
        run: called by ``huey`` with the id of a job.

    Raises:
        ServeError: from every method, if it cannot be reached, or ``redis`` is no URL of one.
    """

    def __init__(self, folder: Path, redis: str, run: Callable[[str], None]) -> None:
        self._where = "Redis" if redis else str(folder / "queue.sqlite3")
        with self._errors():
            if redis:
                storage: dict[str, Any] = {"storage_class": RedisStorage, "url": _with_patience(redis)}
            else:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                storage = {"storage_class": SqliteStorage, "filename": self._where, "fsync": True}
            self.huey = Huey(NAME, results=False, serializer=JsonSerializer(), **storage)
            self._task = self.huey.task(name="caption_set")(run)
            self.check()

    def check(self) -> None:
        """See that it answers."""
        with self._errors():
            self.huey.storage.queue_size()

    def add(self, id_: str) -> None:
        """Put a job at the end."""
        with self._errors():
            self._task(id_)

    def ids(self) -> set[str]:
        """The jobs that wait."""
        with self._errors():
            return {str(task.args[0]) for task in self.huey.pending()}

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (RedisError, sqlite3.Error, OSError, ValueError) as error:
            raise ServeError(
                f"the queue in {self._where} cannot be used ({_short(error)}): try again later."
            ) from error


def _with_patience(url: str) -> str:
    """The URL with limits on how long its server is waited for."""
    return f"{url}{'&' if '?' in url else '?'}socket_connect_timeout={PATIENCE}&socket_timeout={PATIENCE}"


def _short(error: Exception) -> str:
    """What a library says, without a password that may stand in it."""
    return (str(error).splitlines() or [type(error).__name__])[0][:160].rstrip(".")
