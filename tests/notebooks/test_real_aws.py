"""Every lesson's solution, run with KMSLAB_BACKEND=aws while a served Lab plays AWS, against what learners are told.

What is stored may be dearer than what is measured, and not cheaper; `kmslab notebooks rehearse NN` measures anew.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from kmslab.classroom.build import products
from kmslab.classroom.rehearsal import SENTENCES, rehearse
from kmslab.classroom.sources import notebooks_folder
from kmslab.real.lessons import rehearsals

SOLUTIONS = {
    each.source.stem[:2]: each
    for each in products(notebooks_folder())
    if each.is_solution and each.source.stem[:2].isdigit()
}

#: Lessons in which nothing stops without a sentence of its own.
COMPLETE = ("00", "01", "02", "04", "05", "06")

#: What a learner is shown is for three runs, so a few requests more are no matter.
TOLERANCE = Decimal("1.2")
DAY = 24


@pytest.mark.parametrize("number", SOLUTIONS)
def test_a_lesson_does_on_real_aws_what_learners_are_told(number: str) -> None:
    (done,) = rehearse([SOLUTIONS[number]])
    again = f"run: kmslab notebooks rehearse {number}"
    stored = rehearsals().get(number)
    assert stored is not None, again
    assert done.left == []
    assert done.row.cost(DAY) <= stored.cost(DAY) * TOLERANCE, again
    assert set(done.row.regions) <= set(stored.regions), again
    assert set(done.row.not_run) <= set(stored.not_run), again
    assert set(done.row.exercises) >= set(stored.exercises), again
    sentences = [text for name, text in done.errors if name in SENTENCES]
    assert all(text.endswith(".") and "\n" not in text for text in sentences)
    if number in COMPLETE:
        assert len(sentences) == len(done.errors), done.errors
