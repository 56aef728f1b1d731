"""Random lives of KMS keys: operations in any order, keys of every kind, three Regions, hours to years.

Each rule is named after the operation that it calls, says what AWS answers by `model_of_kms`, and compares. The file is
long because there is one rule per operation; each is short. Every request moves a seeded Lab's clock by 10 ms, so the
model knows the time to the millisecond, and with it what has fallen due before the request is looked at.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, ClassVar, NamedTuple

from botocore import xform_name
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from kmslab import Lab

from .model_of_kms import SETTLING, TICK, Family, Material, Model, ModelKey, Refusals, lose, refusals

#: How many lives, and how many steps each. More find more: ten times as many take some three minutes.
SEQUENCES, STEPS = 45, 80

REGIONS = ("us-east-1", "eu-west-1", "ap-south-1")
MOST_KEYS = 14

SYMMETRIC, SIGNING, MAC = Bundle("symmetric"), Bundle("signing"), Bundle("mac")
AGREEMENT, ENCAPSULATION = Bundle("agreement"), Bundle("encapsulation")
#: These symmetric keys are in a bundle of their own too.
MULTI_REGION, IMPORTED = Bundle("multi_region"), Bundle("imported")
OTHERS = (SIGNING, MAC, AGREEMENT, ENCAPSULATION)


def mostly(kind: Any, others: int) -> Any:
    """Keys of one kind, and one in so many of another; `one_of` gives every kind the same chance."""
    return st.integers(0, others - 1).flatmap(lambda number: kind if number else st.one_of(*OTHERS))


ANY, MOSTLY_SYMMETRIC = mostly(SYMMETRIC, 3), mostly(SYMMETRIC, 12)
CIPHERTEXTS, SIGNATURES, MACS = Bundle("ciphertexts"), Bundle("signatures"), Bundle("macs")
GRANTS, SECRETS = Bundle("grants"), Bundle("secrets")

ORIGINS = st.sampled_from(["AWS_KMS", "AWS_KMS", "EXTERNAL"])
CONTEXTS = st.sampled_from([{}, {"purpose": "test"}, {"purpose": "test", "tenant": "7"}])
OTHER_MESSAGES = st.sampled_from([None, None, None, b"another message"])
NAMES = st.sampled_from(["alias/a", "alias/b", "alias/c"])
SIGNING_ALGORITHMS = {"ECC_NIST_P256": "ECDSA_SHA_256", "ECC_NIST_EDWARDS25519": "ED25519_SHA_512"}

#: Declared for no operation in the model, and common to all of them.
COMMON_ERRORS = {"AccessDeniedException", "ValidationException"}


class Ciphertext(NamedTuple):
    blob: bytes
    plaintext: bytes | None
    context: dict[str, str]
    family: Family
    material: Material
    region: str


class Proof(NamedTuple):
    """A signature, MAC or encapsulation that a key has made."""

    key: ModelKey
    value: bytes
    secret: bytes


class Grant(NamedTuple):
    key: ModelKey
    grant_id: str
    token: str


class _AllRules:
    """What Hypothesis is told about the rules: all are on."""

    def is_enabled(self, name: str) -> bool:
        return True


class LivesOfKeys(RuleBasedStateMachine):
    """Drives a Lab and a model of it side by side."""

    #: What all sequences did: answers by operation, refusals by operation and code, and how often the clock moved.
    tally: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        # Hypothesis switches many rules off in each sequence, to go deep into the others. That is not for keys, where
        # most operations need what others have made. Where it knows no such attribute, the lives are poorer.
        self._rules_strategy.enabled_rules_strategy = st.just(_AllRules())
        self.lab = Lab(seed=1)
        self.clients = {region: self.lab.client("kms", region) for region in REGIONS}
        self.model = Model(self.lab.clock.now())
        self.calls = self.seen_events = 0
        self.only_asking = False
        #: False from each call on until both sides have been compared after it.
        self.is_sound = True
        self.ciphertexts: list[Ciphertext] = []
        self.derived: dict[frozenset[str], bytes] = {}
        self.tally["sequences"] += 1

    # --- the one way to call ---

    def ask(
        self,
        operation: str,
        key: ModelKey | None = None,
        /,
        then: Callable[[], Refusals] = dict,
        *,
        region: str = "",
        member: str = "KeyId",
        uses: Sequence[ModelKey] = (),
        **params: Any,
    ) -> Any:
        """Call an operation; the reply, or None if it was refused, as the model says.

        Args:
            operation: AWS's name of it.
            key: The key that `member` names.
            then: What else may speak against it, once nothing of the key does.
            region: The Region, if not the key's.
            member: The member that names `key`.
            uses: The keys it uses, for GetKeyLastUsage; `key` unless said otherwise.
            params: The members.
        """
        region = region or (key.region if key else REGIONS[0])
        shape = self.clients[region].meta.service_model.operation_model(operation)
        if key is not None:
            params[member] = key.arn if self.calls % 2 else key.key_id
        is_dry = self.only_asking and "DryRun" in shape.input_shape.members
        if is_dry:
            params["DryRun"], self.only_asking = True, False
        self.calls += 1
        self.is_sound = False
        self.model.pass_time(TICK)
        expected = (key.refusals(operation) if key else {}) or then()
        if is_dry and not expected:
            expected = {"DryRunOperationException": "The request would have succeeded, but the DryRun option is set."}
        self.model.events.append((operation, region))
        try:
            reply, error = getattr(self.clients[region], xform_name(operation))(**params), None
        except ClientError as caught:
            reply, error = None, caught.response
        if error is not None:
            self._compare_refusal(shape, error, expected)
            self.tally[f"refused {operation} {error['Error']['Code']}"] += 1
            return None
        assert not expected, f"{operation} answered instead of {expected}"
        self.tally[operation] += 1
        tracked = shape.service_model.shape_for("KeyLastUsageTrackingOperation").enum
        for each in uses or ([key] if key else []):
            if operation in tracked:
                each.last_use = (operation, self.model.now)
        return reply

    def _compare_refusal(self, shape: Any, response: Any, expected: Refusals) -> None:
        code, text = response["Error"]["Code"], response["Error"]["Message"]
        assert code in expected, f"{shape.name}: {code} ({text}) instead of {expected or 'an answer'}"
        assert code in COMMON_ERRORS | {each.name for each in shape.error_shapes}
        assert text == (expected[code] or text)
        assert response["ResponseMetadata"]["HTTPStatusCode"] == 400

    @invariant()
    def the_lab_is_as_the_model(self) -> None:
        assert self.lab.clock.now() == self.model.now
        found = {key.arn: (key.state, key.description, dict(key.tags), key.aliases) for key in self.lab.inventory}
        names = self.model.names_of
        assert found == {key.arn: (key.state, key.description, key.tags, names(key)) for key in self.model.living}

    @invariant()
    def the_trail_has_every_event(self) -> None:
        calls = self.lab.trail.calls
        new = [(call.operation, call.region) for call in calls[self.seen_events :]]
        assert Counter(new) == Counter(self.model.events)
        times = [call.time for call in calls[max(self.seen_events - 1, 0) :]]
        assert times == sorted(times)
        assert all(call.time <= self.model.now for call in calls[self.seen_events :])
        self.seen_events = len(calls)
        self.model.events.clear()
        self.is_sound = True

    def teardown(self) -> None:
        if self.is_sound:
            self._look_back()
        self.lab.close()

    def _look_back(self) -> None:
        """Once more at all there was: each key, its materials, each ciphertext, the bill."""
        for key in self.model.keys:
            self.describe_key(key)
            if key.is_symmetric:
                self.list_key_rotations(key, everything=True)
        for ciphertext in self.ciphertexts:
            self.decrypt(ciphertext, ciphertext.region, ciphertext.context, named=None)
        self.the_lab_is_as_the_model()
        self.the_trail_has_every_event()
        assert self.lab.bill.requests == self.calls

    # --- time ---

    @rule(
        step=st.sampled_from(
            [timedelta(milliseconds=20), timedelta(minutes=25), timedelta(hours=1), timedelta(hours=23)]
            + [timedelta(days=days) for days in (1, 6, 7, 30, 89, 180, 365, 730)]
        )
    )
    def time_passes(self, step: timedelta) -> None:
        before = self.lab.bill.total
        self.lab.clock.advance(days=step.days, seconds=(step - timedelta(days=step.days)).total_seconds())
        self.model.pass_time(step)
        assert self.lab.bill.total >= before
        self.tally["advances"] += 1

    @rule()
    def only_ask_next_time(self) -> None:
        """The next call that can be a dry run is one."""
        self.only_asking = True

    # --- keys ---

    def _create(self, region: str, spec: str, usage: str, origin: str = "AWS_KMS", multi_region: bool = False) -> Any:
        params = {"KeySpec": spec, "KeyUsage": usage, "Origin": origin, "MultiRegion": multi_region}
        shown = self.ask("CreateKey", region=region, Description=usage, **params)["KeyMetadata"]
        family = Family(region, multi_region, origin)
        if origin == "AWS_KMS":
            family.materials.append(Material())
        key = self.model.add(ModelKey(shown["KeyId"], region, spec, usage, family, usage))
        assert shown["KeyId"].startswith("mrk-") == multi_region
        assert (shown["Arn"], shown["KeyState"]) == (key.arn, key.state)
        return key

    @initialize(target=SYMMETRIC)
    def one_symmetric_key(self) -> Any:
        return self._create(REGIONS[0], "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT")

    @initialize(targets=(SYMMETRIC, MULTI_REGION))
    def one_multi_region_key(self) -> Any:
        return self._create(REGIONS[1], "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", multi_region=True)

    @initialize(targets=(SYMMETRIC, IMPORTED))
    def one_imported_key(self) -> Any:
        return self._create(REGIONS[0], "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", "EXTERNAL", multi_region=True)

    @initialize(target=SIGNING)
    def one_signing_key(self) -> Any:
        return self._create(REGIONS[0], "ECC_NIST_P256", "SIGN_VERIFY", multi_region=True)

    @initialize(target=MAC)
    def one_hmac_key(self) -> Any:
        return self._create(REGIONS[0], "HMAC_256", "GENERATE_VERIFY_MAC")

    @initialize(target=AGREEMENT)
    def one_agreement_key(self) -> Any:
        return self._create(REGIONS[0], "ECC_NIST_P256", "KEY_AGREEMENT")

    @initialize(target=ENCAPSULATION)
    def one_encapsulation_key(self) -> Any:
        return self._create(REGIONS[0], "ML_KEM_512", "ENCAPSULATE_DECAPSULATE")

    def _most_are_usable(self) -> bool:
        return sum(key.state == "Enabled" for key in self.model.living) * 3 > len(self.model.living) * 2

    def _has_room(self) -> bool:
        return len(self.model.living) < MOST_KEYS

    @precondition(_has_room)
    @rule(target=SYMMETRIC, region=st.sampled_from(REGIONS))
    def create_key(self, region: str) -> Any:
        return self._create(region, "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT")

    @precondition(_has_room)
    @rule(targets=(SYMMETRIC, MULTI_REGION), region=st.sampled_from(REGIONS))
    def create_multi_region_key(self, region: str) -> Any:
        return self._create(region, "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", multi_region=True)

    @precondition(_has_room)
    @rule(targets=(SYMMETRIC, IMPORTED), multi_region=st.booleans())
    def create_imported_key(self, multi_region: bool) -> Any:
        return self._create(REGIONS[0], "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", "EXTERNAL", multi_region)

    @precondition(_has_room)
    @rule(target=SIGNING, spec=st.sampled_from(list(SIGNING_ALGORITHMS)), origin=ORIGINS, multi_region=st.booleans())
    def create_signing_key(self, spec: str, origin: str, multi_region: bool) -> Any:
        # Only the curve whose private keys this test makes is imported.
        origin = origin if spec == "ECC_NIST_P256" else "AWS_KMS"
        return self._create(REGIONS[0], spec, "SIGN_VERIFY", origin, multi_region)

    @precondition(_has_room)
    @rule(target=MAC, origin=ORIGINS, multi_region=st.booleans())
    def create_hmac_key(self, origin: str, multi_region: bool) -> Any:
        return self._create(REGIONS[0], "HMAC_256", "GENERATE_VERIFY_MAC", origin, multi_region)

    @precondition(_has_room)
    @rule(target=AGREEMENT, region=st.sampled_from(REGIONS))
    def create_agreement_key(self, region: str) -> Any:
        return self._create(region, "ECC_NIST_P256", "KEY_AGREEMENT")

    def _replicate(self, key: ModelKey, region: str) -> Any:
        family = key.family
        reply = self.ask(
            "ReplicateKey",
            key,
            lambda: refusals(
                (not family.multi_region or key.is_replica, "UnsupportedOperationException"),
                (region == key.region, "UnsupportedOperationException"),
                (region in family.members and region != key.region, "AlreadyExistsException"),
            ),
            ReplicaRegion=region,
        )
        if reply is None:
            return multiple()
        replica = self.model.add(ModelKey(key.key_id, region, key.spec, key.usage, family, "", reply["ReplicaPolicy"]))
        replica.busy = ("Creating", self.model.now + SETTLING)
        self.model.events += [("SynchronizeMultiRegionKey", key.region), ("CreateKey", region)]
        assert reply["ReplicaKeyMetadata"]["Arn"] == replica.arn
        return replica

    @precondition(_has_room)
    @rule(targets=(SYMMETRIC, MULTI_REGION), key=MULTI_REGION, region=st.sampled_from(REGIONS))
    def replicate_key(self, key: ModelKey, region: str) -> Any:
        return self._replicate(key, region)

    @precondition(_has_room)
    @rule(targets=(SYMMETRIC, IMPORTED), key=IMPORTED, region=st.sampled_from(REGIONS))
    def replicate_imported_key(self, key: ModelKey, region: str) -> Any:
        return self._replicate(key, region)

    @precondition(_has_room)
    @rule(target=SIGNING, key=SIGNING, region=st.sampled_from(REGIONS))
    def replicate_signing_key(self, key: ModelKey, region: str) -> Any:
        return self._replicate(key, region)

    @rule(
        key=st.one_of(MULTI_REGION, IMPORTED, SYMMETRIC, SIGNING), region=st.sampled_from(REGIONS), is_apt=st.booleans()
    )
    def update_primary_region(self, key: ModelKey, region: str, is_apt: bool) -> None:
        """Of any key to any Region, or where it is apt: of a primary key that has a replica, to that."""
        if is_apt:
            primaries = [each for each in self.model.living if each.is_primary and len(each.family.members) > 1]
            key = primaries[self.calls % len(primaries)] if primaries else key
            region = next((where for where in key.family.members if where != key.region), region)
        successor = key.family.members.get(region)
        wrong_key = not key.family.multi_region or key.is_replica
        reply = self.ask(
            "UpdatePrimaryRegion",
            key,
            lambda: (
                (successor.state_refusals("UpdatePrimaryRegion") if successor else {})
                or refusals(
                    (wrong_key or successor is key, "UnsupportedOperationException"),
                    (successor is None, "NotFoundException"),
                )
            ),
            PrimaryRegion=region,
        )
        if reply is not None and successor is not None:
            key.family.primary_region = region
            key.busy = successor.busy = ("Updating", self.model.now + SETTLING)
            self.model.events.append(("UpdatePrimaryRegion", region))

    @rule(key=ANY)
    def describe_key(self, key: ModelKey) -> None:
        self._compare_metadata(key, self.ask("DescribeKey", key))

    @rule(name=NAMES, region=st.sampled_from(REGIONS))
    def describe_alias(self, name: str, region: str) -> None:
        target = self.model.aliases.get((region, name))
        # It may be the request itself that meets the key's end, and with it the alias's.
        found = self.ask(
            "DescribeKey",
            then=lambda: refusals(((region, name) not in self.model.aliases, "NotFoundException")),
            region=region,
            KeyId=name,
        )
        if target is not None:
            self._compare_metadata(target, found)

    def _compare_metadata(self, key: ModelKey, reply: Any) -> None:
        if reply is None:
            return
        shown = reply["KeyMetadata"]
        assert (shown["Arn"], shown["KeyState"], shown["Enabled"]) == (key.arn, key.state, key.state == "Enabled")
        assert (shown["Description"], shown["Origin"]) == (key.description, key.family.origin)
        assert shown.get("DeletionDate") == key.delete_at
        if key.family.multi_region:
            relations = shown["MultiRegionConfiguration"]
            arns = {region: each.arn for region, each in key.family.members.items()}
            assert relations["MultiRegionKeyType"] == ("PRIMARY" if key.is_primary else "REPLICA")
            assert relations["PrimaryKey"]["Arn"] == arns.pop(key.family.primary_region)
            assert {each["Region"]: each["Arn"] for each in relations["ReplicaKeys"]} == arns
        if "CurrentKeyMaterialId" in shown:
            assert key.family.current.is_shown_as(shown["CurrentKeyMaterialId"])

    @rule(region=st.sampled_from(REGIONS))
    def list_keys(self, region: str) -> None:
        found = [each["KeyArn"] for each in self.ask("ListKeys", region=region)["Keys"]]
        assert sorted(found) == sorted(key.arn for key in self.model.living if key.region == region)

    @rule(key=ANY)
    def enable_key(self, key: ModelKey) -> None:
        if self.ask("EnableKey", key) is None:
            return
        key.enabled = True
        due = key.family.next_rotation
        if due is not None and due <= self.model.now and key.is_primary:
            # An overdue rotation happens now.
            key.family.next_rotation = self.model.now

    @precondition(_most_are_usable)
    @rule(key=ANY)
    def disable_key(self, key: ModelKey) -> None:
        if self.ask("DisableKey", key) is not None:
            key.enabled = False

    @rule(key=ANY, description=st.sampled_from(["", "one", "two"]))
    def update_key_description(self, key: ModelKey, description: str) -> None:
        if self.ask("UpdateKeyDescription", key, Description=description) is not None:
            key.description = description

    @precondition(_most_are_usable)
    @rule(key=ANY, days=st.sampled_from([3, 7, 15, 30]))
    def schedule_key_deletion(self, key: ModelKey, days: int) -> None:
        too_short = refusals((days < 7, "ValidationException"))
        reply = self.ask("ScheduleKeyDeletion", key, lambda: too_short, PendingWindowInDays=days)
        if reply is None:
            return
        key.window = days
        if key.is_replica or len(key.family.members) == 1:
            key.delete_at = self.model.now + timedelta(days=days)
        assert (reply["KeyId"], reply["KeyState"]) == (key.arn, key.state)
        assert reply.get("DeletionDate") == key.delete_at

    @precondition(_most_are_usable)
    @rule(key=st.one_of(ANY, MULTI_REGION), name=NAMES)
    def a_family_ends(self, key: ModelKey, name: str) -> None:
        """All related keys go, with their names; the primary waits until its last replica is gone."""
        families = [each for each in self.model.living if len(each.family.members) > 1]
        # Families with replicas are rare, and the ones that matter here.
        key = families[len(name) % len(families)] if families else key
        for each in list(key.family.members.values()):
            self.create_alias(each, name)
            self.schedule_key_deletion(each, 7)
        self.time_passes(timedelta(days=8))

    @rule(key=ANY)
    def cancel_key_deletion(self, key: ModelKey) -> None:
        if self.ask("CancelKeyDeletion", key) is not None:
            key.window, key.delete_at, key.enabled = None, None, False

    @rule(key=ANY)
    def get_key_last_usage(self, key: ModelKey) -> None:
        reply = self.ask("GetKeyLastUsage", key)
        if reply is not None:
            used = reply["KeyLastUsage"]
            assert (used.get("Operation"), used.get("Timestamp")) == (key.last_use or (None, None))

    # --- policies, tags, aliases, grants ---

    @rule(key=ANY)
    def get_key_policy(self, key: ModelKey) -> None:
        reply = self.ask("GetKeyPolicy", key)
        if reply is not None:
            key.policy = key.policy or reply["Policy"]
            assert reply["Policy"] == key.policy

    @rule(key=ANY, is_policy=st.booleans())
    def put_key_policy(self, key: ModelKey, is_policy: bool) -> None:
        if not key.policy:
            self.get_key_policy(key)
        if not key.policy:
            return
        policy = re.sub('"Id" : "[^"]*"', f'"Id" : "version-{self.calls}"', key.policy) if is_policy else "{}"
        malformed = refusals((not is_policy, "MalformedPolicyDocumentException"))
        if self.ask("PutKeyPolicy", key, lambda: malformed, Policy=policy) is not None:
            key.policy = policy

    @rule(key=ANY)
    def list_key_policies(self, key: ModelKey) -> None:
        reply = self.ask("ListKeyPolicies", key)
        assert reply is None or reply["PolicyNames"] == ["default"]

    @rule(key=ANY, name=st.sampled_from("abc"), value=st.sampled_from("12"))
    def tag_resource(self, key: ModelKey, name: str, value: str) -> None:
        if self.ask("TagResource", key, Tags=[{"TagKey": name, "TagValue": value}]) is not None:
            key.tags[name] = value

    @rule(key=ANY, name=st.sampled_from("abc"))
    def untag_resource(self, key: ModelKey, name: str) -> None:
        if self.ask("UntagResource", key, TagKeys=[name]) is not None:
            key.tags.pop(name, None)

    @rule(key=ANY)
    def list_resource_tags(self, key: ModelKey) -> None:
        reply = self.ask("ListResourceTags", key)
        assert reply is None or {each["TagKey"]: each["TagValue"] for each in reply["Tags"]} == key.tags

    @rule(key=ANY, name=NAMES)
    def create_alias(self, key: ModelKey, name: str) -> None:
        place = key.region, name
        taken = lambda: refusals((place in self.model.aliases, "AlreadyExistsException"))  # noqa: E731
        if self.ask("CreateAlias", key, taken, member="TargetKeyId", AliasName=name) is not None:
            self.model.aliases[place] = key

    @rule(key=ANY, name=NAMES)
    def update_alias(self, key: ModelKey, name: str) -> None:
        place = key.region, name

        def speaks_against() -> Refusals:
            present = self.model.aliases.get(place)
            if present is None or not key.alive:
                return {"NotFoundException": None}
            other_kind = (present.usage, present.kind) != (key.usage, key.kind)
            return key.state_refusals("UpdateAlias") or refusals((other_kind, "ValidationException"))

        params = {"AliasName": name, "TargetKeyId": key.key_id}
        if self.ask("UpdateAlias", then=speaks_against, region=key.region, **params) is not None:
            self.model.aliases[place] = key

    @rule(name=NAMES, region=st.sampled_from(REGIONS), is_there=st.booleans())
    def delete_alias(self, name: str, region: str, is_there: bool) -> None:
        if is_there and self.model.aliases:
            region, name = min(self.model.aliases)
        missing = lambda: refusals(((region, name) not in self.model.aliases, "NotFoundException"))  # noqa: E731
        if self.ask("DeleteAlias", then=missing, region=region, AliasName=name) is not None:
            del self.model.aliases[region, name]

    @rule(region=st.sampled_from(REGIONS))
    def list_aliases(self, region: str) -> None:
        reply = self.ask("ListAliases", region=region)
        found = {each["AliasName"]: each["TargetKeyId"] for each in reply["Aliases"]}
        here = {name: key.key_id for (where, name), key in self.model.aliases.items() if where == region}
        assert found == here

    @rule(target=GRANTS, key=ANY, name=st.sampled_from(["", "a", "b"]))
    def create_grant(self, key: ModelKey, name: str) -> Any:
        named = {"Name": name} if name else {}
        who = self.lab.administrator.arn
        reply = self.ask("CreateGrant", key, GranteePrincipal=who, Operations=["DescribeKey"], **named)
        if reply is None:
            return multiple()
        # A named grant that is asked for again is the same grant.
        known = [grant_id for grant_id, its_name in key.grants.items() if name and its_name == name]
        assert [reply["GrantId"]] == known or (not known and reply["GrantId"] not in key.grants)
        key.grants[reply["GrantId"]] = name
        return Grant(key, reply["GrantId"], reply["GrantToken"])

    @rule(key=ANY)
    def list_grants(self, key: ModelKey) -> None:
        reply = self.ask("ListGrants", key)
        assert reply is None or {each["GrantId"]: each["Name"] for each in reply["Grants"]} == key.grants

    @rule(grant=GRANTS)
    def revoke_grant(self, grant: Grant) -> None:
        gone = lambda: self._gone(grant, "NotFoundException", "InvalidGrantIdException")  # noqa: E731
        if self.ask("RevokeGrant", grant.key, gone, GrantId=grant.grant_id) is not None:
            del grant.key.grants[grant.grant_id]

    @rule(grant=GRANTS, by_token=st.booleans())
    def retire_grant(self, grant: Grant, by_token: bool) -> None:
        gone = lambda: self._gone(  # noqa: E731
            grant, "NotFoundException", "InvalidGrantTokenException" if by_token else "InvalidGrantIdException"
        )
        how = {"GrantToken": grant.token} if by_token else {"KeyId": grant.key.arn, "GrantId": grant.grant_id}
        if self.ask("RetireGrant", then=gone, region=grant.key.region, **how) is not None:
            del grant.key.grants[grant.grant_id]

    def _gone(self, grant: Grant, *codes: str) -> Refusals:
        return {} if grant.grant_id in grant.key.grants else dict.fromkeys(codes)

    # --- encryption ---

    def _encrypted(self, key: ModelKey, blob: bytes, plaintext: bytes | None, context: dict[str, str]) -> Ciphertext:
        made = Ciphertext(blob, plaintext, context, key.family, key.family.current, key.region)
        self.ciphertexts.append(made)
        return made

    @rule(target=CIPHERTEXTS, key=MOSTLY_SYMMETRIC, plaintext=st.binary(min_size=1, max_size=9), context=CONTEXTS)
    def encrypt(self, key: ModelKey, plaintext: bytes, context: dict[str, str]) -> Any:
        reply = self.ask("Encrypt", key, Plaintext=plaintext, EncryptionContext=context)
        return multiple() if reply is None else self._encrypted(key, reply["CiphertextBlob"], plaintext, context)

    def _data_key(self, operation: str, key: ModelKey, context: dict[str, str], **how: Any) -> Any:
        reply = self.ask(operation, key, EncryptionContext=context, **how)
        if reply is None:
            return multiple()
        assert key.family.current.is_shown_as(reply["KeyMaterialId"])
        blob = reply.get("CiphertextBlob") or reply["PrivateKeyCiphertextBlob"]
        return self._encrypted(key, blob, reply.get("Plaintext") or reply.get("PrivateKeyPlaintext"), context)

    @rule(target=CIPHERTEXTS, key=MOSTLY_SYMMETRIC, context=CONTEXTS)
    def generate_data_key(self, key: ModelKey, context: dict[str, str]) -> Any:
        return self._data_key("GenerateDataKey", key, context, KeySpec="AES_256")

    @rule(target=CIPHERTEXTS, key=MOSTLY_SYMMETRIC, context=CONTEXTS)
    def generate_data_key_without_plaintext(self, key: ModelKey, context: dict[str, str]) -> Any:
        return self._data_key("GenerateDataKeyWithoutPlaintext", key, context, NumberOfBytes=20)

    @rule(target=CIPHERTEXTS, key=MOSTLY_SYMMETRIC, context=CONTEXTS)
    def generate_data_key_pair(self, key: ModelKey, context: dict[str, str]) -> Any:
        return self._data_key("GenerateDataKeyPair", key, context, KeyPairSpec="ECC_NIST_P256")

    @rule(target=CIPHERTEXTS, key=MOSTLY_SYMMETRIC, context=CONTEXTS)
    def generate_data_key_pair_without_plaintext(self, key: ModelKey, context: dict[str, str]) -> Any:
        return self._data_key("GenerateDataKeyPairWithoutPlaintext", key, context, KeyPairSpec="ECC_NIST_P256")

    @rule(count=st.sampled_from([1, 1024]))
    def generate_random(self, count: int) -> None:
        reply = self.ask("GenerateRandom", NumberOfBytes=count)
        assert reply is None or len(reply["Plaintext"]) == count

    def _opening(self, operation: str, of: Ciphertext, region: str, named: ModelKey | None) -> Refusals:
        """What speaks against opening a ciphertext in a Region, but for its context."""
        if named is not None and not named.alive:
            return {"NotFoundException": None}
        key = of.family.members.get(region)
        if named not in (None, key):
            return {"IncorrectKeyException": None}
        return {"AccessDeniedException": None} if key is None else key.state_refusals(operation)

    @rule(
        of=CIPHERTEXTS,
        region=st.none() | st.sampled_from(REGIONS),
        context=st.none() | CONTEXTS,
        named=st.none() | SYMMETRIC,
    )
    def decrypt(
        self, of: Ciphertext, region: str | None, context: dict[str, str] | None, named: ModelKey | None
    ) -> None:
        """In any Region, with any context, naming any key or none."""
        region = region or of.region
        context = of.context if context is None else context
        if named is not None:
            region = named.region
        wrong = refusals((context != of.context, "InvalidCiphertextException"))
        reply = self.ask(
            "Decrypt",
            then=lambda: self._opening("Decrypt", of, region, named) or wrong,
            region=region,
            uses=[of.family.members[region]] if region in of.family.members else (),
            CiphertextBlob=of.blob,
            EncryptionContext=context,
            **({} if named is None else {"KeyId": named.arn}),
        )
        if reply is not None:
            assert of.plaintext in (None, reply["Plaintext"])
            assert reply["KeyId"] == of.family.members[region].arn
            assert of.material.is_shown_as(reply["KeyMaterialId"])

    @rule(target=CIPHERTEXTS, of=CIPHERTEXTS, key=MOSTLY_SYMMETRIC, context=CONTEXTS)
    def re_encrypt(self, of: Ciphertext, key: ModelKey, context: dict[str, str]) -> Any:
        """To any key, in that key's Region."""
        source = of.family.members.get(key.region)

        def speaks_against() -> Refusals:
            if of.family.members.get(key.region) is None:
                return {"AccessDeniedException": None}
            if not key.alive or key.usage != "ENCRYPT_DECRYPT":
                return key.refusals("ReEncrypt")
            return self._opening("ReEncrypt", of, key.region, None) or key.state_refusals("ReEncrypt")

        reply = self.ask(
            "ReEncrypt",
            then=speaks_against,
            region=key.region,
            uses=[each for each in (source, key) if each is not None],
            CiphertextBlob=of.blob,
            SourceEncryptionContext=of.context,
            DestinationEncryptionContext=context,
            DestinationKeyId=key.key_id,
        )
        if reply is None:
            return multiple()
        assert of.material.is_shown_as(reply["SourceKeyMaterialId"])
        assert key.family.current.is_shown_as(reply["DestinationKeyMaterialId"])
        return self._encrypted(key, reply["CiphertextBlob"], of.plaintext, context)

    # --- signatures, MACs, shared secrets ---

    @rule(target=SIGNATURES, key=mostly(SIGNING, 12), message=st.binary(min_size=1, max_size=9))
    def sign(self, key: ModelKey, message: bytes) -> Any:
        algorithm = SIGNING_ALGORITHMS.get(key.spec, "ECDSA_SHA_256")
        reply = self.ask("Sign", key, Message=message, SigningAlgorithm=algorithm)
        return multiple() if reply is None else Proof(key, reply["Signature"], message)

    @rule(proof=SIGNATURES, region=st.sampled_from(REGIONS), message=OTHER_MESSAGES)
    def verify(self, proof: Proof, region: str, message: bytes | None) -> None:
        """With the key itself or a related one."""
        key = proof.key.family.members.get(region, proof.key)
        params = {"Signature": proof.value, "SigningAlgorithm": SIGNING_ALGORITHMS[key.spec]}
        wrong = refusals((message is not None, "KMSInvalidSignatureException"))
        self.ask("Verify", key, lambda: wrong, Message=message or proof.secret, **params)

    @rule(key=ANY)
    def get_public_key(self, key: ModelKey) -> None:
        def speaks_against() -> Refusals:
            return refusals(
                (key.kind != "asymmetric", "UnsupportedOperationException"),
                (key.kind == "asymmetric" and not key.is_complete, "KMSInvalidStateException"),
            )

        reply = self.ask("GetPublicKey", key, speaks_against)
        if reply is not None:
            key.public_key = key.public_key or reply["PublicKey"]
            assert reply["PublicKey"] == key.public_key

    @rule(target=MACS, key=mostly(MAC, 12), message=st.binary(min_size=1, max_size=9))
    def generate_mac(self, key: ModelKey, message: bytes) -> Any:
        reply = self.ask("GenerateMac", key, Message=message, MacAlgorithm="HMAC_SHA_256")
        return multiple() if reply is None else Proof(key, reply["Mac"], message)

    @rule(proof=MACS, message=OTHER_MESSAGES)
    def verify_mac(self, proof: Proof, message: bytes | None) -> None:
        wrong = refusals((message is not None, "KMSInvalidMacException"))
        params = {"Mac": proof.value, "MacAlgorithm": "HMAC_SHA_256"}
        self.ask("VerifyMac", proof.key, lambda: wrong, Message=message or proof.secret, **params)

    @rule(key=AGREEMENT, peer=AGREEMENT)
    def derive_shared_secret(self, key: ModelKey, peer: ModelKey) -> None:
        """Both sides derive the same."""
        if peer.public_key is None:
            self.get_public_key(peer)
        if peer.public_key is None:
            return
        reply = self.ask("DeriveSharedSecret", key, KeyAgreementAlgorithm="ECDH", PublicKey=peer.public_key)
        if reply is not None:
            secret = self.derived.setdefault(frozenset({key.arn, peer.arn}), reply["SharedSecret"])
            assert reply["SharedSecret"] == secret

    @rule(target=SECRETS, key=ENCAPSULATION)
    def encapsulate(self, key: ModelKey) -> Any:
        reply = self.ask("Encapsulate", key, EncapsulationAlgorithm="ML_KEM")
        if reply is None:
            return multiple()
        return Proof(key, reply["SharedSecretCiphertextBlob"], reply["SharedSecret"])

    @rule(proof=SECRETS)
    def decapsulate(self, proof: Proof) -> None:
        params = {"SharedSecretCiphertextBlob": proof.value, "EncapsulationAlgorithm": "ML_KEM"}
        reply = self.ask("Decapsulate", proof.key, **params)
        assert reply is None or reply["SharedSecret"] == proof.secret

    # --- rotation ---

    @rule(key=MOSTLY_SYMMETRIC, days=st.sampled_from([90, 180, 365]))
    def enable_key_rotation(self, key: ModelKey, days: int) -> None:
        cannot = refusals((not key.is_symmetric or key.is_replica, "UnsupportedOperationException"))
        if self.ask("EnableKeyRotation", key, lambda: cannot, RotationPeriodInDays=days) is not None:
            key.family.period, key.family.next_rotation = days, self.model.now + timedelta(days=days)

    @rule(key=MOSTLY_SYMMETRIC, days=st.sampled_from([90, 365]))
    def a_rotation_is_overdue(self, key: ModelKey, days: int) -> None:
        """It fell due while the key was disabled, and is made up for when the key is enabled."""
        self.enable_key_rotation(key, days)
        self.disable_key(key)
        self.time_passes(timedelta(days=2 * days))
        self.enable_key(key)
        self.time_passes(timedelta(seconds=1))

    @rule(key=MOSTLY_SYMMETRIC)
    def disable_key_rotation(self, key: ModelKey) -> None:
        cannot = refusals((key.is_replica, "UnsupportedOperationException"))
        if self.ask("DisableKeyRotation", key, lambda: cannot) is not None:
            key.family.next_rotation = None

    @rule(key=MOSTLY_SYMMETRIC)
    def get_key_rotation_status(self, key: ModelKey) -> None:
        reply = self.ask("GetKeyRotationStatus", key)
        if reply is None:
            return
        due = None if key.window is not None else key.family.next_rotation
        period = None if due is None else key.family.period
        assert reply["KeyRotationEnabled"] == (due is not None)
        assert (reply.get("NextRotationDate"), reply.get("RotationPeriodInDays")) == (due, period)
        assert reply.get("OnDemandRotationStartDate") == key.family.on_demand_started

    @rule(key=st.one_of(MOSTLY_SYMMETRIC, IMPORTED, MULTI_REGION))
    def rotate_key_on_demand(self, key: ModelKey) -> None:
        family = key.family

        def speaks_against() -> Refusals:
            due = family.next_rotation
            is_near = due is not None and due - self.model.now <= timedelta(minutes=20)
            return refusals(
                (not key.is_symmetric or key.is_replica, "UnsupportedOperationException"),
                (key.is_external and not family.is_staged, "KMSInvalidStateException"),
                (family.on_demand_count >= 25, "LimitExceededException"),
                (family.on_demand_started is not None or is_near, "ConflictException"),
            )

        if self.ask("RotateKeyOnDemand", key, speaks_against) is not None:
            family.on_demand_count += 1
            family.on_demand_started = self.model.now

    @rule(key=st.one_of(MOSTLY_SYMMETRIC, IMPORTED), everything=st.booleans())
    def list_key_rotations(self, key: ModelKey, everything: bool) -> None:
        everything = everything and key.is_symmetric
        reply = self.ask("ListKeyRotations", key, **({"IncludeKeyMaterial": "ALL_KEY_MATERIAL"} if everything else {}))
        if reply is None:
            return
        expected = [each for each in key.family.materials if everything or each.rotated is not None]
        assert len(reply["Rotations"]) == min(len(expected), 100)
        for shown, material in zip(reply["Rotations"], expected, strict=False):
            self._compare_rotation(key, material, shown)
        ids = [shown["KeyMaterialId"] for shown in reply["Rotations"]]
        assert len(set(ids)) == len(ids)

    def _compare_rotation(self, key: ModelKey, material: Material, shown: dict[str, Any]) -> None:
        waiting = "PENDING_ROTATION" if key.family.is_staged else "PENDING_MULTI_REGION_IMPORT_AND_ROTATION"
        assert material.is_shown_as(shown["KeyMaterialId"])
        assert shown["KeyMaterialState"] == (material.standing if material.belongs else waiting)
        assert (shown.get("RotationDate"), shown.get("RotationType")) == (material.rotated, material.rotation_type)
        if key.is_external:
            assert (shown["ImportState"] == "IMPORTED") == (material in key.imported)
            assert shown.get("ValidTo") == key.imported.get(material)

    # --- imported key material ---

    @rule(key=mostly(IMPORTED, 2))
    def get_parameters_for_import(self, key: ModelKey) -> None:
        how = {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"}
        reply = self.ask("GetParametersForImport", key, **how)
        if reply is not None:
            assert reply["ParametersValidTo"] == self.model.now + timedelta(hours=24)
            key.parameters = reply["ImportToken"], reply["PublicKey"], reply["ParametersValidTo"]

    @rule(
        key=mostly(IMPORTED, 4),
        which=st.integers(0, 2),
        import_type=st.sampled_from([None, None, "NEW_KEY_MATERIAL", "EXISTING_KEY_MATERIAL"]),
        days=st.sampled_from([None, None, 5, 100]),
        is_fresh=st.sampled_from([True, True, True, False]),
    )
    def import_key_material(
        self, key: ModelKey, which: int, import_type: str | None, days: int | None, is_fresh: bool
    ) -> None:
        """One of the key's first three materials, with new import parameters or those that are there."""
        family = key.family
        if key.is_external and (key.parameters is None or (is_fresh and key.parameters[2] <= self.model.now)):
            self.get_parameters_for_import(key)
        token, public_key, ends = key.parameters or (b"no token", b"", self.model.now)
        while len(family.secrets) <= which:
            family.secrets.append(_new_secret(key.spec, self.calls + len(family.secrets)))
        secret = family.secrets[which]
        known = next((each for each in family.materials if each.secret == secret), None)
        is_new = import_type == "NEW_KEY_MATERIAL" or (import_type is None and not family.materials)
        until = None if days is None else self.model.now.replace(microsecond=0) + timedelta(days=days)

        def speaks_against() -> Refusals:
            if ends <= self.model.now:
                code = "InvalidImportTokenException" if key.parameters is None else "ExpiredImportTokenException"
                return {code: None} | refusals(
                    (not key.is_symmetric and import_type is not None, "UnsupportedOperationException")
                )
            return refusals(
                (not key.is_symmetric and import_type is not None, "UnsupportedOperationException"),
                (is_new and key.is_replica, "UnsupportedOperationException"),
                (is_new == (known is not None), "IncorrectKeyMaterialException"),
                (is_new and family.waiting is not None, "KMSInvalidStateException"),
            )

        reply = self.ask(
            "ImportKeyMaterial",
            key,
            speaks_against,
            ImportToken=token,
            EncryptedKeyMaterial=_wrap(public_key, secret) if public_key else b"nothing",
            ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE" if until is None else "KEY_MATERIAL_EXPIRES",
            **({} if until is None else {"ValidTo": until}),
            **({} if import_type is None else {"ImportType": import_type}),
        )
        if reply is None:
            return
        was_complete = key.is_complete
        if known is None:
            known = Material("WAITING" if family.materials else "CURRENT", secret)
            family.materials.append(known)
        key.imported[known] = until
        key.enabled = key.enabled or (key.is_complete and not was_complete)
        assert known.is_shown_as(reply["KeyMaterialId"])

    @rule(key=mostly(IMPORTED, 4), which=st.none() | st.integers(0, 2))
    def delete_imported_key_material(self, key: ModelKey, which: int | None) -> None:
        """The current material, or another one that is known."""
        named = [each for each in key.family.materials[which or 0 :] if which is not None and each.material_id]
        params = {"KeyMaterialId": named[0].material_id} if named and key.is_external else {}
        reply = self.ask("DeleteImportedKeyMaterial", key, **params)
        if reply is None or not key.family.materials:
            return
        material = named[0] if params else key.family.current
        assert material.is_shown_as(reply["KeyMaterialId"])
        lose(key, material)


def _new_secret(spec: str, number: int) -> bytes:
    if not spec.startswith("ECC"):
        return number.to_bytes(32)
    private = ec.derive_private_key(number + 1, ec.SECP256R1())
    encryption = serialization.NoEncryption()
    return private.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, encryption)


def _wrap(public_key: bytes, secret: bytes) -> bytes:
    key: Any = serialization.load_der_public_key(public_key)
    return bytes(key.encrypt(secret, padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)))


def test_random_lives_of_keys() -> None:
    LivesOfKeys.tally.clear()
    how = settings(
        derandomize=True,
        database=None,
        deadline=None,
        max_examples=SEQUENCES,
        stateful_step_count=STEPS,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(LivesOfKeys, settings=how)  # type: ignore[no-untyped-call]
    answered = {name: count for name, count in LivesOfKeys.tally.items() if name[0].isupper()}
    refused = {name: count for name, count in LivesOfKeys.tally.items() if name.startswith("refused ")}
    print(f"{LivesOfKeys.tally['sequences']} sequences, {LivesOfKeys.tally['advances']} moves of the clock")
    print(f"{sum(answered.values())} answers by {len(answered)} operations: {answered}")
    print(f"{sum(refused.values())} refusals of {len(refused)} kinds: {refused}")
    assert len(answered) >= 40, "too many operations were never answered: the lives are too short"


def operations_of_rules() -> list[str]:
    """The operations that have a rule."""
    names = set(vars(LivesOfKeys))
    with Lab(seed=1) as lab:
        return [each for each in lab.client("kms").meta.service_model.operation_names if xform_name(each) in names]


def test_most_operations_have_a_rule() -> None:
    assert len(operations_of_rules()) >= 25
