"""What an exercise is, and what checking one says."""

from __future__ import annotations

import html
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kmslab import Lab
from kmslab.errors import NotOnAwsError


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a test may look at.

    Attributes:
        lab: The Lab the learner works in: its inventory, trail, bill and clock.
        answer: What the learner handed to `check` besides the exercise's number, or None.
    """

    lab: Lab
    answer: Any = None


#: The variable that is `1` while nbgrader grades.
GRADING = "KMSLAB_GRADING"

#: What may be true of an attempt.
Test = Callable[[Attempt], object]


@dataclass(frozen=True, slots=True)
class ByMistake:
    """Advice that depends on what went wrong; use `by_mistake`."""

    otherwise: str
    mistakes: tuple[tuple[Test, str], ...]

    def __call__(self, attempt: Attempt) -> str:
        """The sentence of the first mistake that was made."""
        return next((advice for made, advice in self.mistakes if _holds(made, attempt)), self.otherwise)


def by_mistake(otherwise: str, *mistakes: tuple[Test, str]) -> ByMistake:
    """Advice for a task at which people go wrong in several ways.

    Args:
        otherwise: What to say to somebody who has not begun, or made none of these mistakes.
        mistakes: What tells each of them, and the sentence that helps; the first one that was made counts.
    """
    return ByMistake(otherwise, mistakes)


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to be done.

    Attributes:
        label: What, as a statement that is true once it is done.
        is_done: Whether it is.
        advice: What to do or to look at while it is not; a function of the attempt where that depends on the mistake.
    """

    label: str
    is_done: Test
    advice: str | Callable[[Attempt], str]


@dataclass(frozen=True, slots=True)
class Exercise:
    """An exercise of a lesson.

    Attributes:
        number: Lesson and place in it, such as `02.1`.
        title: What it is about.
        tasks: What is to be done, in order.
        hints: Three of them: where to look, what to use, nearly the solution.
    """

    number: str
    title: str
    tasks: tuple[Task, ...]
    hints: tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Item:
    """One task, checked. There is no advice for what is done."""

    label: str
    done: bool
    advice: str


@dataclass(frozen=True, repr=False)
class CheckResult:
    """What checking an exercise found. A notebook shows it; it never raises.

    Attributes:
        number: The exercise's number.
        title: What it is about.
        items: Its tasks, checked.
        note: What there is to say besides, or nothing.
    """

    number: str
    title: str
    items: tuple[Item, ...]
    note: str = ""

    @property
    def passed(self) -> bool:
        """Whether every task is done."""
        return bool(self.items) and all(item.done for item in self.items)

    @property
    def open_tasks(self) -> list[str]:
        """The labels of the tasks that are still to be done."""
        return [item.label for item in self.items if not item.done]

    @property
    def headline(self) -> str:
        """The result in one line."""
        verdict = "PASS" if self.passed else "NOT YET"
        done = sum(item.done for item in self.items)
        return f"{verdict}: exercise {self.number}, {self.title} ({done} of {len(self.items)})"

    def __repr__(self) -> str:
        """The result in plain text, one line per task; while nbgrader grades, the points."""
        if os.environ.get(GRADING) == "1":
            # nbgrader turns the text of a result into a number; a sentence would be counted as full marks.
            return str(sum(item.done for item in self.items))
        lines = [self.headline, *([f"  {self.note}"] if self.note else [])]
        for item in self.items:
            advice = "" if item.done else f": {item.advice}"
            lines.append(f"  [{'x' if item.done else ' '}] {item.label}{advice}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        # Said in words, never by colour or sign alone; role=status is announced by screen readers.
        rows = "".join(
            f"<li><b>{'done' if item.done else 'to do'}</b>: {html.escape(item.label)}"
            + ("" if item.done else f". {html.escape(item.advice)}")
            + "</li>"
            for item in self.items
        )
        note = f"<p>{html.escape(self.note)}</p>" if self.note else ""
        return f'<div role="status"><p><b>{html.escape(self.headline)}</b></p>{note}<ul>{rows}</ul></div>'


def run(exercise: Exercise, attempt: Attempt) -> CheckResult:
    """Check an exercise. Whatever a test stumbles over counts as not done: a learner's world may hold anything."""
    items = []
    for task in exercise.tasks:
        done, advice = _look(task, exercise.number, attempt)
        items.append(Item(task.label, done, advice))
    return CheckResult(exercise.number, exercise.title, tuple(items))


def _look(task: Task, number: str, attempt: Attempt) -> tuple[bool, str]:
    try:
        done = bool(task.is_done(attempt))
    except NotOnAwsError as error:
        # Whatever the learner has done: it cannot be seen there, and no other advice would be true.
        return False, f"kmslab cannot see this on real AWS. {error}"
    except Exception:
        done = False
    return done, "" if done else _advice(task, number, attempt)


def _holds(test: Test, attempt: Attempt) -> bool:
    try:
        return bool(test(attempt))
    except Exception:
        return False


def _advice(task: Task, number: str, attempt: Attempt) -> str:
    if isinstance(task.advice, str):
        return task.advice
    try:
        return task.advice(attempt)
    except Exception:
        return f'The hints lead there: hint("{number}").'
