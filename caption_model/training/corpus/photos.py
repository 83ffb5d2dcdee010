"""The corpus's photos, which it names ``posts/…`` and ``unlabelled/…``: in a folder of folders, or in tars."""

import logging
import tarfile
from collections.abc import Collection, Sequence
from pathlib import Path

from caption_model.errors import TrainingError
from caption_model.storage.replace import replace_file

log = logging.getLogger(__name__)

MAX_MEMBER = 64_000_000  # bytes of one photo in a tar


def corpus_photos(places: Sequence[str], wanted: Collection[str], unpacked: Path) -> dict[str, Path]:
    """Where the wanted photos lie; those found nowhere are left out.

    Args:
        places: folders with the subfolders posts and unlabelled, or ``posts=PATH`` and ``unlabelled=PATH``, where the
            path is a folder of photos or an uncompressed tar of them.
        wanted: names as in the corpus, such as ``posts/000001.webp``.
        unpacked: folder that photos of tars are unpacked to; what lies there is used again.

    Raises:
        TrainingError: a place cannot be read.
    """
    found: dict[str, Path] = {}
    for place in places:
        group, equals, path = place.partition("=")
        root = Path(path if equals else place)
        if not root.exists():
            raise TrainingError(f"{root} is not there: name a folder or a tar of photos as --corpus-photos.")
        missing = {name for name in wanted if name not in found}
        if not equals:
            if not root.is_dir():
                raise TrainingError(f"{root} is no folder: say whose photos the tar holds, as in posts={root.name}.")
            found |= {name: root / name for name in missing if (root / name).is_file()}
        elif root.is_dir():
            files = {name: root / Path(name).name for name in missing if name.startswith(f"{group}/")}
            found |= {name: file for name, file in files.items() if file.is_file()}
        else:
            found |= _unpack(root, group, missing, unpacked)
    log.info("%d of the corpus's %d photos found", len(found), len(wanted))
    return found


def _unpack(tar: Path, group: str, wanted: set[str], folder: Path) -> dict[str, Path]:
    """Photos of a tar, written under their bare names: no path that a tar tells is followed."""
    found: dict[str, Path] = {}
    try:
        with tarfile.open(tar, "r:") as archive:
            for member in archive:
                name = f"{group}/{Path(member.name).name}"
                if name not in wanted or not member.isreg() or member.size > MAX_MEMBER:
                    continue
                file = folder / name
                if not (file.is_file() and file.stat().st_size == member.size):
                    content = archive.extractfile(member)
                    if content is None:
                        continue
                    data = content.read()
                    _write(file, data)
                found[name] = file
    except (OSError, tarfile.TarError) as error:
        raise TrainingError(f"{tar} is no folder and no tar of photos ({error}): check the path.") from error
    return found


def _write(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    replace_file(file, lambda stream: stream.write(content), cached=True)
