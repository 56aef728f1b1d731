"""Building a lesson: the learner's copy, the solution, the same bytes twice."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from kmslab.classroom.build import Built, build, products, without_outputs
from kmslab.errors import KmslabError

LESSON = """\
# %% [markdown]
# # 00 A lesson

# %%
# %load_ext kmslab

# %%
import random
print("one")
print("two")

# %%
# Exercise 00.1
given = 1
### BEGIN SOLUTION
answer = given + 1
answer
### END SOLUTION

# %% tags=["solution-only"]
print("for the teacher")

# %% tags=["hide-input"]
3

# %% tags=["raises-exception"]
{}["missing"]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "00_a_lesson.py").write_text(LESSON)
    return tmp_path


def sources(notebook: nbformat.NotebookNode) -> list[str]:
    return [cell.source for cell in notebook.cells]


def test_a_lesson_makes_two_notebooks(folder: Path) -> None:
    learner, solution = products(folder)
    assert (learner.target, learner.is_solution) == (folder / "00_a_lesson.ipynb", False)
    assert (solution.target, solution.is_solution) == (folder / "solutions" / "00_a_lesson.ipynb", True)


def test_the_learners_copy_has_a_line_for_the_answer(folder: Path) -> None:
    learner, solution = (without_outputs(product) for product in products(folder))
    assert sources(learner)[3] == "# Exercise 00.1\ngiven = 1\n# Your turn."
    assert sources(solution)[3] == "# Exercise 00.1\ngiven = 1\nanswer = given + 1\nanswer"
    assert "for the teacher" not in str(sources(learner))
    assert "for the teacher" in str(sources(solution))
    assert sources(learner)[1] == "%load_ext kmslab"


def test_building_twice_gives_the_same_bytes(folder: Path) -> None:
    first: list[Built] = []
    second: list[Built] = []
    build(folder, first.append)
    build(folder, second.append)
    assert [each.text for each in first] == [each.text for each in second]
    assert not first[0].is_stored
    first[0].product.target.write_text(first[0].text)
    assert first[0].is_stored
    notebook = nbformat.reads(first[1].text, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == [1, 2, 3, 4, 5, 6]
    assert code[0].outputs[0].text.endswith("Set-up complete.\n")
    assert code[1].outputs[0].text == "one\ntwo\n"
    assert code[2].outputs[0].data["text/plain"] == "2"
    assert code[4].metadata == {"tags": ["hide-input"], "jupyter": {"source_hidden": True}}
    assert code[5].outputs[0].traceback == ["KeyError: 'missing'"]
    assert str(folder) not in first[1].text


def test_a_lesson_that_fails_says_where(folder: Path) -> None:
    (folder / "source" / "00_a_lesson.py").write_text("# %%\n1 / 0\n")
    with pytest.raises(KmslabError, match=r"00_a_lesson does not run to its end"):
        build(folder, lambda built: None)


def test_unmatched_markers_do_not_leak_a_solution(folder: Path) -> None:
    (folder / "source" / "00_a_lesson.py").write_text("# %%\n### BEGIN SOLUTION\nsecret = 1\n")
    with pytest.raises(KmslabError, match="markers do not match"):
        without_outputs(products(folder)[0])
