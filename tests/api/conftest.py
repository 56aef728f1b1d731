"""What the API tests share: a Lab per module for what is slow to make, and the one check of every refusal."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from hypothesis import settings

from kmslab import Lab
from kmslab.keys.key import Key

# The same examples every time, and no deadline: the machine may be busy.
settings.register_profile("kmslab", deadline=None, derandomize=True, database=None)
settings.load_profile("kmslab")

VECTORS = Path(__file__).parents[1] / "vectors"

#: CloudTrail's own word for a denial.
TRAIL_CODES = {"AccessDeniedException": "AccessDenied"}

Refuses = Callable[..., AbstractContextManager[None]]


def fingerprint(lab: Lab) -> list[Any]:
    """Everything that a call could change, in every account and Region."""
    return [
        (
            store.account_id,
            store.region,
            [key_print(key) for key in store.keys],
            [
                (alias.name, alias.arn, alias.target_key_id, alias.created, alias.updated)
                for alias in store.aliases.after(None)
            ],
        )
        for store in lab.world.stores
        if store.keys or store.aliases
    ]


def key_print(key: Key) -> list[Any]:
    """Everything about a key that a call could change."""
    return [
        (key.key_id, key.state, key.enabled, key.deletion_date, key.deletion_window, key.description, key.policy),
        (dict(key.tags), key.last_use, dataclasses.astuple(key.rotation)),
        [(grant.grant_id, list(grant.tokens)) for grant in key.grants],
        None if key.related is None else [(each.arn, each.is_primary) for each in key.related],
        [
            (each.material_id, each.material, each.state, each.rotated, each.valid_to, each.description)
            for each in key.ring
        ],
    ]


def check_refusals(lab: Lab, account_id: str | None = None) -> Refuses:
    """A context manager around exactly one call that must fail, for the callers of one account of `lab`."""
    account = lab.account(account_id or lab.account_id)

    @contextmanager
    def refuses(code: str, text: str | None = "") -> Iterator[None]:
        """Expect AWS's `code` with exactly `text`; None where AWS's text is not known."""
        before, requests, events = fingerprint(lab), account.bill.requests, len(account.trail)
        with pytest.raises(ClientError) as caught:
            yield
        error = caught.value.response["Error"]
        assert error["Code"] == code, error
        if text is not None:
            assert same_text(error["Message"], text), f"{error['Message']!r} instead of {text!r}"
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
        assert fingerprint(lab) == before, "a refused call changed something"
        assert account.bill.requests == requests + 1, "a refused call is one request on the bill"
        assert len(account.trail) == events + 1, "a refused call is one event in the trail"
        event = account.trail[-1]
        assert event["errorCode"] == TRAIL_CODES.get(code, code)
        assert event.get("errorMessage", "") == error["Message"]
        assert event["responseElements"] is None

    return refuses


def same_text(said: str, expected: str) -> bool:
    """Whether two texts are equal, the members of an enum set in any order: AWS's order is not known for all."""
    said_start, said_set = _enum(said)
    start, members = _enum(expected)
    return said_start == start and said_set == members


def _enum(text: str) -> tuple[str, list[str]]:
    start, mark, members = text.partition("enum value set: [")
    return start + mark, sorted(members.removesuffix("]").split(", "))


class SharedWorld:
    """A Lab for a whole module. Its tests only read, or make keys of their own."""

    def __init__(self, lab: Lab) -> None:
        """Keep the Lab; keys are made when somebody asks for them."""
        self.lab = lab
        self.kms: Any = lab.client("kms")
        self.refuses = check_refusals(lab)
        self._arns: dict[tuple[str, str | None], str] = {}

    def key(self, key_spec: str = "SYMMETRIC_DEFAULT", key_usage: str | None = None) -> str:
        """The ARN of this module's one key of a spec and usage; the usage that fits unless said otherwise."""
        name = (key_spec, key_usage)
        if name not in self._arns:
            params = {} if key_spec == "SYMMETRIC_DEFAULT" else {"KeyUsage": key_usage or _usage(key_spec)}
            self._arns[name] = self.kms.create_key(KeySpec=key_spec, **params)["KeyMetadata"]["Arn"]
        return self._arns[name]


def _usage(key_spec: str) -> str:
    return "GENERATE_VERIFY_MAC" if key_spec.startswith("HMAC") else "SIGN_VERIFY"


@pytest.fixture
def refuses(lab: Lab) -> Refuses:
    """Expect one call of the Lab's account to fail, with AWS's words and without a trace but in bill and trail."""
    return check_refusals(lab)


@pytest.fixture(scope="session")
def refusals_of() -> Callable[..., Refuses]:
    """Makes `refuses` for another Lab, or for another account."""
    return check_refusals


@pytest.fixture(scope="session")
def fingerprint_of() -> Callable[[Lab], list[Any]]:
    """Everything that a call could change in a Lab."""
    return fingerprint


@pytest.fixture(scope="module")
def world() -> Iterator[SharedWorld]:
    """A Lab for the whole module, with keys that are made once."""
    with Lab(seed=2) as lab:
        yield SharedWorld(lab)


@pytest.fixture(scope="session")
def unchecked() -> Callable[[Lab], Any]:
    """Makes a KMS client that sends whatever it is given: botocore checks nothing before."""

    def make(lab: Lab, **options: Any) -> Any:
        return lab.client("kms", config=Config(parameter_validation=False), **options)

    return make


@pytest.fixture(scope="session")
def vectors() -> Callable[[str], Any]:
    """Reads a file of tests/vectors."""
    return lambda name: json.loads((VECTORS / f"{name}.json").read_text())


@pytest.fixture(scope="session")
def members() -> Callable[[Any], set[str]]:
    """The members of a reply, without what botocore adds."""
    return lambda reply: set(reply) - {"ResponseMetadata"}
