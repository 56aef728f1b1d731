"""Signature Version 4: what a request's signature says, and what it should be.

Reads the Authorization header, writes the canonical request and computes signatures. Does not know who has which
secret, nor whether a signature is believed: a request within one process is only read, one over HTTP is verified
(`transport.verifier`).

Source: IAM User Guide, "Create a signed AWS API request" and "Authentication methods"; S3 API Reference, "Signature
calculations for the authorization header" and its chapters on chunked uploads.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import quote, unquote_to_bytes

from msgspec import Struct

from kmslab.errors import IncompleteSignatureException, MissingAuthenticationTokenException

ALGORITHM = "AWS4-HMAC-SHA256"
EMPTY_HASH = hashlib.sha256(b"").hexdigest()

# An access key id has at most 128 characters (IAM API Reference, AccessKey). Without a limit, a long header that says
# `Credential=` again and again would be read from each to its end.
_CREDENTIAL = re.compile(r"Credential=([^/,\s]{1,128})/(\d{8})/([^/,\s]{1,128})/([^/,\s]{1,128})/aws4_request")
_SIGNED_HEADERS = re.compile(r"SignedHeaders=([^,\s]+)")
_SIGNATURE = re.compile(r"Signature=([^,\s]+)")
_SPACES = re.compile(" +")

#: What comes before a signature is hardly ever longer, in characters; only up to here is it remembered.
_USUAL = 400

#: What stays as it is in a path and in a query. Source: UriEncode in the sources above.
_UNRESERVED = "-_.~"


class Scope(NamedTuple):
    """The credential scope: the access key id that signed, and the date (YYYYMMDD), Region and service signed for."""

    access_key_id: str
    date: str
    region: str
    service: str

    @property
    def text(self) -> str:
        """The scope as it stands in a string to sign."""
        return f"{self.date}/{self.region}/{self.service}/aws4_request"


class Signed(Struct, frozen=True, gc=False):
    """A signature and what it is said to cover. Its repr does not show the signature.

    Attributes:
        scope: Who signed, and for what.
        headers: The names of the headers that are covered, lower-case, in the order given.
        signature: 64 hexadecimal digits, if it is right.
    """

    scope: Scope
    headers: tuple[str, ...]
    signature: str

    def __repr__(self) -> str:
        """Who signed what."""
        return f"<Signed {self.scope!r}, {len(self.headers)} headers>"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Nothing more, to whom wants it in parts."""
        return []


def read_scope(authorization: str | None) -> Scope:
    """Read the credential scope out of an Authorization header.

    Raises:
        MissingAuthenticationTokenException: there is no header.
        IncompleteSignatureException: the header has no complete credential scope.
    """
    if not authorization:
        raise MissingAuthenticationTokenException.unsigned()
    # A sender writes the same up to the first comma until its day ends; what follows is new each time.
    first = authorization.partition(",")[0]
    scope = (_same_scope_in(first) if len(first) <= _USUAL else None) or _scope_in(authorization)
    if not authorization.startswith(f"{ALGORITHM} ") or scope is None:
        raise IncompleteSignatureException.unreadable(authorization)
    return scope


def _scope_in(text: str) -> Scope | None:
    match = _CREDENTIAL.search(text)
    return None if match is None else Scope(*match.groups())


_same_scope_in = lru_cache(maxsize=256)(_scope_in)


@lru_cache(maxsize=256)
def _same_before_signature(text: str) -> tuple[Scope, tuple[str, ...]] | None:
    """Scope and covered headers of a header in the order in which nearly everybody writes it, up to the signature."""
    scope, headers = _scope_in(text), _SIGNED_HEADERS.search(text)
    if scope is None or headers is None or not text.startswith(f"{ALGORITHM} "):
        return None
    return scope, tuple(headers[1].split(";"))


def read_authorization(authorization: str | None) -> Signed:
    """Read an Authorization header.

    Raises:
        MissingAuthenticationTokenException: there is none.
        IncompleteSignatureException: a part of it is missing.
    """
    header = authorization or ""
    before, found, signature = header.partition("Signature=")
    if found and len(before) <= _USUAL and signature.isalnum():
        same = _same_before_signature(before)
        if same is not None:
            return Signed(*same, signature)
    scope = read_scope(authorization)
    headers, signed = _SIGNED_HEADERS.search(header), _SIGNATURE.search(header)
    if headers is None or signed is None:
        missing = [name for name, what in (("Signature", signed), ("SignedHeaders", headers)) if what is None]
        raise IncompleteSignatureException.without(missing, header)
    return Signed(scope, tuple(headers[1].split(";")), signed[1])


# --- what is signed ---


def canonical_path(path: str, *, twice: bool) -> str:
    """The path as it is signed.

    Args:
        path: As it was sent, percent-encoded.
        twice: Whether it is normalised and encoded once more, as every service but S3 does.
    """
    return (_same_path if len(path) <= _USUAL else _path)(path, twice)


def _path(path: str, twice: bool) -> str:
    once = quote(unquote_to_bytes(path), safe=f"/{_UNRESERVED}") or "/"
    return quote(_without_dots(once), safe=f"/{_UNRESERVED}") if twice else once


_same_path = lru_cache(maxsize=256)(_path)


def _without_dots(path: str) -> str:
    # Source: RFC 3986 section 5.2.4; empty segments go too.
    segments: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            segments[-1:] = []
        elif segment not in ("", "."):
            segments.append(segment)
    joined = "/" + "/".join(segments)
    return joined if joined == "/" or not path.endswith("/") else f"{joined}/"


def canonical_query(query: str, *, without: Iterable[str] = ()) -> str:
    """The query as it is signed: names and values encoded anew, sorted.

    Args:
        query: As it was sent.
        without: Names of parameters that are not signed.
    """
    if not query:
        return ""
    pairs = []
    for parameter in query.split("&"):
        name, _, value = parameter.partition("=")
        if name not in without:
            pairs.append((_encoded(name), _encoded(value)))
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def _encoded(text: str) -> str:
    return (_same_text if len(text) <= _USUAL else _text)(text)


def _text(text: str) -> str:
    return quote(unquote_to_bytes(text), safe=_UNRESERVED)


_same_text = lru_cache(maxsize=1024)(_text)


def canonical_request(
    method: str, path: str, query: str, headers: Mapping[str, str], signed: Sequence[str], payload_hash: str
) -> str:
    """The canonical request.

    Args:
        method: The HTTP method.
        path: What `canonical_path` made of the path.
        query: What `canonical_query` made of the query.
        headers: Header values under lower-case names.
        signed: The names of the signed headers.
        payload_hash: The SHA-256 of the body in hexadecimal digits, or what stands in its place.
    """
    lines = "\n".join([f"{name}:{headers.get(name, '').strip()}" for name in signed])
    if "  " in lines:
        lines = _SPACES.sub(" ", lines)
    return f"{method}\n{path}\n{query}\n{lines}\n\n{';'.join(signed)}\n{payload_hash}"


def string_to_sign(request: str, scope: Scope, date: str) -> str:
    """The string to sign for a canonical request; `date` is such as `20260105T090000Z`."""
    return "\n".join((ALGORITHM, date, scope.text, hashlib.sha256(request.encode()).hexdigest()))


@lru_cache(maxsize=256)
def signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    """The key that a secret access key gives for one day, Region and service."""
    key = f"AWS4{secret}".encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def signature_of(to_sign: str, secret: str, scope: Scope) -> str:
    """The signature of a string to sign, as 64 hexadecimal digits."""
    key = signing_key(secret, scope.date, scope.region, scope.service)
    return hmac.digest(key, to_sign.encode(), "sha256").hex()


def matches(given: str, expected: str) -> bool:
    """Whether two signatures are the same; how long that takes says nothing."""
    return hmac.compare_digest(given.encode(), expected.encode())


def by_lower_name(headers: Mapping[str, str | bytes]) -> dict[str, str]:
    """Headers under lower-case names; botocore keeps some values as bytes."""
    return {
        name.lower(): value.decode("latin-1") if isinstance(value, bytes) else value for name, value in headers.items()
    }
