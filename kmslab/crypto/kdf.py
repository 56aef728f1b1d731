"""Key derivation: NIST SP 800-108 in counter mode with HMAC-SHA-256."""

from __future__ import annotations

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.kbkdf import KBKDFHMAC, CounterLocation, Mode

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
