"""What is sent by `malformed.py`: kinds of malformed requests, and how one of each is made.

Over 300 lines, because it is one list: what is thrown at the server, kind by kind.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

import botocore.loaders
import botocore.model

if __package__:
    from . import served as http
else:
    import served as http

_NOBODY = ("AKIAI44QH8DHBEXAMPLE", "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY")


class Shot(NamedTuple):
    """What is written on a connection.

    Attributes:
        data: The bytes.
        whole: Whether it is one request with an end, so that there has to be one answer. What is not is followed by
            the end of the connection, and need not be answered.
        most: How many answers there may be.
        bodiless: Whether the answer has no body.
    """

    data: bytes
    whole: bool = True
    most: int = 1
    bodiless: bool = False


@dataclass
class World:
    """What the requests are about."""

    host: str
    key_id: str
    arn: str
    blob: str
    templates: list[bytes] = field(default_factory=list)
    #: Whether only KMS and S3 are asked: what plays the others takes seconds to import.
    few: bool = False

    def renew(self) -> None:
        """Sign the templates anew: a signature is believed for a few minutes only."""
        encrypt = json.dumps({"KeyId": self.key_id, "Plaintext": "aGVsbG8="}).encode()
        self.templates = [
            http.kms(self.host, "Encrypt", encrypt),
            http.kms(self.host, "DescribeKey", json.dumps({"KeyId": self.key_id}).encode()),
            http.s3(self.host, "PUT", "/reports/first", b"content"),
            http.s3(self.host, "GET", "/reports/first?prefix=a"),
            http.form(self.host, "sts", b"Action=GetCallerIdentity&Version=2011-06-15"),
            http.form(self.host, "iam", b"Action=ListUsers&Version=2010-05-08"),
            http.json_call(self.host, "secretsmanager", "secretsmanager.ListSecrets", b"{}"),
            http.json_call(self.host, "ssm", "AmazonSSM.DescribeParameters", b"{}"),
        ][: 4 if self.few else None]


Make = Callable[[World, random.Random], Shot]

_TOKENS = (
    b"\r\n", b"\n", b"\r", b"\0", b" ", b"\t", b":", b"\xff\xfe", b"\xc3\x28", b"Content-Length: 5\r\n", b"%00", b"%",
    b"Transfer-Encoding: chunked\r\n", b"A" * 5000, b"HTTP/1.1", b"0\r\n\r\n", b"../" * 50, b"\x16\x03\x01",
    b"{" * 500,
    b"\x80" * 64, b"Host: evil\r\n", b"Expect: 100-continue\r\n", b"Connection: close\r\n", b"X-Amz-Target: \r\n",
)  # fmt: skip


# --- what leaves no record ---


def _flipped(world: World, rng: random.Random) -> Shot:
    """One letter of the signature is another."""
    data = rng.choice(world.templates)
    at = data.index(b"Signature=") + 10 + rng.randrange(64)
    other = rng.choice(b"0123456789abcdef".replace(data[at : at + 1], b""))
    return Shot(data[:at] + bytes([other]) + data[at + 1 :])


def _bytes(world: World, rng: random.Random) -> Shot:
    """Some bytes of a good request are gone, others, or more."""
    data = bytearray(rng.choice(world.templates))
    for _ in range(rng.choice((1, 1, 2, 5))):
        at = rng.randrange(len(data))
        how = rng.randrange(5)
        if how == 0:
            data[at] = rng.randrange(256)
        elif how == 1:
            del data[at : at + rng.choice((1, 2, 20))]
        elif how == 2:
            data[at:at] = rng.choice(_TOKENS)
        elif how == 3:
            data[at:at] = data[at : at + rng.randrange(200)]
        else:
            del data[at:]
            break
        if not data:
            break
    return Shot(bytes(data), whole=False, most=3)


def _cut(world: World, rng: random.Random) -> Shot:
    """It ends too early."""
    data = rng.choice(world.templates)
    return Shot(data[: rng.randrange(len(data))], whole=False, most=1)


_METHODS = (
    b"GET POST PUT DELETE HEAD OPTIONS PATCH PROPFIND TRACE CONNECT get FROB PRI SOURCE M-SEARCH \x00 G\xc9T".split(
        b" "
    )
)
_TARGETS = (
    b"/", b"*", b"//", b"", b"http://a/", b"http://a", b"https://a:99999/x", b"http://[::1/", b"/%", b"/%zz", b"/%00",
    b"/..%2f..%2fetc/passwd", b"/../../etc/passwd", b"?", b"/?", b"/?=&=&&", b"/?" + b"a=b&" * 1000,
    b"/" + b"a/" * 3000,
    b"/\xff", b"a:443", b"/#x", b"/?X-Amz-Algorithm=AWS4-HMAC-SHA256", b"/?X-Amz-Credential=%2F%2F%2F%2F", b"/ x",
    b"/?AWSAccessKeyId=a&Signature=b&Expires=99999999999", b"/_kmslab/", b"/_kmslab/health?x", b"/_kmslab/reset",
    b"/?X-Amz-Signature=\xff&X-Amz-Credential=a/b/c/d/aws4_request&X-Amz-Date=20200101T000000Z&X-Amz-Expires="
    b"99999999999999999999999&X-Amz-SignedHeaders=host&X-Amz-Algorithm=AWS4-HMAC-SHA256",
)  # fmt: skip
_VERSIONS = (
    b"HTTP/1.1",
    b"HTTP/1.1",
    b"HTTP/1.1",
    b"HTTP/1.0",
    b"HTTP/0.9",
    b"HTTP/2.0",
    b"HTTP/9.9",
    b"http/1.1",
    b"",
    b"ICE/1.0",
)
_HEADERS = (
    b"Host: 127.0.0.1", b"Host: a\r\nHost: b", b"Host:", b"Host: reports.s3.amazonaws.com", b"Host: \xff\xff",
    b"no colon",
    b": no name", b"X y: z", b"X-Long: " + b"a" * 20_000, b"X-Fold: a\r\n b", b"X-Nul: a\0b", b"Content-Length: 0",
    b"Content-Length: -1", b"Content-Length: +5", b"Content-Length: 0x10", b"Content-Length: 99999999999999999999999",
    b"Content-Length: 1e3", b"Content-Length: 5, 5", b"Content-Length: ", b"Content-Length:\t3",
    b"Content-Length: 3 ",
    b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity", b"Transfer-Encoding: gzip",
    b"Transfer-Encoding: gzip, chunked",
    b"Transfer-Encoding: chunked, chunked", b"Transfer-Encoding: xchunked", b"Transfer-Encoding:\x0bchunked",
    b"TE: trailers",
    b"Expect: 100-continue", b"Expect: 200-ok", b"Upgrade: websocket\r\nConnection: upgrade", b"Upgrade: h2c",
    b"Connection: close", b"Connection: keep-alive, Transfer-Encoding", b"Authorization: ",
    b"Authorization: Basic YTpi",
    b"Authorization: AWS4-HMAC-SHA256", b"Authorization: AWS4-HMAC-SHA256 Credential=a/20200101/b/c/aws4_request",
    b"Authorization: AWS4-HMAC-SHA256 Credential=a/99999999/us-east-1/kms/aws4_request, SignedHeaders=, S=\xff",
    b"Authorization: AWS AKIAIOSFODNN7EXAMPLE:signature=", b"X-Amz-Date: 20201340T256199Z",
    b"Date: Thu, 99 Foo 2020 25:61:61 GMT",
    b"X-Amz-Target: TrentService.", b"X-Amz-Target: TrentService.Encrypt", b"X-Amz-Target: \xff.\xfe",
    b"Origin: null",
    b"X-Amz-Security-Token: \xe9", b"X-Amz-Content-Sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD", b"Content-Type: \xff",
    b"Content-Type: multipart/form-data; boundary=", b"Content-Encoding: aws-chunked",
    b"X-Amz-Decoded-Content-Length: -5",
    b"Cookie: " + b"a=b; " * 3000, b"\r\n", b"Range: bytes=5-2", b"\xef\xbb\xbfX: y",
)  # fmt: skip


def _head(world: World, rng: random.Random) -> Shot:
    """A first line and headers of all sorts, in all sorts of combinations."""
    first = b" ".join((rng.choice(_METHODS), rng.choice(_TARGETS), rng.choice(_VERSIONS)))
    if rng.randrange(4):
        first = rng.choice((b"GET / HTTP/1.1", b"POST / HTTP/1.1", b"PUT /reports/x HTTP/1.1"))
    lines = [first, *(rng.choice(_HEADERS) for _ in range(rng.choice((0, 1, 2, 3, 8))))]
    if not rng.randrange(50):
        lines += [b"X-%d: %d" % (number, number) for number in range(rng.choice((500, 5000)))]
    end = rng.choice((b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r"))
    body = rng.choice((b"", b"", b"{}", b"abc", b"5\r\nhello\r\n0\r\n\r\n", b"\xff" * 100))
    return Shot(end.join([*lines, b"", b""]) + body, whole=False, most=3)


_CHUNKED = (
    b"5\r\nhello\r\n0\r\n\r\n", b"5\r\nhello\r\n", b"-5\r\nhello\r\n0\r\n\r\n", b"0x5\r\nhello\r\n0\r\n\r\n",
    b"5\nhello\n0\n\n",
    b"ffffffffffffffff\r\nhello", b"fffffffffffffffff\r\nhello", b"7fffffffffffffff\r\nhello",
    b"5;" + b"a" * 20_000 + b"\r\nhello\r\n0\r\n\r\n",
    b"5 \r\nhello\r\n0\r\n\r\n", b"5\r\nhelloXX0\r\n\r\n", b"4\r\nhello\r\n0\r\n\r\n", b"6\r\nhello\r\n0\r\n\r\n",
    b"\r\n\r\n", b"g\r\n",
    b"0\r\nX-Trailer: a\r\n\r\n", b"0\r\nContent-Length: 5\r\n\r\n", b"0\r\nbroken\r\n\r\n",
    b"00000000000000000000005\r\nhello\r\n0\r\n\r\n",
    b"1\r\na\r\n" * 2000 + b"0\r\n\r\n", b"5;\xff=\0\r\nhello\r\n0\r\n\r\n",
    b"0\r\n" + b"X: y\r\n" * 3000 + b"\r\n", b"5\r\rhello\r\n0\r\n\r\n",
)  # fmt: skip


def _chunked(world: World, rng: random.Random) -> Shot:
    """A body in chunks that are not right."""
    target = rng.choice((b"POST / HTTP/1.1", b"PUT /reports/x HTTP/1.1"))
    body = rng.choice(_CHUNKED)
    if not rng.randrange(3):
        at = rng.randrange(len(body))
        body = body[:at] + rng.choice(_TOKENS) + body[at:]
    head = target + b"\r\nHost: a\r\nTransfer-Encoding: chunked\r\nX-Amz-Target: TrentService.ListKeys\r\n\r\n"
    return Shot(head + body, whole=False, most=3)


def _smuggled(world: World, rng: random.Random) -> Shot:
    """Two lengths, in two sorts of headers: what one reader takes for a body is a request to another. One answer."""
    inner = world.templates[1]
    ways = (
        b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" % (len(inner) + 5),
        b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
        b"Content-Length: 0\r\nContent-Length: %d\r\n\r\n" % len(inner),
        b"Content-Length: %d\r\nContent-Length: 0\r\n\r\n" % len(inner),
        b"Content-Length: 0, %d\r\n\r\n" % len(inner),
        b"Content-Length: %d \r\nContent-Length : 0\r\n\r\n" % len(inner),
        b"Transfer-Encoding: xchunked\r\nContent-Length: %d\r\n\r\n" % len(inner),
        b"Transfer-Encoding : chunked\r\nContent-Length: %d\r\n\r\n" % len(inner),
        b"Transfer-Encoding: chunked, identity\r\nContent-Length: %d\r\n\r\n" % len(inner),
        b"Transfer-Encoding:\r\n chunked\r\nContent-Length: %d\r\n\r\n" % len(inner),
        b"X: y\nContent-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" % len(inner),
        b"X: y\rTransfer-Encoding: chunked\r\nContent-Length: %d\r\n\r\n" % len(inner),
    )
    return Shot(b"POST / HTTP/1.1\r\nHost: a\r\n" + rng.choice(ways) + inner, whole=False, most=1)


def _in_advance(world: World, rng: random.Random) -> Shot:
    """Several at once, some of them broken."""
    shots = [rng.choice((_flipped, _flipped, _flipped, _cut, _head))(world, rng) for _ in range(rng.randrange(2, 12))]
    return Shot(b"".join(shot.data for shot in shots), whole=False, most=40)


def _unbelieved(world: World, rng: random.Random) -> Shot:
    """Signed by nobody, for another day, another Region or service, long ago, or without a part."""
    body = json.dumps({"KeyId": world.key_id}).encode()
    headers = {"Host": world.host, "Content-Type": http.JSON, "X-Amz-Target": "TrentService.DescribeKey"}
    how = rng.randrange(6)
    if how == 0:
        return Shot(http.kms(world.host, "DescribeKey", body, key=_NOBODY))
    if how == 1:
        stamp = f"{rng.randrange(1900, 2100)}0{rng.randrange(1, 10)}1{rng.randrange(10)}T101010Z"
        return Shot(http.request("POST", "/", http.signed("kms", "POST", "/", headers, body, stamp=stamp), body))
    said = http.signed("kms", "POST", "/", headers, body)
    if how == 2:
        service = rng.choice(("s3", "iam", "sts", "ec2", "dynamodb", "nothing", "kms-fips", "lambda", "sqs", "route53"))
        said["Authorization"] = said["Authorization"].replace("/kms/", f"/{service}/")
    elif how == 3:
        said["Authorization"] = said["Authorization"].replace(
            http.REGION, rng.choice(("eu-west-1", "mars-1", "x" * 999))
        )
    elif how == 4:
        del said[rng.choice(["Authorization", "x-amz-date", "Host"])]
    else:
        words = said["Authorization"].split(" ")
        rng.shuffle(words)
        said["Authorization"] = " ".join(words[: rng.randrange(5)])
    return Shot(http.request("POST", "/", said, body))


_ANY = ("s3", "kms", "sts", "x")


def _in_query(world: World, rng: random.Random) -> Shot:
    """A presigned URL that is wrong."""
    names = ["X-Amz-Algorithm=AWS4-HMAC-SHA256", f"X-Amz-Date={rng.choice(_DATES)}",
    f"X-Amz-Expires={rng.choice(_NUMBERS)}",
             f"X-Amz-Credential={http.KEY[0]}%2F20260105%2Fus-east-1%2F{rng.choice(_ANY)}%2Faws4_request",
             f"X-Amz-SignedHeaders={rng.choice(('host', '', 'host;host', ';', '%00'))}",
             "X-Amz-Signature=" + "0" * 64,
             f"AWSAccessKeyId={http.KEY[0]}", "Signature=a%2Fb", f"Expires={rng.choice(_NUMBERS)}",
             "response-content-type=%0d%0a"]  # fmt: skip
    rng.shuffle(names)
    method = rng.choice(("GET", "PUT", "HEAD"))
    target = f"/reports/first?{'&'.join(names[: rng.randrange(1, 11)])}"
    return Shot(http.request(method, target, {"Host": world.host}), bodiless=method == "HEAD")


_DATES = (
    "20260105T000000Z",
    "99991231T235959Z",
    "00000000T000000Z",
    "",
    "20260105",
    "%00",
    "20260230T000000Z",
    "0001-01-01",
)
_NUMBERS = ("0", "-1", "900", "604801", "9" * 30, "9" * 5000, "", "1.5", "0x9", "%D9%A3", "99999999999", "253402300800")


# --- what is signed rightly, and wrong inside ---

_DEEP = 100_000
_BROKEN = (
    b"", b"{", b"null", b"true", b"[]", b"[[]]", b'"a"', b"1", b"\xff\xfe", b"\xef\xbb\xbf{}", b"{}{}", b"{'a':1}",
    b'{"a":NaN}',
    b'{"KeyId":"\xff"}', b'{"KeyId":"\\ud800"}', b'{"KeyId":"\\u0000"}', b"[" * 3000, b'{"a":' * 3000,
    b'{"KeyId":1e999}',
    b'{"KeyId":-0}', b'{"Limit":99999999999999999999999999}', b'{"KeyId":{"a":{"b":[]}}}',
    b'{"KeyId":"a","KeyId":null}', b"{}" + b" " * 5000,
    b"\0" * 100, b"{\"a\":\"" + b"x" * 5000, b"Action=ListKeys", b"<xml/>", b"\x1f\x8b\x08\x00", b'{"":""}',
    b'{"__proto__":{}}',
    b"[" * 900 + b"]" * 900, b'{"KeyId":' + b"[" * 900 + b"]" * 900 + b"}",
)  # fmt: skip


def _body(world: World, rng: random.Random) -> Shot:
    """A body for KMS that is no JSON, or no object."""
    operation = rng.choice((*_operations("kms"), "", "Nothing", "encrypt", "\u00e9", "Encrypt.Encrypt"))
    body = rng.choice(_BROKEN)
    if not rng.randrange(20):
        opening = rng.choice((b"[", b'{"a":', b'{"KeyId":[', b'[{"a":'))
        body = opening * (_DEEP // len(opening))
    return Shot(http.kms(world.host, operation, body))


@cache
def _model(service: str) -> botocore.model.ServiceModel:
    return botocore.model.ServiceModel(
        botocore.loaders.create_loader().load_service_model(service, "service-2"), service
    )


#: What takes a second each, or makes what it is asked for even of nothing; or has the Lab wait for the disk.
_NOT = frozenset("CreateKey GenerateDataKeyPair GenerateDataKeyPairWithoutPlaintext CreateAccountAlias".split())


@cache
def _operations(service: str) -> tuple[str, ...]:
    return tuple(name for name in _model(service).operation_names if name not in _NOT)


@cache
def _input(service: str, operation: str) -> Any:
    return _model(service).operation_model(operation).input_shape


def _junk(rng: random.Random) -> Any:
    """Any JSON value."""
    return rng.choice((
        None, True, False, 0, -1, 2**31, 2**63, -(2**63), 10**18, 1.5, 1e308, "", " ", "a" * 300, "\0", "\u202e",
        "\U0001f512" * 20,
        "${x}", "../..", "%s%n", "'; --", "<a>&b;", [], [[]], {}, {"a": []}, [None], {"": None}, "x" * 5000,
        "2026-01-05T00:00:00Z", "\ud7ff",
    ))  # fmt: skip


def _text(world: World, rng: random.Random) -> str:
    return rng.choice((
        world.key_id, world.key_id, world.arn, world.arn[:-1], "alias/aws/s3", "alias/", "alias/x", world.blob,
        "AAAA", "a", "=", "====",
        "arn:aws:kms:::", "arn:" * 100, "mrk-0", "arn:aws:iam::123456789010:root", "{}", "[", '{"Statement":{}}',
        "reports", "first", "!",
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"*","Condition":{"X":1}}]}',
        '{"a":' * 2000, "\u00e9\u00e9", "eu-west-1", "none", "0" * 100, "AWSCURRENT",
        "arn:aws:secretsmanager:us-east-1:123456789010:secret:a-b",
    ))  # fmt: skip


def _value(shape: Any, world: World, rng: random.Random, depth: int = 0) -> Any:
    if depth > 4 or not rng.randrange(5):
        return _junk(rng)
    kind = shape.type_name
    if kind == "structure":
        return {name: _value(each, world, rng, depth + 1) for name, each in shape.members.items() if rng.randrange(3)}
    if kind == "list":
        return [_value(shape.member, world, rng, depth + 1) for _ in range(rng.choice((0, 1, 1, 2, 30)))]
    if kind == "map":
        return {_text(world, rng): _value(shape.value, world, rng, depth + 1) for _ in range(rng.choice((0, 1, 2, 10)))}
    if kind in ("integer", "long"):
        return rng.choice((0, 1, -1, 7, 30, 365, 1000, 2**31, 10**12))
    if kind in ("boolean",):
        return rng.random() < 0.5
    if kind in ("float", "double", "timestamp"):
        return rng.choice((0, 1.5, 1767600000, -1, 1e18, 253402300800, -62135596801))
    # Keys of RSA take seconds to make.
    enum = [each for each in getattr(shape, "enum", ()) if "RSA" not in each]
    return rng.choice(enum) if enum and rng.randrange(3) else _text(world, rng)


def _members(service: str, world: World, rng: random.Random) -> tuple[str, Any]:
    operation = rng.choice(_operations(service))
    shape = _input(service, operation)
    if shape is None:
        return operation, {"A": _junk(rng)}
    members = {}
    for name, each in shape.members.items():
        if name in shape.required_members or not rng.randrange(3):
            members[name] = _value(each, world, rng, 1)
    if not rng.randrange(4):
        members.pop(rng.choice([*members, "A"]), None)
    if not rng.randrange(6):
        members[rng.choice(("A", "KeyId", "DryRun", "GrantTokens", "NextToken", "Marker", "MaxResults"))] = _junk(rng)
    return operation, members


def _kms(world: World, rng: random.Random) -> Shot:
    """Every operation of KMS, with members that hardly go together."""
    operation, members = _members("kms", world, rng)
    return Shot(http.kms(world.host, operation, json.dumps(members).encode()))


def _json_service(service: str, target: str) -> Make:
    def make(world: World, rng: random.Random) -> Shot:
        operation, members = _members(service, world, rng)
        body = json.dumps(members).encode() if rng.randrange(5) else rng.choice(_BROKEN)
        return Shot(http.json_call(world.host, service, f"{target}.{operation}", body))

    return make


def _flat(name: str, value: Any) -> list[str]:
    if isinstance(value, dict):
        return [each for key, item in value.items() for each in _flat(f"{name}.{key}" if name else str(key), item)]
    if isinstance(value, list):
        return [each for at, item in enumerate(value, 1) for each in _flat(f"{name}.member.{at}", item)]
    return [f"{http.sigv4._encoded(name)}={http.sigv4._encoded(str(value))}"]


def _query_service(service: str, version: str) -> Make:
    def make(world: World, rng: random.Random) -> Shot:
        operation, members = _members(service, world, rng)
        pairs = [
            f"Action={operation}",
            f"Version={rng.choice((version, version, version, '', '1999-01-01'))}",
            *_flat("", members),
        ]
        body = "&".join(pairs).encode()
        if not rng.randrange(6):
            body = rng.choice(
                (
                    b"",
                    b"Action=",
                    b"Action",
                    b"&&&&",
                    b"Action=%",
                    b"Action=Nothing",
                    b"\xff=\xfe",
                    b"a=b&" * 2000,
                    body + b"%zz",
                )
            )
        return Shot(http.form(world.host, service, body))

    return make


_PATHS = ("/", "/reports", "/reports/", "/reports/first", "/nothing", "/nothing/first", "/reports/%00",
    "/reports/%FF", "/re%70orts/a+b", "//",
          "/reports//", "/reports/../x", "/UPPER", "/a", "/reports/" + "k" * 1100, "/reports/first/",
          "/%2Freports")  # fmt: skip
_SUBRESOURCES = (
    "acl", "tagging", "encryption", "policy", "lifecycle", "cors", "versioning", "website", "notification",
    "replication", "uploads", "delete",
    "logging", "accelerate", "requestPayment", "object-lock", "retention", "legal-hold", "publicAccessBlock",
    "ownershipControls", "inventory",
    "analytics", "metrics", "versions", "location", "list-type=2", "list-type=x", "max-keys=x", "max-keys=-1",
    "uploadId=x", "partNumber=x", "torrent",
    "partNumber=1&uploadId=x", "versionId=x", "select&select-type=2", "restore", "attributes", "prefix=%FF",
    "continuation-token=%00", "encoding-type=x",
    "partNumber=99999999999", "session", "policyStatus", "intelligent-tiering", "response-content-type=%0D%0Ax:y",
    "x-id=", "marker=%zz", "part-number-marker=a",
    "max-parts=a", "max-uploads=a", "max-uploads=-5", "delimiter=", "max-keys=99999999999999999999",
    "start-after=%FF", "key-marker=x&version-id-marker=y",
)  # fmt: skip
_XML = (
    b"", b"<", b"<a>", b"<a/>", b"<a></b>", b"\xff", b"not xml", b"{}", b"<?xml version='1.0' encoding='x'?><a/>",
    b"<a>" * 2000, b"<a>" * 2000 + b"</a>" * 2000,
    b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
    b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>", b"<a>&nope;</a>", b"<a>\0</a>",
    b"<!DOCTYPE l [<!ENTITY a 'aaaaaaaa'>" + b"".join(
        b"<!ENTITY %c '%b'>" % (to, b"&%c;" % of * 9) for of, to in zip(b"abcdefg", b"bcdefgh", strict=True)
    ) + b"]><l>&h;</l>",
)  # fmt: skip
_ROOTS = (
    "Tagging", "ServerSideEncryptionConfiguration", "LifecycleConfiguration", "CORSConfiguration",
    "VersioningConfiguration", "WebsiteConfiguration",
    "NotificationConfiguration", "ReplicationConfiguration", "Delete", "BucketLoggingStatus",
    "AccelerateConfiguration", "CreateBucketConfiguration",
    "CompleteMultipartUpload", "AccessControlPolicy", "PublicAccessBlockConfiguration", "ObjectLockConfiguration",
    "OwnershipControls", "LegalHold",
    "Retention", "RequestPaymentConfiguration", "SelectObjectContentRequest", "RestoreRequest",
    "InventoryConfiguration",
)  # fmt: skip
_INNER = ("TagSet", "Tag", "Key", "Value", "Rule", "ID", "Status", "Filter", "Prefix", "Object", "Part", "ETag",
    "PartNumber", "CORSRule", "AllowedMethod",
          "ApplyServerSideEncryptionByDefault", "SSEAlgorithm", "KMSMasterKeyID", "LocationConstraint", "Owner",
          "Grant", "Days", "Expiration", "Mode")  # fmt: skip
_S3_HEADERS = {
    "x-amz-server-side-encryption": ("aws:kms", "AES256", "aws:kms:dsse", "x", ""),
    "x-amz-server-side-encryption-aws-kms-key-id": ("alias/aws/s3", "x", "", "arn:"),
    "x-amz-server-side-encryption-context": ("e30=", "x", "W10=", "eyJhIjp7fX0=", "/w==", "ImEi"),
    "x-amz-server-side-encryption-bucket-key-enabled": ("true", "x"),
    "x-amz-copy-source": ("/reports/first", "x", "", "/", "/nothing/x", "reports/%FF", "reports/first?versionId=x"),
    "x-amz-copy-source-range": ("bytes=0-1", "bytes=5-2", "x"),
    "x-amz-acl": ("public-read", "x"), "x-amz-tagging": ("a=b", "=", "%FF", "&&", "a=b&a=c"), "Range": ("bytes=0-1",
    "bytes=9-1", "x", "bytes=-", "bytes=a-b", "bytes=-0", "bytes=99-"),
    "If-Modified-Since": ("x", "Thu, 01 Jan 1970 00:00:00 GMT"), "If-None-Match": ("*", "x"), "If-Match": ("*",
    '"x"'), "Content-MD5": ("x", "AAAA"),
    "x-amz-checksum-sha256": ("x", ""), "x-amz-sdk-checksum-algorithm": ("SHA256", "x"), "x-amz-meta-a": ("\u00e9",
    ""), "Content-Type": (http.FORM, "multipart/form-data; boundary=x"),
    "x-amz-object-lock-mode": ("x",), "x-amz-object-lock-retain-until-date": ("x", "2026-01-05"),
    "x-amz-storage-class": ("x", "GLACIER"), "x-amz-grant-read": ("x", "id="),
    "x-amz-bypass-governance-retention": ("x",), "x-amz-mfa": ("x",), "x-amz-website-redirect-location": ("x",),
    "x-amz-object-attributes": ("x", "ETag"), "x-amz-expected-bucket-owner": ("x", "111122223333"),
    "x-amz-bucket-object-lock-enabled": ("x",), "x-amz-server-side-encryption-customer-algorithm": ("AES256", "x"),
    "x-amz-server-side-encryption-customer-key": ("x", "AAAA"), "x-amz-tagging-directive": ("x", "REPLACE"),
    "x-amz-metadata-directive": ("x",), "x-amz-target": ("x", "TrentService.Encrypt"), "Content-Encoding": ("gzip",
    "aws-chunked"), "Expires": ("x",), "x-amz-trailer": ("x-amz-checksum-crc32",),
}  # fmt: skip


def _tree(rng: random.Random, depth: int = 0) -> str:
    if depth > 3 or not rng.randrange(3):
        return rng.choice(
            (
                "",
                "x",
                "Enabled",
                "-1",
                "99999999999999",
                "&amp;",
                "\u00e9",
                "aws:kms",
                "first",
                "1",
                "2026-01-05T00:00:00Z",
                "eu-west-1",
            )
        )
    names = [rng.choice(_INNER) for _ in range(rng.choice((1, 1, 2, 3)))]
    return "".join(f"<{name}>{_tree(rng, depth + 1)}</{name}>" for name in names)


def _s3(world: World, rng: random.Random) -> Shot:
    """S3, with headers, subresources and documents that hardly go together."""
    method = rng.choice(("GET", "GET", "PUT", "PUT", "POST", "DELETE", "HEAD"))
    target = rng.choice(_PATHS)
    if rng.randrange(4):
        target += "?" + "&".join(rng.choice(_SUBRESOURCES) for _ in range(rng.choice((1, 1, 1, 2))))
    if method == "DELETE" and target == "/reports":
        target = "/reports?tagging"
    headers = {}
    for name in rng.sample(list(_S3_HEADERS), rng.choice((0, 0, 1, 2, 4))):
        headers[name.replace("-", "_")] = rng.choice(_S3_HEADERS[name])
    body = b""
    if method in ("PUT", "POST"):
        root = rng.choice(_ROOTS)
        body = f"<{root}>{_tree(rng)}</{root}>".encode() if rng.randrange(3) else rng.choice(_XML)
    return Shot(http.s3(world.host, method, target, body, **headers), bodiless=method == "HEAD")


def _streamed(world: World, rng: random.Random) -> Shot:
    """A body in signed chunks of S3's own that are not right."""
    payload = rng.choice(
        (
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
            "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        )
    )
    body = rng.choice(
        (
            *_CHUNKED,
            b"",
            b"5;chunk-signature=0\r\nhello\r\n0;chunk-signature=0\r\n\r\n",
            b"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAA\r\n\r\n",
        )
    )
    headers = {
        "Host": world.host,
        "x-amz-decoded-content-length": rng.choice(("5", "0", "-1", "x", "9" * 30, "")),
        "Content-Encoding": "aws-chunked",
    }
    if rng.randrange(2):
        headers["x-amz-trailer"] = rng.choice(("x-amz-checksum-crc32", "", ",,", "x", "\u00e9"))
    said = http.signed("s3", "PUT", "/reports/streamed", headers, payload=payload)
    return Shot(http.request("PUT", "/reports/streamed", said, body))


class Kind(NamedTuple):
    """A kind of request: how often, how, and whether a record is kept of it."""

    weight: int
    make: Make
    recorded: bool = False


KINDS: dict[str, Kind] = {
    "a letter of the signature": Kind(26, _flipped),
    "not believed": Kind(16, _unbelieved),
    "wrong in the query": Kind(10, _in_query),
    "bytes": Kind(5, _bytes),
    "cut": Kind(2, _cut),
    "heads": Kind(5, _head),
    "chunks of HTTP": Kind(2, _chunked),
    "two lengths": Kind(1, _smuggled),
    "in advance": Kind(1, _in_advance),
    "KMS: bodies": Kind(8, _body, recorded=True),
    "KMS: members": Kind(14, _kms, recorded=True),
    "Secrets Manager": Kind(2, _json_service("secretsmanager", "secretsmanager"), recorded=True),
    "Parameter Store": Kind(2, _json_service("ssm", "AmazonSSM"), recorded=True),
    "STS": Kind(2, _query_service("sts", "2011-06-15"), recorded=True),
    "IAM": Kind(1, _query_service("iam", "2010-05-08"), recorded=True),
    "S3": Kind(2, _s3, recorded=True),
    "S3 in chunks": Kind(1, _streamed, recorded=True),
}
