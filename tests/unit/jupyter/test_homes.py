"""The figure of the three kinds of keys: what it names, what it only counts, and what it cannot know."""

from __future__ import annotations

from xml.etree import ElementTree

from kmslab import Lab
from kmslab.jupyter.figures import Figure, key_homes

OWNED = [
    "Accounts of AWS services",
    "  AWS owned keys",
    "    no list for you",
    "    no trail for you",
    "    no bill for you",
]


def texts(figure: Figure) -> list[str]:
    root = ElementTree.fromstring(figure.svg)  # noqa: S314
    return [element.text or "" for element in root.iter("{http://www.w3.org/2000/svg}text")]


def test_an_empty_account(lab: Lab) -> None:
    assert repr(key_homes(lab)).split("\n") == [
        "Account 123456789010, us-east-1",
        "  Customer managed keys",
        "    none",
        "  AWS managed keys",
        "    none",
        *OWNED,
    ]


def test_keys_stand_under_their_manager_and_only_those_of_the_region(lab: Lab) -> None:
    kms, ireland = lab.client("kms"), lab.client("kms", "eu-west-1")
    kms.create_key()
    named, unnamed = (ireland.create_key()["KeyMetadata"]["KeyId"] for _ in range(2))
    ireland.create_alias(AliasName="alias/app", TargetKeyId=named)
    ireland.describe_key(KeyId="alias/aws/ebs")

    figure = key_homes(lab, "eu-west-1")

    assert repr(figure).split("\n") == [
        "Account 123456789010, eu-west-1",
        "  Customer managed keys",
        "    alias/app",
        f"    {unnamed}",
        "  AWS managed keys",
        "    alias/aws/ebs",
        *OWNED,
    ]
    assert {"Customer managed keys", "alias/app", "AWS managed keys", "alias/aws/ebs", "AWS owned keys"} <= set(
        texts(figure)
    )
    assert any(unnamed.startswith(text[:20]) for text in texts(figure) if len(text) > 20)


def test_many_keys_are_counted(lab: Lab) -> None:
    kms = lab.client("kms")
    key_ids = [kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(7)]

    shown = repr(key_homes(lab)).split("\n")

    assert shown[2:8] == [*(f"    {key_id}" for key_id in key_ids[:5]), "    and 2 more"]
