"""Secrets Manager: each version is sealed under a data key of KMS, made and decrypted in the caller's name."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from kmslab import Lab
from kmslab.cloud.moto_state import take
from kmslab.principals import Principal

VALUE = "correct horse battery staple"
BINARY = b"\x00\xff not text"
NAME = "prod/db"
NO_ACCESS = ("AccessDeniedException", "Access to KMS is not allowed")
VALIDATION = "RequestToValidateKeyAccess"


@pytest.fixture
def kms(lab: Lab) -> Any:
    return lab.client("kms")


@pytest.fixture
def secrets(lab: Lab) -> Any:
    return lab.client("secretsmanager")


@pytest.fixture
def key(kms: Any) -> str:
    return str(kms.create_key()["KeyMetadata"]["Arn"])


def create(secrets: Any, key: str | None = None, name: str = NAME, **more: Any) -> Any:
    given = {"SecretString": VALUE} | ({"KmsKeyId": key} if key else {}) | more
    return secrets.create_secret(Name=name, **given)


def get(secrets: Any, secret_id: str = NAME, **more: Any) -> Any:
    shown = secrets.get_secret_value(SecretId=secret_id, **more)
    return shown["SecretBinary"] if "SecretBinary" in shown else shown["SecretString"]


def refusal(call: Callable[[], Any]) -> tuple[str, str]:
    """Code and text of a refusal, the id of the request that it quotes left out."""
    with pytest.raises(ClientError) as caught:
        call()
    error = caught.value.response["Error"]
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    return error["Code"], re.sub(r"Request ID: [0-9a-f-]{36};", "Request ID: ...;", error["Message"])


def closed(text: str, code: str, verb: str = "decrypt") -> tuple[str, str]:
    """How Secrets Manager says that a key cannot be used."""
    quoted = f"{text} (Service: AWSKMS; Status Code: 400; Error Code: {code}; Request ID: ...; Proxy: null)"
    return f"{verb.title()}ionFailure", f"Secrets Manager can't {verb} the secret value: {quoted}"


def made_by_secrets_manager(lab: Lab) -> list[Any]:
    return [each for each in lab.trail if each["userIdentity"].get("invokedBy") == "fas.secretsmanager.amazonaws.com"]


def calls(events: list[Any]) -> list[tuple[str, str]]:
    """What was asked of KMS, and for which version."""
    return [
        (each["eventName"], each["requestParameters"].get("encryptionContext", {}).get("SecretVersionId", ""))
        for each in events
    ]


def user(lab: Lab, name: str, **condition: Any) -> Principal:
    """Somebody who may read and write secrets, and use keys on a condition; without one, not at all."""
    statements: list[Any] = [{"Effect": "Allow", "Action": "secretsmanager:*", "Resource": "*"}]
    if condition:
        uses = ["kms:Decrypt", "kms:GenerateDataKey"]
        statements.append({"Effect": "Allow", "Action": uses, "Resource": "*", "Condition": condition})
    return lab.user(name, {"Version": "2012-10-17", "Statement": statements})


def held(lab: Lab) -> bytes:
    """Everything that is at rest in Secrets Manager."""
    taken = [each for _, each in take(lab._services.now().bridge, {"secretsmanager"})]
    assert not any(each.failure for each in taken)
    return b"".join(each.pickled + b"".join(each.contents.values()) for each in taken)


@pytest.mark.parametrize("form", ["id", "arn", "alias"])
def test_creating_and_reading(lab: Lab, kms: Any, secrets: Any, key: str, form: str) -> None:
    kms.create_alias(AliasName="alias/app", TargetKeyId=key)
    name = {"id": key.rpartition("/")[2], "arn": key, "alias": "alias/app"}[form]
    before = lab.bill.requests
    made = create(secrets, name)
    version = made["VersionId"]
    assert re.fullmatch(rf"arn:aws:secretsmanager:us-east-1:{lab.account_id}:secret:prod/db-\w{{6}}", made["ARN"])
    assert [get(secrets, each) for each in (NAME, made["ARN"], made["ARN"][:-7])] == [VALUE] * 3
    assert secrets.describe_secret(SecretId=NAME)["KmsKeyId"] == name
    events = made_by_secrets_manager(lab)
    validated = [("GenerateDataKey", VALIDATION), ("Decrypt", VALIDATION)]
    assert calls(events) == [*validated, ("GenerateDataKey", version), *[("Decrypt", version)] * 3]
    assert lab.bill.requests == before + 6
    for event in events:
        assert event["requestParameters"]["encryptionContext"]["SecretARN"] == made["ARN"]
        assert event["resources"][0]["ARN"] == key
        assert event["sourceIPAddress"] == event["userAgent"] == "fas.secretsmanager.amazonaws.com"
    assert events[2]["requestParameters"]["keySpec"] == "AES_256"


def test_without_a_key_it_is_the_aws_managed_key(lab: Lab, kms: Any, secrets: Any) -> None:
    create(secrets)
    assert get(secrets) == VALUE
    managed = kms.describe_key(KeyId="alias/aws/secretsmanager")["KeyMetadata"]
    assert managed["KeyManager"] == "AWS"
    assert made_by_secrets_manager(lab)[-1]["resources"][0]["ARN"] == managed["Arn"]
    assert "KmsKeyId" not in secrets.describe_secret(SecretId=NAME)


def test_at_rest_there_is_only_ciphertext(lab: Lab, secrets: Any, key: str) -> None:
    create(secrets, key)
    secrets.put_secret_value(SecretId=NAME, SecretBinary=BINARY)
    secrets.update_secret(SecretId=NAME, SecretString=f"new {VALUE}")
    secrets.rotate_secret(SecretId=NAME)
    secrets.replicate_secret_to_regions(SecretId=NAME, AddReplicaRegions=[{"Region": "eu-west-1"}])
    stored = held(lab)
    assert NAME.encode() in stored
    assert VALUE.encode() not in stored
    assert BINARY not in stored


def test_versions_and_labels(lab: Lab, secrets: Any, key: str) -> None:
    one = create(secrets, key)["VersionId"]
    two = secrets.put_secret_value(SecretId=NAME, SecretBinary=BINARY)["VersionId"]
    three = secrets.update_secret(SecretId=NAME, SecretString="three")["VersionId"]
    assert [get(secrets), get(secrets, VersionStage="AWSPREVIOUS"), get(secrets, VersionId=one)] == [
        "three",
        BINARY,
        VALUE,
    ]
    created = [version for call, version in calls(made_by_secrets_manager(lab)) if call == "GenerateDataKey"]
    assert created == [VALIDATION, one, two, three]
    secrets.update_secret_version_stage(
        SecretId=NAME, VersionStage="AWSCURRENT", MoveToVersionId=one, RemoveFromVersionId=three
    )
    assert [get(secrets), get(secrets, VersionStage="AWSPREVIOUS")] == [VALUE, "three"]
    four = secrets.put_secret_value(SecretId=NAME, SecretString="four", VersionStages=["mine"])["VersionId"]
    assert [get(secrets), get(secrets, VersionStage="mine"), get(secrets, VersionId=four)] == [VALUE, "four", "four"]


def test_the_same_request_twice_changes_nothing(lab: Lab, secrets: Any, key: str) -> None:
    token = "0" * 31 + "1"
    made = create(secrets, key, ClientRequestToken=token)
    assert create(secrets, key, ClientRequestToken=token)["ARN"] == made["ARN"]
    assert secrets.put_secret_value(SecretId=NAME, SecretString=VALUE, ClientRequestToken=token)["VersionId"] == token
    # It is decrypted to see whether it is the same.
    assert calls(made_by_secrets_manager(lab))[-2:] == [("Decrypt", token)] * 2
    code, text = refusal(
        lambda: secrets.put_secret_value(SecretId=NAME, SecretString="other", ClientRequestToken=token)
    )
    assert (code, token in text) == ("ResourceExistsException", True)
    assert refusal(lambda: create(secrets, key))[0] == "ResourceExistsException"
    assert get(secrets) == VALUE


def test_a_disabled_key_closes_the_secret_and_opens_it_again(lab: Lab, kms: Any, secrets: Any, key: str) -> None:
    create(secrets, key)
    kms.disable_key(KeyId=key)
    before = lab.bill.requests
    assert refusal(lambda: get(secrets)) == closed(f"{key} is disabled.", "DisabledException")
    assert lab.bill.requests == before + 1
    assert made_by_secrets_manager(lab)[-1]["errorCode"] == "DisabledException"
    many = secrets.batch_get_secret_value(SecretIdList=[NAME])
    assert (many["SecretValues"], many["Errors"][0]["ErrorCode"]) == ([], "DecryptionFailure")
    kms.enable_key(KeyId=key)
    assert get(secrets) == VALUE


def test_a_deleted_key_closes_it_for_good(lab: Lab, kms: Any, secrets: Any, key: str) -> None:
    create(secrets, key)
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    assert refusal(lambda: get(secrets)) == closed(f"{key} is pending deletion.", "KMSInvalidStateException")
    lab.clock.advance(days=8)
    assert refusal(lambda: get(secrets)) == NO_ACCESS
    assert "the resource does not exist" in made_by_secrets_manager(lab)[-1]["errorMessage"]


def test_nothing_is_stored_when_kms_refuses(kms: Any, secrets: Any, key: str) -> None:
    made = create(secrets, key)
    kms.disable_key(KeyId=key)
    disabled = closed(f"{key} is disabled.", "DisabledException", "encrypt")
    assert refusal(lambda: create(secrets, key, "new")) == disabled
    assert refusal(lambda: secrets.put_secret_value(SecretId=NAME, SecretString="new")) == disabled
    assert refusal(lambda: secrets.update_secret(SecretId=NAME, SecretString="new", Description="new")) == disabled
    assert refusal(lambda: secrets.rotate_secret(SecretId=NAME))[0] == "DecryptionFailure"
    wrong = ("InvalidParameterException", "The operation failed because of an invalid KMS key: ")
    elsewhere = key.replace("us-east-1", "eu-west-1")
    assert refusal(lambda: create(secrets, elsewhere, "new")) == (wrong[0], wrong[1] + "Invalid arn eu-west-1")
    alias = f"{key.rpartition(':')[0]}:alias/nobody"
    assert refusal(lambda: secrets.update_secret(SecretId=NAME, KmsKeyId="alias/nobody")) == (
        wrong[0],
        f"{wrong[1]}Alias {alias} is not found.",
    )
    kms.enable_key(KeyId=key)
    assert [each["Name"] for each in secrets.list_secrets()["SecretList"]] == [NAME]
    shown = secrets.describe_secret(SecretId=NAME)
    assert (shown["VersionIdsToStages"], shown["KmsKeyId"]) == ({made["VersionId"]: ["AWSCURRENT"]}, key)
    assert "Description" not in shown
    assert get(secrets) == VALUE


def test_refusals_of_secrets_manager_itself_ask_no_key(lab: Lab, secrets: Any, key: str) -> None:
    create(secrets, key)
    before = lab.bill.requests
    assert refusal(lambda: get(secrets, "nobody"))[0] == "ResourceNotFoundException"
    assert refusal(lambda: get(secrets, VersionStage="nothing"))[0] == "ResourceNotFoundException"
    assert refusal(lambda: secrets.put_secret_value(SecretId="nobody", SecretString="x"))[0] == (
        "ResourceNotFoundException"
    )
    assert refusal(lambda: create(secrets, key, "two", SecretBinary=BINARY)) == (
        "InvalidParameterException",
        "You can't specify both a binary secret value and a string secret value in the same secret.",
    )
    code, _ = refusal(lambda: create(secrets, key, "long", SecretString="x" * 65_537))
    assert code == "ValidationException"
    assert lab.bill.requests == before


def test_who_may_read_the_secret_may_not_use_the_key(lab: Lab, secrets: Any, key: str) -> None:
    create(secrets, key)
    alice = lab.client("secretsmanager", principal=user(lab, "alice"))
    assert refusal(lambda: get(alice)) == NO_ACCESS
    event = made_by_secrets_manager(lab)[-1]
    assert (event["errorCode"], event["userIdentity"]["userName"]) == ("AccessDenied", "alice")
    assert refusal(lambda: create(alice, key, "hers")) == NO_ACCESS
    assert refusal(lambda: alice.put_secret_value(SecretId=NAME, SecretString="hers")) == NO_ACCESS
    assert [each["Name"] for each in secrets.list_secrets()["SecretList"]] == [NAME]
    assert get(secrets) == VALUE


def test_conditions_on_secret_and_service_decide(lab: Lab, secrets: Any, key: str) -> None:
    create(secrets, key, "prod/db")
    create(secrets, key, "test/db")
    prod = f"arn:aws:secretsmanager:us-east-1:{lab.account_id}:secret:prod/*"
    alice = user(lab, "alice", StringLike={"kms:EncryptionContext:SecretARN": prod})
    hers = lab.client("secretsmanager", principal=alice)
    assert get(hers, "prod/db") == VALUE
    assert refusal(lambda: get(hers, "test/db")) == NO_ACCESS
    create(hers, key, "prod/hers")
    assert refusal(lambda: create(hers, key, "test/hers")) == NO_ACCESS
    bob = user(lab, "bob", StringEquals={"kms:ViaService": "secretsmanager.us-east-1.amazonaws.com"})
    assert get(lab.client("secretsmanager", principal=bob), "test/db") == VALUE
    with pytest.raises(ClientError, match="kms:GenerateDataKey"):
        lab.client("kms", principal=bob).generate_data_key(KeyId=key, KeySpec="AES_256")


def test_another_key_for_the_secret(lab: Lab, kms: Any, secrets: Any, key: str) -> None:
    other = kms.create_key()["KeyMetadata"]["Arn"]
    one = create(secrets, key)["VersionId"]
    secrets.update_secret(SecretId=NAME, KmsKeyId=other)
    assert calls(made_by_secrets_manager(lab))[3:] == [
        ("GenerateDataKey", VALIDATION),
        ("Decrypt", VALIDATION),
        ("Decrypt", one),
        ("Encrypt", one),
    ]
    # Either key opens the version that was there; the next one only the new key.
    kms.disable_key(KeyId=other)
    assert get(secrets) == VALUE
    kms.enable_key(KeyId=other)
    kms.disable_key(KeyId=key)
    assert get(secrets) == VALUE
    secrets.put_secret_value(SecretId=NAME, SecretString="next")
    kms.disable_key(KeyId=other)
    assert refusal(lambda: get(secrets)) == closed(f"{other} is disabled.", "DisabledException")


def test_who_may_not_decrypt_leaves_old_versions_under_the_old_key(lab: Lab, kms: Any, secrets: Any, key: str) -> None:
    other = kms.create_key()["KeyMetadata"]["Arn"]
    create(secrets, key)
    statement = {"Effect": "Allow", "Action": "kms:*", "Resource": other}
    alice = lab.user("alice", {"Version": "2012-10-17", "Statement": [statement]})
    lab.client("secretsmanager", principal=alice).update_secret(SecretId=NAME, KmsKeyId=other)
    assert secrets.describe_secret(SecretId=NAME)["KmsKeyId"] == other
    kms.disable_key(KeyId=key)
    assert refusal(lambda: get(secrets)) == closed(f"{key} is disabled.", "DisabledException")


def test_rotation_makes_a_version_under_the_current_key(lab: Lab, kms: Any, secrets: Any, key: str) -> None:
    other = kms.create_key()["KeyMetadata"]["Arn"]
    one = create(secrets, key)["VersionId"]
    secrets.update_secret(SecretId=NAME, KmsKeyId=other)
    two = secrets.rotate_secret(SecretId=NAME)["VersionId"]
    assert calls(made_by_secrets_manager(lab))[-2:] == [("Decrypt", one), ("GenerateDataKey", two)]
    assert secrets.describe_secret(SecretId=NAME)["VersionIdsToStages"] == {one: ["AWSPREVIOUS"], two: ["AWSCURRENT"]}
    kms.disable_key(KeyId=key)
    assert get(secrets) == VALUE


def test_many_at_once(secrets: Any, key: str) -> None:
    for name in ("a/one", "a/two", "b/one"):
        create(secrets, key, name, SecretString=f"value of {name}")
    asked = secrets.batch_get_secret_value(SecretIdList=["a/one", "nobody"])
    assert [each["SecretString"] for each in asked["SecretValues"]] == ["value of a/one"]
    assert [each["ErrorCode"] for each in asked["Errors"]] == ["ResourceNotFoundException"]
    found = secrets.batch_get_secret_value(Filters=[{"Key": "name", "Values": ["a/"]}])
    assert [each["SecretString"] for each in found["SecretValues"]] == ["value of a/one", "value of a/two"]


def test_deleting_and_restoring(lab: Lab, secrets: Any, key: str) -> None:
    create(secrets, key)
    deletion = secrets.delete_secret(SecretId=NAME, RecoveryWindowInDays=7)["DeletionDate"]
    assert deletion - lab.clock.now() > timedelta(days=6, hours=23)
    deleted = "You can't perform this operation on the secret because it was marked for deletion."
    for call in (
        lambda: get(secrets),
        lambda: secrets.put_secret_value(SecretId=NAME, SecretString="x"),
        lambda: secrets.update_secret(SecretId=NAME, SecretString="x"),
        lambda: secrets.rotate_secret(SecretId=NAME),
        lambda: secrets.delete_secret(SecretId=NAME),
    ):
        assert refusal(call) == ("InvalidRequestException", deleted)
    assert refusal(lambda: create(secrets))[0] == "InvalidRequestException"
    secrets.restore_secret(SecretId=NAME)
    assert get(secrets) == VALUE
    secrets.delete_secret(SecretId=NAME, RecoveryWindowInDays=7)
    lab.clock.advance(days=8)
    assert refusal(lambda: secrets.restore_secret(SecretId=NAME))[0] == "ResourceNotFoundException"
    create(secrets, key, SecretString="another")
    secrets.delete_secret(SecretId=NAME, ForceDeleteWithoutRecovery=True)
    assert refusal(lambda: get(secrets))[0] == "ResourceNotFoundException"


def test_replicas_are_sealed_under_keys_of_their_region(lab: Lab, kms: Any, secrets: Any, key: str) -> None:
    there = lab.client("kms", region_name="eu-west-1").create_key()["KeyMetadata"]["Arn"]
    regions = [{"Region": "eu-west-1", "KmsKeyId": there}, {"Region": "us-west-2", "KmsKeyId": there}]
    made = create(secrets, key, AddReplicaRegions=regions)
    statuses = {each["Region"]: each["Status"] for each in made["ReplicationStatus"]}
    assert statuses == {"eu-west-1": "InSync", "us-west-2": "Failed"}
    away = lab.client("secretsmanager", region_name="eu-west-1")
    assert get(away) == get(secrets) == VALUE
    secrets.put_secret_value(SecretId=NAME, SecretString="two")
    assert get(away) == "two"
    event = made_by_secrets_manager(lab)[-1]
    assert (event["awsRegion"], event["resources"][0]["ARN"]) == ("eu-west-1", there)
    assert event["requestParameters"]["encryptionContext"]["SecretARN"] == made["ARN"].replace("us-east-1", "eu-west-1")
    kms.disable_key(KeyId=key)
    assert get(away) == "two"
    lab.client("kms", region_name="eu-west-1").disable_key(KeyId=there)
    assert refusal(lambda: get(away)) == closed(f"{there} is disabled.", "DisabledException")


def test_a_secret_of_another_account(lab: Lab, kms: Any, secrets: Any, key: str) -> None:
    other = lab.account("999988887777")
    theirs = other.client("secretsmanager")
    made = create(secrets)
    secret_arn = made["ARN"]
    root = f"arn:aws:iam::{other.account_id}:root"
    statement = {"Effect": "Allow", "Principal": {"AWS": root}, "Action": "secretsmanager:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    code, text = refusal(lambda: get(theirs, secret_arn))
    assert (code, "because no resource-based policy allows" in text) == ("AccessDeniedException", True)
    secrets.put_resource_policy(SecretId=NAME, ResourcePolicy=policy)
    assert refusal(lambda: get(theirs, secret_arn)) == (
        "InvalidRequestException",
        "You can't access a secret from a different AWS account if you encrypt the secret with the default KMS service "
        "key.",
    )
    secrets.update_secret(SecretId=NAME, KmsKeyId=key, SecretString="shared")
    assert refusal(lambda: get(theirs, secret_arn)) == NO_ACCESS
    allowed = json.loads(kms.get_key_policy(KeyId=key)["Policy"])
    allowed["Statement"].append(
        {"Effect": "Allow", "Principal": {"AWS": root}, "Action": "kms:Decrypt", "Resource": "*"}
    )
    kms.put_key_policy(KeyId=key, Policy=json.dumps(allowed))
    assert get(theirs, secret_arn) == "shared"
    assert theirs.describe_secret(SecretId=secret_arn)["Name"] == NAME
    assert refusal(lambda: get(theirs, NAME))[0] == "ResourceNotFoundException"


def test_over_http_and_from_the_command_line(lab: Lab, kms: Any, key: str) -> None:
    environ = lab.environ()
    session = boto3.Session(environ["AWS_ACCESS_KEY_ID"], environ["AWS_SECRET_ACCESS_KEY"], region_name="us-east-1")
    secrets = session.client("secretsmanager", endpoint_url=lab.endpoint())
    create(secrets, key)
    asked = ["aws", *f"secretsmanager get-secret-value --secret-id {NAME} --query SecretString --output text".split()]

    def ask() -> subprocess.CompletedProcess[str]:
        return subprocess.run(asked, env=environ, capture_output=True, text=True, check=False)  # noqa: S603

    assert ask().stdout.strip() == VALUE
    kms.disable_key(KeyId=key)
    refused = ask()
    assert refused.returncode != 0
    assert "(DecryptionFailure) when calling the GetSecretValue operation" in refused.stderr
    assert f"{key} is disabled." in refused.stderr
    kms.enable_key(KeyId=key)
    assert get(secrets) == VALUE


def test_it_is_there_when_the_lab_is_opened_again(tmp_path: Path) -> None:
    with Lab.open(tmp_path / "lab.db", seed=1) as lab:
        key = lab.client("kms").create_key()["KeyMetadata"]["Arn"]
        secrets = lab.client("secretsmanager")
        create(secrets, key, AddReplicaRegions=[{"Region": "eu-west-1"}])
        secrets.put_secret_value(SecretId=NAME, SecretBinary=BINARY)
    with Lab.open(tmp_path / "lab.db") as lab:
        assert lab.lost == ()
        secrets, away = lab.client("secretsmanager"), lab.client("secretsmanager", region_name="eu-west-1")
        assert [get(each) for each in (secrets, away)] == [BINARY, BINARY]
        assert get(secrets, VersionStage="AWSPREVIOUS") == VALUE
        # The replica still follows.
        secrets.put_secret_value(SecretId=NAME, SecretString="three")
        assert [get(each) for each in (secrets, away)] == ["three", "three"]
        lab.client("kms").disable_key(KeyId=key)
        assert refusal(lambda: get(secrets))[0] == "DecryptionFailure"
        assert get(away) == "three"


def test_a_rotation_without_its_function_leaves_nothing_behind(secrets: Any, key: str) -> None:
    one = create(secrets, key)["VersionId"]
    function = "arn:aws:lambda:us-east-1:123456789010:function:nobody"
    code, _ = refusal(lambda: secrets.rotate_secret(SecretId=NAME, RotationLambdaARN=function))
    assert code == "ResourceNotFoundException"
    assert secrets.describe_secret(SecretId=NAME)["VersionIdsToStages"] == {one: ["AWSCURRENT"]}
    assert get(secrets) == VALUE


def test_what_a_replica_refuses(lab: Lab, secrets: Any, key: str) -> None:
    here = [{"Region": "us-east-1"}]
    assert refusal(lambda: create(secrets, key, AddReplicaRegions=here))[0] == "InvalidParameterException"
    assert secrets.list_secrets()["SecretList"] == []
    create(secrets, key, AddReplicaRegions=[{"Region": "eu-west-1"}])
    away = lab.client("secretsmanager", region_name="eu-west-1")
    for call in (
        lambda: away.put_secret_value(SecretId=NAME, SecretString="x"),
        lambda: away.update_secret(SecretId=NAME, SecretString="x"),
        lambda: away.rotate_secret(SecretId=NAME),
        lambda: away.update_secret_version_stage(SecretId=NAME, VersionStage="mine"),
    ):
        assert refusal(call) == (
            "InvalidParameterException",
            "Operation not permitted on a replica secret. Call must be made in primary secret's region.",
        )
    assert get(secrets) == get(away) == VALUE


@pytest.mark.parametrize(
    ("operation", "members", "finding"),
    [
        ("get_secret_value", {}, "Value null at 'secretId' failed to satisfy constraint: Member must not be null"),
        (
            "create_secret",
            {"Name": "a", "SecretString": "x" * 65_537},
            "Value at 'secretString' failed to satisfy constraint: Member must have length less than or equal to 65536",
        ),
    ],
)
def test_members_that_break_a_constraint(lab: Lab, operation: str, members: dict[str, Any], finding: str) -> None:
    secrets = lab.client("secretsmanager", config=Config(parameter_validation=False))
    assert refusal(lambda: getattr(secrets, operation)(**members)) == (
        "ValidationException",
        f"1 validation error detected: {finding}",
    )
    assert secrets.list_secrets()["SecretList"] == []
