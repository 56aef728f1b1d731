"""The one way in: every request, from whichever transport, walks through the same checks in the same order.

    route -> identify -> decode -> aliases -> validate -> resolve -> throttle -> authorise
          -> members -> ciphertext -> usage -> origin -> state -> dry run -> run -> encode

and is then recorded, answered or refused. The order is the tuple `GATES` and nowhere else. Measured on AWS: types,
then constraints, then whether the key exists, then which members go together, then the ciphertext's key, then the
key's usage, then its state. Inferred: who calls is settled before the body is read, and whether a key exists before
whether the caller may use it, except across accounts, where a denial does not say. Where AWS throttles is not known:
here it is after the key is found, because its type decides which request quota counts.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from email.utils import formatdate
from functools import cache, lru_cache
from typing import Any

from kmslab.call import Call
from kmslab.clock import Clock
from kmslab.crypto.slow import while_holding
from kmslab.errors import AwsError
from kmslab.keys.due import happen
from kmslab.keys.key import LastUse
from kmslab.operations.registry import OPERATIONS, BlobParam, Operation
from kmslab.service import gates
from kmslab.service.authorise import authorise
from kmslab.service.resolve import resolve
from kmslab.service.telling import call_of, in_the_name_of, service_event
from kmslab.service.visit import OnBehalf, Service, Visit
from kmslab.wire import model
from kmslab.wire.encode import error_body
from kmslab.wire.http import REPLY_HEADERS, Reply, Request

#: The operations that GetKeyLastUsage knows of. Source: the model, KeyLastUsageTrackingOperation.
TRACKED = frozenset(model.enum("KeyLastUsageTrackingOperation"))

Gate = Callable[[Visit, Service], None]
Observer = Callable[[Call], None]
Barrier = Callable[[], None]
Guard = Callable[[Call], None]

#: The order of the checks.
GATES: tuple[Gate, ...] = (
    gates.route,
    gates.identify,
    gates.decode,
    gates.aliases,
    gates.validate,
    resolve,
    gates.throttle,
    authorise,
    gates.members,
    gates.ciphertext,
    gates.usage,
    gates.origin,
    gates.state,
    gates.dry_run,
    gates.run,
    gates.encode,
)


#: The gates of a call that another service makes: who calls, and what, is settled, and the reply stays as it is.
GATES_ON_BEHALF = tuple(each for each in GATES if each not in (gates.route, gates.identify, gates.decode, gates.encode))

#: What an operation must have for a gate to find anything to look at.
_LOOKS_AT: Mapping[Gate, Callable[[Operation], object]] = {
    gates.aliases: lambda operation: operation.without_alias,
    gates.members: lambda operation: operation.check,
    gates.ciphertext: lambda operation: any(isinstance(param, BlobParam) for param in operation.params),
    gates.usage: lambda operation: operation.usage,
    gates.origin: lambda operation: operation.origins,
    gates.state: lambda operation: operation.params,
}


@cache
def _after_route(operation: str) -> tuple[Gate, ...]:
    """The gates that come after the first, less those that have nothing to look at."""
    declared = OPERATIONS[operation]
    return tuple(gate for gate in GATES[1:] if gate not in _LOOKS_AT or _LOOKS_AT[gate](declared))


class FrontDoor:
    """Handles requests one at a time and tells its observers about each."""

    def __init__(self, service: Service, clock: Clock) -> None:
        """Open the door.

        Args:
            service: What requests meet.
            clock: The Lab's clock.
        """
        self._service = service
        self._clock = clock
        self._observers: list[Observer] = []
        self._barriers: list[Barrier] = []
        self._guards: list[Guard] = []
        # An endpoint serves from several threads; the world is one. Held for a fraction of a millisecond: what takes
        # longer lets go of it.
        self._lock = threading.RLock()

    def observe(self, observer: Observer) -> None:
        """Tell `observer` about every call, answered or refused, and about everything that falls due."""
        self._observers.append(observer)

    def before_reply(self, barrier: Barrier) -> None:
        """Call `barrier`, which may wait, after each request and before its reply goes out; others go on meanwhile."""
        self._barriers.append(barrier)

    @contextmanager
    def guarded(self, guard: Guard) -> Iterator[None]:
        """Within the block, show `guard` every request before it does anything, when its caller and keys are known.

        What the guard raises comes out of `handle` or `carry_out`: nothing is done, recorded or answered.
        """
        self._guards.append(guard)
        try:
            yield
        finally:
            self._guards.remove(guard)

    @property
    def still(self) -> AbstractContextManager[object]:
        """Keeps the world still while it is entered: nothing is answered and nothing falls due."""
        return self._lock

    def handle(self, request: Request) -> Reply:
        """Answer one request.

        Returns:
            AWS's reply, or AWS's error as a reply. Only what is not AWS's to answer is raised: misuse of the Lab, and
            bugs.
        """
        with self._lock, while_holding(self._lock):
            visit = Visit(request, self._clock.tick())
            self._settle(visit.time)
            request_id = self._pass(visit, None)
        for barrier in self._barriers:
            barrier()
        status = 200 if visit.failure is None else visit.failure.status
        return _reply(status, request_id, visit.body, visit.time)

    def carry_out(self, wish: OnBehalf) -> Mapping[str, Any]:
        """Carry out a call of another service, checked, billed and logged as any other.

        Returns:
            The reply's members, blobs as bytes.

        Raises:
            AwsError: what KMS answers instead.
        """
        with self._lock, while_holding(self._lock):
            visit = Visit(Request({"user-agent": wish.name}, b"", "", wish.name), self._clock.tick(), on_behalf=wish)
            self._settle(visit.time)
            visit.operation, visit.codec = OPERATIONS[wish.operation], model.codec(wish.operation)
            visit.principal, visit.region = wish.principal, wish.region
            visit.access_key_id, visit.params = wish.principal.credentials.access_key_id, dict(wish.params)
            self._pass(visit, GATES_ON_BEHALF)
        self._wait()
        if visit.failure is not None:
            raise visit.failure
        return visit.reply or {}

    def settle(self, now: datetime) -> None:
        """Let happen what has fallen due by `now`, in the order in which it falls due."""
        with self._lock:
            self._settle(now)
        self._wait()

    def _wait(self) -> None:
        for barrier in self._barriers:
            barrier()

    def _pass(self, visit: Visit, through: Sequence[Gate] | None) -> str:
        """Let a visit pass the gates, or all of its operation, and tell of it; its request id."""
        service = self._service
        request_id = service.ids.uuid("request")
        try:
            if through is None:
                gates.route(visit, service)
                through = _after_route(visit.operation.name)
            for gate in self._with_guards(through) if self._guards else through:
                gate(visit, service)
        except AwsError as error:
            visit.failure, visit.body = error, error_body(error)
        if self._guards and visit.failure is not None and not visit.guarded:
            # It has not come past the guards, and counts all the same.
            self._ask_guards(visit, service)
        self._record(visit, request_id)
        return request_id

    def _with_guards(self, gates: Sequence[Gate]) -> Sequence[Gate]:
        found = gates.index(resolve) + 1
        return (*gates[:found], self._ask_guards, *gates[found:])

    def _ask_guards(self, visit: Visit, service: Service) -> None:
        visit.guarded = True
        if hasattr(visit, "principal"):
            intended = call_of(visit, visit.keys, "", "")
            for guard in tuple(self._guards):
                guard(intended)

    def _settle(self, now: datetime) -> None:
        world, ids = self._service.world, self._service.ids
        if not world.timers.are_due(now):
            return
        for timer in world.timers.pop_due(now):
            for happening in happen(world, ids, timer):
                self._tell(service_event(happening, timer.when, ids.uuid("event")))

    def _record(self, visit: Visit, request_id: str) -> None:
        if not hasattr(visit, "principal"):
            # Nobody's account: AWS neither logs nor bills a request that it cannot attribute.
            return
        error, keys = visit.failure, visit.keys
        event_id = self._service.ids.uuid("event")
        if error is None and visit.operation.name in TRACKED:
            use = LastUse(visit.operation.name, visit.time, request_id, event_id)
            for key in keys:
                key.last_use = use
        self._tell(call_of(visit, keys, request_id, event_id))
        if error is None:
            for happening in visit.context.happenings:
                event = service_event(happening, visit.time, self._service.ids.uuid("event"))
                self._tell(in_the_name_of(visit, request_id, event) if happening.for_caller else event)

    def _tell(self, call: Call) -> None:
        for observer in self._observers:
            observer(call)


@lru_cache(maxsize=4)
def _http_date(second: int) -> str:
    return formatdate(second, usegmt=True)


def _reply(status: int, request_id: str, body: bytes, now: datetime) -> Reply:
    own = {
        "Content-Length": str(len(body)),
        "Date": _http_date(int(now.timestamp())),
        "x-amzn-RequestId": request_id,
    }
    return Reply(status, own, body, REPLY_HEADERS)
