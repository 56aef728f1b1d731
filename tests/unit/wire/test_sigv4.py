"""Who signed, for which Region."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmslab.errors import IncompleteSignatureException, MissingAuthenticationTokenException
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
