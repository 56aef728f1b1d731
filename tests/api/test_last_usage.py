"""GetKeyLastUsage through boto3: which operations count, and for which key."""

from __future__ import annotations

from typing import Any

from kmslab import Lab


def last(kms: Any, key: str) -> Any:
    return kms.get_key_last_usage(KeyId=key)["KeyLastUsage"]


def test_a_key_that_was_never_used(kms: Any, make_key: Any, members: Any) -> None:
    key = make_key()
    reply = kms.get_key_last_usage(KeyId=key)
    created = kms.describe_key(KeyId=key)["KeyMetadata"]["CreationDate"]
    assert members(reply) == {"KeyId", "KeyLastUsage", "TrackingStartDate", "KeyCreationDate"}
    assert (reply["KeyId"], reply["KeyLastUsage"]) == (key, {})
    assert reply["TrackingStartDate"] == reply["KeyCreationDate"] == created


def test_a_use_names_its_event(lab: Lab, kms: Any, make_key: Any) -> None:
    key = make_key()
    request = kms.encrypt(KeyId=key, Plaintext=b"x")["ResponseMetadata"]["RequestId"]
    event = lab.trail[-1]
    used = last(kms, key)
    assert (used["Operation"], used["KmsRequestId"]) == ("Encrypt", request)
    assert used["CloudTrailEventId"] == event["eventID"]
    assert f"{used['Timestamp'].astimezone(lab.clock.now().tzinfo):%Y-%m-%dT%H:%M:%SZ}" == event["eventTime"]


def test_looking_failing_and_trying_do_not_count(kms: Any, make_key: Any, refuses: Any) -> None:
    key = make_key()
    kms.describe_key(KeyId=key)
    kms.get_key_policy(KeyId=key)
    with refuses("DryRunOperationException", "The request would have succeeded, but the DryRun option is set."):
        kms.encrypt(KeyId=key, Plaintext=b"x", DryRun=True)
    with refuses("InvalidKeyUsageException", None):
        kms.sign(KeyId=key, Message=b"x", SigningAlgorithm="ECDSA_SHA_256")
    assert last(kms, key) == {}


def test_both_keys_of_a_re_encryption_count(kms: Any, make_key: Any) -> None:
    source, destination = make_key(), make_key()
    blob = kms.encrypt(KeyId=source, Plaintext=b"x")["CiphertextBlob"]
    kms.re_encrypt(CiphertextBlob=blob, DestinationKeyId=destination)
    assert last(kms, source) == last(kms, destination)
    assert last(kms, source)["Operation"] == "ReEncrypt"


def test_related_keys_count_for_themselves(lab: Lab, kms: Any) -> None:
    key = kms.create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
    kms.replicate_key(KeyId=key, ReplicaRegion="eu-west-1")
    kms.encrypt(KeyId=key, Plaintext=b"x")
    assert last(lab.client("kms", "eu-west-1"), key) == {}
    assert last(kms, key)["Operation"] == "Encrypt"


def test_an_alias_is_refused(kms: Any, make_key: Any, refuses: Any) -> None:
    kms.create_alias(AliasName="alias/app", TargetKeyId=make_key())
    with refuses("InvalidArnException", "Key Aliases are not supported for this operation."):
        kms.get_key_last_usage(KeyId="alias/app")
