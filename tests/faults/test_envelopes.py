"""A few of the envelopes that `envelopes.py` spoils by the thousand; stopped processes are in tests/unit/envelope."""

from __future__ import annotations

import random
from collections import Counter

from .envelopes import spoiled


def test_spoiled_envelopes_are_refused_and_whole_ones_are_not() -> None:
    outcomes = Counter(spoiled(random.Random(1), 150))  # noqa: S311
    assert not [outcome for outcome in outcomes if outcome.startswith("FINDING")]
    assert outcomes.total() == 150
    assert {outcome.partition(":")[0] for outcome in outcomes} > {"TamperedError", "TruncatedError"}
