"""The file itself: an SQLite database of sealed rows.

Owns that it is ours, whole, of a version that can be read, and that what was committed is on the disk. Does not know
what the rows mean. A file that is refused stays as it is, byte by byte.

Two things find damage before anything is decoded: each row is authenticated, and so is the sum over all rows, which is
written with every commit. Whoever has the whole file of an earlier time can put that back; there is nothing outside of
the file to tell.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import NamedTuple

import msgspec

from kmslab.crypto import AuthenticationError
from kmslab.errors import KmslabError, NotKeptError
from kmslab.storage import disk, forks
from kmslab.storage.lock import FileLock
from kmslab.storage.vault import Header, Vault, new_vault, open_vault


class Name(NamedTuple):
    """What a row is of: its kind, and its name among those."""

    kind: str
    name: str


#: The rows of a file, opened.
Rows = dict[Name, bytes]

#: From the rows of one version to those of the next.
Migration = Callable[[Rows], Rows]

#: `MIGRATIONS[n]` makes version n + 2 of version n + 1. A change that new fields with defaults cannot make goes here.
MIGRATIONS: tuple[Migration, ...] = ()

_MAGIC = b"SQLite format 3\0"
#: "kmsl", as SQLite's application id: at offset 68 of the file; the version is at 60. Source: sqlite.org/fileformat.
_APPLICATION_ID = 0x6B6D736C

#: Most rows find a place in a page of this size, and not in a page of their own.
_PAGE = 8192

_SUM = Name("sum", "")
_SCHEMA = (
    "CREATE TABLE header (value BLOB NOT NULL)",
    # Without row ids the table is its own index, and reading all of it finds damage anywhere.
    "CREATE TABLE rows (kind TEXT, id BLOB, value BLOB NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID",
)
_PUT = "INSERT OR REPLACE INTO rows VALUES (?, ?, ?)"
_TAKE_OUT = "DELETE FROM rows WHERE kind = ? AND id = ?"


def version() -> int:
    """The version of the files that this kmslab writes."""
    return 1 + len(MIGRATIONS)


class Database:
    """An open state file."""

    _is_abandoned = False

    def __init__(self, path: Path, environ: Mapping[str, str]) -> None:
        """Open a file, or make one where there is none.

        Raises:
            KmslabError: it is no state file, damaged, too new, sealed with another key, or in use.
        """
        self.path = path = disk.real_name(path)
        self._lock = FileLock(path)
        try:
            if not path.exists():
                self._create(environ)
            # SQLite would open for reading what cannot be written, and fail later.
            os.close(os.open(path, os.O_RDWR))
            #: What the file holds at the time of opening.
            self.rows = self._read(environ)
            self._connection = self._connect()
            self._identity = disk.identity(path, self._beside("-wal"))
        except OSError as error:
            self._lock.release()
            raise KmslabError(f"{error.filename or path} cannot be opened: {error.strerror}.") from None
        except BaseException:
            self._lock.release()
            raise

    def _create(self, environ: Mapping[str, str]) -> None:
        # Made under another name: at any sudden end there is a whole file or none.
        made = self._beside(".new")
        for each in (made, self._beside(".new-journal")):
            each.unlink(missing_ok=True)
        log = self._beside("-wal")
        if log.exists() and log.stat().st_size:
            # SQLite would take it for the new file's.
            raise KmslabError(f"{log} is there without {self.path}; put that back, or move the other away too.")
        vault, header = new_vault(self.path, environ)
        try:
            os.close(os.open(made, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            with closing(sqlite3.connect(made, isolation_level=None)) as connection:
                connection.execute(f"PRAGMA page_size = {_PAGE}")
                connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
                connection.execute(f"PRAGMA user_version = {version()}")
                connection.execute("BEGIN")
                for statement in _SCHEMA:
                    connection.execute(statement)
                connection.execute("INSERT INTO header VALUES (?)", [msgspec.msgpack.encode(header)])
                connection.execute(_PUT, _sealed(vault, _SUM, _written(0)))
                connection.execute("COMMIT")
            made.replace(self.path)
            disk.sync_folder(self.path.parent)
        except sqlite3.Error as error:
            raise KmslabError(f"{self.path} cannot be made: {error}; {disk.advice(error)}.") from None

    def _beside(self, ending: str) -> Path:
        return self.path.with_name(self.path.name + ending)

    # --- reading, without changing a byte ---

    def _read(self, environ: Mapping[str, str]) -> Rows:
        found = self._check_head()
        beside = [self._beside("-wal"), self._beside("-shm")]
        there = [each.exists() for each in beside]
        # What a killed process has left in the log belongs to the file; SQLite reads it and leaves it there.
        mode = "mode=ro" if there[0] and beside[0].stat().st_size else "immutable=1"
        if mode == "immutable=1":
            self._check_size()
        try:
            with closing(sqlite3.connect(f"{self.path.resolve().as_uri()}?{mode}", uri=True)) as connection:
                rows = self._read_rows(connection, environ)
        except (sqlite3.DatabaseError, AuthenticationError, msgspec.MsgspecError, UnicodeDecodeError):
            raise self._damaged() from None
        finally:
            for each, was_there in zip(beside, there, strict=True):
                if not was_there:
                    with suppress(OSError):
                        each.unlink(missing_ok=True)
        for migrate in MIGRATIONS[found - 1 :]:
            rows = migrate(rows)
        self._migrated = found < version()
        return rows

    def _check_head(self) -> int:
        """The version of the file, read before SQLite has anything to do with it."""
        with self.path.open("rb") as file:
            head = file.read(100)
        if not head.startswith(_MAGIC) or int.from_bytes(head[68:72]) != _APPLICATION_ID:
            if len(head) < 100 and _MAGIC.startswith(head[: len(_MAGIC)]):
                raise self._damaged()
            raise KmslabError(f"{self.path} is not a state file of kmslab; choose another name, or move it away.")
        found = int.from_bytes(head[60:64])
        if found > version():
            raise KmslabError(
                f"{self.path} was written by a newer kmslab (version {found} of the file, and this one reads up to "
                f"{version()}); upgrade kmslab."
            )
        if found < 1:
            raise self._damaged()
        return found

    def _check_size(self) -> None:
        """Refuse a file of which a piece is missing, if only of a page that nothing is in."""
        with self.path.open("rb") as file:
            head = file.read(100)
        page, pages = int.from_bytes(head[16:18]), int.from_bytes(head[28:32])
        # 1 stands for the largest page, which does not fit. Source: sqlite.org/fileformat.
        if self.path.stat().st_size != (65536 if page == 1 else page) * pages:
            raise self._damaged()

    def _damaged(self) -> KmslabError:
        return KmslabError(f"{self.path} is damaged, and was not opened; put a copy of it back, or move it away.")

    def _read_rows(self, connection: sqlite3.Connection, environ: Mapping[str, str]) -> Rows:
        if connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise AuthenticationError
        headers = connection.execute("SELECT value FROM header").fetchall()
        if len(headers) != 1 or type(headers[0][0]) is not bytes:
            raise AuthenticationError
        self._vault = vault = open_vault(self.path, msgspec.msgpack.decode(headers[0][0], type=Header), environ)
        self._weights: dict[tuple[str, bytes], int] = {}
        rows: Rows = {}
        for kind, row_id, value in connection.execute("SELECT kind, id, value FROM rows"):
            # A column of SQLite takes a value of any type.
            if (type(kind), type(row_id), type(value)) != (str, bytes, bytes):
                raise AuthenticationError
            name, plain = vault.unseal(kind, row_id, value)
            rows[Name(kind, name)] = plain
            if kind != _SUM.kind:
                self._weights[kind, row_id] = vault.weight(kind, row_id, value)
        self._total = sum(self._weights.values())
        if rows.pop(_SUM, None) != _written(self._total):
            raise AuthenticationError
        return rows

    # --- writing ---

    def _connect(self) -> sqlite3.Connection:
        # Whoever writes holds the lock of the keeper.
        connection = sqlite3.connect(self.path, 1, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            # What was deleted is overwritten: whoever gets the root key one day does not find it.
            connection.execute("PRAGMA secure_delete = ON").fetchall()
            # SQLite's own lock is taken and its log made now, not with the first change.
            connection.executescript("BEGIN IMMEDIATE; COMMIT")
            if self._migrated:
                connection.execute("BEGIN")
                connection.execute("DELETE FROM rows")
                self._weights, self._total = {}, 0
                self._put(connection, self.rows)
                connection.execute(f"PRAGMA user_version = {version()}")
                connection.execute("COMMIT")
                # The version is looked for in the file itself.
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except sqlite3.Error as error:
            connection.close()
            raise KmslabError(f"{self.path} cannot be written: {error}; {disk.advice(error)}.") from None
        return connection

    def _check_place(self) -> None:
        """Refuse to have written what nobody would find: SQLite goes on in a file that has no name any more."""
        with suppress(OSError):
            if disk.identity(self.path, self._beside("-wal")) == self._identity:
                return
        raise NotKeptError(f"{self.path} was removed or replaced while its Lab was open; put it and its -wal back.")

    def write(self, rows: Mapping[Name, bytes | None]) -> None:
        """Put rows in, or take out those that are None: all of them or none, and on the disk when this returns.

        Raises:
            NotKeptError: the file cannot be written.
        """
        before = {place: self._weights.get(place) for place in map(self._place, rows)}
        total = self._total
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            self._put(self._connection, rows)
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            self._total = total
            for place, weight in before.items():
                self._weights.pop(place, None)
                if weight is not None:
                    self._weights[place] = weight
            raise NotKeptError(f"{self.path} cannot be written: {error}; {disk.advice(error)}.") from None
        self._check_place()

    def _place(self, name: Name) -> tuple[str, bytes]:
        return name.kind, self._vault.row_id(name.name)

    def _put(self, connection: sqlite3.Connection, rows: Mapping[Name, bytes | None]) -> None:
        put: list[tuple[str, bytes, bytes]] = []
        gone: list[tuple[str, bytes]] = []
        for name, value in rows.items():
            place = self._place(name)
            self._total -= self._weights.pop(place, 0)
            if value is None:
                gone.append(place)
                continue
            row = _sealed(self._vault, name, value)
            self._weights[place] = weight = self._vault.weight(*row)
            self._total += weight
            put.append(row)
        put.append(_sealed(self._vault, _SUM, _written(self._total)))
        connection.executemany(_TAKE_OUT, gone)
        connection.executemany(_PUT, put)

    def abandon(self) -> None:
        """Leave the file to the process that this one was forked off from."""
        forks.immortal(self._connection)
        self._is_abandoned = True
        self._lock.release()

    def close(self) -> None:
        """Let go of the file. What was written is in it, and nothing is left beside it but its lock."""
        if not self._is_abandoned:
            self._connection.close()
        self._lock.release()


def _sealed(vault: Vault, name: Name, value: bytes) -> tuple[str, bytes, bytes]:
    row_id = vault.row_id(name.name)
    return name.kind, row_id, vault.seal(name.kind, row_id, name.name, value)


def _written(total: int) -> bytes:
    # As long as the largest sum of 2**64 weights of 256 bits.
    return total.to_bytes(40)
