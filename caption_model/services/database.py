"""One SQLite file of the user's own data folder: opened for a moment, written whole or not at all.

One short connection an operation, write-ahead logging: pages, visitors and programs may use it at the same time. What
is deleted is overwritten.
"""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

from caption_model.errors import HistoryError

PATIENCE = 5.0  # seconds that another program may hold the file
MAKING = threading.Lock()


class Database:
    """A file that is made when it is first written to.

    Args:
        path: the file.
        what: what to call it in a sentence.
        versions: the statements that bring an empty file to version 1, that one to version 2 and so on.

    Every method raises ``HistoryError`` if the file is damaged, locked, or cannot be written.
    """

    def __init__(self, path: Path, what: str, versions: Sequence[Sequence[str]]) -> None:
        self.path = path
        self._what = what
        self._versions = versions

    def reading(self) -> AbstractContextManager[sqlite3.Connection]:
        """A connection that sees one state of the file, however long it looks."""
        return self._transaction("BEGIN")

    def writing(self) -> AbstractContextManager[sqlite3.Connection]:
        """A connection that writes all or nothing, and waits for its turn before it begins."""
        return self._transaction("BEGIN IMMEDIATE")

    def sweep(self) -> None:
        """Shrink the file, and empty the log, where deleted photos would go on lying."""
        with self._errors(), closing(self._connect()) as connection:
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def clear(self, table: str) -> None:
        """Delete all rows of a table for good; of a damaged file the file itself."""
        if not self.path.exists():
            return
        try:
            with self.writing() as connection:
                connection.execute(f"DELETE FROM {table}")  # noqa: S608 - a name of ours
            self.sweep()
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
            connection.execute("PRAGMA synchronous = NORMAL")  # with the log: a crash of ours loses nothing
            connection.create_function("fold", 1, str.casefold, deterministic=True)
        except (sqlite3.Error, HistoryError):
            connection.close()
            raise
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        """Bring the tables of a new or older file up to date; a later program's file is left alone."""
        version = _version(connection)
        if version > len(self._versions):
            raise HistoryError(
                f"{self.path} was written by a later version of this program: update it, or move the file away."
            )
        if version == len(self._versions):
            return
        if version == 0:
            connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("BEGIN IMMEDIATE")
        with connection:
            for statements in self._versions[_version(connection) :]:  # another program may have been faster
                for statement in statements:
                    connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {len(self._versions)}")

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """What SQLite and the disk say, as a sentence."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise HistoryError(f"the {self._what} {self.path} {_trouble(error)}.") from error


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _damaged(error: BaseException | None) -> bool:
    name = getattr(error, "sqlite_errorname", "")
    return name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")) or "no such table" in str(error)


def _trouble(error: Exception) -> str:
    name = getattr(error, "sqlite_errorname", "")
    if _damaged(error):
        return 'is damaged: press "Delete everything" in History to begin a new one, or put a copy in its place'
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return "is in use by another program: close that one and try again"
    if name.startswith("SQLITE_FULL"):
        return "cannot be written, as the disk is full: make room and try again"
    return f"cannot be opened or written ({error}): check the permissions of its folder"
