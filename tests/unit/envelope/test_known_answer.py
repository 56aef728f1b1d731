"""The format cannot change silently: a stored envelope still opens, and one written by hand from the docstring does.

What is by hand here uses nothing of kmslab: RFC 5869 with the standard library's HMAC, and AES-GCM.
"""

from __future__ import annotations

import hmac
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kmslab.envelope import decrypt, encrypt

KNOWN = json.loads(Path(__file__).with_name("known_answer.json").read_text(encoding="utf-8"))
DATA_KEY = bytes.fromhex(KNOWN["data_key"])
BLOB = bytes.fromhex(KNOWN["encrypted_data_key"])
SALT = bytes.fromhex(KNOWN["salt"])


class KnownKms:
    """Knows one data key, and gives it for its blob and context."""

    def generate_data_key(self, *, KeyId: str, KeySpec: str, EncryptionContext: dict[str, str]) -> dict[str, Any]:  # noqa: N803
        assert (KeySpec, EncryptionContext) == ("AES_256", KNOWN["context"])
        return {"Plaintext": DATA_KEY, "CiphertextBlob": BLOB, "KeyId": KeyId}

    def decrypt(self, *, CiphertextBlob: bytes, EncryptionContext: dict[str, str]) -> dict[str, Any]:  # noqa: N803
        assert (CiphertextBlob, EncryptionContext) == (BLOB, KNOWN["context"])
        return {"Plaintext": DATA_KEY, "KeyId": "arn"}


def by_hand(plaintext: bytes, salt: bytes) -> bytes:
    """An envelope as the docstring of `format` has it."""
    pairs = sorted((key.encode(), value.encode()) for key, value in KNOWN["context"].items())
    context = len(pairs).to_bytes(2, "big")
    for key, value in pairs:
        context += len(key).to_bytes(2, "big") + key + len(value).to_bytes(2, "big") + value
    header = bytes.fromhex("8b6b6d73656e7601") + salt
    header += len(BLOB).to_bytes(2, "big") + BLOB + len(context).to_bytes(2, "big") + context
    prk = hmac.digest(salt, DATA_KEY, "sha256")
    header_key = hmac.digest(prk, b"kmslab envelope v1 header\x01", "sha256")
    payload_key = hmac.digest(prk, b"kmslab envelope v1 payload\x01", "sha256")
    envelope = header + hmac.digest(header_key, header, "sha256")
    segments = [plaintext[start : start + 262144] for start in range(0, len(plaintext), 262144)] or [b""]
    for number, segment in enumerate(segments):
        nonce = number.to_bytes(11, "big") + (b"\x01" if number == len(segments) - 1 else b"\x00")
        envelope += AESGCM(payload_key).encrypt(nonce, segment, None)
    return envelope


def test_the_stored_envelope_still_opens() -> None:
    assert decrypt(KnownKms(), bytes.fromhex(KNOWN["envelope"]), KNOWN["context"]).hex() == KNOWN["plaintext"]


def test_the_stored_envelope_is_the_documented_one() -> None:
    assert by_hand(bytes.fromhex(KNOWN["plaintext"]), SALT).hex() == KNOWN["envelope"]


@pytest.mark.parametrize("size", [0, 1, 262144, 262145, 600_000])
def test_what_is_written_by_hand_opens_and_what_is_written_here_is_the_same(size: int) -> None:
    plaintext = bytes(number % 253 for number in range(size))
    assert decrypt(KnownKms(), by_hand(plaintext, SALT)) == plaintext
    written = encrypt(KnownKms(), "alias/app", plaintext, KNOWN["context"])
    assert written == by_hand(plaintext, written[8:40])
