"""Lesson 13: what its checks accept, and what they say to typical attempts that are not right yet."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from kmslab import Lab
from kmslab.exercises.catalogue import EXERCISES
from kmslab.exercises.desk import Desk
from kmslab.exercises.model import CheckResult

RECEIPTS, VERIFIED, FORECAST, BOTH, ONCE = (task.label for task in EXERCISES["13.1"].tasks)
UNUSED, REPLICA, STAY = (task.label for task in EXERCISES["13.2"].tasks)
MINUTE, DATA, SIGNED, NEEDLESS, AT_HOME, HALF = (task.label for task in EXERCISES["13.3"].tasks)

ECC = {"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"}
ECDSA = "ECDSA_SHA_256"


def advice(result: CheckResult, label: str) -> str:
    """What is said about a task that is to be done."""
    (item,) = (item for item in result.items if item.label == label)
    assert not item.done
    return item.advice


def key(kms: Any, **params: Any) -> str:
    return str(kms.create_key(**params)["KeyMetadata"]["KeyId"])


def sign(kms: Any, key_id: str, message: bytes = b"1") -> bytes:
    return bytes(kms.sign(KeyId=key_id, Message=message, SigningAlgorithm=ECDSA)["Signature"])


def sign_and_verify(kms: Any, key_id: str, message: bytes = b"1") -> None:
    signature = sign(kms, key_id, message)
    kms.verify(KeyId=key_id, Message=message, Signature=signature, SigningAlgorithm=ECDSA)


@pytest.fixture
def frankfurt(lab: Lab) -> Any:
    return lab.client("kms", "eu-central-1")


@pytest.fixture
def company(lab: Lab, kms: Any, frankfurt: Any) -> dict[str, str]:
    """What the lesson's own cells do: a curve of its own, and the company's keys."""
    sign_and_verify(kms, key(kms, **ECC))
    made = {name: key(frankfurt, Description=name) for name in ("customers", "trial-1", "trial-2", "old-shop")}
    made["orders"] = key(frankfurt, Description="orders", MultiRegion=True)
    frankfurt.replicate_key(KeyId=made["orders"], ReplicaRegion="eu-west-1")
    made["invoices"] = key(frankfurt, Description="invoices", **ECC)
    lab.clock.advance(days=100)
    return made


def test_the_lesson_alone_solves_nothing(desk: Desk, company: dict[str, str]) -> None:
    for number in ("13.1", "13.2", "13.3"):
        result = desk.check(number)
        assert len(result.open_tasks) == len(result.items), number


class TestReceipts:
    def test_solved(self, desk: Desk, lab: Lab, ireland: Any) -> None:
        key_id = key(ireland, Description="receipts", **ECC)
        mark = lab.bill
        sign_and_verify(ireland, key_id)
        forecast = lab.forecast(lab.bill.since(mark), times=300_000)
        assert float(forecast.total) == 10.0
        assert desk.check("13.1").open_tasks == [FORECAST, BOTH, ONCE]
        assert desk.check("13.1", forecast).passed

    def test_the_key_between_mark_and_forecast(self, desk: Desk, lab: Lab, ireland: Any) -> None:
        mark = lab.bill
        sign_and_verify(ireland, key(ireland, Description="receipts", **ECC))
        result = desk.check("13.1", lab.forecast(lab.bill.since(mark), times=300_000))
        assert result.open_tasks == [ONCE]
        assert "300,000 keys are made" in advice(result, ONCE)

    def test_something_else_between_mark_and_forecast(self, desk: Desk, lab: Lab, ireland: Any) -> None:
        key_id = key(ireland, Description="receipts", **ECC)
        mark = lab.bill
        ireland.describe_key(KeyId=key_id)
        sign_and_verify(ireland, key_id)
        result = desk.check("13.1", lab.forecast(lab.bill.since(mark), times=300_000))
        assert result.open_tasks == [ONCE]
        assert "Something else than sign and verify" in advice(result, ONCE)

    def test_signed_before_the_mark(self, desk: Desk, lab: Lab, ireland: Any) -> None:
        key_id = key(ireland, Description="receipts", **ECC)
        signature = sign(ireland, key_id)
        mark = lab.bill
        ireland.verify(KeyId=key_id, Message=b"1", Signature=signature, SigningAlgorithm=ECDSA)
        result = desk.check("13.1", lab.forecast(lab.bill.since(mark), times=300_000))
        assert result.open_tasks == [BOTH, ONCE]
        assert "Take the mark before both calls" in advice(result, BOTH)

    def test_called_twice(self, desk: Desk, lab: Lab, ireland: Any) -> None:
        key_id = key(ireland, Description="receipts", **ECC)
        mark = lab.bill
        for _ in range(2):
            sign_and_verify(ireland, key_id)
        result = desk.check("13.1", lab.forecast(lab.bill.since(mark), times=300_000))
        assert result.open_tasks == [BOTH, ONCE]
        assert "More than one of them" in advice(result, BOTH)

    def test_the_forecast_of_the_lessons_own_curve(self, desk: Desk, lab: Lab, kms: Any, ireland: Any) -> None:
        sign_and_verify(ireland, key(ireland, Description="receipts", **ECC))
        curve = key(kms, **ECC)
        mark = lab.bill
        sign_and_verify(kms, curve)
        result = desk.check("13.1", lab.forecast(lab.bill.since(mark), times=300_000))
        assert result.open_tasks == [BOTH]
        assert "none with the key 'receipts'" in advice(result, BOTH)

    def test_in_the_region_of_the_lesson(self, desk: Desk, kms: Any) -> None:
        key(kms, Description="receipts", **ECC)
        assert "in another Region" in advice(desk.check("13.1"), RECEIPTS)

    def test_signed_and_not_verified(self, desk: Desk, lab: Lab, ireland: Any) -> None:
        key_id = key(ireland, Description="receipts", **ECC)
        mark = lab.bill
        sign(ireland, key_id)
        result = desk.check("13.1", lab.forecast(lab.bill.since(mark), times=300_000))
        assert result.open_tasks == [VERIFIED, BOTH, ONCE]
        assert "KMS has not verified it" in advice(result, VERIFIED)

    def test_another_number_of_times(self, desk: Desk, lab: Lab, ireland: Any) -> None:
        key_id = key(ireland, Description="receipts", **ECC)
        mark = lab.bill
        sign_and_verify(ireland, key_id)
        bill = lab.bill.since(mark)
        result = desk.check("13.1", lab.forecast(bill, times=600_000))
        assert result.open_tasks == [FORECAST, BOTH, ONCE]
        assert "another number of times" in advice(result, FORECAST)
        assert "That is a bill" in advice(desk.check("13.1", bill), FORECAST)

    @pytest.mark.parametrize("answer", [10, "10.00", 10.0, Decimal("10.00")])
    def test_a_number_alone(self, desk: Desk, ireland: Any, answer: object) -> None:
        sign_and_verify(ireland, key(ireland, Description="receipts", **ECC))
        result = desk.check("13.1", answer)
        assert result.open_tasks == [FORECAST, BOTH, ONCE]
        assert "That is a sum alone" in advice(result, FORECAST)

    def test_with_another_kind_of_key(self, desk: Desk, lab: Lab, ireland: Any) -> None:
        key_id = key(ireland, Description="receipts", KeySpec="ECC_NIST_P384", KeyUsage="SIGN_VERIFY")
        mark = lab.bill
        given = {"KeyId": key_id, "Message": b"1", "SigningAlgorithm": "ECDSA_SHA_384"}
        ireland.verify(**given, Signature=ireland.sign(**given)["Signature"])
        result = desk.check("13.1", lab.forecast(lab.bill.since(mark), times=300_000))
        assert result.open_tasks == [RECEIPTS, VERIFIED, BOTH]
        assert "of another kind" in advice(result, RECEIPTS)


class TestKeysThatNobodyNeeds:
    def schedule(self, frankfurt: Any, company: dict[str, str], *names: str) -> None:
        for name in names:
            frankfurt.schedule_key_deletion(KeyId=company[name])

    def test_solved(self, desk: Desk, frankfurt: Any, ireland: Any, company: dict[str, str]) -> None:
        self.schedule(frankfurt, company, "trial-1", "trial-2", "old-shop")
        assert desk.check("13.2").open_tasks == [REPLICA]
        ireland.schedule_key_deletion(KeyId=company["orders"])
        assert desk.check("13.2").passed

    def test_solved_and_waited_until_they_are_gone(
        self, desk: Desk, lab: Lab, frankfurt: Any, ireland: Any, company: dict[str, str]
    ) -> None:
        self.schedule(frankfurt, company, "trial-1", "trial-2", "old-shop")
        ireland.schedule_key_deletion(KeyId=company["orders"])
        lab.clock.advance(days=31)
        assert desk.check("13.2").passed

    def test_disabled_only(self, desk: Desk, frankfurt: Any, company: dict[str, str]) -> None:
        for name in ("trial-1", "trial-2", "old-shop"):
            frankfurt.disable_key(KeyId=company[name])
        result = desk.check("13.2")
        assert result.open_tasks == [UNUSED, REPLICA, STAY]
        assert "costs its dollar as before" in advice(result, UNUSED)
        assert "nothing goes yet" in advice(result, STAY)

    def test_the_lessons_last_cells_are_no_part_of_it(self, desk: Desk, kms: Any, company: dict[str, str]) -> None:
        kms.schedule_key_deletion(KeyId=key(kms, Description="orders"))
        assert desk.check("13.2").open_tasks == [UNUSED, REPLICA, STAY]

    def test_one_too_many(self, desk: Desk, frankfurt: Any, ireland: Any, company: dict[str, str]) -> None:
        self.schedule(frankfurt, company, "trial-1", "trial-2", "old-shop", "customers")
        ireland.schedule_key_deletion(KeyId=company["orders"])
        result = desk.check("13.2")
        assert result.open_tasks == [STAY]
        assert "customers has to stay" in advice(result, STAY)

    def test_one_that_stays_is_disabled(
        self, desk: Desk, frankfurt: Any, ireland: Any, company: dict[str, str]
    ) -> None:
        self.schedule(frankfurt, company, "trial-1", "trial-2", "old-shop")
        ireland.schedule_key_deletion(KeyId=company["orders"])
        frankfurt.disable_key(KeyId=company["invoices"])
        result = desk.check("13.2")
        assert result.open_tasks == [STAY]
        assert advice(result, STAY).startswith("These three have to stay Enabled")

    def test_the_primary_in_place_of_the_replica(self, desk: Desk, frankfurt: Any, company: dict[str, str]) -> None:
        self.schedule(frankfurt, company, "trial-1", "trial-2", "old-shop", "orders")
        result = desk.check("13.2")
        assert result.open_tasks == [REPLICA, STAY]
        assert "You have sent away the primary" in advice(result, REPLICA)
        assert "uses every minute" in advice(result, STAY)

    def test_one_is_left(self, desk: Desk, frankfurt: Any, ireland: Any, company: dict[str, str]) -> None:
        self.schedule(frankfurt, company, "trial-1", "old-shop")
        ireland.schedule_key_deletion(KeyId=company["orders"])
        result = desk.check("13.2")
        assert result.open_tasks == [UNUSED]
        assert "never used is idle too" in advice(result, UNUSED)


class TestHalfThePrice:
    def data_key(self, kms: Any, company: dict[str, str]) -> None:
        blob = kms.generate_data_key(KeyId=company["orders"], KeySpec="AES_256")["CiphertextBlob"]
        kms.decrypt(CiphertextBlob=blob)

    def test_solved(self, desk: Desk, lab: Lab, frankfurt: Any, company: dict[str, str]) -> None:
        mark = lab.bill
        frankfurt.get_public_key(KeyId=company["invoices"])
        self.data_key(frankfurt, company)
        for _ in range(10):
            sign(frankfurt, company["invoices"])
        assert desk.check("13.3", lab.forecast(lab.bill.since(mark), times=43_200)).passed

    def test_the_lessons_own_minute(self, desk: Desk, lab: Lab, frankfurt: Any, company: dict[str, str]) -> None:
        mark = lab.bill
        for _ in range(10):
            frankfurt.describe_key(KeyId=company["orders"])
            self.data_key(frankfurt, company)
            sign_and_verify(frankfurt, company["invoices"])
        result = desk.check("13.3", lab.forecast(lab.bill.since(mark), times=43_200))
        assert result.open_tasks == [NEEDLESS, AT_HOME, HALF]
        assert "KMS still verifies" in advice(result, AT_HOME)

    def test_a_data_key_for_every_order(self, desk: Desk, lab: Lab, frankfurt: Any, company: dict[str, str]) -> None:
        frankfurt.get_public_key(KeyId=company["invoices"])
        mark = lab.bill
        for _ in range(10):
            self.data_key(frankfurt, company)
            sign(frankfurt, company["invoices"])
        result = desk.check("13.3", lab.forecast(lab.bill.since(mark), times=43_200))
        assert result.open_tasks == [HALF]
        assert "One data key is enough" in advice(result, HALF)

    def test_the_public_key_for_every_order(
        self, desk: Desk, lab: Lab, frankfurt: Any, company: dict[str, str]
    ) -> None:
        mark = lab.bill
        self.data_key(frankfurt, company)
        for _ in range(10):
            sign(frankfurt, company["invoices"])
            frankfurt.get_public_key(KeyId=company["invoices"])
        assert advice(desk.check("13.3", lab.forecast(lab.bill.since(mark), times=43_200)), HALF).startswith(
            "The public key does not change"
        )

    def test_keys_between_mark_and_forecast(
        self, desk: Desk, lab: Lab, frankfurt: Any, company: dict[str, str]
    ) -> None:
        frankfurt.get_public_key(KeyId=company["invoices"])
        mark = lab.bill
        key(frankfurt)
        self.data_key(frankfurt, company)
        for _ in range(10):
            sign(frankfurt, company["invoices"])
        result = desk.check("13.3", lab.forecast(lab.bill.since(mark), times=43_200))
        assert result.open_tasks == [HALF]
        assert "43,200 keys are made" in advice(result, HALF)

    def test_nobody_verifies(self, desk: Desk, lab: Lab, frankfurt: Any, company: dict[str, str]) -> None:
        mark = lab.bill
        self.data_key(frankfurt, company)
        for _ in range(10):
            sign(frankfurt, company["invoices"])
        result = desk.check("13.3", lab.forecast(lab.bill.since(mark), times=43_200))
        assert result.open_tasks == [AT_HOME]
        assert "Nobody verifies any more" in advice(result, AT_HOME)

    def test_signed_with_another_key(self, desk: Desk, lab: Lab, frankfurt: Any, company: dict[str, str]) -> None:
        another = key(frankfurt, **ECC)
        mark = lab.bill
        self.data_key(frankfurt, company)
        for _ in range(10):
            sign(frankfurt, another)
        result = desk.check("13.3", lab.forecast(lab.bill.since(mark), times=43_200))
        assert SIGNED in result.open_tasks
        assert "not with the key 'invoices'" in advice(result, SIGNED)

    def test_nothing_is_opened(self, desk: Desk, lab: Lab, frankfurt: Any, company: dict[str, str]) -> None:
        frankfurt.get_public_key(KeyId=company["invoices"])
        mark = lab.bill
        frankfurt.generate_data_key(KeyId=company["orders"], KeySpec="AES_256")
        for _ in range(10):
            sign(frankfurt, company["invoices"])
        result = desk.check("13.3", lab.forecast(lab.bill.since(mark), times=43_200))
        assert result.open_tasks == [DATA]
        assert "nobody decrypts it" in advice(result, DATA)

    def test_verified_by_kms(self, desk: Desk, lab: Lab, frankfurt: Any, company: dict[str, str]) -> None:
        mark = lab.bill
        self.data_key(frankfurt, company)
        for _ in range(10):
            sign_and_verify(frankfurt, company["invoices"])
        assert desk.check("13.3", lab.forecast(lab.bill.since(mark), times=43_200)).open_tasks == [AT_HOME, HALF]

    def test_nothing_encrypted(self, desk: Desk, lab: Lab, frankfurt: Any, company: dict[str, str]) -> None:
        frankfurt.get_public_key(KeyId=company["invoices"])
        mark = lab.bill
        for _ in range(10):
            sign(frankfurt, company["invoices"])
        assert desk.check("13.3", lab.forecast(lab.bill.since(mark), times=43_200)).open_tasks == [DATA]

    def test_one_signature_for_all(self, desk: Desk, lab: Lab, frankfurt: Any, company: dict[str, str]) -> None:
        frankfurt.get_public_key(KeyId=company["invoices"])
        mark = lab.bill
        self.data_key(frankfurt, company)
        sign(frankfurt, company["invoices"])
        assert desk.check("13.3", lab.forecast(lab.bill.since(mark), times=43_200)).open_tasks == [SIGNED]

    def test_a_forecast_of_one_time(self, desk: Desk, lab: Lab, frankfurt: Any, company: dict[str, str]) -> None:
        mark = lab.bill
        self.data_key(frankfurt, company)
        for _ in range(10):
            sign(frankfurt, company["invoices"])
        assert MINUTE in desk.check("13.3", lab.forecast(lab.bill.since(mark), times=1)).open_tasks
