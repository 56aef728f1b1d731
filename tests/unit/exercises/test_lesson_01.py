"""Lesson 01: what its checks accept, and what they say to typical attempts that are not right yet."""

from __future__ import annotations

from typing import Any

import pytest

from kmslab import Lab
from kmslab.exercises.desk import Desk

EXISTS, TAGGED = "a key for invoices exists in eu-west-1", "it has the tags team=billing and stage=test"
RENAMED = "its description was changed to 'invoices 2026'"
RESCUED, SCHEDULED = "a key with the description 'rescued' exists in us-east-1", "its deletion was scheduled"
CANCELLED, ENABLED = "at least a day later it was cancelled", "the key is enabled"
WAITING, HOURS = "a key has been pending deletion for five days or more", "the number is that key's hours on the bill"

TAGS = [{"TagKey": "team", "TagValue": "billing"}, {"TagKey": "stage", "TagValue": "test"}]


def key(kms: Any, **params: Any) -> str:
    return str(kms.create_key(**params)["KeyMetadata"]["KeyId"])


@pytest.fixture(autouse=True)
def lesson(lab: Lab, kms: Any) -> None:
    """What the lesson's own cells do: one key brought back from the brink, and one deleted."""
    kept = key(kms, Description="workbook demo", Tags=[{"TagKey": "team", "TagValue": "web"}])
    kms.schedule_key_deletion(KeyId=kept, PendingWindowInDays=7)
    lab.clock.advance(days=6)
    kms.cancel_key_deletion(KeyId=kept)
    kms.enable_key(KeyId=kept)
    kms.schedule_key_deletion(KeyId=key(kms, Description="spare"), PendingWindowInDays=7)
    lab.clock.advance(days=8)


@pytest.mark.parametrize("number", ["01.1", "01.2", "01.3"])
def test_the_lesson_alone_solves_nothing(desk: Desk, number: str) -> None:
    result = desk.check(number, 0)
    assert len(result.open_tasks) == len(result.items)


class TestPapers:
    def test_in_the_wrong_region(self, desk: Desk, kms: Any) -> None:
        key(kms, Description="invoices", Tags=TAGS)
        assert desk.check("01.1").open_tasks == [EXISTS, TAGGED, RENAMED]

    def test_with_half_of_the_tags(self, desk: Desk, ireland: Any) -> None:
        key_id = key(ireland, Description="invoices", Tags=TAGS[:1])
        assert desk.check("01.1").open_tasks == [TAGGED, RENAMED]
        ireland.tag_resource(KeyId=key_id, Tags=TAGS[1:])
        assert desk.check("01.1").open_tasks == [RENAMED]

    def test_created_with_the_final_description(self, desk: Desk, ireland: Any) -> None:
        key(ireland, Description="invoices 2026", Tags=TAGS)
        assert desk.check("01.1").open_tasks == [RENAMED]

    def test_with_a_second_key_in_place_of_a_change(self, desk: Desk, ireland: Any) -> None:
        key(ireland, Description="invoices", Tags=TAGS)
        key(ireland, Description="invoices 2026", Tags=TAGS)
        assert desk.check("01.1").open_tasks == [RENAMED]

    def test_solved(self, desk: Desk, ireland: Any) -> None:
        key_id = key(ireland, Description="invoices", Tags=TAGS)
        ireland.update_key_description(KeyId=key_id, Description="invoices 2026")
        assert desk.check("01.1").passed


class TestRescue:
    def test_without_letting_time_pass(self, desk: Desk, kms: Any) -> None:
        key_id = key(kms, Description="rescued")
        assert desk.check("01.2").open_tasks == [SCHEDULED, CANCELLED]
        kms.schedule_key_deletion(KeyId=key_id)
        assert desk.check("01.2").open_tasks == [CANCELLED, ENABLED]
        kms.cancel_key_deletion(KeyId=key_id)
        kms.enable_key(KeyId=key_id)
        assert desk.check("01.2").open_tasks == [CANCELLED]

    def test_without_the_last_step(self, desk: Desk, lab: Lab, kms: Any) -> None:
        key_id = key(kms, Description="rescued")
        kms.schedule_key_deletion(KeyId=key_id)
        lab.clock.advance(days=1)
        kms.cancel_key_deletion(KeyId=key_id)
        assert desk.check("01.2").open_tasks == [ENABLED]
        kms.enable_key(KeyId=key_id)
        assert desk.check("01.2").passed

    def test_too_late(self, desk: Desk, lab: Lab, kms: Any) -> None:
        kms.schedule_key_deletion(KeyId=key(kms, Description="rescued"), PendingWindowInDays=7)
        lab.clock.advance(days=8)
        assert desk.check("01.2").open_tasks == [RESCUED, SCHEDULED, CANCELLED, ENABLED]

    def test_in_the_wrong_region(self, desk: Desk, ireland: Any) -> None:
        key(ireland, Description="rescued")
        assert RESCUED in desk.check("01.2").open_tasks


class TestWaiting:
    @pytest.fixture
    def arn(self, lab: Lab, kms: Any) -> str:
        arn = str(kms.create_key()["KeyMetadata"]["Arn"])
        lab.clock.advance(hours=3)
        kms.schedule_key_deletion(KeyId=arn, PendingWindowInDays=7)
        return arn

    def test_too_early(self, desk: Desk, lab: Lab, arn: str) -> None:
        lab.clock.advance(days=4)
        assert desk.check("01.3", 4).open_tasks == [WAITING, HOURS]

    @pytest.mark.parametrize("answer", [None, "many", 0, 1, 3, 5 * 24, 7 * 24 + 3])
    def test_another_number(self, desk: Desk, lab: Lab, arn: str, answer: object) -> None:
        lab.clock.advance(days=5)
        assert desk.check("01.3", answer).open_tasks == [HOURS]

    def test_solved(self, desk: Desk, lab: Lab, arn: str) -> None:
        lab.clock.advance(days=5)
        hours = sum(count for (_, key_arn), count in lab.bill.usage.key_hours.items() if key_arn == arn)
        assert hours == 4  # three hours and the one that had begun
        assert desk.check("01.3", hours).passed
