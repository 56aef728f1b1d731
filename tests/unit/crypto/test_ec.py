"""ECDSA and ECDH against published answers, and against what must not verify or agree."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_public_key,
)

from kmslab.crypto import KeyFormatError
from kmslab.crypto.ec import EcPrivateKey

# Curve, its hash in KMS, the library's curve, the group's order, bytes of the public key and of the private key.
CURVES: dict[str, tuple[str, ec.EllipticCurve, int, int, int]] = {
    "P-256": (
        "sha256",
        ec.SECP256R1(),
        0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
        91,
        138,
    ),
    "P-384": (
        "sha384",
        ec.SECP384R1(),
        0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973,
        120,
        185,
    ),
    "P-521": (
        "sha512",
        ec.SECP521R1(),
        0x01FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFA51868783BF2F966B7FCC0148F709A5D03BB5C9B8899C47AEBB6FB71E91386409,
        158,
        241,
    ),
    "secp256k1": (
        "sha256",
        ec.SECP256K1(),
        0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141,
        88,
        135,
    ),
}


def from_number(curve: str, number: int) -> EcPrivateKey:
    key = ec.derive_private_key(number, CURVES[curve][1])
    return EcPrivateKey.from_pkcs8(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()), curve)


def test_published_answers(ecdsa_case: Any) -> None:
    case = ecdsa_case
    key = from_number(case["curve"], int(case["d"], 16))
    public = load_der_public_key(key.spki())
    assert isinstance(public, ec.EllipticCurvePublicKey)
    numbers = public.public_numbers()
    assert (numbers.x, numbers.y) == (int(case["x"], 16), int(case["y"], 16))
    message, name = bytes.fromhex(case["message"]), case["hash"]
    r, s = int(case["r"], 16), int(case["s"], 16)
    signature = encode_dss_signature(r, s)
    assert key.verify(message, signature, name)
    assert key.verify(hashlib.new(name, message).digest(), signature, name, prehashed=True)
    order = CURVES[case["curve"]][2]
    for wrong in ((r, s + order), (r + order, s), (0, s), (r, 0), (s, r), (r, (s + 1) % order), (order, s), (r, order)):
        assert not key.verify(message, encode_dss_signature(*wrong), name)
    assert not key.verify(message + b"\0", signature, name)
    raw = int(case["r"], 16).to_bytes(66) + int(case["s"], 16).to_bytes(66)
    for malformed in (raw, signature[:-1], signature + b"\0", b"", b"\x30\x00", signature.replace(b"\x30", b"\x31", 1)):
        assert not key.verify(message, malformed, name)


@pytest.mark.parametrize("curve", CURVES)
def test_signatures_are_der_and_verify_with_the_public_key_alone(curve: str) -> None:
    name, library_curve, order, _, _ = CURVES[curve]
    key = EcPrivateKey.generate(curve)
    public = load_der_public_key(key.spki())
    assert isinstance(public, ec.EllipticCurvePublicKey)
    assert public.curve.name == library_curve.name
    hash_function = {"sha256": 32, "sha384": 48, "sha512": 64}
    digest = hashlib.new(name, b"message").digest()
    assert len(digest) == hash_function[name]
    for signature in (key.sign(b"message", name), key.sign(digest, name, prehashed=True)):
        r, s = decode_dss_signature(signature)
        assert 0 < r < order
        assert 0 < s < order
        assert key.verify(b"message", signature, name)
        assert key.verify(digest, signature, name, prehashed=True)
        assert not key.verify(digest, signature, name)
        assert not EcPrivateKey.generate(curve).verify(b"message", signature, name)


@pytest.mark.parametrize("curve", CURVES)
def test_formats(curve: str) -> None:
    _, _, _, public_size, private_size = CURVES[curve]
    key = EcPrivateKey.generate(curve)
    assert len(key.spki()) == public_size
    assert len(key.pkcs8()) == private_size
    again = EcPrivateKey.from_pkcs8(key.pkcs8(), curve)
    assert again.spki() == key.spki()


def test_what_is_no_key_on_the_curve() -> None:
    key = EcPrivateKey.generate("P-256")
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    other_der = other.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    for wrong in (b"", b"garbage", key.pkcs8()[:-1], key.spki(), other_der):
        with pytest.raises(KeyFormatError):
            EcPrivateKey.from_pkcs8(wrong, "P-256")
    for curve in ("P-384", "P-521", "secp256k1"):
        with pytest.raises(KeyFormatError):
            EcPrivateKey.from_pkcs8(key.pkcs8(), curve)


def test_published_agreements(ecdh_case: Any) -> None:
    case = ecdh_case
    key = from_number(case["curve"], int(case["private"], 16))
    peer = bytes.fromhex(case["public"])
    if case["shared"] is None:
        with pytest.raises(KeyFormatError):
            key.exchange(peer)
    else:
        assert key.exchange(peer).hex() == case["shared"]


@pytest.mark.parametrize(("curve", "size"), [("P-256", 32), ("P-384", 48), ("P-521", 66), ("secp256k1", 32)])
def test_agreement_with_the_library_alone(curve: str, size: int) -> None:
    key, peer = EcPrivateKey.generate(curve), ec.generate_private_key(CURVES[curve][1])
    spki = peer.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    public = load_der_public_key(key.spki())
    assert isinstance(public, ec.EllipticCurvePublicKey)
    shared = key.exchange(spki)
    assert len(shared) == size
    assert shared == peer.exchange(ec.ECDH(), public)
    assert shared != EcPrivateKey.generate(curve).exchange(spki)


@pytest.mark.parametrize("curve", CURVES)
def test_whom_one_cannot_agree_with(curve: str) -> None:
    key = EcPrivateKey.generate(curve)
    spki = key.spki()
    not_on_the_curve = spki[:-1] + bytes([spki[-1] ^ 1])
    others = [EcPrivateKey.generate(other).spki() for other in CURVES if other != curve]
    rsa_key = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    others.append(rsa_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    point_alone = load_der_public_key(spki).public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    for wrong in (b"", b"garbage", spki[:-1], spki + b"\0", key.pkcs8(), not_on_the_curve, point_alone, *others):
        with pytest.raises(KeyFormatError):
            key.exchange(wrong)
