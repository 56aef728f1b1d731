"""Lesson 12: what its checks accept, and what they say to typical attempts that are not right yet."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from kmslab import Lab, Principal
from kmslab.exercises.catalogue import EXERCISES
from kmslab.exercises.desk import Desk
from kmslab.exercises.model import CheckResult

PAIR, PERSON, TIME = (task.label for task in EXERCISES["12.1"].tasks)
THREE, USERS, SINCE, ROWS = (task.label for task in EXERCISES["12.2"].tasks)
REVOKED, BACKUP_OUT, INTERN_OUT, DATA_KEYS, OTHERS = (task.label for task in EXERCISES["12.3"].tasks)

DECRYPT = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}]}
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}]}

FIRST = "2026-01-13T03:00:00Z"


def advice(result: CheckResult, label: str) -> str:
    """What is said about a task that is to be done."""
    (item,) = (item for item in result.items if item.label == label)
    assert not item.done
    return item.advice


def test_an_empty_lab_solves_nothing(desk: Desk) -> None:
    for number in ("12.1", "12.2", "12.3"):
        result = desk.check(number)
        assert len(result.open_tasks) == len(result.items), number


class TestWhoSwitchedItOff:
    @pytest.fixture(autouse=True)
    def month(self, lab: Lab) -> None:
        sydney = lab.client("kms", "ap-southeast-2")
        ledger = sydney.create_key(Description="ledger")["KeyMetadata"]["KeyId"]
        clients = {
            name: lab.client("kms", "ap-southeast-2", principal=lab.user(name, policy=EVERYTHING))
            for name in ("ada", "ben")
        }
        clients["ada"].encrypt(KeyId=ledger, Plaintext=b"x")
        lab.clock.travel_to(datetime(2026, 2, 1, 15, tzinfo=UTC))
        clients["ben"].disable_key(KeyId=ledger)
        lab.clock.advance(hours=7)
        sydney.enable_key(KeyId=ledger)

    @pytest.mark.parametrize(
        "answer",
        [
            ("ben", "2026-02-01T15:00:00Z"),
            ["Ben ", "2026-02-01T15:00:00Z"],
            ("ben", datetime(2026, 2, 1, 15, 0, 0, tzinfo=UTC)),
        ],
    )
    def test_solved(self, desk: Desk, answer: object) -> None:
        assert desk.check("12.1", answer).passed

    def test_who_switched_it_on(self, desk: Desk) -> None:
        result = desk.check("12.1", ("administrator", "2026-02-01T22:00:00Z"))
        assert result.open_tasks == [PERSON, TIME]
        assert "who switched it on again" in advice(result, PERSON)
        assert "it was switched on again" in advice(result, TIME)

    def test_another_user(self, desk: Desk) -> None:
        result = desk.check("12.1", ("ada", "2026-02-01T15:00:00Z"))
        assert result.open_tasks == [PERSON]
        assert "It was somebody else" in advice(result, PERSON)

    def test_the_arn_of_the_user(self, desk: Desk) -> None:
        result = desk.check("12.1", ("arn:aws:iam::123456789010:user/ben", "2026-02-01T15:00:00Z"))
        assert result.open_tasks == [PERSON]
        assert "Only the user name" in advice(result, PERSON)

    @pytest.mark.parametrize("when", ["2026-02-01 15:00:00+00:00", "2026-02-01 15:00:00", "2026-02-01T16:00:00+01:00"])
    def test_the_time_in_another_spelling(self, desk: Desk, when: str) -> None:
        result = desk.check("12.1", ("ben", when))
        assert result.open_tasks == [TIME]
        assert "in another spelling" in advice(result, TIME)

    def test_the_day_alone(self, desk: Desk) -> None:
        result = desk.check("12.1", ("ben", "2026-02-01"))
        assert result.open_tasks == [TIME]
        assert advice(result, TIME).startswith("eventTime in the CloudTrailEvent")

    def test_the_name_alone(self, desk: Desk) -> None:
        result = desk.check("12.1", "ben")
        assert result.open_tasks == [PAIR, PERSON, TIME]
        assert "That is one of two" in advice(result, PAIR)

    def test_the_whole_event(self, desk: Desk, lab: Lab) -> None:
        result = desk.check("12.1", lab.trail.events(name="DisableKey")[0])
        assert result.open_tasks == [PAIR, PERSON, TIME]
        assert "a whole event" in advice(result, PAIR)


class Company:
    """A shorter week than the lesson's."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.kms = lab.client("kms", "eu-west-1")
        self.vault = str(self.kms.create_key(Description="vault")["KeyMetadata"]["KeyId"])
        self.users: dict[str, Principal] = {
            "web": lab.user("web", policy=DECRYPT),
            "payroll": lab.user("payroll", policy=DECRYPT),
            "backup": lab.user("backup"),
            "old-intern": lab.user("old-intern"),
        }
        self.grant(self.kms, "backup", "GenerateDataKey", "Decrypt", "CreateGrant")
        self.rows = {
            (table, row): self.kms.encrypt(
                KeyId=self.vault, Plaintext=b"a row", EncryptionContext={"table": table, "row": row}
            )["CiphertextBlob"]
            for table, row in (("orders", "1"), ("salaries", "anna"), ("salaries", "bela"))
        }

    def client(self, who: str) -> Any:
        return self.lab.client("kms", "eu-west-1", principal=self.users[who])

    def grant(self, client: Any, who: str, *operations: str) -> None:
        client.create_grant(KeyId=self.vault, GranteePrincipal=self.users[who].arn, Operations=list(operations))

    def read(self, who: str, table: str, row: str) -> None:
        context = {"table": table, "row": row}
        self.client(who).decrypt(CiphertextBlob=self.rows[table, row], EncryptionContext=context)

    def data_key(self) -> None:
        self.client("backup").generate_data_key(KeyId=self.vault, KeySpec="AES_256")

    def week(self) -> None:
        self.read("web", "orders", "1")
        self.data_key()
        with suppress(ClientError):
            self.client("backup").list_keys()
        self.lab.clock.travel_to(datetime(2026, 1, 13, 3, tzinfo=UTC))
        self.read("backup", "salaries", "anna")
        self.lab.clock.advance(hours=7)
        self.read("payroll", "salaries", "anna")
        self.grant(self.client("backup"), "old-intern", "Decrypt")
        self.read("old-intern", "salaries", "bela")

    def night(self) -> None:
        self.lab.clock.advance(hours=18)
        for attempt in (
            self.data_key,
            lambda: self.read("backup", "salaries", "anna"),
            lambda: self.read("old-intern", "salaries", "anna"),
            lambda: self.read("web", "orders", "1"),
            lambda: self.read("payroll", "salaries", "anna"),
        ):
            with suppress(ClientError):
                attempt()

    def revoke(self, who: str) -> None:
        for grant in self.kms.list_grants(KeyId=self.vault)["Grants"]:
            if grant["GranteePrincipal"] == self.users[who].arn:
                self.kms.revoke_grant(KeyId=self.vault, GrantId=grant["GrantId"])


@pytest.fixture
def company(lab: Lab) -> Company:
    made = Company(lab)
    made.week()
    return made


class TestTheIntruder:
    def test_the_lesson_alone_solves_nothing(self, desk: Desk, company: Company) -> None:
        assert desk.check("12.2").open_tasks == [THREE, USERS, SINCE, ROWS]

    def test_solved(self, desk: Desk, company: Company) -> None:
        assert desk.check("12.2", (["backup", "old-intern"], FIRST, ["anna", "bela"])).passed
        assert desk.check("12.2", [{"old-intern", "backup"}, FIRST, ("bela", "anna", "anna")]).passed

    def test_it_stays_solved_after_another_night(self, desk: Desk, company: Company) -> None:
        company.revoke("backup")
        company.night()
        assert desk.check("12.2", (["backup", "old-intern"], FIRST, ["anna", "bela"])).passed

    def test_the_second_door_is_overlooked(self, desk: Desk, company: Company) -> None:
        result = desk.check("12.2", (["backup"], FIRST, ["anna"]))
        assert result.open_tasks == [USERS, ROWS]
        assert "Look at the later days" in advice(result, USERS)
        assert "Some are missing" in advice(result, ROWS)

    def test_the_first_door_is_overlooked(self, desk: Desk, company: Company) -> None:
        result = desk.check("12.2", (["old-intern"], FIRST, ["bela"]))
        assert result.open_tasks == [USERS, ROWS]
        assert "one more user under whose name rows were read, and earlier" in advice(result, USERS)

    def test_payroll_is_suspected(self, desk: Desk, company: Company) -> None:
        answer = (["backup", "old-intern", "payroll"], FIRST, ["anna", "bela", "carla"])
        result = desk.check("12.2", answer)
        assert result.open_tasks == [USERS, ROWS]
        assert "somebody who kept to the rules" in advice(result, USERS)
        assert "only payroll or web has read" in advice(result, ROWS)

    def test_tables_in_place_of_rows(self, desk: Desk, company: Company) -> None:
        result = desk.check("12.2", (["backup", "old-intern"], FIRST, ["salaries"]))
        assert result.open_tasks == [ROWS]
        assert "These are tables" in advice(result, ROWS)

    def test_the_newest_theft_is_taken_for_the_first(self, desk: Desk, lab: Lab, company: Company) -> None:
        last = lab.trail.events(name="Decrypt", principal="old-intern")[-1]["eventTime"]
        result = desk.check("12.2", (["backup", "old-intern"], last, ["anna", "bela"]))
        assert result.open_tasks == [SINCE]
        assert "not the first one" in advice(result, SINCE)

    def test_looking_around_is_taken_for_the_begin(self, desk: Desk, company: Company) -> None:
        refused = company.lab.trail.events(name="ListKeys")[0]["eventTime"]
        result = desk.check("12.2", (["backup", "old-intern"], refused, ["anna", "bela"]))
        assert result.open_tasks == [SINCE]
        assert "nothing was lost yet" in advice(result, SINCE)

    def test_one_text_in_place_of_a_list(self, desk: Desk, company: Company) -> None:
        result = desk.check("12.2", ("backup", FIRST, ["anna", "bela"]))
        assert result.open_tasks == [THREE, USERS]
        assert "are lists" in advice(result, THREE)


class TestContainIt:
    def test_solved(self, desk: Desk, company: Company) -> None:
        company.revoke("backup")
        company.revoke("old-intern")
        result = desk.check("12.3")
        assert result.open_tasks == [BACKUP_OUT, INTERN_OUT, DATA_KEYS, OTHERS]
        assert "nothing is proved" in advice(result, BACKUP_OUT)
        assert "nothing is proved" in advice(result, INTERN_OUT)
        company.grant(company.kms, "backup", "GenerateDataKey")
        company.night()
        assert desk.check("12.3").passed

    def test_retired_in_place_of_revoked(self, desk: Desk, company: Company) -> None:
        for grant in company.kms.list_grants(KeyId=company.vault)["Grants"]:
            key_arn = company.kms.describe_key(KeyId=company.vault)["KeyMetadata"]["Arn"]
            company.kms.retire_grant(KeyId=key_arn, GrantId=grant["GrantId"])
        company.grant(company.kms, "backup", "GenerateDataKey")
        company.night()
        assert desk.check("12.3").passed

    def test_a_night_before_the_change(self, desk: Desk, company: Company) -> None:
        company.night()
        assert desk.check("12.3").open_tasks == [REVOKED, BACKUP_OUT, INTERN_OUT, DATA_KEYS, OTHERS]

    def test_the_second_door_stays_open(self, desk: Desk, company: Company) -> None:
        company.revoke("backup")
        company.grant(company.kms, "backup", "GenerateDataKey")
        company.night()
        result = desk.check("12.3")
        assert result.open_tasks == [INTERN_OUT]
        assert "does not end with it" in advice(result, INTERN_OUT)
        company.revoke("old-intern")
        company.night()
        assert desk.check("12.3").passed

    def test_the_backup_is_forgotten(self, desk: Desk, company: Company) -> None:
        company.revoke("backup")
        company.revoke("old-intern")
        company.night()
        result = desk.check("12.3")
        assert result.open_tasks == [DATA_KEYS]
        assert "Tonight's backup was refused" in advice(result, DATA_KEYS)
        company.grant(company.kms, "backup", "GenerateDataKey")
        assert "Has the backup run since?" in advice(desk.check("12.3"), DATA_KEYS)

    def test_the_rules_of_the_shop_are_taken_away(self, desk: Desk, lab: Lab, company: Company) -> None:
        company.revoke("backup")
        company.revoke("old-intern")
        company.grant(company.kms, "backup", "GenerateDataKey")
        lab.client("iam").delete_user_policy(UserName="payroll", PolicyName="payroll")
        company.night()
        result = desk.check("12.3")
        assert result.open_tasks == [OTHERS]
        assert "their IAM policies let them in" in advice(result, OTHERS)

    def test_the_key_is_disabled(self, desk: Desk, company: Company) -> None:
        company.kms.disable_key(KeyId=company.vault)
        company.night()
        result = desk.check("12.3")
        assert result.open_tasks == [REVOKED, BACKUP_OUT, INTERN_OUT, DATA_KEYS, OTHERS]
        assert "stops everybody" in advice(result, REVOKED)

    def test_revoked_and_disabled(self, desk: Desk, company: Company) -> None:
        company.revoke("backup")
        company.revoke("old-intern")
        company.grant(company.kms, "backup", "GenerateDataKey")
        company.kms.disable_key(KeyId=company.vault)
        company.night()
        assert DATA_KEYS in desk.check("12.3").open_tasks
        assert OTHERS in desk.check("12.3").open_tasks

    def test_the_new_grant_says_too_much(self, desk: Desk, company: Company) -> None:
        company.revoke("backup")
        company.revoke("old-intern")
        company.grant(company.kms, "backup", "GenerateDataKey", "Decrypt")
        company.night()
        result = desk.check("12.3")
        assert result.open_tasks == [BACKUP_OUT]
        assert "your new grant lets it decrypt again" in advice(result, BACKUP_OUT)
