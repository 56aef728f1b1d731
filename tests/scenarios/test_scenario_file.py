"""A scenario file sets the scene of a Lab: by ordinary calls, off the bill, out of the trail, and only once."""

from __future__ import annotations

import base64
import hashlib
import json
import textwrap
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from kmslab import Lab
from kmslab.errors import KmslabError
from kmslab.scenario import CLASSROOM, Report, Scenario

HOME, DEVELOPMENT, AUDIT = "111122223333", "444455556666", "999988887777"
ALICE = f"arn:aws:iam::{HOME}:user/alice"
KNOWN_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
KNOWN_MATERIAL = bytes(range(32))

Apply = Callable[[str], Report]


@pytest.fixture
def lab() -> Iterator[Lab]:
    """A Lab that begins where the classroom does."""
    with Lab(HOME, "eu-central-1", seed=1) as made:
        yield made


@pytest.fixture
def classroom(lab: Lab) -> Report:
    """The example, made."""
    return Scenario.read(CLASSROOM).apply(lab)


@pytest.fixture
def apply(lab: Lab, tmp_path: Path) -> Apply:
    """Applies what the first account holds, written as YAML."""

    def run(text: str) -> Report:
        path = tmp_path / "scene.yaml"
        head = f'version: 1\nregion: eu-central-1\naccounts:\n  "{HOME}":\n'
        path.write_text(head + textwrap.indent(textwrap.dedent(text), "    "), encoding="utf-8")
        return Scenario.read(path).apply(lab)

    return run


def _refusal(run: Callable[..., Any], **members: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        run(**members)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


# --- the example ---


def test_the_example_says_where_it_belongs() -> None:
    scenario = Scenario.read(CLASSROOM)
    assert (scenario.account_id, scenario.region, scenario.records) == (HOME, "eu-central-1", False)


def test_the_example_makes_what_it_says(lab: Lab, classroom: Report) -> None:
    assert [account.account_id for account in lab.accounts] == [HOME, DEVELOPMENT, AUDIT]
    assert [(item.kind, item.name) for item in classroom.kept] == [("user", "administrator")]
    assert [(item.kind, item.name) for item in classroom.made if item.account_id == HOME] == [
        ("managed policy", "use-app-key"),
        ("group", "developers"),
        ("access key", "administrator"),
        ("user", "developer"),
        ("access key", "developer"),
        ("role", "app"),
        ("KMS key", "alias/app"),
        ("KMS key", "alias/known"),
        ("KMS key", "alias/release"),
        ("KMS key", "alias/orders"),
        ("KMS key", "alias/orders"),
        ("KMS key", "alias/retired"),
        ("bucket", "classroom-orders"),
    ]
    states = {(key.region, key.aliases): key.state for key in lab.inventory}
    assert states == {
        ("eu-central-1", ("alias/app",)): "Enabled",
        ("eu-central-1", ("alias/known",)): "Enabled",
        ("eu-central-1", ("alias/release",)): "Enabled",
        ("eu-central-1", ("alias/orders",)): "Enabled",
        ("eu-west-1", ("alias/orders",)): "Enabled",
        ("eu-central-1", ("alias/retired",)): "Disabled",
    }


def test_its_keys_are_what_aws_would_have_made(lab: Lab, classroom: Report) -> None:
    kms, ids = lab.client("kms"), classroom.key_ids()
    app = kms.describe_key(KeyId="alias/app")["KeyMetadata"]
    assert (app["KeyId"], app["Description"]) == (ids["alias/app"], "Encrypts what the application stores.")
    assert kms.list_resource_tags(KeyId=app["KeyId"])["Tags"] == [{"TagKey": "Team", "TagValue": "Checkout"}]
    assert kms.get_key_rotation_status(KeyId=app["KeyId"])["RotationPeriodInDays"] == 180
    release = kms.describe_key(KeyId="alias/release")["KeyMetadata"]
    assert (release["KeySpec"], release["KeyUsage"]) == ("ECC_NIST_P256", "SIGN_VERIFY")
    policy = json.loads(kms.get_key_policy(KeyId=release["KeyId"])["Policy"])
    assert [statement["Sid"] for statement in policy["Statement"]] == ["TheAccount", "TheAuditorLooks"]
    (grant,) = kms.list_grants(KeyId=ids["alias/orders"])["Grants"]
    assert grant["GranteePrincipal"] == f"arn:aws:iam::{HOME}:role/app"
    assert grant["Constraints"] == {"EncryptionContextSubset": {"service": "orders"}}
    there = lab.client("kms", "eu-west-1").describe_key(KeyId="alias/orders")["KeyMetadata"]
    assert (there["KeyId"], there["MultiRegionConfiguration"]["MultiRegionKeyType"]) == (ids["alias/orders"], "REPLICA")


def test_its_principals_may_do_what_it_lets_them(lab: Lab, classroom: Report) -> None:
    developer = lab.client("kms", principal=classroom.principal("developer"))
    sealed = developer.encrypt(KeyId="alias/app", Plaintext=b"an order")
    assert developer.decrypt(KeyId="alias/app", CiphertextBlob=sealed["CiphertextBlob"])["Plaintext"] == b"an order"
    code, text = _refusal(developer.encrypt, KeyId="alias/known", Plaintext=b"an order")
    assert code == "AccessDeniedException"
    assert "no identity-based policy allows the kms:Encrypt action" in text
    intern = lab.account(DEVELOPMENT).client("kms", principal=classroom.principal("intern"))
    assert intern.list_keys()["Keys"] == []
    assert _refusal(intern.create_key)[0] == "AccessDeniedException"


def test_the_auditor_of_another_account_looks_at_the_release_key_only(lab: Lab, classroom: Report) -> None:
    auditor = lab.account(AUDIT).client("kms", principal=classroom.principal("auditor"))
    keys = {key.aliases[0]: key.arn for key in lab.inventory}
    assert auditor.get_public_key(KeyId=keys["alias/release"])["KeySpec"] == "ECC_NIST_P256"
    sign = {"Message": b"1.0", "SigningAlgorithm": "ECDSA_SHA_256"}
    assert _refusal(auditor.sign, KeyId=keys["alias/release"], **sign)[0] == "AccessDeniedException"
    assert _refusal(auditor.describe_key, KeyId=keys["alias/app"])[0] == "AccessDeniedException"


def test_the_developer_may_become_the_application(lab: Lab, classroom: Report) -> None:
    sts = lab.client("sts", principal=classroom.principal("developer"))
    session = sts.assume_role(RoleArn=f"arn:aws:iam::{HOME}:role/app", RoleSessionName="test")["Credentials"]
    app = lab.directory.find(session["AccessKeyId"])
    assert app is not None
    kms = lab.client("kms", principal=app)
    sealed = kms.encrypt(
        KeyId=classroom.key_ids()["alias/orders"], Plaintext=b"x", EncryptionContext={"service": "orders"}
    )
    assert sealed["KeyId"].endswith(classroom.key_ids()["alias/orders"])
    assert _refusal(kms.encrypt, KeyId=sealed["KeyId"], Plaintext=b"x")[0] == "AccessDeniedException"
    assert len(kms.list_keys()["Keys"]) == 5


def test_a_given_access_key_is_the_administrators(lab: Lab, classroom: Report) -> None:
    principal = classroom.principal("administrator")
    assert principal.credentials.access_key_id == "AKIACLASSROOMADMIN01"
    assert principal.credentials.secret_access_key == "an-example-for-a-class-not-a-secret-1"
    caller = lab.client("sts", principal=principal).get_caller_identity()
    assert caller["Arn"] == f"arn:aws:iam::{HOME}:user/administrator"
    # The one that the Lab gave still works.
    assert lab.client("kms").list_aliases()["Aliases"]


def test_its_bucket_is_there_with_its_object(lab: Lab, classroom: Report) -> None:
    s3 = lab.client("s3")
    assert s3.get_object(Bucket="classroom-orders", Key="readme.txt")["Body"].read() == b"Orders are stored here.\n"
    assert s3.get_bucket_location(Bucket="classroom-orders")["LocationConstraint"] == "eu-central-1"
    (rule,) = s3.get_bucket_encryption(Bucket="classroom-orders")["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"] == {
        "SSEAlgorithm": "aws:kms",
        "KMSMasterKeyID": f"arn:aws:kms:eu-central-1:{HOME}:alias/app",
    }


# --- bill and trail ---


def test_the_scene_is_neither_on_the_bill_nor_in_the_trail_but_its_keys_cost(lab: Lab, classroom: Report) -> None:
    for account in lab.accounts:
        assert (len(account.trail), account.bill.requests) == (0, 0)
    lab.clock.advance(days=1)
    assert lab.bill.total > 0
    lab.client("kms").list_keys()
    assert [event["eventName"] for event in lab.trail] == ["ListKeys"]
    assert lab.bill.requests == 1


def test_what_falls_due_meanwhile_is_in_the_trail(lab: Lab, apply: Apply) -> None:
    kms = lab.client("kms")
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    lab.clock.travel_to(kms.schedule_key_deletion(KeyId=key_id)["DeletionDate"] - timedelta(milliseconds=5))
    apply("keys: [{aliases: [alias/app]}]\n")
    assert [event["eventName"] for event in lab.trail] == ["CreateKey", "ScheduleKeyDeletion", "DeleteKey"]


def test_with_record_the_making_is_seen(lab: Lab, tmp_path: Path) -> None:
    path = tmp_path / "scene.yaml"
    path.write_text(
        "version: 1\nregion: eu-central-1\nrecord: true\n"
        f'accounts: {{"{HOME}": {{keys: [{{aliases: [alias/app]}}]}}}}\n'
    )
    Scenario.read(path).apply(lab)
    assert [event["eventName"] for event in lab.trail] == ["CreateKey", "CreateAlias"]
    assert lab.bill.requests == 2


# --- once and again ---


def test_applying_it_again_makes_nothing(lab: Lab, classroom: Report) -> None:
    before = [(key.arn, key.aliases, key.state) for key in lab.inventory]
    again = Scenario.read(CLASSROOM).apply(lab)
    assert again.made == []
    assert len(again.kept) == len(classroom.items)
    assert [(key.arn, key.aliases, key.state) for key in lab.inventory] == before
    assert again.principal("developer") == classroom.principal("developer")
    assert len(lab.client("iam").list_access_keys(UserName="developer")["AccessKeyMetadata"]) == 1
    assert repr(again).startswith("Scenario classroom.yaml: 0 made, 18 there already\n")


def test_what_a_learner_changed_stays_changed(lab: Lab, classroom: Report) -> None:
    kms, iam = lab.client("kms"), lab.client("iam")
    kms.disable_key(KeyId=KNOWN_ID)
    kms.delete_alias(AliasName="alias/release")
    iam.remove_user_from_group(UserName="developer", GroupName="developers")
    again = Scenario.read(CLASSROOM).apply(lab)
    assert kms.describe_key(KeyId=KNOWN_ID)["KeyMetadata"]["KeyState"] == "Disabled"
    assert iam.list_groups_for_user(UserName="developer")["Groups"] == []
    # A key without an id in the file is known by its first alias, and by nothing else.
    assert [(item.kind, item.name) for item in again.made] == [("KMS key", "alias/release")]


def test_an_alias_that_stands_for_another_key_is_in_the_way(lab: Lab, apply: Apply, tmp_path: Path) -> None:
    kms = lab.client("kms")
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/second", TargetKeyId=key_id)
    with pytest.raises(KmslabError) as caught:
        apply("users: {alice: }\nkeys: [{aliases: [alias/first, alias/second]}]\n")
    assert str(caught.value) == (
        f"{tmp_path}/scene.yaml:6:12: The Lab has an alias 'alias/second' in eu-central-1 for another key; delete it, "
        "or write another one."
    )
    assert [key.key_id for key in lab.inventory] == [key_id]
    assert [user["UserName"] for user in lab.client("iam").list_users()["Users"]] == ["administrator"]


def test_what_else_can_be_in_the_way_is_found_before_anything_is_made(lab: Lab, apply: Apply, tmp_path: Path) -> None:
    apply(f"keys: [{{id: {KNOWN_ID}, spec: HMAC_256}}]\n")
    taken = lab.administrator.credentials.access_key_id
    with pytest.raises(KmslabError) as caught:
        apply(f"""\
            users:
              alice: {{managed_policies: [AdministratorAcess]}}
              bob: {{access_key: {{id: {taken}, secret: 0123456789abcdef}}}}
            keys: [{{id: {KNOWN_ID}}}]
            """)
    file = f"{tmp_path}/scene.yaml"
    assert str(caught.value).splitlines() == [
        f"{file}:6:34: Neither this account nor AWS has a managed policy 'AdministratorAcess'; AWS's are listed by "
        "`aws iam list-policies --scope AWS`.",
        f"{file}:7:30: The Lab has this access key already, for arn:aws:iam::{HOME}:user/administrator; write another "
        "one.",
        f"{file}:8:12: The Lab has the key arn:aws:kms:eu-central-1:{HOME}:key/{KNOWN_ID} already, of spec HMAC_256 "
        "and not SYMMETRIC_DEFAULT.",
    ]
    assert [user["UserName"] for user in lab.client("iam").list_users()["Users"]] == ["administrator"]
    assert len(lab.inventory) == 1


def test_a_bad_file_makes_nothing(lab: Lab, apply: Apply) -> None:
    with pytest.raises(KmslabError) as caught:
        apply("users: {alice: }\nkeys: [{aliases: [alias/app]}, {aliases: [alias/bad], spec: RSA_2049}]\n")
    assert "'spec' is 'RSA_2049', which there is not; did you mean 'RSA_2048'?" in str(caught.value)
    assert len(lab.inventory) == 0
    assert [user["UserName"] for user in lab.client("iam").list_users()["Users"]] == ["administrator"]
    assert len(lab.trail) == 0


def test_what_aws_refuses_is_said_with_its_place(lab: Lab, apply: Apply, tmp_path: Path) -> None:
    with pytest.raises(KmslabError) as caught:
        apply(f"""\
            users: {{alice: }}
            keys:
              - aliases: [alias/app]
                policy:
                  Statement:
                    {{Effect: Allow, Principal: {{AWS: "{ALICE}"}}, Action: kms:*, Resource: "*"}}
            """)
    assert str(caught.value) == (
        f"{tmp_path}/scene.yaml:7:9: AWS refuses CreateKey with MalformedPolicyDocumentException: The new key policy "
        "will not allow you to update the key policy in the future."
    )
    assert len(lab.inventory) == 0
    # The Lab counts and records again.
    lab.client("kms").list_keys()
    assert (len(lab.trail), lab.bill.requests) == (1, 1)


def test_a_key_policy_may_keep_the_administrator_out(lab: Lab, apply: Apply) -> None:
    report = apply(f"""\
        users: {{alice: }}
        keys:
          - aliases: [alias/app]
            rotation: true
            enabled: false
            grants: [{{grantee: user/alice, operations: [Encrypt]}}]
            replicas: {{eu-west-1: {{aliases: [alias/app]}}}}
            bypass_policy_lockout_safety_check: true
            policy:
              Statement: {{Effect: Allow, Principal: {{AWS: "{ALICE}"}}, Action: kms:*, Resource: "*"}}
        """)
    key_id = report.key_ids()["alias/app"]
    assert _refusal(lab.client("kms").describe_key, KeyId=key_id)[0] == "AccessDeniedException"
    alice = lab.client("kms", principal=report.principal("alice"))
    assert alice.describe_key(KeyId="alias/app")["KeyMetadata"]["KeyState"] == "Disabled"
    assert alice.list_grants(KeyId=key_id)["Grants"][0]["GranteePrincipal"] == ALICE
    assert json.loads(alice.get_key_policy(KeyId=key_id)["Policy"])["Statement"][0]["Principal"] == {"AWS": ALICE}
    # The replica has a policy of its own: the default one.
    assert lab.client("kms", "eu-west-1").describe_key(KeyId="alias/app")["KeyMetadata"]["KeyState"] == "Enabled"


# --- given ids and material ---


def test_a_ciphertext_can_be_decrypted_in_the_next_lab(lab: Lab, classroom: Report) -> None:
    sealed = lab.client("kms").encrypt(KeyId="alias/known", Plaintext=b"kept")["CiphertextBlob"]
    with Lab(HOME, "eu-central-1") as other:
        Scenario.read(CLASSROOM).apply(other)
        opened = other.client("kms").decrypt(CiphertextBlob=sealed)
    assert (opened["Plaintext"], opened["KeyId"].rpartition("/")[2]) == (b"kept", KNOWN_ID)


def test_the_next_key_has_an_id_of_its_own(lab: Lab, classroom: Report) -> None:
    made = lab.client("kms").create_key()["KeyMetadata"]
    assert made["KeyId"] not in classroom.key_ids().values()


def test_a_given_id_changes_no_other_id(lab: Lab, apply: Apply) -> None:
    with Lab(HOME, "eu-central-1", seed=1) as other:
        expected = other.client("kms").create_key()["KeyMetadata"]["KeyId"]
    report = apply(f"keys: [{{id: {KNOWN_ID}}}, {{aliases: [alias/app]}}]\n")
    assert [item.id for item in report.made] == [KNOWN_ID, expected]


def test_a_given_hmac_key_makes_the_macs_of_its_bytes(lab: Lab, apply: Apply) -> None:
    # Source: RFC 4231, test case 6 has a longer key; here the key has the length that KMS wants.
    raw = bytes(range(64))
    apply(f"keys: [{{aliases: [alias/mac], spec: HMAC_512, material: {{base64: {base64.b64encode(raw).decode()}}}}}]\n")
    mac = lab.client("kms").generate_mac(KeyId="alias/mac", Message=b"a message", MacAlgorithm="HMAC_SHA_512")["Mac"]
    inner = hashlib.sha512(bytes(b ^ 0x36 for b in raw.ljust(128, b"\0")) + b"a message").digest()
    assert mac == hashlib.sha512(bytes(b ^ 0x5C for b in raw.ljust(128, b"\0")) + inner).digest()


def test_a_given_private_key_signs(lab: Lab, apply: Apply, tmp_path: Path) -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "release.pem").write_bytes(pem)
    apply(
        "keys: [{aliases: [alias/release], spec: ECC_NIST_P256, usage: SIGN_VERIFY, material: {file: release.pem}}]\n"
    )
    kms = lab.client("kms")
    signed = kms.sign(KeyId="alias/release", Message=b"1.0", SigningAlgorithm="ECDSA_SHA_256")["Signature"]
    private.public_key().verify(signed, b"1.0", ec.ECDSA(hashes.SHA256()))
    metadata = kms.describe_key(KeyId="alias/release")["KeyMetadata"]
    assert (metadata["Origin"], metadata["KeyState"]) == ("AWS_KMS", "Enabled")


def test_replicas_have_the_given_material_too(lab: Lab, apply: Apply) -> None:
    mrk = "mrk-1234abcd12ab34cd56ef1234567890ab"
    apply(f"""\
        keys:
          - id: {mrk}
            material: {{hex: {KNOWN_MATERIAL.hex()}}}
            replicas:
              us-east-1: {{aliases: [alias/there], description: over there, tags: {{a: b}}, enabled: false}}
        """)
    sealed = lab.client("kms").encrypt(KeyId=mrk, Plaintext=b"x")["CiphertextBlob"]
    there = lab.client("kms", "us-east-1")
    assert there.describe_key(KeyId="alias/there")["KeyMetadata"]["Description"] == "over there"
    assert _refusal(there.decrypt, CiphertextBlob=sealed)[0] == "DisabledException"
    there.enable_key(KeyId=mrk)
    assert there.decrypt(CiphertextBlob=sealed)["Plaintext"] == b"x"


def test_material_of_origin_external_is_imported(lab: Lab, apply: Apply) -> None:
    apply(f"""\
        keys:
          - aliases: [alias/waits]
            origin: EXTERNAL
          - id: mrk-1234abcd12ab34cd56ef1234567890ab
            aliases: [alias/mine]
            origin: EXTERNAL
            material: {{hex: {KNOWN_MATERIAL.hex()}}}
            replicas: {{eu-west-1: {{aliases: [alias/mine]}}}}
        """)
    for region in ("eu-central-1", "eu-west-1"):
        metadata = lab.client("kms", region).describe_key(KeyId="alias/mine")["KeyMetadata"]
        assert (metadata["Origin"], metadata["KeyState"]) == ("EXTERNAL", "Enabled")
        assert metadata["ExpirationModel"] == "KEY_MATERIAL_DOES_NOT_EXPIRE"
    assert lab.client("kms").describe_key(KeyId="alias/waits")["KeyMetadata"]["KeyState"] == "PendingImport"
    sealed = lab.client("kms").encrypt(KeyId="alias/mine", Plaintext=b"x")["CiphertextBlob"]
    assert lab.client("kms", "eu-west-1").decrypt(CiphertextBlob=sealed)["Plaintext"] == b"x"


# --- principals ---


def test_users_without_an_access_key_are_nobody_to_act_as(lab: Lab, apply: Apply) -> None:
    report = apply("users: {alice: {access_key: false}, bob: {access_key: true}}\n")
    assert lab.client("iam").list_access_keys(UserName="alice")["AccessKeyMetadata"] == []
    assert [name for _, name in report.principals] == ["bob"]


def test_policies_groups_and_tags_are_those_of_the_file(lab: Lab, apply: Apply, tmp_path: Path) -> None:
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}]}
    (tmp_path / "all.json").write_text(json.dumps(document))
    apply("""\
        managed_policies: {all: {file: all.json}}
        groups: {staff: {policies: {all: {file: all.json}}}}
        users: {alice: {groups: [staff], tags: {Team: red}, managed_policies: [all, ReadOnlyAccess]}}
        roles: {app: {tags: {Team: red}, managed_policies: ["arn:aws:iam::aws:policy/ReadOnlyAccess"]}}
        """)
    iam = lab.client("iam")
    assert iam.get_group_policy(GroupName="staff", PolicyName="all")["PolicyDocument"] == document
    attached = iam.list_attached_user_policies(UserName="alice")["AttachedPolicies"]
    assert {each["PolicyArn"] for each in attached} == {
        f"arn:aws:iam::{HOME}:policy/all",
        "arn:aws:iam::aws:policy/ReadOnlyAccess",
    }
    assert iam.list_user_tags(UserName="alice")["Tags"] == [{"Key": "Team", "Value": "red"}]
    role = iam.get_role(RoleName="app")["Role"]
    assert role["Tags"] == [{"Key": "Team", "Value": "red"}]
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"AWS": f"arn:aws:iam::{HOME}:root"}


# --- Labs of other kinds ---


def test_a_lab_with_request_quotas_waits_by_its_own_clock(tmp_path: Path) -> None:
    path = tmp_path / "scene.yaml"
    keys = "".join(f"      - aliases: [alias/key-{number}]\n" for number in range(12))
    path.write_text(f'version: 1\nregion: eu-central-1\naccounts:\n  "{HOME}":\n    keys:\n{keys}')
    with Lab(HOME, "eu-central-1", seed=1, throttling=True) as lab:
        began = lab.clock.now()
        assert len(Scenario.read(path).apply(lab).made) == 12
        # Five CreateKey in a second; the third second is the last.
        assert timedelta(seconds=2) <= lab.clock.now() - began < timedelta(seconds=5)


def test_a_lab_of_another_account_and_region_takes_it_too() -> None:
    with Lab(seed=1) as lab:
        Scenario.read(CLASSROOM).apply(lab)
        assert len(lab.inventory) == 0
        assert len(lab.account(HOME).inventory) == 6


def test_other_partitions_have_their_own_arns(tmp_path: Path) -> None:
    path = tmp_path / "scene.yaml"
    path.write_text(
        f'version: 1\nregion: cn-north-1\naccounts: {{"{HOME}": {{'
        "users: {alice: {managed_policies: [ReadOnlyAccess]}}, "
        "roles: {app: }, keys: [{aliases: [alias/app], grants: [{grantee: role/app, operations: [Encrypt]}]}]}}\n"
    )
    with Lab(HOME, "cn-north-1", seed=1) as lab:
        report = Scenario.read(path).apply(lab)
        (grant,) = lab.client("kms").list_grants(KeyId=report.key_ids()["alias/app"])["Grants"]
        assert grant["GranteePrincipal"] == f"arn:aws-cn:iam::{HOME}:role/app"
        assert report.principal("alice").arn == f"arn:aws-cn:iam::{HOME}:user/alice"
