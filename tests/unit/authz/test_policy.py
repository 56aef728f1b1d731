"""Key policies as documents: what is read, how it is laid out, what rests on the account."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmslab.authz.policy import (
    default_key_policy,
    gives_account_everything,
    is_default_policy,
    is_principal_arn,
    named_principals,
    read_key_policy,
    texts,
    write_key_policy,
)
from kmslab.errors import InvalidArnException, MalformedPolicyDocumentException

ACCOUNT, REGION = "123456789010", "us-east-1"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
STATEMENT = {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "kms:*", "Resource": "*"}
USER = {
    "Effect": "Allow",
    "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/x"},
    "Action": "kms:Sign",
    "Resource": "*",
}

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


def test_named_principals() -> None:
    assert named_principals("*") == ("*",)
    assert named_principals({"AWS": [ROOT, "*"]}) == (ROOT, "*")
    assert named_principals({"Service": "s3.amazonaws.com"}) == ()
    assert named_principals(None) == ()


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


class TestWhatRestsOnTheAccount:
    @pytest.mark.parametrize(
        "policy",
        [
            default_key_policy(ACCOUNT, REGION),
            policy_of(STATEMENT, USER),
            policy_of(USER, STATEMENT | {"Principal": {"AWS": [ACCOUNT, "999988887777"]}}),
            policy_of(STATEMENT | {"Action": ["kms:Encrypt", "*"], "Resource": ["*"], "Condition": {}}),
        ],
        ids=["the default policy", "one more user", "account id", "lists"],
    )
    def test_everything(self, policy: str) -> None:
        assert gives_account_everything(policy, ACCOUNT, REGION)
        assert not gives_account_everything(policy, "111122223333", REGION)
        assert not gives_account_everything(policy, ACCOUNT, "cn-north-1")

    @pytest.mark.parametrize(
        "policy",
        [
            "no policy",
            policy_of(USER),
            policy_of(STATEMENT | {"Principal": "*"}),
            policy_of(STATEMENT | {"Action": "kms:Encrypt*"}),
            policy_of(STATEMENT | {"Resource": "arn:aws:kms:us-east-1:123456789010:key/x"}),
            policy_of(STATEMENT | {"Condition": {"Bool": {"aws:SecureTransport": "true"}}}),
            policy_of(STATEMENT, USER | {"Effect": "Deny"}),
            policy_of(
                {name: value for name, value in STATEMENT.items() if name != "Action"} | {"NotAction": "kms:Sign"}
            ),
        ],
        ids=["no policy", "a user", "anybody", "some actions", "a resource", "a condition", "a denial", "all but one"],
    )
    def test_less(self, policy: str) -> None:
        assert not gives_account_everything(policy, ACCOUNT, REGION)

    def test_a_policy_of_another_partition_is_not_the_default_one(self) -> None:
        assert is_default_policy(default_key_policy(ACCOUNT, "cn-north-1"), ACCOUNT, "cn-north-1")
        assert not is_default_policy(default_key_policy(ACCOUNT, "cn-north-1"), ACCOUNT, REGION)
