"""The referee's end of a seat: its process, what it is told to do, and how it is ended."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from types import FrameType
from typing import Any

from kmslab.grading import fence
from kmslab.grading.bench import Bench
from kmslab.grading.channel import Channel
from kmslab.grading.seat import ANSWER, COMMAND, NUMBER

#: How long a seat may take until it is ready.
START_SECONDS = 60
#: After Ctrl-C a cell has this long to end; then the seat is ended.
_GRACE_SECONDS = 2


class SeatLostError(Exception):
    """The seat has ended, or had to be."""


class TooLongError(BaseException):
    """What the seat asked for takes too long; no `except Exception` of a test may catch it."""


@contextlib.contextmanager
def taken(terms: fence.Terms, bench: Bench) -> Iterator[Seat]:
    """A seat in a process of its own, ready; it is ended with everything it has started at the end of the block."""
    folder = terms.folder
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, "-P", "-m", "kmslab.grading.seat", json.dumps(asdict(terms))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        env=_environment(folder),
        start_new_session=True,
    )
    try:
        seat = Seat(process, bench)
        seat.wait_for("ready", START_SECONDS)
        yield seat
    finally:
        _end(process)


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
                with at_most(max(0.1, until - time.monotonic())):
                    answer = self._bench.answer(said)
            except TooLongError:
                raise TimeoutError from None
            self._channel.send(ANSWER + number + answer)


@contextlib.contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Within the block, what takes longer is broken off."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def ring(number: int, frame: FrameType | None) -> None:
        raise TooLongError

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
