"""Key material: the secret bits behind a KMS key, one `KeyMaterial` per rotation.

Owns making it, and the one place where symmetric material encrypts. Does not know states, policies or callers.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from kmslab.crypto import AuthenticationError, aes, kdf
from kmslab.crypto.ec import EcPrivateKey
from kmslab.crypto.ml_kem import MlKemPrivateKey
from kmslab.crypto.rsa import RsaPrivateKey
from kmslab.keys import blob
from kmslab.keys.blob import Blob
from kmslab.keys.context import EncryptionContext, serialise
from kmslab.keys.pairs import PrivateKey, generate_pair
from kmslab.keys.specs import KeySpec

_WRAP_LABEL = b"kmslab symmetric encryption"


@dataclass(frozen=True, slots=True)
class KeyMaterial:
    """The bits of a KMS key.

    Attributes:
        material_id: 64 hexadecimal digits, AWS's KeyMaterialId. An id, not a secret and not derived from one.
        secret: Raw bytes for symmetric and HMAC keys, a private key for key pairs. Never shown.
    """

    material_id: str
    secret: bytes | PrivateKey = field(repr=False)

    @property
    def raw(self) -> bytes:
        """The secret of a symmetric or HMAC key."""
        if not isinstance(self.secret, bytes):
            raise TypeError("this key material is a key pair")
        return self.secret

    @property
    def rsa(self) -> RsaPrivateKey:
        """The private key of an RSA key."""
        if not isinstance(self.secret, RsaPrivateKey):
            raise TypeError("this key material is not an RSA key pair")
        return self.secret

    @property
    def ec(self) -> EcPrivateKey:
        """The private key of an elliptic curve key."""
        if not isinstance(self.secret, EcPrivateKey):
            raise TypeError("this key material is not an elliptic curve key pair")
        return self.secret

    @property
    def kem(self) -> MlKemPrivateKey:
        """The decapsulation key of an ML-KEM key."""
        if not isinstance(self.secret, MlKemPrivateKey):
            raise TypeError("this key material is not an ML-KEM key pair")
        return self.secret

    @property
    def pair(self) -> PrivateKey:
        """The private key of an asymmetric key."""
        if isinstance(self.secret, bytes):
            raise TypeError("this key material is not a key pair")
        return self.secret


def generate(spec: KeySpec, material_id: str) -> KeyMaterial:
    """New random key material for a KMS key of `spec`."""
    if spec.family.is_asymmetric:
        return KeyMaterial(material_id, generate_pair(spec))
    # An HMAC key is as long as its digest. Source: KMS Developer Guide, "HMAC keys in AWS KMS".
    return KeyMaterial(material_id, os.urandom(spec.bits // 8))


def encrypt(
    material: KeyMaterial, key_id: str, plaintext: bytes, context: EncryptionContext, *, operation: str
) -> bytes:
    """Encrypt under symmetric key material the way KMS documents it.

    A fresh 16-byte nonce and the material give the AES-256 key of this one encryption (SP 800-108); that key encrypts
    with AES-GCM, and header, key id and encryption context are authenticated with it.

    Returns:
        The ciphertext blob, laid out as `keys.blob` says.

    Source: AWS KMS Cryptographic Details, "Encrypt" and "Key derivation". AWS's label and context are not published.
    """
    fresh = os.urandom(blob.DERIVATION_NONCE_SIZE + aes.NONCE_SIZE)
    derivation_nonce, nonce = fresh[: blob.DERIVATION_NONCE_SIZE], fresh[blob.DERIVATION_NONCE_SIZE :]
    head = blob.header(material.material_id, derivation_nonce, len(plaintext), operation=operation)
    key = kdf.derive_key(material.raw, _WRAP_LABEL, derivation_nonce)
    return Blob(head, nonce, aes.seal(key, nonce, plaintext, _aad(head, key_id, context))).to_bytes()


def decrypt(material: KeyMaterial, key_id: str, ciphertext: Blob, context: EncryptionContext) -> bytes:
    """Undo `encrypt`.

    Raises:
        AuthenticationError: not this material, key, context or ciphertext.
    """
    if ciphertext.material_id != material.material_id:
        raise AuthenticationError
    key = kdf.derive_key(material.raw, _WRAP_LABEL, ciphertext.derivation_nonce)
    return aes.unseal(key, ciphertext.nonce, ciphertext.sealed, _aad(ciphertext.header, key_id, context))


def _aad(head: bytes, key_id: str, context: EncryptionContext) -> bytes:
    # The header has a fixed size and the key id's length is said, so no part can be read as another. The key id is in
    # it because KMS ties a ciphertext to its KMS key: the same bytes imported into another key do not decrypt it.
    # Source: KMS Developer Guide, "Importing key material", considerations.
    name = key_id.encode()
    return b"".join((head, len(name).to_bytes(1), name, serialise(context)))
