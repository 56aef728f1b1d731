"""Whose a notebook is and which lesson, from where it lies and what it is called."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from kmslab.errors import KmslabError
from kmslab.grading.submissions import NOBODY, find

LESSONS = ["00_start", "01_creating_keys", "04_the_4_kb_limit"]


def put(folder: Path, name: str, source: str = "pass") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"cells": [{"cell_type": "code", "source": source}]}))
    return path


@pytest.mark.parametrize(
    ("name", "learner", "lesson"),
    [
        ("ada/00_start.ipynb", "ada", "00_start"),
        ("Ada Lovelace_1234_file/00_start.ipynb", "Ada Lovelace_1234_file", "00_start"),
        ("ada/work/04_the_4_kb_limit.ipynb", "ada", "04_the_4_kb_limit"),
        ("ada/00_start/00_start.ipynb", "ada", "00_start"),
        ("ada/01_creating_keys/x.ipynb", "ada", "01_creating_keys"),
        ("ada_00_start.ipynb", "ada", "00_start"),
        ("ada.lovelace-00_start.ipynb", "ada.lovelace", "00_start"),
        ("00_start_ada.ipynb", "ada", "00_start"),
        ("00_start-Copy1.ipynb", NOBODY, "00_start"),
        ("ada_00_start (2).ipynb", "ada", "00_start"),
        ("00_start.ipynb", NOBODY, "00_start"),
        ("lesson 04 ada.ipynb", "lesson_ada", "04_the_4_kb_limit"),
        ("2004/01_creating_keys.ipynb", "2004", "01_creating_keys"),
        ("user2004_01.ipynb", "user2004", "01_creating_keys"),
    ],
)
def test_layouts(name: str, learner: str, lesson: str, tmp_path: Path) -> None:
    path = put(tmp_path, name)
    found = find(tmp_path, LESSONS)
    assert [(each.learner, each.lesson, each.path) for each in found.submissions] == [(learner, lesson, path)]


def test_a_name_that_says_nothing_is_read_in_the_notebook(tmp_path: Path) -> None:
    path = put(tmp_path, "ada/homework.ipynb", "# Exercise 04.2\nx = 1")
    strange = put(tmp_path, "ada/poem.ipynb")
    found = find(tmp_path, LESSONS)
    assert [(each.lesson, each.path) for each in found.submissions] == [("04_the_4_kb_limit", path)]
    assert found.unknown == (strange,)


def test_checkpoints_and_solutions_are_not_handed_in(tmp_path: Path) -> None:
    for name in ("ada/.ipynb_checkpoints/00_start.ipynb", "ada/solutions/00_start.ipynb", "ada/._00_start.ipynb"):
        put(tmp_path, name)
    assert find(tmp_path, LESSONS).submissions == ()


def test_of_several_the_newest_is_taken_and_the_others_are_told(tmp_path: Path) -> None:
    new, old = put(tmp_path, "ada/00_start.ipynb"), put(tmp_path, "ada/00_start-Copy1.ipynb")
    os.utime(old, (1, 1))
    (only,) = find(tmp_path, LESSONS).submissions
    assert (only.path, only.others) == (new, (old,))


@pytest.mark.parametrize("name", ["04", "4", "04_the_4_kb_limit"])
def test_only_the_wanted_lessons(name: str, tmp_path: Path) -> None:
    for lesson in LESSONS:
        put(tmp_path, f"ada/{lesson}.ipynb")
    assert [each.lesson for each in find(tmp_path, LESSONS, [name]).submissions] == ["04_the_4_kb_limit"]


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(KmslabError, match="no lesson '99'"):
        find(tmp_path, LESSONS, ["99"])
    with pytest.raises(KmslabError, match="is no folder"):
        find(tmp_path / "none", LESSONS)
