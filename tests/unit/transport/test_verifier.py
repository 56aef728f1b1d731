"""Who is believed, without a server: the verifier alone, with a time of its own."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs

import pytest
from botocore.auth import HmacV1QueryAuth, S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials
from msgspec.structs import replace

from kmslab.errors import (
    AwsError,
    ExpiredTokenException,
    IncompleteSignatureException,
    InvalidSignatureException,
    MissingAuthenticationTokenException,
    UnrecognizedClientException,
)
from kmslab.ids import Ids
from kmslab.principals import Credentials, Principal, make_administrator
from kmslab.transport.incoming import Incoming
from kmslab.transport.verifier import Verified, Verifier
from kmslab.wire.refusals import RefusedError

KEY, SECRET, TOKEN = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "a session token"
END = datetime(2030, 1, 1, tzinfo=UTC)
USER = make_administrator("123456789010", "us-east-1", Ids(1), Credentials(KEY, SECRET))
SESSION = dataclasses.replace(USER, credentials=Credentials("ASIA", SECRET, TOKEN, END))
KNOWN: Mapping[str, Principal] = {KEY: USER, "ASIA": SESSION}


def verify(request: Incoming, *, later: timedelta = timedelta(0), lab_time: datetime | None = None) -> Verified:
    time = None if lab_time is None else lambda: lab_time
    return Verifier(KNOWN.get, "us-east-1", lambda: datetime.now(UTC) + later, time).verify(request)


def signed(auth: Any, service: str = "s3", **about: Any) -> Incoming:
    """What botocore's own signers make of a request."""
    method, url = (
        about.pop("method", "GET"),
        about.pop("url", "http://127.0.0.1:4599/bucket/key%20name?versionId=1&a=%2F"),
    )
    body, headers = about.pop("body", b""), about.pop("headers", {})
    key, token = about.pop("key", KEY), about.pop("token", None)
    request = AWSRequest(method, url, headers=headers, data=body)
    credentials = BotoCredentials(key, SECRET, token)
    signer = auth(credentials) if auth is HmacV1QueryAuth else auth(credentials, service, "us-east-1", **about)
    signer.add_auth(request)
    prepared = request.prepare()
    path, _, query = prepared.url.split("/", 3)[3].partition("?")
    found = {
        name.lower(): value.decode() if isinstance(value, bytes) else value for name, value in prepared.headers.items()
    }
    return Incoming(method, f"/{path}", query, {"host": "127.0.0.1:4599"} | found, body)


def failure(request: Incoming, **how: Any) -> tuple[str, str, int]:
    with pytest.raises((AwsError, RefusedError)) as caught:
        verify(request, **how)
    return caught.value.code, caught.value.message, caught.value.status


EVERY_WAY = [
    (SigV4Auth, "kms"),
    (SigV4Auth, "sts"),
    (S3SigV4Auth, "s3"),
    (SigV4QueryAuth, "sts"),
    (S3SigV4QueryAuth, "s3"),
    (HmacV1QueryAuth, "s3"),
]


@pytest.mark.parametrize(("auth", "service"), EVERY_WAY)
@pytest.mark.parametrize(("key", "token"), [(KEY, None), ("ASIA", TOKEN)])
def test_every_way_to_sign(auth: Any, service: str, key: str, token: str | None) -> None:
    found = verify(signed(auth, service, key=key, token=token))
    assert (found.scope.access_key_id, found.scope.region, found.scope.service) == (key, "us-east-1", service)
    assert found.request.headers["authorization"].startswith(f"AWS4-HMAC-SHA256 Credential={key}/")
    assert found.request.headers.get("x-amz-security-token") == token
    assert found.request.query == "versionId=1&a=%2F"
    assert found.request.path == "/bucket/key%20name"


@pytest.mark.parametrize(("auth", "service"), EVERY_WAY)
def test_a_token_that_is_missing_foreign_or_too_much(auth: Any, service: str) -> None:
    unknown = "The security token included in the request is invalid."
    wrong = ("UnrecognizedClientException", unknown, 400)
    malformed = ("InvalidToken", "The provided token is malformed or otherwise invalid.", 400)
    assert failure(signed(auth, service, key="ASIA")) == wrong
    assert failure(signed(auth, service, key="ASIA", token="another")) == (malformed if service == "s3" else wrong)
    assert failure(signed(auth, service, key=KEY, token=TOKEN)) == (malformed if service == "s3" else wrong)
    assert failure(signed(auth, service, key="AKIANOBODY")) == wrong


@pytest.mark.parametrize(("auth", "service"), EVERY_WAY)
def test_a_session_ends_by_the_clock_of_the_lab(auth: Any, service: str) -> None:
    request = signed(auth, service, key="ASIA", token=TOKEN)
    assert verify(request, lab_time=END - timedelta(seconds=1)).scope.access_key_id == "ASIA"
    with pytest.raises(ExpiredTokenException):
        verify(request, lab_time=END)
    assert verify(signed(auth, service), lab_time=END).scope.access_key_id == KEY


@pytest.mark.parametrize(
    ("service", "seconds", "accepted"),
    [
        ("kms", 290, True),
        ("kms", 310, False),
        ("kms", -290, True),
        ("kms", -310, False),
        ("s3", 890, True),
        ("s3", 910, False),
        ("s3", -890, True),
        ("s3", -910, False),
    ],
)
def test_clocks_apart(service: str, seconds: int, accepted: bool) -> None:
    request = signed(S3SigV4Auth if service == "s3" else SigV4Auth, service)
    if accepted:
        assert verify(request, later=timedelta(seconds=seconds)).scope.service == service
        return
    code, text, status = failure(request, later=timedelta(seconds=seconds))
    if service == "s3":
        words = "The difference between the request time and the current time is too large."
        assert (code, text, status) == ("RequestTimeTooSkewed", words, 403)
    else:
        assert (code, status) == ("InvalidSignatureException", 400)
        assert text.startswith("Signature expired: " if seconds > 0 else "Signature not yet current: ")
        assert text.endswith("Z - 5 min.)" if seconds > 0 else "Z + 5 min.)")


def test_a_presigned_url_begins_and_ends() -> None:
    request = signed(S3SigV4QueryAuth, expires=1800)
    assert verify(request, later=timedelta(seconds=1790))
    assert failure(request, later=timedelta(seconds=1810)) == ("AccessDenied", "Request has expired", 403)
    assert failure(request, later=timedelta(minutes=-16)) == ("AccessDenied", "Request is not yet valid", 403)
    old = signed(HmacV1QueryAuth)
    assert verify(old, later=timedelta(seconds=3590))
    assert failure(old, later=timedelta(seconds=3610)) == ("AccessDenied", "Request has expired", 403)


def test_a_date_header_will_do() -> None:
    request = signed(S3SigV4Auth, headers={"Date": format_datetime(datetime.now(UTC), usegmt=True)})
    assert "x-amz-date" not in request.headers
    assert verify(request).scope.access_key_id == KEY


@pytest.mark.parametrize(
    "date", ["", "yesterday", "Mon, 99 Foo 2026", "Mon, 9999999999999999999 Jan 2026 00:00:00 GMT", "20260105T090000Z"]
)
@pytest.mark.parametrize("name", ["date", "x-amz-date"])
def test_no_readable_date(name: str, date: str) -> None:
    request = signed(SigV4Auth, "kms")
    headers = {key: value for key, value in request.headers.items() if key != "x-amz-date"}
    bad = replace(
        request, headers=headers | {name: "2026-01-05" if name != "date" and date.startswith("2026") else date}
    )
    with pytest.raises(IncompleteSignatureException) as caught:
        verify(bad)
    assert caught.value.message == (
        "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
        f"Authorization={headers['authorization']}"
    )


def test_unsigned() -> None:
    with pytest.raises(MissingAuthenticationTokenException):
        verify(Incoming("GET", "/", "", {"host": "a"}, b""))


def test_only_one_mechanism() -> None:
    request = signed(S3SigV4QueryAuth)
    both = replace(request, headers=dict(request.headers) | {"authorization": "Bearer x"})
    code, text, status = failure(both)
    assert (code, status) == ("InvalidArgument", 400)
    assert text.startswith("Only one auth mechanism allowed; ")


def test_every_x_amz_header_is_covered() -> None:
    for auth, service in EVERY_WAY[:5]:
        request = signed(auth, service)
        more = replace(request, headers=dict(request.headers) | {"x-amz-acl": "public-read"})
        expected = (
            ("AccessDenied", "There were headers present in the request which were not signed", 403)
            if service == "s3"
            else (
                "InvalidSignatureException",
                "'Host' and every 'X-Amz-' header must be a 'SignedHeader' in the AWS Authorization.",
                400,
            )
        )
        assert failure(more) == expected


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"X-Amz-Algorithm": "AWS4-HMAC-SHA1"}, "AuthorizationQueryParametersError"),
        ({"X-Amz-Credential": f"{KEY}/20260105/us-east-1/s3"}, "AuthorizationQueryParametersError"),
        ({"X-Amz-Credential": f"{KEY}//us-east-1/s3/aws4_request"}, "AuthorizationQueryParametersError"),
        ({"X-Amz-Date": "2026-01-05"}, "AuthorizationQueryParametersError"),
        ({"X-Amz-Expires": "604801"}, "AuthorizationQueryParametersError"),
        ({"X-Amz-Expires": "9" * 5000}, "AuthorizationQueryParametersError"),
        ({"X-Amz-Expires": "-1"}, "AuthorizationQueryParametersError"),
        ({"X-Amz-Expires": "\xb2"}, "AuthorizationQueryParametersError"),
        ({"X-Amz-Expires": None}, "AuthorizationQueryParametersError"),
        ({"X-Amz-Date": None}, "AuthorizationQueryParametersError"),
        ({"X-Amz-SignedHeaders": None}, "AuthorizationQueryParametersError"),
        ({"X-Amz-Signature": None}, "AuthorizationQueryParametersError"),
        ({"X-Amz-Credential": f"{KEY}/20200105/us-east-1/s3/aws4_request"}, "AuthorizationQueryParametersError"),
    ],
)
def test_a_presigned_url_that_makes_no_sense(change: dict[str, str | None], code: str) -> None:
    request = signed(S3SigV4QueryAuth)
    given = request.parameters() | change
    query = "&".join(f"{name}={value}" for name, value in given.items() if value is not None)
    assert failure(replace(request, query=query))[0] == code


@pytest.mark.parametrize(
    "query",
    [
        "xAWSAccessKeyId=a&xSignature=b&Expires=1",
        "AWSAccessKeyId=a&xSignature=b&Expires=1",
        "AWSAccessKeyId=&Signature=&Expires=1",
        "AWSAccessKeyId=a&Signature=b",
        "AWSAccessKeyId=a&Signature=b&Expires=soon",
        "AWSAccessKeyId=a&Signature=b&Expires=" + "9" * 5000,
    ],
)
def test_version_2_that_makes_no_sense(query: str) -> None:
    text = "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters"
    assert failure(Incoming("GET", "/b/k", query, {"host": "a"}, b"")) == ("AccessDenied", text, 403)


def test_what_stands_for_the_body() -> None:
    body = b"content"
    own = hashlib.sha256(body).hexdigest()
    assert verify(signed(S3SigV4Auth, method="PUT", body=body)).request.body == body
    for claimed, accepted in ((own, True), ("UNSIGNED-PAYLOAD", True), ("0" * 64, False), (own.upper(), False)):
        request = signed(_Claiming.of(claimed), method="PUT", body=body)
        if accepted:
            assert verify(request).request.body == body
        else:
            code = "XAmzContentSHA256Mismatch" if claimed == "0" * 64 else "InvalidArgument"
            assert failure(request)[0] == code


def test_only_s3_leaves_a_body_unsigned() -> None:
    request = signed(_Claiming.of("UNSIGNED-PAYLOAD"), "kms", method="POST", body=b"{}")
    with pytest.raises(InvalidSignatureException):
        verify(request)


def test_s3_wants_to_know_the_hash() -> None:
    request = signed(SigV4Auth, "s3")
    assert "x-amz-content-sha256" not in request.headers
    text = "Missing required header for this request: x-amz-content-sha256"
    assert failure(request) == ("InvalidRequest", text, 400)


def test_nobody_is_found_before_the_scope_makes_sense() -> None:
    request = signed(SigV4Auth, "kms", key="AKIANOBODY")
    with pytest.raises(UnrecognizedClientException):
        verify(request)
    nowhere = dict(request.headers)
    nowhere["authorization"] = nowhere["authorization"].replace("us-east-1", "us-east-9")
    assert failure(replace(request, headers=nowhere)) == (
        "InvalidSignatureException",
        "Credential should be scoped to a valid region.",
        400,
    )


class _Claiming(S3SigV4Auth):  # type: ignore[misc]
    """Signs with a hash of its own choice."""

    claimed = ""

    @classmethod
    def of(cls, claimed: str) -> type[_Claiming]:
        return type("Claiming", (cls,), {"claimed": claimed})

    def payload(self, request: Any) -> str:
        return self.claimed


@pytest.mark.parametrize("auth", [S3SigV4Auth, S3SigV4QueryAuth])
def test_a_plus_in_the_query_means_what_was_signed(auth: Any) -> None:
    # Found by fuzzing: changed on its way, it passed, and meant a space to whoever read the query as a form.
    sent = signed(auth, url="http://127.0.0.1:4599/bucket?prefix=a%2Bb")
    changed = replace(sent, query=sent.query.replace("a%2Bb", "a+b"))
    assert changed != sent
    assert parse_qs(verify(changed).request.query)["prefix"] == ["a+b"]
