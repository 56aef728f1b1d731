"""Who may call what: for every operation, who may, who may not, with AWS's words, and who hears of it.

Every operation is called by root and the administrator, by alice, who has no policy, and by bob, who has just the
permission it needs, or all but that.

The module is long because it has a call of each of the 56 operations.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from kmslab import Lab
from kmslab.call import Call
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
ECDH = {"KeyAgreementAlgorithm": "ECDH"}
KEM = {"EncapsulationAlgorithm": "ML_KEM"}
IMPORT = {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"}
TAGS = [{"TagKey": "k", "TagValue": "v"}]
RETIRING = f"arn:aws:iam::{ACCOUNT}:user/retiring"
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
        self.agreement = self.new_key(KeySpec="ECC_NIST_P256", KeyUsage="KEY_AGREEMENT")
        peer = ec.generate_private_key(ec.SECP256R1()).public_key()
        self.peer = peer.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        self.kem = self.new_key(KeySpec="ML_KEM_512", KeyUsage="ENCAPSULATE_DECAPSULATE")
        self.encapsulation = self.kms.encapsulate(KeyId=self.kem, **KEM)["SharedSecretCiphertextBlob"]
        self.external = self.new_key(Origin="EXTERNAL")
        self.wrapped = self.wrap(self.kms.get_parameters_for_import(KeyId=self.external, **IMPORT))
        self.policy = self.kms.get_key_policy(KeyId=self.sym)["Policy"]
        self.grant = self.new_grant()
        self.primary = self.new_primary()
        self.store = self.new_store()
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

    def wrap(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """What ImportKeyMaterial takes besides the key."""
        public_key = serialization.load_der_public_key(parameters["PublicKey"])
        assert isinstance(public_key, rsa.RSAPublicKey)
        oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
        return {
            "ImportToken": parameters["ImportToken"],
            "EncryptedKeyMaterial": public_key.encrypt(bytes(32), oaep),
            "ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE",
        }

    def new_grant(self, **params: Any) -> dict[str, str]:
        """The id and the token of a new grant on the symmetric key."""
        params = {"GranteePrincipal": RETIRING, "RetiringPrincipal": RETIRING, "Operations": ["Decrypt"], **params}
        reply: dict[str, str] = self.kms.create_grant(KeyId=self.sym, **params)
        return reply

    def new_primary(self, **params: Any) -> str:
        """The ARN of a new primary key with a replica in eu-west-1."""
        key = self.new_key(MultiRegion=True)
        self.kms.replicate_key(KeyId=key, ReplicaRegion="eu-west-1", **params)
        self.lab.clock.advance(minutes=10)
        return key

    def new_store(self) -> str:
        """The id of a new custom key store."""
        return str(self.kms.create_custom_key_store(**self.for_store())["CustomKeyStoreId"])

    def connected_store(self) -> str:
        """The id of the stage's custom key store, which is connected now."""
        self.kms.connect_custom_key_store(CustomKeyStoreId=self.store)
        self.lab.clock.advance(minutes=1)
        return self.store

    def for_store(self) -> dict[str, str]:
        """What CreateCustomKeyStore takes, for a cluster of its own."""
        cluster = self.lab.cloudhsm_cluster()
        return {
            "CustomKeyStoreName": f"store-{next(self.numbers)}",
            "CloudHsmClusterId": cluster.cluster_id,
            "KeyStorePassword": cluster.password,
            "TrustAnchorCertificate": cluster.trust_anchor_certificate,
        }

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
    "ConnectCustomKeyStore": Case(
        "connect_custom_key_store", lambda s: {"CustomKeyStoreId": s.store}, key=None, resource="*"
    ),
    "CreateAlias": Case(
        "create_alias",
        lambda s: {"AliasName": "alias/mine", "TargetKeyId": s.sym},
        key="TargetKeyId",
        resource=f"{ARN}:alias/mine",
        works=lambda s: {"AliasName": f"alias/mine-{next(s.numbers)}", "TargetKeyId": s.sym},
    ),
    "CreateCustomKeyStore": Case("create_custom_key_store", lambda s: s.for_store(), key=None, resource="*"),
    "CreateGrant": Case(
        "create_grant", lambda s: {"KeyId": s.sym, "GranteePrincipal": RETIRING, "Operations": ["Decrypt"]}
    ),
    "CreateKey": Case("create_key", lambda s: {}, key=None, resource="*"),
    "Decapsulate": Case(
        "decapsulate", lambda s: {"KeyId": s.kem, "SharedSecretCiphertextBlob": s.encapsulation, **KEM}
    ),
    "Decrypt": Case("decrypt", lambda s: {"CiphertextBlob": s.blob, "KeyId": s.sym}),
    "DeleteAlias": Case(
        "delete_alias",
        lambda s: {"AliasName": s.alias},
        key=None,
        resource=f"{ARN}:{{alias}}",
        works=lambda s: {"AliasName": s.new_alias()},
    ),
    "DeleteCustomKeyStore": Case(
        "delete_custom_key_store",
        lambda s: {"CustomKeyStoreId": s.store},
        key=None,
        resource="*",
        works=lambda s: {"CustomKeyStoreId": s.new_store()},
    ),
    "DeleteImportedKeyMaterial": Case("delete_imported_key_material", lambda s: {"KeyId": s.external}),
    "DeriveSharedSecret": Case("derive_shared_secret", lambda s: {"KeyId": s.agreement, "PublicKey": s.peer, **ECDH}),
    "DescribeCustomKeyStores": Case("describe_custom_key_stores", lambda s: {}, key=None, resource="*"),
    "DescribeKey": Case("describe_key", lambda s: {"KeyId": s.sym}),
    "DisableKey": Case("disable_key", lambda s: {"KeyId": s.sym}, works=lambda s: {"KeyId": s.new_key()}),
    "DisableKeyRotation": Case("disable_key_rotation", lambda s: {"KeyId": s.sym}),
    "DisconnectCustomKeyStore": Case(
        "disconnect_custom_key_store",
        lambda s: {"CustomKeyStoreId": s.store},
        key=None,
        resource="*",
        works=lambda s: {"CustomKeyStoreId": s.connected_store()},
    ),
    "EnableKey": Case("enable_key", lambda s: {"KeyId": s.sym}),
    "EnableKeyRotation": Case("enable_key_rotation", lambda s: {"KeyId": s.sym}),
    "Encapsulate": Case("encapsulate", lambda s: {"KeyId": s.kem, **KEM}),
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
    "GetKeyLastUsage": Case("get_key_last_usage", lambda s: {"KeyId": s.sym}),
    "GetKeyPolicy": Case("get_key_policy", lambda s: {"KeyId": s.sym}),
    "GetKeyRotationStatus": Case("get_key_rotation_status", lambda s: {"KeyId": s.sym}),
    "GetParametersForImport": Case("get_parameters_for_import", lambda s: {"KeyId": s.external, **IMPORT}),
    "GetPublicKey": Case("get_public_key", lambda s: {"KeyId": s.ecc}),
    "ImportKeyMaterial": Case("import_key_material", lambda s: {"KeyId": s.external, **s.wrapped}),
    "ListAliases": Case("list_aliases", lambda s: {}, key=None, resource="*"),
    "ListGrants": Case("list_grants", lambda s: {"KeyId": s.sym}),
    "ListKeyPolicies": Case("list_key_policies", lambda s: {"KeyId": s.sym}),
    "ListKeyRotations": Case("list_key_rotations", lambda s: {"KeyId": s.sym}),
    "ListKeys": Case("list_keys", lambda s: {}, key=None, resource="*"),
    "ListResourceTags": Case("list_resource_tags", lambda s: {"KeyId": s.sym}),
    "ListRetirableGrants": Case(
        "list_retirable_grants", lambda s: {"RetiringPrincipal": RETIRING}, key=None, resource=RETIRING
    ),
    "PutKeyPolicy": Case("put_key_policy", lambda s: {"KeyId": s.sym, "Policy": s.policy}),
    "ReEncrypt": Case(
        "re_encrypt",
        lambda s: {"CiphertextBlob": s.blob, "SourceKeyId": s.sym, "DestinationKeyId": s.destination},
        key="SourceKeyId",
        action="ReEncryptFrom",
    ),
    "ReplicateKey": Case(
        "replicate_key",
        lambda s: {"KeyId": s.primary, "ReplicaRegion": "us-west-2"},
        works=lambda s: {"KeyId": s.new_primary(), "ReplicaRegion": "us-west-2"},
    ),
    "RetireGrant": Case(
        "retire_grant",
        lambda s: {"KeyId": s.sym, "GrantId": s.grant["GrantId"]},
        works=lambda s: {"GrantToken": s.new_grant()["GrantToken"]},
    ),
    "RevokeGrant": Case(
        "revoke_grant",
        lambda s: {"KeyId": s.sym, "GrantId": s.grant["GrantId"]},
        works=lambda s: {"KeyId": s.sym, "GrantId": s.new_grant()["GrantId"]},
    ),
    "RotateKeyOnDemand": Case(
        "rotate_key_on_demand", lambda s: {"KeyId": s.sym}, works=lambda s: {"KeyId": s.new_key()}
    ),
    "ScheduleKeyDeletion": Case(
        "schedule_key_deletion", lambda s: {"KeyId": s.sym}, works=lambda s: {"KeyId": s.new_key()}
    ),
    "Sign": Case("sign", lambda s: {"KeyId": s.ecc, **SIGN}),
    "TagResource": Case("tag_resource", lambda s: {"KeyId": s.sym, "Tags": TAGS}),
    "UntagResource": Case("untag_resource", lambda s: {"KeyId": s.sym, "TagKeys": ["k"]}),
    "UpdateAlias": Case(
        "update_alias",
        lambda s: {"AliasName": s.alias, "TargetKeyId": s.sym},
        key=None,
        resource=f"{ARN}:{{alias}}",
    ),
    "UpdateCustomKeyStore": Case(
        "update_custom_key_store",
        lambda s: {"CustomKeyStoreId": s.store, "NewCustomKeyStoreName": "renamed"},
        key=None,
        resource="*",
    ),
    "UpdateKeyDescription": Case("update_key_description", lambda s: {"KeyId": s.sym, "Description": "d"}),
    "UpdatePrimaryRegion": Case(
        "update_primary_region",
        lambda s: {"KeyId": s.primary, "PrimaryRegion": "eu-west-1"},
        works=lambda s: {"KeyId": s.new_primary(), "PrimaryRegion": "eu-west-1"},
    ),
    "Verify": Case("verify", lambda s: {"KeyId": s.ecc, "Signature": s.signature, **SIGN}),
    "VerifyMac": Case("verify_mac", lambda s: {"KeyId": s.mac, "Mac": s.code, **MAC}),
}
WITH_KEY = [name for name, case in CASES.items() if case.key is not None]


@pytest.fixture(scope="module")
def shared_stage() -> Iterator[Stage]:
    with Lab(seed=5) as lab:
        yield Stage(lab)


@pytest.fixture
def stage(shared_stage: Stage) -> Stage:
    """The stage when all is done that KMS does in the background for the test before."""
    shared_stage.lab.clock.advance(minutes=1)
    return shared_stage


def action_of(operation: str) -> str:
    return f"kms:{CASES[operation].action or operation}"


def resource_of(stage: Stage, case: Case, params: dict[str, Any]) -> str:
    key = params[case.key] if case.key else ""
    return case.resource.format(KEY=key, alias=stage.alias)


def call_of(stage: Stage, reply: dict[str, Any]) -> Call:
    """What the Lab has kept of an answered call. What KMS does of its own accord because of it comes after it."""
    request_id = reply["ResponseMetadata"]["RequestId"]
    return next(call for call in stage.lab.trail.calls if call.request_id == request_id)


def test_every_operation_has_a_case() -> None:
    assert set(CASES) == set(OPERATIONS), "say for the new operations who may"


@pytest.mark.parametrize("who", ["administrator", "root"])
@pytest.mark.parametrize("operation", CASES)
def test_who_may(stage: Stage, operation: str, who: str) -> None:
    case = CASES[operation]
    params = (case.works or case.harmless)(stage)
    reply = getattr(stage.clients[who], case.method)(**params)
    assert reply["ResponseMetadata"]["HTTPStatusCode"] == 200
    # What KMS does of its own accord, as when a key is replicated, comes after it.
    request_id = reply["ResponseMetadata"]["RequestId"]
    event = next(each for each in stage.lab.trail if each.get("requestID") == request_id)
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


#: The IAM actions that an operation needs, where it is not just the one of its own name.
#: Source: KMS Developer Guide, "AWS KMS permissions".
NEEDS: dict[str, tuple[str, ...]] = {
    "ReEncrypt": ("kms:ReEncryptFrom", "kms:ReEncryptTo"),
    "ReplicateKey": ("kms:ReplicateKey", "kms:CreateKey"),
    # Whoever stores a policy must be able to replace it again; here it is the same permission.
    "PutKeyPolicy": ("kms:PutKeyPolicy",),
}


def let_bob(stage: Stage, **statement: Any) -> None:
    """Give bob one IAM policy, of one statement."""
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Resource": "*", **statement}]}
    stage.lab.client("iam").put_user_policy(UserName="bob", PolicyName="bob", PolicyDocument=json.dumps(document))


@pytest.mark.parametrize("operation", CASES)
def test_with_just_its_permission(stage: Stage, operation: str) -> None:
    """An IAM policy with what the operation needs and nothing else is enough where the key policy lets IAM decide."""
    case = CASES[operation]
    params = (case.works or case.harmless)(stage)
    let_bob(stage, Action=NEEDS.get(operation, (f"kms:{operation}",)))
    reply = getattr(stage.clients["bob"], case.method)(**params)
    assert call_of(stage, reply).principal.name == "bob"  # type: ignore[union-attr]
    assert all(decision.allowed for decision in call_of(stage, reply).decisions)


@pytest.mark.parametrize(
    ("operation", "action"),
    [(operation, action) for operation in CASES for action in NEEDS.get(operation, (f"kms:{operation}",))],
)
def test_with_all_but_its_permission(stage: Stage, refusals_of: Any, operation: str, action: str) -> None:
    """Every other permission of KMS does not help."""
    case = CASES[operation]
    params = case.harmless(stage)
    let_bob(stage, NotAction=action)
    with refusals_of(stage.lab)("AccessDeniedException", None):
        getattr(stage.clients["bob"], case.method)(**params)
    denied = stage.lab.trail.calls[-1].decisions[-1]
    assert (denied.action, denied.allowed) == (action, False)
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


def test_each_key_of_update_primary_region_has_its_own_permission(stage: Stage, refusals_of: Any) -> None:
    """What is the primary key's to allow is not enough: the replica has a key policy of its own."""
    key = stage.new_primary(Policy=policy_for(OTHER), BypassPolicyLockoutSafetyCheck=True)
    replica = key.replace("us-east-1", "eu-west-1")
    with refusals_of(stage.lab)(
        "AccessDeniedException",
        f"User: arn:aws:iam::{ACCOUNT}:user/administrator is not authorized to perform: kms:UpdatePrimaryRegion "
        f"on resource: {replica} because no resource-based policy allows the kms:UpdatePrimaryRegion action",
    ):
        stage.kms.update_primary_region(KeyId=key, PrimaryRegion="eu-west-1")


@pytest.mark.parametrize(
    ("operation", "more", "actions"),
    [
        ("CreateKey", {}, ["kms:CreateKey"]),
        ("CreateKey", {"Tags": TAGS}, ["kms:CreateKey", "kms:TagResource"]),
        ("ReplicateKey", {}, ["kms:ReplicateKey", "kms:CreateKey"]),
        ("ReplicateKey", {"Tags": TAGS}, ["kms:ReplicateKey", "kms:CreateKey", "kms:TagResource"]),
        ("UpdatePrimaryRegion", {}, ["kms:UpdatePrimaryRegion", "kms:UpdatePrimaryRegion"]),
        ("ReEncrypt", {}, ["kms:ReEncryptFrom", "kms:ReEncryptTo"]),
        ("UpdateAlias", {}, ["kms:UpdateAlias", "kms:UpdateAlias", "kms:UpdateAlias"]),
    ],
    ids=lambda value: ("with tags" if value else "") if isinstance(value, dict) else str(value),
)
def test_what_needs_more_than_one_permission(
    stage: Stage, operation: str, more: dict[str, Any], actions: list[str]
) -> None:
    """Whoever has one of them has all here, so what was asked for shows only in the decisions."""
    case = CASES[operation]
    params = {**(case.works or case.harmless)(stage), **more}
    asked = call_of(stage, getattr(stage.kms, case.method)(**params)).decisions
    assert [decision.action for decision in asked] == actions
    assert all(decision.allowed for decision in asked)


# --- grants ---


def test_who_may_retire_a_grant_is_in_the_grant(stage: Stage) -> None:
    """Its retiring principal, who has no policy at all; and its grantee, if the grant says so."""
    alice = f"arn:aws:iam::{ACCOUNT}:user/alice"
    for params in (
        {"RetiringPrincipal": alice},
        {"GranteePrincipal": alice, "Operations": ["Decrypt", "RetireGrant"]},
    ):
        grant = stage.new_grant(**params)
        reply = stage.clients["alice"].retire_grant(KeyId=stage.sym, GrantId=grant["GrantId"])
        assert reply["ResponseMetadata"]["HTTPStatusCode"] == 200
        left = stage.kms.list_grants(KeyId=stage.sym)["Grants"]
        assert grant["GrantId"] not in {each["GrantId"] for each in left}


def test_the_grantee_may_not_retire_a_grant_that_does_not_say_so(stage: Stage, refusals_of: Any) -> None:
    grant = stage.new_grant(GranteePrincipal=f"arn:aws:iam::{ACCOUNT}:user/alice")
    for operation, params in (
        ("RetireGrant", {"GrantToken": grant["GrantToken"]}),
        ("RevokeGrant", {"KeyId": stage.sym, "GrantId": grant["GrantId"]}),
    ):
        with refusals_of(stage.lab)(
            "AccessDeniedException",
            f"User: arn:aws:iam::{ACCOUNT}:user/alice is not authorized to perform: kms:{operation} "
            f"on resource: {stage.sym} because no identity-based policy allows the kms:{operation} action",
        ):
            getattr(stage.clients["alice"], CASES[operation].method)(**params)


def test_the_retiring_principal_may_not_revoke(stage: Stage, refusals_of: Any) -> None:
    """Revoking is for those who look after the key."""
    grant = stage.new_grant(RetiringPrincipal=f"arn:aws:iam::{ACCOUNT}:user/alice")
    with refusals_of(stage.lab)("AccessDeniedException", None):
        stage.clients["alice"].revoke_grant(KeyId=stage.sym, GrantId=grant["GrantId"])


# --- custom key stores ---


@pytest.mark.parametrize(
    "operation",
    ["ConnectCustomKeyStore", "DeleteCustomKeyStore", "DescribeCustomKeyStores", "DisconnectCustomKeyStore"],
)
def test_a_custom_key_store_is_there_for_its_own_account_only(stage: Stage, refusals_of: Any, operation: str) -> None:
    """IAM alone decides, so another account is not denied: there is no such key store in it."""
    with refusals_of(stage.lab, OTHER)("CustomKeyStoreNotFoundException", None):
        getattr(stage.other, CASES[operation].method)(CustomKeyStoreId=stage.store)


def test_no_key_policy_is_asked_about_a_custom_key_store(stage: Stage) -> None:
    for operation in sorted(name for name in CASES if "CustomKeyStore" in name):
        case = CASES[operation]
        stage.lab.clock.advance(minutes=1)
        params = (case.works or case.harmless)(stage)
        call = call_of(stage, getattr(stage.kms, case.method)(**params))
        assert [(decision.action, decision.resource) for decision in call.decisions] == [(f"kms:{operation}", "*")]
        assert call.keys == ()


# --- key policies ---


def policy_for(account: str) -> str:
    """A key policy that lets one account in, and nobody else."""
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_a_key_with_another_policy_does_not_admit_its_own_account(stage: Stage, refusals_of: Any) -> None:
    """The key policy is where access begins: what it does not give, no IAM policy gives."""
    key = stage.new_key(Policy=policy_for(OTHER), BypassPolicyLockoutSafetyCheck=True)
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
