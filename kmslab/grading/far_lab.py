"""The seat's `lab`: a Lab that is in the referee's process.

boto3 clients are made here, so that a learner meets boto3 as ever; each request they would send goes to the referee's
Lab. Everything else (trail, bill, clock, users) is asked for by name. What is a value comes as a value; what lives,
such as the clock, stays there and is asked in the same way.
"""

from __future__ import annotations

import importlib
import inspect
import itertools
import json
import os
import pkgutil
import threading
from collections.abc import Callable
from typing import Any

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config

import kmslab.plays
from kmslab import Principal
from kmslab.exercises.catalogue import EXERCISES
from kmslab.exercises.clubhouse import Golf
from kmslab.exercises.desk import Desk
from kmslab.exercises.golf import Tee
from kmslab.exercises.model import CheckResult
from kmslab.exercises.progress import Progress
from kmslab.grading.channel import Channel
from kmslab.grading.values import FarObject, to_data, unpacked
from kmslab.lab import Lab
from kmslab.principals import Credentials
from kmslab.tables import Table
from kmslab.transport.botocore_hook import Installation, make_session
from kmslab.wire.http import BodyStream

#: What Python asks objects for by itself and a live object may have.
ASKED_BY_PYTHON = ("__enter__", "__exit__", "__repr__")


class Line:
    """The line to the referee: one question at a time from each thread."""

    def __init__(self, channel: Channel) -> None:
        """Ask over `channel`; whoever reads it gives the answers to `answered`."""
        self._channel = channel
        self._numbers = itertools.count(1)
        self._waiting: dict[int, tuple[threading.Event, list[bytes]]] = {}

    def ask(self, what: str, **members: Any) -> Any:
        """Ask, wait, and give or raise what was answered."""
        number = next(self._numbers)
        event, answers = self._waiting[number] = threading.Event(), []
        try:
            self._channel.send(json.dumps({"what": what, "question": number, **members}).encode())
            event.wait()
        finally:
            self._waiting.pop(number, None)
        answer = unpacked(answers[0], self.found)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def answered(self, number: int, answer: bytes) -> None:
        """Wake the thread that waits for this answer, if it still does."""
        waiting = self._waiting.get(number)
        if waiting is not None:
            waiting[1].append(answer)
            waiting[0].set()

    def found(self, kind: str, number: Any) -> Any:
        """The far side of a live object, or a client like one over there."""
        if kind == "client":
            service, region, credentials, program = number
            session = FarLab.current.session_of(Credentials(*credentials), region)
            return session.client(service, config=Config(user_agent=program))
        return FarAccount(self, kind, number) if kind == "Account" else FarLive(self, kind, number)


class FarLive(FarObject):
    """A live object of the referee's, asked by name."""

    def __init__(self, line: Line, kind: str, number: int) -> None:
        """Stand for the object with this number."""
        self._line, self._kind, self._number = line, kind, number

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(f"{self._kind!r} object has no attribute {name!r}")
        answer, value = self._line.ask("get", number=self._number, name=name)
        return value if answer == "value" else self._calling(name)

    def _calling(self, name: str) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            given = {"arguments": to_data(list(arguments)), "named": to_data(named)}
            return self._line.ask("call", number=self._number, name=name, **given)

        call.__name__ = name
        return call

    def __enter__(self) -> Any:
        return self._calling("__enter__")()

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        self._calling("__exit__")(error is not None)

    def __repr__(self) -> str:
        return str(self._calling("__repr__")())


class FarAccount(FarLive):
    """An account; its clients are made here."""

    @property
    def _lab(self) -> FarLab:
        return FarLab.current

    def session(self, principal: Principal | None = None, region_name: str | None = None) -> boto3.Session:
        """A boto3 session; see `Account.session`."""
        return self._lab.make_session(principal or self.administrator, region_name or self._lab.region)

    def client(
        self, service_name: str, region_name: str | None = None, *, principal: Principal | None = None, **options: Any
    ) -> Any:
        """An ordinary boto3 client; see `Account.client`."""
        return self.session(principal).client(service_name, region_name=region_name, **options)


class FarLab(FarAccount):
    """A Lab of the referee's. Number 0 is the Lab itself."""

    current: FarLab

    def __init__(self, line: Line) -> None:
        """Have the referee make a new Lab, with which grading begins anew."""
        super().__init__(line, "Lab", 0)
        line.ask("lab")
        self.region: str = self.__getattr__("region")
        self.administrator: Principal = self.__getattr__("administrator")
        self._sessions: dict[tuple[str, str], boto3.Session] = {}
        self._installation = Installation(self.session)
        FarLab.current = self

    @property
    def _lab(self) -> FarLab:
        return self

    def make_session(self, principal: Principal, region: str) -> boto3.Session:
        """The session for a principal and a Region; made once."""
        return self.session_of(principal.credentials, region)

    def session_of(self, credentials: Credentials, region: str) -> boto3.Session:
        """The session for an access key and a Region; made once."""
        name = (credentials.access_key_id, region)
        if name not in self._sessions:
            self._sessions[name] = make_session(credentials, region, self._send)
        return self._sessions[name]

    def _send(self, request: AWSPreparedRequest, event_name: str = "", **_: Any) -> AWSResponse:
        body = request.body
        if hasattr(body, "read"):
            body = body.read()
        body = body.encode() if isinstance(body, str) else bytes(body or b"")
        headers = [
            [name, value if isinstance(value, str) else value.decode()] for name, value in request.headers.items()
        ]
        url, status, answered, content = self._line.ask(
            "send", event=event_name, method=request.method, url=request.url, headers=headers, body=to_data(body)
        )
        return AWSResponse(url, status, dict(answered), BodyStream(content))

    install = Lab.install
    uninstall = Lab.uninstall
    installed = Lab.installed
    environ = Lab.environ
    forecast = Lab.forecast

    def close(self) -> None:
        """Leave boto3 as it was; the referee closes its Lab itself."""
        self._installation.end()


def plays() -> dict[str, Callable[..., Any]]:
    """What lessons let happen in a Lab before they begin, by module and name: functions that take a Lab first."""
    found: dict[str, Callable[..., Any]] = {}
    for info in pkgutil.iter_modules(kmslab.plays.__path__):
        module = importlib.import_module(f"{kmslab.plays.__name__}.{info.name}")
        for name, function in vars(module).items():
            own = inspect.isfunction(function) and function.__module__ == module.__name__ and not name.startswith("_")
            if own and next(iter(inspect.signature(function).parameters), "") == "lab":
                found[f"{info.name}.{name}"] = function
    return found


def send_plays(line: Line) -> None:
    """Have the referee put on the plays: they reach into the Lab's works."""
    for name in plays():
        module, _, function = name.partition(".")
        setattr(importlib.import_module(f"{kmslab.plays.__name__}.{module}"), function, _played(line, name))


def _played(line: Line, name: str) -> Callable[..., Any]:
    def play(lab: object, *arguments: Any, **named: Any) -> Any:
        return line.ask("play", name=name, arguments=to_data(list(arguments)), named=to_data(named))

    return play


class FarDesk(Desk):
    """`check` asks the referee; hints and progress are here."""

    def __init__(self, lab: FarLab, progress: Progress) -> None:
        """Sit down."""
        super().__init__(lab, progress)  # type: ignore[arg-type]
        self._far = lab
        self.golf = FarGolf(lab, progress, self)

    def check(self, number: str, answer: Any = None) -> CheckResult:
        """What the referee finds; see `Desk.check`."""
        if str(number) not in EXERCISES:
            return super().check(number, answer)
        result: CheckResult = self._far._line.ask(
            "check", exercise=str(number), answer=to_data(answer), folder=os.getcwd()
        )
        return result


class FarGolf(Golf):
    """Call golf, in which the referee puts the ball on the tee and counts."""

    def __init__(self, lab: FarLab, progress: Progress, desk: FarDesk) -> None:
        """Play at a far desk."""
        super().__init__(lab, progress)  # type: ignore[arg-type]
        self._far, self._desk = lab, desk

    def __call__(self, number: str | int | None = None) -> Table | Tee | CheckResult:
        """See `Golf`."""
        hole = None if number is None else self.hole(number)
        if hole is None:
            return super().__call__(number)
        tee: Tee = self._far._line.ask("tee", hole=hole.number)
        return tee

    def check(self, number: str | int, answer: Any = None) -> CheckResult:
        """See `Golf`."""
        hole = self.hole(number)
        return super().check(number) if hole is None else self._desk.check(hole.exercise, answer)
