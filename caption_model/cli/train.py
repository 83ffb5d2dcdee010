"""``train social``, ``pseudo-labels`` and ``topics``: the social decoder.

With ``--json-progress`` the standard output of ``train social`` holds one JSON object a line:

    {"event": "reading"}
    {"event": "read", "captions": N, "held_out": N, "photos": N}
    {"event": "encoded", "photos": N, "of": N}
    {"event": "learning"}
    {"event": "step", "epoch": N, "bits": x, "done": x, "spent": x, "left": x}
    {"event": "epoch", "epoch": N, "bits": x, "score": x, "spent": x}
    {"event": "measuring"}
    {"event": "finished", "out": "…", …}

``encoded`` comes again and again while photos are, ``step`` about once a second: ``bits`` are of a symbol of the posts
that are learnt, ``score`` of those held out; ``done`` is a share of all, ``spent`` are seconds of learning over all
starts, ``left`` seconds at the most. The last one holds all that was measured.
"""

from pathlib import Path
from typing import Annotated, Any

import typer

from caption_model.cli.runs import Run, run_folder
from caption_model.cli.stopping import stoppable
from caption_model.text.shown import as_json, shown, tell
from caption_model.training.engine.alone import alone

train = typer.Typer(help="Train a decoder.", no_args_is_help=True)

Encoder = Annotated[str, typer.Option(help="Encoder of the registry.")]
Cache = Annotated[Path | None, typer.Option(help="Folder of encoded photos; default: the user's cache.")]
Seed = Annotated[int, typer.Option(min=0, help="Seed of weights, order and dropout.")]
Corpus = Annotated[Path | None, typer.Option(help="Folder of our own corpus: datasets/corpus.")]
CorpusPhotos = Annotated[
    list[str] | None,
    typer.Option(help="Folder with posts/ and unlabelled/, or posts=PHOTOS.tar; may be repeated."),
]
TopicCaptions = Annotated[
    Path | None, typer.Option(help="CSV of caption, topic, kind: captions that others list by topic.")
]
Images = Annotated[Path, typer.Option(help="Folder of photos.", file_okay=False)]


@train.command()
def social(
    out: Annotated[Path, typer.Option(help="Folder of the bundle to write.")],
    posts: Annotated[
        list[Path] | None, typer.Option(help="Dump whose voice is learnt; may be repeated. Needed without --corpus.")
    ] = None,
    corpus: Corpus = None,
    corpus_photos: CorpusPhotos = None,
    topic_captions: TopicCaptions = None,
    phase: Annotated[str, typer.Option(help="With --corpus: pairs (all grounded), simple, then patterns.")] = "pairs",
    account: Annotated[
        list[str] | None, typer.Option(help="Only this account of the dumps (a post's source); may be repeated.")
    ] = None,
    judges: Annotated[
        Path | None, typer.Option(help="Dump on whose held-out captions a voice is measured before and after.")
    ] = None,
    also: Annotated[list[Path] | None, typer.Option(help="Further dump of posts; may be repeated.")] = None,
    tweets: Annotated[list[Path] | None, typer.Option(help="Dump of short messages; may be repeated.")] = None,
    style: Annotated[Path | None, typer.Option(help="FlickrStyle10K's captions.csv.")] = None,
    images: Annotated[Path | None, typer.Option(help="Folder of the photos of --style and --described.")] = None,
    described: Annotated[Path | None, typer.Option(help="CSV image,caption: captions are put on these photos.")] = None,
    by_meaning: Annotated[
        bool, typer.Option("--by-meaning", help="Find those photos by sentence embeddings (extra: teachers).")
    ] = False,
    listed: Annotated[Path | None, typer.Option("--list", help="Images that may be trained on, one a line.")] = None,
    pseudo_labelled: Annotated[
        Path | None, typer.Option(help="CSV of captions that `train pseudo-labels` put on --images.")
    ] = None,
    llm_generated: Annotated[
        Path | None, typer.Option(help="CSV of synthetic captions that `train llm-captions` wrote.")
    ] = None,
    own: Annotated[Path | None, typer.Option("--own", hidden=True)] = None,
    written: Annotated[Path | None, typer.Option("--written", hidden=True)] = None,
    base: Annotated[
        str, typer.Option(help="default (the bundled decoder), a social bundle, or none: from scratch.")
    ] = "none",
    keep: Annotated[
        float | None, typer.Option(min=0.0, help="How much of the base's language is kept; 0: it may all go.")
    ] = None,
    minutes: Annotated[float | None, typer.Option(min=0.1, help="Stop after so long, photos included.")] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="At most so many.")] = None,
    learning_rate: Annotated[float | None, typer.Option(min=0.0, help="Peak of the cosine.")] = None,
    dropout: Annotated[float | None, typer.Option(min=0.0, max=0.9)] = None,
    weight_dropout: Annotated[float | None, typer.Option(min=0.0, max=0.9, help="On the recurrent weights.")] = None,
    rank: Annotated[
        int, typer.Option(min=0, help="Learn terms of this rank beside the base's kernels, and nothing else.")
    ] = 0,
    units: Annotated[int | None, typer.Option(min=8, help="LSTM units; a base has its own.")] = None,
    seed: Seed = 7,
    encoder: Annotated[str | None, typer.Option(help="Encoder of the registry; a base has its own.")] = None,
    cache: Cache = None,
    run: Run = None,
    json_progress: Annotated[bool, typer.Option("--json-progress", help="One JSON object a line instead.")] = False,
) -> None:
    """Train the social decoder on dumps of posts (cleaned first): from scratch, or a voice of a trained one.

    Ctrl-C ends the learning and keeps the best so far, a second one ends everything. The same command goes on from
    there.
    """
    with stoppable() as stopped:
        from dataclasses import replace

        from caption_model.bundles.bundle import MODELS
        from caption_model.captioner import encoder_of
        from caption_model.training.engine.watch import Watch
        from caption_model.training.social.corpus import MIXTURES
        from caption_model.training.social.corpus_train import CORPUS, train_on_corpus
        from caption_model.training.social.sources import SocialSources
        from caption_model.training.social.train import LOW_RANK, REFINED, VOICE, SocialTraining, train_social
        from caption_model.vision.encoders import DEFAULT, load_encoder

        watch = Watch(_print if json_progress else lambda event: None, stopped.is_set)
        if not posts and not corpus:
            raise typer.BadParameter("name dumps of posts (--posts) or the corpus (--corpus).")
        sources = SocialSources(
            tuple(posts or ()),
            tuple(also or ()),
            tuple(tweets or ()),
            style,
            images,
            described,
            listed,
            accounts=tuple(account or ()),
            by_meaning=by_meaning,
            pseudo_labelled=pseudo_labelled or own,
            llm_generated=llm_generated or written,
            judges=judges,
            corpus=corpus,
        )
        start = {"none": None, "default": MODELS / "social"}.get(base, Path(base))
        given: dict[str, Any] = {
            "epochs": epochs,
            "learning_rate": learning_rate,
            "dropout": dropout,
            "weight_dropout": weight_dropout,
            "units": units,
            "keep": keep,
        }
        refined = (
            LOW_RANK if rank else REFINED if sources.pseudo_labelled or sources.llm_generated else SocialTraining()
        )
        known_phase = next((one for one in MIXTURES if one == phase), None)
        if known_phase is None:
            raise typer.BadParameter(f"--phase is {' or '.join(MIXTURES)}, not {phase}.")
        if corpus and (rank or keep or account):
            raise typer.BadParameter("--corpus goes without --rank, --keep and --account.")
        usual = CORPUS if corpus else VOICE if start and keep != 0 else refined
        chosen: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        training = replace(usual, **chosen, seed=seed, minutes=minutes, rank=rank)
        sees = load_encoder(encoder or DEFAULT) if encoder or not start else encoder_of(start)
        folder, places = run_folder(out, run), tuple(corpus_photos or ())
        with alone(folder):
            facts = (
                train_on_corpus(
                    sources, places, known_phase, sees, out, folder, training, cache, start, topic_captions, watch
                )
                if corpus
                else train_social(sources, sees, out, folder, training, cache, start, watch)
            )
        if json_progress:
            watch.tell("finished", out=str(out), **facts)
            return
        suggestions = facts.pop("suggestions", [])
        report(out, facts)
        _show_change(facts, suggestions)


@train.command("own", hidden=True)
@train.command("pseudo-labels")
def pseudo_labels(
    social: Annotated[Path, typer.Option("--of", help="Social bundle that writes.", file_okay=False)],
    critic: Annotated[Path, typer.Option(help="Critic bundle that judges.", file_okay=False)],
    posts: Annotated[
        list[Path],
        typer.Option(help="Dump of posts: others' runs of words are dropped; may be repeated."),
    ],
    images: Annotated[Path, typer.Option(help="Folder of photos.")],
    captions: Annotated[Path, typer.Option(help="CSV image,caption, several rows an image.")],
    out: Annotated[Path, typer.Option(help="CSV to write.")],
    tweets: Annotated[list[Path] | None, typer.Option(help="Dump of short messages; may be repeated.")] = None,
    listed: Annotated[Path | None, typer.Option("--list", help="Images that may be trained on, one a line.")] = None,
    samples: Annotated[int, typer.Option(min=1, help="Drawn for each photo.")] = 48,
    seed: Seed = 7,
    cache: Cache = None,
) -> None:
    """Pseudo-label photos: the social decoder's best captions, on the photos that they fit, to be learnt from."""
    from caption_model.captioner import encoder_of
    from caption_model.training.social.pseudo_labels import PseudoLabelling, write_pseudo_labels
    from caption_model.training.social.sources import SocialSources

    sources = SocialSources(tuple(posts), tweets=tuple(tweets or ()), images=images, described=captions, listed=listed)
    settings = PseudoLabelling(rows=samples, seed=seed)
    count = write_pseudo_labels(sources, encoder_of(social), social, critic, out, settings, cache)
    tell(f"Saved {out}: {count} captions.")


@train.command()
def topics(
    base: Annotated[Path, typer.Option("--of", help="Social bundle that is to learn them.", file_okay=False)],
    posts: Annotated[list[Path], typer.Option(help="Dump of posts; may be repeated.")],
    out: Annotated[Path, typer.Option(help="Folder of the bundle to write.")],
    also: Annotated[list[Path] | None, typer.Option(help="Further dump of posts; may be repeated.")] = None,
    tweets: Annotated[list[Path] | None, typer.Option(help="Dump of short messages; may be repeated.")] = None,
    epochs: Annotated[int, typer.Option(min=1)] = 5,
    seed: Seed = 7,
    run: Run = None,
) -> None:
    """Teach a social decoder to write about a topic; all its other weights stay as they are."""
    from caption_model.training.social.sources import SocialSources
    from caption_model.training.social.topics import TopicTraining, train_topics

    sources = SocialSources(tuple(posts), also=tuple(also or ()), tweets=tuple(tweets or ()))
    folder = run_folder(out, run)
    with alone(folder):
        report(out, train_topics(sources, base, out, folder, TopicTraining(epochs=epochs, seed=seed)))


def _print(event: dict[str, Any]) -> None:
    print(as_json(event), flush=True)


def _show_change(facts: dict[str, Any], suggestions: list[dict[str, Any]]) -> None:
    """What became of a voice's base: bits per character, and what it suggests."""
    if "bits_before" not in facts:
        return
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD)
    for name in ("", "before", "after"):
        table.add_column(name)
    measured = {"bits": "held-out posts", "kept": "the base's own captions", "others": "other captions, --judges"}
    for name, what in measured.items():
        if name in facts:
            before, after = facts[f"{name}_before"], facts[name]
            change = f"{after:.3f} ({after / before - 1:+.1%})" if before else f"{after:.3f}"
            table.add_row(f"bits per character, {what}", f"{before:.3f}", change)
    for change_of in suggestions:
        sides = ("\n".join(map(shown, change_of[side])) for side in ("before", "after"))
        table.add_row(escape(shown(change_of["photo"])), *map(escape, sides))
    Console().print(table)


def report(out: Path, metrics: dict[str, float]) -> None:
    """Print what was measured, a line each, and where the bundle lies."""
    for name, value in metrics.items():
        print(f"{name:>10} {value:.3f}" if isinstance(value, float) else f"{name:>10} {value}")
    tell(f"Saved {out}.")
