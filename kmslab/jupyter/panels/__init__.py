"""Panels: parts of AWS to look into and to work by hand, beside the code. Plain ipywidgets, for keyboards too.

    from kmslab.jupyter import panels
    panels.ciphertext(lab, blob, {"tenant": "blue"})    # what is in a ciphertext, and what KMS says to a changed one
    panels.envelope(lab, "alias/app", b"my data")       # envelope encryption, step by step

A panel is chosen in and worked from a cell too, and its text is its whole state:

    panels.ciphertext(lab, blob).choose("flip one bit of a byte", 150).decrypt()
    panels.envelope(lab, "alias/app").next().next()
    panels.envelope(lab, "alias/app").finish().figure   # the figure alone

What a panel calls, it calls for real: its calls are in lab.trail and on lab.bill. `kmslab.jupyter.figures` has the same
pictures without buttons: `figures.ciphertext(lab, blob)`, `figures.envelope(stages)`.
"""

from kmslab.jupyter.panels.ciphertext import ciphertext
from kmslab.jupyter.panels.envelope import envelope

__all__ = ["ciphertext", "envelope"]
