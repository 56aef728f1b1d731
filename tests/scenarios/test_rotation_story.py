"""Four stories of a key over months and years: what it costs, and what the trail tells, at every step.

Every story begins at the first moment of a month, so that its months cost what a whole month costs. Requests stay
within the free tier and cost nothing.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from kmslab import Lab


class Chronicle:
    """Reads a Lab's bill and trail, the trail always from where it was read last."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.seen = 0

    def go_to(self, date: str) -> None:
        self.lab.clock.travel_to(datetime.fromisoformat(date).replace(tzinfo=UTC))

    @property
    def dollars(self) -> str:
        """The bill so far, to the cent."""
        return f"{self.lab.bill.total.quantize(Decimal('0.01'))}"

    def month(self, name: str) -> str:
        """What one month costs, to the cent."""
        amounts = [line.amount for line in self.lab.bill.lines if line.month == name]
        return f"{sum(amounts, Decimal(0)).quantize(Decimal('0.01'))}"

    def news(self) -> list[str]:
        """The events since the last look: when, where, what, and the error if there was one."""
        events = list(self.lab.trail)[self.seen :]
        self.seen += len(events)
        return [
            " ".join((event["eventTime"], event["awsRegion"], event["eventName"], event.get("errorCode", ""))).strip()
            for event in events
        ]


@pytest.fixture
def chronicle(lab: Lab) -> Chronicle:
    """A story that begins on 1 February 2026 at midnight."""
    made = Chronicle(lab)
    made.go_to("2026-02-01")
    return made


def refused(call: Any, **params: Any) -> str:
    """The code of the error that a call is answered with."""
    with pytest.raises(ClientError) as caught:
        call(**params)
    return str(caught.value.response["Error"]["Code"])


def encrypt(kms: Any, key_id: str) -> bytes:
    return bytes(kms.encrypt(KeyId=key_id, Plaintext=b"kept for years")["CiphertextBlob"])


def material(event: dict[str, Any]) -> str:
    return str(event["additionalEventData"]["keyMaterialId"])


def test_three_years_of_rotation(lab: Lab, kms: Any, chronicle: Chronicle) -> None:
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/app", TargetKeyId=key_id)
    kms.enable_key_rotation(KeyId=key_id)
    old = encrypt(kms, "alias/app")
    assert chronicle.dollars == "0.00"
    assert chronicle.news() == [
        "2026-02-01T00:00:00Z us-east-1 CreateKey",
        "2026-02-01T00:00:00Z us-east-1 CreateAlias",
        "2026-02-01T00:00:00Z us-east-1 EnableKeyRotation",
        "2026-02-01T00:00:00Z us-east-1 Encrypt",
    ]

    chronicle.go_to("2027-02-01")  # a moment before the first rotation
    assert (chronicle.dollars, chronicle.month("2027-01"), chronicle.news()) == ("12.00", "1.00", [])

    chronicle.go_to("2027-03-01")
    assert (chronicle.dollars, chronicle.month("2027-02")) == ("14.00", "2.00")
    assert chronicle.news() == ["2027-02-01T00:00:00Z us-east-1 RotateKey"]
    encrypt(kms, "alias/app")
    assert chronicle.news() == ["2027-03-01T00:00:00Z us-east-1 Encrypt"]

    chronicle.go_to("2028-03-01")
    assert (chronicle.dollars, chronicle.month("2028-01"), chronicle.month("2028-02")) == ("39.00", "2.00", "3.00")
    assert chronicle.news() == ["2028-02-01T00:00:00Z us-east-1 RotateKey"]

    chronicle.go_to("2029-03-01")
    assert (chronicle.dollars, chronicle.month("2029-02")) == ("75.00", "3.00")
    assert chronicle.news() == ["2029-01-31T00:00:00Z us-east-1 RotateKey"]

    kms.rotate_key_on_demand(KeyId=key_id)
    lab.clock.advance(minutes=1)
    assert kms.decrypt(CiphertextBlob=old)["Plaintext"] == b"kept for years"
    assert chronicle.news() == [
        "2029-03-01T00:00:00Z us-east-1 RotateKeyOnDemand",
        "2029-03-01T00:00:00Z us-east-1 RotateKey",
        "2029-03-01T00:01:00Z us-east-1 Decrypt",
    ]
    chronicle.go_to("2029-04-01")
    assert (chronicle.dollars, chronicle.month("2029-03")) == ("78.00", "3.00")

    rotations = [event["serviceEventDetails"] for event in lab.trail.events("RotateKey")]
    assert [each["rotationType"] for each in rotations] == ["AUTOMATIC", "AUTOMATIC", "AUTOMATIC", "ON_DEMAND"]
    for earlier, later in pairwise(rotations):
        assert earlier["currentKeyMaterialId"] == later["previousKeyMaterialId"]
    first, second = (material(event) for event in lab.trail.events("Encrypt"))
    assert first == rotations[0]["previousKeyMaterialId"] == material(lab.trail.events("Decrypt")[0])
    assert second == rotations[0]["currentKeyMaterialId"]


def bring(kms: Any, key_id: str, plain: bytes, **options: Any) -> None:
    """Import key material as AWS's guide does it."""
    parameters = kms.get_parameters_for_import(
        KeyId=key_id, WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_2048"
    )
    wrapping_key = serialization.load_der_public_key(parameters["PublicKey"])
    assert isinstance(wrapping_key, RSAPublicKey)
    wrapped = wrapping_key.encrypt(plain, padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None))
    kms.import_key_material(
        KeyId=key_id, ImportToken=parameters["ImportToken"], EncryptedKeyMaterial=wrapped, **options
    )


def test_imported_key_material_expires_and_comes_back(lab: Lab, kms: Any, chronicle: Chronicle) -> None:
    safe = os.urandom(32)
    key_id = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
    assert refused(kms.encrypt, KeyId=key_id, Plaintext=b"x") == "KMSInvalidStateException"
    bring(kms, key_id, safe, ValidTo=datetime(2026, 4, 1, tzinfo=UTC))
    blob = encrypt(kms, key_id)
    assert chronicle.news() == [
        "2026-02-01T00:00:00Z us-east-1 CreateKey",
        "2026-02-01T00:00:00Z us-east-1 Encrypt KMSInvalidStateException",
        "2026-02-01T00:00:00Z us-east-1 GetParametersForImport",
        "2026-02-01T00:00:00Z us-east-1 ImportKeyMaterial",
        "2026-02-01T00:00:00Z us-east-1 Encrypt",
    ]

    chronicle.go_to("2026-03-31 23:59:59")
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"kept for years"
    chronicle.go_to("2026-04-01")
    assert chronicle.dollars == "2.00"
    assert refused(kms.decrypt, CiphertextBlob=blob) == "KMSInvalidStateException"
    assert chronicle.news() == [
        "2026-03-31T23:59:59Z us-east-1 Decrypt",
        "2026-04-01T00:00:00Z us-east-1 DeleteExpiredKeyMaterial",
        "2026-04-01T00:00:00Z us-east-1 Decrypt KMSInvalidStateException",
    ]

    chronicle.go_to("2026-05-01")
    # A key without its material costs as much as any other.
    assert (chronicle.dollars, chronicle.month("2026-04")) == ("3.00", "1.00")
    with pytest.raises(kms.exceptions.IncorrectKeyMaterialException):
        bring(kms, key_id, os.urandom(32), ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE")
    bring(kms, key_id, safe, ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE")
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"kept for years"
    assert chronicle.news() == [
        "2026-05-01T00:00:00Z us-east-1 GetParametersForImport",
        "2026-05-01T00:00:00Z us-east-1 ImportKeyMaterial IncorrectKeyMaterialException",
        "2026-05-01T00:00:00Z us-east-1 GetParametersForImport",
        "2026-05-01T00:00:00Z us-east-1 ImportKeyMaterial",
        "2026-05-01T00:00:00Z us-east-1 Decrypt",
    ]

    chronicle.go_to("2027-05-01")
    assert (chronicle.dollars, chronicle.news()) == ("15.00", [])
    assert {material(event) for event in lab.trail.events(key=key_id) if "additionalEventData" in event} == {
        material(lab.trail.events("Encrypt")[-1])
    }


def test_one_key_is_rescued_and_one_is_lost(lab: Lab, kms: Any, chronicle: Chronicle) -> None:
    kept, lost = (kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(2))
    of_kept, of_lost = encrypt(kms, kept), encrypt(kms, lost)
    chronicle.news()
    chronicle.go_to("2026-03-01")
    assert chronicle.dollars == "2.00"
    kms.disable_key(KeyId=kept)
    assert refused(kms.decrypt, CiphertextBlob=of_kept) == "DisabledException"
    assert chronicle.news() == [
        "2026-03-01T00:00:00Z us-east-1 DisableKey",
        "2026-03-01T00:00:00Z us-east-1 Decrypt DisabledException",
    ]

    chronicle.go_to("2026-05-01")
    # A disabled key is charged.
    assert (chronicle.dollars, chronicle.month("2026-04")) == ("6.00", "2.00")
    kms.schedule_key_deletion(KeyId=kept)
    kms.schedule_key_deletion(KeyId=lost, PendingWindowInDays=7)
    chronicle.go_to("2026-05-16 12:00")
    # Nothing while they wait, but for the hour that had begun.
    assert (chronicle.dollars, sum(lab.bill.usage.key_hours.values())) == ("6.00", 2 * (28 + 31 + 30) * 24 + 2)
    assert refused(kms.decrypt, CiphertextBlob=of_kept) == "KMSInvalidStateException"
    assert refused(kms.decrypt, CiphertextBlob=of_lost) == "AccessDeniedException"
    assert chronicle.news() == [
        "2026-05-01T00:00:00Z us-east-1 ScheduleKeyDeletion",
        "2026-05-01T00:00:00Z us-east-1 ScheduleKeyDeletion",
        "2026-05-08T00:00:00Z us-east-1 DeleteKey",
        "2026-05-16T12:00:00Z us-east-1 Decrypt KMSInvalidStateException",
        "2026-05-16T12:00:00Z us-east-1 Decrypt AccessDenied",
    ]
    assert lab.trail.events("DeleteKey")[0]["resources"][0]["ARN"].endswith(lost)

    kms.cancel_key_deletion(KeyId=kept)
    # Half of May, as though the deletion had never been scheduled.
    assert (chronicle.dollars, chronicle.month("2026-05")) == ("6.50", "0.50")
    assert refused(kms.decrypt, CiphertextBlob=of_kept) == "DisabledException"
    kms.enable_key(KeyId=kept)
    assert kms.decrypt(CiphertextBlob=of_kept)["Plaintext"] == b"kept for years"
    assert chronicle.news() == [
        "2026-05-16T12:00:00Z us-east-1 CancelKeyDeletion",
        "2026-05-16T12:00:00Z us-east-1 Decrypt DisabledException",
        "2026-05-16T12:00:00Z us-east-1 EnableKey",
        "2026-05-16T12:00:00Z us-east-1 Decrypt",
    ]

    chronicle.go_to("2026-07-01")
    assert (chronicle.dollars, chronicle.month("2026-06"), chronicle.news()) == ("8.00", "1.00", [])
    assert kms.get_key_last_usage(KeyId=kept)["KeyLastUsage"]["Operation"] == "Decrypt"
    assert refused(kms.describe_key, KeyId=lost) == "NotFoundException"


def test_one_region_fails_and_another_goes_on(lab: Lab, kms: Any, chronicle: Chronicle) -> None:
    ireland = lab.client("kms", region_name="eu-west-1")
    key_id = kms.create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
    blob = encrypt(kms, key_id)
    assert refused(ireland.decrypt, CiphertextBlob=blob) == "AccessDeniedException"
    kms.replicate_key(KeyId=key_id, ReplicaRegion="eu-west-1")
    assert refused(ireland.decrypt, CiphertextBlob=blob) == "KMSInvalidStateException"  # still Creating
    lab.clock.advance(minutes=1)
    assert ireland.decrypt(CiphertextBlob=blob)["Plaintext"] == b"kept for years"
    assert chronicle.news() == [
        "2026-02-01T00:00:00Z us-east-1 CreateKey",
        "2026-02-01T00:00:00Z us-east-1 Encrypt",
        "2026-02-01T00:00:00Z eu-west-1 Decrypt AccessDenied",
        "2026-02-01T00:00:00Z us-east-1 ReplicateKey",
        "2026-02-01T00:00:00Z us-east-1 SynchronizeMultiRegionKey",
        "2026-02-01T00:00:00Z eu-west-1 CreateKey",
        "2026-02-01T00:00:00Z eu-west-1 Decrypt KMSInvalidStateException",
        "2026-02-01T00:01:00Z eu-west-1 Decrypt",
    ]

    chronicle.go_to("2026-04-01")
    assert (chronicle.dollars, chronicle.month("2026-03")) == ("4.00", "2.00")
    assert refused(ireland.enable_key_rotation, KeyId=key_id) == "UnsupportedOperationException"
    kms.update_primary_region(KeyId=key_id, PrimaryRegion="eu-west-1")
    lab.clock.advance(minutes=1)
    ireland.enable_key_rotation(KeyId=key_id, RotationPeriodInDays=91)
    assert chronicle.news() == [
        "2026-04-01T00:00:00Z eu-west-1 EnableKeyRotation UnsupportedOperationException",
        "2026-04-01T00:00:00Z us-east-1 UpdatePrimaryRegion",
        "2026-04-01T00:00:00Z eu-west-1 UpdatePrimaryRegion",
        "2026-04-01T00:01:00Z eu-west-1 EnableKeyRotation",
    ]

    chronicle.go_to("2026-08-01")
    # The primary's rotation is the replica's too, and each costs a dollar from July on.
    assert (chronicle.dollars, chronicle.month("2026-06"), chronicle.month("2026-07")) == ("14.00", "2.00", "4.00")
    assert sorted(chronicle.news()) == [
        "2026-07-01T00:01:00Z eu-west-1 RotateKey",
        "2026-07-01T00:01:00Z us-east-1 RotateKey",
    ]
    new = encrypt(ireland, key_id)
    assert kms.decrypt(CiphertextBlob=new)["KeyMaterialId"] == material(lab.trail.events("Encrypt")[-1])

    kms.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=7)
    chronicle.go_to("2026-09-01")
    # What is left costs a key and a rotation; the key that went cost one more hour of both.
    assert (chronicle.dollars, chronicle.month("2026-08")) == ("16.00", "2.00")
    assert [ireland.decrypt(CiphertextBlob=each)["Plaintext"] for each in (blob, new)] == [b"kept for years"] * 2
    assert refused(kms.decrypt, CiphertextBlob=new) == "AccessDeniedException"
    assert chronicle.news() == [
        "2026-08-01T00:00:00Z eu-west-1 Encrypt",
        "2026-08-01T00:00:00Z us-east-1 Decrypt",
        "2026-08-01T00:00:00Z us-east-1 ScheduleKeyDeletion",
        "2026-08-08T00:00:00Z us-east-1 DeleteKey",
        "2026-09-01T00:00:00Z eu-west-1 Decrypt",
        "2026-09-01T00:00:00Z eu-west-1 Decrypt",
        "2026-09-01T00:00:00Z us-east-1 Decrypt AccessDenied",
    ]
