"""RSA: OAEP encryption, PSS and PKCS #1 v1.5 signatures. Source: RFC 8017."""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.padding import AsymmetricPadding

from kmslab.crypto import AuthenticationError, KeyFormatError
from kmslab.crypto.der import load_pkcs8, load_spki, to_pkcs8, to_spki
from kmslab.crypto.hashing import digest_size, hash_function, to_be_signed
from kmslab.crypto.slow import gives_way

PSS = "PSS"
PKCS1_V1_5 = "PKCS1_V1_5"


class RsaPrivateKey:
    """An RSA private key with public exponent 65537."""

    __slots__ = ("_key",)

    def __init__(self, key: rsa.RSAPrivateKey) -> None:
        """Wrap the library's key; use `generate` or `from_pkcs8`."""
        self._key = key

    @classmethod
    @gives_way
    def generate(cls, bits: int) -> RsaPrivateKey:
        """A new random key with a modulus of `bits` bits."""
        return cls(rsa.generate_private_key(public_exponent=65537, key_size=bits))

    @classmethod
    def from_pkcs8(cls, der: bytes) -> RsaPrivateKey:
        """Read an unencrypted DER PKCS #8 private key.

        Raises:
            KeyFormatError: `der` is no RSA private key.
        """
        key = load_pkcs8(der)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise KeyFormatError
        return cls(key)

    def pkcs8(self) -> bytes:
        """The private key as unencrypted DER PKCS #8."""
        return to_pkcs8(self._key)

    def spki(self) -> bytes:
        """The public key as DER SubjectPublicKeyInfo."""
        return to_spki(self._key)

    @property
    def modulus_size(self) -> int:
        """The number of bytes of the modulus, and so of every ciphertext and signature."""
        return self._key.key_size // 8

    def oaep_capacity(self, hash_name: str) -> int:
        """The longest plaintext in bytes: modulus bytes - 2 * digest bytes - 2. Source: RFC 8017 section 7.1.1."""
        return self.modulus_size - 2 * digest_size(hash_name) - 2

    def encrypt_oaep(self, plaintext: bytes, hash_name: str) -> bytes:
        """Encrypt at most `oaep_capacity` bytes; the result has as many bytes as the modulus."""
        return self._key.public_key().encrypt(plaintext, _oaep(hash_name))

    @gives_way
    def decrypt_oaep(self, ciphertext: bytes, hash_name: str) -> bytes:
        """Undo `encrypt_oaep`.

        Raises:
            AuthenticationError: the ciphertext was not made for this key and hash.
        """
        try:
            return self._key.decrypt(ciphertext, _oaep(hash_name))
        except ValueError:
            raise AuthenticationError from None

    @gives_way
    def sign(self, message: bytes, scheme: str, hash_name: str, *, prehashed: bool = False) -> bytes:
        """Sign a message, or its digest when `prehashed`; as many bytes as the modulus."""
        return self._key.sign(
            message, _signature_padding(scheme, hash_name), to_be_signed(hash_name, prehashed=prehashed)
        )

    def verify(self, message: bytes, signature: bytes, scheme: str, hash_name: str, *, prehashed: bool = False) -> bool:
        """Whether `signature` is one of this key over the message, or over its digest when `prehashed`."""
        try:
            self._key.public_key().verify(
                signature, message, _signature_padding(scheme, hash_name), to_be_signed(hash_name, prehashed=prehashed)
            )
        except InvalidSignature:
            return False
        return True


def encrypt_oaep(spki: bytes, plaintext: bytes, hash_name: str) -> bytes:
    """Encrypt for the holder of the private key, with the public key alone.

    Args:
        spki: The public key, as DER SubjectPublicKeyInfo.
        plaintext: At most `RsaPrivateKey.oaep_capacity` bytes.
        hash_name: The hash of OAEP and of its mask generation.

    Raises:
        KeyFormatError: `spki` is no RSA public key.
        ValueError: the plaintext is too long.
    """
    key = load_spki(spki)
    if not isinstance(key, rsa.RSAPublicKey):
        raise KeyFormatError
    return key.encrypt(plaintext, _oaep(hash_name))


def _oaep(hash_name: str) -> AsymmetricPadding:
    # KMS uses the same hash for OAEP and for its mask generation, and an empty label.
    # Source: API Reference, GetPublicKey and "Cryptographic algorithms for asymmetric keys".
    return padding.OAEP(
        mgf=padding.MGF1(algorithm=hash_function(hash_name)), algorithm=hash_function(hash_name), label=None
    )


def _signature_padding(scheme: str, hash_name: str) -> AsymmetricPadding:
    if scheme == PKCS1_V1_5:
        return padding.PKCS1v15()
    # The salt is as long as the digest; a verifier that insists on it accepts these signatures and no others.
    # Source: KMS Developer Guide, "Key spec reference", RSASSA-PSS.
    return padding.PSS(mgf=padding.MGF1(hash_function(hash_name)), salt_length=digest_size(hash_name))
