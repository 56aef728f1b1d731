"""Lessons' solutions, run with KMSLAB_BACKEND=aws while a served Lab plays AWS, against what learners are told.

All of them are run by `kmslab notebooks rehearse`; here a few, and it is noticed when one has changed since. What is
stored may be dearer than what is measured, and not cheaper; `kmslab notebooks rehearse NN` measures anew.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from kmslab.classroom.build import products
from kmslab.classroom.rehearsal import SENTENCES, digest, rehearse
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


#: One that runs to its end, and one with other services and sentences of many kinds.
RUN_HERE = ("00", "11")


@pytest.mark.parametrize("number", SOLUTIONS)
def test_a_lesson_was_rehearsed_as_it_is(number: str) -> None:
    stored = rehearsals().get(number)
    assert stored is not None, f"run: kmslab notebooks rehearse {number}"
    assert stored.code == digest(SOLUTIONS[number]), f"run: kmslab notebooks rehearse {number}"


def test_a_changed_line_is_noticed(tmp_path: Path) -> None:
    product = SOLUTIONS["00"]
    changed = tmp_path / product.source.name
    changed.write_text(product.source.read_text("utf-8").replace("kms.create_key()", "kms.create_key( )", 1))
    assert digest(replace(product, source=changed)) != digest(product)


@pytest.mark.parametrize("number", RUN_HERE)
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
