"""HTTP itself: connections, lengths, hosts, and clients that do it wrong."""

from __future__ import annotations

import base64
import binascii
import itertools
import logging
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest

from kmslab import Lab

from .by_hand import FORM, Key, Line, Sent, chunked, presign, sign

JSON = {"Content-Type": "application/x-amz-json-1.1"}
HEALTH = b'{"status":"ok","version":"'
INVALID = b"Invalid HTTP request received."

_numbers = itertools.count()


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab(seed=1) as made:
        made.client("s3").create_bucket(Bucket="reports")
        yield made


@pytest.fixture(autouse=True)
def _nothing_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No client, however bad, is a bug of the server's."""
    with caplog.at_level(logging.ERROR):
        yield
    assert caplog.messages == []


def list_keys(host: str, key: Key, **headers: str) -> Sent:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    target = {"Host": host, **JSON, "X-Amz-Target": "TrentService.ListKeys"}
    return replace(sign(Sent("POST", headers=target, body=b"{}"), key, "kms")).with_headers(**named)


def random_bytes(host: str, key: Key, count: int) -> Sent:
    target = {"Host": host, **JSON, "X-Amz-Target": "TrentService.GenerateRandom"}
    return sign(Sent("POST", headers=target, body=b'{"NumberOfBytes":%d}' % count), key, "kms")


def put(lab: Lab, body: bytes) -> str:
    """The path of a new object."""
    key = f"object-{next(_numbers)}"
    lab.client("s3").put_object(Bucket="reports", Key=key, Body=body)
    return f"/reports/{key}"


def content(lab: Lab, path: str) -> bytes:
    bucket, _, key = path[1:].partition("/")
    return bytes(lab.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())


# --- connections ---


def test_a_connection_is_kept(line: Line, host: str, admin: Key) -> None:
    for _ in range(20):
        answer = line.ask(list_keys(host, admin))
        assert answer.status == 200
        assert "connection" not in answer.headers
    assert line.made == 1


def test_a_refusal_keeps_the_connection(line: Line, host: str, admin: Key) -> None:
    for _ in range(3):
        assert line.ask(list_keys(host, admin._replace(secret="another"))).status == 400
        assert line.ask(list_keys(host, admin)).status == 200
    assert line.made == 1


def test_requests_in_advance_are_answered_in_order(line: Line, host: str, admin: Key) -> None:
    """Pipelining, of quick ones and of slow ones."""
    sizes = [1, 30, 2, 20, 3]
    line.write(b"".join(random_bytes(host, admin, size).raw() for size in sizes))
    body = b"Action=GetCallerIdentity&Version=2011-06-15"
    line.write(sign(Sent("POST", headers={"Host": host, **FORM}, body=body), admin, "sts").raw())
    line.write(list_keys(host, admin, Connection="close").raw())
    replies = line.everything().split(b"HTTP/1.1 200 OK\r\n")[1:]
    assert len(replies) == 7
    texts = [reply.partition(b"\r\n\r\n")[2] for reply in replies]
    assert [len(base64.b64decode(text.split(b'"')[3])) for text in texts[:5]] == sizes
    assert b"GetCallerIdentityResult" in texts[5]
    assert b'"Keys":' in texts[6]


def test_connection_close(line: Line, host: str, admin: Key) -> None:
    line.write(list_keys(host, admin, Connection="close").raw())
    said = line.everything()
    assert said.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"\r\nconnection: close\r\n" in said.lower()


def test_http_1_0(line: Line, host: str, admin: Key) -> None:
    line.write(list_keys(host, admin).raw().replace(b"HTTP/1.1", b"HTTP/1.0", 1))
    said = line.everything()
    assert b" 200 OK\r\n" in said
    assert b'"Keys":' in said


def test_a_host_without_its_port_and_no_second_request(line: Line, admin: Key) -> None:
    """As libmongocrypt does it."""
    line.write(list_keys(line.host, admin, Connection="close").raw())
    assert b'"Keys":' in line.everything()


@pytest.mark.parametrize("protocol", ["h2c", "websocket"])
def test_an_upgrade_that_nobody_offers(line: Line, host: str, admin: Key, protocol: str) -> None:
    """Java's client asks for HTTP/2 in its first request; neither its body nor its next request must be lost."""
    request = random_bytes(host, admin, 8).with_headers(Connection="Upgrade, HTTP2-Settings", Upgrade=protocol)
    for _ in range(2):
        assert line.ask(request).status == 200
    assert line.made == 1
    health = Sent("GET", "/_kmslab/health", headers={"Host": host, "Connection": "Upgrade", "Upgrade": protocol}).raw()
    line.write(health[:60])
    line.write(health[60:])
    assert line.read().status == 200
    assert line.ask(list_keys(host, admin)).status == 200


# --- lengths ---


def test_a_client_that_waits_for_leave_to_send(line: Line, host: str, admin: Key) -> None:
    request = list_keys(host, admin, Expect="100-continue")
    head, _, body = request.raw().partition(b"\r\n\r\n")
    line.write(head + b"\r\n\r\n")
    assert line.socket.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
    line.write(body)
    assert line.read("POST").status == 200


@pytest.mark.parametrize("length", [10 * 2**20 + 1, 10**30])
def test_a_client_that_would_send_too_much_need_not_begin(line: Line, host: str, admin: Key, length: int) -> None:
    request = list_keys(host, admin, Expect="100-continue", Content_Length=str(length))
    if length > 2**64:
        line.write(request.raw().removesuffix(b"{}"))
        assert INVALID in line.everything()
        return
    line.write(request.raw().removesuffix(b"{}"))
    answer = line.read("POST")
    assert (answer.status, answer.code) == (413, "EntityTooLarge")
    assert answer.headers["connection"] == "close"


def test_a_body_in_pieces_of_unknown_number(lab: Lab, line: Line, host: str, admin: Key) -> None:
    request = list_keys(host, admin, Transfer_Encoding="chunked")
    line.write(request.raw().removesuffix(b"{}") + b"1\r\n{\r\n1\r\n}\r\n0\r\n\r\n")
    assert line.read("POST").status == 200
    path = f"/reports/object-{next(_numbers)}"
    request = sign(Sent("PUT", path, headers={"Host": host}, body=b"content"), admin, "s3")
    line.write(
        replace(request, body=b"3\r\ncon\r\n4\r\ntent\r\n0\r\n\r\n").with_headers(Transfer_Encoding="chunked").raw()
    )
    assert line.read("PUT").status == 200
    assert content(lab, path) == b"content"


def test_chunks_of_s3_in_chunks_of_http(lab: Lab, line: Line, host: str, admin: Key) -> None:
    """As SDKs send a stream of unknown length."""
    path = f"/reports/object-{next(_numbers)}"
    trailer = ("x-amz-checksum-crc32", base64.b64encode(binascii.crc32(b"onetwo").to_bytes(4)).decode())
    request = chunked(
        Sent("PUT", path, headers={"Host": host}), admin, [b"one", b"two"], trailer=trailer, sign_chunks=False
    )
    body = (
        b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (request.body[:10], request.body[10:])) + b"0\r\n\r\n"
    )
    line.write(replace(request, body=body).with_headers(Transfer_Encoding="chunked").raw())
    assert line.read("PUT").status == 200
    assert content(lab, path) == b"onetwo"


def test_head(lab: Lab, line: Line, host: str, admin: Key) -> None:
    path = put(lab, b"0123456789")
    answer = line.ask(sign(Sent("HEAD", path, headers={"Host": host}), admin, "s3"))
    assert (answer.status, answer.headers["content-length"], answer.body) == (200, "10", b"")
    for key, status in ((admin._replace(secret="another"), 403), (admin, 404)):
        answer = line.ask(sign(Sent("HEAD", "/reports/none", headers={"Host": host}), key, "s3"))
        assert (answer.status, answer.body) == (status, b"")
        assert answer.headers["x-amz-request-id"]
    assert line.ask(sign(Sent("GET", path, headers={"Host": host}), admin, "s3")).body == b"0123456789"
    assert line.made == 1


def test_replies_without_a_body(lab: Lab, line: Line, host: str, admin: Key) -> None:
    path = put(lab, b"content")
    tag = lab.client("s3").head_object(Bucket="reports", Key=path.rpartition("/")[2])["ETag"]
    same = line.ask(sign(Sent("GET", path, headers={"Host": host, "If-None-Match": tag}), admin, "s3"))
    assert (same.status, same.body) == (304, b"")
    gone = line.ask(sign(Sent("DELETE", path, headers={"Host": host}), admin, "s3"))
    assert (gone.status, gone.body) == (204, b"")
    for answer in (same, gone):
        assert "content-length" not in answer.headers
        assert "transfer-encoding" not in answer.headers
    assert line.ask(list_keys(host, admin)).status == 200
    assert line.made == 1


def test_a_preflight_request(line: Line, host: str) -> None:
    plain = line.ask(Sent("OPTIONS", "/reports/key", headers={"Host": host}))
    assert plain.refusal == ("BadRequest", "Insufficient information. Origin request header needed.", 400)
    asked = line.ask(Sent("OPTIONS", "/reports/key", headers={"Host": host, "Origin": "https://example.com"}))
    assert asked.refusal == ("AccessForbidden", "CORSResponse: CORS is not enabled for this bucket.", 403)


@pytest.mark.parametrize("in_pieces", [False, True])
def test_a_body_over_the_limit(lab: Lab, line: Line, host: str, admin: Key, in_pieces: bool) -> None:
    calls = len(lab.trail)
    body = b" " * (10 * 2**20 + 1)
    request = sign(replace(list_keys(host, admin), body=body), admin, "kms")
    if in_pieces:
        request = replace(request, body=b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)).with_headers(
            Transfer_Encoding="chunked"
        )
    answer = line.ask(request)
    assert answer.refusal == ("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size", 413)
    assert line.ask(list_keys(host, admin)).status == 200
    assert len(lab.trail) == calls + 1


# --- hosts ---


@pytest.mark.parametrize(
    "style", ["{bucket}.localhost:{port}", "{bucket}.s3.localhost:{port}", "{bucket}.s3.amazonaws.com"]
)
def test_a_bucket_in_the_name_of_the_host(lab: Lab, line: Line, admin: Key, style: str) -> None:
    path = put(lab, b"content")
    host = style.format(bucket="reports", port=line.port)
    key = path.removeprefix("/reports")
    assert line.ask(sign(Sent("GET", key, headers={"Host": host}), admin, "s3")).body == b"content"
    assert line.ask(presign(Sent("GET", key, headers={"Host": host}), admin, "s3")).body == b"content"
    assert line.ask(sign(Sent("GET", path, headers={"Host": "localhost:1"}), admin, "s3")).body == b"content"
    assert line.ask(sign(Sent("GET", path, headers={"Host": host}), admin, "s3")).code == "NoSuchKey"


@pytest.mark.parametrize("host", ["kms.us-east-1.amazonaws.com", "localhost", "[::1]:1", "anything.at.all:65535"])
def test_the_host_does_not_choose_the_service(line: Line, admin: Key, host: str) -> None:
    assert line.ask(list_keys(host, admin)).status == 200


def test_the_whole_address_in_the_first_line(line: Line, host: str, admin: Key) -> None:
    """As a client of a proxy writes it."""
    request = list_keys(host, admin)
    line.write(request.raw().replace(b"POST / ", f"POST http://{host}/ ".encode(), 1))
    assert line.read("POST").status == 200


def test_nobody_pretends_to_be_elsewhere(lab: Lab, line: Line, host: str, admin: Key) -> None:
    elsewhere = {"X_Forwarded_For": "203.0.113.9", "Forwarded": "for=203.0.113.9", "X_Forwarded_Proto": "https"}
    assert line.ask(list_keys(host, admin, **elsewhere)).status == 200
    assert lab.trail[-1]["sourceIPAddress"] == "127.0.0.1"


# --- presigned URLs, and a client that knows nothing of AWS ---


def test_a_presigned_url_in_a_browser(lab: Lab, line: Line, host: str, admin: Key) -> None:
    path = f"/reports/{quote('a file ü+&.txt')}"
    own = {"User-Agent": "Mozilla/5.0", "Accept": "*/*", "Accept-Language": "de", "Origin": "null", "Cookie": "a=b"}

    def fetch(method: str, body: bytes | None = None) -> tuple[int, bytes]:
        signed = presign(Sent(method, path, headers={"Host": host}), admin, "s3")
        request = Request(f"http://{host}{path}?{signed.query}", data=body, method=method, headers=own)
        with urlopen(request, timeout=30) as reply:  # noqa: S310
            return reply.status, reply.read()

    assert fetch("PUT", b"typed by hand") == (200, b"")
    assert fetch("GET") == (200, b"typed by hand")
    assert content(lab, "/reports/a file ü+&.txt") == b"typed by hand"
    # What Python says unless told otherwise, as curl does; it is content all the same.
    kind = lab.client("s3").head_object(Bucket="reports", Key="a file ü+&.txt")["ContentType"]
    assert kind == "application/x-www-form-urlencoded"
    assert fetch("DELETE")[0] == 204
    with pytest.raises(HTTPError) as caught:
        fetch("GET")
    with caught.value as reply:
        assert (reply.code, b"<Code>NoSuchKey</Code>" in reply.read()) == (404, True)


@pytest.mark.parametrize("name", ["r\xe9sum\xe9.txt", "\u20ac.txt", "a\r\nSet-Cookie: b", "a\tb"])
def test_a_header_that_the_client_asked_for(lab: Lab, line: Line, host: str, admin: Key, name: str) -> None:
    path = put(lab, b"content")
    query = f"response-content-disposition={quote(f'attachment; filename={name}', safe='')}"
    answer = line.ask(presign(Sent("GET", path, query, {"Host": host}), admin, "s3"))
    assert (answer.status, answer.body) == (200, b"content")
    assert answer.headers["content-disposition"].startswith("attachment; filename=")
    assert "set-cookie" not in answer.headers
    assert line.ask(list_keys(host, admin)).status == 200


# --- what every reply says ---


def test_request_ids(line: Line, host: str, admin: Key) -> None:
    wrong = admin._replace(secret="another")
    identity = Sent("POST", headers={"Host": host, **FORM}, body=b"Action=GetCallerIdentity&Version=2011-06-15")
    found = []
    for key in (admin, wrong):
        for _ in range(3):
            found.append(line.ask(list_keys(host, key)).headers["x-amzn-requestid"])
            found.append(line.ask(sign(identity, key, "sts")).headers["x-amzn-requestid"])
            for path in ("/", "/reports", "/reports/none"):
                answer = line.ask(sign(Sent("GET", path, headers={"Host": host}), key, "s3"))
                assert answer.headers["x-amz-id-2"]
                found.append(answer.headers["x-amz-request-id"])
    assert len(found) == len(set(found)) == 30
    assert all(found)


def test_the_date_is_that_of_the_machine(lab: Lab, line: Line, host: str, admin: Key) -> None:
    """Clients compare it with their own clock, and would sign with the Lab's."""
    assert abs((lab.clock.now() - datetime.now(UTC)).days) > 1
    for request in (list_keys(host, admin), sign(Sent("GET", "/", headers={"Host": host}), admin, "s3")):
        answer = line.ask(request)
        assert answer.status == 200
        said = parsedate_to_datetime(answer.headers["date"])
        assert abs((said - datetime.now(UTC)).total_seconds()) < 5


def test_health(line: Line, host: str) -> None:
    answer = line.ask(Sent("GET", "/_kmslab/health", headers={"Host": host}))
    assert answer.status == 200
    assert answer.body.startswith(HEALTH)
    assert line.ask(Sent("HEAD", "/_kmslab/health", headers={"Host": host})).body == b""
    for method, path in (("GET", "/_kmslab/"), ("GET", "/_kmslab/reset"), ("PUT", "/_kmslab/health")):
        assert line.ask(Sent(method, path, headers={"Host": host})).status == 404


def test_a_lab_of_a_notebook_cannot_be_reset(lab: Lab, line: Line, host: str) -> None:
    keys = len(lab.inventory)
    for headers in ({}, {"Origin": "https://example.com"}):
        answer = line.ask(Sent("POST", "/_kmslab/reset", headers={"Host": host, **headers}))
        assert answer.status == 403
    assert len(lab.inventory) == keys


# --- clients that do it wrong ---


@pytest.mark.parametrize(
    "written",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)),
        b"\x00" * 100,
        b"hello\r\n\r\n",
        b"FROB / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: a\r\n\r\n",
        b"GET /\xe9 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET http://a HTTP/1.1\r\nHost: a\r\n\r\n",
        b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nAuthorization: a\x01b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nno number\r\n",
    ],
)
def test_what_is_not_http(line: Line, host: str, admin: Key, written: bytes) -> None:
    line.write(written)
    said = line.everything()
    assert said.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert said.endswith(INVALID)
    assert line.ask(list_keys(host, admin)).status == 200


def test_what_is_not_http_after_a_good_request(line: Line, host: str, admin: Key) -> None:
    line.write(list_keys(host, admin).raw() * 2 + b"hello\r\n\r\n")
    said = line.everything()
    assert [part[:3] for part in said.split(b"HTTP/1.1 ")[1:]] == [b"200", b"200", b"400"]


@pytest.mark.parametrize("unit", [b"X-More: " + b"a" * 1000 + b"\r\n", b"a" * 1000])
def test_a_head_without_an_end(line: Line, host: str, admin: Key, unit: bytes) -> None:
    line.write(b"GET / HTTP/1.1\r\nHost: a\r\nX-First: ")
    said = b""
    try:
        for _ in range(2000):
            line.write(unit)
        said = line.everything()
    except OSError:
        # The server has hung up, and what it said is lost: it did not wait for the end.
        line.close()
    assert said == b"" or b" 400 Bad Request\r\n" in said
    assert line.ask(list_keys(host, admin)).status == 200


def test_a_long_head_that_ends(line: Line, host: str, admin: Key) -> None:
    assert line.ask(list_keys(host, admin, X_More="a" * 30_000)).status == 200


def test_a_client_that_is_slow(lab: Lab, line: Line, host: str, admin: Key) -> None:
    """One writes byte by byte, and twenty others are answered meanwhile."""
    with Line(lab.endpoint()) as slow:
        request = list_keys(host, admin).raw()
        others = [Line(lab.endpoint()) for _ in range(20)]
        for number in range(len(request)):
            slow.write(request[number : number + 1])
            if number % 10 == 0:
                assert others[number // 10 % 20].ask(list_keys(host, admin)).status == 200
        assert slow.read("POST").status == 200
        assert {other.made for other in others} == {1}
        for other in others:
            other.close()


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 1])
def test_a_client_that_hangs_up(lab: Lab, line: Line, host: str, admin: Key, share: float) -> None:
    """In the head, in the body, or before its answer."""
    calls = len(lab.trail)
    path = f"/reports/object-{next(_numbers)}"
    whole = sign(Sent("PUT", path, headers={"Host": host}, body=b"x" * 200_000), admin, "s3").raw()
    for _ in range(5):
        with socket.create_connection((line.host, line.port)) as gone:
            gone.sendall(whole[: int(len(whole) * share)])
    assert line.ask(list_keys(host, admin)).status == 200
    assert len(lab.trail) == calls + 1
    if share < 1:
        assert line.ask(sign(Sent("GET", path, headers={"Host": host}), admin, "s3")).code == "NoSuchKey"


def test_many_connections_at_once(lab: Lab, host: str, admin: Key) -> None:
    calls = len(lab.trail)
    lines = [Line(lab.endpoint()) for _ in range(200)]
    for each in lines:
        each.write(random_bytes(host, admin, 8).raw())
    answers = [each.read("POST") for each in lines]
    for each in lines:
        each.close()
    assert {answer.status for answer in answers} == {200}
    assert len({answer.body for answer in answers}) == 200
    assert len(lab.trail) == calls + 200


def test_a_large_object(lab: Lab, line: Line, host: str, admin: Key) -> None:
    body = bytes(range(256)) * 2**15
    path = f"/reports/object-{next(_numbers)}"
    assert line.ask(sign(Sent("PUT", path, headers={"Host": host}, body=body), admin, "s3")).status == 200
    assert line.ask(sign(Sent("GET", path, headers={"Host": host}), admin, "s3")).body == body
