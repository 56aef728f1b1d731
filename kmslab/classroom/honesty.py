"""The honesty page: every place where kmslab differs from AWS or has to guess, collected from its own source.

Each such place says `Simplified:` and why, in a docstring or a comment beside the code. The page is those sentences, so
that it cannot say less than the code does. It is stored as `HONESTY.md` beside the package's modules.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]
_MARK = "Simplified:"

#: Where the page is stored.
STORED = _PACKAGE / "HONESTY.md"

_HEAD = """\
# Where kmslab differs from AWS

kmslab is a simulation. It aims to answer, deny, log and charge as AWS does, from AWS's documentation, from botocore's
model and from recorded answers. Where nothing says what AWS does, or where the whole of it would be too much, its
source says `Simplified:` and what was done instead. This page is all of those sentences; it is made from the source,
and a test compares the two. `kmslab honesty` prints it for the version that is installed.

Nothing here is meant to protect real data: a Lab's keys lie in the memory or the file of the program that plays AWS.
"""


@dataclass(frozen=True, slots=True)
class Simplification:
    """One place.

    Attributes:
        module: The module's path inside the package.
        about: What the place is about: the name that the docstring belongs to, or empty for a comment.
        text: What it says.
    """

    module: str
    about: str
    text: str


def simplifications(package: Path = _PACKAGE) -> list[Simplification]:
    """Every place in a package that says `Simplified:`, by module and line."""
    found = []
    for path in sorted(package.rglob("*.py")):
        source = path.read_text("utf-8")
        if _MARK in source and path != Path(__file__).resolve():
            module = path.relative_to(package).as_posix()
            places = sorted([*_docstrings(source), *_comments(source)])
            found += [Simplification(module, about, text) for _, about, text in places]
    return found


def page(package: Path = _PACKAGE) -> str:
    """The honesty page in Markdown."""
    everything = simplifications(package)
    parts = [_HEAD, f"There are {len(everything)} such places.\n"]
    for module, places in groupby(everything, key=lambda each: each.module):
        rows = [f"- {f'`{each.about}`: ' if each.about else ''}{each.text}" for each in places]
        parts.append(f"## {module}\n\n" + "\n".join(rows) + "\n")
    return "\n".join(parts)


def _docstrings(source: str) -> Iterator[tuple[int, str, str]]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            text = ast.get_docstring(node)
            for paragraph in _paragraphs(text or ""):
                if _MARK in paragraph:
                    name = "" if isinstance(node, ast.Module) else node.name.strip("_")
                    yield node.body[0].lineno, name, _one_line(paragraph)


def _paragraphs(docstring: str) -> Iterator[str]:
    for paragraph in re.split(r"\n\s*\n", docstring):
        # Of a list of arguments or attributes, each for itself.
        yield from re.split(r"\n(?= {4}\S)", paragraph) if re.match(r"\w+:\n", paragraph) else [paragraph]


def _comments(source: str) -> Iterator[tuple[int, str, str]]:
    block: list[tuple[int, str]] = []
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            if block and token.start[0] != block[-1][0] + 1:
                yield from _block(block)
                block = []
            block.append((token.start[0], token.string.lstrip("#: ")))
    yield from _block(block)


def _block(lines: list[tuple[int, str]]) -> Iterator[tuple[int, str, str]]:
    text = _one_line(" ".join(text for _, text in lines))
    if _MARK in text:
        yield lines[0][0], "", text


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
