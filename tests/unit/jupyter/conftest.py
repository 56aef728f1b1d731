"""What the tests of panels and figures share: finding widgets as a person does, and looking at pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import ipywidgets as widgets
import pytest

from kmslab.jupyter.figures import Figure
from kmslab.jupyter.panels.panel import Panel

#: What a person works with.
ACTIVE = (
    widgets.Button, widgets.Checkbox, widgets.Dropdown, widgets.IntText, widgets.Text, widgets.Textarea,
)  # fmt: skip
#: Nothing else: a slider's handle has no name, of toggle buttons a colour alone tells which is down, and JupyterLab
#: takes the arrow keys away from lists and radio buttons.
ALLOWED = (*ACTIVE, widgets.Box, widgets.HTML)

_SVG = "{http://www.w3.org/2000/svg}"


def _all_widgets(panel: Panel) -> Iterator[Any]:
    """Every widget of a panel, in the order in which Tab goes through them."""
    todo: list[Any] = [panel.widget]
    while todo:
        each = todo.pop(0)
        todo[:0] = getattr(each, "children", ())
        yield each


def _find(panel: Panel, description: str) -> Any:
    """The one widget with this description."""
    (found,) = (each for each in _all_widgets(panel) if getattr(each, "description", None) == description)
    return found


def _html_of(panel: Panel) -> str:
    """All HTML that the panel shows."""
    return "\n".join(each.value for each in _all_widgets(panel) if isinstance(each, widgets.HTML))


class _Reading(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.announced: list[str] = []
        self._depth: int | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("br", "rect", "line", "path", "img", "hr"):
            return
        self.open.append(tag)
        if dict(attrs).get("role") == "status":
            self._depth = len(self.open)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("rect", "line", "path"):
            return
        assert self.open.pop() == tag, tag
        if self._depth is not None and len(self.open) < self._depth:
            self._depth = None

    def handle_data(self, data: str) -> None:
        if self._depth is not None:
            self.announced.append(data)


def _announced_by(panel: Panel) -> str:
    """What a screen reader announces; also proves that the HTML is closed where it was opened."""
    reading = _Reading()
    reading.feed(_html_of(panel))
    assert reading.open == []
    return "\n".join(reading.announced)


def _check_manners(panel: Panel) -> None:
    """What holds for every panel: names, Tab, a state as text, nothing random."""
    everything = list(_all_widgets(panel))
    assert all(isinstance(each, ALLOWED) for each in everything)
    active = [each for each in everything if isinstance(each, ACTIVE)]
    assert active
    for each in active:
        assert each.description.strip(), each
        assert not each.disabled, each.description
        assert each.tabbable is not False, each.description
        assert not getattr(each, "icon", ""), each.description
    assert len({each.description for each in active}) == len(active), "two widgets with one name"
    shown = panel._repr_mimebundle_()
    assert set(shown) == {"text/plain", "application/vnd.jupyter.widget-view+json"}
    assert shown["text/plain"] == repr(panel)
    assert repr(panel).startswith(panel.title)
    assert " at 0x" not in repr(panel)
    _announced_by(panel)


def _elements(figure: Figure, name: str) -> list[Any]:
    """All elements of one kind; parsing proves that the picture is well-formed."""
    return list(ElementTree.fromstring(figure.svg).iter(f"{_SVG}{name}"))  # noqa: S314


def _texts(figure: Figure) -> list[str]:
    """Every text in the picture."""
    return [each.text or "" for each in _elements(figure, "text")]


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    """How well two colours are told apart. Source: WCAG 2.2, "contrast ratio" and "relative luminance"."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _check_figure(figure: Figure) -> None:
    """What holds for every picture: a name, its text, texts that can be read and lie within it."""
    root = ElementTree.fromstring(figure.svg)  # noqa: S314
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-label"]
    (title,), (desc,) = root.findall(f"{_SVG}title"), root.findall(f"{_SVG}desc")
    assert title.text == root.attrib["aria-label"]
    assert desc.text == figure.text == repr(figure)
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    boxes: list[tuple[float, float, float, float, str]] = []
    for each in root.iter():
        if each.tag == f"{_SVG}rect":
            x, y, wide, high = (float(each.attrib[name]) for name in ("x", "y", "width", "height"))
            assert x >= 0, each.attrib
            assert y >= 0, each.attrib
            assert x + wide <= width + 0.01, each.attrib
            assert y + high <= height + 0.01, each.attrib
            if each.attrib["fill"] != "none":
                boxes.append((x, y, x + wide, y + high, each.attrib["fill"]))
        if each.tag == f"{_SVG}text" and each.text:
            x, y = float(each.attrib["x"]), float(each.attrib["y"])
            assert 0 <= y <= height, each.text
            behind = next(box for box in reversed(boxes) if box[0] <= x <= box[2] and box[1] <= y - 3 <= box[3])
            assert _contrast(each.attrib["fill"], behind[4]) >= 4.5, (each.text, each.attrib["fill"], behind[4])
            length = len(each.text) * float(each.attrib["font-size"]) * 0.62
            start = {"start": x, "middle": x - length / 2, "end": x - length}[each.attrib["text-anchor"]]
            assert start >= -1, each.text
            assert start + length <= width + 1, each.text


# Test modules cannot import from here, so what they use comes as fixtures.


@pytest.fixture
def find() -> Callable[[Panel, str], Any]:
    """Gives the one widget of a panel that has a description."""
    return _find


@pytest.fixture
def html_of() -> Callable[[Panel], str]:
    """Gives all HTML that a panel shows."""
    return _html_of


@pytest.fixture
def announced_by() -> Callable[[Panel], str]:
    """Gives what a screen reader announces of a panel."""
    return _announced_by


@pytest.fixture
def check_manners() -> Callable[[Panel], None]:
    """Checks what holds for every panel."""
    return _check_manners


@pytest.fixture
def check_figure() -> Callable[[Figure], None]:
    """Checks what holds for every picture."""
    return _check_figure


@pytest.fixture
def elements() -> Callable[[Figure, str], list[Any]]:
    """Gives the elements of a picture that have a name."""
    return _elements


@pytest.fixture
def texts() -> Callable[[Figure], list[str]]:
    """Gives the texts in a picture."""
    return _texts
