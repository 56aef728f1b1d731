"""The stored notebooks are what their sources make: the cells here, the outputs by nbval.

Both gates are tried out as well: a word changed in an output, and a line changed in a solution, must not pass.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from kmslab.classroom.build import Product, orphans, products, without_outputs

ROOT = Path(__file__).parents[2]
NOTEBOOKS = ROOT / "notebooks"
PRODUCTS = products(NOTEBOOKS)


def cells(notebook: nbformat.NotebookNode) -> list[tuple[str, str, list[str]]]:
    return [(cell.cell_type, cell.source, cell.metadata.get("tags", [])) for cell in notebook.cells]


def stored(product: Product) -> nbformat.NotebookNode:
    return nbformat.read(product.target, as_version=4)


def test_there_are_lessons() -> None:
    assert len(PRODUCTS) >= 12


@pytest.mark.parametrize("product", PRODUCTS, ids=lambda each: each.target.relative_to(NOTEBOOKS).as_posix())
def test_the_stored_cells_are_those_of_the_source(product: Product) -> None:
    assert cells(stored(product)) == cells(without_outputs(product)), "run: kmslab notebooks build"


def test_every_stored_notebook_has_a_source() -> None:
    assert orphans(NOTEBOOKS) == []


def test_a_changed_line_of_a_solution_is_noticed(tmp_path: Path) -> None:
    product = next(each for each in PRODUCTS if each.is_solution)
    source = tmp_path / product.source.name
    text = product.source.read_text("utf-8")
    answer = text.split("### BEGIN SOLUTION\n")[1].split("\n")[0]
    source.write_text(text.replace(answer, f"{answer}  # changed", 1), encoding="utf-8")
    changed = Product(source, product.target, is_solution=True)
    assert cells(stored(product)) != cells(without_outputs(changed))


def test_an_answer_never_shows_in_the_learners_copy() -> None:
    for product in PRODUCTS:
        if not product.is_solution and product.source.stem[0].isdigit():
            text = product.source.read_text("utf-8")
            answers = [part.split("### END SOLUTION")[0] for part in text.split("### BEGIN SOLUTION\n")[1:]]
            shown = product.target.read_text("utf-8")
            assert answers
            assert "SOLUTION" not in shown
            for answer in answers:
                longest = max(answer.strip().split("\n"), key=len).strip()
                assert nbformat.v4.new_code_cell(longest).source not in "".join(
                    cell.source for cell in stored(product).cells
                )


def nbval(*notebooks: Path) -> subprocess.CompletedProcess[str]:
    options = ["--nbval", "--nbval-current-env", f"--nbval-sanitize-with={ROOT / 'tests' / 'nbval_sanitize.cfg'}"]
    files = map(str, notebooks)
    return subprocess.run(  # noqa: S603
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "/dev/null", *options, *files],
        cwd=notebooks[0].parent, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_changed_word_of_an_output_is_noticed(tmp_path: Path) -> None:
    """nbval in full, as the test run has it: it passes the notebook as stored, and fails it with one word changed."""
    shutil.copy(NOTEBOOKS / "conftest.py", tmp_path)
    notebook = nbformat.read(NOTEBOOKS / "00_start.ipynb", as_version=4)
    last = next(number for number, cell in enumerate(notebook.cells) if "bytes in" in cell.source)
    notebook.cells = notebook.cells[: last + 1]
    text = nbformat.writes(notebook)
    assert text.count("bytes out") == 2  # in the source and in the output
    stored, changed = tmp_path / "stored.ipynb", tmp_path / "changed.ipynb"
    stored.write_text(text, encoding="utf-8")
    changed.write_text(text.replace("162 bytes out", "163 bytes out"), encoding="utf-8")
    done = nbval(stored, changed)
    assert done.returncode == 1, done.stdout
    assert "163 bytes out" in done.stdout
    failed = [line for line in done.stdout.splitlines() if line.startswith("FAILED")]
    assert len(failed) == 1, done.stdout
    assert "changed.ipynb" in failed[0]
