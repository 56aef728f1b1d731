"""Delivery: what a trail logs becomes files in its bucket as the Lab's time goes by.

Every five minutes of the Lab's time in which something happened give a file, named after their end; every hour gives a
digest. Both are written when the clock is moved, or before the next request to any service but KMS: nobody can look
into a bucket earlier.

Simplified: what a file is encrypted with is asked of KMS when it is written, so that is the time of CloudTrail's own
requests to KMS, and not the end of the five minutes; a trail has digests of its home Region and of those in which
something has happened; and of hours without a log file only the latest 24 have a digest, lest a jump of years should
write thousands.

Source: CloudTrail User Guide, "Finding your CloudTrail log files", "CloudTrail log file name format" and "Encrypting
CloudTrail log files with AWS KMS keys".
"""

from __future__ import annotations

import gzip
import json
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from kmslab.cloud.cloudtrail import digests
from kmslab.cloud.cloudtrail.held import Holdings
from kmslab.cloud.cloudtrail.selecting import region_for, takes
from kmslab.cloud.cloudtrail.trail import Progress, Trail
from kmslab.cloud.cloudtrail.writing import File, UndeliveredError, Writer
from kmslab.ids import Ids
from kmslab.trail.history import Event

#: What one log file is about.
PERIOD = timedelta(minutes=5)

#: After an attempt that failed.
_PATIENCE = timedelta(minutes=5)

#: How far back hours without a log file have a digest.
_EMPTY_HOURS = timedelta(hours=24)

#: From an account and two moments to what happened between them, oldest first.
Events = Callable[[str, datetime, datetime], Iterable[Event]]


class Delivery:
    """Delivers the files of all trails."""

    def __init__(self, held: Holdings, events: Events, writer: Writer, ids: Ids) -> None:
        """Deliver nothing yet.

        Args:
            held: The trails.
            events: What they log.
            writer: Writes into buckets.
            ids: Where the ends of file names come from.
        """
        self._held = held
        self._events = events
        self._writer = writer
        self._ids = ids
        self._lock = threading.RLock()
        #: Nothing is due before; None when nobody has looked yet.
        self._quiet_until: datetime | None = None

    def look_again(self) -> None:
        """Trails have changed."""
        self._quiet_until = None

    def catch_up(self, now: datetime) -> bool:
        """Deliver everything that is due.

        Returns:
            Whether something was delivered or tried.
        """
        if self._quiet_until is not None and now < self._quiet_until:
            return False
        with self._lock:
            logging = [trail for trail in self._held.trails() if trail.is_logging]
            tried = [self._deliver(trail, now) for trail in logging]
            self._quiet_until = _floor(now) + PERIOD if logging else datetime.max.replace(tzinfo=now.tzinfo)
            for trail in logging:
                for progress in trail.progress.values():
                    if progress.chain is not None:
                        self._quiet_until = min(self._quiet_until, progress.chain.since + digests.PERIOD)
            return any(tried)

    def finish(self, trail: Trail, now: datetime) -> None:
        """Deliver what a trail has logged up to now, and the digest of it: its logging ends."""
        with self._lock:
            self._deliver(trail, now, to_the_end=True)

    def _deliver(self, trail: Trail, now: datetime, *, to_the_end: bool = False) -> bool:
        if trail.retry is not None and now < trail.retry:
            return False
        # A standing clock may still stand where the last event happened.
        until = now + timedelta(microseconds=1) if to_the_end else _floor(now)
        logged = self._logged(trail, until)
        did = False
        with self._held.still():
            for region in logged:
                # What cannot be delivered now is not forgotten while other Regions go on.
                trail.at(region)
        try:
            for region, progress in sorted(trail.progress.items()):
                did |= self._in_region(trail, region, logged.get(region, {}), now)
                progress.until = max(progress.until, until)
                if to_the_end and progress.chain is not None and progress.chain.since < now:
                    self._write_digest(trail, region, progress, now)
            trail.failure, trail.retry = "", None
        except UndeliveredError as error:
            # Source: CloudTrail User Guide: files that cannot be delivered are tried again.
            trail.failure, trail.retry = error.code, now + _PATIENCE
            return True
        return did

    def _logged(self, trail: Trail, until: datetime) -> dict[str, dict[datetime, list[Event]]]:
        """What a trail logs and has not delivered: by Region, and by the end of the file that it goes to."""
        since = min(progress.until for progress in trail.progress.values())
        found: defaultdict[str, defaultdict[datetime, list[Event]]] = defaultdict(lambda: defaultdict(list))
        if until <= since:
            return {}
        for event in self._events(trail.account_id, since, until):
            region = region_for(trail, event.record)
            if region is None or not takes(trail, event.record) or event.time < trail.begins(region):
                continue
            found[region][min(_floor(event.time) + PERIOD, until)].append(event)
        return {region: dict(files) for region, files in found.items()}

    def _in_region(self, trail: Trail, region: str, files: Mapping[datetime, list[Event]], now: datetime) -> bool:
        progress = trail.at(region)
        did = False
        for end in sorted(files):
            did |= self._write_digests(trail, region, progress, end, now)
            self._write_log(trail, region, progress, end, files[end])
            progress.until = trail.delivered = end
            did = True
        return self._write_digests(trail, region, progress, now, now) or did

    def _write_log(self, trail: Trail, region: str, progress: Progress, end: datetime, events: list[Event]) -> None:
        content = json.dumps({"Records": [event.record for event in events]}, separators=(",", ":")).encode()
        unique = self._ids.letters("CloudTrail log file", 16)
        name = f"{trail.account_id}_CloudTrail_{region}_{end:%Y%m%dT%H%MZ}_{unique}.json.gz"
        place = f"{trail.prefix}/" if trail.prefix else ""
        path = f"{place}AWSLogs/{trail.account_id}/CloudTrail/{region}/{end:%Y/%m/%d}/{name}"
        self._writer.write(trail, File(path, gzip.compress(content, mtime=0), {}, trail.kms_key))
        if progress.chain is not None:
            progress.chain.files.append(
                {
                    "s3Bucket": trail.bucket,
                    "s3Object": path,
                    "hashValue": digests.sha256(content),
                    "hashAlgorithm": "SHA-256",
                    "newestEventTime": max(event.record["eventTime"] for event in events),
                    "oldestEventTime": min(event.record["eventTime"] for event in events),
                }
            )

    def _write_digests(self, trail: Trail, region: str, progress: Progress, until: datetime, now: datetime) -> bool:
        """Write the digests that are due by `until`."""
        did = False
        while progress.chain is not None and (due := progress.chain.since + digests.PERIOD) <= until:
            if progress.chain.files or now - due < _EMPTY_HOURS:
                self._write_digest(trail, region, progress, due)
                did = True
            else:
                progress.chain.since = due
        return did

    def _write_digest(self, trail: Trail, region: str, progress: Progress, until: datetime) -> None:
        here = self._held.at(trail.account_id, region)
        if here.signing_key is None:
            here.signing_key = digests.make_signing_key(until)
        if progress.chain is None:
            return
        digest = digests.make_digest(trail, region, progress.chain, until, here.signing_key)
        # A digest is never encrypted under the trail's KMS key.
        self._writer.write(trail, File(digest.key, gzip.compress(digest.content, mtime=0), digest.metadata, None))
        digests.continue_chain(progress.chain, trail, digest, until)
        trail.digested = until


def _floor(when: datetime) -> datetime:
    """The last full five minutes."""
    return when.replace(minute=when.minute - when.minute % 5, second=0, microsecond=0)
