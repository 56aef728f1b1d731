"""Parameter Store: a SecureString is encrypted and decrypted by KMS, in the caller's name, on its bill and trail."""

from __future__ import annotations

import base64
import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from kmslab import Lab
from kmslab.cloud.moto_state import take
from kmslab.principals import Principal

VALUE = "correct horse battery staple"
CONTEXT_KEY = "PARAMETER_ARN"
DENIED_BY_IAM = (
    "User: {user} is not authorized to perform: kms:Decrypt on the resource associated with this ciphertext because "
    "no identity-based policy allows the kms:Decrypt action"
)


@pytest.fixture
def kms(lab: Lab) -> Any:
    return lab.client("kms")


@pytest.fixture
def ssm(lab: Lab) -> Any:
    return lab.client("ssm")


@pytest.fixture
def key(kms: Any) -> str:
    return str(kms.create_key()["KeyMetadata"]["Arn"])


def put(ssm: Any, name: str = "/app/db", value: str = VALUE, **more: Any) -> Any:
    return ssm.put_parameter(Name=name, Value=value, Type="SecureString", **more)


def get(ssm: Any, name: str = "/app/db") -> str:
    return str(ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"])


def refusal(call: Callable[[], Any]) -> tuple[str, str]:
    """Code and text of a refusal, the id of the request that it quotes left out."""
    with pytest.raises(ClientError) as caught:
        call()
    error = caught.value.response["Error"]
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    return error["Code"], re.sub(r"Request ID: [0-9a-f-]{36};", "Request ID: ...;", error["Message"])


def quoting(text: str, code: str) -> str:
    return f"{text} (Service: AWSKMS; Status Code: 400; Error Code: {code}; Request ID: ...; Proxy: null)"


def made_by_ssm(lab: Lab) -> list[Any]:
    return [each for each in lab.trail if each["userIdentity"].get("invokedBy") == "fas.ssm.amazonaws.com"]


def parameter_arn(name: str, lab: Lab) -> str:
    return f"arn:aws:ssm:us-east-1:{lab.account_id}:parameter/{name}"


def reader(lab: Lab, name: str, **condition: Any) -> Principal:
    """A user who may read every parameter, and use keys on a condition; without one, not at all."""
    statements: list[Any] = [{"Effect": "Allow", "Action": "ssm:*", "Resource": "*"}]
    if condition:
        uses = ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"]
        statements.append({"Effect": "Allow", "Action": uses, "Resource": "*", "Condition": condition})
    return lab.user(name, {"Version": "2012-10-17", "Statement": statements})


def held(lab: Lab) -> bytes:
    """Everything that is at rest in Parameter Store."""
    taken = [each for _, each in take(lab._services.now().bridge, {"ssm"})]
    assert not any(each.failure for each in taken)
    return b"".join(each.pickled + b"".join(each.contents.values()) for each in taken)


@pytest.mark.parametrize("form", ["id", "arn", "alias", "alias arn"])
def test_a_key_is_named_in_every_form(kms: Any, ssm: Any, key: str, form: str) -> None:
    kms.create_alias(AliasName="alias/app", TargetKeyId=key)
    alias_arn = f"{key.rpartition(':')[0]}:alias/app"
    name = {"id": key.rpartition("/")[2], "arn": key, "alias": "alias/app", "alias arn": alias_arn}[form]
    assert put(ssm, KeyId=name)["Tier"] == "Standard"
    shown = ssm.get_parameter(Name="/app/db")["Parameter"]
    assert kms.decrypt(
        CiphertextBlob=base64.b64decode(shown["Value"]), EncryptionContext={CONTEXT_KEY: shown["ARN"]}
    ) | {"ResponseMetadata": None} == {
        "KeyId": key,
        "Plaintext": VALUE.encode(),
        "EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
        "KeyMaterialId": kms.describe_key(KeyId=key)["KeyMetadata"]["CurrentKeyMaterialId"],
        "ResponseMetadata": None,
    }
    assert get(ssm) == VALUE
    assert ssm.describe_parameters()["Parameters"][0]["KeyId"] == name


def test_without_a_key_it_is_the_aws_managed_key(lab: Lab, kms: Any, ssm: Any) -> None:
    put(ssm)
    assert get(ssm) == VALUE
    described = kms.describe_key(KeyId="alias/aws/ssm")["KeyMetadata"]
    assert described["KeyManager"] == "AWS"
    assert ssm.get_parameter_history(Name="/app/db")["Parameters"][0]["KeyId"] == "alias/aws/ssm"
    decrypted = made_by_ssm(lab)[-1]
    assert decrypted["eventName"] == "Decrypt"
    assert decrypted["resources"][0]["ARN"] == described["Arn"]


@pytest.mark.parametrize("tier", ["Standard", "Advanced"])
def test_calls_context_trail_and_bill(lab: Lab, ssm: Any, key: str, tier: str) -> None:
    before = lab.bill.requests
    put(ssm, "plain", KeyId=key, Tier=tier)
    assert get(ssm, "plain") == VALUE
    assert lab.bill.requests == before + 2
    made, read = made_by_ssm(lab)
    assert (made["eventName"], read["eventName"]) == ("Encrypt" if tier == "Standard" else "GenerateDataKey", "Decrypt")
    for event in (made, read):
        assert event["requestParameters"]["encryptionContext"] == {CONTEXT_KEY: parameter_arn("plain", lab)}
        assert event["sourceIPAddress"] == event["userAgent"] == "fas.ssm.amazonaws.com"
        assert event["resources"][0]["ARN"] == key
    # Reading what is stored asks nobody, nor does a parameter that is not encrypted.
    ssm.get_parameter(Name="plain")
    ssm.put_parameter(Name="open", Value="x", Type="String")
    assert ssm.get_parameter(Name="open", WithDecryption=True)["Parameter"]["Value"] == "x"
    assert lab.bill.requests == before + 2


@pytest.mark.parametrize("tier", ["Standard", "Advanced"])
def test_at_rest_there_is_only_ciphertext(lab: Lab, ssm: Any, key: str, tier: str) -> None:
    put(ssm, KeyId=key, Tier=tier)
    shown = ssm.get_parameter(Name="/app/db")["Parameter"]["Value"]
    assert VALUE not in shown
    assert base64.b64decode(shown, validate=True)
    stored = held(lab)
    assert shown.encode() in stored or len(shown) >= 1024
    assert VALUE.encode() not in stored


def test_every_way_of_reading(ssm: Any, key: str) -> None:
    for name in ("/app/a", "/app/b"):
        put(ssm, name, f"value of {name}", KeyId=key)
    ssm.put_parameter(Name="/app/open", Value="open", Type="String")
    expected = {"/app/a": "value of /app/a", "/app/b": "value of /app/b", "/app/open": "open"}

    def shown(reply: Any) -> dict[str, str]:
        return {each["Name"]: each["Value"] for each in reply["Parameters"]}

    names = ssm.get_parameters(Names=[*expected, "/app/no"], WithDecryption=True)
    assert shown(names) == expected
    assert names["InvalidParameters"] == ["/app/no"]
    assert shown(ssm.get_parameters_by_path(Path="/app", WithDecryption=True)) == expected
    assert shown(ssm.get_parameter_history(Name="/app/a", WithDecryption=True)) == {"/app/a": expected["/app/a"]}
    for closed in (ssm.get_parameters(Names=["/app/a"]), ssm.get_parameters_by_path(Path="/app")):
        assert base64.b64decode(shown(closed)["/app/a"], validate=True)
    assert get(ssm, parameter_name_as_arn := ssm.get_parameter(Name="/app/a")["Parameter"]["ARN"]) == expected["/app/a"]
    assert parameter_name_as_arn.endswith(":parameter/app/a")


def test_who_made_a_version_and_when(lab: Lab, ssm: Any, key: str) -> None:
    put(ssm, KeyId=key)
    alice = reader(lab, "alice", StringLike={"kms:ViaService": "*"})
    lab.clock.advance(days=3)
    put(lab.client("ssm", principal=alice), value="hers", Overwrite=True)
    one, two = ssm.get_parameter_history(Name="/app/db")["Parameters"]
    assert [one["LastModifiedUser"], two["LastModifiedUser"]] == [lab.administrator.arn, alice.arn]
    assert (two["LastModifiedDate"] - one["LastModifiedDate"]).days == 3
    assert ssm.describe_parameters()["Parameters"][0]["LastModifiedUser"] == alice.arn


def test_versions_keep_their_keys_and_labels(kms: Any, ssm: Any, key: str) -> None:
    other = kms.create_key()["KeyMetadata"]["Arn"]
    put(ssm, value="one", KeyId=key)
    ssm.label_parameter_version(Name="/app/db", Labels=["first"])
    assert put(ssm, value="two", KeyId=other, Overwrite=True)["Version"] == 2
    assert put(ssm, value="three", Overwrite=True)["Version"] == 3
    assert [get(ssm, f"/app/db{each}") for each in (":1", ":first", ":2", "")] == ["one", "one", "two", "three"]
    assert ssm.get_parameter(Name="/app/db:first", WithDecryption=True)["Parameter"]["Selector"] == ":first"
    history = ssm.get_parameter_history(Name="/app/db", WithDecryption=True)["Parameters"]
    assert [(each["Value"], each["KeyId"]) for each in history] == [("one", key), ("two", other), ("three", other)]
    kms.disable_key(KeyId=key)
    assert get(ssm) == "three"
    code, _ = refusal(lambda: get(ssm, "/app/db:1"))
    assert code == "InvalidKeyId"


@pytest.mark.parametrize("tier", ["Standard", "Advanced"])
def test_a_disabled_key_closes_the_parameter_and_opens_it_again(
    lab: Lab, kms: Any, ssm: Any, key: str, tier: str
) -> None:
    put(ssm, KeyId=key, Tier=tier)
    kms.disable_key(KeyId=key)
    expected = ("InvalidKeyId", quoting(f"{key} is disabled.", "DisabledException"))
    before = lab.bill.requests
    assert refusal(lambda: get(ssm)) == expected
    assert made_by_ssm(lab)[-1]["errorCode"] == "DisabledException"
    assert lab.bill.requests == before + 1
    assert refusal(lambda: ssm.get_parameters(Names=["/app/db"], WithDecryption=True)) == expected
    assert refusal(lambda: ssm.get_parameters_by_path(Path="/app", WithDecryption=True)) == expected
    assert refusal(lambda: ssm.get_parameter_history(Name="/app/db", WithDecryption=True)) == expected
    # What is stored can be read all the same.
    assert ssm.get_parameter(Name="/app/db")["Parameter"]["Type"] == "SecureString"
    kms.enable_key(KeyId=key)
    assert get(ssm) == VALUE


def test_a_deleted_key_closes_it_for_good(lab: Lab, kms: Any, ssm: Any, key: str) -> None:
    put(ssm, KeyId=key)
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    expected = ("InvalidKeyId", quoting(f"{key} is pending deletion.", "KMSInvalidStateException"))
    assert refusal(lambda: get(ssm)) == expected
    lab.clock.advance(days=8)
    code, text = refusal(lambda: get(ssm))
    assert code == "AccessDeniedException"
    assert "kms:Decrypt on the resource associated with this ciphertext because the resource does not exist" in text


def test_nothing_is_stored_when_kms_refuses(kms: Any, ssm: Any, key: str) -> None:
    put(ssm, KeyId=key)
    kms.disable_key(KeyId=key)
    nobody = f"{key.rpartition(':')[0]}:alias/nobody"
    disabled = ("InvalidKeyId", quoting(f"{key} is disabled.", "DisabledException"))
    assert refusal(lambda: put(ssm, value="new", Overwrite=True)) == disabled
    assert refusal(lambda: put(ssm, "/app/new", KeyId=key, Tier="Advanced")) == disabled
    missing = ("InvalidKeyId", quoting(f"Alias {nobody} is not found.", "NotFoundException"))
    assert refusal(lambda: put(ssm, "/app/new", KeyId="alias/nobody")) == missing
    assert [each["Name"] for each in ssm.describe_parameters()["Parameters"]] == ["/app/db"]
    assert len(ssm.get_parameter_history(Name="/app/db")["Parameters"]) == 1


def test_refusals_of_parameter_store_itself_ask_no_key(lab: Lab, ssm: Any, key: str) -> None:
    put(ssm, KeyId=key)
    before = lab.bill.requests
    assert refusal(lambda: put(ssm, value="again", KeyId=key))[0] == "ParameterAlreadyExists"
    assert refusal(lambda: get(ssm, "/app/nobody"))[0] == "ParameterNotFound"
    assert refusal(lambda: put(ssm, "aws-mine", KeyId=key))[0] == "ValidationException"
    assert refusal(lambda: put(ssm, KeyId=key, Overwrite=True, Tags=[{"Key": "a", "Value": "b"}]))[0] == (
        "ValidationException"
    )
    assert refusal(lambda: ssm.put_parameter(Name="open", Value="x", Type="String", KeyId=key)) == (
        "ValidationException",
        "KeyId is required for SecureString type parameter only.",
    )
    code, text = refusal(lambda: put(ssm, "/app/long", "x" * 4097, KeyId=key, Tier="Standard"))
    assert code == "ValidationException"
    assert text.startswith("Standard tier parameters support a maximum parameter value of 4096 characters.")
    assert lab.bill.requests == before
    assert get(ssm) == VALUE


def test_tiers(ssm: Any, key: str) -> None:
    assert put(ssm, "small", "x" * 4096, KeyId=key, Tier="Intelligent-Tiering")["Tier"] == "Standard"
    assert put(ssm, "large", "x" * 4097, KeyId=key, Tier="Intelligent-Tiering")["Tier"] == "Advanced"
    assert get(ssm, "large") == "x" * 4097
    assert put(ssm, "large", "y", Overwrite=True)["Tier"] == "Advanced"
    code, text = refusal(lambda: put(ssm, "large", "y", Overwrite=True, Tier="Standard"))
    assert code == "ValidationException"
    assert text.startswith("This parameter uses the advanced-parameter tier. You can't downgrade")
    assert refusal(lambda: put(ssm, "huge", "x" * 8193, Tier="Advanced"))[0] == "ValidationException"


def test_who_may_read_the_parameter_may_not_use_the_key(lab: Lab, ssm: Any, key: str) -> None:
    put(ssm, KeyId=key)
    alice = reader(lab, "alice")
    expected = quoting(DENIED_BY_IAM.format(user=alice.arn), "AccessDeniedException")
    assert refusal(lambda: get(lab.client("ssm", principal=alice))) == ("AccessDeniedException", expected)
    event = made_by_ssm(lab)[-1]
    assert (event["errorCode"], event["userIdentity"]["userName"]) == ("AccessDenied", "alice")
    code, _ = refusal(lambda: put(lab.client("ssm", principal=alice), "/app/hers", KeyId=key))
    assert code == "AccessDeniedException"
    assert refusal(lambda: get(ssm, "/app/hers"))[0] == "ParameterNotFound"


def test_conditions_on_parameter_and_service_decide(lab: Lab, ssm: Any, key: str) -> None:
    put(ssm, "/app/db", KeyId=key)
    put(ssm, "/ops/db", KeyId=key)
    app = parameter_arn("app/*", lab)
    alice = lab.client("ssm", principal=reader(lab, "alice", StringLike={f"kms:EncryptionContext:{CONTEXT_KEY}": app}))
    assert get(alice, "/app/db") == VALUE
    assert refusal(lambda: get(alice, "/ops/db"))[0] == "AccessDeniedException"
    put(alice, "/app/hers", KeyId=key, Tier="Advanced")
    assert get(alice, "/app/hers") == VALUE
    assert refusal(lambda: put(alice, "/ops/hers", KeyId=key))[0] == "AccessDeniedException"
    bob = reader(lab, "bob", StringEquals={"kms:ViaService": "ssm.us-east-1.amazonaws.com"})
    assert get(lab.client("ssm", principal=bob), "/ops/db") == VALUE
    with pytest.raises(ClientError, match="kms:Encrypt"):
        lab.client("kms", principal=bob).encrypt(KeyId=key, Plaintext=b"directly")


def test_a_key_of_another_account(lab: Lab, ssm: Any) -> None:
    other = lab.account("999988887777")
    theirs = other.client("kms")
    key = theirs.create_key()["KeyMetadata"]["Arn"]
    code, text = refusal(lambda: put(ssm, KeyId=key))
    assert (code, f"is not authorized to perform: kms:Encrypt on resource: {key} because" in text) == (
        "AccessDeniedException",
        True,
    )
    root = f"arn:aws:iam::{lab.account_id}:root"
    policy = json.loads(theirs.get_key_policy(KeyId=key)["Policy"])
    policy["Statement"].append({"Effect": "Allow", "Principal": {"AWS": root}, "Action": "kms:*", "Resource": "*"})
    theirs.put_key_policy(KeyId=key, Policy=json.dumps(policy))
    put(ssm, KeyId=key)
    assert get(ssm) == VALUE
    theirs.disable_key(KeyId=key)
    assert refusal(lambda: get(ssm)) == ("InvalidKeyId", quoting(f"{key} is disabled.", "DisabledException"))


def test_a_secret_read_as_a_parameter(lab: Lab, kms: Any, ssm: Any, key: str) -> None:
    lab.client("secretsmanager").create_secret(Name="prod/db", SecretString=VALUE, KmsKeyId=key)
    name = "/aws/reference/secretsmanager/prod/db"
    shown = ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]
    assert (shown["Value"], json.loads(shown["SourceResult"])["Name"]) == (VALUE, "prod/db")
    assert lab.trail[-1]["userIdentity"]["invokedBy"] == "fas.secretsmanager.amazonaws.com"
    assert refusal(lambda: ssm.get_parameter(Name=name))[0] == "ValidationException"
    assert refusal(lambda: get(ssm, f"{name}-no"))[0] == "ParameterNotFound"
    kms.disable_key(KeyId=key)
    assert refusal(lambda: get(ssm, name))[0] == "DecryptionFailure"


def test_over_http_and_from_the_command_line(lab: Lab, kms: Any, key: str) -> None:
    environ = lab.environ()
    session = boto3.Session(environ["AWS_ACCESS_KEY_ID"], environ["AWS_SECRET_ACCESS_KEY"], region_name="us-east-1")
    ssm = session.client("ssm", endpoint_url=lab.endpoint())
    put(ssm, KeyId=key)
    asked = ["aws", *"ssm get-parameter --name /app/db --with-decryption --query Parameter.Value --output text".split()]

    def ask() -> subprocess.CompletedProcess[str]:
        return subprocess.run(asked, env=environ, capture_output=True, text=True, check=False)  # noqa: S603

    assert ask().stdout.strip() == VALUE
    kms.disable_key(KeyId=key)
    refused = ask()
    assert refused.returncode != 0
    assert f"(InvalidKeyId) when calling the GetParameter operation: {key} is disabled." in refused.stderr
    kms.enable_key(KeyId=key)
    assert get(ssm) == VALUE
    assert made_by_ssm(lab)[-1]["eventName"] == "Decrypt"


def test_it_is_there_when_the_lab_is_opened_again(tmp_path: Path) -> None:
    with Lab.open(tmp_path / "lab.db", seed=1) as lab:
        key = lab.client("kms").create_key()["KeyMetadata"]["Arn"]
        put(lab.client("ssm"), KeyId=key)
        put(lab.client("ssm"), value="two", Overwrite=True, Tier="Advanced")
    assert VALUE.encode() not in (tmp_path / "lab.db").read_bytes()
    with Lab.open(tmp_path / "lab.db") as lab:
        assert lab.lost == ()
        assert [get(lab.client("ssm"), each) for each in ("/app/db:1", "/app/db")] == [VALUE, "two"]
        lab.client("kms").disable_key(KeyId=key)
        assert refusal(lambda: get(lab.client("ssm")))[0] == "InvalidKeyId"


@pytest.mark.parametrize("body", [b"[]", b"{", b'{"Name": 7, "Value": "x"}'])
def test_a_body_that_cannot_be_read(lab: Lab, body: bytes) -> None:
    def spoil(request: Any, **_: Any) -> None:
        request.data = body

    ssm = lab.client("ssm")
    ssm.meta.events.register("before-sign.ssm.PutParameter", spoil)
    assert refusal(lambda: put(ssm))[0] == "SerializationException"
    assert ssm.describe_parameters()["Parameters"] == []
