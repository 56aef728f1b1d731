"""The commands of authors: notebooks built, checked and rehearsed; and, for everybody, the honesty page."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

from kmslab.cli.parsing import RAW, Commands
from kmslab.errors import KmslabError

_HONESTY = """\
Print every place where kmslab differs from AWS or has to guess, in Markdown. The list is made from kmslab's own
source, which says so beside the code."""

_NOTEBOOKS = """\
For authors. A lesson is written once, as text in notebooks/source/; from it come two notebooks, one for
learners and one with the answers, both executed and with their outputs.

  build     make every notebook anew and store what changed
  check     make every notebook anew, store nothing, and fail if a stored one differs
  nbgrader  write the lessons as a course of nbgrader, for instructors who use it
  rehearse  run every solution as on real AWS, with a Lab in AWS's place, and keep what runs and what it costs"""


def add(commands: Commands) -> None:
    """Add these commands to the command line."""
    honesty = commands.add_parser(
        "honesty", help="print where kmslab differs from AWS", description=_HONESTY, formatter_class=RAW
    )
    honesty.add_argument("--write", action="store_true", help="(authors) store it as kmslab/HONESTY.md")
    honesty.set_defaults(run=_run_honesty)

    notebooks = commands.add_parser(
        "notebooks", help="(authors) build or check the notebooks", description=_NOTEBOOKS, formatter_class=RAW
    )
    notebooks.add_argument("action", choices=["build", "check", "nbgrader", "rehearse"], help="what to do")
    notebooks.add_argument("lesson", nargs="*", help="(nbgrader, rehearse) only these, such as 04")
    notebooks.add_argument(
        "--course", metavar="DIR", type=Path, default=Path("kmslab-course"), help="(nbgrader) its folder (%(default)s)"
    )
    notebooks.set_defaults(run=_run_notebooks)


def _run_honesty(options: argparse.Namespace) -> int:
    from kmslab.classroom import honesty

    text = honesty.page()
    if options.write:
        honesty.STORED.write_text(text, encoding="utf-8")
    else:
        print(text)
    return 0


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
