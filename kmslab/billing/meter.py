"""The meter: every call is counted, every key's hours are kept, and a bill can be drawn up at any moment.

Simplified: failed requests are metered too, and every related multi-Region key is charged for its own rotations, a
replica for those since it was made; AWS's price page says neither.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from kmslab.billing.bill import TITLE, Bill, RequestCount, Usage, hours_in, key_lines, request_lines, rounded
from kmslab.billing.prices import CHARGED_ROTATIONS, FREE_REQUESTS, KEY_MONTH, RequestPrice, price_of, service_of
from kmslab.call import Call

_HOUR = timedelta(hours=1)

#: The events that begin or end the time for which a key is charged, or that make it dearer.
_LIFE = frozenset({"CreateKey", "ScheduleKeyDeletion", "CancelKeyDeletion", "RotateKey"})

#: The requests that make a key.
_MAKES_A_KEY = frozenset({"CreateKey", "ReplicateKey"})


@dataclass(slots=True)
class Lifetime:
    """When a key costs money: from `start` on, until `end`; and more from each of its first rotations on."""

    start: datetime
    end: datetime | None = None
    rotations: list[datetime] = field(default_factory=list)

    @property
    def key_months(self) -> int:
        """How many key-months it costs a month as things stand."""
        return 0 if self.end is not None else 1 + len(self.rotations)


@dataclass(slots=True, eq=False)
class _Tally:
    """How often something was requested.

    Attributes:
        count: How often.
        what: What it is on a bill; None for all requests of a month and price together.
        of_price: The tally of all requests of the same month and price, or None for that one itself.
    """

    count: int = 0
    what: RequestCount | None = None
    of_price: _Tally | None = None


class Meter:
    """Counts the calls of a Lab, account by account."""

    def __init__(self) -> None:
        """Start at zero."""
        #: Whether requests are charged. The lifetimes of keys are followed all the same.
        self.charges_requests = True
        # By what tells requests apart: one is counted with every request, and put in the words of a bill once.
        self._tallies: defaultdict[str, dict[tuple[Any, ...], _Tally]] = defaultdict(dict)
        self._by_price: defaultdict[str, defaultdict[tuple[str, RequestPrice], _Tally]] = defaultdict(
            lambda: defaultdict(_Tally)
        )
        self._lifetimes: defaultdict[str, dict[str, Lifetime]] = defaultdict(dict)
        # What the keys of an account have cost by the end of an hour, and how much had happened to keys by then.
        self._key_costs: dict[str, tuple[datetime, int, Decimal]] = {}
        self._happened = 0

    def __call__(self, call: Call) -> None:
        """Count one call. What KMS does by itself, or to carry a call on in another Region, is no request."""
        if self.charges_requests and call.is_request:
            kind, tallies = _kind(call), self._tallies[call.account_id]
            tally = tallies.get(kind)
            if tally is None:
                tally = tallies[kind] = self._new_tally(call)
            tally.count += 1
            if tally.of_price is not None:
                tally.of_price.count += 1
        if call.operation in _LIFE and call.error_code is None:
            self._happened += 1
            self._follow(call)

    @property
    def requests(self) -> Counter[RequestCount]:
        """All requests that were counted, of all accounts."""
        counts: Counter[RequestCount] = Counter()
        for tallies in self._tallies.values():
            for tally in tallies.values():
                if tally.what is not None:
                    counts[tally.what] += tally.count
        return counts

    @property
    def lifetimes(self) -> Iterator[tuple[str, str, Lifetime]]:
        """For how long each key is charged, by its account and its ARN."""
        for account_id, lifetimes in self._lifetimes.items():
            for key_arn, lifetime in lifetimes.items():
                yield account_id, key_arn, lifetime

    def put_back(
        self, requests: Iterable[tuple[RequestCount, int]], lifetimes: Iterable[tuple[str, str, Lifetime]]
    ) -> None:
        """Know what a meter knew in an earlier life of the Lab."""
        for what, count in requests:
            of_price = self._by_price[what.account_id][what.month, what.price]
            of_price.count += count
            self._tallies[what.account_id][what] = _Tally(count, what, of_price)
        for account_id, key_arn, lifetime in lifetimes:
            self._lifetimes[account_id][key_arn] = lifetime
        self._happened += 1

    def bill(self, account_id: str, now: datetime) -> Bill:
        """What an account owes up to `now`, in UTC, as though it were in no organisation."""
        return Bill.of(self._usage([account_id], now))

    def consolidated_bill(self, account_ids: Iterable[str], now: datetime) -> Bill:
        """What the accounts of an organisation owe together up to `now`, in UTC: the free tier counts once for all.

        Source: AWS Billing User Guide, "AWS Free Tier for AWS Organizations": it is applied to the total usage across
        all accounts, and not to each account.
        """
        return Bill.of(self._usage(account_ids, now), f"Consolidated {TITLE}")

    def spent(self, account_id: str, now: datetime) -> Decimal:
        """The total of an account's bill, found without drawing it up."""
        by_price = Counter({of: tally.count for of, tally in self._by_price[account_id].items()})
        requests = sum((line.amount for line in request_lines(by_price)), Decimal(0))
        hour = _full_hour(now)
        kept = self._key_costs.get(account_id)
        if kept is None or kept[:2] != (hour, self._happened):
            usage = self._usage([account_id], now)
            cost = sum((line.amount for line in key_lines(usage)), Decimal(0))
            kept = self._key_costs[account_id] = (hour, self._happened, cost)
        return requests + kept[2]

    def cost_of(self, call: Call) -> Decimal:
        """What a request would add to the bill of its account at once: its own price, and a new key's first hour."""
        if not call.is_request:
            return Decimal(0)
        month, price = _month(call.time), price_of(call)
        before = self._by_price[call.account_id][month, price].count
        is_free = not self.charges_requests or (price.free_tier and before < FREE_REQUESTS)
        cost = Decimal(0) if is_free else price.per_10000 / 10_000
        if call.operation in _MAKES_A_KEY:
            cost += KEY_MONTH / hours_in(month)
        return rounded(cost)

    def _usage(self, account_ids: Iterable[str], now: datetime) -> Usage:
        requests: Counter[RequestCount] = Counter()
        hours: Counter[tuple[str, str]] = Counter()
        rotation_hours: Counter[tuple[str, str]] = Counter()
        keys: dict[str, int] = {}
        for account_id in account_ids:
            for tally in self._tallies[account_id].values():
                if tally.what is not None:
                    requests[tally.what] += tally.count
            for key_arn, lifetime in self._lifetimes[account_id].items():
                keys[key_arn] = lifetime.key_months
                end = lifetime.end or now
                for month, count in _hours_by_month(lifetime.start, end):
                    hours[month, key_arn] += count
                for rotated in lifetime.rotations:
                    for month, count in _hours_by_month(rotated, end):
                        rotation_hours[month, key_arn] += count
        return Usage(dict(requests), dict(hours), dict(rotation_hours), keys)

    def _new_tally(self, call: Call) -> _Tally:
        month, price, arns = _month(call.time), price_of(call), [key.arn for key in call.keys]
        what = RequestCount(
            month,
            call.region,
            call.operation,
            arns[0] if arns else None,
            price,
            call.account_id,
            service_of(call),
            tuple(arns[1:]),
        )
        return _Tally(0, what, self._by_price[call.account_id][month, price])

    def _follow(self, call: Call) -> None:
        key = call.keys[0]
        lifetimes = self._lifetimes[key.account_id]
        if call.operation == "CreateKey":
            lifetimes[key.arn] = Lifetime(call.time)
        elif key.arn not in lifetimes:
            # An AWS managed key, which costs nothing however often it rotates.
            return
        elif call.operation == "RotateKey":
            rotations = lifetimes[key.arn].rotations
            if len(rotations) < CHARGED_ROTATIONS:
                rotations.append(call.time)
        else:
            # A cancelled deletion is charged as though it had never been scheduled. Source: aws.amazon.com/kms/pricing.
            lifetimes[key.arn].end = call.time if call.operation == "ScheduleKeyDeletion" else None


def _kind(call: Call) -> tuple[Any, ...]:
    """All of a request that its place on a bill, and its price, depend on."""
    when, service = call.time, call.invoked_by
    asked_for = call.params.get("KeyPairSpec")
    caller = call.principal if service else None
    return call.operation, call.keys, call.region, when.year, when.month, service, caller, asked_for


def _month(when: datetime) -> str:
    return f"{when.year}-{when.month:02}"


def _full_hour(when: datetime) -> datetime:
    """The end of the hour that has begun."""
    begun = when.replace(minute=0, second=0, microsecond=0)
    return begun if begun == when else begun + _HOUR


def _hours_by_month(start: datetime, end: datetime) -> Iterator[tuple[str, int]]:
    """The clock hours that the time from `start` to `end` touches, month by month."""
    begin = start.replace(minute=0, second=0, microsecond=0)
    hours = math.ceil((end - begin) / _HOUR)
    while hours > 0:
        following = _next_month(begin)
        here = min(hours, (following - begin) // _HOUR)
        yield _month(begin), here
        begin, hours = following, hours - here


def _next_month(when: datetime) -> datetime:
    return datetime(when.year + when.month // 12, when.month % 12 + 1, 1, tzinfo=UTC)
