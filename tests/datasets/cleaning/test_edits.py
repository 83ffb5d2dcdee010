"""What cleaning changes: a raw caption on the left, exactly what must come out on the right."""

import pytest

from datasets.cleaning import Cleaner

FAMILY = "👨\u200d👩\u200d👧\u200d👦"
ASTRONAUT = "👩🏽\u200d🚀"


@pytest.fixture(scope="module")
def cleaner():
    return Cleaner()


@pytest.mark.parametrize(
    ("raw", "clean", "rule"),
    [
        ("Rock &amp; roll &amp;amp; coffee", "Rock & roll & coffee", "html_entities"),
        ("cafÃ© mornings", "café mornings", "mojibake"),
        ("Itâ€™s a good day", "It's a good day", "mojibake"),
        ("It’s a “good” day", 'It\'s a "good" day', "straight_quotes"),
        ("\U0001d4c1\U0001d45c\U0001d4cb\U0001d452 this place", "love this place", "plain_letters"),
        ("cafe\u0301 mornings", "café mornings", "whole_emojis"),
        ("❤ this place", "❤️ this place", "whole_emojis"),
        ("stray\u200d joiner, lovely view", "stray joiner, lovely view", "whole_emojis"),
        ("good morning \U0001f3fd sunshine", "good morning sunshine", "whole_emojis"),
        ("zero\u200b width and\ufeff soft hy\u00adphen \u202eday", "zero width and soft hyphen day", "invisible"),
        ("Lost in the woods\n.\n.\n.\n#forest", "Lost in the woods", "ruled_lines"),
        ("Lost in the woods . . . . #forest", "Lost in the woods", "ruled_lines"),
        ("Roses are red\nViolets are blue", "Roses are red. Violets are blue", "one_line"),
        ("wide\u00a0\u00a0  open \t skies", "wide open skies", "invisible"),
        ("Coffee first https://example.com/x?y=1", "Coffee first", "links"),
        ("Coffee first www.example.com", "Coffee first", "links"),
        ("Coffee first example.com/menu", "Coffee first", "links"),
        ("Coffee first ☕ hello@example.com", "Coffee first ☕", "emails"),
        ("Best weekend ever!!!!!!", "Best weekend ever!!!", "repeats"),
        ("what?!?!?!?!", "what?!?", "repeats"),
        ("so happy " + "😍" * 10, "so happy 😍😍😍", "repeats"),
        ("so happy " + "😍 " * 10, "so happy 😍 😍 😍", "repeats"),
        ("party 🎉🥳🍾🎊🎈🎁🍰🎂", "party 🎉🥳🍾🎊🎈🎁", "repeats"),
        ("soooooooooo good", "soooo good", "repeats"),
    ],
)
def test_characters_and_layout(cleaner, raw, clean, rule):
    result = cleaner.clean(raw)
    assert result.text == clean
    assert rule in result.changed_by


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("Sunset walk 📷 @ana.k_1", "Sunset walk"),
        ("Sunset walk 📸: @ana", "Sunset walk"),
        ("Sunset walk\n📸 - @ana\nHair: @bea_styles", "Sunset walk"),
        ("Sunset walk, photo by @ana_k", "Sunset walk"),
        ("Sunset walk (cr: @ana)", "Sunset walk"),
        ("Sunset walk credit: @ana @bea", "Sunset walk"),
        ("Sunset walk via @ana", "Sunset walk"),
        ("Beach day with @ana 🌊", "Beach day 🌊"),
        ("Beach day w/ @ana and @bob_2 🌊", "Beach day 🌊"),
        ("Beach day ＠ana", "Beach day"),
        ("@ana Look at this view", "Look at this view"),
        ("Such a lovely evening @ana! What a night", "Such a lovely evening! What a night"),
        ("Love my new dress @ana", "Love my new dress"),
    ],
)
def test_user_tags_go_with_what_introduces_them(cleaner, raw, clean):
    assert cleaner.clean(raw).text == clean


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("in love with #paris today", "in love with paris today"),
        ("in love with #GoldenHour today", "in love with Golden Hour today"),
        ("so much love for this #sunset", "so much love for this sunset"),
        ("#paris is always a good idea", "paris is always a good idea"),
        ("Morning walk #dogs #dogsofinstagram#love", "Morning walk"),
        ("Morning walk#dogs", "Morning walk"),
        ("Morning walk ＃dogs #犬", "Morning walk"),
        ("Morning walk #love😍", "Morning walk 😍"),
        ("Morning walk #dogs 🐶 #love", "Morning walk 🐶"),
        ("#dogs #walk Morning walk", "Morning walk"),
    ],
)
def test_hashtags_leave_their_word_only_inside_a_sentence(cleaner, raw, clean):
    assert cleaner.clean(raw).text == clean


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("Tacos @ Abbot Kinney, Venice 🌮", "Tacos 🌮"),
        ("Tacos (@ Lucille's Smokehouse in Tustin, CA) 🌮", "Tacos 🌮"),
        ("Tacos for lunch en Riverside, California 🌮", "Tacos for lunch 🌮"),
        ("Tacos @ the beach", "Tacos at the beach"),
        ("So proud of us. We did it! Now the party starts and nobody wants to… 🎉", "So proud of us. We did it! 🎉"),
        (
            "Up early and out to the hills for coffee #running #mornin… 😎",
            "Up early and out to the hills for coffee 😎",
        ),
    ],
)
def test_traces_of_cross_posting(cleaner, raw, clean):
    assert cleaner.clean(raw).text == clean


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("Golden hour |", "Golden hour"),
        ("- Golden hour -", "Golden hour"),
        ("Golden hour ()", "Golden hour"),
        ('Golden hour ""', "Golden hour"),
        ("Golden hour with 🌅", "Golden hour 🌅"),
        ("Golden hour. Photo:", "Golden hour."),
        ("Golden hour (at last", "Golden hour at last"),
        ("What a view !", "What a view!"),
        ("Thanks for the view, !", "Thanks for the view!"),
        ("Look at that sky , wow", "Look at that sky, wow"),
    ],
)
def test_leftovers_are_tidied(cleaner, raw, clean):
    assert cleaner.clean(raw).text == clean


def test_too_long_text_keeps_its_first_sentence_with_its_emojis(cleaner):
    first = "It is a long story but I will tell it anyway, as it matters. 😍"
    rest = " And then came so many more words that nobody would ever read them all."
    assert cleaner.clean(first + rest).text == first
    assert (
        cleaner.clean("Happy place. 🌊" + "\nAnd then many more words that nobody reads" * 3).text == "Happy place. 🌊"
    )


@pytest.mark.parametrize(
    "caption",
    [
        "bye",
        "Well..",
        "Ibiza nights 🌴",
        "🌴",
        "🔥🔥🔥",
        f"fam {FAMILY} time",
        f"{ASTRONAUT} to the moon 🇫🇷",
        "5️⃣ more sleeps",
        "Sunday mood #️⃣",
        "We're #1",
        "sunday funday :)",
        "I <3 you",
        ":) happy days",
        "(almost) famous",
        '"Be yourself"',
        "100% ready",
        "Can't be tamed… ✨",
        "Rose garden",
        "May the fourth be with you",
        "Summer in Paris 🗼",
        "Will you be my valentine?",
        "Grace under pressure",
        "Happy birthday to me 🎂",
        "Happy birthday to my best friend!",
        "Congratulations to my little sister 🎓",
        "Scunthorpe in the rain",
        "Dick's diner",
        "A class of its own",
        "Cocktails at sunset 🍹",
        "This is where I belong",
        "There he is",
        "What are you waiting for?",
        "Something to look forward to",
        "Twist and shout",
        "my everything ❤️",
        "She is my ❤️",
        "soooo good",
        "yummm 😋",
    ],
)
def test_good_captions_survive_unchanged(cleaner, caption):
    result = cleaner.clean(caption)
    assert (result.text, result.reason, result.changed_by) == (caption, None, ())
