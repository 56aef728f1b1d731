"""What a learner does in a browser: runs a lesson, solves an exercise, sees how far it is, follows a link."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from .jupyterlab import Lesson, violations

pytestmark = pytest.mark.needs_chromium

Open = Callable[[str], Lesson]


def test_a_lesson_runs_from_top_to_bottom(open_lesson: Open, axe: Any) -> None:
    lesson = open_lesson("00_start.ipynb")
    lesson.run_all()
    assert "Set-up complete." in lesson.output("%load_ext kmslab")
    assert "162 bytes out" in lesson.output("bytes in")
    assert lesson.cell("figures.region_map").get_by_role("img", name="Figure: Account 123456789010").count() == 1
    assert [error.split(":")[0] for error in lesson.errors()] == ["NotFoundException"]
    assert violations(lesson.page, axe, ".jp-Notebook .jp-OutputArea-output") == []


def test_an_exercise_is_solved_and_counted(open_lesson: Open, page: Any) -> None:
    lesson = open_lesson("00_start.ipynb")
    lesson.run_all()
    assert "NOT YET: exercise 00.1" in lesson.output('check("00.1")')
    lesson.write("# Exercise 00.1", 'mine = boto3.client("kms", region_name="eu-west-1")\nmine.create_key()')
    lesson.run('check("00.1")')
    assert "to do: its description is 'start'" in lesson.output('check("00.1")')
    lesson.write("# Exercise 00.1", 'mine.create_key(Description="start")')
    lesson.run('check("00.1")')
    assert "PASS: exercise 00.1" in lesson.output('check("00.1")')
    index = Lesson(page, page.url.split("/lab/")[0], "index.ipynb")
    index.run_all()
    assert "1 of 3" in index.output("course()")
    index.page.get_by_role("link", name="01 Creating keys, and keeping order among them").click()
    page.get_by_role("heading", name="01 Creating keys, and keeping order among them").wait_for()
