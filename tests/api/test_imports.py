"""GetParametersForImport, ImportKeyMaterial, DeleteImportedKeyMaterial; the wrapping is done outside the simulator."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from cryptography.hazmat.primitives import hashes, hmac, keywrap, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from kmslab import Lab

OAEP, AES_WRAP = "RSAES_OAEP_SHA_256", "RSA_AES_KEY_WRAP_SHA_256"
FOREVER = {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}
NEW, EXISTING = {"ImportType": "NEW_KEY_MATERIAL"}, {"ImportType": "EXISTING_KEY_MATERIAL"}
NOTHING_WAITS = "No available key material pending rotation for the key: {}."


class Parameters(NamedTuple):
    """What GetParametersForImport gave, and for which algorithm."""

    public_key: bytes
    token: bytes
    algorithm: str


def wrap(public_key: bytes, material: bytes, algorithm: str) -> bytes:
    """What the key's owner does at home."""
    key = serialization.load_der_public_key(public_key)
    assert isinstance(key, rsa.RSAPublicKey)
    digest = hashes.SHA1() if algorithm.endswith("SHA_1") else hashes.SHA256()  # noqa: S303
    oaep = padding.OAEP(padding.MGF1(digest), digest, None)
    if algorithm.startswith("RSAES"):
        return key.encrypt(material, oaep)
    aes_key = os.urandom(32)
    return key.encrypt(aes_key, oaep) + keywrap.aes_key_wrap_with_padding(aes_key, material)


def pkcs8(key: PrivateKeyTypes) -> bytes:
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


class Owner:
    """Who owns key material, at one of their KMS clients."""

    def __init__(self, kms: Any) -> None:
        self.kms = kms

    def parameters(self, key_id: str, algorithm: str = OAEP, wrapping_key: str = "RSA_2048") -> Parameters:
        reply = self.kms.get_parameters_for_import(
            KeyId=key_id, WrappingAlgorithm=algorithm, WrappingKeySpec=wrapping_key
        )
        return Parameters(reply["PublicKey"], reply["ImportToken"], algorithm)

    def bring(self, key_id: str, material: bytes, algorithm: str = OAEP, **params: Any) -> str:
        """Import material, which does not expire unless said otherwise; gives its id."""
        got = self.parameters(key_id, algorithm)
        return self.send(key_id, got, wrap(got.public_key, material, algorithm), **params)

    def send(self, key_id: str, got: Parameters, wrapped: bytes, **params: Any) -> str:
        """The last step alone."""
        expiration = {} if "ValidTo" in params or "ExpirationModel" in params else FOREVER
        reply = self.kms.import_key_material(
            KeyId=key_id, ImportToken=got.token, EncryptedKeyMaterial=wrapped, **expiration, **params
        )
        return str(reply["KeyMaterialId"])

    def metadata(self, key_id: str) -> dict[str, Any]:
        shown: dict[str, Any] = self.kms.describe_key(KeyId=key_id)["KeyMetadata"]
        return shown

    def state(self, key_id: str) -> str:
        return str(self.metadata(key_id)["KeyState"])

    def arn(self, key_id: str) -> str:
        return str(self.metadata(key_id)["Arn"])

    def materials(self, key_id: str) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = self.kms.list_key_rotations(KeyId=key_id, IncludeKeyMaterial="ALL_KEY_MATERIAL")[
            "Rotations"
        ]
        return listed

    def states(self, key_id: str) -> list[tuple[str, str]]:
        return [(each["KeyMaterialState"], each["ImportState"]) for each in self.materials(key_id)]


@pytest.fixture
def owner(kms: Any) -> Owner:
    return Owner(kms)


@pytest.fixture
def make(kms: Any) -> Callable[..., str]:
    """Makes a key without key material and gives its id."""

    def make(key_spec: str = "SYMMETRIC_DEFAULT", **params: Any) -> str:
        reply = kms.create_key(Origin="EXTERNAL", KeySpec=key_spec, **params)
        return str(reply["KeyMetadata"]["KeyId"])

    return make


@pytest.fixture
def pair(lab: Lab, kms: Any, owner: Owner, make: Any) -> tuple[str, Owner, bytes]:
    """A multi-Region key with imported material, its replica in eu-west-1 without any, and the material."""
    key_id, material = make(MultiRegion=True), os.urandom(32)
    owner.bring(key_id, material)
    kms.replicate_key(KeyId=key_id, ReplicaRegion="eu-west-1")
    lab.clock.advance(minutes=1)
    return key_id, Owner(lab.client("kms", region_name="eu-west-1")), material


def rotate(lab: Lab, kms: Any, key_id: str) -> None:
    kms.rotate_key_on_demand(KeyId=key_id)
    lab.clock.advance(seconds=10)


# --- CreateKey ---


def test_a_key_without_material(kms: Any, owner: Owner, make: Any, refuses: Any) -> None:
    key_id = make()
    shown = owner.metadata(key_id)
    assert (shown["Origin"], shown["KeyState"], shown["Enabled"]) == ("EXTERNAL", "PendingImport", False)
    assert not {"CurrentKeyMaterialId", "ExpirationModel", "ValidTo"} & set(shown)
    assert owner.materials(key_id) == []
    with refuses("KMSInvalidStateException", f"{shown['Arn']} is pending import."):
        kms.encrypt(KeyId=key_id, Plaintext=b"x")


@pytest.mark.parametrize(
    ("spec", "usage"),
    [
        ("RSA_2048", "ENCRYPT_DECRYPT"), ("RSA_4096", "SIGN_VERIFY"), ("ECC_NIST_P256", "KEY_AGREEMENT"),
        ("ECC_SECG_P256K1", "SIGN_VERIFY"), ("ECC_NIST_EDWARDS25519", "SIGN_VERIFY"),
        ("HMAC_512", "GENERATE_VERIFY_MAC"),
    ],
)  # fmt: skip
def test_specs_that_take_imported_material(owner: Owner, make: Any, spec: str, usage: str) -> None:
    assert owner.state(make(spec, KeyUsage=usage)) == "PendingImport"


@pytest.mark.parametrize(("spec", "usage"), [("ML_DSA_65", "SIGN_VERIFY"), ("ML_KEM_768", "ENCAPSULATE_DECAPSULATE")])
def test_specs_that_do_not(make: Any, refuses: Any, spec: str, usage: str) -> None:
    with refuses("ValidationException", f"KeySpec {spec} is not supported for Origin EXTERNAL"):
        make(spec, KeyUsage=usage)


# --- GetParametersForImport ---


@pytest.mark.parametrize(("spec", "bits"), [("RSA_2048", 2048), ("RSA_3072", 3072), ("RSA_4096", 4096)])
def test_the_wrapping_key_is_real(lab: Lab, kms: Any, owner: Owner, make: Any, spec: str, bits: int) -> None:
    key_id = make()
    reply = kms.get_parameters_for_import(KeyId=key_id, WrappingAlgorithm=OAEP, WrappingKeySpec=spec)
    now = lab.clock.now()
    public_key = serialization.load_der_public_key(reply["PublicKey"])
    assert isinstance(public_key, rsa.RSAPublicKey)
    assert public_key.key_size == bits
    assert reply["KeyId"] == owner.arn(key_id)
    assert reply["ParametersValidTo"] == now + timedelta(hours=24)
    assert 1 <= len(reply["ImportToken"]) <= 6144
    got = Parameters(reply["PublicKey"], reply["ImportToken"], OAEP)
    owner.send(key_id, got, wrap(got.public_key, bytes(32), OAEP))
    assert owner.state(key_id) == "Enabled"


def test_nothing_of_them_is_in_the_trail(lab: Lab, owner: Owner, make: Any) -> None:
    key_id = make()
    owner.bring(key_id, os.urandom(32))
    asked, brought = lab.trail.events("GetParametersForImport")[-1], lab.trail.events("ImportKeyMaterial")[-1]
    assert asked["requestParameters"] == {
        "keyId": key_id, "wrappingAlgorithm": OAEP, "wrappingKeySpec": "RSA_2048"
    }  # fmt: skip
    assert (asked["readOnly"], asked["responseElements"]) == (True, None)
    assert brought["requestParameters"] == {"keyId": key_id, "expirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}
    assert brought["readOnly"] is False
    assert brought["responseElements"] == {
        "keyId": owner.arn(key_id), "keyMaterialId": owner.metadata(key_id)["CurrentKeyMaterialId"]
    }  # fmt: skip


@pytest.mark.parametrize(
    ("algorithm", "wrapping_key", "text"),
    [
        ("RSAES_PKCS1_V1_5", "RSA_2048", "WrappingAlgorithm RSAES_PKCS1_V1_5 is not supported in this Region"),
        ("SM2PKE", "RSA_2048", "WrappingAlgorithm SM2PKE is not supported in this Region"),
        ("SM2PKE", "SM2", "WrappingKeySpec SM2 is not supported in this Region"),
    ],
)
def test_ways_of_wrapping_that_are_not_offered(
    owner: Owner, make: Any, refuses: Any, algorithm: str, wrapping_key: str, text: str
) -> None:
    key_id = make()
    with refuses("UnsupportedOperationException", text):
        owner.parameters(key_id, algorithm, wrapping_key)


@pytest.mark.parametrize(
    ("spec", "algorithm", "wrapping_key", "works"),
    [
        ("RSA_2048", OAEP, "RSA_4096", False),
        ("RSA_2048", "RSAES_OAEP_SHA_1", "RSA_4096", False),
        ("RSA_2048", AES_WRAP, "RSA_2048", True),
        ("ECC_NIST_P521", OAEP, "RSA_2048", False),
        ("ECC_NIST_P521", "RSAES_OAEP_SHA_1", "RSA_2048", False),
        ("ECC_NIST_P521", OAEP, "RSA_3072", True),
        ("ECC_NIST_P521", AES_WRAP, "RSA_2048", True),
        ("ECC_NIST_P384", OAEP, "RSA_2048", True),
    ],
)
def test_which_algorithm_goes_with_which_key(
    owner: Owner, make: Any, refuses: Any, spec: str, algorithm: str, wrapping_key: str, works: bool
) -> None:
    key_id = make(spec, KeyUsage="SIGN_VERIFY")
    if works:
        assert owner.parameters(key_id, algorithm, wrapping_key).public_key
        return
    text = f"WrappingAlgorithm {algorithm} with WrappingKeySpec {wrapping_key} is not supported for KeySpec {spec}"
    with refuses("UnsupportedOperationException", text):
        owner.parameters(key_id, algorithm, wrapping_key)


def test_unknown_algorithms(lab: Lab, unchecked: Any, make: Any, refuses: Any) -> None:
    key_id = make()
    text = (
        "2 validation errors detected: "
        "Value 'B' at 'wrappingKeySpec' failed to satisfy constraint: Member must satisfy enum value set: "
        "[RSA_2048, RSA_3072, RSA_4096, SM2]"
    )
    with refuses("ValidationException", None):
        unchecked(lab).get_parameters_for_import(KeyId=key_id, WrappingAlgorithm="A", WrappingKeySpec="B")
    said = lab.trail[-1]["errorMessage"]
    assert said.startswith("2 validation errors detected: ")
    assert text.removeprefix("2 validation errors detected: ") in said


def test_only_keys_made_for_it(kms: Any, owner: Owner, make_key: Any, refuses: Any) -> None:
    key_id = make_key()
    text = f"{owner.arn(key_id)} origin is AWS_KMS which is not valid for this operation."
    with refuses("UnsupportedOperationException", text):
        owner.parameters(key_id)
    with refuses("UnsupportedOperationException", text):
        kms.import_key_material(KeyId=key_id, ImportToken=b"t", EncryptedKeyMaterial=b"m", **FOREVER)
    with refuses("UnsupportedOperationException", text):
        kms.delete_imported_key_material(KeyId=key_id)


# --- ImportKeyMaterial ---


@pytest.mark.parametrize(
    "algorithm", ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256", "RSA_AES_KEY_WRAP_SHA_1", "RSA_AES_KEY_WRAP_SHA_256"]
)
def test_symmetric_material(kms: Any, owner: Owner, make: Any, algorithm: str) -> None:
    key_id = make()
    material_id = owner.bring(key_id, os.urandom(32), algorithm, KeyMaterialDescription="mine since 2026")
    shown = owner.metadata(key_id)
    assert (shown["KeyState"], shown["Enabled"]) == ("Enabled", True)
    assert (shown["CurrentKeyMaterialId"], shown["ExpirationModel"]) == (material_id, "KEY_MATERIAL_DOES_NOT_EXPIRE")
    assert "ValidTo" not in shown
    assert owner.materials(key_id) == [
        {
            "KeyId": shown["Arn"],
            "KeyMaterialId": material_id,
            "KeyMaterialDescription": "mine since 2026",
            "KeyMaterialState": "CURRENT",
            "ImportState": "IMPORTED",
            "ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE",
        }
    ]
    assert kms.list_key_rotations(KeyId=key_id)["Rotations"] == []
    reply = kms.decrypt(CiphertextBlob=kms.encrypt(KeyId=key_id, Plaintext=b"x")["CiphertextBlob"])
    assert (reply["Plaintext"], reply["KeyMaterialId"]) == (b"x", material_id)
    assert kms.get_key_rotation_status(KeyId=key_id)["KeyRotationEnabled"] is False


@pytest.mark.parametrize("bits", [224, 256, 384, 512])
def test_hmac_material_is_the_key_of_the_macs(kms: Any, owner: Owner, make: Any, bits: int) -> None:
    key_id, material = make(f"HMAC_{bits}", KeyUsage="GENERATE_VERIFY_MAC"), os.urandom(bits // 8)
    owner.bring(key_id, material)
    mac = kms.generate_mac(KeyId=key_id, Message=b"m", MacAlgorithm=f"HMAC_SHA_{bits}")["Mac"]
    expected = hmac.HMAC(material, getattr(hashes, f"SHA{bits}")())
    expected.update(b"m")
    assert mac == expected.finalize()
    assert "CurrentKeyMaterialId" not in owner.metadata(key_id)
    assert owner.metadata(key_id)["ExpirationModel"] == "KEY_MATERIAL_DOES_NOT_EXPIRE"


@pytest.mark.parametrize(
    ("spec", "algorithm", "generate"),
    [
        ("RSA_2048", AES_WRAP, lambda: rsa.generate_private_key(65537, 2048)),
        ("ECC_NIST_P256", OAEP, lambda: ec.generate_private_key(ec.SECP256R1())),
        ("ECC_NIST_P521", AES_WRAP, lambda: ec.generate_private_key(ec.SECP521R1())),
        ("ECC_SECG_P256K1", OAEP, lambda: ec.generate_private_key(ec.SECP256K1())),
        ("ECC_NIST_EDWARDS25519", OAEP, ed25519.Ed25519PrivateKey.generate),
    ],
)
def test_private_keys(kms: Any, owner: Owner, make: Any, spec: str, algorithm: str, generate: Any) -> None:
    key_id, private = make(spec, KeyUsage="SIGN_VERIFY"), generate()
    owner.bring(key_id, pkcs8(private), algorithm)
    spki = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert kms.get_public_key(KeyId=key_id)["PublicKey"] == spki
    assert owner.state(key_id) == "Enabled"
    # Once more, and then another.
    owner.bring(key_id, pkcs8(private), algorithm)
    with pytest.raises(kms.exceptions.IncorrectKeyMaterialException):
        owner.bring(key_id, pkcs8(generate()), algorithm)
    assert kms.get_public_key(KeyId=key_id)["PublicKey"] == spki


@pytest.mark.parametrize(
    ("spec", "usage", "material"),
    [
        ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", b"\1" * 31),
        ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", b"\1" * 33),
        ("HMAC_224", "GENERATE_VERIFY_MAC", b"\1" * 32),
        ("ECC_NIST_P256", "SIGN_VERIFY", b"\1" * 32),
        ("ECC_NIST_P256", "SIGN_VERIFY", pkcs8(ec.generate_private_key(ec.SECP256K1()))),
        ("RSA_3072", "SIGN_VERIFY", pkcs8(rsa.generate_private_key(65537, 2048))),
    ],
    ids=["31 bytes", "33 bytes", "HMAC of 32 for 28", "no PKCS #8", "another curve", "another modulus"],
)
def test_material_that_does_not_fit(
    owner: Owner, make: Any, refuses: Any, spec: str, usage: str, material: bytes
) -> None:
    key_id = make(spec, KeyUsage=usage)
    got = owner.parameters(key_id, AES_WRAP)
    with refuses("IncorrectKeyMaterialException", ""):
        owner.send(key_id, got, wrap(got.public_key, material, AES_WRAP))
    assert owner.state(key_id) == "PendingImport"


def test_material_that_was_not_wrapped_like_that(owner: Owner, make: Any, refuses: Any) -> None:
    key_id = make()
    got, other = owner.parameters(key_id), owner.parameters(key_id)
    for wrapped in (
        wrap(got.public_key, bytes(32), "RSAES_OAEP_SHA_1"),
        wrap(other.public_key, bytes(32), OAEP),
        bytes(256),
    ):
        with refuses("InvalidCiphertextException", ""):
            owner.send(key_id, got, wrapped)
    for wrapped in (b"short", bytes(255), bytes(257), wrap(got.public_key, bytes(32), AES_WRAP)):
        with refuses("ValidationException", "Invalid encrypted key size."):
            owner.send(key_id, got, wrapped)
    with_aes = owner.parameters(key_id, AES_WRAP)
    with refuses("ValidationException", "Invalid encrypted key size."):
        owner.send(key_id, with_aes, wrap(with_aes.public_key, bytes(32), OAEP))
    broken = wrap(with_aes.public_key, bytes(32), AES_WRAP)[:-1] + b"\0"
    for wrapped in (broken, broken[:-1]):
        with refuses("InvalidCiphertextException", ""):
            owner.send(key_id, with_aes, wrapped)


def test_tokens_belong_to_a_key_and_to_a_wrapping_key(lab: Lab, owner: Owner, make: Any, refuses: Any) -> None:
    key_id, other_id = make(), make()
    got = owner.parameters(key_id)
    wrapped = wrap(got.public_key, bytes(32), OAEP)
    with refuses("InvalidImportTokenException", ""):
        owner.send(other_id, got, wrapped)
    forged = bytes([got.token[0] ^ 1]) + got.token[1:]
    for token in (b"x", bytes(3000), forged, got.token[:-1]):
        with refuses("InvalidImportTokenException", ""):
            owner.send(key_id, got._replace(token=token), wrapped)
    with Lab(seed=1) as elsewhere:
        # The same ids, another world.
        theirs = Owner(elsewhere.client("kms"))
        same = theirs.kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
        assert same == key_id
        with pytest.raises(theirs.kms.exceptions.InvalidImportTokenException):
            theirs.send(same, got, wrapped)


def test_a_token_lasts_for_24_hours(lab: Lab, kms: Any, owner: Owner, make: Any, refuses: Any) -> None:
    key_id = make()
    reply = kms.get_parameters_for_import(KeyId=key_id, WrappingAlgorithm=OAEP, WrappingKeySpec="RSA_2048")
    got = Parameters(reply["PublicKey"], reply["ImportToken"], OAEP)
    wrapped = wrap(got.public_key, bytes(32), OAEP)
    lab.clock.travel_to(reply["ParametersValidTo"] - timedelta(seconds=1))
    # As often as one likes, and whatever others there are.
    owner.parameters(key_id)
    first = owner.send(key_id, got, wrapped)
    assert owner.send(key_id, got, wrapped) == first
    lab.clock.travel_to(reply["ParametersValidTo"])
    with refuses("ExpiredImportTokenException", ""):
        owner.send(key_id, got, wrapped)


def test_members_that_do_not_go_together(lab: Lab, kms: Any, owner: Owner, make: Any, refuses: Any) -> None:
    key_id = make()
    got = owner.parameters(key_id)
    call = {"KeyId": key_id, "ImportToken": got.token, "EncryptedKeyMaterial": wrap(got.public_key, bytes(32), OAEP)}
    tomorrow = lab.clock.now() + timedelta(days=1)
    missing = "A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES"
    for params in ({}, {"ExpirationModel": "KEY_MATERIAL_EXPIRES"}):
        with refuses("ValidationException", missing):
            kms.import_key_material(**call, **params)
    unwanted = "A validTo date must not be set if the ExpirationModel is KEY_MATERIAL_DOES_NOT_EXPIRE"
    with refuses("ValidationException", unwanted):
        kms.import_key_material(**call, **FOREVER, ValidTo=tomorrow)
    with refuses("ValidationException", "You cannot specify a KeyMaterialId when the ImportType is NEW_KEY_MATERIAL"):
        kms.import_key_material(**call, **FOREVER, **NEW, KeyMaterialId="0" * 64)


def test_the_date_lies_within_the_next_365_days(lab: Lab, owner: Owner, make: Any, refuses: Any) -> None:
    key_id = make()
    got = owner.parameters(key_id)
    wrapped = wrap(got.public_key, bytes(32), OAEP)
    now = lab.clock.now().replace(microsecond=0)
    for past in (now, now - timedelta(days=1)):
        with refuses("ValidationException", "ValidTo must be in the future"):
            owner.send(key_id, got, wrapped, ValidTo=past)
    with refuses("ValidationException", "ValidTo must be at most 365 days in the future"):
        owner.send(key_id, got, wrapped, ValidTo=now + timedelta(days=365, minutes=1))
    owner.send(key_id, got, wrapped, ValidTo=now + timedelta(days=365))
    assert owner.metadata(key_id)["ValidTo"] == now + timedelta(days=365)


@pytest.mark.parametrize(
    "params", [NEW, EXISTING, {"KeyMaterialDescription": "x"}, {"KeyMaterialId": "0" * 64}], ids=str
)
def test_members_of_symmetric_keys_only(owner: Owner, make: Any, refuses: Any, params: dict[str, str]) -> None:
    key_id = make("HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
    got = owner.parameters(key_id)
    with refuses("UnsupportedOperationException", ""):
        owner.send(key_id, got, wrap(got.public_key, bytes(32), OAEP), **params)


def test_the_same_material_only(owner: Owner, make: Any, refuses: Any) -> None:
    key_id, material = make(), os.urandom(32)
    got = owner.parameters(key_id)
    with refuses("IncorrectKeyMaterialException", ""):
        owner.send(key_id, got, wrap(got.public_key, material, OAEP), **EXISTING)
    material_id = owner.bring(key_id, material)
    for params in ({}, EXISTING, {"KeyMaterialId": material_id}, {**EXISTING, "KeyMaterialId": material_id}):
        assert owner.bring(key_id, material, **params) == material_id
    other = wrap(got.public_key, os.urandom(32), OAEP)
    for params in ({}, EXISTING, {"KeyMaterialId": material_id}):
        with refuses("IncorrectKeyMaterialException", ""):
            owner.send(key_id, got, other, **params)
    same = wrap(got.public_key, material, OAEP)
    for params in (NEW, {"KeyMaterialId": "0" * 64}):
        with refuses("IncorrectKeyMaterialException", ""):
            owner.send(key_id, got, same, **params)
    assert len(owner.materials(key_id)) == 1


def test_a_key_of_another_id_does_not_decrypt_with_the_same_material(kms: Any, owner: Owner, make: Any) -> None:
    material = os.urandom(32)
    one, two = make(), make()
    ids = {owner.bring(one, material), owner.bring(two, material)}
    assert len(ids) == 2
    blob = kms.encrypt(KeyId=one, Plaintext=b"x")["CiphertextBlob"]
    with pytest.raises(kms.exceptions.IncorrectKeyException):
        kms.decrypt(CiphertextBlob=blob, KeyId=two)


def test_a_description_stays_until_there_is_another(owner: Owner, make: Any) -> None:
    key_id, material = make(), os.urandom(32)
    owner.bring(key_id, material)
    assert "KeyMaterialDescription" not in owner.materials(key_id)[0]
    for params, expected in (
        ({"KeyMaterialDescription": "one"}, "one"),
        ({}, "one"),
        ({"KeyMaterialDescription": "two"}, "two"),
    ):
        owner.bring(key_id, material, **params)
        assert owner.materials(key_id)[0]["KeyMaterialDescription"] == expected


def test_states_in_which_nothing_is_imported(kms: Any, owner: Owner, make: Any, refuses: Any) -> None:
    key_id = make()
    got = owner.parameters(key_id)
    wrapped = wrap(got.public_key, bytes(32), OAEP)
    kms.schedule_key_deletion(KeyId=key_id)
    text = f"{owner.arn(key_id)} is pending deletion."
    with refuses("KMSInvalidStateException", text):
        owner.send(key_id, got, wrapped)
    with refuses("KMSInvalidStateException", text):
        owner.parameters(key_id)


# --- expiry and deletion ---


def test_material_expires_at_its_date(lab: Lab, kms: Any, owner: Owner, make: Any, refuses: Any) -> None:
    key_id, material = make(), os.urandom(32)
    ends = lab.clock.now().replace(microsecond=0) + timedelta(days=30)
    material_id = owner.bring(key_id, material, ValidTo=ends)
    arn = owner.arn(key_id)
    shown = owner.metadata(key_id)
    assert (shown["ExpirationModel"], shown["ValidTo"]) == ("KEY_MATERIAL_EXPIRES", ends)
    assert owner.materials(key_id)[0]["ValidTo"] == ends
    assert owner.materials(key_id)[0]["ExpirationModel"] == "KEY_MATERIAL_EXPIRES"
    blob = kms.encrypt(KeyId=key_id, Plaintext=b"x")["CiphertextBlob"]
    lab.clock.travel_to(ends - timedelta(seconds=1))
    assert owner.state(key_id) == "Enabled"
    lab.clock.travel_to(ends)
    shown = owner.metadata(key_id)
    assert (shown["KeyState"], shown["CurrentKeyMaterialId"]) == ("PendingImport", material_id)
    assert not {"ExpirationModel", "ValidTo"} & set(shown)
    assert owner.materials(key_id) == [
        {"KeyId": arn, "KeyMaterialId": material_id, "KeyMaterialState": "CURRENT", "ImportState": "PENDING_IMPORT"}
    ]
    (event,) = lab.trail.events("DeleteExpiredKeyMaterial")
    assert event["eventTime"] == f"{ends:%Y-%m-%dT%H:%M:%SZ}"
    assert event["serviceEventDetails"] == {"keyId": key_id, "keyMaterialId": material_id}
    assert [each["ARN"] for each in event["resources"]] == [arn]
    for params in ({}, {"KeyId": key_id}):
        with refuses("KMSInvalidStateException", f"{arn} is pending import."):
            kms.decrypt(CiphertextBlob=blob, **params)
    assert owner.bring(key_id, material) == material_id
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


def test_importing_again_changes_the_date(lab: Lab, owner: Owner, make: Any) -> None:
    key_id, material = make(), os.urandom(32)
    now = lab.clock.now().replace(microsecond=0)
    owner.bring(key_id, material, ValidTo=now + timedelta(days=30))
    owner.bring(key_id, material, ValidTo=now + timedelta(days=60))
    lab.clock.travel_to(now + timedelta(days=59))
    assert owner.metadata(key_id)["ValidTo"] == now + timedelta(days=60)
    owner.bring(key_id, material)
    lab.clock.travel_to(now + timedelta(days=90))
    assert owner.metadata(key_id)["ExpirationModel"] == "KEY_MATERIAL_DOES_NOT_EXPIRE"
    assert len(lab.trail.events("DeleteExpiredKeyMaterial")) == 0


def test_nothing_expires_in_a_deleted_key(lab: Lab, kms: Any, owner: Owner, make: Any) -> None:
    key_id = make()
    owner.bring(key_id, os.urandom(32), ValidTo=lab.clock.now() + timedelta(days=30))
    kms.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=7)
    lab.clock.advance(days=60)
    assert [each["eventName"] for each in lab.trail if each["eventType"] == "AwsServiceEvent"] == ["DeleteKey"]


def test_material_is_deleted_and_comes_back(lab: Lab, kms: Any, owner: Owner, make: Any, refuses: Any) -> None:
    key_id, material = make(), os.urandom(32)
    material_id = owner.bring(key_id, material)
    arn = owner.arn(key_id)
    blob = kms.encrypt(KeyId=key_id, Plaintext=b"x")["CiphertextBlob"]
    reply = kms.delete_imported_key_material(KeyId=key_id)
    assert (reply["KeyId"], reply["KeyMaterialId"]) == (arn, material_id)
    event = lab.trail.events("DeleteImportedKeyMaterial")[-1]
    assert event["responseElements"] == {"keyId": arn, "keyMaterialId": material_id}
    assert owner.state(key_id) == "PendingImport"
    assert owner.states(key_id) == [("CURRENT", "PENDING_IMPORT")]
    with refuses("KMSInvalidStateException", f"{arn} is pending import."):
        kms.decrypt(CiphertextBlob=blob)
    # What is not here cannot go twice, and nobody minds.
    assert kms.delete_imported_key_material(KeyId=key_id)["KeyMaterialId"] == material_id
    got = owner.parameters(key_id)
    with refuses("IncorrectKeyMaterialException", ""):
        owner.send(key_id, got, wrap(got.public_key, os.urandom(32), OAEP))
    assert owner.bring(key_id, material) == material_id
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


def test_a_disabled_key_is_enabled_by_the_import(kms: Any, owner: Owner, make: Any) -> None:
    key_id, material = make(), os.urandom(32)
    owner.bring(key_id, material)
    kms.disable_key(KeyId=key_id)
    owner.bring(key_id, material)
    assert owner.state(key_id) == "Disabled", "it lacked nothing"
    kms.delete_imported_key_material(KeyId=key_id)
    assert owner.state(key_id) == "PendingImport"
    owner.bring(key_id, material)
    assert owner.state(key_id) == "Enabled"


def test_deletion_of_what_a_leaving_key_has(kms: Any, owner: Owner, make: Any) -> None:
    key_id = make()
    owner.bring(key_id, os.urandom(32))
    kms.schedule_key_deletion(KeyId=key_id)
    kms.delete_imported_key_material(KeyId=key_id)
    assert owner.state(key_id) == "PendingDeletion"
    kms.cancel_key_deletion(KeyId=key_id)
    assert owner.state(key_id) == "PendingImport"


def test_deletion_of_what_never_was(kms: Any, owner: Owner, make: Any, refuses: Any) -> None:
    key_id = make()
    reply = kms.delete_imported_key_material(KeyId=key_id)
    assert {name: reply[name] for name in reply if name != "ResponseMetadata"} == {"KeyId": owner.arn(key_id)}
    with refuses("NotFoundException", f"Key material '{'0' * 64}' does not exist"):
        kms.delete_imported_key_material(KeyId=key_id, KeyMaterialId="0" * 64)


# --- new material ---


def test_new_material_waits_for_its_rotation(lab: Lab, kms: Any, owner: Owner, make: Any, refuses: Any) -> None:
    key_id, first, second = make(), os.urandom(32), os.urandom(32)
    first_id = owner.bring(key_id, first)
    arn = owner.arn(key_id)
    blob = kms.encrypt(KeyId=key_id, Plaintext=b"before")["CiphertextBlob"]
    with refuses("KMSInvalidStateException", NOTHING_WAITS.format(arn)):
        kms.rotate_key_on_demand(KeyId=key_id)
    second_id = owner.bring(key_id, second, **NEW, KeyMaterialDescription="the second")
    assert second_id != first_id
    assert owner.states(key_id) == [("CURRENT", "IMPORTED"), ("PENDING_ROTATION", "IMPORTED")]
    assert not {"RotationDate", "RotationType"} & set(owner.materials(key_id)[1])
    assert owner.metadata(key_id)["CurrentKeyMaterialId"] == first_id
    rotate(lab, kms, key_id)
    assert owner.states(key_id) == [("NON_CURRENT", "IMPORTED"), ("CURRENT", "IMPORTED")]
    (listed,) = kms.list_key_rotations(KeyId=key_id)["Rotations"]
    assert (listed["KeyMaterialId"], listed["RotationType"]) == (second_id, "ON_DEMAND")
    assert lab.trail.events("RotateKey")[-1]["serviceEventDetails"] == {
        "rotationType": "ON_DEMAND",
        "keyOrigin": "EXTERNAL",
        "previousKeyMaterialId": first_id,
        "currentKeyMaterialId": second_id,
        "keyId": key_id,
    }
    assert kms.decrypt(CiphertextBlob=blob)["KeyMaterialId"] == first_id
    new = kms.encrypt(KeyId=key_id, Plaintext=b"after")["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=new)["KeyMaterialId"] == second_id
    with refuses("KMSInvalidStateException", NOTHING_WAITS.format(arn)):
        kms.rotate_key_on_demand(KeyId=key_id)


def test_only_one_waits(lab: Lab, kms: Any, owner: Owner, make: Any, refuses: Any) -> None:
    key_id, second = make(), os.urandom(32)
    owner.bring(key_id, os.urandom(32))
    second_id = owner.bring(key_id, second, **NEW)
    got = owner.parameters(key_id)
    with refuses("KMSInvalidStateException", None):
        owner.send(key_id, got, wrap(got.public_key, os.urandom(32), OAEP), **NEW)
    said = lab.trail[-1]["errorMessage"]
    head = "New key material (id: "
    tail = (
        f") cannot be imported into KMS key {owner.arn(key_id)}, "
        f"because another key material (id: {second_id}) is pending rotation."
    )
    assert said.startswith(head)
    assert said.endswith(tail)
    assert len(said) == len(head) + 64 + len(tail)
    assert owner.bring(key_id, second) == second_id, "what waits may come again"
    kms.delete_imported_key_material(KeyId=key_id, KeyMaterialId=second_id)
    assert owner.states(key_id) == [("CURRENT", "IMPORTED")]
    assert owner.state(key_id) == "Enabled"
    owner.bring(key_id, os.urandom(32), **NEW)
    assert owner.states(key_id)[1] == ("PENDING_ROTATION", "IMPORTED")


def test_what_waits_may_expire(lab: Lab, kms: Any, owner: Owner, make: Any, refuses: Any) -> None:
    key_id = make()
    owner.bring(key_id, os.urandom(32))
    owner.bring(key_id, os.urandom(32), **NEW, ValidTo=lab.clock.now() + timedelta(days=1))
    lab.clock.advance(days=2)
    assert owner.states(key_id) == [("CURRENT", "IMPORTED")]
    assert owner.state(key_id) == "Enabled"
    assert len(lab.trail.events("DeleteExpiredKeyMaterial")) == 1
    with refuses("KMSInvalidStateException", NOTHING_WAITS.format(owner.arn(key_id))):
        kms.rotate_key_on_demand(KeyId=key_id)


def test_what_waits_may_go_while_the_rotation_is_under_way(lab: Lab, kms: Any, owner: Owner, make: Any) -> None:
    key_id = make()
    first_id = owner.bring(key_id, os.urandom(32))
    second_id = owner.bring(key_id, os.urandom(32), **NEW)
    kms.rotate_key_on_demand(KeyId=key_id)
    kms.delete_imported_key_material(KeyId=key_id, KeyMaterialId=second_id)
    lab.clock.advance(seconds=10)
    assert owner.metadata(key_id)["CurrentKeyMaterialId"] == first_id
    assert "OnDemandRotationStartDate" not in kms.get_key_rotation_status(KeyId=key_id)


def test_every_material_of_the_key_is_needed(lab: Lab, kms: Any, owner: Owner, make: Any, refuses: Any) -> None:
    key_id, first, second = make(), os.urandom(32), os.urandom(32)
    first_id, _ = owner.bring(key_id, first), owner.bring(key_id, second, **NEW)
    rotate(lab, kms, key_id)
    ends = lab.clock.now().replace(microsecond=0) + timedelta(days=5)
    owner.bring(key_id, first, ValidTo=ends)
    lab.clock.travel_to(ends)
    assert owner.state(key_id) == "PendingImport"
    assert owner.states(key_id) == [("NON_CURRENT", "PENDING_IMPORT"), ("CURRENT", "IMPORTED")]
    with refuses("KMSInvalidStateException", f"{owner.arn(key_id)} is pending import."):
        kms.encrypt(KeyId=key_id, Plaintext=b"x")
    kms.delete_imported_key_material(KeyId=key_id)
    owner.bring(key_id, second)
    assert owner.state(key_id) == "PendingImport", "one is still missing"
    assert owner.bring(key_id, first, KeyMaterialId=first_id) == first_id
    assert owner.state(key_id) == "Enabled"


# --- related multi-Region keys ---


def test_a_replica_gets_the_same_material(kms: Any, owner: Owner, pair: Any, refuses: Any) -> None:
    key_id, ireland, material = pair
    material_id = owner.metadata(key_id)["CurrentKeyMaterialId"]
    assert ireland.state(key_id) == "PendingImport"
    assert ireland.states(key_id) == [("CURRENT", "PENDING_IMPORT")]
    got = ireland.parameters(key_id)
    with refuses("IncorrectKeyMaterialException", ""):
        ireland.send(key_id, got, wrap(got.public_key, os.urandom(32), OAEP))
    assert ireland.bring(key_id, material, **EXISTING) == material_id
    assert ireland.state(key_id) == "Enabled"
    blob = kms.encrypt(KeyId=key_id, Plaintext=b"x")["CiphertextBlob"]
    assert ireland.kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
    kms.delete_imported_key_material(KeyId=key_id)
    assert (owner.state(key_id), ireland.state(key_id)) == ("PendingImport", "Enabled")


def test_a_token_is_of_one_region(owner: Owner, pair: Any, refuses: Any) -> None:
    key_id, ireland, material = pair
    got = owner.parameters(key_id)
    with refuses("InvalidImportTokenException", ""):
        ireland.send(key_id, got, wrap(got.public_key, material, OAEP))


def test_expiry_is_each_keys_own(lab: Lab, owner: Owner, pair: Any) -> None:
    key_id, ireland, material = pair
    ireland.bring(key_id, material, ValidTo=lab.clock.now() + timedelta(days=1))
    lab.clock.advance(days=2)
    assert (owner.state(key_id), ireland.state(key_id)) == ("Enabled", "PendingImport")
    assert [each["awsRegion"] for each in lab.trail.events("DeleteExpiredKeyMaterial")] == ["eu-west-1"]


def test_new_material_waits_till_every_replica_has_it(
    lab: Lab, kms: Any, owner: Owner, pair: Any, refuses: Any
) -> None:
    key_id, ireland, material = pair
    ireland.bring(key_id, material)
    second = os.urandom(32)
    got = ireland.parameters(key_id)
    wrapped = wrap(got.public_key, second, OAEP)
    with refuses("UnsupportedOperationException", f"{ireland.arn(key_id)} is not a multi-region primary key."):
        ireland.send(key_id, got, wrapped, **NEW)
    second_id = owner.bring(key_id, second, **NEW)
    both = "PENDING_MULTI_REGION_IMPORT_AND_ROTATION"
    assert owner.states(key_id)[1] == (both, "IMPORTED")
    assert ireland.states(key_id)[1] == (both, "PENDING_IMPORT")
    assert (owner.state(key_id), ireland.state(key_id)) == ("Enabled", "Enabled")
    with refuses("KMSInvalidStateException", NOTHING_WAITS.format(owner.arn(key_id))):
        kms.rotate_key_on_demand(KeyId=key_id)
    assert ireland.send(key_id, got, wrapped, **EXISTING) == second_id
    assert owner.states(key_id)[1] == ireland.states(key_id)[1] == ("PENDING_ROTATION", "IMPORTED")
    rotate(lab, kms, key_id)
    for place in (owner, ireland):
        assert place.metadata(key_id)["CurrentKeyMaterialId"] == second_id
        assert place.states(key_id) == [("NON_CURRENT", "IMPORTED"), ("CURRENT", "IMPORTED")]
    blob = ireland.kms.encrypt(KeyId=key_id, Plaintext=b"x")["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=blob)["KeyMaterialId"] == second_id


def test_what_waits_goes_from_the_primary_everywhere_and_from_a_replica_there_alone(
    kms: Any, owner: Owner, pair: Any
) -> None:
    key_id, ireland, material = pair
    ireland.bring(key_id, material)
    second = os.urandom(32)
    second_id = owner.bring(key_id, second, **NEW)
    ireland.bring(key_id, second)
    ireland.kms.delete_imported_key_material(KeyId=key_id, KeyMaterialId=second_id)
    both = "PENDING_MULTI_REGION_IMPORT_AND_ROTATION"
    assert owner.states(key_id)[1] == (both, "IMPORTED")
    assert ireland.states(key_id)[1] == (both, "PENDING_IMPORT")
    assert ireland.state(key_id) == "Enabled"
    kms.delete_imported_key_material(KeyId=key_id, KeyMaterialId=second_id)
    assert len(owner.materials(key_id)) == len(ireland.materials(key_id)) == 1


def test_hmac_replicas(kms: Any, lab: Lab, owner: Owner, make: Any) -> None:
    key_id, material = make("HMAC_256", KeyUsage="GENERATE_VERIFY_MAC", MultiRegion=True), os.urandom(32)
    owner.bring(key_id, material)
    kms.replicate_key(KeyId=key_id, ReplicaRegion="eu-west-1")
    lab.clock.advance(minutes=1)
    ireland = Owner(lab.client("kms", region_name="eu-west-1"))
    with pytest.raises(kms.exceptions.ClientError, match="IncorrectKeyMaterialException"):
        ireland.bring(key_id, os.urandom(32))
    ireland.bring(key_id, material)
    macs = {
        place.kms.generate_mac(KeyId=key_id, Message=b"m", MacAlgorithm="HMAC_SHA_256")["Mac"]
        for place in (owner, ireland)
    }
    assert len(macs) == 1
