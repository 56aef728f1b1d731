"""What moto holds of one Lab as bytes, and back: by service, account and Region.

moto's objects are pickled. Not pickled are: moto's tables and backends themselves, which are referred to by their
names; the nameless functions of dictionaries that fill themselves, which every new backend has; AWS's own managed
policies, which every new IAM backend has; and large contents, such as S3's objects, which are handed out apart so that
a change does not write them all again.

The bytes are only ever read from a state file that has authenticated them.
"""

from __future__ import annotations

import hashlib
import io
import pickle
import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from types import CodeType, FunctionType
from typing import Any, NamedTuple

import moto
from moto.backends import get_backend as _get_backend
from moto.core.base_backend import BaseBackend
from moto.iam.models import AWSManagedPolicy, IAMBackend

from kmslab.cloud.moto_bridge import Held, MotoBridge, indexes_of

# From a service's name to its table. moto declares it once for each of its services.
_table: Any = _get_backend

#: The version of moto that the bytes are for.
VERSION: str = moto.__version__

#: From so many bytes on, contents are handed out apart.
_LARGE = 1024

#: The services whose requests change nothing but these. After any other service everything is looked at.
_CHANGES: Mapping[str, frozenset[str]] = {
    **{
        name: frozenset({name})
        for name in ("cloudtrail", "dynamodb", "iam", "logs", "secretsmanager", "sqs", "ssm", "sts")
    },
    # S3 tells others of new objects.
    "s3": frozenset({"s3", "sns", "sqs", "events"}),
    "sns": frozenset({"sns", "sqs"}),
}

#: Instead of a Region: what a table keeps beside its accounts.
_BESIDE = ""

_LOCKS: dict[type, Callable[[], Any]] = {type(make()): make for make in (threading.Lock, threading.RLock)}


class Place(NamedTuple):
    """What moto holds is told apart by this."""

    service: str
    account_id: str
    region: str

    def __str__(self) -> str:
        """For people."""
        return f"what {self.service} holds" + (f" of account {self.account_id} in {self.region}" if self.region else "")


class Taken(NamedTuple):
    """What moto holds at one place.

    Attributes:
        pickled: It, but for its contents; empty when it cannot be pickled.
        contents: Large contents, by their hashes.
        failure: Why it cannot be pickled.
    """

    pickled: bytes
    contents: Mapping[str, bytes]
    failure: str = ""

    def __repr__(self) -> str:
        """How much it is: access keys and values are in it."""
        return f"<{len(self.pickled)} bytes pickled, {len(self.contents)} contents>" + self.failure


def take(bridge: MotoBridge, services: Collection[str]) -> Iterator[tuple[Place, Taken]]:
    """What moto holds of these services, and of everything that their requests may have changed."""
    with bridge.standing_still() as tables:
        names = {id(backend): place for place, backend in _backends(tables)}
        everything = any(service not in _CHANGES for service in services)
        wanted = frozenset[str]().union(*(_CHANGES.get(service, ()) for service in services))
        for held in tables:
            if everything or held.table.service_name in wanted:
                if any(held.indexes.values()):
                    yield Place(held.table.service_name, "", _BESIDE), _pickled(held.indexes, names, {})
                for place, backend in _backends([held]):
                    yield place, _pickled(_state(backend), names, dict(_factories(place, backend)))


def _backends(tables: Collection[Held]) -> Iterator[tuple[Place, Any]]:
    for held in tables:
        for account_id, regions in held.accounts.items():
            for region in list(regions.keys()):
                yield Place(held.table.service_name, account_id, region), dict.__getitem__(regions, region)


def _state(backend: Any) -> dict[str, Any]:
    state = dict(vars(backend))
    if isinstance(backend, IAMBackend):
        own: dict[str, Any] = {}
        aws: dict[str, Any] = {}
        for arn, policy in backend.managed_policies.items():
            if not isinstance(policy, AWSManagedPolicy):
                own[arn] = policy
            elif policy.attachment_count:
                aws[arn] = policy.id, policy.attachment_count
        del state["aws_managed_policies"]
        state["managed_policies"] = own, aws
    return state


def _factories(place: Place, backend: Any) -> Iterator[tuple[CodeType, tuple[str, ...]]]:
    """The nameless functions by which dictionaries of a backend fill themselves, and where to find them again."""
    for attribute, value in vars(backend).items():
        depth, held = 0, value
        while isinstance(held, defaultdict) and isinstance(held.default_factory, FunctionType):
            yield held.default_factory.__code__, (*place, attribute, str(depth))
            depth, held = depth + 1, held.default_factory()


def _factory(place: Place, attribute: str, depth: int) -> Any:
    held = vars(_backend(place))[attribute]
    for _ in range(depth):
        held = held.default_factory()
    return held.default_factory


def _pickled(state: Any, names: Mapping[int, Place], factories: Mapping[CodeType, tuple[str, ...]]) -> Taken:
    file = io.BytesIO()
    pickler = _Pickler(file, names, factories)
    try:
        pickler.dump(state)
    except Exception as error:  # any object of moto's may refuse, each in its own way
        return Taken(b"", {}, f"{type(error).__name__}: {error}")
    return Taken(file.getvalue(), pickler.contents)


class _Pickler(pickle.Pickler):
    def __init__(
        self, file: io.BytesIO, names: Mapping[int, Place], factories: Mapping[CodeType, tuple[str, ...]]
    ) -> None:
        super().__init__(file, protocol=5)
        self._names = names
        self._factories = factories
        self.contents: dict[str, bytes] = {}

    def persistent_id(self, obj: Any) -> tuple[str, ...] | None:
        if type(obj) is bytes and len(obj) >= _LARGE:
            name = hashlib.blake2b(obj, digest_size=32).hexdigest()
            self.contents[name] = obj
            return "content", name
        if isinstance(obj, BaseBackend) and id(obj) in self._names:
            return "backend", *self._names[id(obj)]
        if isinstance(obj, AWSManagedPolicy):
            return "policy", obj.account_id, obj.partition, obj.arn
        if isinstance(obj, FunctionType) and obj.__code__ in self._factories:
            return "factory", *self._factories[obj.__code__]
        return None

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, defaultdict) and type(obj) is not defaultdict:
            # Its class may take other arguments than a defaultdict does.
            return _new_defaultdict, (type(obj), obj.default_factory), vars(obj), None, iter(obj.items())
        # A lock that nobody holds is as good as a new one.
        make = _LOCKS.get(type(obj))
        return NotImplemented if make is None else (make, ())


def _new_defaultdict(kind: type[defaultdict[Any, Any]], factory: Any) -> defaultdict[Any, Any]:
    made = kind.__new__(kind)
    defaultdict.__init__(made, factory)
    return made


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, content: Callable[[str], bytes]) -> None:
        super().__init__(file)
        self._content = content

    def persistent_load(self, pid: Any) -> Any:
        kind, *rest = pid
        if kind == "content":
            return self._content(rest[0])
        if kind == "backend":
            return _backend(Place(*rest))
        if kind == "factory":
            *place, attribute, depth = rest
            return _factory(Place(*place), attribute, int(depth))
        account_id, partition, arn = rest
        return _backend(Place("iam", account_id, partition)).managed_policies[arn]


def give(bridge: MotoBridge, kept: Mapping[Place, bytes], content: Callable[[str], bytes]) -> dict[Place, str]:
    """Let moto hold what it held.

    Args:
        bridge: moto, with nothing in it.
        kept: What `take` gave, by place.
        content: From a hash to a large content.

    Returns:
        Why something cannot be read back, by place; moto is then empty there.
    """
    failures = {}
    with bridge.in_place():
        # IAM first: others may refer to AWS's managed policies.
        for place in sorted(kept, key=lambda each: (each.service != "iam", each)):
            try:
                _put_back(place, _Unpickler(io.BytesIO(kept[place]), content).load())
            except Exception as error:  # another version of moto may have moved or lost anything
                failures[place] = f"{type(error).__name__}: {error}"
    return failures


def _put_back(place: Place, state: dict[str, Any]) -> None:
    if place.region == _BESIDE:
        for name, index in indexes_of(_table(place.service)).items():
            index.update(state.get(name, {}))
        return
    backend = _backend(place)
    if isinstance(backend, IAMBackend):
        own, aws = state["managed_policies"]
        for arn, (policy_id, count) in aws.items():
            policy = backend.managed_policies[arn]
            policy.id, policy.attachment_count = policy_id, count
        state |= {
            "aws_managed_policies": backend.aws_managed_policies,
            "managed_policies": backend.managed_policies | own,
        }
    # The backend stays the object that others refer to.
    vars(backend).update(state)


def _backend(place: Place) -> Any:
    return _table(place.service)[place.account_id][place.region]
