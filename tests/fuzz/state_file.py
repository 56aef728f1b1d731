"""State files: the bytes of one changed, its sealed rows changed one by one, and rows sealed anew with other contents.

A finding is an error that is no KmslabError, a changed file that opens to something else than was written, and a file
that was refused and is not as it was.
"""

from __future__ import annotations

import functools
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from kmslab import Lab
from kmslab.errors import KmslabError
from kmslab.storage.database import Database, Name

from .taking import FoundError, Taking, claim, edited, in_time


class _Made:
    """A state file with a little of everything in it, and what it says."""

    def __init__(self) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="kmslab-fuzz-")
        self.path = Path(self.folder.name) / "lab.kmslab"
        with Lab.open(self.path, seed=1) as lab:
            kms = lab.client("kms")
            key_id = kms.create_key(Tags=[{"TagKey": "a", "TagValue": "b"}])["KeyMetadata"]["KeyId"]
            kms.create_alias(AliasName="alias/a", TargetKeyId=key_id)
            kms.create_grant(KeyId=key_id, GranteePrincipal=lab.administrator.arn, Operations=["Decrypt"])
            kms.enable_key_rotation(KeyId=key_id)
            kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY", MultiRegion=True)
            waiting = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
            kms.schedule_key_deletion(KeyId=waiting)
        self.bytes = self.path.read_bytes()
        self.rows = self.opened()

    def opened(self) -> dict[Name, bytes]:
        """The rows of the file as it is now."""
        database = Database(self.path, {})
        rows = dict(database.rows)
        database.close()
        return rows

    def lay_down(self, content: bytes) -> None:
        """Put other bytes into the file, with nothing left beside it."""
        for ending in ("-wal", "-shm", "-journal"):
            self.path.with_name(self.path.name + ending).unlink(missing_ok=True)
        self.path.write_bytes(content)


@functools.cache
def _made() -> _Made:
    return _Made()


def prepare() -> None:
    """Make what is made once."""
    _made()


def one(data: bytes) -> None:
    take, made = Taking(data), _made()
    how = take.below(4)
    if how == 0:
        made.lay_down(take.rest())
    elif how == 1:
        made.lay_down(edited(made.bytes, take, most=6))
    elif how == 2:
        made.lay_down(made.bytes)
        _change_rows(made.path, take)
    else:
        _seal_anew(made, take)
        return
    content = made.path.read_bytes()
    with in_time(f"{len(content)} bytes"):
        try:
            rows = made.opened()
        except KmslabError:
            claim(made.path.read_bytes() == content, "a file that was refused is not as it was")
            return
    claim(rows == made.rows, "a changed file opens to something else than was written")


def _change_rows(path: Path, take: Taking) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        rows = connection.execute("SELECT kind, id, value FROM rows ORDER BY kind, id").fetchall()
        for _ in range(1 + take.below(3)):
            kind, row_id, value = take.one(rows)
            other = take.one(rows)
            where = (kind, row_id)
            how = take.below(6)
            if how == 0:
                connection.execute("DELETE FROM rows WHERE kind = ? AND id = ?", where)
            elif how == 1:
                changed = edited(value, take, most=2)
                connection.execute("UPDATE rows SET value = ? WHERE kind = ? AND id = ?", (changed, *where))
            elif how == 2:
                connection.execute("UPDATE rows SET value = ? WHERE kind = ? AND id = ?", (other[2], *where))
            elif how == 3:
                connection.execute("INSERT OR REPLACE INTO rows VALUES (?, ?, ?)", (take.text(), row_id, value))
            elif how == 4:
                odd = take.one((2, 1, "text", 1.5, b""))
                connection.execute(
                    "INSERT OR REPLACE INTO rows VALUES (?, ?, ?)", (kind, odd, take.one((value, 5, "")))
                )
            else:
                header = connection.execute("SELECT value FROM header").fetchone()[0]
                changed = edited(header, take, most=2)
                connection.execute(
                    take.one(("UPDATE header SET value = ?", "INSERT INTO header VALUES (?)")), (changed,)
                )


def _seal_anew(made: _Made, take: Taking) -> None:
    """Another program that has the key has written it: what it says may be anything."""
    made.lay_down(made.bytes)
    names = sorted(made.rows)
    database = Database(made.path, {})
    try:
        name = take.one(names)
        value = edited(made.rows[name], take, most=3)
        other = Name(name.kind, take.text()) if take.chance(40) else name
        database.write({other: None if take.chance(20) else value})
    finally:
        database.close()
    with in_time(f"{name}: {value!r}"):
        try:
            with Lab.open(made.path) as lab:
                list(lab.trail)
                list(lab.inventory)
                str(lab.bill)
        except KmslabError:
            return
        except Exception as error:
            raise FoundError(f"a row that another program wrote: {error!r}: {name}: {value!r}") from error
