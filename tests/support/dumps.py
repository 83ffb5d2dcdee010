"""Write dumps for tests of their readers."""

import json
import zipfile
from pathlib import Path

PHOTO = "media/posts/202401/x.jpg"
STAMP = 1_700_000_000


def write(root: Path, files: dict[str, object]) -> Path:
    """Write files below a folder: bytes and text as they are, all else as JSON."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(to_bytes(content))
    return root


def pack(path: Path, files: dict[str, object], method: int = zipfile.ZIP_DEFLATED) -> Path:
    """The same as a zip."""
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, to_bytes(content))
    return path


def to_bytes(content: object) -> bytes:
    """Content of a file."""
    if isinstance(content, bytes):
        return content
    return (content if isinstance(content, str) else json.dumps(content)).encode()


def exported(title: object = "A quiet morning", uri: object = PHOTO) -> dict:
    """One post of Instagram's own export."""
    return {"media": [{"uri": uri, "creation_timestamp": STAMP, "title": title}]}
