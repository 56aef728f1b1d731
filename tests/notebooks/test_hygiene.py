"""What nbval does not see: that outputs are stored and compared at all, and that a lesson has the parts of a lesson."""

from __future__ import annotations

import html
import itertools
import re
from pathlib import Path

import nbformat

#: nbval has no front end: these show one thing in JupyterLab and another under nbval.
UNSAFE = ("clear_output(", "display_id=", ".update_display(", "interact(", "interactive(", "input(", "%%capture")

#: What changes from machine to machine or from run to run.
UNSTABLE = re.compile(r"ResponseMetadata|/(?:home|tmp|root|Users)/|Botocore/|boto3/| at 0x")

#: A line that is no Python; also one whose result goes into a variable.
MAGIC = re.compile(r"(?:\w+ = )?([%!]+\w+)")

#: The lesson about the command line, and what its cells may use.
OF_COMMANDS = "03_encrypt_from_the_command_line"
COMMANDS = {"%aws", "%%bash"}

PARTS = (
    "**You will be able to**",
    "**Before you begin**",
    "**Time**:",
    "**Predict**",
    "## What went wrong?",
    "## Key points",
    "## Questions",
)


def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def code(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def prose(notebook: nbformat.NotebookNode) -> str:
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def test_every_cell_was_executed_from_top_to_bottom(any_notebook: Path) -> None:
    """nbval silently skips the comparison of a cell without an execution count."""
    cells = code(read(any_notebook))
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))


def test_the_outputs_are_compared(notebook: Path) -> None:
    cells = [cell for cell in code(read(notebook)) if cell.outputs]
    left_out = {"nbval-ignore-output", "nbval-skip"}
    compared = [cell for cell in cells if not left_out & set(cell.metadata.get("tags", []))]
    assert len(compared) >= 10
    assert len(compared) >= 0.9 * len(cells)


def test_nothing_in_it_needs_a_front_end_or_one_machine(any_notebook: Path) -> None:
    for cell in code(read(any_notebook)):
        assert not [each for each in UNSAFE if each in cell.source], cell.source
        for output in cell.outputs:
            assert "image/png" not in output.get("data", {}), (
                "nbval compares no pixels; draw with kmslab.jupyter.figures"
            )
            shown = str(output.get("data", output.get("text", "")))
            assert not UNSTABLE.search(shown), shown


def test_a_figure_has_its_content_as_text(any_notebook: Path) -> None:
    for cell in code(read(any_notebook)):
        for output in cell.outputs:
            page = output.get("data", {}).get("text/html", "")
            assert "image/svg+xml" not in output.get("data", {}), "JupyterLab gives it no alternative text"
            if "<img" in page:
                text = output.data["text/plain"]
                assert len(text.split("\n")) > 1
                assert f'<img alt="Figure: {html.escape(text.split(chr(10))[0])}. Its text follows."' in page
                assert html.escape(text, quote=False) in page


def test_only_announced_errors_occur(notebook: Path) -> None:
    announced = 0
    for cell in code(read(notebook)):
        errors = [output for output in cell.outputs if output.output_type == "error"]
        expected = "raises-exception" in cell.metadata.get("tags", [])
        assert bool(errors) == expected, cell.source
        announced += expected
        # An AWS error that the learner causes on purpose, and no mistake of ours.
        assert all("An error occurred (" in error.evalue for error in errors)
    assert announced >= 1


def test_the_first_code_cell_sets_up(notebook: Path) -> None:
    first = code(read(notebook))[0]
    assert first.source == "%load_ext kmslab"
    assert first.outputs[0].text.endswith("Set-up complete.\n")


def test_the_other_cells_are_plain_python_and_commands_where_they_are_the_lesson(notebook: Path) -> None:
    lines = [line.strip() for cell in code(read(notebook))[1:] for line in cell.source.split("\n")]
    magics = {match.group(1) for match in map(MAGIC.match, lines) if match}
    assert magics <= (COMMANDS if notebook.stem == OF_COMMANDS else set())


def test_a_lesson_has_its_parts(notebook: Path) -> None:
    text = prose(read(notebook))
    assert [part for part in PARTS if part not in text] == []
    assert re.search(r"^# \d\d ", text)
    assert re.search(r"\*\*Time\*\*: \d+ minutes", text)
    questions = text.split("## Questions")[1]
    assert re.findall(r"^(\d)\. ", questions, re.M) == ["1", "2", "3"]


def test_links_lead_somewhere(any_notebook: Path, folder: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)", prose(read(any_notebook))):
        assert (folder / target).exists(), target


def test_a_lesson_leads_to_the_index_and_to_the_glossary(notebook: Path) -> None:
    top = read(notebook).cells[0].source
    assert "[All lessons](index.ipynb)" in top
    assert "(glossary.ipynb)" in top


def test_the_lessons_are_linked_in_order(folder: Path) -> None:
    names = [path.name for path in sorted(folder.glob("[0-9]*.ipynb"))]
    for before, after in itertools.pairwise(names):
        assert f"({after})" in prose(read(folder / before)), f"{before} does not lead to {after}"
        assert f"({before})" in prose(read(folder / after)), f"{after} does not lead back to {before}"
