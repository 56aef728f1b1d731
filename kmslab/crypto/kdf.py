"""Key derivation: from a key, NIST SP 800-108 in counter mode with HMAC-SHA-256; from a passphrase, scrypt."""

from __future__ import annotations

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.kbkdf import KBKDFHMAC, CounterLocation, Mode
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

_SHA_256 = hashes.SHA256()


def derive_key(key: bytes, label: bytes, context: bytes) -> bytes:
    """Derive 32 bytes from `key`.

    Args:
        key: The key to derive from, 32 bytes.
        label: What the derived key is for.
        context: What makes it different from its siblings.

    Source: NIST SP 800-108r1 section 4.1, 32-bit counter before the fixed input `label | 00 | context | [256]`.
    """
    kdf = KBKDFHMAC(
        algorithm=_SHA_256,
        mode=Mode.CounterMode,
        length=32,
        rlen=4,
        llen=4,
        location=CounterLocation.BeforeFixed,
        label=label,
        context=context,
        fixed=None,
    )
    return kdf.derive(key)


def derive_from_passphrase(passphrase: str, salt: bytes, *, n: int, r: int, p: int) -> bytes:
    """Derive 32 bytes from a passphrase, at the cost of 128 * n * r bytes of memory. Source: RFC 7914.

    Args:
        passphrase: What somebody remembers.
        salt: Random bytes, other ones for each thing that is protected.
        n: The cost, a power of two.
        r: The block size.
        p: How many times over.
    """
    return Scrypt(salt=salt, length=32, n=n, r=r, p=p).derive(passphrase.encode())
