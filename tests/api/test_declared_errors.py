"""Every error that the model declares for an operation: a call that is answered with it, or why there can be none.

The ledger is tests/vectors/declared_errors.json. For each pair that it calls `raised` there is a call here, and the
test of that pair makes it. Most pairs go by families: what a wrong key id or a disabled key is answered with, it is
answered with everywhere. Codes only: what AWS says with them is in test_bad_input and in the files of the themes.

The module is long because the ledger is: 410 pairs, nearly 120 of them with a call of their own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from kmslab import Lab

LEDGER = json.loads((Path(__file__).parents[1] / "vectors" / "declared_errors.json").read_text())
PAIRS = {(operation, error): how for operation, row in LEDGER["operations"].items() for error, how in row.items()}

ACCOUNT = "123456789010"
UNKNOWN = "12345678-1234-1234-1234-123456789012"
STRANGER = f"arn:aws:iam::{ACCOUNT}:user/stranger"
GRANT_ID = "0" * 64
SIGN = {"Message": b"m", "SigningAlgorithm": "ECDSA_SHA_256"}
MAC = {"Message": b"m", "MacAlgorithm": "HMAC_SHA_256"}
KEM = {"EncapsulationAlgorithm": "ML_KEM"}
ECDH = {"KeyAgreementAlgorithm": "ECDH"}
IMPORT = {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"}
FOR_GOOD = {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}
TAGS = [{"TagKey": "k", "TagValue": "v"}]
RESERVED = [{"TagKey": "aws:k", "TagValue": "v"}]
TOO_LONG = json.dumps({"Version": "2012-10-17", "Id": "x" * 40_000, "Statement": []})
VPC_SERVICE = "com.amazonaws.vpce.us-east-1.vpce-svc-example"
CLUSTER_OF_NOBODY = "cluster-22222222222"
STORE_OF_NOBODY = "cks-00000000000000000"

Params = dict[str, Any]


class Key:
    """A key, and what was made with it before it came into its state."""

    def __init__(self, kms: Any, **params: Any) -> None:
        """Make the key."""
        self.kms = kms
        shown = kms.create_key(**params)["KeyMetadata"]
        self.id, self.arn = str(shown["KeyId"]), str(shown["Arn"])

    @cached_property
    def blob(self) -> bytes:
        return bytes(self.kms.encrypt(KeyId=self.arn, Plaintext=b"x")["CiphertextBlob"])

    @cached_property
    def signature(self) -> bytes:
        return bytes(self.kms.sign(KeyId=self.arn, **SIGN)["Signature"])

    @cached_property
    def mac(self) -> bytes:
        return bytes(self.kms.generate_mac(KeyId=self.arn, **MAC)["Mac"])

    @cached_property
    def encapsulation(self) -> bytes:
        return bytes(self.kms.encapsulate(KeyId=self.arn, **KEM)["SharedSecretCiphertextBlob"])


#: The kinds of keys: how they are made, and what is made with them.
KINDS: dict[str, tuple[Params, str]] = {
    "symmetric": ({}, "blob"),
    "signing": ({"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"}, "signature"),
    "agreement": ({"KeySpec": "ECC_NIST_P256", "KeyUsage": "KEY_AGREEMENT"}, "arn"),
    "encapsulating": ({"KeySpec": "ML_KEM_512", "KeyUsage": "ENCAPSULATE_DECAPSULATE"}, "encapsulation"),
    "mac": ({"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"}, "mac"),
    "multi-Region": ({"MultiRegion": True}, "arn"),
    "external": ({"Origin": "EXTERNAL"}, "arn"),
}


class World:
    """A Lab with everything that the calls name, made when a call first names it."""

    def __init__(self, lab: Lab) -> None:
        """Open an empty world."""
        self.lab = lab
        self.kms: Any = lab.client("kms")
        self.west: Any = lab.client("kms", region_name="us-west-2")
        self._keys: dict[tuple[str, str], Key] = {}

    # --- keys ---

    def key(self, kind: str, state: str = "Enabled") -> Key:
        """The one key of a kind and state."""
        if (kind, state) not in self._keys:
            params, made = KINDS[kind]
            key = self._keys[kind, state] = Key(self.kms, **params)
            assert getattr(key, made)
            if state == "Disabled":
                self.kms.disable_key(KeyId=key.id)
            elif state == "PendingDeletion":
                self.kms.schedule_key_deletion(KeyId=key.id)
        return self._keys[kind, state]

    @cached_property
    def sym(self) -> str:
        """A symmetric key with an alias."""
        arn = self.key("symmetric").arn
        self.kms.create_alias(AliasName="alias/app", TargetKeyId=arn)
        return arn

    @cached_property
    def named(self) -> str:
        """A key with as many aliases as a key can have."""
        key = Key(self.kms).arn
        for number in range(50):
            self.kms.create_alias(AliasName=f"alias/named-{number}", TargetKeyId=key)
        return key

    @cached_property
    def granted(self) -> tuple[str, str, str]:
        """A key, and the id and token of a grant on it."""
        key = Key(self.kms).arn
        reply = self.kms.create_grant(KeyId=key, GranteePrincipal=STRANGER, Operations=["Decrypt"])
        return key, str(reply["GrantId"]), str(reply["GrantToken"])

    @cached_property
    def full_of_grants(self) -> str:
        """A key with as many grants as a key can have: one that was made, and the others like it put in by hand."""
        key_id, grant_id, _ = self.granted
        grants = self.lab.world.store(ACCOUNT, "us-east-1").key(key_id.partition("/")[2]).grants
        first = grants.get(grant_id)
        for number in range(50_000 - len(grants)):
            self.lab.world.add_grant(replace(first, grant_id=f"{number:064x}", tokens=[]))
        return key_id

    @cached_property
    def rotating(self) -> str:
        """A key that is being rotated on demand."""
        key = Key(self.kms).arn
        self.kms.rotate_key_on_demand(KeyId=key)
        return key

    @cached_property
    def rotated_out(self) -> str:
        """A key that has had all its rotations on demand."""
        key = Key(self.kms).arn
        for _ in range(25):
            self.kms.rotate_key_on_demand(KeyId=key)
            self.lab.clock.advance(minutes=1)
        return key

    @cached_property
    def replicated(self) -> Key:
        """A primary key with a replica in us-west-2."""
        key = Key(self.kms, MultiRegion=True)
        self.kms.replicate_key(KeyId=key.arn, ReplicaRegion="us-west-2")
        self.lab.clock.advance(minutes=1)
        return key

    @property
    def being_created(self) -> str:
        """A replica key in us-west-2 that is being created, each time another."""
        key = Key(self.kms, MultiRegion=True, Origin="EXTERNAL")
        # It has no key material and yet can be replicated only once it has.
        self.import_into(key.arn)
        self.kms.replicate_key(KeyId=key.arn, ReplicaRegion="us-west-2")
        return key.arn.replace("us-east-1", "us-west-2")

    # --- imported key material ---

    @cached_property
    def parameters(self) -> Params:
        reply: Params = self.kms.get_parameters_for_import(KeyId=self.key("external").arn, **IMPORT)
        return reply

    def wrapped(self, parameters: Params, material: bytes) -> Params:
        """The token, and key material wrapped as it wants it."""
        public_key = serialization.load_der_public_key(parameters["PublicKey"])
        assert isinstance(public_key, rsa.RSAPublicKey)
        oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
        encrypted = public_key.encrypt(material, oaep)
        return {"ImportToken": parameters["ImportToken"], "EncryptedKeyMaterial": encrypted, **FOR_GOOD}

    def import_into(self, key: str) -> None:
        """Give a key its material."""
        parameters = self.kms.get_parameters_for_import(KeyId=key, **IMPORT)
        self.kms.import_key_material(KeyId=key, **self.wrapped(parameters, b"\x2a" * 32))

    def import_late(self) -> Params:
        """An import with a token that has ended."""
        params = self.wrapped(self.parameters, b"\x2a" * 32)
        self.lab.clock.advance(hours=25)
        return params

    # --- CloudHSM key stores ---

    def new_cluster(self, **changes: Any) -> Any:
        """A CloudHSM cluster, well but for the changes."""
        cluster = self.lab.cloudhsm_cluster()
        for name, value in changes.items():
            setattr(cluster, name, value)
        return cluster

    @cached_property
    def cluster(self) -> Any:
        return self.new_cluster()

    @cached_property
    def cloudhsm(self) -> str:
        """A CloudHSM key store, not connected."""
        return str(self.kms.create_custom_key_store(**for_cluster(self.cluster, "cloudhsm"))["CustomKeyStoreId"])

    @cached_property
    def connected(self) -> str:
        """The CloudHSM key store, connected."""
        return self.connect(self.cloudhsm)

    def connect(self, store: str) -> str:
        """Connect a key store and wait for it."""
        self.kms.connect_custom_key_store(CustomKeyStoreId=store)
        self.lab.clock.advance(minutes=30)
        return store

    def with_cluster(self, store: str, **changes: Any) -> str:
        """A CloudHSM key store whose cluster is well no more."""
        for name, value in changes.items():
            setattr(self.cluster, name, value)
        return store

    @cached_property
    def with_keys(self) -> str:
        """A CloudHSM key store with a key in it, disconnected."""
        Key(self.kms, Origin="AWS_CLOUDHSM", CustomKeyStoreId=self.connected)
        self.kms.disconnect_custom_key_store(CustomKeyStoreId=self.connected)
        self.lab.clock.advance(minutes=30)
        return self.connected

    @cached_property
    def key_in_store(self) -> str:
        return Key(self.kms, Origin="AWS_CLOUDHSM", CustomKeyStoreId=self.connected).arn

    # --- external key stores ---

    def new_proxy(self, fault: str | None = None, **params: Any) -> Any:
        """An external key manager, well but for a fault."""
        manager = self.lab.external_key_manager(**params)
        manager.fault = fault
        return manager

    @cached_property
    def proxy(self) -> Any:
        return self.new_proxy()

    @cached_property
    def external(self) -> str:
        """An external key store, not connected."""
        return self.new_external(self.proxy, "external")

    @cached_property
    def vpc_proxy(self) -> Any:
        return self.new_proxy(uri_path="/in/vpc/kms/xks/v1")

    @cached_property
    def in_vpc(self) -> str:
        """An external key store behind a VPC endpoint service, not connected."""
        return self.new_external(self.vpc_proxy, "in-vpc", VPC_SERVICE)

    def new_external(self, proxy: Any, name: str, service: str | None = None) -> str:
        return str(self.kms.create_custom_key_store(**for_proxy(proxy, name, service))["CustomKeyStoreId"])

    def new_external_key(self, **params: Any) -> Params:
        """What CreateKey needs for an external key, in a connected external key store."""
        return in_external(self.connect(self.external), self.proxy.create_key(**params))

    @property
    def external_key_in_use(self) -> Params:
        params = self.new_external_key()
        self.kms.create_key(**params)
        return params

    @cached_property
    def ten_stores(self) -> Any:
        """An eleventh external key manager."""
        for number in range(10):
            self.new_external(self.new_proxy(), f"store-{number}")
        return self.new_proxy()


def for_cluster(cluster: Any, name: str = "new") -> Params:
    return {
        "CustomKeyStoreName": name,
        "CloudHsmClusterId": cluster.cluster_id,
        "KeyStorePassword": cluster.password,
        "TrustAnchorCertificate": cluster.trust_anchor_certificate,
    }


def for_proxy(proxy: Any, name: str = "new", service: str | None = None) -> Params:
    return {
        "CustomKeyStoreName": name,
        "CustomKeyStoreType": "EXTERNAL_KEY_STORE",
        **address(proxy),
        **credential(proxy),
        **(through(service) if service else {"XksProxyConnectivity": "PUBLIC_ENDPOINT"}),
    }


def address(proxy: Any) -> Params:
    return {"XksProxyUriEndpoint": proxy.uri_endpoint, "XksProxyUriPath": proxy.uri_path}


def credential(proxy: Any) -> Params:
    secret = {"AccessKeyId": proxy.access_key_id, "RawSecretAccessKey": proxy.raw_secret_access_key}
    return {"XksProxyAuthenticationCredential": secret}


def through(service: str) -> Params:
    return {"XksProxyConnectivity": "VPC_ENDPOINT_SERVICE", "XksProxyVpcEndpointServiceName": service}


def update(store: str, proxy: Any, *, signed: bool = True, service: str | None = None) -> Params:
    """An UpdateCustomKeyStore to another proxy."""
    more = credential(proxy) if signed else {}
    return {"CustomKeyStoreId": store, **address(proxy), **more, **(through(service) if service else {})}


def in_external(store: str, external_key: str) -> Params:
    return {"Origin": "EXTERNAL_KEY_STORE", "CustomKeyStoreId": store, "XksKeyId": external_key}


def in_cloudhsm(store: str) -> Params:
    return {"Origin": "AWS_CLOUDHSM", "CustomKeyStoreId": store}


def store_id(store: str) -> Params:
    return {"CustomKeyStoreId": store}


def peer() -> bytes:
    public_key = ec.generate_private_key(ec.SECP256R1()).public_key()
    return public_key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


# --- calls that work, of every operation that names a key or a grant ---


def only_key(w: World, key: Key) -> Params:
    return {"KeyId": key.arn}


def also(**params: Any) -> Callable[[World, Key], Params]:
    return lambda w, key: {"KeyId": key.arn, **params}


#: The kind of key that an operation needs, and its parameters.
WORKS: dict[str, tuple[str, Callable[[World, Key], Params]]] = {
    "CreateAlias": ("symmetric", lambda w, key: {"AliasName": "alias/new", "TargetKeyId": key.arn}),
    "CreateGrant": ("symmetric", also(GranteePrincipal=STRANGER, Operations=["Decrypt"])),
    "Decapsulate": (
        "encapsulating",
        lambda w, key: {"KeyId": key.arn, "SharedSecretCiphertextBlob": key.encapsulation, **KEM},
    ),
    "Decrypt": ("symmetric", lambda w, key: {"KeyId": key.arn, "CiphertextBlob": key.blob}),
    "DeleteImportedKeyMaterial": ("external", only_key),
    "DeriveSharedSecret": ("agreement", also(PublicKey=peer(), **ECDH)),
    "Encapsulate": ("encapsulating", also(**KEM)),
    "Encrypt": ("symmetric", also(Plaintext=b"x")),
    "GenerateDataKey": ("symmetric", also(KeySpec="AES_256")),
    "GenerateDataKeyPair": ("symmetric", also(KeyPairSpec="ECC_NIST_P256")),
    "GenerateDataKeyPairWithoutPlaintext": ("symmetric", also(KeyPairSpec="ECC_NIST_P256")),
    "GenerateDataKeyWithoutPlaintext": ("symmetric", also(KeySpec="AES_256")),
    "GenerateMac": ("mac", also(**MAC)),
    "GetParametersForImport": ("external", also(**IMPORT)),
    "GetPublicKey": ("signing", only_key),
    "ImportKeyMaterial": ("external", lambda w, key: {"KeyId": key.arn, **w.wrapped(w.parameters, b"\x2a" * 32)}),
    "PutKeyPolicy": (
        "symmetric",
        lambda w, key: {"KeyId": key.arn, "Policy": w.kms.get_key_policy(KeyId=w.sym)["Policy"]},
    ),
    "ReEncrypt": (
        "symmetric",
        lambda w, key: {"CiphertextBlob": w.key("symmetric").blob, "DestinationKeyId": key.arn},
    ),
    "ReplicateKey": ("multi-Region", also(ReplicaRegion="us-west-2")),
    "RetireGrant": ("symmetric", lambda w, key: {"GrantToken": w.granted[2]}),
    "RevokeGrant": ("symmetric", lambda w, key: {"KeyId": w.granted[0], "GrantId": w.granted[1]}),
    "Sign": ("signing", also(**SIGN)),
    "TagResource": ("symmetric", also(Tags=TAGS)),
    "UntagResource": ("symmetric", also(TagKeys=["k"])),
    "UpdateAlias": ("symmetric", lambda w, key: {"AliasName": w.sym and "alias/app", "TargetKeyId": key.arn}),
    "UpdateKeyDescription": ("symmetric", also(Description="d")),
    "UpdatePrimaryRegion": ("multi-Region", also(PrimaryRegion="us-west-2")),
    "Verify": ("signing", lambda w, key: {"KeyId": key.arn, "Signature": key.signature, **SIGN}),
    "VerifyMac": ("mac", lambda w, key: {"KeyId": key.arn, "Mac": key.mac, **MAC}),
}
KEY_MEMBERS = {"CreateAlias": "TargetKeyId", "ReEncrypt": "DestinationKeyId", "UpdateAlias": "TargetKeyId"}


def works(operation: str, w: World, state: str = "Enabled") -> Params:
    """Parameters with which the operation works, or would if the key were not in this state."""
    kind, params = WORKS.get(operation, ("symmetric", only_key))
    return params(w, w.key(kind, state))


def with_key(operation: str, w: World, key: str) -> Params:
    return works(operation, w) | {KEY_MEMBERS.get(operation, "KeyId"): key}


def with_other_usage(operation: str, w: World) -> Params:
    kind = WORKS[operation][0]
    return with_key(operation, w, w.key("mac" if kind != "mac" else "symmetric").arn)


#: Errors that come about in the same way everywhere.
FAMILIES: dict[str, Callable[[str, World], Params]] = {
    "NotFoundException": lambda operation, w: with_key(operation, w, UNKNOWN),
    "InvalidArnException": lambda operation, w: with_key(operation, w, w.sym and "alias/app"),
    "DisabledException": lambda operation, w: works(operation, w, "Disabled"),
    "KMSInvalidStateException": lambda operation, w: works(operation, w, "PendingDeletion"),
    "InvalidGrantTokenException": lambda operation, w: works(operation, w) | {"GrantTokens": ["token"]},
    "DryRunOperationException": lambda operation, w: works(operation, w) | {"DryRun": True},
    "InvalidKeyUsageException": with_other_usage,
    "CustomKeyStoreNotFoundException": lambda operation, w: store_id(STORE_OF_NOBODY),
}

#: Calls with a Marker, where a key is not all that is needed, or not needed at all.
MARKED: dict[str, Callable[[World], Params]] = {
    "DescribeCustomKeyStores": lambda w: {},
    "ListAliases": lambda w: {},
    "ListGrants": lambda w: {"KeyId": w.sym},
    "ListKeyRotations": lambda w: {"KeyId": w.sym},
    "ListKeys": lambda w: {},
    "ListResourceTags": lambda w: {"KeyId": w.sym},
    "ListRetirableGrants": lambda w: {"RetiringPrincipal": STRANGER},
}

# --- calls of their own ---

SPECIAL: dict[tuple[str, str], Callable[[World], Params]] = {
    **{
        (operation, "InvalidMarkerException"): lambda w, params=params: params(w) | {"Marker": "!"}
        for operation, params in MARKED.items()
    },
    # Aliases
    ("CreateAlias", "AlreadyExistsException"): lambda w: {"AliasName": "alias/app", "TargetKeyId": w.sym},
    ("CreateAlias", "InvalidAliasNameException"): lambda w: {"AliasName": "alias/aws/s3", "TargetKeyId": w.sym},
    ("CreateAlias", "LimitExceededException"): lambda w: {"AliasName": "alias/new", "TargetKeyId": w.named},
    ("DeleteAlias", "NotFoundException"): lambda w: {"AliasName": "alias/none"},
    ("UpdateAlias", "LimitExceededException"): lambda w: {
        "AliasName": w.sym and "alias/app",
        "TargetKeyId": w.named,
    },
    # Keys
    ("CancelKeyDeletion", "KMSInvalidStateException"): lambda w: {"KeyId": w.sym},
    ("CreateKey", "InvalidArnException"): lambda w: {"Policy": policy_for(f"arn:aws:iam::{ACCOUNT}:group/g")},
    ("CreateKey", "LimitExceededException"): lambda w: {"Policy": TOO_LONG},
    ("CreateKey", "MalformedPolicyDocumentException"): lambda w: {"Policy": "{}"},
    ("CreateKey", "TagException"): lambda w: {"Tags": RESERVED},
    ("CreateKey", "UnsupportedOperationException"): lambda w: {"KeySpec": "SM2", "KeyUsage": "SIGN_VERIFY"},
    ("PutKeyPolicy", "LimitExceededException"): lambda w: {"KeyId": w.sym, "Policy": TOO_LONG},
    ("PutKeyPolicy", "MalformedPolicyDocumentException"): lambda w: {"KeyId": w.sym, "Policy": "{}"},
    ("TagResource", "TagException"): lambda w: {"KeyId": w.sym, "Tags": RESERVED},
    ("UntagResource", "TagException"): lambda w: {"KeyId": w.sym, "TagKeys": ["aws:k"]},
    # Cryptography
    ("Decapsulate", "InvalidCiphertextException"): lambda w: {
        **works("Decapsulate", w),
        "SharedSecretCiphertextBlob": b"short",
    },
    ("Decrypt", "IncorrectKeyException"): lambda w: {
        "CiphertextBlob": w.key("symmetric").blob,
        "KeyId": w.key("multi-Region").arn,
    },
    ("Decrypt", "InvalidCiphertextException"): lambda w: {"CiphertextBlob": b"x" * 200},
    ("Decrypt", "InvalidKeyUsageException"): lambda w: {
        **works("Decrypt", w),
        "EncryptionAlgorithm": "RSAES_OAEP_SHA_256",
    },
    ("ReEncrypt", "IncorrectKeyException"): lambda w: {
        **works("ReEncrypt", w),
        "SourceKeyId": w.key("multi-Region").arn,
    },
    ("ReEncrypt", "InvalidCiphertextException"): lambda w: {**works("ReEncrypt", w), "CiphertextBlob": b"x" * 200},
    **{
        (operation, "UnsupportedOperationException"): lambda w: {"KeyId": w.sym, "KeyPairSpec": "SM2"}
        for operation in ("GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext")
    },
    ("GetPublicKey", "UnsupportedOperationException"): lambda w: {"KeyId": w.sym},
    ("Verify", "KMSInvalidSignatureException"): lambda w: {**works("Verify", w), "Message": b"another"},
    ("VerifyMac", "KMSInvalidMacException"): lambda w: {**works("VerifyMac", w), "Message": b"another"},
    # Grants
    ("CreateGrant", "LimitExceededException"): lambda w: with_key("CreateGrant", w, w.full_of_grants),
    ("ListGrants", "InvalidGrantIdException"): lambda w: {"KeyId": w.sym, "GrantId": "grant"},
    ("ListRetirableGrants", "InvalidArnException"): lambda w: {"RetiringPrincipal": "somebody"},
    ("RetireGrant", "InvalidArnException"): lambda w: {"KeyId": w.sym and "alias/app", "GrantId": GRANT_ID},
    ("RetireGrant", "InvalidGrantIdException"): lambda w: {"KeyId": w.sym, "GrantId": "grant"},
    ("RetireGrant", "InvalidGrantTokenException"): lambda w: {"GrantToken": "token"},
    ("RetireGrant", "NotFoundException"): lambda w: {"KeyId": w.sym, "GrantId": GRANT_ID},
    ("RevokeGrant", "InvalidGrantIdException"): lambda w: {"KeyId": w.sym, "GrantId": "grant"},
    # Rotation
    **{
        (operation, "UnsupportedOperationException"): lambda w: {"KeyId": w.key_in_store}
        for operation in ("DisableKeyRotation", "GetKeyRotationStatus", "ListKeyRotations")
    },
    ("EnableKeyRotation", "UnsupportedOperationException"): lambda w: {"KeyId": w.key("mac").arn},
    ("RotateKeyOnDemand", "ConflictException"): lambda w: {"KeyId": w.rotating},
    ("RotateKeyOnDemand", "LimitExceededException"): lambda w: {"KeyId": w.rotated_out},
    ("RotateKeyOnDemand", "UnsupportedOperationException"): lambda w: {"KeyId": w.key("mac").arn},
    # Imported key material
    **{
        (operation, "UnsupportedOperationException"): lambda w, operation=operation: with_key(operation, w, w.sym)
        for operation in ("DeleteImportedKeyMaterial", "GetParametersForImport", "ImportKeyMaterial")
    },
    ("ImportKeyMaterial", "ExpiredImportTokenException"): lambda w: {"KeyId": w.key("external").arn, **w.import_late()},
    ("ImportKeyMaterial", "IncorrectKeyMaterialException"): lambda w: {
        "KeyId": w.key("external").arn,
        **w.wrapped(w.parameters, b"short"),
    },
    ("ImportKeyMaterial", "InvalidCiphertextException"): lambda w: {
        **works("ImportKeyMaterial", w),
        "EncryptedKeyMaterial": b"x" * 256,
    },
    ("ImportKeyMaterial", "InvalidImportTokenException"): lambda w: {
        **works("ImportKeyMaterial", w),
        "ImportToken": b"token",
    },
    # It works in every key state that a key stays in.
    ("DeleteImportedKeyMaterial", "KMSInvalidStateException"): lambda w: {"KeyId": w.being_created},
    # Multi-Region keys
    ("ReplicateKey", "AlreadyExistsException"): lambda w: {"KeyId": w.replicated.arn, "ReplicaRegion": "us-west-2"},
    ("ReplicateKey", "LimitExceededException"): lambda w: {**works("ReplicateKey", w), "Policy": TOO_LONG},
    ("ReplicateKey", "MalformedPolicyDocumentException"): lambda w: {**works("ReplicateKey", w), "Policy": "{}"},
    ("ReplicateKey", "TagException"): lambda w: {**works("ReplicateKey", w), "Tags": RESERVED},
    **{
        (operation, "UnsupportedOperationException"): lambda w, operation=operation: with_key(operation, w, w.sym)
        for operation in ("ReplicateKey", "UpdatePrimaryRegion")
    },
    # CloudHSM key stores
    ("ConnectCustomKeyStore", "CloudHsmClusterInvalidConfigurationException"): lambda w: store_id(
        w.with_cluster(w.cloudhsm, hsm_count=0)
    ),
    ("ConnectCustomKeyStore", "CloudHsmClusterNotActiveException"): lambda w: store_id(
        w.with_cluster(w.cloudhsm, is_active=False)
    ),
    ("ConnectCustomKeyStore", "CustomKeyStoreInvalidStateException"): lambda w: store_id(
        w.connect(w.with_cluster(w.cloudhsm, fault="USER_LOGGED_IN"))
    ),
    ("CreateCustomKeyStore", "CloudHsmClusterInUseException"): lambda w: for_cluster(w.cloudhsm and w.cluster),
    ("CreateCustomKeyStore", "CloudHsmClusterInvalidConfigurationException"): lambda w: for_cluster(
        w.new_cluster(hsm_count=1)
    ),
    ("CreateCustomKeyStore", "CloudHsmClusterNotActiveException"): lambda w: for_cluster(
        w.new_cluster(is_active=False)
    ),
    ("CreateCustomKeyStore", "CloudHsmClusterNotFoundException"): lambda w: {
        **for_cluster(w.cluster),
        "CloudHsmClusterId": CLUSTER_OF_NOBODY,
    },
    ("CreateCustomKeyStore", "CustomKeyStoreNameInUseException"): lambda w: for_cluster(
        w.cloudhsm and w.new_cluster(), "cloudhsm"
    ),
    ("CreateCustomKeyStore", "IncorrectTrustAnchorException"): lambda w: {
        **for_cluster(w.cluster),
        "TrustAnchorCertificate": w.new_cluster().trust_anchor_certificate,
    },
    ("CreateCustomKeyStore", "LimitExceededException"): lambda w: for_proxy(w.ten_stores),
    ("CreateKey", "CloudHsmClusterInvalidConfigurationException"): lambda w: in_cloudhsm(
        w.with_cluster(w.connected, hsm_count=1)
    ),
    ("CreateKey", "CustomKeyStoreInvalidStateException"): lambda w: in_cloudhsm(w.cloudhsm),
    ("CreateKey", "CustomKeyStoreNotFoundException"): lambda w: in_cloudhsm(STORE_OF_NOBODY),
    ("DeleteCustomKeyStore", "CustomKeyStoreHasCMKsException"): lambda w: store_id(w.with_keys),
    ("DeleteCustomKeyStore", "CustomKeyStoreInvalidStateException"): lambda w: store_id(w.connected),
    ("DisconnectCustomKeyStore", "CustomKeyStoreInvalidStateException"): lambda w: store_id(w.cloudhsm),
    ("GenerateRandom", "CustomKeyStoreInvalidStateException"): lambda w: {"NumberOfBytes": 1, **store_id(w.cloudhsm)},
    ("GenerateRandom", "CustomKeyStoreNotFoundException"): lambda w: {"NumberOfBytes": 1, **store_id(STORE_OF_NOBODY)},
    ("GenerateRandom", "UnsupportedOperationException"): lambda w: {"NumberOfBytes": 1, **store_id(w.external)},
    ("UpdateCustomKeyStore", "CloudHsmClusterInvalidConfigurationException"): lambda w: {
        **store_id(w.with_cluster(w.cloudhsm, is_well_configured=False)),
        "CloudHsmClusterId": w.cluster.cluster_id,
    },
    ("UpdateCustomKeyStore", "CloudHsmClusterNotActiveException"): lambda w: {
        **store_id(w.with_cluster(w.cloudhsm, is_active=False)),
        "CloudHsmClusterId": w.cluster.cluster_id,
    },
    ("UpdateCustomKeyStore", "CloudHsmClusterNotFoundException"): lambda w: {
        **store_id(w.cloudhsm),
        "CloudHsmClusterId": CLUSTER_OF_NOBODY,
    },
    ("UpdateCustomKeyStore", "CloudHsmClusterNotRelatedException"): lambda w: {
        **store_id(w.cloudhsm),
        "CloudHsmClusterId": w.new_cluster().cluster_id,
    },
    ("UpdateCustomKeyStore", "CustomKeyStoreInvalidStateException"): lambda w: {
        **store_id(w.connected),
        "KeyStorePassword": "another",
    },
    ("UpdateCustomKeyStore", "CustomKeyStoreNameInUseException"): lambda w: {
        **store_id(w.cloudhsm),
        "NewCustomKeyStoreName": w.external and "external",
    },
    # External key stores
    ("CreateKey", "XksKeyAlreadyInUseException"): lambda w: w.external_key_in_use,
    ("CreateKey", "XksKeyInvalidConfigurationException"): lambda w: w.new_external_key(key_spec="RSA_2048"),
    ("CreateKey", "XksKeyNotFoundException"): lambda w: in_external(w.connect(w.external), "nobody-s"),
    ("CreateCustomKeyStore", "XksProxyIncorrectAuthenticationCredentialException"): lambda w: {
        **for_proxy(w.proxy),
        **credential(w.new_proxy()),
    },
    ("CreateCustomKeyStore", "XksProxyInvalidConfigurationException"): lambda w: for_proxy(w.new_proxy("INVALID_TLS")),
    ("CreateCustomKeyStore", "XksProxyInvalidResponseException"): lambda w: for_proxy(w.new_proxy("INVALID_RESPONSE")),
    ("CreateCustomKeyStore", "XksProxyUriEndpointInUseException"): lambda w: {
        **for_proxy(w.external and w.proxy, service=VPC_SERVICE),
        "XksProxyUriPath": "/another/kms/xks/v1",
    },
    ("CreateCustomKeyStore", "XksProxyUriInUseException"): lambda w: for_proxy(w.external and w.proxy),
    ("CreateCustomKeyStore", "XksProxyUriUnreachableException"): lambda w: for_proxy(w.new_proxy("UNREACHABLE")),
    ("CreateCustomKeyStore", "XksProxyVpcEndpointServiceInUseException"): lambda w: for_proxy(
        w.in_vpc and w.proxy, service=VPC_SERVICE
    ),
    ("CreateCustomKeyStore", "XksProxyVpcEndpointServiceInvalidConfigurationException"): lambda w: for_proxy(
        ill_served(w.proxy), service=VPC_SERVICE
    ),
    ("CreateCustomKeyStore", "XksProxyVpcEndpointServiceNotFoundException"): lambda w: for_proxy(
        w.proxy, service=VPC_SERVICE.replace("us-east-1", "eu-west-1")
    ),
    ("UpdateCustomKeyStore", "XksProxyIncorrectAuthenticationCredentialException"): lambda w: update(
        w.external, w.new_proxy(), signed=False
    ),
    ("UpdateCustomKeyStore", "XksProxyInvalidConfigurationException"): lambda w: update(
        w.external, w.new_proxy("INVALID_TLS")
    ),
    ("UpdateCustomKeyStore", "XksProxyInvalidResponseException"): lambda w: update(
        w.external, w.new_proxy("INVALID_RESPONSE")
    ),
    ("UpdateCustomKeyStore", "XksProxyUriEndpointInUseException"): lambda w: {
        **update(w.external, w.in_vpc and w.vpc_proxy),
        "XksProxyUriPath": "/another/kms/xks/v1",
    },
    ("UpdateCustomKeyStore", "XksProxyUriInUseException"): lambda w: update(w.external, w.in_vpc and w.vpc_proxy),
    ("UpdateCustomKeyStore", "XksProxyUriUnreachableException"): lambda w: update(
        w.external, w.new_proxy("UNREACHABLE")
    ),
    ("UpdateCustomKeyStore", "XksProxyVpcEndpointServiceInUseException"): lambda w: update(
        w.external, w.in_vpc and w.new_proxy(), service=VPC_SERVICE
    ),
    ("UpdateCustomKeyStore", "XksProxyVpcEndpointServiceInvalidConfigurationException"): lambda w: update(
        w.external, ill_served(w.new_proxy()), service=VPC_SERVICE
    ),
    ("UpdateCustomKeyStore", "XksProxyVpcEndpointServiceNotFoundException"): lambda w: update(
        w.external, w.new_proxy(), service=VPC_SERVICE.replace("us-east-1", "eu-west-1")
    ),
}


def policy_for(principal: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "kms:*", "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def ill_served(proxy: Any) -> Any:
    """The proxy, behind a VPC endpoint service that is not as KMS needs it."""
    proxy.has_valid_vpc_endpoint_service = False
    return proxy


#: Calls that leave the world as the others do not need it, or so full that all the others would take their time.
OF_ITS_OWN = {
    ("CreateGrant", "LimitExceededException"),
    ("ImportKeyMaterial", "ExpiredImportTokenException"),
    ("RotateKeyOnDemand", "ConflictException"),
}


def needs_its_own_world(operation: str, error: str) -> bool:
    # A key store's cluster and proxy are spoilt for the call, and there can be ten key stores only.
    of_stores = "CustomKeyStore" in operation + error or error.startswith(("CloudHsm", "Xks"))
    return of_stores or (operation, error) in OF_ITS_OWN


@pytest.fixture(scope="module")
def shared() -> Iterator[World]:
    with Lab(seed=8) as lab:
        yield World(lab)


@pytest.fixture
def world(request: pytest.FixtureRequest, operation: str, error: str) -> World:
    """The module's world, or one for this test alone."""
    if needs_its_own_world(operation, error):
        return World(request.getfixturevalue("lab"))
    shared: World = request.getfixturevalue("shared")
    return shared


RAISED = [pair for pair, how in PAIRS.items() if how == "raised"]


@pytest.mark.parametrize(("operation", "error"), RAISED)
def test_raised(world: World, refusals_of: Any, operation: str, error: str) -> None:
    make = SPECIAL.get((operation, error)) or partial(FAMILIES[error], operation)
    params = make(world)
    with refusals_of(world.lab)(error, None):
        # Only what is being created is in the other Region.
        client = world.west if ":us-west-2:" in params.get("KeyId", "") else world.kms
        getattr(client, xform_name(operation))(**params)


@pytest.mark.parametrize("operation", WORKS)
def test_the_calls_work_but_for_the_error(operation: str) -> None:
    """What the families change is a call that works; here it does, in a world that it may change."""
    with Lab(seed=8) as lab:
        world = World(lab)
        if operation == "UpdatePrimaryRegion":
            params = {"KeyId": world.replicated.arn, "PrimaryRegion": "us-west-2"}
        else:
            params = works(operation, world)
        reply = getattr(world.kms, xform_name(operation))(**params)
        assert reply["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_the_ledger_has_exactly_the_pairs_of_the_model(kms: Any) -> None:
    model = kms.meta.service_model
    declared = {
        (name, shape.name) for name in model.operation_names for shape in model.operation_model(name).error_shapes
    }
    assert set(PAIRS) == declared
    assert len(PAIRS) >= 410


def test_what_is_not_raised_has_a_reason() -> None:
    reasons = {how for how in PAIRS.values() if how != "raised"}
    assert reasons == set(LEDGER["reasons"])
    assert all(text.endswith(".") for text in LEDGER["reasons"].values())


def test_every_call_of_its_own_is_a_pair_of_the_ledger() -> None:
    assert {pair for pair in SPECIAL if PAIRS.get(pair) != "raised"} == set()
