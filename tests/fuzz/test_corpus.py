"""Each file of the fuzzers' corpus through its target, and some hundred mutations of them; without atheris.

    python tests/fuzz TARGET

tries more, guided by coverage.
"""

from __future__ import annotations

import pytest

from .mutations import mutations
from .targets import CORPUS, NAMES, corpus, target

#: How many mutations of each target, by what one takes: all of this in a few seconds.
_COUNT = {"state_file": 30, "envelope": 80, "scenario": 20}


@pytest.mark.parametrize("name", NAMES)
def test_the_corpus_and_what_is_near_to_it(name: str) -> None:
    module = target(name)
    module.prepare()
    seeds = [each.read_bytes() for each in corpus(name)]
    assert seeds, f"there is no corpus for {name}"
    for data in [*seeds, *mutations(seeds, _COUNT.get(name, 500), seed=20260105)]:
        try:
            module.one(data)
        except Exception as error:
            error.add_note(f"the input: {data!r}")
            raise


def test_the_corpus_is_small() -> None:
    files = [each for each in CORPUS.rglob("*") if each.is_file()]
    assert {each.parent.name for each in files} == set(NAMES)
    assert sum(each.stat().st_size for each in files) < 200_000
