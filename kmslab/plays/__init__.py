"""Plays: what happens in a Lab before a lesson begins. Programs and people of a scenario make ordinary calls.

A play is here and not in a notebook where its reader is to find out what happened.
"""
