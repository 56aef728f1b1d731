"""How a session on real AWS begins: who, where, how much; and then the account id, typed by whoever pays for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from kmslab.errors import KmslabError
from kmslab.real.connection import Connection, Source, connect
from kmslab.real.journal import journals
from kmslab.real.lab import AwsLab
from kmslab.real.lessons import Rehearsal, rehearsal
from kmslab.real.settings import CONFIRM, Settings

#: Words in an account's alias that speak of customers.
_PRODUCTION = re.compile(r"(?<![a-z])(prod|production|prd|live)(?![a-z])", re.IGNORECASE)

Ask = Callable[[str], str]
Say = Callable[[object], None]


def begin(environ: Mapping[str, str], say: Say, ask: Ask) -> AwsLab:
    """Begin a session, once its account is confirmed. Before that, two calls that only read are made.

    Args:
        environ: The environment.
        say: Shows something to the learner.
        ask: Asks the learner for a line.

    Raises:
        KmslabError: something is missing, or the account was not confirmed.
    """
    settings = Settings.read(environ)
    source = Source(settings, environ)
    connected = connect(source)
    plan = rehearsal(settings.lesson)
    regions = settings.regions or tuple(plan.regions)
    earlier = journals(settings.workspace, connected.account_id)
    _introduce(connected, settings, regions, plan, say)
    _confirm(connected, settings, say, ask)
    lab = AwsLab(source, connected, settings, regions, earlier)
    if any(True for journal in earlier for _ in journal.left()):
        say("Of earlier sessions there is something left; lab.left shows it, and lab.clean_up() takes it back.")
    return lab


def _introduce(connected: Connection, settings: Settings, regions: tuple[str, ...], plan: Rehearsal, say: Say) -> None:
    lesson = f"lesson {settings.lesson}" if settings.lesson else "any lesson"
    say("REAL AWS. What you run from here on happens in this account, and is paid for by it:")
    say(f"  account   {connected.account_id}, {', '.join(connected.aliases) or 'without an alias'}")
    say(f"  you       {connected.identity.arn}")
    say(f"  Regions   {', '.join(regions)}")
    say(f"  limit     {settings.limit:f} USD, after which kmslab sends nothing that costs")
    if connected.endpoint:
        say(f"  endpoint  {connected.endpoint}, and not AWS's own")
    say(plan.estimate(f"Estimate for {lesson}"))
    if plan.cells:
        say(plan.table(f"What of {lesson} runs on real AWS"))


def _confirm(connected: Connection, settings: Settings, say: Say, ask: Ask) -> None:
    wanted = connected.account_id
    names = [name for name in connected.aliases if _PRODUCTION.search(name)]
    if names:
        wanted = f"{wanted} {names[0]}"
        say(f"The account's alias {names[0]!r} sounds like production, so its alias has to be typed as well.")
    given = settings.confirmed
    if not given:
        try:
            given = ask(f"Type {'the account id and the alias' if names else 'the account id'} to go on: ").strip()
        except (EOFError, NotImplementedError, RuntimeError):
            # IPython's StdinNotImplementedError is a NotImplementedError.
            raise KmslabError(f"Nobody can be asked here; set {CONFIRM} to the account id if you mean it.") from None
    if given != wanted:
        raise KmslabError(f"{given!r} is not {wanted!r}, so nothing is sent to AWS.")
