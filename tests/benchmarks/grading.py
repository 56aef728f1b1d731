"""Grade submissions of every kind, and say what each earned and how long it took; 1 as exit code if a mark is wrong.

    python tests/benchmarks/grading.py [--jobs 2] [--lesson 00_start ...] [--kind solved ...] [--count 30]

With --count, that many submissions of one lesson, two thirds solved and one third untouched: how long a class takes.
In the table: every kind of submission for lesson 00, and how many marks are wrong.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import NamedTuple

from table import Line, Target

from kmslab.classroom.sources import notebooks_folder
from kmslab.grading.command import lessons_of
from kmslab.grading.grader import Limits, grade
from kmslab.grading.marks import Graded
from kmslab.grading.submissions import Submission

_SPEC = spec_from_file_location("handed_in", Path(__file__).parents[1] / "unit" / "grading" / "handed_in.py")
handed_in = module_from_spec(_SPEC)  # type: ignore[arg-type]
sys.modules["handed_in"] = handed_in
_SPEC.loader.exec_module(handed_in)  # type: ignore[union-attr]


TARGETS = (Target("grading: every kind of submission, marked wrongly", "submissions", "", "at most", 0),)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--lesson", action="append", default=[])
    parser.add_argument("--kind", action="append", default=[])
    parser.add_argument("--count", type=int, default=0)
    parser.add_argument("--timeout", type=float, default=10)
    options = parser.parse_args()
    started = time.monotonic()
    judged = judge(options)
    for each in judged:
        verdict = "ok   " if each.is_right else "WRONG"
        print(
            f"{verdict} {each.graded.seconds:5.1f} s  {each.graded.lesson[:2]}  {each.graded.learner:18} {each.earned}"
        )
        if not each.is_right:
            print(f"      expected {each.points} {each.case.notes}; notes: {each.told}")
    wrong = sum(not each.is_right for each in judged)
    taken = time.monotonic() - started
    print(f"{len(judged)} submissions, {wrong} wrong, {taken:.1f} s with {options.jobs} jobs")
    return int(wrong > 0)


def lines(options: argparse.Namespace) -> Iterator[Line]:
    """Every kind of submission, or with `quick` three of them."""
    kinds = ["solved", "untouched", "own-check"] if options.quick else []
    started = time.monotonic()
    judged = judge(argparse.Namespace(jobs=2, lesson=[], kind=kinds, count=0, timeout=10))
    wrong = [each.graded.learner for each in judged if not each.is_right]
    note = f"{len(judged)} submissions in {time.monotonic() - started:.0f} s; wrong: {', '.join(wrong) or 'none'}"
    yield TARGETS[0].line(len(wrong), note=note)


class Judged(NamedTuple):
    """A submission as it was graded, and as it should be."""

    graded: Graded
    points: dict[str, int]
    case: handed_in.Case

    @property
    def earned(self) -> dict[str, int]:
        return {mark.number: mark.points for mark in self.graded.marks}

    @property
    def told(self) -> str:
        return " ".join([*self.graded.notes, *(note for mark in self.graded.marks for note in mark.notes)])

    @property
    def is_right(self) -> bool:
        return self.earned == self.points and not self.case.faults(self.told)


def judge(options: argparse.Namespace) -> list[Judged]:
    """Make the submissions that were asked for, and grade them."""
    lessons = options.lesson or lessons_of(notebooks_folder())[:1]
    lessons = [name for name in lessons_of(notebooks_folder()) if name in lessons or "all" in lessons]
    wanted: list[tuple[Submission, dict[str, int], handed_in.Case]] = []
    with tempfile.TemporaryDirectory() as folder:
        for lesson in lessons:
            kinds = options.kind or list(handed_in.CASES)
            if options.count:
                kinds = ["untouched" if number % 3 == 2 else "solved" for number in range(options.count)]
            for number, kind in enumerate(kinds):
                case = handed_in.CASES[kind]
                if not lesson.startswith(case.lesson):
                    continue
                learner = f"{kind}-{number}" if options.count else kind
                path = handed_in.write(Path(folder), learner, lesson, case.make(lesson))
                wanted.append((Submission(learner, lesson, path), handed_in.expected(case, lesson), case))
        submissions = [each for each, _, _ in wanted]
        found = grade(submissions, notebooks_folder(), Limits(options.timeout, options.timeout * 5), options.jobs)
    return [Judged(graded, points, case) for graded, (_, points, case) in zip(found, wanted, strict=True)]


if __name__ == "__main__":
    sys.exit(main())
