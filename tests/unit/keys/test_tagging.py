"""What may be a tag."""

from __future__ import annotations

import pytest

from kmslab.errors import TagException
from kmslab.keys.tagging import refuse_reserved, with_tags


def tags(*names: str, value: str = "v") -> list[dict[str, str]]:
    return [{"TagKey": name, "TagValue": value} for name in names]


def test_added_and_replaced() -> None:
    present = {"a": "1", "b": "2"}
    assert with_tags(present, tags("b", "c", value="new")) == {"a": "1", "b": "new", "c": "new"}
    assert present == {"a": "1", "b": "2"}, "the present tags are not touched"
    assert with_tags({}, []) == {}


def test_fifty_are_enough() -> None:
    fifty = {str(number): "v" for number in range(50)}
    assert len(with_tags({}, tags(*fifty))) == 50
    assert with_tags(fifty, tags("7", value="new"))["7"] == "new"
    with pytest.raises(TagException, match=r"^Too many tags$"):
        with_tags(fifty, tags("one more"))


def test_twice_in_one_request() -> None:
    with pytest.raises(TagException, match=r"^Duplicate tag keys$"):
        with_tags({}, tags("a", "b", "a"))
    assert set(with_tags({}, tags("a", "A"))) == {"a", "A"}


@pytest.mark.parametrize("name", ["aws:x", "AWS:x", "aWs:", "aws:aws:x"])
def test_reserved(name: str) -> None:
    for refused in (lambda: with_tags({}, tags("ok", name)), lambda: refuse_reserved(["ok", name])):
        with pytest.raises(TagException, match=r"^Tags beginning with aws: are reserved$"):
            refused()


@pytest.mark.parametrize("name", ["aws", "awsx:", " aws:", "x-aws:y"])
def test_not_reserved(name: str) -> None:
    refuse_reserved([name])
    assert with_tags({}, tags(name)) == {name: "v"}
