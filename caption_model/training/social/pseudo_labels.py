"""Pseudo-labels: the social decoder's own best captions, put on the photos they fit, become pairs to learn from.

Posts with photos are not to be had, so that a decoder knows how people write and only roughly what they write under
which photo. Its samples are many; the few that hold together and fit, by means that writing has no time for, teach it
to write such at once (He et al. 2020, "Revisiting Self-Training for Neural Sequence Generation"; ranked by a reward
before they are learnt, as in RAFT, Dong et al. 2023).
"""

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import regex
from numpy.typing import NDArray

from caption_model.errors import TrainingError
from caption_model.generation.options import GenerationOptions
from caption_model.generation.reranking import Reranker
from caption_model.generation.social import SocialModel, sample_captions
from caption_model.networks.critic_keras import Critic, load_critic, weigh_photos, weigh_texts
from caption_model.storage.replace import replace_file
from caption_model.text import graphemes
from caption_model.text.controls import MEDIUM, Controls
from caption_model.text.lexicon import Fingerprints
from caption_model.text.tables import write_csv
from caption_model.text.word_ngrams import Phrases, words_before
from caption_model.training.pairing.by_meaning import Embed, Vectors, described_as, load_embed, things_said
from caption_model.training.pairing.by_words import concepts_in_photo
from caption_model.training.pairing.concepts import concept_emojis, concepts
from caption_model.training.social.data import Example, is_validation
from caption_model.training.social.sources import SocialSources, gather
from caption_model.vision.encoders import Encoder
from caption_model.vision.feature_cache import FeatureCache
from datasets.flickr8k import read_described

log = logging.getLogger(__name__)

GRAM = Controls(tone="gram")
POSTED = frozenset({"posts", "also", "further", "tweets"})  # sources whose runs of words make a post
PHOTOS = 16  # written for at once
SHORTLIST, RANKS = 4000, 400  # captions looked at for each photo, and of those that may stand there
LEAST = 0.7  # standard deviations by which a caption fits a photo better than another
FEWEST = 100  # captions
COMMON = 50  # different words before an emoji from which it is one that everybody uses
FLAG = regex.compile(r"\p{Regional_Indicator}")
OF_CONCEPTS = concept_emojis()
REALNESS = 0.5  # weight of the critic's word on who would write a caption, beside the two on its photo


@dataclass(frozen=True)
class PseudoLabelling:
    """How captions are drawn and chosen.

    Attributes:
        rows: samples a photo.
        a_photo: captions put on a photo, at most.
        most: photos that a caption is put on, at most.
        most_by_people: the same of one that somebody posted, so that none is learnt by heart.
    """

    rows: int = 48
    temperature: float = 0.6
    guidance_scale: float = 1.25
    a_photo: int = 8
    most: int = 16
    most_by_people: int = 2
    seed: int = 7


def write_pseudo_labels(
    sources: SocialSources,
    encoder: Encoder,
    social: Path,
    critic: Path,
    out: Path,
    settings: PseudoLabelling,
    cache: Path | None = None,
) -> int:
    """Write a CSV ``image,caption`` of pairs to learn from. Returns how many there are.

    Raises:
        BundleError: ``social`` or ``critic`` is no such bundle, or was trained on another encoder.
        DumpError: a source cannot be read.
        TrainingError: the decoder writes too little that is worth learning, or packages are missing.
    """
    if sources.described is None or sources.images is None:
        raise TrainingError("its captions are put on described photos: name --images and --captions.")
    embed = load_embed()
    writer = SocialModel.load(social, encoder)
    judge = load_critic(critic, encoder.name, encoder.sha256)
    examples, _ = gather(sources)
    posts = [e.caption for e in examples if e.source in POSTED and not is_validation(e.caption)]
    described = read_described(sources.described, sources.listed)
    photos, usable = FeatureCache(encoder, cache).pooled([sources.images / name for name in described])
    if not usable.any():
        raise TrainingError(f"{sources.images} holds none of the photos that {sources.described} describes.")
    described = {name: texts for (name, texts), there in zip(described.items(), usable, strict=True) if there}
    texts = draw(writer, photos[usable], settings)
    posted, moods = Phrases.fit(posts), common_moods(posts)
    texts = [text for text in texts if worth_a_look(text, writer.reranker, posted, moods)]
    log.info("%d captions are worth a look", len(texts))
    if len(texts) < FEWEST:
        raise TrainingError(f"{social} writes only {len(texts)} captions worth learning: train it longer.")
    theirs = by_people(examples, writer.reranker, moods)
    most = [settings.most] * len(texts) + [settings.most_by_people] * len(theirs)
    texts += theirs
    fits = Fitness(texts, described, photos[usable], embed, judge)
    pairs = assign(texts, most, described, fits, settings)
    out.parent.mkdir(parents=True, exist_ok=True)
    replace_file(out, lambda file: write_csv(file, ("image", "caption"), pairs, escape=False))
    return len(pairs)


def draw(writer: SocialModel, photos: NDArray[np.float32], settings: PseudoLabelling) -> list[str]:
    """Different captions, sorted, that the decoder writes under photos (N, P)."""
    options = GenerationOptions(
        seed=settings.seed,
        guidance_scale=settings.guidance_scale,
        temperature=settings.temperature,
        samples=settings.rows,
    )
    found: set[str] = set()
    for start in range(0, len(photos), PHOTOS):
        some = photos[start : start + PHOTOS]
        salts = [f"own {start + number}".encode() for number in range(len(some))]
        for drawn in sample_captions(writer, some, salts, options):
            found.update(one.text for one in drawn)
        if start // PHOTOS % 25 == 0:
            log.info("%d of %d photos, %d captions", start, len(photos), len(found))
    return sorted(found)


def worth_a_look(text: str, reranker: Reranker, posted: Phrases, moods: frozenset[str]) -> bool:
    """Whether a caption may be shown, holds no run of words that nobody posted, and no emoji but things and moods."""
    return (
        _drawn_well(text, moods)
        and reranker.plausible(text, GRAM)
        and posted.unknown(text) == 0
        and reranker.clean(text)
    )


def by_people(examples: Iterable[Example], reranker: Reranker, moods: frozenset[str]) -> list[str]:
    """Short posts that might be suggested if they were not somebody's: they say what no decoder has come upon."""
    anyones = replace(reranker, fingerprints=Fingerprints.of([]))
    short = {e.caption for e in examples if e.source in ("posts", "also") and graphemes.length(e.caption) <= MEDIUM}
    return sorted(
        text for text in short if not is_validation(text) and _drawn_well(text, moods) and anyones.plausible(text, GRAM)
    )


def _drawn_well(text: str, moods: frozenset[str]) -> bool:
    symbols = map(graphemes.without_tone, graphemes.emojis(text))
    return all(symbol in moods or symbol in OF_CONCEPTS for symbol in symbols)


def common_moods(captions: Iterable[str]) -> frozenset[str]:
    """Emojis of no thing that people put behind many different words, without their skin tones."""
    often = {symbol for symbol, several in words_before(captions).items() if len(several) >= COMMON}
    return frozenset(symbol for symbol in often - OF_CONCEPTS if not FLAG.match(symbol))


class Fitness:
    """How well each of N captions fits photos, in standard deviations, by two judges who know different things.

    One compares a caption's meaning with what people say of the photo (sentence embeddings), one with the photo itself
    (the critic). What a caption or a photo is like on average counts for neither: "good times" fits everything.
    """

    def __init__(
        self,
        texts: Sequence[str],
        described: Mapping[str, Sequence[str]],
        photos: NDArray[np.float32],
        embed: Embed,
        critic: Critic,
    ) -> None:
        real, seen = weigh_texts(critic, texts)
        views = [
            (described_as(described, embed), embed([things_said(text) for text in texts])),
            (weigh_photos(critic, photos), seen),
        ]
        self._views = [(a - a.mean(axis=0), b - b.mean(axis=0)) for a, b in views]
        self._spread = [float((a[:500] @ b.T).std()) + 1e-6 for a, b in self._views]
        self._real = REALNESS * (real - real.mean()) / (real.std() + 1e-6)

    def of(self, photos: slice) -> Vectors:
        """Float32 (photos, N)."""
        found: Vectors = self._real[None] + sum(
            a[photos] @ b.T / spread for (a, b), spread in zip(self._views, self._spread, strict=True)
        )
        return found


def assign(
    texts: Sequence[str],
    most: Sequence[int],
    described: Mapping[str, Sequence[str]],
    fits: Fitness,
    settings: PseudoLabelling,
) -> list[tuple[str, str]]:
    """Names of photos and captions on them, each on at most so many as ``most`` says.

    All photos take their first choice before any takes its second, so that no photo goes without while another has the
    best of everything. A thing that is drawn must be one that people saw there.
    """
    names = list(described)
    shown = [concepts_in_photo(several) for several in described.values()]
    drawn = [_things(text) for text in texts]
    chosen: list[tuple[int, float, int, int]] = []
    for start in range(0, len(names), 500):
        for photo, row in enumerate(fits.of(slice(start, start + 500)), start=start):
            rank = 0
            for text in np.argsort(-row, kind="stable")[:SHORTLIST].tolist():
                if row[text] < LEAST or rank == RANKS:
                    break
                if all(thing & shown[photo] for thing in drawn[text]):
                    chosen.append((rank, -float(row[text]), photo, text))
                    rank += 1
    on_photo: Counter[int] = Counter()
    used: Counter[int] = Counter()
    pairs = []
    for *_, photo, text in sorted(chosen):
        if on_photo[photo] < settings.a_photo and used[text] < most[text]:
            on_photo[photo] += 1
            used[text] += 1
            pairs.append((names[photo], texts[text]))
    return pairs


def _things(text: str) -> list[set[str]]:
    """For each emoji of a thing the concepts that it may stand for."""
    found = (
        {name for name, concept in concepts().items() if symbol in concept.emojis} for symbol in graphemes.emojis(text)
    )
    return [names for names in found if names]
