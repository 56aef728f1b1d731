"""Key derivation: from a key, NIST SP 800-108 in counter mode with HMAC-SHA-256; from a passphrase, scrypt."""

from __future__ import annotations

import hmac

from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

# The counter of the first and only block, and how many bits are wanted: one block of HMAC-SHA-256.
_FIRST, _BITS = (1).to_bytes(4), (256).to_bytes(4)


def derive_key(key: bytes, label: bytes, context: bytes) -> bytes:
    """Derive 32 bytes from `key`.

    Args:
        key: The key to derive from, 32 bytes.
        label: What the derived key is for.
        context: What makes it different from its siblings.

    Source: NIST SP 800-108r1 section 4.1, 32-bit counter before the fixed input `label | 00 | context | [256]`. One
    block is a single HMAC, which is written out here: it is done for every request, and cryptography's object for the
    general case takes twice as long. The tests compare the two.
    """
    return hmac.digest(key, b"".join((_FIRST, label, b"\0", context, _BITS)), "sha256")


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
