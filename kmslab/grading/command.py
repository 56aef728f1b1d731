"""`kmslab grade`: find, grade, and report."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tqdm import tqdm

from kmslab.classroom.sources import notebooks_folder
from kmslab.errors import KmslabError
from kmslab.grading import fence, report
from kmslab.grading.grader import Limits, grade
from kmslab.grading.marks import Graded, numbers_of
from kmslab.grading.submissions import find

#: How many times one cell's time a whole submission may take.
_CELLS = 5


class Wish(NamedTuple):
    """What the command line asks for.

    Attributes:
        folder: Where the submissions are.
        lessons: Only these, by name or number.
        csv: Where the marks go, or None.
        feedback: Where the learners' pages go, or None.
        jobs: How many at the same time.
        cell_seconds: How long one cell may take.
        memory_mb: How much memory a submission may have.
    """

    folder: Path
    lessons: Sequence[str] = ()
    csv: Path | None = None
    feedback: Path | None = None
    jobs: int = 2
    cell_seconds: float = 60
    memory_mb: int = 2048


def run(wish: Wish) -> int:
    """Grade a folder and print what was found.

    Raises:
        KmslabError: there is nothing to grade, or a file cannot be written.
    """
    if wish.jobs < 1 or wish.cell_seconds <= 0 or wish.memory_mb < 256:
        raise KmslabError("--jobs takes 1 or more, --timeout more than 0 seconds, --memory 256 MB or more.")
    notebooks = notebooks_folder()
    found = find(wish.folder, lessons_of(notebooks), wish.lessons)
    for path in found.unknown:
        print(f"left out, because it names no lesson: {path.relative_to(wish.folder)}")
    if not found.submissions:
        raise KmslabError(f"There is no submission in {wish.folder}; kmslab grade --help shows how files are named.")
    warning = fence.strength()
    if warning:
        print(f"kmslab: {warning}", file=sys.stderr)
    limits = Limits(wish.cell_seconds, wish.cell_seconds * _CELLS, wish.memory_mb)
    with tqdm(total=len(found.submissions), unit="notebook", file=sys.stderr, disable=None) as bar:
        graded = grade(found.submissions, notebooks, limits, wish.jobs, lambda each: _advance(bar, each))
    for line in report.notes(graded):
        print(line)
    print(report.table(graded).text())
    if wish.csv is not None:
        report.write_csv(graded, wish.csv)
        print(f"marks written to {wish.csv}")
    if wish.feedback is not None:
        pages = report.write_feedback(graded, wish.feedback)
        print(f"{len(pages)} pages of feedback written to {wish.feedback}")
    return 0


def lessons_of(notebooks: Path) -> list[str]:
    """The lessons that have exercises, in order."""
    names = [path.stem for path in sorted(notebooks.glob("*.ipynb")) if re.match(r"\d\d_", path.stem)]
    return [name for name in names if numbers_of(name)]


def _advance(bar: tqdm[object], graded: Graded) -> None:
    bar.set_postfix_str(f"{graded.learner}, {graded.lesson[:2]}", refresh=False)
    bar.update()
