"""How long a client may keep the server waiting."""

from __future__ import annotations

import pytest

from kmslab.transport.patience import LIMITS, Patience, Stage, Wait


class Transport:
    def __init__(self) -> None:
        self.is_aborted = False

    def abort(self) -> None:
        self.is_aborted = True


class Connection:
    def __init__(self, stage: Stage | None) -> None:
        self.transport = Transport()
        self.stage = stage


@pytest.mark.parametrize("wait", Wait)
def test_one_that_waits_for_too_long(wait: Wait) -> None:
    patience, limit = Patience(), LIMITS[wait]
    slow, quick, busy = (Connection(stage) for stage in (Stage(wait, 1), Stage(wait, 1), None))
    all_three = [slow, quick, busy]
    patience.look(all_three, 1000)
    patience.look(all_three, 1000 + limit)
    assert not any(each.transport.is_aborted for each in all_three)
    quick.stage = Stage(wait, 2)
    patience.look(all_three, 1000.1 + limit)
    assert [each.transport.is_aborted for each in all_three] == [True, False, False]
    patience.look([quick, busy], 1000.05 + 2 * limit)
    assert not quick.transport.is_aborted
    patience.look([quick, busy], 1000.2 + 2 * limit)
    assert [each.transport.is_aborted for each in all_three] == [True, True, False]


def test_work_of_the_servers_own_does_not_count() -> None:
    patience = Patience()
    one = Connection(Stage(Wait.HEAD, None))
    patience.look([one], 0)
    one.stage = None
    patience.look([one], 20)
    one.stage = Stage(Wait.HEAD, None)
    patience.look([one], 40)
    patience.look([one], 60)
    assert not one.transport.is_aborted
