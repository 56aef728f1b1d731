"""From JSON to values, and what AWS says where it cannot."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.model import ServiceModel, ShapeResolver, StructureShape
from hypothesis import given
from hypothesis import strategies as st

from kmslab.errors import SerializationException
from kmslab.wire import model
from kmslab.wire.decode import decoder

# A shape of every type that the KMS model has, and a timestamp inside of a list.
SHAPES = {
    "Input": {
        "type": "structure",
        "members": {
            "Text": {"shape": "String"},
            "Number": {"shape": "Integer"},
            "Flag": {"shape": "Boolean"},
            "Bytes": {"shape": "Blob"},
            "When": {"shape": "Timestamp"},
            "Texts": {"shape": "Texts"},
            "Times": {"shape": "Times"},
            "Inner": {"shape": "Inner"},
            "Inners": {"shape": "Inners"},
            "Pairs": {"shape": "Pairs"},
        },
    },
    "Inner": {"type": "structure", "members": {"Text": {"shape": "String"}}},
    "Inners": {"type": "list", "member": {"shape": "Inner"}},
    "Texts": {"type": "list", "member": {"shape": "String"}},
    "Times": {"type": "list", "member": {"shape": "Timestamp"}},
    "Pairs": {"type": "map", "key": {"shape": "String"}, "value": {"shape": "String"}},
    "String": {"type": "string"},
    "Integer": {"type": "integer"},
    "Boolean": {"type": "boolean"},
    "Blob": {"type": "blob"},
    "Timestamp": {"type": "timestamp"},
}
STRUCTURE = "Start of structure or map found where not expected."
LIST = "Start of list found where not expected"


@pytest.fixture(scope="module")
def decode() -> Callable[[Any], dict[str, Any]]:
    shape = ShapeResolver(SHAPES).get_shape_by_name("Input")
    assert isinstance(shape, StructureShape)
    return decoder(shape)


def test_values(decode: Any) -> None:
    assert decode(
        {
            "Text": "é",
            "Number": -5,
            "Flag": False,
            "Bytes": "AP8=",
            "When": 1767603600.01,
            "Texts": ["a", ""],
            "Times": [0],
            "Inner": {"Text": "x"},
            "Inners": [{"Text": "y"}, {}],
            "Pairs": {"k": "v"},
        }
    ) == {
        "Text": "é",
        "Number": -5,
        "Flag": False,
        "Bytes": b"\x00\xff",
        "When": datetime(2026, 1, 5, 9, 0, 0, 10_000, tzinfo=UTC),
        "Texts": ["a", ""],
        "Times": [datetime(1970, 1, 1, tzinfo=UTC)],
        "Inner": {"Text": "x"},
        "Inners": [{"Text": "y"}, {}],
        "Pairs": {"k": "v"},
    }


def test_absent_null_and_unknown(decode: Any) -> None:
    assert decode({}) == {}
    assert decode({"Text": None, "Inner": None, "Texts": None, "Other": 1, "text": "lower case"}) == {}
    assert decode({"Inner": {"Text": None, "Other": []}}) == {"Inner": {}}


def test_an_operation_without_input_takes_nothing() -> None:
    assert decoder(None)({"Anything": 1}) == {}


@pytest.mark.parametrize(
    ("members", "text"),
    [
        ({"Text": 1}, "NUMBER_VALUE can not be converted to a String"),
        ({"Text": True}, "TRUE_VALUE can not be converted to a String"),
        ({"Text": False}, "FALSE_VALUE can not be converted to a String"),
        ({"Text": {}}, STRUCTURE),
        ({"Text": []}, LIST),
        ({"Number": "1"}, "STRING_VALUE can not be converted to an Integer"),
        ({"Number": True}, "TRUE_VALUE can not be converted to an Integer"),
        ({"Number": {}}, STRUCTURE),
        ({"Number": []}, LIST),
        ({"Flag": {}}, STRUCTURE),
        ({"Bytes": {}}, STRUCTURE),
        ({"Bytes": []}, LIST),
        ({"When": {}}, STRUCTURE),
        ({"When": []}, LIST),
        ({"Texts": "a"}, "Expected list or null"),
        ({"Texts": 1}, "Expected list or null"),
        ({"Texts": [1]}, "NUMBER_VALUE can not be converted to a String"),
        ({"Inner": "a"}, "Expected null"),
        ({"Inner": {"Text": 1}}, "NUMBER_VALUE can not be converted to a String"),
        ({"Inners": [[]]}, LIST),
        ({"Pairs": 1}, "Expected null"),
        ({"Pairs": {"a": 1}}, "NUMBER_VALUE can not be converted to a String"),
        ([], LIST),
    ],
)
def test_texts(decode: Any, members: Any, text: str) -> None:
    """Measured on AWS's common JSON 1.1 front end."""
    with pytest.raises(SerializationException) as caught:
        decode(members)
    assert caught.value.message == text


@pytest.mark.parametrize(
    "members",
    [
        {"Text": 1.5},
        {"Number": 1.5},
        {"Flag": "true"},
        {"Flag": 1},
        {"Bytes": 1},
        {"Bytes": True},
        {"When": "2026-01-05T09:00:00Z"},
        {"When": True},
        {"When": 1e300},
        {"When": -1e18},
        {"Texts": {}},
        {"Inner": []},
        {"Pairs": []},
    ],
)
def test_refusals_whose_text_is_not_known(decode: Any, members: Any) -> None:
    with pytest.raises(SerializationException):
        decode(members)


@pytest.mark.parametrize("text", ["A", "AA", "AAA", "%%%%", "AAAA ", "A A A A", "AAAA\n", "é===", "_-__"])
def test_what_is_no_base64(decode: Any, text: str) -> None:
    with pytest.raises(SerializationException) as caught:
        decode({"Bytes": text})
    assert caught.value.message == ""


@pytest.mark.parametrize("members", [{"Texts": [None]}, {"Inners": [None]}, {"Times": [None]}])
def test_null_in_a_list_is_no_crash(decode: Any, members: Any) -> None:
    """What AWS makes of it is not known: nothing, or a SerializationException, but not a bug that looks like one."""
    try:
        decoded = decode(members)
    except SerializationException:
        return
    assert set(decoded) <= set(members)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["Text", "Inner", "x"]), inner),
)


@given(st.dictionaries(st.sampled_from(sorted(SHAPES["Input"]["members"])), JSON, max_size=4) | JSON)
def test_noise_is_refused_and_nothing_else(body: Any) -> None:
    shape = ShapeResolver(SHAPES).get_shape_by_name("Input")
    assert isinstance(shape, StructureShape)
    try:
        decoded = decoder(shape)(body)
    except SerializationException:
        return
    assert set(decoded) <= set(SHAPES["Input"]["members"])


def test_every_shape_of_the_model_can_be_decoded() -> None:
    """A newer model with another type of shape is noticed here and not by a learner."""
    service: ServiceModel = model.service_model()
    for name in service.operation_names:
        assert decoder(service.operation_model(name).input_shape)({}) == {}
