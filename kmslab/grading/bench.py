"""What a seat can ask the referee for: the Lab that its cells work in, the Lab's live objects, and a check."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, HeadersDict

from kmslab import Lab
from kmslab.errors import KmslabError
from kmslab.exercises.golf import Tee, tee_off
from kmslab.exercises.lesson_15 import HOLES
from kmslab.exercises.model import CheckResult
from kmslab.grading.far_lab import ASKED_BY_PYTHON, plays
from kmslab.grading.values import from_data, is_live, packed, packed_error
from kmslab.jupyter.extension import SEED


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
