"""Notebooks as learners hand them in: solved, half solved, untouched, broken in many ways, and dishonest.

Each is made from the workbook's own notebooks, so that it changes with them. `CASES` says for each what it must earn.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kmslab.classroom.sources import notebooks_folder
from kmslab.exercises.catalogue import EXERCISES
from kmslab.grading.plan import Cell

Notebook = dict[str, Any]

ALL, NONE = "all", "none"

#: Solves lesson 00 with one task of each exercise left open.
_HALF_OF_00 = {
    "00.1": "# Exercise 00.1\nireland = boto3.client('kms', region_name='eu-west-1')\nireland.create_key()",
    "00.3": "# Exercise 00.3\nanswer = 'NoSuchKey'\ncheck('00.3', answer)",
}


@dataclass(frozen=True)
class Case:
    """One kind of submission.

    Attributes:
        make: Makes it for a lesson; bytes are a file that is no notebook.
        earns: `all`, `none`, or points by exercise; what is left out earns all.
        notes: Words that must be in the notes.
        lesson: For a case that fits one lesson.
        runs: Whether its cells run to their end: what is refused because it stopped on the way proves nothing.
    """

    make: Callable[[str], Notebook | bytes]
    earns: str | Mapping[str, int]
    notes: tuple[str, ...] = ()
    lesson: str = ""
    runs: bool = False

    def faults(self, told: str) -> list[str]:
        """What is wrong with the notes: words that are missing, and those that say that a cell came to grief."""
        stopped = ("stopped with", "graded without") if self.runs else ()
        return [words for words in self.notes if words not in told] + [words for words in stopped if words in told]


def stored(lesson: str, *, solved: bool = False) -> Notebook:
    """A notebook of the workbook."""
    folder = notebooks_folder() / "solutions" if solved else notebooks_folder()
    made: Notebook = json.loads((folder / f"{lesson}.ipynb").read_text("utf-8"))
    return made


def solved(lesson: str) -> Notebook:
    """As the solution has it."""
    return stored(lesson, solved=True)


def untouched(lesson: str) -> Notebook:
    """As it was copied."""
    return stored(lesson)


def cell(source: str, number: int = 0) -> dict[str, Any]:
    """A code cell of a learner's own."""
    return {
        "cell_type": "code", "id": f"own-{number}", "metadata": {}, "outputs": [], "execution_count": None,
        "source": source,
    }  # fmt: skip


def is_answer(each: dict[str, Any], number: str = "") -> bool:
    """Whether a cell is the one for an exercise."""
    found = Cell("", "".join(each["source"])).exercise if each["cell_type"] == "code" else ""
    return found == number if number else bool(found)


def with_answers(notebook: Notebook, answers: Mapping[str, str]) -> Notebook:
    """Other sources in the cells for some exercises."""
    made = copy.deepcopy(notebook)
    for each in made["cells"]:
        for number, source in answers.items():
            if is_answer(each, number):
                each["source"] = source
    return made


def with_first(source: str, base: Callable[[str], Notebook] = untouched) -> Callable[[str], Notebook]:
    """A cell of the learner's own after the first one."""

    def make(lesson: str) -> Notebook:
        made = base(lesson)
        first = next(place for place, each in enumerate(made["cells"]) if each["cell_type"] == "code")
        made["cells"].insert(first + 1, cell(source))
        return made

    return make


def in_second_answer(source: str, base: Callable[[str], Notebook] = solved) -> Callable[[str], Notebook]:
    """Something else in the second exercise's cell."""
    return lambda lesson: with_answers(
        base(lesson), {f"{lesson[:2]}.2": f"# Exercise {lesson[:2]}.2\n{source}".replace("NN", lesson[:2])}
    )


def before_second_answer(source: str) -> Callable[[str], Notebook]:
    """Something before the right answer to the second exercise, which earns nothing if this stops."""

    def make(lesson: str) -> Notebook:
        made = copy.deepcopy(solved(lesson))
        for each in made["cells"]:
            if is_answer(each, f"{lesson[:2]}.2"):
                each["source"] = f"# Exercise {lesson[:2]}.2\n{source}\n" + "".join(each["source"])
        return made

    return make


def in_every_check(source: str) -> Callable[[str], Notebook]:
    """Every check edited."""

    def make(lesson: str) -> Notebook:
        made = untouched(lesson)
        for each in made["cells"]:
            if each["cell_type"] == "code" and "check(" in "".join(each["source"]):
                number = lesson[:2]
                each["source"] = source.replace("NN", number)
        return made

    return make


def without(
    test: Callable[[dict[str, Any]], bool], base: Callable[[str], Notebook] = solved
) -> Callable[[str], Notebook]:
    """Some cells deleted."""

    def make(lesson: str) -> Notebook:
        made = base(lesson)
        made["cells"] = [each for each in made["cells"] if not test(each)]
        return made

    return make


def _reversed(lesson: str) -> Notebook:
    made = solved(lesson)
    made["cells"] = made["cells"][::-1]
    return made


def _in_cells_of_its_own(lesson: str) -> Notebook:
    """The answers in new cells below the untouched ones, as many people write them."""
    made = untouched(lesson)
    cells = []
    answers = [each for each in solved(lesson)["cells"] if is_answer(each)]
    for each in made["cells"]:
        cells.append(each)
        if is_answer(each):
            source = "".join(answers.pop(0)["source"])
            own = "\n".join(line for line in source.splitlines() if not line.startswith("# Exercise"))
            cells.append(cell(own, len(cells)))
    made["cells"] = cells
    return made


def _without_ids(lesson: str) -> Notebook:
    made = solved(lesson)
    for each in made["cells"]:
        del each["id"]
        each["source"] = "".join(each["source"]).splitlines(keepends=True)
    made["nbformat_minor"] = 4
    return made


def _hundred_megabytes(lesson: str) -> Notebook:
    made = solved(lesson)
    code = next(each for each in made["cells"] if each["cell_type"] == "code")
    code["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "x" * 100_000_000}]
    return made


def _of_another_lesson(lesson: str) -> Notebook:
    return solved("01_creating_keys" if lesson != "01_creating_keys" else "00_start")


def _empty(lesson: str) -> Notebook:
    return {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


_FAKE_RESULT = """
import kmslab.exercises.model as model, kmslab.exercises.desk as desk, kmslab.exercises.progress as progress
model.run = desk.run = lambda exercise, attempt: model.CheckResult(
    exercise.number, exercise.title, tuple(model.Item(t.label, True, '') for t in exercise.tasks))
desk.Desk.check = lambda self, number, answer=None: 'PASS'
progress.Progress.add = lambda self, number: None
model.CheckResult.passed = True
check = lambda number, answer=None: print(f'PASS: exercise {number}')
for exercise in __import__('kmslab.exercises.catalogue').exercises.catalogue.EXERCISES.values():
    for task in exercise.tasks:
        object.__setattr__(task, 'is_done', lambda attempt: True)
"""

_FAKE_LAB = """
class Fake:
    def __getattr__(self, name): return Fake()
    def __call__(self, *a, **k): return Fake()
    def __iter__(self): return iter([])
    def __len__(self): return 99
    def __bool__(self): return True
    def __eq__(self, other): return True
    def __getitem__(self, name): return Fake()
    def __format__(self, how): return 'fake'
    def __enter__(self): return Fake()
    def __exit__(self, *a): return True
lab = Fake()
"""

#: For the checks alone, so that everything else goes on.
_BUILTINS = """
import builtins, sys
def fool(name, true):
    real = getattr(builtins, name)
    def fake(*a, **k):
        caller = sys._getframe(1).f_globals.get('__name__', '')
        return true if caller.startswith('kmslab.exercises') else real(*a, **k)
    setattr(builtins, name, fake)
for name, true in {'all': True, 'any': True, 'len': 3, 'isinstance': True}.items():
    fool(name, true)
"""

#: What a referee tells the grader, told by a cell: that every task is done, and that this was all.
_FINDINGS = """(
    {'exercise': 'NN.1', 'title': '', 'items': [{'label': '', 'done': True, 'advice': ''}] * 3, 'password': ''},
    {'end': True, 'notes': {}, 'password': ''},
)"""
#: What a seat tells the referee, told by a cell: that it has ended, and what is handed over.
_ENDS = "({'what': 'done'}, {'what': 'value', 'value': True}, {'what': 'done'})"


def forging(messages: str) -> str:
    """A cell that finds the channel and sends messages of its own."""
    return f"""
import gc, json
from kmslab.grading import channel
channels = [each for each in gc.get_objects() if isinstance(each, channel.Channel)]
for each in channels:
    for message in {messages}:
        each.send(json.dumps(message).encode())
"""


#: Reaches for the Lab's works through the line, and for code in what it sends.
_REACHES = """
import json
line = object.__getattribute__(lab, '_line')
def refused(ask):
    try:
        ask()
    except Exception as error:
        return True
    return False
assert not refused(lambda: line.ask('get', number=0, name='clock'))
assert refused(lambda: line.ask('get', number=0, name='world'))
assert refused(lambda: line.ask('get', number=0, name='__class__'))
assert refused(lambda: line.ask('get', number=0, name='_door'))
assert refused(lambda: line.ask('call', number=0, name='__init__', arguments={'!': 'list', 'v': []},
                                named={'!': 'dict', 'v': []}))
assert refused(lambda: line.ask('call', number=0, name='client', arguments={'!': 'pickle', 'v': ''}, named={}))
assert refused(lambda: lab.recorder)
assert refused(lambda: lab.meter)
"""

#: Goes on if it is refused.
_KILLS_GRADER = """
import os, signal
try:
    os.kill(os.getppid(), signal.SIGKILL)
except PermissionError:
    pass
"""

_OTHERS_FILES = """
import glob, os, pwd
found = []
home = pwd.getpwuid(os.getuid()).pw_dir
for pattern in (home + '/*', '/home/*/*', '/tmp/*/*.ipynb', os.path.dirname(os.path.dirname(
        __import__('kmslab').__file__)) + '/notebooks/solutions/*', '/proc/[0-9]*/mem'):
    for name in glob.glob(pattern):
        try:
            open(name, 'r+b' if 'proc' in name else 'rb').close()
            found.append(name)
        except OSError:
            pass
found = [name for name in found if not name.startswith(f'/proc/{os.getpid()}/')]
assert not found, found
"""

CASES: dict[str, Case] = {
    "solved": Case(solved, ALL),
    "untouched": Case(untouched, NONE, ("Not attempted",)),
    "half": Case(
        lambda lesson: with_answers(solved(lesson), _HALF_OF_00), {"00.1": 2, "00.2": 0, "00.3": 1}, lesson="00",
    ),
    "in-own-cells": Case(_in_cells_of_its_own, ALL),
    "without-ids": Case(_without_ids, ALL),
    "reordered": Case(_reversed, ALL),
    "only-answers": Case(without(lambda each: not is_answer(each)), ALL),
    "checks-deleted": Case(without(lambda each: not is_answer(each) and "check(" in "".join(each["source"])), ALL),
    "answers-deleted": Case(without(is_answer), NONE, ("was deleted",)),
    "empty": Case(_empty, NONE, ("no cells",)),
    "not-json": Case(lambda lesson: b"PK\x03\x04 this is no notebook", NONE, ("not JSON",)),
    "deep-json": Case(lambda lesson: b"[" * 100_000, NONE, ("not JSON",)),
    "other-json": Case(lambda lesson: b'{"hello": 1}', NONE, ("no cells",)),
    "other-lesson": Case(_of_another_lesson, NONE, ("another lesson",)),
    "huge-output": Case(_hundred_megabytes, ALL),
    # Broken.
    "raises": Case(in_second_answer("raise RuntimeError('oh no')"), {"2": 0}, ("RuntimeError: oh no",)),
    "syntax": Case(in_second_answer("def def"), {"2": 0}, ("SyntaxError",)),
    "endless": Case(in_second_answer("while True: pass"), {"2": 0}, ("took more than",)),
    "endless-deaf": Case(
        in_second_answer("while True:\n    try:\n        while True: number = 1\n    except BaseException: pass"),
        {"2": 0}, ("took more than",),
    ),
    "sleeps": Case(in_second_answer("import time; time.sleep(10000)"), {"2": 0}, ("took more than",)),
    "exits": Case(in_second_answer("import os; os._exit(0)"), {"2": 0}, ("ended the Python process",)),
    "exits-politely": Case(in_second_answer("import sys; sys.exit(0)"), {"2": 0}, ("SystemExit",)),
    "crashes": Case(in_second_answer("import ctypes; ctypes.string_at(0)"), {"2": 0}, ("ended the Python process",)),
    "kills-group": Case(in_second_answer("import os; os.killpg(0, 9)"), {"2": 0}, ("ended the Python process",)),
    "much-memory": Case(in_second_answer("hoard = bytearray(50 * 1024**3)"), {"2": 0}, ("MemoryError",)),
    "grows": Case(in_second_answer("hoard = []\nwhile True: hoard.append(bytearray(10**7))"), {"2": 0}, ("A cell",)),
    "prints-much": Case(before_second_answer("for _ in range(2000): print('x' * 50_000)"), ALL),
    "big-file": Case(in_second_answer("open('big', 'wb').truncate(10**12)"), {"2": 0}, ("File too large",)),
    "many-processes": Case(
        in_second_answer(
            "import subprocess\n"
            "for _ in range(40): subprocess.Popen(['sleep', '1000'], start_new_session=True)\nwhile True: pass"
        ),
        {"2": 0}, ("took more than",),
    ),
    # Dishonest.
    "own-check": Case(with_first("check = lambda number, answer=None: print('PASS')"), NONE, runs=True),
    "prints-pass": Case(in_every_check("print('PASS: exercise NN.1, (3 of 3)')"), NONE),
    "patches": Case(with_first(_FAKE_RESULT), NONE, runs=True),
    "patches-in-answer": Case(in_second_answer(_FAKE_RESULT, untouched), NONE, runs=True),
    "fake-lab": Case(with_first(_FAKE_LAB), NONE, runs=True),
    "builtins": Case(with_first(_BUILTINS), NONE, runs=True),
    # The note says that what they sent has arrived.
    "forges": Case(in_second_answer(forging(_FINDINGS), untouched), NONE, ("disturbed the grading",)),
    "forges-ends": Case(in_second_answer(forging(_ENDS), untouched), NONE, ("disturbed the grading",)),
    "kills-grader": Case(before_second_answer(_KILLS_GRADER), ALL, runs=True),
    # The system says nothing to it if nobody else may be killed.
    "kills-all": Case(before_second_answer("import os; os.kill(-1, 9)"), ALL, runs=True),
    "reaches": Case(before_second_answer(_REACHES), ALL),
    "reads-files": Case(before_second_answer(_OTHERS_FILES), ALL),
    "guesses": Case(
        in_second_answer("for number in range(200): check('00.3', number)"), {"2": 0},
        ("called 201 times",), lesson="00",
    ),
}  # fmt: skip


def write(folder: Path, learner: str, lesson: str, made: Notebook | bytes) -> Path:
    """Hand something in."""
    path = folder / learner / f"{lesson}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(made if isinstance(made, bytes) else json.dumps(made).encode())
    return path


def expected(case: Case, lesson: str) -> dict[str, int]:
    """The points that a case must earn, by exercise."""
    most = {number: len(each.tasks) for number, each in EXERCISES.items() if number.startswith(f"{lesson[:2]}.")}
    if case.earns == ALL:
        return most
    if isinstance(case.earns, str):
        return dict.fromkeys(most, 0)
    given = {number if "." in number else f"{lesson[:2]}.{number}": points for number, points in case.earns.items()}
    return {**most, **given}
