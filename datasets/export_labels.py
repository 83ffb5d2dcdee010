"""Instagram's newest export, in which a post is a list of labelled values, with the labels in the account's language.

So what is the caption and what marks a draft is told by how the values are used over the whole file: a caption is
repeated as the title of a photo, differs from post to post and is longer than a place; marks have two values that they
share. Names that are known in some languages, and the export's own names of fields where it gives them, go first.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import regex

from datasets.mojibake import repaired

Json = dict[str, object]


def _words(*lines: str) -> frozenset[str]:
    return frozenset(word for line in lines for word in line.split("|"))


CAPTION_LABELS = _words(
    "caption|legend|bildunterschrift|beitragstext|légende|pie de foto|texto|leyenda|descripción|legenda|descrição",
    "didascalia|bijschrift|onderschrift|podpis|opis|açıklama|altyazı|alt yazı|bildtext|billedtekst|bildetekst",
    "kuvateksti|popisek|titulek|képaláírás|descriere|подпись|підпис|λεζάντα|キャプション|캡션|说明|說明|标题",
    "التسمية التوضيحية|शीर्षक|कैप्शन|keterangan|chú thích|คำบรรยายภาพ|כיתוב",
)
DRAFT_LABELS = _words(
    "draft|entwurf|brouillon|borrador|rascunho|bozza|concept|wersja robocza|szkic|taslak|utkast|kladde|luonnos",
    "koncept|vázlat|piszkozat|ciornă|schiță|черновик|чернетка|πρόχειρο|下書き|임시 저장|草稿|مسودة|ड्राफ़्ट|ड्राफ्ट",
    "draf|bản nháp|ฉบับร่าง|טיוטה",
)
PUBLISHED_LABELS = _words(
    "published|veröffentlicht|publié|publicado|pubblicato|gepubliceerd|opublikowano|opublikowane|yayınlandı",
    "publicerad|udgivet|publisert|julkaistu|zveřejněno|közzétéve|publicat|опубликовано|опубліковано|公開済み|게시됨",
    "已发布",
)
ARCHIVED_LABELS = _words(
    "archived|archiviert|archivé|archivado|arquivado|archiviato|gearchiveerd|zarchiwizowano|arşivlendi|arkiverad"
)
TRUE = _words("true|yes|1|wahr|ja|vrai|oui|verdadero|sí|si|verdadeiro|sim|vero|waar|prawda|tak|doğru|evet|sant|да|はい")
FALSE = _words("false|no|0|falsch|nein|faux|non|falso|não|onwaar|nee|fałsz|nie|yanlış|hayır|falskt|nej|нет|いいえ")
NO_PROSE = regex.compile(r"https?://\S+|www\.\S+|[\d\s.,:/+\-TZ]+")
FEW = 2  # values that a mark has
LONGEST_MARK = 24  # characters
MAX_DEPTH = 30  # levels of values within values


class Field(NamedTuple):
    """One labelled value; ``name`` is the export's own, ``depth`` 0 for those of the post itself."""

    label: str
    name: str
    value: str
    linked: bool
    depth: int


def has_labels(entry: Json) -> bool:
    """Whether an entry is in this form."""
    return isinstance(entry.get("label_values"), list)


def fields(entry: Json) -> Iterator[Field]:
    """The labelled values of an entry that are text or yes and no, those within others after it."""
    waiting = [(entry.get("label_values"), 0)]
    for part, depth in waiting:  # grows while it is read
        for item in part if isinstance(part, list) else []:
            if not isinstance(item, dict):
                continue
            value = item.get("value")
            if isinstance(value, bool | str) and isinstance(item.get("label"), str):
                name = item.get("ent_field_name")
                yield Field(
                    repaired(item["label"]).casefold(),
                    name.casefold() if isinstance(name, str) else "",
                    repaired(str(value)),
                    "href" in item,
                    depth,
                )
            if depth < MAX_DEPTH:
                waiting += [(inner, depth + 1) for key in ("dict", "vec") if isinstance(inner := item.get(key), list)]


@dataclass(slots=True)
class Use:
    """How a label is used over a file."""

    count: int = 0
    as_title: int = 0
    length: int = 0
    prose: int = 0
    linked: bool = False
    named: str = ""
    depth: int = MAX_DEPTH
    values: set[str] = field(default_factory=set)
    commonest: Counter[str] = field(default_factory=Counter)

    def add(self, found: Field, titles: set[str]) -> None:
        """Take one use into account."""
        self.count += 1
        self.as_title += found.value in titles
        self.length += len(found.value)
        self.prose += bool(found.value) and NO_PROSE.fullmatch(found.value) is None
        self.linked |= found.linked
        self.named = self.named or found.name
        self.depth = min(self.depth, found.depth)
        if len(self.values) <= FEW:
            self.values.add(found.value.casefold())
        if len(self.commonest) < 2 * FEW or found.value.casefold() in self.commonest:
            self.commonest[found.value.casefold()] += 1


class Labels:
    """Which labels of a file mean what; learnt from all its entries, with the titles of each one's media."""

    def __init__(self, entries: Sequence[tuple[Json, set[str]]]) -> None:
        uses: defaultdict[str, Use] = defaultdict(Use)
        for entry, titles in entries:
            for found in fields(entry):
                uses[found.label].add(found, titles)
        self._marks = {label: use for label, use in uses.items() if self._is_mark(label, use, uses)}
        self._caption = self._find_caption(uses)
        self._draft = self._known(DRAFT_LABELS, "draft")
        self._published = self._known(PUBLISHED_LABELS, "published")
        self._archived = self._known(ARCHIVED_LABELS, "archived")
        self._beside_draft = ""  # the mark that is likely that of published posts
        self._yes = ""
        self._learn_marks()

    def caption(self, entry: Json) -> str:
        """The caption of an entry, ``""`` when it has none."""
        return next((found.value for found in fields(entry) if found.label == self._caption and found.value), "")

    def is_draft(self, entry: Json, full_list: bool) -> bool:
        """Whether an entry was never published.

        In the full list of an export all that is marked as a draft is one. The other files list what was posted: there
        an entry that is marked as published, too, is none.
        """
        if self._marked(entry, self._published) is False:
            return True
        if self._marked(entry, self._draft) is not True:
            return False
        return full_list or self._marked(entry, self._published or self._beside_draft) is not True

    def is_archived(self, entry: Json) -> bool:
        """Whether an entry was taken off the profile."""
        return self._marked(entry, self._archived) is True

    def _marked(self, entry: Json, label: str) -> bool | None:
        value = next((found.value.casefold() for found in fields(entry) if label and found.label == label), None)
        if value is None:
            return None
        if value in TRUE or value in FALSE:
            return value in TRUE
        return value == self._yes if self._yes else None

    def _known(self, labels: frozenset[str], name: str) -> str:
        return next((label for label, use in self._marks.items() if label in labels or use.named == name), "")

    def _learn_marks(self) -> None:
        """What yes is, and which mark is the draft's, where that is not known: nearly all posts are no drafts."""
        draft, published = self._draft, self._published
        if len(self._marks) == 2:
            first, second = self._marks
            if self._usual(first) in TRUE or self._usual(second) in FALSE or second == draft or first == published:
                first, second = second, first
            draft, published = draft or first, published or second
        if draft and published and draft != published and self._usual(draft) != self._usual(published):
            self._yes = self._usual(published)
            self._draft, self._beside_draft = draft, published

    def _usual(self, label: str) -> str:
        """The value that most posts have."""
        return self._marks[label].commonest.most_common(1)[0][0]

    @staticmethod
    def _is_mark(label: str, use: Use, uses: dict[str, Use]) -> bool:
        if not use.values or len(use.values) > FEW or "" in use.values or use.as_title or label in CAPTION_LABELS:
            return False
        if max(map(len, use.values)) > LONGEST_MARK:
            return False
        if use.values <= TRUE | FALSE:
            return True
        return any(
            other is not use and len(other.values) <= FEW and other.count == use.count and use.values & other.values
            for other in uses.values()
        )

    def _find_caption(self, uses: dict[str, Use]) -> str:
        possible = {
            label: use
            for label, use in uses.items()
            if label not in self._marks and not use.linked and (2 * use.prose >= use.count or use.as_title)
        }

        def fitness(label: str) -> tuple[bool, bool, int, int, float]:
            use = possible[label]
            return (
                use.named == "caption",
                label in CAPTION_LABELS,
                use.as_title,
                -use.depth,
                use.length / use.count,
            )

        return max(possible, key=fitness, default="")
