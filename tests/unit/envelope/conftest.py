"""A KMS of twenty lines for the unit tests, and envelopes to spoil."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kmslab.envelope import encrypt, encrypt_file
from kmslab.envelope.segments import SEGMENT_SIZE

CONTEXT = {"tenant": "blue", "purpose": "backup"}


class FakeKms:
    """One KMS key, whatever its name; the context is AES-GCM's additional data. Keeps its requests and data keys."""

    class RefusalError(Exception):
        """Stands for botocore's ClientError."""

    key_arn = "arn:aws:kms:us-east-1:123456789010:key/1234abcd-12ab-34cd-56ef-1234567890ab"

    def __init__(self) -> None:
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self.data_keys: list[bytes] = []
        self._aead = AESGCM(os.urandom(32))

    def generate_data_key(self, **request: Any) -> dict[str, Any]:
        self.requests.append(("GenerateDataKey", request))
        data_key, nonce = os.urandom(32), os.urandom(12)
        self.data_keys.append(data_key)
        return {
            "Plaintext": data_key,
            "CiphertextBlob": nonce + self._aead.encrypt(nonce, data_key, self._aad(request)),
            "KeyId": self.key_arn,
        }

    def decrypt(self, **request: Any) -> dict[str, Any]:
        self.requests.append(("Decrypt", request))
        blob = request["CiphertextBlob"]
        try:
            data_key = self._aead.decrypt(blob[:12], blob[12:], self._aad(request))
        except (InvalidTag, ValueError):
            raise self.RefusalError("InvalidCiphertextException") from None
        return {"Plaintext": data_key, "KeyId": self.key_arn}

    def wrap(self, secret: bytes, context: dict[str, str]) -> bytes:
        """What Encrypt would return."""
        return bytes(12) + self._aead.encrypt(bytes(12), secret, self._aad({"EncryptionContext": context}))

    @staticmethod
    def _aad(request: dict[str, Any]) -> bytes:
        return json.dumps(request.get("EncryptionContext", {}), sort_keys=True).encode()


@pytest.fixture
def fake_kms() -> FakeKms:
    """A KMS of its own for each test."""
    return FakeKms()


@pytest.fixture
def context() -> dict[str, str]:
    """Two pairs, not in the order in which they are stored."""
    return dict(CONTEXT)


@pytest.fixture
def envelope(fake_kms: FakeKms, context: dict[str, str]) -> bytes:
    """A small envelope under `fake_kms` and `context`; the requests that made it are forgotten."""
    made = encrypt(fake_kms, "alias/app", b"attack at dawn", context)
    fake_kms.requests.clear()
    return made


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    """A file of two segments and a bit, so that a progress function is called three times."""
    path = tmp_path / "plain"
    path.write_bytes(os.urandom(2 * SEGMENT_SIZE + 5))
    return path


@pytest.fixture
def sealed(fake_kms: FakeKms, plain: Path, tmp_path: Path, context: dict[str, str]) -> Path:
    """The envelope of `plain`; the requests that made it are forgotten."""
    path = tmp_path / "sealed"
    encrypt_file(fake_kms, "alias/app", plain, path, context)
    fake_kms.requests.clear()
    return path
