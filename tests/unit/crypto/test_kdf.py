"""Key derivation against NIST's answers.

NIST's vectors have random bytes as fixed input, without a label and a context in it. So an independent construction
from Python's hmac is checked against NIST, and the module against that construction and against cryptography's.
"""

from __future__ import annotations

import hmac
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.kbkdf import KBKDFHMAC, CounterLocation, Mode

from kmslab.crypto import kdf


def counter_mode(key: bytes, fixed: bytes, size: int) -> bytes:
    """SP 800-108 in counter mode with HMAC-SHA-256: a 32-bit counter from 1 on, before the fixed input."""
    blocks = (hmac.digest(key, number.to_bytes(4) + fixed, "sha256") for number in range(1, -(-size // 32) + 1))
    return b"".join(blocks)[:size]


def test_the_construction_is_nists(kdf_counter_hmac_sha256_case: Any) -> None:
    case = kdf_counter_hmac_sha256_case
    key, fixed = bytes.fromhex(case["key"]), bytes.fromhex(case["fixed"])
    assert counter_mode(key, fixed, case["bits"] // 8).hex() == case["derived"]


@pytest.mark.parametrize(
    ("label", "context"),
    [(b"label", b"context"), (b"", b""), (b"kmslab symmetric encryption", bytes(range(16))), (b"l" * 100, b"c" * 100)],
)
def test_the_module_is_the_construction(label: bytes, context: bytes) -> None:
    key = bytes(range(32))
    fixed = label + b"\0" + context + (256).to_bytes(4)
    assert kdf.derive_key(key, label, context) == counter_mode(key, fixed, 32)
    library = KBKDFHMAC(
        algorithm=hashes.SHA256(),
        mode=Mode.CounterMode,
        length=32,
        rlen=4,
        llen=4,
        location=CounterLocation.BeforeFixed,
        label=label,
        context=context,
        fixed=None,
    )
    assert library.derive(key) == kdf.derive_key(key, label, context)


def test_every_input_counts() -> None:
    key = bytes(32)
    derived = {
        kdf.derive_key(key, b"label", b"context"),
        kdf.derive_key(key, b"label", b"contexT"),
        kdf.derive_key(key, b"Label", b"context"),
        kdf.derive_key(bytes(31) + b"\1", b"label", b"context"),
        kdf.derive_key(key, b"labelc", b"ontext"),
    }
    assert {len(each) for each in derived} == {32}
    assert len(derived) == 5
