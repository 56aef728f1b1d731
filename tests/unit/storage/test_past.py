"""What calls have left behind is there without reading them; they are read when somebody looks."""

from __future__ import annotations

import gc
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from kmslab import Lab
from kmslab.call import Call
from kmslab.storage import keeper, past


class Read:
    """Counts the calls that are read from a file."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        unpacked = past._unpacked

        def counted(packed: bytes) -> Iterator[Call]:
            for call in unpacked(packed):
                self.count += 1
                yield call

        monkeypatch.setattr(past, "_unpacked", counted)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Read:
    return Read(monkeypatch)


def story(lab: Lab) -> dict[str, Any]:
    """Some of everything that calls leave behind; what there is to see of it."""
    kms, bob = lab.client("kms"), lab.client("kms", principal=lab.user("bob"))
    first, second = (kms.create_key()["KeyMetadata"]["Arn"] for _ in range(2))
    blob = kms.encrypt(KeyId=first, Plaintext=b"x")["CiphertextBlob"]
    kms.re_encrypt(CiphertextBlob=blob, DestinationKeyId=second)
    kms.generate_data_key_pair(KeyId=first, KeyPairSpec="ECC_NIST_P256")
    with pytest.raises(ClientError):
        bob.decrypt(CiphertextBlob=blob)
    kms.rotate_key_on_demand(KeyId=first)
    lab.clock.advance(days=40)
    kms.schedule_key_deletion(KeyId=second)
    return seen(lab)


def seen(lab: Lab) -> dict[str, Any]:
    store = lab.world.store(lab.account_id, lab.region)
    return {"bill": lab.bill.usage, "last uses": [key.last_use for key in store.keys], "trail": list(lab.trail)}


def test_a_lab_that_was_closed_reads_no_call_until_somebody_looks(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "lab.kmslab"
    with Lab.open(path, seed=1) as lab:
        told = story(lab)
    assert len(told["bill"].requests) > 6
    with Lab.open(path) as again:
        again.client("kms").list_keys()
        now = again.bill
        assert read.count == 0
        assert now.requests == len(told["trail"]) - 1 + 1, "all but the rotation, and one more"
        trail = list(again.trail)
        assert read.count == len(told["trail"])
        assert trail[:-1] == told["trail"]
        assert seen(again)["last uses"] == told["last uses"]
        assert len(again.trail) == len(trail)
        assert read.count == len(told["trail"]), "once"


def test_what_was_told_before_is_not_told_again(tmp_path: Path) -> None:
    path = tmp_path / "lab.kmslab"
    with Lab.open(path, seed=1) as lab:
        told = story(lab)
    for _ in range(2):
        with Lab.open(path) as again:
            assert seen(again) == told
    with Lab.open(path) as again:
        again.client("kms").list_keys()
        more = seen(again)
    with Lab.open(path) as again:
        assert seen(again) == more


def test_after_a_sudden_end_what_came_since_is_told(
    tmp_path: Path, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "PATIENCE", 3600)
    path, aside = tmp_path / "lab.kmslab", tmp_path / "aside"
    with Lab.open(path, seed=1) as lab:
        before = len(story(lab)["trail"])
    with Lab.open(path) as lab:
        lab.client("kms").create_key()
        told = seen(lab)
        aside.mkdir()
        for each in tmp_path.glob("lab.kmslab*"):
            shutil.copy(each, aside)
    read.count = 0
    with Lab.open(aside / path.name) as again:
        assert read.count == 1
        assert again.bill.usage == told["bill"]
        assert seen(again) == told
    assert len(told["trail"]) == before + 1


def test_a_price_that_is_not_known_any_more_is_found_anew(
    tmp_path: Path, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "lab.kmslab"
    with Lab.open(path, seed=1) as lab:
        told = story(lab)
    renamed = {f"{name}, once": price for name, price in past._PRICES.items()}
    monkeypatch.setattr(past, "_PRICES", renamed)
    with Lab.open(path) as again:
        assert read.count == len(told["trail"])
        assert seen(again) == told


def test_who_asks_why_a_call_of_long_ago_failed_is_told(tmp_path: Path) -> None:
    path = tmp_path / "lab.kmslab"
    with Lab.open(path, seed=1) as lab:
        bob = lab.client("kms", principal=lab.user("bob"))
        with pytest.raises(ClientError) as denied:
            bob.create_key()
    with Lab.open(path) as again:
        again.client("kms").list_keys()
        assert "bob" in again.explain(denied.value).summary


def test_a_part_of_the_trail_is_read_back_where_it_reaches_back(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "lab.kmslab"
    with Lab.open(path, seed=1) as lab:
        story(lab)
    with Lab.open(path) as again:
        again.clock.advance(hours=1)
        now = again.clock.now()
        again.client("kms").list_keys()
        late = again.recorder.between(again.account_id, now, now + timedelta(hours=1))
        assert [call.operation for call in late.calls] == ["ListKeys"]
        assert read.count == 0
        both = again.recorder.between(again.account_id, now - timedelta(hours=2), now + timedelta(hours=1))
        assert [call.operation for call in both.calls] == ["ScheduleKeyDeletion", "ListKeys"]


@pytest.mark.parametrize("was_on", [True, False])
def test_the_garbage_collector_is_as_it_was(tmp_path: Path, was_on: bool) -> None:
    try:
        (gc.enable if was_on else gc.disable)()
        Lab.open(tmp_path / "lab.kmslab").close()
        assert gc.isenabled() is was_on
    finally:
        gc.enable()
