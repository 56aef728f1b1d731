"""Group commit: who waits, who does not, and what happens when the disk refuses."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from kmslab import Lab
from kmslab.errors import KmslabError
from kmslab.storage import keeper
from kmslab.storage.database import Database, Name


class Commits:
    """Counts commits; the disk can refuse, or be slow."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count, self.refuses = 0, False
        self.may_go_on = threading.Event()
        self.may_go_on.set()
        self.under_way = threading.Event()
        write = Database.write

        def counted(database: Database, rows: Mapping[Name, bytes | None]) -> None:
            self.count += 1
            self.under_way.set()
            assert self.may_go_on.wait(10)
            if self.refuses:
                raise KmslabError("the disk is full.")
            write(database, rows)

        monkeypatch.setattr(Database, "write", counted)


@pytest.fixture
def commits(monkeypatch: pytest.MonkeyPatch) -> Commits:
    monkeypatch.setattr(keeper, "PATIENCE", 3600)
    return Commits(monkeypatch)


def test_only_what_changes_something_waits_for_the_disk(tmp_path: Path, commits: Commits) -> None:
    with Lab.open(tmp_path / "lab.kmslab", seed=1) as lab:
        kms = lab.client("kms")
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        before = commits.count
        kms.encrypt(KeyId=key, Plaintext=b"x")
        kms.describe_key(KeyId=key)
        kms.list_keys()
        with pytest.raises(kms.exceptions.NotFoundException):
            kms.describe_key(KeyId="alias/none")
        assert commits.count == before
        kms.disable_key(KeyId=key)
        assert commits.count == before + 1


def test_who_waits_together_is_written_together(tmp_path: Path, commits: Commits) -> None:
    with Lab.open(tmp_path / "lab.kmslab", seed=1) as lab:
        clients = [lab.client("kms") for _ in range(9)]
        commits.under_way.clear()
        commits.may_go_on.clear()
        before = commits.count
        threads = [threading.Thread(target=kms.create_key) for kms in clients]
        threads[0].start()
        assert commits.under_way.wait(10)
        for each in threads[1:]:
            each.start()
        while len(lab.inventory) < 9:
            threading.Event().wait(0.001)
        commits.may_go_on.set()
        for each in threads:
            each.join()
        assert commits.count - before == 2


def test_a_reply_waits_for_a_change_that_it_shows(tmp_path: Path, commits: Commits) -> None:
    with Lab.open(tmp_path / "lab.kmslab", seed=1) as lab:
        kms, other = lab.client("kms"), lab.client("kms")
        key, untouched = (kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(2))
        commits.under_way.clear()
        commits.may_go_on.clear()
        change = threading.Thread(target=kms.update_key_description, kwargs={"KeyId": key, "Description": "new"})
        change.start()
        assert commits.under_way.wait(10)
        other.encrypt(KeyId=untouched, Plaintext=b"x")
        answered: list[Any] = []
        look = threading.Thread(target=lambda: answered.append(other.encrypt(KeyId=key, Plaintext=b"x")))
        look.start()
        look.join(0.05)
        assert answered == []
        commits.may_go_on.set()
        for each in (change, look):
            each.join()
        assert len(answered) == 1


def test_when_the_disk_refuses_the_caller_is_told_and_it_is_tried_again(tmp_path: Path, commits: Commits) -> None:
    path = tmp_path / "lab.kmslab"
    with Lab.open(path, seed=1) as lab:
        kms = lab.client("kms")
        commits.refuses = True
        with pytest.raises(KmslabError, match="the disk is full"):
            kms.create_key(Description="first")
        commits.refuses = False
        kms.create_key(Description="second")
    with Lab.open(path) as again:
        assert [key.description for key in again.inventory] == ["first", "second"]


def test_what_is_changed_by_hand_is_found_when_it_is_quiet(tmp_path: Path, commits: Commits) -> None:
    path = tmp_path / "lab.kmslab"
    with Lab.open(path, seed=1) as lab:
        lab.client("kms").create_key()
        (key,) = (each for store in lab.world.stores for each in store.keys)
        key.description = "by hand"
        lab.cloudhsm_cluster().fault = "USER_LOGGED_IN"
    with Lab.open(path) as again:
        assert [each.description for each in again.inventory] == ["by hand"]
        assert [each.fault for each in again.world.outside.clusters] == ["USER_LOGGED_IN"]
