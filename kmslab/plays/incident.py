"""The incident (lesson 14): a week at Otterquill, from Monday morning to the Monday after.

    otterquill = incident.weekend(lab)      # plays it
    otterquill.an_hour()                    # one more hour: everybody does what they do, and somebody tries again

Told in clear here. Whoever takes the lesson should look into the trail instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any, NamedTuple
from weakref import WeakValueDictionary

from kmslab import Lab
from kmslab.plays.debrief import debrief
from kmslab.plays.otterquill import (
    CUSTOMERS,
    LAPTOP,
    MANUSCRIPT,
    READERS,
    SCRIPT,
    SHELF,
    TRAIL,
    VAULT,
    Otterquill,
)
from kmslab.tables import Table

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", "Mon after")
_WORKDAYS, _DAYS_OF_THE_WEEK = _DAYS[:5], _DAYS[:7]

_BY_HAND, _TEST, _REPORT = "aws-cli/2.31", "veras-test/1.0", "stock-report/1.2"

#: What each calls itself, where it is no other program.
_PROGRAMS = {
    "shop": "shop/9.1",
    "printer": "printer/1.9",
    "courier": "courier/2.4",
    "backup": "backup-job/3.1",
    "vera": "audit-tool/5.0",
    LAPTOP: "toms-laptop/1.0",
    SCRIPT: _BY_HAND,
    "newsletter": _BY_HAND,
    "book-fair": _BY_HAND,
}

#: What somebody reads: first as `newsletter`, later as `book-fair`.
_FIRST_ROWS, _LATER_ROWS = ("greta", "ada", "farid", "chiara"), ("farid", "deniz", "elif")

#: How often the printer's new version tries again, and until when it has paper.
_RETRY, _PAPER_ENDS = timedelta(minutes=20), timedelta(days=4, hours=19)

_REFUSED = "refused: "
_COLUMNS = ("Time", "Who", "Program", "What", "Result", "Changed")

Do = Callable[[], Any]
Params = dict[str, Any]


def _at(day: str, hour: int, minute: int = 0) -> timedelta:
    return timedelta(days=_DAYS.index(day), hours=hour, minutes=minute)


class Deed(NamedTuple):
    """Something done at a moment after Monday, 0:00."""

    when: timedelta
    do: Do


class Try(NamedTuple):
    """What somebody tries in each hour after the week."""

    minute: int
    who: str
    program: str
    what: str
    do: Do


class Incident:
    """A week at Otterquill, and as many hours after it as are needed."""

    def __init__(self, lab: Lab) -> None:
        """Play the week; use `weekend`."""
        self._lab = lab
        self._shop = Otterquill(lab)
        self._luck = Random(14)  # noqa: S311 - a play, the same each time
        self._last: dict[tuple[int, str, str], str] = {}
        now = lab.clock.now()
        self._monday = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=now.weekday())
        if now >= self._monday + timedelta(hours=10):
            self._monday += timedelta(days=7)
        deeds = [*self._of_programs(), *self._of_the_printer(), *self._of_people(), *self._of_somebody()]
        for deed in sorted(deeds, key=lambda each: each.when):
            self._wait_until(self._monday + deed.when)
            deed.do()
        self._wait_until(self._monday + _at("Mon after", 8))

    def client(self, service: str, who: str) -> Any:
        """A client that calls in eu-west-1 as one of Otterquill's programs or people, such as `shop`."""
        return self._shop.client(service, who)

    def an_hour(self) -> Table:
        """Let an hour pass, and show what became of all that was tried in it, and where the hour before was another."""
        start, rows = self._lab.clock.now(), []
        for each in sorted(self._tries(), key=lambda each: each.minute):
            self._wait_until(start + timedelta(minutes=each.minute))
            answer = each.do()
            result = f"{_REFUSED}{answer}" if isinstance(answer, str) else "ok"
            attempt = (each.minute, each.who, each.what)
            changed = "yes" if self._last.get(attempt, result) != result else ""
            self._last[attempt] = result
            rows.append((f"{self._lab.clock.now():%H:%M}", each.who, each.program, each.what, result, changed))
        self._wait_until(start + timedelta(hours=1))
        return Table(f"The hour from {start:%A, %H:%M}", _COLUMNS, rows)

    def debrief(self) -> Table:
        """What happened, how it shows, and what ended it, as far as the trail tells."""
        return debrief(self._lab)

    def __repr__(self) -> str:
        """When it was."""
        return f"<A week at Otterquill, from {self._monday:%Y-%m-%d} on>"

    def _wait_until(self, when: datetime) -> None:
        # The calls themselves take time, and a flowing clock does not wait.
        left = (when - self._lab.clock.now()).total_seconds()
        self._lab.clock.advance(seconds=max(0, left))

    # --- what is done ---

    def _call(self, who: str, service: str, operation: str, program: str = "", **params: Any) -> Do:
        return lambda: self._shop.call(who, program or _PROGRAMS[who], service, operation, **params)

    def _read(self, who: str, table: str, row: str) -> Do:
        return self._call(who, "kms", "decrypt", **self._shop.reading(table, row))

    def _sign(self, who: str) -> Do:
        return self._call(who, "kms", "sign", **self._shop.signing(b"an order"))

    def _open(self, who: str) -> Do:
        return self._call(who, "s3", "get_object", Bucket=SHELF, Key=MANUSCRIPT)

    def _backup(self, operation: str, day: timedelta, **params: Any) -> Do:
        name = self._shop.backup_of(self._monday + day)
        return self._call("backup", "s3", operation, Bucket=VAULT, Key=name, **params)

    def _of_programs(self) -> Iterator[Deed]:
        for day in _DAYS_OF_THE_WEEK:
            for hour in range(10, 21, 2):
                yield Deed(_at(day, hour, self._luck.randrange(5, 40)), self._read("shop", "readers", self._a_row()))
                yield Deed(_at(day, hour, self._luck.randrange(40, 55)), self._sign("shop"))
        for day in _DAYS[1:]:
            yield Deed(_at(day, 4), self._backup("put_object", _at(day, 0), Body=b"all of it"))
        for day in (*_WORKDAYS, "Sat"):
            # On Saturdays the parcels go out late.
            for minute in (5, 6, 7):
                hour = 20 if day == "Sat" else 17
                yield Deed(_at(day, hour, minute), self._read("courier", "addresses", self._a_row()))
        for day, hour in (("Wed", 14), ("Fri", 15), ("Sat", 11), ("Sun", 12)):
            yield Deed(_at(day, hour), self._open("shop"))

    def _a_row(self) -> str:
        return self._luck.choice(READERS)

    def _of_the_printer(self) -> Iterator[Deed]:
        for day in _WORKDAYS:
            for hour in range(11, 17):
                yield Deed(_at(day, hour, 57), self._sign("printer"))
        when = _at("Fri", 18)
        while when < _at("Mon after", 8):
            yield Deed(when, self._printing(there_is_paper=when < _PAPER_ENDS))
            when += _RETRY

    def _printing(self, *, there_is_paper: bool) -> Do:
        return lambda: self._shop.print_batch(there_is_paper=there_is_paper)

    def _of_people(self) -> Iterator[Deed]:
        yield Deed(_at("Fri", 9), self._shop.begin_to_log)
        for day in _WORKDAYS[1:]:
            report = self._call(SCRIPT, "kms", "describe_key", _REPORT, KeyId="alias/receipts")
            yield Deed(_at(day, 7), report)
        yield Deed(_at("Tue", 15, 10), self._call(LAPTOP, "kms", "describe_key", KeyId=CUSTOMERS))
        yield Deed(_at("Wed", 11, 0), self._call("vera", "kms", "list_keys"))
        yield Deed(_at("Wed", 11, 2), self._call("vera", "kms", "list_grants", KeyId=self._shop.customers))
        policy = self._shop.policy_of_the_notes
        yield Deed(
            _at("Fri", 17, 40),
            self._call(LAPTOP, "kms", "put_key_policy", KeyId=self._shop.manuscripts, Policy=policy),
        )
        yield Deed(_at("Sun", 21, 15), self._call(LAPTOP, "kms", "list_aliases"))

    def _of_somebody(self) -> Iterator[Deed]:
        """Tom's script is public since Friday evening, with its access key and those of two forgotten users."""
        customers = self._shop.customers
        yield Deed(_at("Fri", 23, 41), self._call(SCRIPT, "kms", "list_aliases"))
        yield Deed(_at("Fri", 23, 44), self._call(SCRIPT, "kms", "list_grants", KeyId=customers))
        yield Deed(_at("Fri", 23, 52), self._open(SCRIPT))
        yield Deed(_at("Sat", 2, 4), self._call(SCRIPT, "cloudtrail", "stop_logging", Name=TRAIL))
        first_door: Params = {"Name": "newsletter-statistics", "Operations": ["Decrypt", "CreateGrant"]}
        # It is called as the courier's own is called.
        second_door: Params = {"Name": "parcel-labels", "Operations": ["Decrypt"]}
        yield Deed(_at("Sat", 2, 11), self._grant(SCRIPT, "newsletter", **first_door))
        for minute, row in enumerate(_FIRST_ROWS, 19):
            yield Deed(_at("Sat", 2, minute), self._read("newsletter", "readers", row))
        wrong: Params = self._shop.reading("readers", "hugo") | {
            "EncryptionContext": {"table": "readers", "row": "huge"}
        }
        yield Deed(_at("Sat", 2, 24), self._call("newsletter", "kms", "decrypt", **wrong))
        yield Deed(_at("Sat", 2, 40), self._grant("newsletter", "book-fair", **second_door))
        window: Params = {"KeyId": self._shop.backups, "PendingWindowInDays": 7}
        yield Deed(_at("Sat", 3, 20), self._call(SCRIPT, "kms", "schedule_key_deletion", **window))
        for minute, row in enumerate(_LATER_ROWS[:2], 7):
            yield Deed(_at("Sun", 3, minute), self._read("book-fair", "readers", row))
        yield Deed(_at("Mon after", 3, 30), self._read("book-fair", "readers", _LATER_ROWS[2]))

    def _grant(self, who: str, grantee: str, **members: Any) -> Do:
        arn = self._shop.people[grantee].arn
        return self._call(who, "kms", "create_grant", KeyId=self._shop.customers, GranteePrincipal=arn, **members)

    def _tries(self) -> list[Try]:
        lost = _LATER_ROWS[0]
        data_key = {"KeyId": self._shop.manuscripts, "KeySpec": "AES_256"}
        past_s3 = self._call("shop", "kms", "generate_data_key", _TEST, **data_key)
        described = self._call(LAPTOP, "kms", "describe_key", KeyId=CUSTOMERS)
        today = self._lab.clock.now() - self._monday
        tries = [
            Try(5, "tom", _BY_HAND, "lists the aliases", self._call(SCRIPT, "kms", "list_aliases")),
            Try(8, "newsletter", _BY_HAND, "reads a reader", self._read("newsletter", "readers", lost)),
            Try(9, "book-fair", _BY_HAND, "reads a reader", self._read("book-fair", "readers", lost)),
            Try(11, "newsletter", _BY_HAND, "opens a manuscript", self._open("newsletter")),
            Try(44, "courier", "", "reads an address", self._read("courier", "addresses", lost)),
            Try(45, "shop", "", "reads a reader", self._read("shop", "readers", lost)),
            Try(46, "shop", "", "signs a receipt", self._sign("shop")),
            Try(47, "shop", "", "opens a manuscript", self._open("shop")),
            Try(48, "shop", _TEST, "calls KMS past S3", past_s3),
            Try(50, "tom", _PROGRAMS[LAPTOP], "describes a key", described),
            Try(51, "tom", _PROGRAMS[LAPTOP], "opens a manuscript", self._open(LAPTOP)),
            Try(52, "backup", "", "stores a backup", self._backup("put_object", today, Body=b"all of it")),
            Try(53, "backup", "", "opens Friday's backup", self._backup("get_object", _at("Fri", 0))),
        ]  # fmt: skip
        for minute in (0, 20, 40):
            tries.append(Try(minute, "printer", "printer/2.0", "makes a key", self._printing(there_is_paper=False)))
        return [each._replace(program=each.program or _PROGRAMS[each.who]) for each in tries]


def weekend(lab: Lab) -> Incident:
    """Play the week and its weekend in a Lab. A cell may run twice, and a week happens once."""
    played = _PLAYED.get(id(lab))
    if played is None:
        played = _PLAYED[id(lab)] = Incident(lab)
    return played


#: By the id of the Lab, which lives as long as its incident.
_PLAYED: WeakValueDictionary[int, Incident] = WeakValueDictionary()
