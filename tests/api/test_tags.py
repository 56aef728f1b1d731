"""Tags, as a client sees them."""

from __future__ import annotations

from typing import Any

import pytest

ACCOUNT = "123456789010"
ARN = f"arn:aws:kms:us-east-1:{ACCOUNT}"


def tag(key: str, value: str = "v") -> dict[str, str]:
    return {"TagKey": key, "TagValue": value}


def test_tag_and_untag(kms: Any, make_key: Any, members: Any) -> None:
    key_id = make_key()
    assert members(kms.tag_resource(KeyId=key_id, Tags=[tag("b", "1"), tag("a", "2")])) == set()
    reply = kms.list_resource_tags(KeyId=key_id)
    assert members(reply) == {"Tags", "Truncated"}
    assert reply["Truncated"] is False
    assert reply["Tags"] == [tag("a", "2"), tag("b", "1")]
    kms.tag_resource(KeyId=f"{ARN}:key/{key_id}", Tags=[tag("b", "3"), tag("c", "")])
    assert kms.list_resource_tags(KeyId=f"{ARN}:key/{key_id}")["Tags"] == [tag("a", "2"), tag("b", "3"), tag("c", "")]
    assert members(kms.untag_resource(KeyId=key_id, TagKeys=["a", "c"])) == set()
    assert kms.list_resource_tags(KeyId=key_id)["Tags"] == [tag("b", "3")]
    kms.untag_resource(KeyId=f"{ARN}:key/{key_id}", TagKeys=["b"])
    assert kms.list_resource_tags(KeyId=key_id)["Tags"] == []


def test_tag_keys_differ_by_case(kms: Any, make_key: Any) -> None:
    key_id = make_key()
    kms.tag_resource(KeyId=key_id, Tags=[tag("team"), tag("Team")])
    assert {entry["TagKey"] for entry in kms.list_resource_tags(KeyId=key_id)["Tags"]} == {"team", "Team"}


def test_the_longest_tag(kms: Any, make_key: Any) -> None:
    key_id = make_key()
    kms.tag_resource(KeyId=key_id, Tags=[tag("k" * 128, "v" * 256)])
    assert kms.list_resource_tags(KeyId=key_id)["Tags"] == [tag("k" * 128, "v" * 256)]


@pytest.mark.parametrize("name", ["aws", "awsome:x", "x:aws:y"])
def test_keys_that_are_not_reserved(kms: Any, make_key: Any, name: str) -> None:
    key_id = make_key()
    kms.tag_resource(KeyId=key_id, Tags=[tag(name)])
    assert kms.list_resource_tags(KeyId=key_id)["Tags"] == [tag(name)]


def test_untagging_what_is_not_there(kms: Any, make_key: Any) -> None:
    key_id = make_key(Tags=[tag("a")])
    kms.untag_resource(KeyId=key_id, TagKeys=["other"])
    assert kms.list_resource_tags(KeyId=key_id)["Tags"] == [tag("a")]


def test_fifty_tags(kms: Any, make_key: Any, refuses: Any) -> None:
    key_id = make_key(Tags=[tag(f"{number:02}") for number in range(50)])
    # A new value for a tag that is there needs no room.
    kms.tag_resource(KeyId=key_id, Tags=[tag("07", "new")])
    with refuses("TagException", "Too many tags"):
        kms.tag_resource(KeyId=key_id, Tags=[tag("one more")])
    assert len(kms.list_resource_tags(KeyId=key_id)["Tags"]) == 50


def test_pages(kms: Any, make_key: Any, members: Any) -> None:
    key_id = make_key(Tags=[tag(f"{number:02}") for number in range(50)])
    first = kms.list_resource_tags(KeyId=key_id, Limit=20)
    assert members(first) == {"Tags", "Truncated", "NextMarker"}
    assert first["Truncated"] is True
    second = kms.list_resource_tags(KeyId=key_id, Limit=40, Marker=first["NextMarker"])
    assert members(second) == {"Tags", "Truncated"}
    assert [entry["TagKey"] for page in (first, second) for entry in page["Tags"]] == [f"{n:02}" for n in range(50)]
    pages = kms.get_paginator("list_resource_tags").paginate(KeyId=key_id, PaginationConfig={"PageSize": 15})
    assert [len(page["Tags"]) for page in pages] == [15, 15, 15, 5]


def test_tags_that_come_and_go_between_pages(kms: Any, make_key: Any) -> None:
    key_id = make_key(Tags=[tag(name) for name in "bdfh"])
    page = kms.list_resource_tags(KeyId=key_id, Limit=2)
    kms.untag_resource(KeyId=key_id, TagKeys=["d", "f"])
    kms.tag_resource(KeyId=key_id, Tags=[tag(name) for name in "ace"])
    rest = kms.list_resource_tags(KeyId=key_id, Marker=page["NextMarker"])["Tags"]
    assert [entry["TagKey"] for entry in rest] == ["e", "h"]
