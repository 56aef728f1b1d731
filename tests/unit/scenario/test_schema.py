"""The schema: it is one, and what AWS fixes is what AWS fixes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from kmslab.keys.specs import KEY_SPECS
from kmslab.scenario import CLASSROOM, OTTERQUILL
from kmslab.scenario.reading import read_source
from kmslab.scenario.schema import schema
from kmslab.scenario.wording import check_schema
from kmslab.wire import model


def _schemas(part: Any) -> Iterator[dict[str, Any]]:
    if isinstance(part, dict):
        yield part
        for each in part.values():
            yield from _schemas(each)


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(schema())


def test_whatever_can_be_wrong_has_words() -> None:
    # Found by fuzzing: an action that is no text was a KeyError.
    wordless = [
        each for each in _schemas(schema()) if isinstance(each.get("type"), str | list) and not each.get("description")
    ]
    assert wordless == []


@pytest.mark.parametrize("path", [CLASSROOM, OTTERQUILL], ids=lambda path: path.stem)
def test_it_allows_what_comes_with_kmslab(path: Path) -> None:
    source = read_source(path, path.name)
    check_schema(source)
    assert source.findings == []


def test_lesson_14_does_not_wait_for_jsonschema() -> None:
    code = (
        "import sys; from kmslab.scenario import *; Scenario.read(OTTERQUILL); assert 'jsonschema' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603 - code of this test


def test_whatever_can_be_refused_says_what_to_write_instead() -> None:
    typed = [part for part in _schemas(schema()) if isinstance(part.get("type"), (str, list))]
    assert len(typed) > 50
    # The items of a text or a list of texts are described where the list is.
    assert [part for part in typed if "description" not in part and part != {"type": "string"}] == []


def test_no_member_is_left_open_by_mistake() -> None:
    with_members = [part for part in _schemas(schema()) if "properties" in part and "type" in part]
    assert all(part["additionalProperties"] is False for part in with_members)


def test_values_come_from_the_model_and_the_tables() -> None:
    key = schema()["properties"]["accounts"]["additionalProperties"]["properties"]["keys"]["items"]["properties"]
    assert key["spec"]["enum"] == list(KEY_SPECS)
    assert key["usage"]["enum"] == list(model.enum("KeyUsageType"))
    assert set(key["region"]["enum"]) == model.regions()
