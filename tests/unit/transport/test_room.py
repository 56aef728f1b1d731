"""Room for the bodies that are held at once."""

from __future__ import annotations

import asyncio

from kmslab.transport.room import Room


def test_whoever_comes_first_is_served_first() -> None:
    async def story() -> None:
        room, done = Room(10), []

        async def need(count: int) -> None:
            await room.take(count)
            done.append(count)

        tasks = []
        for count in (6, 5, 1, 10):
            tasks.append(asyncio.create_task(need(count)))
            await asyncio.sleep(0)
        assert done == [6]
        room.give(6)
        await asyncio.sleep(0)
        assert done == [6, 5, 1]
        room.give(5)
        await asyncio.sleep(0)
        assert done == [6, 5, 1]
        room.give(1)
        await asyncio.gather(*tasks)
        assert done == [6, 5, 1, 10]

    asyncio.run(story())


def test_whoever_gives_up_is_in_nobodys_way() -> None:
    async def story() -> None:
        room = Room(10)
        await room.take(8)
        large, small = asyncio.create_task(room.take(9)), asyncio.create_task(room.take(2))
        await asyncio.sleep(0)
        large.cancel()
        await asyncio.sleep(0)
        await asyncio.wait_for(small, 1)
        # One whose turn comes as it gives up gives it back.
        other = asyncio.create_task(room.take(8))
        await asyncio.sleep(0)
        room.give(8)
        other.cancel()
        await asyncio.gather(other, return_exceptions=True)
        room.give(2)
        await asyncio.wait_for(room.take(10), 1)

    asyncio.run(story())
