"""An hour of mixed work, good and bad, against one server: memory, files and threads stay where they are.

    python tests/faults/soak.py --minutes 60 --rate 300 [--events 20000]

Each call leaves an event in the trail, so the server is told to keep the newest `--events` only: from then on nothing
grows but what AWS would keep too. That is counted and subtracted: a KMS key, an event of another service. What is left
is fitted with a line, without the first quarter, in which allocator and collector find their size; its slope must be
less than `--slope` MiB an hour. A few minutes show that it runs, and say little about the slope.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import json
import random
import socket
import statistics
import sys
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

if __package__:
    from . import malformed_kinds
    from . import served as http
    from .served import Served
else:
    import malformed_kinds
    import served as http
    from served import Served

#: What stays of a thing that AWS keeps, in bytes. Measured: a key with its alias and its grant; a packed event of a
#: service other than KMS.
A_KEY, AN_EVENT = 6000, 250

_LINES = 8


@dataclass
class World:
    """What there is to work with."""

    host: str
    keys: list[str] = field(default_factory=list)
    rsa: str = ""
    mac: str = ""
    signing: str = ""
    blobs: deque[str] = field(default_factory=lambda: deque(maxlen=100))
    made: Counter[str] = field(default_factory=Counter)
    number: int = 0


@dataclass(frozen=True)
class Work:
    """A request, and what is done with its answer."""

    data: bytes
    learn: Callable[[bytes], object] = lambda body: None


def _kms(world: World, operation: str, learn: Callable[[Any], object] = lambda reply: None, **members: Any) -> Work:
    return Work(
        http.kms(world.host, operation, json.dumps(members).encode()), lambda body: learn(json.loads(body or b"{}"))
    )


def _text(size: int, rng: random.Random) -> str:
    return base64.b64encode(rng.randbytes(size)).decode()


def _encrypt(world: World, rng: random.Random) -> Work:
    context = {"shelf": str(rng.randrange(50))} if rng.randrange(2) else {}
    size = rng.choice((16, 32, 4096))
    keep = (lambda reply: None) if context else (lambda reply: world.blobs.append(reply["CiphertextBlob"]))
    return _kms(
        world, "Encrypt", keep, KeyId=rng.choice(world.keys), Plaintext=_text(size, rng), EncryptionContext=context
    )


def _decrypt(world: World, rng: random.Random) -> Work:
    return _kms(world, "Decrypt", CiphertextBlob=rng.choice(world.blobs)) if world.blobs else _encrypt(world, rng)


def _reencrypt(world: World, rng: random.Random) -> Work:
    if not world.blobs:
        return _encrypt(world, rng)
    return _kms(world, "ReEncrypt", CiphertextBlob=rng.choice(world.blobs), DestinationKeyId=rng.choice(world.keys))


def _new_key(world: World, rng: random.Random) -> list[Work]:
    """A key's whole life; the next requests are made when its id is known."""
    world.number += 1
    number = world.number
    following: list[Work] = []

    def go_on(reply: Any) -> None:
        key_id = reply["KeyMetadata"]["KeyId"]
        alias = f"alias/soak-{number}"
        grantee = f"arn:aws:iam::{reply['KeyMetadata']['AWSAccountId']}:root"
        following.extend(
            (
                _kms(world, "CreateAlias", AliasName=alias, TargetKeyId=key_id),
                _kms(world, "CreateGrant", KeyId=key_id, GranteePrincipal=grantee, Operations=["Decrypt"]),
                _kms(world, "TagResource", KeyId=key_id, Tags=[{"TagKey": "a", "TagValue": "b"}]),
                _kms(world, "Encrypt", KeyId=alias, Plaintext="aGVsbG8="),
                _kms(world, "DeleteAlias", AliasName=alias),
                _kms(world, "ScheduleKeyDeletion", KeyId=key_id, PendingWindowInDays=7),
            )
        )
        world.made["keys"] += 1

    following.append(_kms(world, "CreateKey", go_on))
    return following


def _put(world: World, rng: random.Random) -> Work:
    body = rng.randbytes(rng.choice((100, 10_000, 200_000)))
    return Work(
        http.s3(
            world.host,
            "PUT",
            f"/soak/object-{rng.randrange(20)}",
            body,
            x_amz_server_side_encryption="aws:kms",
            x_amz_server_side_encryption_aws_kms_key_id=rng.choice(world.keys),
        )
    )


def _secret(world: World, rng: random.Random) -> Work:
    world.made["other events"] += 1
    body = json.dumps({"SecretId": f"soak-{rng.randrange(5)}"}).encode()
    return Work(http.json_call(world.host, "secretsmanager", "secretsmanager.GetSecretValue", body))


def _parameter(world: World, rng: random.Random) -> Work:
    world.made["other events"] += 1
    body = json.dumps({"Name": "/soak", "WithDecryption": True}).encode()
    return Work(http.json_call(world.host, "ssm", "AmazonSSM.GetParameter", body))


def _identity(world: World, rng: random.Random) -> Work:
    world.made["other events"] += 1
    return Work(http.form(world.host, "sts", b"Action=GetCallerIdentity&Version=2011-06-15"))


def _on_a_key(operation: str, **members: Any) -> Callable[[World, random.Random], Work]:
    return lambda world, rng: _kms(world, operation, KeyId=rng.choice(world.keys), **members)


#: Good work: how often, and how.
WORK: dict[str, tuple[int, Callable[[World, random.Random], Work]]] = {
    "Encrypt": (200, _encrypt),
    "Decrypt": (200, _decrypt),
    "ReEncrypt": (40, _reencrypt),
    "GenerateDataKey": (150, _on_a_key("GenerateDataKey", KeySpec="AES_256")),
    "GenerateDataKeyWithoutPlaintext": (40, _on_a_key("GenerateDataKeyWithoutPlaintext", NumberOfBytes=64)),
    "GenerateRandom": (30, lambda world, rng: _kms(world, "GenerateRandom", NumberOfBytes=32)),
    "GenerateMac": (30, lambda world, rng: _kms(
        world, "GenerateMac", KeyId=world.mac, Message=_text(99, rng), MacAlgorithm="HMAC_SHA_256")),
    "Sign": (30, lambda world, rng: _kms(
        world, "Sign", KeyId=world.signing, Message=_text(99, rng), SigningAlgorithm="ECDSA_SHA_256")),
    "Sign, RSA": (5, lambda world, rng: _kms(
        world, "Sign", KeyId=world.rsa, Message=_text(99, rng), SigningAlgorithm="RSASSA_PSS_SHA_256")),
    "GetPublicKey": (10, lambda world, rng: _kms(world, "GetPublicKey", KeyId=world.rsa)),
    "GenerateDataKeyPair": (5, _on_a_key("GenerateDataKeyPair", KeyPairSpec="ECC_NIST_P256")),
    "DescribeKey": (100, _on_a_key("DescribeKey")),
    "ListKeys": (10, lambda world, rng: _kms(world, "ListKeys", Limit=100)),
    "ListAliases": (10, lambda world, rng: _kms(world, "ListAliases", Limit=50)),
    "ListGrants": (10, _on_a_key("ListGrants")),
    "GetKeyPolicy": (10, _on_a_key("GetKeyPolicy")),
    "S3 put": (20, _put),
    "S3 get": (40, lambda world, rng: Work(http.s3(world.host, "GET", f"/soak/object-{rng.randrange(20)}"))),
    "secrets": (20, _secret),
    "parameters": (10, _parameter),
    "identity": (10, _identity),
}  # fmt: skip

#: Statuses of good work; an object may not be there yet.
GOOD = frozenset({200, 404})


#: Work for services that take seconds to be imported.
OTHERS = frozenset({"secrets", "parameters", "identity"})


def prepare(server: Served, *, few: bool) -> World:
    world = World(server.host)
    world.keys = [server.kms("CreateKey")["KeyMetadata"]["KeyId"] for _ in range(20)]
    specs = {"rsa": ("RSA_2048", "SIGN_VERIFY"), "signing": ("ECC_NIST_P256", "SIGN_VERIFY")}
    specs["mac"] = ("HMAC_256", "GENERATE_VERIFY_MAC")
    for name, (spec, usage) in specs.items():
        setattr(world, name, server.kms("CreateKey", KeySpec=spec, KeyUsage=usage)["KeyMetadata"]["KeyId"])
    requests = [http.s3(server.host, "PUT", "/soak")]
    for number in range(0 if few else 5):
        body = json.dumps({"Name": f"soak-{number}", "SecretString": "value", "ClientRequestToken": "t" * 32}).encode()
        requests.append(http.json_call(server.host, "secretsmanager", "secretsmanager.CreateSecret", body))
    body = json.dumps({"Name": "/soak", "Value": "value", "Type": "SecureString"}).encode()
    if not few:
        requests.append(http.json_call(server.host, "ssm", "AmazonSSM.PutParameter", body))
    for data in requests:
        with server.connect() as line:
            line.sendall(data)
            answer = http.read(line)
            assert answer.status == 200, answer
    return world


@dataclass
class Sample:
    """What the server took at a moment."""

    seconds: float
    requests: int
    memory: int
    files: int
    threads: int
    explained: float
    late: float


class Soak:
    """Sends requests at a rate, and keeps count."""

    def __init__(self, server: Served, seed: int, *, few: bool = False) -> None:
        """Prepare; with `few`, only KMS and S3 are asked."""
        self.server = server
        self.rng = random.Random(seed)  # noqa: S311
        self.world = prepare(server, few=few)
        self.bad = malformed_kinds.World(
            server.host,
            self.world.keys[0],
            f"arn:aws:kms:us-east-1:123456789010:key/{self.world.keys[0]}",
            "AAAA",
            few=few,
        )
        self.bad.renew()
        silent = [(kind.weight, kind.make) for kind in malformed_kinds.KINDS.values() if not kind.recorded]
        self.bad_weights, self.bad_makers = [each[0] for each in silent], [each[1] for each in silent]
        self.names = [name for name in WORK if not few or name not in OTHERS]
        self.weights = [WORK[name][0] for name in self.names]
        self.lines: list[socket.socket | None] = [None] * _LINES
        self.following: deque[list[Work]] = deque()
        self.answers: Counter[str] = Counter()
        self.findings: Counter[str] = Counter()
        self.sent = 0

    def close(self) -> None:
        """End the connections."""
        for line in self.lines:
            if line is not None:
                line.close()

    def step(self) -> None:
        """One request."""
        self.sent += 1
        chance = self.rng.random()
        if chance < 0.05:
            self._bad()
        elif chance < 0.07:
            self._dropped()
        else:
            self._good()

    def _good(self) -> None:
        if self.following and self.rng.randrange(2):
            life = self.following[0]
            name, work = "a key's life", life.pop(0)
            self._ask(name, work)
            if not life:
                self.following.popleft()
            return
        if self.rng.random() < 0.001:
            self.following.append(_new_key(self.world, self.rng))
        name = self.rng.choices(self.names, self.weights)[0]
        self._ask(name, WORK[name][1](self.world, self.rng))

    def _ask(self, name: str, work: Work) -> None:
        at = self.sent % _LINES
        for _ in (0, 1):
            line = self.lines[at] = self.lines[at] or self.server.connect()
            try:
                line.sendall(work.data)
                answer = http.read(line)
                break
            except (ConnectionError, http.GoneError):
                line.close()
                self.lines[at] = None
        else:
            self.findings[f"{name}: no answer"] += 1
            return
        self.answers[f"{name}: {answer.status} {answer.code}"] += 1
        if answer.status not in GOOD or (answer.status == 404 and name != "S3 get"):
            self.findings[f"{name}: {answer.status} {answer.code} {answer.body[:200]!r}"] += 1
        elif answer.status == 200:
            work.learn(answer.body)

    def _bad(self) -> None:
        shot = self.rng.choices(self.bad_makers, self.bad_weights)[0](self.bad, self.rng)
        with self.server.connect() as line:
            with contextlib.suppress(OSError):
                line.sendall(shot.data)
                line.shutdown(socket.SHUT_WR)
            said = http.rest(line)
        self.answers[f"malformed: {said[9:12].decode('latin-1') or 'closed'}"] += 1
        if b"HTTP/1.1 5" in said:
            self.findings[f"malformed: {said[:100]!r} to {shot.data[:300]!r}"] += 1

    def _dropped(self) -> None:
        """A connection that ends in the middle of a good request, or before its answer."""
        data = _put(self.world, self.rng).data if self.rng.randrange(2) else _encrypt(self.world, self.rng).data
        with self.server.connect() as line, contextlib.suppress(OSError):
            line.sendall(data[: self.rng.randrange(1, len(data) + 1)])
        self.answers["dropped midway"] += 1

    def explained(self) -> float:
        """What AWS would keep as well, in KiB."""
        made = self.world.made
        return (made["keys"] * A_KEY + made["other events"] * AN_EVENT) / 1024


def run(soak: Soak, minutes: float, rate: float, every: float, *, show: bool) -> list[Sample]:
    """Work for so long, and look at the server now and then."""
    samples: list[Sample] = []
    began = time.monotonic()
    due, looked, renewed, late = began, began - every, began, 0.0
    server = soak.server
    while (now := time.monotonic()) < began + 60 * minutes:
        if now - looked >= every:
            looked = now
            made = (server.memory(), server.files(), server.threads())
            samples.append(Sample(now - began, soak.sent, *made, soak.explained(), late))
            late = 0.0
            if show and len(samples) % 6 == 1:
                print(shown(samples[-1]), flush=True)
        if now - renewed > 100:
            renewed = now
            soak.bad.renew()
        if now < due:
            time.sleep(due - now)
        late = max(late, now - due)
        # What cannot be made up for is left out: the rate is a wish.
        due = max(due, now - 1) + 1 / rate
        soak.step()
    return samples


def shown(sample: Sample) -> str:
    return (
        f"{sample.seconds:>7.0f} s {sample.requests:>10,} requests {sample.memory / 1024:>8.1f} MiB "
        f"({sample.explained / 1024:.1f} explained) {sample.files:>4} files {sample.threads:>3} threads, "
        f"late by {sample.late:.2f} s at most"
    )


def slope(samples: list[Sample]) -> float:
    """MiB an hour of what is not explained, from a line through all samples but those of the warm-up."""
    kept = samples[len(samples) // 4 :]
    if len(kept) < 3:
        return 0.0
    found = statistics.linear_regression(
        [each.seconds / 3600 for each in kept], [(each.memory - each.explained) / 1024 for each in kept]
    )
    return found.slope


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--rate", type=float, default=300, help="requests a second, at most")
    parser.add_argument("--events", type=int, default=20_000, help="events that the server keeps")
    parser.add_argument("--slope", type=float, default=10, help="the most that may be unexplained, in MiB an hour")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with http.served("--events", str(options.events)) as server:
        soak = Soak(server, options.seed)
        samples = run(soak, options.minutes, options.rate, 10, show=True)
        cpu, log = server.cpu(), server.said()
        final = server.kms("ListKeys", Limit=1)
        soak.close()
    print()
    for sample in samples[:: max(1, len(samples) // 30)]:
        print(shown(sample))
    print()
    for name, count in sorted(soak.answers.items()):
        print(f"{count:>9,} {name}")
    kept = samples[len(samples) // 4 :]
    grown = slope(samples)
    print(f"{soak.sent:,} requests in {options.minutes:.0f} minutes, {cpu * 1e6 / soak.sent:,.0f} us of processor each")
    print(f"files {min(s.files for s in kept)} to {max(s.files for s in kept)}, ", end="")
    print(f"threads {min(s.threads for s in kept)} to {max(s.threads for s in kept)} after the warm-up")
    print(f"made: {dict(soak.world.made)}")
    print(f"memory: {grown:+.2f} MiB an hour that are not explained (at most {options.slope:.0f})")
    if grown > options.slope:
        soak.findings[f"memory grows by {grown:.1f} MiB an hour"] += 1
    if kept and max(each.files for each in kept[-3:]) > min(each.files for each in kept) + 20:
        soak.findings["files are left open"] += 1
    if log:
        soak.findings[f"the server's log: {log[-1500:]}"] += 1
    assert final["Keys"]
    for finding, count in soak.findings.most_common():
        print(f"FINDING {count} x {finding}")
    print(f"{len(soak.findings)} findings")
    return 1 if soak.findings else 0


if __name__ == "__main__":
    sys.exit(main())
