"""Processes that have a state file open are killed, and what they had answered is looked for.

    python tests/faults/kills.py --count 1000

Each round forks a child, which works on a state file, and sends it SIGKILL at a random moment:

    working    three threads call through boto3 in the child's process
    serving    three threads of this process call over HTTP
    opening    the child opens the file, or makes it, and is killed meanwhile
    upgrading  the child brings the file to a next version of the format
    resetting  the child empties its Lab again and again, as POST /_kmslab/reset does

Then the file is opened here. What was answered is there, and in the bill and the trail; what was only begun is there
wholly or not at all; SQLite finds no fault in the file; nobody holds its lock; each ciphertext decrypts.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import select
import shutil
import signal
import socket
import sqlite3
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ConnectionError as NotReachable
from botocore.exceptions import HTTPClientError

from kmslab import Lab
from kmslab.keys.timers import Due
from kmslab.serving import Serving, Wish
from kmslab.storage import database

ACCESS_KEY = ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
ACCOUNT, REGION = "123456789010", "us-east-1"

#: How long a child lives after it has begun to work, in seconds; one that opens is killed as soon.
SHORTEST, LONGEST = 0.005, 0.08

#: How many lives a file has: each opens what the one before has left.
LIVES = 12

THREADS = 3
GONE = None
TAGS = [{"TagKey": "purpose", "TagValue": "faults"}, {"TagKey": "n", "TagValue": "0"}]

Tell = Callable[[str, str, str, str, Any], None]


class FoundError(Exception):
    """Something that must not be."""


class CutError(Exception):
    """A reply whose body has not come."""


class Worker:
    """Calls one thing after the other, and tells of each before and after: state, operation, key, what, value."""

    def __init__(self, kms: Any, tell: Tell, chance: random.Random) -> None:
        self.kms, self.tell, self.random = kms, tell, chance
        self.keys: list[str] = []

    def step(self) -> None:
        if not self.keys or self.random.random() < 0.2:
            return self.create()
        steps = (self.tag, self.alias, self.grant, self.schedule, self.rotate, self.encrypt, self.encrypt)
        self.random.choice(steps)(self.random.choice(self.keys), f"{self.random.getrandbits(48):012x}")

    def do(self, operation: str, key: str, what: str, value: Any, **params: Any) -> None:
        self.tell("begun", operation, key, what, value)
        self.call(operation, **params)
        self.tell("done", operation, key, what, value)

    def call(self, operation: str, **params: Any) -> dict[str, Any]:
        answer: dict[str, Any] = getattr(self.kms, operation)(**params)
        if len(answer) == 1 and answer["ResponseMetadata"]["HTTPHeaders"]["content-length"] != "0":
            # Killed between the head of its reply and the body: urllib3 takes that for an empty body.
            raise CutError
        return answer

    def create(self) -> None:
        self.tell("begun", "create_key", "", "", None)
        made = self.call("create_key", Tags=TAGS, Description="made at once")["KeyMetadata"]["Arn"]
        self.tell("done", "create_key", made, "key", True)
        self.keys.append(made)

    def tag(self, key: str, value: str) -> None:
        self.do("tag_resource", key, "tag", value, KeyId=key, Tags=[{"TagKey": "n", "TagValue": value}])

    def alias(self, key: str, value: str) -> None:
        name = f"alias/{value}"
        self.do("create_alias", key, name, True, AliasName=name, TargetKeyId=key)
        if self.random.random() < 0.3:
            self.do("delete_alias", key, name, GONE, AliasName=name)

    def grant(self, key: str, value: str) -> None:
        root = f"arn:aws:iam::{ACCOUNT}:root"
        self.tell("begun", "create_grant", "", "", None)
        made = self.call("create_grant", KeyId=key, GranteePrincipal=root, Operations=["Decrypt"], Name=value)[
            "GrantId"
        ]
        self.tell("done", "create_grant", key, f"grant {made}", value)
        if self.random.random() < 0.4:
            self.do("revoke_grant", key, f"grant {made}", GONE, KeyId=key, GrantId=made)

    def schedule(self, key: str, value: str) -> None:
        # It disables the key, too.
        self.tell("begun", "schedule_key_deletion", key, "enabled", False)
        self.do("schedule_key_deletion", key, "deletion", True, KeyId=key, PendingWindowInDays=7)
        self.do("cancel_key_deletion", key, "deletion", GONE, KeyId=key)
        self.do("enable_key", key, "enabled", True, KeyId=key)
        if self.random.random() < 0.2:
            self.keys.remove(key)
            self.tell("begun", "schedule_key_deletion", key, "enabled", False)
            self.do("schedule_key_deletion", key, "deletion", True, KeyId=key, PendingWindowInDays=30)

    def rotate(self, key: str, value: str) -> None:
        self.do("enable_key_rotation", key, "rotation", True, KeyId=key)
        self.do("disable_key_rotation", key, "rotation", False, KeyId=key)

    def encrypt(self, key: str, value: str) -> None:
        self.tell("begun", "encrypt", "", "", None)
        blob = self.call("encrypt", KeyId=key, Plaintext=value.encode())["CiphertextBlob"]
        self.tell("done", "encrypt", key, f"ciphertext {blob.hex()}", value)


#: What changes nothing: its record comes to the disk with the next change.
READS = frozenset({"encrypt"})


class Expected:
    """What one file was told to hold, over all its lives."""

    def __init__(self) -> None:
        self.values: dict[tuple[str, str], list[Any]] = {}
        self.kept: Counter[str] = Counter()
        self._waiting: Counter[str] = Counter()
        self._lock = threading.Lock()
        # What had been answered when a change began has to be on the disk once the change is answered.
        self._before: dict[tuple[str, str, str], Counter[str]] = {}

    def tell(self, state: str, operation: str, key: str, what: str, value: Any) -> None:
        with self._lock:
            self._tell(state, operation, key, what, value)

    def _tell(self, state: str, operation: str, key: str, what: str, value: Any) -> None:
        name = (operation, key, what)
        if state == "begun":
            if what:
                self.values.setdefault((key, what), [self._nothing(what)]).append(value)
                self._before[name] = Counter(self._waiting)
            return
        self.values[key, what] = [value]
        if operation in READS:
            self._waiting[operation] += 1
            return
        self.kept[operation] += 1
        for read, count in self._before.pop(name, Counter()).items():
            self.kept[read] = max(self.kept[read], count)

    @staticmethod
    def _nothing(what: str) -> Any:
        return {"tag": "0", "enabled": True, "rotation": False}.get(what, GONE)

    def compare(self, lab: Lab) -> int:
        """Compare with what is there; how many things were looked at."""
        keys = {key.arn: (key, store) for store in lab.world.stores for key in store.keys}
        kms = lab.client("kms", region_name=REGION)
        for (arn, what), allowed in self.values.items():
            if arn not in keys:
                raise FoundError(f"{arn} was answered and is not there")
            key, store = keys[arn]
            found = self._found(what, key, store, kms)
            if found not in allowed:
                raise FoundError(f"{what} of {arn} is {found!r} and should be one of {allowed}")
            self.values[arn, what] = [found]
        trail = Counter(call.operation for call in lab.trail.calls)
        bill: Counter[str] = Counter()
        for request, count in lab.bill.usage.requests.items():
            bill[request.operation] += count
        for name, counted in (("trail", trail), ("bill", bill)):
            for operation, count in self.kept.items():
                there = counted["".join(each.title() for each in operation.split("_"))]
                if there < count:
                    raise FoundError(f"the {name} has {there} {operation}, and {count} were answered")
        self._look_for_halves(lab, keys, trail)
        # What has been looked at was opened anew: it counts from here.
        self._waiting = Counter({"encrypt": trail["Encrypt"]})
        return len(self.values)

    def _found(self, what: str, key: Any, store: Any, kms: Any) -> Any:
        kind, _, rest = what.partition(" ")
        if kind == "ciphertext":
            if key.deletion_date is not None or not key.enabled:
                return self.values[key.arn, what][0]
            return kms.decrypt(CiphertextBlob=bytes.fromhex(rest))["Plaintext"].decode()
        if kind == "grant":
            grant = key.grants.get(rest)
            return GONE if grant is None else grant.name
        looks: dict[str, Callable[[], Any]] = {
            "key": lambda: True,
            "tag": lambda: key.tags["n"],
            "deletion": lambda: True if key.deletion_date else GONE,
            "enabled": lambda: key.enabled,
            "rotation": lambda: key.rotation.enabled,
        }
        if kind in looks:
            return looks[kind]()
        return True if what in store.alias_names(key) else GONE

    @staticmethod
    def _look_for_halves(lab: Lab, keys: dict[str, Any], trail: Counter[str]) -> None:
        if len(keys) != trail["CreateKey"]:
            raise FoundError(f"there are {len(keys)} keys, and the trail has {trail['CreateKey']} CreateKey")
        waiting = {id(timer.subject) for timer in lab.world.timers if timer.what is Due.DELETION}
        for arn, (key, store) in keys.items():
            if key.description != "made at once" or key.tags.keys() != {"purpose", "n"}:
                raise FoundError(f"{arn} has come in half: {key.description!r} {key.tags}")
            if key.deletion_date is not None and id(key) not in waiting:
                raise FoundError(f"{arn} is to be deleted, and nothing waits to do it")
            for name in store.alias_names(key):
                if store.alias(name).target_key_id != key.key_id:
                    raise FoundError(f"{name} points elsewhere")


# --- the children ---


def say_to(pipe: int, line: bytes) -> None:
    # One write is one line, whatever the other threads do: it is shorter than a pipe takes at once.
    os.write(pipe, line + b"\n")


def forked(work: Callable[[Callable[[bytes], None]], None]) -> tuple[int, int]:
    """Do something in a child until it is killed; its id, and where it can be heard."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            os.nice(5)
            work(lambda line: say_to(writing, line))
        except BaseException as error:
            say_to(writing, json.dumps(["failed", repr(error)]).encode())
        finally:
            os._exit(1)
    os.close(writing)
    return child, reading


def kill(child: int, reading: int, after: float, first: bool) -> list[Any]:
    """Kill a child `after` seconds, counted from the first thing it says if `first`; everything that it said."""
    told, end = b"", None if first else time.monotonic() + after
    while end is None or time.monotonic() < end:
        ready, _, _ = select.select([reading], [], [], 20 if end is None else max(0.0, end - time.monotonic()))
        if ready:
            piece = os.read(reading, 65536)
            if not piece:
                break
            told += piece
            end = end or time.monotonic() + after
        elif end is None:
            raise FoundError("a child has said nothing for 20 seconds")
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while piece := os.read(reading, 65536):
        told += piece
    os.close(reading)
    # The last line may have come in half.
    lines = [json.loads(line) for line in told.split(b"\n")[:-1]]
    for line in lines:
        if line[0] == "failed":
            raise FoundError(f"a child failed: {line[1]}")
    return lines


def open_here(path: Path) -> Lab:
    return Lab.open(path, account_id=ACCOUNT, region=REGION, access_key=ACCESS_KEY)


def working(path: Path, expected: Expected, chance: random.Random) -> None:
    seeds = [chance.random() for _ in range(THREADS)]

    def work(say: Callable[[bytes], None]) -> None:
        lab = open_here(path)
        workers = [
            Worker(lab.client("kms"), lambda *told: say(json.dumps(told).encode()), random.Random(seed))  # noqa: S311
            for seed in seeds
        ]

        def run(worker: Worker) -> None:
            try:
                while True:
                    worker.step()
            except BaseException as error:
                say(json.dumps(["failed", repr(error)]).encode())

        for each in workers:
            threading.Thread(target=run, args=(each,), daemon=True).start()
        threading.Event().wait()

    child, reading = forked(work)
    for line in kill(child, reading, chance.uniform(SHORTEST, LONGEST), first=True):
        expected.tell(*line)


class Clients:
    """Clients of this process, made once: it takes longer than most children live."""

    def __init__(self) -> None:
        with closing(socket.socket()) as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        options = Config(retries={"total_max_attempts": 1}, read_timeout=10, connect_timeout=5)
        session = boto3.Session(*ACCESS_KEY, region_name=REGION)
        url = f"http://127.0.0.1:{self.port}"
        self.clients = [session.client("kms", endpoint_url=url, config=options) for _ in range(THREADS)]


def serving(path: Path, expected: Expected, chance: random.Random, clients: Clients) -> None:
    def work(say: Callable[[bytes], None]) -> None:
        lab = open_here(path)
        lab.endpoint(clients.port)
        say(b'["ready"]')
        threading.Event().wait()

    child, reading = forked(work)
    failures: list[str] = []
    heard = threading.Event()

    def run(worker: Worker) -> None:
        try:
            while True:
                worker.step()
                heard.set()
        except (NotReachable, HTTPClientError, CutError):
            heard.set()
        except BaseException as error:
            failures.append(repr(error))
            heard.set()

    ready, _, _ = select.select([reading], [], [], 20)
    if not ready:
        os.kill(child, signal.SIGKILL)
        raise FoundError("a server has not begun within 20 seconds")
    threads = [
        threading.Thread(target=run, args=(Worker(kms, expected.tell, random.Random(chance.random())),))  # noqa: S311
        for kms in clients.clients
    ]
    for each in threads:
        each.start()
    heard.wait(20)
    try:
        kill(child, reading, chance.uniform(SHORTEST, LONGEST), first=False)
    finally:
        for each in threads:
            each.join()
    if failures:
        raise FoundError(f"a client was answered: {failures[0]}")


def opening(path: Path, expected: Expected, chance: random.Random) -> None:
    def work(say: Callable[[bytes], None]) -> None:
        for number in range(100):
            open_here(path).close()
            del number

    child, reading = forked(work)
    kill(child, reading, chance.uniform(0, LONGEST), first=False)


def upgrading(path: Path, expected: Expected, chance: random.Random) -> None:
    # Nothing changes but the version: the file is of the next one from now on.
    database.MIGRATIONS = (*database.MIGRATIONS, dict)
    opening(path, expected, chance)


def resetting(path: Path, expected: Expected, chance: random.Random) -> None:
    def work(say: Callable[[bytes], None]) -> None:
        os.environ["KMSLAB_ACCESS_KEY_ID"], os.environ["KMSLAB_SECRET_ACCESS_KEY"] = ACCESS_KEY
        serving = Serving(Wish("127.0.0.1", 0, path, allow_reset=True))
        say(b'["ready"]')
        while True:
            serving.lab.client("kms").create_key(Tags=TAGS, Description="made at once")
            serving._reset()

    child, reading = forked(work)
    kill(child, reading, chance.uniform(SHORTEST, LONGEST), first=True)
    expected.values.clear()
    expected.kept.clear()


# --- the rounds ---


def look(path: Path, expected: Expected) -> int:
    """Look at what a killed process has left."""
    if path.exists():
        with tempfile.TemporaryDirectory() as aside:
            for each in path.parent.glob(f"{path.name}*"):
                shutil.copy(each, aside)
            with closing(sqlite3.connect(Path(aside) / path.name)) as connection:
                (said,) = connection.execute("PRAGMA integrity_check").fetchone()
        if said != "ok":
            raise FoundError(f"SQLite says: {said}")
    with open_here(path) as lab:
        return expected.compare(lab)


class Rounds:
    """Rounds of all kinds, on files of several lives each."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self.random = folder, random.Random(seed)  # noqa: S311
        self.clients = Clients()
        self.counts: Counter[str] = Counter()
        self.told: Counter[str] = Counter()
        self.looked_at = 0
        self._expected = Expected()
        self._file = 0
        self._lives = 0
        # Everything is imported before the first child.
        with open_here(folder / "warm") as lab:
            lab.client("kms").create_key()
            lab.endpoint()

    def run(self, kind: str) -> None:
        """One round."""
        if self._lives >= LIVES:
            self._new_file()
        self._lives += 1
        path = self.folder / f"{self._file}.kmslab"
        before = sum(self._expected.kept.values())
        if kind == "serving":
            serving(path, self._expected, self.random, self.clients)
        else:
            KINDS[kind](path, self._expected, self.random)
        self.told[kind] += max(0, sum(self._expected.kept.values()) - before)
        self.looked_at += look(path, self._expected)
        self.counts[kind] += 1

    def _new_file(self) -> None:
        for each in self.folder.glob(f"{self._file}.kmslab*"):
            each.unlink()
        self._file, self._lives, self._expected = self._file + 1, 0, Expected()
        database.MIGRATIONS = ()


KINDS: dict[str, Callable[[Path, Expected, random.Random], None]] = {
    "working": working,
    "opening": opening,
    "upgrading": upgrading,
    "resetting": resetting,
}

#: How often each kind comes, in a hundred rounds.
SHARES = {"working": 50, "serving": 25, "opening": 13, "upgrading": 5, "resetting": 7}


def main() -> int:
    """Run the rounds; 1 if something was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100, help="how many rounds")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().getrandbits(32))
    parser.add_argument("--folder", type=Path, help="where; a temporary folder unless said otherwise")
    options = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        rounds = Rounds(Path(folder), options.seed)
        kinds = random.Random(options.seed).choices(list(SHARES), list(SHARES.values()), k=options.count)  # noqa: S311
        for number, kind in enumerate(kinds, 1):
            try:
                rounds.run(kind)
            except Exception as error:
                kept = Path(tempfile.mkdtemp(prefix="kmslab-kills-"))
                shutil.copytree(folder, kept, dirs_exist_ok=True)
                print(f"\nseed {options.seed}, round {number} ({kind}): {error!r}; the files are in {kept}")
                return 1
            print(f"\rkilled {number} of {options.count}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    print(f"seed {options.seed}: killed {options.count} times in {time.monotonic() - began:.0f} s, nothing found")
    for kind, count in rounds.counts.most_common():
        print(f"  {kind:10} {count:5} times, {rounds.told[kind]:6} changes answered")
    print(f"  {rounds.looked_at} things were looked for and found")
    return 0


if __name__ == "__main__":
    sys.exit(main())
