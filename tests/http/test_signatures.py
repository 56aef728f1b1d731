"""Who is believed over HTTP: every way to sign, and every way to do it wrong, in the words of each protocol."""

from __future__ import annotations

import base64
import binascii
import hashlib
import itertools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache
from typing import Any

import botocore.auth
import pytest
from botocore import UNSIGNED
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from kmslab import Lab

from . import plain
from .by_hand import EMPTY, FORM, Answer, Key, Line, Sent, chunked, presign, sign

JSON = {"Content-Type": "application/x-amz-json-1.1"}
MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
    "and signing method. Consult the service documentation for details."
)
MISMATCH_OF_S3 = (
    "The request signature we calculated does not match the signature you provided. Check your key and signing method."
)
UNKNOWN = "The security token included in the request is invalid."
UNKNOWN_TO_S3 = "The AWS Access Key Id you provided does not exist in our records."
UNSIGNED_HEADER = "'Host' and every 'X-Amz-' header must be a 'SignedHeader' in the AWS Authorization."
SKEWED = "The difference between the request time and the current time is too large."

_numbers = itertools.count()

SERVICES = ("kms", "sts", "iam", "s3")


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """One Lab for all: most of what happens here changes nothing."""
    with Lab(seed=1) as made:
        yield made


@pytest.fixture
def bucket(lab: Lab) -> str:
    name = f"reports-{next(_numbers)}"
    lab.client("s3").create_bucket(Bucket=name)
    return name


@pytest.fixture
def session(lab: Lab) -> Key:
    given = lab.client("sts").get_session_token(DurationSeconds=900)["Credentials"]
    return Key(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])


@cache
def client_of(lab: Lab, service: str) -> Any:
    """A client in this process, made once: that takes longer than a call."""
    return lab.client(service)


@contextmanager
def undisturbed(lab: Lab) -> Iterator[None]:
    """Nothing has changed in the block, and nobody knows of it."""
    client_of(lab, "sts").get_caller_identity()

    def state() -> tuple[Any, ...]:
        buckets = [each["Name"] for each in client_of(lab, "s3").list_buckets()["Buckets"]]
        keys = [(each.key_id, each.state) for each in lab.inventory]
        return keys, len(lab.trail), len(lab.recorder.trail(lab.account_id)), str(lab.bill.table()), buckets

    before = state()
    yield
    assert state() == before


def connect(lab: Lab, service: str, key: Key, region: str = "us-east-1", **config: Any) -> Any:
    """A plain boto3 client that tries once."""
    return plain.session().client(
        service,
        region_name=region,
        endpoint_url=lab.endpoint(),
        aws_access_key_id=key.key_id,
        aws_secret_access_key=key.secret,
        aws_session_token=key.token,
        config=Config(retries={"total_max_attempts": 1}, **config),
    )


def ask(client: Any, service: str) -> Any:
    """Something that every service answers with the administrator's rights."""
    calls = {
        "kms": lambda: client.create_key(),
        "sts": lambda: client.get_caller_identity(),
        "iam": lambda: client.list_users(),
        "s3": lambda: client.create_bucket(Bucket=f"made-{next(_numbers)}"),
    }
    return calls[service]()


def refusal(client: Any, service: str) -> tuple[str, str, int]:
    """The error as boto3 shows it."""
    with pytest.raises(ClientError) as caught:
        ask(client, service)
    error = caught.value.response
    assert error["ResponseMetadata"]["RequestId"]
    return error["Error"]["Code"], error["Error"]["Message"], error["ResponseMetadata"]["HTTPStatusCode"]


def sent(service: str, host: str) -> Sent:
    """The same by hand, unsigned."""
    return {
        "kms": Sent("POST", headers={"Host": host, **JSON, "X-Amz-Target": "TrentService.CreateKey"}, body=b"{}"),
        "sts": Sent("POST", headers={"Host": host, **FORM}, body=b"Action=GetCallerIdentity&Version=2011-06-15"),
        "iam": Sent("POST", headers={"Host": host, **FORM}, body=b"Action=ListUsers&Version=2010-05-08"),
        "s3": Sent("PUT", f"/made-{next(_numbers)}", headers={"Host": host}),
    }[service]


def in_words_of(service: str, code: str, text: str) -> tuple[str, str, int]:
    """An error of the JSON protocol in the words of another: IAM and STS rename the code, S3 has texts of its own."""
    if service == "kms":
        return code, text, 400
    if service == "s3":
        return {
            "InvalidSignatureException": ("SignatureDoesNotMatch", MISMATCH_OF_S3, 403),
            "UnrecognizedClientException": ("InvalidAccessKeyId", UNKNOWN_TO_S3, 403),
            "ExpiredTokenException": ("ExpiredToken", "The provided token has expired.", 400),
            "MissingAuthenticationTokenException": ("AccessDenied", "Access Denied", 403),
            "IncompleteSignatureException": ("AuthorizationHeaderMalformed", text, 400),
        }[code]
    return {
        "InvalidSignatureException": ("SignatureDoesNotMatch", text, 403),
        "UnrecognizedClientException": ("InvalidClientTokenId", text, 403),
        "ExpiredTokenException": ("ExpiredToken", text, 403),
        "MissingAuthenticationTokenException": ("MissingAuthenticationToken", text, 403),
        "IncompleteSignatureException": ("IncompleteSignature", text, 400),
    }[code]


# --- right ---


@pytest.mark.parametrize("service", SERVICES)
def test_boto3_is_believed(lab: Lab, admin: Key, session: Key, service: str) -> None:
    assert ask(connect(lab, service, admin), service)["ResponseMetadata"]["HTTPStatusCode"] == 200
    if service == "s3":
        assert connect(lab, "s3", session).list_buckets()["Buckets"]
    elif service != "iam":
        # IAM does not answer sessions of GetSessionToken without MFA.
        assert ask(connect(lab, service, session), service)["ResponseMetadata"]["HTTPStatusCode"] == 200


@pytest.mark.parametrize("service", SERVICES)
def test_a_signature_in_the_header_or_in_the_query(line: Line, host: str, admin: Key, service: str) -> None:
    assert line.ask(sign(sent(service, host), admin, service)).status == 200
    assert line.ask(presign(sent(service, host), admin, service)).status == 200
    assert line.made == 1


def test_presigned_urls_of_boto3(lab: Lab, line: Line, host: str, admin: Key, bucket: str) -> None:
    lab.client("s3").put_object(Bucket=bucket, Key="a b/ü+&=", Body=b"content")
    for version in ("s3v4", "s3"):
        client = connect(lab, "s3", admin, signature_version=version)
        url = client.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "a b/ü+&="})
        assert ("X-Amz-Signature=" in url) == (version == "s3v4")
        path, _, query = url.split("/", 3)[3].partition("?")
        assert line.ask(Sent("GET", f"/{path}", query, {"Host": host})).body == b"content"
    url = connect(lab, "sts", admin).generate_presigned_url("get_caller_identity", HttpMethod="GET")
    found = line.ask(Sent("GET", "/", url.partition("?")[2], {"Host": host}))
    assert found.status == 200
    assert lab.administrator.arn.encode() in found.body


def test_an_older_date_header(line: Line, host: str, admin: Key) -> None:
    """Curl and old SDKs sign `Date` and send no `X-Amz-Date`."""
    stamp = datetime.now(UTC).replace(microsecond=0)
    signed = sign(sent("kms", host).with_headers(Date=format_datetime(stamp, usegmt=True)), admin, "kms", when=stamp)
    headers = {name: value for name, value in signed.headers.items() if name != "X-Amz-Date"}
    with_date_only = replace(signed, headers=headers)
    assert line.ask(with_date_only).code == "InvalidSignatureException"
    # Signed anew, by botocore's signer, which does so when there is a Date.
    plain = {"Host": host, "Date": format_datetime(stamp, usegmt=True), "X-Amz-Target": "TrentService.ListKeys"}
    request = AWSRequest("POST", f"http://{host}/", headers=plain, data=b"{}")
    botocore.auth.SigV4Auth(Credentials(admin.key_id, admin.secret), "kms", "us-east-1").add_auth(request)
    assert "X-Amz-Date" not in request.headers
    assert line.ask(Sent("POST", headers=dict(request.headers.items()), body=b"{}")).status == 200


@pytest.mark.parametrize("payload", [None, "UNSIGNED-PAYLOAD"])
def test_bodies_of_s3(lab: Lab, line: Line, host: str, admin: Key, bucket: str, payload: str | None) -> None:
    put = Sent("PUT", f"/{bucket}/key", headers={"Host": host}, body=b"content")
    assert line.ask(sign(put, admin, "s3", payload=payload)).status == 200
    assert lab.client("s3").get_object(Bucket=bucket, Key="key")["Body"].read() == b"content"


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("algorithm", ["crc32", "sha1", "sha256", None])
def test_bodies_of_s3_in_chunks(
    lab: Lab, line: Line, host: str, admin: Key, bucket: str, algorithm: str | None, signed: bool
) -> None:
    pieces = [b"a" * 65536, b"b" * 1024]
    trailer = None if algorithm is None else (f"x-amz-checksum-{algorithm}", checksum(algorithm, b"".join(pieces)))
    put = Sent("PUT", f"/{bucket}/key", headers={"Host": host})
    assert line.ask(chunked(put, admin, pieces, trailer=trailer, sign_chunks=signed)).status == 200
    found = lab.client("s3").get_object(Bucket=bucket, Key="key")
    assert found["Body"].read() == b"".join(pieces)
    assert found.get("ContentEncoding", "") == ""


def checksum(algorithm: str, content: bytes) -> str:
    digest = binascii.crc32(content).to_bytes(4) if algorithm == "crc32" else hashlib.new(algorithm, content).digest()
    return base64.b64encode(digest).decode()


# --- wrong, as boto3 shows it ---


@pytest.mark.parametrize("service", SERVICES)
def test_an_unknown_access_key(lab: Lab, admin: Key, service: str) -> None:
    with undisturbed(lab):
        found = refusal(connect(lab, service, Key("AKIAIOSFODNN7EXAMPLE", admin.secret)), service)
        assert found == in_words_of(service, "UnrecognizedClientException", UNKNOWN)


@pytest.mark.parametrize("service", SERVICES)
def test_a_wrong_secret(lab: Lab, admin: Key, session: Key, service: str) -> None:
    with undisturbed(lab):
        for key in (admin, session):
            found = refusal(connect(lab, service, key._replace(secret="another")), service)
            assert found == in_words_of(service, "InvalidSignatureException", MISMATCH)


@pytest.mark.parametrize("service", SERVICES)
def test_a_token_that_is_missing_foreign_or_too_much(lab: Lab, admin: Key, session: Key, service: str) -> None:
    unknown = in_words_of(service, "UnrecognizedClientException", UNKNOWN)
    malformed = ("InvalidToken", "The provided token is malformed or otherwise invalid.", 400)
    other = lab.client("sts").get_session_token()["Credentials"]["SessionToken"]
    with undisturbed(lab):
        assert refusal(connect(lab, service, session._replace(token=None)), service) == unknown
        for key in (session._replace(token=other), admin._replace(token=other), session._replace(token="none")):
            found = refusal(connect(lab, service, key), service)
            assert found == (malformed if service == "s3" else unknown)


@pytest.mark.parametrize("service", SERVICES)
def test_a_session_that_is_over_by_the_clock_of_the_lab(lab: Lab, session: Key, service: str) -> None:
    lab.clock.advance(seconds=901)
    with undisturbed(lab):
        found = refusal(connect(lab, service, session), service)
        text = "The security token included in the request is expired"
        assert found == in_words_of(service, "ExpiredTokenException", text)


@pytest.mark.parametrize("service", SERVICES)
def test_no_signature(lab: Lab, service: str) -> None:
    with undisturbed(lab):
        found = refusal(connect(lab, service, Key("a", "b"), signature_version=UNSIGNED), service)
        assert found == in_words_of(service, "MissingAuthenticationTokenException", "Missing Authentication Token")


# --- clocks ---


def shifted(monkeypatch: pytest.MonkeyPatch, minutes: int) -> None:
    """Let botocore's signers read a clock that is wrong."""
    moment = datetime.now(UTC) + timedelta(minutes=minutes)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda remove_tzinfo=True: moment.replace(tzinfo=None))


@pytest.mark.parametrize("minutes", [-16, -14, -6, -4, 0, 4, 6, 14, 16])
@pytest.mark.parametrize("service", SERVICES)
def test_a_clock_that_is_wrong(
    lab: Lab, admin: Key, monkeypatch: pytest.MonkeyPatch, service: str, minutes: int
) -> None:
    client = connect(lab, service, admin)
    tolerance = 15 if service == "s3" else 5
    if abs(minutes) < tolerance:
        shifted(monkeypatch, minutes)
        assert ask(client, service)["ResponseMetadata"]["HTTPStatusCode"] == 200
        return
    with undisturbed(lab):
        with monkeypatch.context() as patch:
            shifted(patch, minutes)
            code, text, status = refusal(client, service)
        if service == "s3":
            assert (code, text, status) == ("RequestTimeTooSkewed", SKEWED, 403)
            return
        assert (code, status) == in_words_of(service, "InvalidSignatureException", text)[::2]
        words = "Signature expired: {} is now earlier than {} ({} - 5 min.)"
        if minutes > 0:
            words = "Signature not yet current: {} is still later than {} ({} + 5 min.)"
        signed, limit, now = stamps_in(text)
        assert text == words.format(*(f"{each:%Y%m%dT%H%M%SZ}" for each in (signed, limit, now)))
        assert abs((now - limit).total_seconds()) == 300
        assert abs((signed - now).total_seconds() - 60 * minutes) <= 2
        assert abs((now - datetime.now(UTC)).total_seconds()) <= 2


def stamps_in(text: str) -> list[datetime]:
    found = re.findall(r"\d{8}T\d{6}Z", text)
    return [datetime.strptime(each, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) for each in found]


def test_the_clock_of_the_lab_is_not_asked(lab: Lab, admin: Key) -> None:
    lab.clock.advance(days=1000)
    assert connect(lab, "kms", admin).list_keys()["ResponseMetadata"]["HTTPStatusCode"] == 200


@pytest.mark.parametrize(
    ("minutes", "seconds", "expected"),
    [
        (-10, 900, None),
        (-16, 900, ("AccessDenied", "Request has expired", 403)),
        (14, 900, None),
        (16, 900, ("AccessDenied", "Request is not yet valid", 403)),
        (-60, 604_800, None),
    ],
)
def test_the_life_of_a_presigned_url(
    lab: Lab, line: Line, host: str, admin: Key, minutes: int, seconds: int, expected: tuple[str, str, int] | None
) -> None:
    when = datetime.now(UTC) + timedelta(minutes=minutes)
    request = presign(sent("s3", host), admin, "s3", when=when, seconds=seconds)
    if expected is None:
        assert line.ask(request).status == 200
    else:
        with undisturbed(lab):
            assert line.ask(request).refusal == expected


# --- scopes ---


@pytest.mark.parametrize("service", SERVICES)
def test_a_scope_of_another_day(lab: Lab, line: Line, host: str, admin: Key, service: str) -> None:
    signed = sign(sent(service, host), admin, service, day="20200105")
    stamp = signed.headers["X-Amz-Date"]
    with undisturbed(lab):
        found = line.ask(signed).refusal
    if service == "s3":
        text = "The authorization header is malformed; Invalid credential date. Date is not the same as X-Amz-Date."
        assert found == ("AuthorizationHeaderMalformed", text, 400)
    else:
        text = (
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
            f"'20200105' != '{stamp[:8]}', from '{stamp}'."
        )
        assert found == in_words_of(service, "InvalidSignatureException", text)


@pytest.mark.parametrize("service", SERVICES)
def test_a_scope_of_no_region(lab: Lab, line: Line, host: str, admin: Key, service: str) -> None:
    with undisturbed(lab):
        found = line.ask(sign(sent(service, host), admin, service, "us-east-9")).refusal
    if service == "s3":
        text = "The authorization header is malformed; the region 'us-east-9' is wrong; expecting 'us-east-1'"
        assert found == ("AuthorizationHeaderMalformed", text, 400)
    else:
        expected = in_words_of(service, "InvalidSignatureException", "Credential should be scoped to a valid region.")
        assert found == expected


def test_a_scope_of_a_presigned_url(lab: Lab, line: Line, host: str, admin: Key) -> None:
    with undisturbed(lab):
        found = line.ask(presign(sent("s3", host), admin, "s3", "us-east-9")).refusal
        text = "Error parsing the X-Amz-Credential parameter; the region 'us-east-9' is wrong; expecting 'us-east-1'"
        assert found == ("AuthorizationQueryParametersError", text, 400)
        signed = presign(sent("s3", host), admin, "s3", day="20200105")
        day = f"{datetime.now(UTC):%Y%m%d}"
        found = line.ask(signed).refusal
        # Around midnight the day of the signature is the day before.
        text = f'Invalid credential date "20200105". This date is not the same as X-Amz-Date: "{day}".'
        assert found == ("AuthorizationQueryParametersError", text, 400)


def test_the_region_of_the_scope_is_the_region_that_answers(line: Line, host: str, admin: Key, lab: Lab) -> None:
    found = line.ask(sign(sent("kms", host), admin, "kms", "eu-west-1"))
    assert b"arn:aws:kms:eu-west-1:" in found.body
    assert [each.region for each in lab.inventory if each.key_id.encode() in found.body] == ["eu-west-1"]


@pytest.mark.parametrize("other", ["s3", "sts", "ssm"])
def test_a_target_of_kms_with_a_scope_of_another_service(
    lab: Lab, line: Line, host: str, admin: Key, other: str
) -> None:
    with undisturbed(lab):
        code, text, status = line.ask(sign(sent("kms", host), admin, other)).refusal
        expected = "Credential should be scoped to correct service: 'kms'."
        assert (code, text, status) == in_words_of(
            "kms" if other == "ssm" else other, "InvalidSignatureException", expected
        )


def test_a_scope_of_kms_with_a_target_of_another_service(lab: Lab, line: Line, host: str, admin: Key) -> None:
    with undisturbed(lab):
        request = sent("kms", host).with_headers(**{"X-Amz-Target": "AmazonSSM.GetParameter"})
        assert line.ask(sign(request, admin, "kms")).refusal == ("UnknownOperationException", "", 400)


def test_a_service_that_nobody_plays(lab: Lab, line: Line, host: str, admin: Key) -> None:
    with undisturbed(lab):
        answer = line.ask(sign(sent("kms", host), admin, "nonesuch"))
        assert (answer.status, answer.code) == (400, "InvalidSignatureException")
        bare = Sent("POST", headers={"Host": host}, body=b"{}")
        answer = line.ask(sign(bare, admin, "nonesuch"))
        assert answer.status in (400, 404)
        assert answer.headers["x-amzn-requestid"]


# --- headers ---


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("name", ["host", "x-amz-date", "x-amz-acl"])
def test_a_header_that_has_to_be_signed(lab: Lab, line: Line, host: str, admin: Key, service: str, name: str) -> None:
    request = sent(service, host)
    if name == "x-amz-acl":
        request = request.with_headers(**{"X-Amz-Acl": "public-read"})
    with undisturbed(lab):
        found = line.ask(sign(request, admin, service, leave_out=name)).refusal
        if service == "s3":
            text = "There were headers present in the request which were not signed"
            assert found == ("AccessDenied", text, 403)
        else:
            assert found == in_words_of(service, "InvalidSignatureException", UNSIGNED_HEADER)


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize(
    ("without", "text"),
    [
        ("Signature=", "Authorization header requires 'Signature' parameter. Authorization={}"),
        ("SignedHeaders=", "Authorization header requires 'SignedHeaders' parameter. Authorization={}"),
        (
            "Credential=",
            "Authorization header requires a 'Credential' parameter of five parts. Authorization={}",
        ),
    ],
)
def test_a_part_of_the_header_is_missing(
    lab: Lab, line: Line, host: str, admin: Key, service: str, without: str, text: str
) -> None:
    signed = sign(sent(service, host), admin, service)
    header = signed.headers["Authorization"].replace(without, "Else=")
    with undisturbed(lab):
        found = line.ask(signed.with_headers(Authorization=header)).refusal
        assert found == in_words_of(service, "IncompleteSignatureException", text.format(header))


@pytest.mark.parametrize("service", SERVICES)
def test_no_date(lab: Lab, line: Line, host: str, admin: Key, service: str) -> None:
    signed = sign(sent(service, host), admin, service)
    headers = {name: value for name, value in signed.headers.items() if name != "X-Amz-Date"}
    text = (
        "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
        f"Authorization={headers['Authorization']}"
    )
    with undisturbed(lab):
        found = line.ask(replace(signed, headers=headers)).refusal
        assert found == in_words_of(service, "IncompleteSignatureException", text)


@pytest.mark.parametrize("scheme", ["Bearer abc", "Basic YTpi", "AWS AKIAIOSFODNN7EXAMPLE:c2lnbmF0dXJl"])
def test_another_scheme(lab: Lab, line: Line, host: str, scheme: str) -> None:
    with undisturbed(lab):
        answer = line.ask(sent("kms", host).with_headers(Authorization=scheme))
        assert (answer.status, answer.code) == (400, "IncompleteSignatureException")
        assert answer.message.endswith(f"Authorization={scheme}")


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Bearer abc", ("InvalidArgument", "Unsupported Authorization Type", 400)),
        (
            "AWS AKIAIOSFODNN7EXAMPLE:c2lnbmF0dXJl",
            (
                "InvalidRequest",
                "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
                400,
            ),
        ),
    ],
)
def test_another_scheme_for_s3(lab: Lab, line: Line, host: str, header: str, expected: tuple[str, str, int]) -> None:
    with undisturbed(lab):
        assert line.ask(sent("s3", host).with_headers(Authorization=header)).refusal == expected


def test_two_mechanisms_at_once(lab: Lab, line: Line, host: str, admin: Key) -> None:
    """A presigned URL with a header of the client's own, as a browser's code often sends it."""
    url = presign(sent("s3", host), admin, "s3").with_headers(Authorization="Bearer abc")
    text = (
        "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter "
        "or the Authorization header should be specified"
    )
    with undisturbed(lab):
        assert line.ask(url).refusal == ("InvalidArgument", text, 400)


# --- bodies ---


def test_the_hash_of_a_body(lab: Lab, line: Line, host: str, admin: Key, bucket: str) -> None:
    put = Sent("PUT", f"/{bucket}/key", headers={"Host": host}, body=b"content")
    cases = {
        EMPTY: (
            "XAmzContentSHA256Mismatch",
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
            400,
        ),
        "STREAMING-ELSE": (
            "InvalidArgument",
            "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, "
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.",
            400,
        ),
    }
    with undisturbed(lab):
        for payload, expected in cases.items():
            assert line.ask(sign(put, admin, "s3", payload=payload)).refusal == expected
        unnamed = sign(put, admin, "sts", payload=EMPTY)
        assert line.ask(unnamed).refusal == ("SignatureDoesNotMatch", MISMATCH, 403)
    assert "Contents" not in lab.client("s3").list_objects_v2(Bucket=bucket)


def test_a_body_that_kms_did_not_see_signed(lab: Lab, line: Line, host: str, admin: Key) -> None:
    with undisturbed(lab):
        unsigned = sign(sent("kms", host), admin, "kms", payload="UNSIGNED-PAYLOAD")
        assert line.ask(unsigned).refusal == ("InvalidSignatureException", MISMATCH, 400)
        changed = replace(sign(sent("kms", host), admin, "kms"), body=b'{"MultiRegion":true}')
        assert line.ask(changed).refusal == ("InvalidSignatureException", MISMATCH, 400)


@pytest.mark.parametrize("signed", [True, False])
def test_a_trailing_checksum_that_is_wrong(
    lab: Lab, line: Line, host: str, admin: Key, bucket: str, signed: bool
) -> None:
    put = Sent("PUT", f"/{bucket}/key", headers={"Host": host})
    wrong = ("x-amz-checksum-crc32", checksum("crc32", b"else"))
    with undisturbed(lab):
        found = line.ask(chunked(put, admin, [b"content"], trailer=wrong, sign_chunks=signed)).refusal
        assert found == ("BadDigest", "The CRC32 you specified did not match the calculated checksum.", 400)
    assert "Contents" not in lab.client("s3").list_objects_v2(Bucket=bucket)


def test_a_chunk_that_was_changed(lab: Lab, line: Line, host: str, admin: Key, bucket: str) -> None:
    right = chunked(Sent("PUT", f"/{bucket}/key", headers={"Host": host}), admin, [b"one", b"two"])
    cases = {
        right.body.replace(b"two", b"six"): ("SignatureDoesNotMatch", MISMATCH_OF_S3, 403),
        right.body[:-40]: ("IncompleteBody", "The request body terminated unexpectedly", 400),
    }
    with undisturbed(lab):
        for body, expected in cases.items():
            assert line.ask(replace(right, body=body)).refusal == expected
    assert "Contents" not in lab.client("s3").list_objects_v2(Bucket=bucket)


# --- what leaves no trace ---


def test_a_refusal_says_the_same_to_everybody(lab: Lab, line: Line, host: str, admin: Key) -> None:
    """Whether an access key exists is told, as AWS tells it; which secret it has is not."""
    answers: list[Answer] = []
    for secret in ("a", "b", admin.secret + "x", admin.secret[:-1]):
        answers.append(line.ask(sign(sent("kms", host), admin._replace(secret=secret), "kms")))
    assert {answer.refusal for answer in answers} == {("InvalidSignatureException", MISMATCH, 400)}
    assert all(admin.secret.encode() not in answer.body for answer in answers)
