"""The data key: what it becomes, and that nothing of it stays."""

from __future__ import annotations

import base64
import hmac
import traceback

import pytest

from kmslab.envelope import TamperedError, UnusableDataKeyError, decrypt, decrypt_file, encrypt, encrypt_file, keys
from kmslab.envelope.format import Header

SALT = bytes(range(32))


class Seen(bytearray):
    """A bytearray that remembers what it was made with, and that it was made."""

    made: list[Seen]

    def __init__(self, *args) -> None:
        super().__init__(*args)
        self.first = bytes(self)
        self.made.append(self)


@pytest.fixture
def seen(monkeypatch) -> list[Seen]:
    """Every bytearray that `keys` makes from here on: first a data key, then the payload key and the header key."""
    monkeypatch.setattr(Seen, "made", [], raising=False)
    monkeypatch.setattr(keys, "bytearray", Seen, raising=False)
    return Seen.made


def hkdf(data_key: bytes, info: bytes) -> bytes:
    """RFC 5869 by hand, for one block."""
    return hmac.digest(hmac.digest(SALT, data_key, "sha256"), info + b"\x01", "sha256")


def test_both_keys_come_from_the_data_key_by_hkdf(fake_kms) -> None:
    with keys.generate(fake_kms, "alias/app", {}, SALT) as file_keys:
        (data_key,) = fake_kms.data_keys
        assert file_keys.payload == hkdf(data_key, b"kmslab envelope v1 payload")
        header_key = hkdf(data_key, b"kmslab envelope v1 header")
        assert file_keys.mac(b"header") == hmac.digest(header_key, b"header", "sha256")


def test_another_salt_gives_other_keys(fake_kms) -> None:
    blob = fake_kms.wrap(bytes(32), {})
    with keys.recover(fake_kms, blob, {}, SALT) as one, keys.recover(fake_kms, blob, {}, bytes(32)) as other:
        assert one.payload != other.payload
        assert one.mac(b"") != other.mac(b"")


def test_the_data_key_is_zeros_before_the_work_begins_and_the_others_after_it(fake_kms, seen, tmp_path) -> None:
    (tmp_path / "plain").write_bytes(b"attack at dawn")
    during: list[list[bool]] = []

    def look(*_: int) -> None:
        during.append([any(key) for key in seen])

    encrypt_file(fake_kms, "alias/app", tmp_path / "plain", tmp_path / "sealed", progress=look)
    assert seen[0].first == fake_kms.data_keys[0]
    assert during == [[False, True, True]]
    assert seen == [bytes(32)] * 3
    seen.clear()
    during.clear()
    decrypt_file(fake_kms, tmp_path / "sealed", tmp_path / "back", progress=look)
    assert seen[0].first == fake_kms.data_keys[0]
    assert during == [[False, True, True]] * 2
    assert seen == [bytes(32)] * 3


@pytest.mark.parametrize("at", [-40, -1], ids=["header MAC", "segment"])
def test_all_keys_are_zeros_after_a_refusal(fake_kms, envelope, seen, at: int) -> None:
    spoiled = bytearray(envelope)
    # 14 bytes of data and their tag come last.
    spoiled[at] ^= 1
    with pytest.raises(TamperedError):
        decrypt(fake_kms, spoiled)
    assert seen[0].first == fake_kms.data_keys[0]
    assert seen == [bytes(32)] * 3


def test_all_keys_are_zeros_after_an_error_of_the_caller(fake_kms, seen, tmp_path) -> None:
    (tmp_path / "plain").write_bytes(b"attack at dawn")

    def stop(*_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        encrypt_file(fake_kms, "alias/app", tmp_path / "plain", tmp_path / "sealed", progress=stop)
    assert seen[0].first == fake_kms.data_keys[0]
    assert seen == [bytes(32)] * 3


@pytest.mark.parametrize("secret", [b"hello", bytes(31), bytes(33), bytes(64)], ids=len)
def test_what_is_no_data_key_is_refused_and_overwritten(fake_kms, seen, secret: bytes) -> None:
    secret = secret.replace(b"\0", b"s")
    blob = fake_kms.wrap(secret, {})
    with pytest.raises(UnusableDataKeyError, match=rf"^KMS gave a data key of {len(secret)} bytes, encrypted in \d+, "):
        decrypt(fake_kms, Header(SALT, blob, {}).to_bytes() + bytes(32))
    assert seen[0].first == secret
    assert not any(seen[0])


@pytest.mark.parametrize("size", [0, 6145])
def test_an_encrypted_data_key_that_does_not_fit_is_refused(fake_kms, seen, size: int) -> None:
    class Odd:
        def generate_data_key(self, **request):
            return fake_kms.generate_data_key(**request) | {"CiphertextBlob": bytes(size)}

    with pytest.raises(UnusableDataKeyError, match=rf"^KMS gave a data key of 32 bytes, encrypted in {size}, where"):
        encrypt(Odd(), "alias/app", b"")
    assert seen == [bytes(32)]


def test_the_reply_of_the_client_is_left_without_the_data_key(fake_kms) -> None:
    replies = []

    class Remembering:
        def generate_data_key(self, **request):
            replies.append(fake_kms.generate_data_key(**request))
            return replies[-1]

    encrypt(Remembering(), "alias/app", b"")
    assert sorted(replies[0]) == ["CiphertextBlob", "KeyId"]


def test_no_text_shows_a_key_or_the_plaintext(fake_kms, context, tmp_path) -> None:
    plaintext = b"the plaintext that nobody shall read"
    (tmp_path / "plain").write_bytes(plaintext)
    texts = [repr(encrypt_file(fake_kms, "alias/app", tmp_path / "plain", tmp_path / "sealed", context))]
    texts.append(repr(decrypt_file(fake_kms, tmp_path / "sealed", tmp_path / "back", context)))
    sealed = (tmp_path / "sealed").read_bytes()
    errors = 0
    for spoiled in [sealed[:-1], sealed[:-60], sealed[:7], sealed[:-1] + b"?", sealed[:9] + b"?" + sealed[10:]]:
        try:
            decrypt(fake_kms, spoiled)
        except Exception as error:
            errors += 1
            texts += [str(error), repr(error), *traceback.format_exception(error)]
    assert errors == 5
    with keys.generate(fake_kms, "alias/app", context, SALT) as file_keys:
        texts += [str(file_keys), repr(file_keys)]
        secrets = [plaintext, *fake_kms.data_keys, bytes(file_keys.payload)]
        secrets.append(hkdf(fake_kms.data_keys[-1], b"kmslab envelope v1 header"))
    shown = "\n".join(texts)
    assert fake_kms.key_arn in shown
    for secret in secrets:
        for form in (repr(secret)[2:-1], secret.hex(), base64.b64encode(secret).decode()):
            assert form not in shown
