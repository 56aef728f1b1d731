"""A file that appears whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BufferedWriter

StrPath = str | os.PathLike[str]


@contextmanager
def replacing(path: StrPath) -> Iterator[BufferedWriter]:
    """Write a file beside `path`, and give it that name when the block ends without an error.

    Until then, and after any error, what was at `path` is untouched. Only the owner may read the new file, mode 0600;
    a link at `path` is replaced, not followed. A process that is killed leaves a file `.kmslab-*.tmp` behind.

    Raises:
        OSError: the file cannot be written, or not be given its name.
    """
    folder = os.path.dirname(os.path.abspath(path))
    os.stat(folder)  # A folder that is missing shall be named, not the temporary file that could not be made in it.
    descriptor, temporary = tempfile.mkstemp(prefix=".kmslab-", suffix=".tmp", dir=folder)
    try:
        with open(descriptor, "wb") as sink:
            yield sink
            sink.flush()
            # Without this a power failure after the renaming could leave neither the old content nor the new.
            os.fsync(sink.fileno())
        os.replace(temporary, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
