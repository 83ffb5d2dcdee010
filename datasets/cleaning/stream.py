"""All posts of a dump, one after the other: cleaned, met before or not, and counted."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from datasets.cleaning.config import CleaningConfig
from datasets.cleaning.duplicates import SeenCaptions
from datasets.cleaning.pipeline import DUPLICATE_RULES, UNSETTLED, Cleaner, rules
from datasets.cleaning.report import CleaningReport, RuleReport
from datasets.posts import Post


class CaptionStream:
    """Cleans captions as they come and drops those of a wording met before (the first one stays).

    It holds ``report``, which is true of what has been given so far, and for each caption some 100 bytes to know it by.

    Raises CaptionError when the configuration names an unknown rule or a language that is not supported.
    """

    def __init__(self, config: CleaningConfig | None = None) -> None:
        self._cleaner = Cleaner(config)
        self._seen = SeenCaptions()
        self._off = self._cleaner.config.disabled
        self.report = CleaningReport(self._cleaner.config.to_json())
        for part in rules(self._cleaner.config):
            self.report.rules |= {rule.name: RuleReport(rule.kind) for rule in part}
        self.report.rules |= {name: RuleReport("drop") for name in DUPLICATE_RULES}

    def clean(self, raw: str) -> str | None:
        """The clean caption, or ``None`` where it is dropped."""
        found = self.report.rules
        self.report.rows += 1
        cleaned = self._cleaner.clean(raw, lambda rule, before, after: found[rule.name].add(before, after))
        if cleaned.text is None:
            if cleaned.reason == UNSETTLED:
                found.setdefault(UNSETTLED, RuleReport("drop")).add(raw, "")
            return None
        if self._seen.add_exact(cleaned.text) and "duplicate" not in self._off:
            found["duplicate"].add(raw, "")
            return None
        if "near_duplicate" not in self._off and self._seen.add_near(cleaned.text):
            found["near_duplicate"].add(raw, "")
            return None
        self.report.kept += 1
        return cleaned.text

    def posts(self, posts: Iterable[Post]) -> Iterator[Post]:
        """The posts that are kept, with clean captions, in the order they come; each is forgotten once given."""
        for post in posts:
            caption = self.clean(post.caption)
            if caption is not None:
                yield replace(post, caption=caption)


@dataclass(frozen=True, slots=True)
class CleanResult:
    """Posts with clean captions, in the order they came, and the account of the cleaning."""

    posts: list[Post]
    report: CleaningReport


def clean_posts(posts: Iterable[Post], config: CleaningConfig | None = None) -> CleanResult:
    """Clean the captions of all posts and drop those of a wording met before (the first one stays).

    All kept posts are held; ``CaptionStream`` gives them one by one.
    """
    stream = CaptionStream(config)
    return CleanResult(list(stream.posts(posts)), stream.report)
