"""Panels: parts of AWS to look into and to work by hand, beside the code. Plain ipywidgets, for keyboards too.

    from kmslab.jupyter import panels
    panels.key_explorer(lab)                            # the keys, as in the console, with buttons that really call
    panels.ciphertext(lab, blob, {"tenant": "blue"})    # what is in a ciphertext, and what KMS says to a changed one
    panels.envelope(lab, "alias/app", b"my data")       # envelope encryption, step by step

A panel is chosen in and worked from a cell too, and its text is its whole state:

    panels.ciphertext(lab, blob).choose("flip one bit of a byte", 150).decrypt()
    panels.envelope(lab, "alias/app").next().next()
    panels.key_explorer(lab).choose("alias/app", "Key policy").do("DisableKey")
    panels.envelope(lab, "alias/app").finish().figure   # the figure alone

What a panel calls, it calls for real: its calls are in lab.trail and on lab.bill. `kmslab.jupyter.figures` has the same
pictures without buttons: `figures.ciphertext(lab, blob)`, `figures.envelope(stages)`, `figures.key_sheet(lab, key)`.
"""

from kmslab.jupyter.panels.ciphertext import ciphertext
from kmslab.jupyter.panels.envelope import envelope
from kmslab.jupyter.panels.key_explorer import key_explorer

__all__ = ["ciphertext", "envelope", "key_explorer"]
