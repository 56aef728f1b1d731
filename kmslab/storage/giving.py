"""From records to what a Lab's KMS holds. The other way is `storage.taking`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from kmslab.errors import KmslabError
from kmslab.keys import imports
from kmslab.keys.alias import Alias
from kmslab.keys.cloudhsm import CloudHsmCluster
from kmslab.keys.cloudhsm_key_store import CloudHsmKeyStore
from kmslab.keys.external_key_store import Connectivity, ExternalKeyStore
from kmslab.keys.grant import Grant
from kmslab.keys.key import Key, LastUse
from kmslab.keys.key_store import CustomKeyStore
from kmslab.keys.material import KeyMaterial
from kmslab.keys.related import RelatedKeys
from kmslab.keys.ring import KeyRing, RingEntry
from kmslab.keys.rotation import RotationSchedule
from kmslab.keys.sleeping import Sleeper, SleepingKeys
from kmslab.keys.specs import KEY_SPECS, KeySpec
from kmslab.keys.store import World
from kmslab.keys.timers import Due, Timer
from kmslab.keys.xks import Credential, ExternalKey, ExternalKeyManager, ProxyRequest
from kmslab.storage.records import (
    NOT_UNDERSTOOD,
    ClusterRecord,
    EntryRecord,
    GrantRecord,
    KeyIndex,
    KeyRecord,
    KeyStoreRecord,
    ManagerRecord,
    TimerRecord,
)
from kmslab.storage.touched import find_key


@dataclass(slots=True)
class _Held:
    """What one account held in one Region."""

    keys: dict[str, Any] = field(default_factory=dict)
    aliases: dict[str, list[Alias]] = field(default_factory=dict)
    by_material: dict[str, Key | Sleeper] = field(default_factory=dict)


class Giver:
    """Fills an empty world: first what is outside, then key stores, keys, grants and timers."""

    def __init__(self, world: World, last_uses: Mapping[str, LastUse]) -> None:
        """Fill `world`; `last_uses` says when keys were last used, by their ARNs."""
        self._world = world
        self._last_uses = last_uses
        self._index = msgspec.msgpack.Decoder(KeyIndex)
        self._whole = msgspec.msgpack.Decoder(KeyRecord)
        # Related keys have these in common: what they are, when they rotate, and the materials themselves.
        self._related: dict[tuple[str, str], tuple[RelatedKeys, RotationSchedule]] = {}
        self._materials: dict[tuple[str, str, str], KeyMaterial] = {}
        self._texts: dict[str, str] = {}

    # --- what is outside ---

    def clusters(self, records: Iterable[ClusterRecord]) -> None:
        """Put CloudHSM clusters back."""
        for record in sorted(records, key=lambda each: each.number):
            cluster = CloudHsmCluster(
                record.cluster_id, record.account_id, record.region, record.trust_anchor_certificate, record.password
            )
            cluster.hsm_count, cluster.is_active = record.hsm_count, record.is_active
            cluster.is_well_configured = record.is_well_configured
            cluster.key_labels, cluster._backed_up = set(record.key_labels), set(record.backed_up)
            cluster._password_in_use, cluster._wrong_passwords = record.password_in_use, record.wrong_passwords
            cluster.fault, cluster._is_deleted = record.fault, record.is_deleted
            self._world.outside.add_cluster(cluster)

    def managers(self, records: Iterable[ManagerRecord], ids: Any) -> None:
        """Put external key managers back; `ids` is where their next ids come from."""
        for record in sorted(records, key=lambda each: each.number):
            manager = ExternalKeyManager(
                ids,
                record.uri_endpoint,
                record.uri_path,
                record.access_key_id,
                record.raw_secret_access_key,
                record.vpc_endpoint_service_name,
            )
            manager.has_valid_vpc_endpoint_service = record.has_valid_vpc_endpoint_service
            manager.fault = record.fault
            manager.requests = [ProxyRequest(*each) for each in record.requests]
            for key_id, key in record.keys.items():
                manager._keys[key_id] = ExternalKey(key.key_spec, key.key_usage, key.status, key.secret)
            self._world.outside.add_manager(manager)

    def key_stores(self, records: Iterable[KeyStoreRecord]) -> None:
        """Put custom key stores back."""
        for record in sorted(records, key=lambda each: each.created):
            store = self._world.store(record.account_id, record.region)
            store.key_stores[record.key_store_id] = self._key_store(record)

    def _key_store(self, record: KeyStoreRecord) -> CustomKeyStore:
        common: dict[str, Any] = {
            "key_store_id": record.key_store_id,
            "account_id": record.account_id,
            "region": record.region,
            "name": record.name,
            "created": record.created,
            "outside": self._world.outside,
            "state": record.state,
            "error_code": record.error_code,
            "settles": record.settles,
        }
        if record.cluster is not None:
            return CloudHsmKeyStore(**(common | record.cluster))
        proxy: dict[str, Any] = dict(record.proxy or {})
        credential = Credential(proxy.pop("access_key_id"), proxy.pop("raw_secret_access_key"))
        connectivity = Connectivity(proxy.pop("connectivity"))
        return ExternalKeyStore(**common, **proxy, credential=credential, connectivity=connectivity)

    # --- keys ---

    def keys(self, rows: Iterable[tuple[str, bytes]]) -> None:
        """Put keys and aliases back, by ARN. A key that stands alone sleeps until somebody asks for it."""
        decode, make, make_later = self._index.decode, self._make, self._make_later
        indexed = [(index.created, arn, index, row) for arn, row in rows for index in [decode(row)]]
        # No two have the same ARN, so that no index is compared.
        indexed.sort()
        places: defaultdict[str, _Held] = defaultdict(_Held)
        indexed.reverse()
        while indexed:
            # What is done with makes room for what is made.
            _, arn, index, row = indexed.pop()
            place, _, key_id = arn.rpartition("/")
            held = places[place]
            stands_alone = index.primary_region is None and index.key_store_id is None
            key = held.keys[key_id] = Sleeper(make_later, row) if stands_alone else make(row)
            for entry in index.entries:
                held.by_material[entry.material_id] = key
            if index.aliases:
                held.aliases[key_id] = index.aliases
        for place, held in places.items():
            region, account_id = place.split(":")[3:5]
            keys = SleepingKeys()
            keys.add_all(held.keys.items())
            self._world.store(account_id, region).put_back(keys, held.aliases)
            self._world.put_back(region, held.by_material)

    def _make_later(self, row: bytes) -> Key:
        try:
            return self._make(row)
        except NOT_UNDERSTOOD as error:
            raise KmslabError(
                f"A key in the state file was written by another kmslab and cannot be read ({error!r})."
            ) from None

    def _make(self, row: bytes) -> Key:
        record = self._whole.decode(row)
        related, rotation = self._family(record)
        store = self._world.store(record.account_id, record.region)
        key = Key(
            key_id=record.key_id,
            account_id=record.account_id,
            region=record.region,
            spec=KEY_SPECS[record.spec],
            usage=record.usage,
            created=record.created,
            description=record.description,
            # Most keys have the default key policy, and can share its text.
            policy=self._texts.setdefault(record.policy, record.policy),
            ring=self._ring(record),
            origin=record.origin,
            manager=record.manager,
            related=related,
            key_store=None if record.key_store_id is None else store.key_stores[record.key_store_id],
            xks_key_id=record.xks_key_id,
            rotation=rotation,
            enabled=record.enabled,
            transition=record.transition,
            deletion_window=record.deletion_window,
            deletion_date=record.deletion_date,
            tags=record.tags,
        )
        if key.key_store is not None:
            key.key_store.keys[key.key_id] = key
        last_use = self._last_uses.get(key.arn)
        # Another key may have had the same ARN: a replica that was deleted and made again.
        if last_use is not None and last_use.time >= key.created:
            key.last_use = last_use
        return key

    def _family(self, record: KeyRecord) -> tuple[RelatedKeys | None, RotationSchedule]:
        if record.primary_region is None:
            return None, record.rotation
        name = (record.account_id, record.key_id)
        return self._related.setdefault(name, (RelatedKeys(record.primary_region), record.rotation))

    def _ring(self, record: KeyRecord) -> KeyRing:
        spec = KEY_SPECS[record.spec]
        return KeyRing(
            *(
                RingEntry(
                    entry.material_id,
                    self._material(record, spec, entry),
                    entry.state,
                    entry.rotated,
                    entry.rotation_type,
                    entry.fingerprint,
                    entry.valid_to,
                    entry.description,
                )
                for entry in record.entries
            )
        )

    def _material(self, record: KeyRecord, spec: KeySpec, entry: EntryRecord) -> KeyMaterial | None:
        if entry.secret is None:
            return None
        if record.primary_region is None:
            return imports.read_material(spec, entry.secret, entry.material_id)
        name = (record.account_id, record.key_id, entry.material_id)
        if name not in self._materials:
            self._materials[name] = imports.read_material(spec, entry.secret, entry.material_id)
        return self._materials[name]

    def grants(self, records: Iterable[GrantRecord]) -> None:
        """Put grants back."""
        for record in sorted(records, key=lambda each: (each.created, each.grant_id)):
            fields = {name: getattr(record, name) for name in record.__struct_fields__}
            tokens, key = fields.pop("tokens"), find_key(self._world, fields.pop("key"))
            if key is None:
                raise LookupError(record.grant_id)
            grant = Grant(key=key, **fields)
            self._world.add_grant(grant)
            for token in tokens:
                self._world.add_grant_token(grant, token)

    # --- time ---

    def timers(self, records: Iterable[TimerRecord]) -> None:
        """Let wait what has waited. What was to happen to something that is gone is left out."""
        timers = []
        for record in records:
            subject = self._subject(record)
            if subject is not None:
                timers.append(Timer(record.when, record.serial, Due[record.what], subject, record.detail))
        self._world.timers.put_back(timers)

    def _subject(self, record: TimerRecord) -> Key | CustomKeyStore | None:
        store = self._world.find_store(record.account_id, record.region)
        if record.key_store_id:
            return None if store is None else store.key_stores.get(record.key_store_id)
        key = None if store is None else store.key(record.key_id)
        if key is None and Due[record.what] in (Due.ROTATION, Due.ON_DEMAND_ROTATION):
            # Whose primary key has changed and is gone rotates all the same: it is the others' schedule too.
            related, _ = self._related.get((record.account_id, record.key_id), (None, None))
            return next(iter(related or ()), None)
        return key
