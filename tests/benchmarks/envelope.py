"""Files through `kmslab.envelope`, beside `cp` and beside the AWS Encryption SDK for Python; and the memory it takes.

    python tests/benchmarks/envelope.py [--size MiB] [--rounds N] [--folder FOLDER]

One random file, on one file system, is read from memory (it was read just before) by all of them: `cp` of it, whatever
`cp` does there, a reflink too; `encrypt_file` and `decrypt_file` with a Lab's KMS; the SDK through its stream, under a
raw AES key, thus without any KMS, on a part of the file, because it is slow. They take turns, and what was written is
removed after each. `encrypt_file` and `decrypt_file` wait until the disk has it all before the file gets its name;
`cp` and the SDK do not. What `cp` and waiting take together stands in the note.

The table has them on a file system in memory, where there is one with room: on a disk the figures are the disk's, and
whether it is busy with what the one before has left behind. The script alone takes the folder for temporary files.

Memory is how much the peak of a new process grows, in which a Lab has already encrypted and decrypted a few bytes, when
it encrypts and decrypts a file; once for 16 MiB, once for all.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from table import Line, Target, text

MIB = 1024 * 1024
SDK = "aws-encryption-sdk"
TARGETS = (
    *(Target(f"envelope: {work}_file", "MiB/s", "cp", "at least", 0.5) for work in ("encrypt", "decrypt")),
    *(Target(f"envelope: {work}_file", "MiB/s", SDK, "at least", 6) for work in ("encrypt", "decrypt")),
    Target("envelope: memory for a large file", "MiB", "", "at most", 64),
)
#: How the SDK is asked to encrypt; what it does on its own comes first.
SUITES: dict[str, dict[str, Any]] = {
    "default": {},
    "unsigned": {"algorithm": "AES_256_GCM_HKDF_SHA512_COMMIT_KEY"},
    "unsigned, frames of 256 KiB": {"algorithm": "AES_256_GCM_HKDF_SHA512_COMMIT_KEY", "frame_length": 256 * 1024},
}

#: MiB/s of some work in each round.
Speeds = dict[str, list[float]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=1024, metavar="MiB", help="of the file (%(default)s)")
    parser.add_argument("--rounds", type=int, default=7, help="turns of each (%(default)s)")
    parser.add_argument("--folder", type=Path, help="where to write (the system's folder for temporary files)")
    parser.add_argument("--child", choices=("kmslab", "sdk"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        {"kmslab": serve_kmslab, "sdk": serve_sdk}[options.child]()
        return
    print(text(measured(options.size, options.rounds, options.folder)))


def lines(options: argparse.Namespace) -> Iterator[Line]:
    """Two against `cp`, two against the SDK, and memory."""
    yield from measured(*((64, 2) if options.quick else (1024, 7)), _in_memory(4 * 1024 * MIB))


def _in_memory(room: int) -> Path | None:
    """A file system that is in memory and has room, or None."""
    folder = Path("/dev/shm")  # noqa: S108 - Linux's own, of this user
    return folder if folder.is_dir() and shutil.disk_usage(folder).free > 2 * room else None


def measured(size: int, rounds: int, where: Path | None = None) -> Iterator[Line]:
    """The lines for a file of `size` MiB."""
    with tempfile.TemporaryDirectory(prefix="kmslab-benchmark-", dir=where) as name:
        folder = Path(name)
        if shutil.disk_usage(folder).free < 4 * size * MIB:
            raise SystemExit(f"{folder.parent} has no room for four files of {size} MiB; name another --folder.")
        yield from _speed_lines(folder, size, _speeds(folder, size, rounds))
        yield _memory_line(folder, size)


def _speed_lines(folder: Path, size: int, speeds: Speeds) -> Iterator[Line]:
    for target in TARGETS[:4]:
        work = target.about.removeprefix("envelope: ").removesuffix("_file")
        ours = statistics.median(speeds[work])
        if target.peer == "cp" and "cp" in speeds:
            synced = _median(speeds, "cp and fsync")
            note = f"{size} MiB in {folder.parent}; ours with fsync, cp with it {synced:,.0f} MiB/s"
            yield target.line(ours, _median(speeds, "cp"), _ratio(speeds, work, "cp"), note)
        elif target.peer == SDK and f"{work}, default" in speeds:
            others = (
                f"{suite}: {_median(speeds, f'{work}, {suite}'):,.0f} MiB/s, "
                f"ratio {_ratio(speeds, work, f'{work}, {suite}'):.2g}"
                for suite in SUITES
                if suite != "default"
            )
            note = f"its default suite, streamed, raw AES keyring; {'; '.join(others)}"
            theirs = f"{work}, default"
            yield target.line(ours, _median(speeds, theirs), _ratio(speeds, work, theirs), note)
        else:
            yield target.not_measured(f"{target.peer} is not here", ours)


def _speeds(folder: Path, size: int, rounds: int) -> Speeds:
    """Let them take turns; the first round warms up and does not count."""
    plain, part = folder / "plain", folder / "part"
    _write_random(plain, size)
    _write_random(part, sdk_size := max(1, size // 8))
    works = _works(folder, plain, part)
    speeds: Speeds = {name: [] for name in works}
    for number in range(rounds + 1):
        for name, work in works.items():
            mib = size if work.file == plain else sdk_size
            speed = mib / work()
            if number:
                speeds[name].append(speed)
        print(f"\rround {number} of {rounds}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    for child in {work.child for work in works.values() if work.child}:
        child.end()
    plain.unlink()
    return speeds


class Work:
    """Something that makes a file of a file, and how to time it."""

    def __init__(
        self, file: Path, source: Path, target: Path, run: Callable[[str, str], float], child: Child | None, keep: bool
    ) -> None:
        self.file, self.child = file, child
        self._source, self._target, self._run, self._keep = source, target, run, keep

    def __call__(self) -> float:
        """Seconds; the source is in memory, the target is not there, and is removed unless the next one needs it."""
        self._target.unlink(missing_ok=True)
        with open(self._source, "rb") as source:
            while source.read(MIB):
                pass
        taken = self._run(str(self._source), str(self._target))
        if not self._keep:
            self._target.unlink()
        return taken


def _works(folder: Path, plain: Path, part: Path) -> dict[str, Work]:
    """What takes turns, in this order: whatever is compared is near each other."""
    import peers

    works = {}
    kmslab = Child([sys.executable, __file__, "--child", "kmslab"])
    sealed, back = folder / "sealed", folder / "back"
    if shutil.which("cp"):
        works["cp"] = Work(plain, plain, back, _cp, None, False)
    works["encrypt"] = Work(plain, plain, sealed, kmslab.work("encrypt"), kmslab, True)
    works["decrypt"] = Work(plain, sealed, back, kmslab.work("decrypt"), kmslab, False)
    if shutil.which("cp"):
        works["cp and fsync"] = Work(plain, plain, back, _cp_and_fsync, None, False)
    if python := peers.python(SDK):
        sdk = Child([python, "-W", "ignore", __file__, "--child", "sdk"])
        for suite in SUITES:
            sealed = folder / f"sealed by {suite}"
            works[f"encrypt, {suite}"] = Work(part, part, sealed, sdk.work("encrypt", suite), sdk, True)
            works[f"decrypt, {suite}"] = Work(part, sealed, back, sdk.work("decrypt", suite), sdk, False)
    return works


def _cp(source: str, target: str) -> float:
    start = time.perf_counter()
    subprocess.run(["cp", source, target], check=True)  # noqa: S603, S607
    return time.perf_counter() - start


def _cp_and_fsync(source: str, target: str) -> float:
    start = time.perf_counter()
    _cp(source, target)
    with open(target, "rb+") as written:
        os.fsync(written.fileno())
    return time.perf_counter() - start


def _memory_line(folder: Path, size: int) -> Line:
    plain, sealed, back = (str(folder / name) for name in ("plain", "sealed", "back"))
    grown = {}
    for mib in sorted({min(16, size), size}):
        _write_random(Path(plain), mib)
        child = Child([sys.executable, __file__, "--child", "kmslab"])
        before = child.ask(["peak"])
        child.ask(["encrypt", plain, sealed])
        child.ask(["decrypt", sealed, back])
        grown[mib] = child.ask(["peak"]) - before
        child.end()
    note = " and ".join(f"{growth:.1f} for {mib} MiB" for mib, growth in grown.items())
    return TARGETS[4].line(max(grown.values()), note=f"encrypted and decrypted in one process, its peak grew by {note}")


def _write_random(path: Path, mib: int) -> None:
    with open(path, "wb") as file:
        for _ in range(mib):
            file.write(os.urandom(MIB))
        os.fsync(file.fileno())


def _median(speeds: Speeds, name: str) -> float:
    return statistics.median(speeds[name])


def _ratio(speeds: Speeds, ours: str, theirs: str) -> float:
    return statistics.median(mine / other for mine, other in zip(speeds[ours], speeds[theirs], strict=True))


class Child:
    """A process that works when it is told to, and answers with a number."""

    def __init__(self, command: list[str]) -> None:
        self._process = subprocess.Popen(  # noqa: S603
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, words: list[str]) -> float:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(words), file=self._process.stdin, flush=True)
        return float(self._process.stdout.readline())

    def work(self, *words: str) -> Callable[[str, str], float]:
        return lambda source, target: self.ask([*words, source, target])

    def end(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def serve_kmslab() -> None:
    """`encrypt source target`, `decrypt source target` and `peak`, until there is no more input."""
    from kmslab import Lab
    from kmslab.envelope import decrypt, decrypt_file, encrypt, encrypt_file

    kms = Lab().client("kms")
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    decrypt(kms, encrypt(kms, key_id, b"a few bytes"))
    works = {
        "encrypt": lambda source, target: encrypt_file(kms, key_id, source, target),
        "decrypt": lambda source, target: decrypt_file(kms, source, target),
    }
    for work, *paths in map(json.loads, sys.stdin):
        print(peak() if work == "peak" else _seconds(works[work], *paths), flush=True)


def serve_sdk() -> None:
    """`encrypt suite source target` and `decrypt suite source target`, until there is no more input."""
    from aws_encryption_sdk import EncryptionSDKClient
    from aws_encryption_sdk.identifiers import Algorithm, EncryptionKeyType, WrappingAlgorithm
    from aws_encryption_sdk.internal.crypto.wrapping_keys import WrappingKey
    from aws_encryption_sdk.key_providers.raw import RawMasterKeyProvider

    key = WrappingKey(WrappingAlgorithm.AES_256_GCM_IV12_TAG16_NO_PADDING, os.urandom(32), EncryptionKeyType.SYMMETRIC)

    class Keyring(RawMasterKeyProvider):
        provider_id = "benchmark"

        def _get_raw_key(self, key_id: bytes) -> WrappingKey:
            return key

    keyring, client = Keyring(), EncryptionSDKClient()
    keyring.add_master_key("key")

    def stream(mode: str, source: str, target: str, **how: Any) -> None:
        with open(source, "rb") as plain, open(target, "wb") as sink:
            with client.stream(mode=mode, source=plain, key_provider=keyring, **how) as made:
                # In pieces of 64 KiB: the quickest of those tried, and quicker than to iterate.
                shutil.copyfileobj(made, sink, 64 * 1024)

    for work, suite, source, target in map(json.loads, sys.stdin):
        how = dict(SUITES[suite]) if work == "encrypt" else {}
        if "algorithm" in how:
            how["algorithm"] = Algorithm[how["algorithm"]]
        print(_seconds(stream, work, source, target, **how), flush=True)


def peak() -> float:
    """The most memory that this process has had, in MiB."""
    import resource

    # The kernel counts what the parent had when it started this one; that is less than a Lab takes.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (MIB if sys.platform == "darwin" else 1024)


def _seconds(work: Callable[..., Any], *arguments: Any, **options: Any) -> float:
    start = time.perf_counter()
    work(*arguments, **options)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
