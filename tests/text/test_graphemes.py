"""Graphemes: an emoji is one symbol whatever it is made of, and has one spelling."""

import unicodedata

import emoji
import pytest

from caption_model.text import graphemes

FAMILY = "👨‍👩‍👧‍👦"
WAVE_BROWN = "👋🏾"
FLAG = "🇨🇭"
KEYCAP = "1️⃣"


def test_every_known_emoji_is_one_symbol_and_keeps_its_own_form_apart_from_qualification():
    torn = [key for key in emoji.EMOJI_DATA if graphemes.split(key) != [key]]
    assert len(emoji.EMOJI_DATA) > 5000
    assert torn == []


def test_every_known_emoji_is_brought_to_a_fully_qualified_form_and_stays_there():
    fully = {key for key, entry in emoji.EMOJI_DATA.items() if entry["status"] == emoji.STATUS["fully_qualified"]}
    component = {key for key, entry in emoji.EMOJI_DATA.items() if entry["status"] == emoji.STATUS["component"]}
    for key in emoji.EMOJI_DATA:
        once = graphemes.normalise(key)
        assert once in fully or key in component, key
        assert graphemes.normalise(once) == once
        assert graphemes.length(once) == 1
        assert graphemes.is_emoji(once)


def test_a_bare_heart_and_a_qualified_one_become_the_same():
    assert graphemes.normalise("I \u2764 it") == graphemes.normalise("I \u2764\ufe0f it") == "I \u2764\ufe0f it"


@pytest.mark.parametrize("text", ["cafe\u0301 ☕", "\u2764 naïve \u263a", "plain", "", f"{FAMILY}{FLAG}{KEYCAP}"])
def test_normalising_gives_nfc_and_is_idempotent(text):
    once = graphemes.normalise(text)
    assert unicodedata.is_normalized("NFC", once)
    assert graphemes.normalise(once) == once


def test_a_letter_with_an_accent_is_one_symbol_however_it_is_written():
    assert graphemes.length("cafe\u0301") == 4
    assert graphemes.normalise("cafe\u0301") == "caf\u00e9"


@pytest.mark.parametrize("cluster", [FAMILY, WAVE_BROWN, FLAG, KEYCAP, "\u2764", "\u2764\ufe0f", "🏴󠁧󠁢󠁳󠁣󠁴󠁿"])
def test_what_people_call_an_emoji_is_one(cluster):
    text = f"a{cluster}b"
    assert graphemes.split(text) == ["a", cluster, "b"]
    assert graphemes.is_emoji(cluster)
    assert graphemes.emojis(text) == [cluster]


@pytest.mark.parametrize("cluster", ["1", "#", "*", "a", " ", "", "é", "\u200d", "🇨", ":)"])
def test_what_is_no_emoji_is_none(cluster):
    assert not graphemes.is_emoji(cluster)


@pytest.mark.parametrize("sign", ["©", "®", "™"])
def test_signs_that_unicode_lists_as_emojis_are_treated_as_the_emoji_library_treats_them(sign):
    assert graphemes.is_emoji(sign) == emoji.is_emoji(sign)
    assert graphemes.length(graphemes.normalise(f"{sign} 2020")) == 6


def test_an_odd_join_is_one_symbol_but_no_emoji():
    odd = "🐶\u200d🍕"
    assert graphemes.split(odd) == [odd]
    assert graphemes.emojis(odd) == []


def test_emojis_come_in_order_with_repeats():
    assert graphemes.emojis("🔥 so hot 🔥 today #1 ☀️") == ["🔥", "🔥", "☀️"]


def test_splitting_loses_nothing_and_length_counts_what_a_person_counts():
    text = f"hi {FAMILY}!\r\n{WAVE_BROWN}"
    assert "".join(graphemes.split(text)) == text
    assert graphemes.length(text) == 7
    assert graphemes.length("") == 0


def test_plain_letters_are_cut_as_the_rule_for_all_text_says():
    for text in ("so hot #1, today!", "a\r\nb\rc\nd\te", "\x00\x7f", ""):
        assert graphemes.split(text) == graphemes.CLUSTER.findall(text)
        assert graphemes.length(text) == len(graphemes.CLUSTER.findall(text))
        assert graphemes.emojis(text) == []
