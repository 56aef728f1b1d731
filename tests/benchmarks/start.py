"""How long kmslab takes to begin, beside moto, and what a notebook's kernel holds once it has.

    python tests/benchmarks/start.py [--rounds N]

Each start is a process of its own, from the first instruction of Python to its end; kmslab and moto in turns. Both find
their modules compiled, in a folder of this run's own, as they do from the second start on; the first round is left out.
Wall time, and processor time (user and system), which a busy computer disturbs less. The kernel is a real one, looked
at one second after `%load_ext kmslab`: resident (RSS), what is its own or its share of it (PSS), and its own (USS).
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parent))
from table import Line, Target

OURS = "import kmslab\nkmslab.Lab().client('kms', 'us-east-1').create_key()"
MOTO = "import boto3\nfrom moto import mock_aws\nwith mock_aws(): boto3.client('kms', 'us-east-1').create_key()"

#: What a shell asks of the command, and waits for.
QUESTIONS = (("--help",), ("--version",), ("notebooks", "--help"))

#: What was aimed at: a share of moto's time, milliseconds, and MB.
STARTS = tuple(
    Target(f"start: import, Lab(), create_key, {time}", "ms", "moto", "at most", 0.8) for time in ("wall", "processor")
)
ANSWERS = tuple(Target(f"start: kmslab {' '.join(question)}", "ms", "", "at most", 150) for question in QUESTIONS)
KERNEL = Target("memory: a kernel after %load_ext kmslab", "MB RSS", "", "at most", 100)
TARGETS = (*STARTS, *ANSWERS, KERNEL)


class Start(NamedTuple):
    """How long one process took, in seconds."""

    wall: float
    processor: float


class Memory(NamedTuple):
    """What a process holds, in MB."""

    rss: float
    pss: float
    uss: float


def main() -> None:
    """Print the lines."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=11, help="(%(default)s)")
    options = parser.parse_args()
    for line in lines(argparse.Namespace(quick=False, rounds=options.rounds)):
        theirs = "" if line.theirs is None else f"  {line.peer}: {line.theirs:.1f}"
        verdict = "met" if line.is_met else "NOT MET"
        wanted = f"{line.figure:.2f}, {line.sense} {line.target:g}: {verdict}"
        print(f"{line.about:44}{line.ours:8.1f} {line.unit}{theirs}  ({wanted})  {line.note}", flush=True)


def lines(options: argparse.Namespace) -> Iterator[Line]:
    """The lines of the table."""
    rounds = getattr(options, "rounds", 3 if options.quick else 11)
    with compiled() as environment:
        yield from starts(rounds, environment)
        yield from answers(rounds, environment)
        yield kernel(environment)


@contextmanager
def compiled() -> Iterator[dict[str, str]]:
    """An environment in which modules are compiled once and found again, whatever this machine's settings are."""
    with tempfile.TemporaryDirectory() as folder:
        given = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        yield given | {"PYTHONPYCACHEPREFIX": folder, "KMSLAB_WORKSPACE": folder}


def starts(rounds: int, environment: dict[str, str]) -> Iterator[Line]:
    """A Lab and moto's mock, each with a key."""
    ours, theirs = [], []
    for number in range(rounds + 1):
        pair = run([sys.executable, "-c", OURS], environment), run([sys.executable, "-c", MOTO], environment)
        if number:
            ours.append(pair[0])
            theirs.append(pair[1])
    for field, target in enumerate(STARTS):
        yield target.line(
            ours=1000 * statistics.median(each[field] for each in ours),
            theirs=1000 * statistics.median(each[field] for each in theirs),
            figure=statistics.median(our[field] / their[field] for our, their in zip(ours, theirs, strict=True)),
        )


def answers(rounds: int, environment: dict[str, str]) -> Iterator[Line]:
    """The command, asked for something that it only has to say."""
    script = Path(sysconfig.get_path("scripts")) / "kmslab"
    command = [str(script)] if script.exists() else [sys.executable, "-m", "kmslab"]
    bare = statistics.median(run([sys.executable, "-c", "pass"], environment).wall for _ in range(rounds))
    for question, target in zip(QUESTIONS, ANSWERS, strict=True):
        times = [run([*command, *question], environment).wall for _ in range(rounds + 1)][1:]
        note = f"of which Python itself {1000 * bare:.0f} ms"
        yield target.line(1000 * statistics.median(times), note=note)


def run(command: list[str], environment: dict[str, str]) -> Start:
    """Start a process and wait for its end."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)  # noqa: S603
    wall, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Start(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def kernel(environment: dict[str, str]) -> Line:
    """A notebook's kernel after `%load_ext kmslab`."""
    memory_of_kernel(environment)  # compiles
    bare, loaded = memory_of_kernel(environment)
    note = (
        f"PSS {loaded.pss:.0f}, USS {loaded.uss:.0f}; before it RSS {bare.rss:.0f}, PSS {bare.pss:.0f}, "
        f"USS {bare.uss:.0f}"
    )
    return KERNEL.line(loaded.rss, note=note)


def memory_of_kernel(environment: dict[str, str]) -> tuple[Memory, Memory]:
    """What a new kernel holds before and after the set-up cell."""
    import nbformat
    from nbclient import NotebookClient

    cells = [nbformat.v4.new_code_cell(text) for text in ("pass", "%load_ext kmslab")]
    client = NotebookClient(
        nbformat.v4.new_notebook(cells=cells), timeout=60, kernel_name="python3", extra_arguments=["--log-level=ERROR"]
    )
    client.create_kernel_manager()
    found = []
    with client.setup_kernel(env=environment):
        for number, cell in enumerate(cells):
            client.execute_cell(cell, number)
            time.sleep(1)
            found.append(memory(client.km.provisioner.process.pid))
    return found[0], found[1]


def memory(pid: int) -> Memory:
    """What a process holds. PSS is 0 where the system does not tell it."""
    import psutil

    info = psutil.Process(pid).memory_full_info()
    return Memory(info.rss / 1e6, getattr(info, "pss", 0) / 1e6, info.uss / 1e6)


if __name__ == "__main__":
    main()
