"""Importing key material: the import token, how material is recognised again, and how it comes and goes.

Owns what GetParametersForImport hands out and what becomes of a key's ring when material is imported, deleted or
expires. Does not decide who may import, and does not know the clock.

    - The first material becomes current at once. For good: only the same bytes are taken in its place.
    - Symmetric keys take new material while none waits. It waits for a rotation on demand, and then is for good.
    - Related multi-Region keys know the same materials; each has only those that were imported into itself.
    - Material goes by deletion or at its date. What belongs to the key stays known, so that it can be imported again.

Source: KMS Developer Guide, "Importing key material"; API Reference, ImportKeyMaterial, DeleteImportedKeyMaterial.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from kmslab.crypto import AuthenticationError, KeyFormatError, aes, hmac
from kmslab.crypto.rsa import RsaPrivateKey
from kmslab.crypto.wrapping import WRAPPING_ALGORITHMS, unwrap
from kmslab.keys.material import KeyMaterial
from kmslab.keys.pairs import read_pair
from kmslab.keys.ring import MaterialState, RingEntry
from kmslab.keys.specs import Family, KeySpec
from kmslab.keys.timers import Due, Happening

if TYPE_CHECKING:
    from kmslab.keys.key import Key
    from kmslab.keys.store import World

#: How long a wrapping key and its token can be used. Source: API Reference, GetParametersForImport.
PARAMETERS_LIFETIME = timedelta(hours=24)

#: How far away the date may be at which imported material expires. Source: API Reference, ImportKeyMaterial, ValidTo.
LONGEST_VALIDITY = timedelta(days=365)

#: The wrapping keys' modulus in bits.
WRAPPING_KEYS: dict[str, int] = {"RSA_2048": 2048, "RSA_3072": 3072, "RSA_4096": 4096}

_TOKEN_LABEL = b"kmslab import token"
_SALT_SIZE = 16
# The AES key wrap adds 8 bytes, and wraps at least 8. Source: RFC 5649 section 3.
_SHORTEST_AES_WRAP = 16

#: The kinds of key material that can be imported. Simplified: AWS is known to refuse ML-DSA; ML-KEM is taken to be
#: refused as well, and Ed25519 to be taken like the other elliptic curves.
_IMPORTABLE = frozenset({Family.SYMMETRIC, Family.HMAC, Family.RSA, Family.ECC, Family.ED25519})


def is_importable(spec: KeySpec) -> bool:
    """Whether a key of this spec may have the origin EXTERNAL."""
    return spec.family in _IMPORTABLE


def can_wrap(spec: KeySpec, algorithm: str, wrapping_key: str) -> bool:
    """Whether material for a key of `spec` can be wrapped like that.

    RSA-OAEP alone is too short for an RSA private key, and under RSA_2048 for one on P-521.

    Source: API Reference, GetParametersForImport, WrappingAlgorithm. Its list names the RSA_AES algorithms for RSA and
    elliptic curve keys; the guide's own examples wrap symmetric and HMAC keys with them too.
    """
    if WRAPPING_ALGORITHMS[algorithm].with_aes_key:
        return True
    return spec.family is not Family.RSA and (spec.name, wrapping_key) != ("ECC_NIST_P521", "RSA_2048")


@dataclass(frozen=True, slots=True)
class ImportParameters:
    """A wrapping key with what it is good for.

    Attributes:
        key_arn: The KMS key that it imports into.
        algorithm: The wrapping algorithm, one of `WRAPPING_ALGORITHMS`.
        valid_to: When it ends, in UTC.
        wrapping_key: The wrapping key pair. Its private half never leaves KMS.
    """

    key_arn: str
    algorithm: str
    valid_to: datetime
    wrapping_key: RsaPrivateKey = field(repr=False)


class ImportTokens:
    """The import tokens of one world: import parameters sealed under a secret that only this world has.

    Nothing is kept for a token: it carries the wrapping key itself, readable by nobody else. So any number of them may
    be out at a time, and each can be used as often as one likes until it ends.

    Layout: nonce (12) | ciphertext and tag, of: key ARN LF algorithm LF date LF private key as DER PKCS #8
    """

    __slots__ = ("_secret",)

    def __init__(self) -> None:
        """Draw the secret."""
        self._secret = os.urandom(aes.KEY_SIZE)

    @property
    def secret(self) -> bytes:
        """The secret, 32 bytes; whoever keeps a world sets it again."""
        return self._secret

    @secret.setter
    def secret(self, secret: bytes) -> None:
        self._secret = secret

    def issue(self, parameters: ImportParameters) -> bytes:
        """The token of a wrapping key."""
        head = f"{parameters.key_arn}\n{parameters.algorithm}\n{parameters.valid_to.isoformat()}\n".encode()
        nonce = os.urandom(aes.NONCE_SIZE)
        return nonce + aes.seal(self._secret, nonce, head + parameters.wrapping_key.pkcs8(), _TOKEN_LABEL)

    def read(self, token: bytes) -> ImportParameters:
        """Undo `issue`.

        Raises:
            AuthenticationError: no token of this world.
        """
        if len(token) < aes.NONCE_SIZE + aes.TAG_SIZE:
            raise AuthenticationError
        plain = aes.unseal(self._secret, token[: aes.NONCE_SIZE], token[aes.NONCE_SIZE :], _TOKEN_LABEL)
        key_arn, algorithm, valid_to, private = plain.split(b"\n", 3)
        date = datetime.fromisoformat(valid_to.decode())
        return ImportParameters(key_arn.decode(), algorithm.decode(), date, RsaPrivateKey.from_pkcs8(private))


def has_wrapped_size(parameters: ImportParameters, wrapped: bytes) -> bool:
    """Whether `wrapped` is as long as the wrapping algorithm makes it."""
    rest = len(wrapped) - parameters.wrapping_key.modulus_size
    if not WRAPPING_ALGORITHMS[parameters.algorithm].with_aes_key:
        return rest == 0
    return rest >= _SHORTEST_AES_WRAP


def open_wrapped(parameters: ImportParameters, wrapped: bytes) -> bytes:
    """The key material in the clear.

    Raises:
        AuthenticationError: it was not wrapped with this key and algorithm.
    """
    return unwrap(parameters.wrapping_key, wrapped, parameters.algorithm)


def read_material(spec: KeySpec, plain: bytes, material_id: str) -> KeyMaterial:
    """Imported bytes as key material of a KMS key of `spec`.

    Raises:
        KeyFormatError: they are none: a symmetric or HMAC key of another length, or no PKCS #8 private key of the spec.
    """
    if spec.family.is_asymmetric:
        return KeyMaterial(material_id, read_pair(spec, plain))
    if len(plain) != spec.bits // 8:
        raise KeyFormatError
    return KeyMaterial(material_id, plain)


def fingerprint(material: KeyMaterial) -> bytes:
    """What recognises this material and does not give it away: salt (16) | HMAC-SHA-256 of it (32).

    With a salt of its own, the same material in two keys does not show as the same.
    """
    salt = os.urandom(_SALT_SIZE)
    return salt + hmac.mac(salt, _identity(material), "sha256")


def is_of(known: bytes, material: KeyMaterial) -> bool:
    """Whether a fingerprint is one of this material."""
    return hmac.matches(known[:_SALT_SIZE], _identity(material), "sha256", known[_SALT_SIZE:])


def _identity(material: KeyMaterial) -> bytes:
    # One private key has more than one PKCS #8 form, but one public key.
    return material.secret if isinstance(material.secret, bytes) else material.secret.spki()


def known_as(key: Key, material: KeyMaterial) -> RingEntry | None:
    """The entry of a key's ring that is of this material, whether it is here now or not; None when it is new."""
    return key.ring.recognise(lambda known: is_of(known, material))


def take_in_new(world: World, key: Key, material: KeyMaterial, valid_to: datetime | None, description: str) -> None:
    """Import material that the key has not had: as its first, or to wait for a rotation on demand.

    Related keys get to know it, and wait for an import of their own.
    """
    is_first = len(key.ring) == 0
    state = MaterialState.CURRENT if is_first else MaterialState.PENDING_ROTATION
    known = fingerprint(material)
    entries = {
        each: RingEntry(material.material_id, None, state, fingerprint=known, description=description)
        for each in key.related or (key,)
    }
    for each, entry in entries.items():
        each.ring.add(entry)
        if is_first:
            world.learn_material(each, material.material_id)
    take_in_again(world, key, entries[key], material, valid_to)


def take_in_again(
    world: World, key: Key, entry: RingEntry, material: KeyMaterial, valid_to: datetime | None, description: str = ""
) -> None:
    """Import material that the key knows; id and standing stay, and the description if there is no new one.

    A key that gets the last of its missing materials is enabled, even if it was disabled before it lost them.

    Source: API Reference, ImportKeyMaterial.
    """
    was_complete = key.ring.is_complete
    entry.description = description or entry.description
    key.ring.place(entry.material_id, KeyMaterial(entry.material_id, material.secret), valid_to)
    if key.ring.is_complete and not was_complete:
        key.enable()
    if valid_to is not None:
        world.timers.add(valid_to, Due.EXPIRY, key, entry.material_id)


def take_away(key: Key, entry: RingEntry) -> None:
    """Delete imported material. What belongs to the key stays known; what only waits is forgotten.

    Waiting material that goes from a primary key goes from its replicas too. That of a replica goes from it alone, and
    the replica still waits for it. Source: API Reference, DeleteImportedKeyMaterial.
    """
    if entry.state.is_permanent or key.is_replica:
        key.ring.empty(entry.material_id)
        return
    for each in key.related or (key,):
        each.ring.forget(entry.material_id)


def expire(world: World, key: Key, material_id: str, when: datetime) -> Iterable[Happening]:
    """What happens when imported material reaches its date; nothing if it was imported anew, or is gone."""
    entry = key.ring.entry(material_id)
    if not world.holds(key) or entry is None or entry.valid_to != when:
        return
    take_away(key, entry)
    yield Happening("DeleteExpiredKeyMaterial", key, {"keyId": key.key_id, "keyMaterialId": material_id})
