"""A scenario file that was read and found well-formed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from kmslab.scenario import apply as making
from kmslab.scenario.checks import check_all
from kmslab.scenario.names import Names
from kmslab.scenario.parts import Source, refuse
from kmslab.scenario.reading import read_source
from kmslab.scenario.wording import check_schema

if TYPE_CHECKING:
    from kmslab.lab import Lab
    from kmslab.scenario.report import Report

#: The example: three accounts, an administrator, a developer, an auditor, keys with aliases, a bucket.
CLASSROOM = Path(__file__).with_name("classroom.yaml")

#: The bookshop of lesson 14, before its incident. Nobody writes it but kmslab, so the schema is asked in the tests.
OTTERQUILL = Path(__file__).with_name("otterquill.yaml")


class Scenario:
    """Accounts with what is in them, to be made in a Lab."""

    def __init__(self, source: Source, names: Names) -> None:
        """Keep what was read; use `read`."""
        self._source = source
        self._names = names

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Scenario:
        """Read a scenario file and check all of it. Nothing is made.

        Args:
            path: The file. What it refers to lies beside it, or in a folder there.

        Raises:
            KmslabError: it cannot be read, or something in it is wrong: every finding as `file:line:column: sentence`.
        """
        source = read_source(Path(path), os.fspath(path))
        root = source.root
        if Path(path) != OTTERQUILL:
            check_schema(source)
        names = Names(root, root.get("region").text or "us-east-1")
        check_all(root, names)
        refuse(source.findings)
        return cls(source, names)

    @property
    def account_id(self) -> str:
        """Its first account: the one for a Lab to begin with."""
        return next(iter(self._names.accounts))

    @property
    def region(self) -> str:
        """Its Region: where keys and buckets are that name no other."""
        return self._names.region

    @property
    def records(self) -> bool:
        """Whether the making of the scene is to be on the bill and in the trail."""
        return bool(self._source.root.get("record").value)

    def apply(self, lab: Lab) -> Report:
        """Make in a Lab what is not there yet; what is there is left as it is.

        Unless the file says `record: true`, none of it is on the bill or in the trail; the keys cost money from now on.

        Returns:
            What was made and what was there.

        Raises:
            KmslabError: something in the Lab is in the way, and nothing was made; or AWS refuses a call, and what came
                before it was made.
        """
        return making.apply(lab, self._source, self._names, records=self.records)

    def __repr__(self) -> str:
        """The file, and how many accounts it has."""
        return f"<Scenario {self._source.shown}: {len(self._names.accounts)} accounts>"
