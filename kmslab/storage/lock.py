"""One process at a time: a lock beside the state file, which the operating system lets go of at any end."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from pathlib import Path

from kmslab.errors import KmslabError

#: What it means when another has it: EDEADLK is what Windows says.
_TAKEN = frozenset({errno.EACCES, errno.EAGAIN, errno.EWOULDBLOCK, errno.EDEADLK})


class FileLock:
    """Held from when it is made until it is released, or the process ends.

    The file stays: were it removed, two processes could each hold a lock on a file of that name.
    """

    def __init__(self, path: Path) -> None:
        """Take the lock of the state file `path`.

        Raises:
            KmslabError: it is taken, there is no such folder, or it is on a disk that knows no locks.
        """
        beside = path.with_name(f"{path.name}.lock")
        try:
            descriptor = os.open(beside, os.O_CREAT | os.O_RDWR, 0o600)
        except OSError as error:
            raise KmslabError(f"{path} cannot be opened: {error.strerror}.") from None
        self._descriptor: int | None = descriptor
        self._process = os.getpid()
        try:
            _take(descriptor)
        except OSError as error:
            self.release()
            if error.errno in _TAKEN:
                raise KmslabError(f"{path} is in use by another Lab; close that one first.") from None
            raise KmslabError(
                f"{path} cannot be locked ({error.strerror}); put it on a disk of this machine, where locks work."
            ) from None

    def release(self) -> None:
        """Let go of it; once more changes nothing."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is None:
            return
        if os.getpid() == self._process:
            # A process that was forked off a moment ago may have a copy of the descriptor still. It only closes that.
            _let_go(descriptor)
        os.close(descriptor)


if sys.platform == "win32":
    import msvcrt

    def _take(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

    def _let_go(descriptor: int) -> None:
        """Nothing: nobody forks here, and to close it is enough."""

else:
    import fcntl

    def _take(descriptor: int) -> None:
        # The lock belongs to this opening of the file: a second Lab of this process is refused as well.
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _let_go(descriptor: int) -> None:
        with suppress(OSError):
            # Where there are no locks, there is none to let go of.
            fcntl.flock(descriptor, fcntl.LOCK_UN)
