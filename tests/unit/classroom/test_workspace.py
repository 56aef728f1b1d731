"""Copying the workbook: everything arrives, and nothing that the learner wrote is lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kmslab.classroom.sources import notebooks_folder
from kmslab.classroom.workspace import CopyReport, copy_workbook
from kmslab.errors import KmslabError


def _notebook(source: str, outputs: list[Any], count: int | None) -> str:
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": f"é {source}"},
        {"cell_type": "code", "execution_count": count, "metadata": {}, "outputs": outputs, "source": source},
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4}, indent=1, ensure_ascii=False) + "\n"


def notebook(source: str) -> str:
    """As it is shipped."""
    return _notebook(source, [{"name": "stdout", "output_type": "stream", "text": "the answer"}], 7)


def without_outputs(source: str) -> str:
    """As a learner begins with it."""
    return _notebook(source, [], None)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "shipped"
    (folder / "solutions").mkdir(parents=True)
    (folder / "source").mkdir()
    (folder / "00_a.ipynb").write_text(notebook("a1"))
    (folder / "01_b.ipynb").write_text(notebook("b1"))
    (folder / "solutions" / "00_a.ipynb").write_text(notebook("sa1"))
    (folder / "source" / "00_a.py").write_text("not for learners")
    (folder / "conftest.py").write_text("not for learners")
    return folder


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "mine" / "workbook"


ALL = ["00_a.ipynb", "01_b.ipynb", "solutions/00_a.ipynb"]


def test_the_first_copy_brings_notebooks_and_solutions(source: Path, target: Path) -> None:
    report = copy_workbook(source, target)
    assert report == CopyReport(copied=ALL)
    assert sorted(path.relative_to(target).as_posix() for path in target.rglob("*.*") if path.is_file()) == [
        ".kmslab/copied.json",
        *ALL,
    ]


def test_a_lesson_arrives_without_its_outputs_and_a_solution_with_them(source: Path, target: Path) -> None:
    (source / "index.ipynb").write_text(notebook("course()"))
    copy_workbook(source, target)
    assert (target / "00_a.ipynb").read_text() == without_outputs("a1")
    assert (target / "solutions" / "00_a.ipynb").read_text() == notebook("sa1")
    assert (target / "index.ipynb").read_text() == notebook("course()")


def test_a_second_copy_finds_everything_there(source: Path, target: Path) -> None:
    copy_workbook(source, target)
    assert copy_workbook(source, target) == CopyReport(current=ALL)


def test_what_the_learner_changed_is_kept(source: Path, target: Path) -> None:
    copy_workbook(source, target)
    (target / "00_a.ipynb").write_text("my work")
    (source / "00_a.ipynb").write_text(notebook("a2"))
    (source / "01_b.ipynb").write_text(notebook("b2"))
    report = copy_workbook(source, target)
    assert report == CopyReport(copied=["01_b.ipynb"], kept=["00_a.ipynb"], current=["solutions/00_a.ipynb"])
    assert (target / "00_a.ipynb").read_text() == "my work"
    assert (target / "01_b.ipynb").read_text() == without_outputs("b2")


def test_force_writes_over_changes(source: Path, target: Path) -> None:
    copy_workbook(source, target)
    (target / "00_a.ipynb").write_text("my work")
    assert copy_workbook(source, target, force=True).copied == ["00_a.ipynb"]
    assert (target / "00_a.ipynb").read_text() == without_outputs("a1")


def test_a_file_that_was_never_copied_is_kept(source: Path, target: Path) -> None:
    target.mkdir(parents=True)
    (target / "00_a.ipynb").write_text("a notebook of the same name")
    assert copy_workbook(source, target).kept == ["00_a.ipynb"]


def test_a_deleted_notebook_comes_back(source: Path, target: Path) -> None:
    copy_workbook(source, target)
    (target / "01_b.ipynb").unlink()
    assert copy_workbook(source, target).copied == ["01_b.ipynb"]


def test_a_file_is_no_folder(source: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(KmslabError, match="is a file; name a folder"):
        copy_workbook(source, tmp_path / "file")


def test_the_source_is_no_target(source: Path) -> None:
    with pytest.raises(KmslabError, match="name another folder"):
        copy_workbook(source, source)


def test_a_checkout_has_its_notebooks_beside_the_package() -> None:
    assert (notebooks_folder() / "00_start.ipynb").is_file()
    assert (notebooks_folder() / "source" / "00_start.py").is_file()
