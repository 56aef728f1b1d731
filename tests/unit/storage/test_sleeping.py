"""Keys of a file sleep until somebody looks at them, and nobody who looks can tell."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kmslab import Lab
from kmslab.errors import KmslabError
from kmslab.keys.key import Key
from kmslab.keys.sleeping import Sleeper, SleepingKeys
from kmslab.storage.database import Database
from kmslab.storage.giving import Giver


class Woken(list[str]):
    """The ids of the keys that were made of their rows, as they are."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        make = Giver._make

        def noted(giver: Giver, row: bytes) -> Key:
            key = make(giver, row)
            self.append(key.key_id)
            return key

        monkeypatch.setattr(Giver, "_make", noted)


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> Woken:
    return Woken(monkeypatch)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with ten keys, named by their numbers, and a ciphertext of each in its description."""
    made = tmp_path / "lab.kmslab"
    with Lab.open(made, seed=1) as lab:
        kms = lab.client("kms")
        for number in range(10):
            key = kms.create_key(Tags=[{"TagKey": "n", "TagValue": str(number)}])["KeyMetadata"]["KeyId"]
            kms.create_alias(AliasName=f"alias/{number}", TargetKeyId=key)
            blob = kms.encrypt(KeyId=key, Plaintext=str(number).encode())["CiphertextBlob"]
            kms.update_key_description(KeyId=key, Description=blob.hex())
    return made


def blob_of(lab: Lab, number: int) -> bytes:
    return bytes.fromhex(lab.client("kms").describe_key(KeyId=f"alias/{number}")["KeyMetadata"]["Description"])


WAYS: dict[str, Callable[[Any, str, bytes], Any]] = {
    "by id": lambda kms, key, blob: kms.describe_key(KeyId=key),
    "by alias": lambda kms, key, blob: kms.describe_key(KeyId="alias/3"),
    "by ciphertext": lambda kms, key, blob: kms.decrypt(CiphertextBlob=blob),
    "its tags": lambda kms, key, blob: kms.list_resource_tags(KeyId=key),
    "its aliases": lambda kms, key, blob: kms.list_aliases(KeyId=key),
    "its last use": lambda kms, key, blob: kms.get_key_last_usage(KeyId=key),
}


@pytest.mark.parametrize("way", WAYS)
def test_who_asks_for_one_wakes_that_one(path: Path, woken: Woken, way: str) -> None:
    with Lab.open(path) as lab:
        key, blob = lab.inventory[3].key_id, blob_of(lab, 3)
        before = WAYS[way](lab.client("kms"), key, blob)
    woken.clear()
    with Lab.open(path) as lab:
        assert woken == []
        after = WAYS[way](lab.client("kms"), key, blob)
        assert woken == [key]
        for reply in (before, after):
            del reply["ResponseMetadata"]
        if way == "its last use":
            # By now it has been used once more where it was asked by its ciphertext.
            assert after["KeyLastUsage"].keys() == before["KeyLastUsage"].keys() != set()
        else:
            assert after == before


def test_aliases_are_listed_without_waking_anybody(path: Path, woken: Woken) -> None:
    with Lab.open(path) as lab:
        assert len(lab.client("kms").list_aliases()["Aliases"]) == 10
        assert woken == []
        assert len(lab.client("kms").list_keys(Limit=3)["Keys"]) == 3
        assert len(woken) == 4, "a page, and the one that says that there are more"


def test_closing_wakes_nobody_and_loses_nothing(path: Path, woken: Woken) -> None:
    def look(lab: Lab) -> list[Any]:
        (store,) = (each for each in lab.world.stores if len(each.keys))
        return [(key.key_id, key.last_use, key.tags, key.description, key.policy) for key in store.keys]

    with Lab.open(path) as lab:
        seen = look(lab)
    assert all(last_use is not None for _, last_use, *_ in seen)
    for _ in range(2):
        woken.clear()
        Lab.open(path).close()
        assert woken == []
    with Lab.open(path) as lab:
        lab.client("kms").encrypt(KeyId="alias/5", Plaintext=b"x")
    assert woken == [seen[5][0]]
    with Lab.open(path) as lab:
        now = look(lab)
    assert now[5][1].time > seen[5][1].time
    assert now[:5] + now[6:] == seen[:5] + seen[6:]


def test_one_that_slept_can_be_changed_and_deleted(path: Path) -> None:
    with Lab.open(path) as lab:
        kms = lab.client("kms")
        blob = blob_of(lab, 3)
    with Lab.open(path) as lab:
        kms = lab.client("kms")
        grantee = lab.user("bob")
        key = kms.create_grant(KeyId=lab.inventory[4].arn, GranteePrincipal=grantee.arn, Operations=["Decrypt"])
        kms.schedule_key_deletion(KeyId=lab.inventory[3].arn, PendingWindowInDays=7)
    with Lab.open(path) as lab:
        other = blob_of(lab, 4)
        assert lab.client("kms", principal=lab.user("bob")).decrypt(CiphertextBlob=other)["Plaintext"] == b"4"
        lab.clock.advance(days=8)
        kms = lab.client("kms")
        assert len(lab.inventory) == 9
        with pytest.raises(kms.exceptions.ClientError, match="AccessDenied"):
            kms.decrypt(CiphertextBlob=blob)
        assert lab.world.find_grant(key["GrantToken"]) is not None
    with Lab.open(path) as lab:
        assert len(lab.inventory) == 9
        assert lab.inventory.named("alias/3") is None


def test_two_who_look_at_once_find_the_same(new_key: Any) -> None:
    begun, made = threading.Barrier(8), []

    def make(row: bytes) -> Key:
        made.append(row)
        threading.Event().wait(0.01)
        key: Key = new_key(key_id=row.decode())
        return key

    keys = SleepingKeys()
    keys.add_all((name, Sleeper(make, name.encode())) for name in "abc")  # type: ignore[misc]
    found: list[Key] = []

    def look() -> None:
        begun.wait()
        found.extend(keys)

    threads = [threading.Thread(target=look) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(made) == [b"a", b"b", b"c"]
    assert len(found) == 24
    assert len(set(map(id, found))) == 3
    assert keys.at_hand == list(keys)


def test_one_that_sleeps_is_there(new_key: Any) -> None:
    keys = SleepingKeys()
    keys.add_all((name, Sleeper(lambda row: new_key(key_id=row.decode()), name.encode())) for name in "cab")  # type: ignore[misc]
    assert (len(keys), "a" in keys, "d" in keys, keys.names, keys.at_hand) == (3, True, False, ["a", "b", "c"], [])
    assert keys.get("d") is None
    assert keys.at_hand == []
    a = keys["a"]
    assert keys.at_hand == [a] == [keys.get("a")]
    keys.remove("b")
    assert [key.key_id for key in keys.after("a")] == ["c"]
    assert [key.key_id for key in keys] == ["c", "a"]


def test_a_key_that_cannot_be_read_is_a_sentence_when_somebody_asks_for_it(path: Path) -> None:
    written = Database(path, {})
    odd = {
        name: value.replace(b"\xa6policy", b"\xa6Policy") for name, value in written.rows.items() if name.kind == "key"
    }
    written.write(odd)
    written.close()
    with Lab.open(path) as lab:
        assert len(lab.client("kms").list_aliases()["Aliases"]) == 10
        with pytest.raises(KmslabError, match="A key in the state file was written by another kmslab"):
            lab.client("kms").encrypt(KeyId="alias/3", Plaintext=b"x")
