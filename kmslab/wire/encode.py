"""From reply members to the JSON body, and from an error to its body.

An encoder refuses a member that the operation's output shape does not have: that is a bug of ours and looks like one.
"""

from __future__ import annotations

import binascii
from collections.abc import Callable, Mapping
from typing import Any

import orjson
from botocore.model import Shape

from kmslab.errors import AwsError

Encoder = Callable[[Any], Any]


def encoder(shape: Shape | None) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """A function from reply members to JSON members; it raises KeyError for a member the shape does not have."""
    return _structure({} if shape is None else shape.members)


def write_body(members: dict[str, Any]) -> bytes:
    """The JSON body of a reply, its members in the alphabet's order at every level, as AWS has them."""
    return orjson.dumps(members, option=orjson.OPT_SORT_KEYS)


def error_body(error: AwsError) -> bytes:
    """The JSON body of an error. AWS leaves the message out where it has none, and SDKs then show an empty one."""
    body = {"__type": error.code}
    if error.message:
        body[error.message_member] = error.message
    return orjson.dumps(body)


def _structure(members: Mapping[str, Shape]) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    encoders = {name: _of(member) for name, member in members.items()}

    def encode(value: Mapping[str, Any]) -> dict[str, Any]:
        return {name: encoders[name](item) for name, item in value.items()}

    return encode


def _of(shape: Shape) -> Encoder:
    kind = shape.type_name
    if kind == "structure":
        return _structure(shape.members)
    if kind == "list":
        item = _of(shape.member)
        return lambda value: [item(each) for each in value]
    if kind == "blob":
        return lambda value: binascii.b2a_base64(value, newline=False).decode("ascii")
    if kind == "timestamp":
        # Seconds since 1970 with milliseconds, as KMS writes them.
        return lambda value: round(value.timestamp(), 3)
    return lambda value: value
