"""What a Lab has beside keys: its settings, accounts, clock, clusters and external key managers.

These are few and small, and some are changed by hand (`cluster.fault = ...`): so they are compared at every commit and
need no marks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

import msgspec

from kmslab.clock import SimClock
from kmslab.ids import Ids
from kmslab.keys.key import LastUse
from kmslab.keys.store import World
from kmslab.principals import ADMINISTRATOR_ACCESS, Credentials, Directory, NamedPolicy, Principal
from kmslab.storage import taking
from kmslab.storage.database import Name, Rows
from kmslab.storage.giving import Giver
from kmslab.storage.records import (
    AccountRecord,
    ClockRecord,
    ClusterRecord,
    GrantRecord,
    KeyStoreRecord,
    Kind,
    ManagerRecord,
    SettingsRecord,
    TimerRecord,
)

Record = TypeVar("Record")


class Account(Protocol):
    """What is kept of an account."""

    account_id: str
    root: Principal
    administrator: Principal
    access_keys: dict[str, str]


class Ground(Protocol):
    """The Lab, as far as it is kept."""

    world: World
    directory: Directory
    clock: SimClock
    ids: Ids

    @property
    def accounts(self) -> Collection[Account]:
        """The accounts that were opened, the Lab's own first."""
        ...

    def account(self, account_id: str) -> Account:
        """An account; it is opened on first use."""
        ...


def documents(ground: Ground, settings: SettingsRecord) -> Iterator[tuple[Name, Any]]:
    """A record of each, with the name of its row."""
    yield Name(Kind.SETTINGS, ""), settings
    lead = ground.clock.lead
    reached = ground.clock.reached
    yield Name(Kind.CLOCK, ""), ClockRecord(reached) if lead is None else ClockRecord(None, lead, reached)
    yield Name(Kind.TOKENS, ""), ground.world.import_tokens.secret
    for number, account in enumerate(ground.accounts):
        yield Name(Kind.ACCOUNT, account.account_id), _account_record(number, account, ground.directory)
    for number, cluster in enumerate(ground.world.outside.clusters):
        yield Name(Kind.CLUSTER, cluster.cluster_id), taking.cluster_record(number, cluster)
    for number, manager in enumerate(ground.world.outside.managers):
        yield Name(Kind.MANAGER, str(number)), taking.manager_record(number, manager)


def _account_record(number: int, account: Account, directory: Directory) -> AccountRecord:
    ceiling = directory.service_control_policies.get(account.account_id)
    return AccountRecord(
        number,
        account.account_id,
        account.root.identity,
        account.root.credentials,
        account.administrator.identity,
        account.administrator.credentials,
        dict(account.access_keys),
        None if ceiling is None else [(policy.name, policy.text) for policy in ceiling],
    )


def put_back(ground: Ground, rows: Rows, settings: SettingsRecord, last_uses: Mapping[str, LastUse]) -> None:
    """Let a new Lab be what the rows of a file say, and `last_uses` of its keys, by their ARNs."""
    # Before anything draws an id.
    ground.ids.begin_life(settings.openings)
    _set_clock(ground.clock, rows)
    ground.world.import_tokens.secret = msgspec.msgpack.decode(rows[Name(Kind.TOKENS, "")], type=bytes)
    by_kind: defaultdict[str, list[tuple[str, bytes]]] = defaultdict(list)
    for name, value in rows.items():
        by_kind[name.kind].append((name.name, value))
    for record in sorted(_all(by_kind[Kind.ACCOUNT], AccountRecord), key=lambda each: each.number):
        _put_back_account(ground, record)
    giver = Giver(ground.world, last_uses)
    giver.clusters(_all(by_kind[Kind.CLUSTER], ClusterRecord))
    giver.managers(_all(by_kind[Kind.MANAGER], ManagerRecord), ground.ids)
    giver.key_stores(_all(by_kind[Kind.KEY_STORE], KeyStoreRecord))
    giver.keys(by_kind[Kind.KEY])
    giver.grants(_all(by_kind[Kind.GRANT], GrantRecord))
    giver.timers(_all(by_kind[Kind.TIMER], TimerRecord))


def _all(rows: Iterable[tuple[str, bytes]], record_type: type[Record]) -> list[Record]:
    decoder = msgspec.msgpack.Decoder(record_type)
    return [decoder.decode(value) for _, value in rows]


def _set_clock(clock: SimClock, rows: Rows) -> None:
    kept = msgspec.msgpack.decode(rows[Name(Kind.CLOCK, "")], type=ClockRecord)
    if kept.stands_at is not None:
        clock.set(kept.stands_at)
    elif kept.lead is not None:
        # Time has gone on while the Lab was closed.
        clock.resume(kept.lead, kept.reached or datetime.min.replace(tzinfo=UTC))


def _put_back_account(ground: Ground, record: AccountRecord) -> None:
    account, directory = ground.account(record.account_id), ground.directory
    directory.hand_over(account.root)
    directory.hand_over(account.administrator)
    account.root = Principal(record.root, record.root_key)
    account.administrator = Principal(record.administrator, record.administrator_key, (ADMINISTRATOR_ACCESS,))
    account.access_keys = record.access_keys
    directory.add(account.root)
    directory.add(account.administrator)
    if record.service_control_policies is not None:
        policies = tuple(NamedPolicy(*each) for each in record.service_control_policies)
        directory.service_control_policies[record.account_id] = policies


def give_access_key(account: Account, directory: Directory, credentials: Credentials) -> None:
    """Let the administrator of an account that IAM does not know yet have another access key."""
    before = account.administrator
    directory.hand_over(before)
    identity = replace(before.identity, access_key_id=credentials.access_key_id)
    account.administrator = replace(before, identity=identity, credentials=credentials)
    directory.add(account.administrator)
