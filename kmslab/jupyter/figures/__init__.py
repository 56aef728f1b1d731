"""Figures of the lessons: small SVGs, drawn from what the Lab holds, each with the same content as text.

No picture library: a figure is the same bytes on every machine, so nbval compares it, and a kernel stays small.
"""

from kmslab.jupyter.figures.bars import bars
from kmslab.jupyter.figures.bill import bill
from kmslab.jupyter.figures.ciphertext import ciphertext
from kmslab.jupyter.figures.envelope import Held, Stage, envelope
from kmslab.jupyter.figures.flow import Step, flow
from kmslab.jupyter.figures.homes import key_homes
from kmslab.jupyter.figures.lanes import lanes
from kmslab.jupyter.figures.maps import alias_map, region_map
from kmslab.jupyter.figures.sheet import key_sheet
from kmslab.jupyter.figures.svg import Figure
from kmslab.jupyter.figures.timeline import timeline
from kmslab.jupyter.figures.trace import policy_trace

__all__ = [
    "Figure",
    "Held",
    "Stage",
    "Step",
    "alias_map",
    "bars",
    "bill",
    "ciphertext",
    "envelope",
    "flow",
    "key_homes",
    "key_sheet",
    "lanes",
    "policy_trace",
    "region_map",
    "timeline",
]
