"""From what the schema finds to one sentence each: what is wrong, and what to write instead."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from kmslab.scenario.parts import Part, Source
from kmslab.scenario.schema import schema

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

# A longer list helps nobody.
_MOST_NAMES = 24


def closest(name: str, known: Iterable[str]) -> str:
    """The end of a sentence about an unknown name: the one that was probably meant, or those there are."""
    names = list(known)
    by_small = {each.lower(): each for each in names}
    # All ARNs of an account begin alike.
    cutoff = 0.9 if name.startswith("arn:") else 0.6
    found = difflib.get_close_matches(name.lower(), by_small, n=1, cutoff=cutoff)
    if found:
        return f"did you mean '{by_small[found[0]]}'?"
    if not names:
        return "there is none."
    if len(names) > _MOST_NAMES:
        return f"write one such as '{names[0]}'."
    return f"write one of {', '.join(names)}."


def check_schema(source: Source) -> None:
    """Note everything that the schema does not allow."""
    # Where JupyterLab is installed, jsonschema needs a second to begin: lesson 14 does not wait for it.
    from jsonschema import Draft202012Validator

    for error in Draft202012Validator(schema()).iter_errors(source.value):
        part = Part(source, error.instance, tuple(error.absolute_path))
        if "propertyNames" in error.relative_schema_path:
            _report_name(source, part, error)
            continue
        _WORDINGS.get(str(error.validator), _limit)(part, error)


def _report_name(source: Source, part: Part, error: ValidationError) -> None:
    name = str(error.instance)
    named = Part(source, None, (*part.route, name))
    if error.validator == "enum":
        named.report_name(f"'{name}' is not known here; {closest(name, error.validator_value)}")
    else:
        named.report_name(f"'{name}' cannot be a name here; write {error.schema['description']}.")


def _unknown(part: Part, error: ValidationError) -> None:
    known = error.schema.get("properties", {})
    for name, member in part.members():
        if name not in known:
            member.report_name(f"There is no member '{name}' here; {closest(name, known)}")


def _missing(part: Part, error: ValidationError) -> None:
    for name in error.validator_value:
        if name not in error.instance:
            want = error.schema["properties"][name].get("description", "it")
            part.report(f"'{name}' is missing; write {want}.")


def _type(part: Part, error: ValidationError) -> None:
    want = error.schema["description"]
    text = part.source.texts.get(part.route)
    wanted = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
    if text and "string" in wanted and not error.schema.get("writeOnly"):
        part.report(f'{_name(part)} is {text}, which YAML reads as no text; write it in quotes: "{text}".')
    else:
        # The text of a secret is not shown.
        quoted = ", in quotes" if text and "string" in wanted else ""
        part.report(f"{_name(part)} is {_kind(part.value)}; write {want}{quoted}.")


def _enum(part: Part, error: ValidationError) -> None:
    if not part.text:
        # Another type: there is a finding about that, except where the schema asks for none.
        if "type" not in error.schema:
            part.report(f"{_name(part)} is {part.value!r}; write {error.schema['description']}.")
        return
    part.report(f"{_name(part)} is '{part.text}', which there is not; {closest(part.text, error.validator_value)}")


def _limit(part: Part, error: ValidationError) -> None:
    shown = f"'{_short(part.text)}'" if part.text and not error.schema.get("writeOnly") else "that"
    part.report(f"{_name(part)} cannot be {shown}; write {error.schema['description']}.")


def _name(part: Part) -> str:
    """What a value is called: its member, and in a list its number too."""
    name, number = part.route[-1] if part.route else "the file", ""
    if isinstance(name, int):
        number = f" {name + 1}"
        name = next((each for each in reversed(part.route) if isinstance(each, str)), "the list")
    return f"'{name}'{number}"


def _kind(value: Any) -> str:
    kinds = {type(None): "empty", bool: "true or false", dict: "a mapping", list: "a list", str: "a text"}
    return kinds.get(type(value), "a number")


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."


_WORDINGS: dict[str, Callable[[Part, ValidationError], None]] = {
    "additionalProperties": _unknown,
    "required": _missing,
    "type": _type,
    "enum": _enum,
}
