"""Submissions are graded for real: right marks for the honest, none for the dishonest.

Some kinds here; all of them, and every lesson, with `python tests/benchmarks/grading.py`.
"""

from __future__ import annotations

import csv
import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

from kmslab import cli
from kmslab.classroom.sources import notebooks_folder
from kmslab.grading import fence
from kmslab.grading.grader import Limits, grade
from kmslab.grading.submissions import Submission

LESSON = "00_start"

#: Those that stand for others; each costs about two seconds of a processor.
KINDS = ("solved", "untouched", "patches", "forges", "reaches", "exits", "endless", "reads-files", "other-lesson")

#: What only Landlock keeps out.
NEEDS_A_WALL = {"reads-files", "kills-grader", "kills-all"}


@pytest.fixture(scope="module")
def graded(handed_in: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[dict[str, int], str]]:
    folder = tmp_path_factory.mktemp("handed-in")
    kinds = [kind for kind in KINDS if kind not in NEEDS_A_WALL or not fence.strength()]
    submissions = [
        Submission(kind, LESSON, handed_in.write(folder, kind, LESSON, handed_in.CASES[kind].make(LESSON)))
        for kind in kinds
    ]
    found = grade(submissions, notebooks_folder(), Limits(cell_seconds=3, seconds=60), jobs=2)
    return {
        each.learner: (
            {mark.number: mark.points for mark in each.marks},
            " ".join([*each.notes, *(note for mark in each.marks for note in mark.notes)]),
        )
        for each in found
    }


@pytest.mark.parametrize("kind", KINDS)
def test_each_earns_what_it_has_done(
    kind: str, graded: dict[str, tuple[dict[str, int], str]], handed_in: ModuleType
) -> None:
    if kind not in graded:
        pytest.skip("this kernel has no Landlock")
    case = handed_in.CASES[kind]
    points, notes = graded[kind]
    assert points == handed_in.expected(case, LESSON)
    assert case.faults(notes) == []


@pytest.mark.skipif(os.name != "posix", reason="processes are looked for in /proc")
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are looked for in /proc")
def test_nothing_is_left_of_a_submission(handed_in: ModuleType, tmp_path: Path) -> None:
    leaves = "import subprocess\nsubprocess.Popen(['sleep', '4711'], start_new_session=True)"
    made = handed_in.with_answers(handed_in.solved(LESSON), {"00.2": f"# Exercise 00.2\n{leaves}"})
    path = handed_in.write(tmp_path, "ada", LESSON, made)
    grade([Submission("ada", LESSON, path)], notebooks_folder(), Limits(), jobs=1)
    left = []
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            left.append(each.read_bytes())
        except OSError:
            continue
    assert b"sleep\0004711\0" not in left


def test_the_command_prints_a_table_and_writes_marks_and_feedback(
    handed_in: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    submitted = tmp_path / "submitted"
    handed_in.write(submitted, "ada", LESSON, handed_in.CASES["half"].make(LESSON))
    handed_in.write(submitted, "bob", LESSON, b"no notebook")
    (submitted / "poem.ipynb").write_text("{}")
    marks, pages = tmp_path / "marks.csv", tmp_path / "pages"
    arguments = ["grade", str(submitted), "--lesson", "0", "--csv", str(marks), "--feedback", str(pages)]
    assert cli.main(arguments) == 0
    shown = capsys.readouterr().out
    assert "left out, because it names no lesson: poem.ipynb" in shown
    assert "bob, 00_start: The file is no notebook: it is not JSON." in shown
    rows = [line.split() for line in shown.splitlines() if line.startswith(("ada ", "bob "))]
    assert rows == [["ada", "3/7", "3/7", "43", "%", "yes"], ["bob", "0/7", "0/7", "0", "%", "yes"]]
    with marks.open(newline="", encoding="utf-8") as file:
        written = list(csv.DictReader(file))
    assert [(row["learner"], row["exercise"], row["points"], row["max"]) for row in written[:3]] == [
        ("ada", "00.1", "2", "3"), ("ada", "00.2", "0", "2"), ("ada", "00.3", "1", "2"),
    ]  # fmt: skip
    assert written[0]["open tasks"] == "its description is 'start'"
    page = (pages / "ada.md").read_text("utf-8")
    assert "### Exercise 00.1, your own key: 2 of 3" in page
    assert "- done: it lives in eu-west-1" in page
    assert "- open: its description is 'start'. create_key takes" in page
    assert "ireland.decrypt" not in page


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["no-such-folder"], "is no folder"),
        ([".", "--lesson", "77"], "There is no lesson '77'"),
        ([".", "--jobs", "0"], "--jobs takes 1 or more"),
        (["."], "There is no submission"),
    ],
)
def test_misuse_is_one_sentence(
    arguments: list[str],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["grade", *arguments]) == 2
    shown = capsys.readouterr().err
    assert words in shown
    assert shown.count("\n") == 1
