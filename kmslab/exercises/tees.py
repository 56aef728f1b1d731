"""What a player of call golf finds at each tee, made by ordinary calls before the count begins.

Each round makes its own keys: what was found out in the last one does not help.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from random import Random
from typing import Any

from kmslab import Lab

REGION = "us-east-1"
BUCKET = "golf-covers"
JOB, SHOP = "night-job", "golf-shop"

Given = Mapping[str, Any]

_TITLES = ("The Heron Year", "Salt", "Nine Rooms", "A Map of Rain", "The Ferry", "Small Hours", "Otters", "Late Post")


def _luck(hole: str, number: int) -> Random:
    return Random(f"hole {hole}, round {number}")  # noqa: S311 - a game, the same in every Lab


def _kms(lab: Lab) -> Any:
    return lab.client("kms", REGION)


def _key(lab: Lab, description: str, **members: Any) -> str:
    return str(_kms(lab).create_key(Description=description, **members)["KeyMetadata"]["KeyId"])


def notes(lab: Lab, number: int) -> Given:
    """Twenty notes to customers, of less than 4,096 bytes together."""
    luck = _luck("1", number)
    texts = [
        f"Order {luck.randrange(1000, 10_000)}: please send {luck.choice(_TITLES)} as a gift, with card {each}."
        for each in range(20)
    ]
    return {"key_id": _key(lab, "golf: notes"), "notes": texts}


def found_ciphertext(lab: Lab, number: int) -> Given:
    """A ciphertext, and twelve keys of which one made it."""
    key_ids = [_key(lab, f"golf: found, {each}") for each in range(12)]
    made_by = key_ids[_luck("2", number).randrange(6, 12)]
    sealed = _kms(lab).encrypt(KeyId=made_by, Plaintext=b"found behind a shelf")["CiphertextBlob"]
    return {"ciphertext": sealed, "key_ids": key_ids}


def _aliases(lab: Lab, name: str, number: int, letters: str) -> list[str]:
    """The names for a round. Those of the last one go: they would fill the page of 50 that ListAliases answers with."""
    for last in (f"alias/{name}-{number - 1}-{each}" for each in letters):
        if lab.inventory.named(last, REGION) is not None:
            _kms(lab).delete_alias(AliasName=last)
    return [f"alias/{name}-{number}-{each}" for each in letters]


def names(lab: Lab, number: int) -> Given:
    """Twelve aliases."""
    kms, aliases = _kms(lab), _aliases(lab, "door", number, "abcdefghijkl")
    _luck("3", number).shuffle(aliases)
    for alias in aliases:
        kms.create_alias(AliasName=alias, TargetKeyId=_key(lab, "golf: a door"))
    return {"aliases": sorted(aliases)}


def old_ciphertexts(lab: Lab, number: int) -> Given:
    """Five ciphertexts under an old key, each with its encryption context."""
    old, new = _key(lab, "golf: old"), _key(lab, "golf: new")
    contexts = [{"order": str(_luck("4", number).randrange(1000, 9999) + each)} for each in range(5)]
    sealed = [
        _kms(lab).encrypt(KeyId=old, Plaintext=f"address {each}".encode(), EncryptionContext=context)["CiphertextBlob"]
        for each, context in enumerate(contexts)
    ]
    return {"old_key": old, "new_key": new, "ciphertexts": sealed, "contexts": contexts}


def receipts(lab: Lab, number: int) -> Given:
    """Ten receipts with their signatures; three of the receipts say something else than what was signed."""
    key_id = _key(lab, "golf: receipts", KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    forged = _luck("5", number).sample(range(10), 3)
    shown = []
    for each in range(10):
        message = f"receipt {each}: 12.00".encode()
        signature = _kms(lab).sign(KeyId=key_id, Message=message, SigningAlgorithm="ECDSA_SHA_256")["Signature"]
        shown.append((message.replace(b"12", b"92") if each in forged else message, signature))
    return {"key_id": key_id, "receipts": shown}


def forged(number: int) -> list[int]:
    """Which of the ten receipts of a round are forged."""
    return sorted(_luck("5", number).sample(range(10), 3))


def covers(lab: Lab, number: int) -> Given:
    """Fifty covers, and an empty bucket."""
    bucket = f"{BUCKET}-{number}"
    lab.client("s3", REGION).create_bucket(Bucket=bucket)
    pictures = {f"cover-{each:02}.png": f"a picture of {_TITLES[each % 8]}, {each}".encode() for each in range(50)}
    return {"key_id": _key(lab, "golf: covers"), "bucket": bucket, "covers": pictures}


def worn_keys(lab: Lab, number: int) -> Given:
    """Three keys with an alias each, and something encrypted under each."""
    kms, aliases = _kms(lab), _aliases(lab, "worn", number, "abc")
    key_ids = [_key(lab, "golf: worn") for _ in aliases]
    for alias, key_id in zip(aliases, key_ids, strict=True):
        kms.create_alias(AliasName=alias, TargetKeyId=key_id)
    return {"key_ids": key_ids, "aliases": aliases}


def one_key(lab: Lab, number: int) -> Given:
    """A key."""
    return {"key_id": _key(lab, "golf: data keys")}


def tables(lab: Lab, number: int) -> Given:
    """Three keys that administrators manage and only the shop uses, and a user who is to be let in."""
    root = f"arn:aws:iam::{lab.account_id}:root"
    manage = ["kms:Create*", "kms:Describe*", "kms:Get*", "kms:List*", "kms:Put*", "kms:Revoke*", "kms:Schedule*"]
    statements = [
        {"Sid": "Administrators", "Effect": "Allow", "Principal": {"AWS": root}, "Action": manage, "Resource": "*"},
        {
            "Sid": "TheShop",
            "Effect": "Allow",
            "Principal": {"AWS": lab.user(SHOP).arn},
            "Action": ["kms:Encrypt", "kms:Decrypt"],
            "Resource": "*",
        },
    ]
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    key_ids = [_key(lab, f"golf: table {each}", Policy=policy) for each in range(3)]
    return {"key_ids": key_ids, "job": lab.user(JOB).arn}
