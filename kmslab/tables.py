"""Tables for people: the same rows as plain text and as HTML that a screen reader can follow."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, repr=False)
class Table:
    """A caption, column headings and rows of text.

    Attributes:
        caption: What the table shows, in a few words.
        columns: The headings.
        rows: One text per column.
        numbers: The headings whose column is set flush right.
    """

    caption: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    numbers: frozenset[str] = frozenset()

    def text(self) -> str:
        """The table in plain text, columns aligned."""
        widths = [max(map(len, column)) for column in zip(self.columns, *self.rows, strict=True)]

        def line(cells: Sequence[str]) -> str:
            shown = (
                cell.rjust(width) if heading in self.numbers else cell.ljust(width)
                for cell, width, heading in zip(cells, widths, self.columns, strict=True)
            )
            return "  ".join(shown).rstrip()

        rule = "  ".join("-" * width for width in widths)
        return "\n".join([self.caption, line(self.columns), rule, *map(line, self.rows)])

    def html(self) -> str:
        """The table in HTML, with a caption and with headings marked as such."""
        head = "".join(f'<th scope="col"{self._side(name)}>{html.escape(name)}</th>' for name in self.columns)
        body = "".join(
            "<tr>"
            + "".join(
                f"<td{self._side(name)}>{html.escape(cell)}</td>" for name, cell in zip(self.columns, row, strict=True)
            )
            + "</tr>"
            for row in self.rows
        )
        return (
            f"<table><caption>{html.escape(self.caption)}</caption>"
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        )

    def __repr__(self) -> str:
        """The table in plain text."""
        return self.text()

    def _repr_html_(self) -> str:
        return self.html()

    def _side(self, name: str) -> str:
        return f' style="text-align:{"right" if name in self.numbers else "left"}"'
