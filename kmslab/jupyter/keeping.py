"""`keep()`: a learner's work as a file to download; and in Binder, which keeps nothing, the panel that says so.

Plain widgets: a button, and a link that holds the file itself, so that it needs no other address of the server. The Tab
key reaches both, and what happened is announced.
"""

from __future__ import annotations

import base64
import html
import os
from pathlib import Path
from typing import Any

import ipywidgets as widgets

from kmslab.classroom.parcel import NAME, Parcel, pack
from kmslab.classroom.sources import notebooks_folder
from kmslab.errors import KmslabError
from kmslab.files import write_whole
from kmslab.jupyter.lent import is_binder

#: A longer file is not put into a link: browsers differ in how much they take.
LONGEST_LINK = 1_500_000

_NOT_KEPT = (
    "Your work is not kept here.",
    "This is Binder: when you close it, or leave it alone for some minutes, this computer and all its files are gone. "
    "Before you leave, save your notebook (Ctrl+S, on a Mac Cmd+S), and then download your work.",
)
_KEPT = (
    "Your work as a file.",
    "Save your notebook first (Ctrl+S, on a Mac Cmd+S): what is not saved is not in the file.",
)


class KeepPanel:
    """A sentence or two, the button that packs a learner's work, and then the link that downloads it."""

    def __init__(self, folder: Path, *, is_lent: bool) -> None:
        """Lay out the panel; use `keep`.

        Args:
            folder: The learner's folder.
            is_lent: Whether the folder will be gone at the end.
        """
        self._folder = folder
        self._words = _NOT_KEPT if is_lent else _KEPT
        self._said = ""
        heading, sentence = (html.escape(each) for each in self._words)
        notice = widgets.HTML(f'<div role="note"><p><b>{heading}</b></p><p>{sentence}</p></div>')
        button = widgets.Button(description="Download my work", tooltip="Pack the notebooks that you have changed")
        button.on_click(lambda _: self.pack())
        self._shown = widgets.HTML()
        self.widget = widgets.VBox([notice, button, self._shown], layout=widgets.Layout(padding="4px 0"))

    def pack(self) -> KeepPanel:
        """Pack everything that was saved by now, and offer it."""
        try:
            parcel = pack(self._folder, _shipped())
        except OSError as error:
            self._show(f"Your work could not be packed: {error}.", "")
            return self
        size = f"{max(1, round(len(parcel.data) / 1000)):,} KB"
        solved = "with the exercises that you have solved" if parcel.remembers else "with no exercise solved yet"
        said = f"{NAME}: {_counted(len(parcel.notebooks))}, {solved}, {size}."
        path = self._stored(parcel)
        if path is not None:
            said += f" It is also in your folder, as {path.name}."
        if len(parcel.data) > LONGEST_LINK:
            said += " It is too large for a link: in the file browser on the left, right-click it and choose Download."
            self._show(said, "")
        else:
            self._show(said, _link(parcel))
        return self

    def _stored(self, parcel: Parcel) -> Path | None:
        path = self._folder / NAME
        try:
            write_whole(path, parcel.data)
        except OSError:
            # A folder that cannot be written is no reason to lose the link.
            return None
        return path

    def _show(self, said: str, link: str) -> None:
        self._said = said
        self._shown.value = f'<div role="status"><p>{html.escape(said)}</p>{link}</div>'

    def __repr__(self) -> str:
        """The panel as plain text."""
        return "\n".join([*self._words, self._said or "Download my work: not packed yet. In a cell: keep().pack()"])

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        shown: dict[str, Any] = self.widget._repr_mimebundle_(**options)
        return {**shown, "text/plain": repr(self)}


def keep() -> KeepPanel:
    """A panel with your work as a file: the notebooks that you have changed, and which exercises you have solved."""
    return KeepPanel(Path(os.environ.get("KMSLAB_WORKSPACE") or Path.cwd()), is_lent=is_binder())


def _shipped() -> Path | None:
    try:
        return notebooks_folder()
    except KmslabError:
        return None


def _counted(number: int) -> str:
    return {0: "no changed notebook", 1: "1 notebook"}.get(number, f"{number} notebooks")


def _link(parcel: Parcel) -> str:
    data = base64.b64encode(parcel.data).decode("ascii")
    style = "text-decoration:underline"
    return f'<p><a style="{style}" download="{NAME}" href="data:application/zip;base64,{data}">Save {NAME}</a></p>'
