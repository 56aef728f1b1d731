"""Lesson 01: what its checks accept, and what they say to typical attempts that are not right yet."""

from __future__ import annotations

from typing import Any

import pytest

from kmslab import Lab
from kmslab.exercises.desk import Desk
from kmslab.exercises.model import CheckResult

EXISTS, TAGGED = "a key for invoices exists in eu-west-1", "it has the tags team=billing and stage=test"
RENAMED = "its description was changed to 'invoices 2026'"
RESCUED, SCHEDULED = "a key with the description 'rescued' exists in us-east-1", "its deletion was scheduled"
CANCELLED, ENABLED = "at least a day later it was cancelled", "the key is enabled again"
DOOMED = "a key that had lived for ten hours or more is pending deletion"
WAITING, HOURS = "it has been pending for five days or more", "the number is that key's hours on the bill"

TAGS = [{"TagKey": "team", "TagValue": "billing"}, {"TagKey": "stage", "TagValue": "test"}]


def key(kms: Any, **params: Any) -> str:
    return str(kms.create_key(**params)["KeyMetadata"]["KeyId"])


@pytest.fixture(autouse=True)
def lesson(lab: Lab, kms: Any) -> None:
    """What the lesson's own cells do: one key brought back from the brink, and one deleted."""
    kept = key(kms, Description="web shop", Tags=[{"TagKey": "team", "TagValue": "web"}])
    kms.schedule_key_deletion(KeyId=kept, PendingWindowInDays=7)
    lab.clock.advance(days=6)
    kms.cancel_key_deletion(KeyId=kept)
    kms.enable_key(KeyId=kept)
    kms.schedule_key_deletion(KeyId=key(kms, Description="spare"), PendingWindowInDays=7)
    lab.clock.advance(days=8)


def advice(result: CheckResult, label: str) -> str:
    return next(item.advice for item in result.items if item.label == label)


@pytest.mark.parametrize("number", ["01.1", "01.2", "01.3"])
def test_the_lesson_alone_solves_nothing(desk: Desk, number: str) -> None:
    result = desk.check(number, 0)
    assert len(result.open_tasks) == len(result.items)


class TestPapers:
    def test_in_the_wrong_region(self, desk: Desk, kms: Any) -> None:
        key(kms, Description="invoices", Tags=TAGS)
        result = desk.check("01.1")
        assert result.open_tasks == [EXISTS, TAGGED, RENAMED]
        assert "another Region" in advice(result, EXISTS)

    @pytest.mark.parametrize("description", ["Invoices", "invoice", "invoices2026"])
    def test_with_nearly_the_description(self, desk: Desk, ireland: Any, description: str) -> None:
        key(ireland, Description=description, Tags=TAGS)
        result = desk.check("01.1")
        assert result.open_tasks == [EXISTS, TAGGED, RENAMED]
        assert "nearly right" in advice(result, EXISTS)

    def test_with_half_of_the_tags(self, desk: Desk, ireland: Any) -> None:
        key_id = key(ireland, Description="invoices", Tags=TAGS[:1])
        result = desk.check("01.1")
        assert result.open_tasks == [TAGGED, RENAMED]
        assert "One of the two" in advice(result, TAGGED)
        ireland.tag_resource(KeyId=key_id, Tags=TAGS[1:])
        assert desk.check("01.1").open_tasks == [RENAMED]

    @pytest.mark.parametrize(
        ("tags", "word"),
        [
            pytest.param({}, "tag_resource(KeyId=..., Tags=[...])", id="none"),
            pytest.param({"Team": "billing", "stage": "Test"}, "other letters", id="capitals"),
            pytest.param({"billing": "team", "test": "stage"}, "changed places", id="swapped"),
            pytest.param({"team": "web", "stage": "test"}, "One of the two", id="copied from the lesson"),
        ],
    )
    def test_with_other_tags(self, desk: Desk, ireland: Any, tags: dict[str, str], word: str) -> None:
        key(ireland, Description="invoices", Tags=[{"TagKey": k, "TagValue": v} for k, v in tags.items()])
        result = desk.check("01.1")
        assert result.open_tasks == [TAGGED, RENAMED]
        assert word in advice(result, TAGGED)

    def test_not_yet_redescribed(self, desk: Desk, ireland: Any) -> None:
        key(ireland, Description="invoices", Tags=TAGS)
        result = desk.check("01.1")
        assert result.open_tasks == [RENAMED]
        assert advice(result, RENAMED).startswith("Use update_key_description")

    def test_created_with_the_final_description(self, desk: Desk, ireland: Any) -> None:
        key(ireland, Description="invoices 2026", Tags=TAGS)
        result = desk.check("01.1")
        assert result.open_tasks == [RENAMED]
        assert "was created with this description" in advice(result, RENAMED)

    def test_with_a_second_key_in_place_of_a_change(self, desk: Desk, ireland: Any) -> None:
        key(ireland, Description="invoices", Tags=TAGS)
        key(ireland, Description="invoices 2026", Tags=TAGS)
        result = desk.check("01.1")
        assert result.open_tasks == [RENAMED]
        assert "was created with this description" in advice(result, RENAMED)

    def test_solved(self, desk: Desk, ireland: Any) -> None:
        key_id = key(ireland, Description="invoices", Tags=TAGS)
        ireland.update_key_description(KeyId=key_id, Description="invoices 2026")
        assert desk.check("01.1").passed


class TestRescue:
    def test_without_letting_time_pass(self, desk: Desk, lab: Lab, kms: Any) -> None:
        key_id = key(kms, Description="rescued")
        assert desk.check("01.2").open_tasks == [SCHEDULED, CANCELLED, ENABLED]
        kms.schedule_key_deletion(KeyId=key_id)
        assert desk.check("01.2").open_tasks == [CANCELLED, ENABLED]
        kms.cancel_key_deletion(KeyId=key_id)
        kms.enable_key(KeyId=key_id)
        lab.clock.advance(days=2)  # too late to count
        result = desk.check("01.2")
        assert result.open_tasks == [CANCELLED]
        assert "within a day" in advice(result, CANCELLED)

    def test_twice_without_letting_time_pass(self, desk: Desk, lab: Lab, kms: Any) -> None:
        key_id = key(kms, Description="rescued")
        for _ in range(2):
            kms.schedule_key_deletion(KeyId=key_id)
            kms.cancel_key_deletion(KeyId=key_id)
            lab.clock.advance(days=2)
        kms.enable_key(KeyId=key_id)
        assert desk.check("01.2").open_tasks == [CANCELLED]

    def test_only_disabled(self, desk: Desk, lab: Lab, kms: Any) -> None:
        key_id = key(kms, Description="rescued")
        kms.disable_key(KeyId=key_id)
        lab.clock.advance(days=2)
        kms.enable_key(KeyId=key_id)
        result = desk.check("01.2")
        assert result.open_tasks == [SCHEDULED, CANCELLED, ENABLED]
        assert "only switched off" in advice(result, SCHEDULED)

    def test_enabled_too_early(self, desk: Desk, lab: Lab, kms: Any) -> None:
        key_id = key(kms, Description="rescued")
        kms.schedule_key_deletion(KeyId=key_id)
        lab.clock.advance(days=2)
        with pytest.raises(kms.exceptions.KMSInvalidStateException):
            kms.enable_key(KeyId=key_id)
        result = desk.check("01.2")
        assert result.open_tasks == [CANCELLED, ENABLED]
        assert "cancel_key_deletion comes first" in advice(result, ENABLED)

    def test_without_the_last_step(self, desk: Desk, lab: Lab, kms: Any) -> None:
        key_id = key(kms, Description="rescued")
        kms.schedule_key_deletion(KeyId=key_id)
        lab.clock.advance(days=1)
        kms.cancel_key_deletion(KeyId=key_id)
        result = desk.check("01.2")
        assert result.open_tasks == [ENABLED]
        assert "Switch it on" in advice(result, ENABLED)
        kms.enable_key(KeyId=key_id)
        assert desk.check("01.2").passed

    def test_too_late(self, desk: Desk, lab: Lab, kms: Any) -> None:
        kms.schedule_key_deletion(KeyId=key(kms, Description="rescued"), PendingWindowInDays=7)
        lab.clock.advance(days=8)
        result = desk.check("01.2")
        assert result.open_tasks == [RESCUED, SCHEDULED, CANCELLED, ENABLED]
        assert "nothing brings it back" in advice(result, RESCUED)

    def test_in_the_wrong_region(self, desk: Desk, ireland: Any) -> None:
        key(ireland, Description="rescued")
        result = desk.check("01.2")
        assert result.open_tasks == [RESCUED, SCHEDULED, CANCELLED, ENABLED]
        assert "another Region" in advice(result, RESCUED)


class TestWaiting:
    @pytest.fixture
    def arn(self, lab: Lab, kms: Any) -> str:
        arn = str(kms.create_key()["KeyMetadata"]["Arn"])
        lab.clock.advance(hours=10)
        kms.schedule_key_deletion(KeyId=arn, PendingWindowInDays=7)
        return arn

    def test_scheduled_at_once(self, desk: Desk, lab: Lab, kms: Any) -> None:
        kms.schedule_key_deletion(KeyId=key(kms), PendingWindowInDays=7)
        lab.clock.advance(days=5)
        result = desk.check("01.3", 1)
        assert result.open_tasks == [DOOMED, WAITING, HOURS]
        assert "too early" in advice(result, DOOMED)

    def test_disabled_in_place_of_scheduled(self, desk: Desk, lab: Lab, kms: Any) -> None:
        key_id = key(kms)
        lab.clock.advance(hours=10)
        kms.disable_key(KeyId=key_id)
        lab.clock.advance(days=5)
        result = desk.check("01.3", 131)
        assert result.open_tasks == [DOOMED, WAITING, HOURS]
        assert "schedule the key's deletion" in advice(result, DOOMED)

    def test_looked_at_too_early(self, desk: Desk, lab: Lab, arn: str) -> None:
        lab.clock.advance(days=4)
        result = desk.check("01.3", 11)
        assert result.open_tasks == [WAITING, HOURS]
        assert "Fewer than five days" in advice(result, WAITING)

    def test_looked_at_too_late(self, desk: Desk, lab: Lab, arn: str) -> None:
        lab.clock.advance(days=8)
        assert desk.check("01.3", 11).open_tasks == [DOOMED, WAITING, HOURS]

    @pytest.mark.parametrize(
        ("answer", "word"),
        [
            (None, "Add up"),
            ("many", "Add up"),
            (0, "Add up"),
            (10, "One hour is missing"),
            (5 * 24, "They are free"),
            (5 * 24 + 11, "They are free"),
            ("all", "every key"),
        ],
    )
    def test_another_number(self, desk: Desk, lab: Lab, arn: str, answer: object, word: str) -> None:
        lab.clock.advance(days=5)
        if answer == "all":
            answer = sum(lab.bill.usage.key_hours.values())
        result = desk.check("01.3", answer)
        assert result.open_tasks == [HOURS]
        assert word in advice(result, HOURS)

    def test_solved(self, desk: Desk, lab: Lab, arn: str) -> None:
        lab.clock.advance(days=5)
        hours = sum(count for (_, key_arn), count in lab.bill.usage.key_hours.items() if key_arn == arn)
        assert hours == 11  # ten hours and the one that had begun
        assert desk.check("01.3", hours).passed
