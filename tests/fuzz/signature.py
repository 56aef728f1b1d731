"""Signatures of requests over HTTP: headers and queries of any kind, and requests that were signed and then changed.

A finding is an exception that is no refusal, a refusal that its format does not hold, and a changed request that is
believed although it means something else than the one that was signed.
"""

from __future__ import annotations

import functools
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote_to_bytes
from xml.etree import ElementTree

from msgspec.structs import replace

from kmslab.errors import AwsError
from kmslab.principals import Credentials, Identity, Principal, PrincipalType
from kmslab.transport.hosts import service_of
from kmslab.transport.incoming import Incoming
from kmslab.transport.verifier import Verified, Verifier
from kmslab.wire.http import Reply
from kmslab.wire.refusals import RefusedError, refuse

from ..http.by_hand import Key, Sent, chunked, presign, sign
from .taking import FoundError, Taking, claim, edited, in_time

_NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
_KEY = Key("AKIAFUZZFUZZFUZZFUZZ", "no secret of anybody")
_SESSION = Key("ASIAFUZZFUZZFUZZFUZZ", "no secret either", "a token/of=its+own")


class _Made:
    """A verifier, and requests that it believes."""

    def __init__(self) -> None:
        found = {key.key_id: _principal(key) for key in (_KEY, _SESSION)}
        self.verifier = Verifier(found.get, "us-east-1", now=lambda: _NOW)
        kms = Sent(
            "POST", headers={"Host": "localhost:1", "X-Amz-Target": "TrentService.ListKeys"}, body=b'{"Limit":5}'
        )
        s3 = Sent("PUT", "/reports/2026/a%20b", headers={"Host": "localhost:1"}, body=b"content")
        got = Sent("GET", "/reports", "list-type=2&prefix=a%2Bb", {"Host": "localhost:1"})
        sent = [
            sign(kms, _KEY, "kms", when=_NOW),
            sign(kms, _SESSION, "kms", when=_NOW),
            sign(s3, _KEY, "s3", when=_NOW),
            sign(got, _SESSION, "s3", when=_NOW),
            sign(s3, _KEY, "s3", when=_NOW, payload="UNSIGNED-PAYLOAD"),
            presign(got, _KEY, "s3", when=_NOW),
            presign(got, _SESSION, "s3", when=_NOW, seconds=60),
            presign(
                Sent("GET", query="Action=GetCallerIdentity", headers={"Host": "localhost:1"}), _KEY, "sts", when=_NOW
            ),
        ]
        self.signed = [_incoming(each) for each in sent]
        self.meanings = [_meaning(self.believed(each)) for each in self.signed]

    def believed(self, request: Incoming) -> Verified:
        return self.verifier.verify(request)


def _principal(key: Key) -> Principal:
    identity = Identity(
        PrincipalType.IAM_USER, "111122223333", "fuzz", "arn:aws:iam::111122223333:user/fuzz", "AIDA", key.key_id
    )
    return Principal(identity, Credentials(key.key_id, key.secret, key.token))


def _incoming(sent: Sent) -> Incoming:
    headers = {name.lower(): value for name, value in sent.headers.items()}
    return Incoming(sent.method, sent.path, sent.query, headers, sent.body)


def _meaning(believed: Verified) -> tuple[Any, ...]:
    """What a request asks for, read otherwise than `wire.sigv4` reads it."""
    request = believed.request
    # As moto reads it.
    parameters = sorted(parse_qsl(request.query, keep_blank_values=True, errors="surrogateescape"))
    headers = {
        name: " ".join(value.split(" ")).strip()
        for name, value in request.headers.items()
        if name == "host" or (name.startswith("x-amz-") and name != "x-amz-date")
    }
    segments = [each for each in unquote_to_bytes(request.path).split(b"/")]
    path = segments if believed.scope.service == "s3" else []
    body = b"" if headers.get("x-amz-content-sha256", "UNSIGNED-PAYLOAD") == "UNSIGNED-PAYLOAD" else request.body
    squeezed = {name: " ".join(value.split()) for name, value in headers.items()}
    scope = believed.scope
    return request.method, path, parameters, squeezed, body, (scope.access_key_id, scope.region, scope.service)


@functools.cache
def _made() -> _Made:
    return _Made()


def prepare() -> None:
    """Make what is made once."""
    _made()


def one(data: bytes) -> None:
    take, made = Taking(data), _made()
    how = take.below(4)
    at = take.below(len(made.signed))
    base = made.signed[at]
    if how == 0:
        request = _any(take)
        at = -1
    elif how == 1:
        request = _with_edits(base, take)
    elif how == 2:
        request = _crossed(base, made.signed[take.below(len(made.signed))], take)
    else:
        request = _in_chunks(take)
        at = -2
    with in_time(request):
        try:
            believed = made.believed(request)
        except (AwsError, RefusedError) as error:
            _look_over(refuse(error, service_of(request)))
            return
    if at == -1:
        raise FoundError(f"a request that nobody signed is believed: {request}")
    if at == -2 and _is_unsigned(request):
        return
    if at == -2:
        claim(believed.request.body == _CONTENT, f"chunks that were changed are believed: {request.body!r}")
        return
    claim(_meaning(believed) in made.meanings, f"a changed request is believed: {request}")


def _is_unsigned(request: Incoming) -> bool:
    """Whether the body may be any: only that it is read counts then."""
    return "UNSIGNED" in request.headers["x-amz-content-sha256"]


def _look_over(reply: Reply) -> None:
    claim(400 <= reply.status < 500, f"refused with status {reply.status}")
    kind = reply.headers.get("Content-Type", "")
    try:
        if "xml" in kind:
            ElementTree.fromstring(reply.body)  # noqa: S314 - our own
        else:
            json.loads(reply.body)
    except (ValueError, ElementTree.ParseError) as error:
        raise FoundError(f"a refusal that its format does not hold: {error}: {reply.body!r}") from None


_NAMES = (
    "authorization", "x-amz-date", "date", "host", "x-amz-security-token", "x-amz-content-sha256", "x-amz-target",
    "content-type", "x-amz-trailer", "x-amz-decoded-content-length", "content-encoding", "content-md5",
)  # fmt: skip
_PIECES = (
    "AWS4-HMAC-SHA256 ", "Credential=", "SignedHeaders=", "Signature=", "AKIAFUZZFUZZFUZZFUZZ/20260105/us-east-1/kms/",
    "aws4_request", ", ", "host;x-amz-date", "20260105T090000Z", "AWS AKIAFUZZFUZZFUZZFUZZ:", "UNSIGNED-PAYLOAD",
    "/s3/",
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "Mon, 05 Jan 2026 09:00:00 GMT", "host", "99999999999", "\x85", "\xff",
    "-0000",
    "X-Amz-Signature=", "X-Amz-Credential=", "X-Amz-Algorithm=AWS4-HMAC-SHA256", "&", "X-Amz-Expires=", "Expires=", "%",
    "X-Amz-Date=20260105T090000Z", "X-Amz-SignedHeaders=host", "AWSAccessKeyId=AKIAFUZZFUZZFUZZFUZZ", "%00", "%ff",
    "sts/",
    "X-Amz-Credential=AKIAFUZZFUZZFUZZFUZZ%2F20260105%2Fus-east-1%2Fs3%2Faws4_request", "604800", "\x01", "<&>", "iam/",
)  # fmt: skip


def _words(take: Taking) -> str:
    return "".join(
        take.bytes(take.below(20)).decode("latin-1") if take.chance(64) else take.one(_PIECES)
        for _ in range(take.below(10))
    )


def _any(take: Taking) -> Incoming:
    headers = {take.one(_NAMES): _words(take) for _ in range(take.below(7))}
    method = take.one(("GET", "POST", "PUT", "HEAD", "DELETE"))
    return Incoming(method, "/" + take.text(), _words(take), headers, take.rest())


def _with_edits(base: Incoming, take: Taking) -> Incoming:
    for _ in range(1 + take.below(3)):
        part = take.below(8)
        if part == 0:
            base = replace(base, path="/" + _edited(base.path[1:], take))
        elif part == 1:
            base = replace(base, query=_edited(base.query, take))
        elif part == 2:
            base = replace(base, body=edited(base.body, take, most=2))
        elif part == 3:
            base = replace(base, method=take.one(("GET", "PUT", "POST", "DELETE", "HEAD")))
        elif part == 4:
            name = take.one(list(base.headers))
            base = replace(base, headers=dict(base.headers) | {name: _edited(base.headers[name], take)})
        elif part == 5:
            base = replace(base, headers=dict(base.headers) | {take.one(_NAMES): _words(take)})
        elif part == 6:
            base = replace(base, path="/" + _respelt(base.path[1:], take))
        else:
            base = replace(base, query=_respelt(base.query, take))
    return base


def _edited(text: str, take: Taking) -> str:
    return edited(text.encode("latin-1"), take, most=2).decode("latin-1")


def _respelt(text: str, take: Taking) -> str:
    """The same with one character encoded that was not, or decoded that was."""
    places = [at for at in range(len(text)) if not text[at].isalnum()]
    if not places:
        return text
    at = take.one(places)
    if text[at] == "%":
        return text[:at] + unquote_to_bytes(text[at : at + 3]).decode("latin-1") + text[at + 3 :]
    return f"{text[:at]}%{ord(text[at]):02X}{text[at + 1 :]}"


def _crossed(left: Incoming, right: Incoming, take: Taking) -> Incoming:
    """Some parts of one signed request, the others of another."""
    headers = dict(left.headers)
    for name, value in right.headers.items():
        if take.chance(128):
            headers[name] = value
    parts = {name: getattr(right, name) for name in ("method", "path", "query", "body") if take.chance(100)}
    return replace(left, headers=headers, **parts)


_CONTENT = b"what is written, in two pieces" * 2


@functools.cache
def _chunked() -> tuple[Incoming, ...]:
    request = Sent("PUT", "/reports/a", headers={"Host": "localhost:1"})
    half = _CONTENT[: len(_CONTENT) // 2]
    trailer = ("x-amz-checksum-crc64nvme", "AAAAAAAAAAA=")
    made = []
    for options in ({}, {"trailer": trailer}, {"trailer": trailer, "sign_chunks": False}):
        made.append(_incoming(chunked(request, _KEY, [half, half], when=_NOW, **options)))  # type: ignore[arg-type]
    return tuple(made)


def _in_chunks(take: Taking) -> Incoming:
    base = take.one(_chunked())
    return replace(base, body=edited(base.body, take, most=4))
