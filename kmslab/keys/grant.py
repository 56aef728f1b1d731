"""A grant: a permission on one KMS key, given to one principal, kept beside the key's policy.

Owns which operations and constraints a grant may have, and how grant tokens look. Does not decide what a grant allows.

Source: KMS Developer Guide, "Grants in AWS KMS"; API Reference, CreateGrant.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from kmslab.errors import InvalidGrantIdException, ValidationException
from kmslab.ids import Ids
from kmslab.keys.specs import Family, KeySpec, KeyUsage

if TYPE_CHECKING:
    from kmslab.keys.key import Key

#: Source: KMS Developer Guide, "Resource quotas".
GRANTS_PER_KEY = 50_000

#: Source: API Reference, CreateGrant, Constraints.
MOST_PAIRS, LONGEST_VALUE = 8, 384

#: Operations that have no encryption context, for which a constraint on it is left out of account.
WITHOUT_CONTEXT = frozenset({"DescribeKey", "RetireGrant", "CreateGrant", "GetPublicKey"})

_CONTEXTS = ("EncryptionContextEquals", "EncryptionContextSubset")

# The grant operations of each type of key. Source: KMS Developer Guide, "Grant operations".
_EVERY_KEY = frozenset({"CreateGrant", "DescribeKey", "RetireGrant"})
_SYMMETRIC = frozenset(
    {
        "GenerateDataKey",
        "GenerateDataKeyPair",
        "GenerateDataKeyPairWithoutPlaintext",
        "GenerateDataKeyWithoutPlaintext",
    }
)
_ASYMMETRIC = frozenset({"GetPublicKey"})
_BY_USAGE: dict[KeyUsage, frozenset[str]] = {
    KeyUsage.ENCRYPT_DECRYPT: frozenset({"Decrypt", "Encrypt", "ReEncryptFrom", "ReEncryptTo"}),
    KeyUsage.SIGN_VERIFY: frozenset({"Sign", "Verify"}),
    KeyUsage.GENERATE_VERIFY_MAC: frozenset({"GenerateMac", "VerifyMac"}),
    KeyUsage.KEY_AGREEMENT: frozenset({"DeriveSharedSecret"}),
    KeyUsage.ENCAPSULATE_DECAPSULATE: frozenset({"Decapsulate", "Encapsulate"}),
}


@dataclass(frozen=True, slots=True, eq=False)
class Grant:
    """A grant as it was created; a grant never changes.

    Attributes:
        grant_id: 64 hexadecimal digits.
        key: The key it is on.
        created: When it was created, in UTC.
        issuing_account: The account that created it.
        operations: What it allows, in AWS's words, in the order in which they were given.
        name: Its name; empty when it has none.
        grantee: The ARN of the principal it allows them to, or a service principal's name.
        grantee_is_service: Whether `grantee` is a service principal.
        retiring: The ARN of the principal that may retire it, a service principal's name, or None.
        retiring_is_service: Whether `retiring` is a service principal.
        constraints: AWS's `Constraints`; empty when there are none.
        tokens: Its grant tokens; one more is made whenever a named grant is asked for again.
    """

    grant_id: str
    key: Key
    created: datetime
    issuing_account: str
    operations: tuple[str, ...]
    name: str
    grantee: str
    grantee_is_service: bool
    retiring: str | None
    retiring_is_service: bool
    constraints: Mapping[str, Any]
    tokens: list[str] = field(default_factory=list, repr=False)

    @property
    def position(self) -> str:
        """Where it stands in a listing: oldest first. Simplified: AWS's order is not published."""
        return f"{self.created:%Y%m%d%H%M%S%f}{self.grant_id}"

    @property
    def terms(self) -> str:
        """The parameters that it came from: those that say the same have the same, in whichever order."""
        said = (
            self.issuing_account,
            sorted(self.operations),
            self.name,
            self.grantee,
            self.retiring,
            self.constraints,
        )
        return json.dumps(said, sort_keys=True)


def grant_operations(spec: KeySpec, usage: KeyUsage) -> frozenset[str]:
    """The operations that a grant on a key of this spec and usage can allow."""
    of_family = _SYMMETRIC if spec.family is Family.SYMMETRIC else frozenset()
    return _EVERY_KEY | _BY_USAGE[usage] | of_family | (_ASYMMETRIC if spec.family.is_asymmetric else frozenset())


def check_operations(key: Key, operations: Sequence[str]) -> None:
    """Compare what a grant is to allow with what the key can do.

    Raises:
        ValidationException: it is nothing, nothing but more grants, or something that the key does not have.
    """
    if not operations:
        raise ValidationException.no_grant_operations()
    if set(operations) == {"CreateGrant"}:
        raise ValidationException.only_create_grant()
    possible = grant_operations(key.spec, key.usage)
    for name in operations:
        if name not in possible:
            raise ValidationException.grant_operation(name, key.spec.name, key.usage)


def check_constraints(key: Key, constraints: Mapping[str, Any]) -> None:
    """Look at the encryption contexts that a grant is to insist on.

    Raises:
        ValidationException: there are two, the key's operations take none, or it is too large.
    """
    given = [constraints[name] for name in _CONTEXTS if name in constraints]
    if len(given) == 2:
        raise ValidationException.two_constraints()
    for context in given:
        if key.spec.family is not Family.SYMMETRIC:
            raise ValidationException.context_constraint()
        if len(context) > MOST_PAIRS:
            raise ValidationException.constraint_pairs(MOST_PAIRS)
        if any(len(value) > LONGEST_VALUE for value in context.values()):
            raise ValidationException.constraint_value(LONGEST_VALUE)


def find_grant(key: Key, grant_id: str) -> Grant | None:
    """The grant on a key with this id, or None.

    Raises:
        InvalidGrantIdException: no grant can have such an id.
    """
    # Simplified: what makes an id invalid is not published. Not its length: given 63 digits, AWS just found nothing.
    if not re.fullmatch("[0-9a-f]+", grant_id):
        raise InvalidGrantIdException
    return key.grants.get(grant_id)


def new_token(ids: Ids, grant_id: str) -> str:
    """A grant token: 491 characters of URL-safe base64 without padding, as AWS's are, and `AQpA` in front.

    Layout: version (1) | 0A 40 | 64 hexadecimal digits | 22 88 02 | 264 bytes | 2A 20 | the grant id (32). Simplified:
    the 264 bytes are a ciphertext at AWS, and mean nothing here. Source: the sample in API Reference, CreateGrant.
    """
    digits = ids.hex("grant token", 64)
    sealed = bytes.fromhex(f"0101020078{digits}" + ids.hex("grant token", 454))
    token = b"\x01\x0a\x40" + digits.encode() + b"\x22\x88\x02" + sealed + b"\x2a\x20" + bytes.fromhex(grant_id)
    return base64.urlsafe_b64encode(token).rstrip(b"=").decode("ascii")
