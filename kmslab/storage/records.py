"""What is written of each entity: one record a row, as MessagePack with the names of its fields.

A new field has a default, so that rows of before can be read. More than 300 lines: a record for each kind of row. What
is taken as it is: `Alias`, `RotationSchedule`, `Identity`, `Credentials`, `Call`, `Session`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec

from kmslab.crypto import KeyFormatError
from kmslab.keys.alias import Alias
from kmslab.keys.key import LastUse
from kmslab.keys.key_store import ConnectionState
from kmslab.keys.ring import MaterialState, RotationType
from kmslab.keys.rotation import RotationSchedule
from kmslab.keys.specs import KeyManager, KeyOrigin, KeyUsage
from kmslab.keys.states import KeyState
from kmslab.principals import Credentials, Identity


class Kind(StrEnum):
    """The kinds of rows."""

    SETTINGS = "settings"
    CLOCK = "clock"
    TOKENS = "tokens"
    ACCOUNT = "account"
    KEY = "key"
    GRANT = "grant"
    KEY_STORE = "key store"
    CLUSTER = "cluster"
    MANAGER = "external key manager"
    TIMER = "timer"
    CALLS = "calls"
    #: What the calls come to.
    SUMMARY = "summary"
    SESSION = "session"
    #: What moto holds of one service, account and Region.
    HELD = "held"
    #: Large contents of that, by their hash.
    CONTENT = "content"


#: What comes of a row that is authenticated and yet not to be understood: another program has written it.
NOT_UNDERSTOOD = (LookupError, TypeError, ValueError, msgspec.MsgspecError, KeyFormatError)


class Record(msgspec.Struct, omit_defaults=True):
    """What all records share: none shows what is in it, because key materials and passwords are in some."""

    def __repr__(self) -> str:
        """What kind it is."""
        return f"<{type(self).__name__}>"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Nothing either, for those who ask this way."""
        return []


class SettingsRecord(Record):
    """What a Lab was made with, and how often it was opened since."""

    account_id: str
    region: str
    seed: int | None = None
    throttling: bool = False
    eventual_consistency: bool = False
    openings: int = 0


class ClockRecord(Record):
    """Where a standing clock stands; how far a flowing one is ahead of the machine's, and where it was last set."""

    stands_at: datetime | None = None
    lead: timedelta | None = None
    reached: datetime | None = None


class AccountRecord(Record):
    """An account that was opened. `access_keys`: those that `Account.user` has made, by user name."""

    number: int
    account_id: str
    root: Identity
    root_key: Credentials
    administrator: Identity
    administrator_key: Credentials
    access_keys: dict[str, str] = {}
    service_control_policies: list[tuple[str, str]] | None = None


class EntryRecord(Record):
    """A key material; `secret` is its bytes, or a private key as DER PKCS #8, or None while it is not here."""

    material_id: str
    secret: bytes | None
    state: MaterialState
    rotated: datetime | None = None
    rotation_type: RotationType | None = None
    fingerprint: bytes = b""
    valid_to: datetime | None = None
    description: str = ""


class KeyRecord(Record):
    """A key with its aliases. Related keys have the same key id, and each the whole schedule."""

    key_id: str
    account_id: str
    region: str
    spec: str
    usage: KeyUsage
    created: datetime
    description: str
    policy: str
    entries: list[EntryRecord]
    origin: KeyOrigin
    manager: KeyManager
    rotation: RotationSchedule
    primary_region: str | None = None
    key_store_id: str | None = None
    xks_key_id: str | None = None
    enabled: bool = True
    transition: KeyState | None = None
    deletion_window: int | None = None
    deletion_date: datetime | None = None
    tags: dict[str, str] = {}
    aliases: list[Alias] = []


class EntryIndex(Record, gc=False):
    """The id of a key material."""

    material_id: str


class KeyIndex(Record, gc=False):
    """What is read of a key's record until somebody asks for the key, besides its ARN, which is the row's name.

    How it is found, and whether it stands alone.
    """

    created: datetime
    entries: list[EntryIndex]
    primary_region: str | None = None
    key_store_id: str | None = None
    aliases: list[Alias] = []


class GrantRecord(Record):
    """A grant; `key` is its key's ARN."""

    key: str
    grant_id: str
    created: datetime
    issuing_account: str
    operations: tuple[str, ...]
    name: str
    grantee: str
    grantee_is_service: bool
    retiring: str | None
    retiring_is_service: bool
    constraints: dict[str, Any]
    tokens: list[str]


class KeyStoreRecord(Record):
    """A custom key store of either type; `cluster` or `proxy` has what only that type has, by attribute."""

    key_store_id: str
    account_id: str
    region: str
    name: str
    created: datetime
    state: ConnectionState
    error_code: str | None = None
    settles: datetime | None = None
    cluster: dict[str, str] | None = None
    proxy: dict[str, str | None] | None = None


class ClusterRecord(Record):
    """A CloudHSM cluster."""

    number: int
    cluster_id: str
    account_id: str
    region: str
    trust_anchor_certificate: str
    password: str
    password_in_use: str
    hsm_count: int
    is_active: bool
    is_well_configured: bool
    key_labels: list[str] = []
    backed_up: list[str] = []
    wrong_passwords: int = 0
    fault: str | None = None
    is_deleted: bool = False


class ExternalKeyRecord(Record):
    """A key in an external key manager."""

    key_spec: str
    key_usage: tuple[str, ...]
    status: str
    secret: bytes


class ManagerRecord(Record):
    """An external key manager. `requests`: its log, as pairs."""

    number: int
    uri_endpoint: str
    uri_path: str
    access_key_id: str
    raw_secret_access_key: str
    vpc_endpoint_service_name: str | None
    has_valid_vpc_endpoint_service: bool
    fault: str | None
    keys: dict[str, ExternalKeyRecord]
    requests: list[tuple[str, str]]


class TimerRecord(Record):
    """A timer of a key or of a custom key store."""

    serial: int
    when: datetime
    what: str
    account_id: str
    region: str
    key_id: str = ""
    key_store_id: str = ""
    detail: str = ""


class CountRecord(Record, array_like=True):
    """How often one kind of request was counted: a `RequestCount`, with the name of the price."""

    month: str
    region: str
    operation: str
    key_arn: str | None
    price: str
    account_id: str
    service: str
    other_keys: tuple[str, ...]
    count: int


class LifetimeRecord(Record, array_like=True):
    """For how long one key is charged."""

    account_id: str
    key_arn: str
    start: datetime
    end: datetime | None
    rotations: list[datetime]


class SummaryRecord(Record):
    """What the calls come to: a Lab that opens need not read them again.

    Attributes:
        last: The time of the last call, or None.
        requests: How often each kind of request was counted.
        lifetimes: For how long each key is charged.
        last_uses: When each key was last used, by its ARN.
        next_batch: The number of the first batch of calls that is not part of it.
    """

    last: datetime | None
    requests: list[CountRecord]
    lifetimes: list[LifetimeRecord]
    last_uses: dict[str, LastUse]
    next_batch: int = 0


class HeldRecord(Record):
    """What moto holds of one service, account and Region: pickled; or, where that cannot be, why."""

    moto: str
    pickled: bytes = b""
    #: The contents it refers to, by their hashes.
    contents: list[str] = []
    failure: str = ""


_encoder = msgspec.msgpack.Encoder()


def written(record: Any) -> bytes:
    """A record as bytes; the same record gives the same bytes."""
    return _encoder.encode(record)
