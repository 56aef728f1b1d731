"""The benchmarks hang together: each gives lines, the table says rightly what they mean, the page is of these lines.

Nothing is measured here.
"""

from __future__ import annotations

import importlib.util
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

FOLDER = Path(__file__).parents[1] / "benchmarks"
NAMES = sorted(path.stem for path in FOLDER.glob("*.py"))
TOOLS = {"__main__", "machine", "page", "peers", "table"}
#: A script of its own: it has no target, so no line.
WITHOUT_LINES = {"first_result"}


@pytest.fixture(scope="module")
def benchmarks() -> Iterator[dict[str, ModuleType]]:
    """Every module of the folder, imported as a script of it would import it."""
    known = set(sys.modules)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(FOLDER))
        modules = {name: importlib.import_module(name) for name in NAMES if name != "__main__"}
        spec = importlib.util.spec_from_file_location("all_benchmarks", FOLDER / "__main__.py")
        assert spec is not None
        assert spec.loader is not None
        modules["__main__"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(modules["__main__"])
        yield modules
    for name in set(sys.modules) - known:
        if str(FOLDER) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


@pytest.fixture
def table(benchmarks: dict[str, ModuleType]) -> Any:
    return benchmarks["table"]


def named(benchmarks: dict[str, ModuleType]) -> list[str]:
    """Those which the command runs, as far as they are there."""
    main = benchmarks["__main__"]
    return [name for name in (*main.MODULES, *main.LONG) if name in benchmarks]


def test_the_command_runs_every_benchmark_there_is(benchmarks: dict[str, ModuleType]) -> None:
    assert set(named(benchmarks)) == set(NAMES) - TOOLS - WITHOUT_LINES


def test_each_benchmark_has_lines_and_says_what_they_will_be(benchmarks: dict[str, ModuleType]) -> None:
    for name in named(benchmarks):
        assert callable(benchmarks[name].lines), name
        assert benchmarks[name].__doc__, name
        assert benchmarks[name].TARGETS, name
    targets = [target for name in named(benchmarks) for target in benchmarks[name].TARGETS]
    assert len({(target.about, target.peer) for target in targets}) == len(targets)
    assert {target.sense for target in targets} == {"at most", "at least"}


def test_met_missed_and_peerless_lines(table: Any) -> None:
    cost = table.Target("one call", "us a call", "the floor", "at most", 1.25)
    rate = table.Target("many calls", "requests/s", "", "at least", 6000)
    rows = [
        table.row(line)
        for line in (
            cost.line(1234.5, 1000.0, 1.2345, "as it is"),
            cost.line(1300.0, 1000.0, 1.3),
            rate.line(6000.0),
            rate.line(5999.0),
            cost.not_measured("no network", 1234.5),
        )
    ]
    assert rows == [
        ("one call", "1,234", "us a call", "the floor", "1,000", "1.23", "at most 1.25", "met", "as it is"),
        ("one call", "1,300", "us a call", "the floor", "1,000", "1.30", "at most 1.25", "missed", ""),
        ("many calls", "6,000", "requests/s", "", "-", "6,000", "at least 6,000", "met", ""),
        ("many calls", "5,999", "requests/s", "", "-", "5,999", "at least 6,000", "missed", ""),
        ("one call", "1,234", "us a call", "the floor", "-", "-", "at most 1.25", "not measured", "no network"),
    ]


def test_a_peer_that_is_missing_is_never_met(table: Any) -> None:
    line = table.Line("one call", 1.0, "us", "moto", None, 0.5, "at most", 1.25)
    assert line.verdict == "not measured"
    assert table.Line("one call", math.nan, "us", "", None, math.nan, "at least", 0).verdict == "not measured"


def test_the_table_is_aligned(table: Any) -> None:
    target = table.Target("one call", "us", "", "at most", 10)
    first, second, third = table.text([target.line(5.0), target.line(1234.0, note="much")]).split("\n")
    assert first.split() == list(table.HEADINGS)
    assert first.index("ours") + len("ours") == second.index("5.00") + len("5.00")
    assert first.index("result") == second.index("met") == third.index("missed")
    assert first.index("note") == third.index("much")


def test_notes_stay_when_the_page_is_written_anew(benchmarks: dict[str, ModuleType], tmp_path: Path) -> None:
    page, table = benchmarks["page"], benchmarks["table"]
    path = tmp_path / "FIGURES.md"
    target = table.Target("one | call", "us", "", "at most", 10)

    def write(figure: float) -> str:
        page.write(path, "the command", {"per_call": [target.line(figure)]}, {"per_call": "How."}, {"Python": "3"})
        return path.read_text("utf-8")

    assert "0 of 1 lines" in write(11.0)
    path.write_text(path.read_text("utf-8").replace("-->\n\n<!--", "-->\nBecause of {this}.\n<!--"), "utf-8")
    again = write(9.0)
    assert "<!-- notes -->\nBecause of {this}.\n<!-- /notes -->" in again
    assert "1 of 1 lines" in again
    assert page.keys(again) == [("one \\| call", "")]
    assert page.modules(again) == ["per_call"]


def test_the_page_is_of_the_lines_that_the_benchmarks_have(benchmarks: dict[str, ModuleType]) -> None:
    page, main = benchmarks["page"], benchmarks["__main__"]
    text = page.FIGURES.read_text("utf-8")
    assert page.modules(text) in ([*main.MODULES], [*main.MODULES, *main.LONG])
    wanted = [
        (target.about, target.peer) for name in page.modules(text) for target in benchmarks[name].TARGETS
    ]  # fmt: skip
    assert page.keys(text) == wanted
