"""The `kmslab` command: what each part of it takes and says. Over 300 lines, because most of them are its help."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from kmslab.errors import KmslabError

#: The port of `kmslab serve`, unless said otherwise.
DEFAULT_PORT = 4599

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

_LAB = """\
Copy the workbook into DIR and open it in JupyterLab.

Notebooks that you have changed are never written over, unless you say --force. JupyterLab listens on this
computer only. Stop it with Ctrl-C; everything you did stays in DIR."""

_NOTEBOOKS = """\
For authors. A lesson is written once, as text in notebooks/source/; from it come two notebooks, one for
learners and one with the answers, both executed and with their outputs.

  build     make every notebook anew and store what changed
  check     make every notebook anew, store nothing, and fail if a stored one differs
  nbgrader  write the lessons as a course of nbgrader, for instructors who use it
  rehearse  run every solution as on real AWS, with a Lab in AWS's place, and keep what runs and what it costs"""

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

_CLASS = """\
A class that shares one Lab: everybody has an AWS account of their own in it, and a partner.

  new NAMES FILE   make FILE: an account, an access key and a partner for everybody. NAMES is a text file with a
                   name on each line, or how many you are
  slips FILE       print what to hand out, to be cut at the lines
  status FILE      who has done how much of the exercise for two, while `kmslab serve --class FILE` runs

FILE holds everybody's secret, and only its owner can read it. Serve the class with: kmslab serve --class FILE"""

_HONESTY = """\
Print every place where kmslab differs from AWS or has to guess, in Markdown. The list is made from kmslab's own
source, which says so beside the code."""

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

_PROGRESS = """\
What you have solved, in this folder or carried from another.

  show          every exercise, and on which day it was solved
  export FILE   write it into a file, with the hints you looked at and your best rounds of golf
  import FILE   merge such a file: what is solved there is solved here, and nothing is lost"""

_CAN_BE_REPLACED = os.name == "posix"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code: 0 done, 1 a check failed, 2 a mistake in how it was called."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        return int(options.run(options))
    except KmslabError as error:
        print(f"kmslab: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        prog="kmslab", description=_DESCRIPTION, epilog=_EXAMPLES, formatter_class=raw, allow_abbrev=False
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    lab = commands.add_parser(
        "lab", help="open the workbook in JupyterLab", description=_LAB, formatter_class=raw, allow_abbrev=False
    )
    lab.add_argument(
        "dir", metavar="DIR", nargs="?", type=Path, default=Path("kmslab-workbook"), help="your folder (%(default)s)"
    )
    lab.add_argument("--no-browser", action="store_true", help="print the address and open no browser")
    lab.add_argument("--force", action="store_true", help="write over notebooks that you have changed")
    lab.add_argument("--port", type=int, default=8888, help="port to try first (%(default)s)")
    lab.set_defaults(run=_run_lab)

    serve = commands.add_parser(
        "serve", help="serve a Lab to any AWS client", description=_SERVE, formatter_class=raw, allow_abbrev=False
    )
    serve.add_argument("--port", type=int, default=DEFAULT_PORT, help="port; 0 for any that is free (%(default)s)")
    serve.add_argument("--state", metavar="FILE", type=Path, help="keep the Lab in this file")
    serve.add_argument("--scenario", metavar="FILE", type=Path, help="begin with what this YAML file describes")
    serve.add_argument("--host", default="127.0.0.1", help="loopback address (%(default)s)")
    serve.add_argument("--allow-reset", action="store_true", help="let POST /_kmslab/reset empty the Lab")
    serve.add_argument("--class", dest="roster", metavar="FILE", type=Path, help="open an account for each of a class")
    serve.set_defaults(run=_run_serve)

    env = commands.add_parser(
        "env", help="print what leads a shell to a served Lab", description=_ENV, formatter_class=raw
    )
    env.add_argument("--port", type=int, default=DEFAULT_PORT, help="the port of `kmslab serve` (%(default)s)")
    env.add_argument("--shell", choices=["bash", "fish", "powershell"], default="bash", help="(%(default)s)")
    env.set_defaults(run=_run_env)

    group = commands.add_parser(
        "class", help="accounts for a class that shares one Lab", description=_CLASS, formatter_class=raw
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

    honesty = commands.add_parser(
        "honesty", help="print where kmslab differs from AWS", description=_HONESTY, formatter_class=raw
    )
    honesty.add_argument("--write", action="store_true", help="(authors) store it as kmslab/HONESTY.md")
    honesty.set_defaults(run=_run_honesty)

    aws = commands.add_parser(
        "aws",
        help="list or remove what notebooks made on real AWS",
        description=_AWS,
        formatter_class=raw,
        allow_abbrev=False,
    )
    aws.add_argument("action", choices=["list", "clean-up"], help="what to do")
    aws.add_argument(
        "--dir", metavar="DIR", type=Path, default=Path(os.environ.get("KMSLAB_WORKSPACE") or "."), help="your folder"
    )
    aws.add_argument("--region", action="append", default=[], help="a Region to search as well; may be repeated")
    aws.add_argument("--yes", action="store_true", help="ask nothing")
    aws.set_defaults(run=_run_aws)

    progress = commands.add_parser(
        "progress", help="show, export or import what is solved", description=_PROGRESS, formatter_class=raw
    )
    progress.add_argument("action", choices=["show", "export", "import"], help="what to do")
    progress.add_argument("file", metavar="FILE", nargs="?", type=Path, help="the file of export and import")
    progress.add_argument(
        "--dir", metavar="DIR", type=Path, default=Path(os.environ.get("KMSLAB_WORKSPACE") or "."), help="your folder"
    )
    progress.set_defaults(run=_run_progress)

    grade = commands.add_parser(
        "grade",
        help="(teachers) grade submitted notebooks",
        description=_GRADE,
        formatter_class=raw,
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

    notebooks = commands.add_parser(
        "notebooks", help="(authors) build or check the notebooks", description=_NOTEBOOKS, formatter_class=raw
    )
    notebooks.add_argument("action", choices=["build", "check", "nbgrader", "rehearse"], help="what to do")
    notebooks.add_argument("lesson", nargs="*", help="(nbgrader, rehearse) only these, such as 04")
    notebooks.add_argument(
        "--course", metavar="DIR", type=Path, default=Path("kmslab-course"), help="(nbgrader) its folder (%(default)s)"
    )
    notebooks.set_defaults(run=_run_notebooks)
    return parser


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
    return subprocess.call(command, env=environment)  # noqa: S603


def _run_serve(options: argparse.Namespace) -> int:
    from kmslab import serving

    wish = serving.Wish(
        options.host, options.port, options.state, options.scenario, options.allow_reset, options.roster
    )
    return serving.run(wish)


def _run_env(options: argparse.Namespace) -> int:
    from kmslab import serving

    print(serving.exports(options.port, options.shell), end="")
    if serving.region_at(options.port) is None:
        print(f"kmslab: nothing answers on port {options.port} yet; start it with: kmslab serve", file=sys.stderr)
    return 0


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


def _run_honesty(options: argparse.Namespace) -> int:
    from kmslab.classroom import honesty

    text = honesty.page()
    if options.write:
        honesty.STORED.write_text(text, encoding="utf-8")
    else:
        print(text)
    return 0


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


def _run_grade(options: argparse.Namespace) -> int:
    from kmslab.grading.command import Wish, run

    return run(
        Wish(options.dir, options.lesson, options.csv, options.feedback, options.jobs, options.timeout, options.memory)
    )


def _run_aws(options: argparse.Namespace) -> int:
    from kmslab.real import command

    if options.action == "list":
        return command.list_what_is_left(options.dir)
    return command.clean_up(options.dir, options.region, options.yes)


def _run_notebooks(options: argparse.Namespace) -> int:
    try:
        from kmslab.classroom import build
    except ImportError as error:
        raise KmslabError(f"Building notebooks needs {error.name}: pip install 'kmslab[test]'.") from error
    from kmslab.classroom.sources import notebooks_folder

    folder = notebooks_folder()
    if options.action == "nbgrader":
        return _write_course(folder, options.course, options.lesson)
    if options.action == "rehearse":
        return _rehearse(folder, options.lesson)
    started = time.monotonic()
    changed: list[Path] = []

    def report(built: build.Built) -> None:
        target = built.product.target
        verdict = "current"
        if not built.is_stored:
            changed.append(target)
            verdict = "STALE"
            if options.action == "build":
                target.parent.mkdir(exist_ok=True)
                target.write_text(built.text, encoding="utf-8")
                verdict = "written"
        print(f"{verdict}  {target.relative_to(folder)}", flush=True)

    build.build(folder, report)
    for orphan in build.orphans(folder):
        changed.append(orphan)
        print(f"no source makes it: {orphan.relative_to(folder)}")
    print(f"{len(changed)} changed, {time.monotonic() - started:.0f} s")
    return int(options.action == "check" and bool(changed))


def _write_course(folder: Path, course: Path, lessons: Sequence[str]) -> int:
    from kmslab.grading.course import write_course

    written = write_course(folder, course, lessons)
    print(f"{len(written)} lessons written to {course / 'source'}; next, there: nbgrader generate_assignment --all")
    return 0


def _rehearse(folder: Path, lessons: Sequence[str]) -> int:
    from kmslab.classroom import build, rehearsal
    from kmslab.real.lessons import rehearsals, write

    solutions = [each for each in build.products(folder) if each.is_solution]
    known = {row.code for row in rehearsals().values()}
    wanted = [
        each
        for each in solutions
        if (each.source.stem[:2] in lessons if lessons else rehearsal.digest(each) not in known)
    ]
    measured = {each.lesson: each.row for each in rehearsal.rehearse(wanted)}
    for lesson, row in measured.items():
        print(row.table(f"Lesson {lesson}"), end="\n\n")
    print(f"written: {write(measured)}")
    return 0
