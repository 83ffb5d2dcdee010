"""What a social bundle knows besides its weights: words, runs of them, constructions, and captions not to repeat."""

from collections.abc import Sequence

from caption_model.bundles.bundle import Bundle
from caption_model.generation.social_bundle import WAYS_FILE, continuations_of
from caption_model.text.class_ngrams import Constructions
from caption_model.text.continuations import Continuations
from caption_model.text.lexicon import Fingerprints, Lexicon
from caption_model.text.mentioned_topics import mentioned_in_post
from caption_model.text.proper_nouns import OCCASIONS, proper_nouns
from caption_model.text.word_ngrams import Phrases
from caption_model.training.social.data import ATTESTED, LLM_GENERATED, PSEUDO_LABELLED, Example
from caption_model.training.social.word_classes import fit_classes

NO_POSTS = (PSEUDO_LABELLED, LLM_GENERATED, "described")
COPIED = (
    "lexicon.txt",
    "phrases.bin",
    "constructions.bin",
    "word_classes.txt",
    "fingerprints.bin",
    WAYS_FILE,
    "loss.png",
)


def as_before(base: Bundle) -> dict[str, bytes]:
    """The base's files of what people posted, and the curve of its training: where hardly anything else is learnt."""
    return {name: base.read(name) for name in COPIED if name in base.files}


def known_of(
    examples: Sequence[Example], base: Bundle | None, is_voice: bool, ways: Continuations | None = None
) -> dict[str, bytes]:
    """The files of what people posted; what the base has learnt stays known, and so do its classes of words.

    Descriptions of photos are no posts, and what a network wrote or was not taught may be written. A voice may name the
    places and occasions that its posts name; nobody else's voice may.

    ``ways``, those along which captions may go on, are the base's unless they are given; a voice's posts add theirs.

    Raises:
        BundleError: the base lacks one of the files.
    """
    captions = [example.caption for example in examples if example.source not in (PSEUDO_LABELLED, LLM_GENERATED)]
    learnt = [one.caption for one in examples if one.source not in (PSEUDO_LABELLED, LLM_GENERATED, ATTESTED)]
    posts = [example.caption for example in examples if example.source not in NO_POSTS]
    lexicon, phrases, fingerprints = Lexicon.fit(captions), Phrases.fit(posts), Fingerprints.fit(learnt)
    if base:
        lexicon = Lexicon(lexicon.known | Lexicon.from_bytes(base.read("lexicon.txt")).known)
        phrases = phrases.joined(Phrases.from_bytes(base.read("phrases.bin")))
        fingerprints = fingerprints.joined(Fingerprints.from_bytes(base.read("fingerprints.bin")))
        theirs = Constructions.from_files(base.read)
        constructions = theirs.joined(Constructions.fit(posts, theirs.classes))
    else:
        constructions = Constructions.fit(posts, fit_classes(posts, lexicon))
    if not is_voice:
        lexicon = Lexicon(lexicon.known - proper_nouns(captions) - OCCASIONS)
    ways = ways or (continuations_of(base) if base else None)
    if ways and is_voice:
        ways = ways.joined(Continuations.fit((post, mentioned_in_post(post)) for post in posts))
    return {
        **({WAYS_FILE: ways.to_bytes()} if ways else {}),
        "lexicon.txt": lexicon.to_bytes(),
        "phrases.bin": phrases.to_bytes(),
        **constructions.to_files(),
        "fingerprints.bin": fingerprints.to_bytes(),
    }
