"""Which service, which bucket, which address."""

from __future__ import annotations

import pytest

from kmslab.transport import hosts
from kmslab.transport.incoming import Incoming, joined
from kmslab.wire.sigv4 import Scope


def incoming(path: str = "/", query: str = "", **headers: str) -> Incoming:
    return Incoming("GET", path, query, {name.replace("_", "-"): value for name, value in headers.items()}, b"")


SIGNED = "AWS4-HMAC-SHA256 Credential=AKIA/20260105/us-east-1/{}/aws4_request, SignedHeaders=host, Signature=0"


@pytest.mark.parametrize(
    ("request_", "service"),
    [
        (incoming(authorization=SIGNED.format("kms")), "kms"),
        (incoming(authorization=SIGNED.format("s3"), x_amz_target="TrentService.ListKeys"), "s3"),
        (incoming(query="X-Amz-Credential=AKIA%2F20260105%2Fus-east-1%2Fsts%2Faws4_request"), "sts"),
        (incoming(query="X-Amz-Credential=AKIA/20260105/us-east-1/iam/aws4_request&X-Amz-Date=1"), "iam"),
        (incoming(x_amz_target="TrentService.ListKeys"), "kms"),
        (incoming(x_amz_target="AmazonSSM.GetParameter"), "ssm"),
        (incoming(content_type="application/x-www-form-urlencoded; charset=utf-8"), "sts"),
        (incoming(authorization="Bearer token"), "s3"),
        (incoming(), "s3"),
    ],
)
def test_service(request_: Incoming, service: str) -> None:
    assert hosts.service_of(request_) == service


@pytest.mark.parametrize(
    ("host", "bucket"),
    [
        ("", None),
        ("127.0.0.1:4599", None),
        ("[::1]:4599", None),
        ("localhost:4599", None),
        ("reports.localhost", "reports"),
        ("reports.localhost:4599", "reports"),
        ("a.b.localhost:4599", "a.b"),
        ("s3.localhost:4599", None),
        ("reports.s3.localhost:4599", "reports"),
        ("reports.s3.us-east-1.localhost", "reports"),
        ("s3.amazonaws.com", None),
        ("s3.eu-west-1.amazonaws.com", None),
        ("reports.s3.amazonaws.com", "reports"),
        ("reports.s3.eu-west-1.amazonaws.com", "reports"),
        ("a.b.s3-eu-west-1.amazonaws.com", "a.b"),
        ("kms.us-east-1.amazonaws.com", None),
    ],
)
def test_bucket(host: str, bucket: str | None) -> None:
    assert hosts.bucket_of(host) == bucket


@pytest.mark.parametrize(
    ("scope", "request_", "url"),
    [
        (("us-east-1", "s3"), incoming("/b/k", host="127.0.0.1:1"), "https://s3.us-east-1.amazonaws.com/b/k"),
        (
            ("us-east-1", "s3"),
            incoming("/k", "a=1", host="b.localhost:1"),
            "https://s3.us-east-1.amazonaws.com/b/k?a=1",
        ),
        (("eu-west-1", "sts"), incoming(), "https://sts.eu-west-1.amazonaws.com/"),
        (("us-east-1", "iam"), incoming(), "https://iam.amazonaws.com/"),
        (("cn-north-1", "ssm"), incoming(), "https://ssm.cn-north-1.amazonaws.com.cn/"),
    ],
)
def test_address(scope: tuple[str, str], request_: Incoming, url: str) -> None:
    assert hosts.address(request_, Scope("AKIA", "20260105", *scope)) == url


def test_request_ids_are_added_where_they_are_missing() -> None:
    assert set(hosts.with_request_ids({}, "s3")) == {"x-amz-request-id", "x-amz-id-2"}
    assert set(hosts.with_request_ids({}, "sts")) == {"x-amzn-requestid"}
    assert hosts.with_request_ids({"X-Amzn-RequestId": "1"}, "sts") == {"X-Amzn-RequestId": "1"}


def test_repeated_headers_are_joined() -> None:
    assert joined([(b"a", b"1"), (b"b", b"\xe9"), (b"a", b"2")]) == {"a": "1,2", "b": "\xe9"}


def test_parameters() -> None:
    assert incoming(query="a=1&b=%2F&a=2&c&=x&&d=1=2").parameters() == {
        "a": "2",
        "b": "/",
        "c": "",
        "": "x",
        "d": "1=2",
    }


def test_parameters_in_the_query_become_a_form() -> None:
    scope = Scope("AKIA", "20260105", "us-east-1", "sts")
    found = hosts.as_moto_reads_it(incoming(query="Action=GetCallerIdentity&Version=2011-06-15"), scope)
    assert (found.method, found.query) == ("POST", "")
    assert found.body == b"Action=GetCallerIdentity&Version=2011-06-15"
    assert found.headers["content-type"].startswith("application/x-www-form-urlencoded")
    for other in (incoming(query="list-type=2"), incoming()):
        assert hosts.as_moto_reads_it(other, Scope("AKIA", "20260105", "us-east-1", "s3")) == other


@pytest.mark.parametrize(
    "request_",
    [
        incoming(authorization="Credential=" * 30_000),
        incoming(authorization="Credential=" + "a/" * 30_000),
        incoming(query="X-Amz-Credential=" * 30_000),
        incoming(query="X-Amz-Credential=" + "%2Fa" * 30_000),
    ],
    ids=["begun again", "many parts", "begun again in the query", "many parts in the query"],
)
def test_a_long_credential_takes_no_time(request_: Incoming) -> None:
    # Found by fuzzing: read from each beginning to the end, before anybody is believed.
    assert hosts.service_of(request_) == "s3"


def test_a_long_host_takes_no_time() -> None:
    assert hosts.bucket_of("a" + ".s3.a" * 30_000 + "!") is None
