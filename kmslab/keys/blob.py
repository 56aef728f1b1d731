"""The ciphertext blob of a symmetric key: what Encrypt and GenerateDataKey return and Decrypt takes.

AWS documents the blob as opaque. This one has the outline and the sizes of AWS's blobs; it is ours, and no AWS client
can or should read it. Layout for n bytes of plaintext, n + 152 bytes in all as long as n is small:

    0    5   version: 01 02 02 00 78 from Encrypt, 01 02 03 00 78 from GenerateDataKey (base64 AQICAH, AQIDAH)
    5   32   the id of the key material: what lets Decrypt find the key without being told
    37   1   01
    38  16   derivation nonce: from it and the key material comes the key of this one encryption
    54   4   length of the rest, big-endian
    58   -   CMS ContentInfo with EncryptedData (RFC 5652 section 8, RFC 5084), DER: AES-256-GCM, 12-byte nonce, tag of
             16 bytes, and as encrypted content: checksum (11) | ciphertext (n) | tag (16)

The checksum is over bytes 0 to 57, so that a damaged header is told from one of another Region. It protects nothing:
header, key and encryption context are all authenticated by the tag. The encryption context is not in the blob.

Source: sizes and outline observed in published sample blobs.
Simplified: what AWS keeps in the 32-byte field and in the 11 bytes before the ciphertext is not published.
"""

from __future__ import annotations

import hashlib
from functools import cache
from typing import NamedTuple

from msgspec import Struct

from kmslab.crypto import aes

_VERSIONS = {"Encrypt": bytes.fromhex("0102020078"), "GenerateDataKey": bytes.fromhex("0102030078")}
_KNOWN_VERSIONS = frozenset(_VERSIONS.values())
_VERSION = slice(5)
_MATERIAL = slice(5, 37)
_MARKER = slice(37, 38)
_DERIVATION_NONCE = slice(38, 54)
_LENGTH = slice(54, 58)
_HEADER_SIZE = 58
_CHECKSUM_SIZE = 11
DERIVATION_NONCE_SIZE = 16

_OID_ENCRYPTED_DATA = bytes.fromhex("06092a864886f70d010706")
_OID_DATA = bytes.fromhex("06092a864886f70d010701")
_OID_AES256_GCM = bytes.fromhex("060960864801650304012e")


class MalformedBlobError(Exception):
    """The bytes are not a whole ciphertext blob."""


class Blob(Struct, frozen=True, gc=False):
    """A ciphertext blob, taken apart.

    Attributes:
        header: The first 58 bytes.
        nonce: The AES-GCM nonce, 12 bytes.
        sealed: The ciphertext and its 16-byte tag.
    """

    header: bytes
    nonce: bytes
    sealed: bytes

    @property
    def material_id(self) -> str:
        """The id of the key material it was made under: 64 hexadecimal digits."""
        return self.header[_MATERIAL].hex()

    @property
    def derivation_nonce(self) -> bytes:
        """What the key of this one encryption was derived with: 16 bytes."""
        return self.header[_DERIVATION_NONCE]

    def to_bytes(self) -> bytes:
        """The whole blob."""
        outline = _outline(len(self.sealed) - aes.TAG_SIZE)
        return b"".join((self.header, outline.before, self.nonce, outline.between, _checksum(self.header), self.sealed))


def header(material_id: str, derivation_nonce: bytes, plaintext_size: int, *, operation: str = "Encrypt") -> bytes:
    """The first 58 bytes of a blob.

    Args:
        material_id: 64 hexadecimal digits.
        derivation_nonce: 16 bytes.
        plaintext_size: Number of bytes that will be encrypted.
        operation: `Encrypt` or `GenerateDataKey`; AWS's blobs tell the two apart.
    """
    return b"".join(
        (
            _VERSIONS[operation],
            bytes.fromhex(material_id),
            b"\x01",
            derivation_nonce,
            _outline(plaintext_size).length,
        )
    )


def material_id_of(data: bytes) -> str:
    """The id of the key material that a blob was made under; only of bytes that `parse` takes."""
    return data[_MATERIAL].hex()


def parse(data: bytes) -> Blob:
    """Take a blob apart.

    Raises:
        MalformedBlobError: the bytes are not exactly one blob with an undamaged header.
    """
    outline = _outline(_plaintext_size(len(data) - _HEADER_SIZE))
    head = data[:_HEADER_SIZE]
    # Everything but the two nonces, the checksum and the sealed part is fixed for a given length.
    if (
        head[_VERSION] not in _KNOWN_VERSIONS
        or head[_MARKER] != b"\x01"
        or head[_LENGTH] != outline.length
        or data[_HEADER_SIZE : outline.nonce_at] != outline.before
        or data[outline.between_at : outline.content_at] != outline.between
        or data[outline.content_at : outline.sealed_at] != _checksum(head)
    ):
        raise MalformedBlobError
    return Blob(head, data[outline.nonce_at : outline.between_at], data[outline.sealed_at :])


class Span(NamedTuple):
    """Where one part of a blob stands.

    Attributes:
        name: What the layout above calls it.
        start: Its first byte, from 0.
        size: How many bytes it has.
    """

    name: str
    start: int
    size: int


def layout(data: bytes) -> tuple[Span, ...]:
    """The parts of a blob, from its first byte to its last, without a gap.

    Raises:
        MalformedBlobError: the bytes are not exactly one blob with an undamaged header.
    """
    sealed_size = len(parse(data).sealed)
    outline = _outline(sealed_size - aes.TAG_SIZE)
    sizes = {
        "version": _MATERIAL.start,
        "key material id": _MATERIAL.stop - _MATERIAL.start,
        "marker": _DERIVATION_NONCE.start - _MATERIAL.stop,
        "derivation nonce": DERIVATION_NONCE_SIZE,
        "length": _HEADER_SIZE - _LENGTH.start,
        "CMS outline": len(outline.before),
        "nonce": aes.NONCE_SIZE,
        "more CMS outline": len(outline.between),
        "checksum": _CHECKSUM_SIZE,
        "ciphertext": sealed_size - aes.TAG_SIZE,
        "tag": aes.TAG_SIZE,
    }
    spans, start = [], 0
    for name, size in sizes.items():
        spans.append(Span(name, start, size))
        start += size
    return tuple(spans)


def operation_of(data: bytes) -> str:
    """`Encrypt` or `GenerateDataKey`, whichever kind made a blob; only of bytes that `parse` takes."""
    return next(operation for operation, version in _VERSIONS.items() if data.startswith(version))


def _checksum(head: bytes) -> bytes:
    return hashlib.sha256(head).digest()[:_CHECKSUM_SIZE]


def _der(tag: int, length: int) -> bytes:
    """Tag and definite length of a DER element. Source: ITU-T X.690 sections 8.1.3 and 10.1."""
    if length < 0x80:
        return bytes((tag, length))
    size = (length.bit_length() + 7) // 8
    return bytes((tag, 0x80 | size)) + length.to_bytes(size)


class _Outline(NamedTuple):
    """What all blobs for plaintexts of one size have in common.

    Attributes:
        length: How many bytes follow the header, as it stands there.
        before: The DER bytes before the nonce.
        between: Those between the nonce and the encrypted content.
        nonce_at: Where the nonce begins in a blob; `between_at`, `content_at` and `sealed_at` likewise.
    """

    length: bytes
    before: bytes
    between: bytes
    nonce_at: int
    between_at: int
    content_at: int
    sealed_at: int


@cache
def _outline(plaintext_size: int) -> _Outline:
    content_size = _CHECKSUM_SIZE + plaintext_size + aes.TAG_SIZE
    nonce_tag = _der(0x04, aes.NONCE_SIZE)
    tag_length = b"\x02\x01" + bytes((aes.TAG_SIZE,))
    parameters_size = len(nonce_tag) + aes.NONCE_SIZE + len(tag_length)
    parameters = _der(0x30, parameters_size) + nonce_tag
    algorithm_size = len(_OID_AES256_GCM) + len(_der(0x30, parameters_size)) + parameters_size
    algorithm = _der(0x30, algorithm_size) + _OID_AES256_GCM + parameters
    content = _der(0x80, content_size)
    info_size = len(_OID_DATA) + len(_der(0x30, algorithm_size)) + algorithm_size + len(content) + content_size
    data_size = 3 + len(_der(0x30, info_size)) + info_size
    explicit_size = len(_der(0x30, data_size)) + data_size
    outer_size = len(_OID_ENCRYPTED_DATA) + len(_der(0xA0, explicit_size)) + explicit_size
    before = (
        _der(0x30, outer_size)
        + _OID_ENCRYPTED_DATA
        + _der(0xA0, explicit_size)
        + _der(0x30, data_size)
        + b"\x02\x01\x00"
        + _der(0x30, info_size)
        + _OID_DATA
        + algorithm
    )
    between = tag_length + content
    nonce_at = _HEADER_SIZE + len(before)
    between_at = nonce_at + aes.NONCE_SIZE
    content_at = between_at + len(between)
    length = content_at + content_size - _HEADER_SIZE
    return _Outline(length.to_bytes(4), before, between, nonce_at, between_at, content_at, content_at + _CHECKSUM_SIZE)


@cache
def _plaintext_size(der_size: int) -> int:
    """The one plaintext size whose DER has this many bytes."""
    fixed = aes.NONCE_SIZE + _CHECKSUM_SIZE + aes.TAG_SIZE
    for size in range(max(0, der_size - fixed - 128), der_size - fixed + 1):
        if int.from_bytes(_outline(size).length) == der_size:
            return size
    raise MalformedBlobError
