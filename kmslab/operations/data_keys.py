"""Data keys, data key pairs and random bytes: what leaves KMS, for use outside."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from kmslab.errors import (
    InvalidKeyUsageException,
    UnsupportedOperationException,
    ValidationException,
)
from kmslab.keys import pairs, use
from kmslab.keys.context import EncryptionContext
from kmslab.keys.key import Key
from kmslab.keys.specs import KEY_SPECS, SYMMETRIC_DEFAULT, Family, KeyUsage
from kmslab.operations.placement import require_random_source
from kmslab.operations.recipients import Recipient, refuse_recipient
from kmslab.operations.registry import Context, Reply, key_param, operation

#: Bytes of a data key, by its spec.
DATA_KEY_SIZES = {"AES_128": 16, "AES_256": 32}

_UNDER = [key_param("KeyId", aliases=True)]


def _one_of_spec_and_size(members: Mapping[str, Any]) -> None:
    if ("KeySpec" in members) == ("NumberOfBytes" in members):
        raise ValidationException.one_of_spec_and_size()


@operation("GenerateDataKey", keys=_UNDER, usage=KeyUsage.ENCRYPT_DECRYPT, check=_one_of_spec_and_size)
def generate_data_key(
    ctx: Context,
    key: Key,
    *,
    encryption_context: EncryptionContext | None = None,
    number_of_bytes: int | None = None,
    key_spec: str | None = None,
    recipient: Recipient | None = None,
) -> Reply:
    """A new data key: once in clear, to use now, and once under the KMS key, to keep.

    Raises:
        InvalidKeyUsageException: the KMS key is not symmetric.
        ValidationException: not exactly one of KeySpec and NumberOfBytes, or an attestation document.
    """
    refuse_recipient(recipient)
    data_key = os.urandom(_size(key_spec, number_of_bytes))
    return _wrapped(ctx, key, data_key, encryption_context) | {"Plaintext": data_key}


@operation("GenerateDataKeyWithoutPlaintext", keys=_UNDER, usage=KeyUsage.ENCRYPT_DECRYPT, check=_one_of_spec_and_size)
def generate_data_key_without_plaintext(
    ctx: Context,
    key: Key,
    *,
    encryption_context: EncryptionContext | None = None,
    key_spec: str | None = None,
    number_of_bytes: int | None = None,
) -> Reply:
    """A new data key under the KMS key only, for whoever may decrypt it later.

    Raises:
        InvalidKeyUsageException: the KMS key is not symmetric.
        ValidationException: not exactly one of KeySpec and NumberOfBytes.
    """
    data_key = os.urandom(_size(key_spec, number_of_bytes))
    return _wrapped(ctx, key, data_key, encryption_context)


@operation("GenerateDataKeyPair", keys=_UNDER, usage=KeyUsage.ENCRYPT_DECRYPT)
def generate_data_key_pair(
    ctx: Context,
    key: Key,
    *,
    key_pair_spec: str,
    encryption_context: EncryptionContext | None = None,
    recipient: Recipient | None = None,
) -> Reply:
    """A new key pair: the public key, and the private key in clear and under the KMS key.

    Raises:
        InvalidKeyUsageException: the KMS key is not symmetric.
        UnsupportedOperationException: this Lab makes no pairs of that spec, or the key is in a custom key store.
        ValidationException: an attestation document is given.
    """
    refuse_recipient(recipient)
    pair = _pair(key_pair_spec)
    wrapped = _wrapped_pair(ctx, key, pair, key_pair_spec, encryption_context)
    return wrapped | {"PrivateKeyPlaintext": pair.pkcs8()}


@operation("GenerateDataKeyPairWithoutPlaintext", keys=_UNDER, usage=KeyUsage.ENCRYPT_DECRYPT)
def generate_data_key_pair_without_plaintext(
    ctx: Context,
    key: Key,
    *,
    key_pair_spec: str,
    encryption_context: EncryptionContext | None = None,
) -> Reply:
    """A new key pair, its private key under the KMS key only.

    Raises:
        InvalidKeyUsageException: the KMS key is not symmetric.
        UnsupportedOperationException: this Lab makes no pairs of that spec, or the key is in a custom key store.
    """
    return _wrapped_pair(ctx, key, _pair(key_pair_spec), key_pair_spec, encryption_context)


@operation("GenerateRandom")
def generate_random(
    ctx: Context,
    *,
    number_of_bytes: int | None = None,
    custom_key_store_id: str | None = None,
    recipient: Recipient | None = None,
) -> Reply:
    """Random bytes, of which KMS keeps nothing.

    Raises:
        CustomKeyStoreInvalidStateException: the key store is not connected, or its cluster does not answer.
        CustomKeyStoreNotFoundException: there is no such key store.
        UnsupportedOperationException: it is an external key store.
        ValidationException: the number of bytes is missing, or an attestation document is given.
    """
    if number_of_bytes is None:
        raise ValidationException.number_of_bytes_required()
    if custom_key_store_id is not None:
        require_random_source(ctx, custom_key_store_id)
    refuse_recipient(recipient)
    return {"Plaintext": os.urandom(number_of_bytes)}


def _size(key_spec: str | None, number_of_bytes: int | None) -> int:
    return DATA_KEY_SIZES[key_spec] if key_spec is not None else int(number_of_bytes or 0)


def _pair(key_pair_spec: str) -> pairs.PrivateKey:
    # Every asymmetric key spec but ML-DSA; the model takes no other names.
    spec = KEY_SPECS.get(key_pair_spec)
    if spec is None:
        raise UnsupportedOperationException.key_spec(key_pair_spec)
    return pairs.generate_pair(spec)


def _wrapped(ctx: Context, key: Key, secret: bytes, context: EncryptionContext | None) -> dict[str, Any]:
    if key.spec.family is not Family.SYMMETRIC:
        raise InvalidKeyUsageException.data_key_from_asymmetric()
    blob = use.encrypt(key, secret, SYMMETRIC_DEFAULT, context or {}, operation="GenerateDataKey")
    reply = {"CiphertextBlob": blob, "KeyId": key.arn}
    return reply | ctx.note_material("keyMaterialId", key, blob, member="KeyMaterialId")


def _wrapped_pair(
    ctx: Context, key: Key, pair: pairs.PrivateKey, spec: str, context: EncryptionContext | None
) -> dict[str, Any]:
    if key.key_store is not None:
        # Source: KMS Developer Guide, "Creating KMS keys in an external key store"; the same for CloudHSM.
        raise UnsupportedOperationException
    reply = _wrapped(ctx, key, pair.pkcs8(), context)
    reply["PrivateKeyCiphertextBlob"] = reply.pop("CiphertextBlob")
    return reply | {"PublicKey": pair.spki(), "KeyPairSpec": spec}
