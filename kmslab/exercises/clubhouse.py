"""The clubhouse: `golf` at the learner's desk. The course, the tees, the score, and the personal bests."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from kmslab import Lab
from kmslab.exercises.golf import LESSON, Hole, Tee, bill_of, tee_off, verdict
from kmslab.exercises.lesson_15 import EXERCISES, HOLES
from kmslab.exercises.model import Attempt, CheckResult, Item, run
from kmslab.exercises.progress import Progress
from kmslab.tables import Table

_EXERCISES = {exercise.number: exercise for exercise in EXERCISES}


class Golf:
    """Call golf: `golf()` shows the course, `golf("3")` tees off, `golf.check("3")` counts."""

    def __init__(self, lab: Lab, progress: Progress) -> None:
        """Open the clubhouse.

        Args:
            lab: The Lab that is played in.
            progress: Where personal bests are remembered.
        """
        self._lab = lab
        self._progress = progress

    def __call__(self, number: str | int | None = None) -> Table | Tee | CheckResult:
        """The course; or, with the number of a hole, its tee: the situation is made, and from now on calls count."""
        if number is None:
            return self.course()
        hole = self.hole(number)
        return _unknown(number) if hole is None else tee_off(self._lab, hole)

    def check(self, number: str | int, answer: Any = None) -> CheckResult:
        """Count the calls since the tee, and look whether the task is done."""
        hole = self.hole(number)
        if hole is None:
            return _unknown(number)
        attempt = Attempt(self._lab, answer)
        result = run(_EXERCISES[hole.exercise], attempt)
        if result.passed:
            self._progress.add(hole.exercise)
        # The last task is par itself: who has done all the others has holed out.
        if all(item.done for item in result.items[:-1]):
            return replace(result, note=self._score(hole, bill_of(attempt, hole.number).requests))
        return result

    def hole(self, number: str | int) -> Hole | None:
        """A hole by its number on the course, or by that of its exercise."""
        return HOLES.get(str(number).removeprefix(f"{LESSON}."))

    def has(self, exercise: str) -> bool:
        """Whether an exercise is a hole of the course."""
        return exercise in _EXERCISES

    def course(self) -> Table:
        """Every hole with its par, what Tom took, and your best."""
        best = self._progress.best
        rows = [
            (
                hole.number,
                hole.title,
                str(hole.par),
                str(hole.tom),
                str(best.get(hole.number, "")),
                verdict(best[hole.number], hole.par) if hole.number in best else "",
            )
            for hole in HOLES.values()
        ]
        holes = HOLES.values()
        pars, toms = sum(hole.par for hole in holes), sum(hole.tom for hole in holes)
        done = [hole for hole in holes if hole.number in best]
        yours = str(sum(best[hole.number] for hole in done)) if done else ""
        rows.append(("", f"{len(done)} of {len(HOLES)} played", str(pars), str(toms), yours, ""))
        columns = ("Hole", "Task", "Par", "Tom", "Your best", "Result")
        return Table("The course", columns, rows, frozenset({"Par", "Tom", "Your best"}))

    def _score(self, hole: Hole, strokes: int) -> str:
        before = self._progress.best.get(hole.number)
        better = self._progress.add_strokes(hole.number, strokes)
        calls = "1 call" if strokes == 1 else f"{strokes} calls"
        if before is None:
            best = ""
        elif better:
            best = f" A new personal best; it was {before}."
        else:
            best = f" Your best is {before}."
        return f"{calls}, par {hole.par}: {verdict(strokes, hole.par)}.{best}"

    def __repr__(self) -> str:
        """The course in plain text."""
        return repr(self.course())

    def _repr_html_(self) -> str:
        return self.course()._repr_html_()


def _unknown(number: str | int) -> CheckResult:
    holes = ", ".join(HOLES)
    item = Item("the hole exists", False, f"There are {holes}; golf() shows them.")
    return CheckResult(str(number), "there is no such hole", (item,))
