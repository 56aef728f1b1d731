"""The live bill: what it says, the mark, the forecast, and that it looks again after each cell."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from IPython.core.events import EventManager, available_events

from kmslab import Lab
from kmslab.errors import KmslabError
from kmslab.jupyter import figures, panels
from kmslab.jupyter.panels.bill import BillPanel

AFTER = "post_run_cell"


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> EventManager:
    """IPython's own events, without the rest of a shell."""
    manager = EventManager(None, available_events)
    # By this name the package has the function, not the module.
    module = sys.modules["kmslab.jupyter.panels.bill"]
    monkeypatch.setattr(module, "get_ipython", lambda: SimpleNamespace(events=manager))
    return manager


@pytest.fixture
def key_id(kms: Any, make_key: Any) -> str:
    made = str(make_key())
    kms.create_alias(AliasName="alias/app", TargetKeyId=made)
    return made


@pytest.fixture
def panel(lab: Lab, key_id: str, events: EventManager) -> Iterator[BillPanel]:
    made = panels.bill(lab)
    yield made
    made.close()


def test_manners(panel: BillPanel, check_manners: Any, kms: Any, key_id: str) -> None:
    check_manners(panel)
    kms.encrypt(KeyId=key_id, Plaintext=b"x")
    check_manners(panel.set_mark().choose(by="key"))


def test_it_is_the_bill(panel: BillPanel, lab: Lab, kms: Any, key_id: str, find: Any, announced_by: Any) -> None:
    for _ in range(3):
        kms.encrypt(KeyId=key_id, Plaintext=b"x")
    lab.clock.advance(days=31)
    find(panel, "Look again").click()
    assert f"Since the beginning: {lab.bill.total:,.6f} USD for 5 requests" in announced_by(panel)
    assert lab.bill.table().text() in repr(panel)
    assert "    Encrypt: 3" in repr(panel)
    find(panel, "Count requests by").value = "key"
    assert "    alias/app us-east-1: 5" in repr(panel)
    find(panel, "Count requests by").value = "service"
    assert "    direct: 5" in repr(panel)
    assert lab.bill.requests == 5, "looking calls nothing"


def test_the_mark_and_the_forecast(panel: BillPanel, lab: Lab, kms: Any, key_id: str, find: Any) -> None:
    assert "There is no mark yet." in repr(panel)
    find(panel, "Set the mark").click()
    assert "Nothing was called since the mark." in repr(panel)
    mark = lab.bill
    kms.encrypt(KeyId=key_id, Plaintext=b"x")
    find(panel, "Forecast: times a month").value = 1_000_000
    forecast = lab.forecast(lab.bill.since(mark), 1_000_000)
    assert f"(1 request), 1,000,000 times a month: {forecast.total:,.6f} USD" in repr(panel)
    assert "Since the mark: 0.000000 USD for 1 request and" in repr(panel)
    assert "    CreateKey" not in repr(panel)
    find(panel, "Since").value = "the beginning"
    assert "    CreateKey: 1" in repr(panel)
    panel.choose(times=0)
    assert "a whole number above 0, not 0" in repr(panel)


def test_it_looks_again_after_each_cell(
    panel: BillPanel, kms: Any, key_id: str, events: EventManager, html_of: Any, announced_by: Any
) -> None:
    kms.encrypt(KeyId=key_id, Plaintext=b"x")
    assert "for 2 requests" in html_of(panel)
    events.trigger(AFTER, None)
    assert "for 3 requests" in html_of(panel)
    assert "3 requests" not in announced_by(panel), "a screen reader is left in peace"
    shown = html_of(panel)
    events.trigger(AFTER, None)
    assert html_of(panel) == shown


def test_it_stops_looking(
    panel: BillPanel, kms: Any, key_id: str, events: EventManager, find: Any, html_of: Any
) -> None:
    find(panel, "Look again after each cell").value = False
    assert events.callbacks[AFTER] == []
    kms.encrypt(KeyId=key_id, Plaintext=b"x")
    events.trigger(AFTER, None)
    assert "for 2 requests" in html_of(panel)
    find(panel, "Look again after each cell").value = True
    assert len(events.callbacks[AFTER]) == 1
    panel.close()
    panel.close()
    assert events.callbacks[AFTER] == []


def test_outside_of_ipython(lab: Lab, key_id: str) -> None:
    panel = panels.bill(lab)
    assert "for 2 requests" in repr(panel)
    panel.close()


def test_what_is_not_there_is_told(panel: BillPanel) -> None:
    with pytest.raises(KmslabError, match="There is no 'weather' here; there are operation, key"):
        panel.choose(by="weather")


def test_the_figure(lab: Lab, kms: Any, make_key: Any, check_figure: Any, texts: Any) -> None:
    check_figure(figures.bill(lab.bill))
    assert repr(figures.bill(lab.bill)).count("    nothing") == 2
    keys = [make_key() for _ in range(12)]
    for number, key_id in enumerate(keys):
        for _ in range(number):
            kms.encrypt(KeyId=key_id, Plaintext=b"x")
    lab.clock.advance(days=40)
    figure = figures.bill(lab.bill, "key")
    check_figure(figure)
    assert f"{keys[11]} us-east-1" in texts(figure)
    assert "    4 more: 10" in repr(figure)
    shown = [line.rpartition(": ")[2] for line in repr(figure).split("  Requests by key\n")[1].split("\n")]
    assert sum(int(count.replace(",", "")) for count in shown) == lab.bill.requests
    amounts = [line for line in repr(figure).split("\n") if line.endswith(" USD")]
    assert len(amounts) == len({line.item for line in lab.bill.lines}) == 2
    with pytest.raises(KmslabError, match="A bill is counted by"):
        figures.bill(lab.bill, "weather")
