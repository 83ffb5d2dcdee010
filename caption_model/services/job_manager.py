"""What is at work in one app, whoever looks at it: one folder and one voice at a time, as they share the cores."""

import shutil
import tempfile
import threading
import weakref
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from caption_model.batch.plan import USUAL
from caption_model.batch.run import BatchSettings, Writer
from caption_model.errors import BatchError, TrainingError
from caption_model.generation.options import GenerationOptions
from caption_model.services.folder_job import FolderJob
from caption_model.services.inspection import Inspection
from caption_model.services.training_job import TrainingJob
from caption_model.services.uploads import Upload, keep_uploads
from caption_model.services.voice_requests import VoiceRequest, uploads_of


class JobManager:
    """The folder that is captioned, the dump that is looked into and the voice that is made, each or ``None``.

    Uploads lie in temporary folders that end with what they are for, or with the app.
    """

    def __init__(self) -> None:
        self.folder: FolderJob | None = None
        self.inspection: Inspection | None = None
        self.training: TrainingJob | None = None
        self._photos: Path | None = None
        self._posts: Path | None = None
        self._lock = threading.RLock()

    def caption(self, settings: BatchSettings, load: Callable[[], Writer], voice: Path | None = None) -> None:
        """Look into a folder of photos and begin to caption it, where there is something to do.

        Args:
            settings: what and where.
            load: gives the captioner, with the voice.
            voice: a voice in place of the bundled social decoder.

        Raises:
            CaptionError: see ``FolderJob``; or another folder is at work.
        """
        with self._lock:
            if self.folder and self.folder.running:
                raise BatchError("Another folder is being captioned: stop it first, or wait for its end.")
            run = FolderJob(settings, voice)
            if run.counts()["captioned"] < len(run.rows):
                run.start(load)
            self.folder = run

    def caption_uploads(
        self,
        uploads: Iterable[Upload],
        n: int,
        load: Callable[[], Writer],
        voice: Path | None = None,
        style: GenerationOptions = USUAL,
    ) -> None:
        """The same for uploaded photos, with ``n`` captions each.

        Raises:
            CaptionError: the same, or there is no room for them.
        """
        with self._lock:
            if self.folder and self.folder.running:
                raise BatchError("Another folder is being captioned: stop it first, or wait for its end.")
            self.clear_folder()
            self._photos = self._temporary("photos")
            keep_uploads(uploads, self._photos / "photos")
            table = self._photos / "captions.csv"
            settings = BatchSettings(
                self._photos / "photos", table, recursive=True, n=n, batch=1, flights=1, style=style
            )
            self.caption(settings, load, voice)

    @property
    def holds_uploads(self) -> bool:
        """Whether the folder is of uploaded photos, which nobody wants to know the place of."""
        return self._photos is not None

    def clear_folder(self) -> None:
        """Make room for another folder; uploaded photos are removed. A run must have ended."""
        with self._lock:
            self.folder = None
            _remove(self._photos)
            self._photos = None

    def inspect(self, dump: Path) -> None:
        """Look into a dump in place of any other.

        Raises:
            CaptionError: no process can be started.
        """
        with self._lock:
            self.clear_inspection()
            self.inspection = Inspection(dump)

    def inspect_uploads(self, uploads: Iterable[Upload]) -> None:
        """The same for an uploaded dump: one file, or the files of a folder.

        Raises:
            CaptionError: there is no room for it, or no process can be started.
        """
        with self._lock:
            self.clear_inspection()
            self._posts = self._temporary("posts")
            folder = self._posts / "posts"
            keep_uploads(uploads, folder)
            files = list(folder.iterdir())
            self.inspection = Inspection(files[0] if len(files) == 1 else folder)

    def clear_inspection(self) -> None:
        """Forget the dump that was looked into; an upload is removed."""
        with self._lock:
            if self.inspection:
                self.inspection.cancel()
            self.inspection = None
            _remove(self._posts)
            self._posts = None

    def train(self, request: VoiceRequest) -> None:
        """Begin to make a voice of a dump, or go on with one; an uploaded dump is kept beside the checkpoints.

        Raises:
            CaptionError: another voice is being made, or something cannot be written or started.
        """
        with self._lock:
            if self.training and self.training.running:
                raise TrainingError("Another voice is being made: stop it first, or wait for its end.")
            if self._posts and request.dump.is_relative_to(self._posts):
                request = replace(request, dump=_moved(request, self._posts / "posts"))
            self.clear_inspection()
            training = TrainingJob(request)
            training.start()
            self.training = training

    def clear_training(self) -> None:
        """Make room for another voice. A training must have ended."""
        self.training = None

    def _temporary(self, what: str) -> Path:
        """A new folder for nobody else, which ends with the app at the latest."""
        try:
            folder = Path(tempfile.mkdtemp(prefix=f"captions-{what}-"))
        except OSError as error:
            place = tempfile.gettempdir()
            raise BatchError(f"{place} cannot be written ({error.strerror}): make room there.") from error
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        return folder


def _remove(folder: Path | None) -> None:
    """Remove a temporary folder, if there is one."""
    if folder:
        shutil.rmtree(folder, ignore_errors=True)


def _moved(request: VoiceRequest, posts: Path) -> Path:
    """Where the dump lies once the uploads were moved to the request's own folder."""
    target = uploads_of(request.voices, request.name)
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.move(posts, target)
    except OSError as error:
        raise TrainingError(f"{target} cannot be written ({error.strerror or error}): make room there.") from error
    return target / request.dump.relative_to(posts)
