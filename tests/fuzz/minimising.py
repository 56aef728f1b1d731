"""A small corpus: of all inputs those that together reach each line of kmslab that all of them reach.

libFuzzer's own merging starts the program anew for each input that ends it, which a program of Python does not survive.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import kmslab

from .targets import CORPUS, corpus, target

#: No target keeps more.
MOST = 40

_PACKAGE = str(Path(kmslab.__file__).parent)

Line = tuple[str, int]


def minimise(name: str, folder: Path) -> int:
    """Make a target's corpus of what it is and what is in a folder.

    Returns:
        How many files it has.
    """
    module = target(name)
    module.prepare()
    found = {each.read_bytes() for each in [*corpus(name), *folder.iterdir()] if not each.name.startswith("crash")}
    reached: dict[bytes, set[Line]] = {}
    for data in sorted(found, key=lambda data: (len(data), data)):
        reached[data] = _lines(module.one, data)
    kept: list[bytes] = []
    missing = set().union(*reached.values())
    while missing and len(kept) < MOST:
        # The shortest of those that add the most.
        best = max(reached, key=lambda data: len(reached[data] & missing))
        if not reached[best] & missing:
            break
        kept.append(best)
        missing -= reached.pop(best)
    for path in corpus(name):
        path.unlink()
    (CORPUS / name).mkdir(parents=True, exist_ok=True)
    for data in kept:
        (CORPUS / name / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)
    return len(kept)


def _lines(one: Any, data: bytes) -> set[Line]:
    lines: set[Line] = set()

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        code = frame.f_code
        if not code.co_filename.startswith(_PACKAGE):
            return None
        if event == "line":
            lines.add((code.co_filename, frame.f_lineno))
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        one(data)
    finally:
        sys.settrace(before)
    return lines
