"""What exists, read without a call."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError
from datetime import timedelta
from typing import Any

import pytest

from kmslab.keys.alias import Alias
from kmslab.keys.inventory import Inventory
from kmslab.keys.related import RelatedKeys
from kmslab.keys.specs import KeyUsage
from kmslab.keys.store import World


@pytest.fixture
def world(new_key: Any) -> World:
    """Three keys in two Regions of one account, and one of another account; two aliases of the first."""
    world = World()
    first = new_key(description="first", tags={"team": "blue"})
    keys = [
        first,
        new_key("RSA_2048", KeyUsage.SIGN_VERIFY, region="us-west-2", created=first.created + timedelta(days=2)),
        new_key("HMAC_256", created=first.created + timedelta(days=1), related=RelatedKeys("us-east-1")),
        new_key(account_id="999988887777"),
    ]
    for key in keys:
        world.add_key(key)
    for name in ("alias/b", "alias/a"):
        store = world.store(first.account_id, first.region)
        store.add_alias(Alias(name, f"arn:{name}", first.key_id, first.created, first.created))
    first.schedule_deletion(7, first.created + timedelta(days=7))
    return world


def test_one_account_in_the_order_of_creation(world: World) -> None:
    keys = Inventory.of(world, "123456789010")
    assert [key.spec for key in keys] == ["SYMMETRIC_DEFAULT", "HMAC_256", "RSA_2048"]
    assert len(Inventory.of(world)) == 4


def test_a_view(world: World) -> None:
    key = Inventory.of(world, "123456789010")[0]
    assert key.arn == f"arn:aws:kms:us-east-1:123456789010:key/{key.key_id}"
    assert (key.account_id, key.region, key.usage, key.state) == (
        "123456789010",
        "us-east-1",
        "ENCRYPT_DECRYPT",
        "PendingDeletion",
    )
    assert (key.description, key.multi_region, dict(key.tags)) == ("first", False, {"team": "blue"})
    assert key.aliases == ("alias/a", "alias/b")
    assert key.deletion_date == key.created + timedelta(days=7)


def test_a_pair_shows_its_public_half(world: World, new_key: Any) -> None:
    pair = Inventory.of(world).select(spec="RSA_2048")[0]
    key = world.store(pair.account_id, pair.region).key(pair.key_id)
    assert pair.public_key == key.current.pair.spki()


def test_a_secret_key_has_no_public_half(world: World) -> None:
    assert {key.public_key for key in Inventory.of(world) if key.spec != "RSA_2048"} == {b""}


def test_related_keys_say_which_of_them_is_the_primary(world: World, new_key: Any) -> None:
    primary = Inventory.of(world).select(spec="HMAC_256")[0]
    key = world.store(primary.account_id, primary.region).key(primary.key_id)
    assert key is not None
    world.add_key(new_key("HMAC_256", region="eu-west-1", key_id=key.key_id, related=key.related))
    pair = Inventory.of(world).select(spec="HMAC_256")
    assert {each.region: each.multi_region_type for each in pair} == {"us-east-1": "PRIMARY", "eu-west-1": "REPLICA"}
    assert {each.multi_region_type for each in Inventory.of(world).select(usage="ENCRYPT_DECRYPT")} == {""}


def test_a_view_stays_as_it_was(world: World) -> None:
    before = Inventory.of(world, "123456789010")
    key = world.store("123456789010", "us-east-1").key(before[0].key_id)
    assert key is not None
    key.cancel_deletion()
    key.tags = {"team": "red"}
    assert (before[0].state, dict(before[0].tags)) == ("PendingDeletion", {"team": "blue"})
    assert Inventory.of(world, "123456789010")[0].state == "Disabled"
    with pytest.raises(FrozenInstanceError):
        before[0].state = "Enabled"  # type: ignore[misc]
    with pytest.raises(TypeError):
        before[0].tags["team"] = "red"  # type: ignore[index]


def test_select(world: World) -> None:
    keys = Inventory.of(world)
    assert [key.spec for key in keys.select(region="us-west-2")] == ["RSA_2048"]
    assert [key.region for key in keys.select(spec="HMAC_256")] == ["us-east-1"]
    assert len(keys.select(usage="ENCRYPT_DECRYPT")) == 2
    assert len(keys.select(usage="ENCRYPT_DECRYPT", state="Enabled")) == 1
    assert len(keys.select(state="Disabled")) == 0
    assert keys.select() == keys


def test_named_and_get(world: World) -> None:
    keys = Inventory.of(world)
    first = keys.named("alias/a")
    assert first is not None
    assert first is keys.named("alias/b", region="us-east-1") is keys.get(first.key_id) is keys.get(first.arn)
    assert keys.named("alias/a", region="us-west-2") is None
    assert keys.named("alias/c") is None
    assert keys.get("nothing") is None


def test_by_region(world: World) -> None:
    regions = dict(Inventory.of(world, "123456789010").by_region())
    assert list(regions) == ["us-east-1", "us-west-2"]
    assert [len(keys) for keys in regions.values()] == [2, 1]


def test_as_a_table(world: World) -> None:
    keys = Inventory.of(world, "123456789010")
    lines = repr(keys).splitlines()
    assert lines[0] == "KMS keys"
    assert lines[1].split() == ["Region", "Key", "id", "Spec", "Usage", "State", "Aliases"]
    assert lines[3].split() == [
        "us-east-1",
        keys[0].key_id,
        "SYMMETRIC_DEFAULT",
        "ENCRYPT_DECRYPT",
        "PendingDeletion",
        "alias/a,",
        "alias/b",
    ]
    assert len(lines) == 3 + len(keys)
    assert keys._repr_html_().count("<tr>") == 1 + len(keys)


def test_a_view_goes_to_another_process_with_its_public_key_and_without_its_key(world: World) -> None:
    views = Inventory.of(world, "123456789010")
    kind, values = views[2].__reduce__()
    there = kind(*values)
    assert there == views[2]
    assert there.public_key == views[2].public_key != b""
    # Nothing in it leads to the key.
    assert pickle.loads(pickle.dumps(values[-1])) == (views[2].public_key,)  # noqa: S301
