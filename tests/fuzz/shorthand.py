"""The AWS CLI's shorthand: any text.

A finding is an error that is no KmslabError, a text that is written and does not read the same, and one that awscli's
own parser reads as something else.
"""

from __future__ import annotations

from typing import Any

from awscli.shorthand import ShorthandParseError, ShorthandParser

from kmslab.errors import KmslabError
from kmslab.terminal import shorthand

from .taking import Taking, claim, in_time

_PIECES = (
    "a", "b", "=", ",", "[", "]", "{", "}", "'", '"', "\\", " ", "@=", "a=b", "key=", "a=[", "b={", "\\,", "\\'", "\n",
    "Department=IT", "é", "\x00", "file://", "=b,c", "fileb://x", ":", "a.b", "-", "0", "\t", "a='b,c'",
)  # fmt: skip


def prepare() -> None:
    """Make what is made once."""


def one(data: bytes) -> None:
    take = Taking(data)
    if take.chance(64):
        text = take.rest().decode("utf-8", "replace")
    else:
        text = "".join(take.one(_PIECES) for _ in range(take.below(24)))
    with in_time(text):
        try:
            found = shorthand.read(text)
        except KmslabError:
            return
    if "@" not in text and "\\" not in text and text.strip() == text:
        try:
            theirs: Any = ShorthandParser().parse(text)
        except (ShorthandParseError, RecursionError):
            theirs = None
        claim(theirs is None or theirs == found, f"{text!r}: {found!r}, and awscli reads {theirs!r}")
    try:
        written = shorthand.write(found)
    except shorthand.NotPlainError:
        return
    claim(shorthand.read(written) == found, f"{found!r} is written as {written!r}, which does not read the same")
