"""The commands of learners: the workbook, and what is solved in it."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from kmslab.cli.parsing import RAW, Commands, workspace
from kmslab.errors import KmslabError

_CAN_BE_REPLACED = os.name == "posix"

_LAB = """\
Copy the workbook into DIR and open it in JupyterLab.

Notebooks that you have changed are never written over, unless you say --force. JupyterLab listens on this
computer only. Stop it with Ctrl-C; everything you did stays in DIR."""

_PROGRESS = """\
What you have solved, in this folder or carried from another.

  show          every exercise, and on which day it was solved
  export FILE   write it into a file, with the hints you looked at and your best rounds of golf
  import FILE   merge such a file: what is solved there is solved here, and nothing is lost"""


def add(commands: Commands) -> None:
    """Add these commands to the command line."""
    lab = commands.add_parser(
        "lab", help="open the workbook in JupyterLab", description=_LAB, formatter_class=RAW, allow_abbrev=False
    )
    lab.add_argument(
        "dir", metavar="DIR", nargs="?", type=Path, default=Path("kmslab-workbook"), help="your folder (%(default)s)"
    )
    lab.add_argument("--no-browser", action="store_true", help="print the address and open no browser")
    lab.add_argument("--force", action="store_true", help="write over notebooks that you have changed")
    lab.add_argument("--port", type=int, default=8888, help="port to try first (%(default)s)")
    lab.set_defaults(run=_run_lab)

    progress = commands.add_parser(
        "progress", help="show, export or import what is solved", description=_PROGRESS, formatter_class=RAW
    )
    progress.add_argument("action", choices=["show", "export", "import"], help="what to do")
    progress.add_argument("file", metavar="FILE", nargs="?", type=Path, help="the file of export and import")
    progress.add_argument("--dir", metavar="DIR", type=Path, default=workspace(), help="your folder")
    progress.set_defaults(run=_run_progress)


def _run_lab(options: argparse.Namespace) -> int:
    from kmslab.classroom.sources import notebooks_folder
    from kmslab.classroom.workspace import copy_workbook
    from kmslab.exercises.progress import Progress

    report = copy_workbook(notebooks_folder(), options.dir, force=options.force)
    print(f"{len(report.copied)} notebooks copied to {options.dir}, {len(report.current)} were there already.")
    for name in report.kept:
        print(f"kept, because you changed it: {name}")
    sys.stdout.flush()
    # Who comes back looks first where to go on.
    first = "index.ipynb" if Progress(options.dir).solved else "00_start.ipynb"
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={options.port}",
        f"--ServerApp.root_dir={options.dir.resolve()}",
        f"--LabApp.default_url=/lab/tree/{first}",
    ]
    if options.no_browser:
        command.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        # In a container everybody is root, and Jupyter would refuse.
        command.append("--allow-root")
    environment = {**os.environ, "KMSLAB_WORKSPACE": str(options.dir.resolve())}
    if _CAN_BE_REPLACED:
        # JupyterLab takes this process over, so that whoever stops the one stops the other.
        os.execve(sys.executable, command, environment)  # noqa: S606
    # Only here: what answers `kmslab --help` does not wait for it.
    import subprocess

    return subprocess.call(command, env=environment)  # noqa: S603


def _run_progress(options: argparse.Namespace) -> int:
    from kmslab.exercises.desk import table_of
    from kmslab.exercises.progress import Progress
    from kmslab.exercises.transfer import export_progress, import_progress

    if not options.dir.is_dir():
        raise KmslabError(f"{options.dir} is no folder; name yours with --dir.")
    if options.action == "show":
        print(table_of(Progress(options.dir)).text())
        return 0
    if options.file is None:
        raise KmslabError(f"Name the file: kmslab progress {options.action} FILE.")
    if options.action == "export":
        count = export_progress(options.dir, options.file)
        print(f"{count} solved exercises written to {options.file}")
        return 0
    merged = import_progress(options.file, options.dir)
    print(f"newly solved: {', '.join(merged.solved) or 'none'}")
    if merged.more:
        print(f"also brought or better: {', '.join(merged.more)}")
    return 0
