"""The table, the CSV file and the pages of feedback."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from kmslab.errors import KmslabError
from kmslab.exercises.catalogue import EXERCISES
from kmslab.exercises.model import Item
from kmslab.grading import report
from kmslab.grading.marks import Graded, mark, numbers_of


def graded(learner: str, lesson: str, done: int, note: str = "") -> Graded:
    marks = []
    for number in numbers_of(lesson):
        tasks = EXERCISES[number].tasks
        items = [Item(task.label, place < done, "look here") for place, task in enumerate(tasks)]
        marks.append(mark(learner, lesson, number, items, [note] if note else []))
    return Graded(learner, lesson, tuple(marks))


def test_the_table_has_a_row_for_each_learner_and_a_column_for_each_lesson() -> None:
    table = report.table([graded("ada", "00_start", 9), graded("ada", "02_aliases", 1), graded("bob", "00_start", 0)])
    assert table.columns == ("Learner", "00_start", "02_aliases", "Sum", "Of it done", "Notes")
    assert table.rows == [
        ("ada", "7/7", "3/11", "10/18", "56 %", ""),
        ("bob", "0/7", "-", "0/7", "0 %", ""),
    ]


def test_no_cell_of_the_csv_file_is_a_formula(tmp_path: Path) -> None:
    report.write_csv([graded("=cmd()", "00_start", 0, "@SUM(1)")], tmp_path / "marks.csv")
    with (tmp_path / "marks.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert tuple(rows[0]) == report.COLUMNS
    assert rows[1][0] == "'=cmd()"
    assert rows[1][-1] == "'@SUM(1)"


def test_feedback_says_what_is_open_and_never_the_third_hint(tmp_path: Path) -> None:
    lessons = sorted({number[:2] for number in EXERCISES})
    page = report.feedback("ada", [graded("ada", lesson, 1) for lesson in lessons])
    assert page.count("### Exercise ") == len(EXERCISES)
    assert "- open: it lives in eu-west-1. look here" in page
    assert not [each.number for each in EXERCISES.values() if each.hints[2] in page]


def test_what_learners_write_is_text_in_their_page() -> None:
    page = report.feedback("<b>ada</b>", [graded("x", "00_start", 0, "NameError: `x` <script>\n# big")])
    assert "<script>" not in page.replace("\\<script", "")
    assert "\n# big" not in page
    assert "# Feedback for \\<b\\>ada" in page


def test_every_learner_has_a_file_of_their_own(tmp_path: Path) -> None:
    names = ["ada", "Ada", "../../etc/passwd", "a/b", "...", ""]
    paths = report.write_feedback([graded(name, "00_start", 0) for name in names], tmp_path / "pages")
    assert len({path.name.lower() for path in paths}) == len(names)
    assert {path.parent for path in paths} == {tmp_path / "pages"}


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(KmslabError, match="cannot be written"):
        report.write_csv([], tmp_path / "none" / "marks.csv")
    with pytest.raises(KmslabError, match="cannot be written"):
        report.write_feedback([graded("ada", "00_start", 0)], tmp_path / "file")
