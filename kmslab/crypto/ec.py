"""ECDSA and ECDH on the NIST curves and on secp256k1. Source: FIPS 186-5, NIST SP 800-56A, SEC 1 and SEC 2."""

from __future__ import annotations

from functools import cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec

from kmslab.crypto import KeyFormatError
from kmslab.crypto.der import load_pkcs8, load_spki, to_pkcs8, to_spki
from kmslab.crypto.hashing import to_be_signed

_CURVES: dict[str, type[ec.EllipticCurve]] = {
    "P-256": ec.SECP256R1,
    "P-384": ec.SECP384R1,
    "P-521": ec.SECP521R1,
    "secp256k1": ec.SECP256K1,
}


@cache
def _ecdsa(hash_name: str, prehashed: bool) -> ec.ECDSA:
    return ec.ECDSA(to_be_signed(hash_name, prehashed=prehashed))


class EcPrivateKey:
    """A private key on one of the curves `P-256`, `P-384`, `P-521` and `secp256k1`."""

    __slots__ = ("_key",)

    def __init__(self, key: ec.EllipticCurvePrivateKey) -> None:
        """Wrap the library's key; use `generate` or `from_pkcs8`."""
        self._key = key

    @classmethod
    def generate(cls, curve: str) -> EcPrivateKey:
        """A new random key on `curve`."""
        return cls(ec.generate_private_key(_CURVES[curve]()))

    @classmethod
    def from_pkcs8(cls, der: bytes, curve: str) -> EcPrivateKey:
        """Read an unencrypted DER PKCS #8 private key.

        Raises:
            KeyFormatError: `der` is no private key on `curve`.
        """
        key = load_pkcs8(der)
        if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, _CURVES[curve]):
            raise KeyFormatError
        return cls(key)

    def pkcs8(self) -> bytes:
        """The private key as unencrypted DER PKCS #8."""
        return to_pkcs8(self._key)

    def spki(self) -> bytes:
        """The public key as DER SubjectPublicKeyInfo, with a named curve."""
        return to_spki(self._key)

    def sign(self, message: bytes, hash_name: str, *, prehashed: bool = False) -> bytes:
        """Sign a message, or its digest when `prehashed`; DER SEQUENCE {r, s}, whose length varies by a few bytes."""
        return self._key.sign(message, _ecdsa(hash_name, prehashed))

    def verify(self, message: bytes, signature: bytes, hash_name: str, *, prehashed: bool = False) -> bool:
        """Whether `signature` is one of this key over the message, or over its digest when `prehashed`."""
        try:
            self._key.public_key().verify(signature, message, _ecdsa(hash_name, prehashed))
        except InvalidSignature:
            return False
        return True

    def exchange(self, peer_spki: bytes) -> bytes:
        """Agree on a secret with the holder of another key, by ECDH without a key derivation function.

        Args:
            peer_spki: The other party's public key, as DER SubjectPublicKeyInfo.

        Returns:
            The x coordinate of the shared point, as long as the curve's field: 32, 48 or 66 bytes.

        Raises:
            KeyFormatError: the peer's key is no public key, or on another curve, or not on its curve.

        Source: NIST SP 800-56A section 5.7.1.2. The cofactor of these curves is 1.
        """
        peer = load_spki(peer_spki)
        if not isinstance(peer, ec.EllipticCurvePublicKey) or not isinstance(peer.curve, type(self._key.curve)):
            raise KeyFormatError
        return self._key.exchange(ec.ECDH(), peer)
