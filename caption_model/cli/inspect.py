"""``inspect``: what a dump of posts holds, and what cleaning would leave of it."""

from pathlib import Path
from typing import Annotated, Any

import typer

from caption_model.text.shown import as_json as json_of
from caption_model.text.shown import tell
from datasets.inspection import inspect_posts
from datasets.reading import read_posts


def inspect(
    dump: Annotated[Path, typer.Argument(help="Dump of posts: a folder, a zip, a CSV or a JSON Lines file.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of lines.")] = False,
) -> None:
    """Look into a dump of posts: its format, languages and emojis, and what cleaning would drop. Writes nothing."""
    posts, reading = read_posts(dump)
    found = inspect_posts(posts, reading)
    if as_json:
        print(json_of(found))
        return
    cleaning = found["cleaning"]
    tell(f"{dump} is: {found['format']}")
    print(f"{found['posts']} posts with a caption, {found['with_photo']} of them with a photo")
    print(f"{found['emoji_rate']:.0%} of the captions have an emoji")
    _print_counts("languages", found["languages"])
    _print_counts("left out while reading", found["skipped"])
    if len(found["accounts"]) > 1:
        _print_counts("accounts", found["accounts"])
    print(f"cleaning keeps {cleaning['kept']} captions")
    _print_counts("and drops", cleaning["dropped"])


def _print_counts(title: str, counts: dict[str, Any]) -> None:
    if counts:
        print(f"{title}:")
    for name, count in counts.items():
        tell(f"{count:>8} {name}")
