"""Lesson 13: what its checks accept, and what they say to typical attempts that are not right yet."""

from __future__ import annotations

from typing import Any

import pytest

from kmslab import Lab
from kmslab.exercises.catalogue import EXERCISES
from kmslab.exercises.desk import Desk

RECEIPTS, VERIFIED, FORECAST, BOTH, ONCE = (task.label for task in EXERCISES["13.1"].tasks)
UNUSED, REPLICA, STAY = (task.label for task in EXERCISES["13.2"].tasks)
MINUTE, DATA, SIGNED, NEEDLESS, AT_HOME, HALF = (task.label for task in EXERCISES["13.3"].tasks)

ECC = {"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"}
ECDSA = "ECDSA_SHA_256"


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
        assert desk.check("13.1", lab.forecast(lab.bill.since(mark), times=300_000)).open_tasks == [ONCE]

    def test_signed_and_not_verified(self, desk: Desk, lab: Lab, ireland: Any) -> None:
        key_id = key(ireland, Description="receipts", **ECC)
        mark = lab.bill
        sign(ireland, key_id)
        forecast = lab.forecast(lab.bill.since(mark), times=300_000)
        assert desk.check("13.1", forecast).open_tasks == [VERIFIED, BOTH, ONCE]

    def test_another_number_of_times(self, desk: Desk, lab: Lab, ireland: Any) -> None:
        key_id = key(ireland, Description="receipts", **ECC)
        mark = lab.bill
        sign_and_verify(ireland, key_id)
        forecast = lab.forecast(lab.bill.since(mark), times=600_000)
        assert desk.check("13.1", forecast).open_tasks == [FORECAST, BOTH, ONCE]

    @pytest.mark.parametrize("answer", [10, "10.00", 10.0])
    def test_a_number_alone(self, desk: Desk, ireland: Any, answer: object) -> None:
        sign_and_verify(ireland, key(ireland, Description="receipts", **ECC))
        assert desk.check("13.1", answer).open_tasks == [FORECAST, BOTH, ONCE]

    def test_with_another_kind_of_key(self, desk: Desk, lab: Lab, ireland: Any) -> None:
        key_id = key(ireland, Description="receipts", KeySpec="ECC_NIST_P384", KeyUsage="SIGN_VERIFY")
        mark = lab.bill
        given = {"KeyId": key_id, "Message": b"1", "SigningAlgorithm": "ECDSA_SHA_384"}
        ireland.verify(**given, Signature=ireland.sign(**given)["Signature"])
        forecast = lab.forecast(lab.bill.since(mark), times=300_000)
        assert desk.check("13.1", forecast).open_tasks == [RECEIPTS, VERIFIED, BOTH]


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
        assert desk.check("13.2").open_tasks == [UNUSED, REPLICA, STAY]

    def test_one_too_many(self, desk: Desk, frankfurt: Any, ireland: Any, company: dict[str, str]) -> None:
        self.schedule(frankfurt, company, "trial-1", "trial-2", "old-shop", "customers")
        ireland.schedule_key_deletion(KeyId=company["orders"])
        assert desk.check("13.2").open_tasks == [STAY]

    def test_the_primary_in_place_of_the_replica(self, desk: Desk, frankfurt: Any, company: dict[str, str]) -> None:
        self.schedule(frankfurt, company, "trial-1", "trial-2", "old-shop", "orders")
        assert desk.check("13.2").open_tasks == [REPLICA, STAY]

    def test_one_is_left(self, desk: Desk, frankfurt: Any, ireland: Any, company: dict[str, str]) -> None:
        self.schedule(frankfurt, company, "trial-1", "old-shop")
        ireland.schedule_key_deletion(KeyId=company["orders"])
        assert desk.check("13.2").open_tasks == [UNUSED]


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
        forecast = lab.forecast(lab.bill.since(mark), times=43_200)
        assert desk.check("13.3", forecast).open_tasks == [NEEDLESS, AT_HOME, HALF]

    def test_a_data_key_for_every_order(self, desk: Desk, lab: Lab, frankfurt: Any, company: dict[str, str]) -> None:
        mark = lab.bill
        for _ in range(10):
            self.data_key(frankfurt, company)
            sign(frankfurt, company["invoices"])
        assert desk.check("13.3", lab.forecast(lab.bill.since(mark), times=43_200)).open_tasks == [HALF]

    def test_verified_by_kms(self, desk: Desk, lab: Lab, frankfurt: Any, company: dict[str, str]) -> None:
        mark = lab.bill
        self.data_key(frankfurt, company)
        for _ in range(10):
            sign_and_verify(frankfurt, company["invoices"])
        assert desk.check("13.3", lab.forecast(lab.bill.since(mark), times=43_200)).open_tasks == [AT_HOME, HALF]

    def test_nothing_encrypted(self, desk: Desk, lab: Lab, frankfurt: Any, company: dict[str, str]) -> None:
        mark = lab.bill
        for _ in range(10):
            sign(frankfurt, company["invoices"])
        assert desk.check("13.3", lab.forecast(lab.bill.since(mark), times=43_200)).open_tasks == [DATA]

    def test_one_signature_for_all(self, desk: Desk, lab: Lab, frankfurt: Any, company: dict[str, str]) -> None:
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
