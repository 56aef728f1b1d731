"""botocore's own description of KMS, and one `Codec` per operation made from it.

The model is the only place that says which members an operation takes, of which type and within which limits; nothing
of it is written down a second time. Source: botocore/data/kms/2014-11-01/service-2.json.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel, Shape

from kmslab.wire.decode import decoder
from kmslab.wire.encode import encoder
from kmslab.wire.validate import validator

#: The prefix of the X-Amz-Target header, before the operation's name.
TARGET_PREFIX = "TrentService."

# Not marked sensitive in the model, yet CloudTrail leaves them out. Source: KMS Developer Guide, "Logging AWS KMS API
# calls with AWS CloudTrail" (grant tokens are not logged).
_TOKENS = frozenset({"GrantToken", "GrantTokens"})


@dataclass(frozen=True, slots=True)
class Codec:
    """How one operation travels.

    Attributes:
        name: The operation's name.
        decode: JSON members to values: blobs become bytes, timestamps become datetimes.
        validate: Values to the list of AWS's findings; empty when every constraint is kept.
        encode: Reply members to JSON members.
        public_input: The request members that may be shown: nothing that is or holds a blob, a secret or a token.
        public_output: The same for the reply; nothing of a page of a listing.
    """

    name: str
    decode: Callable[[Any], dict[str, Any]]
    validate: Callable[[Mapping[str, Any]], list[str]]
    encode: Callable[[Mapping[str, Any]], dict[str, Any]]
    public_input: frozenset[str]
    public_output: frozenset[str]


@cache
def loader() -> Loader:
    """One loader for the whole process: reading a service's description is the slow part of making a client."""
    return Loader()


@cache
def service_model() -> ServiceModel:
    """The KMS service description of the installed botocore."""
    return ServiceModel(loader().load_service_model("kms", "service-2"), "kms")


@cache
def operation_names() -> frozenset[str]:
    """All operations that the installed botocore knows."""
    return frozenset(service_model().operation_names)


def enum(shape_name: str) -> tuple[str, ...]:
    """The values of an enumeration of the model."""
    return tuple(service_model().shape_for(shape_name).enum)


@cache
def regions() -> frozenset[str]:
    """The Regions of AWS that the installed botocore knows, in every partition."""
    partitions = loader().load_data("partitions")["partitions"]
    names = {name for partition in partitions for name in partition["regions"]}
    return frozenset(name for name in names if not name.endswith("-global"))


@cache
def codec(operation: str) -> Codec:
    """The codec of one operation, made on first use."""
    model: OperationModel = service_model().operation_model(operation)
    return Codec(
        name=operation,
        decode=decoder(model.input_shape),
        validate=validator(model.input_shape),
        encode=encoder(model.output_shape),
        public_input=_public_members(model.input_shape),
        # A page of what there is is neither logged nor kept: a Lab that lists its keys often would hold little else.
        public_output=frozenset() if _is_page(model.output_shape) else _public_members(model.output_shape),
    )


def _is_page(shape: Any) -> bool:
    return shape is not None and "Truncated" in shape.members


def _public_members(shape: Any) -> frozenset[str]:
    if shape is None:
        return frozenset()
    return frozenset(
        name for name, member in shape.members.items() if name not in _TOKENS and not _holds_secret(member)
    )


def _holds_secret(shape: Shape) -> bool:
    if shape.type_name == "blob" or shape.metadata.get("sensitive"):
        return True
    if shape.type_name == "structure":
        return any(_holds_secret(member) for member in shape.members.values())
    if shape.type_name == "list":
        return _holds_secret(shape.member)
    return False
