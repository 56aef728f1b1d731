"""The third hint is nearly the solution: pasted in place of one, it runs and passes.

A lesson's own cells run with it, so a hint may use what the lesson has defined, and nothing else.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import jupytext
import nbformat
import pytest
from nbclient import NotebookClient

from kmslab.exercises.catalogue import EXERCISES

#: A cell with an answer: its number, and the answer itself.
ANSWER = re.compile(r"(# Exercise (\d\d\.\d)\n(?:\w+ = None\n)?)### BEGIN SOLUTION\n.*?### END SOLUTION", re.S)

LESSONS = (
    "00_start",
    "01_creating_keys",
    "02_aliases",
    "03_encrypt_from_the_command_line",
    "04_the_4_kb_limit",
    "05_envelope_encryption",
    "06_asymmetric_keys",
    "07_who_may_use_a_key",
    "08_three_kinds_of_keys",
    "09_rotation_and_lifecycle",
    "10_secrets",
    "11_s3_across_regions",
    "12_audit_trail",
    "13_what_it_costs",
)


@pytest.mark.parametrize("name", LESSONS)
def test_the_third_hints_of_a_lesson_solve_it(name: str, folder: Path, tmp_path: Path) -> None:
    # Read first: then a command stands there as a learner types it, without the comment sign of the source.
    notebook = jupytext.read(folder / "source" / f"{name}.py", fmt="py:percent")
    for cell in notebook.cells:
        cell.source = ANSWER.sub(lambda found: found.group(1) + EXERCISES[found.group(2)].hints[2], cell.source)
        assert "SOLUTION" not in cell.source
    env = {**os.environ, "KMSLAB_WORKSPACE": str(tmp_path), "TZ": "UTC"}
    client = NotebookClient(notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": tmp_path}})
    client.execute(env=env)
    assert verdicts(notebook) == {number: "PASS" for number in EXERCISES if number.startswith(name[:2])}


def verdicts(notebook: nbformat.NotebookNode) -> dict[str, str]:
    """What each check said first."""
    found = {}
    for cell in notebook.cells:
        match = re.search(r'^check\("(\d\d\.\d)"', cell.source, re.M)
        if cell.cell_type == "code" and match:
            found[match.group(1)] = cell.outputs[-1].data["text/plain"].split(":")[0]
    return found
