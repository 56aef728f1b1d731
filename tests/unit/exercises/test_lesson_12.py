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

PAIR, PERSON, TIME = (task.label for task in EXERCISES["12.1"].tasks)
THREE, USERS, SINCE, ROWS = (task.label for task in EXERCISES["12.2"].tasks)
REVOKED, BACKUP_OUT, INTERN_OUT, DATA_KEYS, OTHERS = (task.label for task in EXERCISES["12.3"].tasks)

DECRYPT = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}]}
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}]}

FIRST = "2026-01-13T03:00:00Z"


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
        assert desk.check("12.1", ("administrator", "2026-02-01T22:00:00Z")).open_tasks == [PERSON, TIME]

    def test_another_user(self, desk: Desk) -> None:
        assert desk.check("12.1", ("ada", "2026-02-01T15:00:00Z")).open_tasks == [PERSON]

    def test_the_day_alone(self, desk: Desk) -> None:
        assert desk.check("12.1", ("ben", "2026-02-01")).open_tasks == [TIME]

    def test_the_name_alone(self, desk: Desk) -> None:
        assert desk.check("12.1", "ben").open_tasks == [PAIR, PERSON, TIME]


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
        assert desk.check("12.2", (["backup"], FIRST, ["anna"])).open_tasks == [USERS, ROWS]

    def test_payroll_is_suspected(self, desk: Desk, company: Company) -> None:
        answer = (["backup", "old-intern", "payroll"], FIRST, ["anna", "bela"])
        assert desk.check("12.2", answer).open_tasks == [USERS]

    def test_looking_around_is_taken_for_the_begin(self, desk: Desk, company: Company) -> None:
        answer = (["backup", "old-intern"], "2026-01-05T09:00:00Z", ["anna", "bela"])
        assert desk.check("12.2", answer).open_tasks == [SINCE]

    def test_one_text_in_place_of_a_list(self, desk: Desk, company: Company) -> None:
        assert desk.check("12.2", ("backup", FIRST, ["anna", "bela"])).open_tasks == [THREE, USERS]


class TestContainIt:
    def test_solved(self, desk: Desk, company: Company) -> None:
        company.revoke("backup")
        company.revoke("old-intern")
        assert desk.check("12.3").open_tasks == [BACKUP_OUT, INTERN_OUT, DATA_KEYS, OTHERS]
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
        assert desk.check("12.3").open_tasks == [INTERN_OUT]
        company.revoke("old-intern")
        company.night()
        assert desk.check("12.3").passed

    def test_the_backup_is_forgotten(self, desk: Desk, company: Company) -> None:
        company.revoke("backup")
        company.revoke("old-intern")
        company.night()
        assert desk.check("12.3").open_tasks == [DATA_KEYS]

    def test_the_key_is_disabled(self, desk: Desk, company: Company) -> None:
        company.kms.disable_key(KeyId=company.vault)
        company.night()
        assert desk.check("12.3").open_tasks == [REVOKED, BACKUP_OUT, INTERN_OUT, DATA_KEYS, OTHERS]

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
        assert desk.check("12.3").open_tasks == [BACKUP_OUT]
