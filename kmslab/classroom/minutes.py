"""How long a lesson takes, counted from its cells, so that the number at its top is one rule for all lessons.

The rates are those of somebody who reads technical English without hurry, tries what is predicted, and solves the
exercises with a hint now and then. A reader who only runs the cells needs less than half of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

#: Words of prose in a minute. Less than the usual 200: the text is dense, and many read it in a second language.
_WORDS_A_MINUTE = 150
#: Seconds to read a line of code, to run a cell and look at what it says, and to write a line oneself.
_LINE_READ, _CELL_RUN, _LINE_WRITTEN = 4, 6, 20
#: Seconds to understand what an exercise asks for, and to read what its check says.
_EXERCISE = 120
_STEP = 5

_WORD = re.compile(r"\w[\w'.-]*")
_FOLDED = "hide-input"


def minutes(learner: Iterable[Any], solution: Iterable[Any]) -> int:
    """How many minutes a lesson takes, a multiple of five.

    Args:
        learner: The cells of the learner's notebook.
        solution: The cells of its solution: what it has more is what a learner writes.
    """
    cells = list(learner)
    code = [cell for cell in cells if cell.cell_type == "code"]
    words = sum(len(_WORD.findall(cell.source)) for cell in cells if cell.cell_type == "markdown")
    exercises = sum('check("' in cell.source for cell in code)
    written = max(0, _lines(solution) - _lines(cells))
    seconds = (
        words * 60 / _WORDS_A_MINUTE
        + _lines(cells) * _LINE_READ
        + len(code) * _CELL_RUN
        + exercises * _EXERCISE
        + written * _LINE_WRITTEN
    )
    return max(_STEP, round(seconds / 60 / _STEP) * _STEP)


def _lines(cells: Iterable[Any]) -> int:
    """The lines of code that are there to be read."""
    shown = (cell.source for cell in cells if cell.cell_type == "code" and _FOLDED not in cell.metadata.get("tags", []))
    return sum(bool(line.strip()) for source in shown for line in source.split("\n"))
