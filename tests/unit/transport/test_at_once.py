"""The short way: the same replies as uvicorn's way, in order, and only for what came in one piece."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import uvicorn
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from uvicorn.server import ServerState

from kmslab import Lab
from kmslab.transport.endpoint import Endpoint
from kmslab.transport.protocol import Protocol

ADMIN = ("AKIAIOSFODNN7EXAMPLE", "tests-only")
QUICK, SLOW = "ListKeys", "CreateKey"


class Transport:
    """A connection that keeps what is written, and in how many pieces."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.is_closed = False

    def write(self, data: bytes) -> None:
        assert not self.is_closed
        self.pieces.append(data)

    def close(self) -> None:
        self.is_closed = True

    def is_closing(self) -> bool:
        return self.is_closed

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass

    def get_write_buffer_size(self) -> int:
        return 0

    def get_extra_info(self, name: str) -> Any:
        return {"peername": ("127.0.0.1", 5)}.get(name)


@pytest.fixture
def lab() -> Iterator[Lab]:
    with Lab(access_key=ADMIN) as made:
        yield made


Story = Callable[[Protocol, Transport], Any]


def tell(lab: Lab, story: Story, *, skip: bytes = b"") -> list[tuple[int, dict[str, str], Any]]:
    """What a connection on which `story` happens has written: status, headers and JSON of each reply."""
    transport = Transport()

    failures: list[dict[str, Any]] = []

    async def run() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: failures.append(context))
        with ThreadPoolExecutor(1) as workers:
            endpoint = Endpoint(lambda: lab.behind, workers)
            config = uvicorn.Config(
                endpoint, lifespan="off", http=Protocol, log_config=None, access_log=False, proxy_headers=False
            )
            state = ServerState()
            state.default_headers = [(b"date", b"now")]
            protocol = Protocol(config, state, {}, asyncio.get_running_loop())
            protocol.connection_made(transport)  # type: ignore[arg-type]
            story(protocol, transport)
            for _ in range(50):
                await asyncio.sleep(0.002)

    asyncio.run(run())
    assert failures == []
    return list(replies(b"".join(transport.pieces).removeprefix(skip)))


def replies(written: bytes) -> Iterator[tuple[int, dict[str, str], Any]]:
    while written:
        head, _, rest = written.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        length = int(headers["content-length"])
        yield int(first.split()[1]), headers, json.loads(rest[:length])
        written = rest[length:]


def request(operation: str, members: Any = None, *, secret: str = ADMIN[1], extra: str = "", path: str = "/") -> bytes:
    """A signed request, as bytes."""
    body = members if isinstance(members, bytes) else json.dumps(members or {}).encode()
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"TrentService.{operation}"}
    asked = AWSRequest("POST", f"http://localhost{path}", headers=headers, data=body)
    SigV4Auth(Credentials(ADMIN[0], secret), "kms", "us-east-1").add_auth(asked)
    lines = "".join(f"{name}: {value}\r\n" for name, value in asked.headers.items())
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n{lines}{extra}\r\n"
    return head.encode() + body


def test_a_quick_request_goes_the_short_way_and_is_written_in_one_piece(lab: Lab) -> None:
    key_id = lab.client("kms").create_key()["KeyMetadata"]["KeyId"]
    seen: list[Any] = []

    def story(protocol: Protocol, transport: Transport) -> None:
        before = protocol.stage
        protocol.data_received(request("DescribeKey", {"KeyId": key_id}))
        seen.append((protocol.answered_at_once, protocol.cycle, protocol.stage != before, transport.pieces))

    ((status, headers, members),) = tell(lab, story)
    assert (status, members["KeyMetadata"]["KeyId"]) == (200, key_id)
    assert headers["content-type"] == "application/x-amz-json-1.1"
    assert headers["date"] == "now"
    assert len(headers["x-amzn-requestid"]) == 36
    # Nothing is kept waiting of which whoever ends idle connections would have to know.
    answered, cycle, has_moved_on, pieces = seen[0]
    assert (answered, cycle, has_moved_on, len(pieces)) == (1, None, True, 1)
    assert lab.trail[-1]["eventName"] == "DescribeKey"


def both_ways(lab: Lab, sent: bytes) -> list[Any]:
    """The replies when it comes in one piece, and when it comes in two: without what is new each time."""
    found = []
    for at in (len(sent), len(sent) - 1):

        def story(protocol: Protocol, transport: Transport, at: int = at) -> None:
            protocol.data_received(sent[:at])
            if sent[at:]:
                protocol.data_received(sent[at:])
            assert protocol.answered_at_once == int(at == len(sent))

        ((status, headers, members),) = tell(lab, story)
        headers.pop("x-amzn-requestid")
        found.append((status, headers, members))
    return found


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (lambda: request(QUICK), 200),
        (lambda: request(QUICK, b"{"), 400),
        (lambda: request("DescribeKey", {"KeyId": "alias/none"}), 400),
        (lambda: request(QUICK, secret="another"), 400),
        (lambda: request(QUICK, extra="X-Amz-Meta: unsigned\r\n"), 400),
    ],
    ids=["well", "no JSON", "no such key", "wrong secret", "unsigned header"],
)
def test_both_ways_give_the_same(lab: Lab, sent: Callable[[], bytes], status: int) -> None:
    short, long = both_ways(lab, sent())
    assert short == long
    assert short[0] == status


@pytest.mark.parametrize(
    "sent",
    [
        lambda: request(SLOW),
        lambda: request(QUICK, path="/x"),
        lambda: request(QUICK).replace(b"POST", b"PUT", 1),
        lambda: request("Sign", {"SigningAlgorithm": "RSASSA_PSS_SHA_256"}),
    ],
    ids=["slow", "another path", "another method", "a slow key"],
)
def test_everything_else_goes_uvicorns_way(lab: Lab, sent: Callable[[], bytes]) -> None:
    seen: list[int] = []

    def story(protocol: Protocol, transport: Transport) -> None:
        protocol.data_received(sent())
        seen.append(protocol.answered_at_once)
        assert protocol.cycle is not None

    assert len(tell(lab, story)) == 1
    assert seen == [0]


def test_a_client_that_waits_for_leave_gets_it_first(lab: Lab) -> None:
    seen: list[Transport] = []

    def story(protocol: Protocol, transport: Transport) -> None:
        protocol.data_received(request(QUICK, extra="Expect: 100-continue\r\n"))
        seen.append(transport)

    leave = b"HTTP/1.1 100 Continue\r\n\r\n"
    ((status, _, _),) = tell(lab, story, skip=leave)
    assert (status, seen[0].pieces[0]) == (200, leave)


def test_requests_in_advance_are_answered_in_order_whichever_way_they_go(lab: Lab) -> None:
    def story(protocol: Protocol, transport: Transport) -> None:
        protocol.data_received(
            request(QUICK) + request(SLOW) + request(QUICK) + request("GetKeyPolicy", {"KeyId": "x"})
        )
        # What has to wait for the slow one is not answered before it.
        assert protocol.answered_at_once == 1

    found = tell(lab, story)
    assert [next(iter(members)) for _, _, members in found] == ["Keys", "KeyMetadata", "Keys", "__type"]
    assert [len(found[at][2]["Keys"]) for at in (0, 2)] == [0, 1]


def test_a_connection_that_is_not_to_be_kept_ends_after_its_reply(lab: Lab) -> None:
    ends: list[Transport] = []

    def story(protocol: Protocol, transport: Transport) -> None:
        protocol.data_received(request(QUICK, extra="Connection: close\r\n"))
        assert not transport.is_closed
        ends.append(transport)

    ((status, headers, _),) = tell(lab, story)
    assert (status, headers["connection"]) == (200, "close")
    assert ends[0].is_closed


def test_nothing_is_written_to_a_client_that_has_gone(lab: Lab) -> None:
    def story(protocol: Protocol, transport: Transport) -> None:
        protocol.data_received(request(QUICK))
        assert protocol.answered_at_once == 1
        transport.close()

    assert tell(lab, story) == []
    # It was answered all the same, and AWS would have it in the trail.
    assert lab.trail[-1]["eventName"] == QUICK


def test_many_in_one_piece(lab: Lab) -> None:
    found = tell(lab, lambda protocol, transport: protocol.data_received(request(QUICK) * 100))
    assert [status for status, _, _ in found] == [200] * 100
    assert len({headers["x-amzn-requestid"] for _, headers, _ in found}) == 100
