"""``train language`` and ``train llm-captions``: an LLM as a teacher, and the synthetic captions that it writes."""

from pathlib import Path
from typing import Annotated

import typer

from caption_model.cli.runs import Run, run_folder
from caption_model.cli.train import Seed, train
from caption_model.text.shown import tell
from caption_model.training.engine.alone import alone

Images = Annotated[Path, typer.Option(help="Folder of photos.")]
Captions = Annotated[Path, typer.Option(help="CSV image,caption, several rows an image.")]
Listed = Annotated[Path | None, typer.Option("--list", help="Images that may be trained on, one a line.")]


@train.command()
def language(
    start: Annotated[
        str, typer.Option("--of", help="Language model: name on the Hugging Face hub, folder, or GGUF file.")
    ],
    posts: Annotated[list[Path], typer.Option(help="Dump whose voice is learnt; may be repeated.")],
    images: Images,
    captions: Captions,
    out: Annotated[Path, typer.Option(help="Folder to write the teacher to.")],
    also: Annotated[list[Path] | None, typer.Option(help="Further dump of posts; may be repeated.")] = None,
    tweets: Annotated[list[Path] | None, typer.Option(help="Dump of short messages; may be repeated.")] = None,
    style: Annotated[Path | None, typer.Option(help="FlickrStyle10K's captions.csv.")] = None,
    listed: Listed = None,
    steps: Annotated[int, typer.Option(min=1, help="Of about a hundred captions each.")] = 350,
    seed: Seed = 7,
    run: Run = None,
) -> None:
    """Fine-tune a pretrained language model on captions, told what photos show: a teacher, too large to ship.

    Interrupted, the same command goes on where it stopped.
    """
    from caption_model.training.llm_teacher.train import LlmTeacherTraining, train_llm_teacher
    from caption_model.training.social.sources import SocialSources

    sources = SocialSources(
        tuple(posts), tuple(also or ()), tuple(tweets or ()), style, images, captions, listed, by_meaning=True
    )
    folder = run_folder(out, run)
    with alone(folder):
        facts = train_llm_teacher(sources, start, out, folder, LlmTeacherTraining(steps=steps, seed=seed))
    tell(f"Saved {out}: {facts['bits']:.3f} bits per character of {facts['held_out']} held-out posts.")


@train.command("written", hidden=True)
@train.command("llm-captions")
def llm_captions(
    teacher: Annotated[Path, typer.Option("--by", help="Teacher of `train language`.")],
    captions: Captions,
    out: Annotated[Path, typer.Option(help="CSV to write; one that is there is added to.")],
    listed: Listed = None,
    count: Annotated[int, typer.Option(min=1, help="Captions wanted.")] = 200_000,
    seed: Seed = 7,
) -> None:
    """Let an LLM write synthetic captions for the social decoder to learn from: of described photos, and of none."""
    from caption_model.training.llm_teacher.generate import GenerationSettings, generate_captions

    found = generate_captions(str(teacher), captions, listed, out, GenerationSettings(captions=count, seed=seed))
    tell(f"Saved {out}: {found} captions.")
