"""Statements: who is spoken of, which actions and resources, and what is said about one that does not match."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kmslab.authz.language import Question, Who, is_plain, read_policy
from kmslab.call import Finding, Reach
from kmslab.ids import Ids
from kmslab.principals import Credentials, Identity, Issuer, Principal, PrincipalType, make_root

HERE, ABROAD = "123456789010", "999988887777"
KEY = f"arn:aws:kms:us-east-1:{HERE}:key/1234abcd-12ab-34cd-56ef-1234567890ab"

ROOT = make_root(HERE, "us-east-1", Ids(1))
ALICE_ARN, ROLE_ARN = f"arn:aws:iam::{HERE}:user/alice", f"arn:aws:iam::{HERE}:role/path/App"
SESSION_ARN = f"arn:aws:sts::{HERE}:assumed-role/App/web"


def principal(kind: PrincipalType, arn: str, account: str = HERE, issuer: Issuer | None = None) -> Principal:
    return Principal(Identity(kind, account, "x", arn, "AIDA", "AKIA", issuer), Credentials("AKIA", "secret"))


ALICE = principal(PrincipalType.IAM_USER, ALICE_ARN)
SESSION = principal(PrincipalType.ASSUMED_ROLE, SESSION_ARN, issuer=Issuer("Role", ROLE_ARN, "AROA", "App"))
SERVICE = principal(PrincipalType.SERVICE, "s3.amazonaws.com", account="")
BROKER_ARN, FEDERATED_ARN = f"arn:aws:iam::{HERE}:user/broker", f"arn:aws:sts::{HERE}:federated-user/fay"
FEDERATED = principal(
    PrincipalType.FEDERATED_USER, FEDERATED_ARN, issuer=Issuer("IAMUser", BROKER_ARN, "AIDABROKER", "broker")
)

NOT, ACCOUNT, ROLE, DIRECT = Reach.NOT, Reach.ACCOUNT, Reach.ROLE, Reach.DIRECT

BY_NAME, BY_ROLE, TO_ALL = "it is for the caller", "it is for the caller's role", "it is for everybody"
DELEGATES = "it lets the account's IAM policies decide; by itself it admits nobody but root"


def consider(statement: dict[str, Any], version: str = "2012-10-17", **changes: Any) -> Finding:
    """What one statement says about a Decrypt of alice's, unless said otherwise."""
    whole = {"Effect": "Allow", "Action": "kms:*", "Resource": "*"} | statement
    kept = {name: value for name, value in whole.items() if value is not None}
    values = {"principal": ALICE, "action": "kms:Decrypt", "resource": KEY, "context": {}} | changes
    text = json.dumps({"Version": version, "Statement": kept})
    (finding,) = read_policy("key policy", text).consider(Question(**values))
    return finding


class TestPrincipal:
    @pytest.mark.parametrize(
        ("element", "root", "alice", "session", "service"),
        [
            ("*", DIRECT, DIRECT, DIRECT, DIRECT),
            ({"AWS": "*"}, DIRECT, DIRECT, DIRECT, DIRECT),
            ({"AWS": HERE}, DIRECT, ACCOUNT, ACCOUNT, NOT),
            ({"AWS": ROOT.arn}, DIRECT, ACCOUNT, ACCOUNT, NOT),
            ({"AWS": ALICE_ARN}, NOT, DIRECT, NOT, NOT),
            ({"AWS": ROLE_ARN}, NOT, NOT, ROLE, NOT),
            ({"AWS": [ROOT.arn, ROLE_ARN]}, DIRECT, ACCOUNT, ROLE, NOT),
            ({"AWS": SESSION_ARN}, NOT, NOT, DIRECT, NOT),
            ({"AWS": [SESSION_ARN, ALICE_ARN]}, NOT, DIRECT, DIRECT, NOT),
            ({"AWS": ABROAD}, NOT, NOT, NOT, NOT),
            ({"Service": "s3.amazonaws.com"}, NOT, NOT, NOT, DIRECT),
            ({"Service": ["ec2.amazonaws.com"], "AWS": ALICE_ARN}, NOT, DIRECT, NOT, NOT),
            ({"Federated": "cognito-identity.amazonaws.com"}, NOT, NOT, NOT, NOT),
        ],
    )
    def test_who_is_spoken_of(self, element: Any, root: Reach, alice: Reach, session: Reach, service: Reach) -> None:
        for who, expected in ((ROOT, root), (ALICE, alice), (SESSION, session), (SERVICE, service)):
            finding = consider({"Principal": element}, principal=who)
            assert finding.reach is expected, who.arn
            assert finding.matched is (expected is not NOT)

    @pytest.mark.parametrize(
        ("element", "who", "because"),
        [
            ("*", ALICE, TO_ALL),
            ({"AWS": ["*", ALICE_ARN]}, ALICE, TO_ALL),
            ({"AWS": ALICE_ARN}, ALICE, BY_NAME),
            ({"AWS": ROOT.arn}, ROOT, BY_NAME),
            ({"AWS": ROOT.arn}, ALICE, DELEGATES),
            ({"AWS": HERE}, SESSION, DELEGATES),
            ({"AWS": [ROOT.arn, ROLE_ARN]}, SESSION, BY_ROLE),
            ({"AWS": ALICE_ARN}, ROOT, f"its Principal {ALICE_ARN} is not the caller"),
            ({"AWS": ["3", "2", "1"]}, ALICE, "its Principal 1, 2, 3 is not the caller"),
            ({"AWS": ["3", "2", "1", "5", "4"]}, ALICE, "its Principal 1, 2, 3 and 2 more is not the caller"),
        ],
    )
    def test_what_is_said(self, element: Any, who: Principal, because: str) -> None:
        assert consider({"Principal": element}, principal=who).because == because

    def test_what_is_said_of_a_denial(self) -> None:
        """To an account it is one to everybody in it; otherwise it reads like an Allow."""
        for element, because in (
            (ROOT.arn, "it denies this to everybody in the account"),
            (ALICE_ARN, BY_NAME),
            ("*", TO_ALL),
        ):
            assert consider({"Principal": {"AWS": element}, "Effect": "Deny"}).because == because

    @pytest.mark.parametrize(
        ("element", "reach"),
        [(FEDERATED_ARN, DIRECT), (BROKER_ARN, ROLE), (HERE, ACCOUNT), (ALICE_ARN, NOT), (ROLE_ARN, NOT)],
    )
    def test_federated_users(self, element: str, reach: Reach) -> None:
        """Who names the user that federated reaches its sessions. Source: IAM User Guide, "Session policies"."""
        assert consider({"Principal": {"AWS": element}}, principal=FEDERATED).reach is reach
        both = {"Principal": {"AWS": [element, ROOT.arn, BROKER_ARN]}}
        assert consider(both, principal=FEDERATED).reach is (DIRECT if reach is DIRECT else ROLE)

    @pytest.mark.parametrize(
        ("names", "left_out"),
        [
            ([], []),
            ([ALICE_ARN], []),
            ([ALICE_ARN, ROOT.arn], [ALICE, ROOT]),
            ([ALICE_ARN, HERE], [ALICE, ROOT]),
            ([ROOT.arn], [ROOT]),
            ([HERE], [ROOT]),
            ([SESSION_ARN, ROOT.arn], [ROOT]),
            ([ROLE_ARN, ROOT.arn], [ROOT]),
            ([SESSION_ARN, ROLE_ARN], []),
            ([SESSION_ARN, ROLE_ARN, ROOT.arn], [SESSION, ROOT]),
            ([ABROAD], []),
            ([FEDERATED_ARN, ROOT.arn], [ROOT]),
            ([FEDERATED_ARN, BROKER_ARN, ROOT.arn], [FEDERATED, ROOT]),
            (["*"], [ALICE, ROOT, SESSION, FEDERATED, SERVICE]),
        ],
        ids=[
            "nobody",
            "a user without its account",
            "a user",
            "a user and the account id",
            "an account",
            "an account id",
            "a session without its role",
            "a role without its session",
            "a session without its account",
            "a session",
            "another account",
            "a federated user without the user that federated",
            "a federated user",
            "everybody",
        ],
    )
    def test_not_principal(self, names: list[str], left_out: list[Principal]) -> None:
        """Who is to be left out has to be named with its role and its account. Source: IAM User Guide, NotPrincipal."""
        arns = {each.arn for each in left_out}
        for who in (ROOT, ALICE, SESSION, FEDERATED, SERVICE):
            reach = consider({"NotPrincipal": {"AWS": names}, "Effect": "Deny"}, principal=who).reach
            assert reach is (NOT if who.arn in arns else DIRECT), who.arn

    def test_a_policy_of_an_identity_speaks_of_who_has_it(self) -> None:
        finding = consider({}, principal=SESSION)
        assert (finding.reach, finding.because) == (DIRECT, "it covers this call")

    def test_by_itself(self) -> None:
        who = Who(frozenset({ALICE_ARN}), negated=False)
        assert who.reach(ALICE) is DIRECT
        assert str(who) == f"Principal {ALICE_ARN}"
        assert str(Who(frozenset({ALICE_ARN}), negated=True)) == f"NotPrincipal {ALICE_ARN}"


class TestActions:
    @pytest.mark.parametrize(
        ("statement", "element"),
        [
            ({"Action": "kms:Decrypt"}, None),
            ({"Action": ["kms:Encrypt", "KMS:DE*"]}, None),
            ({"Action": "kms:Encrypt"}, "Action kms:Encrypt"),
            ({"Action": ["a:1", "a:2", "a:3"]}, "Action a:1, a:2, a:3"),
            ({"Action": ["a:4", "a:3", "a:2", "a:1"]}, "Action a:4, a:3, a:2 and 1 more"),
            ({"Action": None, "NotAction": "kms:Encrypt"}, None),
            ({"Action": None, "NotAction": ["s3:*", "kms:D*"]}, "NotAction s3:*, kms:D*"),
            ({"Action": None}, "missing Action"),
        ],
    )
    def test_actions(self, statement: dict[str, Any], element: str | None) -> None:
        finding = consider(statement)
        assert finding.matched is (element is None)
        assert element is None or finding.because == f"its {element} does not cover kms:Decrypt"


class TestResources:
    @pytest.mark.parametrize(
        ("statement", "element", "on_nothing"),
        [
            ({"Resource": "*"}, None, True),
            ({"Resource": KEY}, None, False),
            ({"Resource": ["arn:aws:s3:::b", "arn:aws:kms:*:*:key/*"]}, None, False),
            (
                {"Resource": f"arn:aws:kms:us-east-1:{HERE}:alias/x"},
                f"Resource arn:aws:kms:us-east-1:{HERE}:alias/x",
                False,
            ),
            ({"Resource": ["a", "b", "c", "d"]}, "Resource a, b, c and 1 more", False),
            ({"Resource": None, "NotResource": KEY}, f"NotResource {KEY}", True),
            ({"Resource": None, "NotResource": "*"}, "NotResource *", False),
            ({"Resource": None}, "missing Resource", False),
            ({"Resource": "arn:aws:kms:*:*:key/${kms:part}*"}, None, False),
            ({"Resource": "${kms:nothing}"}, "Resource ${kms:nothing}", False),
            (
                {"Resource": None, "NotResource": "arn:aws:kms:*:*:key/${kms:part}*"},
                "NotResource arn:aws:kms:*:*:key/${kms:part}*",
                True,
            ),
        ],
    )
    def test_resources(self, statement: dict[str, Any], element: str | None, on_nothing: bool) -> None:
        context = {"kms:part": "1234"}
        finding = consider(statement, context=context)
        assert finding.matched is (element is None)
        assert element is None or finding.because == f"its {element} does not cover {KEY}"
        on_none = consider(statement, context=context, resource="*")
        assert on_none.matched is on_nothing
        assert on_nothing or on_none.because.endswith(" does not cover *")

    def test_versions(self) -> None:
        """Before 2012-10-17 there are no variables."""
        statement = {"Resource": "arn:aws:kms:*:*:key/${kms:part}*"}
        context = {"kms:part": "1234"}
        assert consider(statement, context=context).matched
        assert not consider(statement, "2008-10-17", context=context).matched
        condition = {"Condition": {"StringEquals": {"kms:x": "${kms:part}"}}}
        assert consider(condition, context=context | {"kms:x": "1234"}).matched
        assert not consider(condition, "2008-10-17", context=context | {"kms:x": "1234"}).matched


class TestConditions:
    def test_all_have_to_hold(self) -> None:
        statement = {"Condition": {"StringEquals": {"kms:a": "1", "kms:b": ["2", "3"]}, "Bool": {"kms:c": True}}}
        context = {"kms:a": "1", "kms:b": "3", "kms:c": "true"}
        assert consider(statement, context=context).matched
        for name in context:
            assert not consider(statement, context=context | {name: "x"}).matched

    def test_values_of_json(self) -> None:
        for operator, value, said in (("Bool", False, "false"), ("NumericEquals", 30, "30"), ("Null", True, None)):
            context = {} if said is None else {"kms:a": said}
            assert consider({"Condition": {operator: {"kms:a": value}}}, context=context).matched

    @pytest.mark.parametrize(
        ("context", "found"),
        [
            ({}, "the request has no such value"),
            ({"kms:a": "2"}, "the request says 2"),
            ({"kms:a": ("2", "3")}, "the request says [2, 3]"),
        ],
    )
    def test_what_did_not_hold_is_said(self, context: dict[str, Any], found: str) -> None:
        finding = consider({"Condition": {"StringEquals": {"kms:A": "1"}}}, context=context)
        assert finding.because == f"its condition StringEquals kms:A = 1 does not hold, {found}"

    def test_an_operator_that_is_none(self) -> None:
        with pytest.raises(ValueError, match="StringEqual is no condition operator"):
            consider({"Condition": {"StringEqual": {"kms:a": "1"}}})


class TestDocuments:
    def test_names_of_statements(self) -> None:
        first, second = {"Sid": "Mine", "Effect": "Deny", "Action": "*", "Resource": "*"}, {"Effect": "Allow"}
        policy = read_policy("identity policy p", json.dumps({"Statement": [first, second]}))
        findings = policy.consider(Question(ALICE, "kms:Decrypt", KEY, {}))
        assert [(each.policy, each.statement, each.effect, each.matched) for each in findings] == [
            ("identity policy p", "statement 'Mine'", "Deny", True),
            ("identity policy p", "statement 2", "Allow", False),
        ]
        assert str(findings[0]) == "identity policy p, statement 'Mine' (Deny) matches: it covers this call."

    def test_a_document_without_statements(self) -> None:
        assert read_policy("empty", "{}").statements == ()
        assert is_plain("{}")

    @pytest.mark.parametrize(
        ("statement", "plain"),
        [
            ({"Action": "kms:*", "Resource": "*"}, True),
            ({"Action": "kms:*"}, True),
            ({"Resource": "*", "Condition": {}}, True),
            ({"Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": True}}}, False),
            ({"Resource": ["*", "arn:aws:kms:*:*:key/${aws:PrincipalTag/key}"]}, False),
            ({"NotResource": "arn:aws:kms:*:*:key/${aws:PrincipalTag/key}"}, False),
            ({"Action": "kms:${x}", "Resource": "*"}, True),
        ],
    )
    def test_which_are_plain(self, statement: dict[str, Any], plain: bool) -> None:
        """Those that need nothing but who, what and to what; one statement that needs more is enough."""
        whole = {"Effect": "Allow", **statement}
        for statements in (whole, [whole], [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}, whole]):
            assert is_plain(json.dumps({"Version": "2012-10-17", "Statement": statements})) is plain
        # Without variables `${...}` is text.
        assert is_plain(json.dumps({"Statement": whole})) is (plain or "Condition" not in statement)
