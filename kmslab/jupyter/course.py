"""The course at a glance: every lesson with a link, how long it takes, and how far you are."""

from __future__ import annotations

import html
from collections.abc import Collection
from dataclasses import dataclass

from kmslab.classroom.course import Lesson, lessons
from kmslab.exercises.catalogue import EXERCISES
from kmslab.exercises.progress import Progress

_COLUMNS = ("Lesson", "Minutes", "Exercises", "State")


@dataclass(frozen=True, slots=True)
class _Line:
    """One lesson and how far somebody is in it."""

    lesson: Lesson
    solved: int
    exercises: int

    @property
    def is_done(self) -> bool:
        return self.solved == self.exercises

    @property
    def state(self) -> str:
        return "done" if self.is_done else "begun" if self.solved else "to do"

    @property
    def cells(self) -> tuple[str, ...]:
        done = f"{self.solved} of {self.exercises}"
        return f"{self.lesson.number} {self.lesson.title}", str(self.lesson.minutes), done, self.state


class Course:
    """The lessons as a table: links where there is a front end, text everywhere."""

    def __init__(self, solved: Collection[str]) -> None:
        """Look at how far somebody is.

        Args:
            solved: The numbers of the exercises that are solved.
        """
        numbers = [(number[:2], number in solved) for number in EXERCISES]
        self._lines = [
            _Line(
                lesson,
                sum(done for number, done in numbers if number == lesson.number),
                sum(number == lesson.number for number, _ in numbers),
            )
            for lesson in lessons()
        ]

    @property
    def next(self) -> Lesson | None:
        """The first lesson with an exercise that is open; None at the end of the course."""
        return next((line.lesson for line in self._lines if not line.is_done), None)

    @property
    def summary(self) -> str:
        """How far, how long still, in one line."""
        solved, exercises = sum(line.solved for line in self._lines), sum(line.exercises for line in self._lines)
        left = sum(line.lesson.minutes for line in self._lines if not line.is_done)
        return f"{solved} of {exercises} exercises solved; the lessons that are left take about {_hours(left)}."

    def __repr__(self) -> str:
        """The course in plain text."""
        rows = [_COLUMNS, *(line.cells for line in self._lines)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
        return "\n".join([self.summary, *lines, *([f"Next: {self._next_text}"] if self.next else [])])

    @property
    def _next_text(self) -> str:
        return f"{self.next.number} {self.next.title}" if self.next else ""

    def _repr_html_(self) -> str:
        head = "".join(f'<th scope="col" style="text-align:left">{name}</th>' for name in _COLUMNS)
        body = "".join(map(_row, self._lines))
        on = f"<p>Next: {_link(self.next)}</p>" if self.next else "<p>You have solved them all.</p>"
        return (
            f'<div role="status"><p>{html.escape(self.summary)}</p>{on}</div>'
            f"<table><caption>The lessons</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        )


def _row(line: _Line) -> str:
    _, taken, done, state = line.cells
    cells = (_link(line.lesson), taken, done, state)
    return "<tr>" + "".join(f'<td style="text-align:left">{cell}</td>' for cell in cells) + "</tr>"


def _link(lesson: Lesson) -> str:
    return f'<a href="{html.escape(lesson.file)}">{lesson.number} {html.escape(lesson.title)}</a>'


def _hours(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if hours else f"{rest} min"


def course() -> Course:
    """Every lesson of the workbook, and how far you are in the folder that `kmslab lab` opened."""
    return Course(Progress.of_workspace().solved)
