"""What checking says: advice for each mistake, and never an exception."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kmslab import Lab
from kmslab.exercises.model import Attempt, Exercise, Task, by_mistake, run

HINTS = ("where to look", "what to use", "nearly the solution")


def advice_for(lab: Lab, advice: str | Callable[[Attempt], str], answer: object = None) -> str:
    exercise = Exercise("99.1", "a title", (Task("it is 3", lambda attempt: attempt.answer == 3, advice),), HINTS)
    return run(exercise, Attempt(lab, answer)).items[0].advice


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        pytest.param(2, "one less", id="the first mistake"),
        pytest.param(30, "ten times too much", id="the second mistake"),
        pytest.param(1, "hand a number over", id="another one"),
        pytest.param(None, "hand a number over", id="nothing to compare"),
        pytest.param(3, "", id="done"),
    ],
)
def test_the_first_mistake_that_was_made_counts(lab: Lab, answer: object, sentence: str) -> None:
    advice = by_mistake(
        "hand a number over",
        (lambda attempt: attempt.answer + 1 == 3, "one less"),
        (lambda attempt: attempt.answer / 10 == 3, "ten times too much"),
        (lambda attempt: attempt.answer == 30, "never said"),
    )
    assert advice_for(lab, advice, answer) == sentence


def test_advice_may_be_any_function_of_the_attempt(lab: Lab) -> None:
    assert advice_for(lab, lambda attempt: f"not {attempt.answer}", 5) == "not 5"


def test_advice_that_fails_leads_to_the_hints(lab: Lab) -> None:
    assert 'hint("99.1")' in advice_for(lab, lambda attempt: str(1 / 0), 5)
