"""From reply members to JSON, and from errors to their bodies."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from kmslab.errors import (
    AccessDeniedException,
    AwsError,
    InvalidCiphertextException,
    NotFoundException,
    SerializationException,
)
from kmslab.wire import model
from kmslab.wire.encode import encoder, error_body


def encode(operation: str, members: dict[str, Any]) -> dict[str, Any]:
    return model.codec(operation).encode(members)


def test_values() -> None:
    when = datetime(2026, 1, 5, 9, 0, 0, 123_456, tzinfo=UTC)
    metadata = {"KeyId": "k", "CreationDate": when, "Enabled": True, "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"]}
    assert encode("DescribeKey", {"KeyMetadata": metadata}) == {
        "KeyMetadata": {
            "KeyId": "k",
            "CreationDate": 1767603600.123,
            "Enabled": True,
            "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
        }
    }
    assert encode("Encrypt", {"CiphertextBlob": b"\x00\xff"}) == {"CiphertextBlob": "AP8="}
    assert encode("ListResourceTags", {"Tags": [{"TagKey": "k", "TagValue": "v"}]}) == {
        "Tags": [{"TagKey": "k", "TagValue": "v"}]
    }


@pytest.mark.parametrize("members", [{"Unknown": 1}, {"KeyMetadata": {"Unknown": 1}}])
def test_a_member_that_the_model_does_not_have_is_a_bug(members: dict[str, Any]) -> None:
    with pytest.raises(KeyError, match="Unknown"):
        encode("DescribeKey", members)


def test_an_operation_without_output() -> None:
    assert encoder(None)({}) == {}
    with pytest.raises(KeyError):
        encoder(None)({"KeyId": "k"})


class TestErrorBodies:
    def test_bytes(self) -> None:
        """Recorded: no space, no namespace, no message member where there is no text."""
        assert error_body(InvalidCiphertextException()) == b'{"__type":"InvalidCiphertextException"}'
        assert error_body(NotFoundException("text")) == b'{"__type":"NotFoundException","message":"text"}'

    @pytest.mark.parametrize("error", [AccessDeniedException("text"), SerializationException("text")])
    def test_two_errors_spell_message_with_a_capital(self, error: AwsError) -> None:
        assert b'"Message"' in error_body(error)
        assert b'"message"' not in error_body(error)

    def test_any_text_can_be_sent(self) -> None:
        assert "\N{LATIN SMALL LETTER E WITH ACUTE}".encode() in error_body(
            NotFoundException("\N{LATIN SMALL LETTER E WITH ACUTE}")
        )
        assert error_body(NotFoundException('"\n')).endswith(b'"\\"\\n"}')
