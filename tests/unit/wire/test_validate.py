"""AWS's constraint grammar. The texts of KMS itself are in tests/api/test_bad_input.py; here is the grammar alone."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.model import ShapeResolver, StructureShape

from kmslab.wire.validate import validator

SHAPES = {
    "Input": {
        "type": "structure",
        "required": ["Needed", "Secret"],
        "members": {
            "Needed": {"shape": "Free"},
            "Secret": {"shape": "Secret"},
            "Name": {"shape": "Name"},
            "Count": {"shape": "Count"},
            "Least": {"shape": "Least"},
            "Data": {"shape": "Data"},
            "Colour": {"shape": "Colour"},
            "Flag": {"shape": "Flag"},
            "Anything": {"shape": "Anything"},
            "Names": {"shape": "Names"},
            "AnyNames": {"shape": "AnyNames"},
            "Items": {"shape": "Items"},
            "Pairs": {"shape": "Pairs"},
            "AnyPairs": {"shape": "AnyPairs"},
            "KeyId": {"shape": "KeyIdType"},
            "Algorithm": {"shape": "MacAlgorithmSpec"},
        },
    },
    "Free": {"type": "string"},
    "Flag": {"type": "boolean"},
    "Anything": {"type": "integer"},
    "Secret": {"type": "blob", "min": 2, "max": 4, "sensitive": True},
    "Data": {"type": "blob", "max": 4},
    "Name": {"type": "string", "min": 1, "max": 5, "pattern": "^[a-z]+$"},
    "Count": {"type": "integer", "min": 1, "max": 10},
    "Least": {"type": "integer", "min": 1},
    "Colour": {"type": "string", "enum": ["RED", "GREEN"]},
    "Names": {"type": "list", "member": {"shape": "Name"}, "min": 1, "max": 2},
    "AnyNames": {"type": "list", "member": {"shape": "Free"}, "max": 3},
    "Items": {"type": "list", "member": {"shape": "Item"}},
    "Item": {
        "type": "structure",
        "required": ["ItemName"],
        "members": {"ItemName": {"shape": "Name"}, "Value": {"shape": "Free"}},
    },
    "Pairs": {"type": "map", "key": {"shape": "Free"}, "value": {"shape": "Free"}, "max": 1},
    "AnyPairs": {"type": "map", "key": {"shape": "Free"}, "value": {"shape": "Free"}},
    "KeyIdType": {"type": "string", "min": 1, "max": 2048},
    "MacAlgorithmSpec": {"type": "string", "enum": ["HMAC_SHA_224", "HMAC_SHA_256", "HMAC_SHA_384", "HMAC_SHA_512"]},
}
GOOD: dict[str, Any] = {"Needed": "x", "Secret": b"abc"}


def findings(**members: Any) -> list[str]:
    shape = ShapeResolver(SHAPES).get_shape_by_name("Input")
    assert isinstance(shape, StructureShape)
    return validator(shape)({**GOOD, **members})


def test_all_is_well() -> None:
    assert findings() == []
    assert (
        findings(
            Name="abcde",
            Count=10,
            Least=10**9,
            Data=b"",
            Colour="RED",
            Flag=True,
            Anything=-(10**9),
            Names=["a", "b"],
            AnyNames=["", "ANY", "\n"],
            Items=[],
            Pairs={"k": "v"},
            AnyPairs={str(number): "v" for number in range(100)},
            KeyId="any ASCII at all",
            Algorithm="HMAC_SHA_224",
        )
        == []
    )


def test_a_list_full_of_mistakes_is_not_looked_through_to_its_end() -> None:
    # Found by fuzzing: ten megabytes of empty tags were answered with six hundred.
    found = findings(Items=[{}] * 50_000)
    assert len(found) == 1000
    assert "items.1000.member" in found[-1]


def test_no_input_no_findings() -> None:
    assert validator(None)({}) == []


@pytest.mark.parametrize(
    ("member", "value", "text"),
    [
        ("Secret", b"a", "Value at 'secret' failed … Member must have length greater than or equal to 2"),
        ("Secret", b"abcde", "Value at 'secret' failed … Member must have length less than or equal to 4"),
        ("Data", b"abcde", "Value at 'data' failed … Member must have length less than or equal to 4"),
        ("Name", "abcdef", "Value 'abcdef' at 'name' failed … Member must have length less than or equal to 5"),
        ("Name", "AB", "Value 'AB' at 'name' failed … Member must satisfy regular expression pattern: ^[a-z]+$"),
        ("Name", "a\n", "Value 'a\n' at 'name' failed … Member must satisfy regular expression pattern: ^[a-z]+$"),
        ("Count", 0, "Value '0' at 'count' failed … Member must have value greater than or equal to 1"),
        ("Count", 11, "Value '11' at 'count' failed … Member must have value less than or equal to 10"),
        ("Least", -1, "Value '-1' at 'least' failed … Member must have value greater than or equal to 1"),
        ("Colour", "red", "Value 'red' at 'colour' failed … Member must satisfy enum value set: [RED, GREEN]"),
        ("Names", [], "Value '[]' at 'names' failed … Member must have length greater than or equal to 1"),
        ("Names", ["a"] * 3, "Value '[a, a, a]' at 'names' failed … Member must have length less than or equal to 2"),
        (
            "Names",
            ["a", "B"],
            "Value 'B' at 'names.2.member' failed … Member must satisfy regular expression pattern: ^[a-z]+$",
        ),
        (
            "AnyNames",
            ["a"] * 4,
            "Value '[a, a, a, a]' at 'anyNames' failed … Member must have length less than or equal to 3",
        ),
        ("Items", [{}], "Value null at 'items.1.member.itemName' failed … Member must not be null"),
        (
            "Items",
            [{"ItemName": "a"}, {"ItemName": "abcdef"}],
            "Value 'abcdef' at 'items.2.member.itemName' failed … Member must have length less than or equal to 5",
        ),
        (
            "KeyId",
            "é",
            r"Value 'é' at 'keyId' failed … Member must satisfy regular expression pattern: ^\p{ASCII}+$",
        ),
        (
            "Algorithm",
            "x",
            "Value 'x' at 'algorithm' failed … Member must satisfy enum value set: "
            "[HMAC_SHA_384, HMAC_SHA_256, HMAC_SHA_224, HMAC_SHA_512]",
        ),
    ],
)
def test_one_finding(member: str, value: Any, text: str) -> None:
    assert findings(**{member: value}) == [text.replace("…", "to satisfy constraint:")]


def test_a_map_that_is_too_large() -> None:
    (found,) = findings(Pairs={"a": "1", "b": "2"})
    assert found.endswith("at 'pairs' failed to satisfy constraint: Member must have length less than or equal to 1")


def test_missing_members_hide_their_value_when_they_are_secret() -> None:
    shape = ShapeResolver(SHAPES).get_shape_by_name("Input")
    assert isinstance(shape, StructureShape)
    assert validator(shape)({}) == [
        "Value null at 'needed' failed to satisfy constraint: Member must not be null",
        "Value at 'secret' failed to satisfy constraint: Member must not be null",
    ]


def test_length_comes_before_pattern() -> None:
    """Recorded for the empty KeyId."""
    start = "Value '' at 'keyId' failed to satisfy constraint: "
    assert findings(KeyId="") == [
        start + "Member must have length greater than or equal to 1",
        start + r"Member must satisfy regular expression pattern: ^\p{ASCII}+$",
    ]


def test_many_findings() -> None:
    assert len(findings(Name="ABCDEF", Count=0, Names=["A", "B", "C"])) == 7
