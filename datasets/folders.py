"""Walk a folder of unknown origin: regular files only, no links that lead out of it, nothing hidden."""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

# In lower case. Browsers save as .jfif and .jpe, cameras as .hif, Twitter's as .jpg_large; the usual ones come first.
USUAL_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".heic", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".heif", ".jfif")
PHOTO_SUFFIXES = frozenset(
    {
        *USUAL_SUFFIXES,
        *(".jpe", ".jif", ".jfi", ".pjpeg", ".pjp", ".mpo", ".apng", ".dib"),
        *(".hif", ".heics", ".heifs", ".avifs"),
        *(".jpg_large", ".jpg-large", ".jpg_orig", ".jpg-orig", ".jpeg_large", ".png_large", ".png-large"),
    }
)
# What a browser is told that photos are: all kinds it knows, and those that few know.
UPLOADS = ["image", *sorted(PHOTO_SUFFIXES)]
VIDEO_SUFFIXES = frozenset({".mp4", ".mov", ".m4v", ".webm", ".mkv", ".avi", ".3gp"})
SHADOW_FOLDERS = ("__MACOSX", "@eaDir")  # what macOS and network drives put beside the real files


def is_hidden(name: str) -> bool:
    """Whether a file or folder is no content: hidden, a macOS ``._`` file or its folder of such."""
    return name.startswith(".") or name in SHADOW_FOLDERS


def files(root: Path, skipped: Counter[str] | None = None, deepest: int | None = None) -> Iterator[Path]:
    """All files under ``root`` in the order of their names, a folder's own before those of its subfolders.

    ``skipped`` counts what is passed over: folders that cannot be opened, links to folders (they may go in circles),
    links that lead out of ``root`` or nowhere, pipes and devices, names that are not Unicode. ``deepest`` is the
    number of levels of subfolders to enter, all by default.
    """
    problems = Counter() if skipped is None else skipped

    def unreadable(_: OSError) -> None:
        problems["folder unreadable"] += 1

    for place, folders, names in os.walk(root, onerror=unreadable):
        folder = Path(place)
        links = [name for name in folders if (folder / name).is_symlink()]
        if links:
            problems["link to a folder"] += len(links)
        level = len(folder.relative_to(root).parts)
        enter = deepest is None or level < deepest
        folders[:] = sorted(name for name in folders if enter and name not in links and not is_hidden(name))
        for name in sorted(names):
            if is_hidden(name):
                continue
            reason = _refusal(folder / name, root)
            if reason:
                problems[reason] += 1
            else:
                yield folder / name


def _refusal(path: Path, root: Path) -> str | None:
    try:
        str(path.relative_to(root)).encode()
        if path.is_symlink() and not path.resolve(strict=True).is_relative_to(root.resolve()):
            return "link that leads out of the folder"
        return None if path.is_file() else "neither file nor folder"
    except UnicodeEncodeError:
        return "file name that is not Unicode"
    except (OSError, RuntimeError):  # a link to nowhere or in a circle
        return "broken link"
