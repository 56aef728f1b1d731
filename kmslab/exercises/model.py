"""What an exercise is, and what checking one says."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kmslab import Lab


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a test may look at.

    Attributes:
        lab: The Lab the learner works in: its inventory, trail, bill and clock.
        answer: What the learner handed to `check` besides the exercise's number, or None.
    """

    lab: Lab
    answer: Any = None


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to be done.

    Attributes:
        label: What, as a statement that is true once it is done.
        is_done: Whether it is.
        advice: What to do or to look at while it is not.
    """

    label: str
    is_done: Callable[[Attempt], object]
    advice: str


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
    """One task, checked."""

    label: str
    done: bool
    advice: str


@dataclass(frozen=True, repr=False)
class CheckResult:
    """What checking an exercise found. A notebook shows it; it never raises."""

    number: str
    title: str
    items: tuple[Item, ...]

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
        """The result in plain text, one line per task."""
        lines = [self.headline]
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
        return f'<div role="status"><p><b>{html.escape(self.headline)}</b></p><ul>{rows}</ul></div>'


def run(exercise: Exercise, attempt: Attempt) -> CheckResult:
    """Check an exercise. Whatever a test stumbles over counts as not done: a learner's world may hold anything."""
    items = []
    for task in exercise.tasks:
        try:
            done = bool(task.is_done(attempt))
        except Exception:
            done = False
        items.append(Item(task.label, done, task.advice))
    return CheckResult(exercise.number, exercise.title, tuple(items))
