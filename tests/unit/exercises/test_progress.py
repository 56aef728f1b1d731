"""What a learner's folder remembers, and how it is carried elsewhere."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from kmslab import Lab, cli
from kmslab.errors import KmslabError
from kmslab.exercises.desk import Desk
from kmslab.exercises.progress import Progress
from kmslab.exercises.transfer import export_progress, import_progress


def remembered(folder: Path, solved: dict[str, str], hints: dict[str, int] | None = None) -> Path:
    folder.mkdir(exist_ok=True)
    Progress(folder).add_all(solved, hints or {})
    return folder


def test_the_time_is_remembered_with_the_first_solution(tmp_path: Path) -> None:
    progress = Progress(tmp_path)
    progress.add("00.1")
    first = progress.when["00.1"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", first)
    progress.add("00.1")
    again = Progress(tmp_path)
    assert again.when == {"00.1": first}
    assert again.solved == {"00.1"}


def test_hints_are_remembered_until_the_exercise_is_solved(tmp_path: Path, lab: Lab) -> None:
    desk = Desk(lab, Progress(tmp_path))
    desk.hint("00.1")
    desk.hint("00.1")
    desk.hint("00.2", 3)
    desk.hint("00.2", 1)
    assert Progress(tmp_path).hints == {"00.1": 2, "00.2": 3}
    progress = Progress(tmp_path)
    progress.add("00.1")
    Desk(lab, progress).hint("00.1", 3)
    assert Progress(tmp_path).hints["00.1"] == 2


def test_a_hint_with_code_begins_it_on_a_line_of_its_own(tmp_path: Path, lab: Lab) -> None:
    desk = Desk(lab, Progress(tmp_path))
    assert repr(desk.hint("00.1", 3)).startswith("Hint 3 of 3 for 00.1:\n# ")
    assert repr(desk.hint("00.1", 1)).startswith("Hint 1 of 3 for 00.1: Your client")


def test_the_table_tells_the_day_and_nothing_of_hints(tmp_path: Path, lab: Lab) -> None:
    progress = Progress(remembered(tmp_path, {"00.1": "2026-03-01T10:00:00Z", "00.2": ""}, {"00.1": 3}))
    table = Desk(lab, progress).progress()
    assert table.rows[:3] == [
        ("00.1", "your own key", "solved", "2026-03-01"),
        ("00.2", "there and back", "solved", ""),
        ("00.3", "ask the trail", "open", ""),
    ]
    assert "hint" not in repr(table).lower()


@pytest.mark.parametrize(
    "stored",
    ["", "[]", "[" * 9000, '{"solved": {"00.1": 1}}', '{"solved": 5, "when": [], "hints": {"00.1": "x"}}', "null"],
    ids=range(6),
)
def test_whatever_the_file_holds_is_no_reason_to_stop(stored: str, tmp_path: Path) -> None:
    (tmp_path / ".kmslab").mkdir()
    (tmp_path / ".kmslab" / "progress.json").write_text(stored)
    progress = Progress(tmp_path)
    assert (progress.solved, dict(progress.when), dict(progress.hints)) == (frozenset(), {}, {})


def test_a_file_of_before_is_understood(tmp_path: Path) -> None:
    (tmp_path / ".kmslab").mkdir()
    (tmp_path / ".kmslab" / "progress.json").write_text('{"solved": ["00.1", "02.3"]}')
    assert Progress(tmp_path).solved == {"00.1", "02.3"}


def test_what_was_exported_is_there_after_an_import(tmp_path: Path) -> None:
    here = remembered(tmp_path / "here", {"00.1": "2026-03-01T10:00:00Z", "01.2": ""}, {"00.1": 1, "05.1": 3})
    file = tmp_path / "progress.json"
    assert export_progress(here, file) == 2
    (tmp_path / "there").mkdir()
    merged = import_progress(file, tmp_path / "there")
    assert (merged.solved, merged.more) == (("00.1", "01.2"), ())
    there = Progress(tmp_path / "there")
    assert (there.solved, there.when, there.hints) == (
        {"00.1", "01.2"},
        {"00.1": "2026-03-01T10:00:00Z"},
        {"00.1": 1, "05.1": 3},
    )


def test_an_import_merges_and_loses_nothing(tmp_path: Path) -> None:
    here = remembered(tmp_path / "a", {"00.1": "2026-03-02T00:00:00Z", "00.2": "2026-01-01T00:00:00Z"}, {"00.3": 1})
    there = remembered(tmp_path / "b", {"00.1": "2026-03-01T00:00:00Z", "00.3": "2026-04-01T00:00:00Z"}, {"00.3": 2})
    file = tmp_path / "f.json"
    export_progress(there, file)
    for _ in range(2):
        merged = import_progress(file, here)
    assert merged.solved == ()
    progress = Progress(here)
    assert progress.when == {
        "00.1": "2026-03-01T00:00:00Z", "00.2": "2026-01-01T00:00:00Z", "00.3": "2026-04-01T00:00:00Z",
    }  # fmt: skip
    assert progress.hints == {"00.3": 2}


def test_personal_bests_travel_and_the_fewest_calls_count(tmp_path: Path) -> None:
    here, there = remembered(tmp_path / "a", {}), remembered(tmp_path / "b", {})
    (here / ".kmslab" / "golf.json").write_text('{"best": {"1": 2, "2": 7}}')
    (there / ".kmslab" / "golf.json").write_text('{"best": {"2": 5, "3": 4}}')
    (there / ".kmslab" / "quiz.json").write_text('{"right": 3}')
    (there / ".kmslab" / "copied.json").write_text('{"00_start.ipynb": "x"}')
    export_progress(there, tmp_path / "f.json")
    assert import_progress(tmp_path / "f.json", here).more == ("golf", "quiz")
    assert json.loads((here / ".kmslab" / "golf.json").read_text()) == {"best": {"1": 2, "2": 5, "3": 4}}
    assert json.loads((here / ".kmslab" / "quiz.json").read_text()) == {"right": 3}
    assert not (here / ".kmslab" / "copied.json").exists()
    assert import_progress(tmp_path / "f.json", here).more == ()


def _changed(text: str) -> str:
    return text.replace("00.1", "00.2")


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda text: "", "is not a file of"),
        (lambda text: text[:50], "is not a file of"),
        (lambda text: "[]", "is not a file of"),
        (lambda text: "x" * 2_000_000, "is not a file of"),
        (lambda text: '{"what": "kmslab progress", "format": 2}', "newer kmslab"),
        (_changed, "is damaged"),
        (lambda text: '{"what": "kmslab progress", "format": 1}', "is damaged"),
    ],
    ids=range(7),
)
def test_a_damaged_file_is_refused_in_one_sentence_and_changes_nothing(damage, words: str, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    folder, file = remembered(tmp_path / "a", {"00.1": ""}), tmp_path / "f.json"
    export_progress(folder, file)
    file.write_text(damage(file.read_text()))
    (tmp_path / "b").mkdir()
    with pytest.raises(KmslabError, match=words) as refused:
        import_progress(file, tmp_path / "b")
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "b" / ".kmslab").exists()


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, file = remembered(tmp_path / "a", {"00.1": "2026-03-01T10:00:00Z"}), str(tmp_path / "f.json")
    other = remembered(tmp_path / "b", {})
    assert cli.main(["progress", "export", file, "--dir", str(folder)]) == 0
    assert cli.main(["progress", "import", file, "--dir", str(other)]) == 0
    assert cli.main(["progress", "show", "--dir", str(other)]) == 0
    shown = capsys.readouterr().out
    assert "1 solved exercises written" in shown
    assert "newly solved: 00.1" in shown
    assert re.search(r"00\.1 +your own key +solved +2026-03-01", shown)
    assert cli.main(["progress", "export"]) == 2
    assert cli.main(["progress", "import", str(tmp_path / "none"), "--dir", str(other)]) == 2
    assert cli.main(["progress", "show", "--dir", str(tmp_path / "none")]) == 2
    told = capsys.readouterr().err.splitlines()
    assert [
        words
        for words, line in zip(["Name the file", "cannot be read", "no folder"], told, strict=True)
        if words not in line
    ] == []


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    export_progress(remembered(tmp_path / "a", {"00.1": ""}), tmp_path / "f.json")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / ".kmslab").write_text("a file where the folder should be")
    with pytest.raises(KmslabError, match="cannot be written"):
        import_progress(tmp_path / "f.json", tmp_path / "b")
    with pytest.raises(KmslabError, match="cannot be written"):
        export_progress(tmp_path / "a", tmp_path / "none" / "f.json")
