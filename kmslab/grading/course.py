"""The lessons as an nbgrader course, for instructors who work with nbgrader.

    kmslab notebooks nbgrader --course DIR

writes `DIR/source/<lesson>/<lesson>.ipynb` and `DIR/nbgrader_config.py`. The cells for exercises are solution cells,
each check is a locked cell of its own with a point for each task, and the lesson's own cells are locked. A check gives
its points as a number while KMSLAB_GRADING is 1, which the configuration sets for `nbgrader autograde` alone.

nbgrader runs a submission in one process with its checks, so that a cell can fool them; `kmslab grade` is not fooled.
Source: nbgrader documentation, "Autograded answers", and its metadata schema, version 3.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import jupytext

from kmslab.classroom.build import SOLUTION_ONLY
from kmslab.errors import KmslabError
from kmslab.exercises.catalogue import EXERCISES
from kmslab.grading.plan import Cell, checks_of

_SCHEMA = 3
_CHECK_LINE = re.compile(r"^check\(.*\)\n?\Z", re.M)

_CONFIGURATION = '''\
"""How nbgrader handles the lessons of kmslab."""

import os
import sys

c = get_config()
c.CourseDirectory.course_id = "kmslab"
c.CourseDirectory.root = os.path.dirname(os.path.abspath(__file__))
c.ClearSolutions.code_stub = {"python": "# Your turn."}
c.ExecutePreprocessor.timeout = 300
# What a lesson shows is what learners see, and no test of theirs.
c.ClearOutput.enabled = True
if "autograde" in sys.argv:
    # Checks give their points as a number then, and a sentence otherwise.
    os.environ["KMSLAB_GRADING"] = "1"
'''


def write_course(notebooks: Path, course: Path, lessons: Sequence[str] = ()) -> list[Path]:
    """Write the course.

    Args:
        notebooks: The workbook, with its `source/`.
        course: The folder of the course; made if need be. Other assignments in it stay.
        lessons: Only these, by name or number; all that have exercises unless said otherwise.

    Returns:
        The notebooks that were written.

    Raises:
        KmslabError: there is no such lesson, or the folder cannot be written.
    """
    sources = {path.stem: path for path in sorted((notebooks / "source").glob("[0-9][0-9]_*.py"))}
    for name in lessons:
        if not any(name in (stem, stem[:2]) for stem in sources):
            raise KmslabError(f"There is no lesson {name!r}; there are {', '.join(sources)}.")
    wanted = [stem for stem in sources if not lessons or stem in lessons or stem[:2] in lessons]
    written = []
    try:
        for stem in wanted:
            path = course / "source" / stem / f"{stem}.ipynb"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(notebook_of(sources[stem]), indent=1) + "\n", encoding="utf-8")
            written.append(path)
        configuration = course / "nbgrader_config.py"
        if not configuration.exists():
            configuration.write_text(_CONFIGURATION, encoding="utf-8")
    except OSError as error:
        raise KmslabError(f"{course} cannot be written: {error.strerror}.") from error
    return written


def notebook_of(source: Path) -> dict[str, Any]:
    """A lesson as nbgrader's `source` wants it: with answers between their marks, and with nbgrader's metadata."""
    cells = [made for cell in jupytext.read(source, fmt="py:percent").cells for made in _cells(cell)]
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number:03d}"
        if cell["cell_type"] == "code" and "nbgrader" not in cell["metadata"]:
            cell["metadata"]["nbgrader"] = _metadata(f"lesson-{number:03d}", locked=True)
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def _cells(cell: Any) -> Iterator[dict[str, Any]]:
    tags = cell.metadata.get("tags", [])
    if SOLUTION_ONLY in tags:
        return
    if cell.cell_type != "code":
        yield {"cell_type": cell.cell_type, "metadata": {}, "source": cell.source}
        return
    source, exercise = cell.source, Cell("", cell.source).exercise
    check = _CHECK_LINE.search(source)
    checked = [] if check is None else checks_of(check.group())
    if exercise and checked and check is not None:
        # nbgrader grades a cell that the learner cannot change.
        yield _code(source[: check.start()].rstrip("\n"), tags, _metadata(f"exercise-{exercise}", solution=True))
        source, exercise = check.group().strip(), ""
    if exercise:
        yield _code(source, tags, _metadata(f"exercise-{exercise}", solution=True))
    elif checked:
        number = checked[0][0]
        yield _code(source, tags, _metadata(f"check-{number}", locked=True, points=len(EXERCISES[number].tasks)))
    else:
        yield _code(source, tags)


def _code(source: str, tags: list[str], nbgrader: dict[str, Any] | None = None) -> dict[str, Any]:
    metadata: dict[str, Any] = {**({"tags": tags} if tags else {}), **({"nbgrader": nbgrader} if nbgrader else {})}
    return {"cell_type": "code", "metadata": metadata, "source": source, "outputs": [], "execution_count": None}


def _metadata(grade_id: str, *, solution: bool = False, locked: bool = False, points: int = 0) -> dict[str, Any]:
    found = {"grade": points > 0, "grade_id": grade_id.replace(".", "-"), "locked": locked, "solution": solution}
    return {**found, **({"points": points} if points else {}), "schema_version": _SCHEMA, "task": False}
