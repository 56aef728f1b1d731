"""Every registered operation has its rows, takes exactly the model's members, and raises only declared errors."""

from __future__ import annotations

import inspect
import re
from typing import Any

import botocore
import pytest
from botocore import xform_name
from botocore.model import OperationModel

from kmslab import errors
from kmslab.arn import partition_of
from kmslab.authz.permissions import PERMISSIONS
from kmslab.billing.prices import PRICE_OF
from kmslab.errors import AwsError
from kmslab.keys.key import Key
from kmslab.keys.states import KEY_STATES, KeyState
from kmslab.operations import OPERATIONS, Operation
from kmslab.operations.registry import AliasParam, GrantParam, Param, RelatedParam, snake_case
from kmslab.wire.model import loader, operation_names, regions, service_model

#: Members that the front door uses up.
CONSUMED = {"GrantTokens", "DryRun", "DryRunModifiers"}

#: Errors of every AWS service, or of the KMS front end, that no operation of the model declares.
COMMON = {
    "AccessDeniedException", "ExpiredTokenException", "IncompleteSignatureException", "InvalidSignatureException",
    "MissingAuthenticationTokenException", "SerializationException", "ThrottlingException",
    "UnknownOperationException", "UnrecognizedClientException", "ValidationException",
}  # fmt: skip

every_operation = pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)


def model_of(operation: Operation) -> OperationModel:
    return service_model().operation_model(operation.name)


def used_up(param: Param) -> set[str]:
    """The members that stand for a key, alias or grant and that the operation itself does not see."""
    if isinstance(param, RelatedParam):
        return set()
    return {param.member, param.token, param.key} if isinstance(param, GrantParam) else {param.member}


def declared(operation: Operation) -> set[str]:
    return {shape.name for shape in model_of(operation).error_shapes} | COMMON


def aws_errors() -> dict[str, type[AwsError]]:
    found = vars(errors).values()
    return {each.__name__: each for each in found if isinstance(each, type) and issubclass(each, AwsError)} | {}


def test_every_operation_of_the_model_is_registered(kms: Any) -> None:
    """The model as boto3 shows it. A newer botocore with one more operation fails here, and says which it is."""
    missing = set(kms.meta.service_model.operation_names) - set(OPERATIONS)
    assert not missing, f"botocore {botocore.__version__} has operations that the Lab does not run: {sorted(missing)}"


def test_no_other_operation_is_registered(kms: Any) -> None:
    """An older botocore, which does not have all that the Lab runs, fails here."""
    assert set(OPERATIONS) - set(kms.meta.service_model.operation_names) == set()


def test_there_are_as_many_operations_as_the_documentation_says() -> None:
    assert len(operation_names()) == 56, "tell the number of operations anew wherever it is told, and here"
    assert {"Encapsulate", "Decapsulate"} <= operation_names()


def test_every_operation_has_a_permission_and_a_price() -> None:
    assert set(PERMISSIONS) == set(OPERATIONS)
    assert set(PRICE_OF) == set(OPERATIONS)


def test_every_operation_on_keys_has_a_row_of_states() -> None:
    on_keys = {
        name
        for name, operation in OPERATIONS.items()
        if any(not isinstance(param, AliasParam) for param in operation.params)
    }
    assert set(KEY_STATES) == on_keys
    assert all(set(row) == set(KeyState) for row in KEY_STATES.values())


@every_operation
def test_the_signature_is_the_request_type(operation: Operation) -> None:
    shape = model_of(operation).input_shape
    consumed = CONSUMED | {member for param in operation.params for member in used_up(param)}
    members = {name: name in shape.required_members for name in shape.members if name not in consumed}
    taken = {
        name: parameter.default is inspect.Parameter.empty
        for name, parameter in inspect.signature(operation.run).parameters.items()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY
    }
    assert taken == {xform_name(name): required for name, required in members.items()}


@every_operation
def test_the_positional_parameters_are_the_context_and_the_keys(operation: Operation) -> None:
    parameters = inspect.signature(operation.run).parameters.values()
    positional = [each for each in parameters if each.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
    assert len(positional) == 1 + len(operation.params)
    assert all(param.member in model_of(operation).input_shape.members for param in operation.params)


@every_operation
def test_the_names_are_converted_as_botocore_converts_them(operation: Operation) -> None:
    for member in model_of(operation).input_shape.members:
        assert snake_case(member) == xform_name(member)


@every_operation
def test_the_docstring_names_only_errors_that_the_model_declares(operation: Operation) -> None:
    raised = set(re.findall(r"^ +(\w+Exception):", operation.run.__doc__ or "", re.M))
    assert raised <= declared(operation)


@every_operation
def test_the_key_states_give_only_errors_that_the_model_declares(operation: Operation) -> None:
    for refuse in KEY_STATES.get(operation.name, {}).values():
        if refuse is not None:
            assert refuse("arn:aws:kms:us-east-1:123456789010:key/x").code in declared(operation)


def test_every_error_class_is_one_of_the_model_or_common_to_all_services() -> None:
    modelled = {
        shape.name for name in operation_names() for shape in service_model().operation_model(name).error_shapes
    }
    assert {name for name in aws_errors() if name != "AwsError"} <= modelled | COMMON


def test_the_answers_of_an_operation_are_checked_against_the_model() -> None:
    from kmslab.wire.model import codec

    with pytest.raises(KeyError, match="Surprise"):
        codec("DescribeKey").encode({"Surprise": 1})


def test_every_region_of_aws_is_known_in_its_partition() -> None:
    partitions = loader().load_data("partitions")["partitions"]
    expected = {
        region: partition["id"]
        for partition in partitions
        for region in partition["regions"]
        if not region.endswith("-global")
    }
    assert set(regions()) == set(expected)
    assert {region: partition_of(region) for region in regions()} == expected
    assert {"us-east-1", "eu-west-1", "cn-north-1", "eusc-de-east-1"} <= regions()


def test_no_map_of_the_model_constrains_its_keys_or_values() -> None:
    """The walk over the model does not look into maps; a newer model that needs it shows up here."""
    for name in operation_names():
        for shape in service_model().operation_model(name).input_shape.members.values():
            if shape.type_name == "map":
                assert not shape.key.metadata
                assert not shape.value.metadata


def test_a_key_changes_only_by_its_own_methods() -> None:
    """Keys are told apart by identity: two that look alike are two keys."""
    assert Key.__eq__ is object.__eq__
