"""The life of a key, to choose from: which key, which months, changes or uses. Read from lab.trail, without a call."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from kmslab import Lab
from kmslab.errors import KmslabError
from kmslab.jupyter import figures
from kmslab.jupyter.figures.timeline import SHOWN
from kmslab.jupyter.panels.panel import Panel, announced, button, choose_from, dropdown, name_of, row, shown

_BEGINNING, _TODAY = "the beginning", "today"
_NO_KEY = "There is no key yet. Create one, and look again."


class TimelinePanel(Panel):
    """A key's life, with choices."""

    def __init__(self, lab: Lab, key: str | None = None) -> None:
        """Lay out the panel; use `timeline`."""
        super().__init__(lab, f"Lives of the keys of account {lab.account_id}")
        self._filling = False
        self._key = dropdown("Key", [], self._key_chosen)
        self._since = dropdown("From", (_BEGINNING,), self._changed)
        self._until = dropdown("To the end of", (_TODAY,), self._changed)
        self._what = dropdown("Show", SHOWN, self._changed)
        self._said_shown, self._picture_shown = shown(), shown()
        self.lay_out(
            row(self._key),
            row(self._since, self._until, self._what, button("Look again", self.refresh, "Read the trail again")),
            self._said_shown,
            self._picture_shown,
        )
        self.refresh()
        if key is not None:
            self.choose(key)

    def choose(
        self, key: str | None = None, show: str | None = None, *, since: str | None = None, until: str | None = None
    ) -> TimelinePanel:
        """Choose from a cell; what is not given stays.

        Args:
            key: A key id, ARN or alias.
            show: `everything`, `changes` or `uses`.
            since: A month of the key's life, such as `2026-03`, or `the beginning`.
            until: The last month that is shown, or `today`.

        Raises:
            KmslabError: not in the list.
        """
        if key is not None:
            arns = [arn for _, arn in self._key.options]
            named = self.lab.inventory.named(key)
            found = [arn for arn in arns if key in (arn, arn.rpartition("/")[2]) or (named and named.arn == arn)]
            if not found:
                raise KmslabError(f"There is no key {key!r} in the list; give a key id, ARN or alias of this account.")
            self._key.value = found[0]
        for chooser, value in ((self._since, since), (self._until, until), (self._what, show)):
            choose_from(chooser, value)
        return self

    def refresh(self) -> TimelinePanel:
        """Read the trail again: there may be keys and months that were not there before."""
        before, keys = self._key.value, self._keys()
        self._filling = True
        self._key.options = keys
        arns = [arn for _, arn in keys]
        self._key.value = before if before in arns else arns[0] if arns else None
        self._filling = False
        self._fill_months()
        self._show()
        return self

    @property
    def figure(self) -> figures.Figure | None:
        """What is chosen, as a figure; None while there is no key."""
        if self._key.value is None:
            return None
        since, until = self._since.value, self._until.value
        return figures.timeline(
            self.lab,
            self._key.value,
            since=None if since == _BEGINNING else _first_of(since),
            until=None if until == _TODAY else _first_after(until),
            show=self._what.value,
        )

    # --- what there is to choose from ---

    def _keys(self) -> list[tuple[str, str]]:
        # The trail also knows keys that exist no more, and those of other accounts, whose life it does not know.
        own = self.lab.account_id
        used = {key.arn: None for call in self.lab.trail.calls for key in call.keys if key.account_id == own}
        there = {key.arn: f"{name_of(key)}, {key.state}, {key.region}" for key in self.lab.inventory}
        return [(there.get(arn) or f"{arn.rpartition('/')[2]}, deleted, {arn.split(':')[3]}", arn) for arn in used]

    def _fill_months(self) -> None:
        events = self.lab.trail.events(key=self._key.value).calls if self._key.value else []
        months = list(dict.fromkeys(f"{call.time:%Y-%m}" for call in events))
        self._filling = True
        for chooser, options in ((self._since, [_BEGINNING, *months]), (self._until, [_TODAY, *reversed(months)])):
            before = chooser.value
            chooser.options = options
            chooser.value = before if before in options else options[0]
        self._filling = False

    def _key_chosen(self) -> None:
        if not self._filling:
            self._fill_months()
            self._show()

    def _changed(self) -> None:
        if not self._filling:
            self._show()

    # --- what is shown ---

    def _sentence(self) -> str:
        if self._key.value is None:
            return _NO_KEY
        name = next(label for label, arn in self._key.options if arn == self._key.value)
        return f"{name}: {self._what.value} from {self._since.value} to {self._until.value}. Read without a call."

    def _show(self) -> None:
        self._said_shown.value = announced([self._sentence()])
        self._picture_shown.value = "" if self.figure is None else self.figure.html()

    def lines(self) -> Sequence[str]:
        """What is chosen, and the figure as text."""
        return [self._sentence(), *([] if self.figure is None else ["", self.figure.text])]


def _first_of(month: str) -> datetime:
    return datetime(int(month[:4]), int(month[5:]), 1, tzinfo=UTC)


def _first_after(month: str) -> datetime:
    year, number = int(month[:4]), int(month[5:])
    return datetime(year + number // 12, number % 12 + 1, 1, tzinfo=UTC)


def timeline(lab: Lab, key: str | None = None) -> TimelinePanel:
    """A panel with the life of a key: events, key states and key materials, deleted keys too.

    Args:
        lab: The Lab.
        key: The key to begin with: its key id, ARN or alias; the oldest unless said otherwise.

    Raises:
        KmslabError: neither the account nor its trail has such a key.
    """
    return TimelinePanel(lab, key)
