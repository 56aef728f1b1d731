"""What a call costs in a Lab with a hundred thousand keys, and with a hundred; and what a key and an event weigh.

    python tests/benchmarks/scale.py [--keys N] [--grants N] [--events N] [--principals N] [--rounds N] [--quick]

A small Lab and a big one in one process take short turns with the same requests, handed to the front door as the
transports hand them over: botocore's half millisecond around each call would hide what is looked for. The requests are
about a hundred keys of each Lab, or ten of its users, from all over. A note says what it is where they are about any of
all: the first call about a key or by a user is dearer, and no processor's cache holds a hundred thousand keys. Times
are process time; a ratio is the median over the rounds. Keys, aliases, tags and grants are put into the big Lab's world
by hand, as the operations put them there, since a hundred thousand of them have to be there in seconds; so are events,
copied from real ones, each with dictionaries of its own.
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from moto.iam.models import iam_backends
from msgspec import structs
from table import Line, Target

from kmslab import Lab, arn
from kmslab.authz.policy import default_key_policy
from kmslab.call import Call
from kmslab.keys import material
from kmslab.keys.alias import Alias
from kmslab.keys.grant import Grant, new_token
from kmslab.keys.key import Key
from kmslab.keys.ring import KeyRing
from kmslab.keys.specs import KEY_SPECS, KeyUsage
from kmslab.operations import paging
from kmslab.principals import Principal
from kmslab.wire.http import Request

SMALL = 100
ALIASES = TAGS = 5
FEW_GRANTS = 10

#: Bytes of the key material of a key: 32, in a bytes object, in a `KeyMaterial`, with its id of 64 digits.
MATERIAL = sys.getsizeof(b"k" * 32) + sys.getsizeof("f" * 64) + sys.getsizeof(material.KeyMaterial("", b""))

FLAT = 1.2
#: How many keys, and IAM users, of each Lab the requests are about.
FEW_KEYS, FEW_USERS = 100, 10
FULL = {"keys": 100_000, "grants": 50_000, "events": 1_000_000, "principals": 10_000, "rounds": 60}
QUICK = {"keys": 3_000, "grants": 2_000, "events": 10_000, "principals": 100, "rounds": 15}

#: What is called or looked at, in the order of the lines.
CALLS = (
    "Encrypt", "Encrypt by alias", "DescribeKey", "CreateKey", "CreateAlias", "TagResource",
    "ListKeys, a page from the midst", "ListAliases, a page from the midst", "ListAliases of a key", "ListResourceTags",
)  # fmt: skip
GRANT_CALLS = (
    "Encrypt by a grantee", "Encrypt with its grant token", "Encrypt by the administrator", "ListGrants, a page",
    "ListGrants of a grantee", "ListRetirableGrants, a page", "RetireGrant", "RevokeGrant",
)  # fmt: skip
USER_CALLS = ("Encrypt", "PutKeyPolicy that names one")
LATER_CALLS = ("Encrypt", "DescribeKey")
LOOKS = (
    "lab.trail[-20:]", 'lab.trail.events(name="CreateKey")', "lab.trail.events(key=...)", "the last hour", "lab.bill",
)  # fmt: skip
WEIGHTS = (
    Target("a key", "bytes", "", "at most", 2_048),
    Target("an alias or a tag", "bytes", "", "at most", 512),
    Target("an event of Encrypt, in memory", "bytes", "", "at most", 2_048),
)


def _targets(keys: int, grants: int, events: int, principals: int, rounds: int) -> tuple[Target, ...]:
    def flat(what: str, names: tuple[str, ...], peer: str) -> tuple[Target, ...]:
        return tuple(Target(f"{what}: {name}", "us a call", peer, "at most", FLAT) for name in names)

    return (
        *WEIGHTS[:2],
        *flat(f"{keys:,} keys", CALLS, f"{SMALL} keys"),
        *flat(f"{grants:,} grants on the key", GRANT_CALLS, f"{FEW_GRANTS} grants"),
        *flat(f"{principals:,} IAM users", USER_CALLS, "10 users"),
        WEIGHTS[2],
        *flat(f"{events:,} events behind", LATER_CALLS, "none behind"),
        *(Target(f"{events:,} events: {name}", "ms", "", "at most", 1000.0) for name in LOOKS),
        *(
            Target(f"a state file of {keys:,} keys and {calls:,} calls opens", "s", "", "at most", 2.0)
            for calls in (0, events)
        ),
    )


TARGETS = _targets(**FULL)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments(parser)
    for line in lines(parser.parse_args()):
        theirs = "" if line.theirs is None else f"{line.theirs:12,.1f}"
        verdict = "" if line.is_met else "  NOT MET"
        print(
            f"{line.about:58}{line.ours:12,.1f} {line.unit:11}{theirs:12}{line.figure:10,.2f} {line.sense} "
            f"{line.target:,}{verdict}  {line.note}",
            flush=True,
        )


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--keys", type=int, default=100_000, help="keys of the big Lab (%(default)s)")
    parser.add_argument("--grants", type=int, default=50_000, help="grants on one of its keys (%(default)s)")
    parser.add_argument("--events", type=int, default=1_000_000, help="events behind it (%(default)s)")
    parser.add_argument("--principals", type=int, default=10_000, help="its IAM users (%(default)s)")
    parser.add_argument("--rounds", type=int, default=60, help="turns of each Lab (%(default)s)")
    parser.add_argument("--quick", action="store_true", help="a run of seconds that shows that it works")


def lines(options: argparse.Namespace) -> Iterator[Line]:
    """Everything in turn, from what is quick to what fills the memory."""
    chosen = argparse.Namespace(**vars(options))
    for name, default in QUICK.items():
        if getattr(options, "quick", False) or not hasattr(options, name):
            setattr(chosen, name, default if getattr(options, "quick", False) else FULL[name])
    yield from weights(chosen)
    small, big = Lab(), Lab()
    ids = fill(small, SMALL), fill(big, chosen.keys)
    yield from calls(small, big, ids, chosen)
    yield from grants(small, big, ids, chosen)
    yield from principals(small, big, ids, chosen)
    yield from events(big, ids[1], chosen)
    del small, big
    gc.collect()
    yield from state_file(chosen)


# --- filling ----------------------------------------------------------------------------------------------------------


def fill(lab: Lab, keys: int, *, aliases: int = ALIASES, tags: int = TAGS) -> list[str]:
    """Put keys with aliases and tags into a Lab; their ids."""
    spec, account, region, now = KEY_SPECS["SYMMETRIC_DEFAULT"], lab.account_id, lab.region, lab.clock.now()
    store, found = lab.world.store(account, region), []
    for number in range(keys):
        key = Key(
            lab.ids.uuid("key"),
            account,
            region,
            spec,
            KeyUsage.ENCRYPT_DECRYPT,
            now - timedelta(milliseconds=keys - number),
            "",
            default_key_policy(account, region),
            KeyRing.of(material.generate(spec, lab.ids.hex("key material", 64))),
            tags={f"tag{each}": f"value {number}" for each in range(tags)},
        )
        lab.world.add_key(key)
        found.append(key.key_id)
        for each in range(aliases):
            name = f"alias/app-{number}/{each}"
            store.add_alias(Alias(name, arn.alias_arn(region, account, name), key.key_id, now, now))
    return found


def fill_grants(lab: Lab, key_id: str, count: int, mine: Principal) -> None:
    """Put grants to as many principals on a key, and in the midst of them one to `mine`."""
    key = lab.world.find_key(key_id)
    assert key is not None
    for number in range(count):
        somebody = f"arn:aws:iam::{lab.account_id}:user/somebody-{number}"
        grant = Grant(
            grant_id=lab.ids.hex("grant", 64),
            key=key,
            created=lab.clock.now() - timedelta(days=1) + timedelta(milliseconds=number),
            issuing_account=lab.account_id,
            operations=("Encrypt", "Decrypt", "RetireGrant"),
            name=f"grant {number}",
            grantee=mine.arn if number == count // 2 else somebody,
            grantee_is_service=False,
            retiring=lab.administrator.arn,
            retiring_is_service=False,
            constraints={"EncryptionContextSubset": {"purpose": "benchmark"}},
        )
        lab.world.add_grant(grant)
        lab.world.add_grant_token(grant, new_token(lab.ids, grant.grant_id))


def fill_users(lab: Lab, count: int, policy: str) -> list[Principal]:
    """Let IAM have users with a policy and an access key each, as its own operations do."""
    with lab._services.now().bridge.in_place():
        backend = iam_backends[lab.account_id]["aws"]
        for number in range(count):
            name = f"user{number}"
            backend.create_user(lab.region, name)
            backend.put_user_policy(name, "everything", policy)
            backend.create_access_key(name, prefix="AKIA")
        keys = [backend.users[f"user{number}"].access_keys[0].access_key_id for number in range(count)]
    found = [lab.directory.find(key) for key in keys]
    return [each for each in found if each is not None]


# --- measuring --------------------------------------------------------------------------------------------------------


def request(lab: Lab, operation: str, who: Principal | None = None, **members: Any) -> Request:
    """A request as a transport hands it to the front door."""
    key = (who or lab.administrator).credentials.access_key_id
    headers = {
        "x-amz-target": f"TrentService.{operation}",
        "content-type": "application/x-amz-json-1.1",
        "authorization": f"AWS4-HMAC-SHA256 Credential={key}/20260105/{lab.region}/kms/aws4_request, "
        "SignedHeaders=host, Signature=0",
        "user-agent": "benchmark",
    }
    return Request(headers, json.dumps(members).encode(), f"kms.{lab.region}.amazonaws.com")


def call(lab: Lab, operation: str, who: Principal | None = None, **members: Any) -> Any:
    reply = lab._door.handle(request(lab, operation, who, **members))
    assert reply.status == 200, reply.body
    return json.loads(reply.body or b"null")


Make = Callable[[Lab, str, int], Request]


def turn(lab: Lab, requests: list[Request]) -> float:
    """Microseconds of process time a request."""
    handle = lab._door.handle
    begin = time.process_time()
    for each in requests:
        assert handle(each).status == 200
    return (time.process_time() - begin) / len(requests) * 1e6


def side_by_side(
    about: str, big: tuple[Lab, list[str]], small: tuple[Lab, list[str]], make: Make, rounds: int, note: str = ""
) -> Line:
    """The same requests to two Labs in turns, each about keys of their own chosen anew."""
    dice, serials = random.Random(about), iter(range(10**9))  # noqa: S311
    times: list[tuple[float, float]] = []
    for number in range(rounds + 2):
        pair = []
        for lab, keys in (big, small) if number % 2 else (small, big):
            wanted = [make(lab, dice.choice(keys), next(serials)) for _ in range(20)]
            pair.append(turn(lab, wanted))
        if number > 1:
            times.append((pair[0], pair[1]) if number % 2 else (pair[1], pair[0]))
    mine, theirs = (statistics.median(each) for each in zip(*times, strict=True))
    ratio = statistics.median(mine / theirs for mine, theirs in times)
    return Line(about, mine, "us a call", f"{len(small[1]):,} keys", theirs, ratio, "at most", FLAT, note)


CONTEXT = {"purpose": "benchmark"}


def _marker(lab: Lab, member: str) -> str:
    """A marker from the midst of what there is."""
    store = lab.world.store(lab.account_id, lab.region)
    names = (store.keys if member == "Keys" else store.aliases).names
    return paging._write(names[len(names) // 2], member)


def calls(small: Lab, big: Lab, ids: tuple[list[str], list[str]], options: argparse.Namespace) -> Iterator[Line]:
    """(a) What a call costs, by the number of keys."""
    markers = {(lab, member): _marker(lab, member) for lab in (small, big) for member in ("Keys", "Aliases")}
    makes: dict[str, Make] = {
        "Encrypt": lambda lab, key, _: request(
            lab, "Encrypt", KeyId=key, Plaintext="eHg=", EncryptionContext=CONTEXT
        ),
        "Encrypt by alias": lambda lab, key, _: request(
            lab, "Encrypt", KeyId=lab.world.store(lab.account_id, lab.region).alias_names(_key(lab, key))[0],
            Plaintext="eHg=",
        ),
        "DescribeKey": lambda lab, key, _: request(lab, "DescribeKey", KeyId=key),
        "CreateKey": lambda lab, key, _: request(lab, "CreateKey"),
        "CreateAlias": lambda lab, key, n: request(lab, "CreateAlias", AliasName=f"alias/x{n}", TargetKeyId=key),
        "TagResource": lambda lab, key, n: request(
            lab, "TagResource", KeyId=key, Tags=[{"TagKey": "n", "TagValue": str(n)}]
        ),
        "ListKeys, a page from the midst": lambda lab, key, _: request(
            lab, "ListKeys", Limit=20, Marker=markers[lab, "Keys"]
        ),
        "ListAliases, a page from the midst": lambda lab, key, _: request(
            lab, "ListAliases", Limit=20, Marker=markers[lab, "Aliases"]
        ),
        "ListAliases of a key": lambda lab, key, _: request(lab, "ListAliases", KeyId=key),
        "ListResourceTags": lambda lab, key, _: request(lab, "ListResourceTags", KeyId=key),
    }  # fmt: skip
    some = ids[1][:: max(1, len(ids[1]) // FEW_KEYS)]
    for name in CALLS:
        about, note = f"{options.keys:,} keys: {name}", ""
        if name in ("Encrypt", "DescribeKey"):
            any_key = side_by_side(f"{about}, any", (big, ids[1]), (small, ids[0]), makes[name], options.rounds)
            note = f"of any key: {any_key.ours:.0f} us, {any_key.figure:.2f}"
        yield side_by_side(about, (big, some), (small, ids[0]), makes[name], options.rounds, note)


def _key(lab: Lab, key_id: str) -> Key:
    found = lab.world.store(lab.account_id, lab.region).key(key_id)
    assert found is not None
    return found


def weights(options: argparse.Namespace) -> Iterator[Line]:
    """(b) What a key weighs, made by CreateKey; and what an alias and a tag do."""
    lab, count = Lab(), min(options.keys, 5_000)
    lab.meter.charges_requests = lab.recorder.keeps = False
    create = request(lab, "CreateKey")
    lab._door.handle(create)

    def make() -> None:
        for _ in range(count):
            assert lab._door.handle(create).status == 200

    weight = bytes_of(make) / count
    note = f"{weight:,.0f} bytes, of them {MATERIAL} key material (32 bytes, its id and their objects)"
    yield WEIGHTS[0].line(weight - MATERIAL, note=note)
    more = Lab()
    bare = Lab()
    without = bytes_of(lambda: fill(bare, count, aliases=0, tags=0))
    each = (bytes_of(lambda: fill(more, count)) - without) / count / (ALIASES + TAGS)
    note = f"{ALIASES} aliases and {TAGS} tags on each key"
    yield WEIGHTS[1].line(each, note=note)


def bytes_of(work: Callable[[], object]) -> int:
    """How many bytes are held after some work that were not before."""
    gc.collect()
    tracemalloc.start()
    try:
        kept = work()
        gc.collect()
        return tracemalloc.get_traced_memory()[0] + 0 * id(kept)
    finally:
        tracemalloc.stop()


def grants(small: Lab, big: Lab, ids: tuple[list[str], list[str]], options: argparse.Namespace) -> Iterator[Line]:
    """(c) A key with many grants, and one with ten."""
    both, tokens = [], {}
    for lab, known, count in ((small, ids[0], FEW_GRANTS), (big, ids[1], options.grants)):
        somebody = lab.user("grantee")
        fill_grants(lab, known[0], count, somebody)
        both.append((lab, known[:1], somebody))
        tokens[lab] = [each.tokens[0] for each in _key(lab, known[0]).grants.to(somebody.arn).in_order]
    who = {lab: somebody for lab, _, somebody in both}
    (few, few_keys, _), (many, many_keys, _) = both
    marker = {}
    for lab, known, _ in both:
        positions = [each.position for each in _key(lab, known[0]).grants.after(None)]
        marker[lab] = paging._write(positions[len(positions) // 2], "Grants")
    encrypt = {"Plaintext": "eHg=", "EncryptionContext": CONTEXT}

    def create(lab: Lab, key: str, n: int) -> Request:
        return request(
            lab, "CreateGrant", KeyId=key, GranteePrincipal=lab.administrator.arn, Operations=["Decrypt"], Name=f"n{n}"
        )

    def end(operation: str) -> Make:
        def make(lab: Lab, key: str, n: int) -> Request:
            reply = json.loads(lab._door.handle(create(lab, key, n)).body)
            return request(lab, operation, KeyId=key, GrantId=reply["GrantId"])

        return make

    makes: dict[str, Make] = {
        "Encrypt by a grantee": lambda lab, key, _: request(lab, "Encrypt", who[lab], KeyId=key, **encrypt),
        "Encrypt with its grant token": lambda lab, key, _: request(
            lab, "Encrypt", who[lab], KeyId=key, GrantTokens=tokens[lab], **encrypt
        ),
        "Encrypt by the administrator": lambda lab, key, _: request(lab, "Encrypt", KeyId=key, **encrypt),
        "ListGrants, a page": lambda lab, key, _: request(
            lab, "ListGrants", KeyId=key, Limit=3, Marker=marker[lab]
        ),
        "ListGrants of a grantee": lambda lab, key, _: request(
            lab, "ListGrants", KeyId=key, GranteePrincipal=who[lab].arn
        ),
        "ListRetirableGrants, a page": lambda lab, key, _: request(
            lab, "ListRetirableGrants", RetiringPrincipal=lab.administrator.arn, Limit=3, Marker=marker[lab]
        ),
        "RetireGrant": end("RetireGrant"),
        "RevokeGrant": end("RevokeGrant"),
    }  # fmt: skip
    if options.grants < 50_000 - 20 * options.rounds:
        # Where the quota leaves room: a key that is full takes no more.
        makes["CreateGrant"] = create
    _leave_room(many, many_keys[0])
    for name in (*GRANT_CALLS, *(["CreateGrant"] if "CreateGrant" in makes else [])):
        about = f"{options.grants:,} grants on the key: {name}"
        line = side_by_side(about, (many, many_keys), (few, few_keys), makes[name], options.rounds)
        yield replace(line, peer=f"{FEW_GRANTS} grants")


def _leave_room(lab: Lab, key_id: str) -> None:
    """Let a few more grants find a place: the quota counts."""
    found = list(_key(lab, key_id).grants)
    for grant in found[:40]:
        lab.world.forget_grant(grant)


def principals(small: Lab, big: Lab, ids: tuple[list[str], list[str]], options: argparse.Namespace) -> Iterator[Line]:
    """(e) One of ten thousand IAM users, and one of ten."""
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}]}
    users: dict[Lab, list[Principal]] = {}
    for lab, count in ((small, FEW_USERS), (big, options.principals)):
        users[lab] = fill_users(lab, count, json.dumps(policy))
    few = {lab: each[:: max(1, len(each) // FEW_USERS)][:FEW_USERS] for lab, each in users.items()}
    dice = random.Random(1)  # noqa: S311

    def encrypt_by(who: dict[Lab, list[Principal]]) -> Make:
        return lambda lab, key, _: request(lab, "Encrypt", dice.choice(who[lab]), KeyId=key, Plaintext="eHg=")

    makes: dict[str, Make] = {
        "Encrypt": encrypt_by(few),
        "PutKeyPolicy that names one": lambda lab, key, _: request(
            lab, "PutKeyPolicy", KeyId=key, Policy=_naming(lab, dice.choice(few[lab])), PolicyName="default"
        ),
    }
    both = (big, ids[1][1:SMALL]), (small, ids[0][1:])
    for name in USER_CALLS:
        about, note = f"{options.principals:,} IAM users: {name}", ""
        if name == "Encrypt":
            any_user = side_by_side(f"{about}, any", *both, encrypt_by(users), options.rounds)
            note = f"by any user: {any_user.ours:.0f} us, {any_user.figure:.2f}"
        yield replace(side_by_side(about, *both, makes[name], options.rounds, note), peer=f"{FEW_USERS} users")


def _naming(lab: Lab, somebody: Principal) -> str:
    document = json.loads(default_key_policy(lab.account_id, lab.region))
    document["Statement"].append(
        {"Effect": "Allow", "Principal": {"AWS": somebody.arn}, "Action": "kms:Encrypt", "Resource": "*"}
    )
    return json.dumps(document)


def twin(call: Call, lab: Lab, when: timedelta) -> Call:
    """An event like another, with everything of its own that a request of its own would have."""
    return structs.replace(
        call,
        time=call.time + when,
        request_id=lab.ids.uuid("request"),
        event_id=lab.ids.uuid("event"),
        params=dict(call.params),
        reply=dict(call.reply),
        keys=tuple(key._replace() for key in call.keys),
        notes=dict(call.notes),
        decisions=tuple(each._replace() for each in call.decisions),
    )


def events(big: Lab, keys: list[str], options: argparse.Namespace) -> Iterator[Line]:
    """(d) A million events: their weight, what a call costs with them behind it, and how long looking at them takes."""
    lab, empty = Lab(), Lab()
    known = fill(lab, SMALL), fill(empty, SMALL)
    encrypt = request(lab, "Encrypt", KeyId=known[0][0], Plaintext="eHg=", EncryptionContext=CONTEXT)
    count = 2_000

    def some() -> None:
        for _ in range(count):
            lab._door.handle(encrypt)

    weight = bytes_of(some) / count
    yield WEIGHTS[2].line(weight)
    patterns = list(lab.recorder.trail(lab.account_id).calls[-50:])
    for number in range(options.events):
        made = twin(patterns[number % 50], lab, timedelta(microseconds=number))
        lab.meter(made)
        lab.recorder(made)
    lab.clock.advance(hours=1)
    makes: dict[str, Make] = {
        "Encrypt": lambda lab, key, _: request(lab, "Encrypt", KeyId=key, Plaintext="eHg=", EncryptionContext=CONTEXT),
        "DescribeKey": lambda lab, key, _: request(lab, "DescribeKey", KeyId=key),
    }
    for name in LATER_CALLS:
        about = f"{options.events:,} events behind: {name}"
        line = side_by_side(about, (lab, known[0]), (empty, known[1]), makes[name], options.rounds)
        yield replace(line, peer="none behind")
    looks: dict[str, Callable[[], object]] = {
        "lab.trail[-20:]": lambda: list(lab.trail[-20:]),
        'lab.trail.events(name="CreateKey")': lambda: list(lab.trail.events(name="CreateKey")),
        "lab.trail.events(key=...)": lambda: lab.trail.events(key=known[0][1]),
        "the last hour": lambda: lab.recorder.between(
            lab.account_id, lab.clock.now() - timedelta(hours=1), lab.clock.now()
        ),
        "lab.bill": lambda: lab.bill.total,
    }  # fmt: skip
    for name in LOOKS:
        begin = time.process_time()
        looks[name]()
        taken = time.process_time() - begin
        yield Line(f"{options.events:,} events: {name}", taken * 1e3, "ms", "", None, taken * 1e3, "at most", 1000.0)


def state_file(options: argparse.Namespace) -> Iterator[Line]:
    """(f) A state file opens."""
    for calls_in_it in (0, options.events):
        with TemporaryDirectory() as folder:
            path = Path(folder) / "lab.kmslab"
            with Lab.open(path) as lab:
                keys = fill(lab, options.keys, aliases=1, tags=1)
                call(lab, "Encrypt", KeyId=keys[0], Plaintext="eHg=", EncryptionContext=CONTEXT)
                pattern = lab.trail.calls[-1]
                for number in range(calls_in_it):
                    made = twin(pattern, lab, timedelta(microseconds=number))
                    lab.meter(made)
                    lab.recorder(made)
                    lab._state._touched._marks.calls.append(made)  # type: ignore[union-attr]
            size = path.stat().st_size / 2**20
            del lab
            gc.collect()
            wall, begin = time.perf_counter(), time.process_time()
            lab = Lab.open(path)
            taken, wall = time.process_time() - begin, time.perf_counter() - wall
            begin = time.process_time()
            call(lab, "Encrypt", KeyId=keys[-1], Plaintext="eHg=")
            first = time.process_time() - begin
            begin = time.process_time()
            assert len(lab.trail) > calls_in_it
            look = time.process_time() - begin
            lab.close()
        about = f"a state file of {options.keys:,} keys and {calls_in_it:,} calls opens"
        note = (
            f"{size:,.0f} MiB; by the clock on the wall {wall:.1f} s; the first call {first * 1e3:.0f} ms, "
            f"a first look at the trail {look:.1f} s"
        )
        yield Line(about, taken, "s", "", None, taken, "at most", 2.0, note)


if __name__ == "__main__":
    main()
