"""What a file is on its disk: its one name, which file has that name now, and what to do when the disk refuses."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from kmslab.errors import KmslabError


def identity(*paths: Path) -> tuple[tuple[int, int], ...]:
    """Which files have these names.

    Raises:
        OSError: one of them is not there.
    """
    found = (os.stat(each) for each in paths)
    return tuple((each.st_dev, each.st_ino) for each in found)


def real_name(path: Path) -> Path:
    """The one name of a file: its lock and its log are beside that, whatever link leads to it.

    Raises:
        KmslabError: it is no name of a file.
    """
    try:
        real = path.resolve()
    except (OSError, RuntimeError, ValueError):
        real = Path(path.anchor)
    if not real.name:
        raise KmslabError(f"{str(path)!r} is not the name of a file.")
    # Not a folder, nor a pipe, which would keep us waiting for somebody who writes into it.
    if os.path.exists(real) and not real.is_file():
        raise KmslabError(f"{path} is not a file; choose another name.")
    return real


#: What to do, by SQLite's name of an error. Source: sqlite.org/rescode.
_ADVICE = {
    "SQLITE_FULL": "make room on its disk",
    "SQLITE_READONLY": "let it and its folder be written",
    "SQLITE_CANTOPEN": "let its folder be written",
    "SQLITE_BUSY": "close the program that has it open",
}


def advice(error: sqlite3.Error) -> str:
    """What somebody can do about an error."""
    name = "_".join(getattr(error, "sqlite_errorname", "").split("_")[:2])
    return _ADVICE.get(name, "look at its disk")


def sync_folder(folder: Path) -> None:
    """Return once the names in a folder are on the disk."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
