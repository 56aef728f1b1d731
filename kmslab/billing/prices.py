"""The price list of AWS KMS, as a table.

Source: aws.amazon.com/kms/pricing and AWS price list quotes, figures of 2026 for us-east-1, in US dollars before tax.
Simplified: the same prices in every Region; those of China and GovCloud are not known here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from kmslab.call import Call
from kmslab.keys.specs import KEY_SPECS, Family

#: One customer managed key of any kind for one month; charged by the hour.
KEY_MONTH = Decimal("1.00")

#: How many rotations of a key cost a key-month each, for as long as the key lives; the third and later ones are free.
#: Source: aws.amazon.com/kms/pricing, since 12 April 2024.
CHARGED_ROTATIONS = 2

#: Requests per account and calendar month, over all Regions together, that cost nothing.
FREE_REQUESTS = 20_000


@dataclass(frozen=True, slots=True, eq=False)
class RequestPrice:
    """One row of the price list. Rows are told apart by identity: there is one of each.

    Attributes:
        name: What the row is for.
        per_10000: US dollars for 10,000 requests.
        free_tier: Whether the monthly free requests apply.
    """

    name: str
    per_10000: Decimal
    free_tier: bool = False


SYMMETRIC_AND_MANAGEMENT = RequestPrice("Symmetric and management requests", Decimal("0.03"), free_tier=True)
RSA_2048 = RequestPrice("Requests with RSA_2048 keys", Decimal("0.03"))
OTHER_ASYMMETRIC = RequestPrice("Requests with other asymmetric keys", Decimal("0.15"))
ECC_DATA_KEY_PAIRS = RequestPrice("ECC data key pairs", Decimal("0.10"))
RSA_DATA_KEY_PAIRS = RequestPrice("RSA data key pairs", Decimal("12.00"))
#: Source: KMS Developer Guide, "How AWS CloudTrail uses AWS KMS": no charge when CloudTrail writes its log files under
#: your key. Reading them goes through S3 and is charged.
OF_CLOUDTRAIL = RequestPrice("Requests of CloudTrail for its log files", Decimal("0.00"))

#: The rows of the services whose own requests are not priced by the operation.
_OF_SERVICE = {"cloudtrail": OF_CLOUDTRAIL}

#: What `service_of` says of a request that nobody but its caller made.
DIRECT = "direct"


def service_of(call: Call) -> str:
    """The service that made a call in the caller's name, such as `s3`, or `direct`."""
    return call.invoked_by.removeprefix("fas.").removesuffix(".amazonaws.com") or DIRECT


def price_of(call: Call) -> RequestPrice:
    """The row of the price list for one request."""
    return _OF_SERVICE.get(service_of(call)) or PRICE_OF[call.operation](call)


def _management(call: Call) -> RequestPrice:
    return SYMMETRIC_AND_MANAGEMENT


def _by_key(call: Call) -> RequestPrice:
    # ReEncrypt has two keys; Simplified: the dearer one decides. A request that found no key is priced as symmetric.
    # Simplified: AWS's page names neither Ed25519, ML-DSA nor ML-KEM; they follow "all but RSA_2048".
    prices = [_of_spec(key.spec) for key in call.keys]
    return max(prices, key=lambda price: price.per_10000, default=SYMMETRIC_AND_MANAGEMENT)


def _of_spec(spec: str) -> RequestPrice:
    if not KEY_SPECS[spec].family.is_asymmetric:
        return SYMMETRIC_AND_MANAGEMENT
    return RSA_2048 if spec == "RSA_2048" else OTHER_ASYMMETRIC


def _by_pair(call: Call) -> RequestPrice:
    spec = KEY_SPECS.get(str(call.params.get("KeyPairSpec")))
    return RSA_DATA_KEY_PAIRS if spec is not None and spec.family is Family.RSA else ECC_DATA_KEY_PAIRS


#: Which row each operation is priced by.
PRICE_OF: dict[str, Callable[[Call], RequestPrice]] = {
    "CancelKeyDeletion": _management,
    "ConnectCustomKeyStore": _management,
    "CreateAlias": _management,
    "CreateCustomKeyStore": _management,
    "CreateGrant": _management,
    "CreateKey": _management,
    "Decapsulate": _by_key,
    "Decrypt": _by_key,
    "DeleteAlias": _management,
    "DeleteCustomKeyStore": _management,
    "DeleteImportedKeyMaterial": _management,
    "DeriveSharedSecret": _by_key,
    "DescribeCustomKeyStores": _management,
    "DescribeKey": _management,
    "DisableKey": _management,
    "DisableKeyRotation": _management,
    "DisconnectCustomKeyStore": _management,
    "EnableKey": _management,
    "EnableKeyRotation": _management,
    "Encapsulate": _by_key,
    "Encrypt": _by_key,
    "GenerateDataKey": _management,
    "GenerateDataKeyPair": _by_pair,
    "GenerateDataKeyPairWithoutPlaintext": _by_pair,
    "GenerateDataKeyWithoutPlaintext": _management,
    "GenerateMac": _management,
    "GenerateRandom": _management,
    "GetKeyLastUsage": _management,
    "GetKeyPolicy": _management,
    "GetKeyRotationStatus": _management,
    "GetParametersForImport": _management,
    "GetPublicKey": _by_key,
    "ImportKeyMaterial": _management,
    "ListAliases": _management,
    "ListGrants": _management,
    "ListKeyPolicies": _management,
    "ListKeyRotations": _management,
    "ListKeys": _management,
    "ListResourceTags": _management,
    "ListRetirableGrants": _management,
    "PutKeyPolicy": _management,
    "ReEncrypt": _by_key,
    "ReplicateKey": _management,
    "RetireGrant": _management,
    "RevokeGrant": _management,
    "RotateKeyOnDemand": _management,
    "ScheduleKeyDeletion": _management,
    "Sign": _by_key,
    "TagResource": _management,
    "UntagResource": _management,
    "UpdateAlias": _management,
    "UpdateCustomKeyStore": _management,
    "UpdateKeyDescription": _management,
    "UpdatePrimaryRegion": _management,
    "Verify": _by_key,
    "VerifyMac": _management,
}
