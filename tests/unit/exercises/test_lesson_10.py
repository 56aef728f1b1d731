"""Lesson 10: what its checks accept, and what they say to typical attempts that are not right yet."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from kmslab import Lab, Principal
from kmslab.exercises.desk import Desk

WEATHER = "alias/weather stands for a symmetric key of your own in eu-west-1"
UNDER_WEATHER = "Parameter Store has encrypted /weather/api-key under that key"
READ = "you have read it in clear"
STATION_READ = "the user station has read it in clear"

ONE_KEY = "in us-west-2, both parameters are encrypted under one key of your own"
OWN = "as billing, reading /billing/db/password works"
OTHER = "as billing, reading /orders/db/password is refused"
DIRECT = "as billing, Decrypt of KMS itself is refused, with the right context"

REPLACED = "the secret warehouse/db has a new version"
NEW_READ = "the new version was read"
OLD_READ = "so was the one before it"
ROTATIONS = "the number of rotations of the KMS key is right"

API_KEY = {"Name": "/weather/api-key", "Type": "SecureString", "Value": "sunny-7141"}
BILLING, ORDERS = "/billing/db/password", "/orders/db/password"


def policy_of(action: str, resource: str, **conditions: str) -> dict[str, Any]:
    statement: dict[str, Any] = {"Effect": "Allow", "Action": action, "Resource": resource}
    if conditions:
        statement["Condition"] = {"StringEquals": conditions}
    return {"Version": "2012-10-17", "Statement": [statement]}


def try_to(call: Any, **params: Any) -> None:
    try:
        call(**params)
    except ClientError as error:
        assert error.response["Error"]["Code"] == "AccessDeniedException"  # noqa: PT017


class TestAnApiKeyInIreland:
    @pytest.fixture
    def ssm(self, lab: Lab) -> Any:
        return lab.client("ssm", region_name="eu-west-1")

    @pytest.fixture
    def weather(self, ireland: Any) -> str:
        metadata = ireland.create_key(Description="weather")["KeyMetadata"]
        ireland.create_alias(AliasName="alias/weather", TargetKeyId=metadata["KeyId"])
        return str(metadata["Arn"])

    def read_as_station(self, lab: Lab, key_arn: str) -> None:
        station = lab.user("station", policy=policy_of("kms:Decrypt", key_arn))
        reader = lab.client("ssm", "eu-west-1", principal=station)
        try_to(reader.get_parameter, Name="/weather/api-key", WithDecryption=True)

    def test_not_begun(self, desk: Desk) -> None:
        assert desk.check("10.1").open_tasks == [WEATHER, UNDER_WEATHER, READ, STATION_READ]

    @pytest.mark.parametrize("tier", ["Standard", "Advanced"])
    def test_solved(self, desk: Desk, lab: Lab, ssm: Any, weather: str, tier: str) -> None:
        assert desk.check("10.1").open_tasks == [UNDER_WEATHER, READ, STATION_READ]
        ssm.put_parameter(**API_KEY, KeyId="alias/weather", Tier=tier)
        assert desk.check("10.1").open_tasks == [READ, STATION_READ]
        ssm.get_parameter(Name="/weather/api-key", WithDecryption=True)
        assert desk.check("10.1").open_tasks == [STATION_READ]
        self.read_as_station(lab, weather)
        assert desk.check("10.1").passed

    def test_with_the_key_of_the_service(self, desk: Desk, lab: Lab, ssm: Any, weather: str) -> None:
        ssm.put_parameter(**API_KEY)
        ssm.get_parameter(Name="/weather/api-key", WithDecryption=True)
        self.read_as_station(lab, weather)
        assert desk.check("10.1").open_tasks == [UNDER_WEATHER, READ, STATION_READ]
        ssm.put_parameter(**API_KEY, KeyId="alias/weather", Overwrite=True)
        ssm.get_parameter(Name="/weather/api-key", WithDecryption=True)
        self.read_as_station(lab, weather)
        assert desk.check("10.1").passed

    def test_not_encrypted_at_all(self, desk: Desk, ssm: Any, weather: str) -> None:
        ssm.put_parameter(**API_KEY | {"Type": "String"})
        ssm.get_parameter(Name="/weather/api-key", WithDecryption=True)
        assert desk.check("10.1").open_tasks == [UNDER_WEATHER, READ, STATION_READ]

    def test_read_as_ciphertext(self, desk: Desk, ssm: Any, weather: str) -> None:
        ssm.put_parameter(**API_KEY, KeyId=weather)
        ssm.get_parameter(Name="/weather/api-key")
        assert desk.check("10.1").open_tasks == [READ, STATION_READ]

    def test_a_station_without_permission(self, desk: Desk, lab: Lab, ssm: Any, weather: str) -> None:
        ssm.put_parameter(**API_KEY, KeyId=weather)
        ssm.get_parameter(Name="/weather/api-key", WithDecryption=True)
        self.read_as_station(lab, "arn:aws:kms:eu-west-1:123456789010:key/another")
        assert desk.check("10.1").open_tasks == [STATION_READ]

    def test_in_the_region_of_the_lesson(self, desk: Desk, lab: Lab, kms: Any) -> None:
        key_id = kms.create_key()["KeyMetadata"]["KeyId"]
        kms.create_alias(AliasName="alias/weather", TargetKeyId=key_id)
        lab.client("ssm").put_parameter(**API_KEY, KeyId="alias/weather")
        assert desk.check("10.1").open_tasks == [WEATHER, UNDER_WEATHER, READ, STATION_READ]


class TestTwoDepartmentsOneKey:
    @pytest.fixture
    def ssm(self, lab: Lab) -> Any:
        return lab.client("ssm", region_name="us-west-2")

    @pytest.fixture
    def key_arn(self, oregon: Any, ssm: Any) -> str:
        arn = oregon.create_key(Description="departments")["KeyMetadata"]["Arn"]
        for name in (BILLING, ORDERS):
            ssm.put_parameter(Name=name, Type="SecureString", Value="x", KeyId=arn)
        return str(arn)

    def billing(self, lab: Lab, key_arn: str, **conditions: str) -> Principal:
        return lab.role("billing", policy=policy_of("kms:Decrypt", key_arn, **conditions))

    def try_all(self, lab: Lab, role: Principal, *, context: str = BILLING) -> None:
        ssm, kms = lab.client("ssm", "us-west-2", principal=role), lab.client("kms", "us-west-2", principal=role)
        for name in (BILLING, ORDERS):
            try_to(ssm.get_parameter, Name=name, WithDecryption=True)
        blob = base64.b64decode(ssm.get_parameter(Name=BILLING)["Parameter"]["Value"])
        try_to(kms.decrypt, CiphertextBlob=blob, EncryptionContext={"PARAMETER_ARN": arn_of(context)})

    def test_not_begun(self, desk: Desk) -> None:
        assert desk.check("10.2").open_tasks == [ONE_KEY, OWN, OTHER, DIRECT]

    def test_solved(self, desk: Desk, lab: Lab, key_arn: str) -> None:
        assert desk.check("10.2").open_tasks == [OWN, OTHER, DIRECT]
        self.try_all(lab, self.billing(lab, key_arn, **{PARAMETER: arn_of(BILLING), VIA: SSM}))
        assert desk.check("10.2").passed

    @pytest.mark.parametrize(
        ("names", "still_open"),
        [
            ((), [OTHER, DIRECT]),
            (("via",), [OTHER]),
            (("parameter",), [DIRECT]),
            (("parameter", "another via"), [OWN, OTHER, DIRECT]),
            (("another parameter", "via"), [OWN, OTHER, DIRECT]),
        ],
    )
    def test_with_other_conditions(
        self, desk: Desk, lab: Lab, key_arn: str, names: tuple[str, ...], still_open: list[str]
    ) -> None:
        conditions = {
            "via": {VIA: SSM},
            "another via": {VIA: "ssm.us-east-1.amazonaws.com"},
            "parameter": {PARAMETER: arn_of(BILLING)},
            "another parameter": {PARAMETER: arn_of("billing/db/password")},
        }
        chosen = {key: value for name in names for key, value in conditions[name].items()}
        self.try_all(lab, self.billing(lab, key_arn, **chosen))
        assert desk.check("10.2").open_tasks == still_open

    def test_direct_with_another_context(self, desk: Desk, lab: Lab, key_arn: str) -> None:
        role = self.billing(lab, key_arn, **{PARAMETER: arn_of(BILLING)})
        self.try_all(lab, role, context=ORDERS)
        assert desk.check("10.2").open_tasks == [DIRECT]

    def test_refused_before_there_was_a_permission(self, desk: Desk, lab: Lab, key_arn: str) -> None:
        role = self.billing(lab, key_arn, **{VIA: "nowhere"})
        self.try_all(lab, role)
        everything = json.dumps(policy_of("kms:Decrypt", key_arn))
        lab.client("iam").put_role_policy(RoleName="billing", PolicyName="billing", PolicyDocument=everything)
        lab.client("ssm", "us-west-2", principal=role).get_parameter(Name=BILLING, WithDecryption=True)
        assert desk.check("10.2").open_tasks == [OTHER, DIRECT]

    def test_under_the_key_of_the_service(self, desk: Desk, lab: Lab, ssm: Any) -> None:
        for name in (BILLING, ORDERS):
            ssm.put_parameter(Name=name, Type="SecureString", Value="x")
        self.try_all(lab, lab.role("billing"))
        assert desk.check("10.2").open_tasks == [ONE_KEY, OTHER]


PARAMETER, VIA = "kms:EncryptionContext:PARAMETER_ARN", "kms:ViaService"
SSM = "ssm.us-west-2.amazonaws.com"


def arn_of(name: str) -> str:
    return f"arn:aws:ssm:us-west-2:123456789010:parameter{name}"


class TestAPasswordInAChat:
    @pytest.fixture
    def secrets(self, lab: Lab) -> Any:
        client = lab.client("secretsmanager", region_name="eu-central-1")
        kms = lab.client("kms", region_name="eu-central-1")
        key_id = kms.create_key(Description="warehouse")["KeyMetadata"]["KeyId"]
        client.create_secret(Name="warehouse/db", SecretString="winter-2025", KmsKeyId=key_id)
        return client

    def read(self, secrets: Any, label: str = "AWSCURRENT") -> None:
        secrets.get_secret_value(SecretId="warehouse/db", VersionStage=label)

    @pytest.mark.parametrize("how", ["put_secret_value", "update_secret"])
    def test_solved(self, desk: Desk, secrets: Any, how: str) -> None:
        assert desk.check("10.3").open_tasks == [REPLACED, NEW_READ, OLD_READ, ROTATIONS]
        getattr(secrets, how)(SecretId="warehouse/db", SecretString="thaw-7260")
        assert desk.check("10.3").open_tasks == [NEW_READ, OLD_READ, ROTATIONS]
        self.read(secrets)
        assert desk.check("10.3").open_tasks == [OLD_READ, ROTATIONS]
        self.read(secrets, "AWSPREVIOUS")
        assert desk.check("10.3", 0).passed
        assert desk.check("10.3", "0").passed

    @pytest.mark.parametrize("answer", [None, 1, "none", 2])
    def test_another_number(self, desk: Desk, secrets: Any, answer: object) -> None:
        secrets.put_secret_value(SecretId="warehouse/db", SecretString="thaw-7260")
        self.read(secrets)
        self.read(secrets, "AWSPREVIOUS")
        assert desk.check("10.3", answer).open_tasks == [ROTATIONS]

    def test_the_key_was_rotated_instead(self, desk: Desk, lab: Lab, secrets: Any) -> None:
        kms = lab.client("kms", region_name="eu-central-1")
        key_id = next(key.key_id for key in lab.inventory if key.description == "warehouse")
        kms.rotate_key_on_demand(KeyId=key_id)
        lab.clock.advance(minutes=1)
        self.read(secrets)
        result = desk.check("10.3", 1)
        assert result.open_tasks == [REPLACED, NEW_READ, OLD_READ, ROTATIONS]
        assert "put_secret_value" in result.items[0].advice

    def test_read_only_before(self, desk: Desk, secrets: Any) -> None:
        self.read(secrets)
        secrets.put_secret_value(SecretId="warehouse/db", SecretString="thaw-7260")
        assert desk.check("10.3", 0).open_tasks == [NEW_READ, OLD_READ]

    def test_deleted_and_made_anew(self, desk: Desk, lab: Lab, secrets: Any) -> None:
        secrets.delete_secret(SecretId="warehouse/db", ForceDeleteWithoutRecovery=True)
        secrets.create_secret(Name="warehouse/db", SecretString="thaw-7260")
        self.read(secrets)
        assert OLD_READ in desk.check("10.3", 0).open_tasks

    def test_without_the_lesson(self, desk: Desk) -> None:
        assert desk.check("10.3", 0).open_tasks == [REPLACED, NEW_READ, OLD_READ]
