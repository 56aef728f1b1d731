"""Thousands of connections, slow ones, and no file descriptor left: others are served meanwhile, and it ends.

    python tests/faults/connections.py [--count 2000] [--slow 1000] [--limit 5]

`--limit` is how long the server bears with a slow client, in seconds; its own limits are longer, and only take longer
to try.
"""

from __future__ import annotations

import argparse
import json
import resource
import select
import socket
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

if __package__:
    from . import served as http
    from .served import Served
else:
    import served as http
    from served import Served

#: How long the 99th of a hundred good requests may take beside all that, in seconds. Generous: the machine may be busy.
P99 = 0.5

#: The same beside hundreds of requests that came at the same moment, and are answered one after the other.
BESIDE = 2.0

#: How much a connection that waits may take, in KiB.
A_CONNECTION = 64

_SERVE = """
import resource, sys
from kmslab.transport import body, patience
seconds, files = float(sys.argv.pop(1)), int(sys.argv.pop(1))
patience.LIMITS.update(dict.fromkeys(patience.Wait, seconds))
body.PATIENCE = seconds
resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
from kmslab.cli import main
sys.exit(main(sys.argv[1:]))
"""


@dataclass
class Findings:
    """What was not as it should be."""

    said: list[str] = field(default_factory=list)
    show: bool = True

    def check(self, holds: bool, text: str) -> None:
        if self.show:
            print(f"{'ok     ' if holds else 'FINDING'} {text}", flush=True)
        if not holds:
            self.said.append(text)


def impatient(seconds: float, files: int = 20_000) -> tuple[str, ...]:
    """What Python runs for a server that bears with slow clients for so long."""
    return ("-c", _SERVE, str(seconds), str(files))


def percentile(times: list[float]) -> float:
    return statistics.quantiles(times, n=100)[98]


class Client:
    """A good client on one connection, that knows how long it waits."""

    def __init__(self, server: Served) -> None:
        made = server.kms("CreateKey")["KeyMetadata"]["KeyId"]
        self.body = json.dumps({"KeyId": made, "Plaintext": "aGVsbG8="}).encode()
        self.host = server.host
        self.server = server
        self.line = server.connect()
        self.times: list[float] = []

    def ask(self, count: int = 1) -> None:
        for _ in range(count):
            data = http.kms(self.host, "Encrypt", self.body)
            began = time.perf_counter()
            try:
                self.line.sendall(data)
                answer = http.read(self.line)
            except (ConnectionError, http.GoneError):
                # Idle for longer than the server bears with: a good client comes back.
                self.line.close()
                self.line = self.server.connect()
                self.line.sendall(data)
                answer = http.read(self.line)
            assert answer.status == 200
            self.times.append(time.perf_counter() - began)

    def close(self) -> None:
        self.line.close()


def still_open(lines: Iterable[socket.socket]) -> list[socket.socket]:
    """Those that the server has not ended."""
    watched = {line.fileno(): line for line in lines if line.fileno() >= 0}
    poll = select.poll()
    for number in watched:
        poll.register(number, select.POLLIN)
    ended = set()
    for number, _ in poll.poll(0):
        try:
            if not watched[number].recv(65536, socket.MSG_DONTWAIT):
                ended.add(number)
        except BlockingIOError:
            pass
        except OSError:
            ended.add(number)
    for number in ended:
        watched[number].close()
    return [line for number, line in watched.items() if number not in ended]


def wait_until(done: Callable[[], bool], seconds: float, meanwhile: Callable[[], object]) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if done():
            return True
        meanwhile()
        time.sleep(0.05)
    return done()


def many(server: Served, count: int, findings: Findings) -> None:
    """So many connections, every fourth of which asks for something from time to time."""
    client = Client(server)
    client.ask(200)
    alone, before, files = percentile(client.times), server.memory(), server.files()
    lines = [server.connect() for _ in range(count)]
    client.times.clear()
    client.ask(200)
    findings.check(
        percentile(client.times) < P99,
        f"{count:,} idle connections: p99 {percentile(client.times) * 1000:.2f} ms (alone {alone * 1000:.2f} ms)",
    )
    client.times.clear()
    data = http.kms(server.host, "ListKeys", b"{}")
    active = lines[::4]
    for _ in range(3):
        for line in active:
            line.sendall(data)
        client.ask(20)
        statuses = {http.read(line).status for line in active}
        findings.check(statuses == {200}, f"{len(active)} requests at once beside them: {statuses}")
    findings.check(
        percentile(client.times) < BESIDE, f"a client beside those: p99 {percentile(client.times) * 1000:.1f} ms"
    )
    each = (server.memory() - before) / count
    findings.check(each < A_CONNECTION, f"a connection takes {each:.1f} KiB")
    for line in lines:
        line.close()
    gone = wait_until(lambda: server.files() <= files, 20, client.ask)
    findings.check(gone, f"all are gone when their clients are: {server.files()} files, {files} before")
    client.close()


def slow(server: Served, count: int, limit: float, findings: Findings, only: str = "") -> None:
    """Slowloris: a byte now and then, of a head and of a body; nothing at all; and replies that nobody reads."""
    client = Client(server)
    body = json.dumps({"KeyId": "alias/x", "Plaintext": "a" * 4000}).encode()
    request = http.kms(server.host, "Encrypt", body)
    head = request.index(b"\r\n\r\n")
    kinds = {"a head": b"", "a body": request[: head + 4], "its first byte": None}
    kinds = {name: kinds[name] for name in kinds if only in name}
    for name, beginning in kinds.items():
        before = server.memory()
        lines = [server.connect() for _ in range(count)]
        if beginning:
            for line in lines:
                line.sendall(beginning)
        began = sent = time.monotonic()
        at = -1

        def drip() -> None:
            nonlocal sent, at
            client.ask()
            if beginning is not None and time.monotonic() - sent > limit / 5:  # noqa: B023
                sent, at = time.monotonic(), at + 1
                for line in lines:  # noqa: B023
                    try:
                        line.send(request[at : at + 1])
                    except OSError:
                        pass

        client.times.clear()

        def none_left() -> bool:
            nonlocal lines
            lines = still_open(lines)
            return not lines

        ended = wait_until(none_left, limit * 3 + 5, drip)
        took = time.monotonic() - began
        findings.check(
            ended,
            f"{count:,} that wait with {name}: {count - len(lines):,} ended after {took:.1f} s (limit {limit:.0f} s), "
            f"{(server.memory() - before) / count:.1f} KiB each; a good client meanwhile: "
            f"p99 {percentile(client.times) * 1000:.1f} ms of {len(client.times)}",
        )
        findings.check(percentile(client.times) < P99, "and it was served")
        for line in lines:
            line.close()
    if not only:
        unread(server, limit, findings, client)
    client.close()


def unread(server: Served, limit: float, findings: Findings, client: Client) -> None:
    """Clients that ask for a large object and never read it, and one that asks for much in advance."""
    with server.connect() as line:
        for data in (
            http.s3(server.host, "PUT", "/unread"),
            http.s3(server.host, "PUT", "/unread/large", b"x" * 5_000_000),
        ):
            line.sendall(data)
            assert http.read(line).status == 200
    before, files = server.memory(), server.files()
    lines = []
    for _ in range(10):
        line = socket.socket()
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.connect(("127.0.0.1", server.port))
        line.sendall(http.s3(server.host, "GET", "/unread/large"))
        lines.append(line)
    ahead = server.connect(2)
    lines.append(ahead)
    data = http.kms(server.host, "ListKeys", b"{}") * 100
    sent = 0
    try:
        while sent < 200_000_000:
            sent += ahead.send(data)
    except OSError:
        pass
    held = server.memory() - before
    findings.check(sent < 50_000_000, f"one that never reads could send {sent / 2**20:.1f} MiB of requests")
    findings.check(held < 300 * 1024, f"those that do not read take {held / 1024:.0f} MiB")
    gone = wait_until(lambda: server.files() <= files, limit * 3 + 5, client.ask)
    findings.check(gone, f"10 replies of 5 MB that nobody reads, and many small ones, are given up: {gone}")
    for line in lines:
        line.close()


def scarce(findings: Findings, files: int = 64, seconds: float = 2) -> None:
    """No file descriptor is left: the server neither ends nor spins, and goes on when there are some again."""
    with http.served(program=impatient(60, files)) as server:
        client = Client(server)
        client.ask(50)
        lines = []
        for _ in range(files * 3):
            line = socket.socket()
            line.settimeout(0.2)
            try:
                line.connect(("127.0.0.1", server.port))
                lines.append(line)
            except OSError:
                line.close()
        before = server.cpu()
        time.sleep(seconds)
        spent = server.cpu() - before
        text = f"{len(lines)} connections at a limit of {files} files: {spent:.2f} s of {seconds} s spent"
        findings.check(spent < seconds / 2, text)
        client.times.clear()
        client.ask(50)
        findings.check(True, f"whoever is connected is served: p99 {percentile(client.times) * 1000:.1f} ms")
        for line in lines:
            line.close()

        def answers() -> bool:
            try:
                return bool(server.kms("ListKeys"))
            except (OSError, http.GoneError):
                return False

        findings.check(wait_until(answers, 20, client.ask), "new clients are served when the others have gone")
        client.close()
        log = server.said()
        findings.check(len(log) < 5000, f"its log has {len(log)} characters: {log[:300]!r}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--slow", type=int, default=1000)
    parser.add_argument("--limit", type=float, default=5)
    options = parser.parse_args()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    findings = Findings()
    with http.served(program=impatient(60)) as server:
        many(server, options.count, findings)
        findings.check(server.said() == "", f"its log: {server.said()[-700:]!r}")
    with http.served(program=impatient(options.limit)) as server:
        slow(server, options.slow, options.limit, findings)
        findings.check(server.said() == "", f"its log: {server.said()[-700:]!r}")
    scarce(findings)
    print(f"{len(findings.said)} findings")
    return 1 if findings.said else 0


if __name__ == "__main__":
    sys.exit(main())
