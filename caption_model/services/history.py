"""What was suggested before: kept in one SQLite file of the user's own data folder, and nowhere else.

One short connection an operation, write-ahead logging: pages, visitors and programs may use it at the same time. What
is deleted is overwritten.
"""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from caption_model.errors import HistoryError
from caption_model.storage.user_data import data_folder

SCHEMA = 1
PATIENCE = 2.0  # seconds that another program may hold the file
MAKING = threading.Lock()
TABLES = """
CREATE TABLE entry (
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- a number is never used twice
    created TEXT NOT NULL,
    photo TEXT NOT NULL,
    thumbnail BLOB NOT NULL,
    description TEXT NOT NULL,
    voice TEXT NOT NULL
);
CREATE TABLE caption (
    entry INTEGER NOT NULL REFERENCES entry (id) ON DELETE CASCADE,
    place INTEGER NOT NULL,
    text TEXT NOT NULL,
    favourite INTEGER NOT NULL,
    PRIMARY KEY (entry, place)
) WITHOUT ROWID;
CREATE TABLE setting (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
"""
# What a search must find: every entry is asked, as there are thousands at the most.
FOUND = """
SELECT id, created, photo, thumbnail, description, voice FROM entry
WHERE (:favourites = 0 OR EXISTS (SELECT 1 FROM caption WHERE caption.entry = entry.id AND favourite))
AND (instr(fold(photo), :wanted) OR instr(fold(description), :wanted)
     OR EXISTS (SELECT 1 FROM caption WHERE caption.entry = entry.id AND instr(fold(text), :wanted)))
ORDER BY id DESC LIMIT :limit
"""


@dataclass(frozen=True)
class KeptCaption:
    """A caption as it was left."""

    text: str
    favourite: bool = False


@dataclass(frozen=True)
class Entry:
    """What was suggested for one photo; ``thumbnail`` is a small JPEG, ``created`` in UTC."""

    id: int
    created: datetime
    photo: str
    thumbnail: bytes
    description: str
    voice: str
    captions: tuple[KeptCaption, ...]


class History:
    """The history in one file, which is made with the first entry.

    Every method raises ``HistoryError`` if the file is damaged, locked, or cannot be written.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or data_folder() / "history.sqlite3"

    @property
    def keeping(self) -> bool:
        """Whether the user wants a history at all."""
        if not self.path.exists():
            return True
        with self._reading() as connection:
            row = connection.execute("SELECT value FROM setting WHERE name = 'keep'").fetchone()
        return row is None or bool(row[0])

    def keep(self, wanted: bool) -> None:
        """From now on keep a history, or none; what is there stays."""
        with self._writing() as connection:
            connection.execute("INSERT OR REPLACE INTO setting VALUES ('keep', ?)", (wanted,))

    def add(
        self, photo: str, thumbnail: bytes, description: str, voice: str, captions: Sequence[KeptCaption]
    ) -> int | None:
        """A new entry; its number, or ``None`` where no history is wanted."""
        if not self.keeping:
            return None
        with self._writing() as connection:
            cursor = connection.execute(
                "INSERT INTO entry (created, photo, thumbnail, description, voice) VALUES (?, ?, ?, ?, ?)",
                (datetime.now(UTC).isoformat(timespec="seconds"), photo, thumbnail, description, voice),
            )
            entry = int(cursor.lastrowid or 0)
            _write(connection, entry, captions)
        return entry

    def update(self, entry: int, description: str, voice: str, captions: Sequence[KeptCaption]) -> None:
        """Other words for an entry, if a history is wanted; one that was deleted meanwhile stays deleted."""
        if not self.keeping:
            return
        with self._writing() as connection:
            cursor = connection.execute(
                "UPDATE entry SET description = ?, voice = ? WHERE id = ?", (description, voice, entry)
            )
            if cursor.rowcount:
                connection.execute("DELETE FROM caption WHERE entry = ?", (entry,))
                _write(connection, entry, captions)

    def entries(self, wanted: str = "", favourites: bool = False, limit: int = -1) -> list[Entry]:
        """Entries, latest first.

        Args:
            wanted: stands in the photo's name, the description or a caption, whatever the case; empty finds all.
            favourites: only those with a favourite.
            limit: at most so many; -1 for all.
        """
        if not self.path.exists():
            return []
        question = {"favourites": favourites, "wanted": wanted.strip().casefold(), "limit": limit}
        with self._reading() as connection:
            return [_entry(connection, row) for row in connection.execute(FOUND, question).fetchall()]

    def delete(self, entry: int) -> None:
        """One entry, for good."""
        with self._writing() as connection:
            connection.execute("DELETE FROM entry WHERE id = ?", (entry,))
        self._sweep()

    def delete_all(self) -> None:
        """Every entry, for good; of a damaged file the file itself."""
        if not self.path.exists():
            return
        try:
            with self._writing() as connection:
                connection.execute("DELETE FROM entry")
            self._sweep()
        except HistoryError as error:
            if not _damaged(error.__cause__):
                raise
            self._unlink()

    def _unlink(self) -> None:
        try:
            for ending in ("", "-wal", "-shm"):
                self.path.with_name(self.path.name + ending).unlink(missing_ok=True)
        except OSError as error:
            raise HistoryError(f"{self.path} cannot be deleted ({error.strerror}): delete it by hand.") from error

    def _sweep(self) -> None:
        """Shrink the file, and empty the log, where deleted photos would go on lying."""
        with self._errors(), closing(self._connect()) as connection:
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _reading(self) -> AbstractContextManager[sqlite3.Connection]:
        """A connection that sees one state of the file, however long it looks."""
        return self._transaction("BEGIN")

    def _writing(self) -> AbstractContextManager[sqlite3.Connection]:
        """A connection that writes all or nothing, and waits for its turn before it begins."""
        return self._transaction("BEGIN IMMEDIATE")

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        with self._errors(), closing(self._connect()) as connection:
            connection.execute(begin)
            with connection:  # commits, or rolls back
                yield connection

    def _connect(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        connection = sqlite3.connect(self.path, timeout=PATIENCE, isolation_level=None)
        try:
            with MAKING:
                self._prepare(connection)
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA secure_delete = ON")
            connection.create_function("fold", 1, str.casefold, deterministic=True)
        except (sqlite3.Error, HistoryError):
            connection.close()
            raise
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        """Make the tables in a new file; a later program's file is left alone."""
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > SCHEMA:
            raise HistoryError(
                f"{self.path} was written by a later version of this program: update it, or move the file away."
            )
        if version == 0:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(f"BEGIN IMMEDIATE; {TABLES} PRAGMA user_version = {SCHEMA}; COMMIT")

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """What SQLite and the disk say, as a sentence."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise HistoryError(f"the history {self.path} {_trouble(error)}.") from error


def _write(connection: sqlite3.Connection, entry: int, captions: Sequence[KeptCaption]) -> None:
    connection.executemany(
        "INSERT INTO caption VALUES (?, ?, ?, ?)",
        [(entry, place, caption.text, caption.favourite) for place, caption in enumerate(captions)],
    )


def _entry(connection: sqlite3.Connection, row: tuple[int, str, str, bytes, str, str]) -> Entry:
    id_, created, photo, thumbnail, description, voice = row
    kept = connection.execute("SELECT text, favourite FROM caption WHERE entry = ? ORDER BY place", (id_,))
    captions = tuple(KeptCaption(text, bool(favourite)) for text, favourite in kept)
    return Entry(id_, datetime.fromisoformat(created), photo, thumbnail, description, voice, captions)


def _damaged(error: BaseException | None) -> bool:
    name = getattr(error, "sqlite_errorname", "")
    return name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")) or "no such table" in str(error)


def _trouble(error: Exception) -> str:
    name = getattr(error, "sqlite_errorname", "")
    if _damaged(error):
        return 'is damaged: press "Delete everything" to begin a new one, or put a copy in its place'
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return "is in use by another program: close that one and try again"
    if name.startswith("SQLITE_FULL"):
        return "cannot be written, as the disk is full: make room and try again"
    return f"cannot be opened or written ({error}): check the rights of its folder"
