"""How long a learner waits, by lesson: from starting the kernel to the set-up, and to the first result after it.

    python tests/benchmarks/first_result.py [--rounds N]

A fresh kernel for each lesson and round, cells as the learner's notebook has them. The first result is the first cell
after the set-up that shows something. Medians over the rounds, in seconds.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="(%(default)s)")
    options = parser.parse_args()
    print(f"{'lesson':36}{'kernel':>8}{'set up':>8}{'result':>8}")
    slowest = 0.0
    for path in sorted(NOTEBOOKS.glob("[0-9]*.ipynb")):
        rounds = [seconds(path) for _ in range(options.rounds)]
        kernel, set_up, result = (statistics.median(each) for each in zip(*rounds, strict=True))
        print(f"{path.stem:36}{kernel:8.2f}{set_up:8.2f}{result:8.2f}", flush=True)
        slowest = max(slowest, result)
    print(f"the slowest: {slowest:.2f} s")


def seconds(path: Path) -> tuple[float, float, float]:
    """Since the start: until the kernel answers, until the set-up is complete, until the first result."""
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    with tempfile.TemporaryDirectory() as workspace:
        notebook = nbformat.v4.new_notebook(cells=cells)
        client = NotebookClient(
            notebook,
            kernel_name="python3",
            extra_arguments=["--log-level=ERROR"],
            resources={"metadata": {"path": workspace}},
        )
        client.create_kernel_manager()
        start = time.perf_counter()
        marks = []
        with client.setup_kernel(env={**os.environ, "KMSLAB_WORKSPACE": workspace}):
            marks.append(time.perf_counter() - start)
            for number, cell in enumerate(cells):
                client.execute_cell(cell, number)
                if number == 0:
                    marks.append(time.perf_counter() - start)
                elif cell.outputs:
                    return marks[0], marks[1], time.perf_counter() - start
    raise SystemExit(f"{path.name} shows nothing after its set-up.")


if __name__ == "__main__":
    main()
