"""Management events of services other than KMS: what was asked, by whom, and with which result.

Whatever botocore's model calls sensitive is left out, and so are session tokens and codes of MFA devices.

Simplified: members are those of the request, in CloudTrail's spelling; AWS adds some, leaves some out, and shows
session tokens. S3's data events (objects) and other services are not logged.

Source: CloudTrail User Guide, "CloudTrail record contents"; the "Logging ... with CloudTrail" page of each service.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.model import ListShape, MapShape, Shape, StructureShape
from botocore.parsers import ResponseParserError, create_parser
from moto.core.utils import get_service_model

from kmslab.cloud.cloudtrail.s3_requests import read_bucket_request
from kmslab.cloud.json_calls import members_of, operation_of
from kmslab.cloud.query import read_form, read_members
from kmslab.cloud.terms import Asker
from kmslab.errors import AwsError
from kmslab.trail.events import EVENT_VERSION, EventRecord, lowered, user_identity
from kmslab.trail.history import Event
from kmslab.wire import sigv4
from kmslab.wire.refusals import RefusedError

#: The services whose calls are logged, and how their requests are read.
_JSON = frozenset({"cloudtrail", "secretsmanager", "ssm"})
_QUERY = frozenset({"iam", "sts"})

#: Operations that change nothing begin with these. Source: sample events; AssumeRole is logged as read-only.
_READS = ("Assume", "Describe", "Get", "Head", "List", "Lookup", "Simulate")

#: Operations that change nothing and whose answers are logged all the same.
_SHOWN = frozenset({"AssumeRole", "GetFederationToken", "GetSessionToken"})

#: Members that are secret without the model saying so.
_SECRET = frozenset({"AuthenticationCode1", "AuthenticationCode2", "SessionToken", "TokenCode"})

#: IAM has no Regions; its events are of this one. Source: CloudTrail User Guide, "Global service events".
_GLOBAL_REGION = "us-east-1"

#: A value that AWS hides by name.
_HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"


class _Read(NamedTuple):
    """A request, read: the operation and what may be shown of its members, in CloudTrail's spelling."""

    operation: str
    members: dict[str, Any]


def event_of(
    request: AWSPreparedRequest, service: str, asker: Asker, response: AWSResponse, new_id: Callable[[], str]
) -> Event | None:
    """The event of a request that was answered; None when it is none of the events that are logged.

    Args:
        request: The request.
        service: The service that it was for.
        asker: Who asked.
        response: The answer.
        new_id: Makes ids of events.
    """
    read = _read(request, service)
    if read is None:
        return None
    read_only = read.operation.startswith(_READS)
    shows_answer = not read_only or read.operation in _SHOWN
    headers = sigv4.by_lower_name(request.headers)
    said = {name.lower(): str(value) for name, value in response.headers.items()}
    record: EventRecord = {
        "eventVersion": EVENT_VERSION,
        "userIdentity": user_identity(asker.principal.identity),
        "eventTime": f"{asker.now:%Y-%m-%dT%H:%M:%SZ}",
        "eventSource": f"{service}.amazonaws.com",
        "eventName": read.operation,
        "awsRegion": _GLOBAL_REGION if service == "iam" else asker.region,
        "sourceIPAddress": "127.0.0.1",
        "userAgent": headers.get("user-agent", ""),
        **_failed(response, service),
        "requestParameters": read.members or None,
        "responseElements": _elements(response, service, read.operation) if shows_answer else None,
        "requestID": said.get("x-amzn-requestid") or said.get("x-amz-request-id") or new_id(),
        "eventID": new_id(),
        "readOnly": read_only,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": asker.principal.account_id,
        "eventCategory": "Management",
        "tlsDetails": {"clientProvidedHostHeader": request.url.split("/", 3)[2]},
    }
    return Event(asker.now, record)


def _read(request: AWSPreparedRequest, service: str) -> _Read | None:
    if service == "s3":
        found = read_bucket_request(request)
        return None if found is None else _Read(*found)
    if service not in _JSON | _QUERY:
        return None
    form = read_form(request) if service in _QUERY else {}
    operation = form.get("Action", "") if service in _QUERY else operation_of(request)
    model = get_service_model(service)
    if operation not in model.operation_names:
        return None
    try:
        members = read_members(service, operation, form) if service in _QUERY else members_of(request)
    except (AwsError, RefusedError):
        members = {}
    return _Read(operation, lowered(_public(members, model.operation_model(operation).input_shape)))


def _failed(response: AWSResponse, service: str) -> dict[str, str]:
    """`errorCode` and `errorMessage`, if the answer is an error."""
    if response.status_code < 400:
        return {}
    error = _parsed(response, service, None).get("Error", {})
    code = str(error.get("Code", ""))
    # CloudTrail's own word for a denial, as for KMS.
    code = "AccessDenied" if code == "AccessDeniedException" else code
    said = {"errorCode": code, "errorMessage": str(error.get("Message", ""))}
    return {name: value for name, value in said.items() if value}


def _elements(response: AWSResponse, service: str, operation: str) -> dict[str, Any] | None:
    """What may be shown of the answer."""
    if service == "s3" or response.status_code >= 400:
        return None
    shape = get_service_model(service).operation_model(operation).output_shape
    parsed = _parsed(response, service, shape)
    return lowered(_public(parsed, shape)) or None


def _parsed(response: AWSResponse, service: str, shape: Shape | None) -> dict[str, Any]:
    headers = {name.lower(): str(value) for name, value in response.headers.items()}
    answer = {"status_code": response.status_code, "headers": headers, "body": response.content}
    try:
        found = create_parser(str(get_service_model(service).metadata["protocol"])).parse(answer, shape)
    except ResponseParserError:
        return {}
    return {name: value for name, value in found.items() if name != "ResponseMetadata"}


def _public(members: Mapping[str, Any], shape: Shape | None) -> dict[str, Any]:
    """The members of a structure, without what is secret."""
    if not isinstance(shape, StructureShape):
        return {}
    shown = {}
    for name, value in members.items():
        inner = shape.members.get(name)
        if inner is None or name in _SECRET or inner.type_name == "blob" or value is None:
            continue
        if inner.metadata.get("sensitive"):
            if name == "Value":
                shown[name] = _HIDDEN
            continue
        shown[name] = _inside(value, inner)
    return shown


def _inside(value: Any, shape: Shape) -> Any:
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        return _public(value, shape)
    if isinstance(shape, ListShape) and isinstance(value, (list, tuple)):
        return [_inside(each, shape.member) for each in value]
    if isinstance(shape, MapShape) and isinstance(value, Mapping):
        return {str(name): _inside(each, shape.value) for name, each in value.items()}
    # Whatever a client sent: the record is JSON.
    return value if isinstance(value, (str, int, float, bool)) else _or_text(value)


def _or_text(value: Any) -> Any:
    if hasattr(value, "strftime"):
        return value
    try:
        return json.loads(json.dumps(value))
    except (TypeError, ValueError):
        return str(value)
