"""Every example of the AWS CLI's pages about KMS, as a boto3 call: what the pages show in their output must come out.

The calls are data, tests/vectors/cli_examples.json. Each runs in a Lab of its own, on a stage that makes only what the
call names. The module is long because the stage is: 51 pages name a good fifty things between them.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from functools import cached_property
from operator import attrgetter
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
from botocore import xform_name
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from kmslab import Lab
from kmslab.wire.model import operation_names, service_model

DOCUMENT: dict[str, Any] = json.loads((Path(__file__).parents[1] / "vectors" / "cli_examples.json").read_text())
CASES: list[dict[str, Any]] = DOCUMENT["cases"]

#: The operations that the AWS CLI has no page of examples for.
WITHOUT_A_PAGE = {"Decapsulate", "Encapsulate", "GetKeyLastUsage", "ReplicateKey", "UpdatePrimaryRegion"}

# KMS takes up to 20 minutes to connect a key store.
CONNECTING = timedelta(minutes=30)
VPC_ENDPOINT_SERVICE = "com.amazonaws.vpce.us-east-1.vpce-svc-example1"
RSA_SIGNING = {"MessageType": "RAW", "SigningAlgorithm": "RSASSA_PKCS1_V1_5_SHA_256"}
IMPORT = {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"}


class Key(NamedTuple):
    """What the examples name of a KMS key."""

    id: str
    arn: str
    material_id: str | None


class Stage:
    """What the examples call by $name, made when a call first names it."""

    def __init__(self, lab: Lab, region: str = "us-east-1") -> None:
        """Open an empty stage; the calls go to `region`."""
        self.lab = lab
        self.kms: Any = lab.client("kms", region_name=region)
        self.account = lab.account_id
        self.account_root = f"arn:aws:iam::{lab.account_id}:root"
        self.reply = SimpleNamespace()

    def new_key(self, **params: Any) -> Key:
        """A new key in the stage's Region."""
        shown = self.kms.create_key(**params)["KeyMetadata"]
        return Key(shown["KeyId"], shown["Arn"], shown.get("CurrentKeyMaterialId"))

    # --- keys ---

    @cached_property
    def symmetric_key(self) -> Key:
        return self.new_key()

    @cached_property
    def other_key(self) -> Key:
        return self.new_key()

    @cached_property
    def disabled_key(self) -> Key:
        key = self.new_key()
        self.kms.disable_key(KeyId=key.id)
        return key

    @cached_property
    def leaving_key(self) -> Key:
        key = self.new_key()
        self.kms.schedule_key_deletion(KeyId=key.id)
        return key

    @cached_property
    def tagged_key(self) -> Key:
        return self.new_key(
            Tags=[{"TagKey": "Purpose", "TagValue": "Test"}, {"TagKey": "Dept", "TagValue": "IT"}],
        )

    @cached_property
    def rsa_key(self) -> Key:
        return self.new_key(KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")

    @cached_property
    def rsa_4096_key(self) -> Key:
        return self.new_key(KeySpec="RSA_4096", KeyUsage="ENCRYPT_DECRYPT")

    @cached_property
    def signing_key(self) -> Key:
        return self.new_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")

    @cached_property
    def disabled_rsa_key(self) -> Key:
        key = self.new_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
        self.kms.disable_key(KeyId=key.id)
        return key

    @cached_property
    def hmac_key(self) -> Key:
        return self.new_key(KeySpec="HMAC_384", KeyUsage="GENERATE_VERIFY_MAC")

    @cached_property
    def hmac_256_key(self) -> Key:
        return self.new_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC", Description="Test key")

    @cached_property
    def agreement_key(self) -> Key:
        return self.new_key(KeySpec="ECC_NIST_P256", KeyUsage="KEY_AGREEMENT")

    @cached_property
    def rotating_key(self) -> Key:
        key = self.new_key()
        self.kms.enable_key_rotation(KeyId=key.id)
        return key

    @cached_property
    def rotated_key(self) -> Key:
        """A key that KMS has rotated after a year, and its owner once more."""
        key = self.rotating_key
        self.lab.clock.advance(days=366)
        self.kms.rotate_key_on_demand(KeyId=key.id)
        self.lab.clock.advance(days=1)
        return key

    @cached_property
    def replica_key(self) -> Key:
        """The stage's Region holds one of three replicas; the primary is in us-west-2."""
        primary_region: Any = self.lab.client("kms", region_name="us-west-2")
        primary = primary_region.create_key(MultiRegion=True)["KeyMetadata"]
        for region in ("eu-west-1", self.kms.meta.region_name, "sa-east-1"):
            primary_region.replicate_key(KeyId=primary["KeyId"], ReplicaRegion=region)
        # Replicas begin in the state Creating.
        self.lab.clock.advance(minutes=10)
        shown = self.kms.describe_key(KeyId=primary["KeyId"])["KeyMetadata"]
        return Key(shown["KeyId"], shown["Arn"], shown["CurrentKeyMaterialId"])

    # --- aliases ---

    @cached_property
    def alias(self) -> str:
        self.kms.create_alias(AliasName="alias/test-key", TargetKeyId=self.symmetric_key.id)
        return "alias/test-key"

    @cached_property
    def two_aliases(self) -> None:
        self.kms.create_alias(AliasName="alias/testKey", TargetKeyId=self.symmetric_key.id)
        self.kms.create_alias(AliasName="alias/FinanceDept", TargetKeyId=self.other_key.id)

    @cached_property
    def two_aliases_of_one_key(self) -> None:
        for name in ("alias/oregon-test-key", "alias/project121-test"):
            self.kms.create_alias(AliasName=name, TargetKeyId=self.symmetric_key.id)
        self.kms.create_alias(AliasName="alias/of-another-key", TargetKeyId=self.other_key.id)

    # --- what goes in and comes out ---

    @cached_property
    def plaintext(self) -> bytes:
        return b"hello world\n"

    @cached_property
    def message(self) -> bytes:
        return b"SGVsbG8gV29ybGQK\n"

    @cached_property
    def ciphertext(self) -> bytes:
        return bytes(self.kms.encrypt(KeyId=self.symmetric_key.id, Plaintext=self.plaintext)["CiphertextBlob"])

    @cached_property
    def rsa_ciphertext(self) -> bytes:
        reply = self.kms.encrypt(
            KeyId=self.rsa_key.id, Plaintext=self.plaintext, EncryptionAlgorithm="RSAES_OAEP_SHA_256"
        )
        return bytes(reply["CiphertextBlob"])

    @cached_property
    def signature(self) -> bytes:
        return bytes(self.kms.sign(KeyId=self.signing_key.id, Message=self.message, **RSA_SIGNING)["Signature"])

    @cached_property
    def mac(self) -> bytes:
        reply = self.kms.generate_mac(KeyId=self.hmac_key.id, Message=self.message, MacAlgorithm="HMAC_SHA_384")
        return bytes(reply["Mac"])

    @cached_property
    def peer(self) -> ec.EllipticCurvePrivateKey:
        return ec.generate_private_key(ec.SECP256R1())

    @cached_property
    def peer_public_key(self) -> bytes:
        return self.peer.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    @cached_property
    def shared_secret(self) -> bytes:
        """What the peer derives for itself, from the KMS key's public key."""
        der = self.kms.get_public_key(KeyId=self.agreement_key.id)["PublicKey"]
        public_key = serialization.load_der_public_key(der)
        assert isinstance(public_key, ec.EllipticCurvePublicKey)
        return self.peer.exchange(ec.ECDH(), public_key)

    # --- imported key material ---

    @cached_property
    def external_key(self) -> Key:
        return self.new_key(Origin="EXTERNAL")

    @cached_property
    def import_parameters(self) -> dict[str, bytes]:
        reply: dict[str, bytes] = self.kms.get_parameters_for_import(KeyId=self.external_key.id, **IMPORT)
        return reply

    @cached_property
    def import_token(self) -> bytes:
        return self.import_parameters["ImportToken"]

    @cached_property
    def wrapped_key_material(self) -> bytes:
        public_key = serialization.load_der_public_key(self.import_parameters["PublicKey"])
        assert isinstance(public_key, rsa.RSAPublicKey)
        oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
        return public_key.encrypt(b"\x2a" * 32, oaep)

    @cached_property
    def in_a_month(self) -> Any:
        # Whole seconds: the wire may carry no more.
        return self.lab.clock.now().replace(microsecond=0) + timedelta(days=30)

    @cached_property
    def imported_key(self) -> Key:
        self.kms.import_key_material(
            KeyId=self.external_key.id,
            EncryptedKeyMaterial=self.wrapped_key_material,
            ImportToken=self.import_token,
            ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE",
        )
        return self.external_key

    # --- who ---

    @cached_property
    def example_user(self) -> str:
        return self.lab.user("exampleUser").arn

    @cached_property
    def example_admin(self) -> str:
        return self.lab.user("ExampleAdmin").arn

    def new_role(self, name: str) -> str:
        """The ARN of a role that the account may assume."""
        statement = {"Effect": "Allow", "Principal": {"AWS": self.account_root}, "Action": "sts:AssumeRole"}
        trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        role = self.lab.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]
        return str(role["Arn"])

    @cached_property
    def admin_role(self) -> str:
        return self.new_role("adminRole")

    @cached_property
    def example_role(self) -> str:
        return self.new_role("ExampleRole")

    # --- grants and policies ---

    @cached_property
    def grant_name(self) -> str:
        return "8276b9a6-6cf0-46f1-b2f0-7993a7f8c89a"

    @cached_property
    def grant(self) -> SimpleNamespace:
        reply = self.kms.create_grant(
            KeyId=self.symmetric_key.id,
            GranteePrincipal=self.example_user,
            RetiringPrincipal=self.admin_role,
            Name=self.grant_name,
            Operations=[
                "Decrypt",
                "Encrypt",
                "GenerateDataKey",
                "ReEncryptFrom",
                "ReEncryptTo",
                "RetireGrant",
                "DescribeKey",
            ],
            Constraints={
                "EncryptionContextSubset": {
                    "aws:dynamodb:subscriberId": "123456789012",
                    "aws:dynamodb:tableName": "Services",
                }
            },
        )
        return SimpleNamespace(id=reply["GrantId"], token=reply["GrantToken"])

    @cached_property
    def retirable_grants(self) -> None:
        """Two that ExampleAdmin may retire, and one that is somebody else's."""
        for key, grantee, operation, retiring in (
            (self.symmetric_key, self.example_user, "Encrypt", self.example_admin),
            (self.other_key, self.example_role, "Decrypt", self.example_admin),
            (self.other_key, self.example_user, "Decrypt", self.admin_role),
        ):
            self.kms.create_grant(
                KeyId=key.id,
                GranteePrincipal=grantee,
                RetiringPrincipal=retiring,
                Operations=[operation],
                Constraints={"EncryptionContextSubset": {"Department": "IT"}},
            )

    @cached_property
    def key_policy(self) -> str:
        test_user = self.lab.user("test-user").arn
        statements = [
            {"Effect": "Allow", "Principal": {"AWS": self.account_root}, "Action": "kms:*", "Resource": "*"},
            {
                "Effect": "Allow",
                "Principal": {"AWS": test_user},
                "Action": ["kms:DescribeKey", "kms:ListKeys"],
                "Resource": "*",
            },
        ]
        return json.dumps({"Version": "2012-10-17", "Id": "key-default-1", "Statement": statements})

    @cached_property
    def key_with_policy(self) -> Key:
        return self.new_key(Policy=self.key_policy)

    @cached_property
    def policy_of_symmetric_key(self) -> str:
        """Not the default policy, so that it can be told from the other key's."""
        document = json.loads(self.kms.get_key_policy(KeyId=self.symmetric_key.id)["Policy"])
        return json.dumps({**document, "Id": "copied"})

    # --- custom key stores ---

    @cached_property
    def cluster(self) -> Any:
        return self.lab.cloudhsm_cluster()

    @cached_property
    def public_proxy(self) -> Any:
        return self.lab.external_key_manager(uri_endpoint="https://myproxy.xks.example.com")

    @cached_property
    def private_proxy(self) -> Any:
        return self.lab.external_key_manager(uri_endpoint="https://myproxy-private.xks.example.com")

    @cached_property
    def moved_proxy(self) -> Any:
        """The public proxy under the address that it has in a VPC: path and credential stay."""
        proxy = self.public_proxy
        return self.lab.external_key_manager(
            uri_endpoint="https://myproxy-private.xks.example.com",
            uri_path=proxy.uri_path,
            access_key_id=proxy.access_key_id,
            raw_secret_access_key=proxy.raw_secret_access_key,
        )

    @cached_property
    def cloudhsm_store(self) -> str:
        reply = self.kms.create_custom_key_store(
            CustomKeyStoreName="ExampleCloudHSMKeyStore",
            CloudHsmClusterId=self.cluster.cluster_id,
            KeyStorePassword=self.cluster.password,
            TrustAnchorCertificate=self.cluster.trust_anchor_certificate,
        )
        return str(reply["CustomKeyStoreId"])

    def new_external_store(self, name: str, proxy: Any, **params: str) -> str:
        """The id of a new external key store behind a proxy."""
        reply = self.kms.create_custom_key_store(
            CustomKeyStoreName=name,
            CustomKeyStoreType="EXTERNAL_KEY_STORE",
            XksProxyUriEndpoint=proxy.uri_endpoint,
            XksProxyUriPath=proxy.uri_path,
            XksProxyAuthenticationCredential={
                "AccessKeyId": proxy.access_key_id,
                "RawSecretAccessKey": proxy.raw_secret_access_key,
            },
            **params,
        )
        return str(reply["CustomKeyStoreId"])

    @cached_property
    def external_store(self) -> str:
        return self.new_external_store("ExampleXKS", self.public_proxy, XksProxyConnectivity="PUBLIC_ENDPOINT")

    @cached_property
    def private_store(self) -> str:
        return self.new_external_store(
            "ExampleVPCExternalKeyStore",
            self.private_proxy,
            XksProxyConnectivity="VPC_ENDPOINT_SERVICE",
            XksProxyVpcEndpointServiceName=VPC_ENDPOINT_SERVICE,
        )

    def connect(self, store: str) -> str:
        """Connect a key store and wait until it is."""
        self.kms.connect_custom_key_store(CustomKeyStoreId=store)
        self.lab.clock.advance(seconds=CONNECTING.total_seconds())
        return store

    @cached_property
    def connected_cloudhsm_store(self) -> str:
        return self.connect(self.cloudhsm_store)

    @cached_property
    def connected_external_store(self) -> str:
        return self.connect(self.external_store)

    @cached_property
    def connected_private_store(self) -> str:
        return self.connect(self.private_store)

    @cached_property
    def external_key_id(self) -> str:
        return str(self.public_proxy.create_key())

    # --- calls ---

    def resolve(self, value: Any) -> Any:
        """The value with every $name replaced by what it stands for."""
        if isinstance(value, str) and value.startswith("$"):
            return attrgetter(value[1:])(self)
        if isinstance(value, dict):
            return {name: self.resolve(member) for name, member in value.items()}
        if isinstance(value, list):
            return [self.resolve(member) for member in value]
        return value

    def call(self, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """Make one call.

        Returns:
            The reply's members, without what botocore adds.
        """
        reply = getattr(self.kms, xform_name(operation))(**parameters)
        return {name: member for name, member in reply.items() if name != "ResponseMetadata"}


def find(reply: Any, path: str) -> Any:
    """What stands at a path of a reply: for a[].b, the list of every element's b.

    Raises:
        LookupError: a member is missing, or a list of which elements are asked is empty.
    """
    name, _, rest = path.partition(".")
    member = reply[name.rstrip("[]?")]
    if not name.endswith("]"):
        return find(member, rest) if rest else member
    if not member:
        raise LookupError(f"{name} is empty")
    if name.endswith("[?]"):
        member = [element for element in member if has(element, rest)]
        if not member:
            raise LookupError(f"no element of {name} has {rest}")
    return [find(element, rest) for element in member] if rest else member


def has(reply: Any, path: str) -> bool:
    """Whether a reply has the members of a path."""
    try:
        find(reply, path)
    except LookupError:
        return False
    return True


def in_order(value: Any) -> Any:
    """The value with every list in it sorted: the pages' order is not AWS's promise."""
    if isinstance(value, list):
        return sorted(map(in_order, value), key=repr)
    if isinstance(value, dict):
        return {name: in_order(value[name]) for name in sorted(value)}
    return value


def check_values(reply: dict[str, Any], values: dict[str, Any]) -> None:
    """Every path of `values` has its value; of a key policy, only what it says counts."""
    for path, value in values.items():
        found, expected = find(reply, path), value
        if path == "Policy":
            found, expected = json.loads(found), json.loads(value)
        assert in_order(found) == in_order(expected), f"{path} is {found!r} instead of {expected!r}"


def names_in(value: Any) -> set[str]:
    """Every $name of a value, without what follows its point."""
    if isinstance(value, str):
        return {value[1:].partition(".")[0]} if value.startswith("$") else set()
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return {name for member in members for name in names_in(member)}


def fits(shape: Any, parameter: Any) -> bool:
    """Whether the model's shape has every member that a parameter has."""
    if shape.type_name == "structure" and isinstance(parameter, dict):
        return all(name in shape.members and fits(shape.members[name], parameter[name]) for name in parameter)
    if shape.type_name == "list" and isinstance(parameter, list):
        return all(fits(shape.member, member) for member in parameter)
    return shape.type_name not in ("structure", "list")


def has_path(shape: Any, path: str) -> bool:
    """Whether the model's shape has a path such as Grants[].GrantId."""
    name, _, rest = path.partition(".")
    if shape is None or shape.type_name != "structure" or name.rstrip("[]?") not in shape.members:
        return False
    member = shape.members[name.rstrip("[]?")]
    if name.endswith("]"):
        if member.type_name != "list":
            return False
        member = member.member
    return has_path(member, rest) if rest else True


def test_every_page_and_every_example_is_here() -> None:
    """The number of commands on each page was counted on the pages."""
    assert Counter(case["page"] for case in CASES) == DOCUMENT["pages"]
    numbers = [(case["page"], case["number"]) for case in CASES]
    assert numbers == [(page, n) for page, count in DOCUMENT["pages"].items() for n in range(1, count + 1)]


def test_the_pages_are_named_after_operations_of_the_model() -> None:
    pages = {xform_name(name, "-"): name for name in operation_names()}
    assert set(DOCUMENT["pages"]) <= set(pages)
    with_a_page = {pages[page] for page in DOCUMENT["pages"]}
    assert set(operation_names()) - with_a_page == WITHOUT_A_PAGE
    # Each operation that has a page has an example of its own on it.
    assert {case["operation"] for case in CASES if case["operation"] == pages[case["page"]]} == with_a_page


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_the_example_speaks_of_what_there_is(case: dict[str, Any]) -> None:
    """A slip of the pen in the data must look like one: the model has its members, the stage its names."""
    for call in (case, case["then"]) if "then" in case else (case,):
        model = service_model().operation_model(call["operation"])
        assert fits(model.input_shape, call["parameters"])
        assert set(model.input_shape.required_members) <= set(call["parameters"])
        paths = [
            path for kind in ("members", "values", "sizes", "contains", "identifies") for path in call.get(kind, ())
        ]
        # What a reply must not have may be a member that AWS took care to leave out of the model.
        assert [path for path in paths if not has_path(model.output_shape, path)] == []
    assert names_in(case) | set(case.get("needs", ())) <= set(vars(Stage)) | {"account", "account_root", "reply"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_example(case: dict[str, Any]) -> None:
    with Lab(seed=3) as lab:
        stage = Stage(lab, case.get("region", "us-east-1"))
        for name in case.get("needs", ()):
            getattr(stage, name)
        # Before the call: what it is compared with must not be made after it.
        parameters = stage.resolve(case["parameters"])
        values, identifies = stage.resolve(case.get("values", {})), stage.resolve(case.get("identifies", {}))

        reply = stage.call(case["operation"], parameters)

        missing = [path for path in case["members"] if not has(reply, path)]
        assert missing == [], f"the page shows them, the reply is {sorted(reply)}"
        if not case["members"]:
            assert reply == {}, "the page says that there is no output"
        assert [path for path in case.get("absent", ()) if has(reply, path)] == []
        check_values(reply, values)
        for path, size in case.get("sizes", {}).items():
            assert len(find(reply, path)) == size, f"{path} has {len(find(reply, path))} bytes instead of {size}"
        for path, members in case.get("contains", {}).items():
            assert set(members) <= set(find(reply, path))
        for path, key_id in identifies.items():
            found = find(reply, path)
            for key in found if isinstance(found, list) else [found]:
                assert key.rpartition("/")[2] == key_id, f"{path} is {found!r}, which does not name {key_id}"
        # Not simply the last event: KMS may have had something to do in consequence.
        events = [event for event in lab.trail if event["eventName"] == case["operation"]]
        assert "errorCode" not in events[-1]

        if "then" in case:
            check_effect(stage, case["then"], reply)


def check_effect(stage: Stage, then: dict[str, Any], reply: dict[str, Any]) -> None:
    """The second call of an example shows what the first one did."""
    stage.reply = SimpleNamespace(**reply)
    if "minutes_later" in then:
        stage.lab.clock.advance(minutes=then["minutes_later"])
    shown = stage.call(then["operation"], stage.resolve(then["parameters"]))
    check_values(shown, stage.resolve(then["values"]))
    assert [path for path in then.get("absent", ()) if has(shown, path)] == []
