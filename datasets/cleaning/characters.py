"""Characters: look-alike letters, quotes, invisible characters, whole emojis, and how many there may be."""

import unicodedata
from itertools import islice

import regex

from caption_model.text import graphemes

MAX_GRAPHEMES = 2200
MAX_CODE_POINTS = 10 * MAX_GRAPHEMES  # an emoji of a family takes up to ten
MAX_HALF_FLAGS = 26
HALF_FLAGS = regex.compile(rf"\p{{Regional_Indicator}}{{{MAX_HALF_FLAGS + 1},}}+")
STACKED = regex.compile(r"(?<=[\u0300-\u036f]{2})[\u0300-\u036f]++")
ZERO_WIDTH_JOINER = "\u200d"
JOINERS = (ZERO_WIDTH_JOINER, graphemes.VARIATION_SELECTOR_16)
# Mathematical alphanumerics, full-width, circled, raised and lowered forms: letters in fancy dress.
DRESSED = regex.compile(
    r"[\U0001D400-\U0001D7FF\uFF01-\uFF5E\u24B6-\u24E9\u02B0-\u02B8\u02E0-\u02E4\u1D2C-\u1D6A\u2071\u207F\u2090-\u209C]+"
)
QUOTES = str.maketrans({"‘": "'", "’": "'", "‛": "'", "´": "'", "`": "'", "“": '"', "”": '"', "„": '"', "‟": '"'})
SPACES = regex.compile(r"[^\S\n\r ]")
LINE_ENDS = regex.compile(r"\r\n?|[\u2028\u2029\x0b\x0c\x85]")
# Format, control, private-use and unassigned characters, less the ones that matter inside emojis.
INVISIBLE = regex.compile(
    r"[[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Cn}\u115f\u1160\u3164\u2800\ufe0e]--[\n\u200d\U000E0020-\U000E007F]]", regex.V1
)
LONE_PARTS = regex.compile(r"[\U0001F3FB-\U0001F3FF\U0001F1E6-\U0001F1FF\u20e3\U000E0020-\U000E007F]")
STRAY_SELECTOR = regex.compile(
    r"(?<=[\p{L}\p{N},'\"] )\ufe0f+(?= ?[\p{L}\p{N}])|(?<=\p{L})\ufe0f+(?=\p{L})|^\ufe0f+(?=\p{Ll})"
)


def cut_at_limit(text: str) -> str:
    """At most 2,200 graphemes, which is Instagram's own limit: what is longer is no post, and would take long to clean.

    Stacked accents are cut to two and rows of half flags to 26, as either can grow without being another grapheme.
    """
    if len(text) > MAX_GRAPHEMES:
        text = text[:MAX_CODE_POINTS]
    if not text.isascii():
        text = HALF_FLAGS.sub(lambda match: match[0][:MAX_HALF_FLAGS], STACKED.sub("", text))
    if len(text) <= MAX_GRAPHEMES:
        return text
    clusters = graphemes.CLUSTER.finditer(text)
    return "".join(cluster[0] for cluster in islice(clusters, MAX_GRAPHEMES))


def plain_letters(text: str) -> str:
    """Letters in fancy dress → plain ones: 𝓵𝓸𝓿𝓮 and ｌｏｖｅ → love."""
    if text.isascii():
        return text
    return DRESSED.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text)


def straight_quotes(text: str) -> str:
    """One form for each quote: phones type ``’``, keyboards ``'``, and both mean the same."""
    return text.translate(QUOTES)


def removed_emoji(text: str) -> bool:
    """A variation selector alone amid a sentence: the emoji that stood there as a word was taken out."""
    return graphemes.VARIATION_SELECTOR_16 in text and STRAY_SELECTOR.search(text) is not None


def invisible(text: str) -> str:
    """Drop what is not seen; odd spaces and line ends become plain ones."""
    text = LINE_ENDS.sub("\n", text)
    if text.isascii() and text.isprintable():
        return text
    return INVISIBLE.sub("", SPACES.sub(" ", text))


def whole_emojis(text: str) -> str:
    """NFC, emojis fully qualified, and no joiner, selector or part of an emoji left outside one."""
    if text.isascii():
        return text
    text = graphemes.normalise(text)
    if not (any(joiner in text for joiner in JOINERS) or LONE_PARTS.search(text)):
        return text
    clusters = []
    for cluster in graphemes.split(text):
        if not graphemes.is_emoji(cluster) or LONE_PARTS.fullmatch(cluster):
            for joiner in JOINERS:
                cluster = cluster.replace(joiner, "")
            cluster = LONE_PARTS.sub("", cluster)
        clusters.append(cluster)
    return graphemes.normalise("".join(clusters))
