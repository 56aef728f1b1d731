"""Notebooks as files: built from text, copied for learners."""
