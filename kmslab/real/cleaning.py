"""The clean-up: takes back what the journals list and what the tag finds, and says what waits and what it costs.

It may be stopped and begun again at any time: what is gone already counts as removed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from kmslab.billing.bill import rounded
from kmslab.real.finding import TAG, search
from kmslab.real.journal import Entry, Journal, State
from kmslab.real.removing import REMOVE, TAGS_OF, ClientIn, is_gone
from kmslab.real.rules import Kind
from kmslab.real.spending import A_MONTH, HOURS_A_MONTH
from kmslab.tables import Table

Say = Callable[[str], None]

_ORDER = list(REMOVE)


def clients(session: boto3.Session) -> ClientIn:
    """Clients of a session, each made once."""

    @cache
    def client(service: str, region: str) -> Any:
        return session.client(service, region_name=region)

    return client


def listed(journals: Iterable[Journal]) -> Table:
    """What the journals say is there, and what it costs."""
    rows, month = [], Decimal(0)
    for journal in journals:
        for entry in journal.left():
            cost = Decimal(0) if entry.state is State.WAITS else A_MONTH.get(entry.kind, Decimal(0))
            month += cost
            what = entry.name or "(AWS had not said its name yet)"
            state = f"{entry.state.value}, on {entry.until}" if entry.until else entry.state.value
            rows.append((journal.session, entry.kind.value, entry.region, what, state, f"{cost:.2f}" if cost else ""))
    rows.append(("", "Total", "", "", "", f"{month:.2f}"))
    columns = ("Session", "What", "Region", "Name", "State", "USD a month")
    return Table("What kmslab has made in this account and not removed", columns, rows, frozenset({"USD a month"}))


class CleanUp:
    """Takes back what some sessions have made."""

    def __init__(self, session: boto3.Session, journals: list[Journal], say: Say) -> None:
        """Remove nothing yet.

        Args:
            session: A session of the account.
            journals: What was made.
            say: Is told how it goes, a line each.
        """
        self._client = clients(session)
        self._journals = journals
        self._say = say
        #: What could not be looked at or taken back, a sentence each.
        self.failures: list[str] = []

    def search(self, regions: Iterable[str] = ()) -> None:
        """Look for what has the tag and is in no journal; it is added to the journal of its session, or of the first.

        Args:
            regions: Where to look besides the Regions of the journals.
        """
        known = dict.fromkeys([*regions, *(region for journal in self._journals for region in journal.regions)])
        result = search(self._client, known)
        self.failures += result.skipped
        by_session = {journal.session: journal for journal in self._journals}
        for session, entry in result.found:
            if any(journal.find(entry.kind, entry.region, entry.name) for journal in self._journals):
                continue
            journal = by_session.get(session) or next(iter(self._journals), None)
            if journal is not None:
                journal.entries.append(entry)
                journal.save()
        # A key whose answer never came has been found by its tag, or was never made.
        for journal in self._journals:
            for entry in [each for each in journal.entries if not each.name and each.kind is Kind.KEY]:
                journal.drop(entry)

    def run(self) -> Table:
        """Take everything back, and say of each thing what became of it."""
        todo = [(journal, entry) for journal in self._journals for entry in journal.left()]
        todo.sort(key=lambda each: _ORDER.index(each[1].kind))
        for number, (journal, entry) in enumerate(todo, 1):
            self._say(
                f"{number} of {len(todo)}  {entry.kind.value} {entry.name or '(unknown)'}: {self._one(journal, entry)}"
            )
        return self._table([entry for _, entry in todo])

    def _one(self, journal: Journal, entry: Entry) -> str:
        try:
            if not self._is_ours(journal, entry):
                journal.drop(entry)
                return "was never made"
            until = REMOVE[entry.kind](self._client, entry)
        except ClientError as error:
            if not is_gone(error):
                return self._failed(entry, f"{error.response['Error']['Code']}: {error.response['Error']['Message']}")
            until = None
        except BotoCoreError as error:
            return self._failed(entry, str(error))
        else:
            if entry.kind is Kind.KEY:
                date = "" if until is None else f"{until.astimezone(UTC):%Y-%m-%d}"
                journal.note(entry, State.WAITS, until=date)
                return f"waits for its deletion on {date}" if date else "waits for the deletion of its replicas"
        journal.note(entry, State.REMOVED)
        return "removed"

    def _is_ours(self, journal: Journal, entry: Entry) -> bool:
        """Whether something is what the journal means: an answer that never came may have been a refusal."""
        if entry.state is not State.ASKED:
            return True
        if entry.kind not in TAGS_OF:
            return bool(entry.name)
        return TAGS_OF[entry.kind](self._client, entry).get(TAG) == journal.session

    def _failed(self, entry: Entry, why: str) -> str:
        self.failures.append(f"The {entry.kind.value} {entry.name} is still there: {why}")
        return f"NOT removed: {why}"

    def _table(self, entries: list[Entry]) -> Table:
        now, rows, total = datetime.now(UTC), [], Decimal(0)
        for entry in entries:
            cost = Decimal(0)
            if entry.state is State.MADE:
                cost = A_MONTH.get(entry.kind, Decimal(0))
                total += cost
            waits = f"until {entry.until}" if entry.until else ""
            rows.append(
                (entry.kind.value, entry.region, entry.name, entry.state.value, waits, f"{cost:.2f}" if cost else "")
            )
        spent = sum((_so_far(entry, now) for entry in entries), Decimal(0))
        rows.append(("Total", "", "", f"up to {rounded(spent):f} USD for having them so far", "", f"{total:.2f}"))
        columns = ("What", "Region", "Name", "State", "Waits", "USD a month from now on")
        return Table("Clean-up", columns, rows, frozenset({"USD a month from now on"}))


def _so_far(entry: Entry, now: datetime) -> Decimal:
    """What it has cost at most since it was asked for."""
    try:
        hours = (now - datetime.fromisoformat(entry.at)).total_seconds() / 3600
    except ValueError:
        return Decimal(0)
    return A_MONTH.get(entry.kind, Decimal(0)) * (int(hours) + 1) / HOURS_A_MONTH
