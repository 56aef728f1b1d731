"""What became of a scenario: what was made, what was there, and the principals to go on with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from kmslab.errors import KmslabError
from kmslab.principals import Principal
from kmslab.tables import Table


class Item(NamedTuple):
    """One thing of a scenario.

    Attributes:
        account_id: The account it belongs to.
        region: Its Region; empty for what IAM holds.
        kind: Such as `user` or `KMS key`.
        name: Its name; for a key its aliases.
        id: Its key id or access key id; empty for what has none.
        made: Whether it was made now; otherwise it was there and was left as it is.
    """

    account_id: str
    region: str
    kind: str
    name: str
    id: str
    made: bool


@dataclass(repr=False)
class Report:
    """What a scenario file has made of a Lab.

    Attributes:
        title: The name of the file.
        items: Everything it defines, in the order in which it was made.
        principals: Its users that have an access key, by account id and name, for `lab.client(..., principal=...)`.
    """

    title: str
    items: list[Item] = field(default_factory=list)
    principals: dict[tuple[str, str], Principal] = field(default_factory=dict)

    @property
    def made(self) -> list[Item]:
        """What was made now."""
        return [item for item in self.items if item.made]

    @property
    def kept(self) -> list[Item]:
        """What was there already and was left as it is."""
        return [item for item in self.items if not item.made]

    def principal(self, name: str, account_id: str | None = None) -> Principal:
        """A user of the scenario.

        Args:
            name: The user's name.
            account_id: The account; the first one that has a user of that name unless said otherwise.

        Raises:
            KmslabError: the scenario gives no such user an access key.
        """
        for (owner, user), principal in self.principals.items():
            if user == name and account_id in (None, owner):
                return principal
        known = ", ".join(sorted({user for _, user in self.principals})) or "none"
        raise KmslabError(f"The scenario has no user {name!r} with an access key; it has {known}.")

    def key_ids(self) -> Mapping[str, str]:
        """Key ids by alias; for an alias that several Regions or accounts have, the first one's."""
        found: dict[str, str] = {}
        for item in self.items:
            for alias in item.name.split(", ") if item.kind == "KMS key" and item.name else ():
                found.setdefault(alias, item.id)
        return found

    def table(self) -> Table:
        """What there is, where it is, and whether it was made now."""
        rows = [
            (item.account_id, item.region, item.kind, item.name, item.id, "made" if item.made else "was there")
            for item in self.items
        ]
        caption = f"Scenario {self.title}: {len(self.made)} made, {len(self.kept)} there already"
        return Table(caption, ("Account", "Region", "What", "Name", "Id", "Result"), rows)

    def __iter__(self) -> Iterator[Item]:
        """Everything the scenario defines."""
        return iter(self.items)

    def __repr__(self) -> str:
        """The table in plain text."""
        return self.table().text()

    def _repr_html_(self) -> str:
        return self.table().html()
