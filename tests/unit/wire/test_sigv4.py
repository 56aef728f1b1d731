"""Who signed, for which Region, and with which signature."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmslab.errors import IncompleteSignatureException, MissingAuthenticationTokenException
from kmslab.transport import incoming
from kmslab.wire import sigv4
from kmslab.wire.sigv4 import Scope, read_scope

SCOPE = "AKIAIOSFODNN7EXAMPLE/20260105/us-east-1/kms/aws4_request"


@pytest.mark.parametrize(
    "header",
    [
        f"AWS4-HMAC-SHA256 Credential={SCOPE}, SignedHeaders=host;x-amz-date, Signature=00",
        f"AWS4-HMAC-SHA256 Credential={SCOPE},SignedHeaders=host;x-amz-date,Signature=00",
        f"AWS4-HMAC-SHA256 SignedHeaders=host;x-amz-date, Signature=00, Credential={SCOPE}",
    ],
)
def test_read(header: str) -> None:
    assert read_scope(header) == Scope("AKIAIOSFODNN7EXAMPLE", "20260105", "us-east-1", "kms")


@pytest.mark.parametrize("header", [None, ""])
def test_unsigned(header: str | None) -> None:
    with pytest.raises(MissingAuthenticationTokenException) as caught:
        read_scope(header)
    assert caught.value.message == "Missing Authentication Token"


@pytest.mark.parametrize(
    "header",
    [
        "nonsense",
        "AWS4-HMAC-SHA256",
        f"Credential={SCOPE}",
        f"AWS4-HMAC-SHA256 {SCOPE}",
        "AWS4-HMAC-SHA256 Credential=AKIA/20260105/us-east-1/kms",
        "AWS4-HMAC-SHA256 Credential=AKIA/today/us-east-1/kms/aws4_request",
        "AWS4-HMAC-SHA256 Credential=/20260105/us-east-1/kms/aws4_request",
        "AWS4-ECDSA-P256-SHA256 Credential=AKIA/20260105/kms/aws4_request",
    ],
)
def test_unreadable(header: str) -> None:
    with pytest.raises(IncompleteSignatureException) as caught:
        read_scope(header)
    assert header in caught.value.message


@given(st.text(max_size=60) | st.text(max_size=40).map(lambda text: f"AWS4-HMAC-SHA256 Credential={text}"))
def test_noise_is_refused_and_nothing_else(header: str) -> None:
    try:
        scope = read_scope(header)
    except (MissingAuthenticationTokenException, IncompleteSignatureException):
        return
    assert f"{scope.access_key_id}/{scope.date}/{scope.region}/{scope.service}/aws4_request" in header


# --- known answers ---

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "sigv4.json").read_text(encoding="utf-8"))
BOTH = [(VECTORS["suite"], case) for case in VECTORS["cases"]] + [
    (VECTORS["s3_examples"], case) for case in VECTORS["s3"]
]


def scope_of(who: Any) -> Scope:
    return Scope(who["access_key_id"], who["date"][:8], who["region"], who["service"])


def joined(headers: Any) -> dict[str, str]:
    return incoming.joined([(name.lower().encode(), value.strip().encode()) for name, value in headers])


def canonical(case: Any, *, twice: bool) -> str:
    path, _, query = case["target"].partition("?")
    payload = hashlib.sha256(case["body"].encode()).hexdigest()
    signed = case["signed"].split(";")
    path = sigv4.canonical_path(path, twice=twice)
    headers = joined(case["headers"])
    return sigv4.canonical_request(case["method"], path, sigv4.canonical_query(query), headers, signed, payload)


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: str(case["id"]))
def test_canonical_request_of_the_published_suite(case: Any) -> None:
    lines = canonical(case, twice=not case.get("encoded_once")).split("\n")
    assert lines[:3] == [case["method"], case["path"], case["query"]]
    assert hashlib.sha256("\n".join(lines).encode()).hexdigest() == case["request_hash"]


@pytest.mark.parametrize(("who", "case"), BOTH, ids=lambda value: str(value.get("id", "")))
def test_published_signature(who: Any, case: Any) -> None:
    twice = who["service"] != "s3" and not case.get("encoded_once")
    scope = scope_of(who)
    to_sign = sigv4.string_to_sign(canonical(case, twice=twice), scope, who["date"])
    assert sigv4.signature_of(to_sign, who["secret_access_key"], scope) == case["signature"]


@pytest.mark.parametrize(("who", "case"), BOTH, ids=lambda value: str(value.get("id", "")))
def test_a_published_signature_with_one_thing_changed_is_another(who: Any, case: Any) -> None:
    twice = who["service"] != "s3" and not case.get("encoded_once")
    scope, secret = scope_of(who), who["secret_access_key"]
    request = canonical(case, twice=twice)
    others = {
        sigv4.signature_of(sigv4.string_to_sign(request, scope, who["date"]), f"{secret}x", scope),
        sigv4.signature_of(sigv4.string_to_sign(f"{request} ", scope, who["date"]), secret, scope),
        sigv4.signature_of(sigv4.string_to_sign(request, scope, "20150830T123601Z"), secret, scope),
        *(
            sigv4.signature_of(sigv4.string_to_sign(request, other, who["date"]), secret, other)
            for other in (
                scope._replace(date="20150831"),
                scope._replace(region="eu-west-1"),
                scope._replace(service="iam"),
            )
        ),
    }
    assert len(others) == 6
    assert case["signature"] not in others


def test_published_presigned_url() -> None:
    who, case = VECTORS["s3_examples"], VECTORS["presigned"]
    query = sigv4.canonical_query(case["query"], without=("X-Amz-Signature",))
    request = sigv4.canonical_request(
        case["method"], case["path"], query, {"host": case["host"]}, ["host"], "UNSIGNED-PAYLOAD"
    )
    to_sign = sigv4.string_to_sign(request, scope_of(who), who["date"])
    signature = sigv4.signature_of(to_sign, who["secret_access_key"], scope_of(who))
    assert sigv4.matches(case["query"].rpartition("X-Amz-Signature=")[2], signature)


@pytest.mark.parametrize(
    ("path", "once", "twice"),
    [
        ("", "/", "/"),
        ("/", "/", "/"),
        ("//bucket//key", "//bucket//key", "/bucket/key"),
        ("/bucket/../key", "/bucket/../key", "/key"),
        ("/../..", "/../..", "/"),
        ("/a/./b/", "/a/./b/", "/a/b/"),
        ("/a b%20c", "/a%20b%20c", "/a%2520b%2520c"),
        ("/%7Ekey/%c3%a9", "/~key/%C3%A9", "/~key/%25C3%25A9"),
        ("/100%", "/100%25", "/100%2525"),
    ],
)
def test_canonical_path(path: str, once: str, twice: str) -> None:
    assert sigv4.canonical_path(path, twice=False) == once
    assert sigv4.canonical_path(path, twice=True) == twice


@pytest.mark.parametrize(
    ("query", "canonical"),
    [
        ("", ""),
        ("acl", "acl="),
        ("b=2&a=1", "a=1&b=2"),
        ("a=2&a=10&a=1", "a=1&a=10&a=2"),
        ("a-b=1&a=2", "a=2&a-b=1"),
        ("a=x=y", "a=x%3Dy"),
        ("a=%2f%7e", "a=%2F~"),
        ("prefix=a/b", "prefix=a%2Fb"),
    ],
)
def test_canonical_query(query: str, canonical: str) -> None:
    assert sigv4.canonical_query(query) == canonical


def test_canonical_query_without() -> None:
    assert sigv4.canonical_query("b=2&a=1&c=3", without=("a", "c")) == "b=2"


@pytest.mark.parametrize(
    ("header", "missing"),
    [
        (f"AWS4-HMAC-SHA256 Credential={SCOPE}, SignedHeaders=host", ["Signature"]),
        (f"AWS4-HMAC-SHA256 Credential={SCOPE}, Signature=00", ["SignedHeaders"]),
        (f"AWS4-HMAC-SHA256 Credential={SCOPE}", ["Signature", "SignedHeaders"]),
        (f"AWS4-HMAC-SHA256 Credential={SCOPE}, SignedHeaders=, Signature=", ["Signature", "SignedHeaders"]),
    ],
)
def test_incomplete(header: str, missing: list[str]) -> None:
    with pytest.raises(IncompleteSignatureException) as caught:
        sigv4.read_authorization(header)
    expected = "".join(f"Authorization header requires '{name}' parameter. " for name in missing)
    assert caught.value.message == f"{expected}Authorization={header}"


def test_read_authorization() -> None:
    signed = sigv4.read_authorization(
        f"AWS4-HMAC-SHA256 Credential={SCOPE}, SignedHeaders=host;x-amz-date, Signature=0f"
    )
    assert signed == sigv4.Signed(read_scope(f"AWS4-HMAC-SHA256 Credential={SCOPE}"), ("host", "x-amz-date"), "0f")
    assert "0f" not in repr(signed)


@given(st.text(max_size=80), st.text(max_size=80))
def test_signatures_match_only_themselves(one: str, other: str) -> None:
    assert sigv4.matches(one, one)
    assert sigv4.matches(one, other) == (one == other)


def test_a_header_that_begins_its_credential_again_and_again() -> None:
    # Found by fuzzing: read from each beginning to the end of the header, this took a minute.
    with pytest.raises(IncompleteSignatureException):
        read_scope("AWS4-HMAC-SHA256 " + "Credential=" * 30_000)


def test_what_is_long_is_not_remembered() -> None:
    """Anybody can write a path or a query of 60 KB, and another each time."""
    for number in range(3):
        sigv4.canonical_path(f"/{'a' * 5000}{number}", twice=True)
        sigv4.canonical_query(f"a={'b' * 5000}{number}")
        sigv4.canonical_path("/short", twice=True)
        sigv4.canonical_query("a=short")
    remembered = sigv4._same_path.cache_info().currsize, sigv4._same_text.cache_info().currsize
    sigv4.canonical_path(f"/{'c' * 5000}", twice=True)
    sigv4.canonical_query(f"a={'d' * 5000}")
    assert remembered == (sigv4._same_path.cache_info().currsize, sigv4._same_text.cache_info().currsize)
