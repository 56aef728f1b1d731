"""AWS CLI version 2's rules for binary arguments, for version 1.

Version 2 takes a blob as base64, wherever it comes from: given inline, by `file://`, or in `--cli-input-json`. Only
`fileb://` is always raw. `--cli-binary-format raw-in-base64-out` takes text as it is, as version 1 does. Version 1 has
the events for that, and everything here is registered on them.

Source: AWS CLI User Guide, "Migration guide: binary parameters"; compared with AWS CLI 2.9.19 by tests.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from typing import Any

FORMATS = ("base64", "raw-in-base64-out")

_OPTION = "cli-binary-format"


class InvalidBase64Error(Exception):
    """A blob argument is not base64; the text is version 2's."""


def register(hooks: Any) -> None:
    """Give version 1 the option and the rules.

    Args:
        hooks: The event emitter of awscli's session, before the command line is read.
    """
    hooks.register("building-top-level-params", _add_option)
    hooks.register("session-initialized", _obey)


def _add_option(argument_table: Any, **_: Any) -> None:
    from awscli.arguments import CustomArgument

    text = "How binary arguments are written: base64 (the default), or raw-in-base64-out for text as it is."
    argument_table[_OPTION] = CustomArgument(_OPTION, help_text=text, choices=list(FORMATS))


def _obey(session: Any, parsed_args: Any, **_: Any) -> None:
    if (parsed_args.cli_binary_format or _configured(session)) == "base64":
        session.register("provide-client-params", _decode_blobs)


def _configured(session: Any) -> str:
    from botocore.exceptions import ProfileNotFound

    try:
        return str(session.get_scoped_config().get("cli_binary_format", "base64"))
    except ProfileNotFound:
        return "base64"


def _decode_blobs(params: Any, model: Any, **_: Any) -> None:
    for holder, name in _blobs(params, model.input_shape):
        if isinstance(holder[name], str):
            holder[name] = _decoded(holder[name])


def _decoded(text: str) -> bytes:
    # Version 2 is as lenient: it skips what is not base64 and minds only the padding. So does this call; `hell!`
    # passes as it does there, and what has a letter that is not ASCII fails with Python's own words.
    try:
        return base64.b64decode(text)
    except binascii.Error:
        raise InvalidBase64Error(f'Invalid base64: "{text}"') from None


def _blobs(value: Any, shape: Any) -> Iterator[tuple[Any, Any]]:
    """Where the blobs of a value are: each one's holder and its name or place there."""
    if shape is None:
        return
    for name, member in _members(value, shape):
        if member.type_name == "blob":
            yield value, name
        else:
            yield from _blobs(value[name], member)


def _members(value: Any, shape: Any) -> list[tuple[Any, Any]]:
    if shape.type_name == "structure" and isinstance(value, dict):
        return [(name, shape.members[name]) for name in value if name in shape.members]
    if shape.type_name == "map" and isinstance(value, dict):
        return [(name, shape.value) for name in value]
    if shape.type_name == "list" and isinstance(value, list):
        return [(place, shape.member) for place in range(len(value))]
    return []
