"""The caption book's index: which captions of the corpus are in the book, and the topics of each.

Finding the topics of fifty thousand captions takes a minute, so the index lies beside the corpus, with the corpus's
fingerprint. After any change of the corpus or of the topics table it is made anew:

    python -m caption_model.generation.book_index
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from caption_model.bundles.schema import names_of
from caption_model.errors import DumpError
from caption_model.storage.replace import replace_file
from caption_model.text import graphemes
from caption_model.text.controls import CHOICES, MAX_GRAPHEMES, Controls
from caption_model.text.mentioned_topics import mentioned_in_description, mentioned_in_post
from caption_model.text.topics import topics
from datasets.corpus import FOLDER, WrittenCaption, fingerprint, read_captions, read_descriptions

INDEX = "book.safetensors"  # in the corpus's folder
_LISTS = ("mentioned", "shown")
REMAKE = "python -m caption_model.generation.book_index"
MARKS = frozenset("#@")  # hashtags and user tags have no place in the book
# Topics of the table that a topic of ``topics.csv`` stands for where it is not called by their name; it fits only
# photos that show all of them. Topics that are neither here nor in the table stand for none.
OWN_TOPICS: Mapping[str, tuple[str, ...]] = {
    "anniversary couple": ("couple",),
    "autumn leaves": ("autumn",),
    "baby": ("infant",),
    "baking": ("dessert",),
    "balloons": ("party",),
    "boat/sailing": ("boat",),
    "books/reading": ("books",),
    "brunch with friends": ("breakfast", "friends"),
    "cake/dessert": ("dessert",),
    "camping/fire": ("fire",),
    "city lights/skyline": ("skyline", "night"),
    "city street": ("street",),
    "clouds/sky": ("sky",),
    "cocktails": ("cocktail",),
    "cooking at home": ("food", "indoor"),
    "cozy room": ("room",),
    "cycling": ("bicycle",),
    "dancing": ("dance",),
    "desk/work": ("desk",),
    "fish/aquarium": ("sealife",),
    "basketball": ("sport",),
    "football/soccer": ("sport",),
    "friends group": ("friends",),
    "garden": ("plant", "outdoor"),
    "house plants": ("plant", "indoor"),
    "ice cream": ("icecream",),
    "kids playing": ("child",),
    "makeup": ("selfie", "woman"),
    "mountains": ("mountain",),
    "moving in/new home": ("room",),
    "museum/art": ("art",),
    "new haircut": ("hair", "selfie"),
    "night sky/moon": ("night", "sky"),
    "old buildings/church": ("church",),
    "plane window": ("plane", "sky"),
    "rabbit/hamster": ("rabbit",),
    "roses": ("flower",),
    "salad/healthy bowl": ("salad",),
    "selfie (man)": ("selfie", "man"),
    "selfie (woman)": ("selfie", "woman"),
    "skiing": ("ski",),
    "sisters/brothers": ("child", "family"),
    "snow day": ("snow",),
    "spring blossom": ("flower", "tree"),
    "sunrise": ("sunset",),  # nobody tells them apart in a photo
    "sushi/ramen": ("sushi",),
    "swimming": ("swim",),
    "tennis": ("sport",),
    "waves/surf": ("surf",),
    "wildflowers": ("flower", "outdoor"),
}
# Topics of the corpus's files that no topic of the table stands for: their captions fit no photo surely.
UNSEEN = frozenset(
    {"anything", "birthday", "fog", "graduation", "halloween", "new year's eve", "picnic", "road trip", "summer heat"}
)


@dataclass(frozen=True)
class TopicLists:
    """Several topics for each of N captions: topics uint8, one after another, and where each caption's end, int32."""

    topics: NDArray[np.uint8]
    ends: NDArray[np.int32]

    @classmethod
    def of(cls, lists: Iterable[Iterable[int]]) -> Self:
        """Lists of numbers below 256."""
        each = [sorted(one) for one in lists]
        flat = np.array([number for one in each for number in one], np.uint8)
        return cls(flat, np.cumsum([len(one) for one in each], dtype=np.int32))

    def sums(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Sum over each caption's topics of ``values`` (topics,): (N,)."""
        running = np.concatenate([[0.0], np.cumsum(values[self.topics], dtype=np.float64)])
        return np.diff(running[self.ends], prepend=0.0).astype(np.float32)

    def of_caption(self, number: int) -> list[int]:
        """The topics of one caption."""
        start = self.ends[number - 1] if number else 0
        return [int(topic) for topic in self.topics[start : self.ends[number]]]


@dataclass(frozen=True)
class BookIndex:
    """What is known of each of the N captions of the book.

    Attributes:
        rows: their places among the captions that ``read_captions`` gives, int32 (N,), rising.
        attributes: ``Controls.ids`` of emoji, length, ending and case, uint8 (N, 4).
        names: of the topics.
        mentioned: topics that a caption names, or that it was written for.
        shown: further topics that the description of its photo names.
        corpus: fingerprint of the corpus.
    """

    rows: NDArray[np.int32]
    attributes: NDArray[np.uint8]
    names: tuple[str, ...]
    mentioned: TopicLists
    shown: TopicLists
    corpus: str = ""

    def to_bytes(self) -> bytes:
        """As safetensors."""
        lists: dict[str, NDArray[Any]] = {}
        for name in _LISTS:
            one: TopicLists = getattr(self, name)
            lists |= {f"{name}/topics": one.topics, f"{name}/counts": np.diff(one.ends, prepend=0).astype(np.uint8)}
        told = np.frombuffer(json.dumps({"names": self.names, "corpus": self.corpus}).encode(), np.uint8)
        return save({"rows": self.rows, "attributes": self.attributes, "told": told, **lists})

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Read what ``to_bytes`` wrote.

        Raises:
            ValueError: it is something else.
        """
        try:
            tensors = load(content)
            told = json.loads(tensors["told"].tobytes())
            mentioned, shown = (
                TopicLists(tensors[f"{name}/topics"], np.cumsum(tensors[f"{name}/counts"], dtype=np.int32))
                for name in _LISTS
            )
            index = cls(
                tensors["rows"], tensors["attributes"], names_of(told["names"]), mentioned, shown, told["corpus"]
            )
        except (SafetensorError, KeyError, TypeError, RecursionError) as error:
            raise ValueError(str(error)) from error
        return index


def make_index(folder: Path) -> BookIndex:
    """Index a corpus.

    In the book are the captions of ``train`` photos and those written for topics, each text once, if they have at most
    80 graphemes and no hashtag or user tag. Of a text that was written for several photos only those topics count that
    all of them show.

    Raises:
        DumpError: a file is missing or has other columns.
    """
    described = {photo: mentioned_in_description(text) for photo, text in read_descriptions(folder).items()}
    written: dict[str, tuple[int, list[WrittenCaption]]] = {}
    for row, caption in enumerate(read_captions(folder)):
        if caption.part in ("", "train") and caption.topic not in UNSEEN:
            written.setdefault(caption.text.strip().casefold(), (row, []))[1].append(caption)
    kept = [(row, several) for row, several in written.values() if _belongs(several[0].text)]
    names = tuple(topics())
    number = {name: place for place, name in enumerate(names)}
    mentioned = [mentioned_in_post(several[0].text) | _own(several) for _, several in kept]
    shown = [
        frozenset.intersection(*(described.get(one.photo, frozenset()) for one in several)) - named
        for (_, several), named in zip(kept, mentioned, strict=True)
    ]
    return BookIndex(
        np.array([row for row, _ in kept], np.int32),
        np.array([attribute_ids(Controls.measure(several[0].text)) for _, several in kept], np.uint8).reshape(-1, 4),
        names,
        TopicLists.of([number[name] for name in one] for one in mentioned),
        TopicLists.of([number[name] for name in one] for one in shown),
        fingerprint(folder),
    )


def attribute_ids(controls: Controls) -> list[int]:
    """Of emoji, length, ending and case; 0 where one is left open."""
    return [number for name, number in zip(CHOICES, controls.ids(), strict=True) if name != "tone"]


def read_index(folder: Path) -> tuple[BookIndex, list[WrittenCaption]]:
    """The index that lies beside a corpus, and the captions in its order.

    Raises:
        DumpError: it is missing, damaged, or was made for another corpus.
    """
    path = folder / INDEX
    try:
        index = BookIndex.from_bytes(path.read_bytes())
    except OSError as error:
        raise DumpError(f"{path} cannot be read ({error.strerror}): make it with `{REMAKE}`.") from error
    except ValueError as error:
        raise DumpError(f"{path} is damaged ({error}): make it anew with `{REMAKE}`.") from error
    if index.corpus != fingerprint(folder):
        raise DumpError(f"{path} was made for other captions than lie beside it: make it anew with `{REMAKE}`.")
    wanted = set(index.rows.tolist())
    return index, [caption for row, caption in enumerate(read_captions(folder)) if row in wanted]


def _belongs(text: str) -> bool:
    return text == text.strip() != "" and graphemes.length(text) <= MAX_GRAPHEMES and MARKS.isdisjoint(text)


def _own(several: list[WrittenCaption]) -> frozenset[str]:
    """The topics that a text was written for: those in common where it was written for several."""
    own = [frozenset(OWN_TOPICS.get(one.topic, (one.topic,))) for one in several if one.topic]
    return frozenset.intersection(*own) & topics().keys() if own else frozenset()


def main(folder: Path = FOLDER) -> None:
    """Make the corpus's index and write it beside the corpus."""
    index = make_index(folder)
    replace_file(folder / INDEX, lambda file: file.write(index.to_bytes()))
    print(f"{len(index.rows)} captions are in the book.")


if __name__ == "__main__":
    main()
