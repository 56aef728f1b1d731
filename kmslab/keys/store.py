"""Where keys live: one `World` per Lab, in it a `RegionStore` per account and Region. No module-level state.

Owns which key, alias and key material has which name, and the order of listings. Does not decide who may ask.
"""

from __future__ import annotations

from bisect import insort
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from kmslab.keys.alias import Alias
from kmslab.keys.grant import Grant
from kmslab.keys.grants import NO_GRANTS, Grants
from kmslab.keys.imports import ImportTokens
from kmslab.keys.key import Key
from kmslab.keys.key_store import CustomKeyStore
from kmslab.keys.outside import Outside
from kmslab.keys.sleeping import Sleeper
from kmslab.keys.sorted_map import SortedMap
from kmslab.keys.timers import Timers


class RegionStore:
    """The keys and aliases of one account in one Region. Listings are sorted: keys by id, aliases by name."""

    def __init__(self, account_id: str, region: str) -> None:
        """Start empty."""
        self.account_id = account_id
        self.region = region
        #: The custom key stores, by id.
        self.key_stores: dict[str, CustomKeyStore] = {}
        #: By key id; iterating gives them in the order in which they were created.
        self.keys: SortedMap[Key] = SortedMap()
        #: By name, with its `alias/`.
        self.aliases: SortedMap[Alias] = SortedMap()
        self._names_by_key: dict[str, list[str]] = {}

    def key(self, key_id: str) -> Key | None:
        """The key with this id, or None."""
        return self.keys.get(key_id)

    def add_key(self, key: Key) -> None:
        """Store a new key. Use `World.add_key`, which also makes its ciphertexts findable."""
        self.keys.add(key.key_id, key)

    def remove_key(self, key: Key) -> None:
        """Forget a key and every alias that stands for it. Use `World.delete_key`, which also forgets its material."""
        for name in list(self.alias_names(key)):
            self.remove_alias(self.aliases[name])
        self.keys.remove(key.key_id)

    def alias(self, name: str) -> Alias | None:
        """The alias with this name (with its `alias/`), or None."""
        return self.aliases.get(name)

    def alias_names(self, key: Key) -> list[str]:
        """The names of the aliases that stand for a key, sorted. Not to be changed."""
        return self._names_by_key.get(key.key_id, [])

    def add_alias(self, alias: Alias) -> None:
        """Store a new alias."""
        self.aliases.add(alias.name, alias)
        self._point(alias)

    def put_back(self, keys: SortedMap[Key], aliases: Mapping[str, Sequence[Alias]]) -> None:
        """Hold what a store held in an earlier life of the world, and nothing else.

        Args:
            keys: The keys. Use `World.put_back`, which also makes their ciphertexts findable.
            aliases: The aliases, sorted, by the id of the key that they stand for.
        """
        self.keys = keys
        self.aliases.add_all([(alias.name, alias) for each in aliases.values() for alias in each])
        self._names_by_key = {key_id: [alias.name for alias in each] for key_id, each in aliases.items()}

    def retarget_alias(self, alias: Alias, key: Key) -> None:
        """Let an alias stand for another key."""
        self._unpoint(alias)
        alias.target_key_id = key.key_id
        self._point(alias)

    def remove_alias(self, alias: Alias) -> None:
        """Forget an alias; its key stays."""
        self._unpoint(alias)
        self.aliases.remove(alias.name)

    def _point(self, alias: Alias) -> None:
        insort(self._names_by_key.setdefault(alias.target_key_id, []), alias.name)

    def _unpoint(self, alias: Alias) -> None:
        names = self._names_by_key[alias.target_key_id]
        names.remove(alias.name)
        if not names:
            del self._names_by_key[alias.target_key_id]


class World:
    """Everything one Lab's KMS holds."""

    def __init__(self, regions: Collection[str] = ()) -> None:
        """Start empty.

        Args:
            regions: The Regions there are: where a key may have a replica.
        """
        self.regions = regions
        self.timers = Timers()
        self.outside = Outside()
        self.import_tokens = ImportTokens()
        self._stores: dict[tuple[str, str], RegionStore] = {}
        self._by_material: defaultdict[str, dict[str, Key | Sleeper]] = defaultdict(dict)
        self._grants_by_token: dict[str, Grant] = {}
        # By Region and retiring principal.
        self._retirable: dict[tuple[str, str], SortedMap[Grant]] = {}

    @property
    def stores(self) -> Iterable[RegionStore]:
        """Every account and Region that was ever called."""
        return self._stores.values()

    def store(self, account_id: str, region: str) -> RegionStore:
        """The keys and aliases of one account in one Region."""
        found = self._stores.get((account_id, region))
        if found is None:
            found = self._stores[account_id, region] = RegionStore(account_id, region)
        return found

    def find_store(self, account_id: str, region: str) -> RegionStore | None:
        """The same, or None where nobody has ever called: looking for a key of another account makes nothing."""
        return self._stores.get((account_id, region))

    def add_key(self, key: Key) -> None:
        """Store a new key where it belongs, and make its ciphertexts findable in its Region."""
        self.store(key.account_id, key.region).add_key(key)
        if key.key_store is not None:
            key.key_store.keys[key.key_id] = key
        for entry in key.ring:
            self.learn_material(key, entry.material_id)

    def put_back(self, region: str, by_material: Mapping[str, Key | Sleeper]) -> None:
        """Make the ciphertexts of many keys of a Region findable, by the ids of their key materials."""
        self._by_material[region].update(by_material)

    def find_key(self, key: str) -> Key | None:
        """The key with this key id or ARN, in any account and Region, or None."""
        found = (store.key(key.rpartition("/")[2]) for store in self.stores)
        return next((each for each in found if each is not None and key in (each.arn, each.key_id)), None)

    def holds(self, key: Key) -> bool:
        """Whether the key exists: it was added and not deleted."""
        store = self.find_store(key.account_id, key.region)
        return store is not None and store.key(key.key_id) is key

    def learn_material(self, key: Key, material_id: str) -> None:
        """Make the ciphertexts of one more key material of a key findable in its Region."""
        self._by_material[key.region][material_id] = key

    def find_by_material(self, region: str, material_id: str) -> Key | None:
        """The key of this Region, in any account, that has this key material; None when there is none.

        This is how Decrypt finds the key of a symmetric ciphertext, and why it finds none in another Region.
        """
        found = self._by_material[region].get(material_id)
        return found.wake() if isinstance(found, Sleeper) else found

    def add_grant(self, grant: Grant) -> None:
        """Put a grant on its key."""
        key = grant.key
        if key.grants is NO_GRANTS:
            key.grants = Grants()
        key.grants.add(grant)
        if grant.retiring is not None:
            place = (key.region, grant.retiring)
            if place not in self._retirable:
                self._retirable[place] = SortedMap()
            self._retirable[place].add(grant.position, grant)

    def retirable(self, region: str, retiring: str, position: str | None) -> Iterable[Grant]:
        """The grants of a Region, on keys of any account, that this principal may retire, after a position."""
        found = self._retirable.get((region, retiring))
        return () if found is None else found.after(position)

    def add_grant_token(self, grant: Grant, token: str) -> None:
        """Make a grant findable by one more of its tokens."""
        grant.tokens.append(token)
        self._grants_by_token[token] = grant

    def find_grant(self, token: str) -> Grant | None:
        """The grant that a token belongs to, or None."""
        return self._grants_by_token.get(token)

    def forget_grant(self, grant: Grant) -> None:
        """Take a grant away from its key."""
        grant.key.grants.remove(grant)
        if grant.retiring is not None:
            place = (grant.key.region, grant.retiring)
            self._retirable[place].remove(grant.position)
            if not self._retirable[place]:
                del self._retirable[place]
        for token in grant.tokens:
            del self._grants_by_token[token]

    def delete_key(self, key: Key) -> None:
        """Forget a key, its material, its grants and every alias that stands for it.

        Source: API Reference, ScheduleKeyDeletion.
        """
        self.store(key.account_id, key.region).remove_key(key)
        for entry in key.ring:
            self._by_material[key.region].pop(entry.material_id, None)
        for grant in list(key.grants):
            self.forget_grant(grant)
        if key.related is not None:
            key.related.leave(key)
        if key.key_store is not None:
            del key.key_store.keys[key.key_id]
            key.key_store.forget(key)
