"""Where keys live: one `World` per Lab, in it a `RegionStore` per account and Region. No module-level state.

Owns which key, alias and key material has which name, and the order of listings. Does not decide who may ask.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Collection, Iterable

from kmslab.keys.alias import Alias
from kmslab.keys.grant import Grant
from kmslab.keys.imports import ImportTokens
from kmslab.keys.key import Key
from kmslab.keys.key_store import CustomKeyStore
from kmslab.keys.outside import Outside
from kmslab.keys.timers import Timers


class RegionStore:
    """The keys and aliases of one account in one Region. Listings are sorted: keys by id, aliases by name."""

    def __init__(self, account_id: str, region: str) -> None:
        """Start empty."""
        self.account_id = account_id
        self.region = region
        #: The custom key stores, by id.
        self.key_stores: dict[str, CustomKeyStore] = {}
        self._keys: dict[str, Key] = {}
        self._aliases: dict[str, Alias] = {}
        # Kept sorted, so that a page costs the same however many keys there are.
        self._key_ids: list[str] = []
        self._names: list[str] = []
        self._names_by_key: dict[str, list[str]] = {}

    def key(self, key_id: str) -> Key | None:
        """The key with this id, or None."""
        return self._keys.get(key_id)

    @property
    def keys(self) -> Iterable[Key]:
        """All keys, in the order in which they were created."""
        return self._keys.values()

    @property
    def key_ids(self) -> list[str]:
        """The ids of all keys, sorted. Not to be changed."""
        return self._key_ids

    def add_key(self, key: Key) -> None:
        """Store a new key. Use `World.add_key`, which also makes its ciphertexts findable."""
        self._keys[key.key_id] = key
        insort(self._key_ids, key.key_id)

    def remove_key(self, key: Key) -> None:
        """Forget a key and every alias that stands for it. Use `World.delete_key`, which also forgets its material."""
        for name in list(self.alias_names(key)):
            self.remove_alias(self._aliases[name])
        del self._keys[key.key_id]
        _remove(self._key_ids, key.key_id)

    def alias(self, name: str) -> Alias | None:
        """The alias with this name (with its `alias/`), or None."""
        return self._aliases.get(name)

    def alias_names(self, key: Key | None = None) -> list[str]:
        """The names of all aliases, or of those that stand for `key`; sorted. Not to be changed."""
        return self._names if key is None else self._names_by_key.get(key.key_id, [])

    def add_alias(self, alias: Alias) -> None:
        """Store a new alias."""
        self._aliases[alias.name] = alias
        insort(self._names, alias.name)
        self._point(alias)

    def retarget_alias(self, alias: Alias, key: Key) -> None:
        """Let an alias stand for another key."""
        self._unpoint(alias)
        alias.target_key_id = key.key_id
        self._point(alias)

    def remove_alias(self, alias: Alias) -> None:
        """Forget an alias; its key stays."""
        self._unpoint(alias)
        del self._aliases[alias.name]
        _remove(self._names, alias.name)

    def _point(self, alias: Alias) -> None:
        insort(self._names_by_key.setdefault(alias.target_key_id, []), alias.name)

    def _unpoint(self, alias: Alias) -> None:
        names = self._names_by_key[alias.target_key_id]
        _remove(names, alias.name)
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
        self._by_material: dict[tuple[str, str], Key] = {}
        self._grants_by_token: dict[str, Grant] = {}

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
        for entry in key.ring:
            self.learn_material(key, entry.material_id)

    def holds(self, key: Key) -> bool:
        """Whether the key exists: it was added and not deleted."""
        store = self.find_store(key.account_id, key.region)
        return store is not None and store.key(key.key_id) is key

    def learn_material(self, key: Key, material_id: str) -> None:
        """Make the ciphertexts of one more key material of a key findable in its Region."""
        self._by_material[key.region, material_id] = key

    def find_by_material(self, region: str, material_id: str) -> Key | None:
        """The key of this Region, in any account, that has this key material; None when there is none.

        This is how Decrypt finds the key of a symmetric ciphertext, and why it finds none in another Region.
        """
        return self._by_material.get((region, material_id))

    def add_grant_token(self, grant: Grant, token: str) -> None:
        """Make a grant findable by one more of its tokens."""
        grant.tokens.append(token)
        self._grants_by_token[token] = grant

    def find_grant(self, token: str) -> Grant | None:
        """The grant that a token belongs to, or None."""
        return self._grants_by_token.get(token)

    def forget_grant(self, grant: Grant) -> None:
        """Take a grant away from its key."""
        del grant.key.grants[grant.grant_id]
        for token in grant.tokens:
            del self._grants_by_token[token]

    def delete_key(self, key: Key) -> None:
        """Forget a key, its material, its grants and every alias that stands for it.

        Source: API Reference, ScheduleKeyDeletion.
        """
        self.store(key.account_id, key.region).remove_key(key)
        for entry in key.ring:
            self._by_material.pop((key.region, entry.material_id), None)
        for grant in list(key.grants.values()):
            self.forget_grant(grant)
        if key.related is not None:
            key.related.leave(key)
        if key.key_store is not None:
            key.key_store.forget(key)


def _remove(names: list[str], name: str) -> None:
    del names[bisect_left(names, name)]
