"""The price list of AWS KMS, as a table.

Source: aws.amazon.com/kms/pricing and AWS price list quotes, figures of 2026 for us-east-1, in US dollars before tax.
Simplified: the same prices in every Region; those of China and GovCloud are not known here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from kmslab.call import Call
from kmslab.keys.specs import KEY_SPECS, Family
from kmslab.principals import PrincipalType
from kmslab.tables import Table

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

#: All rows for requests.
PRICE_ROWS = (
    SYMMETRIC_AND_MANAGEMENT,
    RSA_2048,
    OTHER_ASYMMETRIC,
    ECC_DATA_KEY_PAIRS,
    RSA_DATA_KEY_PAIRS,
    OF_CLOUDTRAIL,
)

#: The rows of the services whose own requests are not priced by the operation.
_OF_SERVICE = {"cloudtrail": OF_CLOUDTRAIL}

#: What `service_of` says of a request that nobody but its caller made.
DIRECT = "direct"


def service_of(call: Call) -> str:
    """The service that made a call, such as `s3`, or `direct`.

    It is the one that asked KMS in the caller's name, unless the caller is a service itself: log files that CloudTrail
    stores in S3 are CloudTrail's.
    """
    if not call.invoked_by:
        return DIRECT
    caller = call.principal
    name = call.invoked_by if caller is None or caller.type is not PrincipalType.SERVICE else caller.arn
    return name.removeprefix("fas.").removesuffix(".amazonaws.com")


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


class Price(NamedTuple):
    """One row of the price list, for people.

    Attributes:
        item: What is charged.
        unit: For how much of it.
        usd: US dollars before tax.
        free: How much costs nothing.
        regions: Where the price holds, as far as it was seen.
        seen: When it was seen.
        source: Where.
        is_billed: Whether a Lab's bill has it.
    """

    item: str
    unit: str
    usd: Decimal
    free: str
    regions: str
    seen: str
    source: str
    is_billed: bool = True


_KMS_REGIONS, _KMS_SEEN, _KMS_SOURCE = "commercial Regions", "2026-10", "aws.amazon.com/kms/pricing"
#: AWS's price list has other figures for some Regions, such as 0.0053 for eu-west-3.
_S3_REGIONS, _S3_SEEN, _S3_SOURCE = "us-east-1", "2026-07", "AWS price list, AmazonS3 (S3 Standard)"


def _of_kms(item: str, unit: str, usd: Decimal, free: str = "") -> Price:
    return Price(item, unit, usd, free, _KMS_REGIONS, _KMS_SEEN, _KMS_SOURCE)


def _requests(row: RequestPrice) -> Price:
    return _of_kms(row.name, "10,000", row.per_10000, f"{FREE_REQUESTS:,} a month" if row.free_tier else "")


def _of_s3(item: str, unit: str, usd: str) -> Price:
    return Price(item, unit, Decimal(usd), "", _S3_REGIONS, _S3_SEEN, _S3_SOURCE, is_billed=False)


#: All prices that are known here. Simplified: a Lab does not charge for what S3 does itself, only for what it asks of
#: KMS; its prices are here to be compared.
PRICES: tuple[Price, ...] = (
    _of_kms("Customer managed key, or replica", "key-month", KEY_MONTH),
    _of_kms("First and second rotation of a key, each", "key-month", KEY_MONTH),
    *(_requests(row) for row in PRICE_ROWS if row is not OF_CLOUDTRAIL),
    _requests(OF_CLOUDTRAIL)._replace(seen="2023", source="AWS KMS Developer Guide"),
    _of_s3("S3 PUT, COPY, POST and LIST requests", "1,000", "0.005"),
    _of_s3("S3 GET and all other requests", "10,000", "0.004"),
    _of_s3("S3 DELETE requests", "10,000", "0.00"),
)


def table() -> Table:
    """The price list, with dates and sources."""
    rows = [
        (
            price.item,
            price.unit,
            str(price.usd),
            price.free,
            price.regions,
            price.seen,
            price.source,
            "yes" if price.is_billed else "no",
        )
        for price in PRICES
    ]
    columns = ("Item", "Per", "USD", "Free", "Regions", "Seen", "Source", "On the bill")
    return Table("Prices in US dollars before tax", columns, rows, frozenset({"USD"}))
