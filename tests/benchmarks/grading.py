"""Grade submissions of every kind, and say what each earned and how long it took; 1 as exit code if a mark is wrong.

    python tests/benchmarks/grading.py [--jobs 2] [--lesson 00_start ...] [--kind solved ...] [--count 30]

With --count, that many submissions of one lesson, two thirds solved and one third untouched: how long a class takes.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from kmslab.classroom.sources import notebooks_folder
from kmslab.grading.command import lessons_of
from kmslab.grading.grader import Limits, grade
from kmslab.grading.submissions import Submission

_SPEC = spec_from_file_location("handed_in", Path(__file__).parents[1] / "unit" / "grading" / "handed_in.py")
handed_in = module_from_spec(_SPEC)  # type: ignore[arg-type]
sys.modules["handed_in"] = handed_in
_SPEC.loader.exec_module(handed_in)  # type: ignore[union-attr]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--lesson", action="append", default=[])
    parser.add_argument("--kind", action="append", default=[])
    parser.add_argument("--count", type=int, default=0)
    parser.add_argument("--timeout", type=float, default=10)
    options = parser.parse_args()
    lessons = options.lesson or lessons_of(notebooks_folder())[:1]
    lessons = [name for name in lessons_of(notebooks_folder()) if name in lessons or "all" in lessons]
    wanted: list[tuple[Submission, dict[str, int], tuple[str, ...]]] = []
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
                wanted.append((Submission(learner, lesson, path), handed_in.expected(case, lesson), case.notes))
        started = time.monotonic()
        submissions = [each for each, _, _ in wanted]
        found = grade(submissions, notebooks_folder(), Limits(options.timeout, options.timeout * 5), options.jobs)
    wrong = 0
    for graded, (_, points, notes) in zip(found, wanted, strict=True):
        earned = {mark.number: mark.points for mark in graded.marks}
        told = " ".join([*graded.notes, *(note for mark in graded.marks for note in mark.notes)])
        right = earned == points and all(note in told for note in notes)
        wrong += not right
        verdict = "ok   " if right else "WRONG"
        print(f"{verdict} {graded.seconds:5.1f} s  {graded.lesson[:2]}  {graded.learner:18} {earned}")
        if not right:
            print(f"      expected {points} {notes}; notes: {told}")
    print(f"{len(found)} submissions, {wrong} wrong, {time.monotonic() - started:.1f} s with {options.jobs} jobs")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
