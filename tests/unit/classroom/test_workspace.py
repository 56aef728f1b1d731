"""Copying the workbook: everything arrives, and nothing that the learner wrote is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from kmslab.classroom.sources import notebooks_folder
from kmslab.classroom.workspace import CopyReport, copy_workbook
from kmslab.errors import KmslabError


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "shipped"
    (folder / "solutions").mkdir(parents=True)
    (folder / "source").mkdir()
    (folder / "00_a.ipynb").write_text("a1")
    (folder / "01_b.ipynb").write_text("b1")
    (folder / "solutions" / "00_a.ipynb").write_text("sa1")
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


def test_a_second_copy_finds_everything_there(source: Path, target: Path) -> None:
    copy_workbook(source, target)
    assert copy_workbook(source, target) == CopyReport(current=ALL)


def test_what_the_learner_changed_is_kept(source: Path, target: Path) -> None:
    copy_workbook(source, target)
    (target / "00_a.ipynb").write_text("my work")
    (source / "00_a.ipynb").write_text("a2")
    (source / "01_b.ipynb").write_text("b2")
    report = copy_workbook(source, target)
    assert report == CopyReport(copied=["01_b.ipynb"], kept=["00_a.ipynb"], current=["solutions/00_a.ipynb"])
    assert (target / "00_a.ipynb").read_text() == "my work"
    assert (target / "01_b.ipynb").read_text() == "b2"


def test_force_writes_over_changes(source: Path, target: Path) -> None:
    copy_workbook(source, target)
    (target / "00_a.ipynb").write_text("my work")
    assert copy_workbook(source, target, force=True).copied == ["00_a.ipynb"]
    assert (target / "00_a.ipynb").read_text() == "a1"


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
