"""How well captions of the caption book fit photos: held against what was written of the same photos."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from caption_model.captioner import Captioner
from caption_model.errors import DumpError
from caption_model.generation.caption_book import BookCaption
from caption_model.generation.options import GenerationOptions
from caption_model.text.mentioned_topics import mentioned_in_description, mentioned_in_post
from caption_model.vision.photos import open_photo
from datasets.corpus import read_captions, read_descriptions


def topics_written_of(part: str) -> dict[str, frozenset[str]]:
    """Photo → the topics that its description or one of its captions names, for the described photos of a part.

    Raises:
        DumpError: the corpus cannot be read.
    """
    named = {photo: set(mentioned_in_description(text)) for photo, text in read_descriptions(part=part).items()}
    for caption in read_captions():
        if caption.photo in named:
            named[caption.photo] |= mentioned_in_post(caption.text)
    return {photo: frozenset(topics) for photo, topics in named.items()}


def measure_book(
    chosen: Mapping[str, Sequence[BookCaption]], there: Mapping[str, frozenset[str]]
) -> dict[str, float | int]:
    """Figures of the book captions of many photos.

    Args:
        chosen: of each photo, best first.
        there: topics that were written of each photo.

    Returns:
        ``n`` (photos), ``captions``; ``none`` (share of photos that no caption was found for); of the captions the
        shares that name a topic that nobody wrote of the photo (``false_subjects``), that name one that somebody did
        (``true_subjects``), and the share of the commonest (``commonest``); ``distinct_first`` (share of photos whose
        first caption no other photo has).
    """
    pairs = [(mentioned_in_post(one.text), there[photo]) for photo, several in chosen.items() for one in several]
    texts = Counter(one.text for several in chosen.values() for one in several)
    first = Counter(several[0].text for several in chosen.values() if several)
    every = max(1, len(pairs))
    return {
        "n": len(chosen),
        "captions": len(pairs),
        "none": sum(not several for several in chosen.values()) / max(1, len(chosen)),
        "false_subjects": sum(bool(named - of_photo) for named, of_photo in pairs) / every,
        "true_subjects": sum(bool(named & of_photo) for named, of_photo in pairs) / every,
        "commonest": max(texts.values(), default=0) / every,
        "distinct_first": sum(count == 1 for count in first.values()) / max(1, len(chosen)),
    }


def evaluate_book(
    captioner: Captioner, images: Path, part: str = "test", n: int = 3, count: int | None = None, seed: int = 7
) -> dict[str, float | int]:
    """Choose captions for those photos of a part that lie in a folder, and measure them.

    Args:
        captioner: looks at the photos.
        images: folder of the corpus's photos, named as the corpus names them.
        part: test or dev; none of their captions are in the book.
        n: captions a photo.
        count: at most so many photos, in the corpus's order.
        seed: of the choice.

    Raises:
        DumpError: none of the photos is there, or the corpus cannot be read.
        PhotoError: a photo cannot be opened.
    """
    there = topics_written_of(part)
    photos = [photo for photo in there if (images / photo).is_file()][:count]
    if not photos:
        raise DumpError(
            f"{images} holds no photo of the corpus ({next(iter(there), 'it has none')} …): check the path."
        )
    chosen = {}
    for photo in photos:
        seen = captioner.look(open_photo(images / photo, captioner.encoder.size))
        chosen[photo] = captioner.from_book(seen, n, GenerationOptions(seed=seed))
    return measure_book(chosen, there)
