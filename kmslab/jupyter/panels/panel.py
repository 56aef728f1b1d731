"""What all panels share: how they show themselves, how they make calls, and how they say what came of it.

The rules for a panel: every field has a description and every button a word; everything is reached with the Tab key and
worked with the keyboard, so nothing is a slider (its handle has no name for a screen reader), nothing is an open list
or a group of radio buttons (JupyterLab takes the arrow keys before they do; a dropdown that Space has opened keeps
them), and no button is ever disabled (it would lose the keyboard's place); outcomes are sentences in an element that is
announced; nothing is told by a colour alone; and `repr` is the whole state as plain text, without a secret or anything
random in it.
"""

from __future__ import annotations

import html
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets
from botocore.exceptions import ClientError, ParamValidationError

from kmslab import Lab, Principal
from kmslab.billing.prices import FREE_REQUESTS, SYMMETRIC_AND_MANAGEMENT
from kmslab.errors import KmslabError
from kmslab.jupyter.figures import Figure
from kmslab.tables import Table

if TYPE_CHECKING:
    from kmslab.keys.inventory import KeyView

#: Descriptions take the room that they need; texts and lists take all there is.
_NAMED = {"description_width": "initial"}


@dataclass(frozen=True)
class Said:
    """What came of a button.

    Attributes:
        lines: The outcome, as sentences.
        table: What belongs to it as a table, or None.
        block: What belongs to it as text of a fixed form, such as a policy; empty for none.
        figure: What belongs to it as a picture, which says what the table says.
    """

    lines: tuple[str, ...]
    table: Table | None = None
    block: str = ""
    figure: Figure | None = None

    def text(self) -> str:
        """As plain text."""
        below = ["", self.table.text()] if self.table is not None else []
        return "\n".join([*self.lines, *below, *(["", self.block] if self.block else [])])

    def html(self, first: str = "") -> str:
        """The sentences as HTML that a screen reader announces."""
        return announced([first, *self.lines] if first else self.lines)

    def below(self) -> str:
        """Table and block as HTML: too long to be announced."""
        table = "" if self.table is None else told_as_table(self.table)
        return table + (_block(self.block) if self.block else "")


class Panel(ABC):
    """A panel of ipywidgets on a Lab.

    Attributes:
        title: What it is for, in a few words.
        calls: How many calls it has made.
        widget: All of it, as one widget.
    """

    def __init__(self, lab: Lab, title: str, principal: Principal | None = None) -> None:
        """Begin with an empty panel.

        Args:
            lab: Whose account it is about.
            title: What it is for, in a few words.
            principal: Who makes its calls; the administrator unless said otherwise.
        """
        self.lab, self.title, self.calls = lab, title, 0
        self._principal = principal
        self.widget = widgets.VBox()

    def lay_out(self, *children: Any) -> None:
        """Put the widgets of the panel under its title, in the order in which Tab goes through them."""
        self.widget.children = (shown(heading(self.title)), *children)

    def call(self, region: str, method: str, **params: Any) -> Any:
        """Make a call to KMS through an ordinary client, and count it.

        Raises:
            botocore.exceptions.ClientError: KMS refuses.
            botocore.exceptions.ParamValidationError: boto3 does not even send it.
        """
        self.calls += 1
        try:
            return getattr(self.lab.client("kms", region, principal=self._principal), method)(**params)
        except ParamValidationError:
            self.calls -= 1  # boto3 did not send it
            raise

    def spent(self) -> str:
        """What the calls of the panel come to, in one sentence."""
        if not self.calls:
            return "This panel has not called KMS yet."
        price = SYMMETRIC_AND_MANAGEMENT.per_10000 / 10_000 * self.calls
        times = "1 call" if self.calls == 1 else f"{self.calls:,} calls"
        return (
            f"This panel has made {times} to KMS: {price:.6f} USD, once the {FREE_REQUESTS:,} free requests of the "
            f"month are used up. What it calls is in lab.trail and on lab.bill."
        )

    @abstractmethod
    def lines(self) -> Sequence[str]:
        """The panel's state, line by line, without its title."""

    def __repr__(self) -> str:
        """The panel's state as plain text."""
        return "\n".join([self.title, *self.lines()])

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        # The widget where there is a front end for it; its state as text everywhere else.
        shown: dict[str, Any] = self.widget._repr_mimebundle_(**options)
        return {**shown, "text/plain": repr(self)}


# --- keys ---


def find_key(lab: Lab, key: str) -> KeyView:
    """A key of the Lab's account.

    Args:
        lab: The Lab.
        key: Its key id, ARN or alias.

    Raises:
        KmslabError: there is none.
    """
    found = lab.inventory.get(key) or lab.inventory.named(key)
    if found is None:
        raise KmslabError(f"There is no key {key!r} in account {lab.account_id}; give its key id, ARN or alias.")
    return found


def name_of(key: KeyView) -> str:
    """What people call a key: its first alias, or its key id."""
    return key.aliases[0] if key.aliases else key.key_id


# --- words ---


def told(error: Exception) -> tuple[str, ...]:
    """An error as sentences: AWS's in AWS's words."""
    if isinstance(error, ParamValidationError):
        return "boto3 did not send this:", *str(error).split("\n")[1:]
    if isinstance(error, ClientError):
        found = error.response["Error"]
        message = found.get("Message", "")
        return (f"{found['Code']}: {message}" if message else f"{found['Code']}, without a message.",)
    return (str(error),)


def attempt(do: Callable[[], Said]) -> Said:
    """What came of it, or the error as sentences; for what a button does."""
    try:
        return do()
    except (ClientError, ParamValidationError, KmslabError) as error:
        return Said(told(error))


def read_context(text: str) -> dict[str, str]:
    """An encryption context as people write it into a field.

    Raises:
        KmslabError: it is written otherwise.
    """
    pairs = [pair.partition("=") for pair in text.split(",") if pair.strip()]
    if not all(sign and name.strip() for name, sign, _ in pairs):
        raise KmslabError("An encryption context is written as name=value, name=value.")
    return {name.strip(): value.strip() for name, _, value in pairs}


def context_field(context: Mapping[str, str] | None = None) -> Any:
    """A line of text for an encryption context."""
    return field("Encryption context", write_context(context or {}), form="name=value, name=value")


def write_context(context: Mapping[str, str]) -> str:
    """The same the other way round."""
    return ", ".join(f"{name}={value}" for name, value in context.items())


# --- widgets ---


def button(does: str, on_click: Callable[[], object], explained: str = "") -> Any:
    """A button with a word on it."""
    made = widgets.Button(description=does, tooltip=explained or does, layout=widgets.Layout(width="auto"))
    made.on_click(lambda _: on_click())
    return made


def dropdown(name: str, options: Sequence[Any], on_change: Callable[[], object] | None = None) -> Any:
    """A choice of one."""
    made = widgets.Dropdown(
        description=name, options=options, style=_NAMED, layout=widgets.Layout(width="auto", max_width="98%")
    )
    return _watched(made, on_change)


def field(name: str, value: str = "", on_change: Callable[[], object] | None = None, *, form: str = "") -> Any:
    """A line of text; the form of it stands in the field while that is empty."""
    made = widgets.Text(
        description=name,
        value=value,
        placeholder=form,
        style=_NAMED,
        layout=widgets.Layout(width="auto", max_width="98%", flex="1 1 240px"),
    )
    return _watched(made, on_change)


def number(name: str, value: int) -> Any:
    """A whole number. What is out of bounds is for AWS to refuse."""
    return widgets.IntText(description=name, value=value, style=_NAMED, layout=widgets.Layout(width="270px"))


def tick(name: str) -> Any:
    """A box to tick."""
    return widgets.Checkbox(description=name, indent=False, layout=widgets.Layout(width="auto"))


def row(*children: Any) -> Any:
    """Widgets side by side, and below one another where there is no room."""
    return widgets.HBox(list(children), layout=widgets.Layout(flex_flow="row wrap", align_items="center"))


def shown(value: str = "") -> Any:
    """A place for HTML, as wide as the panel."""
    return widgets.HTML(value, layout=widgets.Layout(width="98%"))


def _watched(made: Any, on_change: Callable[[], object] | None) -> Any:
    if on_change is not None:
        made.observe(lambda _: on_change(), "value")
    return made


def choose_from(chooser: Any, value: str | None) -> None:
    """Choose something from a cell; None leaves it as it is.

    Raises:
        KmslabError: it is not in the list.
    """
    if value is None:
        return
    options = [each[1] if isinstance(each, tuple) else each for each in chooser.options]
    if value not in options:
        listed = ", ".join(options) or "none"
        raise KmslabError(f"There is no {value!r} here; there are {listed}.")
    chooser.value = value


# --- HTML ---


def heading(text: str) -> str:
    """What a part of a panel is about."""
    return f'<p style="margin:0"><strong>{html.escape(text)}</strong></p>'


def announced(lines: Sequence[str]) -> str:
    """Sentences that a screen reader announces when they change."""
    said = "".join(f"<p>{html.escape(line)}</p>" for line in lines)
    return f'<div role="status" style="overflow-wrap:anywhere;line-height:1.4">{said}</div>'


def told_as_table(table: Table, height: str = "none") -> str:
    """A table that scrolls by itself where it is wider than the panel, or higher than is said."""
    style = f"overflow:auto;max-height:{height};line-height:1.4"
    # JupyterLab's style for tables ends outside a widget, and the browser's own leaves two pixels between columns.
    apart = table.html().replace("<table>", '<table style="border-spacing:10px 2px">', 1)
    return f'<div tabindex="0" role="region" aria-label={_quoted(table.caption)} style="{style}">{apart}</div>'


def _block(text: str) -> str:
    return f'<pre style="white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.4">{html.escape(text)}</pre>'


def _quoted(text: str) -> str:
    return f'"{html.escape(text)}"'
