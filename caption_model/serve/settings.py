"""How a server was started: what every worker of it is told, through the environment."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from caption_model.errors import ServeError
from caption_model.services.hosts import HERE
from caption_model.storage.user_data import data_folder

TOKEN = "CAPTIONS_TOKEN"  # noqa: S105 - a name in the environment; the app knows the same one
REDIS = "CAPTIONS_REDIS"
HANDED_ON = "CAPTIONS_SERVE"
MB = 1_000_000


@dataclass(frozen=True)
class Settings:
    """What a server listens to, what it loads, and how much it takes.

    Attributes:
        address, port: that it listens to.
        hosts: other names that it goes by, such as a proxy's.
        models: folder of the bundles; ``None`` for the bundled ones.
        voices: social bundles that a request may name, by the names of their folders.
        workers: processes, each with its own copy of the models.
        data: folder of the jobs; servers that share a Redis share this folder, too.
        request_bytes, request_photos: that a request for captions may have.
        megapixels: that a photo may have.
        waiting: requests for captions that a worker has in hand at once.
        job_bytes, job_photos: that a job may have.
        jobs: that may be unfinished at once.
        keep_days: that a finished job's captions are kept.
        token: that requests must name; empty where none is asked for.
        redis: URL of the queue; empty for a SQLite file in ``data``.
    """

    address: str = "localhost"
    port: int = 8502
    hosts: tuple[str, ...] = ()
    models: Path | None = None
    voices: tuple[Path, ...] = ()
    workers: int = 1
    data: Path | None = None
    request_bytes: int = 64 * MB
    request_photos: int = 16
    megapixels: float = 64.0
    waiting: int = 64
    job_bytes: int = 1000 * MB
    job_photos: int = 1000
    jobs: int = 20
    keep_days: float = 7.0
    token: str = ""
    redis: str = ""

    @property
    def folder(self) -> Path:
        """Where the jobs lie."""
        return self.data or data_folder() / "serve"

    @property
    def most_pixels(self) -> int:
        """Of a photo."""
        return int(self.megapixels * 1_000_000)

    def voices_by_name(self) -> dict[str, Path]:
        """The voices that a request may name."""
        return {path.resolve().name: path for path in self.voices}

    def checked(self) -> "Settings":
        """The same with the token of the environment and without relative paths.

        Raises:
            ServeError: a network could come in without a token, or two voices have one name.
        """
        token = self.token or os.environ.get(TOKEN, "")
        if self.address not in HERE and not token.strip():
            raise ServeError(
                f"{self.address} lets the network in: set {TOKEN} in the environment to a secret that requests name."
            )
        if len(self.voices_by_name()) < len(self.voices):
            raise ServeError("two voices have the same name: rename the folder of one.")
        return replace(
            self,
            token=token.strip(),
            voices=tuple(path.resolve() for path in self.voices),
            models=self.models and self.models.resolve(),
            data=self.folder.resolve(),
        )

    def environment(self) -> dict[str, str]:
        """Variables that tell a worker process of these settings."""
        return {HANDED_ON: json.dumps(asdict(self), default=str)}

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Settings":
        """What ``environment`` tells of."""
        told: dict[str, Any] = json.loads(environment[HANDED_ON])
        told |= {name: Path(told[name]) for name in ("models", "data") if told[name] is not None}
        told |= {"voices": tuple(map(Path, told["voices"])), "hosts": tuple(told["hosts"])}
        return cls(**{field.name: told[field.name] for field in fields(cls)})
