"""The honesty page: everything that the source says of itself, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from kmslab.classroom.honesty import STORED, Simplification, page, simplifications
from kmslab.cli import main

SOURCE = '''\
"""A module. Simplified: not all
of it is here.

Another paragraph.
"""

#: Three of them. Simplified: AWS has
#: more.
NUMBER = 3

# A comment that says nothing of the kind.
TEXT = "Simplified: a text is no confession"


class Thing:
    """A thing.

    Attributes:
        name: What it is called. Simplified: never empty.
        size: How large.
    """

    def _hidden(self) -> None:
        """Does nothing.

        Simplified: AWS does something.
        """
'''


def test_docstrings_and_comments_are_found_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "room").mkdir()
    (tmp_path / "room" / "module.py").write_text(SOURCE)
    (tmp_path / "silent.py").write_text('"""Nothing to confess."""\n')
    assert simplifications(tmp_path) == [
        Simplification("room/module.py", "", "A module. Simplified: not all of it is here."),
        Simplification("room/module.py", "", "Three of them. Simplified: AWS has more."),
        Simplification("room/module.py", "Thing", "name: What it is called. Simplified: never empty."),
        Simplification("room/module.py", "hidden", "Simplified: AWS does something."),
    ]
    shown = page(tmp_path)
    assert "There are 4 such places." in shown
    assert "## room/module.py\n\n- A module." in shown
    assert "- `hidden`: Simplified: AWS does something." in shown


def test_the_stored_page_is_what_the_source_says() -> None:
    assert STORED.read_text("utf-8") == page(), "run: kmslab honesty --write"
    assert len(simplifications()) > 100


def test_the_command_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["honesty"]) == 0
    assert capsys.readouterr().out.strip() == page().strip()
