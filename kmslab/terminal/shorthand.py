"""The AWS CLI's shorthand for maps, structures and lists of them: `TagKey=Purpose,TagValue=Test`.

    parameter = key "=" values *("," key "=" values)        "@=" instead of "=": file:// and fileb:// name files
    values    = text | text *("," text) | "[" items "]" | "{" parameter "}"

Source: AWS CLI User Guide, "Using shorthand syntax with the AWS CLI"; compared with awscli's own parser by tests.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from kmslab.errors import KmslabError
from kmslab.terminal.request import FromFile, Reading

#: What needs no thought in shorthand: no quotation mark, no bracket, no comma, no space at an end.
_PLAIN = re.compile(r"[\w.:/+@-]([\w.:/+@= -]*[\w.:/+@=-])?", re.ASCII)
_KEY = re.compile(r"[\w\-.#/:]+", re.ASCII)

_FIRST_TEXT = re.compile(r"(\\,|[^,\]}])*")
_LATER_TEXT = re.compile(r"(\\,|[^,=\]}])+")
_QUOTED = {"'": re.compile(r"'((?:\\'|[^'])*)'"), '"': re.compile(r'"((?:\\"|[^"])*)"')}


class NotPlainError(Exception):
    """The value has something that shorthand would take for a sign of its own."""


def write(value: Any) -> str:
    """A map or structure in shorthand, without quoting for a shell.

    Raises:
        NotPlainError: it cannot be written so that nobody has to think.
    """
    return ",".join(_pair(name, each) for name, each in value.items()) if value else _refuse()


def read(text: str) -> dict[str, Any]:
    """A map or structure from shorthand; every value is text, a list, a dictionary or a `FromFile`.

    Raises:
        KmslabError: it is not shorthand.
    """
    try:
        return _Reader(text).parameter()
    except RecursionError:
        raise KmslabError("This shorthand is nested too deeply.") from None


def _pair(name: str, value: Any) -> str:
    if not _KEY.fullmatch(name):
        _refuse()
    if isinstance(value, FromFile):
        return f"{name}@={_address(value)}"
    return f"{name}={_written(value)}"


def _address(value: FromFile) -> str:
    prefix = {Reading.BYTES: "fileb://", Reading.TEXT: "file://", Reading.BASE64: "file://"}.get(value.reading)
    return f"{prefix}{value.path}" if prefix and _PLAIN.fullmatch(value.path) else _refuse()


def _written(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + write(value) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_written, value)) + "]" if value else _refuse()
    text = scalar(value)
    return text if _PLAIN.fullmatch(text) else _refuse()


def scalar(value: Any) -> str:
    """A scalar as the command line writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return str(value)


def _refuse() -> str:
    raise NotPlainError


class _Reader:
    """Reads from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def parameter(self, end: str = "") -> dict[str, Any]:
        """Pairs up to the end of the text or to a closing sign."""
        pairs: dict[str, Any] = {}
        while not self._sees(end):
            if pairs:
                self._take(",")
            name = self._match(_KEY, 0)
            addresses = self._takes("@")
            self._take("=")
            value = self._values(nested=bool(end))
            pairs[name] = _from_files(value) if addresses else value
        return pairs

    def _values(self, nested: bool) -> Any:
        if self._takes("["):
            return self._items()
        if self._takes("{"):
            inside = self.parameter("}")
            self._take("}")
            return inside
        first = self._one(_FIRST_TEXT)
        return first if nested else self._with_more(first)

    def _items(self) -> list[Any]:
        items: list[Any] = []
        while not self._sees("]"):
            items.append(self._values(nested=True))
            if not self._sees("]"):
                # awscli lets a comma stand before the end.
                self._take(",")
        self._take("]")
        return items

    def _with_more(self, first: str) -> Any:
        """`a,b,c=d` is the list a, b and then the key c."""
        texts = [first]
        while self._sees(","):
            before = self._at
            self._take(",")
            text = self._one(_LATER_TEXT)
            if not (self._sees("") or self._sees(",")):
                self._at = before
                break
            texts.append(text)
        return first if len(texts) == 1 else texts

    def _one(self, unquoted: re.Pattern[str]) -> str:
        self._skip_space()
        sign = self._text[self._at : self._at + 1]
        if sign in _QUOTED:
            return self._match(_QUOTED[sign], 1).replace(f"\\{sign}", sign).replace("\\\\", "\\")
        return self._match(unquoted, 0).replace("\\,", ",").rstrip()

    def _match(self, pattern: re.Pattern[str], group: int) -> str:
        self._skip_space()
        found = pattern.match(self._text, self._at)
        if found is None:
            raise self._error()
        self._at = found.end()
        return found[group]

    def _sees(self, sign: str) -> bool:
        """Whether the next sign is this one; an empty one is the end of the text."""
        self._skip_space()
        return self._text[self._at : self._at + 1] == sign

    def _takes(self, sign: str) -> bool:
        seen = self._sees(sign)
        self._at += seen
        return seen

    def _take(self, sign: str) -> None:
        if not self._takes(sign):
            raise self._error()

    def _skip_space(self) -> None:
        while self._text[self._at : self._at + 1].isspace():
            self._at += 1

    def _error(self) -> KmslabError:
        return KmslabError(
            f"{self._text!r} is not the AWS CLI's shorthand: it cannot be read from place {self._at} on."
        )


def _from_files(value: Any) -> Any:
    if isinstance(value, list):
        return [_from_files(each) for each in value]
    if isinstance(value, str) and value.startswith("fileb://"):
        return FromFile(value.removeprefix("fileb://"))
    if isinstance(value, str) and value.startswith("file://"):
        return FromFile(value.removeprefix("file://"), Reading.TEXT)
    return value
