"""Reader for FlickrStyle10K (Gan et al., "StyleNet", CVPR 2017): humorous and romantic captions on Flickr photos."""

import re
from dataclasses import dataclass
from pathlib import Path

from caption_model.errors import DumpError
from datasets.tables import rows

COLUMNS = ("image", "style", "caption")
CONTRACTION = re.compile(r"\b(\w+) (n't|n ' t)\b")
CLITIC = re.compile(r" ?' ?(s|m|re|ve|ll|d|t)\b(?= |[.,!?;:]|$)")
BEFORE_MARK = re.compile(r"\s+([.,!?;:)\]}%])")
AFTER_BRACKET = re.compile(r"([(\[{$#])\s+")
QUOTED = re.compile(r"(?:``|\")\s*(.*?)\s*(?:''|``|\")")
MARK_AND_STOP = re.compile(r"([!?])\s*\.(?!\.)")
LONE_I = re.compile(r"\bi\b(?=$|[ ',.!?])")


@dataclass(frozen=True, slots=True)
class StyledCaption:
    """One caption as the file has it: image name, ``humorous`` or ``romantic``, tokenised lower-case text."""

    image: str
    style: str
    caption: str


def read_flickr_style(csv: Path) -> list[StyledCaption]:
    """All captions in the order of the file. Raises DumpError when unreadable or a column is missing."""
    table = rows(csv)
    header = [cell.strip().lower() for cell in next(table, [])]
    if not set(COLUMNS) <= set(header):
        raise DumpError(f"{csv} needs the columns 'image', 'style' and 'caption'; give FlickrStyle10K as such a CSV.")
    at = [header.index(name) for name in COLUMNS]
    captions = [StyledCaption(*(row[i].strip() for i in at)) for row in table]
    if not captions:
        raise DumpError(f"{csv} holds no captions; check that it is the right file.")
    return captions


def tidy(caption: str) -> str:
    """Tokenised text as people write it: marks joined to their words, contractions closed, quotes tight."""
    text = " ".join(caption.split())
    text = QUOTED.sub(r'"\1"', text)
    text = CONTRACTION.sub(r"\1n't", text)
    text = CLITIC.sub(r"'\1", text)
    text = MARK_AND_STOP.sub(r"\1", BEFORE_MARK.sub(r"\1", text))
    text = AFTER_BRACKET.sub(r"\1", text)
    text = re.sub(r"(?<=\w) - (?=\w)", "-", text)
    return LONE_I.sub("I", text).strip()
