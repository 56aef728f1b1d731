"""The command for what notebooks made in a real account."""

from __future__ import annotations

import argparse
from pathlib import Path

from kmslab.cli.parsing import RAW, Commands, workspace

_AWS = """\
What notebooks have made in a real account, when they were run with KMSLAB_BACKEND=aws.

  list       show what the folder's lists say is left, and what it costs; calls nobody
  clean-up   take it back, and whatever else has the tag kmslab in the same Regions

The clean-up needs credentials that you name: AWS_PROFILE, or an access key in the environment. Keys get the
shortest waiting period, 7 days, in which they cost nothing. It may be run any number of times.

Notebooks read these variables:
  KMSLAB_BACKEND=aws     run on real AWS; anything else is the Lab
  AWS_PROFILE            whose account; or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY
  KMSLAB_AWS_CONFIRM     the account id, where it cannot be typed
  KMSLAB_AWS_LIMIT_USD   what a session may cost (2)
  KMSLAB_AWS_REGIONS     the Regions that may be called (those of the lesson)"""


def add(commands: Commands) -> None:
    """Add these commands to the command line."""
    aws = commands.add_parser(
        "aws",
        help="list or remove what notebooks made on real AWS",
        description=_AWS,
        formatter_class=RAW,
        allow_abbrev=False,
    )
    aws.add_argument("action", choices=["list", "clean-up"], help="what to do")
    aws.add_argument("--dir", metavar="DIR", type=Path, default=workspace(), help="your folder")
    aws.add_argument("--region", action="append", default=[], help="a Region to search as well; may be repeated")
    aws.add_argument("--yes", action="store_true", help="ask nothing")
    aws.set_defaults(run=_run_aws)


def _run_aws(options: argparse.Namespace) -> int:
    from kmslab.real import command

    if options.action == "list":
        return command.list_what_is_left(options.dir)
    return command.clean_up(options.dir, options.region, options.yes)
