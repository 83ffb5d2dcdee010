"""``suggest``: captions for the photos named."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from caption_model.errors import CaptionError, PhotoError
from caption_model.generation.options import GUIDANCE_SCALE, GenerationOptions
from caption_model.services.answers import answer, refusal
from caption_model.text.controls import EmojiAmount, Length, Tone
from caption_model.text.shown import as_json as json_of
from caption_model.text.shown import shown, tell

if TYPE_CHECKING:
    from caption_model.captioner import Captioner, Suggestions
    from caption_model.generation.seen import Seen


def topic_of(said: str | None, models: Path) -> str | None:
    """The topic meant by somebody's own words, of those that the models can write about."""
    from caption_model.services.answers import subject_of

    try:
        return subject_of(said, models)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="'--about'") from error


def checked_beginning(text: str) -> str:
    """A beginning that captions can have."""
    try:
        return GenerationOptions(starts_with=text).starts_with
    except ValueError as error:
        reason = str(error).removeprefix("starts_with ")
        raise typer.BadParameter(f"the beginning {reason}.", param_hint="'--starts-with'") from error


def suggest(
    photos: Annotated[list[Path], typer.Argument(help="Photos to caption.", show_default=False)],
    n: Annotated[int, typer.Option("-n", min=1, max=50, help="Social captions a photo.")] = 5,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same captions.")] = 7,
    tone: Annotated[Tone, typer.Option(help="Whose voice.")] = "gram",
    emoji: Annotated[EmojiAmount | None, typer.Option(help="some: one or two, many: three or more.")] = None,
    length: Annotated[Length | None, typer.Option(help="short: at most 25 characters, medium: 50, long: 80.")] = None,
    about: Annotated[
        str | None, typer.Option(metavar="WORDS", help="What captions name: dog, puppy, the sea, coffee …")
    ] = None,
    starts_with: Annotated[
        str,
        typer.Option(metavar="TEXT", help="How captions begin, kept letter by letter; up to 60 characters."),
    ] = "",
    hashtags: Annotated[
        int | None, typer.Option(min=1, max=5, show_default=False, help="Also a line of so many hashtags at most.")
    ] = None,
    relevance: Annotated[
        float, typer.Option(min=0.0, max=4.0, help="How much the photo counts: 0 pure vibe, 2 clings to the photo.")
    ] = GUIDANCE_SCALE,
    book: Annotated[
        int, typer.Option(min=0, max=50, help="Ready captions from the caption book, shown under the suggestions.")
    ] = 0,
    models: Annotated[Path | None, typer.Option(help="Folder with the bundles; default: the bundled ones.")] = None,
    voice: Annotated[Path | None, typer.Option(help="Folder of your own voice, made by `train social`.")] = None,
    explain: Annotated[
        Path | None, typer.Option(help="PNG to write: where the description looked, word by word; one photo only.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a photo instead of a table.")] = False,
) -> None:
    """Suggest social captions and a plain description for photos."""
    from caption_model.bundles.bundle import MODELS
    from caption_model.captioner import Captioner
    from caption_model.vision.files import reason_of

    if explain and len(photos) != 1:
        raise PhotoError(f"--explain draws one photo, and {len(photos)} were named: name one.")
    subject, beginning = topic_of(about, models or MODELS), checked_beginning(starts_with)
    captioner = Captioner.load(models or MODELS, voice)
    options = GenerationOptions(
        n, seed, tone, emoji, length, subject=subject, guidance_scale=relevance, starts_with=beginning
    )
    failed = 0
    for photo in photos:
        try:
            suggestions = captioner.suggest(photo, options)
            ready = captioner.from_book(suggestions.seen, book, options) if book else None
        except PhotoError as error:
            failed += 1
            _show_error(photo, error, as_json)
        except CaptionError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever one photo does costs only itself
            failed += 1
            _show_error(photo, PhotoError(f"{photo} cannot be captioned ({reason_of(error)})."), as_json)
        else:
            texts = None if ready is None else [caption.text for caption in ready]
            _show(suggestions, as_json, hashtags, texts)
            if explain:
                _draw(captioner, photo, suggestions.seen, explain)
    if failed:
        raise typer.Exit(1)


def _draw(captioner: "Captioner", photo: Path, seen: "Seen", out: Path) -> None:
    from caption_model.generation.attention_maps import attention_maps, draw
    from caption_model.vision.photos import open_for_display

    model = captioner.descriptive
    maps = attention_maps(model.decoder, model.vocabulary, seen.description, seen.grid)
    picture = draw(open_for_display(photo), maps)
    try:
        out.write_bytes(picture)
    except OSError as error:
        raise PhotoError(f"{out} cannot be written ({error.strerror}): name another --explain.") from error


def _show_error(photo: Path, error: PhotoError, as_json: bool) -> None:
    if as_json:
        _print_json(refusal(str(photo), error))
    else:
        tell(f"Error: {error}", sys.stderr)


def _show(suggestions: "Suggestions", as_json: bool, most_tags: int | None, book: list[str] | None = None) -> None:
    if as_json:
        _print_json(answer(suggestions, most_tags, book))
        return
    from caption_model.generation.hashtags import hashtags

    seen = suggestions.seen
    tags = hashtags(seen, most_tags) if most_tags else []
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, title=escape(shown(suggestions.photo)), title_justify="left", title_style="bold")
    table.add_column("", style="dim", justify="right")
    table.add_column("social")
    for number, caption in enumerate(suggestions.texts, start=1):
        table.add_row(str(number), escape(shown(caption)))
    if book is not None:
        table.add_section()
        table.add_row("", "[dim]From the caption book[/dim]" + ("" if book else "[dim]: nothing fits[/dim]"))
        for caption in book:
            table.add_row("·", escape(shown(caption)))
    table.add_section()
    guess = " [dim](a guess)[/dim]" if seen.unsure else ""
    table.add_row("", f"[dim]described:[/dim] {escape(shown(seen.description))}{guess}")
    if seen.classes:
        saw = ", ".join(f"{name} {share:.0%}" for name, share in seen.classes)
        table.add_row("", f"[dim]saw: {escape(shown(saw))}[/dim]")
    if most_tags:
        table.add_row("", " ".join(tags) or "[dim]nothing is sure enough for hashtags[/dim]")
    Console().print(table)


def _print_json(content: object) -> None:
    """Each photo as soon as it is done."""
    print(json_of(content), flush=True)
