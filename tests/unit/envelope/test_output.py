"""Files appear whole or not at all, whatever happens, and replace nothing that they should not."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from kmslab.envelope import (
    ContextMismatchError,
    MisuseError,
    NotAnEnvelopeError,
    TamperedError,
    TruncatedError,
    decrypt_file,
    encrypt_file,
)
from kmslab.envelope.segments import SEGMENT_SIZE

#: 76 bytes in any case, 60 of the encrypted data key that the fake KMS makes, 33 of the context.
HEADER_SIZE = 76 + 60 + 33

OLD = b"what was there before"


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """A file to replace, alone in its folder."""
    folder = tmp_path / "target"
    folder.mkdir()
    path = folder / "dst"
    path.write_bytes(OLD)
    return path


def assert_untouched(target: Path) -> None:
    assert target.read_bytes() == OLD
    assert os.listdir(target.parent) == [target.name], "a temporary file was left behind"


SPOILED = {
    "not an envelope": (lambda data: b"hello, world", NotAnEnvelopeError),
    "empty": (lambda data: b"", NotAnEnvelopeError),
    "only a header": (lambda data: data[:HEADER_SIZE], TruncatedError),
    "cut at a border": (lambda data: data[: HEADER_SIZE + SEGMENT_SIZE + 16], TruncatedError),
    "last byte changed": (lambda data: data[:-1] + bytes((data[-1] ^ 1,)), TamperedError),
    "a byte appended": (lambda data: data + b"\0", TamperedError),
}


@pytest.mark.parametrize(("spoil", "error"), SPOILED.values(), ids=SPOILED.keys())
def test_a_refused_file_leaves_nothing_behind(fake_kms, sealed: Path, target: Path, spoil, error) -> None:
    sealed.write_bytes(spoil(sealed.read_bytes()))
    with pytest.raises(error):
        decrypt_file(fake_kms, sealed, target)
    assert_untouched(target)
    target.unlink()
    with pytest.raises(error):
        decrypt_file(fake_kms, sealed, target)
    assert os.listdir(target.parent) == []


def test_a_refused_context_leaves_nothing_behind(fake_kms, sealed: Path, target: Path) -> None:
    with pytest.raises(ContextMismatchError):
        decrypt_file(fake_kms, sealed, target, {})
    assert fake_kms.requests == []
    assert_untouched(target)


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_an_error_of_the_system_leaves_nothing_behind(
    fake_kms, sealed: Path, plain: Path, target: Path, monkeypatch, call: str
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, call, full)
    with pytest.raises(OSError, match="No space left"):
        encrypt_file(fake_kms, "alias/app", plain, target)
    assert_untouched(target)
    with pytest.raises(OSError, match="No space left"):
        decrypt_file(fake_kms, sealed, target)
    assert_untouched(target)


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_an_interruption_leaves_nothing_behind(fake_kms, sealed: Path, target: Path, error) -> None:
    def stop(done: int, total: int) -> None:
        if done > SEGMENT_SIZE:
            raise error

    with pytest.raises(error):
        decrypt_file(fake_kms, sealed, target, progress=stop)
    assert_untouched(target)


def test_only_the_owner_may_read_what_is_written(fake_kms, sealed: Path, plain: Path, target: Path) -> None:
    target.chmod(0o644)
    seen: set[tuple[str, int, bytes]] = set()

    def look(done: int, total: int) -> None:
        for path in target.parent.iterdir():
            if path != target:
                seen.add((path.suffix, stat.S_IMODE(path.stat().st_mode), target.read_bytes()))

    for work in (
        lambda: encrypt_file(fake_kms, "alias/app", plain, target, progress=look),
        lambda: decrypt_file(fake_kms, sealed, target, progress=look),
    ):
        target.write_bytes(OLD)
        seen.clear()
        work()
        assert seen == {(".tmp", 0o600, OLD)}
        assert os.listdir(target.parent) == ["dst"]
        assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert target.read_bytes() == plain.read_bytes()


def test_a_link_is_replaced_not_followed(fake_kms, plain: Path, target: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(target)
    encrypt_file(fake_kms, "alias/app", plain, link)
    assert not link.is_symlink()
    assert_untouched(target)


@pytest.mark.parametrize("alias", ["same", "link", "hard link"])
def test_a_file_cannot_be_encrypted_onto_itself(fake_kms, plain: Path, alias: str) -> None:
    before = plain.read_bytes()
    dst = plain
    if alias == "link":
        dst = plain.with_name("link")
        dst.symlink_to(plain)
    elif alias == "hard link":
        dst = plain.with_name("link")
        dst.hardlink_to(plain)
    for work in (
        lambda: encrypt_file(fake_kms, "alias/app", plain, dst),
        lambda: decrypt_file(fake_kms, plain, dst),
    ):
        with pytest.raises(MisuseError, match=r"plain' cannot be both read and replaced; name another file to write\."):
            work()
    assert plain.read_bytes() == before
    assert fake_kms.requests == []


@pytest.mark.parametrize("where", ["folder", "pipe"])
def test_only_an_ordinary_file_is_replaced(fake_kms, plain: Path, tmp_path: Path, where: str) -> None:
    dst = tmp_path / "dst"
    dst.mkdir() if where == "folder" else os.mkfifo(dst)
    before = dst.stat().st_mode
    with pytest.raises(MisuseError, match="is a folder or a special file; name the file that shall be written"):
        encrypt_file(fake_kms, "alias/app", plain, dst)
    assert fake_kms.requests == []
    assert dst.stat().st_mode == before


def test_a_file_that_is_missing_costs_no_request(fake_kms, plain: Path, target: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        encrypt_file(fake_kms, "alias/app", tmp_path / "nowhere", target)
    assert_untouched(target)
    with pytest.raises(FileNotFoundError, match="no folder'"):
        encrypt_file(fake_kms, "alias/app", plain, tmp_path / "no folder" / "dst")
    assert fake_kms.requests == []


def test_an_error_of_kms_comes_through_as_it_is(fake_kms, target: Path, plain: Path) -> None:
    refusal = fake_kms.RefusalError("AccessDeniedException")

    class Refusing:
        def generate_data_key(self, **_):
            raise refusal

    with pytest.raises(fake_kms.RefusalError) as caught:
        encrypt_file(Refusing(), "alias/app", plain, target)
    assert caught.value is refusal
    assert_untouched(target)
