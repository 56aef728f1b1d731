"""Making a scenario in a Lab: first what could be in the way, then each thing after all that it needs.

Policies before those they are attached to, principals before the key policies that name them, replicas after their
primary keys, disabling at the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from kmslab.keys.timers import SETTLING_TIME
from kmslab.scenario.find import find_keys
from kmslab.scenario.make_buckets import make_bucket
from kmslab.scenario.make_keys import MadeKey, finish_key, make_key
from kmslab.scenario.make_principals import check_access_keys, check_managed_policies, make_principals
from kmslab.scenario.names import Names
from kmslab.scenario.parts import Source, refuse
from kmslab.scenario.report import Report
from kmslab.scenario.stage import Stage

if TYPE_CHECKING:
    from kmslab.lab import Lab


def apply(lab: Lab, source: Source, names: Names, *, records: bool) -> Report:
    """Make what is not there yet.

    Raises:
        KmslabError: something in the Lab is in the way, or AWS refuses a call.
    """
    report = Report(source.path.name)
    stage = Stage(lab, names, report)
    source.findings.clear()
    # What has fallen due happens now, and is in the trail.
    _wait(lab)
    present = find_keys(lab, names)
    check_access_keys(stage)
    check_managed_policies(stage)
    refuse(source.findings)
    with unseen(lab, records=records):
        for account_id, account in names.accounts.items():
            make_principals(stage, account_id, account)
        made: list[MadeKey] = []
        for account_id, account in names.accounts.items():
            for key in account.get("keys").items():
                made.append(make_key(stage, account_id, key, present.get(key.route)))
        if any(len(key.regions) > 1 for key in made):
            # As somebody in AWS waits until a replica is there.
            _wait(lab)
        for each in made:
            finish_key(stage, each)
        for account_id, account in names.accounts.items():
            for bucket in account.get("buckets").items():
                make_bucket(stage, account_id, bucket)
    return report


def _wait(lab: Lab) -> None:
    lab.clock.advance(seconds=SETTLING_TIME.total_seconds())


@contextmanager
def unseen(lab: Lab, *, records: bool) -> Iterator[None]:
    """Within the block no request is charged or logged; that keys begin to cost money is noted all the same."""
    before = lab.meter.charges_requests, lab.recorder.keeps
    if not records:
        lab.meter.charges_requests = lab.recorder.keeps = False
    try:
        yield
    finally:
        lab.meter.charges_requests, lab.recorder.keeps = before
