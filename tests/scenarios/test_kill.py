"""A process that writes is killed at any moment: what it was told is there when its Lab is opened again.

    python tests/scenarios/test_kill.py 200

A child opens the Lab and works on it from three threads. It tells through a pipe what it is about to do and, once it
is answered, that it was done. Then SIGKILL. What was done has to be there, what was only begun may be, and every
ciphertext decrypts. Nothing of any key may be read in the files that it left behind.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import select
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from kmslab import Lab
from kmslab.storage.taking import secret_of

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork, which this system does not have")

#: How many kills one file lives through, and the longest time between the first answer and the kill, in seconds.
LIVES, LONGEST = 8, 0.25

THREADS = 3
GONE = None


class Worker:
    """One thread of the child: makes keys and changes them, and tells of each step before and after."""

    def __init__(self, lab: Lab, pipe: int, seed: str, everybodys: list[str]) -> None:
        self.everybodys = everybodys
        self.kms, self.pipe, self.random = lab.client("kms"), pipe, random.Random(seed)  # noqa: S311
        self.root = lab.root.arn
        self.keys: list[str] = []
        self.number = 0

    def tell(self, state: str, key: str, what: str, value: Any) -> None:
        # One write is one line, whatever the other threads do: it is shorter than a pipe takes at once.
        os.write(self.pipe, json.dumps([state, key, what, value]).encode() + b"\n")

    def work(self) -> None:
        while True:
            self.step()

    def step(self) -> None:
        self.number += 1
        if not self.keys or self.random.random() < 0.2:
            return self.create()
        key = self.random.choice(self.keys)
        changes = [self.tag, self.describe, self.alias, self.policy, self.grant]
        do = self.random.choice([*changes, self.encrypt, self.encrypt])
        do(key, f"{self.number}-{self.random.getrandbits(32):08x}")

    def create(self) -> None:
        made = self.kms.create_key(MultiRegion=self.random.random() < 0.3)["KeyMetadata"]
        self.tell("done", made["Arn"], "key", True)
        self.keys.append(made["Arn"])
        self.everybodys.append(made["Arn"])

    def tag(self, key: str, value: str) -> None:
        self.tell("begun", key, "tag", value)
        self.kms.tag_resource(KeyId=key, Tags=[{"TagKey": "n", "TagValue": value}])
        self.tell("done", key, "tag", value)

    def describe(self, key: str, value: str) -> None:
        self.tell("begun", key, "description", value)
        self.kms.update_key_description(KeyId=key, Description=value)
        self.tell("done", key, "description", value)

    def alias(self, key: str, value: str) -> None:
        self.tell("begun", key, f"alias/{value}", True)
        self.kms.create_alias(AliasName=f"alias/{value}", TargetKeyId=key)
        self.tell("done", key, f"alias/{value}", True)
        if self.number % 3 == 0:
            self.tell("begun", key, f"alias/{value}", GONE)
            self.kms.delete_alias(AliasName=f"alias/{value}")
            self.tell("done", key, f"alias/{value}", GONE)

    def policy(self, key: str, value: str) -> None:
        everything = {"Effect": "Allow", "Principal": {"AWS": self.root}, "Action": "kms:*", "Resource": "*"}
        self.tell("begun", key, "policy", value)
        text = json.dumps({"Version": "2012-10-17", "Statement": [{"Sid": value, **everything}]})
        self.kms.put_key_policy(KeyId=key, PolicyName="default", Policy=text)
        self.tell("done", key, "policy", value)

    def grant(self, key: str, value: str) -> None:
        made = self.kms.create_grant(KeyId=key, GranteePrincipal=self.root, Operations=["Decrypt"], Name=value)
        self.tell("done", key, f"grant {made['GrantId']}", value)
        if self.number % 2:
            self.tell("begun", key, f"grant {made['GrantId']}", GONE)
            self.kms.revoke_grant(KeyId=key, GrantId=made["GrantId"])
            self.tell("done", key, f"grant {made['GrantId']}", GONE)

    def encrypt(self, key: str, value: str) -> None:
        # Another thread's rotation may have made the key material a moment ago: what is encrypted with it must not
        # outrun it.
        key = self.random.choice(self.everybodys)
        if self.number % 5 == 0:
            with contextlib.suppress(self.kms.exceptions.ConflictException, self.kms.exceptions.LimitExceededException):
                self.kms.rotate_key_on_demand(KeyId=key)
        blob = self.kms.encrypt(KeyId=key, Plaintext=value.encode())["CiphertextBlob"]
        self.tell("done", key, f"ciphertext {blob.hex()}", value)


class Expected:
    """What was told, as far as it came."""

    def __init__(self) -> None:
        #: For each key and part of it, what it may be: the last value that was answered, and what was begun since.
        self.values: dict[tuple[str, str], list[Any]] = {}
        self.told: Counter[str] = Counter()

    def take(self, line: bytes) -> None:
        state, key, what, value = json.loads(line)
        if state == "done":
            self.values[key, what] = [value]
            self.told[what.partition(" ")[0].partition("/")[0]] += 1
        else:
            self.values.setdefault((key, what), [GONE]).append(value)

    def compare(self, lab: Lab) -> None:
        keys = {key.arn: (key, store) for store in lab.world.stores for key in store.keys}
        kms = lab.client("kms")
        for (arn, what), allowed in self.values.items():
            key, store = keys[arn]
            kind, _, rest = what.partition(" ")
            if kind == "key":
                found: Any = True
            elif kind == "tag":
                found = key.tags.get("n")
            elif kind == "description":
                found = key.description or GONE
            elif kind == "policy":
                found = json.loads(key.policy)["Statement"][0]["Sid"]
                allowed = [*allowed, "Enable IAM User Permissions"] if GONE in allowed else allowed
            elif kind == "grant":
                grant = key.grants.get(rest)
                found = GONE if grant is None else grant.name
            elif kind == "ciphertext":
                found = kms.decrypt(CiphertextBlob=bytes.fromhex(rest))["Plaintext"].decode()
            else:
                found = True if what in store.alias_names(key) else GONE
            assert found in allowed, f"{what} of {arn} is {found!r} and should be one of {allowed}"
            self.values[arn, what] = [found]


def live(path: Path, seed: str, expected: Expected, until: float) -> int:
    """Start a child, take in what it tells, and kill it `until` seconds after its first answer; its status."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            lab = Lab.open(path, account_id="123456789010", region="us-east-1")
            keys: list[str] = []
            workers = [Worker(lab, writing, f"{seed}/{number}", keys) for number in range(THREADS)]
            for each in workers:
                threading.Thread(target=each.work, daemon=True).start()
            threading.Event().wait()
        finally:
            os._exit(1)
    os.close(writing)
    told = b""
    end = None
    while end is None or time.monotonic() < end:
        ready, _, _ = select.select([reading], [], [], 10 if end is None else max(0.0, end - time.monotonic()))
        if ready:
            piece = os.read(reading, 65536)
            assert piece, "the child came to an end by itself"
            told += piece
            end = end or time.monotonic() + until
        assert ready or end, "the child has not said anything for ten seconds"
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    while piece := os.read(reading, 65536):
        told += piece
    os.close(reading)
    for line in told.splitlines(keepends=True):
        # The last line may have come in half.
        if line.endswith(b"\n"):
            expected.take(line)
    return status


def kill_and_look(path: Path, seed: str, expected: Expected, until: float) -> None:
    assert os.WTERMSIG(live(path, seed, expected, until)) == signal.SIGKILL
    left = b"".join(each.read_bytes() for each in path.parent.glob(f"{path.name}*") if each.suffix != ".key")
    with Lab.open(path) as lab:
        expected.compare(lab)
        materials = [
            entry.material for store in lab.world.stores for key in store.keys for entry in key.ring if entry.material
        ]
        secrets = {secret_of(each) for each in materials}
        secrets |= {each.credentials.secret_access_key.encode() for each in (lab.root, lab.administrator)}
        assert materials
        assert not any(secret in left for secret in secrets)


def test_what_was_answered_survives_a_kill(tmp_path: Path) -> None:
    expected = Expected()
    for number in range(4):
        kill_and_look(tmp_path / "lab.kmslab", f"test {number}", expected, 0.02 + 0.06 * number)
    assert {"key", "tag", "ciphertext"} <= set(expected.told)
    assert sum(expected.told.values()) > 10


def main(rounds: int) -> None:
    seed = random.SystemRandom().getrandbits(32)
    chance = random.Random(seed)  # noqa: S311
    told: Counter[str] = Counter()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        expected, path = Expected(), Path(folder)
        for number in range(rounds):
            if number % LIVES == 0:
                told += expected.told
                expected, path = Expected(), Path(folder) / f"{number}.kmslab"
            kill_and_look(path, f"{seed}/{number}", expected, chance.random() * LONGEST)
            print(f"\rkilled {number + 1} of {rounds}", end="", file=sys.stderr, flush=True)
        told += expected.told
    print(file=sys.stderr)
    taken = time.monotonic() - began
    print(f"seed {seed}: killed {rounds} times in {taken:.0f} s, {sum(told.values())} answers, nothing lost")
    print(", ".join(f"{count} {what}" for what, count in told.most_common()))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
