"""A kept Lab on a machine whose clock is put back or forwards: its own time only goes on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from kmslab import Lab, clock, lab

DAY, YEAR = timedelta(days=1), timedelta(days=365)


class Machine:
    """The clocks of this machine: the one that somebody may set, and the one that only counts."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.shows, self.counts = datetime(2026, 3, 1, 12, tzinfo=UTC), 1000.0
        machine = self

        class Fake(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> Any:
                return machine.shows.astimezone(tz)

        for module in (clock, lab):
            monkeypatch.setattr(module, "datetime", Fake)
        monkeypatch.setattr(clock.time, "monotonic", lambda: machine.counts)

    def wait(self, time: timedelta) -> None:
        self.shows, self.counts = self.shows + time, self.counts + time.total_seconds()


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(monkeypatch)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "lab.kmslab"


BACK = [timedelta(hours=-1), -10 * YEAR]
JUMPS = [*BACK, 100 * YEAR]


@pytest.mark.parametrize("jump", JUMPS)
def test_a_clock_that_is_set_while_the_lab_runs_changes_nothing(machine: Machine, path: Path, jump: timedelta) -> None:
    with Lab.open(path) as lab:
        kms = lab.client("kms")
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
        before = lab.clock.now()
        machine.shows += jump
        assert lab.clock.now() == before
        machine.wait(6 * DAY)
        assert lab.clock.now() == before + 6 * DAY
        assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "PendingDeletion"
        machine.wait(DAY)
        with pytest.raises(kms.exceptions.NotFoundException):
            kms.describe_key(KeyId=key)


@pytest.mark.parametrize("jump", BACK)
@pytest.mark.parametrize("when", ["while it ran", "while it was closed"])
def test_time_never_goes_back(machine: Machine, path: Path, jump: timedelta, when: str) -> None:
    with Lab.open(path) as lab:
        lab.clock.advance(days=30)
        if when == "while it ran":
            machine.shows += jump
        # Nothing is called: only the clock itself tells how far it has come.
        machine.wait(3 * DAY)
        before = lab.clock.now()
    if when == "while it was closed":
        machine.shows += jump
    machine.wait(DAY / 2)
    with Lab.open(path) as again:
        assert again.clock.now() >= before
        now = again.clock.now()
        machine.wait(DAY)
        assert again.clock.now() == now + DAY
    machine.wait(DAY)
    with Lab.open(path) as again:
        assert again.clock.now() == now + 2 * DAY


def test_time_goes_on_while_it_is_closed(machine: Machine, path: Path) -> None:
    with Lab.open(path) as lab:
        lab.clock.advance(days=30)
        before = lab.clock.now()
    machine.wait(5 * DAY)
    with Lab.open(path) as again:
        assert again.clock.now() == before + 5 * DAY


def test_after_a_hundred_years_everything_has_happened(machine: Machine, path: Path) -> None:
    with Lab.open(path) as lab:
        kms = lab.client("kms")
        gone, rotating = (kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(2))
        kms.schedule_key_deletion(KeyId=gone, PendingWindowInDays=30)
        kms.enable_key_rotation(KeyId=rotating)
        blob = kms.encrypt(KeyId=rotating, Plaintext=b"old")["CiphertextBlob"]
        session = lab.role("role")
        lab.client("sts", principal=session).get_caller_identity()
    machine.shows += 100 * YEAR
    with Lab.open(path) as again:
        kms = again.client("kms")
        assert [each.key_id for each in again.inventory] == [rotating]
        assert len(kms.list_key_rotations(KeyId=rotating, Limit=1000)["Rotations"]) == 100
        assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"old"
        with pytest.raises(ClientError, match="ExpiredToken"):
            again.client("sts", principal=session).get_caller_identity()
        reached = again.clock.now()
    # Somebody has noticed, and put it right. What has happened stays.
    machine.shows -= 100 * YEAR
    with Lab.open(path) as again:
        assert again.clock.now() >= reached
        assert again.client("kms").decrypt(CiphertextBlob=blob)["Plaintext"] == b"old"
