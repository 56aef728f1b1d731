"""What is run for a submission: the lesson's own cells, and between them the learner's.

A learner's cell is found by its first line, `# Exercise NN.N`, then by its id, then by where it stands. Cells that the
learner has added run where they stand among the lesson's. A cell of the lesson that was edited runs as the lesson has
it; what was written below its own text runs after it.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kmslab.errors import KmslabError

#: A notebook with pictures has some megabytes; one that printed in a loop has more.
LARGEST_MB = 250

_MARKER = re.compile(r"^(?:%%\w+.*\n)?[ \t]*(?:#[ \t]*)+Exercise[ \t]+(\d\d\.\d)\b")


@dataclass(frozen=True)
class Cell:
    """A code cell."""

    id: str
    source: str

    @property
    def text(self) -> str:
        """What tells one cell from another: its source without what editors add."""
        return "\n".join(line.rstrip() for line in self.source.strip().splitlines())

    @property
    def exercise(self) -> str:
        """The exercise that its first line names, or nothing."""
        found = _MARKER.match(self.source.lstrip())
        return found.group(1) if found else ""


@dataclass(frozen=True)
class Step:
    """One thing to do in the seat.

    Attributes:
        source: The cell to run; empty for a check.
        exercise: The exercise that a learner's cell or a check belongs to; empty for the lesson's own cells.
        is_check: Whether the exercise is checked now.
        answer: For a check, the expression of the answer; empty where none is handed over.
        is_lesson: Whether it is the lesson's own cell.
        may_fail: Whether the lesson means the cell to fail.
    """

    source: str = ""
    exercise: str = ""
    is_check: bool = False
    answer: str = ""
    is_lesson: bool = False
    may_fail: bool = False


@dataclass(frozen=True)
class Plan:
    """The steps of one submission.

    Attributes:
        steps: In order.
        untouched: The exercises of which the learner's cells are as the lesson has them.
        notes: What a teacher should know, by exercise; under no exercise, about the notebook.
    """

    steps: tuple[Step, ...]
    untouched: frozenset[str]
    notes: dict[str, list[str]] = field(default_factory=dict)


def code_cells(path: Path) -> list[Cell]:
    """The code cells of a notebook file, in order, whatever else is in it.

    Raises:
        KmslabError: it is no notebook; one sentence says why.
    """
    try:
        size = path.stat().st_size
        if size > LARGEST_MB * 1024 * 1024:
            raise KmslabError(f"The file has {size // 1024 // 1024} MB, and a notebook is read up to {LARGEST_MB} MB.")
        stored = json.loads(path.read_text("utf-8-sig"))
    except (ValueError, RecursionError):
        raise KmslabError("The file is no notebook: it is not JSON.") from None
    except OSError as error:
        raise KmslabError(f"The file cannot be read: {error.strerror}.") from None
    cells = stored.get("cells") if isinstance(stored, dict) else None
    if not isinstance(cells, list):
        raise KmslabError("The file is no notebook of Jupyter's format 4: it has no cells.")
    return [*_code(cells)]


def _code(cells: Sequence[object]) -> Iterator[Cell]:
    for cell in cells:
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            source = cell.get("source", "")
            text = "".join(map(str, source)) if isinstance(source, list) else str(source)
            yield Cell(str(cell.get("id", "")), text)


def failing_cells(path: Path) -> frozenset[str]:
    """The texts of a lesson's cells that are meant to fail."""
    cells = json.loads(path.read_text("utf-8"))["cells"]
    found = (cell for cell in cells if "raises-exception" in cell["metadata"].get("tags", ()))
    return frozenset(cell.text for cell in _code([*found]))


def numbers_in(cells: Sequence[Cell]) -> frozenset[str]:
    """The exercises that a notebook's cells name, in their first line or in a check."""
    found = {cell.exercise for cell in cells} | {number for cell in cells for number, _ in checks_of(cell.source)}
    return frozenset(found - {""})


def plan(lesson: Sequence[Cell], submitted: Sequence[Cell], may_fail: frozenset[str] = frozenset()) -> Plan:
    """Put a submission's cells among the lesson's.

    Args:
        lesson: The code cells of the learner's notebook as the workbook has it.
        submitted: The code cells of the submission.
        may_fail: The texts of the lesson's cells that are meant to fail.
    """
    notes: dict[str, list[str]] = {}
    answers, added = _sorted_out(lesson, submitted, notes)
    steps: list[Step] = []
    untouched, pending = set(), ""
    checks: dict[str, Step] = {}
    for index, cell in enumerate(lesson):
        mine = [_as_step(each, pending or cell.exercise) for each in added.get(index, ())]
        number = cell.exercise
        checked = checks_of(cell.source)
        if number:
            steps += _check(checks, pending)
            pending = number
            given = answers.get(number, [])
            if not given:
                notes.setdefault(number, []).append("The cell for this exercise was deleted.")
            if all(each.text == cell.text for each in given) and not mine:
                untouched.add(number)
            steps += [_as_step(each, number) for each in given]
        elif not checked:
            steps += _check(checks, pending)
            pending = ""
            steps.append(Step(cell.source, is_lesson=True, may_fail=cell.text in may_fail))
        elif pending in untouched and mine:
            untouched.discard(pending)
        for checked_number, answer in checked:
            checks[checked_number] = Step(exercise=checked_number, is_check=True, answer=answer)
            pending = pending or checked_number
        steps += mine
    steps += _check(checks, pending)
    steps += [step for number in list(checks) for step in _check(checks, number)]
    return Plan(tuple(steps), frozenset(untouched), notes)


def _check(checks: dict[str, Step], number: str) -> list[Step]:
    """The check that is due when an exercise ends: after all that the learner has written for it."""
    return [checks.pop(number)] if number in checks else []


def _as_step(cell: Cell, number: str) -> Step:
    return Step(cell.source, exercise=number)


def _sorted_out(
    lesson: Sequence[Cell], submitted: Sequence[Cell], notes: dict[str, list[str]]
) -> tuple[dict[str, list[Cell]], dict[int, list[Cell]]]:
    """The learner's cells: by exercise, and those that were added by the place of the lesson's cell before them."""
    places = {cell.id: index for index, cell in enumerate(lesson) if cell.id}
    texts: dict[str, list[int]] = {}
    for index, cell in enumerate(lesson):
        texts.setdefault(cell.text, []).append(index)
    wanted = {cell.exercise: index for index, cell in enumerate(lesson) if cell.exercise}
    free = set(range(len(lesson)))
    found: dict[int, int] = {}
    # Whole texts first, so that an edited copy does not take the place of the original.
    for number, cell in enumerate(submitted):
        place = next((each for each in texts.get(cell.text, ()) if each in free), None)
        if place is not None:
            found[number] = place
            free.discard(place)
    answers: dict[str, list[Cell]] = {}
    added: dict[int, list[Cell]] = {}
    before = -1
    for number, cell in enumerate(submitted):
        place = found.get(number)
        if place is None and cell.exercise in wanted:
            place = wanted[cell.exercise]
        elif place is None and places.get(cell.id) in free:
            place = places[cell.id]
            free.discard(place)
            if not lesson[place].exercise:
                cell = _edited(cell, lesson[place], notes)
                if cell.source:
                    added.setdefault(place, []).append(cell)
        elif place is None:
            if cell.text:
                added.setdefault(max(before, 0), []).append(cell)
            continue
        before = place
        if lesson[place].exercise:
            answers.setdefault(lesson[place].exercise, []).append(cell)
    return answers, added


def _edited(cell: Cell, original: Cell, notes: dict[str, list[str]]) -> Cell:
    """What is the learner's own in a cell of the lesson."""
    if cell.text.startswith(f"{original.text}\n"):
        return Cell(cell.id, cell.text[len(original.text) :])
    checked = checks_of(original.source)
    if checked:
        # An edited check is the learner's, and the lesson's own comes after it.
        return cell
    first = original.text.splitlines()[0] if original.text else ""
    notes.setdefault("", []).append(f"A cell of the lesson was edited and ran as the lesson has it: {first[:60]}")
    return Cell(cell.id, "")


def checks_of(source: str) -> list[tuple[str, str]]:
    """The exercises that a cell checks, each with the expression of the answer."""
    if "check(" not in source:
        return []
    lines = [line for line in source.splitlines() if not line.lstrip().startswith(("%", "!"))]
    try:
        tree = ast.parse("\n".join(lines))
    except (SyntaxError, ValueError, RecursionError):
        return []
    found = []
    for statement in tree.body:
        call = statement.value if isinstance(statement, ast.Expr) else None
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "check" and call.args:
            number = call.args[0]
            if isinstance(number, ast.Constant) and isinstance(number.value, str):
                found.append((number.value, ast.unparse(call.args[1]) if len(call.args) > 1 else ""))
    return found
