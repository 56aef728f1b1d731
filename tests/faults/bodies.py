"""Bodies of a gigabyte, with and without their length, lying lengths, and a hundred large ones at once.

    python tests/faults/bodies.py [--size 1024] [--together 100]

`--size` is that of a large body in MiB. Memory is looked at while it is sent, ten times a second.
"""

from __future__ import annotations

import argparse
import hashlib
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

if __package__:
    from . import served as http
    from .connections import Findings, impatient
    from .served import Served
else:
    import served as http
    from connections import Findings, impatient
    from served import Served

_PIECE = b"x" * 2**18

#: How much memory all bodies that are worked on may take, in MiB: six times the room for them.
ALL = 6 * 256

#: How much memory may come on top for any reason, in MiB.
SLACK = 64


class Peak:
    """The most memory that a server had within a block, beyond what it had before, in MiB."""

    def __init__(self, server: Served) -> None:
        self._server, self._over = server, threading.Event()
        self._before = self._most = server.memory()
        self._thread = threading.Thread(target=self._look)

    def _look(self) -> None:
        while not self._over.wait(0.02):
            self._most = max(self._most, self._server.memory())

    def __enter__(self) -> Peak:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    @property
    def grown(self) -> float:
        return (max(self._most, self._server.memory()) - self._before) / 1024


@dataclass
class Sent:
    """How far a sender came, and what it heard."""

    bytes: int
    status: int
    code: str
    seconds: float


def head(service: str, target: str, host: str, more: dict[str, str]) -> bytes:
    """The head of a request whose body is not signed; that of KMS would not be believed, and is not read so far."""
    headers = {"Host": host}
    method = "PUT" if service == "s3" else "POST"
    if service == "kms":
        headers |= {"Content-Type": http.JSON, "X-Amz-Target": "TrentService.Encrypt"}
    said = http.signed(service, method, target, headers, payload="UNSIGNED-PAYLOAD") | more
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in said.items())]
    return "\r\n".join([*lines, "", ""]).encode()


def send(server: Served, start: bytes, pieces: Iterator[bytes], seconds: float = 60) -> Sent:
    """Write a request while listening, as good clients do, until there is an answer or an end."""
    began = time.monotonic()
    heard: list[http.Answer | None] = []
    with server.connect(seconds) as line:

        def listen() -> None:
            try:
                heard.append(http.read(line))
            except (http.GoneError, OSError):
                heard.append(None)

        listener = threading.Thread(target=listen)
        listener.start()
        count = 0
        try:
            line.sendall(start)
            for piece in pieces:
                if heard:
                    break
                line.sendall(piece)
                count += len(piece)
        except OSError:
            pass
        listener.join(seconds)
        took = time.monotonic() - began
        if not heard:
            line.shutdown(socket.SHUT_RDWR)
            listener.join()
            return Sent(count, -1, "nothing was heard", took)
    answer = heard[0]
    return Sent(count, answer.status if answer else 0, answer.code if answer else "gone", took)


def pieces(size: int) -> Iterator[bytes]:
    for at in range(0, size, len(_PIECE)):
        yield _PIECE[: size - at]


def in_chunks(size: int) -> Iterator[bytes]:
    for piece in pieces(size):
        yield b"%x\r\n%s\r\n" % (len(piece), piece)
    yield b"0\r\n\r\n"


def large(server: Served, size: int, findings: Findings, leave_out: str = "none") -> None:
    """One body, larger than anything that is taken."""
    limit = 256 * 2**20
    cases: list[tuple[str, str, dict[str, str], Callable[[int], Iterator[bytes]], int, float]] = [
        ("KMS, with its length", "kms", {"Content-Length": str(size)}, pieces, 413, SLACK),
        ("S3, with its length", "s3", {"Content-Length": str(size)}, pieces, 413, SLACK),
        ("KMS, in chunks", "kms", {"Transfer-Encoding": "chunked"}, in_chunks, 413, SLACK + 30),
        ("S3, in chunks", "s3", {"Transfer-Encoding": "chunked"}, in_chunks, 413, SLACK + 2 * limit / 2**20),
    ]
    for name, service, more, body, status, most in cases:
        if name == leave_out:
            continue
        target = "/bodies/large" if service == "s3" else "/"
        with Peak(server) as peak:
            sent = send(server, head(service, target, server.host, more), body(size))
        text = f"{name}: {sent.status} {sent.code} after {sent.bytes / 2**20:,.0f} of {size / 2**20:,.0f} MiB"
        text += f" and {sent.seconds:.1f} s, {peak.grown:.0f} MiB taken"
        findings.check(sent.status == status and peak.grown < most, text)
        if "length" in name:
            findings.check(sent.bytes < 100 * 2**20, "refused before it has come")
    for service in ("kms", "s3"):
        start = head(service, "/bodies/large", server.host, {"Content-Length": str(size), "Expect": "100-continue"})
        sent = send(server, start, iter(()))
        findings.check(sent.status == 413, f"{service}, asking first: {sent.status} in {sent.seconds:.2f} s")
    stays(server, findings)


def lying(server: Served, limit: float, findings: Findings) -> None:
    """Lengths that are not those of what comes."""
    with Peak(server) as peak:
        start = head("s3", "/bodies/short", server.host, {"Content-Length": str(200 * 2**20)})
        sent = send(server, start, pieces(2**20), limit * 4)
        findings.check(
            sent.code == "RequestTimeout" and sent.seconds < limit * 2 + 2,
            f"1 of 200 MiB: {sent.status} {sent.code} after {sent.seconds:.1f} s, {peak.grown:.0f} MiB taken",
        )
        start = head("s3", "/bodies/slow", server.host, {"Transfer-Encoding": "chunked"})
        sent = send(server, start, iter([b"FFFFFFFFFFFFFFF\r\n", _PIECE]), limit * 4)
        findings.check(
            sent.status in (400, 0) and sent.seconds < limit * 2 + 2,
            f"a chunk of 10^18 bytes: {sent.status} {sent.code} after {sent.seconds:.1f} s",
        )
    for name, decoded in (("more", 10**15), ("fewer", 1), ("no number", "x"), ("less than nothing", -1)):
        body = b"100000;chunk-signature=0\r\n" + b"x" * 2**20 + b"\r\n0;chunk-signature=0\r\n\r\n"
        if name != "no number":
            body = b"100000\r\n" + b"x" * 2**20 + b"\r\n0\r\n\r\n"
        payload = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
        headers = {"Host": server.host, "x-amz-decoded-content-length": str(decoded), "Content-Encoding": "aws-chunked"}
        said = http.signed("s3", "PUT", "/bodies/lying", headers, payload=payload)
        with server.connect() as line:
            line.sendall(http.request("PUT", "/bodies/lying", said, body))
            answer = http.read(line)
        findings.check(answer.status == 400, f"{name} than is decoded: {answer.status} {answer.code}")
    stays(server, findings)


def nested(server: Served, findings: Findings) -> None:
    """Ten megabytes that open and never close, for each that reads documents."""
    size = 10 * 2**20 - 4096
    for opening in (b"[", b'{"KeyId":', b'{"Policy":"', b"<a>", b"\x1f\x8b"):
        body = opening * (size // len(opening))
        requests = {
            "KMS": http.kms(server.host, "CreateKey", body),
            "Secrets Manager": http.json_call(server.host, "secretsmanager", "secretsmanager.ListSecrets", body),
            "Parameter Store": http.json_call(server.host, "ssm", "AmazonSSM.DescribeParameters", body),
            "S3 policy": http.s3(server.host, "PUT", "/bodies?policy", body),
            "S3 tagging": http.s3(server.host, "PUT", "/bodies?tagging", body),
            "IAM": http.form(server.host, "iam", b"Action=ListUsers&Version=2010-05-08&A=" + body),
        }
        for name, data in requests.items():
            began = time.monotonic()
            with Peak(server) as peak, server.connect() as line:
                line.sendall(data)
                try:
                    answer = http.read(line)
                    status, code = answer.status, answer.code
                except http.GoneError:
                    status, code = 0, "gone"
            took = time.monotonic() - began
            said = f"{name}, 10 MB of {opening!r}: {status} {code} in {took:.2f} s, {peak.grown:.0f} MiB taken"
            findings.check(0 < status < 500 and took < 10, said)
    stays(server, findings)


def together(server: Served, count: int, findings: Findings) -> None:
    """Many large bodies at once: each is stored or told to come later, and all take no more than there is room for."""
    size = 10 * 2**20
    body = b"y" * size
    digest = hashlib.sha256(body).hexdigest()
    answers: list[str] = []

    def put(number: int) -> None:
        target = f"/together/{number % 10}"
        headers = http.signed("s3", "PUT", target, {"Host": server.host}, payload=digest)
        try:
            with server.connect(120) as line:
                line.sendall(http.request("PUT", target, headers, body))
                answer = http.read(line)
                answers.append(f"{answer.status} {answer.code}")
        except (OSError, http.GoneError) as error:
            answers.append(repr(error))

    threads = [threading.Thread(target=put, args=(number,)) for number in range(count)]
    began = time.monotonic()
    with Peak(server) as peak:
        for thread in threads:
            thread.start()
        client = 0
        while any(thread.is_alive() for thread in threads):
            server.kms("ListKeys")
            client += 1
            time.sleep(0.01)
    counted = {answer: answers.count(answer) for answer in set(answers)}
    findings.check(
        counted.get("200 ", 0) == count and peak.grown < ALL,
        f"{count} bodies of 10 MiB at once: {counted} in {time.monotonic() - began:.1f} s, {peak.grown:.0f} MiB taken; "
        f"{client} small requests were answered meanwhile",
    )


def stays(server: Served, findings: Findings) -> None:
    """Nothing has happened to the server."""
    findings.check(bool(server.kms("ListKeys")), "a good request is answered")


@contextmanager
def bucketed(limit: float) -> Iterator[Served]:
    with http.served(program=impatient(limit)) as server:
        with server.connect() as line:
            for bucket in ("/bodies", "/together"):
                line.sendall(http.s3(server.host, "PUT", bucket))
                assert http.read(line).status == 200
        yield server


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=1024)
    parser.add_argument("--together", type=int, default=100)
    options = parser.parse_args()
    findings = Findings()
    with bucketed(60) as server:
        large(server, options.size * 2**20, findings)
        nested(server, findings)
        together(server, options.together, findings)
        findings.check(server.said() == "", f"its log: {server.said()[-700:]!r}")
    with bucketed(3) as server:
        lying(server, 3, findings)
        findings.check(server.said() == "", f"its log: {server.said()[-700:]!r}")
    print(f"{len(findings.said)} findings")
    return 1 if findings.said else 0


if __name__ == "__main__":
    sys.exit(main())
