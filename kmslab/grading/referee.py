"""The referee: one process for one submission, with the Lab that its cells work in and the tests that judge them.

    python -P -m kmslab.grading.referee    (the grader starts it: a job comes in on stdin, findings go out on stdout)

Each finding is a line of JSON that carries the job's password, which the seat never sees. What was found out is told at
once, so that it counts even if the submission brings the referee down later.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, HeadersDict

from kmslab import Lab
from kmslab.errors import KmslabError
from kmslab.exercises.catalogue import EXERCISES
from kmslab.exercises.golf import Tee, tee_off
from kmslab.exercises.lesson_15 import HOLES
from kmslab.exercises.model import Attempt, CheckResult, run
from kmslab.grading import fence
from kmslab.grading.channel import Channel
from kmslab.grading.far_lab import ASKED_BY_PYTHON, plays
from kmslab.grading.plan import Plan, Step, code_cells, failing_cells, numbers_in, plan
from kmslab.grading.seat import ANSWER, COMMAND, NUMBER
from kmslab.grading.values import from_data, is_live, packed, packed_error
from kmslab.jupyter.extension import SEED

#: After Ctrl-C a cell has this long to end; then the seat is ended.
_GRACE_SECONDS = 2
#: How long a seat may take until it is ready.
_START_SECONDS = 60
#: How long it may take to find out what is handed over, and to judge it.
_ANSWER_SECONDS = 10
_JUDGE_SECONDS = 20
#: How often a submission may end its seat, each time without the cell that did it.
_SEATS = 4
#: How many of a learner's own checks are judged for one exercise.
_CHECKS = 300
_MANY_CHECKS = 25


@dataclass(frozen=True)
class Job:
    """What a referee is told.

    Attributes:
        submission: The notebook that was handed in.
        lesson: The learner's notebook of the workbook.
        cell_seconds: How long one cell may take.
        seconds: How long all may take.
        memory_mb: How much memory the seat may have.
        password: What findings have to carry.
    """

    submission: str
    lesson: str
    cell_seconds: float
    seconds: float
    memory_mb: int
    password: str


class SeatLostError(Exception):
    """The seat has ended, or had to be."""


class _TooLongError(BaseException):
    """What the seat asked for takes too long; no `except Exception` of a test may catch it."""


class Referee:
    """Judges one submission."""

    def __init__(self, job: Job, tell: Callable[[dict[str, Any]], None]) -> None:
        """Take a job.

        Args:
            job: What is to be judged.
            tell: Where findings go.
        """
        self._job = job
        self._tell = tell
        #: The end of its time, which begins when the first seat is ready.
        self._until = 0.0
        self._is_over = False
        self._folder = Path("/")
        self._untouched: frozenset[str] = frozenset()
        self._numbers: frozenset[str] = frozenset()
        self._best: dict[str, CheckResult] = {}
        self._asked: Counter[str] = Counter()
        self._notes: dict[str, list[str]] = {}
        self._dropped: set[int] = set()

    def judge(self) -> None:
        """Run the submission and tell what was found, exercise by exercise."""
        lesson = Path(self._job.lesson)
        cells = code_cells(lesson)
        try:
            submitted = code_cells(Path(self._job.submission))
            self._numbers, theirs = numbers_in(cells), numbers_in(submitted)
            if not submitted:
                raise KmslabError("The notebook has no cells with code.")
            if theirs and not theirs & self._numbers:
                others = ", ".join(sorted({number[:2] for number in theirs}))
                raise KmslabError(f"The file holds the notebook of another lesson: {others}.")
        except KmslabError as error:
            self._note("", str(error))
            self._tell({"end": True, "notes": self._notes})
            return
        wanted = plan(cells, submitted, failing_cells(lesson))
        self._notes, self._untouched = wanted.notes, wanted.untouched
        for _ in range(_SEATS):
            try:
                self._play(wanted)
                break
            except SeatLostError:
                continue
        self._tell({"end": True, "notes": self._notes})

    # --- a seat from its beginning to its end ---

    def _play(self, wanted: Plan) -> None:
        with tempfile.TemporaryDirectory(prefix="kmslab-seat-", ignore_cleanup_errors=True) as folder:
            self._folder, before = Path(folder).resolve(), Path.cwd()
            os.chdir(self._folder)
            bench = Bench(self.learner_checks)
            try:
                with self._seat(folder, bench) as seat:
                    for index, step in enumerate(wanted.steps):
                        if index not in self._dropped:
                            self._take(seat, bench, index, step)
            finally:
                os.chdir(before)
                bench.close()

    def _take(self, seat: Seat, bench: Bench, index: int, step: Step) -> None:
        if step.is_check:
            self._official(seat, bench, step)
            return
        left = self._until - time.monotonic()
        if left <= 0 and not self._is_over:
            self._is_over = True
            self._note("", f"Stopped after {self._job.seconds:.0f} s in all; what came later did not run.")
        if self._is_over:
            # What comes later is still checked, on the Lab as it is.
            return
        try:
            error = seat.run(step.source, min(self._job.cell_seconds, left))
        except SeatLostError as lost:
            self._dropped.add(index)
            self._note(step.exercise, f"A cell {lost}; graded without it.")
            raise
        if error and not step.may_fail:
            whose = "A cell of the lesson" if step.is_lesson else "A cell"
            self._note(step.exercise, f"{whose} stopped with {error}")

    def _official(self, seat: Seat, bench: Bench, step: Step) -> None:
        value: Any = None
        found = seat.value(step.answer or "None", min(self._job.cell_seconds, _ANSWER_SECONDS))
        if found.get("error"):
            self._note(step.exercise, f"The answer could not be read: {found['error']}")
        with contextlib.suppress(KmslabError):
            value = bench.read(found.get("value"))
        result = self._judged(bench, step.exercise, value, str(found.get("folder", "")))
        if step.exercise in self._untouched and not result.passed:
            self._note(step.exercise, "Not attempted.")
            items = tuple(type(item)(item.label, False, item.advice) for item in result.items)
            result = CheckResult(result.number, result.title, items)
        self._keep(result)
        if self._asked[step.exercise] > _MANY_CHECKS:
            self._note(step.exercise, f"check was called {self._asked[step.exercise]} times.")

    def learner_checks(self, bench: Bench, number: str, answer: Any, folder: str) -> CheckResult:
        """A cell's own call of `check`: it is judged in the same way, and the better result counts."""
        self._asked[number] += 1
        if self._asked[number] > _CHECKS:
            return self._best.get(number) or self._judged(bench, number, None, folder)
        result = self._judged(bench, number, answer, folder)
        # Of an exercise that nobody has touched, what is done without doing anything is no merit.
        if number in self._numbers and (result.passed or number not in self._untouched):
            self._keep(result)
        return result

    def _judged(self, bench: Bench, number: str, answer: Any, folder: str) -> CheckResult:
        exercise = EXERCISES[number]
        # Some answers are names of files, which are where the seat is.
        if Path(folder).resolve().is_relative_to(self._folder):
            with contextlib.suppress(OSError):
                os.chdir(folder)
        try:
            with _at_most(_JUDGE_SECONDS):
                return run(exercise, Attempt(bench.lab, answer))
        except _TooLongError:
            return run(exercise, Attempt(Lab(seed=SEED)))
        finally:
            os.chdir(self._folder)

    def _keep(self, result: CheckResult) -> None:
        def done(result: CheckResult) -> int:
            return sum(item.done for item in result.items)

        known = self._best.get(result.number)
        if known is None or done(result) > done(known):
            self._best[result.number] = result
            items = [asdict(item) for item in result.items]
            self._tell({"exercise": result.number, "title": result.title, "items": items})

    def _note(self, number: str, text: str) -> None:
        known = self._notes.setdefault(number, [])
        if text not in known and len(known) < 8:
            known.append(text)

    @contextlib.contextmanager
    def _seat(self, folder: str, bench: Bench) -> Iterator[Seat]:
        seconds = int(self._job.seconds) + _START_SECONDS
        terms = {"folder": folder, "memory_mb": self._job.memory_mb, "seconds": seconds, "port": bench.port}
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-P", "-m", "kmslab.grading.seat", json.dumps(terms)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env=_environment(folder),
            start_new_session=True,
        )
        try:
            seat = Seat(process, bench)
            seat.wait_for("ready", _START_SECONDS)
            self._until = self._until or time.monotonic() + self._job.seconds
            yield seat
        finally:
            _end(process)


class Bench:
    """What the seat can ask for: the Lab, its live objects, and a check."""

    def __init__(self, check: Callable[[Bench, str, Any, str], CheckResult]) -> None:
        """Make a Lab, and judge with `check`."""
        self._check = check
        self.lab = Lab(seed=SEED)
        #: Where the Lab listens.
        self.port = int(self.lab.endpoint().rpartition(":")[2])
        self._live: dict[int, Any] = {0: self.lab}

    def renew(self) -> None:
        """Begin with a new Lab, at the old one's address."""
        self.lab.close()
        self.lab = Lab(seed=SEED)
        self.lab.endpoint(self.port)
        self._live = {0: self.lab}

    def close(self) -> None:
        """Stop listening."""
        self.lab.close()

    def read(self, data: Any) -> Any:
        """A value that the seat sent."""
        return from_data(data, self.lab.directory.find, self._live.__getitem__)

    def answer(self, question: dict[str, Any]) -> bytes:
        """Answer one question, or say what went wrong."""
        try:
            return packed(_QUESTIONS[question["what"]](self, question), self._number_of)
        except Exception as error:
            return packed_error(error)

    def _number_of(self, live: Any) -> int:
        for number, known in self._live.items():
            if known is live:
                return number
        number = len(self._live)
        self._live[number] = live
        return number

    def _get(self, question: dict[str, Any]) -> tuple[str, Any]:
        target, name = self._live[int(question["number"])], str(question["name"])
        if name.startswith("_") or (target is self.lab and name in _NOT_FOR_SEATS):
            raise AttributeError(f"The lab that is graded has no {name!r}.")
        value = getattr(target, name)
        return ("call", None) if callable(value) and not is_live(value) else ("value", value)

    def _call(self, question: dict[str, Any]) -> Any:
        target, name = self._live[int(question["number"])], str(question["name"])
        if name not in ASKED_BY_PYTHON:
            self._get(question)
        arguments, named = self.read(question["arguments"]), self.read(question["named"])
        if name == "__exit__":
            failed = KmslabError("The block ended with an error.") if arguments[0] else None
            with contextlib.suppress(KmslabError):
                target.__exit__(None if failed is None else KmslabError, failed, None)
            return None
        return getattr(target, name)(*arguments, **named)

    def _send(self, question: dict[str, Any]) -> tuple[str, int, list[tuple[str, str]], bytes]:
        headers = HeadersDict()
        for name, value in question["headers"]:
            headers[str(name)] = str(value)
        url, body = str(question["url"]), self.read(question["body"])
        request = AWSPreparedRequest(str(question["method"]), url, headers, body, False)
        response = self.lab.hook(request, event_name=str(question["event"]))
        pairs = [(str(name), str(value)) for name, value in response.headers.items()]
        return response.url, response.status_code, pairs, response.content

    def _lab(self, question: dict[str, Any]) -> None:
        if len(self.lab.trail) or len(self._live) > 1:
            self.renew()

    def _play(self, question: dict[str, Any]) -> Any:
        function = plays().get(str(question["name"]))
        if function is None:
            raise KmslabError(f"There is no play {question['name']!r}.")
        return function(self.lab, *self.read(question["arguments"]), **self.read(question["named"]))

    def _tee(self, question: dict[str, Any]) -> Tee:
        return tee_off(self.lab, HOLES[str(question["hole"])])

    def _judge(self, question: dict[str, Any]) -> CheckResult:
        given = self.read(question["answer"])
        return self._check(self, str(question["exercise"]), given, str(question.get("folder", "")))


_QUESTIONS: dict[str, Callable[[Bench, dict[str, Any]], Any]] = {
    "lab": Bench._lab,
    "get": Bench._get,
    "call": Bench._call,
    "send": Bench._send,
    "play": Bench._play,
    "tee": Bench._tee,
    "check": Bench._judge,
}

#: Parts of the Lab's works, where its state could be changed without AWS's knowledge, and what concerns this process.
_NOT_FOR_SEATS = frozenset(
    {
        *("behind", "close", "directory", "hook", "ids", "meter", "open", "recorder", "world"),
        *("client", "environ", "install", "installed", "make_session", "session", "uninstall"),
    }
)


class Seat:
    """The referee's end of a seat."""

    def __init__(self, process: subprocess.Popen[bytes], bench: Bench) -> None:
        """Speak to a process, which may ask for what is on the bench."""
        if process.stdin is None or process.stdout is None:
            raise AssertionError("the process was started with pipes")
        self._process, self._bench = process, bench
        self._channel = Channel(process.stdout, process.stdin)

    def run(self, source: str, seconds: float) -> str:
        """Run a cell and give its error, or nothing.

        Raises:
            SeatLostError: it ended the process, or had to be ended.
        """
        return str(self._ordered({"run": source}, "done", seconds).get("error") or "")

    def value(self, expression: str, seconds: float) -> dict[str, Any]:
        """What an expression is worth, as the seat sends it; its folder, and the error.

        Raises:
            SeatLostError: it ended the process, or had to be ended.
        """
        return self._ordered({"evaluate": expression}, "value", seconds)

    def _ordered(self, command: dict[str, str], ends: str, seconds: float) -> dict[str, Any]:
        self._channel.send(COMMAND + json.dumps(command).encode())
        try:
            return self.wait_for(ends, seconds)
        except TimeoutError:
            if os.name == "posix":
                self._process.send_signal(signal.SIGINT)
        try:
            found = self.wait_for(ends, _GRACE_SECONDS)
        except TimeoutError:
            raise SeatLostError(f"took more than {seconds:.0f} s") from None
        return {**found, "error": f"TimeoutError: it took more than {seconds:.0f} s"}

    def wait_for(self, ends: str, seconds: float) -> dict[str, Any]:
        """Answer questions until the seat says that it is done.

        Raises:
            TimeoutError: it did not in time.
            SeatLostError: the process has ended, or sends what no seat would.
        """
        until = time.monotonic() + seconds
        while True:
            message = self._channel.receive(max(0.0, until - time.monotonic()))
            if message is None:
                raise SeatLostError("ended the Python process")
            try:
                said = json.loads(message)
                what = said["what"]
                if what == ends:
                    return dict(said)
                number = NUMBER.pack(int(said["question"]))
            except Exception:
                raise SeatLostError("disturbed the grading") from None
            try:
                with _at_most(max(0.1, until - time.monotonic())):
                    answer = self._bench.answer(said)
            except _TooLongError:
                raise TimeoutError from None
            self._channel.send(ANSWER + number + answer)


@contextlib.contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    """Within the block, what takes longer is broken off."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def ring(number: int, frame: FrameType | None) -> None:
        raise _TooLongError

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _environment(folder: str) -> dict[str, str]:
    """A seat's variables: none of the teacher's but those that Python needs."""
    kept = ("LANG", "LC_ALL", "LD_LIBRARY_PATH", "PATH", "PYTHONPATH", "SYSTEMROOT", "VIRTUAL_ENV")
    found = {name: os.environ[name] for name in kept if name in os.environ}
    mine = dict.fromkeys(("HOME", "TMPDIR", "TEMP", "TMP", "USERPROFILE", "IPYTHONDIR", "KMSLAB_WORKSPACE"), folder)
    return {**found, **mine, "TZ": "UTC", "PYTHONDONTWRITEBYTECODE": "1"}


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a seat and whatever it has started, also what has left its group."""
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()
    if sys.platform == "linux":
        for _ in range(50):
            left = fence.descendants()
            if not left:
                return
            for number in left:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(number, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass


def main() -> None:
    """Read a job, judge, and tell."""
    fence.hide()
    job = Job(**json.loads(sys.stdin.buffer.readline()))
    # What tells is ours alone; a print anywhere goes nowhere.
    findings = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1):
        os.dup2(nothing, number)

    def tell(finding: dict[str, Any]) -> None:
        findings.write(json.dumps({**finding, "password": job.password}) + "\n")
        findings.flush()

    Referee(job, tell).judge()


if __name__ == "__main__":
    main()
