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


def advice(desk: Desk, number: str, label: str, answer: object = None) -> str:
    """What is said to a task that is open."""
    (item,) = (item for item in desk.check(number, answer).items if item.label == label)
    assert not item.done
    return item.advice


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

    def test_advice_on_key_and_period(self, desk: Desk, kms: Any, ireland: Any) -> None:
        assert "with a client for eu-west-1" in advice(desk, "09.1", PAYROLL)
        key(kms, Description="payroll")
        assert "in another Region" in advice(desk, "09.1", PAYROLL)
        key_id = key(ireland, Description="payroll")
        assert "switches it on" in advice(desk, "09.1", HALF_YEARLY)
        ireland.rotate_key_on_demand(KeyId=key_id)
        assert "rotated on demand" in advice(desk, "09.1", HALF_YEARLY)
        ireland.enable_key_rotation(KeyId=key_id, RotationPeriodInDays=183)
        assert "another period" in advice(desk, "09.1", HALF_YEARLY)
        ireland.enable_key_rotation(KeyId=key_id)
        assert "365 days" in advice(desk, "09.1", HALF_YEARLY)

    def test_advice_on_the_rotations(self, desk: Desk, lab: Lab, ireland: Any) -> None:
        key_id = key(ireland, Description="payroll")
        ireland.enable_key_rotation(KeyId=key_id, RotationPeriodInDays=180)
        assert "before time passes" in advice(desk, "09.1", OLD_DATA)
        assert "two periods pass" in advice(desk, "09.1", TWICE)
        lab.clock.advance(days=181)
        assert "Begin with another key" in advice(desk, "09.1", OLD_DATA)
        assert "Once so far" in advice(desk, "09.1", TWICE)
        later = encrypt(ireland, key_id)
        assert "before the second" in advice(desk, "09.1", NEW_DATA)
        lab.clock.advance(days=181)
        ireland.decrypt(CiphertextBlob=later)
        assert "very first ciphertext" in advice(desk, "09.1", OLD_READ)

    @pytest.mark.parametrize(
        ("answer", "word"), [(None, "Add what"), (1, "without its rotations"), (2, "as much as"), (36, "too much")]
    )
    def test_advice_on_the_price(self, desk: Desk, answer: object, word: str) -> None:
        assert word in advice(desk, "09.1", PRICE, answer)


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

    def test_advice_on_the_moves(self, desk: Desk, oregon: Any, records_key: str, records: dict[int, bytes]) -> None:
        assert "re_encrypt takes" in advice(desk, "09.2", MOVED)
        with pytest.raises(oregon.exceptions.InvalidCiphertextException):
            self.move(oregon, records_key, records, 1, SourceEncryptionContext={})
        assert "could not open" in advice(desk, "09.2", MOVED)
        self.move(oregon, key(oregon), records, 1)
        assert "to another key" in advice(desk, "09.2", MOVED)
        self.move(oregon, records_key, records, 1, DestinationEncryptionContext={})
        assert "lost its context" in advice(desk, "09.2", MOVED)
        self.move(oregon, records_key, records, 1, 2, 6)
        assert "still missing" in advice(desk, "09.2", ALL_MOVED)
        assert "where it was already" in advice(desk, "09.2", NO_OTHERS)

    @pytest.mark.parametrize(
        ("answer", "word"),
        [
            (None, "Hand over a list"),
            (["record 1"], "records' numbers"),
            ([1, 2], "too short"),
            ([1, 2, 3, 4, 5], "too long"),
            ([5, 6], "Hand over a list"),
        ],
    )
    def test_advice_on_the_list(
        self, desk: Desk, oregon: Any, records_key: str, records: dict[int, bytes], answer: object, word: str
    ) -> None:
        self.move(oregon, records_key, records, 1, 2, 3, 4)
        assert word in advice(desk, "09.2", NAMED, answer)


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

    def test_advice_before_anything_is_lost(self, desk: Desk, sydney: Any, keys: dict[str, str]) -> None:
        assert "each of the three" in advice(desk, "09.3", ASKED)
        sydney.get_key_last_usage(KeyId=keys["grey"])
        assert "Not for all three yet" in advice(desk, "09.3", ASKED)
        assert "Nothing has happened" in advice(desk, "09.3", OTHERS)
        assert "Compare each Timestamp" in advice(desk, "09.3", SWITCHED_OFF)
        sydney.disable_key(KeyId=keys["green"])
        assert "used within the year" in advice(desk, "09.3", SWITCHED_OFF)
        assert "still used" in advice(desk, "09.3", OTHERS)
        sydney.schedule_key_deletion(KeyId=keys["green"])
        assert "it is still used" in advice(desk, "09.3", WAITED)

    def test_advice_on_the_wait(self, desk: Desk, lab: Lab, sydney: Any, keys: dict[str, str]) -> None:
        grey = keys["grey"]
        sydney.schedule_key_deletion(KeyId=grey)
        assert "without a trial" in advice(desk, "09.3", SWITCHED_OFF)
        sydney.cancel_key_deletion(KeyId=grey)
        sydney.enable_key(KeyId=grey)
        sydney.disable_key(KeyId=grey)
        sydney.schedule_key_deletion(KeyId=grey)
        assert "too fast" in advice(desk, "09.3", WAITED)
        sydney.cancel_key_deletion(KeyId=grey)
        sydney.enable_key(KeyId=grey)
        lab.clock.advance(days=20)
        sydney.schedule_key_deletion(KeyId=grey)
        assert "enabled in between" in advice(desk, "09.3", WAITED)
        assert "the longest" in advice(desk, "09.3", LONGEST)
        sydney.cancel_key_deletion(KeyId=grey)
        lab.clock.advance(days=14)
        sydney.schedule_key_deletion(KeyId=grey, PendingWindowInDays=7)
        assert desk.check("09.3").open_tasks == [ASKED, LONGEST]
        assert "less than 30 days" in advice(desk, "09.3", LONGEST)


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

    def test_advice_on_the_pair(self, desk: Desk, frankfurt: Any, stockholm: Any) -> None:
        assert "create_key(Description='failover', MultiRegion=True)" in advice(desk, "09.4", PAIR)
        key(stockholm, Description="failover", MultiRegion=True)
        assert "in another Region" in advice(desk, "09.4", PAIR)
        key(frankfurt, Description="failover")
        assert "single-Region key" in advice(desk, "09.4", PAIR)
        key(frankfurt, Description="failover", MultiRegion=True)
        assert "not related" in advice(desk, "09.4", PAIR)

    def test_advice_on_a_primary_without_replica(self, desk: Desk, lab: Lab, frankfurt: Any, stockholm: Any) -> None:
        key_id = key(frankfurt, Description="failover", MultiRegion=True)
        assert "no replica in eu-north-1" in advice(desk, "09.4", PAIR)
        frankfurt.replicate_key(KeyId=key_id, ReplicaRegion="eu-north-1")
        blob = encrypt(frankfurt, key_id)
        with pytest.raises(stockholm.exceptions.KMSInvalidStateException):
            stockholm.decrypt(CiphertextBlob=blob)
        assert "Creating" in advice(desk, "09.4", READ)

    def test_advice_on_the_failover(self, desk: Desk, lab: Lab, frankfurt: Any, stockholm: Any, pair: str) -> None:
        assert "decrypt with one for eu-north-1" in advice(desk, "09.4", READ)
        encrypt(stockholm, pair)
        assert "encrypted in eu-north-1" in advice(desk, "09.4", READ)
        frankfurt.decrypt(CiphertextBlob=encrypt(frankfurt, pair))
        assert "decrypted in eu-central-1" in advice(desk, "09.4", READ)
        assert "makes it the primary" in advice(desk, "09.4", PROMOTED)
        with pytest.raises(stockholm.exceptions.UnsupportedOperationException):
            stockholm.update_primary_region(KeyId=pair, PrimaryRegion="eu-north-1")
        assert "where the primary is now" in advice(desk, "09.4", PROMOTED)

    def test_advice_on_its_rotation(self, desk: Desk, lab: Lab, frankfurt: Any, stockholm: Any, pair: str) -> None:
        assert "once the primary has moved" in advice(desk, "09.4", HUNDRED)
        frankfurt.enable_key_rotation(KeyId=pair, RotationPeriodInDays=100)
        assert "before the primary moved" in advice(desk, "09.4", HUNDRED)
        with pytest.raises(stockholm.exceptions.UnsupportedOperationException):
            stockholm.enable_key_rotation(KeyId=pair, RotationPeriodInDays=100)
        assert "KMS refused it" in advice(desk, "09.4", HUNDRED)
        frankfurt.update_primary_region(KeyId=pair, PrimaryRegion="eu-north-1")
        lab.clock.advance(minutes=1)
        stockholm.enable_key_rotation(KeyId=pair)
        assert "another period" in advice(desk, "09.4", HUNDRED)
