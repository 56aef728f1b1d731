"""Events of services other than KMS: kept as text, packed where they are old, found by their time.

What is packed never changes, so a Lab in a file writes it once.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from kmslab.trail.events import EventRecord

#: How many events are packed together.
_PACK = 64


class Event(NamedTuple):
    """An event with its time to the microsecond, which its record gives to the second only."""

    time: datetime
    record: EventRecord

    @property
    def region(self) -> str:
        """Where it happened."""
        return str(self.record["awsRegion"])


class _Pack(NamedTuple):
    """Some events, as compressed JSON, with the times of the first and the last."""

    first: datetime
    last: datetime
    content: bytes


@dataclass
class History:
    """The events of an account, of all its Regions."""

    _packs: list[_Pack] = field(default_factory=list)
    _loose: list[tuple[datetime, str]] = field(default_factory=list)

    def add(self, event: Event) -> None:
        """Keep an event."""
        self._loose.append((event.time, json.dumps(event.record, separators=(",", ":"))))
        if len(self._loose) >= _PACK:
            full, self._loose = _in_order(self._loose), []
            lines = "\n".join(f"{time.isoformat()} {text}" for time, text in full)
            self._packs.append(_Pack(full[0][0], full[-1][0], zlib.compress(lines.encode())))

    def between(self, since: datetime, until: datetime) -> Iterator[Event]:
        """The events from one moment on and up to another, which is not part of it; newest first."""
        for time, text in reversed(_in_order(self._loose)):
            if since <= time < until:
                yield Event(time, json.loads(text))
        for pack in reversed(self._packs):
            if pack.first < until and pack.last >= since:
                for time, text in reversed(_unpacked(pack.content)):
                    if since <= time < until:
                        yield Event(time, json.loads(text))


def _in_order(events: list[tuple[datetime, str]]) -> list[tuple[datetime, str]]:
    # What happened at the same moment of a standing clock stays in the order in which it was told.
    return sorted(events, key=lambda each: each[0])


@lru_cache(maxsize=32)
def _unpacked(content: bytes) -> tuple[tuple[datetime, str], ...]:
    lines = (line.split(" ", 1) for line in zlib.decompress(content).decode().split("\n"))
    return tuple((datetime.fromisoformat(time), text) for time, text in lines)
