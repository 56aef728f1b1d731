"""The exercise of two learners: each has an account in one served Lab, and one reads what the other has encrypted.

Read over the endpoint, with the learner's own access key: keys, grants, IAM and CloudTrail's event history. So a check
sees the learner's account and no other, and each side has its own half.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from kmslab.exercises.model import CheckResult, Item

ALIAS = "alias/letters"

Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to be done.

    Attributes:
        label: What, as a statement that is true once it is done.
        is_done: Whether it is.
        advice: What to do while it is not.
    """

    label: str
    is_done: Callable[[OwnAccount], object]
    advice: str


# --- what can be seen with the learner's own access key ---


class OwnAccount:
    """What an account looks like; each thing is asked for once, when a step needs it."""

    def __init__(self, account_id: str, partner: str, client: Callable[[str], Any]) -> None:
        """Look at an account.

        Args:
            account_id: The learner's.
            partner: The account of whom the learner works with.
            client: Makes a client of a service, with the learner's own access key.
        """
        self.mine, self.partner = account_id, partner
        self._kms, self._iam, self._cloudtrail = client("kms"), client("iam"), client("cloudtrail")

    @cached_property
    def key_id(self) -> str:
        """The key behind the alias."""
        pages = self._kms.get_paginator("list_aliases").paginate()
        found = (each for page in pages for each in page["Aliases"] if each["AliasName"] == ALIAS)
        return str(next(found)["TargetKeyId"])

    @cached_property
    def grants(self) -> list[Mapping[str, Any]]:
        """The grants that there are on it."""
        return [
            grant
            for page in self._kms.get_paginator("list_grants").paginate(KeyId=self.key_id)
            for grant in page["Grants"]
        ]

    @cached_property
    def policy(self) -> str:
        """Its key policy."""
        return str(self._kms.get_key_policy(KeyId=self.key_id)["Policy"])

    @cached_property
    def user_policies(self) -> list[Mapping[str, Any]]:
        """The inline policies of every user but the administrator."""
        users = [
            user["UserName"] for page in self._iam.get_paginator("list_users").paginate() for user in page["Users"]
        ]
        return [
            self._iam.get_user_policy(UserName=user, PolicyName=name)["PolicyDocument"]
            for user in users
            if user != "administrator"
            for name in self._iam.list_user_policies(UserName=user)["PolicyNames"]
        ]

    def events(self, name: str) -> list[Event]:
        """The account's events of a name, oldest first."""
        attribute = {"AttributeKey": "EventName", "AttributeValue": name}
        pages = self._cloudtrail.get_paginator("lookup_events").paginate(LookupAttributes=[attribute])
        found = [json.loads(each["CloudTrailEvent"]) for page in pages for each in page["Events"]]
        return found[::-1]

    @cached_property
    def readings(self) -> list[Event]:
        """What users of the account other than its administrator tried to decrypt under keys of other accounts."""
        return [
            event
            for event in self.events("Decrypt")
            if event["userIdentity"].get("userName") not in (None, "administrator")
            and any(_account_of(each["ARN"]) not in ("", self.mine) for each in event.get("resources") or ())
        ]


def _checked(step: Step, seen: OwnAccount) -> tuple[str, bool, str]:
    # As for every exercise: whatever a test stumbles over counts as not done.
    try:
        done = bool(step.is_done(seen))
    except Exception:
        done = False
    return step.label, done, "" if done else step.advice


def _account_of(arn: str) -> str:
    return arn.split(":")[4] if arn.count(":") >= 5 else ""


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else [value]


def _statements(document: Any) -> Iterator[Mapping[str, Any]]:
    document = json.loads(document) if isinstance(document, str) else document
    yield from _listed(document["Statement"])


def _lets_decrypt(policy: Any, account_id: str) -> bool:
    """Whether a key policy lets an account, or somebody in it, decrypt."""
    for statement in _statements(policy):
        who = statement.get("Principal")
        named = _listed(who.get("AWS", [])) if isinstance(who, dict) else []
        is_meant = any(name == account_id or _account_of(str(name)) == account_id for name in named)
        actions = {str(action).lower() for action in _listed(statement.get("Action", []))}
        if statement.get("Effect") == "Allow" and is_meant and actions & {"kms:decrypt", "kms:*", "*"}:
            return True
    return False


def _has_policy(seen: OwnAccount) -> bool:
    written = [*seen.events("CreateKey"), *seen.events("PutKeyPolicy")]
    texts = [event["requestParameters"].get("policy") for event in written if "errorCode" not in event]
    return any(_lets_decrypt(text, seen.partner) for text in texts if text)


def _has_letter(seen: OwnAccount) -> bool:
    sent = (event for event in seen.events("Encrypt") if "errorCode" not in event)
    return any(
        (event["requestParameters"].get("encryptionContext") or {}).get("to") == seen.partner
        and any(each["ARN"].endswith(f"/{seen.key_id}") for each in event["resources"])
        for event in sent
    )


def _granted(seen: OwnAccount) -> list[str]:
    return [
        str(event["responseElements"]["grantId"])
        for event in seen.events("CreateGrant")
        if "errorCode" not in event
        and _account_of(event["requestParameters"]["granteePrincipal"]) == seen.partner
        and "Decrypt" in event["requestParameters"]["operations"]
    ]


def _took_back(seen: OwnAccount) -> bool:
    revoked = [e["requestParameters"]["grantId"] for e in seen.events("RevokeGrant") if "errorCode" not in e]
    is_open = any(_account_of(grant["GranteePrincipal"]) == seen.partner for grant in seen.grants)
    closed = not is_open and not _lets_decrypt(seen.policy, seen.partner)
    return closed and bool(set(revoked) & set(_granted(seen)))


def _names_one_key(seen: OwnAccount) -> bool:
    for document in seen.user_policies:
        for statement in _statements(document):
            resources = [str(each) for each in _listed(statement.get("Resource", []))]
            actions = {str(action).lower() for action in _listed(statement.get("Action", []))}
            keys = [each for each in resources if ":key/" in each and _account_of(each) not in ("", seen.mine)]
            if statement.get("Effect") == "Allow" and keys == resources and actions == {"kms:decrypt"}:
                return True
    return False


def _was_refused_first(seen: OwnAccount) -> bool:
    return "errorCode" in seen.readings[0]


def _has_read(seen: OwnAccount) -> bool:
    return any("errorCode" not in event for event in seen.readings)


def _was_refused_afterwards(seen: OwnAccount) -> bool:
    return _has_read(seen) and seen.readings[-1].get("errorCode") == "AccessDenied"


WRITER: tuple[Step, ...] = (
    Step(
        f"a key of yours has the alias {ALIAS}",
        lambda seen: seen.key_id,
        f"In your account, create a key and the alias {ALIAS} for it, with classroom.client('kms').",
    ),
    Step(
        "your key policy has let your partner's account decrypt",
        _has_policy,
        "Add a statement with your partner's account (arn:aws:iam::...:root) as Principal and kms:Decrypt as Action.",
    ),
    Step(
        "a letter is encrypted under it, with your partner's account id as 'to' in the encryption context",
        _has_letter,
        f"Encrypt with KeyId='{ALIAS}' and EncryptionContext={{'to': classroom.partner}}, and hand the blob over.",
    ),
    Step(
        "a grant has let a user of your partner's decrypt",
        _granted,
        "create_grant with the ARN of your partner's user as GranteePrincipal and Operations=['Decrypt'].",
    ),
    Step(
        "the grant is revoked, and nothing else lets your partner in",
        _took_back,
        "Take the statement out of your key policy, and revoke_grant what you granted; the grant id came with it.",
    ),
)

READER: tuple[Step, ...] = (
    Step(
        "a user of yours was refused first",
        _was_refused_first,
        "Create a user without a policy, make a client with its access key, and try to decrypt your partner's letter.",
    ),
    Step(
        "an IAM policy of that user names your partner's key, kms:Decrypt and nothing else",
        _names_one_key,
        "put_user_policy with the ARN of your partner's key as Resource: a star would be every key that lets you in.",
    ),
    Step(
        "your user has read the letter",
        _has_read,
        "Both sides have to allow it: ask your partner for the key policy, and look at your IAM policy.",
    ),
    Step(
        "after your partner took it back, your user was refused again",
        _was_refused_afterwards,
        "When your partner has revoked the grant, try once more.",
    ),
)

#: Number, title and steps of each half.
HALVES = (
    ("together.1", "a letter for your partner", WRITER),
    ("together.2", "a letter from your partner", READER),
)


def check(seen: OwnAccount) -> tuple[CheckResult, ...]:
    """What has been done so far: as writer, and as reader."""
    return tuple(
        CheckResult(number, title, tuple(Item(*_checked(step, seen)) for step in steps))
        for number, title, steps in HALVES
    )
