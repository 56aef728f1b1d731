"""One request of an AWS API, before it is written as a command or as a line of Python, checked against the model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from typing import Any

from botocore import xform_name
from botocore.exceptions import UnknownServiceError
from botocore.model import OperationModel, OperationNotFoundError, ServiceModel
from botocore.utils import parse_timestamp

from kmslab.errors import KmslabError
from kmslab.wire.model import loader


class Reading(Enum):
    """What a file's content becomes."""

    #: Its bytes; `fileb://`.
    BYTES = "bytes"
    #: Its text; `file://` for a string.
    TEXT = "text"
    #: The bytes that its text is the base64 of; `file://` for a blob.
    BASE64 = "base64"
    #: A value written as JSON; `file://` for a list, a map or a structure.
    JSON = "json"
    #: The file itself, sent as it is read; a mere path for a streaming blob.
    STREAM = "stream"


@dataclass(frozen=True)
class FromFile:
    """A value that stands in a file, which nobody opens here."""

    path: str
    reading: Reading = Reading.BYTES


@dataclass(frozen=True)
class ApiRequest:
    """One request.

    Attributes:
        operation: Its name in the model, such as `Encrypt`.
        parameters: As boto3 takes them, in the model's order; a value from a file is a `FromFile`.
        region: The Region, where it was said.
        service: The service, by boto3's name.
    """

    operation: str
    parameters: dict[str, Any] = field(default_factory=dict)
    region: str | None = None
    service: str = "kms"

    @property
    def model(self) -> OperationModel:
        """The operation's description."""
        return service_model(self.service).operation_model(self.operation)


def make(operation: str, parameters: Mapping[str, Any], region: str | None = None, service: str = "kms") -> ApiRequest:
    """A request of an operation with parameters that it has.

    Raises:
        KmslabError: the service, the operation or a parameter is none, or a value is of another type.
    """
    try:
        model = service_model(service).operation_model(operation)
    except OperationNotFoundError:
        raise KmslabError(f"The service {service} has no operation {operation!r}.") from None
    shape = model.input_shape
    if shape is None and parameters:
        raise KmslabError(f"{operation} takes no parameters.")
    checked = {} if shape is None else _structure(shape, parameters, operation)
    return ApiRequest(operation, checked, region, service)


@cache
def service_model(service: str) -> ServiceModel:
    """The description of a service.

    Raises:
        KmslabError: botocore knows none of that name.
    """
    try:
        return ServiceModel(loader().load_service_model(service, "service-2"), service)
    except UnknownServiceError:
        raise KmslabError(f"There is no AWS service that boto3 calls {service!r}.") from None


@cache
def operations(service: str, separator: str) -> Mapping[str, str]:
    """Every operation of a service by the name it has in Python (separator `_`) or as a command (`-`)."""
    return {xform_name(name, separator): name for name in service_model(service).operation_names}


def typed(shape: Any, value: Any, where: str) -> Any:
    """A value as the shape wants it: text for a blob becomes bytes, text for a timestamp a time.

    Args:
        shape: The model's shape.
        value: The value, or a `FromFile` for any.
        where: How to name it in an error.

    Raises:
        KmslabError: it is of another type, or has a member that the shape has not.
    """
    if isinstance(value, FromFile):
        return value
    kind = shape.type_name
    if kind not in _WANTED or not isinstance(value, _WANTED[kind]) or (isinstance(value, bool) and kind != "boolean"):
        raise KmslabError(f"{where} is of type {kind}, and {value!r} is not.")
    return _CONVERTERS.get(kind, _as_it_is)(shape, value, where)


def _as_it_is(_shape: Any, value: Any, _where: str) -> Any:
    return value


def _blob(_shape: Any, value: Any, _where: str) -> bytes:
    return value.encode() if isinstance(value, str) else bytes(value)


def _timestamp(_shape: Any, value: Any, where: str) -> datetime:
    try:
        moment: datetime = value if isinstance(value, datetime) else parse_timestamp(value)
    except ValueError:
        raise KmslabError(f"{where} is a time, and {value!r} is not.") from None
    # As boto3 takes it: a time without a zone is UTC.
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _structure(shape: Any, value: Mapping[str, Any], where: str) -> dict[str, Any]:
    for name in value:
        if name not in shape.members:
            raise KmslabError(f"{where} has no {name!r}; it has {', '.join(shape.members)}.")
    return {name: typed(member, value[name], name) for name, member in shape.members.items() if name in value}


def _map(shape: Any, value: Mapping[str, Any], where: str) -> dict[str, Any]:
    return {name: typed(shape.value, each, where) for name, each in value.items()}


def _list(shape: Any, value: Any, where: str) -> list[Any]:
    return [typed(shape.member, each, where) for each in value]


_CONVERTERS: dict[str, Callable[[Any, Any, str], Any]] = {
    "blob": _blob,
    "timestamp": _timestamp,
    "structure": _structure,
    "map": _map,
    "list": _list,
}

_WANTED: dict[str, Any] = {
    "string": str,
    "character": str,
    "integer": int,
    "long": int,
    "float": (int, float),
    "double": (int, float),
    "boolean": bool,
    "blob": (bytes, bytearray, str),
    "timestamp": (datetime, str, int, float),
    "structure": Mapping,
    "map": Mapping,
    "list": (list, tuple),
}
