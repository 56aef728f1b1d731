"""The course as a whole: its index, its glossary, how long it takes, and what README says of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from kmslab.classroom.build import Product, products, without_outputs
from kmslab.classroom.course import Lesson, lessons
from kmslab.classroom.minutes import minutes
from kmslab.errors import KmslabError
from kmslab.exercises.catalogue import EXERCISES
from kmslab.jupyter.course import Course

ROOT = Path(__file__).parents[2]
NOTEBOOKS = ROOT / "notebooks"
LESSONS = lessons(NOTEBOOKS)

#: A word of the glossary, the lesson that it names, and that lesson's notebook.
ENTRY = re.compile(r"### (?P<word>.+)\n\n(?P<text>.+) \[Lesson (?P<number>\d\d)\]\((?P<file>[\w.]+)\)")


def glossary() -> list[re.Match[str]]:
    cells = nbformat.read(NOTEBOOKS / "glossary.ipynb", as_version=4).cells
    found = [ENTRY.fullmatch(cell.source) for cell in cells[1:]]
    assert all(found), [cell.source for cell, each in zip(cells[1:], found, strict=True) if not each]
    return [each for each in found if each]


GLOSSARY = glossary()


class TestIndex:
    def test_it_has_every_lesson_with_a_link(self) -> None:
        page = Course(())._repr_html_()
        assert re.findall(r'<tr><td[^>]*><a href="([^"]+)"', page) == [each.file for each in LESSONS]
        assert len(LESSONS) == len(list(NOTEBOOKS.glob("[0-9]*.ipynb")))

    def test_it_says_how_far_one_is_and_where_to_go_on(self) -> None:
        first, second, *_ = LESSONS
        all_of_first = [number for number in EXERCISES if number.startswith(first.number)]
        course = Course([*all_of_first, "01.1"])
        assert course.next == second
        lines = repr(course).split("\n")
        assert lines[0].startswith(f"{len(all_of_first) + 1} of {len(EXERCISES)} exercises solved")
        assert lines[2].startswith("00 ")
        assert lines[2].endswith("done")
        assert lines[3].endswith("begun")
        assert lines[4].endswith("to do")
        assert lines[-1] == f"Next: {second.number} {second.title}"

    def test_at_the_end_there_is_no_next(self) -> None:
        course = Course(list(EXERCISES))
        assert course.next is None
        assert "take about 0 min" in course.summary
        assert "You have solved them all." in course._repr_html_()
        assert "Next" not in repr(course)

    def test_a_notebook_that_does_not_begin_as_a_lesson_is_named(self, tmp_path: Path) -> None:
        text = nbformat.writes(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# A title")]))
        (tmp_path / "00_start.ipynb").write_text(text)
        with pytest.raises(KmslabError, match="00_start"):
            lessons(tmp_path)


class TestGlossary:
    def test_it_is_in_order_and_has_no_word_twice(self) -> None:
        words = [each["word"] for each in GLOSSARY]
        assert words == sorted(set(words), key=str.lower)
        assert len(words) >= 50

    @pytest.mark.parametrize("entry", GLOSSARY, ids=lambda each: each["word"])
    def test_a_word_is_in_the_lesson_that_it_names(self, entry: re.Match[str]) -> None:
        lesson = next(each for each in LESSONS if each.number == entry["number"])
        assert entry["file"] == lesson.file
        cells = nbformat.read(NOTEBOOKS / lesson.file, as_version=4).cells
        # `KeySpec` is the key spec, and re_encrypt re-encrypts.
        assert letters(entry["word"]) in letters(" ".join(cell.source for cell in cells))

    @pytest.mark.parametrize("entry", GLOSSARY, ids=lambda each: each["word"])
    def test_no_earlier_lesson_takes_it_for_granted(self, entry: re.Match[str]) -> None:
        """Before its lesson a word may be met, if the paragraph says where it is explained, or explains it."""
        too_early = [
            f"{lesson.number}: {text}"
            for lesson in LESSONS
            if lesson.number < entry["number"]
            for text in paragraphs(lesson)
            if spelled(entry["word"]).search(text) and not points_on(text, lesson)
        ]
        assert too_early == []


def letters(text: str) -> str:
    return re.sub(r"[^a-z]", "", text.lower())


#: Plain words of English as well: nobody needs the lesson to understand them.
EVERYDAY = {"Condition", "Digest", "Role", "Trail", "Signature", "Tag", "Principal", "Replica", "Rotation"}


def spelled(word: str) -> re.Pattern[str]:
    if word in EVERYDAY:
        return re.compile(rf"\*\*{word.lower()}s?\*\*")
    return re.compile(rf"\b{re.escape(word)}s?\b", re.I)


def points_on(text: str, lesson: Lesson) -> bool:
    named = re.findall(r"\blessons? (\d\d)", text, re.I) + re.findall(r"\((\d\d)_\w+\.ipynb", text)
    return any(number > lesson.number for number in named)


def paragraphs(lesson: Lesson) -> Iterator[str]:
    """A lesson's prose, paragraph by paragraph; not what it says of its neighbours, nor code."""
    for cell in nbformat.read(NOTEBOOKS / lesson.file, as_version=4).cells:
        if cell.cell_type == "markdown":
            for text in re.split(r"\n\s*\n", cell.source):
                if "Next: [" not in text:
                    yield re.sub(r"`[^`]*`", "", text)


class TestMinutes:
    @pytest.mark.parametrize(
        "product",
        [each for each in products(NOTEBOOKS) if not each.is_solution],
        ids=lambda each: each.source.stem,
    )
    def test_a_lesson_says_the_minutes_that_are_counted(self, product: Product) -> None:
        if product.source.stem[0].isdigit():
            solution = Product(product.source, NOTEBOOKS / "solutions" / product.target.name, is_solution=True)
            learner, answers = without_outputs(product).cells, without_outputs(solution).cells
            said = next(each.minutes for each in LESSONS if each.file == product.target.name)
            assert said == minutes(learner, answers)

    def test_more_to_do_takes_longer(self) -> None:
        text, code = nbformat.v4.new_markdown_cell, nbformat.v4.new_code_cell
        short = [text("word " * 600), code("a = 1")]
        assert minutes(short, short) == 5
        assert minutes([*short, text("word " * 1500)], short) == 15
        exercise = [*short, code('check("00.1")')]
        assert minutes([*exercise, *exercise], exercise) == minutes([*short, *short], short) + 5
        assert minutes(short, [*short, code("b = 1\n" * 30)]) == 15
        folded = code("x = 1\n" * 600)
        folded.metadata["tags"] = ["hide-input"]
        assert minutes([*short, folded], short) == 5


def test_readme_has_the_table_of_lessons() -> None:
    rows = re.findall(r"^\| (\d\d) .*\| (\d+) \|$", (ROOT / "README.md").read_text("utf-8"), re.M)
    assert rows == [(each.number, str(each.minutes)) for each in LESSONS]
