"""One process that has AWS CLI version 1 loaded and runs one `aws` command for each request.

A command in a process of its own takes about half a second, most of it for loading; here it takes a fraction. On POSIX
each command runs in a fork, so that none leaves anything behind; elsewhere they run one after another in the process.

`KeptCli` is this end; `serve` is the other, in the process. They speak JSON, one object to a line: `arguments`,
`environment`, `folder` there, and `code`, `output`, `errors` back.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from threading import Lock
from typing import IO, Any, NamedTuple

from kmslab.errors import KmslabError

_PATIENCE_SECONDS = 5


class Done(NamedTuple):
    """What a command did.

    Attributes:
        code: Its exit code.
        output: What it wrote to stdout.
        errors: What it wrote to stderr.
    """

    code: int
    output: str
    errors: str


class KeptCli:
    """An AWS CLI that stays loaded; it starts with the first command."""

    def __init__(self) -> None:
        """Start nothing yet."""
        self._process: subprocess.Popen[str] | None = None
        self._lock = Lock()

    def run(self, arguments: Sequence[str], environment: Mapping[str, str]) -> Done:
        """Run one command where this process is.

        Args:
            arguments: The command line without `aws`.
            environment: All of its environment variables.

        Raises:
            KmslabError: awscli is not installed, or the process ended.
        """
        request = {"arguments": [*arguments], "environment": {**environment}, "folder": os.getcwd()}
        with self._lock:
            try:
                return Done(**self._ask(json.dumps(request)))
            except BaseException:
                # Whatever it was, Ctrl-C or a broken pipe: the next answer might be this one's.
                self._end()
                raise

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._end()

    def _ask(self, request: str) -> dict[str, Any]:
        if self._process is None or self._process.poll() is not None:
            self._end()
            self._process = self._start()
        process = self._process
        if process.stdin is None or process.stdout is None:
            raise AssertionError("the process was started with pipes")
        try:
            process.stdin.write(request + "\n")
            process.stdin.flush()
            answer = process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            raise KmslabError("The process that runs aws commands ended before it answered; try the command again.")
        return dict(json.loads(answer))

    def _start(self) -> subprocess.Popen[str]:
        if find_spec("awscli") is None:
            raise KmslabError("The AWS CLI is not installed; run `pip install 'awscli>=1.46,<2'`.")
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "kmslab.terminal.kept"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            # Ctrl-C here ends the command, and that is done by ending the process.
            start_new_session=True,
        )

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if os.name == "posix":
            # With the fork that may be running.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
        process.kill()
        process.wait(_PATIENCE_SECONDS)
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


def serve(requests: IO[str], answers: IO[str]) -> None:
    """Answer requests until there are no more."""
    from kmslab.terminal import version_1

    loader = version_1.prepare()
    for line in requests:
        request = json.loads(line)
        answer = _in_a_fork(request, loader) if hasattr(os, "fork") else _answer(request, loader)
        answers.write(answer + "\n")
        answers.flush()


def _in_a_fork(request: Mapping[str, Any], loader: Any) -> str:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        # Nothing of the parent's may run at the end of this process, its exit handlers least of all.
        try:
            os.close(reading)
            with open(writing, "w", encoding="utf-8") as pipe:
                pipe.write(_answer(request, loader))
        finally:
            os._exit(0)
    os.close(writing)
    with open(reading, encoding="utf-8") as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    return answer or json.dumps(Done(255, "", "aws: the command ended before it answered.\n")._asdict())


def _answer(request: Mapping[str, Any], loader: Any) -> str:
    from kmslab.terminal import version_1

    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    output, errors = _text(), _text()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
        try:
            code = version_1.run(request["arguments"], loader)
        except SystemExit as ended:
            # `aws --version` ends this way.
            code = ended.code if isinstance(ended.code, int) else 0
    return json.dumps(Done(code, _content(output), _content(errors))._asdict())


def _text() -> io.TextIOWrapper:
    # Text over bytes, because some commands write bytes.
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="replace", newline="", write_through=True)


def _content(text: io.TextIOWrapper) -> str:
    buffer = text.buffer
    return buffer.getvalue().decode("utf-8", "replace") if isinstance(buffer, io.BytesIO) else ""


def main() -> None:
    """Be the process: speak over the pipes it was started with, and let no command write to them."""
    requests = open(os.dup(0), encoding="utf-8")
    answers = open(os.dup(1), "w", encoding="utf-8")
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    with requests, answers:
        serve(requests, answers)


if __name__ == "__main__":
    main()
