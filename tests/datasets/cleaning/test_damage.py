"""What programs did to captions before we got them: escapes, tags, entities, lost bytes, words for empty cells."""

import pytest

from datasets.cleaning import Cleaner


@pytest.fixture(scope="module")
def cleaner():
    return Cleaner()


@pytest.mark.parametrize(
    "text",
    [
        "Warm tea &times two",
        "Pencils &notes",
        "Moon &sections",
        "Learning C# today",
        "F# minor sounds like rain",
        "We're #1",
        "#1 in my heart",
        "a < b and c > d",
        "I <3 rain",
        "naïve plans, small café",
        "100% rain, 0% regret",
    ],
)
def test_what_only_looks_like_markup_stays(cleaner, text):
    assert cleaner.clean(text).text == text


@pytest.mark.parametrize(
    "raw",
    [
        "Rainy day â¤ï¸",  # a heart of which two bytes were lost
        "Rainy day â˜€ï¸",
        "Rainy day â¤",
        "Rainy day ðŸ˜",
        "Itâ??s raining",
        "Rain ðŸ??",
        "Rain ï¿½ again",
        "Rain \ufffd again",
    ],
)
def test_lost_bytes_are_damage(cleaner, raw):
    assert cleaner.clean(raw).reason == "damaged"


@pytest.mark.parametrize(
    "raw",
    ["nan", "NaN", "None", "null", "NULL", "undefined", "TRUE", "False", "1.0", "-3", "12,5", "1e5", "n/a",
     "#N/A", "#REF!",
     "[object Object]", "2024-05-01", "2024-05-01 10:00:00", "'null'"],
)  # fmt: skip
def test_words_for_an_empty_cell_are_no_captions(cleaner, raw):
    assert cleaner.clean(raw).reason == "placeholder"


@pytest.mark.parametrize(
    "text", ["Nan ❤️", "None of us was ready", "True love", "3 little ducks", "null and void, my diet"]
)
def test_such_words_in_a_caption_stay(cleaner, text):
    assert cleaner.clean(text).text == text


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        (r"\u2764\ufe0f rain", "❤️ rain"),
        (r"rain \ud83d\ude0d", "rain 😍"),
        (r"rain \U0001F60D", "rain 😍"),
        (r"rain \xe2\x9d\xa4\xef\xb8\x8f", "rain ❤️"),
        (r"b'Slow rain \xe2\x9d\xa4\xef\xb8\x8f'", "Slow rain ❤️"),
        ('b"It\'s raining"', "It's raining"),
        ("rain ud83dude0d", "rain 😍"),
        ("Itu2019s raining", "It's raining"),
        ("rain <U+1F60D>", "rain 😍"),
        ("rain %F0%9F%98%8D", "rain 😍"),
        ("rain =F0=9F=98=8D", "rain 😍"),
        ("rain &#128525;", "rain 😍"),
        ("rain &#x1F60D;", "rain 😍"),
        ("rain &#55357;&#56845;", "rain 😍"),
        ("rain \ud83d\ude0d", "rain 😍"),
        (r"slow rain\nwarm tea", "slow rain warm tea"),
        ("Best <b>rain</b> ever", "Best rain ever"),
        ("slow rain<br/>Warm tea", "slow rain. Warm tea"),
        ("<p>Slow rain</p><p>Warm tea</p>", "Slow rain. Warm tea"),
        ("<a href='https://example.com'>Slow</a> rain", "Slow rain"),
        ("Slow rain <!-- draft -->", "Slow rain"),
        ("Slow rain <script>alert(1)</script>", "Slow rain"),
        ("Slow rain&nbsp;again", "Slow rain again"),
        ("half of one \ud83d here", "half of one here"),
        ("good \U0001f1eb morning rain", "good morning rain"),
        ("rain \U0001f1fd\U0001f1fd again", "rain again"),
        ("cut family \U0001f468\u200d", "cut family \U0001f468"),
        ("Rain day #🌧️", "Rain day 🌧️"),
        ("Rain day #sun🌞day", "Rain day 🌞"),
        ("I #❤️ this rain", "I ❤️ this rain"),
        ("Slow rain ✉️ me@example.com", "Slow rain"),
        ("Slow rain <me@example.com>", "Slow rain"),
        ("Slow rain (me@gmail)", "Slow rain"),
        ("Slow rain me [at] example [dot] com", "Slow rain"),
        ("Email: me@example.com", None),
        ("Send your rain to me@example.com", None),
    ],
)
def test_what_programs_left_is_made_good(cleaner, raw, clean):
    assert cleaner.clean(raw).text == clean


def test_bytes_that_are_no_text_stay_as_they_are(cleaner):
    assert cleaner.clean(r"rain \xff\xfe here").text == r"rain \xff\xfe here"
