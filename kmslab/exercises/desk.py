"""The learner's desk: `check`, `hint` and `progress` for one Lab and one folder."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from kmslab import Lab
from kmslab.exercises.catalogue import EXERCISES
from kmslab.exercises.clubhouse import Golf
from kmslab.exercises.model import Attempt, CheckResult, Item, run
from kmslab.exercises.progress import Progress
from kmslab.tables import Table

LEVELS = 3


@dataclass(frozen=True, repr=False)
class Hint:
    """One hint, shown as text."""

    number: str
    level: int
    text: str

    def __repr__(self) -> str:
        """The hint, and whether there is another."""
        more = f' More: hint("{self.number}")' if self.level < LEVELS else ""
        # Code begins on a line of its own, so that it can be copied whole.
        between = "\n" if "\n" in self.text else " "
        return f"Hint {self.level} of {LEVELS} for {self.number}:{between}{self.text}{more}"


class Desk:
    """What a lesson gives its learner besides AWS."""

    def __init__(self, lab: Lab, progress: Progress) -> None:
        """Sit down.

        Args:
            lab: The Lab that the exercises are read from.
            progress: Where solved exercises are remembered.
        """
        self._lab = lab
        self._progress = progress
        self._hints: Counter[str] = Counter()
        #: Call golf, the game of lesson 15.
        self.golf = Golf(lab, progress)

    def check(self, number: str, answer: Any = None) -> CheckResult:
        """Look at what you did for an exercise and say what is there and what is missing.

        It reads keys, aliases, trail and bill, so it does not matter what you called your variables, and looking costs
        nothing. Some exercises ask for an answer; hand it over as the second argument.
        """
        exercise = EXERCISES.get(str(number))
        if exercise is None:
            return _unknown(str(number))
        if self.golf.has(exercise.number):
            return self.golf.check(exercise.number, answer)
        result = run(exercise, Attempt(self._lab, answer))
        if result.passed:
            self._progress.add(exercise.number)
        return result

    def hint(self, number: str, level: int | None = None) -> Hint | CheckResult:
        """The next of three hints for an exercise, or the hint of a level: 1, 2 or 3."""
        exercise = EXERCISES.get(str(number))
        if exercise is None:
            return _unknown(str(number))
        self._hints[exercise.number] = min(LEVELS, level or self._hints[exercise.number] + 1)
        shown = max(1, self._hints[exercise.number])
        self._progress.add_hint(exercise.number, shown)
        return Hint(exercise.number, shown, exercise.hints[shown - 1])

    def progress(self) -> Table:
        """Every exercise of the workbook and whether you have solved it."""
        return table_of(self._progress)


def table_of(progress: Progress) -> Table:
    """Every exercise, whether it is solved, and on which day."""
    rows = [
        (
            number,
            exercise.title,
            "solved" if number in progress.solved else "open",
            progress.when.get(number, "")[:10],
        )
        for number, exercise in EXERCISES.items()
    ]
    return Table("Your exercises", ("Exercise", "What it is about", "State", "Since"), rows)


def _unknown(number: str) -> CheckResult:
    known = ", ".join(EXERCISES)
    return CheckResult(
        number, "there is no such exercise", (Item("the exercise exists", False, f"There are {known}."),)
    )
