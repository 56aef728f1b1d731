"""Lesson 07: what its checks accept, and what they say to typical attempts that are not right yet."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import pytest
from botocore.exceptions import ClientError

from kmslab import Lab, Principal
from kmslab.exercises.desk import Desk

CALLED = "a role called reader has called KMS in eu-west-1"
READ = "as reader, Decrypt under the key reports works"
NOT_SALARIES = "as reader, Decrypt under the key salaries is refused"
NOT_ENCRYPT = "as reader, Encrypt under the key reports is refused"
NOTHING_ELSE = "and nothing else would be allowed, under any key of the Region"
BY_IAM = "IAM alone allows it: the key policy is still the default one, and there is no grant"

ARCHIVE = "there is a key with the description archive in us-west-2"
NO_DELETION = "neither the administrator nor root may schedule its deletion"
NO_DISABLING = "neither the administrator nor root may disable it"
AS_BEFORE = "everything else is as under the default key policy"
TRIED = "scheduling its deletion was tried, and refused"

GRANT = "in eu-central-1, a grant lets the role worker decrypt, and nothing else"
CONSTRAINT = "its constraint is the encryption context tenant=green"
WORKED = "as worker, Decrypt with tenant=green works"
OTHER_REFUSED = "as worker, Decrypt for another tenant is refused"
TAKEN = "the grant was taken away after its use"
REFUSED_THEN = "as worker, Decrypt with tenant=green is refused then"

EXCHANGE = "there is a key with the description exchange in eu-north-1"
LET_IN = "its key policy lets the account 444455556666 decrypt"
ONLY_THAT = "nothing more is allowed from outside, and to no other account"
DECRYPTED = "auditor, a user of that account, has decrypted under it"

AUDITORS = "444455556666"


def policy_of(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: str | list[str], resource: str = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def extend_policy(kms: Any, key_id: str, *statements: dict[str, Any]) -> None:
    policy = json.loads(kms.get_key_policy(KeyId=key_id)["Policy"])
    policy["Statement"] += statements
    kms.put_key_policy(KeyId=key_id, Policy=json.dumps(policy))


def advice(desk: Desk, number: str, label: str) -> str:
    """What is said to a task that is open."""
    (item,) = (item for item in desk.check(number).items if item.label == label)
    assert not item.done
    return item.advice


def try_to(call: Any, **params: Any) -> None:
    try:
        call(**params)
    except ClientError as error:
        assert error.response["Error"]["Code"] == "AccessDeniedException"  # noqa: PT017


# --- 07.1 ---


class Office(NamedTuple):
    """The two keys of the first exercise, and a ciphertext under each."""

    lab: Lab
    reports: str
    salaries: str
    report: bytes
    payroll: bytes

    def try_as(self, reader: Principal) -> None:
        kms = self.lab.client("kms", "eu-west-1", principal=reader)
        try_to(kms.decrypt, CiphertextBlob=self.report)
        try_to(kms.decrypt, CiphertextBlob=self.payroll)
        try_to(kms.encrypt, KeyId=self.reports, Plaintext=b"x")


@pytest.fixture
def office(lab: Lab, ireland: Any) -> Office:
    reports, salaries = (
        str(ireland.create_key(Description=name)["KeyMetadata"]["Arn"]) for name in ("reports", "salaries")
    )
    report, payroll = (ireland.encrypt(KeyId=arn, Plaintext=b"x")["CiphertextBlob"] for arn in (reports, salaries))
    return Office(lab, reports, salaries, report, payroll)


def test_reader_solved(desk: Desk, office: Office) -> None:
    office.try_as(office.lab.role("reader", policy=policy_of(allow("kms:Decrypt", office.reports))))

    assert desk.check("07.1").passed


def test_reader_not_begun(desk: Desk, office: Office) -> None:
    result = desk.check("07.1")

    assert result.open_tasks == [CALLED, READ, NOT_SALARIES, NOT_ENCRYPT, NOTHING_ELSE, BY_IAM]
    assert not any("allows more" in item.advice for item in result.items)


@pytest.mark.parametrize(
    ("action", "resource", "still_open", "word"),
    [
        ("kms:Decrypt", "*", [NOT_SALARIES], "too wide: '*'"),
        ("kms:*", "reports", [NOT_ENCRYPT, NOTHING_ELSE], "only kms:Decrypt"),
        (["kms:Decrypt", "kms:GenerateDataKey"], "reports", [NOTHING_ELSE], "such as data keys"),
        ("kms:*", "*", [NOT_SALARIES, NOT_ENCRYPT, NOTHING_ELSE], "too wide"),
        ("kms:Encrypt", "reports", [READ, NOT_ENCRYPT, NOTHING_ELSE, BY_IAM], "has to allow kms:Decrypt"),
        ("kms:Decrypt", "salaries", [READ, NOT_SALARIES, BY_IAM], "the ARN of the key reports"),
    ],
)
def test_reader_with_another_policy(
    desk: Desk, office: Office, action: str | list[str], resource: str, still_open: list[str], word: str
) -> None:
    arn = {"reports": office.reports, "salaries": office.salaries}.get(resource, resource)
    office.try_as(office.lab.role("reader", policy=policy_of(allow(action, arn))))

    result = desk.check("07.1")

    assert result.open_tasks == still_open
    assert word in next(item.advice for item in result.items if not item.done)


def test_reader_whose_policy_is_corrected(desk: Desk, office: Office) -> None:
    reader = office.lab.role("reader", policy=policy_of(allow("kms:*")))
    office.try_as(reader)
    corrected = json.dumps(policy_of(allow("kms:Decrypt", office.reports)))
    office.lab.client("iam").put_role_policy(RoleName="reader", PolicyName="reader", PolicyDocument=corrected)
    office.try_as(reader)

    assert desk.check("07.1").passed


@pytest.mark.parametrize("means", ["key policy", "grant"])
def test_reader_by_other_means(desk: Desk, office: Office, ireland: Any, means: str) -> None:
    reader = office.lab.role("reader")
    if means == "grant":
        ireland.create_grant(KeyId=office.reports, GranteePrincipal=reader.role_arn, Operations=["Decrypt"])
    else:
        extend_policy(ireland, office.reports, allow("kms:Decrypt", Principal={"AWS": reader.role_arn}))
    office.try_as(reader)

    result = desk.check("07.1")

    assert result.open_tasks == [BY_IAM]
    assert {"grant": "There is a grant", "key policy": "key policies were to stay"}[means] in result.items[5].advice


def test_reader_that_tried_nothing_forbidden(desk: Desk, office: Office) -> None:
    reader = office.lab.role("reader", policy=policy_of(allow("kms:Decrypt", office.reports)))
    office.lab.client("kms", "eu-west-1", principal=reader).decrypt(CiphertextBlob=office.report)

    assert desk.check("07.1").open_tasks == [NOT_SALARIES, NOT_ENCRYPT]


def test_reader_advice_on_who_called_where(desk: Desk, office: Office, ireland: Any) -> None:
    assert "in the right Region" in advice(desk, "07.1", CALLED)
    ireland.decrypt(CiphertextBlob=office.report)
    assert "was decrypted by you" in advice(desk, "07.1", CALLED)
    reader = office.lab.role("reader")
    try_to(office.lab.client("kms", "us-east-1", principal=reader).list_keys)
    assert "another Region" in advice(desk, "07.1", CALLED)


def test_reader_advice_on_what_was_tried(desk: Desk, office: Office) -> None:
    reader = office.lab.role("reader", policy=policy_of(allow("kms:Decrypt", office.reports)))
    kms = office.lab.client("kms", "eu-west-1", principal=reader)
    assert "with the role's client" in advice(desk, "07.1", READ)
    assert "too" in advice(desk, "07.1", NOT_SALARIES)
    assert "under the key reports" in advice(desk, "07.1", NOT_ENCRYPT)
    try_to(kms.encrypt, KeyId=office.salaries, Plaintext=b"x")
    assert "under the key salaries" in advice(desk, "07.1", NOT_ENCRYPT)


def test_a_check_makes_no_role(desk: Desk, office: Office) -> None:
    desk.check("07.1")
    assert office.lab.client("iam").list_roles()["Roles"] == []


# --- 07.2 ---


def archive(kms: Any, *statements: dict[str, Any]) -> str:
    key_id = str(kms.create_key(Description="archive")["KeyMetadata"]["KeyId"])
    if statements:
        extend_policy(kms, key_id, *statements)
    return key_id


def deny(action: str | list[str], principal: Any = "*") -> dict[str, Any]:
    return {"Effect": "Deny", "Principal": principal, "Action": action, "Resource": "*"}


BOTH = ["kms:ScheduleKeyDeletion", "kms:DisableKey"]


def test_archive_solved(desk: Desk, oregon: Any) -> None:
    key_id = archive(oregon, deny(BOTH))
    try_to(oregon.schedule_key_deletion, KeyId=key_id)

    assert desk.check("07.2").passed


def test_archive_solved_by_denying_the_account(desk: Desk, lab: Lab, oregon: Any) -> None:
    key_id = archive(oregon, deny(["kms:Schedule*", "kms:Disable*"], {"AWS": lab.account_id}))
    try_to(oregon.schedule_key_deletion, KeyId=key_id)

    assert desk.check("07.2").passed


def test_archive_without_a_policy(desk: Desk, oregon: Any) -> None:
    oregon.schedule_key_deletion(KeyId=archive(oregon))

    assert desk.check("07.2").open_tasks == [NO_DELETION, NO_DISABLING, TRIED]


def test_archive_in_another_region(desk: Desk, kms: Any) -> None:
    try_to(kms.schedule_key_deletion, KeyId=archive(kms, deny(BOTH)))

    assert desk.check("07.2").open_tasks == [ARCHIVE, NO_DELETION, NO_DISABLING, AS_BEFORE, TRIED]


def test_archive_with_delete_denied(desk: Desk, oregon: Any) -> None:
    oregon.schedule_key_deletion(KeyId=archive(oregon, deny(["kms:Delete*", "kms:DisableKey"])))

    result = desk.check("07.2")

    assert result.open_tasks == [NO_DELETION, TRIED]
    assert "begins with Schedule" in result.items[1].advice


def test_archive_denied_to_the_administrator_only(desk: Desk, lab: Lab, oregon: Any) -> None:
    key_id = archive(oregon, deny(BOTH, {"AWS": lab.administrator.arn}))
    try_to(oregon.schedule_key_deletion, KeyId=key_id)

    assert desk.check("07.2").open_tasks == [NO_DELETION, NO_DISABLING]


def test_archive_with_disabling_forgotten(desk: Desk, oregon: Any) -> None:
    try_to(oregon.schedule_key_deletion, KeyId=archive(oregon, deny("kms:ScheduleKeyDeletion")))

    assert desk.check("07.2").open_tasks == [NO_DISABLING]


def test_archive_with_everything_denied(desk: Desk, oregon: Any) -> None:
    key_id = archive(oregon)
    everything = json.dumps(policy_of(deny("kms:*")))
    oregon.put_key_policy(KeyId=key_id, Policy=everything, BypassPolicyLockoutSafetyCheck=True)
    try_to(oregon.schedule_key_deletion, KeyId=key_id)

    assert desk.check("07.2").open_tasks == [AS_BEFORE]


def test_archive_never_tried(desk: Desk, oregon: Any) -> None:
    archive(oregon, deny(BOTH))

    assert desk.check("07.2").open_tasks == [TRIED]


def test_archive_advice_on_the_key(desk: Desk, kms: Any, oregon: Any) -> None:
    assert "with a client for us-west-2" in advice(desk, "07.2", ARCHIVE)
    oregon.create_key(Description="Archive")
    assert "in small letters" in advice(desk, "07.2", ARCHIVE)
    archive(kms)
    assert "in another Region" in advice(desk, "07.2", ARCHIVE)


def test_archive_advice_on_the_deny(desk: Desk, lab: Lab, oregon: Any) -> None:
    key_id = archive(oregon, deny(BOTH, {"AWS": lab.administrator.arn}))
    assert "root still may" in advice(desk, "07.2", NO_DELETION)
    assert "root still may" in advice(desk, "07.2", NO_DISABLING)
    assert "after put_key_policy" in advice(desk, "07.2", TRIED)
    everything = json.dumps(policy_of(deny("kms:*")))
    oregon.put_key_policy(KeyId=key_id, Policy=everything, BypassPolicyLockoutSafetyCheck=True)
    assert "this key is lost" in advice(desk, "07.2", AS_BEFORE)


def test_archive_advice_on_a_deletion_that_worked(desk: Desk, oregon: Any) -> None:
    oregon.schedule_key_deletion(KeyId=archive(oregon))
    assert "it worked" in advice(desk, "07.2", TRIED)
    assert "Add a statement" in advice(desk, "07.2", NO_DELETION)


# --- 07.3 ---


class Night(NamedTuple):
    """A key, a letter for each of two tenants, and a worker who has nothing yet."""

    lab: Lab
    kms: Any
    key_id: str
    letters: dict[str, bytes]
    worker: Principal

    def grant(self, **changes: Any) -> str:
        params: dict[str, Any] = {
            "GranteePrincipal": self.worker.role_arn,
            "Operations": ["Decrypt"],
            "Constraints": {"EncryptionContextSubset": {"tenant": "green"}},
            **changes,
        }
        given = {name: value for name, value in params.items() if value is not None}
        return str(self.kms.create_grant(KeyId=self.key_id, **given)["GrantId"])

    def decrypt(self, *tenants: str, who: Principal | None = None) -> None:
        kms = self.lab.client("kms", "eu-central-1", principal=who or self.worker)
        for tenant in tenants:
            try_to(kms.decrypt, CiphertextBlob=self.letters[tenant], EncryptionContext={"tenant": tenant})


@pytest.fixture
def night(lab: Lab) -> Night:
    kms = lab.client("kms", "eu-central-1")
    key_id = str(kms.create_key()["KeyMetadata"]["KeyId"])
    letters = {
        tenant: kms.encrypt(KeyId=key_id, Plaintext=b"x", EncryptionContext={"tenant": tenant})["CiphertextBlob"]
        for tenant in ("green", "white")
    }
    return Night(lab, kms, key_id, letters, lab.role("worker"))


@pytest.mark.parametrize("constraint", ["EncryptionContextSubset", "EncryptionContextEquals"])
def test_one_night_solved(desk: Desk, night: Night, constraint: str) -> None:
    grant_id = night.grant(Constraints={constraint: {"tenant": "green"}})
    night.decrypt("green", "white")
    night.kms.revoke_grant(KeyId=night.key_id, GrantId=grant_id)
    night.decrypt("green")

    assert desk.check("07.3").passed


def test_one_night_solved_by_retiring_with_the_token(desk: Desk, night: Night) -> None:
    token = night.kms.create_grant(
        KeyId=night.key_id,
        GranteePrincipal=night.worker.role_arn,
        RetiringPrincipal=night.worker.role_arn,
        Operations=["Decrypt"],
        Constraints={"EncryptionContextSubset": {"tenant": "green"}},
    )["GrantToken"]
    night.decrypt("green", "white")
    night.lab.client("kms", "eu-central-1", principal=night.worker).retire_grant(GrantToken=token)
    night.decrypt("green")

    assert desk.check("07.3").passed


def test_one_night_without_a_constraint(desk: Desk, night: Night) -> None:
    grant_id = night.grant(Constraints=None)
    night.decrypt("green", "white")
    night.kms.revoke_grant(KeyId=night.key_id, GrantId=grant_id)
    night.decrypt("green")

    assert desk.check("07.3").open_tasks == [CONSTRAINT, WORKED, OTHER_REFUSED, TAKEN, REFUSED_THEN]


def test_one_night_with_too_many_operations(desk: Desk, night: Night) -> None:
    night.grant(Operations=["Decrypt", "Encrypt"])
    night.decrypt("green", "white")

    result = desk.check("07.3")

    assert result.open_tasks[0] == GRANT
    assert "Operations=['Decrypt']" in result.items[0].advice


def test_one_night_as_the_administrator(desk: Desk, night: Night) -> None:
    night.grant()
    night.decrypt("green", "white", who=night.lab.administrator)

    result = desk.check("07.3")

    assert result.open_tasks == [WORKED, OTHER_REFUSED, TAKEN, REFUSED_THEN]
    assert "principal=worker" in result.items[2].advice


def test_one_night_that_never_ends(desk: Desk, night: Night) -> None:
    night.grant()
    night.decrypt("green", "white")

    assert desk.check("07.3").open_tasks == [TAKEN, REFUSED_THEN]


def test_one_night_and_a_second_grant(desk: Desk, night: Night) -> None:
    grant_id = night.grant()
    night.grant()
    night.decrypt("green", "white")
    night.kms.revoke_grant(KeyId=night.key_id, GrantId=grant_id)
    night.decrypt("green")

    result = desk.check("07.3")

    assert result.open_tasks == [REFUSED_THEN]
    assert "list_grants" in result.items[5].advice


def test_one_night_with_the_refusal_before_the_grant(desk: Desk, night: Night) -> None:
    night.decrypt("green", "white")
    grant_id = night.grant()
    night.decrypt("green")
    night.kms.revoke_grant(KeyId=night.key_id, GrantId=grant_id)

    assert desk.check("07.3").open_tasks == [OTHER_REFUSED, REFUSED_THEN]


def test_one_night_advice_on_the_grant(desk: Desk, night: Night, kms: Any) -> None:
    assert "create_grant with" in advice(desk, "07.3", GRANT)
    assert "belongs into create_grant" in advice(desk, "07.3", CONSTRAINT)
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_grant(KeyId=key_id, GranteePrincipal=night.worker.role_arn, Operations=["Decrypt"])
    assert "in another Region" in advice(desk, "07.3", GRANT)
    night.grant(Operations=["Encrypt"])
    assert "or for another operation" in advice(desk, "07.3", GRANT)
    night.grant(Operations=["Encrypt", "Decrypt"])
    assert "more than one operation" in advice(desk, "07.3", GRANT)
    night.grant(Constraints=None)
    assert "has no constraint" in advice(desk, "07.3", CONSTRAINT)
    night.grant(Constraints={"EncryptionContextSubset": {"tenant": "Green"}})
    assert "to the letter" in advice(desk, "07.3", CONSTRAINT)


def test_one_night_advice_on_the_work(desk: Desk, night: Night) -> None:
    night.decrypt("white")
    grant_id = night.grant()
    assert "before there was a grant" in advice(desk, "07.3", OTHER_REFUSED)
    night.kms.revoke_grant(KeyId=night.key_id, GrantId=grant_id)
    assert "before worker had used one" in advice(desk, "07.3", TAKEN)
    night.decrypt("green")
    assert "worker was refused" in advice(desk, "07.3", WORKED)
    night.grant()
    wide = night.grant(Constraints=None)
    night.decrypt("green", "white")
    night.kms.revoke_grant(KeyId=night.key_id, GrantId=wide)
    assert "has more than this grant" in advice(desk, "07.3", OTHER_REFUSED)


def test_one_night_advice_on_a_missing_context(desk: Desk, night: Night) -> None:
    night.grant()
    try_to(night.lab.client("kms", "eu-central-1", principal=night.worker).encrypt, KeyId=night.key_id, Plaintext=b"x")
    assert "Decrypt what is green" in advice(desk, "07.3", WORKED)
    try_to(
        night.lab.client("kms", "eu-central-1", principal=night.worker).decrypt, CiphertextBlob=night.letters["green"]
    )
    assert "without the context" in advice(desk, "07.3", WORKED)


# --- 07.4 ---


def exchange(lab: Lab, principal: Any, action: str | list[str] = "kms:Decrypt") -> tuple[str, bytes]:
    """A key that lets somebody in, and a ciphertext under it."""
    kms = lab.client("kms", "eu-north-1")
    arn = str(kms.create_key(Description="exchange")["KeyMetadata"]["Arn"])
    if principal is not None:
        extend_policy(kms, arn, allow(action, Principal=principal))
    return arn, kms.encrypt(KeyId=arn, Plaintext=b"x")["CiphertextBlob"]


def audit(lab: Lab, arn: str, books: bytes, name: str = "auditor", *, allowed: bool = True) -> None:
    theirs = lab.account(AUDITORS)
    user = theirs.user(name, policy=policy_of(allow("kms:Decrypt", arn)) if allowed else None)
    try_to(theirs.client("kms", "eu-north-1", principal=user).decrypt, CiphertextBlob=books)


WHOLE_ACCOUNT = {"AWS": f"arn:aws:iam::{AUDITORS}:root"}


def test_two_accounts_solved(desk: Desk, lab: Lab) -> None:
    audit(lab, *exchange(lab, WHOLE_ACCOUNT))

    assert desk.check("07.4").passed


def test_two_accounts_solved_with_the_digits_and_a_third_account(desk: Desk, lab: Lab) -> None:
    lab.account("999988887777")
    audit(lab, *exchange(lab, {"AWS": AUDITORS}))

    assert desk.check("07.4").passed


@pytest.mark.parametrize("elsewhere", ["key policy", "IAM", "user"])
def test_two_accounts_with_one_side_only(desk: Desk, lab: Lab, elsewhere: str) -> None:
    arn, books = exchange(lab, None if elsewhere == "key policy" else WHOLE_ACCOUNT)
    audit(lab, arn, books, "bob" if elsewhere == "user" else "auditor", allowed=elsewhere != "IAM")

    wrong = [LET_IN, ONLY_THAT, DECRYPTED] if elsewhere == "key policy" else [DECRYPTED]
    assert desk.check("07.4").open_tasks == wrong


def test_two_accounts_with_everybody_let_in(desk: Desk, lab: Lab) -> None:
    lab.account("999988887777")
    audit(lab, *exchange(lab, {"AWS": "*"}))

    result = desk.check("07.4")

    assert result.open_tasks == [ONLY_THAT]
    assert "everybody in every account" in result.items[2].advice


def test_two_accounts_with_too_much(desk: Desk, lab: Lab) -> None:
    audit(lab, *exchange(lab, WHOLE_ACCOUNT, "kms:*"))

    assert desk.check("07.4").open_tasks == [ONLY_THAT]


def test_two_accounts_without_the_other(desk: Desk, lab: Lab) -> None:
    exchange(lab, WHOLE_ACCOUNT)

    result = desk.check("07.4")

    assert result.open_tasks == [LET_IN, ONLY_THAT, DECRYPTED]
    assert "open that account" in result.items[1].advice
    assert [account.account_id for account in lab.accounts] == [lab.account_id]


def test_two_accounts_advice(desk: Desk, lab: Lab, kms: Any) -> None:
    kms.create_key(Description="exchange")
    assert "in another Region" in advice(desk, "07.4", EXCHANGE)
    arn, books = exchange(lab, WHOLE_ACCOUNT, "kms:DescribeKey")
    audit(lab, arn, books)
    assert "does not let it decrypt" in advice(desk, "07.4", LET_IN)
    assert "from its end" in advice(desk, "07.4", DECRYPTED)


def test_two_accounts_advice_on_who_decrypted(desk: Desk, lab: Lab) -> None:
    arn, books = exchange(lab, WHOLE_ACCOUNT, "kms:*")
    assert "Their side has to agree" in advice(desk, "07.4", DECRYPTED)
    ours = lab.client("kms", "eu-north-1", principal=lab.user("auditor", policy=policy_of(allow("kms:*"))))
    ours.decrypt(CiphertextBlob=books)
    lab.account(AUDITORS)
    assert "user of your own account" in advice(desk, "07.4", DECRYPTED)
    audit(lab, arn, books, "bob")
    assert "and not auditor" in advice(desk, "07.4", DECRYPTED)
    assert "more than decrypt" in advice(desk, "07.4", ONLY_THAT)


# --- what the lesson itself does ---


def test_the_lessons_own_example_solves_nothing(desk: Desk, lab: Lab, kms: Any) -> None:
    key = kms.create_key(Description="tenants")["KeyMetadata"]
    app = lab.role("encryption", policy=policy_of(allow(["kms:Encrypt", "kms:Decrypt"], key["Arn"])))
    lab.client("kms", principal=app).encrypt(KeyId=key["KeyId"], Plaintext=b"x")
    extend_policy(kms, key["KeyId"], deny("kms:DisableKey"), allow("kms:Decrypt", Principal={"AWS": "999988887777"}))
    lab.account("999988887777")
    grant = kms.create_grant(
        KeyId=key["KeyId"],
        GranteePrincipal=app.role_arn,
        Operations=["Decrypt"],
        Constraints={"EncryptionContextSubset": {"tenant": "red"}},
    )
    kms.revoke_grant(KeyId=key["KeyId"], GrantId=grant["GrantId"])

    for number in ("07.1", "07.2", "07.3", "07.4"):
        assert not any(item.done for item in desk.check(number).items)
