"""Clients that keep the server waiting, and those that ask for more than they read."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Iterator

import pytest

from kmslab import Lab
from kmslab.transport import body, patience

from .by_hand import Key, Line, Sent, sign

LIMIT = 0.3


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab(seed=1) as made:
        made.client("s3").create_bucket(Bucket="reports")
        yield made


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    for wait in patience.Wait:
        monkeypatch.setitem(patience.LIMITS, wait, LIMIT)
    monkeypatch.setattr(patience, "EVERY", 0.1)
    monkeypatch.setattr(body, "PATIENCE", LIMIT)
    with caplog.at_level(logging.WARNING):
        yield
    assert caplog.messages == []


def list_keys(line: Line, key: Key) -> Sent:
    headers = {
        "Host": f"{line.host}:{line.port}",
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": "TrentService.ListKeys",
    }
    return sign(Sent("POST", headers=headers, body=b"{}"), key, "kms")


def ended(line: Line) -> bytes:
    """What came until the server ended the connection."""
    try:
        return line.everything()
    except ConnectionError:
        line.close()
        return b""


@pytest.mark.parametrize("written", [0, 1, 30, -3])
def test_a_head_that_does_not_end(line: Line, admin: Key, written: int) -> None:
    request = list_keys(line, admin).raw()
    line.write(request[:written] if written >= 0 else request.partition(b"\r\n\r\n")[0] + b"\r\n")
    began = time.monotonic()
    assert ended(line) == b""
    assert LIMIT < time.monotonic() - began < 10
    assert line.ask(list_keys(line, admin)).status == 200


def test_a_head_byte_by_byte_after_a_good_request(line: Line, admin: Key) -> None:
    assert line.ask(list_keys(line, admin)).status == 200
    slow = line.socket
    for _ in range(200):
        try:
            slow.sendall(b"G")
        except OSError:
            break
        time.sleep(0.05)
    else:
        pytest.fail("It may go on for as long as it likes.")
    line.close()


def test_a_body_that_does_not_end(line: Line, admin: Key) -> None:
    line.write(list_keys(line, admin).raw()[:-1])
    said = ended(line)
    assert said.startswith(b"HTTP/1.1 400 ")
    assert b"RequestTimeout" in said
    assert b"connection: close" in said


def test_a_body_that_is_too_long_is_refused_before_it_comes(line: Line, admin: Key) -> None:
    headers = {"Host": "a", "X-Amz-Target": "TrentService.Encrypt", "Content-Length": str(2**30)}
    line.write(Sent("POST", headers=headers).raw() + b"x" * 1000)
    assert line.read("POST").status == 413
    # The rest is not waited for for ever.
    assert ended(line) == b""


def test_a_client_that_does_not_read(lab: Lab, line: Line, admin: Key) -> None:
    """It is given up, and so is the request that waits for it; nothing is written where nobody is."""
    lab.client("s3").put_object(Bucket="reports", Key="large", Body=b"x" * 8_000_000)
    line.write(sign(Sent("GET", "/reports/large", headers={"Host": "a"}), admin, "s3").raw())
    assert line.socket.recv(1, socket.MSG_PEEK) == b"H"
    time.sleep(0.1)
    more = list_keys(line, admin).raw() * 50
    began = time.monotonic()
    try:
        while time.monotonic() - began < 20:
            line.write(more)
    except OSError:
        line.close()
    assert time.monotonic() - began < 15
    assert line.ask(list_keys(line, admin)).status == 200


def test_too_many_requests_in_advance(line: Line, admin: Key) -> None:
    line.write(b"GET / HTTP/1.1\r\n\r\n" * 5000)
    said = ended(line)
    assert said == b"" or b" 400 Bad Request\r\n" in said
    assert said.count(b"HTTP/1.1") < 5000
    assert line.ask(list_keys(line, admin)).status == 200
