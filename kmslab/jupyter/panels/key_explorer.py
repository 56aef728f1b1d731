"""The key explorer: what the KMS console shows and does, as a panel.

The list, a key's metadata, its names and its cost are read without a call; the pages that call say so in their name.
Its buttons call for real: what they do is in lab.trail and on lab.bill, and AWS may refuse it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, ParamValidationError

from kmslab import Lab, Principal
from kmslab.errors import KmslabError
from kmslab.jupyter import figures
from kmslab.jupyter.panels.key_actions import ACTIONS, Given
from kmslab.jupyter.panels.key_views import GENERAL, VIEWS, label_of, list_of
from kmslab.jupyter.panels.panel import (
    Panel,
    Said,
    announced,
    attempt,
    button,
    choose_from,
    dropdown,
    field,
    heading,
    name_of,
    number,
    row,
    shown,
    tick,
    told,
    told_as_table,
)

if TYPE_CHECKING:
    from kmslab.keys.inventory import KeyView

_ALL_REGIONS, _ANY_STATE, _ANYBODY = "all Regions", "any state", "anybody"
_STATES = (
    _ANY_STATE, "Enabled", "Disabled", "PendingDeletion", "PendingReplicaDeletion", "PendingImport", "Unavailable",
    "Creating", "Updating",
)  # fmt: skip
#: Who manages a key, and how the inventory calls it.
_MANAGERS = {_ANYBODY: "", "customer": "CUSTOMER", "AWS": "AWS"}

_NO_KEY = "There is no key that fits the filters."
_UNCONFIRMED = "Tick 'Confirm the deletion' first, as in the console: when the key is gone, so is all under it."


class KeyExplorer(Panel):
    """Keys to choose from, pages about the chosen one, and buttons that call."""

    def __init__(self, lab: Lab, region: str | None = None, principal: Principal | None = None) -> None:
        """Lay out the panel; use `key_explorer`."""
        who = "" if principal is None else f", as {principal.name}"
        super().__init__(lab, f"Keys of account {lab.account_id}{who}", principal)
        self.done = Said(("nothing yet",))
        self._filling = False
        self.page = Said(())
        regions = sorted({lab.region, *(key.region for key in lab.inventory), *([region] if region else [])})
        self._region = dropdown("Region", [_ALL_REGIONS, *regions], self.refresh)
        self._state = dropdown("State", _STATES, self.refresh)
        self._manager = dropdown("Managed by", list(_MANAGERS), self.refresh)
        self._text = field("Text in alias, id, description or tag", on_change=self.refresh)
        self._keys = dropdown("Key", [], self._key_chosen)
        self._page = dropdown("Show", list(VIEWS), self._read)
        self._days, self._period = number("Waiting period (days)", 30), number("Rotation period (days)", 365)
        self._confirmed = tick("Confirm the deletion")
        self._alias = field("Alias name", "alias/")
        self._tag_key, self._tag_value = field("Tag key"), field("Tag value")
        self._count_shown, self._list_shown = shown(), shown()
        self._page_shown, self._below_shown, self._done_shown = shown(), shown(), shown()
        self.lay_out(
            row(self._region, self._state, self._manager, self._text),
            self._count_shown,
            self._list_shown,
            row(self._keys),
            row(self._page, button("Read again", self.read_again, "What other cells have done in the meantime")),
            self._page_shown,
            self._below_shown,
            shown(heading("Change the key: each button is a call")),
            row(*self._buttons("EnableKey", "DisableKey")),
            row(self._days, self._confirmed, *self._buttons("ScheduleKeyDeletion", "CancelKeyDeletion")),
            row(self._period, *self._buttons("EnableKeyRotation", "DisableKeyRotation", "RotateKeyOnDemand")),
            row(self._alias, *self._buttons("CreateAlias", "DeleteAlias")),
            row(self._tag_key, self._tag_value, *self._buttons("TagResource", "UntagResource")),
            self._done_shown,
        )
        if region is not None:
            self._region.value = region
        self.refresh()

    def _buttons(self, *operations: str) -> list[Any]:
        def does(operation: str) -> Callable[[], object]:
            return lambda: self.do(operation)

        return [button(ACTIONS[each].words, does(each), f"Calls {each}") for each in operations]

    # --- from a cell ---

    def choose(
        self,
        key: str | None = None,
        show: str | None = None,
        *,
        region: str | None = None,
        state: str | None = None,
        managed_by: str | None = None,
        text: str | None = None,
    ) -> KeyExplorer:
        """Filter, choose a key, and open one of its pages; what is not given stays.

        Args:
            key: A key of the list: its key id, ARN or alias.
            show: The beginning of a page's name, such as `Key policy`. Some pages call.
            region: A Region, or `all Regions`.
            state: A key state, or `any state`.
            managed_by: `customer`, `AWS` or `anybody`.
            text: A part of an alias, of the key id, of the description or of a tag.

        Raises:
            KmslabError: not in the list.
        """
        for chooser, value in ((self._region, region), (self._state, state), (self._manager, managed_by)):
            choose_from(chooser, value)
        if text is not None:
            self._text.value = text
        if key is not None:
            found = next((each for each in self.keys if key in (each.key_id, each.arn, *each.aliases)), None)
            if found is None:
                raise KmslabError(f"There is no key {key!r} in the list; change the filters or give another key.")
            self._keys.value = found.arn
        if show is not None:
            choose_from(self._page, next((name for name in VIEWS if name.startswith(show)), show))
        return self

    def do(
        self,
        operation: str,
        *,
        days: int | None = None,
        period: int | None = None,
        alias: str | None = None,
        tag_key: str | None = None,
        tag_value: str | None = None,
        confirm: bool | None = None,
    ) -> KeyExplorer:
        """Press a button: really call an operation on the chosen key.

        Args:
            operation: Its name, such as `DisableKey`.
            days: The waiting period of a deletion.
            period: The days between rotations.
            alias: The alias name.
            tag_key: The tag's key.
            tag_value: The tag's value.
            confirm: Whether the deletion is confirmed.

        Raises:
            KmslabError: there is no such button.
        """
        if operation not in ACTIONS:
            raise KmslabError(f"There is no {operation!r} here; there are {', '.join(ACTIONS)}.")
        fields = (
            (self._days, days), (self._period, period), (self._alias, alias), (self._tag_key, tag_key),
            (self._tag_value, tag_value), (self._confirmed, confirm),
        )  # fmt: skip
        for widget, value in fields:
            if value is not None:
                widget.value = value
        self.done = attempt(lambda: self._called(operation))
        self.refresh()
        return self

    def _called(self, operation: str) -> Said:
        key, action = self.key, ACTIONS[operation]
        if key is None:
            raise KmslabError(_NO_KEY)
        if operation == "ScheduleKeyDeletion" and not self._confirmed.value:
            raise KmslabError(_UNCONFIRMED)
        given = Given(
            self._days.value, self._period.value, self._alias.value, self._tag_key.value, self._tag_value.value
        )
        asked = f"{operation} on {name_of(key)} in {key.region}"
        try:
            reply = self.call(key.region, action.method, **action.params(key, given))
        except (ClientError, ParamValidationError) as error:
            return Said((f"{asked} was refused.", *told(error)))
        self._confirmed.value = False
        return Said((f"{asked}: done. {action.done(given, reply)}",))

    # --- what is shown ---

    @property
    def keys(self) -> tuple[KeyView, ...]:
        """The keys that fit the filters."""
        return tuple(key for key in self.lab.inventory if self._fits(key))

    @property
    def key(self) -> KeyView | None:
        """The chosen key as it is now, or None."""
        return self.lab.inventory.get(self._keys.value) if self._keys.value else None

    def _fits(self, key: KeyView) -> bool:
        wanted = self._text.value.lower()
        words = (*key.aliases, key.key_id, key.description, *(f"{name}={value}" for name, value in key.tags.items()))
        return (
            self._region.value in (_ALL_REGIONS, key.region)
            and self._state.value in (_ANY_STATE, key.state)
            and _MANAGERS[self._manager.value] in ("", key.manager)
            and any(wanted in word.lower() for word in words)
        )

    def read_again(self) -> KeyExplorer:
        """Read the list and the open page again, with its calls."""
        open_page = self._page.value
        self.refresh()
        if self._page.value != open_page:
            self._page.value = open_page
        return self

    def refresh(self) -> KeyExplorer:
        """Read the list again. A page that calls gives way to one that does not."""
        keys, before = self.keys, self._keys.value
        arns = [key.arn for key in keys]
        self._filling = True
        self._keys.options = [(label_of(key), key.arn) for key in keys]
        self._keys.value = before if before in arns else (arns[0] if arns else None)
        self._filling = False
        if self._keys.value != before or "(calls" in self._page.value:
            self._key_chosen()
        else:
            self._read()
        return self

    def _key_chosen(self) -> None:
        if self._filling:
            return
        # A page that calls is opened by hand only, not by walking through the list.
        if "(calls" in self._page.value:
            self._page.value = GENERAL
        else:
            self._read()

    def _read(self) -> None:
        key = self.key
        if key is None:
            self.page = Said((_NO_KEY,))
        else:
            arn, region, view = key.arn, key.region, VIEWS[self._page.value]

            def call(method: str, **params: Any) -> Any:
                return self.call(region, method, KeyId=arn, **params)

            self.page = attempt(lambda: view.tell(self.lab, key, call))
        self._show()

    def _show(self) -> None:
        key, count = self.key, len(self.keys)
        self._count_shown.value = announced([f"{count:,} of {len(self.lab.inventory):,} keys."])
        self._list_shown.value = told_as_table(list_of(self.keys), "220px") if count else ""
        first = "" if key is None else f"{name_of(key)}, {key.state}, in {key.region}. {self._page.value}:"
        self._page_shown.value = self.page.html(first)
        sheet = "" if key is None or self._page.value != GENERAL else figures.key_sheet(self.lab, key.arn).html()
        self._below_shown.value = sheet + self.page.below()
        self._done_shown.value = announced([*self.done.lines, self.spent()])

    def lines(self) -> Sequence[str]:
        """The filters, the list with a mark at the chosen key, the open page, and what the last button did."""
        key = self.key
        filters = (self._region.value, self._state.value, f"managed by {self._manager.value}")
        text = f", with {self._text.value!r}" if self._text.value else ""
        marked = [f"{'>' if each.arn == self._keys.value else ' '} {label_of(each)}" for each in self.keys]
        page = [f"{self._page.value}: {self.page.text()}"]
        if key is not None and self._page.value == GENERAL:
            page.append(figures.key_sheet(self.lab, key.arn).text)
        return [
            f"Filters: {', '.join(filters)}{text}", *(marked or [_NO_KEY]), "", *page, "",
            f"Done: {self.done.text()}", self.spent(),
        ]  # fmt: skip


def key_explorer(lab: Lab, region: str | None = None, *, principal: Principal | None = None) -> KeyExplorer:
    """A panel with the account's keys, as in the KMS console: look at them, and really change them.

    Args:
        lab: The Lab.
        region: Which Region to begin with; all of them unless said otherwise.
        principal: Who calls; the administrator unless said otherwise.
    """
    return KeyExplorer(lab, region, principal)
