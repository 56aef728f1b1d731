"""The query protocol of IAM and STS: a form comes in, XML goes out. moto's parser and serialiser do the work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.model import ServiceModel
from moto.core.parse import QueryParser
from moto.core.serialize import QuerySerializer, SerializationContext
from moto.core.utils import get_service_model

from kmslab.wire import model
from kmslab.wire.http import BodyStream
from kmslab.wire.refusals import RefusedError
from kmslab.wire.validate import validator


class QueryError(RefusedError):
    """An error as a client of IAM or STS sees it: code, text and HTTP status."""


def read_form(request: AWSPreparedRequest) -> dict[str, str]:
    """The form of a request; empty when its body is none."""
    body = request.body or b""
    return dict(parse_qsl(body if isinstance(body, str) else bytes(body).decode("latin-1"), keep_blank_values=True))


def read_members(service: str, operation: str, form: Mapping[str, str]) -> dict[str, Any]:
    """The members of an operation's request, checked against the service's model.

    Raises:
        QueryError: a member breaks a constraint.
    """
    shape = get_service_model(service).operation_model(operation)
    parts: Any = {"values": form}
    try:
        members = QueryParser(shape).parse(parts)
    except (ValueError, TypeError, AttributeError, LookupError, RecursionError):
        # A text where the model has a number, a date or a list. Simplified: AWS's words are not known.
        raise QueryError(
            "MalformedInput", "The request has a value of another type than the operation takes."
        ) from None
    findings = _validator(service, operation)(members)
    if findings:
        count = f"{len(findings)} validation error{'s' if len(findings) > 1 else ''} detected: "
        raise QueryError("ValidationError", count + "; ".join(findings))
    return members


@cache
def _validator(service: str, operation: str) -> Callable[[Mapping[str, Any]], list[str]]:
    return validator(_checkable(service).operation_model(operation).input_shape)


@cache
def _checkable(service: str) -> ServiceModel:
    """The model of a service, without the patterns of tags: they use Java's Unicode classes, which Python lacks."""
    described = dict(model.loader().load_service_model(service, "service-2"))
    described["shapes"] = {
        name: {key: value for key, value in shape.items() if key != "pattern" or r"\p{" not in value}
        for name, shape in described["shapes"].items()
    }
    return ServiceModel(described, service)


def has_operation(service: str, operation: str) -> bool:
    """Whether the installed botocore knows an operation."""
    return operation in get_service_model(service).operation_names


def write_reply(request: AWSPreparedRequest, service: str, operation: str, reply: Mapping[str, Any]) -> AWSResponse:
    """A reply as XML."""
    request_id = str(uuid4())
    shape = get_service_model(service).operation_model(operation)
    answer = QuerySerializer(shape, SerializationContext(request_id)).serialize(dict(reply))
    return _response(request, int(answer["status_code"]), request_id, str(answer["body"]))


def _response(request: AWSPreparedRequest, status: int, request_id: str, body: str) -> AWSResponse:
    content = body.encode()
    headers = {"Content-Type": "text/xml", "Content-Length": str(len(content)), "x-amzn-RequestId": request_id}
    return AWSResponse(request.url, status, headers, BodyStream(content))
