"""One process at a time: a lock beside the state file, which the operating system lets go of at any end."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from kmslab.errors import KmslabError


class FileLock:
    """Held from when it is made until it is released, or the process ends.

    The file stays: were it removed, two processes could each hold a lock on a file of that name.
    """

    def __init__(self, path: Path) -> None:
        """Take the lock of the state file `path`.

        Raises:
            KmslabError: it is taken, or there is no such folder.
        """
        beside = path.with_name(f"{path.name}.lock")
        try:
            self._descriptor = os.open(beside, os.O_CREAT | os.O_RDWR, 0o600)
        except OSError as error:
            raise KmslabError(f"{path} cannot be opened: {error.strerror}.") from None
        try:
            _take(self._descriptor)
        except OSError:
            os.close(self._descriptor)
            raise KmslabError(f"{path} is in use by another Lab; close that one first.") from None

    def release(self) -> None:
        """Let go of it."""
        os.close(self._descriptor)


if sys.platform == "win32":
    import msvcrt

    def _take(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _take(descriptor: int) -> None:
        # The lock belongs to this opening of the file: a second Lab of this process is refused as well.
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
