"""Lesson 14: what its checks accept, and what they say to typical attempts that are not right yet.

The week is the lesson's own, so each test plays it: the tests are few, and each goes from mistake to mistake.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from kmslab import Lab
from kmslab.exercises import lesson_14
from kmslab.exercises.catalogue import EXERCISES
from kmslab.exercises.desk import Desk
from kmslab.plays import incident, otterquill

PARTS, ACCESS_KEY, BEGIN, CHANGES = (task.label for task in EXERCISES["14.1"].tasks)
LISTS, USERS, ROWS = (task.label for task in EXERCISES["14.2"].tasks)
OFF, NEWSLETTER, FAIR, GRANTS, READERS, LOGS = (task.label for task in EXERCISES["14.3"].tasks)
RESCUED, STORED, FRIDAY = (task.label for task in EXERCISES["14.4"].tasks)
OPENED, PAST_S3, NOBODY, MANAGED = (task.label for task in EXERCISES["14.5"].tasks)
STOPPED, SIGNS, IDLE, INVOICES = (task.label for task in EXERCISES["14.6"].tasks)

LEAKED, LAPTOP = "AKIA0OTTERQUILL0TOM1", "AKIA0OTTERQUILL0TOM2"
FIRST = "2026-01-09T23:41:00Z"
DONE = ["CreateGrant", "ScheduleKeyDeletion", "StopLogging"]
LOST = ["ada", "chiara", "deniz", "elif", "farid", "greta"]
CUSTOMERS, MANUSCRIPTS, BACKUPS = lesson_14._CUSTOMERS, lesson_14._MANUSCRIPTS, lesson_14._BACKUPS
RECEIPTS = lesson_14._RECEIPTS


@pytest.fixture
def week(lab: Lab) -> incident.Incident:
    return incident.weekend(lab)


@pytest.fixture
def frankfurt(lab: Lab) -> Any:
    return lab.client("kms", "eu-central-1")


def advice(desk: Desk, number: str, label: str, answer: object = None) -> str:
    return next(item.advice for item in desk.check(number, answer).items if item.label == label)


def test_the_exercises_know_the_keys_of_the_scenario(lab: Lab, week: incident.Incident) -> None:
    here = lab.inventory.select(region="eu-west-1")
    for name, key_id in (("customers", CUSTOMERS), ("manuscripts", MANUSCRIPTS), ("backups", BACKUPS)):
        assert here.named(f"alias/{name}", "eu-west-1").key_id == key_id  # type: ignore[union-attr]
    assert lesson_14._LEAKED == otterquill.SCRIPT_KEY
    assert lab.directory.find(LAPTOP).name == "tom"  # type: ignore[union-attr]


def test_the_week_alone_solves_nothing_and_happens_once(desk: Desk, lab: Lab, week: incident.Incident) -> None:
    for number in ("14.1", "14.2", "14.3", "14.4", "14.5", "14.6"):
        result = desk.check(number)
        assert len(result.open_tasks) == len(result.items), number
    events = len(lab.trail)
    assert incident.weekend(lab) is week
    assert len(lab.trail) == events
    assert {row[1] for row in week.debrief().rows} == {"something"}


def test_the_week_is_the_same_in_every_lab(week: incident.Incident, lab: Lab) -> None:
    with Lab() as another:
        incident.weekend(another)
        assert [(call.operation, call.error_code) for call in another.trail.calls] == [
            (call.operation, call.error_code) for call in lab.trail.calls
        ]


def test_investigation(desk: Desk, week: incident.Incident) -> None:
    solved = (LEAKED, FIRST, DONE)
    assert desk.check("14.1", solved).passed
    assert desk.check("14.1", [LEAKED, datetime(2026, 1, 9, 23, 41, tzinfo=UTC), set(DONE)]).passed

    assert desk.check("14.1", "tom").open_tasks == [PARTS, ACCESS_KEY, BEGIN, CHANGES]
    assert desk.check("14.1", ("tom", FIRST, DONE)).open_tasks == [ACCESS_KEY]
    assert "accuses a person" in advice(desk, "14.1", ACCESS_KEY, ("tom", FIRST, DONE))
    assert "laptop" in advice(desk, "14.1", ACCESS_KEY, (LAPTOP, FIRST, DONE))
    early, late = (LEAKED, "2026-01-06T07:00:00Z", DONE), (LEAKED, "2026-01-10T02:04:00Z", DONE)
    assert desk.check("14.1", early).open_tasks == desk.check("14.1", late).open_tasks == [BEGIN]
    assert "too early" in advice(desk, "14.1", BEGIN, early)
    assert "began earlier" in advice(desk, "14.1", BEGIN, late)
    accused = (LEAKED, FIRST, [*DONE, "PutKeyPolicy"])
    assert desk.check("14.1", accused).open_tasks == [CHANGES]
    assert "that was Tom" in advice(desk, "14.1", CHANGES, accused)
    assert "One is missing" in advice(desk, "14.1", CHANGES, (LEAKED, FIRST, DONE[:2]))

    assert desk.check("14.2", (["newsletter", "book-fair"], LOST)).passed
    half = (["newsletter"], ["ada", "chiara", "farid", "greta"])
    assert desk.check("14.2", half).open_tasks == [USERS, ROWS]
    assert "second reader" in advice(desk, "14.2", USERS, half)
    assert "more rows" in advice(desk, "14.2", ROWS, half)
    courier = (["newsletter", "book-fair", "courier"], [*LOST, "hugo", "boris"])
    assert desk.check("14.2", courier).open_tasks == [USERS, ROWS]
    assert "late on a Saturday" in advice(desk, "14.2", USERS, courier)
    assert "too many" in advice(desk, "14.2", ROWS, courier)
    assert "opened the door" in advice(desk, "14.2", USERS, (["tom", "newsletter", "book-fair"], LOST))
    assert "failed" in advice(desk, "14.2", ROWS, (["newsletter", "book-fair"], [*LOST, "huge"]))
    assert desk.check("14.2", ("newsletter", LOST)).open_tasks == [LISTS, USERS]


class TestDoors:
    def revoke(self, kms: Any, *grantees: str) -> None:
        for grant in kms.list_grants(KeyId=CUSTOMERS)["Grants"]:
            if grant["GranteePrincipal"].rpartition("/")[2] in grantees:
                kms.revoke_grant(KeyId=CUSTOMERS, GrantId=grant["GrantId"])

    def test_one_door_after_the_other(self, desk: Desk, lab: Lab, week: incident.Incident, ireland: Any) -> None:
        week.an_hour()
        assert desk.check("14.3").open_tasks == [OFF, NEWSLETTER, FAIR, GRANTS, READERS, LOGS]
        lab.client("iam").update_access_key(UserName="tom", AccessKeyId=LEAKED, Status="Inactive")
        self.revoke(ireland, "newsletter")
        assert desk.check("14.3").open_tasks == [NEWSLETTER, FAIR, GRANTS, READERS, LOGS]
        week.an_hour()
        assert desk.check("14.3").open_tasks == [FAIR, GRANTS, LOGS]
        assert "the same name" in advice(desk, "14.3", FAIR)
        self.revoke(ireland, "book-fair")
        lab.client("cloudtrail", "eu-west-1").start_logging(Name="otterquill")
        week.an_hour()
        assert desk.check("14.3").passed
        # 14.2 stays as it was: what was refused is not lost.
        assert desk.check("14.2", (["newsletter", "book-fair"], LOST)).passed

    def test_too_much(self, desk: Desk, lab: Lab, week: incident.Incident, ireland: Any) -> None:
        for access_key_id in (LEAKED, LAPTOP):
            lab.client("iam").update_access_key(UserName="tom", AccessKeyId=access_key_id, Status="Inactive")
        assert "laptop" in advice(desk, "14.3", OFF)
        self.revoke(ireland, "newsletter", "book-fair", "courier", "shop")
        week.an_hour()
        assert desk.check("14.3").open_tasks == [OFF, READERS, LOGS]
        assert "EncryptionContextSubset" in advice(desk, "14.3", READERS)

    def test_the_key_is_disabled(self, desk: Desk, week: incident.Incident, ireland: Any) -> None:
        ireland.disable_key(KeyId=CUSTOMERS)
        week.an_hour()
        assert desk.check("14.3").open_tasks == [OFF, NEWSLETTER, FAIR, GRANTS, READERS, LOGS]
        assert "the thief and the shop" in advice(desk, "14.3", READERS)

    def test_the_forgotten_users_lose_their_access_keys(
        self, desk: Desk, lab: Lab, week: incident.Incident, ireland: Any
    ) -> None:
        iam = lab.client("iam")
        for name in ("newsletter", "book-fair"):
            for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]:
                iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
        week.an_hour()
        events = len(lab.trail)
        assert desk.check("14.3").open_tasks == [OFF, GRANTS, LOGS]
        assert "their grants wait" in advice(desk, "14.3", GRANTS)
        assert len(lab.trail) == events
        self.revoke(ireland, "newsletter", "book-fair")
        assert desk.check("14.3").open_tasks == [OFF, LOGS]


class TestBackups:
    def test_half_a_rescue(self, desk: Desk, week: incident.Incident, ireland: Any) -> None:
        ireland.cancel_key_deletion(KeyId=BACKUPS)
        week.an_hour()
        assert desk.check("14.4").open_tasks == [RESCUED, STORED, FRIDAY]
        assert "Disabled" in advice(desk, "14.4", RESCUED)
        ireland.enable_key(KeyId=BACKUPS)
        assert desk.check("14.4").open_tasks == [STORED, FRIDAY]
        week.an_hour()
        assert desk.check("14.4").passed

    def test_a_new_key_instead(self, desk: Desk, lab: Lab, week: incident.Incident, ireland: Any) -> None:
        allow = {"Effect": "Allow", "Action": ["kms:GenerateDataKey", "kms:Decrypt"], "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        lab.client("iam").put_user_policy(UserName="backup", PolicyName="backups", PolicyDocument=document)
        new = ireland.create_key()["KeyMetadata"]["KeyId"]
        ireland.update_alias(AliasName="alias/backups", TargetKeyId=new)
        week.an_hour()
        assert desk.check("14.4").open_tasks == [RESCUED, STORED, FRIDAY]
        assert "no old backup" in advice(desk, "14.4", STORED)

    def test_a_new_key_that_shuts_the_backup_out(self, desk: Desk, week: incident.Incident, ireland: Any) -> None:
        new = ireland.create_key()["KeyMetadata"]["KeyId"]
        ireland.update_alias(AliasName="alias/backups", TargetKeyId=new)
        ireland.cancel_key_deletion(KeyId=BACKUPS)
        ireland.enable_key(KeyId=BACKUPS)
        week.an_hour()
        assert desk.check("14.4").open_tasks == [STORED]
        assert "update_alias back" in advice(desk, "14.4", STORED)
        ireland.update_alias(AliasName="alias/backups", TargetKeyId=BACKUPS)
        week.an_hour()
        assert desk.check("14.4").passed

    def test_too_late(self, desk: Desk, lab: Lab, week: incident.Incident) -> None:
        lab.clock.advance(days=6)
        assert "too late" in advice(desk, "14.4", RESCUED)


class TestManuscripts:
    @staticmethod
    def policy(kms: Any, **changes: Any) -> dict[str, Any]:
        """The policy as it is, with other members in the statement of the shop."""
        document: dict[str, Any] = json.loads(kms.get_key_policy(KeyId=MANUSCRIPTS)["Policy"])
        document["Statement"][1].update(changes)
        return document

    @staticmethod
    def put(kms: Any, document: dict[str, Any], **more: Any) -> None:
        kms.put_key_policy(KeyId=MANUSCRIPTS, Policy=json.dumps(document), **more)

    def test_from_too_wide_to_right(self, desk: Desk, week: incident.Incident, ireland: Any) -> None:
        ireland_only = {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}
        self.put(ireland, self.policy(ireland, Principal="*", Condition=ireland_only))
        assert desk.check("14.5").open_tasks == [OPENED, PAST_S3, NOBODY]
        assert "nobody has tried" in advice(desk, "14.5", OPENED)
        week.an_hour()
        assert desk.check("14.5").open_tasks == [NOBODY]
        assert "'*' is everybody" in advice(desk, "14.5", NOBODY)

        shop = {"AWS": "arn:aws:iam::123456789010:user/shop"}
        wide = self.policy(ireland, Principal=shop)
        wide["Statement"][0]["Action"] = "kms:*"
        self.put(ireland, wide)
        week.an_hour()
        assert desk.check("14.5").open_tasks == [NOBODY]
        assert "Administrators could read" in advice(desk, "14.5", NOBODY)

        narrow = json.loads(json.dumps(wide).replace('"kms:*"', '["kms:Get*", "kms:Put*", "kms:Describe*"]'))
        without_condition = json.loads(json.dumps(narrow))
        del without_condition["Statement"][1]["Condition"]
        self.put(ireland, without_condition)
        week.an_hour()
        assert desk.check("14.5").open_tasks == [PAST_S3]
        assert "came through" in advice(desk, "14.5", PAST_S3)

        self.put(ireland, narrow)
        week.an_hour()
        assert desk.check("14.5").passed

    def test_a_lockout(self, desk: Desk, lab: Lab, week: incident.Incident, ireland: Any) -> None:
        right = ireland.get_key_policy(KeyId=MANUSCRIPTS)["Policy"].replace("s3.us-east-1", "s3.eu-west-1")
        document = json.loads(right)
        del document["Statement"][0]
        with pytest.raises(ClientError, match="MalformedPolicyDocument"):
            self.put(ireland, document)
        self.put(ireland, document, BypassPolicyLockoutSafetyCheck=True)
        week.an_hour()
        assert desk.check("14.5").open_tasks == [MANAGED]
        assert "lab.support.recover" in advice(desk, "14.5", MANAGED)
        lab.support.recover(MANUSCRIPTS)
        ireland.put_key_policy(KeyId=MANUSCRIPTS, Policy=right)
        week.an_hour()
        assert desk.check("14.5").passed


class TestBill:
    @staticmethod
    def tidy(frankfurt: Any) -> None:
        for page in frankfurt.get_paginator("list_keys").paginate():
            for key in page["Keys"]:
                state = frankfurt.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"]
                used = frankfurt.get_key_last_usage(KeyId=key["KeyId"])["KeyLastUsage"]
                if not used and state != "PendingDeletion":
                    frankfurt.schedule_key_deletion(KeyId=key["KeyId"])

    def test_disabled_first_and_the_printer_goes_on(
        self, desk: Desk, lab: Lab, week: incident.Incident, frankfurt: Any
    ) -> None:
        assert sum(lab.bill.usage.keys.values()) == 189
        first = frankfurt.list_keys()["Keys"][5]["KeyId"]
        frankfurt.disable_key(KeyId=first)
        assert "disabled key costs" in advice(desk, "14.6", IDLE)
        frankfurt.enable_key(KeyId=first)
        self.tidy(frankfurt)
        assert desk.check("14.6").open_tasks == [STOPPED, SIGNS]
        week.an_hour()
        assert desk.check("14.6").open_tasks == [STOPPED, SIGNS, IDLE]
        assert "Some are left" in advice(desk, "14.6", IDLE)
        lab.client("iam").remove_user_from_group(GroupName="programs", UserName="printer")
        self.tidy(frankfurt)
        week.an_hour()
        assert desk.check("14.6").passed
        assert sum(lab.bill.usage.keys.values()) == 6  # the backups' key still waits for its deletion

    def test_the_group_loses_its_policy(self, desk: Desk, lab: Lab, week: incident.Incident, frankfurt: Any) -> None:
        policy = "arn:aws:iam::123456789010:policy/for-programs"
        lab.client("iam").detach_group_policy(GroupName="programs", PolicyArn=policy)
        for key in frankfurt.list_keys()["Keys"]:
            frankfurt.schedule_key_deletion(KeyId=key["KeyId"])
        week.an_hour()
        assert desk.check("14.6").open_tasks == [SIGNS, IDLE, INVOICES]
        assert "the shop's as well" in advice(desk, "14.6", SIGNS)
        assert "cancel_key_deletion" in advice(desk, "14.6", INVOICES)

    def test_the_key_of_the_receipts_is_disabled(
        self, desk: Desk, lab: Lab, week: incident.Incident, ireland: Any
    ) -> None:
        ireland.disable_key(KeyId=RECEIPTS)
        week.an_hour()
        assert desk.check("14.6").open_tasks == [STOPPED, SIGNS, IDLE, INVOICES]
        assert "not the key" in advice(desk, "14.6", SIGNS)
        ireland.enable_key(KeyId=RECEIPTS)
        access_key = lab.trail.events(name="CreateKey", principal="printer").calls[0].principal.access_key_id  # type: ignore[union-attr]
        lab.client("iam").update_access_key(UserName="printer", AccessKeyId=access_key, Status="Inactive")
        week.an_hour()
        assert desk.check("14.6").open_tasks == [IDLE, INVOICES]


def test_an_hour_marks_what_has_changed(week: incident.Incident, ireland: Any) -> None:
    assert {row[5] for row in week.an_hour().rows} == {""}
    TestDoors().revoke(ireland, "newsletter")
    changed = [row[1:5] for row in week.an_hour().rows if row[5]]
    assert changed == [("newsletter", "aws-cli/2.31", "reads a reader", "refused: AccessDeniedException")]


def test_the_debrief_counts_what_newsletter_read_of_the_customers_alone(
    lab: Lab, week: incident.Incident, ireland: Any
) -> None:
    TestDoors().revoke(ireland, "newsletter", "book-fair")
    week.an_hour()
    policy = TestManuscripts.policy(
        ireland, Principal="*", Condition={"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}
    )
    TestManuscripts.put(ireland, policy)
    opened = {row[3]: row[4] for row in week.an_hour().rows if row[1] == "newsletter"}
    assert opened["opens a manuscript"] == "ok"
    row = next(row for row in week.debrief().rows if row[1] == "newsletter reads readers")
    assert row[2:4] == ("CreateGrant; Decrypt, 4 times", "Mon 12, 08:08")


def test_the_debrief_names_what_is_over(lab: Lab, week: incident.Incident, ireland: Any) -> None:
    ireland.cancel_key_deletion(KeyId=BACKUPS)
    ireland.enable_key(KeyId=BACKUPS)
    lab.client("cloudtrail", "eu-west-1").start_logging(Name="otterquill")
    week.an_hour()
    rows = {row[1]: row for row in week.debrief().rows}
    assert set(rows) == {"something", "no backups", "no log files"}
    assert rows["no backups"][0] == "Sat 10, 03:20"
    assert rows["no backups"][3] == "Mon 12, 08:52"
    assert rows["no log files"][0] == "Sat 10, 02:04"
