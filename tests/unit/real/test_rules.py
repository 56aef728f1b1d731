"""The tables of what may be sent to real AWS, laid beside botocore's models: no change slips by."""

from __future__ import annotations

import pytest
from botocore.model import ServiceModel

from kmslab.errors import KmslabError
from kmslab.real import rules
from kmslab.real.guard import Guard
from kmslab.real.removing import REMOVE, TAGS_OF
from kmslab.real.rules import CREATIONS, MEMBERS, NAMED_BY, NEVER, Kind
from kmslab.wire.model import loader

REGION = "us-east-1"


def model(service: str) -> ServiceModel:
    return ServiceModel(loader().load_service_model(service, "service-2"), service)


@pytest.fixture
def nothing_is_ours() -> Guard:
    return Guard("210987654321", (REGION,), lambda kind, region, name: False)


@pytest.mark.parametrize(("service", "operation"), CREATIONS)
def test_what_makes_something_is_in_the_model(service: str, operation: str) -> None:
    creation, found = CREATIONS[service, operation], model(service).operation_model(operation)
    if creation.asked:
        assert creation.asked in found.input_shape.members
    if creation.tags is not None:
        member, key, value = creation.tags
        assert {key, value} <= set(found.input_shape.members[member].member.members)
    shape = found.output_shape
    for member in creation.answered:
        shape = shape.members[member]
    assert not creation.answered or shape.type_name == "string"


def test_every_kind_can_be_taken_back() -> None:
    assert set(REMOVE) == set(Kind)
    # An alias answers for its key; a grant ends with it.
    assert set(Kind) - set(TAGS_OF) == {Kind.GRANT}
    assert {creation.kind for creation in CREATIONS.values()} == set(Kind)


def test_what_is_never_sent_is_in_the_model() -> None:
    for service, operation in NEVER:
        assert operation in model(service).operation_names
    for service, operation, member in MEMBERS:
        assert member in model(service).operation_model(operation).input_shape.members


@pytest.mark.parametrize("service", sorted(set(NAMED_BY) - {"sts"}))
def test_no_change_to_what_is_not_ours_is_sent(service: str, nothing_is_ours: Guard) -> None:
    described = model(service)
    changes = [name for name in described.operation_names if not rules.only_reads(service, name)]
    assert changes
    for operation in changes:
        shape = described.operation_model(operation).input_shape
        # Every member that names something names something else's, and what makes something writes over it.
        params = dict.fromkeys(shape.members if shape else (), "theirs")
        params |= {member: REGION for member in ("ReplicaRegion", "PrimaryRegion") if member in params}
        if (service, operation) in CREATIONS and "Overwrite" not in params and "KeyId" not in params:
            continue
        with pytest.raises(KmslabError, match=r"\.$"):
            nothing_is_ours(service, operation, REGION, params)


@pytest.mark.parametrize("service", sorted(set(NAMED_BY) - {"sts"}))
def test_a_change_that_names_nothing_is_not_sent(service: str, nothing_is_ours: Guard) -> None:
    for operation in model(service).operation_names:
        if not rules.only_reads(service, operation) and (service, operation) not in CREATIONS:
            with pytest.raises(KmslabError):
                nothing_is_ours(service, operation, REGION, {})


def test_reading_is_told_by_verbs_that_change_nothing() -> None:
    for service in set(NAMED_BY) - {"kms", "sts"}:
        reads = [name for name in model(service).operation_names if rules.only_reads(service, name)]
        assert not [name for name in reads if name.startswith(("Create", "Put", "Delete", "Update", "Start", "Send"))]
