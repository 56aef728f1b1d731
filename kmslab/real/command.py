"""`kmslab aws list` and `kmslab aws clean-up`."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from kmslab.errors import KmslabError
from kmslab.real.cleaning import CleanUp, listed
from kmslab.real.connection import Source, connect
from kmslab.real.journal import Journal, journals
from kmslab.real.settings import Settings


def list_what_is_left(workspace: Path) -> int:
    """Show what the journals of a folder say is there. Nothing is called.

    Raises:
        KmslabError: a journal is damaged.
    """
    print(listed(journals(workspace)))
    return 0


def clean_up(workspace: Path, regions: list[str], is_sure: bool, ask: Callable[[str], str] = input) -> int:
    """Take back what the journals of a folder list, and what has the tag in their Regions and those given.

    Returns:
        0 when nothing is left but keys that wait, otherwise 1.

    Raises:
        KmslabError: no credentials are named, or they are of another account.
    """
    settings = Settings.read({**os.environ, "KMSLAB_AWS_REGIONS": " ".join(regions)})
    source = Source(settings, os.environ)
    connected = connect(source)
    there = journals(workspace, connected.account_id)
    if not there and not settings.regions:
        others = {journal.account_id for journal in journals(workspace)}
        raise KmslabError(
            f"{workspace} has no list for account {connected.account_id}"
            + (
                f", but for {', '.join(sorted(others))}; name those credentials."
                if others
                else "; name --region to search."
            )
        )
    if not there:
        there = [Journal.begin(workspace, connected.account_id, connected.identity.arn, "", settings.regions)]
    cleaning = CleanUp(source.session(), there, print)
    cleaning.search(settings.regions)
    print(f"Account {connected.account_id}, as {connected.identity.arn}")
    print(listed(there))
    if not is_sure and ask("Remove all of this? Type yes: ").strip().lower() != "yes":
        print("Nothing was removed.")
        return 1
    print(cleaning.run())
    for sentence in cleaning.failures:
        print(sentence)
    return int(bool(cleaning.failures))
