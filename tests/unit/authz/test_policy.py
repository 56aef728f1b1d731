"""Key policies as documents: what is read, how it is laid out, and the check before one is stored."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmslab.authz.policy import (
    default_key_policy,
    is_principal_arn,
    read_key_policy,
    texts,
    write_key_policy,
)
from kmslab.errors import InvalidArnException, MalformedPolicyDocumentException

ACCOUNT, REGION = "123456789010", "us-east-1"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
STATEMENT = {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "kms:*", "Resource": "*"}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
elements = st.sampled_from(
    ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "Condition"]
)


def policy_of(*statements: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def changed(**changes: Any) -> dict[str, Any]:
    """The usual statement with some elements changed, and those without that are None."""
    return {name: value for name, value in (STATEMENT | changes).items() if value is not None}


class TestReading:
    def test_elements_come_in_the_order_of_kms(self) -> None:
        jumbled = {"Statement": dict(reversed(STATEMENT.items())), "Id": "x", "Version": "2012-10-17"}
        document = read_key_policy(json.dumps(jumbled))
        assert list(document) == ["Version", "Id", "Statement"]
        assert [list(each) for each in document["Statement"]] == [list(STATEMENT)]

    @given(st.text() | json_values.map(json.dumps))
    def test_noise_is_no_policy(self, text: str) -> None:
        with pytest.raises(MalformedPolicyDocumentException):
            read_key_policy(text)

    @given(st.dictionaries(elements, json_values))
    def test_a_statement_of_anything(self, changes: dict[str, Any]) -> None:
        """It is read or refused, and what is read stays the same when it is written and read again."""
        try:
            document = read_key_policy(policy_of(STATEMENT | changes))
        except (MalformedPolicyDocumentException, InvalidArnException):
            return
        assert read_key_policy(write_key_policy(document)) == document

    @pytest.mark.parametrize("nested", ["[" * 20_000, '{"Statement":' * 20_000])
    def test_nested_without_end(self, nested: str) -> None:
        with pytest.raises(MalformedPolicyDocumentException):
            read_key_policy(nested)

    def test_the_partition(self) -> None:
        chinese = policy_of(STATEMENT | {"Principal": {"AWS": ROOT.replace("aws", "aws-cn")}})
        assert read_key_policy(chinese, "aws-cn")["Statement"]
        with pytest.raises(InvalidArnException, match="An ARN in the specified key policy is invalid"):
            read_key_policy(chinese)

    def test_what_there_may_be(self) -> None:
        user, session = f"arn:aws:iam::{ACCOUNT}:user/a/b", f"arn:aws:sts::{ACCOUNT}:assumed-role/a/b"
        condition = {"ForAnyValue:StringLike": {"aws:TagKeys": ["a", 1, True]}, "Null": {"kms:ViaService": "true"}}
        for changes in (
            {"Principal": "*"},
            {"Principal": {"AWS": "*"}},
            {"Principal": {"AWS": [ACCOUNT, user, session], "Service": ["s3.amazonaws.com", "logs.aws.internal"]}},
            {"Principal": {"Federated": "anything"}},
            {"Principal": None, "NotPrincipal": {"AWS": ROOT}, "Effect": "Deny"},
            {"Action": None, "NotAction": ["kms:Sign"], "Resource": None, "NotResource": "x"},
            {"Condition": condition, "Sid": "s"},
        ):
            expected = changed(**changes)
            assert read_key_policy(policy_of(expected))["Statement"] == [expected]

    @pytest.mark.parametrize(
        ("document", "message"),
        [
            ("NaN", ""),
            ('{"Statement": [NaN]}', ""),
            ("[]", ""),
            ({"Statement": []}, ""),
            ({"Statement": "x"}, ""),
            ({"Statement": [1]}, ""),
            ({"Statement": [STATEMENT], "Other": 1}, ""),
            ({"Statement": [STATEMENT], "Version": "2013-01-01"}, ""),
            ({"Statement": [STATEMENT], "Id": 1}, ""),
            ({"Statement": {**STATEMENT, "Other": 1}}, ""),
            ({"Sid": 1}, ""),
            ({"Effect": "Maybe"}, ""),
            ({"Effect": None}, ""),
            ({"Principal": None}, "no_principal"),
            ({"Principal": {}}, "no_principal"),
            ({"Principal": {"AWS": []}}, "no_principal"),
            ({"NotPrincipal": "*"}, ""),
            ({"Principal": "somebody"}, "invalid_principals"),
            ({"Principal": [ROOT]}, ""),
            ({"Principal": {"Canonical": ROOT}}, ""),
            ({"Principal": {"AWS": [1]}}, ""),
            ({"Principal": {"AWS": "somebody"}}, "invalid_principals"),
            ({"Principal": {"AWS": "arn:aws:iam::123456789010:user/*"}}, "invalid_principals"),
            ({"Principal": {"AWS": "arn:aws:s3:::bucket"}}, "invalid_principals"),
            ({"Principal": {"Service": "somebody"}}, "invalid_principals"),
            ({"Action": None}, "missing Action"),
            ({"Resource": []}, "missing Resource"),
            ({"Action": ["kms:Sign", ""]}, ""),
            ({"Action": 1}, ""),
            ({"Action": "kms:*", "NotAction": "kms:*"}, ""),
            ({"Condition": []}, ""),
            ({"Condition": {"StringEqual": {"kms:a": "1"}}}, ""),
            ({"Condition": {"ForAllValues:ForAnyValue:StringEquals": {"kms:a": "1"}}}, ""),
            ({"Condition": {"StringEquals": "kms:a"}}, ""),
            ({"Condition": {"StringEquals": {"kms:a": {}}}}, ""),
            ({"Condition": {"StringEquals": {"kms:a": [None]}}}, ""),
            ({"Condition": {"StringEquals": {"AWS:resourcetag/x": "1"}}}, "condition_keys"),
            ({"Condition": {"StringEquals": {"kms:ResourceAliases": "1"}}}, "condition_keys"),
        ],
        ids=str,
    )
    def test_what_there_may_not_be(self, document: Any, message: str) -> None:
        """A text, a whole document, or what is changed in one statement; the error, where it has words of its own."""
        name, _, argument = message.partition(" ")
        error = MalformedPolicyDocumentException
        expected = getattr(error, name)(*filter(None, [argument])) if name else error()
        if isinstance(document, dict):
            document = json.dumps(document if "Statement" in document else {"Statement": [changed(**document)]})
        with pytest.raises(error) as caught:
            read_key_policy(document)
        assert caught.value.message == expected.message

    def test_an_arn_that_is_no_principals(self) -> None:
        for arn in (f"arn:aws:iam::{ACCOUNT}:group/x", "arn:aws:iam:::user/x", f"arn:aws:sts::{ACCOUNT}:x"):
            with pytest.raises(InvalidArnException, match="An ARN in the specified key policy is invalid"):
                read_key_policy(policy_of(changed(Principal={"AWS": arn})))


class TestWriting:
    def test_the_default_policy_is_in_that_layout(self) -> None:
        policy = default_key_policy(ACCOUNT, REGION)
        assert write_key_policy(read_key_policy(policy)) == policy

    @given(json_values)
    def test_it_is_json(self, value: Any) -> None:
        assert json.loads(write_key_policy({"x": value})) == {"x": value}

    def test_what_is_empty(self) -> None:
        assert write_key_policy({"a": [], "b": {}}) == '{\n  "a" : [ ],\n  "b" : { }\n}'


def test_texts() -> None:
    assert texts("x") == ("x",)
    assert texts(["x", "y"]) == ("x", "y")
    for value in (None, 1, ["x", 1]):
        with pytest.raises(MalformedPolicyDocumentException):
            texts(value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (ROOT, True),
        (f"arn:aws:iam::{ACCOUNT}:user/a/b", True),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/a/b", True),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/a/b/c", False),
        (f"arn:aws:iam::{ACCOUNT}:role/ä", False),
        (f"arn:aws:iam::{ACCOUNT}:rootless", False),
        (f"arn:aws:iam::{ACCOUNT}", False),
        (f"arn:aws-cn:iam::{ACCOUNT}:root", False),
        (f"ARN:aws:iam::{ACCOUNT}:root", False),
        (f"arn:aws:iam:{REGION}:{ACCOUNT}:root", False),
        ("arn:aws:iam::1:root", False),
        ("", False),
    ],
)
def test_principal_arns(text: str, expected: bool) -> None:
    assert is_principal_arn(text, "aws") is expected


@pytest.mark.parametrize(
    "text",
    [
        policy_of(STATEMENT).replace('"Effect":', '"Effect": "Deny", "Effect":'),
        policy_of(STATEMENT)[:-1] + ', "Statement": []}',
        policy_of(STATEMENT | {"Condition": {"Bool": {"a": True}}}).replace('"a":', '"a": false, "a":'),
        policy_of(STATEMENT | {"Sid": "\ud800"}),
        policy_of(STATEMENT | {"Condition": {"StringEquals": {"kms:x": "\udfff"}}}),
        policy_of(STATEMENT | {"Condition": {"StringEquals": {"kms:\ud800": "x"}}}),
        policy_of(STATEMENT | {"Condition": {"NumericEquals": {"kms:x": 5}}}).replace("5", "1e400"),
    ],
    ids=["Effect twice", "Statement twice", "key twice", "half a letter", "in a value", "in a key", "no number"],
)
def test_what_could_not_be_written_down_again(text: str) -> None:
    # Found by fuzzing: it was stored, and GetKeyPolicy failed, or gave another policy than was put.
    with pytest.raises(MalformedPolicyDocumentException):
        read_key_policy(text)
