"""The application alone, spoken to as a server would: what no server lets through, and what a reset may do."""

from __future__ import annotations

import asyncio
import json
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from kmslab.transport.endpoint import Behind, Endpoint
from kmslab.wire.http import Reply


def nobody(*_: Any) -> Any:
    raise AssertionError("nobody should be asked")


NOBODY = Behind(nobody, nobody, lambda access_key_id: None, "us-east-1")


def ask(
    endpoint: Endpoint, method: str, path: str, messages: list[dict[str, Any]] | None = None, **headers: str
) -> list[dict[str, Any]]:
    """What the application sends when it is asked."""
    waiting = messages if messages is not None else [{"type": "http.request", "body": b"", "more_body": False}]
    said: list[dict[str, Any]] = []
    scope = {
        "type": "http",
        "method": method,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
        "client": None,
    }

    async def receive() -> dict[str, Any]:
        # As long as a server waits for its client, others have their turn.
        await asyncio.sleep(0)
        return waiting.pop(0)

    async def send(message: Any) -> None:
        said.append(message)

    asyncio.run(endpoint(scope, receive, send))
    return said


def made(reset: Any = None, behind: Behind = NOBODY) -> Endpoint:
    return Endpoint(lambda: behind, ThreadPoolExecutor(2), reset)


def test_a_reset() -> None:
    done: list[int] = []
    said = ask(made(lambda: done.append(1)), "POST", "/_kmslab/reset")
    assert (said[0]["status"], json.loads(said[1]["body"])) == (200, {"status": "empty"})
    assert done == [1]


def test_a_reset_that_fails(caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        raise OSError("the disk is full")

    with caplog.at_level(logging.ERROR):
        said = ask(made(fail), "POST", "/_kmslab/reset")
    assert said[0]["status"] == 500
    assert json.loads(said[1]["body"]) == {"message": "The Lab could not be emptied; its log says why."}
    assert "the disk is full" in caplog.text


def test_a_bug_is_an_answer_and_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    def fail(access_key_id: str) -> None:
        raise RuntimeError("a bug")

    header = "AWS4-HMAC-SHA256 Credential=AKIA/20260105/us-east-1/kms/aws4_request, SignedHeaders=host, Signature=0"
    with caplog.at_level(logging.ERROR):
        said = ask(made(behind=NOBODY._replace(find=fail)), "GET", "/", authorization=header, date="no date")
        assert said[0]["status"] == 400
        assert caplog.text == ""
        endpoint = Endpoint(lambda: fail(""), ThreadPoolExecutor(1))  # type: ignore[arg-type, return-value, func-returns-value]
        said = ask(endpoint, "GET", "/", authorization=header)
    assert said[0]["status"] == 500
    assert json.loads(said[1]["body"])["__type"] == "InternalFailure"
    assert "a bug" in caplog.text


def test_a_client_that_is_gone_gets_no_answer() -> None:
    half = {"type": "http.request", "body": b"half", "more_body": True}
    assert ask(made(), "PUT", "/b/k", [half, {"type": "http.disconnect"}]) == []
    assert ask(made(), "PUT", "/b/k", [{"type": "http.disconnect"}]) == []


def test_a_client_that_never_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kmslab.transport.body.PATIENCE", 0)
    half = {"type": "http.request", "body": b"half", "more_body": True}
    said = ask(made(), "PUT", "/b/k", [half] * 50)
    assert said[0]["status"] == 400
    assert b"<Code>RequestTimeout</Code>" in said[1]["body"]


def test_the_lab_is_not_asked_for_what_is_not_believed() -> None:
    for headers in ({}, {"x_amz_target": "TrentService.ListKeys"}, {"authorization": "Bearer x"}):
        assert ask(made(), "POST", "/", **headers)[0]["status"] in (400, 403)


def test_a_reply_is_told_in_order() -> None:
    said = ask(made(), "GET", "/_kmslab/health")
    assert [message["type"] for message in said] == ["http.response.start", "http.response.body"]
    headers = {bytes(name).lower(): value for name, value in said[0]["headers"]}
    assert headers[b"content-length"] == str(len(said[1]["body"])).encode()
    assert isinstance(Reply(200, {}, b"secret"), Reply)
    assert "secret" not in repr(Reply(200, {}, b"secret"))
