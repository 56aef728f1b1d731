"""Exercises: what the learner did, read from the Lab; hints; progress. Uses kmslab's public face only."""
