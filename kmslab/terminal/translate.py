"""The same request as an `aws` command and as a line of boto3.

    >>> show_boto3("aws kms enable-key --key-id 1234")
    kms.enable_key(KeyId="1234")
    >>> show_cli('kms.encrypt(KeyId="alias/app", Plaintext=b"hello")')
    aws kms encrypt --key-id alias/app --plaintext aGVsbG8=

Both take a command, a line of boto3, an operation with its parameters, an event of the trail or a `Call`. What the
trail does not show, a plaintext or a ciphertext, is shown as a file of the member's name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from botocore import xform_name

from kmslab.call import Call, EventType
from kmslab.errors import KmslabError
from kmslab.terminal import command_line, python_line
from kmslab.terminal.request import ApiRequest, FromFile, make, service_model
from kmslab.trail import events

What = str | Call | Mapping[str, Any] | tuple[str, Mapping[str, Any]] | ApiRequest

_NOT_UNDERSTOOD = (
    'Give a command ("aws kms list-keys"), a line of boto3 ("kms.list_keys()"), an operation with its parameters '
    '(("Encrypt", {...})) or an event of lab.trail.'
)


class Shown(str):
    """A text that a notebook shows without quotation marks."""

    __slots__ = ()

    def __repr__(self) -> str:
        """The text itself."""
        return str(self)


def show_cli(what: What, default_region: str | None = None) -> Shown:
    """A request as a command of AWS CLI version 2.

    Args:
        what: See the module.
        default_region: The Region that goes without saying.

    Raises:
        KmslabError: it cannot be understood, or a command cannot say it.
    """
    return Shown(command_line.write(_said(understood(what), default_region)))


def show_boto3(what: What, default_region: str | None = None) -> Shown:
    """A request as a line of boto3.

    Args:
        what: See the module.
        default_region: The Region that goes without saying.

    Raises:
        KmslabError: it cannot be understood.
    """
    return Shown(python_line.write(_said(understood(what), default_region)))


def understood(what: What) -> ApiRequest:
    """The request that something stands for.

    Raises:
        KmslabError: nothing can be made of it.
    """
    if isinstance(what, ApiRequest):
        return what
    if isinstance(what, Call):
        return _of_call(what)
    if isinstance(what, str):
        is_command = what.strip().lstrip("$!% ").split(maxsplit=1)[:1] == ["aws"]
        return command_line.read(what) if is_command else python_line.read(what)
    if isinstance(what, Mapping) and "eventName" in what:
        return _of_event(what)
    if isinstance(what, tuple) and len(what) == 2 and isinstance(what[0], str) and isinstance(what[1], Mapping):
        return make(what[0], what[1])
    raise KmslabError(_NOT_UNDERSTOOD)


def _said(request: ApiRequest, default_region: str | None) -> ApiRequest:
    return replace(request, region=None) if request.region == default_region else request


def _of_call(call: Call) -> ApiRequest:
    if call.event_type is not EventType.API_CALL:
        raise KmslabError(f"{call.operation} was done by KMS itself; there is no call to show.")
    return make(call.operation, _with_files(call.operation, call.params), call.region)


def _of_event(event: Mapping[str, Any]) -> ApiRequest:
    operation = str(event["eventName"])
    if event.get("eventType") == EventType.SERVICE_EVENT.value:
        raise KmslabError(f"{operation} was done by KMS itself; there is no call to show.")
    service = str(event.get("eventSource", "kms.amazonaws.com")).split(".")[0]
    model = make(operation, {}, None, service).model
    logged = event.get("requestParameters") or {}
    parameters = {} if model.input_shape is None else _raised(model.input_shape, logged)
    said = _without_defaults(operation, parameters)
    return make(operation, _with_files(operation, said, service), event.get("awsRegion"), service)


def _raised(shape: Any, logged: Any) -> Any:
    """Logged values under the names that the model has for them."""
    if shape.type_name == "structure" and isinstance(logged, Mapping):
        names = {_logged_name(name): name for name in shape.members}
        return {
            names[name]: _raised(shape.members[names[name]], value) for name, value in logged.items() if name in names
        }
    if shape.type_name == "list" and isinstance(logged, list):
        return [_raised(shape.member, each) for each in logged]
    if shape.type_name == "timestamp" and isinstance(logged, str):
        return datetime.strptime(logged, "%b %d, %Y, %I:%M:%S %p").replace(tzinfo=UTC)
    return logged


def _logged_name(name: str) -> str:
    lowered = name[0].lower() + name[1:]
    return events.RENAMED.get(lowered, lowered)


def _without_defaults(operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """CloudTrail logs some members with their default although nobody said them."""
    defaults = dict(events.DEFAULTS.get(operation, {}))
    if operation == "CreateKey":
        # The key spec is logged under both its names.
        defaults |= {"KeySpec": "SYMMETRIC_DEFAULT", "CustomerMasterKeySpec": parameters.get("KeySpec")}
    return {name: value for name, value in parameters.items() if name not in defaults or value != defaults[name]}


def _with_files(operation: str, parameters: Mapping[str, Any], service: str = "kms") -> dict[str, Any]:
    """The parameters, with a stand-in for what the trail keeps to itself and the operation cannot do without.

    The model does not call every blob required that is: Decrypt can do without one in a dry run.
    """
    shape = service_model(service).operation_model(operation).input_shape
    if shape is None:
        return dict(parameters)
    wanted = {
        name: member
        for name, member in shape.members.items()
        if name not in parameters and (name in shape.required_members or (member.type_name == "blob"))
    }
    files = {name: FromFile(xform_name(name, "-")) for name, member in wanted.items() if member.type_name == "blob"}
    names = {name: f"<{xform_name(name, '-')}>" for name, member in wanted.items() if member.type_name == "string"}
    return {**parameters, **files, **names}
