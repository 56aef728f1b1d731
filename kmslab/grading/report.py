"""What grading gives: a table for the eye, a CSV file for the marks, a page of feedback for each learner."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from kmslab.errors import KmslabError
from kmslab.grading.marks import Graded, Mark
from kmslab.tables import Table

COLUMNS = ("learner", "lesson", "exercise", "points", "max", "open tasks", "note")
_NOTHING = "-"
#: Programs for tables take a text that begins so for a formula, and names and notes come from learners.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def table(graded: Sequence[Graded]) -> Table:
    """A row for each learner, a column for each lesson, and the sum."""
    lessons = sorted({each.lesson for each in graded})
    rows = []
    for learner in _learners(graded):
        theirs = {each.lesson: each for each in graded if each.learner == learner}
        points, most = sum(each.points for each in theirs.values()), sum(each.most for each in theirs.values())
        cells = (f"{theirs[name].points}/{theirs[name].most}" if name in theirs else _NOTHING for name in lessons)
        share = f"{100 * points / most:.0f} %" if most else _NOTHING
        noted = "yes" if any(each.notes or any(mark.notes for mark in each.marks) for each in theirs.values()) else ""
        rows.append((learner, *cells, f"{points}/{most}", share, noted))
    numbers = (*lessons, "Sum", "Of it done")
    return Table("Points", ("Learner", *numbers, "Notes"), rows, frozenset(numbers))


def notes(graded: Sequence[Graded]) -> list[str]:
    """All notes, a line each."""
    lines = []
    for each in graded:
        lines += [f"{each.learner}, {each.lesson}: {note}" for note in each.notes]
        lines += [f"{each.learner}, {mark.number}: {note}" for mark in each.marks for note in mark.notes]
    return lines


def write_csv(graded: Sequence[Graded], path: Path) -> None:
    """One row for each learner and exercise.

    Raises:
        KmslabError: the file cannot be written.
    """
    try:
        with path.open("w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            rows.writerow(COLUMNS)
            for each in graded:
                for mark in each.marks:
                    told = "; ".join([*each.notes, *mark.notes])
                    texts = (each.learner, each.lesson, mark.number)
                    ends = ("; ".join(mark.open_tasks), told)
                    rows.writerow([*map(_plain, texts), mark.points, mark.most, *map(_plain, ends)])
    except OSError as error:
        raise KmslabError(f"{path} cannot be written: {error.strerror}.") from error


def write_feedback(graded: Sequence[Graded], folder: Path) -> list[Path]:
    """A Markdown file for each learner, which says what is done, what is open, and what helps; never a solution.

    Raises:
        KmslabError: the folder cannot be written.
    """
    written: list[Path] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for learner in _learners(graded):
            path = folder / f"{_file_name(learner, {path.stem for path in written})}.md"
            path.write_text(feedback(learner, [each for each in graded if each.learner == learner]), encoding="utf-8")
            written.append(path)
    except OSError as error:
        raise KmslabError(f"{folder} cannot be written: {error.strerror}.") from error
    return written


def feedback(learner: str, graded: Sequence[Graded]) -> str:
    """The page for one learner."""
    lines = [f"# Feedback for {_quoted(learner)}", ""]
    for each in graded:
        lines += [f"## {each.lesson.replace('_', ' ')}: {each.points} of {each.most} points", ""]
        lines += [*(f"Note: {_quoted(note)}" for note in each.notes), *([""] if each.notes else [])]
        for mark in each.marks:
            lines += _about(mark)
    return "\n".join(lines)


def _about(mark: Mark) -> list[str]:
    lines = [f"### Exercise {mark.number}, {mark.title}: {mark.points} of {mark.most}", ""]
    for item in mark.items:
        advice = f". {item.advice}" if item.advice and not item.done else ""
        lines.append(f"- {'done' if item.done else 'open'}: {item.label}{advice}")
    lines += [f"- note: {_quoted(note)}" for note in mark.notes]
    if mark.open_tasks:
        lines += ["", f'In the notebook, `hint("{mark.number}")` helps, a little more each time.']
    return [*lines, ""]


def _quoted(text: str) -> str:
    """A text of the learner's in Markdown, as it is."""
    return re.sub(r"([\\`*_{}\[\]<>#|])", r"\\\1", " ".join(text.split()))


def _plain(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _file_name(learner: str, taken: set[str]) -> str:
    name = re.sub(r"[^\w.-]+", "_", learner).strip("._") or "learner"
    number, wanted = 1, name
    while name.lower() in {each.lower() for each in taken}:
        number += 1
        name = f"{wanted}_{number}"
    return name


def _learners(graded: Iterable[Graded]) -> list[str]:
    return list(dict.fromkeys(each.learner for each in graded))
