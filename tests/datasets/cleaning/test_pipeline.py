"""The pipeline as a whole: idempotence, configuration, duplicates and the report."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.console import Console

from caption_model.errors import CaptionError
from caption_model.text import graphemes
from datasets.cleaning import RULE_NAMES, Cleaner, CleaningConfig, clean_posts
from datasets.posts import Post

CLEANER = Cleaner()
PIECES = [
    "good morning", "Sunset walk", "I love", "the sea", "with", "by", "#sun", "#love😍", "＃a#b", "@ana",
    "@ana's", "(@bo.b_1)", "📷", "📸:", "photo by", "❤", "❤️", "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\u200d", "\ufe0f", "🇫🇷", "🇫", "🏽", "5️⃣", "…", "...", "!!!!!", "?!", ".", ",", ":", "|", "-", "\n",
    "\n.\n.\n",
    "  ", "&amp;", "&lt;3", "<3", ":)", "( )", '"', "“", "’s", "Itâ€™s", "https://example.com",
    "www.example.com", "me@example.com", " @ Lake View, CA", "(@ The Mill)", "soooooooo", "Wow.",
    "Coffee first!", "\u200b", "e\u0301", "𝓁𝑜𝓋𝑒", "100%", "*", "_", "/", "x", "w/",
]  # fmt: skip
MIXED = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=6)), max_size=14).map(" ".join)
GLUED = st.lists(st.sampled_from(PIECES), max_size=10).map("".join)


def posts(*captions):
    return [Post(None, caption, "test", str(number)) for number, caption in enumerate(captions)]


@settings(max_examples=400, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(MIXED, GLUED))
def test_cleaning_a_clean_caption_changes_nothing(raw):
    cleaned = CLEANER.clean(raw)
    if cleaned.text is None:
        assert cleaned.reason in {*RULE_NAMES, "unsettled"}
        return
    again = CLEANER.clean(cleaned.text)
    assert (again.text, again.reason, again.changed_by) == (cleaned.text, None, ())
    assert 0 < graphemes.length(cleaned.text) <= 80
    assert "\n" not in cleaned.text
    assert cleaned.text == graphemes.normalise(cleaned.text).strip()


def test_configuration_survives_json():
    config = CleaningConfig("es", 60, frozenset({"name", "advert"}))
    assert CleaningConfig.from_json(json.loads(json.dumps(config.to_json()))) == config


@pytest.mark.parametrize("values", [{"langauge": "en"}, {"max_graphemes": 0}, {"max_graphemes": "many"}])
def test_bad_configuration_is_refused(values):
    with pytest.raises(CaptionError):
        CleaningConfig.from_json(values)


def test_unknown_rule_and_language_are_refused():
    with pytest.raises(CaptionError, match="no rule 'nonsense'"):
        Cleaner(CleaningConfig(disabled=frozenset({"nonsense"})))
    with pytest.raises(CaptionError, match="'xx' is not supported"):
        Cleaner(CleaningConfig(language="xx"))


def test_the_first_of_equal_or_nearly_equal_captions_stays():
    raw = posts(
        "Coffee first ☕",
        "Coffee first ☕",
        "COFFEE FIRST!! ☕☕",
        "the best day of my whole life",
        "the best day of my entire life",
        "the worst day of my tiny life",
        "🌴",
        "🌴🌴",
        "🌊",
    )
    result = clean_posts(raw)
    assert [post.id for post in result.posts] == ["0", "3", "5", "6", "8"]
    assert result.report.rules["duplicate"].captions == 1
    assert result.report.rules["near_duplicate"].captions == 3


def test_duplicate_rules_can_be_left_out():
    raw = posts("Coffee first ☕", "Coffee first ☕", "coffee first")
    near_only = clean_posts(raw, CleaningConfig(disabled=frozenset({"duplicate"})))
    exact_only = clean_posts(raw, CleaningConfig(disabled=frozenset({"near_duplicate"})))
    neither = clean_posts(raw, CleaningConfig(disabled=frozenset({"duplicate", "near_duplicate"})))
    assert [len(result.posts) for result in (near_only, exact_only, neither)] == [1, 2, 3]


def test_posts_keep_all_but_their_caption():
    post = Post(Path("a.jpg"), "Coffee first #coffee", "mine", "7")
    (kept,) = clean_posts([post]).posts
    assert kept == Post(Path("a.jpg"), "Coffee first", "mine", "7")


def test_report_counts_each_rule_with_examples():
    raw = posts(
        "Coffee first #a",
        *(f"{word} mood #b" for word in ["warm", "calm", "wild", "free", "slow", "soft"]),
        "Link in bio",
    )
    report = clean_posts(raw).report
    assert (report.rows, report.kept) == (8, 7)
    assert report.rules["hashtags"].captions == 7
    assert report.rules["hashtags"].examples[0] == ("Coffee first #a", "Coffee first  ")
    assert len(report.rules["hashtags"].examples) == 5
    assert report.rules["advert"].captions == 1
    assert report.rules["advert"].examples == [("Link in bio", "")]
    assert report.rules["mojibake"].captions == 0
    dropped = sum(rule.captions for rule in report.rules.values() if rule.kind == "drop")
    assert dropped == report.rows - report.kept
    content = json.loads(json.dumps(report.to_json()))
    assert content["rules"]["advert"] == {
        "kind": "drop",
        "captions": 1,
        "examples": [{"before": "Link in bio", "after": ""}],
    }


def test_report_prints_captions_that_look_like_markup():
    console = Console(width=120, record=True)
    console.print(clean_posts(posts("[/bold] link in bio", "fine")).report.table())
    assert "[/bold] link in bio" in console.export_text()
