"""No secret ever reaches trail, bill, reprs or logs: every kind of secret is made, and then looked for everywhere."""

from __future__ import annotations

import base64
import json
import logging
import pickle
from collections.abc import Iterator
from typing import Any

import pytest

from kmslab import Lab
from kmslab.keys.material import KeyMaterial

CANARY = b"CANARY-9f8e7d6c5b4a-plaintext"


def forms(secret: bytes) -> Iterator[bytes]:
    """How a secret could show: raw, hexadecimal, base64 at any of its three offsets, as Python writes bytes."""
    yield secret
    yield secret.hex().encode()
    yield repr(secret)[2:-1].encode()
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + secret)
        yield encoded[4 * bool(offset) : -4]


def use_everything(lab: Lab) -> list[bytes]:
    """Make a call of every cryptographic kind, good and bad, and return every secret and every payload."""
    kms = lab.client("kms")
    symmetric = kms.create_key()["KeyMetadata"]["KeyId"]
    other = kms.create_key()["KeyMetadata"]["KeyId"]
    rsa = kms.create_key(KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")["KeyMetadata"]["KeyId"]
    ecc = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    hmac = kms.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]["KeyId"]
    oaep = "RSAES_OAEP_SHA_256"

    blob = kms.encrypt(KeyId=symmetric, Plaintext=CANARY)["CiphertextBlob"]
    kms.decrypt(CiphertextBlob=blob)
    moved = kms.re_encrypt(CiphertextBlob=blob, DestinationKeyId=other)["CiphertextBlob"]
    sealed = kms.encrypt(KeyId=rsa, Plaintext=CANARY, EncryptionAlgorithm=oaep)["CiphertextBlob"]
    kms.decrypt(KeyId=rsa, CiphertextBlob=sealed, EncryptionAlgorithm=oaep)
    data_key = kms.generate_data_key(KeyId=symmetric, KeySpec="AES_256")
    pair = kms.generate_data_key_pair(KeyId=symmetric, KeyPairSpec="ECC_NIST_P256")
    random = kms.generate_random(NumberOfBytes=48)["Plaintext"]
    signature = kms.sign(KeyId=ecc, Message=CANARY, SigningAlgorithm="ECDSA_SHA_256")["Signature"]
    kms.verify(KeyId=ecc, Message=CANARY, Signature=signature, SigningAlgorithm="ECDSA_SHA_256")
    mac = kms.generate_mac(KeyId=hmac, Message=CANARY, MacAlgorithm="HMAC_SHA_256")["Mac"]
    kms.verify_mac(KeyId=hmac, Message=CANARY, Mac=mac, MacAlgorithm="HMAC_SHA_256")
    for bad in (
        lambda: kms.encrypt(KeyId=symmetric, Plaintext=CANARY * 200),
        lambda: kms.encrypt(KeyId=rsa, Plaintext=CANARY * 10, EncryptionAlgorithm=oaep),
        lambda: kms.decrypt(CiphertextBlob=blob[:-1] + b"\0"),
        lambda: kms.verify(KeyId=ecc, Message=CANARY, Signature=b"\0" * 70, SigningAlgorithm="ECDSA_SHA_256"),
        lambda: kms.verify_mac(KeyId=hmac, Message=CANARY, Mac=b"\1" * 32, MacAlgorithm="HMAC_SHA_256"),
        lambda: kms.sign(KeyId=symmetric, Message=CANARY, SigningAlgorithm="ECDSA_SHA_256"),
    ):
        with pytest.raises(kms.exceptions.ClientError):
            bad()
    made = [CANARY, blob, moved, sealed, data_key["Plaintext"], data_key["CiphertextBlob"], random, signature, mac]
    return [*made, pair["PrivateKeyPlaintext"], pair["PrivateKeyCiphertextBlob"], *materials(lab)]


def materials(lab: Lab) -> list[bytes]:
    """The bits behind every key of the Lab."""
    held: list[KeyMaterial] = [key.current for store in lab.world.stores for key in store.keys]
    assert len(held) == 5
    return [each.secret if isinstance(each.secret, bytes) else each.secret.pkcs8() for each in held]


def everything_that_is_shown(lab: Lab) -> dict[str, bytes]:
    calls = lab.trail.calls
    shown: dict[str, Any] = {
        "repr of the Lab": repr(lab),
        "repr of the trail": repr(lab.trail),
        "HTML of the trail": lab.trail._repr_html_(),
        "events": json.dumps(list(lab.trail)),
        "calls": repr(calls),
        "repr of the bill": repr(lab.bill) + repr(lab.bill.lines) + repr(lab.bill.usage),
        "HTML of the bill": lab.bill._repr_html_(),
        "inventory": repr(lab.inventory) + lab.inventory._repr_html_() + repr(list(lab.inventory)),
        "keys": "".join(repr(key) for store in lab.world.stores for key in store.keys),
        "principals": repr(lab.administrator) + repr(lab.root),
        "attributes": repr(vars(lab)),
    }
    # What the observers hold in memory, to the last byte.
    held = {"memory of the calls": pickle.dumps(list(calls)), "memory of the bill": pickle.dumps(lab.bill.usage)}
    return {name: text.encode() for name, text in shown.items()} | held


def test_no_secret_is_shown_anywhere(lab: Lab, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    # botocore's own debug log prints what it sends; that is the client's side, not the Lab's.
    logging.getLogger("botocore").setLevel(logging.INFO)
    secrets = use_everything(lab) + [
        each.credentials.secret_access_key.encode() for each in (lab.administrator, lab.root)
    ]
    shown = everything_that_is_shown(lab) | {"logs": caplog.text.encode()}
    assert len(lab.trail) == 23
    for secret in secrets:
        for form in forms(secret):
            for name, text in shown.items():
                assert form not in text, f"{name} shows a secret"


def test_the_search_would_find_a_secret(lab: Lab) -> None:
    """The encryption context is logged on purpose, so a canary in it must be found: the search above is not blind."""
    kms = lab.client("kms")
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.encrypt(KeyId=key_id, Plaintext=b"x", EncryptionContext={"note": CANARY.decode()})
    shown = everything_that_is_shown_of_trail(lab)
    assert any(form in shown for form in forms(CANARY))


def everything_that_is_shown_of_trail(lab: Lab) -> bytes:
    return json.dumps(list(lab.trail)).encode()
