"""The house rules, run by the tools that know them: layers, style, types."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

RULES = {
    "layers": ["-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"],
    "style": ["-m", "ruff", "check", "kmslab", "tests"],
    "format": ["-m", "ruff", "format", "--check", "kmslab", "tests"],
    "types": ["-m", "mypy"],
}


@pytest.mark.parametrize("rule", RULES)
def test_the_house_keeps_its_rules(rule: str) -> None:
    done = subprocess.run(  # noqa: S603
        [sys.executable, *RULES[rule]], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_modules_stay_small() -> None:
    """A module over 300 lines says why in its docstring, with the word `lines`."""
    for path in (ROOT / "kmslab").rglob("*.py"):
        text = path.read_text("utf-8")
        if text.count("\n") > 300:
            docstring = text.split('"""')[1]
            assert "lines" in docstring, f"{path.relative_to(ROOT)} has more than 300 lines and does not say why"


def test_the_top_level_holds_what_it_should() -> None:
    listed = subprocess.run(
        ["git", "ls-files"],  # noqa: S607
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    names = {line.split("/")[0] for line in listed.stdout.splitlines()}
    visible = {name for name in names if not name.startswith(".")}
    assert visible <= {"pyproject.toml", "notebooks", "kmslab", "tests", "binder", "README.md", "LICENSE"}
