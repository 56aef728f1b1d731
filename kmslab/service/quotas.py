"""AWS's request quotas, as a table, and the count of what is used of them.

Source: KMS Developer Guide, "Request quotas", default values of 2026, and "Throttling AWS KMS requests". A quota holds
for one account in one Region and "in each one-second interval"; once it is used up, "all subsequent requests in that
second" are refused. So requests are counted by the second and not let through drop by drop, and the seconds are those
of the Lab's clock: the same calls at the same times are refused every time.

Simplified: AWS does not say where its intervals begin, nor whether it lets short bursts pass; here they begin with each
full second and nothing passes. A refused request uses up nothing. What AWS calls a hot key, one key whose state is
changed over and over, is not throttled by itself: the guide gives no figure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from kmslab.keys.specs import SYMMETRIC_DEFAULT


@dataclass(frozen=True, slots=True, eq=False)
class Quota:
    """One row of the table. Rows are told apart by identity: there is one of each.

    Attributes:
        name: AWS's name of the quota.
        rate: Requests per second; a rate of 0.1 is one request in every ten seconds.
        operations: The operations that share it.
        specs: The key specs, or specs of the data key pair, for which they share it; empty where that does not matter.
        regions: The rate in the Regions that have another one.
    """

    name: str
    rate: float
    operations: tuple[str, ...]
    specs: tuple[str, ...] = ()
    regions: Mapping[str, float] = field(default_factory=dict)

    def limit(self, region: str) -> tuple[int, int]:
        """How many requests a Region takes, and in how many seconds."""
        rate = self.regions.get(region, self.rate)
        return (int(rate), 1) if rate >= 1 else (1, round(1 / rate))


_SYMMETRIC = (SYMMETRIC_DEFAULT, "HMAC_224", "HMAC_256", "HMAC_384", "HMAC_512")
_RSA = ("RSA_2048", "RSA_3072", "RSA_4096")
_ECC = ("ECC_NIST_P256", "ECC_NIST_P384", "ECC_NIST_P521", "ECC_SECG_P256K1", "ECC_NIST_EDWARDS25519")
_ML_DSA = ("ML_DSA_44", "ML_DSA_65", "ML_DSA_87")
_ML_KEM = ("ML_KEM_512", "ML_KEM_768", "ML_KEM_1024")

_LARGE = ("us-east-1", "us-west-2", "eu-west-1")
_MEDIUM = ("us-east-2", "ap-southeast-1", "ap-southeast-2", "ap-northeast-1", "eu-central-1", "eu-west-2")
_CHINA = ("cn-north-1", "cn-northwest-1")


def _pair(spec: str, rate: float, in_china: float | None = None) -> Quota:
    operations = ("GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext")
    regions = {} if in_china is None else dict.fromkeys(_CHINA, in_china)
    return Quota(f"GenerateDataKeyPair ({spec}) request rate", rate, operations, (spec,), regions)


def _of(operation: str, rate: float) -> Quota:
    return Quota(f"{operation} request rate", rate, (operation,))


#: The table, in AWS's order.
REQUEST_QUOTAS: tuple[Quota, ...] = (
    Quota(
        "Cryptographic operations (symmetric) request rate",
        10_000,
        (
            "Decrypt",
            "Encrypt",
            "GenerateDataKey",
            "GenerateDataKeyWithoutPlaintext",
            "GenerateMac",
            "GenerateRandom",
            "ReEncrypt",
            "VerifyMac",
        ),
        _SYMMETRIC,
        dict.fromkeys(_LARGE, 100_000) | dict.fromkeys(_MEDIUM, 20_000),
    ),
    Quota(
        "Cryptographic operations (RSA) request rate",
        1_000,
        ("Decrypt", "Encrypt", "ReEncrypt", "Sign", "Verify"),
        _RSA,
    ),
    Quota("Cryptographic operations (ML-DSA) request rate", 1_000, ("Sign", "Verify"), _ML_DSA),
    Quota(
        "Cryptographic operations (ECC and SM2) request rate",
        1_000,
        ("Decrypt", "DeriveSharedSecret", "Encrypt", "ReEncrypt", "Sign", "Verify"),
        (*_ECC, "SM2"),
    ),
    # Simplified: AWS's page has no row for ML-KEM; the name and the figure are made after the one for ML-DSA.
    Quota("Cryptographic operations (ML-KEM) request rate", 1_000, ("Decapsulate", "Encapsulate"), _ML_KEM),
    _of("CancelKeyDeletion", 5),
    _of("ConnectCustomKeyStore", 5),
    _of("CreateAlias", 5),
    _of("CreateCustomKeyStore", 5),
    _of("CreateGrant", 50),
    _of("CreateKey", 5),
    _of("DeleteAlias", 15),
    _of("DeleteCustomKeyStore", 5),
    _of("DeleteImportedKeyMaterial", 15),
    _of("DescribeCustomKeyStores", 5),
    _of("DescribeKey", 2_000),
    _of("DisableKey", 5),
    _of("DisableKeyRotation", 5),
    _of("DisconnectCustomKeyStore", 5),
    _of("EnableKey", 5),
    _of("EnableKeyRotation", 15),
    *(_pair(spec, 100) for spec in _ECC),
    _pair("RSA_2048", 20, in_china=1),
    _pair("RSA_3072", 4, in_china=0.5),
    _pair("RSA_4096", 1, in_china=0.1),
    _pair("SM2", 25),
    # Simplified: AWS's page has no row for these either; the figure is the one for elliptic curves.
    *(_pair(spec, 100) for spec in _ML_KEM),
    _of("GetKeyLastUsage", 5),
    _of("GetKeyPolicy", 1_000),
    _of("GetKeyRotationStatus", 1_000),
    _of("GetParametersForImport", 1),
    _of("GetPublicKey", 2_000),
    _of("ImportKeyMaterial", 15),
    _of("ListAliases", 500),
    _of("ListGrants", 100),
    _of("ListKeyPolicies", 100),
    _of("ListKeyRotations", 100),
    _of("ListKeys", 500),
    _of("ListResourceTags", 2_000),
    _of("ListRetirableGrants", 100),
    _of("PutKeyPolicy", 15),
    _of("ReplicateKey", 5),
    _of("RetireGrant", 50),
    _of("RevokeGrant", 50),
    _of("RotateKeyOnDemand", 5),
    _of("ScheduleKeyDeletion", 15),
    _of("TagResource", 10),
    _of("UntagResource", 5),
    _of("UpdateAlias", 5),
    _of("UpdateCustomKeyStore", 5),
    _of("UpdateKeyDescription", 5),
    _of("UpdatePrimaryRegion", 5),
)

#: What each custom key store takes, from all accounts together, on top of the quota of the account.
CUSTOM_KEY_STORE = Quota(
    "Custom key store request quota",
    1_800,
    (
        "Decrypt",
        "DeriveSharedSecret",
        "Encrypt",
        "GenerateDataKey",
        "GenerateDataKeyWithoutPlaintext",
        "GenerateRandom",
        "ReEncrypt",
    ),
)

#: What an operation costs in a second Region: the member that names the Region, the operation it counts as there, and
#: as how many requests. One of the two CreateKey is AWS's own dry run.
_ELSEWHERE: dict[str, tuple[str, str, int]] = {
    "ReplicateKey": ("ReplicaRegion", "CreateKey", 2),
    "UpdatePrimaryRegion": ("PrimaryRegion", "UpdatePrimaryRegion", 1),
}

_ROWS: dict[str, tuple[Quota, ...]] = {
    operation: tuple(row for row in REQUEST_QUOTAS if operation in row.operations)
    for operation in sorted({name for row in REQUEST_QUOTAS for name in row.operations})
}


class Charge(NamedTuple):
    """What a request uses up of one quota.

    Attributes:
        quota: The quota.
        region: The Region in which it counts.
        requests: As how many requests it counts.
        key_store: The custom key store whose quota it is; None where it is the account's.
    """

    quota: Quota
    region: str
    requests: int = 1
    key_store: str | None = None


def charges(
    operation: str,
    region: str,
    *,
    specs: Sequence[str] = (),
    key_stores: Sequence[str] = (),
    params: Mapping[str, Any] | None = None,
) -> list[Charge]:
    """What a request uses up.

    Nothing, where a type of key does not have the operation: the table has no row for it.

    Args:
        operation: Its operation.
        region: The Region that is called.
        specs: The key specs of the keys it names. Keys of two types count for both types, two keys of one type once.
        key_stores: The custom key stores that these keys live in.
        params: Its members.
    """
    members = params or {}
    pair_spec = members.get("KeyPairSpec")
    # GenerateRandom, the one cryptographic operation without a key, counts as symmetric.
    types = [pair_spec] if pair_spec else specs or [SYMMETRIC_DEFAULT]
    rows = [row for row in _ROWS[operation] if not row.specs or any(spec in row.specs for spec in types)]
    found = [Charge(row, region) for row in rows]
    if operation in _ELSEWHERE:
        member, counts_as, requests = _ELSEWHERE[operation]
        found += [Charge(row, str(members[member]), requests) for row in _ROWS[counts_as]]
    if operation in CUSTOM_KEY_STORE.operations:
        stores = dict.fromkeys([*key_stores, members.get("CustomKeyStoreId")])
        found += [Charge(CUSTOM_KEY_STORE, region, key_store=store) for store in stores if store]
    return found


class Quotas:
    """What the accounts of one Lab have used of their quotas in the present second."""

    def __init__(self) -> None:
        """Begin with nothing used."""
        # (account or custom key store, Region, name of the quota) -> (which interval, requests in it)
        self._used: dict[tuple[str, str, str], tuple[int, int]] = {}

    def admit(self, account_id: str, wanted: Iterable[Charge], now: datetime) -> bool:
        """Use up what a request needs, all of it or nothing.

        Args:
            account_id: The account of the caller, whosever the keys are.
            wanted: What the request uses up.
            now: The simulated time, in UTC.

        Returns:
            Whether all quotas allow it.
        """
        used: dict[tuple[str, str, str], tuple[int, int]] = {}
        for charge in wanted:
            allowed, seconds = charge.quota.limit(charge.region)
            interval = int(now.timestamp()) // seconds
            name = (charge.key_store or account_id, charge.region, charge.quota.name)
            when, count = used.get(name) or self._used.get(name, (interval, 0))
            count = charge.requests + (count if when == interval else 0)
            if count > allowed:
                return False
            used[name] = (interval, count)
        self._used |= used
        return True
