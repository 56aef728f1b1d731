"""Call golf: holes that are played with as few billable calls as possible. What a hole is, and how a round is counted.

Strokes are requests on the bill, of every account of the Lab, from the tee to the next tee or to now.
"""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

from kmslab import Bill, Call, Lab
from kmslab.errors import NotOnAwsError
from kmslab.exercises.model import Attempt, ByMistake, Task, Test

#: The lesson whose exercises are the holes.
LESSON = "15"

#: From a Lab and the number of the round to what a player gets; makes whatever the hole needs.
SetUp = Callable[[Lab, int], Mapping[str, Any]]

_LAB_ONLY = (
    "Call golf is played in the Lab (without KMSLAB_BACKEND): on real AWS its holes would make more than thirty keys, "
    "at a dollar a month each."
)

_ONE, _BELOW, _ABOVE = "hole in one", {1: "birdie", 2: "eagle", 3: "albatross"}, {1: "bogey", 2: "double bogey"}


@dataclass(frozen=True, slots=True)
class Hole:
    """One hole of the course.

    Attributes:
        number: Its number on the course, such as `3`.
        title: What it is called.
        par: How many calls a good player takes.
        tom: How many Tom took.
        task: What is to be done.
        set_up: Makes the situation; its calls are not counted.
    """

    number: str
    title: str
    par: int
    tom: int
    task: str
    set_up: SetUp

    @property
    def exercise(self) -> str:
        """The number of its exercise."""
        return f"{LESSON}.{self.number}"


@dataclass(slots=True)
class Round:
    """One hole, being played or played.

    Attributes:
        hole: Which.
        number: How often somebody has teed off there by now.
        given: What the player got.
        mark: The bill at the tee.
        since: The time at the tee.
        end: The bill when the next ball was on its tee, or None.
        until: The time then, or None.
    """

    hole: Hole
    number: int
    given: Mapping[str, Any]
    mark: Bill = field(repr=False)
    since: datetime
    end: Bill | None = field(default=None, repr=False)
    until: datetime | None = None


#: The last round of each hole. A Lab's rounds go when the Lab goes.
_ROUNDS: WeakKeyDictionary[Lab, dict[str, Round]] = WeakKeyDictionary()


class Tee:
    """What a player gets at a tee: the task, and what belongs to it as attributes, such as `tee.key_id`."""

    def __init__(self, hole: Hole, given: Mapping[str, Any]) -> None:
        """Put the ball on it."""
        self._hole, self._given = hole, given

    def __getattr__(self, name: str) -> Any:
        """One of the things that were given."""
        if name.startswith("_"):
            raise AttributeError(name)
        if name not in self._given:
            raise AttributeError(f"This tee has {', '.join(self._given)}, and no {name!r}.")
        return self._given[name]

    def __dir__(self) -> list[str]:
        """What is given, for completion by the Tab key."""
        return list(self._given)

    def _lines(self) -> tuple[str, str, str]:
        hole = self._hole
        things = ", ".join(f"tee.{name}" for name in self._given)
        return (
            f"Hole {hole.number}, {hole.title}. Par {hole.par}. Tom took {hole.tom}.",
            hole.task,
            f'With tee = golf("{hole.number}") you have {things}. Counted by check("{hole.exercise}", ...).',
        )

    def __repr__(self) -> str:
        """The task, as text."""
        return "\n".join(self._lines())

    def _repr_html_(self) -> str:
        first, *more = map(html.escape, self._lines())
        return f'<div role="status"><p><b>{first}</b></p>' + "".join(f"<p>{line}</p>" for line in more) + "</div>"


def tee_off(lab: Lab, hole: Hole) -> Tee:
    """Begin a round; a ball that is still on its way stops.

    Raises:
        NotOnAwsError: the Lab is none.
    """
    end, until = lab.consolidated_bill, lab.clock.now()
    try:
        # Asked before anything is made: nobody has to pay for the keys of a game.
        _ = end.requests
    except NotOnAwsError:
        raise NotOnAwsError(_LAB_ONLY) from None
    rounds = _ROUNDS.setdefault(lab, {})
    for last in rounds.values():
        if last.end is None:
            last.end, last.until = end, until
    number = rounds[hole.number].number + 1 if hole.number in rounds else 1
    given = hole.set_up(lab, number)
    rounds[hole.number] = Round(hole, number, given, lab.consolidated_bill, lab.clock.now())
    return Tee(hole, given)


def round_of(lab: Lab, number: str) -> Round:
    """The last round of a hole.

    Raises:
        KeyError: nobody has teed off there.
    """
    return _ROUNDS[lab][number]


def calls_of(lab: Lab, number: str) -> list[Call]:
    """The calls of the last round of a hole, failed ones included, by every account."""
    played = round_of(lab, number)
    calls = [call for account in lab.accounts for call in account.trail.calls if call.time > played.since]
    return [call for call in calls if played.until is None or call.time <= played.until]


def called(attempt: Attempt, number: str, *operations: str) -> bool:
    """Whether one of the operations was called in the last round of a hole, with success or not."""
    return any(call.operation in operations for call in calls_of(attempt.lab, number))


def bill_of(attempt: Attempt, number: str) -> Bill:
    """What the last round of a hole put on the bill."""
    this = round_of(attempt.lab, number)
    return (this.end or attempt.lab.consolidated_bill).since(this.mark)


def verdict(strokes: int, par: int) -> str:
    """What golfers call it."""
    if strokes == 1:
        return _ONE
    if strokes < par:
        return _BELOW.get(par - strokes, f"{par - strokes} under par")
    return "par" if strokes == par else _ABOVE.get(strokes - par, f"{strokes - par} over par")


def par_task(hole: Hole, nudge: str, *mistakes: tuple[Test, str]) -> Task:
    """The last task of a hole: that it took no more than par.

    Args:
        hole: The hole.
        nudge: Where the calls can be saved, without saying how.
        mistakes: Ways in which calls are wasted, and what to say to each.
    """
    advice, number, par = ByMistake(nudge, mistakes), hole.number, hole.par

    def is_done(attempt: Attempt) -> bool:
        return 0 < bill_of(attempt, number).requests <= par

    def tell(attempt: Attempt) -> str:
        bill = _or_none(attempt, number)
        if bill is None:
            return f'golf("{number}") puts the ball on the tee.'
        if bill.requests == 0:
            return "No call yet."
        spent = ", ".join(f"{count} {operation}" for operation, count in bill.by("operation").items())
        return f'{spent}: {bill.requests} of {par}. {advice(attempt)} golf("{number}") begins anew.'

    return Task(f"it took {par} calls at most, which is par", is_done, tell)


def _or_none(attempt: Attempt, number: str) -> Bill | None:
    try:
        return bill_of(attempt, number)
    except KeyError:
        return None


def count(calls: Sequence[Call]) -> Counter[str]:
    """How often each operation was called with success."""
    return Counter(call.operation for call in calls if call.error_code is None)
