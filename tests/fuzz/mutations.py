"""Mutations for where there is no atheris: quick, blind, and the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

_LONGEST = 400


def mutations(corpus: Sequence[bytes], count: int, seed: int) -> Iterator[bytes]:
    """`count` inputs, each made of one or two of a corpus, or of nothing."""
    dice = random.Random(seed)  # noqa: S311 - inputs of tests, no secrets
    for _ in range(count):
        data = bytearray(dice.choice(corpus) if corpus and dice.random() < 0.7 else dice.randbytes(dice.randrange(60)))
        for _ in range(1 + dice.randrange(4)):
            at = dice.randrange(len(data) + 1)
            how = dice.randrange(5)
            if how == 0:
                data[at : at + 1] = dice.randbytes(1)
            elif how == 1:
                data[at:at] = dice.randbytes(1 + dice.randrange(12))
            elif how == 2:
                del data[at : at + 1 + dice.randrange(8)]
            elif how == 3 and corpus:
                other = dice.choice(corpus)
                data[at:] = other[dice.randrange(len(other) + 1) :]
            else:
                data += dice.randbytes(1 + dice.randrange(30))
        yield bytes(data[:_LONGEST])
