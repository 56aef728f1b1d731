"""HTTP by hand: requests as they are written on the wire, signed by a signer of the tests' own.

The signer knows nothing of kmslab's, so that the two agree because both follow AWS.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit

EMPTY = hashlib.sha256(b"").hexdigest()
FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}


class Key(NamedTuple):
    """An access key."""

    key_id: str
    secret: str
    token: str | None = None


@dataclass(frozen=True)
class Sent:
    """A request to be written."""

    method: str
    path: str = "/"
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    #: More headers, which may repeat one.
    more: tuple[tuple[str, str], ...] = ()

    def with_headers(self, **headers: str) -> Sent:
        return replace(self, headers=dict(self.headers) | {name.replace("_", "-"): v for name, v in headers.items()})

    def raw(self) -> bytes:
        target = self.path + (f"?{self.query}" if self.query else "")
        names = {name.lower() for name in self.headers}
        lines = [f"{self.method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in self.headers.items())]
        lines += [f"{name}: {value}" for name, value in self.more]
        if not names & {"content-length", "transfer-encoding"}:
            lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + self.body


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def code(self) -> str:
        """The error code in the body, whatever its format."""
        found = re.search(rb'<Code>([^<]*)</Code>|"__type":"([^"]*)"', self.body)
        return "" if found is None else (found[1] or found[2]).decode()

    @property
    def message(self) -> str:
        found = re.search(rb'<Message>([^<]*)</Message>|"[Mm]essage":"((?:[^"\\]|\\.)*)"', self.body)
        return "" if found is None else (found[1] or found[2] or b"").decode()

    @property
    def refusal(self) -> tuple[str, str, int]:
        return self.code, self.message, self.status


class Line:
    """A connection, which is made anew when the server has ended it."""

    def __init__(self, url: str, timeout: float = 30) -> None:
        parts = urlsplit(url)
        self.host, self.port = str(parts.hostname), int(parts.port or 80)
        self.timeout = timeout
        self.made = 0
        self._socket: socket.socket | None = None

    def __enter__(self) -> Line:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    @property
    def socket(self) -> socket.socket:
        if self._socket is None:
            self._socket = socket.create_connection((self.host, self.port), self.timeout)
            self.made += 1
        return self._socket

    def write(self, data: bytes) -> None:
        self.socket.sendall(data)

    def read(self, method: str = "GET") -> Answer:
        """The next reply; not for pipelined ones."""
        response = http.client.HTTPResponse(self.socket, method=method)
        try:
            response.begin()
            body = response.read()
            ends = response.will_close
        finally:
            response.close()
        if ends:
            self.close()
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, body)

    def ask(self, request: Sent) -> Answer:
        self.write(request.raw())
        return self.read(request.method)

    def everything(self) -> bytes:
        """All bytes until the server ends the connection."""
        parts = []
        while part := self.socket.recv(65536):
            parts.append(part)
        self.close()
        return b"".join(parts)


# --- the signer ---


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), "sha256").digest()


def signing_key(key: Key, day: str, region: str, service: str) -> bytes:
    found = f"AWS4{key.secret}".encode()
    for part in (day, region, service, "aws4_request"):
        found = _hmac(found, part)
    return found


def _signature(request: Sent, key: Key, stamp: str, scope: tuple[str, str, str], names: list[str], payload: str) -> str:
    pairs = sorted(
        (quote(unquote(name), safe="-_.~"), quote(unquote(value), safe="-_.~"))
        for name, _, value in (each.partition("=") for each in request.query.split("&") if each)
    )
    headers = {name.lower(): " ".join(value.split()) for name, value in request.headers.items()}
    path = quote(unquote(request.path), safe="/-_.~")
    lines = [request.method, path if scope[2] == "s3" else quote(path, safe="/-_.~")]
    lines += ["&".join(f"{name}={value}" for name, value in pairs), *(f"{name}:{headers[name]}" for name in names)]
    canonical = "\n".join([*lines, "", ";".join(names), payload])
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    to_sign = "\n".join(["AWS4-HMAC-SHA256", stamp, "/".join([*scope, "aws4_request"]), digest])
    return _hmac(signing_key(key, *scope), to_sign).hex()


def stamp_of(when: datetime | None) -> str:
    return f"{when or datetime.now(UTC):%Y%m%dT%H%M%SZ}"


def sign(
    request: Sent,
    key: Key,
    service: str,
    region: str = "us-east-1",
    *,
    when: datetime | None = None,
    day: str | None = None,
    payload: str | None = None,
    leave_out: str = "",
) -> Sent:
    """Sign in the header; `payload` stands for the body, `leave_out` is a header that is not signed."""
    stamp = stamp_of(when)
    payload = payload or hashlib.sha256(request.body).hexdigest()
    headers = dict(request.headers) | {"X-Amz-Date": stamp}
    if service == "s3":
        headers["X-Amz-Content-Sha256"] = payload
    if key.token is not None:
        headers["X-Amz-Security-Token"] = key.token
    request = replace(request, headers=headers)
    names = sorted({name.lower() for name in headers} - {"content-length", "connection", "expect", leave_out})
    scope = (day or stamp[:8], region, service)
    signature = _signature(request, key, stamp, scope, names, payload)
    credential = "/".join([key.key_id, *scope, "aws4_request"])
    authorization = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={';'.join(names)}, Signature={signature}"
    return request.with_headers(Authorization=authorization)


def presign(
    request: Sent,
    key: Key,
    service: str,
    region: str = "us-east-1",
    *,
    when: datetime | None = None,
    day: str | None = None,
    seconds: int = 900,
) -> Sent:
    """Sign in the query."""
    stamp = stamp_of(when)
    scope = (day or stamp[:8], region, service)
    names = sorted(name.lower() for name in request.headers)
    parameters = {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": "/".join([key.key_id, *scope, "aws4_request"]),
        "X-Amz-Date": stamp,
        "X-Amz-Expires": str(seconds),
        "X-Amz-SignedHeaders": ";".join(names),
    }
    if key.token is not None:
        parameters["X-Amz-Security-Token"] = key.token
    written = [f"{name}={quote(value, safe='')}" for name, value in parameters.items()]
    request = replace(request, query="&".join([*filter(None, [request.query]), *written]))
    payload = "UNSIGNED-PAYLOAD" if service == "s3" else hashlib.sha256(request.body).hexdigest()
    signature = _signature(request, key, stamp, scope, names, payload)
    return replace(request, query=f"{request.query}&X-Amz-Signature={signature}")


# --- bodies in chunks ---


def chunked(
    request: Sent,
    key: Key,
    pieces: list[bytes],
    *,
    trailer: tuple[str, str] | None = None,
    sign_chunks: bool = True,
    when: datetime | None = None,
) -> Sent:
    """A signed PUT to S3 whose body comes in `pieces`, with a trailing header or without."""
    form = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" if sign_chunks else "STREAMING-UNSIGNED-PAYLOAD"
    form += "-TRAILER" if trailer or not sign_chunks else ""
    length = str(sum(map(len, pieces)))
    headers = {"Content-Encoding": "aws-chunked", "X-Amz-Decoded-Content-Length": length}
    if trailer:
        headers["X-Amz-Trailer"] = trailer[0]
    request = sign(replace(request, headers=dict(request.headers) | headers), key, "s3", payload=form, when=when)
    stamp, previous = request.headers["X-Amz-Date"], request.headers["Authorization"].rpartition("=")[2]
    scope = (stamp[:8], "us-east-1", "s3")
    where = [stamp, "/".join([*scope, "aws4_request"])]
    body = b""
    for piece in [*pieces, b""]:
        extension = ""
        if sign_chunks:
            digests = [EMPTY, hashlib.sha256(piece).hexdigest()]
            lines = ["AWS4-HMAC-SHA256-PAYLOAD", *where, previous, *digests]
            previous = _hmac(signing_key(key, *scope), "\n".join(lines)).hex()
            extension = f";chunk-signature={previous}"
        body += f"{len(piece):x}{extension}\r\n".encode() + piece + (b"\r\n" if piece else b"")
    if trailer:
        body += f"{trailer[0]}:{trailer[1]}\r\n".encode()
        if sign_chunks:
            digest = hashlib.sha256(f"{trailer[0]}:{trailer[1]}\n".encode()).hexdigest()
            lines = ["AWS4-HMAC-SHA256-TRAILER", *where, previous, digest]
            signature = _hmac(signing_key(key, *scope), "\n".join(lines)).hex()
            body += f"x-amz-trailer-signature:{signature}\r\n".encode()
    return replace(request, body=body + b"\r\n")
