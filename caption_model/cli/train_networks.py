"""``train descriptive``, ``critic`` and ``topic-head``: the other networks."""

from pathlib import Path
from typing import Annotated

import typer

from caption_model.cli.runs import Run, run_folder
from caption_model.cli.train import Cache, Corpus, CorpusPhotos, Encoder, Images, Seed, report, train
from caption_model.training.engine.alone import alone


@train.command()
def descriptive(
    images: Images,
    captions: Annotated[Path, typer.Option(help="CSV image,caption, several rows an image.")],
    train_list: Annotated[Path, typer.Option("--list", help="Images to train on, one a line.")],
    validation_list: Annotated[Path, typer.Option("--validation-list", help="Images that judge, one a line.")],
    out: Annotated[Path, typer.Option(help="Folder of the bundle to write.")],
    epochs: Annotated[int, typer.Option(min=1, help="Of teacher forcing, at most.")] = 6,
    corpus: Corpus = None,
    corpus_photos: CorpusPhotos = None,
    repeat: Annotated[int, typer.Option(min=1, help="How often an epoch shows the corpus's descriptions.")] = 2,
    min_count: Annotated[int, typer.Option(min=1, help="Words that are rarer are not learnt.")] = 4,
    self_critical_epochs: Annotated[int, typer.Option(min=0, help="Of self-critical training, after it.")] = 6,
    seed: Seed = 7,
    encoder: Encoder = "vgg16",
    cache: Cache = None,
    run: Run = None,
) -> None:
    """Train the descriptive decoder on described photos such as Flickr8k."""
    from caption_model.training.descriptive.data import DescriptiveSources
    from caption_model.training.descriptive.self_critical import SelfCritical
    from caption_model.training.descriptive.train import DescriptiveTraining, train_descriptive
    from caption_model.vision.encoders import load_encoder

    photos = tuple(corpus_photos or ())
    sources = DescriptiveSources(images, captions, train_list, validation_list, corpus, photos, repeat)
    training = DescriptiveTraining(
        epochs=epochs, self_critical=SelfCritical(self_critical_epochs), min_count=min_count, seed=seed
    )
    folder = run_folder(out, run)
    with alone(folder):
        report(out, train_descriptive(sources, load_encoder(encoder), out, folder, training, cache))


@train.command()
def critic(
    social: Annotated[Path, typer.Option("--of", help="Social bundle whose samples are judged.", file_okay=False)],
    out: Annotated[Path, typer.Option(help="Folder of the bundle to write.")],
    posts: Annotated[list[Path] | None, typer.Option(help="Dump of posts; may be repeated.")] = None,
    also: Annotated[list[Path] | None, typer.Option(help="Further dump of posts; may be repeated.")] = None,
    images: Annotated[Path | None, typer.Option(help="Folder of photos.", file_okay=False)] = None,
    captions: Annotated[Path | None, typer.Option(help="CSV image,caption, several rows an image.")] = None,
    corpus: Corpus = None,
    corpus_photos: CorpusPhotos = None,
    tweets: Annotated[list[Path] | None, typer.Option(help="Dump of short messages; may be repeated.")] = None,
    style: Annotated[Path | None, typer.Option(help="FlickrStyle10K's captions.csv.")] = None,
    listed: Annotated[Path | None, typer.Option("--list", help="Images that may be trained on, one a line.")] = None,
    by_meaning: Annotated[
        bool, typer.Option("--by-meaning/--by-words", help="How captions without a photo are put on photos.")
    ] = True,
    base: Annotated[Path | None, typer.Option(help="Critic to go on from; none: from scratch.")] = None,
    epochs: Annotated[int, typer.Option(min=1)] = 12,
    samples: Annotated[int, typer.Option(min=100, help="Captions sampled, and as many written by people.")] = 24_000,
    seed: Seed = 7,
    cache: Cache = None,
    run: Run = None,
) -> None:
    """Train the critic, which tells people's captions from sampled ones and a photo's captions from other photos'."""
    from caption_model.captioner import encoder_of
    from caption_model.training.critic.train import CriticTraining, train_critic
    from caption_model.training.social.sources import SocialSources

    if not corpus and not (posts and images and captions):
        raise typer.BadParameter("name --posts, --images and --captions, or the corpus (--corpus).")
    sources = SocialSources(
        tuple(posts or ()),
        also=tuple(also or ()),
        tweets=tuple(tweets or ()),
        style=style,
        images=images,
        described=captions,
        listed=listed,
        by_meaning=by_meaning and not corpus,
        corpus=corpus,
    )
    training = CriticTraining(epochs=epochs, captions=samples, seed=seed)
    folder = run_folder(out, run)
    with alone(folder):
        report(
            out,
            train_critic(
                sources, encoder_of(social), social, out, training, cache, base, folder, tuple(corpus_photos or ())
            ),
        )


@train.command("topic-head")
def topic_head(
    encoder: Annotated[Path, typer.Option("--of", help="Bundle of the image encoder.", file_okay=False)],
    corpus: Annotated[Path, typer.Option(help="Folder of our own corpus: datasets/corpus.", file_okay=False)],
    out: Annotated[Path, typer.Option(help="Folder of the bundle to write: a copy with the new head.")],
    corpus_photos: CorpusPhotos = None,
    labels: Annotated[Path | None, typer.Option(help="CSV file,topic of posts' photos that have a label.")] = None,
    images: Annotated[Path | None, typer.Option(help="Folder of described photos such as Flickr8k's.")] = None,
    captions: Annotated[Path | None, typer.Option(help="Their descriptions: CSV image,caption.")] = None,
    listed: Annotated[Path | None, typer.Option("--list", help="Those of them to train on, one a line.")] = None,
    epochs: Annotated[int, typer.Option(min=1)] = 8,
    seed: Annotated[int, typer.Option(min=0, help="Seed of weights and dropout.")] = 0,
    cache: Cache = None,
    run: Run = None,
) -> None:
    """Fit the topic head of an image encoder; its weights stay as they are."""
    from caption_model.training.topic_head.fitting import TopicHeadTraining
    from caption_model.training.topic_head.train import TopicHeadSources, train_topic_head

    sources = TopicHeadSources(corpus, tuple(corpus_photos or ()), labels, images, captions, listed)
    folder = run_folder(out, run)
    with alone(folder):
        training = TopicHeadTraining(epochs=epochs, seed=seed)
        report(out, train_topic_head(sources, encoder, out, folder, training, cache))
