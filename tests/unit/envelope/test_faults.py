"""Interrupted at any line, a disk that is full, a source that changes: nothing is left that is not whole."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from kmslab import envelope
from kmslab.envelope import TamperedError, decrypt, decrypt_file, encrypt_file
from kmslab.envelope.behind import PIECES, ROOMS
from kmslab.envelope.segments import SEGMENT_SIZE

OLD = b"what was there before"
#: Enough for the second thread to have work for some time.
LONG = (ROOMS + 2) * PIECES * SEGMENT_SIZE + 3

Work = Callable[[], object]


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """A file to replace, alone in its folder."""
    (tmp_path / "target").mkdir()
    path = tmp_path / "target" / "dst"
    path.write_bytes(OLD)
    return path


@pytest.fixture
def long(fake_kms: Any, tmp_path: Path) -> tuple[Path, Path]:
    """A file that is long enough for two threads, and its envelope."""
    plain, sealed = tmp_path / "long", tmp_path / "long sealed"
    plain.write_bytes(os.urandom(LONG))
    encrypt_file(fake_kms, "alias/app", plain, sealed)
    return plain, sealed


def works(kms: Any, plain: Path, sealed: Path, target: Path) -> dict[str, Work]:
    return {
        "encrypt": lambda: encrypt_file(kms, "alias/app", plain, target),
        "decrypt": lambda: decrypt_file(kms, sealed, target),
    }


def assert_untouched(target: Path) -> None:
    assert target.read_bytes() == OLD
    assert os.listdir(target.parent) == [target.name], "a temporary file was left behind"


# --- interrupted ---


class Interruption:
    """Raises KeyboardInterrupt before the line with a number, of those that run in the package and in contextlib."""

    def __init__(self, at: int) -> None:
        self._left = at
        self.happened = False

    def __enter__(self) -> Interruption:
        self._before = sys.gettrace()
        sys.settrace(self._call)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(self._before)

    def _call(self, frame: FrameType, *_: object) -> Any:
        name = frame.f_code.co_filename
        return self._line if name.startswith(str(envelope.__path__[0])) or name.endswith("contextlib.py") else None

    def _line(self, _: FrameType, event: str, __: object) -> Any:
        if event == "line":
            self._left -= 1
            if self._left == -1:
                self.happened = True
                raise KeyboardInterrupt
        return self._line


# Between opening a file and the block that closes it, closing is left to Python, which warns.
@pytest.mark.filterwarnings("ignore:unclosed file", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("what", ["encrypt", "decrypt"])
def test_an_interruption_at_any_line_leaves_the_old_file_or_the_whole_new_one(
    fake_kms: Any, plain: Path, sealed: Path, target: Path, what: str
) -> None:
    work = works(fake_kms, plain, sealed, target)[what]
    at, replaced = 0, 0
    while True:
        target.write_bytes(OLD)
        try:
            with Interruption(at) as interruption:
                work()
            assert not interruption.happened, f"line {at}: the interruption was lost"
            break
        except KeyboardInterrupt:
            pass
        assert os.listdir(target.parent) == [target.name], f"line {at}: a temporary file was left behind"
        if (found := target.read_bytes()) != OLD:
            # Too late: only the way out of the functions was interrupted.
            replaced += 1
            assert (decrypt(fake_kms, found) if what == "encrypt" else found) == plain.read_bytes()
        at += 1
    assert at > 150
    assert replaced < 5


@pytest.mark.parametrize("what", ["encrypt", "decrypt"])
def test_an_interruption_while_two_threads_work_leaves_the_old_file(
    fake_kms: Any, long: tuple[Path, Path], target: Path, what: str
) -> None:
    work = works(fake_kms, *long, target)[what]
    for at in range(200, 440, 24):
        with pytest.raises(KeyboardInterrupt), Interruption(at):
            work()
        assert_untouched(target)
    assert not [thread for thread in threading.enumerate() if thread.name == "kmslab-envelope"]


INTERRUPTED = """
import signal, sys
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from kmslab.envelope import encrypt_file

class Kms:
    def generate_data_key(self, **_):
        return {"Plaintext": bytes(32), "CiphertextBlob": b"blob", "KeyId": "arn"}

signal.signal(signal.SIGINT, signal.default_int_handler)  # it may have been started where Ctrl-C is ignored
signal.alarm(20)
encrypt_file(Kms(), "alias/app", *sys.argv[1:])
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "kill -9"])
def test_a_signal_while_it_works(target: Path, tmp_path: Path, number: signal.Signals) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    command = [sys.executable, "-c", INTERRUPTED, str(pipe), str(target)]
    with (
        subprocess.Popen(command, stderr=subprocess.PIPE) as process,  # noqa: S603
        open(pipe, "wb", buffering=0) as source,
    ):
        source.write(bytes(LONG))
        # More than a pipe holds was taken: it works.
        process.send_signal(number)
        with suppress(BrokenPipeError):
            while True:
                source.write(bytes(SEGMENT_SIZE))
        assert process.stderr is not None
        said = process.stderr.read()
        assert process.wait() == -number
    assert target.read_bytes() == OLD
    left = sorted(path.name for path in target.parent.iterdir() if path != target)
    if number == signal.SIGINT:
        assert said.endswith(b"KeyboardInterrupt\n")
        assert left == []
    else:
        (name,) = left
        assert name.startswith(".kmslab-")
        assert (target.parent / name).stat().st_mode & 0o777 == 0o600


# --- a disk that is full ---


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """The system refuses a file to grow beyond a size, after it has taken what fits, as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("what", ["encrypt", "decrypt"])
@pytest.mark.parametrize(
    "size", [0, 100, 300_000, PIECES * SEGMENT_SIZE, LONG - 2 * SEGMENT_SIZE, LONG - 1], ids="{:,}".format
)
def test_a_full_disk_leaves_the_old_file(
    fake_kms: Any, long: tuple[Path, Path], target: Path, what: str, size: int
) -> None:
    with pytest.raises(OSError, match="File too large"), room_for(size):
        works(fake_kms, *long, target)[what]()
    assert_untouched(target)
    assert not [thread for thread in threading.enumerate() if thread.name == "kmslab-envelope"]


def test_a_full_disk_refuses_a_short_file_too(fake_kms: Any, tmp_path: Path, target: Path) -> None:
    (tmp_path / "short").write_bytes(b"data")
    with pytest.raises(OSError, match="File too large"), room_for(20):
        encrypt_file(fake_kms, "alias/app", tmp_path / "short", target)
    assert_untouched(target)


# --- a source that changes ---


def test_a_source_that_is_cut_or_grows_while_it_is_encrypted_makes_an_envelope_of_what_was_read(
    fake_kms: Any, long: tuple[Path, Path], target: Path
) -> None:
    plain, _ = long
    data = plain.read_bytes()

    def change(size: int) -> Callable[[int, int], None]:
        return lambda done, total: os.truncate(plain, size) if done == SEGMENT_SIZE else None

    receipt = encrypt_file(fake_kms, "alias/app", plain, target, progress=change(LONG + 1000))
    assert decrypt(fake_kms, target.read_bytes()) == data + bytes(1000)
    assert receipt.plaintext_bytes == LONG + 1000
    receipt = encrypt_file(fake_kms, "alias/app", plain, target, progress=change(10))
    assert data.startswith(decrypt(fake_kms, target.read_bytes()))
    assert receipt.plaintext_bytes < LONG


@pytest.mark.parametrize("change", [-LONG, -1, 1])
def test_an_envelope_that_is_cut_or_grows_while_it_is_decrypted_is_refused(
    fake_kms: Any, long: tuple[Path, Path], target: Path, change: int
) -> None:
    _, sealed = long
    size = sealed.stat().st_size

    def spoil(done: int, total: int) -> None:
        if SEGMENT_SIZE < done <= 2 * SEGMENT_SIZE:
            os.truncate(sealed, size + change)

    with pytest.raises(TamperedError):
        decrypt_file(fake_kms, sealed, target, progress=spoil)
    assert_untouched(target)


# --- what is there already ---


def test_a_file_that_may_only_be_read_is_replaced_because_its_folder_may_be_written(
    fake_kms: Any, plain: Path, target: Path
) -> None:
    target.chmod(0o400)
    encrypt_file(fake_kms, "alias/app", plain, target)
    assert decrypt(fake_kms, target.read_bytes()) == plain.read_bytes()
    assert target.stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write into every folder")
def test_a_folder_that_may_only_be_read_costs_no_request(fake_kms: Any, plain: Path, target: Path) -> None:
    target.parent.chmod(0o500)
    try:
        with pytest.raises(PermissionError):
            encrypt_file(fake_kms, "alias/app", plain, target)
    finally:
        target.parent.chmod(0o700)
    assert fake_kms.requests == []
    assert_untouched(target)
