"""Refusals in the format of each service, read by botocore's own parsers."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.parsers import create_parser

from kmslab import errors
from kmslab.wire import model, refusals
from kmslab.wire.refusals import RefusedError, refuse


def parsed(service: str, error: Any) -> tuple[str, str, int, str]:
    reply = refuse(error, service)
    found = ServiceModel(Loader().load_service_model(service, "service-2"), service)
    operation = found.operation_model(found.operation_names[0])
    headers = {name.lower(): value for name, value in reply.headers.items()}
    said = create_parser(found.metadata["protocol"]).parse(
        {"status_code": reply.status, "headers": headers, "body": reply.body}, operation.output_shape
    )
    return said["Error"]["Code"], said["Error"]["Message"], reply.status, said["ResponseMetadata"]["RequestId"]


@pytest.mark.parametrize(
    ("error", "kms", "sts", "s3"),
    [
        (
            errors.InvalidSignatureException.mismatch(),
            ("InvalidSignatureException", 400),
            ("SignatureDoesNotMatch", 403),
            ("SignatureDoesNotMatch", 403),
        ),
        (
            errors.UnrecognizedClientException.unknown_access_key(),
            ("UnrecognizedClientException", 400),
            ("InvalidClientTokenId", 403),
            ("InvalidAccessKeyId", 403),
        ),
        (
            errors.ExpiredTokenException.over(),
            ("ExpiredTokenException", 400),
            ("ExpiredToken", 403),
            ("ExpiredToken", 400),
        ),
        (
            errors.MissingAuthenticationTokenException.unsigned(),
            ("MissingAuthenticationTokenException", 400),
            ("MissingAuthenticationToken", 403),
            ("AccessDenied", 403),
        ),
        (
            errors.IncompleteSignatureException.without(["Signature"], "AWS4 <a&b>"),
            ("IncompleteSignatureException", 400),
            ("IncompleteSignature", 400),
            ("AuthorizationHeaderMalformed", 400),
        ),
    ],
)
def test_errors_about_credentials(error: Any, kms: Any, sts: Any, s3: Any) -> None:
    seen = set()
    for service, (code, status) in (("kms", kms), ("sts", sts), ("iam", sts), ("s3", s3), ("ssm", kms)):
        found = parsed(service, error)
        assert (found[0], found[2]) == (code, status)
        assert found[1]
        if service not in ("s3",):
            assert found[1] == error.message
        seen.add(found[3])
    assert len(seen) == 5
    assert "" not in seen


@pytest.mark.parametrize("service", ["kms", "sts", "iam", "s3", "ssm"])
def test_any_other_error_keeps_its_words(service: str) -> None:
    found = parsed(service, RefusedError("EntityTooLarge", "a < b & c > 'd' \"e\" \xe9\u20ac", 413))
    assert found[:3] == ("EntityTooLarge", "a < b & c > 'd' \"e\" \xe9\u20ac", 413)


def test_a_service_that_nobody_knows_is_answered_as_kms_would() -> None:
    reply = refuse(errors.InvalidSignatureException.mismatch(), "nonesuch")
    assert reply.headers["Content-Type"] == "application/x-amz-json-1.1"
    assert reply.body.startswith(b'{"__type":"InvalidSignatureException"')


def test_a_refusal_as_text() -> None:
    assert str(RefusedError("Code", "text")) == "Code: text"


def test_whoever_names_a_service_does_not_have_its_model_kept() -> None:
    """Anybody can name any service; the models of all would take a gigabyte, and EC2's alone takes a hundred MB."""
    refusals._metadata.cache_clear()
    kept = model.loader()._cache  # type: ignore[attr-defined]
    # Clients of other tests may have had theirs read.
    before = set(kept)
    for service in ("ec2", "autoscaling", "route53", "nothing"):
        refuse(RefusedError("Some", "words"), service)
    assert not [key for key in set(kept) - before if "load_service_model" in key]


def test_the_protocol_of_every_service_is_what_its_model_says() -> None:
    for service in ("autoscaling", "cloudfront", "dynamodb", "ec2", "iam", "kms", "route53", "s3", "sns", "sts"):
        metadata = Loader().load_service_model(service, "service-2")["metadata"]
        assert refusals._metadata(service) == (metadata["protocol"], metadata.get("xmlNamespace", ""))
    assert refusals._metadata("nothing") == ("json", "")


@pytest.mark.parametrize("service", ["s3", "sts", "kms"])
def test_a_text_that_quotes_what_xml_cannot_say(service: str) -> None:
    # Found by fuzzing: a header with a control character was quoted in XML that no client could read.
    error = RefusedError("InvalidRequest", "\x00 \x1b <&> \ufffe \U0001f600")
    assert parsed(service, error)[1].endswith(
        " <&> \ufffe \U0001f600" if service == "kms" else " <&> \ufffd \U0001f600"
    )
