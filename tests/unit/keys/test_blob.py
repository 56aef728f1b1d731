"""The ciphertext blob: its sizes, its head, there and back, and noise."""

from __future__ import annotations

import base64

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kmslab.keys import blob
from kmslab.keys.blob import Blob, MalformedBlobError

MATERIAL = "ab" * 32
NONCE = bytes(range(16))

# Plaintext bytes and the blob's bytes: published sample blobs, and the formula that reproduces them.
SIZES = [(7, 159), (16, 168), (20, 172), (32, 184), (64, 220), (108, 265), (1024, 1186), (4096, 4258)]


def make(plaintext: int, operation: str = "Encrypt") -> bytes:
    head = blob.header(MATERIAL, NONCE, plaintext, operation=operation)
    return Blob(head, b"n" * 12, b"s" * (plaintext + 16)).to_bytes()


@pytest.mark.parametrize(("plaintext", "size"), SIZES)
def test_sizes(plaintext: int, size: int) -> None:
    assert len(make(plaintext)) == size


def test_small_blobs_are_152_bytes_longer_than_what_is_in_them() -> None:
    assert {len(make(size)) - size for size in range(36)} == {152}


def test_the_head() -> None:
    made = make(5)
    assert made[:5].hex() == "0102020078"
    assert made[5:37].hex() == MATERIAL
    assert made[37] == 1
    assert made[38:54] == NONCE
    assert int.from_bytes(made[54:58]) == len(made) - 58
    assert base64.b64encode(made).startswith(b"AQICAH")
    assert base64.b64encode(make(5, "GenerateDataKey")).startswith(b"AQIDAH")


def test_the_body_is_cms_encrypted_data() -> None:
    """Read with nothing but the rules of DER: SEQUENCE of lengths that add up, and the object identifiers in it."""
    body = make(300)[58:]

    def element(data: bytes) -> tuple[int, bytes, bytes]:
        tag, length, at = data[0], data[1], 2
        if length & 0x80:
            at += length & 0x7F
            length = int.from_bytes(data[2:at])
            assert length >= 0x80, "the shortest form is used"
        return tag, data[at : at + length], data[at + length :]

    tag, content_info, rest = element(body)
    assert (tag, rest) == (0x30, b"")
    tag, oid, rest = element(content_info)
    assert (tag, oid.hex()) == (0x06, "2a864886f70d010706")  # encryptedData
    tag, explicit, rest = element(rest)
    assert (tag, rest) == (0xA0, b"")
    tag, encrypted_data, rest = element(explicit)
    assert (tag, rest) == (0x30, b"")
    tag, version, rest = element(encrypted_data)
    assert (tag, version) == (0x02, b"\0")
    tag, info, rest = element(rest)
    assert (tag, rest) == (0x30, b"")
    tag, oid, rest = element(info)
    assert (tag, oid.hex()) == (0x06, "2a864886f70d010701")  # data
    tag, algorithm, rest = element(rest)
    tag, content, rest = element(rest)
    assert (tag, len(content), rest) == (0x80, 300 + 27, b"")
    tag, oid, rest = element(algorithm)
    assert oid.hex() == "60864801650304012e"  # aes256-GCM
    tag, parameters, rest = element(rest)
    tag, nonce, rest = element(parameters)
    assert (tag, nonce) == (0x04, b"n" * 12)
    assert element(rest) == (0x02, b"\x10", b"")


@given(
    st.binary(min_size=32, max_size=32),
    st.binary(min_size=16, max_size=16),
    st.binary(min_size=12, max_size=12),
    st.binary(min_size=16, max_size=400),
    st.sampled_from(["Encrypt", "GenerateDataKey"]),
)
def test_there_and_back(material: bytes, derivation: bytes, nonce: bytes, sealed: bytes, operation: str) -> None:
    head = blob.header(material.hex(), derivation, len(sealed) - 16, operation=operation)
    made = Blob(head, nonce, sealed)
    read = blob.parse(made.to_bytes())
    assert read == made
    assert read.material_id == material.hex()
    assert read.derivation_nonce == derivation


@pytest.mark.parametrize("size", [0, 1, 76, 77, 78, 127, 128, 200, 255, 256, 4096, 65535, 65536])
def test_there_and_back_where_lengths_change_form(size: int) -> None:
    made = make(size)
    assert len(blob.parse(made).sealed) == size + 16


@given(st.binary(max_size=400))
@example(b"")
@example(bytes.fromhex("0102020078"))
@example(make(1)[:58])
@example(make(1)[:54] + b"\0\0\0\0")
@example(make(1)[:54] + b"\xff\xff\xff\xff")
@example(make(1)[:54] + (10).to_bytes(4) + b"x" * 10)
@example(make(1)[:54] + (300).to_bytes(4) + b"x" * 300)
@example(b"\x01" * 184)
def test_noise_is_malformed_and_nothing_else(data: bytes) -> None:
    with pytest.raises(MalformedBlobError):
        blob.parse(data)


@given(st.integers(0, 8 * 159 - 1))
def test_a_damaged_frame_is_noticed_before_any_key_is_used(position: int) -> None:
    """What is neither of the nonces nor sealed is fixed; the derivation nonce is under the checksum."""
    made = make(7)
    damaged = bytearray(made)
    damaged[position // 8] ^= 1 << position % 8
    nonce = made.index(b"n" * 12)
    if nonce <= position // 8 < nonce + 12 or position // 8 >= len(made) - 7 - 16:
        assert blob.parse(bytes(damaged)).to_bytes() == bytes(damaged)
    else:
        with pytest.raises(MalformedBlobError):
            blob.parse(bytes(damaged))


@given(st.integers(0, 158))
def test_a_shortened_blob_is_malformed(length: int) -> None:
    with pytest.raises(MalformedBlobError):
        blob.parse(make(7)[:length])


def test_a_longer_blob_is_malformed() -> None:
    with pytest.raises(MalformedBlobError):
        blob.parse(make(7) + b"\0")


def test_lengths_that_no_blob_has() -> None:
    """DER of nearly every length belongs to some plaintext; not so where a length field gets one byte longer."""
    fitting = {len(make(size)) - 58 for size in range(400)}
    missing = sorted(set(range(min(fitting), max(fitting))) - fitting)
    assert missing, "there are such lengths"
    for size in missing:
        head = make(7)[:54] + size.to_bytes(4)
        with pytest.raises(MalformedBlobError):
            blob.parse(head + b"x" * size)
