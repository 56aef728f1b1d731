"""What one boto3 call costs through kmslab, through moto, and through a hook that returns a constant.

    python tests/benchmarks/per_call.py [--rounds N] [--calls N]

The constant is botocore's floor: the client prepares, signs and parses, and nothing else happens. Each peer runs in a
process of its own, the peers take turns, and every figure is a median over the rounds: on a busy machine the ratios
hold when the times do not.
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

PEERS = ("floor", "kmslab", "moto")
OPERATIONS = ("encrypt", "decrypt", "generate_data_key", "describe_key")
CONTEXT = {"purpose": "benchmark"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7, help="turns of each peer (%(default)s)")
    parser.add_argument("--calls", type=int, default=400, help="calls of each operation in a turn (%(default)s)")
    parser.add_argument("--peer", choices=PEERS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer:
        print(json.dumps(measure(options.peer, options.calls)))
        return
    turns: dict[str, list[dict[str, float]]] = {peer: [] for peer in PEERS}
    for number in range(options.rounds):
        print(f"round {number + 1} of {options.rounds}", file=sys.stderr, flush=True)
        for peer in PEERS:
            turns[peer].append(in_own_process(peer, options.calls))
    report(turns)


def in_own_process(peer: str, calls: int) -> dict[str, float]:
    command = [sys.executable, __file__, "--peer", peer, "--calls", str(calls)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    return json.loads(done.stdout)


def report(turns: dict[str, list[dict[str, float]]]) -> None:
    print(f"{'microseconds a call':22}" + "".join(f"{peer:>10}" for peer in PEERS) + "    kmslab/floor    moto/floor")
    for operation in OPERATIONS:
        medians = {peer: statistics.median(turn[operation] for turn in turns[peer]) for peer in PEERS}
        ratios = {
            peer: statistics.median(
                turn[operation] / floor[operation] for turn, floor in zip(turns[peer], turns["floor"], strict=True)
            )
            for peer in ("kmslab", "moto")
        }
        times = "".join(f"{medians[peer]:10.0f}" for peer in PEERS)
        print(f"{operation:22}{times}{ratios['kmslab']:16.2f}{ratios['moto']:14.2f}")


def measure(peer: str, calls: int) -> dict[str, float]:
    with closing(peer) as client:
        key_id = client.create_key()["KeyMetadata"]["KeyId"]
        blob = client.encrypt(KeyId=key_id, Plaintext=b"x" * 32, EncryptionContext=CONTEXT)["CiphertextBlob"]
        work: dict[str, Callable[[], Any]] = {
            "encrypt": lambda: client.encrypt(KeyId=key_id, Plaintext=b"x" * 32, EncryptionContext=CONTEXT),
            "decrypt": lambda: client.decrypt(CiphertextBlob=blob, EncryptionContext=CONTEXT),
            "generate_data_key": lambda: client.generate_data_key(KeyId=key_id, KeySpec="AES_256"),
            "describe_key": lambda: client.describe_key(KeyId=key_id),
        }
        return {name: microseconds(work[name], calls) for name in OPERATIONS}


def microseconds(work: Callable[[], Any], calls: int) -> float:
    for _ in range(calls // 10 + 1):
        work()
    start = time.perf_counter()
    for _ in range(calls):
        work()
    return (time.perf_counter() - start) / calls * 1e6


class closing:  # noqa: N801
    """A KMS client of one peer, and its end."""

    def __init__(self, peer: str) -> None:
        self.peer = peer

    def __enter__(self) -> Any:
        import boto3

        if self.peer == "kmslab":
            from kmslab import Lab

            return Lab().client("kms")
        if self.peer == "moto":
            from moto import mock_aws

            mock_aws().start()
        session = boto3.Session(aws_access_key_id="AKIA", aws_secret_access_key="none", region_name="us-east-1")
        if self.peer == "floor":
            session.events.register("before-send.kms", constant)
        return session.client("kms")

    def __exit__(self, *_: object) -> None:
        return


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
BODIES = {name: json.dumps(reply).encode() for name, reply in CONSTANTS.items()}


def constant(request: Any, event_name: str, **_: Any) -> Any:
    from botocore.awsrequest import AWSResponse

    headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-RequestId": "constant"}
    return AWSResponse(request.url, 200, headers, Body(BODIES[event_name.rpartition(".")[2]]))


if __name__ == "__main__":
    main()
