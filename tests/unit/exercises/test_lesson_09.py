"""Lesson 09: what its checks accept, and what they say to typical attempts that are not right yet."""

from __future__ import annotations

from typing import Any

import pytest

from kmslab import Lab
from kmslab.exercises.catalogue import EXERCISES
from kmslab.exercises.desk import Desk

PAYROLL, HALF_YEARLY, OLD_DATA, TWICE, NEW_DATA, OLD_READ, PRICE = (task.label for task in EXERCISES["09.1"].tasks)
MOVED, ALL_MOVED, NO_OTHERS, NAMED = (task.label for task in EXERCISES["09.2"].tasks)
ASKED, SWITCHED_OFF, WAITED, LONGEST, OTHERS = (task.label for task in EXERCISES["09.3"].tasks)
PAIR, READ, PROMOTED, HUNDRED = (task.label for task in EXERCISES["09.4"].tasks)


def key(kms: Any, **params: Any) -> str:
    return str(kms.create_key(**params)["KeyMetadata"]["KeyId"])


def encrypt(kms: Any, key_id: str, **params: Any) -> bytes:
    return bytes(kms.encrypt(KeyId=key_id, Plaintext=b"x", **params)["CiphertextBlob"])


@pytest.fixture(autouse=True)
def lesson(lab: Lab, kms: Any, ireland: Any) -> None:
    """What the lesson's own cells do: a key rotated for years, one brought back, one in two Regions."""
    orders = key(kms, Description="orders")
    old = encrypt(kms, orders)
    kms.enable_key_rotation(KeyId=orders)
    lab.clock.advance(days=740)
    kms.rotate_key_on_demand(KeyId=orders)
    lab.clock.advance(days=56)
    encrypt(kms, orders)
    kms.decrypt(CiphertextBlob=old)
    kms.re_encrypt(CiphertextBlob=old, DestinationKeyId=orders)
    kms.get_key_last_usage(KeyId=orders)
    kms.disable_key(KeyId=orders)
    lab.clock.advance(days=30)
    kms.schedule_key_deletion(KeyId=orders)
    kms.cancel_key_deletion(KeyId=orders)
    shop = key(kms, Description="shop", MultiRegion=True)
    kms.replicate_key(KeyId=shop, ReplicaRegion="eu-west-1")
    lab.clock.advance(minutes=1)
    ireland.decrypt(CiphertextBlob=encrypt(kms, shop))
    kms.update_primary_region(KeyId=shop, PrimaryRegion="eu-west-1")
    lab.clock.advance(minutes=1)


@pytest.mark.parametrize("number", ["09.1", "09.2", "09.3", "09.4"])
def test_the_lesson_alone_solves_nothing(desk: Desk, number: str) -> None:
    result = desk.check(number, None)
    assert len(result.open_tasks) == len(result.items)


class TestTwiceAYear:
    def test_solved(self, desk: Desk, lab: Lab, ireland: Any) -> None:
        key_id = key(ireland, Description="payroll")
        ireland.enable_key_rotation(KeyId=key_id, RotationPeriodInDays=180)
        old = encrypt(ireland, key_id)
        assert desk.check("09.1").open_tasks == [TWICE, NEW_DATA, OLD_READ, PRICE]
        lab.clock.advance(days=361)
        assert desk.check("09.1").open_tasks == [NEW_DATA, OLD_READ, PRICE]
        ireland.decrypt(CiphertextBlob=encrypt(ireland, key_id))
        assert desk.check("09.1").open_tasks == [OLD_READ, PRICE]
        ireland.decrypt(CiphertextBlob=old)
        assert desk.check("09.1", 3).passed
        assert desk.check("09.1", "3.00").passed

    @pytest.mark.parametrize("answer", [None, 1, 2, 4, "three dollars"])
    def test_another_price(self, desk: Desk, lab: Lab, ireland: Any, answer: object) -> None:
        key_id = key(ireland, Description="payroll")
        ireland.enable_key_rotation(KeyId=key_id, RotationPeriodInDays=180)
        old = encrypt(ireland, key_id)
        lab.clock.advance(days=400)
        encrypt(ireland, key_id)
        ireland.decrypt(CiphertextBlob=old)
        assert desk.check("09.1", answer).open_tasks == [PRICE]

    def test_with_the_period_of_the_lesson(self, desk: Desk, lab: Lab, ireland: Any) -> None:
        key_id = key(ireland, Description="payroll")
        ireland.enable_key_rotation(KeyId=key_id)
        encrypt(ireland, key_id)
        lab.clock.advance(days=740)
        assert desk.check("09.1", 3).open_tasks == [HALF_YEARLY, OLD_DATA, TWICE, NEW_DATA, OLD_READ]

    def test_rotated_on_demand_in_place_of_waiting(self, desk: Desk, lab: Lab, ireland: Any) -> None:
        key_id = key(ireland, Description="payroll")
        ireland.enable_key_rotation(KeyId=key_id, RotationPeriodInDays=180)
        old = encrypt(ireland, key_id)
        for _ in range(2):
            ireland.rotate_key_on_demand(KeyId=key_id)
            lab.clock.advance(minutes=1)
        encrypt(ireland, key_id)
        ireland.decrypt(CiphertextBlob=old)
        assert desk.check("09.1", 3).open_tasks == [TWICE, NEW_DATA, OLD_READ]

    def test_encrypted_too_late(self, desk: Desk, lab: Lab, ireland: Any) -> None:
        key_id = key(ireland, Description="payroll")
        ireland.enable_key_rotation(KeyId=key_id, RotationPeriodInDays=180)
        lab.clock.advance(days=361)
        ireland.decrypt(CiphertextBlob=encrypt(ireland, key_id))
        assert desk.check("09.1", 3).open_tasks == [OLD_DATA, OLD_READ]

    def test_in_the_wrong_region(self, desk: Desk, kms: Any) -> None:
        kms.enable_key_rotation(KeyId=key(kms, Description="payroll"), RotationPeriodInDays=180)
        assert PAYROLL in desk.check("09.1", 3).open_tasks


class TestOnlyWhatIsOld:
    @pytest.fixture
    def records_key(self, oregon: Any) -> str:
        key_id = key(oregon, Description="records")
        oregon.enable_key_rotation(KeyId=key_id, RotationPeriodInDays=90)
        return key_id

    @pytest.fixture
    def records(self, lab: Lab, oregon: Any, records_key: str) -> dict[int, bytes]:
        """What the lesson's cell plays: two records under each of three key materials."""
        records = {}
        for number in range(1, 7):
            lab.clock.advance(days=40)
            records[number] = encrypt(oregon, records_key, EncryptionContext={"record": str(number)})
        return records

    def move(self, kms: Any, key_id: str, records: dict[int, bytes], *numbers: int, **changes: Any) -> None:
        for number in numbers:
            context = {"record": str(number)}
            params = {"SourceEncryptionContext": context, "DestinationEncryptionContext": context, **changes}
            kms.re_encrypt(CiphertextBlob=records[number], DestinationKeyId=key_id, **params)

    def test_solved(self, desk: Desk, lab: Lab, oregon: Any, records_key: str, records: dict[int, bytes]) -> None:
        assert len(desk.check("09.2", [1, 2, 3, 4]).open_tasks) == 4
        self.move(oregon, records_key, records, 1, 2, 3, 4)
        assert desk.check("09.2", [1, 2, 3, 4]).passed
        assert desk.check("09.2", {"4", "3", "2", "1"}).passed
        lab.clock.advance(days=100)
        assert desk.check("09.2", [1, 2, 3, 4]).passed  # what was right then stays right

    @pytest.mark.parametrize("answer", [None, [], [5, 6], [1, 2], [1, 2, 3, 4, 5], 4])
    def test_another_answer(
        self, desk: Desk, oregon: Any, records_key: str, records: dict[int, bytes], answer: object
    ) -> None:
        self.move(oregon, records_key, records, 1, 2, 3, 4)
        assert desk.check("09.2", answer).open_tasks == [NAMED]

    def test_only_the_oldest(self, desk: Desk, oregon: Any, records_key: str, records: dict[int, bytes]) -> None:
        self.move(oregon, records_key, records, 1, 2)
        assert desk.check("09.2", [1, 2]).open_tasks == [ALL_MOVED, NAMED]

    def test_everything(self, desk: Desk, oregon: Any, records_key: str, records: dict[int, bytes]) -> None:
        self.move(oregon, records_key, records, 1, 2, 3, 4, 5, 6)
        assert desk.check("09.2", [1, 2, 3, 4]).open_tasks == [NO_OTHERS]

    def test_without_the_context_or_to_another_key(
        self, desk: Desk, oregon: Any, records_key: str, records: dict[int, bytes]
    ) -> None:
        self.move(oregon, records_key, records, 1, 2, 3, 4, DestinationEncryptionContext={})
        self.move(oregon, key(oregon), records, 1, 2, 3, 4)
        assert desk.check("09.2", [1, 2, 3, 4]).open_tasks == [MOVED, ALL_MOVED, NO_OTHERS, NAMED]


class TestWhichMayGo:
    @pytest.fixture
    def sydney(self, lab: Lab) -> Any:
        return lab.client("kms", region_name="ap-southeast-2")

    @pytest.fixture
    def keys(self, lab: Lab, sydney: Any) -> dict[str, str]:
        """What the lesson's cell plays: three keys, one of them unused for more than a year."""
        keys = {name: key(sydney, Description=name) for name in ("blue", "green", "grey")}
        kept = {name: encrypt(sydney, keys[name]) for name in keys}
        for days, name in {270: "green", 100: "blue"}.items():
            lab.clock.advance(days=days)
            sydney.decrypt(CiphertextBlob=kept[name])
        lab.clock.advance(days=20)
        return keys

    def ask(self, sydney: Any, keys: dict[str, str]) -> None:
        for key_id in keys.values():
            sydney.get_key_last_usage(KeyId=key_id)

    def test_solved(self, desk: Desk, lab: Lab, sydney: Any, keys: dict[str, str]) -> None:
        self.ask(sydney, keys)
        assert desk.check("09.3").open_tasks == [SWITCHED_OFF, WAITED, LONGEST, OTHERS]
        sydney.disable_key(KeyId=keys["grey"])
        assert desk.check("09.3").open_tasks == [WAITED, LONGEST, OTHERS]
        lab.clock.advance(days=15)
        sydney.schedule_key_deletion(KeyId=keys["grey"])
        assert desk.check("09.3").passed
        lab.clock.advance(days=31)
        assert desk.check("09.3").passed

    def test_nobody_asked(self, desk: Desk, lab: Lab, sydney: Any, keys: dict[str, str]) -> None:
        sydney.get_key_last_usage(KeyId=keys["grey"])
        sydney.disable_key(KeyId=keys["grey"])
        lab.clock.advance(days=14)
        sydney.schedule_key_deletion(KeyId=keys["grey"])
        assert desk.check("09.3").open_tasks == [ASKED]

    def test_too_fast_and_put_right(self, desk: Desk, lab: Lab, sydney: Any, keys: dict[str, str]) -> None:
        self.ask(sydney, keys)
        sydney.disable_key(KeyId=keys["grey"])
        lab.clock.advance(days=3)
        sydney.schedule_key_deletion(KeyId=keys["grey"])
        assert desk.check("09.3").open_tasks == [WAITED, LONGEST]
        sydney.cancel_key_deletion(KeyId=keys["grey"])
        lab.clock.advance(days=11)
        sydney.schedule_key_deletion(KeyId=keys["grey"], PendingWindowInDays=7)
        assert desk.check("09.3").open_tasks == [LONGEST]
        sydney.cancel_key_deletion(KeyId=keys["grey"])
        sydney.schedule_key_deletion(KeyId=keys["grey"])
        assert desk.check("09.3").passed

    def test_enabled_in_between(self, desk: Desk, lab: Lab, sydney: Any, keys: dict[str, str]) -> None:
        self.ask(sydney, keys)
        sydney.disable_key(KeyId=keys["grey"])
        lab.clock.advance(days=14)
        sydney.enable_key(KeyId=keys["grey"])
        sydney.schedule_key_deletion(KeyId=keys["grey"])
        assert desk.check("09.3").open_tasks == [WAITED, LONGEST]

    @pytest.mark.parametrize("name", ["blue", "green"])
    def test_the_wrong_key(self, desk: Desk, lab: Lab, sydney: Any, keys: dict[str, str], name: str) -> None:
        self.ask(sydney, keys)
        sydney.disable_key(KeyId=keys[name])
        lab.clock.advance(days=14)
        sydney.schedule_key_deletion(KeyId=keys[name])
        assert desk.check("09.3").open_tasks == [SWITCHED_OFF, WAITED, LONGEST, OTHERS]

    def test_all_of_them_off(self, desk: Desk, lab: Lab, sydney: Any, keys: dict[str, str]) -> None:
        self.ask(sydney, keys)
        for key_id in keys.values():
            sydney.disable_key(KeyId=key_id)
        lab.clock.advance(days=14)
        sydney.schedule_key_deletion(KeyId=keys["grey"])
        assert desk.check("09.3").open_tasks == [OTHERS]


class TestFailover:
    @pytest.fixture
    def frankfurt(self, lab: Lab) -> Any:
        return lab.client("kms", region_name="eu-central-1")

    @pytest.fixture
    def stockholm(self, lab: Lab) -> Any:
        return lab.client("kms", region_name="eu-north-1")

    @pytest.fixture
    def pair(self, lab: Lab, frankfurt: Any) -> str:
        key_id = key(frankfurt, Description="failover", MultiRegion=True)
        frankfurt.replicate_key(KeyId=key_id, ReplicaRegion="eu-north-1")
        lab.clock.advance(minutes=1)
        return key_id

    def test_solved(self, desk: Desk, lab: Lab, frankfurt: Any, stockholm: Any, pair: str) -> None:
        assert desk.check("09.4").open_tasks == [READ, PROMOTED, HUNDRED]
        blob = encrypt(frankfurt, pair)
        frankfurt.decrypt(CiphertextBlob=blob)
        assert desk.check("09.4").open_tasks == [READ, PROMOTED, HUNDRED]
        stockholm.decrypt(CiphertextBlob=blob)
        assert desk.check("09.4").open_tasks == [PROMOTED, HUNDRED]
        frankfurt.update_primary_region(KeyId=pair, PrimaryRegion="eu-north-1")
        lab.clock.advance(minutes=1)
        assert desk.check("09.4").open_tasks == [HUNDRED]
        stockholm.enable_key_rotation(KeyId=pair, RotationPeriodInDays=100)
        assert desk.check("09.4").passed

    def test_one_key_or_two_strangers(self, desk: Desk, frankfurt: Any, stockholm: Any) -> None:
        key(frankfurt, Description="failover", MultiRegion=True)
        assert PAIR in desk.check("09.4").open_tasks
        key(stockholm, Description="failover", MultiRegion=True)
        assert PAIR in desk.check("09.4").open_tasks

    def test_the_other_way_round(self, desk: Desk, lab: Lab, stockholm: Any) -> None:
        key_id = key(stockholm, Description="failover", MultiRegion=True)
        stockholm.replicate_key(KeyId=key_id, ReplicaRegion="eu-central-1")
        stockholm.enable_key_rotation(KeyId=key_id, RotationPeriodInDays=100)
        assert desk.check("09.4").open_tasks == [PAIR, READ, PROMOTED, HUNDRED]

    def test_rotation_before_the_failover(
        self, desk: Desk, lab: Lab, frankfurt: Any, stockholm: Any, pair: str
    ) -> None:
        stockholm.decrypt(CiphertextBlob=encrypt(frankfurt, pair))
        frankfurt.enable_key_rotation(KeyId=pair, RotationPeriodInDays=100)
        frankfurt.update_primary_region(KeyId=pair, PrimaryRegion="eu-north-1")
        assert desk.check("09.4").open_tasks == [HUNDRED]

    def test_another_period(self, desk: Desk, lab: Lab, frankfurt: Any, stockholm: Any, pair: str) -> None:
        stockholm.decrypt(CiphertextBlob=encrypt(frankfurt, pair))
        frankfurt.update_primary_region(KeyId=pair, PrimaryRegion="eu-north-1")
        lab.clock.advance(minutes=1)
        stockholm.enable_key_rotation(KeyId=pair)
        assert desk.check("09.4").open_tasks == [HUNDRED]
