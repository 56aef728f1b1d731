r"""Bodies in chunks, as S3's clients send them: each chunk may be signed, and a checksum may come after the last.

    <size in hex>[;chunk-signature=<64 hex>]\r\n <bytes> \r\n ... 0[;chunk-signature=<64 hex>]\r\n
    [<x-amz-checksum-...>:<base64>\r\n [x-amz-trailer-signature:<64 hex>\r\n]] \r\n

Source: S3 API Reference, "Signature calculations for the authorization header: transferring payload in multiple
chunks" and "... with trailing headers". Simplified: checksums of CRC-32C and CRC-64/NVME are taken as they are.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from msgspec.structs import replace

from kmslab.errors import InvalidSignatureException
from kmslab.transport.incoming import Incoming
from kmslab.wire import sigv4
from kmslab.wire.refusals import RefusedError

UNSIGNED = "UNSIGNED-PAYLOAD"

_SIGNED, _SIGNED_TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
_UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
_FORMS = frozenset({_SIGNED, _SIGNED_TRAILER, _UNSIGNED_TRAILER})

_SIZE = re.compile(r"[0-9A-Fa-f]{1,16}")

_CHECKSUMS: dict[str, Callable[[bytes], bytes]] = {
    "x-amz-checksum-crc32": lambda data: binascii.crc32(data).to_bytes(4),
    "x-amz-checksum-sha1": lambda data: hashlib.sha1(data, usedforsecurity=False).digest(),
    "x-amz-checksum-sha256": lambda data: hashlib.sha256(data).digest(),
}


@dataclass(frozen=True, slots=True)
class Seed:
    """What the signatures of chunks go on from.

    Attributes:
        key: The signing key.
        date: The time of the request, such as `20260105T090000Z`.
        scope: The credential scope as text.
        signature: The signature of the request's headers.
    """

    key: bytes = field(repr=False)
    date: str
    scope: str
    signature: str = field(repr=False)

    def of_chunk(self, previous: str, chunk: bytes) -> str:
        """The signature of a chunk that follows one with the signature `previous`."""
        lines = (
            "AWS4-HMAC-SHA256-PAYLOAD",
            self.date,
            self.scope,
            previous,
            sigv4.EMPTY_HASH,
            hashlib.sha256(chunk).hexdigest(),
        )
        return self._sign(lines)

    def of_trailer(self, previous: str, trailer: str) -> str:
        """The signature of the trailing headers, as `name:value` lines."""
        digest = hashlib.sha256(trailer.encode()).hexdigest()
        return self._sign(("AWS4-HMAC-SHA256-TRAILER", self.date, self.scope, previous, digest))

    def _sign(self, lines: tuple[str, ...]) -> str:
        return hmac.digest(self.key, "\n".join(lines).encode(), "sha256").hex()


class Unpacked(NamedTuple):
    """What was in the chunks."""

    content: bytes
    trailers: dict[str, str]


def is_chunked(payload_hash: str) -> bool:
    """Whether `x-amz-content-sha256` says that the body comes in chunks."""
    return payload_hash in _FORMS


def unpacked(request: Incoming, form: str, seed: Seed) -> Incoming:
    """The request with its content as its body.

    Raises:
        InvalidSignatureException: a chunk was signed otherwise.
        RefusedError: the chunks are malformed, or there are fewer or other bytes than was said.
    """
    found = _read(request.body, seed if form != _UNSIGNED_TRAILER else None, has_trailer=form != _SIGNED)
    length = request.headers.get("x-amz-decoded-content-length")
    if length is not None and length != str(len(found.content)):
        text = "You did not provide the number of bytes specified by the Content-Length HTTP header"
        raise RefusedError("IncompleteBody", text)
    if set(found.trailers) != _announced(request):
        raise _malformed_trailer()
    for name, value in found.trailers.items():
        _check(name, value, found.content)
    headers = {name: value for name, value in request.headers.items() if name != "x-amz-trailer"}
    headers |= found.trailers
    encodings = [each.strip() for each in headers.pop("content-encoding", "").split(",")]
    kept = [each for each in encodings if each and each != "aws-chunked"]
    if kept:
        headers["content-encoding"] = ",".join(kept)
    headers["content-length"] = str(len(found.content))
    headers["x-amz-content-sha256"] = hashlib.sha256(found.content).hexdigest()
    headers.pop("transfer-encoding", None)
    return replace(request, body=found.content, headers=headers)


def _check(name: str, value: str, content: bytes) -> None:
    compute = _CHECKSUMS.get(name)
    if compute is None:
        return
    if base64.b64encode(compute(content)).decode() != value:
        algorithm = name.removeprefix("x-amz-checksum-").upper()
        raise RefusedError("BadDigest", f"The {algorithm} you specified did not match the calculated checksum.")


def _read(body: bytes, seed: Seed | None, *, has_trailer: bool) -> Unpacked:
    parts: list[bytes] = []
    at, signature = 0, "" if seed is None else seed.signature
    while True:
        line, at = _line(body, at)
        size_text, _, extension = line.partition(";")
        if not _SIZE.fullmatch(size_text):
            raise _malformed()
        size = int(size_text, 16)
        chunk = body[at : at + size]
        if len(chunk) != size:
            raise _malformed()
        if seed is not None:
            expected = seed.of_chunk(signature, chunk)
            if not sigv4.matches(extension.removeprefix("chunk-signature=").strip(), expected):
                raise InvalidSignatureException.mismatch()
            signature = expected
        at += size
        if size == 0:
            break
        if body[at : at + 2] != b"\r\n":
            raise _malformed()
        at += 2
        parts.append(chunk)
    if has_trailer:
        return Unpacked(b"".join(parts), _trailers(body, at, seed, signature))
    if body[at:] not in (b"", b"\r\n"):
        raise _malformed()
    return Unpacked(b"".join(parts), {})


def _trailers(body: bytes, at: int, seed: Seed | None, previous: str) -> dict[str, str]:
    found: dict[str, str] = {}
    while at < len(body):
        line, at = _line(body, at)
        if not line:
            if at < len(body):
                raise _malformed_trailer()
            break
        name, colon, value = line.partition(":")
        if not colon:
            raise _malformed_trailer()
        found[name.strip().lower()] = value.strip()
    signature = found.pop("x-amz-trailer-signature", "")
    if seed is not None:
        text = "".join(f"{name}:{value}\n" for name, value in sorted(found.items()))
        if not sigv4.matches(signature, seed.of_trailer(previous, text)):
            raise InvalidSignatureException.mismatch()
    return found


def _line(body: bytes, at: int) -> tuple[str, int]:
    end = body.find(b"\r\n", at)
    if end < 0:
        raise _malformed()
    return body[at:end].decode("latin-1"), end + 2


def _announced(request: Incoming) -> set[str]:
    names = request.headers.get("x-amz-trailer", "").lower().split(",")
    return {name.strip() for name in names if name.strip()}


def _malformed_trailer() -> RefusedError:
    # Source: answers of S3 in public issues of servers that are compared with it.
    text = "The request contained trailing data that was not well-formed or did not conform to our published schema."
    return RefusedError("MalformedTrailerError", text)


def _malformed() -> RefusedError:
    return RefusedError("IncompleteBody", "The request body terminated unexpectedly")
