"""Tables for people."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from kmslab.tables import Table

TABLE = Table("Two rows", ("Name", "Amount"), [("a", "1"), ("longer name", "1,000")], frozenset({"Amount"}))


def test_text_is_aligned() -> None:
    assert TABLE.text() == "\n".join(
        [
            "Two rows",
            "Name         Amount",
            "-----------  ------",
            "a                 1",
            "longer name   1,000",
        ]
    )


def test_text_without_rows() -> None:
    assert Table("Nothing", ("A", "B"), []).text() == "Nothing\nA  B\n-  -"


def test_shown_by_a_notebook() -> None:
    assert repr(TABLE) == TABLE.text()
    assert TABLE._repr_html_() == TABLE.html()


def test_html_has_caption_and_headings() -> None:
    html = TABLE.html()
    assert "<caption>Two rows</caption>" in html
    assert re.findall(r'<th scope="col"[^>]*>([^<]*)</th>', html) == ["Name", "Amount"]
    assert re.findall(r'<td style="text-align:(\w+)">([^<]*)</td>', html) == [
        ("left", "a"),
        ("right", "1"),
        ("left", "longer name"),
        ("right", "1,000"),
    ]


def test_html_escapes_everything() -> None:
    table = Table("<b>&", ("<i>",), [("<script>alert('x')</script>",)])

    class Tags(HTMLParser):
        seen: list[str] = []  # noqa: RUF012

        def handle_starttag(self, tag: str, attrs: object) -> None:
            self.seen.append(tag)

    parser = Tags()
    parser.feed(table.html())
    assert set(parser.seen) == {"table", "caption", "thead", "tr", "th", "tbody", "td"}
    assert "&lt;b&gt;&amp;" in table.html()
