"""Fuzz one target: with coverage as the guide where atheris is installed (`kmslab[fuzz]`), blindly where it is not.

    python tests/fuzz wire --seconds 120
    python tests/fuzz wire --runs 100000 --corpus FOLDER    # what is found new goes into the folder
    python tests/fuzz wire --merge FOLDER                   # the corpus anew, of itself and of a folder
    python tests/fuzz wire --input FILE                     # one input, such as a crash that was written down

Ends with code 1 at a finding; atheris then writes the input to a file whose name it says.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import warnings
from pathlib import Path
from types import ModuleType

sys.path[:0] = [str(Path(__file__).parents[2])]

from tests.fuzz.minimising import minimise  # noqa: E402
from tests.fuzz.mutations import mutations  # noqa: E402
from tests.fuzz.targets import CORPUS, NAMES, corpus, target  # noqa: E402


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python tests/fuzz", description="Fuzz one target.")
    parser.add_argument("target", choices=NAMES)
    parser.add_argument("--runs", type=int, default=-1, help="how many inputs; without end unless said")
    parser.add_argument("--seconds", type=int, default=0, help="how long; without end unless said")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--corpus", type=Path, help="a folder for what is found new; a temporary one unless said")
    parser.add_argument("--merge", type=Path, help="make the corpus of itself and of this folder, small, and end")
    parser.add_argument("--input", type=Path, help="run this one input, and end")
    return parser.parse_args()


def _with_atheris(options: argparse.Namespace) -> None:
    import atheris

    with atheris.instrument_imports(include=["kmslab"]):
        module = target(options.target)
        # What is imported late is imported now.
        module.prepare()
    own = CORPUS / options.target
    own.mkdir(parents=True, exist_ok=True)
    found = options.corpus or Path(tempfile.mkdtemp(prefix=f"kmslab-fuzz-{options.target}-"))
    found.mkdir(parents=True, exist_ok=True)
    flags = [f"-seed={options.seed}", f"-runs={options.runs}", f"-max_total_time={options.seconds}"]
    flags += [f"-artifact_prefix={found}/", "-len_control=10", "-max_len=600"]
    flags += ["-timeout=30", "-rss_limit_mb=2048", "-print_final_stats=1"]
    atheris.Setup([sys.argv[0], *flags, str(found), str(own)], module.one)
    atheris.Fuzz()


def _blindly(options: argparse.Namespace, module: ModuleType) -> None:
    print("atheris is not installed: inputs are made blindly, without coverage.")
    module.prepare()
    seeds = [each.read_bytes() for each in corpus(options.target)]
    started, done = time.monotonic(), 0
    for data in mutations(seeds, sys.maxsize if options.runs < 0 else options.runs, options.seed):
        if options.seconds and time.monotonic() - started > options.seconds:
            break
        try:
            module.one(data)
        except Exception:
            print(f"found with {data!r}")
            raise
        done += 1
        if done % 1000 == 0:
            print(f"{done} runs, {done / (time.monotonic() - started):.0f} a second")
    print(f"{done} runs, nothing found")


def main() -> None:
    options = _options()
    warnings.simplefilter("ignore")
    if options.input:
        module = target(options.target)
        module.prepare()
        module.one(options.input.read_bytes())
        return
    if options.merge:
        print(f"{minimise(options.target, options.merge)} files in the corpus")
        return
    try:
        import atheris  # noqa: F401
    except ImportError:
        _blindly(options, target(options.target))
    else:
        _with_atheris(options)


if __name__ == "__main__":
    main()
