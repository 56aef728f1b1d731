"""The lessons as an nbgrader course: what is written, and, where nbgrader is installed, that it grades them right."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from kmslab import Lab, cli
from kmslab.classroom.sources import notebooks_folder
from kmslab.errors import KmslabError
from kmslab.exercises.catalogue import EXERCISES
from kmslab.exercises.model import Attempt, run
from kmslab.grading.course import notebook_of, write_course
from kmslab.grading.marks import numbers_of

SOURCES = sorted((notebooks_folder() / "source").glob("[0-9][0-9]_*.py"))
LESSON = "00_start"


def nbgrader(cell: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = cell["metadata"]["nbgrader"]
    return found


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_each_exercise_has_a_solution_cell_and_a_locked_check_with_a_point_for_each_task(source: Path) -> None:
    code = [cell for cell in notebook_of(source)["cells"] if cell["cell_type"] == "code"]
    numbers = numbers_of(source.stem)
    answers = {nbgrader(cell)["grade_id"]: cell for cell in code if nbgrader(cell)["solution"]}
    checks = {nbgrader(cell)["grade_id"]: cell for cell in code if nbgrader(cell)["grade"]}
    assert list(answers) == [f"exercise-{number.replace('.', '-')}" for number in numbers]
    assert list(checks) == [f"check-{number.replace('.', '-')}" for number in numbers]
    for number, answer, check in zip(numbers, answers.values(), checks.values(), strict=True):
        assert nbgrader(check)["points"] == len(EXERCISES[number].tasks)
        assert nbgrader(check)["locked"]
        assert not nbgrader(answer)["locked"]
        assert check["source"].startswith(f'check("{number}"')
        assert "### BEGIN SOLUTION" in answer["source"]
        assert "\ncheck(" not in answer["source"]
    others = [cell for cell in code if not nbgrader(cell)["solution"]]
    assert all(nbgrader(cell)["locked"] for cell in others)
    assert not [cell for cell in others if "SOLUTION" in cell["source"]]
    ids = [nbgrader(cell)["grade_id"] for cell in code]
    assert len(set(ids)) == len(ids)


def test_a_check_is_its_points_while_nbgrader_grades(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.client("kms").create_key()
    lab.client("kms", "eu-west-1").create_key()
    result = run(EXERCISES["00.1"], Attempt(lab))
    assert repr(result).startswith("NOT YET: exercise 00.1")
    monkeypatch.setenv("KMSLAB_GRADING", "1")
    assert repr(result) == "2"
    assert "NOT YET" in result._repr_html_()


def test_a_configuration_that_is_there_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "nbgrader_config.py").write_text("# mine")
    assert cli.main(["notebooks", "nbgrader", "00", "02", "--course", str(tmp_path)]) == 0
    assert "2 lessons written" in capsys.readouterr().out
    assert (tmp_path / "nbgrader_config.py").read_text() == "# mine"
    assert sorted(path.name for path in (tmp_path / "source").iterdir()) == [LESSON, "02_aliases"]
    with pytest.raises(KmslabError, match="no lesson '77'"):
        write_course(notebooks_folder(), tmp_path, ["77"])
    (tmp_path / "file").write_text("")
    with pytest.raises(KmslabError, match="cannot be written"):
        write_course(notebooks_folder(), tmp_path / "file", ["00"])


@pytest.mark.skipif(find_spec("nbgrader") is None, reason="nbgrader is not installed: pip install 'kmslab[nbgrader]'")
class TestWithNbgrader:
    """`nbgrader` itself, from the course to the marks."""

    def call(self, course: Path, *arguments: str) -> None:
        environment = {name: value for name, value in os.environ.items() if name != "KMSLAB_GRADING"}
        environment |= {"HOME": str(course), "JUPYTER_CONFIG_DIR": str(course / "none"), "PYTHONWARNINGS": "ignore"}
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-m", "nbgrader", *arguments],
            cwd=course, env=environment, capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-3000:]

    def test_it_generates_grades_and_tells(self, tmp_path: Path, handed_in: ModuleType) -> None:
        course = tmp_path / "course"
        write_course(notebooks_folder(), course, [LESSON])
        self.call(course, "generate_assignment", LESSON)
        released = json.loads((course / "release" / LESSON / f"{LESSON}.ipynb").read_text("utf-8"))
        assert "SOLUTION" not in json.dumps(released)
        answers = {
            handed_in.Cell("", cell["source"]).exercise: cell["source"]
            for cell in json.loads((course / "source" / LESSON / f"{LESSON}.ipynb").read_text("utf-8"))["cells"]
            if cell["cell_type"] == "code" and nbgrader(cell)["solution"]
        }
        half = {"00.1": answers["00.1"].replace("'start'", "'begin'").replace('"start"', '"begin"')}
        for learner, given in {"solved": answers, "untouched": {}, "half": half}.items():
            made = handed_in.with_answers(released, given)
            path = course / "submitted" / learner / LESSON / f"{LESSON}.ipynb"
            path.parent.mkdir(parents=True)
            path.write_text(json.dumps(made))
        self.call(course, "autograde", LESSON)
        self.call(course, "generate_feedback", LESSON)
        self.call(course, "export")
        with (course / "grades.csv").open(newline="") as file:
            scores = {row["student_id"]: (float(row["score"]), float(row["max_score"])) for row in csv.DictReader(file)}
        assert scores == {"solved": (7, 7), "untouched": (0, 7), "half": (2, 7)}
        page = (course / "feedback" / "half" / LESSON / f"{LESSON}.html").read_text("utf-8")
        assert "its description is" in page
