"""The drawing: shapes and text in one SVG that carries its own title and description, and how a notebook shows it.

JupyterLab turns an SVG output into an image without an alternative, and shows none before a notebook is trusted. So a
figure is shown as HTML: an image that has its title as alternative text, and below it, folded, the same as text.
"""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import wrap
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

#: Colours that stay apart for every kind of colour vision. Source: Okabe and Ito, "Color Universal Design", 2008.
BLUE, ORANGE, GREEN, GREY, INK = "#0072b2", "#e69f00", "#009e73", "#8a8a8a", "#1a1a1a"
PALE = "#f2f5f8"

#: How wide a character is at most, as a part of the font size; texts are cut by it, not measured.
_CHARACTER = 0.62

#: What an SVG in an address of its own may keep.
_AS_IT_IS = " /:;=,()!*@+$?-._~"


@dataclass(frozen=True, repr=False)
class Figure:
    """A picture and what it says.

    Attributes:
        svg: The picture.
        text: The same in plain text.
    """

    svg: str
    text: str

    def __repr__(self) -> str:
        """What the picture says, in plain text."""
        return self.text

    def html(self) -> str:
        """An image as wide as there is room, and its text for whoever does not see it or wants to copy it."""
        title, _, _ = self.text.partition("\n")
        return (
            f'<img alt={quoteattr(f"Figure: {title}. Its text follows.")} style="max-width:100%;height:auto" '
            f'src="data:image/svg+xml,{quote(self.svg, safe=_AS_IT_IS)}">'
            "<details><summary>The same as text</summary>"
            f'<pre style="white-space:pre-wrap;line-height:1.4">{escape(self.text)}</pre></details>'
        )

    def _repr_html_(self) -> str:
        return self.html()


class Drawing:
    """Collects shapes. Coordinates are in pixels from the upper left corner."""

    def __init__(self, width: int, height: int) -> None:
        """A white sheet."""
        self.width, self.height = width, height
        self._parts: list[str] = []
        self.box(0, 0, width, height, fill="#ffffff", stroke="#ffffff")

    def box(
        self, x: float, y: float, width: float, height: float, *, fill: str = "none", stroke: str = INK, round_: int = 0
    ) -> None:
        """A rectangle."""
        self._parts.append(
            f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="{round_}" '
            f'fill="{fill}" stroke="{stroke}"/>'
        )

    def line(self, x1: float, y1: float, x2: float, y2: float, *, stroke: str = INK, arrow: bool = False) -> None:
        """A line, with an arrow's head at its end if wanted."""
        head = ' marker-end="url(#arrow)"' if arrow else ""
        self._parts.append(f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}" stroke="{stroke}"{head}/>')

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: int = 13,
        anchor: str = "start",
        bold: bool = False,
        fill: str = INK,
    ) -> None:
        """One line of text with its base line at y."""
        weight = ' font-weight="bold"' if bold else ""
        self._parts.append(
            f'<text x="{x:g}" y="{y:g}" font-size="{size}" text-anchor="{anchor}" fill="{fill}"{weight}>'
            f"{escape(text)}</text>"
        )

    def figure(self, title: str, text: str) -> Figure:
        """The finished figure; `text` is its plain text form and its description for screen readers."""
        svg = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" '
            f'width="{self.width}" height="{self.height}" role="img" aria-label={quoteattr(title)} '
            'font-family="sans-serif">'
            f"<title>{escape(title)}</title><desc>{escape(text)}</desc>"
            '<defs><marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" '
            f'orient="auto"><path d="M0 0L8 4L0 8z" fill="{INK}"/></marker></defs>' + "".join(self._parts) + "</svg>"
        )
        return Figure(svg, text)


def width_of(text: str, size: int = 13) -> float:
    """About how many pixels a text takes, never less than it does."""
    return len(text) * size * _CHARACTER


def cut(text: str, pixels: float, size: int = 13) -> str:
    """The text, or its beginning and an ellipsis where there is no room for all of it."""
    room = int(pixels / (size * _CHARACTER))
    return text if len(text) <= room else text[: max(1, room - 1)] + "\N{HORIZONTAL ELLIPSIS}"


def folded(text: str, pixels: float, size: int = 13) -> list[str]:
    """The text in as many lines as it takes; words that are too long are broken."""
    return wrap(text, max(1, int(pixels / (size * _CHARACTER))), break_on_hyphens=False) or [""]
