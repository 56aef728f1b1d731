"""Malformed requests, a million of them: none gets a 5xx, none hangs, and the server neither grows nor complains.

    python tests/faults/malformed.py --count 1000000 [--seed 1] [--only KIND,KIND]

Two thirds are of kinds that AWS keeps no record of: what is no HTTP, what is not believed. Over those the server's
memory has to stay where it is. The others are signed rightly and wrong inside, which goes deepest; of each the trail
keeps an event, so there the growth per request is printed, and must not be more than an event takes.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

if __package__:
    from . import served as http
    from .malformed_kinds import KINDS, Shot, World
    from .served import Served
else:
    import served as http
    from malformed_kinds import KINDS, Shot, World
    from served import Served

#: How much the server may grow over all requests that leave no record, in KiB, and per request that does, in bytes.
FLAT, AN_EVENT = 12 * 1024, 3 * 1024

#: Connections that are used in turn.
_LINES = 16


@dataclass
class Result:
    """What came of it."""

    sent: Counter[str] = field(default_factory=Counter)
    answers: Counter[tuple[str, int, str]] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)
    found: Counter[str] = field(default_factory=Counter)

    def find(self, kind: str, what: str, data: bytes) -> None:
        self.found[f"{kind}: {what[:100]}"] += 1
        if self.found[f"{kind}: {what[:100]}"] == 1:
            self.findings.append(f"{kind}: {what}\n    {data[:1500]!r}")


Shots = list[tuple[str, Shot]]


def write(server: Served, shots: Shots, lines: list[Any], result: Result) -> None:
    """Write one request on each line."""
    for at, (kind, shot) in enumerate(shots):
        result.sent[kind] += 1
        if not shot.whole:
            continue
        for attempt in (0, 1):
            if lines[at] is None:
                lines[at] = server.connect()
            try:
                lines[at].sendall(shot.data)
                break
            except ConnectionError:
                lines[at] = lines[at].close()
                if attempt:
                    result.find(kind, "no connection", shot.data)


def read(server: Served, shots: Shots, lines: list[Any], result: Result) -> None:
    """Read the answers, and write what needs a connection of its own."""
    for at, (kind, shot) in enumerate(shots):
        if not shot.whole:
            _loose(server, kind, shot, result)
            continue
        if lines[at] is None:
            continue
        try:
            answer = http.read(lines[at], bodiless=shot.bodiless)
        except http.GoneError:
            result.answers[kind, 0, "closed without an answer"] += 1
            lines[at] = lines[at].close()
            continue
        except TimeoutError:
            result.find(kind, f"no answer in {http.DEADLINE} s", shot.data)
            lines[at] = lines[at].close()
            continue
        result.answers[kind, answer.status, answer.code] += 1
        if answer.status >= 500:
            result.find(kind, f"{answer.status} {answer.code} {answer.body[:200]!r}", shot.data)
        if answer.closed:
            lines[at] = lines[at].close()


def _loose(server: Served, kind: str, shot: Shot, result: Result) -> None:
    """Write what may have no end on a connection of its own, end it, and look at all that comes."""
    with server.connect() as line:
        said = b""
        try:
            line.sendall(shot.data)
            line.shutdown(1)
        except OSError:
            pass
        try:
            said = http.rest(line)
        except TimeoutError:
            result.find(kind, f"not closed in {http.DEADLINE} s", shot.data)
    # A refusal may quote a header that has the version in it.
    replies = [reply for reply in said.split(b"HTTP/1.1 ")[1:] if reply[:3].isdigit()]
    for reply in replies:
        if reply[:1] == b"5":
            result.find(kind, reply[:200].decode("latin-1"), shot.data)
        result.answers[kind, int(reply[:3]), ""] += 1
    if not replies:
        result.answers[kind, 0, "closed without an answer"] += 1
    if len([reply for reply in replies if reply[:3] != b"100"]) > shot.most:
        result.find(kind, f"{len(replies)} answers", shot.data)


def world_of(server: Served, *, few: bool = False) -> World:
    made = server.kms("CreateKey")["KeyMetadata"]
    blob = server.kms("Encrypt", KeyId=made["KeyId"], Plaintext="aGVsbG8=")["CiphertextBlob"]
    world = World(server.host, made["KeyId"], made["Arn"], blob, few=few)
    with server.connect() as line:
        for data in (
            http.s3(server.host, "PUT", "/reports"),
            http.s3(server.host, "PUT", "/reports/first", b"content"),
        ):
            line.sendall(data)
            assert http.read(line).status == 200
    world.renew()
    # Whatever plays a service is imported with its first request.
    for data in world.templates:
        with server.connect() as line:
            line.sendall(data)
            assert http.read(line).status == 200
    return world


def run(
    server: Served, world: World, kinds: list[str], count: int, rng: random.Random, result: Result, show: bool
) -> None:
    """Send `count` requests of these kinds, mixed by their weights."""
    weights = [KINDS[kind].weight for kind in kinds]
    lines: list[Any] = [None] * _LINES
    began = shown = renewed = time.monotonic()
    sent = 0

    def make(most: int) -> Shots:
        return [(kind, KINDS[kind].make(world, rng)) for kind in rng.choices(kinds, weights, k=min(_LINES, most))]

    shots = make(count)
    while sent < count:
        now = time.monotonic()
        if now - renewed > 100:
            world.renew()
            renewed = now
        if show and now - shown > 10:
            shown = now
            print(
                f"  {sent:>9,} of {count:,}, {sent / (now - began):,.0f} a second, {server.memory() / 1024:.1f} MiB",
                flush=True,
            )
        write(server, shots, lines, result)
        sent += len(shots)
        # The next are made while the server answers these.
        following = make(count - sent)
        read(server, shots, lines, result)
        shots = following
    for line in lines:
        if line is not None:
            line.close()


def campaign(
    server: Served, count: int, seed: int, only: list[str] | None = None, *, show: bool = False, few: bool = False
) -> Result:
    """The whole: first what leaves no record, then what does; and a good request at the end.

    With `few`, only KMS and S3 are asked.
    """
    rng = random.Random(seed)  # noqa: S311
    result = Result()
    world = world_of(server, few=few)
    chosen = [kind for kind in KINDS if not only or any(word in kind for word in only)]
    if few:
        chosen = [kind for kind in chosen if not KINDS[kind].recorded or kind.startswith(("KMS", "S3"))]
    silent = [kind for kind in chosen if not KINDS[kind].recorded]
    loud = [kind for kind in chosen if KINDS[kind].recorded]
    share = sum(KINDS[kind].weight for kind in silent) / sum(KINDS[kind].weight for kind in chosen)
    for kinds, number in ((silent, round(count * share)), (loud, count - round(count * share))):
        if not kinds:
            continue
        warming = min(number // 5, 20_000)
        run(server, world, kinds, warming, rng, result, show)
        before = server.memory()
        run(server, world, kinds, number - warming, rng, result, show)
        grown = server.memory() - before
        each = grown * 1024 / max(1, number - warming)
        words = "keeps a record of" if kinds is loud else "keeps no record of"
        text = f"{number:,} requests that AWS {words}: {before / 1024:.1f} MiB after {warming:,}"
        text += f", then {grown / 1024:+.1f} MiB, {each:,.0f} bytes each"
        if show:
            print(text, flush=True)
        # A few thousand say nothing: the allocator takes memory in pieces.
        too_much = grown > (FLAT if kinds is silent else 4 * FLAT + AN_EVENT * number / 1024)
        if too_much:
            result.findings.append(f"memory: {text}")
    made = server.kms("CreateKey")["KeyMetadata"]["KeyId"]
    blob = server.kms("Encrypt", KeyId=made, Plaintext="aGVsbG8=")["CiphertextBlob"]
    assert server.kms("Decrypt", CiphertextBlob=blob)["Plaintext"] == "aGVsbG8="
    for complaint, number in complaints(server.said()).most_common():
        result.findings.append(f"the server's log, {number} x {complaint}")
    return result


def complaints(log: str) -> Counter[str]:
    """What a server has complained about: each exception with the last place of kmslab's, and where it was raised."""
    found: Counter[str] = Counter()
    for part in filter(None, re.split(r"(?=Traceback \(most recent call last\):)", log)):
        frames = re.findall(r'File "([^"]+)", line (\d+), in (\w+)', part)
        last = re.findall(r"^(\w[\w.]*(?:Error|Exception|Exit|Interrupt|Warning)\b.*)$", part, re.MULTILINE)
        own = [f"{path.rpartition('kmslab/')[2]}:{line} {name}" for path, line, name in frames if "/kmslab/" in path]
        there = f"{'/'.join(frames[-1][0].split('/')[-3:])}:{frames[-1][1]}" if frames else ""
        found[f"{(last or [part.strip()[-300:]])[-1][:160]} | {own[-1] if own else ''} | {there}"] += 1
    return found


def table(result: Result) -> str:
    """Status codes and error codes by kind."""
    rows = []
    for kind, count in result.sent.items():
        rows.append(f"{kind} ({count:,})")
        found = sorted(
            ((n, status, code) for (k, status, code), n in result.answers.items() if k == kind), reverse=True
        )
        rows += [f"    {n:>9,}  {status or '---'} {code}" for n, status, code in found]
    return "\n".join(rows)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--only", type=lambda text: text.split(","), help="kinds that have one of these words in their names"
    )
    options = parser.parse_args()
    began = time.monotonic()
    with http.served() as server:
        result = campaign(server, options.count, options.seed, options.only, show=True)
        seconds, cpu = time.monotonic() - began, server.cpu()
    print(table(result))
    total = sum(result.sent.values())
    print(
        f"{total:,} requests in {seconds:,.0f} s, {total / seconds:,.0f} a second; "
        f"{cpu * 1e6 / total:,.0f} us of the server's processor each"
    )
    statuses: Counter[int] = Counter()
    for (_, status, _), number in result.answers.items():
        statuses[status] += number
    print("by status: " + ", ".join(f"{status or 'closed'}: {number:,}" for status, number in sorted(statuses.items())))
    for finding in result.findings:
        print("FINDING", finding)
    for what, number in result.found.most_common():
        print(f"{number:>7,} x {what}")
    print(f"{len(result.findings)} findings, seed {options.seed}")
    return 1 if result.findings else 0


if __name__ == "__main__":
    sys.exit(main())
