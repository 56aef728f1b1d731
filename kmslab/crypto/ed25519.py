"""Ed25519 signatures: PureEdDSA, and Ed25519ph, which hashes first. Source: RFC 8032 section 5.1, and FIPS 186-5."""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ed25519

from kmslab.crypto import KeyFormatError
from kmslab.crypto.der import load_pkcs8, to_pkcs8, to_spki


class Ed25519PrivateKey:
    """A private key on edwards25519."""

    __slots__ = ("_key",)

    def __init__(self, key: ed25519.Ed25519PrivateKey) -> None:
        """Wrap the library's key; use `generate` or `from_pkcs8`."""
        self._key = key

    @classmethod
    def generate(cls) -> Ed25519PrivateKey:
        """A new random key."""
        return cls(ed25519.Ed25519PrivateKey.generate())

    @classmethod
    def from_pkcs8(cls, der: bytes) -> Ed25519PrivateKey:
        """Read an unencrypted DER PKCS #8 private key.

        Raises:
            KeyFormatError: `der` is no Ed25519 private key.
        """
        key = load_pkcs8(der)
        if not isinstance(key, ed25519.Ed25519PrivateKey):
            raise KeyFormatError
        return cls(key)

    def pkcs8(self) -> bytes:
        """The private key as unencrypted DER PKCS #8, 48 bytes. Source: RFC 8410."""
        return to_pkcs8(self._key)

    def spki(self) -> bytes:
        """The public key as DER SubjectPublicKeyInfo, 44 bytes. Source: RFC 8410."""
        return to_spki(self._key)

    def sign(self, message: bytes, *, prehash: bool) -> bytes:
        """Sign a message; 64 bytes, R | S, and always the same ones for the same message.

        Args:
            message: What to sign. With `prehash` the algorithm hashes it itself, whether or not it is a digest already.
            prehash: Ed25519ph with an empty context, instead of PureEdDSA. The signatures of one never verify as the
                other's.
        """
        if not prehash:
            return self._key.sign(message)
        # cryptography has no Ed25519ph. PyCryptodome has, and takes a tenth of a Lab's start to import, so only here.
        from Crypto.Hash import SHA512
        from Crypto.Signature import eddsa

        # cryptography's raw private key is the seed that RFC 8032 starts from.
        signer = eddsa.new(eddsa.import_private_key(self._key.private_bytes_raw()), "rfc8032")
        return signer.sign(SHA512.new(message))

    def verify(self, message: bytes, signature: bytes, *, prehash: bool) -> bool:
        """Whether `signature` is one of this key over the message, made with the same `prehash`."""
        public = self._key.public_key()
        try:
            if prehash:
                from Crypto.Hash import SHA512
                from Crypto.Signature import eddsa

                verifier = eddsa.new(eddsa.import_public_key(public.public_bytes_raw()), "rfc8032")
                verifier.verify(SHA512.new(message), signature)
            else:
                public.verify(signature, message)
        except (InvalidSignature, ValueError):  # the second one is what PyCryptodome raises
            return False
        return True
