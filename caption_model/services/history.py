"""What was suggested before: kept in one SQLite file of the user's own data folder, and nowhere else."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from caption_model.services.database import Database
from caption_model.storage.user_data import data_folder

VERSIONS = (
    (
        """CREATE TABLE entry (
            id INTEGER PRIMARY KEY AUTOINCREMENT,  -- a number is never used twice
            created TEXT NOT NULL,
            photo TEXT NOT NULL,
            thumbnail BLOB NOT NULL,
            description TEXT NOT NULL,
            voice TEXT NOT NULL
        )""",
        """CREATE TABLE caption (
            entry INTEGER NOT NULL REFERENCES entry (id) ON DELETE CASCADE,
            place INTEGER NOT NULL,
            text TEXT NOT NULL,
            favourite INTEGER NOT NULL,
            PRIMARY KEY (entry, place)
        ) WITHOUT ROWID""",
        "CREATE TABLE setting (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
    ),
    (
        "ALTER TABLE entry ADD COLUMN unsure INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE entry ADD COLUMN digest TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE entry ADD COLUMN picture BLOB NOT NULL DEFAULT x''",
        "ALTER TABLE caption ADD COLUMN written TEXT NOT NULL DEFAULT ''",
    ),
    ("ALTER TABLE caption ADD COLUMN book INTEGER NOT NULL DEFAULT 0",),
)
COLUMNS = "id, created, photo, thumbnail, description, voice, unsure, digest"
# What a search must find: every entry is asked, as there are thousands at the most.
FOUND = f"""
SELECT {COLUMNS} FROM entry
WHERE (:favourites = 0 OR EXISTS (SELECT 1 FROM caption WHERE caption.entry = entry.id AND favourite))
AND (instr(fold(photo), :wanted) OR instr(fold(description), :wanted)
     OR EXISTS (SELECT 1 FROM caption WHERE caption.entry = entry.id AND instr(fold(text), :wanted)))
ORDER BY id DESC LIMIT :limit
"""  # noqa: S608 - names of ours


@dataclass(frozen=True)
class KeptCaption:
    """A caption as it was left.

    Attributes:
        text: as it stands.
        favourite: whether a person likes it.
        written: what the models or the caption book wrote, empty where it was left as it was.
        book: whether it is from the caption book.
    """

    text: str
    favourite: bool = False
    written: str = ""
    book: bool = False


@dataclass(frozen=True)
class Entry:
    """What was suggested for one photo.

    Attributes:
        id: its number.
        created: in UTC.
        photo: file name.
        thumbnail: a small JPEG.
        description: a plain sentence.
        voice: who wrote the captions.
        captions: favourites first.
        unsure: whether the description is better called a guess.
        digest: the same for every entry of one photo; empty in entries of earlier versions.
    """

    id: int
    created: datetime
    photo: str
    thumbnail: bytes
    description: str
    voice: str
    captions: tuple[KeptCaption, ...]
    unsure: bool = False
    digest: str = ""


@dataclass(frozen=True)
class Deleted:
    """An entry that was deleted, with all that is needed to bring it back."""

    entry: Entry
    picture: bytes


class History:
    """The history in one file, which is made with the first entry.

    Every method raises ``HistoryError`` if the file is damaged, locked, or cannot be written.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or data_folder() / "history.sqlite3"
        self._file = Database(self.path, "history", VERSIONS)

    @property
    def keeping(self) -> bool:
        """Whether the user wants a history at all."""
        if not self.path.exists():
            return True
        with self._file.reading() as connection:
            row = connection.execute("SELECT value FROM setting WHERE name = 'keep'").fetchone()
        return row is None or bool(row[0])

    def keep(self, wanted: bool) -> None:
        """From now on keep a history, or none; what is there stays."""
        with self._file.writing() as connection:
            connection.execute("INSERT OR REPLACE INTO setting VALUES ('keep', ?)", (wanted,))

    def add(
        self,
        photo: str,
        thumbnail: bytes,
        description: str,
        voice: str,
        captions: Sequence[KeptCaption],
        *,
        unsure: bool = False,
        digest: str = "",
        picture: bytes = b"",
    ) -> int | None:
        """A new entry; its number, or ``None`` where no history is wanted.

        Args:
            photo, thumbnail, description, voice, captions, unsure, digest: as in ``Entry``.
            picture: a JPEG that is large enough to open the photo again.
        """
        if not self.keeping:
            return None
        now = datetime.now(UTC).isoformat(timespec="seconds")
        row = (now, photo, thumbnail, description, voice, unsure, digest, picture)
        with self._file.writing() as connection:
            cursor = connection.execute(
                "INSERT INTO entry (created, photo, thumbnail, description, voice, unsure, digest, picture) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                row,
            )
            entry = int(cursor.lastrowid or 0)
            _write(connection, entry, captions)
        return entry

    def update(
        self, entry: int, description: str, voice: str, captions: Sequence[KeptCaption], *, unsure: bool = False
    ) -> None:
        """Other words for an entry, if a history is wanted; one that was deleted meanwhile stays deleted."""
        if not self.keeping:
            return
        with self._file.writing() as connection:
            cursor = connection.execute(
                "UPDATE entry SET description = ?, voice = ?, unsure = ? WHERE id = ?",
                (description, voice, unsure, entry),
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
        with self._file.reading() as connection:
            return [_entry(connection, row) for row in connection.execute(FOUND, question).fetchall()]

    def picture(self, entry: int) -> bytes:
        """The photo of an entry as a JPEG; the thumbnail for entries of earlier versions, empty if there is none."""
        with self._file.reading() as connection:
            row = connection.execute("SELECT picture, thumbnail FROM entry WHERE id = ?", (entry,)).fetchone()
        return bytes(row[0] or row[1]) if row else b""

    def delete(self, entry: int) -> Deleted | None:
        """Delete one entry from the file for good; returns what ``restore`` needs, ``None`` if there was none."""
        with self._file.writing() as connection:
            row = connection.execute(f"SELECT {COLUMNS}, picture FROM entry WHERE id = ?", (entry,)).fetchone()  # noqa: S608
            deleted = Deleted(_entry(connection, row[:-1]), bytes(row[-1])) if row else None
            connection.execute("DELETE FROM entry WHERE id = ?", (entry,))
        self._file.sweep()
        return deleted

    def restore(self, deleted: Deleted) -> None:
        """Bring a deleted entry back to its place."""
        entry = deleted.entry
        row = (
            *(entry.id, entry.created.isoformat(), entry.photo, entry.thumbnail),
            *(entry.description, entry.voice, entry.unsure, entry.digest, deleted.picture),
        )
        with self._file.writing() as connection:
            connection.execute(f"INSERT INTO entry ({COLUMNS}, picture) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)  # noqa: S608
            _write(connection, entry.id, entry.captions)

    def delete_all(self) -> None:
        """Every entry, for good; of a damaged file the file itself."""
        self._file.clear("entry")


def _write(connection: sqlite3.Connection, entry: int, captions: Sequence[KeptCaption]) -> None:
    connection.executemany(
        "INSERT INTO caption (entry, place, text, favourite, written, book) VALUES (?, ?, ?, ?, ?, ?)",
        [(entry, place, line.text, line.favourite, line.written, line.book) for place, line in enumerate(captions)],
    )


def _entry(connection: sqlite3.Connection, row: tuple[int, str, str, bytes, str, str, int, str]) -> Entry:
    id_, created, photo, thumbnail, description, voice, unsure, digest = row
    kept = connection.execute(
        "SELECT text, favourite, written, book FROM caption WHERE entry = ? ORDER BY place", (id_,)
    )
    captions = tuple(KeptCaption(text, bool(liked), written, bool(book)) for text, liked, written, book in kept)
    return Entry(
        id_, datetime.fromisoformat(created), photo, thumbnail, description, voice, captions, bool(unsure), digest
    )
