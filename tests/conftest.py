"""The fixtures of all tests: a seeded Lab, clients and principals of it, and a maker of keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from kmslab import Lab, Principal

#: The account and the default Region of every Lab here.
ACCOUNT = "123456789010"
REGION = "us-east-1"

MakeKey = Callable[..., str]


@pytest.fixture
def lab() -> Iterator[Lab]:
    """A Lab of its own for each test, the same ids and dates every time."""
    with Lab(seed=1) as made:
        yield made


@pytest.fixture
def kms(lab: Lab) -> Any:
    """The administrator's KMS client in us-east-1."""
    return lab.client("kms")


@pytest.fixture
def alice(lab: Lab) -> Principal:
    """An IAM user without any policy."""
    return lab.user("alice")


@pytest.fixture
def bob(lab: Lab) -> Principal:
    """An IAM user whose policy allows everything: enough wherever the key policy lets IAM decide."""
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    return lab.user("bob", policy={"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def make_key(kms: Any) -> MakeKey:
    """Makes a key in us-east-1 and gives its id; takes CreateKey's parameters, and a KeyUsage that fits the KeySpec."""

    def make(key_spec: str = "SYMMETRIC_DEFAULT", **params: Any) -> str:
        if key_spec.startswith("HMAC"):
            params.setdefault("KeyUsage", "GENERATE_VERIFY_MAC")
        elif key_spec != "SYMMETRIC_DEFAULT":
            params.setdefault("KeyUsage", "SIGN_VERIFY")
        return str(kms.create_key(KeySpec=key_spec, **params)["KeyMetadata"]["KeyId"])

    return make
