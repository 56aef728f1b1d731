"""Envelopes that were spoiled, and processes that are stopped while they encrypt or decrypt, both many times.

    python tests/faults/envelopes.py [--count N] [--seed S] [--folder FOLDER]

N times, an envelope is spoiled: segments are moved, repeated, dropped or taken from another file, bits changed, ends
cut off, bytes added. Whatever is not what was written has to be refused, and what was written must not be. N / 10
times, a process that encrypts or decrypts over an older file gets Ctrl-C or is killed, at a random moment. Afterwards
the file is the older one or the whole new one, and only a process that was killed may leave a temporary file behind.
The exit code is 1 on a finding.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from kmslab.envelope import EnvelopeError, decrypt, decrypt_file, encrypt, encrypt_file
from kmslab.envelope.segments import SEGMENT_SIZE, TAG_SIZE

OLD = b"what was there before"
SEALED = SEGMENT_SIZE + TAG_SIZE


class Kms:
    """Gives the same data key to everybody, so that nothing but the envelope itself can notice what is wrong."""

    def generate_data_key(self, **_: Any) -> dict[str, Any]:
        return {"Plaintext": bytes(range(32)), "CiphertextBlob": b"a blob", "KeyId": "arn"}

    def decrypt(self, **_: Any) -> dict[str, Any]:
        return {"Plaintext": bytes(range(32)), "KeyId": "arn"}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=20_000, help="envelopes that are spoiled (%(default)s)")
    parser.add_argument("--seed", type=int, default=None, help="to do the same again")
    parser.add_argument("--folder", type=Path, help="where to write (the system's folder for temporary files)")
    options = parser.parse_args()
    seed = random.randrange(2**32) if options.seed is None else options.seed  # noqa: S311
    print(f"seed {seed}")
    chance = random.Random(seed)  # noqa: S311
    findings = 0
    with tempfile.TemporaryDirectory(prefix="kmslab-faults-", dir=options.folder) as name:
        for outcomes in (spoiled(chance, options.count), stopped(chance, options.count // 10, Path(name))):
            counted: Counter[str] = Counter()
            for outcome in outcomes:
                counted[outcome] += 1
                if counted.total() % 100 == 0:
                    print(f"\r{counted.total()}", end="", file=sys.stderr, flush=True)
            print(file=sys.stderr)
            for outcome, count in sorted(counted.items()):
                print(f"{count:8} {outcome}")
            findings += sum(count for outcome, count in counted.items() if outcome.startswith("FINDING"))
    return int(findings > 0)


# --- spoiled ---


def spoiled(chance: random.Random, count: int) -> Iterator[str]:
    """What became of envelopes that were spoiled in `count` ways."""
    # Ten segments of which the first six look alike, so that an order that is not checked would not be noticed.
    plaintext = bytes(6 * SEGMENT_SIZE) + os.urandom(4 * SEGMENT_SIZE - 1000)
    ours, other = (encrypt(Kms(), "key", plaintext, {"tenant": "blue"}) for _ in range(2))
    head = len(ours) % SEALED - (SEGMENT_SIZE - 1000 + TAG_SIZE)
    for _ in range(count):
        envelope, how = spoil(chance, ours, other, head)
        try:
            back = decrypt(Kms(), envelope)
        except EnvelopeError as error:
            yield f"FINDING: refused as it was written, {how}" if envelope == ours else f"{type(error).__name__}: {how}"
        except Exception as error:
            yield f"FINDING: {type(error).__name__}, {how}"
        else:
            whole = envelope == ours and back == plaintext
            yield f"whole: {how} that changed nothing" if whole else f"FINDING: accepted, {how}"


def spoil(chance: random.Random, ours: bytes, other: bytes, head: int) -> tuple[bytes, str]:
    """One envelope that is not the one that was written, nearly always, and what was done to it."""
    row = [ours[start : start + SEALED] for start in range(head, len(ours), SEALED)]
    theirs = [other[start : start + SEALED] for start in range(head, len(other), SEALED)]
    at, to = chance.randrange(len(row)), chance.randrange(len(row))

    def swap() -> None:
        row[at], row[to] = row[to], row[at]

    def change() -> None:
        segment = bytearray(row[at])
        segment[chance.randrange(len(segment))] ^= 1 << chance.randrange(8)
        row[at] = bytes(segment)

    ways: dict[str, Callable[[], object]] = {
        "segments swapped": swap,
        "a segment moved": lambda: row.insert(to, row.pop(at)),
        "a segment repeated": lambda: row.insert(to, row[at]),
        "a segment dropped": lambda: row.pop(at),
        "the order drawn anew": lambda: chance.shuffle(row),
        "a segment of another file": lambda: row.__setitem__(at, theirs[at]),
        "all behind one of another file": lambda: row.__setitem__(slice(at, None), theirs[at:]),
        "a bit changed in a segment": change,
        "cut at a border": lambda: row.__delitem__(slice(at, None)),
        "cut anywhere": lambda: row.__setitem__(slice(at, None), [row[at][: chance.randrange(len(row[at]))]]),
        "bytes behind it": lambda: row.append(chance.randbytes(chance.choice((1, 15, 16, 17, 1000, SEALED)))),
    }
    how = chance.choice([*ways, "a byte of the header changed", "a header of another file"])
    header = bytearray(ours[:head])
    if how == "a header of another file":
        header = bytearray(other[:head])
    elif how in ways:
        ways[how]()
    else:
        header[chance.randrange(head)] ^= 1 << chance.randrange(8)
    return bytes(header) + b"".join(row), how


# --- stopped ---


def stopped(chance: random.Random, count: int, folder: Path) -> Iterator[str]:
    """What `count` processes left behind that were stopped at work."""
    plain, sealed, target = folder / "plain", folder / "sealed", folder / "target" / "dst"
    target.parent.mkdir()
    plain.write_bytes(os.urandom(24 * SEGMENT_SIZE + 5))
    encrypt_file(Kms(), "key", plain, sealed)
    works: dict[str, Callable[[], object]] = {
        "encrypt": lambda: encrypt_file(Kms(), "key", plain, target),
        "decrypt": lambda: decrypt_file(Kms(), sealed, target),
    }
    for _ in range(count):
        what, number = chance.choice(list(works)), chance.choice((signal.SIGINT, signal.SIGKILL))
        target.write_bytes(OLD)
        ended = run_and_stop(works[what], number, chance.uniform(0, 0.03))
        found = target.read_bytes()
        new = decrypt(Kms(), found) if what == "encrypt" and found != OLD else found
        left = [path for path in target.parent.iterdir() if path != target]
        how = f"{what}, {signal.Signals(number).name}"
        if found != OLD and new != plain.read_bytes():
            yield f"FINDING: half a file, {how}"
        elif left and ended != "killed":
            yield f"FINDING: a temporary file, {how}"
        elif ended in ("stuck", "failed"):
            yield f"FINDING: {ended}, {how}"
        else:
            which = "the old file" if found == OLD else "the new file"
            yield f"{how}: {ended}, {which}{' and a temporary one' * len(left)}"
        for path in left:
            path.unlink()


#: What the exit codes below mean.
ENDS = {0: "finished", 1: "interrupted", -signal.SIGKILL: "killed"}


def run_and_stop(work: Callable[[], object], number: int, after: float) -> str:
    """Work in a process of its own, send it a signal after some seconds, and say how it ended."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            os.write(writing, b"ready")
            work()
            os._exit(0)
        except KeyboardInterrupt:
            os._exit(1)
        finally:
            os._exit(2)
    os.read(reading, 5)
    os.close(reading)
    os.close(writing)
    time.sleep(after)
    os.kill(child, number)
    until = time.monotonic() + 30
    while time.monotonic() < until:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return ENDS.get(os.waitstatus_to_exitcode(status), "failed")
        time.sleep(0.001)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "stuck"


if __name__ == "__main__":
    sys.exit(main())
