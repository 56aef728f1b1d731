"""EnableKeyRotation, DisableKeyRotation, GetKeyRotationStatus, RotateKeyOnDemand, ListKeyRotations."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, ParamValidationError

from kmslab import Lab

IN_PROGRESS = "An on-demand rotation of this key is currently in progress."
SOON = "An automatic rotation of this key is currently in progress or scheduled to begin within the next 20 minutes."
USED_UP = (
    "The on-demand rotations limit has been reached for the given keyId. "
    "No more on-demand rotations can be performed for this key: "
)


@pytest.fixture
def ireland(lab: Lab) -> Any:
    """The administrator's KMS client in eu-west-1."""
    return lab.client("kms", region_name="eu-west-1")


@pytest.fixture
def make_pair(lab: Lab, kms: Any) -> Any:
    """Makes a multi-Region key in us-east-1 with a replica in eu-west-1; gives its id."""

    def make(**params: Any) -> str:
        key_id = str(kms.create_key(MultiRegion=True, **params)["KeyMetadata"]["KeyId"])
        kms.replicate_key(KeyId=key_id, ReplicaRegion="eu-west-1")
        lab.clock.advance(minutes=1)
        return key_id

    return make


def status(kms: Any, key_id: str) -> dict[str, Any]:
    reply: dict[str, Any] = kms.get_key_rotation_status(KeyId=key_id)
    del reply["ResponseMetadata"]
    return reply


def rotations(kms: Any, key_id: str, **params: Any) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = kms.list_key_rotations(KeyId=key_id, **params)["Rotations"]
    return listed


def current(kms: Any, key_id: str) -> str:
    return str(kms.describe_key(KeyId=key_id)["KeyMetadata"]["CurrentKeyMaterialId"])


def arn_of(kms: Any, key_id: str) -> str:
    return str(kms.describe_key(KeyId=key_id)["KeyMetadata"]["Arn"])


def rotate(lab: Lab, kms: Any, key_id: str) -> None:
    """Rotate on demand, and wait till it is complete."""
    kms.rotate_key_on_demand(KeyId=key_id)
    lab.clock.advance(seconds=10)


# --- by the calendar ---


def test_a_new_key_does_not_rotate(kms: Any, make_key: Any) -> None:
    key_id = make_key()
    assert status(kms, key_id) == {"KeyId": arn_of(kms, key_id), "KeyRotationEnabled": False}


@pytest.mark.parametrize(
    ("asked", "days"), [({}, 365), ({"RotationPeriodInDays": 90}, 90), ({"RotationPeriodInDays": 2560}, 2560)]
)
def test_rotation_is_enabled(lab: Lab, kms: Any, make_key: Any, asked: dict[str, int], days: int) -> None:
    key_id = make_key()
    reply = kms.enable_key_rotation(KeyId=key_id, **asked)
    assert set(reply) == {"ResponseMetadata"}
    now = lab.clock.now()
    shown = status(kms, key_id)
    assert shown.pop("NextRotationDate") == now + timedelta(days=days)
    assert shown == {"KeyId": arn_of(kms, key_id), "KeyRotationEnabled": True, "RotationPeriodInDays": days}


def test_the_key_rotates_when_the_period_has_passed_and_so_on(lab: Lab, kms: Any, make_key: Any) -> None:
    key_id = make_key()
    kms.enable_key_rotation(KeyId=key_id, RotationPeriodInDays=90)
    first, enabled = current(kms, key_id), lab.clock.now() - timedelta(milliseconds=10)
    blob = kms.encrypt(KeyId=key_id, Plaintext=b"before")["CiphertextBlob"]
    lab.clock.travel_to(enabled + timedelta(days=90) - timedelta(seconds=1))
    assert current(kms, key_id) == first
    lab.clock.travel_to(enabled + timedelta(days=271))
    listed = rotations(kms, key_id)
    assert [each["RotationDate"] for each in listed] == [enabled + timedelta(days=90 * n) for n in (1, 2, 3)]
    assert {each["RotationType"] for each in listed} == {"AUTOMATIC"}
    assert current(kms, key_id) == listed[-1]["KeyMaterialId"] != first
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"before"
    assert kms.decrypt(CiphertextBlob=blob)["KeyMaterialId"] == first
    assert kms.re_encrypt(CiphertextBlob=blob, DestinationKeyId=key_id)["DestinationKeyMaterialId"] == current(
        kms, key_id
    )
    assert status(kms, key_id)["NextRotationDate"] == enabled + timedelta(days=360)


def test_enabling_again_begins_a_new_period(lab: Lab, kms: Any, make_key: Any) -> None:
    key_id = make_key()
    kms.enable_key_rotation(KeyId=key_id, RotationPeriodInDays=90)
    lab.clock.advance(days=80)
    kms.enable_key_rotation(KeyId=key_id)
    begun = lab.clock.now()
    shown = status(kms, key_id)
    assert (shown["RotationPeriodInDays"], shown["NextRotationDate"]) == (365, begun + timedelta(days=365))
    lab.clock.advance(days=20)
    assert rotations(kms, key_id) == []


def test_disabled_rotation_stays_off(lab: Lab, kms: Any, make_key: Any) -> None:
    key_id = make_key()
    kms.enable_key_rotation(KeyId=key_id, RotationPeriodInDays=90)
    assert set(kms.disable_key_rotation(KeyId=key_id)) == {"ResponseMetadata"}
    assert status(kms, key_id) == {"KeyId": arn_of(kms, key_id), "KeyRotationEnabled": False}
    lab.clock.advance(days=100)
    assert rotations(kms, key_id) == []
    kms.disable_key_rotation(KeyId=key_id)
    assert status(kms, key_id)["KeyRotationEnabled"] is False


@pytest.mark.parametrize(
    ("period", "bound"), [(2561, "less than or equal to 2560"), (89, "greater than or equal to 90")]
)
def test_no_other_period(unchecked: Any, lab: Lab, make_key: Any, refuses: Any, period: int, bound: str) -> None:
    key_id = make_key()
    text = (
        f"1 validation error detected: Value '{period}' at 'rotationPeriodInDays' failed to satisfy constraint: "
        f"Member must have value {bound}"
    )
    with refuses("ValidationException", text):
        unchecked(lab).enable_key_rotation(KeyId=key_id, RotationPeriodInDays=period)


def test_boto3_checks_the_shortest_period_itself(kms: Any, make_key: Any) -> None:
    key_id = make_key()
    with pytest.raises(ParamValidationError, match="valid min value: 90"):
        kms.enable_key_rotation(KeyId=key_id, RotationPeriodInDays=89)


def test_a_disabled_key_catches_up_when_it_is_enabled(lab: Lab, kms: Any, make_key: Any) -> None:
    key_id = make_key()
    kms.enable_key_rotation(KeyId=key_id, RotationPeriodInDays=90)
    kms.disable_key(KeyId=key_id)
    lab.clock.advance(days=200)
    shown = status(kms, key_id)
    assert shown["KeyRotationEnabled"] is True
    assert shown["NextRotationDate"] < lab.clock.now()
    assert rotations(kms, key_id) == []
    kms.enable_key(KeyId=key_id)
    enabled = lab.clock.now()
    assert [each["RotationDate"] for each in rotations(kms, key_id)] == [enabled]
    assert status(kms, key_id)["NextRotationDate"] == enabled + timedelta(days=90)
    lab.clock.advance(days=91)
    assert len(rotations(kms, key_id)) == 2


def test_a_disabled_key_that_missed_nothing_keeps_its_date(lab: Lab, kms: Any, make_key: Any) -> None:
    key_id = make_key()
    kms.enable_key_rotation(KeyId=key_id, RotationPeriodInDays=90)
    planned = status(kms, key_id)["NextRotationDate"]
    kms.disable_key(KeyId=key_id)
    lab.clock.advance(days=30)
    kms.enable_key(KeyId=key_id)
    assert (rotations(kms, key_id), status(kms, key_id)["NextRotationDate"]) == ([], planned)


def test_a_key_pending_deletion_does_not_rotate_and_its_schedule_comes_back(lab: Lab, kms: Any, make_key: Any) -> None:
    key_id = make_key()
    kms.enable_key_rotation(KeyId=key_id, RotationPeriodInDays=90)
    lab.clock.advance(days=80)
    kms.schedule_key_deletion(KeyId=key_id)
    assert status(kms, key_id) == {"KeyId": arn_of(kms, key_id), "KeyRotationEnabled": False}
    lab.clock.advance(days=20)
    assert rotations(kms, key_id) == []
    kms.cancel_key_deletion(KeyId=key_id)
    assert status(kms, key_id)["KeyRotationEnabled"] is True
    kms.enable_key(KeyId=key_id)
    assert len(rotations(kms, key_id)) == 1


def test_the_trail_shows_what_kms_rotated(lab: Lab, kms: Any, make_key: Any) -> None:
    key_id = make_key()
    before = current(kms, key_id)
    kms.enable_key_rotation(KeyId=key_id)
    assert lab.trail.events("EnableKeyRotation")[-1]["responseElements"] == {"keyId": arn_of(kms, key_id)}
    lab.clock.advance(days=366)
    (event,) = lab.trail.events("RotateKey")
    assert event["eventType"] == "AwsServiceEvent"
    assert event["userIdentity"] == {"accountId": lab.account_id, "invokedBy": "AWS Internal"}
    assert event["serviceEventDetails"] == {
        "rotationType": "AUTOMATIC",
        "keyOrigin": "AWS_KMS",
        "previousKeyMaterialId": before,
        "currentKeyMaterialId": current(kms, key_id),
        "keyId": key_id,
    }


# --- on demand ---


def test_a_rotation_on_demand_is_complete_a_moment_later(lab: Lab, kms: Any, make_key: Any) -> None:
    key_id = make_key()
    arn, first = arn_of(kms, key_id), current(kms, key_id)
    blob = kms.encrypt(KeyId=key_id, Plaintext=b"before")["CiphertextBlob"]
    assert kms.rotate_key_on_demand(KeyId=key_id)["KeyId"] == arn
    started = lab.clock.now()
    # The moment is five requests long.
    shown = status(kms, key_id)
    assert shown == {"KeyId": arn, "KeyRotationEnabled": False, "OnDemandRotationStartDate": started}
    assert (current(kms, key_id), rotations(kms, key_id)) == (first, [])
    lab.clock.advance(seconds=10)
    assert status(kms, key_id) == {"KeyId": arn_of(kms, key_id), "KeyRotationEnabled": False}
    (rotated,) = rotations(kms, key_id)
    assert rotated["RotationType"] == "ON_DEMAND"
    assert started < rotated["RotationDate"] < started + timedelta(seconds=10)
    assert rotated["KeyMaterialId"] == current(kms, key_id) != first
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"before"
    assert lab.trail.events("RotateKey")[-1]["serviceEventDetails"]["rotationType"] == "ON_DEMAND"
    assert lab.trail.events("RotateKeyOnDemand")[-1]["responseElements"] == {"keyId": arn_of(kms, key_id)}


def test_it_changes_nothing_about_the_automatic_schedule(lab: Lab, kms: Any, make_key: Any) -> None:
    key_id = make_key()
    kms.enable_key_rotation(KeyId=key_id, RotationPeriodInDays=90)
    before = status(kms, key_id)
    lab.clock.advance(days=50)
    rotate(lab, kms, key_id)
    assert status(kms, key_id) == before
    lab.clock.advance(days=41)
    assert [each["RotationType"] for each in rotations(kms, key_id)] == ["ON_DEMAND", "AUTOMATIC"]


def test_twenty_five_for_life(lab: Lab, kms: Any, make_key: Any, refuses: Any) -> None:
    key_id = make_key()
    for _ in range(25):
        rotate(lab, kms, key_id)
    assert len(rotations(kms, key_id)) == 25
    lab.clock.advance(days=1000)
    with refuses("LimitExceededException", USED_UP + arn_of(kms, key_id)):
        kms.rotate_key_on_demand(KeyId=key_id)


def test_not_while_one_is_under_way(kms: Any, make_key: Any, refuses: Any) -> None:
    key_id = make_key()
    kms.rotate_key_on_demand(KeyId=key_id)
    with refuses("ConflictException", IN_PROGRESS):
        kms.rotate_key_on_demand(KeyId=key_id)


def test_not_within_twenty_minutes_of_an_automatic_rotation(lab: Lab, kms: Any, make_key: Any, refuses: Any) -> None:
    key_id = make_key()
    kms.enable_key_rotation(KeyId=key_id, RotationPeriodInDays=90)
    planned = status(kms, key_id)["NextRotationDate"]
    lab.clock.travel_to(planned - timedelta(minutes=20))
    with refuses("ConflictException", SOON):
        kms.rotate_key_on_demand(KeyId=key_id)
    lab.clock.advance(minutes=21)
    rotate(lab, kms, key_id)
    assert [each["RotationType"] for each in rotations(kms, key_id)] == ["AUTOMATIC", "ON_DEMAND"]


def test_21_minutes_before_an_automatic_rotation_it_works(lab: Lab, kms: Any, make_key: Any) -> None:
    key_id = make_key()
    kms.enable_key_rotation(KeyId=key_id, RotationPeriodInDays=90)
    lab.clock.travel_to(status(kms, key_id)["NextRotationDate"] - timedelta(minutes=21))
    rotate(lab, kms, key_id)
    assert len(rotations(kms, key_id)) == 1


def test_a_key_that_is_deleted_meanwhile_is_not_rotated(lab: Lab, kms: Any, make_key: Any) -> None:
    key_id = make_key()
    kms.enable_key_rotation(KeyId=key_id)
    kms.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=7)
    lab.clock.advance(days=400)
    assert len(lab.trail.events("DeleteKey")) == 1
    assert len(lab.trail.events("RotateKey")) == 0


# --- which keys ---


@pytest.mark.parametrize("spec", ["RSA_2048", "ECC_NIST_P256", "HMAC_256"])
def test_only_symmetric_keys_rotate(kms: Any, make_key: Any, refuses: Any, spec: str) -> None:
    key_id = make_key(spec)
    for call in (kms.enable_key_rotation, kms.rotate_key_on_demand):
        with refuses("UnsupportedOperationException", ""):
            call(KeyId=key_id)
    # Measured: asking is allowed, and so is switching off what was never on.
    kms.disable_key_rotation(KeyId=key_id)
    assert status(kms, key_id) == {"KeyId": arn_of(kms, key_id), "KeyRotationEnabled": False}
    assert rotations(kms, key_id) == []
    for which in ("ALL_KEY_MATERIAL", "ROTATIONS_ONLY"):
        with refuses("UnsupportedOperationException", ""):
            kms.list_key_rotations(KeyId=key_id, IncludeKeyMaterial=which)


def test_a_disabled_key_is_refused_whatever_its_type(kms: Any, make_key: Any, refuses: Any) -> None:
    for spec in ("SYMMETRIC_DEFAULT", "HMAC_256"):
        key_id = make_key(spec)
        kms.disable_key(KeyId=key_id)
        for call in (kms.enable_key_rotation, kms.disable_key_rotation, kms.rotate_key_on_demand):
            with refuses("DisabledException", f"{arn_of(kms, key_id)} is disabled."):
                call(KeyId=key_id)


def test_a_key_pending_deletion_is_refused(kms: Any, make_key: Any, refuses: Any) -> None:
    key_id = make_key()
    kms.schedule_key_deletion(KeyId=key_id)
    for call in (kms.enable_key_rotation, kms.disable_key_rotation, kms.rotate_key_on_demand):
        with refuses("KMSInvalidStateException", f"{arn_of(kms, key_id)} is pending deletion."):
            call(KeyId=key_id)
    assert rotations(kms, key_id) == []


def test_imported_material_does_not_rotate_by_itself(kms: Any, make_key: Any, refuses: Any) -> None:
    key_id = make_key(Origin="EXTERNAL")
    text = f"{arn_of(kms, key_id)} origin is EXTERNAL which is not valid for this operation."
    for call in (kms.enable_key_rotation, kms.disable_key_rotation, kms.get_key_rotation_status):
        with refuses("UnsupportedOperationException", text):
            call(KeyId=key_id)
    with refuses("KMSInvalidStateException", f"{arn_of(kms, key_id)} is pending import."):
        kms.rotate_key_on_demand(KeyId=key_id)


def test_aliases_are_not_taken(kms: Any, make_key: Any, refuses: Any) -> None:
    kms.create_alias(AliasName="alias/a", TargetKeyId=make_key())
    calls = (kms.enable_key_rotation, kms.disable_key_rotation, kms.get_key_rotation_status, kms.rotate_key_on_demand)
    for call in (*calls, kms.list_key_rotations):
        with refuses("InvalidArnException", "Key Aliases are not supported for this operation."):
            call(KeyId="alias/a")


def test_permissions(lab: Lab, kms: Any, make_key: Any, alice: Any) -> None:
    key_id = make_key()
    of_alice = lab.client("kms", principal=alice)
    for name in (
        "enable_key_rotation", "disable_key_rotation", "get_key_rotation_status", "rotate_key_on_demand",
        "list_key_rotations",
    ):  # fmt: skip
        with pytest.raises(ClientError, match="because no identity-based policy allows the kms:"):
            getattr(of_alice, name)(KeyId=key_id)


# --- related multi-Region keys ---


def test_replicas_follow_the_primary(lab: Lab, kms: Any, ireland: Any, make_pair: Any) -> None:
    key_id = make_pair()
    kms.enable_key_rotation(KeyId=key_id, RotationPeriodInDays=90)
    here, there = status(kms, key_id), status(ireland, key_id)
    assert there.pop("KeyId") == here.pop("KeyId").replace("us-east-1", "eu-west-1")
    assert here == there
    blob = kms.encrypt(KeyId=key_id, Plaintext=b"x")["CiphertextBlob"]
    lab.clock.advance(days=91)
    rotate(lab, kms, key_id)
    here_listed, there_listed = rotations(kms, key_id), rotations(ireland, key_id)
    assert [each["KeyMaterialId"] for each in here_listed] == [each["KeyMaterialId"] for each in there_listed]
    assert [each["RotationType"] for each in there_listed] == ["AUTOMATIC", "ON_DEMAND"]
    assert {each["KeyId"] for each in there_listed} == {arn_of(ireland, key_id)}
    assert current(kms, key_id) == current(ireland, key_id)
    new = kms.encrypt(KeyId=key_id, Plaintext=b"y")["CiphertextBlob"]
    assert [ireland.decrypt(CiphertextBlob=each)["Plaintext"] for each in (blob, new)] == [b"x", b"y"]
    regions = [each["awsRegion"] for each in lab.trail.events("RotateKey")]
    assert sorted(regions) == ["eu-west-1", "eu-west-1", "us-east-1", "us-east-1"]


def test_a_replica_is_not_asked(kms: Any, ireland: Any, make_pair: Any, refuses: Any) -> None:
    key_id = make_pair()
    for call in (ireland.enable_key_rotation, ireland.disable_key_rotation, ireland.rotate_key_on_demand):
        with refuses("UnsupportedOperationException", f"{arn_of(ireland, key_id)} is not a multi-region primary key."):
            call(KeyId=key_id)


def test_the_schedule_survives_a_new_primary(lab: Lab, kms: Any, ireland: Any, make_pair: Any) -> None:
    key_id = make_pair()
    kms.enable_key_rotation(KeyId=key_id, RotationPeriodInDays=90)
    kms.update_primary_region(KeyId=key_id, PrimaryRegion="eu-west-1")
    lab.clock.advance(minutes=10)
    kms.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=7)
    lab.clock.advance(days=200)
    assert [each["RotationType"] for each in rotations(ireland, key_id)] == ["AUTOMATIC", "AUTOMATIC"]
    ireland.disable_key_rotation(KeyId=key_id)
    assert status(ireland, key_id)["KeyRotationEnabled"] is False


def test_a_deleted_primary_leaves_nothing_to_rotate(lab: Lab, kms: Any) -> None:
    key_id = kms.create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
    kms.enable_key_rotation(KeyId=key_id)
    kms.rotate_key_on_demand(KeyId=key_id)
    kms.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=7)
    lab.clock.advance(days=400)
    assert len(lab.trail.events("DeleteKey")) == 1
    assert [each["serviceEventDetails"]["rotationType"] for each in lab.trail.events("RotateKey")] == ["ON_DEMAND"]


# --- the list ---


def test_the_first_key_material_is_listed_on_request(lab: Lab, kms: Any, make_key: Any) -> None:
    key_id = make_key()
    first, arn = current(kms, key_id), arn_of(kms, key_id)
    entry = {"KeyId": arn, "KeyMaterialId": first, "KeyMaterialState": "CURRENT"}
    assert rotations(kms, key_id) == []
    assert rotations(kms, key_id, IncludeKeyMaterial="ALL_KEY_MATERIAL") == [entry]
    rotate(lab, kms, key_id)
    listed = rotations(kms, key_id, IncludeKeyMaterial="ALL_KEY_MATERIAL")
    assert listed[0] == entry | {"KeyMaterialState": "NON_CURRENT"}
    assert listed[1:] == rotations(kms, key_id) == rotations(kms, key_id, IncludeKeyMaterial="ROTATIONS_ONLY")
    assert set(listed[1]) == {"KeyId", "KeyMaterialId", "KeyMaterialState", "RotationDate", "RotationType"}
    assert listed[1]["KeyMaterialState"] == "CURRENT"


def test_pages(lab: Lab, kms: Any, make_key: Any, refuses: Any) -> None:
    key_id = make_key()
    for _ in range(5):
        rotate(lab, kms, key_id)
    whole = kms.list_key_rotations(KeyId=key_id)
    assert whole["Truncated"] is False
    assert "NextMarker" not in whole
    pages = list(kms.get_paginator("list_key_rotations").paginate(KeyId=key_id, PaginationConfig={"PageSize": 2}))
    assert [len(page["Rotations"]) for page in pages] == [2, 2, 1]
    assert [each for page in pages for each in page["Rotations"]] == whole["Rotations"]
    with refuses("InvalidMarkerException", ""):
        kms.list_key_rotations(KeyId=key_id, Marker="nonsense")


def test_no_other_choice_of_key_material(unchecked: Any, lab: Lab, make_key: Any, refuses: Any) -> None:
    key_id = make_key()
    text = (
        "1 validation error detected: Value 'SOME' at 'includeKeyMaterial' failed to satisfy constraint: "
        "Member must satisfy enum value set: [ALL_KEY_MATERIAL, ROTATIONS_ONLY]"
    )
    with refuses("ValidationException", text):
        unchecked(lab).list_key_rotations(KeyId=key_id, IncludeKeyMaterial="SOME")
