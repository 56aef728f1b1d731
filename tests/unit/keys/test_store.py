"""Where keys live."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from kmslab.keys.alias import Alias
from kmslab.keys.store import RegionStore, World

NOW = datetime(2026, 1, 5, tzinfo=UTC)
ACCOUNT = "123456789010"


def alias(name: str, key: Any) -> Alias:
    return Alias(f"alias/{name}", f"arn:alias/{name}", key.key_id, NOW, NOW)


@pytest.fixture
def store() -> RegionStore:
    return RegionStore(ACCOUNT, "us-east-1")


class TestKeys:
    def test_found_listed_and_forgotten(self, store: RegionStore, new_key: Any) -> None:
        keys = [new_key(key_id=name) for name in ("c", "a", "b")]
        for key in keys:
            store.add_key(key)
        assert store.key("a") is keys[1]
        assert store.key("d") is None
        assert store.keys.names == ["a", "b", "c"]
        assert list(store.keys) == keys, "in the order of their creation"
        store.remove_key(keys[1])
        assert store.key("a") is None
        assert store.keys.names == ["b", "c"]

    def test_a_key_takes_its_aliases_with_it(self, store: RegionStore, new_key: Any) -> None:
        going, staying = new_key(), new_key()
        for key in (going, staying):
            store.add_key(key)
        for name, key in (("b", going), ("a", going), ("c", staying)):
            store.add_alias(alias(name, key))
        store.remove_key(going)
        assert store.aliases.names == ["alias/c"]
        assert store.alias_names(going) == []
        assert store.alias("alias/a") is None
        assert store.alias("alias/c") is not None


class TestAliases:
    def test_sorted_for_all_and_for_one_key(self, store: RegionStore, new_key: Any) -> None:
        first, second = new_key(), new_key()
        for name, key in (("b", first), ("c", second), ("a", first)):
            store.add_alias(alias(name, key))
        assert store.aliases.names == ["alias/a", "alias/b", "alias/c"]
        assert store.alias_names(first) == ["alias/a", "alias/b"]
        assert store.alias_names(second) == ["alias/c"]
        assert store.alias_names(new_key()) == []

    def test_moved(self, store: RegionStore, new_key: Any) -> None:
        first, second = new_key(), new_key()
        moving = alias("a", first)
        store.add_alias(moving)
        store.retarget_alias(moving, second)
        assert moving.target_key_id == second.key_id
        assert (store.alias_names(first), store.alias_names(second)) == ([], ["alias/a"])
        assert store.aliases.names == ["alias/a"]

    def test_removed(self, store: RegionStore, new_key: Any) -> None:
        key = new_key()
        both = [alias("a", key), alias("b", key)]
        for each in both:
            store.add_alias(each)
        store.remove_alias(both[0])
        assert store.aliases.names == store.alias_names(key) == ["alias/b"]
        assert store.alias("alias/a") is None


class TestWorld:
    def test_one_store_per_account_and_region(self) -> None:
        world = World()
        store = world.store(ACCOUNT, "us-east-1")
        assert world.store(ACCOUNT, "us-east-1") is store
        assert world.store(ACCOUNT, "us-west-2") is not store
        assert world.store("999988887777", "us-east-1") is not store
        assert len(list(world.stores)) == 3

    def test_found_by_material_in_its_region_only(self, new_key: Any) -> None:
        world, key = World(), new_key()
        world.add_key(key)
        assert world.store(ACCOUNT, "us-east-1").key(key.key_id) is key
        assert world.find_by_material("us-east-1", key.current.material_id) is key
        assert world.find_by_material("us-west-2", key.current.material_id) is None
        assert world.find_by_material("us-east-1", "00" * 32) is None

    def test_found_by_material_in_any_account(self, new_key: Any) -> None:
        world, key = World(), new_key(account_id="999988887777")
        world.add_key(key)
        assert world.find_by_material("us-east-1", key.current.material_id) is key

    def test_deleted(self, new_key: Any) -> None:
        world, key = World(), new_key()
        world.add_key(key)
        world.store(ACCOUNT, "us-east-1").add_alias(alias("a", key))
        world.delete_key(key)
        assert world.find_by_material("us-east-1", key.current.material_id) is None
        assert world.store(ACCOUNT, "us-east-1").keys.names == []
        assert world.store(ACCOUNT, "us-east-1").aliases.names == []
