"""The `kmslab` command. Each module adds the commands of those whom it is for."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from kmslab import __version__
from kmslab.cli import authors, learners, real_aws, servers, teachers
from kmslab.errors import KmslabError

_DESCRIPTION = """\
kmslab: learn AWS KMS by using it, in Jupyter, on a simulated KMS.
You need no AWS account, no Docker and no network."""

_EXAMPLES = """\
examples:
  kmslab lab                    open the workbook in ./kmslab-workbook
  kmslab lab class --no-browser open it in ./class and print its address instead
  kmslab serve                  a KMS for any AWS client, until Ctrl-C
  eval "$(kmslab env)"          (another terminal) lead `aws` and the SDKs to it
  kmslab grade submitted --csv marks.csv   (teachers) grade what learners have handed in
  kmslab notebooks check        (authors) are the stored notebooks what their sources make?

Each command explains itself: kmslab COMMAND --help"""

_MODULES = (learners, servers, teachers, real_aws, authors)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code: 0 done, 1 a check failed, 2 a mistake in how it was called."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except KmslabError as error:
        print(f"kmslab: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="kmslab",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"kmslab {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for module in _MODULES:
        module.add(commands)
    return parser
