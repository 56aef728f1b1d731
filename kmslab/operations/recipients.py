"""The Recipient parameter: replies that only an attested environment can read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kmslab.errors import ValidationException

Recipient = Mapping[str, Any]


def refuse_recipient(recipient: Recipient | None) -> None:
    """Refuse an attestation document.

    Simplified: no Nitro enclave runs here, so no document can be one that AWS signed.

    Raises:
        ValidationException: a recipient is given.
    """
    if recipient is not None:
        raise ValidationException.attestation()
