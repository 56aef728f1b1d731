"""The referee: one process for one submission, with the Lab that its cells work in and the tests that judge them.

    python -P -m kmslab.grading.referee    (the grader starts it: a job comes in on stdin, findings go out on stdout)

Each finding is a line of JSON that carries the job's password, which the seat never sees. What was found out is told at
once, so that it counts even if the submission brings the referee down later.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from kmslab import Lab
from kmslab.errors import KmslabError
from kmslab.exercises.catalogue import EXERCISES
from kmslab.exercises.model import Attempt, CheckResult, run
from kmslab.grading import fence
from kmslab.grading.bench import Bench
from kmslab.grading.held_seat import START_SECONDS, Seat, SeatLostError, TooLongError, at_most, taken
from kmslab.grading.plan import Plan, Step, code_cells, failing_cells, numbers_in, plan
from kmslab.jupyter.extension import SEED

#: How long it may take to find out what is handed over, and to judge it.
_ANSWER_SECONDS = 10
_JUDGE_SECONDS = 20
#: How often a submission may end its seat, each time without the cell that did it.
_SEATS = 4
#: How many of a learner's own checks are judged for one exercise.
_CHECKS = 300
_MANY_CHECKS = 25


@dataclass(frozen=True)
class Job:
    """What a referee is told.

    Attributes:
        submission: The notebook that was handed in.
        lesson: The learner's notebook of the workbook.
        cell_seconds: How long one cell may take.
        seconds: How long all may take.
        memory_mb: How much memory the seat may have.
        password: What findings have to carry.
    """

    submission: str
    lesson: str
    cell_seconds: float
    seconds: float
    memory_mb: int
    password: str = field(repr=False)


class Referee:
    """Judges one submission."""

    def __init__(self, job: Job, tell: Callable[[dict[str, Any]], None]) -> None:
        """Take a job.

        Args:
            job: What is to be judged.
            tell: Where findings go.
        """
        self._job = job
        self._tell = tell
        #: The end of its time, which begins when the first seat is ready.
        self._until = 0.0
        self._is_over = False
        self._folder = Path("/")
        self._untouched: frozenset[str] = frozenset()
        self._numbers: frozenset[str] = frozenset()
        self._best: dict[str, CheckResult] = {}
        self._asked: Counter[str] = Counter()
        self._notes: dict[str, list[str]] = {}
        self._dropped: set[int] = set()

    def judge(self) -> None:
        """Run the submission and tell what was found, exercise by exercise."""
        lesson = Path(self._job.lesson)
        cells = code_cells(lesson)
        try:
            submitted = code_cells(Path(self._job.submission))
            self._numbers, theirs = numbers_in(cells), numbers_in(submitted)
            if not submitted:
                raise KmslabError("The notebook has no cells with code.")
            if theirs and not theirs & self._numbers:
                others = ", ".join(sorted({number[:2] for number in theirs}))
                raise KmslabError(f"The file holds the notebook of another lesson: {others}.")
        except KmslabError as error:
            self._note("", str(error))
            self._tell({"end": True, "notes": self._notes})
            return
        wanted = plan(cells, submitted, failing_cells(lesson))
        self._notes, self._untouched = wanted.notes, wanted.untouched
        for _ in range(_SEATS):
            try:
                self._play(wanted)
                break
            except SeatLostError:
                continue
        self._tell({"end": True, "notes": self._notes})

    # --- a seat from its beginning to its end ---

    def _play(self, wanted: Plan) -> None:
        with tempfile.TemporaryDirectory(prefix="kmslab-seat-", ignore_cleanup_errors=True) as folder:
            self._folder, before = Path(folder).resolve(), Path.cwd()
            os.chdir(self._folder)
            bench = Bench(self.learner_checks)
            try:
                with self._seat(folder, bench) as seat:
                    for index, step in enumerate(wanted.steps):
                        if index not in self._dropped:
                            self._take(seat, bench, index, step)
            finally:
                os.chdir(before)
                bench.close()

    def _take(self, seat: Seat, bench: Bench, index: int, step: Step) -> None:
        if step.is_check:
            self._official(seat, bench, step)
            return
        left = self._until - time.monotonic()
        if left <= 0 and not self._is_over:
            self._is_over = True
            self._note("", f"Stopped after {self._job.seconds:.0f} s in all; what came later did not run.")
        if self._is_over:
            # What comes later is still checked, on the Lab as it is.
            return
        try:
            error = seat.run(step.source, min(self._job.cell_seconds, left))
        except SeatLostError as lost:
            self._dropped.add(index)
            self._note(step.exercise, f"A cell {lost}; graded without it.")
            raise
        if error and not step.may_fail:
            whose = "A cell of the lesson" if step.is_lesson else "A cell"
            self._note(step.exercise, f"{whose} stopped with {error}")

    def _official(self, seat: Seat, bench: Bench, step: Step) -> None:
        value: Any = None
        found = seat.value(step.answer or "None", min(self._job.cell_seconds, _ANSWER_SECONDS))
        if found.get("error"):
            self._note(step.exercise, f"The answer could not be read: {found['error']}")
        with contextlib.suppress(KmslabError):
            value = bench.read(found.get("value"))
        result = self._judged(bench, step.exercise, value, str(found.get("folder", "")))
        if step.exercise in self._untouched and not result.passed:
            self._note(step.exercise, "Not attempted.")
            items = tuple(type(item)(item.label, False, item.advice) for item in result.items)
            result = CheckResult(result.number, result.title, items)
        self._keep(result)
        if self._asked[step.exercise] > _MANY_CHECKS:
            self._note(step.exercise, f"check was called {self._asked[step.exercise]} times.")

    def learner_checks(self, bench: Bench, number: str, answer: Any, folder: str) -> CheckResult:
        """A cell's own call of `check`: it is judged in the same way, and the better result counts."""
        self._asked[number] += 1
        if self._asked[number] > _CHECKS:
            return self._best.get(number) or self._judged(bench, number, None, folder)
        result = self._judged(bench, number, answer, folder)
        # Of an exercise that nobody has touched, what is done without doing anything is no merit.
        if number in self._numbers and (result.passed or number not in self._untouched):
            self._keep(result)
        return result

    def _judged(self, bench: Bench, number: str, answer: Any, folder: str) -> CheckResult:
        exercise = EXERCISES[number]
        # Some answers are names of files, which are where the seat is.
        if Path(folder).resolve().is_relative_to(self._folder):
            with contextlib.suppress(OSError):
                os.chdir(folder)
        try:
            with at_most(_JUDGE_SECONDS):
                return run(exercise, Attempt(bench.lab, answer))
        except TooLongError:
            return run(exercise, Attempt(Lab(seed=SEED)))
        finally:
            os.chdir(self._folder)

    def _keep(self, result: CheckResult) -> None:
        def done(result: CheckResult) -> int:
            return sum(item.done for item in result.items)

        known = self._best.get(result.number)
        if known is None or done(result) > done(known):
            self._best[result.number] = result
            items = [asdict(item) for item in result.items]
            self._tell({"exercise": result.number, "title": result.title, "items": items})

    def _note(self, number: str, text: str) -> None:
        known = self._notes.setdefault(number, [])
        if text not in known and len(known) < 8:
            known.append(text)

    @contextlib.contextmanager
    def _seat(self, folder: str, bench: Bench) -> Iterator[Seat]:
        seconds = int(self._job.seconds) + START_SECONDS
        with taken(fence.Terms(folder, self._job.memory_mb, seconds, bench.port), bench) as seat:
            self._until = self._until or time.monotonic() + self._job.seconds
            yield seat


def main() -> None:
    """Read a job, judge, and tell."""
    fence.hide()
    job = Job(**json.loads(sys.stdin.buffer.readline()))
    # What tells is ours alone; a print anywhere goes nowhere.
    findings = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1):
        os.dup2(nothing, number)

    def tell(finding: dict[str, Any]) -> None:
        findings.write(json.dumps({**finding, "password": job.password}) + "\n")
        findings.flush()

    Referee(job, tell).judge()


if __name__ == "__main__":
    main()
