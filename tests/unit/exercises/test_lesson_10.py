"""Lesson 10: what its checks accept, and what they say to typical attempts that are not right yet."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from kmslab import Lab, Principal
from kmslab.exercises.desk import Desk
from kmslab.exercises.model import CheckResult

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
NOW = "the reply that the program gets now was handed over"
ROTATIONS = "the number of rotations of the KMS key is right"

API_KEY = {"Name": "/weather/api-key", "Type": "SecureString", "Value": "sunny-7141"}
BILLING, ORDERS = "/billing/db/password", "/orders/db/password"


def policy_of(action: str, resource: str, **conditions: str) -> dict[str, Any]:
    statement: dict[str, Any] = {"Effect": "Allow", "Action": action, "Resource": resource}
    if conditions:
        statement["Condition"] = {"StringEquals": conditions}
    return {"Version": "2012-10-17", "Statement": [statement]}


def advice(result: CheckResult, label: str) -> str:
    """What is said about a task that is to be done."""
    (item,) = (item for item in result.items if item.label == label)
    assert not item.done
    return item.advice


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
        result = desk.check("10.1")
        assert result.open_tasks == [UNDER_WEATHER, READ, STATION_READ]
        assert "alias/aws/ssm, because put_parameter named no key" in advice(result, UNDER_WEATHER)
        ssm.put_parameter(**API_KEY, KeyId="alias/weather", Overwrite=True)
        assert "was encrypted under another key. Read it again" in advice(desk.check("10.1"), READ)
        ssm.get_parameter(Name="/weather/api-key", WithDecryption=True)
        self.read_as_station(lab, weather)
        assert desk.check("10.1").passed

    def test_not_encrypted_at_all(self, desk: Desk, ssm: Any, weather: str) -> None:
        ssm.put_parameter(**API_KEY | {"Type": "String"})
        ssm.get_parameter(Name="/weather/api-key", WithDecryption=True)
        result = desk.check("10.1")
        assert result.open_tasks == [UNDER_WEATHER, READ, STATION_READ]
        assert "is a String, which is kept as it is" in advice(result, UNDER_WEATHER)

    def test_under_another_key_of_ones_own(self, desk: Desk, ireland: Any, ssm: Any, weather: str) -> None:
        ssm.put_parameter(**API_KEY, KeyId=ireland.create_key()["KeyMetadata"]["KeyId"])
        assert "a key that alias/weather does not stand for" in advice(desk.check("10.1"), UNDER_WEATHER)

    def test_read_as_ciphertext(self, desk: Desk, ssm: Any, weather: str) -> None:
        ssm.put_parameter(**API_KEY, KeyId=weather)
        ssm.get_parameter(Name="/weather/api-key")
        result = desk.check("10.1")
        assert result.open_tasks == [READ, STATION_READ]
        assert "unless you say WithDecryption=True" in advice(result, READ)
        assert advice(result, STATION_READ).startswith("lab.user('station'")

    @pytest.mark.parametrize(
        ("policy", "said"),
        [
            (policy_of("kms:Decrypt", "arn:aws:kms:eu-west-1:123456789010:alias/weather"), "an alias does not count"),
            (policy_of("ssm:GetParameter", "*"), "Action of its policy is not kms:Decrypt"),
            (None, "nothing lets it decrypt"),
        ],
    )
    def test_a_station_without_permission(
        self, desk: Desk, lab: Lab, ssm: Any, weather: str, policy: dict[str, Any] | None, said: str
    ) -> None:
        ssm.put_parameter(**API_KEY, KeyId=weather)
        ssm.get_parameter(Name="/weather/api-key", WithDecryption=True)
        reader = lab.client("ssm", "eu-west-1", principal=lab.user("station", policy=policy))
        try_to(reader.get_parameter, Name="/weather/api-key", WithDecryption=True)
        result = desk.check("10.1")
        assert result.open_tasks == [STATION_READ]
        assert said in advice(result, STATION_READ)

    def test_a_key_that_parameter_store_cannot_use(self, desk: Desk, ireland: Any) -> None:
        key_id = ireland.create_key(KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")["KeyMetadata"]["KeyId"]
        ireland.create_alias(AliasName="alias/weather", TargetKeyId=key_id)
        assert "Parameter Store cannot use its key" in advice(desk.check("10.1"), WEATHER)

    def test_looking_costs_nothing(self, desk: Desk, lab: Lab, ssm: Any, weather: str) -> None:
        ssm.put_parameter(**API_KEY | {"Type": "String"})
        before = lab.bill.requests, len(lab.trail), lab.clock.now()
        assert not desk.check("10.1").passed
        assert (lab.bill.requests, len(lab.trail), lab.clock.now()) == before

    def test_in_the_region_of_the_lesson(self, desk: Desk, lab: Lab, kms: Any) -> None:
        key_id = kms.create_key()["KeyMetadata"]["KeyId"]
        kms.create_alias(AliasName="alias/weather", TargetKeyId=key_id)
        lab.client("ssm").put_parameter(**API_KEY, KeyId="alias/weather")
        result = desk.check("10.1")
        assert result.open_tasks == [WEATHER, UNDER_WEATHER, READ, STATION_READ]
        assert "each Region has its own" in advice(result, WEATHER)
        assert "is in another Region" in advice(result, UNDER_WEATHER)


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
        ("names", "still_open", "said"),
        [
            ((), [OTHER, DIRECT], "nothing ties the permission to one parameter"),
            (("via",), [OTHER], "nothing ties the permission to one parameter"),
            (("parameter",), [DIRECT], "still lacks kms:ViaService"),
            (("parameter", "another via"), [OWN, OTHER, DIRECT], "kms:ViaService of the policy is not the service"),
            (("another parameter", "via"), [OWN, OTHER, DIRECT], "PARAMETER_ARN of the policy is not that of"),
        ],
    )
    def test_with_other_conditions(
        self, desk: Desk, lab: Lab, key_arn: str, names: tuple[str, ...], still_open: list[str], said: str
    ) -> None:
        conditions = {
            "via": {VIA: SSM},
            "another via": {VIA: "ssm.us-east-1.amazonaws.com"},
            "parameter": {PARAMETER: arn_of(BILLING)},
            "another parameter": {PARAMETER: arn_of("billing/db/password")},
        }
        chosen = {key: value for name in names for key, value in conditions[name].items()}
        self.try_all(lab, self.billing(lab, key_arn, **chosen))
        result = desk.check("10.2")
        assert result.open_tasks == still_open
        assert said in advice(result, still_open[0])

    @pytest.mark.parametrize(
        ("policy", "said"),
        [
            (
                policy_of("kms:Decrypt", "arn:aws:ssm:us-west-2:123456789010:parameter/*"),
                "has to be the ARN of the key",
            ),
            (None, "nothing lets the role decrypt"),
        ],
    )
    def test_without_permission(
        self, desk: Desk, lab: Lab, key_arn: str, policy: dict[str, Any] | None, said: str
    ) -> None:
        self.try_all(lab, lab.role("billing", policy=policy))
        result = desk.check("10.2")
        assert result.open_tasks == [OWN, OTHER, DIRECT]
        assert said in advice(result, OWN)
        assert "which proves nothing" in advice(result, OTHER)
        assert "which proves nothing" in advice(result, DIRECT)

    def test_direct_with_another_context(self, desk: Desk, lab: Lab, key_arn: str) -> None:
        role = self.billing(lab, key_arn, **{PARAMETER: arn_of(BILLING)})
        self.try_all(lab, role, context=ORDERS)
        result = desk.check("10.2")
        assert result.open_tasks == [DIRECT]
        assert "for want of the right context" in advice(result, DIRECT)

    def test_direct_in_base64(self, desk: Desk, lab: Lab, key_arn: str) -> None:
        role = self.billing(lab, key_arn, **{PARAMETER: arn_of(BILLING), VIA: SSM})
        self.try_all(lab, role)
        ssm, kms = (lab.client(name, "us-west-2", principal=role) for name in ("ssm", "kms"))
        text = ssm.get_parameter(Name=BILLING)["Parameter"]["Value"]
        with pytest.raises(kms.exceptions.InvalidCiphertextException):
            kms.decrypt(CiphertextBlob=text, EncryptionContext={"PARAMETER_ARN": arn_of(BILLING)})
        result = desk.check("10.2")
        assert result.open_tasks == [DIRECT]
        assert "base64.b64decode" in advice(result, DIRECT)

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
        result = desk.check("10.2")
        assert result.open_tasks == [ONE_KEY, OTHER]
        assert "alias/aws/ssm, whose policy lets everybody in" in advice(result, ONE_KEY)

    def test_under_two_keys(self, desk: Desk, oregon: Any, ssm: Any, key_arn: str) -> None:
        another = oregon.create_key()["KeyMetadata"]["KeyId"]
        ssm.put_parameter(Name=ORDERS, Type="SecureString", Value="x", KeyId=another, Overwrite=True)
        assert "They are under two keys" in advice(desk.check("10.2"), ONE_KEY)

    def test_in_the_region_of_the_lesson(self, desk: Desk, lab: Lab, kms: Any) -> None:
        arn = kms.create_key()["KeyMetadata"]["Arn"]
        for name in (BILLING, ORDERS):
            lab.client("ssm").put_parameter(Name=name, Type="SecureString", Value="x", KeyId=arn)
        assert "is in another Region" in advice(desk.check("10.2"), ONE_KEY)


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

    def read(self, secrets: Any, label: str = "AWSCURRENT") -> Any:
        return secrets.get_secret_value(SecretId="warehouse/db", VersionStage=label)

    @pytest.mark.parametrize("how", ["put_secret_value", "update_secret"])
    def test_solved(self, desk: Desk, secrets: Any, how: str) -> None:
        assert desk.check("10.3").open_tasks == [REPLACED, NEW_READ, OLD_READ, NOW, ROTATIONS]
        getattr(secrets, how)(SecretId="warehouse/db", SecretString="thaw-7260")
        assert desk.check("10.3").open_tasks == [NEW_READ, OLD_READ, NOW, ROTATIONS]
        reply = self.read(secrets)
        assert desk.check("10.3").open_tasks == [OLD_READ, NOW, ROTATIONS]
        self.read(secrets, "AWSPREVIOUS")
        assert desk.check("10.3", (reply, 0)).passed
        assert desk.check("10.3", [reply, "0"]).passed

    @pytest.mark.parametrize(
        ("answer", "still_open", "said"),
        [
            (None, [NOW, ROTATIONS], "Hand over a pair"),
            (0, [NOW, ROTATIONS], "Hand over a pair"),
            (("thaw-7260", 0), [NOW], "anybody could have typed it"),
            (({"SecretString": "thaw-7260"}, 0), [NOW], "of an earlier version"),
            (({"VersionId": "x"}, 0), [NOW], "the whole reply of get_secret_value"),
        ],
    )
    def test_another_answer(self, desk: Desk, secrets: Any, answer: object, still_open: list[str], said: str) -> None:
        secrets.put_secret_value(SecretId="warehouse/db", SecretString="thaw-7260")
        self.read(secrets)
        self.read(secrets, "AWSPREVIOUS")
        result = desk.check("10.3", answer)
        assert result.open_tasks == still_open
        assert said in advice(result, still_open[0])

    @pytest.mark.parametrize("count", [1, "none"])
    def test_another_number(self, desk: Desk, secrets: Any, count: object) -> None:
        secrets.put_secret_value(SecretId="warehouse/db", SecretString="thaw-7260")
        old, new = self.read(secrets, "AWSPREVIOUS"), self.read(secrets)
        result = desk.check("10.3", (new, count))
        assert result.open_tasks == [ROTATIONS]
        assert "What would another key material have changed" in advice(result, ROTATIONS)
        result = desk.check("10.3", (old, 0))
        assert result.open_tasks == [NOW]
        assert "the password from the chat" in advice(result, NOW)

    def test_a_password_that_the_database_refuses(self, desk: Desk, secrets: Any) -> None:
        secrets.put_secret_value(SecretId="warehouse/db", SecretString="thaw-7261")
        self.read(secrets, "AWSPREVIOUS")
        result = desk.check("10.3", (self.read(secrets), 0))
        assert result.open_tasks == [NOW]
        assert "accepts no other" in advice(result, NOW)

    def test_stored_once_more_and_not_read_again(self, desk: Desk, secrets: Any) -> None:
        secrets.put_secret_value(SecretId="warehouse/db", SecretString="thaw-7260")
        earlier = self.read(secrets)
        secrets.put_secret_value(SecretId="warehouse/db", SecretString="thaw-7260")
        assert "of an earlier version" in advice(desk.check("10.3", (earlier, 0)), NOW)

    def test_the_previous_one_was_not_read(self, desk: Desk, secrets: Any) -> None:
        secrets.put_secret_value(SecretId="warehouse/db", SecretString="thaw-7260")
        result = desk.check("10.3", (self.read(secrets), 0))
        assert "You have read the current one" in advice(result, OLD_READ)

    def test_only_the_previous_one_was_read(self, desk: Desk, secrets: Any) -> None:
        secrets.put_secret_value(SecretId="warehouse/db", SecretString="thaw-7260")
        result = desk.check("10.3", (self.read(secrets, "AWSPREVIOUS"), 0))
        assert result.open_tasks == [NEW_READ, NOW]
        assert "the version before" in advice(result, NEW_READ)

    def test_the_key_was_rotated_instead(self, desk: Desk, lab: Lab, secrets: Any) -> None:
        kms = lab.client("kms", region_name="eu-central-1")
        key_id = next(key.key_id for key in lab.inventory if key.description == "warehouse")
        kms.rotate_key_on_demand(KeyId=key_id)
        lab.clock.advance(minutes=1)
        result = desk.check("10.3", (self.read(secrets), 1))
        assert result.open_tasks == [REPLACED, NEW_READ, OLD_READ, NOW, ROTATIONS]
        assert "You have rotated the KMS key" in advice(result, REPLACED)

    def test_read_only_before(self, desk: Desk, secrets: Any) -> None:
        reply = self.read(secrets)
        secrets.put_secret_value(SecretId="warehouse/db", SecretString="thaw-7260")
        result = desk.check("10.3", (reply, 0))
        assert result.open_tasks == [NEW_READ, OLD_READ, NOW]
        assert "Read it again" in advice(result, NEW_READ)

    def test_deleted_and_made_anew(self, desk: Desk, lab: Lab, secrets: Any) -> None:
        secrets.delete_secret(SecretId="warehouse/db", ForceDeleteWithoutRecovery=True)
        secrets.create_secret(Name="warehouse/db", SecretString="thaw-7260")
        result = desk.check("10.3", (self.read(secrets), 0))
        assert result.open_tasks == [REPLACED, NEW_READ, OLD_READ, NOW]
        assert "deleted and made anew" in advice(result, REPLACED)

    def test_without_the_lesson(self, desk: Desk) -> None:
        assert desk.check("10.3", ("thaw-7260", 0)).open_tasks == [REPLACED, NEW_READ, OLD_READ, NOW]
