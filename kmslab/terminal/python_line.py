"""A line of boto3 as a request, and a request as a line of boto3. Only values that stand in the line are understood."""

from __future__ import annotations

import ast
import json
import operator
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from botocore import xform_name

from kmslab.errors import KmslabError
from kmslab.terminal.request import ApiRequest, FromFile, Reading, make, operations

_EXAMPLE = 'A line to translate looks like `kms.encrypt(KeyId="alias/app", Plaintext=b"hello")`.'

#: How each reading of a file is written in Python, and so read again.
_FORMS = {
    Reading.BYTES: 'open({path}, "rb").read()',
    Reading.TEXT: "open({path}).read()",
    Reading.BASE64: "b64decode(open({path}).read())",
    Reading.JSON: "json.loads(open({path}).read())",
    Reading.STREAM: 'open({path}, "rb")',
}


def write(request: ApiRequest) -> str:
    """The line that makes a request; the client is called as the service is."""
    service = request.service.replace("-", "_")
    if request.region is not None:
        service = f"boto3.client({_text(request.service)}, region_name={_text(request.region)})"
    arguments = ", ".join(f"{name}={_literal(value)}" for name, value in request.parameters.items())
    return f"{service}.{xform_name(request.operation)}({arguments})"


def read(line: str) -> ApiRequest:
    """The request that a line makes. `reply = ` before it and a member taken out of the reply are passed over.

    Raises:
        KmslabError: it is no call of a client, or a value is a name or is worked out.
    """
    call = _call(line)
    if not isinstance(call.func, ast.Attribute):
        raise KmslabError(_EXAMPLE)
    service, region = _client(call.func.value, call.func.attr)
    operation = operations(service, "_").get(call.func.attr)
    if operation is None:
        raise KmslabError(f"A boto3 client for {service} has no operation {call.func.attr}().")
    if call.args or any(keyword.arg is None for keyword in call.keywords):
        raise KmslabError("boto3 takes every parameter by its name, such as KeyId=...")
    parameters = {str(keyword.arg): _value(keyword.value) for keyword in call.keywords}
    return make(operation, parameters, region, service)


def _call(line: str) -> ast.Call:
    try:
        body = ast.parse(line.strip()).body
    except (SyntaxError, RecursionError):
        raise KmslabError(f"This line is not Python. {_EXAMPLE}") from None
    statement = body[0] if len(body) == 1 else None
    value = statement.value if isinstance(statement, (ast.Expr, ast.Assign)) else None
    while isinstance(value, ast.Subscript):
        value = value.value
    if not isinstance(value, ast.Call):
        raise KmslabError(_EXAMPLE)
    return value


def _client(maker: ast.expr, method: str) -> tuple[str, str | None]:
    """The service and the Region of `kms` or `boto3.client("kms", region_name="eu-west-1")`."""
    if isinstance(maker, ast.Name):
        return _service(maker.id, method), None
    if isinstance(maker, ast.Call) and isinstance(maker.func, ast.Attribute) and maker.func.attr == "client":
        named = {"region_name": None} | {str(each.arg): _value(each.value) for each in maker.keywords}
        services = [_value(each) for each in maker.args] or [named.get("service_name")]
        if isinstance(services[0], str):
            region = _value(maker.args[1]) if len(maker.args) > 1 else named["region_name"]
            return services[0], region
    raise KmslabError(_EXAMPLE)


def _service(name: str, method: str) -> str:
    """A client's name says its service, if there is one of that name; otherwise it is taken for KMS."""
    for service in (name, name.replace("_", "-")):
        try:
            if method in operations(service, "_"):
                return service
        except KmslabError:
            continue
    return "kms"


# --- values ---


def _value(node: ast.expr) -> Any:
    if isinstance(node, (ast.List, ast.Tuple)):
        return [_value(each) for each in node.elts]
    if isinstance(node, ast.Dict) and all(isinstance(name, ast.Constant) for name in node.keys):
        return {_value(name): _value(each) for name, each in zip(node.keys, node.values, strict=True) if name}
    if isinstance(node, ast.Call):
        return _called(node)
    try:
        return ast.literal_eval(node)
    except (TypeError, ValueError):
        raise KmslabError(
            f"Only a value that stands in the line can be translated, not `{ast.unparse(node)}`."
        ) from None


def _called(node: ast.Call) -> Any:
    written = ast.unparse(node)
    for reading, form in _FORMS.items():
        path = _path(node, form)
        if path is not None:
            return FromFile(path, reading)
    if isinstance(node.func, (ast.Name, ast.Attribute)) and written.split("(")[0] in _MADE:
        return _MADE[written.split("(")[0]](node)
    raise KmslabError(f"Only a value that stands in the line can be translated, not `{written}`.")


def _path(node: ast.Call, form: str) -> str | None:
    """The path, if the node is written in this form."""
    for path in (
        each.value for each in ast.walk(node) if isinstance(each, ast.Constant) and isinstance(each.value, str)
    ):
        if ast.dump(node) == ast.dump(ast.parse(form.format(path=repr(path)), mode="eval").body):
            return path
    return None


def _moment(node: ast.Call) -> datetime:
    numbers = [_value(each) for each in node.args]
    zones = [ast.unparse(each.value) for each in node.keywords]
    moment: Callable[..., datetime] = datetime
    try:
        if all(type(number) is int for number in numbers) and all(zone in _UTC for zone in zones):
            return moment(*numbers, tzinfo=UTC)
    except (TypeError, ValueError, OverflowError):
        # Too few numbers, too many, or a month that there is not.
        pass
    raise KmslabError("A time to translate looks like `datetime(2026, 12, 31, 9, 0, tzinfo=UTC)`.")


_UTC = ("UTC", "timezone.utc", "datetime.UTC", "datetime.timezone.utc")

_MADE: Mapping[str, Callable[[ast.Call], Any]] = {"datetime": _moment, "datetime.datetime": _moment}


def _literal(value: Any) -> str:
    for kind, write_it in _WRITERS:
        if isinstance(value, kind):
            return write_it(value)
    return repr(value)


def _text(value: str) -> str:
    # JSON's text is Python's, and its quotation marks are double.
    return json.dumps(value, ensure_ascii=False)


def _bytes(value: bytes) -> str:
    shown = repr(value)
    return shown if '"' in shown else 'b"' + shown[2:-1].replace("\\'", "'") + '"'


def _time(value: datetime) -> str:
    moment = value.astimezone(UTC)
    numbers = [*operator.attrgetter("year", "month", "day", "hour", "minute", "second", "microsecond")(moment)]
    while len(numbers) > 5 and not numbers[-1]:
        numbers.pop()
    return f"datetime({', '.join(map(str, numbers))}, tzinfo=UTC)"


def _file(value: FromFile) -> str:
    return _FORMS[value.reading].format(path=_text(value.path))


def _list(value: list[Any]) -> str:
    return "[" + ", ".join(map(_literal, value)) + "]"


def _dictionary(value: dict[str, Any]) -> str:
    return "{" + ", ".join(f"{_text(name)}: {_literal(each)}" for name, each in value.items()) + "}"


_WRITERS: tuple[tuple[type, Callable[[Any], str]], ...] = (
    (str, _text),
    (bytes, _bytes),
    (datetime, _time),
    (FromFile, _file),
    (list, _list),
    (dict, _dictionary),
)
