"""Every exercise of the workbook, in lesson order."""

from __future__ import annotations

from kmslab.exercises import (
    lesson_00,
    lesson_01,
    lesson_02,
    lesson_03,
    lesson_04,
    lesson_05,
    lesson_06,
    lesson_07,
    lesson_08,
    lesson_09,
    lesson_10,
    lesson_11,
    lesson_12,
    lesson_13,
    lesson_14,
    lesson_15,
)
from kmslab.exercises.model import Exercise

#: In lesson order. A new lesson adds its module here.
_LESSONS = (
    lesson_00,
    lesson_01,
    lesson_02,
    lesson_03,
    lesson_04,
    lesson_05,
    lesson_06,
    lesson_07,
    lesson_08,
    lesson_09,
    lesson_10,
    lesson_11,
    lesson_12,
    lesson_13,
    lesson_14,
    lesson_15,
)

#: By number.
EXERCISES: dict[str, Exercise] = {exercise.number: exercise for lesson in _LESSONS for exercise in lesson.EXERCISES}
