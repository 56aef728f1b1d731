"""What each lesson does on real AWS: measured by running its solution, and kept in lessons.json beside this.

`kmslab notebooks rehearse` runs them against a served Lab that plays AWS, and writes the file. A test runs some of them
again, and sees that none has changed since.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from decimal import Decimal
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from kmslab.billing.bill import rounded
from kmslab.billing.prices import PRICE_ROWS
from kmslab.real.rules import Kind
from kmslab.real.spending import A_MONTH, price_of_having, price_of_other
from kmslab.tables import Table

_FILE = "lessons.json"

#: A learner runs cells again and tries things out: an estimate is for the lesson run this often.
MARGIN = 3


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What running a lesson's solution on real AWS amounts to.

    Attributes:
        cells: How many cells of code it has.
        not_run: How many cells stop with each sentence of kmslab's.
        follow: How many cells stop because an earlier one has.
        exercises: The exercises that can be solved.
        regions: The Regions that are called.
        made: How many of each kind are made.
        requests: How many requests to KMS, by row of the price list.
        others: How many requests to each other service.
        code: A digest of the code that was run, by which it is noticed that a lesson has changed since.
    """

    cells: int
    not_run: dict[str, int]
    follow: int
    exercises: list[str]
    regions: list[str]
    made: dict[str, int]
    requests: dict[str, int]
    others: dict[str, int]
    code: str

    @property
    def kinds(self) -> dict[Kind, int]:
        """How many of each kind are made."""
        return {Kind(name): count for name, count in self.made.items()}

    def cost(self, hours: int) -> Decimal:
        """US dollars at most, if what is made is kept for so many hours."""
        price = {row.name: row.per_10000 / 10_000 for row in PRICE_ROWS}
        requests = sum((price[name] * count for name, count in self.requests.items()), Decimal(0))
        others = sum((price_of_other(service) * count for service, count in self.others.items()), Decimal(0))
        return rounded(MARGIN * (requests + others + price_of_having(self.kinds, hours)))

    def estimate(self, title: str) -> Table:
        """The estimate, as a table."""
        keeping = {hours: price_of_having(self.kinds, hours) * MARGIN for hours in _KEPT}
        calls = sum(self.requests.values()) + sum(self.others.values())
        requests = {hours: self.cost(hours) - rounded(keeping[hours]) for hours in _KEPT}
        paid = ", ".join(f"{MARGIN * count} x {kind.value}" for kind, count in self.kinds.items() if kind in A_MONTH)
        rows = [
            (f"Having {paid or 'nothing that costs'}", *(f"{rounded(keeping[hours]):f}" for hours in _KEPT)),
            (f"{MARGIN * calls:,} requests", *(f"{requests[hours]:f}" for hours in _KEPT)),
            ("At most, in US dollars before tax", *(f"{self.cost(hours):f}" for hours in _KEPT)),
        ]
        columns = ("What, if you run each cell three times", *_KEPT.values())
        return Table(title, columns, rows, frozenset(_KEPT.values()))

    def table(self, title: str) -> Table:
        """What runs and what does not, as a table."""
        runs = self.cells - sum(self.not_run.values()) - self.follow
        rows = [(f"{runs} of {self.cells}", "run as in the Lab")]
        rows += [(str(count), f"stop: {sentence}") for sentence, count in self.not_run.items()]
        rows += [(str(self.follow), "stop because an earlier one has")] * bool(self.follow)
        rows += [("", f"Exercises that can be solved: {', '.join(self.exercises) or 'none'}")]
        return Table(title, ("Cells", "What they do on real AWS"), rows)


#: Hours for which an estimate has what is made kept, and how they are called.
_KEPT = {1: "Cleaned up in an hour", 24: "in a day", 28 * 24: "after a month"}


@cache
def rehearsals() -> dict[str, Rehearsal]:
    """All lessons that were rehearsed, by number."""
    text = resources.files("kmslab.real").joinpath(_FILE).read_text("utf-8")
    return {number: Rehearsal(**row) for number, row in json.loads(text).items()}


def rehearsal(lesson: str) -> Rehearsal:
    """What a lesson amounts to; where the lesson is not known, the most that any of them does."""
    known = rehearsals()
    return known.get(lesson) or _dearest(list(known.values()))


def write(measured: dict[str, Rehearsal]) -> Path:
    """Keep what was measured, and what the file has of other lessons."""
    path = Path(__file__).with_name(_FILE)
    kept: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    kept |= {number: asdict(row) for number, row in measured.items()}
    path.write_text(json.dumps(dict(sorted(kept.items())), indent=1, sort_keys=True) + "\n", encoding="utf-8")
    rehearsals.cache_clear()
    return path


def _dearest(rows: list[Rehearsal]) -> Rehearsal:
    return Rehearsal(
        cells=0,
        not_run={},
        follow=0,
        exercises=[],
        regions=sorted({region for row in rows for region in row.regions}),
        made=_most([row.made for row in rows]),
        requests=_most([row.requests for row in rows]),
        others=_most([row.others for row in rows]),
        code="",
    )


def _most(counts: list[dict[str, int]]) -> dict[str, int]:
    names = sorted({name for each in counts for name in each})
    return {name: max(each.get(name, 0) for each in counts) for name in names}
