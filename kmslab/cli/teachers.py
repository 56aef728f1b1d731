"""The commands of teachers: accounts for a class, and marks."""

from __future__ import annotations

import argparse
from pathlib import Path

from kmslab.cli.parsing import DEFAULT_PORT, RAW, Commands

_CLASS = """\
A class that shares one Lab: everybody has an AWS account of their own in it, and a partner.

  new NAMES FILE   make FILE: an account, an access key and a partner for everybody. NAMES is a text file with a
                   name on each line, or how many you are
  slips FILE       print what to hand out, to be cut at the lines
  status FILE      who has done how much of the exercise for two, while `kmslab serve --class FILE` runs

FILE holds everybody's secret, and only its owner can read it. Serve the class with: kmslab serve --class FILE"""

_GRADE = """\
Grade a folder of submitted notebooks: a point for each task that is done. Prints a row for each learner.

Found are, in any mixture:
  DIR/ada/00_start.ipynb            a folder for each learner
  DIR/ada_00_start.ipynb            the learner's name before or after the lesson's
  DIR/ada/00_start/00_start.ipynb   as nbgrader collects them

From a submission come the cells for the exercises and those that the learner has added; the others, and the
checks, are the workbook's own. The cells run in a process of their own, with limits, and call a Lab in another
one, where the checks are made: a cell that redefines `check` or prints PASS earns nothing by it. On Linux it can
neither read nor write your files. Elsewhere it could; grade in a container if you do not know your learners.

A cell that fails, takes too long or ends Python does not stop the rest, and is noted."""


def add(commands: Commands) -> None:
    """Add these commands to the command line."""
    group = commands.add_parser(
        "class", help="accounts for a class that shares one Lab", description=_CLASS, formatter_class=RAW
    )
    actions = group.add_subparsers(metavar="ACTION", required=True)
    new = actions.add_parser("new", help="an account and an access key for everybody")
    new.add_argument("names", metavar="NAMES", help="a file with a name on each line, or how many you are")
    slips = actions.add_parser("slips", help="print what to hand out")
    status = actions.add_parser("status", help="who has done how much")
    for action in (new, slips, status):
        action.add_argument("file", metavar="FILE", type=Path, help="the file of the class")
    status.add_argument("--port", type=int, default=DEFAULT_PORT, help="the port of `kmslab serve` (%(default)s)")
    for action, run in ((new, _run_class_new), (slips, _run_class_slips), (status, _run_class_status)):
        action.set_defaults(run=run)

    grade = commands.add_parser(
        "grade",
        help="(teachers) grade submitted notebooks",
        description=_GRADE,
        formatter_class=RAW,
        allow_abbrev=False,
    )
    grade.add_argument("dir", metavar="DIR", type=Path, help="the folder with the submissions")
    grade.add_argument(
        "--lesson", metavar="NN", action="append", default=[], help="only this lesson; can be said several times"
    )
    grade.add_argument("--csv", metavar="FILE", type=Path, help="write a row for each learner and exercise")
    grade.add_argument("--feedback", metavar="FOLDER", type=Path, help="write a page for each learner")
    grade.add_argument("--jobs", metavar="N", type=int, default=2, help="how many at the same time (%(default)s)")
    grade.add_argument(
        "--timeout",
        metavar="S",
        type=float,
        default=60,
        help="seconds for one cell; five times as long for all (%(default)s)",
    )
    grade.add_argument("--memory", metavar="MB", type=int, default=2048, help="memory for a submission (%(default)s)")
    grade.set_defaults(run=_run_grade)


def _run_class_new(options: argparse.Namespace) -> int:
    from kmslab.classroom.roster import Roster, names_in

    roster = Roster.new(names_in(options.names))
    roster.write(options.file)
    print(f"{len(roster.learners)} learners in {options.file}. Next:")
    print(f"  kmslab class slips {options.file}    what to hand out")
    print(f"  kmslab serve --class {options.file}  an account for each, until Ctrl-C")
    return 0


def _run_class_slips(options: argparse.Namespace) -> int:
    from kmslab.classroom.roster import Roster

    print(Roster.read(options.file).slips(), end="")
    return 0


def _run_class_status(options: argparse.Namespace) -> int:
    from kmslab.classroom.roster import Roster
    from kmslab.exercises.seat import status

    learners = Roster.read(options.file).learners
    known = [(each.name, each.access_key_id, each.secret_access_key, each.partner) for each in learners]
    print(status(known, f"http://127.0.0.1:{options.port}"))
    return 0


def _run_grade(options: argparse.Namespace) -> int:
    from kmslab.grading.command import Wish, run

    return run(
        Wish(options.dir, options.lesson, options.csv, options.feedback, options.jobs, options.timeout, options.memory)
    )
