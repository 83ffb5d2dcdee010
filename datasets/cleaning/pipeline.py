"""The rules in their order, applied to one caption."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle, islice

from caption_model.errors import CaptionError
from datasets.cleaning import (
    characters,
    damage,
    hashtags,
    holes,
    layout,
    leftovers,
    length,
    links,
    markup,
    mentions,
    names,
    places,
)
from datasets.cleaning.adverts import advert, brand
from datasets.cleaning.config import CleaningConfig
from datasets.cleaning.language import check_language, foreign, other_script
from datasets.cleaning.offence import offensive
from datasets.cleaning.placeholders import placeholder
from datasets.cleaning.rule import Drop, Edit, Rule

DUPLICATE_RULES = ("duplicate", "near_duplicate")
MAX_ROUNDS = 8  # edits settle after two or three rounds; a text on which they do not is dropped
UNSETTLED = "unsettled"

Observer = Callable[[Rule, str, str], None]


def rules(config: CleaningConfig) -> tuple[list[Rule], list[Rule]]:
    """All rules on a single caption: those repeated until the text settles, then the checks on the settled text."""
    limit = config.max_graphemes
    repeated: list[Rule] = [
        Edit("length_limit", characters.cut_at_limit),
        Drop("placeholder", placeholder),
        Drop("removed_emoji", characters.removed_emoji),
        Edit("escapes", markup.escapes),
        Edit("html_tags", markup.html_tags),
        Edit("html_entities", markup.html_entities),
        Drop("damaged", damage.damaged),
        Edit("mojibake", damage.mojibake),
        Edit("invisible", characters.invisible),
        Edit("plain_letters", characters.plain_letters),
        Edit("straight_quotes", characters.straight_quotes),
        Edit("whole_emojis", characters.whole_emojis),
        Drop("advert", advert),
        Drop("offensive", offensive),
        Edit("links", links.links),
        Drop("email_in_sentence", links.email_in_sentence),
        Edit("emails", links.emails),
        Edit("place_suffix", places.place_suffix),
        Edit("cut_word", places.cut_word),
        Drop("cut_off", places.cut_off),
        Edit("ruled_lines", layout.ruled_lines),
        Edit("credits", mentions.credits),
        Drop("mention_in_sentence", mentions.mention_in_sentence),
        Edit("mentions", mentions.mentions),
        Drop("missing_word", holes.missing_word),
        Drop("hashtags_in_sentence", hashtags.unreadable_hashtag),
        Edit("hashtags", hashtags.hashtags),
        Edit("leftovers", leftovers.tidy),
        Edit("first_sentence", lambda text: length.first_sentence(text, limit)),
        Edit("one_line", layout.one_line),
        Edit("repeats", layout.repeats),
    ]
    final: list[Rule] = [
        Drop("empty", lambda text: not text),
        Drop("only_symbols", hashtags.only_tags_left),
        Drop("too_long", lambda text: length.too_long(text, limit)),
        Drop("other_script", other_script),
        Drop("language", foreign(config.language)),
        Drop("credits_list", holes.credits_list),
        Drop("broken_sentence", holes.broken_sentence),
        Drop("brand", brand),
        Drop("dated", holes.dated),
        Drop("user_name", names.user_name),
        Drop("greeting", names.greeting),
        Drop("name", names.names),
    ]
    return repeated, final


RULE_NAMES = tuple(rule.name for part in rules(CleaningConfig()) for rule in part) + DUPLICATE_RULES


@dataclass(frozen=True, slots=True)
class Cleaned:
    """One cleaned caption: ``text``, or ``None`` with the ``reason`` (a rule's name); the edits that changed it."""

    text: str | None
    reason: str | None
    changed_by: tuple[str, ...]


class Cleaner:
    """Cleans single captions. Cleaning a clean caption changes nothing.

    Raises CaptionError when the configuration names an unknown rule or a language that is not supported.
    """

    def __init__(self, config: CleaningConfig | None = None) -> None:
        self.config = config or CleaningConfig()
        unknown = self.config.disabled - set(RULE_NAMES)
        if unknown:
            raise CaptionError(f"There is no rule '{min(unknown)}'; the rules are {', '.join(RULE_NAMES)}.")
        check_language(self.config.language)
        repeated, final = rules(self.config)
        self._repeated = [rule for rule in repeated if rule.name not in self.config.disabled]
        self._final = [rule for rule in final if rule.name not in self.config.disabled]

    def clean(self, raw: str, observe: Observer | None = None) -> Cleaned:
        """Clean one caption. ``observe`` hears of each rule that acts: (rule, text before, text after)."""
        changed: dict[str, None] = {}
        text = raw.strip()
        quiet = 0  # rules in a row that left this very text as it is
        for rule in islice(cycle(self._repeated), MAX_ROUNDS * len(self._repeated)):
            if quiet == len(self._repeated):
                break
            quiet += 1
            if isinstance(rule, Drop):
                if rule.fails(text):
                    return _dropped(rule, raw, changed, observe)
                continue
            edited = rule.apply(text)
            if edited != text:
                if observe is not None and rule.name not in changed:
                    observe(rule, text, edited)
                changed[rule.name] = None
                text = edited
                quiet = 0
        else:
            if quiet < len(self._repeated):
                return Cleaned(None, UNSETTLED, tuple(changed))
        for rule in self._final:
            if isinstance(rule, Drop) and rule.fails(text):
                return _dropped(rule, raw, changed, observe)
        return Cleaned(text, None, tuple(changed))


def _dropped(rule: Drop, raw: str, changed: dict[str, None], observe: Observer | None) -> Cleaned:
    if observe is not None:
        observe(rule, raw, "")
    return Cleaned(None, rule.name, tuple(changed))
