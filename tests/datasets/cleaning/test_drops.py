"""What cleaning drops, and for which reason."""

import pytest

from datasets.cleaning import RULE_NAMES, Cleaner, CleaningConfig


@pytest.fixture(scope="module")
def cleaner():
    return Cleaner()


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("", "empty"),
        ("#only #tags", "empty"),
        ("@ana @bob", "empty"),
        ("https://example.com", "empty"),
        ("!!!", "only_symbols"),
        ("...", "only_symbols"),
        ("One sentence that never stops " + "and goes on and on " * 5, "too_long"),
        ("caf\ufffd mornings", "damaged"),
        # adverts
        ("Link in bio", "advert"),
        ("Out now on all platforms", "advert"),
        ("So soft #ad", "advert"),
        ("Glowing skin #sponsored", "advert"),
        ("Use code SUN20 at checkout", "advert"),
        ("20% off everything", "advert"),
        ("Get your tickets", "advert"),
        ("The film premieres on Friday", "advert"),
        ("Pre-order yours", "advert"),
        ("GIVEAWAY time", "advert"),
        ("Swipe up for more", "advert"),
        ("Shop now", "advert"),
        ("New single, so excited", "advert"),
        ("My new album is here", "advert"),
        ("Subscribe for more", "advert"),
        ("Tune in tonight", "advert"),
        ("On sale from tomorrow", "advert"),
        ("Available now", "advert"),
        ("New episode this week", "advert"),
        ("Coming soon", "advert"),
        ("Watch me live tonight on channel 4", "advert"),
        ("In partnership with a lovely hotel", "advert"),
        ("Find it on example.com", "advert"),
        ("Tag a friend who needs this", "advert"),
        ("Just posted a photo", "advert"),
        ("Lunch with Gucci and friends", "brand"),
        # names
        ("Happy birthday Sarah! 🎂", "greeting"),
        ("happy birthday zuzu", "greeting"),
        ("Dinner with Sarah 🍝", "name"),
        ("dinner with sarah 🍝", "name"),
        ("Sarah's smile", "name"),
        ("SARAH AND ME", "name"),
        ("Beyoncé forever", "name"),
        ("Say hello to Biscuit", "name"),
        ("Road trip with Zuleykha", "name"),
        ("Uncle Zed is here", "name"),
        ("Meet Boston. What a dog!", "name"),
        ("we saw Zoltan Kovacs play", "name"),
        ("Night out w the_real_zed", "user_name"),
        ("dancing with moonlightzed77", "user_name"),
        ("so proud of thezedhousecrew", "user_name"),
        # sentences with a hole
        ("I love @ana so much", "mention_in_sentence"),
        ("@ana look at this view", "mention_in_sentence"),
        ("I'm wearing @ana", "mention_in_sentence"),
        ("Hope you like it by .", "missing_word"),
        ("Such a fun time at !", "missing_word"),
        ("Great night with at the concert", "broken_sentence"),
        ("Dinner by is always good", "broken_sentence"),
        ("and has been such", "broken_sentence"),
        ("me and at the beach", "broken_sentence"),
        ("My dress for Thank you everyone", "broken_sentence"),
        ("Thank you for the", "broken_sentence"),
        ("I'm wearing", "broken_sentence"),
        ("I \ufe0f this place", "removed_emoji"),
        ("Styled by: Glam: birthed by: 💙", "credits_list"),
        ("Late nights. Photo by my neighbour", "credits_list"),
        ("The last golden seconds of a day that I will not forget as long as… 🌅", "cut_off"),
        ("My #sun #sea and so on", "hashtags_in_sentence"),
        ("Summer 2019", "dated"),
        # languages
        ("Buenos días a todos mis amores", "language"),
        ("Je suis très heureuse aujourd'hui", "language"),
        ("Feliz cumpleaños mi vida", "language"),
        ("selamat pagi semua teman", "language"),
        ("Доброе утро", "other_script"),
        ("おはよう", "other_script"),
        # offence
        ("what the fuck", "offensive"),
        ("holy sh*t what a view", "offensive"),
        ("Send nudes and porn", "offensive"),
        ("Blow me ❤️", "offensive"),
        ("Suck my toe", "offensive"),
    ],
)
def test_dropped_for_a_named_reason(cleaner, raw, reason):
    result = cleaner.clean(raw)
    assert result.text is None
    assert result.reason == reason


@pytest.mark.parametrize(
    ("rule", "raw", "clean"),
    [
        ("advert", "Coming soon", "Coming soon"),
        ("name", "Dinner with Sarah 🍝", "Dinner with Sarah 🍝"),
        ("language", "Feliz cumpleaños mi vida", "Feliz cumpleaños mi vida"),
        ("hashtags", "Morning walk #dogs", "Morning walk #dogs"),
        ("links", "Coffee first https://example.com/x", "Coffee first https://example.com/x"),
        ("repeats", "wow!!!!!!", "wow!!!!!!"),
    ],
)
def test_every_rule_can_be_left_out(rule, raw, clean):
    assert Cleaner().clean(raw).text != clean
    assert Cleaner(CleaningConfig(disabled=frozenset({rule}))).clean(raw).text == clean


@pytest.mark.parametrize("text", ["You blow me away ❤️", "Blow me a kiss 😘", "The wind nearly blew me over"])
def test_words_that_offend_elsewhere_stay(cleaner, text):
    assert cleaner.clean(text).text == text


def test_all_rules_off_changes_nothing():
    raw = "  @ana &amp; #dogs\n\n.\n!!!!!!! https://example.com 𝓁𝑜𝓋𝑒 "
    assert Cleaner(CleaningConfig(disabled=frozenset(RULE_NAMES))).clean(raw).text == raw.strip()


def test_length_is_counted_in_symbols_people_see():
    family = "👨\u200d👩\u200d👧\u200d👦"
    cleaner = Cleaner(CleaningConfig(max_graphemes=10))
    assert cleaner.clean(f"hey all {family}").text == f"hey all {family}"
    assert cleaner.clean(f"hey you all {family}").reason == "too_long"


def test_other_languages_can_be_chosen():
    spanish = Cleaner(CleaningConfig(language="es"))
    assert spanish.clean("Buenos días a todos mis amores").text == "Buenos días a todos mis amores"
    assert spanish.clean("Good morning to all of my lovely friends").reason == "language"
