"""Patterns of policies: wildcards, ARNs by their parts, and policy variables.

Source: IAM User Guide, "IAM JSON policy elements: Resource", "... Condition operators", "... Variables and tags".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

#: What a request says for one condition key: one value, or several.
ContextValue = str | tuple[str, ...]
Context = Mapping[str, ContextValue]

# ${name}, or ${name, 'default'}. Possessive and of a length, so that no text makes it try one place after the other.
_VARIABLE = re.compile(r"\$\{([^},]{1,1024}+)(?:,\s*+'([^']*+)'\s*+)?\}")
_ARN_PARTS = 6

# In a pattern that went through `fill_in`, these stand for the characters themselves and not for wildcards.
_LITERALS = {"*": "\ue000", "?": "\ue001", "$": "$"}
_UNESCAPE = {value: key for key, value in _LITERALS.items() if value != key}


def like(text: str, pattern: str) -> bool:
    """Whether `text` has the form of `pattern`: `*` for any characters, `?` for exactly one. Case counts."""
    return bool(_compiled(pattern).fullmatch(text))


def arn_like(text: str, pattern: str) -> bool:
    """Whether an ARN has the form of `pattern`, each of the six parts by itself: a `*` does not reach over a colon.

    A pattern with fewer than six parts fits nothing but `*`, which fits everything.
    """
    if pattern == "*":
        return True
    parts, patterns = text.split(":", _ARN_PARTS - 1), pattern.split(":", _ARN_PARTS - 1)
    if len(parts) != _ARN_PARTS or len(patterns) != _ARN_PARTS:
        return False
    return all(like(part, wanted) for part, wanted in zip(parts, patterns, strict=True))


@lru_cache(maxsize=4096)
def resource_like(resource: str, pattern: str) -> bool:
    """Whether a resource has the form of a pattern of a Resource element; parts that are missing at its end are `*`.

    Source: IAM User Guide, "IAM JSON policy elements: Resource", incomplete ARNs.
    """
    if pattern == "*":
        return True
    if pattern.startswith("arn:"):
        pattern += ":*" * (_ARN_PARTS - 1 - pattern.count(":"))
    return arn_like(resource, pattern) or resource == literal(pattern)


@lru_cache(maxsize=4096)
def action_like(action: str, pattern: str) -> bool:
    """Whether an action has the form of `pattern`. Case does not count. Source: IAM User Guide, Action."""
    return like(action.lower(), pattern.lower())


def fill_in(pattern: str, context: Context) -> str | None:
    """Put the request's values into a pattern's variables.

    Returns:
        The pattern, or None when a variable has no value here and no default: then nothing fits it. A value that is
        put in stands for itself, even where it has a `*` in it.
    """
    if "${" not in pattern:
        return pattern
    missing = False

    def value(match: re.Match[str]) -> str:
        nonlocal missing
        name, default = match.group(1).strip(), match.group(2)
        if name in _LITERALS:
            return _LITERALS[name]
        found = context.get(name.lower(), default)
        # A key with several values cannot be a variable.
        if not isinstance(found, str):
            missing = True
            return ""
        return "".join(_LITERALS.get(char, char) if char in "*?" else char for char in found)

    filled = _VARIABLE.sub(value, pattern)
    return None if missing else filled


def literal(pattern: str) -> str:
    """A pattern that went through `fill_in`, for comparing without wildcards."""
    return "".join(_UNESCAPE.get(char, char) for char in pattern)


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    first, *others = map(_piece, pattern.split("*"))
    if not others:
        return re.compile(first, re.DOTALL)
    # What lies between two wildcards is looked for once: where it is found first leaves the most for what comes after.
    # With `.*` throughout, a few of them in a policy and a long value in a request would take hours.
    between = "".join(f"(?>.*?{piece})" for piece in others[:-1])
    return re.compile(f"{first}{between}.*{others[-1]}", re.DOTALL)


def _piece(text: str) -> str:
    return "".join("." if char == "?" else re.escape(_UNESCAPE.get(char, char)) for char in text)
