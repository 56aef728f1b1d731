"""Every way to call wrongly, as one table: AWS's code and words, nothing changed, one event, one request on the bill.

Texts come from recorded answers, botocore's model and public reports. Where AWS's text is not known, the row says so
with `guess=True`: its text is taken over from a sibling, or is None where there is nothing to take it from.

The module is long because the table is: more than 500 rows, and the world that they are about.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from botocore import xform_name
from botocore.loaders import Loader

from kmslab import Lab

ACCOUNT = "123456789010"
OTHER = "999988887777"
ARN = f"arn:aws:kms:us-east-1:{ACCOUNT}"
ADMINISTRATOR = f"arn:aws:iam::{ACCOUNT}:user/administrator"

UNKNOWN = "12345678-1234-1234-1234-123456789012"
UNKNOWN_MRK = "mrk-1234abcd12ab34cd56ef1234567890ab"
VAGUE = (
    "because the resource does not exist in this Region, no resource-based policies allow access, "
    "or a resource-based policy explicitly denies access"
)
NO_ALIASES = "Key Aliases are not supported for this operation."
NOT_THAT_KEY = "The key ID in the request does not identify a CMK that can perform this operation."
ONE_OF_TWO = "Please specify either number of bytes or key spec."
DATA_KEY_UNDER_RSA = "You cannot generate a data key with an asymmetric CMK"
NO_CONTEXT = "EncryptionContext is not supported when encrypting/decrypting with asymmetric CMKs."
NO_PREFIX = (
    'Alias must start with the prefix "alias/". '
    "Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html"
)
NO_USAGE = "You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys."
TWO_SPECS = (
    "You cannot specify KeySpec and CustomerMasterKeySpec in the same request. CustomerMasterKeySpec is deprecated."
)
LOCKOUT = "The new key policy will not allow you to update the key policy in the future."
WINDOW = "PendingWindowInDays must be between 7 and 30"
PSS = "RSASSA_PSS_SHA_256"
OAEP = "RSAES_OAEP_SHA_256"
ALIAS_PATTERN = "^[a-zA-Z0-9:/_-]+$"
RECIPIENT = {"KeyEncryptionAlgorithm": "RSAES_OAEP_SHA_256", "AttestationDocument": b"made up"}
DRY = "The request would have succeeded, but the DryRun option is set."


def one(*findings: str) -> str:
    """AWS's sentence around what the walk over the model finds."""
    count = "1 validation error" if len(findings) == 1 else f"{len(findings)} validation errors"
    return f"{count} detected: {'; '.join(findings)}"


def finding(member: str, constraint: str, value: str | None = None) -> str:
    """One finding; blobs and secrets leave their value out."""
    shown = "" if value is None else f" {value}"
    return f"Value{shown} at '{member}' failed to satisfy constraint: {constraint}"


def null(member: str, shown: str | None = "null") -> str:
    return one(finding(member, "Member must not be null", shown))


def longest(member: str, limit: int, value: str | None = None) -> str:
    quoted = None if value is None else f"'{value}'"
    return one(finding(member, f"Member must have length less than or equal to {limit}", quoted))


def shortest(member: str, value: str | None = None) -> str:
    quoted = None if value is None else f"'{value}'"
    return one(finding(member, "Member must have length greater than or equal to 1", quoted))


def most(member: str, limit: int, value: int) -> str:
    return one(finding(member, f"Member must have value less than or equal to {limit}", f"'{value}'"))


def least(member: str, value: int) -> str:
    return one(finding(member, "Member must have value greater than or equal to 1", f"'{value}'"))


def pattern(member: str, value: str, expression: str) -> str:
    return one(finding(member, f"Member must satisfy regular expression pattern: {expression}", f"'{value}'"))


def enum(member: str, value: str, values: str) -> str:
    return one(finding(member, f"Member must satisfy enum value set: [{values}]", f"'{value}'"))


def enum_of(shape: str) -> str:
    """The values of an enum, from botocore's own description of KMS."""
    return ", ".join(Loader().load_service_model("kms", "service-2")["shapes"][shape]["enum"])


@dataclass(frozen=True)
class Row:
    """One wrong call.

    Attributes:
        id: What is wrong with it.
        method: boto3's name for the operation.
        params: Its parameters, made from the names of `given`.
        code: AWS's error code.
        text: AWS's text. `<name>` stands for the ARN of a key of `given`; None where AWS's text is not known.
        guess: Whether AWS's text, or code, was never seen for this very case.
    """

    id: str
    method: str
    params: Callable[[Any], dict[str, Any]]
    code: str
    text: str | None
    guess: bool = False


def invalid(
    id: str, method: str, params: Callable[[Any], dict[str, Any]], text: str | None, *, guess: bool = False
) -> Row:
    return Row(id, method, params, "ValidationException", text, guess)


MISSING = [
    invalid("DescribeKey: no KeyId", "describe_key", lambda g: {}, null("keyId")),
    invalid("EnableKey: no KeyId", "enable_key", lambda g: {}, null("keyId")),
    invalid("Encrypt: no KeyId", "encrypt", lambda g: {"Plaintext": b"x"}, null("keyId")),
    invalid("Encrypt: no Plaintext", "encrypt", lambda g: {"KeyId": g.sym}, null("plaintext", None)),
    invalid(
        "Encrypt: nothing",
        "encrypt",
        lambda g: {},
        one(
            finding("keyId", "Member must not be null", "null"),
            finding("plaintext", "Member must not be null"),
        ),
        guess=True,
    ),
    invalid("Decrypt: no CiphertextBlob", "decrypt", lambda g: {}, null("ciphertextBlob")),
    invalid("Decrypt: only KeyId", "decrypt", lambda g: {"KeyId": g.sym}, null("ciphertextBlob")),
    invalid(
        "ReEncrypt: no CiphertextBlob", "re_encrypt", lambda g: {"DestinationKeyId": g.sym}, null("ciphertextBlob")
    ),
    invalid(
        "ReEncrypt: no DestinationKeyId",
        "re_encrypt",
        lambda g: {"CiphertextBlob": g.blob},
        null("destinationKeyId"),
    ),
    invalid("GenerateDataKey: no KeyId", "generate_data_key", lambda g: {"KeySpec": "AES_256"}, null("keyId")),
    invalid(
        "GenerateDataKeyPair: no KeyPairSpec",
        "generate_data_key_pair",
        lambda g: {"KeyId": g.sym},
        null("keyPairSpec"),
    ),
    invalid("Sign: no Message", "sign", lambda g: {"KeyId": g.rsa, "SigningAlgorithm": PSS}, null("message", None)),
    invalid("Sign: no SigningAlgorithm", "sign", lambda g: {"KeyId": g.rsa, "Message": b"m"}, null("signingAlgorithm")),
    invalid(
        "Verify: no Signature",
        "verify",
        lambda g: {"KeyId": g.rsa, "Message": b"m", "SigningAlgorithm": PSS},
        null("signature"),
    ),
    invalid(
        "GenerateMac: no MacAlgorithm",
        "generate_mac",
        lambda g: {"KeyId": g.mac, "Message": b"m"},
        null("macAlgorithm"),
    ),
    invalid(
        "VerifyMac: no Mac",
        "verify_mac",
        lambda g: {"KeyId": g.mac, "Message": b"m", "MacAlgorithm": "HMAC_SHA_256"},
        null("mac"),
    ),
    invalid("CreateAlias: no TargetKeyId", "create_alias", lambda g: {"AliasName": "alias/x"}, null("targetKeyId")),
    invalid("CreateAlias: no AliasName", "create_alias", lambda g: {"TargetKeyId": g.sym}, null("aliasName")),
    invalid("DeleteAlias: no AliasName", "delete_alias", lambda g: {}, null("aliasName")),
    invalid(
        "UpdateKeyDescription: no Description",
        "update_key_description",
        lambda g: {"KeyId": g.sym},
        null("description"),
    ),
    invalid("TagResource: no Tags", "tag_resource", lambda g: {"KeyId": g.sym}, null("tags")),
    invalid("UntagResource: no TagKeys", "untag_resource", lambda g: {"KeyId": g.sym}, null("tagKeys")),
    invalid(
        "TagResource: no TagKey",
        "tag_resource",
        lambda g: {"KeyId": g.sym, "Tags": [{"TagValue": "v"}]},
        null("tags.1.member.tagKey"),
    ),
    invalid("GenerateRandom: no NumberOfBytes", "generate_random", lambda g: {}, "NumberOfBytes is required."),
    invalid("GenerateDataKey: neither", "generate_data_key", lambda g: {"KeyId": g.sym}, ONE_OF_TWO),
    invalid(
        "GenerateDataKeyWithoutPlaintext: neither",
        "generate_data_key_without_plaintext",
        lambda g: {"KeyId": g.sym},
        ONE_OF_TWO,
    ),
    invalid("GenerateDataKey: neither, before the usage", "generate_data_key", lambda g: {"KeyId": g.mac}, ONE_OF_TWO),
    invalid(
        "GenerateDataKey: neither, before the state",
        "generate_data_key",
        lambda g: {"KeyId": g.sym_disabled},
        ONE_OF_TWO,
    ),
    invalid(
        "Decrypt: RSA without KeyId",
        "decrypt",
        lambda g: {"CiphertextBlob": g.rsa_blob, "EncryptionAlgorithm": OAEP},
        "KeyId must not be null",
    ),
    invalid(
        "ReEncrypt: RSA without SourceKeyId",
        "re_encrypt",
        lambda g: {
            "CiphertextBlob": g.rsa_blob,
            "SourceEncryptionAlgorithm": OAEP,
            "DestinationKeyId": g.sym,
        },
        "SourceKeyId must not be null",
        guess=True,
    ),
    invalid(
        "Decrypt: IGNORE_CIPHERTEXT without KeyId",
        "decrypt",
        lambda g: {"DryRun": True, "DryRunModifiers": ["IGNORE_CIPHERTEXT"]},
        "KeyId must not be null",
        guess=True,
    ),
]

TOO_LONG_OR_SHORT = [
    invalid("Encrypt: empty Plaintext", "encrypt", lambda g: {"KeyId": g.sym, "Plaintext": b""}, shortest("plaintext")),
    invalid(
        "Encrypt: 4097 bytes",
        "encrypt",
        lambda g: {"KeyId": g.sym, "Plaintext": b"x" * 4097},
        longest("plaintext", 4096),
    ),
    invalid("Decrypt: empty blob", "decrypt", lambda g: {"CiphertextBlob": b""}, shortest("ciphertextBlob")),
    invalid(
        "Decrypt: 6145 bytes", "decrypt", lambda g: {"CiphertextBlob": b"x" * 6145}, longest("ciphertextBlob", 6144)
    ),
    invalid(
        "Sign: empty Message",
        "sign",
        lambda g: {"KeyId": g.rsa, "Message": b"", "SigningAlgorithm": PSS},
        shortest("message"),
    ),
    invalid(
        "Sign: 4097 bytes",
        "sign",
        lambda g: {"KeyId": g.rsa, "Message": b"m" * 4097, "SigningAlgorithm": PSS},
        longest("message", 4096),
    ),
    invalid(
        "Verify: empty Signature",
        "verify",
        lambda g: {"KeyId": g.rsa, "Message": b"m", "Signature": b"", "SigningAlgorithm": PSS},
        shortest("signature"),
    ),
    invalid(
        "Verify: 6145 bytes of Signature",
        "verify",
        lambda g: {"KeyId": g.rsa, "Message": b"m", "Signature": b"s" * 6145, "SigningAlgorithm": PSS},
        longest("signature", 6144),
    ),
    invalid(
        "GenerateMac: 4097 bytes",
        "generate_mac",
        lambda g: {"KeyId": g.mac, "Message": b"m" * 4097, "MacAlgorithm": "HMAC_SHA_256"},
        longest("message", 4096),
    ),
    invalid(
        "VerifyMac: empty Mac",
        "verify_mac",
        lambda g: {"KeyId": g.mac, "Message": b"m", "Mac": b"", "MacAlgorithm": "HMAC_SHA_256"},
        shortest("mac"),
    ),
    invalid(
        "VerifyMac: 6145 bytes of Mac",
        "verify_mac",
        lambda g: {"KeyId": g.mac, "Message": b"m", "Mac": b"m" * 6145, "MacAlgorithm": "HMAC_SHA_256"},
        longest("mac", 6144),
    ),
    invalid("GenerateRandom: 0", "generate_random", lambda g: {"NumberOfBytes": 0}, least("numberOfBytes", 0)),
    invalid(
        "GenerateRandom: 1025", "generate_random", lambda g: {"NumberOfBytes": 1025}, most("numberOfBytes", 1024, 1025)
    ),
    invalid(
        "GenerateDataKey: 0 bytes",
        "generate_data_key",
        lambda g: {"KeyId": g.sym, "NumberOfBytes": 0},
        least("numberOfBytes", 0),
    ),
    invalid(
        "GenerateDataKey: 1025 bytes",
        "generate_data_key",
        lambda g: {"KeyId": g.sym, "NumberOfBytes": 1025},
        most("numberOfBytes", 1024, 1025),
    ),
    invalid(
        "GenerateDataKey: both",
        "generate_data_key",
        lambda g: {"KeyId": g.sym, "KeySpec": "AES_256", "NumberOfBytes": 32},
        ONE_OF_TWO,
    ),
    invalid(
        "GenerateDataKeyWithoutPlaintext: both",
        "generate_data_key_without_plaintext",
        lambda g: {"KeyId": g.sym, "KeySpec": "AES_128", "NumberOfBytes": 16},
        ONE_OF_TWO,
    ),
    invalid(
        "DescribeKey: empty KeyId",
        "describe_key",
        lambda g: {"KeyId": ""},
        one(
            finding("keyId", "Member must have length greater than or equal to 1", "''"),
            finding("keyId", r"Member must satisfy regular expression pattern: ^\p{ASCII}+$", "''"),
        ),
    ),
    invalid(
        "DescribeKey: KeyId of 2049 characters",
        "describe_key",
        lambda g: {"KeyId": "k" * 2049},
        longest("keyId", 2048, "k" * 2049),
    ),
    invalid(
        "CreateAlias: 257 characters",
        "create_alias",
        lambda g: {"AliasName": "alias/" + "n" * 251, "TargetKeyId": g.sym},
        longest("aliasName", 256, "alias/" + "n" * 251),
    ),
    invalid(
        "CreateKey: description of 8193 characters",
        "create_key",
        lambda g: {"Description": "d" * 8193},
        longest("description", 8192, "d" * 8193),
    ),
    invalid(
        "UpdateKeyDescription: 8193 characters",
        "update_key_description",
        lambda g: {"KeyId": g.sym, "Description": "d" * 8193},
        longest("description", 8192, "d" * 8193),
    ),
    invalid(
        "TagResource: key of 129 characters",
        "tag_resource",
        lambda g: {"KeyId": g.sym, "Tags": [{"TagKey": "k" * 129, "TagValue": "v"}]},
        longest("tags.1.member.tagKey", 128, "k" * 129),
    ),
    invalid(
        "CreateKey: tag value of 257 characters",
        "create_key",
        lambda g: {"Tags": [{"TagKey": "k", "TagValue": "v" * 257}]},
        longest("tags.1.member.tagValue", 256, "v" * 257),
    ),
    invalid(
        "CreateKey: second tag with an empty key",
        "create_key",
        lambda g: {"Tags": [{"TagKey": "k", "TagValue": "v"}, {"TagKey": "", "TagValue": "v"}]},
        shortest("tags.2.member.tagKey", ""),
    ),
    invalid(
        "UntagResource: key of 129 characters",
        "untag_resource",
        lambda g: {"KeyId": g.sym, "TagKeys": ["k", "k" * 129]},
        longest("tagKeys.2.member", 128, "k" * 129),
        guess=True,
    ),
    invalid(
        "Encrypt: eleven grant tokens",
        "encrypt",
        lambda g: {"KeyId": g.sym, "Plaintext": b"x", "GrantTokens": ["t"] * 11},
        longest("grantTokens", 10, "[" + ", ".join(["t"] * 11) + "]"),
        guess=True,
    ),
    invalid("ListKeys: Limit 0", "list_keys", lambda g: {"Limit": 0}, least("limit", 0)),
    invalid("ListKeys: Limit 1001", "list_keys", lambda g: {"Limit": 1001}, most("limit", 1000, 1001)),
    invalid("ListAliases: Limit 101", "list_aliases", lambda g: {"Limit": 101}, most("limit", 100, 101), guess=True),
    invalid(
        "ListResourceTags: Limit 51",
        "list_resource_tags",
        lambda g: {"KeyId": g.sym, "Limit": 51},
        most("limit", 50, 51),
        guess=True,
    ),
    invalid(
        "ListKeys: Marker of 1025 characters",
        "list_keys",
        lambda g: {"Marker": "m" * 1025},
        longest("marker", 1024, "m" * 1025),
    ),
    invalid(
        "ScheduleKeyDeletion: 0 days",
        "schedule_key_deletion",
        lambda g: {"KeyId": g.sym, "PendingWindowInDays": 0},
        least("pendingWindowInDays", 0),
    ),
    invalid(
        "ScheduleKeyDeletion: 366 days",
        "schedule_key_deletion",
        lambda g: {"KeyId": g.sym, "PendingWindowInDays": 366},
        most("pendingWindowInDays", 365, 366),
    ),
    invalid(
        "ScheduleKeyDeletion: 6 days",
        "schedule_key_deletion",
        lambda g: {"KeyId": g.sym, "PendingWindowInDays": 6},
        WINDOW,
    ),
    invalid(
        "ScheduleKeyDeletion: 31 days",
        "schedule_key_deletion",
        lambda g: {"KeyId": g.sym, "PendingWindowInDays": 31},
        WINDOW,
    ),
    invalid(
        "CreateKey: policy of 131073 characters",
        "create_key",
        lambda g: {"Policy": " " * 131073},
        longest("policy", 131072, " " * 131073),
    ),
    Row(
        "CreateKey: policy over 32 KB",
        "create_key",
        lambda g: {"Policy": g.default_policy + " " * 32768},
        "LimitExceededException",
        None,
        guess=True,
    ),
    invalid(
        "GetKeyPolicy: PolicyName of 129 characters",
        "get_key_policy",
        lambda g: {"KeyId": g.sym, "PolicyName": "p" * 129},
        longest("policyName", 128, "p" * 129),
    ),
    invalid(
        "Encrypt: too long for RSA",
        "encrypt",
        lambda g: {"KeyId": g.rsa_enc, "Plaintext": b"x" * 191, "EncryptionAlgorithm": OAEP},
        f"Algorithm {OAEP} and key spec RSA_2048 cannot encrypt data larger than 190 bytes.",
    ),
    invalid(
        "Sign: short digest",
        "sign",
        lambda g: {"KeyId": g.rsa, "Message": b"d" * 31, "MessageType": "DIGEST", "SigningAlgorithm": PSS},
        f"Digest is invalid length for algorithm {PSS}.",
    ),
    invalid(
        "Sign: digest of another hash",
        "sign",
        lambda g: {
            "KeyId": g.ecc,
            "Message": b"d" * 48,
            "MessageType": "DIGEST",
            "SigningAlgorithm": "ECDSA_SHA_256",
        },
        "Digest is invalid length for algorithm ECDSA_SHA_256.",
    ),
    invalid(
        "Verify: long digest",
        "verify",
        lambda g: {
            "KeyId": g.rsa,
            "Message": b"d" * 33,
            "MessageType": "DIGEST",
            "Signature": b"s" * 256,
            "SigningAlgorithm": PSS,
        },
        f"Digest is invalid length for algorithm {PSS}.",
    ),
]

WRONG_VALUES = [
    invalid(
        "Encrypt: unknown algorithm",
        "encrypt",
        lambda g: {"KeyId": g.sym, "Plaintext": b"x", "EncryptionAlgorithm": "AES"},
        enum("encryptionAlgorithm", "AES", "RSAES_OAEP_SHA_1, RSAES_OAEP_SHA_256, SM2PKE, SYMMETRIC_DEFAULT"),
    ),
    invalid(
        "Sign: unknown algorithm",
        "sign",
        lambda g: {"KeyId": g.rsa, "Message": b"m", "SigningAlgorithm": "RSA"},
        enum(
            "signingAlgorithm",
            "RSA",
            "RSASSA_PSS_SHA_256, RSASSA_PSS_SHA_384, RSASSA_PSS_SHA_512, RSASSA_PKCS1_V1_5_SHA_256, "
            "RSASSA_PKCS1_V1_5_SHA_384, RSASSA_PKCS1_V1_5_SHA_512, ECDSA_SHA_256, ECDSA_SHA_384, ECDSA_SHA_512, "
            "ED25519_SHA_512, ED25519_PH_SHA_512, SM2DSA, ML_DSA_SHAKE_256",
        ),
    ),
    invalid(
        "Sign: unknown message type",
        "sign",
        lambda g: {"KeyId": g.rsa, "Message": b"m", "SigningAlgorithm": PSS, "MessageType": "raw"},
        enum("messageType", "raw", "RAW, DIGEST, EXTERNAL_MU"),
    ),
    invalid(
        "GenerateMac: lower case",
        "generate_mac",
        lambda g: {"KeyId": g.mac, "Message": b"m", "MacAlgorithm": "hmac_sha_256"},
        enum("macAlgorithm", "hmac_sha_256", "HMAC_SHA_384, HMAC_SHA_256, HMAC_SHA_224, HMAC_SHA_512"),
    ),
    invalid(
        "GenerateDataKey: unknown spec",
        "generate_data_key",
        lambda g: {"KeyId": g.sym, "KeySpec": "AES-256"},
        enum("keySpec", "AES-256", enum_of("KeySpec")),
    ),
    invalid(
        "GenerateDataKey: a spec of KMS keys",
        "generate_data_key",
        lambda g: {"KeyId": g.sym, "KeySpec": "RSA_2048"},
        enum("keySpec", "RSA_2048", enum_of("KeySpec")),
    ),
    invalid(
        "GenerateDataKeyPair: unknown spec",
        "generate_data_key_pair",
        lambda g: {"KeyId": g.sym, "KeyPairSpec": "RSA_1024"},
        enum("keyPairSpec", "RSA_1024", enum_of("DataKeyPairSpec")),
    ),
    invalid(
        "CreateKey: unknown spec",
        "create_key",
        lambda g: {"KeySpec": "AES_256"},
        enum("keySpec", "AES_256", enum_of("KeySpec")),
    ),
    invalid(
        "CreateKey: unknown usage",
        "create_key",
        lambda g: {"KeyUsage": "ENCRYPT"},
        enum("keyUsage", "ENCRYPT", enum_of("KeyUsageType")),
    ),
    invalid(
        "CreateKey: unknown origin",
        "create_key",
        lambda g: {"Origin": "AWS"},
        enum("origin", "AWS", enum_of("OriginType")),
    ),
    invalid(
        "ListKeys: unknown owner",
        "list_keys",
        lambda g: {"ResourceOwners": ["ME"]},
        enum("resourceOwners.1.member", "ME", enum_of("ResourceOwnerType")),
        guess=True,
    ),
    *[
        invalid(
            f"CreateAlias: {name!r}",
            "create_alias",
            lambda g, name=name: {"AliasName": name, "TargetKeyId": g.sym},
            pattern("aliasName", name, ALIAS_PATTERN),
        )
        for name in ("alias/a b", "alias/a!", "alias/a$", "alias/a@b", "alias/a.b", "alias/ä", "alias/a\n")
    ],
    invalid(
        "DescribeKey: KeyId outside ASCII",
        "describe_key",
        lambda g: {"KeyId": "alias/é"},
        pattern("keyId", "alias/é", r"^\p{ASCII}+$"),
    ),
    invalid(
        "GetKeyPolicy: PolicyName with a dash",
        "get_key_policy",
        lambda g: {"KeyId": g.sym, "PolicyName": "invalid-name"},
        pattern("policyName", "invalid-name", r"[\w]+"),
    ),
    invalid(
        "GetKeyPolicy: PolicyName outside ASCII",  # \w of AWS's pattern language is ASCII
        "get_key_policy",
        lambda g: {"KeyId": g.sym, "PolicyName": "één"},
        pattern("policyName", "één", r"[\w]+"),
    ),
    invalid(
        "CreateKey: policy with a character that none may have",
        "create_key",
        lambda g: {"Policy": '{"Id":"\u0100"}'},
        pattern("policy", '{"Id":"\u0100"}', r"[\u0009\u000A\u000D\u0020-\u00FF]+"),
    ),
    invalid("CreateAlias: no prefix", "create_alias", lambda g: {"AliasName": "app", "TargetKeyId": g.sym}, NO_PREFIX),
    invalid("UpdateAlias: no prefix", "update_alias", lambda g: {"AliasName": "app", "TargetKeyId": g.sym}, NO_PREFIX),
    invalid("DeleteAlias: no prefix", "delete_alias", lambda g: {"AliasName": "app"}, NO_PREFIX),
    invalid(
        "CreateAlias: colon",
        "create_alias",
        lambda g: {"AliasName": "alias/my:alias", "TargetKeyId": g.sym},
        "alias/my:alias contains invalid characters for an alias",
    ),
    Row(
        "CreateAlias: prefix alone",
        "create_alias",
        lambda g: {"AliasName": "alias/", "TargetKeyId": g.sym},
        "InvalidAliasNameException",
        None,
        guess=True,
    ),
    Row(
        "CreateAlias: reserved",
        "create_alias",
        lambda g: {"AliasName": "alias/aws/mine", "TargetKeyId": g.sym},
        "InvalidAliasNameException",
        "The alias name for a customer managed CMK cannot begin with alias/aws/.",
        guess=True,
    ),
    Row(
        "CreateAlias: reserved, in capitals",
        "create_alias",
        lambda g: {"AliasName": "alias/AWS/mine", "TargetKeyId": g.sym},
        "InvalidAliasNameException",
        "The alias name for a customer managed CMK cannot begin with alias/aws/.",
        guess=True,
    ),
    invalid(
        "CreateAlias: target is an alias name",
        "create_alias",
        lambda g: {"AliasName": "alias/x", "TargetKeyId": "alias/app"},
        "Aliases must refer to keys. Not aliases",
    ),
    invalid(
        "CreateAlias: target is an alias ARN",
        "create_alias",
        lambda g: {"AliasName": "alias/x", "TargetKeyId": f"{ARN}:alias/app"},
        "Aliases must refer to keys. Not aliases",
    ),
    invalid(
        "UpdateAlias: target is an alias name",
        "update_alias",
        lambda g: {"AliasName": "alias/app", "TargetKeyId": "alias/app"},
        "Aliases must refer to keys. Not aliases",
        guess=True,
    ),
    Row(
        "CreateAlias: name is taken",
        "create_alias",
        lambda g: {"AliasName": "alias/app", "TargetKeyId": g.other_sym},
        "AlreadyExistsException",
        f"An alias with the name {ARN}:alias/app already exists",
    ),
    Row(
        "CreateAlias: name is this key's already",
        "create_alias",
        lambda g: {"AliasName": "alias/app", "TargetKeyId": g.sym},
        "AlreadyExistsException",
        f"An alias with the name {ARN}:alias/app already exists",
        guess=True,
    ),
    Row(
        "CreateAlias: the fifty-first",
        "create_alias",
        lambda g: {"AliasName": "alias/x", "TargetKeyId": g.named},
        "LimitExceededException",
        "Aliases per key quota for this account in this region is 50, current usage is 50.",
    ),
    invalid(
        "UpdateAlias: key of another usage",
        "update_alias",
        lambda g: {"AliasName": "alias/app", "TargetKeyId": g.rsa},
        "Alias alias/app cannot be changed from a CMK with key usage ENCRYPT_DECRYPT to a CMK with key usage "
        "SIGN_VERIFY. The key usage of the current CMK and the new CMK must be the same.",
    ),
    invalid(
        "UpdateAlias: key of another type",
        "update_alias",
        lambda g: {"AliasName": "alias/app", "TargetKeyId": g.rsa_enc},
        None,
        guess=True,
    ),
    invalid("CreateKey: RSA without usage", "create_key", lambda g: {"KeySpec": "RSA_2048"}, NO_USAGE),
    invalid("CreateKey: HMAC without usage", "create_key", lambda g: {"KeySpec": "HMAC_256"}, NO_USAGE),
    *[
        invalid(
            f"CreateKey: {spec} for {usage}",
            "create_key",
            lambda g, spec=spec, usage=usage: {"KeySpec": spec, "KeyUsage": usage},
            f"KeyUsage {usage} is not compatible with KeySpec {spec}",
        )
        for spec, usage in (
            ("RSA_2048", "KEY_AGREEMENT"),
            ("ECC_NIST_P256", "ENCRYPT_DECRYPT"),
            ("ECC_SECG_P256K1", "KEY_AGREEMENT"),
            ("HMAC_256", "SIGN_VERIFY"),
            ("SYMMETRIC_DEFAULT", "SIGN_VERIFY"),
            ("SYMMETRIC_DEFAULT", "GENERATE_VERIFY_MAC"),
        )
    ],
    invalid(
        "CreateKey: both names of the spec",
        "create_key",
        lambda g: {"KeySpec": "RSA_2048", "CustomerMasterKeySpec": "RSA_4096", "KeyUsage": "SIGN_VERIFY"},
        TWO_SPECS,
    ),
    invalid(
        "CreateKey: the same spec under both names",
        "create_key",
        lambda g: {"KeySpec": "SYMMETRIC_DEFAULT", "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT"},
        TWO_SPECS,
    ),
    Row(
        "CreateKey: SM2 outside China",
        "create_key",
        lambda g: {"KeySpec": "SM2", "KeyUsage": "SIGN_VERIFY"},
        "UnsupportedOperationException",
        "KeySpec SM2 is not supported in this Region",
    ),
    Row(
        "GenerateDataKeyPair: SM2 outside China",
        "generate_data_key_pair",
        lambda g: {"KeyId": g.sym, "KeyPairSpec": "SM2"},
        "UnsupportedOperationException",
        None,
        guess=True,
    ),
    Row(
        "CreateKey: unknown custom key store",
        "create_key",
        lambda g: {"Origin": "AWS_CLOUDHSM", "CustomKeyStoreId": "cks-1234567890abcdef0"},
        "CustomKeyStoreNotFoundException",
        None,
        guess=True,
    ),
    Row(
        "GenerateRandom: unknown custom key store",
        "generate_random",
        lambda g: {"NumberOfBytes": 1, "CustomKeyStoreId": "cks-1234567890abcdef0"},
        "CustomKeyStoreNotFoundException",
        None,
        guess=True,
    ),
    *[
        Row(f"CreateKey: policy is {name}", "create_key", lambda g, policy=policy: {"Policy": policy}, *error)
        for name, policy, error in (
            ("no JSON", "allow all", ("MalformedPolicyDocumentException", "")),
            ("a number", "42", ("MalformedPolicyDocumentException", "")),
            ("a list", "[]", ("MalformedPolicyDocumentException", "")),
            ("an empty object", "{}", ("MalformedPolicyDocumentException", "")),
            ("without statements", '{"Version":"2012-10-17"}', ("MalformedPolicyDocumentException", "")),
            ("with no statement in its list", '{"Statement":[]}', ("MalformedPolicyDocumentException", "")),
            ("with a statement that is text", '{"Statement":"x"}', ("MalformedPolicyDocumentException", "")),
            ("nested without end", "[" * 20_000, ("MalformedPolicyDocumentException", "")),
        )
    ],
    Row(
        "CreateKey: policy without principal",
        "create_key",
        lambda g: {
            "Policy": json.dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": [{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}],
                }
            )
        },
        "MalformedPolicyDocumentException",
        "Policy contains a statement with no principal.",
    ),
    Row(
        "CreateKey: policy that locks out",
        "create_key",
        lambda g: {
            "Policy": json.dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
                            "Action": "kms:Encrypt",
                            "Resource": "*",
                        }
                    ],
                }
            )
        },
        "MalformedPolicyDocumentException",
        LOCKOUT,
    ),
    *[
        Row(f"{operation}: {name}", method, make, "TagException", text)
        for operation, method, more in (
            ("CreateKey", "create_key", lambda g: {}),
            ("TagResource", "tag_resource", lambda g: {"KeyId": g.sym}),
        )
        for name, tags, text in (
            ("the same tag key twice", ["k", "k"], "Duplicate tag keys"),
            ("51 tags", [f"{n}" for n in range(51)], "Too many tags"),
            ("aws: in front", ["aws:mine"], "Tags beginning with aws: are reserved"),
            ("Aws: in front", ["ok", "AwS:mine"], "Tags beginning with aws: are reserved"),
        )
        for make in [
            lambda g, more=more, tags=tags: {**more(g), "Tags": [{"TagKey": key, "TagValue": "v"} for key in tags]}
        ]
    ],
    Row(
        "TagResource: more than 50 in all",
        "tag_resource",
        lambda g: {"KeyId": g.tagged, "Tags": [{"TagKey": "one more", "TagValue": "v"}]},
        "TagException",
        "Too many tags",
        guess=True,
    ),
    Row(
        "UntagResource: reserved",
        "untag_resource",
        lambda g: {"KeyId": g.sym, "TagKeys": ["aws:mine"]},
        "TagException",
        "Tags beginning with aws: are reserved",
        guess=True,
    ),
    *[
        Row(
            f"{operation}: {name}",
            method,
            lambda g, key=key, marker=marker: {**({"KeyId": g.sym} if key else {}), "Marker": marker(g)},
            "InvalidMarkerException",
            None,
            guess=True,
        )
        for operation, method, key, other in (
            ("ListKeys", "list_keys", False, "list_aliases"),
            ("ListAliases", "list_aliases", False, "list_keys"),
            ("ListResourceTags", "list_resource_tags", True, "list_keys"),
        )
        for name, marker in (
            ("a made up marker", lambda g: "x"),
            ("a marker of another listing", lambda g, other=other: g.markers[other]),
        )
    ],
    # ListKeyPolicies does not declare InvalidMarkerException; what AWS answers instead is not known.
    invalid(
        "ListKeyPolicies: a made up marker",
        "list_key_policies",
        lambda g: {"KeyId": g.sym, "Marker": "x"},
        None,
        guess=True,
    ),
    Row(
        "Encrypt: a grant token that belongs to no grant",
        "encrypt",
        lambda g: {"KeyId": g.sym, "Plaintext": b"x", "GrantTokens": ["AQpAM2RhZTk1MGMyNTk2ZmZmMzEyYWVhOWViN2I1M"]},
        "InvalidGrantTokenException",
        None,
        guess=True,
    ),
    *[
        invalid(
            f"{operation}: an attestation document that AWS did not sign",
            method,
            lambda g, make=make: {**make(g), "Recipient": RECIPIENT},
            None,
            guess=True,
        )
        for operation, method, make in (
            ("Decrypt", "decrypt", lambda g: {"CiphertextBlob": g.blob}),
            ("GenerateDataKey", "generate_data_key", lambda g: {"KeyId": g.sym, "KeySpec": "AES_256"}),
            (
                "GenerateDataKeyPair",
                "generate_data_key_pair",
                lambda g: {"KeyId": g.sym, "KeyPairSpec": "ECC_NIST_P256"},
            ),
            ("GenerateRandom", "generate_random", lambda g: {"NumberOfBytes": 1}),
        )
    ],
    Row(
        "GetKeyPolicy: another name than default",
        "get_key_policy",
        lambda g: {"KeyId": g.sym, "PolicyName": "other"},
        "NotFoundException",
        "No such policy exists",
        guess=True,
    ),
    invalid(
        "Encrypt: context with RSA",
        "encrypt",
        lambda g: {
            "KeyId": g.rsa_enc,
            "Plaintext": b"x",
            "EncryptionAlgorithm": OAEP,
            "EncryptionContext": {"a": "b"},
        },
        NO_CONTEXT,
    ),
    invalid(
        "Decrypt: context with RSA",
        "decrypt",
        lambda g: {
            "KeyId": g.rsa_enc,
            "CiphertextBlob": g.rsa_blob,
            "EncryptionAlgorithm": OAEP,
            "EncryptionContext": {"a": "b"},
        },
        NO_CONTEXT,
    ),
    invalid(
        "Sign: EXTERNAL_MU with RSA",
        "sign",
        lambda g: {
            "KeyId": g.rsa,
            "Message": b"m" * 64,
            "MessageType": "EXTERNAL_MU",
            "SigningAlgorithm": PSS,
        },
        "Message type EXTERNAL_MU is incompatible with key spec RSA_2048.",
        guess=True,
    ),
]


def not_found(id: str, ref: str, text: str, *, guess: bool = False) -> Row:
    return Row(f"DescribeKey: {id}", "describe_key", lambda g: {"KeyId": ref}, "NotFoundException", text, guess)


KEY_ONLY: dict[str, tuple[str, dict[str, Any]]] = {
    "CancelKeyDeletion": ("cancel_key_deletion", {}),
    "DisableKey": ("disable_key", {}),
    "EnableKey": ("enable_key", {}),
    "GetKeyPolicy": ("get_key_policy", {}),
    "ListAliases": ("list_aliases", {}),
    "ListKeyPolicies": ("list_key_policies", {}),
    "ListResourceTags": ("list_resource_tags", {}),
    "ScheduleKeyDeletion": ("schedule_key_deletion", {}),
    "TagResource": ("tag_resource", {"Tags": [{"TagKey": "k", "TagValue": "v"}]}),
    "UntagResource": ("untag_resource", {"TagKeys": ["k"]}),
    "UpdateKeyDescription": ("update_key_description", {"Description": "d"}),
}

REFERENCES = [
    not_found("unknown key id", UNKNOWN, f"Key '{ARN}:key/{UNKNOWN}' does not exist"),
    not_found("unknown key ARN", f"{ARN}:key/{UNKNOWN}", f"Key '{ARN}:key/{UNKNOWN}' does not exist"),
    not_found("unknown multi-Region key", UNKNOWN_MRK, f"Key '{ARN}:key/{UNKNOWN_MRK}' does not exist"),
    not_found(
        "unknown key id in capitals",
        "786CA7CD-1234-1234-1234-123456789ABC",
        f"Key '{ARN}:key/786CA7CD-1234-1234-1234-123456789ABC' does not exist",
    ),
    not_found("no key id", "fake-key-id", "Invalid keyId 'fake-key-id'"),
    not_found("32 digits without dashes", "1" * 32, f"Invalid keyId '{'1' * 32}'"),
    not_found("short multi-Region key id", "mrk-1234", "Invalid keyId 'mrk-1234'"),
    not_found("key id with a newline", f"{UNKNOWN}\n", f"Invalid keyId '{UNKNOWN}\n'", guess=True),
    not_found("ARN with no key id in it", f"{ARN}:key/foo", "Invalid keyId foo"),
    not_found("key ARN of another Region", f"arn:aws:kms:us-west-2:{ACCOUNT}:key/{UNKNOWN}", "Invalid arn us-west-2"),
    not_found("alias ARN of another Region", f"arn:aws:kms:us-west-2:{ACCOUNT}:alias/app", "Invalid arn us-west-2"),
    not_found("half an ARN", "arn:aws:kms:foo", "Invalid arn arn:aws:kms:foo", guess=True),
    not_found(
        "ARN of another service",
        f"arn:aws:s3:us-east-1:{ACCOUNT}:key/{UNKNOWN}",
        f"Invalid arn arn:aws:s3:us-east-1:{ACCOUNT}:key/{UNKNOWN}",
        guess=True,
    ),
    not_found(
        "ARN of another partition",
        f"arn:aws-cn:kms:us-east-1:{ACCOUNT}:key/{UNKNOWN}",
        f"Invalid arn arn:aws-cn:kms:us-east-1:{ACCOUNT}:key/{UNKNOWN}",
        guess=True,
    ),
    not_found(
        "ARN of neither key nor alias", f"{ARN}:grant/{UNKNOWN}", f"Invalid arn {ARN}:grant/{UNKNOWN}", guess=True
    ),
    not_found(
        "ARN of no account",
        f"arn:aws:kms:us-east-1:1234:key/{UNKNOWN}",
        f"Invalid arn arn:aws:kms:us-east-1:1234:key/{UNKNOWN}",
        guess=True,
    ),
    not_found("unknown alias", "alias/none", f"Alias {ARN}:alias/none is not found."),
    not_found("unknown alias ARN", f"{ARN}:alias/none", f"Alias {ARN}:alias/none is not found."),
    not_found("alias of no AWS service", "alias/aws/none", f"Alias {ARN}:alias/aws/none is not found."),
    Row(
        "Encrypt: unknown key id",
        "encrypt",
        lambda g: {"KeyId": UNKNOWN, "Plaintext": b"x"},
        "NotFoundException",
        f"Key '{ARN}:key/{UNKNOWN}' does not exist",
    ),
    Row(
        "ReEncrypt: unknown destination",
        "re_encrypt",
        lambda g: {"CiphertextBlob": g.blob, "DestinationKeyId": "alias/none"},
        "NotFoundException",
        f"Alias {ARN}:alias/none is not found.",
    ),
    Row(
        "ReEncrypt: unknown source",
        "re_encrypt",
        lambda g: {"CiphertextBlob": g.blob, "SourceKeyId": UNKNOWN, "DestinationKeyId": g.sym},
        "NotFoundException",
        f"Key '{ARN}:key/{UNKNOWN}' does not exist",
    ),
    Row(
        "CreateAlias: unknown target",
        "create_alias",
        lambda g: {"AliasName": "alias/x", "TargetKeyId": UNKNOWN},
        "NotFoundException",
        f"Key '{ARN}:key/{UNKNOWN}' does not exist",
    ),
    Row(
        "CreateAlias: target of another Region",
        "create_alias",
        lambda g: {"AliasName": "alias/x", "TargetKeyId": g.west},
        "NotFoundException",
        "Invalid arn us-west-2",
    ),
    Row(
        "UpdateAlias: unknown alias",
        "update_alias",
        lambda g: {"AliasName": "alias/none", "TargetKeyId": g.sym},
        "NotFoundException",
        f"Alias {ARN}:alias/none is not found.",
    ),
    Row(
        "DeleteAlias: unknown alias",
        "delete_alias",
        lambda g: {"AliasName": "alias/none"},
        "NotFoundException",
        f"Alias {ARN}:alias/none is not found.",
    ),
    Row(
        "ListAliases: unknown key",
        "list_aliases",
        lambda g: {"KeyId": UNKNOWN},
        "NotFoundException",
        f"Key '{ARN}:key/{UNKNOWN}' does not exist",
    ),
    *[
        Row(
            f"DescribeKey: {name} of another account",
            "describe_key",
            lambda g, ref=ref: {"KeyId": ref(g)},
            "AccessDeniedException",
            f"User: {ADMINISTRATOR} is not authorized to perform: kms:DescribeKey on resource: {shown} {VAGUE}",
        )
        for name, ref, shown in (
            ("key", lambda g: g.foreign, "<foreign>"),
            (
                "unknown key",
                lambda g: f"arn:aws:kms:us-east-1:{OTHER}:key/{UNKNOWN}",
                f"arn:aws:kms:us-east-1:{OTHER}:key/{UNKNOWN}",
            ),
            (
                "unknown alias",
                lambda g: f"arn:aws:kms:us-east-1:{OTHER}:alias/none",
                f"arn:aws:kms:us-east-1:{OTHER}:alias/none",
            ),
        )
    ],
    *[
        Row(
            f"{operation}: {form}",
            method,
            lambda g, ref=ref, more=more: {"KeyId": ref, **more},
            "InvalidArnException",
            NO_ALIASES,
        )
        for operation, (method, more) in KEY_ONLY.items()
        for form, ref in (("alias name", "alias/app"), ("alias ARN", f"{ARN}:alias/app"))
    ],
    Row("EnableKey: unknown alias", "enable_key", lambda g: {"KeyId": "alias/none"}, "InvalidArnException", NO_ALIASES),
    # Measured: an alias is refused before the other members are missed.
    *[
        Row(f"{operation}: alias and nothing else", method, lambda g: {"KeyId": "alias/app"}, *error)
        for operation, method, error in (
            ("TagResource", "tag_resource", ("InvalidArnException", NO_ALIASES)),
            ("UntagResource", "untag_resource", ("InvalidArnException", NO_ALIASES)),
            ("UpdateKeyDescription", "update_key_description", ("InvalidArnException", NO_ALIASES)),
        )
    ],
]

# How each operation that has a rule for disabled keys, or for keys pending deletion, is called on a key that is such:
# boto3's name, the kind of key in `given`, and the parameters made from the key's name there.
Use = tuple[str, str, Callable[[Any, str], dict[str, Any]]]


def of(g: Any, kind: str, key: str) -> Any:
    """What else `given` has of the same state: `of(g, "blob", "sym_disabled")` is `g.blob_disabled`."""
    return getattr(g, f"{kind}_{key.rpartition('_')[2]}")


USE: dict[str, Use] = {
    "Encrypt": ("encrypt", "sym", lambda g, key: {"KeyId": getattr(g, key), "Plaintext": b"x"}),
    "Encrypt with RSA": (
        "encrypt",
        "rsa_enc",
        lambda g, key: {"KeyId": getattr(g, key), "Plaintext": b"x", "EncryptionAlgorithm": OAEP},
    ),
    "Decrypt": ("decrypt", "sym", lambda g, key: {"CiphertextBlob": of(g, "blob", key)}),
    "Decrypt with KeyId": (
        "decrypt",
        "sym",
        lambda g, key: {"CiphertextBlob": of(g, "blob", key), "KeyId": getattr(g, key)},
    ),
    "ReEncrypt from it": (
        "re_encrypt",
        "sym",
        lambda g, key: {"CiphertextBlob": of(g, "blob", key), "DestinationKeyId": g.sym},
    ),
    "ReEncrypt to it": (
        "re_encrypt",
        "sym",
        lambda g, key: {"CiphertextBlob": g.blob, "DestinationKeyId": getattr(g, key)},
    ),
    "GenerateDataKey": (
        "generate_data_key",
        "sym",
        lambda g, key: {"KeyId": getattr(g, key), "KeySpec": "AES_256"},
    ),
    "GenerateDataKeyWithoutPlaintext": (
        "generate_data_key_without_plaintext",
        "sym",
        lambda g, key: {"KeyId": getattr(g, key), "NumberOfBytes": 1},
    ),
    "GenerateDataKeyPair": (
        "generate_data_key_pair",
        "sym",
        lambda g, key: {"KeyId": getattr(g, key), "KeyPairSpec": "ECC_NIST_P256"},
    ),
    "GenerateDataKeyPairWithoutPlaintext": (
        "generate_data_key_pair_without_plaintext",
        "sym",
        lambda g, key: {"KeyId": getattr(g, key), "KeyPairSpec": "ECC_NIST_P256"},
    ),
    "Sign": (
        "sign",
        "rsa",
        lambda g, key: {"KeyId": getattr(g, key), "Message": b"m", "SigningAlgorithm": PSS},
    ),
    "Verify": (
        "verify",
        "rsa",
        lambda g, key: {"KeyId": getattr(g, key), "Message": b"m", "Signature": b"s", "SigningAlgorithm": PSS},
    ),
    "GenerateMac": (
        "generate_mac",
        "mac",
        lambda g, key: {"KeyId": getattr(g, key), "Message": b"m", "MacAlgorithm": "HMAC_SHA_256"},
    ),
    "VerifyMac": (
        "verify_mac",
        "mac",
        lambda g, key: {"KeyId": getattr(g, key), "Message": b"m", "Mac": b"m", "MacAlgorithm": "HMAC_SHA_256"},
    ),
}
MANAGE: dict[str, Use] = {
    "GetPublicKey": ("get_public_key", "rsa", lambda g, key: {"KeyId": getattr(g, key)}),
    # The state comes before the kind of key.
    "GetPublicKey of a symmetric key": ("get_public_key", "sym", lambda g, key: {"KeyId": getattr(g, key)}),
    "EnableKey": ("enable_key", "sym", lambda g, key: {"KeyId": getattr(g, key)}),
    "DisableKey": ("disable_key", "sym", lambda g, key: {"KeyId": getattr(g, key)}),
    "ScheduleKeyDeletion": ("schedule_key_deletion", "sym", lambda g, key: {"KeyId": getattr(g, key)}),
    "UpdateKeyDescription": (
        "update_key_description",
        "sym",
        lambda g, key: {"KeyId": getattr(g, key), "Description": "d"},
    ),
    "TagResource": (
        "tag_resource",
        "sym",
        lambda g, key: {"KeyId": getattr(g, key), "Tags": [{"TagKey": "k", "TagValue": "v"}]},
    ),
    "UntagResource": ("untag_resource", "sym", lambda g, key: {"KeyId": getattr(g, key), "TagKeys": ["k"]}),
    "CreateAlias": (
        "create_alias",
        "sym",
        lambda g, key: {"AliasName": "alias/x", "TargetKeyId": getattr(g, key)},
    ),
    "UpdateAlias": (
        "update_alias",
        "sym",
        lambda g, key: {"AliasName": "alias/app", "TargetKeyId": getattr(g, key)},
    ),
}

STATES = [
    *[
        Row(
            f"{name}: disabled",
            method,
            lambda g, make=make, key=f"{kind}_disabled": make(g, key),
            "DisabledException",
            f"<{kind}_disabled> is disabled.",
        )
        for name, (method, kind, make) in USE.items()
    ],
    *[
        Row(
            f"{name}: pending deletion",
            method,
            lambda g, make=make, key=f"{kind}_pending": make(g, key),
            "KMSInvalidStateException",
            f"<{kind}_pending> is pending deletion.",
        )
        for name, (method, kind, make) in {**USE, **MANAGE}.items()
    ],
    *[
        Row(
            f"CancelKeyDeletion: {state}",
            "cancel_key_deletion",
            lambda g, key=key: {"KeyId": getattr(g, key)},
            "KMSInvalidStateException",
            f"<{key}> is not pending deletion.",
        )
        for state, key in (("enabled", "sym"), ("disabled", "sym_disabled"))
    ],
]


def wrong_usage(
    id: str, method: str, key: str, usage: str, operation: str, more: dict[str, Any], *, guess: bool = False
) -> Row:
    return Row(
        f"{operation}: {id}",
        method,
        lambda g: {**more, "KeyId": getattr(g, key)},
        "InvalidKeyUsageException",
        f"<{key}> key usage is {usage} which is not valid for {operation}.",
        guess,
    )


def wrong_algorithm(id: str, method: str, key: str, algorithm: str, spec: str, more: dict[str, Any]) -> Row:
    return Row(
        id,
        method,
        lambda g: {"KeyId": getattr(g, key), **more},
        "InvalidKeyUsageException",
        f"Algorithm {algorithm} is incompatible with key spec {spec}.",
    )


SIGN = {"Message": b"m", "SigningAlgorithm": PSS}
MAC = {"Message": b"m", "MacAlgorithm": "HMAC_SHA_256"}
DATA_KEY = {"KeySpec": "AES_256"}
PAIR = {"KeyPairSpec": "ECC_NIST_P256"}

USAGES = [
    wrong_usage("symmetric", "sign", "sym", "ENCRYPT_DECRYPT", "Sign", SIGN),
    wrong_usage("HMAC", "sign", "mac", "GENERATE_VERIFY_MAC", "Sign", SIGN),
    wrong_usage("RSA for encryption", "sign", "rsa_enc", "ENCRYPT_DECRYPT", "Sign", SIGN),
    wrong_usage("symmetric", "verify", "sym", "ENCRYPT_DECRYPT", "Verify", {**SIGN, "Signature": b"s"}),
    wrong_usage("RSA for signing", "encrypt", "rsa", "SIGN_VERIFY", "Encrypt", {"Plaintext": b"x"}),
    wrong_usage("HMAC", "encrypt", "mac", "GENERATE_VERIFY_MAC", "Encrypt", {"Plaintext": b"x"}),
    wrong_usage(
        "RSA for signing",
        "decrypt",
        "rsa",
        "SIGN_VERIFY",
        "Decrypt",
        {"CiphertextBlob": b"x", "EncryptionAlgorithm": OAEP},
    ),
    wrong_usage("HMAC", "generate_data_key", "mac", "GENERATE_VERIFY_MAC", "GenerateDataKey", DATA_KEY),
    wrong_usage(
        "signing key",
        "generate_data_key_without_plaintext",
        "ecc",
        "SIGN_VERIFY",
        "GenerateDataKeyWithoutPlaintext",
        DATA_KEY,
    ),
    wrong_usage("signing key", "generate_data_key_pair", "ecc", "SIGN_VERIFY", "GenerateDataKeyPair", PAIR, guess=True),
    wrong_usage(
        "HMAC",
        "generate_data_key_pair_without_plaintext",
        "mac",
        "GENERATE_VERIFY_MAC",
        "GenerateDataKeyPairWithoutPlaintext",
        PAIR,
        guess=True,
    ),
    wrong_usage("RSA for signing", "generate_mac", "rsa", "SIGN_VERIFY", "GenerateMac", MAC),
    wrong_usage("symmetric", "verify_mac", "sym", "ENCRYPT_DECRYPT", "VerifyMac", {**MAC, "Mac": b"m"}),
    wrong_usage("before the state", "sign", "sym_disabled", "ENCRYPT_DECRYPT", "Sign", SIGN),
    wrong_usage("before the state", "encrypt", "rsa_pending", "SIGN_VERIFY", "Encrypt", {"Plaintext": b"x"}),
    Row(
        "ReEncrypt: destination is a signing key",
        "re_encrypt",
        lambda g: {"CiphertextBlob": g.blob, "DestinationKeyId": g.rsa},
        "InvalidKeyUsageException",
        None,
        guess=True,
    ),
    wrong_algorithm(
        "Encrypt: RSA key, no algorithm", "encrypt", "rsa_enc", "SYMMETRIC_DEFAULT", "RSA_2048", {"Plaintext": b"x"}
    ),
    wrong_algorithm(
        "Encrypt: RSA algorithm, symmetric key",
        "encrypt",
        "sym",
        OAEP,
        "SYMMETRIC_DEFAULT",
        {"Plaintext": b"x", "EncryptionAlgorithm": OAEP},
    ),
    wrong_algorithm(
        "Sign: ECDSA with RSA",
        "sign",
        "rsa",
        "ECDSA_SHA_256",
        "RSA_2048",
        {"Message": b"m", "SigningAlgorithm": "ECDSA_SHA_256"},
    ),
    wrong_algorithm("Sign: RSA with ECC", "sign", "ecc", PSS, "ECC_NIST_P256", SIGN),
    wrong_algorithm(
        "Sign: another curve's hash",
        "sign",
        "ecc",
        "ECDSA_SHA_384",
        "ECC_NIST_P256",
        {"Message": b"m", "SigningAlgorithm": "ECDSA_SHA_384"},
    ),
    wrong_algorithm(
        "Sign: the algorithm comes before the digest's length",
        "sign",
        "ecc",
        PSS,
        "ECC_NIST_P256",
        {**SIGN, "MessageType": "DIGEST"},
    ),
    wrong_algorithm("Verify: RSA with ECC", "verify", "ecc", PSS, "ECC_NIST_P256", {**SIGN, "Signature": b"s"}),
    wrong_algorithm(
        "GenerateMac: another HMAC",
        "generate_mac",
        "mac",
        "HMAC_SHA_512",
        "HMAC_256",
        {"Message": b"m", "MacAlgorithm": "HMAC_SHA_512"},
    ),
    wrong_algorithm(
        "VerifyMac: another HMAC",
        "verify_mac",
        "mac",
        "HMAC_SHA_224",
        "HMAC_256",
        {"Message": b"m", "Mac": b"m", "MacAlgorithm": "HMAC_SHA_224"},
    ),
    *[
        Row(
            f"{operation}: RSA key",
            method,
            lambda g, more=more: {"KeyId": g.rsa_enc, **more},
            "InvalidKeyUsageException",
            DATA_KEY_UNDER_RSA,
            guess,
        )
        for operation, method, more, guess in (
            ("GenerateDataKey", "generate_data_key", DATA_KEY, False),
            ("GenerateDataKeyWithoutPlaintext", "generate_data_key_without_plaintext", DATA_KEY, False),
            ("GenerateDataKeyPair", "generate_data_key_pair", PAIR, True),
            ("GenerateDataKeyPairWithoutPlaintext", "generate_data_key_pair_without_plaintext", PAIR, True),
        )
    ],
    *[
        Row(
            f"GetPublicKey: {name}",
            "get_public_key",
            lambda g, key=key: {"KeyId": getattr(g, key)},
            "UnsupportedOperationException",
            "",
        )
        for name, key in (("symmetric", "sym"), ("HMAC", "mac"), ("disabled symmetric", "sym_disabled"))
    ],
]

CIPHERTEXTS = [
    Row("Decrypt: garbage", "decrypt", lambda g: {"CiphertextBlob": b"x" * 200}, "InvalidCiphertextException", ""),
    Row(
        "Decrypt: garbage with KeyId",
        "decrypt",
        lambda g: {"CiphertextBlob": b"x" * 200, "KeyId": g.sym},
        "InvalidCiphertextException",
        "",
    ),
    Row(
        "Decrypt: another context",
        "decrypt",
        lambda g: {"CiphertextBlob": g.blob, "EncryptionContext": {"a": "b"}},
        "InvalidCiphertextException",
        "",
    ),
    Row(
        "Decrypt: RSA ciphertext without the algorithm",
        "decrypt",
        lambda g: {"CiphertextBlob": g.rsa_blob, "KeyId": g.rsa_enc},
        "InvalidCiphertextException",
        "",
    ),
    Row(
        "Decrypt: RSA ciphertext, shortened",
        "decrypt",
        lambda g: {"CiphertextBlob": g.rsa_blob[:-1], "KeyId": g.rsa_enc, "EncryptionAlgorithm": OAEP},
        "InvalidCiphertextException",
        "",
    ),
    Row(
        "ReEncrypt: garbage",
        "re_encrypt",
        lambda g: {"CiphertextBlob": b"x", "DestinationKeyId": g.sym},
        "InvalidCiphertextException",
        "",
    ),
    *[
        Row(
            f"Decrypt: KeyId is {name}",
            "decrypt",
            lambda g, key=key: {"CiphertextBlob": g.blob, "KeyId": getattr(g, key)},
            "IncorrectKeyException",
            NOT_THAT_KEY,
        )
        for name, key in (
            ("another symmetric key", "other_sym"),
            ("an HMAC key", "mac"),
            ("a signing key", "rsa"),
            ("an RSA encryption key", "rsa_enc"),
            ("a disabled key", "sym_disabled"),
        )
    ],
    Row(
        "ReEncrypt: SourceKeyId is another key",
        "re_encrypt",
        lambda g: {"CiphertextBlob": g.blob, "SourceKeyId": g.other_sym, "DestinationKeyId": g.sym},
        "IncorrectKeyException",
        NOT_THAT_KEY,
    ),
    *[
        Row(
            f"{operation}: ciphertext of {name}",
            method,
            lambda g, blob=blob, more=more: {"CiphertextBlob": getattr(g, blob), **more(g)},
            "AccessDeniedException",
            f"User: {ADMINISTRATOR} is not authorized to perform: kms:{action} "
            f"on the resource associated with this ciphertext {VAGUE}",
        )
        for name, blob in (("another Region", "blob_west"), ("a deleted key", "blob_deleted"))
        for operation, method, action, more in (
            ("Decrypt", "decrypt", "Decrypt", lambda g: {}),
            ("ReEncrypt", "re_encrypt", "ReEncryptFrom", lambda g: {"DestinationKeyId": g.sym}),
        )
    ],
    Row(
        "Decrypt: ciphertext of a deleted key, with the KeyId of another",
        "decrypt",
        lambda g: {"CiphertextBlob": g.blob_deleted, "KeyId": g.sym},
        "IncorrectKeyException",
        NOT_THAT_KEY,
        guess=True,
    ),
    Row(
        "Verify: not the signature",
        "verify",
        lambda g: {"KeyId": g.rsa, "Signature": b"s" * 256, **SIGN},
        "KMSInvalidSignatureException",
        "",
    ),
    Row(
        "VerifyMac: not the MAC",
        "verify_mac",
        lambda g: {"KeyId": g.mac, "Mac": b"m" * 32, **MAC},
        "KMSInvalidMacException",
        "",
    ),
    Row(
        "Encrypt: dry run",
        "encrypt",
        lambda g: {"KeyId": g.sym, "Plaintext": b"x", "DryRun": True},
        "DryRunOperationException",
        DRY,
    ),
]

TABLE = [*MISSING, *TOO_LONG_OR_SHORT, *WRONG_VALUES, *REFERENCES, *STATES, *USAGES, *CIPHERTEXTS]

# --- grants, rotation, imported key material, multi-Region keys, custom key stores, key agreement, encapsulation ---

GRANTEE = f"arn:aws:iam::{ACCOUNT}:user/grantee"
NO_GRANT = "0" * 64
HEX = "0123456789abcdef" * 4
IMPORT = {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"}
FOR_GOOD = {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}
KEM = {"EncapsulationAlgorithm": "ML_KEM"}
NO_STORE = "cks-1234567890abcdef0"
REGION_PATTERN = r"^([a-z]+-){2,3}\d+$"
PRINCIPAL_PATTERN = r"^[\w+=,.@:/-]+$"
URI_PATH_PATTERN = r"^(/[a-zA-Z0-9\/_-]+/kms/xks/v\d{1,2})$|^(/kms/xks/v\d{1,2})$"
UNSUPPORTED, NOT_FOUND, STATE = "UnsupportedOperationException", "NotFoundException", "KMSInvalidStateException"
WRAPPED = {"ImportToken": b"t", "EncryptedKeyMaterial": b"m"}


#: The members that a call needs besides those which a row is about; `<name>` stands for a key's ARN.
BESIDES: dict[str, dict[str, Any]] = {
    "create_custom_key_store": {"CustomKeyStoreName": "s"},
    "create_grant": {"KeyId": "<sym>", "GranteePrincipal": GRANTEE, "Operations": ["Decrypt"]},
    "decapsulate": {"KeyId": "<kem>", "SharedSecretCiphertextBlob": b"x", **KEM},
    "delete_imported_key_material": {"KeyId": "<external>"},
    "derive_shared_secret": {"KeyId": "<agreement>", "KeyAgreementAlgorithm": "ECDH", "PublicKey": b"x"},
    "enable_key_rotation": {"KeyId": "<sym>"},
    "encapsulate": {"KeyId": "<kem>", **KEM},
    "get_parameters_for_import": {"KeyId": "<external>", **IMPORT},
    "import_key_material": {"KeyId": "<external>", **WRAPPED, **FOR_GOOD},
    "list_grants": {"KeyId": "<sym>"},
    "list_key_rotations": {"KeyId": "<sym>"},
    "list_retirable_grants": {"RetiringPrincipal": GRANTEE},
    "put_key_policy": {"KeyId": "<sym>", "Policy": "{}"},
    "replicate_key": {"KeyId": "<multi>", "ReplicaRegion": "eu-west-1"},
    "revoke_grant": {"KeyId": "<sym>", "GrantId": NO_GRANT},
    "update_custom_key_store": {"CustomKeyStoreId": NO_STORE},
    "update_primary_region": {"KeyId": "<multi>", "PrimaryRegion": "eu-west-1"},
}
ABSENT = object()


def later(
    operation: str, what: str, params: dict[str, Any], text: str | None, code: str = "", *, guess: bool = False
) -> Row:
    """A wrong call of one of these operations: what it works with, and the mistake. ABSENT leaves a member out."""
    method = xform_name(operation)

    def make(g: Any) -> dict[str, Any]:
        given = {**BESIDES.get(method, {}), **params}
        return {
            name: getattr(g, value[1:-1]) if isinstance(value, str) and re.fullmatch(r"<\w+>", value) else value
            for name, value in given.items()
            if value is not ABSENT
        }

    return Row(f"{operation}: {what}", method, make, code or "ValidationException", text, guess or text is None)


def wrong(operation: str, member: str, value: Any, constraint: str, *, secret: bool = False) -> Row:
    """A value that breaks one constraint of the model; blobs and secrets are not shown."""
    hidden = secret or isinstance(value, bytes)
    name = member[0].lower() + member[1:]
    quoted = None if hidden else f"'{value}'"
    what = value if isinstance(value, int) or len(value) < 40 else f"{len(value)} of them"
    return later(operation, f"{member} {what!r}", {member: value}, one(finding(name, constraint, quoted)))


def origin_text(key: str, origin: str) -> str:
    return f"<{key}> origin is {origin} which is not valid for this operation."


def at_most(limit: int) -> str:
    return f"Member must have length less than or equal to {limit}"


def at_least(limit: int) -> str:
    return f"Member must have length greater than or equal to {limit}"


def like(expression: str) -> str:
    return f"Member must satisfy regular expression pattern: {expression}"


def value_of(*values: str) -> str:
    return f"Member must satisfy enum value set: [{', '.join(values)}]"


LATER_MISSING = [
    later(operation, f"no {member}", {member: ABSENT}, null(member[0].lower() + member[1:]))
    for operation, member in (
        ("ConnectCustomKeyStore", "CustomKeyStoreId"),
        ("CreateCustomKeyStore", "CustomKeyStoreName"),
        ("CreateGrant", "KeyId"),
        ("CreateGrant", "Operations"),
        ("Decapsulate", "EncapsulationAlgorithm"),
        ("Decapsulate", "SharedSecretCiphertextBlob"),
        ("DeleteCustomKeyStore", "CustomKeyStoreId"),
        ("DeleteImportedKeyMaterial", "KeyId"),
        ("DeriveSharedSecret", "KeyAgreementAlgorithm"),
        ("DeriveSharedSecret", "PublicKey"),
        ("DisconnectCustomKeyStore", "CustomKeyStoreId"),
        ("EnableKeyRotation", "KeyId"),
        ("Encapsulate", "EncapsulationAlgorithm"),
        ("GetKeyLastUsage", "KeyId"),
        ("GetParametersForImport", "WrappingAlgorithm"),
        ("GetParametersForImport", "WrappingKeySpec"),
        ("ImportKeyMaterial", "EncryptedKeyMaterial"),
        ("ImportKeyMaterial", "ImportToken"),
        ("PutKeyPolicy", "Policy"),
        ("ReplicateKey", "ReplicaRegion"),
        ("RevokeGrant", "GrantId"),
        ("UpdateCustomKeyStore", "CustomKeyStoreId"),
        ("UpdatePrimaryRegion", "PrimaryRegion"),
    )
] + [
    later(
        "CreateCustomKeyStore",
        "a credential without its id",
        {"XksProxyAuthenticationCredential": {"RawSecretAccessKey": "s" * 43}},
        null("xksProxyAuthenticationCredential.accessKeyId", None),
    ),
    # Members that the model does not require.
    later("CreateGrant", "no grantee", {"GranteePrincipal": ABSENT}, None),
    later("ListRetirableGrants", "nobody", {"RetiringPrincipal": ABSENT}, None),
    later("RetireGrant", "nothing", {}, None),
    later("RetireGrant", "no GrantId", {"KeyId": "<sym>"}, None),
    later("CreateCustomKeyStore", "no cluster", {}, None),
    later(
        "ImportKeyMaterial",
        "no ValidTo",
        {"ExpirationModel": ABSENT},
        "A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES",
    ),
]

LATER_TOO_LONG_OR_SHORT = [
    wrong("ConnectCustomKeyStore", "CustomKeyStoreId", "c" * 65, at_most(64)),
    wrong("CreateCustomKeyStore", "CustomKeyStoreName", "n" * 257, at_most(256)),
    wrong("CreateCustomKeyStore", "KeyStorePassword", "secret", at_least(7), secret=True),
    wrong("CreateCustomKeyStore", "KeyStorePassword", "s" * 33, at_most(32), secret=True),
    wrong("CreateCustomKeyStore", "TrustAnchorCertificate", "c" * 5001, at_most(5000)),
    wrong("CreateGrant", "GranteePrincipal", "p" * 257, at_most(256)),
    wrong("CreateGrant", "Name", "n" * 257, at_most(256)),
    wrong("CreateGrant", "RetiringPrincipal", "p" * 257, at_most(256)),
    wrong("Decapsulate", "SharedSecretCiphertextBlob", b"x" * 6145, at_most(6144)),
    wrong("DeleteImportedKeyMaterial", "KeyMaterialId", HEX[:-1], at_least(64)),
    wrong("DeleteImportedKeyMaterial", "KeyMaterialId", HEX + "0", at_most(64)),
    wrong("DeriveSharedSecret", "PublicKey", b"", at_least(1)),
    wrong("DeriveSharedSecret", "PublicKey", b"x" * 8193, at_most(8192)),
    wrong("EnableKeyRotation", "RotationPeriodInDays", 89, "Member must have value greater than or equal to 90"),
    wrong("EnableKeyRotation", "RotationPeriodInDays", 2561, "Member must have value less than or equal to 2560"),
    wrong("ImportKeyMaterial", "EncryptedKeyMaterial", b"x" * 6145, at_most(6144)),
    wrong("ImportKeyMaterial", "ImportToken", b"x" * 6145, at_most(6144)),
    wrong("ImportKeyMaterial", "KeyMaterialDescription", "d" * 257, at_most(256)),
    wrong("ListGrants", "GrantId", "g" * 129, at_most(128)),
    wrong("ListGrants", "Limit", 0, "Member must have value greater than or equal to 1"),
    wrong("ListKeyRotations", "Limit", 1001, "Member must have value less than or equal to 1000"),
    wrong("ListRetirableGrants", "RetiringPrincipal", "p" * 257, at_most(256)),
    wrong("PutKeyPolicy", "Policy", "p" * 131073, at_most(131072)),
    wrong("ReplicateKey", "Description", "d" * 8193, at_most(8192)),
    wrong("RetireGrant", "GrantToken", "t" * 8193, at_most(8192)),
    wrong("RevokeGrant", "GrantId", "g" * 129, at_most(128)),
    later("ListGrants", "Limit 101", {"Limit": 101}, most("limit", 100, 101), guess=True),
    later("ListRetirableGrants", "Limit 101", {"Limit": 101}, most("limit", 100, 101), guess=True),
]

LATER_WRONG_VALUES = [
    wrong("CreateCustomKeyStore", "CloudHsmClusterId", "cluster-11111111111", like("cluster-[2-7a-zA-Z]{11,16}")),
    wrong("CreateCustomKeyStore", "CustomKeyStoreType", "CLOUD", value_of("AWS_CLOUDHSM", "EXTERNAL_KEY_STORE")),
    wrong("CreateCustomKeyStore", "XksProxyConnectivity", "VPN", value_of("PUBLIC_ENDPOINT", "VPC_ENDPOINT_SERVICE")),
    wrong("CreateCustomKeyStore", "XksProxyUriEndpoint", "http://example.com", like("^https://[a-zA-Z0-9.-]+$")),
    wrong("CreateCustomKeyStore", "XksProxyUriPath", "/xks/v1/anything", like(URI_PATH_PATTERN)),
    wrong("CreateGrant", "GranteePrincipal", "some body", like(PRINCIPAL_PATTERN)),
    wrong("CreateGrant", "Name", "my grant", like("^[a-zA-Z0-9:/_-]+$")),
    wrong("Decapsulate", "EncapsulationAlgorithm", "ECDH", value_of("ML_KEM")),
    wrong("DeleteImportedKeyMaterial", "KeyMaterialId", HEX.upper(), like("^[a-f0-9]+$")),
    wrong("DeriveSharedSecret", "KeyAgreementAlgorithm", "ML_KEM", value_of("ECDH")),
    wrong("Encapsulate", "EncapsulationAlgorithm", "ml_kem", value_of("ML_KEM")),
    wrong(
        "GetParametersForImport",
        "WrappingAlgorithm",
        "RSAES_OAEP_SHA_512",
        f"Member must satisfy enum value set: [{enum_of('AlgorithmSpec')}]",
    ),
    wrong("GetParametersForImport", "WrappingKeySpec", "RSA_1024", value_of("RSA_2048", "RSA_3072", "RSA_4096", "SM2")),
    wrong(
        "ImportKeyMaterial",
        "ExpirationModel",
        "NEVER",
        value_of("KEY_MATERIAL_DOES_NOT_EXPIRE", "KEY_MATERIAL_EXPIRES"),
    ),
    wrong("ImportKeyMaterial", "ImportType", "NEW", value_of("NEW_KEY_MATERIAL", "EXISTING_KEY_MATERIAL")),
    wrong("ImportKeyMaterial", "KeyMaterialDescription", "what?", like(r"^[a-zA-Z0-9:/_\s.-]+$")),
    wrong("ListKeyRotations", "IncludeKeyMaterial", "ALL", value_of("ALL_KEY_MATERIAL", "ROTATIONS_ONLY")),
    wrong("PutKeyPolicy", "PolicyName", "my-policy", like(r"[\w]+")),
    wrong("ReplicateKey", "ReplicaRegion", "EU-WEST-1", like(REGION_PATTERN)),
    wrong("UpdatePrimaryRegion", "PrimaryRegion", "everywhere", like(REGION_PATTERN)),
    # Grants
    later("CreateGrant", "an unknown operation", {"Operations": ["Decypher"]}, None),
    later("CreateGrant", "no operations", {"Operations": []}, None),
    later(
        "CreateGrant",
        "nothing but more grants",
        {"Operations": ["CreateGrant"]},
        "Grants must not contain only the CreateGrant operation.",
    ),
    later("CreateGrant", "an operation of other keys", {"Operations": ["Sign"]}, None),
    later(
        "CreateGrant", "both kinds of grantee", {"GranteeServicePrincipal": "dynamodb.us-east-1.amazonaws.com"}, None
    ),
    later(
        "CreateGrant",
        "both constraints",
        {"Constraints": {"EncryptionContextEquals": {"a": "b"}, "EncryptionContextSubset": {}}},
        "More than one constraint supplied",
    ),
    later(
        "CreateGrant",
        "a context for a key that takes none",
        {"KeyId": "<mac>", "Operations": ["GenerateMac"], "Constraints": {"EncryptionContextEquals": {"a": "b"}}},
        None,
    ),
    *[
        later(
            "CreateGrant",
            f"{member} is nobody's",
            {member: "somebody"},
            "ARN does not refer to a valid principal: somebody",
            "InvalidArnException",
        )
        for member in ("GranteePrincipal", "RetiringPrincipal")
    ],
    later(
        "ListGrants", "both kinds of grantee", {"GranteePrincipal": GRANTEE, "GranteeServicePrincipal": "a.b.c"}, None
    ),
    # Key policies
    later(
        "PutKeyPolicy",
        "the policy of AWS RAM",
        {"PolicyName": "AWS_RAM"},
        "The AWS_RAM policy can only be managed by the RAM service",
    ),
    later("PutKeyPolicy", "another name than default", {"PolicyName": "other"}, None, "NotFoundException"),
    later("PutKeyPolicy", "no policy", {"Policy": "allow"}, "", "MalformedPolicyDocumentException"),
    # Imported key material
    later("GetParametersForImport", "what AWS gave up", {"WrappingAlgorithm": "RSAES_PKCS1_V1_5"}, None, UNSUPPORTED),
    later("GetParametersForImport", "SM2 outside China", {"WrappingKeySpec": "SM2"}, None, UNSUPPORTED),
    later("ImportKeyMaterial", "a date for good", {"ValidTo": "<tomorrow>"}, None),
    later("ImportKeyMaterial", "a date that has passed", {"ExpirationModel": ABSENT, "ValidTo": "<yesterday>"}, None),
    later("ImportKeyMaterial", "new, with an id", {"ImportType": "NEW_KEY_MATERIAL", "KeyMaterialId": HEX}, None),
    later("ImportKeyMaterial", "no token", {}, None, "InvalidImportTokenException"),
    later("ImportKeyMaterial", "wrong size", {"ImportToken": "<token>"}, "Invalid encrypted key size."),
    later(
        "ImportKeyMaterial",
        "wrapped for nobody",
        {"ImportToken": "<token>", "EncryptedKeyMaterial": b"m" * 256},
        "",
        "InvalidCiphertextException",
    ),
    later("DeleteImportedKeyMaterial", "unknown material", {"KeyMaterialId": HEX}, None, "NotFoundException"),
    # Multi-Region keys
    later(
        "ReplicateKey",
        "beside the primary",
        {"ReplicaRegion": "us-east-1"},
        "us-east-1 cannot have a replica because it contains the primary.",
        UNSUPPORTED,
        guess=True,
    ),
    later(
        "ReplicateKey",
        "to another partition",
        {"ReplicaRegion": "cn-north-1"},
        "The replica key Region must be in the same AWS partition as the primary key Region.",
        UNSUPPORTED,
        guess=True,
    ),
    later("ReplicateKey", "to nowhere", {"ReplicaRegion": "eu-nowhere-1"}, None, UNSUPPORTED),
    later(
        "ReplicateKey",
        "once more",
        {"KeyId": "<replicated>", "ReplicaRegion": "us-west-2"},
        None,
        "AlreadyExistsException",
    ),
    later("ReplicateKey", "a single-Region key", {"KeyId": "<sym>"}, "<sym> is not a multi-region key.", UNSUPPORTED),
    later(
        "UpdatePrimaryRegion",
        "a single-Region key",
        {"KeyId": "<sym>"},
        "<sym> is not a multi-region key.",
        UNSUPPORTED,
    ),
    later("UpdatePrimaryRegion", "to where there is no replica", {}, None, "NotFoundException"),
    later("UpdatePrimaryRegion", "to where it is", {"PrimaryRegion": "us-east-1"}, None, UNSUPPORTED),
    # Custom key stores
    later(
        "DescribeCustomKeyStores", "both id and name", {"CustomKeyStoreId": NO_STORE, "CustomKeyStoreName": "s"}, None
    ),
    *[
        later(operation, "unknown key store", {"CustomKeyStoreId": NO_STORE}, None, "CustomKeyStoreNotFoundException")
        for operation in (
            "ConnectCustomKeyStore",
            "DeleteCustomKeyStore",
            "DescribeCustomKeyStores",
            "DisconnectCustomKeyStore",
            "UpdateCustomKeyStore",
        )
    ],
    later(
        "CreateCustomKeyStore",
        "unknown cluster",
        {
            "CloudHsmClusterId": "cluster-22222222222",
            "TrustAnchorCertificate": "certificate",
            "KeyStorePassword": "password",
        },
        None,
        "CloudHsmClusterNotFoundException",
    ),
    later(
        "CreateCustomKeyStore",
        "a cluster's member for a proxy",
        {"CustomKeyStoreType": "EXTERNAL_KEY_STORE", "KeyStorePassword": "password"},
        None,
    ),
    *[
        later("CreateKey", f"origin {origin} without a key store", {"Origin": origin}, None)
        for origin in ("AWS_CLOUDHSM", "EXTERNAL_KEY_STORE")
    ],
    later("CreateKey", "a key store with the origin AWS_KMS", {"CustomKeyStoreId": NO_STORE}, None),
    later("CreateKey", "an external key with the origin AWS_KMS", {"XksKeyId": "key"}, None),
    later(
        "CreateKey",
        "ML-DSA with imported key material",
        {"Origin": "EXTERNAL", "KeySpec": "ML_DSA_44", "KeyUsage": "SIGN_VERIFY"},
        "KeySpec ML_DSA_44 is not supported for Origin EXTERNAL",
    ),
    # Key agreement and encapsulation
    later("DeriveSharedSecret", "no public key", {}, ""),
    later("Decapsulate", "wrong length", {}, "", "InvalidCiphertextException"),
]

#: The operations that a wrong key, and a wrong way to name one, is tried with: those of these that name a key.
LATER_WITH_KEY = (
    "CreateGrant",
    "DeleteImportedKeyMaterial",
    "DisableKeyRotation",
    "EnableKeyRotation",
    "GetKeyLastUsage",
    "GetKeyRotationStatus",
    "GetParametersForImport",
    "ImportKeyMaterial",
    "ListGrants",
    "ListKeyRotations",
    "PutKeyPolicy",
    "ReplicateKey",
    "RevokeGrant",
    "RotateKeyOnDemand",
    "UpdatePrimaryRegion",
)

LATER_REFERENCES = [
    *[
        later(operation, form, {"KeyId": ref}, NO_ALIASES, "InvalidArnException")
        for operation in LATER_WITH_KEY
        for form, ref in (("alias name", "alias/app"), ("alias ARN", f"{ARN}:alias/app"))
    ],
    *[
        later(operation, "unknown key id", {"KeyId": UNKNOWN}, f"Key '{ARN}:key/{UNKNOWN}' does not exist", NOT_FOUND)
        for operation in (*LATER_WITH_KEY, "Decapsulate", "DeriveSharedSecret", "Encapsulate")
    ],
    later(
        "RetireGrant",
        "alias name",
        {"KeyId": "alias/app", "GrantId": NO_GRANT},
        NO_ALIASES,
        "InvalidArnException",
        guess=True,
    ),
    later("RetireGrant", "unknown grant id", {"KeyId": "<sym>", "GrantId": NO_GRANT}, None, NOT_FOUND),
    later("RetireGrant", "unknown grant token", {"GrantToken": "token"}, None, "InvalidGrantTokenException"),
    later("RevokeGrant", "unknown grant id", {}, None, NOT_FOUND),
    *[
        later(operation, "what is no grant id", {"KeyId": "<sym>", "GrantId": "grant"}, None, "InvalidGrantIdException")
        for operation in ("ListGrants", "RetireGrant", "RevokeGrant")
    ],
    later(
        "ListRetirableGrants",
        "what is no principal",
        {"RetiringPrincipal": "somebody"},
        "ARN does not refer to a valid principal: somebody",
        "InvalidArnException",
        guess=True,
    ),
    *[
        later(operation, "a made up marker", {"Marker": "x"}, None, "InvalidMarkerException")
        for operation in ("DescribeCustomKeyStores", "ListGrants", "ListKeyRotations", "ListRetirableGrants")
    ],
]

LATER_KEYS = [
    *[
        later(operation, f"{kind} key", {"KeyId": f"<{kind}>"}, "", UNSUPPORTED)
        for operation in ("EnableKeyRotation", "RotateKeyOnDemand")
        for kind in ("mac", "ecc", "rsa")
    ],
    *[
        later(operation, "key material of KMS's own", {"KeyId": "<sym>"}, origin_text("sym", "AWS_KMS"), UNSUPPORTED)
        for operation in ("DeleteImportedKeyMaterial", "GetParametersForImport", "ImportKeyMaterial")
    ],
    later(
        "ImportKeyMaterial",
        "key material of KMS's own, before the state",
        {"KeyId": "<sym_pending>"},
        origin_text("sym_pending", "AWS_KMS"),
        UNSUPPORTED,
    ),
    *[
        later(
            operation,
            "imported key material",
            {"KeyId": "<external>"},
            origin_text("external", "EXTERNAL"),
            UNSUPPORTED,
        )
        for operation in ("DisableKeyRotation", "EnableKeyRotation")
    ],
    later("RotateKeyOnDemand", "no key material yet", {"KeyId": "<external>"}, "<external> is pending import.", STATE),
    *[
        wrong_usage(kind, xform_name(operation), key, usage, operation, BESIDES[xform_name(operation)])
        for operation in ("Decapsulate", "DeriveSharedSecret", "Encapsulate")
        for kind, key, usage in (
            ("symmetric", "sym", "ENCRYPT_DECRYPT"),
            ("signing key", "ecc", "SIGN_VERIFY"),
            ("HMAC", "mac", "GENERATE_VERIFY_MAC"),
        )
    ],
    *[
        later(operation, "disabled", {"KeyId": "<sym_disabled>"}, "<sym_disabled> is disabled.", "DisabledException")
        for operation in ("CreateGrant", "DisableKeyRotation", "EnableKeyRotation", "RotateKeyOnDemand")
    ],
    *[
        later(operation, "pending deletion", {"KeyId": "<sym_pending>"}, "<sym_pending> is pending deletion.", STATE)
        for operation in ("CreateGrant", "DisableKeyRotation", "EnableKeyRotation", "RotateKeyOnDemand")
    ],
]

TABLE += [
    *LATER_MISSING,
    *LATER_TOO_LONG_OR_SHORT,
    *LATER_WRONG_VALUES,
    *LATER_REFERENCES,
    *LATER_KEYS,
]


@pytest.fixture(scope="module")
def given(unchecked: Any, refusals_of: Any) -> Iterator[Any]:
    """Keys of every kind and state, and ciphertexts of them; no row changes any of it."""
    with Lab(seed=3) as lab:
        yield make_world(lab, unchecked(lab), refusals_of(lab))


def make_world(lab: Lab, kms: Any, refuses: Any) -> Any:
    def key(spec: str = "SYMMETRIC_DEFAULT", usage: str = "ENCRYPT_DECRYPT", client: Any = kms, **more: Any) -> str:
        return str(client.create_key(KeySpec=spec, KeyUsage=usage, **more)["KeyMetadata"]["Arn"])

    west = lab.client("kms", region_name="us-west-2")
    g = SimpleNamespace(lab=lab, kms=kms, refuses=refuses)
    deleted = key()
    g.blob_deleted = kms.encrypt(KeyId=deleted, Plaintext=b"x")["CiphertextBlob"]
    kms.schedule_key_deletion(KeyId=deleted, PendingWindowInDays=7)
    lab.clock.advance(days=7)
    for suffix in ("", "_disabled", "_pending"):
        setattr(g, f"sym{suffix}", key())
        setattr(g, f"rsa{suffix}", key("RSA_2048", "SIGN_VERIFY"))
        setattr(g, f"rsa_enc{suffix}", key("RSA_2048"))
        setattr(g, f"mac{suffix}", key("HMAC_256", "GENERATE_VERIFY_MAC"))
        blob = kms.encrypt(KeyId=getattr(g, f"sym{suffix}"), Plaintext=b"x")["CiphertextBlob"]
        setattr(g, f"blob{suffix}", blob)
        for name in ("sym", "rsa", "rsa_enc", "mac"):
            if suffix == "_disabled":
                kms.disable_key(KeyId=getattr(g, name + suffix))
            elif suffix == "_pending":
                kms.schedule_key_deletion(KeyId=getattr(g, name + suffix))
    g.rsa_blob = kms.encrypt(KeyId=g.rsa_enc, Plaintext=b"x", EncryptionAlgorithm=OAEP)["CiphertextBlob"]
    g.other_sym = key()
    g.ecc = key("ECC_NIST_P256", "SIGN_VERIFY")
    g.west = key(client=west)
    g.blob_west = west.encrypt(KeyId=g.west, Plaintext=b"x")["CiphertextBlob"]
    g.foreign = key(client=lab.account(OTHER).client("kms"))
    g.tagged = key(Tags=[{"TagKey": str(number), "TagValue": "v"} for number in range(50)])
    g.named = key()
    for number in range(50):
        kms.create_alias(AliasName=f"alias/named-{number}", TargetKeyId=g.named)
    kms.create_alias(AliasName="alias/app", TargetKeyId=g.sym)
    g.kem = key("ML_KEM_512", "ENCAPSULATE_DECAPSULATE")
    g.agreement = key("ECC_NIST_P256", "KEY_AGREEMENT")
    g.multi = key(MultiRegion=True)
    g.replicated = key(MultiRegion=True)
    kms.replicate_key(KeyId=g.replicated, ReplicaRegion="us-west-2")
    g.external = key(Origin="EXTERNAL")
    g.token = kms.get_parameters_for_import(KeyId=g.external, **IMPORT)["ImportToken"]
    now = lab.clock.now().replace(microsecond=0)
    g.yesterday, g.tomorrow = now - timedelta(days=1), now + timedelta(days=1)
    g.default_policy = kms.get_key_policy(KeyId=g.sym)["Policy"]
    g.markers = {
        "list_keys": kms.list_keys(Limit=1)["NextMarker"],
        "list_aliases": kms.list_aliases(Limit=1)["NextMarker"],
        "list_resource_tags": kms.list_resource_tags(KeyId=g.tagged, Limit=1)["NextMarker"],
    }
    return g


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.id)
def test_bad_input(given: Any, row: Row) -> None:
    text = row.text and re.sub(r"<(\w+)>", lambda name: str(getattr(given, name[1])), row.text)
    params = row.params(given)
    with given.refuses(row.code, text):
        getattr(given.kms, row.method)(**params)


def test_the_table_is_long_and_names_each_case_once() -> None:
    assert len(TABLE) >= 480
    assert len({row.id for row in TABLE}) == len(TABLE)
