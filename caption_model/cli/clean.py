"""``clean``: a dump of posts → one CSV of clean captions."""

import csv
import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, Annotated

import typer
from rich.console import Console

from caption_model.errors import CaptionError, DumpError
from caption_model.text.shown import shown, tell
from datasets.cleaning import RULE_NAMES, CleaningConfig, clean_posts
from datasets.cleaning.language import SUPPORTED
from datasets.posts import Post, ReadReport
from datasets.reading import read_posts

COLUMNS = ("image", "caption", "source", "id")


def clean(
    dump: Annotated[Path, typer.Argument(help="Folder of a dump, or a CSV of captions (plain or .gz).")],
    out: Annotated[Path, typer.Option("--out", help="CSV to write: image, caption, source, id.")],
    report: Annotated[Path | None, typer.Option("--report", help="JSON file for what each rule did.")] = None,
    language: Annotated[str, typer.Option("--language", help="Language to keep (ISO 639-1).")] = "en",
    max_length: Annotated[int, typer.Option("--max-length", min=1, help="Longest caption, an emoji counts 1.")] = 80,
    off: Annotated[list[str] | None, typer.Option("--off", metavar="RULE", help="Rule to leave out.")] = None,
) -> None:
    """Clean the captions of a dump: tags, links, adverts, names and other languages go, emojis stay whole."""
    unknown = set(off or ()) - set(RULE_NAMES)
    if unknown:
        raise typer.BadParameter(f"no rule '{min(unknown)}'; choose from {', '.join(RULE_NAMES)}", param_hint="--off")
    if language not in SUPPORTED:
        raise typer.BadParameter(f"'{language}' is not one of {', '.join(SUPPORTED)}", param_hint="--language")
    console = Console()
    try:
        posts, reading = read_posts(dump)
        result = clean_posts(posts, CleaningConfig(language, max_length, frozenset(off or ())))
        _write(out, lambda file: _write_posts(file, result.posts))
        if report is not None:
            content = result.report.to_json() | {"reading": _reading(reading)}
            _write(report, lambda file: json.dump(content, file, ensure_ascii=False, indent=2))
    except CaptionError as error:
        tell(error, sys.stderr)
        raise typer.Exit(1) from error
    console.print(result.report.table())
    skipped = "".join(f", {count} × {reason}" for reason, count in reading.skipped.items())
    read = f"{reading.format}: {reading.posts} posts read, {reading.with_photo} with photo{skipped}."
    for line in (read, f"{len(result.posts)} clean captions written to {out}."):
        console.print(shown(line), markup=False)


def _reading(report: ReadReport) -> dict[str, object]:
    return {
        "format": report.format,
        "posts": report.posts,
        "with_photo": report.with_photo,
        "skipped": dict(report.skipped),
    }


def _write_posts(file: IO[str], posts: list[Post]) -> None:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    for post in posts:
        writer.writerow([post.image.as_posix() if post.image else "", post.caption, post.source, post.id])


def _write(path: Path, fill: Callable[[IO[str]], object]) -> None:
    """Write a whole file or none: into a temporary one beside it, then put in its place."""
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        temporary = Path(name)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            fill(file)
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)  # mkstemp's own mode shuts others out
        temporary.replace(path)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise DumpError(f"{path} cannot be written ({error.strerror or error}); choose another place.") from error
