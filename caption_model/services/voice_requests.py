"""What a user asked a voice to be made of, kept beside its checkpoints until it is made: it may take several starts.

voices/NAME/                    the voice, once it is made
voices/.runs/NAME/request.json  what was asked for
voices/.runs/NAME/posts/        uploaded posts
voices/.runs/NAME/run/          checkpoints and log
"""

import re
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from caption_model.bundles.files import read_json, write_json
from caption_model.errors import BundleError, TrainingError

NAME = re.compile(r"\w(?:[\w -]{0,38}\w)?")  # a folder's name on every disk
RUNS = ".runs"
REQUEST = "request.json"
# Seconds on two cores, as far as that can be known before: 599 posts were learnt in 9 minutes (docs/numbers.md).
AROUND = 90.0  # to load the networks, hear what the default voice would say, and measure what changed
A_POST = 0.75
A_PHOTO = 0.2


@dataclass(frozen=True)
class VoiceRequest:
    """A voice to be made.

    Attributes:
        voices: folder of all voices.
        name: its own.
        dump: posts, absolute.
        minutes: of training at the most, photos included.
        accounts: only the posts of these, or of all.
    """

    voices: Path
    name: str
    dump: Path
    minutes: float
    accounts: tuple[str, ...] = ()

    @property
    def bundle(self) -> Path:
        """Where the voice will lie."""
        return self.voices / self.name

    @property
    def folder(self) -> Path:
        """Where everything lies until then."""
        return self.voices / RUNS / self.name

    @property
    def run(self) -> Path:
        """Folder of checkpoints and log."""
        return self.folder / "run"

    def save(self) -> None:
        """Keep it, so that it can be taken up after the app was closed.

        Raises:
            TrainingError: the folder cannot be written.
        """
        content = asdict(self) | {"dump": str(self.dump), "voices": str(self.voices)}
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_json(self.folder / REQUEST, content)
        except OSError as error:
            raise TrainingError(
                f"{self.folder} cannot be written ({error.strerror or error}): make room there."
            ) from error

    def forget(self) -> None:
        """Remove checkpoints, log and uploaded posts; the voice itself, if it is made, stays."""
        shutil.rmtree(self.folder, ignore_errors=True)


def expected_seconds(posts: int, photos: int) -> float:
    """How long a voice takes about, if nobody bounds it.

    Args:
        posts: left after cleaning.
        photos: that they come with.
    """
    return AROUND + A_POST * posts + A_PHOTO * photos


def uploads_of(voices: Path, name: str) -> Path:
    """Where the posts uploaded for a voice belong."""
    return voices / RUNS / name / "posts"


def check_name(voices: Path, name: str) -> str:
    """A new voice's name, blanks around it aside.

    Raises:
        TrainingError: it cannot be one, or is taken.
    """
    name = name.strip()
    if not NAME.fullmatch(name):
        raise TrainingError(
            "A voice needs a name of 1 to 40 letters, digits, blanks, hyphens or underscores: type another one."
        )
    taken = [path.name for folder in (voices, voices / RUNS) if folder.is_dir() for path in folder.iterdir()]
    if name.casefold() in map(str.casefold, taken):
        raise TrainingError(f"There is a voice named {name} already, made or begun: type another name.")
    return name


def unfinished(voices: Path) -> list[VoiceRequest]:
    """Voices that were begun and not made yet, by name."""
    return [
        request
        for file in sorted((voices / RUNS).glob(f"*/{REQUEST}"))
        if (request := _read(voices, file)) is not None and not request.bundle.exists()
    ]


def _read(voices: Path, file: Path) -> VoiceRequest | None:
    """A request, or none if the file is damaged."""
    try:
        content = read_json(file)
        accounts = tuple(map(str, content["accounts"]))
        return VoiceRequest(voices, file.parent.name, Path(content["dump"]), float(content["minutes"]), accounts)
    except (BundleError, ValueError, KeyError, TypeError, OverflowError):
        return None
