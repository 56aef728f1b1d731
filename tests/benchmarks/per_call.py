"""What one boto3 call costs through kmslab, through moto, and through a hook that returns a constant.

    python tests/benchmarks/per_call.py [--rounds N] [--calls N]

Through kmslab permissions are asked, and bill and trail are kept. The constant is botocore's floor: the client
prepares, signs and parses, and nothing else happens; what it parses has the headers of KMS's replies and members as
long as theirs. Each peer lives in a process of its own, and they take short
turns, a few milliseconds each, so that a machine whose speed drifts is as fast for one as for the other. Every figure
is a median over the rounds, ratios are taken round by round.
"""

from __future__ import annotations

import argparse
import base64
import io
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from table import Line, Target

PEERS = ("floor", "kmslab", "moto")
OPERATIONS = ("encrypt", "decrypt", "generate_data_key", "describe_key")
CONTEXT = {"purpose": "benchmark"}
TARGETS = tuple(Target(f"in process: {work}", "us a call", "botocore alone", "at most", 1.25) for work in OPERATIONS)

#: Microseconds a call of a peer at some work, one for each round.
Turns = dict[tuple[str, str], list[float]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=100, help="turns of each peer (%(default)s)")
    parser.add_argument("--calls", type=int, default=20, help="calls in a turn (%(default)s)")
    parser.add_argument("--peer", choices=PEERS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer:
        serve(options.peer)
        return
    report(measure(options.rounds, options.calls))


def lines(options: argparse.Namespace) -> Iterator[Line]:
    """One for each operation, against botocore's floor; moto stands in the note."""
    turns = measure(*((5, 10) if options.quick else (100, 20)))
    for target, work in zip(TARGETS, OPERATIONS, strict=True):
        ours, theirs, moto = (statistics.median(turns[peer, work]) for peer in ("kmslab", "floor", "moto"))
        note = f"moto in process: {moto:,.0f} us, {ratio(turns, 'moto', work):.2f} x botocore alone"
        yield target.line(ours, theirs, ratio(turns, "kmslab", work), note)


def measure(rounds: int, calls: int) -> Turns:
    """Let the peers take turns."""
    peers = {name: Peer(name) for name in PEERS}
    turns: Turns = {(name, work): [] for name in PEERS for work in OPERATIONS}
    for number in range(rounds + 1):
        for work in OPERATIONS:
            for name, peer in peers.items():
                taken = peer.turn(work, calls)
                if number:  # the first round warms up
                    turns[name, work].append(taken)
        print(f"\rround {number} of {rounds}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    for peer in peers.values():
        peer.end()
    return turns


def ratio(turns: Turns, peer: str, work: str) -> float:
    """How often longer than the floor, round by round: the median."""
    return statistics.median(mine / floor for mine, floor in zip(turns[peer, work], turns["floor", work], strict=True))


class Peer:
    """A child process that works when it is told to."""

    def __init__(self, name: str) -> None:
        command = [sys.executable, __file__, "--peer", name]
        self.process = subprocess.Popen(  # noqa: S603
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def turn(self, work: str, calls: int) -> float:
        """Microseconds a call."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(work, calls, file=self.process.stdin, flush=True)
        return float(self.process.stdout.readline())

    def end(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


def report(turns: Turns) -> None:
    print(f"{'microseconds a call':22}" + "".join(f"{peer:>10}" for peer in PEERS) + "    kmslab/floor    moto/floor")
    for work in OPERATIONS:
        times = "".join(f"{statistics.median(turns[peer, work]):10.0f}" for peer in PEERS)
        print(f"{work:22}{times}{ratio(turns, 'kmslab', work):16.2f}{ratio(turns, 'moto', work):14.2f}")


def serve(peer: str) -> None:
    """Work off lines of `operation calls` from standard input, and print the microseconds a call took."""
    client = make_client(peer)
    key_id = client.create_key()["KeyMetadata"]["KeyId"]
    blob = client.encrypt(KeyId=key_id, Plaintext=b"x" * 32, EncryptionContext=CONTEXT)["CiphertextBlob"]
    works: dict[str, Callable[[], Any]] = {
        "encrypt": lambda: client.encrypt(KeyId=key_id, Plaintext=b"x" * 32, EncryptionContext=CONTEXT),
        "decrypt": lambda: client.decrypt(CiphertextBlob=blob, EncryptionContext=CONTEXT),
        "generate_data_key": lambda: client.generate_data_key(KeyId=key_id, KeySpec="AES_256"),
        "describe_key": lambda: client.describe_key(KeyId=key_id),
    }
    for line in sys.stdin:
        name, calls = line.split()
        print(microseconds(works[name], int(calls)), flush=True)


def microseconds(work: Callable[[], Any], calls: int) -> float:
    start = time.perf_counter()
    for _ in range(calls):
        work()
    return (time.perf_counter() - start) / calls * 1e6


def make_client(peer: str) -> Any:
    """A KMS client of one peer."""
    import boto3

    if peer == "kmslab":
        from kmslab import Lab

        return Lab().client("kms")
    if peer == "moto":
        from moto import mock_aws

        mock_aws().start()
    session = boto3.Session(aws_access_key_id="AKIA", aws_secret_access_key="none", region_name="us-east-1")
    if peer == "floor":
        session.events.register("before-send.kms", constant)
    return session.client("kms")


class Body(io.BytesIO):
    def stream(self, **_: Any) -> Iterator[bytes]:
        while chunk := self.read():
            yield chunk


ARN = "arn:aws:kms:us-east-1:123456789010:key/1234abcd-12ab-34cd-56ef-1234567890ab"
BLOB = base64.b64encode(b"c" * 184).decode()
DATE = 1767603600.01
METADATA = {
    "AWSAccountId": "123456789010", "KeyId": ARN[-36:], "Arn": ARN, "CreationDate": DATE, "Enabled": True,
    "Description": "", "KeyUsage": "ENCRYPT_DECRYPT", "KeyState": "Enabled", "Origin": "AWS_KMS",
    "KeyManager": "CUSTOMER", "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT", "KeySpec": "SYMMETRIC_DEFAULT",
    "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"], "MultiRegion": False, "CurrentKeyMaterialId": "a" * 64,
}  # fmt: skip
CONSTANTS = {
    "CreateKey": {"KeyMetadata": METADATA},
    "DescribeKey": {"KeyMetadata": METADATA},
    "Encrypt": {"CiphertextBlob": BLOB, "KeyId": ARN, "EncryptionAlgorithm": "SYMMETRIC_DEFAULT"},
    "Decrypt": {"Plaintext": BLOB[:44], "KeyId": ARN, "EncryptionAlgorithm": "SYMMETRIC_DEFAULT"},
    "GenerateDataKey": {"CiphertextBlob": BLOB, "Plaintext": BLOB[:44], "KeyId": ARN},
}
HEADERS = {
    "Cache-Control": "no-cache, no-store, must-revalidate, private",
    "Content-Type": "application/x-amz-json-1.1",
    "Expires": "0",
    "Pragma": "no-cache",
    "Date": "Mon, 05 Jan 2026 09:00:00 GMT",
    "x-amzn-RequestId": "1234abcd-12ab-34cd-56ef-1234567890ab",
}
BODIES = {name: json.dumps(reply).encode() for name, reply in CONSTANTS.items()}


def constant(request: Any, event_name: str, **_: Any) -> Any:
    from botocore.awsrequest import AWSResponse

    body = BODIES[event_name.rpartition(".")[2]]
    return AWSResponse(request.url, 200, HEADERS | {"Content-Length": str(len(body))}, Body(body))


if __name__ == "__main__":
    main()
