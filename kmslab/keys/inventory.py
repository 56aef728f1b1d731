"""What exists, read without a call: for exercises, figures and panels. Reading is neither billed nor logged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from kmslab.keys import use
from kmslab.keys.key import Key
from kmslab.keys.store import World
from kmslab.tables import Table


class KnownPublicKey(NamedTuple):
    """Reads a public key that is known already."""

    public_key: bytes

    def __call__(self) -> bytes:
        """It, as DER SubjectPublicKeyInfo."""
        return self.public_key


@dataclass(frozen=True, slots=True)
class KeyView:
    """A key as it was at one moment.

    Attributes:
        key_id: Its id.
        arn: Its ARN.
        account_id: The account that owns it.
        region: The Region it lives in.
        spec: Its key spec.
        usage: Its key usage.
        manager: Whose it is to manage: `CUSTOMER`, or `AWS` for an AWS managed key.
        origin: Where its key material comes from, such as `AWS_KMS`.
        state: Its key state.
        description: Its description.
        multi_region: Whether it is a multi-Region key.
        multi_region_type: `PRIMARY` or `REPLICA`; empty for a single-Region key.
        created: When it was created, in UTC.
        deletion_date: When it will be deleted, in UTC, or None.
        tags: Tag values by tag key.
        aliases: The names that stand for it, sorted, each with its `alias/`.
        read_public_key: Reads its public key when `public_key` is asked for.
    """

    key_id: str
    arn: str
    account_id: str
    region: str
    spec: str
    usage: str
    manager: str
    origin: str
    state: str
    description: str
    multi_region: bool
    multi_region_type: str
    created: datetime
    deletion_date: datetime | None
    tags: MappingProxyType[str, str]
    aliases: tuple[str, ...]
    read_public_key: Callable[[], bytes] = field(repr=False, compare=False)

    @property
    def public_key(self) -> bytes:
        """Its public key, as DER SubjectPublicKeyInfo; empty for a key that has none."""
        return self.read_public_key()

    def __reduce__(self) -> tuple[type[KeyView], tuple[Any, ...]]:
        """A view that is handed to another process has the public key with it, and not the key."""
        *values, read = (getattr(self, each.name) for each in fields(self))
        return KeyView, (*values, KnownPublicKey(read()))


class Inventory(tuple[KeyView, ...]):
    """Keys of one or more accounts and Regions, in the order in which they were created."""

    __slots__ = ()

    @classmethod
    def of(cls, world: World, account_id: str | None = None) -> Inventory:
        """What a world holds, or one account of it."""
        views = [
            view_of(key, tuple(store.alias_names(key)))
            for store in world.stores
            if account_id in (None, store.account_id)
            for key in store.keys
        ]
        return cls(sorted(views, key=lambda view: view.created))

    def select(
        self, *, region: str | None = None, spec: str | None = None, usage: str | None = None, state: str | None = None
    ) -> Inventory:
        """Only the keys that fit all that is given."""
        wanted = {"region": region, "spec": spec, "usage": usage, "state": state}
        given = {name: value for name, value in wanted.items() if value is not None}
        return Inventory(view for view in self if all(getattr(view, name) == value for name, value in given.items()))

    def named(self, alias_name: str, region: str | None = None) -> KeyView | None:
        """The key that an alias stands for, or None. Without a Region, the first Region that has the alias."""
        return next((key for key in self if alias_name in key.aliases and region in (None, key.region)), None)

    def get(self, key_id: str) -> KeyView | None:
        """The key with this id or ARN, or None."""
        return next((key for key in self if key_id in (key.key_id, key.arn)), None)

    def table(self) -> Table:
        """Where each key lives, what it is, how it stands and what it is called."""
        rows = [(key.region, key.key_id, key.spec, key.usage, key.state, ", ".join(key.aliases)) for key in self]
        return Table("KMS keys", ("Region", "Key id", "Spec", "Usage", "State", "Aliases"), rows)

    def __repr__(self) -> str:
        """The keys as a plain text table."""
        return self.table().text()

    def _repr_html_(self) -> str:
        return self.table().html()

    def by_region(self) -> Iterator[tuple[str, Inventory]]:
        """The keys of each Region, Regions by name."""
        for region in sorted({key.region for key in self}):
            yield region, self.select(region=region)


def view_of(key: Key, aliases: tuple[str, ...]) -> KeyView:
    """A key as it is now, with the names that stand for it."""
    return KeyView(
        key_id=key.key_id,
        arn=key.arn,
        account_id=key.account_id,
        region=key.region,
        spec=key.spec.name,
        usage=key.usage.value,
        manager=key.manager.value,
        origin=key.origin.value,
        state=key.state.value,
        description=key.description,
        multi_region=key.multi_region,
        multi_region_type="PRIMARY" if key.is_primary else "REPLICA" if key.is_replica else "",
        created=key.created,
        deletion_date=key.deletion_date,
        tags=MappingProxyType(dict(key.tags)),
        aliases=aliases,
        read_public_key=lambda: _public_key(key),
    )


def _public_key(key: Key) -> bytes:
    # The half for anybody: whoever has the inventory may have it. Without key material there is none.
    return use.public_key(key) if key.spec.family.is_asymmetric and key.ring.is_complete else b""
