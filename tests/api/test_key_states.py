"""Every operation on a key in every state it can be in here, against a transcription of AWS's table.

The table is tests/vectors/key_states.json; nothing here is taken from the module under test. The usage is checked
before the state, so every operation gets a key that it may use.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kmslab.operations import OPERATIONS

TABLE: dict[str, dict[str, str]] = json.loads((Path(__file__).parents[1] / "vectors" / "key_states.json").read_text())[
    "states"
]
STATES = ("Enabled", "Disabled", "PendingDeletion")

# What the footnotes say. Where the guide allows two errors for a key pending deletion, every recorded answer is the one
# here.
TEXTS = {
    "1": ("DisabledException", "{arn} is disabled."),
    "3": ("KMSInvalidStateException", "{arn} is pending deletion."),
    "2or3": ("KMSInvalidStateException", "{arn} is pending deletion."),
    "4": ("KMSInvalidStateException", "{arn} is not pending deletion."),
}

# Operations that need no key: no state can speak against them.
WITHOUT_KEY = {"CreateKey", "GenerateRandom", "ListKeys"}

SYMMETRIC, SIGNING, MAC = "SYMMETRIC_DEFAULT", "ECC_NIST_P256", "HMAC_256"
SIGN = {"Message": b"m", "SigningAlgorithm": "ECDSA_SHA_256"}
MAC_PARAMS = {"Message": b"m", "MacAlgorithm": "HMAC_SHA_256"}

# boto3's name, the spec of key, and the parameters: from the key, what was made with it while it was enabled, and a
# second, enabled key.
CALLS: dict[str, tuple[str, str, Callable[[str, Any, str], dict[str, Any]]]] = {
    "CancelKeyDeletion": ("cancel_key_deletion", SYMMETRIC, lambda key, made, other: {"KeyId": key}),
    "CreateAlias": (
        "create_alias",
        SYMMETRIC,
        lambda key, made, other: {"AliasName": "alias/new", "TargetKeyId": key},
    ),
    "Decrypt": ("decrypt", SYMMETRIC, lambda key, made, other: {"CiphertextBlob": made["blob"]}),
    "Decrypt with KeyId": (
        "decrypt",
        SYMMETRIC,
        lambda key, made, other: {"CiphertextBlob": made["blob"], "KeyId": key},
    ),
    "DeleteAlias": ("delete_alias", SYMMETRIC, lambda key, made, other: {"AliasName": "alias/app"}),
    "DescribeKey": ("describe_key", SYMMETRIC, lambda key, made, other: {"KeyId": key}),
    "DisableKey": ("disable_key", SYMMETRIC, lambda key, made, other: {"KeyId": key}),
    "EnableKey": ("enable_key", SYMMETRIC, lambda key, made, other: {"KeyId": key}),
    "Encrypt": ("encrypt", SYMMETRIC, lambda key, made, other: {"KeyId": key, "Plaintext": b"x"}),
    "Encrypt with an alias": (
        "encrypt",
        SYMMETRIC,
        lambda key, made, other: {"KeyId": "alias/app", "Plaintext": b"x"},
    ),
    "GenerateDataKey": (
        "generate_data_key",
        SYMMETRIC,
        lambda key, made, other: {"KeyId": key, "KeySpec": "AES_256"},
    ),
    "GenerateDataKeyPair": (
        "generate_data_key_pair",
        SYMMETRIC,
        lambda key, made, other: {"KeyId": key, "KeyPairSpec": "ECC_NIST_P256"},
    ),
    "GenerateDataKeyPairWithoutPlaintext": (
        "generate_data_key_pair_without_plaintext",
        SYMMETRIC,
        lambda key, made, other: {"KeyId": key, "KeyPairSpec": "ECC_NIST_P256"},
    ),
    "GenerateDataKeyWithoutPlaintext": (
        "generate_data_key_without_plaintext",
        SYMMETRIC,
        lambda key, made, other: {"KeyId": key, "KeySpec": "AES_256"},
    ),
    "GenerateMac": ("generate_mac", MAC, lambda key, made, other: {"KeyId": key, **MAC_PARAMS}),
    "GetKeyPolicy": ("get_key_policy", SYMMETRIC, lambda key, made, other: {"KeyId": key}),
    "GetPublicKey": ("get_public_key", SIGNING, lambda key, made, other: {"KeyId": key}),
    "ListAliases": ("list_aliases", SYMMETRIC, lambda key, made, other: {"KeyId": key}),
    "ListKeyPolicies": ("list_key_policies", SYMMETRIC, lambda key, made, other: {"KeyId": key}),
    "ListResourceTags": ("list_resource_tags", SYMMETRIC, lambda key, made, other: {"KeyId": key}),
    "ReEncrypt from it": (
        "re_encrypt",
        SYMMETRIC,
        lambda key, made, other: {"CiphertextBlob": made["blob"], "DestinationKeyId": other},
    ),
    "ReEncrypt to it": (
        "re_encrypt",
        SYMMETRIC,
        lambda key, made, other: {"CiphertextBlob": made["other_blob"], "DestinationKeyId": key},
    ),
    "ScheduleKeyDeletion": ("schedule_key_deletion", SYMMETRIC, lambda key, made, other: {"KeyId": key}),
    "Sign": ("sign", SIGNING, lambda key, made, other: {"KeyId": key, **SIGN}),
    "TagResource": (
        "tag_resource",
        SYMMETRIC,
        lambda key, made, other: {"KeyId": key, "Tags": [{"TagKey": "k", "TagValue": "v"}]},
    ),
    "UntagResource": ("untag_resource", SYMMETRIC, lambda key, made, other: {"KeyId": key, "TagKeys": ["k"]}),
    "UpdateAlias to it": (
        "update_alias",
        SYMMETRIC,
        lambda key, made, other: {"AliasName": "alias/other", "TargetKeyId": key},
    ),
    "UpdateAlias away from it": (
        "update_alias",
        SYMMETRIC,
        lambda key, made, other: {"AliasName": "alias/app", "TargetKeyId": other},
    ),
    "UpdateKeyDescription": (
        "update_key_description",
        SYMMETRIC,
        lambda key, made, other: {"KeyId": key, "Description": "d"},
    ),
    "Verify": ("verify", SIGNING, lambda key, made, other: {"KeyId": key, "Signature": made["signature"], **SIGN}),
    "VerifyMac": ("verify_mac", MAC, lambda key, made, other: {"KeyId": key, "Mac": made["mac"], **MAC_PARAMS}),
}


def expected(call: str, state: str) -> str | None:
    """The footnote of the table's cell, or None where the operation works."""
    cell = TABLE[call.split()[0]][state]
    if cell == "ok|KMSInvalidStateException[10]":
        # Footnote 10: only the key that an alias goes to matters.
        return "3" if call == "UpdateAlias to it" else None
    return None if cell == "ok" else cell.partition("[")[2].removesuffix("]")


def test_every_operation_is_in_the_table() -> None:
    assert set(OPERATIONS) <= set(TABLE), "transcribe the rows of the new operations"
    tried = {call.split()[0] for call in CALLS}
    assert tried == set(OPERATIONS) - WITHOUT_KEY, "add a call of the new operations"
    for operation in WITHOUT_KEY:
        assert set(TABLE[operation].values()) == {"n/a"}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("call", CALLS)
def test_key_state(kms: Any, make_key: Any, refuses: Any, call: str, state: str) -> None:
    method, spec, make_params = CALLS[call]
    key, other = make_key(spec), make_key()
    kms.create_alias(AliasName="alias/app", TargetKeyId=key)
    kms.create_alias(AliasName="alias/other", TargetKeyId=other)
    made = {}
    if spec == SYMMETRIC:
        made["blob"] = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
        made["other_blob"] = kms.encrypt(KeyId=other, Plaintext=b"x")["CiphertextBlob"]
    elif spec == SIGNING:
        made["signature"] = kms.sign(KeyId=key, **SIGN)["Signature"]
    else:
        made["mac"] = kms.generate_mac(KeyId=key, **MAC_PARAMS)["Mac"]
    if state == "Disabled":
        kms.disable_key(KeyId=key)
    elif state == "PendingDeletion":
        kms.schedule_key_deletion(KeyId=key)
    shown = kms.describe_key(KeyId=key)["KeyMetadata"]
    assert shown["KeyState"] == state

    footnote = expected(call, state)
    params = make_params(key, made, other)
    if footnote is None:
        assert getattr(kms, method)(**params)["ResponseMetadata"]["HTTPStatusCode"] == 200
        return
    code, text = TEXTS[footnote]
    assert code in TABLE[call.split()[0]][state]
    with refuses(code, text.format(arn=shown["Arn"])):
        getattr(kms, method)(**params)
