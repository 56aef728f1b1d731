"""AWS's constraint grammar, walked over the model: lengths, ranges, patterns, enums, required members.

`1 validation error detected: Value '<v>' at '<lowerCamelMember>' failed to satisfy constraint: <constraint>`. Blobs and
sensitive members leave the value out. List members are counted from 1, as `tags.1.member.tagKey`. Source: recorded
answers of KMS; several findings in one text follow the AWS-wide form.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from typing import Any

from botocore.model import Shape

# Constraints that the service has and the model lacks. Source: measured; any KeyId outside ASCII, and the empty one.
_SERVICE_PATTERNS = {"KeyIdType": (r"[\x00-\x7F]+", r"^\p{ASCII}+$")}

# The order in which AWS was seen to print an enum, where it was seen: neither the model's nor the alphabet's.
# GenerateDataKey prints the key specs of KMS keys for its own KeySpec, which takes none of them. Measured in 2026.
_KEY_SPECS = (
    "RSA_2048, RSA_3072, RSA_4096, ECC_NIST_P256, ECC_NIST_P384, ECC_NIST_P521, ECC_SECG_P256K1, "
    "ECC_NIST_EDWARDS25519, SYMMETRIC_DEFAULT, HMAC_224, HMAC_256, HMAC_384, HMAC_512, SM2, "
    "ML_DSA_44, ML_DSA_65, ML_DSA_87, ML_KEM_512, ML_KEM_768, ML_KEM_1024"
)
_PRINTED_ENUMS = {
    "DataKeySpec": _KEY_SPECS,
    "KeySpec": _KEY_SPECS,
    "EncryptionAlgorithmSpec": "RSAES_OAEP_SHA_1, RSAES_OAEP_SHA_256, SM2PKE, SYMMETRIC_DEFAULT",
    "MacAlgorithmSpec": "HMAC_SHA_384, HMAC_SHA_256, HMAC_SHA_224, HMAC_SHA_512",
    "SigningAlgorithmSpec": (
        "RSASSA_PSS_SHA_256, RSASSA_PSS_SHA_384, RSASSA_PSS_SHA_512, RSASSA_PKCS1_V1_5_SHA_256, "
        "RSASSA_PKCS1_V1_5_SHA_384, RSASSA_PKCS1_V1_5_SHA_512, ECDSA_SHA_256, ECDSA_SHA_384, ECDSA_SHA_512, "
        "ED25519_SHA_512, ED25519_PH_SHA_512, SM2DSA, ML_DSA_SHAKE_256"
    ),
}

#: A list is looked through until there are this many findings: a text about a million empty tags serves nobody.
#: Simplified: whether AWS stops, and when, is not known.
_MOST_FINDINGS = 1000

# (value, path, findings): appends what is wrong with value.
Check = Callable[[Any, str, list[str]], None]


def validator(shape: Shape | None) -> Callable[[Mapping[str, Any]], list[str]]:
    """A function from an operation's members to AWS's findings about them, empty when all is well."""
    if shape is None:
        return lambda params: []
    check = _structure(shape)

    def validate(params: Mapping[str, Any]) -> list[str]:
        findings: list[str] = []
        check(params, "", findings)
        return findings

    return validate


def _structure(shape: Shape) -> Check:
    required = frozenset(shape.required_members)
    members = {name: (name[0].lower() + name[1:], _of(member)) for name, member in shape.members.items()}
    # Members without any constraint are not visited at all.
    visited = {name: pair for name, pair in members.items() if pair[1] is not None}
    # The value of a sensitive member is not shown, not even that it is null.
    wanted = [
        (name, members[name][0], "" if member.metadata.get("sensitive") else " null")
        for name, member in shape.members.items()
        if name in required
    ]

    def check(value: Any, path: str, findings: list[str]) -> None:
        prefix = f"{path}." if path else ""
        if not required <= value.keys():
            for name, label, shown in wanted:
                if name not in value:
                    findings.append(
                        f"Value{shown} at '{prefix}{label}' failed to satisfy constraint: Member must not be null"
                    )
        for name, item in value.items():
            pair = visited.get(name)
            if pair is not None and pair[1] is not None:
                pair[1](item, prefix + pair[0], findings)

    return check


def _list(shape: Shape) -> Check:
    length = _length_check(shape, _joined)
    item = _of(shape.member)

    def check(value: Any, path: str, findings: list[str]) -> None:
        if length is not None:
            length(value, path, findings)
        if item is not None:
            for index, each in enumerate(value, 1):
                if len(findings) >= _MOST_FINDINGS:
                    break
                item(each, f"{path}.{index}.member", findings)

    return check


def _joined(value: Any) -> str:
    return f" '[{', '.join(map(str, value))}]'"


def _quoted(value: Any) -> str:
    return f" '{value}'"


def _unsaid(value: Any) -> str:
    return ""


def _length_check(shape: Shape, shown: Callable[[Any], str]) -> Check | None:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is None and high is None:
        return None

    def check(value: Any, path: str, findings: list[str]) -> None:
        if low is not None and len(value) < low:
            findings.append(
                f"Value{shown(value)} at '{path}' failed to satisfy constraint: "
                f"Member must have length greater than or equal to {low}"
            )
        if high is not None and len(value) > high:
            findings.append(
                f"Value{shown(value)} at '{path}' failed to satisfy constraint: "
                f"Member must have length less than or equal to {high}"
            )

    return check


def _range_check(shape: Shape) -> Check | None:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is None and high is None:
        return None

    def check(value: Any, path: str, findings: list[str]) -> None:
        if low is not None and value < low:
            findings.append(
                f"Value '{value}' at '{path}' failed to satisfy constraint: "
                f"Member must have value greater than or equal to {low}"
            )
        if high is not None and value > high:
            findings.append(
                f"Value '{value}' at '{path}' failed to satisfy constraint: "
                f"Member must have value less than or equal to {high}"
            )

    return check


def _pattern(shape: Shape) -> tuple[Callable[[str], object] | None, str]:
    """What matches a shape's pattern as a whole, and how AWS writes it."""
    pattern = shape.metadata.get("pattern")
    # Java and Python write the pattern of the service differently.
    expression, written = _SERVICE_PATTERNS.get(shape.name, (pattern, pattern))
    # The classes of Java's patterns are those of ASCII.
    return None if expression is None else re.compile(expression, re.ASCII).fullmatch, written


def _pattern_check(shape: Shape, shown: Callable[[Any], str]) -> Check | None:
    matches, pattern = _pattern(shape)
    if matches is None:
        return None

    def check(value: Any, path: str, findings: list[str]) -> None:
        if not matches(value):
            findings.append(
                f"Value{shown(value)} at '{path}' failed to satisfy constraint: "
                f"Member must satisfy regular expression pattern: {pattern}"
            )

    return check


def _enum_check(shape: Shape, shown: Callable[[Any], str]) -> Check | None:
    values = list(shape.metadata.get("enum", ()))
    if not values:
        return None
    known = frozenset(values)
    # Simplified: for an enum that was not seen printed, the order is the model's.
    listed = f"[{_PRINTED_ENUMS.get(shape.name, ', '.join(values))}]"

    def check(value: Any, path: str, findings: list[str]) -> None:
        if value not in known:
            findings.append(
                f"Value{shown(value)} at '{path}' failed to satisfy constraint: "
                f"Member must satisfy enum value set: {listed}"
            )

    return check


def _map(shape: Shape) -> Check | None:
    # No map of KMS constrains its keys or values; a newer model that does would be found by the contract tests.
    return _length_check(shape, _quoted)


def _of(shape: Shape) -> Check | None:
    kind = shape.type_name
    if kind == "structure":
        return _structure(shape)
    if kind == "list":
        return _list(shape)
    if kind == "map":
        return _map(shape)
    if kind == "integer":
        return _range_check(shape)
    if kind == "blob":
        return _length_check(shape, _unsaid)
    if kind == "string":
        shown = _unsaid if shape.metadata.get("sensitive") else _quoted
        return _string(shape, _length_check(shape, shown), _pattern_check(shape, shown), _enum_check(shape, shown))
    return None


def _string(shape: Shape, *checks: Check | None) -> Check | None:
    present = [check for check in checks if check is not None]
    if len(present) < 2:
        return present[0] if present else None
    low, high = shape.metadata.get("min", 0), shape.metadata.get("max", sys.maxsize)
    matches, known = _pattern(shape)[0], frozenset(shape.metadata.get("enum", ()))

    def check(value: Any, path: str, findings: list[str]) -> None:
        # Nearly every value is right, which one look at all of it shows.
        if low <= len(value) <= high and (matches is None or matches(value)) and (not known or value in known):
            return
        for each in present:
            each(value, path, findings)

    return check
