"""Every condition operator: what agrees, what does not, what is absent, what has several values."""

from __future__ import annotations

from typing import Any

import pytest

from kmslab.authz.conditions import Condition, is_operator

ROLE = "arn:aws:iam::123456789010:role/App"

# operator: (the policy's value, values that agree, values that do not)
POSITIVE: dict[str, tuple[str, list[str], list[str]]] = {
    "StringEquals": ("Finance", ["Finance"], ["finance", "Financ", "Finance "]),
    "StringEqualsIgnoreCase": ("Finance", ["finance", "FINANCE"], ["financ"]),
    "StringLike": ("F*n?e", ["Finance", "Fnce"], ["finance", "Fine!"]),
    "NumericEquals": ("30", ["30", "30.0", "3e1"], ["31", "thirty", "", "NaN"]),
    "NumericLessThan": ("30", ["29", "-1", "29.9"], ["30", "31", "x", "NaN", "-Infinity"]),
    "NumericLessThanEquals": ("30", ["30", "9"], ["30.1", "x"]),
    "NumericGreaterThan": ("30", ["31", "100"], ["30", "9", "x", "Infinity"]),
    "NumericGreaterThanEquals": ("30", ["30", "31"], ["29", "x"]),
    "DateEquals": (
        "2026-01-05T09:00:00Z",
        ["2026-01-05T09:00:00Z", "1767603600", "2026-01-05T10:00:00+01:00", "2026-01-05T09:00:00"],
        ["2026-01-05T09:00:01Z", "soon", "99999999999999999", "NaN"],
    ),
    "DateLessThan": ("2026-01-05", ["2026-01-04T23:59:59Z", "0"], ["2026-01-05T00:00:00Z", "soon"]),
    "DateLessThanEquals": ("1767571200", ["2026-01-05T00:00:00Z"], ["2026-01-05T00:00:01Z"]),
    "DateGreaterThan": ("2026-01-05T00:00:00Z", ["2026-01-05T00:00:01Z"], ["2026-01-05T00:00:00Z"]),
    "DateGreaterThanEquals": ("2026-01-05T00:00:00Z", ["2026-01-05T00:00:00Z"], ["2026-01-04T23:59:59Z"]),
    "Bool": ("true", ["true", "TRUE"], ["false", "yes", ""]),
    "BinaryEquals": ("AAEC", ["AAEC"], ["AAED", "no base64!"]),
    "IpAddress": ("192.0.2.0/24", ["192.0.2.0", "192.0.2.255"], ["192.0.3.0", "2001:db8::1", "a host"]),
    "ArnEquals": ("arn:aws:iam::*:role/App", [ROLE], [f"{ROLE}2", "no arn", ROLE.replace("role", "user")]),
    "ArnLike": ("arn:aws:iam::123456789010:role/*", [ROLE, f"{ROLE}/x"], [ROLE.replace("iam", "sts")]),
}
NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
    "NotIpAddress": "IpAddress",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
}


def holds(operator: str, wanted: Any, said: Any = None, key: str = "kms:X", **context: Any) -> bool:
    values = tuple(wanted) if isinstance(wanted, (list, tuple)) else (wanted,)
    found = context if said is None else context | {"kms:x": said}
    return Condition(operator, key, values).holds(found)


@pytest.mark.parametrize("operator", [*POSITIVE, *NEGATED])
class TestEachOperator:
    def test_one_value(self, operator: str) -> None:
        wanted, near, far = POSITIVE[NEGATED.get(operator, operator)]
        for value in near:
            assert holds(operator, wanted, value) is (operator in POSITIVE), value
        for value in far:
            assert holds(operator, wanted, value) is (operator in NEGATED), value

    def test_one_of_several_wanted_values_is_enough(self, operator: str) -> None:
        wanted, near, far = POSITIVE[NEGATED.get(operator, operator)]
        assert holds(operator, ["unlikely", wanted], near[0]) is (operator in POSITIVE)
        assert holds(operator, ["unlikely", wanted], far[0]) is (operator in NEGATED)
        assert holds(operator, [], near[0]) is (operator in NEGATED)

    def test_absent(self, operator: str) -> None:
        wanted, near, far = POSITIVE[NEGATED.get(operator, operator)]
        assert holds(operator, wanted) is (operator in NEGATED)
        assert holds(f"{operator}IfExists", wanted)
        assert holds(f"{operator}IfExists", wanted, near[0]) is (operator in POSITIVE)
        assert holds(f"{operator}IfExists", wanted, far[0]) is (operator in NEGATED)

    @pytest.mark.parametrize("suffix", ["", "IfExists"])
    def test_sets(self, operator: str, suffix: str) -> None:
        wanted, near, far = POSITIVE[NEGATED.get(operator, operator)]
        good, bad = (near[0], far[0]) if operator in POSITIVE else (far[0], near[0])
        for said, for_all, for_any in (
            ((good,), True, True),
            ((bad,), False, False),
            ((good, bad), False, True),
            (good, True, True),
            (bad, False, False),
            # For all of nothing, anything holds.
            (None, True, bool(suffix)),
            ((), True, bool(suffix)),
        ):
            assert holds(f"ForAllValues:{operator}{suffix}", wanted, said) is for_all, said
            assert holds(f"ForAnyValue:{operator}{suffix}", wanted, said) is for_any, said

    def test_several_values_without_a_set_operator(self, operator: str) -> None:
        """One that agrees is enough; an operator with Not wants none to."""
        wanted, near, far = POSITIVE[NEGATED.get(operator, operator)]
        assert holds(operator, wanted, (near[0], far[0])) is (operator in POSITIVE)
        assert holds(operator, wanted, (far[0],)) is (operator in NEGATED)


@pytest.mark.parametrize(
    ("wanted", "absent", "present"),
    [("true", True, False), ("TRUE", True, False), ("false", False, True), (["true", "false"], True, True)],
)
def test_null(wanted: Any, absent: bool, present: bool) -> None:
    assert holds("Null", wanted) is absent
    assert holds("Null", wanted, ()) is absent
    for said in ("x", "", ("x",)):
        assert holds("Null", wanted, said) is present
        # IAM takes a set operator here, which has nothing to say.
        assert holds("ForAllValues:Null", wanted, said) is present
        assert holds("ForAnyValue:Null", wanted, said) is present


def test_null_of_nothing_holds_never() -> None:
    """A list without any value can be stored; it must not break every later call."""
    assert not holds("Null", [])
    assert not holds("Null", [], "x")


def test_names_of_keys_know_no_case() -> None:
    for key in ("kms:X", "KMS:x", "Kms:X"):
        assert holds("StringEquals", "1", "1", key=key)


@pytest.mark.parametrize(
    ("said", "wanted", "expected"),
    [
        ("2001:db8::7", "2001:db8::/32", True),
        ("2001:db9::7", "2001:db8::/32", False),
        ("192.0.2.7", "192.0.2.7", True),
        ("192.0.2.7", "192.0.2.9/24", True),
        ("192.0.2.7", "0.0.0.0/0", True),
        ("192.0.2.7", "no network", False),
        ("192.0.2.7", "192.0.2.0/33", False),
    ],
)
def test_networks(said: str, wanted: str, expected: bool) -> None:
    assert holds("IpAddress", wanted, said) is expected
    assert holds("NotIpAddress", wanted, said) is not expected


def test_a_policy_value_that_makes_no_sense_agrees_with_nothing() -> None:
    for operator, wanted, said in (
        ("NumericLessThan", "NaN", "1"),
        ("NumericLessThan", "sNaN", "1"),
        ("NumericLessThan", "Infinity", "1"),
        ("NumericEquals", "", "1"),
        ("DateLessThan", "Infinity", "2026-01-05T09:00:00Z"),
        ("DateLessThan", "1e300", "2026-01-05T09:00:00Z"),
        ("DateLessThan", "tomorrow", "2026-01-05T09:00:00Z"),
        ("BinaryEquals", "?", "AAEC"),
        ("Bool", "1", "true"),
    ):
        assert not holds(operator, wanted, said), (operator, wanted)


class TestVariables:
    CONTEXT: dict[str, Any] = {"aws:principaltag/team": "R*D", "aws:number": "5", "aws:many": ("a", "b")}  # noqa: RUF012

    @pytest.mark.parametrize(
        ("operator", "wanted", "said", "expected"),
        [
            ("StringEquals", "${aws:PrincipalTag/team}", "R*D", True),
            ("StringEquals", "${aws:PrincipalTag/team}", "RxD", False),
            ("StringLike", "${aws:PrincipalTag/team}", "RxD", False),
            ("StringLike", "${aws:PrincipalTag/team}-*", "R*D-7", True),
            ("StringEqualsIgnoreCase", "${aws:PrincipalTag/team}", "r*d", True),
            ("StringNotEquals", "${aws:PrincipalTag/team}", "R*D", False),
            ("ArnLike", "arn:aws:s3:::${aws:PrincipalTag/team}", "arn:aws:s3:::R*D", True),
            ("StringEquals", "${aws:PrincipalTag/none}", "", False),
            ("StringNotEquals", "${aws:PrincipalTag/none}", "x", True),
            ("StringEquals", "${aws:many}", "a", False),
            ("StringEquals", "${aws:PrincipalTag/none, 'x'}", "x", True),
        ],
    )
    def test_in_texts_and_arns(self, operator: str, wanted: str, said: str, expected: bool) -> None:
        assert holds(operator, wanted, said, **self.CONTEXT) is expected

    @pytest.mark.parametrize("operator", ["NumericEquals", "NumericLessThanEquals", "DateEquals"])
    def test_nowhere_else(self, operator: str) -> None:
        """Source: IAM User Guide, "Where you can use policy variables": only with string and ARN operators."""
        assert holds(operator, "5", "5")
        assert not holds(operator, "${aws:number}", "5", **self.CONTEXT)
        assert not holds(f"ForAllValues:{operator}IfExists", "${aws:number}", "5", **self.CONTEXT)

    def test_in_an_old_document_they_are_text(self) -> None:
        condition = Condition("StringEquals", "kms:X", ("${aws:number}",), has_variables=False)
        assert condition.holds({"kms:x": "${aws:number}", "aws:number": "5"})
        assert not condition.holds({"kms:x": "5", "aws:number": "5"})


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("StringEquals", True),
        ("StringNotLike", True),
        ("StringEqualsIfExists", True),
        ("ForAllValues:StringEquals", True),
        ("ForAnyValue:StringLikeIfExists", True),
        ("Null", True),
        ("NullIfExists", False),
        ("ForAllValues:Null", True),
        ("ForAnyValue:ForAllValues:StringEquals", False),
        ("ForAllValues:ForAnyValue:StringEquals", False),
        ("ForSomeValues:StringEquals", False),
        ("StringEqual", False),
        ("NotBool", False),
        ("", False),
    ],
)
def test_operators(name: str, expected: bool) -> None:
    assert is_operator(name) is expected


def test_every_operator_that_is_one_can_be_asked() -> None:
    for prefix in ("", "ForAllValues:", "ForAnyValue:", "ForAllValues:ForAnyValue:", "ForAnyValue:ForAllValues:"):
        for bare in (*POSITIVE, *NEGATED, "Null"):
            for suffix in ("", "IfExists"):
                operator = prefix + bare + suffix
                if is_operator(operator):
                    assert holds(operator, "x", ("x",)) in (True, False), operator


def test_as_it_reads() -> None:
    assert str(Condition("StringEquals", "kms:X", ("1",))) == "StringEquals kms:X = 1"
    assert str(Condition("StringEquals", "kms:X", ("1", "2"))) == "StringEquals kms:X = [1, 2]"
