"""``batch``: captions for a whole folder, resumed where an earlier run was interrupted.

With ``--json-progress`` standard output holds one JSON object a line:

    {"event": "planned", "photos": N, "to_do": N, "done_before": N, "had_sidecar": N, "passed_over": {reason: N}}
    {"event": "captioned", "image": "…", "description": "…", "captions": ["…"]}
    {"event": "failed", "image": "…", "reason": "…"}
    {"event": "finished", "captioned": N, "done_before": N, "had_sidecar": N, "failed": N, "left": N,
     "seconds": x, "photos_per_second": x, "table": "…", "journal": "…"}

``planned`` comes first and ``finished`` last, with one ``captioned`` or ``failed`` a photo between; nothing else is
ever printed there. Images are named by their path in the folder, with forward slashes.
"""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from caption_model.cli.stopping import stoppable
from caption_model.text.shown import as_json, shown, tell

if TYPE_CHECKING:
    from caption_model.batch.events import Event, Finished, Planned
    from caption_model.batch.run import BatchSettings
    from caption_model.captioner import Captioner

SHOWN = 20  # failures; the journal has all
INTERRUPTED = 130  # the shell's exit code for Ctrl-C

FOLDER_HELP = "Folder of photos."
OUT_HELP = (
    "CSV to write: image, caption, description, caption_1 … Beside it a journal is kept. "
    "Default: captions.csv in FOLDER."
)
SIDECAR_HELP = (
    "txt: also put the captions, one a line, into a text file beside each photo: a.txt for a.jpg; "
    "a.jpg.txt and a.png.txt where both are there."
)
EXISTING_HELP = (
    "For text files that stand there already. skip: such a photo is left alone and not captioned. overwrite: the file "
    "is replaced. append: the captions go below what it says, once. Files that hold captions of this command only are "
    "always brought up to date. A CSV of other origin is replaced only with overwrite."
)


def batch(
    folder: Annotated[Path, typer.Argument(help=FOLDER_HELP, exists=True, file_okay=False, show_default=False)],
    out: Annotated[Path | None, typer.Option(help=OUT_HELP, show_default=False)] = None,
    sidecar: Annotated[Literal["txt", "none"], typer.Option(help=SIDECAR_HELP)] = "none",
    existing: Annotated[Literal["skip", "overwrite", "append"], typer.Option(help=EXISTING_HELP)] = "skip",
    recursive: Annotated[bool, typer.Option("--recursive", help="Look into subfolders too.")] = False,
    exclude: Annotated[
        list[str] | None, typer.Option(metavar="GLOB", help="Names, paths or folders to leave out; may be repeated.")
    ] = None,
    n: Annotated[int, typer.Option("-n", min=1, max=50, help="Social captions a photo.")] = 5,
    seed: Annotated[int, typer.Option(min=0, help="Same photo, models and seed: same captions.")] = 7,
    models: Annotated[Path | None, typer.Option(help="Folder with the bundles; default: the bundled ones.")] = None,
    voice: Annotated[Path | None, typer.Option(help="Folder of your own voice, made by `train social`.")] = None,
    json_progress: Annotated[bool, typer.Option("--json-progress", help="One JSON object a line instead.")] = False,
) -> None:
    """Caption the photos of a folder. Run it again to go on, to retry what failed, or after adding photos.

    Photos already captioned by the same models, -n and --seed are skipped unless the photo has changed. Ctrl-C finishes
    the photos in hand; nothing done is ever lost. The exit code is 1 if any photo failed.
    """
    from caption_model.batch.run import BatchSettings, caption_folder
    from caption_model.bundles.bundle import MODELS
    from caption_model.bundles.chosen import models_sha256

    bundles = models or MODELS
    settings = BatchSettings(
        folder, out or folder / "captions.csv", sidecar, existing, recursive, tuple(exclude or ()), n, seed
    )

    def load() -> "Captioner":
        from caption_model.captioner import Captioner
        from caption_model.networks.threads import threads_a_batch

        return Captioner.load(bundles, voice, threads=threads_a_batch())

    with stoppable() as stopped:
        events = caption_folder(settings, models_sha256(bundles, voice), load, stopped.is_set)
        finished = _as_json(events, settings) if json_progress else _for_people(events, settings)
    if finished.left:
        raise typer.Exit(INTERRUPTED)
    if finished.failed:
        raise typer.Exit(1)


def _as_json(events: "Iterator[Event]", settings: "BatchSettings") -> "Finished":
    from caption_model.batch.events import Finished

    for event in events:
        content = {"event": type(event).__name__.lower(), **asdict(event)}
        if isinstance(event, Finished):
            finished = event
            content |= {"photos_per_second": round(event.photos_per_second, 3), "seconds": round(event.seconds, 3)}
            content |= {"table": str(settings.table), "journal": str(settings.journal)}
        print(as_json(content), flush=True)
    return finished


def _for_people(events: "Iterator[Event]", settings: "BatchSettings") -> "Finished":
    from caption_model.batch.events import Failed, Finished, Planned

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    failures: list[Failed] = []
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        task = progress.add_task("captioning", total=None)
        for event in events:
            if isinstance(event, Planned):
                progress.update(task, total=event.to_do)
                _tell_passed_over(event, console)
            elif isinstance(event, Finished):
                finished = event
            else:
                if isinstance(event, Failed):
                    failures.append(event)
                progress.advance(task)
    for failure in failures[:SHOWN]:
        console.print(shown(f"failed: {failure.reason}"), markup=False, highlight=False, soft_wrap=True)
    tell(last_line(finished, settings))
    return finished


def _tell_passed_over(planned: "Planned", console: Console) -> None:
    if planned.passed_over:
        reasons = ", ".join(f"{count} × {reason}" for reason, count in planned.passed_over.items())
        console.print(f"left out: {reasons}", markup=False, highlight=False, soft_wrap=True)


def last_line(finished: "Finished", settings: "BatchSettings") -> str:
    """What became of every photo, in one line."""
    skipped = finished.done_before + finished.had_sidecar
    why = [
        *([f"{finished.done_before} done before"] if finished.done_before else []),
        *([f"{finished.had_sidecar} had a text file"] if finished.had_sidecar else []),
    ]
    if len(why) == 1:
        why = [why[0].split(" ", 1)[1]]
    parts = [
        f"captioned {finished.captioned}",
        f"skipped {skipped}" + (f" ({', '.join(why)})" if why else ""),
        f"failed {finished.failed}" + (f" (see {settings.journal})" if finished.failed else ""),
        *([f"left {finished.left} (run the same command to go on)"] if finished.left else []),
        f"{finished.photos_per_second:.1f} photos/s",
    ]
    return ", ".join(parts)
