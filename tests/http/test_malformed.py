"""Requests that are signed rightly and wrong inside: each was once answered with a 500."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

from kmslab import Lab

from .by_hand import FORM, Answer, Key, Line, Sent, sign

JSON = {"Content-Type": "application/x-amz-json-1.1"}


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab(seed=1) as made:
        made.client("s3").create_bucket(Bucket="reports")
        yield made


@pytest.fixture(autouse=True)
def _nothing_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    with caplog.at_level(logging.WARNING):
        yield
    assert caplog.messages == []


def ask(line: Line, key: Key, service: str, target: str, body: bytes) -> Answer:
    headers = {"Host": f"{line.host}:{line.port}", **JSON, "X-Amz-Target": target}
    return line.ask(sign(Sent("POST", headers=headers, body=body), key, service))


@pytest.mark.parametrize(
    ("service", "operation", "body", "code"),
    [
        ("secretsmanager", "ListSecrets", b"[" * 100_000, "SerializationException"),
        ("secretsmanager", "ListSecrets", b'{"A":' * 100_000, "SerializationException"),
        ("secretsmanager", "ListSecrets", b'{"A":' + b"[" * 900 + b"]" * 900 + b"}", "SerializationException"),
        ("secretsmanager", "CreateSecret", b'{"Name":"a","SecretString":"b","AddReplicaRegions":[{}]}', None),
        ("secretsmanager", "ListSecrets", b'{"":1,"NextToken":"x"}', "ValidationException"),
        ("ssm", "DescribeParameters", b"[" * 100_000, "SerializationException"),
        ("ssm", "PutParameter", b'{"Name":null,"Type":"\\ud800"}', "SerializationException"),
        (
            "ssm",
            "AddTagsToResource",
            b'{"ResourceId":"a","Tags":[1]}',
            "ValidationException",
        ),
        ("ssm", "GetDocument", b"\xff\xfe", "ValidationException"),
    ],
)
def test_json(line: Line, admin: Key, service: str, operation: str, body: bytes, code: str | None) -> None:
    answer = ask(line, admin, service, f"{'AmazonSSM' if service == 'ssm' else service}.{operation}", body)
    assert answer.status == 400
    assert answer.code == code or code is None


@pytest.mark.parametrize(
    ("service", "body", "refusal"),
    [
        ("iam", b"Action=Nothing&Version=2010-05-08", ("InvalidAction", 400)),
        ("iam", b"", ("InvalidAction", 400)),
        ("iam", b"Action=CreateUser&Version=2010-05-08", ("ValidationError", 400)),
        ("iam", b"Action=ListUsers&MaxItems=long", ("MalformedInput", 400)),
        ("sts", b"Action=GetSessionToken&DurationSeconds=long", ("MalformedInput", 400)),
    ],
)
def test_forms(line: Line, admin: Key, service: str, body: bytes, refusal: tuple[str, int]) -> None:
    headers = {"Host": f"{line.host}:{line.port}", **FORM}
    answer = line.ask(sign(Sent("POST", headers=headers, body=body), admin, service))
    assert (answer.code, answer.status) == refusal


@pytest.mark.parametrize(
    ("method", "target", "body", "code"),
    [
        ("PUT", "/reports?tagging", b"<a", "MalformedXML"),
        ("PUT", "/reports?versioning", b"\xff", "MalformedXML"),
        ("POST", "/reports?delete", b"<Delete><Object/></Delete>", "MalformedXML"),
        ("POST", "/reports?delete", b"<Delete>" + b"<a>" * 20_000, "MalformedXML"),
        ("PUT", "/reports?tagging", b"<!DOCTYPE a [<!ENTITY b 'c'>]><Tagging>&b;</Tagging>", "MalformedXML"),
        ("PUT", "/reports?tagging", b"<Tagging>" + b" " * 5_000_000 + b"</Tagging>", "MalformedXML"),
        ("PUT", "/another", b"<CreateBucketConfiguration>", "MalformedXML"),
        ("PUT", "/reports?policy", b"{", "MalformedPolicy"),
        ("PUT", "/reports?policy", b"[" * 10_000, "MalformedPolicy"),
        ("PUT", "/reports?policy", b'{"a":"' + b"x" * 20_480 + b'"}', "MalformedPolicy"),
        ("GET", "/reports?list-type=2&max-keys=x", b"", "InvalidArgument"),
    ],
)
def test_s3(lab: Lab, line: Line, admin: Key, method: str, target: str, body: bytes, code: str | None) -> None:
    path, _, query = target.partition("?")
    answer = line.ask(sign(Sent(method, path, query, {"Host": f"{line.host}:{line.port}"}, body), admin, "s3"))
    assert answer.status < 500
    assert answer.code == code or code is None
    assert lab.client("s3").list_buckets()["Buckets"][0]["Name"] == "reports"


def test_what_a_client_hears_says_what_went_wrong(line: Line, admin: Key) -> None:
    answer = ask(line, admin, "ssm", "AmazonSSM.AddTagsToResource", json.dumps({"Tags": [1]}).encode())
    assert answer.message.startswith("This Lab's ssm does not understand the request (")
