"""The worked cases of tests/vectors/policy_cases.json: set up by API calls, asked by API calls, decided as expected.

A call through a service and a call of a service cannot come from a boto3 client: there the decision is asked for as
the service would ask for it (`authz.ask`), about the Lab's real key and principal. That is `Stage.ask`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from kmslab import Lab, Principal
from kmslab.authz.ask import Asker
from kmslab.authz.hearing import Caller
from kmslab.call import Decision
from kmslab.keys.key import Key
from kmslab.principals import Credentials, Identity, PrincipalType

Case = dict[str, Any]

DOCUMENT = json.loads((Path(__file__).parents[1] / "vectors" / "policy_cases.json").read_text())
CASES: dict[str, Case] = {case["id"]: case for case in DOCUMENT["cases"]}
OWNER, EXTERNAL = DOCUMENT["account_key_owner"], DOCUMENT["account_external"]

REGION = "us-east-1"
#: The policy of every key while its stage is being set.
OPEN = {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}

#: Cases that cannot be played as they are written, with the reason and its source.
OUTDATED = {
    "P71": (
        "The case, like the API model's text, says that PutKeyPolicy takes a statement without Resource, which has "
        "no effect. Since August 2025 it answers 'Missing required field Resource'. Source: public report "
        "ministryofjustice/analytical-platform#7691. A policy from before that has no effect all the same."
    ),
}


class Stage:
    """One case: accounts, principals, a key with its aliases, tags, grants and policy; and the call."""

    def __init__(self, case: Case) -> None:
        """Set it, as the administrator of each account."""
        request = case["request"]
        settles_late = any(not grant.get("consistent", True) for grant in case.get("grants", ()))
        self.lab = Lab(account_id=OWNER, seed=1, eventual_consistency=settles_late)
        self.kms = self.lab.client("kms")
        spec = {"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"} if request["action"] == "kms:Sign" else {}
        self.key_arn = self._create_key(**spec)
        self.other_arn = self._create_key() if "$other_key" in json.dumps(case) else ""
        self.case: Case = self._read(case)
        self.request: Case = self.case["request"]
        self.action: str = self.request["action"]
        self._make_principals()
        self.blob = self._ciphertext()
        self._decorate()
        self.grants = [self._grant(**grant) for grant in self.case.get("grants", ())]
        self.caller = self._caller()
        self._narrow()
        self._put_policy()

    # --- the key ---

    def _create_key(self, **spec: str) -> str:
        policy = json.dumps({"Version": "2012-10-17", "Statement": [OPEN]})
        return str(self.kms.create_key(Policy=policy, **spec)["KeyMetadata"]["Arn"])

    def _read(self, case: Case) -> Case:
        text = json.dumps(case).replace("$key_id", self.key_arn.rpartition("/")[2]).replace("$key", self.key_arn)
        read: Case = json.loads(text.replace("$other_key", self.other_arn))
        return read

    def _ciphertext(self) -> bytes:
        """Something to decrypt, with the request's encryption context."""
        if self.action == "kms:Sign":
            return b""
        context = self.request.get("encryption_context", {})
        return bytes(self.kms.encrypt(KeyId=self.key_arn, Plaintext=b"x", EncryptionContext=context)["CiphertextBlob"])

    def _decorate(self) -> None:
        tags = [{"TagKey": name, "TagValue": value} for name, value in self.request.get("key_tags", {}).items()]
        if tags:
            self.kms.tag_resource(KeyId=self.key_arn, Tags=tags)
        aliases = [name for name in self.request.get("key_aliases", ()) if name != "..."]
        used = self.request.get("key_id_used", "")
        if used.startswith("alias/"):
            aliases.append(used)
        aliases += [f"alias/more-{number}" for number in range(self.request.get("alias_count", 0) - len(aliases))]
        for name in aliases:
            self.kms.create_alias(AliasName=name, TargetKeyId=self.key_arn)

    def _grant(
        self,
        operations: list[str],
        grantee: str | None = None,
        grantee_service: str | None = None,
        retiring: str | None = None,
        constraints: Case | None = None,
        **_: Any,
    ) -> Case:
        members = {
            "GranteePrincipal": grantee,
            "GranteeServicePrincipal": grantee_service,
            # A service's grant must say who may retire it.
            "RetiringPrincipal": retiring or (f"arn:aws:iam::{OWNER}:root" if grantee_service else None),
            "Constraints": constraints,
        }
        given = {name: value for name, value in members.items() if value is not None}
        reply: Case = self.kms.create_grant(KeyId=self.key_arn, Operations=operations, **given)
        return reply

    def _put_policy(self) -> None:
        policy = json.dumps(self.case["key_policy"])
        if self.case["id"] in OUTDATED:
            with pytest.raises(ClientError, match="Missing required field Resource"):
                self.kms.put_key_policy(KeyId=self.key_arn, Policy=policy, BypassPolicyLockoutSafetyCheck=True)
            self.key.policy = policy
            return
        # Several of these policies lock the administrator out.
        self.kms.put_key_policy(KeyId=self.key_arn, Policy=policy, BypassPolicyLockoutSafetyCheck=True)

    @cached_property
    def key(self) -> Key:
        key = self.lab.world.store(OWNER, REGION).key(self.key_arn.rpartition("/")[2])
        assert key is not None
        return key

    # --- who calls ---

    def _make_principals(self) -> None:
        """Every user and role that the case names."""
        text = json.dumps(self.case)
        found = set(re.findall(r"arn:aws:iam::(\d+):(user|role)/(\w+)", text))
        found |= {(account, "role", name) for account, name in re.findall(r"sts::(\d+):assumed-role/(\w+)/", text)}
        for account_id, kind, name in sorted(found):
            account = self.lab.account(account_id)
            account.user(name) if kind == "user" else account.role(name)

    def _caller(self) -> Principal:
        arn = self.request["principal"]
        if arn.startswith("service:"):
            service = arn.removeprefix("service:")
            return Principal(Identity(PrincipalType.SERVICE, "", service, service, service, ""), Credentials("", ""))
        account_id, resource = arn.split(":", 5)[4:]
        kind, _, name = resource.partition("/")
        account = self.lab.account(account_id)
        if kind == "root":
            return account.root
        self._equip(account.client("iam"), "user" if kind == "user" else "role", name.partition("/")[0])
        if kind == "user":
            return account.user(name)
        role, _, session = name.partition("/")
        return account.role(role, session_name=session or None)

    def _equip(self, iam: Any, kind: str, name: str) -> None:
        """Give the caller its IAM policies, boundary and tags."""
        who = {"UserName" if kind == "user" else "RoleName": name}
        for number, policy in enumerate(self.case.get("identity_policies", ())):
            put = getattr(iam, f"put_{kind}_policy")
            put(PolicyName=f"policy-{number}", PolicyDocument=json.dumps(policy), **who)
        boundary = self.case.get("other", {}).get("permissions_boundary")
        if boundary is not None:
            made = iam.create_policy(PolicyName="boundary", PolicyDocument=json.dumps(boundary))["Policy"]
            getattr(iam, f"put_{kind}_permissions_boundary")(PermissionsBoundary=made["Arn"], **who)
        tags = [{"Key": key, "Value": value} for key, value in self.request.get("principal_tags", {}).items()]
        if tags:
            getattr(iam, f"tag_{kind}")(Tags=tags, **who)

    def _narrow(self) -> None:
        ceiling = self.case.get("other", {}).get("scp")
        if ceiling is not None:
            allow = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
            self.lab.account(self.caller.account_id).service_control_policies = [allow, ceiling]

    # --- the call ---

    def call(self) -> None:
        """Make the call as the caller."""
        if "days_since_last_use" in self.request:
            self.lab.clock.advance(days=self.request["days_since_last_use"])
        for grant in self.case.get("grants", ()):
            self.lab.clock.advance(seconds=grant.get("age_seconds", 0))
        client = self.lab.account(self.caller.account_id).client("kms", principal=self.caller)
        CALLS[self.action](self, client, self.request.get("key_id_used", self.key_arn))

    def ask(self) -> Decision:
        """Ask for the decision as a service does that calls for the caller, or for itself."""
        request = self.request
        principal = self.lab.directory.find(self.caller.credentials.access_key_id) or self.caller
        caller = Caller(
            principal,
            self.lab.clock.now(),
            params={"EncryptionContext": request.get("encryption_context", {})},
            source_arn=request.get("source_arn", ""),
        )
        asker = Asker(caller, REGION, lambda _: (), via=request.get("via_service", ""))
        return asker.on_key(self.action, self.key)

    @property
    def needs_a_service(self) -> bool:
        return "via_service" in self.request or self.caller.type is PrincipalType.SERVICE

    def grant_members(self, wanted: Case) -> Case:
        """What a CreateGrant of the case asks for."""
        constraints = {"Constraints": wanted["constraints"]} if "constraints" in wanted else {}
        return {"GranteePrincipal": f"arn:aws:iam::{OWNER}:root", "Operations": wanted["operations"], **constraints}


def _decrypt(stage: Stage, kms: Any, key_id: str) -> None:
    context = stage.request.get("encryption_context", {})
    tokens = [stage.grants[0]["GrantToken"]] if "grant_tokens" in stage.request else []
    kms.decrypt(CiphertextBlob=stage.blob, KeyId=key_id, EncryptionContext=context, GrantTokens=tokens)


def _re_encrypt(stage: Stage, kms: Any, key_id: str) -> None:
    destination = stage.request.get("destination_key", stage.key_arn)
    kms.re_encrypt(CiphertextBlob=stage.blob, SourceKeyId=key_id, DestinationKeyId=destination)


def _create_grant(stage: Stage, kms: Any, key_id: str) -> None:
    wanted = stage.request.get("child_grant") or stage.request.get("new_grant") or {"operations": ["Decrypt"]}
    kms.create_grant(KeyId=key_id, **stage.grant_members(wanted))


def _encrypt(stage: Stage, kms: Any, key_id: str) -> None:
    kms.encrypt(KeyId=key_id, Plaintext=b"x", EncryptionContext=stage.request.get("encryption_context", {}))


CALLS: dict[str, Callable[[Stage, Any, str], Any]] = {
    "ReEncrypt": _re_encrypt,
    "kms:CreateAlias": lambda stage, kms, key_id: kms.create_alias(
        AliasName=stage.request["alias"], TargetKeyId=key_id
    ),
    "kms:CreateGrant": _create_grant,
    "kms:CreateKey": lambda stage, kms, _: kms.create_key(**stage.request["parameters"]),
    "kms:Decrypt": _decrypt,
    "kms:DescribeKey": lambda _, kms, key_id: kms.describe_key(KeyId=key_id),
    "kms:DisableKey": lambda _, kms, key_id: kms.disable_key(KeyId=key_id),
    "kms:EnableKeyRotation": lambda stage, kms, key_id: kms.enable_key_rotation(
        KeyId=key_id, RotationPeriodInDays=stage.request["rotation_period_in_days"]
    ),
    "kms:Encrypt": _encrypt,
    "kms:GenerateDataKeyPairWithoutPlaintext": lambda _, kms, key_id: kms.generate_data_key_pair_without_plaintext(
        KeyId=key_id, KeyPairSpec="ECC_NIST_P256"
    ),
    "kms:PutKeyPolicy": lambda stage, kms, key_id: kms.put_key_policy(
        KeyId=key_id, Policy=json.dumps(stage.case["key_policy"])
    ),
    "kms:ReEncryptFrom": _re_encrypt,
    "kms:RetireGrant": lambda stage, kms, key_id: kms.retire_grant(KeyId=key_id, GrantId=stage.grants[0]["GrantId"]),
    "kms:ScheduleKeyDeletion": lambda stage, kms, key_id: kms.schedule_key_deletion(
        KeyId=key_id, PendingWindowInDays=stage.request.get("pending_window_in_days", 30)
    ),
    "kms:Sign": lambda stage, kms, key_id: kms.sign(
        KeyId=key_id, Message=b"x", SigningAlgorithm=stage.request["signing_algorithm"]
    ),
}

#: For the operation with two permissions, the one that is missing.
MISSING = {"P15": "kms:ReEncryptTo", "P76": "kms:ReEncryptFrom"}

FOREIGN = (
    "because the resource does not exist in this Region, no resource-based policies allow access, "
    "or a resource-based policy explicitly denies access"
)
#: The end of the message where the case gives none: the words follow from the case's own reason.
REASONS = {
    "P09": "with an explicit deny in an identity-based policy",
    "P61": "with an explicit deny in a resource-based policy",
    "P63": "with an explicit deny in a resource-based policy",
    "P64": "with an explicit deny in a resource-based policy",
    "P73": "with an explicit deny in a resource-based policy",
    "P77": "with an explicit deny in an identity-based policy",
    "P37": "with an explicit deny in an identity-based policy",
    "P20": FOREIGN,
    "P21": FOREIGN,
    "P05": "because no resource-based policy allows the kms:DescribeKey action",
    "P12": "because no resource-based policy allows the kms:Encrypt action",
    "P16": "because no identity-based policy allows the kms:Decrypt action",
    "P19": "because no identity-based policy allows the kms:Decrypt action",
    "P66": "because no identity-based policy allows the kms:CreateKey action",
    "P67": "because no identity-based policy allows the kms:CreateAlias action",
    "P69": "because no permissions boundary allows the kms:Decrypt action",
}


@pytest.fixture
def raised_quota(monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS raises the quota of aliases per key on request; only so a key has more than 50."""
    monkeypatch.setattr("kmslab.operations.aliases.ALIASES_PER_KEY", 60)


@pytest.fixture
def stage(request: pytest.FixtureRequest, raised_quota: None) -> Iterator[Stage]:
    made = Stage(CASES[request.param])
    with made.lab:
        yield made


def having(*, service: bool, expected: str) -> list[str]:
    """The ids of the cases of one kind."""
    return [
        name
        for name, case in CASES.items()
        if case["expected"] == expected
        and service is ("via_service" in case["request"] or case["request"]["principal"].startswith("service:"))
    ]


def test_no_case_is_left_out() -> None:
    kinds = [having(service=service, expected=expected) for service in (True, False) for expected in ("allow", "deny")]
    assert len(CASES) == sum(map(len, kinds)) == 79
    assert not OUTDATED.keys() - CASES


@pytest.mark.parametrize("stage", having(service=False, expected="allow"), indirect=True)
def test_allowed(stage: Stage) -> None:
    stage.call()
    event = stage.lab.account(stage.caller.account_id).trail[-1]
    assert event["userIdentity"]["arn"] == stage.caller.arn
    assert "errorCode" not in event


@pytest.mark.parametrize("stage", having(service=False, expected="deny"), indirect=True)
def test_denied(stage: Stage, refusals_of: Any) -> None:
    name, action = stage.case["id"], stage.action
    with refusals_of(stage.lab, stage.caller.account_id)("AccessDeniedException", None):
        stage.call()
    message = stage.lab.account(stage.caller.account_id).trail[-1]["errorMessage"]
    if "message" in stage.case:
        assert message == stage.case["message"]
    resource = {"kms:CreateKey": "*", "kms:CreateAlias": f"arn:aws:kms:{REGION}:{OWNER}:{stage.request.get('alias')}"}
    action, where = MISSING.get(name, action), resource.get(action, stage.key_arn)
    start = f"User: {stage.caller.arn} is not authorized to perform: {action} on resource: {where} "
    assert message.startswith(start)
    assert message.endswith(REASONS.get(name, ""))


@pytest.mark.parametrize(
    "stage", [*having(service=True, expected="allow"), *having(service=True, expected="deny")], indirect=True
)
def test_through_a_service(stage: Stage) -> None:
    decision = stage.ask()
    assert decision.allowed is (stage.case["expected"] == "allow"), "\n".join(map(str, decision.considered))


def test_a_replica_is_asked_for_with_what_is_known_of_its_primary_key(lab: Lab) -> None:
    """ReplicateKey needs kms:CreateKey, whose conditions speak of the replica; the request itself names no spec."""
    kms = lab.client("kms")
    kinds = {"RSA_2048": "SIGN_VERIFY", "HMAC_256": "GENERATE_VERIFY_MAC"}
    made = {
        spec: kms.create_key(KeySpec=spec, KeyUsage=usage, MultiRegion=True)["KeyMetadata"]
        for spec, usage in kinds.items()
    }
    condition = {"StringEquals": {"kms:KeySpec": "RSA_2048", "kms:MultiRegionKeyType": "REPLICA"}}
    allow = {"Effect": "Allow", "Resource": "*"}
    statements = [
        allow | {"Action": "kms:ReplicateKey"},
        allow | {"Action": "kms:CreateKey", "Condition": condition},
    ]
    alice = lab.user("alice", {"Version": "2012-10-17", "Statement": statements})
    as_alice = lab.client("kms", principal=alice)
    reply = as_alice.replicate_key(KeyId=made["RSA_2048"]["Arn"], ReplicaRegion="eu-west-1")
    assert reply["ReplicaKeyMetadata"]["KeySpec"] == "RSA_2048"
    with pytest.raises(ClientError, match="no identity-based policy allows the kms:CreateKey action") as caught:
        as_alice.replicate_key(KeyId=made["HMAC_256"]["Arn"], ReplicaRegion="eu-west-1")
    assert caught.value.response["Error"]["Code"] == "AccessDeniedException"
    assert lab.client("kms", "eu-west-1").list_keys()["Keys"] == [
        {"KeyId": made["RSA_2048"]["KeyId"], "KeyArn": reply["ReplicaKeyMetadata"]["Arn"]}
    ]
