"""What stands on a visitor's page, kept on disk: a reload, a closed tab or a restarted server loses nothing.

A session has an id that nobody can guess; the page's address holds it. Tabs of one address share one ``Session``. What
nobody has touched for a week is forgotten, and nothing is written where the user wants no history.
"""

import json
import re
import secrets
import threading
import time
import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from caption_model.errors import HistoryError
from caption_model.services.cards import Card, Line
from caption_model.services.carousel import Carousel
from caption_model.services.database import Database
from caption_model.services.history import History
from caption_model.storage.user_data import data_folder
from caption_model.vision.photos import SIZE

ID = re.compile(r"[\w-]{22}")
WEEK = 7 * 24 * 3600.0  # seconds
VERSIONS = (
    (
        """CREATE TABLE session (
            id TEXT PRIMARY KEY,
            server TEXT NOT NULL,  -- the run of the server that wrote it last
            touched REAL NOT NULL,  -- seconds since 1970
            content TEXT NOT NULL
        ) WITHOUT ROWID""",
        """CREATE TABLE card (
            session TEXT NOT NULL REFERENCES session (id) ON DELETE CASCADE,
            id TEXT NOT NULL,
            content TEXT NOT NULL,
            picture BLOB NOT NULL,
            pixels BLOB NOT NULL,
            PRIMARY KEY (session, id)
        ) WITHOUT ROWID""",
    ),
)
REPLACE_SESSION = "INSERT OR REPLACE INTO session (id, server, touched, content) VALUES (?, ?, ?, ?)"
UPDATE_SESSION = "UPDATE session SET server = ?, touched = ?, content = ? WHERE id = ?"


@dataclass
class Refused:
    """A photo that cannot be opened, and the sentence that says why."""

    error: str
    id: str


@dataclass(eq=False)
class Session:
    """One visitor's page.

    Attributes:
        id: in the page's address.
        cards: from the top.
        settings: of the page's controls, by their keys.
        restarted: whether it comes from an earlier run of the server.
        carousel: the post that the cards make.
        removed: cards that were removed last, with their places, to bring them back.
        saved: what is on disk of each card, by its id.
    """

    id: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    cards: list[Card | Refused] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)
    restarted: bool = False
    carousel: Carousel = field(default_factory=Carousel)
    removed: list[tuple[int, Card | Refused]] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)
    saved: dict[str, str] = field(default_factory=dict, repr=False)

    def line(self, id_: str) -> tuple[Card, Line] | None:
        """A caption by its id, and its card."""
        for card in self.cards:
            if isinstance(card, Card) and (line := next((line for line in card.lines if line.id == id_), None)):
                return card, line
        return None

    def remove(self, *cards: Card | Refused) -> None:
        """Take cards from the page; ``undo_remove`` brings them back."""
        with self.lock:
            self.removed = [(place, card) for place, card in enumerate(self.cards) if card in cards]
            self.cards = [card for card in self.cards if card not in cards]

    def undo_remove(self) -> None:
        """Bring back what was removed last, each to its place."""
        with self.lock:
            for place, card in self.removed:
                self.cards.insert(min(place, len(self.cards)), card)
            self.removed = []


class SessionStore:
    """All sessions of one file; those that are in use are shared by their tabs, and let go with the last of them.

    Args:
        path: the file; made when it is first needed.
        server: names this run of the server.

    Every method raises ``HistoryError`` if the file is damaged, locked, or cannot be written.
    """

    def __init__(self, path: Path | None = None, server: str = "") -> None:
        self.path = path or data_folder() / "sessions.sqlite3"
        self.server = server or secrets.token_urlsafe(8)
        self._file = Database(self.path, "session", VERSIONS)
        self._used: weakref.WeakValueDictionary[str, Session] = weakref.WeakValueDictionary()
        self._lock = threading.Lock()

    def new(self) -> Session:
        """A session with nothing in it; it is on disk once it is saved."""
        session = Session()
        with self._lock:
            self._used[session.id] = session
        return session

    def get(self, id_: str) -> Session | None:
        """A session by its id; ``None`` if there is none, or none any more."""
        if not ID.fullmatch(id_):
            return None
        with self._lock:
            session = self._used.get(id_) or self._read(id_)
            if session is not None:
                self._used[id_] = session
            return session

    def save(self, session: Session) -> None:
        """Write what has changed of a session, if a history is wanted at all."""
        if not History().keeping:
            return
        with session.lock:
            cards = {card.id: card for card in session.cards}
            contents = {id_: _content_of(card) for id_, card in cards.items()}
            row = (self.server, time.time(), json.dumps(_facts(session)))
            with self._file.writing() as connection:
                if not connection.execute(UPDATE_SESSION, (*row, session.id)).rowcount:
                    connection.execute(REPLACE_SESSION, (session.id, *row))
                    session.saved = {}
                for id_ in session.saved.keys() - cards.keys():
                    connection.execute("DELETE FROM card WHERE session = ? AND id = ?", (session.id, id_))
                for id_, content in contents.items():
                    if id_ not in session.saved:
                        blobs = _blobs_of(cards[id_])
                        connection.execute(
                            "INSERT OR REPLACE INTO card VALUES (?, ?, ?, ?, ?)", (session.id, id_, content, *blobs)
                        )
                    elif session.saved[id_] != content:
                        connection.execute(
                            "UPDATE card SET content = ? WHERE session = ? AND id = ?", (content, session.id, id_)
                        )
                connection.execute("DELETE FROM session WHERE touched < ?", (time.time() - WEEK,))
            session.saved = contents

    def delete_all(self) -> None:
        """Every session on disk, for good; pages that are open keep theirs until they are closed."""
        self._file.clear("session")

    def _read(self, id_: str) -> Session | None:
        if not self.path.exists():
            return None
        with self._file.reading() as connection:
            told = connection.execute("SELECT server, content FROM session WHERE id = ?", (id_,)).fetchone()
            rows = connection.execute(
                "SELECT id, content, picture, pixels FROM card WHERE session = ?", (id_,)
            ).fetchall()
        if told is None:
            return None
        server, content = told
        try:
            facts = json.loads(content)
            cards = {row[0]: _card_of(*row) for row in rows}
            ordered = [cards[card] for card in facts["order"] if card in cards]
            session = Session(
                id_, ordered, dict(facts["settings"]), server != self.server, _carousel_of(facts.get("carousel") or {})
            )
        except (ValueError, KeyError, TypeError) as error:
            raise HistoryError(f"the session in {self.path} cannot be understood: it is left alone.") from error
        session.saved = {card.id: _content_of(card) for card in ordered}
        return session


def _facts(session: Session) -> dict[str, Any]:
    """Whatever of a session is in none of its cards."""
    carousel = session.carousel
    return {
        "order": [card.id for card in session.cards],
        "settings": session.settings,
        "carousel": {
            "order": carousel.order,
            "lines": [_line_facts(line) for line in carousel.lines],
            "turn": carousel.turn,
        },
    }


def _carousel_of(facts: Mapping[str, Any]) -> Carousel:
    lines = [Line(**line) for line in facts.get("lines", ())]
    return Carousel(list(facts.get("order", ())), lines, int(facts.get("turn", 0)))


def _content_of(card: Card | Refused) -> str:
    """Whatever of a card may change, as JSON."""
    if isinstance(card, Refused):
        return json.dumps({"error": card.error})
    return json.dumps(
        {
            "name": card.name,
            "size": card.size,
            "description": card.description,
            "unsure": card.unsure,
            "topics": card.topics,
            "lines": [_line_facts(line) for line in card.lines],
            "past": [_line_facts(line) for line in card.past],
            "wishes": card.wishes,
            "asked": None if card.asked is None else [_stable(card.asked[0]), card.asked[1]],
            "book": card.book,
            "entry": card.entry,
            "turn": card.turn,
        },
        ensure_ascii=False,
    )


def _stable(options: Any) -> dict[str, Any]:
    return {name: value for name, value in vars(options).items() if name not in ("avoid", "like")}


def _line_facts(line: Line) -> dict[str, Any]:
    return {"written": line.written, "text": line.text, "favourite": line.favourite, "id": line.id, "book": line.book}


def _blobs_of(card: Card | Refused) -> tuple[bytes, bytes]:
    return (b"", b"") if isinstance(card, Refused) else (card.picture, card.pixels.tobytes())


def _card_of(id_: str, content: str, picture: bytes, pixels: bytes) -> Card | Refused:
    from caption_model.generation.options import GenerationOptions

    facts: Mapping[str, Any] = json.loads(content)
    if "error" in facts:
        return Refused(facts["error"], id_)
    asked = None
    if facts["asked"] is not None:
        try:
            asked = GenerationOptions(**facts["asked"][0]), str(facts["asked"][1])
        except (TypeError, ValueError):  # an option of another version: what stands there stays
            asked = None
    return Card(
        name=facts["name"],
        picture=picture,
        size=tuple(facts["size"]),
        pixels=np.frombuffer(pixels, np.uint8).reshape(*SIZE, 3),
        description=facts["description"],
        unsure=facts["unsure"],
        topics=facts["topics"],
        lines=[Line(**line) for line in facts["lines"]],
        past=[Line(**line) for line in facts["past"]],
        wishes=facts["wishes"],
        asked=asked,
        book=facts.get("book"),
        entry=facts["entry"],
        turn=facts["turn"],
        id=id_,
    )
