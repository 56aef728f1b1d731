"""Exercises of lesson 05."""

from __future__ import annotations

from kmslab.exercises.model import Exercise

EXERCISES: tuple[Exercise, ...] = ()
