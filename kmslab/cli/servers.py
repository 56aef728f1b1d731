"""The commands that serve a Lab to other programs, and lead them there."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from kmslab.cli.parsing import DEFAULT_PORT, RAW, Commands

_SERVE = """\
Serve a Lab to any AWS client: one address for KMS and for every other service, on this computer only.

Prints `ready http://127.0.0.1:N` when it accepts. Stop it with Ctrl-C: what is under way is finished and
everything is saved. Requests have to be signed, with the administrator's access key, which `kmslab env`
prints (it comes from KMSLAB_ACCESS_KEY_ID and KMSLAB_SECRET_ACCESS_KEY, or is made at random once), or with
one that the Lab has handed out.

A Lab in a state file outlives the server. What is in the file is sealed with the key in FILE.key, or with the
passphrase in KMSLAB_PASSPHRASE."""

_ENV = """\
Print what leads a shell's AWS clients to a Lab that `kmslab serve` serves: its address, the administrator's
access key, the Region, and where needed an `aws` command.

  bash, zsh    eval "$(kmslab env)"
  fish         kmslab env --shell fish | source
  powershell   kmslab env --shell powershell | Out-String | Invoke-Expression"""


def add(commands: Commands) -> None:
    """Add these commands to the command line."""
    serve = commands.add_parser(
        "serve", help="serve a Lab to any AWS client", description=_SERVE, formatter_class=RAW, allow_abbrev=False
    )
    serve.add_argument("--port", type=int, default=DEFAULT_PORT, help="port; 0 for any that is free (%(default)s)")
    serve.add_argument("--state", metavar="FILE", type=Path, help="keep the Lab in this file")
    serve.add_argument("--scenario", metavar="FILE", type=Path, help="begin with what this YAML file describes")
    serve.add_argument("--host", default="127.0.0.1", help="loopback address (%(default)s)")
    serve.add_argument("--allow-reset", action="store_true", help="let POST /_kmslab/reset empty the Lab")
    serve.add_argument("--class", dest="roster", metavar="FILE", type=Path, help="open an account for each of a class")
    serve.add_argument("--events", metavar="N", type=_count, help="newest events of each account to keep (a million)")
    serve.set_defaults(run=_run_serve)

    env = commands.add_parser(
        "env", help="print what leads a shell to a served Lab", description=_ENV, formatter_class=RAW
    )
    env.add_argument("--port", type=int, default=DEFAULT_PORT, help="the port of `kmslab serve` (%(default)s)")
    env.add_argument("--shell", choices=["bash", "fish", "powershell"], default="bash", help="(%(default)s)")
    env.set_defaults(run=_run_env)


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 10**9:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of events from 1 on")
    return int(text)


def _run_serve(options: argparse.Namespace) -> int:
    from kmslab import serving

    wish = serving.Wish(
        options.host,
        options.port,
        options.state,
        options.scenario,
        options.allow_reset,
        options.roster,
        options.events or serving.EVENTS,
    )
    return serving.run(wish)


def _run_env(options: argparse.Namespace) -> int:
    from kmslab import serving

    print(serving.exports(options.port, options.shell), end="")
    if serving.region_at(options.port) is None:
        print(f"kmslab: nothing answers on port {options.port} yet; start it with: kmslab serve", file=sys.stderr)
    return 0
