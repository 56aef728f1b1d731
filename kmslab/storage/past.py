"""What the calls in a state file have left behind: the bill, when each key was last used, and the trail.

A Lab that was closed wrote down what its calls come to; one that opens reads that, and the calls only when somebody
looks at the trail. After a sudden end the calls since then are told anew.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

import msgspec

from kmslab.billing.bill import RequestCount
from kmslab.billing.meter import Lifetime, Meter
from kmslab.billing.prices import PRICE_ROWS
from kmslab.call import Call
from kmslab.errors import KmslabError
from kmslab.keys.key import LastUse
from kmslab.keys.store import World
from kmslab.service.front_door import TRACKED
from kmslab.storage.database import Name, Rows
from kmslab.storage.garbage import collecting_later
from kmslab.storage.records import CountRecord, Kind, LifetimeRecord, SummaryRecord
from kmslab.storage.touched import find_key
from kmslab.trail.recorder import Recorder

_PRICES = {price.name: price for price in PRICE_ROWS}

_decoder = msgspec.msgpack.Decoder(list[Call])


class Ground(Protocol):
    """The Lab, as far as its calls leave something behind."""

    world: World
    meter: Meter
    recorder: Recorder


class Past:
    """The calls of one file."""

    def __init__(self, rows: Rows) -> None:
        """Begin with what the file holds."""
        self._batches = sorted((int(name.name), rows[name]) for name in rows if name.kind == Kind.CALLS)
        kept = rows.get(Name(Kind.SUMMARY, ""))
        summary = None if kept is None else msgspec.msgpack.decode(kept, type=SummaryRecord)
        # Another kmslab may have had a price of another name; then everything is told anew.
        is_known = summary is not None and all(each.price in _PRICES for each in summary.requests)
        self._summary = summary if is_known else None
        self._last: datetime | None = None
        #: When keys were last used, by their ARNs, as it was written down; those that nobody has asked for, until now.
        self.last_uses: dict[str, LastUse] = {} if self._summary is None else self._summary.last_uses

    def put_back(self, ground: Ground) -> datetime | None:
        """Tell the bill and the trail what they knew; the time of the last call."""
        told, summary = 0, self._summary
        if summary is not None:
            _give(ground.meter, summary)
            told, self._last = summary.next_batch, summary.last
        self._summary = None
        for number, packed in self._batches:
            for call in _unpacked(packed) if number >= told else ():
                ground.meter(call)
                self.note(call)
                if call.operation in TRACKED and call.error_code is None:
                    _use(ground.world, call)
        if self._last is not None:
            ground.recorder.put_back(self._last, self._read)
        return self._last

    def note(self, call: Call) -> None:
        """Know of one more call."""
        if self._last is None or call.time > self._last:
            self._last = call.time

    @collecting_later()
    def _read(self) -> list[Call]:
        found = [call for _, packed in self._batches for call in _unpacked(packed)]
        self._batches.clear()
        # One that took long is told after one that came later.
        return sorted(found, key=lambda call: call.time)

    def summarise(self, ground: Ground) -> SummaryRecord:
        """What all calls come to."""
        return SummaryRecord(
            last=self._last,
            requests=[
                CountRecord(
                    what.month,
                    what.region,
                    what.operation,
                    what.key_arn,
                    what.price.name,
                    what.account_id,
                    what.service,
                    what.other_keys,
                    count,
                )
                for what, count in ground.meter.requests.items()
            ],
            lifetimes=[
                LifetimeRecord(account_id, key_arn, each.start, each.end, each.rotations)
                for account_id, key_arn, each in ground.meter.lifetimes
            ],
            last_uses=self._used(ground.world),
        )

    def _used(self, world: World) -> dict[str, LastUse]:
        found = {arn: last_use for arn, last_use in self.last_uses.items() if _is_there(world, arn)}
        for store in world.stores:
            for key in store.keys.at_hand:
                if key.last_use is not None:
                    found[key.arn] = key.last_use
                else:
                    found.pop(key.arn, None)
        return found


def _is_there(world: World, arn: str) -> bool:
    """Whether there is such a key, without asking for it."""
    region, account_id, resource = arn.split(":", 5)[3:]
    store = world.find_store(account_id, region)
    return store is not None and resource.partition("/")[2] in store.keys


def _give(meter: Meter, summary: SummaryRecord) -> None:
    requests = ((_request(each), each.count) for each in summary.requests)
    lifetimes = (
        (each.account_id, each.key_arn, Lifetime(each.start, each.end, each.rotations)) for each in summary.lifetimes
    )
    meter.put_back(requests, lifetimes)


def _request(each: CountRecord) -> RequestCount:
    return RequestCount(
        each.month,
        each.region,
        each.operation,
        each.key_arn,
        _PRICES[each.price],
        each.account_id,
        each.service,
        each.other_keys,
    )


def _unpacked(packed: bytes) -> Iterator[Call]:
    try:
        return iter(_decoder.decode(zlib.decompress(packed)))
    except (zlib.error, msgspec.MsgspecError, UnicodeDecodeError) as error:
        # Perhaps long after the file was opened, when somebody looks at the trail.
        text = f"The state file's trail was written by another kmslab and cannot be read ({error!r})."
        raise KmslabError(text) from None


def _use(world: World, call: Call) -> None:
    for used in call.keys:
        key = find_key(world, used.arn)
        if key is not None and key.created <= call.time:
            key.last_use = LastUse(call.operation, call.time, call.request_id, call.event_id)
