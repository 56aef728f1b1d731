"""Marks: what a submission has earned, exercise by exercise, one point for each task that is done."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from kmslab.exercises.catalogue import EXERCISES
from kmslab.exercises.model import Item


@dataclass(frozen=True)
class Mark:
    """One exercise of one learner.

    Attributes:
        learner: Whose.
        lesson: The lesson's name.
        number: The exercise.
        title: What it is about.
        items: Its tasks.
        notes: What the teacher should know.
    """

    learner: str
    lesson: str
    number: str
    title: str
    items: tuple[Item, ...]
    notes: tuple[str, ...] = ()

    @property
    def points(self) -> int:
        """One for each task that is done."""
        return sum(item.done for item in self.items)

    @property
    def most(self) -> int:
        """How many there are to earn."""
        return len(self.items)

    @property
    def open_tasks(self) -> tuple[str, ...]:
        """The tasks that are not done."""
        return tuple(item.label for item in self.items if not item.done)


@dataclass(frozen=True)
class Graded:
    """One submission, graded.

    Attributes:
        learner: Whose.
        lesson: The lesson's name.
        marks: Exercise by exercise.
        notes: What the teacher should know about the notebook as a whole.
        seconds: How long it took.
    """

    learner: str
    lesson: str
    marks: tuple[Mark, ...]
    notes: tuple[str, ...] = field(default=())
    seconds: float = 0.0

    @property
    def points(self) -> int:
        """All points of the lesson."""
        return sum(mark.points for mark in self.marks)

    @property
    def most(self) -> int:
        """All points that there are to earn in it."""
        return sum(mark.most for mark in self.marks)


def mark(learner: str, lesson: str, number: str, items: Sequence[Item], notes: Iterable[str] = ()) -> Mark:
    """A mark for an exercise; without items, nothing is done."""
    exercise = EXERCISES[number]
    none = [Item(task.label, False, task.advice if isinstance(task.advice, str) else "") for task in exercise.tasks]
    return Mark(learner, lesson, number, exercise.title, tuple(items or none), tuple(notes))


def numbers_of(lesson: str) -> list[str]:
    """The exercises of a lesson, in order."""
    return [number for number in EXERCISES if number.startswith(f"{lesson[:2]}.")]
