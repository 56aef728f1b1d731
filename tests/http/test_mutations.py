"""Requests that were signed and then changed in one place: none is believed, and none makes the server stumble.

    python tests/http/test_mutations.py 100000 SEED

tries more of them. Every change is of something that the signature covers, and leaves well-formed HTTP.
"""

from __future__ import annotations

import base64
import binascii
import random
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import pytest

from kmslab import Lab

if __package__:
    from .by_hand import FORM, Answer, Key, Line, Sent, chunked, presign, sign
else:
    from by_hand import FORM, Answer, Key, Line, Sent, chunked, presign, sign

COUNT, SEED = 10_000, 20260105

#: Codes of requests that are not believed, in every format.
REFUSALS = frozenset(
    "AccessDenied AccessForbidden AuthorizationHeaderMalformed AuthorizationQueryParametersError BadDigest BadRequest "
    "ExpiredToken IncompleteBody IncompleteSignature IncompleteSignatureException InvalidAccessKeyId InvalidArgument "
    "InvalidClientTokenId InvalidRequest InvalidSignatureException InvalidToken MalformedTrailerError "
    "MissingAuthenticationToken MissingAuthenticationTokenException RequestTimeTooSkewed SignatureDoesNotMatch "
    "UnrecognizedClientException XAmzContentSHA256Mismatch".split()
)

_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
_METHODS = ("GET", "PUT", "POST", "DELETE", "HEAD", "PATCH", "OPTIONS")
_CONTENT = b"what is written, in two pieces"
_CRC32 = ("x-amz-checksum-crc32", base64.b64encode(binascii.crc32(_CONTENT * 2).to_bytes(4)).decode())


@dataclass(frozen=True)
class World:
    """A served Lab with something in it."""

    lab: Lab
    url: str
    administrator: Key
    session: Key
    key_id: str

    def state(self) -> tuple[Any, ...]:
        """Everything that a request that was believed would have changed."""
        s3 = self.lab.client("s3")
        objects = s3.list_objects_v2(Bucket="reports")["Contents"]
        return (
            [(each.key_id, each.state) for each in self.lab.inventory],
            len(self.lab.trail),
            str(self.lab.bill.table()),
            [(each["Key"], each["ETag"], each["LastModified"]) for each in objects],
            [each["UserName"] for each in self.lab.client("iam").list_users()["Users"]],
            [each["Name"] for each in s3.list_buckets()["Buckets"]],
        )


@contextmanager
def opened() -> Iterator[World]:
    with Lab() as lab:
        key_id = lab.client("kms").create_key()["KeyMetadata"]["KeyId"]
        s3 = lab.client("s3")
        s3.create_bucket(Bucket="reports")
        s3.put_object(Bucket="reports", Key="2026/first", Body=b"first")
        given = lab.client("sts").get_session_token()["Credentials"]
        session = Key(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
        own = lab.administrator.credentials
        yield World(lab, lab.endpoint(), Key(own.access_key_id, own.secret_access_key), session, key_id)


# --- what is signed rightly ---


def _kms(world: World, host: str, key: Key) -> Sent:
    headers = {"Host": host, "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "TrentService.Encrypt"}
    body = b'{"KeyId":"%s","Plaintext":"aGVsbG8="}' % world.key_id.encode()
    return sign(Sent("POST", headers=headers, body=body), key, "kms")


def _form(host: str, key: Key, service: str, action: str, version: str) -> Sent:
    headers = {"Host": host, **FORM}
    return sign(Sent("POST", headers=headers, body=f"Action={action}&Version={version}".encode()), key, service)


def _s3(host: str, method: str, path: str, query: str = "", body: bytes = b"") -> Sent:
    return Sent(method, path, query, {"Host": host, "X-Amz-Meta-Author": "a b"}, body)


class Kind(NamedTuple):
    """A kind of request: how one is made and signed, and what may be changed in it."""

    make: Callable[[World, str], Sent]
    changes: str


_HEADER = "signature date value name duplicate without part query path method host "
_QUERY = "parameter another value name duplicate path method host "

KINDS: dict[str, Kind] = {
    "KMS": Kind(lambda w, h: _kms(w, h, w.administrator), _HEADER + "body"),
    "KMS of a session": Kind(lambda w, h: _kms(w, h, w.session), _HEADER + "body"),
    "STS": Kind(lambda w, h: _form(h, w.administrator, "sts", "GetCallerIdentity", "2011-06-15"), _HEADER + "body"),
    "IAM": Kind(lambda w, h: _form(h, w.administrator, "iam", "ListUsers", "2010-05-08"), _HEADER + "body"),
    "STS presigned": Kind(
        lambda w, h: presign(
            Sent("GET", "/", "Action=GetCallerIdentity&Version=2011-06-15", {"Host": h}), w.session, "sts"
        ),
        _QUERY,
    ),
    "S3 GET": Kind(
        lambda w, h: sign(_s3(h, "GET", "/reports", "list-type=2&prefix=2026%2F"), w.administrator, "s3"), _HEADER
    ),
    "S3 PUT": Kind(
        lambda w, h: sign(_s3(h, "PUT", "/reports/2026/second", body=_CONTENT), w.session, "s3"), _HEADER + "body"
    ),
    "S3 PUT, unsigned body": Kind(
        lambda w, h: sign(
            _s3(h, "PUT", "/reports/2026/second", body=_CONTENT), w.administrator, "s3", payload="UNSIGNED-PAYLOAD"
        ),
        _HEADER,
    ),
    "S3 presigned GET": Kind(lambda w, h: presign(_s3(h, "GET", "/reports/2026/first"), w.administrator, "s3"), _QUERY),
    "S3 presigned PUT": Kind(
        lambda w, h: presign(_s3(h, "PUT", "/reports/2026/second", body=_CONTENT), w.session, "s3"), _QUERY
    ),
    "S3 in signed chunks": Kind(
        lambda w, h: chunked(_s3(h, "PUT", "/reports/2026/second"), w.administrator, [_CONTENT] * 2),
        _HEADER + "piece piece piece chunk chunk",
    ),
    "S3 in signed chunks with a trailer": Kind(
        lambda w, h: chunked(_s3(h, "PUT", "/reports/2026/second"), w.session, [_CONTENT] * 2, trailer=_CRC32),
        _HEADER + "piece piece piece chunk chunk trailer trailer",
    ),
    "S3 in unsigned chunks with a trailer": Kind(
        lambda w, h: chunked(
            _s3(h, "PUT", "/reports/2026/second"), w.administrator, [_CONTENT] * 2, trailer=_CRC32, sign_chunks=False
        ),
        _HEADER + "piece piece piece trailer trailer",
    ),
}


# --- one change each ---


def _other(text: str, rng: random.Random, alphabet: str = _LETTERS) -> str:
    """`text` with one character more, less or another."""
    at = rng.randrange(len(text)) if text else 0
    how = rng.choice(("other", "other", "more", "less")) if text else "more"
    if how == "more":
        return text[:at] + rng.choice(alphabet) + text[at:]
    if how == "less" and text[at] != " ":
        return text[:at] + text[at + 1 :]
    replaced = text[at] if at < len(text) else ""
    return text[:at] + rng.choice([each for each in alphabet if each != replaced]) + text[at + 1 :]


def _pick(request: Sent, rng: random.Random) -> str:
    """The name of a header that is signed."""
    return rng.choice([name for name in request.headers if name != "Authorization"])


def _set(request: Sent, name: str, value: str) -> Sent:
    return replace(request, headers=dict(request.headers) | {name: value})


def _signature(request: Sent, rng: random.Random) -> Sent:
    start, found = request.headers["Authorization"].split("Signature=")
    changed = rng.choice((_other(found, rng, "0123456789abcdef"), "", found[:32], found.upper(), found * 2, "0" * 64))
    return _set(request, "Authorization", f"{start}Signature={changed}")


def _date(request: Sent, rng: random.Random) -> Sent:
    return _set(request, "X-Amz-Date", _other(request.headers["X-Amz-Date"], rng, "0123456789"))


def _value(request: Sent, rng: random.Random) -> Sent:
    name = _pick(request, rng)
    return _set(request, name, _other(request.headers[name], rng))


def _name(request: Sent, rng: random.Random) -> Sent:
    name = _pick(request, rng)
    kept = {each: value for each, value in request.headers.items() if each != name}
    return replace(request, headers=kept | {_other(name.lower(), rng, "abcdefghij"): request.headers[name]})


def _duplicate(request: Sent, rng: random.Random) -> Sent:
    name = _pick(request, rng)
    return replace(request, more=((name, rng.choice((request.headers[name], "another"))),))


def _without(request: Sent, rng: random.Random) -> Sent:
    name = rng.choice(list(request.headers))
    return replace(request, headers={each: value for each, value in request.headers.items() if each != name})


def _part(request: Sent, rng: random.Random) -> Sent:
    """One part of the Authorization header."""
    header = request.headers["Authorization"]
    credential = re.findall(r"Credential=([^,]*)", header)[0].split("/")
    names = re.findall(r"SignedHeaders=([^,]*)", header)[0].split(";")
    where = rng.randrange(5)
    if where < 2:
        at = rng.randrange(5)
        changed = [_other(each, rng) if number == at else each for number, each in enumerate(credential)]
        return _set(request, "Authorization", header.replace("/".join(credential), "/".join(changed)))
    if where == 2:
        at = rng.randrange(len(names))
        ways = (
            names[:at] + names[at + 1 :],
            [*names[:at], _other(names[at], rng), *names[at + 1 :]],
            [*names, "x-amz-more"],
            [*names, names[at]],
            names[1:] + names[:1],
            [names[at].upper() if number == at else each for number, each in enumerate(names)],
        )
        new = rng.choice([way for way in ways if way != names])
        return _set(request, "Authorization", header.replace(";".join(names), ";".join(new)))
    if where == 3:
        return _set(request, "Authorization", _other(header[:16], rng) + header[16:])
    gone = rng.choice(("Credential=", "SignedHeaders=", "Signature=", ", ", "/aws4_request", "AWS4-HMAC-SHA256 "))
    return _set(request, "Authorization", header.replace(gone, "", 1) if gone != ", " else header[: header.index(gone)])


def _query(request: Sent, rng: random.Random) -> Sent:
    """Any parameter of a request that is signed in its header."""
    if not request.query or not rng.randrange(3):
        return replace(request, query="&".join(filter(None, (request.query, _other("acl", rng) + "=1"))))
    return _parameter(request, rng)


def _parameter(request: Sent, rng: random.Random) -> Sent:
    """One parameter: its value, its name, gone; or twice, but not the signature, which is not signed itself."""
    found = request.query.split("&")
    at = rng.randrange(len(found))
    name, _, value = found[at].partition("=")
    how = rng.choice(("value", "value", "name", "gone", "twice"))
    if how == "twice" and name != "X-Amz-Signature":
        return replace(request, query="&".join([*found, found[at]]))
    if how == "gone":
        return replace(request, query="&".join(found[:at] + found[at + 1 :]))
    if how == "name":
        changed = f"{_other(name, rng, 'abcdefghij')}={value}"
    else:
        # Not within an escape, which can be written in two ways.
        pieces = re.split(r"(%[0-9A-F]{2})", value)
        where = rng.randrange(0, len(pieces), 2)
        pieces[where] = _other(pieces[where], rng)
        changed = f"{name}={''.join(pieces)}"
    return replace(request, query="&".join([*found[:at], changed, *found[at + 1 :]]))


def _another(request: Sent, rng: random.Random) -> Sent:
    extra = rng.choice(("acl", "versionId=1", "X-Amz-Acl=public-read", "response-content-type=text", "="))
    return replace(request, query=f"{request.query}&{extra}" if rng.randrange(2) else f"{extra}&{request.query}")


def _path(request: Sent, rng: random.Random) -> Sent:
    at = rng.randrange(1, len(request.path) + 1)
    return replace(request, path=request.path[:at] + rng.choice(_LETTERS) + request.path[at:])


def _method(request: Sent, rng: random.Random) -> Sent:
    return replace(request, method=rng.choice([each for each in _METHODS if each != request.method]))


def _host(request: Sent, rng: random.Random) -> Sent:
    host = request.headers["Host"]
    others = ("evil.example", "", f"reports.{host}", "reports.s3.amazonaws.com", host.partition(":")[0], f"{host}0")
    return _set(request, "Host", rng.choice(others))


def _body(request: Sent, rng: random.Random) -> Sent:
    return replace(request, body=_other(request.body.decode(), rng).encode())


def _piece(request: Sent, rng: random.Random) -> Sent:
    """A byte of the content, its place left as it is."""
    starts = [found.start() for found in re.finditer(re.escape(_CONTENT), request.body)]
    at = rng.choice(starts) + rng.randrange(len(_CONTENT))
    changed = bytes([request.body[at] ^ rng.randrange(1, 256)])
    return replace(request, body=request.body[:at] + changed + request.body[at + 1 :])


def _chunk(request: Sent, rng: random.Random) -> Sent:
    """The signature or the size of a chunk, a chunk that is gone, chunks that are joined, or more after the end."""
    signatures = re.findall(rb"chunk-signature=([0-9a-f]{64})", request.body)
    one = rng.choice(signatures)
    head = b"%x;chunk-signature=%s\r\n%s\r\n" % (len(_CONTENT), signatures[0], _CONTENT)
    ways = (
        request.body.replace(one, _other(one.decode(), rng, "0123456789abcdef").encode()),
        request.body.replace(one, signatures[signatures.index(one) - 1]),
        request.body.replace(b"chunk-signature=" + one, b""),
        request.body.replace(head, b""),
        head + request.body,
        request.body[: request.body.index(b"\r\n0;") + 2],
        request.body[: -rng.randrange(3, len(request.body))],
        request.body + b"more",
        request.body.replace(b"1e;", b"1d;", 1),
    )
    return replace(request, body=rng.choice(ways))


def _trailer(request: Sent, rng: random.Random) -> Sent:
    """The checksum that comes last, or its name, or none."""
    name, value = (each.encode() for each in _CRC32)
    ways = (
        request.body.replace(value, _other(value.decode(), rng).encode()),
        request.body.replace(name, _other(name.decode(), rng, "abcdefghij").encode()),
        request.body.replace(b"%s:%s\r\n" % (name, value), b""),
        request.body.replace(value, value * 2),
        request.body[:-2] + b"x-amz-meta-author:somebody\r\n\r\n",
        request.body + b"x-amz-meta-author:somebody\r\n\r\n",
    )
    return replace(request, body=rng.choice(ways))


CHANGES: dict[str, Callable[[Sent, random.Random], Sent]] = {
    "another": _another,
    "body": _body,
    "chunk": _chunk,
    "date": _date,
    "duplicate": _duplicate,
    "host": _host,
    "method": _method,
    "name": _name,
    "parameter": _parameter,
    "part": _part,
    "path": _path,
    "piece": _piece,
    "query": _query,
    "signature": _signature,
    "trailer": _trailer,
    "value": _value,
    "without": _without,
}


# --- the tests ---


def is_refused(answer: Answer, method: str) -> bool:
    """Whether a request was turned away before anybody acted on it."""
    if method == "HEAD":
        return answer.status in (400, 403) and not answer.body
    if answer.body == b"Invalid HTTP request received.":
        # Two lengths, say: refused by the parser.
        return answer.status == 400
    return answer.status in (400, 403) and answer.code in REFUSALS


def attempts(world: World, kind: str, count: int, seed: int) -> Counter[str]:
    """Send `count` changed requests of a kind, and count the codes of the answers.

    Raises:
        AssertionError: one of them was not refused; it is shown.
    """
    rng = random.Random(f"{seed} {kind}")  # noqa: S311
    make, changes = KINDS[kind]
    codes: Counter[str] = Counter()
    with Line(world.url) as line:
        host = f"{line.host}:{line.port}"
        for number in range(count):
            if number % 500 == 0:
                # A signature is believed for a few minutes only.
                right = make(world, host)
            change = rng.choice(changes.split())
            changed = CHANGES[change](right, rng)
            assert changed.raw() != right.raw(), f"{change} changed nothing"
            try:
                answer = line.ask(changed)
            except OSError as error:
                raise AssertionError(f"{kind}, {change}: no answer ({error}) to {changed}") from error
            assert is_refused(answer, changed.method), f"{kind}, {change}: {answer} to {changed}"
            codes[answer.code] += 1
    return codes


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with opened() as made:
        yield made


@pytest.mark.parametrize("kind", KINDS)
def test_a_request_as_it_was_signed_is_believed(world: World, kind: str) -> None:
    with Line(world.url) as line:
        answer = line.ask(KINDS[kind].make(world, f"{line.host}:{line.port}"))
    assert answer.status == 200
    assert answer.code == ""


@pytest.mark.parametrize("kind", KINDS)
def test_a_request_that_was_changed_is_not(world: World, kind: str) -> None:
    before = world.state()
    codes = attempts(world, kind, COUNT // len(KINDS) + 1, SEED)
    assert sum(codes.values()) == COUNT // len(KINDS) + 1
    # Most changes are of such a kind that only the signature tells.
    assert codes["InvalidSignatureException"] + codes["SignatureDoesNotMatch"] > COUNT // len(KINDS) // 5
    assert world.state() == before


def main(count: int, seed: int) -> None:
    """Try `count` changes, of all kinds in turn."""
    with opened() as world:
        before = world.state()
        total: Counter[str] = Counter()
        for kind in KINDS:
            codes = attempts(world, kind, count // len(KINDS) + 1, seed)
            print(f"{kind}: {dict(codes.most_common())}", flush=True)
            total += codes
        assert world.state() == before
        print(f"{sum(total.values())} changed requests, seed {seed}: none was believed, and nothing has changed")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else COUNT, int(sys.argv[2]) if len(sys.argv) > 2 else SEED)
