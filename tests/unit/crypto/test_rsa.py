"""RSA against published answers, negative ones too, and PSS against an independent encoding of it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_public_key,
)

from kmslab.crypto import AuthenticationError, KeyFormatError
from kmslab.crypto.rsa import PKCS1_V1_5, PSS, RsaPrivateKey

HASHES = ("sha256", "sha384", "sha512")
Keys = Callable[[str, str], RsaPrivateKey]


@pytest.fixture(scope="module")
def keys(vectors: Any) -> Keys:
    """The private keys of a vector file, read from their numbers."""
    read: dict[tuple[str, str], RsaPrivateKey] = {}

    def get(file: str, name: str) -> RsaPrivateKey:
        if (file, name) not in read:
            n, e, d, p, q = (int(vectors(file)["keys"][name][part], 16) for part in "nedpq")
            numbers = rsa.RSAPrivateNumbers(
                p=p,
                q=q,
                d=d,
                dmp1=rsa.rsa_crt_dmp1(d, p),
                dmq1=rsa.rsa_crt_dmq1(d, q),
                iqmp=rsa.rsa_crt_iqmp(p, q),
                public_numbers=rsa.RSAPublicNumbers(e, n),
            )
            der = numbers.private_key().private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
            read[file, name] = RsaPrivateKey.from_pkcs8(der)
        return read[file, name]

    return get


@pytest.fixture(scope="module")
def key() -> RsaPrivateKey:
    return RsaPrivateKey.generate(2048)


class TestOaep:
    def test_published_answers(self, keys: Keys, rsa_oaep_case: Any) -> None:
        case = rsa_oaep_case
        private = keys("rsa_oaep", case["key"])
        if case["plaintext"] is None:
            # MGF1 with another hash than OAEP's: KMS has one hash for both.
            with pytest.raises(AuthenticationError):
                private.decrypt_oaep(bytes.fromhex(case["ciphertext"]), case["hash"])
            return
        assert private.decrypt_oaep(bytes.fromhex(case["ciphertext"]), case["hash"]).hex() == case["plaintext"]

    @pytest.mark.parametrize(("hash_name", "capacity"), [("sha1", 214), ("sha256", 190)])
    def test_there_and_back(self, key: RsaPrivateKey, hash_name: str, capacity: int) -> None:
        assert key.oaep_capacity(hash_name) == capacity
        for size in (0, 1, capacity):
            sealed = key.encrypt_oaep(b"x" * size, hash_name)
            assert len(sealed) == 256
            assert key.decrypt_oaep(sealed, hash_name) == b"x" * size

    def test_what_was_not_sealed_so(self, key: RsaPrivateKey) -> None:
        sealed = key.encrypt_oaep(b"x", "sha256")
        wrong = [sealed[:-1], sealed + b"\0", b"", b"\0" * 256, b"\xff" * 256, os.urandom(256)]
        for each in wrong:
            with pytest.raises(AuthenticationError):
                key.decrypt_oaep(each, "sha256")
        with pytest.raises(AuthenticationError):
            key.decrypt_oaep(sealed, "sha1")
        with pytest.raises(AuthenticationError):
            RsaPrivateKey.generate(2048).decrypt_oaep(sealed, "sha256")


class TestPkcs1:
    def test_published_answers(self, keys: Keys, rsa_pkcs1_v1_5_case: Any) -> None:
        case = rsa_pkcs1_v1_5_case
        private = keys("rsa_pkcs1_v1_5", case["key"])
        message, signature = bytes.fromhex(case["message"]), bytes.fromhex(case["signature"])
        assert private.verify(message, signature, PKCS1_V1_5, case["hash"]) is case["valid"]
        digest = hashlib.new(case["hash"], message).digest()
        assert private.verify(digest, signature, PKCS1_V1_5, case["hash"], prehashed=True) is case["valid"]
        # There is one PKCS #1 v1.5 signature of a message, so making it is checked too.
        assert (private.sign(message, PKCS1_V1_5, case["hash"]) == signature) is case["valid"]


def mgf1(seed: bytes, size: int, hash_name: str) -> bytes:
    """RFC 8017 appendix B.2.1."""
    blocks = (
        hashlib.new(hash_name, seed + number.to_bytes(4)).digest()
        for number in range(-(-size // hashlib.new(hash_name).digest_size))
    )
    return b"".join(blocks)[:size]


def xor(left: bytes, right: bytes) -> bytes:
    return bytes(one ^ other for one, other in zip(left, right, strict=True))


def pss_encoding(message: bytes, salt: bytes, bits: int, hash_name: str) -> bytes:
    """RFC 8017 section 9.1.1: EMSA-PSS, for a modulus of `bits` bits, with the caller's salt."""
    size = (bits - 1 + 7) // 8
    digest = hashlib.new(hash_name, message).digest()
    hashed = hashlib.new(hash_name, bytes(8) + digest + salt).digest()
    block = bytes(size - len(salt) - len(hashed) - 2) + b"\1" + salt
    masked = xor(block, mgf1(hashed, len(block), hash_name))
    top = 0xFF >> (8 * size - (bits - 1))
    return bytes([masked[0] & top]) + masked[1:] + hashed + b"\xbc"


class TestPss:
    @pytest.mark.parametrize("hash_name", HASHES)
    def test_signatures_have_a_salt_as_long_as_the_digest(self, hash_name: str) -> None:
        """Opened with the public numbers alone, the salt is read out of the encoding and the encoding made anew."""
        private = RsaPrivateKey.generate(2048)
        public = load_der_public_key(private.spki())
        assert isinstance(public, rsa.RSAPublicKey)
        numbers = public.public_numbers()
        signature = private.sign(b"message", PSS, hash_name)
        assert len(signature) == 256
        encoded = pow(int.from_bytes(signature), numbers.e, numbers.n).to_bytes(256)
        size = hashlib.new(hash_name).digest_size
        hashed = encoded[-size - 1 : -1]
        block = xor(encoded[: -size - 1], mgf1(hashed, 256 - size - 1, hash_name))
        salt = block[-size:]
        assert block[1:-size] == bytes(256 - 2 * size - 3) + b"\1", "the salt begins where the digest's size says"
        assert encoded == pss_encoding(b"message", salt, 2048, hash_name)

    @pytest.mark.parametrize("hash_name", HASHES)
    def test_no_other_salt_length_verifies(self, keys: Keys, vectors: Any, hash_name: str) -> None:
        """Signatures made by hand with a salt of each length; KMS takes one length only."""
        name = next(iter(vectors("rsa_pss_short_salt")["keys"]))
        n, d = (int(vectors("rsa_pss_short_salt")["keys"][name][part], 16) for part in "nd")
        private = keys("rsa_pss_short_salt", name)
        size = hashlib.new(hash_name).digest_size
        accepted = []
        for length in (0, 1, 10, 20, 32, 48, 64, 256 - size - 2):
            encoded = pss_encoding(b"message", bytes(range(length)), n.bit_length(), hash_name)
            signature = pow(int.from_bytes(encoded), d, n).to_bytes(256)
            if private.verify(b"message", signature, PSS, hash_name):
                accepted.append(length)
            assert not private.verify(b"other", signature, PSS, hash_name)
        assert accepted == [size]

    def test_nists_signatures_have_a_short_salt_and_are_refused(self, keys: Keys, rsa_pss_short_salt_case: Any) -> None:
        case = rsa_pss_short_salt_case
        private = keys("rsa_pss_short_salt", case["key"])
        message, signature = bytes.fromhex(case["message"]), bytes.fromhex(case["signature"])
        assert private.verify(message, signature, PSS, case["hash"]) is False

    @pytest.mark.parametrize("hash_name", HASHES)
    def test_message_and_digest_agree(self, key: RsaPrivateKey, hash_name: str) -> None:
        digest = hashlib.new(hash_name, b"message").digest()
        for signature in (key.sign(b"message", PSS, hash_name), key.sign(digest, PSS, hash_name, prehashed=True)):
            assert key.verify(b"message", signature, PSS, hash_name)
            assert key.verify(digest, signature, PSS, hash_name, prehashed=True)
            assert not key.verify(digest, signature, PSS, hash_name)
            assert not key.verify(b"message", signature, PKCS1_V1_5, hash_name)


class TestFormats:
    @pytest.mark.parametrize("bits", [2048, 3072])
    def test_there_and_back(self, bits: int) -> None:
        made = RsaPrivateKey.generate(bits)
        again = RsaPrivateKey.from_pkcs8(made.pkcs8())
        assert again.spki() == made.spki()
        assert len(made.spki()) == {2048: 294, 3072: 422}[bits]
        signature = made.sign(b"m", PKCS1_V1_5, "sha256")
        assert again.verify(b"m", signature, PKCS1_V1_5, "sha256")

    def test_what_is_no_rsa_key(self, key: RsaPrivateKey) -> None:
        elliptic = ec.generate_private_key(ec.SECP256R1())
        locked = elliptic.private_bytes(Encoding.DER, PrivateFormat.PKCS8, BestAvailableEncryption(b"password"))
        other = elliptic.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        for wrong in (b"", b"garbage", key.pkcs8()[:-1], key.spki(), other, locked):
            with pytest.raises(KeyFormatError):
                RsaPrivateKey.from_pkcs8(wrong)
