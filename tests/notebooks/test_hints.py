"""The third hint is nearly the solution: pasted in place of one, it runs and passes.

A lesson's own cells run with it, so a hint may use what the lesson has defined, and nothing else.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from kmslab.exercises.catalogue import EXERCISES

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
LESSONS = [path.stem for path in sorted((NOTEBOOKS / "source").glob("[0-9]*.py"))]


@pytest.fixture(scope="module")
def said() -> dict[str, dict[str, str]]:
    """What each check said, by lesson and exercise, with the third hints as answers."""
    done = subprocess.run(  # noqa: S603
        [sys.executable, str(Path(__file__).with_name("in_one_process.py")), str(NOTEBOOKS), *LESSONS],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told: dict[str, dict[str, str]] = json.loads(done.stdout.splitlines()[-1])
    return told


@pytest.mark.parametrize("name", LESSONS)
def test_the_third_hints_of_a_lesson_solve_it(name: str, said: dict[str, dict[str, str]]) -> None:
    assert said[name] == {number: "PASS" for number in EXERCISES if number.startswith(name[:2])}
