"""A state file on a disk that is full, that is read-only, that loses it, or that it was never meant for.

    python tests/faults/disks.py                 what can be tried here; most needs root on Linux, for small disks

Every fault is one function. What a caller gets is a KmslabError of one sentence, never another error; what was answered
is in the file afterwards; and nothing is in memory that the file does not get once it can.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from kmslab import Lab
from kmslab.errors import KmslabError, NotKeptError
from kmslab.storage import vault

#: How many bytes a small disk has: a new state file takes 28 KiB, and its log as much again.
SMALL = 512 * 1024

#: Whoever has no rights here.
NOBODY = 65534


class FoundError(Exception):
    """Something that must not be."""


class CannotTryError(Exception):
    """This machine does not let us."""


def must(holds: bool, what: str) -> None:
    if not holds:
        raise FoundError(what)


def refusal(call: Callable[[], Any], *words: str) -> str:
    """The one sentence that a call is refused with."""
    try:
        call()
    except KmslabError as error:
        said = str(error)
    except BaseException as error:
        raise FoundError(f"raised {error!r}") from error
    else:
        raise FoundError("it was not refused")
    must(said.endswith(".") and not said.endswith("..") and "\n" not in said, f"that is not one sentence: {said}")
    must(all(each in said for each in words), f"nothing of {words} is said: {said}")
    return said


@contextmanager
def small_disk(folder: Path, options: str = "") -> Iterator[Path]:
    """A disk of some hundred KiB."""
    point = folder / "disk"
    point.mkdir(exist_ok=True)
    if os.geteuid() or not shutil.which("mount"):
        raise CannotTryError("needs root, to mount a small disk")
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SMALL}{options}", "tmpfs", str(point)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:  # noqa: S603
        raise CannotTryError("mounting is not allowed here")
    try:
        yield point
    finally:
        subprocess.run(["umount", "-l", str(point)], check=True)  # noqa: S603, S607


def fill(disk: Path) -> Path:
    """Fill a disk; the file that does."""
    ballast = disk / "ballast"
    with suppress(OSError), ballast.open("wb", buffering=0) as file:
        while file.write(b"x" * 4096):
            pass
    return ballast


def make_until_refused(kms: Any) -> tuple[list[str], KmslabError]:
    made: list[str] = []
    for _ in range(2000):
        try:
            made.append(kms.create_key(Description="x" * 2000)["KeyMetadata"]["KeyId"])
        except KmslabError as error:
            return made, error
    raise FoundError("the disk takes more than it has")


def keys_of(path: Path) -> list[str]:
    with Lab.open(path) as lab:
        return [key.key_id for key in lab.inventory]


# --- no room ---


def full_disk(folder: Path) -> None:
    """Full while it works: nothing further is done, in threads as well; with room again it goes on."""
    with small_disk(folder) as disk:
        path = disk / "lab.kmslab"
        lab = Lab.open(path)
        kms = lab.client("kms")
        kms.create_key()
        ballast = fill(disk)
        made, error = make_until_refused(kms)
        must(isinstance(error, NotKeptError) and "make room" in str(error), f"said {error}")
        before = len(lab.inventory), len(lab.trail.calls), lab.bill.requests
        must(before[0] <= len(made) + 2, "more than one key was made that was not answered")
        said: list[str] = []

        def ask() -> None:
            client = lab.client("kms")
            for _ in range(20):
                said.append(refusal(client.create_key, "make room"))
                said.append(refusal(client.list_keys, "make room"))

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        must(len(said) == 160, "a thread was answered")
        refusal(lambda: lab.user("alice"), "make room")
        must((len(lab.inventory), len(lab.trail.calls), lab.bill.requests) == before, "something was done all the same")
        ballast.unlink()
        made.append(kms.create_key()["KeyMetadata"]["KeyId"])
        lab.user("alice")
        lab.close()
        must(set(keys_of(path)) >= set(made), "a key is lost")


def full_disk_that_nobody_asks(folder: Path) -> None:
    """Full and empty again: what is left is written within seconds though nobody asks for anything."""
    with small_disk(folder) as disk:
        path = disk / "lab.kmslab"
        lab = Lab.open(path)
        kms = lab.client("kms")
        ballast = fill(disk)
        made, _ = make_until_refused(kms)
        ballast.unlink()
        time.sleep(2.5)
        copy = folder / "copy"
        copy.mkdir()
        for each in disk.glob("lab.kmslab*"):
            shutil.copy(each, copy)
        must(len(keys_of(copy / path.name)) == len(made) + 1, "what was left is not written")
        lab.close()


def full_disk_over_http(folder: Path) -> None:
    """Over HTTP it is a failure of the service, with AWS's status."""
    with small_disk(folder) as disk, Lab.open(disk / "lab.kmslab") as lab:
        credentials = lab.administrator.credentials
        options: dict[str, Any] = {
            "region_name": "us-east-1",
            "endpoint_url": lab.endpoint(),
            "config": Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
        }
        session = boto3.Session(credentials.access_key_id, credentials.secret_access_key)
        kms, s3 = session.client("kms", **options), session.client("s3", **options)
        s3.create_bucket(Bucket="bucket")
        ballast = fill(disk)
        codes = set()
        for _ in range(300):
            try:
                kms.create_key(Description="x" * 2000)
            except ClientError as error:
                codes.add((error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]))
        must(codes == {("KMSInternalException", 500)}, f"said {codes}")
        before = len(lab.inventory)
        for name in ("one", "two"):
            try:
                s3.put_object(Bucket="bucket", Key=name, Body=b"x" * 10_000)
            except ClientError as error:
                must(error.response["Error"]["Code"] == "InternalError", f"S3 said {error}")
            else:
                raise FoundError("S3 took an object that is not kept")
        must("Contents" not in lab_objects(lab, ballast), "S3 shows an object that was refused")
        must(len(lab.inventory) == before, "a key was made")
        kms.create_key()


def lab_objects(lab: Lab, ballast: Path) -> dict[str, Any]:
    ballast.unlink()
    listed: dict[str, Any] = lab.client("s3").list_objects_v2(Bucket="bucket")
    return listed


def full_disk_at_the_start(folder: Path) -> None:
    """No room for a new file, at every size of what is left: nothing stays in the way of the next start."""
    with small_disk(folder) as disk:
        path = disk / "lab.kmslab"
        for left in (0, 1, 4, 8, 16, 24, 32, 48):
            ballast = fill(disk)
            with ballast.open("r+b") as file:
                file.truncate(max(0, ballast.stat().st_size - left * 1024))
            try:
                Lab.open(path).close()
            except KmslabError as error:
                must(str(error).endswith(".") and "damaged" not in str(error), f"said {error}")
            ballast.unlink()
            Lab.open(path).close()
            for each in disk.glob("lab.kmslab*"):
                each.unlink()


def full_disk_at_the_end(folder: Path) -> None:
    """No room when it is closed: what was answered is there, and the lock is free."""
    with small_disk(folder) as disk:
        path = disk / "lab.kmslab"
        lab = Lab.open(path)
        ballast = fill(disk)
        made, _ = make_until_refused(lab.client("kms"))
        refusal(lab.close, "make room")
        ballast.unlink()
        must(set(keys_of(path)) == set(made), "the file does not have what was answered")


def largest_file(folder: Path) -> None:
    """A limit of the size of a file (ulimit -f)."""
    path = folder / "lab.kmslab"
    lab = Lab.open(path)
    kms = lab.client("kms")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, before[1]))
    try:
        made, error = make_until_refused(kms)
        must(isinstance(error, NotKeptError), f"raised {error!r}")
        refusal(kms.list_keys, "cannot be written")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    kms.create_key()
    lab.close()
    must(set(keys_of(path)) >= set(made), "a key is lost")


# --- no rights ---


def read_only_disk(folder: Path) -> None:
    """A disk that cannot be written, from the start or from some time on."""
    with small_disk(folder) as disk:
        path = disk / "lab.kmslab"
        made = [Lab.open(path)]
        key = made[0].client("kms").create_key()["KeyMetadata"]["KeyId"]
        made.pop().close()
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)  # noqa: S603, S607
        refusal(lambda: Lab.open(path), "Read-only file system")
        refusal(lambda: Lab.open(disk / "new.kmslab"), "Read-only file system")
        subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)  # noqa: S603, S607
        must(keys_of(path) == [key], "the key is lost")


def as_nobody(work: Callable[[], object]) -> None:
    """Do something without any rights, in a process of its own."""
    if os.geteuid():
        raise CannotTryError("needs root, to be somebody else")
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setresuid(NOBODY, NOBODY, NOBODY)
            work()
        except BaseException as error:
            os.write(writing, repr(error).encode())
        finally:
            os._exit(0)
    os.close(writing)
    os.waitpid(child, 0)
    said = os.read(reading, 10_000).decode()
    os.close(reading)
    must(not said, said)


def no_rights(folder: Path) -> None:
    """A folder, a file, a key file or a lock that belongs to somebody else."""
    path = folder / "lab.kmslab"
    Lab.open(path).close()
    folder.chmod(0o755)
    before = {each.name: each.read_bytes() for each in folder.iterdir()}
    as_nobody(lambda: refusal(lambda: Lab.open(path), "Permission denied"))
    as_nobody(lambda: refusal(lambda: Lab.open(folder / "new.kmslab"), "Permission denied"))
    path.with_name("lab.kmslab.lock").chmod(0o666)
    as_nobody(lambda: refusal(lambda: Lab.open(path), "Permission denied"))
    path.chmod(0o644)
    as_nobody(lambda: refusal(lambda: Lab.open(path), "Permission denied"))
    path.chmod(0o666)
    as_nobody(lambda: refusal(lambda: Lab.open(path), "Permission denied", ".key"))
    os.chown(vault.key_file(path), NOBODY, NOBODY)
    as_nobody(lambda: refusal(lambda: Lab.open(path), "cannot be written", "folder be written"))
    path.chmod(0o600)
    folder.chmod(0o700)
    as_nobody(lambda: refusal(lambda: Lab.open(path), "Permission denied"))
    must({each.name: each.read_bytes() for each in folder.iterdir()} == before, "a file was changed")
    os.chown(vault.key_file(path), os.geteuid(), os.getegid())
    Lab.open(path).close()


# --- what happens to the file ---


def folder_disappears(folder: Path) -> None:
    """The folder is removed or renamed under an open Lab."""
    inner = folder / "inner"
    inner.mkdir()
    path = inner / "lab.kmslab"
    lab = Lab.open(path)
    kms = lab.client("kms")
    first = kms.create_key()["KeyMetadata"]["KeyId"]
    inner.rename(folder / "elsewhere")
    refusal(kms.create_key, "put it and its -wal back")
    refusal(kms.list_keys, "put it and its -wal back")
    (folder / "elsewhere").rename(inner)
    last = kms.create_key()["KeyMetadata"]["KeyId"]
    lab.close()
    must(set(keys_of(path)) >= {first, last}, "a key is lost")
    lab = Lab.open(path)
    shutil.rmtree(inner)
    refusal(lab.client("kms").create_key, "put it and its -wal back")
    refusal(lab.close, "put it and its -wal back")


def damage(folder: Path) -> None:
    """Cut off, zeros, noise, and another Lab's file, at rest."""
    path, other = folder / "lab.kmslab", folder / "other.kmslab"
    for each in (path, other):
        with Lab.open(each) as lab:
            for _ in range(20):
                lab.client("kms").create_key()
    whole = path.read_bytes()
    for size in (*range(0, 200, 7), *range(0, len(whole), 1777)):
        path.write_bytes(whole[:size])
        refusal(lambda: Lab.open(path), str(path))
    for data in (bytes(len(whole)), whole[:100] + bytes(len(whole) - 100), os.urandom(len(whole)), other.read_bytes()):
        path.write_bytes(data)
        refusal(lambda: Lab.open(path), str(path))
        must(path.read_bytes() == data, "a file that was refused was changed")
    path.write_bytes(whole)
    must(len(keys_of(path)) == 20, "the whole file is refused")


def damage_while_open(folder: Path) -> None:
    """Cut off or overwritten while its Lab is open: what is answered after that is there, or the file is refused."""
    for number, hurt in enumerate((b"", bytes(4096), os.urandom(60_000))):
        path = folder / f"{number}.kmslab"
        lab = Lab.open(path)
        kms = lab.client("kms")
        made = [kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(5)]
        path.write_bytes(hurt)
        with suppress(KmslabError):
            for _ in range(300):
                made.append(kms.create_key(Description="x" * 2000)["KeyMetadata"]["KeyId"])
        with suppress(KmslabError):
            lab.close()
        try:
            found = keys_of(path)
        except KmslabError:
            continue
        must(set(found) >= set(made), "a file that lacks keys was opened")


def root_keys(folder: Path) -> None:
    """The root key or the passphrase is missing, is another, or is damaged."""
    path = folder / "lab.kmslab"
    Lab.open(path).close()
    key = vault.key_file(path)
    text = key.read_text()
    for wrong in ("", text[:-3], "ab" * 32, "\0" * 64, text * 2):
        key.write_text(wrong)
        refusal(lambda: Lab.open(path), str(key))
    key.unlink()
    refusal(lambda: Lab.open(path), "put", str(key))
    key.mkdir()
    refusal(lambda: Lab.open(path), str(key))
    key.rmdir()
    key.write_text(text)
    key.chmod(0o600)
    os.environ[vault.PASSPHRASE] = "another"
    try:
        Lab.open(path).close()
        with_passphrase = folder / "passphrase.kmslab"
        Lab.open(with_passphrase).close()
        os.environ[vault.PASSPHRASE] = "wrong"
        refusal(lambda: Lab.open(with_passphrase), "passphrase")
        del os.environ[vault.PASSPHRASE]
        refusal(lambda: Lab.open(with_passphrase), "passphrase")
    finally:
        os.environ.pop(vault.PASSPHRASE, None)


# --- several processes ---


def race(folder: Path, starters: int = 50) -> None:
    """Many processes start on one file, new or not, at one moment: one gets it, the others one sentence."""
    path = folder / "lab.kmslab"
    for _ in range(2):
        go, end = os.pipe(), os.pipe()
        said = os.pipe()
        children = []
        for _ in range(starters):
            child = os.fork()
            if child == 0:
                try:
                    os.read(go[0], 1)
                    lab = Lab.open(path)
                except KmslabError as error:
                    os.write(said[1], b"refused\n" if "in use by another Lab" in str(error) else repr(error).encode())
                except BaseException as error:
                    os.write(said[1], repr(error).encode() + b"\n")
                else:
                    lab.client("kms").create_key()
                    os.write(said[1], b"won\n")
                    os.close(end[1])
                    os.read(end[0], 1)
                finally:
                    os._exit(0)
            children.append(child)
        os.write(go[1], b"x" * starters)
        lines: list[bytes] = []
        rest = b""
        while len(lines) < starters:
            rest += os.read(said[0], 10_000)
            lines = rest.split(b"\n")[:-1]
        must(sorted(set(lines)) == [b"refused", b"won"], f"said {set(lines)}")
        must(lines.count(b"won") == 1, f"{lines.count(b'won')} have opened it")
        # Whoever has it comes to a sudden end; the next one opens.
        refusal(lambda: Lab.open(path), "in use by another Lab")
        for child in children:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        for each in (*go, *end, *said):
            os.close(each)
        must(len(keys_of(path)) >= 1, "the winner's key is lost")


def forks(folder: Path) -> None:
    """A process forks while threads write: its copy answers nothing and writes nothing."""
    path = folder / "lab.kmslab"
    lab = Lab.open(path)
    made: list[str] = []
    over = threading.Event()

    def work() -> None:
        kms = lab.client("kms")
        while not over.is_set():
            made.append(kms.create_key()["KeyMetadata"]["KeyId"])

    threads = [threading.Thread(target=work) for _ in range(2)]
    for each in threads:
        each.start()
    kms = lab.client("kms")
    try:
        for _ in range(20):
            child = os.fork()
            if child == 0:
                try:
                    refusal(kms.create_key, "belongs to the process that opened it")
                    lab.close()
                finally:
                    os._exit(0 if sys.exc_info()[0] is None else 1)
            must(os.waitpid(child, 0)[1] == 0, "a child was answered, or failed")
    finally:
        over.set()
        for each in threads:
            each.join()
    lab.close()
    must(set(keys_of(path)) == set(made), "the file has other keys than were answered")


FAULTS: tuple[Callable[[Path], None], ...] = (
    full_disk,
    full_disk_that_nobody_asks,
    full_disk_over_http,
    full_disk_at_the_start,
    full_disk_at_the_end,
    largest_file,
    read_only_disk,
    no_rights,
    folder_disappears,
    damage,
    damage_while_open,
    root_keys,
    race,
    forks,
)


def main() -> int:
    """Try the faults; 1 if something was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1, help="how often each")
    parser.add_argument("only", nargs="*", help="names of faults; all unless said otherwise")
    options = parser.parse_args()
    found = 0
    for fault in FAULTS:
        if options.only and fault.__name__ not in options.only:
            continue
        began, said = time.monotonic(), "nothing found"
        for _ in range(options.count):
            with tempfile.TemporaryDirectory() as folder:
                try:
                    fault(Path(folder))
                except CannotTryError as error:
                    said = f"not tried: {error}"
                except Exception as error:
                    found, said = found + 1, f"FOUND: {error!r}"
                    break
        print(f"{fault.__name__:28} {time.monotonic() - began:6.1f} s  {said}", flush=True)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
