"""Figures: the picture and its text say the same, and both are true."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from kmslab import Lab
from kmslab.errors import KmslabError
from kmslab.jupyter.figures import Figure, Step, alias_map, bars, flow, region_map


def texts(figure: Figure) -> list[str]:
    """Every text in the picture; parsing proves that it is well-formed."""
    root = ElementTree.fromstring(figure._repr_svg_())  # noqa: S314
    return [element.text or "" for element in root.iter("{http://www.w3.org/2000/svg}text")]


def widths(figure: Figure) -> list[float]:
    root = ElementTree.fromstring(figure._repr_svg_())  # noqa: S314
    boxes = list(root.iter("{http://www.w3.org/2000/svg}rect"))[1:]
    return [float(box.attrib["width"]) for box in boxes]


def test_bars_are_as_long_as_their_numbers() -> None:
    figure = bars("Limits", {"a": 100, "b": 50, "c <&>": 0}, "bytes")
    long, half, none = widths(figure)
    assert half == pytest.approx(long / 2)
    assert none == 0
    assert {"Limits", "a", "b", "c <&>", "100 bytes", "50 bytes", "0 bytes"} <= set(texts(figure))
    assert repr(figure) == "Limits (bytes)\n  a: 100\n  b: 50\n  c <&>: 0"


def test_bars_on_a_scale_of_tens() -> None:
    figure = bars("Sent", {"direct": 50_000_000, "envelope": 32}, "bytes", log=True)
    direct, envelope = widths(figure)
    assert 0.15 < envelope / direct < 0.25
    assert "each step a factor of ten" in repr(figure)
    assert "50,000,000 bytes" in texts(figure)


def test_bars_of_nothing() -> None:
    assert widths(bars("Nothing", {"a": 0}, "calls")) == [0]
    for values in ({}, {"a": -1}):
        with pytest.raises(KmslabError, match="one or more numbers"):
            bars("Wrong", values, "x")


def test_flow_numbers_its_steps() -> None:
    figure = flow("A call", ["code", "KMS"], [Step("code", "KMS", "Encrypt"), Step("KMS", "KMS", "checks")])
    assert {"code", "KMS", "1 Encrypt", "2 checks"} <= set(texts(figure))
    assert repr(figure) == "A call\n  1. code -> KMS: Encrypt\n  2. KMS: checks"


def test_flow_knows_its_actors() -> None:
    with pytest.raises(KmslabError, match="not among the actors: somebody"):
        flow("A call", ["code"], [Step("code", "somebody", "hello")])


def test_region_map_shows_what_is_there(lab: Lab) -> None:
    kms, ireland = lab.client("kms"), lab.client("kms", "eu-west-1")
    first = kms.create_key()["KeyMetadata"]["KeyId"]
    second = ireland.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    ireland.disable_key(KeyId=second)
    kms.create_alias(AliasName="alias/app", TargetKeyId=first)
    figure = region_map(lab, regions=["us-east-1", "us-west-2"])
    assert repr(figure).split("\n") == [
        "Account 123456789010",
        "  Region us-east-1",
        f"    key {first}  SYMMETRIC_DEFAULT  Enabled  alias/app",
        "  Region us-west-2",
        "    no KMS key",
        "  Region eu-west-1",
        f"    key {second}  RSA_2048  Disabled",
    ]
    assert {"Region us-east-1", "Region us-west-2", "Region eu-west-1", "no KMS key"} <= set(texts(figure))
    assert any(first in text for text in texts(figure))


def test_looking_costs_nothing(lab: Lab) -> None:
    lab.client("kms").create_key()
    region_map(lab)
    alias_map(lab)
    assert lab.bill.requests == len(lab.trail) == 1


def test_alias_map_shows_what_each_alias_stands_for(lab: Lab) -> None:
    kms = lab.client("kms")
    keys = [kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(2)]
    for name in ("alias/b", "alias/a"):
        kms.create_alias(AliasName=name, TargetKeyId=keys[0])
    assert repr(alias_map(lab)).split("\n") == [
        "Aliases in us-east-1",
        f"  alias/a -> {keys[0]} (Enabled)",
        f"  alias/b -> {keys[0]} (Enabled)",
        f"  no alias -> {keys[1]} (Enabled)",
    ]
    assert repr(alias_map(lab, "eu-west-1")) == "Aliases in eu-west-1\n  no KMS key"
    assert "alias/a" in texts(alias_map(lab))


def test_long_names_are_cut_and_not_drawn_over_others(lab: Lab) -> None:
    kms = lab.client("kms")
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/" + "x" * 200, TargetKeyId=key_id)
    assert all(len(text) < 110 for text in texts(region_map(lab)) + texts(alias_map(lab)))
    assert "x" * 200 in repr(alias_map(lab))
