"""The envelope format, version 1, byte by byte. Numbers are big-endian and unsigned, text is UTF-8.

    offset        size   field
    0             7      magic: 8b 6b 6d 73 65 6e 76, which is no text (8b) and then says `kmsenv`
    7             1      version: 01
    8             32     salt: random, of this file alone
    40            2      B: length of the next field, 1 to 6144
    42            B      encrypted data key: the CiphertextBlob of GenerateDataKey, as it came
    42 + B        2      C: length of the next field, 2 to 8192
    44 + B        C      encryption context:
                             number of pairs (2) | then for each pair: length (2) | key | length (2) | value
                             in ascending order of the UTF-8 bytes of the keys, no key twice
    44 + B + C    32     header MAC: HMAC-SHA-256 under the header key over all the bytes before
    76 + B + C    -      segments of 262144 bytes of plaintext each; the last one has 1 to 262144 bytes, or 0 when it is
                         the only one. A segment is: ciphertext, as long as its plaintext | tag (16), AES-256-GCM under
                         the payload key with no additional data and with this nonce:
                             number of the segment, from 0 on (11) | 01 for the last segment, otherwise 00 (1)

    PRK         = HKDF-Extract(salt, data key)                           the data key has 32 bytes
    header key  = HKDF-Expand(PRK, "kmslab envelope v1 header", 32)
    payload key = HKDF-Expand(PRK, "kmslab envelope v1 payload", 32)

There is exactly one way to write a header, and every other way is refused: two files that differ are two envelopes.

Protected:
    - the data, from being read by anyone whom KMS does not decrypt the data key for;
    - every byte of the file, from being changed. Segments cannot be reordered, repeated, dropped, added or taken from
      another file: their numbers are in the nonces, and the salt gives each file keys of its own, even if two files
      had the same data key. The file cannot be cut short, at the border of a segment either: only the last is marked;
    - the encryption context, twice: KMS decrypts the data key under that context only, and the header MAC covers it;
    - against a file that opens to different data under two data keys, which AES-GCM alone allows: the header MAC
      commits to the data key, because two that fit would be a collision of SHA-256.

Not protected:
    - the encryption context is stored in clear, and CloudTrail shows it: put no secret into it;
    - the size of the data can be told from that of the file;
    - name, times and permissions of the file are bound to nothing. A file can be swapped for another whole envelope,
      or for an older one. Put into the context what must fit, and give that context when decrypting;
    - who wrote the file. Whoever may call GenerateDataKey or Encrypt under some key that you may decrypt with can write
      one; look at the key that KMS named, or let the reader's IAM policy allow kms:Decrypt on the right keys only.

Sources: RFC 5869 (HKDF; section 3.1 on the salt); RFC 2104 (HMAC); NIST SP 800-38D (GCM; section 8.2.1 on nonces that
are built, not drawn); Hoang, Reyhanitabar, Rogaway, Vizár, "Online Authenticated-Encryption and its Nonce-Reuse
Misuse-Resistance", 2015 (STREAM: counter and last-segment mark in the nonce), in the shape that age uses; API
Reference, Decrypt, CiphertextBlob (6144 bytes). That the encryption context may have 8192 bytes is our choice.

This module owns the layout of the header and its bounds; it has no keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from io import BufferedIOBase, BytesIO

from kmslab.envelope.errors import MisuseError, NotAnEnvelopeError, TamperedError, TruncatedError, UnknownVersionError

MAGIC = b"\x8bkmsenv"
VERSION = 1
SALT_SIZE = 32
MAC_SIZE = 32
MAX_ENCRYPTED_DATA_KEY = 6144
MIN_CONTEXT = 2
MAX_CONTEXT = 8192

_LENGTH_SIZE = 2

Context = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Header:
    """What precedes the segments, but for the header MAC.

    Attributes:
        salt: 32 random bytes.
        encrypted_data_key: 1 to 6144 bytes.
        context: The encryption context, empty when there is none.
    """

    salt: bytes
    encrypted_data_key: bytes
    context: Context

    def to_bytes(self) -> bytes:
        """The header as it is in the file, and as the header MAC covers it.

        Raises:
            MisuseError: the encryption context is no mapping of text to text, or too long.
        """
        context = encode_context(self.context)
        return b"".join((MAGIC, bytes((VERSION,)), self.salt, _counted(self.encrypted_data_key), _counted(context)))


def read_header(source: BufferedIOBase) -> tuple[Header, bytes]:
    """Read a header, and never more than 14,412 bytes, whatever its lengths say.

    Nothing in it can be trusted before the MAC was compared with that of `header.to_bytes()`.

    Args:
        source: Where an envelope begins; left where its segments begin.

    Returns:
        The header, and the header MAC of 32 bytes.

    Raises:
        NotAnEnvelopeError: the magic is not there.
        TamperedError: a length is out of bounds, or the context is not written in the one way it can be.
        TruncatedError: the bytes end within the header.
        UnknownVersionError: the version is not 1.
    """
    if source.read(len(MAGIC)) != MAGIC:
        raise NotAnEnvelopeError("These bytes are not an envelope; give a file that encrypt_file wrote.")
    version = _exactly(source, 1)[0]
    if version != VERSION:
        raise UnknownVersionError(
            f"This envelope has format version {version} and this kmslab reads version {VERSION} only; "
            "decrypt it with the release that wrote it, or with a newer one."
        )
    salt = _exactly(source, SALT_SIZE)
    encrypted_data_key = _field(source, "encrypted data key", 1, MAX_ENCRYPTED_DATA_KEY)
    context = decode_context(_field(source, "encryption context", MIN_CONTEXT, MAX_CONTEXT))
    return Header(salt, encrypted_data_key, context), _exactly(source, MAC_SIZE)


def encode_context(context: Context) -> bytes:
    """Write an encryption context in the one way there is: 2 to 8192 bytes.

    Raises:
        MisuseError: `context` is no mapping of text to text, or too long.
    """
    try:
        pairs = sorted((key.encode(), value.encode()) for key, value in context.items())
    except (AttributeError, UnicodeEncodeError):
        # Without `from None` the traceback would show the values.
        raise MisuseError("An encryption context maps text to text; give a dictionary of strings.") from None
    size = _LENGTH_SIZE + sum(2 * _LENGTH_SIZE + len(key) + len(value) for key, value in pairs)
    if size > MAX_CONTEXT:
        raise MisuseError(
            f"This encryption context takes {size} bytes and an envelope holds {MAX_CONTEXT}; shorten its pairs."
        )
    return len(pairs).to_bytes(_LENGTH_SIZE) + b"".join(_counted(text) for pair in pairs for text in pair)


def decode_context(data: bytes) -> dict[str, str]:
    """Undo `encode_context`.

    Raises:
        TamperedError: `data` is not exactly what `encode_context` writes.
    """
    source = BytesIO(data)
    try:
        count = int.from_bytes(_exactly(source, _LENGTH_SIZE))
        pairs = [(_text(source), _text(source)) for _ in range(count)]
        context = dict(pairs)
        # Whatever strays from the one way to write it, in order, repetition or length, does not come out the same.
        if encode_context(context) == data:
            return context
    except (TruncatedError, UnicodeDecodeError):
        pass
    raise TamperedError("The encryption context in this envelope is damaged; get an intact copy of the file.")


def _counted(data: bytes) -> bytes:
    return len(data).to_bytes(_LENGTH_SIZE) + data


def _text(source: BufferedIOBase) -> str:
    return _exactly(source, int.from_bytes(_exactly(source, _LENGTH_SIZE))).decode()


def _field(source: BufferedIOBase, name: str, least: int, most: int) -> bytes:
    size = int.from_bytes(_exactly(source, _LENGTH_SIZE))
    if not least <= size <= most:
        raise TamperedError(
            f"The {name} in this envelope claims {size} bytes, which cannot be; get an intact copy of the file."
        )
    return _exactly(source, size)


def _exactly(source: BufferedIOBase, size: int) -> bytes:
    data = source.read(size)
    if len(data) < size:
        raise TruncatedError("This envelope ends within its header; get a complete copy of the file.")
    return data
