"""What happens when the disk does not take what a Lab has to keep, or when something happens to the file."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from kmslab import Lab
from kmslab.errors import KmslabError, NotKeptError
from kmslab.storage import database, keeper, vault
from kmslab.storage.lock import FileLock

pytestmark = [
    pytest.mark.skipif(os.name != "posix", reason="needs the files of POSIX"),
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]

FULL = "{path} cannot be written: database or disk is full; make room on its disk."


class Disk:
    """The disk under a Lab's file, which can be full."""

    def __init__(self, lab: Lab) -> None:
        assert lab._state is not None
        self._connection = lab._state._database._connection

    def fill(self) -> None:
        (pages,) = self._connection.execute("PRAGMA page_count").fetchone()
        self._connection.execute(f"PRAGMA max_page_count = {pages}").fetchall()

    def make_room(self) -> None:
        self._connection.execute("PRAGMA max_page_count = 1000000").fetchall()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "lab.kmslab"


@pytest.fixture
def lab(path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    """A kept Lab whose writer does not try again by itself."""
    monkeypatch.setattr(keeper, "PATIENCE", 3600)
    with Lab.open(path, seed=1) as lab:
        yield lab


def create_until_refused(kms: Any) -> tuple[list[str], KmslabError]:
    """Make keys until the disk is full: those that were answered, and the error."""
    made: list[str] = []
    try:
        while True:
            made.append(kms.create_key(Description="x" * 4096)["KeyMetadata"]["KeyId"])
    except KmslabError as error:
        return made, error


def test_while_the_disk_is_full_nothing_is_done(lab: Lab, path: Path) -> None:
    kms, disk = lab.client("kms"), Disk(lab)
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    disk.fill()
    made, error = create_until_refused(kms)
    assert isinstance(error, NotKeptError)
    assert str(error) == FULL.format(path=path)
    before = len(lab.inventory), len(lab.trail), lab.bill.requests
    # One that was under way when it began; and no further.
    assert before[0] == 1 + len(made) + 1
    for call in (
        lambda: kms.create_key(Description="x" * 4096),
        lambda: kms.disable_key(KeyId=key),
        lambda: kms.encrypt(KeyId=key, Plaintext=b"x"),
        lambda: kms.list_keys(),
        lambda: kms.describe_key(KeyId="alias/none"),
        lambda: lab.client("s3").create_bucket(Bucket="bucket"),
        lambda: lab.user("alice"),
    ):
        with pytest.raises(NotKeptError):
            call()
    assert (len(lab.inventory), len(lab.trail), lab.bill.requests) == before
    disk.make_room()
    kms.disable_key(KeyId=key)
    assert [each.state for each in lab.inventory if each.key_id == key] == ["Disabled"]
    lab.user("alice")
    lab.close()
    with Lab.open(path) as again:
        assert {each.key_id for each in again.inventory} >= {key, *made}
        assert len(again.inventory) == before[0]
        assert [each["UserName"] for each in again.client("iam").list_users()["Users"]] == ["administrator", "alice"]


def test_over_http_it_is_a_failure_of_the_service(lab: Lab) -> None:
    disk = Disk(lab)
    session = boto3.Session(
        lab.administrator.credentials.access_key_id, lab.administrator.credentials.secret_access_key
    )
    options: dict[str, Any] = {
        "region_name": "us-east-1",
        "endpoint_url": lab.endpoint(),
        "config": Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
    }
    kms, s3, iam = (session.client(name, **options) for name in ("kms", "s3", "iam"))
    iam.list_users()
    disk.fill()
    for number in range(100):
        try:
            kms.create_key(Description="x" * 4096)
        except ClientError as error:
            first = error
            break
        assert number < 99
    errors = [first]
    for call in (
        lambda: kms.generate_random(NumberOfBytes=8),
        lambda: s3.create_bucket(Bucket="bucket"),
        lambda: iam.create_user(UserName="bob"),
    ):
        with pytest.raises(ClientError) as caught:
            call()
        errors.append(caught.value)
    said = [(each.response["Error"]["Code"], each.response["ResponseMetadata"]["HTTPStatusCode"]) for each in errors]
    assert said == [
        ("KMSInternalException", 500),
        ("KMSInternalException", 500),
        ("InternalError", 500),
        ("InternalFailure", 500),
    ]
    assert all("make room on its disk" in each.response["Error"]["Message"] for each in errors)
    disk.make_room()
    s3.create_bucket(Bucket="bucket")
    assert len(kms.generate_random(NumberOfBytes=8)["Plaintext"]) == 8


def test_a_lab_that_goes_under_on_a_full_disk_lets_go_of_its_file(path: Path, lab: Lab) -> None:
    Disk(lab).fill()
    made, _ = create_until_refused(lab.client("kms"))
    with pytest.raises(NotKeptError):
        lab.close()
    lab.close()
    with Lab.open(path) as again:
        assert [each.key_id for each in again.inventory] == made


def test_a_closed_lab_answers_nothing(path: Path) -> None:
    with Lab.open(path, seed=1) as lab:
        kms = lab.client("kms")
        lab.user("alice")
    sentence = f"This Lab is closed; open {path} again."
    for call in (kms.create_key, kms.list_keys, lab.client("iam").list_users):
        with pytest.raises(NotKeptError) as caught:
            call()
        assert str(caught.value) == sentence
    assert len(lab.inventory) == 0


@pytest.mark.parametrize("endings", [("", "-wal"), ("",), ("-wal",)])
def test_a_file_that_is_taken_away(path: Path, lab: Lab, tmp_path: Path, endings: tuple[str, ...]) -> None:
    kms = lab.client("kms")
    kms.create_key(Description="before")
    aside = tmp_path / "aside"
    aside.mkdir()
    names = [path.name + ending for ending in endings]
    for name in names:
        (tmp_path / name).rename(aside / name)
    with pytest.raises(NotKeptError) as caught:
        kms.create_key(Description="while it was away")
    assert str(caught.value) == f"{path} was removed or replaced while its Lab was open; put it and its -wal back."
    with pytest.raises(NotKeptError):
        kms.create_key(Description="refused")
    for name in names:
        (aside / name).rename(tmp_path / name)
    kms.create_key(Description="after")
    lab.close()
    with Lab.open(path) as again:
        assert [each.description for each in again.inventory] == ["before", "while it was away", "after"]


def test_a_file_that_is_replaced(path: Path, lab: Lab) -> None:
    copy = path.with_name("copy")
    shutil.copy(path, copy)
    copy.replace(path)
    with pytest.raises(NotKeptError, match="was removed or replaced"):
        lab.client("kms").create_key()
    shutil.rmtree(path.parent)
    with pytest.raises(NotKeptError, match="was removed or replaced"):
        lab.client("kms").create_key()
    with pytest.raises(NotKeptError):
        lab.close()


def refusal(path: Path | str) -> str:
    with pytest.raises(KmslabError) as caught:
        Lab.open(path)
    return str(caught.value)


def test_what_is_no_file(tmp_path: Path) -> None:
    folder, pipe = tmp_path / "folder", tmp_path / "pipe"
    folder.mkdir()
    os.mkfifo(pipe)
    for each in (folder, pipe, Path("/dev/null"), Path("..").resolve()):
        assert refusal(each) == f"{each} is not a file; choose another name."
        assert not each.with_name(f"{each.name}.lock").exists()
    for name in ("/", "a\0b"):
        assert refusal(name).endswith(" is not the name of a file.")
    assert refusal(tmp_path / ("a" * 300)) == f"{tmp_path / ('a' * 300)} cannot be opened: File name too long."
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    assert "loop" in refusal(loop)


def test_a_name_of_any_characters(tmp_path: Path) -> None:
    for name in ("Schlüssel 鍵 %41?#.kmslab", "\udcff.kmslab"):
        path = tmp_path / name
        with Lab.open(path, seed=1) as lab:
            lab.client("kms").create_key()
        with Lab.open(path) as lab:
            assert len(lab.inventory) == 1


def test_a_link_is_another_name_of_the_same_file(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(path)
    aside = tmp_path / "aside"
    with Lab.open(link, seed=1) as lab:
        assert path.is_file()
        assert refusal(path) == refusal(link) == f"{path} is in use by another Lab; close that one first."
        lab.client("kms").create_key()
        aside.mkdir()
        for each in tmp_path.glob("lab.kmslab*"):
            shutil.copy(each, aside)
    link.unlink()
    link.symlink_to(aside / path.name)
    # As a killed process leaves it: the key is in the log, which has the other name.
    with Lab.open(link) as lab:
        assert len(lab.inventory) == 1


def test_a_disk_without_locks(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def flock(descriptor: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", flock)
    assert refusal(path) == (
        f"{path} cannot be locked (No locks available); put it on a disk of this machine, where locks work."
    )


def test_a_log_without_its_file(path: Path, lab: Lab, tmp_path: Path) -> None:
    lab.client("kms").create_key()
    aside = tmp_path / "aside"
    aside.mkdir()
    for each in tmp_path.glob("lab.kmslab*"):
        shutil.copy(each, aside)
    left = aside / path.name
    left.rename(aside / "moved")
    assert refusal(left) == f"{left}-wal is there without {left}; put that back, or move the other away too."
    (aside / "moved").rename(left)
    with Lab.open(left) as again:
        assert len(again.inventory) == 1


def test_a_key_file_that_cannot_be_read(path: Path) -> None:
    Lab.open(path, seed=1).close()
    key = vault.key_file(path)
    key.unlink()
    key.mkdir(0o700)
    assert refusal(path) == f"{key} cannot be opened: Is a directory."


def test_a_first_start_that_was_killed_leaves_no_half_key(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: object) -> bytes:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", killed)
    with pytest.raises(KeyboardInterrupt):
        Lab.open(path)
    monkeypatch.undo()
    assert not vault.key_file(path).exists()
    Lab.open(path).close()


def test_the_other_program_that_has_it_open(path: Path) -> None:
    Lab.open(path, seed=1).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        pid = os.fork()
        if not pid:
            try:
                Lab.open(path)
            except KmslabError as error:
                os._exit(0 if str(error).endswith("database is locked; close the program that has it open.") else 2)
            finally:
                os._exit(1)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def in_child(work: Any) -> int:
    """Do something in a process that is forked off, ended as a process ends by itself; its exit code."""
    pid = os.fork()
    if not pid:
        try:
            work()
        except BaseException:
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_a_process_that_is_forked_off_cannot_use_it(path: Path, lab: Lab) -> None:
    kms = lab.client("kms")
    kms.create_key()

    def child() -> None:
        for call in (kms.create_key, kms.list_keys, lab.client("iam").list_users):
            with pytest.raises(NotKeptError, match="belongs to the process that opened it"):
                call()
        state = lab._state
        lab.close()
        # What the end of the interpreter would do.
        del state

    assert in_child(child) == 0
    assert path.with_name("lab.kmslab-wal").exists()
    kms.create_key()
    lab.close()
    with Lab.open(path) as again:
        assert len(again.inventory) == 2


def test_a_process_that_is_forked_off_calls_nothing_of_sqlite(
    lab: Lab, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Another thread may have been within SQLite, and hold a lock that nobody in the child lets go of.
    def connect(*_: object, **__: object) -> None:
        raise AssertionError

    def child() -> None:
        with pytest.raises(NotKeptError):
            lab.client("kms").create_key()
        lab.close()

    lab.client("kms")
    monkeypatch.setattr(sqlite3, "connect", connect)
    assert in_child(child) == 0


def test_a_fork_waits_for_who_writes(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    kms, write = lab.client("kms"), database.Database.write
    inside, states = threading.Event(), []

    def slowly(*given: Any) -> None:
        inside.set()
        time.sleep(0.2)
        write(*given)
        states.append("written")

    monkeypatch.setattr(database.Database, "write", slowly)
    thread = threading.Thread(target=kms.create_key)
    thread.start()
    assert inside.wait(10)
    assert in_child(lambda: states.remove("written")) == 0
    thread.join()


def test_a_process_that_was_forked_off_does_not_keep_the_file(path: Path, lab: Lab) -> None:
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(writing)
        os.read(reading, 1)
        os._exit(0)
    lab.close()
    Lab.open(path).close()
    os.write(writing, b".")
    assert os.waitpid(pid, 0)[1] == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nobody forks here")
def test_a_lock_is_let_go_of_while_a_fork_still_has_a_copy_of_it(tmp_path: Path) -> None:
    """Between the fork and the first step of what was forked off, its copy of the descriptor is there."""
    lock = FileLock(tmp_path / "lab.kmslab")
    assert lock._descriptor is not None
    copy = os.dup(lock._descriptor)
    lock.release()
    FileLock(tmp_path / "lab.kmslab").release()
    os.close(copy)
