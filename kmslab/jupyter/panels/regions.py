"""The Region map: which keys, aliases and buckets live where, and which keys are related across Regions.

Keys are read from lab.inventory, without a call. For the buckets S3 is asked, which is no call to KMS.
"""

from __future__ import annotations

from collections.abc import Sequence

from kmslab import Lab
from kmslab.errors import KmslabError
from kmslab.jupyter import figures
from kmslab.jupyter.figures.buckets import buckets as of_account
from kmslab.jupyter.panels.panel import Panel, announced, button, field, row, shown, tick, told_as_table
from kmslab.tables import Table


class RegionsPanel(Panel):
    """The account's Regions, with what lives in each."""

    def __init__(self, lab: Lab, buckets: bool = False) -> None:
        """Lay out the panel; use `regions`."""
        super().__init__(lab, f"Regions of account {lab.account_id}")
        self._more = field("Also show these Regions (name, name)", lab.region, self.refresh)
        self._buckets = tick("Show buckets (asks S3)")
        self._buckets.value = buckets
        self._buckets.observe(lambda _: self.refresh(), "value")
        self._said_shown, self._picture_shown, self._table_shown = shown(), shown(), shown()
        self.lay_out(
            row(self._more, self._buckets, button("Look again", self.refresh, "What other cells have done meanwhile")),
            self._said_shown,
            self._picture_shown,
            self._table_shown,
        )
        self.refresh()

    def choose(self, *regions: str, buckets: bool | None = None) -> RegionsPanel:
        """Choose from a cell; what is not given stays.

        Args:
            regions: Regions to show even if nothing lives there.
            buckets: Whether to show buckets.
        """
        if regions:
            self._more.value = ", ".join(regions)
        if buckets is not None:
            self._buckets.value = buckets
        return self

    def refresh(self) -> RegionsPanel:
        """Look again."""
        try:
            wanted = self._wanted()
        except KmslabError as error:
            self._said_shown.value = announced([str(error)])
            return self
        self._said_shown.value = announced([self._sentence()])
        self._picture_shown.value = figures.region_map(self.lab, wanted, buckets=self._buckets.value).html()
        self._table_shown.value = told_as_table(self._table())
        return self

    def _wanted(self) -> list[str]:
        names = [name.strip() for name in self._more.value.split(",") if name.strip()]
        there = self.lab.session().get_available_regions("kms")
        for name in names:
            if name not in there:
                raise KmslabError(f"{name!r} is not the name of a Region with KMS, such as 'eu-west-1'.")
        return names

    def _sentence(self) -> str:
        keys = self.lab.inventory
        groups = {key.key_id for key in keys if key.multi_region}
        where = len(dict(keys.by_region()))
        asked = "S3 was asked for the buckets." if self._buckets.value else "Read without a call."
        return f"Keys: {len(keys):,}, in {where:,} Regions; multi-Region keys with one id: {len(groups):,}. {asked}"

    def _table(self) -> Table:
        found = of_account(self.lab) if self._buckets.value else {}
        rows = []
        for region in dict.fromkeys([*(region for region, _ in self.lab.inventory.by_region()), *sorted(found)]):
            here = self.lab.inventory.select(region=region)
            aliases = ", ".join(alias for key in here for alias in key.aliases) or "none"
            related = str(sum(key.multi_region for key in here))
            buckets = ", ".join(f"{name} ({encryption})" for name, encryption in found.get(region, ())) or "none"
            rows.append((region, str(len(here)), related, aliases, *([buckets] if self._buckets.value else [])))
        columns = ("Region", "Keys", "Multi-Region", "Aliases", *(["Buckets"] if self._buckets.value else []))
        return Table("What lives where", columns, rows, frozenset({"Keys", "Multi-Region"}))

    def lines(self) -> Sequence[str]:
        """What lives where, as text."""
        try:
            wanted = self._wanted()
        except KmslabError as error:
            return [str(error)]
        drawn = figures.region_map(self.lab, wanted, buckets=self._buckets.value)
        return [self._sentence(), "", drawn.text, "", self._table().text()]


def regions(lab: Lab, *, buckets: bool = False) -> RegionsPanel:
    """A panel with a map of the account's Regions: keys, aliases, related multi-Region keys, and buckets.

    Args:
        lab: The Lab.
        buckets: Whether to begin with the buckets shown, for which S3 is asked.
    """
    return RegionsPanel(lab, buckets)
