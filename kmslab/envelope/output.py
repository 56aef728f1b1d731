"""A file that appears whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BufferedIOBase, BufferedWriter, FileIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

StrPath = str | os.PathLike[str]

_DRAINED_AT_ONCE = 8 * 1024 * 1024


@contextmanager
def replacing(path: StrPath) -> Iterator[BufferedIOBase]:
    """Write a file beside `path`, and give it that name when the block ends without an error.

    Until then, and after any error, what was at `path` is untouched. Only the owner may read the new file, mode 0600;
    a link at `path` is replaced, not followed, and so is a file that may only be read: its folder must be writable. A
    process that is killed leaves a file `.kmslab-*.tmp` behind.

    Raises:
        OSError: the file cannot be written, or not be given its name.
    """
    folder = os.path.dirname(os.path.abspath(path))
    os.stat(folder)  # A folder that is missing shall be named, not the temporary file that could not be made in it.
    # Named before it is made, so that an interruption at any moment finds it. 128 random bits are nobody else's name.
    temporary = os.path.join(folder, f".kmslab-{secrets.token_hex(16)}.tmp")
    try:
        with BufferedWriter(_Draining(temporary, "xb", opener=_for_the_owner)) as sink:
            yield sink
            sink.flush()
            # Without this a power failure after the renaming could leave neither the old content nor the new.
            os.fsync(sink.fileno())
        os.replace(temporary, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


def _for_the_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


class _Draining(FileIO):
    """A file that goes to the disk while it is being written, so that fsync finds little left to wait for."""

    _written = 0
    _drained = 0

    def write(self, data: ReadableBuffer, /) -> int:
        """Write, and let the disk begin with what has come together since it last did."""
        count = super().write(data)
        self._written += count
        pending = self._written - self._drained
        if pending >= _DRAINED_AT_ONCE and hasattr(os, "posix_fadvise"):
            # Linux answers "not needed any more" by beginning to write back what is not on the disk yet, and waits for
            # none of it. Source: mm/fadvise.c of Linux. Where that is not so, fsync has more to do.
            with suppress(OSError):
                os.posix_fadvise(self.fileno(), self._drained, pending, os.POSIX_FADV_DONTNEED)
            self._drained = self._written
        return count
