"""``clean``: a dump of posts → one CSV of clean captions."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Annotated

import typer
from rich.console import Console

from caption_model.errors import CaptionError, DumpError
from caption_model.storage.replace import replace_file
from caption_model.text.shown import shown, tell
from caption_model.text.tables import write_csv
from datasets.cleaning import RULE_NAMES, CaptionStream, CleaningConfig
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
        stream = CaptionStream(CleaningConfig(language, max_length, frozenset(off or ())))
        _write(out, lambda file: write_csv(file, COLUMNS, _rows(stream.posts(posts))))
        if report is not None:
            content = stream.report.to_json() | {"reading": _reading(reading)}
            text = json.dumps(content, ensure_ascii=False, indent=2)
            _write(report, lambda file: file.write(text.encode("utf-8", "backslashreplace")))
    except CaptionError as error:
        tell(error, sys.stderr)
        raise typer.Exit(1) from error
    console.print(stream.report.table())
    skipped = "".join(f", {count} × {reason}" for reason, count in reading.skipped.items())
    read = f"{reading.format}: {reading.posts} posts read, {reading.with_photo} with photo{skipped}."
    for line in (read, f"{stream.report.kept} clean captions written to {out}."):
        console.print(shown(line), markup=False)


def _reading(report: ReadReport) -> dict[str, object]:
    return {
        "format": report.format,
        "posts": report.posts,
        "with_photo": report.with_photo,
        "skipped": dict(report.skipped),
    }


def _rows(posts: Iterable[Post]) -> Iterator[tuple[str, str, str, str]]:
    for post in posts:
        yield (post.image.as_posix() if post.image else "", post.caption, post.source, post.id)


def _write(path: Path, fill: Callable[[IO[bytes]], object]) -> None:
    """Write a whole file or none; of a large dump no more than a few posts are in memory at a time."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, fill)
    except OSError as error:
        raise DumpError(f"{path} cannot be written ({error.strerror or error}); choose another place.") from error
