"""Captions made to be slow: each rule's work grows with a caption's length, not with its square."""

import json
import random
import subprocess
import sys

from caption_model.text import graphemes
from datasets.cleaning import Cleaner
from datasets.cleaning.characters import MAX_GRAPHEMES, cut_at_limit

# What the rules look for, so that repeating it makes them look most often.
UNITS = [
    "#", "#a", "#a ", "＃", "@", "@a", "@a ", "@a and ", "(@", "a", "a1", "a_", "a-", "a.", "A. ", "Aa ", "1 ",
    "é", "\U0001f60d",
    "\U0001f3fd", "\u200d", "\ufe0f", "\u0301", "\U0001f4f7 ", "\U0001f4f7:", "\u2026", ".", ". ", "!?", "\n",
    ".\n", " ", "\t", "-",
    "/", "|", "*", "$", "(", "( ", ")", "\"", "' ", ": ", ":)", "&#", "&amp", "&amp;", "<", "<b>", "<b ", "<!--",
    "\\u", "\\x", "%F0",
    "=F", "b'", "http", "https://a ", "a@", "a(at)", "ðŸ", "Ã", "with ", "by ", "photo: ", "my new ", "check ",
    "watch ", "out ",
    "let me know ", "i'm at A ", "drinking a ", "is ", "f*", "f ", "x ",
]  # fmt: skip

SCALING = """
import json, sys, time
from datasets.cleaning.config import CleaningConfig
from datasets.cleaning.pipeline import rules

def seconds(rule, text):
    act = rule.apply if rule.kind == "edit" else rule.fails
    start = time.process_time()
    act(text)
    return time.process_time() - start

grew = []
for part in rules(CleaningConfig()):
    for rule in part:
        if rule.name in {"language", "first_sentence", "too_long", "only_symbols", "whole_emojis", "repeats"}:
            lengths = 500, 2000  # these meet captions of 2,200 graphemes at most, and count graphemes
        else:
            lengths = 1500, 6000
        for unit in json.loads(sys.argv[1]):
            short, long = (seconds(rule, unit * (length // len(unit)) + "z") for length in lengths)
            if long > 0.1 and long > 10 * short:  # a square would be 16
                again = [seconds(rule, unit * (length // len(unit)) + "z") for length in lengths]
                if again[1] > 10 * again[0]:
                    grew.append([rule.name, unit, again])
print(json.dumps(grew))
"""


def test_no_rule_takes_the_square_of_a_captions_length():
    command = [sys.executable, "-c", SCALING, json.dumps(UNITS)]
    result = subprocess.run(command, capture_output=True, text=True, check=True, timeout=600)
    assert json.loads(result.stdout) == []


def test_captions_of_fifty_thousand_signs_are_cleaned():
    """Hours where the work grows with the square; the limit is that of a slow machine."""
    code = (
        "import json, sys; from datasets.cleaning import Cleaner; cleaner = Cleaner(); "
        "print(sum(cleaner.clean(unit * 50_000).text is None for unit in json.loads(sys.argv[1])))"
    )
    command = [sys.executable, "-c", code, json.dumps(UNITS)]
    result = subprocess.run(command, capture_output=True, text=True, check=True, timeout=600)
    assert int(result.stdout) > len(UNITS) // 2


def test_random_mixtures_of_hostile_pieces_come_out_clean_or_dropped():
    chance = random.Random(7)
    cleaner = Cleaner()
    for _ in range(150):
        raw = "".join(chance.choice(UNITS) * chance.choice((1, 1, 2, 300)) for _ in range(chance.randrange(1, 9)))
        cleaned = cleaner.clean(raw)
        if cleaned.text is not None:
            assert 0 < graphemes.length(cleaned.text) <= 80
            assert cleaner.clean(cleaned.text).text == cleaned.text


def test_a_caption_is_cut_at_instagrams_limit_between_graphemes():
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    assert cut_at_limit("a" * 5000) == "a" * MAX_GRAPHEMES
    assert cut_at_limit(family * 3000) == family * MAX_GRAPHEMES
    assert cut_at_limit("short") == "short"
    assert cut_at_limit(family * 100) == family * 100


def test_what_is_one_grapheme_however_long_is_cut_too():
    assert cut_at_limit("e" + "\u0301" * 9000) == "e\u0301\u0301"
    assert len(cut_at_limit("\U0001f1eb" * 9000)) == 26
    assert cut_at_limit("\U0001f1eb\U0001f1f7" * 10) == "\U0001f1eb\U0001f1f7" * 10
