"""Lessons whose answers are the third hints, one after the other in one process: quicker than a kernel for each.

    python tests/notebooks/in_one_process.py NOTEBOOKS LESSON [LESSON ...]

prints what each check said, as JSON: by lesson, then by exercise; and what stopped a cell that should not have stopped.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import jupytext
from IPython.core.interactiveshell import InteractiveShell

from kmslab.exercises.catalogue import EXERCISES

#: A cell with an answer: its number, and the answer itself.
ANSWER = re.compile(r"(# Exercise (\d\d\.\d)\n(?:\w+ = None\n)?)### BEGIN SOLUTION\n.*?### END SOLUTION", re.S)
CHECK = re.compile(r'^check\("(\d\d\.\d)"', re.M)


def play(shell: Any, source: Path) -> dict[str, str]:
    """Run a lesson with its third hints as answers; what each check said, and `stopped` if a cell did."""
    said: dict[str, str] = {}
    # Read first: then a command stands there as a learner types it, without the comment sign of the source.
    for cell in jupytext.read(source, fmt="py:percent").cells:
        if cell.cell_type != "code":
            continue
        code = ANSWER.sub(lambda found: found.group(1) + EXERCISES[found.group(2)].hints[2], cell.source)
        if "SOLUTION" in code:
            said["stopped"] = f"an answer that is not found: {code}"
        done = shell.run_cell(code)
        if not done.success and "raises-exception" not in cell.metadata.get("tags", []):
            said["stopped"] = f"{code}\n{done.error_before_exec or done.error_in_exec!r}"
            break
        checked = CHECK.search(code)
        if checked:
            said[checked.group(1)] = repr(done.result).split(":")[0]
    return said


def main(folder: Path, names: list[str]) -> None:
    shell = InteractiveShell.instance()
    told = {}
    for name in names:
        with tempfile.TemporaryDirectory() as workspace:
            os.environ["KMSLAB_WORKSPACE"] = workspace
            os.chdir(workspace)
            with contextlib.redirect_stdout(io.StringIO()):
                told[name] = play(shell, folder / "source" / f"{name}.py")
                shell.run_line_magic("unload_ext", "kmslab")
                shell.reset(new_session=True, aggressive=True)
            os.chdir(folder)
    print(json.dumps(told))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
