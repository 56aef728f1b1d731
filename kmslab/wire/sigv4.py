"""What a Signature Version 4 header says: who signed, for which Region and which service.

In one process nobody stands between client and Lab, so the header is read and the signature itself not recomputed.
Source: IAM User Guide, "Create a signed AWS API request", Authorization header.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from kmslab.errors import IncompleteSignatureException, MissingAuthenticationTokenException

_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/(\d{8})/([^/,\s]+)/([^/,\s]+)/aws4_request")


@dataclass(frozen=True, slots=True)
class Scope:
    """The credential scope: the access key id that signed, and the date (YYYYMMDD), Region and service signed for."""

    access_key_id: str
    date: str
    region: str
    service: str


def read_scope(authorization: str | None) -> Scope:
    """Read the credential scope out of an Authorization header.

    Raises:
        MissingAuthenticationTokenException: there is no header.
        IncompleteSignatureException: the header has no complete credential scope.
    """
    if not authorization:
        raise MissingAuthenticationTokenException.unsigned()
    match = _CREDENTIAL.search(authorization)
    if not authorization.startswith("AWS4-HMAC-SHA256 ") or match is None:
        raise IncompleteSignatureException.unreadable(authorization)
    return Scope(*match.groups())


def by_lower_name(headers: Mapping[str, str | bytes]) -> dict[str, str]:
    """Headers under lower-case names; botocore keeps some values as bytes."""
    return {
        name.lower(): value.decode("latin-1") if isinstance(value, bytes) else value for name, value in headers.items()
    }
