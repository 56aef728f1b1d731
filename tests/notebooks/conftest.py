"""The stored notebooks, by lesson."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test for every lesson that takes `lesson`, for every stored notebook of a lesson that takes `notebook`.

    And for every stored notebook, the index and the glossary among them, that takes `any_notebook`.
    """
    if "lesson" in metafunc.fixturenames:
        lessons = [path.stem for path in sorted((NOTEBOOKS / "source").glob("[0-9]*.py"))]
        metafunc.parametrize("lesson", lessons)
    for name, pattern in (("notebook", "[0-9]*.ipynb"), ("any_notebook", "*.ipynb")):
        if name in metafunc.fixturenames:
            paths = [*sorted(NOTEBOOKS.glob(pattern)), *sorted(NOTEBOOKS.glob("solutions/*.ipynb"))]
            metafunc.parametrize(name, paths, ids=[path.relative_to(NOTEBOOKS).as_posix() for path in paths])


@pytest.fixture
def folder() -> Path:
    """Where the workbook lies."""
    return NOTEBOOKS


@pytest.fixture
def learner(lesson: str) -> nbformat.NotebookNode:
    """The learner's copy of a lesson."""
    return nbformat.read(NOTEBOOKS / f"{lesson}.ipynb", as_version=4)


@pytest.fixture
def solution(lesson: str) -> nbformat.NotebookNode:
    """The solution of a lesson."""
    return nbformat.read(NOTEBOOKS / "solutions" / f"{lesson}.ipynb", as_version=4)
