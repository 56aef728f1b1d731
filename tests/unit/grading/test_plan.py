"""Which cells of a submission run, and where among the lesson's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kmslab.errors import KmslabError
from kmslab.grading.plan import Cell, Plan, code_cells, numbers_in, plan

LESSON = [
    Cell("a", "%load_ext kmslab"),
    Cell("b", "import boto3"),
    Cell("c", "# Exercise 00.1\n# Your turn."),
    Cell("d", 'check("00.1")'),
    Cell("e", "print(1)"),
    Cell("f", '# Exercise 00.2\nanswer = None\n# Your turn.\ncheck("00.2", answer)'),
    Cell("g", "print(2)"),
]


def told(made: Plan) -> list[str]:
    return [f"check {step.exercise} {step.answer}".strip() if step.is_check else step.source for step in made.steps]


def test_an_untouched_notebook_is_the_lesson_itself() -> None:
    made = plan(LESSON, LESSON)
    assert told(made) == [
        "%load_ext kmslab", "import boto3", "# Exercise 00.1\n# Your turn.", "check 00.1", "print(1)",
        LESSON[5].source, "check 00.2 answer", "print(2)",
    ]  # fmt: skip
    assert made.untouched == {"00.1", "00.2"}
    assert made.notes == {}


@pytest.mark.parametrize(
    "cells",
    [
        [Cell("c", "# Exercise 00.1\nsolved = 1")],
        [Cell("", "# Exercise 00.1\nsolved = 1")],
        [Cell("x", "  ## Exercise 00.1\nsolved = 1")],
        [Cell("c", "solved = 1")],
        [LESSON[0], LESSON[1], Cell("x", "solved = 1"), LESSON[3]],
        [LESSON[2], Cell("x", "solved = 1"), LESSON[3]],
        [LESSON[2], LESSON[3], Cell("x", "solved = 1")],
        [Cell("d", 'solved = 1\ncheck("00.1")'), LESSON[2]],
    ],
    ids=[
        "by both",
        "by its line",
        "by a similar line",
        "by its id",
        "instead",
        "below",
        "below the check",
        "in the check",
    ],
)
def test_what_was_written_for_an_exercise_runs_before_its_check(cells: list[Cell]) -> None:
    made = plan(LESSON, cells)
    lines = told(made)
    mine = next(place for place, line in enumerate(lines) if "solved = 1" in line)
    assert lines.index("import boto3") < mine < lines.index("check 00.1") < lines.index("print(1)")


def test_cells_in_another_order_are_put_back() -> None:
    mine = [Cell("c", "# Exercise 00.1\nfirst"), Cell("f", "# Exercise 00.2\nsecond")]
    made = plan(LESSON, [*mine[::-1], *LESSON[::-1]])
    lines = told(made)
    assert lines.index("# Exercise 00.1\nfirst") < lines.index("check 00.1") < lines.index("# Exercise 00.2\nsecond")
    assert lines[-2:] == ["check 00.2 answer", "print(2)"]


def test_edited_cells_of_the_lesson_are_as_they_were_and_that_is_noted() -> None:
    made = plan(LESSON, [Cell("b", "import boto3 as nonsense"), Cell("e", "print(1)\nmine = 2")])
    assert "import boto3" in told(made)
    assert "import boto3 as nonsense" not in told(made)
    assert told(made)[told(made).index("print(1)") + 1].strip() == "mine = 2"
    assert "A cell of the lesson was edited" in made.notes[""][0]


def test_a_deleted_answer_is_noted_and_still_checked() -> None:
    made = plan(LESSON, [LESSON[0]])
    assert made.notes["00.1"] == ["The cell for this exercise was deleted."]
    assert {"check 00.1", "check 00.2 answer"} <= set(told(made))


def test_a_cell_may_name_its_exercise_below_a_magic() -> None:
    assert Cell("", "%%bash\n# Exercise 03.2\nls").exercise == "03.2"
    assert Cell("", "print('# Exercise 03.2')").exercise == ""


def test_a_notebook_is_read_whatever_else_is_in_it(tmp_path: Path) -> None:
    path = tmp_path / "x.ipynb"
    cells = [{"cell_type": "code", "source": ["a = 1\n", "b = 2"]}, {"cell_type": "markdown", "source": "x"}, 7, None]
    path.write_text(json.dumps({"cells": cells}), encoding="utf-8-sig")
    assert code_cells(path) == [Cell("", "a = 1\nb = 2")]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"[" * 9000, b"[]", b'{"cells": 1}', b'{"worksheets": []}'])
def test_what_is_no_notebook_is_refused_in_one_sentence(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.ipynb"
    path.write_bytes(content)
    with pytest.raises(KmslabError, match="no notebook"):
        code_cells(path)
    with pytest.raises(KmslabError, match="cannot be read"):
        code_cells(tmp_path / "none.ipynb")


def test_exercises_are_known_by_their_cells_and_checks() -> None:
    assert numbers_in(LESSON) == {"00.1", "00.2"}
    assert numbers_in([Cell("", 'x = 1\ncheck("05.2", x)'), Cell("", "def broken(:\ncheck('06.1')")]) == {"05.2"}
