"""Who may call what: for every operation, who may, who may not, with AWS's words, and who hears of it.

A stage on the way: until key policies and IAM policies are evaluated, root and the administrator may and nobody else,
not even bob, whose IAM policy allows everything.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest

from kmslab import Lab
from kmslab.operations import OPERATIONS

ACCOUNT = "123456789010"
OTHER = "999988887777"
ARN = f"arn:aws:kms:us-east-1:{ACCOUNT}"
VAGUE = (
    "because the resource does not exist in this Region, no resource-based policies allow access, "
    "or a resource-based policy explicitly denies access"
)
UNKNOWN = f"{ARN}:key/12345678-1234-1234-1234-123456789012"

SIGN = {"Message": b"m", "SigningAlgorithm": "ECDSA_SHA_256"}
MAC = {"Message": b"m", "MacAlgorithm": "HMAC_SHA_256"}
ALLOW_ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


class Stage:
    """One Lab with all kinds of callers and keys."""

    def __init__(self, lab: Lab) -> None:
        """Make the callers and the keys."""
        self.lab = lab
        self.kms: Any = lab.client("kms")
        self.other: Any = lab.account(OTHER).client("kms")
        self.clients = {
            "administrator": self.kms,
            "root": lab.client("kms", principal=lab.root),
            "alice": lab.client("kms", principal=lab.user("alice")),
            "bob": lab.client("kms", principal=lab.user("bob", policy=ALLOW_ALL)),
        }
        self.numbers = count()
        self.sym = self.new_key()
        self.destination = self.new_key()
        self.ecc = self.new_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
        self.mac = self.new_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
        self.leaving = self.new_key()
        self.kms.schedule_key_deletion(KeyId=self.leaving)
        self.blob = self.kms.encrypt(KeyId=self.sym, Plaintext=b"x")["CiphertextBlob"]
        self.signature = self.kms.sign(KeyId=self.ecc, **SIGN)["Signature"]
        self.code = self.kms.generate_mac(KeyId=self.mac, **MAC)["Mac"]
        self.alias = self.new_alias()
        self.others_key = self.other.create_key()["KeyMetadata"]["Arn"]
        self.other.create_alias(AliasName="alias/theirs", TargetKeyId=self.others_key)

    def new_key(self, **params: Any) -> str:
        """The ARN of a new key of the administrator's account."""
        return str(self.kms.create_key(**params)["KeyMetadata"]["Arn"])

    def leaving_key(self) -> str:
        """The ARN of a new key that is pending deletion."""
        key = self.new_key()
        self.kms.schedule_key_deletion(KeyId=key)
        return key

    def new_alias(self) -> str:
        """A new alias of the symmetric key."""
        name = f"alias/made-{next(self.numbers)}"
        self.kms.create_alias(AliasName=name, TargetKeyId=self.sym)
        return name


@dataclass(frozen=True)
class Case:
    """How an operation is called.

    Attributes:
        method: boto3's name.
        harmless: Parameters for a caller who is refused.
        key: The member that names the key, for a caller of another account; None when the call names none.
        resource: What the denial names after `on resource: `; `{KEY}` stands for that member's value.
        works: Parameters for a caller who may, when those above are good for one call only.
        action: The IAM action, when it has another name than the operation.
    """

    method: str
    harmless: Callable[[Stage], dict[str, Any]]
    key: str | None = "KeyId"
    resource: str = "{KEY}"
    works: Callable[[Stage], dict[str, Any]] | None = None
    action: str = ""


CASES: dict[str, Case] = {
    "CancelKeyDeletion": Case(
        "cancel_key_deletion", lambda s: {"KeyId": s.leaving}, works=lambda s: {"KeyId": s.leaving_key()}
    ),
    "CreateAlias": Case(
        "create_alias",
        lambda s: {"AliasName": "alias/mine", "TargetKeyId": s.sym},
        key="TargetKeyId",
        resource=f"{ARN}:alias/mine",
        works=lambda s: {"AliasName": f"alias/mine-{next(s.numbers)}", "TargetKeyId": s.sym},
    ),
    "CreateKey": Case("create_key", lambda s: {}, key=None, resource="*"),
    "Decrypt": Case("decrypt", lambda s: {"CiphertextBlob": s.blob, "KeyId": s.sym}),
    "DeleteAlias": Case(
        "delete_alias",
        lambda s: {"AliasName": s.alias},
        key=None,
        resource=f"{ARN}:{{alias}}",
        works=lambda s: {"AliasName": s.new_alias()},
    ),
    "DescribeKey": Case("describe_key", lambda s: {"KeyId": s.sym}),
    "DisableKey": Case("disable_key", lambda s: {"KeyId": s.sym}, works=lambda s: {"KeyId": s.new_key()}),
    "EnableKey": Case("enable_key", lambda s: {"KeyId": s.sym}),
    "Encrypt": Case("encrypt", lambda s: {"KeyId": s.sym, "Plaintext": b"x"}),
    "GenerateDataKey": Case("generate_data_key", lambda s: {"KeyId": s.sym, "KeySpec": "AES_256"}),
    "GenerateDataKeyPair": Case("generate_data_key_pair", lambda s: {"KeyId": s.sym, "KeyPairSpec": "ECC_NIST_P256"}),
    "GenerateDataKeyPairWithoutPlaintext": Case(
        "generate_data_key_pair_without_plaintext", lambda s: {"KeyId": s.sym, "KeyPairSpec": "ECC_NIST_P256"}
    ),
    "GenerateDataKeyWithoutPlaintext": Case(
        "generate_data_key_without_plaintext", lambda s: {"KeyId": s.sym, "KeySpec": "AES_128"}
    ),
    "GenerateMac": Case("generate_mac", lambda s: {"KeyId": s.mac, **MAC}),
    "GenerateRandom": Case("generate_random", lambda s: {"NumberOfBytes": 1}, key=None, resource="*"),
    "GetKeyPolicy": Case("get_key_policy", lambda s: {"KeyId": s.sym}),
    "GetPublicKey": Case("get_public_key", lambda s: {"KeyId": s.ecc}),
    "ListAliases": Case("list_aliases", lambda s: {}, key=None, resource="*"),
    "ListKeyPolicies": Case("list_key_policies", lambda s: {"KeyId": s.sym}),
    "ListKeys": Case("list_keys", lambda s: {}, key=None, resource="*"),
    "ListResourceTags": Case("list_resource_tags", lambda s: {"KeyId": s.sym}),
    "ReEncrypt": Case(
        "re_encrypt",
        lambda s: {"CiphertextBlob": s.blob, "SourceKeyId": s.sym, "DestinationKeyId": s.destination},
        key="SourceKeyId",
        action="ReEncryptFrom",
    ),
    "ScheduleKeyDeletion": Case(
        "schedule_key_deletion", lambda s: {"KeyId": s.sym}, works=lambda s: {"KeyId": s.new_key()}
    ),
    "Sign": Case("sign", lambda s: {"KeyId": s.ecc, **SIGN}),
    "TagResource": Case("tag_resource", lambda s: {"KeyId": s.sym, "Tags": [{"TagKey": "k", "TagValue": "v"}]}),
    "UntagResource": Case("untag_resource", lambda s: {"KeyId": s.sym, "TagKeys": ["k"]}),
    "UpdateAlias": Case(
        "update_alias",
        lambda s: {"AliasName": s.alias, "TargetKeyId": s.sym},
        key=None,
        resource=f"{ARN}:{{alias}}",
    ),
    "UpdateKeyDescription": Case("update_key_description", lambda s: {"KeyId": s.sym, "Description": "d"}),
    "Verify": Case("verify", lambda s: {"KeyId": s.ecc, "Signature": s.signature, **SIGN}),
    "VerifyMac": Case("verify_mac", lambda s: {"KeyId": s.mac, "Mac": s.code, **MAC}),
}
WITH_KEY = [name for name, case in CASES.items() if case.key is not None]


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with Lab(seed=5) as lab:
        yield Stage(lab)


def action_of(operation: str) -> str:
    return f"kms:{CASES[operation].action or operation}"


def resource_of(stage: Stage, case: Case, params: dict[str, Any]) -> str:
    key = params[case.key] if case.key else ""
    return case.resource.format(KEY=key, alias=stage.alias)


def test_every_operation_has_a_case() -> None:
    assert set(CASES) == set(OPERATIONS), "say for the new operations who may"


@pytest.mark.parametrize("who", ["administrator", "root"])
@pytest.mark.parametrize("operation", CASES)
def test_who_may(stage: Stage, operation: str, who: str) -> None:
    case = CASES[operation]
    params = (case.works or case.harmless)(stage)
    reply = getattr(stage.clients[who], case.method)(**params)
    assert reply["ResponseMetadata"]["HTTPStatusCode"] == 200
    event = stage.lab.trail[-1]
    assert event["eventName"] == operation
    assert event["userIdentity"]["type"] == ("Root" if who == "root" else "IAMUser")
    assert "errorCode" not in event


@pytest.mark.parametrize("operation", CASES)
def test_alice_may_not(stage: Stage, refusals_of: Any, operation: str) -> None:
    """An IAM user without any policy, in the account that owns the key."""
    case = CASES[operation]
    params = case.harmless(stage)
    action, resource = action_of(operation), resource_of(stage, case, params)
    with refusals_of(stage.lab)(
        "AccessDeniedException",
        f"User: arn:aws:iam::{ACCOUNT}:user/alice is not authorized to perform: {action} on resource: {resource} "
        f"because no identity-based policy allows the {action} action",
    ):
        getattr(stage.clients["alice"], case.method)(**params)
    assert stage.lab.trail[-1]["userIdentity"]["userName"] == "alice"
    assert stage.lab.trail[-1]["eventName"] == operation


@pytest.mark.parametrize("operation", CASES)
def test_bob_may_not_yet(stage: Stage, refusals_of: Any, operation: str) -> None:
    """An IAM policy that allows everything would be enough on AWS; the Lab does not evaluate it yet and says no."""
    case = CASES[operation]
    params = case.harmless(stage)
    with refusals_of(stage.lab)("AccessDeniedException", None):
        getattr(stage.clients["bob"], case.method)(**params)
    assert stage.lab.trail[-1]["userIdentity"]["userName"] == "bob"


@pytest.mark.parametrize("operation", WITH_KEY)
def test_another_account_may_not(stage: Stage, refusals_of: Any, operation: str) -> None:
    """Its administrator may do everything, but not to a key of this account; only its own trail hears of it."""
    case = CASES[operation]
    params = case.harmless(stage)
    ours, billed = len(stage.lab.trail), stage.lab.bill.requests
    where = params[case.key or ""]
    with refusals_of(stage.lab, OTHER)(
        "AccessDeniedException",
        f"User: arn:aws:iam::{OTHER}:user/administrator is not authorized to perform: {action_of(operation)} "
        f"on resource: {where} {VAGUE}",
    ):
        getattr(stage.other, case.method)(**params)
    assert len(stage.lab.trail) == ours, "the key's owner does not hear of a refused call"
    assert stage.lab.bill.requests == billed, "who calls pays"
    assert stage.lab.account(OTHER).trail[-1]["recipientAccountId"] == OTHER


@pytest.mark.parametrize("operation", WITH_KEY)
def test_another_account_does_not_learn_which_keys_exist(stage: Stage, operation: str) -> None:
    case = CASES[operation]
    params = case.harmless(stage)
    answers = []
    for key in (params[case.key or ""], UNKNOWN):
        with pytest.raises(stage.other.exceptions.ClientError) as caught:
            getattr(stage.other, case.method)(**{**params, case.key or "": key})
        error = caught.value.response["Error"]
        answers.append((error["Code"], error["Message"].replace(key, "KEY")))
    assert answers[0] == answers[1]


def test_another_account_does_not_learn_it_from_list_aliases_either(stage: Stage) -> None:
    """ListAliases is no cross-account operation: a key of another account is refused like one that does not exist."""
    answers = []
    for key in (stage.sym, UNKNOWN):
        with pytest.raises(stage.other.exceptions.ClientError) as caught:
            stage.other.list_aliases(KeyId=key)
        answers.append(caught.value.response["Error"]["Code"])
    assert answers == ["AccessDeniedException", "AccessDeniedException"]


def test_an_alias_cannot_reach_into_another_account(stage: Stage, refusals_of: Any) -> None:
    refuses = refusals_of(stage.lab, OTHER)
    with refuses("AccessDeniedException", None):
        stage.other.update_alias(AliasName="alias/theirs", TargetKeyId=stage.sym)
    # An alias name always means the caller's own account.
    with refuses("NotFoundException", f"Alias arn:aws:kms:us-east-1:{OTHER}:{stage.alias} is not found."):
        stage.other.delete_alias(AliasName=stage.alias)
    with refuses("NotFoundException", f"Alias arn:aws:kms:us-east-1:{OTHER}:{stage.alias} is not found."):
        stage.other.describe_key(KeyId=stage.alias)


def test_a_ciphertext_of_another_account(stage: Stage, refusals_of: Any) -> None:
    with refusals_of(stage.lab, OTHER)(
        "AccessDeniedException",
        f"User: arn:aws:iam::{OTHER}:user/administrator is not authorized to perform: kms:Decrypt "
        f"on the resource associated with this ciphertext {VAGUE}",
    ):
        stage.other.decrypt(CiphertextBlob=stage.blob)


def test_each_key_of_re_encrypt_has_its_own_permission(stage: Stage, refusals_of: Any) -> None:
    """From one's own key to another account's: kms:ReEncryptTo is what is missing."""
    blob = stage.other.encrypt(KeyId="alias/theirs", Plaintext=b"x")["CiphertextBlob"]
    with refusals_of(stage.lab, OTHER)(
        "AccessDeniedException",
        f"User: arn:aws:iam::{OTHER}:user/administrator is not authorized to perform: kms:ReEncryptTo "
        f"on resource: {stage.sym} {VAGUE}",
    ):
        stage.other.re_encrypt(CiphertextBlob=blob, DestinationKeyId=stage.sym)


def test_a_key_with_another_policy_admits_nobody_yet(stage: Stage, refusals_of: Any) -> None:
    """The key policy is where access begins: what it does not give, no IAM policy gives."""
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{OTHER}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    key = stage.new_key(Policy=policy, BypassPolicyLockoutSafetyCheck=True)
    for who, arn in (("administrator", "user/administrator"), ("root", "root")):
        with refusals_of(stage.lab)(
            "AccessDeniedException",
            f"User: arn:aws:iam::{ACCOUNT}:{arn} is not authorized to perform: kms:DescribeKey on resource: {key} "
            "because no resource-based policy allows the kms:DescribeKey action",
        ):
            stage.clients[who].describe_key(KeyId=key)


def test_keys_of_two_accounts_do_not_mix(stage: Stage) -> None:
    ours = {key["KeyArn"] for key in stage.kms.list_keys(Limit=1000)["Keys"]}
    theirs = {key["KeyArn"] for key in stage.other.list_keys()["Keys"]}
    assert stage.sym in ours
    assert theirs == {stage.others_key}
    assert [alias["AliasName"] for alias in stage.other.list_aliases()["Aliases"]] == ["alias/theirs"]
