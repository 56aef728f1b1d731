"""One submission judged in this process, with its seat in another; and what the seat itself does."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

from kmslab.classroom.sources import notebooks_folder
from kmslab.grading import fence
from kmslab.grading.referee import Job, Referee
from kmslab.grading.seat import _obey

LESSON = "00_start"


def judged(
    made: Any, handed_in: ModuleType, folder: Path, **limits: float
) -> tuple[dict[str, int], dict[str, list[str]]]:
    path = handed_in.write(folder, "ada", LESSON, made)
    findings: list[dict[str, Any]] = []
    terms = {"cell_seconds": 30.0, "seconds": 100.0, **limits}
    job = Job(str(path), str(notebooks_folder() / f"{LESSON}.ipynb"), memory_mb=2048, password="x", **terms)
    before = Path.cwd()
    Referee(job, findings.append).judge()
    assert Path.cwd() == before
    points = {each["exercise"]: sum(item["done"] for item in each["items"]) for each in findings if "exercise" in each}
    assert findings[-1]["end"] is True
    return points, findings[-1]["notes"]


def test_what_is_done_is_told_exercise_by_exercise(handed_in: ModuleType, tmp_path: Path) -> None:
    ends = "import os\nos._exit(3)"
    made = handed_in.with_answers(handed_in.solved(LESSON), {"00.2": f"# Exercise 00.2\n{ends}", "00.3": "1 / 0"})
    points, notes = judged(made, handed_in, tmp_path)
    assert points == {"00.1": 3, "00.2": 0, "00.3": 0}
    assert notes["00.2"] == ["A cell ended the Python process; graded without it."]
    assert notes["00.3"][0].startswith("A cell stopped with ZeroDivisionError")


def test_when_time_is_up_the_rest_is_judged_as_it_is(handed_in: ModuleType, tmp_path: Path) -> None:
    made = handed_in.with_answers(handed_in.solved(LESSON), {"00.2": "# Exercise 00.2\nimport time\ntime.sleep(99)"})
    points, notes = judged(made, handed_in, tmp_path, cell_seconds=60.0, seconds=6.0)
    assert points["00.1"] == 3
    assert points["00.2"] == 0
    assert "did not run" in " ".join(notes[""])


class TestSeat:
    @pytest.fixture
    def shell(self) -> InteractiveShell:
        return InteractiveShell()

    def test_a_cell_is_run_and_its_error_told(self, shell: InteractiveShell) -> None:
        assert _obey(shell, {"run": "x = 41 + 1"}) == {"what": "done", "error": ""}
        assert _obey(shell, {"run": "1 / 0"})["error"] == "ZeroDivisionError: division by zero"
        assert _obey(shell, {"run": "def def"})["error"].startswith("SyntaxError: ")

    def test_an_answer_is_found_out(self, shell: InteractiveShell) -> None:
        shell.run_cell("x = (1, b'2')")
        found = _obey(shell, {"evaluate": "x"})
        assert found["value"] == {"!": "tuple", "v": [1, {"!": "bytes", "v": "Mg=="}]}
        assert found["folder"] == str(Path.cwd())
        assert _obey(shell, {"evaluate": "nowhere"})["error"].startswith("NameError: ")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Landlock is Linux's")
def test_the_fence_is_known_to_be_there_or_not() -> None:
    assert fence.strength() == "" or "container" in fence.strength()
    assert fence.descendants() == [] or all(isinstance(each, int) for each in fence.descendants())
