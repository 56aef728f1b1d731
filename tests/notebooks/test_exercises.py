"""Every exercise fails unsolved and passes solved, as the stored outputs show; nbval keeps those outputs true."""

from __future__ import annotations

import re

import nbformat
import pytest

from kmslab import Lab
from kmslab.exercises.catalogue import EXERCISES
from kmslab.exercises.desk import Desk
from kmslab.exercises.model import Attempt, ByMistake, Exercise, Task, run
from kmslab.exercises.progress import Progress


def results(notebook: nbformat.NotebookNode) -> dict[str, str]:
    """The first line that each check printed, by exercise."""
    found = {}
    for cell in notebook.cells:
        match = re.search(r'^check\("(\d\d\.\d)"', cell.source, re.M)
        if cell.cell_type == "code" and match:
            found[match.group(1)] = cell.outputs[-1].data["text/plain"].split("\n")[0]
    return found


def numbers(lesson: str) -> list[str]:
    return [number for number in EXERCISES if number.startswith(f"{lesson[:2]}.")]


def test_a_lesson_has_at_least_two_exercises(lesson: str) -> None:
    assert len(numbers(lesson)) >= 2


def test_every_exercise_fails_unsolved(lesson: str, learner: nbformat.NotebookNode) -> None:
    shown = results(learner)
    assert list(shown) == numbers(lesson)
    assert {number: line.split(":")[0] for number, line in shown.items()} == dict.fromkeys(shown, "NOT YET")


def test_every_exercise_passes_solved(lesson: str, solution: nbformat.NotebookNode) -> None:
    shown = results(solution)
    assert list(shown) == numbers(lesson)
    assert {number: line.split(":")[0] for number, line in shown.items()} == dict.fromkeys(shown, "PASS")


def test_every_exercise_is_announced_with_its_title(lesson: str, learner: nbformat.NotebookNode) -> None:
    text = "\n".join(cell.source for cell in learner.cells if cell.cell_type == "markdown")
    for number in numbers(lesson):
        assert f"## Exercise {number}: {EXERCISES[number].title}" in text


def all_advice(task: Task) -> list[str]:
    """Every sentence that a task can answer with, as far as it can be known without an attempt."""
    if isinstance(task.advice, ByMistake):
        return [task.advice.otherwise, *(sentence for _, sentence in task.advice.mistakes)]
    return [task.advice] if isinstance(task.advice, str) else []


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
def test_an_exercise_gives_advice_and_three_different_hints(exercise: Exercise) -> None:
    assert len(set(exercise.hints)) == 3
    assert all(len(hint) > 20 for hint in exercise.hints)
    sentences = [sentence for task in exercise.tasks for sentence in all_advice(task)]
    assert all(len(sentence) > 20 for sentence in sentences)
    assert len({task.label for task in exercise.tasks}) == len(exercise.tasks)


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
def test_an_empty_lab_solves_nothing(exercise: Exercise, lab: Lab) -> None:
    assert not run(exercise, Attempt(lab)).passed


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
@pytest.mark.parametrize(
    "answer", [0, "", "None", b"x", [], {}, Exception("x"), len], ids=lambda answer: type(answer).__name__
)
def test_a_strange_answer_is_no_crash(exercise: Exercise, answer: object, lab: Lab) -> None:
    result = run(exercise, Attempt(lab, answer))
    assert not result.passed
    assert len(repr(result).split("\n")) == 1 + len(exercise.tasks)


class TestDesk:
    @pytest.fixture
    def desk(self, lab: Lab, tmp_path) -> Desk:  # type: ignore[no-untyped-def]
        return Desk(lab, Progress(tmp_path))

    def test_hints_come_one_after_the_other(self, desk: Desk) -> None:
        shown = [repr(desk.hint("00.1")) for _ in range(4)]
        assert [line.split(" for ")[0] for line in shown] == [
            "Hint 1 of 3", "Hint 2 of 3", "Hint 3 of 3", "Hint 3 of 3",
        ]  # fmt: skip
        assert 'More: hint("00.1")' in shown[0]
        assert "More:" not in shown[2]
        assert repr(desk.hint("00.1", 1)).startswith("Hint 1 of 3")

    def test_an_unknown_exercise_is_told_and_no_error(self, desk: Desk) -> None:
        for result in (desk.check("99.9"), desk.hint("99.9"), desk.check(None)):  # type: ignore[arg-type]
            assert "there is no such exercise" in repr(result)
            assert "00.1" in repr(result)

    def test_progress_is_kept_in_the_folder(self, desk: Desk, lab: Lab, tmp_path) -> None:  # type: ignore[no-untyped-def]
        lab.client("kms").create_key()
        lab.client("kms", "eu-west-1").create_key(Description="start")
        assert desk.check("00.1").passed
        assert not desk.check("00.2").passed
        again = Desk(Lab(seed=3), Progress(tmp_path))
        rows = {row[0]: row[2] for row in again.progress().rows}
        assert (rows["00.1"], rows["00.2"]) == ("solved", "open")
        assert set(rows) == set(EXERCISES)

    def test_a_damaged_progress_file_is_no_progress(self, tmp_path) -> None:  # type: ignore[no-untyped-def]
        (tmp_path / ".kmslab").mkdir()
        (tmp_path / ".kmslab" / "progress.json").write_text("not json")
        progress = Progress(tmp_path)
        assert progress.solved == frozenset()
        progress.add("00.1")
        assert Progress(tmp_path).solved == {"00.1"}

    def test_a_result_says_in_words_what_is_done(self, lab: Lab) -> None:
        exercise = Exercise(
            "99.1",
            "a <b>bold</b> title",
            (
                Task("first", lambda attempt: True, "never shown, because it is done"),
                Task("second", lambda attempt: 1 / 0, "do & try again"),
            ),
            ("a", "b", "c"),
        )
        result = run(exercise, Attempt(lab))
        assert repr(result).split("\n") == [
            "NOT YET: exercise 99.1, a <b>bold</b> title (1 of 2)",
            "  [x] first",
            "  [ ] second: do & try again",
        ]
        page = result._repr_html_()
        assert 'role="status"' in page
        assert "<b>done</b>: first" in page
        assert "<b>to do</b>: second. do &amp; try again" in page
        assert "<b>bold</b>" not in page
