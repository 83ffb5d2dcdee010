"""From marked captions to what reranking's weights are worth: the features of each, weights, ablation."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from caption_model.bundles.files import write_json
from caption_model.bundles.provenance import file_hashes
from caption_model.captioner import Captioner
from caption_model.errors import TrainingError
from caption_model.training.corpus.photos import corpus_photos
from caption_model.training.reranking.features import features, judged
from caption_model.training.reranking.fitting import Rated, ablate
from caption_model.training.reranking.marks import Marked, read_marks
from caption_model.vision.photos import open_photo

log = logging.getLogger(__name__)

CAPTIONS = "captions"  # how the names of sources begin whose texts this project's decoders wrote


def rate(captioner: Captioner, marks: Sequence[Marked], photos: dict[str, Path]) -> Rated:
    """The marks of these photos, and what reranking weighs of each caption.

    Raises:
        PhotoError: a photo cannot be opened.
    """
    rows, found = [], []
    for name, file in sorted(photos.items()):
        of_photo = [one for one in marks if one.photo == name]
        seen = captioner.look(open_photo(file, captioner.encoder.size))
        found.append(features(captioner.social.reranker, judged(captioner, seen, [one.text for one in of_photo])))
        rows += of_photo
    return Rated(rows, np.concatenate(found))


def train_reranking(
    captioner: Captioner, paths: Sequence[Path], places: Sequence[str], out: Path, sources: Sequence[str] = ()
) -> dict[str, Any]:
    """Fit and ablate the weights on marked captions; write the figures as JSON to ``out`` and return them.

    Args:
        captioner: its models score the captions; its weights are the present ones.
        paths: tables of marks.
        places: where the photos lie, as of ``corpus_photos``; marks of photos found nowhere are left out.
        out: file to write.
        sources: whose texts count; by default all sources whose name begins with "captions".

    Raises:
        DumpError: marks cannot be read.
        TrainingError: no mark is of such a source, no photo is found, or there is no order to learn.
        PhotoError: a photo cannot be opened.
    """
    every = [mark for path in paths for mark in read_marks(path)]
    marks = [one for one in every if (one.source in sources if sources else one.source.startswith(CAPTIONS))]
    if not marks:
        known = ", ".join(sorted({one.source for one in every}))
        raise TrainingError(f"no mark is of that source: name another with --source ({known}).")
    photos = corpus_photos(places, {one.photo for one in marks}, out.with_name(f"{out.name}.photos"))
    if not photos:
        raise TrainingError("none of the marked photos is found: say where they lie with --corpus-photos.")
    present = captioner.social.reranker.weights
    if captioner.critic is not None:  # then log p(caption) is not computed when captions are written
        present = replace(present, mutual_information=0.0)
    told = ablate(rate(captioner, marks, photos), present)
    write_json(out, {"sources": sorted({one.source for one in marks}), "data": file_hashes(list(paths)), **told})
    return told
