"""A KMS key: the resource with its id, state and settings. The only object here that changes, by its own methods.

Rules of its states:
    - created Enabled;
    - Enabled and Disabled change into each other;
    - either becomes PendingDeletion for 7 to 30 days, and is deleted when they have passed;
    - cancelling the deletion leaves it Disabled, whatever it was before.
Which operation is allowed in which state is not decided here but in `keys.states`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from kmslab.arn import key_arn
from kmslab.crypto import AuthenticationError, hmac
from kmslab.errors import InvalidCiphertextException, InvalidKeyUsageException, ValidationException
from kmslab.keys import blob, material
from kmslab.keys.context import EncryptionContext
from kmslab.keys.material import KeyMaterial
from kmslab.keys.specs import MAC_HASHES, OAEP_HASHES, SIGNING_ALGORITHMS, SYMMETRIC_DEFAULT, Family, KeySpec, KeyUsage
from kmslab.keys.states import KeyState


@dataclass(slots=True, eq=False)
class Key:
    """A customer managed key.

    Attributes:
        key_id: A UUID, or `mrk-` and 32 hexadecimal digits for a multi-Region key.
        account_id: The account that owns it.
        region: The Region it lives in.
        spec: Its key spec.
        usage: What it is for.
        created: When it was created, in UTC.
        description: Free text.
        policy: The key policy named `default`, as the text that was stored.
        multi_region: Whether it is a multi-Region key.
        current: The key material it encrypts, signs or MACs with.
        state: Its key state.
        deletion_date: When it will be deleted, in UTC; None unless pending deletion.
        tags: Tag values by tag key.
        arn: Its ARN, made from Region, account and key id.
    """

    key_id: str
    account_id: str
    region: str
    spec: KeySpec
    usage: KeyUsage
    created: datetime
    description: str
    policy: str
    multi_region: bool
    current: KeyMaterial
    state: KeyState = KeyState.ENABLED
    deletion_date: datetime | None = None
    tags: dict[str, str] = field(default_factory=dict)
    arn: str = field(init=False)

    def __post_init__(self) -> None:
        """Write the ARN once; every call needs it several times."""
        self.arn = key_arn(self.region, self.account_id, self.key_id)

    @property
    def algorithms(self) -> tuple[str, ...]:
        """The algorithms that its spec offers for its usage."""
        return self.spec.algorithms[self.usage]

    # --- life ---

    def enable(self) -> None:
        """Allow its use."""
        self.state = KeyState.ENABLED

    def disable(self) -> None:
        """Stop its use, keeping everything."""
        self.state = KeyState.DISABLED

    def schedule_deletion(self, date: datetime) -> None:
        """Stop its use now and have it deleted at `date`, in UTC."""
        self.state, self.deletion_date = KeyState.PENDING_DELETION, date

    def cancel_deletion(self) -> None:
        """Keep it after all. Source: API Reference, CancelKeyDeletion: the key state is then Disabled."""
        self.state, self.deletion_date = KeyState.DISABLED, None

    # --- use; the front door has checked state and usage before ---

    def require_algorithm(self, algorithm: str) -> None:
        """Refuse an algorithm that the key's spec does not offer.

        Raises:
            InvalidKeyUsageException: the spec does not offer it.
        """
        if algorithm not in self.algorithms:
            raise InvalidKeyUsageException.algorithm(algorithm, self.spec.name)

    def encrypt(
        self, plaintext: bytes, algorithm: str, context: EncryptionContext, *, operation: str = "Encrypt"
    ) -> bytes:
        """Encrypt under the current key material.

        Args:
            plaintext: At least one byte. At most 4096 (checked before), or what RSA-OAEP can carry.
            algorithm: One of the spec's encryption algorithms.
            context: The encryption context; symmetric keys only.
            operation: `Encrypt` or `GenerateDataKey`, for the blob's header.

        Returns:
            A ciphertext blob, or raw RSA-OAEP ciphertext as long as the modulus.

        Raises:
            InvalidKeyUsageException: the spec does not offer `algorithm`.
            ValidationException: more plaintext than RSA-OAEP can carry.
        """
        self.require_algorithm(algorithm)
        if self.spec.family is Family.SYMMETRIC:
            return material.encrypt(self.current, self.key_id, plaintext, context, operation=operation)
        hash_name = OAEP_HASHES[algorithm]
        capacity = self.current.rsa.oaep_capacity(hash_name)
        if len(plaintext) > capacity:
            raise ValidationException.plaintext_too_long(algorithm, self.spec.name, capacity)
        return self.current.rsa.encrypt_oaep(plaintext, hash_name)

    def decrypt(self, ciphertext_blob: bytes, algorithm: str, context: EncryptionContext) -> bytes:
        """Undo `encrypt`.

        Raises:
            InvalidCiphertextException: the blob is damaged, was made under another key, or belongs to another context.
            InvalidKeyUsageException: the spec does not offer `algorithm`.
        """
        self.require_algorithm(algorithm)
        try:
            if algorithm == SYMMETRIC_DEFAULT:
                return material.decrypt(self.current, self.key_id, blob.parse(ciphertext_blob), context)
            return self.current.rsa.decrypt_oaep(ciphertext_blob, OAEP_HASHES[algorithm])
        except (blob.MalformedBlobError, AuthenticationError):
            # One error for every cause, without a text: what was wrong with a ciphertext is nobody's business.
            raise InvalidCiphertextException from None

    def sign(self, message: bytes, algorithm: str, *, is_digest: bool) -> bytes:
        """Sign a message, or a digest as it is.

        Raises:
            InvalidKeyUsageException: the spec does not offer `algorithm`.
        """
        self.require_algorithm(algorithm)
        how = SIGNING_ALGORITHMS[algorithm]
        if self.spec.family is Family.RSA:
            return self.current.rsa.sign(message, how.scheme, how.hash_name, prehashed=is_digest)
        return self.current.ec.sign(message, how.hash_name, prehashed=is_digest)

    def verify(self, message: bytes, signature: bytes, algorithm: str, *, is_digest: bool) -> bool:
        """Whether `signature` is this key's over the message, or over the digest.

        Raises:
            InvalidKeyUsageException: the spec does not offer `algorithm`.
        """
        self.require_algorithm(algorithm)
        how = SIGNING_ALGORITHMS[algorithm]
        if self.spec.family is Family.RSA:
            return self.current.rsa.verify(message, signature, how.scheme, how.hash_name, prehashed=is_digest)
        return self.current.ec.verify(message, signature, how.hash_name, prehashed=is_digest)

    def public_key(self) -> bytes:
        """The public key of an asymmetric key, as DER SubjectPublicKeyInfo."""
        return self.current.pair.spki()

    def mac(self, message: bytes, algorithm: str) -> bytes:
        """The MAC of a message: 28, 32, 48 or 64 bytes.

        Raises:
            InvalidKeyUsageException: the spec does not offer `algorithm`.
        """
        self.require_algorithm(algorithm)
        return hmac.mac(self.current.raw, message, MAC_HASHES[algorithm])

    def verify_mac(self, message: bytes, claimed: bytes, algorithm: str) -> bool:
        """Whether `claimed` is the message's MAC, compared in constant time.

        Raises:
            InvalidKeyUsageException: the spec does not offer `algorithm`.
        """
        self.require_algorithm(algorithm)
        return hmac.matches(self.current.raw, message, MAC_HASHES[algorithm], claimed)
