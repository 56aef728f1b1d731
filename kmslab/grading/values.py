"""Values on their way between the seat and the referee.

To the seat they are pickled, because it believes the referee. From the seat they come as JSON with tags, from which
nothing is made but plain data and the few records that exercises take as answers: it must not be able to run anything.
A live object, such as an account or the clock, stays with the referee and travels as a number.
"""

from __future__ import annotations

import base64
import contextlib
import io
import pickle
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import PurePath
from types import MappingProxyType
from typing import Any

from botocore.client import BaseClient
from botocore.exceptions import ClientError

from kmslab import Principal
from kmslab.account import Account
from kmslab.billing.bill import Bill, Line, RequestCount, Usage
from kmslab.billing.budget import Budget
from kmslab.billing.forecast import Forecast
from kmslab.billing.prices import PRICE_ROWS, RequestPrice
from kmslab.clock import SimClock
from kmslab.envelope import Receipt
from kmslab.errors import KmslabError
from kmslab.keys.cloudhsm import CloudHsmCluster
from kmslab.keys.xks import ExternalKeyManager
from kmslab.support import Support

#: What stays with the referee, by the name under which the seat knows it.
LIVE: dict[str, type] = {
    "Account": Account,
    "Budget": Budget,
    "CloudHsmCluster": CloudHsmCluster,
    "ExternalKeyManager": ExternalKeyManager,
    "SimClock": SimClock,
    "Support": Support,
    "block": contextlib._GeneratorContextManager,
}

#: What a learner may hand over besides plain data. A new exercise that takes another record adds it here.
RECORDS: dict[str, type] = {each.__name__: each for each in (Bill, Forecast, Line, Receipt, RequestCount, Usage)}

#: What a play gives a lesson lives as well: it goes on playing.
_PLAYS = "kmslab.plays."

_TAG = "!"
_PRICES = {row.name: row for row in PRICE_ROWS}
_DEEPEST = 60


def is_live(value: Any) -> str:
    """The kind of a live object; empty for a value."""
    if type(value).__module__.startswith(_PLAYS) and not isinstance(value, tuple):
        return "play"
    return next((name for name, kind in LIVE.items() if isinstance(value, kind)), "")


class Unknown:
    """An answer of a type that no exercise takes; it has a text and nothing else."""

    def __init__(self, text: str) -> None:
        """Keep the text."""
        self._text = text

    def __repr__(self) -> str:
        """What the seat's object showed as its own text."""
        return self._text


@dataclass(frozen=True, slots=True)
class Reference:
    """A live object, as the seat names it."""

    number: int


# --- from the seat, as data ---


def to_data(value: Any, depth: int = 0) -> Any:
    """A value as something that JSON can carry; what has no such form travels as its text."""
    if depth > _DEEPEST:
        return {_TAG: "unknown", "v": "..."}
    if value is None or isinstance(value, (bool, int, float, str)):
        # Not a subclass, which would bring behaviour of its own.
        return (
            value if value is None else next(kind(value) for kind in (bool, int, float, str) if isinstance(value, kind))
        )
    for kind, tag, write in _WRITERS:
        if isinstance(value, kind):
            return {_TAG: tag, "v": write(value, depth + 1)}
    return {_TAG: "unknown", "v": _text_of(value)}


def _many(values: Any, depth: int) -> list[Any]:
    return [to_data(each, depth) for each in values]


def _record(value: Any, depth: int) -> Any:
    names = [each.name for each in fields(value)] if is_dataclass(value) else list(value._fields)
    return {"name": type(value).__name__, "members": _many([getattr(value, name) for name in names], depth)}


def _far(value: Any, depth: int) -> int:
    return int(object.__getattribute__(value, "_number"))


class FarObject:
    """The seat's side of a live object; see far_lab."""


_WRITERS: tuple[tuple[Any, str, Callable[[Any, int], Any]], ...] = (
    (FarObject, "reference", _far),
    (Principal, "principal", lambda value, _: value.credentials.access_key_id),
    (RequestPrice, "price", lambda value, _: value.name),
    (tuple(RECORDS.values()), "record", _record),
    ((bytes, bytearray, memoryview), "bytes", lambda value, _: base64.b64encode(bytes(value)).decode()),
    (datetime, "datetime", lambda value, _: value.isoformat()),
    (date, "date", lambda value, _: value.isoformat()),
    (timedelta, "timedelta", lambda value, _: [value.days, value.seconds, value.microseconds]),
    (Decimal, "decimal", lambda value, _: str(value)),
    (PurePath, "path", lambda value, _: str(value)),
    (ClientError, "error", lambda value, depth: to_data([value.response, value.operation_name], depth)),
    (Mapping, "dict", lambda value, depth: [[to_data(k, depth), to_data(v, depth)] for k, v in value.items()]),
    (list, "list", _many),
    (tuple, "tuple", _many),
    ((set, frozenset), "set", _many),
)  # fmt: skip


def from_data(data: Any, principal: Callable[[str], Any], live: Callable[[int], Any]) -> Any:
    """What the seat sent, made anew.

    Args:
        data: What JSON had.
        principal: Finds who has an access key id.
        live: Finds a live object.

    Raises:
        KmslabError: it is nothing that a seat would send.
    """

    def read(data: Any) -> Any:
        if not isinstance(data, dict):
            return data if data is None or isinstance(data, (bool, int, float, str)) else refuse()
        reader = readers.get(data.get(_TAG, ""))
        return refuse() if reader is None else reader(data["v"])

    def refuse() -> Any:
        raise KmslabError("The seat sent something that is no value.")

    def record(value: Any) -> Any:
        kind = RECORDS.get(value["name"])
        return refuse() if kind is None else kind(*map(read, value["members"]))

    readers: dict[str, Callable[[Any], Any]] = {
        "reference": lambda value: live(int(value)),
        "principal": principal,
        "price": lambda value: _PRICES[value],
        "record": record,
        "bytes": lambda value: base64.b64decode(value),
        "datetime": datetime.fromisoformat,
        "date": date.fromisoformat,
        "timedelta": lambda value: timedelta(*map(int, value)),
        "decimal": Decimal,
        "path": str,
        "error": lambda value: ClientError(*read(value)),
        "dict": lambda value: {read(key): read(each) for key, each in value},
        "list": lambda value: [read(each) for each in value],
        "tuple": lambda value: tuple(read(each) for each in value),
        "set": lambda value: {read(each) for each in value},
        "unknown": lambda value: Unknown(str(value)),
    }
    try:
        return read(data)
    except KmslabError:
        raise
    except Exception as error:
        raise KmslabError("The seat sent something that is no value.") from error


def _text_of(value: Any) -> str:
    try:
        return repr(value)[:1000]
    except Exception:
        return f"<{type(value).__name__}>"


# --- to the seat, by pickle ---


def _unchangeable(members: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(members)


def _client_of(client: Any) -> tuple[Any, ...]:
    """What another client like this one is made of."""
    credentials = client._request_signer._credentials.get_frozen_credentials()
    meta = client.meta
    return meta.service_model.service_name, meta.region_name, tuple(credentials)[:3], meta.config.user_agent


class _Pickler(pickle.Pickler):
    def __init__(self, file: io.BytesIO, number_of: Callable[[Any], int]) -> None:
        super().__init__(file, protocol=5)
        self._number_of = number_of

    def persistent_id(self, obj: Any) -> Any:
        if isinstance(obj, BaseClient):
            return "client", _client_of(obj)
        kind = is_live(obj)
        if kind:
            return kind, self._number_of(obj)
        return ("price", obj.name) if isinstance(obj, RequestPrice) else None

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, MappingProxyType):
            return _unchangeable, (dict(obj),)
        return NotImplemented


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, found: Callable[[str, Any], Any]) -> None:
        super().__init__(file)
        self._found = found

    def persistent_load(self, pid: Any) -> Any:
        name, number = pid
        # Rows of the price list are told apart by identity.
        return _PRICES[number] if name == "price" else self._found(name, number)


def packed(value: Any, number_of: Callable[[Any], int]) -> bytes:
    """A value for the seat; `number_of` gives a live object its number."""
    file = io.BytesIO()
    _Pickler(file, number_of).dump(value)
    return file.getvalue()


def unpacked(data: bytes, found: Callable[[str, Any], Any]) -> Any:
    """A value from the referee; `found` makes a live object's far side from its kind and its number, and a client."""
    return _Unpickler(io.BytesIO(data), found).load()


def packed_error(error: BaseException) -> bytes:
    """An exception for the seat; one that cannot travel becomes a KmslabError with its text."""
    try:
        data = pickle.dumps(error)
        pickle.loads(data)  # noqa: S301 - what was pickled in the line above
    except Exception:
        data = pickle.dumps(KmslabError(str(error)))
    return data
