"""The page of figures, `FIGURES.md`: the table, on what it was made, how, and notes that stay when it is made anew."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from table import HEADINGS, Line, markdown

FIGURES = Path(__file__).parent / "FIGURES.md"
NOTES = re.compile(r"<!-- notes -->\n(.*?)<!-- /notes -->", re.DOTALL)

_PAGE = """\
# Figures

What kmslab costs, beside its peers in the same run. Written by `{command}`, which writes this page anew, all but the
notes. A ratio is taken round by round, in turns, and its median is the figure: it holds on other machines where the
times do not. {met} of {all} lines are what they were meant to be.

{table}

<!-- notes -->
{notes}<!-- /notes -->

## On what

{facts}

## How

{how}
"""


def write(
    path: Path, command: str, found: Mapping[str, list[Line]], how: Mapping[str, str], facts: Mapping[str, str]
) -> None:
    """Write the page, and keep the notes of the one that was there."""
    every = [line for lines in found.values() for line in lines]
    kept = NOTES.search(path.read_text("utf-8")) if path.exists() else None
    page = _PAGE.format(
        command=command,
        met=sum(line.verdict == "met" for line in every),
        all=len(every),
        table=markdown(every),
        notes=kept[1] if kept else "\n",
        facts="\n".join(["| | |", "| --- | --- |", *(f"| {name} | {fact} |" for name, fact in facts.items())]),
        how="\n\n".join(f"### {name}\n\n{text.strip()}" for name, text in how.items()),
    )
    path.write_text(page, "utf-8")


def keys(page: str) -> list[tuple[str, str]]:
    """What the lines of a page are about, and the peer of each."""
    table = page.partition("| about |")[2].partition("<!-- notes -->")[0]
    cells = (line.removeprefix("| ").split(" | ") for line in table.strip().split("\n")[2:])
    return [(each[HEADINGS.index("about")], each[HEADINGS.index("peer")]) for each in cells]


def modules(page: str) -> list[str]:
    """Which benchmarks a page says how they were made."""
    return re.findall(r"^### (\w+)$", page, re.MULTILINE)
