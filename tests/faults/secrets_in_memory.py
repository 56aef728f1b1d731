"""How many copies of a key's material are in this process's memory while it has it, and after it was deleted.

    python tests/faults/secrets_in_memory.py [--count N]

Linux only: every writable page of the process is searched through /proc/self/mem. Each material is made and wrapped in
another process and comes here masked, so that what is found is kmslab's. Counted are copies while the material is
imported and used; right after DeleteImportedKeyMaterial; after a hundred calls more, which take freed memory again;
and after the Lab is closed. Exit code 1 if Python still refers to material that was deleted: what is only freed and not
overwritten yet is told, and no mistake, because Python cannot do otherwise.
"""

from __future__ import annotations

import argparse
import gc
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kmslab import Lab

SIZE = 32
MASK = bytes(range(SIZE, 2 * SIZE))
PIECE = 2**20

#: Runs elsewhere: for each wrapping key on a line, the masked material and the wrapped one.
MAKER = f"""
import os, sys
from kmslab.crypto.wrapping import wrap
for line in sys.stdin:
    material = os.urandom({SIZE})
    masked = bytes(a ^ b for a, b in zip(material, bytes.fromhex("{MASK.hex()}")))
    print(masked.hex(), wrap(bytes.fromhex(line), material, "RSAES_OAEP_SHA_256").hex(), flush=True)
"""


def main() -> int:
    """Count in a Lab that is gone when it is closed, and in one that is kept in a file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10, help="materials for each kind of Lab (%(default)s)")
    options = parser.parse_args()
    print(
        f"{'copies in memory of each material':36}{'in use':>8}{'deleted':>9}{'later':>7}{'closed':>8}{'referred':>10}"
    )
    referred = 0
    with tempfile.TemporaryDirectory() as folder:
        for name in ("a Lab in memory", "a Lab in a state file"):
            lab = Lab() if name == "a Lab in memory" else Lab.open(Path(folder) / "lab.kmslab")
            found = [*rounds(lab, options.count)]
            sums = [sum(each) / options.count for each in zip(*found, strict=True)]
            print(f"{name:36}{sums[0]:8.1f}{sums[1]:9.1f}{sums[2]:7.1f}{sums[3]:8.1f}{sums[4]:10.1f}")
            referred += sum(each[4] for each in found)
    return 1 if referred else 0


def rounds(lab: Lab, count: int) -> Iterator[tuple[int, int, int, int, int]]:
    """For each material: copies in use, deleted, later and closed; references that Python has when it is deleted."""
    kms = lab.client("kms")
    masks, counts = [], []
    command = [sys.executable, "-c", MAKER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as maker:  # noqa: S603
        for _ in range(count):
            key_id, masked = imported(kms, maker)
            for _ in range(20):
                kms.decrypt(CiphertextBlob=kms.encrypt(KeyId=key_id, Plaintext=b"x")["CiphertextBlob"])
            used = copies(masked)
            kms.delete_imported_key_material(KeyId=key_id)
            deleted = copies(masked)
            referred = references(masked)
            for _ in range(100):
                kms.describe_key(KeyId=key_id)
            masks.append(masked)
            counts.append((used, deleted, copies(masked), referred))
        assert maker.stdin is not None
        maker.stdin.close()
    lab.close()
    for masked, (used, deleted, later, referred) in zip(masks, counts, strict=True):
        yield used, deleted, later, copies(masked), referred


def imported(kms: Any, maker: subprocess.Popen[str]) -> tuple[str, bytes]:
    """A key with imported material, and the material, masked."""
    assert maker.stdin is not None
    assert maker.stdout is not None
    key_id = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
    parameters = kms.get_parameters_for_import(
        KeyId=key_id, WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_2048"
    )
    maker.stdin.write(parameters["PublicKey"].hex() + "\n")
    maker.stdin.flush()
    masked, wrapped = map(bytes.fromhex, maker.stdout.readline().split())
    kms.import_key_material(
        KeyId=key_id,
        ImportToken=parameters["ImportToken"],
        EncryptedKeyMaterial=wrapped,
        ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE",
    )
    return key_id, masked


def unmasked(masked: bytes) -> bytearray:
    """The material, in memory that can be overwritten."""
    return bytearray(a ^ b for a, b in zip(masked, MASK, strict=True))


def copies(masked: bytes) -> int:
    """In how many places of the writable memory a material stands."""
    needle, piece = unmasked(masked), bytearray(PIECE)
    # What is looked for, and what is looked into, are in memory too.
    own = [range(start, start + len(each)) for each in (needle, piece) if (start := address(each))]
    found = set()
    descriptor = os.open("/proc/self/mem", os.O_RDONLY)
    try:
        for start, end in writable():
            place = start
            while place < end:
                try:
                    size = os.preadv(descriptor, [memoryview(piece)[: end - place]], place)
                except OSError:
                    break
                at = piece.find(needle, 0, size)
                while at >= 0:
                    if not any(place + at in each for each in own):
                        found.add(place + at)
                    at = piece.find(needle, at + 1, size)
                if size <= SIZE or place + size >= end:
                    break
                # One that lies across two pieces.
                place += size - SIZE + 1
    finally:
        os.close(descriptor)
        needle[:] = bytes(SIZE)
        piece[:] = bytes(PIECE)
    return len(found)


def address(data: bytearray) -> int:
    """Where its content stands."""
    import ctypes

    return ctypes.addressof((ctypes.c_char * len(data)).from_buffer(data))


def writable() -> list[tuple[int, int]]:
    """The parts of memory that are written to: nothing secret is in the others."""
    lines = [line.split() for line in Path("/proc/self/maps").read_text().splitlines()]
    return [
        (int(start, 16), int(end, 16))
        for line in lines
        if line[1].startswith("rw")
        for start, end in [line[0].split("-")]
    ]


def references(masked: bytes) -> int:
    """How often Python's objects refer to bytes with the material in them."""
    gc.collect()
    needle = unmasked(masked)
    every = gc.get_referents(*gc.get_objects())
    found = sum(type(each) in (bytes, bytearray) and each is not needle and needle in each for each in every)
    needle[:] = bytes(SIZE)
    return found


if __name__ == "__main__":
    sys.exit(main())
