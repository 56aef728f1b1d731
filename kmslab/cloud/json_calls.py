"""The JSON protocol of Systems Manager and Secrets Manager: requests and replies read, and written anew."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any
from uuid import uuid4

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.model import ServiceModel

from kmslab.errors import SerializationException
from kmslab.wire import model, sigv4
from kmslab.wire.decode import decoder, read_body
from kmslab.wire.http import BodyStream
from kmslab.wire.refusals import RefusedError
from kmslab.wire.validate import validator

Members = dict[str, Any]

#: How deep the members of a request may be nested; no operation's model comes near it. What reads them calls itself.
_DEEPEST = 100


def operation_of(request: AWSPreparedRequest) -> str:
    """The operation that a request is for, such as `PutParameter`."""
    return sigv4.by_lower_name(request.headers).get("x-amz-target", "").rpartition(".")[2]


def members_of(request: AWSPreparedRequest) -> Members:
    """The members of a request.

    Raises:
        SerializationException: the body is no JSON object.
    """
    body: Any = request.body or b"{}"
    # Stricter than Python's reader, which takes half a surrogate pair that nobody can write again.
    members = read_body(body.encode() if isinstance(body, str) else bytes(body))
    if not isinstance(members, dict) or _depth(members) > _DEEPEST:
        raise SerializationException()
    return members


def _depth(members: Members) -> int:
    """How many lists and objects stand within each other, without a call for each: that is what is to be avoided."""
    depth = 0
    layer: list[Any] = [members]
    while layer:
        depth += 1
        inside = (each for one in layer for each in (one.values() if isinstance(one, dict) else one))
        layer = [each for each in inside if isinstance(each, (dict, list))]
    return depth


def check(service: str, operation: str, members: Members) -> None:
    """Refuse a request that is not what the service's model says; an operation that the model lacks may be anything.

    Raises:
        SerializationException: a member has another JSON type.
        RefusedError: a member breaks a constraint, or is missing.
    """
    findings = _rules(service, operation)(members)
    if findings:
        count = f"{len(findings)} validation error{'s' if len(findings) > 1 else ''} detected: "
        raise RefusedError("ValidationException", count + "; ".join(findings))


@cache
def _rules(service: str, operation: str) -> Callable[[Members], list[str]]:
    described = _checkable(service)
    if operation not in described.operation_names:
        return lambda members: []
    shape = described.operation_model(operation).input_shape
    decode, validate = decoder(shape), validator(shape)
    return lambda members: validate(decode(members))


@cache
def _checkable(service: str) -> ServiceModel:
    """The model of a service in the terms of KMS's: whole numbers are integers, and no pattern has Java's classes."""
    described = dict(model.loader().load_service_model(service, "service-2"))
    described["shapes"] = {
        name: {
            key: "integer" if (key, value) == ("type", "long") else value
            for key, value in shape.items()
            if key != "pattern" or r"\p{" not in value
        }
        for name, shape in described["shapes"].items()
    }
    return ServiceModel(described, service)


def text_of(members: Mapping[str, Any], name: str) -> str | None:
    """A member that is a string; None when it is not there.

    Raises:
        SerializationException: it is something else.
    """
    value = members.get(name)
    if value is not None and not isinstance(value, str):
        raise SerializationException()
    return value


def list_of(members: Mapping[str, Any], name: str) -> list[Any]:
    """A member that is a list; empty when it is not there.

    Raises:
        SerializationException: it is something else.
    """
    value = members.get(name)
    if value is not None and not isinstance(value, list):
        raise SerializationException.expected("list")
    return value or []


def with_members(request: AWSPreparedRequest, members: Mapping[str, Any], operation: str = "") -> AWSPreparedRequest:
    """The same request with other members, and for another operation of the service if one is named.

    Its signature is not right any more; whoever has to believe it has looked at it by now.
    """
    body = json.dumps(members).encode()
    headers = request.headers.copy()
    headers["Content-Length"] = str(len(body))
    if operation:
        target = sigv4.by_lower_name(headers)["x-amz-target"].rpartition(".")[0]
        headers["X-Amz-Target"] = f"{target}.{operation}"
    return AWSPreparedRequest(request.method, request.url, headers, body, request.stream_output)


def reply_of(response: AWSResponse) -> Members:
    """The members of a reply."""
    reply: Members = json.loads(response.text)
    return reply


def with_reply(response: AWSResponse, reply: Mapping[str, Any], status: int | None = None) -> AWSResponse:
    """The same reply with other members."""
    body = json.dumps(reply).encode()
    headers = {name: value for name, value in response.headers.items() if name.lower() != "content-length"}
    headers["Content-Length"] = str(len(body))
    return AWSResponse(response.url, status or response.status_code, headers, BodyStream(body))


def new_reply(request: AWSPreparedRequest, reply: Mapping[str, Any]) -> AWSResponse:
    """A reply of our own."""
    headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-RequestId": str(uuid4())}
    return with_reply(AWSResponse(request.url, 200, headers, BodyStream(b"")), reply)


def raise_refusal(response: AWSResponse) -> None:
    """Raise what moto refuses with, if it does, with the HTTP status that all errors of these services have.

    Raises:
        RefusedError: moto refuses.
    """
    if response.status_code >= 400:
        error = reply_of(response)
        message = str(error.get("message", error.get("Message", "")))
        raise RefusedError(str(error.get("__type", "InternalServiceError")).rpartition("#")[2], message)
