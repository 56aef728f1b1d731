"""libmongocrypt, MongoDB's client-side field level encryption: in C, with HTTP and signatures of its own."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from importlib import import_module
from typing import Any

import pytest

from kmslab import Lab


class KeyVault:
    """What a MongoDB driver does for libmongocrypt: keeps data keys, and carries bytes to KMS."""

    def __init__(self, bson: Any) -> None:
        self.bson = bson
        self.documents: list[bytes] = []
        self.sent: list[bytes] = []

    def kms_request(self, context: Any) -> None:
        """Carry one request to where libmongocrypt wants it to go."""
        host, _, port = context.endpoint.partition(":")
        self.sent.append(context.message)
        with socket.create_connection((host, int(port)), timeout=30) as connection:
            connection.sendall(context.message)
            while context.bytes_needed > 0:
                received = connection.recv(context.bytes_needed)
                assert received, "the connection ended before the reply"
                context.feed(received)

    def fetch_keys(self, query: bytes) -> Iterator[bytes]:
        """All data keys; libmongocrypt takes those that it needs."""
        yield from self.documents

    def insert_data_key(self, document: bytes) -> Any:
        """Keep a data key."""
        self.documents.append(document)
        return self.bson.decode(document)["_id"]

    def bson_encode(self, document: Any) -> bytes:
        """BSON."""
        return bytes(self.bson.encode(document))


@pytest.fixture
def vault() -> KeyVault:
    """An empty key vault."""
    vault = KeyVault(import_module("bson"))
    import_module("pymongocrypt.synchronous.state_machine").MongoCryptCallback.register(KeyVault)
    return vault


@pytest.fixture
def application(vault: KeyVault, lab: Lab) -> Iterator[Callable[[], Any]]:
    """Starts an application that encrypts fields of documents for MongoDB; each has its own memory of data keys."""
    options = import_module("pymongocrypt.options")
    explicit = import_module("pymongocrypt.synchronous.explicit_encrypter")
    keys = lab.administrator.credentials
    aws = {"accessKeyId": keys.access_key_id, "secretAccessKey": keys.secret_access_key}
    with ExitStack() as running:

        def start() -> Any:
            made = explicit.ExplicitEncrypter(vault, options.MongoCryptOptions({"aws": aws}))
            return running.enter_context(closing(made))

        yield start


def master_key(lab: Lab, key: str) -> dict[str, str]:
    """Where libmongocrypt finds a key."""
    return {"region": key.split(":")[3], "key": key, "endpoint": lab.endpoint().removeprefix("http://")}


def test_libmongocrypt_encrypts_a_field_and_another_application_reads_it(
    application: Any, vault: KeyVault, lab: Lab, kms: Any
) -> None:
    key = kms.create_key()["KeyMetadata"]["Arn"]
    writer, reader = application(), application()
    data_key = writer.create_data_key("aws", master_key(lab, key))
    [document] = vault.documents
    field = vault.bson_encode({"v": "secret"})
    sealed = writer.encrypt(field, "AEAD_AES_256_CBC_HMAC_SHA_512-Random", key_id=bytes(data_key))
    assert b"secret" not in sealed
    assert reader.decrypt(sealed) == field
    # What KMS sealed is in the vault; libmongocrypt's data keys have 96 bytes.
    opened = kms.decrypt(CiphertextBlob=vault.bson.decode(document)["keyMaterial"])
    assert (opened["KeyId"], len(opened["Plaintext"])) == (key, 96)
    encrypt, decrypt = lab.trail.events(name="Encrypt")[-1], lab.trail.events(name="Decrypt")[0]
    assert encrypt["resources"] == decrypt["resources"]
    # It signs for the host without its port, and wants the connection to end.
    assert b"\r\nHost:127.0.0.1\r\n" in vault.sent[0]
    assert b"Connection:close\r\n" in vault.sent[0]


def test_libmongocrypt_moves_a_data_key_to_another_kms_key(
    application: Any, vault: KeyVault, lab: Lab, kms: Any
) -> None:
    old, new = (kms.create_key()["KeyMetadata"]["Arn"] for _ in range(2))
    writer = application()
    data_key = writer.create_data_key("aws", master_key(lab, old))
    field = vault.bson_encode({"v": 42})
    sealed = writer.encrypt(field, "AEAD_AES_256_CBC_HMAC_SHA_512-Deterministic", key_id=bytes(data_key))
    kms.disable_key(KeyId=old)
    errors = import_module("pymongocrypt.errors")
    with pytest.raises(errors.MongoCryptError, match=rf"DisabledException.*{old} is disabled"):
        application().decrypt(sealed)
    kms.enable_key(KeyId=old)
    moved = application().rewrap_many_data_key({}, "aws", master_key(lab, new))
    # A driver writes what has changed over what is there.
    [before], [change] = map(vault.bson.decode, vault.documents), vault.bson.decode(moved)["v"]
    vault.documents[:] = [vault.bson_encode(before | change)]
    kms.disable_key(KeyId=old)
    assert application().decrypt(sealed) == field
    assert lab.trail.events(name="Decrypt")[-1]["resources"][0]["ARN"] == new
