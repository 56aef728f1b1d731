"""The decision against a second, naive evaluator (`naive.py`), on policies and requests made at random.

The normal run takes a few thousand cases. For more, call this file itself, with a number of cases and a seed:

    python tests/unit/authz/test_against_naive.py 100000 1

It prints one line with what was decided how often, and stops at the first disagreement.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

from kmslab.authz.decide import Caller, decide_on_account, decide_on_grant, decide_on_key
from kmslab.call import Decision
from kmslab.keys import material
from kmslab.keys.grant import Grant
from kmslab.keys.key import Key
from kmslab.keys.ring import KeyRing
from kmslab.keys.specs import KEY_SPECS
from kmslab.keys.store import World
from kmslab.principals import Credentials, Identity, Issuer, NamedPolicy, Principal, PrincipalType

Case = dict[str, Any]

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
SETTLING = timedelta(minutes=5)
HERE, ABROAD = "111122223333", "444455556666"
KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
KEY_ARN = f"arn:aws:kms:us-east-1:{HERE}:key/{KEY_ID}"
TABLE_ARN = f"arn:aws:dynamodb:us-east-1:{HERE}:table/Orders"


def _naive() -> Any:
    # Test modules are no package; a neighbour is loaded from its file.
    spec = spec_from_file_location("naive", Path(__file__).with_name("naive.py"))
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


naive = _naive()

# --- who calls --------------------------------------------------------------------------------------------------------

CALLERS: list[Case] = [
    caller
    for account in (HERE, ABROAD)
    for caller in (
        {"kind": "root", "arn": f"arn:aws:iam::{account}:root", "account": account, "role": None},
        {"kind": "user", "arn": f"arn:aws:iam::{account}:user/alice", "account": account, "role": None},
        {
            "kind": "session",
            "arn": f"arn:aws:sts::{account}:assumed-role/App/web",
            "account": account,
            "role": f"arn:aws:iam::{account}:role/App",
        },
        {
            "kind": "federated",
            "arn": f"arn:aws:sts::{account}:federated-user/fay",
            "account": account,
            "role": f"arn:aws:iam::{account}:user/broker",
        },
    )
] + [{"kind": "service", "arn": "dynamodb.amazonaws.com", "account": "", "role": None}]
WEIGHTS = [4, 8, 8, 3, 3, 6, 6, 2, 2]

NAMES = [caller["arn"] for caller in CALLERS[:-1]] + [
    *(
        f"arn:aws:iam::{account}:{what}"
        for account in (HERE, ABROAD)
        for what in ("role/App", "root", "user/bob", "user/broker")
    ),
    HERE,
    ABROAD,
]
ARNS_OF_PRINCIPALS = [name for name in NAMES if name.startswith("arn:")]

# --- what they say ----------------------------------------------------------------------------------------------------

ACTIONS = ["kms:Decrypt", "kms:Encrypt", "kms:DescribeKey", "kms:CreateGrant", "kms:ReEncryptTo", "kms:PutKeyPolicy"]
ACTION_PATTERNS = [*ACTIONS, "kms:*", "*", "kms:De*", "KMS:decrypt", "kms:?ncrypt", "kms:Re*To", "s3:*"]
RESOURCE_PATTERNS = [
    "*",
    "*",
    "*",
    KEY_ARN,
    f"arn:aws:kms:*:{HERE}:key/*",
    f"arn:aws:kms:us-east-?:{HERE}:key/1234*",
    f"arn:aws:kms:us-east-1:{ABROAD}:key/*",
    f"arn:aws:kms:us-east-1:{HERE}:alias/x",
    "arn:aws:kms",
    "arn:aws:kms:us-east-1:*",
    "arn:*:key/*",
    "arn:aws:kms:${aws:RequestedRegion}:*:key/*",
    "arn:aws:kms:*:*:key/${aws:PrincipalTag/key}",
    "${aws:PrincipalTag/nothing}",
    "arn:aws:kms:*:*:key/${aws:PrincipalTag/nothing, '1234*'}",
]

# By kind of value: condition keys with the values that a request may have, and the values that a policy may ask for.
TEXTS = ["Finance", "finance", "IT", "F*", "*", "", "team-${x}"]
WANTED_TEXTS = [
    *TEXTS,
    "F?nance",
    "*an*",
    "${aws:PrincipalTag/team}",
    "${aws:PrincipalTag/nothing}",
    "${aws:PrincipalTag/nothing, 'IT'}",
    "${*}",
    "F${*}",
    "${AWS:principaltag/TEAM}*",
    "${kms:Many}",
]
ARNS = [*NAMES[:6], "no arn", "arn:aws:iam"]
VALUES: dict[str, tuple[list[str], list[str], list[Any]]] = {
    "String": (
        ["kms:EncryptionContext:Department", "aws:PrincipalTag/team", "aws:ResourceTag/team"],
        TEXTS,
        WANTED_TEXTS,
    ),
    "Numeric": (
        ["kms:RotationPeriodInDays", "kms:ScheduleKeyDeletionPendingWindowInDays"],
        ["7", "30", "30.0", "many"],
        [7, 30, "30", "30.5", "-1", "many", "${kms:RotationPeriodInDays}"],
    ),
    "Date": (
        ["aws:CurrentTime", "kms:ValidTo"],
        ["2026-01-05T09:00:00Z", "1767603600", "2024-02-29T00:00:00Z", "soon"],
        ["2026-01-05T09:00:00Z", "2026-01-05T10:00:00+01:00", "2026-01-05", 1767603600, "2027-12-31", "never"],
    ),
    "Bool": (
        ["kms:GrantIsForAWSResource", "aws:SecureTransport"],
        ["true", "false"],
        [True, False, "true", "FALSE", "yes", "${kms:GrantIsForAWSResource}"],
    ),
    "IpAddress": (
        ["aws:SourceIp"],
        ["192.0.2.7", "203.0.113.9", "2001:db8::1", "a host"],
        ["192.0.2.0/24", "192.0.2.7", "203.0.113.0/29", "2001:db8::/32", "0.0.0.0/0", "nowhere"],
    ),
    "Binary": (["aws:Binary"], ["AAEC", "AAED", "?"], ["AAEC", "AAE=", "no"]),
    "Arn": (
        ["aws:PrincipalArn", "aws:SourceArn"],
        ARNS,
        [*ARNS, "*", "arn:aws:iam::*:user/*", f"arn:aws:iam::{HERE}:*", "arn:*", "${aws:PrincipalArn}"],
    ),
    "Many": (
        ["kms:EncryptionContextKeys", "kms:Many"],
        ["Department", "department", "Year", "*"],
        ["Department", "Year", "Dep*", "*", "${aws:PrincipalTag/team}"],
    ),
}
COMPARISONS = ["Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals"]
TEXT_OPERATORS = [
    f"String{negated}{rest}" for negated in ("", "Not") for rest in ("Equals", "EqualsIgnoreCase", "Like")
]
OPERATORS = {
    "String": TEXT_OPERATORS,
    "Numeric": [f"Numeric{comparison}" for comparison in COMPARISONS],
    "Date": [f"Date{comparison}" for comparison in COMPARISONS],
    "Bool": ["Bool"],
    "IpAddress": ["IpAddress", "NotIpAddress"],
    "Binary": ["BinaryEquals"],
    "Arn": ["ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"],
    "Many": TEXT_OPERATORS,
}


class Dice:
    """Everything that is random, from one seed."""

    def __init__(self, seed: str) -> None:
        self.random = random.Random(seed)  # noqa: S311, cases of a test and no secrets
        self.one = self.random.choice

    def chance(self, percent: int) -> bool:
        return self.random.random() * 100 < percent

    def some(self, values: list[Any], least: int = 1, most: int = 3) -> list[Any]:
        count = min(self.random.randint(least, most), len(values))
        return self.random.sample(values, count)

    def one_or_some(self, values: list[Any]) -> Any:
        return self.one(values) if self.chance(60) else self.some(values)

    # --- policies ---

    def condition(self) -> Case:
        block: Case = {}
        for _ in range(1 if self.chance(70) else 2):
            kind = self.one(list(VALUES))
            keys, _, wanted = VALUES[kind]
            key = self.one(keys)
            if self.chance(10):
                operator = self.one(["Null", "Null", "ForAllValues:Null", "ForAnyValue:Null"])
                values = self.one([True, False, "true", "false", ["true", "false"]])
            else:
                operator, values = self.one(OPERATORS[kind]), self.one_or_some(wanted)
                if self.chance(15):
                    operator += "IfExists"
                if self.chance(60 if kind == "Many" else 8):
                    operator = self.one(["ForAllValues:", "ForAnyValue:"]) + operator
            block.setdefault(operator, {})[key.upper() if self.chance(10) else key] = values
        return block

    def principal(self) -> Any:
        kind = self.random.randint(0, 9)
        if kind == 0:
            return "*"
        if kind == 1:
            return {"AWS": "*"}
        if kind == 2:
            return {"Service": self.one_or_some(["dynamodb.amazonaws.com", "s3.amazonaws.com"])}
        if kind == 3:
            return {"Service": "dynamodb.amazonaws.com", "AWS": self.one_or_some(NAMES)}
        return {"AWS": self.one_or_some(NAMES)}

    def statement(self, case: Case, *, of_key: bool) -> Case:
        statement: Case = {"Effect": "Deny" if self.chance(12) else "Allow"}
        if of_key:
            caller = case["caller"]
            if self.chance(12):
                names = [caller["arn"], caller["role"], *naive.account_names(caller["account"])]
                element = self.some([name for name in names if name], 1, 4) if self.chance(80) else self.one(NAMES)
                statement["NotPrincipal"] = "*" if self.chance(5) else {"AWS": element}
            elif self.chance(50):
                near = [caller["arn"], caller["role"], *naive.account_names(caller["account"])]
                statement["Principal"] = {"AWS": self.one([name for name in near if name])}
            else:
                statement["Principal"] = self.principal()
        action = [case["action"], "kms:*"] if self.chance(60) else ACTION_PATTERNS
        statement["NotAction" if self.chance(8) else "Action"] = self.one_or_some(action)
        if not self.chance(3):
            resources = ["*"] if of_key or self.chance(30) else RESOURCE_PATTERNS
            statement["NotResource" if self.chance(6) else "Resource"] = self.one_or_some(resources)
        if self.chance(35):
            statement["Condition"] = self.condition()
        return statement

    def policy(self, case: Case, most: int, *, of_key: bool = False) -> Case:
        statements = [self.statement(case, of_key=of_key) for _ in range(self.random.randint(1, most))]
        policy: Case = {"Statement": statements[0] if len(statements) == 1 and self.chance(20) else statements}
        if not self.chance(10):
            policy["Version"] = "2008-10-17" if self.chance(10) else "2012-10-17"
        return policy

    def policies(self, case: Case, percent: int) -> list[Case]:
        return [self.policy(case, 2) for _ in range(self.random.randint(1, 2))] if self.chance(percent) else []

    # --- the rest of a case ---

    def context(self) -> Case:
        context: Case = {"aws:requestedregion": "us-east-1"}
        if self.chance(30):
            context["aws:principaltag/key"] = self.one([KEY_ID, "1234*"])
        for kind, (keys, said, _) in VALUES.items():
            for key in keys:
                if self.chance(65):
                    value = self.some(said, 0 if self.chance(5) else 1) if kind == "Many" else self.one(said)
                    context[key.lower()] = value
        return context

    def pairs(self) -> dict[str, str]:
        return {name: self.one(["1", "2"]) for name in self.some(["a", "b"], 0, 2)}

    def constraints(self) -> Case:
        constraints: Case = {}
        kind = self.one(["", "", "EncryptionContextEquals", "EncryptionContextSubset"])
        if kind and (pairs := self.pairs()):
            constraints[kind] = pairs
        if self.chance(15):
            constraints["SourceArn"] = TABLE_ARN
        return constraints

    def grant(self, caller: Case) -> Case:
        near = [caller["arn"], caller["role"], f"arn:aws:iam::{caller['account']}:root"]
        names = [name for name in near if name] if self.chance(75) else ARNS_OF_PRINCIPALS
        operations = ["Decrypt", "Encrypt", "DescribeKey", "CreateGrant", "ReEncryptTo", "RetireGrant"]
        return {
            "grantee": self.one(names),
            "operations": self.some(operations, 1, 6),
            "constraints": self.constraints(),
            "settled": not self.chance(20),
            "token": self.one(["token 1", "token 2"]),
            "issuer": f"arn:aws:iam::{self.one([HERE, HERE, ABROAD])}:root",
            "retiring": self.one(ARNS_OF_PRINCIPALS if self.chance(30) else [name for name in near if name])
            if self.chance(50)
            else None,
        }

    def params(self) -> Case:
        params: Case = {
            member: self.pairs()
            for member in ("EncryptionContext", "SourceEncryptionContext", "DestinationEncryptionContext")
        }
        params["Operations"] = self.some(["Decrypt", "Encrypt", "DescribeKey"], 1, 2)
        if self.chance(60):
            params["Constraints"] = self.constraints()
        return params

    def case(self) -> Case:
        caller = self.random.choices(CALLERS, WEIGHTS)[0]
        case: Case = {
            "caller": caller,
            "action": self.one(ACTIONS),
            "resource": KEY_ARN,
            "context": self.context(),
            "params": self.params(),
            "tokens": self.some(["token 1", "token 2"], 0, 2) if self.chance(30) else [],
            "source_arn": TABLE_ARN if caller["kind"] == "service" and self.chance(70) else "",
        }
        is_person = caller["kind"] not in ("root", "service")
        case["key"] = {"arn": KEY_ARN, "account": HERE, "policy": self.policy(case, 4, of_key=True)}
        case["identity"] = self.policies(case, 75) if is_person else []
        boundary = self.policies(case, 25) if caller["kind"] in ("user", "session") else []
        case["boundary"] = boundary[0] if boundary else None
        case["session"] = self.policies(case, 30) if caller["kind"] in ("session", "federated") else []
        case["scps"] = self.policies(case, 20) if caller["kind"] != "service" else []
        case["grants"] = [self.grant(caller) for _ in range(self.random.randint(1, 2))] if self.chance(35) else []
        case["cross_account"] = case["action"] != "kms:PutKeyPolicy"
        return case


def about_a_key(dice: Dice) -> tuple[Case, Decision, Any]:
    case = dice.case()
    return case, decide(case), naive.on_key(case)


def without_conditions(policy: Any) -> Any:
    statements = naive.as_list(policy["Statement"])
    return policy | {"Statement": [{name: each[name] for name in each if name != "Condition"} for each in statements]}


def about_a_plain_key(dice: Dice) -> tuple[Case, Decision, Any]:
    """No conditions and no grants: such decisions are remembered."""
    case = dice.case() | {"grants": []}
    case["key"]["policy"] = without_conditions(case["key"]["policy"])
    for kind in ("identity", "session", "scps"):
        case[kind] = [without_conditions(policy) for policy in case[kind]]
    case["boundary"] = without_conditions(case["boundary"]) if case["boundary"] else None
    return case, decide(case), naive.on_key(case)


def about_no_key(dice: Dice) -> tuple[Case, Decision, Any]:
    case = dice.case() | {"resource": dice.one(["*", f"arn:aws:kms:us-east-1:{HERE}:alias/x"])}
    decision = decide_on_account(caller_of(case), case["action"], case["resource"], context_of(case))
    return case, decision, naive.on_account(case)


def about_retiring(dice: Dice) -> tuple[Case, Decision, Any]:
    case = dice.case()
    case["action"] = "kms:RetireGrant"
    case["grants"] = [dice.grant(case["caller"])]
    case["identity"] = [] if case["caller"]["kind"] in ("root", "service") else dice.policies(case, 60)
    (grant,) = key_of(case).grants
    return case, decide_on_grant(caller_of(case), grant, context_of(case)), naive.on_grant(case)


QUESTIONS: dict[str, Callable[[Dice], tuple[Case, Decision, Any]]] = {
    "key": about_a_key,
    "plain": about_a_plain_key,
    "account": about_no_key,
    "grant": about_retiring,
}

# --- a case for the first evaluator -----------------------------------------------------------------------------------

TYPES = {
    "root": PrincipalType.ROOT,
    "user": PrincipalType.IAM_USER,
    "session": PrincipalType.ASSUMED_ROLE,
    "federated": PrincipalType.FEDERATED_USER,
    "service": PrincipalType.SERVICE,
}
SYMMETRIC = KEY_SPECS["SYMMETRIC_DEFAULT"]
RING = KeyRing.of(material.generate(SYMMETRIC, "0" * 64))


def named(policies: list[Case]) -> tuple[NamedPolicy, ...]:
    return tuple(NamedPolicy(f"policy {number}", json.dumps(policy)) for number, policy in enumerate(policies))


def caller_of(case: Case) -> Caller:
    caller = case["caller"]
    kind = "Role" if caller["kind"] == "session" else "IAMUser"
    issuer = Issuer(kind, caller["role"], "A", caller["role"].rpartition("/")[2]) if caller["role"] else None
    identity = Identity(TYPES[caller["kind"]], caller["account"], "x", caller["arn"], "AIDA", "AKIA", issuer)
    boundary = named([case["boundary"]])[0] if case["boundary"] else None
    principal = Principal(
        identity, Credentials("AKIA", "secret"), named(case["identity"]), boundary, named(case["session"])
    )
    return Caller(
        principal,
        NOW,
        named(case["scps"]),
        frozenset(case["tokens"]),
        case["params"],
        SETTLING,
        case["source_arn"],
    )


def decide(case: Case) -> Decision:
    return decide_on_key(
        caller_of(case), case["action"], key_of(case), context_of(case), cross_account=case["cross_account"]
    )


def key_of(case: Case) -> Key:
    key = Key(
        key_id=KEY_ID,
        account_id=case["key"]["account"],
        region="us-east-1",
        spec=SYMMETRIC,
        usage=next(iter(SYMMETRIC.algorithms)),
        created=NOW,
        description="",
        policy=json.dumps(case["key"]["policy"]),
        ring=RING,
    )
    for number, each in enumerate(case["grants"]):
        grant = Grant(
            grant_id=f"{number:064x}",
            key=key,
            created=NOW - SETTLING if each["settled"] else NOW - SETTLING / 2,
            issuing_account=each["issuer"],
            operations=tuple(each["operations"]),
            name="",
            grantee=each["grantee"],
            grantee_is_service="amazonaws" in each["grantee"],
            retiring=each["retiring"],
            retiring_is_service=False,
            constraints=each["constraints"],
            tokens=[each["token"]],
        )
        World().add_grant(grant)
    return key


def context_of(case: Case) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in case["context"].items()}


# --- the answers side by side -----------------------------------------------------------------------------------------

WAYS = {
    "the key policy allows it to the caller": "key policy",
    "a grant allows it to the caller": "grant",
    "the grant says so": "grant",
    "it is allowed to the caller's role": "role",
    "a grant allows it to the caller's role": "role",
    "the account is let in, and an IAM policy allows it": "IAM",
    "both accounts allow it": "IAM",
    "an IAM policy allows it": "IAM",
    "an IAM policy of an account of the grant allows it": "IAM",
    "the root user needs no IAM policy in its own account": "root",
    "the caller is the root user of an account of the grant": "root",
}


def kind_of(decision: Decision) -> str:
    """The kind of a decision's reason, as `naive` calls it."""
    reason = decision.reason
    if decision.allowed:
        return WAYS[reason]
    if reason.startswith("with an explicit deny in "):
        return "explicit " + reason.split(" ", 6)[6].removesuffix(" policy")
    if reason.startswith("because the resource does not exist in this Region"):
        return str(naive.FOREIGN)
    assert reason.endswith(f" allows the {decision.action} action"), reason
    kind = reason.removeprefix("because no ").removesuffix(f" allows the {decision.action} action")
    return "no " + kind.removesuffix(" policy")


def disagreement(case: Case, decision: Decision, answer: Any) -> str:
    """What the two evaluators say differently; empty when they agree."""
    allowed, why = answer
    said = kind_of(decision)
    if decision.allowed is allowed and (said in why if allowed else said == why):
        return ""
    findings = "\n".join(map(str, decision.considered))
    return f"{json.dumps(case, indent=1)}\n{decision.allowed}, {said}; naive: {answer}\n{findings}"


def compare(question: str, count: int, seed: int) -> Counter[str]:
    """Compare the evaluators on some cases; returns how often what was decided."""
    tally: Counter[str] = Counter()
    for number in range(count):
        dice = Dice(f"{question} {seed} {number}")
        case, decision, answer = QUESTIONS[question](dice)
        apart = disagreement(case, decision, answer)
        assert not apart, f"seed {seed}, {question} {number}:\n{apart}"
        tally[("allow: " if decision.allowed else "deny: ") + kind_of(decision)] += 1
    return tally


@pytest.mark.parametrize(
    ("question", "count", "kinds"), [("key", 3000, 15), ("plain", 700, 14), ("account", 700, 9), ("grant", 700, 12)]
)
def test_both_decide_alike(question: str, count: int, kinds: int) -> None:
    tally = compare(question, count, seed=0)
    assert tally.total() == count
    assert len(tally) >= kinds, f"the cases are too much alike: {tally}"
    assert count // 20 < sum(times for kind, times in tally.items() if kind.startswith("allow")) < count * 19 // 20


#: To somebody who never calls.
DUMMY: Case = {
    "grantee": f"arn:aws:iam::{HERE}:role/Nobody",
    "operations": ["Decrypt"],
    "constraints": {},
    "settled": True,
    "token": "token 0",
    "issuer": f"arn:aws:iam::{HERE}:root",
    "retiring": None,
}


def test_what_is_remembered_is_what_would_be_decided() -> None:
    """A grant to somebody else makes the decision be worked out anew; asked again, it is there already."""
    remembered = 0
    for number in range(1000):
        dice = Dice(f"remembered {number}")
        case = dice.case() | {"grants": []} if number % 4 == 0 else about_a_plain_key(dice)[0]
        quick, again = decide(case), decide(case)
        full = decide(case | {"grants": [DUMMY]})
        *considered, of_grant = full.considered
        assert (of_grant.policy, of_grant.matched) == ("grant", False)
        assert quick == again == full._replace(considered=tuple(considered)), json.dumps(case, indent=1)
        remembered += quick.considered is again.considered
    assert 500 < remembered < 950, "nearly every decision, or hardly one, was remembered"


def test_nothing_is_remembered_that_a_request_may_change() -> None:
    """The same question with one thing changed, each in turn, is another question."""
    one = {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}
    allow, nothing = {"Statement": one}, {"Statement": one | {"Action": "s3:*"}}
    session, foreign = CALLERS[2], CALLERS[6]
    base: Case = Dice("base").case() | {
        "caller": session,
        "action": "kms:Decrypt",
        "key": {"arn": KEY_ARN, "account": HERE, "policy": {"Statement": one | {"Principal": {"AWS": [HERE, ABROAD]}}}},
        "identity": [allow],
        "boundary": allow,
        "session": [allow],
        "scps": [allow],
        "grants": [],
        "cross_account": True,
    }
    closed = base["key"] | {"policy": {"Statement": one | {"Principal": {"AWS": ARNS_OF_PRINCIPALS[1]}}}}
    changes: list[Case] = [
        {"identity": [nothing]},
        {"boundary": nothing},
        {"session": [nothing]},
        {"scps": [nothing]},
        {"key": closed},
        {"caller": CALLERS[-1]},
    ]
    for change in changes:
        assert decide(base).allowed
        assert not decide(base | change).allowed, change
    assert decide(base | {"caller": foreign}).allowed
    assert not decide(base | {"caller": foreign, "cross_account": False}).allowed
    assert decide(base | {"action": "kms:Encrypt"}).action == "kms:Encrypt"
    # A grant, or a condition, and it is not remembered at all.
    to_caller = DUMMY | {"grantee": session["arn"], "operations": ["Decrypt"]}
    assert not decide(base | {"key": closed}).allowed
    assert decide(base | {"key": closed, "grants": [to_caller]}).allowed
    asks = {"Statement": one | {"Condition": {"StringEquals": {"kms:x": "1"}}}}
    for kind, policies in (("identity", [asks]), ("boundary", asks), ("session", [asks]), ("scps", [asks])):
        for value in ("1", "2", "1"):
            case = base | {kind: policies, "context": {"kms:x": value}}
            assert decide(case).allowed is (value == "1"), kind
    of_key = base["key"] | {"policy": {"Statement": asks["Statement"] | {"Principal": "*"}}}
    for value in ("1", "2", "1"):
        assert decide(base | {"key": of_key, "context": {"kms:x": value}}).allowed is (value == "1")


def main(count: int, seed: int) -> None:
    """The long run: three of four cases are about keys, and one of eight is about a plain one."""
    started = time.monotonic()
    eighth = count // 8
    shares = {"key": count - 3 * eighth, "plain": eighth, "account": eighth, "grant": eighth}
    tallies = {question: compare(question, share, seed) for question, share in shares.items()}
    total = sum(tally.total() for tally in tallies.values())
    seconds = time.monotonic() - started
    kinds = "; ".join(
        f"{question}: " + ", ".join(f"{kind} {times}" for kind, times in tally.most_common())
        for question, tally in tallies.items()
    )
    print(f"{total} cases, seed {seed}, {seconds:.0f} s, no disagreement ({kinds})")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1)
