"""Finding submissions in a folder: whose they are and which lesson each is, from folders and file names.

DIR/ada/00_start.ipynb            a folder for each learner, any number of notebooks
DIR/ada_00_start.ipynb            one folder, the learner's name before or after the lesson's
DIR/00_start_ada.ipynb
DIR/ada/00_start/00_start.ipynb   as nbgrader collects them
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kmslab.errors import KmslabError
from kmslab.grading.plan import code_cells, numbers_in

_SEPARATORS = " _-.,"
#: Folders in which nobody hands anything in.
_NOT_SUBMITTED = frozenset({".ipynb_checkpoints", ".kmslab", "__MACOSX", "solutions"})
NOBODY = "(no name)"


@dataclass(frozen=True)
class Submission:
    """One notebook to be graded.

    Attributes:
        learner: Whose.
        lesson: The lesson's name, such as `00_start`.
        path: The file.
        others: Files of the same learner and lesson that are not graded.
    """

    learner: str
    lesson: str
    path: Path
    others: tuple[Path, ...] = field(default=())


@dataclass(frozen=True)
class Found:
    """What a folder holds.

    Attributes:
        submissions: By learner and lesson, in order.
        unknown: Notebooks of which nobody can tell the lesson.
    """

    submissions: tuple[Submission, ...]
    unknown: tuple[Path, ...]


def find(folder: Path, lessons: Sequence[str], wanted: Sequence[str] = ()) -> Found:
    """Find the submissions in a folder.

    Args:
        folder: Where they lie.
        lessons: The names of all lessons, such as `00_start`.
        wanted: Only these lessons, by name or number; all unless said otherwise.

    Raises:
        KmslabError: there is no such folder, or no such lesson.
    """
    if not folder.is_dir():
        raise KmslabError(f"{folder} is no folder; name the one with the submitted notebooks.")
    chosen = {_lesson_called(name, lessons) for name in wanted} or set(lessons)
    by_place: dict[tuple[str, str], list[Path]] = {}
    unknown = []
    for path in sorted(folder.rglob("*.ipynb")):
        inside = path.relative_to(folder)
        if _NOT_SUBMITTED & set(inside.parts) or path.name.startswith("."):
            continue
        learner, lesson = _read(inside, lessons)
        lesson = lesson or _by_content(path, lessons)
        if not lesson:
            unknown.append(path)
        elif lesson in chosen:
            by_place.setdefault((learner, lesson), []).append(path)
    found = [_newest(learner, lesson, paths) for (learner, lesson), paths in sorted(by_place.items())]
    return Found(tuple(found), tuple(unknown))


def _newest(learner: str, lesson: str, paths: list[Path]) -> Submission:
    """Of several, the one that was written last; among equals, the one that is called as the lesson is."""
    best = max(paths, key=lambda path: (path.stat().st_mtime, path.stem == lesson, path.as_posix()))
    return Submission(learner, lesson, best, tuple(path for path in paths if path != best))


def _lesson_called(name: str, lessons: Sequence[str]) -> str:
    fitting = [
        lesson for lesson in lessons if name in (lesson, lesson[:2]) or (name.isdigit() and lesson[:2] == name.zfill(2))
    ]
    if not fitting:
        raise KmslabError(f"There is no lesson {name!r}; there are {', '.join(lessons)}.")
    return fitting[0]


def _read(inside: Path, lessons: Sequence[str]) -> tuple[str, str]:
    """The learner and the lesson that a path names, each empty where it does not."""
    lesson, rest = _split(inside.stem, lessons)
    if len(inside.parts) == 1:
        return rest or NOBODY, lesson
    if not lesson and len(inside.parts) > 2:
        lesson = _split(inside.parts[-2], lessons)[0]
    return inside.parts[0], lesson


def _split(stem: str, lessons: Sequence[str]) -> tuple[str, str]:
    """A file name as a lesson and whatever else is in it."""
    for lesson in sorted(lessons, key=len, reverse=True):
        if (at := stem.find(lesson)) >= 0:
            return lesson, _joined(stem[:at], stem[at + len(lesson) :])
    numbers = {lesson[:2]: lesson for lesson in lessons}
    for match in re.finditer(r"(?<![0-9A-Za-z])\d\d(?![0-9A-Za-z])", stem.replace("_", " ")):
        if match.group() in numbers:
            return numbers[match.group()], _joined(stem[: match.start()], stem[match.end() :])
    return "", stem


def _joined(before: str, after: str) -> str:
    # What JupyterLab and browsers put behind a copy's name is nobody's name.
    after = re.sub(r"^(-Copy\d*| ?\(\d+\))", "", after)
    return "_".join(part for part in (before.strip(_SEPARATORS), after.strip(_SEPARATORS)) if part)


def _by_content(path: Path, lessons: Sequence[str]) -> str:
    try:
        numbers = {number[:2] for number in numbers_in(code_cells(path))}
    except KmslabError:
        return ""
    return next(_matching(numbers, lessons), "") if len(numbers) == 1 else ""


def _matching(numbers: set[str], lessons: Sequence[str]) -> Iterator[str]:
    return (lesson for lesson in lessons if lesson[:2] in numbers)
