"""From a lesson's text to its two notebooks, the learner's and the solution: executed, normalised, with their outputs.

A lesson is written once, as percent-format text in `notebooks/source/`. Its answers stand between `### BEGIN SOLUTION`
and `### END SOLUTION`; in the learner's copy a line takes their place. A cell tagged `solution-only` is left out there.
`{minutes}` is how long the lesson takes. A text whose name has no number is a page, such as the index: one notebook.
Outputs are stored, because nbval compares nothing in a notebook without them; whatever changes from run to run without
meaning anything (times, widget ids, paths in tracebacks) is taken out, so that building twice gives the same bytes.
"""

from __future__ import annotations

import asyncio
import copy
import os
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbclient import NotebookClient

from kmslab.classroom.minutes import minutes
from kmslab.errors import KmslabError

_ANSWER = re.compile(r"^(?P<indent>[ \t]*)### BEGIN SOLUTION\n.*?^[ \t]*### END SOLUTION[ \t]*$", re.M | re.S)
_MARKER = re.compile(r"^[ \t]*### (?:BEGIN|END) SOLUTION[ \t]*\n?", re.M)
_YOUR_TURN = r"\g<indent># Your turn."
SOLUTION_ONLY = "solution-only"
_MINUTES = "{minutes}"
#: A cell whose code would only distract, such as the text of a figure; JupyterLab folds it.
_HIDE_INPUT = "hide-input"
_WIDGET = "application/vnd.jupyter.widget-view+json"
_CELL_TIMEOUT = 300
#: Kernels that run at the same time.
_AT_ONCE = 2

#: The same in every notebook, whichever Python built it.
_METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


@dataclass(frozen=True, slots=True)
class Product:
    """One notebook to be built.

    Attributes:
        source: The lesson's text.
        target: The notebook file.
        is_solution: Whether it keeps the answers.
    """

    source: Path
    target: Path
    is_solution: bool


@dataclass(frozen=True, slots=True)
class Built:
    """A notebook as it should be, and whether the stored one is."""

    product: Product
    text: str

    @property
    def is_stored(self) -> bool:
        """Whether the stored notebook has exactly this text."""
        target = self.product.target
        return target.exists() and target.read_text(encoding="utf-8") == self.text


def products(folder: Path) -> list[Product]:
    """All notebooks that the lessons in `folder/source` make, in lesson order."""
    found = []
    for source in sorted((folder / "source").glob("*.py")):
        name = f"{source.stem}.ipynb"
        found.append(Product(source, folder / name, is_solution=False))
        if _is_lesson(source):
            found.append(Product(source, folder / "solutions" / name, is_solution=True))
    return found


def _is_lesson(source: Path) -> bool:
    return source.stem[:2].isdigit()


def build(folder: Path, report: Callable[[Built], None]) -> None:
    """Build every notebook, two at a time, and report each as it should be, in lesson order. Writes nothing.

    Raises:
        KmslabError: a lesson does not run to its end.
    """
    wanted = products(folder)
    # Pages say something about the lessons, which have to be there.
    for kind in (True, False):
        asyncio.run(_build_all([each for each in wanted if _is_lesson(each.source) == kind], report))


async def _build_all(wanted: list[Product], report: Callable[[Built], None]) -> None:
    places = asyncio.Semaphore(_AT_ONCE)

    async def one(product: Product) -> Built:
        async with places:
            return await _build(product)

    tasks = [asyncio.create_task(one(product)) for product in wanted]
    try:
        for task in tasks:
            report(await task)
    finally:
        # After a failure too, the kernels that run are waited for and not left behind.
        await asyncio.gather(*tasks, return_exceptions=True)


def orphans(folder: Path) -> list[Path]:
    """Stored notebooks that no lesson makes any more."""
    wanted = {product.target for product in products(folder)}
    stored = [path for path in sorted(folder.rglob("*.ipynb")) if ".ipynb_checkpoints" not in path.parts]
    return [path for path in stored if path not in wanted]


def without_outputs(product: Product) -> Any:
    """The notebook's cells as its source has them, not executed."""
    notebook = jupytext.read(product.source, fmt="py:percent")
    learner, solution = _learner(notebook), _solution(notebook)
    made = solution if product.is_solution else learner
    taken = minutes(learner.cells, solution.cells)
    for cell in made.cells:
        if cell.cell_type == "markdown":
            cell.source = cell.source.replace(_MINUTES, str(taken))
    return made


async def _build(product: Product) -> Built:
    return Built(product, _text(_normalise(await _execute(without_outputs(product), product.source.stem))))


def _learner(notebook: Any) -> Any:
    made = copy.deepcopy(notebook)
    made.cells = [cell for cell in made.cells if SOLUTION_ONLY not in cell.metadata.get("tags", [])]
    for cell in made.cells:
        cell.source = _ANSWER.sub(_YOUR_TURN, cell.source)
        if "SOLUTION" in cell.source:
            raise KmslabError(f"A solution would show in the learner's copy: its markers do not match.\n{cell.source}")
    return made


def _solution(notebook: Any) -> Any:
    made = copy.deepcopy(notebook)
    for cell in made.cells:
        cell.source = _MARKER.sub("", cell.source).rstrip("\n")
    return made


async def _execute(notebook: Any, name: str) -> Any:
    # A lesson runs in a folder of its own: it may write files, and a learner's progress is not the builder's.
    with tempfile.TemporaryDirectory() as workspace:
        # boto3 shows dates in the machine's own time zone.
        env = {**os.environ, "KMSLAB_WORKSPACE": workspace, "TZ": "UTC"}
        client = NotebookClient(
            notebook,
            timeout=_CELL_TIMEOUT,
            kernel_name="python3",
            store_widget_state=False,
            # A text printed in one go may arrive in pieces.
            coalesce_streams=True,
            extra_arguments=["--log-level=ERROR"],
            resources={"metadata": {"path": workspace}},
        )
        try:
            await client.async_execute(env=env)
        except Exception as error:
            raise KmslabError(f"{name} does not run to its end: {error}") from error
    return notebook


def _normalise(notebook: Any) -> Any:
    notebook.metadata = nbformat.from_dict(_METADATA)
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number:03d}"
        tags = cell.metadata.get("tags", [])
        kept: dict[str, Any] = {"tags": tags} if tags else {}
        if _HIDE_INPUT in tags:
            kept["jupyter"] = {"source_hidden": True}
        cell.metadata = nbformat.from_dict(kept)
        for output in cell.get("outputs", ()):
            if "data" in output:
                output.data.pop(_WIDGET, None)
            if output.output_type == "error":
                output.traceback = [f"{output.ename}: {output.evalue}"]
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return notebook


def _text(notebook: Any) -> str:
    return str(nbformat.writes(notebook)) + "\n"
