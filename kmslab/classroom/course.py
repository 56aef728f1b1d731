"""The lessons of the workbook, as their notebooks say them at the top."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from kmslab.classroom.sources import notebooks_folder
from kmslab.errors import KmslabError

_TITLE = re.compile(r"^# (?P<number>\d\d) (?P<title>.+)$", re.M)
_MINUTES = re.compile(r"\*\*Time\*\*: (\d+) minutes")


@dataclass(frozen=True, slots=True)
class Lesson:
    """One lesson.

    Attributes:
        number: Two digits.
        title: What it is called.
        file: Its notebook, such as `02_aliases.ipynb`.
        minutes: How long it takes with its exercises.
    """

    number: str
    title: str
    file: str
    minutes: int


def lessons(folder: Path | None = None) -> tuple[Lesson, ...]:
    """Every lesson, in order.

    Args:
        folder: Where the learner notebooks are; those that came with kmslab unless said otherwise.

    Raises:
        KmslabError: a notebook does not begin as a lesson does.
    """
    folder = folder or notebooks_folder()
    return tuple(_lesson(path) for path in sorted(folder.glob("[0-9][0-9]_*.ipynb")))


def _lesson(path: Path) -> Lesson:
    top = "".join(json.loads(path.read_text("utf-8"))["cells"][0]["source"])
    title, taken = _TITLE.search(top), _MINUTES.search(top)
    if title is None or taken is None:
        raise KmslabError(f"{path.name} does not begin with a title and its time, as a lesson does.")
    return Lesson(title["number"], title["title"], path.name, int(taken[1]))
