"""Train a topic head on the corpus, on labelled photos and on Flickr8k, and put it into an encoder's bundle."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from caption_model.bundles.bundle import Bundle
from caption_model.bundles.provenance import card, file_hashes, versions
from caption_model.bundles.saving import change_bundle
from caption_model.errors import TrainingError
from caption_model.training.corpus.grids import grids_of
from caption_model.training.corpus.photos import corpus_photos
from caption_model.training.corpus.table import Corpus, corpus_hashes, part_of, read_corpus
from caption_model.training.corpus.taught import taught_topics
from caption_model.training.topic_head.fitting import TopicHeadTraining, fit_topic_head
from caption_model.training.topic_head.labels import Shown, of_corpus, of_flickr, of_labels, read_labels, truth
from caption_model.training.topic_head.measuring import measure
from caption_model.vision.encoders import load_trained
from caption_model.vision.feature_cache import FeatureCache
from caption_model.vision.heads import TOPIC_HEAD, TopicHead
from datasets.flickr8k import read_captions, read_list

log = logging.getLogger(__name__)

CARD = "MODEL_CARD.md"
ENDS = ("\n**Read-out.**", "\n**Limits.**", "\n**Rights.**")  # what may follow the paragraph on topics in a card
CHUNK = 256


@dataclass(frozen=True)
class TopicHeadSources:
    """What is learnt from.

    Attributes:
        corpus: its folder.
        photos: where its photos lie, as ``corpus_photos`` takes them.
        labels: CSV of the topics of posts' photos, or none.
        images: folder of described photos such as Flickr8k's, or none.
        captions: CSV of their descriptions.
        listed: list of the images that may be trained on.
    """

    corpus: Path
    photos: tuple[str, ...]
    labels: Path | None = None
    images: Path | None = None
    captions: Path | None = None
    listed: Path | None = None

    def files(self) -> list[Path]:
        """The single files among them."""
        return [path for path in (self.labels, self.captions, self.listed) if path is not None]


def train_topic_head(
    sources: TopicHeadSources,
    encoder_bundle: Path,
    out: Path,
    run: Path,
    training: TopicHeadTraining,
    cache: Path | None = None,
) -> dict[str, Any]:
    """Save a copy of the encoder's bundle with a new topic head in ``out``. Returns what was measured on part test.

    Raises:
        BundleError: ``encoder_bundle`` is no encoder's bundle.
        DumpError: a source cannot be read.
        TrainingError: a source cannot be read, or no photo is left.
    """
    if sources.images and not (sources.captions and sources.listed):
        raise TrainingError("--images need their descriptions (--captions) and the list of those to train on (--list).")
    bundle, encoder = Bundle.load(encoder_bundle, "encoder"), load_trained(encoder_bundle)
    corpus, names = read_corpus(sources.corpus), taught_topics()
    labels = read_labels(sources.labels) if sources.labels else {}
    undescribed = {p: label for p, label in labels.items() if p not in corpus.descriptions and part_of(p) == "train"}
    found = corpus_photos(sources.photos, {*corpus.descriptions, *undescribed}, run / "photos")
    described = [one for one in of_corpus(corpus, labels) if one.photo in found]
    labelled = [one for one in of_labels(undescribed) if one.photo in found]
    flickr: list[Shown] = []
    if sources.images and sources.captions and sources.listed:
        several = read_captions(sources.captions)
        listed = [name for name in read_list(sources.listed) if name in several]
        flickr = list(of_flickr(several, listed))
        found |= {name: sources.images / name for name in listed}
    learnt = [*described, *labelled, *flickr]
    cached = FeatureCache(encoder, cache)
    grids, usable = grids_of(cached, [found[one.photo] for one in learnt])
    head, history = fit_topic_head(
        grids[usable],
        np.stack([one.target for one in learnt])[usable] if learnt else np.zeros((0, len(names)), np.float32),
        np.stack([one.weight for one in learnt])[usable] if learnt else np.zeros((0, len(names)), np.float32),
        names,
        training,
    )
    content = head.to_bytes()
    shipped = TopicHead.from_bytes(content)
    measured = {part: _measured(shipped, corpus, labels, found, part, cached) for part in ("dev", "test")}
    facts = {
        "topics": len(names),
        "described": len(described),
        "labelled": len(labelled),
        "flickr": len(flickr),
        "epochs": len(history),
    }
    changed: dict[str, bytes | dict[str, Any]] = {
        TOPIC_HEAD: content,
        "config.json": {
            **{name: value for name, value in bundle.config.items() if name != "things"},
            "topics": {
                "training": asdict(training),
                "data": {**file_hashes(sources.files()), **corpus_hashes(sources.corpus)},
                "versions": versions(),
            },
        },
        "metrics.json": {
            **{name: value for name, value in bundle.metrics().items() if name != "things"},
            "topics": {**facts, **measured, "history": history},
        },
        CARD: with_topics(bundle.read(CARD).decode("utf-8"), _paragraph(facts, measured["test"])).encode("utf-8"),
    }
    change_bundle(encoder_bundle, out, "encoder", changed)
    return {**facts, **{name: measured["test"].get(name) for name in ("photos", "first_right", "mean_ap")}}


def with_topics(text: str, paragraph: str) -> str:
    """A model card with this paragraph on topics in the place of its own, or before its limits."""
    start = min((at for mark in ("\n**Topics.**", "\n**Things.**") if (at := text.find(mark)) >= 0), default=-1)
    end = min((at for mark in ENDS if (at := text.find(mark, max(0, start))) >= 0), default=len(text))
    return text[: end if start < 0 else start].rstrip("\n") + "\n\n" + paragraph.strip() + "\n" + text[end:]


def _measured(
    head: TopicHead,
    corpus: Corpus,
    labels: Mapping[str, str],
    found: Mapping[str, Path],
    part: str,
    cached: FeatureCache,
) -> dict[str, Any]:
    photos = [photo for photo in corpus.described(part) if photo in found]
    grids, usable = grids_of(cached, [found[photo] for photo in photos])
    photos, grids = [photo for photo, kept in zip(photos, usable, strict=True) if kept], grids[usable]
    if not photos:
        log.warning("no photo of part %s is there: the head is not measured on it", part)
        return {"photos": 0}
    there = np.stack([truth(corpus.descriptions[photo][0], labels.get(photo)) for photo in photos]) > 0
    return measure(_probabilities(head, grids), there, head.names, np.array([photo in labels for photo in photos]))


def _probabilities(head: TopicHead, grids: NDArray[np.float16]) -> NDArray[np.float32]:
    rows: list[Sequence[float]] = []
    for start in range(0, len(grids), CHUNK):
        found = head.probabilities(grids[start : start + CHUNK].astype(np.float32))
        rows += [[one[name] for name in head.names] for one in found]
    return np.array(rows, np.float32)


def _paragraph(facts: Mapping[str, int], measured: Mapping[str, Any]) -> str:
    rows = "\n".join(
        f"| {mean:.2f} | {share:.2f} | {count:,} |" for mean, share, count in measured.get("reliability", ())
    )
    told = {name: f"{measured.get(name) or 0:.2f}" for name in ("first_right", "mean_ap")}
    return card("topic_head", **facts, **told, photos=measured["photos"], part="test", reliability=rows)
