"""The live bill: what it is for, what came on top since a mark, and what that would cost if it were done often.

Read from lab.bill, without a call. It looks again after each cell, for as long as the panel is open.
"""

from __future__ import annotations

from collections.abc import Sequence

from IPython.core.getipython import get_ipython

from kmslab import Bill, Lab
from kmslab.errors import KmslabError
from kmslab.jupyter import figures
from kmslab.jupyter.panels.panel import (
    Panel,
    announced,
    button,
    choose_from,
    dropdown,
    name_of,
    number,
    row,
    shown,
    tick,
)

_BY = ("operation", "key", "region", "service", "price", "month", "account")
_BEGINNING, _MARK = "the beginning", "the mark"
_NO_MARK = (
    "There is no mark yet. Set one, do something, and see here what that alone costs, and what it would cost done "
    "often."
)


class BillPanel(Panel):
    """The account's bill, or what came on top since a mark.

    Attributes:
        mark: The bill when the mark was set, or None.
    """

    def __init__(self, lab: Lab) -> None:
        """Lay out the panel; use `bill`."""
        super().__init__(lab, f"Bill of account {lab.account_id}")
        self.mark: Bill | None = None
        self._since = dropdown("Since", (_BEGINNING, _MARK), self.refresh)
        self._by = dropdown("Count requests by", _BY, self.refresh)
        self._times = number("Forecast: times a month", 1000)
        self._times.observe(lambda _: self.refresh(), "value")
        self._live = tick("Look again after each cell")
        self._said_shown, self._picture_shown = shown(), shown()
        self.lay_out(
            row(self._since, self._by, self._times),
            row(
                button("Set the mark", self.set_mark, "Count from here on"),
                button("Look again", self.refresh, "Read the bill again"),
                self._live,
            ),
            self._said_shown,
            self._picture_shown,
        )
        self._listening = False
        self._live.observe(lambda _: self._listen(self._live.value), "value")
        self._live.value = True
        self.refresh()

    # --- the buttons ---

    def choose(self, by: str | None = None, since: str | None = None, times: int | None = None) -> BillPanel:
        """Fill in the panel from a cell; what is not given stays.

        Args:
            by: What requests are counted by, such as `key`.
            since: `the beginning` or `the mark`.
            times: How many times a month the forecast is for.

        Raises:
            KmslabError: not in the list.
        """
        choose_from(self._by, by)
        choose_from(self._since, since)
        if times is not None:
            self._times.value = times
        return self

    def set_mark(self) -> BillPanel:
        """Count from here on."""
        self.mark = self.lab.bill
        self._since.value = _MARK
        return self.refresh()

    def refresh(self) -> BillPanel:
        """Read the bill again."""
        self._said_shown.value = announced(self._sentences())
        self._picture_shown.value = self.figure.html()
        return self

    def close(self) -> None:
        """Look no more after each cell, and take the panel away."""
        self._listen(False)
        self.widget.close()

    # --- after each cell ---

    def _listen(self, wanted: bool) -> None:
        shell = get_ipython()
        if shell is None or wanted == self._listening:
            return
        (shell.events.register if wanted else shell.events.unregister)("post_run_cell", self._after_cell)
        self._listening = wanted

    def _after_cell(self, result: object) -> None:
        # Nothing is announced: a screen reader would read out the bill after every cell.
        quiet = announced(self._sentences()).replace(' role="status"', "", 1)
        if self._said_shown.value.replace(' role="status"', "", 1) != quiet:
            self._said_shown.value = quiet
            self._picture_shown.value = self.figure.html()

    # --- what is shown ---

    @property
    def bill(self) -> Bill:
        """The bill as it is shown: since the beginning, or since the mark."""
        now = self.lab.bill
        return now if self._since.value == _BEGINNING or self.mark is None else now.since(self.mark)

    @property
    def figure(self) -> figures.Figure:
        """The bill as it is shown, as a figure."""
        names = {key.arn: f"{name_of(key)} {key.region}" for key in self.lab.inventory}
        return figures.bill(self.bill, self._by.value, names)

    def _sentences(self) -> list[str]:
        now = self.bill
        since = _BEGINNING if self.mark is None else self._since.value
        lines = [f"Since {since}: {now.total:,.6f} USD for {_requests(now)} and the time of the keys."]
        if self.mark is None:
            return [*lines, _NO_MARK]
        came = self.lab.bill.since(self.mark)
        if not came.requests:
            return [*lines, "Nothing was called since the mark."]
        try:
            forecast = self.lab.forecast(came, self._times.value)
        except KmslabError as error:
            return [*lines, str(error)]
        once = f"What came since the mark ({_requests(came)}), {self._times.value:,} times a month"
        return [*lines, f"{once}: {forecast.total:,.6f} USD, with a month of the keys that it uses."]

    def lines(self) -> Sequence[str]:
        """What it comes to, line by line, and the requests by what is chosen."""
        return [*self._sentences(), "", self.bill.table().text(), "", self.figure.text]


def _requests(bill: Bill) -> str:
    return "1 request" if bill.requests == 1 else f"{bill.requests:,} requests"


def bill(lab: Lab) -> BillPanel:
    """A panel with the account's bill, which looks again after each cell. `close()` ends it.

    Args:
        lab: The Lab.
    """
    return BillPanel(lab)
