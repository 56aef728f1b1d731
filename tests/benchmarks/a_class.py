"""How many learners one `kmslab serve` carries: real boto3 clients, each in an account of its own, at a lesson's pace.

    python tests/benchmarks/a_class.py [--learners 10,30,60,120] [--seconds 60] [--state]

In the table: one class of 60, for 30 seconds.

A learner thinks, then works through a cell: one to five calls, one after the other. The mix is a lesson's: of 100
calls 30 are Encrypt, 25 Decrypt, 15 GenerateDataKey, 10 DescribeKey, 8 ListAliases, 3 PutKeyPolicy, 2 CreateGrant,
3 CreateKey, 2 Sign and 2 LookupEvents. Thinking takes 8 s on average, exponentially distributed. That is a class in a
hurry: over a lesson (100 calls in half an hour) a learner calls once in 18 s, here once in 3 s.

The learners are threads of a few processes beside the server's, and need more of the machine than it does: their
clients sign, send and parse. So the latencies are those of a busy machine. What the server itself took of its core
stands beside them; from that follows how many learners a core carries. Also: how long accounts take to open.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import boto3
import psutil
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from table import Line, Target

from kmslab.classroom.roster import Learner, Roster

#: What a class may wait for an answer, in seconds: 95 of 100 calls are quicker.
CRITERION = 0.1
TARGETS = (Target("a class of 60 on one server: p95 of a call", "ms", "", "at most", 1000 * CRITERION),)

THINKING = 8.0
CELL = (1, 5)
MIX = {
    "encrypt": 30, "decrypt": 25, "generate_data_key": 15, "describe_key": 10, "list_aliases": 8, "put_key_policy": 3,
    "create_grant": 2, "create_key": 3, "sign": 2, "lookup_events": 2,
}  # fmt: skip


class Worked(NamedTuple):
    """What a class did: its calls, for how long, the server's processor seconds, and its memory in bytes."""

    found: list[Answered]
    taken: float
    used: float
    memory: int

    @property
    def cuts(self) -> list[float]:
        """The percentiles of the calls' seconds."""
        return statistics.quantiles((each.seconds for each in self.found), n=100)


class Answered(NamedTuple):
    """One call: what, how long it took in seconds, and the error's name or nothing."""

    work: str
    seconds: float
    error: str


def main() -> None:
    """Measure classes of several sizes and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--learners", default="10,30,60,120", help="sizes of the class (%(default)s)")
    parser.add_argument("--accounts", default="60,200", help="how many to open and measure; empty: none (%(default)s)")
    parser.add_argument("--seconds", type=float, default=60, help="how long each works (%(default)s)")
    parser.add_argument(
        "--thinking", type=float, default=THINKING, help="seconds before a cell, on average (%(default)s)"
    )
    parser.add_argument("--processes", type=int, default=2, help="processes that the learners share (%(default)s)")
    parser.add_argument("--state", action="store_true", help="keep the Lab in a file, as kmslab serve --state does")
    options = parser.parse_args()
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print("\nopening the accounts     seconds    MB more    MB an account")
    for size in filter(None, options.accounts.split(",")):
        opening(int(size))
    print(
        f"\n{'learners':>8}{'calls':>8}{'a second':>10}{'p50 ms':>8}{'p95 ms':>8}{'p99 ms':>8}{'errors':>8}"
        f"{'CPU %':>8}{'ms CPU':>8}{'MB':>8}"
    )
    for size in map(int, options.learners.split(",")):
        show(size, measure(size, options))


def lines(options: argparse.Namespace) -> Iterator[Line]:
    """The class that kmslab promises to carry; with `quick` one of ten."""
    size, seconds = (10, 5) if options.quick else (60, 30)
    worked = measure(size, argparse.Namespace(seconds=seconds, thinking=seconds / 4, processes=2, state=False))
    errors = sum(bool(each.error) for each in worked.found)
    share_of_core = f"{worked.used / worked.taken:.0%} of a core for the server"
    note = f"{size} learners: {len(worked.found)} calls, {errors} errors, {share_of_core}"
    yield TARGETS[0].line(1000 * worked.cuts[94], note=note)


def opening(size: int) -> None:
    """How long the accounts of a class take, and what they need, against a class of two."""
    found = []
    for learners in (2, size):
        started = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder, serving(Path(folder), learners, state=False) as (server, _, _):
            found.append((time.perf_counter() - started, server.memory_info().rss / 1e6))
    seconds, megabytes = found[1][0] - found[0][0], found[1][1] - found[0][1]
    print(f"{size:>8} accounts{seconds:>15.1f}{megabytes:>11.0f}{megabytes / (size - 2):>17.2f}", flush=True)


def measure(size: int, options: argparse.Namespace) -> Worked:
    """Let a class work for a while."""
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder), size, options.state) as (server, url, roster):
        answers: multiprocessing.Queue[list[Answered]] = multiprocessing.Queue()
        ready = multiprocessing.Barrier(options.processes + 1)
        shares = [roster.learners[number :: options.processes] for number in range(options.processes)]
        workers = [
            multiprocessing.Process(target=share, args=(part, url, options.seconds, options.thinking, ready, answers))
            for part in shares
        ]
        for worker in workers:
            worker.start()
        ready.wait()
        before = server.cpu_times()
        ready.wait()
        started = time.perf_counter()
        found = [each for _ in workers for each in answers.get()]
        taken = time.perf_counter() - started
        after = server.cpu_times()
        for worker in workers:
            worker.join()
        used = after.user + after.system - before.user - before.system
        return Worked(found, taken, used, server.memory_info().rss)


def show(size: int, worked: Worked) -> None:
    """Print one line, and what went wrong."""
    found, taken, used, memory = worked
    cuts = worked.cuts
    errors = Counter(each.error for each in found if each.error)
    print(
        f"{size:>8}{len(found):>8}{len(found) / taken:>10.1f}{cuts[49] * 1000:>8.1f}{cuts[94] * 1000:>8.1f}"
        f"{cuts[98] * 1000:>8.1f}{sum(errors.values()):>8}{used / taken * 100:>8.1f}{used / len(found) * 1000:>8.2f}"
        f"{memory / 1e6:>8.0f}{'' if cuts[94] < CRITERION else '   too slow'}{errors or ''}",
        flush=True,
    )


@contextmanager
def serving(folder: Path, size: int, state: bool) -> Iterator[tuple[psutil.Process, str, Roster]]:
    """A served class: the server's process, its address and who is in the class."""
    roster = Roster.new([f"learner {number}" for number in range(size)])
    roster.write(folder / "class.csv")
    command = [sys.executable, "-m", "kmslab", "serve", "--port", "0", "--class", str(folder / "class.csv")]
    command += ["--state", str(folder / "class.kmslab")] if state else []
    environment = {**os.environ, "KMSLAB_HOME": str(folder)}
    with subprocess.Popen(  # noqa: S603
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        assert server.stdout is not None
        url = server.stdout.readline().strip().partition(" ")[2]
        assert url
        try:
            yield psutil.Process(server.pid), url, roster
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(120)


def share(learners: tuple[Learner, ...], url: str, seconds: float, thinking: float, ready: Any, answers: Any) -> None:
    """Let some of the class work, each in a thread."""
    found: list[Answered] = []
    seats = [Seat(learner, url, random.Random(learner.account_id)) for learner in learners]  # noqa: S311
    ready.wait()
    ready.wait()
    until = time.perf_counter() + seconds
    threads = [threading.Thread(target=seat.work, args=(until, thinking, found)) for seat in seats]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    answers.put(found)


class Seat:
    """One learner with clients, a key to encrypt with and a key to sign with."""

    def __init__(self, learner: Learner, url: str, chance: random.Random) -> None:
        """Make what a learner has after the first cells."""
        self._chance = chance
        session = boto3.Session(learner.access_key_id, learner.secret_access_key, region_name="us-east-1")
        config = Config(retries={"total_max_attempts": 1})
        kms = session.client("kms", endpoint_url=url, config=config)
        cloudtrail = session.client("cloudtrail", endpoint_url=url, config=config)
        key_id = kms.create_key()["KeyMetadata"]["KeyId"]
        signer = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
        kms.create_alias(AliasName="alias/letters", TargetKeyId=key_id)
        context = {"to": learner.partner}
        blob = kms.encrypt(KeyId=key_id, Plaintext=b"x" * 100, EncryptionContext=context)["CiphertextBlob"]
        policy = json.loads(kms.get_key_policy(KeyId=key_id)["Policy"])
        whom = f"arn:aws:iam::{learner.account_id}:root"
        self._works: dict[str, Callable[[], Any]] = {
            "encrypt": lambda: kms.encrypt(KeyId="alias/letters", Plaintext=b"x" * 100, EncryptionContext=context),
            "decrypt": lambda: kms.decrypt(CiphertextBlob=blob, EncryptionContext=context),
            "generate_data_key": lambda: kms.generate_data_key(KeyId=key_id, KeySpec="AES_256"),
            "describe_key": lambda: kms.describe_key(KeyId=key_id),
            "list_aliases": lambda: kms.list_aliases(),
            "put_key_policy": lambda: kms.put_key_policy(KeyId=key_id, Policy=json.dumps(policy)),
            "create_grant": lambda: kms.create_grant(KeyId=key_id, GranteePrincipal=whom, Operations=["Decrypt"]),
            "create_key": lambda: kms.create_key(Description="another"),
            "sign": lambda: kms.sign(KeyId=signer, Message=b"x", SigningAlgorithm="ECDSA_SHA_256"),
            "lookup_events": lambda: cloudtrail.lookup_events(MaxResults=20),
        }

    def work(self, until: float, thinking: float, found: list[Answered]) -> None:
        """Think and call until it is time."""
        # Nobody begins at the same moment.
        pause = self._chance.uniform(0, thinking)
        while time.perf_counter() + pause < until:
            time.sleep(pause)
            for work in self._chance.choices([*MIX], [*MIX.values()], k=self._chance.randint(*CELL)):
                found.append(self._timed(work))
            pause = self._chance.expovariate(1 / thinking)

    def _timed(self, work: str) -> Answered:
        started = time.perf_counter()
        error = ""
        try:
            self._works[work]()
        except (ClientError, BotoCoreError) as raised:
            error = type(raised).__name__
        return Answered(work, time.perf_counter() - started, error)


if __name__ == "__main__":
    main()
