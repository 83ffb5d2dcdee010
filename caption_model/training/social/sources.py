"""Sources of the social decoder: dumps of posts, styled captions of photos, and weak pairs between the two."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from caption_model.errors import TrainingError
from caption_model.text import graphemes
from caption_model.text.controls import MAX_GRAPHEMES, Tone
from caption_model.training.pairing.by_meaning import SentenceMatcher, load_embed
from caption_model.training.pairing.by_words import Matcher
from caption_model.training.social.data import LLM_GENERATED, PSEUDO_LABELLED, Example, Pairing, is_validation
from datasets.cleaning import Cleaner, CleaningConfig, clean_posts
from datasets.cleaning.length import sentences
from datasets.flickr8k import read_captions, read_list
from datasets.flickr_style import read_flickr_style, tidy
from datasets.posts import Post
from datasets.reading import read_posts
from datasets.zipped_photos import extract_photos

log = logging.getLogger(__name__)

MOST_FURTHER = 8  # sentences of one post
SHORTEST_FURTHER = 12  # graphemes
STYLES = frozenset({"humorous", "romantic"})  # neither is one of our tones: left open


@dataclass(frozen=True)
class SocialSources:
    """Where the captions come from.

    Attributes:
        posts: dumps whose voice is learnt; validation captions are theirs.
        also: further dumps of posts.
        tweets: dumps of short messages that are not posts.
        style: FlickrStyle10K's CSV, or none.
        images: folder of the photos that ``style`` and ``described`` name.
        described: Flickr8k's CSV of descriptions, or none; by it captions without a photo are put on photos.
        listed: list of the images that may be trained on, or none for all.
        accounts: of ``posts``, only those of these accounts (a post's ``source``); none for all.
        by_meaning: whether sentence embeddings find those photos, and not shared words and emojis alone.
        pseudo_labelled: CSV of the decoder's own captions of photos (``pseudo_labels``), or none.
        llm_generated: CSV of synthetic captions of an LLM, on photos and without (``llm_teacher``), or none.
        judges: dump whose held-out captions tell what a voice has forgotten, or none.
        corpus: folder of our own corpus (``datasets/corpus``), or none.
    """

    posts: tuple[Path, ...]
    also: tuple[Path, ...] = ()
    tweets: tuple[Path, ...] = ()
    style: Path | None = None
    images: Path | None = None
    described: Path | None = None
    listed: Path | None = None
    accounts: tuple[str, ...] = ()
    by_meaning: bool = False
    pseudo_labelled: Path | None = None
    llm_generated: Path | None = None
    judges: Path | None = None
    corpus: Path | None = None

    @property
    def posts_tone(self) -> Tone:
        """Tone of dumps of posts: beside our corpus "post"; without it "gram", which is what is written by default."""
        return "post" if self.corpus else "gram"

    def files(self) -> list[Path]:
        """All single files among the sources: their hashes are recorded."""
        named = [*self.posts, *self.also, *self.tweets, self.style, self.described, self.listed]
        named += [self.pseudo_labelled, self.llm_generated]
        return [path for path in named if path is not None and path.is_file()]


class PhotoRows:
    """Numbers photos in the order they are first asked for."""

    def __init__(self) -> None:
        self.paths: list[Path] = []
        self._rows: dict[Path, int] = {}

    def row(self, path: Path) -> int:
        """The photo's row in the feature matrix."""
        if path not in self._rows:
            self._rows[path] = len(self.paths)
            self.paths.append(path)
        return self._rows[path]


def gather(sources: SocialSources) -> tuple[list[Example], list[Path]]:
    """Read and clean all sources → examples and the photos they point to by row.

    Raises:
        DumpError: a source cannot be read.
        TrainingError: captions that others wrote on photos are given without ``images``.
    """
    on_photos = (sources.style, sources.described, sources.pseudo_labelled, sources.llm_generated)
    if sources.images is None and any(on_photos):
        raise TrainingError("captions that others wrote on photos need these photos: name their --images.")
    photos = PhotoRows()
    allowed = set(read_list(sources.listed)) if sources.listed else None
    examples: list[Example] = []
    groups: tuple[tuple[str, Tone, tuple[Path, ...]], ...] = (
        ("posts", sources.posts_tone, sources.posts),
        ("also", sources.posts_tone, sources.also),
        ("tweets", "tweet", sources.tweets),
    )
    for source, tone, dumps in groups:
        for dump in dumps:
            raw = _read(dump, sources.accounts if source == "posts" else ())
            cleaned = _clean(raw, dump)
            examples += [_example(post, tone, source, photos) for post in cleaned]
            if source != "tweets":
                examples += _further(raw, cleaned, tone)
    if sources.described and sources.images:
        texts = read_captions(sources.described)
        described = {name: texts[name] for name in texts if allowed is None or name in allowed}
        matcher = SentenceMatcher(described, load_embed()) if sources.by_meaning else Matcher(described)
        examples = _paired(examples, matcher, sources.images, photos)
        examples += _described(described, sources.images, photos)
    examples += list(_styled(sources, allowed, photos))
    for source, made in ((PSEUDO_LABELLED, sources.pseudo_labelled), (LLM_GENERATED, sources.llm_generated)):
        if made and sources.images:
            examples += _made(source, made, sources.images, allowed, photos)
    return examples, photos.paths


def read_judges(dump: Path) -> list[str]:
    """The cleaned captions of a dump that no training has seen: those held out of each.

    Raises:
        DumpError: it cannot be read.
        TrainingError: none is left.
    """
    captions = [post.caption for post in _clean(_read(dump), dump) if is_validation(post.caption)]
    if not captions:
        raise TrainingError(f"{dump} holds no caption that is held out: it is too small to judge by.")
    return captions


def _read(dump: Path, accounts: tuple[str, ...] = ()) -> Sequence[Post]:
    posts, _ = read_posts(dump)
    if accounts:
        found = sorted({post.source for post in posts})
        posts = [post for post in posts if post.source in accounts]
        if not posts:
            raise TrainingError(f"{dump} has no account {' or '.join(accounts)}, but {', '.join(found[:12])}.")
    return posts


def _clean(posts: Sequence[Post], dump: Path) -> Sequence[Post]:
    cleaned = extract_photos(clean_posts(posts, CleaningConfig(max_graphemes=MAX_GRAPHEMES)).posts)
    log.info("%s: %d captions, %d after cleaning", dump.name, len(posts), len(cleaned))
    return cleaned


def _example(post: Post, tone: Tone, source: str, photos: PhotoRows) -> Example:
    """A caption, on its own photo where it has one."""
    own = post.image is not None and post.image.is_file()
    return Example(post.caption, tone, source, (Pairing(photos.row(Path(str(post.image))), 1.0),) if own else ())


def _further(posts: Sequence[Post], cleaned: Sequence[Post], tone: Tone) -> list[Example]:
    """What long posts say after their first sentence: no captions, but the same people's language.

    Posts whose caption is held out, or was dropped, are left out whole.
    """
    taught = {post.id for post in cleaned if not is_validation(post.caption)}
    rest = [
        replace(post, image=None, caption=sentence, id=f"{post.id}.{number}")
        for post in posts
        if post.id in taught and len(post.caption) > MAX_GRAPHEMES
        for number, sentence in enumerate(sentences(post.caption)[1 : 1 + MOST_FURTHER], start=1)
        if SHORTEST_FURTHER <= len(sentence) <= 2 * MAX_GRAPHEMES
    ]
    found = clean_posts(rest, CleaningConfig(max_graphemes=MAX_GRAPHEMES)).posts
    known = {post.caption for post in cleaned}
    return [Example(post.caption, tone, "further") for post in found if post.caption not in known]


def _paired(
    examples: Sequence[Example], matcher: Matcher | SentenceMatcher, images: Path, photos: PhotoRows
) -> list[Example]:
    """Captions without a photo, put on photos that show what they name."""
    bare = [row for row, example in enumerate(examples) if not example.photos and example.source != "further"]
    found = matcher.match_all([examples[row].caption for row in bare])
    paired = list(examples)
    for row, matches in zip(bare, found, strict=True):
        pairings = tuple(Pairing(photos.row(images / name), score) for name, score in matches)
        paired[row] = replace(examples[row], photos=pairings)
    return paired


def _made(source: str, csv: Path, images: Path, allowed: set[str] | None, photos: PhotoRows) -> list[Example]:
    """Captions that a network wrote, on their photos; where no image is named, on none."""
    return [
        Example(caption, "gram", source, (Pairing(photos.row(images / name), 1.0),) if name else ())
        for name, captions in read_captions(csv).items()
        for caption in captions
        if not name or allowed is None or name in allowed
    ]


def _described(described: Mapping[str, Sequence[str]], images: Path, photos: PhotoRows) -> list[Example]:
    """Plain descriptions: true pairs, from which the decoder learns to see."""
    return [
        Example(text, "plain", "described", (Pairing(photos.row(images / name), 1.0),))
        for name, texts in described.items()
        for text in map(tidy, texts)
        if graphemes.length(text) <= MAX_GRAPHEMES
    ]


def _styled(sources: SocialSources, allowed: set[str] | None, photos: PhotoRows) -> Iterator[Example]:
    if sources.style is None or sources.images is None:
        return
    cleaner = Cleaner(CleaningConfig(max_graphemes=MAX_GRAPHEMES))
    for row in read_flickr_style(sources.style):
        caption = cleaner.clean(tidy(row.caption)).text
        if caption is None or (allowed is not None and row.image not in allowed) or row.style not in STYLES:
            continue
        if graphemes.length(caption) <= MAX_GRAPHEMES:
            pairing = Pairing(photos.row(sources.images / row.image), 1.0)
            yield Example(caption, None, "style", (pairing,))
