"""Grading many submissions: a referee's process for each, some at the same time."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path

from kmslab.exercises.model import Item
from kmslab.grading.marks import Graded, mark, numbers_of
from kmslab.grading.referee import Job
from kmslab.grading.submissions import Submission

#: How much longer than its submission a referee may take before it is ended.
_PATIENCE_SECONDS = 120


@dataclass(frozen=True)
class Limits:
    """What a submission may take.

    Attributes:
        cell_seconds: How long one cell may take.
        seconds: How long all may take.
        memory_mb: How much memory.
    """

    cell_seconds: float = 60
    seconds: float = 300
    memory_mb: int = 2048


def grade(
    submissions: Sequence[Submission],
    notebooks: Path,
    limits: Limits,
    jobs: int,
    report: Callable[[Graded], None] = lambda graded: None,
) -> list[Graded]:
    """Grade submissions.

    Args:
        submissions: What was handed in.
        notebooks: The workbook, whose lessons they are.
        limits: What each may take.
        jobs: How many are graded at the same time.
        report: Told of each as soon as it is graded.

    Returns:
        In the order of the submissions.
    """
    work = _Work(notebooks, limits)
    graded: dict[int, Graded] = {}
    with ThreadPoolExecutor(max(1, jobs)) as pool:
        futures = {pool.submit(work.grade, submission): place for place, submission in enumerate(submissions)}
        try:
            for future in as_completed(futures):
                graded[futures[future]] = future.result()
                report(future.result())
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            work.stop()
            raise
    return [graded[place] for place in range(len(submissions))]


class _Work:
    """The referees that run at the moment."""

    def __init__(self, notebooks: Path, limits: Limits) -> None:
        self._notebooks, self._limits = notebooks, limits
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._is_stopped = False

    def grade(self, submission: Submission) -> Graded:
        """Have one submission judged."""
        started = time.monotonic()
        lesson = self._notebooks / f"{submission.lesson}.ipynb"
        password = secrets.token_hex(16)
        job = Job(
            str(submission.path.resolve()),
            str(lesson.resolve()),
            self._limits.cell_seconds,
            self._limits.seconds,
            self._limits.memory_mb,
            password,
        )
        out, in_time = self._run(json.dumps(asdict(job)).encode() + b"\n")
        items: dict[str, list[Item]] = {}
        notes: dict[str, list[str]] = {}
        ended = False
        for line in out.splitlines():
            with contextlib.suppress(ValueError, KeyError, TypeError):
                finding = json.loads(line)
                if not secrets.compare_digest(str(finding["password"]), password):
                    continue
                if finding.get("end"):
                    ended, notes = True, finding["notes"]
                else:
                    items[finding["exercise"]] = [Item(**item) for item in finding["items"]]
        general = [*notes.get("", ())]
        if submission.others:
            general.append(
                f"There are {len(submission.others) + 1} notebooks of this lesson; graded: {submission.path.name}"
            )
        if not ended:
            # What was found before counts.
            general.append(
                "Grading broke off: it took too long." if not in_time else "Grading was brought down by a cell."
            )
        marks = [
            mark(submission.learner, submission.lesson, number, items.get(number, ()), notes.get(number, ()))
            for number in numbers_of(submission.lesson)
        ]
        return Graded(submission.learner, submission.lesson, tuple(marks), tuple(general), time.monotonic() - started)

    def _run(self, job: bytes) -> tuple[bytes, bool]:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "kmslab.grading.referee"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        with self._lock:
            self._running.add(process)
            stopped = self._is_stopped
        try:
            if stopped:
                _end(process)
            return process.communicate(job, timeout=self._limits.seconds + _PATIENCE_SECONDS)[0], True
        except subprocess.TimeoutExpired:
            _end(process)
            return process.communicate()[0], False
        finally:
            _end(process)
            with self._lock:
                self._running.discard(process)

    def stop(self) -> None:
        """End all referees; each takes its seat along."""
        with self._lock:
            self._is_stopped = True
            for process in self._running:
                _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        return
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
