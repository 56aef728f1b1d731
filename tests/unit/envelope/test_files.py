"""The four functions: round trips, one request each, and no byte that can change."""

from __future__ import annotations

import os
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kmslab.envelope import (
    ContextMismatchError,
    EnvelopeError,
    MisuseError,
    NotAnEnvelopeError,
    Receipt,
    TamperedError,
    decrypt,
    decrypt_file,
    encrypt,
    encrypt_file,
)
from kmslab.envelope.segments import SEGMENT_SIZE

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
#: 76 bytes in any case, 60 of the encrypted data key that the fake KMS makes, 33 of the context.
HEADER_SIZE = 76 + 60 + 33


# --- round trips ---


@pytest.mark.parametrize("size", [0, 1, SEGMENT_SIZE - 1, SEGMENT_SIZE, SEGMENT_SIZE + 1, 3 * SEGMENT_SIZE])
def test_a_file_of_any_size_comes_back(fake_kms, tmp_path: Path, size: int, context) -> None:
    data = os.urandom(size)
    (tmp_path / "plain").write_bytes(data)
    made = encrypt_file(fake_kms, "alias/app", tmp_path / "plain", tmp_path / "sealed", context)
    read = decrypt_file(fake_kms, tmp_path / "sealed", tmp_path / "back", context)
    assert (tmp_path / "back").read_bytes() == data
    segments = max(1, -(-size // SEGMENT_SIZE))
    file_bytes = (tmp_path / "sealed").stat().st_size
    assert made == read == Receipt(fake_kms.key_arn, size, file_bytes, segments)
    assert file_bytes == HEADER_SIZE + size + 16 * segments


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.binary(max_size=200), context=st.none() | st.dictionaries(TEXT, TEXT, max_size=4))
def test_data_comes_back_under_any_context(fake_kms, data: bytes, context: dict[str, str] | None) -> None:
    sealed = encrypt(fake_kms, "alias/app", data, context)
    assert decrypt(fake_kms, sealed, context) == data
    assert decrypt(fake_kms, sealed) == data


def test_files_and_data_have_one_format(fake_kms, tmp_path: Path, sealed: Path, plain: Path) -> None:
    assert decrypt(fake_kms, sealed.read_bytes()) == plain.read_bytes()
    (tmp_path / "other").write_bytes(encrypt(fake_kms, "alias/app", b"data"))
    decrypt_file(fake_kms, tmp_path / "other", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == b"data"


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_data_may_be_any_kind_of_bytes(fake_kms, kind) -> None:
    sealed = encrypt(fake_kms, "alias/app", kind(b"data"))
    assert decrypt(fake_kms, kind(sealed)) == b"data"


def test_text_is_not_data(fake_kms) -> None:
    with pytest.raises(TypeError, match="bytes-like"):
        encrypt(fake_kms, "alias/app", "text")
    assert fake_kms.requests == []


def test_paths_may_be_text(fake_kms, tmp_path: Path, plain: Path) -> None:
    encrypt_file(fake_kms, "alias/app", str(plain), str(tmp_path / "sealed"))
    decrypt_file(fake_kms, str(tmp_path / "sealed"), str(tmp_path / "back"))
    assert (tmp_path / "back").read_bytes() == plain.read_bytes()


def test_the_same_data_never_looks_the_same_twice(fake_kms) -> None:
    one, other = (encrypt(fake_kms, "alias/app", bytes(100)) for _ in range(2))
    assert one[8:40] != other[8:40]
    assert one[-116:] != other[-116:]


# --- the requests ---


def test_one_request_each_way_under_the_context(fake_kms, context) -> None:
    sealed = encrypt(fake_kms, "alias/app", b"data", context)
    blob = sealed[42:102]
    decrypt(fake_kms, sealed)
    assert fake_kms.requests == [
        ("GenerateDataKey", {"KeyId": "alias/app", "KeySpec": "AES_256", "EncryptionContext": context}),
        ("Decrypt", {"CiphertextBlob": blob, "EncryptionContext": context}),
    ]


@pytest.mark.parametrize("context", [None, {}])
def test_an_empty_context_is_not_sent(fake_kms, context) -> None:
    decrypt(fake_kms, encrypt(fake_kms, "alias/app", b"data", context), context)
    assert [sorted(request) for _, request in fake_kms.requests] == [["KeyId", "KeySpec"], ["CiphertextBlob"]]


@pytest.mark.parametrize(
    "other", [{}, {"tenant": "blue"}, {"tenant": "red", "purpose": "backup"}, {"a": "1"}], ids=repr
)
def test_another_context_is_refused_before_kms_is_asked(fake_kms, envelope: bytes, other) -> None:
    with pytest.raises(
        ContextMismatchError,
        match=r"^The encryption context is not the one in this envelope; give the pairs it was encrypted with, or None",
    ):
        decrypt(fake_kms, envelope, other)
    assert fake_kms.requests == []


def test_the_order_of_the_context_does_not_matter(fake_kms, envelope: bytes, context) -> None:
    assert decrypt(fake_kms, envelope, dict(reversed(context.items()))) == b"attack at dawn"


def test_a_context_that_cannot_be_stored_is_refused_before_kms_is_asked(fake_kms, envelope: bytes) -> None:
    with pytest.raises(MisuseError, match="maps text to text"):
        encrypt(fake_kms, "alias/app", b"", {"a": 1})
    with pytest.raises(MisuseError, match="takes 9007 bytes and an envelope holds 8192"):
        encrypt(fake_kms, "alias/app", b"", {"a": "1" * 9000})
    with pytest.raises(MisuseError, match="maps text to text"):
        decrypt(fake_kms, envelope, {"a": 1})
    assert fake_kms.requests == []


# --- what is refused ---


@pytest.mark.parametrize("mask", [0x01, 0x80, 0xFF], ids=hex)
def test_no_byte_of_an_envelope_can_change(fake_kms, envelope: bytes, mask: int) -> None:
    for at in range(len(envelope)):
        spoiled = bytearray(envelope)
        spoiled[at] ^= mask
        with pytest.raises((EnvelopeError, fake_kms.RefusalError)):
            decrypt(fake_kms, spoiled)


def test_no_end_of_an_envelope_can_be_cut_off(fake_kms, envelope: bytes) -> None:
    for size in range(len(envelope)):
        with pytest.raises(TamperedError if size >= 7 else NotAnEnvelopeError):
            decrypt(fake_kms, envelope[:size])


def test_nothing_can_be_put_before_or_after(fake_kms, envelope: bytes) -> None:
    for after in (b"\0", bytes(16), envelope):
        with pytest.raises(TamperedError, match=r"^Segment 0 of this envelope was changed"):
            decrypt(fake_kms, envelope + after)
    with pytest.raises(NotAnEnvelopeError):
        decrypt(fake_kms, b"\0" + envelope)


def test_segments_of_two_files_do_not_mix_even_under_one_data_key(fake_kms) -> None:
    class OneDataKey:
        """Gives the same data key for every file, as a cache of data keys does."""

        reply = fake_kms.generate_data_key(KeyId="alias/app")
        decrypt = fake_kms.decrypt

        def generate_data_key(self, **_):
            return dict(self.reply)

    kms = OneDataKey()
    one, other = (encrypt(kms, "alias/app", letter * (SEGMENT_SIZE + 10)) for letter in (b"1", b"2"))
    head = 76 + 60 + 2
    assert one[42:102] == other[42:102]
    assert len(one) == head + SEGMENT_SIZE + 10 + 32
    border = head + SEGMENT_SIZE + 16
    with pytest.raises(TamperedError, match=r"^Segment 1 "):
        decrypt(kms, one[:border] + other[border:])
    with pytest.raises(TamperedError, match=r"^Segment 0 "):
        decrypt(kms, other[:head] + one[head:])


def test_a_header_of_another_file_does_not_fit(fake_kms, envelope: bytes, context) -> None:
    other = encrypt(fake_kms, "alias/app", b"attack at dusk", context)
    with pytest.raises(TamperedError, match=r"^Segment 0 "):
        decrypt(fake_kms, other[:-30] + envelope[-30:])
    with pytest.raises(TamperedError, match=r"^The header of this envelope was changed or damaged; get an intact"):
        decrypt(fake_kms, other[:8] + envelope[8:40] + other[40:])


# --- memory ---


def test_memory_does_not_grow_with_the_file(fake_kms, tmp_path: Path) -> None:
    peaks = []
    for mib in (16, 64):
        with open(tmp_path / "plain", "wb") as sparse:
            sparse.truncate(mib * 1024 * 1024)
        tracemalloc.start()
        try:
            encrypt_file(fake_kms, "alias/app", tmp_path / "plain", tmp_path / "sealed")
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.reset_peak()
            receipt = decrypt_file(fake_kms, tmp_path / "sealed", tmp_path / "back")
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
        assert receipt.plaintext_bytes == mib * 1024 * 1024
    assert max(peaks) < 8 * 1024 * 1024, f"peaks of {peaks} bytes"
    assert max(peaks) - min(peaks) < 128 * 1024, f"peaks of {peaks} bytes"
