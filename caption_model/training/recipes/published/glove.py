"""Word vectors from a GloVe text file (Pennington, Socher & Manning 2014): a word and its numbers in each line.

Files of word2vec's text format, whose first line tells the sizes, are read, too. Only the vectors of a vocabulary's
words are kept, so that the largest file takes no more memory than they do.
"""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from caption_model.errors import TrainingError
from caption_model.text.vocabulary import SPECIALS, WordVocabulary

LARGEST = 1e4  # of a number in a vector
MOST_NUMBERS = 4096  # in a vector


@dataclass(frozen=True)
class WordVectors:
    """Vectors of a vocabulary: ``table`` float32 (V, D), zeros for what the file lacks.

    ``known`` words of the vocabulary have one, the ``unknown`` have not; start, end and their like are neither.
    """

    table: NDArray[np.float32]
    known: int
    unknown: tuple[str, ...]


def read_glove(file: Path, vocabulary: WordVocabulary) -> WordVectors:
    """Read the vectors of a vocabulary's words; of a word that comes twice the first counts.

    Args:
        file: text, plain or packed as ``.gz``; its first line tells how many numbers a vector has.

    Raises:
        TrainingError: it cannot be read, a line of a wanted word holds no vector, or no word is known.
    """
    wanted = {word: row for row, word in enumerate(vocabulary.symbols) if word not in SPECIALS}
    table: NDArray[np.float32] | None = None
    found: set[str] = set()
    width = 0
    for number, line in _lines(file):
        if not width:
            is_header, width = _width(line)
            if not 1 <= width <= MOST_NUMBERS:
                raise TrainingError(f"{file} holds no word vectors in its first line: give a GloVe text file.")
            if is_header:
                continue
        word, *numbers = line.rsplit(" ", width)
        row = wanted.get(word)
        if row is None or word in found:
            continue
        try:
            vector = np.array(numbers, np.float32)
        except ValueError:
            vector = np.array([], np.float32)
        if vector.shape != (width,) or not (np.abs(vector) <= LARGEST).all():
            raise TrainingError(f"{file}, line {number}: not {width} numbers behind {word!r}; get the file again.")
        if table is None:
            table = np.zeros((len(vocabulary), width), np.float32)
        table[row] = vector
        found.add(word)
    if table is None:
        raise TrainingError(f"{file} knows none of the {len(wanted)} words that are learnt: is it of another language?")
    return WordVectors(table, len(found), tuple(word for word in wanted if word not in found))


def _width(line: str) -> tuple[bool, int]:
    """Whether the first line is word2vec's header (words and width), and how many numbers a vector has."""
    first, *parts = line.split(" ")
    if len(parts) == 1 and first.isdecimal() and parts[0].isdecimal():
        return True, int(parts[0])
    return False, sum(1 for _ in takewhile(_is_number, reversed(parts)))  # a word may have blanks in it


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _lines(file: Path) -> Iterator[tuple[int, str]]:
    """Numbered lines that are not empty."""
    try:
        with gzip.open(file, "rb") if file.suffix == ".gz" else file.open("rb") as stream:
            for number, line in enumerate(stream, start=1):
                text = line.decode("utf-8", "replace").strip("\r\n ")
                if text:
                    yield number, text
    except (OSError, EOFError) as error:
        raise TrainingError(
            f"{file} cannot be read ({getattr(error, 'strerror', None) or error}): give a GloVe text file, unpacked."
        ) from error
