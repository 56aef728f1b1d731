"""Panels: parts of AWS to look into and to work by hand, beside the code. Plain ipywidgets, for keyboards too.

    from kmslab.jupyter import panels
    panels.key_explorer(lab)                            # the keys, as in the console, with buttons that really call
    panels.ciphertext(lab, blob, {"tenant": "blue"})    # what is in a ciphertext, and what KMS says to a changed one
    panels.envelope(lab, "alias/app", b"my data")       # envelope encryption, step by step
    panels.policy_playground(lab, "alias/app")          # who may do what under which key policy
    panels.bill(lab)                                    # what it costs; looks again after each cell
    panels.regions(lab, buckets=True)                   # what lives where
    panels.timeline(lab, "alias/app")                   # the life of a key

A panel is chosen in and worked from a cell too, and its text (`print(panel)`) is its whole state:

    panels.key_explorer(lab).choose("alias/app", "Key policy").do("DisableKey")
    panels.ciphertext(lab, blob).choose("flip one bit of a byte", 150).decrypt()
    panels.envelope(lab, "alias/app").next().next()     # .finish().figure is the figure of all steps
    panels.policy_playground(lab, "alias/app").choose("user alice", "Decrypt").ask().really_call()
    panels.bill(lab).set_mark().choose(by="key", times=1000)
    panels.regions(lab).choose("eu-west-1", buckets=True)
    panels.timeline(lab).choose("alias/app", "changes", since="2026-03")

What a panel calls, it calls for real: its calls are in lab.trail and on lab.bill. `kmslab.jupyter.figures` has the same
pictures without buttons: `key_sheet(lab, key)`, `ciphertext(lab, blob)`, `envelope(stages)`, `policy_trace(advice)`,
`bill(lab.bill)`, `region_map(lab, buckets=True)`, `timeline(lab, key)`.
"""

from kmslab.jupyter.panels.bill import bill
from kmslab.jupyter.panels.ciphertext import ciphertext
from kmslab.jupyter.panels.envelope import envelope
from kmslab.jupyter.panels.key_explorer import key_explorer
from kmslab.jupyter.panels.policy_playground import policy_playground
from kmslab.jupyter.panels.regions import regions
from kmslab.jupyter.panels.timeline import timeline

__all__ = ["bill", "ciphertext", "envelope", "key_explorer", "policy_playground", "regions", "timeline"]
