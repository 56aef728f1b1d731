"""Every operation on a key in every state, against a transcription of AWS's table.

The table is tests/vectors/key_states.json; nothing here is taken from the module under test. Every state is reached as
at AWS: through the API and the clock. The usage and the origin of the key material are checked before the state, so
every operation gets a key that it may use.

The module is long because it calls each of the 46 operations that name a key, and knows eight ways for a key to go.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from kmslab import Lab
from kmslab.operations import OPERATIONS

DOCUMENT = json.loads((Path(__file__).parents[1] / "vectors" / "key_states.json").read_text())
TABLE: dict[str, dict[str, str]] = DOCUMENT["states"]
STATES = tuple(TABLE["DescribeKey"])

HOME, AWAY, THIRD = "us-east-1", "eu-west-1", "ap-southeast-2"
GRANTEE = "arn:aws:iam::123456789010:user/grantee"
IMPORT = {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"}
SIGN = {"Message": b"m", "SigningAlgorithm": "ECDSA_SHA_256"}
MAC = {"Message": b"m", "MacAlgorithm": "HMAC_SHA_256"}
ECDH = {"KeyAgreementAlgorithm": "ECDH"}
KEM = {"EncapsulationAlgorithm": "ML_KEM"}
PUBLIC = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
PRIVATE = serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()

# What the footnotes say. Where the guide allows two errors for a key pending deletion, every recorded answer is the one
# here.
TEXTS = {
    "1": ("DisabledException", "{arn} is disabled."),
    "3": ("KMSInvalidStateException", "{arn} is pending deletion."),
    "8": ("KMSInvalidStateException", "{arn} is pending deletion."),
    "2or3": ("KMSInvalidStateException", "{arn} is pending deletion."),
    "10": ("KMSInvalidStateException", "{arn} is pending deletion."),
    "4": ("KMSInvalidStateException", "{arn} is not pending deletion."),
    "4,13": ("KMSInvalidStateException", "{arn} is not pending deletion."),
    "5": ("KMSInvalidStateException", "{arn} is pending import."),
    "6": ("UnsupportedOperationException", "{arn} origin is EXTERNAL which is not valid for this operation."),
    # The table gives no text for these two. That of 9 is recorded; that of 7 is taken over from it.
    "7": ("UnsupportedOperationException", "{arn} origin is {origin} which is not valid for this operation."),
    "9": ("UnsupportedOperationException", "{arn} origin is {origin} which is not valid for this operation."),
    "11": ("KMSInvalidStateException", "{arn} is unavailable."),
    "14": ("KMSInvalidStateException", "{arn} is creating."),
    "15": ("KMSInvalidStateException", "{arn} is updating."),
}
#: Their text for a key in a custom key store is not known, and here there is none.
WITHOUT_TEXT = {"GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext"}


@dataclass(frozen=True)
class Kind:
    """A kind of key.

    Attributes:
        spec: Its key spec.
        usage: What it is for.
        material: What can be imported as its material.
        external: Whether its material is imported in every state, not only to reach PendingImport.
        in_store: Whether it is in a custom key store in every state, not only to reach Unavailable.
        multi_region: Whether it is a multi-Region primary key in every state.
        replicated: Whether it has a replica in every state but PendingDeletion.
    """

    spec: str = "SYMMETRIC_DEFAULT"
    usage: str = "ENCRYPT_DECRYPT"
    material: Callable[[], bytes] = lambda: b"\x2a" * 32
    external: bool = False
    in_store: bool = False
    multi_region: bool = False
    replicated: bool = False


def new_private_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


SYMMETRIC = Kind()
HMAC = Kind("HMAC_256", "GENERATE_VERIFY_MAC")
SIGNING = Kind("ECC_NIST_P256", "SIGN_VERIFY", lambda: new_private_key().private_bytes(*PRIVATE))
AGREEMENT = replace(SIGNING, usage="KEY_AGREEMENT")
ENCAPSULATING = Kind("ML_KEM_512", "ENCAPSULATE_DECAPSULATE")
EXTERNAL = Kind(external=True)
IN_STORE = Kind(in_store=True)
MULTI_REGION = Kind(multi_region=True)
REPLICATED = Kind(multi_region=True, replicated=True)


class Subject:
    """One key in the state that is looked at, and what was made with it before it came into that state."""

    def __init__(self, stage: Stage, kms: Any, arn: str) -> None:
        """Keep the key and the client of its Region; nothing is made yet."""
        self.stage = stage
        self.kms = kms
        self.key = arn
        self.number = next(stage.numbers)

    @property
    def other(self) -> str:
        """An enabled key in the same Region."""
        return self.stage.other(self.kms)

    @cached_property
    def blob(self) -> bytes:
        return bytes(self.kms.encrypt(KeyId=self.key, Plaintext=b"x")["CiphertextBlob"])

    @cached_property
    def other_blob(self) -> bytes:
        return bytes(self.kms.encrypt(KeyId=self.other, Plaintext=b"x")["CiphertextBlob"])

    @cached_property
    def signature(self) -> bytes:
        return bytes(self.kms.sign(KeyId=self.key, **SIGN)["Signature"])

    @cached_property
    def mac(self) -> bytes:
        return bytes(self.kms.generate_mac(KeyId=self.key, **MAC)["Mac"])

    @cached_property
    def public_key(self) -> bytes:
        return bytes(self.kms.get_public_key(KeyId=self.key)["PublicKey"])

    @cached_property
    def peer(self) -> bytes:
        return new_private_key().public_key().public_bytes(*PUBLIC)

    @cached_property
    def encapsulation(self) -> bytes:
        return bytes(self.kms.encapsulate(KeyId=self.key, **KEM)["SharedSecretCiphertextBlob"])

    @cached_property
    def alias(self) -> str:
        return self.name(self.key, "it")

    @cached_property
    def other_alias(self) -> str:
        return self.name(self.other, "other")

    def name(self, key: str, prefix: str) -> str:
        """A new alias of a key."""
        alias = f"alias/{prefix}-{self.number}"
        self.kms.create_alias(AliasName=alias, TargetKeyId=key)
        return alias

    @cached_property
    def grant(self) -> str:
        reply = self.kms.create_grant(KeyId=self.key, GranteePrincipal=GRANTEE, Operations=["DescribeKey"])
        return str(reply["GrantId"])

    @cached_property
    def policy(self) -> str:
        return str(self.kms.get_key_policy(KeyId=self.key)["Policy"])

    @cached_property
    def secret(self) -> bytes:
        return b"\x2a" * 32

    @cached_property
    def import_params(self) -> dict[str, Any]:
        """What ImportKeyMaterial needs to import the key's material, the first time or again."""
        parameters = self.kms.get_parameters_for_import(KeyId=self.key, **IMPORT)
        public_key = serialization.load_der_public_key(parameters["PublicKey"])
        assert isinstance(public_key, rsa.RSAPublicKey)
        oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
        return {
            "ImportToken": parameters["ImportToken"],
            "EncryptedKeyMaterial": public_key.encrypt(self.secret, oaep),
            "ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE",
        }

    def import_material(self) -> None:
        self.kms.import_key_material(KeyId=self.key, **self.import_params)


class Stage:
    """A Lab in which keys are brought into one state after the other."""

    def __init__(self, lab: Lab) -> None:
        """Open the clients; keys and the key store are made when somebody asks for them."""
        self.lab = lab
        self.home: Any = lab.client("kms", region_name=HOME)
        self.away: Any = lab.client("kms", region_name=AWAY)
        self.numbers = count()
        self._others: dict[str, str] = {}

    def other(self, kms: Any) -> str:
        """A key of the client's Region that is always enabled."""
        region = kms.meta.region_name
        if region not in self._others:
            self._others[region] = kms.create_key()["KeyMetadata"]["Arn"]
        return self._others[region]

    @cached_property
    def store(self) -> str:
        """A CloudHSM key store, connected."""
        cluster = self.lab.cloudhsm_cluster()
        reply = self.home.create_custom_key_store(
            CustomKeyStoreName="store",
            CloudHsmClusterId=cluster.cluster_id,
            KeyStorePassword=cluster.password,
            TrustAnchorCertificate=cluster.trust_anchor_certificate,
        )
        self.home.connect_custom_key_store(CustomKeyStoreId=reply["CustomKeyStoreId"])
        self.settle()
        return str(reply["CustomKeyStoreId"])

    def reconnect(self) -> None:
        """Connect the key store again, whatever it is now."""
        self.settle()
        self.home.connect_custom_key_store(CustomKeyStoreId=self.store)
        self.settle()

    def settle(self) -> None:
        """Wait until what KMS does in the background is done."""
        self.lab.clock.advance(minutes=30)

    def new_key(self, kind: Kind, state: str, *, used: bool = True) -> Subject:
        """A new key that can come into `state`, enabled; one to import into stays empty when it is not to be used."""
        params: dict[str, Any] = {"KeySpec": kind.spec, "KeyUsage": kind.usage}
        if kind.multi_region or state in ("PendingReplicaDeletion", "Creating", "Updating"):
            params["MultiRegion"] = True
        if kind.external or state == "PendingImport":
            params["Origin"] = "EXTERNAL"
        if kind.in_store or state == "Unavailable":
            params |= {"Origin": "AWS_CLOUDHSM", "CustomKeyStoreId": self.store}
            self.reconnect()
        subject = Subject(self, self.home, self.home.create_key(**params)["KeyMetadata"]["Arn"])
        subject.secret = kind.material()
        if kind.external or (state == "PendingImport" and used):
            subject.import_material()
        if state in ("PendingReplicaDeletion", "Updating") or (kind.replicated and state not in NOT_REPLICATED):
            subject = self.replicate(subject, kind, keep_primary=state != "Updating")
        return subject

    def replicate(self, primary: Subject, kind: Kind, *, keep_primary: bool) -> Subject:
        """Make a replica, enabled; the primary key or the replica goes on."""
        self.home.replicate_key(KeyId=primary.key, ReplicaRegion=AWAY)
        self.settle()
        replica = Subject(self, self.away, primary.key.replace(HOME, AWAY))
        if kind.external and not keep_primary:
            replica.secret = primary.secret
            replica.import_material()
        return primary if keep_primary else replica

    def move(self, subject: Subject, state: str) -> Subject:
        """Bring an enabled key into `state`; for Creating its replica is what goes on."""
        kms, key = subject.kms, subject.key
        if state == "Disabled":
            kms.disable_key(KeyId=key)
        elif state in ("PendingDeletion", "PendingReplicaDeletion"):
            kms.schedule_key_deletion(KeyId=key)
        elif state == "PendingImport":
            kms.delete_imported_key_material(KeyId=key)
        elif state == "Unavailable":
            kms.disconnect_custom_key_store(CustomKeyStoreId=self.store)
        elif state == "Updating":
            self.home.update_primary_region(KeyId=key.replace(AWAY, HOME), PrimaryRegion=AWAY)
        elif state == "Creating":
            self.home.replicate_key(KeyId=key, ReplicaRegion=AWAY)
            subject.kms, subject.key = self.away, key.replace(HOME, AWAY)
        return subject


#: What cannot be made with a key that has no key material.
USES = frozenset({"blob", "encapsulation", "grant", "mac", "public_key", "signature"})

#: The states that a primary key with a replica does not come into, or that bring a replica of their own.
NOT_REPLICATED = ("PendingDeletion", "Creating")


@dataclass(frozen=True)
class Call:
    """One way to call an operation.

    Attributes:
        params: Its parameters.
        kind: The kind of key that it needs.
        needs: What must be made with the key, or for it, before it comes into the state.
        footnote: Of two outcomes in a cell, the one with this footnote is expected; without it the first one.
    """

    params: Callable[[Subject], dict[str, Any]]
    kind: Kind = SYMMETRIC
    needs: tuple[str, ...] = ()
    footnote: str = ""


def key_id(s: Subject) -> dict[str, Any]:
    return {"KeyId": s.key}


def parameters_for_import(s: Subject) -> dict[str, Any]:
    return {"KeyId": s.key, **IMPORT}


NOT_IMPORTED = {"ImportToken": b"t", "EncryptedKeyMaterial": b"m", "ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}
TAGS = [{"TagKey": "k", "TagValue": "v"}]
PAIR = {"KeyPairSpec": "ECC_NIST_P256"}

CALLS: dict[str, Call] = {
    "CancelKeyDeletion": Call(key_id),
    "CreateAlias": Call(lambda s: {"AliasName": f"alias/new-{s.number}", "TargetKeyId": s.key}),
    "CreateGrant": Call(lambda s: {"KeyId": s.key, "GranteePrincipal": GRANTEE, "Operations": ["Decrypt"]}),
    "Decapsulate": Call(
        lambda s: {"KeyId": s.key, "SharedSecretCiphertextBlob": s.encapsulation, **KEM},
        ENCAPSULATING,
        ("encapsulation",),
    ),
    "Decrypt": Call(lambda s: {"CiphertextBlob": s.blob}, needs=("blob",)),
    "Decrypt with KeyId": Call(lambda s: {"CiphertextBlob": s.blob, "KeyId": s.key}, needs=("blob",)),
    "DeleteAlias": Call(lambda s: {"AliasName": s.alias}, needs=("alias",)),
    "DeleteImportedKeyMaterial": Call(key_id, EXTERNAL),
    "DeleteImportedKeyMaterial of KMS's own": Call(key_id, footnote="9"),
    "DeriveSharedSecret": Call(lambda s: {"KeyId": s.key, "PublicKey": s.peer, **ECDH}, AGREEMENT),
    "DescribeKey": Call(key_id),
    "DisableKey": Call(key_id),
    "DisableKeyRotation": Call(key_id),
    "DisableKeyRotation in a key store": Call(key_id, IN_STORE, footnote="7"),
    "EnableKey": Call(key_id),
    "EnableKeyRotation": Call(key_id),
    "EnableKeyRotation in a key store": Call(key_id, IN_STORE, footnote="7"),
    "Encapsulate": Call(lambda s: {"KeyId": s.key, **KEM}, ENCAPSULATING),
    "Encrypt": Call(lambda s: {"KeyId": s.key, "Plaintext": b"x"}),
    "Encrypt with an alias": Call(lambda s: {"KeyId": s.alias, "Plaintext": b"x"}, needs=("alias",)),
    "GenerateDataKey": Call(lambda s: {"KeyId": s.key, "KeySpec": "AES_256"}),
    "GenerateDataKeyPair": Call(lambda s: {"KeyId": s.key, **PAIR}),
    "GenerateDataKeyPairWithoutPlaintext": Call(lambda s: {"KeyId": s.key, **PAIR}),
    "GenerateDataKeyWithoutPlaintext": Call(lambda s: {"KeyId": s.key, "KeySpec": "AES_256"}),
    "GenerateMac": Call(lambda s: {"KeyId": s.key, **MAC}, HMAC),
    "GetKeyLastUsage": Call(key_id),
    "GetKeyPolicy": Call(key_id),
    "GetKeyRotationStatus": Call(key_id),
    "GetKeyRotationStatus in a key store": Call(key_id, IN_STORE, footnote="7"),
    "GetParametersForImport": Call(parameters_for_import, EXTERNAL),
    "GetParametersForImport of KMS's own": Call(parameters_for_import, footnote="9"),
    "GetPublicKey": Call(key_id, SIGNING, ("public_key",)),
    "ImportKeyMaterial": Call(lambda s: {"KeyId": s.key, **s.import_params}, EXTERNAL, ("import_params",)),
    "ImportKeyMaterial over KMS's own": Call(lambda s: {"KeyId": s.key, **NOT_IMPORTED}, footnote="9"),
    "ListAliases": Call(key_id),
    "ListGrants": Call(key_id),
    "ListKeyPolicies": Call(key_id),
    "ListKeyRotations": Call(key_id),
    "ListKeyRotations in a key store": Call(key_id, IN_STORE, footnote="7"),
    "ListResourceTags": Call(key_id),
    "PutKeyPolicy": Call(lambda s: {"KeyId": s.key, "Policy": s.policy}, needs=("policy",)),
    "ReEncrypt from it": Call(lambda s: {"CiphertextBlob": s.blob, "DestinationKeyId": s.other}, needs=("blob",)),
    "ReEncrypt to it": Call(
        lambda s: {"CiphertextBlob": s.other_blob, "DestinationKeyId": s.key}, needs=("other_blob",)
    ),
    "ReplicateKey": Call(lambda s: {"KeyId": s.key, "ReplicaRegion": THIRD}, MULTI_REGION),
    "RetireGrant": Call(lambda s: {"KeyId": s.key, "GrantId": s.grant}, needs=("grant",)),
    "RevokeGrant": Call(lambda s: {"KeyId": s.key, "GrantId": s.grant}, needs=("grant",)),
    "RotateKeyOnDemand": Call(key_id),
    "RotateKeyOnDemand in a key store": Call(key_id, IN_STORE, footnote="7"),
    "ScheduleKeyDeletion": Call(key_id),
    "Sign": Call(lambda s: {"KeyId": s.key, **SIGN}, SIGNING),
    "TagResource": Call(lambda s: {"KeyId": s.key, "Tags": TAGS}),
    "UntagResource": Call(lambda s: {"KeyId": s.key, "TagKeys": ["k"]}),
    "UpdateAlias to it": Call(
        lambda s: {"AliasName": s.other_alias, "TargetKeyId": s.key}, needs=("other_alias",), footnote="10"
    ),
    "UpdateAlias away from it": Call(lambda s: {"AliasName": s.alias, "TargetKeyId": s.other}, needs=("alias",)),
    "UpdateKeyDescription": Call(lambda s: {"KeyId": s.key, "Description": "d"}),
    "UpdatePrimaryRegion": Call(
        lambda s: {"KeyId": s.key, "PrimaryRegion": HOME if AWAY in s.key else AWAY}, REPLICATED
    ),
    "Verify": Call(lambda s: {"KeyId": s.key, "Signature": s.signature, **SIGN}, SIGNING, ("signature",)),
    "VerifyMac": Call(lambda s: {"KeyId": s.key, "Mac": s.mac, **MAC}, HMAC, ("mac",)),
}

#: Combinations that the table has and that cannot be: the reason, and below a test that it holds.
CANNOT_BE = {
    ("Decapsulate", "PendingImport"): "ML-KEM key material cannot be imported",
    ("Encapsulate", "PendingImport"): "ML-KEM key material cannot be imported",
    ("RetireGrant", "Creating"): "a key that is being created has no grants, and gets none",
    ("RevokeGrant", "Creating"): "a key that is being created has no grants, and gets none",
    **{
        (call, state): "a key in a custom key store is no multi-Region key"
        for call in CALLS
        if "in a key store" in call
        for state in ("PendingReplicaDeletion", "Creating", "Updating")
    },
    **{
        (call, "Unavailable"): "a key in a custom key store has no imported key material"
        for call in ("GetParametersForImport", "ImportKeyMaterial")
    },
}


#: Where the Lab knowingly answers otherwise than the table says: with the error of this footnote. The table lets
#: GetPublicKey through, but the Lab keeps no public key of key material that is gone.
DEPARTURES = {("GetPublicKey", "PendingImport"): "5"}


def operation_of(call: str) -> str:
    return call.split()[0]


def outcome(call: str, state: str) -> str | None:
    """The footnote of the expected error, or None where the operation works."""
    if (call, state) in DEPARTURES:
        return DEPARTURES[call, state]
    outcomes = TABLE[operation_of(call)][state].split("|")
    if "[2or3]" in outcomes[-1]:
        return "2or3"
    chosen = [each for each in outcomes if f"[{CALLS[call].footnote}]" in each] or outcomes
    return None if chosen[0].startswith("ok") else chosen[0].partition("[")[2].removesuffix("]")


def is_for(call: str, cell: str) -> bool:
    """Whether a cell says something about this call: of one that is for a footnote, only where the footnote is."""
    footnote = CALLS[call].footnote
    return cell != "n/a" and (footnote not in ("7", "9") or f"[{footnote}]" in cell)


COMBINATIONS = [
    (call, state)
    for state in STATES
    for call in CALLS
    if is_for(call, TABLE[operation_of(call)][state]) and (call, state) not in CANNOT_BE
]


@pytest.fixture(scope="module")
def stage_of() -> Iterator[Callable[[str], Stage]]:
    """The Lab for one state: with all states in one, looking whether anything has changed would take its time."""
    stages: dict[str, Stage] = {}
    with ExitStack() as stack:

        def make(state: str) -> Stage:
            if state not in stages:
                stages[state] = Stage(stack.enter_context(Lab(seed=6)))
            return stages[state]

        yield make


def prepare(stage: Stage, call: Call, state: str) -> Subject:
    """A key in `state` with all that the call needs."""
    # What the test before has begun in the background is not to end in this one.
    stage.settle()
    subject = stage.new_key(call.kind, state, used=call.kind.replicated or not USES.isdisjoint(call.needs))
    # What belongs to one Region is made for a replica once it is there, in whatever state.
    late = [need for need in call.needs if state == "Creating" and need in ("alias", "other_alias", "other_blob")]
    assert stage.other(stage.away if state in ("Creating", "Updating") else stage.home)
    for need in call.needs:
        if need not in late:
            getattr(subject, need)
    subject = stage.move(subject, state)
    for need in late:
        getattr(subject, need)
    return subject


@pytest.mark.parametrize(("call", "state"), COMBINATIONS)
def test_key_state(stage_of: Any, refusals_of: Any, call: str, state: str) -> None:
    stage = stage_of(state)
    subject = prepare(stage, CALLS[call], state)
    shown = subject.kms.describe_key(KeyId=subject.key)["KeyMetadata"]
    assert shown["KeyState"] == state
    footnote, params = outcome(call, state), CALLS[call].params(subject)
    method = getattr(subject.kms, xform_name(operation_of(call)))
    if footnote is None:
        assert method(**params)["ResponseMetadata"]["HTTPStatusCode"] == 200
        return
    code, text = TEXTS[footnote]
    assert (code in TABLE[operation_of(call)][state]) is ((call, state) not in DEPARTURES)
    if footnote == "7" and operation_of(call) in WITHOUT_TEXT:
        text = ""
    with refusals_of(stage.lab)(code, text.format(arn=subject.key, origin=shown["Origin"])):
        method(**params)


def test_every_operation_in_every_state() -> None:
    assert len(STATES) == 8
    assert set(OPERATIONS) == set(TABLE), "transcribe the rows of the new operations"
    tried = {(operation_of(call), state) for call, state in COMBINATIONS}
    left = {(operation, state) for operation in TABLE for state in STATES} - tried
    assert left == {
        (operation, state) for operation, row in TABLE.items() for state, cell in row.items() if cell == "n/a"
    } | {each for each in CANNOT_BE if each[0] in TABLE and each not in tried}, "add a call of the new operations"


def test_the_operations_that_need_no_key() -> None:
    """No state can speak against them. ListAliases may name a key, and has its row."""
    without_key = {operation for operation, row in TABLE.items() if set(row.values()) == {"n/a"}}
    assert {each for each in without_key if "CustomKeyStore" not in each} == {
        "CreateKey",
        "GenerateRandom",
        "ListKeys",
        "ListRetirableGrants",
    }
    assert len(without_key) == 10


# --- what cannot be ---


@pytest.mark.parametrize("kind", [HMAC, SIGNING, AGREEMENT, ENCAPSULATING], ids=lambda kind: kind.usage)
def test_only_symmetric_keys_can_be_unavailable(stage_of: Any, refusals_of: Any, kind: Kind) -> None:
    """A custom key store takes no others, so the table says n/a for what only they can do."""
    stage = stage_of("Unavailable")
    store = stage.store
    with refusals_of(stage.lab)("ValidationException", f"KeySpec {kind.spec} is not supported for Origin AWS_CLOUDHSM"):
        stage.home.create_key(KeySpec=kind.spec, KeyUsage=kind.usage, Origin="AWS_CLOUDHSM", CustomKeyStoreId=store)


def test_no_multi_region_key_can_be_unavailable(stage_of: Any, refusals_of: Any) -> None:
    stage = stage_of("Unavailable")
    stage.settle()
    store = stage.store
    with refusals_of(stage.lab)("UnsupportedOperationException", ""):
        stage.home.create_key(MultiRegion=True, Origin="AWS_CLOUDHSM", CustomKeyStoreId=store)


def test_no_imported_key_material_can_be_unavailable(stage_of: Any, refusals_of: Any) -> None:
    stage = stage_of("Unavailable")
    stage.settle()
    store = stage.store
    with refusals_of(stage.lab)("ValidationException", None):
        stage.home.create_key(Origin="EXTERNAL", CustomKeyStoreId=store)


def test_no_ml_kem_key_can_wait_for_an_import(stage_of: Any, refusals_of: Any) -> None:
    stage = stage_of("PendingImport")
    with refusals_of(stage.lab)("ValidationException", "KeySpec ML_KEM_512 is not supported for Origin EXTERNAL"):
        stage.home.create_key(KeySpec="ML_KEM_512", KeyUsage="ENCAPSULATE_DECAPSULATE", Origin="EXTERNAL")


@pytest.mark.parametrize("operation", ["RetireGrant", "RevokeGrant"])
def test_a_key_that_is_being_created_has_no_grants(stage_of: Any, refusals_of: Any, operation: str) -> None:
    """Neither its own nor those of the primary key, so all that can be tried is a grant that is not there."""
    stage = stage_of("Creating")
    subject = prepare(stage, CALLS[operation], "Creating")
    assert subject.kms.describe_key(KeyId=subject.key)["KeyMetadata"]["KeyState"] == "Creating"
    assert subject.kms.list_grants(KeyId=subject.key)["Grants"] == []
    with refusals_of(stage.lab)("NotFoundException", f"Grant ID {subject.grant} not found"):
        getattr(subject.kms, xform_name(operation))(KeyId=subject.key, GrantId=subject.grant)


# --- how a key comes into its state, and out of it ---


def state_of(subject: Subject) -> str:
    return str(subject.kms.describe_key(KeyId=subject.key)["KeyMetadata"]["KeyState"])


def test_a_key_without_material_never_had_any(stage_of: Any) -> None:
    """The other way into PendingImport."""
    stage = stage_of("PendingImport")
    subject = Subject(stage, stage.home, stage.home.create_key(Origin="EXTERNAL")["KeyMetadata"]["Arn"])
    assert state_of(subject) == "PendingImport"
    subject.import_material()
    assert state_of(subject) == "Enabled"


def test_key_material_expires(stage_of: Any) -> None:
    """The third way into PendingImport."""
    stage = stage_of("PendingImport")
    subject = Subject(stage, stage.home, stage.home.create_key(Origin="EXTERNAL")["KeyMetadata"]["Arn"])
    # Whole seconds: the wire may carry no more.
    tomorrow = stage.lab.clock.now().replace(microsecond=0) + timedelta(days=1)
    params = {**subject.import_params, "ExpirationModel": "KEY_MATERIAL_EXPIRES", "ValidTo": tomorrow}
    stage.home.import_key_material(KeyId=subject.key, **params)
    assert state_of(subject) == "Enabled"
    stage.lab.clock.travel_to(tomorrow)
    assert state_of(subject) == "PendingImport"


@pytest.mark.parametrize(
    ("first", "then", "state"),
    [("enable_key", "disable_key", "Disabled"), ("disable_key", "enable_key", "Enabled")],
    ids=["DisableKey", "EnableKey"],
)
def test_footnote_12(stage_of: Any, first: str, then: str, state: str) -> None:
    """What was switched while the key was unavailable shows when the key store is connected again."""
    stage = stage_of("Unavailable")
    subject = stage.new_key(SYMMETRIC, "Unavailable")
    getattr(stage.home, first)(KeyId=subject.key)
    assert state_of(subject) != state
    stage.move(subject, "Unavailable")
    getattr(stage.home, then)(KeyId=subject.key)
    assert state_of(subject) == "Unavailable"
    stage.reconnect()
    assert state_of(subject) == state


def test_footnote_13(stage_of: Any) -> None:
    """A key pending deletion is not unavailable; one whose deletion is cancelled meanwhile is."""
    stage = stage_of("Unavailable")
    subject = stage.new_key(SYMMETRIC, "Unavailable")
    stage.home.schedule_key_deletion(KeyId=subject.key)
    stage.move(subject, "Unavailable")
    assert state_of(subject) == "PendingDeletion"
    stage.home.cancel_key_deletion(KeyId=subject.key)
    assert state_of(subject) == "Unavailable"
    stage.reconnect()
    assert state_of(subject) == "Disabled"
