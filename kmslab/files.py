"""A small file that somebody would miss: written whole, or left as it was."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path


def write_whole(path: Path, data: bytes, *, lasting: bool = True) -> None:
    """Write a file beside `path`, and then give it that name: a full disk or a sudden end leaves the old one.

    What is a link stays one.

    Args:
        path: The file.
        data: What shall be in it.
        lasting: Whether it has to be on the disk at once, because nobody could make it again after a power failure.

    Raises:
        OSError: the file cannot be written.
    """
    path = path.resolve()
    fresh = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.new")
    try:
        with open(fresh, "wb") as file:
            file.write(data)
            file.flush()
            if lasting:
                os.fsync(file.fileno())
        fresh.replace(path)
    except BaseException:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
        raise
