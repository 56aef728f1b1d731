"""What the fault programs over HTTP share: a served Lab in a process of its own, what it takes, and quick requests.

Requests are signed with kmslab's own functions, because millions of them have to be made; whether those are right is
tested elsewhere, against a signer of the tests' own and against real clients.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kmslab.wire import sigv4

KEY = ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
REGION = "us-east-1"
JSON = "application/x-amz-json-1.1"
FORM = "application/x-www-form-urlencoded; charset=utf-8"

#: How long the server may take for anything, in seconds.
DEADLINE = 20.0


@dataclass
class Served:
    """A `kmslab serve` that is running."""

    process: subprocess.Popen[str]
    port: int
    log: Path

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def said(self) -> str:
        """What it has complained about."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def memory(self) -> int:
        """Its resident memory, in KiB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:"))

    def threads(self) -> int:
        return len(os.listdir(f"/proc/{self.process.pid}/task"))

    def files(self) -> int:
        try:
            return len(os.listdir(f"/proc/{self.process.pid}/fd"))
        except PermissionError:
            # A server lets no other process look into it, but root's.
            return -1

    def cpu(self) -> float:
        """The seconds of processor time that it has used."""
        words = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")

    def connect(self, timeout: float = DEADLINE) -> socket.socket:
        made = socket.create_connection(("127.0.0.1", self.port), timeout)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made

    def kms(self, operation: str, **members: Any) -> dict[str, Any]:
        """A good request on a connection of its own, and its answer."""
        with self.connect() as line:
            line.sendall(kms(self.host, operation, json.dumps(members).encode()))
            answer = read(line)
        assert answer.status == 200, answer
        return dict(json.loads(answer.body))


@contextlib.contextmanager
def served(*options: str, program: tuple[str, ...] = ("-m", "kmslab"), **settings: str) -> Iterator[Served]:
    """Serve a Lab on a free port; `program` is what Python runs."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "KMSLAB_"))}
    clean |= {"KMSLAB_ACCESS_KEY_ID": KEY[0], "KMSLAB_SECRET_ACCESS_KEY": KEY[1]} | settings
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        with log.open("wb") as errors:
            process = subprocess.Popen(  # noqa: S603
                [sys.executable, *program, "serve", "--port", "0", *options],
                env=clean,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        assert process.stdout is not None
        with process.stdout as printed:
            try:
                word, _, url = printed.readline().strip().partition(" ")
                assert word == "ready", log.read_text(encoding="utf-8")
                yield Served(process, int(url.rpartition(":")[2]), log)
            finally:
                if process.poll() is None:
                    process.send_signal(signal.SIGTERM)
                process.wait(60)


# --- requests ---


def request(method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """A request as it is written."""
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def signed(
    service: str,
    method: str,
    target: str,
    headers: Mapping[str, str],
    body: bytes = b"",
    *,
    payload: str | None = None,
    key: tuple[str, str] = KEY,
    stamp: str | None = None,
) -> dict[str, str]:
    """The headers of a request, with those that sign it; `payload` stands for the body's hash."""
    stamp = stamp or f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    payload = payload or hashlib.sha256(body).hexdigest()
    said = dict(headers) | {"x-amz-date": stamp}
    if service == "s3":
        said["x-amz-content-sha256"] = payload
    low = {name.lower(): value for name, value in said.items()}
    names = sorted(low)
    path, _, query = target.partition("?")
    scope = sigv4.Scope(key[0], stamp[:8], REGION, service)
    canonical = sigv4.canonical_request(
        method, sigv4.canonical_path(path, twice=service != "s3"), sigv4.canonical_query(query), low, names, payload
    )
    signature = sigv4.signature_of(sigv4.string_to_sign(canonical, scope, stamp), key[1], scope)
    said["Authorization"] = (
        f"{sigv4.ALGORITHM} Credential={key[0]}/{scope.text}, SignedHeaders={';'.join(names)}, Signature={signature}"
    )
    return said


def kms(host: str, operation: str, body: bytes, key: tuple[str, str] = KEY) -> bytes:
    """A signed request to KMS."""
    headers = {"Host": host, "Content-Type": JSON, "X-Amz-Target": f"TrentService.{operation}"}
    return request("POST", "/", signed("kms", "POST", "/", headers, body, key=key), body)


def s3(host: str, method: str, target: str, body: bytes = b"", **headers: str) -> bytes:
    """A signed request to S3."""
    given = {"Host": host} | {name.replace("_", "-"): value for name, value in headers.items()}
    return request(method, target, signed("s3", method, target, given, body), body)


def form(host: str, service: str, body: bytes) -> bytes:
    """A signed request to IAM or STS."""
    headers = {"Host": host, "Content-Type": FORM}
    return request("POST", "/", signed(service, "POST", "/", headers, body), body)


def json_call(host: str, service: str, target: str, body: bytes) -> bytes:
    """A signed request to Secrets Manager or Parameter Store."""
    headers = {"Host": host, "Content-Type": JSON, "X-Amz-Target": target}
    return request("POST", "/", signed(service, "POST", "/", headers, body), body)


# --- replies ---


@dataclass(frozen=True)
class Answer:
    """What came back; `closed` is whether the connection ends with it."""

    status: int
    head: bytes
    body: bytes
    closed: bool

    @property
    def code(self) -> str:
        """The error code, whatever the format; of a good answer nothing."""
        for before, after in ((b"<Code>", b"<"), (b'"__type":"', b'"'), (b'"__type": "', b'"')):
            _, found, rest = self.body.partition(before)
            if found:
                return rest.partition(after)[0].decode("latin-1").rpartition("#")[2]
        return "" if self.status < 400 else "(none)"


class GoneError(Exception):
    """The server has closed the connection without an answer."""


def read(line: socket.socket, *, bodiless: bool = False) -> Answer:
    """The next reply.

    Raises:
        GoneError: the connection ended before it, or within it.
        TimeoutError: it did not come in time.
    """
    data = b""
    while True:
        head, end, body = data.partition(b"\r\n\r\n")
        if end and not head.startswith(b"HTTP/1.1 100"):
            break
        data = body if end else data
        data += _more(line)
    status = int(head[9:12])
    low = head.lower()
    length = 0
    if not bodiless and status not in (204, 304):
        _, found, rest = low.partition(b"\r\ncontent-length:")
        assert found, head
        length = int(rest.partition(b"\r\n")[0])
    parts, size = [body], len(body)
    while size < length:
        parts.append(_more(line))
        size += len(parts[-1])
    whole = parts[0] if len(parts) == 1 else b"".join(parts)
    assert len(whole) == length, (head, length, whole[-200:])
    return Answer(status, head, whole, b"\r\nconnection: close" in low)


def _more(line: socket.socket) -> bytes:
    try:
        more = line.recv(262_144)
    except ConnectionError:
        more = b""
    if not more:
        raise GoneError
    return more


def rest(line: socket.socket) -> bytes:
    """Everything until the connection ends."""
    parts = []
    with contextlib.suppress(ConnectionError):
        while part := line.recv(262_144):
            parts.append(part)
    return b"".join(parts)
