"""Requests of the JSON protocol, read, checked against their service's model and written anew."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from kmslab.cloud import json_calls
from kmslab.errors import SerializationException
from kmslab.wire.http import BodyStream
from kmslab.wire.refusals import RefusedError


def request(body: bytes = b'{"Name": "db"}') -> AWSPreparedRequest:
    headers: Any = {"X-Amz-Target": "AmazonSSM.PutParameter", "Content-Length": str(len(body))}
    return AWSPreparedRequest("POST", "https://ssm.us-east-1.amazonaws.com/", headers, body, stream_output=False)


def response(status: int, body: bytes) -> AWSResponse:
    return AWSResponse("https://ssm.us-east-1.amazonaws.com/", status, {"Content-Length": "1"}, BodyStream(body))


def test_a_request_read_and_written_anew() -> None:
    asked = request()
    assert (json_calls.operation_of(asked), json_calls.members_of(asked)) == ("PutParameter", {"Name": "db"})
    anew = json_calls.with_members(asked, {"Name": "another"}, "GetParameter")
    assert (json_calls.operation_of(anew), json_calls.members_of(anew)) == ("GetParameter", {"Name": "another"})
    assert anew.headers["Content-Length"] == str(len(anew.body))
    assert json_calls.members_of(asked) == {"Name": "db"}
    assert json_calls.members_of(request(b"")) == {}


@pytest.mark.parametrize("body", [b"[]", b"{", b'"text"', b"7"])
def test_bodies_that_are_no_objects(body: bytes) -> None:
    with pytest.raises(SerializationException):
        json_calls.members_of(request(body))


def test_members_of_other_types() -> None:
    members = {"number": 7, "text": "a"}
    assert json_calls.text_of(members, "text") == "a"
    assert json_calls.text_of(members, "none") is None
    assert json_calls.list_of(members, "none") == []
    with pytest.raises(SerializationException):
        json_calls.text_of(members, "number")
    with pytest.raises(SerializationException):
        json_calls.list_of(members, "text")


def test_replies() -> None:
    changed = json_calls.with_reply(response(200, b"{}"), {"a": 1})
    assert (changed.status_code, json.loads(changed.text), changed.headers["Content-Length"]) == (200, {"a": 1}, "8")
    json_calls.raise_refusal(changed)
    with pytest.raises(RefusedError) as caught:
        json_calls.raise_refusal(response(404, b'{"__type": "a#ResourceNotFoundException", "message": "no"}'))
    assert (caught.value.code, caught.value.message, caught.value.status) == ("ResourceNotFoundException", "no", 400)


@pytest.mark.parametrize(
    ("service", "operation", "members", "expected"),
    [
        ("ssm", "GetParameter", {"Name": "db", "WithDecryption": True}, None),
        ("secretsmanager", "DeleteSecret", {"SecretId": "db", "RecoveryWindowInDays": 7}, None),
        ("ssm", "NoSuchOperation", {"Anything": []}, None),
        (
            "ssm",
            "PutParameter",
            {"Name": "db"},
            "1 validation error detected: Value at 'value' failed to satisfy constraint: Member must not be null",
        ),
        (
            "secretsmanager",
            "UpdateSecretVersionStage",
            {},
            "2 validation errors detected: Value null at 'secretId' failed to satisfy constraint: Member must not be "
            "null; Value null at 'versionStage' failed to satisfy constraint: Member must not be null",
        ),
    ],
)
def test_requests_are_checked(service: str, operation: str, members: dict[str, Any], expected: str | None) -> None:
    if expected is None:
        json_calls.check(service, operation, members)
        return
    with pytest.raises(RefusedError) as caught:
        json_calls.check(service, operation, members)
    assert (caught.value.code, caught.value.message) == ("ValidationException", expected)


def test_a_member_of_another_json_type() -> None:
    with pytest.raises(SerializationException) as caught:
        json_calls.check("ssm", "GetParameter", {"Name": 7})
    assert caught.value.message == "NUMBER_VALUE can not be converted to a String"
