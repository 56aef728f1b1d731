"""An `aws` command as a request, and a request as an `aws` command, for any operation that botocore knows.

Read as AWS CLI version 2 reads it: blobs are base64 unless `--cli-binary-format raw-in-base64-out` is there. Options
about the output, the endpoint or the profile are read and forgotten; a pipe or a redirection ends the command.
"""

from __future__ import annotations

import base64
import binascii
import json
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from botocore import xform_name

from kmslab.errors import KmslabError
from kmslab.terminal import shorthand
from kmslab.terminal.request import ApiRequest, FromFile, Reading, make, operations, service_model

#: Commands that are not called as boto3 calls the service.
_SERVICES = {"s3api": "s3"}
_COMMANDS = {service: command for command, service in _SERVICES.items()}

_OF_A_SHELL = frozenset({"|", "||", "&", "&&", ";", ">", ">>", "<", "2>", "2>&1"})

_GLOBAL = frozenset(
    """region endpoint-url output query profile color ca-bundle cli-read-timeout cli-connect-timeout cli-binary-format
    cli-input-json""".split()
)
_GLOBAL_FLAGS = frozenset(
    "debug no-verify-ssl no-paginate no-sign-request no-cli-pager no-cli-auto-prompt cli-auto-prompt v2-debug".split()
)

_SCALARS = ("string", "character", "integer", "long", "float", "double", "boolean", "blob", "timestamp")
_OUTFILE = "outfile"


def read(text: str) -> ApiRequest:
    """The request that a command makes.

    Raises:
        KmslabError: it is no `aws` command of one request, or has an option that the operation has not.
    """
    words = _words(text)
    options, names = _options(words)
    service, operation = _called(names)
    model = service_model(service).operation_model(operation)
    if model.has_streaming_output:
        options, names = _options(_without_outfile(words))
    shape = model.input_shape
    raw = options.get("cli-binary-format", [""])[-1] == "raw-in-base64-out"
    parameters = _from_skeleton(options, shape, raw)
    parameters |= _parameters(options, shape, raw, f"aws {names[0]} {names[1]}")
    region = options["region"][0] if options.get("region") else None
    return make(operation, parameters, region, service)


def write(request: ApiRequest) -> str:
    """The command that makes a request, in one form: options in the model's order, shorthand where it is plain.

    Raises:
        KmslabError: a file is named where a command cannot name one.
    """
    command = _COMMANDS.get(request.service, request.service)
    words = ["aws", command, xform_name(request.operation, "-")]
    shape, without_option = request.model.input_shape, {}
    for name, value in request.parameters.items():
        if isinstance(value, str) and value.startswith(("file://", "fileb://")):
            # The option would open the file; JSON is taken at its word.
            without_option[name] = value
        else:
            words += _option(xform_name(name, "-"), shape.members[name], value)
    if without_option:
        words += ["--cli-input-json", json.dumps(without_option, ensure_ascii=False)]
    if request.region is not None:
        words += ["--region", request.region]
    if request.model.has_streaming_output:
        words.append(_OUTFILE)
    return shlex.join(words)


# --- reading ---


def _words(text: str) -> list[str]:
    try:
        words = shlex.split(text.replace("\\\n", " ").strip().lstrip("$!% "))
    except ValueError:
        raise KmslabError("A quotation mark in this command is not closed.") from None
    end = next((place for place, word in enumerate(words) if word in _OF_A_SHELL), len(words))
    if words[:1] != ["aws"]:
        raise KmslabError("A command to translate begins with `aws`.")
    return words[1:end]


def _options(words: Sequence[str]) -> tuple[dict[str, list[str]], list[str]]:
    """The options, each with the words up to the next one, and what stands before, between or after them."""
    options: dict[str, list[str]] = {}
    names: list[str] = []
    current: list[str] | None = None
    for word in words:
        if word.startswith("--"):
            name, sign, value = word[2:].partition("=")
            options[name] = current = [value] if sign else []
            # Nothing more belongs to these.
            current = None if sign or name in _GLOBAL_FLAGS else current
        elif current is None or len(names) < 2:
            current = _put(word, current, names)
        else:
            current.append(word)
    return options, names


def _put(word: str, current: list[str] | None, names: list[str]) -> list[str] | None:
    """A word while the command's names are not complete: a global option takes one, and then come names again."""
    if current is None or current:
        names.append(word)
        return None
    current.append(word)
    return current


def _called(names: Sequence[str]) -> tuple[str, str]:
    """The service and the operation that a command names."""
    if len(names) < 2:
        raise KmslabError("A command to translate looks like `aws kms encrypt --key-id alias/app --plaintext aGk=`.")
    service = _SERVICES.get(names[0], names[0])
    operation = operations(service, "-").get(names[1]) if names[0] != "s3" else None
    if operation is None:
        raise KmslabError(f"`aws {names[0]} {names[1]}` is not one request of an AWS API, so it cannot be translated.")
    return service, operation


def _without_outfile(words: Sequence[str]) -> Sequence[str]:
    """The file for the output stands at the end, unless the last word is an option's value."""
    before = words[-2].removeprefix("--")
    is_value = words[-2].startswith("--") and "=" not in before and before not in _GLOBAL_FLAGS
    return words if is_value or words[-1].startswith("--") else words[:-1]


def _from_skeleton(options: Mapping[str, list[str]], shape: Any, raw: bool) -> dict[str, Any]:
    if "cli-input-json" not in options:
        return {}
    text = _single(options["cli-input-json"], "cli-input-json")
    if text.startswith(("file://", "fileb://")):
        raise KmslabError("What stands in the file of --cli-input-json is not known here; write the JSON itself.")
    return dict(_from_json(shape, _json(text, "cli-input-json"), raw))


def _parameters(options: Mapping[str, list[str]], shape: Any, raw: bool, command: str) -> dict[str, Any]:
    members = {} if shape is None else {xform_name(name, "-"): name for name in shape.members}
    parameters: dict[str, Any] = {}
    for option, words in options.items():
        positive = option.removeprefix("no-")
        if option in members:
            member = shape.members[members[option]]
            parameters[members[option]] = True if member.type_name == "boolean" else _value(member, words, raw, option)
        elif positive in members and shape.members[members[positive]].type_name == "boolean":
            parameters[members[positive]] = False
        elif option not in _GLOBAL | _GLOBAL_FLAGS:
            raise KmslabError(f"`{command}` has no option --{option}.")
    return parameters


def _value(shape: Any, words: list[str], raw: bool, option: str) -> Any:
    if shape.type_name in _SCALARS:
        return _scalar(shape, _single(words, option), raw)
    if len(words) == 1 and words[0].startswith("file://"):
        return FromFile(words[0].removeprefix("file://"), Reading.JSON)
    if len(words) == 1 and words[0].lstrip()[:1] in ("[", "{"):
        value = _json(words[0], option)
        # One structure may stand for a list of one.
        listed = [value] if shape.type_name == "list" and isinstance(value, dict) else value
        return _from_json(shape, listed, raw)
    if shape.type_name == "list":
        return [_member(shape.member, word, raw, option) for word in words]
    return _member(shape, _single(words, option), raw, option)


def _member(shape: Any, word: str, raw: bool, option: str) -> Any:
    if shape.type_name in _SCALARS:
        return _scalar(shape, word, raw)
    value = _json(word, option) if word.lstrip()[:1] in ("[", "{") else shorthand.read(word)
    return _from_json(shape, value, raw)


def _single(words: list[str], option: str) -> str:
    if len(words) != 1:
        raise KmslabError(f"--{option} takes one value, not {len(words)}.")
    return words[0]


def _json(text: str, option: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise KmslabError(f"The JSON of --{option} cannot be read: {error}.") from None


def _from_json(shape: Any, value: Any, raw: bool) -> Any:
    """A value of JSON or shorthand, with its scalars as the shape wants them."""
    kind = "" if shape is None else shape.type_name
    if isinstance(value, FromFile):
        return _from_shorthand_file(kind, value)
    if kind == "structure" and isinstance(value, dict):
        return {name: _from_json(shape.members.get(name), each, raw) for name, each in value.items()}
    if kind == "map" and isinstance(value, dict):
        return {name: _from_json(shape.value, each, raw) for name, each in value.items()}
    if kind == "list":
        return [_from_json(shape.member, each, raw) for each in (value if isinstance(value, list) else [value])]
    return _plain_scalar(shape, value, raw) if kind and isinstance(value, str) else value


def _from_shorthand_file(kind: str, value: FromFile) -> FromFile:
    return FromFile(value.path, Reading.BASE64) if kind == "blob" and value.reading is Reading.TEXT else value


def _scalar(shape: Any, text: str, raw: bool) -> Any:
    is_blob = shape.type_name == "blob"
    if is_blob and shape.serialization.get("streaming"):
        return FromFile(text.removeprefix("fileb://"), Reading.STREAM)
    if text.startswith("fileb://"):
        return FromFile(text.removeprefix("fileb://"), Reading.BYTES)
    if text.startswith("file://"):
        return FromFile(text.removeprefix("file://"), _text_reading(is_blob, raw))
    return _plain_scalar(shape, text, raw)


def _text_reading(is_blob: bool, raw: bool) -> Reading:
    if not is_blob:
        return Reading.TEXT
    return Reading.BYTES if raw else Reading.BASE64


def _plain_scalar(shape: Any, text: str, raw: bool) -> Any:
    kind = shape.type_name
    try:
        if kind == "blob":
            return text.encode() if raw else base64.b64decode(text)
        if kind in ("integer", "long"):
            return int(text)
        if kind in ("float", "double"):
            return float(text)
    except binascii.Error:
        raise KmslabError(f'Invalid base64: "{text}"') from None
    except ValueError:
        raise KmslabError(f"{text!r} is not of type {kind}.") from None
    return text.lower() != "false" if kind == "boolean" else text


# --- writing ---


def _option(option: str, shape: Any, value: Any) -> list[str]:
    if shape.type_name == "boolean":
        return [f"--{option}" if value else f"--no-{option}"]
    words = [_address(value)] if isinstance(value, FromFile) else _option_words(shape, value)
    if len(words) == 1 and words[0].startswith("-"):
        # It would be taken for an option.
        return [f"--{option}={words[0]}"]
    return [f"--{option}", *words]


def _option_words(shape: Any, value: Any) -> list[str]:
    if shape.type_name in _SCALARS:
        if shape.serialization.get("streaming"):
            raise KmslabError(f"A command sends --{xform_name(shape.name, '-')} from a file; name one with open(...).")
        return [shorthand.scalar(value)]
    try:
        if shape.type_name != "list":
            return [_unlike_an_option(shorthand.write(value))]
        if not value:
            raise shorthand.NotPlainError
        scalars = shape.member.type_name in _SCALARS
        return [_unlike_an_option(shorthand.scalar(each) if scalars else shorthand.write(each)) for each in value]
    except shorthand.NotPlainError:
        return [json.dumps(value, ensure_ascii=False, default=_for_json)]


def _unlike_an_option(word: str) -> str:
    if not word or word.lstrip()[:1] in ("", "-", "[", "{") or word.startswith(("file://", "fileb://")):
        raise shorthand.NotPlainError
    return word


def _for_json(value: Any) -> str:
    if isinstance(value, FromFile):
        raise KmslabError(f"A command cannot take {value.path!r} from a file there; write the value itself.")
    return shorthand.scalar(value)


def _address(value: FromFile) -> str:
    prefix = {Reading.BYTES: "fileb://", Reading.STREAM: ""}.get(value.reading, "file://")
    return f"{prefix}{value.path}"
