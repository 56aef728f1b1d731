"""The header: its bytes, the one way to write it, and bounds on everything it claims."""

from __future__ import annotations

import tracemalloc
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kmslab.envelope import EnvelopeError, MisuseError, NotAnEnvelopeError, TamperedError, TruncatedError, decrypt
from kmslab.envelope.errors import UnknownVersionError
from kmslab.envelope.format import Header, decode_context, encode_context, read_header

SALT = bytes(range(32))
MAC = bytes(32)
START = b"\x8bkmsenv\x01" + SALT
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


def u16(number: int) -> bytes:
    return number.to_bytes(2)


def pair(key: bytes, value: bytes) -> bytes:
    return u16(len(key)) + key + u16(len(value)) + value


def field(data: bytes) -> bytes:
    return u16(len(data)) + data


def test_the_header_is_the_documented_bytes() -> None:
    header = Header(SALT, b"blob", {"b": "2", "a": "é"})
    context = bytes.fromhex("0002 0001 61 0002 c3a9 0001 62 0001 32")
    assert header.to_bytes() == START + bytes.fromhex("0004") + b"blob" + u16(len(context)) + context
    assert read_header(BytesIO(header.to_bytes() + MAC + b"segments")) == (header, MAC)


def test_reading_stops_where_the_segments_begin() -> None:
    source = BytesIO(Header(SALT, b"blob", {}).to_bytes() + MAC + b"segments")
    read_header(source)
    assert source.read() == b"segments"


@settings(deadline=None)
@given(blob=st.binary(min_size=1, max_size=300), context=st.dictionaries(TEXT, TEXT, max_size=5))
def test_a_header_reads_as_it_was_written(blob: bytes, context: dict[str, str]) -> None:
    written = Header(SALT, blob, context).to_bytes()
    header, _ = read_header(BytesIO(written + MAC))
    assert header == Header(SALT, blob, context)
    assert header.to_bytes() == written


def test_the_order_of_the_pairs_does_not_matter() -> None:
    assert encode_context({"b": "2", "a": "1"}) == encode_context({"a": "1", "b": "2"})


def test_the_order_is_that_of_utf_8_not_of_utf_16() -> None:
    # U+1F511 comes after U+FF5E in UTF-8 and before it in UTF-16.
    encoded = encode_context({"\U0001f511": "", "\uff5e": ""})
    assert encoded.index("\uff5e".encode()) < encoded.index("\U0001f511".encode())


def test_where_a_key_ends_is_part_of_the_encoding() -> None:
    assert encode_context({"ab": "c"}) != encode_context({"a": "bc"})


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_there_is_one_way_to_write_a_context(data: bytes) -> None:
    try:
        context = decode_context(data)
    except TamperedError:
        return
    assert encode_context(context) == data


NOT_CANONICAL = {
    "descending keys": u16(2) + pair(b"b", b"") + pair(b"a", b""),
    "the same key twice": u16(2) + pair(b"a", b"1") + pair(b"a", b"2"),
    "the same pair twice": u16(2) + pair(b"a", b"1") * 2,
    "bytes after the last pair": u16(1) + pair(b"a", b"1") + b"\0",
    "fewer pairs than said": u16(2) + pair(b"a", b"1"),
    "65535 pairs": u16(65535),
    "a key longer than the field": u16(1) + u16(65535) + b"a",
    "a value longer than the field": u16(1) + field(b"a") + u16(65535) + b"1",
    "not UTF-8": u16(1) + pair(b"\xff", b""),
    "overlong UTF-8": u16(1) + pair(b"\xc0\x80", b""),
    "a surrogate": u16(1) + pair(b"\xed\xa0\x80", b""),
}


@pytest.mark.parametrize("data", NOT_CANONICAL.values(), ids=NOT_CANONICAL.keys())
def test_a_context_that_is_not_canonical_is_refused(data: bytes) -> None:
    with pytest.raises(TamperedError, match=r"^The encryption context in this envelope is damaged; get an intact"):
        decode_context(data)


BLOB = field(b"blob")
HOSTILE = {
    "no encrypted data key": (START + u16(0), TamperedError, "encrypted data key in this envelope claims 0 bytes"),
    "a long encrypted data key": (START + u16(6145), TamperedError, "claims 6145 bytes"),
    "the longest encrypted data key": (START + u16(65535), TamperedError, "claims 65535 bytes"),
    "no count of pairs": (START + BLOB + u16(1), TamperedError, "encryption context in this envelope claims 1 bytes"),
    "a long context": (START + BLOB + u16(8193), TamperedError, "claims 8193 bytes"),
    "the longest context": (START + BLOB + u16(65535), TamperedError, "claims 65535 bytes"),
    "version 0": (b"\x8bkmsenv\0" + SALT, UnknownVersionError, "has format version 0 and this kmslab reads version 1"),
    "version 2": (b"\x8bkmsenv\x02" + SALT, UnknownVersionError, "has format version 2 .* or with a newer one"),
    "version 255": (b"\x8bkmsenv\xff" + SALT, UnknownVersionError, "has format version 255"),
}


@pytest.mark.parametrize(("data", "error", "says"), HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_header_is_refused_before_it_costs_anything(
    data: bytes, error: type[EnvelopeError], says: str, fake_kms
) -> None:
    data += bytes(10 * 1024 * 1024)
    tracemalloc.start()
    try:
        with pytest.raises(error, match=says):
            decrypt(fake_kms, data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert fake_kms.requests == []
    assert peak < 64 * 1024, f"refusing a header took {peak} bytes of memory"


def test_the_longest_fields_are_taken() -> None:
    header = Header(SALT, bytes(6144), {"k": "v" * (8192 - 7)})
    assert read_header(BytesIO(header.to_bytes() + MAC)) == (header, MAC)
    assert len(header.to_bytes() + MAC) == 14_412


@pytest.mark.parametrize(
    "data",
    [b"", b"\x8b", b"\x8bkmsen", b"hello, world", b"\x1f\x8b\x08\0", b"\x8bKMSENV\x01" + bytes(500)],
    ids=["empty", "1 byte", "6 bytes", "text", "gzip", "other magic"],
)
def test_what_never_was_an_envelope_is_called_so(data: bytes, fake_kms) -> None:
    with pytest.raises(NotAnEnvelopeError, match=r"^These bytes are not an envelope; give a file that encrypt_file"):
        decrypt(fake_kms, data)
    assert fake_kms.requests == []


def test_a_header_that_ends_early_is_called_so() -> None:
    whole = Header(SALT, b"blob", {"a": "1"}).to_bytes() + MAC
    for size in range(7, len(whole)):
        with pytest.raises(TruncatedError, match="ends within its header; get a complete copy"):
            read_header(BytesIO(whole[:size]))


@pytest.mark.parametrize(
    "context", [{"a": 1}, {1: "a"}, {"a": b"b"}, {"a": None}, ["a"], "a", {"a": "\ud800"}], ids=repr
)
def test_a_context_must_map_text_to_text(context, fake_kms) -> None:
    with pytest.raises(MisuseError, match=r"^An encryption context maps text to text; give a dictionary of strings\.$"):
        encode_context(context)


def test_a_context_must_not_be_too_long() -> None:
    with pytest.raises(MisuseError, match=r"^This encryption context takes 8193 bytes and an envelope holds 8192; sho"):
        encode_context({"k": "v" * (8193 - 7)})
