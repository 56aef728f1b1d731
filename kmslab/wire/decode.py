"""From JSON to values: bytes for blobs, datetimes for timestamps, everything else as it is.

A decoder is compiled once per shape. Unknown members are passed over, as AWS does; null counts as absent.
"""

from __future__ import annotations

import binascii
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson
from botocore.model import Shape

from kmslab.errors import SerializationException

Decoder = Callable[[Any], Any]


def read_body(body: bytes) -> Any:
    """The JSON of a request's body.

    Raises:
        SerializationException: it is not JSON, or is neither object nor list. Measured on AWS's common JSON 1.1 front
            end: an empty body, `null` and a bare string are refused without a text.
    """
    try:
        members = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise SerializationException from None
    if not isinstance(members, (dict, list)):
        raise SerializationException
    return members


# What AWS's JSON reader calls the token it found, and what it wanted. Source: public reports of these texts.
_FOUND: dict[type, str] = {str: "STRING_VALUE", int: "NUMBER_VALUE", float: "DECIMAL_VALUE"}
_WANTED = {
    "string": "a String",
    "integer": "an Integer",
    "boolean": "a Boolean",
    "blob": "a ByteBuffer",
    "timestamp": "a Timestamp",
}


def decoder(shape: Shape | None) -> Callable[[Any], dict[str, Any]]:
    """A function from an operation's JSON body to its members; for an operation without input it takes no member.

    The returned function raises SerializationException when a member has another JSON type than the model says.
    """
    return _structure({} if shape is None else shape.members)


def _structure(members: dict[str, Shape]) -> Callable[[Any], dict[str, Any]]:
    decoders = {name: _of(member) for name, member in members.items()}

    def decode(value: Any) -> dict[str, Any]:
        if type(value) is not dict:
            raise _mismatch(value, "structure")
        return {name: decoders[name](item) for name, item in value.items() if item is not None and name in decoders}

    return decode


def _list(item: Decoder) -> Decoder:
    def decode(value: Any) -> list[Any]:
        if type(value) is not list:
            raise _mismatch(value, "list")
        return [item(each) for each in value]

    return decode


def _map(item: Decoder) -> Decoder:
    def decode(value: Any) -> dict[str, Any]:
        if type(value) is not dict:
            raise _mismatch(value, "map")
        return {name: item(each) for name, each in value.items() if each is not None}

    return decode


def _scalar(kind: str, python_type: type) -> Decoder:
    def decode(value: Any) -> Any:
        if type(value) is not python_type:
            raise _mismatch(value, kind)
        return value

    return decode


def _blob(value: Any) -> bytes:
    if type(value) is not str:
        raise _mismatch(value, "blob")
    try:
        return binascii.a2b_base64(value, strict_mode=True)
    except ValueError:
        raise SerializationException from None


def _timestamp(value: Any) -> datetime:
    if type(value) not in (int, float):
        raise _mismatch(value, "timestamp")
    try:
        return datetime.fromtimestamp(value, UTC)
    except (OverflowError, OSError, ValueError):
        raise _mismatch(value, "timestamp") from None


def _of(shape: Shape) -> Decoder:
    kind = shape.type_name
    if kind == "structure":
        return _structure(shape.members)
    if kind == "list":
        return _list(_of(shape.member))
    if kind == "map":
        return _map(_of(shape.value))
    return _SCALARS[kind]


_SCALARS: dict[str, Decoder] = {
    "string": _scalar("string", str),
    "integer": _scalar("integer", int),
    "boolean": _scalar("boolean", bool),
    "blob": _blob,
    "timestamp": _timestamp,
}


def _mismatch(value: Any, wanted: str) -> SerializationException:
    if value is None:
        # null inside of a list. Simplified: AWS's answer is not known.
        return SerializationException()
    if type(value) is dict:
        return SerializationException.unexpected_nesting()
    if type(value) is list:
        return SerializationException.unexpected_list()
    if wanted not in _WANTED:
        return SerializationException.expected("list or null" if wanted == "list" else "null")
    found = f"{str(value).upper()}_VALUE" if type(value) is bool else _FOUND[type(value)]
    return SerializationException.wrong_type(found, _WANTED[wanted])
