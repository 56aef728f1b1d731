"""One connection, without a network: when it reads on, and to whom it answers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn
from uvicorn.server import ServerState

from kmslab.transport.patience import Stage, Wait
from kmslab.transport.protocol import Protocol

REQUEST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}"


class Transport:
    """What a connection reads from and writes to."""

    def __init__(self) -> None:
        self.written = b""
        self.unread = 0
        self.reads = True
        self.is_closed = False

    def write(self, data: bytes) -> None:
        self.written += data

    def close(self) -> None:
        self.is_closed = True

    def is_closing(self) -> bool:
        return self.is_closed

    def pause_reading(self) -> None:
        self.reads = False

    def resume_reading(self) -> None:
        self.reads = True

    def get_write_buffer_size(self) -> int:
        return self.unread

    def get_extra_info(self, name: str) -> None:
        return None


class World:
    """A connection to a server that answers when it is told to."""

    def __init__(self) -> None:
        self.transport = Transport()
        self.may_answer = asyncio.Event()
        config = uvicorn.Config(
            self._answer, interface="asgi3", lifespan="off", http=Protocol, log_config=None, access_log=False
        )
        self.protocol = Protocol(config, ServerState(), {}, asyncio.get_running_loop())
        self.protocol.connection_made(self.transport)  # type: ignore[arg-type]

    async def _answer(self, scope: Any, receive: Callable[[], Awaitable[Any]], send: Any) -> None:
        await receive()
        await self.may_answer.wait()
        self.may_answer.clear()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    async def let_it_answer(self) -> None:
        self.may_answer.set()
        for _ in range(10):
            await asyncio.sleep(0)

    @property
    def answers(self) -> int:
        return self.transport.written.count(b"HTTP/1.1 200")


def test_it_reads_on_when_no_request_waits() -> None:
    async def story() -> None:
        world = World()
        world.protocol.data_received(REQUEST * 3)
        for answered in (0, 1, 2):
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert world.transport.reads is (answered == 2)
            await world.let_it_answer()
            assert world.answers == answered + 1

    asyncio.run(story())


def test_nothing_is_written_where_nobody_is() -> None:
    async def story() -> None:
        world = World()
        world.protocol.data_received(REQUEST * 3)
        await asyncio.sleep(0)
        await world.let_it_answer()
        assert world.answers == 1
        world.transport.close()
        world.protocol.connection_lost(ConnectionResetError())
        await world.let_it_answer()
        assert world.answers == 1

    asyncio.run(story())


def test_what_it_waits_for() -> None:
    async def story() -> None:
        world = World()
        protocol = world.protocol
        stages = [protocol.stage]
        protocol.data_received(REQUEST[:20])
        stages.append(protocol.stage)
        protocol.data_received(REQUEST[20:])
        stages.append(protocol.stage)
        await world.let_it_answer()
        first = protocol.cycle
        stages.append(protocol.stage)
        world.transport.unread = 7
        stages.append(protocol.stage)
        world.transport.unread = 0
        protocol.data_received(REQUEST[:-1])
        stages.append(protocol.stage)
        await world.let_it_answer()
        stages.append(protocol.stage)
        assert stages == [
            Stage(Wait.REQUEST, (None, 0)),
            Stage(Wait.HEAD, (None, 0)),
            None,
            Stage(Wait.REQUEST, (first, 0)),
            Stage(Wait.READER, 7),
            None,
            Stage(Wait.REST, protocol.cycle),
        ]

    asyncio.run(story())
