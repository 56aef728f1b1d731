"""All benchmarks, one table: kmslab beside its peers in the same run, and what was aimed at.

    python tests/benchmarks [--only NAME ...] [--quick] [--all] [--write]

Progress goes to standard error, the table to standard output. The exit code is 0 whatever is met, because this measures
and judges nothing; it is 1 if a benchmark ended with an error. Peers that are missing are installed beside kmslab (see
peers.py). Let nothing else run meanwhile: the ratios bear it, the times do not.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import machine
import page
import table

#: In the order of the table.
MODULES = ("per_call", "over_http", "envelope", "scale", "start", "a_class")
#: These take more than two minutes each: only with --all.
LONG = ("a_learner", "grading")

FOLDER = Path(__file__).parent


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for, and print the table."""
    parser = argparse.ArgumentParser(
        prog="python tests/benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    known = (*MODULES, *LONG)
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=known, help=f"of {', '.join(known)}")
    parser.add_argument("--quick", action="store_true", help="seconds, not minutes, with figures that say little")
    parser.add_argument("--all", action="store_true", help=f"those as well that take long: {', '.join(LONG)}")
    parser.add_argument("--write", action="store_true", help=f"write {page.FIGURES.name} beside this file")
    parser.add_argument("--one", choices=known, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.one:
        return one(options.one, options)
    if options.write and (options.only or options.quick):
        parser.error("--write makes the page of all lines, measured in full: leave out --only and --quick.")
    facts = machine.facts()
    found, wrong = {}, []
    for name in options.only or (known if options.all else MODULES):
        if not (FOLDER / f"{name}.py").exists():
            wrong.append(f"{name} is not there yet.")
            continue
        found[name], code = run(name, options)
        if code:
            wrong.append(f"{name} ended with exit code {code}.")
    print(table.text(line for lines in found.values() for line in lines))
    for sentence in wrong:
        print(sentence)
    if options.write:
        # Peers may have been installed meanwhile.
        facts = {**machine.facts(), "load before": facts["load before"]}
        how = {name: importlib.import_module(name).__doc__ or "" for name in found}
        page.write(page.FIGURES, f"python tests/benchmarks{' --all' * options.all} --write", found, how, facts)
        print(f"{page.FIGURES.name} is written.", file=sys.stderr)
    return int(any("exit code" in sentence for sentence in wrong))


def run(name: str, options: argparse.Namespace) -> tuple[list[table.Line], int]:
    """The lines of one benchmark, from a process of its own, so that none measures what another has left behind."""
    started = time.monotonic()
    print(f"{name} ...", file=sys.stderr, flush=True)
    command = [sys.executable, str(FOLDER), "--one", name, *(["--quick"] if options.quick else [])]
    found = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdout is not None
        for said in process.stdout:
            line = table.Line(**json.loads(said))
            found.append(line)
            print(f"  {line.about}: {table.number(line.figure)}, {line.verdict}", file=sys.stderr, flush=True)
    print(f"{name}: {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    return found, process.returncode


def one(name: str, options: argparse.Namespace) -> int:
    """Measure, and say each line as JSON; whatever else the benchmark prints goes to standard error."""
    module, said = importlib.import_module(name), []
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as lines:
        os.dup2(2, 1)
        for line in module.lines(options):
            print(json.dumps(asdict(line)), file=lines, flush=True)
            said.append((line.about, line.peer))
    # A quick run may be about less, and say so.
    if not options.quick and said != (wanted := [(target.about, target.peer) for target in module.TARGETS]):
        raise SystemExit(f"{name} gave the lines {said}, and has TARGETS for {wanted}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
